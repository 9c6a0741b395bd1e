#include "fuzz/lab.h"

#include "confine/confine.h"
#include "fuzz/patience.h"
#include "fuzz/speech.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 10000, END_MS = 2000 };
/* Nothing to do: it tells that it runs all the same. */
#define TURN_US (PATIENCE_STARVED_US / 5)

/* --- its settings ------------------------------------------------------------------- */

static bool copy(char *dst, size_t cap, const char *src)
{
	return (size_t)snprintf(dst, cap, "%s", src ? src : "") < cap;
}

static bool peer(struct mta_config *c, const struct target *t, size_t side,
                 const struct net_address *address)
{
	struct mta_peer *p = &c->peers[c->peers_n++];
	const struct target_side *s = &t->sides[side];

	if (address)
		p->address = *address;
	return copy(p->name, sizeof p->name, s->our_name) &&
	       copy(p->password, sizeof p->password, target_secret(s->our_password)) &&
	       copy(p->our_password, sizeof p->our_password, target_secret(t->its_password)) &&
	       copy(p->prefix, sizeof p->prefix, s->route);
}

/* Short enough that nothing is waited for long, and longer than a scheduler's whim: who is kept
 * from running for a part of them is seen (patience.h). */
const struct mta_timers fuzz_lab_timers = {
	.open_interval = SECOND_US / 50, .transfer_interval = SECOND_US / 50,
	.recovery_timeout = SECOND_US * 2 / 5, .lifetime = SECOND_US / 4,
	.disconnect = SECOND_US, .expiry = 3600 * SECOND_US, .seen = 60 * SECOND_US,
	.open_retries = 100000, .transfer_retries = 100000,
};

static bool defects(struct mta_config *c, const char *names, char *why, size_t cap)
{
	char unknown[MTA_DEFECT_NAME];

	if (mta_defects_add(c, names, unknown))
		return true;
	snprintf(why, cap, "the lab MTA has no defect \"%s\"; x400rig mta --defect list shows them",
	         unknown);
	return false;
}

static bool settings(struct mta_config *c, const struct target *t, const struct fuzz_next *next,
                     const char *names, const char *logs, char *why, size_t cap)
{
	bool ok = true;

	mta_defaults(c);
	c->timers = fuzz_lab_timers;
	c->associations_max = 100000;
	c->buffers.send = SPEECH_BUFFERS;
	net_address_parse(&c->listen, "127.0.0.1:0", 0);
	for (size_t i = 0; i < 3; i++)
		ok = ok && copy(c->domain[i], sizeof c->domain[i], t->domain[i]);
	ok = ok && peer(c, t, SIDE_UP, NULL);
	for (size_t i = 0; i < 2 && next[i].side; i++)
		ok = ok && peer(c, t, next[i].side, &next[i].address);
	if (ok && copy(c->name, sizeof c->name, t->its_name) &&
	    copy(c->password, sizeof c->password, target_secret(t->its_password)) &&
	    copy(c->log_dir, sizeof c->log_dir, logs))
		return defects(c, names, why, cap);
	snprintf(why, cap, "names of the target are too long for the lab MTA");
	return false;
}

/* --- its process ------------------------------------------------------------------------ */

static volatile sig_atomic_t told_to_stop;

static void on_term(int number)
{
	(void)number;
	told_to_stop = 1;
}

/* Keeps `fd` open for as long as it lives. */
static int live(const struct mta_config *c, struct fuzz_told *told, int fd)
{
	struct net *net = net_kernel_new();
	struct end_world *world = net ? end_world_new(net, NULL) : NULL;
	char text[300] = "out of memory";
	struct net_address at;
	struct mta *m;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, on_term);
	signal(SIGINT, SIG_IGN);
	net_descriptors(100000);
	m = world ? mta_new(world, c, text, sizeof text) : NULL;
	confine(CONFINE_NETWORK);
	if (m) {
		at = mta_address(m);
		memcpy(text, "ready ", 6);
		net_address_text(&at, text + 6);
	}
	if (write(fd, text, strlen(text)) < 0 || !m)
		return EXIT_FAILURE;
	while (!told_to_stop && !mta_stopped(m)) {
		net_step(net, net_now(net) + TURN_US);
		told->blocks = mta_control_blocks(m);
		told->turned_us = net_now(net);
	}
	return EXIT_SUCCESS;
}

