/*
 * upper: two upper halves of an association, RTSE and P1, joined by a perfect
 * ACSE and presentation service, for tests.
 *
 * Requests and responses of one end become indications and confirms of the
 * other, in order; trees are written to octets; data may be cut into pieces of
 * any size.  Everything that passes is one line in a log:
 *
 *     A> P-SYNC-MINOR req serial=1        a request to the service below
 *     B: TRANSFER ind first n=198 MESSAGE an event for the user of B
 *
 * The user of each end answers by itself what `answers` says.
 */
#ifndef TESTS_UPPER_H
#define TESTS_UPPER_H

#include "base/contexts.h"
#include "base/turn.h"
#include "p1/p1.h"
#include "pool.h"
#include "rtse/rtse.h"

enum {
	UPPER_ANSWER_BIND = 1,
	UPPER_ANSWER_SYNC = 2,
	UPPER_ANSWER_TRANSFER = 4,
	UPPER_ANSWER_RELEASE = 8,
	UPPER_ANSWER_ALL = 15,
	UPPER_LOG = 16 << 10,
	UPPER_CONTENT = 256 << 10,
	UPPER_WIRE = 64,		/* primitives under way to one end */
	UPPER_ROWS = 256,
};

struct upper_primitive;			/* on its way */

/* Rows of the RTSE table that were taken by any end so far. */
extern bool upper_rows[UPPER_ROWS];

struct upper {
	char name;			/* 'A', 'B' */
	struct rtse_config rtse_config;
	struct p1_config p1_config;
	struct rtse rtse;
	struct p1 p1;
	struct nodes nodes;
	struct findings findings;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	uint16_t services_used;
	struct kept kept;
	struct test_pool pool;
	unsigned answers;
	struct p1_bind bind;		/* what it binds or answers with */
	uint32_t refuse;		/* UPPER_ANSWER_BIND: this error, if `refuses` */
	bool refuses;
	bool stalled;			/* nothing is delivered to this end */
	/* what it sends, and what came */
	struct octets content;
	uint8_t out_head[512];
	uint8_t *head, *came;
	size_t head_n, came_n;
	struct upper_primitive *wire[UPPER_WIRE];
	size_t wire_n;
	unsigned pieces_in;		/* RTTR APDUs that came */
	unsigned rules[64];		/* findings: rule ids, in order */
	size_t rules_n;
};

struct upper_pair {
	struct upper a, b;
	int64_t now_us;
	size_t piece;			/* data comes in pieces of this size */
	bool wire_log;			/* log the services below too */
	char log[UPPER_LOG];
	size_t log_n;
};

void upper_init(struct upper_pair *p, const struct rtse_config *a, const struct rtse_config *b);
/* Frees; fails the test if an end kept a lease. */
void upper_end(struct upper_pair *p);

/* A request or response of the user of `u`, and all that follows. */
void upper_ask(struct upper_pair *p, struct upper *u, enum service_kind kind,
               enum service_type type, const struct service *s);
/* Moves what is under way. */
void upper_run(struct upper_pair *p);
/* The deadline of `u` has passed. */
void upper_tick(struct upper_pair *p, struct upper *u);
/* A primitive of the services below, made by the test. */
void upper_deliver(struct upper_pair *p, struct upper *u, enum layer layer,
                   enum service_kind kind, enum service_type type, const struct service *s);

void upper_bind(struct upper_pair *p);
/* Sends a message with this content; the head is made here. */
void upper_send(struct upper_pair *p, struct upper *u, struct octets content);

/* Compares the log since the last call, and empties it. */
void upper_expect(struct upper_pair *p, const char *want);
bool upper_found(const struct upper *u, const struct rule *rule);

#endif
