/*
 * The MTA under test: the lab MTA started and stopped, its process watched.
 */
#include "scenario/runner_inner.h"

#include "confine/confine.h"
#include "net/net_space.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	/* A lab MTA that is not ready by then never is. */
	READY_MS = 10000,
	/* How long an MTA may take to end in order. */
	END_MS = 3000,
};

/* --- the lab MTA as the target describes it ------------------------------------- */

static bool copy(char *dst, size_t cap, const char *src)
{
	size_t n = strlen(src);

	if (n >= cap)
		return false;
	memcpy(dst, src, n + 1);
	return true;
}

static bool lab_peer(struct run *r, struct mta_config *c, const struct side *s)
{
	struct mta_peer *p = &c->peers[c->peers_n++];
	const char *theirs = target_secret(s->target->our_password);
	const char *ours = target_secret(r->t->its_password);

	p->address = s->address;
	p->context = s->target->context;
	p->credentials = s->target->credentials;
	if (s->target->dialogue == RTSE_TWO_WAY_ALTERNATE)
		p->dialogue = MTA_DIALOGUE_PREFER_TWO_WAY;
	return copy(p->name, sizeof p->name, s->target->our_name) &&
	       copy(p->password, sizeof p->password, theirs ? theirs : "") &&
	       copy(p->our_password, sizeof p->our_password, ours ? ours : "") &&
	       copy(p->prefix, sizeof p->prefix, s->target->route);
}

static void lab_timers(const struct target *t, struct mta_config *c)
{
	c->timers.open_interval = target_value(t, KNOWN_OPEN_INTERVAL);
	c->timers.transfer_interval = target_value(t, KNOWN_TRANSFER_INTERVAL);
	c->timers.recovery_timeout = target_value(t, KNOWN_RECOVERY_TIMEOUT);
	c->timers.lifetime = target_value(t, KNOWN_LIFETIME);
	c->timers.disconnect = target_value(t, KNOWN_DISCONNECT);
	c->timers.transfer_time = target_value(t, KNOWN_TRANSFER_TIME);
	c->timers.expiry = target_value(t, KNOWN_EXPIRY);
	c->timers.open_retries = (uint32_t)target_value(t, KNOWN_OPEN_RETRIES);
	c->timers.transfer_retries = (uint32_t)target_value(t, KNOWN_TRANSFER_RETRIES);
	c->checkpoint_kib = (uint32_t)target_value(t, KNOWN_CHECKPOINT) / RTSE_CHECKPOINT_UNIT;
	c->window = (uint32_t)target_value(t, KNOWN_WINDOW);
	c->associations_max = (uint32_t)target_value(t, KNOWN_ASSOCIATIONS);
	c->control_blocks = 20;		/* the documented default for TCP/IP */
}

static bool lab_defects(struct run *r, struct mta_config *c)
{
	char unknown[MTA_DEFECT_NAME];

	return mta_defects_add(c, r->config->defects, unknown) ||
	       run_trouble(r, "the lab MTA has no defect \"%s\"; x400rig mta --defect list shows "
	                   "them", unknown);
}

/* What the side `up` says of TLS, the lab MTA says too: whoever calls whom, one is client. */
static bool lab_link(const struct target *t, struct mta_config *c)
{
	char list[TARGET_LINK], *rest = list;
	size_t n = 0;

	copy(list, sizeof list, t->sides[SIDE_UP].link);
	for (char *word; (word = strsep(&rest, " ")) != NULL && n < sizeof c->link;)
		if (strncmp(word, "tls", 3) == 0)
			n += (size_t)snprintf(c->link + n, sizeof c->link - n, "%s ", word);
	return n < sizeof c->link;
}

static bool is_restarted(const struct scenario *sc)
{
	for (size_t i = 0; i < sc->steps_n; i++)
		if (sc->steps[i].kind == STEP_HOOK && sc->steps[i].n == HOOK_RESTART)
			return true;
	return false;
}

static bool lab_config(struct run *r, struct mta_config *c)
{
	const struct target *t = r->t;
	const char *secret = target_secret(t->its_password);
	char path[FOLDER_PATH];

	mta_defaults(c);
	lab_timers(t, c);
	snprintf(c->local, sizeof c->local, "C=%s;A=%s;P=%s;", t->domain[0], t->domain[1],
	         t->domain[2]);
	if (!net_address_parse(&c->listen, r->spaces ? "0.0.0.0:0" : "127.0.0.1:0", 0) ||
	    !lab_defects(r, c))
		return run_trouble(r, "the lab MTA cannot be set up");
	for (int i = 0; i < 3; i++)
		if (!copy(c->domain[i], sizeof c->domain[i], t->domain[i]))
			return run_trouble(r, "the target's domain is too long");
	for (size_t i = 0; i < t->sides_n; i++)
		if (!lab_peer(r, c, &r->sides[i]))
			return run_trouble(r, "side %s is too long for the lab MTA",
			                   t->sides[i].name);
	c->proof = t->proof;
	if (!lab_link(t, c))
		return run_trouble(r, "the link of side up is too long for the lab MTA");
	if (!copy(c->name, sizeof c->name, t->its_name) ||
	    !copy(c->password, sizeof c->password, secret ? secret : "") ||
	    !folder_join(path, r->config->folder, "mta/", run_name(r->config, r->sc)) ||
	    !copy(r->iut.log_folder, sizeof r->iut.log_folder, path) ||
	    !copy(c->log_dir, sizeof c->log_dir, path))
		return run_trouble(r, "the path of the run folder is too long");
	if (!folder_make(path))
		return run_trouble(r, "%s: %s", path, strerror(errno));
	if ((!r->config->is_virtual || is_restarted(r->sc)) &&
	    (!folder_join(path, r->iut.log_folder, "queue", ".sqlite") ||
	     !copy(c->queue, sizeof c->queue, path)))
		return run_trouble(r, "the path of the run folder is too long");
	return true;
}

