/*
 * Crossings, generated: two session machines talk over a transport that delays,
 * and a tap between them tells the observer's ends what it sees.  Every walk is
 * one that the tables allow, in an order that a capture may have; the observer
 * must find nothing.  Then one end sends what no table allows: it must be found,
 * once, and named.
 *
 * The machines here take each step knowing what has been read; the observer does
 * not know, and has to find an order in which there is an entry.
 */
#include "observer/observer_ends.h"
#include "observer/observer_rules.h"
#include "session/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
#ifdef TEST_TINY
	WALKS = 2000,
#else
	WALKS = 6000,
#endif
	STEPS = 40,
	PAST_MAX = 256,
	REACHED_MAX = 4096,
	QUEUE = OBSERVER_FLIGHT,
	LINES_MAX = 2048,
	TRACE_MAX = 16384,
	TOKENS = TOKEN_DATA | TOKEN_MINOR | TOKEN_MAJOR | TOKEN_RELEASE,
};

#define S(name) SESSION_EV_##name

struct item {
	bool close;
	enum session_event event;
	struct session_arg arg;
};

/* What an end has sent, and how much it had read by then; what has come to it. */
struct past {
	struct item sent[PAST_MAX], came[PAST_MAX];
	size_t read[PAST_MAX];
	size_t sent_n, came_n;
};

struct end {
	struct session_vars v;
	struct past past;
	struct item in[QUEUE];		/* on its way to this end */
	size_t n;
	bool closed, releasing;		/* ACSE asks once (X.227 Table A.5) */
	uint64_t sent;			/* octets: one a unit */
	uint64_t read;
};

struct walk {
	struct observer_ends_sink sink;	/* first */
	struct observer_ends ends;
	struct end end[2];
	uint16_t units;
	uint64_t random;
	size_t found;
	struct observer_deviation last;
	struct text trace;
	char traced[TRACE_MAX];
};

/* Pairs of SPDUs seen to cross: each was sent while the other was in flight. */
static bool crossed[SESSION_EVENTS][SESSION_EVENTS];

static uint32_t roll(struct walk *w, uint32_t n)
{
	w->random = w->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->random >> 33) % n;
}

static void deviate(struct observer_ends_sink *sink, const struct observer_deviation *d)
{
	struct walk *w = (struct walk *)sink;
	char line[256];
	struct text t;

	text_init(&t, line, sizeof line);
	observer_deviation_text(&t, d);
	text_put(&w->trace, "  ! ");
	text_put(&w->trace, line);
	text_char(&w->trace, '\n');
	w->last = *d;
	w->found++;
}

/* ---- what the tap sees ---- */

static const uint8_t kinds[SESSION_EVENTS] = {
	[S(AA)] = SPDU_AA, [S(AB_nr)] = SPDU_AB, [S(AB_r)] = SPDU_AB, [S(AC)] = SPDU_AC,
	[S(AD)] = SPDU_AD, [S(ADA)] = SPDU_ADA, [S(AE)] = SPDU_AE, [S(AEA)] = SPDU_AEA,
	[S(AI)] = SPDU_AI, [S(AIA)] = SPDU_AIA, [S(AR)] = SPDU_AR, [S(AS)] = SPDU_AS,
	[S(CD)] = SPDU_CD, [S(CDA)] = SPDU_CDA, [S(CN)] = SPDU_CN, [S(DN)] = SPDU_DN,
	[S(DT)] = SPDU_DT, [S(ED)] = SPDU_ED, [S(FN_nr)] = SPDU_FN, [S(FN_r)] = SPDU_FN,
	[S(GT)] = SPDU_GT, [S(GTA)] = SPDU_GTA, [S(GTC)] = SPDU_GTC, [S(MAA)] = SPDU_MAA,
	[S(MAP)] = SPDU_MAP, [S(MIA)] = SPDU_MIA, [S(MIP)] = SPDU_MIP, [S(MIP_d)] = SPDU_MIP,
	[S(NF)] = SPDU_NF, [S(PT)] = SPDU_PT, [S(RA)] = SPDU_RA, [S(RF_nr)] = SPDU_RF,
	[S(RF_r)] = SPDU_RF, [S(RS_a)] = SPDU_RS, [S(RS_r)] = SPDU_RS, [S(RS_s)] = SPDU_RS,
	[S(TD)] = SPDU_TD, [S(OA)] = SPDU_OA,
};

