/*
 * What comes in at an end, with its octets, for expectations that compare PDUs;
 * and the words of an end that is detached.
 */
#include "scenario/watch.h"

#include "heap/heap.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* PDUs that no expectation has passed yet.  The oldest goes when there are
	 * more: a scenario that does not look does not miss it. */
	SEEN_MAX = 512,
	/* Octets kept of one PDU: a bind of 10 KiB and an envelope of usual size. */
	SEEN_OCTETS = 64 << 10,
};

/* X.225 8.3.1.2 to 8.3.1.5, at most 64 octets each. */
enum reference { CALLING, CALLED, COMMON, ADDITIONAL, REFERENCES };

/* One thing that the IUT has done. */
struct seen {
	uint8_t kind;			/* enum pattern_kind */
	uint8_t close;			/* enum pattern_close */
	uint8_t layer, code;
	bool herald;
	uint32_t n;
	uint8_t *octets;		/* owned */
};

struct watch {
	struct observer_sink sink;
	struct observer_contents contents;
	struct heap heap;
	struct observer observer;
	struct watch_terms terms;
	struct {
		uint8_t octets[64];
		size_t n;
	} references[REFERENCES];
	struct peer *peer;
	struct seen seen[SEEN_MAX];	/* not passed yet */
	size_t n;
	size_t filling;			/* the message whose content comes in, from 1; 0: none */
};

static void pass(struct watch *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(w->seen[i].octets);
	w->filling = w->filling > n ? w->filling - n : 0;
	w->n -= n;
	memmove(w->seen, w->seen + n, w->n * sizeof w->seen[0]);
}

static void add(struct watch *w, const struct seen *s, struct octets o)
{
	struct seen *to;

	if (w->n == SEEN_MAX)
		pass(w, 1);
	to = &w->seen[w->n];
	*to = *s;
	to->n = (uint32_t)(o.n < SEEN_OCTETS ? o.n : SEEN_OCTETS);
	to->octets = malloc(to->n + 1);
	if (!to->octets) {
		run_trouble(w->peer->run, "out of memory");
		return;
	}
	if (to->n)
		memcpy(to->octets, o.p, to->n);
	w->n++;
}

/* ---- observations ---- */

static void keep_reference(struct watch *w, enum reference which, struct octets o)
{
	if (o.n == 0 || o.n > sizeof w->references[which].octets)
		return;
	memcpy(w->references[which].octets, o.p, o.n);
	w->references[which].n = o.n;
}

const char *const watch_references[] = {
	[CALLING] = "calling-ref", [CALLED] = "called-ref", [COMMON] = "common-ref",
	[ADDITIONAL] = "additional-ref", [REFERENCES] = NULL,
};

bool watch_reference(const struct watch *w, struct octets field, struct octets *out)
{
	for (size_t i = 0; i < REFERENCES; i++) {
		if (!octets_equal(octets_of(watch_references[i]), field))
			continue;
		*out = (struct octets){ w->references[i].octets, w->references[i].n };
		return out->n > 0;
	}
	return false;
}

static void agree_connection(struct watch *w, const struct observation *o, bool in)
{
	const struct references *r = &o->as.session->references;

	if (o->code == SPDU_AC)
		keep_reference(w, CALLED, r->called);
	if (o->code != SPDU_CN)
		return;
	w->terms.connecting = true;
	keep_reference(w, CALLING, r->calling);
	keep_reference(w, COMMON, r->common);
	keep_reference(w, ADDITIONAL, r->additional);
	if (in) {
		w->terms.versions = o->as.session->versions;
		w->terms.tokens = o->as.session->token_setting;
	}
}

static void agree_transfer(struct watch *w, const struct rtse_pdu *p)
{
	if (p->kind == RTSE_RTORQ) {
		w->terms.proposed_checkpoint = p->checkpoint;
		w->terms.proposed_window = p->window;
	}
	if (p->kind == RTSE_RTOAC) {
		w->terms.checkpoint = p->checkpoint;
		w->terms.window = p->window;
	}
}

/* Sync points of the other's activity. */
static void hear_activity(struct watch *w, const struct observation *o)
{
	struct acknowledging *a = &w->peer->acknowledging;

	if (o->code == SPDU_AS)
		a->heard = a->answered = 0;
	if (o->code == SPDU_AR)
		a->heard = a->answered = o->as.session->serial;
	if (o->code == SPDU_MIP)
		a->heard = o->as.session->serial;
	w->peer->run->heard_sync |= o->code == SPDU_MIP;
}

