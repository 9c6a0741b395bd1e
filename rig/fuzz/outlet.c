#include "fuzz/outlet.h"

#include "cotp/cotp_pdu.h"
#include "fuzz/speech.h"
#include "p1/p1_bind.h"
#include "p1/p1_pdu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACKLOG = 256, WRONGS_MAX = 16, NAME_MAX_OCTETS = 16 };

struct entry {
	uint64_t number;		/* of the case, plus one; 0: free */
	int64_t at_us;			/* accepted */
	uint8_t what;			/* enum fuzz_message */
	bool booked, told;
	uint8_t copies, cuts;
};

struct wrong {
	uint64_t number;
	const char *why;
};

struct outlet {
	struct end_world *world;
	const struct target *target;
	struct net_listener *listener;
	struct receiver *receivers;
	uint32_t numbers;
	uint8_t armed;			/* enum fuzz_down */
	bool aborted;			/* by the MTA, without a cause */
	uint64_t accepted, delivered;
	size_t due;
	struct wrong wrongs[WRONGS_MAX];
	size_t wrongs_n;
	struct entry entries[OUTLET_KEPT];
};

/* A connection on which the MTA hands over. */
struct receiver {
	struct receiver *next, **link;
	struct outlet *outlet;
	struct end *end;
	struct net_timer timer;
	uint64_t number;
	bool known;
	bool cutting;			/* nothing more is read or answered */
	uint8_t cut;			/* enum link_cut, when the timer fires */
};

/* --- entries ------------------------------------------------------------------------ */

static struct entry *entry_of(struct outlet *l, uint64_t number)
{
	struct entry *e = &l->entries[number % OUTLET_KEPT];

	if (e->number != number + 1)
		*e = (struct entry){ .number = number + 1 };
	return e;
}

static void wrong(struct outlet *l, struct entry *e, const char *why)
{
	if (!e->told && l->wrongs_n < WRONGS_MAX)
		l->wrongs[l->wrongs_n++] = (struct wrong){ e->number - 1, why };
	e->told = true;
}

/* At least once, and one copy more for each cut that left it in doubt (X.218 9.3.1.3). */
static void audit(struct outlet *l, struct entry *e)
{
	if (!e->booked)
		return;
	if (e->copies > 1 + e->cuts)
		wrong(l, e, "delivered more than once");
	if (e->copies && (e->what == MESSAGE_PARTLY || e->what == MESSAGE_NONE))
		wrong(l, e, "delivered, but never sent to its end");
}

void outlet_book(struct outlet *l, uint64_t number, enum fuzz_message what)
{
	struct entry *e;

	if (what == MESSAGE_NONE)
		return;
	e = entry_of(l, number);
	e->booked = true;
	e->what = (uint8_t)what;
	e->at_us = net_now(end_world_net(l->world));
	if (what == MESSAGE_WHOLE) {
		l->accepted++;
		l->due += e->copies == 0;
	}
	audit(l, e);
}

static void came_out(struct outlet *l, uint64_t number)
{
	struct entry *e = entry_of(l, number);

	l->delivered++;
	if (e->copies == 0 && e->booked && e->what == MESSAGE_WHOLE)
		l->due--;
	if (e->copies < UINT8_MAX)
		e->copies++;
	audit(l, e);
}

size_t outlet_due(struct outlet *l, int64_t since_us)
{
	for (size_t i = 0; l->due && i < OUTLET_KEPT; i++) {
		struct entry *e = &l->entries[i];

		if (e->booked && e->what == MESSAGE_WHOLE && e->copies == 0 && e->at_us < since_us)
			wrong(l, e, "acknowledged, and did not come out");
	}
	return l->due;
}

bool outlet_wrong(struct outlet *l, uint64_t *number, const char **why)
{
	if (l->wrongs_n == 0)
		return false;
	l->wrongs_n--;
	*number = l->wrongs[l->wrongs_n].number;
	*why = l->wrongs[l->wrongs_n].why;
	return true;
}

bool outlet_aborted(struct outlet *l)
{
	bool was = l->aborted;

	l->aborted = false;
	return was;
}

uint64_t outlet_accepted(const struct outlet *l)
{
	return l->accepted;
}

uint64_t outlet_delivered(const struct outlet *l)
{
	return l->delivered;
}

/* --- the next MTA --------------------------------------------------------------------- */

static void cut_now(void *ctx)
{
	struct receiver *r = ctx;

	end_cut(r->end, (enum link_cut)r->cut);
}

/* Where the armed cut strikes.  Never from within the end's own callback. */
static void watch(struct receiver *r, const struct event *e)
{
	const struct fuzz_cut *cut = &fuzz_downs[r->outlet->armed];

	if (r->outlet->armed == 0 || e->layer != cut->layer || e->code != cut->code ||
	    e->kind != (cut->out ? EVENT_PDU_OUT : EVENT_PDU_IN))
		return;
	r->outlet->armed = 0;
	r->cutting = true;
	r->cut = cut->how;
	if (e->code == SPDU_AE || e->code == SPDU_AEA)
		entry_of(r->outlet, r->number)->cuts++;	/* that one may come again */
	net_timer_set(end_world_net(r->outlet->world), &r->timer, e->at_us, cut_now, r);
}

