/*
 * The tables of X.225 Annex A: properties of the print, and two session ends
 * joined in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/event.h"
#include "session/session_machine.h"

/* ---- valuations: one bit vector for all variables and parameters ---- */

enum {
	BIT_FU = 0,			/* 13 functional units */
	BIT_OWNED = 13,			/* 4 tokens */
	BIT_TOKENS = 17,		/* 4 tokens */
	BIT_VSC = 21, BIT_VACT, BIT_VNEXTACT, BIT_VTCA, BIT_VTRR, BIT_VCOLL, BIT_VDNR, BIT_TEXP,
	BIT_DISCARD, BIT_CHOICE, BIT_REFUSE, BIT_END, BIT_OVERFLOW,
	BIT_VRSP = 34,			/* 3 bits */
	BIT_SERIAL = 37, BIT_VM = 39, BIT_VA = 41, BIT_VR = 43, BIT_VADO = 45, BIT_VADI = 47,
	BIT_VRSPNB = 49,
	BITS = 51,
};

static bool bit(uint64_t bits, unsigned n)
{
	return bits >> n & 1;
}

static int64_t two(uint64_t bits, unsigned n)
{
	return (int64_t)(bits >> n & 3);
}

static uint8_t four_tokens(uint64_t bits, unsigned n)
{
	return (uint8_t)((bit(bits, n) ? TOKEN_DATA : 0) | (bit(bits, n + 1) ? TOKEN_MINOR : 0) |
	                 (bit(bits, n + 2) ? TOKEN_MAJOR : 0) |
	                 (bit(bits, n + 3) ? TOKEN_RELEASE : 0));
}

/* False: such a valuation cannot come about. */
static bool valuation(uint64_t bits, struct session_vars *v, struct session_arg *arg)
{
	session_vars_init(v);
	memset(arg, 0, sizeof *arg);
	v->fu = (uint16_t)(bits >> BIT_FU & 0x17ff);	/* no symmetric synchronize */
	v->owned = four_tokens(bits, BIT_OWNED);
	v->Vsc = bit(bits, BIT_VSC);
	v->Vact = bit(bits, BIT_VACT);
	v->Vnextact = bit(bits, BIT_VNEXTACT);
	v->Vtca = bit(bits, BIT_VTCA);
	v->Vtrr = bit(bits, BIT_VTRR);
	v->Vcoll = bit(bits, BIT_VCOLL);
	v->Vdnr = bit(bits, BIT_VDNR);
	v->TEXP = bit(bits, BIT_TEXP);
	v->discard_rcv = bit(bits, BIT_DISCARD);
	v->Vrsp = (uint8_t)(bits >> BIT_VRSP & 7);
	v->Vm = two(bits, BIT_VM);
	v->Va = two(bits, BIT_VA);
	v->Vr = two(bits, BIT_VR);
	v->Vado = two(bits, BIT_VADO);
	v->Vadi = two(bits, BIT_VADI);
	v->Vrspnb = two(bits, BIT_VRSPNB);
	arg->serial = (uint32_t)two(bits, BIT_SERIAL);
	arg->tokens = four_tokens(bits, BIT_TOKENS);
	arg->choice = bit(bits, BIT_CHOICE);
	arg->refuse = bit(bits, BIT_REFUSE);
	arg->end = bit(bits, BIT_END);
	arg->overflow = bit(bits, BIT_OVERFLOW);
	/* [32] is done in STA09 if Vcoll and Vtca; [18] comes with [8]; A.7.4.1 d). */
	return v->Vrsp <= VRSP_DSC && (!v->Vdnr || (v->Vcoll && v->Vtca)) &&
	       (!v->Vtrr || !v->Vcoll) && !(v->fu & UNIT_DUPLEX) != !(v->fu & UNIT_HALF_DUPLEX);
}

