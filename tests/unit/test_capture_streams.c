/* capture/streams: what comes out of packets written by hand. */
#include "test_capture_packets.h"

#include "capture/history.h"
#include "capture/limits.h"
#include "capture/memory.h"
#include "capture/provenance.h"

static const struct host A = { "10.0.0.1", 5000 }, B = { "10.0.0.2", 102 };

/* A opens to B: 1000 and 9000 are the numbers of the SYNs, so the streams
 * begin at 1001 and 9001. */
static void opening(struct wire *w, struct host a, struct host b)
{
	wire_tcp(w, a, b, "S", 1000, 0, "");
	wire_tcp(w, b, a, "SA", 9000, 1001, "");
	wire_tcp(w, a, b, "A", 1001, 9001, "");
}

/* The lines of opening(); the test goes on at frame 4. */
#define OPENED "1> open f1\n1> SYN f1\n1< SYN f2\n"

static void open_wire(struct wire *w)
{
	wire_init(w);
	opening(w, A, B);
}

static void normal(void **state)
{
	struct stream_connection c;
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "ask");
	wire_tcp(&w, B, A, "A", 9001, 1004, "answer");
	wire_tcp(&w, A, B, "FA", 1004, 9007, "bye");
	wire_tcp(&w, B, A, "FA", 9007, 1008, "");
	wire_tcp(&w, A, B, "A", 1008, 9008, "");
	assert_true(streams_connection(w.s, 1, &c));
	assert_int_equal(c.port[FROM_INITIATOR], 5000);
	assert_int_equal(c.port[FROM_RESPONDER], 102);
	assert_int_equal(c.delivered[FROM_INITIATOR], 6);
	assert_int_equal(c.last_frame, 8);
	assert_false(c.guessed || c.paired);
	wire_want(&w, OPENED
	          "1> \"ask\" @0 f4\n"
	          "1< \"answer\" @0 f5\n"
	          "1> \"bye\" @3 f6\n"
	          "1> FIN @6 f6\n"
	          "1< FIN @6 f7\n"
	          "1 end\n");
}

static void acknowledged_offsets(void **state)
{
	struct capture_packet p = { .frame = 1, .link = LINK_RAW };
	struct packet o = { .n = 0 };
	struct stream_event e;
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "ask");
	put_ipv4_header(&o, B.address, A.address, 21, 0, 6);
	put_tcp_header(&o, B.port, A.port, 9001, 1003, SEGMENT_ACK);
	put_octets(&o, "x", 1);
	p.octets = (struct octets){ o.octets, o.n };
	p.original = (uint32_t)o.n;
	p.frame = 5;
	streams_push(w.s, &p);
	assert_true(streams_pop(w.s, &e));
	assert_int_equal(e.kind, STREAM_OCTETS);
	assert_int_equal(e.acked, 2);
	assert_false(streams_pop(w.s, &e));
	wire_end(&w);
}

/* ---- pairing ---- */

/* Both directions bear one destination. */
static void anonymised(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "192.0.2.4", 102 };
	const struct host to_b = { "10.1.1.1", 102 }, to_a = { "10.1.1.1", 2284 };
	struct stream_connection c;
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, to_b, "S", 1000, 0, "");
	wire_tcp(&w, b, to_a, "SA", 9000, 1001, "");
	wire_tcp(&w, a, to_b, "A", 1001, 9001, "ask");
	wire_tcp(&w, b, to_a, "A", 9001, 1004, "answer");
	wire_tcp(&w, b, to_a, "R", 9007, 0, "");
	assert_true(streams_connection(w.s, 1, &c));
	assert_true(c.paired);
	assert_int_equal(c.address[FROM_RESPONDER].octets[3], 4);
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n"
	          "1< paired f2\n1< SYN f2\n"
	          "1> \"ask\" @0 f3\n"
	          "1< \"answer\" @0 f4\n"
	          "1< RST @6 f5\n"
	          "1 end\n");
}

static void anonymised_syn_ack_first(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "192.0.2.4", 102 };
	const struct host to_b = { "10.1.1.1", 102 }, to_a = { "10.1.1.1", 2284 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, b, to_a, "SA", 9000, 1001, "");
	wire_tcp(&w, a, to_b, "S", 1000, 0, "");
	wire_want(&w, "1< open f1\n1< SYN f1\n1> paired f2\n1> SYN f2\n1 end\n");
}

static void anonymised_refused(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "192.0.2.4", 102 };
	const struct host to_b = { "10.1.1.1", 102 }, to_a = { "10.1.1.1", 2284 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, to_b, "S", 1000, 0, "");
	wire_tcp(&w, b, to_a, "RA", 0, 1001, "");
	wire_want(&w, "1> open f1\n1> SYN f1\n1< paired f2\n1< RST @0 f2\n1 end\n");
}

static void anonymised_middle(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "192.0.2.4", 102 };
	const struct host to_b = { "10.1.1.1", 102 }, to_a = { "10.1.1.1", 2284 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, to_b, "A", 1001, 9001, "ask");
	wire_tcp(&w, b, to_a, "A", 9001, 1004, "answer");
	wire_want(&w,
	          "1> open f1\n1> middle f1\n1> \"ask\" @0 f1\n"
	          "1< paired f2\n1< \"answer\" @0 f2\n1 end\n");
}

/* The same, but the numbers are of another conversation. */
static void strangers(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "192.0.2.4", 102 };
	const struct host to_b = { "10.1.1.1", 102 }, to_a = { "10.1.1.1", 2284 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, to_b, "S", 1000, 0, "");
	wire_tcp(&w, b, to_a, "SA", 9000, 1002, "");
	wire_tcp(&w, (struct host){ "192.0.2.5", 102 }, to_a, "A", 7000, 8000, "x");
	wire_tcp(&w, (struct host){ "192.0.2.6", 102 }, (struct host){ "10.1.1.1", 2285 },
	         "SA", 9000, 1001, "");
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n"
	          "2< open f2\n2< SYN f2\n"
	          "3< open f3\n3< middle f3\n3< \"x\" @0 f3\n"
	          "4< open f4\n4< SYN f4\n"
	          "1 end\n2 end\n3 end\n4 end\n");
}

