#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct octets *slot(struct test_pool *p, const uint8_t *block)
{
	for (size_t i = 0; i < TEST_POOL_LEASES; i++)
		if (p->held[i].p == block)
			return &p->held[i];
	fail_msg("%s", block ? "gave back a buffer that was not leased" : "too many leases");
	return NULL;
}

static uint8_t *take(struct pool *pool, size_t n)
{
	struct test_pool *p = (struct test_pool *)pool;
	struct octets *o;

	p->takes++;
	if (p->refuse && (p->takes == p->refuse || (p->refuse_rest && p->takes > p->refuse)))
		return NULL;
	o = slot(p, NULL);
	*o = (struct octets){ malloc(n), n };
	assert_non_null(o->p);
	p->leases++;
	p->octets += n;
	if (p->octets > p->peak)
		p->peak = p->octets;
	return (uint8_t *)o->p;
}

static void give(struct pool *pool, uint8_t *buffer, size_t n)
{
	struct test_pool *p = (struct test_pool *)pool;
	struct octets *o = slot(p, buffer);

	assert_int_equal(o->n, n);
	*o = (struct octets){ NULL, 0 };
	p->leases--;
	p->octets -= n;
	free(buffer);
}

void test_pool_init(struct test_pool *p)
{
	memset(p, 0, sizeof *p);
	p->pool = (struct pool){ take, give };
}

void test_pool_check(struct test_pool *p)
{
	size_t left = p->leases;

	for (size_t i = 0; i < TEST_POOL_LEASES; i++)
		free((void *)p->held[i].p);
	memset(p->held, 0, sizeof p->held);
	if (left)
		fail_msg("%zu leased buffers were not given back", left);
}
