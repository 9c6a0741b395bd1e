#include "capture/packets.h"

#include "capture/capture.h"
#include "capture/libpcap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SNAP = 65535,
	BUFFER = 16 << 20,
	AT_ONCE = 1024,
	FILTER = PACKETS_PORTS * 24,
};

struct packets {
	pcap_t *pcap;
	pcap_dumper_t *file;
	uint64_t written;
};

static bool wrong(char *why, size_t cap, const char *what, const char *reason, const char *hint)
{
	snprintf(why, cap, "%s: %s%s", what, reason, hint);
	return false;
}

/* Packets come at once, not when a block is full: times and order stay near. */
static bool activate(struct packets *p, const char *device, char *why, size_t cap)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	int status;

	if (libpcap_load(error, sizeof error))
		p->pcap = libpcap.create(device, error);
	if (!p->pcap)
		return wrong(why, cap, device, error, "");
	libpcap.set_snaplen(p->pcap, SNAP);
	libpcap.set_immediate_mode(p->pcap, 1);
	libpcap.set_buffer_size(p->pcap, BUFFER);
	libpcap.set_tstamp_precision(p->pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = libpcap.activate(p->pcap);
	if (status < 0)
		return wrong(why, cap, device, status == PCAP_ERROR ? libpcap.geterr(p->pcap) :
		             libpcap.statustostr(status), capture_live_hint(status));
	if (libpcap.setnonblock(p->pcap, 1, error) < 0)
		return wrong(why, cap, device, error, "");
	return true;
}

static bool filter(struct packets *p, const uint16_t *ports, size_t n, char *why, size_t cap)
{
	char text[FILTER] = "";
	struct bpf_program program;
	size_t at = 0;
	bool ok;

	for (size_t i = 0; i < n && i < PACKETS_PORTS; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%stcp port %u", i ? " or " :
		                       "", (unsigned)ports[i]);
	if (libpcap.compile(p->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return wrong(why, cap, text, libpcap.geterr(p->pcap), "");
	ok = libpcap.setfilter(p->pcap, &program) == 0 ||
	     wrong(why, cap, text, libpcap.geterr(p->pcap), "");
	libpcap.freecode(&program);
	return ok;
}

struct packets *packets_open(const char *device, const char *path, const uint16_t *ports,
                             size_t n, char *why, size_t why_cap)
{
	struct packets *p = calloc(1, sizeof *p);

	if (!p) {
		wrong(why, why_cap, path, "no memory", "");
		return NULL;
	}
	if (activate(p, device, why, why_cap) && filter(p, ports, n, why, why_cap)) {
		p->file = libpcap.dump_open(p->pcap, path);
		if (p->file)
			return p;
		wrong(why, why_cap, path, libpcap.geterr(p->pcap), "");
	}
	packets_close(p);
	return NULL;
}

int packets_descriptor(const struct packets *p)
{
	return libpcap.get_selectable_fd(p->pcap);
}

static void write_packet(u_char *ctx, const struct pcap_pkthdr *head, const u_char *octets)
{
	struct packets *p = (struct packets *)ctx;

	libpcap.dump((u_char *)p->file, head, octets);
	p->written++;
}

bool packets_take(struct packets *p)
{
	return libpcap.dispatch(p->pcap, AT_ONCE, write_packet, (u_char *)p) >= 0;
}

struct packets_counts packets_close(struct packets *p)
{
	struct packets_counts counts = { 0, 0 };
	struct pcap_stat stat;
	uint64_t before;

	if (!p)
		return counts;
	if (p->file) {
		do
			before = p->written;
		while (packets_take(p) && p->written > before);
		libpcap.dump_close(p->file);
		if (libpcap.stats(p->pcap, &stat) == 0)
			counts.dropped = stat.ps_drop;
	}
	counts.written = p->written;
	if (p->pcap)
		libpcap.close(p->pcap);
	free(p);
	return counts;
}
