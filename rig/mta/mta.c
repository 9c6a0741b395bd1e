#include "mta/mta_inner.h"

#include "link/link_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	LISTEN_BACKLOG = 1024,
	/* A message that has come in waits as long as this for the answer to one that went out:
	 * what is delivered leaves the disk with the same commit. */
	COMPANY_US = 100,
	/* So often in vain, and it is tried only once in so many turns. */
	COMPANY_TRIES = 8,
	COMPANY_REST = 64,
	/* Messages for which it pays to wake the writer; and not to wait for the turn's end. */
	MUCH = 8,
	PLENTY = 16,
};

/* No wording for a full disk is documented; this one is inferred from 2124, which
 * reports an I/O error on an object's file. */
static const struct log_event event_disk = {
	2124, "Internal Processing", "Internal Processing", "Error", "DB Server", "XFER-IN", 12, 98,
	14, false, NULL,
};

void mta_defaults(struct mta_config *c)
{
	*c = (struct mta_config){
		.name = "LAB",
		.password = "lab-secret",
		.domain = { "XX", "TEST", "LAB" },
		.timers = {
			.open_interval = 600 * SECOND_US,
			.transfer_interval = 120 * SECOND_US,
			.recovery_timeout = 60 * SECOND_US,
			.lifetime = 300 * SECOND_US,
			.disconnect = 120 * SECOND_US,
			.transfer_time = 2000 * SECOND_US,
			.expiry = 144 * 600 * SECOND_US,	/* open retries x open interval */
			.seen = 144 * 600 * SECOND_US,
			.open_retries = 144,
			.transfer_retries = 2,
		},
		.checkpoint_kib = 30,
		.window = 5,
		.associations_max = 10,
		.threshold = 50,
		.control_blocks = MTA_CONTROL_BLOCKS,
	};
}

void mta_scale(struct mta_config *c, double factor)
{
	int64_t *times[] = {
		&c->timers.open_interval, &c->timers.transfer_interval, &c->timers.recovery_timeout,
		&c->timers.lifetime, &c->timers.disconnect, &c->timers.transfer_time,
		&c->timers.expiry, &c->timers.seen,
	};

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		*times[i] = (int64_t)((double)*times[i] * factor);
}

int64_t mta_wall(struct mta *m)
{
	return net_wall(m->net, net_now(m->net)) + m->clock_us;
}

void mta_utc(struct mta *m, char out[14])
{
	time_t s = (time_t)(mta_wall(m) / SECOND_US);
	struct tm tm;

	if (s != m->utc_s || !*m->utc) {
		gmtime_r(&s, &tm);
		strftime(m->utc, sizeof m->utc, "%y%m%d%H%M%SZ", &tm);
		m->utc_s = s;
	}
	memcpy(out, m->utc, sizeof m->utc);
}

void mta_association(struct mta *m, struct end_config *c, const struct mta_peer *peer)
{
	*c = (struct end_config){ .bind_us = peer ? 0 : m->config.timers.disconnect };
	association_defaults(&c->association, peer != NULL);
	if (peer)
		c->buffers = m->config.buffers;
	if (peer)
		association_use(&c->association, (enum association_context)peer->context);
	else
		association_use_any(&c->association);
	if (peer && peer->dialogue >= MTA_DIALOGUE_TWO_WAY)
		c->association.rtse.dialogue = RTSE_TWO_WAY_ALTERNATE;
	if (m->link)
		c->link = link_words_config(m->link, peer != NULL);
	c->association.number = ++m->associations;
	c->association.no_pdus = true;
	c->association.rtse.checkpoint = m->config.checkpoint_kib;
	c->association.rtse.window = m->config.window;
	c->association.rtse.interrupt_exceptions = true;
	c->association.rtse.recovery_us = m->config.timers.recovery_timeout;
	c->association.rtse.give_up_us = m->config.timers.disconnect;
	c->association.session.tim_us = m->config.timers.disconnect;
	defect_at(m, DEFECT_CONFIGURE, (struct at){ .config = c, .initiator = peer != NULL });
}

struct proof_terms mta_terms(struct mta *m, const struct mta_peer *p, const char *reader,
                             const char *password)
{
	return (struct proof_terms){
		.kind = (enum proof_kind)p->credentials, .mta = reader, .password = password,
		.wall_us = mta_wall(m),
	};
}

/* ---- a turn ---- */

