/*
 * match: the logs of an MTA against the catalogue of signatures.
 */
#include "cli/mta_logs.h"
#include "judge/json_text.h"
#include "logs/logs_dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int cmd_match(int argc, char **argv);

enum { DUMP_TEXT = 1000, PLACES = 4, EXCERPT = 200, PROGRESS_EVERY = 1 << 14 };

/* Where a row was found. */
struct place_found {
	size_t file;
	uint64_t line;
	int64_t at_us;
	char text[EXCERPT];
};

struct row_found {
	uint64_t count;
	struct place_found first[PLACES];
	int64_t last_us;
};

struct match {
	struct signatures signatures;
	struct signature_matcher *matcher;
	struct signature_score score;
	struct row_found *rows;		/* by row id - 1 */
	struct log_notes *notes;	/* one for each file */
	char **files;
	size_t files_n, file;
	uint64_t records;
	const struct log_record *now;
	bool dumps;
};

/* ---- gathering ---- */

static void on_hit(void *ctx, uint16_t row_id)
{
	struct match *m = ctx;
	struct row_found *row = &m->rows[row_id - 1];
	const struct log_record *rec = m->now;

	signature_score_hit(&m->score, row_id);
	row->last_us = rec->at_us;
	if (row->count < PLACES) {
		struct place_found *at = &row->first[row->count];

		*at = (struct place_found){ .file = m->file, .line = rec->line,
		                            .at_us = rec->at_us };
		snprintf(at->text, sizeof at->text, "%.*s", EXCERPT - 1, rec->text);
	}
	row->count++;
}

/* What the octets of Ap*.log and Bf*.log are, and what is wrong with them. */
static void put_dump(const struct match *m, const struct log_record *rec)
{
	char line[DUMP_TEXT];
	struct findings f;
	struct text t;

	text_init(&t, line, sizeof line);
	if (!log_dump_text(rec, &t, &f))
		return;
	printf("%s:%" PRIu64 ": %.100s %zu octets: %s\n", m->files[m->file], rec->line, rec->text,
	       rec->dump_n, t.n ? line : "cannot be decoded");
	for (size_t i = 0; i < f.n; i++)
		printf("    %s @%zu  %s  %s\n", f.at[i].rule->name, f.at[i].octet,
		       f.at[i].rule->clause, f.at[i].rule->text);
}

static void on_record(void *ctx, const struct log_record *rec)
{
	struct match *m = ctx;

	m->now = rec;
	if (m->records++ % PROGRESS_EVERY == 0 && m->records > 1)
		cli_progress("match: %s, line %" PRIu64, m->files[m->file], rec->line);
	if (m->dumps && rec->dump)
		put_dump(m, rec);
	signature_matcher_record(m->matcher, rec, on_hit, m);
}

/* ---- text ---- */

