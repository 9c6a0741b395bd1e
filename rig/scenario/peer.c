/*
 * One end in a case: events of its association in, requests out.
 */
#include "scenario/watch.h"

#include "link/link_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const enum link_cut cut_hows[CUT_HOWS] = {
	[CUT_FIN] = LINK_CUT_FIN, [CUT_RST] = LINK_CUT_RST,
	[CUT_HALF_CLOSE] = LINK_CUT_HALF_CLOSE, [CUT_SILENCE] = LINK_CUT_SILENCE,
};

static bool is_link_cut(const struct event *e)
{
	return e->kind == EVENT_LINK && (e->code == LINK_CUT_DONE || e->code == LINK_SILENCE_ON);
}

static bool is_pdu(const struct event *e)
{
	return e->kind == EVENT_PDU_IN || e->kind == EVENT_PDU_OUT;
}

/* The transport is lost to us: what was under way is in doubt or to be sent
 * again. */
static void lost(struct peer *p)
{
	struct run *r = p->run;
	uint32_t ordinal = p->out.ordinal;

	p->bound = false;
	if (p->unshown)
		messages_tell(r, LEDGER_DOUBT, p->unshown, p->unshown_whose, p->number);
	p->unshown = 0;
	p->out.ordinal = 0;
	if (!ordinal)
		return;
	if (p->out.end_sent)
		messages_tell(r, LEDGER_DOUBT, ordinal, MESSAGES_ALL, p->number);
	if (p->side->will_resume && !p->over)
		p->cut_off = ordinal;
	else if (!resume_keep(p, ordinal))
		side_requeue(p->side, ordinal);
}

static void cut_now(void *ctx)
{
	struct peer *p = ctx;

	if (!p->over)
		end_cut(p->end, p->cut_how);
}

/* From here on nothing more is said. */
static void fall_silent(struct peer *p, enum cut_how how)
{
	p->cut = true;
	p->cut_how = cut_hows[how];
	run_feed(p->run, &(struct event){
		.at_us = net_now(p->run->net), .association = p->number, .value = (uint32_t)how,
		.cell = CELL_NONE, .kind = EVENT_SCENARIO, .code = SCENARIO_CUT });
}

static bool may_cut(const struct peer *p)
{
	return !p->over && (!p->cut || p->cut_how == LINK_CUT_SILENCE);
}

static void cut_soon(struct peer *p)
{
	net_timer_set(p->run->net, &p->cut_timer, net_now(p->run->net), cut_now, p);
}

/* Never inside the end's own callback. */
void peer_cut(struct peer *p, enum cut_how how)
{
	bool connecting = p->initiator && !p->tcp_up;

	if (!may_cut(p))
		return;
	fall_silent(p, how);
	if (!connecting)
		end_cut(p->end, p->cut_how);
	else if (end_unwritten(p->end) == 0)
		cut_soon(p);
}

/* What was said while TCP was not up leaves before the cut. */
static void watch_connected(struct peer *p, const struct event *e)
{
	if (e->kind != EVENT_TCP || e->code != TCP_CONNECTED || !p->initiator || p->tcp_up ||
	    !p->cut)
		return;
	p->tcp_up = true;
	cut_soon(p);
}

/* --- points of the protocol ------------------------------------------------- */

static enum end_act peer_point(struct end *end, const struct end_point *at, enum link_cut *how,
                               void *ctx)
{
	struct peer *p = ctx;
	struct arm *a = &p->run->arms[at->i];

	(void)end;
	if (a->fired || a->side != p->side->number || p->due || !may_cut(p))
		return END_NOTHING;
	a->fired = true;
	if (a->step->n != ARM_CUT)
		return END_REACH;
	p->due = a;
	p->due_at = *at;
	*how = cut_hows[a->step->cut];
	if (at->out && p->out.end_sent && p->out.end_at >= at->octet)
		p->out.end_sent = false;
	return END_CUT;
}

static void go_on(void *ctx)
{
	struct peer *p = ctx;

	if (end_link(p->end))
		link_stall(end_link(p->end), LINK_BOTH, false);
}

static void go_up(void *ctx)
{
	struct peer *p = ctx;

	if (end_link(p->end))
		link_down(end_link(p->end), LINK_BOTH, false);
}

