#include "mta/queue_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool queue_failed(struct queue *q)
{
	snprintf(q->why, sizeof q->why, "queue: %s", sqlite3_errmsg(q->db));
	return false;
}

bool queue_step(struct queue *q, enum statement which)
{
	sqlite3_stmt *s = q->statements[which];
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	return rc == SQLITE_DONE || queue_failed(q);
}

/* Runs a bound statement that returns no row.  After a failure SQLite may have
 * rolled back by itself (disk full): nothing of the transaction counts, and nothing more is
 * begun, so who writes need not ask after each step. */
static bool run(struct queue *q, enum statement which)
{
	if (!queue_step(q, which))
		q->broken = true;
	return !q->broken;
}

/* The database is ours, and a transaction open.  Before anything is bound. */
static bool begin(struct queue *q)
{
	queue_wait(q);
	if (!q->open && !q->broken)
		q->open = run(q, BEGIN);
	return !q->broken;
}

void queue_bind_rows(struct queue *q, enum statement which, int64_t first, int64_t last)
{
	sqlite3_bind_int64(q->statements[which], 1, first);
	sqlite3_bind_int64(q->statements[which], 2, last);
}

/* Rows of the first and the last of these numbers, and all between. */
static void delete_rows(struct queue *q, enum statement which, int64_t first, int64_t last)
{
	if (!begin(q))
		return;
	queue_bind_rows(q, which, first, last);
	run(q, which);
}

/* ---- lists ---- */

static void count(struct queue *q, struct queue_list *l, const struct entry *e)
{
	l->n++;
	q->n++;
	if (q->longest < q->n)
		q->longest = q->n;
	if (e->expires_us < l->expires_us)
		l->expires_us = e->expires_us;
}

void queue_list_put(struct queue *q, struct entry *e)
{
	struct queue_list *l = &q->lists[e->peer][e->rank];

	e->next = NULL;
	e->link = l->last;
	*l->last = e;
	l->last = &e->next;
	count(q, l, e);
}

void queue_list_drop(struct queue *q, struct entry *e)
{
	struct queue_list *l = &q->lists[e->peer][e->rank];

	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
	else
		l->last = e->link;
	l->n--;
	q->n--;
}

/* Back to its place by age. */
void queue_list_back(struct queue *q, struct entry *e)
{
	struct queue_list *l = &q->lists[e->peer][e->rank];
	struct entry **at = &l->first;

	while (*at && (*at)->id < e->id)
		at = &(*at)->next;
	e->next = *at;
	e->link = at;
	if (*at)
		(*at)->link = &e->next;
	else
		l->last = &e->next;
	*at = e;
	count(q, l, e);
}

struct entry *queue_next(const struct queue *q, const struct entry *e)
{
	unsigned at = 0;

	if (e && e->next)
		return e->next;
	if (e)
		at = e->peer * QUEUE_RANKS + e->rank + 1;
	for (; at < q->peers_n * QUEUE_RANKS; at++)
		if (q->lists[at / QUEUE_RANKS][at % QUEUE_RANKS].first)
			return q->lists[at / QUEUE_RANKS][at % QUEUE_RANKS].first;
	return NULL;
}

/* ---- contents ---- */

/* What is kept in memory besides; nothing, when there is no room, is as good. */
static bool has_room(const struct queue *q, size_t n)
{
	return n && n <= QUEUE_KEPT - q->kept;
}

/* Its first chunk is not kept any more, unless a commit is writing it. */
static void forget_first(struct queue *q, struct content *c)
{
	if (c->planned)
		return;			/* it is being written */
	if (c->first)
		q->kept -= c->first_n;
	free(c->first);
	c->first = NULL;
}

void queue_let_go(struct queue *q, struct content *c)
{
	if (!c || --c->holders)
		return;
	forget_first(q, c);
	free(c);
}

/* On a chain, which holds it. */
static void chain_unwritten(struct queue *q, struct content *c)
{
	c->holders++;
	c->unwritten = NULL;
	*q->now.unwritten_last = c;
	q->now.unwritten_last = &c->unwritten;
}

/* One that is on disk and that nobody holds any more. */
void queue_chain_dead(struct queue *q, struct content *c)
{
	if (!c->stored || c->live || c->is_dead)
		return;
	c->is_dead = true;
	c->holders++;
	c->dead = NULL;
	*q->now.dead_last = c;
	q->now.dead_last = &c->dead;
}

int64_t queue_new_number(struct queue *q)
{
	++q->contents;
	return q->contents &= INT64_MAX >> QUEUE_AT_BITS;
}

