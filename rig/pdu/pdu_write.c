/*
 * Plans of PDUs made trees, bends included.
 */
#include "pdu/pdu.h"

#include "array/array.h"
#include "p1/p1_name.h"
#include "session/session_pdu.h"
#include "tpkt/tpkt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- plans ---- */

bool pdu_plan_add(struct pdu_plan *p, const struct pdu_item *item)
{
	struct pdu_item *grown = array_room(p->items, p->items_n + 1, &p->items_cap, sizeof *grown);

	if (!grown)
		return false;
	p->items = grown;
	p->items[p->items_n++] = *item;
	p->items[p->items_n - 1].end = (uint32_t)p->items_n;
	return true;
}

bool pdu_plan_keep(struct pdu_plan *p, const void *octets, size_t n, uint32_t *at)
{
	uint8_t *grown = array_room(p->octets, p->octets_n + n + 1, &p->octets_cap, 1);

	if (!grown)
		return false;
	p->octets = grown;
	*at = (uint32_t)p->octets_n;
	if (n)
		memcpy(p->octets + p->octets_n, octets, n);
	p->octets_n += n;
	return true;
}

void pdu_plan_free(struct pdu_plan *p)
{
	free(p->items);
	free(p->octets);
	*p = (struct pdu_plan){ 0 };
}

/* ---- values ---- */

static bool fail(struct pdu_writing *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct pdu_writing *w, const char *fmt, ...)
{
	va_list ap;

	if (w->why[0])
		return false;
	va_start(ap, fmt);
	vsnprintf(w->why, sizeof w->why, fmt, ap);
	va_end(ap);
	return false;
}

static struct octets octets_at(const struct pdu_plan *p, const struct pdu_item *item)
{
	return item->n ? (struct octets){ p->octets + item->at, item->n } :
	       (struct octets){ NULL, 0 };
}

/* Room in the scratch, whose octets live as long as the writing. */
static uint8_t *scratch(struct pdu_writing *w, size_t n)
{
	uint8_t *p = w->scratch + w->scratch_n;

	if (n > sizeof w->scratch - w->scratch_n) {
		fail(w, "too many values for one PDU");
		return NULL;
	}
	w->scratch_n += n;
	return p;
}

/* The low n octets, high order first. */
static void put_number(struct pdu_writing *w, struct node *leaf, int64_t v, size_t n)
{
	uint8_t out[8];

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)((uint64_t)v >> (8 * (n - 1 - i)));
	node_copy(w->nodes, leaf, out, n);
}

static void put_units(struct pdu_writing *w, struct node *leaf, int64_t v)
{
	uint64_t units = (uint64_t)v / 128;

	put_number(w, leaf, (int64_t)units,
	           units > 0xffffff ? 4 : units > 0xffff ? 3 : units > 0xff ? 2 : 1);
}

static void put_log2(struct pdu_writing *w, struct node *leaf, int64_t v)
{
	uint8_t exponent = 0;

	while (exponent < 63 && (INT64_C(1) << exponent) < v)
		exponent++;
	node_u8(w->nodes, leaf, exponent);
}

static void put_digits(struct pdu_writing *w, struct node *leaf, int64_t v)
{
	uint8_t *p = scratch(w, 24);
	int n = p ? snprintf((char *)p, 24, "%lld", (long long)v) : 0;

	node_octets(w->nodes, leaf, (struct octets){ p, (size_t)n });
}

/* X.690 8.3.2: the first nine bits are never all equal. */
static void put_integer(struct pdu_writing *w, struct node *leaf, int64_t v)
{
	size_t n = 8;

	while (n > 1 && v >= -(INT64_C(1) << (8 * (n - 1) - 1)) &&
	       v < INT64_C(1) << (8 * (n - 1) - 1))
		n--;
	put_number(w, leaf, v, n);
}

