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
 *   pdu         "CN", "RTTR" ...; of layer tcp "FIN", "RST", "gap", "note" ...
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

#include <stdio.h>

enum {
	LISTING_FRAMES = 64,		/* frames of one PDU that are listed: the first ones and
					 * the last */
	LISTING_DETAILS = 16,		/* lines of text below a PDU */
	LISTING_DETAILS_JSON = 1024,
};

struct listing_line {
	const struct stream_connection *connection;	/* NULL: of none */
	enum capture_direction direction;
	bool has_time, inside;		/* inside: leave the first columns empty */
	int64_t time_ns;
	uint32_t frames[LISTING_FRAMES];
	size_t frames_n;
	const char *layer, *pdu, *text;
	uint64_t offset, length;
	bool cut;
	const struct findings *findings;		/* NULL: none */
	const struct observation *details;		/* NULL: none */
	bool fields;			/* details begin with all fields of the PDU */
};

/* `zero_ns`: time 0 of the text form. */
void listing_text(FILE *out, const struct listing_line *line, int64_t zero_ns);
void listing_json(FILE *out, const struct listing_line *line);

/* "connection 1: A:1 > B:2, 2026-01-02 03:04:05.678901 UTC, from frame 1" */
void listing_connection(FILE *out, const struct stream_connection *c);

/* Frames of the octets from..to of a direction. */
void listing_frames(struct listing_line *line, const struct follow *f, uint64_t from,
                    uint64_t to);

#endif
