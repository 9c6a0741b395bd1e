/*
 * Transfers whose octets are given, and confirmations: cut and numbered by what the
 * two ends have agreed on the connection at hand (X.218 checkpointSize, windowSize).
 *
 *     DT piece | MIP 1 | DT piece | MIP 2 | (window full: wait for a MIA) | DT ...
 */
#include "scenario/watch.h"

#include <stdlib.h>
#include <string.h>

/* ---- sending ---- */

bool pieces_begin(struct run *r, const struct step *s)
{
	struct peer *p = run_peer(r, s->side, s->whom);
	struct octets o;

	if (!p)
		return speak_nobody(r, s);
	o = speak_items(r, p, s, s->from, s->middle[0]);
	if (!o.n)
		return false;
	free(p->pieces.octets);
	p->pieces = (struct pieces){ .octets = malloc(o.n), .n = o.n, .serial = 1,
	                             .broken = p->pieces.broken };
	if (!p->pieces.octets)
		return run_trouble(r, "out of memory");
	memcpy(p->pieces.octets, o.p, o.n);
	if (p->watch)
		watch_begin_activity(p->watch);
	speak_detach(p, true);
	return true;
}

/* The nth of "1000 1000 552", from 1; the last one if there are not so many. */
static uint64_t listed(const char *sizes, uint32_t nth)
{
	uint64_t size = UINT64_MAX;

	while (*sizes && nth-- > 0) {
		char *end;

		size = strtoull(sizes, &end, 10);
		sizes = end + strspn(end, " ");
	}
	return size;
}

static size_t next_piece(const struct run *r, const struct step *s, const struct peer *p)
{
	const struct pieces *k = &p->pieces;
	uint32_t checkpoint = p->watch ? watch_terms(p->watch)->checkpoint : 0;
	uint64_t n = rtse_cut(checkpoint, k->serial - 1, k->n, k->at);
	uint64_t wanted = s->options ? listed(scenario_string(r->sc, s->options), k->serial) : n;

	/* Without checkpoints the value is one piece. */
	return (size_t)(checkpoint && wanted < n ? wanted : n);
}

static bool send(struct run *r, struct peer *p, const struct step *s, uint32_t from, uint32_t to)
{
	struct octets o = speak_items(r, p, s, from, to);

	return o.n && speak_octets(p, s, o);
}

static bool is_full(const struct peer *p)
{
	const struct watch_terms *terms = p->watch ? watch_terms(p->watch) : NULL;

	return terms && terms->window &&
	       p->pieces.serial - 1 >= terms->confirmed + terms->window;
}

bool pieces_go_on(struct run *r, const struct step *s, bool *moved)
{
	struct peer *p = run_peer(r, s->side, s->whom);
	struct pieces *k = &p->pieces;

	while (k->at < k->n && !p->over && !k->broken) {
		size_t n = next_piece(r, s, p);
		bool ok;

		if (k->at > 0 && is_full(p))
			return false;
		k->piece = (struct octets){ k->octets + k->at, n };
		ok = send(r, p, s, s->middle[0], s->middle[1]);
		k->at += n;
		if (ok && (k->at < k->n || s->n)) {
			ok = send(r, p, s, s->middle[1], s->to);
			k->serial++;
		}
		*moved = true;
		if (!ok)
			return true;
	}
	return true;
}

void pieces_break(struct run *r, const struct step *s)
{
	run_peer(r, s->side, s->whom)->pieces.broken = true;
}

/* ---- confirming ---- */

bool pieces_acknowledge(struct run *r, const struct step *s)
{
	struct peer *p = run_peer(r, s->side, s->whom);

	if (!p)
		return speak_nobody(r, s);
	speak_detach(p, true);
	p->acknowledging.how = s->detached ? NULL : s;
	r->heard_sync = true;
	return true;
}

static void confirm(struct run *r, struct peer *p)
{
	struct acknowledging *a = &p->acknowledging;
	uint32_t window = p->watch ? watch_terms(p->watch)->window : 0;

	for (a->at = a->answered + 1; a->at <= a->heard; a->at++) {
		bool due = a->how->n && a->at % a->how->n == 0;

		if (!due && !(window && a->at - a->answered >= window))
			continue;
		if (!send(r, p, a->how, a->how->from, a->how->to))
			return;
		a->answered = a->at;
	}
}

void pieces_confirm(struct run *r)
{
	if (!r->heard_sync)
		return;
	r->heard_sync = false;
	for (struct peer *p = r->live; p; p = p->next_live)
		if (!p->over && p->acknowledging.how)
			confirm(r, p);
}
