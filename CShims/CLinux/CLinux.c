#include "CLinux.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
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

void CLinux_lock(CLinux_Lock *lock) {
  pthread_mutex_lock(&lock->mutex);
}

void CLinux_unlock(CLinux_Lock *lock) {
  pthread_mutex_unlock(&lock->mutex);
}

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t CLinux_monotonicNanoseconds(void) {
  return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t CLinux_wallNanoseconds(void) {
  return nanoseconds(CLOCK_REALTIME);
}

uint64_t CLinux_cycles(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t count;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return nanoseconds(CLOCK_MONOTONIC);
#endif
}

void *CLinux_allocateAligned(size_t alignment, size_t count) {
  void *memory = NULL;
  return posix_memalign(&memory, alignment, count) == 0 ? memory : NULL;
}

void CLinux_freeAligned(void *memory) {
  free(memory);
}

void *CLinux_map(size_t count) {
  void *memory = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

void CLinux_giveBack(void *memory, size_t count) {
  madvise(memory, count, MADV_DONTNEED);
}

void CLinux_unmap(void *memory, size_t count) {
  munmap(memory, count);
}

int32_t CLinux_threadID(void) {
  return (int32_t)syscall(SYS_gettid);
}

struct CLinux_Condition {
  pthread_cond_t condition;
};

CLinux_Condition *CLinux_conditionCreate(void) {
  CLinux_Condition *condition = malloc(sizeof *condition);
  if (!condition) abort();
  pthread_cond_init(&condition->condition, NULL);
  return condition;
}

void CLinux_conditionDestroy(CLinux_Condition *condition) {
  pthread_cond_destroy(&condition->condition);
  free(condition);
}

void CLinux_conditionWait(CLinux_Condition *condition, CLinux_Lock *lock) {
  pthread_cond_wait(&condition->condition, &lock->mutex);
}

int32_t CLinux_conditionWaitFor(CLinux_Condition *condition, CLinux_Lock *lock,
                                uint64_t nanoseconds) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  uint64_t whole = (uint64_t)end.tv_nsec + nanoseconds;
  end.tv_sec += (time_t)(whole / 1000000000u);
  end.tv_nsec = (long)(whole % 1000000000u);
  return -pthread_cond_clockwait(&condition->condition, &lock->mutex, CLOCK_MONOTONIC, &end);
}

void CLinux_conditionSignal(CLinux_Condition *condition) {
  pthread_cond_signal(&condition->condition);
}

void CLinux_conditionBroadcast(CLinux_Condition *condition) {
  pthread_cond_broadcast(&condition->condition);
}

static __thread void *threadLocal;

void *CLinux_threadLocal(void) {
  return threadLocal;
}

void CLinux_setThreadLocal(void *value) {
  threadLocal = value;
}

struct Start {
  void (*body)(void *);
  void *context;
  char name[16];
};

static void *run(void *argument) {
  struct Start start = *(struct Start *)argument;
  free(argument);
  pthread_setname_np(pthread_self(), start.name);
  CLinux_useSignalStack();
  start.body(start.context);
  return NULL;
}

int32_t CLinux_threadStart(const char *name, void (*body)(void *), void *context,
                           uint64_t *thread) {
  struct Start *start = malloc(sizeof *start);
  if (!start) return -ENOMEM;
  *start = (struct Start){body, context, {0}};
  for (int at = 0; at < 15 && name[at]; at++)
    start->name[at] = name[at];
  pthread_t started;
  int error = pthread_create(&started, NULL, run, start);
  if (error) {
    free(start);
    return -error;
  }
  *thread = (uint64_t)started;
  return 0;
}

void CLinux_threadDetach(uint64_t thread) {
  pthread_detach((pthread_t)thread);
}

int32_t CLinux_threadJoin(uint64_t thread) {
  return -pthread_join((pthread_t)thread, NULL);
}

void CLinux_threadAbort(uint64_t thread) {
  pthread_kill((pthread_t)thread, SIGABRT);
}

void CLinux_sleep(uint64_t nanoseconds) {
  struct timespec left = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
  while (nanosleep(&left, &left) && errno == EINTR) {
  }
}