/* A scanner gives every SYN the same ports and number; an answer from yet
 * another address fits two of them. */
static void ambiguous(void **state)
{
	const struct host a = { "192.0.2.3", 2284 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, (struct host){ "10.1.1.1", 102 }, "S", 1000, 0, "");
	wire_tcp(&w, a, (struct host){ "10.1.1.2", 102 }, "S", 1000, 0, "");
	wire_tcp(&w, (struct host){ "10.9.9.9", 102 }, a, "SA", 9000, 1001, "");
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n2> open f2\n2> SYN f2\n"
	          "0> ambiguous f3\n3< open f3\n3< SYN f3\n"
	          "1 end\n2 end\n3 end\n");
}

/* What the addresses say goes before what the numbers say. */
static void addresses_first(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "10.1.1.1", 102 };
	const struct host c = { "192.0.2.7", 2284 }, d = { "10.1.1.2", 102 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, b, "S", 1000, 0, "");
	wire_tcp(&w, c, d, "S", 1000, 0, "");
	wire_tcp(&w, d, c, "SA", 8000, 1001, "");
	wire_tcp(&w, b, a, "SA", 9000, 1001, "");
	wire_tcp(&w, c, d, "A", 1001, 8001, "two");
	wire_tcp(&w, a, b, "A", 1001, 9001, "one");
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n2> open f2\n2> SYN f2\n"
	          "2< SYN f3\n1< SYN f4\n"
	          "2> \"two\" @0 f5\n1> \"one\" @0 f6\n"
	          "2 end\n1 end\n");
}

/* An answer long after the question is nobody's. */
static void too_late_to_pair(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "192.0.2.4", 102 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, (struct host){ "10.1.1.1", 102 }, "S", 1000, 0, "");
	w.time_ns += (STREAMS_PAIR_SECONDS + 1) * INT64_C(1000000000);
	wire_tcp(&w, b, (struct host){ "10.1.1.1", 2284 }, "SA", 9000, 1001, "");
	wire_want(&w, "1> open f1\n1> SYN f1\n2< open f2\n2< SYN f2\n1 end\n2 end\n");
}

static void syn_mismatch(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, A, B, "S", 1000, 0, "");
	wire_tcp(&w, B, A, "SA", 9000, 77, "");
	wire_tcp(&w, A, B, "R", 77, 0, "");
	wire_want(&w, "1> open f1\n1> SYN f1\n1< SYN f2\n1< syn-mismatch f2\n"
	          "1> RST @0 f3\n1 end\n");
}

/* ---- ports used again ---- */

static void reused(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "one");
	wire_tcp(&w, B, A, "RA", 9001, 1004, "");
	wire_tcp(&w, A, B, "S", 5000, 0, "");
	wire_tcp(&w, B, A, "SA", 6000, 5001, "");
	wire_tcp(&w, A, B, "A", 5001, 6001, "two");
	wire_tcp(&w, B, A, "S", 70000, 0, "");
	wire_want(&w, OPENED
	          "1> \"one\" @0 f4\n1< RST @0 f5\n1 reused\n"
	          "2> open f6\n2> SYN f6\n2< SYN f7\n2> \"two\" @0 f8\n2 reused\n"
	          "3> open f9\n3> SYN f9\n3 end\n");
}

static void syn_again(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, A, B, "S", 1000, 0, "");
	wire_tcp(&w, A, B, "S", 1000, 0, "");
	wire_tcp(&w, B, A, "RA", 0, 1001, "");
	wire_tcp(&w, A, B, "S", 1000, 0, "");	/* refused, tried again as it was */
	wire_tcp(&w, B, A, "RA", 0, 1001, "");
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n1> again f2\n1< RST @0 f3\n1> again f4\n"
	          "1< RST @0 f5 repeated\n1 end\n");
}

static void both_open(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, A, B, "S", 1000, 0, "");
	wire_tcp(&w, B, A, "S", 9000, 0, "");
	wire_tcp(&w, A, B, "SA", 1000, 9001, "");
	wire_tcp(&w, B, A, "A", 9001, 1001, "hello");
	wire_want(&w, "1> open f1\n1> SYN f1\n1< SYN f2\n1> again f3\n1< \"hello\" @0 f4\n1 end\n");
}

static void anonymised_reused(void **state)
{
	const struct host a = { "192.0.2.3", 2284 }, b = { "192.0.2.4", 102 };
	const struct host to_b = { "10.1.1.1", 102 }, to_a = { "10.1.1.1", 2284 };
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, a, to_b, "S", 1000, 0, "");
	wire_tcp(&w, b, to_a, "SA", 9000, 1001, "");
	wire_tcp(&w, b, to_a, "RA", 9001, 1001, "");
	wire_tcp(&w, a, to_b, "S", 4000, 0, "");
	wire_tcp(&w, b, to_a, "SA", 8000, 4001, "");
	wire_tcp(&w, b, to_a, "A", 8001, 4001, "hi");
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n1< paired f2\n1< SYN f2\n1< RST @0 f3\n1 reused\n"
	          "2> open f4\n2> SYN f4\n2< paired f5\n2< SYN f5\n2< \"hi\" @0 f6\n2 end\n");
}

/* ---- order ---- */

static void middle(void **state)
{
	struct stream_connection c;
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, B, A, "A", 9001, 1001, "answer");
	wire_tcp(&w, A, B, "A", 1001, 9007, "next");
	wire_tcp(&w, A, B, "A", 900, 9007, "old");
	wire_tcp(&w, A, B, "A", 999, 9007, "__ne");
	assert_true(streams_connection(w.s, 1, &c));
	assert_true(c.guessed);
	assert_int_equal(c.port[FROM_RESPONDER], 102);
	wire_want(&w,
	          "1< open f1\n1< middle f1\n1< \"answer\" @0 f1\n"
	          "1> \"next\" @0 f2\n1> earlier f3\n"
	          "1> earlier f4\n1> again @0+2 f4\n1 end\n");
}