/* Nothing is taken in for a while: the disk is full, or fails. */
static void congested(struct mta *m)
{
	int64_t now = net_now(m->net);

	if (!m->congested_until)
		log_event(&m->log, mta_wall(m), &event_disk, "The disk cannot be written. %s. "
		          "Associations and messages are refused until it can.", m->queue.why);
	m->congested_until = now + m->config.timers.transfer_interval;
}

/* Only what is not acknowledged yet waits, never a deletion: an answer that was read and is not
 * on disk is what a crash makes a second copy of. */
static bool may_wait(struct mta *m)
{
	if (m->waits || !m->due || !m->sending || queue_removes(&m->queue))
		return false;
	return m->tries > 0 || ++m->rested % COMPANY_REST == 0;
}

static void turn(void *ctx);

static void wait_for_company(struct mta *m)
{
	m->waits = true;
	net_timer_set(m->net, &m->turn, net_now(m->net) + COMPANY_US, turn, m);
}

/* Was it worth it? */
static void learn(struct mta *m)
{
	if (m->waits && queue_removes(&m->queue))
		m->tries = COMPANY_TRIES;
	else if (m->waits && m->tries)
		m->tries--;
	m->waits = false;
}

/* `commit`: the number of the one that has ended.  What it made safe is sent on before it is
 * acknowledged: the sender of an acknowledged one sends the next, and the queue would grow. */
static void finish(struct mta *m, uint64_t commit, bool committed)
{
	if (committed && m->congested_until <= net_now(m->net))
		m->congested_until = 0;
	if (committed)
		incoming_acknowledge_askers(m, commit);
	else
		congested(m);
	neighbour_work(m);
	incoming_acknowledge(m, commit, committed);
	if (queue_changed(&m->queue) || m->asked)
		mta_turn(m);		/* what has expired was reported; what came meanwhile */
}

static void on_written(void *ctx);

/* The writer is made when there is first much to write. */
static bool write_aside(struct mta *m, unsigned least)
{
	if (!queue_has_gathered(&m->queue, least))
		return false;
	if (!m->writer && !m->alone) {
		m->writer = writer_new(m->net, on_written, m);
		m->alone = !m->writer;
	}
	if (!m->writer)
		return false;
	net_timer_cancel(m->net, &m->turn);
	m->turn_due = m->asked = m->waits = false;
	m->writing = true;
	queue_begin(&m->queue, m->writer);
	return true;
}

/* If there is much again the writer goes on at once; but what needs rows of a commit that has
 * failed must be taken back first. */
static void on_written(void *ctx)
{
	struct mta *m = ctx;
	uint64_t commit = m->queue.begun;
	bool committed;

	m->writing = false;
	if (m->stopped)
		return;
	committed = queue_end(&m->queue);
	if (committed)
		write_aside(m, MUCH);
	finish(m, commit, committed);
}

static void turn(void *ctx)
{
	struct mta *m = ctx;
	bool committed;

	if (may_wait(m)) {
		wait_for_company(m);
		return;
	}
	learn(m);
	if (write_aside(m, MUCH))
		return;
	m->turn_due = m->asked = false;
	committed = queue_commit(&m->queue);
	finish(m, m->queue.begun, committed);
}

/* The loop's events of this turn come first: a timer due now fires after them.  A turn that
 * waits for company goes on when a message was delivered; while one is being written the next
 * one gathers.  Plenty is written at once: then there is less to wait for when all are read. */
void mta_turn(struct mta *m)
{
	bool goes_on = m->waits && queue_removes(&m->queue);

	m->asked = true;
	if (m->writing || m->stopped || write_aside(m, PLENTY) || (m->turn_due && !goes_on))
		return;
	m->turn_due = true;
	net_timer_set(m->net, &m->turn, net_now(m->net), turn, m);
}

/* ---- beginning and end ---- */

static int peer_named(const void *m, const char *name)
{
	return routing_named(m, name);
}

static void flush_log(void *ctx)
{
	log_flush(&((struct mta *)ctx)->log);
}

/* One write a turn, not one a line. */
static void on_logged(void *ctx)
{
	struct mta *m = ctx;

	if (!m->stopped)
		net_timer_set(m->net, &m->logged, net_now(m->net), flush_log, m);
}

