#include "report/html.h"

#include <inttypes.h>
#include <string.h>

enum {
	WIDTH = 1120,
	TIME_RIGHT = 84,		/* of the time column */
	LANES_LEFT = 170,
	ROW = 20,
	HEAD = 26,
	LABEL_MAX = 90,
	PLOT_WIDTH = 1120,
	PLOT_HEIGHT = 150,
	PLOT_LEFT = 70,
};

/* --- small pieces --------------------------------------------------------------------- */

static void svg(struct page *p, int width, int height, const char *label)
{
	page_begin(p, "svg");
	page_attribute(p, "xmlns", "http://www.w3.org/2000/svg");
	page_number(p, "width", width);
	page_number(p, "height", height);
	page_attribute(p, "role", "img");
	page_attribute(p, "aria-label", label);
}

static void line(struct page *p, const char *class, double x1, double y1, double x2, double y2)
{
	page_class(p, "line", class);
	page_number(p, "x1", x1);
	page_number(p, "y1", y1);
	page_number(p, "x2", x2);
	page_number(p, "y2", y2);
	page_end(p);
}

static void label(struct page *p, const char *class, double x, double y, const char *text)
{
	page_class(p, "text", class);
	page_number(p, "x", x);
	page_number(p, "y", y);
	page_text(p, text);
	page_end(p);
}

static double lane_x(const struct ladder *l, size_t lane)
{
	double step = l->lanes_n > 1 ? (double)(WIDTH - LANES_LEFT - 90) / (double)(l->lanes_n - 1)
	                             : 0;

	return LANES_LEFT + step * (double)lane;
}

/* --- rungs ------------------------------------------------------------------------------ */

static void arrow(struct page *p, const struct ladder *l, const struct ladder_mark *m, double y)
{
	double a = lane_x(l, m->lane), b = lane_x(l, l->mta), from = m->out ? a : b,
	       to = m->out ? b : a, back = to > from ? -8 : 8;
	char points[96];

	line(p, "arrow", from, y, to, y);
	snprintf(points, sizeof points, "%.1f,%.1f %.1f,%.1f %.1f,%.1f", to, y, to + back, y - 4,
	         to + back, y + 4);
	page_class(p, "polygon", "tip");
	page_attribute(p, "points", points);
	page_end(p);
}

static bool is_arrow(const struct ladder_mark *m)
{
	return m->kind == MARK_PDU || m->kind == MARK_TCP;
}

/* Beside the last lane there is room on its left only. */
static bool stands_left(const struct ladder *l, const struct ladder_mark *m)
{
	return !is_arrow(m) && m->lane > 0 && m->lane + 1u == l->lanes_n;
}

static double label_x(const struct ladder *l, const struct ladder_mark *m)
{
	if (m->kind == MARK_STEP || m->kind == MARK_EXPECT)
		return TIME_RIGHT + 12;
	if (is_arrow(m))
		return (lane_x(l, m->lane) + lane_x(l, l->mta)) / 2;
	return lane_x(l, m->lane) + (stands_left(l, m) ? -8 : 8);
}

static void mark_text(const struct ladder_mark *m, char *buf, size_t cap)
{
	static const char *const signs[MARK_KINDS] = {
		[MARK_PDU] = "", [MARK_TCP] = "", [MARK_LINK] = "\xe2\x9a\xa1 ",
		[MARK_STEP] = "\xe2\x96\xb8 ", [MARK_EXPECT] = "? ", [MARK_LEDGER] = "\xe2\x9c\x89 ",
		[MARK_LOG] = "\xe2\x89\xa1 ", [MARK_ABORT] = "\xe2\x9c\x97 ",
	};
	int n = snprintf(buf, cap, "%s", signs[m->kind]);

	if (m->count > 1)
		n += snprintf(buf + n, cap - (size_t)n, "%u \xc3\x97 ", m->count);
	n += snprintf(buf + n, cap - (size_t)n, "%.*s", LABEL_MAX, m->text);
	if (m->octets && (size_t)n < cap)
		snprintf(buf + n, cap - (size_t)n, " (%" PRIu64 " octets)", m->octets);
}

/* The class by which a layer of rungs is coloured and hidden. */
static const char *class_of(const struct ladder_mark *m)
{
	if (m->kind == MARK_PDU)
		return m->layer == LAYER_COTP ? "cotp" : "session";
	return mark_kind_name((enum mark_kind)m->kind);
}

static bool has_details(const struct ladder_mark *m)
{
	return m->details || m->hex;
}

