/*
 * session_pdu: SPDUs of X.225 clause 8, octets <-> struct <-> line of text.
 *
 *     SI | LI | parameters ............................ | user information
 *               PGI | LI | ( PI | LI | value ) ...        DT, TD, EX only:
 *               PI  | LI | value                          the rest of the TSDU
 *
 *     LI: 0..254 one octet, 255..65,535 three (ff hh ll); user information
 *     is not counted (8.2.5).
 *
 * A TSDU holds one SPDU of category 1 or 0, or one of category 0 (GT or PT)
 * and one to three of category 2 (6.3.7).  Five SI values are shared by two
 * SPDUs and told apart so:
 *
 *     SI 1    first GT, later DT            SI 41   with PI 15 (bit 1) MAP, else AE
 *     SI 25   first AB, later AI            SI 42   MAA and AEA are one layout:
 *     SI 26   first AA, later AIA                   SPDU_MAA_AEA, decided by state
 *
 * (8.3.9, 8.3.22, 8.3.31, 8.3.32, 8.3.35, 8.3.36).  A machine reads
 * SPDU_MAA_AEA as MAA if, of MAP and AE, it has sent a MAP last (Vnextact,
 * 5.9.2), else as AEA.  A later segment of a segmented MAP has no PI 15 (8.4.2)
 * and is decoded as AE: whoever joins segments goes on with the kind of the
 * first one.
 *
 * Decoders borrow: all octets in a struct session_pdu point into the TSDU.
 * A value that is longer than 8.3 allows, but clear, is noted and kept whole:
 * who copies one must look at its length.
 */
#ifndef SESSION_SESSION_PDU_H
#define SESSION_SESSION_PDU_H

#include "base/node.h"
#include "base/rule.h"
#include "base/service.h"
#include "base/text.h"
#include "session/session_rules.h"

/* 8.3; names as in X.225 Tables A.1, A.3 and C.1. */
enum session_spdu {
	SPDU_NONE,
	SPDU_CN, SPDU_OA, SPDU_CDO, SPDU_AC, SPDU_RF, SPDU_FN, SPDU_DN, SPDU_NF,
	SPDU_AB, SPDU_AA, SPDU_DT, SPDU_EX, SPDU_TD, SPDU_CD, SPDU_CDA, SPDU_GT,
	SPDU_PT, SPDU_GTC, SPDU_GTA, SPDU_MIP, SPDU_MIA, SPDU_MAP, SPDU_MAA, SPDU_RS,
	SPDU_RA, SPDU_PR, SPDU_ER, SPDU_ED, SPDU_AS, SPDU_AR, SPDU_AI, SPDU_AIA,
	SPDU_AD, SPDU_ADA, SPDU_AE, SPDU_AEA,
	SPDU_MAA_AEA,		/* received: MAA or AEA; never built */
	SESSION_SPDUS,
};

/* "CN" ... "AEA", "MAA/AEA" */
const char *session_spdu_name(enum session_spdu kind);
/* 0, 1 or 2 as in Table 6; EX has none there and is always alone: 1. */
unsigned session_spdu_category(enum session_spdu kind);
/* The value of the SI field. */
uint8_t session_spdu_si(enum session_spdu kind);

/* Parameters, in the order of their codes.  In AR the references, the old
 * activity, `serial` and `second_serial` are those of Linking Information. */
