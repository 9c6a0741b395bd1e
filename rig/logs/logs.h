/*
 * logs: the MTA's own log files as records.
 *
 * What a file is shows in its octets, never in its name:
 *
 *   ElfFile, or 0x30 and LfLe            Windows event logs, .evtx and .evt
 *   FF FE, or every second octet NUL     UTF-16 text; the rest is text in octets
 *
 * and in text, line by line, so that a file may hold several layouts:
 *
 *   message NMI4283: Interface Event, severity 14         the MTA's text log (Ev0.log);
 *          (POP4 POP4 UP(7) Proc 228) 02-26-02 02:43:50pm  one record takes several lines
 *          Bad LPIs in message
 *          Error code = 8464
 *
 *   11/21/26<TAB>9:05:00 PM<TAB>MSExchangeMTA<TAB>Error<TAB>X.400 Service<TAB>4284<TAB>N/A
 *       <TAB>LAB<TAB>An error has occurred ... Error code=8511 [POP4 POP4 DOWN 4 179] (14)
 *                                 Event Viewer's exports: tab, comma or semicolon; date and
 *                                 time in one column or two, type before or behind them
 *
 *   Event ID:       4284          ... and its records as pasted from the clipboard
 *   Description:
 *
 *   XAPI message: Jul 1, 1996 14:49:09, connection 1543    Ap0.log, and Bf0.log with
 *   [00000] A2 80 02 01 33 30 80 94  ....30..              "Reference 47 :": dumps
 *
 *   Call-stack for TID 006 (NT:0316) : POP4 DOWN  Busy 0%, stalled on send to q/loc 004, ...
 *                                                          Calls.out
 *   Queue 'MTAWORKQ' required reconstruction               Mtacheck.log
 *   Nov 21 21:05:00 host x400mta[12]: ...                  syslog, or any text with a time
 *
 * A record goes on in lines that begin with a blank, or, where each record
 * begins with a time or a head, in lines that do not.  Lines of any length,
 * NULs and odd encodings are survived: control characters become blanks, what
 * is beyond LOG_LINE_MAX and LOG_TEXT_MAX is left out and counted.
 *
 * Memory is that of the reader and does not grow with the log.
 */
#ifndef LOGS_LOGS_H
#define LOGS_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
#ifdef FUZZING			/* small, so that short inputs reach them */
	LOG_TEXT_MAX = 192,
	LOG_LINE_MAX = 256,
	LOG_DUMP_MAX = 64,
#else
	LOG_TEXT_MAX = 2048,	/* a record's text; descriptions end well below 1,000 */
	LOG_LINE_MAX = 8192,
	LOG_DUMP_MAX = 65536,	/* octets of one dump that are kept: an envelope fits */
#endif
};

enum log_layout {
	LOG_TEXT_OTHER,
	LOG_TEXT_EV,
	LOG_TEXT_EXPORT,
	LOG_TEXT_CALLS,
	LOG_TEXT_BLOCK,		/* "Event ID: 4284", a line for each field */
	LOG_TEXT_AP,
	LOG_TEXT_BF,
	LOG_TEXT_MTACHECK,
	LOG_TEXT_STAMPED,	/* begins with a time: syslog and others */
	LOG_EVT,
	LOG_EVTX,
	LOG_LAYOUTS
};

struct log_record {
	enum log_layout layout;
	uint32_t event;		/* 0: none */
	uint32_t code;		/* "Error code=8464", ": 8464", " = 8464"; 0: none */
	uint32_t severity;	/* 0: none */
	uint64_t line;		/* first line in the file, or number of the record, from 1 */
	uint64_t offset;	/* of its first octet; LOG_NO_OFFSET: not known (.evtx) */
	int64_t wall_s;		/* seconds since 1970, as if local time were UTC; 0: none */
	int64_t at_us;		/* microseconds since 1970 UTC, zone and clock offset applied;
				 * LOG_NO_TIME: none */
	bool zoned;		/* the time came with its zone */
	bool unrendered;	/* text is not the description but what is put into it, with
				 * " | " between (event logs hold no sentences) */
	char source[48];	/* "MSExchangeMTA"; "": the layout names none */
	char text[LOG_TEXT_MAX];	/* UTF-8, white space made single blanks, NUL-terminated */
	const uint8_t *dump;	/* Ap, Bf: octets, borrowed for the call */
	size_t dump_n;
};
#define LOG_NO_TIME INT64_MIN
#define LOG_NO_OFFSET UINT64_MAX

