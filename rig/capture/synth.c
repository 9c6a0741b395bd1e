#include "capture/synth.h"

#include "capture/checksum.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
	HEADERS_MAX = 40 + 20 + 12,	/* IPv6, TCP, options of a SYN */
	WINDOW = 65535,
	WINDOW_SCALE = 7,		/* 8 MiB: data never overruns it */
	ACK_EVERY = 2,			/* segments (RFC 9293 3.8.6.3) */
	HOPS = 64,
	TCP = 6,
};

struct pcapng_writer *synth_create(const char *path, const char *comment,
                                   char *why, size_t why_cap)
{
	char text[1024];

	snprintf(text, sizeof text,
	         "The packets in this file were synthesised from socket events. Octets, their "
	         "order and times, FIN and RST are what the sockets saw; TCP numbers, flags, "
	         "acknowledgements and the cuts between segments are no evidence.%s%s",
	         comment ? "\n" : "", comment ? comment : "");
	return pcapng_create(path, text, why, why_cap);
}

bool synth_interface(struct pcapng_writer *w, const char *name, uint16_t port,
                     uint16_t true_port, uint32_t *number)
{
	char text[80] = "";
	struct pcapng_interface i = { .link = LINK_RAW, .name = name };

	if (true_port) {
		snprintf(text, sizeof text, "true port of the tested side: %u, written as %u",
		         (unsigned)true_port, (unsigned)port);
		i.comment = text;
	}
	return pcapng_interface(w, &i, number);
}

/* -- headers -- */

struct headers {
	uint8_t at[HEADERS_MAX];
	size_t n;
	uint64_t pseudo;	/* sum of the pseudo header (RFC 9293 3.1) */
};

static void put_u8(struct headers *h, uint8_t v)
{
	h->at[h->n++] = v;
}

static void put_u16(struct headers *h, size_t v)
{
	put_u8(h, (uint8_t)(v >> 8));
	put_u8(h, (uint8_t)v);
}

static void put_u32(struct headers *h, uint32_t v)
{
	put_u16(h, v >> 16);
	put_u16(h, v & 0xffff);
}

static void put_address(struct headers *h, const struct capture_address *a)
{
	size_t n = a->version == 4 ? 4 : 16;

	memcpy(h->at + h->n, a->octets, n);
	h->n += n;
	h->pseudo = checksum_add(h->pseudo, a->octets, n);
}

static void set_sum(struct headers *h, size_t at, uint64_t sum)
{
	uint16_t value = checksum_fold(sum);

	memcpy(h->at + at, &value, sizeof value);
}

/* RFC 791 3.1; never in fragments. */
static void put_ipv4(struct headers *h, const struct synth *s, enum capture_direction from,
                     size_t n)
{
	put_u16(h, 0x4500);
	put_u16(h, 20 + n);
	put_u32(h, 0x4000);
	put_u8(h, HOPS);
	put_u8(h, TCP);
	put_u16(h, 0);
	put_address(h, &s->end[from].address);
	put_address(h, &s->end[!from].address);
	set_sum(h, 10, checksum_add(0, h->at, 20));
}

/* RFC 8200 3 */
static void put_ipv6(struct headers *h, const struct synth *s, enum capture_direction from,
                     size_t n)
{
	put_u32(h, 0x60000000);
	put_u16(h, n);
	put_u8(h, TCP);
	put_u8(h, HOPS);
	put_address(h, &s->end[from].address);
	put_address(h, &s->end[!from].address);
}

/* RFC 9293 3.2, RFC 7323 2.2: maximum segment size, window scale. */
static void put_syn_options(struct headers *h)
{
	put_u16(h, 0x0204);
	put_u16(h, SYNTH_SEGMENT_MAX);
	put_u32(h, 0x01030300 | WINDOW_SCALE);
}

static void put_tcp(struct headers *h, const struct synth *s, enum capture_direction from,
                    uint8_t flags, struct octets payload)
{
	size_t start = h->n, options = flags & SEGMENT_SYN ? 8 : 0;
	uint16_t rest[2] = { htons(TCP), htons((uint16_t)(20 + options + payload.n)) };
	uint64_t sum;

	put_u16(h, s->end[from].port);
	put_u16(h, s->end[!from].port);
	put_u32(h, s->next[from]);
	put_u32(h, flags & SEGMENT_ACK ? s->next[!from] : 0);
	put_u8(h, (uint8_t)((20 + options) / 4 << 4));
	put_u8(h, flags);
	put_u16(h, WINDOW);
	put_u32(h, 0);
	if (options)
		put_syn_options(h);
	sum = checksum_add(h->pseudo, rest, sizeof rest);
	sum = checksum_add(sum, h->at + start, h->n - start);
	set_sum(h, start + 16, checksum_add(sum, payload.p, payload.n));
}

