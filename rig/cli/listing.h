/*
 * listing: the lines that `decode` prints, as text for people or as JSON.
 *
 * Text: seconds since the first packet, frames, connection and direction, layer,
 * PDU.  What lies inside the line before it (same frames, higher layer) leaves
 * the first columns empty.  Details and findings stand below:
 *
 *      0.005342        8    1 ->  session       CN calling-ref=...
 *                                 presentation  CP mode=normal ...
 *                                                 note presentation.x (X.226 8.2) @12: ...
 *
 * JSON: one object a line, with these keys, in this order:
 *
 *   time        seconds since 1970 UTC of the frame that completed it; null: none
 *   frames      numbers of the frames from its first octet to its last one, from 1
 *   connection  its number in this capture, from 1
 *   from, to    "address:port" of who sent it, and of the other end
 *   direction   "->" from the initiator of the TCP connection, "<-" from its peer
 *   layer       "tcp", "tpkt", "cotp" ... "ipm"
 *   pdu         "CN", "RTTR" ...; of layer tcp "FIN", "RST", "gap", "note",
 *               with -v, out of a pcapng, "comment" (of a packet), "interface" and "name"
 *               (of who sends; once each of a connection) ...
 *   text        the PDU in one line
 *   offset      of its first octet in its direction's TCP stream
 *   length      its octets
 *   cut         true: it ended before its end
 *   details     lines of text: recipients, trace, extensions; with -v every field
 *   findings    {rule, clause, octet, severity, text}; octet: within the PDU;
 *               severity: "note", "fatal"
 */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "cli/follow.h"
#include "observer/observer.h"
#include "pdu/pdu.h"

#include <stdio.h>

enum {
	LISTING_FRAMES = 64,		/* frames of one PDU that are listed: the first ones and
					 * the last */
	LISTING_DETAILS = 16,		/* lines of text below a PDU */
	LISTING_DETAILS_JSON = 1024,
	LISTING_DETAIL_MAX = 4096,	/* octets of one */
	LISTING_TEXT_MAX = 8192,	/* of the PDU in one line */
	LISTING_END = CAPTURE_ADDRESS_TEXT + 8,
	/* JSON is gathered and written some hundred lines at once: room for the longest
	 * text with every character escaped. */
	LISTING_BUFFER = 64 << 10,
	LISTING_ENDS = 64,
	LISTING_HEAD = 2 * LISTING_END + 256,
};

struct listing_line {
	const struct stream_connection *connection;	/* NULL: of none */
	enum capture_direction direction;
	bool has_time, inside;		/* inside: leave the first columns empty */
	int64_t time_ns;
	const char *layer, *pdu, *text;
	size_t text_n;			/* 0: up to its NUL */
	uint64_t offset, length;
	bool cut;
	const struct findings *findings;		/* NULL: none */
	const struct observation *details;		/* NULL: none */
	bool fields;			/* details begin with all fields of the PDU */
	struct text_memory *names;	/* NULL: none */
	size_t frames_n;
	uint32_t frames[LISTING_FRAMES];	/* last: only so many are set */
};

/* `zero_ns`: time 0 of the text form. */
void listing_text(FILE *out, const struct listing_line *line, int64_t zero_ns);

/* Both ends of a connection as JSON has them, seen from one direction. */
struct listing_ends {
	struct capture_address address[DIRECTIONS];
	uint32_t number;
	uint16_t port[DIRECTIONS];
	uint16_t n;
	char text[2 * LISTING_END + 64];
};

/* Where some hundred lines go, other than into a file; embed it in your own struct. */
struct listing_sink {
	/* n octets are complete; returns where the next LISTING_BUFFER ones go. */
	char *(*take)(struct listing_sink *sink, size_t n);
};

/* Lines of JSON on their way out; all zero but `at` and `out` or `sink` in the beginning. */
struct listing_json {
	FILE *out;
	struct listing_sink *sink;	/* NULL: `out` */
	char *at;			/* LISTING_BUFFER octets; lent */
	size_t n;
	int64_t time_ns;
	size_t time_n;			/* of the text of time_ns; 0: none */
	char time[48];
	struct listing_ends ends[LISTING_ENDS];
	/* What the line before began with, up to its layer: of the same frame, the next one
	 * does too. */
	uint32_t head_frame, head_connection;
	int64_t head_ns;
	enum capture_direction head_direction;
	size_t head_n;			/* 0: none is kept */
	char head[LISTING_HEAD];
};

void listing_json(struct listing_json *j, const struct listing_line *line);
void listing_json_flush(struct listing_json *j);

/* "connection 1: A:1 > B:2, 2026-01-02 03:04:05.678901 UTC, from frame 1" */
void listing_connection(FILE *out, const struct stream_connection *c);

/* Frames of the octets from..to of a direction. */
void listing_frames(struct listing_line *line, const struct follow *f, uint64_t from,
                    uint64_t to);

/* ---- what listing.c and listing_json.c share ---- */

/* The lines below a PDU: its fields if asked for, then recipients and the like. */
struct listing_details {
	struct observation_details rest;
	const struct observation *seen;
	const struct pdu_form *form;	/* NULL: no fields (any more) */
	size_t field;
};
void listing_details_init(struct listing_details *d, const struct listing_line *line);
/* false: there are no more. */
bool listing_details_next(struct listing_details *d, struct text *t);

/* "192.0.2.1:102", "[2001:db8::1]:102" into `out`, which it returns. */
const char *listing_end(const struct stream_connection *c, enum capture_direction d,
                        char out[LISTING_END]);
const char *listing_severity(const struct rule *rule);

#endif
