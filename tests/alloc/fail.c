/*
 * Fails the n-th allocation of a program that is linked with --wrap for malloc, calloc, realloc
 * and strdup (make allocations).
 *
 *     X400RIG_FAIL=N      the N-th allocation of ours fails, and no other
 *     X400RIG_SHOW=1      the calls that lead to it, on standard error (addr2line(1) names them)
 *     X400RIG_SITES=FILE  the number of each that is asked for in a new way, by the calls
 *                         that lead to it, is written there, and at the end how many there were
 */
#include <errno.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);

enum { CALLS = 16, WAYS = 1 << 16 };

static unsigned long done, fail;
static FILE *sites;
static uint64_t ways[WAYS];		/* hashes of calls; 0: free */

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("X400RIG_FAIL"), *path = getenv("X400RIG_SITES");
	void *calls[CALLS];

	fail = n ? strtoul(n, NULL, 10) : 0;
	sites = path ? fopen(path, "we") : NULL;
	if (sites)
		backtrace(calls, CALLS);	/* the first time it loads what it needs */
}

__attribute__((destructor)) static void end(void)
{
	if (!sites)
		return;
	fprintf(sites, "of %lu\n", done);
	fclose(sites);
}

static bool is_new(void)
{
	void *calls[CALLS];
	int n = backtrace(calls, CALLS);
	uint64_t hash = 1469598103934665603u;
	size_t i;

	for (int k = 0; k < n; k++)
		hash = (hash ^ (uintptr_t)calls[k]) * 1099511628211u;
	hash |= 1;
	for (i = hash % WAYS; ways[i] && ways[i] != hash; i = (i + 1) % WAYS)
		;
	if (ways[i])
		return false;
	ways[i] = hash;
	return true;
}

static bool fails(void)
{
	void *calls[CALLS];

	done++;
	if (sites && is_new())
		fprintf(sites, "%lu\n", done);
	if (done != fail)
		return false;
	if (getenv("X400RIG_SHOW"))
		backtrace_symbols_fd(calls, backtrace(calls, CALLS), STDERR_FILENO);
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
