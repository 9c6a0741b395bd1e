/*
 * The packets of an interface, beside the capture that the rig makes of its sockets: here
 * zero windows and retransmissions are seen as they were.
 */
#include "scenario/runner_inner.h"

#include "capture/packets.h"
#include "net/net_space.h"

#include <stdio.h>

struct recording {
	size_t n;
	uint16_t ports[PACKETS_PORTS];
};

static void add(struct recording *c, uint16_t port)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->ports[i] == port)
			return;
	if (port && c->n < PACKETS_PORTS)
		c->ports[c->n++] = port;
}

static void on_packets(int fd, void *ctx)
{
	struct run *r = ctx;

	(void)fd;
	if (packets_take(r->packets))
		return;
	net_watch_end(r->packets_watch);
	r->packets_watch = NULL;
}

/* In spaces of our own all wires meet in the hub. */
bool record_begin(struct run *r)
{
	const char *device = r->spaces ? "any" : r->config->packets;
	struct recording c = { .n = 0 };
	char path[FOLDER_PATH], why[512] = "";

	if (!r->config->packets)
		return true;
	add(&c, r->iut.address.port);
	for (size_t i = 0; i < r->t->sides_n; i++)
		add(&c, r->sides[i].address.port);
	if (!folder_join(path, r->config->folder, run_name(r->config, r->sc), ".wire.pcap"))
		return run_trouble(r, "the path of the run folder is too long");
	if (!kernel_enter(r, NET_SPACE_HUB))
		return false;
	r->packets = packets_open(device, path, c.ports, c.n, why, sizeof why);
	kernel_leave(r);
	if (!r->packets)
		return run_trouble(r, "packets cannot be recorded: %s", why);
	r->packets_watch = net_watch(r->net, packets_descriptor(r->packets), on_packets, r);
	return r->packets_watch || run_trouble(r, "packets cannot be watched");
}

void record_end(struct run *r)
{
	if (r->packets_watch)
		net_watch_end(r->packets_watch);
	r->packets_watch = NULL;
	packets_close(r->packets);
	r->packets = NULL;
}