static const char *when(int64_t at_us, char buf[static 32])
{
	time_t s = (time_t)(at_us / 1000000);
	struct tm tm;

	if (at_us == LOG_NO_TIME || !gmtime_r(&s, &tm))
		return "no time";
	strftime(buf, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return buf;
}

static void put_row(const struct match *m, size_t i, size_t k)
{
	const struct row_found *row = &m->rows[signature_row_id(i, k) - 1];
	int64_t period = signature_matcher_period(m->matcher, signature_row_id(i, k));
	char name[96], time[32];

	if (!row->count)
		return;
	signature_row_text(&m->signatures.at[i], k, name, sizeof name);
	printf("      %-10s  %s", m->signatures.at[i].rows[k].unless ? "but" : "row", name);
	if (period)
		printf(" (%.0f s)", (double)period / 1e6);
	printf(", %" PRIu64 " time%s, first %s:%" PRIu64 " at %s\n", row->count,
	       row->count == 1 ? "" : "s", m->files[row->first[0].file], row->first[0].line,
	       when(row->first[0].at_us, time));
	if (row->first[0].text[0])
		printf("%s                  %s%s\n", cli_colour(CLI_GREY), row->first[0].text,
		       cli_colour(CLI_PLAIN));
}

static void put_field(const char *name, const char *value)
{
	if (value[0])
		printf("      %-10s  %s\n", name, value);
}

static void put_candidate(const struct match *m, const struct signature_candidate *c, bool full)
{
	const struct signature *sig = &m->signatures.at[c->signature];

	printf("  %-14s %s%s%s\n", sig->article,
	       cli_colour(c->complete && sig->weight == WEIGHT_CONCLUSIVE ? CLI_RED : CLI_PLAIN),
	       sig->title, cli_colour(CLI_PLAIN));
	put_field("because", c->reason);
	for (size_t k = 0; k < sig->rows_n && (c->complete || c->taken_back); k++)
		put_row(m, c->signature, k);
	if (!full)
		return;
	put_field("product", sig->product);
	put_field("trigger", sig->trigger);
	put_field("fixed in", sig->fixed);
	put_field("next", sig->advice);
}

static const char *const headings[] = {
	[WEIGHT_CONCLUSIVE] = "Known faults",
	[WEIGHT_SUPPORTING] = "Fits, and wants a companion",
	[WEIGHT_INCONCLUSIVE] = "No evidence of a fault by itself",
	[WEIGHT_HARMLESS] = "Harmless",
};

static bool in_section(const struct match *m, const struct signature_candidate *c, int section)
{
	if (section <= WEIGHT_HARMLESS)
		return c->complete && (int)m->signatures.at[c->signature].weight == section;
	return !c->complete;
}

static void put_section(const struct match *m, const struct signature_candidate *all, size_t n,
                        int section)
{
	bool headed = false;

	for (size_t i = 0; i < n; i++) {
		if (!in_section(m, &all[i], section))
			continue;
		if (!headed)
			printf("%s\n", section <= WEIGHT_HARMLESS ? headings[section]
			                                          : "Not complete, or taken back");
		headed = true;
		put_candidate(m, &all[i], section < WEIGHT_HARMLESS);
	}
}

static uint64_t records(const struct match *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->files_n; i++)
		sum += m->notes[i].records;
	return sum;
}

static void put_text(const struct match *m, const struct signature_candidate *all, size_t n)
{
	for (int section = 0; section <= WEIGHT_HARMLESS + 1; section++)
		put_section(m, all, n, section);
	printf("%s%" PRIu64 " records in %zu log%s, %zu signatures\n", n ? "" : "Nothing known. ",
	       records(m), m->files_n, m->files_n == 1 ? "" : "s", m->signatures.n);
}

/* ---- JSON ---- */

static void json_field(const char *name, const char *value)
{
	printf("\"%s\":", name);
	json_text(stdout, value);
	putchar(',');
}

static void json_time(int64_t at_us)
{
	if (at_us == LOG_NO_TIME)
		printf("null");
	else
		printf("%" PRId64 ".%06" PRId64, at_us / 1000000, at_us % 1000000);
}

static void json_place(const struct match *m, const struct place_found *at)
{
	putchar('{');
	json_field("file", m->files[at->file]);
	printf("\"line\":%" PRIu64 ",\"time\":", at->line);
	json_time(at->at_us);
	putchar(',');
	printf("\"text\":");
	json_text(stdout, at->text);
	putchar('}');
}

static void json_row(const struct match *m, size_t i, size_t k)
{
	const struct row_found *row = &m->rows[signature_row_id(i, k) - 1];
	const struct signature_row *say = &m->signatures.at[i].rows[k];
	int64_t period = signature_matcher_period(m->matcher, signature_row_id(i, k));
	char name[96];

	signature_row_text(&m->signatures.at[i], k, name, sizeof name);
	putchar('{');
	json_field("row", name);
	printf("\"unless\":%s,\"optional\":%s,\"count\":%" PRIu64 ",", say->unless ? "true" :
	       "false", say->optional ? "true" : "false", row->count);
	if (period)
		printf("\"period\":%.6f,", (double)period / 1e6);
	printf("\"places\":[");
	for (uint64_t p = 0; p < row->count && p < PLACES; p++) {
		if (p)
			putchar(',');
		json_place(m, &row->first[p]);
	}
	printf("]}");
}

