/*
 * queue: the lab MTA's messages on disk (private to mta/).
 *
 *     chunk(id, data)        octets of a content: one row for what came between two
 *                            checkpoints, at most QUEUE_CHUNK octets; the id is the
 *                            content's, shifted by QUEUE_AT_BITS, and where they begin
 *     message(id, age, ...)  one row per message and next MTA, with the head it is
 *                            to be sent with; the id is a place, the age counts
 *
 * A content is shared by the entries of a message that goes several ways, and
 * goes with the last of them.  SQLite in WAL mode with synchronous=FULL: what
 * was committed survives a loss of power.
 *
 * Entries are mirrored in memory, one list for each next MTA and urgency; heads and
 * the first chunks of contents while there is room (QUEUE_KEPT), so that what is passed
 * on at once is not read again.  Changes take effect here at once and on disk with
 * queue_commit(); if that fails, both stand again where the last commit left
 * them: what was added is gone and what was removed is back; but an entry that
 * was delivered never comes back, and its deletion is tried again.
 *
 * A commit that fails behind its last frame (its sync, or SQLite's index of the log) stands in
 * the log, whole: who opens the file next would find it (SQLite, WAL format: a frame counts
 * if salts and checksums fit, up to the last one that commits).  So something is
 * written over it before its outcome is told; while that fails too it is in doubt, and each
 * later commit begins with it.
 *
 * A commit may run beside the loop, on a writer's thread.  It is planned before it begins: the
 * thread reads the plan and what it names, none of which changes meanwhile, and has the database.
 * What is changed in the meantime belongs to the next commit; who needs the database waits.
 *
 * Rows that are kept in memory are written by the commit, one table after the other, over
 * those that leave with it; what else leaves, and has numbers in a row, does so by one
 * statement.  So what is taken back before (queue_back()) costs the disk nothing.
 */
#ifndef MTA_QUEUE_H
#define MTA_QUEUE_H

#include "base/octets.h"

struct writer;

enum {
	QUEUE_CHUNK = 64 << 10,
	/* A rowid table keeps 1 KiB on the page; a key of two columns (WITHOUT ROWID) would
	 * put it on a page of its own.  64 GiB of a content; 2^27 numbers of contents, then
	 * they begin anew: one that is still in use refuses its transfer. */
	QUEUE_AT_BITS = 36,
	/* Octets kept in memory besides: a window of messages under way on all associations. */
	QUEUE_KEPT = 8 << 20,
	/* Entries at a time whose memory goes back to the system behind the last of them. */
	QUEUE_LONG = 1000,
	QUEUE_MTS_ID = 200,
	QUEUE_RANKS = 3,		/* urgent, normal, non-urgent */
};

/* Octets on disk.  Held by the entries that are sent with them and by who still
 * writes them (private but for `id`). */
struct content {
	int64_t id;
	uint32_t live;			/* holders but for entries already removed */
	uint32_t holders;
	struct content *unwritten, *dead;	/* the next on the queue's chains, which hold it */
	bool single;			/* one chunk, which may stand under another number */
	bool is_dead, stored;		/* on that chain; chunks of it are on disk */
	bool overwritten;		/* by this commit: its one chunk needs no deletion */
	bool planned;			/* a commit under way writes its first chunk */
	uint8_t *first;			/* its first chunk; NULL: on disk only */
	size_t first_n;
};

struct entry {
	struct entry *next, **link;	/* its list, oldest first; link NULL: on none */
	struct entry *pending;		/* added or removed since the last commit */
	int64_t id;			/* its age: greater than of all that came before */
	int64_t row;			/* on disk, once it is written */
	struct content *content;	/* NULL: none */
	uint64_t length;		/* octets of content */
	uint8_t *head;			/* `kept`; NULL: on disk only */
	size_t head_n;
	unsigned peer;			/* index of the next MTA */
	const char *peer_name;		/* of an added one: not copied */
	uint8_t kind, rank;		/* enum p1_kind; 0 urgent, 1 normal, 2 non-urgent */
	int64_t expires_us, not_before_us;	/* time of day */
	uint32_t attempts;
	uint32_t identifier;		/* the queue's own (the MTSID of the logs): assigned on
					 * entry, gone on leaving */
	bool sending, hung, delivered;
	bool added;			/* not committed yet: not to be sent */
	bool stored;			/* ... but its row is written */
	struct remains *recovery;		/* what a lost association left of its transfer */
	char mts_id[QUEUE_MTS_ID];	/* for the logs */
	uint8_t kept[];
};

struct queue_list {
	struct entry *first, **last;
	size_t n;
	int64_t expires_us;		/* time of day; none of it expires before */
};

/* In the order in which they came. */
struct entry_chain {
	struct entry *first, **last;	/* by `pending` */
};

/* What one commit makes durable. */
struct changes {
	struct entry_chain added, removed;
	struct content *unwritten, **unwritten_last;	/* first chunks to be written */
	struct content *dead, **dead_last;	/* chunks to be deleted */
};

/* A statement of a commit, and what is bound to it. */
struct step {
	unsigned statement;		/* of queue.c */
	const struct entry *e;		/* a message, or: */
	const struct content *c;	/* a first chunk, or: */
	int64_t first, last;		/* rows to be deleted */
};

