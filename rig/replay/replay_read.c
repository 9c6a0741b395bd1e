/*
 * Captures as talks: streams are cut into moves, and the observer says what they are.
 */
#include "replay/replay.h"

#include "array/array.h"
#include "cotp/cotp_reader.h"
#include "cotp/cotp_rules.h"
#include "heap/heap.h"
#include "scenario/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BUCKETS = 1024,
	FIRST_MAX = 8,			/* enough for observer_guess() */
	OBSERVER_OCTETS = 64 << 20,	/* leased by all connections together */
};

/* A move in the making. */
struct making {
	uint8_t *p;			/* owned */
	size_t n, cap;
	uint64_t from;
	bool open, too_long;
};

struct way {
	struct tpkt tpkt;
	struct cotp_reader cotp;
	struct making making;
	struct making rest;		/* by PDU: octets behind the last move */
	uint32_t frame;			/* of the last octets */
	bool lost;			/* framing is, or octets are */
	bool opened;			/* its SYN was seen */
	bool ended;
	uint8_t first[FIRST_MAX];
	size_t first_n;
};

struct flow {
	struct observer_sink sink;	/* first: tell() finds the flow by it */
	struct reader *reader;
	struct flow *chain;
	uint32_t number, opened_frame;
	int64_t opened_ns;
	size_t talk;
	bool followed, ignored;
	bool middle;			/* it began before the capture did */
	struct observer observer;
	struct way way[DIRECTIONS];
};

struct reader {
	struct heap heap;		/* of all observers together */
	struct replay_capture *c;
	enum replay_cut cut;
	struct streams *streams;
	struct flow *flows[BUCKETS];
	const struct stream_event *now;
	bool failed;
};

static struct replay_talk *talk_of(const struct flow *f)
{
	return &f->reader->c->talks[f->talk];
}

