/*
 * Captures as scenarios: what is read, what is written again, what is said of what
 * cannot be.
 */
#include "replay/replay.h"
#include "scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct target *lab(void)
{
	struct target *t = calloc(1, sizeof *t);
	struct lexer_report r = { 0 };
	struct lexer_source s;

	assert_true(lexer_load(&s, "rig/targets/lab.target", &r));
	assert_true(target_read(t, &s, &r));
	lexer_source_free(&s);
	lexer_report_free(&r);
	return t;
}

static void read_capture(struct replay_capture *c, const char *path, enum replay_cut cut)
{
	char why[256];

	assert_true(replay_read(c, path, cut, why, sizeof why));
}

static struct replay_composed compose(const struct replay_capture *c, struct target *t,
                                      enum capture_direction ours)
{
	const struct replay_part part = { &c->talks[0], ours == FROM_INITIATOR ? "up" : "down", ours };
	const struct replay_options o = {
		.target = t, .id = "replay/x", .folder = "x.d", .scale = 1, .patience_us = SECOND_US,
	};
	struct replay_composed out;

	if (!replay_compose(c, &part, 1, &o, &out))
		assert_string_not_equal(out.why, "");
	return out;
}

/* Moves of both sides, in the order of the capture, with what they hold. */
static void test_moves(void **state)
{
	struct replay_capture c;
	const struct replay_talk *t;
	size_t tsdus = 0, ends = 0;

	(void)state;
	read_capture(&c, "captures/transfer-1988.pcap", REPLAY_BY_PDU);
	assert_int_equal(c.talks_n, 1);
	t = &c.talks[0];
	assert_int_equal(t->moves[0].kind, REPLAY_TPDU);
	assert_int_equal(t->moves[0].frame, 4);
	assert_int_equal(t->pdus[t->moves[0].pdus].code, COTP_CR);
	for (size_t i = 0; i < t->moves_n; i++) {
		tsdus += t->moves[i].kind == REPLAY_TSDU;
		ends += t->moves[i].kind == REPLAY_FIN;
	}
	assert_int_equal(tsdus, 8);	/* CN AC AS DT AE AEA FN DN */
	assert_int_equal(ends, 2);
	replay_free(&c);
}

/* Verbatim moves joined are the two streams, whatever they are cut by. */
static void test_verbatim(void **state)
{
	uint64_t sum[2][DIRECTIONS] = { { 0 } };

	(void)state;
	for (int how = 0; how < 2; how++) {
		struct replay_capture c;

		read_capture(&c, "captures/checkpoints.pcapng",
		             how ? REPLAY_BY_SEGMENT : REPLAY_BY_TPKT);
		for (size_t i = 0; i < c.talks[0].moves_n; i++) {
			const struct replay_move *m = &c.talks[0].moves[i];

			if (m->kind != REPLAY_OCTETS)
				continue;
			assert_int_equal(m->from, sum[how][m->direction]);
			sum[how][m->direction] += m->n;
			assert_int_equal(m->to, sum[how][m->direction]);
		}
		replay_free(&c);
	}
	assert_int_equal(sum[0][0], sum[1][0]);
	assert_int_equal(sum[0][1], sum[1][1]);
	assert_true(sum[0][0] > 3000);
}

/* Names and passwords of a capture are in no scenario, in no mode and in no form of
 * length; the references are live. */
static void test_secrets(void **state)
{
	static const char *const paths[] = {
		"captures/transfer-1988.pcap", "captures/transfer-1984.pcap",
		"captures/bind-refused.pcap", "captures/ping-success.pcap",
		"captures/checkpoints.pcapng",
	};
	static const char *const secrets[] = { "NORTH", "SOUTH", "larch", "lancelot", "EAST" };
	struct target *t = lab();

	(void)state;
	for (size_t i = 0; i < 2 * sizeof paths / sizeof paths[0]; i++) {
		struct replay_capture c;
		struct replay_composed out;

		read_capture(&c, paths[i / 2], REPLAY_BY_PDU);
		out = compose(&c, t, i % 2 ? FROM_RESPONDER : FROM_INITIATOR);
		assert_string_equal(out.why, "");
		for (size_t k = 0; k < sizeof secrets / sizeof secrets[0]; k++) {
			char word[24];

			snprintf(word, sizeof word, "\"%s\"", secrets[k]);
			assert_null(strstr(out.text, word));
		}
		assert_true(out.changes[REPLAY_REFERENCES] > 0);
		replay_composed_free(&out);
		replay_free(&c);
	}
	free(t);
}

