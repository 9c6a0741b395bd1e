/*
 * mta_inner: what the parts of the lab MTA share.
 *
 *     mta.c        configuration, listener, one commit per turn
 *     inbound.c    an association that a neighbour opened: authenticate, receive
 *     routing.c    a received message becomes queue entries and reports
 *     outbound.c   a neighbour with mail waiting: associate, send, retry
 *     queue.c      messages on disk
 *     log.c        the MTA's logs
 *     defect.c     documented faults: the only place that asks for them
 */
#ifndef MTA_INNER_H
#define MTA_INNER_H

#include "mta/log.h"
#include "mta/mta.h"
#include "mta/queue.h"

enum { MTA_NAME_TEXT = 140 };	/* a name of 32 octets, each shown as \xhh */

/* An association that a neighbour opened. */
struct inbound {
	struct inbound *next;
	struct mta *m;
	struct end *end;
	int peer;			/* index; -1: not authenticated */
	bool answered;			/* bind accepted, or refused and logged */
	uint16_t broken;		/* first rule whose breach was fatal; 0: none */
	uint32_t broken_at;		/* octet in the PDU */
	/* The message that is coming in. */
	uint8_t *head;			/* owned; NULL: none */
	size_t head_n;
	int64_t content;
	uint64_t length;		/* octets of content so far */
	bool complete;			/* acknowledge when the turn is committed */
	bool dropped;			/* could not be kept: refuse it at its end */
	uint32_t secured;		/* sync point to acknowledge with the commit; 0: none */
	size_t chunk_n;
	uint8_t chunk[QUEUE_CHUNK];
};

/* A neighbour to which mail is sent. */
struct outbound {
	struct mta *m;
	unsigned peer;
	struct end *end;		/* NULL: no association */
	bool bound, releasing;
	struct entry *sending;		/* NULL: nothing is under way */
	uint8_t *head;			/* of it; owned */
	uint32_t refused;		/* attempts to open that failed in a row */
	int64_t waiting_since;		/* defect.c: put off since; 0: not, NEVER_US: logged */
	uint32_t numbered;		/* defect.c: queue identifiers given in this session */
	struct net_timer timer;		/* open interval, or association lifetime */
	uint8_t chunk[QUEUE_CHUNK];
};

struct mta {
	struct mta_config config;
	struct end_world *world;
	struct net *net;
	struct net_listener *listener;
	struct queue queue;
	struct mta_log log;
	struct inbound *inbound;
	struct outbound outbound[MTA_PEERS_MAX];
	struct p1_name prefixes[MTA_PEERS_MAX];
	struct p1_domain domain;
	uint32_t inbound_n;
	uint32_t associations;		/* numbers given to ends */
	uint32_t reports;		/* local identifiers given */
	uint32_t identifiers;		/* queue identifiers given */
	bool turn_due;
	struct net_timer turn;		/* commit, then acknowledge */
	struct net_timer expiry;	/* of the message that expires first */
};

/* ---- mta.c ---- */
/* After this turn's events: commit, acknowledge, look for work. */
void mta_turn(struct mta *m);
/* UTCTime of now, YYMMDDhhmmssZ. */
void mta_utc(struct mta *m, char out[14]);
void mta_association(const struct mta *m, struct association_config *c, bool initiator);

/* ---- inbound.c ---- */
void inbound_accepted(struct net_listener *l, struct net_conn *c, void *ctx);
void inbound_acknowledge(struct mta *m, bool committed);
void inbound_free(struct inbound *in);

/* ---- routing.c ---- */
/* Takes over a whole message: entries and reports are queued.  false: it could
 * not be kept. */
bool routing_take(struct mta *m, struct octets head, int64_t content, uint64_t length);
/* The message of an entry cannot be passed on: reports it (never a report) and
 * takes it out of the queue. */
void routing_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic);

/* ---- outbound.c ---- */
void outbound_init(struct mta *m);
/* Looks at each neighbour: opens, sends, reports what has expired. */
void outbound_work(struct mta *m);
/* A timer's function: looks at all neighbours in the next turn. */
void outbound_look_again(void *outbound);
void outbound_free(struct mta *m);

/* ---- defect.c: hooks of the healthy path ----
 *
 * In the healthy MTA the first gives a new number, and the others do nothing. */
uint32_t defect_identifier(struct mta *m, unsigned peer);
void defect_transport_lost(struct mta *m, struct outbound *o);
/* Before an entry is sent; false: the session has been shut instead. */
bool defect_may_send(struct mta *m, struct outbound *o, struct entry *e);
/* May this neighbour be served while others are? */
bool defect_may_serve(struct mta *m, struct outbound *o);

#endif
