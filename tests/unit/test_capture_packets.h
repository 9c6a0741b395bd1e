/*
 * Packets written by hand for the tests of rig/capture: raw IPv4 with TCP,
 * and what the streams make of them as lines of text.
 */
#ifndef TEST_CAPTURE_PACKETS_H
#define TEST_CAPTURE_PACKETS_H

#include "capture/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct host {
	const char *address;
	uint16_t port;
};

enum {
	PACKET_MAX = 2048,
	WIRE_CONNECTIONS = 1 << 16,
};

struct packet {
	uint8_t octets[PACKET_MAX];
	size_t n;
};

static inline void put16(struct packet *p, unsigned v)
{
	p->octets[p->n++] = (uint8_t)(v >> 8);
	p->octets[p->n++] = (uint8_t)v;
}

static inline void put32(struct packet *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p, v & 0xffff);
}

static inline void put_octets(struct packet *p, const void *o, size_t n)
{
	assert_true(p->n + n <= sizeof p->octets);
	if (n)
		memcpy(p->octets + p->n, o, n);
	p->n += n;
}

static inline void put_host(struct packet *p, const char *text)
{
	struct capture_address a;

	assert_true(capture_address_parse(text, &a));
	put_octets(p, a.octets, a.version == 4 ? 4 : 16);
}

static inline void put_tcp_header(struct packet *p, uint16_t from, uint16_t to, uint32_t seq,
                                  uint32_t ack, unsigned flags)
{
	put16(p, from);
	put16(p, to);
	put32(p, seq);
	put32(p, ack);
	put16(p, 0x5000 | flags);
	put16(p, 65535);
	put32(p, 0);
}

static inline void put_ipv4_header(struct packet *p, const char *from, const char *to, size_t n,
                                   unsigned fragment, unsigned protocol)
{
	put16(p, 0x4500);
	put16(p, (unsigned)(20 + n));
	put16(p, 1);
	put16(p, fragment);
	put16(p, 64u << 8 | protocol);
	put16(p, 0);
	put_host(p, from);
	put_host(p, to);
}

/* "S" SYN, "F" FIN, "R" RST, "A" ACK */
static inline unsigned flags_of(const char *text)
{
	unsigned flags = 0;

	for (; *text; text++)
		flags |= *text == 'S' ? SEGMENT_SYN : *text == 'F' ? SEGMENT_FIN :
		         *text == 'R' ? SEGMENT_RST : SEGMENT_ACK;
	return flags;
}

/* -- a capture made in memory, followed as it is made -- */

struct wire {
	struct streams *s;
	uint32_t frame;
	int64_t time_ns;
	char log[16384];
	size_t n;
	bool quiet;
	bool no_frames;		/* memory fails: frames may be forgotten */
	uint64_t octets, events, gaps;
	uint64_t (*next)[DIRECTIONS];	/* per connection: nothing twice, nothing skipped */
};

static inline void wire_init(struct wire *w)
{
	memset(w, 0, sizeof *w);
	w->s = streams_new();
	w->next = calloc(WIRE_CONNECTIONS, sizeof *w->next);
	w->time_ns = INT64_C(1700000000000000000);
	assert_non_null(w->next);
}

static inline void wire_say(struct wire *w, const char *form, ...)
{
	va_list args;

	va_start(args, form);
	w->n += (size_t)vsnprintf(w->log + w->n, sizeof w->log - w->n, form, args);
	va_end(args);
	assert_true(w->n < sizeof w->log);
}

static const char *const note_names[NOTES] = {
	[NOTE_PAIRED] = "paired", [NOTE_AMBIGUOUS] = "ambiguous", [NOTE_MIDDLE] = "middle",
	[NOTE_EARLIER] = "earlier", [NOTE_AGAIN] = "again",
	[NOTE_AGAIN_DIFFERENT] = "different", [NOTE_AGAIN_UNKNOWN] = "uncompared",
	[NOTE_KEEP_ALIVE] = "keep-alive", [NOTE_UNSEEN_ACK] = "unseen-ack",
	[NOTE_OUTSIDE] = "outside", [NOTE_AFTER_FIN] = "after-fin",
	[NOTE_SYN_MISMATCH] = "syn-mismatch", [NOTE_FRAGMENT] = "fragment",
	[NOTE_MEMORY] = "memory",
};

