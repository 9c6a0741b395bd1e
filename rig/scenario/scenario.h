/*
 * scenario: a test case as data.
 *
 *     scenario pop4/backlog-drop
 *       title   "Backlog, then the transport is lost in mid-activity"
 *       serves  REC-12 TDN-09
 *       source  "KB Q152897"
 *       needs   pics.relay pics.checkpoint
 *       limit   pixit.open_interval + 120s
 *
 *       down: listen checkpoint 1KiB window 3   # we are the MTA's next MTA
 *       up:   associate                         # and the one before it
 *       expect up bound within 5s
 *       up:   transfer 40 messages size 8KiB to down
 *       down: at minor-sync 3 of activity 12 cut rst
 *       expect delivered within pixit.open_interval + 30s
 *
 * A scenario is compiled once, against a target, into an array of steps, an
 * array of expectations and a plan of PDUs: plain data, without pointers, that the
 * runner executes in order, the fuzzer changes and the minimiser shortens.
 *
 * The grammar ([ ] optional, | either, UPPER a value; a time or size may be a
 * sum of products of quantities and pixit.NAME):
 *
 *     file     = "scenario" ID  { meta | step | block }
 *     block    = "let" NAME "=" EXPRESSION              asked for as $NAME
 *              | "repeat" N "{" ... "}"
 *              | "in" "parallel" "{" ... "}" { "and" "{" ... "}" }
 *              | "procedure" NAME [NAME...] "{" ... "}" | "call" NAME [EXPRESSION...]
 *              | "include" "FILE.inc"                   beside the including file
 *     meta     = "title" TEXT | "serves" PURPOSE... | "source" TEXT
 *              | "needs" (pics.NAME[.VALUE] | pixit.NAME.VALUE)... | "limit" TIME
 *              | "tags" TAG...                         run only if --tag asks for one
 *     step     = SIDE ":" act | "wait" TIME | "restart" | "hook" NAME | "expect" [SIDE] what
 *     SIDE     = the name of a side of the target, or SIDE.NAME: one association of it
 *     act      = "listen" ["checkpoint" SIZE] ["window" N] ["detached" | "refuse" ERROR]
 *              | "close-listener"
 *              | "link" ["rate" RATE] ["delay" TIME] [OPTION=VALUE...]
 *              | "probe" N "probes" "size" SIZE "to" RECIPIENT { "to" RECIPIENT } ["mts-id" ...]
 *              | "turn" ("please" ["priority" N] | "give")
 *              | "discard" | "interrupt"
 *              | "stall" ("on" | "off")
 *              | "silence"
 *              | "associate" ["as" NAME] ["password" TEXT] ["credentials" KIND]
 *              | "transfer" N "messages" ("size" SIZE | "content" file:PATH)
 *                   "to" RECIPIENT { "to" RECIPIENT }
 *                   ["mts-id" ("fresh" | "reused" N | "of" $NAME.FIELD)] ["priority" PRIORITY]
 *              | "resume"
 *              | "cut" HOW | "at" point fault | "release" | "abort"
 *              | "wait" "until" ("delivered" | "accepted" | "confirmed") N "within" TIME
 *              | "connect" | "detach" | "automatic"
 *              | "send" ["exactly"] PDUS ["in" "tpdus" "of" SIZE] ["stop" "after" N]
 *              | "send" "rest"
 *              | "transfer" OCTETS ["as" PDUS] ["checkpoint" PDUS] ["pieces" N...] ["sealed"]
 *                   "within" TIME
 *              | "acknowledge" ("off" | ["as" PDUS] ["every" N])
 *     HOW      = "fin" | "rst" | "half-close" | "silence"
 *     point    = ["before" | "after"] KIND [N] ["of" ("activity" | "association") N]
 *     fault    = "cut" HOW | ("stall" | "down") ["for" TIME] | "link" ...
 *     KIND     = "cr" | "ac" | "minor-sync" ...          those of tap/tap.h
 *     what     = ("bound" | "refused" [ERROR] | "released" | "accepted" | "delivered"
 *                 | "reported" ["reason" N] ["diagnostic" N] | "pdu" LAYER PDU
 *                 | wire) ["within" TIME]
 *              | "delivered" "exactly-once" ["within" TIME] | "copies" "at-most" N
 *              | "in-order-of" "priority" | "next-bind" ["within" TIME]
 *              | "not" "delivered" "for" TIME
 *              | "no" wire "for" TIME
 *              | "no" "abort-by-iut" | "log" ("none" | ARTICLE) | "alive"
 *                ... each with ["clause" TEXT] ["derived"]
 *     wire     = ["strictly"] sequence | "any-of" "{" sequence { "|" sequence } "}"
 *              | "all-of" "{" one { "|" one } "}"
 *     sequence = one { "then" one }
 *              sequences of any-of may begin with "inconclusive"
 *     one      = PDU ["as" NAME] | "tcp" "closed" ["by" ("fin" | "rst")]
 *
 * PDU and PDUS: pdu/pdu_parse.h.  A `send` detaches the end: PDUs are decoded and
 * traced, and only the scenario answers, until `automatic`.  A wire expectation looks
 * at what has come in on the newest association of its side (or the named one) since
 * the last one that was met there; a PDU that is kept `as NAME` gives $NAME.FIELD.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "judge/judge.h"
#include "pdu/pdu.h"
#include "scenario/target.h"
#include "tap/tap.h"

enum {
	/* A step costs about 150 octets and a source of 1 MiB cannot say more. */
	STEPS_MAX = 1 << 17,
	EXPECTATIONS_MAX = 1 << 16,
	SCENARIO_NAMES_MAX = 1000,	/* of associations and captured PDUs */
	SCENARIO_PURPOSES_MAX = 24,
	SCENARIO_NEEDS_MAX = 12,
	SCENARIO_TAGS_MAX = 4,
	SCENARIO_ID = 64,
	STEP_TEXT = 120,
	/* Messages of one case; each costs the ledger about 100 octets. */
	MESSAGES_MAX = 1 << 20,
	TRANSFER_RECIPIENTS_MAX = 8,
	/* A file that is a content is held whole while the case runs. */
	CONTENT_FILE_MAX = 64 << 20,
};

