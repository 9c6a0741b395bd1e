/* Reports of results with nasty strings in them. */
#include "report/baseline.h"
#include "report/clean.h"
#include "report/diff.h"
#include "report/html.h"
#include "report/report.h"
#include "report/xml.h"

#include <libxml/parser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const nasty[] = {
	"</script><script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "]]>", "<!--",
	"&amp;&#0;", "\x1b[31mred\x07", "caf\xe9 \xff\xfe \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80",
	"abc\xe2\x80\xaetxt.exe", "tab\tline\nend", "# TODO skip \\ \"quoted\" ${x} $(y) %s%n", "",
	"| a | **b** | `c` | [d](e)",
};
enum { NASTY = sizeof nasty / sizeof nasty[0] };

/* One case for each string, in every field. */
static struct results make(void)
{
	struct results s = { .head = { .target = nasty[0], .defects = "", .seed = "0x1",
	                               .shard = "1/1", .started = "2026-11-22T00:00:00Z" } };
	char line[8192], why[RESULT_WHY];

	for (size_t i = 0; i < NASTY; i++) {
		const char *purposes[] = { nasty[i] };
		struct result r = {
			.id = "group/case", .title = nasty[i], .source = nasty[i],
			.reason = nasty[i], .clause = nasty[i], .article = nasty[i],
			.step = nasty[i], .command = nasty[i], .seed = nasty[i],
			.purposes = purposes, .purposes_n = 1, .attempt = (unsigned)i + 1,
			.verdict = (enum verdict)(i % 5), .expected = i % 3 == 0 };
		FILE *out = fmemopen(line, sizeof line, "w");

		assert_true(result_write(out, &r));
		fclose(out);
		assert_true(results_add(&s, line, strlen(line), why));
	}
	results_merge(&s);
	return s;
}

/* The text of a report; owned. */
static char *written(bool (*report)(FILE *, const struct results *), const struct results *s)
{
	enum { ROOM = 16 << 20 };
	char *text = calloc(1, ROOM);
	FILE *out = fmemopen(text, ROOM, "w");

	assert_true(report(out, s));
	assert_int_equal(fclose(out), 0);
	return text;
}

static bool page(FILE *out, const struct results *s)
{
	const struct html_source from = { .before = s };

	return html_run(out, s, &from);
}

/* A string as a peer or a log would say it, of a mebibyte. */
static const char *huge(void)
{
	static char text[(1 << 20) + 1];

	if (!text[0])
		for (size_t i = 0; i + 8 < sizeof text; i += 8)
			memcpy(text + i, "<b>\x1b\xff&\"'", 8);
	return text;
}

static char *owned(const char *s)
{
	char *copy = strdup(s);

	assert_non_null(copy);
	return copy;
}

/* What a PDU says: names and values are a peer's. */
static struct pdu_text *pdu(void)
{
	struct pdu_text *t = calloc(1, sizeof *t);

	t->text = owned(nasty[1]);
	t->parts = calloc(NASTY + 1, sizeof *t->parts);
	for (; t->parts_n < NASTY; t->parts_n++)
		t->parts[t->parts_n] = (struct pdu_part){
			.name = owned(nasty[t->parts_n]), .value = owned(nasty[t->parts_n]),
			.at = (uint32_t)t->parts_n, .n = 1, .secret = t->parts_n == 3 };
	t->parts[t->parts_n++] = (struct pdu_part){
		.name = owned(huge()), .value = owned(huge()), .at = UINT32_MAX, .n = 1 };
	t->octets = (uint8_t *)owned("</pre><script>");
	t->octets_n = 14;
	t->length = UINT64_MAX;
	return t;
}

static struct pdu_text *hostile;

/* Every kind of mark, in a ladder that is long enough for its strip and for groups. */
static bool nasty_ladder(void *ctx, const struct result *r, struct ladder *l,
                         char why[static RESULT_WHY])
{
	(void)ctx;
	(void)r;
	(void)why;
	*l = (struct ladder){ .lanes_n = 3, .mta = 1 };
	for (size_t i = 0; i < l->lanes_n; i++)
		snprintf(l->lanes[i], sizeof l->lanes[0], "%.39s", nasty[i]);
	for (size_t i = 0; i < 900; i++) {
		struct ladder_mark *m = ladder_add(l, (int64_t)(i * 1000), i < 8 * MARK_KINDS
		                                   ? (enum mark_kind)(i % MARK_KINDS) : MARK_PDU,
		                                   "%s", i == 20 ? huge() : nasty[i % NASTY]);

		m->activity = 1;
		m->lane = m->kind == MARK_LOG ? 1 : (uint8_t)(i % 2 * 2);
		m->out = i % 3 == 0;
		m->decided = (uint8_t)(i < 60 ? i % 4 : 0);
		m->octets = i % 2 ? UINT64_MAX : 0;
		m->count = i % 7 ? 1 : UINT32_MAX;
		if (i % 50 == 0)
			ladder_put_pdu(m, hostile);
	}
	l->messages = calloc(1, sizeof *l->messages);
	l->messages_n = 1;
	l->messages[0] = (struct ladder_message){
		.number = UINT32_MAX, .to = 2, .offered = UINT32_MAX, .doubts = UINT32_MAX,
		.altered = 1, .offered_us = INT64_MIN, .octets = UINT64_MAX };
	for (size_t i = 0; i < 8; i++)
		ladder_point(&l->flows[0], (int64_t)i * 1000000, UINT64_C(1) << (8 * i), i);
	l->flows[0].rate = 1;
	l->flows_n = 1;
	return true;
}

