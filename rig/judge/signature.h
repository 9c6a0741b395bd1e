/*
 * signature: known faults as the MTAs that have them log them.
 *
 *     signature Q319936
 *       title    "A call that timed out before its answer is answered all the same"
 *       article  "Q319936"
 *       weight   conclusive
 *       product  "Exchange Server 5.5 SP4"
 *       fixed    "..."      trigger "..."      advice "..."
 *       wire     tcp-timeout
 *       event 4258 text "Message type Close Request|LPI (?<lpi>[0-9]+-[0-9]+-[0-9]+)" as close
 *       event 4283 code 8464 or 8465 text "Bad LPI (?<lpi>[0-9-]+)" tag "POP4 POP4 UP # 228" as bad
 *       sequence close then bad same lpi within 10min
 *       unless event 1209
 *
 * Data files `*.sig`; docs/man/signature.5 is their manual.  A row of a log
 * record is `event ID ...` (of an event log), `calls ...` (of Calls.out) or
 * `line ...` (of any record without an event id).  All rows must be found, in any
 * order, for a signature to be complete; `optional` ones only add to its rank,
 * and `unless` rows take it back: the companions of another article.  A
 * `sequence` or a `repeat` is a row that is found when its records came in that
 * order and time.
 *
 *   text     a Perl-compatible expression on text whose white space is single blanks
 *   strings  the same for records that come without their sentence (.evt, .evtx)
 *   code     the error code
 *   tag      "[POP4 POP4 UP 5 228]" or "(POP4 POP4 UP(5) Proc 228)": words in order, # any
 *            number or none; decides only if the record has a tag
 *   hint     the same, and never decides: for numbers that are known to vary
 *   source   of the event (MSExchangeMTA unless said); decides only if the record names one
 */
#ifndef JUDGE_SIGNATURE_H
#define JUDGE_SIGNATURE_H

#include "logs/logs.h"
#include "lexer/lexer.h"

enum signature_weight {
	WEIGHT_CONCLUSIVE,	/* names the fault */
	WEIGHT_SUPPORTING,	/* fits, with a companion on wire or ledger */
	WEIGHT_INCONCLUSIVE,	/* documented as no evidence by itself */
	WEIGHT_HARMLESS,	/* documented as normal */
};
const char *signature_weight_name(enum signature_weight w);

/* What the wire shows when the fault does: bits. */
enum signature_wire {
	WIRE_TCP_CLOSE = 1 << 0,	/* "tcp-close": a FIN or RST that ends a connection */
	WIRE_TCP_RESET = 1 << 1,	/* "tcp-reset" */
	WIRE_TCP_REFUSED = 1 << 2,	/* "tcp-refused": a connect that fails */
	WIRE_TCP_TIMEOUT = 1 << 3,	/* "tcp-timeout": a connect that nobody answers */
	WIRE_ABORT = 1 << 4,		/* "abort": a session or association abort */
	WIRE_REFUSED = 1 << 5,		/* "refused": a bind refused */
	WIRE_STALL = 1 << 6,		/* "stall": silence with work to do */
	WIRE_REPORT = 1 << 7,		/* "report": a non-delivery report */
	WIRE_DUPLICATE = 1 << 8,	/* "duplicate": a copy more than went in */
	WIRE_GONE = 1 << 9,		/* "gone": nothing listens any more */
};
enum { WIRES = 10 };
/* "tcp-close" of bit number i < WIRES. */
const char *signature_wire_name(unsigned i);

enum {
	SIGNATURE_ROWS_MAX = 12,
	SIGNATURE_CODES_MAX = 4,
	SIGNATURES_MAX = 512,		/* the shipped ones and as many again */
};

enum signature_row_kind { ROW_EVENT, ROW_CALLS, ROW_LINE, ROW_SEQUENCE, ROW_REPEAT };

struct signature_row {
	enum signature_row_kind kind;
	uint32_t event;			/* ROW_EVENT */
	uint32_t codes[SIGNATURE_CODES_MAX];	/* none: any */
	uint8_t codes_n;
	bool calls;			/* of Calls.out, not of the event log */
	bool unless, optional;
	char name[16];			/* "" : none */
	char tag[48], hint[48], source[32];
	void *pattern, *strings;	/* compiled expressions, owned; NULL: none */
	char text[256];
	uint8_t first, second;		/* SEQUENCE, REPEAT: rows; second 0xff: none */
	char same[16];			/* named group that must agree; "" none */
	int64_t from_us, to_us;		/* within, every */
	uint32_t times;			/* REPEAT */
};

