/*
 * APDUs of X.227 as a line of text.
 */
#include "acse/acse_pdu.h"

static const struct text_name results[] = {
	{ ACSE_ACCEPTED, "accepted" }, { ACSE_REJECTED_PERMANENT, "rejected-permanent" },
	{ ACSE_REJECTED_TRANSIENT, "rejected-transient" }, { 0, NULL },
};

static const struct text_name user_diagnostics[] = {
	{ 0, "null" }, { 1, "no-reason" }, { 2, "context-name" }, { 3, "calling-ap-title" },
	{ 4, "calling-ap-invocation" }, { 5, "calling-ae-qualifier" },
	{ 6, "calling-ae-invocation" }, { 7, "called-ap-title" }, { 8, "called-ap-invocation" },
	{ 9, "called-ae-qualifier" }, { 10, "called-ae-invocation" },
	{ 11, "mechanism-not-recognized" }, { 12, "mechanism-required" },
	{ 13, "authentication-failure" }, { 14, "authentication-required" }, { 0, NULL },
};

static const struct text_name provider_diagnostics[] = {
	{ 0, "null" }, { 1, "no-reason" }, { 2, "no-common-version" }, { 0, NULL },
};

static const struct text_name abort_diagnostics[] = {
	{ 1, "no-reason" }, { 2, "protocol-error" }, { 3, "mechanism-not-recognized" },
	{ 4, "mechanism-required" }, { 5, "authentication-failure" },
	{ 6, "authentication-required" }, { 0, NULL },
};

static const struct text_name request_reasons[] = {
	{ ACSE_NORMAL, "normal" }, { ACSE_URGENT, "urgent" },
	{ ACSE_USER_DEFINED, "user-defined" }, { 0, NULL },
};

static const struct text_name response_reasons[] = {
	{ ACSE_NORMAL, "normal" }, { ACSE_NOT_FINISHED, "not-finished" },
	{ ACSE_USER_DEFINED, "user-defined" }, { 0, NULL },
};

static const struct text_name sources[] = {
	{ ACSE_USER, "user" }, { ACSE_PROVIDER, "provider" }, { 0, NULL },
};

/* "1:no-reason" */
static void named(struct text *t, const struct text_name *names, int64_t v)
{
	text_i64(t, v);
	text_char(t, ':');
	if (v >= 0 && v <= UINT32_MAX)
		text_named(t, names, (uint32_t)v);
	else
		text_char(t, '?');
}

static void oid_field(struct text *t, const char *name, struct octets oid)
{
	text_field(t, name);
	ber_text_oid(t, oid);
}

/* The first element of `whole`, for a look at its tag. */
static bool first_of(struct octets whole, struct ber *b, struct findings *none,
                     struct ber_tlv *tlv)
{
	findings_clear(none);
	ber_init(b, whole, none);
	return ber_next(b, tlv);
}

/* An OID, an INTEGER, or "name:23", "rdn:12". */
static void title(struct text *t, struct octets whole, const char *other)
{
	struct findings none;
	struct octets oid;
	struct ber_tlv v;
	struct ber b;
	int64_t n;

	if (first_of(whole, &b, &none, &v) && v.tag == BER_OBJECT_IDENTIFIER &&
	    ber_oid(&b, &v, &oid)) {
		ber_text_oid(t, oid);
	} else if (first_of(whole, &b, &none, &v) && v.tag == BER_INTEGER &&
	           ber_int(&b, &v, &n)) {
		text_i64(t, n);
	} else {
		text_put(t, other);
		text_u64(t, whole.n);
	}
}

struct entity_names {
	const char *ap, *ae, *ap_invocation, *ae_invocation;
};

static void entity(struct text *t, const struct acse_pdu *p, enum acse_field first,
                   const struct acse_entity *e, const struct entity_names *names)
{
	if (acse_has(p, first)) {
		text_field(t, names->ap);
		title(t, e->ap_title, "name:");
	}
	if (acse_has(p, first + 1)) {
		text_field(t, names->ae);
		title(t, e->ae_qualifier, "rdn:");
	}
	if (acse_has(p, first + 2)) {
		text_field(t, names->ap_invocation);
		text_i64(t, e->ap_invocation);
	}
	if (acse_has(p, first + 3)) {
		text_field(t, names->ae_invocation);
		text_i64(t, e->ae_invocation);
	}
}

