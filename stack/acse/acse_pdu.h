/*
 * acse_pdu: APDUs of X.227 clause 9, octets <-> struct <-> line of text.
 *
 *   AARQ  60 { 80 version  a1 { 06 context name }
 *              a2 { called AP title }  a3 { AE qualifier }  a4 { 02 }  a5 { 02 }
 *              a6 { calling AP title }  a7 { AE qualifier }  a8 { 02 }  a9 { 02 }
 *              8a requirements  8b mechanism  ac { authentication value }
 *              ad { 06 ... }  9d implementation  be { 28 EXTERNAL ... } }
 *   AARE  61 { 80  a1 { 06 }  a2 { 02 result }  a3 { a1 { 02 } | a2 { 02 } }
 *              a4 { responding AP title }  a5  a6 { 02 }  a7 { 02 }
 *              88  89  aa  ab  9d  be }
 *   RLRQ  62 { 80 reason  be }            RLRE  63 { 80 reason  be }
 *   ABRT  64 { 80 source  81 diagnostic  be }
 *
 * Everything in a decoded struct borrows from the octets read.
 */
#ifndef ACSE_ACSE_PDU_H
#define ACSE_ACSE_PDU_H

#include "acse/acse_rules.h"
#include "base/node.h"
#include "ber/ber_external.h"

enum acse_apdu {
	ACSE_NONE,
	ACSE_AARQ,
	ACSE_AARE,
	ACSE_RLRQ,
	ACSE_RLRE,
	ACSE_ABRT,
	ACSE_APDUS,
};

/* "AARQ" ... */
const char *acse_apdu_name(enum acse_apdu kind);

enum acse_field {
	ACSE_HAS_VERSION,
	ACSE_HAS_CONTEXT_NAME,
	ACSE_HAS_RESULT,
	ACSE_HAS_DIAGNOSTIC,		/* AARE: source and diagnostic; ABRT: diagnostic */
	ACSE_HAS_CALLED_AP_TITLE,	/* AARE: responding */
	ACSE_HAS_CALLED_AE_QUALIFIER,
	ACSE_HAS_CALLED_AP_INVOCATION,
	ACSE_HAS_CALLED_AE_INVOCATION,
	ACSE_HAS_CALLING_AP_TITLE,
	ACSE_HAS_CALLING_AE_QUALIFIER,
	ACSE_HAS_CALLING_AP_INVOCATION,
	ACSE_HAS_CALLING_AE_INVOCATION,
	ACSE_HAS_REQUIREMENTS,
	ACSE_HAS_MECHANISM,
	ACSE_HAS_AUTHENTICATION,
	ACSE_HAS_CONTEXT_NAMES,
	ACSE_HAS_IMPLEMENTATION,
	ACSE_HAS_REASON,		/* RLRQ, RLRE */
	ACSE_HAS_SOURCE,		/* ABRT */
	ACSE_HAS_USER,
	ACSE_FIELDS,
};

enum {
	ACSE_VERSION_1 = 1,
	ACSE_AUTHENTICATION = 1,	/* requirements: functional units */
	ACSE_NEGOTIATION = 2,		/* of application context names */
};

enum acse_result {
	ACSE_ACCEPTED = 0,
	ACSE_REJECTED_PERMANENT = 1,
	ACSE_REJECTED_TRANSIENT = 2,
};

enum acse_source {
	ACSE_USER = 0,
	ACSE_PROVIDER = 1,
};

/* Associate-source-diagnostic; the first three of the user, then the provider. */
enum acse_diagnostic {
	ACSE_NULL = 0,
	ACSE_NO_REASON = 1,
	ACSE_CONTEXT_NOT_SUPPORTED = 2,		/* user */
	ACSE_NO_COMMON_VERSION = 2,		/* provider */
};

/* Release-request-reason, Release-response-reason. */
enum acse_reason {
	ACSE_NORMAL = 0,
	ACSE_URGENT = 1,		/* RLRQ */
	ACSE_NOT_FINISHED = 1,		/* RLRE */
	ACSE_USER_DEFINED = 30,
};

/* An application entity.  Titles and qualifiers are whole values (06 OID or 30
 * Name; 02 INTEGER or 31 RDN). */
struct acse_entity {
	struct octets ap_title, ae_qualifier;
	int64_t ap_invocation, ae_invocation;
};

struct acse_user {
	uint32_t n;			/* EXTERNALs */
	struct ber_external external;	/* the first */
	struct octets raw;		/* contents of the list */
	struct node *tree;		/* to be built: in place of the (first) value */
};

struct acse_pdu {
	uint8_t kind;			/* enum acse_apdu */
	uint8_t result;			/* enum acse_result */
	uint8_t source;			/* AARE, ABRT: enum acse_source */
	uint32_t has;			/* bit 1u << enum acse_field */
	uint32_t version;		/* named bit i is 1 << i; 1 if absent */
	uint32_t requirements;
	int64_t diagnostic;
	int64_t reason;
	struct octets context_name;	/* OID contents */
	struct acse_entity called, calling;	/* AARE: responding is `called` */
	struct octets mechanism;	/* OID contents */
	struct octets authentication;	/* whole value */
	struct octets context_names;	/* OIDs, one after another */
	struct ber_string implementation;
	struct acse_user user;
};

static inline bool acse_has(const struct acse_pdu *p, enum acse_field field)
{
	return p->has >> field & 1;
}

/* Decodes one APDU; false: a fatal finding is in `f`. */
bool acse_decode(struct octets apdu, struct acse_pdu *out, struct findings *f);

/*
 * One line, fields in the order of the APDU:
 *
 *   AARQ version=1 context=2.6.0.1.6 called-ap=2.1.5 called-ae=7 called-ap-inv=1
 *   called-ae-inv=2 calling-ap=name:23 calling-ae=rdn:12 ... requirements=1
 *   mechanism=2.2.3.1 authentication=charstring:8 contexts=2.6.0.1.6,2.6.0.1.0
 *   implementation="x" user=2.1.1/3:single:48
 *   AARE context=2.6.0.1.6 result=1:rejected-permanent diagnostic=user:1:no-reason
 *   responding-ap=... user=...
 *   RLRQ reason=0:normal           ABRT source=0:user diagnostic=2:protocol-error
 */
void acse_text(struct text *t, const struct acse_pdu *p);

/* The tree of the APDU; decode(build(p)) gives the same struct.  Borrows. */
struct node *acse_build(struct nodes *a, const struct acse_pdu *p);

#endif
