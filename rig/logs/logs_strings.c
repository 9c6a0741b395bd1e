/*
 * What Event Viewer writes where it has no sentences for a source, as on any computer but
 * the MTA's, in whatever language:
 *
 *     ... ( 4284 ) ... ( MSExchangeMTA ) ... : 8511, POP4, POP4 DOWN, 4, 179.     NT to 2003
 *     ... '4284' ... 'MSExchangeMTA' ... :'8511', 'POP4', 'POP4 DOWN', '4', '179'  PowerShell
 *     ... 4284 ... MSExchangeMTA ... :<line end>8511<line end>POP4 ...            since Vista
 */
#include "logs/logs_inner.h"

#include <stdio.h>
#include <string.h>

enum { NAMED_WITHIN = 200 };

static bool has_words(struct span begin, const char *event, const char *source)
{
	return memmem(begin.p, begin.n, event, strlen(event)) &&
	       memmem(begin.p, begin.n, source, strlen(source));
}

/* Are event and source named at the begin, in one of the ways above? */
static bool is_excuse(struct span begin, uint32_t event, const char *source)
{
	static const char *const marks[][2] = { { "( ", " )" }, { "'", "'" }, { " ", " " } };
	char number[16], name[64];

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		snprintf(number, sizeof number, "%s%u%s", marks[i][0], event, marks[i][1]);
		snprintf(name, sizeof name, "%s%s%s", marks[i][0], source, marks[i][1]);
		if (has_words(begin, number, name))
			return true;
	}
	return false;
}

/* Behind the first colon that ends a line, or has a blank or a quote behind it. */
static const char *behind_colon(const char *p, const char *end)
{
	for (; p + 1 < end; p++)
		if (*p == ':' && (p[1] == ' ' || p[1] == '\'' || p[1] == '\n'))
			return p + 1;
	return NULL;
}

bool log_strings(struct span body, uint32_t event, const char *source, struct log_strings *s)
{
	const char *end = body.p + body.n, *p;
	struct span begin = { body.p, body.n < NAMED_WITHIN ? body.n : NAMED_WITHIN };

	/* Sentences seldom name their source. */
	p = event && source[0] ? memmem(begin.p, begin.n, source, strlen(source)) : NULL;
	if (!p || !is_excuse(begin, event, source))
		return false;
	p = behind_colon(p, end);
	if (!p)
		return false;
	s->lines = false;
	for (; p < end && (*p == ' ' || *p == '\n'); p++)
		s->lines |= *p == '\n';
	while (end > p && strchr(". \n\"", end[-1]))
		end--;
	s->left = (struct span){ p, (size_t)(end - p) };
	return true;
}

bool log_strings_next(struct log_strings *s, struct span *string)
{
	const char *p = s->left.p, *end = p + s->left.n;
	const char *cut = s->lines ? memchr(p, '\n', s->left.n) : memmem(p, s->left.n, ", ", 2);

	if (!s->left.n)
		return false;
	*string = (struct span){ p, (size_t)((cut ? cut : end) - p) };
	if (string->n >= 2 && p[0] == '\'' && p[string->n - 1] == '\'')
		*string = (struct span){ p + 1, string->n - 2 };
	p = cut ? cut + (s->lines ? 1 : 2) : end;
	s->left = (struct span){ p, (size_t)(end - p) };
	return true;
}
