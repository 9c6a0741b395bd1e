/*
 * logs_inner: the reader, and what its parts tell each other (private to logs/).
 *
 * A record's lines are gathered as they stand in the file.  Only when the
 * record is complete and wanted are they made text: most records of a large
 * log are not.
 */
#ifndef LOGS_INNER_H
#define LOGS_INNER_H

#include "logs/logs.h"
#include "logs/logs_text.h"
#include "logs/logs_time.h"

enum {
	RAW_MAX = LOG_LINE_MAX,
	/* Lines of one record: the longest documented has 20. */
	RECORD_LINES_MAX = 64,
	/* First octets that tell the encoding; without a mark this many are waited for. */
	SNIFF_MAX = 256,
};

struct span {
	const char *p;
	size_t n;
};

/* What the first line of a record says. */
struct log_head {
	enum log_layout layout;
	uint32_t event;
	struct span stamp;		/* n 0: none */
	struct span source;
	struct span body;		/* what belongs to the description */
};

/* Does a record begin with this line? */
bool log_head(const struct log_reader *r, const char *p, size_t n, struct log_head *h);

/* Of the head of a record of the MTA's text log; 0: it has none. */
uint32_t log_severity(const char *p, size_t n);

/* A row of a dump, "[00016] 05 00 ..  ....": its octets are appended.  false: none. */
bool log_dump_row(struct log_reader *r, const char *p, size_t n);

/* Where strptime's format matches within the first octets; out may be NULL. */
bool log_time_by_format(const char *p, size_t n, const char *format, struct span *stamp,
                        struct log_time *out);

/* Up to five digits at p; 0: none. */
uint32_t log_number(const char *p, size_t n);

/* "Event ID:  4284": the value, n 0: no line of this key. */
struct span log_block_value(const char *p, size_t n, const char *key);

/* The strings in a description that is no sentence, since Event Viewer had none. */
struct log_strings {
	struct span left;
	bool lines;			/* one on each */
};
/* false: it is a sentence */
bool log_strings(struct span body, uint32_t event, const char *source, struct log_strings *s);
bool log_strings_next(struct log_strings *s, struct span *string);

enum log_encoding { ENCODING_UNKNOWN, ENCODING_OCTETS, ENCODING_UTF16LE, ENCODING_UTF16BE };

struct log_reader {
	struct log_options options;
	struct log_filter filter;
	bool filtered;
	log_record_fn *fn;
	void *ctx;
	enum log_date_order order;
	enum log_encoding encoding;
	struct log_notes notes;
	struct log_characters characters;

	size_t head_n;			/* octets that wait until the encoding is known */
	char head[SNIFF_MAX];

	/* the line at hand, where it does not lie whole in what is fed */
	size_t n;
	bool cut;
	uint64_t line_at;		/* offset of its first octet */
	uint8_t unit;			/* UTF-16: the octet before, if half */
	bool half;
	uint8_t held[64];		/* UTF-16: may be ASCII, which then begins here */
	size_t held_n, unlikely;	/* of them: characters that no text has */
	bool widened;			/* UTF-16 began in the line at hand */
	uint16_t high;			/* UTF-16: surrogate that waits */
	char line[LOG_LINE_MAX];

	/* the record at hand */
	bool collecting;
	bool skip;			/* the filter said no */
	bool wanted;
	bool described;			/* BLOCK: Description: was read */
	enum log_layout layout;
	uint32_t event, severity;
	uint64_t first_line, first_at;
	size_t lines;
	size_t raw_n, body_at, stamp_at, stamp_n;	/* into raw */
	char source[48];
	char raw[RAW_MAX];
	size_t dump_n;
	uint64_t dump_next;		/* offset that the next row has, if nothing is left out */
	uint8_t dump[LOG_DUMP_MAX];
	struct log_record record;
};

/* One line, without its end. */
void log_line(struct log_reader *r, const char *p, size_t n);

/* Octets of known encoding, in any cut, and what waits of them: logs_lines.c. */
void log_lines(struct log_reader *r, const char *p, size_t n);
void log_lines_end(struct log_reader *r);
/* Of the first octets. */
enum log_encoding log_sniff(const char *p, size_t n);

void log_trouble(struct log_reader *r, enum log_trouble t, uint64_t offset);

#endif