enum session_param {
	SESSION_CALLED_REFERENCE,	/* PI 9 */
	SESSION_CALLING_REFERENCE,	/* PI 10 */
	SESSION_COMMON_REFERENCE,	/* PI 11 */
	SESSION_ADDITIONAL_REFERENCE,	/* PI 12 */
	SESSION_SYNC_TYPE,		/* PI 15 */
	SESSION_TOKEN_ITEM,		/* PI 16 */
	SESSION_TRANSPORT_DISCONNECT,	/* PI 17 */
	SESSION_PROTOCOL_OPTIONS,	/* PI 19 */
	SESSION_UNITS,			/* PI 20 */
	SESSION_TSDU_SIZE,		/* PI 21 */
	SESSION_VERSION,		/* PI 22 */
	SESSION_INITIAL_SERIAL,		/* PI 23 */
	SESSION_PREPARE_TYPE,		/* PI 24 */
	SESSION_ENCLOSURE,		/* PI 25 */
	SESSION_TOKEN_SETTING,		/* PI 26 */
	SESSION_RESYNC_TYPE,		/* PI 27 */
	SESSION_OLD_ACTIVITY,		/* PI 41 in PGI 33 */
	SESSION_ACTIVITY,		/* PI 41 */
	SESSION_SERIAL,			/* PI 42 */
	SESSION_REFLECT,		/* PI 49 */
	SESSION_REASON,			/* PI 50 */
	SESSION_CALLING_SELECTOR,	/* PI 51 */
	SESSION_CALLED_SELECTOR,	/* PI 52; in AC: responding */
	SESSION_SECOND_RESYNC_TYPE,	/* PI 53 */
	SESSION_SECOND_SERIAL,		/* PI 54 */
	SESSION_SECOND_INITIAL_SERIAL,	/* PI 55 */
	SESSION_UPPER_LIMIT,		/* PI 56 */
	SESSION_LARGE_INITIAL,		/* PI 57 */
	SESSION_LARGE_SECOND_INITIAL,	/* PI 58 */
	SESSION_DATA_OVERFLOW,		/* PI 60 */
	SESSION_USER_DATA,		/* PGI 193; MIA: PI 46; RF: behind the reason in
					 * PI 50; DT, TD, EX: user information field */
	SESSION_EXTENDED_USER_DATA,	/* PGI 194, CN: `user_data` came in or goes into it */
	SESSION_PARAMS,
};

/* Bits of PI 17 (8.3.5.6, 8.3.6.3; the others in AB only, 8.3.9.3). */
enum {
	TDISC_RELEASE = 0x01,		/* the transport connection is not kept */
	TDISC_USER_ABORT = 0x02,
	TDISC_PROTOCOL_ERROR = 0x04,
	TDISC_NO_REASON = 0x08,
	TDISC_RESTRICTION = 0x10,
};

/* Bits of PI 25 (8.3.3.3, 8.3.4.18, 8.3.11.3). */
enum {
	ENCLOSURE_BEGIN = 0x01,
	ENCLOSURE_END = 0x02,
};

/* Bits of PI 15 in MIP (8.3.20.3); in MAP bit 1 says "no end of activity". */
enum {
	SYNC_NO_CONFIRM = 0x01,
	SYNC_DATA_SEPARATION = 0x02,
};

/* First octet of PI 50 in RF (8.3.5.10). */
enum {
	REFUSE_USER = 0,
	REFUSE_USER_CONGESTION = 1,
	REFUSE_USER_DATA = 2,		/* user data follows in the same parameter */
	REFUSE_SELECTOR_UNKNOWN = 129,
	REFUSE_USER_NOT_ATTACHED = 130,
	REFUSE_CONGESTION = 131,
	REFUSE_VERSION = 132,
	REFUSE_PROVIDER = 133,
	REFUSE_RESTRICTION = 134,
};

/* PI 50 in ED, AI, AD (8.3.28.4). */
enum {
	EXCEPTION_NO_REASON = 0,
	EXCEPTION_TEMPORARY = 1,
	EXCEPTION_SEQUENCE = 3,
	EXCEPTION_LOCAL_USER = 5,
	EXCEPTION_PROCEDURAL = 6,
	EXCEPTION_DEMAND_DATA_TOKEN = 128,
};

/* PI 24 (8.3.26.3) and PI 27, 53 (8.3.24.5). */
enum {
	PREPARE_MAA = 1, PREPARE_RS = 2, PREPARE_RA = 3, PREPARE_AB = 4,
	RESYNC_RESTART = 0, RESYNC_ABANDON = 1, RESYNC_SET = 2,
};

enum {
	UNITS_DEFAULT = UNIT_HALF_DUPLEX | UNIT_MINOR | UNIT_ACTIVITY | UNIT_CAPABILITY |
	                UNIT_EXCEPTIONS,	/* PI 20 absent, 8.3.1.16 */
	SESSION_SPDUS_MAX = 4,		/* SPDUs in one TSDU: Table 8 */
	SESSION_HEAD_MAX = 516,		/* octets that session_head() wants at most */
	SESSION_USER_DATA_CN = 512,	/* PGI 193 of CN; longer goes into PGI 194 */
	SESSION_EXTENDED_CN = 10240,	/* PGI 194; longer goes on in CDO */
	SESSION_USER_DATA_EX = 14,
	SESSION_REFLECT_AB = 9,
	SESSION_USER_DATA_V1 = 512,
	SESSION_USER_DATA_AB_V1 = 9,
	SESSION_PARAMETERS_MAX = 65535,	/* what an LI can say */
};

