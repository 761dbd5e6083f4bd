#include "Volume.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

// The durable table of files and regions.
//
// A slot, little-endian: magic u64, version u32, crc32c u32 of all that follows; sequence u64,
// bodyBytes u64, regionBytes u64. Body: regionCount u32, region offsets u64; fileCount u32, each
// nameBytes u16, name, size u64, modified u64 (seconds), extentCount u32, extents {offset u64,
// bytes u64}. The valid slot with the greater sequence counts.

namespace loligo {

static constexpr uint64_t magic = 0x3158444e494c4f4cull; // "LOLINDX1"
static constexpr uint32_t version = 1;
static constexpr size_t headBytes = 40;

uint32_t crc32c(const std::string &bytes, size_t from) {
  static const auto table = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < 256; byte++) {
      uint32_t value = byte;
      for (int bit = 0; bit < 8; bit++)
        value = value & 1 ? 0x82f63b78u ^ (value >> 1) : value >> 1;
      table[byte] = value;
    }
    return table;
  }();
  uint32_t crc = 0xffffffffu;
  for (size_t at = from; at < bytes.size(); at++)
    crc = table[(crc ^ static_cast<unsigned char>(bytes[at])) & 0xff] ^ (crc >> 8);
  return crc;
}

template <class Value> static void put(std::string &bytes, Value value) {
  for (size_t at = 0; at < sizeof value; at++)
    bytes.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * at)));
}

/// A checked cursor; after a short read everything is 0 and `ok` is false.
struct Cursor {
  const std::string &bytes;
  size_t at = 0;
  bool ok = true;

  template <class Value> Value take() {
    if (bytes.size() - at < sizeof(Value)) {
      ok = false;
      return 0;
    }
    uint64_t value = 0;
    for (size_t byte = 0; byte < sizeof(Value); byte++)
      value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[at + byte])) << (8 * byte);
    at += sizeof(Value);
    return static_cast<Value>(value);
  }

  std::string take(size_t count) {
    if (bytes.size() - at < count) {
      ok = false;
      return {};
    }
    at += count;
    return bytes.substr(at - count, count);
  }
};

/// Under the mutex. Names only what has been written.
std::string Volume::encodeTable() {
  std::string table;
  put<uint32_t>(table, static_cast<uint32_t>(regions.size()));
  for (auto &region : regions)
    put<uint64_t>(table, region.first);
  put<uint32_t>(table, static_cast<uint32_t>(files.size()));
  for (auto &[name, file] : files) {
    put<uint16_t>(table, static_cast<uint16_t>(name.size()));
    table += name;
    put<uint64_t>(table, file->written);
    put<uint64_t>(table, file->modified);
    uint64_t named = (file->written + unitBytes - 1) / unitBytes * unitBytes;
    auto extents = locate(*file, 0, named);
    put<uint32_t>(table, static_cast<uint32_t>(extents.size()));
    for (auto &extent : extents) {
      put<uint64_t>(table, extent.offset);
      put<uint64_t>(table, extent.bytes);
    }
  }
  return table;
}

bool Volume::decodeTable(const std::string &table) {
  Cursor cursor{table};
  auto regionCount = cursor.take<uint32_t>();
  for (uint32_t at = 0; at < regionCount && cursor.ok; at++)
    addRegion(cursor.take<uint64_t>());
  auto fileCount = cursor.take<uint32_t>();
  for (uint32_t at = 0; at < fileCount && cursor.ok; at++) {
    auto nameBytes = cursor.take<uint16_t>();
    auto name = cursor.take(nameBytes);
    auto file = std::make_shared<File>(*this);
    file->written = cursor.take<uint64_t>();
    file->size = file->written;
    file->modified = cursor.take<uint64_t>();
    auto extentCount = cursor.take<uint32_t>();
    for (uint32_t extent = 0; extent < extentCount && cursor.ok; extent++) {
      Extent part{cursor.take<uint64_t>(), 0};
      part.bytes = cursor.take<uint64_t>();
      if (part.offset % unitBytes || part.bytes % unitBytes || part.bytes == 0 || !take(part))
        return false;
      append(*file, part);
    }
    if (file->allotted < file->written) return false;
    files[name] = file;
  }
  return cursor.ok && cursor.at == table.size();
}

