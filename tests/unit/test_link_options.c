/* link options, points of the protocol, and what hides a stall */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "link/link_options.h"
#include "tap/tap.h"

#include <stdio.h>
#include <string.h>

static struct link_options *options(const char *const *words)
{
	static struct link_options o;
	struct link_option_error e;

	link_options_init(&o);
	for (; *words; words++)
		if (!link_option(&o, *words, &e))
			fail_msg("%s: %s", *words, e.why);
	if (!link_options_check(&o, &e))
		fail_msg("%s", e.why);
	return &o;
}

#define OPTIONS(...) options((const char *const[]){ __VA_ARGS__, NULL })

static void lines(void **state)
{
	const struct link_options *o = OPTIONS("rate=64kbit/s", "in.delay=1.5s", "out.delay=250us",
		"jitter=20ms:normal", "loss=1%", "in.burst-loss=0.01:25%:50%", "rto=1s",
		                               "burst=1500",
		"corrupt=0.000001", "out.missing=100%", "segment=mtu", "in.segment=1", "seed=77");

	(void)state;
	assert_int_equal(o->config.in.rate, 64000);
	assert_int_equal(o->config.out.rate, 64000);
	assert_int_equal(o->config.in.delay_us, 1500000);
	assert_int_equal(o->config.out.delay_us, 250);
	assert_int_equal(o->config.in.jitter_us, 20000);
	assert_int_equal(o->config.out.distribution, LINK_NORMAL);
	assert_int_equal(o->config.out.loss.good, LINK_ALWAYS / 100);
	assert_int_equal(o->config.out.loss.enter, 0);
	assert_int_equal(o->config.in.loss.enter, LINK_ALWAYS / 100);
	assert_int_equal(o->config.in.loss.leave, LINK_ALWAYS / 4);
	assert_int_equal(o->config.in.loss.bad, LINK_ALWAYS / 2);
	assert_int_equal(o->config.in.corrupt, 1000);
	assert_int_equal(o->config.in.missing, 0);
	assert_int_equal(o->config.out.missing, LINK_ALWAYS);
	assert_int_equal(o->config.out.segment, 1460);
	assert_int_equal(o->config.in.segment, 1);
	assert_int_equal(o->config.seed, 77);
	assert_null(o->config.plan);
}

static void faults(void **state)
{
	const struct link_options *o = OPTIONS("cut=rst@1000", "in.cut=fin@tpkt:3",
		"cut=silence@after:minor-sync:3", "cut=half-close@before:fn", "side=initiator");

	(void)state;
	assert_int_equal(o->config.cut_out.place, LINK_AT_OCTET);
	assert_int_equal(o->config.cut_out.n, 1000);
	assert_int_equal(o->config.cut_out.how, LINK_CUT_RST);
	assert_int_equal(o->config.cut_in.place, LINK_AT_FRAME);
	assert_int_equal(o->config.cut_in.n, 3);
	assert_int_equal(o->points_n, 2);
	assert_string_equal(o->points[0].text, "after:minor-sync:3");
	assert_int_equal(o->points[0].at, 12);
	assert_int_equal(o->points[1].what.value, LINK_CUT_HALF_CLOSE);
	assert_int_equal(o->side, LINK_SIDE_INITIATOR);
	o = OPTIONS("at=after:dt:3:of:2:stall:5s", "in.at=ac:rate=300bit/s", "at=before:ae:fin");
	assert_int_equal(o->plan.n, 0);
	assert_int_equal(o->points_n, 3);
	assert_string_equal(o->points[0].text, "after:dt:3:of:2");
	assert_int_equal(o->points[0].at, 3);
	assert_int_equal(o->points[0].what.kind, LINK_CHANGE_STALL);
	assert_int_equal(o->points[0].what.value, 1);
	assert_int_equal(o->points[0].what.at_us, 5000000);
	assert_int_equal(o->points[0].what.direction, LINK_BOTH);
	assert_string_equal(o->points[1].text, "ac");
	assert_int_equal(o->points[1].what.kind, LINK_CHANGE_RATE);
	assert_int_equal(o->points[1].what.value, 300);
	assert_int_equal(o->points[1].what.direction, LINK_IN);
	assert_int_equal(o->points[2].what.kind, LINK_CHANGE_CUT);
	assert_int_equal(o->points[2].what.value, LINK_CUT_FIN);
	o = OPTIONS("cut=rst@in-tpkt:2:7");
	assert_int_equal(o->config.cut_out.place, LINK_IN_FRAME);
	assert_int_equal(o->config.cut_out.octet, 7);
}

