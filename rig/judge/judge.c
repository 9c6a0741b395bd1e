#include "judge/judge_inner.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = { "none", "pass", "inconclusive", "fail", "error" };

	return (unsigned)v <= VERDICT_ERROR ? names[v] : "?";
}

static const char *const expect_names[EXPECT_KINDS] = {
	[EXPECT_BOUND] = "bound",
	[EXPECT_REFUSED] = "refused",
	[EXPECT_RELEASED] = "released",
	[EXPECT_ACCEPTED] = "accepted",
	[EXPECT_DELIVERED] = "delivered",
	[EXPECT_NOT_DELIVERED] = "not delivered",
	[EXPECT_REPORTED] = "reported",
	[EXPECT_NO_ABORT_BY_IUT] = "no abort-by-iut",
	[EXPECT_LOG_NONE] = "log none",
	[EXPECT_LOG] = "log",
	[EXPECT_PDU_IN] = "pdu",
	[EXPECT_TCP_CLOSED] = "tcp closed",
	[EXPECT_ALIVE] = "alive",
	[EXPECT_WIRE] = "wire",
	[EXPECT_ONCE] = "delivered exactly once",
	[EXPECT_COPIES] = "copies",
	[EXPECT_PRIORITY] = "in order of priority",
	[EXPECT_NO_WIRE] = "not on the wire",
};

static const char *kind_name(enum expect_kind kind)
{
	return (unsigned)kind < EXPECT_KINDS ? expect_names[kind] : "?";
}

static const char *side_name(const struct judge *j, int side)
{
	const char *name = side >= 0 && side < SIDES_MAX ? j->c->side_names[side] : NULL;

	return name ? name : "any side";
}

/* ---- kinds of expectations ---- */

static bool of_ledger(enum expect_kind kind)
{
	return kind == EXPECT_ACCEPTED || kind == EXPECT_DELIVERED ||
	       kind == EXPECT_NOT_DELIVERED || kind == EXPECT_REPORTED ||
	       kind == EXPECT_ONCE;
}

/* These ask about the end of the case or of their time, not about a moment. */
static bool at_end(enum expect_kind kind)
{
	return kind == EXPECT_LOG_NONE || kind == EXPECT_LOG;
}

/* ---- evidence ---- */

static void add_evidence(struct judge *j, enum verdict v, size_t expectation, const char *clause,
                         const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void recent_events(const struct judge *j, struct evidence *ev)
{
	size_t n = j->recent_n < EVIDENCE_LAST ? j->recent_n : EVIDENCE_LAST;

	for (size_t i = 0; i < n; i++)
		ev->events[ev->events_n++] = j->recent[(j->recent_n - n + i) % EVIDENCE_LAST];
}

static void add_evidence(struct judge *j, enum verdict v, size_t expectation, const char *clause,
                         const char *fmt, ...)
{
	struct evidence *ev;
	va_list ap;

	j->verdict = verdict_worse(j->verdict, v);
	if (j->evidence_n == EVIDENCE_MAX)
		return;
	ev = &j->evidence[j->evidence_n++];
	*ev = (struct evidence){ .expectation = expectation, .verdict = v };
	va_start(ap, fmt);
	vsnprintf(ev->reason, sizeof ev->reason, fmt, ap);
	va_end(ap);
	snprintf(ev->clause, sizeof ev->clause, "%s", clause);
	recent_events(j, ev);
}

/* Expected and actual of a miss, in one sentence. */
static void missed_sentence(const struct judge *j, const struct expectation *x, char *out,
                            size_t cap)
{
	const struct conduct_end *end = conduct_newest(&j->conduct, x->side, x->whom);
	struct ledger_count c;

	switch (x->kind) {
	case EXPECT_COPIES:
		snprintf(out, cap, "expected at most %d copies: %u came out", (int)x->value,
		         ledger_copies(&j->ledger, x->side));
		return;
	case EXPECT_PRIORITY:
		snprintf(out, cap, "expected messages in the order of their priority: %u came out "
		         "before one that should have gone first",
		         ledger_misordered(&j->ledger, x->side));
		return;
	case EXPECT_DELIVERED:
	case EXPECT_ACCEPTED:
	case EXPECT_REPORTED:
		c = x->kind == EXPECT_DELIVERED ? ledger_delivered(&j->ledger, x->side) :
		    x->kind == EXPECT_ACCEPTED ? ledger_accepted(&j->ledger) :
		    ledger_reported(&j->ledger, x->value, x->value2);
		if (c.due == 0)
			snprintf(out, cap, "expected messages %s: none was offered",
			         kind_name(x->kind));
		else
			snprintf(out, cap, "expected %u messages %s within %.3g s: %u were, "
			         "the first that was not is message %zu",
			         c.due, kind_name(x->kind), (double)x->within_us / 1e6,
			         c.done, c.first_missing);
		return;
	case EXPECT_NO_ABORT_BY_IUT:
		snprintf(out, cap, "expected no abort without a cause: the IUT ended association "
		         "%u on %s (%s)", j->conduct.abort_end,
		         side_name(j, (int)side_of(j->conduct.abort_end)), j->conduct.abort_how);
		return;
	case EXPECT_BOUND:
	case EXPECT_REFUSED:
		snprintf(out, cap, "expected the bind on %s to be %s: it was %s",
		         side_name(j, x->side), kind_name(x->kind),
		         !end ? "not tried" : end->refused ? "refused" :
		         end->bound ? "accepted" : "not answered");
		return;
	default:
		snprintf(out, cap, "expected \"%s\": it did not come true", x->text);
		return;
	}
}

static void missed(struct judge *j, size_t i)
{
	const struct expectation *x = &j->c->expectations[i];
	char sentence[200];

	j->expectations[i].state = EXPECT_MISSED;
	j->expectations[i].ordinal = j->ordinal;
	missed_sentence(j, x, sentence, sizeof sentence);
	add_evidence(j, x->derived ? VERDICT_INCONCLUSIVE : VERDICT_FAIL, i, x->clause, "%s%s",
	             sentence, x->derived ? "; no text that was at hand asks for it" : "");
}

static void met(struct judge *j, size_t i)
{
	j->expectations[i].state = EXPECT_MET;
	j->expectations[i].ordinal = j->ordinal;
}

/* ---- the fold ---- */

/* Forgets those that are decided. */
static void prune(struct judge *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->open_n; i++)
		if (j->expectations[j->open[i]].state == EXPECT_WAITING)
			j->open[n++] = j->open[i];
	j->open_n = n;
}

