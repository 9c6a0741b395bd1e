/*
 * APDUs of X.227 read from octets.
 */
#include "acse/acse_pdu.h"

const struct rule acse_rules[ACSE_RULES_N] = {
#define ROW(...) RULE_ROW(LAYER_ACSE, __VA_ARGS__)
	ACSE_RULES(ROW)
#undef ROW
};

const char *acse_apdu_name(enum acse_apdu kind)
{
	static const char *const names[ACSE_APDUS] = {
		"none", "AARQ", "AARE", "RLRQ", "RLRE", "ABRT",
	};

	return (unsigned)kind < ACSE_APDUS ? names[kind] : "?";
}

static bool fail(struct ber *b, const struct ber_tlv *t, enum acse_rule rule)
{
	return ber_fail(b, t, &acse_rules[rule]);
}

/* ---- single fields ---- */

typedef bool field_fn(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p);

/* Into an explicit tag, to the one value in it. */
static bool open_explicit(struct ber *b, const struct ber_tlv *t, struct ber_tlv *value)
{
	if (!ber_enter(b, t))
		return false;
	if (ber_next(b, value))
		return true;
	return ber_ok(b) && fail(b, t, ACSE_EXPLICIT);
}

static bool close_explicit(struct ber *b)
{
	return ber_end(b, &acse_rules[ACSE_EXPLICIT]) && ber_leave(b);
}

static bool read_explicit_int(struct ber *b, const struct ber_tlv *t, int64_t *out)
{
	struct ber_tlv value;

	if (!open_explicit(b, t, &value))
		return false;
	if (value.tag != BER_INTEGER)
		return fail(b, &value, ACSE_EXPLICIT);
	return ber_int(b, &value, out) && close_explicit(b);
}

static bool read_bits(struct ber *b, const struct ber_tlv *t, const struct acse_pdu *p,
                      uint32_t named, uint32_t *out)
{
	struct ber_bits v;

	if (!ber_bits(b, t, &v))
		return false;
	if (v.bits & ~(uint64_t)named && p->kind != ACSE_AARQ)
		fail(b, t, ACSE_BITS);
	*out = (uint32_t)v.bits & named;
	return true;
}

static bool read_version(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	if (!read_bits(b, t, p, ACSE_VERSION_1, &p->version))
		return false;
	return p->version & ACSE_VERSION_1 || fail(b, t, ACSE_VERSION_NONE);
}

static bool read_context_name(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	struct ber_tlv name;

	if (!open_explicit(b, t, &name))
		return false;
	if (name.tag != BER_OBJECT_IDENTIFIER)
		return fail(b, &name, ACSE_EXPLICIT);
	return ber_oid(b, &name, &p->context_name) && close_explicit(b);
}

/* A CHOICE of two forms, kept whole. */
static bool read_title(struct ber *b, const struct ber_tlv *t, uint32_t form1, uint32_t form2,
                       struct octets *out)
{
	struct ber_tlv value;

	if (!open_explicit(b, t, &value))
		return false;
	if (value.tag != form1 && value.tag != form2)
		fail(b, &value, ACSE_TITLE_FORM);
	return ber_raw(b, &value, out) && close_explicit(b);
}

#define ENTITY(which) \
static bool read_##which##_ap_title(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p) \
{ \
	return read_title(b, t, BER_SEQUENCE, BER_OBJECT_IDENTIFIER, &p->which.ap_title); \
} \
static bool read_##which##_ae_qualifier(struct ber *b, const struct ber_tlv *t, \
                                        struct acse_pdu *p) \
{ \
	return read_title(b, t, BER_SET, BER_INTEGER, &p->which.ae_qualifier); \
} \
static bool read_##which##_ap_invocation(struct ber *b, const struct ber_tlv *t, \
                                         struct acse_pdu *p) \
{ \
	return read_explicit_int(b, t, &p->which.ap_invocation); \
} \
static bool read_##which##_ae_invocation(struct ber *b, const struct ber_tlv *t, \
                                         struct acse_pdu *p) \
{ \
	return read_explicit_int(b, t, &p->which.ae_invocation); \
}
ENTITY(called)
ENTITY(calling)

