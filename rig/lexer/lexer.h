/*
 * lexer: the rig's text files (.scn, .target, .sig) as tokens with places.
 *
 *     up: transfer 40 messages size 8KiB to down   # comment
 *     ^word ^word  ^word      ...           ^end of line
 *
 * A file is data: lines of words, strings and a few marks.  A line ends a
 * statement, except inside ( ), [ ] or { } (scenarios: ( ) and [ ]).  Words hold letters, digits
 * and - _ . / : @ % & ! ? < > ~ ^ $ ' ; a colon at the end of a word is a mark of its
 * own ("up:").  Strings stand in double quotes, with \" \\ \n \t and \xhh.
 * What a word means (a number, a time, a name) is the parser's matter; the
 * quantities that all languages share are read here.
 *
 * Loading checks what no parser wants to see: files and lines are bounded,
 * NULs, control characters and broken UTF-8 are refused at their place.
 *
 * Every complaint has the form
 *
 *     FILE:LINE:COLUMN: error: message; did you mean "x"?
 *         the source line
 *             ^
 *
 * and is gathered in a `struct lexer_report`, so the caller decides where it
 * goes.  Columns count characters from 1.
 */
#ifndef LEXER_LEXER_H
#define LEXER_LEXER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* The longest honest file is a signature catalogue of about 100 KiB. */
	LEXER_FILE_MAX = 1 << 20,
	/* A statement fits a screen; a line beyond this is no text file. */
	LEXER_LINE_MAX = 1000,
	/* More complaints than this do not help anybody. */
	LEXER_COMPLAINTS_MAX = 20,
	LEXER_REPORT_MAX = 64 << 10,
};

struct lexer_report {
	char *text;			/* owned, NUL-terminated; NULL: nothing said */
	size_t n;
	unsigned errors, warnings;
};
void lexer_report_free(struct lexer_report *r);

struct lexer_source {
	char name[256];			/* as shown in complaints */
	char *text;			/* owned, n octets and a NUL */
	size_t n;
};

/* Reads and checks a file.  false: said in the report, nothing to free. */
bool lexer_load(struct lexer_source *s, const char *path, struct lexer_report *r);
/* The same for octets in memory, which are copied. */
bool lexer_take(struct lexer_source *s, const char *name, const char *text, size_t n,
                struct lexer_report *r);
void lexer_source_free(struct lexer_source *s);

enum token_kind {
	TOKEN_WORD,
	TOKEN_STRING,			/* p, n: between the quotes, escapes as written */
	TOKEN_MARK,			/* one of : + * = ; , | ( ) [ ] { } */
	TOKEN_EOL,
	TOKEN_EOF,
};

struct token {
	enum token_kind kind;
	const char *p;			/* into the source */
	size_t n;
	uint32_t line, column;		/* from 1 */
};

/* Where in the file a thing was said; kept by compiled things. */
struct place {
	uint32_t line, column;
};

struct lexer {
	const struct lexer_source *source;	/* borrowed */
	struct lexer_report *report;		/* borrowed */
	struct token token;			/* the next one, not yet taken */
	size_t pos;
	uint32_t line, column;
	unsigned depth;				/* of brackets */
	bool blocks;				/* { } hold lines: they are no brackets */
};

/* Stands at the first token afterwards. */
void lexer_init(struct lexer *lx, const struct lexer_source *s, struct lexer_report *r);
/* Takes the token and reads the next. */
struct token lexer_next(struct lexer *lx);
/* Skips what is left of the statement and its end of line. */
void lexer_skip_line(struct lexer *lx);

bool token_is(const struct token *t, const char *word);
bool token_is_mark(const struct token *t, char mark);
/* Takes the next token if it is this word or mark. */
bool lexer_accept(struct lexer *lx, const char *word);
bool lexer_accept_mark(struct lexer *lx, char mark);
/* The same, else complains that `word` or `mark` was wanted. */
bool lexer_want(struct lexer *lx, const char *word);
bool lexer_want_mark(struct lexer *lx, char mark);
/* Wants the end of the statement; takes it. */
bool lexer_want_eol(struct lexer *lx);
/* Takes a word or string and copies its value; false: said.  `what` names
 * it in complaints ("a recipient"). */
bool lexer_value(struct lexer *lx, const char *what, char *buf, size_t cap);

/* Unescapes a string, or copies a word; false if it does not fit or an escape
 * is wrong (then *why says what). */
bool token_text(const struct token *t, char *buf, size_t cap, const char **why);
/* "end of line", or the token in quotes, shortened; for complaints. */
const char *token_show(const struct token *t, char buf[static 48]);

/* Complaints.  `at` gives the place.  Return false, so that a parser can
 * `return lexer_error(...)`. */
bool lexer_error(struct lexer *lx, const struct token *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool lexer_error_at(struct lexer_report *r, const struct lexer_source *s, struct place at,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void lexer_warn_at(struct lexer_report *r, const struct lexer_source *s, struct place at,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* "Did you mean": offer every candidate, then complain. */
struct nearest {
	const char *word;		/* what was written */
	size_t n;
	const char *best;		/* NULL: nothing near */
	unsigned distance;
};
void nearest_init(struct nearest *near, const char *word, size_t n);
void nearest_offer(struct nearest *near, const char *candidate);
/* `unknown WHAT "word"`, and the nearest candidate if one is near. */
bool lexer_unknown(struct lexer *lx, const struct token *t, const char *what,
                   const struct nearest *near);

/* Quantities: digits, at most one point, and a unit; false: not one, or too
 * large. */
bool quantity_number(const char *p, size_t n, uint64_t *v);	/* 12 */
bool quantity_time(const char *p, size_t n, int64_t *us);	/* us ms s min h */
bool quantity_size(const char *p, size_t n, uint64_t *octets);	/* none or B, kB MB KiB MiB */
/* bit/s kbit/s Mbit/s B/s KiB/s MiB/s */
bool quantity_rate(const char *p, size_t n, uint64_t *bits);

#endif