/* X.690 11.2.2: without trailing zero bits, but for the least number of them. */
static void put_bits(struct pdu_writing *w, struct node *leaf, int64_t v, size_t least)
{
	uint8_t out[9] = { 0 };
	size_t bits = 64;

	while (bits > least && !((uint64_t)v >> (bits - 1) & 1))
		bits--;
	for (size_t i = 0; i < bits; i++)
		if ((uint64_t)v >> i & 1)
			out[1 + i / 8] |= (uint8_t)(0x80 >> (i % 8));
	out[0] = (uint8_t)((8 - bits % 8) % 8);
	node_copy(w->nodes, leaf, out, 1 + (bits + 7) / 8);
}

static bool put_number_as(struct pdu_writing *w, struct node *leaf, enum pdu_type type, int64_t v)
{
	switch (type) {
	case PDU_U8:
		put_number(w, leaf, v, 1);
		break;
	case PDU_U16:
		put_number(w, leaf, v, 2);
		break;
	case PDU_EOT:
		put_number(w, leaf, v ? 0x80 : 0, 1);
		break;
	case PDU_LOG2:
		put_log2(w, leaf, v);
		break;
	case PDU_UNITS:
		put_units(w, leaf, v);
		break;
	case PDU_INTEGER:
		put_integer(w, leaf, v);
		break;
	case PDU_FLAGS:
		put_bits(w, leaf, v, 8);
		break;
	case PDU_BITS:
		put_bits(w, leaf, v, 0);
		break;
	default:
		put_digits(w, leaf, v);
		break;
	}
	return true;
}

/* "2.6.0.1.6" as contents octets (X.690 8.19); returns how many, 0: it is none. */
static size_t encode_oid(struct octets text, uint8_t *dst, size_t cap)
{
	uint64_t arc = 0, first = 0;
	size_t n = 0, arcs = 0;

	for (size_t i = 0; i <= text.n; i++) {
		uint8_t c = i < text.n ? text.p[i] : '.';

		if (c >= '0' && c <= '9' && arc < UINT64_MAX / 16) {
			arc = arc * 10 + (uint64_t)(c - '0');
			continue;
		}
		if (c != '.' || (arcs == 0 && arc > 2))
			return 0;
		if (arcs++ == 0) {
			first = arc;
		} else {
			size_t groups = 1;

			if (arcs == 2)
				arc += 40 * first;
			while (groups < 9 && arc >> (7 * groups))
				groups++;
			if (groups > cap - n)
				return 0;
			for (size_t g = groups; g-- > 0;)
				dst[n++] = (uint8_t)((arc >> (7 * g) & 0x7f) | (g ? 0x80 : 0));
		}
		arc = 0;
	}
	return arcs >= 2 ? n : 0;
}

/* Names and identifiers are encoded whole; only their contents are wanted here. */
static size_t strip(uint8_t *p, size_t n)
{
	size_t header = 2;

	if (n >= 2 && p[1] >= 0x80)
		header = 2 + (p[1] & 0x7f);
	if (header > n)
		return 0;
	memmove(p, p + header, n - header);
	return n - header;
}

size_t pdu_encode_text(enum pdu_type type, struct octets text, uint8_t *dst, size_t cap)
{
	struct p1_name name;
	struct p1_mts_id id;
	struct p1_domain domain;
	size_t bad, n = 0;

	if (type == PDU_OID)
		return encode_oid(text, dst, cap);
	if (type == PDU_NAME && p1_name_parse(text, &name, &bad))
		n = p1_name_encode(&name, 0x60, dst, cap);
	else if (type == PDU_MTS_ID && p1_mts_id_parse(text, &id, &bad))
		n = p1_mts_id_encode(&id, dst, cap);
	else if (type == PDU_DOMAIN && p1_domain_parse(text, &domain, &bad))
		n = p1_domain_encode(&domain, dst, cap);
	return n > cap ? 0 : strip(dst, n);
}

static bool put_text_as(struct pdu_writing *w, struct node *leaf, const struct pdu_field *f,
                        struct octets text)
{
	uint8_t *p;
	size_t n;

