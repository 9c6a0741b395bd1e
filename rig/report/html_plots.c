/*
 * Plots of the page: how long binds took, sequence numbers over time.
 */
#include "report/html_inner.h"

#include <inttypes.h>
#include <string.h>

enum {
	PLOT_WIDTH = 1120,
	PLOT_HEIGHT = 150,
	PLOT_LEFT = 84,
	MESSAGES_LEAST = 20,		/* fewer make no rate */
	BINDS_LEAST = 2,		/* cases */
	REPEATS_LEAST = 3,
};

/* Nothing for so long is worth a word. */
#define STILL_US 500000.0

/* --- octets over time --------------------------------------------------------------------- */

struct scale {
	double from_us, width_us, most;	/* most: at the top */
};

static double plot_x(const struct scale *s, double us)
{
	return PLOT_LEFT + (us - s->from_us) / s->width_us * (PLOT_WIDTH - PLOT_LEFT - 10);
}

static double plot_y(const struct scale *s, double value)
{
	return PLOT_HEIGHT - 20 - value / s->most * (PLOT_HEIGHT - 34);
}

/* A stair: nothing changes between two points. */
static void stair(struct page *p, const struct ladder_flow *f, const struct scale *s,
                  const char *class, bool confirmed)
{
	size_t step = f->n / 1500 + 1;

	page_svg_path(p, class);
	for (size_t i = 0, left; i < f->n; i += left && left < step ? left : step) {
		const struct ladder_point *at = &f->at[i];

		left = f->n - 1 - i;
		page_svg_path_add(p, i ? "H%.1fV%.1f" : "M%.1f %.1f", plot_x(s, (double)at->at_us),
		                  plot_y(s, (double)(confirmed ? at->confirmed : at->sent)));
	}
	page_svg_path_end(p);
}

static void frame(struct page *p, const struct scale *s, const char *top)
{
	page_svg_line(p, "axis", PLOT_LEFT, PLOT_HEIGHT - 20, PLOT_WIDTH - 10, PLOT_HEIGHT - 20);
	page_svg_line(p, "axis", PLOT_LEFT, 10, PLOT_LEFT, PLOT_HEIGHT - 20);
	page_svg_text(p, "value", PLOT_LEFT - 6, plot_y(s, s->most) + 4, top);
	page_svg_text(p, "value", PLOT_LEFT - 6, plot_y(s, 0), "0");
}

static void times(struct page *p, const struct scale *s)
{
	char text[48];

	for (int i = 0; i <= 4; i++) {
		double us = s->from_us + s->width_us * i / 4;

		snprintf(text, sizeof text, "%.3f s", us / 1e6);
		page_svg_text(p, i == 4 ? "value" : NULL, plot_x(s, us), PLOT_HEIGHT - 6, text);
	}
}

/* Between two points nothing went on: whose turn was it? */
static void still(struct page *p, const struct scale *s, const struct ladder_point *at,
                  int64_t to_us)
{
	double us = (double)(to_us - at->at_us), x = plot_x(s, (double)at->at_us);
	bool confirming = at->sent > at->confirmed;
	char text[80];

	if (us < STILL_US || us < s->width_us / 12)
		return;
	page_class(p, "rect", confirming ? "still confirming" : "still");
	page_number(p, "x", x);
	page_number(p, "y", 10);
	page_number(p, "width", plot_x(s, (double)to_us) - x);
	page_number(p, "height", PLOT_HEIGHT - 30);
	page_end(p);
	snprintf(text, sizeof text, "%.1f s: %s", us / 1e6,
	         confirming ? "nothing is confirmed" : "nothing is sent");
	page_svg_text(p, "why", x + 6, 24, text);
}

static void stills(struct page *p, const struct ladder_flow *f, const struct scale *s)
{
	for (size_t i = 0; i + 1 < f->n; i++)
		still(p, s, &f->at[i], f->at[i + 1].at_us);
}

static void capacity(struct page *p, const struct ladder_flow *f, const struct scale *s)
{
	double full_us = s->most * 8e6 / (double)f->rate;
	bool within = full_us < s->width_us;

	page_svg_line(p, "capacity", plot_x(s, s->from_us), plot_y(s, 0),
	         plot_x(s, s->from_us + (within ? full_us : s->width_us)),
	         plot_y(s, within ? s->most : s->most * s->width_us / full_us));
}