struct content *queue_content(struct queue *q)
{
	struct content *c = calloc(1, sizeof *c);

	if (c) {
		c->id = queue_new_number(q);
		c->live = c->holders = 1;
	}
	return c;
}

/* The id of the chunk that begins at this octet. */
static int64_t chunk_id(const struct content *c, uint64_t at)
{
	return c->id << QUEUE_AT_BITS | (int64_t)at;
}

static const uint64_t LAST_OCTET = (UINT64_C(1) << QUEUE_AT_BITS) - 1;

void queue_bind_chunk(struct queue *q, enum statement how, const struct content *c, uint64_t at,
                      struct octets o)
{
	sqlite3_stmt *s = q->statements[how];

	sqlite3_bind_int64(s, 1, chunk_id(c, at));
	sqlite3_bind_blob(s, 2, o.p, (int)o.n, SQLITE_STATIC);
}

/* At once: it is kept nowhere else. */
static bool write_chunk(struct queue *q, struct content *c, uint64_t at, struct octets o)
{
	if (at >> QUEUE_AT_BITS || q->broken)
		return false;
	q->changed = true;
	c->single = false;
	c->stored = begin(q);
	queue_bind_chunk(q, CHUNK_PUT, c, at, o);
	return c->stored && run(q, CHUNK_PUT);
}

bool queue_chunk_give(struct queue *q, struct content *c, uint8_t *buffer, size_t n)
{
	bool ok;

	if (has_room(q, n) && !q->broken) {
		q->changed = c->single = true;
		q->kept += n;
		c->first = buffer;
		c->first_n = n;
		chain_unwritten(q, c);
		return true;
	}
	ok = write_chunk(q, c, 0, (struct octets){ buffer, n });
	free(buffer);
	return ok;
}

bool queue_chunk_put(struct queue *q, struct content *c, uint64_t at, struct octets o)
{
	uint8_t *copy = at == 0 && has_room(q, o.n) ? malloc(o.n) : NULL;

	return copy ? queue_chunk_give(q, c, memcpy(copy, o.p, o.n), o.n)
	            : write_chunk(q, c, at, o);
}

