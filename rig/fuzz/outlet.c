#include "fuzz/outlet_inner.h"

#include "judge/judge.h"
#include "p1/p1_bind.h"
#include "p1/p1_pdu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACKLOG = 256, NAME_MAX_OCTETS = 64 };

/* --- what is asked of it --------------------------------------------------------------- */

void outlet_note(struct outlet *l, uint64_t number, enum fuzz_fault fault, uint8_t code,
                 const char *why)
{
	if (l->wrongs_n < WRONGS_MAX)
		l->wrongs[l->wrongs_n++] =
			(struct outlet_wrong){ number, (uint8_t)fault, code, why };
}

void outlet_book(struct outlet *l, uint64_t number, enum fuzz_message what, bool again)
{
	tally_book(&l->tally, number, what, again, net_now(end_world_net(l->world)));
}

size_t outlet_due(struct outlet *l, int64_t since_us)
{
	return tally_due(&l->tally, since_us);
}

bool outlet_overdue(const struct outlet *l, int64_t since_us)
{
	return tally_overdue(&l->tally, since_us);
}

bool outlet_wrong(struct outlet *l, struct outlet_wrong *out)
{
	struct tally_wrong w;
	bool is = tally_wrong(&l->tally, &w);

	if (is)
		*out = (struct outlet_wrong){ w.number, FAULT_LEDGER, 0, w.why };
	else if (l->wrongs_n)
		*out = l->wrongs[--l->wrongs_n];
	else
		return false;
	return true;
}

void outlet_disarm(struct outlet *l)
{
	for (size_t i = 1; i < FUZZ_PLACES; i++)
		if (!fuzz_places[i].releases)
			l->armed[i].down = DOWN_NONE;
}

bool outlet_struck(struct outlet *l, struct fuzz_answer *out)
{
	if (l->struck_n == 0)
		return false;
	*out = l->struck[--l->struck_n];
	return true;
}

size_t outlet_open(const struct outlet *l)
{
	return l->receivers_n;
}

size_t outlet_kept(const struct outlet *l)
{
	size_t n = 0;

	for (const struct receiver *r = l->receivers; r; r = r->next)
		n += r->struck && (r->strike.down_end == FUZZ_END_SILENCE ||
		                   r->strike.down_end == FUZZ_END_HOLD);
	return n;
}

int64_t outlet_moved_us(const struct outlet *l)
{
	return l->moved_us;
}

bool outlet_aborted(struct outlet *l)
{
	bool was = l->aborted;

	l->aborted = false;
	return was;
}

uint64_t outlet_accepted(const struct outlet *l)
{
	return l->tally.accepted;
}

uint64_t outlet_delivered(const struct outlet *l)
{
	return l->tally.delivered;
}

uint64_t outlet_connections(const struct outlet *l)
{
	return l->numbers;
}

uint64_t outlet_rounds(const struct outlet *l)
{
	return l->rounds;
}

/* --- the next MTA --------------------------------------------------------------------- */

/* However late it goes on with what a trial has cut. */
#define RECOVERY_US (3600 * SECOND_US)

static void drop_broken(struct outlet *l)
{
	if (l->broken)
		association_lost_drop(&l->broken->lost, l->broken->pool);
	free(l->broken);
	l->broken = NULL;
}

/* A transfer that was cut goes on here; false: it is not known. */
static bool take_up(struct receiver *r, const struct rtse_session_id *id, int64_t now_us)
{
	struct broken *b = r->outlet->broken;

	if (!b || !rtse_lost_is(&b->lost.rtse, now_us, id) ||
	    !association_adopt(end_association(r->end), &b->lost))
		return false;
	r->known = true;
	r->number = b->number;
	b->lost.p1 = (struct p1_lost){ .told = false };	/* its lease has gone over */
	if (!r->outlet->trial)
		drop_broken(r->outlet);
	return true;
}

/* What we answer ourselves is no event of the end. */
static void tell_bound(struct receiver *r, int64_t now_us)
{
	struct outlet_trial *t = r->outlet->trial;
	const struct event e = {
		.at_us = now_us, .association = end_number(r->end), .kind = EVENT_PRIMITIVE,
		.layer = LAYER_P1, .code = SERVICE_CONNECT, .type = RESPONSE,
		.flags = EVENT_F_POSITIVE,
	};

	if (t)
		t->event(t->ctx, &e);
}