static struct session_pdu pdu_of(const struct walk *w, enum session_event e,
                                 const struct session_arg *arg)
{
	struct session_pdu p;
	bool keep = e == S(AB_r) || e == S(FN_r) || e == S(RF_r);

	session_pdu_init(&p, kinds[e]);
	p.serial = p.initial_serial = arg->serial;
	p.has |= 1u << SESSION_SERIAL;
	p.token_item = arg->tokens;
	p.token_setting = arg->setting;
	p.units = w->units;
	p.versions = SESSION_VERSION_2;
	p.transport_disconnect = (uint8_t)((keep ? 0 : TDISC_RELEASE) |
	                                   (arg->user_abort ? TDISC_USER_ABORT
	                                                    : TDISC_PROTOCOL_ERROR));
	p.sync_type = e == S(MIP_d) ? SYNC_DATA_SEPARATION : 0;
	p.resync_type = e == S(RS_a) ? RESYNC_ABANDON : e == S(RS_s) ? RESYNC_SET : RESYNC_RESTART;
	return p;
}

static void tell(struct walk *w, unsigned who, enum layer layer, uint8_t code, const void *pdu)
{
	struct findings none;
	struct observation seen = {
		.layer = (uint8_t)layer, .code = code, .direction = (uint8_t)who,
		.from = w->end[who].sent, .to = w->end[who].sent + 1, .findings = &none,
		.as = { .any = pdu },
	};

	findings_clear(&none);
	w->ends.sink.tell(&w->ends.sink, &seen);
}

static void tell_frame(struct walk *w, unsigned who)
{
	struct tpkt_pdu frame = { .length = 8 };

	observer_ends_acked(&w->ends, (enum observer_direction)who, w->end[who].read);
	tell(w, who, LAYER_TPKT, OBSERVED_FRAME, &frame);
}

static void tell_spdu(struct walk *w, unsigned who, enum session_event e,
                      const struct session_arg *arg)
{
	struct session_pdu p = pdu_of(w, e, arg);
	char line[128];

	snprintf(line, sizeof line, "%u %s in %s serial=%u tokens=%02x\n", who,
	         session_event_name(e),
	         session_state_name((enum session_state)w->end[who].v.state), arg->serial,
	         arg->tokens);
	text_put(&w->trace, line);
	assert_int_not_equal(kinds[e], SPDU_NONE);
	tell_frame(w, who);
	tell(w, who, LAYER_SESSION, kinds[e], &p);
	observer_ends_settle(&w->ends);
	w->end[who].sent++;
}

static void tell_tpdu(struct walk *w, unsigned who, enum cotp_kind kind)
{
	struct cotp_pdu p = { .kind = (uint8_t)kind };

	tell_frame(w, who);
	tell(w, who, LAYER_COTP, (uint8_t)kind, &p);
	observer_ends_settle(&w->ends);
	w->end[who].sent++;
	w->end[1 - who].read++;
}

/* ---- the two machines ---- */

static void note_crossings(const struct walk *w, unsigned who, enum session_event e)
{
	const struct end *to = &w->end[who];

	for (size_t i = 0; i < to->n; i++)
		if (!to->in[i].close)
			crossed[e][to->in[i].event] = true;
}

static void put(struct end *to, const struct item *i)
{
	assert_true(to->past.came_n < PAST_MAX);
	to->past.came[to->past.came_n++] = *i;
	if (to->n < QUEUE)
		to->in[to->n++] = *i;
}

static void remember(struct end *x, const struct item *sent)
{
	assert_true(x->past.sent_n < PAST_MAX);
	x->past.read[x->past.sent_n] = x->past.came_n - x->n;
	x->past.sent[x->past.sent_n++] = *sent;
}

static void send(struct walk *w, unsigned who, enum session_event op, struct session_arg arg)
{
	struct item i = { .event = op == S(MAA) || op == S(AEA) ? S(MAA_AEA) : op };
	const struct session_vars *v = &w->end[who].v;

	if (op == S(MIP) || op == S(MIP_d) || op == S(MAP) || op == S(AE) || op == S(RS_a))
		arg.serial = (uint32_t)v->Vm;
	if (op == S(MAA) || op == S(AEA))
		arg.serial = (uint32_t)(v->Vm - 1);
	i.arg = arg;
	remember(&w->end[who], &i);
	note_crossings(w, who, i.event);
	tell_spdu(w, who, op, &arg);
	put(&w->end[1 - who], &i);
}

static void close_end(struct walk *w, unsigned who)
{
	struct item i = { .close = true };

	if (w->end[who].closed)
		return;
	w->end[who].closed = true;
	text_put(&w->trace, who ? "1 FIN\n" : "0 FIN\n");
	observer_ends_close(&w->ends, (enum observer_direction)who, OBSERVER_FIN, w->end[who].sent);
	put(&w->end[1 - who], &i);
}

