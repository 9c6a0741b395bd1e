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

enum { TAP_POINTS_MAX = 16 };

struct tap_point {
	uint8_t kind;		/* row of the table of kinds */
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

struct tap;

/* Each may be NULL.  Called inside tap_push() and tap_end(). */
struct tap_user {
	void (*pdu)(struct tap *t, const struct observation *seen, void *ctx);
	/* Point `i` of the configuration has come, once for each; `octets` of
	 * direction `d` lie in front of it. */
	void (*point)(struct tap *t, size_t i, enum observer_direction d, uint64_t octets,
	              void *ctx);
};

struct tap_way {
	uint64_t from, to;	/* TPKT being read */
	uint64_t tsdu;		/* first octet of the first TPKT of the TSDU */
	bool inside;		/* a TSDU has begun and not ended */
};

enum { TAP_KINDS_MAX = 24 };

struct tap {
	struct observer_sink sink;	/* first */
	struct observer observer;
	const struct tap_user *user;
	void *ctx;
	const struct tap_point *points;
	size_t points_n;
	bool fired[TAP_POINTS_MAX];
	uint32_t connection, activity;	/* numbers, from 1 */
	uint32_t counts[TAP_KINDS_MAX];
	struct tap_way way[OBSERVER_DIRECTIONS];
};

/* Pool, points (at most TAP_POINTS_MAX) and user are borrowed for its life.
 * `connection`: its number, from 1. */
void tap_init(struct tap *t, struct pool *pool, const struct tap_point *points, size_t n,
              uint32_t connection, const struct tap_user *user, void *ctx);
void tap_push(struct tap *t, enum observer_direction d, struct octets in);
void tap_end(struct tap *t, enum observer_direction d);
void tap_drop(struct tap *t);

#endif
