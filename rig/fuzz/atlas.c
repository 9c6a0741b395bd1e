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

bool atlas_add(struct atlas *c, const struct fuzz_script *s, const struct fuzz_outcome *o)
{
	uint64_t reaction = (uint64_t)fuzz_reaction(o) << 4 | (o->bucket & 0xf);
	uint64_t key = reaction << 16 | (uint64_t)s->state << 8 | s->event;

	if (c->cells[s->state][s->event]++ == 0)
		c->cells_n++;
	if (!insert(c, key + 1))
		return false;
	c->reactions[s->state][s->event]++;
	return true;
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
	snprintf(style, sizeof style, "background: hsl(210 80%% %u%%)",
	         100 - 6 * shade(c->cells[s][e]));
	page_attribute(p, "style", style);
	if (c->cells[s][e])
		page_format(p, "%u/%u", c->reactions[s][e], c->cells[s][e]);
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

static void heat_map(struct page *p, const struct atlas *c)
{
	page_begin(p, "table");
	page_begin(p, "tr");
	page_element(p, "th", NULL, "event");
	for (uint8_t s = 0; s < SESSION_STATES; s++)
		if (seen_state(c, s))
			page_element(p, "th", NULL, session_state_name((enum session_state)s));
	page_end(p);
	for (uint8_t e = 0; e < SESSION_EVENTS; e++) {
		if (!seen_event(c, e))
			continue;
		page_begin(p, "tr");
		page_element(p, "th", NULL, event_name(e));
		for (uint8_t s = 0; s < SESSION_STATES; s++)
			if (seen_state(c, s))
				map_cell(p, c, s, e);
		page_end(p);
	}
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
	return page_close(&p, out);
}
