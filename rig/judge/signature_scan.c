#include "judge/signature_scan.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of the three octets behind p; letters in lower case.  Others may fall together,
 * which costs a look.  Reads p[0] too: one load for all. */
static uint32_t hash(const char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof x);
	x = le32toh(x) >> 8 | 0x202020;
	return x * UINT32_C(0x9e3779b1) >> (32 - SCAN_HASH_BITS);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool scan_add(struct scan *s, const char *word, size_t n, uint16_t id)
{
	struct scan_word *grown;

	if (s->n + 1 >= SCAN_WORDS_MAX || n < SCAN_WORD_MIN)
		return false;
	grown = realloc(s->words, (s->n + 2) * sizeof *grown);
	if (!grown)
		return false;
	s->words = grown;
	s->n++;
	n = n < SCAN_WORD_MAX ? n : SCAN_WORD_MAX;
	grown[s->n] = (struct scan_word){ .id = id, .n = (uint8_t)n };
	for (size_t i = 0; i < n; i++)
		grown[s->n].text[i] = lower(word[i]);
	return true;
}

static uint32_t hash_in(const struct scan_word *w, size_t at)
{
	char four[4] = { 0 };

	memcpy(four + 1, w->text + at, 3);
	return hash(four);
}

/* Where the five octets begin that a word is looked for by: those whose threes the
 * fewest words have, since what is common in words is common in logs. */
static size_t rarest(const struct scan_word *w, const uint16_t *count)
{
	size_t best = 0, least = SIZE_MAX;

	for (size_t at = 0; at + SCAN_WORD_MIN <= w->n; at++) {
		size_t sum = 0;

		for (size_t i = 0; i < SCAN_STRIDE; i++)
			sum += count[hash_in(w, at + i)];
		if (sum < least) {
			least = sum;
			best = at;
		}
	}
	return best;
}

static void add_place(struct scan *s, size_t word, size_t at, size_t i)
{
	uint16_t *first = &s->first[hash_in(&s->words[word], at)];

	s->places[i] = (struct scan_place){ .next = *first, .word = (uint16_t)word,
	                                    .at = (uint8_t)at };
	*first = (uint16_t)i;
}

bool scan_ready(struct scan *s)
{
	uint16_t *count = calloc(1 << SCAN_HASH_BITS, sizeof *count);
	bool ok;
	size_t n = 0;

	s->places = calloc(SCAN_STRIDE * s->n + 1, sizeof *s->places);
	ok = count && s->places;
	for (size_t i = 1; ok && i <= s->n; i++)
		for (size_t at = 0; at + 3 <= s->words[i].n; at++)
			count[hash_in(&s->words[i], at)]++;
	memset(s->first, 0, sizeof s->first);
	for (size_t i = 1; ok && i <= s->n; i++) {
		size_t begin = rarest(&s->words[i], count);

		for (size_t at = 0; at < SCAN_STRIDE; at++)
			add_place(s, i, begin + at, ++n);
	}
	free(count);
	return ok;
}

void scan_free(struct scan *s)
{
	free(s->words);
	free(s->places);
	s->words = NULL;
	s->places = NULL;
	s->n = 0;
}

static bool is_here(const struct scan_word *w, const char *p, size_t n)
{
	if (w->n > n)
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (lower(p[i]) != w->text[i])
			return false;
	return true;
}

bool scan_text(const struct scan *s, const char *p, size_t n,
               bool (*found)(void *ctx, uint16_t id), void *ctx)
{
	for (size_t at = SCAN_STRIDE - 1; at + 3 <= n; at += SCAN_STRIDE) {
		for (uint16_t i = s->first[hash(p + at - 1)]; i; i = s->places[i].next) {
			const struct scan_place *here = &s->places[i];
			const struct scan_word *w = &s->words[here->word];

			if (here->at <= at && is_here(w, p + at - here->at, n - at + here->at) &&
			    !found(ctx, w->id))
				return false;
		}
	}
	return true;
}

/* ---- words of expressions ---- */

static bool plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("/:%_-=,'#@&;!<>", c));
}

/* Behind a group or a class: p stands at its opening mark. */
static const char *behind(const char *p)
{
	unsigned depth = 0;

	for (; *p; p++) {
		if (*p == '\\' && p[1]) {
			p++;
		} else if (*p == '[') {
			p += 1 + (p[1] == '^');
			p += *p == ']';
			while (*p && *p != ']')
				p += *p == '\\' && p[1] ? 2 : 1;
			if (!*p)
				return p;
			if (!depth)
				return p + 1;
		} else if (*p == '(') {
			depth++;
		} else if (*p == ')' && depth && --depth == 0) {
			return p + 1;
		}
	}
	return p;
}

/* Words that any log has say little. */
static bool common(struct scan_span run)
{
	static const char *const words[] = {
		"message", "type", "database", "connection", "connections", "identifier",
		"internal", "socket", "sockets", "error", "control", "association", "service",
		"session", "request", "object", "locality", "resource", "element", "detected",
		"failed", "offset", "block", "process", "received", "processing", "occurred",
		"transfer",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == run.n && strncasecmp(words[i], run.p, run.n) == 0)
			return true;
	return false;
}

/* Is `a` the better word to look for? */
static bool better(struct scan_span a, struct scan_span b)
{
	if (a.n < SCAN_WORD_MIN || b.n < SCAN_WORD_MIN)
		return a.n > b.n;
	return common(a) != common(b) ? common(b) : a.n > b.n;
}

/* The best run of one alternative, of words without or with blanks between them;
 * moves p to its end. */
static struct scan_span best_run(const char **from, bool blanks)
{
	const char *p = *from, *run = p;
	struct scan_span best = { p, 0 };

	for (;;) {
		size_t n;

		while (plain(*p) || (blanks && *p == ' '))
			p++;
		n = (size_t)(p - run);
		/* What may be there no times or many ends a run before it. */
		if (n && (*p == '?' || *p == '*' || *p == '{'))
			n--;
		if (better((struct scan_span){ run, n }, best))
			best = (struct scan_span){ run, n };
		if (!*p || *p == '|')
			break;
		if (*p == '(' || *p == '[')
			p = behind(p);
		else if (*p == '\\' && p[1])
			p += 2;
		else if (*p == '{')
			while (*p && *p++ != '}')
				;
		else
			p++;
		run = p;
	}
	*from = p;
	return best;
}

size_t scan_words_of(const char *p, struct scan_span *out, size_t cap)
{
	size_t n = 0;

	for (;; p++) {
		const char *begin = p;
		struct scan_span run = best_run(&p, false);

		/* A phrase is missed where a line is wrapped in it: only if need be. */
		if (run.n < SCAN_WORD_MIN || common(run)) {
			p = begin;
			run = best_run(&p, true);
		}
		if (run.n < SCAN_WORD_MIN || n == cap)
			return 0;
		out[n++] = run;
		if (!*p)
			return n;
	}
}
