/*
 * mta_inner: what the parts of the lab MTA share.
 *
 *     mta.c        configuration, listener, one commit per turn
 *     line.c       an association: its events, its end
 *     inbound.c    one that a neighbour opens: authenticate
 *     outbound.c   one that we open, and release
 *     incoming.c   a message comes in
 *     outgoing.c   a message goes out; turns
 *     routing.c    which neighbour an address leads to
 *     recovery.c   what a lost association leaves, for the one that recovers it
 *     relay.c      a received message becomes queue entries and reports
 *     trace.c      trace and internal trace, loops
 *     reports.c    delivery and non-delivery reports
 *     downgrade.c  heads for neighbours of 1984; places.c: elements of a list
 *     neighbour.c  a neighbour with mail waiting: associations, intervals, retries
 *     pace.c       flush and scale: the times of what waits
 *     queue*.c     messages on disk; writer.c: a thread that waits for it
 *     settings.c   its configuration file; control.c: its control socket
 *     log.c        the MTA's logs
 *     defect.c     documented faults; defects_*.c: what each of them does
 *
 * One turn of the loop: what came in is put into the queue; at its end comes one
 * commit, then new work, then the acknowledgements of all that it made safe.  A large commit
 * is written beside the loop, which goes on reading; what comes in meanwhile is the next turn's.
 */
#ifndef MTA_INNER_H
#define MTA_INNER_H

#include "mta/control.h"
#include "mta/defect.h"
#include "mta/log.h"
#include "mta/mta.h"
#include "mta/queue.h"
#include "mta/writer.h"

enum {
	MTA_NAME_TEXT = 140,		/* a name of 32 octets, each shown as \xhh */
	ROUTE_NAME = 160,		/* octets of a name worth remembering */
};

/* Reason and diagnostic codes of X.411 that the MTA itself gives. */
enum {
	X400_TRANSFER_FAILURE = 0,
	X400_UNABLE_TO_TRANSFER = 1,
	X400_NO_DIAGNOSTIC = P1_NO_DIAGNOSTIC,
	X400_UNRECOGNISED_OR_NAME = 0,
	X400_MTS_CONGESTION = 2,
	X400_LOOP_DETECTED = 3,
	X400_MAXIMUM_TIME_EXPIRED = 5,
	X400_CONTENT_TOO_LONG = 7,
	X400_PROTOCOL_VIOLATION = 14,
	X400_UNSUPPORTED_CRITICAL_FUNCTION = 18,
	X400_UNABLE_TO_DOWNGRADE = 47,
};

/* A head that is about to be queued. */
struct head {
	uint8_t *p;			/* `room`, or owned; NULL: none */
	size_t n;
	uint8_t room[4096];		/* nearly all of them fit */
};

/* A message that comes in. */
struct incoming {
	uint8_t *head;			/* owned; NULL: none */
	size_t head_n;
	struct content *content;	/* NULL: no octets yet */
	uint64_t length;		/* octets of content so far */
	bool complete;			/* acknowledge when the turn is committed */
	int64_t taken_from, taken_to;	/* ... numbers of its entries: behind the first, up to the
					 * second */
	bool noted;			/* with them, that its MTS identifier has come by */
	bool dropped;			/* could not be kept: refuse it */
	bool too_long;			/* its content is counted, not kept */
	uint64_t put_from, put_in;	/* the commits that take its last octets to disk, those
					 * before are there: the first, the last; 0: none */
	uint32_t secured;		/* sync point to acknowledge with the commit; 0: none */
	size_t chunk_n, chunk_room;
	uint8_t *chunk;			/* octets not yet in the queue, at most QUEUE_CHUNK; NULL:
					 * none */
};

/* A transfer that was lost with its association (X.218 9.3.1.3), in either role. */
struct remains {
	struct remains *next;
	struct association_lost lost;
	struct pool *pool;
	struct neighbour *nb;
	struct net_address from;	/* where the neighbour was */
	struct entry *entry;		/* sender; NULL: receiver */
	struct incoming in;		/* receiver: what has come */
};

/* A message that goes out. */
struct outgoing {
	struct entry *entry;		/* NULL: nothing is under way */
	uint8_t *head;			/* of it, if the queue does not keep it; owned */
	uint8_t *chunk;			/* of its content, likewise, at most QUEUE_CHUNK octets */
	uint64_t chunk_at;		/* where they begin */
	size_t chunk_n;
};

