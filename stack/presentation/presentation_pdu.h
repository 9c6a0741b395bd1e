/*
 * presentation_pdu: PPDUs of X.226 clause 8, octets <-> struct <-> line of text.
 *
 *   CP    31 { a0 { 80 mode }  a1 { X.410 parameters }  a2 { 80 version
 *              81 calling psel  82 called psel  a4 { 30 { 02 id  06 abstract
 *              30 { 06 transfer ... } } ... }  a6 { 80 abstract  81 transfer }
 *              88 requirements  89 session requirements  user data } }
 *              [CPC: user data in other transfer syntaxes] ...
 *   CPA   31 { a0 { 80 mode }  a1 { X.410 parameters }  a2 { 80 version
 *              83 responding psel  a5 { 30 { 80 result  81 transfer
 *              82 reason } ... }  88  89  user data } }
 *   CPR   30 { 80 version  83 responding psel  a5 { results }  87 default
 *              result  8a provider reason  user data } | 31 { X.410 parameters }
 *   ARU   a0 { a0 { 30 { 02 id  06 transfer } ... }  user data }
 *                                                   | 31 { X.410 parameters }
 *   ARP   30 { 80 reason  81 event }
 *   user data   61 { 30 { [06 transfer]  02 id
 *                         a0 { value } | 81 octets | 82 bits } ... }   full
 *               40 octets | 60 { segments }                            simple
 *
 * Which of them it is follows from the session primitive that carries it.
 * Lengths may be indefinite, SETs in any order.
 *
 * Everything in a decoded struct borrows from the octets read.
 */
#ifndef PRESENTATION_PRESENTATION_PDU_H
#define PRESENTATION_PRESENTATION_PDU_H

#include "base/contexts.h"
#include "base/node.h"
#include "ber/ber_external.h"
#include "presentation/presentation_rules.h"

/* Names as in X.226 Table A.16. */
enum presentation_ppdu {
	PPDU_NONE,
	PPDU_CP,
	PPDU_CPA,
	PPDU_CPR,
	PPDU_ARU,
	PPDU_ARP,
	PPDU_TD,
	PPDU_USER,		/* "User-data": of primitives that are no PPDU (X.226 7.2 ...) */
	PRESENTATION_PPDUS,
};

/* "CP" ... "TD", "User-data" */
const char *presentation_ppdu_name(enum presentation_ppdu kind);

/* The session primitive whose SS-user data is read (X.226 clause 7). */
enum presentation_carrier {
	PRESENTATION_ON_CONNECT,	/* S-CONNECT request: CP */
	PRESENTATION_ON_ACCEPT,		/* S-CONNECT response, accept: CPA */
	PRESENTATION_ON_REFUSE,		/* S-CONNECT response, reject: CPR */
	PRESENTATION_ON_ABORT,		/* S-U-ABORT: ARU, ARP */
	PRESENTATION_ON_DATA,		/* S-DATA: TD */
	PRESENTATION_ON_OTHER,		/* S-RELEASE, S-TOKEN-PLEASE ...: User-data */
	PRESENTATION_CARRIERS,
};

enum presentation_param {
	PRESENTATION_MODE,
	PRESENTATION_X410_PARAMETERS,
	PRESENTATION_NORMAL_PARAMETERS,
	PRESENTATION_VERSION,
	PRESENTATION_CALLING,
	PRESENTATION_CALLED,
	PRESENTATION_RESPONDING,
	PRESENTATION_CONTEXTS,		/* definition, result or identifier list */
	PRESENTATION_DEFAULT_CONTEXT,
	PRESENTATION_DEFAULT_RESULT,
	PRESENTATION_REQUIREMENTS,
	PRESENTATION_USER_SESSION,
	PRESENTATION_REASON,		/* CPR, ARP: provider reason */
	PRESENTATION_EVENT,
	PRESENTATION_USER_DATA,
	PRESENTATION_PARAMS,
};

enum {
	PRESENTATION_TRANSFERS_MAX = 4,	/* of one context, that are looked at */
	PRESENTATION_VERSION_1 = 1,
	PRESENTATION_MANAGEMENT = 1,	/* requirements: context management, */
	PRESENTATION_CONTEXT_RESTORATION = 2,	/* restoration */
};

/* Result-list, provider-reason. */
enum presentation_context_reason {
	CONTEXT_REASON_NONE = 0,
	CONTEXT_REASON_ABSTRACT = 1,
	CONTEXT_REASON_TRANSFER = 2,
	CONTEXT_REASON_LIMIT = 3,
};

/* CPR, Provider-reason. */
enum presentation_refusal {
	REFUSAL_NOT_SPECIFIED = 0,
	REFUSAL_CONGESTION = 1,
	REFUSAL_LIMIT = 2,
	REFUSAL_ADDRESS = 3,
	REFUSAL_VERSION = 4,
	REFUSAL_DEFAULT_CONTEXT = 5,
	REFUSAL_NOT_READABLE = 6,
	REFUSAL_NO_PSAP = 7,
};

