/*
 * kills: the lab MTA is killed again and again; nothing may be lost, and
 * nothing doubled beyond what the protocol permits.
 *
 *     kills FOLDER [-n KILLS] [-s SEED] [-u] [-f TIMES]
 *
 *     sender ==> MTA (a child process) ==> receiver      sender and receiver are this process
 *
 * Half of the kills come at a random time; the others at a boundary: before or
 * after a commit, an acknowledgement, or a write to a connection, counted up
 * one by one.  In every second pair the MTA has lost its power too (power.h).  Half of
 * the MTAs write each commit beside their loop, the others only large ones.
 * -u runs the MTA with synchronous=OFF, which must not survive that; -f fills
 * the disk and empties it again so many times, in turn with one whose syncs fail behind what they
 * have written, and kills the MTA half of the times meanwhile.
 *
 * The sender offers a message again until it is acknowledged.  A cut leaves a
 * message in doubt where the acknowledgement of its activity end may or may not
 * have arrived: at the sender, when all of its content had been taken; at the
 * receiver, when the MTA has shown no PDU of a next activity.  What the MTA discards before
 * the acknowledgement of its end has left has not arrived.  Each message must
 * arrive, whole, under its MTS identifier, and at most once more for each doubt.
 */
#include "mta/mta.h"
#include "mta/queue.h"
#include "power.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SENDERS = 3,
	MESSAGES_MAX = 200000,
	CONTENT_MOST = 90 << 10,	/* three checkpoints */
	SETTLE_MS = 15000,		/* without any progress: what is left is lost */
	UNSAFE_MS = 1500,		/* the same where something must be */
	QUIET_MS = 300,			/* when all is there nothing more may come */
	PATIENCE = 5000,		/* times 1 ms: a machine may have much else to do */
	HOLD = 150,			/* of 256 sectors are held back until a sync */
};

/* ---- the MTA, and where it dies ---- */

struct shared {
	volatile bool armed, full, fails;	/* of the disk: no room; syncs */
	volatile long boundary, until;	/* passed so far; die at this one, 0: never */
	volatile unsigned kinds[4];	/* deaths at commit, acknowledgement, write, random time */
};

static struct shared *shared;
static bool is_mta, unsafe, aside;

static void boundary(unsigned kind)
{
	if (!is_mta || !shared->armed || ++shared->boundary != shared->until)
		return;
	shared->kinds[kind]++;
	raise(SIGKILL);
}

bool __real_queue_commit(struct queue *q);
bool __wrap_queue_commit(struct queue *q);
void __real_queue_begin(struct queue *q, struct writer *w);
void __wrap_queue_begin(struct queue *q, struct writer *w);
bool __real_queue_end(struct queue *q);
bool __wrap_queue_end(struct queue *q);
bool __real_queue_has_gathered(const struct queue *q, unsigned n);
bool __wrap_queue_has_gathered(const struct queue *q, unsigned n);
bool __real_queue_open(struct queue *q, const char *path, unsigned peers_n, queue_peer_fn *peer,
                       const void *ctx);
bool __wrap_queue_open(struct queue *q, const char *path, unsigned peers_n, queue_peer_fn *peer,
                       const void *ctx);
void __real_association_secured(struct association *a, int64_t now, uint32_t serial);
void __wrap_association_secured(struct association *a, int64_t now, uint32_t serial);
void __real_association_secured_all(struct association *a, int64_t now);
void __wrap_association_secured_all(struct association *a, int64_t now);
ssize_t __real_net_writev(struct net_conn *c, const struct iovec *iov, int n);
ssize_t __wrap_net_writev(struct net_conn *c, const struct iovec *iov, int n);

bool __wrap_queue_commit(struct queue *q)
{
	bool changed = queue_changed(q), ok;

	if (changed)
		boundary(0);
	ok = __real_queue_commit(q);
	if (changed)
		boundary(0);
	return ok;
}

void __wrap_queue_begin(struct queue *q, struct writer *w)
{
	boundary(0);
	__real_queue_begin(q, w);
	boundary(0);
}

