/*
 * Activities and the octets of what they transfer -> MTS-APDU, IPM.
 */
#include "observer_inner.h"

#include <string.h>

enum phase {
	PHASE_NONE,
	PHASE_RUNNING,
	PHASE_INTERRUPTED,
};

/* Identifier octets. */
enum {
	TAG_EXTERNAL = 0x28,
	TAG_MESSAGE = 0xa0,
	TAG_PROBE = 0xa2,
};

enum { CONTENT_AHEAD = 8 };

void observer_transfer_init(struct observer_way *w)
{
	struct observer_transfer *t = &w->transfer;

	*t = (struct observer_transfer){ .phase = PHASE_NONE };
	gather_init(&t->head, ENVELOPE_MAX);
	gather_init(&t->content, OBSERVER_CONTENT_MAX);
}

static void forget_head(struct observer *o, struct observer_transfer *t)
{
	if (t->read)
		o->pool->give(o->pool, (uint8_t *)t->read, sizeof *t->read);
	t->read = NULL;
}

void observer_transfer_drop(struct observer *o, struct observer_way *w)
{
	forget_head(o, &w->transfer);
	gather_drop(&w->transfer.head, o->pool);
	gather_drop(&w->transfer.content, o->pool);
	observer_transfer_init(w);
}

/* ---- content ---- */

/* P2, P22, P772: contents with a heading of X.420.  Object identifiers are those
 * of X.420 Annex B and STANAG 4406. */
static bool is_interpersonal(const struct p1_content_type *c)
{
	static const uint8_t p2[] = { 0x56, 0x01, 0x0a, 0x00 }, p22[] = { 0x56, 0x01, 0x0a, 0x01 };
	static const uint8_t p772[] = { 0x2b, 0x1a, 0x00, 0xa2, 0x36, 0x00, 0x04, 0x01 };

	if (!c->present)
		return false;
	if (!c->is_oid)
		return c->number == P1_CONTENT_P2 || c->number == P1_CONTENT_P22;
	return octets_equal(c->oid, (struct octets){ p2, sizeof p2 }) ||
	       octets_equal(c->oid, (struct octets){ p22, sizeof p22 }) ||
	       octets_equal(c->oid, (struct octets){ p772, sizeof p772 });
}

/* Of a content that was cut only what can be read is told.  false: it is not told, because
 * more of it is to come (`first`) and its heading has not ended yet. */
static bool tell_ipm(struct observer *o, struct observer_way *w, struct octets content, bool cut,
                     bool first)
{
	struct observer_transfer *t = &w->transfer;
	struct observation seen = {
		.layer = LAYER_IPM, .code = IPM_MESSAGE, .from = t->content_from,
		.to = t->content_to, .length = content.n, .octets = content,
		.part = cut ? OBSERVED_CUT : OBSERVED_WHOLE,
	};
	struct findings f;
	struct ipm m;
	bool read;

	findings_clear(&f);
	m.kind = IPM_MESSAGE;
	read = ipm_decode(content, &m, &f);
	if (first && !read)
		return false;
	t->ipm_due = false;
	if (cut && !read)
		return true;
	seen.code = m.kind;
	seen.findings = &f;
	seen.as.ipm = read ? &m : NULL;
	observer_tell(o, w, &seen);
	return true;
}

static void tell_gathered(struct observer *o, struct observer_way *w, bool cut)
{
	struct observer_transfer *t = &w->transfer;
	struct octets content = { t->content.p, t->content.n };

	if (t->ipm_due && content.n > 0)
		tell_ipm(o, w, content, cut, false);
}

static bool is_longer(const struct observer_transfer *t)
{
	return t->reader.has_length && t->reader.length > OBSERVER_CONTENT_MAX;
}

static bool content_complete(const struct observer_transfer *t)
{
	return t->reader.ended || t->content.n == OBSERVER_CONTENT_MAX ||
	       (t->reader.has_length && t->reader.content_n == t->reader.length);
}

/* A peer may say that more will come than does: he gets no more memory for it than some
 * times what he has sent. */
static bool gather(struct observer *o, struct observer_transfer *t, struct octets in)
{
	uint64_t all = t->reader.has_length && !is_longer(t) ? t->reader.length : 0;

	if (all > t->content.n && all <= CONTENT_AHEAD * (t->content.n + in.n) &&
	    !gather_expect(&t->content, o->pool, (size_t)all - t->content.n))
		return false;
	return gather_add(&t->content, o->pool, in);
}

/* Of a long content some octets are read first, mostly where they lie.  false: there are not
 * so many yet, or the heading goes on behind them. */
static bool tell_first(struct observer *o, struct observer_way *w, struct octets in)
{
	struct observer_transfer *t = &w->transfer;
	size_t had = t->content.n;
	struct octets first = { in.p, OBSERVER_CONTENT_FIRST };
	uint64_t to = t->content_to;
	bool told;

	if (!is_longer(t) || had >= first.n || had + in.n < first.n)
		return false;
	if (had > 0) {
		if (!gather_add(&t->content, o->pool, (struct octets){ in.p, first.n - had }))
			return false;
		first.p = t->content.p;
		t->content.n = (uint32_t)had;	/* the caller may add them again */
	}
	t->content_to -= had + in.n - first.n;
	told = tell_ipm(o, w, first, false, true);
	t->content_to = to;
	return told;
}

