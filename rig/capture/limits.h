/*
 * limits: every bound of rig/capture, in one place, with its reason.
 *
 * What is kept in memory depends on these numbers only, never on what a
 * capture file says.  With TEST_TINY each bound is so small that the unit
 * tests run into it.
 */
#ifndef CAPTURE_LIMITS_H
#define CAPTURE_LIMITS_H

#ifdef TEST_TINY
enum {
	CAPTURE_BLOCK_MAX = 140 << 10,
	CAPTURE_INTERFACES_MAX = 3,
	CAPTURE_NAME_MAX = 24,
	CAPTURE_NAMES_MAX = 3,
	CAPTURE_COMMENT_MAX = 320,
	STREAMS_CONNECTIONS_MAX = 4,
	STREAMS_HOLD_SEGMENTS = 6,
	STREAMS_HOLD_OCTETS = 16 << 10,
	STREAMS_HOLD_TOTAL = 32 << 10,
	STREAMS_HOLD_FRAMES = 8,
	STREAMS_HISTORY = 2 << 10,
	STREAMS_HISTORY_TOTAL = 8 << 10,
	STREAMS_PROVENANCE_TOTAL = 64,
	STREAMS_CANDIDATES_MAX = 4,
	FRAGMENTS_MAX = 2,
	PCAPNG_BUFFER = 4 << 10,
	PCAPNG_COMMENT_MAX = 256,
};
#else
enum {
	/* Octets of a pcapng block that is read whole (packets with their
	 * options, interfaces, sections); others are skipped, however long.
	 * tcpdump and Wireshark cut packets at 262,144 octets; four comments
	 * of the largest size come on top. */
	CAPTURE_BLOCK_MAX = 1 << 20,
	/* Interfaces of one section: mergecap makes one per merged file. */
	CAPTURE_INTERFACES_MAX = 1024,
	/* Octets kept of an interface's name and description; Linux names
	 * have at most 15, Windows ones about 50. */
	CAPTURE_NAME_MAX = 128,
	/* Names of addresses that one section holds. */
	CAPTURE_NAMES_MAX = 1024,
	/* Octets kept of a section's or interface's comment; ours take about
	 * 300. */
	CAPTURE_COMMENT_MAX = 1024,

	/* Connections remembered, open or closed; the one that was silent
	 * longest makes place.  About 700 octets each, and up to 14 KiB for
	 * who reads X.400 in it: 115 MiB if all are half open. */
	STREAMS_CONNECTIONS_MAX = 8192,
	/* Segments and octets of one direction held back behind a hole.  A
	 * sender can be no further ahead than its peer's window, which Linux
	 * lets grow to 6 MiB (tcp_rmem). */
	STREAMS_HOLD_SEGMENTS = 4096,
	STREAMS_HOLD_OCTETS = 6 << 20,
	/* ... and of all connections together. */
	STREAMS_HOLD_TOTAL = 64 << 20,
	/* Frames of a connection waited for octets that the other side has
	 * acknowledged already: either the capture swapped frames (a matter of
	 * a few, with several receive queues of some hundred) or it lost them. */
	STREAMS_HOLD_FRAMES = 256,
	/* Delivered octets of a direction kept to compare retransmissions with:
	 * the default send buffer of common systems. */
	STREAMS_HISTORY = 64 << 10,
	STREAMS_HISTORY_TOTAL = 32 << 20,
	/* Entries (16 octets each) of the tables offset -> frame.  Four million
	 * segments of 1,460 octets are 6 GB of streams; beyond, the oldest
	 * parts of a table grow coarse. */
	STREAMS_PROVENANCE_TOTAL = 4 << 20,
	/* One-sided connections of one pair of ports that are looked at when a
	 * direction without a partner appears. */
	STREAMS_CANDIDATES_MAX = 64,

	/* IP packets of which fragments wait for others: 64 KiB each. */
	FRAGMENTS_MAX = 64,

	/* The writer's buffer; octets of 8 KiB and more are not copied into it. */
	PCAPNG_BUFFER = 256 << 10,
	/* A comment written; an option's length field allows 65,535. */
	PCAPNG_COMMENT_MAX = 16 << 10,
};
#endif
enum {
	/* Buckets of the hash tables, a power of two: one a connection.  What a fuzzer
	 * reads is small, and clearing them would take longer than reading it. */
#ifdef FUZZING
	STREAMS_BUCKETS = 64,
#else
	STREAMS_BUCKETS = 8192,
#endif
	/* Octets that a sequence number may lie ahead: the largest window
	 * (RFC 7323 2.3). */
	STREAMS_AHEAD_MAX = 1 << 30,
	/* How far a sequence number may be from what the other direction last
	 * acknowledged, when directions are paired by numbers. */
	STREAMS_PAIR_WINDOW = 256 << 10,
	/* ... and how old that may be: Linux gives up a SYN after 127 s. */
	STREAMS_PAIR_SECONDS = 130,
	/* Part of a buffer that is worth a copy to save a system call. */
	PCAPNG_COPY_MAX = 8 << 10,
	/* How long a fragment waits (RFC 8200 4.5), and the head of a packet that is
	 * put together: longer chains of headers are not met. */
	FRAGMENTS_SECONDS = 60,
	FRAGMENT_HEAD_MAX = 256,
	/* Octets of a packet that a live capture takes: as tcpdump. */
	CAPTURE_SNAP = 262144,
	/* Octets of TCP payload that the synthesiser puts into one packet: the
	 * IP length field has 16 bits. */
	SYNTH_SEGMENT_MAX = 65000,
};

#endif
