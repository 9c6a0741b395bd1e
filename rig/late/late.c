#include "late/late.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* POSIX: what dlsym() returns is a function's address; ISO C only lets it be copied as octets. */
_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "pointers of one size");

static bool find_calls(struct late_library *l, void *handle)
{
	char *at = l->calls;

	for (size_t i = 0; l->names[i]; i++) {
		void *call = dlsym(handle, l->names[i]);

		if (!call)
			return false;
		memcpy(at + i * sizeof call, &call, sizeof call);
	}
	return true;
}

bool late_load(struct late_library *l, char *why, size_t why_cap)
{
	void *handle;

	if (l->loaded)
		return true;
	handle = dlopen(l->soname, RTLD_NOW);
	l->loaded = handle && find_calls(l, handle);
	if (!l->loaded)
		snprintf(why, why_cap, "%s; install Debian's package %s", dlerror(), l->package);
	if (handle && !l->loaded)
		dlclose(handle);
	return l->loaded;
}