static bool waits(const struct judge *j, size_t i)
{
	return j->expectations[i].begun && j->expectations[i].state == EXPECT_WAITING;
}

static void look(struct judge *j, size_t i, bool time_is_up)
{
	const struct expectation *x = &j->c->expectations[i];
	enum judge_now now = judge_now(j, x);

	if (now == NOW_NO)
		missed(j, i);
	else if (now == NOW_YES)
		met(j, i);
	else if (time_is_up && (x->kind == EXPECT_NOT_DELIVERED || x->kind == EXPECT_NO_WIRE))
		met(j, i);
	else if (time_is_up)
		missed(j, i);
}

/* Deadlines that passed before this event came. */
static void settle(struct judge *j, int64_t at_us)
{
	for (size_t i = 0; i < j->open_n; i++)
		if (waits(j, j->open[i]) && at_us > j->expectations[j->open[i]].deadline)
			look(j, j->open[i], true);
}

static void begin(struct judge *j, size_t i, int64_t at_us)
{
	const struct expectation *x;
	struct waiting *w;

	if (i >= j->c->n)
		return;
	x = &j->c->expectations[i];
	w = &j->expectations[i];
	if (!waits(j, i))
		j->open[j->open_n++] = i;
	*w = (struct waiting){ .begun = true, .state = EXPECT_WAITING };
	w->deadline = at_end(x->kind) ? NEVER_US : at_us + x->within_us;
	if (!at_end(x->kind))
		look(j, i, x->within_us == 0);
}

static void on_ledger(struct judge *j, const struct event *e)
{
	ledger_event(&j->ledger, e);
	for (unsigned side = 0; side < SIDES_MAX; side++)
		conduct_flow_waiting(&j->flow, side, ledger_waiting(&j->ledger, side), e->at_us);
}

static void on_log(struct judge *j, const struct event *e)
{
	const struct signatures *s = j->c->signatures;
	size_t i = e->rule ? (size_t)(e->rule - 1) / SIGNATURE_ROWS_MAX : 0;

	if (!e->rule || !s || i >= s->n)
		return;
	signature_score_hit(&j->score, e->rule);
	if (s->at[i].weight != WEIGHT_CONCLUSIVE || j->log_lines_n == LOG_LINES_MAX ||
	    (j->log_lines_n && j->log_lines[j->log_lines_n - 1] == e->offset))
		return;
	j->log_lines[j->log_lines_n++] = (uint32_t)e->offset;
}