static bool read_result(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	int64_t v = 0;

	if (!read_explicit_int(b, t, &v))
		return false;
	if (v < ACSE_ACCEPTED || v > ACSE_REJECTED_TRANSIENT)
		return fail(b, t, ACSE_RESULT_VALUE);
	p->result = (uint8_t)v;
	return true;
}

static bool read_source_diagnostic(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	struct ber_tlv choice;

	if (!open_explicit(b, t, &choice))
		return false;
	if (choice.tag != BER_CONTEXT(1) && choice.tag != BER_CONTEXT(2))
		return fail(b, &choice, ACSE_EXPLICIT);
	p->source = choice.tag == BER_CONTEXT(1) ? ACSE_USER : ACSE_PROVIDER;
	if (!read_explicit_int(b, &choice, &p->diagnostic))
		return false;
	if (p->diagnostic < 0 || p->diagnostic > (p->source == ACSE_USER ? 14 : 2))
		fail(b, &choice, ACSE_DIAGNOSTIC_VALUE);
	return close_explicit(b);
}

static bool read_requirements(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	if (!read_bits(b, t, p, ACSE_AUTHENTICATION | ACSE_NEGOTIATION, &p->requirements))
		return false;
	return p->requirements != 0 || fail(b, t, ACSE_REQUIREMENTS_KERNEL);
}

static bool read_mechanism(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	if (!(p->requirements & ACSE_AUTHENTICATION))
		fail(b, t, ACSE_AUTHENTICATION_UNIT);
	return ber_oid(b, t, &p->mechanism);
}

static bool read_authentication(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	struct ber_tlv value;

	if (!(p->requirements & ACSE_AUTHENTICATION))
		fail(b, t, ACSE_AUTHENTICATION_UNIT);
	if (!open_explicit(b, t, &value))
		return false;
	if (value.tag < BER_CONTEXT(0) || value.tag > BER_CONTEXT(3))
		fail(b, &value, ACSE_AUTHENTICATION_FORM);
	return ber_raw(b, &value, &p->authentication) && close_explicit(b);
}

static bool read_context_names(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	struct octets oid;
	struct ber_tlv name;
	size_t end = t->body;

	if (!(p->requirements & ACSE_NEGOTIATION))
		fail(b, t, ACSE_NEGOTIATION_UNIT);
	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &name)) {
		if (name.tag != BER_OBJECT_IDENTIFIER)
			return fail(b, &name, ACSE_EXPLICIT);
		if (!ber_oid(b, &name, &oid))
			return false;
		end = b->c.pos;
	}
	p->context_names = (struct octets){ b->c.base + t->body, end - t->body };
	return ber_leave(b);
}

static bool read_implementation(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	return ber_string(b, t, &p->implementation);
}

static bool read_user(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	struct acse_user *u = &p->user;
	struct ber_external e;
	struct ber_tlv item;
	size_t end = t->body;

	if (!ber_enter(b, t))
		return false;
	while (ber_next(b, &item)) {
		if (item.tag != BER_EXTERNAL)
			return fail(b, &item, ACSE_USER_TYPE);
		if (!ber_external(b, &item, &e))
			return false;
		if (u->n++ == 0)
			u->external = e;
		end = b->c.pos;
	}
	u->raw = (struct octets){ b->c.base + t->body, end - t->body };
	if (!ber_leave(b))
		return false;
	return u->n > 0 || fail(b, t, ACSE_USER_NONE);
}

static bool read_reason(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	if (!ber_int(b, t, &p->reason))
		return false;
	if (p->reason != ACSE_NORMAL && p->reason != ACSE_URGENT && p->reason != ACSE_USER_DEFINED)
		fail(b, t, ACSE_REASON_VALUE);
	return true;
}

