#include "base/rows.h"

#include <assert.h>

void rows_bounds(struct rows_bounds *bounds, size_t events, const struct rows_table *table)
{
	size_t states = table->state ? table->states : 1;

	for (size_t i = 0; i < events * states; i++)
		bounds[i] = (struct rows_bounds){ 0, 0 };
	for (size_t i = 0; i < table->n; i++) {
		size_t at = i * table->size;
		size_t state = table->state ? table->state[at] : 0;
		struct rows_bounds *b = &bounds[table->event[at] * states + state];

		if (b->end == 0)
			b->begin = (uint16_t)i;
		b->end = (uint16_t)(i + 1);
	}
}

void rows_primitives_find(struct rows_primitives *p, const void *rows, size_t n, size_t size)
{
	const uint8_t *row = rows;

	assert(n < UINT8_MAX);
	for (size_t i = 0; i < n; i++, row += size)
		p->row[row[0]][row[1]][row[2]] = (uint8_t)(i + 1);
	p->known = true;
}