static void __attribute__((format(printf, 3, 4)))
cannot(struct flow *f, unsigned d, const char *fmt, ...)
{
	char *why = talk_of(f)->why[d];
	va_list ap;

	if (why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(why, REPLAY_WHY, fmt, ap);
	va_end(ap);
}

/* ---- moves ---- */

static void add_move(struct flow *f, const struct replay_move *m, struct octets o)
{
	struct reader *r = f->reader;
	struct replay_talk *t = talk_of(f);
	struct replay_move *grown = array_room(t->moves, t->moves_n + 1, &t->moves_cap,
	                                       sizeof *grown);

	if (!grown || (o.n && fwrite(o.p, 1, o.n, r->c->octets) != o.n)) {
		r->failed = true;
		return;
	}
	t->moves = grown;
	t->moves[t->moves_n] = *m;
	t->moves[t->moves_n].frame = r->now->frame;
	t->moves[t->moves_n].time_ns = r->now->time_ns;
	t->moves[t->moves_n].at = r->c->octets_n;
	t->moves[t->moves_n++].n = (uint32_t)o.n;
	r->c->octets_n += o.n;
}

static void gather(struct flow *f, struct making *m, struct octets o, uint64_t from)
{
	if (!m->open)
		*m = (struct making){ .p = m->p, .cap = m->cap, .from = from, .open = true };
	if (m->too_long || o.n > REPLAY_TSDU_MAX - m->n) {
		m->too_long = true;
		return;
	}
	if (m->n + o.n > m->cap) {
		size_t cap = m->cap ? m->cap : 4096;
		uint8_t *grown;

		while (cap < m->n + o.n)
			cap *= 2;
		grown = realloc(m->p, cap);
		if (!grown) {
			f->reader->failed = true;
			return;
		}
		m->p = grown;
		m->cap = cap;
	}
	if (o.n)
		memcpy(m->p + m->n, o.p, o.n);
	m->n += o.n;
}

static void finish(struct flow *f, unsigned d, enum replay_move_kind kind, uint64_t to)
{
	struct making *m = &f->way[d].making;

	if (m->too_long)
		cannot(f, d, "frame %" PRIu32 ": a TSDU of more than %d KiB; --verbatim sends its "
		       "TPKTs", f->reader->now->frame, REPLAY_TSDU_MAX >> 10);
	add_move(f, &(struct replay_move){ .kind = (uint8_t)kind, .direction = (uint8_t)d,
	                                   .from = m->from, .to = to },
	         (struct octets){ m->p, m->n });
	m->open = f->way[d].rest.open = false;
}

/* What was sent of a TSDU whose end never came. */
static void finish_part(struct flow *f, unsigned d)
{
	struct way *w = &f->way[d];

	if (!w->rest.open || w->lost)
		return;
	if (w->rest.too_long)
		cannot(f, d, "frame %" PRIu32 ": a part of a TSDU of more than %d KiB; --verbatim "
		       "sends its TPKTs", w->frame, REPLAY_TSDU_MAX >> 10);
	add_move(f, &(struct replay_move){ .kind = REPLAY_PART, .direction = (uint8_t)d,
	                                   .from = w->rest.from, .to = w->tpkt.stream },
	         (struct octets){ w->rest.p, w->rest.n });
	w->rest.open = w->making.open = false;
}

/* ---- frames ---- */

static void on_piece(struct flow *f, unsigned d, const struct tpkt_piece *piece)
{
	struct way *w = &f->way[d];
	uint64_t end = piece->at + piece->octets.n;
	struct findings findings;
	struct cotp_unit unit;

	findings_clear(&findings);
	cotp_reader_push(&w->cotp, &f->reader->heap.pool, piece, &findings, &unit);
	if (findings.fatal) {
		cannot(f, d, "frame %" PRIu32 ": a TPDU that cannot be read; --verbatim sends it "
		       "as it is", f->reader->now->frame);
	} else if (unit.begins && unit.pdu.kind != COTP_DT) {
		gather(f, &w->making, unit.octets, unit.at);
		finish(f, d, REPLAY_TPDU, unit.at + unit.length);
	} else if (unit.begins || unit.data.n || unit.ends) {
		gather(f, &w->making, unit.data, unit.begins ? unit.at : unit.data_at);
		if (unit.ends && unit.eot)
			finish(f, d, REPLAY_TSDU, end);
	}
}

/* A piece of a TPKT, header included. */
struct taken {
	struct octets octets;
	uint64_t at;
	struct findings findings;
	struct tpkt_piece piece;
};

/* false: none.  Where there is no TPKT, w->lost and all that is left. */
static bool take_piece(struct way *w, struct octets *in, struct taken *out)
{
	size_t n;

	if (in->n == 0 || w->lost)
		return false;
	findings_clear(&out->findings);
	out->at = w->tpkt.stream;
	n = tpkt_push(&w->tpkt, in->p, in->n, &out->piece, &out->findings);
	w->lost = out->findings.fatal || n == 0;
	if (w->lost)
		n = in->n;
	out->octets = (struct octets){ in->p, n };
	in->p += n;
	in->n -= n;
	return true;
}

static void by_pdu(struct flow *f, unsigned d, struct octets in)
{
	struct way *w = &f->way[d];
	struct taken t;

	while (take_piece(w, &in, &t)) {
		if (w->lost) {
			cannot(f, d, "frame %" PRIu32 ": no TPKT here; --verbatim sends the octets "
			       "as they are", f->reader->now->frame);
			return;
		}
		/* Its reserved octet (RFC 1006 6): no field of what is in it. */
		if (t.findings.n)
			cannot(f, d, "frame %" PRIu32 ": a TPKT that is not as it should be; "
			       "--verbatim sends it as it is", f->reader->now->frame);
		gather(f, &w->rest, t.octets, t.at);
		if (t.piece.octets.n)
			on_piece(f, d, &t.piece);
	}
}

static void by_segment(struct flow *f, unsigned d, struct octets in)
{
	struct way *w = &f->way[d];

	gather(f, &w->making, in, w->tpkt.stream);
	w->tpkt.stream += in.n;
	finish(f, d, REPLAY_OCTETS, w->tpkt.stream);
}

/* TPKTs, header included. */
static void by_tpkt(struct flow *f, unsigned d, struct octets in)
{
	struct way *w = &f->way[d];
	struct taken t;

	while (take_piece(w, &in, &t)) {
		gather(f, &w->making, t.octets, t.at);
		if (w->lost || (t.piece.octets.n && t.piece.last))
			finish(f, d, REPLAY_OCTETS, t.at + t.octets.n);
	}
	if (in.n > 0)
		by_segment(f, d, in);
}

static void push(struct flow *f, unsigned d, struct octets in)
{
	static void (*const cutters[])(struct flow *, unsigned, struct octets) = {
		[REPLAY_BY_PDU] = by_pdu, [REPLAY_BY_TPKT] = by_tpkt,
		[REPLAY_BY_SEGMENT] = by_segment,
	};

	talk_of(f)->silent = false;
	f->way[d].frame = f->reader->now->frame;
	observer_push(&f->observer, (enum observer_direction)d, in);
	cutters[f->reader->cut](f, d, in);
}

/* ---- what they are ---- */

static uint32_t serial_of(const struct session_pdu *s)
{
	static const uint8_t numbered[] = { SPDU_MIP, SPDU_MIA, SPDU_MAP, SPDU_MAA, SPDU_AE,
	                                    SPDU_AEA };

	for (size_t i = 0; s && i < sizeof numbered; i++)
		if (s->kind == numbered[i])
			return s->serial;
	return 0;
}

static int outcome_of(const struct observation *o)
{
	if (o->layer == LAYER_ACSE && o->code == ACSE_AARE && o->as.acse)
		return (int)o->as.acse->result;
	if (o->layer == LAYER_P1 && o->code == OBSERVED_BIND_ERROR && o->as.bind)
		return (int)o->as.bind->error;
	return -1;
}

/* A name of a bind, or the string in a reference. */
static void keep_name(char to[static 64], struct octets o)
{
	if (o.n == 0 || o.n >= 64)
		return;
	memcpy(to, o.p, o.n);
	to[o.n] = '\0';
}

void replay_keep_reference(struct replay_reference *to, struct octets o)
{
	if (o.n == 0 || o.n > sizeof to->octets)
		return;
	memcpy(to->octets, o.p, o.n);
	to->n = o.n;
}

bool replay_resumes(const struct replay_talk *later, const struct replay_talk *first)
{
	return later != first && first->common.n && later->resumed.n == first->common.n &&
	       memcmp(later->resumed.octets, first->common.octets, first->common.n) == 0;
}

static void learn_references(struct replay_talk *t, const struct observation *o)
{
	if (o->layer == LAYER_SESSION && o->code == SPDU_CN && o->as.session)
		replay_keep_reference(&t->common, o->as.session->references.common);
	if (o->layer == LAYER_SESSION && o->code == SPDU_AR && o->as.session)
		replay_keep_reference(&t->resumed, o->as.session->references.common);
	if (o->layer == LAYER_RTSE && o->code == RTSE_RTORQ && o->as.rtse &&
	    o->as.rtse->opening == RTSE_RECOVER)
		replay_keep_reference(&t->resumed, o->as.rtse->session.common);
}

static void learn(struct replay_talk *t, const struct observation *o)
{
	uint8_t joined[sizeof t->caller];
	struct octets name;

	learn_references(t, o);
	if (o->layer == LAYER_PRESENTATION && o->code == PPDU_CP && o->as.presentation)
		t->x410 = o->as.presentation->x410;
	if (o->layer == LAYER_SESSION && o->code == SPDU_CN && o->as.session &&
	    o->as.session->references.calling.n > 2)
		keep_name(t->caller, (struct octets){ o->as.session->references.calling.p + 2,
		                                      o->as.session->references.calling.n - 2 });
	if (o->layer == LAYER_RTSE && o->code == RTSE_RTORQ && o->as.rtse) {
		t->proposed_checkpoint = o->as.rtse->checkpoint;
		t->proposed_window = o->as.rtse->window;
		t->protocol = (uint8_t)o->as.rtse->protocol;
	}
	if (o->layer == LAYER_RTSE && o->code == RTSE_RTOAC && o->as.rtse)
		t->checkpoint = o->as.rtse->checkpoint, t->window = o->as.rtse->window;
	if (o->layer != LAYER_P1 || !o->as.bind)
		return;
	/* A token is of its moment, and gives nothing away. */
	t->passworded[o->direction] |= o->as.bind->credentials != P1_CREDENTIALS_NONE &&
	                               o->as.bind->credentials != P1_CREDENTIALS_STRONG;
	if (o->code == OBSERVED_BIND_ARGUMENT &&
	    ber_string_join(&o->as.bind->name, joined, sizeof joined, &name)) {
		keep_name(t->caller, name);
		t->named = true;
	}
	if (o->code == OBSERVED_BIND_RESULT &&
	    ber_string_join(&o->as.bind->name, joined, sizeof joined, &name))
		keep_name(t->callee, name);
}

static void tell(struct observer_sink *sink, const struct observation *o)
{
	struct flow *f = (struct flow *)sink;
	struct replay_talk *t = talk_of(f);
	struct replay_pdu *grown;

	if (o->layer <= LAYER_TPKT || o->layer > LAYER_P1 ||
	    (o->layer == LAYER_COTP && o->code == COTP_DT) ||
	    (o->part != OBSERVED_WHOLE && o->part != OBSERVED_BEGIN))
		return;
	learn(t, o);
	grown = array_room(t->pdus, t->pdus_n + 1, &t->pdus_cap, sizeof *grown);
	if (!grown) {
		f->reader->failed = true;
		return;
	}
	t->pdus = grown;
	t->pdus[t->pdus_n++] = (struct replay_pdu){
		.layer = o->layer, .code = o->code, .direction = o->direction,
		.herald = o->herald, .from = o->from, .outcome = (int8_t)outcome_of(o),
		.serial = o->layer == LAYER_SESSION ? serial_of(o->as.session) : 0,
	};
}

/* Puts PDUs to the moves that hold them: those of one direction come in its order. */
static void settle(struct replay_talk *t)
{
	struct replay_pdu *sorted = calloc(t->pdus_n + 1, sizeof *sorted);
	size_t at[DIRECTIONS] = { 0, 0 }, n = 0;

	if (!sorted)
		return;
	for (size_t i = 0; i < t->moves_n; i++) {
		struct replay_move *m = &t->moves[i];
		size_t *k = &at[m->direction];

		m->pdus = (uint32_t)n;
		if (m->kind == REPLAY_FIN || m->kind == REPLAY_RST)
			continue;
		for (; *k < t->pdus_n; ++*k) {
			const struct replay_pdu *p = &t->pdus[*k];

			if (p->direction != m->direction)
				continue;
			if (p->from >= m->to)
				break;
			sorted[n++] = *p;
		}
		m->pdus_n = (uint32_t)n - m->pdus;
	}
	free(t->pdus);
	t->pdus = sorted;
	t->pdus_n = n;
}

/* ---- connections ---- */

static struct flow **place(struct reader *r, uint32_t number)
{
	struct flow **at = &r->flows[number % BUCKETS];

	while (*at && (*at)->number != number)
		at = &(*at)->chain;
	return at;
}

static void follow(struct flow *f)
{
	struct replay_capture *c = f->reader->c;
	struct stream_connection ends;
	struct replay_talk *grown = array_room(c->talks, c->talks_n + 1, &c->talks_cap,
	                                       sizeof *grown);

	if (!grown) {
		f->reader->failed = f->ignored = true;
		return;
	}
	c->talks = grown;
	f->talk = c->talks_n++;
	f->followed = true;
	c->talks[f->talk] = (struct replay_talk){
		.number = f->number, .first_frame = f->reader->now->frame,
		.opened_frame = f->opened_frame, .opened_ns = f->opened_ns };
	if (streams_connection(f->reader->streams, f->number, &ends)) {
		memcpy(c->talks[f->talk].address, ends.address, sizeof ends.address);
		c->talks[f->talk].port = ends.port[FROM_RESPONDER];
	}
	observer_init(&f->observer, &f->reader->heap.pool, &f->sink);
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		tpkt_init(&f->way[d].tpkt);
		cotp_reader_init(&f->way[d].cotp);
	}
	for (unsigned d = 0; d < DIRECTIONS; d++)
		push(f, d, (struct octets){ f->way[d].first, f->way[d].first_n });
}

