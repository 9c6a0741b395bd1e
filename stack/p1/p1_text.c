/*
 * APDUs of P1 as a line of text.
 */
#include "p1/p1_pdu.h"
#include "p1/p1_types.h"

static const struct text_name priorities[] = {
	{ P1_NORMAL, "normal" },
	{ P1_NON_URGENT, "non-urgent" },
	{ P1_URGENT, "urgent" },
	{ 0, NULL },
};

static const struct text_name actions[] = {
	{ P1_RELAYED, "relayed" },
	{ P1_REROUTED, "rerouted" },
	{ 0, NULL },
};

struct flag {
	uint8_t bit;
	const char *name;
};

static const struct flag message_flags[] = {
	{ P1_DISCLOSURE_ALLOWED, "disclosure" },
	{ P1_CONVERSION_PROHIBITED, "conversion-prohibited" },
	{ P1_ALTERNATE_ALLOWED, "alternate-allowed" },
	{ P1_CONTENT_RETURN, "content-return" },
	{ 1 << 4, "bit4" },
	{ 1 << 5, "notification-2" },
	{ 1 << 6, "notification-1" },
	{ P1_SERVICE_MESSAGE, "service-message" },
	{ 0, NULL },
};

static const struct flag recipient_flags[] = {
	{ P1_RESPONSIBILITY, "responsible" },
	{ P1_MTA_REPORT, "mta-report" },
	{ P1_MTA_NON_DELIVERY, "mta-ndr" },
	{ P1_ORIGINATOR_REPORT, "report" },
	{ P1_ORIGINATOR_NON_DELIVERY, "ndr" },
	{ 1 << 5, "bit5" },
	{ 1 << 6, "bit6" },
	{ 1 << 7, "bit7" },
	{ 0, NULL },
};

/* "a,b"; "-" if none is set */
static void text_flags(struct text *t, const struct flag *f, uint8_t v)
{
	bool first = true;

	if (v == 0)
		text_char(t, '-');
	for (; f->name; f++) {
		if (!(v & f->bit))
			continue;
		if (!first)
			text_char(t, ',');
		first = false;
		text_put(t, f->name);
	}
}

static void text_name_field(struct text *t, const char *field, struct octets value)
{
	text_field(t, field);
	p1_name_value_text(t, value);
}

static void text_id_field(struct text *t, const char *field, const struct p1_mts_id *id)
{
	text_field(t, field);
	text_char(t, '"');
	p1_mts_id_text(t, id);
	text_char(t, '"');
}

static void text_domain_field(struct text *t, const char *field, const struct p1_domain *d)
{
	text_field(t, field);
	text_char(t, '"');
	p1_domain_text(t, d);
	text_char(t, '"');
}

static void text_string_field(struct text *t, const char *field, const struct ber_string *s)
{
	if (!s->raw.p)
		return;
	text_field(t, field);
	ber_text_string(t, s);
}

static void text_content_type(struct text *t, const struct p1_content_type *c)
{
	if (!c->present)
		return;
	text_field(t, "content");
	if (c->is_oid)
		ber_text_oid(t, c->oid);
	else
		text_u64(t, c->number);
}

static void text_message(struct text *t, const struct p1_apdu *a)
{
	text_id_field(t, "id", &a->id);
	text_name_field(t, "from", a->originator);
	text_field_u64(t, "to", a->recipients_n);
	if (a->kind == P1_MESSAGE) {
		text_field(t, "priority");
		text_named(t, priorities, a->priority);
	}
	text_content_type(t, &a->content_type);
	text_string_field(t, "content-id", &a->content_id);
	if (a->has_length)
		text_field_u64(t, "length", a->length);
	if (a->indicators) {
		text_field(t, "flags");
		text_flags(t, message_flags, a->indicators);
	}
	text_string_field(t, "deferred", &a->deferred);
	text_field_u64(t, "trace", a->trace_n);
	if (a->extensions_n)
		text_field_u64(t, "extensions", a->extensions_n);
}

static void text_report(struct text *t, const struct p1_apdu *a)
{
	text_id_field(t, "id", &a->id);
	text_name_field(t, "to", a->originator);
	text_id_field(t, "subject", &a->subject);
	text_field_u64(t, "delivered", a->delivered_n);
	text_field_u64(t, "failed", a->failed_n);
	text_content_type(t, &a->content_type);
	text_string_field(t, "content-id", &a->content_id);
	if (a->has_returned)
		text_field_u64(t, "returned", ber_string_size(&a->returned));
	text_field_u64(t, "trace", a->trace_n);
	if (a->extensions_n)
		text_field_u64(t, "extensions", a->extensions_n);
}

void p1_text(struct text *t, const struct p1_apdu *a)
{
	text_put(t, p1_kind_name((enum p1_kind)a->kind));
	if (a->kind == P1_REPORT)
		text_report(t, a);
	else
		text_message(t, a);
}

