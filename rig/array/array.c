#include "array/array.h"

#include <stdint.h>
#include <stdlib.h>

enum { LEAST = 32 };

void *array_room(void *array, size_t need, size_t *cap, size_t each)
{
	size_t wanted = *cap ? *cap : LEAST;
	void *grown;

	if (need <= *cap)
		return array;
	while (wanted < need && wanted <= SIZE_MAX / 2)
		wanted *= 2;
	if (wanted < need || wanted > SIZE_MAX / each)
		return NULL;
	grown = realloc(array, wanted * each);
	if (grown)
		*cap = wanted;
	return grown;
}