static void plot(struct page *p, const struct ladder *l, const struct ladder_flow *f)
{
	const struct ladder_point *last = &f->at[f->n - 1];
	struct scale s = { (double)f->at[0].at_us, (double)(last->at_us - f->at[0].at_us),
	                   (double)last->sent };
	char name[120], top[40];

	if (s.width_us < 1 || s.most < 1)
		return;
	snprintf(name, sizeof name, "Octets %s %s, association %u", f->out ? "from" : "to",
	         l->lanes[f->lane], f->association % SIDE_STRIDE);
	snprintf(top, sizeof top, "%.0f", s.most);
	page_class(p, "figure", "plot");
	page_svg(p, PLOT_WIDTH, PLOT_HEIGHT, "img", name);
	stills(p, f, &s);
	frame(p, &s, top);
	times(p, &s);
	if (f->rate)
		capacity(p, f, &s);
	stair(p, f, &s, "sent", false);
	stair(p, f, &s, "confirmed", true);
	page_end(p);
	page_begin(p, "figcaption");
	page_text(p, name);
	if (f->rate)
		page_format(p, "; its link lets %.0f octets/s through (dashed)",
		            (double)f->rate / 8);
	page_end(p);
	page_end(p);
}

/* --- messages over time --------------------------------------------------------------------- */

static uint32_t most_of(const uint32_t *at, size_t n)
{
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = at[i] > most ? at[i] : most;
	return most;
}

static void bars(struct page *p, const struct ladder_rate *r, const uint32_t *at,
                 const struct scale *s, const char *class)
{
	page_svg_path(p, class);
	for (size_t i = 0; i < r->n; i++) {
		double to = plot_x(s, (double)(r->width_us * (int64_t)(i + 1)));

		if (i)
			page_svg_path_add(p, "V%.1fH%.1f", plot_y(s, at[i]), to);
		else
			page_svg_path_add(p, "M%.1f %.1fH%.1f", plot_x(s, 0), plot_y(s, at[i]), to);
	}
	page_svg_path_end(p);
}

static void rate(struct page *p, const struct ladder_rate *r)
{
	uint32_t in = most_of(r->accepted, r->n), out = most_of(r->delivered, r->n);
	struct scale s = { 0, (double)(r->width_us * (int64_t)r->n), in > out ? in : out };
	uint64_t all = 0;
	char top[40];

	for (size_t i = 0; i < r->n; i++)
		all += r->accepted[i] + r->delivered[i];
	if (all < MESSAGES_LEAST || r->n < 2)
		return;
	snprintf(top, sizeof top, "%.4g/s", s.most * 1e6 / (double)r->width_us);
	page_element(p, "h3", NULL, "Messages over time");
	page_class(p, "figure", "plot");
	page_svg(p, PLOT_WIDTH, PLOT_HEIGHT, "img", "messages accepted and delivered a second");
	frame(p, &s, top);
	times(p, &s);
	bars(p, r, r->accepted, &s, "sent");
	bars(p, r, r->delivered, &s, "confirmed");
	page_end(p);
	page_begin(p, "figcaption");
	page_element(p, "span", "key sent", "accepted by the MTA");
	page_element(p, "span", "key confirmed", "delivered");
	page_format(p, "in stretches of %.4g s", (double)r->width_us / 1e6);
	page_end(p);
	page_end(p);
}

/* --- binds and messages over a run ------------------------------------------------------------ */

static double mean_ms(const struct bind_sum *b)
{
	return (double)b->all_us / b->n / 1000;
}

static void bind_mark(struct page *p, const struct result *r, const struct scale *s, double x)
{
	const struct bind_sum *b = &r->binds;

	page_begin(p, "g");
	page_begin(p, "title");
	page_format(p, "%s: %u binds, %.2f to %.2f ms, mean %.2f ms", r->id, b->n,
	            (double)b->least_us / 1000, (double)b->most_us / 1000, mean_ms(b));
	page_end(p);
	page_svg_line(p, "range", x, plot_y(s, (double)b->least_us), x,
	              plot_y(s, (double)b->most_us));
	page_class(p, "circle", "mean");
	page_number(p, "cx", x);
	page_number(p, "cy", plot_y(s, 1000 * mean_ms(b)));
	page_number(p, "r", 2.5);
	page_end(p);
	page_end(p);
}

