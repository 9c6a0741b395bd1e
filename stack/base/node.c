#include "base/node.h"

#include <string.h>

void nodes_reset(struct nodes *a)
{
	a->n = 0;
	a->full = false;
}

static struct node *take(struct nodes *a, struct node *parent, enum node_kind kind, uint8_t tag)
{
	struct node *n = &a->spill;

	if (a->n < NODES_MAX)
		n = &a->at[a->n++];
	else
		a->full = true;
	memset(n, 0, sizeof *n);
	n->kind = (uint8_t)kind;
	n->tag = tag;
	n->spill = n == &a->spill;
	if (parent)
		node_adopt(parent, n);
	return n;
}

void node_adopt(struct node *parent, struct node *child)
{
	if (parent->spill || child->spill)
		return;
	child->next = NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->sized = false;
}

struct node *node_list(struct nodes *a, struct node *parent)
{
	return take(a, parent, NODE_LIST, 0);
}

struct node *node_ber(struct nodes *a, struct node *parent, uint8_t tag)
{
	return take(a, parent, NODE_BER, tag);
}

struct node *node_session(struct nodes *a, struct node *parent, uint8_t code)
{
	return take(a, parent, NODE_SESSION, code);
}

struct node *node_tpdu(struct nodes *a, struct node *parent, uint8_t code)
{
	return take(a, parent, NODE_TPDU, code);
}

struct node *node_li(struct nodes *a, struct node *parent)
{
	return take(a, parent, NODE_LI, 0);
}

struct node *node_octets(struct nodes *a, struct node *parent, struct octets borrowed)
{
	struct node *n = take(a, parent, NODE_OCTETS, 0);

	n->octets = borrowed.p;
	n->length = borrowed.n;
	return n;
}

struct node *node_hole(struct nodes *a, struct node *parent, uint64_t length)
{
	struct node *n = take(a, parent, NODE_HOLE, 0);

	n->length = length;
	return n;
}

struct node *node_copy(struct nodes *a, struct node *parent, const void *p, size_t len)
{
	struct node *n = take(a, parent, NODE_OCTETS, 0);

	if (len > sizeof n->inlined) {
		a->full = true;		/* the caller's bug must not become a short PDU */
		return n;
	}
	memcpy(n->inlined, p, len);
	n->length = len;
	return n;
}

struct node *node_u8(struct nodes *a, struct node *parent, uint8_t v)
{
	return node_copy(a, parent, &v, 1);
}

struct node *node_u16(struct nodes *a, struct node *parent, uint16_t v)
{
	uint8_t two[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	return node_copy(a, parent, two, 2);
}

struct node *node_ber_octets(struct nodes *a, struct node *parent, uint8_t tag, struct octets o)
{
	struct node *n = node_ber(a, parent, tag);

	node_octets(a, n, o);
	return n;
}

struct node *node_ber_int(struct nodes *a, struct node *parent, uint8_t tag, int64_t v)
{
	struct node *n = node_ber(a, parent, tag);
	uint8_t out[8];
	size_t i = 0;

	for (int shift = 56; shift >= 0; shift -= 8)
		out[i++] = (uint8_t)((uint64_t)v >> shift);
	/* X.690 8.3.2: the first nine bits are never all equal. */
	i = 0;
	while (i < 7 && ((out[i] == 0x00 && out[i + 1] < 0x80) ||
	                 (out[i] == 0xff && out[i + 1] >= 0x80)))
		i++;
	node_copy(a, n, out + i, 8 - i);
	return n;
}

/* Octets of the length field for `n` octets of contents. */
static size_t length_size(const struct node *node)
{
	uint64_t shown = node->length + (uint64_t)(int64_t)node->lie;

	switch (node->kind) {
	case NODE_TPDU:
		return 1;
	case NODE_SESSION:
		return node->form == LENGTH_LONG_2 || shown >= 255 ? 3 : 1;
	default:
		break;
	}
	switch (node->form) {
	case LENGTH_INDEFINITE:
		return 1;
	case LENGTH_LONG_1:
		return 2;
	case LENGTH_LONG_2:
		return 3;
	case LENGTH_LONG_4:
		return 5;
	default:
		return shown < 0x80 ? 1 : shown <= 0xff ? 2 : shown <= 0xffff ? 3 :
		       shown <= 0xffffff ? 4 : shown <= 0xffffffff ? 5 : 9;
	}
}

static bool is_indefinite(const struct node *node)
{
	return node->kind == NODE_BER && node->form == LENGTH_INDEFINITE;
}

static size_t around(const struct node *node)
{
	if (node->kind == NODE_LIST)
		return 0;
	if (node->kind == NODE_LI)
		return 1;
	return 1 + length_size(node) + (is_indefinite(node) ? 2 : 0);
}

uint64_t node_size(struct node *node)
{
	if (node->kind == NODE_OCTETS || node->kind == NODE_HOLE)
		return node->length;
	if (!node->sized) {
		node->length = 0;
		for (struct node *kid = node->first; kid; kid = kid->next)
			node->length += node_size(kid);
		node->around = (uint8_t)around(node);
		node->sized = true;
	}
	return node->around + node->length;
}

struct out {
	uint8_t *p;
	size_t n, cap;
	bool bad;
};

/* Room for n octets, or NULL. */
static inline uint8_t *put(struct out *o, size_t n)
{
	if (n > o->cap - o->n) {
		o->bad = true;
		return NULL;
	}
	o->n += n;
	return o->p + o->n - n;
}

static void put_octets(struct out *o, const uint8_t *p, size_t n)
{
	uint8_t *at = n ? put(o, n) : NULL;

	if (at)
		memcpy(at, p, n);
}

static void put_header(struct out *o, const struct node *node)
{
	uint64_t shown = node->length + (uint64_t)(int64_t)node->lie;
	size_t n = node->around - (is_indefinite(node) ? 2u : 0u);
	uint8_t *at = put(o, n);

	if (!at)
		return;
	if (node->kind == NODE_LI) {
		at[0] = (uint8_t)shown;
		return;
	}
	at[0] = node->tag;
	if (n == 2) {
		at[1] = is_indefinite(node) ? 0x80 : (uint8_t)shown;
		return;
	}
	at[1] = node->kind == NODE_SESSION ? 0xff : (uint8_t)(0x80 | (n - 2));
	for (size_t i = n; i-- > 2; shown >>= 8)
		at[i] = (uint8_t)shown;
}

static void write_node(struct out *o, const struct node *node)
{
	static const uint8_t end_of_contents[2];

	switch (node->kind) {
	case NODE_HOLE:
		return;
	case NODE_OCTETS:
		put_octets(o, node->octets ? node->octets : node->inlined, (size_t)node->length);
		return;
	case NODE_LIST:
		break;
	default:
		put_header(o, node);
		break;
	}
	for (const struct node *kid = node->first; kid; kid = kid->next)
		write_node(o, kid);
	if (is_indefinite(node))
		put_octets(o, end_of_contents, 2);
}

size_t node_write(const struct nodes *a, struct node *root, uint8_t *dst, size_t cap)
{
	struct out o = { dst, 0, cap, false };

	if (a->full)
		return 0;
	node_size(root);
	write_node(&o, root);
	return o.bad ? 0 : o.n;
}
