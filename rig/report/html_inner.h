/*
 * html_inner: what the parts of the page share (private to report/).
 */
#ifndef REPORT_HTML_INNER_H
#define REPORT_HTML_INNER_H

#include "report/html.h"

/* The PDUs of mark number `i` in full: fields and octets, each field with where it stands. */
void html_pdus(struct page *p, const struct ladder_mark *m, size_t i, const char *id);

/* A long ladder at a glance: who sent how much when, what is odd, and the way to each block,
 * whose element is "ID-bN". */
void html_strip(struct page *p, const struct ladder *l, const char *id, bool all);

#endif
