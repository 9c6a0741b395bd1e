/*
 * middle: two ends of presentation, and ACSE if wanted, joined by a perfect
 * session service, for tests.
 *
 * Requests and responses to session become indications and confirms of the other
 * end, in order; trees are written to octets; data may be cut into pieces of any
 * size.  Everything is one line in a log:
 *
 *     A> S-CONNECT req 3120a003...           to the service below, user data in hex
 *     A| STAI0 P-CONreq STAI1                a row of presentation's table
 *     A| STA0 A-ASCreq STA1                  ... of ACSE's
 *     A! presentation.idle @0                a finding
 *     A: P-CONNECT ind ctx=1 6203800100      an event for the user of A
 */
#ifndef TESTS_MIDDLE_H
#define TESTS_MIDDLE_H

#include "acse/acse.h"
#include "pool.h"
#include "presentation/presentation.h"

enum { MIDDLE_LOG = 32 << 10, MIDDLE_WIRE = 64 };

struct middle {
	char name;			/* 'A', 'B' */
	struct presentation_config p_config;
	struct acse_config a_config;
	struct presentation p;
	struct acse a;
	struct nodes nodes;
	struct findings findings;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	uint16_t services_used;
	struct kept kept;
	struct test_pool pool;
	struct middle_primitive *wire[MIDDLE_WIRE];	/* on its way to this end */
	size_t wire_n;
};

struct middle_pair {
	struct middle a, b;
	bool with_acse;
	bool lost;			/* what is sent is logged and dropped */
	uint8_t versions;		/* of session, as S-CONNECT tells it; 2 */
	size_t piece;			/* data comes in pieces of this size; 0: whole */
	char log[MIDDLE_LOG];
	size_t log_n;
};

/* acse_a, acse_b NULL: the user is presentation's. */
void middle_init(struct middle_pair *m, const struct presentation_config *a,
                 const struct presentation_config *b, const struct acse_config *acse_a,
                 const struct acse_config *acse_b);
/* Fails the test if an end kept a lease. */
void middle_end(struct middle_pair *m);

/* A request or response of the user of `end`, and all that follows.  `user`: hex of
 * the user's value, or NULL. */
void middle_ask(struct middle_pair *m, struct middle *end, enum service_kind kind,
                enum service_type type, const struct service *s, const char *user);
/* A primitive of session (or, with_acse, of presentation) made by the test, with
 * `data` in hex. */
void middle_deliver(struct middle_pair *m, struct middle *end, enum layer layer,
                    enum service_kind kind, enum service_type type, const struct service *s,
                    const char *data);

/* Compares the log since the last call, and empties it. */
void middle_expect(struct middle_pair *m, const char *want);
void middle_forget(struct middle_pair *m);

#endif
