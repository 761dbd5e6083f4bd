#include "CLinux.h"

#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { framesMax = 64 };

static _Atomic int32_t traceDescriptor = -1;

static void trace(int number) {
  void *frames[framesMax];
  const int count = backtrace(frames, framesMax);
  const int32_t descriptor = atomic_load(&traceDescriptor);
  backtrace_symbols_fd(frames, count, 2);
  if (descriptor > 2) backtrace_symbols_fd(frames, count, descriptor);
  raise(number);
}

void CLinux_traceAborts(void) {
  // The first call loads a library, which a handler must not.
  void *frame;
  backtrace(&frame, 1);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = trace;
  action.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
  sigaction(SIGABRT, &action, NULL);
}

void CLinux_traceTo(int32_t descriptor) {
  atomic_store(&traceDescriptor, descriptor);
}
