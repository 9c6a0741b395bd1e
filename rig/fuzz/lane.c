#include "fuzz/lane.h"

#include "cotp/cotp_pdu.h"
#include "fuzz/hearing.h"
#include "scenario/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SOURCES = 250,
	READS = 16 << 10,
	UNREAD_MAX = 8,			/* PDUs heard and not waited for yet */
	WRITE_MAX = SPEECH_MAX * 2,
};

struct channel {
	struct lane *lane;
	struct net_conn *conn;		/* NULL: none */
	uint8_t number, tcp;		/* enum fuzz_tcp */
	bool connected, stalled, mine;	/* we have ended it */
	bool shut;			/* our direction */
	bool full;			/* TCP takes no more for now */
	struct hearing hearing;
	struct tape tape;
	uint8_t heard[UNREAD_MAX], heard_n;
	size_t out_n;
	uint8_t out[WRITE_MAX];		/* not taken by TCP yet; the last member */
};

struct lane {
	struct lane_world *world;
	struct fuzz_case c;
	struct fuzz_script script;
	struct fuzz_outcome outcome;
	uint8_t at;			/* operation at hand */
	bool busy, waiting;
	int64_t stimulus_us, cn_us;
	struct net_address source;	/* of all its connections */
	struct capture_case *capture;	/* of the case; NULL: none */
	struct net_timer timer;
	struct channel channels[FUZZ_CONNS];
};

/* Serves all lanes of the thread in turn. */
static uint8_t octets[READS];

static void go_on(struct lane *l);

const char *fuzz_fault_name(enum fuzz_fault f)
{
	static const char *const names[FUZZ_FAULTS] = {
		"none", "reaction", "silent", "stays", "approach", "other", "next-bind", "ledger",
		"log", "resources", "latency",
	};

	return names[f];
}

/* --- what the peer says ------------------------------------------------------------ */

static struct fuzz_op *op_at_hand(struct lane *l)
{
	return &l->script.ops[l->at];
}

