/*
 * judge: from events to verdicts.
 *
 * One incremental fold over the events of a case.  The runner feeds it live
 * and waits for its expectations; `rejudge` feeds it the stored events of a
 * run folder and must come to identical verdicts.  So it sees nothing but
 * events and the case's description: no live struct, no clock.
 *
 * What the fold is fed: every EVENT_TCP, EVENT_LINK, EVENT_PDU_IN/OUT,
 * EVENT_PRIMITIVE of LAYER_P1, EVENT_FINDING of the rig's own ends, and the
 * runner's own EVENT_SCENARIO, EVENT_LEDGER, EVENT_LOG events below.  An
 * event's borrowed octets are not looked at.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "base/event.h"

/* ISO/IEC 9646 and TTCN-3: a verdict may only get worse. */
enum verdict {
	VERDICT_NONE,
	VERDICT_PASS,
	VERDICT_INCONCLUSIVE,
	VERDICT_FAIL,
	VERDICT_ERROR,
};
const char *verdict_name(enum verdict v);
static inline enum verdict verdict_worse(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

/*
 * Sides.  The rig stands on several sides of the MTA under test: up (it hands
 * messages in and takes reports) and one side per downstream route.  The
 * number of an association end tells its side.
 */
enum { SIDES_MAX = 8, SIDE_STRIDE = 100000 };
static inline unsigned side_of(uint32_t association)
{
	return association / SIDE_STRIDE;
}

/* EVENT_SCENARIO.  `value` is the index of the step or expectation. */
enum scenario_event {
	SCENARIO_CASE_BEGIN,
	SCENARIO_STEP,			/* a step begins */
	SCENARIO_STEP_FAILED,		/* the rig could not do it (verdict error) */
	SCENARIO_EXPECT,		/* an expectation begins to wait; its time runs from here */
	SCENARIO_TICK,			/* nothing happened until at_us: lets deadlines pass */
	SCENARIO_LOGS_READ,		/* the IUT's logs have been read to their end */
	SCENARIO_QUEUE_EMPTY,		/* the IUT's queue is known: value messages are in it */
	SCENARIO_IUT_GONE,		/* the IUT's process ended (value: wait status) */
	SCENARIO_CUT,			/* the rig cuts or abuses `association`: what the IUT does
					 * to it from now on has a cause */
	SCENARIO_CASE_END,
	SCENARIO_DETACHED,		/* the scenario speaks for `association` from now on */
	SCENARIO_ATTACHED,		/* it answers for itself again */
	SCENARIO_MATCHED,		/* expectation `value` of EXPECT_WIRE came true; length: by
					 * which of its alternatives, from 1; type: 1 if that one
					 * decides nothing */
	SCENARIO_MISMATCHED,		/* ... cannot come true any more */
	SCENARIO_NAMED,			/* `association` has name number `value` */
	SCENARIO_RESOURCE,		/* the IUT has `offset` of resource `value` (enum resource);
					 * the first of a kind is its base, the last is what it
					 * keeps */
	SCENARIO_LOGS_FAILED,		/* the command that prints its logs failed */
	SCENARIO_RESTARTED,		/* the IUT is started anew for us: what stands has a cause
					 * to end */
};

enum resource { RESOURCE_DESCRIPTORS, RESOURCE_MEMORY_KIB, RESOURCE_CONTROL_BLOCKS, RESOURCES };

/* EVENT_LEDGER.  `value` is the message's ordinal in the case (from the
 * nonce in its content, never from its MTS identifier), `association` the
 * end at which it happened. */
enum ledger_event {
	LEDGER_OFFERED,			/* transfer begun towards the IUT; length: content octets;
					 * type: 0 non-urgent 1 normal 2 urgent;
					 * offset: the side it must come out at, or
					 * LEDGER_NOWHERE */
	LEDGER_ACCEPTED,		/* activity end confirmed: the IUT is responsible */
	LEDGER_DOUBT,			/* cut after our activity end left or the IUT's came in,
					 * and before the confirmation was shown to be received */
	LEDGER_DELIVERED,		/* came out whole at a downstream side, content intact */
	LEDGER_ALTERED,			/* came out, content differs */
	LEDGER_REPORTED,		/* a non-delivery report came; offset: reason, length:
					 * diagnostic + 1 (0: none) */
	LEDGER_DELIVERY_REPORT,
	LEDGER_ABANDONED,		/* we gave the transfer up before the end left */
	LEDGER_FOREIGN,			/* something came out that the case did not put in */
};

#define LEDGER_NOWHERE UINT64_MAX	/* no route: a report is due */

/* EVENT_LOG.  One record of the IUT's log: value = event id (0: none), length
 * = error code (0: none), offset = line in the stored log (from 1), code =
 * enum log_kind.  `rule` is the catalogue row that matched
 * (signature_row_id()), 0: none; a record that matches several rows makes
 * several events.  association = the record's own time, seconds since 1970 as
 * UTC; 0: none. */
enum log_kind { LOG_EVENT, LOG_CALLS };

/* What a case expects.  Made by the scenario compiler, as data. */
enum expect_kind {
	EXPECT_BOUND,		/* an association on `side` is bound */
	EXPECT_REFUSED,		/* the bind on `side` is refused; value: MTA bind error or -1 any */
	EXPECT_RELEASED,	/* our release on `side` was confirmed */
	EXPECT_ACCEPTED,	/* every message offered so far was accepted by the IUT */
	EXPECT_DELIVERED,	/* every message offered so far for `side` (or all) came out intact,
				 * at least once; copies beyond one plus its doubts fail */
	EXPECT_NOT_DELIVERED,	/* ... stays in the IUT until the time is over */
	EXPECT_REPORTED,	/* a non-delivery report for every message offered to no route;
				 * value: reason or -1, value2: diagnostic or -1 */
	EXPECT_NO_ABORT_BY_IUT,	/* no session AB, no TCP end in mid-activity or without FN/DN or RF
				 * begun by the IUT without a cause from us, since the last cut */
	EXPECT_LOG_NONE,	/* no conclusive signature in the logs */
	EXPECT_LOG,		/* signature of article `name` is present */
	EXPECT_PDU_IN,		/* a PDU of `layer`, `code` comes in on `side` */
	EXPECT_TCP_CLOSED,	/* the IUT ends the TCP connection on `side` */
	EXPECT_ALIVE,		/* the IUT's process lives */
	EXPECT_WIRE,		/* the IUT does on the wire what the scenario's patterns from
				 * `value`, `value2` of them, say; code: their order.  The runner
				 * compares, because events hold no octets: SCENARIO_MATCHED */
	EXPECT_ONCE,		/* as EXPECT_DELIVERED, and no copies, whatever the doubts */
	EXPECT_COPIES,		/* at most `value` copies so far */
	EXPECT_PRIORITY,	/* so far none came out before one of higher priority that had
				 * waited longer than the message under way */
	EXPECT_NO_WIRE,		/* the same kind of patterns, and none of them comes true in its
				 * time */
	EXPECT_KINDS,
};

struct expectation {
	enum expect_kind kind;
	int64_t within_us;	/* from SCENARIO_EXPECT; 0: must hold at once */
	int side;		/* -1: any */
	int32_t value, value2;
	uint16_t whom;		/* number of an association's name; 0: none */
	uint8_t layer, code;
	char name[32];
	int line, column;	/* in the scenario file */
	char text[120];		/* the source line, for messages */
	char clause[64];	/* "X.411 12.1.2": what the expectation rests on */
	bool derived;		/* no text at hand says it: not to come true decides nothing */
};

struct signatures;			/* judge/signature.h */

/* The slowest that a scenario makes of a side's line. */
struct judge_line {
	uint64_t rate;			/* bit/s; 0: no limit */
	int64_t delay_us;		/* one way */
	bool bent;			/* otherwise shaped: how long a thing takes is not known */
};

struct judge_case {
	const char *id;			/* "pop4/slow-link" */
	const char *source;		/* "KB Q236586" */
	const struct expectation *expectations;
	size_t n;
	const char *side_names[SIDES_MAX];
	const struct signatures *signatures;	/* NULL: logs name no article */
	/* The IUT's, 0: unknown.  Between its retries; how long what was lost may be
	 * resumed; a silence that is none yet; octets that it sends without an answer. */
	int64_t open_interval_us, recovery_us, idle_limit_us;
	/* How long it waits for the answer to an opening; for the progress of a transfer. */
	int64_t disconnect_us, transfer_us;
	uint64_t checkpoint;
	struct judge_line lines[SIDES_MAX];
};

enum expect_state { EXPECT_WAITING, EXPECT_MET, EXPECT_MISSED, EXPECT_UNDECIDED };

struct judge;
/* `c` is borrowed for the judge's life.  NULL: no memory. */
struct judge *judge_new(const struct judge_case *c);
void judge_free(struct judge *j);
/* Feeds one event.  Events come in the order of their time. */
void judge_event(struct judge *j, const struct event *e);
/* Of an expectation that has begun to wait. */
enum expect_state judge_state(const struct judge *j, size_t expectation);
/* When to feed SCENARIO_TICK at the latest; NEVER_US: no deadline runs. */
int64_t judge_deadline(const struct judge *j);

/* Why a case has its verdict. */
enum { EVIDENCE_LAST = 10 };
struct evidence {
	size_t expectation;		/* index, or SIZE_MAX: a standing rule */
	enum verdict verdict;
	char reason[256];		/* one sentence: expected and actual */
	char clause[64];
	char article[16];		/* "Q152897", "" if none matched */
	uint32_t log_lines[8];		/* lines of the stored log that belong to it */
	size_t log_lines_n;
	uint64_t events[EVIDENCE_LAST];	/* ordinals (from 0) of the events that show it */
	size_t events_n;
};
/* After SCENARIO_CASE_END.  The evidence array is the judge's. */
enum verdict judge_verdict(const struct judge *j, const struct evidence **evidence, size_t *n);

/* Counts for the ledger's line in the report. */
struct ledger_sum {
	uint32_t offered, accepted, delivered, copies, altered, reported, missing, foreign;
};
struct ledger_sum judge_ledger(const struct judge *j);

/* How long our binds took, from the request to a positive confirm. */
struct bind_sum {
	uint32_t n;
	int64_t least_us, most_us, all_us;	/* all_us: their sum */
};
struct bind_sum judge_binds(const struct judge *j);

#endif
