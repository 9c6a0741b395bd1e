/*
 * SS-user data of all SPDUs but DT -> PPDU -> ACSE APDU -> RTSE APDU -> MTA-BIND.
 */
#include "observer_inner.h"

/* Identifier octets, where a context is not known (X.227 9.1, X.228 9). */
enum {
	TAG_AARQ = 0x60,
	TAG_ABRT = 0x64,
	TAG_RTORQ = 0xb0,
	TAG_RTOAC = 0xb1,
	TAG_RTORJ = 0xb2,
	TAG_RTAB = 0xb6,
	TAG_INTEGER = 0x02,
	TAG_FULL = 0x61,
	TAG_SIMPLE = 0x60,
};

/* applicationProtocol of the two mts-transfer protocols (X.419). */
enum { PROTOCOL_1984 = 1, PROTOCOL_1988 = 12 };

/* ---- contexts ---- */

static enum observer_syntax syntax_named(struct octets oid)
{
	static const struct {
		uint8_t oid[4], n;
		enum observer_syntax syntax;
	} names[] = {
		{ { 0x52, 0x01, 0x00, 0x01 }, 4, OBSERVER_ACSE },	/* 2.2.1.0.1 */
		{ { 0x56, 0x00, 0x02, 0x0c }, 4, OBSERVER_RTSE },	/* id-as-mta-rtse */
		{ { 0x56, 0x00, 0x02, 0x08 }, 4, OBSERVER_RTSE },	/* id-as-mts-rtse */
		{ { 0x56, 0x00, 0x02, 0x0a }, 4, OBSERVER_RTSE },	/* id-as-ms-rtse */
		{ { 0x53, 0x02 }, 2, OBSERVER_RTSE },			/* 2.3.2 */
		{ { 0x53, 0x00 }, 2, OBSERVER_RTSE },			/* 2.3.0 */
		{ { 0x56, 0x00, 0x02, 0x07 }, 4, OBSERVER_MTSE },	/* id-as-mtse */
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (octets_equal(oid, (struct octets){ names[i].oid, names[i].n }))
			return names[i].syntax;
	return OBSERVER_FOREIGN;
}

enum observer_syntax observer_syntax(const struct observer *o, uint32_t context)
{
	for (size_t i = 0; i < o->contexts_n; i++)
		if (o->contexts[i].id == context)
			return (enum observer_syntax)o->contexts[i].syntax;
	return OBSERVER_UNDEFINED;
}

enum observer_syntax observer_only_syntax(const struct observer *o)
{
	for (size_t i = 0; i < o->contexts_n; i++)
		if (o->contexts[i].result == CONTEXT_ACCEPTED)
			return (enum observer_syntax)o->contexts[i].syntax;
	return OBSERVER_UNDEFINED;
}

uint8_t observer_outside(const struct observer *o, uint32_t context)
{
	for (size_t i = 0; i < o->contexts_n; i++)
		if (o->contexts[i].id == context)
			return o->contexts[i].result == CONTEXT_ACCEPTED ? 0
			                                                 : OBSERVED_NOT_DEFINED;
	return o->defined ? OBSERVED_NOT_PROPOSED | OBSERVED_NOT_DEFINED : 0;
}

static uint8_t outside(const struct observer *o, const struct presentation_user *user)
{
	struct presentation_pdvs i;
	struct presentation_pdv pdv;
	uint8_t all = 0;

	if (user->form != USER_DATA_FULL)
		return 0;
	presentation_pdvs_init(&i, user);
	while (presentation_pdvs_next(&i, &pdv))
		all |= observer_outside(o, pdv.id);
	return all;
}

static size_t items_held(const struct presentation_pdu *p)
{
	return p->items_n < CONTEXTS_MAX ? p->items_n : CONTEXTS_MAX;
}

static void define_contexts(struct observer *o, const struct presentation_pdu *cp)
{
	o->contexts_n = (uint8_t)items_held(cp);
	o->defined = cp->items_n > 0 && cp->items_n == o->contexts_n;
	for (size_t i = 0; i < o->contexts_n; i++)
		o->contexts[i] = (struct observer_context){
			.id = cp->item[i].id,
			.syntax = (uint8_t)syntax_named(cp->item[i].abstract),
		};
}

/* Results stand in the order of the definitions (X.226 8.2).  With one context
 * left user data has no header (8.4.1.4 c). */
static void settle_contexts(struct observer *o, const struct presentation_pdu *cpa)
{
	size_t n = items_held(cpa), accepted = 0;

	for (size_t i = 0; i < n && i < o->contexts_n; i++) {
		o->contexts[i].result = cpa->item[i].result;
		accepted += cpa->item[i].result == CONTEXT_ACCEPTED;
	}
	o->bare = accepted == 1;
}

static void learn(struct observer *o, const struct presentation_pdu *p)
{
	if (presentation_has(p, PRESENTATION_MODE))
		o->mode = p->x410 ? OBSERVER_X410 : OBSERVER_NORMAL;
	if (p->kind == PPDU_CP)
		define_contexts(o, p);
	if (p->kind == PPDU_CPA)
		settle_contexts(o, p);
}

/* ---- MTA-BIND ---- */

static bool bind_place(const struct rtse_pdu *p, enum p1_bind_kind *kind)
{
	static const enum p1_bind_kind kinds[] = {
		[RTSE_RTORQ] = P1_BIND_ARGUMENT, [RTSE_RTOAC] = P1_BIND_RESULT,
		[RTSE_RTORJ] = P1_BIND_ERROR,
	};

	if (p->user.n == 0 || p->kind > RTSE_RTORJ)
		return false;
	*kind = kinds[p->kind];
	return p->kind == RTSE_RTORJ || p->opening == RTSE_OPEN;
}

static void take_bind(struct observer *o, const struct observer_way *w, const struct rtse_pdu *p,
                      const struct observer_span *apdu)
{
	struct observer_span value = observer_within(apdu, p->user);
	struct observer_whole told = { .layer = LAYER_P1 };
	enum p1_bind_kind kind;
	struct findings f;
	struct p1_bind b;

	if (p->has_protocol && p->protocol != PROTOCOL_1984 && p->protocol != PROTOCOL_1988)
		o->other_application = true;
	if (o->other_application || !bind_place(p, &kind))
		return;
	findings_clear(&f);
	told.findings = &f;
	told.pdu = p1_bind_decode(value.octets, kind, p->x410, &b, &f) ? &b : NULL;
	told.code = (uint8_t)(OBSERVED_BIND_ARGUMENT + (unsigned)b.kind);
	observer_tell_whole(o, w, &value, &told);
}

/* ---- RTSE ---- */

static void tell_rtse(struct observer *o, const struct observer_way *w, bool read,
                      const struct rtse_pdu *p, const struct observer_span *apdu,
                      const struct findings *f)
{
	struct observer_whole told = {
		.layer = LAYER_RTSE, .code = p->kind, .pdu = read ? p : NULL, .findings = f,
	};

	observer_tell_whole(o, w, apdu, &told);
	if (read)
		take_bind(o, w, p, apdu);
}

static void take_rtse(struct observer *o, const struct observer_way *w,
                      const struct observer_span *apdu)
{
	struct rtse_pdu p = { .kind = RTSE_KINDS };
	struct findings f;
	bool read;

	findings_clear(&f);
	read = rtse_decode(apdu->octets, &p, &f);
	tell_rtse(o, w, read, &p, apdu, &f);
}

static void take_rtse_x410(struct observer *o, const struct observer_way *w, enum rtse_kind kind,
                           const struct observer_span *apdu)
{
	struct rtse_pdu p = { .kind = (uint8_t)kind };
	struct findings f;
	bool read;

	findings_clear(&f);
	read = rtse_decode_x410(kind, apdu->octets, &p, &f);
	tell_rtse(o, w, read, &p, apdu, &f);
}

/* ---- values by context, or by tag ---- */

static enum observer_syntax syntax_by_tag(struct octets value, bool undefined)
{
	uint8_t tag = observer_first(value);

