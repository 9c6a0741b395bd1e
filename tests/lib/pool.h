/*
 * pool: a struct pool for tests, on malloc: each lease is a block of exactly
 * its size, counted, and checked when it comes back.  Can refuse the n-th.
 */
#ifndef TESTS_POOL_H
#define TESTS_POOL_H

#include "base/pool.h"

enum { TEST_POOL_LEASES = 64 };

struct test_pool {
	struct pool pool;		/* hand this one on */
	struct octets held[TEST_POOL_LEASES];
	size_t takes;			/* leases asked for so far */
	size_t leases, octets;		/* held now */
	size_t peak;			/* most octets held at once */
	size_t refuse;			/* refuse this one (1 = the next ever); 0: none */
	bool refuse_rest;		/* and all that follow */
};

void test_pool_init(struct test_pool *p);
/* Frees what was not given back and fails the test if there was any. */
void test_pool_check(struct test_pool *p);

#endif
