#include "session/session_machine.h"

#include "base/rows.h"

#include "base/event.h"
#include "session/session_pdu.h"

/* The standard's own names, for the table below. */
enum {
#define X(name) name = SESSION_##name,
	SESSION_STATE_LIST(X)
#undef X
#define X(name, print, group) name = SESSION_EV_##name,
	SESSION_EVENT_LIST(X)
#undef X
#define X(n) a##n = SESSION_ACTION_##n,
	SESSION_ACTION_LIST(X)
#undef X
};

uint32_t *session_cells_taken;

const char *session_state_name(enum session_state state)
{
	static const char *const names[] = {
#define X(name) #name,
		SESSION_STATE_LIST(X)
#undef X
	};

	return (unsigned)state < SESSION_STATES ? names[state] : "?";
}

static const struct {
	const char *name;
	uint8_t group;
} events[SESSION_OPS] = {
	[SESSION_EV_NONE] = { "none", SESSION_SPECIFIC },
#define X(name, print, group) [SESSION_EV_##name] = { print, SESSION_##group },
	SESSION_EVENT_LIST(X)
#undef X
#define X(n) [SESSION_ACTION_##n] = { "[" #n "]", SESSION_SPECIFIC },
	SESSION_ACTION_LIST(X)
#undef X
};

const char *session_event_name(enum session_event event)
{
	return (unsigned)event < SESSION_OPS ? events[event].name : "?";
}

enum session_group session_event_group(enum session_event event)
{
	return (unsigned)event < SESSION_OPS ? events[event].group : SESSION_SPECIFIC;
}

/* ---- functions of A.5 ---- */

enum { mi = TOKEN_MINOR, ma = TOKEN_MAJOR, tr = TOKEN_RELEASE, dk = TOKEN_DATA };

uint8_t session_tokens(const struct session_vars *v)
{
	return (uint8_t)((v->fu & UNIT_MINOR ? mi : 0) | (v->fu & UNIT_HALF_DUPLEX ? dk : 0) |
	                 (v->fu & UNIT_NEGOTIATED_RELEASE ? tr : 0) |
	                 (v->fu & (UNIT_MAJOR | UNIT_ACTIVITY) ? ma : 0));
}

static bool fu(const struct session_vars *v, uint16_t unit)
{
	return v->fu & unit;
}

/* ALL(f, s) of A.5.3 for the functions of A.5.2; for one token: f(t). */
static bool all_AV(const struct session_vars *v, uint8_t s)
{
	return (s & ~session_tokens(v)) == 0;
}

static bool all_I(const struct session_vars *v, uint8_t s)
{
	return (s & session_tokens(v) & ~v->owned) == 0;
}

static bool all_A(const struct session_vars *v, uint8_t s)
{
	return (s & session_tokens(v) & v->owned) == 0;
}

static bool all_II(const struct session_vars *v, uint8_t s)
{
	return (s & ~(session_tokens(v) & v->owned)) == 0;
}

static bool all_AA(const struct session_vars *v, uint8_t s)
{
	return (s & ~(session_tokens(v) & ~v->owned)) == 0;
}

enum { tk_dom = mi | ma | tr | dk };

/* A.5.4.4: the kind of resynchronization that the event asks for. */
static enum session_vrsp vrsp_of(unsigned event)
{
	static const struct {
		uint8_t event;
		enum session_vrsp vrsp;
	} kinds[] = {
		{ SRSYNreq_a, VRSP_A }, { RS_a, VRSP_A }, { SRSYNreq_r, VRSP_R }, { RS_r, VRSP_R },
		{ SRSYNreq_s, VRSP_S }, { RS_s, VRSP_S }, { SACTIreq, VRSP_INT }, { AI, VRSP_INT },
		{ SACTDreq, VRSP_DSC }, { AD, VRSP_DSC },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].event == event)
			return kinds[i].vrsp;
	return VRSP_NO;
}

/* A.5.4.6.1.  The session connection's initiator is the one of the transport
 * connection (6.1.4). */
