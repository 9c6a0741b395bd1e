/*
 * observer_machine: what an end would do, by the tables of X.224, X.225, X.226
 * and X.227, if it sent or read one unit.
 *
 *     state + unit --> states that it may be in afterwards, or why there is none
 *
 * A unit is what the tables see of one SPDU with its PPDU and APDU, of one TPDU
 * other than DT, or of the end of a direction.  The machine is not deterministic:
 * user requests, TIM and local choices (p01 of X.226, p02, p64, p76) are free,
 * so a unit can lead to several states.  It answers nothing; where a table says
 * that reading a unit sends an SPDU at once, that SPDU is owed, and nothing
 * else can be sent or read before it.
 *
 * The state is plain data, copied by assignment.  `any`: it is not known (the
 * capture began later, octets are missing, the end has left the tables);
 * everything is possible until an SPDU shows it again.
 */
#ifndef OBSERVER_OBSERVER_MACHINE_H
#define OBSERVER_OBSERVER_MACHINE_H

#include "acse/acse_machine.h"
#include "cotp/cotp_pdu.h"
#include "cotp/cotp_table.h"
#include "presentation/presentation_machine.h"
#include "session/session_machine.h"

enum observer_unit_kind {
	UNIT_SPDU,
	UNIT_TPDU,
	UNIT_CLOSE,			/* FIN, RST: T-DISCONNECT indication for its reader */
	UNIT_UNKNOWN,			/* octets are missing, or cannot be read */
};

struct observer_unit {
	uint8_t kind;			/* enum observer_unit_kind */
	uint8_t code;			/* SPDU: session_event, as it comes in; TPDU: cotp_kind */
	uint8_t ppdu;			/* enum presentation_event CP ... TD, or EV_NONE */
	uint8_t apdu;			/* enum acse_event, or EV_NONE */
	uint8_t outside;		/* of its user data: OBSERVED_NOT_... */
	uint8_t asked;			/* AC: tokens of its Token Item, which is a PT */
	bool has_serial;
	bool bad;			/* its sender has left the tables */
	bool aged;			/* may have been read before what a gap of its reader hid */
	bool accuses;			/* AB of the SPM, for a protocol error */
	bool x410;			/* no ACSE */
	uint64_t from, to;		/* in the stream of its sender */
	struct session_arg arg;
};

struct observer_state {
	struct session_vars session;
	uint8_t cotp;			/* enum cotp_state */
	uint8_t presentation;		/* enum presentation_state */
	uint8_t acse;			/* enum acse_state */
	uint8_t owed;			/* session_event that must leave next, or EV_NONE */
	uint8_t read;			/* units of those on their way to it */
	bool rl, cr;			/* X.226 A.5.3: release asked for; releases collide */
	bool any;
};

_Static_assert(sizeof(struct observer_state) < 256, "machine state is small, plain data");

/* Why a table has no entry.  Most are looked at by nobody: what takes a search of
 * the session tables is made by observer_explain(). */
struct observer_refusal {
	const struct rule *rule;	/* NULL: nothing is wrong */
	const char *state, *event, *table;
	int16_t predicate;		/* that does not hold; negative: that holds; 0: none */
	int64_t wanted;			/* serial number; else -1 */
	bool open;			/* to be explained, from these */
	uint8_t cell, shown;		/* enum session_event: whose cell; what was seen */
	struct session_vars vars;
	struct session_arg arg;
};
void observer_explain(struct observer_refusal *why);

enum {
	/* States that an end may be in at once.  Crossings and free choices make
	 * two or three; what does not fit is dropped and makes the end `any`. */
	OBSERVER_STATES = 8,
};

struct observer_states {
	struct observer_state at[OBSERVER_STATES];
	uint8_t n;
	bool full;			/* one did not fit */
};

/* A connection that begins; `any`: one that has begun. */
struct observer_state observer_state_first(bool any);
bool observer_state_equal(const struct observer_state *a, const struct observer_state *b);
/* Unless it is there. */
void observer_states_add(struct observer_states *set, const struct observer_state *s);

/* Adds the states after sending, reading `u`; if there is none, fills *why. */
void observer_send(const struct observer_state *s, const struct observer_unit *u,
                   struct observer_states *out, struct observer_refusal *why);
void observer_read(const struct observer_state *s, const struct observer_unit *u,
                   struct observer_states *out, struct observer_refusal *why);
/* May a TD leave whose values are `outside`?  Else *why. */
bool observer_send_data(const struct observer_state *s, uint8_t outside,
                        struct observer_refusal *why);
/* A.4.1.2 a), A.4.3.2 a): reads what has no entry; AB is owed.  false: it can owe none. */
bool observer_read_invalid(const struct observer_state *s, struct observer_state *out);

#endif
