/*
 * Captures as scenarios: what is read, what is written again, what is said of what
 * cannot be.
 */
#include "replay/replay_lift.h"
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
	const struct replay_part part = { &c->talks[0], ours == FROM_INITIATOR ? "up" : "down",
	                                  ours, 0 };
	const struct replay_options o = {
		.target = t, .id = "replay/x", .folder = "x.d", .scale = 1,
		.patience_us = SECOND_US,
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
			size_t n = 0;

			snprintf(word, sizeof word, "\"%s\"", secrets[k]);
			assert_null(strstr(out.text, word));
			for (const char *p = secrets[k]; *p; p++)
				n += (size_t)snprintf(word + n, sizeof word - n, "%02x", *p);
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
	assert_non_null(strstr(out.text, "0x61 indefinite"));
	assert_non_null(strstr(out.text, "user-context=7"));
	/* Its pieces and numbers are those of the day. */
	assert_non_null(strstr(out.text, "transfer octets file:x.d/"));
	assert_non_null(strstr(out.text, "(rtse RTTR user=$piece)"));
	assert_non_null(strstr(out.text, "AE serial=$next-serial"));
	replay_composed_free(&out);
	out = compose(&c, t, FROM_RESPONDER);
	assert_non_null(strstr(out.text, "results=$results"));
	assert_non_null(strstr(out.text, "checkpoint=$checkpoint-1 window=$window-3"));
	assert_non_null(strstr(out.text, "acknowledge\n"));
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
	/* Without its beginning nothing is known of what was agreed: from CC, CN, AC, AS on. */
	for (uint32_t last = 4; last <= 7; last++) {
		without("captures/transfer-1988.pcap", path, 1, last);
		read_capture(&c, path, REPLAY_BY_PDU);
		assert_int_equal(c.talks_n, 1);
		for (int ours = 0; ours < DIRECTIONS; ours++) {
			out = compose(&c, t, (enum capture_direction)ours);
			assert_non_null(strstr(out.why, "frame 1: the conversation "));
			replay_composed_free(&out);
		}
		replay_free(&c);
	}
	/* Without TCP's own beginning all is there. */
	without("captures/transfer-1988.pcap", path, 1, 3);
	read_capture(&c, path, REPLAY_BY_PDU);
	out = compose(&c, t, FROM_INITIATOR);
	assert_string_equal(out.why, "");
	replay_composed_free(&out);
	replay_free(&c);
	remove(path);
	free(t);
}

/* ---- envelopes ---- */

static const char *const rules[] = { "P=EAST -> P=WEST", "P=SOUTH -> C=XX;A=TEST;P=DOWN" };

static void test_envelope(void **state)
{
	struct target *t = lab();
	struct replay_capture c;
	struct replay_composed out;
	struct replay_part part;
	const struct replay_options o = {
		.target = t, .id = "replay/x", .folder = "x.d", .scale = 1,
		.patience_us = SECOND_US,
		.identifiers = REPLAY_FRESH, .move_times = true, .rewrites = rules, .rewrites_n = 2,
	};

	(void)state;
	read_capture(&c, "captures/transfer-1988.pcap", REPLAY_BY_PDU);
	part = (struct replay_part){ &c.talks[0], "up", FROM_INITIATOR, 0 };
	assert_true(replay_compose(&c, &part, 1, &o, &out));
	assert_non_null(strstr(out.text, "octets $fresh-18-1 with"));
	assert_non_null(strstr(out.text, "octets $ago-1s with"));
	assert_int_equal(out.changes[REPLAY_IDENTIFIERS], 1);
	assert_int_equal(out.changes[REPLAY_TIMES], 3);
	assert_int_equal(out.changes[REPLAY_RECIPIENTS], 1);
	replay_composed_free(&out);
	replay_free(&c);
	free(t);
}

