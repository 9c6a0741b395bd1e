/*
 * Events as lines and back: nothing is lost, nothing else is taken for one.
 */
#include "judge/judge.h"
#include "scenario/journal.h"
#include "scenario/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct event random_event(struct random *r)
{
	struct event e = { .cell = CELL_NONE };
	uint64_t v = random_next(r);

	e.at_us = (int64_t)(random_next(r) >> 1);
	e.kind = (uint8_t)(v % (EVENT_LEDGER + 1));
	e.layer = (uint8_t)(v / 16 % LAYERS);
	e.code = (uint8_t)random_next(r);
	e.type = (uint8_t)(v / 4096 % 4);
	e.association = (uint32_t)random_next(r);
	e.value = (uint32_t)random_next(r);
	e.offset = random_next(r);
	e.length = random_next(r);
	e.cell = v & 1 << 20 ? CELL_NONE : (uint16_t)(random_next(r) % CELL_NONE);
	e.rule = (uint16_t)random_next(r);
	e.from = (uint8_t)random_next(r);
	e.to = (uint8_t)random_next(r);
	e.flags = (uint8_t)random_next(r);
	return e;
}

static void assert_same(const struct event *a, const struct event *b)
{
	assert_true(a->at_us == b->at_us && a->offset == b->offset && a->length == b->length);
	assert_int_equal(a->association, b->association);
	assert_int_equal(a->value, b->value);
	assert_int_equal(a->cell, b->cell);
	assert_int_equal(a->rule, b->rule);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->layer, b->layer);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->to, b->to);
	assert_int_equal(a->flags, b->flags);
}

static void there_and_back(void **state)
{
	struct random r = random_for(1, "journal", "events");

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char line[JOURNAL_LINE_MAX];
		struct event e = random_event(&r), got;
		size_t n = journal_line(&e, line);

		assert_int_equal(n, strlen(line));
		assert_true(n < JOURNAL_LINE_MAX - 1);
		if (!journal_parse(line, n, &got))
			fail_msg("not read: %s", line);
		assert_same(&e, &got);
	}
}

/* The form is a contract with those who read run folders. */
static void the_form(void **state)
{
	const struct event e = {
		.at_us = 1204331, .association = 100001, .value = 2, .cell = CELL_NONE,
		.kind = EVENT_LEDGER, .code = LEDGER_DELIVERED, .length = 8192 };
	char line[JOURNAL_LINE_MAX];

	(void)state;
	journal_line(&e, line);
	assert_string_equal(line, "{\"at\":1204331,\"kind\":\"ledger\",\"code\":3,\"assoc\":100001,"
	                    "\"value\":2,\"length\":8192,\"name\":\"delivered\"}");
}

static void unknown_fields_are_passed_over(void **state)
{
	static const char line[] = "{\"new\":\"x\",\"kind\":\"tcp\",\"more\":7,\"at\":5}";
	struct event e;

	(void)state;
	assert_true(journal_parse(line, sizeof line - 1, &e));
	assert_int_equal(e.kind, EVENT_TCP);
	assert_int_equal(e.at_us, 5);
}

static void others_are_refused(void **state)
{
	static const char *const lines[] = {
		"", "{", "{}", "[]", "{\"at\":5}", "{\"kind\":\"nothing\"}", "{\"kind\":6}",
		"{\"kind\":\"tcp\",\"at\":\"5\"}", "{\"kind\":\"tcp\",\"at\":-5}",
		"{\"kind\":\"tcp\",\"code\":256}", "{\"kind\":\"tcp\",\"value\":4294967296}",
		"{\"kind\":\"tcp\",\"offset\":18446744073709551616}", "{\"kind\":\"tcp\"} ",
		"{\"kind\":\"tcp\",}", "{\"kind\":\"tcp\",\"cell\":0}",
		    "{\"kind\":\"tcp\",\"cell\":65536}",
		"{\"kind\":\"tcp\",\"layer\":\"none such\"}", "{\"ki\\u006ed\":\"tcp\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct event e;

		if (journal_parse(lines[i], strlen(lines[i]), &e))
			fail_msg("read: %s", lines[i]);
	}
}

/* Every prefix, in a block of exactly that size. */
static void cut_lines(void **state)
{
	struct random r = random_for(2, "journal", "cut");
	struct event e = random_event(&r), got;
	char line[JOURNAL_LINE_MAX];
	size_t n = journal_line(&e, line);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char *copy = malloc(i ? i : 1);

		assert_non_null(copy);
		memcpy(copy, line, i);
		assert_false(journal_parse(copy, i, &got));
		free(copy);
	}
}

static void count(void *ctx, const struct event *e)
{
	unsigned *n = ctx;

	assert_int_equal(e->value, *n);
	++*n;
}

static void a_file(void **state)
{
	char folder[] = "/tmp/journal-XXXXXX", path[64], why[200] = "";
	struct journal j;
	unsigned n = 0;
	FILE *fp;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a/b.jsonl", folder);
	assert_true(journal_open(&j, path, "a/b"));
	for (uint32_t i = 0; i < 1000; i++)
		journal_put(&j, &(struct event){ .value = i, .cell = CELL_NONE,
		    .kind = EVENT_TCP });
	assert_int_equal(j.events, 1000);
	assert_true(journal_close(&j));
	assert_true(journal_read(path, count, &n, why, sizeof why));
	assert_int_equal(n, 1000);

	fp = fopen(path, "a");
	assert_non_null(fp);
	fputs("{\"kind\":\"tcp\",\"at\":12", fp);
	fclose(fp);
	n = 0;
	assert_false(journal_read(path, count, &n, why, sizeof why));
	assert_int_equal(n, 1000);
	assert_non_null(strstr(why, "b.jsonl:1002: not a line of x400rig events"));

	fp = fopen(path, "w");
	assert_non_null(fp);
	fputs("{\"schema\":\"x400rig-events\",\"version\":99,\"case\":\"a/b\"}\n", fp);
	fclose(fp);
	assert_false(journal_read(path, count, &n, why, sizeof why));
	assert_false(journal_read("/nonexistent", count, &n, why, sizeof why));
	unlink(path);
	path[strlen(path) - strlen("/b.jsonl")] = '\0';
	rmdir(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(the_form),
		cmocka_unit_test(unknown_fields_are_passed_over),
		cmocka_unit_test(others_are_refused), cmocka_unit_test(cut_lines),
		cmocka_unit_test(a_file),
	};

	return cmocka_run_group_tests_name("scenario journal", tests, NULL, NULL);
}
