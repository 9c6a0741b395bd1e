/*
 * log: the lab MTA's logs, in the documented layouts (private to mta/).
 *
 *     Ev0.log          text event log: `message NMI4283: Interface Event, severity 14` ...
 *     Application.txt  the same events with their NT descriptions, as Event Viewer
 *                      exports them: one line, columns divided by tabs
 *     Bf0.log          APDUs that could not be read, each with a reference number that
 *                      its event names
 *     Calls.out        one line per thread
 *
 * The wording of the text log is documented for some events only; where it is
 * not, the NT description stands there instead (inferred), and no signature
 * rests on it.  Its documented classes are "X.400 Service Event", "Interface Event",
 * "Internal Processing Error" and "Internal Operating System Error"; others are inferred.
 */
#ifndef MTA_LOG_H
#define MTA_LOG_H

#include "base/octets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct mta_log {
	FILE *ev, *application, *dumps, *calls;	/* NULL: not written */
	uint32_t references;			/* of dumps, given */
	int64_t second;				/* of which these are the text */
	char ev_when[32], application_when[40];
	/* Something is written: whoever reads along sees it behind log_flush(). */
	void (*written)(void *ctx);		/* may be NULL */
	void *ctx;
};

/* Where an event comes from: [product process number procedure] (severity). */
struct log_event {
	uint32_t id;
	const char *class, *category;	/* "X.400 Service" (text), "X.400 Service" (NT) */
	const char *type;		/* "Error", "Warning", "Information" */
	const char *product, *process;	/* "POP4", "POP4 DOWN" */
	unsigned number, procedure, severity;
	bool glued;			/* the number is printed without a blank: "DOWN4" */
	const char *ev_text;		/* lines of the text log, LF between them; NULL: inferred */
};

/* `e` with these lines, which are written to `room`; not from a peer's text. */
enum { LOG_LINES = 400 };
struct log_event log_event_with(const struct log_event *e, char room[static LOG_LINES],
                                const char *lines, ...) __attribute__((format(printf, 3, 4)));

/* false: `why` says which file could not be made.  folder "": no logs. */
bool log_open(struct mta_log *log, const char *folder, char *why, size_t why_cap);
void log_close(struct mta_log *log);
void log_flush(struct mta_log *log);

/* `wall_us`: time of day.  `description`: the NT sentences, without the tag. */
void log_event(struct mta_log *log, int64_t wall_us, const struct log_event *e,
               const char *description, ...) __attribute__((format(printf, 4, 5)));

/* At most LOG_DUMP_MAX octets of it; returns the reference number. */
enum { LOG_DUMP_MAX = 64 << 10 };
uint32_t log_dump(struct mta_log *log, struct octets apdu);

void log_calls(struct mta_log *log, const char *line, ...) __attribute__((format(printf, 2, 3)));

#endif