/* The SYN/ACK was not captured; the octets lost with it are missed. */
static void without_syn_ack(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, A, B, "S", 1000, 0, "");
	wire_tcp(&w, A, B, "A", 1001, 9001, "ask");
	wire_tcp(&w, B, A, "A", 9003, 1004, "swer");
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n1> \"ask\" @0 f2\n"
	          "1< gap @0+2 lost 0-3 f3\n1< \"swer\" @2 f3\n1 end\n");
}

static void again(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "abcdef");
	wire_tcp(&w, A, B, "A", 1001, 9001, "abcdef");	/* the same */
	wire_tcp(&w, A, B, "A", 1001, 9001, "abcdeF");	/* other octets */
	wire_tcp(&w, A, B, "A", 1004, 9001, "defgh");	/* more behind it */
	wire_tcp(&w, A, B, "A", 1005, 9001, "EFGHi");
	wire_tcp(&w, A, B, "A", 1009, 9001, "\xff");	/* keep-alive */
	wire_tcp(&w, A, B, "FA", 1010, 9001, "");
	wire_tcp(&w, A, B, "FA", 1010, 9001, "");
	wire_tcp(&w, A, B, "FA", 1009, 9001, "i");
	wire_want(&w, OPENED
	          "1> \"abcdef\" @0 f4\n"
	          "1> again @0+6 f5\n"
	          "1> different @0+6 f6\n"
	          "1> again @3+3 f7\n1> \"gh\" @6 f7\n"
	          "1> different @4+4 f8\n1> \"i\" @8 f8\n"
	          "1> keep-alive @8+1 f9\n"
	          "1> FIN @9 f10\n1> again f11\n1> again @8+1 f12\n1 end\n");
}

static void again_too_late(void **state)
{
	char part[1024];
	struct wire w;

	(void)state;
	open_wire(&w);
	w.quiet = true;
	memset(part, 'x', sizeof part);
	for (uint32_t n = 0; n <= STREAMS_HISTORY; n += sizeof part)
		wire_cut(&w, A, B, "A", 1001 + n, 9001, part, sizeof part, 0);
	w.quiet = false;
	w.n = 0;
	wire_tcp(&w, A, B, "A", 1001, 9001, "xxxx");
	wire_tcp(&w, A, B, "A", 1001 + 2048, 9001, "yyyy");
	wire_finish(&w);
	assert_non_null(strstr(w.log, "1> uncompared @0+4"));
	assert_non_null(strstr(w.log, "1> different @2048+4"));
	wire_end(&w);
}

/* RFC 9293 3.8.4: the octet before the next one, or none at all; idle and while octets are
 * on their way. */
static void keep_alive(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "abc");
	wire_tcp(&w, A, B, "A", 1003, 9001, "\xff");
	wire_tcp(&w, B, A, "A", 9001, 1004, "");
	wire_tcp(&w, A, B, "A", 1003, 9001, "");	/* without an octet */
	wire_tcp(&w, A, B, "A", 1004, 9001, "de");
	wire_want(&w, OPENED
	          "1> \"abc\" @0 f4\n1> keep-alive @2+1 f5\n1> \"de\" @3 f8\n1 end\n");
}

static void reordered(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1004, 9001, "def");
	wire_tcp(&w, A, B, "A", 1007, 9001, "ghi");
	wire_tcp(&w, A, B, "A", 1004, 9001, "def");
	wire_tcp(&w, A, B, "A", 1004, 9001, "dxf");
	wire_tcp(&w, A, B, "A", 1001, 9001, "abc");
	wire_want(&w, OPENED
	          "1> again @3+3 f6\n1> different @3+3 f7\n"
	          "1> \"abc\" @0 f8\n"
	          "1> \"def\" @3 f4 reordered\n1> \"ghi\" @6 f5 reordered\n1 end\n");
}

/* The first octets count, however the segments overlap while they wait. */
static void overlapping(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1004, 9001, "de");
	wire_tcp(&w, A, B, "A", 1003, 9001, "cdef");
	wire_tcp(&w, A, B, "A", 1004, 9001, "DEFG");
	wire_tcp(&w, A, B, "A", 1001, 9001, "ab");
	wire_want(&w, OPENED
	          "1> \"ab\" @0 f7\n"
	          "1> \"cdef\" @2 f5 reordered\n"
	          "1> again @3+2 f4 reordered\n"
	          "1> different @3+3 f6 reordered\n1> \"G\" @6 f6 reordered\n1 end\n");
}

/* The capture has the answer before the question. */
static void answer_first(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, B, A, "A", 9001, 1004, "answer");
	wire_tcp(&w, B, A, "FA", 9007, 1004, "");
	wire_tcp(&w, A, B, "A", 1001, 9001, "ask");
	wire_want(&w, OPENED
	          "1> \"ask\" @0 f6\n1< \"answer\" @0 f4\n1< FIN @6 f5\n1 end\n");
}

/* ---- gaps ---- */

/* A hole that was never acknowledged: waited for to the end. */
static void hole_to_the_end(void **state)
{
	uint32_t first, last;
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "abc");
	wire_tcp(&w, A, B, "A", 1009, 9001, "ijk");
	wire_finish(&w);
	assert_true(streams_frame(w.s, 1, FROM_INITIATOR, 2, &first, &last));
	assert_int_equal(first, 4);
	assert_false(streams_frame(w.s, 1, FROM_INITIATOR, 3, &first, &last));
	assert_false(streams_frame(w.s, 1, FROM_INITIATOR, 7, &first, &last));
	assert_true(streams_frame(w.s, 1, FROM_INITIATOR, 8, &first, &last));
	assert_int_equal(first, 5);
	assert_int_equal(last, 5);
	assert_false(streams_frame(w.s, 2, FROM_INITIATOR, 0, &first, &last));
	assert_string_equal(w.log, OPENED
	                    "1> \"abc\" @0 f4\n1> gap @3+5 lost 4-5 f5\n"
	                    "1> \"ijk\" @8 f5\n1 end\n");
	wire_end(&w);
}

/* A hole that was acknowledged: the capture has lost the frame.  Delivery
 * resumes after some more frames, question before answer. */