static void bound(struct receiver *r, const struct event *e)
{
	const struct target_side *side = &r->outlet->target->sides[1];
	const char *secret = target_secret(side->our_password);
	const struct p1_bind *theirs = event_service(e)->detail;
	struct p1_bind ours = p1_bind_simple(side->our_name, secret ? secret : "");

	if (theirs->rt.opening == RTSE_RECOVER)
		association_refuse(end_association(r->end), e->at_us, P1_BIND_BUSY);
	else
		association_accept(end_association(r->end), e->at_us, &ours);
}

static void begins(struct receiver *r, const struct event *e)
{
	struct findings f;
	struct p1_apdu apdu;
	struct octets id;
	uint8_t buf[NAME_MAX_OCTETS];

	findings_clear(&f);
	r->known = p1_decode((struct octets){ e->data, (size_t)e->length }, &apdu, &f) &&
	           apdu.kind == P1_MESSAGE &&
	           ber_string_join(&apdu.content_id, buf, sizeof buf, &id) &&
	           speech_number(id, &r->number);
}

static void transfers(struct receiver *r, const struct event *e)
{
	if (e->flags & EVENT_F_FIRST)
		begins(r, e);
	if (!(e->flags & EVENT_F_LAST))
		return;
	if (r->known && (e->flags & EVENT_F_POSITIVE))
		came_out(r->outlet, r->number);
	r->known = false;
	association_secured_all(end_association(r->end), e->at_us);
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	struct receiver *r = ctx;

	(void)end;
	if (e->kind == EVENT_PDU_IN || e->kind == EVENT_PDU_OUT)
		watch(r, e);
	if (r->cutting || e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1 || e->type != INDICATION)
		return;
	if (e->code == SERVICE_CONNECT)
		bound(r, e);
	else if (e->code == SERVICE_TRANSFER)
		transfers(r, e);
	else if (e->code == SERVICE_SYNC_MINOR)
		association_secured(end_association(r->end), e->at_us, event_service(e)->serial);
	else if (e->code == SERVICE_RELEASE)
		association_release_answer(end_association(r->end), e->at_us);
	else if (e->code == SERVICE_U_ABORT)
		r->outlet->aborted = true;
}

static void forget(struct receiver *r)
{
	net_timer_cancel(end_world_net(r->outlet->world), &r->timer);
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	end_free(r->end);
	free(r);
}

static void on_over(struct end *end, void *ctx)
{
	(void)end;
	forget(ctx);
}

static void on_accepted(struct net_listener *listener, struct net_conn *c, void *ctx)
{
	static const struct end_user user = { .event = on_event, .over = on_over };
	struct outlet *l = ctx;
	struct end_config config = { .hold_open = false };
	struct receiver *r = calloc(1, sizeof *r);

	(void)listener;
	association_defaults(&config.association, false);
	config.association.number = ++l->numbers;
	config.association.rtse.recovery_us = 0;
	if (r) {
		r->outlet = l;
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
}

void outlet_arm(struct outlet *l, enum fuzz_down down)
{
	const struct fuzz_cut *cut = &fuzz_downs[down];
	bool opening = cut->layer == LAYER_COTP || cut->code == SPDU_CN || cut->code == SPDU_AC;

	if (l->armed || !down)
		return;			/* one at a time */
	l->armed = (uint8_t)down;
	for (struct receiver *r = l->receivers; r && opening; r = r->next)
		if (!r->cutting && association_idle(end_association(r->end))) {
			r->cutting = true;
			r->cut = LINK_CUT_FIN;
			net_timer_set(end_world_net(l->world), &r->timer,
			              net_now(end_world_net(l->world)), cut_now, r);
		}
}

void outlet_clear(struct outlet *l)
{
	while (l->receivers)
		forget(l->receivers);
	memset(l->entries, 0, sizeof l->entries);
	l->due = l->wrongs_n = 0;
	l->armed = 0;
}

/* --- making ------------------------------------------------------------------------------ */

struct net_address outlet_address(const struct outlet *l)
{
	return net_listener_address(l->listener);
}

struct outlet *outlet_new(struct end_world *world, const struct target *t, bool loopback,
                          char *why, size_t why_cap)
{
	struct outlet *l = calloc(1, sizeof *l);
	struct net_address at;

	snprintf(why, why_cap, "out of memory");
	if (!l)
		return NULL;
	l->world = world;
	l->target = t;
	if (t->sides_n < 2 ||
	    !net_address_parse(&at, loopback ? "127.0.0.1:0" : t->sides[1].listen, 102)) {
		snprintf(why, why_cap, "target %s has no side where messages come out", t->name);
		free(l);
		return NULL;
	}
	l->listener = net_listen(end_world_net(world), &at, BACKLOG, NULL, on_accepted, l);
	if (l->listener)
		return l;
	snprintf(why, why_cap, "cannot listen on %s: %s", t->sides[1].listen, strerror(errno));
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
