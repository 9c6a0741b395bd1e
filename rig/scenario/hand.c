#include "scenario/hand.h"

#include "confine/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	/* How often it is looked whether to stop. */
	LOOK_MS = 20,
};

struct hand {
	int fd;
	pid_t pid;
	const volatile sig_atomic_t *stop;
};

/* With each question: where the output goes, and the other end of who waits for the answer. */
enum { OUT, ASKER, FDS };

struct question {
	uint32_t which;			/* enum target_program */
	int fds[FDS];			/* -1: none */
};

union control {
	struct cmsghdr head;
	char octets[CMSG_SPACE(FDS * sizeof(int))];
};

/* --- a command ----------------------------------------------------------------------- */

static void begin(const struct target_command *c, int out)
{
	const struct rlimit limit = { HAND_OCTETS_MAX, HAND_OCTETS_MAX };
	char *argv[TARGET_ARGS_MAX + 1] = { NULL };
	int nothing = open("/dev/null", O_RDONLY);

	for (size_t i = 0; i < c->args_n; i++)
		argv[i] = (char *)(uintptr_t)c->args[i];
	setpgid(0, 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	dup2(nothing, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	confine_descriptors(-1);
	execvp(c->args[0], argv);
	_exit(127);
}

/* Until it ends, its time does, or who asked is gone or wants no more of it. */
static bool ends(pid_t pid, int64_t limit_us, int asker)
{
	int64_t ms = limit_us / 1000;
	struct pollfd p[] = {
		{ .fd = asker, .events = POLLIN | POLLRDHUP },
		{ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN },
	};

	if (p[1].fd < 0)
		return false;
	while (poll(p, 2, ms < INT_MAX ? (int)ms : INT_MAX) < 0 && errno == EINTR)
		;
	close(p[1].fd);
	return p[1].revents & POLLIN;
}

static int run(const struct target_command *c, int out, int asker)
{
	pid_t pid = fork();
	int status = 0;
	bool over;

	if (pid == 0)
		begin(c, out);
	if (pid < 0)
		return -1;
	setpgid(pid, pid);		/* whoever of the two is first */
	over = ends(pid, c->limit_us, asker);
	if (!over) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return over && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- the hand ------------------------------------------------------------------------- */

static void drop(const struct question *q)
{
	for (int i = 0; i < FDS; i++)
		if (q->fds[i] >= 0)
			close(q->fds[i]);
}

/* false: nobody is left who could ask. */
static bool hear(int fd, struct question *q)
{
	union control control = { 0 };
	struct iovec text = { &q->which, sizeof q->which };
	struct msghdr m = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control,
	                    .msg_controllen = sizeof control };
	struct cmsghdr *head;
	ssize_t n;

	*q = (struct question){ .which = PROGRAMS, .fds = { -1, -1 } };
	do
		n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	head = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len <= CMSG_LEN(sizeof q->fds))
		memcpy(q->fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
	if (n != sizeof q->which)
		q->which = PROGRAMS;
	return n > 0;
}

/* In a process of its own: commands may take their time, and others want theirs meanwhile. */
static void answer(const struct target *t, const struct question *q)
{
	const struct target_command *c = q->which < PROGRAMS
	                                 ? target_command(t, (enum target_program)q->which) : NULL;
	int status = -1;

	signal(SIGCHLD, SIG_DFL);
	if (c && q->fds[OUT] >= 0 && q->fds[ASKER] >= 0)
		status = run(c, q->fds[OUT], q->fds[ASKER]);
	send(q->fds[ASKER], &status, sizeof status, MSG_NOSIGNAL);
}

/* In a group of its own, so that Ctrl-C does not reach it: who asks says when it is enough, and
 * it ends with the last of them.  Not dumpable: nobody writes into its memory through /proc. */
static void serve(const struct target *t, int fd)
{
	struct question q;

	setpgid(0, 0);
	prctl(PR_SET_NAME, "x400rig hand");
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGCHLD, SIG_IGN);	/* nobody waits for those who answer */
	while (hear(fd, &q)) {
		pid_t pid = fork();

		if (pid == 0) {
			close(fd);
			answer(t, &q);
			_exit(EXIT_SUCCESS);
		}
		drop(&q);
	}
}

struct hand *hand_new(const struct target *t, const volatile sig_atomic_t *stop)
{
	struct hand *h = calloc(1, sizeof *h);
	int fd[2];

	if (!h || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0) {
		free(h);
		return NULL;
	}
	*h = (struct hand){ .fd = fd[0], .pid = fork(), .stop = stop };
	if (h->pid == 0) {
		confine_descriptors(fd[1]);
		serve(t, fd[1]);
		_exit(EXIT_SUCCESS);
	}
	close(fd[1]);
	if (h->pid > 0)
		return h;
	close(fd[0]);
	free(h);
	return NULL;
}

void hand_free(struct hand *h)
{
	if (!h)
		return;
	close(h->fd);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(h);
}

/* --- who asks ------------------------------------------------------------------------- */

static bool ask(const struct hand *h, uint32_t which, int out, int asker)
{
	const int fds[FDS] = { [OUT] = out, [ASKER] = asker };
	union control control = { 0 };
	struct iovec text = { &which, sizeof which };
	struct msghdr m = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control,
	                    .msg_controllen = sizeof control };
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	ssize_t n;

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(head), fds, sizeof fds);
	do
		n = sendmsg(h->fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == sizeof which;
}

/* Who is told to stop says so, and is answered when what ran is dead. */
static int await(const struct hand *h, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int status = -1;

	while (poll(&p, 1, LOOK_MS) <= 0)
		if (h->stop && *h->stop)
			shutdown(fd, SHUT_WR);
	return recv(fd, &status, sizeof status, 0) == sizeof status ? status : -1;
}

int hand_run(const struct hand *h, enum target_program which, int out)
{
	int fd[2], status = -1;
	bool asked;

	if (!h || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
		return -1;
	asked = ask(h, which, out, fd[1]);
	close(fd[1]);
	if (asked)
		status = await(h, fd[0]);
	close(fd[0]);
	return status;
}