static bool spm_winner(const struct session_vars *v, unsigned event, int64_t sn)
{
	enum session_vrsp colliding = vrsp_of(event);
	bool by_initiator = events[event].group == SESSION_SPDU ? v->Vtca : !v->Vtca;

	if (v->Vrsp != colliding)
		return v->Vrsp > colliding;
	if (colliding == VRSP_R && v->Vrspnb != sn)
		return v->Vrspnb < sn;
	return !by_initiator;
}

/* ---- predicates: Table A.7 ---- */

struct ask {
	const struct session_vars *v;
	const struct session_arg *arg;
	unsigned event;			/* enum session_event */
	int64_t sn;			/* serial number of the event */
};

#define FU(name) fu(a->v, UNIT_##name)
#define V(name) (a->v->name)
#define I(t) all_I(a->v, t)
#define A(t) all_A(a->v, t)
#define II(t) all_II(a->v, t)
#define AA_(t) all_AA(a->v, t)
#define RT (a->arg->tokens)
#define GIVEN (a->arg->tokens)
#define FU_SS FU(SYMMETRIC)
#define ACT_OK (!FU(ACTIVITY) || V(Vact))
#define NO_ACT (FU(ACTIVITY) && !V(Vact))

#define PREDICATES(X) \
	X(1, !V(Vtca)) \
	X(2, a->arg->choice && !V(TEXP)) \
	X(3, I(dk)) \
	X(4, FU(DUPLEX) && !V(Vcoll)) \
	X(5, A(dk)) \
	X(6, FU(TYPED_DATA)) \
	X(7, FU(TYPED_DATA) && !V(Vcoll)) \
	X(8, FU(EXPEDITED)) \
	X(9, FU(EXPEDITED) && !V(Vcoll)) \
	X(10, !V(Vcoll)) \
	X(11, II(ma)) \
	X(12, FU(MAJOR) && ACT_OK && A(dk) && A(mi) && AA_(ma)) \
	X(13, FU(MAJOR) && ACT_OK && I(dk) && I(mi) && II(ma)) \
	X(14, ACT_OK && A(dk) && AA_(mi)) \
	X(15, ACT_OK && I(dk) && II(mi)) \
	X(16, !V(TEXP)) \
	X(17, ACT_OK && (FU_SS || FU(MINOR)) && (FU_SS || !V(Vsc))) \
	X(18, ACT_OK && (FU_SS || FU(MINOR)) && (FU_SS || V(Vsc))) \
	X(19, !FU_SS && a->sn == V(Vm)) \
	X(20, !FU_SS && a->sn == V(Vm) - 1) \
	X(21, !FU_SS && V(Vm) > a->sn && a->sn >= V(Va)) \
	X(23, FU(ACTIVITY) && !V(Vnextact)) \
	X(24, !spm_winner(a->v, a->event, a->sn)) \
	X(25, (FU(MINOR) || FU_SS || FU(MAJOR)) && FU(RESYNCHRONIZE)) \
	X(26, ACT_OK) \
	X(27, V(Vrsp) == VRSP_NO) \
	X(28, FU(RESYNCHRONIZE)) \
	X(29, ACT_OK && FU(RESYNCHRONIZE)) \
	X(30, !FU(ACTIVITY) || V(Vnextact)) \
	X(32, !FU_SS && (vrsp_of(a->event) != VRSP_R || a->sn >= V(Vr))) \
	X(33, V(Vm) >= a->sn && a->sn >= V(Vr)) \
	X(34, FU(ACTIVITY)) \
	X(35, FU(RESYNCHRONIZE) && (!V(TEXP) || FU(DATA_SEPARATION))) \
	X(36, FU(RESYNCHRONIZE) && V(TEXP)) \
	X(37, FU(ACTIVITY) && V(TEXP)) \
	X(38, FU(ACTIVITY) && !V(TEXP)) \
	X(39, V(Vact) && II(ma)) \
	X(40, AA_(ma)) \
	X(41, V(Vrsp) == VRSP_DSC) \
	X(42, V(Vrsp) == VRSP_INT) \
	X(43, !FU_SS && ((V(Vrsp) == VRSP_R && a->sn == V(Vrspnb)) || \
	                 (V(Vrsp) == VRSP_A && a->sn == V(Vm)) || V(Vrsp) == VRSP_S)) \
	X(44, NO_ACT && A(dk) && A(mi) && A(ma)) \
	X(45, NO_ACT && I(dk) && I(mi) && I(ma)) \
	X(46, FU(CAPABILITY) && NO_ACT && A(dk) && A(mi) && !(V(owned) & ma)) \
	X(47, FU(CAPABILITY) && NO_ACT && I(dk) && I(mi) && (V(owned) & ma)) \
	X(48, FU(EXCEPTIONS) && FU(HALF_DUPLEX)) \
	X(49, (V(Vrsp) == VRSP_R && a->sn == V(Vrspnb)) || \
	      (V(Vrsp) == VRSP_A && a->sn >= V(Vm)) || V(Vrsp) == VRSP_S) \
	X(50, FU(EXCEPTIONS) && ACT_OK && AA_(dk)) \
	X(51, FU(EXCEPTIONS) && ACT_OK && II(dk)) \
	X(52, FU(EXCEPTIONS) && !FU(ACTIVITY) && II(dk)) \
	X(53, all_AV(a->v, RT)) \
	X(54, II(GIVEN)) \
	X(55, NO_ACT && I(tk_dom)) \
	X(57, II(GIVEN) && !(GIVEN & dk)) \
	X(58, II(GIVEN) && (GIVEN & dk)) \
	X(59, AA_(GIVEN)) \
	X(60, AA_(GIVEN) && !(GIVEN & dk)) \
	X(61, AA_(GIVEN) && (GIVEN & dk)) \
	X(62, NO_ACT && A(tk_dom)) \
	X(63, I(tk_dom) && (!FU(ACTIVITY) || !V(Vact))) \
	X(64, a->arg->choice && !V(Vtca) && !V(TEXP)) \
	X(65, session_tokens(a->v) != 0) \
	X(66, V(Vtrr)) \
	X(67, FU(NEGOTIATED_RELEASE)) \
	X(68, A(tk_dom) && (!FU(ACTIVITY) || !V(Vact))) \
	X(69, V(Vcoll)) \
	X(70, FU(DUPLEX)) \
	X(71, FU(ACTIVITY) && V(Vact) && I(dk) && I(mi) && II(ma)) \
	X(72, FU(ACTIVITY) && V(Vact) && A(dk) && A(mi) && AA_(ma)) \
	X(75, (V(Vcoll) && V(Vdnr)) || !V(Vcoll)) \
	X(76, a->arg->refuse) \
	X(80, !FU(DATA_SEPARATION) || (!FU_SS && V(Vadi) < V(Va))) \
	X(81, !FU_SS && V(Vado) >= V(Va)) \
	X(82, FU(DATA_SEPARATION)) \
	X(178, FU_SS) \
	X(185, V(discard_rcv) && !(!FU_SS && V(Vado) >= V(Va))) \
	X(202, a->arg->end) \
	X(204, a->arg->overflow)

