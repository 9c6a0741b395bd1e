/*
 * Pieces of TSDUs -> SPDUs -> SS-user data, pieces of S-DATA.
 *
 * A TSDU is read where it lies if one piece has all of it, else gathered; the
 * user information of DT passes through as soon as the headers before it are
 * complete (session_head).
 */
#include "observer_inner.h"

enum rx {
	RX_HEAD,		/* a TSDU begins, or its first octets are held */
	RX_GATHER,
	RX_STREAM,		/* in the user information of DT or TD */
	RX_SKIP,		/* what is left of the TSDU is passed over */
};

void observer_session_init(struct observer_way *w)
{
	observer_held_init(&w->tsdu, TSDU_MAX);
	observer_held_init(&w->ssdu, TSDU_MAX);
}

void observer_session_drop(struct observer *o, struct observer_way *w)
{
	observer_held_drop(&w->tsdu, o->pool);
	observer_held_drop(&w->ssdu, o->pool);
}

static struct observer_span held_span(const struct observer_held *h)
{
	return (struct observer_span){ { h->octets.p, h->octets.n }, &h->places, 0 };
}

/* ---- telling SPDUs ---- */

/* The findings of octets from..to, counted from `from`. */
static void findings_between(const struct findings *all, size_t from, size_t to,
                             struct findings *out)
{
	findings_clear(out);
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].octet >= from && all->at[i].octet < to)
			findings_add(out, all->at[i].rule, all->at[i].octet - from);
}

static bool is_herald(const struct session_pdu *p, bool last)
{
	return !last && session_spdu_category(p->kind) == 0 &&
	       !session_has(p, SESSION_TOKEN_ITEM) && p->user_data.n == 0;
}

/* ---- what was agreed ---- */

static void remember_proposal(struct observer *o, struct observer_way *w,
                              const struct session_pdu *cn)
{
	enum observer_direction d = observer_direction(o, w);

	for (size_t i = 0; i < OBSERVER_DIRECTIONS; i++)
		observer_transfer_cut(o, &o->way[i]);
	o->mode = OBSERVER_MODE_UNKNOWN;
	o->contexts_n = 0;
	o->bare = false;
	o->other_application = false;
	o->agreed = false;
	o->proposed = (struct session_terms){ .units = cn->units, .version = cn->versions };
	o->terms[1 - d].extended = cn->protocol_options & 1;
	o->connecting = true;
}

/* X.225 7.4.1 b): the highest common version, the common functional units. */
static void remember_answer(struct observer *o, struct observer_way *w,
                            const struct session_pdu *ac)
{
	enum observer_direction d = observer_direction(o, w);
	struct session_terms agreed = {
		.units = o->proposed.units & ac->units,
		.version = o->proposed.version & ac->versions & 2 ? 2 : 1,
	};
	bool extended = o->terms[d].extended;

	if (!o->connecting)
		return;
	o->connecting = false;
	o->agreed = true;
	o->terms[d] = o->terms[1 - d] = agreed;
	o->terms[d].extended = extended;
	o->terms[1 - d].extended = ac->protocol_options & 1;
	o->terms[d].segmented = ac->tsdu_size_to_initiator > 0;
	o->terms[1 - d].segmented = ac->tsdu_size_to_responder > 0;
}

static void check_agreed(const struct observer *o, const struct observer_way *w,
                         const struct session_tsdu *t, struct findings *f)
{
	if (o->agreed && !f->fatal)
		session_check(t, &o->terms[observer_direction(o, w)], f);
}

/* ---- what SPDUs do to a transfer ---- */

typedef void effect_fn(struct observer *o, struct observer_way *w, const struct session_pdu *p);

static void on_mip(struct observer *o, struct observer_way *w, const struct session_pdu *p)
{
	(void)o;
	observer_transfer_mark(w, p->serial);
}

static void on_map(struct observer *o, struct observer_way *w, const struct session_pdu *p)
{
	on_mip(o, w, p);
	w->major = true;
}

static void on_ae(struct observer *o, struct observer_way *w, const struct session_pdu *p)
{
	(void)p;
	w->major = false;
	observer_transfer_end(o, w);
}

static void on_ai(struct observer *o, struct observer_way *w, const struct session_pdu *p)
{
	(void)o;
	(void)p;
	observer_transfer_interrupt(w);
}

static void on_ad(struct observer *o, struct observer_way *w, const struct session_pdu *p)
{
	(void)p;
	observer_transfer_cut(o, w);
}