/* Any part of an MTS-APDU, and any octet of it changed: in a block of exactly its size. */
static void test_parts_of_envelope(void **state)
{
	static const uint8_t apdu[] = {
		0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa0, 0x80, 0x31, 0x4a, 0x64, 0x16, 0x63,
		0x10,
		0x61, 0x04, 0x13, 0x02, 'Z', 'Z', 0x62, 0x03, 0x13, 0x01, ' ', 0x13, 0x03, 'A', 'B',
		'C',
		0x16, 0x02, 'i', 'd', 0x80, 0x0d, '2', '6', '0', '3', '0', '5', '0', '7', '1', '4',
		'5',
		'9', 'Z', 0xa2, 0x21, 0x31, 0x1f, 0x60, 0x1a, 0x30, 0x18, 0x61, 0x04, 0x13, 0x02,
		'Z',
		'Z', 0x62, 0x03, 0x13, 0x01, ' ', 0xa2, 0x07, 0x13, 0x05, 'S', 'O', 'U', 'T', 'H',
		0x83,
		0x02, 'a', 'b', 0x80, 0x01, 0x01, 0x24, 0x80, 0x04, 0x01, 'x', 0, 0, 0, 0, 0, 0, 0,
		0,
	};
	static struct lift_identifiers identifiers;
	struct replay_composed out = { 0 };
	struct replay_talk talk = { 0 };
	const struct replay_options o = {
		.folder = "x.d", .identifiers = REPLAY_FRESH, .move_times = true,
		.rewrites = rules, .rewrites_n = 2,
	};
	struct replay_lift *l = calloc(1, sizeof *l);

	(void)state;
	lift_init(l, &talk, &o, &identifiers, &out);
	for (size_t n = 1; n <= sizeof apdu; n++) {
		for (size_t k = 0; k <= n; k++) {
			uint8_t *copy = malloc(n);
			char *text;

			memcpy(copy, apdu, n);
			if (k < n)
				copy[k] ^= 0x81;
			l->values_n = l->kept_n = 0;
			l->failed = false;
			text = lift_apdu(l, (struct octets){ copy, n });
			assert_true(text || l->failed);
			if (n == sizeof apdu && k == n) {
				assert_non_null(strstr(text, "$fresh-2-1"));
				assert_int_equal(strncmp(text, "(octets file:", 13), 0);
				assert_non_null(strstr((char *)l->rewritten + 50, "DOWN"));
			}
			free(text);
			free(copy);
		}
	}
	lift_drop(l);
	free(l);
}

/* ---- the same conversation, captured otherwise ---- */

enum { FRAMES = 17, FRAME = 800, ETHERNET = 14, IPV4 = 20 };

struct frame {
	uint8_t record[16], octets[FRAME];
	size_t n;
};

static size_t load_frames(const char *path, uint8_t head[static 24], struct frame *f)
{
	FILE *in = fopen(path, "rb");
	size_t n = 0;

	assert_non_null(in);
	assert_int_equal(fread(head, 1, 24, in), 24);
	while (n < FRAMES && fread(f[n].record, 1, 16, in) == 16) {
		f[n].n = (size_t)f[n].record[8] | (size_t)f[n].record[9] << 8;
		assert_true(f[n].n <= FRAME - 40);
		assert_int_equal(fread(f[n].octets, 1, f[n].n, in), f[n].n);
		n++;
	}
	fclose(in);
	return n;
}

static void put_frame(FILE *out, struct frame *f)
{
	f->record[8] = f->record[12] = (uint8_t)f->n;
	f->record[9] = f->record[13] = (uint8_t)(f->n >> 8);
	fwrite(f->record, 1, 16, out);
	fwrite(f->octets, 1, f->n, out);
}

/* IEEE 802.1Q: four octets behind the addresses. */
static void vlan(struct frame *f)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0x00, 0x2a };

	memmove(f->octets + 16, f->octets + 12, f->n - 12);
	memcpy(f->octets + 12, tag, 4);
	f->n += 4;
}

static uint16_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i++)
		s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

