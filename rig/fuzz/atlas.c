#include "fuzz/atlas.h"

#include "report/page.h"
#include "scenario/random.h"

#include <stdlib.h>

/* At three quarters full the table takes no more: nobody has so many kinds of reaction. */
static bool insert(struct atlas *c, uint64_t key, uint64_t number, uint8_t steps)
{
	size_t at = random_mix(key) % ATLAS_PAIRS;
	struct atlas_pair *p;
	bool known;

	while (c->pairs[at].key && c->pairs[at].key != key)
		at = (at + 1) % ATLAS_PAIRS;
	p = &c->pairs[at];
	known = p->key == key;
	if (!known && c->pairs_n >= ATLAS_PAIRS / 4 * 3)
		return false;
	c->pairs_n += !known;
	if (!known || steps < p->steps)
		*p = (struct atlas_pair){ key, number, steps };
	return !known;
}

/* When the points are all taken, every second one is kept. */
static void grow(struct atlas_growth *g, uint32_t pairs)
{
	if (!g->step)
		g->step = 1;
	if (++g->cases % g->step)
		return;
	if (g->n == ATLAS_POINTS) {
		for (size_t i = 0; i < ATLAS_POINTS / 2; i++)
			g->pairs[i] = g->pairs[2 * i + 1];
		g->n = ATLAS_POINTS / 2;
		g->step *= 2;
		if (g->cases % g->step)
			return;
	}
	g->pairs[g->n++] = pairs;
}

static void count(uint32_t *cell, uint32_t *seen)
{
	*seen += *cell == 0;
	if (*cell < UINT32_MAX)
		++*cell;
}

void atlas_add_called(struct atlas *c, const struct fuzz_answer *a)
{
	count(&c->cells[a->state][a->event], &c->cells_n);
	count(&c->rtse[a->rtse_state][a->rtse_event], &c->rtse_n);
	c->places[a->place]++;
}

/* A log is written later than the wire, so that no case can be kept for it. */
void atlas_add_logged(struct atlas *c, const struct fuzz_script *s, size_t signature)
{
	c->reactions[s->state][s->event] += c->logged[signature] == 0;
	c->logged[signature]++;
}