void p1_recipient_text(struct text *t, const struct p1_recipient *r)
{
	text_put(t, "recipient");
	text_field_u64(t, "number", r->number);
	text_name_field(t, "name", r->name);
	text_field(t, "flags");
	text_flags(t, recipient_flags, r->indicators);
	if (r->has_conversion)
		text_field_u64(t, "conversion", r->conversion);
	if (r->extensions.present)
		text_field_u64(t, "extensions", r->extensions.end - r->extensions.pos);
}

/* A code with its name: `reason=1:unable-to-transfer`. */
static void text_code(struct text *t, const char *field, uint32_t code, const char *name)
{
	text_field_u64(t, field, code);
	if (name) {
		text_char(t, ':');
		text_put(t, name);
	}
}

void p1_reported_text(struct text *t, const struct p1_reported *r)
{
	text_put(t, r->delivered ? "delivered" : "failed");
	text_field_u64(t, "number", r->number);
	text_name_field(t, "name", r->name);
	if (r->intended.n)
		text_name_field(t, "intended", r->intended);
	text_field(t, "flags");
	text_flags(t, recipient_flags, r->indicators);
	text_string_field(t, "arrival", &r->arrival);
	if (r->delivered) {
		text_string_field(t, "time", &r->delivery_time);
		text_field_u64(t, "user", r->user_type);
	} else {
		text_code(t, "reason", r->reason, p1_reason_name(r->reason));
		if (r->diagnostic != P1_NO_DIAGNOSTIC)
			text_code(t, "diagnostic", (uint32_t)r->diagnostic,
			          p1_diagnostic_name(r->diagnostic));
	}
	text_string_field(t, "supplementary", &r->supplementary);
}

void p1_trace_text(struct text *t, const struct p1_trace *e)
{
	text_put(t, "trace");
	text_domain_field(t, "domain", &e->domain);
	text_string_field(t, "arrival", &e->arrival);
	text_field(t, "action");
	text_named(t, actions, e->action);
	if (e->has_attempted)
		text_domain_field(t, "attempted", &e->attempted);
	text_string_field(t, "deferred", &e->deferred);
	if (e->converted_eits.n)
		text_field_u64(t, "eits", e->converted_eits.n);
	if (e->other_actions) {
		text_field(t, "other");
		text_hex8(t, e->other_actions);
	}
}

static const struct flag criticalities[] = {
	{ 1 << 0, "submission" },
	{ 1 << 1, "transfer" },
	{ 1 << 2, "delivery" },
	{ 0, NULL },
};

void p1_extension_text(struct text *t, const struct p1_extension *x)
{
	const char *name = x->is_oid ? NULL : p1_extension_name(x->type);

	text_put(t, "extension");
	text_field(t, "type");
	if (x->is_oid)
		ber_text_oid(t, x->oid);
	else
		text_u64(t, x->type);
	if (name) {
		text_char(t, ':');
		text_put(t, name);
	}
	if (x->criticality & 7) {
		text_field(t, "critical");
		text_flags(t, criticalities, x->criticality & 7);
	}
	text_field(t, "value");
	if (!x->is_oid && p1_open_number(p1_extension_values, x->type))
		p1_value_text(t, p1_open_number(p1_extension_values, x->type)->type, x->value);
	else
		text_hex(t, x->value);
}

/* ---- with what is listed ---- */

enum list { RECIPIENTS, REPORTED, TRACE, EXTENSIONS };

/* One element in braces; false: none is left. */
static bool text_element(struct text *t, struct p1_iterator *it, enum list list, bool show)
{
	union {
		struct p1_recipient recipient;
		struct p1_reported reported;
		struct p1_trace trace;
		struct p1_extension extension;
	} u;
	bool more = list == RECIPIENTS ? p1_next_recipient(it, &u.recipient) :
	            list == REPORTED ? p1_next_reported(it, &u.reported) :
	            list == TRACE ? p1_next_trace(it, &u.trace) :
	            p1_next_extension(it, &u.extension);

	if (!more || !show)
		return more;
	text_put(t, " {");
	if (list == RECIPIENTS)
		p1_recipient_text(t, &u.recipient);
	else if (list == REPORTED)
		p1_reported_text(t, &u.reported);
	else if (list == TRACE)
		p1_trace_text(t, &u.trace);
	else
		p1_extension_text(t, &u.extension);
	text_char(t, '}');
	return true;
}

static void text_list(struct text *t, const struct p1_window *w, enum list list, uint32_t limit)
{
	struct findings ignored;
	struct p1_iterator it;
	uint32_t n = 0;

	findings_clear(&ignored);
	p1_walk(&it, w, &ignored);
	while (text_element(t, &it, list, n < limit))
		n++;
	if (n > limit) {
		text_put(t, " {and ");
		text_u64(t, n - limit);
		text_put(t, " more}");
	}
}

void p1_text_all(struct text *t, const struct p1_apdu *a, uint32_t limit)
{
	p1_text(t, a);
	text_list(t, &a->recipients, a->kind == P1_REPORT ? REPORTED : RECIPIENTS, limit);
	text_list(t, &a->trace, TRACE, limit);
	text_list(t, &a->extensions, EXTENSIONS, limit);
	text_list(t, &a->content_extensions, EXTENSIONS, limit);
}
