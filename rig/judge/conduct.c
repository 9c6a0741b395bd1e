#include "judge/conduct.h"

#include "array/array.h"
#include "link/link.h"

#include <stdlib.h>
#include <string.h>

static struct conduct_end *end_of(struct conduct *c, uint32_t number)
{
	struct conduct_end *grown;

	/* Events mostly concern ends that appeared last. */
	for (size_t i = c->n; i-- > 0;)
		if (c->at[i].number == number)
			return &c->at[i];
	grown = array_room(c->at, c->n + 1, &c->cap, sizeof *grown);
	if (!grown) {
		c->no_memory = true;
		return NULL;
	}
	c->at = grown;
	memset(&c->at[c->n], 0, sizeof c->at[0]);
	c->at[c->n].number = number;
	return &c->at[c->n++];
}

/* Ends that are counted need not be looked for where there are none. */
static void count(uint32_t sides[static SIDES_MAX], const struct conduct_end *end, bool was,
                  bool is)
{
	unsigned side = side_of(end->number);

	if (side < SIDES_MAX && was != is)
		sides[side] += is ? 1 : UINT32_MAX;
}

static void set_bound(struct conduct *c, struct conduct_end *end, bool bound)
{
	count(c->bound, end, end->bound, bound);
	end->bound = bound;
}

static void set_ours(struct conduct *c, struct conduct_end *end, bool ours)
{
	count(c->ours, end, end->ours, ours);
	end->ours = ours;
}

static void aborted(struct conduct *c, struct conduct_end *end, uint64_t ordinal, const char *how)
{
	if (end->caused || end->closing)
		return;
	end->aborted = end->closing = true;
	c->aborts++;
	c->abort_end = end->number;
	c->abort_event = ordinal;
	c->abort_how = how;
}

/* A line that we hold longer than the IUT must wait is a cause: for the answer to an opening
 * its own timer, else its time for a transfer (X.218 9.3.1.2). */
static void waited(const struct judge_case *k, struct conduct_end *end, int64_t now_us)
{
	int64_t limit = end->established ? k->transfer_us : k->disconnect_us;

	if (end->held && now_us - end->held_us >= limit)
		end->caused = true;
}

static void on_link(struct conduct_end *end, const struct event *e)
{
	uint8_t before = end->held;

	end->held = link_held(before, e);
	if (!before && end->held)
		end->held_us = e->at_us;
}

static void on_tcp(struct conduct *c, struct conduct_end *end, const struct event *e, uint64_t at)
{
	switch (e->code) {
	case TCP_CONNECTED:
		end->tcp_up = true;
		set_ours(c, end, e->flags & EVENT_F_INITIATOR);
		break;
	case TCP_FIN_IN:
	case TCP_RST_IN:
		/* Before the bind is answered a close refuses, it does not abort. */
		if (end->bound)
			aborted(c, end, at, e->code == TCP_FIN_IN ?
			        "TCP closed without release" : "TCP reset without release");
		end->ended_by_iut = true;
		end->tcp_up = false;
		set_bound(c, end, false);
		break;
	case TCP_FIN_OUT:
	case TCP_RST_OUT:
	case TCP_FAILED:
		end->closing = true;
		end->tcp_up = false;
		set_bound(c, end, false);
		break;
	default:
		break;
	}
}

static void bound(struct bind_sum *sum, int64_t took_us)
{
	if (sum->n == 0 || took_us < sum->least_us)
		sum->least_us = took_us;
	if (took_us > sum->most_us)
		sum->most_us = took_us;
	sum->all_us += took_us;
	sum->n++;
}

static void on_primitive(struct conduct *c, struct conduct_end *end, const struct event *e,
                         uint64_t at)
{
	bool positive = e->flags & EVENT_F_POSITIVE;

	switch (e->code) {
	case SERVICE_CONNECT:
		set_ours(c, end, end->ours || e->type == REQUEST);
		if (e->type == REQUEST)
			end->asked_us = e->at_us;
		if (e->type == CONFIRM && positive && end->ours)
			bound(&c->binds, e->at_us - end->asked_us);
		if (e->type == CONFIRM || e->type == RESPONSE) {
			set_bound(c, end, positive);
			end->established |= positive && e->type == CONFIRM;
			end->refused = !positive;
			end->closing |= !positive;
			end->refusal = e->value;
		}
		break;
	case SERVICE_RELEASE:
		end->closing = true;
		if (e->type == CONFIRM || e->type == RESPONSE) {
			end->released |= positive;
			set_bound(c, end, false);
		}
		break;
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		/* A provider abort that only tells that TCP went comes after its
		 * TCP event.  Else the IUT sent an abort, or we did because of its
		 * protocol error; or, where we hold back what it sends, because of a
		 * timer of ours. */
		if (e->type == REQUEST)
			end->caused = end->closing = true;
		else if (end->tcp_up && !(end->held & LINK_IN))
			aborted(c, end, at, e->code == SERVICE_U_ABORT ?
			        "user abort" : "provider abort");
		set_bound(c, end, false);
		break;
	default:
		break;
	}
}

