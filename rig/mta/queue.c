#include "mta/queue.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	BEGIN, COMMIT, CHUNK_PUT, CHUNK_OVER, CHUNK_GET, CHUNKS_DELETE, MESSAGE_PUT, MESSAGE_OVER,
	HEAD_GET, MESSAGES_DELETE, SEEN_PUT, SEEN_FORGET, SEEN_DELETE, RESCALE,
	STATEMENTS,
};

#define MESSAGE_VALUES "INTO message (id, age, content, length, peer, kind, rank, expires, " \
	"not_before, mts_id, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[CHUNK_PUT] = "INSERT INTO chunk (id, data) VALUES (?1, ?2)",
	[CHUNK_OVER] = "INSERT OR REPLACE INTO chunk (id, data) VALUES (?1, ?2)",
	[CHUNK_GET] = ("SELECT data, id FROM chunk WHERE id BETWEEN ?1 AND ?2 "
	               "ORDER BY id DESC LIMIT 1"),
	[CHUNKS_DELETE] = "DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2",
	[MESSAGE_PUT] = "INSERT " MESSAGE_VALUES,
	[MESSAGE_OVER] = "INSERT OR REPLACE " MESSAGE_VALUES,
	[HEAD_GET] = "SELECT head FROM message WHERE id = ?1",
	[MESSAGES_DELETE] = "DELETE FROM message WHERE id BETWEEN ?1 AND ?2",
	[SEEN_PUT] = "INSERT INTO seen (mts_id, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
	[SEEN_FORGET] = "DELETE FROM seen WHERE at < ?1",
	[SEEN_DELETE] = "DELETE FROM seen WHERE mts_id = ?1",
	[RESCALE] = ("UPDATE message SET expires = max(?1, not_before) + "
	             "CAST((expires - max(?1, not_before)) * ?2 AS INTEGER) "
	             "WHERE expires > max(?1, not_before)"),
};

static const char schema[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	/* Some builds write zeros over all that goes: every page once more, for nothing here. */
	"PRAGMA secure_delete = OFF;"
	"BEGIN IMMEDIATE;"		/* one wait for the disk */
	"CREATE TABLE IF NOT EXISTS chunk (id INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, age INTEGER NOT NULL,"
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
 * rolled back by itself (disk full): nothing of the transaction counts, and nothing more is
 * begun, so who writes need not ask after each step. */
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
	if (!q->open && !q->broken)
		q->open = run(q, BEGIN);
	return !q->broken;
}

/* Rows of the first and the last of these numbers, and all between. */
static void delete_rows(struct queue *q, enum statement which, int64_t first, int64_t last)
{
	sqlite3_bind_int64(q->statements[which], 1, first);
	sqlite3_bind_int64(q->statements[which], 2, last);
	if (begin(q))
		run(q, which);
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

static void forget_first(struct queue *q, struct content *c)
{
	unkeep(q, c->first, c->first_n);
	c->first = NULL;
}

static void let_go(struct queue *q, struct content *c)
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
	*q->unwritten_last = c;
	q->unwritten_last = &c->unwritten;
}

static void chain_dead(struct queue *q, struct content *c)
{
	c->is_dead = true;
	c->holders++;
	c->dead = NULL;
	*q->dead_last = c;
	q->dead_last = &c->dead;
}

static int64_t new_number(struct queue *q)
{
	return q->contents = (q->contents + 1) & (INT64_MAX >> QUEUE_AT_BITS);
}

struct content *queue_content(struct queue *q)
{
	struct content *c = calloc(1, sizeof *c);

