/*
 * PPDUs read from octets.
 */
#include "presentation/presentation_user.h"

const struct rule presentation_rules[PRESENTATION_RULES_N] = {
#define ROW(...) RULE_ROW(LAYER_PRESENTATION, __VA_ARGS__)
	PRESENTATION_RULES(ROW)
#undef ROW
};

const char *presentation_ppdu_name(enum presentation_ppdu kind)
{
	static const char *const names[PRESENTATION_PPDUS] = {
		[PPDU_NONE] = "none", [PPDU_CP] = "CP", [PPDU_CPA] = "CPA", [PPDU_CPR] = "CPR",
		[PPDU_ARU] = "ARU", [PPDU_ARP] = "ARP", [PPDU_TD] = "TD",
		[PPDU_USER] = "User-data",
	};

	return (unsigned)kind < PRESENTATION_PPDUS ? names[kind] : "?";
}

/* ---- elements by table ---- */

typedef bool element_fn(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p);

struct element {
	uint32_t tag;
	enum presentation_param param;
	element_fn *read;
};

struct elements {
	const struct element *at;
	size_t n;
	bool ordered;		/* a SEQUENCE */
};

#define ELEMENTS(table, ordered) { (table), sizeof (table) / sizeof *(table), (ordered) }

static const struct element *element_of(const struct elements *e, uint32_t tag)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->at[i].tag == tag)
			return &e->at[i];
	return NULL;
}

/* Reads the contents of the current element, a SET or SEQUENCE. */
static bool read_elements(struct ber *b, const struct ber_tlv *in, const struct elements *e,
                          struct presentation_pdu *p)
{
	const struct element *last = e->at, *found;
	struct ber_tlv t;

	if (!ber_enter(b, in))
		return false;
	while (ber_next(b, &t)) {
		found = element_of(e, t.tag);
		if (!found) {
			if (!presentation_undefined(b, &t, p))
				return false;
			continue;
		}
		if (presentation_has(p, found->param))
			return presentation_fail(b, &t, PRESENTATION_REPEATED);
		if (e->ordered && found < last)
			presentation_fail(b, &t, PRESENTATION_ORDER);
		last = found;
		p->has |= 1u << found->param;
		if (!found->read(b, &t, p))
			return false;
	}
	return ber_leave(b);
}

/* ---- single elements ---- */

static bool read_mode(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	struct ber_tlv mode;
	int64_t v;

	if (!ber_enter(b, t) ||
	    !ber_take(b, &mode, BER_CONTEXT(0), &presentation_rules[PRESENTATION_MODE_VALUE]) ||
	    !ber_int_in(b, &mode, 0, 1, &presentation_rules[PRESENTATION_MODE_VALUE], &v))
		return false;
	p->x410 = v == 0;
	while (ber_next(b, &mode))
		if (!presentation_undefined(b, &mode, p))
			return false;
	return ber_leave(b);
}

static bool read_x410(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	if (!t->constructed)
		return ber_fail(b, t, &ber_rules[BER_PRIMITIVE]);
	return ber_contents(b, t, &p->x410_parameters);
}

/* Named bits (8.5): those without a name mean nothing in CP and are invalid
 * elsewhere. */
static bool read_bits(struct ber *b, const struct ber_tlv *t, const struct presentation_pdu *p,
                      unsigned named, uint32_t *out)
{
	uint32_t mask = (UINT32_C(1) << named) - 1;
	struct ber_bits v;

	if (!ber_bits(b, t, &v))
		return false;
	if (v.bits & ~(uint64_t)mask && p->kind != PPDU_CP)
		return presentation_fail(b, t, PRESENTATION_BITS);
	*out = (uint32_t)v.bits & mask;
	return true;
}

static bool read_version(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	if (!read_bits(b, t, p, 1, &p->version))
		return false;
	if (p->version & PRESENTATION_VERSION_1)
		return true;
	return presentation_fail(b, t, p->kind == PPDU_CPA ? PRESENTATION_VERSION_CHOSEN :
	                                                     PRESENTATION_VERSION_NONE);
}

