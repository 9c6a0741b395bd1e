#include "net/net_space.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_SPACE "/proc/thread-self/ns/net"

enum { LINES = 1024 };

struct net_spaces {
	int home;
	size_t n;
	int fd[NET_SPACE_SIDES + 1];	/* the hub's, then the sides' */
};

static bool wrong(char *why, const char *what)
{
	snprintf(why, NET_SPACE_WHY, "%s: %s", what, strerror(errno));
	return false;
}

/* --- entering ------------------------------------------------------------------ */

static int own_space(void)
{
	return open(OWN_SPACE, O_RDONLY | O_CLOEXEC);
}

bool net_space_enter(const struct net_spaces *s, int side)
{
	return setns(s->fd[side + 1], CLONE_NEWNET) == 0;
}

/* Left in a foreign namespace a process would do all that follows there. */
void net_space_leave(const struct net_spaces *s)
{
	if (setns(s->home, CLONE_NEWNET) != 0)
		abort();
}

/* --- programs ------------------------------------------------------------------- */

/* root's shells do not all look where ip and tc are. */
static void set_path(void)
{
	const char *path = getenv("PATH");
	char longer[4096];

	snprintf(longer, sizeof longer, "%s%s/usr/sbin:/sbin", path ? path : "", path ? ":" : "");
	setenv("PATH", longer, 1);
}

static void child(const struct net_spaces *s, int side, const char *program, int in, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!net_space_enter(s, side) || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	set_path();
	execlp(program, program, "-batch", "-", (char *)NULL);
	_exit(127);
}

/* Its first line, without the program's own "Error: ". */
static void first_line(int fd, char *out, size_t cap)
{
	ssize_t n = read(fd, out, cap - 1);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (strncmp(out, "Error: ", 7) == 0)
		memmove(out, out + 7, strlen(out + 7) + 1);
}

static bool ended_well(pid_t pid, const char *program, const char *said, char *why)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		snprintf(why, NET_SPACE_WHY, "%s(8) is not installed (package iproute2)", program);
	else
		snprintf(why, NET_SPACE_WHY, "%s: %s", program, said[0] ? said : "it failed");
	return false;
}

/* Lines are shorter than a pipe, and so is what a program says of them. */
bool net_space_batch(const struct net_spaces *s, int side, const char *program,
                     const char *lines, char why[static NET_SPACE_WHY])
{
	int in[2], out[2];
	size_t n = strlen(lines);
	char said[NET_SPACE_WHY / 2] = "";
	bool whole;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0)
		return wrong(why, "pipe");
	if (pipe2(out, O_CLOEXEC) != 0) {
		wrong(why, "pipe");
		close(in[0]);
		close(in[1]);
		return false;
	}
	pid = fork();
	if (pid == 0)
		child(s, side, program, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	whole = write(in[1], lines, n) == (ssize_t)n;
	close(in[1]);
	if (pid > 0)
		first_line(out[0], said, sizeof said);
	close(out[0]);
	if (pid < 0)
		return wrong(why, "fork");
	/* Why it did not read them all, it says itself. */
	return ended_well(pid, program, said, why) && (whole || wrong(why, "write"));
}

bool net_space_has_queue(const struct net_spaces *s, const char *line)
{
	char lines[128], why[NET_SPACE_WHY];

	snprintf(lines, sizeof lines, "qdisc add dev lo root %s\nqdisc del dev lo root\n", line);
	return net_space_batch(s, NET_SPACE_HUB, "tc", lines, why);
}

/* --- making ------------------------------------------------------------------------ */

struct net_address net_space_address(int side, bool of_hub)
{
	return (struct net_address){
		.family = 4, .host = { 10, 77, (uint8_t)side, of_hub ? 1 : 2 } };
}

void net_space_device(int side, bool of_hub, char out[static 8])
{
	if (of_hub)
		snprintf(out, 8, "x%d", side % 1000);
	else
		snprintf(out, 8, "wire");
}

/* gso_max_segs: a packet of the wire is a segment of TCP, not sixty at once. */
static bool join(const struct net_spaces *s, int side, char *why)
{
	char lines[LINES], name[8];

	net_space_device(side, true, name);
	snprintf(lines, sizeof lines,
	         "link add %s type veth peer name wire netns /proc/%d/fd/%d\n"
	         "addr add 10.77.%d.1/24 dev %s\n"
	         "link set %s gso_max_segs 1 up\n",
	         name, (int)getpid(), s->fd[side + 1], side, name, name);
	if (!net_space_batch(s, NET_SPACE_HUB, "ip", lines, why))
		return false;
	snprintf(lines, sizeof lines,
	         "link set lo up\n"
	         "addr add 10.77.%d.2/24 dev wire\n"
	         "link set wire gso_max_segs 1 up\n", side);
	return net_space_batch(s, side, "ip", lines, why);
}

static bool make_one(struct net_spaces *s, size_t i, char *why)
{
	if (unshare(CLONE_NEWNET) != 0)
		return wrong(why, errno == EPERM ? "network namespaces need root" : "unshare");
	s->fd[i] = own_space();
	net_space_leave(s);
	return s->fd[i] >= 0 || wrong(why, OWN_SPACE);
}

static bool make_all(struct net_spaces *s, size_t sides, char *why)
{
	s->home = own_space();
	if (s->home < 0)
		return wrong(why, OWN_SPACE);
	for (; s->n < sides + 1; s->n++)
		if (!make_one(s, s->n, why))
			return false;
	if (!net_space_batch(s, NET_SPACE_HUB, "ip", "link set lo up\n", why))
		return false;
	for (int side = 0; side < (int)sides; side++)
		if (!join(s, side, why))
			return false;
	return true;
}

struct net_spaces *net_spaces_new(size_t sides, char why[static NET_SPACE_WHY])
{
	struct net_spaces *s = calloc(1, sizeof *s);

	if (!s || sides > NET_SPACE_SIDES) {
		errno = s ? EINVAL : ENOMEM;
		wrong(why, "namespaces");
		free(s);
		return NULL;
	}
	if (make_all(s, sides, why))
		return s;
	net_spaces_free(s);
	return NULL;
}

void net_spaces_free(struct net_spaces *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		close(s->fd[i]);
	if (s->home >= 0)
		close(s->home);
	free(s);
}
