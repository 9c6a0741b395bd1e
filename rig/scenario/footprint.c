#include "scenario/footprint.h"

#include <stdio.h>
#include <string.h>

_Static_assert(SIDES_MAX <= 8, "a hold has 8 bits for sides");

/* ---- what a case needs ---- */

/* Associations that we have open, and the most that there were. */
struct tally {
	uint32_t now, peak;
};

static void note(struct tally *t)
{
	if (t->now > t->peak)
		t->peak = t->now;
}

static uint32_t bounded(uint64_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint32_t)n;
}

static void tally_steps(const struct scenario *sc, size_t from, size_t to, struct tally *t);

/* What a round leaves open, the next one opens again. */
static void tally_repeat(const struct scenario *sc, size_t at, struct tally *t)
{
	const struct step *s = &sc->steps[at];
	struct tally round = { 0, 0 };

	tally_steps(sc, at + 1, s->to - 1, &round);
	if (s->n == 0)
		return;
	t->peak = bounded(t->now + (uint64_t)(s->n - 1) * round.now + round.peak);
	t->now = bounded(t->now + (uint64_t)s->n * round.now);
	note(t);
}

static void tally_parallel(const struct scenario *sc, size_t at, struct tally *t)
{
	struct tally sum = *t;

	for (size_t i = at + 1; i < sc->steps[at].to; i = sc->steps[i].to) {
		struct tally branch = { 0, 0 };

		tally_steps(sc, i + 1, sc->steps[i].to, &branch);
		sum.peak = bounded((uint64_t)sum.peak + branch.peak);
		sum.now = bounded((uint64_t)sum.now + branch.now);
	}
	*t = sum;
	note(t);
}

static void tally_step(const struct step *s, struct tally *t)
{
	bool ends = s->kind == STEP_RELEASE || s->kind == STEP_ABORT || s->kind == STEP_CUT;

	if (s->kind == STEP_ASSOCIATE || s->kind == STEP_CONNECT || s->kind == STEP_LISTEN ||
	    s->kind == STEP_RESUME)
		t->now = bounded((uint64_t)t->now + 1);
	else if (ends && t->now > 0)
		t->now--;
	note(t);
}

static void tally_steps(const struct scenario *sc, size_t from, size_t to, struct tally *t)
{
	for (size_t i = from; i < to;) {
		const struct step *s = &sc->steps[i];

		if (s->kind == STEP_REPEAT)
			tally_repeat(sc, i, t);
		else if (s->kind == STEP_PARALLEL)
			tally_parallel(sc, i, t);
		else
			tally_step(s, t);
		i = s->kind == STEP_REPEAT || s->kind == STEP_PARALLEL ? s->to : i + 1;
	}
}

static bool wants_logs(const struct scenario *sc)
{
	for (size_t i = 0; i < sc->expectations_n; i++)
		if (sc->expectations[i].kind == EXPECT_LOG ||
		    sc->expectations[i].kind == EXPECT_LOG_NONE)
			return true;
	return false;
}

static void own_recipient(struct footprint *f, const struct target *t, uint8_t recipient)
{
	if (t->recipients[recipient].side >= 0)
		f->owned |= (uint8_t)(1u << t->recipients[recipient].side);
}

static void take_step(struct footprint *f, const struct step *s, const struct target *t)
{
	bool sends = s->kind == STEP_TRANSFER || s->kind == STEP_PROBE;

	f->alone |= s->kind == STEP_HOOK;
	if (!scenario_step_sided(s))
		return;
	if (s->kind == STEP_LISTEN || s->kind == STEP_CLOSE_LISTENER)
		f->owned |= (uint8_t)(1u << s->side);
	else
		f->shared |= (uint8_t)(1u << s->side);
	if (sends)
		own_recipient(f, t, s->recipient);
	for (size_t i = 0; i < s->others_n; i++)
		own_recipient(f, t, s->others[i]);
}

/* What a step says by hand may be a message for anyone. */
static bool speaks_p1(const struct scenario *sc)
{
	for (size_t i = 0; i < sc->plan.items_n; i++)
		if (sc->plan.items[i].kind == PDU_ITEM_PDU && sc->plan.items[i].layer == LAYER_P1)
			return true;
	return false;
}

