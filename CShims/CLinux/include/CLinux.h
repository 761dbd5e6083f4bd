#pragma once
#include <stddef.h>
#include <stdint.h>

/// A pthread mutex behind an opaque handle. Sanitizers understand it, unlike the standard
/// library's futex lock.
typedef struct CLinux_Lock CLinux_Lock;
CLinux_Lock *CLinux_lockCreate(void);
void CLinux_lockDestroy(CLinux_Lock *lock);
void CLinux_lock(CLinux_Lock *lock);
void CLinux_unlock(CLinux_Lock *lock);

/// Nanoseconds of CLOCK_MONOTONIC / CLOCK_REALTIME.
uint64_t CLinux_monotonicNanoseconds(void);
uint64_t CLinux_wallNanoseconds(void);

/// `count` bytes aligned to `alignment`, or NULL; freed by CLinux_freeAligned.
void *CLinux_allocateAligned(size_t alignment, size_t count);
void CLinux_freeAligned(void *memory);

/// Kernel thread id of the caller.
int32_t CLinux_threadID(void);
