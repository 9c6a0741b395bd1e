/*
 * journal: the events of a case as a file, and back.
 *
 * RUN/events/ID.jsonl holds one JSON object per line.  The first says what the
 * file is, every other is one event as the judge was fed it, in that order:
 *
 *     {"schema":"x400rig-events","version":1,"case":"pop4/slow-link"}
 *     {"at":1204331,"kind":"pdu_in","layer":"session","code":4,"assoc":100001,"name":"AC"}
 *
 *     at      microseconds of the run's clock       kind    enum event_kind by name
 *     layer   by name (absent: none)                code    enum of kind and layer
 *     type    request, indication ... (0 absent)    assoc   number of the end
 *     value, offset, length                         by kind and code (0: absent)
 *     cell    row of a state table                  rule    rule id (with "rule_name")
 *     from, to, flags                               as in struct event
 *     name    code as a word, for people; not read back
 *
 * What a field means for each kind is said in base/event.h and judge/judge.h.
 * Reading accepts exactly what writing gives, in any order of the fields, and
 * fields it does not know.  A field that changes its meaning raises `version`.
 */
#ifndef SCENARIO_JOURNAL_H
#define SCENARIO_JOURNAL_H

#include "base/event.h"


enum { JOURNAL_VERSION = 1, JOURNAL_LINE_MAX = 600, JOURNAL_BUFFER = 16 << 10 };

struct journal {
	char *buffer;			/* owned; NULL: not open */
	size_t n;			/* octets that wait in it */
	uint64_t events;		/* put; the ordinal of the next */
	int fd;
	int error;			/* errno of the first that could not be written */
};

/* Makes the folders of `path`.  false: errno. */
bool journal_open(struct journal *j, const char *path, const char *case_id);
void journal_put(struct journal *j, const struct event *e);
/* What was put can be read now.  false: something was not written (errno). */
bool journal_flush(struct journal *j);
/* The same answer; one that is not open is closed well. */
bool journal_close(struct journal *j);

/* The event as a line of JSON without its end of line; returns its length. */
size_t journal_line(const struct event *e, char buf[static JOURNAL_LINE_MAX]);
/* "AC", "STEP", "delivered" ... what `code` says; NULL: nothing to say. */
const char *journal_name(const struct event *e);

/* Reads a file; hands each event to `put`.  false: `why` says where and what.  */
bool journal_read(const char *path, void (*put)(void *ctx, const struct event *e), void *ctx,
                  char *why, size_t why_cap);
/* One line; false: it is no event. */
bool journal_parse(const char *line, size_t n, struct event *out);

#endif
