/*
 * rows: where the rows of an event stand in a state table.
 *
 * Tables are kept in the printed order of the Recommendation and searched by
 * event.  The bounds of each event's rows are found once, when the table is
 * first asked, so that a step reads a handful of rows and not the table.  They
 * follow from the table alone, and every end would find the same.
 */
#ifndef BASE_ROWS_H
#define BASE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rows_bounds {
	uint16_t begin, end;		/* rows of the event: begin <= i < end, and perhaps others */
};

/* Fills bounds[0 .. events - 1].  `event` points at the event field (one octet)
 * of row 0 of n rows that are `size` octets apart. */
void rows_bounds(struct rows_bounds *bounds, size_t events, const uint8_t *event, size_t n,
                 size_t size);

#endif