	if (f->type == PDU_OCTETS || f->type == PDU_VALUE) {
		node_octets(w->nodes, leaf, text);
		return true;
	}
	if (pdu_is_number((enum pdu_type)f->type))
		return fail(w, "%s is a number, not a text", f->name);
	p = scratch(w, PDU_TEXT_MAX);
	n = p ? pdu_encode_text((enum pdu_type)f->type, text, p, PDU_TEXT_MAX) : 0;
	if (n == 0)
		return fail(w, "%s: \"%.*s\" cannot be encoded", f->name, (int)text.n,
		            (const char *)text.p);
	node_octets(w->nodes, leaf, (struct octets){ p, n });
	return true;
}

static bool put_variable(struct pdu_writing *w, struct node *leaf, const struct pdu_field *f,
                         struct octets name)
{
	struct pdu_got got;
	uint8_t *p;

	if (!w->variables || !w->variables->value(w->variables, name, &got))
		return fail(w, "nothing is known of $%.*s", (int)name.n, (const char *)name.p);
	if (got.number && pdu_is_number((enum pdu_type)f->type))
		return put_number_as(w, leaf, (enum pdu_type)f->type, got.v);
	if (got.number) {
		put_digits(w, leaf, got.v);
		return true;
	}
	p = got.lasts ? NULL : scratch(w, got.octets.n);
	if (!p && !got.lasts)
		return false;
	if (p && got.octets.n)
		memcpy(p, got.octets.p, got.octets.n);
	got.octets.p = p ? p : got.octets.p;
	if (pdu_is_captured(name) || pdu_is_number((enum pdu_type)f->type)) {
		node_octets(w->nodes, leaf, got.octets);
		return true;
	}
	return put_text_as(w, leaf, f, got.octets);
}

static bool put_file(struct pdu_writing *w, struct node *leaf, struct octets name)
{
	struct octets o;

	if (!w->files || !w->files->octets(w->files, name, &o))
		return fail(w, "%.*s cannot be read", (int)name.n, (const char *)name.p);
	node_octets(w->nodes, leaf, o);
	return true;
}

static struct node *put_pdu(struct pdu_writing *w, struct node *parent, size_t item,
                            unsigned nesting);
static bool put_ber(struct pdu_writing *w, struct node *parent, size_t at, unsigned nesting);

static bool put_octets(struct pdu_writing *w, struct node *leaf, const struct pdu_item *item)
{
	static const struct pdu_field octets = { .name = "octets", .type = PDU_OCTETS };

	if (item->value == PDU_VALUE_FILE)
		return put_file(w, leaf, octets_at(w->plan, item));
	if (item->value == PDU_VALUE_VARIABLE)
		return put_variable(w, leaf, &octets, octets_at(w->plan, item));
	node_octets(w->nodes, leaf, octets_at(w->plan, item));
	return true;
}

/* Of a field, or of a BER value. */
static bool is_lacking(const struct pdu_writing *w, unsigned type, const struct pdu_item *item)
{
	return type == PDU_OCTETS && item->value == PDU_VALUE_VARIABLE && w->variables &&
	       w->variables->lacks && w->variables->lacks(w->variables, octets_at(w->plan, item));
}

static bool put_nested(struct pdu_writing *w, struct node *leaf, size_t from, size_t to,
                       unsigned nesting)
{
	for (size_t i = from; i < to; i = w->plan->items[i].end) {
		const struct pdu_item *item = &w->plan->items[i];

		if ((item->kind == PDU_ITEM_OCTETS && !put_octets(w, leaf, item)) ||
		    (item->kind == PDU_ITEM_BER && !put_ber(w, leaf, i, nesting + 1)) ||
		    (item->kind == PDU_ITEM_PDU && !put_pdu(w, leaf, i, nesting + 1)))
			return false;
	}
	return true;
}

