/* What a confined process may still do, and what it may not; each in a child of its own. */
#include "confine/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { UNFILTERED = 77 };

/* Returns 0: done; else errno. */
static int in_child(unsigned needs, int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(confine(needs) ? act() : UNFILTERED);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == UNFILTERED)
		skip();
	return WEXITSTATUS(status);
}

static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int run_program(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	return outcome(execv("/bin/true", argv));
}

static int fork_again(void)
{
	return outcome(syscall(SYS_fork));
}

/* What a child of a confined process may not, either. */
static int child_runs_program(void)
{
	int status = 0, fd[2];
	pid_t pid = pipe2(fd, O_CLOEXEC) == 0 ? fork() : -1;

	if (pid == 0) {
		status = run_program();
		_exit(write(fd[1], &status, sizeof status) < 0);
	}
	return pid > 0 && read(fd[0], &status, sizeof status) == sizeof status ? status : errno;
}

static int new_namespace(void)
{
	return outcome(unshare(CLONE_NEWUSER));
}

#ifndef SANITIZED	/* LeakSanitizer needs what these try */
static int clone_into_namespace(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int child_runs_on(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int trace(void)
{
	return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

/* Signals that end others are enough. */
static int halt(void)
{
	return outcome(kill(getppid(), SIGCONT));
}

static int gain(void)
{
	return outcome(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
}
#endif

static int socket_of(int family, int type)
{
	int fd = socket(family, type, 0);

	return outcome(fd);
}

static int tcp(void)
{
	return socket_of(AF_INET, SOCK_STREAM);
}

static int tcp6(void)
{
	int status = socket_of(AF_INET6, SOCK_STREAM);

	return status == EAFNOSUPPORT ? 0 : status;
}

static int local(void)
{
	return socket_of(AF_UNIX, SOCK_STREAM);
}

static int packets(void)
{
	return socket_of(AF_PACKET, SOCK_RAW);
}

static int netlink(void)
{
	return socket_of(AF_NETLINK, SOCK_RAW);
}

static int map(int prot)
{
	void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int map_data(void)
{
	return map(PROT_READ | PROT_WRITE);
}

static int map_code(void)
{
	return map(PROT_READ | PROT_EXEC);
}

static int make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? ENOMEM : outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

/* A server of ours: without our descriptors, and confined further. */
static int start_server(void)
{
	int status = 0, fd = dup(STDERR_FILENO);
	pid_t pid = fork();

	if (pid == 0) {
		confine_descriptors(-1);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || !confine(CONFINE_NETWORK))
			_exit(ENOSYS);
		_exit(fcntl(fd, F_GETFD) != -1 ? EBADF : map_code() == EPERM ? tcp() : EINVAL);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int end_server(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			poll(NULL, 0, -1);
	if (pid < 0 || kill(pid, SIGTERM) != 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFSIGNALED(status) ? 0 : EINVAL;
}

static int pair(void)
{
	int fd[2];

	return outcome(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd));
}

static int go_first(void)
{
	const struct sched_param p = { .sched_priority = 0 };

	return outcome(sched_setscheduler(0, SCHED_OTHER, &p));
}

static int read_file(void)
{
	char octet;
	FILE *fp = fopen("/proc/self/status", "re");
	int status = fp && fread(&octet, 1, 1, fp) == 1 ? 0 : errno;

	if (fp)
		fclose(fp);
	return status;
}

static int has_no_core(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_cur == 0 && r.rlim_max == 0 ? 0 : EINVAL;
}

static void what_a_server_may(void **state)
{
	(void)state;
	assert_int_equal(in_child(CONFINE_NETWORK, tcp), 0);
	assert_int_equal(in_child(CONFINE_NETWORK, tcp6), 0);
	assert_int_equal(in_child(CONFINE_NETWORK, local), 0);
	assert_int_equal(in_child(CONFINE_NETWORK, read_file), 0);
	assert_int_equal(in_child(CONFINE_NETWORK, map_data), 0);
	assert_int_equal(in_child(CONFINE_NETWORK, has_no_core), 0);
}

static void what_a_server_may_not(void **state)
{
	(void)state;
	assert_int_equal(in_child(CONFINE_NETWORK, run_program), EPERM);
	assert_int_equal(in_child(CONFINE_NETWORK, fork_again), EPERM);
#ifndef SANITIZED
	assert_int_equal(in_child(CONFINE_NETWORK, trace), EPERM);
	assert_int_equal(in_child(CONFINE_NETWORK, gain), EPERM);
#endif
	assert_int_equal(in_child(CONFINE_NETWORK, new_namespace), EPERM);
	assert_int_equal(in_child(CONFINE_NETWORK, packets), EPERM);
	assert_int_equal(in_child(CONFINE_NETWORK, netlink), EPERM);
	assert_int_equal(in_child(CONFINE_NETWORK, map_code), EPERM);
	assert_int_equal(in_child(CONFINE_NETWORK, make_code), EPERM);
}

static void what_a_reader_may_not(void **state)
{
	(void)state;
	assert_int_equal(in_child(CONFINE_FILES, read_file), 0);
	assert_int_equal(in_child(CONFINE_FILES, tcp), EPERM);
	assert_int_equal(in_child(CONFINE_FILES, local), EPERM);
	assert_int_equal(in_child(CONFINE_FILES, run_program), EPERM);
	assert_int_equal(in_child(CONFINE_FILES, map_code), EPERM);
	assert_int_equal(in_child(CONFINE_CODE, map_code), 0);
	assert_int_equal(in_child(CONFINE_CODE, tcp), EPERM);
}

static void what_a_reader_with_children_may_not(void **state)
{
	(void)state;
	assert_int_equal(in_child(CONFINE_CHILDREN, child_runs_program), EPERM);
	assert_int_equal(in_child(CONFINE_CHILDREN, new_namespace), EPERM);
	assert_int_equal(in_child(CONFINE_CHILDREN, tcp), EPERM);
#ifndef SANITIZED
	assert_int_equal(in_child(CONFINE_CHILDREN, clone_into_namespace), EPERM);
	assert_int_equal(in_child(CONFINE_CHILDREN, child_runs_on), 0);
	assert_int_equal(in_child(CONFINE_FILES, child_runs_on), EPERM);
#endif
}

enum {
	LIVE = CONFINE_NETWORK | CONFINE_CODE | CONFINE_THREADS | CONFINE_CHILDREN |
	       CONFINE_TENDED,
};

static void what_a_runner_may(void **state)
{
	(void)state;
	assert_int_equal(in_child(LIVE, start_server), 0);
	assert_int_equal(in_child(LIVE, end_server), 0);
	assert_int_equal(in_child(LIVE, pair), 0);
	assert_int_equal(in_child(LIVE, tcp), 0);
	assert_int_equal(in_child(LIVE, map_code), 0);
	assert_int_equal(in_child(LIVE | CONFINE_PACKETS, netlink), 0);
	assert_int_equal(in_child(LIVE | CONFINE_PUNCTUAL, go_first), 0);
}

static void what_a_runner_may_not(void **state)
{
	(void)state;
	assert_int_equal(in_child(LIVE, run_program), EPERM);
	assert_int_equal(in_child(LIVE, child_runs_program), EPERM);
	assert_int_equal(in_child(LIVE, new_namespace), EPERM);
	assert_int_equal(in_child(LIVE, packets), EPERM);
	assert_int_equal(in_child(LIVE, netlink), EPERM);
	assert_int_equal(in_child(LIVE, go_first), EPERM);
#ifndef SANITIZED
	assert_int_equal(in_child(LIVE, clone_into_namespace), EPERM);
	assert_int_equal(in_child(LIVE, trace), EPERM);
	assert_int_equal(in_child(LIVE, gain), EPERM);
	assert_int_equal(in_child(LIVE, halt), EPERM);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_server_may),
		cmocka_unit_test(what_a_server_may_not),
		cmocka_unit_test(what_a_reader_may_not),
		cmocka_unit_test(what_a_reader_with_children_may_not),
		cmocka_unit_test(what_a_runner_may),
		cmocka_unit_test(what_a_runner_may_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