static bool start_process(struct fuzz_lab *lab, const struct mta_config *c, char *why, size_t cap)
{
	char text[300] = "";
	struct pollfd p;
	int fd[2];
	ssize_t n = 0;

	if (pipe2(fd, O_CLOEXEC) != 0) {
		snprintf(why, cap, "pipe: %s", strerror(errno));
		return false;
	}
	lab->told = mmap(NULL, sizeof *lab->told, PROT_READ | PROT_WRITE,
	                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lab->told == MAP_FAILED) {
		lab->told = NULL;
		snprintf(why, cap, "mmap: %s", strerror(errno));
		close(fd[0]);
		close(fd[1]);
		return false;
	}
	fflush(NULL);
	lab->pid = fork();
	if (lab->pid == 0) {
		confine_descriptors(fd[1]);
		_exit(live(c, lab->told, fd[1]));
	}
	close(fd[1]);
	lab->ready = fd[0];
	runqueue_open(&lab->queue, lab->pid);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	if (lab->pid > 0 && poll(&p, 1, READY_MS) > 0)
		n = read(fd[0], text, sizeof text - 1);
	if (n > 6 && strncmp(text, "ready ", 6) == 0 &&
	    net_address_parse(&lab->address, text + 6, 0))
		return true;
	snprintf(why, cap, "the lab MTA does not start: %s", *text ? text : "no answer");
	fuzz_lab_stop(lab);
	return false;
}

static bool start_here(struct fuzz_lab *lab, struct net *net, const struct mta_config *c, char *why,
                       size_t cap)
{
	snprintf(why, cap, "out of memory");
	lab->world = end_world_new(net, NULL);
	lab->mta = lab->world ? mta_new(lab->world, c, why, cap) : NULL;
	if (lab->mta)
		lab->address = mta_address(lab->mta);
	else
		fuzz_lab_stop(lab);
	return lab->mta != NULL;
}

bool fuzz_lab_start(struct fuzz_lab *lab, struct net *net, const struct target *t,
                    const struct fuzz_next *next, const char *names, const char *logs,
                    char *why, size_t why_cap)
{
	struct mta_config c;

	*lab = FUZZ_NO_LAB;
	copy(lab->logs, sizeof lab->logs, logs);
	if (!settings(&c, t, next, names, logs, why, why_cap))
		return false;
	return net ? start_here(lab, net, &c, why, why_cap) : start_process(lab, &c, why, why_cap);
}

void fuzz_lab_stop(struct fuzz_lab *lab)
{
	struct pollfd p = { .fd = lab->ready, .events = POLLIN };

	mta_free(lab->mta);
	end_world_free(lab->world);
	if (lab->pid > 0) {
		kill(lab->pid, SIGTERM);
		if (poll(&p, 1, END_MS) <= 0)
			kill(lab->pid, SIGKILL);
		while (waitpid(lab->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (lab->ready >= 0)
		close(lab->ready);
	if (lab->told)
		munmap(lab->told, sizeof *lab->told);
	runqueue_close(&lab->queue);
	*lab = FUZZ_NO_LAB;
}

bool fuzz_lab_gone(struct fuzz_lab *lab)
{
	struct pollfd p = { .fd = lab->ready, .events = POLLIN };

	return lab->mta ? mta_stopped(lab->mta) : lab->pid > 0 && poll(&p, 1, 0) > 0;
}

int64_t fuzz_lab_idle_us(const struct fuzz_lab *lab, int64_t now_us)
{
	return lab->told && lab->told->turned_us ? now_us - lab->told->turned_us : 0;
}

int64_t fuzz_lab_waited_us(struct fuzz_lab *lab)
{
	return runqueue_waited_us(&lab->queue);
}

/* --- what it holds ------------------------------------------------------------------------ */

bool fuzz_lab_held(const struct fuzz_lab *lab, struct fuzz_held *out)
{
	char path[64];
	unsigned long long pages = 0;
	FILE *f;
	DIR *dir;

	*out = (struct fuzz_held){ 0 };
	if (lab->mta)
		out->blocks = mta_control_blocks(lab->mta);
	if (lab->pid <= 0)
		return lab->mta;
	out->blocks = lab->told->blocks;
	snprintf(path, sizeof path, "/proc/%d/fd", (int)lab->pid);
	dir = opendir(path);
	for (struct dirent *d; dir && (d = readdir(dir)) != NULL;)
		out->descriptors += d->d_name[0] != '.';
	if (dir)
		closedir(dir);
	snprintf(path, sizeof path, "/proc/%d/statm", (int)lab->pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*u %19llu", &pages) == 1)
		out->kib = pages * (unsigned long long)sysconf(_SC_PAGESIZE) / 1024;
	if (f)
		fclose(f);
	return dir && f;
}
