#include "mta/queue.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	BEGIN, COMMIT, CONTENT_NEW, CHUNK_PUT, CHUNK_GET, MESSAGE_PUT, HEAD_GET, MESSAGE_DELETE,
	STATEMENTS,
};

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[CONTENT_NEW] = "INSERT INTO content DEFAULT VALUES",
	[CHUNK_PUT] = "INSERT INTO chunk (content, seq, data) VALUES (?1, ?2, ?3)",
	[CHUNK_GET] = "SELECT data FROM chunk WHERE content = ?1 AND seq = ?2",
	[MESSAGE_PUT] = ("INSERT INTO message (content, length, peer, kind, priority, expires, "
	                 "mts_id, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
	[HEAD_GET] = "SELECT head FROM message WHERE id = ?1",
	[MESSAGE_DELETE] = "DELETE FROM message WHERE id = ?1",
};

static const char schema[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"CREATE TABLE IF NOT EXISTS content (id INTEGER PRIMARY KEY AUTOINCREMENT);"
	"CREATE TABLE IF NOT EXISTS chunk (content INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" data BLOB NOT NULL, PRIMARY KEY (content, seq)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" content INTEGER NOT NULL, length INTEGER NOT NULL, peer INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, priority INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" mts_id TEXT NOT NULL, head BLOB NOT NULL);"
	"CREATE TRIGGER IF NOT EXISTS last_entry AFTER DELETE ON message"
	" WHEN NOT EXISTS (SELECT 1 FROM message WHERE content = OLD.content) BEGIN"
	" DELETE FROM chunk WHERE content = OLD.content;"
	" DELETE FROM content WHERE id = OLD.content; END;"
	/* Contents whose transfer was not complete when the MTA ended. */
	"DELETE FROM chunk WHERE content NOT IN (SELECT content FROM message);"
	"DELETE FROM content WHERE id NOT IN (SELECT content FROM message);";

static bool failed(struct queue *q)
{
	snprintf(q->why, sizeof q->why, "queue: %s", sqlite3_errmsg(q->db));
	return false;
}

/* Runs a bound statement that returns no row. */
static bool run(struct queue *q, enum statement which)
{
	sqlite3_stmt *s = q->statements[which];
	int rc = sqlite3_step(s);

	sqlite3_reset(s);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? true : failed(q);
}

static bool begin(struct queue *q)
{
	if (!q->open)
		q->open = run(q, BEGIN);
	return q->open;
}

bool queue_commit(struct queue *q)
{
	if (!q->open)
		return true;
	if (!run(q, COMMIT))
		return false;
	q->open = false;
	return true;
}

void queue_rollback(struct queue *q)
{
	if (q->open)
		sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	q->open = false;
}

static struct entry *list(struct queue *q, const struct entry *e)
{
	struct entry *copy = malloc(sizeof *copy);

	if (!copy) {
		snprintf(q->why, sizeof q->why, "queue: no memory");
		return NULL;
	}
	*copy = *e;
	copy->next = NULL;
	*q->last = copy;
	q->last = &copy->next;
	q->n++;
	return copy;
}

static bool load(struct queue *q)
{
	static const char all[] = "SELECT id, content, length, peer, kind, priority, expires, "
	                          "mts_id, length(head) FROM message ORDER BY id";
	sqlite3_stmt *s;
	int rc;

	if (sqlite3_prepare_v2(q->db, all, -1, &s, NULL) != SQLITE_OK)
		return failed(q);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct entry e = {
			.id = sqlite3_column_int64(s, 0),
			.content = sqlite3_column_int64(s, 1),
			.length = (uint64_t)sqlite3_column_int64(s, 2),
			.peer = (unsigned)sqlite3_column_int(s, 3),
			.kind = (uint8_t)sqlite3_column_int(s, 4),
			.priority = (uint8_t)sqlite3_column_int(s, 5),
			.expires_us = sqlite3_column_int64(s, 6),
			.head_n = (size_t)sqlite3_column_int64(s, 8),
		};

		snprintf(e.mts_id, sizeof e.mts_id, "%s", (const char *)sqlite3_column_text(s, 7));
		if (!list(q, &e))
			break;
	}
	sqlite3_finalize(s);
	return rc == SQLITE_DONE ? true : failed(q);
}

