/*
 * Ladders of the page: lanes, arrows, what was decided where.
 */
#include "report/html_inner.h"

#include <inttypes.h>
#include <string.h>

enum {
	WIDTH = 1120,
	TIME_RIGHT = 84,		/* of the time column */
	LANES_LEFT = 170,
	ROW = 20,
	HEAD = 26,
	LABEL_MAX = 90,
	GROUP = 200,			/* rungs that are opened at once */
};

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

	page_svg_line(p, "arrow", from, y, to, y);
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
		[MARK_STEP] = "\xe2\x96\xb8 ", [MARK_EXPECT] = "? ",
		[MARK_LEDGER] = "\xe2\x9c\x89 ",
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

/* A sign of what this has decided, at the right end of the row. */
static void decided(struct page *p, const struct ladder_mark *m, double top)
{
	static const char *const signs[] = { "", "\xe2\x9c\x93 met", "\xe2\x9c\x97 missed",
	                                     "? undecided" };
	static const char *const classes[] = { "", "met", "missed", "undecided" };

	if (m->decided && m->decided <= EXPECT_UNDECIDED)
		page_svg_text(p, classes[m->decided], WIDTH - 84, top + 14, signs[m->decided]);
}

static void rung(struct page *p, const struct ladder *l, size_t i, const char *id, double top)
{
	const struct ladder_mark *m = &l->at[i];
	bool linked = m->pdus_n > 0;
	char text[400], name[80], time[32];

	snprintf(name, sizeof name, "row %s%s", class_of(m), m->evidence ? " evidence" : "");
	page_class(p, linked ? "a" : "g", name);
	if (linked) {
		snprintf(name, sizeof name, "#%s-%zu", id, i);
		page_attribute(p, "href", name);
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
	page_svg_text(p, "time", TIME_RIGHT, top + 14, time);
	if (is_arrow(m))
		arrow(p, l, m, top + ROW - 4);
	mark_text(m, text, sizeof text);
	page_svg_text(p, is_arrow(m) ? "label middle" : stands_left(l, m) ? "label left" : "label",
	      label_x(l, m), top + (is_arrow(m) ? 12 : 14), text);
	decided(p, m, top);
	page_end(p);
}

/* By which the strip leads to a block. */
static void place(struct page *p, const char *id, size_t number)
{
	char name[80];

	snprintf(name, sizeof name, "%s-b%zu", id, number);
	page_attribute(p, "id", name);
}

static void block(struct page *p, const struct ladder *l, const struct ladder_block *b,
                  const char *id, size_t number)
{
	bool head = number == 0;
	double top = head ? HEAD : 0;
	int height = (int)(top + (double)(b->to - b->from) * ROW + 4);

	page_svg(p, WIDTH, height, "group", "ladder diagram");
	place(p, id, number);
	for (size_t i = 0; i < l->lanes_n; i++) {
		page_svg_line(p, "lane", lane_x(l, i), head ? HEAD - 4 : 0, lane_x(l, i), height);
		if (head)
			page_svg_text(p, "head", lane_x(l, i), 14, l->lanes[i]);
	}
	for (size_t i = b->from; i < b->to; i++, top += ROW)
		rung(p, l, i, id, top);
	page_end(p);
}

/* Most of a page: a browser with script reads it only when a rung is chosen. */
static void stores(struct page *p, const struct ladder *l, const char *id, bool all)
{
	page_begin(p, "noscript");
	page_class(p, "details", "stores");
	page_element(p, "summary", NULL, "Each PDU in full");
	for (struct ladder_block b = ladder_next(l, 0, all); b.from < l->n;
	     b = ladder_next(l, b.to, all))
		for (size_t i = b.from; i < b.to && !b.folded; i++)
			if (l->at[i].pdus_n)
				html_pdus(p, &l->at[i], i, id);
	page_end(p);
	page_end(p);
}

/* --- the ladder --------------------------------------------------------------------------- */

static void idle(struct page *p, int64_t us)
{
	page_class(p, "div", "idle");
	page_format(p, "%.3f s in which nothing happened", (double)us / 1e6);
	page_end(p);
}

/* What went as it should: lines of text, for they may be thousands.  The page's script draws
 * a group when it is opened. */
static void lines(struct page *p, const struct ladder *l, size_t from, size_t to)
{
	page_class(p, "pre", "rungs");
	for (size_t i = from; i < to; i++) {
		const struct ladder_mark *m = &l->at[i];

		page_format(p, "%11.6f %u %s ", (double)m->at_us / 1e6, m->lane + 1u,
		            m->kind != MARK_PDU ? "  " : m->out ? "->" : "<-");
		if (m->count > 1)
			page_format(p, "%u x ", m->count);
		page_text(p, m->text);
		if (m->frame_first)
			page_format(p, "  #%u", m->frame_first);
		page_text(p, "\n");
	}
	page_end(p);
}

static void groups(struct page *p, const struct ladder *l, const struct ladder_block *b)
{
	char text[200];

	for (size_t from = b->from; from < b->to; from += GROUP) {
		size_t to = b->to - from < GROUP ? b->to : from + GROUP;
		const struct ladder_block part = { .from = from, .to = to };

		ladder_block_text(l, &part, text, sizeof text);
		page_begin(p, "details");
		page_begin(p, "summary");
		page_format(p, "%.6f s: %s", (double)l->at[from].at_us / 1e6, text);
		page_end(p);
		lines(p, l, from, to);
		page_end(p);
	}
}

static void folded(struct page *p, const struct ladder *l, const struct ladder_block *b,
                   const char *id, size_t number)
{
	char text[200];

	ladder_block_text(l, b, text, sizeof text);
	page_begin(p, "details");
	place(p, id, number);
	page_element(p, "summary", NULL, text);
	if (b->to - b->from > GROUP)
		groups(p, l, b);
	else
		lines(p, l, b->from, b->to);
	page_end(p);
}

void html_ladder(struct page *p, const struct ladder *l, const char *id, bool all)
{
	char number[16];
	size_t n = 0;

	html_strip(p, l, id, all);
	page_class(p, "figure", "ladder");
	snprintf(number, sizeof number, "%zu", l->mta);
	page_attribute(p, "data-mta", number);
	for (struct ladder_block b = ladder_next(l, 0, all); b.from < l->n;
	     b = ladder_next(l, b.to, all), n++) {
		if (b.idle_us)
			idle(p, b.idle_us);
		if (b.folded)
			folded(p, l, &b, id, n);
		else
			block(p, l, &b, id, n);
	}
	if (l->cut)
		page_element(p, "figcaption", NULL, "The rest was left out; the events hold it "
		             "all.");
	page_end(p);
	stores(p, l, id, all);
}