static void perform(struct walk *w, unsigned who, const struct session_step *step,
                    enum session_event e, const struct session_arg *arg)
{
	struct end *x = &w->end[who];

	for (size_t i = 0; i < step->n; i++) {
		enum session_event op = (enum session_event)step->ops[i];

		enum session_group g = session_event_group(op);

		if (g == SESSION_SPDU || g == SESSION_TO_PEER)
			send(w, who, e == S(SSYNmdreq) ? S(MIP_d) : op, *arg);
		else if (op == S(TDISreq))
			close_end(w, who);
		session_act(&x->v, op, e, arg);
	}
	session_enter(&x->v, (enum session_state)step->to);
}

/* ---- one step ---- */

static struct session_arg any_arg(struct walk *w, unsigned who, enum session_event e)
{
	const struct session_vars *v = &w->end[who].v;
	int64_t span = v->Vm > v->Va ? v->Vm - v->Va : 1;
	struct session_arg arg = {
		.tokens = (uint8_t)(roll(w, 256) & TOKENS & session_tokens(v)),
		.setting = (uint8_t)(roll(w, 256) & TOKENS),
		.choice = roll(w, 4) == 0, .units = w->units,
		.serial = (uint32_t)(v->Va + roll(w, (uint32_t)span)),
		.user_abort = true, .end = true,
	};

	if (e == S(SRSYNrsp))
		arg.serial = (uint32_t)(v->Vrsp == VRSP_R ? v->Vrspnb : v->Vm);
	if (e == S(SACTRreq) || e == S(SRSYNreq_s))
		arg.serial = 1 + roll(w, 5);
	if (e == S(SCONrspP))
		arg.serial = 1;
	return arg;
}

static bool wanted(struct walk *w, enum session_event e)
{
	static const uint8_t rare[] = { S(SUABreq), S(SRELreq), S(SCONrspN) };

	for (size_t i = 0; i < sizeof rare; i++)
		if (e == rare[i])
			return roll(w, 12) == 0;
	return true;
}

/* A request that the table allows, if one is found. */
static void request(struct walk *w, unsigned who)
{
	struct end *x = &w->end[who];

	for (unsigned tries = 0; tries < 60; tries++) {
		enum session_event e = (enum session_event)(1 + roll(w, SESSION_EVENTS - 1));
		struct session_arg arg;
		struct session_step step;

		if (session_event_group(e) != SESSION_FROM_USER || e == S(SCONreq) ||
		    (e == S(SRELreq) && x->releasing) || !wanted(w, e))
			continue;
		arg = any_arg(w, who, e);
		if ((e == S(SGTreq) || e == S(SPTreq)) && !arg.tokens)
			continue;
		step = session_step(&x->v, e, &arg);
		if (step.verdict != SESSION_VALID)
			continue;
		x->releasing |= e == S(SRELreq);
		perform(w, who, &step, e, &arg);
		return;
	}
}

/* false: what came has no entry. */
static bool read_next(struct walk *w, unsigned who)
{
	struct end *x = &w->end[who];
	struct item i = x->in[0];
	struct session_step step;
	enum session_event e = i.close ? S(TDISind) : i.event;

	memmove(x->in, x->in + 1, (--x->n) * sizeof *x->in);
	x->read += !i.close;
	x->releasing &= e != S(NF);
	if (x->v.state == SESSION_STA01)
		return true;
	i.arg.choice = roll(w, 4) == 0;
	step = session_step(&x->v, e, &i.arg);
	if (step.verdict == SESSION_INVALID)
		i.arg.user_abort = false;	/* the AB is the SPM's */
	perform(w, who, &step, e, &i.arg);
	if (i.close)
		close_end(w, who);
	return step.verdict == SESSION_VALID || step.n == 0;	/* 7.9.2: discarded */
}

/* ---- walks ---- */

static void handshake(struct walk *w)
{
	struct session_arg cn = { .user_abort = true };

	tell_tpdu(w, 0, COTP_CR);
	tell_tpdu(w, 1, COTP_CC);
	session_vars_init(&w->end[0].v);
	session_vars_init(&w->end[1].v);
	w->end[1].v.Vtca = true;
	w->end[1].v.state = SESSION_STA01C;
	w->end[0].v.state = SESSION_STA02A;
	send(w, 0, S(CN), cn);
	assert_true(read_next(w, 1));
}