/* A DT at the start of a segment: enough to tell the conversation from what is none. */
static bool is_dt(struct octets o)
{
	struct findings none;
	struct cursor c;
	uint16_t vrsn = 0, length = 0;
	uint8_t li = 0, code = 0, nr = 0;

	findings_clear(&none);
	cursor_init(&c, o, &none, &cotp_rules[COTP_LI]);
	return cursor_u16(&c, &vrsn) && cursor_u16(&c, &length) && cursor_u8(&c, &li) &&
	       cursor_u8(&c, &code) && cursor_u8(&c, &nr) && vrsn == 0x300 && length >= 7 &&
	       li == 2 && code == 0xf0 && (nr & 0x7f) == 0;
}

/* Without its CR: there is a conversation, and it cannot be played. */
static void follow_late(struct flow *f)
{
	for (unsigned d = 0; d < DIRECTIONS; d++)
		f->way[d].first_n = 0;
	follow(f);
	for (unsigned d = 0; d < DIRECTIONS && f->followed; d++)
		cannot(f, d, "frame %" PRIu32 ": the conversation began before the capture did; "
		       "what was agreed before is not known", f->reader->now->frame);
	f->ignored = true;
}

/* Nobody has said anything on it: how it ends may tell something all the same. */
static void follow_silent(struct flow *f)
{
	if (f->followed || f->ignored || f->middle || f->way[0].first_n || f->way[1].first_n ||
	    !f->way[0].opened || !f->way[1].opened)
		return;
	follow(f);
	if (f->followed)
		talk_of(f)->silent = true;
}

