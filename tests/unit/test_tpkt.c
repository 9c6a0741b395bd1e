/* tpkt: vectors, every cut of a stream, the header. */
#include "tpkt/tpkt.h"
#include "tpkt/tpkt_rules.h"

#include "../lib/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All frames of a stream, in one push a frame. */
static bool decode_stream(struct octets in, struct findings *f, struct text *out)
{
	size_t at = 0;

	while (at < in.n) {
		struct octets rest = { in.p + at, in.n - at };
		struct tpkt_pdu pdu;

		if (!tpkt_decode(rest, &pdu, f))
			return false;
		if (at)
			text_put(out, " | ");
		text_put(out, "TPKT");
		text_field_u64(out, "length", pdu.length);
		text_field(out, "tpdu");
		text_hex(out, pdu.tpdu);
		at += pdu.length;
	}
	return true;
}

static const uint8_t stream[] = {
	3, 0, 0, 7, 0x02, 0xf0, 0x00,
	3, 9, 0, 11, 0x06, 0xd0, 0x17, 0xc4, 0x03, 0x4c, 0x00,
	3, 0, 0, 8, 0x02, 0xf0, 0x80, 0x41,
};

struct seen {
	uint8_t octets[sizeof stream];
	size_t n;
	unsigned firsts, lasts, frames_at[3];
	struct findings f;
};

static void note(struct seen *seen, const struct tpkt_piece *piece)
{
	assert_true(piece->octets.n > 0);
	assert_memory_equal(piece->octets.p, stream + piece->at, piece->octets.n);
	assert_true(piece->length >= TPKT_LENGTH_MIN);
	assert_int_equal(piece->first, piece->at == piece->frame + TPKT_HEADER_OCTETS);
	assert_int_equal(piece->last, piece->at + piece->octets.n == piece->frame + piece->length);
	if (piece->first)
		seen->frames_at[seen->firsts++] = (unsigned)piece->frame;
	seen->lasts += piece->last;
	memcpy(seen->octets + seen->n, piece->octets.p, piece->octets.n);
	seen->n += piece->octets.n;
}

static void feed(struct tpkt *t, const uint8_t *p, size_t n, struct seen *seen)
{
	uint8_t *block = malloc(n ? n : 1);
	size_t at = 0;

	assert_non_null(block);
	memcpy(block, p, n);
	while (at < n) {
		struct tpkt_piece piece;
		size_t used = tpkt_push(t, block + at, n - at, &piece, &seen->f);

		assert_true(used > 0 && used <= n - at);
		at += used;
		if (piece.octets.n)
			note(seen, &piece);
	}
	free(block);
}

static void check(const struct seen *seen)
{
	static const uint8_t tpdus[] = {
		0x02, 0xf0, 0x00, 0x06, 0xd0, 0x17, 0xc4, 0x03, 0x4c, 0x00, 0x02, 0xf0, 0x80, 0x41,
	};

	assert_int_equal(seen->n, sizeof tpdus);
	assert_memory_equal(seen->octets, tpdus, sizeof tpdus);
	assert_int_equal(seen->firsts, 3);
	assert_int_equal(seen->lasts, 3);
	assert_int_equal(seen->frames_at[1], 7);
	assert_int_equal(seen->frames_at[2], 18);
	assert_int_equal(seen->f.n, 1);
	assert_string_equal(seen->f.at[0].rule->name, "tpkt.reserved");
	assert_int_equal(seen->f.at[0].octet, 1);
}

/* TCP cuts where it likes: every pair of cuts, and every even step. */
static void every_cut(void **state)
{
	(void)state;
	for (size_t a = 0; a <= sizeof stream; a++)
		for (size_t b = a; b <= sizeof stream; b++) {
			struct seen seen = { .n = 0 };
			struct tpkt t;

			tpkt_init(&t);
			feed(&t, stream, a, &seen);
			feed(&t, stream + a, b - a, &seen);
			feed(&t, stream + b, sizeof stream - b, &seen);
			check(&seen);
			assert_true(tpkt_end(&t, &seen.f));
		}
}

static void every_step(void **state)
{
	(void)state;
	for (size_t by = 1; by <= sizeof stream; by++) {
		struct seen seen = { .n = 0 };
		struct tpkt t;

		tpkt_init(&t);
		for (size_t at = 0; at < sizeof stream; at += by)
			feed(&t, stream + at, by < sizeof stream - at ? by : sizeof stream - at,
			     &seen);
		check(&seen);
	}
}

/* A whole frame in the input is one piece of the input itself. */
static void whole_frame_is_borrowed(void **state)
{
	struct findings f = { .n = 0 };
	struct tpkt_piece piece;
	struct tpkt t;

	(void)state;
	tpkt_init(&t);
	assert_int_equal(tpkt_push(&t, stream, sizeof stream, &piece, &f), 7);
	assert_ptr_equal(piece.octets.p, stream + 4);
	assert_int_equal(piece.octets.n, 3);
	assert_true(piece.first && piece.last);
}

static void lost_framing_takes_nothing_more(void **state)
{
	static const uint8_t bad[] = { 'G', 'E', 'T' };
	struct findings f = { .n = 0 };
	struct tpkt_piece piece;
	struct tpkt t;

	(void)state;
	tpkt_init(&t);
	assert_int_equal(tpkt_push(&t, bad, sizeof bad, &piece, &f), 1);
	assert_true(f.fatal);
	assert_int_equal(piece.octets.n, 0);
	assert_int_equal(tpkt_push(&t, stream, sizeof stream, &piece, &f), 0);
	findings_clear(&f);
	assert_true(tpkt_end(&t, &f));
	assert_int_equal(f.n, 0);
}

static void end_inside_a_frame(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 7; n++) {
		struct findings f = { .n = 0 };
		struct seen seen = { .n = 0 };
		struct tpkt t;

		tpkt_init(&t);
		feed(&t, stream, n, &seen);
		assert_int_equal(tpkt_end(&t, &f), n == 0 || n == 7);
		if (f.n)
			assert_int_equal(f.at[0].octet, n);
	}
}

static void header_is_written_and_read(void **state)
{
	static const size_t lengths[] = { 3, 4, 251, 252, 2048, TPKT_TPDU_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		uint8_t *frame = calloc(1, lengths[i] + TPKT_HEADER_OCTETS);
		struct findings f = { .n = 0 };
		struct tpkt_pdu pdu;

		assert_non_null(frame);
		tpkt_header(frame, lengths[i]);
		assert_true(tpkt_decode((struct octets){ frame, lengths[i] + 4 }, &pdu, &f));
		assert_int_equal(pdu.tpdu.n, lengths[i]);
		assert_int_equal(f.n, 0);
		free(frame);
	}
}

static void text_shows_what_is_unusual(void **state)
{
	char buf[64];
	struct text t;

	(void)state;
	text_init(&t, buf, sizeof buf);
	tpkt_text(&t, &(struct tpkt_pdu){ .length = 29 });
	assert_string_equal(buf, "TPKT length=29");
	text_init(&t, buf, sizeof buf);
	tpkt_text(&t, &(struct tpkt_pdu){ .reserved = 7, .length = 29 });
	assert_string_equal(buf, "TPKT length=29 reserved=7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut),
		cmocka_unit_test(every_step),
		cmocka_unit_test(whole_frame_is_borrowed),
		cmocka_unit_test(lost_framing_takes_nothing_more),
		cmocka_unit_test(end_inside_a_frame),
		cmocka_unit_test(header_is_written_and_read),
		cmocka_unit_test(text_shows_what_is_unusual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + vectors_run("tpkt", decode_stream);
}
