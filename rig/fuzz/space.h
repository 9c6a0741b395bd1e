/*
 * space: the ways in which a connection can end, and cases drawn from them.
 *
 *     point  x  way  x  end  x  delay  x  in flight  x  what follows   (x lie)
 *
 *     point     a step of a path, not begun, half said, said, or answered
 *     way       what we say there: nothing, or any PDU of any layer
 *     end       what becomes of TCP then
 *     lie       one thing about the PDU of the way that is not true
 *     rest      behind the way the path goes on all the same
 *
 * All of it is data.  What is said stands there in the words of the scenario
 * language (docs/man/scenario.5), so a case can be written as a scenario, and the
 * octets of each sentence are made once.
 *
 * Case i depends on (seed, i) and on nothing else.  fuzz_compile() makes a list
 * of operations of it; the driver executes it, the writer prints it, and the
 * minimiser leaves some of them out.
 */
#ifndef FUZZ_SPACE_H
#define FUZZ_SPACE_H

#include "base/text.h"
#include "session/session_pdu.h"

/* What we hear: an SPDU, or a TPDU of the transport layer. */
enum {
	HEARD_NOTHING,
	HEARD_TPDU = 0x30,		/* + enum cotp_kind */
};
_Static_assert((int)SPDU_MAA_AEA < (int)HEARD_TPDU, "a set of what is heard fits 64 bits");

static inline uint64_t heard_bit(unsigned code)
{
	return UINT64_C(1) << code;
}
const char *heard_name(unsigned code);
extern const uint8_t fuzz_cc;		/* CC */
extern const uint8_t fuzz_aea_event;	/* AEA, as an event */

/* --- sentences ------------------------------------------------------------- */

struct fuzz_sentence {
	const char *name;
	const char *text;		/* after `send`; NULL: nothing is said */
	uint8_t event;			/* the peer's event in Table A.1; 0: none of session's */
	uint8_t hears;			/* what an honest peer answers; 0: nothing */
	uint8_t answer;			/* event of its user before that */
	bool ends;			/* whoever reads it has no connection any more */
};

extern const struct fuzz_sentence fuzz_sentences[];
extern const size_t fuzz_sentences_n;

/* One of those, or, behind them, one that was taken from a capture (seed.h). */
const struct fuzz_sentence *fuzz_sentence(size_t i);

/* Steps of an honest conversation: sentences. */
enum { FUZZ_STEPS = 20 };
struct fuzz_path {
	const char *name;
	uint8_t n, steps[FUZZ_STEPS];
};

/* The lies: suffixes of a sentence, "" the truth. */
extern const char *const fuzz_lies[];
extern const size_t fuzz_lies_n;

/* --- cases ------------------------------------------------------------------- */

enum fuzz_phase { PHASE_PARTLY, PHASE_SAID, PHASE_ANSWERED, FUZZ_PHASES };

enum fuzz_end {
	FUZZ_END_HOLD,			/* left to the peer */
	FUZZ_END_FIN,
	FUZZ_END_RST,
	FUZZ_END_HALF,			/* our direction only, then read */
	FUZZ_END_DEAF,			/* the peer's only: what it says meets RST */
	FUZZ_END_STALL,			/* silence, then RST */
	FUZZ_END_SILENCE,		/* until the peer has had enough */
	FUZZ_ENDS,
};

enum fuzz_flight {
	FLIGHT_NOTHING,
	FLIGHT_DATA,			/* octets of ours just before */
	FLIGHT_PLEASE,			/* we have asked for a turn that we have */
	FLIGHT_UNREAD,			/* the peer's answer is not read */
	FLIGHT_OTHER,			/* another association, which must not notice */
	FLIGHT_TURN,			/* one of the next MTA, which gives no turn */
	FUZZ_FLIGHTS,
};

enum fuzz_after {
	AFTER_NOTHING,
	AFTER_REBIND,
	AFTER_RECOVER,
	AFTER_RECOVER_WRONGLY,		/* what does not exist */
	AFTER_RESUME_BEYOND,		/* recover, and go on behind what was sent */
	FUZZ_AFTERS,
};

/* How long we wait before the way. */
enum { FUZZ_DELAYS = 5 };

/* Points of the association on which the MTA hands the message of a case on. */
struct fuzz_place {
	const char *text;		/* as a scenario has it */
	uint8_t layer, code;		/* at this PDU */
	bool out;			/* of ours, else of the MTA */
	bool opening;			/* in front of the answer to its bind */
	bool in_activity;
	bool releases;			/* the MTA has asked for it, */
	bool syncs;			/* a checkpoint: of a long message only, */
	uint8_t done;			/* behind so many steps of handing on (expect.c) */
	uint8_t behind;			/* its checkpoint of that number is not confirmed,
					 * so that it waits; 0: all are, */
	bool gives_up;			/* an exception is reported: it is at that PDU, which
					 * answers it; `behind` 0: at the report, with data
					 * that cannot leave */
	bool resumes;			/* we have reset it behind a checkpoint, and the MTA
					 * recovers it */
};
enum fuzz_down { DOWN_NONE, FUZZ_PLACES = 18 };
/* Checkpoints are as small as can be. */
static inline bool fuzz_place_syncs(const struct fuzz_place *p)
{
	return p->syncs || p->behind || p->resumes;
}
/* The MTA reads the report while its data cannot leave. */
static inline bool fuzz_place_stalls(const struct fuzz_place *p)
{
	return p->gives_up && !p->behind;
}
static inline bool fuzz_place_is_long(const struct fuzz_place *p)
{
	return fuzz_place_syncs(p) || fuzz_place_stalls(p);
}
extern const struct fuzz_place fuzz_places[FUZZ_PLACES];
enum { FUZZ_TIMES = 8 };

