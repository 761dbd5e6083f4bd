#include "CRocksDB.h"

#include "Volume.hpp"
#include "VolumeFileSystem.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/experimental.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

using rocksdb::Slice;
using rocksdb::Status;

static thread_local std::string lastError;

const char *CRocksDB_lastError(void) {
  return lastError.c_str();
}

static int32_t failed(int32_t error, const std::string &text) {
  lastError = text;
  return error;
}

static int32_t check(const Status &status) {
  if (status.ok()) return 0;
  return failed(status.IsNoSpace() ? -ENOSPC : -EIO, status.ToString());
}

/// Passes warnings and errors on.
class HostLogger : public rocksdb::Logger {
public:
  explicit HostLogger(loligo::Volume &volume)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), volume(volume) {}

  using Logger::Logv;

  void Logv(const char *, va_list) override {}

  void Logv(const rocksdb::InfoLogLevel level, const char *format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level > rocksdb::InfoLogLevel::FATAL_LEVEL)
      return;
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    volume.log(level, text);
  }

private:
  loligo::Volume &volume;
};

struct CRocksDB_Volume {
  loligo::Volume volume;
};

struct CRocksDB_DB {
  loligo::Volume &volume;
  std::shared_ptr<rocksdb::FileSystem> fileSystem;
  std::unique_ptr<rocksdb::Env> env;
  std::shared_ptr<rocksdb::Cache> cache;
  rocksdb::Options options;
  std::unique_ptr<rocksdb::DB> db;
};

struct CRocksDB_Snapshot {
  const rocksdb::Snapshot *snapshot;
};

struct CRocksDB_Value {
  rocksdb::PinnableSlice slice;
};

struct CRocksDB_Iterator {
  std::string from, to;
  Slice lower, upper;
  bool reverse = false, begun = false;
  std::unique_ptr<rocksdb::Iterator> iterator;
};

// MARK: Volume

static int32_t makeVolume(const CRocksDB_Host *host, uint64_t area, uint64_t areaBytes,
                          uint64_t regionBytes, CRocksDB_Volume **volume, bool format) {
  *volume = nullptr;
  if (area % loligo::blockBytes || areaBytes < 4 * loligo::blockBytes ||
      regionBytes % loligo::unitBytes || regionBytes == 0 || regionBytes / loligo::unitBytes > 64)
    return failed(-EINVAL, "area or region of the index does not fit");
  auto made =
      std::unique_ptr<CRocksDB_Volume>(new CRocksDB_Volume{{*host, area, areaBytes, regionBytes}});
  int32_t result = format ? made->volume.format() : made->volume.open();
  if (result < 0)
    return failed(result, result == -EUCLEAN ? "no valid table of files in the index's area"
                                             : "the index's area cannot be read or written");
  *volume = made.release();
  return 0;
}

int32_t CRocksDB_volumeFormat(const CRocksDB_Host *host, uint64_t area, uint64_t areaBytes,
                              uint64_t regionBytes, CRocksDB_Volume **volume) {
  return makeVolume(host, area, areaBytes, regionBytes, volume, true);
}

int32_t CRocksDB_volumeOpen(const CRocksDB_Host *host, uint64_t area, uint64_t areaBytes,
                            uint64_t regionBytes, CRocksDB_Volume **volume) {
  return makeVolume(host, area, areaBytes, regionBytes, volume, false);
}

void CRocksDB_volumeDestroy(CRocksDB_Volume *volume) {
  delete volume;
}

uint64_t CRocksDB_volumeRegions(CRocksDB_Volume *volume, uint64_t *offsets, uint64_t max) {
  auto all = volume->volume.regionOffsets();
  for (size_t at = 0; at < all.size() && at < max; at++)
    offsets[at] = all[at];
  return all.size();
}

uint64_t CRocksDB_volumeCommits(CRocksDB_Volume *volume) {
  return volume->volume.commitCount();
}

void CRocksDB_volumeFiles(CRocksDB_Volume *volume, CRocksDB_VolumeFiles *files) {
  *files = volume->volume.statistics();
}

// MARK: Database