static void hole_acknowledged(void **state)
{
	char want[300];
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1004, 9001, "def");
	wire_tcp(&w, B, A, "A", 9001, 1007, "answer");
	for (int i = 0; i < STREAMS_HOLD_FRAMES; i++) {
		assert_int_equal(w.n, strlen(OPENED));
		wire_tcp(&w, B, A, "A", 9007, 1007, "");
	}
	snprintf(want, sizeof want, OPENED
	         "1> gap @0+3 lost 0-4 f4\n1> \"def\" @3 f4\n1< \"answer\" @0 f5\n");
	assert_string_equal(w.log, want);
	wire_finish(&w);
	wire_end(&w);
}

/* The question never came: the answer is not held for ever. */
static void question_lost(void **state)
{
	char want[300];
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, B, A, "A", 9001, 1004, "answer");
	for (int i = 0; i < STREAMS_HOLD_FRAMES; i++)
		wire_tcp(&w, B, A, "A", 9007, 1004, "");
	wire_tcp(&w, B, A, "A", 9007, 1004, "more");
	snprintf(want, sizeof want, OPENED
	         "1< unseen-ack f4\n1< \"answer\" @0 f4\n1< \"more\" @6 f%u\n"
	         "1> gap @0+3 acked 0-0 f0\n1 end\n", w.frame);
	wire_want(&w, want);
}

static void cut_by_snap_length(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_cut(&w, A, B, "A", 1001, 9001, "abcdef", 6, 2);
	wire_cut(&w, A, B, "FA", 1007, 9001, "gh", 2, 2);
	wire_tcp(&w, A, B, "A", 1001, 9001, "abcdef");
	wire_want(&w, OPENED
	          "1> \"abcd\" @0 f4\n1> gap @4+2 cut 4-4 f4\n"
	          "1> gap @6+2 cut 5-5 f5\n1> FIN @8 f5\n"
	          "1> uncompared @0+6 f6\n1 end\n");
}

static void after_fin(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "FA", 1001, 9001, "abc");
	wire_tcp(&w, A, B, "A", 1005, 9001, "def");
	wire_tcp(&w, A, B, "A", 1009, 9001, "ghi");
	wire_want(&w, OPENED
	          "1> \"abc\" @0 f4\n1> FIN @3 f4\n1> after-fin @4+3 f5\n"
	          "1> after-fin @8+3 f6\n1 end\n");
}

/* A RST ends the waiting: all captured before it comes first. */
static void reset(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1004, 9001, "def");
	wire_tcp(&w, B, A, "A", 9003, 1001, "cd");
	wire_tcp(&w, B, A, "R", 9005, 0, "");
	wire_tcp(&w, A, B, "A", 1007, 9001, "ghi");
	wire_tcp(&w, B, A, "R", 9005, 0, "");
	wire_want(&w, OPENED
	          "1> gap @0+3 lost 0-4 f4\n1> \"def\" @3 f4\n"
	          "1< gap @0+2 lost 0-5 f5\n1< \"cd\" @2 f5\n"
	          "1< RST @4 f6\n1> \"ghi\" @6 f7\n1< RST @4 f8 repeated\n1 end\n");
}

/* What a RST carries says why, and is none of the stream (RFC 1122 4.2.2.12). */
static void reset_with_octets(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "abc");
	wire_tcp(&w, B, A, "RA", 9001, 1004, "no such port");
	wire_want(&w, OPENED "1> \"abc\" @0 f4\n1< RST @0 f5\n1 end\n");
}

/* Both close before either knows of it; neither FIN answers the other. */
static void both_close(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "FA", 1001, 9001, "abc");
	wire_tcp(&w, B, A, "FA", 9001, 1001, "de");
	wire_tcp(&w, A, B, "A", 1005, 9004, "");
	wire_tcp(&w, B, A, "A", 9004, 1005, "");
	wire_want(&w, OPENED
	          "1> \"abc\" @0 f4\n1> FIN @3 f4\n1< \"de\" @0 f5\n1< FIN @2 f5\n1 end\n");
}

static void acknowledged_but_unseen(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001, 9001, "abc");
	wire_tcp(&w, B, A, "A", 9001, 1024, "");
	wire_tcp(&w, A, B, "A", 1001, 9002, "");
	wire_want(&w, OPENED
	          "1> \"abc\" @0 f4\n1> gap @3+20 acked 4-0 f4\n1< unseen-ack @0+1 f0\n1 end\n");
}

static void outside(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1001 + 0x60000000, 9001, "far");
	wire_tcp(&w, A, B, "A", 1001, 9001, "near");
	wire_want(&w, OPENED "1> outside f4\n1> \"near\" @0 f5\n1 end\n");
}

static void numbers_wrap(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_tcp(&w, A, B, "S", 0xfffffffd, 0, "");
	wire_tcp(&w, B, A, "SA", 0xffffffff, 0xfffffffe, "");
	wire_tcp(&w, A, B, "A", 2, 0, "efgh");
	wire_tcp(&w, A, B, "A", 0xfffffffe, 0, "abcd");
	wire_tcp(&w, B, A, "FA", 0, 6, "ok");
	wire_tcp(&w, A, B, "FA", 6, 3, "");
	wire_want(&w,
	          "1> open f1\n1> SYN f1\n1< SYN f2\n"
	          "1> \"abcd\" @0 f4\n1> \"efgh\" @4 f3 reordered\n"
	          "1< \"ok\" @0 f5\n1< FIN @2 f5\n1> FIN @8 f6\n1 end\n");
}

static void not_tcp(void **state)
{
	struct packet p = { .n = 0 };
	struct wire w;

	(void)state;
	wire_init(&w);
	put_ipv4_header(&p, A.address, B.address, 8, 0, 17);
	put32(&p, 0);
	put32(&p, 0);
	wire_packet(&w, LINK_RAW, p.octets, p.n, (uint32_t)p.n);
	p.n = 0;
	put_ipv4_header(&p, A.address, B.address, 20, 0x2000, 6);
	put_tcp_header(&p, 1, 2, 3, 4, SEGMENT_ACK);
	wire_packet(&w, LINK_RAW, p.octets, p.n, (uint32_t)p.n);
	wire_packet(&w, 999, p.octets, p.n, (uint32_t)p.n);
	assert_int_equal(streams_counts(w.s)->kind[SEGMENT_OTHER], 1);
	assert_int_equal(streams_counts(w.s)->kind[SEGMENT_FRAGMENT], 1);
	assert_int_equal(streams_counts(w.s)->kind[SEGMENT_LINK], 1);
	wire_want(&w, "0> fragment f2\n");
}

