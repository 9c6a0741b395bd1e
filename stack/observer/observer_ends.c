#include "observer/observer_ends.h"

#include "observer/observer_rules.h"
#include "session/session.h"

#include <string.h>

/* ---- deviations ---- */

void observer_deviation_text(struct text *t, const struct observer_deviation *d)
{
	text_put(t, d->event);
	if (d->state) {
		text_put(t, d->received ? " received in " : " in ");
		text_put(t, d->state);
	}
	text_put(t, ": ");
	if (d->has_wanted) {
		text_put(t, "serial number ");
		text_u64(t, d->serial);
		text_put(t, d->wanted < 0 ? ", none is due" : ", due is ");
		if (d->wanted >= 0)
			text_u64(t, (uint64_t)d->wanted);
		return;
	}
	if (!d->table) {
		text_put(t, d->rule->text);
		return;
	}
	text_put(t, "Table ");
	text_put(t, d->table);
	if (d->rule == &observer_rules[OBSERVER_SESSION_NEVER])
		text_put(t, " has // there");
	else if (d->rule == &observer_rules[OBSERVER_SESSION_ANSWER])
		text_put(t, " does not send it there");
	else if (d->predicate == 0)
		text_put(t, " has no entry");
	if (d->predicate == 0)
		return;
	text_put(t, d->predicate < 0 ? " wants p" : ": p");
	if (d->predicate > -10 && d->predicate < 10)
		text_char(t, '0');
	text_u64(t, (uint64_t)(d->predicate < 0 ? -d->predicate : d->predicate));
	text_put(t, d->predicate < 0 ? " to be false" : " does not hold");
}

static void report(struct observer_ends *e, enum observer_direction d, bool received,
                   const struct observer_unit *u, struct observer_refusal *why)
{
	struct observer_deviation out;
	struct findings booked;

	observer_explain(why);
	out = (struct observer_deviation){
		.direction = (uint8_t)d, .received = received, .rule = why->rule,
		.event = why->event, .state = why->state, .table = why->table,
		.predicate = why->predicate, .serial = u->arg.serial, .wanted = why->wanted,
		.has_wanted = why->rule == &observer_rules[OBSERVER_SESSION_SERIAL],
		.from = u->from, .to = u->to,
	};

	findings_clear(&booked);
	findings_add(&booked, why->rule, 0);	/* as all are: tests ask which were broken */
	e->report->deviate(e->report, &out);
}

/* ---- sets of states: only what is in them is touched ---- */

static void no_state(struct observer_states *set)
{
	set->n = 0;
	set->full = false;
}

static void one_state(struct observer_states *set, const struct observer_state *s)
{
	set->at[0] = *s;
	set->n = 1;
	set->full = false;
}

static void copy_states(struct observer_states *to, const struct observer_states *from)
{
	for (size_t i = 0; i < from->n; i++)
		to->at[i] = from->at[i];
	to->n = from->n;
	to->full = from->full;
}

/* ---- prefixes ---- */


/* false: the bound is reached, and `set` is not all that there is. */
static bool may_try(struct observer_end *end, struct observer_states *set)
{
	if (end->trials > 0) {
		end->trials--;
		return true;
	}
	set->full = true;
	return false;
}

/* Each of `from` reads the next unit in flight. */
static void read_all(struct observer_end *end, const struct observer_states *from,
                     struct observer_states *to, struct observer_refusal *why)
{
	struct observer_states each;

	no_state(&each);
	for (size_t i = 0; i < from->n; i++) {
		each.n = 0;
		if (!may_try(end, to))
			break;
		observer_read(&from->at[i], &end->flight[from->at[i].read], &each, why);
		for (size_t k = 0; k < each.n; k++) {
			each.at[k].read = (uint8_t)(from->at[i].read + 1);
			observer_states_add(to, &each.at[k]);
		}
	}
	to->full |= from->full || each.full;
}

/* Can `early`, which has read less, still become `late`?  Then `late` needs no
 * place of its own: what it has read before it sent can be read afterwards. */