void html_binds(struct page *p, const struct results *s)
{
	struct scale at = { 0, s->n ? (double)s->n : 1, 1 };
	size_t with = 0, seen = 0;
	char top[40];

	for (size_t i = 0; i < s->n; i++) {
		with += s->at[i].binds.n > 0;
		if (s->at[i].binds.n && (double)s->at[i].binds.most_us > at.most)
			at.most = (double)s->at[i].binds.most_us;
	}
	if (with < BINDS_LEAST || at.most <= 1)
		return;
	snprintf(top, sizeof top, "%.3g ms", at.most / 1000);
	page_element(p, "h2", NULL, "Latency of binds");
	page_class(p, "figure", "plot");
	page_svg(p, PLOT_WIDTH, PLOT_HEIGHT, "img", "how long binds took, case after case");
	frame(p, &at, top);
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].binds.n) {
			bind_mark(p, &s->at[i], &at, plot_x(&at, (double)i + 0.5));
			seen++;
		}
	page_end(p);
	page_begin(p, "figcaption");
	page_format(p, "%zu cases in which we bound, by name; from the shortest to the longest "
	            "bind of each, the dot is the mean", seen);
	page_end(p);
	page_end(p);
}

static double per_second(const struct result *r)
{
	return r->duration_us > 0 ? r->ledger.delivered * 1e6 / (double)r->duration_us : 0;
}

static size_t repeats(const struct results *s, size_t from)
{
	size_t n = 1;

	while (from + n < s->n && strcmp(s->at[from].id, s->at[from + n].id) == 0)
		n++;
	return n;
}

/* One case, run again and again. */
static void repeated(struct page *p, const struct result *at, size_t n)
{
	struct scale s = { 0, (double)n, 0 };
	char top[40], name[160];

	for (size_t i = 0; i < n; i++)
		s.most = per_second(&at[i]) > s.most ? per_second(&at[i]) : s.most;
	if (s.most <= 0)
		return;
	snprintf(top, sizeof top, "%.4g/s", s.most);
	snprintf(name, sizeof name, "%.90s: messages delivered a second, %zu times", at->id, n);
	page_class(p, "figure", "plot");
	page_svg(p, PLOT_WIDTH, PLOT_HEIGHT, "img", name);
	frame(p, &s, top);
	page_svg_path(p, "confirmed");
	for (size_t i = 0; i < n; i++)
		page_svg_path_add(p, "%c%.1f %.1f", i ? 'L' : 'M', plot_x(&s, (double)i + 0.5),
		                  plot_y(&s, per_second(&at[i])));
	page_svg_path_end(p);
	page_end(p);
	page_element(p, "figcaption", NULL, name);
	page_end(p);
}

void html_soaks(struct page *p, const struct results *s)
{
	bool any = false;

	for (size_t from = 0, n; from < s->n; from += n) {
		n = repeats(s, from);
		if (n < REPEATS_LEAST)
			continue;
		if (!any)
			page_element(p, "h2", NULL, "Throughput of what was repeated");
		any = true;
		repeated(p, &s->at[from], n);
	}
}

/* --- the plots of a ladder -------------------------------------------------------------------- */

void html_plots(struct page *p, const struct ladder *l)
{
	rate(p, &l->rate);
	if (!l->flows_n)
		return;
	page_element(p, "h3", NULL, "Octets over time");
	page_class(p, "p", "dim");
	page_element(p, "span", "key sent", "sent");
	page_element(p, "span", "key confirmed", "confirmed by checkpoints and activity ends");
	page_text(p, "Between the two lines lies what is in flight. Where both stop apart from "
	          "each other, who confirms is silent; where they stop together, who sends is.");
	page_end(p);
	for (size_t i = 0; i < l->flows_n; i++)
		if (l->flows[i].n > 1)
			plot(p, l, &l->flows[i]);
}