static bool read_requirements(struct ber *b, const struct ber_tlv *t,
                              struct presentation_pdu *p)
{
	if (!read_bits(b, t, p, 2, &p->requirements))
		return false;
	if (p->requirements == PRESENTATION_CONTEXT_RESTORATION)
		presentation_fail(b, t, PRESENTATION_RESTORATION);
	return true;
}

static bool read_user_session(struct ber *b, const struct ber_tlv *t,
                              struct presentation_pdu *p)
{
	return read_bits(b, t, p, 13, &p->user_session);
}

static bool read_calling(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	return ber_string(b, t, &p->calling);
}

static bool read_called(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	return ber_string(b, t, &p->called);
}

static bool read_responding(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	return ber_string(b, t, &p->responding);
}

static bool read_enum(struct ber *b, const struct ber_tlv *t, int64_t max,
                      enum presentation_rule rule, uint8_t *out)
{
	int64_t v;

	if (!ber_int_in(b, t, 0, max, &presentation_rules[rule], &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

static bool read_default_result(struct ber *b, const struct ber_tlv *t,
                                struct presentation_pdu *p)
{
	return read_enum(b, t, CONTEXT_PROVIDER_REJECTED, PRESENTATION_RESULT_VALUE,
	                 &p->default_result);
}

static bool read_refusal(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	uint8_t v;

	if (!read_enum(b, t, REFUSAL_NO_PSAP, PRESENTATION_REASON_VALUE, &v))
		return false;
	p->reason = v;
	return true;
}

static bool read_default_context(struct ber *b, const struct ber_tlv *t,
                                 struct presentation_pdu *p)
{
	const struct rule *type = &presentation_rules[PRESENTATION_TYPE];
	struct ber_tlv name;

	if (!ber_enter(b, t) ||
	    !ber_take(b, &name, BER_CONTEXT(0), type) ||
	    !ber_oid(b, &name, &p->default_abstract) ||
	    !ber_take(b, &name, BER_CONTEXT(1), type) ||
	    !ber_oid(b, &name, &p->default_transfer))
		return false;
	while (ber_next(b, &name))
		if (!presentation_undefined(b, &name, p))
			return false;
	return ber_leave(b);
}

/* ---- context lists ---- */

typedef bool item_fn(struct ber *b, const struct presentation_pdu *p,
                     struct presentation_item *out);

static bool read_items(struct ber *b, const struct ber_tlv *list, item_fn *read,
                       struct presentation_pdu *p)
{
	struct presentation_item item;
	struct ber_tlv t;

	if (!ber_enter(b, list))
		return false;
	while (ber_next(b, &t)) {
		if (t.tag != BER_SEQUENCE)
			return presentation_fail(b, &t, PRESENTATION_TYPE);
		if (p->items_n == CONTEXTS_MAX)
			presentation_fail(b, &t, PRESENTATION_CONTEXTS_LIMIT);
		item = (struct presentation_item){ 0 };
		if (!ber_enter(b, &t) || !read(b, p, &item))
			return false;
		while (ber_next(b, &t))
			if (!presentation_undefined(b, &t, p))
				return false;
		if (!ber_leave(b))
			return false;
		if (p->items_n < CONTEXTS_MAX)
			p->item[p->items_n] = item;
		if (p->items_n < UINT16_MAX)
			p->items_n++;
	}
	if (!ber_leave(b))
		return false;
	if (p->items_n == 0)
		presentation_fail(b, list, PRESENTATION_CONTEXTS_NONE);
	return true;
}

static bool read_item_id(struct ber *b, const struct presentation_pdu *p,
                         struct presentation_item *out)
{
	struct ber_tlv t;
	size_t n = p->items_n < CONTEXTS_MAX ? p->items_n : CONTEXTS_MAX;

	if (!ber_take(b, &t, BER_INTEGER, &presentation_rules[PRESENTATION_TYPE]) ||
	    !presentation_read_id(b, &t, &out->id))
		return false;
	for (size_t i = 0; i < n; i++)
		if (p->item[i].id == out->id)
			return presentation_fail(b, &t, PRESENTATION_CONTEXT_TWICE);
	if (p->kind == PPDU_CP && out->id % 2 == 0)
		presentation_fail(b, &t, PRESENTATION_CONTEXT_EVEN);
	return true;
}

static bool read_transfers(struct ber *b, const struct ber_tlv *list,
                           struct presentation_item *out)
{
	struct octets name;
	struct ber_tlv t;

	if (!ber_enter(b, list))
		return false;
	while (ber_next(b, &t)) {
		if (t.tag != BER_OBJECT_IDENTIFIER)
			return presentation_fail(b, &t, PRESENTATION_TYPE);
		if (!ber_oid(b, &t, &name))
			return false;
		if (out->transfers < PRESENTATION_TRANSFERS_MAX)
			out->transfer[out->transfers] = name;
		else if (out->transfers == PRESENTATION_TRANSFERS_MAX)
			presentation_fail(b, &t, PRESENTATION_TRANSFERS_LIMIT);
		if (out->transfers < UINT8_MAX)
			out->transfers++;
	}
	if (!ber_leave(b))
		return false;
	if (out->transfers == 0)
		presentation_fail(b, list, PRESENTATION_TRANSFERS_NONE);
	return true;
}

static bool read_definition(struct ber *b, const struct presentation_pdu *p,
                            struct presentation_item *out)
{
	const struct rule *type = &presentation_rules[PRESENTATION_TYPE];
	struct ber_tlv t;

	return read_item_id(b, p, out) &&
	       ber_take(b, &t, BER_OBJECT_IDENTIFIER, type) && ber_oid(b, &t, &out->abstract) &&
	       ber_take(b, &t, BER_SEQUENCE, type) && read_transfers(b, &t, out);
}

static bool read_identifier(struct ber *b, const struct presentation_pdu *p,
                            struct presentation_item *out)
{
	struct ber_tlv t;

	out->transfers = 1;
	return read_item_id(b, p, out) &&
	       ber_take(b, &t, BER_OBJECT_IDENTIFIER, &presentation_rules[PRESENTATION_TYPE]) &&
	       ber_oid(b, &t, &out->transfer[0]);
}

static bool read_result(struct ber *b, const struct presentation_pdu *p,
                        struct presentation_item *out)
{
	struct ber_tlv first, t;

	(void)p;
	if (!ber_take(b, &first, BER_CONTEXT(0), &presentation_rules[PRESENTATION_TYPE]) ||
	    !read_enum(b, &first, CONTEXT_PROVIDER_REJECTED, PRESENTATION_RESULT_VALUE,
	               &out->result))
		return false;
	if (ber_optional(b, &t, BER_CONTEXT(1))) {
		out->transfers = 1;
		if (!ber_oid(b, &t, &out->transfer[0]))
			return false;
	}
	if (ber_optional(b, &t, BER_CONTEXT(2))) {
		out->has_reason = true;
		if (!read_enum(b, &t, CONTEXT_REASON_LIMIT, PRESENTATION_REASON_VALUE,
		               &out->reason))
			return false;
	}
	if ((out->result == CONTEXT_ACCEPTED) != (out->transfers == 1))
		presentation_fail(b, &first, PRESENTATION_RESULT_TRANSFER);
	if ((out->result == CONTEXT_PROVIDER_REJECTED) != out->has_reason)
		presentation_fail(b, &first, PRESENTATION_RESULT_REASON);
	return ber_ok(b);
}

static bool read_definitions(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	return read_items(b, t, read_definition, p);
}

static bool read_results(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	return read_items(b, t, read_result, p);
}

static bool read_identifiers(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	return read_items(b, t, read_identifier, p);
}

/* ---- PPDUs ---- */

#define USER_DATA \
	{ BER_APPLICATION(0), PRESENTATION_USER_DATA, presentation_read_simple }, \
	{ BER_APPLICATION(1), PRESENTATION_USER_DATA, presentation_read_full }

static bool read_cp_normal(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	static const struct element table[] = {
		{ BER_CONTEXT(0), PRESENTATION_VERSION, read_version },
		{ BER_CONTEXT(1), PRESENTATION_CALLING, read_calling },
		{ BER_CONTEXT(2), PRESENTATION_CALLED, read_called },
		{ BER_CONTEXT(4), PRESENTATION_CONTEXTS, read_definitions },
		{ BER_CONTEXT(6), PRESENTATION_DEFAULT_CONTEXT, read_default_context },
		{ BER_CONTEXT(8), PRESENTATION_REQUIREMENTS, read_requirements },
		{ BER_CONTEXT(9), PRESENTATION_USER_SESSION, read_user_session },
		USER_DATA,
	};
	static const struct elements normal = ELEMENTS(table, true);

	return read_elements(b, t, &normal, p);
}

static bool read_cpa_normal(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	static const struct element table[] = {
		{ BER_CONTEXT(0), PRESENTATION_VERSION, read_version },
		{ BER_CONTEXT(3), PRESENTATION_RESPONDING, read_responding },
		{ BER_CONTEXT(5), PRESENTATION_CONTEXTS, read_results },
		{ BER_CONTEXT(8), PRESENTATION_REQUIREMENTS, read_requirements },
		{ BER_CONTEXT(9), PRESENTATION_USER_SESSION, read_user_session },
		USER_DATA,
	};
	static const struct elements normal = ELEMENTS(table, true);

	return read_elements(b, t, &normal, p);
}

static bool read_cpr_normal(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	static const struct element table[] = {
		{ BER_CONTEXT(0), PRESENTATION_VERSION, read_version },
		{ BER_CONTEXT(3), PRESENTATION_RESPONDING, read_responding },
		{ BER_CONTEXT(5), PRESENTATION_CONTEXTS, read_results },
		{ BER_CONTEXT(7), PRESENTATION_DEFAULT_RESULT, read_default_result },
		{ BER_CONTEXT(10), PRESENTATION_REASON, read_refusal },
		USER_DATA,
	};
	static const struct elements normal = ELEMENTS(table, true);

	if (!read_elements(b, t, &normal, p))
		return false;
	if (presentation_has(p, PRESENTATION_REASON) &&
	    presentation_has(p, PRESENTATION_USER_DATA))
		findings_add(b->c.findings, &presentation_rules[PRESENTATION_CPR_USER], p->user.at);
	return true;
}

static bool listed(const struct presentation_pdu *p, uint32_t id)
{
	for (size_t i = 0; i < p->items_n && i < CONTEXTS_MAX; i++)
		if (p->item[i].id == id)
			return true;
	return p->items_n > CONTEXTS_MAX;
}

/* 6.4.2.1. */
static void check_aru(struct ber *b, const struct presentation_pdu *p)
{
	struct presentation_pdvs i;
	struct presentation_pdv v;

	presentation_pdvs_init(&i, &p->user);
	while (presentation_pdvs_next(&i, &v))
		if (!listed(p, v.id)) {
			findings_add(b->c.findings, &presentation_rules[PRESENTATION_ARU_LIST],
			             p->user.at);
			return;
		}
}

static bool read_aru_normal(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	static const struct element table[] = {
		{ BER_CONTEXT(0), PRESENTATION_CONTEXTS, read_identifiers },
		USER_DATA,
	};
	static const struct elements normal = ELEMENTS(table, true);

	if (!read_elements(b, t, &normal, p))
		return false;
	check_aru(b, p);
	return true;
}

static bool read_abort_reason(struct ber *b, const struct ber_tlv *t,
                              struct presentation_pdu *p)
{
	int64_t v = 0;

	if (!ber_int_in(b, t, 0, ABORT_INVALID_VALUE,
	                &presentation_rules[PRESENTATION_ARP_REASON], &v))
		return false;
	p->reason = (uint32_t)v;
	return true;
}

static bool read_event(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	int64_t v = 0;

	if (!ber_int_in(b, t, 0, 32, &presentation_rules[PRESENTATION_ARP_EVENT_VALUE], &v))
		return false;
	p->event = (uint32_t)v;
	return true;
}

static bool read_arp(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	static const struct element table[] = {
		{ BER_CONTEXT(0), PRESENTATION_REASON, read_abort_reason },
		{ BER_CONTEXT(1), PRESENTATION_EVENT, read_event },
	};
	static const struct elements arp = ELEMENTS(table, true);

	if (!read_elements(b, t, &arp, p))
		return false;
	if (p->reason >= ABORT_UNEXPECTED_PPDU && !presentation_has(p, PRESENTATION_EVENT))
		presentation_fail(b, t, PRESENTATION_ARP_EVENT);
	return true;
}

/* The mode of CP and CPA, and what contradicts it. */
static bool settle_mode(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	bool x410 = presentation_has(p, PRESENTATION_X410_PARAMETERS);
	bool normal = presentation_has(p, PRESENTATION_NORMAL_PARAMETERS);

	if (!presentation_has(p, PRESENTATION_MODE)) {
		if (x410 == normal)
			return presentation_fail(b, t, PRESENTATION_MODE_NONE);
		p->x410 = x410;
		return presentation_fail(b, t, PRESENTATION_MODE_MISSING);
	}
	if (p->x410 ? normal : x410)
		presentation_fail(b, t, PRESENTATION_MODE_FOREIGN);
	return true;
}

static bool is_transfer(const struct presentation_item *item, struct octets name)
{
	for (size_t i = 0; i < item->transfers && i < PRESENTATION_TRANSFERS_MAX; i++)
		if (octets_equal(item->transfer[i], name))
			return true;
	return item->transfers > PRESENTATION_TRANSFERS_MAX;
}

static bool check_cp_pdv(struct ber *b, const struct presentation_pdu *p,
                         const struct presentation_pdv *v)
{
	for (size_t i = 0; i < p->items_n && i < CONTEXTS_MAX; i++) {
		const struct presentation_item *item = &p->item[i];
		enum presentation_rule rule = PRESENTATION_PDV_TRANSFER_FOREIGN;

		if (item->id != v->id)
			continue;
		if (!v->has_transfer && item->transfers > 1)
			rule = PRESENTATION_PDV_TRANSFER_MISSING;
		else if (!v->has_transfer || is_transfer(item, v->transfer))
			return true;
		return findings_add(b->c.findings, &presentation_rules[rule], p->user.at);
	}
	return p->items_n > CONTEXTS_MAX ||
	       findings_add(b->c.findings, &presentation_rules[PRESENTATION_PDV_PROPOSED],
	                    p->user.at);
}

/* 8.4.2.3, 8.4.2.6, 8.4.2.7. */
static bool check_cp_user(struct ber *b, const struct presentation_pdu *p)
{
	bool contexts = presentation_has(p, PRESENTATION_CONTEXTS);
	struct presentation_pdvs i;
	struct presentation_pdv v;

	if (p->user.form == USER_DATA_SIMPLE && contexts)
		findings_add(b->c.findings, &presentation_rules[PRESENTATION_SIMPLE_CP],
		             p->user.at);
	presentation_pdvs_init(&i, &p->user);
	while (p->user.form == USER_DATA_FULL && presentation_pdvs_next(&i, &v))
		if (!check_cp_pdv(b, p, &v))
			return false;
	return true;
}

/* CPC-type values: the same data once more, in other transfer syntaxes. */
static bool read_cpc(struct ber *b, struct presentation_pdu *p)
{
	size_t from = b->c.pos;
	struct octets raw;
	struct ber_tlv t;

	while (ber_optional(b, &t, BER_APPLICATION(0)) || ber_optional(b, &t, BER_APPLICATION(1))) {
		if (!ber_raw(b, &t, &raw))
			return false;
		if (p->cpc_n < UINT16_MAX)
			p->cpc_n++;
		p->cpc = ber_since(b, from);
	}
	return ber_ok(b);
}

static bool read_cp(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	static const struct element table[] = {
		{ BER_CONTEXT(0), PRESENTATION_MODE, read_mode },
		{ BER_CONTEXT(1), PRESENTATION_X410_PARAMETERS, read_x410 },
		{ BER_CONTEXT(2), PRESENTATION_NORMAL_PARAMETERS, read_cp_normal },
	};
	static const struct elements cp = ELEMENTS(table, false);

	p->kind = PPDU_CP;
	return read_elements(b, t, &cp, p) && settle_mode(b, t, p) && check_cp_user(b, p) &&
	       read_cpc(b, p);
}

static bool read_cpa(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	static const struct element table[] = {
		{ BER_CONTEXT(0), PRESENTATION_MODE, read_mode },
		{ BER_CONTEXT(1), PRESENTATION_X410_PARAMETERS, read_x410 },
		{ BER_CONTEXT(2), PRESENTATION_NORMAL_PARAMETERS, read_cpa_normal },
	};
	static const struct elements cpa = ELEMENTS(table, false);

	p->kind = PPDU_CPA;
	return read_elements(b, t, &cpa, p) && settle_mode(b, t, p);
}

static bool read_x410_whole(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	p->x410 = true;
	p->has |= 1u << PRESENTATION_X410_PARAMETERS;
	return read_x410(b, t, p);
}

static bool read_cpr(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	p->kind = PPDU_CPR;
	return t->tag == BER_SET ? read_x410_whole(b, t, p) : read_cpr_normal(b, t, p);
}

static bool read_abort(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	p->kind = t->tag == BER_SEQUENCE ? PPDU_ARP : PPDU_ARU;
	if (p->kind == PPDU_ARP)
		return read_arp(b, t, p);
	return t->tag == BER_SET ? read_x410_whole(b, t, p) : read_aru_normal(b, t, p);
}

static bool read_user(struct ber *b, const struct ber_tlv *t, struct presentation_pdu *p)
{
	p->has |= 1u << PRESENTATION_USER_DATA;
	if (t->tag == BER_APPLICATION(1))
		return presentation_read_full(b, t, p);
	presentation_fail(b, t, PRESENTATION_SIMPLE_HEADER);
	return presentation_read_simple(b, t, p);
}

static const struct carrier {
	uint32_t tags[3];
	element_fn *read;
} carriers[PRESENTATION_CARRIERS] = {
	[PRESENTATION_ON_CONNECT] = { { BER_SET, BER_SET, BER_SET }, read_cp },
	[PRESENTATION_ON_ACCEPT] = { { BER_SET, BER_SET, BER_SET }, read_cpa },
	[PRESENTATION_ON_REFUSE] = { { BER_SEQUENCE, BER_SET, BER_SET }, read_cpr },
	[PRESENTATION_ON_ABORT] = { { BER_SEQUENCE, BER_SET, BER_CONTEXT(0) }, read_abort },
	[PRESENTATION_ON_DATA] = { { BER_APPLICATION(1), BER_APPLICATION(0),
	                             BER_APPLICATION(0) }, read_user },
	[PRESENTATION_ON_OTHER] = { { BER_APPLICATION(1), BER_APPLICATION(0),
	                              BER_APPLICATION(0) }, read_user },
};

static void take_bare(struct presentation_pdu *p, struct octets octets)
{
	p->has = 1u << PRESENTATION_USER_DATA;
	p->user = (struct presentation_user){
		.form = USER_DATA_BARE, .simple = { octets, false }, .raw = octets };
}

bool presentation_decode(enum presentation_carrier carrier, bool bare, struct octets octets,
                         struct presentation_pdu *out, struct findings *f)
{
	const struct carrier *c = &carriers[carrier];
	struct ber_tlv t;
	struct ber b;

	*out = (struct presentation_pdu){ .version = PRESENTATION_VERSION_1 };
	if (carrier >= PRESENTATION_ON_DATA) {
		out->kind = carrier == PRESENTATION_ON_DATA ? PPDU_TD : PPDU_USER;
		if (bare) {
			take_bare(out, octets);
			return true;
		}
	}
	ber_init(&b, octets, f);
	if (!ber_next(&b, &t))
		return ber_ok(&b) && findings_add(f, &presentation_rules[PRESENTATION_TYPE], 0);
	if (t.tag != c->tags[0] && t.tag != c->tags[1] && t.tag != c->tags[2])
		return presentation_fail(&b, &t, PRESENTATION_TYPE);
	return c->read(&b, &t, out) && ber_end(&b, &presentation_rules[PRESENTATION_TRAILING]);
}
