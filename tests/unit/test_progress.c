/*
 * Progress of long work: a line drawn over on a terminal, a plain line every ten seconds
 * elsewhere, none when it is not wanted.  The clock is ours.
 */
#include "cli/cli.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t clock_us;

/* Stands before the C library's. */
int clock_gettime(clockid_t which, struct timespec *t)
{
	(void)which;
	t->tv_sec = (time_t)(clock_us / 1000000);
	t->tv_nsec = clock_us % 1000000 * 1000;
	return 0;
}

static int saved;			/* the descriptor that was standard error */
static char said[8192];

/* Seconds of work with a word ten times a second; what was said is in `said`. */
static void work(int out, int in, bool quiet, int seconds)
{
	ssize_t n = 0, k;

	fflush(stderr);
	saved = dup(STDERR_FILENO);
	dup2(out, STDERR_FILENO);
	cli_progress_quiet(quiet);
	for (int i = 0; i < seconds * 10; i++) {
		cli_progress("%d of %d  a word that is long enough to go over the end of the line",
		             i, seconds * 10);
		clock_us += 100000;
	}
	cli_progress_clear();
	dup2(saved, STDERR_FILENO);
	close(saved);
	lseek(in, 0, SEEK_SET);
	while ((k = read(in, said + n, sizeof said - 1 - (size_t)n)) > 0)
		n += k;
	said[n] = '\0';
}

static size_t count(const char *what)
{
	size_t n = 0;

	for (const char *at = said; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void to_a_file(bool quiet, int seconds)
{
	char name[] = "/tmp/progress-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	work(fd, fd, quiet, seconds);
	close(fd);
}

static void plain_lines(void **state)
{
	(void)state;
	to_a_file(false, 35);
	assert_int_equal(count("\n"), 3);
	assert_int_equal(count("\r"), 0);
	assert_int_equal(count("\033"), 0);
	assert_non_null(strstr(said, "100 of 350  a word"));
	assert_non_null(strstr(said, "200 of 350  a word"));
	assert_non_null(strstr(said, "300 of 350  a word"));
	to_a_file(false, 9);
	assert_string_equal(said, "");
}

static void none_when_quiet(void **state)
{
	(void)state;
	to_a_file(true, 35);
	assert_string_equal(said, "");
}

static int terminal(int *master)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 40 };
	int fd;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) != 0 || unlockpt(*master) != 0)
		skip();
	fd = open(ptsname(*master), O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
	fcntl(*master, F_SETFL, O_NONBLOCK);
	return fd;
}

static void one_line_on_a_terminal(void **state)
{
	int master, fd;

	(void)state;
	setenv("TERM", "xterm", 1);
	fd = terminal(&master);
	work(fd, master, false, 1);
	assert_int_equal(count("\n"), 0);
	assert_int_equal(count("\r\033[K"), 11);		/* ten words, and it is wiped off */
	assert_non_null(strstr(said, "\r\033[K3 of 10  a word that is long enough to \r"));
	assert_string_equal(said + strlen(said) - 4, "\r\033[K");
	work(fd, master, true, 1);
	assert_string_equal(said, "");
	close(fd);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lines), cmocka_unit_test(none_when_quiet),
		cmocka_unit_test(one_line_on_a_terminal),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
