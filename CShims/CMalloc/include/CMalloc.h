#pragma once

/// What the program's allocator keeps for itself: tcmalloc, if the program is linked with it, else the C
/// library's.

/// Gives free memory back to the kernel; takes milliseconds.
void CMalloc_release(void);

/// A report for people into `text`, of at most `count` bytes with the zero at the end; 0 if there is
/// none, which only tcmalloc has.
int CMalloc_report(char *text, int count);
