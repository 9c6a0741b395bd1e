/*
 * pdus: what the PDUs of a case's capture say, one after the other.
 *
 *     session CN calling-ref=... user=126          text
 *       octets-password  "larch"      31 to 35     parts: what a field says, and where
 *     0000  0d b1 05 ...                           octets, the first ones
 */
#ifndef REPORT_PDUS_H
#define REPORT_PDUS_H

#include "base/rule.h"
#include "capture/capture.h"
#include "observer/observer.h"

struct pdus;

/* A field, a list's element or a finding: what it says and which octets say it. */
struct pdu_part {
	char *name, *value;		/* owned */
	uint32_t at, n;			/* within the PDU; n 0: nowhere */
	bool secret;			/* a password: its octets are not to be shown */
};

enum {
	PDU_OCTETS_MAX = 1024,		/* of a PDU that are kept */
	PDU_PARTS_MAX = 48,
};

struct pdu_text {
	char *text;			/* one line, by the layer's own text function; owned */
	struct pdu_part *parts;		/* owned */
	uint8_t *octets;		/* owned; the first of `length` */
	size_t parts_n, octets_n;
	uint64_t length, from;		/* from: offset in the stream of its direction */
	uint32_t frame_first, frame_last;	/* 0: not known */
	uint8_t layer;			/* enum layer */
};

/* Of an observation, while it is told.  Without memory there is less of it. */
void pdu_text_take(struct pdu_text *out, const struct observation *seen);
void pdu_text_free(struct pdu_text *p);

/* Reads a capture that a run has written, at most PDUS_MAX PDUs of it.  NULL: it cannot be
 * read. */
enum { PDUS_MAX = 20000 };
struct pdus *pdus_read(const char *capture);
void pdus_free(struct pdus *p);

/* The next PDU of this layer and code (session: an AEA or MAA also as SPDU_MAA_AEA) that a
 * direction of the n-th connection (from 1) sent, behind the one returned last for the layer.
 * NULL: there is none any more. */
const struct pdu_text *pdus_next(struct pdus *p, uint32_t connection, enum capture_direction d,
                                 enum layer layer, uint8_t code);

#endif
