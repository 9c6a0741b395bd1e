/*
 * p1_pdu: messages, reports and probes of X.411 (1988 and later; 1984 is a
 * subset with the same tags).
 *
 *   message [0] a0 { SET envelope, OCTET STRING content }
 *   report  [1] a1 { SET envelope, SET content }
 *   probe   [2] a2 envelope (implicit)
 *
 * What is decoded is the *head*: the octets from the APDU's identifier up to
 * and including the header of the content; for reports and probes the whole
 * APDU.  The content itself is never here.
 *
 * Lists (recipients, trace, extensions) are not arrays: they stay windows on
 * the head and are walked with iterators, so 32,767 recipients take no
 * memory.  Everything borrows from the head.
 *
 *     struct p1_iterator it;
 *     p1_walk(&it, &apdu.recipients, findings);
 *     while (p1_next_recipient(&it, &recipient))
 *             ...
 */
#ifndef P1_PDU_H
#define P1_PDU_H

#include "ber/ber.h"
#include "p1/p1_name.h"
#include "p1/p1_rules.h"

enum p1_kind {
	P1_MESSAGE,
	P1_REPORT,
	P1_PROBE,
	P1_KINDS,
};

/* "MESSAGE" ... */
const char *p1_kind_name(enum p1_kind kind);

enum p1_priority { P1_NORMAL = 0, P1_NON_URGENT = 1, P1_URGENT = 2 };

/* Per-message indicators: named bit i of X.411 is 1 << i. */
enum {
	P1_DISCLOSURE_ALLOWED = 1 << 0,
	P1_CONVERSION_PROHIBITED = 1 << 1,
	P1_ALTERNATE_ALLOWED = 1 << 2,
	P1_CONTENT_RETURN = 1 << 3,
	P1_SERVICE_MESSAGE = 1 << 7,
};

/* Per-recipient indicators. */
enum {
	P1_RESPONSIBILITY = 1 << 0,
	P1_MTA_REPORT = 1 << 1,			/* originating-MTA-report */
	P1_MTA_NON_DELIVERY = 1 << 2,		/* originating-MTA-non-delivery-report */
	P1_ORIGINATOR_REPORT = 1 << 3,
	P1_ORIGINATOR_NON_DELIVERY = 1 << 4,
};

enum { P1_RELAYED = 0, P1_REROUTED = 1 };	/* routing action */

enum {
	P1_CONTENT_UNIDENTIFIED = 0,
	P1_CONTENT_EXTERNAL = 1,
	P1_CONTENT_P2 = 2,
	P1_CONTENT_P22 = 22,
	P1_RECIPIENTS_MAX = 32767,
	P1_NO_DIAGNOSTIC = -1,
};

struct p1_content_type {
	bool present, is_oid;
	uint32_t number;
	struct octets oid;		/* contents */
};

/* A part of the head, with its place in it. */
struct p1_window {
	const uint8_t *base;		/* octet 0 of the head */
	size_t pos, end;		/* contents; pos == end: empty */
	bool present;
};

struct p1_apdu {
	uint8_t kind;			/* enum p1_kind */
	uint8_t priority;		/* enum p1_priority */
	bool has_indicators, has_length;
	uint8_t indicators;		/* bit i: named bit i */
	struct octets head;
	struct p1_mts_id id;		/* of the message, probe or report itself */
	struct octets originator;	/* ORName, whole; report: the destination */
	struct octets eits;		/* original EITs, whole; n = 0: absent */
	struct p1_content_type content_type;
	struct ber_string content_id;	/* n = 0: absent */
	struct ber_string deferred;	/* UTCTime; n = 0: absent */
	struct p1_window bilateral, trace, extensions, recipients;
	uint32_t trace_n, extensions_n, recipients_n;
	/* Message: of the content, if its header says so (definite, primitive);
	 * probe: content-length. */
	uint64_t length;

	/* Report only.  content_type, content_id and eits are those of the
	 * subject; recipients are walked with p1_next_reported(). */
	struct p1_mts_id subject;
	struct p1_window subject_trace, content_extensions;
	struct ber_string returned;	/* returned content; n = 0: absent */
	struct octets additional;	/* information: one whole value; n = 0: absent */
	uint32_t delivered_n, failed_n;
	bool has_returned;

	/* Where things stand in the head, for p1_relay_head(). */
	struct p1_window envelope;	/* contents of the envelope */
	size_t trace_at, trace_end;	/* whole element; equal: absent */
	size_t extensions_at, extensions_end;
	size_t report_at, report_end;	/* report content, whole */
};

/* A head, bare (without EXTERNAL).  Everything is checked and counted. */
bool p1_decode(struct octets head, struct p1_apdu *out, struct findings *f);