static void bound(struct receiver *r, const struct event *e)
{
	const struct target_side *side = &r->outlet->target->sides[r->outlet->side];
	const char *secret = target_secret(side->our_password);
	const struct p1_bind *theirs = event_service(e)->detail;
	struct p1_bind ours = p1_bind_simple(side->our_name, secret ? secret : "");

	if (theirs->rt.opening == RTSE_RECOVER && !take_up(r, &theirs->rt.session, e->at_us)) {
		association_refuse(end_association(r->end), e->at_us, P1_BIND_BUSY);
		return;
	}
	association_accept(end_association(r->end), e->at_us, &ours);
	tell_bound(r, e->at_us);
}

static void begins(struct receiver *r, const struct event *e)
{
	struct findings f;
	struct p1_apdu apdu;
	struct octets id;
	uint8_t buf[NAME_MAX_OCTETS];

	findings_clear(&f);
	r->known = r->damaged = r->whole = false;
	r->content_n = 0;
	r->checkpoints = 0;
	if (!p1_decode((struct octets){ e->data, (size_t)e->length }, &apdu, &f) ||
	    apdu.kind != P1_MESSAGE)
		return;
	r->known = ber_string_join(&apdu.content_id, buf, sizeof buf, &id) &&
	           speech_number(id, &r->number);
	r->captured = !r->known && ber_string_join(&apdu.id.local, buf, sizeof buf, &id) &&
	              speech_signed(id, &r->number);
	r->known |= r->captured;
}

static void transfers(struct receiver *r, const struct event *e)
{
	const struct p1_arrival *arrival = event_service(e)->detail;

	if (e->flags & EVENT_F_FIRST) {
		if (arrival->resumed)
			r->content_n = arrival->content_at;
		else
			begins(r, e);
		receiver_hold_up(r);
	}
	if (!(e->flags & EVENT_F_LAST))
		return;
	if ((r->outlet->trial || r->breaks) && !(e->flags & EVENT_F_POSITIVE))
		return;			/* it may go on elsewhere */
	if (r->known && (e->flags & EVENT_F_POSITIVE) && r->number >= OUTLET_TRIALS) {
		if (r->outlet->trial && !r->damaged && r->whole)
			r->outlet->trial->came_out(r->outlet->trial->ctx, end_number(r->end),
			                           r->content_n);
	} else if (r->known && (e->flags & EVENT_F_POSITIVE)) {
		tally_out(&r->outlet->tally, r->number,
		          !r->captured && (r->damaged || !r->whole));
	}
	r->known = false;
	if (r->unconfirmed && !r->struck)	/* it did not wait */
		net_timer_cancel(end_world_net(r->outlet->world), &r->timer);
	r->unconfirmed = 0;
	association_secured_all(end_association(r->end), e->at_us);
}

static void content(struct receiver *r, struct octets piece)
{
	r->damaged |= !speech_content_is(r->content_n, piece, &r->whole);
	r->content_n += piece.n;
}

/* The first of them is confirmed for certain when the third has come. */
enum { CHECKPOINTS_CUT = 3 };

static void reset(void *ctx)
{
	struct receiver *r = ctx;

	end_cut(r->end, LINK_CUT_RST);
}

/* A case waits for the MTA to resume. */
static bool wants_resumption(const struct outlet *l)
{
	for (size_t i = 1; i < FUZZ_PLACES; i++)
		if (l->armed[i].down && fuzz_places[i].resumes)
			return true;
	return false;
}

static void checkpoint(struct receiver *r, const struct event *e)
{
	struct outlet_trial *t = r->outlet->trial;

	if (receiver_holds_back(r, event_service(e)->serial))
		return;
	association_secured(end_association(r->end), e->at_us, event_service(e)->serial);
	if (++r->checkpoints != CHECKPOINTS_CUT)
		return;
	r->breaks = !t && r->recoverable && r->known && !r->unconfirmed &&
	            wants_resumption(r->outlet);
	if (t && t->cuts)
		t->cuts--;
	else if (!r->breaks)
		return;
	receiver_after(r, 0, reset);
}

