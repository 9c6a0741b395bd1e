/*
 * A PDU of the page: what it says, beside the octets that say it.
 */
#include "report/html_inner.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* Where the octets of an inner PDU stand in those of the one around it; SIZE_MAX: elsewhere. */
static size_t place_in(const struct pdu_text *outer, const struct pdu_text *inner)
{
	uint64_t at = inner->from - outer->from;

	if (!outer->octets_n || !inner->octets_n || inner->from < outer->from ||
	    at > outer->octets_n || inner->octets_n > outer->octets_n - at ||
	    memcmp(outer->octets + at, inner->octets, inner->octets_n) != 0)
		return SIZE_MAX;
	return (size_t)at;
}

/* "12", "12 to 15"; behind the octets that are shown nothing lights up. */
static void part_row(struct page *p, const struct pdu_part *part, size_t shift, size_t shown)
{
	size_t at = part->at + shift;
	char where[48];

	page_begin(p, "tr");
	if (part->n && at < shown) {
		snprintf(where, sizeof where, "%zu %u", at, part->n);
		page_attribute(p, "data-o", where);
	}
	page_begin(p, "th");
	page_attribute(p, "scope", "row");
	page_text(p, part->name);
	page_end(p);
	page_element(p, "td", NULL, part->value);
	page_class(p, "td", "n");
	if (part->n == 1)
		page_format(p, "%zu", at);
	else if (part->n)
		page_format(p, "%zu\xe2\x80\x93%zu", at, at + part->n - 1);
	page_end(p);
	page_end(p);
}

static void parts(struct page *p, const struct pdu_text *t, size_t shift, size_t shown)
{
	static const char *const names[] = { "field", "says", "octets", NULL };

	page_element(p, "p", "line", t->text ? t->text : "(no memory for its text)");
	if (!t->parts_n)
		return;
	page_class(p, "table", "fields");
	html_head(p, names);
	page_begin(p, "tbody");
	for (size_t i = 0; i < t->parts_n; i++)
		part_row(p, &t->parts[i], shift, shown);
	page_end(p);
	page_end(p);
}

enum { DUMP_ROW = 16 };

/* Is it the octet of a password, in one of the PDUs first..to? */
static bool is_secret(const struct ladder_mark *m, size_t first, size_t to, size_t octet)
{
	for (size_t k = first; k < to; k++) {
		size_t shift = k == first ? 0 : place_in(m->pdus[first], m->pdus[k]);

		for (size_t i = 0; i < m->pdus[k]->parts_n; i++) {
			const struct pdu_part *part = &m->pdus[k]->parts[i];

			if (part->secret && octet >= part->at + shift &&
			    octet < part->at + shift + part->n)
				return true;
		}
	}
	return false;
}

static void dump(struct page *p, const struct ladder_mark *m, size_t first, size_t to)
{
	const struct pdu_text *t = m->pdus[first];
	char line[8 + 3 * DUMP_ROW + DUMP_ROW + 8];
	bool secret[DUMP_ROW];

	if (!t->octets_n)
		return;
	page_class(p, "pre", "octets");
	for (size_t at = 0; at < t->octets_n; at += DUMP_ROW) {
		size_t n = t->octets_n - at < DUMP_ROW ? t->octets_n - at : DUMP_ROW;
		int k = snprintf(line, sizeof line, "%s%04zx  ", at ? "\n" : "", at);

		for (size_t i = 0; i < DUMP_ROW; i++) {
			char cell[4] = "   ";

			secret[i] = i < n && is_secret(m, first, to, at + i);
			if (secret[i])
				memcpy(cell, "** ", 3);
			else if (i < n)
				snprintf(cell, sizeof cell, "%02x ", t->octets[at + i]);
			k += snprintf(line + k, sizeof line - (size_t)k, "%s", cell);
		}
		line[k++] = ' ';
		for (size_t i = 0; i < n; i++) {
			uint8_t c = t->octets[at + i];

			line[k++] = (char)(secret[i] ? '*' : c >= 0x20 && c < 0x7f ? c : '.');
		}
		line[k] = '\0';
		page_text(p, line);
	}
	page_end(p);
	if (t->length > t->octets_n)
		page_note(p, "of %" PRIu64 " octets, the first %zu", t->length, t->octets_n);
}

/* PDUs that lie in the octets of the one before share its dump. */
static size_t pdus_with(const struct ladder_mark *m, size_t first)
{
	size_t to = first + 1;

	while (to < m->pdus_n && place_in(m->pdus[first], m->pdus[to]) != SIZE_MAX)
		to++;
	return to;
}

void html_pdus(struct page *p, const struct ladder_mark *m, size_t i, const char *id)
{
	char name[80];

	snprintf(name, sizeof name, "%s-%zu", id, i);
	page_class(p, "section", "store");
	page_attribute(p, "id", name);
	page_begin(p, "h4");
	page_format(p, "%.6f s  %s", (double)m->at_us / 1e6, m->text);
	if (m->frame_first) {
		page_class(p, "span", "dim");
		page_format(p, m->frame_last > m->frame_first ? ", frames %u to %u" : ", frame %u",
		            m->frame_first, m->frame_last);
		page_end(p);
	}
	page_end(p);
	for (size_t from = 0, to; from < m->pdus_n; from = to) {
		const struct pdu_text *outer = m->pdus[from];

		to = pdus_with(m, from);
		page_class(p, "div", "pdu");
		for (size_t k = from; k < to; k++)
			parts(p, m->pdus[k], k == from ? 0 : place_in(outer, m->pdus[k]),
			      outer->octets_n);
		dump(p, m, from, to);
		page_end(p);
	}
	page_end(p);
}