/* A soak of a season; sums of all steps stay far from overflowing. */
#define SCENARIO_TIME_MAX (INT64_C(100) * 86400 * SECOND_US)
#define LIMIT_LEAST_US (120 * SECOND_US)	/* where none is given */
#define CONTENT_MAX (INT64_C(1) << 40)

enum step_kind {
	STEP_LISTEN,		/* take the MTA's connections: size, window */
	STEP_CLOSE_LISTENER,	/* refuse new ones; what is open lives on */
	STEP_LINK,		/* rate, time: delay */
	STEP_STALL,		/* n: 1 on, 0 off */
	STEP_SILENCE,		/* = STEP_CUT with CUT_SILENCE */
	STEP_ASSOCIATE,		/* name, password */
	STEP_TRANSFER,		/* n messages, size, recipient, reused, priority */
	STEP_CUT,		/* cut, now */
	STEP_ARM,		/* n: enum arm_act; at point; time: how long, 0: no end; cut;
				 * rate, time, options: as STEP_LINK */
	STEP_RELEASE,
	STEP_ABORT,
	STEP_WAIT,		/* time */
	STEP_WAIT_DELIVERED,	/* n messages, time at most */
	STEP_WAIT_ACCEPTED,
	STEP_EXPECT,		/* n: index of the expectation */
	/* Low level: the scenario speaks for an end, which is detached by it. */
	STEP_CONNECT,		/* TCP and nothing else */
	STEP_SEND,		/* from, to: items of the plan; n: stop after so many octets, 0:
				 * all; size: of TPDUs, 0: as negotiated */
	STEP_SEND_REST,		/* what the last send held back */
	STEP_DETACH,
	STEP_AUTOMATIC,		/* the end answers for itself again */
	STEP_PROBE,		/* n probes, size, recipient */
	STEP_TURN_PLEASE,	/* n: priority */
	STEP_TURN_GIVE,
	STEP_DISCARD,		/* the transfer under way; n: reason (X.225 8.3.28.4) */
	STEP_INTERRUPT,
	STEP_HOOK,		/* n: enum hook */
	STEP_WAIT_CONFIRMED,	/* n: serial of a minor sync point; time at most */
	STEP_RESUME,		/* the transfer that broke off; name */
	STEP_TRANSFER_OCTETS,	/* from, middle[0], middle[1], to: octets, DT, MIP; options: sizes
				 * of pieces; n: 1 a sync point behind the last, too; time for each
				 * confirmation */
	STEP_ACKNOWLEDGE,	/* from, to: MIA; n: every so many, 0: when the window is full;
				 * detached: nothing any more */
	/* Blocks; `to` is the step behind them. */
	STEP_REPEAT,		/* n times, up to STEP_END_REPEAT */
	STEP_END_REPEAT,	/* from: its STEP_REPEAT */
	STEP_PARALLEL,		/* branches, up to the step before `to` */
	STEP_BRANCH,		/* one of them, up to `to` */
	STEP_KINDS,
};
const char *step_kind_name(enum step_kind k);

