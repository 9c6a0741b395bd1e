/* Libraries that are loaded when they are needed: they are found, they are those that the headers
 * belong to, and what is missing is said with the package that has it. */
#include "capture/libpcap.h"
#include "late/late.h"
#include "logs/logs_windows.h"
#include "report/xml.h"

#include <link.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MATH_CALLS(X) X(, fmax) X(, hypot)
#define STRANGE_CALLS(X) X(, fmax) X(x400rig_, no_such_call)
double x400rig_no_such_call(double);

static struct { MATH_CALLS(LATE_CALL) } math;
static struct { STRANGE_CALLS(LATE_CALL) } strange;
static struct late_library there = LATE_LIBRARY("libm.so.6", "libc6", math, MATH_CALLS);
static struct late_library missing =
	LATE_LIBRARY("libx400rig-none.so.7", "libnone7", math, MATH_CALLS);
static struct late_library poor = LATE_LIBRARY("libm.so.6", "libc6", strange, STRANGE_CALLS);

static int one_more(struct dl_phdr_info *info, size_t size, void *n)
{
	(void)info;
	(void)size;
	++*(size_t *)n;
	return 0;
}

static size_t libraries(void)
{
	size_t n = 0;

	dl_iterate_phdr(one_more, &n);
	return n;
}

static void calls_are_those_of_their_names(void **state)
{
	char why[200] = "";

	(void)state;
	assert_true(late_load(&there, why, sizeof why));
	assert_true(math.fmax(2, 3) == 3 && math.hypot(3, 4) == 5);
	memset(&math, 0, sizeof math);
	assert_true(late_load(&there, why, sizeof why));
	assert_null(math.fmax);		/* once is enough */
	assert_string_equal(why, "");
}

static void what_is_missing_is_said(void **state)
{
	char why[200] = "";

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_false(late_load(&missing, why, sizeof why));
		assert_non_null(strstr(why, "libx400rig-none.so.7: "));
		assert_non_null(strstr(why, "; install Debian's package libnone7"));
		why[0] = '\0';
	}
}

static void a_library_without_a_call_is_not_taken(void **state)
{
	char why[200] = "";

	(void)state;
	assert_false(late_load(&poor, why, sizeof why));
	assert_non_null(strstr(why, "x400rig_no_such_call"));
	assert_non_null(strstr(why, "; install Debian's package libc6"));
}

/* This program is linked with those that the compiler found headers of. */
static void sonames_are_those_of_the_headers(void **state)
{
	size_t before = libraries();
	char why[200] = "";

	(void)state;
	if (!xml_load(why, sizeof why) || !log_windows_load(why, sizeof why) ||
	    !libpcap_load(why, sizeof why))
		fail_msg("%s", why);
	assert_int_equal(libraries(), before);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(calls_are_those_of_their_names),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(a_library_without_a_call_is_not_taken),
		cmocka_unit_test(sonames_are_those_of_the_headers),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
