/*
 * The queue's file: its tables, its statements, and what was there before.
 */
#include "mta/queue_inner.h"

#include <stdio.h>
#include <stdlib.h>

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
 * without a name: a table in memory alone would keep all that it ever held at once.  Each commit
 * goes through a quarter of the cache, so it is a small one. */
static const char transient[] = "PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -1024;";
/* The log is as long as SQLite has it, 4 MiB: a longer one grows, a second write at each commit,
 * until it is full for the first time. */
static const char durable[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

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
	e->content = *last = shared(*last, content);
	snprintf(e->mts_id, sizeof e->mts_id, "%s", (const char *)sqlite3_column_text(s, 9));
	queue_list_put(q, e);
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
		return queue_failed(q);
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
	return rc == SQLITE_DONE ? true : queue_failed(q);
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
			return queue_failed(q);
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
	queue_changes_init(&q->now);
	queue_changes_init(&q->then);
	queue_chain_init(&q->delivered);
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
		queue_failed(q);
	queue_close(q);
	return false;
}

static void let_list_go(struct queue *q, struct queue_list *l)
{
	for (struct entry *e = l->first, *next; e; e = next) {
		next = e->next;
		queue_let_entry_go(q, e);
	}
	q->n -= l->n;
}

void queue_close(struct queue *q)
{
	struct content *dead;

	queue_wait(q);
	if (q->lists) {
		queue_set_apart(q);		/* what is not committed */
		queue_undo(q);
	}
	queue_let_all_go(q, &q->delivered);
	dead = q->now.dead;
	queue_changes_init(&q->now);
	queue_let_dead_go(q, dead, true);
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