/* What hooks do, from within. */
static void obey(struct mta *mta, enum hook which)
{
	switch (which) {
	case HOOK_DISK_FULL:
	case HOOK_DISK_FREE:
		mta_disk_full(mta, which == HOOK_DISK_FULL);
		break;
	case HOOK_CLOCK_FORWARD:
	case HOOK_CLOCK_BACK:
		mta_clock_jump(mta, (which == HOOK_CLOCK_BACK ? -3600 : 3600) * SECOND_US);
		break;
	default:
		break;
	}
}

/* --- in virtual time: on our own loop ---------------------------------------------- */

static bool start_inside(struct run *r, const struct mta_config *c)
{
	char why[256] = "";

	if (!r->iut.world)
		r->iut.world = end_world_new(r->net, NULL);
	if (!r->iut.world)
		return run_trouble(r, "out of memory");
	r->iut.in_process = mta_new(r->iut.world, c, why, sizeof why);
	if (!r->iut.in_process)
		return run_trouble(r, "the lab MTA does not start: %s", why);
	r->iut.address = mta_address(r->iut.in_process);
	return true;
}

/* --- in real time: as a process of its own ------------------------------------------ */

struct iut_shared {
	uint32_t blocks;		/* control blocks in use */
	_Atomic bool is_short;		/* it had no memory for something that it met */
	_Atomic uint32_t order;		/* 1 and a hook: the child is to do it, and has when it is
					 * 0 */
};

static volatile sig_atomic_t lab_stop;

static void on_term(int signal_number)
{
	(void)signal_number;
	lab_stop = 1;
}

static void lab_say(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	(void)n;	/* whoever does not read this will miss us soon enough */
}

/* The child: an MTA and nothing else.  Says "ready ADDRESS" or what is wrong. */
static int lab_main(const struct mta_config *c, struct iut_shared *shared, int fd)
{
	struct net *net = net_kernel_new();
	struct end_world *world = net ? end_world_new(net, NULL) : NULL;
	char why[256] = "out of memory", text[NET_ADDRESS_TEXT + 8];
	struct net_address a;
	struct mta *mta;

	signal(SIGTERM, on_term);
	signal(SIGINT, SIG_IGN);	/* Ctrl-C is the runner's: it ends us in order */
	mta = world ? mta_new(world, c, why, sizeof why) : NULL;
	if (!mta) {
		lab_say(fd, why);
		return EXIT_FAILURE;
	}
	confine(CONFINE_NETWORK);
	a = mta_address(mta);
	snprintf(text, sizeof text, "ready ");
	net_address_text(&a, text + 6);
	lab_say(fd, text);
	close(fd);
	while (!lab_stop && !mta_stopped(mta)) {
		net_step(net, net_now(net) + SECOND_US / 10);
		shared->blocks = mta_control_blocks(mta);
		shared->is_short = net_short(net);
		if (shared->order) {
			obey(mta, (enum hook)(shared->order - 1));
			shared->order = 0;
		}
	}
	mta_free(mta);
	end_world_free(world);
	net_free(net);
	return EXIT_SUCCESS;
}

/* Reads to the end of file or time; octets read. */
static size_t read_line(int fd, char *buf, size_t cap, int ms)
{
	size_t n = 0;

	while (n + 1 < cap) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&p, 1, ms) <= 0)
			break;
		got = read(fd, buf + n, cap - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	buf[n] = '\0';
	return n;
}

static void on_exit_of_iut(int fd, void *ctx)
{
	struct run *r = ctx;
	int status = 0;

	(void)fd;
	if (r->iut.gone || waitpid(r->iut.pid, &status, WNOHANG) != r->iut.pid)
		return;
	r->iut.gone = true;
	run_scenario_event(r, SCENARIO_IUT_GONE, (uint32_t)status);
}

static void child(struct run *r, const struct mta_config *c, int fd)
{
	char path[FOLDER_PATH];
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (r->spaces && !net_space_enter(r->spaces, NET_SPACE_HUB))
		_exit(EXIT_FAILURE);
	if (folder_join(path, r->iut.log_folder, "stderr", ".txt")) {
		err = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (err >= 0)
			dup2(err, STDERR_FILENO);
	}
	confine_descriptors(fd);
	_exit(lab_main(c, r->iut.shared, fd));
}

