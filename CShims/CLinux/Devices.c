#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

int32_t CLinux_deviceOpen(const char *path, int32_t direct) {
  int opened = open(path, O_RDWR | O_CLOEXEC | (direct ? O_DIRECT : 0));
  return opened < 0 ? -errno : opened;
}

int32_t CLinux_deviceCreate(const char *path, uint64_t bytes) {
  int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (opened < 0) return -errno;
  struct stat status;
  int result = fstat(opened, &status);
  if (result == 0 && S_ISREG(status.st_mode)) result = ftruncate(opened, (off_t)bytes);
  if (result == 0) result = fsync(opened);
  int error = errno;
  close(opened);
  return result < 0 ? -error : 0;
}

int32_t CLinux_deviceInfo(int32_t descriptor, CLinux_DeviceInfo *info) {
  struct stat status;
  if (fstat(descriptor, &status) < 0) return -errno;
  *info = (CLinux_DeviceInfo){.bytes = (uint64_t)status.st_size};
  dev_t device = status.st_dev;
  if (S_ISBLK(status.st_mode)) {
    info->isBlock = 1;
    device = status.st_rdev;
    if (ioctl(descriptor, BLKGETSIZE64, &info->bytes) < 0) return -errno;
  } else if (!S_ISREG(status.st_mode)) {
    return -ENOTBLK;
  }
  info->major = major(device);
  info->minor = minor(device);
  return 0;
}

int32_t CLinux_tryLockFile(int32_t descriptor) {
  return flock(descriptor, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

int64_t CLinux_readAt(int32_t descriptor, const CLinux_Segment *segments, int32_t count,
                      uint64_t offset) {
  ssize_t got = preadv(descriptor, (const struct iovec *)segments, count, (off_t)offset);
  return got < 0 ? -errno : got;
}

int64_t CLinux_writeAt(int32_t descriptor, const CLinux_Segment *segments, int32_t count,
                       uint64_t offset) {
  ssize_t put = pwritev(descriptor, (const struct iovec *)segments, count, (off_t)offset);
  return put < 0 ? -errno : put;
}

int64_t CLinux_writeDurablyAt(int32_t descriptor, const CLinux_Segment *segments, int32_t count,
                              uint64_t offset) {
  ssize_t put =
      pwritev2(descriptor, (const struct iovec *)segments, count, (off_t)offset, RWF_DSYNC);
  return put < 0 ? -errno : put;
}

int32_t CLinux_reserve(int32_t descriptor, uint64_t offset, uint64_t bytes) {
  int result = fallocate(descriptor, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes);
  return result < 0 ? -errno : 0;
}

int32_t CLinux_syncData(int32_t descriptor) {
  return fdatasync(descriptor) < 0 ? -errno : 0;
}