static bool becomes(struct observer_end *end, const struct observer_state *early,
                    const struct observer_state *late)
{
	struct observer_states now, next;
	struct observer_refusal ignored;

	one_state(&now, early);
	for (uint8_t read = early->read; read < late->read && now.n > 0; read++) {
		no_state(&next);
		read_all(end, &now, &next, &ignored);
		copy_states(&now, &next);
	}
	for (size_t i = 0; i < now.n; i++)
		if (observer_state_equal(&now.at[i], late))
			return true;
	return false;
}

static void add_late(struct observer_end *end, struct observer_states *all,
                     const struct observer_states *late)
{
	size_t before = all->n;

	for (size_t i = 0; i < late->n; i++) {
		bool there = false;

		for (size_t k = 0; k < before && !there; k++)
			there = becomes(end, &all->at[k], &late->at[i]);
		if (!there)
			observer_states_add(all, &late->at[i]);
	}
	all->full |= late->full;
}

static bool is_data(const struct observer_unit *u)
{
	return u->kind == UNIT_SPDU && u->code == SESSION_EV_DT;
}

/* Could the next unit have been read before what `end` sends now? */
static bool could_have_come(const struct observer_end *end, uint8_t read, uint64_t acked)
{
	const struct observer_unit *next = &end->flight[read];

	if (read == end->flight_n)
		return false;
	return is_data(next) ? next->from < acked : next->to <= acked;
}

/* Where nothing is known of a state this still is: an answer comes after what it
 * answers. */
static bool answers(const struct observer_unit *a, const struct observer_unit *to)
{
	static const struct {
		uint8_t answer, question;
	} pairs[] = {
		{ SESSION_EV_MIA, SESSION_EV_MIP }, { SESSION_EV_MIA, SESSION_EV_MIP_d },
		{ SESSION_EV_MAA_AEA, SESSION_EV_AE }, { SESSION_EV_MAA_AEA, SESSION_EV_MAP },
		{ SESSION_EV_AIA, SESSION_EV_AI }, { SESSION_EV_ADA, SESSION_EV_AD },
		{ SESSION_EV_RA, SESSION_EV_RS_a }, { SESSION_EV_RA, SESSION_EV_RS_r },
		{ SESSION_EV_RA, SESSION_EV_RS_s }, { SESSION_EV_CDA, SESSION_EV_CD },
		{ SESSION_EV_DN, SESSION_EV_FN_nr }, { SESSION_EV_DN, SESSION_EV_FN_r },
		{ SESSION_EV_NF, SESSION_EV_FN_nr }, { SESSION_EV_AC, SESSION_EV_CN },
		{ SESSION_EV_RF_nr, SESSION_EV_CN }, { SESSION_EV_GTA, SESSION_EV_GTC },
	};

	if (a->kind != UNIT_SPDU || to->kind != UNIT_SPDU)
		return false;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i].answer == a->code && pairs[i].question == to->code)
			return a->code != SESSION_EV_MIA || a->arg.serial == to->arg.serial;
	return false;
}

static bool must_read_first(const struct observer_end *end, const struct observer_state *s,
                            const struct observer_unit *u)
{
	for (size_t i = s->read; s->any && i < end->flight_n; i++)
		if (answers(u, &end->flight[i]))
			return true;
	return false;
}

/* Sends `u` from each of `from`; states that have left it are added to *to.  The
 * reason of the last failure stands in *why. */
static void send_all(struct observer_end *end, const struct observer_states *from,
                     const struct observer_unit *u, struct observer_states *to,
                     struct observer_refusal *why)
{
	for (size_t i = 0; i < from->n; i++)
		if (!must_read_first(end, &from->at[i], u) && may_try(end, to))
			observer_send(&from->at[i], u, to, why);
	to->full |= from->full;
}

struct trial {
	struct observer_states sent;		/* it has an entry */
	struct observer_states stuck;		/* cannot read what comes next */
	struct observer_refusal why_sent;	/* the last prefix */
	struct observer_refusal why_stuck;
};