static void on_octets(struct flow *f, const struct stream_event *e)
{
	struct way *w = &f->way[e->direction];
	struct octets in = e->octets;
	enum observer_guess guess;
	size_t n = FIRST_MAX - w->first_n;

	if (!f->followed) {
		n = n < in.n ? n : in.n;
		memcpy(w->first + w->first_n, in.p, n);
		w->first_n += n;
		in.p += n;
		in.n -= n;
		guess = observer_guess((struct octets){ w->first, w->first_n });
		f->ignored = guess == OBSERVER_NO && !f->middle;
		if (guess == OBSERVER_YES)
			follow(f);
		else if (f->middle && is_dt(e->octets))
			follow_late(f);
		if (f->ignored)
			return;
	}
	if (f->followed && in.n)
		push(f, e->direction, in);
}

static void on_gap(struct flow *f, const struct stream_event *e)
{
	struct replay_talk *t;

	if (!f->followed) {
		f->ignored = !f->middle;
		return;
	}
	t = talk_of(f);
	observer_gap(&f->observer, (enum observer_direction)e->direction, e->length);
	cannot(f, e->direction, "%" PRIu64 " octets are missing between frames %" PRIu32 " and %"
	       PRIu32 "; this side cannot be played", e->length, e->frame_before, e->frame_after);
	snprintf(t->note, sizeof t->note, "%" PRIu64 " octets are missing between frames %" PRIu32
	         " and %" PRIu32 ": what follows them of that side is not expected", e->length,
	         e->frame_before, e->frame_after);
	f->way[e->direction].lost = true;
}

