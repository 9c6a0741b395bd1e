/*
 * ipm: interpersonal messages and notifications (X.420; P2 and P22), as
 * contents of messages.
 *
 *   IPM  a0 { SET heading, SEQUENCE OF body part }
 *   IPN  a1 { ... }
 *
 * P772 (STANAG 4406) contents have the same shape and are decoded likewise.
 *
 * Decoding works on the beginning of a content: the heading (IPN: all) must
 * be there, the body may be cut (`whole` is then false).  Everything borrows.
 */
#ifndef IPM_H
#define IPM_H

#include "ber/ber.h"
#include "ipm/ipm_rules.h"
#include "p1/p1_name.h"
#include "p1/p1_pdu.h"

enum ipm_kind { IPM_MESSAGE, IPM_NOTIFICATION };

enum ipm_notice { IPM_NON_RECEIPT, IPM_RECEIPT, IPM_OTHER };

struct ipm_id {
	struct octets name;		/* ORName, whole; n = 0: absent */
	struct ber_string local;
	bool present;
};

struct ipm {
	uint8_t kind;			/* enum ipm_kind */
	struct ipm_id id;		/* this-IPM; IPN: the subject IPM */
	struct octets originator;	/* ORName in the descriptor, whole; n = 0: absent */

	/* IPM */
	struct p1_window primary, copy, blind;	/* ipm_next_recipient() */
	uint32_t primary_n, copy_n, blind_n;
	struct ber_string subject;	/* T61String */
	bool has_subject, has_importance, has_sensitivity, auto_forwarded;
	uint8_t importance;		/* 0 low, 1 normal, 2 high */
	uint8_t sensitivity;		/* 1 personal, 2 private, 3 company-confidential */
	struct p1_window extensions;	/* ipm_next_extension() */
	struct p1_window authorizing, reply_to;	/* ORDescriptors, ipm_next_descriptor() */
	struct p1_window obsoleted, related;	/* IPM identifiers, ipm_next_id() */
	struct ipm_id replied;
	struct ber_string expiry, reply_by;	/* UTCTime; raw.n = 0: absent */
	uint32_t parts_n;		/* body parts seen */
	uint8_t part_tag;		/* identifier octet of the first one: a0 ia5-text ... */
	struct ber_string text;		/* ia5-text: what is there of it */
	uint64_t text_at;		/* its octet in the content */
	bool has_text, whole;

	/* IPN */
	uint8_t notice;			/* enum ipm_notice */
	uint32_t reason;		/* non-receipt reason; receipt: acknowledgment mode */
	struct ber_string receipt_time;
	bool has_discard, has_comment, has_returned;
	uint32_t discard;		/* reason of a discard */
	struct ber_string comment;	/* auto-forward comment */
	struct octets returned;		/* returned IPM, contents of [3] */
	struct octets intended;		/* ORName in the descriptor, whole; n = 0: absent */
	struct ber_string supplementary;	/* receipt: raw.p NULL: absent */
	struct p1_window notice_extensions;	/* of the notification; other notices: all */
};

bool ipm_decode(struct octets content, struct ipm *out, struct findings *f);

struct ipm_recipient {
	struct octets name;		/* ORName, whole; n = 0: absent */
	struct ber_string free_form;
	struct ber_string telephone;
	uint8_t notify;			/* bit 0 rn, 1 nrn, 2 ipm-return */
	bool reply;
	struct p1_window extensions;
};
bool ipm_next_recipient(struct p1_iterator *it, struct ipm_recipient *out);
/* Of an ORDescriptor there are name, free_form and telephone. */
bool ipm_next_descriptor(struct p1_iterator *it, struct ipm_recipient *out);
bool ipm_next_id(struct p1_iterator *it, struct ipm_id *out);

struct ipm_extension {
	struct octets whole;		/* of ipm_type_extension (ipm_types.h) */
	struct octets oid;		/* contents */
	struct octets value;		/* whole; n = 0: absent, which is NULL */
};
bool ipm_next_extension(struct p1_iterator *it, struct ipm_extension *out);

/* Body parts of a content that is there whole: ipm_walk_parts(), then one by one.  These, and
 * the iterators of descriptors, identifiers and extensions, serve vectors and oracles; the
 * program shows a content in a line, and its recipients. */
struct ipm_part {
	uint32_t number;		/* context tag: 0 ia5-text ... 15 extended */
	struct octets whole;		/* of ipm_type_body_part */
	struct octets oid;		/* extended: of the data, contents; n = 0: none */
	const char *name;		/* "ia5-text", "file-transfer" ...; NULL: not known */
};
bool ipm_walk_parts(struct p1_iterator *it, struct octets content, struct findings *f);
bool ipm_next_part(struct p1_iterator *it, struct ipm_part *out);

/* `IPM id="..." from="C=..;S=.." to=1 subject="..." body=ia5-text text=12`;
 * behind it the ATS header with which the text begins, if it does (ipm_ats.h) */
void ipm_text(struct text *t, const struct ipm *m);

/* A simple IPM with one ia5-text body part. */
struct ipm_compose {
	struct octets name;		/* of this-IPM: ORName, whole; n = 0: omitted */
	struct octets local;		/* of this-IPM */
	struct octets originator;	/* ORName, whole; n = 0: omitted */
	const struct octets *primary;	/* ORNames, whole */
	uint32_t primary_n;
	struct octets subject;		/* n = 0: omitted */
	bool has_importance;
	uint8_t importance;
	bool receipt;			/* ask each for receipt and non-receipt notices */
};

/* Octets of the content before the text, whose `text_length` octets end the
 * content; written only if they fit in cap (dst NULL: size only). */
size_t ipm_compose_head(const struct ipm_compose *c, uint64_t text_length,
                        uint8_t *dst, size_t cap);

#endif
