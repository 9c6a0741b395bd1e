/*
 * late: shared libraries that few verbs need, loaded when one does.
 *
 * A library that the program is linked with is found, mapped and bound at every start, with all
 * that it needs itself.  One of these is so when late_load() is called, and not before:
 *
 *     #define ZOO_CALLS(X) X(zoo_, open) X(zoo_, close)
 *     static struct { ZOO_CALLS(LATE_CALL) } zoo;
 *     static struct late_library library = LATE_LIBRARY("libzoo.so.1", "libzoo1", zoo, ZOO_CALLS);
 *
 * Then zoo.open() has the type that the library's header gives zoo_open().
 */
#ifndef LATE_LATE_H
#define LATE_LATE_H

#include <stdbool.h>
#include <stddef.h>

struct late_library {
	const char *soname;		/* of the headers that it is compiled with */
	const char *package;		/* Debian's, that has it */
	const char *const *names;	/* of its functions; ends with NULL */
	void *calls;			/* a pointer to each, in the same order */
	bool loaded;
};

#define LATE_CALL(prefix, name) __typeof__(prefix##name) *name;
#define LATE_NAME(prefix, name) #prefix #name,
#define LATE_LIBRARY(soname, package, calls, CALLS) \
	{ soname, package, (const char *const[]){ CALLS(LATE_NAME) NULL }, &(calls), false }

/* Once is enough; where a process confines itself, before it does.  false: why, and which package
 * is to be installed. */
bool late_load(struct late_library *l, char *why, size_t why_cap);

#endif