static void on_close(struct flow *f, const struct stream_event *e, enum replay_move_kind kind)
{
	struct way *w = &f->way[e->direction];

	follow_silent(f);
	if (!f->followed || (w->ended && kind == REPLAY_FIN))
		return;
	for (unsigned d = 0; d < DIRECTIONS; d++)
		if (d == e->direction || kind == REPLAY_RST)
			finish_part(f, d);
	if (w->making.open && !w->lost)
		finish(f, e->direction, REPLAY_OCTETS, w->tpkt.stream);
	w->ended = true;
	observer_end(&f->observer, (enum observer_direction)e->direction, true);
	if (kind == REPLAY_FIN || !(e->flags & STREAM_REPEATED))
		add_move(f, &(struct replay_move){ .kind = (uint8_t)kind, .direction = e->direction,
		                                   .from = e->offset, .to = e->offset },
		         (struct octets){ NULL, 0 });
}

static void drop(struct flow *f)
{
	follow_silent(f);
	for (unsigned d = 0; d < DIRECTIONS; d++)
		finish_part(f, d);
	if (f->followed) {
		struct replay_talk *t = talk_of(f);
		const struct replay_move *first = t->moves_n ? t->moves : NULL;

		settle(t);
		t->contexts_n = f->observer.contexts_n;
		memcpy(t->contexts, f->observer.contexts, sizeof t->contexts);
		observer_drop(&f->observer);
		if (!t->silent && (!first || (first->kind == REPLAY_TPDU &&
		                              first->direction != FROM_INITIATOR)))
			for (unsigned d = 0; d < DIRECTIONS; d++)
				cannot(f, d, "frame %" PRIu32 ": the conversation does not begin "
				       "with a CR; what was agreed before is not known",
				       t->first_frame);
	}
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		cotp_reader_drop(&f->way[d].cotp, &f->reader->heap.pool);
		free(f->way[d].making.p);
		free(f->way[d].rest.p);
	}
	free(f);
}

static struct flow *new_flow(struct reader *r)
{
	struct flow *f = calloc(1, sizeof *f);

	if (!f) {
		r->failed = true;
		return NULL;
	}
	f->sink.tell = tell;
	f->reader = r;
	f->number = r->now->connection;
	f->opened_frame = r->now->frame;
	f->opened_ns = r->now->time_ns;
	return f;
}