/* An association with a neighbour, whoever opened it. */
struct line {
	struct line *next, **link;	/* of the MTA */
	struct mta *m;
	struct end *end;
	struct neighbour *nb;		/* NULL: not authenticated yet */
	struct net_address from;	/* whose connection it is */
	bool initiator;			/* we opened it */
	bool connected, answered;	/* TCP is up; bind answered */
	bool bound, releasing;
	bool urgent;			/* for urgent messages only */
	struct entry *recovers;		/* it is to go on with this one's transfer */
	bool turn_wanted, turn_due;	/* we have asked for the turn; the peer has */
	uint16_t broken;		/* first rule whose breach was fatal; 0: none */
	uint32_t broken_at;		/* octet in the PDU */
	uint16_t noted;			/* last rule that was not, before a bind; 0: none */
	bool due;			/* waits for a commit, before due_next */
	uint64_t due_in;		/* for which */
	uint64_t delivered_in;		/* which takes what it has sent last off the disk */
	struct line *due_next;
	uint32_t received, sent;	/* messages */
	struct incoming in;
	struct outgoing out;
	struct net_timer timer;		/* answer to our opening or release, or lifetime */
	struct association_references references;	/* of the session connection */
};

/* A neighbour. */
struct neighbour {
	struct mta *m;
	unsigned peer;
	uint32_t ours, theirs;		/* associations, by who opened them */
	uint32_t refused;		/* attempts to open that failed in a row */
	int64_t ready_at;		/* time of day of the next message that must wait */
	bool served;			/* the turn's work has looked, and all else is under way */
	struct net_timer timer;		/* the next attempt to open */
};

/* Where a name led to. */
struct route {
	uint8_t name[ROUTE_NAME];
	size_t name_n;
	int to;
};

struct mta {
	struct mta_config config;
	struct end_world *world;
	struct net *net;
	struct net_listener *listener;
	struct queue queue;
	struct mta_log log;
	struct line *lines;
	struct line *due, **due_last;	/* to be acknowledged after the commit */
	struct neighbour neighbours[MTA_PEERS_MAX];
	struct proof *proof;
	struct link_words *link;	/* NULL: lines as they are */
	struct p1_name prefixes[MTA_PEERS_MAX], local;
	struct route last;		/* most names come again */
	int64_t clock_us;		/* how far its time of day has jumped */
	struct p1_domain domain;
	struct defects *defects;
	struct remains *kept;		/* newest first */
	uint32_t kept_n;
	uint32_t blocks;		/* control blocks in use */
	uint32_t associations;		/* numbers given to ends */
	uint32_t reports;		/* local identifiers given */
	uint32_t identifiers;		/* queue identifiers given */
	int64_t utc_s;			/* `utc` is the text of this second */
	char utc[14];
	struct control *control;	/* NULL: none */
	bool turn_due, stopped, told_to_stop;
	bool asked;			/* for another turn, since the last one began */
	bool waits;			/* the turn, a moment, for company */
	bool writing;			/* the writer is at work for a turn */
	bool alone;			/* there is no writer to be had */
	struct writer *writer;		/* NULL: none yet */
	uint32_t sending;		/* transfers under way */
	uint32_t tries, rested;		/* of waiting, before it is given up; turns since then */
	int64_t congested_until;	/* the disk was full: nothing is taken in; 0: it was not */
	struct net_timer turn;		/* commit, then acknowledge */
	struct net_timer watch;		/* the next message to expire, or to be let go */
	struct net_timer stop;
	struct net_timer logged;	/* a reader follows the logs while we run */
};

/* ---- mta.c ---- */
/* After this turn's events: commit, acknowledge, look for work. */
void mta_turn(struct mta *m);
int64_t mta_wall(struct mta *m);
/* UTCTime of now, YYMMDDhhmmssZ. */
void mta_utc(struct mta *m, char out[14]);
/* `peer` NULL: we are the responder. */
void mta_association(struct mta *m, struct end_config *c, const struct mta_peer *peer);
/* What is agreed with a neighbour about credentials; `password`: ours or theirs. */
struct proof_terms mta_terms(struct mta *m, const struct mta_peer *p, const char *reader,
                             const char *password);
/* Ends in the next turn, as a process that has died: all connections are reset. */
void mta_stop(struct mta *m);

/* ---- line.c ---- */
/* NULL: no memory or control block.  Then `conn` (an accepted connection, or NULL:
 * one is made to nb's address) is closed. */
struct line *line_new(struct mta *m, struct neighbour *nb, struct net_conn *conn);
void line_free(struct line *l);
int64_t line_now(const struct line *l);
/* What it has sent last is still on disk.  Before it is not the neighbour must not see, by what
 * comes next, that its acknowledgement has come: X.218 9.3.1.3 doubts no more then. */