static void on_ab(struct observer *o, struct observer_way *w, const struct session_pdu *p)
{
	(void)w;
	(void)p;
	for (size_t d = 0; d < OBSERVER_DIRECTIONS; d++)
		observer_transfer_cut(o, &o->way[d]);
}

static void take_effect(struct observer *o, struct observer_way *w, const struct session_pdu *p)
{
	static effect_fn *const effects[SESSION_SPDUS] = {
		[SPDU_CN] = remember_proposal, [SPDU_AS] = observer_transfer_start,
		[SPDU_AR] = observer_transfer_resume, [SPDU_MIP] = on_mip, [SPDU_MAP] = on_map,
		[SPDU_AE] = on_ae, [SPDU_AI] = on_ai, [SPDU_AD] = on_ad, [SPDU_AB] = on_ab,
	};

	if (effects[p->kind])
		effects[p->kind](o, w, p);
}

/* ---- segments (X.225 7.37, 7.3) ---- */

enum segment { SEGMENT_WHOLE, SEGMENT_PART, SEGMENT_LAST, SEGMENT_STRAY };

static enum segment segment_of(const struct session_pdu *p, uint8_t joining)
{
	bool overflow = joining == SPDU_CN && p->kind == SPDU_CDO;
	bool first = p->enclosure & ENCLOSURE_BEGIN, last = p->enclosure & ENCLOSURE_END;

	if (p->kind == SPDU_CN)
		return p->data_overflow ? SEGMENT_PART : SEGMENT_WHOLE;
	if (p->kind != SPDU_CDO && first)
		return last ? SEGMENT_WHOLE : SEGMENT_PART;
	if (overflow || joining == p->kind)
		return last ? SEGMENT_LAST : SEGMENT_PART;
	return SEGMENT_STRAY;
}

static void join(struct observer *o, struct observer_way *w, const struct observer_span *user,
                 struct findings *f, size_t octet)
{
	struct observer_span rest = *user;
	uint64_t stream;

	while (rest.octets.n > 0) {
		struct octets run = observer_run(&rest, &stream);

		if (observer_held_add(&w->ssdu, o->pool, run, stream))
			continue;
		findings_add(f, &session_rules[run.n > TSDU_MAX - w->ssdu.octets.n
		                               ? SESSION_TOO_LARGE : SESSION_MEMORY], octet);
		w->joining = SPDU_NONE;
		observer_held_drop(&w->ssdu, o->pool);
		return;
	}
}

/* What there is to be read of the user data of `p`: all, of all segments, or
 * nothing yet. */
static struct observer_span join_user_data(struct observer *o, struct observer_way *w,
                                           const struct session_pdu *p,
                                           const struct observer_span *tsdu, struct findings *f)
{
	struct observer_span user = observer_within(tsdu, p->user_data);
	struct observer_span nothing = observer_within(tsdu, (struct octets){ NULL, 0 });
	enum segment s = segment_of(p, w->joining);

	if (s == SEGMENT_WHOLE)
		return user;
	if (s == SEGMENT_STRAY)
		return nothing;
	if (p->kind == SPDU_CN || (p->kind != SPDU_CDO && p->enclosure & ENCLOSURE_BEGIN)) {
		observer_held_drop(&w->ssdu, o->pool);
		w->joining = (uint8_t)p->kind;
	}
	join(o, w, &user, f, p->user_at - p->at);
	return s == SEGMENT_LAST && w->joining != SPDU_NONE ? held_span(&w->ssdu) : nothing;
}

/* ---- DT and TD ---- */

static struct session_pdu bare_dt(const struct observer_way *w)
{
	struct session_pdu p;

	session_pdu_init(&p, (enum session_spdu)w->dt.code);
	p.enclosure = w->enclosure;
	if (w->enclosure != (ENCLOSURE_BEGIN | ENCLOSURE_END))
		p.has = 1u << SESSION_ENCLOSURE;
	return p;
}

static void tell_dt(struct observer *o, struct observer_way *w, enum observed part,
                    struct octets header)
{
	struct session_pdu p = bare_dt(w);

	observer_tell_stream(o, w, LAYER_SESSION, part, &w->dt, header, &p);
}

