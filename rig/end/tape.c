#include "end/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

struct capture_case {
	struct pcapng_writer *writer;
	uint32_t interface, connections;
	uint16_t port;
	bool described;
};

struct capture_case *capture_case_open(const char *path, const char *comment, uint16_t port,
                                       char *why, size_t why_cap)
{
	struct capture_case *c = calloc(1, sizeof *c);

	if (!c) {
		snprintf(why, why_cap, "%s: no memory", path);
		return NULL;
	}
	c->port = port;
	/* Captures that are merged must not share sequence numbers: virtual time
	 * gives the same ports to every case. */
	c->connections = (uint32_t)XXH3_64bits(comment, strlen(comment)) & 0xffff;
	c->writer = synth_create(path, comment, why, why_cap);
	if (!c->writer) {
		free(c);
		return NULL;
	}
	return c;
}

void capture_case_comment(struct capture_case *c, const char *text)
{
	if (c)
		pcapng_comment(c->writer, text);
}

bool capture_case_close(struct capture_case *c, char *why, size_t why_cap)
{
	bool ok = !c || pcapng_close(c->writer, why, why_cap);

	free(c);
	return ok;
}

static struct synth_end side(const struct net_address *a)
{
	struct synth_end s = { .port = a->port };

	s.address.version = a->family;
	memcpy(s.address.octets, a->host, a->family == 4 ? 4 : 16);
	return s;
}

void tape_begin(struct tape *t, struct capture_case *c, struct net_conn *conn, bool initiator,
                int64_t wall_us)
{
	struct net_address ours, theirs;
	struct synth_end ends[DIRECTIONS];
	struct synth_end *called = &ends[FROM_RESPONDER];

	t->initiator = initiator;
	t->on = false;
	if (!c)
		return;
	ours = net_local(conn);
	theirs = net_peer(conn);
	ends[initiator ? FROM_INITIATOR : FROM_RESPONDER] = side(&ours);
	ends[initiator ? FROM_RESPONDER : FROM_INITIATOR] = side(&theirs);
	if (c->port) {
		called->true_port = called->port;
		called->port = c->port;
	}
	if (!c->described)
		c->described = synth_interface(c->writer, "x400rig", called->port,
		                               called->true_port, &c->interface);
	t->on = synth_open(&t->synth, c->writer, c->interface, ends, c->connections++,
	                   SYNTH_ACCEPTED, wall_us * 1000);
}

static enum capture_direction from(const struct tape *t, bool out)
{
	return out == t->initiator ? FROM_INITIATOR : FROM_RESPONDER;
}

void tape_data(struct tape *t, bool out, int64_t wall_us, struct octets o)
{
	if (t->on)
		synth_data(&t->synth, from(t, out), wall_us * 1000, o);
}

void tape_fin(struct tape *t, bool out, int64_t wall_us)
{
	if (t->on)
		synth_fin(&t->synth, from(t, out), wall_us * 1000);
}

void tape_rst(struct tape *t, bool out, int64_t wall_us)
{
	if (t->on)
		synth_rst(&t->synth, from(t, out), wall_us * 1000);
	t->on = false;
}