#define X(n, expression) \
	static bool predicate_##n(const struct ask *a) { return (expression); }
PREDICATES(X)
#undef X

enum { PREDICATES_MAX = 205 };

static bool (*const predicates[PREDICATES_MAX])(const struct ask *) = {
#define X(n, expression) [n] = predicate_##n,
	PREDICATES(X)
#undef X
};

static bool literal(int16_t number, const struct ask *a)
{
	bool positive = number > 0;
	bool held = predicates[positive ? number : -number](a);

	return positive == held;
}

static bool holds(const struct session_row *row, const struct ask *a)
{
	if (row->never)
		return false;
	for (size_t i = 0; i < SESSION_IF_MAX && row->when[i]; i++)
		if (!literal(row->when[i], a))
			return false;
	return true;
}

bool session_predicate(unsigned number, const struct session_vars *v,
                       enum session_event event, const struct session_arg *arg)
{
	struct ask a = { v, arg, event, arg->serial };

	return number < PREDICATES_MAX && predicates[number] && predicates[number](&a);
}

bool session_row_holds(const struct session_row *row, const struct session_vars *v,
                       const struct session_arg *arg)
{
	struct ask a = { v, arg, row->event, arg->serial };

	return holds(row, &a);
}

/* ---- the table ---- */

enum {
	p01 = 1, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15, p16, p17,
	p18, p19, p20, p21, p23 = 23, p24, p25, p26, p27, p28, p29, p30, p32 = 32, p33, p34, p35,
	p36, p37, p38, p39, p40, p41, p42, p43, p44, p45, p46, p47, p48, p49, p50, p51, p52, p53,
	p54, p55, p57 = 57, p58, p59, p60, p61, p62, p63, p64, p65, p66, p67, p68, p69, p70, p71,
	p72, p75 = 75, p76, p80 = 80, p81, p82, p178 = 178, p185 = 185, p202 = 202, p204 = 204,
};

