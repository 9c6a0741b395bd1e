/* judge/timeline: wire, TCP, link, ledger and log in one order, as text and as JSON. */
#include "judge/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
/* Wall time at which the run's clock was 0. */
#define ZERO (INT64_C(1795295100) * SECOND)

enum { EVENTS = 7 };

static void what(void *ctx, const struct event *e, char *buf, size_t cap)
{
	(void)ctx;
	snprintf(buf, cap, "%u", e->value);
}

static void end(void *ctx, const struct event *e, char *buf, size_t cap)
{
	(void)ctx;
	snprintf(buf, cap, "%s", e->kind == EVENT_TCP ? "up.1" : "");
}

/* A record of event `value`, read at a time of the run's clock, written in a second of it. */
static struct event record(int64_t read_us, int64_t second, uint32_t value, uint64_t line)
{
	return (struct event){ .at_us = read_us, .kind = EVENT_LOG, .value = value, .offset = line,
	                       .association = second < 0 ? 0
	                                    : (uint32_t)(ZERO / SECOND + second) };
}

/* The file of them. */
static void print(const struct event *at, size_t n, int64_t clock_us, bool json, char *out,
                  size_t cap)
{
	const struct timeline_names names = { what, end, NULL };
	struct timeline *t = timeline_new();
	struct timeline_print p = { .t = t, .names = &names };
	FILE *f = fmemopen(out, cap, "w");

	assert_non_null(t);
	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		assert_true(timeline_add(t, &at[i], at[i].kind == EVENT_LOG ? "said" : NULL));
	timeline_order(t, ZERO, clock_us);
	*(json ? &p.json : &p.text) = f;
	timeline_begin(&p);
	for (size_t i = 0; i < n; i++)
		timeline_put(&p, &at[i]);
	timeline_end(&p);
	fclose(f);
	timeline_free(t);
}

/* Their values, as they stand in it. */
static void order_of(const struct event *at, size_t n, int64_t clock_us, char *order, size_t cap)
{
	char out[4096], *save, *word;

	print(at, n, clock_us, true, out, sizeof out);
	order[0] = '\0';
	for (word = strtok_r(out, "\n", &save); word; word = strtok_r(NULL, "\n", &save)) {
		const char *value = strstr(word, "\"what\":\"") + strlen("\"what\":\"");
		size_t have = strlen(order);

		snprintf(order + have, cap - have, "%.*s ", (int)strcspn(value, "\""), value);
	}
}

static const struct event everything[EVENTS] = {
	{ .at_us = 0, .kind = EVENT_SCENARIO, .value = 1 },
	{ .at_us = 2500000, .kind = EVENT_TCP, .code = TCP_CONNECTED, .value = 2 },
	{ .at_us = 2600000, .kind = EVENT_PDU_OUT, .value = 3 },
	{ .at_us = 2700000, .kind = EVENT_LINK, .value = 4 },
	{ .at_us = 2800000, .kind = EVENT_PDU_IN, .value = 5 },
	{ .at_us = 2900000, .kind = EVENT_LEDGER, .value = 6 },
	{ .at_us = 9000000, .kind = EVENT_SCENARIO, .value = 7 },
};

static void records_stand_where_they_were_written(void **state)
{
	struct event at[EVENTS + 3];
	char order[256];

	(void)state;
	memcpy(at, everything, sizeof everything);
	at[EVENTS] = record(9000001, 2, 100, 1);	/* read long after: its second begins */
	at[EVENTS + 1] = record(9000002, 4, 101, 2);
	at[EVENTS + 2] = record(9000003, -1, 102, 3);	/* no time: where it was read */
	order_of(at, EVENTS + 3, 0, order, sizeof order);
	assert_string_equal(order, "1 100 2 3 4 5 6 101 7 102 ");
	/* Its clock was two seconds slow. */
	order_of(at, EVENTS + 3, 2 * SECOND, order, sizeof order);
	assert_string_equal(order, "1 2 3 4 5 6 100 101 7 102 ");
}

static void a_record_read_in_its_second_stands_there(void **state)
{
	struct event at[EVENTS + 1];
	char order[256];

	(void)state;
	memcpy(at, everything, 4 * sizeof at[0]);
	at[4] = record(2750000, 2, 100, 1);
	memcpy(at + 5, everything + 4, 3 * sizeof at[0]);
	order_of(at, EVENTS + 1, 0, order, sizeof order);
	assert_string_equal(order, "1 2 3 4 100 5 6 7 ");
}

static void a_record_of_several_rows_is_one_line(void **state)
{
	const struct event at[] = { record(1, 0, 100, 7), record(1, 0, 100, 7),
	                            record(1, 0, 100, 8) };
	char order[256];

	(void)state;
	order_of(at, 3, 0, order, sizeof order);
	assert_string_equal(order, "100 100 ");
}

static void text_and_json_say_the_same(void **state)
{
	static const char *const kinds[EVENTS + 1][2] = {
		{ "--   1", "scenario" }, { "==   2", "tcp" }, { "->   3", "pdu_out" },
		{ "~~   4", "link" }, { "<-   5", "pdu_in" }, { "**   6", "ledger" },
		{ "log  100  said", "log" }, { "--   7", "scenario" },
	};
	struct event at[EVENTS + 1];
	char text[4096], json[4096], *t = text, *j = json;

	(void)state;
	memcpy(at, everything, 6 * sizeof at[0]);
	at[6] = record(3100000, 3, 100, 1);
	at[7] = everything[6];
	print(at, EVENTS + 1, 0, false, text, sizeof text);
	print(at, EVENTS + 1, 0, true, json, sizeof json);
	for (size_t i = 0; i < EVENTS + 1; i++) {
		char kind[40];

		snprintf(kind, sizeof kind, "\"kind\":\"%s\"", kinds[i][1]);
		t[strcspn(t, "\n")] = j[strcspn(j, "\n")] = '\0';
		assert_non_null(strstr(t, kinds[i][0]));
		assert_non_null(strstr(j, kind));
		assert_int_equal(strstr(t, "up.1") != NULL, at[i].kind == EVENT_TCP);
		assert_int_equal((int64_t)(strtod(t, NULL) * 1e6 + 0.5), at[i].at_us);
		t += strlen(t) + 1;
		j += strlen(j) + 1;
	}
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(records_stand_where_they_were_written),
		cmocka_unit_test(a_record_read_in_its_second_stands_there),
		cmocka_unit_test(a_record_of_several_rows_is_one_line),
		cmocka_unit_test(text_and_json_say_the_same),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
