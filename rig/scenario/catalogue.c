#include "scenario/catalogue.h"

#include "array/array.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Groups lie one in another at most so deep. */
enum { DEPTH_MAX = 4 };

/* Its id is taken from inside when it is compiled. */
static bool add(struct catalogue *c, const char *id, const char *path)
{
	struct catalogue_entry *e = array_room(c->at, c->n + 1, &c->cap, sizeof *e);

	if (!e)
		return false;
	c->at = e;
	e = &c->at[c->n];
	if (strlen(id) >= sizeof e->id || strlen(path) >= sizeof e->path) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(e->id, id);
	strcpy(e->path, path);
	c->n++;
	return true;
}

static bool scan(struct catalogue *c, const char *folder, const char *group, int depth);

static bool scan_entry(struct catalogue *c, const char *folder, const char *group,
                       const char *name, int depth)
{
	char path[FOLDER_PATH], id[FOLDER_PATH];
	const char *dot = strrchr(name, '.');
	struct stat st;

	if (!folder_join(path, folder, name, "") || stat(path, &st) != 0)
		return false;
	snprintf(id, sizeof id, "%s%s%s", group, *group ? "/" : "", name);
	if (S_ISDIR(st.st_mode))
		return depth == DEPTH_MAX || scan(c, path, id, depth + 1);
	if (!dot || strcmp(dot, ".scn") != 0)
		return true;
	id[strlen(id) - strlen(dot)] = '\0';
	return add(c, id, path);
}

static bool scan(struct catalogue *c, const char *folder, const char *group, int depth)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	bool ok = dir != NULL;

	while (ok && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			ok = scan_entry(c, folder, group, d->d_name, depth);
	if (dir)
		closedir(dir);
	return ok;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct catalogue_entry *)a)->id,
	              ((const struct catalogue_entry *)b)->id);
}

bool catalogue_scan(struct catalogue *c, const char *folder)
{
	bool ok = scan(c, folder, "", 0);

	if (c->n > 0)
		qsort(c->at, c->n, sizeof c->at[0], by_id);
	return ok;
}

void catalogue_free(struct catalogue *c)
{
	free(c->at);
	*c = (struct catalogue){ 0 };
}

bool catalogue_match(const char *id, const char *pattern)
{
	size_t n = strlen(pattern);

	return fnmatch(pattern, id, 0) == 0 ||
	       (strncmp(id, pattern, n) == 0 && (id[n] == '/' || (n && pattern[n - 1] == '/')));
}
