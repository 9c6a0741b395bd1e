/*
 * text: a bounded line of text (stack/ has no stdio).
 *
 * Writes into the caller's buffer, always NUL-terminated; what does not fit
 * is dropped and `cut` says so.  Octets of a peer go through text_quoted()
 * or text_hex() only: no control character of a peer reaches a terminal.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/octets.h"

#include <string.h>

struct text {
	char *p;
	size_t n, cap;
	bool cut;
	bool bare;			/* as it is, even where names are masked */
	struct text_memory *memory;	/* lent; NULL: none */
};

/*
 * Names of others as pseudonyms.  With a mask, text_quoted(), text_plain() and text_hex() write
 * "~" and a word that stands for the octets instead of them, the same word for the same octets;
 * numbers, times and object identifiers stay.  It is one for the whole process and is set before
 * anything is written; NULL: names as they are.
 */
enum { TEXT_PSEUDONYM = 10 };		/* "~abcdefgh" */
struct text_mask {
	void (*word)(void *ctx, struct octets o, char out[static TEXT_PSEUDONYM]);
	void *ctx;
};
void text_mask(const struct text_mask *mask);
bool text_masks(void);
/* Only with a mask: its word for these octets. */
void text_pseudonym(struct octets o, char out[static TEXT_PSEUDONYM]);
/* With a mask, writes its word for these octets; false: they are to be written as they are. */
bool text_masked(struct text *t, struct octets o);
/* Text of many words; with a mask what stands in quotes, values of O/R addresses ("P=NORTH;")
 * and addresses of hosts become pseudonyms, each the one that it has elsewhere. */
void text_words(struct text *t, const char *s);

/*
 * What was written for the same octets before.  The names in a capture come again and
 * again, and to compare one costs less than to read it.  All zero in the beginning;
 * set text.memory after text_init().
 */
enum { TEXT_MEMORY = 64, TEXT_MEMORY_OCTETS = 110, TEXT_MEMORY_TEXT = 143 };
struct text_memory {
	struct {
		uint8_t kind, octets_n, text_n;	/* octets_n 0: free */
		uint8_t octets[TEXT_MEMORY_OCTETS];
		char text[TEXT_MEMORY_TEXT];
	} at[TEXT_MEMORY];
};
/* false: it is not known, and nothing was written.  What is written of octets depends on
 * them and their kind alone: TEXT_NAME, or who writes other values has kinds from
 * TEXT_KINDS on. */
enum { TEXT_NAME, TEXT_KINDS };
bool text_remembered(struct text *t, uint8_t kind, struct octets o);
/* What stands behind the first `from` characters was written for `o`. */
void text_remember(struct text *t, uint8_t kind, struct octets o, size_t from);

void text_init(struct text *t, char *buf, size_t cap);
void text_clear(struct text *t);		/* what is written, not its memory */
void text_run(struct text *t, const char *s, size_t n);
void text_char(struct text *t, char c);
void text_u64(struct text *t, uint64_t v);
void text_i64(struct text *t, int64_t v);
void text_hex8(struct text *t, uint8_t v);			/* "0f" */
/* "0a1b2c", at most 32 octets, then "..+n" */
void text_hex(struct text *t, struct octets o);
/* "abc" in double quotes; others than printable ASCII as \xhh; " and \ escaped. */
void text_quoted(struct text *t, struct octets o);
/* The same without quotes; also ", \, `a` and `b` as \xhh. */
void text_plain(struct text *t, struct octets o, char a, char b);
/* " name=" with the blank left out at the beginning of the line; n: of the name. */
void text_field_run(struct text *t, const char *name, size_t n);

/* The lengths of literals are known when they are compiled. */
static inline void text_put(struct text *t, const char *s)
{
	text_run(t, s, strlen(s));
}

static inline void text_field(struct text *t, const char *name)
{
	text_field_run(t, name, strlen(name));
}

static inline void text_field_u64(struct text *t, const char *name, uint64_t v)
{
	text_field(t, name);
	text_u64(t, v);
}

/* Name of a value from a {value, name} table that ends in {0, NULL}; or the number. */
struct text_name {
	uint32_t value;
	const char *name;
};
void text_named(struct text *t, const struct text_name *table, uint32_t v);

#endif
