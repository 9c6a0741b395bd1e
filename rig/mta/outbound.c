/*
 * An association that the lab MTA opens, and releases.
 */
#include "mta/mta_inner.h"

static const struct log_event event_not_opened = {
	289, "X.400 Service", "X.400 Service", "Warning", "MTA", "XFER-IN", 17, 26, 12, false, NULL,
};
static const struct log_event event_refused = {
	1290, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 20, 130, 12, false,
	NULL,
};
static const struct log_event event_ended = {
	1294, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 20, 130, 10, false,
	NULL,
};

/* Inferred: no log of an MTA speaks of credentials in an answer. */
static const struct log_event event_wrong = {
	51, "Security", "Security", "Warning", "MTA", "XFER-IN", 35, 42, 14, false, NULL,
};

/* The peer does not answer our opening or our release. */
static void no_answer(void *ctx)
{
	struct line *l = ctx;

	end_close(l->end);
}

static void wait_for_answer(struct line *l)
{
	net_timer_set(l->m->net, &l->timer, line_now(l) + l->m->config.timers.disconnect, no_answer,
	              l);
}

static void release(void *ctx)
{
	struct line *l = ctx;

	if (!l->bound || l->out.entry)
		return;
	l->releasing = true;
	association_release(end_association(l->end), line_now(l));
	wait_for_answer(l);
	end_pump(l->end);
}

void outbound_idle(struct line *l)
{
	if (l->initiator && !net_timer_is_set(&l->timer) &&
	    defect_at(l->m, DEFECT_IDLE, (struct at){ .l = l }))
		net_timer_set(l->m->net, &l->timer,
		              line_now(l) + l->m->config.timers.lifetime, release, l);
}

void outbound_connected(struct line *l)
{
	const struct mta_config *c = &l->m->config;
	const struct mta_peer *peer = neighbour_peer(l->nb);
	const char *secret = *peer->our_password ? peer->our_password : c->password;
	struct proof_terms terms = mta_terms(l->m, peer, peer->name, secret);
	char why[CRYPTO_WHY];
	struct p1_bind ours;

	l->connected = true;
	if (l->recovers)
		ours = recovery_bind(l);
	else if (!proof_bind(l->m->proof, &terms, c->name, &ours, why))
		ours = p1_bind_simple(c->name, secret);
	association_bind(end_association(l->end), line_now(l), &ours);
}

/* Is it whom we called?  A simple password proves nothing and is not looked at. */
static bool is_right(struct line *l, const struct p1_bind *theirs)
{
	const struct mta_peer *peer = neighbour_peer(l->nb);
	struct proof_terms terms = mta_terms(l->m, peer, l->m->config.name, peer->password);
	char why[CRYPTO_WHY] = "its name is another one";

	if (peer->credentials == PROOF_SIMPLE || l->recovers ||
	    (ber_string_equal(&theirs->name, octets_of(peer->name)) &&
	     proof_check(l->m->proof, &terms, theirs, why)))
		return true;
	log_event(&l->m->log, mta_wall(l->m), &event_wrong,
	          "The MTA that answers for entity %s was refused. Reason: %s.", peer->name, why);
	return false;
}

void outbound_bound(struct line *l, bool positive, const struct p1_bind *theirs)
{
	l->answered = true;
	if (!positive) {
		neighbour_log(l->nb, &event_refused, "A locally initiated association to %s was "
		              "refused. The failure reason provider was 0 and the reason was 0.");
		return;
	}
	if (!is_right(l, theirs)) {
		association_abort(end_association(l->end), line_now(l));
		return;
	}
	l->bound = true;
	net_timer_cancel(l->m->net, &l->timer);
	l->nb->refused = 0;
	defect_at(l->m, DEFECT_BOUND, (struct at){ .l = l, .nb = l->nb });
	mta_turn(l->m);
}

/* One attempt at once, for the recovery time is short; then as after any loss. */
static bool recover(struct line *l)
{
	struct at at = { .nb = l->nb };
	struct entry *e = l->out.entry;

	return e && e->recovery && defect_at(l->m, DEFECT_OPEN, at) &&
	       outbound_open(l->nb, l->urgent, e);
}

void outbound_over(struct line *l)
{
	if (l->recovers)
		recovery_drop(l->recovers, l->m);
	if (!l->releasing) {
		if (l->broken)
			line_log_broken(l);
		else if (l->out.entry)
			neighbour_log(l->nb, &event_ended,
			              "An association with entity %s ended abnormally.");
		else if (!l->answered)
			neighbour_log(l->nb, &event_not_opened,
			              "A connection to %s could not be opened.");
		if (!recover(l))
			neighbour_retry(l->nb);
	}
}

bool outbound_open(struct neighbour *nb, bool urgent, struct entry *recovers)
{
	struct line *l;

	if (nb->m->blocks >= nb->m->config.control_blocks)
		line_log_blocks(&(struct line){ .m = nb->m, .nb = nb });
	l = line_new(nb->m, nb, NULL);
	if (!l)
		return false;
	l->urgent = urgent;
	l->recovers = recovers;
	nb->ours++;
	wait_for_answer(l);
	return true;
}