static void on_event(struct reader *r, const struct stream_event *e)
{
	struct flow **at, *f;

	r->now = e;
	at = place(r, e->connection);
	f = *at;
	if (e->kind == STREAM_OPEN && !f)
		f = *at = new_flow(r);
	if (!f)
		return;
	if (e->kind == STREAM_END) {
		*at = f->chain;
		drop(f);
	} else if (f->ignored) {
		return;
	} else if (e->kind == STREAM_SYN) {
		f->way[e->direction].opened = true;
	} else if (e->kind == STREAM_NOTE) {
		f->middle |= e->note == NOTE_MIDDLE;
	} else if (e->kind == STREAM_OCTETS) {
		on_octets(f, e);
	} else if (e->kind == STREAM_GAP) {
		on_gap(f, e);
	} else if (e->kind == STREAM_FIN || e->kind == STREAM_RST) {
		on_close(f, e, e->kind == STREAM_FIN ? REPLAY_FIN : REPLAY_RST);
	}
}

/* ---- captures ---- */

static bool is_same_end(const struct replay_talk *a, const struct replay_talk *b)
{
	const struct capture_address *x = &a->address[FROM_RESPONDER];
	const struct capture_address *y = &b->address[FROM_RESPONDER];

	return a->port == b->port && x->version == y->version &&
	       memcmp(x->octets, y->octets, sizeof x->octets) == 0;
}

/* A connection without an octet belongs to the conversations with who was called. */
static bool is_stranger(const struct replay_capture *c, const struct replay_talk *t)
{
	for (size_t i = 0; t->silent && i < c->talks_n; i++)
		if (!c->talks[i].silent && is_same_end(t, &c->talks[i]))
			return false;
	return t->silent;
}

static int by_number(const void *a, const void *b)
{
	const struct replay_talk *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void drop_strangers(struct replay_capture *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->talks_n; i++)
		c->talks[i].stranger = is_stranger(c, &c->talks[i]);
	for (size_t i = 0; i < c->talks_n; i++) {
		if (c->talks[i].stranger) {
			free(c->talks[i].moves);
			free(c->talks[i].pdus);
		} else {
			c->talks[n++] = c->talks[i];
		}
	}
	c->talks_n = n;
	if (n)
		qsort(c->talks, n, sizeof *c->talks, by_number);
}

static void pop(struct reader *r)
{
	struct stream_event e;

	while (streams_pop(r->streams, &e))
		on_event(r, &e);
}

static bool read_all(struct reader *r, struct capture *capture, char *why, size_t cap)
{
	struct capture_packet p;

	while (!r->failed && capture_next(capture, &p) == CAPTURE_PACKET) {
		r->c->packets++;
		streams_push(r->streams, &p);
		pop(r);
	}
	streams_finish(r->streams);
	pop(r);
	drop_strangers(r->c);
	if (r->failed || fflush(r->c->octets) != 0) {
		snprintf(why, cap, "no memory, or no room in the folder of temporary files");
		r->c->no_room = true;
		return false;
	}
	return true;
}

bool replay_read(struct replay_capture *c, const char *path, enum replay_cut cut, char *why,
                 size_t why_cap)
{
	struct reader *r = calloc(1, sizeof *r);
	struct capture *capture = capture_open(path, why, why_cap);
	bool ok = false;

	*c = (struct replay_capture){ .octets = folder_scratch() };
	c->no_room = !r || !c->octets;
	if (r && capture) {
		heap_init(&r->heap, OBSERVER_OCTETS);
		r->c = c;
		r->cut = cut;
		r->streams = streams_new();
		if (!c->octets || !r->streams)
			snprintf(why, why_cap, "%s", strerror(errno));
		else
			ok = read_all(r, capture, why, why_cap);
	}
	if (capture)
		capture_close(capture);
	if (r)
		streams_free(r->streams);
	free(r);
	return ok;
}

void replay_free(struct replay_capture *c)
{
	for (size_t i = 0; i < c->talks_n; i++) {
		free(c->talks[i].moves);
		free(c->talks[i].pdus);
	}
	free(c->talks);
	if (c->octets)
		fclose(c->octets);
	*c = (struct replay_capture){ 0 };
}

bool replay_octets(const struct replay_capture *c, const struct replay_move *m, uint8_t *dst)
{
	size_t n = 0;

	while (n < m->n) {
		ssize_t got = pread(fileno(c->octets), dst + n, m->n - n, (off_t)(m->at + n));

		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}