struct fuzz_case {
	uint64_t seed, number;
	uint64_t without;		/* operations that are left out, by the minimiser */
	uint16_t point;			/* < fuzz_points() */
	uint16_t cut;			/* PHASE_PARTLY: which octet is the last */
	uint16_t down_cut;		/* of what is said below; 0: all of it */
	uint8_t way, second;		/* sentences; 0: none */
	uint8_t lie, end, delay, flight, after;
	uint8_t down;			/* where it is handed on: a place, or DOWN_NONE, */
	uint8_t down_way, down_end;	/* what we say there, and enum fuzz_end, */
	uint8_t down_times;		/* and on so many connections more */
	uint8_t is_long;		/* the message does not fit the buffers of TCP */
	uint8_t rest;			/* behind the way comes what is left of the path */
};

/* Points and ways; what one case of every kind would make. */
size_t fuzz_points(void);
size_t fuzz_ways(void);
uint64_t fuzz_cells(void);
/* So many cases in a row, from a multiple of it on, have each way at each point. */
uint64_t fuzz_round(void);
/* The target answers what comes before it: of paths that were taken from a capture not all do. */
bool fuzz_reachable(size_t point);
/* The last point of a path of those, for a try. */
size_t fuzz_end_of(size_t seed_path);

void fuzz_case_make(struct fuzz_case *c, uint64_t seed, uint64_t number);
/* Bind and release, and nothing else. */
struct fuzz_case fuzz_probe(uint64_t number);
/* One long message, all of it honest. */
struct fuzz_case fuzz_message(uint64_t number);
/* One line: "1:77 transfer/MIP/said AB-user fin delay=5ms flight=data after=rebind" */
void fuzz_case_text(struct text *t, const struct fuzz_case *c);

/* --- operations ----------------------------------------------------------------- */

enum fuzz_op_kind {
	OP_CONNECT,
	OP_SAY,				/* a sentence, or its first octets */
	OP_HEAR,			/* until `code` is heard */
	OP_STALL,			/* read nothing from here on */
	OP_PAUSE,
	OP_END,				/* code: enum fuzz_end */
	OP_HOLD,			/* the reaction: see struct fuzz_script */
};

enum { FUZZ_OPS_MAX = 64 };

/* Connections of one case; before it: one that has broken off. */
enum { CONN_CASE, CONN_OTHER, CONN_AFTER, CONN_BEFORE, FUZZ_CONNS };

struct fuzz_op {
	uint8_t kind, conn, code;
	uint8_t sentence, lie;
	bool any;			/* HEAR: or anything else, or the end; with a code: that is
					 * where the connection is left; with `us`: or nothing */
	uint16_t cut;			/* SAY: 0 all of it */
	uint32_t us;
};

struct fuzz_script {
	struct fuzz_op ops[FUZZ_OPS_MAX];
	uint8_t n;
	uint8_t stimulus;		/* the first operation that is not honest */
	uint8_t state;			/* enum session_state of the peer before it */
	uint8_t event;			/* and what happens to it there; 0: nothing of Table A.1 */
	uint64_t allowed;		/* what may be heard from then on */
	uint64_t wanted;		/* one of these is due, unless it ends; 0: nothing */
	bool must_end;			/* the peer ends the connection */
	uint8_t honest;			/* until this operation nothing is wrong: who aborts is */
	uint8_t rtse_state, rtse_event;	/* the same for X.228: enum rtse_state, rtse_in */
	uint8_t message;		/* enum fuzz_message */
	bool resumes;			/* its rest may be sent on another connection */
	uint8_t down;			/* enum fuzz_down, if there is a message to hand on */
	uint8_t spent;			/* from this operation on it says nothing any more */
	bool seeded;			/* its prefix is captured: what becomes of the message is
					 * the MTA's matter */
	bool slow;			/* it is known to wait for twenty milliseconds, or more */
};

/* What becomes of the message of a case. */
enum fuzz_message { MESSAGE_NONE, MESSAGE_PARTLY, MESSAGE_IN_DOUBT, MESSAGE_WHOLE };

void fuzz_compile(const struct fuzz_case *c, struct fuzz_script *s);

/* What the MTA may say when it hands on a message and hears `down_way`. */
struct fuzz_answer {
	uint8_t state, event;		/* of X.225: where it is, and what happens to it */
	uint64_t allowed;
	bool must_end;
	uint8_t rtse_state, rtse_event;	/* the same cell of X.228 */
	uint8_t place;
};
struct fuzz_answer fuzz_handed_on(const struct fuzz_case *c);
/* The MTA may take what we say there for our acknowledgement. */
bool fuzz_acknowledges(const struct fuzz_case *c);

/* A state of the session table and an event of it, for coverage. */
struct fuzz_cell {
	uint8_t state, event;
};

#endif