static void test_live(void **state)
{
	struct target *t = lab();
	struct replay_capture c;
	struct replay_composed out;

	(void)state;
	read_capture(&c, "captures/transfer-1988.pcap", REPLAY_BY_PDU);
	out = compose(&c, t, FROM_INITIATOR);
	assert_non_null(strstr(out.text, "name=$our-name"));
	assert_non_null(strstr(out.text, "octets-password=$our-password"));
	assert_non_null(strstr(out.text, "cotp DR dst=$peer-ref"));
	/* As captured: an indefinite length, another context identifier. */
	assert_non_null(strstr(out.text, "ber 0x61 indefinite"));
	assert_non_null(strstr(out.text, "user-context=7"));
	replay_composed_free(&out);
	out = compose(&c, t, FROM_RESPONDER);
	assert_non_null(strstr(out.text, "results=$results"));
	assert_non_null(strstr(out.text, "AEA serial=$ae1.serial"));
	assert_non_null(strstr(out.text, "common-ref=$cn.common-ref"));
	replay_composed_free(&out);
	replay_free(&c);
	free(t);
}

/* A copy of a capture without some of its frames. */
static void without(const char *from, const char *to, uint32_t first, uint32_t last)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	uint8_t head[24], record[16], octets[4096];

	assert_true(in && out);
	assert_int_equal(fread(head, 1, sizeof head, in), sizeof head);
	fwrite(head, 1, sizeof head, out);
	for (uint32_t frame = 1; fread(record, 1, sizeof record, in) == sizeof record; frame++) {
		size_t n = (size_t)record[8] | (size_t)record[9] << 8;

		assert_int_equal(fread(octets, 1, n, in), n);
		if (frame >= first && frame <= last)
			continue;
		fwrite(record, 1, sizeof record, out);
		fwrite(octets, 1, n, out);
	}
	fclose(in);
	fclose(out);
}

/* Lost frames: the side that lost them cannot be played and says where; the other can. */
static void test_gaps(void **state)
{
	char path[] = "/tmp/test-replay-XXXXXX";
	struct target *t = lab();
	struct replay_capture c;
	struct replay_composed out;

	(void)state;
	assert_true(mkstemp(path) >= 0);
	without("captures/transfer-1988.pcap", path, 10, 10);
	read_capture(&c, path, REPLAY_BY_PDU);
	out = compose(&c, t, FROM_INITIATOR);
	assert_non_null(strstr(out.why, "missing between frames"));
	replay_composed_free(&out);
	out = compose(&c, t, FROM_RESPONDER);
	assert_string_equal(out.why, "");
	assert_non_null(strstr(c.talks[0].note, "missing between frames"));
	replay_composed_free(&out);
	replay_free(&c);
	/* Without its beginning nothing is known of what was agreed. */
	without("captures/transfer-1988.pcap", path, 1, 6);
	read_capture(&c, path, REPLAY_BY_PDU);
	if (c.talks_n) {
		out = compose(&c, t, FROM_INITIATOR);
		assert_string_not_equal(out.why, "");
		replay_composed_free(&out);
	}
	replay_free(&c);
	remove(path);
	free(t);
}

/* A capture equals itself; its first and last answers are told apart from none. */
static void test_compare(void **state)
{
	struct replay_sum sum = { { 0 } };
	struct replay_capture c, d;

	(void)state;
	read_capture(&c, "captures/transfer-1988.pcap", REPLAY_BY_PDU);
	assert_true(replay_compare(&c, &c.talks[0], &c, &c.talks[0], FROM_RESPONDER, false, NULL,
	                           &sum));
	assert_int_equal(sum.n[REPLAY_EQUAL], 4);	/* CC AC AEA DN */
	assert_int_equal(sum.n[REPLAY_DIFFERS] + sum.n[REPLAY_MISSING] + sum.n[REPLAY_EXTRA], 0);
	read_capture(&d, "captures/bind-refused.pcap", REPLAY_BY_PDU);
	sum = (struct replay_sum){ { 0 } };
	replay_compare(&c, &c.talks[0], &d, &d.talks[0], FROM_RESPONDER, false, NULL, &sum);
	assert_int_equal(sum.n[REPLAY_MISSING], 3);	/* AC AEA DN */
	assert_int_equal(sum.n[REPLAY_EXTRA], 1);	/* RF */
	replay_free(&c);
	replay_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves), cmocka_unit_test(test_verbatim),
		cmocka_unit_test(test_secrets), cmocka_unit_test(test_live),
		cmocka_unit_test(test_gaps), cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
