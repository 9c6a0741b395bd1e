#include "mta/mta_inner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LISTEN_BACKLOG = 128 };

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
			.expiry = 144 * 600 * SECOND_US,	/* open retries x open interval */
			.open_retries = 144,
			.transfer_retries = 2,
		},
		.checkpoint_kib = 30,
		.window = 5,
		.associations_max = 1000,
	};
}

void mta_scale(struct mta_config *c, double factor)
{
	int64_t *times[] = {
		&c->timers.open_interval, &c->timers.transfer_interval, &c->timers.recovery_timeout,
		&c->timers.lifetime, &c->timers.disconnect, &c->timers.expiry,
	};

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		*times[i] = (int64_t)((double)*times[i] * factor);
}

void mta_utc(struct mta *m, char out[14])
{
	time_t s = (time_t)(net_wall(m->net, net_now(m->net)) / SECOND_US);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(out, 14, "%y%m%d%H%M%SZ", &tm);
}

void mta_association(const struct mta *m, struct association_config *c, bool initiator)
{
	association_defaults(c, initiator);
	c->rtse.checkpoint = m->config.checkpoint_kib;
	c->rtse.window = m->config.window;
	c->session.tim_us = m->config.timers.disconnect;
}

static void turn(void *ctx)
{
	struct mta *m = ctx;
	bool committed;

	m->turn_due = false;
	committed = queue_commit(&m->queue);
	if (!committed)
		queue_rollback(&m->queue);
	inbound_acknowledge(m, committed);
	outbound_work(m);
	/* What was sent and confirmed since has changed the queue again. */
	queue_commit(&m->queue);
}

/* The loop's events of this turn come first: a timer due now fires after them. */
void mta_turn(struct mta *m)
{
	if (m->turn_due)
		return;
	m->turn_due = true;
	net_timer_set(m->net, &m->turn, net_now(m->net), turn, m);
}

static bool parse_routes(struct mta *m, char *why, size_t why_cap)
{
	struct p1_domain *d = &m->domain;
	struct p1_word *words[] = { &d->country, &d->admd, &d->prmd };

	for (size_t i = 0; i < 3; i++)
		*words[i] = (struct p1_word){ p1_string(m->config.domain[i]), 0x13 };
	for (size_t i = 0; i < m->config.peers_n; i++) {
		const char *prefix = m->config.peers[i].prefix;
		size_t bad;

		if (*prefix && !p1_name_parse(octets_of(prefix), &m->prefixes[i], &bad)) {
			snprintf(why, why_cap, "route \"%s\" of %s: cannot be read at character %zu",
			         prefix, m->config.peers[i].name, bad + 1);
			return false;
		}
	}
	return true;
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
	outbound_init(m);
	if (!parse_routes(m, why, why_cap) ||
	    !log_open(&m->log, c->log_dir, why, why_cap)) {
		free(m);
		return NULL;
	}
	if (!queue_open(&m->queue, c->queue)) {
		snprintf(why, why_cap, "%s", m->queue.why);
		log_close(&m->log);
		free(m);
		return NULL;
	}
	m->listener = net_listen(m->net, &c->listen, LISTEN_BACKLOG, NULL, inbound_accepted, m);
	if (!m->listener) {
		char text[NET_ADDRESS_TEXT];

		snprintf(why, why_cap, "cannot listen on %s: %s",
		         net_address_text(&c->listen, text), strerror(errno));
		mta_free(m);
		return NULL;
	}
	for (struct entry *e = m->queue.first; e; e = e->next)
		e->identifier = defect_identifier(m, e->peer);
	mta_turn(m);
	return m;
}

void mta_free(struct mta *m)
{
	if (!m)
		return;
	if (m->listener)
		net_listener_close(m->listener);
	net_timer_cancel(m->net, &m->turn);
	while (m->inbound)
		inbound_free(m->inbound);
	outbound_free(m);
	queue_close(&m->queue);
	log_close(&m->log);
	free(m);
}

struct net_address mta_address(const struct mta *m)
{
	return net_listener_address(m->listener);
}

size_t mta_queue_length(const struct mta *m)
{
	return m->queue.n;
}