static bool is_delivery(const struct expectation *x, unsigned side)
{
	return (x->kind == EXPECT_DELIVERED || x->kind == EXPECT_ONCE) &&
	       (x->side < 0 || (unsigned)x->side == side);
}

static bool delivery_missed(const struct judge *j, unsigned side)
{
	for (size_t i = 0; i < j->c->n; i++)
		if (is_delivery(&j->c->expectations[i], side) &&
		    j->expectations[i].state == EXPECT_MISSED)
			return true;
	return false;
}

/* Is all that is offered for this side to come out, and as soon as it can? */
static bool delivery_due(const struct judge *j, unsigned side)
{
	bool due = false;

	for (size_t i = 0; i < j->c->n; i++) {
		const struct expectation *x = &j->c->expectations[i];

		if (x->kind == EXPECT_NOT_DELIVERED)
			return false;
		due |= is_delivery(x, side);
	}
	return due;
}

/* Only where messages were to come out: a side that the scenario keeps closed
 * is not called either. */
static void calls_rules(struct judge *j)
{
	for (int side = 0; side < SIDES_MAX; side++) {
		const struct conduct_call *c = &j->rules.sides[side];
		struct ledger_count due = ledger_delivered(&j->ledger, side);
		int64_t silent = conduct_rules_silent(&j->rules, (unsigned)side, j->now_us,
		                                      j->c->open_interval_us);

		if (silent && due.done < due.due && delivery_missed(j, (unsigned)side))
			add_evidence(j, VERDICT_FAIL, SIZE_MAX, "",
			             "the IUT has not called %s for %.0f s, though %u messages for "
			             "it wait: would it need a restart?", side_name(j, side),
			             (double)silent / 1e6, due.due - due.done);
		if (c->dense + 1 >= DENSE_CALLS)
			add_evidence(j, VERDICT_INCONCLUSIVE, SIZE_MAX, "",
			             "the IUT calls %s again after %.1f s; its open interval is "
			             "%.1f s", side_name(j, side), (double)c->gap_us / 1e6,
			             (double)j->c->open_interval_us / 1e6);
	}
}

static void stall_rules(struct judge *j, unsigned side)
{
	const struct flow_side *s = &j->flow.sides[side];
	const char *name = side_name(j, (int)side);
	bool beside = s->stalled_beside < SIDES_MAX;
	char why[64] = "";

	if (beside)
		snprintf(why, sizeof why, "; meanwhile it sent to %s",
		         side_name(j, (int)s->stalled_beside));
	if (s->stalled_us && delivery_due(j, side))
		add_evidence(j, VERDICT_FAIL, SIZE_MAX, "",
		             "the IUT stalled: nothing came on %s for %.1f s, %.1f s are allowed, "
		             "and %u messages waited, the line was open and the turn its own%s",
		             name, (double)s->stalled_us / 1e6,
		             (double)conduct_flow_patience(j->c, side) / 1e6, s->stalled_waiting,
		             why);
	else if (s->uncalled_us && beside && delivery_missed(j, side))
		add_evidence(j, VERDICT_FAIL, SIZE_MAX, "",
		             "the IUT did not call %s for %.1f s, though %u messages for it "
		             "waited%s",
		             name, (double)s->uncalled_us / 1e6, s->stalled_waiting, why);
}

static void flow_rules(struct judge *j)
{
	for (unsigned side = 0; side < SIDES_MAX; side++) {
		const struct flow_side *s = &j->flow.sides[side];
		unsigned pace = conduct_flow_pace(&j->flow, j->c, side);

		stall_rules(j, side);
		if (pace < CONDUCT_PACE_KEPT)
			add_evidence(j, VERDICT_FAIL, SIZE_MAX, "",
			             "beside a slower side %s keeps %u %% of the pace that it has "
			             "alone", side_name(j, (int)side), pace);
		if (s->late_us)
			add_evidence(j, VERDICT_FAIL, SIZE_MAX, "",
			             "the IUT resumed an activity on %s %.1f s after it was lost; "
			             "its recovery timeout is %.1f s", side_name(j, (int)side),
			             (double)s->late_us / 1e6, (double)j->c->recovery_us / 1e6);
	}
}

static void resource_rules(struct judge *j)
{
	static const char *const names[RESOURCES] = {
		"descriptors", "KiB of memory", "control blocks" };

	for (int i = 0; i < RESOURCES; i++) {
		uint64_t kept = conduct_rules_kept(&j->rules, (enum resource)i);

		if (kept)
			add_evidence(j, VERDICT_FAIL, SIZE_MAX, "",
			             "the IUT keeps %llu %s more than it began with and "
			             "connections need", (unsigned long long)kept, names[i]);
	}
}

