/*
 * The options of logs, and the signatures.
 */
#include "cli/mta_logs.h"

#include "lexer/lexer.h"
#include "logs/logs_windows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_clock(const char *s, int64_t *us)
{
	bool fast = *s == '-';

	s += fast;
	if (!quantity_time(s, strlen(s), us))
		return false;
	*us = fast ? -*us : *us;
	return true;
}

int cli_logs(const char *verb, struct cli_logs *l)
{
	if (l->zone && !log_zone_parse(l->zone, &l->how.zone_s))
		return cli_wrong(verb, "%s is no time zone; write +01:00", l->zone);
	if (l->clock && !read_clock(l->clock, &l->how.clock_us))
		return cli_wrong(verb, "%s is no time; write 3s, or -3s for a fast clock",
		                 l->clock);
	if (l->order && !log_date_order_parse(l->order, &l->how.order))
		return cli_wrong(verb, "%s is no order of dates; write mdy, dmy or ymd", l->order);
	if (l->how.code_page && !log_code_page_known(l->how.code_page))
		return cli_wrong(verb, "%s is no code page; iconv -l lists them", l->how.code_page);
	return EXIT_ALL_PASS;
}

void cli_logs_default(struct cli_logs *l, const struct log_options *o)
{
	if (!l->zone)
		l->how.zone_s = o->zone_s;
	if (!l->clock)
		l->how.clock_us = o->clock_us;
	if (!l->order)
		l->how.order = o->order;
	if (!l->how.code_page)
		l->how.code_page = o->code_page;
	if (!l->how.time_format)
		l->how.time_format = o->time_format;
}

void cli_logs_ready(void)
{
	char why[300];

	log_windows_load(why, sizeof why);
}

void cli_logs_of_target(const char *verb, const struct target *t)
{
	static bool said;
	char why[300];

	if (!said && !t->lab &&
	    (t->events.kind != LOG_SOURCE_NONE || t->calls.kind != LOG_SOURCE_NONE) &&
	    !log_windows_load(why, sizeof why)) {
		fprintf(stderr, "x400rig %s: event logs of Windows are not read: %s\n", verb, why);
		said = true;
	}
}

void cli_logs_order(char **files, size_t n, const struct log_options *how)
{
	int64_t *begins = calloc(n + 1, sizeof *begins);

	if (!begins)
		return;
	for (size_t i = 0; i < n; i++) {
		int64_t at = n > 1 ? log_begins(files[i], how) : LOG_NO_TIME;
		char *file = files[i];
		size_t to = i;

		begins[i] = at;
		/* Over those that begin later, from one that has a time to the next. */
		for (size_t k = i; at != LOG_NO_TIME && k-- > 0;) {
			if (begins[k] == LOG_NO_TIME)
				continue;
			if (begins[k] <= at)
				break;
			files[to] = files[k];
			begins[to] = begins[k];
			to = k;
		}
		files[to] = file;
		begins[to] = at;
	}
	free(begins);
}

static void put_note(const char *verb, const char *file, const struct log_notes *n,
                     enum log_trouble t)
{
	fprintf(stderr, "x400rig %s: %s: %" PRIu64 " %s", verb, file, n->count[t],
	        log_trouble_name(t));
	if (n->offset[t] != LOG_NO_OFFSET)
		fprintf(stderr, ", the first at octet %" PRIu64, n->offset[t]);
	fputc('\n', stderr);
}

void cli_logs_notes(const char *verb, const char *file, const struct log_notes *notes)
{
	if (notes->records == 0)
		fprintf(stderr, "x400rig %s: %s: no records; is it the right file, and does the "
		        "MTA log what is wanted? see logs in target(5)\n", verb, file);
	for (int t = 0; t < LOG_TROUBLES; t++)
		if (notes->count[t])
			put_note(verb, file, notes, (enum log_trouble)t);
}

bool cli_signatures(const char *verb, struct signatures *s, const struct cli_list *own)
{
	struct lexer_report report = { 0 };
	char folder[CLI_PATH];
	bool ok = cli_data("signatures", folder) && signatures_load(s, folder, &report);

	for (size_t i = 0; ok && i < own->n; i++)
		ok = signatures_load(s, own->at[i], &report);
	if (report.text)
		fputs(report.text, stderr);
	if (!ok && !report.text)
		fprintf(stderr, "x400rig %s: the signatures cannot be read\n", verb);
	lexer_report_free(&report);
	return ok;
}
