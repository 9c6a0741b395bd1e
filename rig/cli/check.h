/*
 * check: what `x400rig check` keeps of a capture.
 *
 *     streams --> talk (one a connection) --> observer --> ends --> remarks
 *                                                      \-> transfers --> book
 *
 * A remark is one thing worth a line, with its weight.  The book knows each
 * message by its MTS identifier: every attempt to transfer it, how far it came,
 * and whether its content was always the same (XXH3-128 of its octets).
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/check_conduct.h"
#include "cli/follow.h"
#include "observer/observer_ends.h"

#include <xxhash.h>

enum {
	/* Remarks of one connection that are kept; of more only the number. */
	CHECK_REMARKS = 64,
	/* ... and of a capture: with its text one takes some 150 octets. */
	CHECK_REMARKS_ALL = 50000,
	/* Messages that are told apart; one takes some 200 octets. */
	CHECK_MESSAGES = 100000,
};

/* ---- remarks ---- */

enum check_weight {
	CHECK_INFO,			/* worth knowing, nothing wrong */
	CHECK_NOTE,			/* a rule is broken, the meaning is clear */
	CHECK_SUPPORT,			/* legal, and what faults look like */
	CHECK_FATAL,			/* a rule is broken */
	CHECK_WEIGHTS,
};
const char *check_weight_name(enum check_weight w);

struct check_remark {
	uint8_t weight;			/* enum check_weight */
	uint8_t direction;		/* who is meant; DIRECTIONS: nobody */
	uint32_t connection, frame, frame_to;
	int64_t time_ns;
	const char *name;		/* "stall", or a rule's name */
	const char *clause;		/* "": none */
	const char *fits;		/* "Q157015": articles about faults that look so; "" */
	char *text;			/* owned */
};

/* Articles about known faults that such a remark (or broken rule) is a sign of; "". */
const char *check_fits(const char *name);
/* Trace elements that say "rerouted" of the domain of the first one; *other: that is
 * not the domain of the MTS identifier. */
unsigned check_trace(const struct p1_apdu *a, bool *other);

/* What in an envelope is a sign of a known fault, one after another from *at = 0; NULL:
 * nothing more. */
struct check_sign {
	enum check_weight weight;
	const char *name, *text;
};
const struct check_sign *check_envelope(const struct p1_apdu *a, size_t *at);

/* ---- moments: what the timeline shows besides remarks and logs ---- */

/* With its text one takes some 150 octets. */
enum { CHECK_MOMENTS = 200000 };

enum check_kind { MOMENT_TCP, MOMENT_PDU, MOMENT_MESSAGE };

struct check_moment {
	int64_t time_ns;
	uint32_t connection, frame;
	uint8_t direction, kind;	/* enum check_kind */
	char *text;			/* owned */
};

struct check_moments {
	struct check_moment *at;	/* owned */
	size_t n, room;
	uint64_t beyond;
};
void check_moments_free(struct check_moments *all);

/* ---- the book ---- */

enum check_outcome {
	OUTCOME_CONFIRMED,		/* AEA */
	OUTCOME_UNCONFIRMED,		/* AE, and no AEA before the connection ended */
	OUTCOME_INTERRUPTED,
	OUTCOME_DISCARDED,
	OUTCOME_ABORTED,
	OUTCOME_LOST,			/* TCP was closed in mid-activity */
	OUTCOME_UNKNOWN,		/* the capture ends, or octets are missing */
	OUTCOMES,
};
const char *check_outcome_name(enum check_outcome o);

struct check_attempt {
	uint32_t connection, frame, to;	/* to: who receives, as a hash */
	uint16_t sent, confirmed;	/* checkpoints */
	uint8_t outcome;		/* enum check_outcome */
};

struct check_message {
	char *id;			/* "C=XX;A=..;P=..;L=..", owned */
	XXH128_hash_t digest;		/* of its first complete content */
	uint64_t octets;
	struct check_attempt *attempt;	/* owned */
	uint16_t attempts, room;
	bool has_digest, reused, doubled;
};

struct check_book {
	struct check_message *at;	/* owned */
	uint32_t *slots;		/* owned: index + 1 by hash of id; 0: free */
	size_t n, slots_n;
	uint64_t beyond;		/* transfers that had no room */
};

enum {
	BOOK_REUSED = 1,		/* the identifier had another content before */
	BOOK_DOUBLED = 2,		/* the same receiver has confirmed it before */
	BOOK_RESENT = 4,		/* its end was not confirmed before */
};

/* `digest` NULL: the content did not come whole.  Returns BOOK_*. */
unsigned check_book_add(struct check_book *b, const char *id, const XXH128_hash_t *digest,
                        uint64_t octets, const struct check_attempt *a);
void check_book_free(struct check_book *b);

/* ---- connections ---- */

struct talk;

/* What all connections share; cmd_check owns it. */
struct check {
	struct follow *follow;
	struct pool *pool;
	int64_t idle_ns;		/* a silence that is none yet */
	struct check_remark *remark;	/* owned */
	size_t remarks, remarks_room;
	uint64_t remarks_beyond;
	uint64_t weight[CHECK_WEIGHTS];	/* how many of each */
	uint32_t wire;			/* enum signature_wire: what was seen */
	struct check_book book;
	struct check_conduct conduct;
	struct check_moments *moments;	/* NULL: there is no log to set them beside */
	struct check_page *page;	/* cli/check_page.h; NULL: none is wanted */
	uint64_t talks, messages, octets;
	uint64_t gaps;			/* of X.400, and directions that were not captured */
	uint64_t no_memory;		/* connections and PDUs that are not judged for lack of
					 * it */
};

void check_remark(struct check *k, const struct check_remark *r, const char *text);
void check_moment(struct check *k, const struct check_moment *m, const char *text);

/* A connection that looks like X.400.  NULL: no memory. */
struct talk *talk_new(struct check *k, uint32_t number, bool middle);
void talk_octets(struct talk *t, const struct stream_event *e, struct octets in);
/* Of this direction the beginning is not in the capture; not `begun`: nothing is. */
void talk_late(struct talk *t, const struct stream_event *e, bool begun);
void talk_gap(struct talk *t, const struct stream_event *e);
/* It acknowledges what was not captured of the other direction. */
void talk_unseen(struct talk *t, const struct stream_event *e);
void talk_close(struct talk *t, const struct stream_event *e);
/* Each segment, whatever is in it: the window that it opens, what it acknowledges. */
void talk_segment(struct talk *t, const struct stream_segment *s);
/* Nothing more is followed: concludes and frees. */
void talk_end(struct talk *t, int64_t time_ns);
/* The connection, as far as it went until now. */
struct check_call talk_call(const struct talk *t);

#endif