struct p1_iterator {
	struct ber ber;
};

void p1_walk(struct p1_iterator *it, const struct p1_window *w, struct findings *f);

/* Per-recipient fields of a message or probe. */
struct p1_recipient {
	struct octets name;		/* ORName, whole */
	uint32_t number;		/* originally-specified-recipient-number */
	uint8_t indicators;
	size_t indicators_at;		/* octet in the head that holds them; 0: none */
	bool has_conversion;
	uint32_t conversion;
	struct p1_window extensions;
};
bool p1_next_recipient(struct p1_iterator *it, struct p1_recipient *out);

struct p1_trace {
	struct p1_domain domain;
	struct ber_string arrival;	/* UTCTime */
	uint32_t action;
	bool has_attempted;
	struct p1_domain attempted;
	struct ber_string deferred;	/* n = 0: absent */
	struct octets converted_eits;	/* whole; n = 0: absent */
	uint8_t other_actions;		/* bit 0 redirected, bit 1 DL operation */
	/* Of the internal trace only. */
	struct ber_string mta;		/* name */
	struct ber_string attempted_mta;	/* n = 0: absent */
};
bool p1_next_trace(struct p1_iterator *it, struct p1_trace *out);
bool p1_next_internal(struct p1_iterator *it, struct p1_trace *out);

struct p1_extension {
	size_t at, end;			/* octets in the head: the whole ExtensionField */
	bool is_oid;			/* private: type is `oid` */
	uint32_t type;			/* standard */
	struct octets oid;
	uint8_t criticality;		/* bit 0 submission, 1 transfer, 2 delivery */
	struct octets value;		/* whole value in [2]; n = 0: absent, which is NULL.
					 * Its type, if it is a standard one: the table
					 * p1_extension_values (p1_types.h). */
};
bool p1_next_extension(struct p1_iterator *it, struct p1_extension *out);
enum { P1_INTERNAL_TRACE = 38 };
/* The (first) extension that holds the internal trace; false: none. */
bool p1_find_internal(const struct p1_apdu *a, struct p1_extension *out);
/* Its elements, for p1_next_internal(); false: its value is no list.  Octets of findings are
 * those of the value. */
bool p1_walk_internal(struct p1_iterator *it, const struct p1_extension *x, struct findings *f);
/* "dl-expansion-history" ..., NULL: not a standard one. */
const char *p1_extension_name(uint32_t type);

struct p1_reported {
	struct octets name;		/* actual recipient, contents as of ORName, tag a0 */
	uint32_t number;
	uint8_t indicators;
	struct ber_string arrival;	/* last trace */
	struct octets converted_eits;
	bool delivered;
	struct ber_string delivery_time;
	uint32_t user_type;		/* type of MTS-user */
	uint32_t reason;		/* non-delivery */
	int32_t diagnostic;		/* P1_NO_DIAGNOSTIC: absent */
	struct octets intended;		/* whole, tag a4, or 60 (1984); n = 0: absent */
	struct ber_string supplementary;
	struct p1_window extensions;
};
bool p1_next_reported(struct p1_iterator *it, struct p1_reported *out);

/* "transfer-failure" ..., "loop-detected" ...; NULL: not defined. */
const char *p1_reason_name(uint32_t reason);
const char *p1_diagnostic_name(int32_t diagnostic);

/* Has the trace an element of this domain?  (loop detection, X.411 12.3.1) */
bool p1_trace_has(const struct p1_apdu *a, const struct p1_domain *domain);
/* Among MTAs of one domain: has it left this domain, as the trace has it?  *last: it is the
 * domain of the last element. */
bool p1_trace_left(const struct p1_apdu *a, const struct p1_domain *domain, bool *last);
/* Has the internal trace an element of this domain (and of this MTA, unless NULL)? */
bool p1_internal_has(const struct p1_apdu *a, const struct p1_domain *domain, struct octets mta);

/* `MESSAGE id="C=XX;A=ADM;P=PRI;L=id" from="C=..;S=.." to=2 priority=normal content=22
 * content-id="..." length=4711`; `REPORT id=.. to=.. subject=.. delivered=1 failed=0`;
 * `PROBE ...`.  Lengths unknown are left out. */
void p1_text(struct text *t, const struct p1_apdu *a);
/* The same with recipients, trace, extensions, at most `limit` of each: what vectors are held
 * against; the program walks the lists itself. */
void p1_text_all(struct text *t, const struct p1_apdu *a, uint32_t limit);
void p1_recipient_text(struct text *t, const struct p1_recipient *r);
void p1_reported_text(struct text *t, const struct p1_reported *r);
void p1_trace_text(struct text *t, const struct p1_trace *e);
void p1_extension_text(struct text *t, const struct p1_extension *x);

#endif
