/*
 * A transfer of ours that broke off goes on: X.218 7.8, X.225 7.28.
 *
 *     up: transfer ...    AS  data  MIP 1 -> MIA 1  data  (lost)
 *     up: resume          RTORQ recover, names the association that was lost
 *                         AR, names the activity and sync point 1; the data behind it
 *
 * What was interrupted on an association that lives is resumed there.
 */
#include "scenario/runner_inner.h"

bool resume_keep(struct peer *p, uint32_t ordinal)
{
	struct association *a = peer_association(p);

	if (!p->side->will_resume || !p->initiator ||
	    !association_past(a, net_now(p->run->net), &p->past))
		return false;
	if (!p->past.rtse.sender) {
		association_lost_drop(&p->past, a->config->pool);
		return false;
	}
	p->broken = ordinal;
	p->left = true;
	return true;
}

/* The newest of a side that left something behind; *hope: one may yet. */
static struct peer *broken(const struct side *s, bool *hope)
{
	for (struct peer *p = s->run->peers; p; p = p->next) {
		if (p->side == s && p->broken)
			return p;
		*hope |= p->side == s && (p->out.ordinal || p->cut_off ||
		                          (s->queue.n > 0 && !p->cut && !p->over));
	}
	return NULL;
}

bool resume_step(struct run *r, const struct step *s)
{
	r->sides[s->side].resuming = s;
	side_pump(&r->sides[s->side]);
	return true;
}

void resume_pump(struct side *side)
{
	const struct step *s = side->resuming;
	bool hope = false;
	struct peer *p = s ? broken(side, &hope) : NULL;

	if (!s || (!p && hope))
		return;
	side->resuming = NULL;
	if (!p)
		run_trouble(side->run, "line %u: no transfer on side %s broke off behind a "
		            "confirmed checkpoint", s->at.line, side->target->name);
	else if (p->bound && !p->over)
		p->recovers = p;
	else
		side_recover(side, s, p);
}

struct p1_bind resume_bind(const struct peer *p)
{
	const struct rtse_config *c = &end_association(p->end)->config->rtse;

	return (struct p1_bind){
		.has_rt = true,
		.rt = { .opening = RTSE_RECOVER, .checkpoint = c->checkpoint, .window = c->window,
		        .session = rtse_session_of(&p->recovers->past.rtse.session) },
	};
}

uint32_t resume_take(struct peer *p)
{
	uint32_t ordinal = p->recovers->broken;

	p->recovers->broken = 0;
	return ordinal;
}

void resume_fill(struct peer *p, struct p1_transfer *t)
{
	if (p->recovers)
		association_resume(peer_association(p), net_now(p->run->net), &p->recovers->past,
		                   t);
	p->recovers = NULL;
}

void resume_give_up(struct peer *p)
{
	uint32_t ordinal = p->recovers ? resume_take(p) : 0;

	p->recovers = NULL;
	if (ordinal)
		side_requeue(p->side, ordinal);
}

void resume_references(struct peer *p, struct association_config *c)
{
	char utc[16];

	if (!p->side->will_resume || !p->initiator)
		return;
	run_utc_time(p->run, 0, utc);
	utc[13] = '\0';
	association_references(&p->references, c->rtse.x410, octets_of(p->as), utc,
	                       (uint8_t)p->nth);
	c->references = p->references.references;
	c->rtse.recovery_us = target_value(p->run->t, KNOWN_RECOVERY_TIMEOUT);
}