/* `header`: from the DT's SI to its user information. */
static void begin_dt(struct observer *o, struct observer_way *w, const struct session_pdu *p,
                     const struct observer_span *header, const struct findings *f)
{
	observer_stream_open(&w->dt, (uint8_t)p->kind, observer_span_from(header));
	w->dt.to = observer_span_to(header);
	w->dt.length = header->octets.n;
	w->dt.findings = *f;
	w->enclosure = p->enclosure;
	tell_dt(o, w, OBSERVED_BEGIN, header->octets);
	if (p->kind == SPDU_DT && p->enclosure & ENCLOSURE_BEGIN)
		observer_data_begin(w);
}

static void take_dt_octets(struct observer *o, struct observer_way *w, struct octets in,
                           uint64_t stream)
{
	if (in.n == 0)
		return;
	w->dt.length += in.n;
	w->dt.user += in.n;
	w->dt.to = stream + in.n;
	if (w->dt.code == SPDU_DT)
		observer_data_piece(o, w, in, stream);
}

static void take_dt_span(struct observer *o, struct observer_way *w, struct observer_span in)
{
	uint64_t stream;

	while (in.octets.n > 0) {
		struct octets run = observer_run(&in, &stream);

		take_dt_octets(o, w, run, stream);
	}
}

static void end_dt(struct observer *o, struct observer_way *w, bool cut)
{
	if (!w->dt.open)
		return;
	if (w->dt.code == SPDU_DT && (cut || w->enclosure & ENCLOSURE_END))
		observer_data_end(o, w, cut);
	tell_dt(o, w, cut ? OBSERVED_CUT : OBSERVED_END, (struct octets){ NULL, 0 });
}

/* ---- whole TSDUs ---- */

static bool is_data(const struct session_pdu *p)
{
	return p->kind == SPDU_DT || p->kind == SPDU_TD;
}

/* A DT that did not stream: behind other SPDUs, or with a long header. */
static void take_whole_dt(struct observer *o, struct observer_way *w, const struct session_pdu *p,
                          const struct observer_span *tsdu, const struct findings *f)
{
	struct octets header = { tsdu->octets.p + p->at, p->user_at - p->at };
	struct observer_span span = observer_within(tsdu, header);

	begin_dt(o, w, p, &span, f);
	take_dt_span(o, w, observer_within(tsdu, p->user_data));
	end_dt(o, w, false);
}

/* `spdu`: its octets; findings count from its first one. */
static void take_spdu(struct observer *o, struct observer_way *w, struct session_pdu *p,
                      const struct observer_span *tsdu, const struct observer_span *spdu,
                      struct findings *f)
{
	struct observer_whole told = { .layer = LAYER_SESSION, .pdu = p, .findings = f };
	struct observer_way *peer = &o->way[1 - observer_direction(o, w)];
	enum session_spdu kind = p->kind;
	struct observer_span user;

	if (is_data(p)) {
		take_whole_dt(o, w, p, tsdu, f);
		return;
	}
	if (kind == SPDU_MAA_AEA)
		p->kind = kind = peer->major ? SPDU_MAA : SPDU_AEA;
	user = join_user_data(o, w, p, tsdu, f);
	told.code = (uint8_t)kind;
	told.herald = is_herald(p, spdu->at + spdu->octets.n == tsdu->octets.n);
	observer_tell_whole(o, w, spdu, &told);
	take_effect(o, w, p);
	if (user.octets.n == 0)
		return;
	observer_user_data(o, w, kind == SPDU_CDO ? SPDU_CN : kind, &user);
	w->joining = SPDU_NONE;
	observer_held_drop(&w->ssdu, o->pool);
}

static struct observer_span part_of(const struct observer_span *tsdu, size_t from, size_t to)
{
	return observer_within(tsdu, (struct octets){ tsdu->octets.p + from, to - from });
}

/* The decoder leaves what it recognised of the SPDU that it could not read behind those
 * that it could. */
static void forget_spdus(struct session_tsdu *t)
{
	t->n = 0;
	for (size_t i = 0; i < SESSION_SPDUS_MAX; i++)
		t->pdu[i].kind = SPDU_NONE;
}

/* The SPDU that could not be read, as far as it was recognised. */
static uint8_t damaged_kind(const struct session_tsdu *t)
{
	return t->n < SESSION_SPDUS_MAX ? (uint8_t)t->pdu[t->n].kind : SPDU_NONE;
}