static void heard(void *ctx, uint8_t code)
{
	struct receiver *r = ctx;

	if (r->reported)
		receiver_gives_up(r, code);
	else if (code && r->said && !(r->answer.allowed & heard_bit(code)))
		outlet_note(r->outlet, r->strike.number, FAULT_REACTION, code,
		            "on its own connection, what nothing lets it send");
}

static void on_octets(struct end *end, bool out, struct octets o, void *ctx)
{
	struct receiver *r = ctx;

	(void)end;
	r->outlet->rounds += out && r->asked;
	r->asked = !out;
	if (!out && r->deaf)
		receiver_after(r, 0, receiver_enough);
	else if (!out)
		hearing_octets(&r->hearing, o.p, o.n, heard, r);
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	struct receiver *r = ctx;

	(void)end;
	if (e->kind == EVENT_PDU_IN || e->kind == EVENT_PDU_OUT)
		receiver_watch(r, e);
	if (r->outlet->trial)
		r->outlet->trial->event(r->outlet->trial->ctx, e);
	r->outlet->moved_us = e->at_us;
	if (r->struck || e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1 ||
	    e->type != INDICATION)
		return;
	if (e->code == SERVICE_CONNECT)
		bound(r, e);
	else if (e->code == SERVICE_TRANSFER)
		transfers(r, e);
	else if (e->code == SERVICE_DATA)
		content(r, event_service(e)->data);
	else if (e->code == SERVICE_SYNC_MINOR)
		checkpoint(r, e);
	else if (e->code == SERVICE_RELEASE)
		association_release_answer(end_association(r->end), e->at_us);
	else if (e->code == SERVICE_U_ABORT)
		r->outlet->aborted = true;
}

static void keep_broken(struct receiver *r)
{
	struct association *a = end_association(r->end);
	struct broken kept = { .pool = a->config->pool, .number = r->number };

	if (!r->known || (r->outlet->trial && r->outlet->broken) ||
	    !association_past(a, receiver_now(r), &kept.lost))
		return;
	drop_broken(r->outlet);
	r->outlet->broken = malloc(sizeof kept);
	if (r->outlet->broken)
		*r->outlet->broken = kept;
	else
		association_lost_drop(&kept.lost, kept.pool);
}

static void forget(struct receiver *r)
{
	net_timer_cancel(end_world_net(r->outlet->world), &r->timer);
	r->outlet->receivers_n--;
	r->outlet->moved_us = receiver_now(r);
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	end_free(r->end);
	free(r);
}

static void on_over(struct end *end, void *ctx)
{
	struct receiver *r = ctx;

	(void)end;
	if (r->outlet->trial || (r->breaks && !r->struck))
		keep_broken(r);
	forget(r);
}

/* Something armed waits for one. */
static bool wants_checkpoints(const struct outlet *l)
{
	for (size_t i = 1; i < FUZZ_PLACES; i++)
		if (l->armed[i].down && fuzz_place_syncs(&fuzz_places[i]))
			return true;
	return false;
}

/* Something armed, now or before, is to meet flow control. */
static bool wants_small(const struct outlet *l)
{
	for (size_t i = 1; i < FUZZ_PLACES; i++) {
		const struct fuzz_case *c = &l->armed[i];

		if (c->down && !fuzz_places[i].opening && c->is_long &&
		    (c->down_end == FUZZ_END_STALL || fuzz_place_stalls(&fuzz_places[i])))
			return true;
	}
	return false;
}

