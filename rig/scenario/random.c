#include "scenario/random.h"

#include <sys/random.h>
#include <time.h>

/* FNV-1a, to take names in; quality comes from the mixing. */
static uint64_t take_name(uint64_t h, const char *name)
{
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return (h ^ 0x100) * UINT64_C(0x100000001b3);
}

struct random random_for(uint64_t seed, const char *scenario, const char *purpose)
{
	uint64_t h = take_name(UINT64_C(0xcbf29ce484222325), scenario);

	return (struct random){ random_mix(take_name(h, purpose) ^ random_mix(seed)) };
}

uint64_t random_next(struct random *r)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return random_mix(r->state);
}

uint64_t random_seed(void)
{
	struct timespec now;
	uint64_t seed;

	if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
		return seed;
	clock_gettime(CLOCK_REALTIME, &now);
	return random_mix((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}
