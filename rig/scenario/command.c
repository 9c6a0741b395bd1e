#include "scenario/command.h"

#include "confine/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS_MAX = 20 };

static void child(const struct target_command *c, int out)
{
	const struct rlimit limit = { COMMAND_OCTETS_MAX, COMMAND_OCTETS_MAX };
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
	execvp(argv[0], argv);
	_exit(127);
}

int command_run(const struct target_command *c, int out, const volatile sig_atomic_t *stop)
{
	int64_t left_us = c->limit_us;
	int status = 0, look_ms = 1;
	pid_t pid, done = 0;

	if (c->args_n == 0)
		return -1;
	pid = fork();
	if (pid == 0)
		child(c, out);
	if (pid < 0)
		return -1;
	while (done == 0 && left_us > 0 && !(stop && *stop)) {
		done = waitpid(pid, &status, WNOHANG);
		if (done == 0)
			poll(NULL, 0, look_ms);
		left_us -= look_ms * 1000;
		look_ms = look_ms < LOOK_MS_MAX ? look_ms * 2 : LOOK_MS_MAX;
	}
	if (done == 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		return -1;
	}
	return done == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
