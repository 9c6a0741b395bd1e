/*
 * Results as TAP and as Markdown.
 */
#include "report/report.h"

#include <string.h>

/* --- TAP 14 ---------------------------------------------------------------------- */

/* A plain YAML scalar in double quotes. */
static void yaml(FILE *out, const char *name, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "  %s: \"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			putc('\\', out);
		putc(*value == '\n' ? ' ' : *value, out);
	}
	fprintf(out, "\"\n");
}

/* '#' would begin a directive. */
static void plain(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '#' || *s == '\\')
			putc('\\', out);
		putc(*s == '\n' ? ' ' : *s, out);
	}
}

static void point(FILE *out, const struct result *r, size_t number)
{
	bool fails = r->verdict >= VERDICT_FAIL || (r->expected && r->verdict == VERDICT_PASS);

	fprintf(out, "%s %zu - %s", fails ? "not ok" : "ok", number, r->id);
	if (r->attempt > 1)
		fprintf(out, " (%u)", r->attempt);
	if (r->verdict == VERDICT_NONE || r->verdict == VERDICT_INCONCLUSIVE) {
		fprintf(out, " # SKIP %s: ", result_word(r));
		plain(out, r->reason);
	} else if (r->expected && fails && r->verdict != VERDICT_PASS) {
		fprintf(out, " # TODO %s", result_word(r));
	}
	fprintf(out, "\n");
	if (!fails)
		return;
	fprintf(out, "  ---\n");
	yaml(out, "verdict", result_word(r));
	yaml(out, "message", r->reason);
	yaml(out, "step", r->step);
	yaml(out, "clause", r->clause);
	yaml(out, "article", r->article);
	yaml(out, "again", r->command);
	fprintf(out, "  ...\n");
}

bool report_tap(FILE *out, const struct results *s)
{
	fprintf(out, "TAP version 14\n1..%zu\n", s->n);
	for (size_t i = 0; i < s->n; i++)
		point(out, &s->at[i], i + 1);
	return !ferror(out);
}

/* --- Markdown -------------------------------------------------------------------- */

/* Text of others stays text: no markup, one line. */
static void markdown(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("\\`*_{}[]<>()#+-.!|~", *s))
			putc('\\', out);
		putc(*s == '\n' ? ' ' : *s, out);
	}
}

static void markdown_field(FILE *out, const char *name, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "- %s: ", name);
	markdown(out, value);
	fprintf(out, "\n");
}

static void markdown_case(FILE *out, const struct result *r)
{
	fprintf(out, "\n### ");
	markdown(out, r->id);
	fprintf(out, ": %s\n\n", result_word(r));
	markdown(out, r->reason);
	fprintf(out, "\n\n");
	markdown_field(out, "article", r->article);
	markdown_field(out, "step", r->step);
	markdown_field(out, "clause", r->clause);
	fprintf(out, "- ledger: %u offered, %u accepted, %u delivered, %u copies, %u reported, "
	        "%u missing\n", r->ledger.offered, r->ledger.accepted, r->ledger.delivered,
	        r->ledger.copies, r->ledger.reported, r->ledger.missing);
	markdown_field(out, "again", r->command);
}

bool report_markdown(FILE *out, const struct results *s)
{
	struct result_sum sum = results_sum(s);

	fprintf(out, "## x400rig: target ");
	markdown(out, s->head.target ? s->head.target : "");
	fprintf(out, "\n\n");
	result_sum_text(out, &sum);
	fprintf(out, "\n| case | verdict | seconds |\n|---|---|---|\n");
	for (size_t i = 0; i < s->n; i++) {
		fprintf(out, "| ");
		markdown(out, s->at[i].id);
		fprintf(out, " | %s | %.2f |\n", result_word(&s->at[i]),
		        (double)s->at[i].duration_us / 1e6);
	}
	for (size_t i = 0; i < s->n; i++)
		if (result_counts(&s->at[i]))
			markdown_case(out, &s->at[i]);
	return !ferror(out);
}

/* --- text ------------------------------------------------------------------------ */

static void text_field(FILE *out, const char *name, const char *value)
{
	if (*value)
		fprintf(out, "      %-11s %s\n", name, value);
}

static void text_case(FILE *out, const struct result *r)
{
	fprintf(out, "%-22s %-30s %8.2f s\n", result_word(r), r->id,
	        (double)r->duration_us / 1e6);
	if (r->verdict == VERDICT_PASS && !r->expected)
		return;
	text_field(out, "because", r->reason);
	if (!result_counts(r))
		return;
	text_field(out, "step", r->step);
	text_field(out, "clause", r->clause);
	text_field(out, "article", r->article);
	text_field(out, "again", r->command);
}

bool report_text(FILE *out, const struct results *s)
{
	struct result_sum sum = results_sum(s);

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->n; i++)
			if (result_counts(&s->at[i]) == (pass == 0))
				text_case(out, &s->at[i]);
	result_sum_text(out, &sum);
	return !ferror(out);
}
