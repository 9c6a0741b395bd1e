/* What the fuzzer is owed: messages in and out, by the case. */
#include "fuzz/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CASE = 7, ENDED = 1000, LATER = 2000 };

static struct tally t;

static int begin(void **state)
{
	(void)state;
	memset(&t, 0, sizeof t);
	return 0;
}

static void ends(uint64_t number, enum fuzz_message what)
{
	tally_book(&t, number, what, false, ENDED);
}

static void comes_out(uint64_t number)
{
	tally_out(&t, number, false);
}

static void nothing_is_wrong(void)
{
	struct tally_wrong w;

	assert_false(tally_wrong(&t, &w));
}

/* Once, whatever else happens to it. */
static void is_wrong(uint64_t number, const char *why)
{
	struct tally_wrong w;

	assert_true(tally_wrong(&t, &w));
	assert_int_equal(w.number, number);
	assert_string_equal(w.why, why);
	nothing_is_wrong();
}

static void what_is_acknowledged_comes_out(void **state)
{
	(void)state;
	ends(CASE, MESSAGE_WHOLE);
	assert_int_equal(tally_due(&t, 0), 1);
	assert_false(tally_overdue(&t, ENDED));
	assert_true(tally_overdue(&t, LATER));
	comes_out(CASE);
	assert_int_equal(tally_due(&t, LATER), 0);
	/* Or before the case has ended. */
	comes_out(CASE + 1);
	ends(CASE + 1, MESSAGE_WHOLE);
	assert_int_equal(tally_due(&t, LATER), 0);
	assert_int_equal(t.accepted, 2);
	assert_int_equal(t.delivered, 2);
	nothing_is_wrong();
}

static void what_does_not_is_lost(void **state)
{
	(void)state;
	ends(CASE, MESSAGE_WHOLE);
	ends(CASE + 1, MESSAGE_IN_DOUBT);
	ends(CASE + 2, MESSAGE_PARTLY);
	tally_due(&t, ENDED);
	nothing_is_wrong();
	assert_int_equal(tally_due(&t, LATER), 0);
	is_wrong(CASE, "acknowledged, and did not come out");
	/* What has been told is waited for no longer: it would delay each rest from then on. */
	assert_false(tally_overdue(&t, LATER));
	comes_out(CASE);
	assert_int_equal(tally_due(&t, LATER), 0);
	nothing_is_wrong();
	tally_clear(&t);
	assert_int_equal(tally_due(&t, LATER), 0);
}

static void no_more_copies_than_doubts(void **state)
{
	(void)state;
	ends(CASE, MESSAGE_WHOLE);
	tally_cut(&t, CASE, false);
	comes_out(CASE);
	comes_out(CASE);
	nothing_is_wrong();
	comes_out(CASE);
	is_wrong(CASE, "delivered more than once");
	/* Sent twice by the case itself. */
	tally_book(&t, CASE + 1, MESSAGE_WHOLE, true, ENDED);
	comes_out(CASE + 1);
	comes_out(CASE + 1);
	nothing_is_wrong();
	comes_out(CASE + 1);
	is_wrong(CASE + 1, "delivered more than once");
}

/* A PDU that may be taken for our acknowledgement, and a message that we never had. */
static void who_may_have_been_told_owes_nothing(void **state)
{
	(void)state;
	ends(CASE, MESSAGE_WHOLE);
	tally_cut(&t, CASE, true);
	assert_int_equal(tally_due(&t, LATER), 0);
	tally_cut(&t, CASE + 1, true);
	ends(CASE + 1, MESSAGE_WHOLE);
	assert_int_equal(tally_due(&t, LATER), 0);
	nothing_is_wrong();
}

static void what_was_never_whole_stays_in(void **state)
{
	(void)state;
	ends(CASE, MESSAGE_PARTLY);
	comes_out(CASE);
	is_wrong(CASE, "delivered, but never sent to its end");
	comes_out(CASE + 1);
	ends(CASE + 1, MESSAGE_PARTLY);
	is_wrong(CASE + 1, "delivered, but never sent to its end");
	comes_out(CASE + 2);		/* of a case without a message nothing is booked */
	ends(CASE + 2, MESSAGE_NONE);
	nothing_is_wrong();
	ends(CASE + 3, MESSAGE_WHOLE);
	tally_out(&t, CASE + 3, true);
	is_wrong(CASE + 3, "delivered with another content");
}

/* A case that waited for its turn alone comes out among those far behind it. */
static void far_numbers_share_a_place(void **state)
{
	static const uint64_t far[] = { TALLY_KEPT / 2, TALLY_KEPT, 3 * TALLY_KEPT };

	(void)state;
	for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
		uint64_t alone = CASE + i, other = alone + far[i];

		comes_out(alone);
		comes_out(other);
		ends(other, MESSAGE_WHOLE);
		ends(alone, MESSAGE_WHOLE);
		assert_int_equal(tally_due(&t, LATER), 0);
		nothing_is_wrong();
		/* Both are known still: a second copy of either is one too many. */
		comes_out(other);
		is_wrong(other, "delivered more than once");
		comes_out(alone);
		is_wrong(alone, "delivered more than once");
	}
}

/* Numbers of an order lie anywhere: what is owed stays while what is settled can go. */
static void what_is_settled_goes_first(void **state)
{
	(void)state;
	ends(CASE, MESSAGE_WHOLE);
	for (uint64_t i = 1; i < 5 * TALLY_PLACES; i++) {
		ends(CASE + i * TALLY_KEPT, MESSAGE_WHOLE);
		comes_out(CASE + i * TALLY_KEPT);
	}
	nothing_is_wrong();
	comes_out(CASE);
	assert_int_equal(tally_due(&t, LATER), 0);
	comes_out(CASE);
	is_wrong(CASE, "delivered more than once");
}

/* There are no more: what goes while it is owed is told. */
static void who_loses_its_place_is_owed_no_longer(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < TALLY_PLACES; i++)
		ends(CASE + i * TALLY_KEPT, MESSAGE_WHOLE);
	nothing_is_wrong();
	ends(CASE + TALLY_PLACES * TALLY_KEPT, MESSAGE_WHOLE);
	is_wrong(CASE, "acknowledged, and did not come out");
	assert_int_equal(tally_due(&t, 0), TALLY_PLACES);
}

/* More faults than are told at a time are none too many. */
static void so_many_are_told(void **state)
{
	struct tally_wrong w;
	size_t told = 0;

	(void)state;
	for (uint64_t i = 0; i < 3 * TALLY_WRONGS; i++)
		ends(i, MESSAGE_WHOLE);
	assert_int_equal(tally_due(&t, LATER), 0);
	while (tally_wrong(&t, &w))
		told++;
	assert_int_equal(told, TALLY_WRONGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup(f, begin)
		TEST(what_is_acknowledged_comes_out), TEST(what_does_not_is_lost),
		TEST(no_more_copies_than_doubts), TEST(who_may_have_been_told_owes_nothing),
		TEST(what_was_never_whole_stays_in), TEST(far_numbers_share_a_place),
		TEST(what_is_settled_goes_first), TEST(who_loses_its_place_is_owed_no_longer),
		TEST(so_many_are_told),
	};

	return cmocka_run_group_tests_name("fuzz_tally", tests, NULL, NULL);
}
