/*
 * logs: the MTA's own log files as records.
 *
 * Three layouts, told apart line by line:
 *
 *   message NMI4283: Interface Event, severity 14         the MTA's text log (Ev0.log);
 *          (POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm  one record takes several lines
 *          Bad LPIs in message
 *          Error code = 8464
 *
 *   11/21/26<TAB>9:05:00 PM<TAB>MSExchangeMTA<TAB>Error<TAB>X.400 Service<TAB>4284<TAB>N/A<TAB>LAB<TAB>
 *       An error has occurred ... Error code=8511 [POP4 POP4 DOWN 4 179] (14)
 *                                                          Event Viewer's text export
 *
 *   Call-stack for TID 006 (NT:0316) : POP4 DOWN  Busy 0%, stalled on send to q/loc 004, ...
 *                                                          Calls.out
 *
 * What no layout fits is passed on as kind LOG_TEXT_OTHER.  Lines of any
 * length, NULs and odd encodings are survived: control characters become
 * blanks, a line is cut at LOG_LINE_MAX.
 */
#ifndef LOGS_LOGS_H
#define LOGS_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOG_TEXT_MAX = 2048,	/* a record's text; descriptions end well below 1,000 */
	LOG_LINE_MAX = 8192,
};

enum log_layout { LOG_TEXT_OTHER, LOG_TEXT_EV, LOG_TEXT_EXPORT, LOG_TEXT_CALLS };

struct log_record {
	enum log_layout layout;
	uint32_t event;		/* 0: none */
	uint32_t code;		/* "Error code=8464", ": 8464", " = 8464"; 0: none */
	uint32_t severity;	/* 0: none */
	uint64_t line;		/* first line in the file, from 1 */
	int64_t wall_s;		/* seconds since 1970, as if local time were UTC; 0: none */
	char text[LOG_TEXT_MAX];	/* white space made single blanks, NUL-terminated */
};

typedef void log_record_fn(void *ctx, const struct log_record *r);

/* Feeds octets of a log in any cut. */
struct log_reader;
struct log_reader *log_reader_new(log_record_fn *fn, void *ctx);	/* NULL: no memory */
void log_reader_feed(struct log_reader *r, const char *p, size_t n);
/* The record at hand is complete; more may be fed afterwards. */
void log_reader_flush(struct log_reader *r);
void log_reader_free(struct log_reader *r);

/* A whole file.  false: `why` says what failed. */
bool log_read_file(const char *path, log_record_fn *fn, void *ctx, char *why, size_t why_cap);

/* The number after "Error code" in any of its documented spellings, or
 * "error code"; 0: none. */
uint32_t log_error_code(const char *text);

#endif