/* Between the octets in front of a point and those behind it. */
static void peer_reached(struct peer *p, const struct arm *a)
{
	const struct step *s = a->step;
	struct net *net = p->run->net;
	struct link *l = end_link(p->end);

	if (!l)
		return;
	if (s->n == ARM_STALL)
		link_stall(l, LINK_BOTH, true);
	else if (s->n == ARM_DOWN)
		link_down(l, LINK_BOTH, true);
	else
		side_link(p->side, s);
	if (s->n == ARM_STALL && s->time_us)
		net_timer_set(net, &p->go_timer, net_now(net) + s->time_us, go_on, p);
	if (s->n == ARM_DOWN && s->time_us)
		net_timer_set(net, &p->up_timer, net_now(net) + s->time_us, go_up, p);
}

void peer_cancel_timers(struct peer *p)
{
	struct net *net = p->run->net;

	net_timer_cancel(net, &p->cut_timer);
	net_timer_cancel(net, &p->go_timer);
	net_timer_cancel(net, &p->up_timer);
}

/* Encoded behind the point: it never leaves. */
static bool never_leaves(const struct peer *p, const struct event *e)
{
	return p->due && p->due_at.out && e->kind == EVENT_PDU_OUT &&
	       e->offset >= p->due_at.octet;
}

/* The PDU of the point was told, or the link is cut: with that our part ends. */
static void watch_due(struct peer *p, const struct event *e)
{
	const struct tap_point *point = p->due ? &p->run->points[p->due - p->run->arms] : NULL;

	if (!point || p->cut)
		return;
	if (is_link_cut(e) || never_leaves(p, e) ||
	    (is_pdu(e) && (e->kind == EVENT_PDU_OUT) == p->due_at.out &&
	     e->offset >= p->due_at.from && tap_kind_of(e->layer, e->code) == point->kind))
		fall_silent(p, (enum cut_how)p->due->step->cut);
}

static void watch_cut(struct peer *p, const struct event *e)
{
	if (is_link_cut(e) && p->cut && p->cut_how != LINK_CUT_HALF_CLOSE)
		lost(p);
}

/* --- responsibility in doubt (X.218 9.3.1.3) ---------------------------------- */

/* What crosses our AEA, or overtakes it: the IUT gives up what it has ended, and will send it
 * again. */
static bool gives_up(const struct event *e)
{
	return e->kind == EVENT_PDU_IN && (e->code == SPDU_AD || e->code == SPDU_AI);
}

/* Sender: our AE has left.  Receiver: the IUT's AE has come, and it has not yet
 * shown by another PDU that our AEA arrived. */
static void watch_doubt(struct peer *p, const struct event *e)
{
	if (!is_pdu(e) || e->layer != LAYER_SESSION)
		return;
	if (e->kind == EVENT_PDU_OUT && e->code == SPDU_AE) {
		p->out.end_sent = true;
		p->out.end_at = e->offset;
	}
	if (p->unshown && gives_up(e))
		messages_tell(p->run, LEDGER_DOUBT, p->unshown, p->unshown_whose, p->number);
	if (e->kind == EVENT_PDU_IN)
		p->unshown = 0;
}

/* Our own requests and responses are no events of the association, but part of
 * the evidence. */
void peer_said(struct peer *p, enum service_kind kind, enum service_type type, bool positive,
               uint32_t value)
{
	run_feed(p->run, &(struct event){
		.at_us = net_now(p->run->net), .association = p->number, .value = value,
		.cell = CELL_NONE, .kind = EVENT_PRIMITIVE, .layer = LAYER_P1,
		.code = (uint8_t)kind, .type = (uint8_t)type,
		.flags = positive ? EVENT_F_POSITIVE : 0 });
}

/* --- sending ------------------------------------------------------------------ */

void run_utc_time(struct run *r, int64_t from_now_us, char out[static 16])
{
	int64_t at = net_wall(r->net, net_now(r->net)) + from_now_us;
	time_t seconds = (time_t)(at / SECOND_US);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, 16, "%y%m%d%H%M%SZ", &tm);
}