	if (tag >= TAG_AARQ && tag <= TAG_ABRT)
		return OBSERVER_ACSE;
	if (tag == TAG_RTORQ || tag == TAG_RTOAC || tag == TAG_RTORJ || tag == TAG_RTAB ||
	    (undefined && tag == TAG_INTEGER))
		return OBSERVER_RTSE;
	return OBSERVER_FOREIGN;
}

static enum observer_syntax syntax_of(const struct observer *o, uint32_t context,
                                      struct octets value)
{
	enum observer_syntax s = observer_syntax(o, context);

	return s > OBSERVER_FOREIGN ? s : syntax_by_tag(value, s == OBSERVER_UNDEFINED);
}

static uint32_t context_of(const struct ber_external *x)
{
	return x->has_indirect && x->indirect >= 0 && x->indirect <= INT32_MAX
	       ? (uint32_t)x->indirect : 0;
}

/* User-information of an APDU of ACSE: EXTERNALs. */
static void take_user_information(struct observer *o, const struct observer_way *w,
                                  const struct acse_pdu *p, const struct observer_span *apdu)
{
	struct findings none;
	struct ber_external x;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&none);
	ber_init(&b, p->user.raw, &none);
	while (ber_next(&b, &t) && ber_external(&b, &t, &x)) {
		struct observer_span value = observer_within(apdu, ber_encoding_value(&x.encoding));

		if (value.octets.n > 0 &&
		    syntax_of(o, context_of(&x), value.octets) == OBSERVER_RTSE)
			take_rtse(o, w, &value);
	}
}

