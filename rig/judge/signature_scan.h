/*
 * signature_scan: which of many words are in a text (private to judge/).
 *
 * A row's expression can only match a text that has certain words.  Looking for
 * the words of all rows in one pass is much cheaper than running expressions.
 * The pass looks at every third to sixth octet (Wu and Manber's shifts on three
 * octets); each place is looked at once per word at most, so the time is bounded
 * by length times words.
 */
#ifndef JUDGE_SIGNATURE_SCAN_H
#define JUDGE_SIGNATURE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SCAN_WORD_MIN = 5,
	SCAN_WORD_MAX = 32,
	SCAN_WORDS_MAX = 4096,
	SCAN_HASHES = 1 << 14,
};

struct scan_word {
	uint16_t next;			/* with the same last three octets; 0: none */
	uint16_t id;
	uint8_t n;
	char text[SCAN_WORD_MAX];	/* lower case */
};

struct scan {
	size_t window;			/* octets of each word that the shifts know */
	size_t n;			/* words are 1 .. n */
	struct scan_word *words;	/* owned */
	uint8_t shift[SCAN_HASHES];
	uint16_t first[SCAN_HASHES];
};

/* `word` of SCAN_WORD_MIN octets or more; what is beyond SCAN_WORD_MAX is left
 * out.  false: no memory, or too many. */
bool scan_add(struct scan *s, const char *word, size_t n, uint16_t id);
void scan_ready(struct scan *s);
void scan_free(struct scan *s);

/* Tells the id of each word found, a word once for each place, until `found` says
 * false.  Letters match in both cases.  false: it was told to stop. */
bool scan_text(const struct scan *s, const char *p, size_t n,
               bool (*found)(void *ctx, uint16_t id), void *ctx);

/*
 * The words of which a text must have one to match a Perl-compatible expression:
 * the longest plain run of each of its alternatives, a rare one before a common one.
 * Returns how many, 0: such words cannot be told.
 */
struct scan_span {
	const char *p;
	size_t n;
};
size_t scan_words_of(const char *expression, struct scan_span *out, size_t cap);

#endif