static uint64_t random_bits(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* The rows of one cell. */
struct cell {
	const struct session_row *rows[8];
	size_t n;
};

static uint32_t truth(const struct cell *c, uint64_t bits, bool *possible)
{
	struct session_vars v;
	struct session_arg arg;
	uint32_t which = 0;

	*possible = valuation(bits, &v, &arg);
	for (size_t i = 0; i < c->n; i++)
		if (session_row_holds(c->rows[i], &v, &arg))
			which |= 1u << i;
	return which;
}

/* Bits that some branch of the cell looks at, found by trying. */
static uint64_t relevant(const struct cell *c, int trials)
{
	uint64_t x = 88172645463325252u, found = 0;
	bool possible;

	for (int i = 0; i < trials; i++) {
		uint64_t bits = random_bits(&x);
		uint32_t here = truth(c, bits, &possible);

		for (unsigned b = 0; b < BITS; b++)
			if (!(found >> b & 1) &&
			    truth(c, bits ^ UINT64_C(1) << b, &possible) != here)
				found |= UINT64_C(1) << b;
	}
	return found;
}

/* The k-th valuation of the bits in `mask`. */
static uint64_t spread(uint64_t k, uint64_t mask)
{
	uint64_t bits = 0;

	for (unsigned b = 0; b < BITS; b++) {
		if (!(mask >> b & 1))
			continue;
		bits |= (k & 1) << b;
		k >>= 1;
	}
	return bits;
}

static unsigned ones(uint64_t x)
{
	unsigned n = 0;

	for (; x; x &= x - 1)
		n++;
	return n;
}

/* Valuations under which two branches of the cell are true. */
static size_t overlaps(const struct cell *c)
{
	/* Bits that say together whether a valuation is possible. */
	static const uint64_t together[] = {
		UINT64_C(7) << BIT_VRSP, UINT64_C(3) << BIT_FU,
		UINT64_C(1) << BIT_VDNR | UINT64_C(1) << BIT_VCOLL | UINT64_C(1) << BIT_VTCA |
		UINT64_C(1) << BIT_VTRR,
	};
	uint64_t mask = relevant(c, 3000) | together[1];
	size_t found = 0;
	bool possible;

	for (size_t i = 0; i < sizeof together / sizeof together[0]; i++)
		if (mask & together[i])
			mask |= together[i];
	assert_true(ones(mask) <= 20);
	for (uint64_t k = 0; k < UINT64_C(1) << ones(mask); k++)
		if (ones(truth(c, spread(k, mask), &possible)) > 1 && possible)
			found++;
	return found;
}

static void cell_at(enum session_state state, enum session_event event, struct cell *c)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);

	c->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].state != state || rows[i].event != event)
			continue;
		assert_true(c->n < 8);
		c->rows[c->n++] = &rows[i];
	}
}

/* Each branch is true under some valuation, and is then the step taken. */
static void every_row_can_be_taken(void **state)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct cell c = { { &rows[i] }, 1 };
		uint64_t mask = relevant(&c, 300) | UINT64_C(3) << BIT_FU, k = 0;
		struct session_vars v;
		struct session_arg arg;
		struct session_step step;
		bool possible = false;

		if (rows[i].never)
			continue;
		while (!(truth(&c, spread(k, mask), &possible) && possible))
			assert_true(++k < UINT64_C(1) << ones(mask));
		valuation(spread(k, mask), &v, &arg);
		v.state = rows[i].state;
		step = session_step(&v, rows[i].event, &arg);
		assert_int_equal(step.verdict, SESSION_VALID);
		assert_int_equal(step.to, rows[i].next);
		session_advance(&v, &step, rows[i].event, &arg);
		assert_int_equal(v.state, rows[i].next);
	}
}

/* The print itself overlaps here, with data separation. */
static bool overlaps_in_print(const struct session_row *r)
{
	return (r->state == SESSION_STA05A && r->event == SESSION_EV_MIP_d) ||
	       (r->state == SESSION_STA06 && r->event == SESSION_EV_MIP) ||
	       (r->state == SESSION_STA06 && r->event == SESSION_EV_MIP_d);
}