/* The blob of a one-row statement whose parameters are bound. */
static size_t blob(struct queue *q, enum statement which, uint8_t *buf, size_t cap,
                   int64_t *second)
{
	sqlite3_stmt *s = q->statements[which];
	size_t n = 0;

	if (sqlite3_step(s) == SQLITE_ROW) {
		n = (size_t)sqlite3_column_bytes(s, 0);
		if (n <= cap && n)
			memcpy(buf, sqlite3_column_blob(s, 0), n);
		else
			n = 0;
		if (second)
			*second = sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return n;
}

size_t queue_chunk_get(struct queue *q, const struct content *c, uint64_t at, uint8_t *buf,
                       size_t cap, uint64_t *from)
{
	int64_t id = chunk_id(c, at);
	size_t n;

	if (c->first && at < c->first_n && c->first_n <= cap) {
		memcpy(buf, c->first, c->first_n);
		*from = 0;
		return c->first_n;
	}
	queue_wait(q);
	queue_bind_rows(q, CHUNK_GET, chunk_id(c, 0), chunk_id(c, at));
	n = blob(q, CHUNK_GET, buf, cap, &id);
	*from = (uint64_t)id & LAST_OCTET;
	return n;
}

/* A holder counts no longer. */
static void retire(struct queue *q, struct content *c)
{
	if (!c)
		return;
	c->live--;
	queue_chain_dead(q, c);
}

void queue_content_release(struct queue *q, struct content *c)
{
	retire(q, c);
	if (c && c->live == 0) {
		forget_first(q, c);	/* nobody sends it */
		q->changed = true;
	}
	queue_let_go(q, c);
}

/* ---- entries ---- */

static void chain_drop(struct entry_chain *c, struct entry *e)
{
	struct entry **at = &c->first;

	while (*at != e)
		at = &(*at)->pending;
	*at = e->pending;
	if (!*at)
		c->last = at;
}

void queue_bind_message(struct queue *q, enum statement how, const struct entry *e,
                        struct octets head)
{
	sqlite3_stmt *s = q->statements[how];

	sqlite3_bind_int64(s, 1, e->row);
	sqlite3_bind_int64(s, 2, e->id);
	sqlite3_bind_int64(s, 3, e->content ? e->content->id : 0);
	sqlite3_bind_int64(s, 4, (int64_t)e->length);
	sqlite3_bind_text(s, 5, e->peer_name, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 6, e->kind);
	sqlite3_bind_int(s, 7, e->rank);
	sqlite3_bind_int64(s, 8, e->expires_us);
	sqlite3_bind_int64(s, 9, e->not_before_us);
	sqlite3_bind_text(s, 10, e->mts_id, -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 11, head.p, (int)head.n, SQLITE_STATIC);
}

/* One whose head is not kept. */
static void write_at_once(struct queue *q, struct entry *e, struct octets head)
{
	if (!begin(q))
		return;
	e->row = ++q->rows;
	e->stored = true;
	if (e->content)
		e->content->single = false;
	queue_bind_message(q, MESSAGE_PUT, e, head);
	run(q, MESSAGE_PUT);
}

struct entry *queue_add(struct queue *q, const struct entry *e, const char *peer_name,
                        struct octets head)
{
	size_t kept = has_room(q, head.n) ? head.n : 0;
	struct entry *made = q->broken ? NULL : malloc(sizeof *made + kept);

	if (!made)
		return NULL;
	q->changed = true;
	*made = *e;
	made->id = ++q->ids;
	made->head = kept ? memcpy(made->kept, head.p, kept) : NULL;
	made->head_n = head.n;
	made->peer_name = peer_name;
	q->kept += kept;
	if (!kept)
		write_at_once(q, made, head);
	if (q->broken) {
		free(made);
		return NULL;
	}
	if (made->content) {
		made->content->live++;
		made->content->holders++;
	}
	made->added = true;
	queue_chain_put(&q->now.added, made);
	queue_list_put(q, made);
	return made;
}

bool queue_head(struct queue *q, const struct entry *e, uint8_t *buf)
{
	if (e->head) {
		memcpy(buf, e->head, e->head_n);
		return true;
	}
	queue_wait(q);
	sqlite3_bind_int64(q->statements[HEAD_GET], 1, e->row);
	return blob(q, HEAD_GET, buf, e->head_n, NULL) == e->head_n;
}

bool queue_rescale(struct queue *q, int64_t now_us, double factor)
{
	if (!begin(q))
		return false;
	q->changed = true;
	sqlite3_bind_int64(q->statements[RESCALE], 1, now_us);
	sqlite3_bind_double(q->statements[RESCALE], 2, factor);
	return run(q, RESCALE);
}

void queue_let_entry_go(struct queue *q, struct entry *e)
{
	queue_let_go(q, e->content);
	if (e->head)
		q->kept -= e->head_n;
	free(e);
}

void queue_remove(struct queue *q, struct entry *e, bool delivered)
{
	q->changed = true;
	queue_list_drop(q, e);
	e->delivered = delivered;
	retire(q, e->content);
	if (!e->added) {
		queue_chain_put(&q->now.removed, e);
		return;
	}
	if (e->stored)
		delete_rows(q, MESSAGES_DELETE, e->row, e->row);
	chain_drop(&q->now.added, e);
	queue_let_entry_go(q, e);
}

struct entry *queue_mark(const struct queue *q)
{
	char *last = (char *)q->now.added.last - offsetof(struct entry, pending);

	return q->now.added.first ? (struct entry *)(void *)last : NULL;
}

void queue_back(struct queue *q, struct entry *mark)
{
	struct entry *e = mark ? mark->pending : q->now.added.first, *next;

	for (; e; e = next) {
		next = e->pending;
		queue_remove(q, e, false);
	}
}

void queue_take_back(struct queue *q, int64_t from, int64_t to)
{
	if (from == to)
		return;				/* nothing was taken; the queue may be long */
	queue_wait(q);				/* they may be on their way to the disk */
	for (struct entry *e = queue_next(q, NULL), *next; e; e = next) {
		next = queue_next(q, e);
		if (e->id > from && e->id <= to)
			queue_remove(q, e, true);
	}
}

/* ---- MTS identifiers that have come by ---- */

bool queue_seen(struct queue *q, const char *mts_id, int64_t now_us, int64_t since_us)
{
	sqlite3_stmt *put = q->statements[SEEN_PUT];

	if (!begin(q))
		return false;
	q->changed = true;
	sqlite3_bind_int64(q->statements[SEEN_FORGET], 1, since_us);
	run(q, SEEN_FORGET);
	sqlite3_bind_text(put, 1, mts_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, now_us);
	return run(q, SEEN_PUT) && sqlite3_changes(q->db) == 0;
}

void queue_unsee(struct queue *q, const char *mts_id)
{
	if (!begin(q))
		return;
	sqlite3_bind_text(q->statements[SEEN_DELETE], 1, mts_id, -1, SQLITE_STATIC);
	run(q, SEEN_DELETE);
}
