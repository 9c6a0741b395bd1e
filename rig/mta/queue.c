#include "mta/queue.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	BEGIN, COMMIT, CHUNK_PUT, CHUNK_GET, CHUNKS_DELETE, MESSAGE_PUT, HEAD_GET, MESSAGE_DELETE,
	SEEN_PUT, SEEN_FORGET, RESCALE,
	STATEMENTS,
};

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[CHUNK_PUT] = "INSERT INTO chunk (id, data) VALUES (?1, ?2)",
	[CHUNK_GET] = ("SELECT data, id FROM chunk WHERE id BETWEEN ?1 AND ?2 "
	               "ORDER BY id DESC LIMIT 1"),
	[CHUNKS_DELETE] = "DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2",
	[MESSAGE_PUT] = ("INSERT INTO message (id, content, length, peer, kind, rank, expires, "
	                 "not_before, mts_id, head) "
	                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
	[HEAD_GET] = "SELECT head FROM message WHERE id = ?1",
	[MESSAGE_DELETE] = "DELETE FROM message WHERE id = ?1",
	[SEEN_PUT] = "INSERT INTO seen (mts_id, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
	[SEEN_FORGET] = "DELETE FROM seen WHERE at < ?1",
	[RESCALE] = ("UPDATE message SET expires = max(?1, not_before) + "
	             "CAST((expires - max(?1, not_before)) * ?2 AS INTEGER) "
	             "WHERE expires > max(?1, not_before)"),
};