static void walk_init(struct walk *w, uint64_t seed)
{
	static const uint16_t units[] = {
		UNITS_RTSE, UNITS_RTSE, UNIT_DUPLEX,
		UNITS_RTSE | UNIT_TYPED_DATA | UNIT_CAPABILITY | UNIT_NEGOTIATED_RELEASE,
		UNIT_HALF_DUPLEX | UNIT_MINOR | UNIT_MAJOR | UNIT_RESYNCHRONIZE | UNIT_TYPED_DATA,
		UNIT_DUPLEX | UNIT_MINOR | UNIT_RESYNCHRONIZE | UNIT_DATA_SEPARATION,
		UNITS_RTSE | UNIT_MAJOR | UNIT_RESYNCHRONIZE | UNIT_TYPED_DATA,
	};

	memset(w, 0, sizeof *w);
	w->random = seed;
	w->units = units[seed % (sizeof units / sizeof *units)];
	w->sink.deviate = deviate;
	text_init(&w->trace, w->traced, sizeof w->traced);
	observer_ends_init(&w->ends, NULL, &w->sink);
	handshake(w);
}

static bool full(const struct walk *w)
{
	return w->end[0].n >= QUEUE - 2 || w->end[1].n >= QUEUE - 2;
}

/* Returns who could not read what came, or -1. */
static int walk(struct walk *w, unsigned steps)
{
	for (unsigned i = 0; i < steps && !full(w); i++) {
		unsigned who = roll(w, 2);

		if (roll(w, 2) && w->end[who].n > 0) {
			if (!read_next(w, who))
				return (int)who;
		} else if (!w->end[who].closed && w->end[who].v.state != SESSION_STA01) {
			request(w, who);
		}
	}
	return -1;
}

static void allowed_walks_have_no_deviation(void **state)
{
	size_t pairs = 0, unread = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= WALKS; seed++) {
		struct walk w;
		int who;

		walk_init(&w, seed);
		who = walk(&w, STEPS);
		unread += who >= 0;
		if (w.found != (who >= 0))
			fail_msg("walk %u: %zu deviations, reader %d\n%s", (unsigned)seed,
			         w.found, who, w.traced);
		for (unsigned d = 0; d < 2 && who < 0; d++)
			if (!w.end[d].closed &&
			    !observer_ends_state(&w.ends, (enum observer_direction)d))
				fail_msg("walk %u: end %u is lost\n%s", (unsigned)seed, d,
				         w.traced);
		if (who >= 0 && (!w.last.received || w.last.direction != 1 - who))
			fail_msg("walk %u\n%s", (unsigned)seed, w.traced);
	}
	for (size_t i = 0; i < SESSION_EVENTS; i++)
		for (size_t k = 0; k < SESSION_EVENTS; k++)
			pairs += crossed[i][k];
	print_message("%zu pairs of SPDUs crossed, %zu walks ended at a blank cell\n", pairs,
	              unread);
	assert_true(pairs > 200);
}

/* ---- what no table allows ---- */

/* Every state that an end may be in after its past, without any thrift: each order of
 * what it sent and what it may have read before. */
struct reached {
	struct session_vars v;
	size_t read;
	enum session_event owed;
};

struct reach {
	struct reached at[REACHED_MAX];
	size_t n;
};

static void reach_add(struct reach *r, const struct reached *x)
{
	struct observer_state a = { .session = x->v, .owed = (uint8_t)x->owed };

	for (size_t i = 0; i < r->n; i++) {
		struct observer_state b = { .session = r->at[i].v, .owed = (uint8_t)r->at[i].owed };

		if (r->at[i].read == x->read && observer_state_equal(&a, &b))
			return;
	}
	assert_true(r->n < REACHED_MAX);
	r->at[r->n++] = *x;
}

static void reach_step(struct reach *to, const struct reached *from,
                       const struct session_step *step, enum session_event e,
                       const struct session_arg *arg, bool reads)
{
	struct reached x = *from;

	for (size_t i = 0; reads && i < step->n; i++) {
		enum session_group g = session_event_group((enum session_event)step->ops[i]);

		if (g == SESSION_SPDU || g == SESSION_TO_PEER)
			x.owed = (enum session_event)step->ops[i];
	}
	session_advance(&x.v, step, e, arg);
	x.read += reads;
	reach_add(to, &x);
}

static void reach_read(struct reach *r, size_t i, const struct item *came)
{
	for (unsigned choice = 0; choice < 2; choice++) {
		struct reached from = r->at[i];
		enum session_event e = came->close ? S(TDISind) : came->event;
		struct session_arg arg = came->arg;
		struct session_step step;

		arg.choice = choice;
		step = session_step(&from.v, e, &arg);
		if (from.v.state == SESSION_STA01 ||
		    (step.verdict == SESSION_INVALID && step.n == 0))
			step = (struct session_step){ .from = from.v.state, .to = from.v.state };
		else if (step.verdict != SESSION_VALID)
			continue;
		reach_step(r, &from, &step, e, &arg, true);
	}
}

