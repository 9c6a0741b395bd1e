/*
 * rtse_pdu: the APDUs of the reliable transfer service element.
 *
 *   APDU   tag       components (implicit tags unless "[n] ..." says explicit)
 *   RTORQ  [16] b0   80 checkpointSize  81 windowSize  82 dialogueMode
 *                    a3 { a0 { value } | a1 { SessionConnectionIdentifier } }
 *                    84 applicationProtocol (X.410 mode)
 *   RTOAC  [17] b1   80 checkpointSize  81 windowSize
 *                    a2 { a0 { value } | a1 { SessionConnectionIdentifier } }
 *   RTORJ  [18] b2   80 refuseReason (X.410 mode)  a1 { value } (normal mode)
 *   RTTP   02        INTEGER priority
 *   RTTR   04 / 24   OCTET STRING, a slice of the transferred value
 *   RTAB   [22] b6   80 abortReason  81 reflectedParameter  a2 { value }
 *
 * In X.410 mode RTORQ and RTOAC are the contents of [1] in CP and CPA, RTORJ
 * and RTAB the contents of the SET that is CPR and ARU, and RTTR is a bare
 * slice without header (X.226 6.2, 8.4.3.2): which APDU it is follows from
 * the primitive that carries it.
 *
 * Decoded structs borrow from the octets read.
 */
#ifndef RTSE_PDU_H
#define RTSE_PDU_H

#include "base/node.h"
#include "base/rule.h"
#include "base/service.h"
#include "base/text.h"
#include "rtse/rtse_rules.h"

enum rtse_kind {
	RTSE_RTORQ,
	RTSE_RTOAC,
	RTSE_RTORJ,
	RTSE_RTTP,
	RTSE_RTTR,
	RTSE_RTAB,
	RTSE_KINDS,
};

/* "RTORQ" ... */
const char *rtse_kind_name(enum rtse_kind kind);

enum rtse_dialogue {
	RTSE_MONOLOGUE = 0,
	RTSE_TWO_WAY_ALTERNATE = 1,
};

/* ConnectionData of RTORQ and RTOAC. */
enum rtse_opening {
	RTSE_NOTHING,		/* the component is absent */
	RTSE_OPEN,		/* a value of the RTSE-user; none: `80 00` */
	RTSE_RECOVER,		/* an association that was lost is taken up again */
};

enum rtse_refusal {		/* refuseReason, X.410 mode only */
	RTSE_REFUSE_BUSY = 0,
	RTSE_REFUSE_CANNOT_RECOVER = 1,
	RTSE_REFUSE_VALIDATION = 2,
	RTSE_REFUSE_DIALOGUE_MODE = 3,
};

enum rtse_abort {		/* abortReason */
	RTSE_ABORT_LOCAL_SYSTEM = 0,
	RTSE_ABORT_INVALID_PARAMETER = 1,
	RTSE_ABORT_UNRECOGNIZED_ACTIVITY = 2,
	RTSE_ABORT_TEMPORARY = 3,
	RTSE_ABORT_PROTOCOL_ERROR = 4,
	RTSE_ABORT_PERMANENT = 5,
	RTSE_ABORT_USER = 6,
	RTSE_ABORT_TRANSFER_COMPLETED = 7,
};

enum {
	RTSE_CHECKPOINT_UNIT = 1024,	/* octets */
	RTSE_WINDOW_DEFAULT = 3,
};

/* SessionConnectionIdentifier: names a lost association by the references of
 * its session connection. */
struct rtse_session_id {
	struct octets calling;		/* whole BER value: 14 (X.410) or 04 (normal mode) */
	struct octets common;		/* whole BER value: UTCTime 17 */
	struct octets additional;	/* contents of [0] T61String; n = 0: absent */
};

struct rtse_pdu {
	uint8_t kind;			/* enum rtse_kind */
	bool x410;			/* bare components, see above */
	bool has_checkpoint, has_window, has_dialogue, has_protocol, has_reason, has_reflected;
	uint8_t opening;		/* enum rtse_opening: RTORQ, RTOAC */
	uint8_t dialogue;		/* enum rtse_dialogue: RTORQ */
	uint8_t reflected;		/* RTAB: bit i of the string is 1 << i */
	bool constructed;		/* RTTR */
	uint32_t checkpoint;		/* units of 1024 octets; 0 if absent */
	uint32_t window;		/* 3 if absent */
	uint32_t protocol;		/* applicationProtocol: 1, 12 ... */
	uint32_t reason;		/* RTORJ: enum rtse_refusal, RTAB: enum rtse_abort */
	int64_t priority;		/* RTTP */
	struct rtse_session_id session;	/* opening == RTSE_RECOVER */
	/* RTORQ, RTOAC, RTORJ, RTAB: the RTSE-user's value, whole; RTTR: the
	 * contents (constructed: its segments, undecoded).  n = 0: none. */
	struct octets user;
	struct node *user_tree;		/* for rtse_build(): goes before `user` */
};

/* Normal mode: one APDU, told apart by its tag. */
bool rtse_decode(struct octets pdu, struct rtse_pdu *out, struct findings *f);

/* X.410 mode: `contents` are the components of an RTORQ, RTOAC, RTORJ or RTAB,
 * the bare INTEGER of an RTTP, or the bare slice of an RTTR. */
bool rtse_decode_x410(enum rtse_kind kind, struct octets contents, struct rtse_pdu *out,
                      struct findings *f);

/* One line: `RTORQ checkpoint=63 window=3 dialogue=monologue open=36`. */
void rtse_text(struct text *t, const struct rtse_pdu *pdu);

/* The tree of the APDU; in X.410 mode a list of the components without the
 * SET around them.  Borrows from `pdu`. */
struct node *rtse_build(struct nodes *a, const struct rtse_pdu *pdu);

/* The identifier by which the association with these session references is
 * recovered (references hold whole BER values, as X.400 puts them). */
void rtse_session_id(struct rtse_session_id *out, const struct references *r);
bool rtse_session_id_equal(const struct rtse_session_id *a, const struct rtse_session_id *b);

#endif