/* Ledger and conduct hold under any scenario. */
static void standing_rules(struct judge *j)
{
	const struct ledger *l = &j->ledger;

	for (size_t i = 0; i < l->n; i++) {
		const struct message *m = &l->at[i];

		if (m->altered)
			add_evidence(j, VERDICT_FAIL, SIZE_MAX, "X.411 14.3",
			             "message %zu came out with other content than it went in", i);
		if (message_doubled(m))
			add_evidence(j, VERDICT_FAIL, SIZE_MAX, "X.218 9.3.1.3",
			             "message %zu came out %u times; %u cuts in doubt allow %u", i,
			             m->delivered, m->doubts, 1u + m->doubts);
		if (m->accepted && !message_settled(m) && j->queue == 0)
			add_evidence(j, VERDICT_FAIL, SIZE_MAX, "X.411 14.3",
			             "message %zu is lost: accepted, not delivered, not reported, "
			             "and the IUT's queue is empty", i);
	}
	if (l->foreign)
		add_evidence(j, VERDICT_FAIL, SIZE_MAX, "X.411 14.3",
		             "%u messages came out that nobody put in", l->foreign);
	if (j->conduct.aborts)
		add_evidence(j, VERDICT_FAIL, SIZE_MAX, "X.225 7.9",
		             "the IUT ended %u associations without a cause, the last one %u on %s "
		             "(%s)", j->conduct.aborts, j->conduct.abort_end,
		             side_name(j, (int)side_of(j->conduct.abort_end)),
		             j->conduct.abort_how);
	if (j->gone)
		add_evidence(j, VERDICT_FAIL, SIZE_MAX, "", "the IUT's process ended");
	calls_rules(j);
	flow_rules(j);
	resource_rules(j);
}

/* A failure is named by the signature that fits it. */
static void name_articles(struct judge *j)
{
	const struct signature *sig = j->c->signatures ?
		signature_best(j->c->signatures, &j->score, WEIGHT_CONCLUSIVE) : NULL;

	if (!sig)
		return;
	for (size_t i = 0; i < j->evidence_n; i++) {
		struct evidence *ev = &j->evidence[i];

		snprintf(ev->article, sizeof ev->article, "%s", sig->article);
		memcpy(ev->log_lines, j->log_lines, sizeof ev->log_lines);
		ev->log_lines_n = j->log_lines_n;
	}
}

/* That they are silent shows nothing either, if they were to be had and were not. */
static bool undecided(const struct judge *j, const struct expectation *x)
{
	return x->kind == EXPECT_LOG || (x->kind == EXPECT_LOG_NONE && j->logs_failed);
}

static void end(struct judge *j)
{
	bool read = j->logs_read;

	/* Logs that could not be read show nothing, for or against. */
	j->logs_read = true;
	for (size_t i = 0; i < j->c->n; i++)
		if (waits(j, i)) {
			if (!read && undecided(j, &j->c->expectations[i])) {
				j->expectations[i].state = EXPECT_UNDECIDED;
				add_evidence(j, VERDICT_INCONCLUSIVE, i, "",
				             "the IUT's logs could not be read%s", j->logs_failed
				             ? ": their command failed, or did not end in time" :
				             "");
			} else {
				look(j, i, true);
			}
		}
	if (j->step_failed)
		add_evidence(j, VERDICT_ERROR, SIZE_MAX, "", "the rig could not carry out step %u",
		             j->failed_step + 1);
	if (j->ledger.no_memory || j->conduct.no_memory)
		add_evidence(j, VERDICT_ERROR, SIZE_MAX, "", "the judge ran out of memory");
	standing_rules(j);
	j->verdict = verdict_worse(j->verdict, VERDICT_PASS);
	name_articles(j);
	j->ended = true;
}

/* What came is allowed, and shows nothing. */
static void doubtful(struct judge *j, const struct event *e)
{
	const struct expectation *x = &j->c->expectations[e->value];

	add_evidence(j, VERDICT_INCONCLUSIVE, e->value, x->clause,
	             "\"%s\": alternative %llu came, which decides nothing", x->text,
	             (unsigned long long)e->length);
}

