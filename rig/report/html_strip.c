/*
 * html_strip: the overview of a long ladder.
 *
 *              .  |     .            evidence, log lines, links, aborts
 *     1 up     :.::|::.              PDUs to the MTA above the line,
 *              --------------------  those from it below
 *     3 down          .::|::.:
 *
 * Time runs to the right; stretches in which nothing happened take little room.
 */
#include "report/html_inner.h"

#include <stdlib.h>
#include <string.h>

enum {
	LONG = 300,			/* marks; a shorter ladder is its own overview */
	WIDTH = 1120, LEFT = 170, RIGHT = WIDTH - 10,
	BIN = 2,			/* of one column */
	BINS = (RIGHT - LEFT) / BIN + 1,
	SIGNS = 16, ROW = 36, FOOT = 16,
	PIECES_MAX = 400,		/* blocks that can be reached from it */
	PIECE_LEAST = 4,
};

/* The most that a pause takes. */
#define PAUSE_US INT64_C(200000)

struct strip {
	const struct ladder *l;
	double *x;			/* of each mark; owned */
	int height;
};

static int64_t room(const struct ladder *l, size_t i)
{
	int64_t us = i > 0 ? l->at[i].at_us - l->at[i - 1].at_us : 0;

	return us < 0 ? 0 : us < PAUSE_US ? us : PAUSE_US;
}

static void set_times(struct strip *s)
{
	double all = 0, so_far = 0;

	for (size_t i = 0; i < s->l->n; i++)
		all += (double)room(s->l, i);
	for (size_t i = 0; i < s->l->n; i++) {
		so_far += (double)room(s->l, i);
		s->x[i] = LEFT + (all > 0 ? so_far / all : (double)i / (double)s->l->n) *
		          (RIGHT - LEFT);
	}
}

static size_t bin_of(const struct strip *s, size_t i)
{
	return (size_t)(s->x[i] - LEFT) / BIN;
}

static void count(const struct strip *s, size_t lane, bool out, uint32_t n[static BINS])
{
	memset(n, 0, BINS * sizeof *n);
	for (size_t i = 0; i < s->l->n; i++) {
		const struct ladder_mark *m = &s->l->at[i];

		if (m->kind == MARK_PDU && m->lane == lane && m->out == out)
			n[bin_of(s, i)] += m->count;
	}
}

static void column(struct page *p, size_t bin, double y, double by)
{
	page_svg_path_add(p, "M%zu %.4gv%.3g", LEFT + bin * BIN, y, by);
}

static void lane(struct page *p, const struct strip *s, size_t lane, double middle)
{
	uint32_t n[2][BINS], most = 1;
	char name[64];

	for (int way = 0; way < 2; way++) {
		count(s, lane, way == 0, n[way]);
		for (size_t i = 0; i < BINS; i++)
			most = n[way][i] > most ? n[way][i] : most;
	}
	snprintf(name, sizeof name, "%zu %.20s", lane + 1, s->l->lanes[lane]);
	page_svg_text(p, "name", LEFT - 10, middle + 4, name);
	page_svg_line(p, "axis", LEFT, middle, RIGHT, middle);
	for (int way = 0; way < 2; way++) {
		page_svg_path(p, way == 0 ? "out" : "in");
		for (size_t i = 0; i < BINS; i++)
			if (n[way][i])
				column(p, i, middle, (way == 0 ? -1 : 1) *
				       (2 + (ROW / 2.0 - 4) * n[way][i] / most));
		page_svg_path_end(p);
	}
}

static bool is_odd(const struct ladder_mark *m)
{
	return m->evidence || m->kind == MARK_ABORT || m->decided == EXPECT_MISSED;
}

static bool is_log(const struct ladder_mark *m)
{
	return m->kind == MARK_LOG && !is_odd(m);
}

static bool is_link(const struct ladder_mark *m)
{
	return m->kind == MARK_LINK && !is_odd(m);
}

static void signs(struct page *p, const struct strip *s)
{
	static const struct {
		const char *class;
		bool (*has)(const struct ladder_mark *m);
	} all[] = { { "log", is_log }, { "link", is_link }, { "odd", is_odd } };

	for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
		size_t last = SIZE_MAX;

		page_svg_path(p, all[k].class);
		for (size_t i = 0; i < s->l->n; i++)
			if (all[k].has(&s->l->at[i]) && bin_of(s, i) != last) {
				last = bin_of(s, i);
				column(p, last, 2, k == 2 ? s->height - FOOT - 2 : SIGNS - 4);
			}
		page_svg_path_end(p);
	}
}

/* What a click on the strip opens. */
static void pieces(struct page *p, const struct strip *s, const char *id, bool all)
{
	char text[200];
	size_t n = 0;

	for (struct ladder_block b = ladder_next(s->l, 0, all); b.from < s->l->n && n < PIECES_MAX;
	     b = ladder_next(s->l, b.to, all), n++) {
		double width = s->x[b.to - 1] - s->x[b.from];

		page_class(p, "a", "piece");
		snprintf(text, sizeof text, "#%.90s-b%zu", id, n);
		page_attribute(p, "href", text);
		if (b.folded)
			ladder_block_text(s->l, &b, text, sizeof text);
		else
			snprintf(text, sizeof text, "%zu rungs", b.to - b.from);
		page_begin(p, "title");
		page_format(p, "%.3f s: %s", (double)s->l->at[b.from].at_us / 1e6, text);
		page_end(p);
		page_class(p, "rect", b.folded ? "group" : "full");
		page_number(p, "x", s->x[b.from]);
		page_number(p, "y", 0);
		page_number(p, "width", width > PIECE_LEAST ? width : PIECE_LEAST);
		page_number(p, "height", s->height - FOOT);
		page_end(p);
		page_end(p);
	}
}

static void draw(struct page *p, const struct strip *s, const char *id, bool all)
{
	const struct ladder *l = s->l;
	double middle = SIGNS + ROW / 2.0;
	char text[40];

	page_class(p, "figure", "strip");
	page_svg(p, WIDTH, s->height, "group", "overview: PDUs of each side over time");
	pieces(p, s, id, all);
	for (size_t i = 0; i < l->lanes_n; i++)
		if (i != l->mta) {
			lane(p, s, i, middle);
			middle += ROW;
		}
	signs(p, s);
	snprintf(text, sizeof text, "%.3f s", (double)l->at[0].at_us / 1e6);
	page_svg_text(p, "from", LEFT, s->height - 3, text);
	snprintf(text, sizeof text, "%.3f s", (double)l->at[l->n - 1].at_us / 1e6);
	page_svg_text(p, "to", RIGHT, s->height - 3, text);
	page_end(p);
	page_element(p, "figcaption", NULL, "PDUs to the MTA above each line, from it below; red: "
	             "evidence, aborts, expectations missed. Idle time is cut. A click leads to "
	             "its place below; shaded groups are closed there until they are opened.");
	page_end(p);
}

void html_strip(struct page *p, const struct ladder *l, const char *id, bool all)
{
	struct strip s = { .l = l, .height = SIGNS + ROW * (int)(l->lanes_n - 1) + FOOT };

	if (l->n <= LONG || l->lanes_n < 2)
		return;
	s.x = calloc(l->n, sizeof *s.x);
	if (!s.x)
		return;
	set_times(&s);
	draw(p, &s, id, all);
	free(s.x);
}
