/*
 * APDUs of RTSE as a line of text.
 */
#include "rtse/rtse.h"

#include "ber/ber.h"

static const char *const kind_names[RTSE_KINDS] = {
	[RTSE_RTORQ] = "RTORQ", [RTSE_RTOAC] = "RTOAC", [RTSE_RTORJ] = "RTORJ",
	[RTSE_RTTP] = "RTTP", [RTSE_RTTR] = "RTTR", [RTSE_RTAB] = "RTAB",
};

const char *rtse_kind_name(enum rtse_kind kind)
{
	return (unsigned)kind < RTSE_KINDS ? kind_names[kind] : "?";
}

const char *rtse_failure_name(enum rtse_failure failure)
{
	static const char *const names[] = {
		[RTSE_FAIL_NONE] = "none",
		[RTSE_FAIL_REQUEST] = "request",
		[RTSE_FAIL_DISCARDED] = "discarded",
		[RTSE_FAIL_INTERRUPTED] = "interrupted",
		[RTSE_FAIL_EXCEPTION] = "exception",
		[RTSE_FAIL_TIME] = "time",
		[RTSE_FAIL_ABORTED] = "aborted",
	};

	return (unsigned)failure < sizeof names / sizeof *names ? names[failure] : "?";
}

static const struct text_name dialogues[] = {
	{ RTSE_MONOLOGUE, "monologue" },
	{ RTSE_TWO_WAY_ALTERNATE, "two-way-alternate" },
	{ 0, NULL },
};

static const struct text_name refusals[] = {
	{ RTSE_REFUSE_BUSY, "busy" },
	{ RTSE_REFUSE_CANNOT_RECOVER, "cannot-recover" },
	{ RTSE_REFUSE_VALIDATION, "validation-failure" },
	{ RTSE_REFUSE_DIALOGUE_MODE, "unacceptable-dialogue-mode" },
	{ 0, NULL },
};

static const struct text_name aborts[] = {
	{ RTSE_ABORT_LOCAL_SYSTEM, "local-system-problem" },
	{ RTSE_ABORT_INVALID_PARAMETER, "invalid-parameter" },
	{ RTSE_ABORT_UNRECOGNIZED_ACTIVITY, "unrecognized-activity" },
	{ RTSE_ABORT_TEMPORARY, "temporary-problem" },
	{ RTSE_ABORT_PROTOCOL_ERROR, "protocol-error" },
	{ RTSE_ABORT_PERMANENT, "permanent-problem" },
	{ RTSE_ABORT_USER, "user-error" },
	{ RTSE_ABORT_TRANSFER_COMPLETED, "transfer-completed" },
	{ 0, NULL },
};

/* A reference is one string; what else it may be is shown in hex. */
static void text_reference(struct text *t, const char *name, struct octets value)
{
	struct ber_string s = { { NULL, 0 }, false };
	struct findings f;
	struct ber_tlv tlv;
	struct ber b;

	findings_clear(&f);
	ber_init(&b, value, &f);
	text_field(t, name);
	if (ber_next(&b, &tlv) && ber_string(&b, &tlv, &s))
		ber_text_string(t, &s);
	else
		text_hex(t, value);
}

static void text_connection(struct text *t, const struct rtse_pdu *p)
{
	if (p->opening == RTSE_OPEN)
		text_field_u64(t, "open", p->user.n);
	if (p->opening != RTSE_RECOVER)
		return;
	text_put(t, " recover");
	text_reference(t, "calling", p->session.calling);
	text_reference(t, "common", p->session.common);
	if (p->session.additional.n) {
		text_field(t, "additional");
		text_quoted(t, p->session.additional);
	}
}

static void text_rtorq(struct text *t, const struct rtse_pdu *p)
{
	text_field_u64(t, "checkpoint", p->checkpoint);
	text_field_u64(t, "window", p->window);
	text_field(t, "dialogue");
	text_named(t, dialogues, p->dialogue);
	text_connection(t, p);
	if (p->has_protocol)
		text_field_u64(t, "protocol", p->protocol);
}

static void text_rtoac(struct text *t, const struct rtse_pdu *p)
{
	text_field_u64(t, "checkpoint", p->checkpoint);
	text_field_u64(t, "window", p->window);
	text_connection(t, p);
}

static void text_reason(struct text *t, const struct rtse_pdu *p, const struct text_name *names)
{
	if (p->has_reason) {
		text_field(t, "reason");
		text_named(t, names, p->reason);
	}
	if (p->has_reflected) {
		text_field(t, "reflected");
		text_hex8(t, p->reflected);
	}
	if (p->user.n)
		text_field_u64(t, "user", p->user.n);
}

static void text_rtorj(struct text *t, const struct rtse_pdu *p)
{
	text_reason(t, p, refusals);
}

static void text_rttp(struct text *t, const struct rtse_pdu *p)
{
	text_field(t, "priority");
	text_i64(t, p->priority);
}

static void text_rttr(struct text *t, const struct rtse_pdu *p)
{
	struct ber_string s = { p->user, p->constructed };

	text_field_u64(t, "data", ber_string_size(&s));
	if (p->constructed)
		text_put(t, " constructed");
}

static void text_rtab(struct text *t, const struct rtse_pdu *p)
{
	text_reason(t, p, aborts);
}

void rtse_text(struct text *t, const struct rtse_pdu *p)
{
	static void (*const texts[RTSE_KINDS])(struct text *, const struct rtse_pdu *) = {
		[RTSE_RTORQ] = text_rtorq, [RTSE_RTOAC] = text_rtoac, [RTSE_RTORJ] = text_rtorj,
		[RTSE_RTTP] = text_rttp, [RTSE_RTTR] = text_rttr, [RTSE_RTAB] = text_rtab,
	};

	text_put(t, rtse_kind_name(p->kind));
	texts[p->kind](t, p);
}
