#include "fuzz/hearing.h"

#include "cotp/cotp_pdu.h"
#include "session/session_layout.h"

#include <string.h>

enum { TPKT_HEADER = 4, SI_MAX = 256 };

/* SPDUs by their SI: what begins a TSDU, and what stands behind GT or PT. */
static uint8_t named[2][SI_MAX];

static void name_all(void)
{
	for (uint8_t k = 1; k < SESSION_SPDUS; k++) {
		uint8_t second = session_layouts[k].category == 2;

		if (!named[second][session_layouts[k].si] && k != SPDU_MAP && k != SPDU_MAA &&
		    k != SPDU_AEA)
			named[second][session_layouts[k].si] = k;
	}
}

/* 0 behind what has been gathered. */
static uint8_t head_at(const struct hearing *h, size_t i)
{
	return i < h->have ? h->head[i] : 0;
}

/* The SPDU that the TSDU at `at` is there for: the one behind GT or PT, if there is one. */
static uint8_t spdu_at(const struct hearing *h, size_t at)
{
	uint8_t first = named[0][head_at(h, at)];
	size_t behind = at + 2 + head_at(h, at + 1);

	if ((first != SPDU_GT && first != SPDU_PT) || behind >= h->have)
		return first;
	return named[1][head_at(h, behind)];
}

static uint8_t tpdu_of(struct hearing *h)
{
	uint8_t code = head_at(h, TPKT_HEADER + 1);
	bool joined = h->joined;

	switch (code & 0xf0) {
	case 0xd0:
		h->reference = (uint16_t)(head_at(h, 8) << 8 | head_at(h, 9));
		return HEARD_TPDU + COTP_CC;
	case 0xe0:
		h->reference = (uint16_t)(head_at(h, 8) << 8 | head_at(h, 9));
		return HEARD_TPDU + COTP_CR;
	case 0x80:
		return HEARD_TPDU + COTP_DR;
	case 0x70:
		return HEARD_TPDU + COTP_ER;
	case 0xf0:
		h->joined = !(head_at(h, TPKT_HEADER + 2) & 0x80);
		return joined ? HEARD_NOTHING : spdu_at(h, TPKT_HEADER + 3);
	default:
		return HEARD_TPDU + COTP_NONE;
	}
}

/* Copies what belongs to the head of the TPKT; octets taken. */
static size_t gather(struct hearing *h, const uint8_t *p, size_t n)
{
	size_t want = h->have < TPKT_HEADER ? TPKT_HEADER : HEARING_HEAD, take;

	if (h->have >= TPKT_HEADER && want - h->have > h->left)
		want = h->have + h->left;
	take = want - h->have < n ? want - h->have : n;
	memcpy(h->head + h->have, p, take);
	h->have = (uint16_t)(h->have + take);
	return take;
}

void hearing_octets(struct hearing *h, const uint8_t *p, size_t n,
                    void (*heard)(void *ctx, uint8_t code), void *ctx)
{
	if (!named[0][session_layouts[SPDU_CN].si])
		name_all();
	while (n) {
		bool header = h->have < TPKT_HEADER;
		size_t take = header || h->have < HEARING_HEAD ? gather(h, p, n)
		            : n < h->left ? n : h->left;

		p += take;
		n -= take;
		if (header) {
			uint32_t length = (uint32_t)h->head[2] << 8 | h->head[3];

			h->left = length > TPKT_HEADER ? length - TPKT_HEADER : 0;
			if (h->have < TPKT_HEADER)
				continue;
		} else {
			h->left -= (uint32_t)take;
		}
		if (h->left == 0) {
			uint8_t code = tpdu_of(h);

			h->have = 0;
			heard(ctx, code);
		}
	}
}
