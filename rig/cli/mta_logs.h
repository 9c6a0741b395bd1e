/*
 * mta_logs: what verbs that look at an MTA's logs share: how these are read, and by which
 * signatures.
 */
#ifndef CLI_MTA_LOGS_H
#define CLI_MTA_LOGS_H

#include "cli/cli.h"
#include "judge/signature.h"
#include "logs/logs.h"
#include "scenario/target.h"

struct cli_logs {
	const char *zone, *clock, *order;	/* NULL: not given */
	struct log_options how;
};

#define CLI_LOGS_OPTIONS(l) \
	{ .name = "zone", .value = "+HH:MM", .string = &(l).zone, \
	  .text = "the time zone of stamps that name none (UTC)" }, \
	{ .name = "clock", .value = "TIME", .string = &(l).clock, \
	  .text = "the log's clock is slow by this (3s, 2min); -3s: fast" }, \
	{ .name = "date-order", .value = "ORDER", .string = &(l).order, \
	  .text = "mdy, dmy or ymd, where the dates themselves do not tell" }, \
	{ .name = "code-page", .value = "NAME", .string = &(l).how.code_page, \
	  .text = "of text that is no UTF-8 (CP1252)" }, \
	{ .name = "time-format", .value = "FORMAT", .string = &(l).how.time_format, \
	  .text = "strptime's, of text with unusual times" }

/* Fills in `l->how`.  EXIT_ALL_PASS, or said what is wrong. */
int cli_logs(const char *verb, struct cli_logs *l);
/* What was not given is as a target says; its texts are borrowed. */
void cli_logs_default(struct cli_logs *l, const struct log_options *of_target);

/* What logs of any kind are read with, before a process confines itself; what is missing is said
 * when a log needs it. */
void cli_logs_ready(void);
/* The same for logs that a target names, and that are read later; what is missing is said now,
 * once. */
void cli_logs_of_target(const char *verb, const struct target *t);

/* Logs in the order of time, as they were rotated; those without times stay where they are. */
void cli_logs_order(char **files, size_t n, const struct log_options *how);

/* What of a log could not be read, and where: on standard error. */
void cli_logs_notes(const char *verb, const char *file, const struct log_notes *notes);

#define CLI_SIGNATURES_OPTION(files) \
	{ .name = "signatures", .value = "FILE", .list = &(files), \
	  .text = "a file or folder of .sig files besides the shipped ones" }

/* The shipped ones and `own`: files or folders.  false: said what is wrong. */
bool cli_signatures(const char *verb, struct signatures *s, const struct cli_list *own);

#endif
