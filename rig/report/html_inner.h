/*
 * html_inner: what the parts of the page share (private to report/).
 */
#ifndef REPORT_HTML_INNER_H
#define REPORT_HTML_INNER_H

#include "report/html.h"

/* The PDUs of mark number `i` in full: fields and octets, each field with where it stands. */
void html_pdus(struct page *p, const struct ladder_mark *m, size_t i, const char *id);

/* A table's head: names end in NULL. */
void html_head(struct page *p, const char *const *names);

/* <svg>, a line, a text; `role` "img" if nothing in it can be reached. */
void svg_open(struct page *p, int width, int height, const char *role, const char *label);
void svg_line(struct page *p, const char *class, double x1, double y1, double x2, double y2);
void svg_text(struct page *p, const char *class, double x, double y, const char *text);

#endif
