/*
 * page: an HTML document, written through libxml2's writer.
 *
 * Escaping is the writer's job: text goes in only as text and attribute values, cleaned
 * before (report/clean.h); what is written raw is our own style and script.  Every element
 * has its end tag, but for those that HTML knows as void.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <libxml/xmlwriter.h>
#include <stdbool.h>
#include <stdio.h>

enum { PAGE_TEXT_MAX = 4000 };

struct page {
	xmlBufferPtr buffer;
	xmlTextWriterPtr w;
};

/* After xml_load(): head, style and the beginning of <body>.  false: no memory. */
bool page_open(struct page *p, const char *title);
/* Ends the document with the script and writes it.  false: errno. */
bool page_close(struct page *p, FILE *out);

void page_begin(struct page *p, const char *element);
void page_attribute(struct page *p, const char *name, const char *value);
void page_number(struct page *p, const char *name, double value);
void page_text(struct page *p, const char *text);
void page_format(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void page_end(struct page *p);
/* Of <input> and <meta>. */
void page_end_void(struct page *p);
/* <p class="dim">text</p> */
void page_note(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* <element class="...">text</element>; class NULL: none. */
void page_element(struct page *p, const char *element, const char *class, const char *text);
/* Octets so far. */
size_t page_length(const struct page *p);

/* <element class="..."> */
void page_class(struct page *p, const char *element, const char *class);

/* <svg>, a line, a text; `role` "img" if nothing in it can be reached. */
void page_svg(struct page *p, int width, int height, const char *role, const char *label);
void page_svg_line(struct page *p, const char *class, double x1, double y1, double x2, double y2);
void page_svg_text(struct page *p, const char *class, double x, double y, const char *text);

/* <path class="..." d="...">: what is added, in pieces of below 128 octets. */
void page_svg_path(struct page *p, const char *class);
void page_svg_path_add(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void page_svg_path_end(struct page *p);

#endif