static inline void wire_line(struct wire *w, const struct stream_event *e)
{
	static const char *const ends[] = { "end", "reused", "forgotten" };
	static const char *const gaps[] = { "lost", "cut", "acked" };

	if (e->kind == STREAM_END) {
		wire_say(w, "%u %s\n", e->connection, ends[e->why]);
		return;
	}
	wire_say(w, "%u%c ", e->connection, "><"[e->direction]);
	switch (e->kind) {
	case STREAM_OCTETS:
		wire_say(w, "\"%.*s\" @%u", (int)e->octets.n, (const char *)e->octets.p,
		         (unsigned)e->offset);
		break;
	case STREAM_GAP:
		wire_say(w, "gap @%u+%u %s %u-%u", (unsigned)e->offset, (unsigned)e->length,
		         gaps[e->why], e->frame_before, e->frame_after);
		break;
	case STREAM_NOTE:
		wire_say(w, "%s", note_names[e->note]);
		if (e->length)
			wire_say(w, " @%u+%u", (unsigned)e->offset, (unsigned)e->length);
		break;
	case STREAM_FIN:
	case STREAM_RST:
		wire_say(w, "%s @%u", stream_event_name(e->kind), (unsigned)e->offset);
		break;
	default:
		wire_say(w, "%s", stream_event_name(e->kind));
	}
	wire_say(w, " f%u%s%s\n", e->frame, e->flags & STREAM_REORDERED ? " reordered" : "",
	         e->flags & STREAM_REPEATED ? " repeated" : "");
}

/* What must hold for any event of any capture. */
static inline void wire_check(struct wire *w, const struct stream_event *e)
{
	uint64_t *next = &w->next[e->connection][e->direction];
	uint32_t first, last;

	assert_true(e->kind < STREAM_KINDS && e->connection < WIRE_CONNECTIONS);
	assert_true(e->frame <= e->ready_frame);
	if (e->kind == STREAM_OCTETS || e->kind == STREAM_GAP) {
		assert_int_equal(e->offset, *next);
		assert_true(e->length > 0);
		*next += e->length;
	}
	if (e->kind == STREAM_GAP)
		w->gaps += e->length;
	if (e->kind != STREAM_OCTETS)
		return;
	w->octets += e->octets.n;
	assert_int_equal(e->length, e->octets.n);
	if (w->no_frames)
		return;
	assert_true(streams_frame(w->s, e->connection, e->direction, e->offset, &first, &last));
	assert_true(first <= e->frame && e->frame <= last);
	assert_true(streams_frame(w->s, e->connection, e->direction, *next - 1, &first, &last));
	assert_false(streams_frame(w->s, e->connection, e->direction, *next, &first, &last));
}

static inline void wire_pop(struct wire *w)
{
	struct stream_event e;

	while (streams_pop(w->s, &e)) {
		w->events++;
		wire_check(w, &e);
		if (!w->quiet)
			wire_line(w, &e);
	}
}

/* A packet in a block of exactly its size, gone once its events have come. */
static inline void wire_packet(struct wire *w, uint32_t link, const void *octets, size_t n,
                               uint32_t original)
{
	uint8_t *block = malloc(n ? n : 1);
	struct capture_packet p = {
		.frame = ++w->frame, .link = link, .time_ns = w->time_ns, .has_time = true,
		.octets = { block, n }, .original = original,
	};

	assert_non_null(block);
	if (n)
		memcpy(block, octets, n);
	w->time_ns += 1000000;
	streams_push(w->s, &p);
	wire_pop(w);
	free(block);
}

/* `cut`: octets of the end that the capture does not hold. */
static inline void wire_cut(struct wire *w, struct host from, struct host to, const char *flags,
                            uint32_t seq, uint32_t ack, const void *data, size_t n, size_t cut)
{
	struct packet p = { .n = 0 };

	put_ipv4_header(&p, from.address, to.address, 20 + n, 0, 6);
	put_tcp_header(&p, from.port, to.port, seq, ack, flags_of(flags));
	put_octets(&p, data, n);
	wire_packet(w, LINK_RAW, p.octets, p.n - cut, (uint32_t)p.n);
}

static inline void wire_tcp(struct wire *w, struct host from, struct host to, const char *flags,
                            uint32_t seq, uint32_t ack, const char *data)
{
	wire_cut(w, from, to, flags, seq, ack, data, strlen(data), 0);
}

static inline void wire_finish(struct wire *w)
{
	streams_finish(w->s);
	wire_pop(w);
}

static inline void wire_end(struct wire *w)
{
	streams_free(w->s);
	free(w->next);
}

/* Ends the capture; the log must be `want`. */
static inline void wire_want(struct wire *w, const char *want)
{
	wire_finish(w);
	assert_string_equal(w->log, want);
	wire_end(w);
}

#endif
