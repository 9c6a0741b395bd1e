/*
 * report: which rows of the state tables, or which rules, no test has taken.
 *
 *     report cells|rules TAKEN EXCUSED
 *
 * TAKEN is what taken.c has written.  A line of EXCUSED is
 *
 *     NAME -- reason
 *
 * where NAME is a name as printed here, or a pattern of fnmatch(3) for several.
 * Fails if something is neither taken nor excused, if an excuse matches nothing
 * or only what is taken, and if over 5 % are excused.
 *
 * A row counts as taken when a machine has stepped it.  Two exceptions: "//" cells
 * are left out, they are what cannot be taken (X.225 A.3.3); and rows of EX,
 * S-EXPEDITED-DATA and PREPARE, which no SPDU over TCP can bring (RFC 1006 5),
 * count when session_step() has taken them.
 */
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acse/acse_machine.h"
#include "acse/acse_rules.h"
#include "base/text.h"
#include "ber/ber_rules.h"
#include "cotp/cotp_rules.h"
#include "cotp/cotp_table.h"
#include "ipm/ipm_rules.h"
#include "observer/observer_rules.h"
#include "p1/p1_rules.h"
#include "presentation/presentation_machine.h"
#include "presentation/presentation_rules.h"
#include "rtse/rtse_rules.h"
#include "rtse/rtse_table.h"
#include "session/session_machine.h"
#include "session/session_rules.h"
#include "tpkt/tpkt_rules.h"

enum { NAME_MAX_ = 200, EXCUSES_MAX = 200, EXCUSED_PERCENT = 5 };

struct thing {
	char name[NAME_MAX_];
	enum layer layer;
	unsigned row;
	uint32_t states;		/* cells: in which the row can be taken */
	bool pure;			/* session_step() is enough */
	bool taken, excused;
};

struct excuse {
	char pattern[NAME_MAX_];
	bool used;
};

static struct thing *things;
static size_t things_n;
static struct excuse excuses[EXCUSES_MAX];
static size_t excuses_n;

static struct thing *add(enum layer layer, unsigned row, uint32_t states)
{
	struct thing *t;

	things = realloc(things, (things_n + 1) * sizeof *things);
	if (!things)
		abort();
	t = &things[things_n++];
	*t = (struct thing){ .layer = layer, .row = row, .states = states };
	return t;
}

/* ---- rows ---- */

static bool needs_expedited(uint8_t event)
{
	return event == SESSION_EV_EX || event == SESSION_EV_SEXreq || event == SESSION_EV_PR_AB ||
	       event == SESSION_EV_PR_MAA || event == SESSION_EV_PR_RA || event == SESSION_EV_PR_RS;
}

static void session_rows(void)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);

	for (size_t i = 0; i < n; i++) {
		struct thing *t;
		struct text text;

		if (rows[i].never)
			continue;
		t = add(LAYER_SESSION, (unsigned)i, 1u << rows[i].state);
		t->pure = needs_expedited(rows[i].event);
		text_init(&text, t->name, sizeof t->name);
		text_put(&text, "session ");
		session_row_text(&text, &rows[i]);
	}
}

static void cotp_rows_add(void)
{
	for (unsigned i = 0; i < cotp_rows_n; i++) {
		const struct cotp_row *r = &cotp_rows[i];
		struct thing *t = add(LAYER_COTP, i, 1u << r->state);

		snprintf(t->name, sizeof t->name, "cotp %s %s if %03x/%03x: %s (%s)",
		         cotp_state_name(r->state), cotp_event_name(r->event), (unsigned)r->need,
		         (unsigned)r->unless, cotp_state_name(r->next), r->clause);
	}
}

static void put_when(char *out, size_t size, const int8_t *when, size_t most)
{
	for (size_t i = 0; i < most && when[i]; i++)
		snprintf(out + strlen(out), size - strlen(out), " %sp%d", when[i] < 0 ? "not-" : "",
		         abs(when[i]));
}

static void presentation_rows_add(void)
{
	for (unsigned i = 0; i < presentation_rows_n; i++) {
		const struct presentation_row *r = &presentation_rows[i];
		struct thing *t = add(LAYER_PRESENTATION, i, 1u << r->state);

		snprintf(t->name, sizeof t->name, "presentation %s %s %s", r->table,
		         presentation_state_name(r->state), presentation_event_name(r->event));
		put_when(t->name, sizeof t->name, r->when, PRESENTATION_IF_MAX);
	}
}

static void acse_rows_add(void)
{
	for (unsigned i = 0; i < acse_rows_n; i++) {
		const struct acse_row *r = &acse_rows[i];
		struct thing *t = add(LAYER_ACSE, i, 1u << r->state);

		snprintf(t->name, sizeof t->name, "acse %s %s", acse_state_name(r->state),
		         acse_event_name(r->event));
		put_when(t->name, sizeof t->name, &r->when, 1);
	}
}

/* A row of RTSE stands for several states; each is a cell. */
static void rtse_rows_add(void)
{
	static const char *const predicates[] = {
#define NAME(name, expression) #name,
		RTSE_PREDICATES(NAME)
#undef NAME
	};

	for (unsigned i = 0; i < rtse_rows_n; i++) {
		const struct rtse_row *r = &rtse_rows[i];

		for (unsigned s = 0; s < RTSE_STATES_N; s++) {
			struct thing *t;

			if (!(r->states >> s & 1))
				continue;
			t = add(LAYER_RTSE, i, 1u << s);
			snprintf(t->name, sizeof t->name, "rtse %s %s %s (%s)", rtse_state_name(s),
			         rtse_in_name(r->in), predicates[r->predicate], r->basis);
		}
	}
}

