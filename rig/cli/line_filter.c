#include "cli/line_filter.h"

#include "base/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool same(const struct line_filter_term *t, size_t i, const char *text)
{
	return strlen(text) == t->length[i] && strncasecmp(text, t->value[i], t->length[i]) == 0;
}

static bool of_layer(const struct line_filter_term *t, size_t i, const struct listing_line *line,
                     const char *ids)
{
	(void)ids;
	return same(t, i, line->layer);
}

static bool of_pdu(const struct line_filter_term *t, size_t i, const struct listing_line *line,
                   const char *ids)
{
	(void)ids;
	return same(t, i, line->pdu);
}

static bool is_number(const struct line_filter_term *t, size_t i, uint32_t number)
{
	char text[16];

	snprintf(text, sizeof text, "%" PRIu32, number);
	return same(t, i, text);
}

static bool of_association(const struct line_filter_term *t, size_t i,
                           const struct listing_line *line, const char *ids)
{
	(void)ids;
	return line->connection && is_number(t, i, line->connection->number);
}

static bool of_id(const struct line_filter_term *t, size_t i, const struct listing_line *line,
                  const char *ids)
{
	(void)line;
	return memmem(ids, strlen(ids), t->value[i], t->length[i]);
}

enum { KEY_LAYER, KEY_PDU, KEY_ASSOCIATION, KEY_ID, KEYS };

static const struct key {
	const char *name;
	bool (*passes)(const struct line_filter_term *t, size_t i,
	               const struct listing_line *line, const char *ids);
} keys[KEYS] = {
	[KEY_LAYER] = { "layer", of_layer },
	[KEY_PDU] = { "pdu", of_pdu },
	[KEY_ASSOCIATION] = { "association", of_association },
	[KEY_ID] = { "id", of_id },
};

/* A layer or a number that cannot be meant would silently hide everything. */
static bool can_be(const struct line_filter_term *t, size_t i)
{
	if (t->key == KEY_ASSOCIATION)
		return strspn(t->value[i], "0123456789") >= t->length[i];
	for (unsigned l = LAYER_TPKT; t->key == KEY_LAYER && l < LAYERS; l++)
		if (same(t, i, layer_name((enum layer)l)))
			return true;
	return t->key != KEY_LAYER || same(t, i, "tcp");
}

static bool add_values(struct line_filter_term *t, const char *at, char *why, size_t why_cap)
{
	for (;;) {
		size_t n = t->key == KEY_ID ? strlen(at) : strcspn(at, ",");

		t->value[t->n] = at;
		t->length[t->n] = n;
		if (n == 0 || t->n == LINE_FILTER_VALUES - 1 || !can_be(t, t->n)) {
			snprintf(why, why_cap, "\"%.*s\" is no %s", (int)n, at, keys[t->key].name);
			return false;
		}
		t->n++;
		if (at[n] == '\0')
			return true;
		at += n + 1;
	}
}

bool line_filter_add(struct line_filter *f, const char *word, char *why, size_t why_cap)
{
	size_t n = strcspn(word, "=");
	struct line_filter_term *t = &f->term[f->n];

	if (f->n == LINE_FILTERS) {
		snprintf(why, why_cap, "more than %d filters", LINE_FILTERS);
		return false;
	}
	for (uint8_t k = 0; k < KEYS; k++) {
		if (word[n] != '=' || strlen(keys[k].name) != n ||
		    strncmp(word, keys[k].name, n) != 0)
			continue;
		t->key = k;
		f->n++;
		return add_values(t, word + n + 1, why, why_cap);
	}
	snprintf(why, why_cap, "\"%s\" is none of layer=, pdu=, association=, id=", word);
	return false;
}

bool line_filter_passes(const struct line_filter *f, const struct listing_line *line,
                        const char *ids)
{
	for (size_t n = 0; n < f->n; n++) {
		const struct line_filter_term *t = &f->term[n];
		bool any = false;

		for (size_t i = 0; i < t->n && !any; i++)
			any = keys[t->key].passes(t, i, line, ids);
		if (!any)
			return false;
	}
	return true;
}

bool line_filter_by_id(const struct line_filter *f)
{
	for (size_t n = 0; n < f->n; n++)
		if (f->term[n].key == KEY_ID)
			return true;
	return false;
}

bool line_filter_association(const struct line_filter *f, uint32_t number)
{
	for (size_t n = 0; n < f->n; n++) {
		const struct line_filter_term *t = &f->term[n];
		bool any = t->key != KEY_ASSOCIATION;

		for (size_t i = 0; i < t->n && !any; i++)
			any = is_number(t, i, number);
		if (!any)
			return false;
	}
	return true;
}
