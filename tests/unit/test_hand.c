/* The hand runs what the target names, and nothing else, for who may not: with its rights, so
 * many at a time as are asked for, and no longer than they are wanted. */
#include "confine/confine.h"
#include "scenario/folder.h"
#include "scenario/hand.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { UNFILTERED = 77, MANY = 4, LONG_S = 600 };

static volatile sig_atomic_t stop;

static void name(struct target_command *c, const char *script, int64_t limit_us)
{
	const char *const args[] = { "sh", "-c", script };

	for (c->args_n = 0; c->args_n < 3; c->args_n++)
		snprintf(c->args[c->args_n], sizeof c->args[0], "%s", args[c->args_n]);
	c->limit_us = limit_us;
}

static struct target *target(enum hook which, const char *script)
{
	struct target *t = calloc(1, sizeof *t);

	assert_non_null(t);
	name(&t->hooks[which], script, LONG_S * SECOND_US);
	return t;
}

static struct hand *hand(const struct target *t)
{
	struct hand *h;

	stop = 0;
	h = hand_new(t, &stop);
	assert_non_null(h);
	return h;
}

static enum target_program hook(enum hook which)
{
	return (enum target_program)(PROGRAM_HOOKS + which);
}

/* As often as it takes: machines are busy. */
static void wait_until_gone(pid_t pid)
{
	char path[64], state = '?';
	FILE *f;

	for (int ms = 0; ms < 30000; ms += 10) {
		snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
		f = fopen(path, "re");
		if (!f)
			return;
		if (fscanf(f, "%*d %*s %c", &state) == 1 && state == 'Z')
			pid = -1;
		fclose(f);
		if (pid < 0)
			return;
		poll(NULL, 0, 10);
	}
	fail_msg("process %d lives on", (int)pid);
}

static void what_it_prints_and_how_it_ends(void **state)
{
	struct target *t = target(HOOK_RESTART, "echo here; exit 3");
	struct hand *h = hand(t);
	FILE *out = folder_scratch();
	char line[16] = "";

	(void)state;
	/* Its copy is its own: what becomes of ours does not matter. */
	name(&t->hooks[HOOK_RESTART], "echo elsewhere", SECOND_US);
	name(&t->hooks[HOOK_DISK_FULL], "echo elsewhere", SECOND_US);
	assert_non_null(out);
	assert_int_equal(hand_run(h, hook(HOOK_RESTART), fileno(out)), 3);
	rewind(out);
	assert_non_null(fgets(line, sizeof line, out));
	assert_string_equal(line, "here\n");
	assert_null(fgets(line, sizeof line, out));
	assert_int_equal(hand_run(h, hook(HOOK_DISK_FULL), fileno(out)), -1);
	assert_int_equal(hand_run(h, PROGRAM_QUEUE, fileno(out)), -1);
	assert_int_equal(hand_run(h, PROGRAMS, fileno(out)), -1);
	assert_int_equal(hand_run(h, (enum target_program)1000, fileno(out)), -1);
	assert_int_equal(hand_run(NULL, hook(HOOK_RESTART), fileno(out)), -1);
	/* Nothing of this has hurt it. */
	assert_int_equal(hand_run(h, hook(HOOK_RESTART), fileno(out)), 3);
	fclose(out);
	hand_free(h);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	free(t);
}

/* The status of the command. */
static int ask_confined(const struct hand *h, enum target_program which)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(confine(CONFINE_NETWORK) ? hand_run(h, which, STDERR_FILENO) : UNFILTERED);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* ... and the command has the rights that the test has. */
static void who_may_run_nothing_asks(void **state)
{
	struct target *t = target(HOOK_RESTART, "grep -q \"^NoNewPrivs:.$(sed -n "
	                          "'s/^NoNewPrivs:.//p' /proc/$RIG/status)\" /proc/$$/status");
	char rig[24];
	struct hand *h;
	int status;

	(void)state;
	snprintf(rig, sizeof rig, "%d", (int)getpid());
	setenv("RIG", rig, 1);
	h = hand(t);
	status = ask_confined(h, hook(HOOK_RESTART));
	hand_free(h);
	free(t);
	if (status == UNFILTERED)
		skip();
	assert_int_equal(status, 0);
}

/* Each waits for the others. */
static void several_at_once(void **state)
{
	struct target *t;
	char folder[] = "/tmp/test-hand-XXXXXX", script[128];
	pid_t pids[MANY];
	struct hand *h;
	int status;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(script, sizeof script, "cd %s; : >$$; until [ $(ls | wc -l) = %d ]; do "
	         "sleep 0.05; done", folder, MANY);
	t = target(HOOK_RESTART, script);
	h = hand(t);
	for (int i = 0; i < MANY; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(hand_run(h, hook(HOOK_RESTART), STDERR_FILENO));
	}
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	hand_free(h);
	assert_true(folder_remove(folder));
	free(t);
}

