/*
 * make_event_log: an event log of Windows
 * (make_event_log FILE FORM NUMBER:EVENT:STRING[|STRING ...] ...).
 *
 * FILE ends in .evt or .evtx; FORM is clean, dirty or wrapped (tests/lib/evt.h).  The
 * records are of MSExchangeMTA, of now, and numbered on from the first one's NUMBER.
 */
#include "../lib/evt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS_MAX = 64 };

static bool read_record(char *arg, struct evt_record *r, uint32_t *number)
{
	char *strings, *next;
	size_t n = 0;

	*r = (struct evt_record){ .seconds = (uint32_t)time(NULL), .source = "MSExchangeMTA" };
	*number = (uint32_t)strtoul(arg, &next, 10);
	if (*next != ':')
		return false;
	r->event = (uint32_t)strtoul(next + 1, &strings, 10);
	if (*strings != ':')
		return false;
	for (char *s = strtok_r(strings + 1, "|", &next); s; s = strtok_r(NULL, "|", &next)) {
		if (n + 1 == sizeof r->strings / sizeof r->strings[0])
			return false;
		r->strings[n++] = s;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct evt_record at[RECORDS_MAX];
	struct evt_form form = { 0 };
	size_t n = 0, length = argc > 3 ? strlen(argv[1]) : 0;
	uint32_t number, first = 0;
	bool is_evtx, ok;

	if (argc < 4 || argc - 3 > RECORDS_MAX)
		return 2;
	for (; n < (size_t)argc - 3; n++) {
		if (!read_record(argv[n + 3], &at[n], &number))
			return 2;
		first = n ? first : number;
	}
	is_evtx = length > 5 && strcmp(argv[1] + length - 5, ".evtx") == 0;
	form.dirty = strcmp(argv[2], "dirty") == 0;
	form.wrapped = strcmp(argv[2], "wrapped") == 0;
	form.before = first - 1;
	ok = is_evtx ? evtx_write(argv[1], at, n, form) : evt_write(argv[1], at, n, form);
	if (!ok)
		perror(argv[1]);
	return ok ? 0 : 1;
}