/* What could not be read, from octet `from` on. */
static void tell_damaged(struct observer *o, const struct observer_way *w, uint8_t kind,
                         const struct observer_span *tsdu, size_t from, const struct findings *all)
{
	struct observer_span span = part_of(tsdu, from, tsdu->octets.n);
	struct findings f;
	struct observer_whole told = { .layer = LAYER_SESSION, .code = kind, .findings = &f };

	findings_between(all, from, SIZE_MAX, &f);
	observer_tell_whole(o, w, &span, &told);
}

/* What there is of a TSDU whose end is not known; `why` NULL: octets are missing. */
static void tell_part(struct observer *o, const struct observer_way *w, const struct rule *why)
{
	struct observer_span held = held_span(&w->tsdu);
	struct session_tsdu t;
	struct findings f;
	struct observer_whole told = {
		.layer = LAYER_SESSION, .part = OBSERVED_CUT, .findings = &f,
	};

	forget_spdus(&t);
	findings_clear(&f);
	session_decode_tsdu(held.octets, &t, &f);
	told.code = damaged_kind(&t);
	if (told.code == SPDU_NONE && t.n > 0)
		told.code = (uint8_t)t.pdu[t.n - 1].kind;
	findings_clear(&f);
	if (why)
		findings_add(&f, why, held.octets.n);
	observer_tell_whole(o, w, &held, &told);
}

static void take_spdus(struct observer *o, struct observer_way *w, struct session_tsdu *t,
                       size_t end, const struct observer_span *tsdu, const struct findings *all)
{
	for (size_t i = 0; i < t->n; i++) {
		bool last = i + 1 == t->n;
		size_t from = t->pdu[i].at, to = last ? end : t->pdu[i + 1].at;
		struct observer_span span = part_of(tsdu, from, to);
		struct findings f;

		findings_between(all, from, last && end == tsdu->octets.n ? SIZE_MAX : to, &f);
		take_spdu(o, w, &t->pdu[i], tsdu, &span, &f);
	}
}

/* Where what could not be read begins: the SPDU behind those that could.  A
 * fatal finding about their order lies within them. */
static size_t damaged_from(const struct session_tsdu *t, const struct findings *f, size_t length)
{
	const struct finding *fatal = findings_fatal(f);
	size_t last = t->n > 0 ? t->pdu[t->n - 1].at : 0;

	if (!fatal || (t->n > 0 && fatal->octet <= last))
		return length;
	if (t->n < SESSION_SPDUS_MAX && t->pdu[t->n].kind != SPDU_NONE)
		return t->pdu[t->n].at;
	return fatal->octet < length ? fatal->octet : length;
}

static void take_tsdu(struct observer *o, struct observer_way *w,
                      const struct observer_span *tsdu)
{
	struct session_tsdu t;
	struct findings f;
	bool unsure = w->unsure;
	size_t end;

	forget_spdus(&t);
	findings_clear(&f);
	w->unsure = false;
	if (!session_decode_tsdu(tsdu->octets, &t, &f) && unsure)
		return;
	if (t.n == 1 && t.pdu[0].kind == SPDU_AC)
		remember_answer(o, w, &t.pdu[0]);
	check_agreed(o, w, &t, &f);
	end = damaged_from(&t, &f, tsdu->octets.n);
	take_spdus(o, w, &t, end, tsdu, &f);
	if (end < tsdu->octets.n || t.n == 0)
		tell_damaged(o, w, damaged_kind(&t), tsdu, end, &f);
}

/* ---- pieces ---- */

/* false: it cannot be held, and the rest of the TSDU is passed over. */
static bool hold(struct observer *o, struct observer_way *w, struct octets octets, uint64_t at)
{
	if (observer_held_add(&w->tsdu, o->pool, octets, at))
		return true;
	if (!w->unsure)
		tell_part(o, w, &session_rules[octets.n > TSDU_MAX - w->tsdu.octets.n
		                               ? SESSION_TOO_LARGE : SESSION_MEMORY]);
	observer_held_drop(&w->tsdu, o->pool);
	w->rx = RX_SKIP;
	return false;
}

static void gather_piece(struct observer *o, struct observer_way *w,
                         const struct observer_piece *piece)
{
	struct observer_places here = { .first = piece->at };
	struct observer_span span = { piece->octets, &here, 0 };

	w->rx = RX_GATHER;
	if (piece->last && w->tsdu.octets.n == 0) {
		take_tsdu(o, w, &span);
	} else if (hold(o, w, piece->octets, piece->at) && piece->last) {
		span = held_span(&w->tsdu);
		take_tsdu(o, w, &span);
	}
}

