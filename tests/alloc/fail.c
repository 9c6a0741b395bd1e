/*
 * Fails the n-th allocation of a program that is linked with --wrap for malloc, calloc, realloc
 * and strdup (make allocations).
 *
 *     X400RIG_FAIL=N      the N-th allocation of ours fails, and no other
 *     X400RIG_COUNT=FILE  how many there were is written there at the end
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

static unsigned long done, fail;

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("X400RIG_FAIL");

	fail = n ? strtoul(n, NULL, 10) : 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("X400RIG_COUNT");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (out) {
		fprintf(out, "%lu\n", done);
		fclose(out);
	}
}

static bool fails(void)
{
	if (++done != fail)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}
