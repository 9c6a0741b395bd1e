/*
 * One connection of a lane: octets out and in, how TCP ended, and whether what was heard may
 * be heard.
 */
#include "fuzz/lane_inner.h"

#include "cotp/cotp_pdu.h"

#include <string.h>

enum { READS = 16 << 10 };

/* Serves all lanes of the thread in turn. */
static uint8_t octets[READS];

/* --- what the peer says ---------------------------------------------------------------- */

void lane_fail(struct lane *l, enum fuzz_fault what, uint8_t code)
{
	if (l->outcome.fault == FAULT_NONE) {
		l->outcome.fault = (uint8_t)what;
		l->outcome.code = code;
		l->outcome.at = l->at;
	}
}

static uint8_t bucket_of(int64_t us)
{
	uint8_t bucket = 0;

	for (us /= 1000; us > 0; us /= 4)
		bucket++;
	return bucket;
}

/* A reaction: what came on the connection at hand behind the stimulus. */
static void reaction(struct lane *l, uint8_t code)
{
	struct fuzz_outcome *o = &l->outcome;

	if (o->heard_n == 0)
		o->bucket = bucket_of(net_now(l->world->net) - l->stimulus_us);
	if (o->heard_n < HEARD_KEPT)
		o->heard[o->heard_n++] = code;
	if (!(l->script.allowed & heard_bit(code)))
		lane_fail(l, FAULT_REACTION, code);
}

/* Nothing is wrong yet, and it ends the connection: TCP, or an abort. */
static void ended_honest(struct lane *l, const struct channel *ch, uint8_t code)
{
	if (ch->number == CONN_CASE && l->script.honest && l->at < l->script.honest &&
	    l->at >= l->script.stimulus)
		lane_fail(l, FAULT_REACTION, code);
}

static void heard(void *ctx, uint8_t code)
{
	struct channel *ch = ctx;
	struct lane *l = ch->lane;

	if (code == HEARD_NOTHING)
		return;
	if (code == SPDU_AB || code == HEARD_TPDU + COTP_DR)
		ended_honest(l, ch, code);
	if (ch->number == CONN_CASE && l->at >= l->script.stimulus)
		reaction(l, code);
	if (code == SPDU_AC && l->cn_us) {
		l->outcome.bind_us = net_now(l->world->net) - l->cn_us;
		l->cn_us = 0;
	}
	if (code == SPDU_MAA_AEA && ch->number != CONN_OTHER && l->outcome.sent)
		l->outcome.accepted = true;
	if (ch->heard_n < UNREAD_MAX)
		ch->heard[ch->heard_n++] = code;
}

/* --- TCP ------------------------------------------------------------------------------- */

int64_t lane_wall(const struct lane *l)
{
	return net_wall(l->world->net, net_now(l->world->net));
}

void lane_drop(struct channel *ch, bool reset)
{
	if (!ch->conn)
		return;
	if (ch->tape.on && reset && ch->tcp != TCP_ENDED_RST)
		tape_rst(&ch->tape, true, lane_wall(ch->lane));
	else if (ch->tape.on && !reset && !ch->shut)
		tape_fin(&ch->tape, true, lane_wall(ch->lane));
	ch->mine = true;
	if (reset)
		net_reset(ch->conn);
	else
		net_close(ch->conn);
	ch->conn = NULL;
}

static void ended(struct channel *ch, enum fuzz_tcp how)
{
	ch->tcp = (uint8_t)how;
	if (ch->tape.on && how == TCP_ENDED_FIN)
		tape_fin(&ch->tape, false, lane_wall(ch->lane));
	else if (ch->tape.on && how == TCP_ENDED_RST)
		tape_rst(&ch->tape, false, lane_wall(ch->lane));
	if (ch->number == CONN_CASE && !ch->mine) {
		ch->lane->outcome.tcp = (uint8_t)how;
		ended_honest(ch->lane, ch, 0);
	}
	lane_drop(ch, how != TCP_ENDED_FIN);
}

void lane_want(struct channel *ch)
{
	if (ch->conn)
		net_want(ch->conn, !ch->stalled, ch->full);
}

/* What TCP does not take waits until it does. */
void lane_flush(struct channel *ch)
{
	struct iovec iov = { ch->out, ch->out_n };
	ssize_t taken;

	if (!ch->conn || ch->full || ch->out_n == 0)
		return;
	taken = net_writev(ch->conn, &iov, 1);
	if (taken == NET_BROKEN)
		ch->out_n = 0;		/* reading says how it ended */
	if (taken > 0 && ch->tape.on)
		tape_data(&ch->tape, true, lane_wall(ch->lane),
		          (struct octets){ ch->out, (size_t)taken });
	if (taken > 0) {
		ch->asked = true;
		ch->out_n -= (size_t)taken;
		memmove(ch->out, ch->out + taken, ch->out_n);
	}
	ch->full = ch->out_n > 0;
	if (ch->full)
		lane_want(ch);
}

static void on_readable(struct net_conn *c, void *ctx)
{
	struct channel *ch = ctx;
	ssize_t n = net_read(c, octets, sizeof octets);

	if (n == NET_AGAIN)
		return;
	if (n > 0 && ch->tape.on)
		tape_data(&ch->tape, false, lane_wall(ch->lane),
		          (struct octets){ octets, (size_t)n });
	if (ch->asked)
		ch->lane->world->rounds++;
	ch->asked = false;
	if (n > 0 && ch->deaf)
		lane_drop(ch, true);
	else if (n > 0)
		hearing_octets(&ch->hearing, octets, (size_t)n, heard, ch);
	else
		ended(ch, n == NET_FIN ? TCP_ENDED_FIN : TCP_ENDED_RST);
	lane_go_on(ch->lane);
}

static void on_writable(struct net_conn *c, void *ctx)
{
	struct channel *ch = ctx;

	(void)c;
	ch->full = false;
	lane_flush(ch);
	lane_want(ch);
}

static void on_connected(struct net_conn *c, void *ctx)
{
	struct channel *ch = ctx;

	ch->connected = true;
	ch->lane->world->connections++;
	tape_begin(&ch->tape, ch->lane->capture, c, true, lane_wall(ch->lane));
	ch->full = false;		/* what was said meanwhile */
	lane_flush(ch);
	lane_want(ch);
	lane_go_on(ch->lane);
}

static void on_failed(struct net_conn *c, int error, void *ctx)
{
	struct channel *ch = ctx;

	(void)c;
	(void)error;
	ch->connected = true;
	ended(ch, TCP_NOT_MADE);
	lane_go_on(ch->lane);
}

static void on_gone(struct net_conn *c, void *ctx)
{
	struct channel *ch = ctx;

	net_want(c, true, false);
	ch->stalled = false;
}

static void on_dropped(void *ctx)
{
	((struct channel *)ctx)->conn = NULL;
}

static const struct net_user net_user = {
	on_connected, on_failed, on_readable, on_writable, on_gone, on_dropped,
};

void lane_connect(struct channel *ch)
{
	struct lane *l = ch->lane;
	uint8_t number = ch->number;

	lane_drop(ch, true);
	memset(ch, 0, offsetof(struct channel, out));
	ch->lane = l;
	ch->number = number;
	ch->conn = net_connect(l->world->net, &l->world->to, l->source.family ? &l->source : NULL,
	                       NULL, &net_user, ch);
	if (!ch->conn) {
		ch->connected = true;
		ch->tcp = TCP_NOT_MADE;
	}
}