enum arm_act { ARM_CUT, ARM_STALL, ARM_DOWN, ARM_LINK, ARM_ACTS };

enum cut_how { CUT_FIN, CUT_RST, CUT_HALF_CLOSE, CUT_SILENCE, CUT_HOWS };
const char *cut_how_name(enum cut_how how);

/* Step fields that mean nothing for a kind are zero.  Numbers of strings stand for
 * texts in the scenario (scenario_string()); 0: none. */
struct step {
	uint8_t kind, side, cut, priority;	/* priority: 0 normal 1 non-urgent 2 urgent */
	uint8_t recipient;			/* index in the target */
	uint8_t others[TRANSFER_RECIPIENTS_MAX - 1];	/* further ones */
	uint8_t others_n;
	uint8_t credentials;			/* enum proof_kind + 1; 0: the target's */
	bool detached;				/* listen: ends that come are detached */
	bool refusing;				/* listen: ... are refused, n: the bind error */
	uint16_t window;
	uint16_t whom;				/* association: number of its name; 0: any, or
						 * the newest */
	uint32_t n;
	uint32_t reused;			/* 0: fresh MTS identifiers; else its number */
	uint32_t mts_id;			/* string: variable that holds it; 0: none */
	uint32_t content;			/* transfer: 1 + item of the plan that names a
						 * file; 0: made of filler */
	uint32_t from, to;			/* items of the plan; of blocks: steps */
	uint32_t middle[2];			/* items between, where another list begins */
	uint32_t as, password;			/* strings: what to bind with; 0: the target's */
	uint32_t options;			/* string: words of link/link_options.h */
	uint32_t text;				/* string: the source line, for people */
	struct tap_point point;		/* of: activity or association of the side */
	int64_t time_us;
	uint64_t size;
	uint64_t rate;				/* bit/s; 0: no limit */
	uint16_t file;				/* 0: the scenario's own; n: includes[n - 1] */
	struct place at;
};

/* Its rate, time and options are those of a line. */
static inline bool scenario_sets_line(const struct step *s)
{
	return s->kind == STEP_LINK || (s->kind == STEP_ARM && s->n == ARM_LINK);
}

/* A file that the scenario includes, as it was read. */
struct scenario_include {
	char name[128];				/* as written */
	struct lexer_source source;
};

/* What the IUT may do on the wire.  An expectation EXPECT_WIRE is a run of these:
 * alternatives, each a sequence. */
enum pattern_kind { PATTERN_PDU, PATTERN_CLOSED };
enum pattern_close { CLOSE_ANY, CLOSE_FIN, CLOSE_RST };
enum pattern_order {
	ORDER_SKIPPING,			/* in this order, others may come between */
	ORDER_STRICT,			/* in this order and nothing between */
	ORDER_FREE,			/* each of them, in any order */
};
struct pattern {
	uint8_t kind;			/* enum pattern_kind */
	uint8_t close;			/* enum pattern_close */
	bool begins;			/* an alternative begins here */
	bool doubtful;			/* ... which decides nothing */
	uint16_t capture;		/* PDU: number of the name it is kept under; 0: none */
	uint32_t item;			/* PDU: in the plan */
};

