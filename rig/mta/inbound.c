/*
 * An association that a neighbour opens: is it who it says?
 */
#include "mta/mta_inner.h"

#include <stdio.h>

static const struct log_event event_unknown = {
	51, "Security", "Security", "Warning", "MTA", "XFER-IN", 35, 42, 14, false, NULL,
};
static const struct log_event event_dialogue = {
	55, "Security", "Security", "Warning", "MTA", "XFER-IN", 22, 35, 14, false, NULL,
};
static const struct log_event event_limit = {
	57, "X.400 Service", "X.400 Service", "Warning", "MTA", "MAIN BASE", 1, 43, 14, false, NULL,
};
/* A neighbour's password is always asked for; what else proves it, by its kind. */
static bool is_proven(struct mta *m, const struct mta_peer *p, const struct p1_bind *b,
                      char why[static CRYPTO_WHY])
{
	struct proof_terms terms = mta_terms(m, p, m->config.name, p->password);

	if (p->credentials != PROOF_SIMPLE)
		return proof_check(m->proof, &terms, b, why);
	snprintf(why, CRYPTO_WHY, "its password is another one");
	return ber_string_equal(&b->secret, octets_of(p->password));
}

/* NULL: `why`. */
static struct neighbour *authenticate(struct mta *m, const struct p1_bind *b,
                                      char why[static CRYPTO_WHY])
{
	snprintf(why, CRYPTO_WHY, b->authenticated ? "no neighbour has this name"
	                                           : "it has neither name nor credentials");
	for (size_t i = 0; b->authenticated && i < m->config.peers_n; i++)
		if (ber_string_equal(&b->name, octets_of(m->config.peers[i].name)) &&
		    is_proven(m, &m->config.peers[i], b, why))
			return &m->neighbours[i];
	return NULL;
}

/* Inferred: what stands behind the association index. */
static void refuse_stranger(struct line *l, const struct p1_bind *theirs, const char *why)
{
	char text[MTA_NAME_TEXT];
	struct text name;

	if (!defect_at(l->m, DEFECT_BIND_BAD, (struct at){ .l = l, .bind = theirs }))
		return;
	text_init(&name, text, sizeof text);
	ber_text_string(&name, &theirs->name);
	log_event(&l->m->log, mta_wall(l->m), &event_unknown,
	          "An unknown MTA has attempted to bind. The MTA name in bind is %s. "
	          "Association index: %u, %s. Reason: %s.", text, end_number(l->end), line_name(l),
	          why);
	association_refuse(end_association(l->end), line_now(l), P1_BIND_AUTHENTICATION);
}

static void refuse_limit(struct line *l, const struct neighbour *nb)
{
	log_event(&l->m->log, mta_wall(l->m), &event_limit,
	          "The limit on the number of associations allowed to and from entity %s has been "
	          "reached. The limit is %u.", neighbour_peer(nb)->name,
	          l->m->config.associations_max);
	association_refuse(end_association(l->end), line_now(l), P1_BIND_BUSY);
}

/* The neighbour's link is configured for the other dialogue mode. */
static bool is_mismatch(const struct neighbour *nb, const struct p1_bind *theirs)
{
	uint8_t ours = neighbour_peer(nb)->dialogue;

	return ours != MTA_DIALOGUE_ANY && ours != MTA_DIALOGUE_PREFER_TWO_WAY &&
	       (ours == MTA_DIALOGUE_TWO_WAY) != (theirs->rt.dialogue == RTSE_TWO_WAY_ALTERNATE);
}

static void refuse_dialogue(struct line *l, const struct neighbour *nb)
{
	log_event(&l->m->log, mta_wall(l->m), &event_dialogue, "The incorrect link option mode was "
	          "specified by the binding remote entity %s, association index: %u.",
	          neighbour_peer(nb)->name, end_number(l->end));
	association_refuse(end_association(l->end), line_now(l), P1_BIND_DIALOGUE_MODE);
}