static void rung(struct page *p, const struct ladder *l, size_t i, const char *id, double top)
{
	const struct ladder_mark *m = &l->at[i];
	char text[400], name[80], time[32];

	snprintf(name, sizeof name, "row %s%s", class_of(m), m->evidence ? " evidence" : "");
	page_class(p, "g", name);
	if (has_details(m)) {
		snprintf(name, sizeof name, "%s-%zu", id, i);
		page_attribute(p, "data-d", name);
	}
	page_begin(p, "title");
	page_format(p, "%.6f s%s %s", (double)m->at_us / 1e6, m->evidence ? " (evidence)" : "",
	            m->text);
	page_end(p);
	page_class(p, "rect", "band");
	page_number(p, "x", 0);
	page_number(p, "y", top);
	page_number(p, "width", WIDTH);
	page_number(p, "height", ROW);
	page_end(p);
	snprintf(time, sizeof time, "%.6f", (double)m->at_us / 1e6);
	label(p, "time", TIME_RIGHT, top + 14, time);
	if (is_arrow(m))
		arrow(p, l, m, top + ROW - 4);
	mark_text(m, text, sizeof text);
	label(p, is_arrow(m) ? "label middle" : stands_left(l, m) ? "label left" : "label",
	      label_x(l, m), top + (is_arrow(m) ? 12 : 14), text);
	page_end(p);
}

static void block(struct page *p, const struct ladder *l, const struct ladder_block *b,
                  const char *id, bool head)
{
	double top = head ? HEAD : 0;
	int height = (int)(top + (double)(b->to - b->from) * ROW + 4);

	svg(p, WIDTH, height, "ladder diagram");
	for (size_t i = 0; i < l->lanes_n; i++) {
		line(p, "lane", lane_x(l, i), head ? HEAD - 4 : 0, lane_x(l, i), height);
		if (head)
			label(p, "head", lane_x(l, i), 14, l->lanes[i]);
	}
	for (size_t i = b->from; i < b->to; i++, top += ROW)
		rung(p, l, i, id, top);
	page_end(p);
}

/* What is shown when a rung is chosen. */
static void store(struct page *p, const struct ladder *l, size_t i, const char *id)
{
	const struct ladder_mark *m = &l->at[i];
	char name[80];

	snprintf(name, sizeof name, "%s-%zu", id, i);
	page_class(p, "div", "store");
	page_attribute(p, "id", name);
	page_begin(p, "strong");
	page_format(p, "%.6f s  %s", (double)m->at_us / 1e6, m->text);
	page_end(p);
	if (m->frame_first) {
		page_class(p, "span", "dim");
		page_format(p, m->frame_last > m->frame_first ? " frames %u to %u" : " frame %u",
		            m->frame_first, m->frame_last);
		page_end(p);
	}
	if (m->details)
		page_element(p, "pre", NULL, m->details);
	if (m->hex)
		page_element(p, "pre", "octets", m->hex);
	page_end(p);
}

static void stores(struct page *p, const struct ladder *l, const char *id, bool all)
{
	for (struct ladder_block b = ladder_next(l, 0, all); b.from < l->n;
	     b = ladder_next(l, b.to, all))
		for (size_t i = b.from; i < b.to && !b.folded; i++)
			if (has_details(&l->at[i]))
				store(p, l, i, id);
}

static void idle(struct page *p, int64_t us)
{
	page_class(p, "div", "idle");
	page_format(p, "%.3f s in which nothing happened", (double)us / 1e6);
	page_end(p);
}

/* Activities that went as they should: lines of text, for they may be thousands. */
static void folded(struct page *p, const struct ladder *l, const struct ladder_block *b)
{
	char text[200];

	ladder_block_text(l, b, text, sizeof text);
	page_begin(p, "details");
	page_element(p, "summary", NULL, text);
	page_begin(p, "pre");
	for (size_t i = b->from; i < b->to; i++) {
		const struct ladder_mark *m = &l->at[i];

		page_format(p, "%11.6f %.16s %s ", (double)m->at_us / 1e6, l->lanes[m->lane],
		            m->kind != MARK_PDU ? "  " : m->out ? "->" : "<-");
		if (m->count > 1)
			page_format(p, "%u x ", m->count);
		page_format(p, "%s\n", m->text);
	}
	page_end(p);
	page_end(p);
}