bool __wrap_queue_end(struct queue *q)
{
	bool ok;

	boundary(0);
	ok = __real_queue_end(q);
	boundary(0);
	return ok;
}

bool __wrap_queue_has_gathered(const struct queue *q, unsigned n)
{
	return aside ? queue_changed(q) : __real_queue_has_gathered(q, n);
}

bool __wrap_queue_open(struct queue *q, const char *path, unsigned peers_n, queue_peer_fn *peer,
                       const void *ctx)
{
	bool ok = __real_queue_open(q, path, peers_n, peer, ctx);

	if (ok && unsafe)
		sqlite3_exec(q->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	return ok;
}

void __wrap_association_secured(struct association *a, int64_t now, uint32_t serial)
{
	boundary(1);
	__real_association_secured(a, now, serial);
	boundary(1);
}

void __wrap_association_secured_all(struct association *a, int64_t now)
{
	boundary(1);
	__real_association_secured_all(a, now);
	boundary(1);
}

ssize_t __wrap_net_writev(struct net_conn *c, const struct iovec *iov, int n)
{
	ssize_t taken;

	boundary(2);
	taken = __real_net_writev(c, iov, n);
	boundary(2);
	return taken;
}

static void mta_main(const struct mta_config *c, bool power, uint64_t seed, int fd)
{
	struct net *net;
	struct end_world *world;
	struct mta *m;
	struct net_address at;
	char why[256];

	is_mta = true;
	aside = seed >> 8 & 1;
	if (power && !power_install(seed, HOLD, &shared->full, &shared->fails))
		_exit(3);
	net = net_kernel_new();
	world = end_world_new(net, NULL);
	m = mta_new(world, c, why, sizeof why);
	if (!m) {
		fprintf(stderr, "kills: the MTA does not start: %s\n", why);
		_exit(4);
	}
	at = mta_address(m);
	if (write(fd, &at.port, sizeof at.port) != sizeof at.port)
		_exit(5);
	for (;;)
		net_step(net, NEVER_US);
}

/* ---- the ledger ---- */

struct message {
	uint32_t size;
	bool accepted;
	uint16_t doubts, copies;
};

static struct message *messages;
static uint32_t offered;		/* messages[0 .. offered) have been begun */

static uint64_t seed = 1;

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint64_t draws;

static uint64_t draw(void)
{
	return mix(seed ^ ++draws << 20);
}

/* Octet `at` of message n's content. */
static uint8_t octet_of(uint32_t n, uint64_t at)
{
	return (uint8_t)(n * 167 + at * 13 + (at >> 8) * 7);
}

static unsigned wrong;

static void complain(const char *what, uint32_t n)
{
	if (++wrong <= 10)
		printf("message %u: %s (accepted %d, %u doubts, %u copies)\n", n, what,
		       messages[n].accepted, messages[n].doubts, messages[n].copies);
}

/* ---- both peers ---- */

static struct net *net;
static struct end_world *world;
static struct net_listener *listener;
static bool ending;			/* offer nothing new */
static uint32_t delivered, confirmed, refused;	/* in all */

struct sender {
	struct end *end;
	bool bound;
	bool sending, active;		/* has a message; a transfer of it is under way */
	bool whole;			/* all of its content was taken */
	uint32_t n;
	uint8_t head[512], content[CONTENT_MOST];
};

static struct sender senders[SENDERS];
static uint16_t mta_port;

static unsigned receivers;		/* connections of the MTA */

struct receiver {
	struct end *end;
	int64_t now, unseen;		/* message that comes in; acknowledged, and the MTA has not
					 * shown that it knows: number, -1: none */
	int64_t given_up;		/* unseen when its discard came; -1: none */
	uint64_t at;
	bool bad;
};

static size_t name(const char *text, uint8_t *dst, size_t cap)
{
	struct p1_name n;
	size_t bad;

	return p1_name_parse(octets_of(text), &n, &bad) ? p1_name_encode(&n, 0x60, dst, cap) : 0;
}

static size_t head_of(uint32_t n, uint8_t *dst, size_t cap)
{
	static uint8_t from[80], to[80];
	size_t from_n = name("C=XX;A=TEST;P=UP;S=A;", from, sizeof from);
	size_t to_n = name("C=XX;A=TEST;P=DOWN;S=B;", to, sizeof to);
	struct p1_recipient r = {
		.name = { to, to_n }, .number = 1, .indicators = P1_RESPONSIBILITY,
	};
	struct p1_domain domain = {
		{ p1_string("XX"), 0x13 }, { p1_string("TEST"), 0x13 }, { p1_string("UP"), 0x13 },
	};
	char local[16];
	struct p1_message m = {
		.originator = { from, from_n }, .recipients_n = 1, .recipients = &r,
		.content_type = { true, false, P1_CONTENT_UNIDENTIFIED, { NULL, 0 } },
		.trace = { .domain = domain, .arrival = p1_string("250101000000Z") },
	};

	snprintf(local, sizeof local, "%u", n);
	m.id = (struct p1_mts_id){ domain, p1_string(local) };
	return p1_message_head(&m, messages[n].size, dst, cap);
}

static void offer(struct sender *s)
{
	struct p1_transfer t;

	if (!s->sending) {
		if (ending || offered == MESSAGES_MAX)
			return;
		s->n = offered++;
		messages[s->n].size = (uint32_t)(draw() % (draw() % 4 ? 3000 : CONTENT_MOST));
		s->sending = true;
	}
	s->whole = messages[s->n].size == 0;
	for (uint32_t i = 0; i < messages[s->n].size; i++)
		s->content[i] = octet_of(s->n, i);
	t = (struct p1_transfer){
		.id = s->n, .head = { s->head, head_of(s->n, s->head, sizeof s->head) },
		.content_length = messages[s->n].size,
	};
	s->active = true;
	association_transfer(end_association(s->end), net_now(net), &t);
}

static void sent(struct sender *s, bool positive)
{
	s->active = false;
	if (positive) {
		messages[s->n].accepted = true;
		s->sending = false;
		confirmed++;
		offer(s);
	} else {
		s->whole = false;	/* refused: no doubt */
		refused++;
	}
}

static void sender_event(struct end *end, const struct event *e, void *ctx)
{
	struct sender *s = ctx;
	struct association *a = end_association(end);
	struct p1_bind bind = p1_bind_simple("UP", "u");

	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED) {
		association_bind(a, net_now(net), &bind);
	} else if (e->kind == EVENT_WANT) {
		s->whole |= e->offset + e->length >= messages[s->n].size;
		association_lend(a, net_now(net),
		                 (struct octets){ s->content + e->offset,
		                                  messages[s->n].size - (size_t)e->offset });
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1) {
		if (e->code == SERVICE_CONNECT && e->type == CONFIRM) {
			s->bound = e->flags & EVENT_F_POSITIVE;
			refused += !s->bound;
			if (s->bound)
				offer(s);
		} else if (e->code == SERVICE_TRANSFER && e->type == CONFIRM &&
		           event_service(e)->reason != RTSE_FAIL_ABORTED) {
			sent(s, e->flags & EVENT_F_POSITIVE);
		}
	}
}

