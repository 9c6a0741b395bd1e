/*
 * What a case does where the MTA hands over: it speaks for us, ends the connection, or makes
 * the MTA wait or give up until there is a place for it.
 */
#include "fuzz/outlet_inner.h"

#include "session/session_pdu.h"

/* How long we hold on to what is to be left to the MTA, if nothing is due; and what we are
 * silent. */
enum { LEFT_US = 100000, STALL_US = 30000 };

int64_t receiver_now(const struct receiver *r)
{
	return net_now(end_world_net(r->outlet->world));
}

void receiver_after(struct receiver *r, int64_t us, void (*fn)(void *ctx))
{
	net_timer_set(end_world_net(r->outlet->world), &r->timer, receiver_now(r) + us, fn, r);
}

static void wait_for_end(struct receiver *r)
{
	r->since_us = receiver_now(r);
	receiver_after(r, r->outlet->patience->us, receiver_enough);
}

/* What we said waits here, or on its way: the MTA does not know of it. */
static bool has_not_come(const struct receiver *r)
{
	const struct net_conn *conn = end_conn(r->end);

	return end_unwritten(r->end) > 0 || (conn && net_unsent(conn) > 0);
}

void receiver_enough(void *ctx)
{
	struct receiver *r = ctx;
	bool ends = r->said && r->answer.must_end && r->strike.down_end == FUZZ_END_HOLD;

	if ((ends || r->reported) &&
	    !patience_ends(r->outlet->patience, r->since_us, receiver_now(r)) &&
	    r->more++ < PATIENCE_MORE) {
		wait_for_end(r);
		return;
	}
	if (ends)
		outlet_note(r->outlet, r->strike.number, FAULT_STAYS, 0, has_not_come(r) ?
		            "what ends a connection of its own does not come to it" :
		            "it does not end a connection of its own");
	else if (r->reported)
		outlet_note(r->outlet, r->strike.number, FAULT_SILENT, 0,
		            "it does not give up what we report an exception of");
	end_cut(r->end, LINK_CUT_RST);
}

static void say(struct receiver *r)
{
	struct speech_who who = { r->strike.number, r->hearing.reference };
	uint8_t octets[SPEECH_MAX];
	size_t n = speech_octets(r->outlet->speech, r->strike.down_way, 0, &who, octets);

	if (r->strike.down_cut && n > 1)
		n = 1 + (r->strike.down_cut - 1u) % (n - 1);
	end_detach(r->end, true);
	r->said = end_write(r->end, (struct octets){ octets, n });
	end_pump(r->end);
}

void receiver_strike(void *ctx)
{
	struct receiver *r = ctx;
	struct end *e = r->end;

	if (r->strike.down_way)
		say(r);
	if (fuzz_place_stalls(&fuzz_places[r->strike.down]) && !end_is_over(e))
		link_stall(end_link(e), LINK_IN, false);
	switch ((enum fuzz_end)r->strike.down_end) {
	case FUZZ_END_FIN:
		end_cut(e, LINK_CUT_FIN);
		receiver_after(r, LEFT_US, receiver_enough);
		break;
	case FUZZ_END_HALF:
		end_cut(e, LINK_CUT_HALF_CLOSE);
		receiver_after(r, LEFT_US, receiver_enough);
		break;
	case FUZZ_END_DEAF:
		r->deaf = true;
		receiver_after(r, LEFT_US, receiver_enough);
		break;
	case FUZZ_END_STALL:
		if (!end_is_over(e))
			link_stall(end_link(e), LINK_IN, true);
		receiver_after(r, STALL_US, receiver_enough);
		break;
	case FUZZ_END_SILENCE:
		end_cut(e, LINK_CUT_SILENCE);
		wait_for_end(r);
		break;
	case FUZZ_END_HOLD:
		if (r->answer.must_end)
			wait_for_end(r);
		else
			receiver_after(r, LEFT_US, receiver_enough);
		break;
	default:
		end_cut(e, LINK_CUT_RST);
		break;
	}
}

static bool is_spdu(uint8_t down, enum session_spdu code)
{
	return fuzz_places[down].layer == LAYER_SESSION && fuzz_places[down].code == code;
}

/* A whole activity may be under way to us when we speak there: what acknowledges would be taken
 * for its acknowledgement, and nobody would know of which message.  That is so behind our AC, too:
 * a short message comes at once. */
bool receiver_may_cross_end(uint8_t down)
{
	return is_spdu(down, SPDU_AC) ||
	       (fuzz_places[down].in_activity && !is_spdu(down, SPDU_AE) &&
	        !is_spdu(down, SPDU_AEA));
}

