/*
 * memory: the one way rig/capture asks for memory, so that a test can let
 * any one request fail.
 */
#ifndef CAPTURE_MEMORY_H
#define CAPTURE_MEMORY_H

#include <stddef.h>

/* Zeroed memory, or NULL.  Given back with free(). */
void *capture_take(size_t n);
/* As realloc(): on NULL the old memory stays. */
void *capture_grow(void *p, size_t n);

/* Tests: the request after this many fails (once); negative: none does. */
extern long capture_fail_after;

#endif