static bool step_has(const struct session_step *step, enum session_event e,
                     enum session_event spdu)
{
	for (size_t i = 0; i < step->n; i++) {
		enum session_event op = (enum session_event)step->ops[i];

		if (op == S(MAA) || op == S(AEA))
			op = S(MAA_AEA);
		if (op == S(MIP) && e == S(SSYNmdreq))
			op = S(MIP_d);
		if (op == spdu)
			return true;
	}
	return false;
}

static bool bears_the_number(const struct session_vars *v, const struct item *sent)
{
	enum session_event e = sent->event;

	if (e == S(MIP) || e == S(MIP_d) || e == S(MAP) || e == S(AE) || e == S(RS_a))
		return sent->arg.serial == v->Vm;
	return e != S(MAA_AEA) || sent->arg.serial == v->Vm - 1;
}

static void reach_send(struct reach *to, const struct reached *from, const struct item *sent)
{
	struct reached x = *from;

	if (from->owed != S(NONE)) {
		x.owed = S(NONE);
		if (from->owed == sent->event)
			reach_add(to, &x);
		return;
	}
	for (unsigned i = 0; i < 2 * SESSION_EVENTS; i++) {
		enum session_event e = (enum session_event)(i / 2);
		struct session_arg arg = sent->arg;
		struct session_step step;

		if (session_event_group(e) != SESSION_FROM_USER)
			continue;
		arg.choice = i & 1;
		step = session_step(&from->v, e, &arg);
		if (step.verdict == SESSION_VALID && step_has(&step, e, sent->event) &&
		    bears_the_number(&from->v, sent))
			reach_step(to, from, &step, e, &arg, false);
	}
}

static bool some_order_allows(const struct walk *w, unsigned who)
{
	static struct reach now, next;
	const struct past *p = &w->end[who].past;

	now.n = 1;
	now.at[0] = (struct reached){ .read = 0 };
	session_vars_init(&now.at[0].v);
	now.at[0].v.Vtca = who;
	now.at[0].v.state = who ? SESSION_STA01C : SESSION_STA02A;
	for (size_t i = who ? 0 : 1; i < p->sent_n; i++) {
		next.n = 0;
		for (size_t k = 0; k < now.n; k++) {
			if (now.at[k].read < p->read[i] && now.at[k].owed == S(NONE))
				reach_read(&now, k, &p->came[now.at[k].read]);
			reach_send(&next, &now.at[k], &p->sent[i]);
		}
		now = next;
	}
	return now.n > 0;
}

static void send_anything(struct walk *w, unsigned who)
{
	static const uint8_t any[] = {
		S(DT), S(TD), S(MIP), S(MIA), S(MAP), S(AS), S(AR), S(AE), S(AEA), S(AI), S(AIA),
		S(AD), S(ADA), S(GT), S(PT), S(ED), S(CD), S(CDA), S(RS_a), S(RS_r), S(RS_s),
		S(RA), S(GTC), S(MAA), S(AA), S(GTA),
	};
	enum session_event e = (enum session_event)any[roll(w, sizeof any)];
	struct session_arg arg = any_arg(w, who, e);

	if (arg.tokens == 0)
		arg.tokens = TOKEN_DATA;
	send(w, who, e, arg);
}

static void what_no_order_allows_is_found(void **state)
{
	size_t wrong = 0, right = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= WALKS; seed++) {
		static struct walk w;
		unsigned who;
		bool allowed;

		walk_init(&w, seed);
		walk(&w, 1 + (unsigned)(seed % 20));
		who = roll(&w, 2);
		if (w.end[who].closed || w.end[who].v.state == SESSION_STA01 || full(&w))
			continue;
		send_anything(&w, who);
		allowed = some_order_allows(&w, who);
		if (w.found != !allowed ||
		    (w.found && (w.last.received || w.last.direction != who)))
			fail_msg("walk %u: %zu deviations, allowed %d\n%s", (unsigned)seed, w.found,
			         allowed, w.traced);
		wrong += !allowed;
		right += allowed;
	}
	print_message("%zu SPDUs that no order allows were found, %zu are allowed\n", wrong, right);
	assert_true(wrong > WALKS / 2 && right > WALKS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allowed_walks_have_no_deviation),
		cmocka_unit_test(what_no_order_allows_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