static void json_candidate(const struct match *m, const struct signature_candidate *c)
{
	const struct signature *sig = &m->signatures.at[c->signature];

	putchar('{');
	json_field("signature", sig->article);
	json_field("articles", sig->articles);
	json_field("title", sig->title);
	json_field("weight", signature_weight_name(sig->weight));
	printf("\"complete\":%s,\"found\":%zu,\"needed\":%zu,", c->complete ? "true" : "false",
	       c->found, c->needed);
	json_field("reason", c->reason);
	json_field("product", sig->product);
	json_field("fixed", sig->fixed);
	json_field("trigger", sig->trigger);
	json_field("next", sig->advice);
	printf("\"rows\":[");
	for (size_t k = 0; k < sig->rows_n; k++) {
		if (k)
			putchar(',');
		json_row(m, c->signature, k);
	}
	printf("]}");
}

static void json_list(const struct match *m, const char *name,
                      const struct signature_candidate *all, size_t n, bool harmless)
{
	bool any = false;

	printf("\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		if (in_section(m, &all[i], WEIGHT_HARMLESS) != harmless)
			continue;
		if (any)
			putchar(',');
		json_candidate(m, &all[i]);
		any = true;
	}
	printf("]");
}

static void put_json(const struct match *m, const struct signature_candidate *all, size_t n,
                     int status)
{
	printf("{\"schema\":\"x400rig-match\",\"version\":1,\"status\":%d,\"logs\":[", status);
	for (size_t i = 0; i < m->files_n; i++) {
		printf("%s{", i ? "," : "");
		json_field("file", m->files[i]);
		printf("\"records\":%" PRIu64 ",\"lines\":%" PRIu64 "}", m->notes[i].records,
		       m->notes[i].lines);
	}
	printf("],");
	json_list(m, "candidates", all, n, false);
	putchar(',');
	json_list(m, "harmless", all, n, true);
	printf("}\n");
}

/* ---- the verb ---- */

/* 1 a known fault, 3 something that supports one, 0 nothing or harmless, 5 no record at all. */
static int judge(const struct match *m, const struct signature_candidate *all, size_t n)
{
	int status = records(m) ? EXIT_ALL_PASS : EXIT_NOTHING;

	for (size_t i = 0; i < n; i++) {
		enum signature_weight weight = m->signatures.at[all[i].signature].weight;

		if (all[i].complete && weight == WEIGHT_CONCLUSIVE)
			return EXIT_FAIL;
		/* Half of a fault's rows is worth a look, half of what is no evidence not. */
		if (all[i].complete ? weight != WEIGHT_HARMLESS :
		    weight <= WEIGHT_SUPPORTING && !all[i].taken_back &&
		    2 * all[i].found >= all[i].needed)
			status = EXIT_UNDECIDED;
	}
	return status;
}

static int tell(const struct match *m, bool json)
{
	struct signature_candidate *all = calloc(SIGNATURES_MAX, sizeof *all);
	size_t n;
	int status;

	if (!all)
		return cli_no_memory("match");
	n = signature_rank(&m->signatures, &m->score, 0, all);
	status = judge(m, all, n);
	if (json)
		put_json(m, all, n, status);
	else
		put_text(m, all, n);
	for (size_t i = 0; i < m->files_n; i++)
		cli_logs_notes("match", m->files[i], &m->notes[i]);
	free(all);
	return status;
}

static int read_all(struct match *m, const struct log_options *o)
{
	struct log_filter filter = signature_matcher_filter(m->matcher);
	char why[400];
	int status = EXIT_ALL_PASS;

	cli_logs_order(m->files, m->files_n, o);
	for (m->file = 0; m->file < m->files_n; m->file++)
		/* A dump has none of the words that signatures ask for. */
		if (!log_read(m->files[m->file], o, m->dumps ? NULL : &filter, on_record, m,
		              &m->notes[m->file], why, sizeof why)) {
			cli_progress_clear();
			fprintf(stderr, "x400rig match: %s\n", why);
			status = EXIT_USAGE;
		}
	cli_progress_clear();
	return status;
}