bool line_is_unsettled(const struct line *l);
/* Logs that there is no control block left for it; of the line m, nb and from count. */
void line_log_blocks(const struct line *l);
/* Why its connection came to nothing, once. */
void line_log_broken(struct line *l);
/* The neighbour's name, or "a caller at HOST"; valid until the next call. */
const char *line_name(const struct line *l);

/* ---- inbound.c ---- */
void inbound_accepted(struct net_listener *l, struct net_conn *c, void *ctx);
void inbound_bind(struct line *l, const struct p1_bind *theirs);

/* ---- outbound.c ---- */
/* Opens an association; false: there is no socket. */
bool outbound_open(struct neighbour *nb, bool urgent, struct entry *recovers);
void outbound_connected(struct line *l);
void outbound_bound(struct line *l, bool positive, const struct p1_bind *theirs);
/* TCP is over. */
void outbound_over(struct line *l);
/* Releases it when it has been idle for its lifetime. */
void outbound_idle(struct line *l);

/* ---- outgoing.c ---- */
/* Sends the next message if it can, or passes the turn. */
void outgoing_serve(struct line *l);
/* The peer has the turn, and may be asked for it. */
bool outgoing_may_ask(struct line *l);
void outgoing_want(struct line *l, uint64_t at);
void outgoing_done(struct line *l, bool positive, const struct rtse_outcome *outcome);
void outgoing_forget(struct line *l);

/* ---- incoming.c ---- */
void incoming_transfer(struct line *l, const struct event *e);
void incoming_data(struct line *l, struct octets o);
void incoming_point(struct line *l, uint32_t serial);
/* What is due for the commit that has ended: content and entries are on disk now, or are not. */
void incoming_acknowledge(struct mta *m, uint64_t commit, bool committed);
/* Of them those that may then be asked for the turn: nobody asks before he has answered. */
void incoming_acknowledge_askers(struct mta *m, uint64_t commit);
/* Writes what has come of an APDU that cannot be read to the dumps; its reference. */
uint32_t incoming_dump(struct line *l);
/* The association is over, or the message is. */
void incoming_forget(struct line *l);
void incoming_drop(struct mta *m, struct incoming *in);

/* ---- recovery.c ---- */
/* The association is over: keeps what can be resumed within the recovery time.
 * What was ours to send waits for an association that recovers this one. */
void recovery_keep(struct line *l);
/* A receiver: the line takes up what the association of this identifier has left.
 * NULL: nothing is known of it, or it was not this caller's (*whose: the neighbour's); else
 * whose it was.  X.218 gives a recovering RTORQ neither name nor password, so the caller
 * must come from where the neighbour was, or from where it listens. */
struct neighbour *recovery_adopt(struct line *l, const struct rtse_session_id *id,
                                 struct neighbour **whose);
/* A sender: the bind of the association that recovers, and the transfer on it, or on the
 * one on which it was interrupted; `t` borrows from `here`. */
struct p1_bind recovery_bind(const struct line *l);
bool recovery_resume(struct line *l, struct entry *e, struct association_lost *here,
                     struct p1_transfer *t);
/* It will be sent from its beginning, or not at all. */
void recovery_drop(struct entry *e, struct mta *m);
void recovery_expire(struct mta *m);
int64_t recovery_next(const struct mta *m);
void recovery_rescale(struct mta *m, double factor);
void recovery_free(struct mta *m);

/* ---- routing.c ---- */
enum { NO_ROUTE = -1, ROUTE_LOCAL = -2 };
bool routing_init(struct mta *m, char *why, size_t why_cap);
/* The neighbour whose prefix fits best (the longest), NO_ROUTE, or ROUTE_LOCAL: a mailbox
 * of ours. */
int routing_of(struct mta *m, struct octets name);
/* The neighbour of this name, or NO_ROUTE. */
int routing_named(const struct mta *m, const char *name);

/* ---- pace.c ---- */
/* A time that lies ahead, nearer or farther. */
int64_t pace_at(int64_t at, int64_t now, double factor);

/* ---- relay.c ---- */
/* Takes over a whole message: entries and reports are queued, all of them.  false: it could
 * not be kept, and none is. */
bool relay_take(struct line *l);
/* The sender gives up what was taken over, if anything was, and not acknowledged: it stays
 * his. */
void relay_take_back(struct line *l);
/* What came in is no APDU: logged with its octets, and thrown away, for the sender
 * would only send it again.  `f` NULL: a layer below has found it out. */
void relay_unreadable(struct line *l, const struct findings *f);
/* Event 200 of a line: what is wrong, where in the APDU, and the dump's reference.  `node`: what
 * a decoder made of ASN.1 calls the place; zero: ours has no names for them. */