/* All prefixes from one state. */
static void try_prefixes(struct observer_end *end, const struct observer_state *s,
                         const struct observer_unit *u, uint64_t acked, struct trial *t)
{
	struct observer_states now, next, late;

	one_state(&now, s);
	for (;;) {
		no_state(&late);
		send_all(end, &now, u, &late, &t->why_sent);
		add_late(end, &t->sent, &late);
		if (!could_have_come(end, now.at[0].read, acked))
			return;
		no_state(&next);
		read_all(end, &now, &next, &t->why_stuck);
		if (next.n == 0) {
			copy_states(&t->stuck, &now);
			return;
		}
		copy_states(&now, &next);
	}
}

static void try_all(struct observer_end *end, const struct observer_unit *u, uint64_t acked,
                    struct trial *t)
{
	no_state(&t->sent);
	no_state(&t->stuck);
	t->sent.full = end->states.full;
	t->why_sent.rule = t->why_stuck.rule = NULL;
	end->trials = OBSERVER_TRIALS;
	for (size_t i = 0; i < end->states.n; i++)
		try_prefixes(end, &end->states.at[i], u, acked, t);
}

/* ---- deviations ---- */

/* What comes next has no entry for its reader: has he aborted because of it, or gone
 * on as if it were not there? */
static bool passed_over(struct observer_end *end, const struct trial *t,
                        const struct observer_unit *u, struct observer_states *out)
{
	struct observer_refusal ignored;
	struct observer_states after = { .n = 0 };

	for (size_t i = 0; i < t->stuck.n; i++) {
		struct observer_state n;

		if (observer_read_invalid(&t->stuck.at[i], &n)) {
			n.read++;
			observer_states_add(&after, &n);
		}
		n = t->stuck.at[i];
		n.read++;
		observer_states_add(&after, &n);
	}
	send_all(end, &after, u, out, &ignored);
	return out->n > 0;
}

static void lose_track(struct observer_end *end)
{
	struct observer_state s = end->states.at[0];

	s.any = true;
	s.owed = SESSION_EV_NONE;
	s.read = end->flight_n;
	end->states = (struct observer_states){ .at = { s }, .n = 1 };
}

static void deviate(struct observer_ends *e, enum observer_direction d, struct observer_unit *u,
                    struct trial *t)
{
	struct observer_end *end = &e->end[d];
	struct observer_states out = { .n = 0 };

	if (t->stuck.n > 0 && passed_over(end, t, u, &out)) {
		uint8_t read = t->stuck.at[0].read;

		if (!t->sent.full)
			report(e, (enum observer_direction)(1 - d), true, &end->flight[read],
			       &t->why_stuck);
		copy_states(&end->states, &out);
		return;
	}
	if (!t->sent.full && t->why_sent.rule)
		report(e, d, false, u, &t->why_sent);
	u->bad = true;
	lose_track(end);
}

/* ---- flight ---- */

/* Drops what every state has read. */
static void land(struct observer_end *end)
{
	uint8_t least = end->flight_n;

	for (size_t i = 0; i < end->states.n; i++)
		if (end->states.at[i].read < least)
			least = end->states.at[i].read;
	if (least == 0)
		return;
	memmove(end->flight, end->flight + least,
	        (size_t)(end->flight_n - least) * sizeof *end->flight);
	end->flight_n = (uint8_t)(end->flight_n - least);
	for (size_t i = 0; i < end->states.n; i++)
		end->states.at[i].read = (uint8_t)(end->states.at[i].read - least);
}

/* No room: the first unit counts as read. */
static void make_room(struct observer_end *end)
{
	struct observer_states late = { .n = 0 }, now = { .n = 0 };
	struct observer_refusal ignored;

	end->trials = OBSERVER_TRIALS;
	for (size_t i = 0; i < end->states.n; i++)
		observer_states_add(end->states.at[i].read > 0 ? &late : &now,
		                    &end->states.at[i]);
	read_all(end, &now, &late, &ignored);
	late.full |= end->states.full;
	if (late.n > 0)
		copy_states(&end->states, &late);
	else
		lose_track(end);
	land(end);
}

/* DTs one after the other change nothing that one would not. */
static bool is_more_data(const struct observer_unit *a, const struct observer_unit *b)
{
	return is_data(a) && is_data(b) && !a->bad && !b->bad;
}

