/*
 * The lexer: tokens and their places, what it refuses, and what it says.
 */
#include "lexer/lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct lexer_source source;
	struct lexer_report report;
	struct lexer lx;
};

static void begin(struct fixture *f, const char *text)
{
	memset(f, 0, sizeof *f);
	assert_true(lexer_take(&f->source, "t.scn", text, strlen(text), &f->report));
	lexer_init(&f->lx, &f->source, &f->report);
}

static void end(struct fixture *f)
{
	lexer_source_free(&f->source);
	lexer_report_free(&f->report);
}

static void wants(struct fixture *f, enum token_kind kind, const char *text, unsigned line,
                  unsigned column)
{
	struct token t = lexer_next(&f->lx);

	assert_int_equal(t.kind, kind);
	assert_int_equal(t.line, line);
	assert_int_equal(t.column, column);
	assert_int_equal(t.n, strlen(text));
	assert_memory_equal(t.p, text, t.n);
}

static void tokens_and_places(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "up: wait 3s # why\n\tpixit.a + 2 * \"x \\\" y\"\n");
	wants(&f, TOKEN_WORD, "up", 1, 1);
	wants(&f, TOKEN_MARK, ":", 1, 3);
	wants(&f, TOKEN_WORD, "wait", 1, 5);
	wants(&f, TOKEN_WORD, "3s", 1, 10);
	wants(&f, TOKEN_EOL, "", 1, 18);
	wants(&f, TOKEN_WORD, "pixit.a", 2, 2);
	wants(&f, TOKEN_MARK, "+", 2, 10);
	wants(&f, TOKEN_WORD, "2", 2, 12);
	wants(&f, TOKEN_MARK, "*", 2, 14);
	wants(&f, TOKEN_STRING, "x \\\" y", 2, 16);
	wants(&f, TOKEN_EOL, "", 2, 24);
	wants(&f, TOKEN_EOF, "", 3, 1);
	wants(&f, TOKEN_EOF, "", 3, 1);
	assert_int_equal(f.report.errors, 0);
	end(&f);
}

static void colons_within_words(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "127.0.0.1:102 env:SECRET a::");
	wants(&f, TOKEN_WORD, "127.0.0.1:102", 1, 1);
	wants(&f, TOKEN_WORD, "env:SECRET", 1, 15);
	wants(&f, TOKEN_WORD, "a:", 1, 26);
	wants(&f, TOKEN_MARK, ":", 1, 28);
	end(&f);
}

/* A statement goes on within brackets. */
static void brackets_join_lines(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "[a,\n b]\nc");
	wants(&f, TOKEN_MARK, "[", 1, 1);
	wants(&f, TOKEN_WORD, "a", 1, 2);
	wants(&f, TOKEN_MARK, ",", 1, 3);
	wants(&f, TOKEN_WORD, "b", 2, 2);
	wants(&f, TOKEN_MARK, "]", 2, 3);
	wants(&f, TOKEN_EOL, "", 2, 4);
	wants(&f, TOKEN_WORD, "c", 3, 1);
	end(&f);
}

static void columns_count_characters(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "\"\xc3\xa9\xe2\x82\xac\" x");
	wants(&f, TOKEN_STRING, "\xc3\xa9\xe2\x82\xac", 1, 1);
	wants(&f, TOKEN_WORD, "x", 1, 6);
	end(&f);
}

static void complaint_has_line_and_caret(void **state)
{
	struct fixture f;
	struct nearest near;

	(void)state;
	begin(&f, "first\n\tup:\trelaese\n");
	lexer_skip_line(&f.lx);
	lexer_next(&f.lx);
	lexer_next(&f.lx);
	nearest_init(&near, f.lx.token.p, f.lx.token.n);
	nearest_offer(&near, "listen");
	nearest_offer(&near, "release");
	assert_false(lexer_unknown(&f.lx, &f.lx.token, "a step", &near));
	assert_string_equal(f.report.text,
	                    "t.scn:2:6: error: \"relaese\" is not a step; did you mean "
	                    "\"release\"?\n"
	                    "    \tup:\trelaese\n"
	                    "    \t   \t^\n");
	end(&f);
}

static void open_string_and_foreign_characters(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "a \"open\nb `` ` c\n");
	wants(&f, TOKEN_WORD, "a", 1, 1);
	wants(&f, TOKEN_STRING, "open", 1, 3);
	assert_int_equal(f.report.errors, 1);
	wants(&f, TOKEN_EOL, "", 1, 8);
	wants(&f, TOKEN_WORD, "b", 2, 1);
	assert_int_equal(f.report.errors, 3);
	wants(&f, TOKEN_WORD, "c", 2, 8);
	end(&f);
}

static void escapes(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "\"a\\\"b\\\\c\\n\\t\\x41\"", "a\"b\\c\n\tA" }, { "\"\"", "" },
		{ "\"\\x00\"", NULL }, { "\"\\q\"", NULL }, { "\"\\x4\"", NULL },
		{ "\"1234567890123456\"", NULL }, { "\"123456789012345\"", "123456789012345" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fixture f;
		char buf[16];
		bool ok;

		begin(&f, rows[i].in);
		ok = lexer_value(&f.lx, "a text", buf, sizeof buf);
		assert_int_equal(ok, rows[i].out != NULL);
		if (ok)
			assert_string_equal(buf, rows[i].out);
		else
			assert_int_equal(f.report.errors, 1);
		end(&f);
	}
}

