/*
 * line_filter: which lines of `decode` are wanted.
 *
 *     layer=p1,ipm   pdu=CN,AC   association=3   id=TEXT
 *
 * Of the values behind one key any may hold, of several filters all must.  An
 * association is a connection by its number.  `id`: lines about a message of which
 * an identifier (MTS, content, IPM; of a report also its subject's) has the text in it.
 */
#ifndef CLI_LINE_FILTER_H
#define CLI_LINE_FILTER_H

#include "cli/listing.h"

enum { LINE_FILTERS = 16, LINE_FILTER_VALUES = 32 };

struct line_filter_term {
	uint8_t key;			/* of the table in line_filter.c */
	const char *value[LINE_FILTER_VALUES];
	size_t length[LINE_FILTER_VALUES];
	size_t n;
};

struct line_filter {
	struct line_filter_term term[LINE_FILTERS];
	size_t n;
};

/* `word` is borrowed.  false: `why` says what it should be. */
bool line_filter_add(struct line_filter *f, const char *word, char *why, size_t why_cap);

/* `ids`: identifiers of the message that the line is about, "" if it is of none. */
bool line_filter_passes(const struct line_filter *f, const struct listing_line *line,
                        const char *ids);

/* Are identifiers looked at? */
bool line_filter_by_id(const struct line_filter *f);

/* Is association `number` wanted, whatever else is said? */
bool line_filter_association(const struct line_filter *f, uint32_t number);

#endif
