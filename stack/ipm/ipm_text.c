/*
 * Contents of X.420 as a line of text.
 */
#include "ipm/ipm_ats.h"
#include "ipm/ipm_inner.h"
#include "ipm/ipm_types.h"

static void text_name(struct text *t, const char *field, struct octets name)
{
	if (name.n == 0)
		return;
	text_field(t, field);
	p1_name_value_text(t, name);
}

static void text_id(struct text *t, const char *field, const struct ipm_id *id)
{
	if (!id->present)
		return;
	text_field(t, field);
	ber_text_string(t, &id->local);
	text_name(t, "of", id->name);
}

/* Of users who are no ATS units there is none. */
static void text_ats(struct text *t, const struct ber_string *text)
{
	struct ipm_ats a;
	size_t bad;

	if (text->segmented || !ipm_ats_decode(text->raw, &a, &bad))
		return;
	text_char(t, ' ');
	ipm_ats_text(t, &a);
}

static void text_ipm(struct text *t, const struct ipm *m)
{
	static const char *const levels[] = { "low", "normal", "high" };

	text_put(t, "IPM");
	text_id(t, "id", &m->id);
	text_name(t, "from", m->originator);
	text_field_u64(t, "to", m->primary_n);
	if (m->copy_n)
		text_field_u64(t, "copy", m->copy_n);
	if (m->blind_n)
		text_field_u64(t, "blind", m->blind_n);
	if (m->has_subject) {
		text_field(t, "subject");
		ber_text_string(t, &m->subject);
	}
	if (m->has_importance) {
		text_field(t, "importance");
		text_put(t, levels[m->importance]);
	}
	if (m->has_sensitivity)
		text_field_u64(t, "sensitivity", m->sensitivity);
	if (m->auto_forwarded)
		text_put(t, " auto-forwarded");
	text_field_u64(t, "parts", m->parts_n);
	if (m->parts_n) {
		bool context = (m->part_tag & 0xc0) == 0x80;
		const char *name = context ? ipm_part_name(m->part_tag & 0x1f) : NULL;

		text_field(t, "body");
		if (name)
			text_put(t, name);
		else
			text_hex8(t, m->part_tag);
	}
	if (m->has_text) {
		text_field_u64(t, "text", ber_string_size(&m->text));
		text_ats(t, &m->text);
	}
	if (!m->whole)
		text_put(t, " cut");
}

static void text_ipn(struct text *t, const struct ipm *m)
{
	static const char *const notices[] = {
		[IPM_NON_RECEIPT] = "non-receipt", [IPM_RECEIPT] = "receipt",
		[IPM_OTHER] = "other",
	};

	text_put(t, "IPN ");
	text_put(t, notices[m->notice]);
	text_id(t, "subject-id", &m->id);
	text_name(t, "from", m->originator);
	if (m->notice == IPM_NON_RECEIPT)
		text_field_u64(t, "reason", m->reason);
	if (m->notice == IPM_RECEIPT && m->receipt_time.raw.n) {
		text_field(t, "time");
		ber_text_string(t, &m->receipt_time);
	}
}

void ipm_text(struct text *t, const struct ipm *m)
{
	if (m->kind == IPM_MESSAGE)
		text_ipm(t, m);
	else
		text_ipn(t, m);
}