static void fail(struct lane *l, enum fuzz_fault what, uint8_t code)
{
	if (l->outcome.fault == FAULT_NONE) {
		l->outcome.fault = (uint8_t)what;
		l->outcome.code = code;
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
		fail(l, FAULT_REACTION, code);
}

/* Nothing is wrong yet, and it ends the connection: TCP, or an abort. */
static void ended_honest(struct lane *l, const struct channel *ch, uint8_t code)
{
	if (ch->number == CONN_CASE && l->script.honest && l->at < l->script.honest &&
	    l->at >= l->script.stimulus)
		fail(l, FAULT_REACTION, code);
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

static int64_t wall(const struct lane *l)
{
	return net_wall(l->world->net, net_now(l->world->net));
}

static void drop(struct channel *ch, bool reset)
{
	if (!ch->conn)
		return;
	if (ch->tape.on && reset && ch->tcp != TCP_ENDED_RST)
		tape_rst(&ch->tape, true, wall(ch->lane));
	else if (ch->tape.on && !reset && !ch->shut)
		tape_fin(&ch->tape, true, wall(ch->lane));
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
		tape_fin(&ch->tape, false, wall(ch->lane));
	else if (ch->tape.on && how == TCP_ENDED_RST)
		tape_rst(&ch->tape, false, wall(ch->lane));
	if (ch->number == CONN_CASE && !ch->mine) {
		ch->lane->outcome.tcp = (uint8_t)how;
		ended_honest(ch->lane, ch, 0);
	}
	drop(ch, how != TCP_ENDED_FIN);
}

static void want(struct channel *ch)
{
	if (ch->conn)
		net_want(ch->conn, !ch->stalled, ch->full);
}

/* What TCP does not take waits until it does. */
static void flush(struct channel *ch)
{
	struct iovec iov = { ch->out, ch->out_n };
	ssize_t taken;

	if (!ch->conn || ch->full || ch->out_n == 0)
		return;
	taken = net_writev(ch->conn, &iov, 1);
	if (taken == NET_BROKEN)
		ch->out_n = 0;		/* reading says how it ended */
	if (taken > 0 && ch->tape.on)
		tape_data(&ch->tape, true, wall(ch->lane), (struct octets){ ch->out, (size_t)taken });
	if (taken > 0) {
		ch->out_n -= (size_t)taken;
		memmove(ch->out, ch->out + taken, ch->out_n);
	}
	ch->full = ch->out_n > 0;
	if (ch->full)
		want(ch);
}

static void on_readable(struct net_conn *c, void *ctx)
{
	struct channel *ch = ctx;
	ssize_t n = net_read(c, octets, sizeof octets);

	if (n == NET_AGAIN)
		return;
	if (n > 0 && ch->tape.on)
		tape_data(&ch->tape, false, wall(ch->lane), (struct octets){ octets, (size_t)n });
	if (n > 0)
		hearing_octets(&ch->hearing, octets, (size_t)n, heard, ch);
	else
		ended(ch, n == NET_FIN ? TCP_ENDED_FIN : TCP_ENDED_RST);
	go_on(ch->lane);
}

static void on_writable(struct net_conn *c, void *ctx)
{
	struct channel *ch = ctx;

	(void)c;
	ch->full = false;
	flush(ch);
	want(ch);
}

static void on_connected(struct net_conn *c, void *ctx)
{
	struct channel *ch = ctx;

	ch->connected = true;
	tape_begin(&ch->tape, ch->lane->capture, c, true, wall(ch->lane));
	want(ch);
	go_on(ch->lane);
}

static void on_failed(struct net_conn *c, int error, void *ctx)
{
	struct channel *ch = ctx;

	(void)c;
	(void)error;
	ch->connected = true;
	ended(ch, TCP_NOT_MADE);
	go_on(ch->lane);
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

/* Each case has its own source, so that a server's TIME_WAIT of one does not meet
 * the next: 250 addresses of 28,000 ports.  One host for all its connections: who
 * recovers an association is who lost it. */
static void choose_source(struct lane *l)
{
	struct lane_world *w = l->world;

	l->source = w->source;
	if (!w->spread)
		return;
	l->source = (struct net_address){ .family = 4, .host = { 127, 0, 1 } };
	l->source.host[3] = (uint8_t)(1 + w->turns++ % SOURCES);
}

static void connect_channel(struct channel *ch)
{
	struct lane *l = ch->lane;
	uint8_t number = ch->number;

	drop(ch, true);
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

/* --- operations -------------------------------------------------------------------------- */

static void on_time(void *ctx);

static void set_timer(struct lane *l, int64_t us)
{
	struct net *net = l->world->net;

	l->waiting = true;
	net_timer_set(net, &l->timer, net_now(net) + us, on_time, l);
}

static void stop_waiting(struct lane *l)
{
	l->waiting = false;
	net_timer_cancel(l->world->net, &l->timer);
}

/* The operation is done; what it waited for no longer counts. */
static bool next(struct lane *l)
{
	stop_waiting(l);
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
		connect_channel(ch);
		if (op->any)
			return next(l);
		set_timer(l, l->world->patience_us);
	}
	if (!ch->connected)
		return false;
	if (ch->tcp == TCP_NOT_MADE)
		fail(l, FAULT_NEXT_BIND, 0);
	return next(l);
}

static bool do_say(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	const struct fuzz_sentence *f = &fuzz_sentences[op->sentence];
	struct speech_who who = { l->c.number, ch->hearing.reference };
	size_t n = 0;

	if (ch->conn && sizeof ch->out - ch->out_n >= SPEECH_MAX)
		n = speech_octets(l->world->speech, op->sentence, op->lie, &who, ch->out + ch->out_n);
	if (op->cut && n > 1)
		n = 1 + (op->cut - 1u) % (n - 1);
	ch->out_n += n;
	if (!goes_on(l, op))
		flush(ch);
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
	if (!l->waiting)
		set_timer(l, l->world->patience_us);
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
		fail(l, fault_of(ch, op->code), op->code);
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
	if (!l->waiting)
		set_timer(l, op->us ? op->us : l->world->patience_us);
	return false;
}

static bool do_pause(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	(void)ch;
	if (!l->waiting)
		set_timer(l, op->us);
	return false;
}

static bool do_end(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	if (ch->conn && op->code == FUZZ_END_HALF && ch->connected) {
		ch->stalled = false;	/* else we would never see the peer's end */
		want(ch);
		net_shutdown(ch->conn);
		ch->shut = true;
		if (ch->tape.on)
			tape_fin(&ch->tape, true, wall(l));
	} else if (op->code != FUZZ_END_HALF) {
		drop(ch, op->code != FUZZ_END_FIN);
	}
	return next(l);
}

static bool do_stall(struct lane *l, struct fuzz_op *op, struct channel *ch)
{
	(void)op;
	ch->stalled = true;
	want(ch);
	return next(l);
}

/* true: go on with the next one. */
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

	if (op->kind == OP_HEAR && !op->any)
		fail(l, fault_of(ch, op->code), op->code);
	if (op->kind == OP_HEAR && op->any && op->code)
		skip_rest(l, op->conn);
	if (op->kind == OP_CONNECT)
		fail(l, fault_of(ch, 0), 0);
	if (op->kind == OP_HOLD && !op->us && l->script.must_end)
		fail(l, FAULT_STAYS, 0);
	else if (op->kind == OP_HOLD && !op->us && l->script.wanted)
		fail(l, FAULT_SILENT, 0);
	next(l);
	go_on(l);
}

/* A capture that cannot be written costs no case. */
static void open_capture(struct lane *l)
{
	char path[FOLDER_PATH], name[24], why[160], line[400];
	struct text t;

	l->capture = l->world->capture;
	if (!l->world->folder)
		return;
	text_init(&t, line, sizeof line);
	fuzz_case_text(&t, &l->c);
	snprintf(name, sizeof name, "%llu", (unsigned long long)l->c.number);
	if (folder_join(path, l->world->folder, name, ".pcapng"))
		l->capture = capture_case_open(path, line, 102, why, sizeof why);
}

static void close_capture(struct lane *l)
{
	char why[160];

	if (l->capture && l->capture != l->world->capture)
		capture_case_close(l->capture, why, sizeof why);
	l->capture = NULL;
}

static void finish(struct lane *l)
{
	for (size_t i = 0; i < FUZZ_CONNS; i++)
		drop(&l->channels[i], true);
	close_capture(l);
	stop_waiting(l);
	l->busy = false;
	l->world->done(l, l->world->ctx);
}

/* Half a case that has gone wrong has no reaction to look at. */
static void go_on(struct lane *l)
{
	bool going = l->busy;

	while (going && l->at < l->script.n) {
		struct fuzz_op *op = op_at_hand(l);

		if (l->at == l->script.stimulus && !l->stimulus_us)
			l->stimulus_us = net_now(l->world->net);
		going = operations[op->kind](l, op, &l->channels[op->conn]);
	}
	if (l->busy && l->at >= l->script.n)
		finish(l);
}

/* --- cases --------------------------------------------------------------------------------- */

struct lane *lane_new(struct lane_world *w)
{
	struct lane *l = calloc(1, sizeof *l);

	if (l)
		l->world = w;
	for (uint8_t i = 0; l && i < FUZZ_CONNS; i++) {
		l->channels[i].lane = l;
		l->channels[i].number = i;
	}
	return l;
}

void lane_free(struct lane *l)
{
	if (l)
		lane_stop(l);
	free(l);
}

static void on_begin(void *ctx)
{
	struct lane *l = ctx;

	l->waiting = false;
	go_on(l);
}

void lane_run(struct lane *l, const struct fuzz_case *c)
{
	struct net *net = l->world->net;

	l->c = *c;
	fuzz_compile(c, &l->script);
	l->outcome = (struct fuzz_outcome){ 0 };
	l->at = 0;
	l->busy = true;
	l->waiting = false;
	l->stimulus_us = l->cn_us = 0;
	choose_source(l);
	open_capture(l);
	for (uint8_t i = 0; i < FUZZ_CONNS; i++) {
		struct channel *ch = &l->channels[i];

		ch->tcp = TCP_LEFT_OPEN;
		ch->heard_n = 0;
		ch->mine = false;
	}
	net_timer_set(net, &l->timer, net_now(net), on_begin, l);
}

void lane_stop(struct lane *l)
{
	for (size_t i = 0; i < FUZZ_CONNS; i++)
		drop(&l->channels[i], true);
	close_capture(l);
	stop_waiting(l);
	l->busy = false;
}

bool lane_is_idle(const struct lane *l)
{
	return !l->busy;
}

const struct fuzz_case *lane_case(const struct lane *l)
{
	return &l->c;
}

const struct fuzz_script *lane_script(const struct lane *l)
{
	return &l->script;
}

const struct fuzz_outcome *lane_outcome(const struct lane *l)
{
	return &l->outcome;
}

/* --- reactions -------------------------------------------------------------------------------- */

uint32_t fuzz_reaction(const struct fuzz_outcome *o)
{
	uint32_t class = o->tcp;

	for (size_t i = 0; i < HEARD_KEPT; i++)
		class = class << 6 | (i < o->heard_n ? o->heard[i] : 0);
	return class;
}

void fuzz_reaction_text(struct text *t, const struct fuzz_outcome *o)
{
	static const char *const ends[] = { "open", "fin", "rst", "not-made" };

	for (size_t i = 0; i < o->heard_n; i++) {
		text_put(t, heard_name(o->heard[i]));
		text_put(t, " ");
	}
	text_put(t, ends[o->tcp]);
}