bool atlas_add(struct atlas *c, uint64_t number, const struct fuzz_script *s,
               const struct fuzz_outcome *o)
{
	uint64_t reaction = (uint64_t)fuzz_reaction(o) << 4 | (o->bucket & 0xf);
	uint64_t key = reaction << 16 | (uint64_t)s->state << 8 | s->event;
	bool added;

	if (!o->reached)
		return false;
	count(&c->cells[s->state][s->event], &c->cells_n);
	count(&c->rtse[s->rtse_state][s->rtse_event], &c->rtse_n);
	added = insert(c, key + 1, number, s->n);
	c->reactions[s->state][s->event] += added;
	grow(&c->growth, c->pairs_n);
	return added;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

bool atlas_corpus(const struct atlas *c, FILE *out)
{
	uint64_t *numbers = calloc(c->pairs_n + 1u, sizeof *numbers);
	size_t n = 0;

	if (!numbers)
		return false;
	for (size_t i = 0; i < ATLAS_PAIRS; i++)
		if (c->pairs[i].key)
			numbers[n++] = c->pairs[i].number;
	qsort(numbers, n, sizeof *numbers, by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || numbers[i] != numbers[i - 1])
			fprintf(out, "%llu\n", (unsigned long long)numbers[i]);
	free(numbers);
	return !ferror(out);
}

static const char *event_name(uint8_t event)
{
	return event ? session_event_name((enum session_event)event) : "other";
}

static const char *rtse_event_name(unsigned event)
{
	return event < RTSE_IN_N ? rtse_in_name((enum rtse_in)event) : "other";
}

bool atlas_json(const struct atlas *c, const struct signatures *names, FILE *out)
{
	const char *sep = "";

	fprintf(out, "{\"cells\":%u,\"pairs\":%u,\"map\":[", c->cells_n, c->pairs_n);
	for (uint8_t s = 0; s < SESSION_STATES; s++)
		for (uint8_t e = 0; e < SESSION_EVENTS; e++) {
			if (!c->cells[s][e])
				continue;
			fprintf(out, "%s\n{\"state\":\"%s\",\"event\":\"%s\",\"cases\":%u,"
			        "\"reactions\":%u}", sep, session_state_name((enum session_state)s),
			        event_name(e), c->cells[s][e], c->reactions[s][e]);
			sep = ",";
		}
	fprintf(out, "\n],\"rtse_cells\":%u,\"rtse\":[", c->rtse_n);
	sep = "";
	for (unsigned s = 0; s < RTSE_STATES_N; s++)
		for (unsigned e = 0; e <= RTSE_IN_N; e++) {
			if (!c->rtse[s][e])
				continue;
			fprintf(out, "%s\n{\"state\":\"%s\",\"event\":\"%s\",\"cases\":%u}", sep,
			        rtse_state_name((enum rtse_state)s), rtse_event_name(e),
			        c->rtse[s][e]);
			sep = ",";
		}
	fputs("\n],\"places\":[", out);
	sep = "";
	for (size_t i = 1; i < FUZZ_PLACES; i++) {
		fprintf(out, "%s\n{\"place\":\"%s\",\"cases\":%u}", sep, fuzz_places[i].text,
		        c->places[i]);
		sep = ",";
	}
	fputs("\n],\"log\":[", out);
	sep = "";
	for (size_t i = 0; names && i < names->n; i++) {
		if (!c->logged[i])
			continue;
		fprintf(out, "%s\n{\"signature\":\"%s\",\"records\":%u}", sep, names->at[i].article,
		        c->logged[i]);
		sep = ",";
	}
	fputs("\n]}\n", out);
	return !ferror(out);
}

/* Of 0 ... 9 shades, by powers of four. */
static unsigned shade(uint32_t n)
{
	unsigned s = 0;

	for (; n; n /= 4)
		s++;
	return s < 9 ? s : 9;
}

/* A table of states and events, as the page shows it. */
struct chart {
	unsigned states, events;
	uint32_t (*cases)(const struct atlas *c, unsigned s, unsigned e);
	/* NULL: not known */
	uint32_t (*kinds)(const struct atlas *c, unsigned s, unsigned e);
	const char *(*state)(unsigned s), *(*event)(unsigned e);
};

static uint32_t session_cases(const struct atlas *c, unsigned s, unsigned e)
{
	return c->cells[s][e];
}

static uint32_t session_kinds(const struct atlas *c, unsigned s, unsigned e)
{
	return c->reactions[s][e];
}

static const char *session_state(unsigned s)
{
	return session_state_name((enum session_state)s);
}

static const char *session_event(unsigned e)
{
	return event_name((uint8_t)e);
}

static uint32_t rtse_cases(const struct atlas *c, unsigned s, unsigned e)
{
	return c->rtse[s][e];
}

static const char *rtse_state(unsigned s)
{
	return rtse_state_name((enum rtse_state)s);
}

static const struct chart session_chart = {
	SESSION_STATES, SESSION_EVENTS, session_cases, session_kinds, session_state, session_event,
};
static const struct chart rtse_chart = {
	RTSE_STATES_N, RTSE_IN_N + 1, rtse_cases, NULL, rtse_state, rtse_event_name,
};

static void map_cell(struct page *p, const struct atlas *c, const struct chart *k, unsigned s,
                     unsigned e)
{
	uint32_t cases = k->cases(c, s, e);
	char style[64];

	page_begin(p, "td");
	if (cases) {
		/* Dark letters on light cells, in dark pages too. */
		snprintf(style, sizeof style, "color: #1b1f24; background: hsl(210 80%% %u%%)",
		         100 - 6 * shade(cases));
		page_attribute(p, "style", style);
	}
	if (cases && k->kinds)
		page_format(p, "%u/%u", k->kinds(c, s, e), cases);
	else if (cases)
		page_format(p, "%u", cases);
	page_end(p);
}

static bool seen_event(const struct atlas *c, const struct chart *k, unsigned e)
{
	for (unsigned s = 0; s < k->states; s++)
		if (k->cases(c, s, e))
			return true;
	return false;
}

static bool seen_state(const struct atlas *c, const struct chart *k, unsigned s)
{
	for (unsigned e = 0; e < k->events; e++)
		if (k->cases(c, s, e))
			return true;
	return false;
}

static void head(struct page *p, const char *scope, const char *text)
{
	page_begin(p, "th");
	page_attribute(p, "scope", scope);
	page_text(p, text);
	page_end(p);
}

static void heat_map(struct page *p, const struct atlas *c, const struct chart *k)
{
	page_class(p, "figure", "map");
	page_begin(p, "table");
	page_begin(p, "tr");
	head(p, "col", "event");
	for (unsigned s = 0; s < k->states; s++)
		if (seen_state(c, k, s))
			head(p, "col", k->state(s));
	page_end(p);
	for (unsigned e = 0; e < k->events; e++) {
		if (!seen_event(c, k, e))
			continue;
		page_begin(p, "tr");
		head(p, "row", k->event(e));
		for (unsigned s = 0; s < k->states; s++)
			if (seen_state(c, k, s))
				map_cell(p, c, k, s, e);
		page_end(p);
	}
	page_end(p);
	page_end(p);
}

enum { WIDTH = 1120, HEIGHT = 170, LEFT = 84, FOOT = 20 };

/* How many pairs of cell and reaction were known after how many cases. */
static void growth(struct page *p, const struct atlas_growth *g)
{
	double most = g->n ? g->pairs[g->n - 1] : 0, high = HEIGHT - FOOT - 14;
	char text[48];

	if (g->n < 2 || most < 1)
		return;
	page_element(p, "h2", NULL, "Growth");
	page_class(p, "figure", "plot");
	page_svg(p, WIDTH, HEIGHT, "img", "kinds of reaction known, over cases");
	page_svg_line(p, "axis", LEFT, HEIGHT - FOOT, WIDTH - 10, HEIGHT - FOOT);
	page_svg_line(p, "axis", LEFT, 10, LEFT, HEIGHT - FOOT);
	snprintf(text, sizeof text, "%.0f", most);
	page_svg_text(p, "value", LEFT - 6, 18, text);
	page_svg_text(p, "value", LEFT - 6, HEIGHT - FOOT, "0");
	snprintf(text, sizeof text, "%llu cases", (unsigned long long)g->step * g->n);
	page_svg_text(p, "value", WIDTH - 10, HEIGHT - 6, text);
	page_svg_path(p, "confirmed");
	for (size_t i = 0; i < g->n; i++)
		page_svg_path_add(p, "%c%.1f %.1f", i ? 'L' : 'M',
		                  LEFT + (double)(i + 1) / (double)g->n * (WIDTH - LEFT - 10),
		                  HEIGHT - FOOT - g->pairs[i] / most * high);
	page_svg_path_end(p);
	page_end(p);
	page_element(p, "figcaption", NULL, "Different pairs of cell and reaction. While the line "
	             "still rises, more cases find more.");
	page_end(p);
}

/* What the log has said, by signature: a row of one is not yet its fault. */
static void logged(struct page *p, const struct atlas *c, const struct signatures *names)
{
	page_element(p, "h2", NULL, "Its log");
	page_element(p, "p", NULL, "Records that match a row of a signature; alone they mean "
	             "little.");
	page_begin(p, "table");
	for (size_t i = 0; names && i < names->n; i++)
		if (c->logged[i]) {
			page_begin(p, "tr");
			head(p, "row", names->at[i].article);
			page_begin(p, "td");
			page_format(p, "%u", c->logged[i]);
			page_end(p);
			page_end(p);
		}
	page_end(p);
}

bool atlas_html(const struct atlas *c, const struct signatures *names, FILE *out,
                const char *title, const char *summary)
{
	struct page p;

	if (!page_open(&p, title))
		return false;
	page_element(&p, "h1", NULL, title);
	page_element(&p, "pre", NULL, summary);
	page_element(&p, "h2", NULL, "States of the MTA and what happened to it there");
	page_element(&p, "p", NULL, "Each cell: kinds of reaction / cases (X.225 Tables A.8 to "
	             "A.16).");
	heat_map(&p, c, &session_chart);
	page_element(&p, "h2", NULL, "The same in RTSE");
	page_element(&p, "p", NULL, "Each cell: cases (the table is derived from X.218).");
	heat_map(&p, c, &rtse_chart);
	logged(&p, c, names);
	growth(&p, &c->growth);
	return page_close(&p, out);
}
