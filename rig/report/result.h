/*
 * result: what became of each case, as RUN/run.jsonl tells it.
 *
 * The file is written while the run goes on, one JSON object a line.  The first
 * says what the run was:
 *
 *     {"schema":"x400rig-run","version":1,"target":"lab","defects":"","virtual":false,
 *      "seed":"0x6d50...","shard":"1/1","started":"2026-11-22T00:20:00Z"}
 *
 * every other one is a case:
 *
 *     id, attempt       "pop4/backlog-drop", 1 (the n-th time that it was run)
 *     verdict           "pass" "inconclusive" "fail" "error" "skip"
 *     expected          true: the baseline knows this outcome (a pass is then unexpected)
 *     reason            one sentence; for a skip, what the target lacks
 *     clause, article   what it rests on; the known fault that fits; "" if none
 *     title, source, purposes []
 *     step, line        the expectation that decided, as it stands in the scenario; 0: none
 *     command           runs this one case again
 *     interrupted, trouble    true: the case was stopped; the rig could not do it
 *     seed              of this attempt
 *     duration_us, events
 *     frames            [first, last] of the capture that show it; [0, 0]: none
 *     ledger            {offered, accepted, delivered, copies, altered, reported, missing,
 *                        foreign}
 *     binds             {n, least_us, most_us, all_us}: how long ours took, from the request
 *                       to the positive confirm; all_us: their sum
 *     evidence          [{verdict, reason, clause, article, line, text, log_lines [],
 *                        events []}] worst first
 *
 * A field that changes its meaning raises `version`; fields that a reader does
 * not know are passed over.
 */
#ifndef REPORT_RESULT_H
#define REPORT_RESULT_H

#include "judge/judge.h"

#include <jansson.h>
#include <stdio.h>

enum { RESULT_VERSION = 1, RESULT_WHY = 256 };

/* What the run was.  Strings are borrowed from whoever made it. */
struct result_head {
	const char *target, *defects, *seed, *shard, *started;
	bool is_virtual;
};

/* One case.  Strings are borrowed from whoever made it; never NULL. */
struct result {
	const char *id, *title, *source, *reason, *clause, *article, *step, *command, *seed;
	const char *const *purposes;
	size_t purposes_n;
	unsigned attempt;
	enum verdict verdict;		/* VERDICT_NONE: skipped */
	bool expected, interrupted, trouble;
	int line;
	int64_t duration_us;
	uint64_t events;
	uint32_t frame_first, frame_last;
	struct ledger_sum ledger;
	struct bind_sum binds;
	const struct evidence *evidence;	/* written only: see `json` */
	size_t evidence_n;
	/* The expectations that `evidence` points at; NULL: none. */
	const struct expectation *expectations;
	size_t expectations_n;
	const json_t *json;		/* of a result that was read; NULL: of one made here */
	const char *folder;		/* RUN that it was read from; NULL: of one made here */
};

/* The word of run.jsonl for a verdict: "skip" for VERDICT_NONE. */
const char *result_verdict(enum verdict v);
/* "fail", "expected fail", "unexpected pass": what a person is told. */
const char *result_word(const struct result *r);
/* Does the case count against the run?  A fail or error that was not expected, or
 * a pass that was not. */
bool result_counts(const struct result *r);

/* Writes a line, its texts made safe (report/clean.h).  false: no memory, or not written
 * (errno). */
bool result_head_write(FILE *out, const struct result_head *h);
bool result_write(FILE *out, const struct result *r);

/* Many cases, of one or of many run folders. */
struct results {
	struct result_head head;	/* of the first folder */
	struct result *at;		/* owned; in the order of the files */
	size_t n, cap;
	json_t **owned;			/* what strings are borrowed from */
	size_t owned_n, owned_cap;
};

/* Adds RUN/run.jsonl.  An incomplete last line (the run was killed) is passed over.
 * false: `why` says where and what; what was read so far stays. */
bool results_read(struct results *s, const char *folder, char why[static RESULT_WHY]);
void results_free(struct results *s);

/* Adds one line of a run.jsonl. */
bool results_add(struct results *s, const char *line, size_t n, char why[static RESULT_WHY]);

/* By identifier, then attempt; of two results of one attempt the worse stays. */
void results_merge(struct results *s);

/* How the verdicts add up. */
struct result_sum {
	unsigned all, pass, inconclusive, fail, error, skipped;
	unsigned expected, unexpected;	/* of these: known by the baseline; passes that were not */
	unsigned against[VERDICT_ERROR + 1];	/* of each verdict, those not expected */
	bool interrupted;
	int64_t duration_us;
};
void result_sum_add(struct result_sum *sum, const struct result *r);
struct result_sum results_sum(const struct results *s);
/* "7 cases: 6 pass, 1 fail (3.2 s)", with an end of line. */
void result_sum_text(FILE *out, const struct result_sum *sum);

#endif