static void changes(void **state)
{
	const struct link_options *o = OPTIONS("at=20s:up", "at=10s:down",
	                                       "in.at=10s:rate=300bit/s",
		"at=1m:rst", "out.at=500ms:stall", "every=2m");

	(void)state;
	assert_ptr_equal(o->config.plan, &o->plan);
	assert_int_equal(o->plan.n, 5);
	assert_int_equal(o->plan.at[0].kind, LINK_CHANGE_STALL);
	assert_int_equal(o->plan.at[0].direction, LINK_OUT);
	assert_int_equal(o->plan.at[1].kind, LINK_CHANGE_DOWN);
	assert_int_equal(o->plan.at[2].value, 300);
	assert_int_equal(o->plan.at[2].direction, LINK_IN);
	assert_int_equal(o->plan.at[3].value, 0);
	assert_int_equal(o->plan.at[4].value, LINK_CUT_RST);
	assert_int_equal(o->plan.every_us, 120 * SECOND_US);
}

static void tls(void **state)
{
	const struct link_options *o = OPTIONS("tls=responder", "tls-ca=ca.pem",
	                                       "tls-name=mta.example",
		"tls-min=1.3", "tls-cert=c.pem");

	(void)state;
	assert_true(o->tls_responder && !o->tls_initiator);
	assert_true(o->server.server && !o->client.server);
	assert_string_equal(o->client.ca, "ca.pem");
	assert_string_equal(o->server.ca, "");
	assert_string_equal(o->client.name, "mta.example");
	assert_string_equal(o->server.certificate, "c.pem");
	assert_string_equal(o->client.certificate, "c.pem");
	assert_int_equal(o->client.least, TLS_1_3);
}

static void wrong_words(void **state)
{
	static const struct {
		const char *word;
		size_t at;
		const char *why;
	} rows[] = {
		{ "rate=", 5, "number" }, { "rate=64", 7, "bit/s" }, { "rate=0.5bit/s", 5, "rate" },
		{ "rate=-1bit/s", 5, "number" }, { "rate=64kbit/sx", 13, "nothing more" },
		{ "rate=inf", 5, "number" }, { "delay=25h", 6, "24h" }, { "delay=3", 7, "us, ms" },
		{ "jitter=3ms:pareto", 11, "uniform" }, { "loss=1.5", 5, "probability" },
		{ "burst-loss=1%", 13, "ENTER:LEAVE:LOSS" }, { "burst-loss=1%:0%:1%", 19, "LEAVE" },
		{ "segment=x", 8, "whole number" }, { "segment=99999999999", 8, "at most" },
		{ "cut=rst", 7, "@" }, { "cut=rest@3", 4, "fin, rst" },
		{ "cut=rst@tpkt:0", 14, "from 1" },
		{ "cut=rst@tpkt:x", 13, "whole number" }, { "cut=rst@in-tpkt:1:0", 19, "octet" },
		{ "at=3s", 5, "change" }, { "at=3s:explode", 6, "stall" },
		{ "at=after:dt:3", 3, "time, or a point" }, { "at=after:dt:3:explode", 3, "stall" },
		{ "at=after:dt:stall:x", 18, "number" }, { "at=dt:go:5s", 9, "ends by itself" },
		{ "at=dt:stall:25h", 12, "24h" }, { "at=dt:stall:5s:6s", 14, "nothing more" },
		{ "side=left", 5, "both" },
		{ "seed=-1", 5, "whole number" }, { "speed=1", 0, "no such option" },
		{ "tls=yes", 4, "both" }, { "tls-min=1.1", 8, "1.2" }, { "tls-ca=", 7, "value" },
		{ "in.every=3s", 3, "no such option" }, { "", 0, "no such option" },
		{ "seed=99999999999999999999", 5, "at most" },
	};
	struct link_option_error e;
	struct link_options *o = OPTIONS("rate=1bit/s"), before = *o;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (link_option(o, rows[i].word, &e))
			fail_msg("%s was taken", rows[i].word);
		if (e.at != rows[i].at || !strstr(e.why, rows[i].why))
			fail_msg("%s: @%zu %s", rows[i].word, e.at, e.why);
		assert_memory_equal(o, &before, sizeof before);
	}
	o->plan.every_us = SECOND_US;
	assert_false(link_options_check(o, &e));
	assert_true(link_option(o, "at=2s:down", &e));
	assert_false(link_options_check(o, &e));
}