static bool write_segment(struct synth *s, enum capture_direction from, uint8_t flags,
                          int64_t time_ns, struct octets payload)
{
	size_t n = 20 + (flags & SEGMENT_SYN ? 8u : 0) + payload.n;
	struct headers h = { .n = 0, .pseudo = 0 };
	struct iovec parts[2];

	if (s->end[from].address.version == 4)
		put_ipv4(&h, s, from, n);
	else
		put_ipv6(&h, s, from, n);
	put_tcp(&h, s, from, flags, payload);
	s->next[from] += (uint32_t)payload.n + ((flags & (SEGMENT_SYN | SEGMENT_FIN)) != 0);
	if (flags & SEGMENT_ACK)
		s->unanswered[!from] = 0;
	parts[0] = (struct iovec){ h.at, h.n };
	parts[1] = (struct iovec){ (void *)(uintptr_t)payload.p, payload.n };
	return pcapng_packet(s->writer, s->interface, time_ns, parts, payload.n ? 2 : 1, 0);
}

static bool write_plain(struct synth *s, enum capture_direction from, uint8_t flags,
                        int64_t time_ns)
{
	return write_segment(s, from, flags, time_ns, (struct octets){ NULL, 0 });
}

/* -- the conversation -- */

static void say_true_ports(const struct synth *s)
{
	const struct synth_end *a = &s->end[FROM_INITIATOR], *b = &s->end[FROM_RESPONDER];
	char text[80];

	if (!a->true_port && !b->true_port)
		return;
	snprintf(text, sizeof text, "true ports: %u to %u",
	         (unsigned)(a->true_port ? a->true_port : a->port),
	         (unsigned)(b->true_port ? b->true_port : b->port));
	pcapng_comment(s->writer, text);
}

bool synth_open(struct synth *s, struct pcapng_writer *w, uint32_t interface,
                const struct synth_end end[DIRECTIONS], uint32_t serial,
                enum synth_opening how, int64_t time_ns)
{
	*s = (struct synth){ .writer = w, .interface = interface };
	memcpy(s->end, end, sizeof s->end);
	/* Any numbers do, but those of two connections in a row differ. */
	s->next[FROM_INITIATOR] = 1000000 + serial * 64000;
	s->next[FROM_RESPONDER] = 3000000000 + serial * 64000;
	say_true_ports(s);
	if (!write_plain(s, FROM_INITIATOR, SEGMENT_SYN, time_ns))
		return false;
	switch (how) {
	case SYNTH_ACCEPTED:
		return write_plain(s, FROM_RESPONDER, SEGMENT_SYN | SEGMENT_ACK, time_ns) &&
		       write_plain(s, FROM_INITIATOR, SEGMENT_ACK, time_ns);
	case SYNTH_REFUSED:
		s->next[FROM_RESPONDER] = 0;
		return synth_rst(s, FROM_RESPONDER, time_ns);
	case SYNTH_UNANSWERED:
		break;
	}
	return true;
}

bool synth_data(struct synth *s, enum capture_direction from, int64_t time_ns,
                struct octets octets)
{
	while (octets.n > 0 && !s->finished[from]) {
		size_t n = octets.n < SYNTH_SEGMENT_MAX ? octets.n : SYNTH_SEGMENT_MAX;
		struct octets segment = { octets.p, n };

		if (!write_segment(s, from, SEGMENT_PSH | SEGMENT_ACK, time_ns, segment))
			return false;
		octets.p += n;
		octets.n -= n;
		if (++s->unanswered[from] >= ACK_EVERY && !s->reset &&
		    !write_plain(s, !from, SEGMENT_ACK, time_ns))
			return false;
	}
	return true;
}

bool synth_fin(struct synth *s, enum capture_direction from, int64_t time_ns)
{
	if (s->finished[from] || s->reset)
		return true;
	s->finished[from] = true;
	return write_plain(s, from, SEGMENT_FIN | SEGMENT_ACK, time_ns) &&
	       write_plain(s, !from, SEGMENT_ACK, time_ns);
}

bool synth_rst(struct synth *s, enum capture_direction from, int64_t time_ns)
{
	s->reset = true;
	return write_plain(s, from, SEGMENT_RST | SEGMENT_ACK, time_ns);
}