static bool put_value(struct pdu_writing *w, struct node *leaf, const struct pdu_field *f,
                      size_t at, unsigned nesting)
{
	const struct pdu_item *item = &w->plan->items[at];

	switch (item->value) {
	case PDU_VALUE_NUMBER:
		return put_number_as(w, leaf, (enum pdu_type)f->type, item->number);
	case PDU_VALUE_RAW:
		node_octets(w->nodes, leaf, octets_at(w->plan, item));
		return true;
	case PDU_VALUE_NESTED:
		return put_nested(w, leaf, at + 1, item->end, nesting);
	case PDU_VALUE_VARIABLE:
		return put_variable(w, leaf, f, octets_at(w->plan, item));
	case PDU_VALUE_FILE:
		return put_file(w, leaf, octets_at(w->plan, item));
	default:
		return fail(w, "%s has no value to write", f->name);
	}
}

static bool put_ber(struct pdu_writing *w, struct node *parent, size_t at, unsigned nesting)
{
	const struct pdu_item *item = &w->plan->items[at];
	const struct pdu_field value = { .name = "a BER value", .type = item->layer };
	struct node *n;

	if (is_lacking(w, value.type, item))
		return true;
	n = node_ber(w->nodes, parent, item->code);
	n->form = item->up;
	return nesting <= PDU_NEST_MAX ? put_value(w, n, &value, at, nesting)
	                               : fail(w, "BER values are nested too deeply");
}

/* ---- fields ---- */

/* What is open while the fields of a PDU are written in their order. */
struct fields {
	const struct pdu_form *form;
	size_t item;			/* of the PDU */
	unsigned nesting;
	struct node *whole, *header;
	struct node *open[PDU_PATH_MAX];	/* nodes of the path of the field before */
	uint8_t path[PDU_PATH_MAX], depth;
};

/* The last item for a field counts; 0: there is none (item 0 is a PDU). */
static size_t item_for(const struct pdu_writing *w, const struct fields *k, size_t field)
{
	size_t found = 0;

	for (size_t i = k->item + 1; i < w->plan->items[k->item].end; i = w->plan->items[i].end)
		if (w->plan->items[i].kind == PDU_ITEM_FIELD && w->plan->items[i].field == field)
			found = i;
	return found;
}

static void bend(struct node *n, const struct pdu_item *b)
{
	if (b->value == PDU_BEND_LENGTH)
		n->lie = (int32_t)b->number;
	else if (b->value == PDU_BEND_FORM)
		n->form = (uint8_t)b->number;
	else if (b->value == PDU_BEND_TAG)
		n->tag = (uint8_t)b->number;
}

/* Bends of a field, or of one of the groups that it stands in. */
static bool bend_field(struct pdu_writing *w, const struct fields *k, const struct pdu_field *f,
                       size_t field)
{
	bool twice = false;

	for (size_t i = k->item + 1; i < w->plan->items[k->item].end; i = w->plan->items[i].end) {
		const struct pdu_item *b = &w->plan->items[i];

		if (b->kind != PDU_ITEM_BEND || b->field != field)
			continue;
		twice |= b->value == PDU_BEND_TWICE;
		if (f->place == PDU_TAGGED && b->up < f->depth)
			bend(k->open[f->depth - 1 - b->up], b);
	}
	return twice;
}

/* The leaf of a tagged field: groups that are open are gone on with. */
static struct node *open_leaf(struct pdu_writing *w, struct fields *k, const struct pdu_field *f)
{
	struct node *at = k->header;
	uint8_t same = 0;

	while (same + 1 < f->depth && same + 1 < k->depth && k->path[same] == f->path[same])
		same++;
	if (same)
		at = k->open[same - 1];
	for (uint8_t i = same; i < f->depth; i++) {
		if (k->form->layer == LAYER_SESSION)
			at = node_session(w->nodes, at, f->path[i]);
		else if (k->form->layer == LAYER_COTP)
			at = node_tpdu(w->nodes, at, f->path[i]);
		else
			at = node_ber(w->nodes, at, f->path[i]);
		k->open[i] = at;
	}
	memcpy(k->path, f->path, sizeof k->path);
	k->depth = f->depth;
	return at;
}