struct log_node {
	unsigned qualifier;
	const char *label;
};
void relay_log_unreadable(struct line *l, const char *what, uint64_t at, struct log_node node);
/* The message of an entry cannot be passed on: reports it (never a report) and
 * takes it out of the queue.  Without memory or disk for that it waits for the transfer
 * interval. */
void relay_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic);
bool relay_enqueue(struct mta *m, struct entry *e, const struct p1_mts_id *id,
                   struct octets head);
/* What it was is let go. */
void relay_head_set(struct head *h, uint8_t *p, size_t n);

/* ---- trace.c ---- */
/* What we add, arrived now.  Borrows `utc`. */
struct p1_trace trace_ours(struct mta *m, char utc[14]);
/* Adds it for this neighbour: to the trace once in our domain, to the internal trace at each
 * MTA of it.  The internal trace of our domain ends where the domain does. */
void trace_relay(const struct line *l, const struct p1_apdu *a, unsigned peer,
                 const struct p1_trace *ours, struct p1_relay *out);
/* Has it been here before? */
bool trace_is_loop(const struct line *l, const struct p1_apdu *a);

/* ---- places.c ---- */
/* Where the elements of a list stand in a head, so that any of them is found at once. */
struct places {
	const uint8_t *base;
	struct place_of {
		size_t begin, end;
		uint32_t index;		/* in the list */
	} *at;				/* owned */
	uint32_t n;
};
typedef bool places_keep_fn(const void *ctx, uint32_t index, const struct p1_window *one);
/* Those that `keep` says true of (NULL: all), of a list that p1_decode() has read.  false: no
 * memory. */
bool places_new(struct places *p, const struct p1_window *w, places_keep_fn *keep,
                const void *ctx);
struct p1_window places_window(const struct places *p, uint32_t i);
void places_free(struct places *p);

/* ---- downgrade.c ----
 *
 * 1988 to 1984.  X.419 Annex B was not at hand; what is done rests on the ASN.1 of both, on
 * X.411 8.3.2 for criticality, and on RFC 1328: extensions are dropped, unless one is critical
 * for transfer or delivery; a common name becomes the domain-defined attribute "Common"; a
 * directory name is dropped; any other extension attribute, or a content type that is an object
 * identifier, cannot be said.  Contents are not converted. */
/* Of the message as a whole, or of a report; and of one recipient. */
bool downgrade_possible(const struct p1_apdu *a);
bool downgrade_recipient(const struct p1_recipient *r);
/* The head, as p1_relay_head() would write it, for a neighbour of 1984; recipients that cannot
 * be said are left out.  Owned by the caller; NULL: no memory. */
uint8_t *downgrade_head(const struct p1_apdu *a, const struct p1_relay *relay, uint64_t length,
                        size_t *n);
/* Of a report of our own, which has our trace element already. */
uint8_t *downgrade_report(const struct p1_apdu *a, size_t *n);

/* ---- reports.c ---- */
/* What becomes of a recipient; 0 and more: it goes to this neighbour. */
enum fate {
	FATE_UNROUTED = -1,
	FATE_LOCAL = -2,		/* a mailbox of ours */
	FATE_CRITICAL = -3,		/* an unknown extension, critical for what we do */
	FATE_NOT_1984 = -4,		/* its neighbour is of 1984, and this cannot be said
					 * there */
	FATE_NOT_OURS = -5,		/* another MTA is responsible */
	FATES_N = 6
};

/* What became of recipients of a message or probe. */
struct reporting {
	struct mta *m;
	const struct p1_apdu *subject;
	const int8_t *fates;		/* of each recipient; NULL: all that are ours are meant */
	int8_t fate;			/* else those with this one */
	bool delivered;			/* else not, because: */
	uint32_t reason;
	int32_t diagnostic;
	struct places places;		/* of the reported recipients */
	char utc[14];
	struct findings findings;
};
/* Queues a report to the originator, if one is due and he can be reached.  false:
 * it could not be kept. */
bool reports_make(struct reporting *rp);

/* ---- neighbour.c ---- */
void neighbour_init(struct mta *m);
/* Looks at each neighbour: opens, sends, reports what has expired. */
void neighbour_work(struct mta *m);
/* The next message for this association, or NULL. */
struct entry *neighbour_choose(struct line *l);
/* An attempt to open has failed, or an association of ours was lost. */
void neighbour_retry(struct neighbour *nb);
/* Looks at it again after this time, and opens nothing before. */
void neighbour_look_after(struct neighbour *nb, int64_t us);
const struct mta_peer *neighbour_peer(const struct neighbour *nb);
/* Logs an event about a neighbour; fmt has one %s. */
void neighbour_log(struct neighbour *nb, const struct log_event *e, const char *fmt);
void neighbour_free(struct mta *m);

#endif
