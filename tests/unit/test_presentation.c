/* presentation: vectors, builders, the reader of data in pieces, the table, and
 * the machine between a session and a user that are played by the test. */
#include "presentation/presentation.h"
#include "pool.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- vectors: the SI of the SPDU, then its user data ----
 *
 * 0d CN, 0e AC, 0c RF, 19 AB, 01 DT, others User-data; 81: DT without header. */

static enum presentation_carrier carrier_of(uint8_t si)
{
	switch (si & 0x7f) {
	case 0x0d:
		return PRESENTATION_ON_CONNECT;
	case 0x0e:
		return PRESENTATION_ON_ACCEPT;
	case 0x0c:
		return PRESENTATION_ON_REFUSE;
	case 0x19:
		return PRESENTATION_ON_ABORT;
	case 0x01:
		return PRESENTATION_ON_DATA;
	default:
		return PRESENTATION_ON_OTHER;
	}
}

static struct octets write(struct nodes *a, struct node *root, uint8_t *out, size_t cap)
{
	uint64_t n = node_size(root);
	struct octets o = { out, node_write(a, root, out, cap) };

	assert_int_equal(o.n, n);
	return o;
}

/* What was read can be written and is then read as the same. */
static void round_trip(uint8_t si, const struct presentation_pdu *pdu, const char *line)
{
	static uint8_t out[4096], again[4096];
	static struct nodes nodes;
	struct presentation_pdu back;
	struct findings f;
	struct octets o, o2;
	struct text text;
	char line2[4096];

	nodes_reset(&nodes);
	o = write(&nodes, presentation_build(&nodes, pdu), out, sizeof out);
	findings_clear(&f);
	assert_true(presentation_decode(carrier_of(si), si & 0x80, o, &back, &f));
	text_init(&text, line2, sizeof line2);
	presentation_text(&text, &back);
	assert_string_equal(line2, line);
	nodes_reset(&nodes);
	o2 = write(&nodes, presentation_build(&nodes, &back), again, sizeof again);
	assert_true(octets_equal(o, o2));
}

struct flat {
	uint8_t octets[4096];
	size_t n;
	struct findings f;
	bool ok;
};

/* The reader's values, each in front of it its context. */
static void stream(struct octets in, size_t cut, size_t cut2, struct flat *o)
{
	size_t from[4] = { 0, cut, cut2, in.n };
	struct presentation_reader r, copy;
	bool bad = false;
	uint32_t id = 0;

	o->n = 0;
	findings_clear(&o->f);
	presentation_reader_init(&r);
	for (size_t k = 0; k < 3 && !bad; k++) {
		size_t n = from[k + 1] - from[k];
		uint8_t *block = malloc(n ? n : 1);
		struct octets piece = { block, n }, value;
		enum presentation_token token;

		assert_non_null(block);
		if (n)
			memcpy(block, in.p + from[k], n);
		copy = r;			/* plain data */
		r = copy;
		while ((token = presentation_reader_next(&r, &piece, &value, &o->f)) ==
		       PRESENTATION_VALUE) {
			assert_true(value.n > 0 && value.n <= sizeof o->octets - o->n - 4);
			if (r.id != id) {
				memcpy(o->octets + o->n, &r.id, sizeof r.id);
				o->n += sizeof r.id;
				id = r.id;
			}
			memcpy(o->octets + o->n, value.p, value.n);
			o->n += value.n;
		}
		bad = token == PRESENTATION_BAD;
		assert_true(bad || piece.n == 0);
		free(block);
	}
	o->ok = !bad && presentation_reader_end(&r, &o->f);
	assert_int_equal(o->ok, !o->f.fatal);
}

/* What decode finds in whole octets, the reader finds in pieces; but what a
 * value has inside it does not look at. */
static void same_as_stream(struct octets in, const struct presentation_pdu *pdu,
                           const struct findings *f)
{
	static struct flat whole, cut;
	bool inside = false;

	stream(in, 0, 0, &whole);
	for (size_t i = 0; i <= in.n; i++)
		for (size_t k = i; k <= in.n; k += 3) {
			stream(in, i, k, &cut);
			assert_int_equal(cut.ok, whole.ok);
			assert_int_equal(cut.f.n, whole.f.n);
			for (size_t n = 0; n < cut.f.n; n++)
				assert_ptr_equal(cut.f.at[n].rule, whole.f.at[n].rule);
			if (whole.ok) {
				assert_int_equal(cut.n, whole.n);
				assert_memory_equal(cut.octets, whole.octets, whole.n);
			}
		}
	for (size_t i = 0; i < f->n; i++)
		inside = inside || f->at[i].rule == &ber_rules[BER_SINGLE_TYPE] ||
		         f->at[i].rule == &presentation_rules[PRESENTATION_PDV_SINGLE] ||
		         f->at[i].rule->id / 256 == LAYER_BER;
	if (inside)
		return;
	assert_int_equal(whole.f.n, f->n);
	for (size_t i = 0; i < f->n; i++) {
		assert_ptr_equal(whole.f.at[i].rule, f->at[i].rule);
		assert_int_equal(whole.f.at[i].octet, f->at[i].octet);
	}
	if (!f->fatal && pdu->user.pdvs == 1 && pdu->user.pdv.value.form == BER_SINGLE)
		assert_int_equal(whole.n, sizeof(uint32_t) + pdu->user.pdv.value.value.raw.n);
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	static const struct rule none = { "test.none", "-", "-", 1, SEVERITY_FATAL };
	static struct presentation_pdu pdu;
	bool ok;

	if (in.n == 0)
		return findings_add(f, &none, 0);
	ok = presentation_decode(carrier_of(in.p[0]), in.p[0] & 0x80,
	                         (struct octets){ in.p + 1, in.n - 1 }, &pdu, f);
	if (in.p[0] == 0x01)
		same_as_stream((struct octets){ in.p + 1, in.n - 1 }, &pdu, f);
	if (!ok)
		return false;
	presentation_text(out, &pdu);
	if (pdu.items_n <= CONTEXTS_MAX)
		round_trip(in.p[0], &pdu, out->p);
	return true;
}

int main(void)
{
	return vectors_run("presentation", decode);
}
