/*
 * make_event_log: an event log of Windows
 * (make_event_log FILE FORM [NUMBER:EVENT:STRING[|STRING ...] ...]).
 *
 * FILE ends in .evt or .evtx; FORM is clean, dirty or wrapped (tests/lib/evt.h).  The
 * records are of MSExchangeMTA, of now, and numbered on from the first one's NUMBER; without
 * any they are the lines of standard input.
 */
#include "../lib/evt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS_MAX = 10000, LINE_MAX_OCTETS = 1000 };

/* `arg` is cut up, and lent to the record. */
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
	for (char *s = strtok_r(strings + 1, "|\n", &next); s; s = strtok_r(NULL, "|\n", &next)) {
		if (n + 1 == sizeof r->strings / sizeof r->strings[0])
			return false;
		r->strings[n++] = s;
	}
	return true;
}

/* The next one of the arguments, or of standard input; NULL: there is none. */
static char *next_text(int argc, char **argv, size_t n)
{
	char line[LINE_MAX_OCTETS];

	if (argc > 3)
		return n < (size_t)argc - 3 ? argv[n + 3] : NULL;
	return fgets(line, sizeof line, stdin) ? strdup(line) : NULL;
}

int main(int argc, char **argv)
{
	static struct evt_record at[RECORDS_MAX];
	struct evt_form form = { 0 };
	size_t n = 0, length = argc > 2 ? strlen(argv[1]) : 0;
	uint32_t number, first = 1;
	bool is_evtx, ok;

	if (argc < 3)
		return 2;
	for (char *text; n < RECORDS_MAX && (text = next_text(argc, argv, n)) != NULL; n++) {
		if (!read_record(text, &at[n], &number))
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
