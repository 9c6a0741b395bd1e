/*
 * run_folder: the folder that a run leaves behind.
 *
 *     RUN/run.jsonl              what became of each case (report/result.h)
 *     RUN/junit.xml report.tap   the same for machines
 *     RUN/report.html            the same to be looked at
 *     RUN/target.target scenarios/ signatures/     copies of what was run: enough to judge again
 *     RUN/events/ID.jsonl        every event of a case
 *     RUN/ID.pcapng              its traffic
 *     RUN/ID.wire.pcap           its packets as they were, where they are recorded
 *     RUN/logs/ mta/             the MTA's logs that were judged; the lab MTA's own folder
 *
 * A case that is run a second time is called ID.2 there.
 */
#ifndef CLI_RUN_FOLDER_H
#define CLI_RUN_FOLDER_H

#include "cli/suite.h"
#include "report/result.h"

struct run_folder {
	char path[FOLDER_PATH];
	FILE *results;			/* run.jsonl */
	struct signatures signatures;	/* read from the copies */
	struct lexer_report report;	/* of the signatures */
};

/* `path` NULL: run-DATE-TIME, with -2 ... if that is taken.  `signatures`: files and folders
 * of the user's own, beside those that come with the program.  false: in the report, or errno. */
bool run_folder_make(struct run_folder *f, const char *path, const struct cli_list *signatures,
                     const struct suite *s);

/* junit.xml, report.tap and report.html; closes run.jsonl.  false: errno. */
bool run_folder_finish(struct run_folder *f, const struct results *results);
void run_folder_free(struct run_folder *f);

#endif
