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

/// A counter that goes up at a constant rate and costs a few nanoseconds to read; its unit is the
/// processor's.
uint64_t CLinux_cycles(void);

/// `count` bytes aligned to `alignment`, or NULL; freed by CLinux_freeAligned.
void *CLinux_allocateAligned(size_t alignment, size_t count);
void CLinux_freeAligned(void *memory);

/// `count` bytes of memory of the kernel's, all there at once, zeros until written; whole pages, or NULL.
void *CLinux_map(size_t count);
/// Lets the kernel take the memory of whole pages, which stay mapped and read as zeros.
void CLinux_giveBack(void *memory, size_t count);
void CLinux_unmap(void *memory, size_t count);

/// Kernel thread id of the caller.
int32_t CLinux_threadID(void);

/// A condition variable used with a CLinux_Lock that the caller holds.
typedef struct CLinux_Condition CLinux_Condition;
CLinux_Condition *CLinux_conditionCreate(void);
void CLinux_conditionDestroy(CLinux_Condition *condition);
void CLinux_conditionWait(CLinux_Condition *condition, CLinux_Lock *lock);
/// Waits no longer than `nanoseconds`. Returns 0 or -ETIMEDOUT.
int32_t CLinux_conditionWaitFor(CLinux_Condition *condition, CLinux_Lock *lock,
                                uint64_t nanoseconds);
void CLinux_conditionSignal(CLinux_Condition *condition);
void CLinux_conditionBroadcast(CLinux_Condition *condition);

/// One pointer for each thread, NULL until set.
void *CLinux_threadLocal(void);
void CLinux_setThreadLocal(void *value);

/// Starts a joinable thread named `name` (15 bytes are kept). Returns 0 or -errno.
int32_t CLinux_threadStart(const char *name, void (*body)(void *), void *context, uint64_t *thread);
int32_t CLinux_threadJoin(uint64_t thread);
/// Sends the thread SIGABRT.
void CLinux_threadAbort(uint64_t thread);
void CLinux_sleep(uint64_t nanoseconds);
void CLinux_threadDetach(uint64_t thread);

/// Where a socket is bound or connected. `family` is AF_INET, AF_INET6 or AF_UNIX; `port` in host
/// order; `bytes` the address in network order, or the path of a UNIX socket, NUL-terminated.
typedef struct {
  uint16_t family;
  uint16_t port;
  uint32_t scope;
  uint8_t bytes[108];
} CLinux_Address;

/// A listening, non-blocking, close-on-exec stream socket; SO_REUSEADDR for IP. Descriptor or
/// -errno.
int32_t CLinux_listen(const CLinux_Address *address, int32_t backlog);
/// A connected descriptor as above, TCP_NODELAY for IP; -EAGAIN when nobody waits.
int32_t CLinux_accept(int32_t listener);
/// Begins to connect. `local` may be NULL. Returns the descriptor or -errno; sets `*pending` to 1
/// when the outcome comes later (writable, then CLinux_socketError).
int32_t CLinux_connect(const CLinux_Address *address, const CLinux_Address *local,
                       int32_t *pending);
/// SO_ERROR as -errno, 0 for none.
int32_t CLinux_socketError(int32_t socket);
int32_t CLinux_localAddress(int32_t socket, CLinux_Address *address);
int32_t CLinux_peerAddress(int32_t socket, CLinux_Address *address);
/// A connected pair of UNIX stream sockets, non-blocking.
int32_t CLinux_socketPair(int32_t sockets[2]);

typedef struct {
  void *base;
  size_t count;
} CLinux_Segment;

/// recvmsg, sendmsg (no SIGPIPE): bytes moved, 0 at the end of the stream, or -errno.
int64_t CLinux_receive(int32_t socket, const CLinux_Segment *segments, int32_t count);
int64_t CLinux_send(int32_t socket, const CLinux_Segment *segments, int32_t count);
void CLinux_close(int32_t descriptor);