struct signature {
	char article[16];		/* its name, unique */
	char articles[64];		/* the articles it is drawn from */
	char title[160], product[96], fixed[96], trigger[240], advice[240];
	enum signature_weight weight;
	bool silent;			/* no log shows it: nothing but its wire condition */
	uint32_t wire;			/* enum signature_wire */
	bool wire_said;			/* be it none */
	struct signature_row rows[SIGNATURE_ROWS_MAX];
	size_t rows_n;
};

struct signatures {
	struct signature *at;	/* owned */
	size_t n;
};

/* Reads one file, or all *.sig of a folder, and adds them; complaints go to the
 * report. */
bool signatures_load(struct signatures *s, const char *path, struct lexer_report *r);
/* The same for a file in memory. */
bool signatures_read(struct signatures *s, const struct lexer_source *source,
                     struct lexer_report *r);
void signatures_free(struct signatures *s);
const struct signature *signatures_find(const struct signatures *s, const char *article);

/* A row of the catalogue as one number, for EVENT_LOG's `rule`: 0 is none. */
static inline uint16_t signature_row_id(size_t signature, size_t row)
{
	return (uint16_t)(signature * SIGNATURE_ROWS_MAX + row + 1);
}
static inline size_t signature_of(uint16_t row_id)
{
	return (size_t)(row_id - 1) / SIGNATURE_ROWS_MAX;
}
static inline size_t signature_row_of(uint16_t row_id)
{
	return (size_t)(row_id - 1) % SIGNATURE_ROWS_MAX;
}

/* "event 4283 code 8464", "calls", "sequence close then bad": a row in a word or
 * two, for people. */
void signature_row_text(const struct signature *sig, size_t row, char *buf, size_t cap);

/* ---- matching: signature_match.c ---- */

/* Asks for each row that a log record matches. */
typedef void signature_hit_fn(void *ctx, uint16_t row_id);

/*
 * A matcher looks at the records of one log, or of several logs of one MTA, in
 * their order; sequences and repeats need that it sees them all.  The catalogue
 * is borrowed and must not change.
 */
struct signature_matcher;
/* NULL: no memory */
struct signature_matcher *signature_matcher_new(const struct signatures *s);
void signature_matcher_free(struct signature_matcher *m);
/* For other logs: what sequences and repeats have seen is forgotten.  Tests and the fuzz
 * target make do with one matcher by it. */
void signature_matcher_reset(struct signature_matcher *m);
void signature_matcher_record(struct signature_matcher *m, const struct log_record *rec,
                              signature_hit_fn *hit, void *ctx);
/* What a log reader need not make records of: the events that no row names, and
 * lines without the words that rows ask for. */
struct log_filter signature_matcher_filter(struct signature_matcher *m);
/* Of a REPEAT row that was found: its period; 0: none. */
int64_t signature_matcher_period(const struct signature_matcher *m, uint16_t row_id);

/* ---- scoring: signature_score.c ---- */

/* What has been found so far of each signature; plain data. */
struct signature_score {
	uint16_t rows[SIGNATURES_MAX];	/* bit set of the rows found */
};
void signature_score_hit(struct signature_score *score, uint16_t row_id);

/* Complete, and not taken back. */
bool signature_complete(const struct signatures *s, size_t i, const struct signature_score *score);

/* The complete signature of this weight that explains most rows; NULL: none. */
const struct signature *signature_best(const struct signatures *s,
                                       const struct signature_score *score,
                                       enum signature_weight weight);

/* How well a signature fits, best first. */
struct signature_candidate {
	size_t signature;
	bool complete;
	size_t found, needed;		/* rows; optional ones are not needed */
	size_t optional;		/* optional rows found */
	uint16_t taken_back;		/* id of the `unless` row found; 0: none */
	size_t within;			/* index in the array of a better one that explains
					 * all that this one does; SIZE_MAX: none */
	uint32_t wire_seen;		/* bits of its wire condition that were seen */
	char reason[200];		/* "all 4 rows; ..." */
};
/* Signatures of which at least one row was found, `unless` rows apart, best first.
 * `wire` is what the wire showed, 0 if it was not looked at.  Returns how many there are. */
size_t signature_rank(const struct signatures *s, const struct signature_score *score,
                      uint32_t wire, struct signature_candidate all[static SIGNATURES_MAX]);

#endif