static struct node *place_of(struct pdu_writing *w, struct fields *k, const struct pdu_field *f)
{
	switch (f->place) {
	case PDU_TAGGED:
		return open_leaf(w, k, f);
	case PDU_BEHIND:
		return k->depth == f->depth && k->path[0] == f->path[0] ? k->open[f->depth - 1]
		                                                        : open_leaf(w, k, f);
	case PDU_AFTER:
		return k->whole;
	default:
		return k->header;
	}
}

static bool put_field(struct pdu_writing *w, struct fields *k, const struct pdu_field *f,
                      size_t field)
{
	size_t item = item_for(w, k, field);

	if (!item && f->place == PDU_FIXED)
		return put_number_as(w, k->header, (enum pdu_type)f->type, f->fallback);
	if (!item || w->plan->items[item].value == PDU_VALUE_NONE ||
	    is_lacking(w, f->type, &w->plan->items[item]))
		return true;
	if (!put_value(w, place_of(w, k, f), f, item, k->nesting))
		return false;
	if (!bend_field(w, k, f, field))
		return true;
	return put_value(w, place_of(w, k, f), f, item, k->nesting);
}

/* The length of a TPKT, unless it is said: RFC 1006 6 counts the header. */
static bool put_frame(struct pdu_writing *w, struct fields *k)
{
	struct node *data = node_list(w->nodes, NULL);
	const size_t length = 2, after = 3;
	uint64_t n;

	k->whole = data;
	for (size_t i = 0; i < length; i++) {
		struct pdu_field f = pdu_field(k->form, i);

		if (!put_field(w, k, &f, i))
			return false;
	}
	if (item_for(w, k, after) &&
	    !put_value(w, data, &k->form->fields[after], item_for(w, k, after), k->nesting))
		return false;
	n = node_size(data) + TPKT_HEADER_OCTETS;
	for (size_t i = k->item + 1; i < w->plan->items[k->item].end; i = w->plan->items[i].end)
		if (w->plan->items[i].kind == PDU_ITEM_BEND &&
		    w->plan->items[i].value == PDU_BEND_LENGTH)
			n += (uint64_t)w->plan->items[i].number;
	if (item_for(w, k, length))
		put_value(w, k->header, &k->form->fields[length], item_for(w, k, length),
		          k->nesting);
	else
		put_number(w, k->header, (int64_t)n, 2);
	node_adopt(k->header, data);
	return true;
}

static bool put_fields(struct pdu_writing *w, struct fields *k)
{
	for (size_t i = 0; i < pdu_fields(k->form); i++) {
		struct pdu_field f = pdu_field(k->form, i);

		if (!put_field(w, k, &f, i))
			return false;
	}
	for (size_t i = k->item + 1; i < w->plan->items[k->item].end; i = w->plan->items[i].end)
		if (w->plan->items[i].kind == PDU_ITEM_BEND && w->plan->items[i].field == PDU_WHOLE)
			bend(k->header, &w->plan->items[i]);
	return true;
}

static struct node *put_pdu(struct pdu_writing *w, struct node *parent, size_t item,
                            unsigned nesting)
{
	const struct pdu_item *it = &w->plan->items[item];
	struct fields k = { .form = pdu_form((enum layer)it->layer, it->code), .item = item,
	                    .nesting = nesting };

	if (!k.form || nesting > PDU_NEST_MAX) {
		fail(w, "PDUs are nested too deeply");
		return NULL;
	}
	k.whole = node_list(w->nodes, parent);
	switch (it->layer) {
	case LAYER_TPKT:
		k.header = k.whole;
		return put_frame(w, &k) ? k.header : NULL;
	case LAYER_COTP:
		k.header = node_li(w->nodes, k.whole);
		break;
	case LAYER_SESSION:
		k.header = node_session(w->nodes, k.whole, k.form->tag);
		break;
	default:
		k.header = it->bare ? node_list(w->nodes, k.whole)
		                    : node_ber(w->nodes, k.whole, k.form->tag);
		break;
	}
	return put_fields(w, &k) ? k.whole : NULL;
}

struct node *pdu_tree(struct pdu_writing *w, size_t from, size_t to)
{
	struct node *root = node_list(w->nodes, NULL);