	if (c) {
		c->id = new_number(q);
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

static void write_chunk(struct queue *q, enum statement how, const struct content *c, uint64_t at,
                        struct octets o)
{
	sqlite3_stmt *s = q->statements[how];

	sqlite3_bind_int64(s, 1, chunk_id(c, at));
	sqlite3_bind_blob(s, 2, o.p, (int)o.n, SQLITE_STATIC);
	if (begin(q))
		run(q, how);
}

bool queue_chunk_put(struct queue *q, struct content *c, uint64_t at, struct octets o)
{
	if (at > LAST_OCTET || q->broken)
		return false;
	q->changed = true;
	if (at == 0) {
		c->first = keep(q, o);
		c->first_n = o.n;
	}
	c->single = at == 0 && c->first;
	if (c->single) {
		chain_unwritten(q, c);
		return true;
	}
	c->stored = true;
	write_chunk(q, CHUNK_PUT, c, at, o);
	return !q->broken;
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

/* A holder counts no longer. */
static void retire(struct queue *q, struct content *c)
{
	if (c && --c->live == 0 && c->stored && !c->is_dead)
		chain_dead(q, c);
}

void queue_content_release(struct queue *q, struct content *c)
{
	retire(q, c);
	if (c && c->live == 0) {
		forget_first(q, c);	/* nobody sends it */
		q->changed = true;
	}
	let_go(q, c);
}

/* ---- entries ---- */

static void chain_init(struct entry_chain *c)
{
	c->first = NULL;
	c->last = &c->first;
}

static void chain_put(struct entry_chain *c, struct entry *e)
{
	e->pending = NULL;
	*c->last = e;
	c->last = &e->pending;
}

static struct entry *chain_take(struct entry_chain *c)
{
	struct entry *e = c->first;

	if (!e)
		return NULL;
	c->first = e->pending;
	if (!c->first)
		c->last = &c->first;
	return e;
}

static void chain_drop(struct entry_chain *c, struct entry *e)
{
	struct entry **at = &c->first;

	while (*at != e)
		at = &(*at)->pending;
	*at = e->pending;
	if (!*at)
		c->last = at;
}

static void write_message(struct queue *q, enum statement how, const struct entry *e,
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
	if (begin(q))
		run(q, how);
}

/* One whose head is not kept. */
static void write_at_once(struct queue *q, struct entry *e, struct octets head)
{
	e->row = ++q->rows;
	e->stored = true;
	if (e->content)
		e->content->single = false;
	write_message(q, MESSAGE_PUT, e, head);
}

struct entry *queue_add(struct queue *q, const struct entry *e, const char *peer_name,
                        struct octets head)
{
	struct entry *made = q->broken ? NULL : malloc(sizeof *made);

	if (!made)
		return NULL;
	q->changed = true;
	*made = *e;
	made->id = ++q->ids;
	made->head = keep(q, head);
	made->head_n = head.n;
	made->peer_name = peer_name;
	if (!made->head)
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
	chain_put(&q->added, made);
	list(q, made);
	return made;
}

bool queue_head(struct queue *q, const struct entry *e, uint8_t *buf)
{
	if (e->head) {
		memcpy(buf, e->head, e->head_n);
		return true;
	}
	sqlite3_bind_int64(q->statements[HEAD_GET], 1, e->row);
	return blob(q, HEAD_GET, buf, e->head_n, NULL) == e->head_n;
}

bool queue_rescale(struct queue *q, int64_t now_us, double factor)
{
	q->changed = true;
	sqlite3_bind_int64(q->statements[RESCALE], 1, now_us);
	sqlite3_bind_double(q->statements[RESCALE], 2, factor);
	return begin(q) && run(q, RESCALE);
}

static void let_entry_go(struct queue *q, struct entry *e)
{
	let_go(q, e->content);
	unkeep(q, e->head, e->head_n);
	free(e);
}

void queue_remove(struct queue *q, struct entry *e, bool delivered)
{
	q->changed = true;
	unlist(q, e);
	e->delivered = delivered;
	retire(q, e->content);
	if (!e->added) {
		chain_put(&q->removed, e);
		return;
	}
	if (e->stored)
		delete_rows(q, MESSAGES_DELETE, e->row, e->row);
	chain_drop(&q->added, e);
	let_entry_go(q, e);
}

struct entry *queue_mark(const struct queue *q)
{
	char *last = (char *)q->added.last - offsetof(struct entry, pending);

	return q->added.first ? (struct entry *)(void *)last : NULL;
}

void queue_back(struct queue *q, struct entry *mark)
{
	struct entry *e;

	while ((e = mark ? mark->pending : q->added.first) != NULL)
		queue_remove(q, e, false);
}

void queue_take_back(struct queue *q, int64_t from, int64_t to)
{
	for (struct entry *e = q->added.first, *next; e; e = next) {
		next = e->pending;
		if (e->id > from && e->id <= to)
			queue_remove(q, e, false);
	}
}

/* ---- commit ---- */

static void let_all_go(struct queue *q, struct entry_chain *chain)
{
	for (struct entry *e; (e = chain_take(chain)) != NULL;)
		let_entry_go(q, e);
}

/* One that was not written gives back the number that it has taken over. */
static void let_unwritten_go(struct queue *q, bool written)
{
	struct content *c = q->unwritten, *next;

	q->unwritten = NULL;
	q->unwritten_last = &q->unwritten;
	for (; c; c = next) {
		next = c->unwritten;
		if (written && c->live)
			c->stored = true;
		else if (!c->stored)
			c->id = new_number(q);
		let_go(q, c);
	}
}

/* `all`: of those too that live again, for nothing of the transaction counts. */
static void let_dead_go(struct queue *q, bool all)
{
	struct content *c = q->dead, *next;

	q->dead = NULL;
	q->dead_last = &q->dead;
	for (; c; c = next) {
		next = c->dead;
		c->is_dead = c->overwritten = false;
		if (!all && c->live == 0)
			chain_dead(q, c);
		let_go(q, c);
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
		chain_put(&q->delivered, e);
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
	for (struct entry *e; (e = chain_take(&q->added)) != NULL;)
		undo_added(q, e);
	for (struct entry *e; (e = chain_take(&q->removed)) != NULL;)
		undo_removed(q, e);
	let_unwritten_go(q, false);
	let_dead_go(q, false);
	q->open = q->broken = false;
}

/* Of those that leave the next one with a single chunk. */
static struct content *single(struct content *c)
{
	while (c && !c->single)
		c = c->dead;
	return c;
}

static void write_first(struct queue *q, struct content *c, struct content **over)
{
	enum statement how = CHUNK_PUT;

	if (c->single)
		*over = single(*over);
	if (c->single && *over) {
		how = CHUNK_OVER;
		c->id = (*over)->id;
		(*over)->overwritten = true;
		*over = (*over)->dead;
	}
	write_chunk(q, how, c, 0, (struct octets){ c->first, c->first_n });
}

static void write_contents(struct queue *q)
{
	struct content *over = q->dead;

	for (struct content *c = q->unwritten; c; c = c->unwritten)
		if (c->live)
			write_first(q, c, &over);
}

/* *left: the first of those removed whose row is still there. */
static void write_messages(struct queue *q, const struct entry **left)
{
	*left = q->removed.first;
	for (struct entry *e = q->added.first; e; e = e->pending) {
		const struct entry *over = *left;

		if (e->stored)
			continue;
		e->row = over ? over->row : ++q->rows;
		if (over)
			*left = over->pending;
		write_message(q, over ? MESSAGE_OVER : MESSAGE_PUT, e,
		              (struct octets){ e->head, e->head_n });
	}
}

/* Numbers that follow each other, up or down, are one run. */
struct span {
	enum statement which;
	unsigned shift;			/* the rows of a number: all ids that begin with it */
	int64_t first, last;
	bool any;
};

static void span_end(struct queue *q, const struct span *s)
{
	int64_t rest = (INT64_C(1) << s->shift) - 1;

	if (s->any)
		delete_rows(q, s->which, s->first << s->shift, s->last << s->shift | rest);
}

static void span_add(struct queue *q, struct span *s, int64_t id)
{
	if (s->any && id == s->last + 1) {
		s->last = id;
	} else if (s->any && id == s->first - 1) {
		s->first = id;
	} else {
		span_end(q, s);
		s->first = s->last = id;
		s->any = true;
	}
}

static void delete_messages(struct queue *q, const struct entry *removed)
{
	struct span span = { .which = MESSAGES_DELETE };
	const struct entry *chains[] = { q->delivered.first, removed };

	for (size_t i = 0; i < 2; i++)
		for (const struct entry *e = chains[i]; e; e = e->pending)
			span_add(q, &span, e->row);
	span_end(q, &span);
}

static void delete_contents(struct queue *q)
{
	struct span span = { .which = CHUNKS_DELETE, .shift = QUEUE_AT_BITS };

	for (const struct content *c = q->dead; c; c = c->dead)
		if (!c->overwritten)
			span_add(q, &span, c->id);
	span_end(q, &span);
}

static void write_all(struct queue *q)
{
	const struct entry *left;

	write_contents(q);
	write_messages(q, &left);
	delete_messages(q, left);
	delete_contents(q);
}

static void settle(struct queue *q)
{
	for (struct entry *e; (e = chain_take(&q->added)) != NULL;) {
		e->added = false;
		e->stored = true;
	}
	let_all_go(q, &q->removed);
	let_all_go(q, &q->delivered);
	let_unwritten_go(q, true);
	let_dead_go(q, true);
	q->open = false;
}

bool queue_commit(struct queue *q)
{
	bool ok;

	write_all(q);
	ok = !q->broken && (!q->open || run(q, COMMIT));
	q->commits += q->changed;
	q->changed = false;
	if (ok)
		settle(q);
	else
		undo(q);
	return ok;
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
		c->stored = true;
		c->live++;
		c->holders++;
	}
	return c;
}

static bool load_row(struct queue *q, sqlite3_stmt *s, queue_peer_fn *peer, const void *ctx,
                     struct content **last)
{
	int index = peer(ctx, (const char *)sqlite3_column_text(s, 4));
	struct entry *e = index >= 0 ? calloc(1, sizeof *e) : NULL;
	int64_t content = sqlite3_column_int64(s, 2);

	if (index < 0)
		return true;
	if (!e)
		return false;
	e->id = sqlite3_column_int64(s, 0);
	e->row = sqlite3_column_int64(s, 1);
	e->length = (uint64_t)sqlite3_column_int64(s, 3);
	e->peer = (unsigned)index;
	e->kind = (uint8_t)sqlite3_column_int(s, 5);
	e->rank = (uint8_t)sqlite3_column_int(s, 6) % QUEUE_RANKS;
	e->expires_us = sqlite3_column_int64(s, 7);
	e->not_before_us = sqlite3_column_int64(s, 8);
	e->head_n = (size_t)sqlite3_column_int64(s, 10);
	e->stored = true;
	e->content = *last = shared(*last, content);
	snprintf(e->mts_id, sizeof e->mts_id, "%s", (const char *)sqlite3_column_text(s, 9));
	list(q, e);
	return !content || e->content;
}

static bool load(struct queue *q, queue_peer_fn *peer, const void *ctx)
{
	static const char all[] = "SELECT age, id, content, length, peer, kind, rank, expires, "
	                          "not_before, mts_id, length(head) FROM message ORDER BY age";
	struct content *last = NULL;
	sqlite3_stmt *s;
	int rc;

	if (sqlite3_prepare_v2(q->db, all, -1, &s, NULL) != SQLITE_OK)
		return failed(q);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		q->ids = sqlite3_column_int64(s, 0);
		if (sqlite3_column_int64(s, 1) > q->rows)
			q->rows = sqlite3_column_int64(s, 1);
		if (sqlite3_column_int64(s, 2) > q->contents)
			q->contents = sqlite3_column_int64(s, 2);
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
	chain_init(&q->added);
	chain_init(&q->removed);
	chain_init(&q->delivered);
	q->unwritten_last = &q->unwritten;
	q->dead_last = &q->dead;
	/* One thread: no mutexes; nobody asks how much memory it takes.  Refused, once it is up. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
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

static void let_list_go(struct queue *q, struct queue_list *l)
{
	for (struct entry *e = l->first, *next; e; e = next) {
		next = e->next;
		let_entry_go(q, e);
	}
	q->n -= l->n;
}

void queue_close(struct queue *q)
{
	if (q->lists)
		undo(q);
	let_all_go(q, &q->delivered);
	let_dead_go(q, true);
	for (unsigned i = 0; q->lists && i < q->peers_n * QUEUE_RANKS; i++)
		let_list_go(q, &q->lists[i / QUEUE_RANKS][i % QUEUE_RANKS]);
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

	q->changed = true;
	if (!begin(q))
		return false;
	sqlite3_bind_int64(q->statements[SEEN_FORGET], 1, since_us);
	run(q, SEEN_FORGET);
	sqlite3_bind_text(put, 1, mts_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, now_us);
	return run(q, SEEN_PUT) && sqlite3_changes(q->db) == 0;
}

void queue_unsee(struct queue *q, const char *mts_id)
{
	sqlite3_bind_text(q->statements[SEEN_DELETE], 1, mts_id, -1, SQLITE_STATIC);
	if (begin(q))
		run(q, SEEN_DELETE);
}