static void sender_over(struct end *end, void *ctx)
{
	struct sender *s = ctx;

	if (s->sending && s->bound && s->whole)
		messages[s->n].doubts++;
	s->whole = s->bound = s->active = false;
	s->end = NULL;
	end_free(end);
}

static void received_head(struct receiver *r, const struct event *e)
{
	struct findings f = { .n = 0 };
	struct p1_apdu a;
	char text[16];

	r->unseen = r->given_up = -1;
	r->now = -1;
	r->at = 0;
	r->bad = !p1_decode(event_service(e)->data, &a, &f) || a.id.local.raw.n >= sizeof text;
	if (r->bad)
		return;
	memcpy(text, a.id.local.raw.p, a.id.local.raw.n);
	text[a.id.local.raw.n] = '\0';
	r->now = strtol(text, NULL, 10);
	r->bad = r->now >= offered;
}

static void received_data(struct receiver *r, struct octets o)
{
	for (size_t i = 0; i < o.n && !r->bad; i++)
		r->bad = o.p[i] != octet_of((uint32_t)r->now, r->at + i);
	r->at += o.n;
}

static void received_all(struct receiver *r)
{
	if (r->bad || r->at != messages[r->now].size) {
		wrong++;
		printf("message %lld came with another content or size\n", (long long)r->now);
		return;
	}
	messages[r->now].copies++;
	delivered++;
	r->unseen = r->now;
}