static void on_pdu(struct conduct *c, struct conduct_end *end, const struct event *e)
{
	unsigned side = side_of(e->association);

	end->established |= end->bound && e->layer == LAYER_SESSION;
	if (side >= SIDES_MAX || e->layer >= LAYERS || e->code >= 64)
		return;
	c->pdus[side][e->layer][e->code / 32] |= UINT32_C(1) << (e->code % 32);
}

void conduct_event(struct conduct *c, const struct judge_case *k, const struct event *e,
                   uint64_t ordinal)
{
	struct conduct_end *end;

	if (e->kind == EVENT_SCENARIO && e->code == SCENARIO_RESTARTED)
		for (size_t i = 0; i < c->n; i++)
			c->at[i].caused |= c->at[i].tcp_up;
	if (e->kind != EVENT_TCP && e->kind != EVENT_PRIMITIVE && e->kind != EVENT_PDU_IN &&
	    !(e->kind == EVENT_LINK && e->association) &&
	    !(e->kind == EVENT_SCENARIO &&
	      (e->code == SCENARIO_CUT || e->code == SCENARIO_DETACHED ||
	       e->code == SCENARIO_NAMED)))
		return;
	end = end_of(c, e->association);
	if (!end)
		return;
	waited(k, end, e->at_us);
	if (e->kind == EVENT_SCENARIO && e->code == SCENARIO_NAMED) {
		end->whom = (uint16_t)e->value;
	} else if (e->kind == EVENT_SCENARIO) {
		end->caused = true;
		/* Nobody holds the association that it may still be. */
		set_bound(c, end, end->bound && e->code != SCENARIO_DETACHED);
	}
	if (e->kind == EVENT_TCP)
		on_tcp(c, end, e, ordinal);
	else if (e->kind == EVENT_LINK)
		on_link(end, e);
	else if (e->kind == EVENT_PDU_IN)
		on_pdu(c, end, e);
	else if (e->layer == LAYER_P1)
		on_primitive(c, end, e, ordinal);
}

void conduct_free(struct conduct *c)
{
	free(c->at);
	*c = (struct conduct){ 0 };
}

static bool is_meant(const struct conduct_end *end, int side, uint16_t whom)
{
	return (side < 0 || side_of(end->number) == (unsigned)side) &&
	       (!whom || end->whom == whom);
}

static bool any(const uint32_t sides[static SIDES_MAX], int side)
{
	for (int s = 0; s < SIDES_MAX; s++)
		if (sides[s] && (side < 0 || s == side))
			return true;
	return false;
}

const struct conduct_end *conduct_newest(const struct conduct *c, int side, uint16_t whom)
{
	const struct conduct_end *theirs = NULL;
	bool ours = any(c->ours, side);

	for (size_t i = c->n; i-- > 0 && (ours || !theirs);) {
		if (!is_meant(&c->at[i], side, whom))
			continue;
		if (c->at[i].ours)
			return &c->at[i];
		if (!theirs)
			theirs = &c->at[i];
	}
	return theirs;
}

bool conduct_any_bound(const struct conduct *c, int side, uint16_t whom)
{
	bool bound = any(c->bound, side);

	for (size_t i = c->n; bound && i-- > 0;)
		if (c->at[i].bound && is_meant(&c->at[i], side, whom))
			return true;
	return false;
}

bool conduct_pdu_seen(const struct conduct *c, int side, uint8_t layer, uint8_t code)
{
	for (unsigned s = 0; s < SIDES_MAX; s++)
		if ((side < 0 || s == (unsigned)side) && layer < LAYERS && code < 64 &&
		    c->pdus[s][layer][code / 32] >> (code % 32) & 1)
			return true;
	return false;
}