#define ALWAYS { 0 }
#define NOTHING { 0 }
#define IF(...) { __VA_ARGS__ }
#define DO(...) { __VA_ARGS__ }

static const struct session_row rows[] = {
#define TABLE(name)
#define ROW(state_, event_, table_, when_, then_, next_) \
	{ table_, state_, event_, next_, false, when_, then_ },
#define NEVER(state_, event_, table_) { table_, state_, event_, state_, true, { 0 }, { 0 } },
#include "session/session_table.inc"
#undef TABLE
#undef ROW
#undef NEVER
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct rows_bounds *bounds_of(enum session_event event, enum session_state state)
{
	static const struct rows_table table = {
		&rows[0].event, &rows[0].state, ROWS, sizeof rows[0], SESSION_STATES,
	};
	static struct rows_bounds bounds[SESSION_EVENTS * SESSION_STATES];

	if (bounds[rows[0].event * SESSION_STATES + rows[0].state].end == 0)
		rows_bounds(bounds, SESSION_EVENTS, &table);
	return &bounds[event * SESSION_STATES + state];
}

const struct session_row *session_cells(size_t *n)
{
	*n = ROWS;
	return rows;
}

void session_row_text(struct text *t, const struct session_row *row)
{
	text_put(t, row->table);
	text_char(t, ' ');
	text_put(t, session_state_name(row->state));
	text_char(t, ' ');
	text_put(t, session_event_name(row->event));
	if (row->never) {
		text_put(t, " //");
		return;
	}
	for (size_t i = 0; i < SESSION_IF_MAX && row->when[i]; i++) {
		int number = row->when[i] > 0 ? row->when[i] : -row->when[i];

		text_put(t, i ? "&" : " ");
		text_put(t, row->when[i] < 0 ? "not-p" : "p");
		text_put(t, number < 10 ? "0" : "");
		text_u64(t, (uint64_t)number);
	}
	text_char(t, ':');
	for (size_t i = 0; i < SESSION_THEN_MAX && row->then[i]; i++) {
		text_char(t, ' ');
		text_put(t, session_event_name(row->then[i]));
	}
	text_char(t, ' ');
	text_put(t, session_state_name(row->next));
}

/* ---- steps ---- */

void session_vars_init(struct session_vars *v)
{
	*v = (struct session_vars){ .Vado = -1, .Vadi = -1, .state = STA01 };
}

/* Notes (1), (4) and (5): is this PREPARE SPDU sent? */
static bool prepare_sent(unsigned op, const struct ask *a)
{
	if (op == PR_AB)
		return a->v->TEXP && a->arg->long_abort;
	if (op == PR_RS)	/* 7.24.2.1 a) */
		return a->v->TEXP && !(predicates[p82](a) && predicates[p81](a));
	return a->v->TEXP;
}

static void take_op(struct session_step *step, unsigned op, const struct ask *a)
{
	bool prepare = op == PR_MAA || op == PR_RS || op == PR_RA || op == PR_AB;

	if (prepare && !prepare_sent(op, a))
		return;
	if (op == SxABind)
		op = a->arg->user_abort ? SUABind : SPABind;
	step->ops[step->n++] = (uint8_t)op;
}

static void take_row(struct session_step *step, size_t index, const struct ask *a)
{
	const struct session_row *row = &rows[index];

	for (size_t i = 0; i < SESSION_THEN_MAX && row->then[i]; i++)
		if (step->n < SESSION_STEP_OPS)
			take_op(step, row->then[i], a);
	step->verdict = SESSION_VALID;
	step->cell = (uint16_t)index;
	step->to = row->next;
	if (session_cells_taken)
		session_cells_taken[index]++;
}

static struct session_step no_step(const struct session_vars *v, enum session_verdict verdict)
{
	return (struct session_step){
		.from = v->state, .to = v->state, .verdict = (uint8_t)verdict, .cell = CELL_NONE,
	};
}

struct session_step session_invalid(const struct session_vars *v)
{
	struct session_step step = no_step(v, SESSION_INVALID);

	switch (v->state) {
	case STA01:
	case STA01B:
		step.verdict = SESSION_IMPOSSIBLE;
		return step;
	case STA01A:
	case STA16:
		return step;
	case STA01C:
	case STA01D:
		break;
	default:
		step.ops[step.n++] = SPABind;
		break;
	}
	step.ops[step.n++] = AB_nr;
	step.ops[step.n++] = a4;
	step.to = STA16;
	return step;
}

struct session_step session_step(const struct session_vars *v, enum session_event event,
                                 const struct session_arg *arg)
{
	struct ask a = { v, arg, event, arg->serial };
	struct session_step step = no_step(v, SESSION_INVALID);
	const struct rows_bounds *b = bounds_of(event, v->state);

	for (size_t i = b->begin; i < b->end; i++) {
		if (rows[i].state != v->state || rows[i].event != event)
			continue;
		if (rows[i].never) {
			step.verdict = SESSION_IMPOSSIBLE;
			if (session_cells_taken)
				session_cells_taken[i]++;
			return step;
		}
		if (holds(&rows[i], &a))
			take_row(&step, i, &a);
	}
	if (step.verdict == SESSION_INVALID && events[event].group == SESSION_SPDU)
		return session_invalid(v);
	return step;
}

/* ---- specific actions: Table A.6 ---- */

struct act {
	struct session_vars *v;
	const struct session_arg *arg;
	unsigned event;
	int64_t sn;
};

static void act_1(struct act *a) { a->v->Vtca = true; }
static void act_2(struct act *a) { a->v->Vtca = false; }
static void act_3(struct act *a) { a->v->TIM = false; }
static void act_4(struct act *a) { a->v->TIM = true; }

static void act_5(struct act *a)
{
	struct session_vars *v = a->v;

	v->Va = v->Vm = a->sn;
	v->Vr = 0;
	v->Vcoll = false;
	v->Vrsp = VRSP_NO;
	v->Vsc = false;
	v->Vado = v->Vadi = -1;
	v->TEXP = a->arg->TEXP;
	v->fu = a->arg->units;
	v->Vact = false;
	v->Vdnr = false;
}

/* [6], [10], [50], [51]: octets and events held by whoever has them. */
static void act_nothing(struct act *a)
{
	(void)a;
}

static void act_7(struct act *a) { a->v->Vtrr = true; }
static void act_8(struct act *a) { a->v->Vtrr = false; }
static void act_9(struct act *a) { a->v->Vtrr = a->arg->choice; }

/* PI 26 (8.3.1.11, 8.3.24.4): 00 is the initiator's or requestor's side, 01 the
 * other one, and the low bit of each pair has the place of its token in PI 16. */
static uint8_t owned_by(uint8_t setting, bool first_side)
{
	return (uint8_t)((first_side ? ~setting : setting) & tk_dom);
}

static void act_11(struct act *a)
{
	struct session_vars *v = a->v;
	uint8_t tokens = a->arg->tokens;

	switch (a->event) {
	case AC:
	case SCONrspP:
		v->owned = owned_by(a->arg->setting, !v->Vtca);
		break;
	case RA:
	case SRSYNrsp:
		v->owned = owned_by(a->arg->setting, a->event == RA);
		break;
	case GT:
		v->owned |= tokens;
		break;
	case SGTreq:
		v->owned = (uint8_t)(v->owned & ~tokens);
		break;
	default:	/* GTC received, S-CONTROL-GIVE request (7.18) */
		v->owned = a->event == GTC ? tk_dom : 0;
		break;
	}
}

static void act_12(struct act *a) { a->v->Vact = true; }
static void act_13(struct act *a) { a->v->Vnextact = a->event == MAP || a->event == SSYNMreq; }
static void act_14(struct act *a) { a->v->Vact = a->v->Vnextact; }

static void act_16(struct act *a)
{
	a->v->Vrsp = (uint8_t)vrsp_of(a->event);
	if (a->v->Vrsp == VRSP_R)
		a->v->Vrspnb = a->sn;
	a->v->discard_rcv = a->v->discard_snd = true;
}

static void act_18(struct act *a) { a->v->Vcoll = true; }

static void act_19(struct act *a)
{
	if (a->v->Vm < a->sn)
		a->v->Vm = a->sn;
}

static void act_22(struct act *a) { a->v->Vr = a->v->Va = a->v->Vm; }

static void act_23(struct act *a)
{
	if (!a->v->Vsc)
		a->v->Va = a->v->Vm;
	a->v->Vsc = true;
	a->v->Vm++;
}

static void act_24(struct act *a)
{
	if (a->v->Vsc)
		a->v->Va = a->v->Vm;
	a->v->Vsc = false;
	a->v->Vm++;
}

static void act_25(struct act *a) { a->v->Va = a->sn + 1; }
static void act_26(struct act *a) { a->v->Va = a->v->Vm = a->v->Vr = 1; }

static void act_27(struct act *a)
{
	a->v->Va = a->v->Vm = a->sn + 1;
	a->v->Vr = 1;
}

static void act_28(struct act *a)
{
	a->v->Va = a->v->Vm = a->sn;
	if (a->v->Vrsp == VRSP_A || a->v->Vrsp == VRSP_S)
		a->v->Vr = 0;
	a->v->Vrsp = VRSP_NO;
	a->v->Vado = a->v->Vadi = -1;
	a->v->discard_rcv = a->v->discard_snd = false;
}

static void act_29(struct act *a)
{
	a->v->owned = tk_dom;
	a->v->Vact = false;
	a->v->Vrsp = VRSP_NO;
}

static void act_30(struct act *a)
{
	a->v->owned = 0;
	a->v->Vact = false;
	a->v->Vrsp = VRSP_NO;
}

static void act_31(struct act *a)
{
	if (!a->v->Vsc)
		a->v->Va = a->v->Vm;
	a->v->Vm++;
}

static void act_32(struct act *a) { a->v->Vdnr = true; }
static void act_41(struct act *a) { a->v->Vado = a->v->Vm; }
static void act_43(struct act *a) { a->v->Vado = a->v->Vadi = -1; }
static void act_44(struct act *a) { a->v->Vadi = a->v->Vm; }

static void (*const actions[SESSION_OPS])(struct act *) = {
	[a1] = act_1, [a2] = act_2, [a3] = act_3, [a4] = act_4, [a5] = act_5, [a6] = act_nothing,
	[a7] = act_7, [a8] = act_8, [a9] = act_9, [a10] = act_nothing, [a11] = act_11,
	[a12] = act_12, [a13] = act_13, [a14] = act_14, [a16] = act_16, [a18] = act_18,
	[a19] = act_19, [a22] = act_22, [a23] = act_23, [a24] = act_24, [a25] = act_25,
	[a26] = act_26, [a27] = act_27, [a28] = act_28, [a29] = act_29, [a30] = act_30,
	[a31] = act_31, [a32] = act_32, [a41] = act_41, [a43] = act_43, [a44] = act_44,
	[a50] = act_nothing, [a51] = act_nothing,
};

void session_act(struct session_vars *v, enum session_event action,
                 enum session_event event, const struct session_arg *arg)
{
	struct act a = { v, arg, event, arg->serial };

	if ((unsigned)action < SESSION_OPS && actions[action])
		actions[action](&a);
}

void session_enter(struct session_vars *v, enum session_state to)
{
	v->state = (uint8_t)to;
	if (v->state == STA713)
		v->Vrsp = VRSP_NO;
	if (v->state == STA01)	/* the transport connection is gone, and TIM with it */
		v->TIM = false;
}

void session_advance(struct session_vars *v, const struct session_step *step,
                     enum session_event event, const struct session_arg *arg)
{
	for (size_t i = 0; i < step->n; i++)
		session_act(v, step->ops[i], event, arg);
	session_enter(v, step->to);
}