/// An eventfd, non-blocking; CLinux_eventSignal adds one to it.
int32_t CLinux_eventCreate(void);
void CLinux_eventSignal(int32_t event);

/// A timerfd of the monotonic clock, non-blocking; CLinux_timerSet lets it go off once, `nanoseconds` from now
/// (not 0) instead of when it would have.
int32_t CLinux_timerCreate(void);
int32_t CLinux_timerSet(int32_t timer, uint64_t nanoseconds);

enum {
  CLinux_readable = 1,
  CLinux_writable = 4,
  CLinux_error = 8,
  CLinux_hangup = 16,
  CLinux_peerClosed = 0x2000,
};

typedef struct {
  uint64_t token;
  uint32_t mask;
} CLinux_Event;

int32_t CLinux_epollCreate(void);
/// Edge-triggered, for readable, writable and closed.
int32_t CLinux_epollAdd(int32_t epoll, int32_t descriptor, uint64_t token);
int32_t CLinux_epollRemove(int32_t epoll, int32_t descriptor);
/// If it `sleeps`, waits for an event. Number of events or -errno.
int32_t CLinux_epollWait(int32_t epoll, CLinux_Event *events, int32_t count, int32_t sleeps);

/// A device or file to read and write, with O_DIRECT if `direct`. Descriptor or -errno.
int32_t CLinux_deviceOpen(const char *path, int32_t direct);
/// Creates or resizes a regular file; a block device is left alone. 0 or -errno.
int32_t CLinux_deviceCreate(const char *path, uint64_t bytes);

typedef struct {
  uint64_t bytes;
  /// 1 if it is a block device.
  int32_t isBlock;
  uint32_t major;
  uint32_t minor;
} CLinux_DeviceInfo;

int32_t CLinux_deviceInfo(int32_t descriptor, CLinux_DeviceInfo *info);
/// Takes an exclusive flock at once or returns -EWOULDBLOCK.
int32_t CLinux_tryLockFile(int32_t descriptor);
/// Bytes moved or -errno.
int64_t CLinux_readAt(int32_t descriptor, const CLinux_Segment *segments, int32_t count,
                      uint64_t offset);
int64_t CLinux_writeAt(int32_t descriptor, const CLinux_Segment *segments, int32_t count,
                       uint64_t offset);
/// What is written, and nothing else, is durable on return (RWF_DSYNC).
int64_t CLinux_writeDurablyAt(int32_t descriptor, const CLinux_Segment *segments, int32_t count,
                              uint64_t offset);
/// Gives a part of a file its place in the file system; what it holds stays. 0 or -errno.
int32_t CLinux_reserve(int32_t descriptor, uint64_t offset, uint64_t bytes);
int32_t CLinux_syncData(int32_t descriptor);

/// Goes to the background (daemon(3), working directory kept as /). Before any thread is started.
/// Returns 0 or -errno.
int32_t CLinux_daemonize(void);

/// Gives up root: becomes the group and user named (a name or a number; NULL keeps), with the
/// user's supplementary groups. Returns 0, or -errno; -ENOENT if there is no such name.
int32_t CLinux_becomeUser(const char *user, const char *group);

/// Blocks TERM, INT, HUP and PIPE for this thread and all it starts. Returns 0 or -errno.
int32_t CLinux_blockSignals(void);

/// Waits for one of TERM, INT and HUP; returns its number, or -errno.
int32_t CLinux_waitSignal(void);

/// From now on ABRT, SEGV, BUS, ILL, TRAP and FPE write one line and the thread's backtrace to stderr, and
/// to the descriptor that was last given, before they end the process as they would have.
void CLinux_traceCrashes(void);
void CLinux_traceTo(int32_t descriptor);

/// Lets the calling thread tell of a stack that has overflowed. Threads of CLinux_threadStart have it.
void CLinux_useSignalStack(void);
