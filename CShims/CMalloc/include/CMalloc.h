#pragma once

#include <stddef.h>

/// What the program's allocator keeps for itself: tcmalloc, if the program is linked with it, else the C
/// library's.

/// Gives free memory back to the kernel; takes milliseconds.
void CMalloc_release(void);

/// Whole pages that are free and still ours; 0 of an allocator that does not tell.
size_t CMalloc_freeBytes(void);
/// Gives back about so many bytes of them, or more: whole runs of pages.
void CMalloc_releaseSome(size_t bytes);

/// A report for people into `text`, of at most `count` bytes with the zero at the end; 0 if there is
/// none, which only tcmalloc has.
int CMalloc_report(char *text, int count);