/* ---- limits ---- */

/* A segment in three fragments, in any order, with a copy of one. */
static void push_fragment(struct wire *w, const struct packet *whole, unsigned at, unsigned n,
                          bool more)
{
	struct packet p = { .n = 0 };

	put_ipv4_header(&p, "192.0.2.1", "192.0.2.2", n, at / 8 | (more ? 0x2000u : 0), 6);
	put_octets(&p, whole->octets + at, n);
	wire_packet(w, LINK_RAW, p.octets, p.n, (uint32_t)p.n);
}

static void whole_of_fragments(void **state)
{
	static const unsigned orders[][4] = {
		{ 0, 1, 2, 2 }, { 2, 1, 0, 0 }, { 1, 1, 0, 2 }, { 1, 2, 2, 0 },
	};
	struct packet whole = { .n = 0 };

	(void)state;
	put_tcp_header(&whole, 1, 2, 1000, 0, SEGMENT_SYN);
	put_octets(&whole, "abcdefghijklmnopqrstuvw", 23);
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		struct wire w;

		wire_init(&w);
		for (unsigned k = 0; k < 4; k++) {
			unsigned part = orders[i][k];

			push_fragment(&w, &whole, part * 16, part == 2 ? 11 : 16, part < 2);
		}
		assert_int_equal(w.octets, 23);
		w.quiet = true;
		wire_end(&w);
	}
}

/* RFC 8200 4.5: the header before the fragment's names what the whole holds. */
static void fragments_of_ipv6(void **state)
{
	static const uint8_t options[] = { 44, 0, 1, 4, 0, 0, 0, 0 };	/* PadN */
	struct packet whole = { .n = 0 };
	struct wire w;

	(void)state;
	put_tcp_header(&whole, 1, 2, 1000, 0, SEGMENT_SYN);
	put_octets(&whole, "abcdefghijklmnopqrstuvw", 23);
	wire_init(&w);
	for (unsigned at = 0; at < 43; at += 24) {
		struct packet p = { .n = 0 };
		unsigned n = at ? 19 : 24;

		put32(&p, 0x60000000);
		put16(&p, 16 + n);
		put16(&p, 60u << 8 | 64);
		put_host(&p, "2001:db8::1");
		put_host(&p, "2001:db8::2");
		put_octets(&p, options, sizeof options);
		put16(&p, 6u << 8);
		put16(&p, at | (at ? 0 : 1));
		put32(&p, 77);
		put_octets(&p, whole.octets + at, n);
		wire_packet(&w, LINK_RAW, p.octets, p.n, (uint32_t)p.n);
	}
	assert_int_equal(w.octets, 23);
	w.quiet = true;
	wire_end(&w);
}

