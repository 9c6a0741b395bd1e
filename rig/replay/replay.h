/*
 * replay: captured conversations as scenarios.
 *
 *     capture --> [talks: moves of both sides] --> scenario text + NAME.d/DIGEST ...
 *                            |
 *                            `--> compared with another capture's, PDU by PDU
 *
 * A talk is one TCP connection that speaks RFC 1006.  Its moves are what the two
 * sides did, in the order of the capture: TPDUs, TSDUs, ends of TCP.  The octets of
 * moves lie in an unlinked file, so that a capture of any size costs the memory of
 * its index alone; beside each move stands what the observer told of it.
 *
 * One side's moves become steps, the other's expectations (replay_compose()).  What
 * must live is a variable in the text; all else is written by the names of its
 * fields if that gives the captured octets again, and as BER values or octets if not.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include "capture/streams.h"
#include "observer/observer.h"
#include "scenario/target.h"

#include <stdio.h>

enum {
	/* A TSDU above this cannot be sent in one step: a message without checkpoints is one,
	 * and is held some times while its text is tried. */
	REPLAY_TSDU_MAX = 8 << 20,
	REPLAY_WHY = 160,
};

enum replay_move_kind {
	REPLAY_TPDU,			/* of class 0, not a DT: its octets */
	REPLAY_TSDU,			/* user data of its DTs, joined */
	REPLAY_OCTETS,			/* verbatim: a TPKT, or a segment */
	REPLAY_PART,			/* of a TSDU that did not come to its end: its TPKTs */
	REPLAY_FIN,
	REPLAY_RST,
};

/* How the octets of a connection are cut into moves. */
enum replay_cut { REPLAY_BY_PDU, REPLAY_BY_TPKT, REPLAY_BY_SEGMENT };

/* A PDU that the observer told, in its order. */
struct replay_pdu {
	uint8_t layer, code, direction;
	bool herald;
	int8_t outcome;			/* AARE: result; BIND-ERROR: error; else -1 */
	uint32_t serial;		/* SPDUs with a serial number; else 0 */
	uint64_t from;			/* stream offset */
};

struct replay_move {
	uint8_t kind, direction;	/* enum replay_move_kind, capture_direction */
	uint32_t frame;			/* that completed it */
	int64_t time_ns;
	uint64_t from, to;		/* stream offsets */
	uint64_t at;			/* in the file of octets */
	uint32_t n;
	uint32_t pdus, pdus_n;		/* in the talk's list */
};

struct replay_talk {
	uint32_t number;		/* of the connection in the capture, from 1 */
	uint32_t first_frame;		/* with octets */
	uint32_t opened_frame;		/* of its TCP connection */
	int64_t opened_ns;
	struct capture_address address[DIRECTIONS];	/* of its ends */
	uint16_t port;			/* that was called */
	struct replay_move *moves;	/* owned */
	size_t moves_n, moves_cap;
	struct replay_pdu *pdus;	/* owned */
	size_t pdus_n, pdus_cap;
	struct observer_context contexts[CONTEXTS_MAX];	/* of its CP */
	uint8_t contexts_n;
	bool x410;			/* its CP is of X.410 mode */
	uint8_t protocol;		/* of its RTORQ, in X.410 mode; 0: none */
	bool silent;			/* a connection to where others speak, without an octet */
	bool stranger;			/* ... where nobody speaks; while a capture is read */
	uint32_t proposed_checkpoint, proposed_window;	/* RTORQ */
	uint32_t checkpoint, window;	/* RTOAC; units of 1024, 0: none */
	/* Common reference of its session connection, and of the one that it goes on with
	 * what was begun on: "" as octets, n 0: none. */
	struct replay_reference {
		uint8_t octets[64];
		size_t n;
	} common, resumed;
	/* Its initiator, as the bind names it; without one as its calling SS-user reference
	 * does; "": neither has come. */
	char caller[64];
	bool named;			/* ... a bind does */
	char callee[64];		/* its responder, as the result of the bind names it */
	bool passworded[DIRECTIONS];	/* what it binds with has a password */
	/* Why a side cannot be replayed, "": it can. */
	char why[DIRECTIONS][REPLAY_WHY];
	char note[REPLAY_WHY];		/* what was bridged */
};

struct replay_capture {
	struct replay_talk *talks;	/* owned */
	size_t talks_n, talks_cap;
	FILE *octets;			/* owned; unlinked */
	uint64_t octets_n;
	uint64_t packets;
	bool no_room;			/* it could be read, and not be kept */
};

/* Reads a capture.  false: `why`, and `no_room` tells whose fault it is. */
bool replay_read(struct replay_capture *c, const char *path, enum replay_cut cut, char *why,
                 size_t why_cap);
