/*
 * Sums of a scenario: how long it takes at most, and whether its waits are long enough.
 */
#include "scenario/scenario.h"

#include "link/link_options.h"
#include "rtse/rtse_pdu.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What surrounds a content on the wire (envelope, trace, headers of all
 * layers) is less than this with a few recipients and no extensions. */
enum { AROUND_CONTENT = 2048, LOOPS_MAX = 16 };

struct side_sums {
	uint64_t rate;			/* bit/s of its link now; 0: no limit */
	uint64_t checkpoint;		/* octets: the least that a listen of it says; 0: none */
	uint64_t window;		/* the least that a listen of it says; 0: none */
	uint64_t owed;			/* octets handed in for it and not yet waited for */
	int64_t owed_since;		/* the longest that the oldest may have waited, us */
	uint64_t largest;		/* content of the whole scenario */
	uint64_t messages;		/* of the whole scenario */
	bool associated;
	bool speaks;			/* the scenario for itself: what passes is not known here */
};

struct sums {
	const struct scenario *sc;
	const struct lexer_source *source;
	const struct target *t;
	struct lexer_report *report;
	struct side_sums sides[SIDES_MAX];
	bool ok;
};

static const struct lexer_source *source_of(const struct sums *k, const struct step *s)
{
	return s->file ? &k->sc->includes[s->file - 1]->source : k->source;
}

static bool is_wait(const struct step *s)
{
	return s->kind == STEP_WAIT || s->kind == STEP_WAIT_DELIVERED ||
	       s->kind == STEP_WAIT_ACCEPTED || s->kind == STEP_WAIT_CONFIRMED ||
	       s->kind == STEP_TRANSFER_OCTETS;
}

static int64_t step_worst(const struct scenario *sc, const struct step *s)
{
	if (is_wait(s))
		return s->time_us;
	return s->kind == STEP_EXPECT ? sc->expectations[s->n].within_us : 0;
}

/* Steps one after another; a branch counts as much as the longest one beside it. */
static int64_t worst(const struct scenario *sc, size_t from, size_t to)
{
	int64_t sum = 0, longest;

	for (size_t i = from; i < to && sum < sc->limit_us; i++) {
		const struct step *s = &sc->steps[i];

		if (s->kind == STEP_REPEAT) {
			longest = worst(sc, i + 1, s->to - 1);
			if (longest > 0 && s->n > (uint64_t)(sc->limit_us / longest))
				return sc->limit_us;
			sum += longest * s->n;
			i = s->to - 1;
		} else if (s->kind == STEP_PARALLEL) {
			longest = 0;
			for (i++; i < s->to; i = sc->steps[i].to) {
				int64_t branch = worst(sc, i + 1, sc->steps[i].to);

				longest = branch > longest ? branch : longest;
			}
			sum += longest;
			i = s->to - 1;
		} else {
			sum += step_worst(sc, s);
		}
	}
	return sum < sc->limit_us ? sum : sc->limit_us;
}

int64_t scenario_worst_us(const struct scenario *sc)
{
	return worst(sc, 0, sc->steps_n);
}

/* How often the steps of a loop are done; loops stand inside each other. */
struct loops {
	struct {
		uint32_t end;
		uint64_t times;
	} at[LOOPS_MAX];
	size_t n;
};

static uint64_t times(struct loops *l, const struct step *s, size_t i)
{
	while (l->n > 0 && i >= l->at[l->n - 1].end)
		l->n--;
	if (s->kind == STEP_REPEAT && l->n < LOOPS_MAX) {
		uint64_t outer = l->n ? l->at[l->n - 1].times : 1;

		l->at[l->n].end = s->to;
		l->at[l->n++].times = outer > MESSAGES_MAX ? outer : outer * s->n;
	}
	return l->n ? l->at[l->n - 1].times : 1;
}

static void sum_checkpoint(struct side_sums *side, const struct step *s)
{
	if (s->size && (side->checkpoint == 0 || s->size < side->checkpoint))
		side->checkpoint = s->size;
	if (s->window && (side->window == 0 || s->window < side->window))
		side->window = s->window;
}

static bool comes_out(const struct target *t, const struct step *s, int side)
{
	bool out = t->recipients_n && t->recipients[s->recipient].side == side;

	for (size_t i = 0; i < s->others_n; i++)
		out |= t->recipients[s->others[i]].side == side;
	return out;
}