/* What stands before IP. */
static void links(void **state)
{
	static const struct {
		uint32_t link;
		size_t n;
		const char *octets;
	} heads[] = {
		{ LINK_PPP, 2, "\x00\x21" },
		{ LINK_PPP, 1, "\x21" },			/* RFC 1661 6.5 */
		{ LINK_PPP_HDLC, 4, "\xff\x03\x00\x21" },
		{ LINK_PPP_ETHER, 8, "\x11\x00\x00\x01\x00\x45\x00\x21" },
		{ LINK_PPP_DIRECTION, 5, "\x01\xff\x03\x00\x21" },
		{ LINK_ETHERNET, 22, "ddddddssssss\x88\x64\x11\x00\x00\x01\x00\x45\x00\x21" },
		{ LINK_ETHERNET, 22, "ddddddssssss\x88\x47\x00\x01\x00\x40\x00\x02\x01\x40" },
		{ LINK_ETHERNET, 22, "ddddddssssss\x88\xa8\x00\x05\x81\x00\x00\x07\x08\x00" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct packet p = { .n = 0 };
		struct wire w;

		wire_init(&w);
		put_octets(&p, heads[i].octets, heads[i].n);
		put_ipv4_header(&p, "192.0.2.1", "192.0.2.2", 24, 0, 6);
		put_tcp_header(&p, 1, 2, 1000, 0, SEGMENT_SYN);
		put_octets(&p, "abcd", 4);
		wire_packet(&w, heads[i].link, p.octets, p.n, (uint32_t)p.n);
		assert_int_equal(w.octets, 4);
		w.quiet = true;
		wire_end(&w);
	}
}

/* Fragments that overlap with a difference spoil their packet. */
/* The same octets twice are no doubt in IPv4; others spoil the packet. */
static void overlapping_fragments(void **state)
{
	for (int other = 0; other < 2; other++) {
		struct packet whole = { .n = 0 };
		struct wire w;

		(void)state;
		put_tcp_header(&whole, 1, 2, 1000, 0, SEGMENT_SYN);
		put_octets(&whole, "abcdefghijklmnopqrstuvw", 23);
		wire_init(&w);
		push_fragment(&w, &whole, 0, 16, true);
		whole.octets[12] ^= (uint8_t)other;
		push_fragment(&w, &whole, 8, 16, true);
		push_fragment(&w, &whole, 16, 27, false);
		assert_int_equal(w.octets, other ? 0 : 23);
		if (!other) {
			w.quiet = true;
			wire_end(&w);
			continue;
		}
		wire_want(&w, "0> fragment f2\n0> fragment f3\n");
	}
}

static void hold_limits(void **state)
{
	char part[1000];
	struct wire w;

	(void)state;
	open_wire(&w);
	w.quiet = true;
	memset(part, 'x', sizeof part);
	for (uint32_t i = 1; i < 3 * STREAMS_HOLD_SEGMENTS; i++)
		wire_cut(&w, A, B, "A", 1001 + i * 10, 9001, part, 5, 0);
	assert_true(w.octets > 0);
	for (uint32_t i = 1; i < 3 * STREAMS_HOLD_OCTETS / sizeof part; i++)
		wire_cut(&w, B, A, "A", 9001 + i * 1001, 1001, part, sizeof part, 0);
	wire_finish(&w);
	assert_int_equal(w.octets, (3 * STREAMS_HOLD_SEGMENTS - 1) * 5 +
	                           (3 * STREAMS_HOLD_OCTETS / sizeof part - 1) * sizeof part);
	wire_end(&w);
}

/* Many connections hold back: those that began first give way. */
static void hold_limit_of_all(void **state)
{
	uint64_t each = STREAMS_HOLD_OCTETS / 1000 / 2;
	uint64_t connections = STREAMS_HOLD_TOTAL / (each * 1000) + 2;
	char part[1000];
	struct wire w;

	(void)state;
	wire_init(&w);
	w.quiet = true;
	memset(part, 'x', sizeof part);
	if (each > STREAMS_HOLD_SEGMENTS)
		each = STREAMS_HOLD_SEGMENTS;
	for (uint64_t c = 0; c < connections; c++) {
		struct host a = { "10.0.0.1", (uint16_t)(1000 + c) };

		wire_tcp(&w, a, B, "S", 1000, 0, "");
		for (uint32_t i = 0; i < each; i++)
			wire_cut(&w, a, B, "A", 1002 + i * 1000, 9001, part, sizeof part, 0);
	}
#ifndef TEST_TINY
	assert_true(w.octets > 0);
#endif
	wire_finish(&w);
	assert_int_equal(w.octets, connections * each * 1000);
	assert_int_equal(w.gaps, connections);
	wire_end(&w);
}

static void many_connections(void **state)
{
	struct stream_connection c;
	const uint32_t n = STREAMS_CONNECTIONS_MAX + 3;
	struct wire w;

	(void)state;
	wire_init(&w);
	w.quiet = true;
	for (uint32_t i = 0; i < n; i++) {
		struct host a = { i % 2 ? "10.0.0.1" : "10.0.0.3", (uint16_t)(i + 1) };

		wire_tcp(&w, a, B, "S", 1000, 0, "");
		wire_tcp(&w, B, a, "SA", 9000, 1001, "");
		wire_tcp(&w, a, B, "A", 1002, 9001, "held");
	}
	assert_int_equal(w.octets, 3 * 4);	/* of the forgotten ones */
	assert_false(streams_connection(w.s, 3, &c));
	assert_true(streams_connection(w.s, 4, &c));
	assert_true(streams_connection(w.s, n, &c));
	assert_int_equal(c.port[FROM_INITIATOR], n);
	wire_finish(&w);
	assert_int_equal(w.octets, n * 4);
	wire_end(&w);
}

/* One pair of ports, used again and again: the last connections are known. */
static void reused_often(void **state)
{
	const uint32_t n = STREAMS_BUCKETS + STREAMS_CONNECTIONS_MAX + 10;
	struct stream_connection c;
	struct wire w;

	(void)state;
	wire_init(&w);
	w.quiet = true;
	for (uint32_t i = 0; i < n; i++)
		wire_tcp(&w, A, B, "S", i * 1000, 0, "x");
	assert_int_equal(w.octets, n);
	assert_int_equal(w.events, 4 * n - 1);
	assert_true(streams_connection(w.s, n, &c));
	assert_int_equal(c.first_frame, n);
	assert_true(streams_connection(w.s, n - STREAMS_CONNECTIONS_MAX + 1, &c));
	assert_false(streams_connection(w.s, n - STREAMS_CONNECTIONS_MAX, &c));
	wire_end(&w);
}

/* Thrown away in the middle: what is held goes too. */
static void not_finished(void **state)
{
	struct wire w;

	(void)state;
	open_wire(&w);
	wire_tcp(&w, A, B, "A", 1004, 9001, "def");
	assert_string_equal(w.log, OPENED);
	assert_string_equal(stream_event_name(STREAM_KINDS), "?");
	assert_string_equal(stream_note_text(NOTES), "?");
	assert_string_equal(stream_note_text(NOTE_KEEP_ALIVE), "keep-alive");
	wire_end(&w);
}

/* One-sided connections of one pair of ports in great number. */
static void many_candidates(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	w.quiet = true;
	for (uint32_t i = 0; i < 3 * STREAMS_CANDIDATES_MAX; i++) {
		char address[32];

		snprintf(address, sizeof address, "10.0.%u.%u", i / 250, i % 250 + 1);
		wire_tcp(&w, (struct host){ address, 5000 }, B, "S", 1000 + i, 0, "");
	}
	w.quiet = false;
	w.n = 0;
	wire_tcp(&w, (struct host){ "10.9.9.9", 102 }, (struct host){ "10.8.8.8", 5000 }, "SA",
	         5, 1000 + 3 * STREAMS_CANDIDATES_MAX, "");
	assert_non_null(strstr(w.log, "paired"));	/* the latest one is looked at */
	wire_finish(&w);
	wire_end(&w);
}

static void provenance(void **state)
{
	struct provenance_budget budget = { 24 };
	struct provenance p = { NULL, 0, 0 };
	uint32_t first, last;
	uint64_t end;

	(void)state;
	for (uint32_t i = 1; i <= 1000; i++)
		provenance_add(&p, &budget, i * 10, i);
	assert_true(p.cap <= 32);
	assert_false(provenance_run(&p, 9, &first, &last, &end));
	assert_int_equal(end, 10);
	assert_true(provenance_run(&p, 9995, &first, &last, &end) && first == 999);
	assert_int_equal(end, 10000);
	assert_true(provenance_run(&p, 10000, &first, &last, &end) && first == 1000);
	assert_true(end == UINT64_MAX);
	for (uint32_t i = 1; i <= 1000; i++) {
		assert_true(provenance_run(&p, i * 10 + 5, &first, &last, &end));
		assert_true(first <= i && i <= last);
		if (i > 990)
			assert_true(first == i && last == i);
	}
	provenance_drop(&p, &budget);
	assert_int_equal(budget.left, 24);
}

static void history_of(bool stays)
{
	struct history_budget budget = { STREAMS_HISTORY_TOTAL };
	struct history h = { .at = NULL };
	uint8_t octets[5000];
	uint64_t at = 7;

	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t n = 1; n < 700; n += 13) {
		history_add(&h, &budget, at, (struct octets){ octets + n, n }, stays);
		assert_int_equal(history_compare(&h, at, (struct octets){ octets + n, n }),
		                 HISTORY_SAME);
		assert_int_equal(history_compare(&h, at, (struct octets){ octets + n + 1, n }),
		                 HISTORY_DIFFERENT);
		at += n;
	}
	assert_int_equal(history_compare(&h, at, (struct octets){ octets, 1 }), HISTORY_UNKNOWN);
	history_add(&h, &budget, at + 1, (struct octets){ octets, 5000 }, stays);
	assert_int_equal(history_compare(&h, at + 5000, (struct octets){ octets + 4999, 1 }),
	                 HISTORY_SAME);
	assert_int_equal(history_compare(&h, at, (struct octets){ octets, 1 }), HISTORY_UNKNOWN);
	history_drop(&h, &budget);
	assert_int_equal(budget.left, STREAMS_HISTORY_TOTAL);
	budget.left = 0;
	history_add(&h, &budget, 0, (struct octets){ octets, 10 }, stays);
	assert_int_equal(history_compare(&h, 0, (struct octets){ octets, 10 }), HISTORY_UNKNOWN);
	history_drop(&h, &budget);
}

