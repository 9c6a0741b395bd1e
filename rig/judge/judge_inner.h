/*
 * judge_inner: what the parts of the judge share (private to judge/).
 *
 *     judge.c       the fold of events: what is due, missed or met; the verdict
 *     judge_now.c   what each kind of expectation says at a moment
 */
#ifndef JUDGE_JUDGE_INNER_H
#define JUDGE_JUDGE_INNER_H

#include "judge/conduct.h"
#include "judge/conduct_flow.h"
#include "judge/conduct_rules.h"
#include "judge/judge.h"
#include "judge/ledger.h"
#include "judge/signature.h"

enum { EVIDENCE_MAX = 32, LOG_LINES_MAX = 8 };

struct waiting {
	enum expect_state state;
	bool begun, matched, mismatched;
	int64_t deadline;
	uint64_t ordinal;	/* of the event that decided it */
};

struct judge {
	const struct judge_case *c;
	struct ledger ledger;
	struct conduct conduct;
	struct conduct_rules rules;
	struct conduct_flow flow;
	struct signature_score score;
	struct waiting *expectations;	/* c->n */
	size_t *open;			/* those that have begun and are not decided; c->n */
	size_t open_n;
	size_t evidence_n;
	enum verdict verdict;
	uint64_t ordinal;		/* of the event at hand */
	int64_t now_us;			/* its time */
	uint64_t recent[EVIDENCE_LAST];	/* ring of telling events */
	size_t recent_n;
	uint32_t log_lines[LOG_LINES_MAX];	/* that matched a row of a conclusive one */
	size_t log_lines_n;
	bool logs_read, logs_failed, gone, step_failed, ended;
	uint32_t failed_step;
	uint32_t queue;			/* messages in the IUT's queue; UINT32_MAX: unknown */
	struct evidence evidence[EVIDENCE_MAX];	/* the last: not cleared in the beginning */
};

enum judge_now { NOW_NOT_YET, NOW_YES, NOW_NO };
enum judge_now judge_now(const struct judge *j, const struct expectation *x);

#endif