/* Inferred: no log of an MTA says that its own credentials are at fault. */
static void refuse_unable(struct line *l, const struct neighbour *nb, const char *why)
{
	log_event(&l->m->log, mta_wall(l->m), &event_unknown,
	          "An association from entity %s was refused: our credentials cannot be made, %s. "
	          "Association index: %u.", neighbour_peer(nb)->name, why, end_number(l->end));
	association_refuse(end_association(l->end), line_now(l), P1_BIND_AUTHENTICATION);
}

static void accept(struct line *l, struct neighbour *nb, const struct p1_bind *theirs)
{
	struct mta *m = l->m;
	const struct mta_peer *p = neighbour_peer(nb);
	struct proof_terms terms = mta_terms(m, p, p->name, m->config.password);
	char why[CRYPTO_WHY];
	struct p1_bind ours;

	l->nb = nb;
	nb->theirs++;
	if (!defect_at(m, DEFECT_BIND_IN, (struct at){ .l = l, .bind = theirs }))
		return;
	if (!proof_bind(m->proof, &terms, m->config.name, &ours, why)) {
		refuse_unable(l, nb, why);
		return;
	}
	l->bound = true;
	association_accept(end_association(l->end), line_now(l), &ours);
}

/* Inferred: the wording of 51 for a caller whose name is not asked for. */
static void log_recovery(struct line *l, const struct neighbour *whose)
{
	log_event(&l->m->log, mta_wall(l->m), &event_unknown,
	          "A caller that may not has attempted to recover an association%s%s. "
	          "Association index: %u, %s.", whose ? " of " : "",
	          whose ? neighbour_peer(whose)->name : "", end_number(l->end), line_name(l));
}

/* Inferred, as that of 2124 for a full disk, which comes before. */
static void refuse_congested(struct line *l, const struct neighbour *nb)
{
	log_event(&l->m->log, mta_wall(l->m), &event_limit,
	          "An association from entity %s was refused: the disk cannot be written.",
	          neighbour_peer(nb)->name);
	association_refuse(end_association(l->end), line_now(l), P1_BIND_BUSY);
}

/* It carries no name and no password: who it is follows from what it recovers. */
static void recover(struct line *l, const struct p1_bind *theirs)
{
	bool on = defect_at(l->m, DEFECT_RECOVER, (struct at){ .l = l, .bind = theirs });
	struct neighbour *whose = NULL;
	struct neighbour *nb = on ? recovery_adopt(l, &theirs->rt.session, &whose) : NULL;

	if (nb) {
		accept(l, nb, theirs);
		return;
	}
	if (on)
		log_recovery(l, whose);
	association_refuse(end_association(l->end), line_now(l), P1_BIND_BUSY);
}

void inbound_bind(struct line *l, const struct p1_bind *theirs)
{
	struct mta *m = l->m;
	char why[CRYPTO_WHY];
	struct neighbour *nb = authenticate(m, theirs, why);

	l->answered = true;
	if (theirs->rt.opening == RTSE_RECOVER)
		recover(l, theirs);
	else if (!nb)
		refuse_stranger(l, theirs, why);
	else if (is_mismatch(nb, theirs))
		refuse_dialogue(l, nb);
	else if (nb->theirs >= m->config.associations_max)
		refuse_limit(l, nb);
	else if (m->congested_until > line_now(l))
		refuse_congested(l, nb);
	else
		accept(l, nb, theirs);
}

void inbound_accepted(struct net_listener *listener, struct net_conn *c, void *ctx)
{
	struct mta *m = ctx;

	(void)listener;
	if (m->blocks >= m->config.control_blocks) {
		struct line caller = { .m = m, .from = net_peer(c) };

		line_log_blocks(&caller);
	}
	if (defect_at(m, DEFECT_CONNECTED_IN, (struct at){ .initiator = false }))
		line_new(m, NULL, c);
}
