/*
 * html: a run as one page: no network, works from disk, readable without script.
 *
 *     overview     counts, what failed and why, groups, all cases, how to run again
 *     each case    that did not pass: evidence, ledger, octets over time, ladder
 *
 * Ladders are read for the cases that are shown in full; the octets and fields of a PDU stand
 * behind its rung and are shown when it is chosen.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/diff.h"
#include "report/ladder.h"
#include "report/page.h"

struct html_source {
	/* Reads the ladder of a result; false: `why`. */
	bool (*ladder)(void *ctx, const struct result *r, struct ladder *l,
	               char why[static RESULT_WHY]);
	void *ctx;
	const struct results *before;	/* an earlier run to compare with, merged; NULL: none */
	const char *only;		/* show this case in full, whatever came of it; NULL:
					 * none */
	bool all;			/* fold nothing in ladders */
};

/* Cases that are shown in full; those behind it have their line in the table.  Once the page
 * is so long, cases come without their ladders. */
enum { HTML_CASES_MAX = 60, HTML_LENGTH = 3500000 };

/* `s` merged.  false: not everything was written (errno). */
bool html_run(FILE *out, const struct results *s, const struct html_source *from);

/* The ladder with what its PDUs say; `id` makes element identifiers unique in the page. */
void html_ladder(struct page *p, const struct ladder *l, const char *id, bool all);
/* Messages and octets over time. */
void html_plots(struct page *p, const struct ladder *l);
/* Of a run: how long binds took; what was delivered each time that a case was repeated. */
void html_binds(struct page *p, const struct results *s);
void html_soaks(struct page *p, const struct results *s);
/* A table's head: names end in NULL. */
void html_head(struct page *p, const char *const *names);
/* Boxes that hide layers of all ladders, and what a chosen PDU is shown in. */
void html_layers(struct page *p);
void html_panel(struct page *p);

#endif