/* id-ac-mts-transfer, 2.6.0.1.6 */
static bool is_mts_transfer(struct octets oid)
{
	static const uint8_t name[] = { 0x56, 0x00, 0x01, 0x06 };

	return octets_equal(oid, (struct octets){ name, sizeof name });
}

static void take_acse(struct observer *o, const struct observer_way *w,
                      const struct observer_span *apdu)
{
	struct observer_whole told = { .layer = LAYER_ACSE };
	struct acse_pdu p = { .kind = ACSE_NONE };
	struct findings f;
	bool read;

	findings_clear(&f);
	read = acse_decode(apdu->octets, &p, &f);
	told.code = p.kind;
	told.pdu = read ? &p : NULL;
	told.findings = &f;
	observer_tell_whole(o, w, apdu, &told);
	if (!read)
		return;
	if (p.kind == ACSE_AARQ && acse_has(&p, ACSE_HAS_CONTEXT_NAME))
		o->other_application = !is_mts_transfer(p.context_name);
	if (acse_has(&p, ACSE_HAS_USER))
		take_user_information(o, w, &p, apdu);
}

static void take_value(struct observer *o, const struct observer_way *w, uint32_t context,
                       const struct observer_span *value)
{
	enum observer_syntax s = syntax_of(o, context, value->octets);

	if (s == OBSERVER_ACSE)
		take_acse(o, w, value);
	else if (s == OBSERVER_RTSE)
		take_rtse(o, w, value);
}

/* ---- PPDUs ---- */

static enum presentation_carrier carrier_of(enum session_spdu spdu)
{
	switch (spdu) {
	case SPDU_CN:
		return PRESENTATION_ON_CONNECT;
	case SPDU_AC:
		return PRESENTATION_ON_ACCEPT;
	case SPDU_RF:
		return PRESENTATION_ON_REFUSE;
	case SPDU_AB:
		return PRESENTATION_ON_ABORT;
	default:
		return PRESENTATION_ON_OTHER;
	}
}

static bool is_bare(const struct observer *o, struct octets user)
{
	uint8_t tag = observer_first(user);

	if (o->mode == OBSERVER_MODE_UNKNOWN)
		return tag != TAG_FULL && tag != TAG_SIMPLE;
	return o->mode == OBSERVER_X410 || o->bare;
}

static void take_x410(struct observer *o, const struct observer_way *w, enum session_spdu spdu,
                      const struct presentation_pdu *p, const struct observer_span *user)
{
	static const enum rtse_kind kinds[] = {
		[PPDU_CP] = RTSE_RTORQ, [PPDU_CPA] = RTSE_RTOAC, [PPDU_CPR] = RTSE_RTORJ,
		[PPDU_ARU] = RTSE_RTAB,
	};
	struct observer_span parameters = observer_within(user, p->x410_parameters);

	if (p->x410 && p->kind <= PPDU_ARU)
		take_rtse_x410(o, w, kinds[p->kind], &parameters);
	else if (p->user.form == USER_DATA_BARE && spdu == SPDU_PT && o->mode != OBSERVER_NORMAL)
		take_rtse_x410(o, w, RTSE_RTTP, user);
}

static void take_bare(struct observer *o, const struct observer_way *w,
                      const struct observer_span *user)
{
	enum observer_syntax s = observer_only_syntax(o);

	if (s == OBSERVER_ACSE)
		take_acse(o, w, user);
	else if (s == OBSERVER_RTSE)
		take_rtse(o, w, user);
}

static void take_values(struct observer *o, const struct observer_way *w,
                        const struct presentation_pdu *p, const struct observer_span *user)
{
	struct presentation_pdvs i;
	struct presentation_pdv pdv;

	presentation_pdvs_init(&i, &p->user);
	while (presentation_pdvs_next(&i, &pdv)) {
		struct observer_span value =
			observer_within(user, ber_encoding_value(&pdv.value));

		if (value.octets.n > 0)
			take_value(o, w, pdv.id, &value);
	}
}

void observer_user_data(struct observer *o, struct observer_way *w, enum session_spdu spdu,
                        const struct observer_span *user)
{
	struct observer_whole told = { .layer = LAYER_PRESENTATION };
	struct presentation_pdu p;
	struct findings f;
	bool read;

	findings_clear(&f);
	read = presentation_decode(carrier_of(spdu), is_bare(o, user->octets), user->octets, &p,
	                           &f);
	told.code = p.kind;
	told.pdu = read ? &p : NULL;
	told.findings = &f;
	learn(o, &p);
	told.outside = read ? outside(o, &p.user) : 0;
	observer_tell_whole(o, w, user, &told);
	if (!read)
		return;
	if (p.user.form == USER_DATA_FULL)
		take_values(o, w, &p, user);
	else if (p.user.form == USER_DATA_BARE && o->mode == OBSERVER_NORMAL)
		take_bare(o, w, user);
	else
		take_x410(o, w, spdu, &p, user);
}