/* Given up while our acknowledgement was under way.  The MTA's next PDU shows that it has not had
 * it: the end was complete, its outcome is in doubt, and to give up is the cut, as if the
 * association was lost (X.218 9.3.1.2, 9.3.1.3): one copy more, for this one time. */
static void crossed(struct receiver *r)
{
	if (r->unseen >= 0)
		messages[r->unseen].doubts++;
	r->given_up = r->unseen;
	r->unseen = -1;
}

/* RTSE tells of the discard only if no acknowledgement has left: they came together, there is no
 * doubt, and it has not arrived. */
static void discarded(struct receiver *r)
{
	if (r->given_up < 0)
		return;
	messages[r->given_up].doubts--;
	messages[r->given_up].copies--;
	delivered--;
	r->given_up = -1;
}

static void receiver_event(struct end *end, const struct event *e, void *ctx)
{
	struct receiver *r = ctx;
	struct association *a = end_association(end);
	struct p1_bind bind = p1_bind_simple("DOWN", "d");

	if (e->kind == EVENT_PDU_IN && e->layer == LAYER_SESSION && e->code == SPDU_AD)
		crossed(r);
	if (e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1 || e->type != INDICATION)
		return;
	switch (e->code) {
	case SERVICE_CONNECT:
		association_accept(a, net_now(net), &bind);
		break;
	case SERVICE_DATA:
		received_data(r, event_service(e)->data);
		break;
	case SERVICE_SYNC_MINOR:
		association_secured(a, net_now(net), e->value);
		break;
	case SERVICE_TRANSFER:
		if (e->flags & EVENT_F_FIRST)
			received_head(r, e);
		if ((e->flags & EVENT_F_LAST) && (e->flags & EVENT_F_POSITIVE)) {
			received_all(r);
			association_secured_all(a, net_now(net));
		} else if ((e->flags & EVENT_F_LAST) &&
		           event_service(e)->reason == RTSE_FAIL_DISCARDED) {
			discarded(r);
		}
		break;
	case SERVICE_RELEASE:
		r->unseen = -1;
		association_release_answer(a, net_now(net));
		break;
	default:
		break;
	}
}

static void receiver_over(struct end *end, void *ctx)
{
	struct receiver *r = ctx;

	if (r->unseen >= 0)
		messages[r->unseen].doubts++;
	receivers--;
	free(r);
	end_free(end);
}

static struct end_config end_config_of(bool initiator)
{
	struct end_config c = { .bind_us = 0 };

	association_defaults(&c.association, initiator);
	c.association.no_pdus = initiator;
	return c;
}

static void accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	static const struct end_user user = { .event = receiver_event, .over = receiver_over };
	struct receiver *r = calloc(1, sizeof *r);
	struct end_config config = end_config_of(false);

	(void)l;
	(void)ctx;
	receivers++;
	r->now = r->unseen = r->given_up = -1;
	r->end = end_accept(world, c, &config, &user, r);
}

static void connect_senders(void)
{
	static const struct end_user user = { .event = sender_event, .over = sender_over };
	struct net_address to = { .family = 4, .host = { 127, 0, 0, 1 }, .port = mta_port };
	struct end_config config = end_config_of(true);

	for (unsigned i = 0; i < SENDERS; i++) {
		struct sender *s = &senders[i];

		if (s->bound && s->sending && !s->active) {	/* it was refused */
			offer(s);
			end_pump(s->end);
		}
		/* One that only waits for new messages has nothing to do at the end. */
		if (!s->end && (s->sending || !ending))
			s->end = end_connect(world, &to, NULL, &config, &user, s);
	}
}

/* ---- rounds ---- */

static struct mta_config config;

