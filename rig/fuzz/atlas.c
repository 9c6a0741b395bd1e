#include "fuzz/atlas.h"

#include "report/page.h"
#include "scenario/random.h"

/* At three quarters full the table takes no more: nobody has so many kinds of reaction. */
static bool insert(struct atlas *c, uint64_t key)
{
	size_t at = random_mix(key) % ATLAS_PAIRS;

	while (c->pairs[at] && c->pairs[at] != key)
		at = (at + 1) % ATLAS_PAIRS;
	if (c->pairs[at] == key || c->pairs_n >= ATLAS_PAIRS / 4 * 3)
		return false;
	c->pairs[at] = key;
	c->pairs_n++;
	return true;
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

bool atlas_add(struct atlas *c, const struct fuzz_script *s, const struct fuzz_outcome *o)
{
	uint64_t reaction = (uint64_t)fuzz_reaction(o) << 4 | (o->bucket & 0xf);
	uint64_t key = reaction << 16 | (uint64_t)s->state << 8 | s->event;
	bool added;

	if (c->cells[s->state][s->event]++ == 0)
		c->cells_n++;
	added = insert(c, key + 1);
	c->reactions[s->state][s->event] += added;
	grow(&c->growth, c->pairs_n);
	return added;
}

static const char *event_name(uint8_t event)
{
	return event ? session_event_name((enum session_event)event) : "other";
}

bool atlas_json(const struct atlas *c, FILE *out)
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

static void map_cell(struct page *p, const struct atlas *c, uint8_t s, uint8_t e)
{
	char style[64];

	page_begin(p, "td");
	if (c->cells[s][e]) {
		/* Dark letters on light cells, in dark pages too. */
		snprintf(style, sizeof style, "color: #1b1f24; background: hsl(210 80%% %u%%)",
		         100 - 6 * shade(c->cells[s][e]));
		page_attribute(p, "style", style);
		page_format(p, "%u/%u", c->reactions[s][e], c->cells[s][e]);
	}
	page_end(p);
}

static bool seen_event(const struct atlas *c, uint8_t e)
{
	for (uint8_t s = 0; s < SESSION_STATES; s++)
		if (c->cells[s][e])
			return true;
	return false;
}

static bool seen_state(const struct atlas *c, uint8_t s)
{
	for (uint8_t e = 0; e < SESSION_EVENTS; e++)
		if (c->cells[s][e])
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

static void heat_map(struct page *p, const struct atlas *c)
{
	page_begin(p, "table");
	page_begin(p, "tr");
	head(p, "col", "event");
	for (uint8_t s = 0; s < SESSION_STATES; s++)
		if (seen_state(c, s))
			head(p, "col", session_state_name((enum session_state)s));
	page_end(p);
	for (uint8_t e = 0; e < SESSION_EVENTS; e++) {
		if (!seen_event(c, e))
			continue;
		page_begin(p, "tr");
		head(p, "row", event_name(e));
		for (uint8_t s = 0; s < SESSION_STATES; s++)
			if (seen_state(c, s))
				map_cell(p, c, s, e);
		page_end(p);
	}
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
	snprintf(text, sizeof text, "%llu cases", (unsigned long long)(g->step * g->n));
	page_svg_text(p, "value", WIDTH - 10, HEIGHT - 6, text);
	page_class(p, "path", "confirmed");
	xmlTextWriterStartAttribute(p->w, (const xmlChar *)"d");
	for (size_t i = 0; i < g->n; i++) {
		snprintf(text, sizeof text, "%c%.1f %.1f", i ? 'L' : 'M',
		         LEFT + (double)(i + 1) / (double)g->n * (WIDTH - LEFT - 10),
		         HEIGHT - FOOT - g->pairs[i] / most * high);
		xmlTextWriterWriteString(p->w, (const xmlChar *)text);
	}
	xmlTextWriterEndAttribute(p->w);
	page_end(p);
	page_end(p);
	page_element(p, "figcaption", NULL, "Different pairs of cell and reaction. While the line "
	             "still rises, more cases find more.");
	page_end(p);
}

bool atlas_html(const struct atlas *c, FILE *out, const char *title, const char *summary)
{
	struct page p;

	if (!page_open(&p, title))
		return false;
	page_element(&p, "h1", NULL, title);
	page_element(&p, "pre", NULL, summary);
	page_element(&p, "h2", NULL, "States of the MTA and what happened to it there");
	page_element(&p, "p", NULL, "Each cell: kinds of reaction / cases (X.225 Tables A.8 to A.16).");
	heat_map(&p, c);
	growth(&p, &c->growth);
	return page_close(&p, out);
}