typedef void log_record_fn(void *ctx, const struct log_record *r);

/* Which of the first two numbers of 03/04/26 is the month?  AUTO: a number
 * above 12 in the first piece fed tells, else points mean day first, and all
 * other marks month first. */
enum log_date_order { LOG_DATE_AUTO, LOG_DATE_MDY, LOG_DATE_DMY, LOG_DATE_YMD };
/* "auto", "mdy" ...; false: none of these. */
bool log_date_order_parse(const char *name, enum log_date_order *order);

struct log_options {
	enum log_date_order order;
	int32_t zone_s;			/* local time minus UTC, where a stamp names no zone */
	int64_t clock_us;		/* added to each time: the log's clock is slow by this */
	int year;			/* of stamps without one; 0: this year */
	const char *code_page;		/* iconv's name for octets that are no UTF-8; NULL:
					 * CP1252 */
	const char *time_format;	/* strptime's, where a free text's time is unusual; NULL */
};

/* What the caller does not need is not made: a record with an event id for
 * which `event` says false is skipped, and one without an id if `line` says
 * false of each of its lines (raw octets, without the end of line). */
struct log_filter {
	bool (*event)(void *ctx, uint32_t event);
	bool (*line)(void *ctx, const char *p, size_t n);
	void *ctx;
};

/* What could not be read, with the place where it first happened. */
enum log_trouble {
	LOG_LONG_LINE,		/* cut at LOG_LINE_MAX */
	LOG_LONG_RECORD,	/* cut at LOG_TEXT_MAX or LOG_DUMP_MAX */
	LOG_NUL,		/* NULs in text */
	LOG_MIXED,		/* the encoding becomes another one: read all the same */
	LOG_ODD_CHARACTER,	/* neither UTF-8 nor of the code page */
	LOG_DUMP_GAP,		/* the offsets of a dump leave octets out */
	LOG_DAMAGED,		/* records of an event log that could not be read */
	LOG_RECOVERED,		/* ... that the log no longer counts, read all the same */
	LOG_REMAINS,		/* ... that are partly overwritten */
	LOG_TROUBLES
};
struct log_notes {
	uint64_t count[LOG_TROUBLES];
	uint64_t offset[LOG_TROUBLES];	/* of the first one, or LOG_NO_OFFSET */
	uint64_t records;		/* seen, skipped ones included */
	uint64_t lines, octets;
};
const char *log_trouble_name(enum log_trouble t);	/* "lines cut after 8191 octets" */

/* Feeds octets of a text log in any cut.  `o` and `f` may be NULL, are copied.  NULL: no
 * memory. */
struct log_reader;
struct log_reader *log_reader_open(const struct log_options *o, const struct log_filter *f,
                                   log_record_fn *fn, void *ctx);
void log_reader_feed(struct log_reader *r, const char *p, size_t n);
/* The record at hand is complete; more may be fed afterwards. */
void log_reader_flush(struct log_reader *r);
const struct log_notes *log_reader_notes(const struct log_reader *r);
void log_reader_free(struct log_reader *r);

/* A whole file of any kind, "-" for standard input (text only).  false: `why`
 * says what failed.  `notes` may be NULL. */
bool log_read(const char *path, const struct log_options *o, const struct log_filter *f,
              log_record_fn *fn, void *ctx, struct log_notes *notes, char *why, size_t why_cap);

/* When a log begins: the time of the first record that has one, in its first octets;
 * LOG_NO_TIME: there is none, or it is standard input. */
int64_t log_begins(const char *path, const struct log_options *o);

/* Has iconv this code page? */
bool log_code_page_known(const char *name);

/* "+01:00", "-0500", "+01", "Z" or "UTC": local time minus UTC.  false: none of
 * these. */
bool log_zone_parse(const char *text, int32_t *zone_s);

/* The number after "Error code" in any of its documented spellings, or
 * "error code"; 0: none. */
uint32_t log_error_code(const char *text);

#endif
