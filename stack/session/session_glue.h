/*
 * session_glue: what session.c, session_connect.c, session_receive.c,
 * session_spdu.c and session_send.c share.  Internal to this folder.
 */
#ifndef SESSION_SESSION_GLUE_H
#define SESSION_SESSION_GLUE_H

#include "session/session.h"
#include "session/session_rules.h"

/* Why a step is taken: the event, and what came with it. */
struct session_cause {
	enum session_event event;
	struct session_arg arg;
	const struct session_pdu *pdu;	/* received, or an empty one */
	const struct service *service;	/* of the user or of cotp, or an empty one */
	uint64_t offset;		/* stream offset of pdu->user_data */
	uint8_t refuse;			/* REFUSE_*, with arg.refuse */
	uint8_t abort;			/* TDISC_* of an AB that an error leads to */
};

/* With neither an SPDU nor a service. */
struct session_cause session_cause(enum session_event event);

/* Does what the step says, in order (A.4.2.1), and enters its state. */
void session_perform(struct session *s, struct turn *t, const struct session_step *step,
                     const struct session_cause *cause);

bool session_step_has(const struct session_step *step, enum session_event op);

/* Sends the SPDU that `op` names. */
void session_send(struct session *s, struct turn *t, enum session_event op,
                  const struct session_cause *cause);
/* [51] */
void session_send_overflow(struct session *s, struct turn *t);

/* A piece of a TSDU (T-DATA indication). */
void session_receive(struct session *s, struct turn *t, const struct service *piece);

/* ---- one SPDU (session_spdu.c) ---- */

/* An error: of the peer (A.4.3.2 a, A.4.1.2 a) or of ours.  The rest of the TSDU
 * is not wanted.  `abort`: TDISC_* of the AB. */
void session_fail(struct session *s, struct turn *t, enum session_rule rule, size_t octet,
                  uint8_t abort);
/* Why `more` octets could not be added. */
enum session_rule session_why_not(const struct gather *g, size_t more);

/* Has it all of its SSDU? */
bool session_whole_spdu(const struct session_pdu *p);
/* Books the rules that depend on what was agreed; false: one is fatal. */
bool session_check_terms(const struct session *s, const struct session_tsdu *tsdu,
                         struct findings *f);

/* Any SPDU but a DT or TD that streams; `tsdu`: the octets it stands in.  False:
 * nothing more of this TSDU is to be taken. */
bool session_take_spdu(struct session *s, struct turn *t, const struct session_pdu *p,
                       struct octets tsdu);

/* A DT or TD: steps the table, s->stream then says whether its octets go up; hands
 * them up; ends. */
struct session_piece {
	struct octets octets;
	uint64_t offset;		/* stream offset of their octet 0 */
	bool last;			/* of the TSDU */
};
bool session_begin_data(struct session *s, struct turn *t, const struct session_pdu *p);
void session_deliver(struct session *s, struct turn *t, const struct session_piece *piece);
void session_end_data(struct session *s);

/* ---- segmenting (session_segments.c) ---- */

/* Sends an SPDU, in segments if it has to be. */
void session_send_spdu(struct session *s, struct turn *t, const struct session_pdu *p);
/* Can it be, with its user data? */
bool session_segments_fit(const struct session *s, struct turn *t, const struct session_pdu *p);
void session_send_next(struct session *s, struct turn *t);
/* What is left of an SSDU need not be sent. */
void session_stop_segments(struct session *s);

/* ---- buffers ---- */

/* Gives a buffer up: to those who may still look at it, if they can be known. */
void session_let_go(struct turn *t, struct gather *g);
/* Hands a buffer to the events that refer to it; false: it cannot be kept. */
bool session_keep(struct turn *t, struct gather *g);

/* ---- connection establishment (session_connect.c) ---- */

/* Writes the CN of an S-CONNECT request into s->held.  False: it cannot be. */
bool session_prepare_cn(struct session *s, struct turn *t, const struct service *req);
/* Looks at a CN: what is common goes into *s.  The reason to refuse it, or -1. */
int session_examine_cn(struct session *s, const struct session_pdu *cn);
/* What an S-CONNECT response selects: units, token setting, serial number. */
void session_select(const struct session *s, const struct service *rsp, struct session_arg *arg);
/* The same of an AC; false: there is nothing in common. */
bool session_accepted(struct session *s, const struct session_pdu *ac, struct session_arg *arg);
void session_fill_ac(const struct session *s, const struct session_cause *cause,
                     struct session_pdu *ac);
void session_fill_rf(const struct session *s, const struct session_cause *cause, bool keep,
                     struct session_pdu *rf);
void session_fill_oa(const struct session *s, struct session_pdu *oa);

/* Has the connection agreed upon version 1, or may it still? */
static inline bool session_v1(const struct session *s)
{
	return s->versions & SESSION_VERSION_1;
}

/* Are units and version selected? */
bool session_agreed(const struct session *s);

static inline void session_note(struct turn *t, enum session_rule rule, size_t octet)
{
	turn_finding(t, &session_rules[rule], octet);
}

#endif
