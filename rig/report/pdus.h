/*
 * pdus: what the PDUs of a case's capture say, one after the other.
 */
#ifndef REPORT_PDUS_H
#define REPORT_PDUS_H

#include "base/rule.h"
#include "capture/capture.h"

struct pdus;

struct pdu_text {
	const char *text;		/* one line, by the layer's own text function */
	const char *details;		/* lines below it; "": none */
	const char *hex;		/* its first octets */
	uint32_t frame_first, frame_last;
};

/* Reads a capture that a run has written, at most PDUS_MAX PDUs of it.  NULL: it cannot be
 * read. */
enum { PDUS_MAX = 20000, PDUS_HEX_MAX = 160 };
struct pdus *pdus_read(const char *capture);
void pdus_free(struct pdus *p);

/* The next PDU of this layer and code (session: an AEA or MAA also as SPDU_MAA_AEA) that a
 * direction of the n-th connection (from 1) sent, behind the one returned last for the layer.
 * NULL: there is none any more. */
const struct pdu_text *pdus_next(struct pdus *p, uint32_t connection, enum capture_direction d,
                                 enum layer layer, uint8_t code);

#endif
