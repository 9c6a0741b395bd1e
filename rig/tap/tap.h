/*
 * tap: an observer beside a live link that names the points of the protocol.
 *
 *     octets read from one side --tap_push--> observer --> `pdu`   every PDU
 *                                                     \-> `point`  where a fault is to fall
 *     ... and only then are the octets written to the other side
 *
 * Points are named in the standards' terms, as steps of scenarios name them:
 *
 *     [before:|after:]KIND[:N][:of:M]        after:minor-sync:3:of:2
 *
 * KIND: cr cc dr (X.224), cn ac rf fn dn ab dt gt activity-start minor-sync
 * minor-sync-ack activity-end activity-end-ack activity-interrupt
 * activity-discard (X.225), or the SPDU's name.  The N-th such PDU (1) of the
 * M-th activity, or connection for what stands outside of activities (0: the
 * next that comes along).  A resumed activity counts as one more.
 *
 * A point is an octet of one direction between two TPKTs: in front of the first
 * TPKT of the TSDU that holds the PDU, or behind the last.  Since the octets
 * have not been written yet, a cut armed there is exact; but what lies in
 * front of a PDU in several TPKTs may have left before the PDU was known.
 */
#ifndef TAP_TAP_H
#define TAP_TAP_H

#include "observer/observer.h"

enum { TAP_POINTS_MAX = 64 };

enum tap_kind {
	TAP_CR, TAP_CC, TAP_DR,
	TAP_CN, TAP_AC, TAP_RF, TAP_FN, TAP_DN, TAP_AB, TAP_GT,
	TAP_ACTIVITY_START,
	TAP_DT,
	TAP_MINOR_SYNC,
	TAP_MINOR_SYNC_ACK,
	TAP_ACTIVITY_END,
	TAP_ACTIVITY_END_ACK,
	TAP_ACTIVITY_INTERRUPT,
	TAP_ACTIVITY_DISCARD,
	TAP_KINDS,
};

struct tap_point {
	uint8_t kind;		/* enum tap_kind */
	bool before;
	uint32_t n, of;
};

/* Where a text is wrong: octet `at`, and why. */
struct tap_error {
	size_t at;
	const char *why;
	const char *nearest;	/* the kind that was perhaps meant; NULL: none */
};

bool tap_point_parse(const char *text, struct tap_point *out, struct tap_error *error);
void tap_point_text(struct text *t, const struct tap_point *p);
/* "cr", "cc" ... NULL behind the last. */
const char *tap_kind_name(size_t kind);
/* The kind of that name, or SPDU; TAP_KINDS: none. */
enum tap_kind tap_kind_find(const char *name, size_t n);
/* The kind that a PDU counts as; TAP_KINDS: none. */
enum tap_kind tap_kind_of(uint8_t layer, uint8_t code);
/* Counted within activities; the others within connections. */
static inline bool tap_kind_in_activity(enum tap_kind kind)
{
	return kind >= TAP_ACTIVITY_START;
}

struct tap;

/* Each may be NULL.  Called inside tap_push() and tap_end(). */
struct tap_user {
	void (*pdu)(struct tap *t, const struct observation *seen, void *ctx);
	/* Point `i` of the configuration has come, once for each; `octets` of
	 * direction `d` lie in front of it, the TSDU begins at way[d].tsdu. */
	void (*point)(struct tap *t, size_t i, enum observer_direction d, uint64_t octets,
	              void *ctx);
};

struct tap_way {
	uint64_t from, to;	/* TPKT being read */
	uint64_t tsdu;		/* first octet of the first TPKT of the TSDU */
	bool inside;		/* a TSDU has begun and not ended */
};

struct tap {
	struct observer_sink sink;	/* first */
	struct observer observer;
	const struct tap_user *user;
	void *ctx;
	const struct tap_point *points;
	size_t points_n;		/* its user may add some at any time */
	uint32_t *activities;		/* counted over all taps that share it; NULL: alone */
	bool stopped;			/* by tap_stop() */
	bool fired[TAP_POINTS_MAX];
	uint32_t connection, activity;	/* numbers, from 1 */
	uint32_t counts[TAP_KINDS];
	struct tap_way way[OBSERVER_DIRECTIONS];
};

/* Pool, points (at most TAP_POINTS_MAX) and user are borrowed for its life.
 * `connection`: its number, from 1. */
void tap_init(struct tap *t, struct pool *pool, const struct tap_point *points, size_t n,
              uint32_t connection, const struct tap_user *user, void *ctx);
void tap_push(struct tap *t, enum observer_direction d, struct octets in);
void tap_end(struct tap *t, enum observer_direction d);
/* Nothing is told or counted any more: what comes is behind the cut. */
void tap_stop(struct tap *t);
void tap_drop(struct tap *t);

#endif
