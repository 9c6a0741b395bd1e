/*
 * folder: files and folders of a run.
 */
#ifndef SCENARIO_FOLDER_H
#define SCENARIO_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { FOLDER_PATH = 1024 };

/* Makes a folder and those above it.  false: errno. */
bool folder_make(const char *path);
/* Makes the folders above a file. */
bool folder_make_above(const char *path);

/* Opens a new or emptied file for writing, mode 0644, making its folders.  -1: errno. */
int folder_create(const char *path);
/* The same; NULL: errno. */
FILE *folder_create_file(const char *path);

/* A file without a name, for writing and reading; gone when it is closed.  NULL: errno. */
FILE *folder_scratch(void);

/* Joins with '/'; false: too long (ENAMETOOLONG). */
bool folder_join(char out[static FOLDER_PATH], const char *folder, const char *name,
                 const char *suffix);

/* Removes a folder and all in it; follows no links.  false: errno, something is left. */
bool folder_remove(const char *path);

/* Writes these octets as a file. */
bool folder_write(const char *path, const char *text, size_t n);

#endif