static void on_scenario(struct judge *j, const struct event *e)
{
	switch (e->code) {
	case SCENARIO_EXPECT:
		begin(j, e->value, e->at_us);
		break;
	case SCENARIO_STEP_FAILED:
		j->step_failed = true;
		j->failed_step = e->value;
		break;
	case SCENARIO_LOGS_READ:
		j->logs_read = true;
		break;
	case SCENARIO_LOGS_FAILED:
		j->logs_failed = true;
		break;
	case SCENARIO_QUEUE_EMPTY:
		j->queue = e->value;
		break;
	case SCENARIO_IUT_GONE:
		j->gone = true;
		break;
	case SCENARIO_CASE_END:
		end(j);
		break;
	case SCENARIO_MATCHED:
		if (e->value < j->c->n)
			j->expectations[e->value].matched = true;
		if (e->value < j->c->n && e->type)
			doubtful(j, e);
		break;
	case SCENARIO_MISMATCHED:
		if (e->value < j->c->n)
			j->expectations[e->value].mismatched = true;
		break;
	default:
		break;
	}
}

static void remember(struct judge *j, const struct event *e)
{
	if (e->kind == EVENT_SCENARIO || e->kind == EVENT_STEP || e->kind == EVENT_WANT)
		return;
	j->recent[j->recent_n++ % EVIDENCE_LAST] = j->ordinal;
}

void judge_event(struct judge *j, const struct event *e)
{
	if (j->ended)
		return;
	settle(j, e->at_us);
	remember(j, e);
	conduct_event(&j->conduct, j->c, e, j->ordinal);
	conduct_rules_event(&j->rules, e, j->c->open_interval_us);
	conduct_flow_event(&j->flow, j->c, e);
	j->now_us = e->at_us;
	if (e->kind == EVENT_LEDGER)
		on_ledger(j, e);
	else if (e->kind == EVENT_LOG)
		on_log(j, e);
	else if (e->kind == EVENT_SCENARIO)
		on_scenario(j, e);
	for (size_t k = 0; k < j->open_n && !j->ended; k++) {
		size_t i = j->open[k];
		enum expect_kind kind = j->c->expectations[i].kind;

		if (waits(j, i) && !at_end(kind) && of_ledger(kind) == (e->kind == EVENT_LEDGER))
			look(j, i, false);
	}
	prune(j);
	j->ordinal++;
}

struct judge *judge_new(const struct judge_case *c)
{
	struct judge *j = malloc(sizeof *j);

	if (!j)
		return NULL;
	memset(j, 0, offsetof(struct judge, evidence));
	j->c = c;
	j->queue = UINT32_MAX;
	conduct_flow_init(&j->flow);
	j->expectations = calloc(c->n ? c->n : 1, sizeof *j->expectations);
	j->open = calloc(c->n ? c->n : 1, sizeof *j->open);
	if (!j->expectations || !j->open) {
		free(j->expectations);
		free(j->open);
		free(j);
		return NULL;
	}
	return j;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	ledger_free(&j->ledger);
	conduct_free(&j->conduct);
	free(j->expectations);
	free(j->open);
	free(j);
}

enum expect_state judge_state(const struct judge *j, size_t i)
{
	return i < j->c->n ? j->expectations[i].state : EXPECT_UNDECIDED;
}

int64_t judge_deadline(const struct judge *j)
{
	int64_t first = NEVER_US;

	for (size_t i = 0; i < j->open_n; i++)
		if (waits(j, j->open[i]) && j->expectations[j->open[i]].deadline < first)
			first = j->expectations[j->open[i]].deadline;
	/* A tick at the deadline itself is still within the time. */
	return first == NEVER_US ? NEVER_US : first + 1;
}

enum verdict judge_verdict(const struct judge *j, const struct evidence **evidence, size_t *n)
{
	*evidence = j->evidence;
	*n = j->evidence_n;
	return j->ended ? j->verdict : VERDICT_NONE;
}

struct bind_sum judge_binds(const struct judge *j)
{
	return j->conduct.binds;
}

struct ledger_sum judge_ledger(const struct judge *j)
{
	struct ledger_sum sum = { .foreign = j->ledger.foreign };

	for (size_t i = 0; i < j->ledger.n; i++) {
		const struct message *m = &j->ledger.at[i];

		sum.offered += m->offered;
		sum.accepted += m->accepted;
		sum.delivered += m->delivered > 0;
		sum.copies += m->delivered > 1 ? m->delivered - 1u : 0;
		sum.altered += m->altered;
		sum.reported += m->reported > 0;
		sum.missing += message_counts(m) && m->accepted && !message_settled(m);
	}
	return sum;
}