static void setOptions(CRocksDB_DB &made, loligo::Volume &volume, const CRocksDB_Options &wanted) {
  auto &options = made.options;
  options.env = made.env.get();
  options.info_log = std::make_shared<HostLogger>(volume);
  options.create_if_missing = true;
  options.write_dbid_to_manifest = true;
  options.paranoid_checks = true;
  options.avoid_flush_during_shutdown = true;
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_background_jobs = wanted.backgroundJobs;
  options.max_subcompactions = 1;
  options.max_open_files = 512;
  options.max_manifest_file_size = 4 << 20;
  options.manifest_preallocation_size = 64 << 10;
  options.writable_file_max_buffer_size = 64 << 10;
  options.compaction_readahead_size = 256 << 10;
  options.use_adaptive_mutex = true;
  // One thread writes.
  options.allow_concurrent_memtable_write = false;
  options.write_buffer_size = wanted.writeBufferBytes;
  options.max_write_buffer_number = wanted.writeBuffers;
  options.db_write_buffer_size = 0;
  // A merge of level 0 rewrites the first level, however small the files of level 0 are: not before they
  // are many, or have as many bytes as that (the score of level 0 has both).
  options.level0_file_num_compaction_trigger = 10;
  // Who is to keep room for a merge (`RocksOptions.compactionBytesMax`) counts on no more than that.
  options.level0_slowdown_writes_trigger = 16;
  options.level0_stop_writes_trigger = 20;
  options.target_file_size_base = wanted.tableBytes;
  options.max_bytes_for_level_base = wanted.firstLevelBytes;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = wanted.compressLZ4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = made.cache;
  table.block_size = wanted.blockBytes;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.checksum = rocksdb::kCRC32c;
  table.format_version = 5;
  if (wanted.bloomBitsPerKey > 0)
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(wanted.bloomBitsPerKey));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

int32_t CRocksDB_open(CRocksDB_Volume *volume, const CRocksDB_Options *options, CRocksDB_DB **db) {
  *db = nullptr;
  std::unique_ptr<CRocksDB_DB> made(new CRocksDB_DB{volume->volume, {}, {}, {}, {}, {}});
  made->fileSystem = loligo::makeFileSystem(volume->volume);
  made->env = rocksdb::NewCompositeEnv(made->fileSystem);
  made->cache = rocksdb::NewLRUCache(options->blockCacheBytes, 2);
  setOptions(*made, volume->volume, *options);
  rocksdb::DB *opened = nullptr;
  if (int32_t result = check(rocksdb::DB::Open(made->options, loligo::databaseDirectory, &opened));
      result < 0)
    return result;
  made->db.reset(opened);
  volume->volume.setReady();
  // What the open made superfluous is gone now, or a full volume would have no room for what the next ones write.
  if (int32_t result = volume->volume.commit(false); result < 0)
    return failed(result, "the index's table of files cannot be written");
  *db = made.release();
  return 0;
}

void CRocksDB_stop(CRocksDB_DB *db) {
  rocksdb::CancelAllBackgroundWork(db->db.get(), true);
  db->volume.seal();
}

void CRocksDB_destroy(CRocksDB_DB *db) {
  delete db;
}

/// A batch of more is not kept.
static constexpr uint64_t keptBatchBytes = 1 << 20;

int32_t CRocksDB_apply(CRocksDB_DB *db, const void *bytes, uint64_t count) {
  // One is kept, since a new one for each of a checkpoint's batches is pages that the kernel has to clear.
  static thread_local rocksdb::WriteBatch kept;
  rocksdb::WriteBatch large(count > keptBatchBytes ? count + count / 4 : 0);
  auto &batch = count > keptBatchBytes ? large : kept;
  batch.Clear();
  auto *at = static_cast<const char *>(bytes), *end = at + count;
  auto take = [&at] {
    uint32_t length;
    memcpy(&length, at, 4);
    Slice slice(at + 4, length);
    at += 4 + length;
    return slice;
  };
  while (at < end) {
    char kind = *at++;
    Slice key = take();
    Status status;
    switch (kind) {
    case 1: {
      Slice value = take();
      status = batch.Put(key, value);
      break;
    }
    case 2:
      status = batch.Delete(key);
      break;
    case 3: {
      Slice to = take();
      // RocksDB takes a range that ends before it begins for damage.
      if (key.compare(to) < 0) status = batch.DeleteRange(key, to);
      break;
    }
    default:
      return failed(-EINVAL, "batch");
    }
    if (!status.ok()) return check(status);
  }
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return check(db->db->Write(options, &batch));
}

int32_t CRocksDB_flush(CRocksDB_DB *db) {
  rocksdb::FlushOptions options;
  options.wait = true;
  options.allow_write_stall = true;
  return check(db->db->Flush(options));
}

