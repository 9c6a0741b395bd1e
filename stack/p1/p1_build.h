/*
 * p1_build: heads of messages, probes and reports, written without a tree.
 *
 * All builders return the octets of the head and write it only if it fits in
 * `cap` (dst NULL: size only), so a caller asks for the size, leases, and
 * calls again.  Lists come through a callback, which is asked for elements in
 * any order and must give the same answer each time; NULL: the array is used.
 * Time is linear, memory constant, for 32,767 recipients too.
 */
#ifndef P1_BUILD_H
#define P1_BUILD_H

#include "p1/p1_pdu.h"

struct p1_message {
	struct p1_mts_id id;
	struct octets originator;	/* ORName, whole (p1_name_encode(), tag 0x60) */
	struct octets eits;		/* whole; n = 0: omitted */
	struct p1_content_type content_type;
	struct octets content_id;	/* n = 0: omitted */
	uint8_t priority;		/* omitted if normal */
	uint8_t indicators;		/* omitted if 0 */
	struct octets deferred;		/* UTCTime; n = 0: omitted */
	struct octets bilateral;	/* PerDomainBilateralInformation, elements */
	struct octets earlier;		/* trace elements, one after the other, before: */
	struct p1_trace trace;		/* the last element; no arrival time: none */
	struct octets extensions;	/* ExtensionFields, whole, one after the other */
	uint32_t recipients_n;
	const struct p1_recipient *recipients;	/* .name whole, .number, .indicators; of
					 * .extensions the window's octets */
	void (*recipient)(void *ctx, uint32_t i, struct p1_recipient *out);
	void *ctx;
};

/* content_length octets of content are to follow the head. */
size_t p1_message_head(const struct p1_message *m, uint64_t content_length,
                       uint8_t *dst, size_t cap);
/* The whole APDU; content_length is what the probe asks about, P1_NO_LENGTH: it does
 * not say. */
#define P1_NO_LENGTH UINT64_MAX
size_t p1_probe(const struct p1_message *m, uint64_t content_length, uint8_t *dst, size_t cap);

struct p1_report {
	struct p1_mts_id id;
	struct octets destination;	/* ORName, whole: the originator of the subject */
	struct octets earlier;		/* trace elements, one after the other, before: */
	struct p1_trace trace;		/* the last element; no arrival time: none */
	struct octets extensions;	/* of the envelope */

	struct p1_mts_id subject;
	struct octets subject_trace;	/* elements, one after the other; n = 0: omitted */
	struct octets eits;		/* whole; n = 0: omitted */
	struct p1_content_type content_type;
	struct octets content_id;
	struct octets returned;		/* returned content; p NULL: omitted */
	struct octets additional;	/* additional information: one whole value */
	struct octets content_extensions;
	uint32_t recipients_n;
	const struct p1_reported *recipients;	/* .name, .intended: ORName with any tag, whole */
	void (*recipient)(void *ctx, uint32_t i, struct p1_reported *out);
	void *ctx;
};

size_t p1_report(const struct p1_report *r, uint8_t *dst, size_t cap);

/* Fills what a report takes from its subject: subject identifier, trace,
 * EITs, content type and identifier, destination.  Borrows from the subject's
 * head. */
void p1_report_on(struct p1_report *r, const struct p1_apdu *subject);

#endif
