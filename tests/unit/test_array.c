/* Arrays that grow. */
#include "array/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void grows_and_keeps(void **state)
{
	uint32_t *at = NULL, *grown;
	size_t cap = 0, moves = 0, was = 0;

	(void)state;
	for (uint32_t n = 0; n < 10000; n++) {
		grown = array_room(at, n + 1u, &cap, sizeof *at);
		assert_non_null(grown);
		assert_true(cap > n);
		moves += cap != was;
		was = cap;
		at = grown;
		at[n] = n;
	}
	assert_true(moves < 12);	/* by doubling */
	for (uint32_t n = 0; n < 10000; n++)
		assert_int_equal(at[n], n);
	free(at);
}

static void many_at_once(void **state)
{
	size_t cap = 0;
	char *at = array_room(NULL, 1000, &cap, 1), *same;

	(void)state;
	assert_non_null(at);
	assert_int_equal(cap, 1024);
	same = array_room(at, 1024, &cap, 1);
	assert_ptr_equal(same, at);
	free(same);
}

static void more_than_there_can_be(void **state)
{
	size_t cap = 0;

	(void)state;
	assert_null(array_room(NULL, SIZE_MAX, &cap, 1));
	assert_null(array_room(NULL, SIZE_MAX / 4, &cap, 8));
	assert_int_equal(cap, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_keeps),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(more_than_there_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
