#pragma once
#include <stddef.h>
#include <stdint.h>

/// An io_uring, used by one thread. All calls return 0 or more, or -errno.
typedef struct CUring CUring;

/// Makes a ring with `entries` places for submission; it takes nothing before CUring_enable.
/// Single issuer with deferred task work where the kernel knows that (6.1), else plain.
int32_t CUring_create(uint32_t entries, CUring **ring);
/// The calling thread is the one that uses the ring from now on.
int32_t CUring_enable(CUring *ring);
void CUring_destroy(CUring *ring);
/// 1 if completions are gathered only when the thread asks (DEFER_TASKRUN).
int32_t CUring_isDeferred(const CUring *ring);

typedef struct {
  void *base;
  size_t count;
} CUring_Segment;

/// Each queues one request whose completion carries `tag`. `segments` must live until then.
int32_t CUring_pollMultishot(CUring *ring, int32_t descriptor, uint32_t mask, uint64_t tag);
/// Ends the poll that was made with `tag`; its own completion carries `ownTag`.
int32_t CUring_pollRemove(CUring *ring, uint64_t tag, uint64_t ownTag);
int32_t CUring_read(CUring *ring, int32_t descriptor, const CUring_Segment *segments,
                    uint32_t count, uint64_t offset, uint64_t tag);
int32_t CUring_write(CUring *ring, int32_t descriptor, const CUring_Segment *segments,
                     uint32_t count, uint64_t offset, int32_t isDurable, uint64_t tag);
/// Gives a part of a file its place in the file system; what it holds stays.
int32_t CUring_reserve(CUring *ring, int32_t descriptor, uint64_t offset, uint64_t bytes,
                       uint64_t tag);
int32_t CUring_syncData(CUring *ring, int32_t descriptor, uint64_t tag);

/// Submits what is queued, and if it `sleeps`, waits for a completion. No error on interruption.
int32_t CUring_submitAndWait(CUring *ring, int32_t sleeps);

typedef struct {
  uint64_t tag;
  int32_t result;
  /// 1 if the request goes on and completes again.
  uint32_t more;
} CUring_Completion;

/// Takes up to `count` completions; how many there were.
int32_t CUring_take(CUring *ring, CUring_Completion *completions, int32_t count);
