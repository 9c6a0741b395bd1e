/* How long a process waited for a processor, as the kernel tells it. */
#include "fuzz/runqueue.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void stay_on_this_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one);
}

static pid_t busy_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			;
	return pid;
}

/* Two that are busy share one processor: who runs half of the time waits for the other half. */
static void who_shares_a_processor_waits(void **state)
{
	int64_t begun, waited = 0;
	struct runqueue q;
	pid_t other;

	(void)state;
	if (access("/proc/self/schedstat", R_OK) != 0)
		skip();
	stay_on_this_processor();
	other = busy_child();
	runqueue_open(&q, getpid());
	begun = now_us();
	while (waited < 20000 && now_us() < begun + 20000000)
		waited += runqueue_waited_us(&q);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	assert_true(waited >= 20000);
	runqueue_close(&q);
	assert_int_equal(runqueue_waited_us(&q), 0);
}

static void who_is_gone_waits_for_nothing(void **state)
{
	struct runqueue q;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	runqueue_open(&q, pid);
	waitpid(pid, NULL, 0);
	assert_int_equal(runqueue_waited_us(&q), 0);
	runqueue_close(&q);
	runqueue_open(&q, pid);		/* nor whom there is not */
	assert_int_equal(q.fd, -1);
	assert_int_equal(runqueue_waited_us(&q), 0);
	runqueue_close(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_shares_a_processor_waits),
		cmocka_unit_test(who_is_gone_waits_for_nothing),
	};

	return cmocka_run_group_tests_name("fuzz_runqueue", tests, NULL, NULL);
}
