#include "CLinux.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { framesMax = 64, lineMax = 256, stackBytes = 64 * 1024 };

static _Atomic int32_t traceDescriptor = -1;
static _Atomic int32_t tracingThread = 0;
static _Thread_local unsigned char signalStack[stackBytes];

// What follows is called in signal handlers: no locks, no allocation, no stdio.

typedef struct {
  char text[lineMax];
  size_t length;
} Line;

static void addText(Line *line, const char *text) {
  while (*text && line->length < lineMax - 1) line->text[line->length++] = *text++;
}

static void addNumber(Line *line, uint64_t number, unsigned base, int width) {
  char digits[32];
  int count = 0;
  do {
    digits[count++] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number || count < width);
  while (count > 0 && line->length < lineMax - 1) line->text[line->length++] = digits[--count];
}

/// `2026-03-01T12:00:00.123+0000`: days are counted in years that begin in March, of 400-year eras.
static void addTime(Line *line) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const uint64_t days = (uint64_t)now.tv_sec / 86400 + 719468, rest = (uint64_t)now.tv_sec % 86400;
  const uint64_t era = days / 146097, dayOfEra = days % 146097;
  const uint64_t year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const uint64_t dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100);
  const uint64_t shifted = (5 * dayOfYear + 2) / 153;
  const uint64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  addNumber(line, era * 400 + year + (month <= 2), 10, 4);
  addText(line, "-");
  addNumber(line, month, 10, 2);
  addText(line, "-");
  addNumber(line, dayOfYear - (153 * shifted + 2) / 5 + 1, 10, 2);
  addText(line, "T");
  addNumber(line, rest / 3600, 10, 2);
  addText(line, ":");
  addNumber(line, rest / 60 % 60, 10, 2);
  addText(line, ":");
  addNumber(line, rest % 60, 10, 2);
  addText(line, ".");
  addNumber(line, (uint64_t)now.tv_nsec / 1000000, 10, 3);
  addText(line, "+0000 ");
}

static const char *signalName(int number) {
  switch (number) {
  case SIGABRT: return "Aborted";
  case SIGSEGV: return "Segmentation fault";
  case SIGBUS: return "Bus error";
  case SIGILL: return "Illegal instruction";
  case SIGTRAP: return "Trace/breakpoint trap";
  case SIGFPE: return "Floating point exception";
  default: return "signal";
  }
}

static void compose(Line *line, int number, const siginfo_t *info) {
  char thread[16] = "";
  pthread_getname_np(pthread_self(), thread, sizeof thread);
  addTime(line);
  addNumber(line, (uint64_t)CLinux_threadID(), 16, 1);
  addText(line, " -1 *** Caught signal ");
  addNumber(line, (uint64_t)number, 10, 1);
  addText(line, " (");
  addText(line, signalName(number));
  addText(line, ") in thread ");
  addText(line, thread);
  if (info->si_code > 0) {
    addText(line, " at address 0x");
    addNumber(line, (uint64_t)(uintptr_t)info->si_addr, 16, 1);
  } else {
    addText(line, " sent by process ");
    addNumber(line, (uint64_t)info->si_pid, 10, 1);
  }
  addText(line, " ***\n");
}

static void report(int32_t descriptor, const Line *line, void *const *frames, int count) {
  const ssize_t written = write(descriptor, line->text, line->length);
  if (written >= 0) backtrace_symbols_fd(frames, count, descriptor);
}

/// The first thread that comes reports; others wait for the process to end. A fault in the report itself
/// ends it at once.
static void trace(int number, siginfo_t *info, void *context) {
  (void)context;
  int32_t none = 0;
  const int32_t self = CLinux_threadID();
  if (atomic_compare_exchange_strong(&tracingThread, &none, self)) {
    Line line = {.length = 0};
    void *frames[framesMax];
    compose(&line, number, info);
    const int count = backtrace(frames, framesMax);
    const int32_t descriptor = atomic_load(&traceDescriptor);
    report(2, &line, frames, count);
    if (descriptor > 2) report(descriptor, &line, frames, count);
  } else if (none != self) {
    for (;;) pause();
  }
  signal(number, SIG_DFL);
  raise(number);
}

void CLinux_traceCrashes(void) {
  // The first call loads a library, which a handler must not.
  void *frame;
  backtrace(&frame, 1);
  CLinux_useSignalStack();
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = trace;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    sigaction(numbers[index], &action, NULL);
  }
}

void CLinux_useSignalStack(void) {
  const stack_t stack = {.ss_sp = signalStack, .ss_flags = 0, .ss_size = stackBytes};
  sigaltstack(&stack, NULL);
}

void CLinux_traceTo(int32_t descriptor) {
  atomic_store(&traceDescriptor, descriptor);
}