void peer_send(struct peer *p, uint32_t ordinal)
{
	struct run *r = p->run;
	const struct message *m = run_own_message(r, ordinal);
	struct p1_transfer transfer = { .id = ordinal,
	                                .content_length = m->probe ? 0 : m->size };
	struct sending_room *room = p->out.room ? p->out.room : malloc(sizeof *room);
	size_t n;

	p->out.room = room;
	if (!room) {
		run_trouble(r, "out of memory");
		return;
	}
	message_content(r, ordinal, &p->out.content);
	n = message_head(r, &p->out.content, ordinal, room->head, sizeof room->head);
	if (n == 0 || n > sizeof room->head) {
		run_trouble(r, "the envelope of message %u does not fit %d octets", ordinal,
		            HEAD_MAX);
		return;
	}
	p->out.ordinal = ordinal;
	p->out.end_sent = false;
	transfer.head = (struct octets){ room->head, n };
	resume_fill(p, &transfer);
	association_transfer(peer_association(p), net_now(r->net), &transfer);
}

static void lend(struct peer *p, const struct event *e)
{
	uint64_t left = p->out.content.size - (e->offset < p->out.content.size
	                                        ? e->offset : p->out.content.size);
	size_t n = LEND_MAX;

	if (n > e->length)
		n = (size_t)e->length;
	if (n > left)
		n = (size_t)left;
	content_fill(&p->out.content, e->offset, p->out.room->lent, n);
	association_lend(peer_association(p), e->at_us, (struct octets){ p->out.room->lent, n });
}

static void sent(struct peer *p, bool positive)
{
	struct run *r = p->run;
	struct message *m = run_message(r, p->out.ordinal);
	uint32_t ordinal = p->out.ordinal;

	p->out.ordinal = 0;
	if (!m)
		return;
	if (!positive) {
		/* Half-closed, the answer could not come. */
		if (p->cut && p->out.end_sent)
			messages_tell(r, LEDGER_DOUBT, ordinal, MESSAGES_ALL, p->number);
		if (!resume_keep(p, ordinal))
			side_requeue_refused(p->side, ordinal);
		return;
	}
	if (!m->accepted)
		p->side->accepted++;
	m->accepted = true;
	if (!m->probe)
		messages_tell(r, LEDGER_ACCEPTED, ordinal, MESSAGES_ALL, p->number);
}

/* --- the association -------------------------------------------------------------- */

static struct proof_terms terms(const struct peer *p, const char *reader, const char *password)
{
	return (struct proof_terms){
		.kind = p->credentials, .mta = reader, .password = password,
		.wall_us = net_wall(p->run->net, net_now(p->run->net)),
	};
}

static bool our_bind(struct peer *p, struct p1_bind *b)
{
	struct proof_terms ours = terms(p, p->run->t->its_name, p->password);
	char why[CRYPTO_WHY];

	return proof_bind(p->side->proof, &ours, p->as, b, why) ||
	       run_trouble(p->run, "side %s: %s", p->side->target->name, why);
}

static void bind(struct peer *p)
{
	struct p1_bind b;

	if (p->recovers)
		b = resume_bind(p);
	if (p->recovers || our_bind(p, &b))
		association_bind(peer_association(p), net_now(p->run->net), &b);
}

/* Is it who the target says that the MTA is? */
static bool is_iut(struct peer *p, const struct p1_bind *b)
{
	const struct target *t = p->run->t;
	struct proof_terms theirs = terms(p, p->as, target_secret(t->its_password));
	char why[CRYPTO_WHY];

	return ber_string_equal(&b->name, octets_of(t->its_name)) &&
	       proof_check(p->side->proof, &theirs, b, why);
}

static void refuse(struct peer *p, enum p1_bind_error why)
{
	peer_said(p, SERVICE_CONNECT, RESPONSE, false, why);
	association_refuse(peer_association(p), net_now(p->run->net), why);
}

static void bind_asked(struct peer *p, const struct service *s)
{
	const struct p1_bind *theirs = s->detail;
	struct p1_bind ours;

	/* A lost association is not taken up again: the sender begins anew. */
	if (p->side->refusing) {
		refuse(p, (enum p1_bind_error)p->side->refusal);
		return;
	}
	if (theirs->rt.opening == RTSE_RECOVER) {
		refuse(p, P1_BIND_BUSY);
		return;
	}
	if (!is_iut(p, theirs) || !our_bind(p, &ours)) {
		refuse(p, P1_BIND_AUTHENTICATION);
		return;
	}
	p->bound = true;
	peer_said(p, SERVICE_CONNECT, RESPONSE, true, 0);
	association_accept(peer_association(p), net_now(p->run->net), &ours);
}

/* A simple password proves nothing; other credentials that are not good end it. */
static void bind_confirmed(struct peer *p, const struct p1_bind *theirs)
{
	p->bound = p->credentials == PROOF_SIMPLE || p->recovers || is_iut(p, theirs);
	if (!p->bound)
		association_abort(peer_association(p), net_now(p->run->net));
}