struct queue {
	void *db;			/* sqlite3 */
	void *statements[14];
	struct queue_list (*lists)[QUEUE_RANKS];	/* [peers_n], owned */
	unsigned peers_n;
	size_t n;			/* entries on lists */
	size_t longest;			/* so many, since memory was given back */
	int64_t ids, rows, contents;	/* last numbers given */
	size_t kept;			/* octets of QUEUE_KEPT in use */
	struct changes now, then;	/* since the last commit began; of that, until it ends */
	struct entry_chain delivered;	/* removed for good, and still on disk */
	struct step *plan;		/* of `then`; owned */
	size_t plan_n, plan_room;
	bool under_way;			/* `then` is neither settled nor undone */
	bool ok;			/* outcome of the last one */
	bool may_be_found;		/* one that failed may be; the writer's while under_way */
	bool in_doubt;			/* as of the last one that is over */
	struct writer *writer;		/* runs the one under way; NULL: nobody beside us does */
	uint64_t begun, settled;	/* commits: the last one; the last one that is on disk */
	bool open, broken;		/* a transaction has begun; it cannot be committed */
	bool changed;			/* since the last commit */
	uint64_t commits;		/* tried so far, of changes */
	char why[200];			/* after a failure */
};

/* What the queue asks while it loads: the index of a next MTA by its name, -1:
 * unknown (its entries stay on disk, and on no list). */
typedef int queue_peer_fn(const void *ctx, const char *name);

/* Path "": as long as it is open, in memory and, beyond 4 MiB of tables, in a file that has no
 * name.  false: q->why. */
bool queue_open(struct queue *q, const char *path, unsigned peers_n, queue_peer_fn *peer,
                const void *ctx);
void queue_close(struct queue *q);

/* Is what this commit was to put on disk, and was not given up since, there; what it was to delete
 * gone?  Also asked while the outcome of a later one is not known. */
static inline bool queue_has_settled(const struct queue *q, uint64_t commit)
{
	return commit <= q->settled;
}

/* Has a commit failed of which nobody can say that it will not be found after a crash?  What it
 * was to make durable must be told neither as kept nor as lost. */
static inline bool queue_is_in_doubt(const struct queue *q)
{
	return q->in_doubt;
}

/* Has anything changed since the last commit? */
static inline bool queue_changed(const struct queue *q)
{
	return q->changed;
}

/* Is anything among it that leaves the disk? */
static inline bool queue_removes(const struct queue *q)
{
	return q->now.removed.first != NULL;
}

/* All changes since the last commit become durable; false: none of them was
 * made (q->why), or it is in doubt. */
bool queue_commit(struct queue *q);
/* The same, in two steps: what has changed is written by the writer, until it says that it is
 * over; queue_end() tells the outcome. */
void queue_begin(struct queue *q, struct writer *w);
bool queue_end(struct queue *q);
/* Have so many messages been added, one at least? */
bool queue_has_gathered(const struct queue *q, unsigned n);
/* The number of the commit that makes durable what is changed now.  If it fails, additions never
 * are; deletions are when a later one is. */
static inline uint64_t queue_next_commit(const struct queue *q)
{
	return q->begun + 1;
}

/* As if the disk were full: nothing more than is there. */
void queue_limit(struct queue *q, bool full);

/* A content that grows, held by the caller.  NULL: no memory. */
struct content *queue_content(struct queue *q);
/* Octets [at, at + o.n).  false: the transaction is broken. */
bool queue_chunk_put(struct queue *q, struct content *c, uint64_t at, struct octets o);
/* The first octets of a content, in a buffer of malloc() that is the queue's from now on. */
bool queue_chunk_give(struct queue *q, struct content *c, uint8_t *buffer, size_t n);
/* The chunk that holds octet `at`, copied into buf, if it has at most `cap` octets; returns
 * how many, *from: where it begins.  0: failed. */
size_t queue_chunk_get(struct queue *q, const struct content *c, uint64_t at, uint8_t *buf,
                       size_t cap, uint64_t *from);
/* The writer lets go.  What no entry is sent with is deleted.  NULL is allowed. */
void queue_content_release(struct queue *q, struct content *c);

/* `e` says what; id, row, head_n and `peer_name` are stored with it.  The entry is
 * listed.  NULL: failed. */
struct entry *queue_add(struct queue *q, const struct entry *e, const char *peer_name,
                        struct octets head);
bool queue_head(struct queue *q, const struct entry *e, uint8_t *buf);	/* head_n octets */
/* The entry is no longer the caller's.  Delivered: the next MTA has it. */
void queue_remove(struct queue *q, struct entry *e, bool delivered);

/* All or nothing: the entry that was added last, and all behind it taken back. */
struct entry *queue_mark(const struct queue *q);
void queue_back(struct queue *q, struct entry *mark);
/* The entries that were added with numbers behind `from`, up to `to`, and not sent: committed
 * or not, they never come back. */
void queue_take_back(struct queue *q, int64_t from, int64_t to);

/* On disk: what is left of each life times `factor`; that of a deferred message begins when it
 * may first go.  In memory the caller does the same to the entries.  false: failed. */
bool queue_rescale(struct queue *q, int64_t now_us, double factor);

/* Entries on the lists, in order of next MTA, urgency and age: NULL begins. */
struct entry *queue_next(const struct queue *q, const struct entry *e);

/* Has this MTS identifier been taken in since `since_us`?  Notes that it has been
 * now, and forgets those before. */
bool queue_seen(struct queue *q, const char *mts_id, int64_t now_us, int64_t since_us);
/* It was not taken in after all. */
void queue_unsee(struct queue *q, const char *mts_id);

#endif