/*
 * One SPDU.  `has` says which parameters stand in it; an absent one, or one
 * with LI 0 (8.2.6), has the default that 8.3 gives, else 0.  Reserved bits
 * are read as 0 (A.4.3.1.1).
 */
struct session_pdu {
	enum session_spdu kind;
	uint32_t has;			/* bit 1u << enum session_param */
	size_t at;			/* octet of the SI in the TSDU */
	size_t user_at;			/* octet of user_data in the TSDU */

	struct references references;	/* 9..12, value fields verbatim, <= 64 64 64 4 octets */
	struct octets activity;		/* 41, <= 6; AR: the new one */
	struct octets old_activity;	/* 41 in 33 (AR) */
	struct octets calling_ssel;	/* 51, <= 16 */
	struct octets called_ssel;	/* 52, <= 16 */
	struct octets reflect;		/* 49 */
	struct octets large_initial;	/* 57, ASCII digits */
	struct octets large_second_initial;	/* 58, ASCII digits */
	struct octets user_data;	/* read; and written if user_tree is NULL */
	struct node *user_tree;		/* written in place of user_data; may end in a hole
					 * in DT and TD */

	uint32_t serial;		/* 42 */
	uint32_t second_serial;		/* 54 */
	uint32_t initial_serial;	/* 23 */
	uint32_t second_initial_serial;	/* 55 */
	uint16_t tsdu_size_to_responder;	/* 21, octets 1 and 2; 0: not limited */
	uint16_t tsdu_size_to_initiator;	/* 21, octets 3 and 4 */
	uint16_t units;			/* 20: UNIT_*; default UNITS_DEFAULT in CN, AC, RF */
	uint8_t sync_type;		/* 15: SYNC_* */
	uint8_t token_item;		/* 16: TOKEN_* */
	uint8_t transport_disconnect;	/* 17: TDISC_*; default TDISC_RELEASE */
	uint8_t protocol_options;	/* 19: bit 1 extended concatenation */
	uint8_t versions;		/* 22: bit 1 version 1, bit 2 version 2; default 1 */
	uint8_t prepare_type;		/* 24: PREPARE_* */
	uint8_t enclosure;		/* 25: ENCLOSURE_*; default begin and end */
	uint8_t token_setting;		/* 26, bit pairs */
	uint8_t resync_type;		/* 27: RESYNC_* */
	uint8_t second_resync_type;	/* 53 */
	uint8_t reason;			/* 50: REFUSE_*, EXCEPTION_* */
	uint8_t upper_limit;		/* 56: digits of serial numbers; default 6, 0: any */
	uint8_t data_overflow;		/* 60: bit 1 */
};

static inline bool session_has(const struct session_pdu *p, enum session_param param)
{
	return p->has >> param & 1;
}

/* An SPDU without parameters: all values are the defaults. */
void session_pdu_init(struct session_pdu *p, enum session_spdu kind);

/* The SPDUs of one TSDU in the order in which they stand in it.  They are
 * processed in another: basic concatenation category 2 first, extended as
 * in 6.3.7.1 (session_order). */
struct session_tsdu {
	struct session_pdu pdu[SESSION_SPDUS_MAX];
	uint8_t n;
};

/*
 * Decodes a whole TSDU.  False: a fatal finding is in `f`, and `out` holds
 * the SPDUs that were read before it.  Findings count from octet 0 of the
 * TSDU.  Time is linear in tsdu.n, and does not depend on the length of user
 * data.  Needs no state: see session_check() for the rules that do.
 */
bool session_decode_tsdu(struct octets tsdu, struct session_tsdu *out, struct findings *f);

/* Fills `order` with the indices of out->pdu in order of processing
 * (6.3.7.1): AS or AR; DT; sync point, acknowledgement or another category 2
 * SPDU; GT or PT. */
void session_order(const struct session_tsdu *t, uint8_t order[SESSION_SPDUS_MAX]);