static void on_accepted(struct net_listener *listener, struct net_conn *c, void *ctx)
{
	static const struct end_user user = { .event = on_event, .over = on_over,
	                                      .octets = on_octets };
	struct outlet *l = ctx;
	struct end_config config = { .hold_open = false };
	struct receiver *r = calloc(1, sizeof *r);

	(void)listener;
	association_defaults(&config.association, false);
	config.association.number = l->side * SIDE_STRIDE + ++l->numbers % SIDE_STRIDE;
	config.association.rtse.recovery_us = 0;
	if (wants_checkpoints(l))
		config.association.rtse.checkpoint = CHECKPOINT_LEAST;
	if (l->trial || wants_resumption(l))
		config.association.rtse.recovery_us = RECOVERY_US;
	if (l->trial) {
		config.association.rtse.checkpoint = CHECKPOINT_LEAST;
		config.link.in.rate = l->trial->rate;
	}
	if (r) {
		r->outlet = l;
		r->narrow = wants_small(l);
		r->recoverable = config.association.rtse.recovery_us > 0;
		r->end = end_accept(l->world, c, &config, &user, r);
	}
	if (!r || !r->end) {
		free(r);
		net_reset(c);
		return;
	}
	r->next = l->receivers;
	r->link = &l->receivers;
	if (r->next)
		r->next->link = &r->next;
	l->receivers = r;
	l->receivers_n++;
	l->moved_us = receiver_now(r);
}

/* A long message fills small ones, and then flow control holds the MTA. */
static const struct net_buffers small = { SPEECH_BUFFERS, SPEECH_BUFFERS }, normal;

static void close_idle(struct outlet *l)
{
	for (struct receiver *r = l->receivers; r; r = r->next)
		if (!r->struck && association_idle(end_association(r->end))) {
			r->struck = true;
			r->strike = (struct fuzz_case){ .down_end = FUZZ_END_FIN };
			receiver_after(r, 0, receiver_strike);
		}
}

void outlet_arm(struct outlet *l, const struct fuzz_case *c)
{
	const struct fuzz_place *place = &fuzz_places[c->down];
	bool anew = place->opening || fuzz_place_is_long(place) ||
	            (c->is_long && c->down_end == FUZZ_END_STALL);

	if (l->armed[c->down].down || !c->down)
		return;			/* one at a time */
	if (fuzz_acknowledges(c) && receiver_may_cross_end(c->down))
		return;
	l->armed[c->down] = *c;
	net_listener_buffers(l->listener, wants_small(l) ? &small : &normal);
	if (anew)
		close_idle(l);
}

void outlet_try(struct outlet *l, struct outlet_trial *t)
{
	drop_broken(l);
	net_listener_buffers(l->listener, t ? &small : &normal);
	/* One that goes on would stay as slow as the trial made it. */
	close_idle(l);
	for (struct receiver *r = l->receivers; r && !t; r = r->next)
		if (!r->struck)
			receiver_after(r, 0, reset);
	l->trial = t;
}

void outlet_clear(struct outlet *l)
{
	for (struct receiver *r = l->receivers, *next; r; r = next) {
		next = r->next;
		forget(r);
	}
	drop_broken(l);
	tally_clear(&l->tally);
	l->wrongs_n = 0;
	memset(l->armed, 0, sizeof l->armed);
}

/* --- making ------------------------------------------------------------------------------ */

struct net_address outlet_address(const struct outlet *l)
{
	return net_listener_address(l->listener);
}

struct outlet *outlet_new(struct end_world *world, const struct target *t, unsigned side,
                          bool loopback, struct speech *speech,
                          const struct patience *patience, char *why, size_t why_cap)
{
	struct outlet *l = calloc(1, sizeof *l);
	struct net_address at;

	snprintf(why, why_cap, "out of memory");
	if (!l)
		return NULL;
	tally_clear(&l->tally);		/* written to: no memory is taken later */
	l->world = world;
	l->target = t;
	l->side = side;
	l->speech = speech;
	l->patience = patience;
	if (t->sides_n <= side ||
	    !net_address_parse(&at, loopback ? "127.0.0.1:0" : t->sides[side].listen, 102)) {
		snprintf(why, why_cap, "target %s has no side where messages come out", t->name);
		free(l);
		return NULL;
	}
	l->listener = net_listen(end_world_net(world), &at, BACKLOG, NULL, on_accepted, l);
	if (l->listener)
		return l;
	snprintf(why, why_cap, "cannot listen on %s: %s%s", t->sides[side].listen,
	         strerror(errno), net_listen_hint(errno));
	free(l);
	return NULL;
}

void outlet_free(struct outlet *l)
{
	if (!l)
		return;
	outlet_clear(l);
	net_listener_close(l->listener);
	free(l);
}
