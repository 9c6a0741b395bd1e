#include "heap/heap.h"

#include <stdlib.h>

static uint8_t *take(struct pool *pool, size_t n)
{
	struct heap *h = (struct heap *)pool;
	uint8_t *buffer = n <= h->left ? malloc(n) : NULL;

	if (buffer)
		h->left -= n;
	return buffer;
}

static void give(struct pool *pool, uint8_t *buffer, size_t n)
{
	((struct heap *)pool)->left += n;
	free(buffer);
}

void heap_init(struct heap *h, size_t most)
{
	*h = (struct heap){ { take, give }, most };
}