bool queue_open(struct queue *q, const char *path)
{
	sqlite3 *db = NULL;

	*q = (struct queue){ .last = &q->first };
	if (sqlite3_open(*path ? path : ":memory:", &db) != SQLITE_OK ||
	    (q->db = db, sqlite3_exec(db, schema, NULL, NULL, NULL)) != SQLITE_OK) {
		q->db = db;
		failed(q);
		queue_close(q);
		return false;
	}
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v2(db, sql[i], -1, (sqlite3_stmt **)&q->statements[i], NULL)) {
			failed(q);
			queue_close(q);
			return false;
		}
	return load(q);
}

void queue_close(struct queue *q)
{
	queue_rollback(q);
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(q->statements[i]);
	sqlite3_close(q->db);
	while (q->first) {
		struct entry *e = q->first;

		q->first = e->next;
		free(e);
	}
	q->db = NULL;
	q->n = 0;
}

int64_t queue_content(struct queue *q)
{
	return begin(q) && run(q, CONTENT_NEW) ? sqlite3_last_insert_rowid(q->db) : 0;
}

bool queue_chunk_put(struct queue *q, int64_t content, uint64_t at, struct octets o)
{
	sqlite3_stmt *s = q->statements[CHUNK_PUT];

	if (!begin(q))
		return false;
	sqlite3_bind_int64(s, 1, content);
	sqlite3_bind_int64(s, 2, (int64_t)(at / QUEUE_CHUNK));
	sqlite3_bind_blob(s, 3, o.p, (int)o.n, SQLITE_STATIC);
	return run(q, CHUNK_PUT);
}

/* The blob of a one-row statement whose parameters are bound. */
static size_t blob(struct queue *q, enum statement which, uint8_t *buf, size_t cap)
{
	sqlite3_stmt *s = q->statements[which];
	size_t n = 0;

	if (sqlite3_step(s) == SQLITE_ROW) {
		n = (size_t)sqlite3_column_bytes(s, 0);
		if (n <= cap && n)
			memcpy(buf, sqlite3_column_blob(s, 0), n);
		else
			n = 0;
	}
	sqlite3_reset(s);
	return n;
}

size_t queue_chunk_get(struct queue *q, int64_t content, uint64_t at, uint8_t *buf)
{
	sqlite3_stmt *s = q->statements[CHUNK_GET];

	sqlite3_bind_int64(s, 1, content);
	sqlite3_bind_int64(s, 2, (int64_t)(at / QUEUE_CHUNK));
	return blob(q, CHUNK_GET, buf, QUEUE_CHUNK);
}

struct entry *queue_add(struct queue *q, const struct entry *e, struct octets head)
{
	sqlite3_stmt *s = q->statements[MESSAGE_PUT];
	struct entry made = *e;

	if (!begin(q))
		return NULL;
	sqlite3_bind_int64(s, 1, e->content);
	sqlite3_bind_int64(s, 2, (int64_t)e->length);
	sqlite3_bind_int(s, 3, (int)e->peer);
	sqlite3_bind_int(s, 4, e->kind);
	sqlite3_bind_int(s, 5, e->priority);
	sqlite3_bind_int64(s, 6, e->expires_us);
	sqlite3_bind_text(s, 7, e->mts_id, -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 8, head.p, (int)head.n, SQLITE_STATIC);
	if (!run(q, MESSAGE_PUT))
		return NULL;
	made.id = sqlite3_last_insert_rowid(q->db);
	made.head_n = head.n;
	return list(q, &made);
}

bool queue_head(struct queue *q, const struct entry *e, uint8_t *buf)
{
	sqlite3_bind_int64(q->statements[HEAD_GET], 1, e->id);
	return blob(q, HEAD_GET, buf, e->head_n) == e->head_n;
}

void queue_remove(struct queue *q, struct entry *e)
{
	struct entry **at = &q->first;

	while (*at && *at != e)
		at = &(*at)->next;
	if (begin(q)) {
		sqlite3_bind_int64(q->statements[MESSAGE_DELETE], 1, e->id);
		run(q, MESSAGE_DELETE);
	}
	*at = e->next;
	if (q->last == &e->next)
		q->last = at;
	q->n--;
	free(e);
}

void queue_content_drop(struct queue *q, int64_t content)
{
	char text[128];

	snprintf(text, sizeof text, "DELETE FROM chunk WHERE content = %lld;"
	         "DELETE FROM content WHERE id = %lld", (long long)content, (long long)content);
	if (content && begin(q))
		sqlite3_exec(q->db, text, NULL, NULL, NULL);
}
