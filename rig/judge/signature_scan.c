#include "judge/signature_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Letters in lower case; other octets may fall together, which costs a look. */
static uint32_t fold(char c)
{
	return (uint8_t)c | 0x20u;
}

static uint32_t hash(const char *p)
{
	return (fold(p[0]) << 10 ^ fold(p[1]) << 5 ^ fold(p[2])) % SCAN_HASHES;
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

void scan_ready(struct scan *s)
{
	s->window = SCAN_WORD_MAX;
	for (size_t i = 1; i <= s->n; i++)
		if (s->words[i].n < s->window)
			s->window = s->words[i].n;
	memset(s->shift, (int)(s->window - 2), sizeof s->shift);
	memset(s->first, 0, sizeof s->first);
	for (size_t i = 1; i <= s->n; i++) {
		struct scan_word *w = &s->words[i];

		for (size_t at = 0; at + 3 <= s->window; at++) {
			uint8_t *shift = &s->shift[hash(w->text + at)];
			uint8_t left = (uint8_t)(s->window - 3 - at);

			if (left < *shift)
				*shift = left;
		}
		w->next = s->first[hash(w->text + s->window - 3)];
		s->first[hash(w->text + s->window - 3)] = (uint16_t)i;
	}
}

void scan_free(struct scan *s)
{
	free(s->words);
	s->words = NULL;
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
	size_t at = s->window;

	if (!s->n)
		return true;
	while (at <= n) {
		uint32_t h = hash(p + at - 3);

		if (s->shift[h]) {
			at += s->shift[h];
			continue;
		}
		for (uint16_t i = s->first[h]; i; i = s->words[i].next)
			if (is_here(&s->words[i], p + at - s->window, n - at + s->window) &&
			    !found(ctx, s->words[i].id))
				return false;
		at++;
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