static pid_t start(bool power)
{
	int fd[2];
	pid_t pid;

	if (pipe(fd))
		return -1;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		mta_main(&config, power, draw(), fd[1]);
	}
	close(fd[1]);
	if (read(fd[0], &mta_port, sizeof mta_port) != sizeof mta_port) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(fd[0]);
	return pid;
}

static void run_for(int64_t us)
{
	int64_t until = net_now(net) + us;

	while (net_now(net) < until)
		net_step(net, until);
}

static bool any_end(void)
{
	if (receivers)
		return true;
	for (unsigned i = 0; i < SENDERS; i++)
		if (senders[i].end)
			return true;
	return false;
}

/* Both peers read to the end of what the dead MTA had sent. */
static void mourn(pid_t pid)
{
	waitpid(pid, NULL, 0);
	shared->armed = false;
	for (int i = 0; i < 1000 && any_end(); i++)
		run_for(200);
	run_for(500);
}

static bool is_dead(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;
}

static bool round_of(unsigned i, bool timed, long at)
{
	bool power = i / 2 % 2;
	/* Some live long enough for deliveries to wait for the next commit. */
	int64_t life = (int64_t)(draw() % (i % 16 > 12 ? 80000 : 12000));
	pid_t pid;

	shared->boundary = 0;
	shared->until = timed ? 0 : at;
	shared->armed = true;
	pid = start(power);
	if (pid < 0)
		return false;
	connect_senders();
	if (timed) {
		run_for(life);
		shared->kinds[3]++;
		kill(pid, SIGKILL);
	} else {
		for (int k = 0; k < 4000 && !is_dead(pid); k++)
			run_for(100);
		kill(pid, SIGKILL);	/* if it never came so far */
	}
	mourn(pid);
	return true;
}

static bool settled(void)
{
	for (uint32_t i = 0; i < offered; i++)
		if (!messages[i].accepted || !messages[i].copies)
			return false;
	return true;
}

static bool settle(void)
{
	pid_t pid;

	ending = true;
	pid = start(false);
	if (pid < 0)
		return false;
	for (int ms = 0; ms < (unsafe ? UNSAFE_MS : SETTLE_MS) && !settled(); ms += 10) {
		uint32_t before = confirmed + delivered;

		connect_senders();
		run_for(10000);
		if (confirmed + delivered != before)
			ms = 0;
	}
	run_for(QUIET_MS * 1000);
	kill(pid, SIGKILL);
	mourn(pid);
	return true;
}

static void audit(void)
{
	for (uint32_t i = 0; i < offered; i++) {
		const struct message *m = &messages[i];

		if (m->copies == 0)
			complain("lost", i);
		else if (m->copies > 1 + m->doubts)
			complain("doubled without doubt", i);
	}
}