static uint32_t size_of(const struct cotp_pdu *p)
{
	return p->has & COTP_HAS_SIZE && p->size < 16 ? 1u << p->size : 0;
}

static void agree(struct watch *w, const struct observation *o, bool in)
{
	bool opening = o->layer == LAYER_COTP && (o->code == COTP_CR || o->code == COTP_CC);

	if (opening && o->as.cotp && in)
		w->terms.peer_ref = o->as.cotp->src_ref;
	if (opening && o->as.cotp && o->code == COTP_CC)
		w->terms.tpdu_size = size_of(o->as.cotp);
	if (opening && o->as.cotp && o->code == COTP_CR && in)
		w->terms.proposed_size = size_of(o->as.cotp);
	if (o->layer == LAYER_SESSION && o->code == SPDU_AS)
		w->terms.confirmed = 0;
	if (in && o->layer == LAYER_SESSION && o->code == SPDU_MIA && o->as.session)
		w->terms.confirmed = o->as.session->serial;
	if (o->layer == LAYER_SESSION && o->as.session)
		agree_connection(w, o, in);
	if (in && o->layer == LAYER_SESSION && o->as.session)
		hear_activity(w, o);
	if (o->layer == LAYER_RTSE && o->as.rtse)
		agree_transfer(w, o->as.rtse);
}

void watch_begin_activity(struct watch *w)
{
	w->terms.confirmed = 0;
}

const struct watch_terms *watch_terms(const struct watch *w)
{
	return &w->terms;
}

static void tell(struct observer_sink *sink, const struct observation *o)
{
	struct watch *w = (struct watch *)(void *)((char *)sink - offsetof(struct watch, sink));
	bool in = (o->direction == OBSERVER_INITIATOR) != w->peer->initiator;
	struct event e = {
		.at_us = net_now(w->peer->run->net), .offset = o->from, .length = o->length,
		.association = w->peer->number, .cell = CELL_NONE,
		.kind = in ? EVENT_PDU_IN : EVENT_PDU_OUT, .layer = o->layer, .code = o->code,
	};

	if (o->layer <= LAYER_TPKT || o->layer > LAYER_P1 ||
	    (o->part != OBSERVED_WHOLE && o->part != OBSERVED_BEGIN))
		return;
	if (in && o->layer == LAYER_P1)
		w->filling = 0;
	agree(w, o, in);
	if (in)
		add(w, &(struct seen){ .kind = PATTERN_PDU, .layer = o->layer, .code = o->code,
		                       .herald = o->herald }, o->octets);
	if (in && o->layer == LAYER_P1 && o->part == OBSERVED_BEGIN)
		w->filling = w->n;
	if (end_is_detached(w->peer->end))
		peer_witness(w->peer, &e);
}

/* The content of a message, behind its envelope. */
static void fill(struct observer_contents *c, enum observer_direction d, struct octets in)
{
	struct watch *w = (struct watch *)(void *)((char *)c - offsetof(struct watch, contents));
	struct seen *s = w->filling ? &w->seen[w->filling - 1] : NULL;
	bool ours = (d == OBSERVER_INITIATOR) == w->peer->initiator;
	uint8_t *grown;

	if (!s || ours || in.n == 0 || in.n > SEEN_OCTETS - s->n)
		return;
	grown = realloc(s->octets, s->n + in.n);
	if (!grown) {
		run_trouble(w->peer->run, "out of memory");
		return;
	}
	memcpy(grown + s->n, in.p, in.n);
	s->octets = grown;
	s->n += (uint32_t)in.n;
}

struct watch *watch_new(struct peer *p)
{
	struct watch *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->peer = p;
	heap_init(&w->heap, HEAP_UNLIMITED);
	w->sink.tell = tell;
	w->contents.take = fill;
	observer_init(&w->observer, &w->heap.pool, &w->sink);
	w->observer.contents = &w->contents;
	w->terms.observer = &w->observer;
	return w;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	pass(w, w->n);
	observer_drop(&w->observer);
	free(w);
}

