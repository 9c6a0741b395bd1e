/*
 * TPDUs as a line of text.
 */
#include "cotp/cotp_pdu.h"

static const char *const kind_names[COTP_KINDS] = {
	[COTP_NONE] = "?", [COTP_CR] = "CR", [COTP_CC] = "CC", [COTP_DR] = "DR", [COTP_DC] = "DC",
	[COTP_DT] = "DT", [COTP_ED] = "ED", [COTP_AK] = "AK", [COTP_EA] = "EA", [COTP_RJ] = "RJ",
	[COTP_ER] = "ER",
};

static const struct text_name reasons[] = {
	{ COTP_REASON_NOT_SPECIFIED, "not-specified" },
	{ COTP_REASON_CONGESTION, "congestion" },
	{ COTP_REASON_NOT_ATTACHED, "session-entity-not-attached" },
	{ COTP_REASON_ADDRESS_UNKNOWN, "address-unknown" },
	{ COTP_REASON_NORMAL, "normal" },
	{ COTP_REASON_REMOTE_CONGESTION, "remote-congestion" },
	{ COTP_REASON_NEGOTIATION_FAILED, "negotiation-failed" },
	{ COTP_REASON_DUPLICATE_REFERENCE, "duplicate-source-reference" },
	{ COTP_REASON_MISMATCHED_REFERENCES, "mismatched-references" },
	{ COTP_REASON_PROTOCOL_ERROR, "protocol-error" },
	{ COTP_REASON_REFERENCE_OVERFLOW, "reference-overflow" },
	{ COTP_REASON_REFUSED_HERE, "refused-on-this-network-connection" },
	{ COTP_REASON_LENGTH_INVALID, "length-invalid" },
	{ 0, NULL },
};

static const struct text_name causes[] = {
	{ COTP_CAUSE_NOT_SPECIFIED, "not-specified" },
	{ COTP_CAUSE_PARAMETER_CODE, "invalid-parameter-code" },
	{ COTP_CAUSE_TPDU_TYPE, "invalid-tpdu-type" },
	{ COTP_CAUSE_PARAMETER_VALUE, "invalid-parameter-value" },
	{ 0, NULL },
};

static const char *name_in(const struct text_name *table, uint32_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

const char *cotp_kind_name(enum cotp_kind kind)
{
	return (unsigned)kind < COTP_KINDS ? kind_names[kind] : "?";
}

const char *cotp_reason_name(uint8_t reason)
{
	return name_in(reasons, reason);
}

const char *cotp_cause_name(uint8_t cause)
{
	return name_in(causes, cause);
}

static void field_ref(struct text *t, const char *name, uint16_t ref)
{
	text_field(t, name);
	text_hex8(t, (uint8_t)(ref >> 8));
	text_hex8(t, (uint8_t)ref);
}

static void field_quoted(struct text *t, const char *name, struct octets o)
{
	text_field(t, name);
	text_quoted(t, o);
}

static void field_hex(struct text *t, const char *name, struct octets o)
{
	text_field(t, name);
	text_hex(t, o);
}

static void field_if(struct text *t, const char *name, uint32_t v)
{
	if (v)
		text_field_u64(t, name, v);
}

static void text_class(struct text *t, const struct cotp_pdu *pdu)
{
	text_field_u64(t, "class", pdu->class);
	field_if(t, "option", pdu->option);
	field_if(t, "credit", pdu->credit);
}

static void text_parameters(struct text *t, const struct cotp_pdu *pdu)
{
	if (pdu->has & COTP_HAS_CALLING)
		field_quoted(t, "calling", pdu->calling);
	if (pdu->has & COTP_HAS_CALLED)
		field_quoted(t, "called", pdu->called);
	if (pdu->has & COTP_HAS_SIZE)
		text_field_u64(t, "size", UINT64_C(1) << pdu->size);
	if (pdu->has & COTP_HAS_PREFERRED)
		text_field_u64(t, "preferred", (uint64_t)pdu->preferred * 128);
	if (pdu->has & COTP_HAS_ALTERNATIVES)
		field_hex(t, "alternatives", pdu->alternatives);
	if (pdu->has & COTP_HAS_OPTIONS)
		text_field_u64(t, "options", pdu->options);
	if (pdu->has & COTP_HAS_ADDITIONAL)
		field_hex(t, "additional", pdu->additional);
	if (pdu->has & COTP_HAS_INVALID)
		field_hex(t, "invalid", pdu->invalid);
	field_if(t, "others", pdu->others);
	field_if(t, "unknown", pdu->unknown);
}

static void text_reason(struct text *t, const struct cotp_pdu *pdu)
{
	bool dr = pdu->kind == COTP_DR;

	text_field(t, dr ? "reason" : "cause");
	text_named(t, dr ? reasons : causes, pdu->reason);
}

static bool has_dst_ref(const struct cotp_pdu *pdu)
{
	return pdu->kind != COTP_DT && (pdu->kind != COTP_ED || pdu->dst_ref != 0);
}

static void text_number(struct text *t, const struct cotp_pdu *pdu)
{
	bool data = pdu->kind == COTP_DT || pdu->kind == COTP_ED;

	if (data)
		text_field_u64(t, "eot", pdu->eot);
	if (pdu->nr || !data)
		text_field_u64(t, "nr", pdu->nr);
	field_if(t, "roa", pdu->roa);
	if (data)
		text_field_u64(t, "data", pdu->data_length);
}

static void text_rest(struct text *t, const struct cotp_pdu *pdu)
{
	if (pdu->kind == COTP_CR || pdu->kind == COTP_CC)
		text_class(t, pdu);
	if (pdu->kind == COTP_DR || pdu->kind == COTP_ER)
		text_reason(t, pdu);
	text_parameters(t, pdu);
	field_if(t, "data", pdu->data_length);
}

void cotp_text(struct text *t, const struct cotp_pdu *pdu)
{
	text_put(t, cotp_kind_name(pdu->kind));
	if (has_dst_ref(pdu))
		field_ref(t, "dst", pdu->dst_ref);
	if (pdu->kind <= COTP_DC)
		field_ref(t, "src", pdu->src_ref);
	if (pdu->kind >= COTP_DT && pdu->kind <= COTP_RJ)
		text_number(t, pdu);
	else
		text_rest(t, pdu);
}