static void on_connect(struct peer *p, const struct event *e)
{
	if (e->type == INDICATION)
		bind_asked(p, event_service(e));
	else if (e->flags & EVENT_F_POSITIVE)
		bind_confirmed(p, event_service(e)->detail);
	else
		resume_give_up(p);
}

static void on_transfer(struct peer *p, const struct event *e)
{
	if (e->type == CONFIRM)
		sent(p, e->flags & EVENT_F_POSITIVE);
	if (e->type == INDICATION && (e->flags & EVENT_F_FIRST))
		receive_first(p, e);
	if (e->type == INDICATION && (e->flags & EVENT_F_LAST))
		receive_last(p, e);
}

static void on_data(struct peer *p, const struct event *e)
{
	if (e->type == INDICATION)
		receive_data(p, e);
}

static void on_sync(struct peer *p, const struct event *e)
{
	if (e->type == INDICATION)
		association_secured(peer_association(p), e->at_us, event_service(e)->serial);
}

/* The IUT wants to send: it may as soon as nothing of ours is under way (X.218 9.4, 9.5). */
static void on_please(struct peer *p, const struct event *e)
{
	p->turn_due |= e->type == INDICATION;
}

static void on_given(struct peer *p, const struct event *e)
{
	if (e->type == INDICATION)
		p->turn_wanted = false;
}

static void on_release(struct peer *p, const struct event *e)
{
	p->bound = false;
	if (e->type != INDICATION)
		return;
	peer_said(p, SERVICE_RELEASE, RESPONSE, true, 0);
	association_release_answer(peer_association(p), e->at_us);
}

static void on_abort(struct peer *p, const struct event *e)
{
	if (e->type == INDICATION)
		p->bound = false;
}

static void (*const on_primitive[SERVICES_KINDS])(struct peer *p, const struct event *e) = {
	[SERVICE_CONNECT] = on_connect,
	[SERVICE_TRANSFER] = on_transfer,
	[SERVICE_DATA] = on_data,
	[SERVICE_SYNC_MINOR] = on_sync,
	[SERVICE_TOKEN_PLEASE] = on_please,
	[SERVICE_CONTROL_GIVE] = on_given,
	[SERVICE_RELEASE] = on_release,
	[SERVICE_U_ABORT] = on_abort,
	[SERVICE_P_ABORT] = on_abort,
};

static void act(struct peer *p, const struct event *e)
{
	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED && p->initiator && !p->tcp_up) {
		p->tcp_up = true;
		if (!p->mute)
			bind(p);
	} else if (e->kind == EVENT_WANT) {
		lend(p, e);
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1 &&
	           e->code < SERVICES_KINDS && on_primitive[e->code]) {
		on_primitive[e->code](p, e);
	}
}

/* --- what the end tells ------------------------------------------------------------- */

static bool is_evidence(const struct event *e)
{
	switch (e->kind) {
	case EVENT_PRIMITIVE:
		return e->layer == LAYER_P1 && e->code != SERVICE_DATA;
	case EVENT_PDU_IN:
	case EVENT_PDU_OUT:
		return e->layer > LAYER_TPKT && !(e->layer == LAYER_COTP && e->code == COTP_DT);
	case EVENT_STEP:
	case EVENT_WANT:
		return false;
	default:
		return true;
	}
}

/* Reasons travel behind pointers; an event that is kept must hold them. */
static struct event self_contained(const struct event *e)
{
	struct event copy = *e;
	const struct service *s = event_service(e);

	copy.data = NULL;
	copy.detail = NULL;
	if (e->kind != EVENT_PRIMITIVE || (e->flags & EVENT_F_POSITIVE))
		return copy;
	if ((e->type == CONFIRM && e->code != SERVICE_SYNC_MINOR) ||
	    e->code == SERVICE_U_ABORT || e->code == SERVICE_P_ABORT)
		copy.value = s->reason;
	if (s->detail && (e->code == SERVICE_CONNECT || e->code == SERVICE_P_ABORT ||
	                  e->code == SERVICE_U_ABORT))
		copy.from = ((const struct p1_bind *)s->detail)->rt.refused_by;
	if (s->whose)
		copy.from = s->whose;
	return copy;
}

