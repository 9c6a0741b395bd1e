/*
 * catalogue: finding scenarios, by identifier or by file.
 */
#ifndef SCENARIO_CATALOGUE_H
#define SCENARIO_CATALOGUE_H

#include "scenario/folder.h"
#include "scenario/scenario.h"

struct catalogue_entry {
	char id[SCENARIO_ID];		/* path below the folder, without ".scn" */
	char path[FOLDER_PATH];
};

struct catalogue {
	struct catalogue_entry *at;	/* owned; sorted by id */
	size_t n, cap;
};

/* Adds all *.scn below a folder.  false: errno. */
bool catalogue_scan(struct catalogue *c, const char *folder);
void catalogue_free(struct catalogue *c);

/* Does the identifier match the pattern (shell glob; "pop4" also means "pop4/" and all
 * below)? */
bool catalogue_match(const char *id, const char *pattern);

#endif