/* Says on a pipe who it is and what it has started, does something, and stays. */
static struct target *one_that_stays(int pipe_of[2], const char *then)
{
	char script[128];

	assert_int_equal(pipe(pipe_of), 0);
	snprintf(script, sizeof script, "sleep %d & echo $$ $!; %s wait", LONG_S, then);
	return target(HOOK_RESTART, script);
}

/* false: it had no time to say it. */
static bool read_both(int fd, pid_t pids[2])
{
	FILE *f = fdopen(fd, "r");
	bool said;

	assert_non_null(f);
	said = fscanf(f, "%d %d", &pids[0], &pids[1]) == 2;
	fclose(f);
	return said;
}

/* Whoever waits longest for a busy machine: a minute. */
static void is_killed_with_what_it_has_started(void **state)
{
	int64_t limit_us = SECOND_US / 2;
	pid_t pids[2];
	bool said = false;

	(void)state;
	for (; !said && limit_us < 60 * SECOND_US; limit_us *= 4) {
		int fd[2];
		struct target *t = one_that_stays(fd, "");
		struct hand *h;

		t->hooks[HOOK_RESTART].limit_us = limit_us;
		h = hand(t);
		assert_int_equal(hand_run(h, hook(HOOK_RESTART), fd[1]), -1);
		close(fd[1]);
		said = read_both(fd[0], pids);
		hand_free(h);
		free(t);
	}
	assert_true(said);
	wait_until_gone(pids[0]);
	wait_until_gone(pids[1]);
}

static void on_alarm(int number)
{
	(void)number;
	stop = 1;
}

/* By the command, which says so to the test when it has begun. */
static void is_killed_when_told(void **state)
{
	int fd[2];
	struct target *t;
	struct hand *h;
	pid_t pids[2];
	char then[40];

	(void)state;
	snprintf(then, sizeof then, "kill -ALRM %d;", (int)getpid());
	t = one_that_stays(fd, then);
	h = hand(t);
	signal(SIGALRM, on_alarm);
	assert_int_equal(hand_run(h, hook(HOOK_RESTART), fd[1]), -1);
	assert_int_equal(stop, 1);
	close(fd[1]);
	assert_true(read_both(fd[0], pids));
	wait_until_gone(pids[0]);
	wait_until_gone(pids[1]);
	hand_free(h);
	free(t);
}

static void is_killed_when_nobody_waits(void **state)
{
	int fd[2], status;
	struct target *t = one_that_stays(fd, "");
	struct hand *h = hand(t);
	pid_t pids[2], asking = fork();

	(void)state;
	if (asking == 0)
		_exit(hand_run(h, hook(HOOK_RESTART), fd[1]) != 0);
	close(fd[1]);
	assert_true(read_both(fd[0], pids));
	kill(asking, SIGKILL);
	assert_int_equal(waitpid(asking, &status, 0), asking);
	wait_until_gone(pids[0]);
	wait_until_gone(pids[1]);
	hand_free(h);
	free(t);
}

/* Who dies does not free it. */
static void ends_with_the_last_who_may_ask(void **state)
{
	struct target *t = target(HOOK_RESTART, "exec echo $PPID");
	int fd[2], status;
	pid_t owner, hand_pid = 0;
	char text[64];
	FILE *f;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	owner = fork();
	if (owner == 0) {
		struct hand *h = hand_new(t, NULL);

		hand_run(h, hook(HOOK_RESTART), fd[1]);
		snprintf(text, sizeof text, "/proc/self/task/%d/children", (int)getpid());
		f = fopen(text, "re");
		if (f && fscanf(f, "%d", &hand_pid) == 1)
			dprintf(fd[1], "%d\n", (int)hand_pid);
		kill(getpid(), SIGKILL);
	}
	close(fd[1]);
	assert_int_equal(waitpid(owner, &status, 0), owner);
	f = fdopen(fd[0], "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d %d", &hand_pid), 1);
	fclose(f);
	wait_until_gone(hand_pid);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints_and_how_it_ends),
		cmocka_unit_test(who_may_run_nothing_asks),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(is_killed_with_what_it_has_started),
		cmocka_unit_test(is_killed_when_told),
		cmocka_unit_test(is_killed_when_nobody_waits),
		cmocka_unit_test(ends_with_the_last_who_may_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