/* What TLS agreed, or who refused what. */
static const char *says_more(const struct event *e)
{
	return e->kind == EVENT_LINK && e->code == LINK_TLS ? e->detail : NULL;
}

static void peer_event(struct end *end, const struct event *e, void *ctx)
{
	struct peer *p = ctx;

	(void)end;
	if (never_leaves(p, e)) {
		watch_due(p, e);
		return;
	}
	if (is_link_cut(e))
		watch_due(p, e);
	if (is_evidence(e)) {
		struct event copy = self_contained(e);

		p->run->log_text = says_more(e);
		run_feed(p->run, &copy);
		p->run->log_text = NULL;
	}
	watch_doubt(p, e);
	watch_due(p, e);
	watch_cut(p, e);
	watch_connected(p, e);
	if (e->kind == EVENT_LINK && e->code == LINK_REACHED)
		peer_reached(p, &p->run->arms[e->value]);
	if (e->kind == EVENT_TCP && p->watch)
		watch_tcp(p->watch, (enum tcp_event)e->code);
	/* A half-closed end still hears. */
	if (p->cut && p->cut_how != LINK_CUT_HALF_CLOSE)
		return;
	act(p, e);
	if ((e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1) ||
	    (e->kind == EVENT_PDU_IN && e->layer == LAYER_SESSION && e->code == SPDU_GTA))
		side_pump(p->side);
}

static void peer_over(struct end *end, void *ctx)
{
	struct peer *p = ctx;

	(void)end;
	p->over = true;
	p->run->over_n++;
	peer_cancel_timers(p);
	lost(p);
	if (p->cut_off && !resume_keep(p, p->cut_off))
		side_requeue(p->side, p->cut_off);
	p->cut_off = 0;
	free(p->out.room);
	p->out.room = NULL;
	side_pump(p->side);
}

void peer_witness(struct peer *p, const struct event *e)
{
	if (is_evidence(e))
		run_feed(p->run, e);
}

static void peer_octets(struct end *end, bool out, struct octets o, void *ctx)
{
	struct peer *p = ctx;

	(void)end;
	if (p->watch)
		watch_octets(p->watch, out, o);
}

const struct end_user peer_user = { peer_event, peer_over, peer_octets, peer_point };

/* Who calls says its own in the CR, too; who is called does not ask for them. */
static void our_selectors(const struct peer *p, struct association_config *c)
{
	const struct target_side *s = p->side->target;

	if (p->initiator && s->our_tsel[0])
		c->cotp.local = octets_of(s->our_tsel);
	if (s->our_ssel[0])
		*(p->initiator ? &c->calling_ssel : &c->responding_ssel) = octets_of(s->our_ssel);
	if (s->our_psel[0])
		*(p->initiator ? &c->presentation.calling_psel : &c->presentation.responding_psel) =
			octets_of(s->our_psel);
}

void peer_config(struct peer *p, struct end_config *c)
{
	const struct side *s = p->side;
	const struct target *t = p->run->t;
	uint32_t checkpoint = s->checkpoint_kib, window = s->window;

	*c = (struct end_config){ .link = s->link,
	                          .buffers = link_buffers(&s->link, s->will_stall),
	                          .points = s->points.at ? &s->points : NULL,
	                          .nth = p->nth };
	if (s->words)
		c->link.tls = link_words_config(s->words, p->initiator).tls;
	association_defaults(&c->association, p->initiator);
	if (p->initiator)
		association_use(&c->association, (enum association_context)s->target->context);
	else
		association_use_any(&c->association);
	c->association.rtse.dialogue = (enum rtse_dialogue)s->target->dialogue;
	if (!checkpoint)
		checkpoint = (uint32_t)(target_value(t, KNOWN_CHECKPOINT) / RTSE_CHECKPOINT_UNIT);
	if (!window)
		window = (uint32_t)target_value(t, KNOWN_WINDOW);
	if (p->initiator && t->tsel[0])
		c->association.cotp.remote = octets_of(t->tsel);
	if (p->initiator && t->ssel[0])
		c->association.called_ssel = octets_of(t->ssel);
	if (p->initiator && t->psel[0])
		c->association.presentation.called_psel = octets_of(t->psel);
	our_selectors(p, &c->association);
	c->association.number = p->number;
	c->association.session.tim_us = target_value(t, KNOWN_TIM);
	c->association.rtse.checkpoint = checkpoint;
	c->association.rtse.window = window;
	resume_references(p, &c->association);
}
