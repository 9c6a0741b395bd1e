/*
 * Observations as lines of text.
 */
#include "observer/observer.h"

/* ---- names ---- */

static const char *p1_name_of(uint8_t code)
{
	static const char *const names[] = {
		[P1_MESSAGE] = "MESSAGE", [P1_REPORT] = "REPORT", [P1_PROBE] = "PROBE",
		[OBSERVED_BIND_ARGUMENT] = "BIND-ARGUMENT", [OBSERVED_BIND_RESULT] = "BIND-RESULT",
		[OBSERVED_BIND_ERROR] = "BIND-ERROR",
	};

	return code < sizeof names / sizeof *names ? names[code] : "?";
}

const char *observation_name(const struct observation *seen)
{
	switch (seen->layer) {
	case LAYER_TPKT:
		return seen->code == OBSERVED_FRAME ? "TPKT" : "no-TPKT";
	case LAYER_COTP:
		return seen->code != COTP_NONE ? cotp_kind_name((enum cotp_kind)seen->code) : "?";
	case LAYER_SESSION:
		return seen->code != SPDU_NONE ? session_spdu_name((enum session_spdu)seen->code)
		                               : "?";
	case LAYER_PRESENTATION:
		return seen->code != PPDU_NONE
		       ? presentation_ppdu_name((enum presentation_ppdu)seen->code) : "?";
	case LAYER_ACSE:
		return seen->code != ACSE_NONE ? acse_apdu_name((enum acse_apdu)seen->code) : "?";
	case LAYER_RTSE:
		return seen->code < RTSE_KINDS ? rtse_kind_name((enum rtse_kind)seen->code) : "?";
	case LAYER_P1:
		return p1_name_of(seen->code);
	case LAYER_IPM:
		return seen->code == IPM_MESSAGE ? "IPM" : "IPN";
	default:
		return "?";
	}
}

/* ---- lines ---- */

static void tpkt_line(struct text *t, const struct observation *seen)
{
	tpkt_text(t, seen->as.tpkt);
}

static void cotp_line(struct text *t, const struct observation *seen)
{
	cotp_text(t, seen->as.cotp);
}

static void session_line(struct text *t, const struct observation *seen)
{
	session_text(t, seen->as.session);
}

static void presentation_line(struct text *t, const struct observation *seen)
{
	presentation_text(t, seen->as.presentation);
}

static void acse_line(struct text *t, const struct observation *seen)
{
	acse_text(t, seen->as.acse);
}

static void rtse_line(struct text *t, const struct observation *seen)
{
	rtse_text(t, seen->as.rtse);
}

static void p1_line(struct text *t, const struct observation *seen)
{
	if (seen->code >= OBSERVED_BIND_ARGUMENT)
		p1_bind_text(t, seen->as.bind);
	else
		p1_text(t, seen->as.p1);
}

static void ipm_line(struct text *t, const struct observation *seen)
{
	ipm_text(t, seen->as.ipm);
}

static void name_line(struct text *t, const struct observation *seen)
{
	text_put(t, observation_name(seen));
	if (seen->part == OBSERVED_WHOLE || seen->as.any == NULL)
		text_field_u64(t, "octets", seen->length);
}

static bool is_data(const struct observation *seen)
{
	return (seen->layer == LAYER_SESSION && (seen->code == SPDU_DT || seen->code == SPDU_TD)) ||
	       (seen->layer == LAYER_PRESENTATION && seen->code == PPDU_TD) ||
	       (seen->layer == LAYER_RTSE && seen->code == RTSE_RTTR);
}

/* What streams: its name, and the user data that have passed. */
static void passed(struct text *t, const struct observation *seen)
{
	if (seen->layer == LAYER_SESSION && seen->as.session)
		session_line(t, seen);
	else
		text_put(t, observation_name(seen));
	if (seen->context)
		text_field_u64(t, "context", seen->context);
	if (seen->part != OBSERVED_BEGIN)
		text_field_u64(t, "user", seen->user);
}

void observation_text(struct text *t, const struct observation *seen)
{
	static void (*const lines[LAYERS])(struct text *, const struct observation *) = {
		[LAYER_TPKT] = tpkt_line, [LAYER_COTP] = cotp_line, [LAYER_SESSION] = session_line,
		[LAYER_PRESENTATION] = presentation_line, [LAYER_ACSE] = acse_line,
		[LAYER_RTSE] = rtse_line, [LAYER_P1] = p1_line, [LAYER_IPM] = ipm_line,
	};

	if (is_data(seen))
		passed(t, seen);
	else if (seen->as.any && lines[seen->layer])
		lines[seen->layer](t, seen);
	else
		name_line(t, seen);
	if (seen->layer == LAYER_P1 && seen->part != OBSERVED_WHOLE && seen->part != OBSERVED_BEGIN)
		text_field_u64(t, "content-octets", seen->user);
	if (seen->part == OBSERVED_CUT && seen->layer != LAYER_IPM)
		text_put(t, " ... cut");
}

