/*
 * check_talk_inner: one connection of `check`, in three parts that share it:
 *
 *   check_talk.c      octets in, remarks out; TCP, COTP, silences
 *   check_session.c   what its sessions say: opening, turn, activities, ends
 *   check_transfer.c  the messages in its activities, and the book
 */
#ifndef CLI_CHECK_TALK_INNER_H
#define CLI_CHECK_TALK_INNER_H

#include "cli/check.h"

#define SECOND_NS 1000000000.0

enum {
	ID_MAX = 160,
	TEXT_MAX = 600,
};

/* One direction: the activity that runs in it. */
struct lane {
	bool active, ended;		/* AS or AR seen; AE seen */
	bool resumed, told, whole;	/* its MTS-APDU has begun, is complete */
	char id[ID_MAX];		/* "" : not known */
	uint64_t key;			/* of session connection and activity */
	XXH3_state_t *hash;		/* of its content; owned */
	uint64_t content;
	uint64_t checkpoints, confirmed;
	uint64_t octets;		/* of the stream since the activity began */
	int64_t begun_ns;
	uint32_t frame;
	bool asks;			/* it has asked for the turn */
	int64_t asked_ns, turn_ns;	/* turn_ns: it was given the turn; 0: never */
	uint16_t window;		/* that it opens for the other; TCP's, not scaled */
	bool window_known;
	bool doubt;			/* of its activity something is missing: it may be over */
	bool hole;			/* octets of it are missing, and no SPDU came since */
	bool seen, unseen;		/* the other one has spoken, and of it nothing was seen */
	uint64_t gap_to;		/* behind the last octets that are missing */
	uint64_t heard;			/* octets acknowledged by what was read of the other */
	uint64_t sent, acked;		/* octets; of them acknowledged by the other */
	uint64_t mta;			/* hash of the name of who sends here; 0: not known */
};

/* What reads a connection; it goes when the connection is closed, which may be long
 * before it is forgotten. */
struct reader {
	struct observer_ends ends;
	struct observer observer;
};

struct talk {
	struct observer_sink sink;	/* first: behind the ends */
	struct observer_ends_sink report;
	struct observer_contents contents;
	struct reader *reader;		/* owned; NULL: all is read */
	struct check *check;
	uint32_t number;
	size_t remarks;
	uint64_t gaps;			/* places where octets are missing */
	bool shown;			/* a frame of X.400 was found in it */
	int64_t now_ns, last_ns;	/* last_ns: of the last octets of either */
	int64_t before_ns;		/* of those before them */
	uint32_t frame;
	struct lane lane[DIRECTIONS];
	uint32_t checkpoint, window;	/* RTOAC; 0: none */
	uint32_t proposed;		/* window of the RTORQ; 0: none was seen */
	bool connected, asked;		/* CC, CN */
	uint64_t session;		/* hash of the references of the CN */
	int64_t asked_ns, round_trip_ns;	/* CR to CC */
	bool opened, recovering, over, middle;
	bool unsaid;			/* the RTORQ says no dialogue mode */
	bool closed[DIRECTIONS];
};

#define TALK_OF(p, member) ((struct talk *)(void *)((char *)(p) - offsetof(struct talk, member)))

/* A remark about who sends in direction d, here and now; and a moment of the timeline. */
void talk_remark(struct talk *t, enum check_weight w, unsigned d, const char *name,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void talk_moment(struct talk *t, enum check_kind kind, int64_t at_ns, unsigned d,
                 const char *text);
/* The PDU in one line, with the names of its reasons. */
const char *talk_line(const struct observation *seen, char line[TEXT_MAX]);

/* One direction was not captured at all (so far). */
bool talk_half(const struct talk *t);
/* Something is missing that may have ended the activity in `d`. */
bool talk_doubts(const struct talk *t, unsigned d);

void talk_session(struct talk *t, const struct observation *seen);
void talk_rtse(struct talk *t, const struct observation *seen);
/* The capture ends: who has asked last for the turn and was never answered? */
void talk_look_for_turn(struct talk *t);

/* One that is still open is ended, as unknown. */
void talk_transfer_begin(struct talk *t, unsigned d, bool resumed);
/* Nothing if there is none. */
void talk_transfer_end(struct talk *t, unsigned d, enum check_outcome outcome);
void talk_apdu(struct talk *t, const struct observation *seen);
void talk_content(struct observer_contents *c, enum observer_direction d, struct octets in);

#endif
