/*
 * evt: the smallest writers of Windows event logs, for tests.
 *
 *     .evt     header, 48 octets | records ... | end of file record, 40 octets
 *     .evtx    header, 4096 octets | chunks of 64 KiB: header, 512 | records of binary XML | zeros
 *
 * Dirty is written as the service leaves it when it is killed: the header still says
 * where things were when it was last written.
 */
#ifndef TESTS_EVT_H
#define TESTS_EVT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evt_record {
	uint32_t event;			/* .evt: with severity and facility, as 0xc00010bc */
	uint32_t seconds;
	const char *source;
	const char *strings[32];	/* ends with NULL */
};

struct evt_form {
	bool dirty;			/* the header tells of no record after the first, of no
					 * chunk */
	/* The oldest record lies this many records from the front: the ring has
	 * gone round.  .evt: one record is cut in two by the end of the file; .evtx: the
	 * newest chunk is the first, however many are said. */
	size_t wrapped;
	uint32_t before;		/* records that there once were before these */
};

enum { EVTX_PER_CHUNK = 2 };		/* records */

/* Write a file.  false: errno. */
bool evt_write(const char *path, const struct evt_record *at, size_t n, struct evt_form form);
bool evtx_write(const char *path, const struct evt_record *at, size_t n, struct evt_form form);

#endif
