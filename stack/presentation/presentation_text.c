/*
 * PPDUs as a line of text.
 */
#include "presentation/presentation_pdu.h"

static const struct text_name results[] = {
	{ CONTEXT_ACCEPTED, "accepted" }, { CONTEXT_USER_REJECTED, "user-rejected" },
	{ CONTEXT_PROVIDER_REJECTED, "provider-rejected" }, { 0, NULL },
};

static const struct text_name refusals[] = {
	{ REFUSAL_NOT_SPECIFIED, "not-specified" }, { REFUSAL_CONGESTION, "congestion" },
	{ REFUSAL_LIMIT, "limit" }, { REFUSAL_ADDRESS, "address-unknown" },
	{ REFUSAL_VERSION, "version" }, { REFUSAL_DEFAULT_CONTEXT, "default-context" },
	{ REFUSAL_NOT_READABLE, "not-readable" }, { REFUSAL_NO_PSAP, "no-psap" }, { 0, NULL },
};

static const struct text_name aborts[] = {
	{ ABORT_NOT_SPECIFIED, "not-specified" }, { ABORT_UNRECOGNIZED_PPDU, "unrecognized-ppdu" },
	{ ABORT_UNEXPECTED_PPDU, "unexpected-ppdu" },
	{ ABORT_UNEXPECTED_PRIMITIVE, "unexpected-primitive" },
	{ ABORT_UNRECOGNIZED_PARAMETER, "unrecognized-parameter" },
	{ ABORT_UNEXPECTED_PARAMETER, "unexpected-parameter" },
	{ ABORT_INVALID_VALUE, "invalid-value" }, { 0, NULL },
};

/* X.226 8.2, Event-identifier. */
static const struct text_name events[] = {
	{ 0, "CP" }, { 1, "CPA" }, { 2, "CPR" }, { 3, "ARU" }, { 4, "ARP" }, { 5, "AC" },
	{ 6, "ACA" }, { 7, "TD" }, { 8, "TTD" }, { 9, "TE" }, { 10, "TC" }, { 11, "TCC" },
	{ 12, "RS" }, { 13, "RSA" }, { 14, "S-RELEASE-ind" }, { 15, "S-RELEASE-cnf" },
	{ 16, "S-TOKEN-GIVE-ind" }, { 17, "S-TOKEN-PLEASE-ind" }, { 18, "S-CONTROL-GIVE-ind" },
	{ 19, "S-SYNC-MINOR-ind" }, { 20, "S-SYNC-MINOR-cnf" }, { 21, "S-SYNC-MAJOR-ind" },
	{ 22, "S-SYNC-MAJOR-cnf" }, { 23, "S-P-EXCEPTION-REPORT-ind" },
	{ 24, "S-U-EXCEPTION-REPORT-ind" }, { 25, "S-ACTIVITY-START-ind" },
	{ 26, "S-ACTIVITY-RESUME-ind" }, { 27, "S-ACTIVITY-INTERRUPT-ind" },
	{ 28, "S-ACTIVITY-INTERRUPT-cnf" }, { 29, "S-ACTIVITY-DISCARD-ind" },
	{ 30, "S-ACTIVITY-DISCARD-cnf" }, { 31, "S-ACTIVITY-END-ind" },
	{ 32, "S-ACTIVITY-END-cnf" }, { 0, NULL },
};

/* "4:version" */
static void field_named(struct text *t, const char *field, const struct text_name *names,
                        uint32_t v)
{
	text_field_u64(t, field, v);
	text_char(t, ':');
	text_named(t, names, v);
}

static void field_string(struct text *t, const char *field, const struct ber_string *s)
{
	text_field(t, field);
	ber_text_string(t, s);
}

static void transfers(struct text *t, const struct presentation_item *item)
{
	for (size_t i = 0; i < item->transfers && i < PRESENTATION_TRANSFERS_MAX; i++) {
		text_char(t, '/');
		ber_text_oid(t, item->transfer[i]);
	}
}

static void item_text(struct text *t, const struct presentation_pdu *p,
                      const struct presentation_item *item)
{
	bool result = p->kind == PPDU_CPA || p->kind == PPDU_CPR;

	if (result)
		text_named(t, results, item->result);
	else
		text_u64(t, item->id);
	if (p->kind == PPDU_CP) {
		text_char(t, ':');
		ber_text_oid(t, item->abstract);
	}
	transfers(t, item);
	if (item->has_reason) {
		text_char(t, ':');
		text_u64(t, item->reason);
	}
}