/* Of which nothing is known, before and after: whether it was read makes no difference.
 * Behind what would show the state it does. */
static bool tells_nothing(const struct observer_end *to, const struct observer_unit *u)
{
	if (to->flight_n > 0)
		return to->flight[to->flight_n - 1].kind == UNIT_UNKNOWN &&
		       u->kind == UNIT_UNKNOWN;
	for (size_t i = 0; i < to->states.n; i++)
		if (!to->states.at[i].any)
			return false;
	return u->kind == UNIT_UNKNOWN;
}

static void fly(struct observer_end *to, const struct observer_unit *u)
{
	if (tells_nothing(to, u))
		return;
	if (to->flight_n > 0 && is_more_data(&to->flight[to->flight_n - 1], u))
		return;
	if (to->flight_n == OBSERVER_FLIGHT)
		make_room(to);
	to->flight[to->flight_n++] = *u;
}

static void commit(struct observer_ends *e, enum observer_direction d, struct observer_unit *u)
{
	struct observer_end *end = &e->end[d];
	struct trial t;

	u->x410 = e->x410;
	try_all(end, u, end->frame_acked, &t);
	if (u->accuses && t.stuck.n == 0) {
		u->accuses = false;
		try_all(end, u, end->frame_acked, &t);
	}
	if (t.sent.n > 0) {
		/* A DR in OPEN has an effect all the same. */
		if (t.why_sent.rule == &observer_rules[OBSERVER_DR_OPEN])
			report(e, d, false, u, &t.why_sent);
		copy_states(&end->states, &t.sent);
	} else {
		deviate(e, d, u, &t);
	}
	land(end);
	fly(&e->end[1 - d], u);
}

/* ---- observations -> units ---- */

static void settle(struct observer_ends *e, enum observer_direction d)
{
	struct observer_end *end = &e->end[d];

	if (end->has_unit) {
		end->has_unit = false;
		commit(e, d, &end->unit);
	}
	/* X.225 6.3.7: a GT or PT before another SPDU is processed after it. */
	if (end->has_prefix) {
		end->has_prefix = false;
		commit(e, d, &end->prefix);
	}
}

void observer_ends_settle(struct observer_ends *e)
{
	settle(e, OBSERVER_INITIATOR);
	settle(e, OBSERVER_RESPONDER);
}

static struct observer_unit unit_of(const struct observation *seen, enum observer_unit_kind kind,
                                    uint8_t code)
{
	return (struct observer_unit){
		.kind = (uint8_t)kind, .code = code, .from = seen->from, .to = seen->to,
		.bad = kind == UNIT_UNKNOWN,
	};
}

/* A unit that is complete with what is inside it. */
static void begin_unit(struct observer_end *end, const struct observer_unit *u)
{
	end->unit = *u;
	end->has_unit = true;
}

static void on_tpdu(struct observer_ends *e, const struct observation *seen)
{
	struct observer_unit u = unit_of(seen, seen->as.any ? UNIT_TPDU : UNIT_UNKNOWN, seen->code);

	if (seen->code == COTP_DT && seen->as.any)
		return;
	observer_ends_settle(e);
	begin_unit(&e->end[seen->direction], &u);
}

/* X.225 7.4.1 b): of both kinds of duplex the token stays. */
static uint16_t agreed_units(const struct observer_ends *e, const struct session_pdu *ac)
{
	uint16_t both = UNIT_HALF_DUPLEX | UNIT_DUPLEX, units = e->proposed & ac->units;

	return (units & both) == both ? (uint16_t)(units & ~UNIT_DUPLEX) : units;
}

static enum session_event event_of(const struct session_pdu *p)
{
	return p->kind == SPDU_MAA || p->kind == SPDU_AEA ? SESSION_EV_MAA_AEA
	                                                  : session_event_of(p);
}

static struct observer_unit unit_of_spdu(struct observer_ends *e, const struct observation *seen)
{
	const struct session_pdu *p = seen->as.session;
	struct observer_unit u = unit_of(seen, UNIT_SPDU, (uint8_t)event_of(p));

