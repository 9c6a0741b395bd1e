/*
 * Random numbers of a link: one stream for each node and direction.
 */
#include "link/link_node.h"

#include <math.h>

enum { NORMAL_TERMS = 12, NORMAL_MOST = 4 };

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t link_random_next(struct link_random *r)
{
	return mix(r->state += UINT64_C(0x9e3779b97f4a7c15));
}

void link_random_init(struct link_random *r, uint64_t seed, enum link_direction d,
                      enum link_purpose purpose)
{
	r->state = mix(seed ^ mix((uint64_t)purpose << 8 | (uint64_t)d));
}

double link_random_unit(struct link_random *r)
{
	return (double)(link_random_next(r) >> 11) * 0x1p-53;
}

bool link_random_hits(struct link_random *r, uint32_t probability)
{
	return probability > 0 && link_random_unit(r) * LINK_ALWAYS < probability;
}

/* The sum of twelve uniform ones has variance 1 and lies within 6. */
static double normal(struct link_random *r)
{
	double x;

	do {
		x = -NORMAL_TERMS / 2.0;
		for (int i = 0; i < NORMAL_TERMS; i++)
			x += link_random_unit(r);
	} while (fabs(x) > NORMAL_MOST);
	return x;
}

int64_t link_random_jitter(struct link_random *r, enum link_distribution d, int64_t jitter_us)
{
	double x;

	switch (d) {
	case LINK_NORMAL:
		x = normal(r);
		break;
	case LINK_EXPONENTIAL:
		x = -log(1 - link_random_unit(r));
		break;
	default:
		x = 2 * link_random_unit(r) - 1;
		break;
	}
	return (int64_t)llround(x * (double)jitter_us);
}