/* RFC 8200 3, 8.1: another header, and the pseudo-header of TCP's checksum. */
static void ipv6(struct frame *f)
{
	uint8_t header[40] = { 0x60, [6] = 6, 64, 0x20, 0x01, 0x0d, 0xb8 };
	uint8_t *tcp = f->octets + ETHERNET + sizeof header;
	size_t n = ((size_t)f->octets[ETHERNET + 2] << 8 | f->octets[ETHERNET + 3]) - IPV4;
	uint16_t check;

	header[4] = (uint8_t)(n >> 8);
	header[5] = (uint8_t)n;
	memcpy(header + 24, header + 8, 4);
	memcpy(header + 20, f->octets + ETHERNET + 12, 4);
	memcpy(header + 36, f->octets + ETHERNET + 16, 4);
	memmove(tcp, f->octets + ETHERNET + IPV4, n);
	memcpy(f->octets + ETHERNET, header, sizeof header);
	f->octets[12] = 0x86;
	f->octets[13] = 0xdd;
	tcp[16] = tcp[17] = 0;
	check = (uint16_t)~sum(tcp, n, sum(header + 8, 32, (uint32_t)n + 6));
	tcp[16] = (uint8_t)(check >> 8);
	tcp[17] = (uint8_t)check;
	f->n = ETHERNET + sizeof header + n;
}

static void (*const tunnels[])(struct frame *f) = { vlan, ipv6 };

/* Frame i of variant v: 0, 1 other headers; 2 sent twice; 3 a later one first. */
static void write_variant(const char *path, const uint8_t head[static 24], struct frame *f,
                          size_t n, int v)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	fwrite(head, 1, 24, out);
	for (size_t i = 0; i < n; i++) {
		if (v < 2)
			tunnels[v](&f[i]);
		/* Requests and their acknowledgements: 8 and 10 are of one side. */
		if (v == 3 && (i == 7 || i == 9)) {
			put_frame(out, &f[i == 7 ? 9 : 7]);
			continue;
		}
		put_frame(out, &f[i]);
		if (v == 2)
			put_frame(out, &f[i]);
	}
	fclose(out);
}

/* Retransmission, reordering, VLAN tags and IPv6 make no other scenario. */
static void test_variants(void **state)
{
	static struct frame frames[FRAMES];
	struct target *t = lab();

	(void)state;
	for (int k = 0; k < 8; k++) {
		enum capture_direction ours = k % 2 ? FROM_RESPONDER : FROM_INITIATOR;
		char path[] = "/tmp/test-replay-XXXXXX";
		struct replay_composed was, is;
		struct replay_capture c, d;
		uint8_t head[24];
		size_t n = load_frames("captures/transfer-1988.pcap", head, frames);

		assert_int_equal(n, FRAMES);
		assert_true(mkstemp(path) >= 0);
		write_variant(path, head, frames, n, k / 2);
		read_capture(&c, "captures/transfer-1988.pcap", REPLAY_BY_PDU);
		read_capture(&d, path, REPLAY_BY_PDU);
		was = compose(&c, t, ours);
		is = compose(&d, t, ours);
		assert_string_equal(is.why, "");
		assert_string_equal(is.text, was.text);
		replay_composed_free(&was);
		replay_composed_free(&is);
		replay_free(&c);
		replay_free(&d);
		remove(path);
	}
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

/* X.225 8.3.2.10: bit pairs; 2 leaves the token to who answers. */
static void test_terms(void **state)
{
	enum scenario_term term;
	uint32_t said;

	(void)state;
	assert_int_equal(scenario_tokens(0x00, 0x15), 0x00);
	assert_int_equal(scenario_tokens(0x15, 0x00), 0x15);
	assert_int_equal(scenario_tokens(0x2a, 0x11), 0x11);
	assert_int_equal(scenario_tokens(0x21, 0x14), 0x11);
	assert_true(scenario_term("size-512", &term, &said) && term == TERM_SIZE && said == 512);
	assert_true(scenario_term("tokens-0", &term, &said) && term == TERM_TOKENS && said == 0);
	assert_false(scenario_term("size-512k", &term, &said));
	assert_false(scenario_term("size-", &term, &said));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves), cmocka_unit_test(test_verbatim),
		cmocka_unit_test(test_secrets), cmocka_unit_test(test_live),
		cmocka_unit_test(test_gaps), cmocka_unit_test(test_variants),
		cmocka_unit_test(test_envelope), cmocka_unit_test(test_parts_of_envelope),
		cmocka_unit_test(test_compare), cmocka_unit_test(test_terms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