	u.arg = session_arg_of(p);
	u.arg.serial = p->kind == SPDU_AC ? p->initial_serial : p->serial;
	u.has_serial = session_has(p, SESSION_SERIAL);
	u.accuses = p->kind == SPDU_AB && !u.arg.user_abort &&
	            p->transport_disconnect & TDISC_PROTOCOL_ERROR;
	if (p->kind == SPDU_CN)
		e->proposed = p->units;
	if (p->kind == SPDU_AC) {
		u.arg.units = agreed_units(e, p);
		u.asked = session_has(p, SESSION_TOKEN_ITEM) ? p->token_item : 0;
	}
	return u;
}

/* Only the first segment of an SSDU counts: it has the parameters. */
static bool is_later_segment(const struct session_pdu *p)
{
	return session_has(p, SESSION_ENCLOSURE) && !(p->enclosure & ENCLOSURE_BEGIN) &&
	       p->kind != SPDU_CDO && p->kind != SPDU_DT && p->kind != SPDU_TD;
}

static bool is_prefix(const struct observer_unit *u)
{
	return u->kind == UNIT_SPDU && (u->code == SESSION_EV_PT || u->code == SESSION_EV_GT);
}

/* EX and PREPARE have no place on the transport normal flow. */
static void tell_expedited(struct observer_ends *e, const struct observation *seen,
                           struct observer_unit *u)
{
	struct observer_refusal why = {
		.rule = &session_rules[SESSION_EXPEDITED], .wanted = -1,
		.event = session_spdu_name((enum session_spdu)seen->code),
	};

	u->kind = UNIT_UNKNOWN;
	u->bad = true;
	report(e, (enum observer_direction)seen->direction, false, u, &why);
}

static void on_spdu(struct observer_ends *e, const struct observation *seen)
{
	struct observer_end *end = &e->end[seen->direction];
	struct observer_unit u;

	if (seen->herald || (seen->part != OBSERVED_WHOLE && seen->part != OBSERVED_BEGIN &&
	                     seen->as.any))
		return;
	u = seen->as.any ? unit_of_spdu(e, seen) : unit_of(seen, UNIT_UNKNOWN, 0);
	if (seen->as.any && is_later_segment(seen->as.session))
		return;
	settle(e, (enum observer_direction)(1 - seen->direction));
	if (end->has_unit && is_prefix(&end->unit) && !end->has_prefix) {
		end->prefix = end->unit;
		end->has_prefix = true;
		end->has_unit = false;
	} else if (end->has_unit) {
		end->has_unit = false;
		commit(e, (enum observer_direction)seen->direction, &end->unit);
	}
	if (seen->as.any && u.code == SESSION_EV_NONE)
		tell_expedited(e, seen, &u);
	begin_unit(end, &u);
}

/* A TD streams, and its DT may have been settled before its contexts are known. */
static void on_td(struct observer_ends *e, const struct observation *seen)
{
	struct observer_unit u = unit_of(seen, UNIT_SPDU, 0);
	const struct observer_state *s;
	struct observer_refusal why;

	if (seen->part == OBSERVED_BEGIN || !seen->outside)
		return;
	settle(e, (enum observer_direction)seen->direction);
	s = observer_ends_state(e, (enum observer_direction)seen->direction);
	if (s && s->presentation == PRESENTATION_STAt0 &&
	    !observer_send_data(s, seen->outside, &why))
		report(e, (enum observer_direction)seen->direction, false, &u, &why);
}

static void on_ppdu(struct observer_ends *e, const struct observation *seen)
{
	static const uint8_t events[PRESENTATION_PPDUS] = {
		[PPDU_CP] = PRESENTATION_EV_CP, [PPDU_CPA] = PRESENTATION_EV_CPA,
		[PPDU_CPR] = PRESENTATION_EV_CPR, [PPDU_ARU] = PRESENTATION_EV_ARU,
		[PPDU_ARP] = PRESENTATION_EV_ARP,
	};
	struct observer_end *end = &e->end[seen->direction];

	if (seen->code == PPDU_TD && seen->part != OBSERVED_WHOLE)
		on_td(e, seen);
	if (!end->has_unit || !seen->as.any || seen->code >= PRESENTATION_PPDUS)
		return;
	end->unit.ppdu = events[seen->code];
	end->unit.outside = seen->outside;
	if (seen->code == PPDU_CP)
		e->x410 = seen->as.presentation->x410;
}