static bool read_abort_source(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	int64_t v = ACSE_PROVIDER;

	if (!ber_int_in(b, t, ACSE_USER, ACSE_PROVIDER, &acse_rules[ACSE_SOURCE_VALUE], &v))
		return false;
	p->source = (uint8_t)v;
	return true;
}

static bool read_abort_diagnostic(struct ber *b, const struct ber_tlv *t, struct acse_pdu *p)
{
	if (!ber_int(b, t, &p->diagnostic))
		return false;
	return (p->diagnostic >= 1 && p->diagnostic <= 6) || fail(b, t, ACSE_DIAGNOSTIC_VALUE);
}

/* ---- APDUs by table ---- */

struct field {
	uint8_t tag;			/* context-specific */
	enum acse_field field;
	field_fn *read;
};

static const struct field aarq_fields[] = {
	{ 0, ACSE_HAS_VERSION, read_version },
	{ 1, ACSE_HAS_CONTEXT_NAME, read_context_name },
	{ 2, ACSE_HAS_CALLED_AP_TITLE, read_called_ap_title },
	{ 3, ACSE_HAS_CALLED_AE_QUALIFIER, read_called_ae_qualifier },
	{ 4, ACSE_HAS_CALLED_AP_INVOCATION, read_called_ap_invocation },
	{ 5, ACSE_HAS_CALLED_AE_INVOCATION, read_called_ae_invocation },
	{ 6, ACSE_HAS_CALLING_AP_TITLE, read_calling_ap_title },
	{ 7, ACSE_HAS_CALLING_AE_QUALIFIER, read_calling_ae_qualifier },
	{ 8, ACSE_HAS_CALLING_AP_INVOCATION, read_calling_ap_invocation },
	{ 9, ACSE_HAS_CALLING_AE_INVOCATION, read_calling_ae_invocation },
	{ 10, ACSE_HAS_REQUIREMENTS, read_requirements },
	{ 11, ACSE_HAS_MECHANISM, read_mechanism },
	{ 12, ACSE_HAS_AUTHENTICATION, read_authentication },
	{ 13, ACSE_HAS_CONTEXT_NAMES, read_context_names },
	{ 29, ACSE_HAS_IMPLEMENTATION, read_implementation },
	{ 30, ACSE_HAS_USER, read_user },
};

static const struct field aare_fields[] = {
	{ 0, ACSE_HAS_VERSION, read_version },
	{ 1, ACSE_HAS_CONTEXT_NAME, read_context_name },
	{ 2, ACSE_HAS_RESULT, read_result },
	{ 3, ACSE_HAS_DIAGNOSTIC, read_source_diagnostic },
	{ 4, ACSE_HAS_CALLED_AP_TITLE, read_called_ap_title },
	{ 5, ACSE_HAS_CALLED_AE_QUALIFIER, read_called_ae_qualifier },
	{ 6, ACSE_HAS_CALLED_AP_INVOCATION, read_called_ap_invocation },
	{ 7, ACSE_HAS_CALLED_AE_INVOCATION, read_called_ae_invocation },
	{ 8, ACSE_HAS_REQUIREMENTS, read_requirements },
	{ 9, ACSE_HAS_MECHANISM, read_mechanism },
	{ 10, ACSE_HAS_AUTHENTICATION, read_authentication },
	{ 11, ACSE_HAS_CONTEXT_NAMES, read_context_names },
	{ 29, ACSE_HAS_IMPLEMENTATION, read_implementation },
	{ 30, ACSE_HAS_USER, read_user },
};

static const struct field release_fields[] = {
	{ 0, ACSE_HAS_REASON, read_reason },
	{ 30, ACSE_HAS_USER, read_user },
};

static const struct field abrt_fields[] = {
	{ 0, ACSE_HAS_SOURCE, read_abort_source },
	{ 1, ACSE_HAS_DIAGNOSTIC, read_abort_diagnostic },
	{ 30, ACSE_HAS_USER, read_user },
};

#define FIELD(x) (1u << ACSE_HAS_##x)

