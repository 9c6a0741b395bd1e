#include "report/page.h"

#include "report/clean.h"
#include "report/xml.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Made of rig/report/assets when the rig is built. */
extern const char page_style[], page_script[];

static const xmlChar *x(const char *s)
{
	return (const xmlChar *)s;
}

void page_begin(struct page *p, const char *element)
{
	xml.TextWriterStartElement(p->w, x(element));
}

void page_end(struct page *p)
{
	xml.TextWriterFullEndElement(p->w);
}

void page_end_void(struct page *p)
{
	xml.TextWriterEndElement(p->w);
}

void page_attribute(struct page *p, const char *name, const char *value)
{
	char *clean = clean_text(value, PAGE_TEXT_MAX);

	if (clean)
		xml.TextWriterWriteAttribute(p->w, x(name), x(clean));
	free(clean);
}

void page_number(struct page *p, const char *name, double value)
{
	xml.TextWriterWriteFormatAttribute(p->w, x(name), "%.6g", value);
}

void page_text(struct page *p, const char *text)
{
	char *clean = clean_text(text, PAGE_TEXT_MAX);

	if (clean)
		xml.TextWriterWriteString(p->w, x(clean));
	free(clean);
}

void page_format(struct page *p, const char *fmt, ...)
{
	char text[PAGE_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	page_text(p, text);
}

void page_note(struct page *p, const char *fmt, ...)
{
	char text[PAGE_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	page_element(p, "p", "dim", text);
}

size_t page_length(const struct page *p)
{
	xml.TextWriterFlush(p->w);
	return (size_t)xml.BufferLength(p->buffer);
}

void page_class(struct page *p, const char *element, const char *class)
{
	page_begin(p, element);
	if (class)
		page_attribute(p, "class", class);
}

void page_element(struct page *p, const char *element, const char *class, const char *text)
{
	page_class(p, element, class);
	page_text(p, text);
	page_end(p);
}

void page_svg(struct page *p, int width, int height, const char *role, const char *label)
{
	char box[48];	/* lets paper shrink it */

	snprintf(box, sizeof box, "0 0 %d %d", width, height);
	page_begin(p, "svg");
	page_attribute(p, "viewBox", box);
	page_attribute(p, "xmlns", "http://www.w3.org/2000/svg");
	page_number(p, "width", width);
	page_number(p, "height", height);
	page_attribute(p, "role", role);
	page_attribute(p, "aria-label", label);
}

void page_svg_line(struct page *p, const char *class, double x1, double y1, double x2, double y2)
{
	page_class(p, "line", class);
	page_number(p, "x1", x1);
	page_number(p, "y1", y1);
	page_number(p, "x2", x2);
	page_number(p, "y2", y2);
	page_end(p);
}

void page_svg_text(struct page *p, const char *class, double x, double y, const char *text)
{
	page_class(p, "text", class);
	page_number(p, "x", x);
	page_number(p, "y", y);
	page_text(p, text);
	page_end(p);
}

void page_svg_path(struct page *p, const char *class)
{
	page_class(p, "path", class);
	xml.TextWriterStartAttribute(p->w, x("d"));
}

void page_svg_path_add(struct page *p, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	xml.TextWriterWriteString(p->w, x(text));
}

void page_svg_path_end(struct page *p)
{
	xml.TextWriterEndAttribute(p->w);
	page_end(p);
}

static void meta(struct page *p, const char *name, const char *value)
{
	page_begin(p, "meta");
	page_attribute(p, "name", name);
	page_attribute(p, "content", value);
	page_end_void(p);
}

bool page_open(struct page *p, const char *title)
{
	p->buffer = xml.BufferCreate();
	p->w = p->buffer ? xml.NewTextWriterMemory(p->buffer, 0) : NULL;
	if (!p->w) {
		if (p->buffer)
			xml.BufferFree(p->buffer);
		return false;
	}
	xml.TextWriterWriteRaw(p->w, x("<!DOCTYPE html>\n"));
	page_begin(p, "html");
	page_attribute(p, "lang", "en");
	page_begin(p, "head");
	xml.TextWriterWriteRaw(p->w, x("<meta charset=\"utf-8\"/>"));
	meta(p, "viewport", "width=device-width, initial-scale=1");
	meta(p, "generator", "x400rig");
	page_element(p, "title", NULL, title);
	page_begin(p, "style");
	xml.TextWriterWriteRaw(p->w, x(page_style));
	page_end(p);
	page_end(p);
	page_begin(p, "body");
	return true;
}

bool page_close(struct page *p, FILE *out)
{
	size_t n;
	bool ok;

	page_begin(p, "script");
	xml.TextWriterWriteRaw(p->w, x(page_script));
	page_end(p);
	page_end(p);
	page_end(p);
	ok = xml.TextWriterFlush(p->w) >= 0;
	xml.FreeTextWriter(p->w);
	n = (size_t)xml.BufferLength(p->buffer);
	ok = ok && fwrite(xml.BufferContent(p->buffer), 1, n, out) == n;
	xml.BufferFree(p->buffer);
	return ok;
}