static void entities(struct text *t, const struct acse_pdu *p)
{
	static const struct entity_names called = {
		"called-ap", "called-ae", "called-ap-inv", "called-ae-inv" };
	static const struct entity_names calling = {
		"calling-ap", "calling-ae", "calling-ap-inv", "calling-ae-inv" };
	static const struct entity_names responding = {
		"responding-ap", "responding-ae", "responding-ap-inv", "responding-ae-inv" };

	entity(t, p, ACSE_HAS_CALLED_AP_TITLE, &p->called,
	       p->kind == ACSE_AARE ? &responding : &called);
	entity(t, p, ACSE_HAS_CALLING_AP_TITLE, &p->calling, &calling);
}

static void diagnostic(struct text *t, const struct acse_pdu *p)
{
	if (!acse_has(p, ACSE_HAS_DIAGNOSTIC))
		return;
	text_field(t, "diagnostic");
	if (p->kind == ACSE_ABRT) {
		named(t, abort_diagnostics, p->diagnostic);
		return;
	}
	text_named(t, sources, p->source);
	text_char(t, ':');
	named(t, p->source == ACSE_USER ? user_diagnostics : provider_diagnostics, p->diagnostic);
}

static void authentication(struct text *t, struct octets whole)
{
	static const struct text_name forms[] = {
		{ 0, "charstring" }, { 1, "bitstring" }, { 2, "external" }, { 3, "other" },
		{ 0, NULL },
	};
	struct octets contents = { NULL, 0 };
	struct findings none;
	struct ber_tlv v;
	struct ber b;

	text_field(t, "authentication");
	if (!first_of(whole, &b, &none, &v) || !ber_contents(&b, &v, &contents))
		return;
	text_named(t, forms, v.tag & ~BER_CONTEXT(0));
	text_char(t, ':');
	text_u64(t, contents.n);
}

static void context_names(struct text *t, struct octets names)
{
	struct findings none;
	struct octets oid;
	struct ber_tlv v;
	struct ber b;
	bool more = false;

	text_field(t, "contexts");
	findings_clear(&none);
	ber_init(&b, names, &none);
	while (ber_next(&b, &v) && ber_oid(&b, &v, &oid)) {
		if (more)
			text_char(t, ',');
		more = true;
		ber_text_oid(t, oid);
	}
}

static void optional(struct text *t, const struct acse_pdu *p)
{
	if (acse_has(p, ACSE_HAS_REQUIREMENTS))
		text_field_u64(t, "requirements", p->requirements);
	if (acse_has(p, ACSE_HAS_MECHANISM))
		oid_field(t, "mechanism", p->mechanism);
	if (acse_has(p, ACSE_HAS_AUTHENTICATION))
		authentication(t, p->authentication);
	if (acse_has(p, ACSE_HAS_CONTEXT_NAMES))
		context_names(t, p->context_names);
	if (acse_has(p, ACSE_HAS_IMPLEMENTATION)) {
		text_field(t, "implementation");
		ber_text_string(t, &p->implementation);
	}
}

static void user(struct text *t, const struct acse_pdu *p)
{
	struct ber_external e;
	struct findings none;
	struct ber_tlv v;
	struct ber b;
	bool more = false;

	if (!acse_has(p, ACSE_HAS_USER))
		return;
	text_field(t, "user");
	findings_clear(&none);
	ber_init(&b, p->user.raw, &none);
	while (ber_next(&b, &v) && ber_external(&b, &v, &e)) {
		if (more)
			text_char(t, ',');
		more = true;
		ber_text_external(t, &e);
	}
}

void acse_text(struct text *t, const struct acse_pdu *p)
{
	if (t->n)
		text_char(t, ' ');
	text_put(t, acse_apdu_name(p->kind));
	if (acse_has(p, ACSE_HAS_VERSION))
		text_field_u64(t, "version", p->version);
	if (acse_has(p, ACSE_HAS_CONTEXT_NAME))
		oid_field(t, "context", p->context_name);
	if (acse_has(p, ACSE_HAS_RESULT)) {
		text_field(t, "result");
		named(t, results, p->result);
	}
	if (acse_has(p, ACSE_HAS_SOURCE)) {
		text_field(t, "source");
		named(t, sources, p->source);
	}
	if (acse_has(p, ACSE_HAS_REASON)) {
		text_field(t, "reason");
		named(t, p->kind == ACSE_RLRQ ? request_reasons : response_reasons, p->reason);
	}
	diagnostic(t, p);
	entities(t, p);
	optional(t, p);
	user(t, p);
}