/* Across runs, up to the bounds of octets and of runs, and never beyond the budget. */
static void history_is_bounded(bool stays)
{
	struct history_budget budget = { STREAMS_HISTORY_TOTAL };
	static uint8_t octets[4 * STREAMS_HISTORY];
	struct history h = { .at = NULL };
	uint64_t at = 0;

	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)(i * 31 + i / 199);
	for (size_t n = 1; at + n <= sizeof octets; n = n % 97 + 1) {
		uint64_t back = at + n < STREAMS_HISTORY / 2 ? at + n : STREAMS_HISTORY / 2;

		history_add(&h, &budget, at, (struct octets){ octets + at, n }, stays);
		at += n;
		assert_true(h.n <= HISTORY_RUNS);
		if (stays || budget.left > STREAMS_HISTORY)
			assert_int_equal(history_compare(&h, at - back, (struct octets){
			                 octets + at - back, (size_t)back }),
			                 h.n == HISTORY_RUNS &&
			                 h.to - h.at[h.first % h.cap].offset < back
			                 ? HISTORY_UNKNOWN : HISTORY_SAME);
	}
	assert_int_equal(history_compare(&h, 0, (struct octets){ octets, 1 }), HISTORY_UNKNOWN);
	for (uint64_t one = 0; one < 3 * HISTORY_RUNS; one++, at++)
		history_add(&h, &budget, at, (struct octets){ octets + one % 100, 1 }, stays);
	assert_true(h.n <= HISTORY_RUNS);
	history_drop(&h, &budget);
	assert_int_equal(budget.left, STREAMS_HISTORY_TOTAL);
}

static void history(void **state)
{
	(void)state;
	for (int stays = 0; stays < 2; stays++) {
		history_of(stays);
		history_is_bounded(stays);
	}
}

/* ---- against a model ---- */

static uint32_t random_of(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

enum { MODEL = 3000, MODEL_SEGMENT = 40 };

struct model {
	uint8_t octets[DIRECTIONS][MODEL];
	uint64_t got[DIRECTIONS], lost[DIRECTIONS];
};

static void model_pop(struct wire *w, struct model *m)
{
	struct stream_event e;

	while (streams_pop(w->s, &e)) {
		if (e.connection)
			wire_check(w, &e);
		if (e.kind == STREAM_GAP)
			m->lost[e.direction] += e.length;
		if (e.kind != STREAM_OCTETS)
			continue;
		assert_true(e.offset + e.octets.n <= MODEL);
		assert_memory_equal(e.octets.p, m->octets[e.direction] + e.offset, e.octets.n);
		m->got[e.direction] += e.octets.n;
	}
}

static void model_send(struct wire *w, struct model *m, unsigned d, uint32_t from, uint32_t n,
                       uint32_t acked)
{
	static const uint32_t base[DIRECTIONS] = { 0xfffffc00, 77 };
	struct capture_packet p = { .frame = ++w->frame, .link = LINK_RAW };
	struct packet o = { .n = 0 };
	uint8_t *block;

	put_ipv4_header(&o, d ? B.address : A.address, d ? A.address : B.address, 20 + n, 0, 6);
	put_tcp_header(&o, d ? B.port : A.port, d ? A.port : B.port, base[d] + 1 + from,
	               base[!d] + 1 + acked, SEGMENT_ACK);
	put_octets(&o, m->octets[d] + from, n);
	block = malloc(o.n);
	assert_non_null(block);
	memcpy(block, o.octets, o.n);
	p.octets = (struct octets){ block, o.n };
	p.original = (uint32_t)o.n;
	streams_push(w->s, &p);
	model_pop(w, m);
	free(block);
}

/* Segments of both directions are sent in turn, some come again, later, in
 * other cuts, in another order, or (with `loss`) never. */
static void model_run(uint64_t seed, bool loss)
{
	uint32_t sent[DIRECTIONS] = { 0, 0 };
	struct { uint32_t from, n, acked; unsigned d; } late[8];
	size_t n_late = 0;
	struct model m = { .got = { 0 } };
	struct wire w;

	for (int d = 0; d < DIRECTIONS; d++)
		for (size_t i = 0; i < MODEL; i++)
			m.octets[d][i] = (uint8_t)random_of(&seed, 256);
	wire_init(&w);
	wire_tcp(&w, A, B, "S", 0xfffffc00, 0, "");
	wire_tcp(&w, B, A, "SA", 77, 0xfffffc01, "");
	while (sent[0] < MODEL || sent[1] < MODEL) {
		unsigned d = random_of(&seed, 2);
		uint32_t n = 1 + random_of(&seed, MODEL_SEGMENT);
		uint32_t back = random_of(&seed, 4) ? 0 : random_of(&seed, 60);
		uint32_t from = sent[d] > back ? sent[d] - back : 0;
		uint32_t fate = random_of(&seed, 20);

		if (n > MODEL - from)
			n = MODEL - from;
		if (from + n > sent[d])
			sent[d] = from + n;
		if (n == 0 || (fate == 0 && loss))
			continue;
		if (fate < 6 && n_late < 3) {
			late[n_late].d = d;
			late[n_late].from = from;
			late[n_late].n = n;
			late[n_late++].acked = sent[!d];
			continue;
		}
		model_send(&w, &m, d, from, n, sent[!d]);
		if (n_late && random_of(&seed, 2)) {
			n_late--;
			model_send(&w, &m, late[n_late].d, late[n_late].from, late[n_late].n,
			           late[n_late].acked);
		}
	}
	while (n_late--)
		model_send(&w, &m, late[n_late].d, late[n_late].from, late[n_late].n,
		           late[n_late].acked);
	streams_finish(w.s);
	model_pop(&w, &m);
	for (int d = 0; d < DIRECTIONS; d++) {
		assert_int_equal(m.got[d] + m.lost[d] <= MODEL, true);
		if (!loss)
			assert_int_equal(m.got[d] + m.lost[d], MODEL);
#ifndef TEST_TINY
		if (!loss)
			assert_int_equal(m.lost[d], 0);
#endif
	}
	wire_end(&w);
}

static void model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		model_run(seed, false);
		model_run(seed, true);
	}
}