/* ARP, Abort-reason. */
enum presentation_abort {
	ABORT_NOT_SPECIFIED = 0,
	ABORT_UNRECOGNIZED_PPDU = 1,
	ABORT_UNEXPECTED_PPDU = 2,
	ABORT_UNEXPECTED_PRIMITIVE = 3,
	ABORT_UNRECOGNIZED_PARAMETER = 4,
	ABORT_UNEXPECTED_PARAMETER = 5,
	ABORT_INVALID_VALUE = 6,
};

/* One item of a context list; which members count, by list. */
struct presentation_item {
	uint32_t id;			/* definition, identifier list */
	uint8_t result;			/* result list: enum context_result */
	uint8_t reason;			/* result list: enum presentation_context_reason */
	bool has_reason;
	uint8_t transfers;		/* names present in all */
	struct octets abstract;		/* definition list; OID contents */
	struct octets transfer[PRESENTATION_TRANSFERS_MAX];
};

struct presentation_pdv {
	bool has_transfer;
	struct octets transfer;
	uint32_t id;
	struct ber_encoding value;
};

enum presentation_form {
	USER_DATA_NONE,
	USER_DATA_FULL,
	USER_DATA_SIMPLE,
	USER_DATA_BARE,		/* X.410 mode, or 8.4.1.4 c): the octets are the data */
};

struct presentation_user {
	uint8_t form;			/* enum presentation_form */
	uint32_t pdvs;			/* full: PDV-lists in it */
	struct presentation_pdv pdv;	/* full: the first */
	struct ber_string simple;	/* simple, bare */
	struct octets raw;		/* full: contents of 61 */
	size_t at;			/* octet where user data begins */
	struct node *tree;		/* to be built: in place of the (first) value */
};

struct presentation_pdu {
	uint8_t kind;			/* enum presentation_ppdu */
	bool x410;			/* mode X.410-1984 */
	uint8_t default_result;		/* enum context_result */
	uint16_t items_n;		/* in the list in all; CONTEXTS_MAX at most are held */
	uint16_t cpc_n;			/* CPC-type values behind CP */
	uint32_t has;			/* bit 1u << enum presentation_param */
	uint32_t version;		/* named bit i is 1 << i; 1 if absent */
	uint32_t requirements;
	uint32_t user_session;		/* UNIT_* of base/service.h */
	uint32_t reason;		/* CPR: enum presentation_refusal, ARP: ..._abort */
	uint32_t event;			/* ARP */
	struct ber_string calling, called, responding;
	struct octets default_abstract, default_transfer;
	struct octets x410_parameters;	/* contents octets */
	struct octets cpc;
	struct presentation_user user;
	struct presentation_item item[CONTEXTS_MAX];
};

static inline bool presentation_has(const struct presentation_pdu *p,
                                    enum presentation_param param)
{
	return p->has >> param & 1;
}

/* Decodes SS-user data.  `bare`: user data of ON_DATA and ON_OTHER has no
 * header (X.410 mode, 8.4.3; a DCS of one context, 8.4.1.4 c).  False: a fatal
 * finding is in `f`; out->kind says what was recognised. */
bool presentation_decode(enum presentation_carrier carrier, bool bare, struct octets octets,
                         struct presentation_pdu *out, struct findings *f);

/* The PDV-lists of fully encoded user data, one by one. */
struct presentation_pdvs {
	struct octets raw;
	size_t pos;
};
void presentation_pdvs_init(struct presentation_pdvs *i, const struct presentation_user *u);
bool presentation_pdvs_next(struct presentation_pdvs *i, struct presentation_pdv *out);

/*
 * One line, parameters in this order:
 *
 *   CP mode=normal version=1 calling="" called="" contexts=1:2.2.1.0.1/2.1.1,3:...
 *   default=2.2.1.0.1/2.1.1 requirements=1 session=0249 user=full(1:single:73) cpc=1
 *   CPA ... responding="" results=accepted/2.1.1,user-rejected,provider-rejected:2
 *   CPR ... default-result=accepted reason=4:version
 *   ARU contexts=1/2.1.1 user=...       ARP reason=2:unexpected-ppdu event=7:TD
 *   CP mode=x410 parameters=35          TD user=full(3:octets:10,5:bits:2)
 *   TD user=bare:200                    User-data user=simple:5
 */
void presentation_text(struct text *t, const struct presentation_pdu *p);

/* The tree of the PPDU; decode(build(p)) gives the same struct.  Borrows. */
struct node *presentation_build(struct nodes *a, const struct presentation_pdu *p);

/* User data of one value: full in `context`, or bare. */
struct node *presentation_build_user(struct nodes *a, uint32_t context, bool bare,
                                     struct node *value);

#endif