static void tls_words_alone(void **state)
{
	static const char *const rows[] = {
		"tls-cert=a", "tls-key=a", "tls-ca=a", "tls-client-ca=a", "tls-pin=a", "tls-name=a",
		"tls-keylog=a", "tls-check=no", "tls-min=1.3", "tls-max=1.2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct link_options *o = OPTIONS("seed=1");
		struct link_option_error e;

		assert_true(link_option(o, rows[i], &e));
		if (link_options_check(o, &e) || strncmp(e.why, rows[i], strcspn(rows[i], "=") + 1))
			fail_msg("%s: %s", rows[i], e.why);
		assert_true(link_option(o, "tls=both", &e));
		assert_true(link_options_check(o, &e));
	}
}

static void points(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "cr", "after cr 1" }, { "after:minor-sync:3", "after minor-sync 3" },
		{ "before:AEA", "before activity-end-ack 1" },
		{ "MIP:2:of:5", "after minor-sync 2 of activity 5" },
		{ "fn:of:2", "after fn 1 of connection 2" },
		{ "before:dt:4294967295", "before dt 4294967295" },
	};
	static const struct {
		const char *text;
		size_t at;
		const char *nearest;
	} wrong[] = {
		{ "", 0, NULL }, { "before:", 7, NULL }, { "minor-sink", 0, "minor-sync" },
		{ "after:activity-endx", 6, "activity-end" }, { "cr:0", 3, NULL },
		{ "cr:x", 3, NULL },
		{ "dt:4294967296", 3, NULL }, { "dt:1:of", 7, NULL }, { "dt:1:of:", 8, NULL },
		{ "dt:1:2", 5, NULL }, { "dt:1:of:1:1", 10, NULL },
	};
	struct tap_point p;
	struct tap_error e;
	char buf[100];
	struct text t;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(tap_point_parse(rows[i].text, &p, &e));
		text_init(&t, buf, sizeof buf);
		tap_point_text(&t, &p);
		assert_string_equal(buf, rows[i].said);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		if (tap_point_parse(wrong[i].text, &p, &e))
			fail_msg("%s was taken", wrong[i].text);
		if (e.at != wrong[i].at)
			fail_msg("%s: @%zu %s", wrong[i].text, e.at, e.why);
		if (wrong[i].nearest)
			assert_string_equal(e.nearest, wrong[i].nearest);
	}
}

static void windows(void **state)
{
	char why[256];

	(void)state;
	assert_true(link_window_hides(30, 5, 2300000, why, sizeof why));
	assert_non_null(strstr(why, "184320 octets"));
	assert_false(link_window_hides(30, 5, 100000, why, sizeof why));
	assert_false(link_window_hides(0, 5, 2300000, why, sizeof why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(faults),
		cmocka_unit_test(changes),
		cmocka_unit_test(tls),
		cmocka_unit_test(wrong_words),
		cmocka_unit_test(tls_words_alone),
		cmocka_unit_test(points),
		cmocka_unit_test(windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