void watch_octets(struct watch *w, bool out, struct octets o)
{
	bool initiator = out == w->peer->initiator;

	observer_push(&w->observer, initiator ? OBSERVER_INITIATOR : OBSERVER_RESPONDER, o);
}

void watch_tcp(struct watch *w, enum tcp_event what)
{
	struct seen s = { .kind = PATTERN_CLOSED,
	                  .close = what == TCP_RST_IN ? CLOSE_RST : CLOSE_FIN };

	if (what == TCP_FIN_IN || what == TCP_RST_IN || what == TCP_FAILED)
		add(w, &s, (struct octets){ NULL, 0 });
}

/* ---- matching ---- */

struct matching {
	struct watch *w;
	const struct scenario *sc;
	const struct pdu_variables *variables;
	bool used[SEEN_MAX];		/* all-of: by another pattern */
};

static bool agrees(const struct matching *m, const struct pattern *p, const struct seen *s)
{
	if (p->kind != s->kind)
		return false;
	if (p->kind == PATTERN_CLOSED)
		return p->close == CLOSE_ANY || p->close == s->close;
	return pdu_agrees(&m->sc->plan, p->item, m->variables, (enum layer)s->layer, s->code,
	                  (struct octets){ s->octets, s->n });
}

/* Strictly means: of this layer, or the end of it all. */
static bool counts(const struct matching *m, const struct pattern *p, const struct seen *s)
{
	return !s->herald && (s->kind == PATTERN_CLOSED || p->kind == PATTERN_CLOSED ||
	                      s->layer == m->sc->plan.items[p->item].layer);
}

static void capture(const struct matching *m, const struct pattern *p, const struct seen *s)
{
	if (p->capture && s->kind == PATTERN_PDU)
		run_capture(m->w->peer->run, p->capture, s->layer, s->code,
		            (struct octets){ s->octets, s->n });
}

/* A sequence of n patterns.  Returns how much of what was seen it takes, 0: it has
 * not come (yet); *never: it cannot come any more.  `keep`: captures are made. */
static size_t sequence(const struct matching *m, const struct pattern *p, size_t n, bool strict,
                       bool keep, bool *never)
{
	size_t at = 0, i = 0;

	*never = false;
	for (; i < n && at < m->w->n; at++) {
		const struct seen *s = &m->w->seen[at];

		if (agrees(m, &p[i], s)) {
			if (keep)
				capture(m, &p[i], s);
			i++;
		} else if (strict && counts(m, &p[i], s)) {
			*never = true;
			return 0;
		}
	}
	return i == n ? at : 0;
}

/* All of them, in any order. */
static size_t in_any_order(struct matching *m, const struct pattern *p, size_t n)
{
	size_t last = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < m->w->n && (m->used[at] || !agrees(m, &p[i], &m->w->seen[at])))
			at++;
		if (at == m->w->n)
			return 0;
		m->used[at] = true;
		if (at + 1 > last)
			last = at + 1;
	}
	return last;
}

static size_t length_of(const struct pattern *p, size_t left)
{
	size_t n = 1;

	while (n < left && !p[n].begins)
		n++;
	return n;
}

enum watched watch_match(struct watch *w, const struct expectation *x,
                         const struct pdu_variables *variables, uint32_t *which, bool *doubtful)
{
	struct matching m = { .w = w, .sc = w->peer->run->sc, .variables = variables };
	const struct pattern *p = m.sc->patterns + x->value, *best = NULL;
	size_t left = (size_t)x->value2, taken = 0, best_n = 0;
	bool strict = x->code == ORDER_STRICT, never, hopeless = true;
	uint32_t nth = 0;

	if (x->code == ORDER_FREE) {
		taken = in_any_order(&m, p, left);
		pass(w, taken);
		*which = 1;
		return taken ? WATCHED_MET : WATCHED_NOT_YET;
	}
	while (left > 0) {
		size_t n = length_of(p, left), took = sequence(&m, p, n, strict, false, &never);

		nth++;
		hopeless = hopeless && never;
		if (took && (!best || took < taken)) {
			best = p;
			best_n = n;
			taken = took;
			*which = nth;
		}
		p += n;
		left -= n;
	}
	if (!best)
		return hopeless ? WATCHED_NEVER : WATCHED_NOT_YET;
	*doubtful = best->doubtful;
	sequence(&m, best, best_n, strict, true, &never);
	pass(w, taken);
	return WATCHED_MET;
}
