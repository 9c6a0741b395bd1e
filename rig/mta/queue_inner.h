/*
 * queue_inner: what the parts of the queue share (private to queue*.c).
 *
 *     queue.c          lists, contents, entries; identifiers that have come by
 *     queue_commit.c   what has changed becomes a plan, the plan a transaction; success, failure
 *     queue_open.c     tables and statements; what was there before
 */
#ifndef MTA_QUEUE_INNER_H
#define MTA_QUEUE_INNER_H

#include "mta/queue.h"

#include <sqlite3.h>

/* Prepared, in queue_open.c. */
enum statement {
	BEGIN, COMMIT, CHUNK_PUT, CHUNK_OVER, CHUNK_GET, CHUNKS_DELETE, MESSAGE_PUT, MESSAGE_OVER,
	HEAD_GET, MESSAGES_DELETE, SEEN_PUT, SEEN_FORGET, SEEN_DELETE, RESCALE,
	STATEMENTS,
};

/* ---- queue.c ---- */
/* false, and why. */
bool queue_failed(struct queue *q);
/* Runs a bound statement that returns no row; false: q->why. */
bool queue_step(struct queue *q, enum statement which);
void queue_bind_rows(struct queue *q, enum statement which, int64_t first, int64_t last);
void queue_bind_chunk(struct queue *q, enum statement how, const struct content *c, uint64_t at,
                      struct octets o);
void queue_bind_message(struct queue *q, enum statement how, const struct entry *e,
                        struct octets head);

/* On its list: at its end; off it; back to its place by age. */
void queue_list_put(struct queue *q, struct entry *e);
void queue_list_drop(struct queue *q, struct entry *e);
void queue_list_back(struct queue *q, struct entry *e);

int64_t queue_new_number(struct queue *q);
/* One that is on disk and that nobody holds any more waits for its deletion. */
void queue_chain_dead(struct queue *q, struct content *c);
/* A holder less; the last one frees it.  NULL is allowed. */
void queue_let_go(struct queue *q, struct content *c);
void queue_let_entry_go(struct queue *q, struct entry *e);

/* ---- queue_commit.c ---- */
/* Until the commit under way is over, if there is one, and has taken effect here. */
void queue_wait(struct queue *q);
void queue_changes_init(struct changes *c);
/* Those of `now` become those of `then`; they were never made. */
void queue_set_apart(struct queue *q);
void queue_undo(struct queue *q);
void queue_let_all_go(struct queue *q, struct entry_chain *chain);
/* Those that still have rows are tried again. */
void queue_let_dead_go(struct queue *q, struct content *c, bool deleted);

/* ---- chains of entries, by `pending` ---- */

static inline void queue_chain_init(struct entry_chain *c)
{
	c->first = NULL;
	c->last = &c->first;
}

static inline void queue_chain_put(struct entry_chain *c, struct entry *e)
{
	e->pending = NULL;
	*c->last = e;
	c->last = &e->pending;
}

static inline struct entry *queue_chain_take(struct entry_chain *c)
{
	struct entry *e = c->first;

	if (!e)
		return NULL;
	c->first = e->pending;
	if (!c->first)
		c->last = &c->first;
	return e;
}

#endif
