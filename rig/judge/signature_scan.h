/*
 * signature_scan: which of many words are in a text (private to judge/).
 *
 * A row's expression can only match a text that has certain words.  Looking for
 * the words of all rows in one pass is much cheaper than running expressions.
 * The pass looks at every third place only, at the three octets there: of any five
 * octets in a row it sees three.  Where it looks does not hang on what it saw before,
 * so a processor takes several places at once.  Each place is looked at once per word
 * at most, so the time is bounded by length times words.
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
	SCAN_STRIDE = SCAN_WORD_MIN - 2,
	SCAN_HASH_BITS = 14,
};

struct scan_word {
	uint16_t id;
	uint8_t n;
	char text[SCAN_WORD_MAX];	/* lower case */
};

/* Three octets of a word, of the five that it is looked for by. */
struct scan_place {
	uint16_t next;			/* with the same hash; 0: none */
	uint16_t word;
	uint8_t at;
};

struct scan {
	size_t n;			/* words are 1 .. n */
	struct scan_word *words;	/* owned */
	struct scan_place *places;	/* owned */
	uint16_t first[1 << SCAN_HASH_BITS];
};

/* `word` of SCAN_WORD_MIN octets or more; what is beyond SCAN_WORD_MAX is left
 * out.  false: no memory, or too many. */
bool scan_add(struct scan *s, const char *word, size_t n, uint16_t id);
/* All words are added.  false: no memory. */
bool scan_ready(struct scan *s);
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