	if (!put_nested(w, root, from, to, 0))
		return NULL;
	if (w->nodes->full) {
		fail(w, "more than %d parts in one PDU", NODES_MAX);
		return NULL;
	}
	return root;
}

/* ---- streams ---- */

struct stream {
	struct pdu_writing *w;
	uint8_t *p;
	size_t n, cap;
	uint32_t tpdu_size;
};

/* The items as octets at the end of the stream. */
static size_t put_items(struct stream *s, size_t from, size_t to)
{
	struct node *tree;
	uint64_t size;
	size_t n;

	nodes_reset(s->w->nodes);
	tree = pdu_tree(s->w, from, to);
	if (!tree)
		return 0;
	size = node_size(tree);
	n = size <= s->cap - s->n ? node_write(s->w->nodes, tree, s->p + s->n, s->cap - s->n) : 0;
	if (n == 0)
		fail(s->w, "a PDU of %llu octets is too large to be sent in one step",
		     (unsigned long long)size);
	return n;
}

/* Puts `head` before the n octets at the end of the stream. */
static bool put_before(struct stream *s, size_t at, const uint8_t *head, size_t head_n)
{
	if (head_n > s->cap - s->n)
		return fail(s->w, "the PDUs are too large to be sent in one step");
	memmove(s->p + at + head_n, s->p + at, s->n - at);
	memcpy(s->p + at, head, head_n);
	s->n += head_n;
	return true;
}

static bool put_tpdu(struct stream *s, size_t item)
{
	size_t at = s->n, n = put_items(s, item, s->w->plan->items[item].end);
	uint8_t head[TPKT_HEADER_OCTETS];

	if (n == 0)
		return false;
	if (n > TPKT_TPDU_MAX)
		return fail(s->w, "a TPDU of %zu octets does not fit a TPKT", n);
	s->n += n;
	tpkt_header(head, n);
	return put_before(s, at, head, sizeof head);
}

/* One TSDU in DTs (X.224 13.7). */
static bool put_tsdu(struct stream *s, size_t from, size_t to)
{
	const size_t each = (s->tpdu_size < 128 ? 128 : s->tpdu_size) - 3;
	size_t at = s->n, left = put_items(s, from, to);

	if (left == 0)
		return false;
	s->n += left;
	while (left > 0) {
		size_t part = left < each ? left : each;
		uint8_t head[TPKT_HEADER_OCTETS + 3];

		tpkt_header(head, part + 3);
		left -= part;
		memcpy(head + TPKT_HEADER_OCTETS, (const uint8_t[]){ 2, 0xf0, left ? 0 : 0x80 }, 3);
		if (!put_before(s, at, head, sizeof head))
			return false;
		at += sizeof head + part;
	}
	return true;
}

static bool is_tsdu_part(const struct pdu_item *item)
{
	return (item->kind == PDU_ITEM_PDU && item->layer >= LAYER_SESSION) ||
	       item->kind == PDU_ITEM_BER;
}

size_t pdu_stream(struct pdu_writing *w, size_t from, size_t to, uint32_t tpdu_size, uint8_t *dst,
                  size_t cap)
{
	struct stream s = { w, dst, 0, cap, tpdu_size };
	const struct pdu_item *items = w->plan->items;
	bool ok = true;

	w->why[0] = '\0';
	w->scratch_n = 0;
	for (size_t i = from, next; ok && i < to; i = next) {
		next = items[i].end;
		while (is_tsdu_part(&items[i]) && next < to && is_tsdu_part(&items[next]))
			next = items[next].end;
		if (is_tsdu_part(&items[i])) {
			ok = put_tsdu(&s, i, next);
		} else if (items[i].kind == PDU_ITEM_PDU && items[i].layer == LAYER_COTP) {
			ok = put_tpdu(&s, i);
		} else {
			size_t n = put_items(&s, i, next);

			s.n += n;
			ok = n > 0;
		}
	}
	return ok ? s.n : 0;
}