/* ---- details ---- */

enum list {
	LIST_RECIPIENTS, LIST_REPORTED, LIST_TRACE, LIST_EXTENSIONS, LIST_CONTENT_EXTENSIONS,
	LIST_PRIMARY, LIST_COPY, LIST_BLIND, LISTS,
};

/* NULL: the PDU does not have it. */
static const struct p1_window *window_of(const struct observation *seen, enum list list)
{
	bool apdu = seen->layer == LAYER_P1 && seen->code < P1_KINDS;
	bool ipm = seen->layer == LAYER_IPM && seen->code == IPM_MESSAGE;
	const struct p1_apdu *a = seen->as.p1;
	const struct ipm *m = seen->as.ipm;

	if (!seen->as.any || (list < LIST_PRIMARY ? !apdu : !ipm))
		return NULL;
	switch (list) {
	case LIST_RECIPIENTS:
		return a->kind != P1_REPORT ? &a->recipients : NULL;
	case LIST_REPORTED:
		return a->kind == P1_REPORT ? &a->recipients : NULL;
	case LIST_TRACE:
		return &a->trace;
	case LIST_EXTENSIONS:
		return &a->extensions;
	case LIST_CONTENT_EXTENSIONS:
		return &a->content_extensions;
	case LIST_PRIMARY:
		return &m->primary;
	case LIST_COPY:
		return &m->copy;
	default:
		return &m->blind;
	}
}

static bool next_recipient(struct p1_iterator *it, struct text *t)
{
	struct p1_recipient r;

	if (!p1_next_recipient(it, &r))
		return false;
	p1_recipient_text(t, &r);
	return true;
}

static bool next_reported(struct p1_iterator *it, struct text *t)
{
	struct p1_reported r;

	if (!p1_next_reported(it, &r))
		return false;
	p1_reported_text(t, &r);
	return true;
}

static bool next_trace(struct p1_iterator *it, struct text *t)
{
	struct p1_trace e;

	if (!p1_next_trace(it, &e))
		return false;
	p1_trace_text(t, &e);
	return true;
}

static bool next_extension(struct p1_iterator *it, struct text *t)
{
	struct p1_extension x;

	if (!p1_next_extension(it, &x))
		return false;
	p1_extension_text(t, &x);
	return true;
}

static bool next_ipm_recipient(struct p1_iterator *it, struct text *t)
{
	struct ipm_recipient r;

	if (!ipm_next_recipient(it, &r))
		return false;
	if (r.name.n > 0) {
		text_field(t, "name");
		p1_name_value_text(t, r.name);
	}
	if (r.free_form.raw.n > 0) {
		text_field(t, "free-form");
		ber_text_string(t, &r.free_form);
	}
	text_put(t, r.notify & 1 ? " receipt" : "");
	text_put(t, r.notify & 2 ? " non-receipt" : "");
	text_put(t, r.reply ? " reply" : "");
	return true;
}

void observation_details_init(struct observation_details *d, const struct observation *seen)
{
	d->seen = seen;
	d->at = (struct octets){ NULL, 0 };
	d->list = 0;
	d->walking = false;
}

bool observation_details_next(struct observation_details *d, struct text *t)
{
	static const struct {
		bool (*next)(struct p1_iterator *, struct text *);
		const char *label;
	} lists[LISTS] = {
		[LIST_RECIPIENTS] = { next_recipient, "" }, [LIST_REPORTED] = { next_reported, "" },
		[LIST_TRACE] = { next_trace, "" }, [LIST_EXTENSIONS] = { next_extension, "" },
		[LIST_CONTENT_EXTENSIONS] = { next_extension, "" },
		[LIST_PRIMARY] = { next_ipm_recipient, "to" },
		[LIST_COPY] = { next_ipm_recipient, "copy" },
		[LIST_BLIND] = { next_ipm_recipient, "blind-copy" },
	};
	struct octets whole = { NULL, 0 };
	size_t from, begun = t->n;
	uint8_t kind;

	for (; d->list < LISTS; d->list++, d->walking = false) {
		const struct p1_window *w = window_of(d->seen, (enum list)d->list);

		if (!w || !w->present)
			continue;
		if (!d->walking) {
			findings_clear(&d->ignored);
			p1_walk(&d->it, w, &d->ignored);
			d->walking = true;
		}
		kind = (uint8_t)(TEXT_KINDS + d->list);
		if (t->memory && ber_peek(&d->it.ber, &whole) && text_remembered(t, kind, whole)) {
			ber_pass(&d->it.ber, &whole);
			d->at = whole;
			return true;
		}
		text_put(t, lists[d->list].label);
		from = d->it.ber.c.pos;
		if (lists[d->list].next(&d->it, t)) {
			d->at = (struct octets){ w->base + from, d->it.ber.c.pos - from };
			if (d->at.n == whole.n)
				text_remember(t, kind, whole, begun);
			return true;
		}
		text_clear(t);
	}
	return false;
}
