#include "CUring.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct CUring {
  struct io_uring ring;
  unsigned flags;
};

_Static_assert(sizeof(CUring_Segment) == sizeof(struct iovec), "CUring_Segment is an iovec");

static int init(CUring *made, uint32_t entries, unsigned flags) {
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  parameters.flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
  parameters.cq_entries = entries * 8;
  made->flags = flags;
  return io_uring_queue_init_params(entries, &made->ring, &parameters);
}

int32_t CUring_create(uint32_t entries, CUring **ring) {
  *ring = NULL;
  CUring *made = calloc(1, sizeof *made);
  if (!made) return -ENOMEM;
  int result =
      init(made, entries,
           IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
  if (result == -EINVAL) result = init(made, entries, 0);
  // As old as polls that report more than once (Linux 5.13), which have no sign of their own.
  if (result == 0 && !(made->ring.features & IORING_FEAT_RSRC_TAGS)) {
    io_uring_queue_exit(&made->ring);
    result = -ENOSYS;
  }
  if (result < 0) {
    free(made);
    return result;
  }
  *ring = made;
  return 0;
}

int32_t CUring_enable(CUring *ring) {
  // liburing 2.3 declares io_uring_enable_rings but does not export it.
  if (syscall(SYS_io_uring_register, ring->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0)
    return -errno;
  io_uring_register_ring_fd(&ring->ring); // Saves a lookup; without it all works the same.
  return 0;
}

void CUring_destroy(CUring *ring) {
  io_uring_queue_exit(&ring->ring);
  free(ring);
}

int32_t CUring_isDeferred(const CUring *ring) {
  return (ring->flags & IORING_SETUP_DEFER_TASKRUN) != 0;
}

static struct io_uring_sqe *next(CUring *ring, int32_t *error) {
  struct io_uring_sqe *entry = io_uring_get_sqe(&ring->ring);
  for (int tries = 0; !entry && tries < 1000; tries++) {
    *error = io_uring_submit(&ring->ring);
    entry = io_uring_get_sqe(&ring->ring);
  }
  if (!entry && *error >= 0) *error = -EBUSY;
  return entry;
}

#define TAKE_ENTRY                                                                                 \
  int32_t error = 0;                                                                               \
  struct io_uring_sqe *entry = next(ring, &error);                                                 \
  if (!entry) return error

int32_t CUring_pollMultishot(CUring *ring, int32_t descriptor, uint32_t mask, uint64_t tag) {
  TAKE_ENTRY;
  io_uring_prep_poll_multishot(entry, descriptor, mask);
  io_uring_sqe_set_data64(entry, tag);
  return 0;
}

int32_t CUring_pollRemove(CUring *ring, uint64_t tag, uint64_t ownTag) {
  TAKE_ENTRY;
  io_uring_prep_poll_remove(entry, tag);
  io_uring_sqe_set_data64(entry, ownTag);
  return 0;
}

int32_t CUring_read(CUring *ring, int32_t descriptor, const CUring_Segment *segments,
                    uint32_t count, uint64_t offset, uint64_t tag) {
  TAKE_ENTRY;
  if (count == 1) {
    io_uring_prep_read(entry, descriptor, segments->base, (unsigned)segments->count, offset);
  } else {
    io_uring_prep_readv(entry, descriptor, (const struct iovec *)segments, count, offset);
  }
  io_uring_sqe_set_data64(entry, tag);
  return 0;
}

int32_t CUring_write(CUring *ring, int32_t descriptor, const CUring_Segment *segments,
                     uint32_t count, uint64_t offset, int32_t isDurable, uint64_t tag) {
  TAKE_ENTRY;
  if (count == 1) {
    io_uring_prep_write(entry, descriptor, segments->base, (unsigned)segments->count, offset);
  } else {
    io_uring_prep_writev(entry, descriptor, (const struct iovec *)segments, count, offset);
  }
  if (isDurable) entry->rw_flags = RWF_DSYNC;
  io_uring_sqe_set_data64(entry, tag);
  return 0;
}

int32_t CUring_reserve(CUring *ring, int32_t descriptor, uint64_t offset, uint64_t bytes,
                       uint64_t tag) {
  TAKE_ENTRY;
  io_uring_prep_fallocate(entry, descriptor, FALLOC_FL_KEEP_SIZE, offset, bytes);
  io_uring_sqe_set_data64(entry, tag);
  return 0;
}

int32_t CUring_syncData(CUring *ring, int32_t descriptor, uint64_t tag) {
  TAKE_ENTRY;
  io_uring_prep_fsync(entry, descriptor, IORING_FSYNC_DATASYNC);
  io_uring_sqe_set_data64(entry, tag);
  return 0;
}

/// The kernel has completions that it hands over only when asked.
static int mustAsk(CUring *ring) {
  if (!(ring->flags & IORING_SETUP_DEFER_TASKRUN)) return io_uring_cq_has_overflow(&ring->ring);
  unsigned flags = IO_URING_READ_ONCE(*ring->ring.sq.kflags);
  return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

int32_t CUring_submitAndWait(CUring *ring, int32_t sleeps) {
  int result = 0;
  if (sleeps) {
    result = io_uring_submit_and_wait(&ring->ring, 1);
  } else if (io_uring_sq_ready(&ring->ring)) {
    result = io_uring_submit_and_get_events(&ring->ring);
  } else if (mustAsk(ring)) {
    result = io_uring_get_events(&ring->ring);
  }
  if (result == -EINTR || result == -EAGAIN || result == -EBUSY) return 0;
  return result < 0 ? result : 0;
}

int32_t CUring_take(CUring *ring, CUring_Completion *completions, int32_t count) {
  unsigned head;
  int taken = 0;
  struct io_uring_cqe *entry;
  io_uring_for_each_cqe(&ring->ring, head, entry) {
    if (taken == count) break;
    completions[taken++] =
        (CUring_Completion){entry->user_data, entry->res, (entry->flags & IORING_CQE_F_MORE) != 0};
  }
  io_uring_cq_advance(&ring->ring, (unsigned)taken);
  return taken;
}