void html_ladder(struct page *p, const struct ladder *l, const char *id, bool all)
{
	bool head = true;

	page_class(p, "figure", "ladder");
	for (struct ladder_block b = ladder_next(l, 0, all); b.from < l->n;
	     b = ladder_next(l, b.to, all)) {
		if (b.idle_us)
			idle(p, b.idle_us);
		if (b.folded) {
			folded(p, l, &b);
			continue;
		}
		block(p, l, &b, id, head);
		head = false;
	}
	if (l->cut)
		page_element(p, "figcaption", NULL, "The rest was left out; the events hold it all.");
	page_end(p);
	stores(p, l, id, all);
}

/* --- plots ------------------------------------------------------------------------------ */

struct scale {
	double from_us, width_us, octets;
};

static double plot_x(const struct scale *s, double us)
{
	return PLOT_LEFT + (us - s->from_us) / s->width_us * (PLOT_WIDTH - PLOT_LEFT - 10);
}

static double plot_y(const struct scale *s, double octets)
{
	return PLOT_HEIGHT - 20 - octets / s->octets * (PLOT_HEIGHT - 34);
}

/* A stair: nothing changes between two points. */
static void stair(struct page *p, const struct ladder_flow *f, const struct scale *s,
                  const char *class, bool confirmed)
{
	char path[64];
	size_t step = f->n / 1500 + 1;

	page_class(p, "path", class);
	xmlTextWriterStartAttribute(p->w, (const xmlChar *)"d");
	for (size_t i = 0, left; i < f->n; i += left && left < step ? left : step) {
		const struct ladder_point *at = &f->at[i];

		left = f->n - 1 - i;
		snprintf(path, sizeof path, i ? "H%.1fV%.1f" : "M%.1f %.1f",
		         plot_x(s, (double)at->at_us),
		         plot_y(s, (double)(confirmed ? at->confirmed : at->sent)));
		xmlTextWriterWriteString(p->w, (const xmlChar *)path);
	}
	xmlTextWriterEndAttribute(p->w);
	page_end(p);
}

static void axes(struct page *p, const struct scale *s)
{
	char text[48];

	line(p, "axis", PLOT_LEFT, PLOT_HEIGHT - 20, PLOT_WIDTH - 10, PLOT_HEIGHT - 20);
	line(p, "axis", PLOT_LEFT, 10, PLOT_LEFT, PLOT_HEIGHT - 20);
	for (int i = 0; i <= 4; i++) {
		double us = s->from_us + s->width_us * i / 4;

		snprintf(text, sizeof text, "%.3f s", us / 1e6);
		label(p, NULL, plot_x(s, us) - (i == 4 ? 50 : 0), PLOT_HEIGHT - 6, text);
	}
	snprintf(text, sizeof text, "%.0f", s->octets);
	label(p, NULL, 4, plot_y(s, s->octets) + 4, text);
	label(p, NULL, 4, plot_y(s, 0), "0 octets");
}

static void plot(struct page *p, const struct ladder *l, const struct ladder_flow *f)
{
	const struct ladder_point *last = &f->at[f->n - 1];
	struct scale s = { (double)f->at[0].at_us, (double)(last->at_us - f->at[0].at_us),
	                   (double)last->sent };
	double line_us;
	char name[120];

	if (s.width_us < 1)
		return;
	snprintf(name, sizeof name, "Octets %s %s", f->out ? "from" : "to", l->lanes[f->lane]);
	page_class(p, "figure", "plot");
	svg(p, PLOT_WIDTH, PLOT_HEIGHT, name);
	axes(p, &s);
	stair(p, f, &s, "sent", false);
	stair(p, f, &s, "confirmed", true);
	if (f->rate) {
		line_us = s.octets * 8e6 / (double)f->rate;
		line(p, "capacity", plot_x(&s, s.from_us), plot_y(&s, 0),
		     plot_x(&s, s.from_us + (line_us < s.width_us ? line_us : s.width_us)),
		     plot_y(&s, line_us < s.width_us ? s.octets : s.octets * s.width_us / line_us));
	}
	page_end(p);
	page_begin(p, "figcaption");
	page_format(p, "%s, association %u: sent (upper line) and confirmed by checkpoints and "
	            "activity ends (lower line)%s. Where both run level and the upper one is "
	            "higher, the confirming side is silent; where both are level and equal, the "
	            "sender is.", name, f->association % SIDE_STRIDE,
	            f->rate ? "; dashed: what the link lets through" : "");
	page_end(p);
	page_end(p);
}

void html_plots(struct page *p, const struct ladder *l)
{
	for (size_t i = 0; i < l->flows_n; i++)
		if (l->flows[i].n > 1)
			plot(p, l, &l->flows[i]);
}
