#include "CLinux.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct CLinux_Lock {
  pthread_mutex_t mutex;
};

CLinux_Lock *CLinux_lockCreate(void) {
  CLinux_Lock *lock = malloc(sizeof *lock);
  if (!lock) abort();
  pthread_mutex_init(&lock->mutex, NULL);
  return lock;
}

void CLinux_lockDestroy(CLinux_Lock *lock) {
  pthread_mutex_destroy(&lock->mutex);
  free(lock);
}

void CLinux_lock(CLinux_Lock *lock) { pthread_mutex_lock(&lock->mutex); }

void CLinux_unlock(CLinux_Lock *lock) { pthread_mutex_unlock(&lock->mutex); }

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t CLinux_monotonicNanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }

uint64_t CLinux_wallNanoseconds(void) { return nanoseconds(CLOCK_REALTIME); }

void *CLinux_allocateAligned(size_t alignment, size_t count) {
  void *memory = NULL;
  return posix_memalign(&memory, alignment, count) == 0 ? memory : NULL;
}

void CLinux_freeAligned(void *memory) { free(memory); }

int32_t CLinux_threadID(void) { return (int32_t)syscall(SYS_gettid); }