static int list(const struct signatures *s)
{
	char row[96];

	for (size_t i = 0; i < s->n; i++) {
		const struct signature *sig = &s->at[i];

		printf("%-14s  %-12s  %s\n", sig->article, signature_weight_name(sig->weight),
		       sig->title);
		for (size_t k = 0; k < sig->rows_n; k++) {
			signature_row_text(sig, k, row, sizeof row);
			printf("%-14s  %s%s\n", "", sig->rows[k].unless ? "unless " : "", row);
		}
		for (unsigned w = 0; sig->silent && w < WIRES; w++)
			if (sig->wire >> w & 1)
				printf("%-14s  no log; on the wire %s\n", "",
				       signature_wire_name(w));
	}
	return EXIT_ALL_PASS;
}

static bool ready(struct match *m)
{
	m->matcher = signature_matcher_new(&m->signatures);
	m->rows = calloc(m->signatures.n * SIGNATURE_ROWS_MAX + 1, sizeof *m->rows);
	m->notes = calloc(m->files_n + 1, sizeof *m->notes);
	return m->matcher && m->rows && m->notes;
}

static int run(struct match *m, const struct cli_list *more, const struct log_options *o,
               bool json, bool only_list)
{
	int status;

	if (!cli_signatures("match", &m->signatures, more))
		return EXIT_USAGE;
	if (only_list)
		return list(&m->signatures);
	cli_logs_ready();
	cli_confine("match", CONFINE_CODE);
	if (!ready(m))
		return cli_no_memory("match");
	status = read_all(m, o);
	return status == EXIT_ALL_PASS ? tell(m, json) : status;
}

static void drop(struct match *m)
{
	signature_matcher_free(m->matcher);
	signatures_free(&m->signatures);
	free(m->rows);
	free(m->notes);
}

int cmd_match(int argc, char **argv)
{
	struct cli_list more = { 0 };
	struct cli_logs logs = { 0 };
	bool json = false, only_list = false;
	struct match m = { .files = NULL };
	const struct cli_option options[] = {
		{ .name = "dumps", .flag = &m.dumps,
		  .text = "first decode the PDUs that Ap*.log and Bf*.log hold, a line each" },
		{ .name = "json", .text = "one JSON object", .flag = &json },
		CLI_SIGNATURES_OPTION(more),
		{ .name = "list", .flag = &only_list, .text = "only print the catalogue" },
		CLI_LOGS_OPTIONS(logs),
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig match Ev0.log Calls.out",
		"x400rig match application.evt --json",
		"x400rig match --dumps Bf0.log                   the APDUs that events point to",
		"x400rig match export.csv --zone +01:00 --signatures my.sig", NULL,
	};
	const struct cli_help help = {
		"match", "LOG ...",
		"Reads logs of an MTA and says which known faults they show, on which lines, and\n"
		"what to do next. What a log is shows in its content: .evt, .evtx, exports of the\n"
		"Event Viewer, Ev*.log, Ap*.log, Bf*.log, Calls.out, Mtacheck.log, syslog, text.\n"
		"Several logs are read in the order of their times, as they were rotated.\n"
		"Exit status: 0 nothing or harmless, 1 a known fault, 2 a log cannot be read,\n"
		"3 no more than support for a fault, 5 no record at all.", options, examples,
	};
	int first = cli_parse(argc, argv, &help), status;

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (first == argc && !only_list)
		return cli_wrong("match", "a log is wanted; - is standard input");
	if (cli_logs("match", &logs) != EXIT_ALL_PASS)
		return EXIT_USAGE;
	if (json && m.dumps)
		return cli_wrong("match", "--dumps is text: without --json");
	m.files = argv + first;
	m.files_n = (size_t)(argc - first);
	status = run(&m, &more, &logs.how, json, only_list);
	drop(&m);
	return status;
}
