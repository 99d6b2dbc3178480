/*
 * part.h: the name of a file that is still being made: PATH.part-PID, beside the name that it will
 * have. Whoever made it is known by it, so what a killed program left is found and taken away by the
 * next one that writes to that path.
 */
#ifndef PLATFORM_PART_H
#define PLATFORM_PART_H

/* The name for this process, which nobody has now; heap. Takes away what processes that are gone left
 * under such names of this path. */
char *part_name(const char *path);

#endif