static void branches_exclude_each_other(void **state)
{
	(void)state;
	for (unsigned s = 0; s < SESSION_STATES; s++) {
		for (unsigned e = 1; e < SESSION_EVENTS; e++) {
			struct cell c;
			size_t n;

			cell_at(s, e, &c);
			if (c.n < 2)
				continue;
			n = overlaps(&c);
			if (overlaps_in_print(c.rows[0]) != (n > 0)) {
				print_error("%s %s: %zu overlaps\n", session_state_name(s),
				            session_event_name(e), n);
				fail();
			}
		}
	}
}

/* Each predicate number that stands in a row has a function: true or false under
 * some valuation. */
static void predicates_exist(void **state)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < SESSION_IF_MAX && rows[i].when[k]; k++) {
			unsigned number = (unsigned)abs(rows[i].when[k]);
			uint64_t x = 0x9e3779b97f4a7c15u;
			bool yes = false, no = false;

			for (int j = 0; j < 20000 && !(yes && no); j++) {
				struct session_vars v;
				struct session_arg arg;
				bool p;

				if (!valuation(random_bits(&x), &v, &arg))
					continue;
				p = session_predicate(number, &v, rows[i].event, &arg);
				yes |= p;
				no |= !p;
			}
			/* p178 is FU(SS): these are the tables without it. */
			assert_true(no && (yes || number == 178));
		}
	}
}

static void cells_are_printed_once(void **state)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);

	(void)state;
	assert_int_equal(n, 934);
	for (size_t i = 0; i < n; i++) {
		/* Branches of one cell stand together, and "//" stands alone. */
		for (size_t j = i + 1; j < n; j++) {
			bool same = rows[i].state == rows[j].state &&
			            rows[i].event == rows[j].event;

			if (!same)
				continue;
			assert_false(rows[i].never || rows[j].never);
			assert_string_equal(rows[i].table, rows[j].table);
			for (size_t k = i; k < j; k++)
				assert_true(rows[k].state == rows[i].state &&
				            rows[k].event == rows[i].event);
		}
		/* Incoming events come in, and outgoing ones go out. */
		assert_true(session_event_group(rows[i].event) <= SESSION_SPDU);
		for (size_t k = 0; k < SESSION_THEN_MAX && rows[i].then[k]; k++)
			assert_true(session_event_group(rows[i].then[k]) >= SESSION_SPDU);
	}
}

/* ---- states ---- */

static void every_state_is_reachable(void **state)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);
	bool seen[SESSION_STATES] = { [SESSION_STA01] = true };
	bool more = true;

	(void)state;
	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (rows[i].never || !seen[rows[i].state] || seen[rows[i].next])
				continue;
			seen[rows[i].next] = true;
			more = true;
		}
	}
	for (unsigned s = 0; s < SESSION_STATES; s++)
		assert_true(seen[s]);
}

static void tdisind_ends_everything(void **state)
{
	struct session_vars v;
	struct session_arg arg = { 0 };

	(void)state;
	for (unsigned s = 0; s < SESSION_STATES; s++) {
		struct session_step step;

		session_vars_init(&v);
		v.state = (uint8_t)s;
		v.TIM = true;
		step = session_step(&v, SESSION_EV_TDISind, &arg);
		assert_int_equal(step.to, SESSION_STA01);
		assert_int_equal(step.verdict,
		                 s == SESSION_STA01 ? SESSION_IMPOSSIBLE : SESSION_VALID);
		if (s == SESSION_STA01)
			continue;
		session_advance(&v, &step, SESSION_EV_TDISind, &arg);
		assert_int_equal(v.state, SESSION_STA01);
		assert_false(v.TIM);
	}
}

