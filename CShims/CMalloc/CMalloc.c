#include "CMalloc.h"

#include <malloc.h>

// gperftools/malloc_extension_c.h, weakly: nil in a program that has the C library's malloc.
#define WEAK __attribute__((weak))
WEAK void MallocExtension_ReleaseFreeMemory(void);
WEAK void MallocExtension_ReleaseToSystem(size_t bytes);
WEAK int MallocExtension_GetNumericProperty(const char *name, size_t *value);
WEAK void MallocExtension_GetStats(char *text, int count);

void CMalloc_release(void) {
  if (MallocExtension_ReleaseFreeMemory) {
    MallocExtension_ReleaseFreeMemory();
  } else {
    malloc_trim(0);
  }
}

size_t CMalloc_freeBytes(void) {
  size_t bytes = 0;
  if (MallocExtension_GetNumericProperty)
    MallocExtension_GetNumericProperty("tcmalloc.pageheap_free_bytes", &bytes);
  return bytes;
}

void CMalloc_releaseSome(size_t bytes) {
  if (MallocExtension_ReleaseToSystem) MallocExtension_ReleaseToSystem(bytes);
}

int CMalloc_report(char *text, int count) {
  if (!MallocExtension_GetStats) return 0;
  MallocExtension_GetStats(text, count);
  return 1;
}
