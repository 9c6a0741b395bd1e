/*
 * The operations of a case, one function for each kind: it is done, or has to wait.
 */
#include "fuzz/lane_inner.h"

#include <string.h>

static struct fuzz_op *op_at_hand(struct lane *l)
{
	return &l->script.ops[l->at];
}

static void on_time(void *ctx);

static void set_timer(struct lane *l, int64_t us)
{
	struct net *net = l->world->net;

	l->waiting = true;
	l->owed = false;
	l->since_us = net_now(net);
	net_timer_set(net, &l->timer, l->since_us + us, on_time, l);
}

/* The peer has to do something. */
static void wait_for_it(struct lane *l)
{
	set_timer(l, l->world->patience->us);
	l->owed = true;
}

static bool waits_again(struct lane *l)
{
	if (!l->owed || l->more == PATIENCE_MORE || l->outcome.fault ||
	    patience_ends(l->world->patience, l->since_us, net_now(l->world->net)))
		return false;
	l->more++;
	wait_for_it(l);
	return true;
}

void lane_stop_waiting(struct lane *l)
{
	l->waiting = false;
	net_timer_cancel(l->world->net, &l->timer);
}

/* The operation is done; what it waited for no longer counts. */
static bool next(struct lane *l)
{
	lane_stop_waiting(l);
	l->more = 0;
	l->at++;
	return true;
}

/* Sentences between which nothing is waited for leave in one piece; but what is not honest
 * leaves by itself in each second case. */
static bool goes_on(const struct lane *l, const struct fuzz_op *op)
{
	const struct fuzz_script *s = &l->script;
	unsigned i = l->at + 1u;

	return i < s->n && s->ops[i].kind == OP_SAY && s->ops[i].conn == op->conn &&
	       !(i == s->stimulus && (l->c.cut & 2));
}

static bool do_connect(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	if (!l->waiting) {
		lane_connect(ch);
		if (op->any)
			return next(l);
		wait_for_it(l);
	}
	if (!ch->connected)
		return false;
	if (ch->tcp == TCP_NOT_MADE)
		lane_fail(l, FAULT_NEXT_BIND, 0);
	return next(l);
}

static bool do_say(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	const struct fuzz_sentence *f = fuzz_sentence(op->sentence);
	struct speech_who who = { l->c.number, ch->hearing.reference };
	size_t n = 0;

	if (ch->conn && sizeof ch->out - ch->out_n >= SPEECH_MAX)
		n = speech_octets(l->world->speech, op->sentence, op->lie, &who,
		                  ch->out + ch->out_n);
	if (op->cut && n > 1)
		n = 1 + (op->cut - 1u) % (n - 1);
	ch->out_n += n;
	if (!goes_on(l, op))
		lane_flush(ch);
	if (f->hears == SPDU_AC)
		l->cn_us = net_now(l->world->net);
	if (f->hears == SPDU_AEA && !op->cut)
		l->outcome.sent = true;
	ch->heard_n = 0;
	return next(l);
}

static bool answers(uint8_t heard_code, uint8_t code)
{
	return heard_code == code ||
	       (code == SPDU_AEA && heard_code == SPDU_MAA_AEA);
}

/* A bind that does not work is a fault of what came before it. */
static bool is_of_bind(uint8_t code)
{
	return code == fuzz_cc || code == SPDU_AC || code == 0;
}

static enum fuzz_fault fault_of(const struct channel *ch, uint8_t code)
{
	return ch->number == CONN_AFTER || is_of_bind(code) ? FAULT_NEXT_BIND
	     : ch->number == CONN_OTHER ? FAULT_OTHER : FAULT_APPROACH;
}

/* What was to be said on this connection is not: it goes on at its end. */
static void skip_rest(struct lane *l, uint8_t conn)
{
	const struct fuzz_script *s = &l->script;

	while (l->at + 1 < s->n &&
	       !(s->ops[l->at + 1].conn == conn && s->ops[l->at + 1].kind == OP_END))
		l->at++;
}