static const struct apdu {
	const struct field *fields;
	size_t n;
	uint32_t mandatory;		/* without them it cannot be used */
	uint32_t expected;		/* without them it is clear */
} apdus[] = {
	[ACSE_AARQ] = { aarq_fields, sizeof aarq_fields / sizeof *aarq_fields,
	                FIELD(CONTEXT_NAME), 0 },
	[ACSE_AARE] = { aare_fields, sizeof aare_fields / sizeof *aare_fields,
	                FIELD(RESULT), FIELD(CONTEXT_NAME) | FIELD(DIAGNOSTIC) },
	[ACSE_RLRQ] = { release_fields, sizeof release_fields / sizeof *release_fields, 0, 0 },
	[ACSE_RLRE] = { release_fields, sizeof release_fields / sizeof *release_fields, 0, 0 },
	[ACSE_ABRT] = { abrt_fields, sizeof abrt_fields / sizeof *abrt_fields, 0,
	                FIELD(SOURCE) },
};

static const struct field *field_of(const struct apdu *apdu, uint32_t tag)
{
	for (size_t i = 0; i < apdu->n; i++)
		if (BER_CONTEXT(apdu->fields[i].tag) == tag)
			return &apdu->fields[i];
	return NULL;
}

static bool read_fields(struct ber *b, const struct apdu *apdu, struct acse_pdu *p)
{
	const struct field *last = apdu->fields, *f;
	struct ber_tlv t;

	while (ber_next(b, &t)) {
		f = field_of(apdu, t.tag);
		if (!f) {
			if (!fail(b, &t, p->kind == ACSE_AARQ ? ACSE_EXTENSION : ACSE_FIELD))
				return false;
			continue;
		}
		if (acse_has(p, f->field))
			return fail(b, &t, ACSE_REPEATED);
		if (f < last)
			fail(b, &t, ACSE_ORDER);
		last = f;
		p->has |= 1u << f->field;
		if (!f->read(b, &t, p))
			return false;
	}
	return ber_ok(b);
}

/* Form 1 is a Name and an RDN, form 2 an OID and an INTEGER. */
static bool is_mixed(const struct acse_entity *e)
{
	struct findings none;
	struct ber_tlv title, qualifier;
	struct ber b;

	findings_clear(&none);
	ber_init(&b, e->ap_title, &none);
	if (!ber_next(&b, &title))
		return false;
	ber_init(&b, e->ae_qualifier, &none);
	if (!ber_next(&b, &qualifier))
		return false;
	return title.constructed != qualifier.constructed;
}

static bool check(struct ber *b, const struct ber_tlv *t, const struct apdu *apdu,
                  const struct acse_pdu *p)
{
	if (apdu->mandatory & ~p->has)
		return fail(b, t, ACSE_MISSING);
	if (apdu->expected & ~p->has)
		fail(b, t, ACSE_DEFAULTED);
	if (is_mixed(&p->called) || is_mixed(&p->calling))
		fail(b, t, ACSE_TITLE_MIXED);
	return true;
}

bool acse_decode(struct octets octets, struct acse_pdu *out, struct findings *f)
{
	const struct apdu *apdu;
	struct ber_tlv t;
	struct ber b;

	*out = (struct acse_pdu){ .version = ACSE_VERSION_1 };
	ber_init(&b, octets, f);
	if (!ber_next(&b, &t))
		return ber_ok(&b) && findings_add(f, &acse_rules[ACSE_TYPE], 0);
	if (t.tag < BER_APPLICATION(0) || t.tag > BER_APPLICATION(4))
		return fail(&b, &t, ACSE_TYPE);
	out->kind = (uint8_t)(ACSE_AARQ + (t.tag - BER_APPLICATION(0)));
	apdu = &apdus[out->kind];
	return ber_enter(&b, &t) && read_fields(&b, apdu, out) && ber_leave(&b) &&
	       check(&b, &t, apdu, out) && ber_end(&b, &acse_rules[ACSE_TRAILING]);
}