static void contexts(struct text *t, const struct presentation_pdu *p)
{
	bool result = p->kind == PPDU_CPA || p->kind == PPDU_CPR;

	if (!presentation_has(p, PRESENTATION_CONTEXTS))
		return;
	text_field(t, result ? "results" : "contexts");
	for (size_t i = 0; i < p->items_n && i < CONTEXTS_MAX; i++) {
		if (i > 0)
			text_char(t, ',');
		item_text(t, p, &p->item[i]);
	}
	if (p->items_n > CONTEXTS_MAX) {
		text_put(t, "..+");
		text_u64(t, p->items_n - CONTEXTS_MAX);
	}
}

static void pdvs(struct text *t, const struct presentation_user *u)
{
	struct presentation_pdvs i;
	struct presentation_pdv v;
	uint32_t n = 0;

	text_put(t, "full(");
	presentation_pdvs_init(&i, u);
	while (presentation_pdvs_next(&i, &v)) {
		if (n++ > 0)
			text_char(t, ',');
		text_u64(t, v.id);
		if (v.has_transfer) {
			text_char(t, '/');
			ber_text_oid(t, v.transfer);
		}
		text_char(t, ':');
		text_put(t, ber_form_name(v.value.form));
		text_char(t, ':');
		text_u64(t, ber_string_size(&v.value.value));
	}
	text_char(t, ')');
}

static void user(struct text *t, const struct presentation_user *u)
{
	if (u->form == USER_DATA_NONE)
		return;
	text_field(t, "user");
	if (u->form == USER_DATA_FULL) {
		pdvs(t, u);
		return;
	}
	text_put(t, u->form == USER_DATA_BARE ? "bare:" : "simple:");
	text_u64(t, ber_string_size(&u->simple));
}

static void parameters(struct text *t, const struct presentation_pdu *p)
{
	if (presentation_has(p, PRESENTATION_VERSION))
		text_field_u64(t, "version", p->version);
	if (presentation_has(p, PRESENTATION_CALLING))
		field_string(t, "calling", &p->calling);
	if (presentation_has(p, PRESENTATION_CALLED))
		field_string(t, "called", &p->called);
	if (presentation_has(p, PRESENTATION_RESPONDING))
		field_string(t, "responding", &p->responding);
	contexts(t, p);
	if (presentation_has(p, PRESENTATION_DEFAULT_CONTEXT)) {
		text_field(t, "default");
		ber_text_oid(t, p->default_abstract);
		text_char(t, '/');
		ber_text_oid(t, p->default_transfer);
	}
	if (presentation_has(p, PRESENTATION_DEFAULT_RESULT)) {
		text_field(t, "default-result");
		text_named(t, results, p->default_result);
	}
	if (presentation_has(p, PRESENTATION_REQUIREMENTS))
		text_field_u64(t, "requirements", p->requirements);
	if (presentation_has(p, PRESENTATION_USER_SESSION)) {
		text_field(t, "session");
		text_hex8(t, (uint8_t)(p->user_session >> 8));
		text_hex8(t, (uint8_t)p->user_session);
	}
}

void presentation_text(struct text *t, const struct presentation_pdu *p)
{
	if (t->n)
		text_char(t, ' ');
	text_put(t, presentation_ppdu_name(p->kind));
	if (p->kind == PPDU_CP || p->kind == PPDU_CPA || p->x410) {
		text_field(t, "mode");
		text_put(t, p->x410 ? "x410" : "normal");
	}
	if (presentation_has(p, PRESENTATION_X410_PARAMETERS))
		text_field_u64(t, "parameters", p->x410_parameters.n);
	parameters(t, p);
	if (presentation_has(p, PRESENTATION_REASON))
		field_named(t, "reason", p->kind == PPDU_ARP ? aborts : refusals, p->reason);
	if (presentation_has(p, PRESENTATION_EVENT))
		field_named(t, "event", events, p->event);
	user(t, &p->user);
	if (p->cpc_n)
		text_field_u64(t, "cpc", p->cpc_n);
}
