/*
 * evt: the smallest writer of Windows event logs (.evt), for tests.
 *
 *     header, 48 octets | records ... | end of file record, 40 octets
 *
 * Written as the service leaves it when it is killed: the header is dirty and
 * still says where things were when it was last written.
 */
#ifndef TESTS_EVT_H
#define TESTS_EVT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evt_record {
	uint32_t event;			/* with severity and facility, as 0xc00010bc */
	uint32_t seconds;
	const char *source;
	const char *strings[8];		/* ends with NULL */
};

struct evt_form {
	bool dirty;			/* the header tells of no record after the first */
	/* The oldest record lies this many records from the front: the ring has
	 * gone round, and one record is cut in two by the end of the file. */
	size_t wrapped;
};

/* Writes a file.  false: errno. */
bool evt_write(const char *path, const struct evt_record *at, size_t n, struct evt_form form);

#endif
