#pragma once
#include <stddef.h>
#include <stdint.h>

// RocksDB 7.8 without a log of its own, its files in regions of a block device. Calls block; any
// thread. Results are at least 0, or -errno with the reason in CRocksDB_lastError.

#ifdef __cplusplus
extern "C" {
#endif

/// What the index gets from the store; called on RocksDB's threads too. 0 or -errno.
typedef struct CRocksDB_Host {
  void *context;
  /// Offsets and counts are multiples of 4096, memory is aligned to 4096.
  int32_t (*read)(void *context, uint64_t offset, void *target, uint64_t count);
  int32_t (*write)(void *context, uint64_t offset, const void *source, uint64_t count);
  /// Makes durable what was written before the call.
  int32_t (*flush)(void *context);
  /// The offset of a region that is the index's from now on, or -ENOSPC. May block.
  int64_t (*lease)(void *context);
  /// Nothing durable names the region any more.
  void (*giveBack)(void *context, uint64_t offset);
  /// RocksDB's level: 2 warning, 3 error.
  void (*log)(void *context, int32_t level, const char *text);
} CRocksDB_Host;

typedef struct CRocksDB_Options {
  uint64_t writeBufferBytes;
  int32_t writeBuffers;
  uint64_t blockCacheBytes;
  uint64_t blockBytes;
  uint64_t tableBytes;
  uint64_t firstLevelBytes;
  int32_t backgroundJobs;
  int32_t bloomBitsPerKey;
  int32_t compressLZ4;
} CRocksDB_Options;

typedef struct CRocksDB_Volume CRocksDB_Volume;
typedef struct CRocksDB_DB CRocksDB_DB;
typedef struct CRocksDB_Snapshot CRocksDB_Snapshot;
typedef struct CRocksDB_Iterator CRocksDB_Iterator;
typedef struct CRocksDB_Value CRocksDB_Value;

/// Why the last call on this thread failed.
const char *CRocksDB_lastError(void);

/// The space that the files live in; its table of files alternates between the halves of the area
/// `area..<area + areaBytes`. `host` is copied.
int32_t CRocksDB_volumeFormat(const CRocksDB_Host *host, uint64_t area, uint64_t areaBytes,
                              uint64_t regionBytes, CRocksDB_Volume **volume);
int32_t CRocksDB_volumeOpen(const CRocksDB_Host *host, uint64_t area, uint64_t areaBytes,
                            uint64_t regionBytes, CRocksDB_Volume **volume);
/// After the database on it was closed.
void CRocksDB_volumeDestroy(CRocksDB_Volume *volume);
/// Copies the offsets of up to `max` regions; returns how many there are.
uint64_t CRocksDB_volumeRegions(CRocksDB_Volume *volume, uint64_t *offsets, uint64_t max);

/// What was done with files since the volume was opened, and how they are now.
typedef struct CRocksDB_VolumeFiles {
  uint64_t count;
  uint64_t usedBytes;
  uint64_t unitBytes;
  uint64_t randomReads;
  uint64_t randomReadBytes;
  uint64_t randomReadDeviceBytes;
  uint64_t reads;
  uint64_t readBytes;
  uint64_t tablesWritten;
  uint64_t tableBytesWritten;
  uint64_t directoryBytes;
  uint64_t directoryBytesWritten;
} CRocksDB_VolumeFiles;

void CRocksDB_volumeFiles(CRocksDB_Volume *volume, CRocksDB_VolumeFiles *files);
/// How often the table of files was written.
uint64_t CRocksDB_volumeCommits(CRocksDB_Volume *volume);

/// Leases nothing until it returns. The volume must outlive the database.
int32_t CRocksDB_open(CRocksDB_Volume *volume, const CRocksDB_Options *options, CRocksDB_DB **db);
/// Ends all work in the background, flushes nothing: nothing is written to the device any more.
/// Snapshots and iterators may go on reading.
void CRocksDB_stop(CRocksDB_DB *db);
/// After it was stopped, and all that was made of it destroyed.
void CRocksDB_destroy(CRocksDB_DB *db);

/// Changes as KeyValueBatch has them.
int32_t CRocksDB_apply(CRocksDB_DB *db, const void *batch, uint64_t bytes);
int32_t CRocksDB_flush(CRocksDB_DB *db);

/// 1: found, and `*value` is to be destroyed; 0: absent. `snapshot` may be NULL. With `inMemory` it does not
/// block, and gives -EAGAIN where the device would have to be asked.
int32_t CRocksDB_get(CRocksDB_DB *db, CRocksDB_Snapshot *snapshot, int32_t inMemory,
                     const void *key, size_t keyBytes, CRocksDB_Value **value, const void **bytes,
                     size_t *count);
void CRocksDB_valueDestroy(CRocksDB_Value *value);

CRocksDB_Snapshot *CRocksDB_snapshotCreate(CRocksDB_DB *db);
void CRocksDB_snapshotDestroy(CRocksDB_DB *db, CRocksDB_Snapshot *snapshot);

/// Keys with from <= key < to; `to` NULL: to the end.
CRocksDB_Iterator *CRocksDB_iteratorCreate(CRocksDB_DB *db, CRocksDB_Snapshot *snapshot,
                                           const void *from, size_t fromBytes, const void *to,
                                           size_t toBytes, int32_t reverse);
void CRocksDB_iteratorDestroy(CRocksDB_Iterator *iterator);
/// 1: the next entry, valid until the next call; 0: there is none.
int32_t CRocksDB_iteratorNext(CRocksDB_Iterator *iterator, const void **key, size_t *keyBytes,
                              const void **value, size_t *valueBytes);

uint64_t CRocksDB_approximateBytes(CRocksDB_DB *db, const void *from, size_t fromBytes,
                                   const void *to, size_t toBytes);
/// Tables that are not obsolete.
uint64_t CRocksDB_tableBytes(CRocksDB_DB *db);
/// Live keys and values, estimated.
uint64_t CRocksDB_storedBytes(CRocksDB_DB *db);
/// Write buffers, block cache and table readers.
uint64_t CRocksDB_memoryBytes(CRocksDB_DB *db);
/// Of the cache of blocks.
uint64_t CRocksDB_cacheBytes(CRocksDB_DB *db);
/// Asks for compactions of all that is above the last level; returns at once.
int32_t CRocksDB_suggestCompact(CRocksDB_DB *db);
/// Merges everything down to the last level.
int32_t CRocksDB_compact(CRocksDB_DB *db);

#ifdef __cplusplus
}
#endif
