#pragma once

#include "CRocksDB.h"

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

/// Space for files on a block device, in regions that are leased from its owner.
///
/// The table of files (name, size, extents) and of regions is written whole, alternating between
/// two slots. What is durable is always one such table with all data that it names: data is flushed
/// before the table that names it is written, and what a table no longer names is used again only
/// when that table is durable.
namespace loligo {

constexpr uint64_t blockBytes = 4096;
/// What a file's space is allotted in.
constexpr uint64_t unitBytes = 64 << 10;
/// Left to other files by tables, so that a full volume can be opened.
constexpr uint64_t reservedUnits = 8;
struct Extent {
  uint64_t offset;
  uint64_t bytes;
};

class Volume;

/// A file; lives while it has a name or is open.
struct File {
  Volume &volume;
  // Guarded by the volume's mutex.
  std::vector<Extent> extents;
  uint64_t allotted = 0;
  /// Bytes on the device, which may not have been flushed.
  uint64_t written = 0;
  uint64_t modified = 0;
  /// A table of keys: it leaves some space to the files that every start must write.
  bool isTable = false;
  /// `written` and what the writer still holds.
  std::atomic<uint64_t> size{0};

  explicit File(Volume &volume) : volume(volume) {}
  ~File();
};

using FileRef = std::shared_ptr<File>;

class Volume {
public:
  Volume(const CRocksDB_Host &host, uint64_t area, uint64_t areaBytes, uint64_t regionBytes)
      : host(host), area(area), slotBytes(areaBytes / 2 / blockBytes * blockBytes),
        regionBytes(regionBytes), spareRegionsMin(regionBytes >= (2 << 20) ? 2 : 4),
        spareRegionsMax(3 * spareRegionsMin) {}
  ~Volume();

  int32_t format();
  int32_t open();

  FileRef find(const std::string &name);
  FileRef create(const std::string &name);
  bool remove(const std::string &name);
  bool rename(const std::string &from, const std::string &to);
  std::vector<std::string> names();

  /// Bytes `offset..<offset + count` of what is on the device; less at the end. -errno or how many.
  int64_t read(File &file, uint64_t offset, uint64_t count, char *target);
  /// Whole blocks at a block boundary; `size` is the file's size after that.
  int32_t write(File &file, uint64_t offset, const char *source, uint64_t count, uint64_t size);
  /// Lets go of what lies beyond the written bytes.
  void trim(File &file);
  /// Makes all that was written, and all names, durable; then leases spare regions, if it may.
  int32_t commit(bool mayLease = true);

  /// Commits may lease spare regions from now on.
  void setReady() { ready = true; }
  /// Writes nothing from now on.
  void seal() { failed = true; }
  std::vector<uint64_t> regionOffsets();
  uint64_t commitCount() const { return commits; }
  CRocksDB_VolumeFiles statistics();
  /// Counted by whoever reads for RocksDB.
  std::atomic<uint64_t> randomReads{0}, randomReadBytes{0}, randomReadDeviceBytes{0};
  std::atomic<uint64_t> reads{0}, readBytes{0};
  void log(int32_t level, const char *text) { host.log(host.context, level, text); }

private:
  friend struct File;

  const CRocksDB_Host host;
  const uint64_t area;
  const uint64_t slotBytes;
  const uint64_t regionBytes;
  /// Free regions kept, so that a start need not lease any.
  const size_t spareRegionsMin;
  const size_t spareRegionsMax;

  /// One commit at a time; taken before `mutex`.
  std::mutex commitMutex;
  uint64_t sequence = 0;
  int nextSlot = 0;
  std::atomic<uint64_t> commits{0};
  std::atomic<uint64_t> tablesWritten{0}, tableBytesWritten{0};
  std::atomic<uint64_t> directoryBytes{0}, directoryBytesWritten{0};

  /// Guards what follows and the files; never held over a call to the host.
  std::mutex mutex;
  std::map<std::string, FileRef> files;
  /// For each region, a bit for each unit that is in use or was until the last table.
  std::map<uint64_t, uint64_t> regions;
  uint64_t freeUnits = 0;
  std::set<uint64_t> freeRegions;
  std::set<uint64_t> partRegions;
  /// No longer named, but perhaps by the durable table.
  std::vector<Extent> pending;
  bool dirty = false;
  bool closing = false;
  std::atomic<bool> failed{false};
  std::atomic<bool> ready{false};

  uint64_t allBits() const;
  void reindex(uint64_t region, uint64_t bits);
  void addRegion(uint64_t offset);
  bool take(const Extent &extent);
  void free(const Extent &extent);
  uint64_t takeable(const File &file) const;
  bool allotHere(File &file, uint64_t need);
  bool allotRun(File &file, uint64_t need);
  static void append(File &file, Extent extent);
  int32_t allot(File &file, uint64_t upTo);
  int32_t leaseRegion();
  void leaseSpares();
  std::vector<uint64_t> dropSpares();
  std::string encodeTable();
  bool decodeTable(const std::string &table);
  int32_t readSlot(int slot, std::string &table, uint64_t &sequence);
  int32_t writeSlot(const std::string &table);
  int32_t fail(int32_t error);
  std::vector<Extent> locate(File &file, uint64_t offset, uint64_t count);
};

/// Memory for aligned I/O.
class AlignedBuffer {
public:
  AlignedBuffer() = default;
  ~AlignedBuffer() { std::free(bytes); }
  AlignedBuffer(const AlignedBuffer &) = delete;
  AlignedBuffer &operator=(const AlignedBuffer &) = delete;
  /// At least `count` bytes; what was there is lost.
  char *reserve(uint64_t count);

private:
  char *bytes = nullptr;
  uint64_t capacity = 0;
};

uint32_t crc32c(const std::string &bytes, size_t from);

} // namespace loligo
