/*
 * check_report: what `x400rig check` prints, as text for people or as JSON.
 *
 * JSON: one object a line, with a key "type":
 *
 *   remark     weight name clause connection from to direction frames time text fits
 *   message    id octets attempts[{connection frame outcome sent confirmed}]
 *              reused doubled
 *   signature  signature articles title weight complete found needed reason wire
 *   moment     kind connection direction frame time text: a PDU, a TCP event, or what
 *              became of a message ("ledger"); only if there are logs, in one order
 *              with them
 *   log        file line time event code articles text
 *   verdict    exit fatal supporting notes connections messages
 */
#ifndef CLI_CHECK_REPORT_H
#define CLI_CHECK_REPORT_H

#include "cli/check.h"
#include "judge/signature.h"

enum { CHECK_LOG_TEXT = 240 };

/* A log record that a row of the catalogue matches. */
struct check_log {
	const char *file;		/* borrowed */
	uint64_t line;
	int64_t at_ns;			/* since 1970 UTC; 0: none */
	uint32_t event, code;
	char articles[64];		/* whose rows match: "Q152897 Q306959" */
	char text[CHECK_LOG_TEXT];
};

struct check_result {
	struct check *check;
	const struct signatures *signatures;
	const struct signature_score *score;	/* of the logs */
	struct check_log *log;
	size_t logs;
	bool json, verbose;
	bool cut;			/* part of the file could not be read */
	enum signature_weight worst;	/* of those that fit */
	int64_t zero_ns;		/* time 0 of the text form */
};

/* Prints all of it; returns the exit status: 0, 1 (FATAL, or a conclusive
 * signature), 3 (supporting evidence only, or octets are missing), 4 (no memory). */
int check_report(struct check_result *r);

/* The verdict in words, behind check_report(). */
const char *check_verdict_text(const struct check_result *r);

/* Parts of it: check_moment.c. */
void check_timeline(const struct check_result *r);
void check_print_remark(const struct check_result *r, const struct check_remark *m);
const char *check_arrow(unsigned direction);

#endif