/* What the connection has agreed upon. */
struct session_terms {
	uint16_t units;		/* selected functional units */
	uint8_t version;	/* 1 or 2 */
	bool extended;		/* we said in PI 19 that we take extended concatenation */
	bool segmented;		/* a maximum TSDU size is selected for this direction */
};

/*
 * Books the rules of clauses 6.3.7 and 8 that depend on what was agreed: user
 * data and Enclosure Items of version 1, tokens that are not available,
 * serial numbers with and without symmetric synchronize, initial serial
 * numbers and tokens of AC, extended concatenation.  For TSDUs from AC on;
 * false if one is fatal.
 */
bool session_check(const struct session_tsdu *t, const struct session_terms *terms,
                   struct findings *f);

/* First octets of a TSDU: can the rest stream? */
enum session_head_answer {
	SESSION_HEAD_MORE,	/* say it again with more octets (never at SESSION_HEAD_MAX) */
	SESSION_HEAD_STREAM,	/* a DT (behind GT or PT) or a TD: `head` is filled */
	SESSION_HEAD_GATHER,	/* anything else, or damaged: gather the TSDU and decode it */
};

/* `tsdu` as session_decode_tsdu() gives it, but for user_data of the last SPDU:
 * what there is of it so far. */
struct session_head {
	struct session_tsdu tsdu;	/* GT or PT, then DT; or TD */
	size_t user_at;			/* the user information field begins here */
};

/*
 * `first`: the TSDU's first octets, from octet 0; `whole`: the TSDU ends
 * there.  Findings are booked only with SESSION_HEAD_STREAM, the same notes
 * that session_decode_tsdu() would book, except SESSION_USER_MISSING: when
 * the TSDU has ended without user information, session_head_end() says it.
 */
enum session_head_answer session_head(struct octets first, bool whole,
                                      struct session_head *head, struct findings *f);

/* Books SESSION_USER_MISSING if `total` octets of TSDU leave no user
 * information where 8.3.11.4 or 8.3.13.4 wants some. */
void session_head_end(const struct session_head *head, size_t total, struct findings *f);

/*
 * Writes an SPDU as a tree, parameters in ascending order, shortest LI.
 * decode(build(p)) gives the same struct (MAA and AEA as SPDU_MAA_AEA).
 * p's octets and user_tree are borrowed until the tree is written.  A
 * parameter that `kind` does not have in 8.3 is our bug (assert).  If a
 * length would pass what an LI can say, the arena is marked full, so that
 * nothing is sent.
 */
struct node *session_build(struct nodes *a, const struct session_pdu *p);

/*
 * A TSDU.  `second` NULL: `first` alone.  `first` NULL: `second` behind the
 * GT or PT without parameters that Table 7 wants (AR: GT), or alone if it is
 * not of category 2.
 */
struct node *session_build_concatenated(struct nodes *a, const struct session_pdu *first,
                                        const struct session_pdu *second);

/* The category 0 SPDU that Table 7 puts before `second`: SPDU_GT or SPDU_PT;
 * SPDU_NONE if it needs none. */
enum session_spdu session_prefix(enum session_spdu second);

/*
 * One line: name, then `field=value` of the parameters present, in the order
 * of the wire; a TSDU's SPDUs are joined by " + ".
 *
 *     called-ref calling-ref common-ref additional-ref reflect   hex
 *     old-activity activity calling-ssel called-ssel             hex
 *     options=00  tsdu-size=1024/0 (to responder / to initiator)  version=2 (1+2: both)
 *     initial-serial=1  tokens=00 (PI 26)  second-initial-serial  upper-limit=6
 *     large-initial=3132 large-second-initial (hex)  units=0249:HD+SY+ACT+EXCEP
 *     overflow=01  token-item=05:dk+mi  tdisc=03:release+user  enclosure=01:begin
 *     reason=2:user-data  sync=01:no-confirm  serial=7  second-serial=8
 *     prepare=2:RS  resync=0:restart  second-resync  user=148 extended-user=600 (octets)
 *
 * Abbreviations of units and tokens are those of X.225 A.5.1.
 */
void session_text(struct text *t, const struct session_pdu *p);
void session_tsdu_text(struct text *t, const struct session_tsdu *tsdu);

#endif