static int finish(const char *what, unsigned rounds, bool started)
{
	long long doubts = 0, copies = 0;

	audit();
	for (uint32_t i = 0; i < offered; i++) {
		doubts += messages[i].doubts;
		copies += messages[i].copies;
	}
	printf("%u %s (commit %u, acknowledgement %u, write %u, random time %u): %u messages, "
	       "%lld in doubt, %lld copies more, %u wrong%s\n", rounds, what, shared->kinds[0],
	       shared->kinds[1], shared->kinds[2], shared->kinds[3], offered,
	       doubts, copies - offered, wrong,
	       started ? "" : "; the MTA did not start again");
	return wrong || !started ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int kills(unsigned n)
{
	long at = 1, until = 300, step = n < 600 ? 600 / (long)n : 1;
	bool started = true;

	for (unsigned i = 0; i < n && started; i++) {
		bool timed = i % 2;

		started = round_of(i, timed, at);
		if (!timed && (at += step) > until)
			at = 1;
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%u of %u kills, %u messages", i + 1, n, offered);
	}
	started = started && settle();
	return finish("kills", n, started);
}

/* ---- disk full ---- */

/* The receiver is away for longer than the MTA waits for it: transfers are discarded behind
 * their ends. */
enum { TRANSFER_US = 200000, AWAY_US = 250000 };

/* Until `count` has grown; false: it does not. */
static bool grows(const uint32_t *count, pid_t pid)
{
	uint32_t before = *count;

	for (int k = 0; k < PATIENCE && !is_dead(pid); k++) {
		connect_senders();
		run_for(1000);
		if (*count != before)
			return true;
	}
	return false;
}

/* What the MTA had acknowledged before it noticed has come when nothing came for so long. */
static void read_on(void)
{
	uint32_t before;

	do {
		before = confirmed;
		run_for(30000);
	} while (confirmed != before);
}

/* Filled, refused, perhaps killed (each fourth time at once, before anything is written over what
 * has failed), emptied, taken again; NULL, or what was wrong. */
static const char *fill_and_empty(unsigned i, pid_t *pid)
{
	volatile bool *trouble = i % 2 ? &shared->fails : &shared->full;
	bool killed = i % 4 == 0 || i % 4 == 3;
	const char *wrong_is = NULL;
	uint32_t before;

	connect_senders();
	run_for(30000);
	if (i % 4 == 1)
		usleep(AWAY_US);
	*trouble = true;
	if (!grows(&refused, *pid))
		return is_dead(*pid) ? "the MTA died" : "it was not refused";
	if (i % 4 != 3)
		read_on();
	before = confirmed;
	for (int k = 0; k < 10 && i % 4 != 3; k++) {
		connect_senders();
		run_for(10000);
	}
	if (confirmed != before)
		wrong_is = "a message was taken";
	if (killed) {
		kill(*pid, SIGKILL);
		mourn(*pid);
	}
	*trouble = false;
	if (killed)
		*pid = start(true);
	if (*pid < 0)
		return "the MTA did not start again";
	if (!grows(&confirmed, *pid))
		return is_dead(*pid) ? "the MTA died" : "nothing was taken again afterwards";
	return wrong_is;
}

static int disk_full(unsigned times)
{
	const char *wrong_is = NULL;
	pid_t pid;

	config.timers.transfer_time = TRANSFER_US;
	pid = start(true);
	for (unsigned i = 0; i < times && pid > 0 && !wrong_is; i++)
		wrong_is = fill_and_empty(i, &pid);
	if (wrong_is)
		printf("while the disk is full: %s\n", wrong_is);
	if (pid > 0) {
		kill(pid, SIGKILL);
		mourn(pid);
	}
	return finish("times a full disk", times, pid > 0 && settle() && !wrong_is);
}

static void configure(const char *folder)
{
	struct mta_peer *up = &config.peers[0], *down = &config.peers[1];

	mta_defaults(&config);
	mta_scale(&config, 1e-4);	/* an open interval of 60 ms */
	config.timers.open_interval = 5000;
	config.timers.expiry = config.timers.transfer_time = INT64_C(3600) * SECOND_US;
	config.timers.lifetime = config.timers.disconnect = 10 * SECOND_US;
	config.timers.open_retries = config.timers.transfer_retries = 1000000;
	net_address_parse(&config.listen, "127.0.0.1:0", 0);
	config.peers_n = 2;
	*up = (struct mta_peer){ .name = "UP", .password = "u" };
	*down = (struct mta_peer){ .name = "DOWN", .password = "d", .prefix = "C=XX;A=TEST;P=DOWN;",
	                           .address = net_listener_address(listener) };
	snprintf(config.queue, sizeof config.queue, "%s/queue.sqlite", folder);
}

int main(int argc, char **argv)
{
	unsigned n = 1000, full = 0;
	struct net_address any;
	int option, status;

	while ((option = getopt(argc, argv, "n:s:uf:")) != -1) {
		if (option == 'n')
			n = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'u')
			unsafe = true;
		else if (option == 'f')
			full = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind + 1 != argc)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	messages = calloc(MESSAGES_MAX, sizeof *messages);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
	              0);
	net = net_kernel_new();
	world = end_world_new(net, NULL);
	net_address_parse(&any, "127.0.0.1:0", 0);
	listener = net_listen(net, &any, 64, NULL, accepted, NULL);
	if (!messages || shared == MAP_FAILED || !listener)
		return 3;
	configure(argv[optind]);
	status = full ? disk_full(full) : kills(n);
	end_world_free(world);
	net_free(net);
	free(messages);
	return status;
}
