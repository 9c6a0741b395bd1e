/*
 * node: PDUs are written as trees.
 *
 * A node is a BER value, a session parameter, a TPDU parameter, a bare run
 * of octets or a list without header.  Sizes are computed from the leaves
 * up, then the tree is written once, forward.  Honest code cannot lie: only
 * `lie`, set by a mutation, bends one length field and nothing else.
 *
 * Nodes come from an arena of the caller (`struct nodes`), which is reset
 * when the PDU has left.  When the arena is full, `full` sticks and
 * node_write() refuses: no half PDU is ever sent.  All `node_*` constructors
 * return a usable node even then (the arena's spill node), so builders need
 * no checks.
 *
 * Borrowed octets must stay valid until the tree is written.
 */
#ifndef BASE_NODE_H
#define BASE_NODE_H

#include "base/limits.h"
#include "base/octets.h"

enum node_kind {
	NODE_LIST,		/* children, no header */
	NODE_OCTETS,		/* leaf: octets, no header */
	NODE_BER,		/* identifier octet, BER length, contents */
	NODE_SESSION,		/* SI, PGI or PI; LI of X.225 8.2.5; contents */
	NODE_TPDU,		/* parameter of X.224 13.2.3: code, one octet length */
	NODE_LI,		/* header of a TPDU: one octet length (X.224 13.2.1), contents */
	NODE_HOLE,		/* leaf: `length` octets that follow the tree on the
				 * wire and are sent from elsewhere (streamed
				 * content); must be the last leaf */
};

enum length_form {
	LENGTH_MINIMAL,
	LENGTH_LONG_1,		/* BER: 81 xx */
	LENGTH_LONG_2,		/* BER: 82 xx xx; session: ff xx xx */
	LENGTH_LONG_4,		/* BER: 84 xx xx xx xx */
	LENGTH_INDEFINITE,	/* BER: 80 ... 00 00 */
};

struct node {
	struct node *first, *last, *next;
	const uint8_t *octets;	/* leaf contents (borrowed), or NULL: `inlined` */
	uint64_t length;	/* leaf: octets; else of the contents, by node_size() */
	int32_t lie;		/* added to the length field written, to nothing else; set, as
				 * tag and form, before the tree is sized */
	uint8_t kind, tag, form;
	bool spill;		/* of a full arena: in no tree */
	bool sized;		/* length and around hold */
	uint8_t around;		/* octets of header and end-of-contents */
	uint8_t inlined[12];	/* small contents that live in the node */
};

_Static_assert(sizeof(struct node) <= 64, "a tree is written for every PDU");

struct nodes {
	struct node at[NODES_MAX];
	struct node spill;
	uint16_t n;
	bool full;
};

void nodes_reset(struct nodes *a);

/* Constructors: append to `parent` (NULL: a root) and return the new node. */
struct node *node_list(struct nodes *a, struct node *parent);
struct node *node_ber(struct nodes *a, struct node *parent, uint8_t tag);
struct node *node_session(struct nodes *a, struct node *parent, uint8_t code);
struct node *node_tpdu(struct nodes *a, struct node *parent, uint8_t code);
struct node *node_li(struct nodes *a, struct node *parent);
struct node *node_octets(struct nodes *a, struct node *parent, struct octets borrowed);
struct node *node_hole(struct nodes *a, struct node *parent, uint64_t length);
/* Up to 12 octets, copied. */
struct node *node_copy(struct nodes *a, struct node *parent, const void *p, size_t n);
struct node *node_u8(struct nodes *a, struct node *parent, uint8_t v);
struct node *node_u16(struct nodes *a, struct node *parent, uint16_t v);

/* A tagged leaf in one call: BER primitive with borrowed contents. */
struct node *node_ber_octets(struct nodes *a, struct node *parent, uint8_t tag, struct octets o);
/* BER INTEGER or ENUMERATED contents, shortest form (X.690 8.3). */
struct node *node_ber_int(struct nodes *a, struct node *parent, uint8_t tag, int64_t v);

/* Appends an existing tree (built by the layer above) under `parent`.  A spill
 * node is left out: the arena is full, and nothing will be written. */
void node_adopt(struct node *parent, struct node *child);

/* Octets of the whole tree, hole included; computes the lengths, once.  A tree
 * that has been sized takes further children at its root only. */
uint64_t node_size(struct node *root);

/* Writes all but the hole.  Returns the octets written, 0 if `cap` is too small or
 * the arena was full. */
size_t node_write(const struct nodes *a, struct node *root, uint8_t *dst, size_t cap);

#endif