int32_t CRocksDB_get(CRocksDB_DB *db, CRocksDB_Snapshot *snapshot, int32_t inMemory,
                     const void *key, size_t keyBytes, CRocksDB_Value **value, const void **bytes,
                     size_t *count) {
  rocksdb::ReadOptions options;
  if (snapshot) options.snapshot = snapshot->snapshot;
  if (inMemory) options.read_tier = rocksdb::kBlockCacheTier;
  auto found = std::make_unique<CRocksDB_Value>();
  auto status = db->db->Get(options, db->db->DefaultColumnFamily(),
                            Slice(static_cast<const char *>(key), keyBytes), &found->slice);
  if (status.IsNotFound()) return 0;
  if (status.IsIncomplete()) return -EAGAIN;
  if (int32_t result = check(status); result < 0) return result;
  // Of a table that is not open RocksDB 7 says "found", and gives nothing (its pull request 12443 mends it).
  if (inMemory && found->slice.empty()) return -EAGAIN;
  *bytes = found->slice.data();
  *count = found->slice.size();
  *value = found.release();
  return 1;
}

void CRocksDB_valueDestroy(CRocksDB_Value *value) {
  delete value;
}

CRocksDB_Snapshot *CRocksDB_snapshotCreate(CRocksDB_DB *db) {
  return new CRocksDB_Snapshot{db->db->GetSnapshot()};
}

void CRocksDB_snapshotDestroy(CRocksDB_DB *db, CRocksDB_Snapshot *snapshot) {
  db->db->ReleaseSnapshot(snapshot->snapshot);
  delete snapshot;
}

CRocksDB_Iterator *CRocksDB_iteratorCreate(CRocksDB_DB *db, CRocksDB_Snapshot *snapshot,
                                           const void *from, size_t fromBytes, const void *to,
                                           size_t toBytes, int32_t reverse) {
  auto made = std::make_unique<CRocksDB_Iterator>();
  made->from.assign(static_cast<const char *>(from), fromBytes);
  made->lower = made->from;
  made->reverse = reverse != 0;
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &made->lower;
  if (to) {
    made->to.assign(static_cast<const char *>(to), toBytes);
    made->upper = made->to;
    options.iterate_upper_bound = &made->upper;
  }
  if (snapshot) options.snapshot = snapshot->snapshot;
  made->iterator.reset(db->db->NewIterator(options));
  return made.release();
}

void CRocksDB_iteratorDestroy(CRocksDB_Iterator *iterator) {
  delete iterator;
}

int32_t CRocksDB_iteratorNext(CRocksDB_Iterator *cursor, const void **key, size_t *keyBytes,
                              const void **value, size_t *valueBytes) {
  auto &iterator = *cursor->iterator;
  if (!cursor->begun) {
    cursor->begun = true;
    if (cursor->reverse)
      iterator.SeekToLast();
    else
      iterator.SeekToFirst();
  } else if (!iterator.Valid()) {
    return 0;
  } else if (cursor->reverse) {
    iterator.Prev();
  } else {
    iterator.Next();
  }
  if (!iterator.Valid()) return check(iterator.status());
  *key = iterator.key().data();
  *keyBytes = iterator.key().size();
  *value = iterator.value().data();
  *valueBytes = iterator.value().size();
  return 1;
}

// MARK: Statistics

uint64_t CRocksDB_approximateBytes(CRocksDB_DB *db, const void *from, size_t fromBytes,
                                   const void *to, size_t toBytes) {
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  options.include_files = true;
  rocksdb::Range range(Slice(static_cast<const char *>(from), fromBytes),
                       Slice(static_cast<const char *>(to), toBytes));
  uint64_t size = 0;
  auto status =
      db->db->GetApproximateSizes(options, db->db->DefaultColumnFamily(), &range, 1, &size);
  return status.ok() ? size : 0;
}

static uint64_t property(CRocksDB_DB *db, const std::string &name) {
  uint64_t value = 0;
  return db->db->GetIntProperty(name, &value) ? value : 0;
}

uint64_t CRocksDB_tableBytes(CRocksDB_DB *db) {
  return property(db, rocksdb::DB::Properties::kLiveSstFilesSize);
}

uint64_t CRocksDB_storedBytes(CRocksDB_DB *db) {
  return property(db, rocksdb::DB::Properties::kEstimateLiveDataSize) +
         property(db, rocksdb::DB::Properties::kCurSizeAllMemTables);
}

uint64_t CRocksDB_memoryBytes(CRocksDB_DB *db) {
  return property(db, rocksdb::DB::Properties::kSizeAllMemTables) +
         property(db, rocksdb::DB::Properties::kEstimateTableReadersMem) + db->cache->GetUsage();
}

uint64_t CRocksDB_cacheBytes(CRocksDB_DB *db) {
  return db->cache->GetUsage();
}

int32_t CRocksDB_suggestCompact(CRocksDB_DB *db) {
  return check(rocksdb::experimental::SuggestCompactRange(db->db.get(), nullptr, nullptr));
}

int32_t CRocksDB_compact(CRocksDB_DB *db) {
  return check(db->db->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr));
}