static bool start(struct mta *m, char *why, size_t why_cap)
{
	const struct mta_config *c = &m->config;
	char text[NET_ADDRESS_TEXT], proof_why[CRYPTO_WHY], link_why[LINK_TLS_WHY];

	m->defects = defects_new(c->defects);
	if (!m->defects) {
		snprintf(why, why_cap, "no memory");
		return false;
	}
	m->proof = proof_new(&c->proof, proof_why);
	if (!m->proof) {
		snprintf(why, why_cap, "%s", proof_why);
		return false;
	}
	if (c->link[0] && !(m->link = link_words_new(c->link, link_why))) {
		snprintf(why, why_cap, "link: %s", link_why);
		return false;
	}
	if (!routing_init(m, why, why_cap) || !log_open(&m->log, c->log_dir, why, why_cap))
		return false;
	m->log.written = on_logged;
	m->log.ctx = m;
	if (!queue_open(&m->queue, c->queue, (unsigned)c->peers_n, peer_named, m)) {
		snprintf(why, why_cap, "%s", m->queue.why);
		return false;
	}
	m->listener = net_listen(m->net, &c->listen, LISTEN_BACKLOG, NULL, inbound_accepted, m);
	if (m->listener && *c->control)
		m->control = control_new(m, c->control, why, why_cap);
	if (m->listener)
		return m->control || !*c->control;
	snprintf(why, why_cap, "cannot listen on %s: %s%s", net_address_text(&c->listen, text),
	         strerror(errno), net_listen_hint(errno));
	return false;
}

struct mta *mta_new(struct end_world *world, const struct mta_config *c, char *why, size_t why_cap)
{
	struct mta *m = calloc(1, sizeof *m);

	if (!m) {
		snprintf(why, why_cap, "no memory");
		return NULL;
	}
	m->config = *c;
	m->world = world;
	m->net = end_world_net(world);
	m->blocks = 1;			/* the listener's */
	/* X.411 8.5.1: another one that began in this second has not come so far. */
	m->reports = (uint32_t)(mta_wall(m) % SECOND_US);
	m->due_last = &m->due;
	m->tries = COMPANY_TRIES;
	neighbour_init(m);
	if (!start(m, why, why_cap)) {
		mta_free(m);
		return NULL;
	}
	for (struct entry *e = queue_next(&m->queue, NULL); e; e = queue_next(&m->queue, e))
		if (defect_at(m, DEFECT_NUMBER, (struct at){ .e = e }))
			e->identifier = ++m->identifiers;
	mta_turn(m);
	return m;
}

static void close_all(struct mta *m)
{
	if (m->listener)
		net_listener_close(m->listener);
	m->listener = NULL;
	net_timer_cancel(m->net, &m->turn);
	net_timer_cancel(m->net, &m->watch);
	net_timer_cancel(m->net, &m->stop);
	net_timer_cancel(m->net, &m->logged);
	log_flush(&m->log);
	while (m->lines)
		line_free(m->lines);
	recovery_free(m);
	neighbour_free(m);
}

static void stop(void *ctx)
{
	struct mta *m = ctx;

	for (struct line *l = m->lines; l;) {
		if (end_conn(l->end) && !end_is_over(l->end)) {
			end_cut(l->end, LINK_CUT_RST);	/* which frees it, and perhaps others */
			l = m->lines;
		} else {
			l = l->next;
		}
	}
	close_all(m);
}

void mta_stop(struct mta *m)
{
	m->stopped = true;
	log_flush(&m->log);
	net_timer_cancel(m->net, &m->turn);
	net_timer_set(m->net, &m->stop, net_now(m->net), stop, m);
}

bool mta_stopped(const struct mta *m)
{
	return m->stopped || m->told_to_stop;
}

void mta_free(struct mta *m)
{
	if (!m)
		return;
	close_all(m);
	control_free(m->control);
	queue_close(&m->queue);
	writer_free(m->writer);
	log_close(&m->log);
	defects_free(m->defects);
	proof_free(m->proof);
	link_words_free(m->link);
	free(m);
}

void mta_disk_full(struct mta *m, bool full)
{
	queue_limit(&m->queue, full);
}

void mta_clock_jump(struct mta *m, int64_t us)
{
	m->clock_us += us;
	mta_turn(m);
}

uint32_t mta_control_blocks(const struct mta *m)
{
	return m->blocks;
}

struct net_address mta_address(const struct mta *m)
{
	return net_listener_address(m->listener);
}

size_t mta_queue_length(const struct mta *m)
{
	return m->queue.n;
}