static struct fuzz_case *armed_at(struct outlet *l, const struct event *e)
{

	for (size_t i = 1; i < FUZZ_PLACES; i++) {
		const struct fuzz_place *place = &fuzz_places[i];

		if (l->armed[i].down && e->layer == place->layer && e->code == place->code &&
		    e->kind == (place->out ? EVENT_PDU_OUT : EVENT_PDU_IN) &&
		    !place->behind && !place->gives_up)
			return &l->armed[i];
	}
	return NULL;
}

static void take(struct receiver *r, struct fuzz_case *armed)
{
	r->strike = *armed;
	r->answer = fuzz_handed_on(armed);
	r->struck = true;
	if (r->outlet->struck_n < STRUCK_MAX)
		r->outlet->struck[r->outlet->struck_n++] = r->answer;
	if (armed->down_times > 0)
		armed->down_times--;
	else
		armed->down = DOWN_NONE;
	if (r->known && (is_spdu(r->strike.down, SPDU_AE) || is_spdu(r->strike.down, SPDU_AEA)))
		tally_cut(&r->outlet->tally, r->number, fuzz_acknowledges(&r->strike));
}

void receiver_watch(struct receiver *r, const struct event *e)
{
	struct fuzz_case *armed = r->struck ? NULL : armed_at(r->outlet, e);

	if (!armed)
		return;
	take(r, armed);
	receiver_after(r, 0, receiver_strike);
}

/* --- places that have to be made ---- */

/* Nothing came for so long: its window is full. */
enum { FULL_US = 20000 };

/* Which case wants this checkpoint of the MTA to stay unconfirmed; NULL: none. */
static struct fuzz_case *made_at(struct outlet *l, uint32_t serial)
{
	for (size_t i = 1; i < FUZZ_PLACES; i++)
		if (l->armed[i].down && fuzz_places[i].behind &&
		    serial >= fuzz_places[i].behind)
			return &l->armed[i];
	return NULL;
}

/* X.225 7.28: from now on all but AI, AD and AB is read over; so nothing reads it. */
static void report_exception(struct receiver *r)
{
	association_reject(end_association(r->end), receiver_now(r), EXCEPTION_NO_REASON);
	end_pump(r->end);
	end_detach(r->end, true);
}

/* The MTA waits for us, or is brought to give up. */
static void make_place(void *ctx)
{
	struct receiver *r = ctx;
	struct fuzz_case *armed = made_at(r->outlet, r->unconfirmed);

	if (!armed) {			/* another connection had it */
		receiver_enough(r);
		return;
	}
	take(r, armed);
	if (!fuzz_places[r->strike.down].gives_up) {
		receiver_strike(r);
		return;
	}
	report_exception(r);
	r->reported = true;
	wait_for_end(r);
}

/* It is given up, if not as the case wants it. */
void receiver_gives_up(struct receiver *r, uint8_t code)
{
	if (code != SPDU_AI && code != SPDU_AD)
		return;
	r->reported = false;
	receiver_after(r, 0, code == fuzz_places[r->strike.down].code ? receiver_strike
	                                                              : receiver_enough);
}

/* Its P-DATA has not left, because we do not read it: it can give up nothing yet. */
static void report_and_strike(void *ctx)
{
	struct receiver *r = ctx;

	report_exception(r);
	receiver_strike(r);
}

/* The long message of such a case begins. */
void receiver_hold_up(struct receiver *r)
{
	struct outlet *l = r->outlet;

	if (l->trial || r->struck || !r->known || !r->narrow ||
	    end_association(r->end)->rtse.open.checkpoint == CHECKPOINT_LEAST)
		return;
	for (size_t i = 1; i < FUZZ_PLACES; i++)
		if (l->armed[i].down && fuzz_place_stalls(&fuzz_places[i]) &&
		    l->armed[i].number == r->number) {
			take(r, &l->armed[i]);
			link_stall(end_link(r->end), LINK_IN, true);
			receiver_after(r, FULL_US, report_and_strike);
			return;
		}
}

bool receiver_holds_back(struct receiver *r, uint32_t serial)
{
	const struct fuzz_case *armed = made_at(r->outlet, serial);

	if (r->outlet->trial || (!armed && !r->unconfirmed))
		return false;
	if (!r->unconfirmed)
		r->unconfirmed = serial;
	if (!r->struck)
		receiver_after(r, armed && fuzz_places[armed->down].gives_up ? 0 : FULL_US,
		               make_place);
	return true;
}
