#pragma once
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, reflected) of `count` bytes, continued from `seed`; no inversion before or
/// after, which is how Ceph uses it. Any length.
uint32_t CISAL_crc32c(uint32_t seed, const void *bytes, size_t count);
