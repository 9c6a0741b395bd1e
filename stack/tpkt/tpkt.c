#include "tpkt/tpkt.h"

#include "tpkt/tpkt_rules.h"

#include <assert.h>
#include <string.h>

#define ROW(...) RULE_ROW(LAYER_TPKT, __VA_ARGS__)

const struct rule tpkt_rules[TPKT_RULES_N] = { TPKT_RULES(ROW) };

enum { VRSN = 3, AT_VRSN = 0, AT_RESERVED = 1, AT_LENGTH = 2 };

void tpkt_init(struct tpkt *t)
{
	memset(t, 0, sizeof *t);
}

static uint16_t length_of(const uint8_t header[TPKT_HEADER_OCTETS])
{
	return (uint16_t)(header[AT_LENGTH] << 8 | header[AT_LENGTH + 1]);
}

/* Checks what the n-th octet of a header has completed: a stream that is no
 * TPKT at all is known by its first octet. */
static bool check(const uint8_t *header, size_t n, struct findings *f)
{
	if (n == AT_VRSN + 1 && header[AT_VRSN] != VRSN)
		return findings_add(f, &tpkt_rules[TPKT_VERSION], AT_VRSN);
	if (n == AT_RESERVED + 1 && header[AT_RESERVED] != 0)
		return findings_add(f, &tpkt_rules[TPKT_RESERVED], AT_RESERVED);
	if (n == TPKT_HEADER_OCTETS && length_of(header) < TPKT_LENGTH_MIN)
		return findings_add(f, &tpkt_rules[TPKT_LENGTH], AT_LENGTH);
	return true;
}

static bool take_header_octet(struct tpkt *t, uint8_t octet, struct findings *f)
{
	if (t->header_n == 0)
		t->frame = t->stream;
	t->header[t->header_n++] = octet;
	t->stream++;
	if (!check(t->header, t->header_n, f)) {
		t->lost = true;
		return false;
	}
	if (t->header_n == TPKT_HEADER_OCTETS)
		t->left = (uint32_t)(length_of(t->header) - TPKT_HEADER_OCTETS);
	return true;
}

static void take_piece(struct tpkt *t, const uint8_t *p, size_t n, struct tpkt_piece *out)
{
	uint32_t length = length_of(t->header);

	if (n > t->left)
		n = t->left;
	*out = (struct tpkt_piece){
		.octets = { p, n }, .at = t->stream, .frame = t->frame, .length = length,
		.first = t->left == length - TPKT_HEADER_OCTETS, .last = t->left == n,
	};
	t->stream += n;
	t->left -= (uint32_t)n;
	if (out->last)
		t->header_n = 0;
}

size_t tpkt_push(struct tpkt *t, const uint8_t *p, size_t n, struct tpkt_piece *out,
                 struct findings *f)
{
	size_t used = 0;

	*out = (struct tpkt_piece){ 0 };
	if (t->lost)
		return 0;
	while (t->header_n < TPKT_HEADER_OCTETS && used < n)
		if (!take_header_octet(t, p[used++], f))
			return used;
	if (used < n) {
		take_piece(t, p + used, n - used, out);
		used += out->octets.n;
	}
	return used;
}

bool tpkt_end(const struct tpkt *t, struct findings *f)
{
	if (t->header_n == 0 || t->lost)
		return true;
	return findings_add(f, &tpkt_rules[TPKT_CUT], (size_t)(t->stream - t->frame));
}

void tpkt_header(uint8_t out[TPKT_HEADER_OCTETS], size_t tpdu_length)
{
	size_t length = tpdu_length + TPKT_HEADER_OCTETS;

	assert(tpdu_length <= TPKT_TPDU_MAX);
	out[AT_VRSN] = VRSN;
	out[AT_RESERVED] = 0;
	out[AT_LENGTH] = (uint8_t)(length >> 8);
	out[AT_LENGTH + 1] = (uint8_t)length;
}

bool tpkt_decode(struct octets octets, struct tpkt_pdu *out, struct findings *f)
{
	struct tpkt_piece piece;
	struct tpkt t;

	tpkt_init(&t);
	tpkt_push(&t, octets.p, octets.n, &piece, f);
	if (t.lost)
		return false;
	if (!piece.last)
		return findings_add(f, &tpkt_rules[TPKT_CUT], octets.n);
	*out = (struct tpkt_pdu){ t.header[AT_RESERVED], length_of(t.header), piece.octets };
	return true;
}

void tpkt_text(struct text *t, const struct tpkt_pdu *pdu)
{
	text_put(t, "TPKT");
	text_field_u64(t, "length", pdu->length);
	if (pdu->reserved)
		text_field_u64(t, "reserved", pdu->reserved);
}