static bool page_with_ladders(FILE *out, const struct results *s)
{
	const struct html_source from = { .before = s, .ladder = nasty_ladder };
	bool ok;

	hostile = pdu();
	ok = html_run(out, s, &from);
	pdu_text_free(hostile);
	free(hostile);
	return ok;
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		n++;
	return n;
}

/* The page ends in our own script, which is raw and no XML. */
static void cut_script(char *text)
{
	static const char end[] = "</body></html>";
	char *script = strstr(text, "<script>");

	if (!script)
		return;
	assert_int_equal(count(text, "<script"), 1);
	memcpy(script, end, sizeof end);
}

static void xml_is_well_formed(bool (*report)(FILE *, const struct results *))
{
	struct results s = make();
	char *text = written(report, &s);
	xmlDocPtr doc;

	assert_null(strstr(text, "<img"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(text, '\x1b'));
	cut_script(text);
	assert_null(strstr(text, "<script"));
	doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
	assert_non_null(doc);
	xmlFreeDoc(doc);
	free(text);
	results_free(&s);
}

static void junit_of_nasty_strings(void **state)
{
	(void)state;
	xml_is_well_formed(report_junit);
}

static void page_of_nasty_strings(void **state)
{
	(void)state;
	xml_is_well_formed(page);
}

static void ladders_of_nasty_strings(void **state)
{
	struct results s = make();
	char *text = written(page_with_ladders, &s);

	(void)state;
	assert_true(count(text, "class=\"strip\"") > 0);
	assert_true(count(text, "class=\"rungs\"") > 0);
	assert_true(count(text, "class=\"plot\"") > 0);
	assert_true(count(text, "class=\"odd\"") > 0);
	assert_true(count(text, "class=\"fields\"") > 0);
	assert_true(count(text, "data-o=\"3 1\"") > 0);
	assert_true(strlen(text) < 5u << 20);
	free(text);
	results_free(&s);
	xml_is_well_formed(page_with_ladders);
}

/* Sources for other tools: a text ends where its line or its quotes end. */
static void sources_of_nasty_strings(void **state)
{
	bool (*const write[])(FILE *, const struct ladder *) = {
		ladder_mscgen, ladder_mermaid, ladder_text };
	char why[RESULT_WHY];
	struct ladder l;

	(void)state;
	hostile = pdu();
	assert_true(nasty_ladder(NULL, NULL, &l, why));
	for (size_t i = 0; i < 3; i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);

		assert_true(write[i](out, &l));
		assert_int_equal(fclose(out), 0);
		assert_null(memchr(text, '\x1b', n));
		assert_null(strstr(text, "\xe2\x80\xae"));
		for (char *line = strtok(text, "\n"); line && i < 2; line = strtok(NULL, "\n")) {
			size_t quotes = count(line, "\"");

			if (i == 0)
				assert_true(quotes == 0 || quotes == 2 || quotes == 2 * l.lanes_n);
			else
				assert_true(strncmp(line, "  ", 2) == 0 ||
				            strcmp(line, "sequenceDiagram") == 0);
		}
		free(text);
	}
	ladder_free(&l);
	pdu_text_free(hostile);
	free(hostile);
}

static void tap_of_nasty_strings(void **state)
{
	struct results s = make();
	size_t points = 0;
	char *text = written(report_tap, &s);

	(void)state;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		points += strncmp(line, "ok ", 3) == 0 || strncmp(line, "not ok ", 7) == 0;
		assert_true(strncmp(line, "ok ", 3) == 0 || strncmp(line, "not ok ", 7) == 0 ||
		            strncmp(line, "  ", 2) == 0 || strncmp(line, "TAP", 3) == 0 ||
		            strncmp(line, "1..", 3) == 0);
	}
	assert_int_equal(points, NASTY);
	free(text);
	results_free(&s);
}

