/*
 * purposes: what the catalogue's scenarios are for, as data.
 *
 *     group COT "COTP class 0"
 *
 *     purpose COT-BI-03
 *       stimulus "A TPDU whose length indicator says more than its TPKT holds, or 255"
 *       expected "The TPDU is not taken; ER or the connection is closed"
 *       source   "X.224 13.2.1, 6.22"
 *
 * An identifier is GROUP-KIND-NN, after ISO/IEC 9646: BV valid behaviour, BI
 * invalid PDUs, BO inopportune ones, TI timers, CA capability; groups of one kind
 * leave it out.  Files lie in catalogue/purposes, one for each group or more.
 * `derived` behind the source says that no text at hand states what is expected: it
 * follows from the ASN.1, or from what MTAs do, and where a verdict would rest on
 * that point alone it is inconclusive.
 */
#ifndef SCENARIO_PURPOSES_H
#define SCENARIO_PURPOSES_H

#include "scenario/scenario.h"

enum {
	PURPOSE_ID = 24,
	/* The catalogue has about 230, and a site may add its own. */
	PURPOSES_MAX = 2000,
	PURPOSE_GROUPS_MAX = 64,
};

struct purpose {
	char id[PURPOSE_ID];
	uint16_t group;				/* index */
	bool derived;
	char stimulus[400], expected[400], source[160];
};

struct purpose_group {
	char id[PURPOSE_ID];
	char title[128];
};

struct purposes {
	struct purpose *at;			/* owned; file by file, in their order */
	size_t n, cap;
	struct purpose_group groups[PURPOSE_GROUPS_MAX];
	size_t groups_n;
};

/* Reads all *.purposes of a folder, by their names; false: said in the report. */
bool purposes_load(struct purposes *p, const char *folder, struct lexer_report *r);
void purposes_free(struct purposes *p);

/* Are all that a scenario serves known?  Else complains at their places. */
bool purposes_check(const struct purposes *p, const struct scenario *sc,
                    const struct lexer_source *s, struct lexer_report *r);

#endif