static const char schema[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"BEGIN IMMEDIATE;"		/* one wait for the disk */
	"CREATE TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY,"
	" content INTEGER NOT NULL, length INTEGER NOT NULL, peer TEXT NOT NULL,"
	" kind INTEGER NOT NULL, rank INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" not_before INTEGER NOT NULL, mts_id TEXT NOT NULL, head BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS seen (mts_id TEXT PRIMARY KEY, at INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS seen_at ON seen (at);"
	/* Contents whose transfer was not complete when the MTA ended. */
	"DELETE FROM chunk WHERE (id >> 36) NOT IN (SELECT content FROM message);"
	"COMMIT;";
_Static_assert(QUEUE_AT_BITS == 36, "as in the schema");

static bool failed(struct queue *q)
{
	snprintf(q->why, sizeof q->why, "queue: %s", sqlite3_errmsg(q->db));
	return false;
}

/* Runs a bound statement that returns no row.  After a failure SQLite may have
 * rolled back by itself (disk full): nothing of the transaction counts. */
static bool run(struct queue *q, enum statement which)
{
	sqlite3_stmt *s = q->statements[which];
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	if (rc == SQLITE_DONE)
		return true;
	q->broken = true;
	return failed(q);
}

static bool begin(struct queue *q)
{
	if (!q->open)
		q->open = run(q, BEGIN);
	return q->open && !q->broken;
}

/* ---- lists ---- */

static void count(struct queue *q, struct queue_list *l, const struct entry *e)
{
	l->n++;
	q->n++;
	if (e->expires_us < l->expires_us)
		l->expires_us = e->expires_us;
}

static void list(struct queue *q, struct entry *e)
{
	struct queue_list *l = &q->lists[e->peer][e->rank];

	e->next = NULL;
	e->link = l->last;
	*l->last = e;
	l->last = &e->next;
	count(q, l, e);
}

static void unlist(struct queue *q, struct entry *e)
{
	struct queue_list *l = &q->lists[e->peer][e->rank];

	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
	else
		l->last = e->link;
	e->link = NULL;
	l->n--;
	q->n--;
}

/* Back to its place by age. */
static void relist(struct queue *q, struct entry *e)
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

/* A copy, while there is room; NULL is as good. */
static uint8_t *keep(struct queue *q, struct octets o)
{
	uint8_t *copy = o.n && o.n <= QUEUE_KEPT - q->kept ? malloc(o.n) : NULL;

	if (copy) {
		memcpy(copy, o.p, o.n);
		q->kept += o.n;
	}
	return copy;
}

static void unkeep(struct queue *q, uint8_t *copy, size_t n)
{
	if (copy)
		q->kept -= n;
	free(copy);
}

static void let_go(struct queue *q, struct content *c)
{
	if (!c || --c->holders)
		return;
	unkeep(q, c->first, c->first_n);
	free(c);
}

struct content *queue_content(struct queue *q)
{
	struct content *c = calloc(1, sizeof *c);

	q->contents = (q->contents + 1) & (INT64_MAX >> QUEUE_AT_BITS);
	if (c) {
		c->id = q->contents;
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

bool queue_chunk_put(struct queue *q, struct content *c, uint64_t at, struct octets o)
{
	sqlite3_stmt *s = q->statements[CHUNK_PUT];

	if (at > LAST_OCTET || !begin(q))
		return false;
	sqlite3_bind_int64(s, 1, chunk_id(c, at));
	sqlite3_bind_blob(s, 2, o.p, (int)o.n, SQLITE_STATIC);
	if (!run(q, CHUNK_PUT))
		return false;
	if (at == 0) {
		c->first = keep(q, o);
		c->first_n = o.n;
	}
	return true;
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
	sqlite3_stmt *s = q->statements[CHUNK_GET];
	int64_t id = 0;
	size_t n;

	if (c->first && at < c->first_n && c->first_n <= cap) {
		memcpy(buf, c->first, c->first_n);
		*from = 0;
		return c->first_n;
	}
	sqlite3_bind_int64(s, 1, chunk_id(c, 0));
	sqlite3_bind_int64(s, 2, chunk_id(c, at));
	n = blob(q, CHUNK_GET, buf, cap, &id);
	*from = (uint64_t)id & LAST_OCTET;
	return n;
}

static void delete_chunks(struct queue *q, const struct content *c)
{
	sqlite3_stmt *s = q->statements[CHUNKS_DELETE];

	sqlite3_bind_int64(s, 1, chunk_id(c, 0));
	sqlite3_bind_int64(s, 2, chunk_id(c, LAST_OCTET));
	if (begin(q))
		run(q, CHUNKS_DELETE);
}

/* A holder counts no longer. */
static void retire(struct queue *q, struct content *c)
{
	if (c && --c->live == 0)
		delete_chunks(q, c);
}

void queue_content_release(struct queue *q, struct content *c)
{
	retire(q, c);
	let_go(q, c);
}

/* ---- entries ---- */

struct entry *queue_add(struct queue *q, const struct entry *e, const char *peer_name,
                        struct octets head)
{
	sqlite3_stmt *s = q->statements[MESSAGE_PUT];
	struct entry *made = begin(q) ? malloc(sizeof *made) : NULL;

	if (!made)
		return NULL;
	*made = *e;
	made->id = ++q->ids;
	made->head_n = head.n;
	sqlite3_bind_int64(s, 1, made->id);
	sqlite3_bind_int64(s, 2, e->content ? e->content->id : 0);
	sqlite3_bind_int64(s, 3, (int64_t)e->length);
	sqlite3_bind_text(s, 4, peer_name, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 5, e->kind);
	sqlite3_bind_int(s, 6, e->rank);
	sqlite3_bind_int64(s, 7, e->expires_us);
	sqlite3_bind_int64(s, 8, e->not_before_us);
	sqlite3_bind_text(s, 9, e->mts_id, -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 10, head.p, (int)head.n, SQLITE_STATIC);
	if (!run(q, MESSAGE_PUT)) {
		free(made);
		return NULL;
	}
	if (made->content) {
		made->content->live++;
		made->content->holders++;
	}
	made->head = keep(q, head);
	made->pending = q->added;
	q->added = made;
	list(q, made);
	return made;
}

bool queue_head(struct queue *q, const struct entry *e, uint8_t *buf)
{
	if (e->head) {
		memcpy(buf, e->head, e->head_n);
		return true;
	}
	sqlite3_bind_int64(q->statements[HEAD_GET], 1, e->id);
	return blob(q, HEAD_GET, buf, e->head_n, NULL) == e->head_n;
}

bool queue_rescale(struct queue *q, int64_t now_us, double factor)
{
	sqlite3_bind_int64(q->statements[RESCALE], 1, now_us);
	sqlite3_bind_double(q->statements[RESCALE], 2, factor);
	return begin(q) && run(q, RESCALE);
}

static bool take_off(struct entry **chain, struct entry *e)
{
	while (*chain && *chain != e)
		chain = &(*chain)->pending;
	if (!*chain)
		return false;
	*chain = e->pending;
	return true;
}

static void push(struct entry **chain, struct entry *e)
{
	e->pending = *chain;
	*chain = e;
}

static void let_entry_go(struct queue *q, struct entry *e)
{
	let_go(q, e->content);
	unkeep(q, e->head, e->head_n);
	free(e);
}

static bool delete_message(struct queue *q, const struct entry *e)
{
	sqlite3_bind_int64(q->statements[MESSAGE_DELETE], 1, e->id);
	return begin(q) && run(q, MESSAGE_DELETE);
}

void queue_remove(struct queue *q, struct entry *e, bool delivered)
{
	delete_message(q, e);
	unlist(q, e);
	e->delivered = delivered;
	retire(q, e->content);
	if (take_off(&q->added, e))
		let_entry_go(q, e);		/* it was never on disk */
	else
		push(&q->removed, e);
}

/* ---- commit ---- */

static void let_all_go(struct queue *q, struct entry **chain)
{
	for (struct entry *e; (e = *chain) != NULL;) {
		*chain = e->pending;
		let_entry_go(q, e);
	}
}

static void undo_added(struct queue *q, struct entry *e)
{
	unlist(q, e);
	if (e->content)
		e->content->live--;
	let_entry_go(q, e);
}

static void undo_removed(struct queue *q, struct entry *e)
{
	if (e->delivered) {
		push(&q->delivered, e);
		return;
	}
	e->sending = false;
	if (e->content)
		e->content->live++;
	relist(q, e);
}

static void undo(struct queue *q)
{
	if (!sqlite3_get_autocommit(q->db))
		sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	for (struct entry *e; (e = q->added) != NULL;) {
		q->added = e->pending;
		undo_added(q, e);
	}
	for (struct entry *e; (e = q->removed) != NULL;) {
		q->removed = e->pending;
		undo_removed(q, e);
	}
	q->open = q->broken = false;
}

static void delete_delivered(struct queue *q)
{
	for (struct entry *e = q->delivered; e && delete_message(q, e); e = e->pending)
		if (e->content && e->content->live == 0)
			delete_chunks(q, e->content);
}

bool queue_commit(struct queue *q)
{
	delete_delivered(q);
	if (!q->open && !q->broken)
		return true;
	if (q->broken || !run(q, COMMIT)) {
		undo(q);
		return false;
	}
	q->open = false;
	q->added = NULL;
	let_all_go(q, &q->removed);
	let_all_go(q, &q->delivered);
	return true;
}

void queue_limit(struct queue *q, bool full)
{
	/* SQLite takes the size that it has for what is less. */
	sqlite3_exec(q->db, full ? "PRAGMA max_page_count = 1" :
	             "PRAGMA max_page_count = 4294967294", NULL, NULL, NULL);
}

/* ---- opening ---- */

/* Entries of one message follow each other: a content is that of the last, or new. */
static struct content *shared(struct content *last, int64_t id)
{
	struct content *c = last && last->id == id ? last : NULL;

	if (!c && id)
		c = calloc(1, sizeof *c);
	if (c) {
		c->id = id;
		c->live++;
		c->holders++;
	}
	return c;
}

static bool load_row(struct queue *q, sqlite3_stmt *s, queue_peer_fn *peer, const void *ctx,
                     struct content **last)
{
	int index = peer(ctx, (const char *)sqlite3_column_text(s, 3));
	struct entry *e = index >= 0 ? calloc(1, sizeof *e) : NULL;
	int64_t content = sqlite3_column_int64(s, 1);

	if (index < 0)
		return true;
	if (!e)
		return false;
	e->id = sqlite3_column_int64(s, 0);
	e->length = (uint64_t)sqlite3_column_int64(s, 2);
	e->peer = (unsigned)index;
	e->kind = (uint8_t)sqlite3_column_int(s, 4);
	e->rank = (uint8_t)sqlite3_column_int(s, 5) % QUEUE_RANKS;
	e->expires_us = sqlite3_column_int64(s, 6);
	e->not_before_us = sqlite3_column_int64(s, 7);
	e->head_n = (size_t)sqlite3_column_int64(s, 9);
	e->content = *last = shared(*last, content);
	snprintf(e->mts_id, sizeof e->mts_id, "%s", (const char *)sqlite3_column_text(s, 8));
	list(q, e);
	return !content || e->content;
}

static bool load(struct queue *q, queue_peer_fn *peer, const void *ctx)
{
	static const char all[] = "SELECT id, content, length, peer, kind, rank, expires, "
	                          "not_before, mts_id, length(head) FROM message ORDER BY id";
	struct content *last = NULL;
	sqlite3_stmt *s;
	int rc;

	if (sqlite3_prepare_v2(q->db, all, -1, &s, NULL) != SQLITE_OK)
		return failed(q);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		q->ids = sqlite3_column_int64(s, 0);
		if (sqlite3_column_int64(s, 1) > q->contents)
			q->contents = sqlite3_column_int64(s, 1);
		if (!load_row(q, s, peer, ctx, &last))
			break;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? true : failed(q);
}

static bool prepare(struct queue *q)
{
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v2(q->db, sql[i], -1, (sqlite3_stmt **)&q->statements[i], NULL))
			return failed(q);
	return true;
}

static bool lists_new(struct queue *q, unsigned peers_n)
{
	q->lists = calloc(peers_n ? peers_n : 1, sizeof *q->lists);
	if (!q->lists) {
		snprintf(q->why, sizeof q->why, "queue: no memory");
		return false;
	}
	q->peers_n = peers_n;
	for (unsigned i = 0; i < peers_n * QUEUE_RANKS; i++) {
		struct queue_list *l = &q->lists[i / QUEUE_RANKS][i % QUEUE_RANKS];

		l->last = &l->first;
		l->expires_us = NEVER_US;
	}
	return true;
}

bool queue_open(struct queue *q, const char *path, unsigned peers_n, queue_peer_fn *peer,
                const void *ctx)
{
	sqlite3 *db = NULL;
	bool opened;

	*q = (struct queue){ .n = 0 };
	/* One thread: no mutexes. */
	opened = sqlite3_open_v2(*path ? path : ":memory:", &db, SQLITE_OPEN_READWRITE |
	                         SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
	q->db = db;
	if (opened && sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK && prepare(q) &&
	    lists_new(q, peers_n) && load(q, peer, ctx))
		return true;
	if (!*q->why)
		failed(q);
	queue_close(q);
	return false;
}

void queue_close(struct queue *q)
{
	struct entry *e;

	if (q->db && (q->open || q->broken))
		undo(q);
	let_all_go(q, &q->delivered);
	while (q->lists && (e = queue_next(q, NULL)) != NULL) {
		unlist(q, e);
		let_entry_go(q, e);
	}
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(q->statements[i]);
		q->statements[i] = NULL;	/* a queue that did not open is closed twice */
	}
	sqlite3_close(q->db);
	free(q->lists);
	q->lists = NULL;
	q->peers_n = 0;
	q->db = NULL;
}

/* ---- MTS identifiers that have come by ---- */

bool queue_seen(struct queue *q, const char *mts_id, int64_t now_us, int64_t since_us)
{
	sqlite3_stmt *put = q->statements[SEEN_PUT];

	if (!begin(q))
		return false;
	sqlite3_bind_int64(q->statements[SEEN_FORGET], 1, since_us);
	run(q, SEEN_FORGET);
	sqlite3_bind_text(put, 1, mts_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, now_us);
	return run(q, SEEN_PUT) && sqlite3_changes(q->db) == 0;
}