static void texts_are_cleaned(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "caf\xc3\xa9", "caf\xc3\xa9" }, { "\xff", "\xef\xbf\xbd" },
		{ "a\x01z", "a\xef\xbf\xbdz" }, { "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x80\x8f", "\xef\xbf\xbd" }, { "tab\t", "tab\t" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *out = clean_text(cases[i].in, 100);

		assert_string_equal(out, cases[i].out);
		free(out);
	}
	free(clean_text("x", 0));
}

static void long_texts_are_cut(void **state)
{
	size_t n = 1 << 20;
	char *in = malloc(n + 1), *out;

	(void)state;
	memset(in, 'x', n);
	in[n] = '\0';
	out = clean_text(in, 1000);
	assert_int_equal(strlen(out), 1003);
	free(out);
	free(in);
}

/* What is written as a baseline expects just what it was written of. */
static void baseline_of_nasty_strings(void **state)
{
	struct results s = make();
	char path[] = "/tmp/baseline-XXXXXX";
	struct lexer_report report = { 0 };
	FILE *out = fdopen(mkstemp(path), "w");
	struct baseline *b;

	(void)state;
	for (size_t i = 0; i < s.n; i++)
		s.at[i].article = "";
	s.head.target = "x";
	assert_true(baseline_write(out, &s));
	fclose(out);
	b = baseline_read(path, &report);
	assert_non_null(b);
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i].verdict >= VERDICT_INCONCLUSIVE)
			assert_true(baseline_expects(b, s.at[i].id, s.at[i].verdict,
			                             s.at[i].reason, ""));
	baseline_free(b);
	lexer_report_free(&report);
	unlink(path);
	results_free(&s);
}

/* --- differences --- */

/* Attempts as "id verdict reason": a letter, one of p i f, a sentence. */
static struct results attempts(const char *const lines[])
{
	struct results s = { 0 };
	char why[RESULT_WHY], line[512];
	unsigned attempt = 0;
	const char *last = "";

	for (; *lines; lines++) {
		const char *verdict = (*lines)[2] == 'p' ? "pass" : (*lines)[2] == 'f' ? "fail"
		                                                        : "inconclusive";

		attempt = last[0] == (*lines)[0] ? attempt + 1 : 1;
		snprintf(line, sizeof line, "{\"id\":\"%c\",\"attempt\":%u,\"verdict\":\"%s\","
		         "\"reason\":\"%s\"}", (*lines)[0], attempt, verdict, *lines + 4);
		if (!results_add(&s, line, strlen(line), why))
			fail_msg("%s: %s", line, why);
		last = *lines;
	}
	results_merge(&s);
	return s;
}

static void note_kind(void *ctx, enum diff_kind k, const struct result *was,
                      const struct result *is)
{
	char *said = ctx;

	snprintf(said + strlen(said), 256 - strlen(said), "%s%s %s", *said ? "; " : "",
	         is ? is->id : was->id, diff_name(k));
}

static void each_kind_of_difference(void **state)
{
	static const char *const before[] = {
		"a p ", "b f 3 of 4 came", "c p ", "d i who knows", "e f 3 of 4 came", "f p ",
		"f p ", "g p ", "g f 1", "h p ", "i p ", "k p ", "k f 1", NULL };
	static const char *const after[] = {
		"a f 3 of 4 came", "b p ", "d p ", "e f 2 of 4 came", "f p ", "f f 1 of 2", "g f 1",
		"g p ", "h p ", "i f other", "j p ", "k p ", "k p ", NULL };
	struct results was = attempts(before), is = attempts(after);
	char said[256] = "";
	struct diff_sum sum = diff_runs(&was, &is, note_kind, said);

	(void)state;
	assert_string_equal(said, "a new failure; b fixed; c gone; d other verdict; f flaky; "
	                          "i new failure; j added; k fixed");
	assert_int_equal(sum.n[DIFF_WORSE], 2);
	assert_int_equal(sum.n[DIFF_FLAKY], 1);
	results_free(&was);
	results_free(&is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(junit_of_nasty_strings), cmocka_unit_test(page_of_nasty_strings),
		cmocka_unit_test(tap_of_nasty_strings), cmocka_unit_test(texts_are_cleaned),
		cmocka_unit_test(long_texts_are_cut), cmocka_unit_test(baseline_of_nasty_strings),
		cmocka_unit_test(ladders_of_nasty_strings),
		cmocka_unit_test(sources_of_nasty_strings),
		cmocka_unit_test(each_kind_of_difference),
	};

	char why[200];

	if (!xml_load(why, sizeof why)) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