static void refuses(const char *text, size_t n, const char *want)
{
	struct lexer_source s;
	struct lexer_report r = { 0 };

	assert_false(lexer_take(&s, "t", text, n, &r));
	assert_non_null(r.text);
	if (!strstr(r.text, want))
		fail_msg("\"%s\" is not in: %s", want, r.text);
	assert_null(s.text);
	lexer_report_free(&r);
}

static void binary_and_endless_files(void **state)
{
	char *big = malloc(LEXER_FILE_MAX + 1);

	(void)state;
	assert_non_null(big);
	refuses("ab\n c\0d", 7, "t:2:3: error: a NUL octet");
	refuses("a\x1b[2J", 5, "t:1:2: error: control character 0x1b");
	refuses("\x80", 1, "t:1:1: error: octet 0x80 is not UTF-8");
	refuses("\xc2\x9b", 2, "t:1:1: error: octet 0xc2");	/* CSI as one character */
	refuses("\xed\xa0\x80", 3, "not UTF-8");
	refuses("\xe2\x82", 2, "not UTF-8");
	memset(big, 'x', LEXER_FILE_MAX + 1);
	refuses(big, LEXER_FILE_MAX + 1, "t:1:1001: error: line longer than 1000 octets");
	for (size_t i = 0; i < LEXER_FILE_MAX; i += 100)
		big[i] = '\n';
	refuses(big, LEXER_FILE_MAX + 1, "larger than 1048576 octets");
	free(big);
}

static void missing_file(void **state)
{
	struct lexer_source s;
	struct lexer_report r = { 0 };

	(void)state;
	assert_false(lexer_load(&s, "/nonexistent/x.scn", &r));
	assert_non_null(strstr(r.text, "/nonexistent/x.scn: error: No such file"));
	lexer_report_free(&r);
	assert_false(lexer_load(&s, "/", &r));
	assert_int_equal(r.errors, 1);
	lexer_report_free(&r);
}

/* A file full of mistakes is reported in bounded space and time. */
static void complaints_are_bounded(void **state)
{
	struct fixture f;
	char *text = malloc(200001);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 200000; i++)
		text[i] = i % 100 == 99 ? '\n' : i % 2 ? '`' : ' ';
	text[200000] = '\0';
	begin(&f, text);
	assert_int_equal(f.lx.token.kind, TOKEN_EOL);
	while (f.lx.token.kind != TOKEN_EOF)
		lexer_next(&f.lx);
	assert_true(f.report.errors > 90000);
	assert_true(f.report.n < LEXER_REPORT_MAX);
	end(&f);
	free(text);
}

static void nearest(void **state)
{
	static const struct {
		const char *word, *best;
	} rows[] = {
		{ "lsiten", "listen" }, { "transfr", "transfer" }, { "link", "link" },
		{ "xyz", NULL }, { "up", NULL }, { "realease", "release" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct nearest near;

		nearest_init(&near, rows[i].word, strlen(rows[i].word));
		nearest_offer(&near, "listen");
		nearest_offer(&near, "link");
		nearest_offer(&near, "release");
		nearest_offer(&near, "transfer");
		if (rows[i].best)
			assert_string_equal(near.best, rows[i].best);
		else
			assert_null(near.best);
	}
}

static void quantities(void **state)
{
	uint64_t v;
	int64_t t;

	(void)state;
#define WORD(s) (s), sizeof (s) - 1
	assert_true(quantity_time(WORD("30s"), &t) && t == 30000000);
	assert_true(quantity_time(WORD("1.5ms"), &t) && t == 1500);
	assert_true(quantity_time(WORD("2min"), &t) && t == 120000000);
	assert_true(quantity_time(WORD("0.000001s"), &t) && t == 1);
	assert_false(quantity_time(WORD("0.0000001s"), &t));
	assert_false(quantity_time(WORD("30"), &t));
	assert_false(quantity_time(WORD("s"), &t));
	assert_false(quantity_time(WORD("1.s"), &t));
	assert_false(quantity_time(WORD(".5s"), &t));
	assert_false(quantity_time(WORD("1.2.3s"), &t));
	assert_false(quantity_time(WORD("99999999999999999999s"), &t));
	assert_false(quantity_time(WORD("9999999999999h"), &t));
	assert_true(quantity_size(WORD("8KiB"), &v) && v == 8192);
	assert_true(quantity_size(WORD("0"), &v) && v == 0);
	assert_true(quantity_size(WORD("1.5MB"), &v) && v == 1500000);
	assert_false(quantity_size(WORD("8kib"), &v));
	assert_true(quantity_rate(WORD("64kbit/s"), &v) && v == 64000);
	assert_true(quantity_rate(WORD("2KiB/s"), &v) && v == 16384);
	assert_false(quantity_rate(WORD("64"), &v));
	assert_true(quantity_number(WORD("12"), &v) && v == 12);
	assert_false(quantity_number(WORD("1.5"), &v));
	assert_false(quantity_number(WORD("-1"), &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_and_places), cmocka_unit_test(colons_within_words),
		cmocka_unit_test(brackets_join_lines), cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(complaint_has_line_and_caret),
		cmocka_unit_test(open_string_and_foreign_characters), cmocka_unit_test(escapes),
		cmocka_unit_test(binary_and_endless_files), cmocka_unit_test(missing_file),
		cmocka_unit_test(complaints_are_bounded), cmocka_unit_test(nearest),
		cmocka_unit_test(quantities),
	};

	return cmocka_run_group_tests_name("scenario lexer", tests, NULL, NULL);
}
