#include "base/rows.h"

void rows_bounds(struct rows_bounds *bounds, size_t events, const uint8_t *event, size_t n,
                 size_t size)
{
	for (size_t i = 0; i < events; i++)
		bounds[i] = (struct rows_bounds){ 0, 0 };
	for (size_t i = 0; i < n; i++, event += size) {
		struct rows_bounds *b = &bounds[*event];

		if (b->end == 0)
			b->begin = (uint16_t)i;
		b->end = (uint16_t)(i + 1);
	}
}
