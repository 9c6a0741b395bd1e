#include "capture/memory.h"

#include <stdbool.h>
#include <stdlib.h>

long capture_fail_after = -1;

static bool fails(void)
{
	return capture_fail_after >= 0 && capture_fail_after-- == 0;
}

void *capture_take(size_t n)
{
	return fails() ? NULL : calloc(1, n);
}

void *capture_grow(void *p, size_t n)
{
	return fails() ? NULL : realloc(p, n);
}