/* Sizes and counts of the whole case, by side; a message passes the side that
 * hands it in and the side it comes out at. */
static void sum_whole(struct sums *k)
{
	struct loops loops = { .n = 0 };

	for (size_t i = 0; i < k->sc->steps_n; i++) {
		const struct step *s = &k->sc->steps[i];
		uint64_t often = times(&loops, s, i);

		k->sides[s->side].speaks |= s->kind == STEP_SEND || s->kind == STEP_TRANSFER_OCTETS;
		if (s->kind == STEP_LISTEN)
			sum_checkpoint(&k->sides[s->side], s);
		if (s->kind != STEP_TRANSFER)
			continue;
		for (int side = 0; side < SIDES_MAX; side++) {
			struct side_sums *sums = &k->sides[side];

			if (side != s->side && !comes_out(k->t, s, side))
				continue;
			sums->messages += s->n * often;
			if (s->size > sums->largest)
				sums->largest = s->size;
		}
	}
}

static void check_transfer(struct sums *k, const struct step *s, uint64_t often)
{
	if (!k->sides[s->side].associated)
		k->ok = lexer_error_at(k->report, source_of(k, s), s->at,
		                       "nothing to transfer over: \"%s: associate\" must "
		                       "come first",
		                       k->t->sides[s->side].name);
	for (int side = 0; side < SIDES_MAX; side++)
		if (comes_out(k->t, s, side))
			k->sides[side].owed += s->n * s->size * often;
}

static void check_resume(struct sums *k, const struct step *s)
{
	if (k->sides[s->side].messages == 0)
		k->ok = lexer_error_at(k->report, source_of(k, s), s->at, "nothing to resume: side "
		                       "\"%s\" transfers no message", k->t->sides[s->side].name);
}

static void check_listen(struct sums *k, const struct step *s)
{
	if (!k->t->sides[s->side].listen[0])
		k->ok = lexer_error_at(k->report, source_of(k, s), s->at,
		                       "side \"%s\" of the target has no address to listen at",
		                       k->t->sides[s->side].name);
}

static void check_arm(struct sums *k, const struct step *s)
{
	const struct side_sums *side = &k->sides[s->side];
	uint64_t target = (uint64_t)target_value(k->t, KNOWN_CHECKPOINT), checkpoint;

	if (side->speaks)
		return;
	if (tap_kind_in_activity((enum tap_kind)s->point.kind) && side->messages == 0)
		k->ok = lexer_error_at(k->report, source_of(k, s), s->at,
		                       "no message of this scenario passes side \"%s\"",
		                       k->t->sides[s->side].name);
	else if (s->point.of > side->messages &&
	         tap_kind_in_activity((enum tap_kind)s->point.kind))
		lexer_warn_at(k->report, source_of(k, s), s->at, "activity %" PRIu32 " is reached "
		              "only if messages are sent again: %" PRIu64 " pass this side",
		              s->point.of, side->messages);
	if (s->point.kind != TAP_MINOR_SYNC && s->point.kind != TAP_MINOR_SYNC_ACK)
		return;
	checkpoint = side->checkpoint && side->checkpoint < target ? side->checkpoint : target;
	if (checkpoint == 0 || s->point.n * checkpoint >= side->largest + AROUND_CONTENT)
		k->ok = lexer_error_at(k->report, source_of(k, s), s->at,
		                       "no message reaches checkpoint %" PRIu32 ": the largest has "
		                       "%" PRIu64 " octets, checkpoints are %" PRIu64 " octets "
		                       "apart", s->point.n, side->largest, checkpoint);
}

static void check_rate(struct sums *k, const struct step *s, const struct expectation *x,
                       struct side_sums *side)
{
	double need;

	if (side->rate == 0 || side->owed == 0)
		return;
	need = (double)side->owed * 8 / (double)side->rate * (double)SECOND_US;
	if (need > (double)side->owed_since + (double)x->within_us)
		k->ok = lexer_error_at(k->report, source_of(k, s), s->at, "cannot be met: %" PRIu64
		                       " octets take at least %.1f s at %" PRIu64 " bit/s, and "
		                       "%.1f s are allowed", side->owed, need / 1e6, side->rate,
		                       (double)(side->owed_since + x->within_us) / 1e6);
}