static bool do_hear(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	if (!l->waiting && op->us)
		set_timer(l, op->us);
	else if (!l->waiting)
		wait_for_it(l);
	for (uint8_t i = 0; i < ch->heard_n; i++)
		if (op->any || answers(ch->heard[i], op->code)) {
			if (op->code && !answers(ch->heard[i], op->code))
				skip_rest(l, op->conn);
			ch->heard_n = 0;
			return next(l);
		}
	if (ch->conn)
		return false;
	if (op->code && op->any)
		skip_rest(l, op->conn);
	if (!op->any)
		lane_fail(l, fault_of(ch, op->code), op->code);
	return next(l);
}

/* Who aborts may wait for us to disconnect (X.225 7.9.2, TIM): to see that would take
 * seconds a case, so only FUZZ_END_SILENCE waits for it. */
static bool reacted(const struct lane *l)
{
	uint64_t due = heard_bit(SPDU_AB) | (l->script.must_end ? 0 : l->script.wanted);

	for (uint8_t i = 0; i < l->outcome.heard_n; i++)
		if (due & heard_bit(l->outcome.heard[i]))
			return l->c.end != FUZZ_END_SILENCE || !l->script.must_end;
	return false;
}

/* Until the peer has done what is due; or, if nothing is, for a moment. */
static bool do_hold(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	if (!ch->conn)
		return next(l);
	if (!op->us && reacted(l))
		return next(l);
	if (!l->waiting && op->us)
		set_timer(l, op->us);
	else if (!l->waiting)
		wait_for_it(l);
	return false;
}

static bool do_pause(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	(void)ch;
	if (!l->waiting)
		set_timer(l, op->us);
	return false;
}

static void shut(struct channel *ch)
{
	net_shutdown(ch->conn);
	ch->shut = ch->asked = true;
	if (ch->tape.on)
		tape_fin(&ch->tape, true, lane_wall(ch->lane));
}

/* What is not connected yet cannot be closed by halves.  SHUT_RD of Linux would show nothing
 * on the wire: the kernel goes on confirming what comes. */
static bool do_end(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	bool by_halves = op->code == FUZZ_END_HALF || op->code == FUZZ_END_DEAF;

	if (ch->conn && by_halves && !ch->connected) {
		if (!l->waiting)
			wait_for_it(l);
		return false;
	}
	if (ch->conn && by_halves) {
		ch->stalled = false;	/* else we would never see the peer's end, or data */
		lane_want(ch);
		if (op->code == FUZZ_END_HALF)
			shut(ch);
		else
			ch->deaf = true;
	} else if (!by_halves) {
		lane_drop(ch, op->code != FUZZ_END_FIN);
	}
	return next(l);
}

static bool do_stall(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	(void)op;
	ch->stalled = true;
	lane_want(ch);
	return next(l);
}

static bool (*const operations[])(struct lane *l, struct fuzz_op *op, struct channel *ch) = {
	[OP_CONNECT] = do_connect, [OP_SAY] = do_say, [OP_HEAR] = do_hear, [OP_STALL] = do_stall,
	[OP_PAUSE] = do_pause, [OP_END] = do_end, [OP_HOLD] = do_hold,
};

/* What was waited for did not come in time. */
static void on_time(void *ctx)
{
	struct lane *l = ctx;
	struct fuzz_op *op = op_at_hand(l);
	struct channel *ch = &l->channels[op->conn];
	bool failed = l->outcome.fault != FAULT_NONE;

	if (waits_again(l))
		return;
	if (op->kind == OP_HEAR && !op->any)
		lane_fail(l, fault_of(ch, op->code), op->code);
	if (op->kind == OP_HEAR && op->any && op->code)
		skip_rest(l, op->conn);
	if (op->kind == OP_CONNECT)
		lane_fail(l, fault_of(ch, 0), 0);
	if (op->kind == OP_HOLD && !op->us && l->script.must_end)
		lane_fail(l, FAULT_STAYS, 0);
	else if (op->kind == OP_HOLD && !op->us && l->script.wanted)
		lane_fail(l, FAULT_SILENT, 0);
	l->silent |= !failed && l->outcome.fault != FAULT_NONE;
	next(l);
	lane_go_on(l);
}

bool lane_perform(struct lane *l)
{
	struct fuzz_op *op = op_at_hand(l);

	return operations[op->kind](l, op, &l->channels[op->conn]);
}
