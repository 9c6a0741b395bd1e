/*
 * random: one stream of numbers per purpose.
 *
 * A stream depends on the run's seed, the scenario and the purpose it is drawn
 * for, and on nothing else: adding, dropping or reordering tests changes no
 * other test's numbers.
 */
#ifndef SCENARIO_RANDOM_H
#define SCENARIO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

struct random random_for(uint64_t seed, const char *scenario, const char *purpose);
uint64_t random_next(struct random *r);

/* A well mixed function of x (the finaliser of SplitMix64). */
static inline uint64_t random_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* A seed that no other run has had. */
uint64_t random_seed(void);

#endif
