/*
 * A disk under SQLite that fails behind the last frame of a commit: the log has been written,
 * whole, and its sync says that it has not; or that is full before.
 */
#ifndef TEST_FAILING_DISK_H
#define TEST_FAILING_DISK_H

#include <sqlite3.h>
#include <stdbool.h>

static unsigned failing_syncs;		/* of a log: so many fail from now on */
static unsigned failing_room = ~0U;	/* for so many writes to a log, and no more */

static bool failing_pads;		/* files opened from now on have sectors of 16 KiB,
					 * which are written whole or not at all */

static const sqlite3_io_methods *failing_real;
static sqlite3_vfs *failing_below;

static int failing_sync(sqlite3_file *f, int flags)
{
	int rc = failing_real->xSync(f, flags);

	if (!failing_syncs)
		return rc;
	failing_syncs--;
	return SQLITE_IOERR_FSYNC;
}

static int failing_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (!failing_room)
		return SQLITE_FULL;
	failing_room--;
	return failing_real->xWrite(f, p, n, at);
}

static int failing_sector(sqlite3_file *f)
{
	(void)f;
	return 16 << 10;
}

static int failing_traits(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static void failing_log(sqlite3_file *f)
{
	static sqlite3_io_methods methods;

	failing_real = f->pMethods;
	methods = *failing_real;
	methods.xSync = failing_sync;
	methods.xWrite = failing_write;
	f->pMethods = &methods;
}

static void failing_padded(sqlite3_file *f)
{
	static sqlite3_io_methods methods;

	methods = *f->pMethods;
	methods.xSectorSize = failing_sector;
	methods.xDeviceCharacteristics = failing_traits;
	f->pMethods = &methods;
}

static int failing_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags,
                        int *out)
{
	int rc = failing_below->xOpen(failing_below, name, f, flags, out);

	(void)vfs;
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_WAL))
		failing_log(f);
	else if (rc == SQLITE_OK && failing_pads && (flags & SQLITE_OPEN_MAIN_DB))
		failing_padded(f);
	return rc;
}

/* Becomes the default VFS; until failing_remove(). */
static void failing_install(void)
{
	static sqlite3_vfs failing;

	sqlite3_initialize();
	failing_below = sqlite3_vfs_find(NULL);
	failing = *failing_below;
	failing.zName = "failing";
	failing.pNext = NULL;
	failing.xOpen = failing_open;
	sqlite3_vfs_register(&failing, 1);
}

static void failing_remove(void)
{
	failing_syncs = 0;
	failing_room = ~0U;
	failing_pads = false;
	sqlite3_vfs_unregister(sqlite3_vfs_find("failing"));
	sqlite3_vfs_register(failing_below, 1);
}

#endif
