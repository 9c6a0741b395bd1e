/*
 * Values of fields as the text that reads them back.
 */
#include "pdu/pdu.h"

#include "ber/ber.h"
#include "p1/p1.h"

#include <string.h>

/* Of a value for which contents were found: it whole, with this identifier octet. */
struct whole {
	struct findings findings;
	struct ber ber;
	struct ber_tlv tlv;
	struct octets octets;
	uint8_t room[PDU_TEXT_MAX];
};

enum { TAG_NAME = 0x60, TAG_DOMAIN = 0x63, TAG_MTS_ID = 0x64, HEADER = 4, SHORT_MAX = 127 };

static bool whole_init(struct whole *w, uint8_t tag, struct octets contents)
{
	size_t n = 0;

	if (contents.n == 0 || contents.n > sizeof w->room - HEADER)
		return false;
	findings_clear(&w->findings);
	w->room[n++] = tag;
	if (contents.n > SHORT_MAX) {
		w->room[n++] = 0x82;	/* X.690 8.1.3.5 */
		w->room[n++] = (uint8_t)(contents.n >> 8);
	}
	w->room[n++] = (uint8_t)contents.n;
	memcpy(w->room + n, contents.p, contents.n);
	w->octets = (struct octets){ w->room, n + contents.n };
	ber_init(&w->ber, w->octets, &w->findings);
	return ber_next(&w->ber, &w->tlv);
}

static bool name_text(struct text *t, struct octets o)
{
	struct p1_name name;
	struct whole w;

	if (!whole_init(&w, TAG_NAME, o) || !p1_name_decode(w.octets, &name, &w.findings))
		return false;
	p1_name_text(t, &name);
	return true;
}

static bool mts_id_text(struct text *t, struct octets o)
{
	struct p1_mts_id id;
	struct whole w;

	if (!whole_init(&w, TAG_MTS_ID, o) || !p1_mts_id_read(&w.ber, &w.tlv, &id))
		return false;
	p1_mts_id_text(t, &id);
	return true;
}

static bool domain_text(struct text *t, struct octets o)
{
	struct p1_domain domain;
	struct whole w;

	if (!whole_init(&w, TAG_DOMAIN, o) || !p1_domain_read(&w.ber, &w.tlv, &domain))
		return false;
	p1_domain_text(t, &domain);
	return true;
}

static bool oid_text(struct text *t, struct octets o)
{
	ber_text_oid(t, o);
	return o.n > 0;
}

static bool is_print(struct octets o)
{
	for (size_t i = 0; i < o.n; i++)
		if (o.p[i] < 0x20 || o.p[i] > 0x7e)
			return false;
	return o.n > 1;
}

static bool octets_text(struct text *t, struct octets o)
{
	if (is_print(o))
		text_quoted(t, o);
	return is_print(o);
}

/* "responsible+ndr", and what has no name as a number. */
static void bits_text(struct text *t, const struct text_name *names, uint64_t v)
{
	bool any = false;

	for (; names->name; names++) {
		if (!names->value || (v & names->value) != names->value)
			continue;
		text_put(t, any ? "+" : "");
		text_put(t, names->name);
		v &= ~(uint64_t)names->value;
		any = true;
	}
	if (v || !any) {
		text_put(t, any ? "+" : "");
		text_u64(t, v);
	}
}

void pdu_value_text(struct text *t, const struct pdu_field *f, const struct pdu_got *got)
{
	static bool (*const put[PDU_TYPES])(struct text *, struct octets) = {
		[PDU_OID] = oid_text, [PDU_NAME] = name_text, [PDU_MTS_ID] = mts_id_text,
		[PDU_DOMAIN] = domain_text, [PDU_OCTETS] = octets_text,
	};
	bool bits = f->type == PDU_BITS || f->type == PDU_FLAGS;

	if (got->number && f->names && bits)
		bits_text(t, f->names, (uint64_t)got->v);
	else if (got->number && f->names && got->v >= 0 && got->v <= UINT32_MAX)
		text_named(t, f->names, (uint32_t)got->v);
	else if (got->number)
		text_i64(t, got->v);
	else if (!put[f->type] || !put[f->type](t, got->octets))
		text_hex(t, got->octets);
}
