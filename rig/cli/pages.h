/*
 * pages: what reports need of run folders: their scenarios, compiled again.
 */
#ifndef CLI_PAGES_H
#define CLI_PAGES_H

#include "report/html.h"

/* What pages and JUnit's XML are written with, before a process confines itself or begins what is
 * to be told on one.  false: said what is missing. */
bool pages_ready(const char *verb);

/* Reads the ladder of a result that was read from a run folder (struct html_source). */
bool pages_ladder(void *ctx, const struct result *r, struct ladder *l, char why[static RESULT_WHY]);

/* RUN/report.html of a finished run, read back from its folder.  false: errno or said. */
bool pages_write(const char *folder);

#endif