void replay_free(struct replay_capture *c);
/* One that is longer than X.225 8.3.1 allows is not kept. */
void replay_keep_reference(struct replay_reference *to, struct octets o);
/* Does `later` go on with what was begun on `first`? */
bool replay_resumes(const struct replay_talk *later, const struct replay_talk *first);
/* The octets of a move into `dst` (m->n of them); false: they cannot be read. */
bool replay_octets(const struct replay_capture *c, const struct replay_move *m, uint8_t *dst);

/* ---- scenarios ---- */

/* MTS identifiers: as captured; a new one for each; one new one for all. */
enum replay_identifiers { REPLAY_KEPT, REPLAY_FRESH, REPLAY_REUSED };

enum replay_timing { REPLAY_FAST, REPLAY_CAPTURED };

struct replay_options {
	const struct target *target;
	const char *id;			/* of the scenario */
	const char *folder;		/* NAME.d, that contents are kept in, as written in the
					 * scenario; they are put into `base`/`folder` */
	const char *base;
	bool captured_names;		/* send names, passwords and selectors of the capture */
	enum replay_identifiers identifiers;
	bool move_times;		/* of envelopes: as far from now as they were from then */
	const char *const *rewrites;	/* of recipients: "P=OLD -> P=NEW", "* -> C=..;S=.." */
	size_t rewrites_n;
	bool wrong_password;		/* binds that were not accepted had one */
	enum replay_timing timing;
	double scale;			/* of captured times; 1: as captured */
	const char *const *links;	/* options of links: "OPTIONS", of all sides, "SIDE:
					 * OPTIONS" */
	size_t links_n;
	const char *cut;		/* "rst at dt 3", "fin at frame 12", "stall for 5s at dt 3";
					 * NULL: none */
	const char *stimulus;		/* steps that make the MTA call; NULL: none */
	uint32_t times;			/* 0, 1: once */
	int64_t patience_us;		/* for each answer */
	int64_t pause_us;		/* between two connections of ours, at least; 0: none */
	bool more;			/* other scenarios are played behind this one */
	int64_t linger_us;		/* behind it all, for what was not captured; 0: a moment */
};

/* What was changed, by kind, for the report. */
enum replay_change {
	REPLAY_REFERENCES, REPLAY_NAMES, REPLAY_PASSWORDS, REPLAY_SELECTORS, REPLAY_CONTEXTS,
	REPLAY_VERSIONS, REPLAY_SERIALS, REPLAY_IDENTIFIERS, REPLAY_TIMES, REPLAY_RECIPIENTS,
	REPLAY_SIZES, REPLAY_TOKENS,
	REPLAY_CHANGES,
};
const char *replay_change_name(enum replay_change c);

struct replay_composed {
	char *text;			/* owned */
	size_t n;
	uint32_t changes[REPLAY_CHANGES];
	uint32_t as_octets;		/* values that no name fits, sent as they are */
	char why[REPLAY_WHY];		/* after a failure */
};

/* A talk and who plays what in it. */
struct replay_part {
	const struct replay_talk *talk;
	const char *side;		/* of the target, that plays it */
	enum capture_direction ours;	/* whom we play */
	uint32_t lane;			/* of those that play the same at once, from 0 */
};

/* The scenario of n talks, in the order in which they were captured, each on an
 * association of its own.  false: one cannot be replayed (out->why), by frame. */
bool replay_compose(const struct replay_capture *c, const struct replay_part *parts, size_t n,
                    const struct replay_options *o, struct replay_composed *out);
void replay_composed_free(struct replay_composed *out);

/* ---- differences ---- */

enum replay_severity {
	REPLAY_EQUAL, REPLAY_EXPECTED, REPLAY_DIFFERS, REPLAY_MISSING, REPLAY_EXTRA,
	REPLAY_SEVERITIES,
};
const char *replay_severity_name(enum replay_severity s);

struct replay_sum {
	uint32_t n[REPLAY_SEVERITIES];
};

enum {
	REPLAY_ALL = 1,			/* tell also what is equal, or differs as expected */
	/* Messages are others: how many pieces they take says nothing.  Nor does it where
	 * checkpoints have another size. */
	REPLAY_OTHER_MESSAGES = 2,
};

/* What `side` said in two talks, PDU by PDU and field by field; lines go to `out`
 * (NULL: nowhere).  `how`: bits of the above. */
bool replay_compare(const struct replay_capture *a, const struct replay_talk *was,
                    const struct replay_capture *b, const struct replay_talk *is,
                    enum capture_direction side, unsigned how, FILE *out, struct replay_sum *sum);

#endif