static void check_expect(struct sums *k, const struct step *s)
{
	const struct expectation *x = &k->sc->expectations[s->n];

	if (x->within_us > k->sc->limit_us)
		k->ok = lexer_error_at(k->report, source_of(k, s), s->at,
		                       "longer than the scenario's limit of %.1f s",
		                       (double)k->sc->limit_us / 1e6);
	if (x->kind != EXPECT_DELIVERED)
		return;
	for (int i = 0; i < SIDES_MAX; i++) {
		if (x->side >= 0 && x->side != i)
			continue;
		check_rate(k, s, x, &k->sides[i]);
		k->sides[i].owed = 0;
		k->sides[i].owed_since = 0;
	}
}

static uint64_t lesser(uint64_t said, int64_t of_target)
{
	return said && said < (uint64_t)of_target ? said : (uint64_t)of_target;
}

/* A sender that its RTSE window stops first never meets a closed window of TCP. */
static void check_window(struct sums *k, const struct step *s)
{
	const struct side_sums *side = &k->sides[s->side];
	const struct link_config c = { .in.rate = side->rate };
	uint64_t checkpoint = lesser(side->checkpoint, target_value(k->t, KNOWN_CHECKPOINT));
	uint64_t window = lesser(side->window, target_value(k->t, KNOWN_WINDOW));
	char why[256];

	if (side->messages > 0 &&
	    link_window_hides((uint32_t)(checkpoint / RTSE_CHECKPOINT_UNIT), (uint32_t)window,
	                      link_buffers_hide(link_buffers(&c, true)), why, sizeof why))
		lexer_warn_at(k->report, source_of(k, s), s->at, "%s", why);
}

static void check_step(struct sums *k, const struct step *s, uint64_t often)
{
	int64_t worst = step_worst(k->sc, s);

	if ((s->kind == STEP_STALL && s->n == 1) || (s->kind == STEP_ARM && s->n == ARM_STALL) ||
	    (s->kind == STEP_LINK && strstr(scenario_string(k->sc, s->options), ":stall")))
		check_window(k, s);
	if (s->kind == STEP_LINK)
		k->sides[s->side].rate = s->rate;
	else if (s->kind == STEP_LISTEN)
		check_listen(k, s);
	else if (s->kind == STEP_ASSOCIATE)
		k->sides[s->side].associated = true;
	else if (s->kind == STEP_TRANSFER)
		check_transfer(k, s, often);
	else if (s->kind == STEP_RESUME)
		check_resume(k, s);
	else if (s->kind == STEP_ARM)
		check_arm(k, s);
	else if (s->kind == STEP_EXPECT)
		check_expect(k, s);
	for (int i = 0; i < SIDES_MAX; i++)
		if (k->sides[i].owed)
			k->sides[i].owed_since += worst;
}

/* Ends with their files, listeners, and what a loop, a journal and a capture need. */
size_t scenario_descriptors(const struct scenario *sc, const struct target *t)
{
	enum { AROUND = 48 };
	struct loops loops = { .n = 0 };
	size_t n = AROUND + 2 * t->sides_n;

	for (size_t i = 0; i < sc->steps_n; i++) {
		const struct step *s = &sc->steps[i];
		uint64_t often = times(&loops, s, i);

		if (s->kind == STEP_ASSOCIATE || s->kind == STEP_CONNECT)
			n += often;
	}
	return n;
}

bool scenario_check(const struct scenario *sc, const struct lexer_source *s,
                    const struct target *t, struct lexer_report *r)
{
	struct sums k = { sc, s, t, r, { { 0 } }, true };
	const struct place head = { 1, 1 };
	struct loops loops = { .n = 0 };

	if (scenario_unmet(sc, t))
		return true;
	if (sc->steps_n == 0)
		return lexer_error_at(r, s, head, "a scenario without steps");
	if (sc->expectations_n == 0)
		lexer_warn_at(r, s, head, "nothing is expected: the case can only pass");
	sum_whole(&k);
	for (size_t i = 0; i < sc->steps_n; i++)
		check_step(&k, &sc->steps[i], times(&loops, &sc->steps[i], i));
	return k.ok;
}