static bool share(struct run *r)
{
	void *p = r->iut.shared;

	if (!p)
		p = mmap(NULL, sizeof *r->iut.shared, PROT_READ | PROT_WRITE,
		         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r->iut.shared = p == MAP_FAILED ? NULL : p;
	return r->iut.shared != NULL;
}

static bool start_outside(struct run *r, const struct mta_config *c)
{
	char answer[300];
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return run_trouble(r, "pipe: %s", strerror(errno));
	if (!share(r)) {
		close(fd[0]);
		close(fd[1]);
		return run_trouble(r, "no memory to share: %s", strerror(errno));
	}
	fflush(NULL);			/* buffers must not be written twice */
	r->iut.pid = fork();
	if (r->iut.pid == 0) {
		close(fd[0]);
		child(r, c, fd[1]);
	}
	close(fd[1]);
	if (r->iut.pid < 0) {
		r->iut.pid = 0;
		close(fd[0]);
		return run_trouble(r, "fork: %s", strerror(errno));
	}
	read_line(fd[0], answer, sizeof answer, READY_MS);
	close(fd[0]);
	if (strncmp(answer, "ready ", 6) != 0 ||
	    !net_address_parse(&r->iut.address, answer + 6, 0))
		return run_trouble(r, "the lab MTA does not start: %s",
		                   answer[0] ? answer : "no answer");
	r->iut.pidfd = (int)syscall(SYS_pidfd_open, r->iut.pid, 0);
	if (r->iut.pidfd >= 0)
		r->iut.watch = net_watch(r->net, r->iut.pidfd, on_exit_of_iut, r);
	return true;
}

/* While it is away nobody else is given its port; among hosts of its own nobody asks. */
static bool reserve_address(struct run *r, struct mta_config *c)
{
	if (r->spaces)
		return true;
	r->iut.reserved = net_reserve(r->net, &c->listen);
	if (!r->iut.reserved)
		return run_trouble(r, "no port for the lab MTA: %s", strerror(errno));
	c->listen = net_listener_address(r->iut.reserved);
	return true;
}

/* --- any MTA ------------------------------------------------------------------------- */

bool iut_start(struct run *r)
{
	struct mta_config c;

	r->iut.pidfd = -1;
	if (!r->t->lab) {
		return iut_logs_begin(r) &&
		       (net_resolve(r->net, &r->iut.address, r->t->address, 102) ||
		        run_trouble(r, "%s: no such address", r->t->address));
	}
	if (!lab_config(r, &c) || !iut_logs_begin(r))
		return false;
	if (r->config->is_virtual)
		return start_inside(r, &c);
	return reserve_address(r, &c) && start_outside(r, &c);
}

static void end_process(struct run *r)
{
	int status;

	if (r->iut.watch)
		net_watch_end(r->iut.watch);
	if (!r->iut.gone) {
		struct pollfd p = { .fd = r->iut.pidfd, .events = POLLIN };

		kill(r->iut.pid, SIGTERM);
		if (r->iut.pidfd < 0 || poll(&p, 1, END_MS) <= 0)
			kill(r->iut.pid, SIGKILL);
		while (waitpid(r->iut.pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (r->iut.pidfd >= 0)
		close(r->iut.pidfd);
	r->iut.pid = 0;
}

void iut_stop(struct run *r)
{
	if (r->iut.in_process)
		mta_free(r->iut.in_process);
	if (r->iut.world)
		end_world_free(r->iut.world);
	if (r->iut.pid > 0)
		end_process(r);
	if (r->iut.reserved)
		net_listener_close(r->iut.reserved);
	r->iut.reserved = NULL;
	if (r->iut.shared)
		munmap(r->iut.shared, sizeof *r->iut.shared);
	r->iut.shared = NULL;
	r->iut.in_process = NULL;
	r->iut.world = NULL;
}

uint32_t iut_blocks(const struct run *r)
{
	return r->iut.shared && !r->iut.gone ? r->iut.shared->blocks : 0;
}

bool iut_short(const struct run *r)
{
	return r->iut.shared && r->iut.shared->is_short;
}

/* ---- what hooks do ---- */

/* As a crash: what is not on its disk is gone, and its connections are. */
static bool restart(struct run *r)
{
	struct mta_config c;

	if (!lab_config(r, &c))
		return false;
	c.listen = r->iut.address;
	if (r->config->is_virtual) {
		mta_free(r->iut.in_process);
		r->iut.in_process = NULL;
		return start_inside(r, &c);
	}
	kill(r->iut.pid, SIGKILL);
	end_process(r);
	return start_outside(r, &c);
}

bool iut_hook(struct run *r, enum hook which)
{
	if (which == HOOK_RESTART)
		return restart(r);
	if (r->config->is_virtual) {
		obey(r->iut.in_process, which);
		return true;
	}
	r->iut.shared->order = 1 + which;
	for (int ms = 0; ms < END_MS && r->iut.shared->order; ms++)
		poll(NULL, 0, 1);
	return !r->iut.shared->order || run_trouble(r, "the lab MTA does not hear");
}