int32_t Volume::readSlot(int slot, std::string &table, uint64_t &found) {
  static thread_local AlignedBuffer buffer;
  found = 0;
  uint64_t start = area + static_cast<uint64_t>(slot) * slotBytes;
  char *bytes = buffer.reserve(blockBytes);
  if (int32_t result = host.read(host.context, start, bytes, blockBytes); result < 0) return result;
  std::string head(bytes, headBytes);
  Cursor cursor{head};
  auto foundMagic = cursor.take<uint64_t>();
  auto foundVersion = cursor.take<uint32_t>();
  auto crc = cursor.take<uint32_t>();
  auto foundSequence = cursor.take<uint64_t>();
  auto bodyBytes = cursor.take<uint64_t>();
  auto foundRegionBytes = cursor.take<uint64_t>();
  if (foundMagic != magic || foundVersion != version || bodyBytes > slotBytes - headBytes ||
      foundRegionBytes != regionBytes)
    return 0;
  uint64_t all = (headBytes + bodyBytes + blockBytes - 1) / blockBytes * blockBytes;
  bytes = buffer.reserve(all);
  if (!bytes) return -ENOMEM;
  if (int32_t result = host.read(host.context, start, bytes, all); result < 0) return result;
  std::string whole(bytes, headBytes + bodyBytes);
  if (crc32c(whole, 16) != crc) return 0;
  table = whole.substr(headBytes);
  found = foundSequence;
  return 0;
}

int32_t Volume::writeSlot(const std::string &table) {
  std::string tail;
  put<uint64_t>(tail, sequence + 1);
  put<uint64_t>(tail, table.size());
  put<uint64_t>(tail, regionBytes);
  tail += table;
  std::string whole;
  put<uint64_t>(whole, magic);
  put<uint32_t>(whole, version);
  put<uint32_t>(whole, crc32c(tail, 0));
  whole += tail;
  if (whole.size() > slotBytes) return -EFBIG;
  uint64_t all = (whole.size() + blockBytes - 1) / blockBytes * blockBytes;
  AlignedBuffer buffer;
  char *bytes = buffer.reserve(all);
  if (!bytes) return -ENOMEM;
  memset(bytes, 0, all);
  memcpy(bytes, whole.data(), whole.size());
  uint64_t start = area + static_cast<uint64_t>(nextSlot) * slotBytes;
  directoryBytes = whole.size();
  directoryBytesWritten += all;
  return host.write(host.context, start, bytes, all);
}

int32_t Volume::commit(bool mayLease) {
  std::vector<uint64_t> dropped;
  {
    std::lock_guard commitGuard(commitMutex);
    if (failed) return -EIO;
    std::string table;
    std::vector<Extent> freed;
    {
      std::lock_guard guard(mutex);
      if (!dirty) return 0;
      dirty = false;
      freed.swap(pending);
      dropped = dropSpares();
      table = encodeTable();
    }
    // The data that the table names, then the table.
    int32_t result = host.flush(host.context);
    if (result >= 0) result = writeSlot(table);
    if (result >= 0) result = host.flush(host.context);
    if (result < 0) return fail(result);
    sequence++;
    nextSlot = 1 - nextSlot;
    commits++;
    std::lock_guard guard(mutex);
    for (auto &extent : freed)
      free(extent);
  }
  for (auto region : dropped)
    host.giveBack(host.context, region);
  if (ready && mayLease) leaseSpares();
  return 0;
}

int32_t Volume::format() {
  // Neither slot may hold a table of an earlier life.
  AlignedBuffer buffer;
  char *zeros = buffer.reserve(blockBytes);
  memset(zeros, 0, blockBytes);
  for (int slot = 0; slot < 2; slot++) {
    uint64_t start = area + static_cast<uint64_t>(slot) * slotBytes;
    if (int32_t result = host.write(host.context, start, zeros, blockBytes); result < 0)
      return result;
  }
  if (int32_t result = host.flush(host.context); result < 0) return result;
  ready = true;
  leaseSpares();
  ready = false;
  dirty = true;
  return commit();
}

int32_t Volume::open() {
  // A table may have been written and not flushed by a process that was killed: it counts now, so
  // it must not be lost later.
  if (int32_t result = host.flush(host.context); result < 0) return result;
  std::string tables[2];
  uint64_t sequences[2];
  for (int slot = 0; slot < 2; slot++)
    if (int32_t result = readSlot(slot, tables[slot], sequences[slot]); result < 0) return result;
  int newest = sequences[1] > sequences[0] ? 1 : 0;
  if (sequences[newest] == 0 || !decodeTable(tables[newest])) return -EUCLEAN;
  sequence = sequences[newest];
  directoryBytes = headBytes + tables[newest].size();
  nextSlot = 1 - newest;
  return 0;
}

} // namespace loligo