/* Table A.16: an entry in STA01A, 15D and 16, "//" everywhere else. */
static void tim_where_it_runs(void **state)
{
	struct session_vars v;
	struct session_arg arg = { 0 };

	(void)state;
	for (unsigned s = 0; s < SESSION_STATES; s++) {
		bool runs = s == SESSION_STA01A || s == SESSION_STA15D || s == SESSION_STA16;
		struct session_step step;

		session_vars_init(&v);
		v.state = (uint8_t)s;
		step = session_step(&v, SESSION_EV_TIM, &arg);
		assert_int_equal(step.verdict, runs ? SESSION_VALID : SESSION_IMPOSSIBLE);
		if (!runs)
			continue;
		assert_int_equal(step.to, SESSION_STA01);
		assert_int_equal(step.n, 1);
		assert_int_equal(step.ops[0], SESSION_EV_TDISreq);
	}
}

/* A.4.1: a blank cell for an SPDU ends in an abort, for the user in nothing. */
static void blank_cells(void **state)
{
	struct session_vars v;
	struct session_arg arg = { 0 };

	(void)state;
	for (unsigned s = 0; s < SESSION_STATES; s++) {
		for (unsigned e = 1; e < SESSION_EVENTS; e++) {
			enum session_group group = session_event_group(e);
			struct session_step step;
			struct cell c;

			cell_at(s, e, &c);
			if (c.n || group > SESSION_SPDU)
				continue;
			session_vars_init(&v);
			v.state = (uint8_t)s;
			step = session_step(&v, e, &arg);
			assert_int_equal(step.cell, CELL_NONE);
			if (group != SESSION_SPDU || s == SESSION_STA01 || s == SESSION_STA01B) {
				assert_int_equal(step.n, 0);
				assert_int_equal(step.to, s);
				continue;
			}
			assert_int_equal(step.verdict, SESSION_INVALID);
			if (s == SESSION_STA16 || s == SESSION_STA01A) {
				assert_int_equal(step.n, 0);
				assert_int_equal(step.to, s);
			} else {
				assert_int_equal(step.to, SESSION_STA16);
				assert_int_equal(step.ops[step.n - 2], SESSION_EV_AB_nr);
				assert_int_equal(step.ops[step.n - 1], SESSION_ACTION_4);
			}
		}
	}
}

static void overlap_takes_both(void **state)
{
	struct session_vars v;
	struct session_arg arg = { .serial = 2 };
	struct session_step step;

	(void)state;
	session_vars_init(&v);
	v.state = SESSION_STA06;
	v.fu = UNIT_HALF_DUPLEX | UNIT_MINOR | UNIT_DATA_SEPARATION;
	v.Va = 1;
	v.Vm = 2;
	v.Vado = 1;			/* p81: nothing is thrown away */
	v.discard_rcv = true;
	step = session_step(&v, SESSION_EV_MIP_d, &arg);
	assert_int_equal(step.verdict, SESSION_VALID);
	assert_int_equal(step.n, 4);
	assert_int_equal(step.ops[0], SESSION_ACTION_44);
	assert_int_equal(step.ops[1], SESSION_EV_SSYNmind);
	assert_int_equal(step.to, SESSION_STA06);
}

static void texts(void **state)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);
	char line[120];
	struct text t;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].state != SESSION_STA03 || rows[i].event != SESSION_EV_DN)
			continue;
		text_init(&t, line, sizeof line);
		session_row_text(&t, &rows[i]);
		assert_string_equal(line, "A.15 STA03 DN not-p66: SRELcnf+ TDISreq STA01");
		break;
	}
	text_init(&t, line, sizeof line);
	session_row_text(&t, &rows[0]);
	assert_string_equal(line, "A.8 STA01 AC //");
	assert_string_equal(session_event_name(SESSION_ACTION_8), "[8]");
	assert_string_equal(session_event_name(SESSION_OPS), "?");
	assert_string_equal(session_state_name(SESSION_STATES), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_printed_once),
		cmocka_unit_test(predicates_exist),
		cmocka_unit_test(every_row_can_be_taken),
		cmocka_unit_test(branches_exclude_each_other),
		cmocka_unit_test(every_state_is_reachable),
		cmocka_unit_test(tdisind_ends_everything),
		cmocka_unit_test(tim_where_it_runs),
		cmocka_unit_test(blank_cells),
		cmocka_unit_test(overlap_takes_both),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("session tables", tests, NULL, NULL);
}
