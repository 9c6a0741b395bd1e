#include "power.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512 };

/* A file as its process sees it, and which sectors the disk does not have. */
struct power_file {
	sqlite3_file base;
	sqlite3_file *real;		/* behind this struct */
	uint8_t *image;
	bool *held;			/* [sector] */
	int64_t size, room;
};

static sqlite3_vfs *disk;
static uint64_t state;
static unsigned hold_of_256;
static const volatile bool *disk_full, *disk_fails;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static struct power_file *of(sqlite3_file *f)
{
	return (struct power_file *)f;
}

static bool grow(struct power_file *f, int64_t size)
{
	int64_t room = f->room ? f->room : 64 * SECTOR;

	while (room < size)
		room *= 2;
	if (room == f->room)
		return true;
	f->image = realloc(f->image, (size_t)room);
	f->held = realloc(f->held, (size_t)(room / SECTOR) * sizeof *f->held);
	if (!f->image || !f->held)
		return false;
	memset(f->image + f->room, 0, (size_t)(room - f->room));
	memset(f->held + f->room / SECTOR, 0,
	       (size_t)((room - f->room) / SECTOR) * sizeof *f->held);
	f->room = room;
	return true;
}

static int put_sector(struct power_file *f, int64_t sector)
{
	int64_t at = sector * SECTOR, n = f->size - at < SECTOR ? f->size - at : SECTOR;

	f->held[sector] = false;
	return n > 0 ? f->real->pMethods->xWrite(f->real, f->image + at, (int)n, at) : SQLITE_OK;
}

static int on_close(sqlite3_file *file)
{
	struct power_file *f = of(file);

	free(f->image);
	free(f->held);
	return f->real->pMethods->xClose(f->real);
}

static int on_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	struct power_file *f = of(file);
	int64_t have = at < f->size ? f->size - at : 0;

	if (have > n)
		have = n;
	memcpy(p, f->image + (have ? at : 0), (size_t)have);
	if (have == n)
		return SQLITE_OK;
	memset((uint8_t *)p + have, 0, (size_t)(n - have));
	return SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct power_file *f = of(file);
	int rc = SQLITE_OK;

	if (*disk_full)
		return SQLITE_FULL;
	if (!grow(f, at + n))
		return SQLITE_NOMEM;
	memcpy(f->image + at, p, (size_t)n);
	if (at + n > f->size)
		f->size = at + n;
	for (int64_t s = at / SECTOR; s <= (at + n - 1) / SECTOR && rc == SQLITE_OK; s++) {
		if (draw() % 256 < hold_of_256)
			f->held[s] = true;
		else
			rc = put_sector(f, s);
	}
	return rc;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct power_file *f = of(file);

	if (size < f->size)
		memset(f->image + size, 0, (size_t)(f->size - size));
	f->size = size;
	return draw() % 2 ? SQLITE_OK : f->real->pMethods->xTruncate(f->real, size);
}

static int on_sync(sqlite3_file *file, int flags)
{
	struct power_file *f = of(file);
	sqlite3_int64 size;
	int rc = SQLITE_OK;

	(void)flags;			/* a kill leaves what the kernel has */
	for (int64_t s = 0; s * SECTOR < f->size && rc == SQLITE_OK; s++)
		if (f->held[s])
			rc = put_sector(f, s);
	if (rc == SQLITE_OK && f->real->pMethods->xFileSize(f->real, &size) == SQLITE_OK &&
	    size > f->size)
		rc = f->real->pMethods->xTruncate(f->real, f->size);
	return rc == SQLITE_OK && *disk_fails ? SQLITE_IOERR_FSYNC : rc;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = of(file)->size;
	return SQLITE_OK;
}

static int on_lock(sqlite3_file *f, int how)
{
	return of(f)->real->pMethods->xLock(of(f)->real, how);
}

static int on_unlock(sqlite3_file *f, int how)
{
	return of(f)->real->pMethods->xUnlock(of(f)->real, how);
}

static int on_check(sqlite3_file *f, int *out)
{
	return of(f)->real->pMethods->xCheckReservedLock(of(f)->real, out);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
	return of(f)->real->pMethods->xFileControl(of(f)->real, op, arg);
}

static int on_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

static int on_traits(sqlite3_file *f)
{
	(void)f;
	/* Nothing is atomic, nothing keeps its order; but octets that are not written stay. */
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int on_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return of(f)->real->pMethods->xShmMap(of(f)->real, page, size, extend, out);
}

static int on_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return of(f)->real->pMethods->xShmLock(of(f)->real, at, n, flags);
}

static void on_barrier(sqlite3_file *f)
{
	of(f)->real->pMethods->xShmBarrier(of(f)->real);
}

static int on_unmap(sqlite3_file *f, int del)
{
	return of(f)->real->pMethods->xShmUnmap(of(f)->real, del);
}

static const sqlite3_io_methods methods = {
	2, on_close, on_read, on_write, on_truncate, on_sync, on_size, on_lock, on_unlock, on_check,
	on_control, on_sector, on_traits, on_map, on_shm_lock, on_barrier, on_unmap, NULL, NULL,
};

static int load(struct power_file *f)
{
	sqlite3_int64 size = 0;
	int rc = f->real->pMethods->xFileSize(f->real, &size);

	if (rc != SQLITE_OK || !grow(f, size))
		return rc ? rc : SQLITE_NOMEM;
	f->size = size;
	return size ? f->real->pMethods->xRead(f->real, f->image, (int)size, 0) : SQLITE_OK;
}

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                   int *out)
{
	struct power_file *f = of(file);
	int rc;

	(void)vfs;
	*f = (struct power_file){ .real = (sqlite3_file *)(f + 1) };
	rc = disk->xOpen(disk, name, f->real, flags, out);
	if (rc != SQLITE_OK)
		return rc;
	f->base.pMethods = &methods;
	return load(f);
}

bool power_install(uint64_t seed, unsigned hold, const volatile bool *full,
                   const volatile bool *fails)
{
	static sqlite3_vfs power;

	state = seed | 1;
	hold_of_256 = hold;
	disk_full = full;
	disk_fails = fails;
	sqlite3_initialize();
	disk = sqlite3_vfs_find(NULL);
	if (!disk)
		return false;
	power = *disk;
	power.zName = "power";
	power.pNext = NULL;
	power.szOsFile = (int)sizeof(struct power_file) + disk->szOsFile;
	power.xOpen = on_open;
	return sqlite3_vfs_register(&power, 1) == SQLITE_OK;
}