/* `seen`: the first octets, with all headers; `rest`: what came with them. */
static void begin_stream(struct observer *o, struct observer_way *w, struct session_head *head,
                         const struct observer_span *seen, struct findings *f, bool whole)
{
	struct session_tsdu *t = &head->tsdu;
	struct session_pdu *dt = &t->pdu[t->n - 1];
	struct observer_span header = part_of(seen, dt->at, head->user_at);
	struct findings own;

	w->unsure = false;
	if (whole)
		session_head_end(head, seen->octets.n, f);
	check_agreed(o, w, t, f);
	t->n--;
	take_spdus(o, w, t, dt->at, seen, f);
	findings_between(f, dt->at, SIZE_MAX, &own);
	begin_dt(o, w, dt, &header, &own);
	take_dt_span(o, w, part_of(seen, head->user_at, seen->octets.n));
	w->rx = RX_STREAM;
}

/* The first octets of the TSDU: in place if it begins with this piece, else
 * held, but no more of them than session_head() may want. */
static bool first_octets(struct observer *o, struct observer_way *w,
                         const struct observer_piece *piece, struct observer_span *seen,
                         struct observer_piece *rest)
{
	size_t most = SESSION_HEAD_MAX - w->tsdu.octets.n;
	size_t n = piece->octets.n < most ? piece->octets.n : most;

	if (w->tsdu.octets.n == 0) {
		*rest = (struct observer_piece){ { NULL, 0 }, piece->at, piece->last };
		return true;
	}
	if (!hold(o, w, (struct octets){ piece->octets.p, n }, piece->at))
		return false;
	*rest = (struct observer_piece){ { piece->octets.p + n, piece->octets.n - n },
	                                 piece->at + n, piece->last };
	*seen = held_span(&w->tsdu);
	return true;
}

static void stream_piece(struct observer *o, struct observer_way *w,
                         const struct observer_piece *piece)
{
	take_dt_octets(o, w, piece->octets, piece->at);
	if (piece->last)
		end_dt(o, w, false);
}

/* Do they stream, are they to be gathered, or must more of them come first? */
static void head_piece(struct observer *o, struct observer_way *w,
                       const struct observer_piece *piece)
{
	struct observer_places here = { .first = piece->at };
	struct observer_span seen = { piece->octets, &here, 0 };
	struct observer_piece rest;
	struct session_head head;
	struct findings f;
	bool fresh = w->tsdu.octets.n == 0, whole;

	if (!first_octets(o, w, piece, &seen, &rest))
		return;
	findings_clear(&f);
	whole = piece->last && rest.octets.n == 0;
	switch (session_head(seen.octets, whole, &head, &f)) {
	case SESSION_HEAD_STREAM:
		if (!whole && seen.octets.n + rest.octets.n == head.user_at)
			break;		/* user information is still to come */
		begin_stream(o, w, &head, &seen, &f, whole);
		observer_held_drop(&w->tsdu, o->pool);
		stream_piece(o, w, &rest);
		return;
	case SESSION_HEAD_GATHER:
		gather_piece(o, w, fresh ? piece : &rest);
		return;
	default:
		break;
	}
	if (fresh)
		hold(o, w, seen.octets, piece->at);
}

void observer_session_piece(struct observer *o, struct observer_way *w,
                            const struct observer_piece *piece)
{
	static void (*const take[])(struct observer *, struct observer_way *,
	                            const struct observer_piece *) = {
		[RX_HEAD] = head_piece, [RX_GATHER] = gather_piece, [RX_STREAM] = stream_piece,
	};

	if (w->rx != RX_SKIP)
		take[w->rx](o, w, piece);
	if (!piece->last)
		return;
	observer_held_drop(&w->tsdu, o->pool);
	observer_session_next(w, true);
}

void observer_session_cut(struct observer *o, struct observer_way *w)
{
	end_dt(o, w, true);
	if (w->tsdu.octets.n > 0 && !w->unsure)
		tell_part(o, w, NULL);
	w->joining = SPDU_NONE;
	observer_session_drop(o, w);
}

void observer_session_skip(struct observer_way *w)
{
	w->rx = RX_SKIP;
}

void observer_session_next(struct observer_way *w, bool sure)
{
	w->rx = RX_HEAD;
	w->unsure = !sure;
}