/* ---- hostile ---- */

/* Few ports, few numbers, all flags: whatever comes, the invariants hold. */
static void noise(void **state)
{
	static const char *const addresses[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3" };
	uint64_t seed = 4711;
	struct wire w;

	(void)state;
	wire_init(&w);
	w.quiet = true;
	for (int i = 0; i < 30000; i++) {
		struct host a = { addresses[random_of(&seed, 3)], (uint16_t)random_of(&seed, 3) };
		struct host b = { addresses[random_of(&seed, 3)], (uint16_t)random_of(&seed, 3) };
		struct packet p = { .n = 0 };
		size_t n = random_of(&seed, 4) ? random_of(&seed, 30) : 0, cut = 0;
		uint32_t near = random_of(&seed, 50) ? 0 : 0xc0000000u;

		put_ipv4_header(&p, a.address, b.address, 20 + n, 0, 6);
		put_tcp_header(&p, a.port, b.port, near + random_of(&seed, 300),
		               random_of(&seed, 300),
		               random_of(&seed, 3) ? 16 : random_of(&seed, 32));
		put_octets(&p, "abcdefghijklmnopqrstuvwxyz0123456789", n);
		if (random_of(&seed, 20) == 0)
			cut = random_of(&seed, (uint32_t)p.n);
		w.time_ns += random_of(&seed, 100) ? 0 : INT64_C(50000000000);
		wire_packet(&w, LINK_RAW, p.octets, p.n - cut, (uint32_t)p.n);
	}
	wire_finish(&w);
	wire_end(&w);
}

/* Each request for memory fails once: nothing crashes, nothing leaks, and
 * octets that were read are delivered or a gap is said. */
static void no_memory(void **state)
{
	(void)state;
	capture_fail_after = 0;
	assert_null(streams_new());
	for (long n = 0; n < 40; n++) {
		struct wire w;

		wire_init(&w);
		w.quiet = w.no_frames = true;
		capture_fail_after = n;
		opening(&w, A, B);
		for (uint32_t i = 0; i < 4; i++) {
			wire_tcp(&w, A, B, "A", 1004 + 3 * i, 9001, "def");
			wire_tcp(&w, B, A, "A", 9001 + 3 * i, 1001, "abc");
		}
		wire_tcp(&w, A, B, "A", 1001, 9001, "abc");
		capture_fail_after = -1;
		wire_tcp(&w, A, B, "R", 1016, 0, "");
		wire_finish(&w);
		assert_true(w.octets + w.gaps >= 15);
		wire_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normal),
		cmocka_unit_test(acknowledged_offsets),
		cmocka_unit_test(anonymised),
		cmocka_unit_test(anonymised_syn_ack_first),
		cmocka_unit_test(anonymised_refused),
		cmocka_unit_test(anonymised_middle),
		cmocka_unit_test(strangers),
		cmocka_unit_test(ambiguous),
		cmocka_unit_test(addresses_first),
		cmocka_unit_test(too_late_to_pair),
		cmocka_unit_test(syn_mismatch),
		cmocka_unit_test(reused),
		cmocka_unit_test(syn_again),
		cmocka_unit_test(both_open),
		cmocka_unit_test(anonymised_reused),
		cmocka_unit_test(middle),
		cmocka_unit_test(without_syn_ack),
		cmocka_unit_test(again),
		cmocka_unit_test(again_too_late),
		cmocka_unit_test(keep_alive),
		cmocka_unit_test(reordered),
		cmocka_unit_test(overlapping),
		cmocka_unit_test(answer_first),
		cmocka_unit_test(hole_to_the_end),
		cmocka_unit_test(hole_acknowledged),
		cmocka_unit_test(question_lost),
		cmocka_unit_test(cut_by_snap_length),
		cmocka_unit_test(after_fin),
		cmocka_unit_test(reset),
		cmocka_unit_test(reset_with_octets),
		cmocka_unit_test(both_close),
		cmocka_unit_test(acknowledged_but_unseen),
		cmocka_unit_test(outside),
		cmocka_unit_test(numbers_wrap),
		cmocka_unit_test(not_tcp),
		cmocka_unit_test(whole_of_fragments),
		cmocka_unit_test(fragments_of_ipv6),
		cmocka_unit_test(links),
		cmocka_unit_test(overlapping_fragments),
		cmocka_unit_test(hold_limits),
		cmocka_unit_test(hold_limit_of_all),
		cmocka_unit_test(many_connections),
		cmocka_unit_test(reused_often),
		cmocka_unit_test(not_finished),
		cmocka_unit_test(many_candidates),
		cmocka_unit_test(provenance),
		cmocka_unit_test(history),
		cmocka_unit_test(model),
		cmocka_unit_test(noise),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
