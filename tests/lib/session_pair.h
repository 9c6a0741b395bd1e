/*
 * session_pair: two session ends joined in memory.
 *
 * Each request is one call; what the ends send waits in the transport between
 * them until pair_pump(), so that SPDUs can cross.  TSDUs are delivered in
 * pieces of `step` octets.  What the users see is written down, one line a
 * primitive, and read with pair_expect().
 */
#ifndef TESTS_SESSION_PAIR_H
#define TESTS_SESSION_PAIR_H

#include "pool.h"
#include "session/session.h"
#include "session/session_rules.h"

enum {
	PAIR_WAITING = 64,		/* things in transit, one direction */
	PAIR_LINES = 512,
	PAIR_LINE = 200,
	PAIR_TRACE = 24,
};

/* In transit: a T-primitive, or a TSDU. */
struct pair_item {
	uint8_t kind, type;		/* enum service_kind, enum service_type */
	uint8_t *octets;		/* malloc */
	size_t n;
};

struct pair_end {
	struct session s;
	struct session_config config;	/* of s */
	struct pair_item in[PAIR_WAITING];	/* on its way to this end */
	size_t in_n;
	char lines[PAIR_LINES][PAIR_LINE];
	size_t written, read;
	char data[PAIR_LINE];		/* of the unit that is coming in */
	size_t data_n;
	size_t pieces;			/* DATA indications so far */
};

struct pair {
	struct pair_end end[2];		/* 0: initiator */
	struct test_pool pool;
	struct nodes nodes;
	struct findings findings;
	struct kept kept;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	int64_t now_us;
	uint64_t offset[2];
	struct octets piece;		/* handed in now */
	uint64_t piece_at;		/* its stream offset */
	size_t step;			/* octets of a piece; 0: whole */
	uint8_t fill;			/* octet of holes */
	bool no_kept;			/* nothing can outlive a turn */
	char trace[PAIR_TRACE][PAIR_LINE];	/* last PDUs and steps */
	size_t traced;
};

/* Configurations may be NULL: session_defaults(). */
void pair_init(struct pair *p, const struct session_config *a, const struct session_config *b);
/* Gives everything back and checks that nothing is leased. */
void pair_end(struct pair *p);

/* A primitive of the user of end `who`; `user`: SS-user data, or NULL. */
void pair_user(struct pair *p, unsigned who, enum service_kind kind, enum service_type type,
               const struct service *v, const char *user);
/* Any event. */
void pair_hand(struct pair *p, unsigned who, const struct event *e);
/* Delivers the next thing in transit to `who`; false: there was none. */
bool pair_step(struct pair *p, unsigned who);
/* Delivers until nothing is in transit. */
void pair_pump(struct pair *p);
/* Puts a TSDU (octets given in hexadecimal) in transit to `who`. */
void pair_inject(struct pair *p, unsigned who, const char *hex);
void pair_inject_octets(struct pair *p, unsigned who, struct octets tsdu);
/* Throws away what is in transit to `who`. */
void pair_lose(struct pair *p, unsigned who);
/* The transport connection breaks: T-DISCONNECT at both ends. */
void pair_break(struct pair *p);
/* Lets time pass; TIM runs out where it is due. */
void pair_wait(struct pair *p, int64_t us);

/* The next line of `who` is `line`; NULL: there is none. */
void pair_expect(struct pair *p, unsigned who, const char *line);
/* Prints the last PDUs and steps. */
void pair_trace(const struct pair *p);
/* Forgets the lines not yet read. */
void pair_forget(struct pair *p);

enum session_state pair_state(const struct pair *p, unsigned who);

#endif