/* ---- rules ---- */

static void rules(enum layer layer, const struct rule *rule, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(add(layer, (unsigned)i, 0)->name, NAME_MAX_, "%s", rule[i].name);
}

/* ---- what was taken ---- */

static void take_cell(bool pure, unsigned layer, unsigned row, unsigned from)
{
	for (size_t i = 0; i < things_n; i++)
		if (things[i].layer == (enum layer)layer && things[i].row == row && from < 32 &&
		    things[i].states >> from & 1 && (!pure || things[i].pure))
			things[i].taken = true;
}

static void take_rule(const char *name)
{
	for (size_t i = 0; i < things_n; i++)
		if (!strcmp(things[i].name, name))
			things[i].taken = true;
}

static FILE *open_or_end(const char *path)
{
	FILE *fp = fopen(path, "r");

	if (!fp) {
		perror(path);
		exit(2);
	}
	return fp;
}

static void read_taken(const char *path, bool cells)
{
	FILE *fp = open_or_end(path);
	char line[256], name[200], how[8];
	unsigned layer, row, from;

	while (fgets(line, sizeof line, fp)) {
		if (cells && sscanf(line, "%7s %u %u %u", how, &layer, &row, &from) == 4)
			take_cell(!strcmp(how, "pure"), layer, row, from);
		if (!cells && sscanf(line, "rule %199s", name) == 1)
			take_rule(name);
	}
	fclose(fp);
}

/* ---- what is excused ---- */

/* An excuse counts for cells if its pattern has a blank, else for rules. */
static void read_excuses(const char *path, bool cells)
{
	FILE *fp = open_or_end(path);
	char line[600];

	while (fgets(line, sizeof line, fp)) {
		char *reason = strstr(line, " -- ");

		if (line[0] == '#' || !reason || excuses_n == EXCUSES_MAX)
			continue;
		*reason = '\0';
		if (cells == (strchr(line, ' ') != NULL))
			snprintf(excuses[excuses_n++].pattern, NAME_MAX_, "%.199s", line);
	}
	fclose(fp);
}

static void excuse(struct thing *t)
{
	for (size_t i = 0; i < excuses_n && !t->taken; i++) {
		if (fnmatch(excuses[i].pattern, t->name, 0) != 0)
			continue;
		t->excused = excuses[i].used = true;
	}
}

static bool sum_up(enum layer layer)
{
	size_t n = 0, taken = 0, excused = 0, pure = 0;

	for (size_t i = 0; i < things_n; i++) {
		if (things[i].layer != layer)
			continue;
		n++;
		taken += things[i].taken;
		excused += things[i].excused;
		pure += things[i].pure && things[i].taken;
	}
	if (n)
		printf("%-14s %4zu of %4zu taken (%5.1f %%), %zu excused", layer_name(layer), taken,
		       n, 100.0 * (double)taken / (double)n, excused);
	if (pure)
		printf(", %zu by the pure step alone", pure);
	if (n)
		printf("\n");
	return taken + excused == n;
}

static bool report(void)
{
	size_t excused = 0;
	bool good = true;

	for (size_t i = 0; i < things_n; i++) {
		excuse(&things[i]);
		excused += things[i].excused;
		if (!things[i].taken && !things[i].excused)
			printf("not taken: %s\n", things[i].name);
	}
	for (size_t i = 0; i < excuses_n; i++) {
		if (!excuses[i].used)
			printf("needs no excuse: %s\n", excuses[i].pattern);
		good &= excuses[i].used;
	}
	for (unsigned layer = 0; layer < LAYERS; layer++)
		good &= sum_up(layer);
	if (excused * 100 > things_n * EXCUSED_PERCENT) {
		printf("%zu of %zu are excused, more than %d %%\n", excused, things_n,
		       EXCUSED_PERCENT);
		good = false;
	}
	return good;
}

int main(int argc, char **argv)
{
	bool cells = argc == 4 && !strcmp(argv[1], "cells"), good;

	if (argc != 4 || (!cells && strcmp(argv[1], "rules") != 0)) {
		fprintf(stderr, "usage: report cells|rules TAKEN EXCUSED\n");
		return 2;
	}
	if (cells) {
		cotp_rows_add();
		session_rows();
		presentation_rows_add();
		acse_rows_add();
		rtse_rows_add();
	} else {
		rules(LAYER_BER, ber_rules, BER_RULES_N);
		rules(LAYER_TPKT, tpkt_rules, TPKT_RULES_N);
		rules(LAYER_COTP, cotp_rules, COTP_RULES_N);
		rules(LAYER_SESSION, session_rules, SESSION_RULES_N);
		rules(LAYER_PRESENTATION, presentation_rules, PRESENTATION_RULES_N);
		rules(LAYER_ACSE, acse_rules, ACSE_RULES_N);
		rules(LAYER_RTSE, rtse_rules, RTSE_RULES_N);
		rules(LAYER_P1, p1_rules, P1_RULES_N);
		rules(LAYER_IPM, ipm_rules, IPM_RULES_N);
		rules(LAYER_OBSERVER, observer_rules, OBSERVER_RULES_N);
	}
	read_excuses(argv[3], cells);
	read_taken(argv[2], cells);
	good = report();
	free(things);
	return !good;
}