static void on_apdu(struct observer_ends *e, const struct observation *seen)
{
	const struct acse_pdu *p = seen->as.acse;
	struct observer_unit *u = &e->end[seen->direction].unit;

	if (!e->end[seen->direction].has_unit || !p)
		return;
	switch (p->kind) {
	case ACSE_AARQ:
		u->apdu = ACSE_EV_AARQ;
		break;
	case ACSE_AARE:
		u->apdu = p->result == 0 ? ACSE_EV_AAREP : ACSE_EV_AAREN;
		break;
	case ACSE_RLRQ:
		u->apdu = ACSE_EV_RLRQ;
		break;
	case ACSE_RLRE:
		u->apdu = u->code == SESSION_EV_NF ? ACSE_EV_RLREN : ACSE_EV_RLREP;
		break;
	default:
		break;
	}
}

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	static void (*const take[LAYERS])(struct observer_ends *, const struct observation *) = {
		[LAYER_COTP] = on_tpdu, [LAYER_SESSION] = on_spdu,
		[LAYER_PRESENTATION] = on_ppdu, [LAYER_ACSE] = on_apdu,
	};
	struct observer_ends *e = (struct observer_ends *)sink;

	if (seen->layer == LAYER_TPKT) {
		observer_ends_settle(e);
		e->end[seen->direction].frame_acked = e->end[seen->direction].acked;
		if (seen->code == OBSERVED_NO_FRAME)
			observer_ends_gap(e, (enum observer_direction)seen->direction);
	} else if (take[seen->layer]) {
		take[seen->layer](e, seen);
	}
	if (e->next)
		e->next->tell(e->next, seen);
}

/* ---- what a user calls ---- */

void observer_ends_init(struct observer_ends *e, struct observer_sink *next,
                        struct observer_ends_sink *sink)
{
	*e = (struct observer_ends){ .sink.tell = tell, .next = next, .report = sink };
	for (size_t d = 0; d < OBSERVER_DIRECTIONS; d++) {
		e->end[d].states.at[0] = observer_state_first(false);
		e->end[d].states.n = 1;
		e->end[d].acked = e->end[d].frame_acked = UINT64_MAX;
	}
}

void observer_ends_acked(struct observer_ends *e, enum observer_direction d, uint64_t octets)
{
	e->end[d].acked = octets;
}

const struct observer_state *observer_ends_state(const struct observer_ends *e,
                                                 enum observer_direction d)
{
	const struct observer_states *s = &e->end[d].states;

	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].any)
			return NULL;
	return &s->at[0];
}

void observer_ends_gap(struct observer_ends *e, enum observer_direction d)
{
	struct observer_unit u = { .kind = UNIT_UNKNOWN, .bad = true };

	observer_ends_settle(e);
	/* What is missing tells neither what it was nor what was read before it. */
	for (size_t i = 0; i < e->end[d].flight_n; i++)
		e->end[d].flight[i].aged = true;
	commit(e, d, &u);
}

void observer_ends_close(struct observer_ends *e, enum observer_direction d,
                         enum observer_close how, uint64_t at)
{
	struct observer_unit u = { .kind = UNIT_CLOSE, .from = at, .to = at };
	struct observer_refusal note = {
		.rule = &observer_rules[OBSERVER_RST_AFTER_FIN], .event = "RST", .wanted = -1,
	};

	observer_ends_settle(e);
	if (e->end[d].closed)
		return;
	e->end[d].closed = true;
	e->end[d].fin = how == OBSERVER_FIN;
	if (how == OBSERVER_RST && e->end[1 - d].fin)
		report(e, d, false, &u, &note);
	if (how != OBSERVER_LOST)
		commit(e, d, &u);
}
