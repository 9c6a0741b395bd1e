#include "mta/queue.h"

#include "mta/writer.h"

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
	[MESSAGE_PUT] = ("INSERT " MESSAGE_VALUES),
	[MESSAGE_OVER] = ("INSERT OR REPLACE " MESSAGE_VALUES),
	[HEAD_GET] = "SELECT head FROM message WHERE id = ?1",
	[MESSAGES_DELETE] = "DELETE FROM message WHERE id BETWEEN ?1 AND ?2",
	[SEEN_PUT] = "INSERT INTO seen (mts_id, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
	[SEEN_FORGET] = "DELETE FROM seen WHERE at < ?1",
	[SEEN_DELETE] = "DELETE FROM seen WHERE mts_id = ?1",
	[RESCALE] = ("UPDATE message SET expires = max(?1, not_before) + "
	             "CAST((expires - max(?1, not_before)) * ?2 AS INTEGER) "
	             "WHERE expires > max(?1, not_before)"),
};

/* A queue without a path goes with its process.  What does not fit in its cache lies in a file
 * without a name: a table in memory alone would keep all that it ever held at once. */
static const char transient[] = "PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -4096;";
/* The same pages are written again and again: four times as many as SQLite would gather, 16 MiB,
 * before they go to the file. */
static const char durable[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	"PRAGMA wal_autocheckpoint = 4000;";

static const char schema[] =
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

static bool step(struct queue *q, enum statement which)
{
	sqlite3_stmt *s = q->statements[which];
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	return rc == SQLITE_DONE || failed(q);
}

/* Runs a bound statement that returns no row.  After a failure SQLite may have
 * rolled back by itself (disk full): nothing of the transaction counts, and nothing more is
 * begun, so who writes need not ask after each step. */
static bool run(struct queue *q, enum statement which)
{
	if (!step(q, which))
		q->broken = true;
	return !q->broken;
}

static void end(struct queue *q);

/* The database is ours, and a transaction open.  Before anything is bound. */
static bool begin(struct queue *q)
{
	end(q);
	if (!q->open && !q->broken)
		q->open = run(q, BEGIN);
	return !q->broken;
}

static void bind_rows(struct queue *q, enum statement which, int64_t first, int64_t last)
{
	sqlite3_bind_int64(q->statements[which], 1, first);
	sqlite3_bind_int64(q->statements[which], 2, last);
}

/* Rows of the first and the last of these numbers, and all between. */
static void delete_rows(struct queue *q, enum statement which, int64_t first, int64_t last)
{
	if (!begin(q))
		return;
	bind_rows(q, which, first, last);
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
	if (c->planned)
		return;			/* it is being written */
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
	*q->now.unwritten_last = c;
	q->now.unwritten_last = &c->unwritten;
}

/* One that is on disk and that nobody holds any more. */
static void chain_dead(struct queue *q, struct content *c)
{
	if (!c->stored || c->live || c->is_dead)
		return;
	c->is_dead = true;
	c->holders++;
	c->dead = NULL;
	*q->now.dead_last = c;
	q->now.dead_last = &c->dead;
}

static int64_t new_number(struct queue *q)
{
	++q->contents;
	return q->contents &= INT64_MAX >> QUEUE_AT_BITS;
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

static void bind_chunk(struct queue *q, enum statement how, const struct content *c, uint64_t at,
                       struct octets o)
{
	sqlite3_stmt *s = q->statements[how];

	sqlite3_bind_int64(s, 1, chunk_id(c, at));
	sqlite3_bind_blob(s, 2, o.p, (int)o.n, SQLITE_STATIC);
}

bool queue_chunk_put(struct queue *q, struct content *c, uint64_t at, struct octets o)
{
	if (at >> QUEUE_AT_BITS || q->broken)
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
	c->stored = begin(q);
	bind_chunk(q, CHUNK_PUT, c, at, o);
	return c->stored && run(q, CHUNK_PUT);
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
	end(q);
	bind_rows(q, CHUNK_GET, chunk_id(c, 0), chunk_id(c, at));
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

static void bind_message(struct queue *q, enum statement how, const struct entry *e,
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
	bind_message(q, MESSAGE_PUT, e, head);
	run(q, MESSAGE_PUT);
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
	chain_put(&q->now.added, made);
	list(q, made);
	return made;
}

bool queue_head(struct queue *q, const struct entry *e, uint8_t *buf)
{
	if (e->head) {
		memcpy(buf, e->head, e->head_n);
		return true;
	}
	end(q);
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
		chain_put(&q->now.removed, e);
		return;
	}
	if (e->stored)
		delete_rows(q, MESSAGES_DELETE, e->row, e->row);
	chain_drop(&q->now.added, e);
	let_entry_go(q, e);
}

struct entry *queue_mark(const struct queue *q)
{
	char *last = (char *)q->now.added.last - offsetof(struct entry, pending);

	return q->now.added.first ? (struct entry *)(void *)last : NULL;
}

void queue_back(struct queue *q, struct entry *mark)
{
	struct entry *e;

	while ((e = mark ? mark->pending : q->now.added.first) != NULL)
		queue_remove(q, e, false);
}

void queue_take_back(struct queue *q, int64_t from, int64_t to)
{
	end(q);				/* they may be on their way to the disk */
	for (struct entry *e = queue_next(q, NULL), *next; e; e = next) {
		next = queue_next(q, e);
		if (e->id > from && e->id <= to)
			queue_remove(q, e, true);
	}
}

/* ---- commit ---- */

static void let_all_go(struct queue *q, struct entry_chain *chain)
{
	for (struct entry *e; (e = chain_take(chain)) != NULL;)
		let_entry_go(q, e);
}

static void changes_init(struct changes *c)
{
	chain_init(&c->added);
	chain_init(&c->removed);
	c->unwritten = c->dead = NULL;
	c->unwritten_last = &c->unwritten;
	c->dead_last = &c->dead;
}

static void chain_move(struct entry_chain *to, struct entry_chain *from)
{
	chain_init(to);
	if (from->first)
		*to = *from;
}

/* Those of `now` become those of `then`. */
static void set_apart(struct queue *q)
{
	chain_move(&q->then.added, &q->now.added);
	chain_move(&q->then.removed, &q->now.removed);
	q->then.unwritten = q->now.unwritten;
	q->then.dead = q->now.dead;
	changes_init(&q->now);
}

/* One that was not written gives back the number that it has taken over; one that has died
 * since is written for nothing. */
static void let_unwritten_go(struct queue *q, struct content *c, bool committed)
{
	for (struct content *next; c; c = next) {
		next = c->unwritten;
		c->stored |= committed && c->planned;
		c->planned = false;
		if (!c->stored)
			c->id = new_number(q);
		chain_dead(q, c);
		let_go(q, c);
	}
}

/* Those that still have rows are tried again. */
static void let_dead_go(struct queue *q, struct content *c, bool deleted)
{
	for (struct content *next; c; c = next) {
		next = c->dead;
		c->is_dead = c->overwritten = false;
		if (!deleted)
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
	for (struct entry *e; (e = chain_take(&q->then.added)) != NULL;)
		undo_added(q, e);
	for (struct entry *e; (e = chain_take(&q->then.removed)) != NULL;)
		undo_removed(q, e);
	let_unwritten_go(q, q->then.unwritten, false);
	let_dead_go(q, q->then.dead, false);
	q->open = q->broken = false;
}

/* ---- the plan ---- */

static void plan(struct queue *q, struct step step)
{
	if (q->plan_n == q->plan_room) {
		size_t room = q->plan_room ? 2 * q->plan_room : 64;
		struct step *more = realloc(q->plan, room * sizeof *more);

		if (!more) {
			snprintf(q->why, sizeof q->why, "queue: no memory");
			q->broken = true;
			return;
		}
		q->plan = more;
		q->plan_room = room;
	}
	q->plan[q->plan_n++] = step;
}

/* Of those that leave the next one with a single chunk. */
static struct content *single(struct content *c)
{
	while (c && (!c->single || c->live))
		c = c->dead;
	return c;
}

static void plan_first(struct queue *q, struct content *c, struct content **over)
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
	c->planned = true;
	plan(q, (struct step){ .statement = how, .c = c });
}

static void plan_contents(struct queue *q)
{
	struct content *over = q->then.dead;

	for (struct content *c = q->then.unwritten; c; c = c->unwritten)
		if (c->live)
			plan_first(q, c, &over);
}

/* *left: the first of those removed whose row is still there. */
static void plan_messages(struct queue *q, const struct entry **left)
{
	*left = q->then.removed.first;
	for (struct entry *e = q->then.added.first; e; e = e->pending) {
		const struct entry *over = *left;

		if (e->stored)
			continue;
		e->row = over ? over->row : ++q->rows;
		if (over)
			*left = over->pending;
		plan(q, (struct step){ .statement = over ? MESSAGE_OVER : MESSAGE_PUT, .e = e });
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
		plan(q, (struct step){ .statement = s->which, .first = s->first << s->shift,
		                       .last = s->last << s->shift | rest });
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

static void plan_deleted_messages(struct queue *q, const struct entry *removed)
{
	struct span span = { .which = MESSAGES_DELETE };
	const struct entry *chains[] = { q->delivered.first, removed };

	for (size_t i = 0; i < 2; i++)
		for (const struct entry *e = chains[i]; e; e = e->pending)
			span_add(q, &span, e->row);
	span_end(q, &span);
}

static void plan_deleted_contents(struct queue *q)
{
	struct span span = { .which = CHUNKS_DELETE, .shift = QUEUE_AT_BITS };

	for (const struct content *c = q->then.dead; c; c = c->dead)
		if (!c->overwritten && c->live == 0)
			span_add(q, &span, c->id);
	span_end(q, &span);
}

static void plan_all(struct queue *q)
{
	const struct entry *left;

	q->plan_n = 0;
	plan_contents(q);
	plan_messages(q, &left);
	plan_deleted_messages(q, left);
	plan_deleted_contents(q);
}

/* ---- commit ---- */

static void bind_step(struct queue *q, const struct step *s)
{
	enum statement which = (enum statement)s->statement;

	if (s->e)
		bind_message(q, which, s->e, (struct octets){ s->e->head, s->e->head_n });
	else if (s->c)
		bind_chunk(q, which, s->c, 0, (struct octets){ s->c->first, s->c->first_n });
	else
		bind_rows(q, which, s->first, s->last);
}

/* On the writer's thread, or on ours. */
static void carry_out(void *arg)
{
	struct queue *q = arg;

	q->ok = q->open || q->plan_n == 0 || step(q, BEGIN);
	for (size_t i = 0; i < q->plan_n && q->ok; i++) {
		bind_step(q, &q->plan[i]);
		q->ok = step(q, (enum statement)q->plan[i].statement);
	}
	if (q->ok && (q->open || q->plan_n))
		q->ok = step(q, COMMIT);
}

static void settle(struct queue *q)
{
	for (struct entry *e; (e = chain_take(&q->then.added)) != NULL;) {
		e->added = false;
		e->stored = true;
	}
	let_all_go(q, &q->then.removed);
	let_all_go(q, &q->delivered);
	let_unwritten_go(q, q->then.unwritten, true);
	let_dead_go(q, q->then.dead, true);
	q->open = false;
	q->settled = q->begun;
}

/* The commit under way, if there is one: waits for it. */
static void end(struct queue *q)
{
	if (!q->under_way)
		return;
	if (q->writer)
		writer_wait(q->writer);
	q->writer = NULL;
	q->under_way = false;
	if (q->ok)
		settle(q);
	else
		undo(q);
}

void queue_begin(struct queue *q, struct writer *w)
{
	end(q);
	set_apart(q);
	q->commits += q->changed;
	q->changed = false;
	q->begun++;
	plan_all(q);
	q->under_way = true;
	q->ok = false;
	q->writer = q->broken ? NULL : w;
	if (q->writer)
		writer_start(w, carry_out, q);
	else if (!q->broken)
		carry_out(q);
}

bool queue_end(struct queue *q)
{
	end(q);
	return q->ok;
}

bool queue_commit(struct queue *q)
{
	queue_begin(q, NULL);
	return queue_end(q);
}

bool queue_has_gathered(const struct queue *q, unsigned n)
{
	const struct entry *e = q->now.added.first;

	for (; e && n > 1; n--)
		e = e->pending;
	return e != NULL;
}

void queue_limit(struct queue *q, bool full)
{
	end(q);
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

static bool prepare_tables(struct queue *q, bool lasts)
{
	return sqlite3_exec(q->db, lasts ? durable : transient, NULL, NULL, NULL) == SQLITE_OK &&
	       sqlite3_exec(q->db, schema, NULL, NULL, NULL) == SQLITE_OK;
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
	changes_init(&q->now);
	changes_init(&q->then);
	chain_init(&q->delivered);
	/* One thread at a time has a queue; nobody asks how much memory it takes.  Refused, once it
	 * is up. */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, false);
	opened = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	                         SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
	q->db = db;
	if (opened && prepare_tables(q, *path) && prepare(q) && lists_new(q, peers_n) &&
	    load(q, peer, ctx))
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
	struct content *dead;

	end(q);
	if (q->lists) {
		set_apart(q);		/* what is not committed */
		undo(q);
	}
	let_all_go(q, &q->delivered);
	dead = q->now.dead;
	changes_init(&q->now);
	let_dead_go(q, dead, true);
	for (unsigned i = 0; q->lists && i < q->peers_n * QUEUE_RANKS; i++)
		let_list_go(q, &q->lists[i / QUEUE_RANKS][i % QUEUE_RANKS]);
	for (int i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(q->statements[i]);
		q->statements[i] = NULL;	/* a queue that did not open is closed twice */
	}
	sqlite3_close(q->db);
	free(q->plan);
	q->plan = NULL;
	free(q->lists);
	q->lists = NULL;
	q->db = NULL;
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