struct scenario {
	char id[SCENARIO_ID];
	char title[128];
	char source[96];
	char purposes[SCENARIO_PURPOSES_MAX][24];
	struct place purposes_at[SCENARIO_PURPOSES_MAX];
	size_t purposes_n;
	char needs[SCENARIO_NEEDS_MAX][2 * TARGET_NAME];
	size_t needs_n;
	char tags[SCENARIO_TAGS_MAX][24];	/* run only if asked for: "soak" */
	size_t tags_n;
	int64_t limit_us;
	struct step *steps;			/* owned, as all arrays below */
	size_t steps_n, steps_cap;
	struct expectation *expectations;
	size_t expectations_n, expectations_cap;
	struct pattern *patterns;
	size_t patterns_n, patterns_cap;
	struct pdu_plan plan;			/* of all steps and patterns */
	char *strings;				/* NUL-terminated; the first one is empty */
	size_t strings_n, strings_cap;
	uint32_t names[SCENARIO_NAMES_MAX];	/* string of name number i + 1 */
	size_t names_n;
	struct scenario_include **includes;	/* owned */
	size_t includes_n, includes_cap;
	char folder[256];			/* of its file, with the slash; of `file:` */
	bool wants_kernel;			/* a link does what only the kernel can */
	bool wants_session;			/* it sends or expects what is above transport */
	uint8_t watched;			/* bit per side: PDUs are compared or sent there */
};

static inline const char *scenario_string(const struct scenario *sc, uint32_t s)
{
	return sc->strings + s;
}
/* Does a side belong to it?  Not to waits, blocks and expectations. */
static inline bool scenario_step_sided(const struct step *s)
{
	return s->kind != STEP_WAIT && s->kind != STEP_EXPECT && s->kind != STEP_HOOK &&
	       s->kind < STEP_REPEAT;
}
static inline const char *scenario_name(const struct scenario *sc, uint16_t number)
{
	return number ? scenario_string(sc, sc->names[number - 1]) : "";
}

/* Compiles a source against a target and checks its sums.  NULL: said in the
 * report.  Warnings alone do not stop it. */
struct scenario *scenario_compile(const struct lexer_source *s, const struct target *t,
                                  struct lexer_report *r);
void scenario_free(struct scenario *sc);

/* The first of `needs` that the target does not have; NULL: none. */
const char *scenario_unmet(const struct scenario *sc, const struct target *t);

/* The longest that the case can take: every wait and expectation in full, but
 * never more than its limit. */
int64_t scenario_worst_us(const struct scenario *sc);

/* "in-30s", "ago-1h": how far from now; false: it is none. */
bool scenario_span(const char *name, int64_t *us);
/* "fresh-16-3": the third of the texts of 16 octets that are new in each run and round;
 * "fresh-16-0" is new in each run only. */
enum { SCENARIO_FRESH_MAX = 64 };
bool scenario_fresh(const char *name, uint32_t *length, uint32_t *nth);
/* What an answer says, if what the other proposes allows it: "checkpoint-63", "window-3" and
 * "size-512" (of a TPDU) are at most what it proposes, "tokens-0" are those that it leaves to
 * who answers (X.225 8.3.2.10). */
enum scenario_term { TERM_CHECKPOINT, TERM_WINDOW, TERM_SIZE, TERM_TOKENS, SCENARIO_TERMS };
bool scenario_term(const char *name, enum scenario_term *term, uint32_t *said);
uint8_t scenario_tokens(uint8_t proposed, uint8_t said);

/* Descriptors that a case may need at once, if no end of ours is over before its last step. */
size_t scenario_descriptors(const struct scenario *sc, const struct target *t);

/* Sums that cannot come out: a limit that the link's rate cannot meet, a point
 * that no message reaches.  Part of scenario_compile(). */
bool scenario_check(const struct scenario *sc, const struct lexer_source *s,
                    const struct target *t, struct lexer_report *r);

#endif
