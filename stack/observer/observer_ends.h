/*
 * observer_ends: both ends of a conversation held against the state tables.
 *
 *     observer --> observations --> observer_ends --> the sink behind it
 *                                         |
 *                                         +--> deviations
 *
 * It is a sink of an observer and hands every observation on.  A PDU counts as
 * sent when it was captured; for its reader it is in flight until something shows
 * that it was read.  A tap sees crossing PDUs in another order than the ends do:
 * when an end sends X, each prefix of what is in flight to it is tried, from none
 * of it up to what TCP has acknowledged, and only if no prefix gives X an entry
 * is it a deviation (observer_machine.h).
 *
 * Where an end sends X as if a PDU that it cannot read were not there, or aborts
 * because of it, the deviation is that PDU, at its cell of the reader.  After a
 * deviation the end's state is not known until an SPDU shows it; one wrong PDU is
 * told once.  So it is where octets are missing, and where the capture begins in
 * mid-connection.
 *
 * Plain data, no leases.  Time per unit is bounded: OBSERVER_STATES states,
 * OBSERVER_FLIGHT prefixes, OBSERVER_TRIALS steps of one state; who runs into a
 * bound loses track, and nothing is said.
 */
#ifndef OBSERVER_OBSERVER_ENDS_H
#define OBSERVER_OBSERVER_ENDS_H

#include "observer/observer.h"
#include "observer/observer_machine.h"

enum {
	/* Units in flight that are told apart.  With checkpoints there are hardly
	 * more than the window; of more the first is taken as read. */
	OBSERVER_FLIGHT = 32,
	/* Steps tried for one unit.  Honest conversations take some ten; a hostile
	 * one could make all states, prefixes and comparisons of them multiply. */
	OBSERVER_TRIALS = 600,
};

struct observer_deviation {
	uint8_t direction;		/* who sent it: enum observer_direction */
	bool received;			/* the cell is that of its reader */
	bool has_wanted;
	const struct rule *rule;	/* observer_rules.h */
	const char *event;		/* "DT": as the Recommendation's table has it */
	const char *state;		/* "STA09"; NULL: none */
	const char *table;		/* "A.9"; NULL: none */
	int predicate;			/* that is false; negative: that is true; 0: none */
	uint32_t serial;		/* the one it bears, if has_wanted */
	int64_t wanted;
	uint64_t from, to;		/* its octets, in its direction's stream */
};

/* "DT in STA09: Table A.9 has no entry"; "MIP in STA713: serial number 7, V(M) is 4" */
void observer_deviation_text(struct text *t, const struct observer_deviation *d);

struct observer_ends;

struct observer_ends_sink {
	void (*deviate)(struct observer_ends_sink *sink, const struct observer_deviation *d);
};

enum observer_close { OBSERVER_FIN, OBSERVER_RST, OBSERVER_LOST };

/* ---- the state; not to be touched ---- */

struct observer_end {
	struct observer_states states;
	struct observer_unit flight[OBSERVER_FLIGHT];	/* on their way to this end */
	uint8_t flight_n;
	uint16_t trials;		/* steps left for the unit at hand */
	struct observer_unit unit, prefix;	/* being observed; a PT or GT before it */
	bool has_unit, has_prefix;
	bool closed, fin;		/* it has ended its direction */
	uint64_t acked;			/* it has acknowledged of the other direction */
	uint64_t frame_acked;		/* when its last TPKT began */
};

struct observer_ends {
	struct observer_sink sink;	/* first: the observer tells it */
	struct observer_sink *next;
	struct observer_ends_sink *report;
	struct observer_end end[OBSERVER_DIRECTIONS];
	uint16_t proposed;		/* functional units of the CN */
	bool x410;
};

/* ---- what a user calls ---- */

/* A connection that begins.  `next` and `report` are borrowed; `next` may be NULL. */
void observer_ends_init(struct observer_ends *e, struct observer_sink *next,
                        struct observer_ends_sink *report);

/* Before octets of `d` are pushed: their segment acknowledges so many octets of the
 * other direction.  Not called: nothing is known. */
void observer_ends_acked(struct observer_ends *e, enum observer_direction d, uint64_t octets);

/* After observer_push(): what was told is complete. */
void observer_ends_settle(struct observer_ends *e);

/* Is the state of who sends `d` known?  Then one state that it may be in. */
const struct observer_state *observer_ends_state(const struct observer_ends *e,
                                                 enum observer_direction d);

/* With observer_gap(): octets of `d` are missing.  Also before octets of the other
 * direction that acknowledge what was not captured of `d`, and before any of them if
 * nothing was: what `d` has said in between can be anything. */
void observer_ends_gap(struct observer_ends *e, enum observer_direction d);

/* With observer_end(), once per direction.  LOST: the capture ends. */
void observer_ends_close(struct observer_ends *e, enum observer_direction d,
                         enum observer_close how, uint64_t at);

#endif