static void take_content(struct observer *o, struct observer_way *w, struct octets in,
                         uint64_t stream)
{
	struct observer_transfer *t = &w->transfer;
	size_t room = OBSERVER_CONTENT_MAX - t->content.n;

	if (o->contents && in.n > 0)
		o->contents->take(o->contents, observer_direction(o, w), in);
	if (!t->ipm_due || in.n == 0)
		return;
	if (in.n > room)
		in.n = room;
	if (t->content.n == 0)
		t->content_from = stream;
	t->content_to = stream + in.n;
	if (tell_first(o, w, in))
		return;
	if (t->content.n == 0 && (in.n == room || content_complete(t)))
		tell_ipm(o, w, in, false, false);	/* all of it, read where it lies */
	else if (!gather(o, t, in))
		t->ipm_due = false;
}

/* ---- head ---- */

static uint8_t apdu_kind(const struct observer_transfer *t)
{
	uint8_t tag = observer_first((struct octets){ t->head.p, t->head.n });

	return tag >= TAG_MESSAGE && tag <= TAG_PROBE ? (uint8_t)(tag - TAG_MESSAGE)
	                                              : (uint8_t)OBSERVED_APDU;
}

/* Findings of the head count from the value's first octet, as the reader's do. */
static bool decode_head(const struct observer_transfer *t, struct p1_apdu *apdu,
                        struct findings *f)
{
	struct findings own;
	bool read;

	findings_clear(&own);
	read = p1_decode((struct octets){ t->head.p, t->head.n }, apdu, &own);
	for (size_t i = 0; i < own.n; i++)
		findings_add(f, own.at[i].rule, own.at[i].octet + (size_t)t->head_at);
	return read;
}

/* The head as it was read when the MTS-APDU began, or read into *own. */
static const struct p1_apdu *read_head(struct observer *o, struct observer_transfer *t,
                                       enum observed part, struct p1_apdu *own)
{
	struct findings ignored;

	if (part == OBSERVED_BEGIN)
		t->read = (struct p1_apdu *)(void *)o->pool->take(o->pool, sizeof *t->read);
	else if (t->read && t->read->head.p == t->head.p && t->read->head.n == t->head.n)
		return t->read;
	findings_clear(&ignored);
	own = part == OBSERVED_BEGIN && t->read ? t->read : own;
	if (decode_head(t, own, part == OBSERVED_BEGIN ? &t->apdu.findings : &ignored))
		return own;
	forget_head(o, t);
	return NULL;
}

static void tell_apdu(struct observer *o, struct observer_way *w, enum observed part)
{
	struct observer_transfer *t = &w->transfer;
	struct octets head = { t->head.p, t->head.n };
	const struct p1_apdu *apdu;
	struct p1_apdu own;

	t->apdu.code = apdu_kind(t);
	t->apdu.length = t->at;
	t->apdu.user = t->reader.content_n;
	apdu = t->reader.head_done ? read_head(o, t, part, &own) : NULL;
	if (part == OBSERVED_BEGIN)
		t->ipm_due = apdu && apdu->kind == P1_MESSAGE &&
		             is_interpersonal(&apdu->content_type);
	observer_tell_stream(o, w, LAYER_P1, part, &t->apdu, head, apdu);
}

static bool take_head(struct observer *o, struct observer_way *w, struct octets in, uint64_t at)
{
	struct observer_transfer *t = &w->transfer;
	bool large = in.n > t->head.max - t->head.n;

	if (t->head.n == 0)
		t->head_at = at;
	return gather_add(&t->head, o->pool, in) ||
	       findings_add(&t->apdu.findings, &p1_rules[large ? P1_ENVELOPE_LARGE : P1_MEMORY],
	                    (size_t)at);
}

/* ---- the value ---- */

static void begin_apdu(struct observer *o, struct observer_way *w, uint64_t stream)
{
	struct observer_transfer *t = &w->transfer;

	p1_reader_init(&t->reader, o->mode == OBSERVER_X410);
	observer_stream_open(&t->apdu, OBSERVED_APDU, stream);
}

/* One run of the value.  Returns the octets taken. */
static size_t take_run(struct observer *o, struct observer_way *w, struct octets in,
                       uint64_t stream)
{
	struct observer_transfer *t = &w->transfer;
	uint64_t at = t->reader.stream.pos;
	enum p1_part part;
	struct octets out;
	size_t n = p1_reader_push(&t->reader, in, &part, &out, &t->apdu.findings);

	t->at += n;
	t->apdu.to = stream + n;
	if (part == P1_PART_HEAD)
		take_head(o, w, out, at + n - out.n);
	else if (part == P1_PART_CONTENT)
		take_content(o, w, out, stream + n - out.n);
	return n;
}

