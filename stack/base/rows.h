/*
 * rows: where the rows of a cell stand in a state table, and the row of a
 * primitive in a table of primitives.
 *
 * Tables are kept in the printed order of the Recommendation and searched by
 * event and state.  The bounds of each cell are found once, when the table is
 * first asked, so that a step reads a row or two and not the table.  They
 * follow from the table alone, and every end would find the same.
 */
#ifndef BASE_ROWS_H
#define BASE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/event.h"

struct rows_bounds {
	uint16_t begin, end;		/* rows of the cell: begin <= i < end, and perhaps others */
};

/* A table of n rows that are `size` octets apart. */
struct rows_table {
	const uint8_t *event, *state;	/* of row 0, one octet each; state NULL: the rows
					 * of an event are one cell */
	size_t n, size, states;
};

/* Fills bounds[0 .. events * states - 1]; the cell of an event in a state is
 * number event * states + state (without states: event). */
void rows_bounds(struct rows_bounds *bounds, size_t events, const struct rows_table *table);

/* Where each primitive stands in a table whose rows begin with layer, kind and
 * type, one octet each. */
struct rows_primitives {
	bool known;
	uint8_t row[LAYERS][SERVICES_KINDS][CONFIRM + 1];	/* number + 1; 0: none */
};

void rows_primitives_find(struct rows_primitives *p, const void *rows, size_t n, size_t size);

/* The number of its row, or -1.  `p` is static and begins all zero. */
static inline int rows_primitive(struct rows_primitives *p, const void *rows, size_t n,
                                 size_t size, const struct event *e)
{
	if (!p->known)
		rows_primitives_find(p, rows, n, size);
	return p->row[e->layer][e->code][e->type] - 1;
}

#endif
