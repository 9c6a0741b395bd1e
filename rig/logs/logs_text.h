/*
 * logs_text: what stands in a log, as UTF-8 on one line (private to logs/).
 *
 *     octets of any encoding --> white space and controls as single blanks, the rest as UTF-8
 *
 * A run of octets above ASCII is UTF-8 if all of it is, and else of the code page: half of
 * a word is never the one and half the other, and a log may hold both.
 */
#ifndef LOGS_TEXT_H
#define LOGS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_characters {
	const char *code_page;		/* NULL: CP1252 */
	void *iconv;			/* opened when first needed */
	uint64_t odd;			/* characters of no known encoding: "?" */
};
void log_characters_end(struct log_characters *c);

struct log_text {
	char *at;			/* borrowed */
	size_t cap, n;
	bool full;			/* something found no room */
};

void log_text_append(struct log_text *t, struct log_characters *c, const char *s, size_t n);
/* No blank at the end, and a NUL. */
void log_text_end(struct log_text *t);

/* A column in quotes, in its place: the quotes go, doubled ones become one. */
size_t log_text_unquote(char *s, size_t n);

#endif