void footprint_of(const struct scenario *sc, const struct target *t, struct footprint *f)
{
	struct tally tally = { 0, 0 };

	*f = (struct footprint){ .alone = wants_logs(sc) };
	for (size_t i = 0; i < sc->steps_n; i++)
		take_step(f, &sc->steps[i], t);
	if (speaks_p1(sc))
		f->owned = (uint8_t)((1u << t->sides_n) - 1);
	f->shared &= (uint8_t)~f->owned;
	tally_steps(sc, 0, sc->steps_n, &tally);
	f->associations = (uint16_t)tally.peak;
}

/* ---- beside others ----
 *
 *     63 | 62    | 61 ... 16    | 15 ... 8     | 7 ... 0
 *     1  | alone | associations | sides shared | sides owned
 */

enum { SHARED_AT = 8, ASSOCIATIONS_AT = 16 };
#define HELD (UINT64_C(1) << 63)
#define ALONE (UINT64_C(1) << 62)

static uint64_t associations_of(uint64_t hold)
{
	return (hold & ~(HELD | ALONE)) >> ASSOCIATIONS_AT;
}

bool footprint_alone(uint64_t hold)
{
	return hold & ALONE;
}

static bool is_free(uint64_t taken, size_t side)
{
	return !(taken >> side & 1) && !(taken >> (SHARED_AT + side) & 1);
}

/* The side itself or one like it; -1: all are taken. */
static int find_side(const struct target *t, uint64_t taken, size_t side)
{
	if (is_free(taken, side))
		return (int)side;
	for (size_t i = 0; i < t->sides_n; i++)
		if (t->sides[i].spare && t->sides[i].like == side && is_free(taken, i))
			return (int)i;
	return -1;
}

static bool take_sides(const struct footprint *f, const struct target *t, uint64_t taken,
                       uint64_t *hold)
{
	for (size_t i = 0; i < t->sides_n; i++) {
		int side = f->owned >> i & 1 ? find_side(t, taken | *hold, i) : -1;

		if (f->owned >> i & 1) {
			if (side < 0)
				return false;
			*hold |= UINT64_C(1) << side;
		} else if (f->shared >> i & 1) {
			if (taken >> i & 1)
				return false;
			*hold |= UINT64_C(1) << (SHARED_AT + i);
		}
	}
	return true;
}

uint64_t footprint_take(const struct footprint *f, const struct target *t, const uint64_t *held,
                        size_t n)
{
	uint64_t limit = (uint64_t)target_value(t, KNOWN_ASSOCIATIONS), open = f->associations;
	uint64_t taken = 0, hold = HELD | (uint64_t)f->associations << ASSOCIATIONS_AT;
	bool others = false;

	for (size_t i = 0; i < n; i++) {
		taken |= held[i] & 0xffff;
		open += associations_of(held[i]);
		others |= held[i] != 0;
		if (held[i] & ALONE)
			return 0;
	}
	if (others && (f->alone || open > limit))
		return 0;
	if (!take_sides(f, t, taken, &hold))
		return 0;
	return hold | (f->alone ? ALONE : 0);
}

/* ---- spare sides ---- */

/* "P=DOWN;S=Tester" for the route "P=MORE;" instead of "P=DOWN;". */
static void move_address(struct target_recipient *r, const char *from, const char *to)
{
	char moved[TARGET_ROUTE];
	size_t n = strlen(from);

	if (n == 0 || strncmp(r->address, from, n) != 0)
		return;
	if (snprintf(moved, sizeof moved, "%s%s", to, r->address + n) < (int)sizeof moved)
		memcpy(r->address, moved, sizeof moved);
}

static void put_in_place(struct target *t, size_t spare)
{
	struct target_side *side = &t->sides[t->sides[spare].like];
	char name[TARGET_NAME];

	for (size_t i = 0; i < t->recipients_n; i++)
		if (t->recipients[i].side == t->sides[spare].like)
			move_address(&t->recipients[i], side->route, t->sides[spare].route);
	memcpy(name, side->name, sizeof name);
	*side = t->sides[spare];
	memcpy(side->name, name, sizeof name);
	side->spare = false;
}

void footprint_target(const struct target *t, uint64_t hold, struct target *out)
{
	*out = *t;
	for (size_t i = 0; i < t->sides_n; i++)
		if (t->sides[i].spare && hold >> i & 1)
			put_in_place(out, i);
}
