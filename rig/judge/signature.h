/*
 * signature: known faults as the MTAs that have them log them.
 *
 *     signature Q152897
 *       title     "Queued messages share an identifier; the transport session is shut"
 *       weight    conclusive
 *       product   "Exchange Server 4.0"
 *       fixed     "Exchange Server 4.0 SP2"
 *       trigger   "backlog, then the transport connection is lost"
 *       advice    "..."
 *       event 4282 code 8453 text "Interface protocol 131 was violated" tag "POP4 MAIN BASE"
 *       event 4283 code 8464 text "Unable to recognize an internal message identifier"
 *       calls text "POP4 DOWN\s+Busy \d+%, stalled on send"
 *       unless event 1209
 *
 * Data files `*.sig`; one file may hold several signatures.  All `event` and
 * `calls` rows must be found (in any order) for the signature to be complete;
 * an `unless` row found takes it back: the companions of another article.
 * `text` is a Perl-compatible expression, matched on text with runs of white
 * space made one blank; `tag` is a hint for people and never decides, because
 * the numbers in tags are known to vary.
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

enum { SIGNATURE_ROWS_MAX = 12 };

struct signature_row {
	uint32_t event;		/* 0: any (calls) */
	uint32_t code;		/* 0: any */
	bool calls;		/* of Calls.out, not of the event log */
	bool unless;
	char tag[48];
	void *pattern;		/* compiled expression, owned; NULL: none */
	char text[160];
};

struct signature {
	char article[16];
	char title[160], product[96], fixed[96], trigger[200], advice[240];
	enum signature_weight weight;
	struct signature_row rows[SIGNATURE_ROWS_MAX];
	size_t rows_n;
};

struct signatures {
	struct signature *at;	/* owned */
	size_t n;
};

/* Reads one file, or all *.sig of a folder; complaints go to the report. */
bool signatures_load(struct signatures *s, const char *path, struct lexer_report *r);
void signatures_free(struct signatures *s);
const struct signature *signatures_find(const struct signatures *s, const char *article);

/* A row of the catalogue as one number, for EVENT_LOG's `rule`: 0 is none. */
static inline uint16_t signature_row_id(size_t signature, size_t row)
{
	return (uint16_t)(signature * SIGNATURE_ROWS_MAX + row + 1);
}

/* Asks for each row that a log record matches. */
typedef void signature_hit_fn(void *ctx, uint16_t row_id);
void signatures_match(const struct signatures *s, const struct log_record *rec,
                      signature_hit_fn *hit, void *ctx);

/* What has been found so far of each signature; plain data for n <= 64. */
enum { SIGNATURES_MAX = 64 };
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

#endif
