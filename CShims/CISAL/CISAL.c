#include "CISAL.h"

#include <isa-l.h>

uint32_t CISAL_crc32c(uint32_t seed, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  const size_t most = 1u << 30; // crc32_iscsi takes an int.
  while (count > most) {
    seed = crc32_iscsi((unsigned char *)at, (int)most, seed);
    at += most;
    count -= most;
  }
  return count ? crc32_iscsi((unsigned char *)at, (int)count, seed) : seed;
}
