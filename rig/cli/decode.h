/*
 * decode: what `x400rig decode` keeps of a capture.
 *
 *     follow --> flow (one a connection) --> observer --> lines --> filter --> listing
 *                                                \-> contents --> save
 *
 * cmd_decode.c is the verb, decode_flow.c follows a connection, decode_lines.c makes lines of
 * observations, decode_aside.c of what is said of packets, decode_share.c has several processes
 * do it.
 */
#ifndef CLI_DECODE_H
#define CLI_DECODE_H

#include "cli/decode_share.h"
#include "cli/follow.h"
#include "cli/line_filter.h"
#include "cli/listing.h"
#include "cli/save.h"
#include "heap/heap.h"

#include <stdio.h>

enum {
	DECODE_PENDING = 8,		/* notes, comments before it was known to be X.400 */
	DECODE_TEXT = LISTING_TEXT_MAX,
	DECODE_IDS = 512,		/* of the identifiers of a message */
};

/* Lines about what is inside DTs, held until the line of the DTs is printed. */
enum held { HELD_SESSION, HELD_PRESENTATION, HELD_RTSE, HELD_P1, HELD_IPM, HELDS };

/* DTs of one direction with no other line between them: one line. */
struct group {
	bool open, in_dt, cut;
	enum capture_direction direction;
	bool has_time;
	int64_t time_ns;
	uint64_t from, to, octets;
	uint64_t dts;
	FILE *held[HELDS];
	char *text[HELDS];
	size_t size[HELDS];
};

/* What the capture says of a packet, or of where it was taken and who sent it. */
struct decode_comment {
	struct decode_comment *next;
	const char *pdu;		/* "comment", "interface", "name" */
	uint8_t direction;
	uint32_t frame;
	int64_t time_ns;
	struct octets text;		/* owned, behind this, while it waits */
};

struct flow {
	struct follow_talk talk;	/* first */
	struct observer_sink sink;
	struct observer_contents contents;
	struct decode *decode;
	bool announced;			/* it is X.400 */
	bool headed;			/* the line about the connection is printed */
	bool ended[DIRECTIONS];
	struct stream_event pending[DECODE_PENDING];	/* before that */
	size_t pending_n;
	struct decode_comment *comments;	/* of before that; owned */
	uint64_t interfaces;		/* bits: those that were told */
	uint32_t names_n[DIRECTIONS];	/* names that the sender was looked for in */
	bool named[DIRECTIONS];
	struct stream_connection ends;	/* as far as they are known */
	struct observer *observer;	/* NULL: it is not X.400 (yet), or is over */
	struct findings *begun[DIRECTIONS][LAYERS];	/* JSON: of what streams; owned */
	struct group group;
	/* The last line, for what lies inside it. */
	uint8_t line_layer;
	uint32_t line_frame;
	uint64_t dts;			/* since the MTS-APDU began */
	char ids[DECODE_IDS];		/* of the message in transfer, or transferred last */
	struct save_file *saving[DIRECTIONS];
};

struct decode {
	bool json, verbose;
	struct line_filter filter;
	bool by_id;			/* messages are chosen by identifier */
	struct save *save;		/* NULL: contents are not saved */
	struct export *export;		/* NULL: packets are not written */
	bool no_secrets;		/* ... and secrets of TLS neither */
	struct follow follow;
	struct flow *line_flow;		/* that the last line was about */
	struct heap heap;			/* of all observers */
	struct decode_sum sum;
	struct decode_share *share;	/* NULL: one process does it all */
	struct listing_json lines;	/* with `json` */
	char buffer[LISTING_BUFFER];	/* of those */
	struct text_memory names;
	char text[DECODE_TEXT];
};

/* A connection is X.400. */
bool decode_take(struct follow *follow, struct follow_talk *talk);
void decode_octets(struct follow *follow, struct follow_talk *talk, const struct stream_event *e);
void decode_late(struct follow *follow, struct follow_talk *talk, const struct stream_event *e);
void decode_event(struct follow *follow, struct follow_talk *talk, const struct stream_event *e);
void decode_sealed(struct follow *follow, struct follow_talk *talk, const struct stream_event *e,
                   const char *why);
/* After what the packet brought: its comment, and, once each for a connection, the name of
 * its interface and of its sender. */
void decode_aside(struct decode *d, const struct capture_packet *p);
void decode_end(struct follow *follow, struct follow_talk *talk, const struct stream_event *e);

#endif
