/*
 * array: arrays that grow by doubling.
 *
 *     struct thing *grown = array_room(t->at, t->n + 1, &t->cap, sizeof *grown);
 *
 *     if (!grown)
 *             return false;
 *     t->at = grown;
 *     t->at[t->n++] = ...
 */
#ifndef ARRAY_ARRAY_H
#define ARRAY_ARRAY_H

#include <stddef.h>

/* The array, perhaps elsewhere, with room for `need` elements of `each` octets; *cap is how many
 * it has room for, 0 and NULL in the beginning.  What is new in it is not set.  NULL: no memory;
 * array and *cap are as they were. */
void *array_room(void *array, size_t need, size_t *cap, size_t each);

#endif