static void end_apdu(struct observer *o, struct observer_way *w, enum observed part)
{
	tell_gathered(o, w, part == OBSERVED_CUT);
	tell_apdu(o, w, part);
	w->transfer.failed = true;
}

/* What the run has made complete. */
static void settle(struct observer *o, struct observer_way *w)
{
	struct observer_transfer *t = &w->transfer;

	if (t->apdu.findings.fatal) {
		end_apdu(o, w, OBSERVED_END);
		return;
	}
	if (t->reader.head_done && !t->begun) {
		t->begun = true;
		tell_apdu(o, w, OBSERVED_BEGIN);
	}
	if (content_complete(t))
		tell_gathered(o, w, false);
}

/* Data without an activity: it began before the octets that we have. */
static bool begins_value(const struct observer *o, struct octets in)
{
	uint8_t tag = observer_first(in);

	return o->mode == OBSERVER_X410 ? tag >= TAG_MESSAGE && tag <= TAG_PROBE
	                                : tag == TAG_EXTERNAL;
}

static void run_activity(struct observer_transfer *t, struct octets activity)
{
	t->phase = PHASE_RUNNING;
	t->activity_n = 0;
	if (activity.n == 0 || activity.n > sizeof t->activity)
		return;
	t->activity_n = (uint8_t)activity.n;
	memcpy(t->activity, activity.p, activity.n);
}

static void begin_activity(struct observer *o, struct observer_way *w, struct octets activity)
{
	observer_transfer_cut(o, w);
	run_activity(&w->transfer, activity);
}

void observer_transfer_octets(struct observer *o, struct observer_way *w, struct octets in,
                              uint64_t stream)
{
	struct observer_transfer *t = &w->transfer;
	size_t again = t->again < in.n ? (size_t)t->again : in.n;

	if (in.n == again) {
		t->again -= again;
		return;
	}
	t->again = 0;
	in = (struct octets){ in.p + again, in.n - again };
	stream += again;
	if (t->phase != PHASE_RUNNING && begins_value(o, in))
		begin_activity(o, w, (struct octets){ NULL, 0 });
	if (t->phase != PHASE_RUNNING || t->failed)
		return;
	if (t->at == 0)
		begin_apdu(o, w, stream);
	while (in.n > 0 && !t->failed) {
		size_t n = take_run(o, w, in, stream);

		settle(o, w);
		in.p += n;
		in.n -= n;
		stream += n;
	}
}

/* ---- activities ---- */

void observer_transfer_start(struct observer *o, struct observer_way *w,
                             const struct session_pdu *as)
{
	begin_activity(o, w, as->activity);
}

static bool knows(const struct observer_transfer *t, const struct session_pdu *ar)
{
	return t->phase == PHASE_INTERRUPTED && ar->references.calling.n == 0 &&
	       octets_equal(ar->old_activity, (struct octets){ t->activity, t->activity_n }) &&
	       ar->serial <= t->serial && t->serial - ar->serial < OBSERVER_MARKS;
}

/* X.225 7.30.1: it goes on behind sync point `serial`; 0: from its beginning. */
void observer_transfer_resume(struct observer *o, struct observer_way *w,
                              const struct session_pdu *ar)
{
	struct observer_transfer *t = &w->transfer;

	if (knows(t, ar)) {
		t->again = t->at - (ar->serial > 0 ? t->marks[ar->serial % OBSERVER_MARKS] : 0);
		run_activity(t, ar->activity);
	} else {
		begin_activity(o, w, ar->activity);
		t->failed = true;
	}
	t->serial = ar->serial;
}

void observer_transfer_interrupt(struct observer_way *w)
{
	if (w->transfer.phase == PHASE_RUNNING)
		w->transfer.phase = PHASE_INTERRUPTED;
}

void observer_transfer_mark(struct observer_way *w, uint32_t serial)
{
	struct observer_transfer *t = &w->transfer;

	t->marks[serial % OBSERVER_MARKS] = t->at - t->again;
	t->serial = serial;
}

void observer_transfer_end(struct observer *o, struct observer_way *w)
{
	struct observer_transfer *t = &w->transfer;

	if (t->phase == PHASE_RUNNING && t->at > 0 && !t->failed) {
		p1_reader_end(&t->reader, &t->apdu.findings);
		end_apdu(o, w, OBSERVED_END);
	}
	observer_transfer_drop(o, w);
}

static void cut_apdu(struct observer *o, struct observer_way *w)
{
	struct observer_transfer *t = &w->transfer;

	if (t->phase != PHASE_NONE && t->at > 0 && !t->failed)
		end_apdu(o, w, t->reader.ended ? OBSERVED_END : OBSERVED_CUT);
}

void observer_transfer_cut(struct observer *o, struct observer_way *w)
{
	cut_apdu(o, w);
	observer_transfer_drop(o, w);
}

void observer_transfer_lose(struct observer *o, struct observer_way *w)
{
	cut_apdu(o, w);
	w->transfer.failed = true;
}
