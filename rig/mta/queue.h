/*
 * queue: the lab MTA's messages on disk (private to mta/).
 *
 *     content(id)            octets of one content, as chunks of CHUNK octets
 *     message(id, ...)       one entry per message and next MTA, with the head it
 *                            is to be sent with
 *
 * A content is shared by the entries of a message that goes several ways, and
 * goes with the last of them.  SQLite in WAL mode with synchronous=FULL: what
 * was committed survives a crash.  Entries are mirrored in memory (without
 * head and content), in the order in which they came in.
 */
#ifndef MTA_QUEUE_H
#define MTA_QUEUE_H

#include "base/octets.h"

enum { QUEUE_CHUNK = 64 << 10, QUEUE_MTS_ID = 200 };

struct entry {
	struct entry *next;		/* in order of arrival */
	int64_t id, content;		/* content 0: none */
	uint64_t length;		/* octets of content */
	size_t head_n;
	unsigned peer;			/* index of the next MTA */
	uint8_t kind, priority;		/* enum p1_kind, enum p1_priority */
	int64_t expires_us;
	uint32_t attempts;
	uint32_t identifier;		/* the queue's own (the MTSID of the logs): assigned on
					 * entry, gone on leaving */
	bool sending, hung;
	char mts_id[QUEUE_MTS_ID];	/* for the logs */
};

struct queue {
	void *db;			/* sqlite3 */
	void *statements[8];
	struct entry *first, **last;	/* entries are owned */
	size_t n;
	bool open;			/* a transaction has begun */
	char why[200];			/* after a failure */
};

/* Path "" : in memory.  false: q->why. */
bool queue_open(struct queue *q, const char *path);
void queue_close(struct queue *q);

/* All changes since the last commit become durable. */
bool queue_commit(struct queue *q);
void queue_rollback(struct queue *q);

/* A content that grows. */
int64_t queue_content(struct queue *q);				/* 0: failed */
bool queue_chunk_put(struct queue *q, int64_t content, uint64_t at, struct octets o);
/* Octets at a multiple of QUEUE_CHUNK, copied into buf; 0: failed. */
size_t queue_chunk_get(struct queue *q, int64_t content, uint64_t at, uint8_t *buf);

/* `e` says what; id is set.  The entry is listed. */
struct entry *queue_add(struct queue *q, const struct entry *e, struct octets head);
bool queue_head(struct queue *q, const struct entry *e, uint8_t *buf);	/* head_n octets */
/* Deletes and frees; the content goes with its last entry. */
void queue_remove(struct queue *q, struct entry *e);
/* Throws away a content that got no entry. */
void queue_content_drop(struct queue *q, int64_t content);

#endif
