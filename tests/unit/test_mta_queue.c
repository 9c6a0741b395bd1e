/* The lab MTA's queue: what is on disk after a commit, and after a failure. */
#include "mta/queue.h"
#include "mta/writer.h"
#include "test_failing_disk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/x400rig-queue-XXXXXX", path[64];

static int begin(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/queue", folder);
	return 0;
}

static int end(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[80];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	return rmdir(folder);
}

/* Neighbours are A and B; others are not known any more. */
static int peer(const void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "A") == 0 ? 0 : strcmp(name, "B") == 0 ? 1 : -1;
}

static void open_queue(struct queue *q)
{
	assert_true(queue_open(q, path, 2, peer, NULL));
}

/* Rows of a table, as another process sees them. */
static int rows(const char *table)
{
	char text[60];
	sqlite3_stmt *s;
	sqlite3 *db;
	int n;

	snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static struct entry *add(struct queue *q, struct content *c, unsigned to, uint8_t rank,
                         const char *id)
{
	static const char *const names[] = { "A", "B" };
	struct entry e = { .content = c, .length = c ? 7 : 0, .peer = to, .rank = rank,
	                   .kind = 3, .expires_us = 1000, .not_before_us = 500 };

	snprintf(e.mts_id, sizeof e.mts_id, "%s", id);
	return queue_add(q, &e, names[to], octets_of(id));
}

static struct content *content(struct queue *q, const char *text)
{
	struct content *c = queue_content(q);

	assert_non_null(c);
	assert_true(queue_chunk_put(q, c, 0, octets_of(text)));
	return c;
}

static void check_chunk(struct queue *q, const struct content *c, uint64_t at, const char *want,
                        uint64_t begins)
{
	uint8_t buf[QUEUE_CHUNK];
	uint64_t from = 99;

	assert_int_equal(queue_chunk_get(q, c, at, buf, sizeof buf, &from), strlen(want));
	assert_memory_equal(buf, want, strlen(want));
	assert_int_equal(from, begins);
}

static void what_is_committed_is_there(void **state)
{
	struct queue q;
	struct content *c, *other;
	struct entry *e;
	uint8_t head[8];

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	assert_true(queue_chunk_put(&q, c, 7, octets_of("more")));
	assert_non_null(add(&q, c, 0, 1, "first"));
	assert_non_null(add(&q, c, 1, 1, "second"));
	assert_non_null(add(&q, NULL, 1, 0, "report"));
	queue_content_release(&q, c);
	assert_true(queue_changed(&q));
	assert_true(queue_commit(&q));
	assert_false(queue_changed(&q));
	queue_close(&q);
	assert_int_equal(rows("message"), 3);
	assert_int_equal(rows("chunk"), 2);

	open_queue(&q);
	assert_int_equal(q.n, 3);
	assert_int_equal(q.ids, 3);
	e = queue_next(&q, NULL);
	assert_string_equal(e->mts_id, "first");
	assert_int_equal(e->length, 7);
	assert_int_equal(e->kind, 3);
	assert_int_equal(e->rank, 1);
	assert_int_equal(e->expires_us, 1000);
	assert_int_equal(e->not_before_us, 500);
	assert_true(queue_head(&q, e, head));
	assert_memory_equal(head, "first", 5);
	c = e->content;
	check_chunk(&q, c, 3, "content", 0);
	check_chunk(&q, c, 7, "more", 7);
	check_chunk(&q, c, 10, "more", 7);
	/* The urgent one before the normal one of its neighbour. */
	e = queue_next(&q, e);
	assert_string_equal(e->mts_id, "report");
	assert_int_equal(e->id, 3);
	assert_null(e->content);
	e = queue_next(&q, e);
	assert_string_equal(e->mts_id, "second");
	assert_int_equal(e->id, 2);
	assert_ptr_equal(e->content, c);
	assert_int_equal(c->live, 2);
	assert_int_equal(c->holders, 2);
	assert_null(queue_next(&q, e));

	/* A new content has a number of its own; the last who is sent with one takes it away. */
	other = queue_content(&q);
	assert_true(other->id != c->id);
	queue_content_release(&q, other);
	queue_remove(&q, e, true);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("chunk"), 2);
	queue_remove(&q, queue_next(&q, NULL), true);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("chunk"), 0);
	assert_int_equal(rows("message"), 1);
	assert_int_equal(q.n, 1);
	queue_close(&q);
}

static void what_is_not_committed_is_not(void **state)
{
	struct queue q;
	struct content *c;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	assert_non_null(add(&q, c, 0, 1, "first"));
	queue_content_release(&q, c);
	queue_close(&q);
	assert_int_equal(rows("message"), 0);
	assert_int_equal(rows("chunk"), 0);
	/* A content whose message never came whole goes when the queue is opened again. */
	open_queue(&q);
	c = content(&q, "half of");
	assert_true(queue_commit(&q));
	assert_int_equal(rows("chunk"), 1);
	queue_close(&q);
	free(c->first);
	free(c);
	open_queue(&q);
	assert_int_equal(rows("chunk"), 0);
	/* Added and removed before any commit: nothing remains. */
	c = content(&q, "content");
	queue_remove(&q, add(&q, c, 0, 1, "gone"), false);
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 0);
	assert_int_equal(rows("chunk"), 0);
	assert_int_equal(q.n, 0);
	assert_int_equal(q.kept, 0);
	/* Removed, and not committed. */
	add(&q, NULL, 0, 1, "stays");
	assert_true(queue_commit(&q));
	queue_remove(&q, queue_next(&q, NULL), true);
	queue_close(&q);
	open_queue(&q);
	assert_string_equal(queue_next(&q, NULL)->mts_id, "stays");
	queue_close(&q);
}

/* Whatever the order in which they leave, and whoever stays between them. */
static void what_is_removed_together_leaves_the_disk(void **state)
{
	static const int goes[] = { 3, 4, 2, 7, 10, 9, 8, 1, 12 };
	struct entry *all[13];
	struct queue q;
	char id[8];

	(void)state;
	open_queue(&q);
	for (int i = 1; i <= 12; i++) {
		struct content *c = content(&q, "content");

		snprintf(id, sizeof id, "%d", i);
		all[i] = add(&q, c, 0, 1, id);
		queue_content_release(&q, c);
	}
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 12);
	for (size_t i = 0; i < sizeof goes / sizeof goes[0]; i++)
		queue_remove(&q, all[goes[i]], true);
	assert_true(queue_changed(&q));
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 3);
	assert_int_equal(rows("chunk"), 3);
	queue_close(&q);
	open_queue(&q);
	assert_string_equal(queue_next(&q, NULL)->mts_id, "5");
	assert_string_equal(queue_next(&q, queue_next(&q, NULL))->mts_id, "6");
	check_chunk(&q, queue_next(&q, NULL)->content, 0, "content", 0);
	queue_remove(&q, queue_next(&q, NULL), false);
	assert_true(queue_changed(&q));
	queue_close(&q);
}

static int64_t number(const char *question)
{
	sqlite3_stmt *s;
	sqlite3 *db;
	int64_t n;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, question, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

/* Rows are deleted in runs: what is between two of them is in none. */
static void what_is_between_stays(void **state)
{
	static const char *const texts[] = { "one", "two", "three" };
	struct queue q;

	(void)state;
	open_queue(&q);
	for (int down = 0; down < 2; down++) {
		struct entry *e[3];

		for (int i = 0; i < 3; i++) {
			struct content *c = content(&q, texts[i]);

			e[i] = add(&q, c, 0, 1, texts[i]);
			queue_content_release(&q, c);
		}
		assert_true(queue_commit(&q));
		queue_remove(&q, e[down ? 2 : 0], true);
		queue_remove(&q, e[down ? 0 : 2], true);
		assert_true(queue_commit(&q));
		assert_int_equal(rows("message"), 1);
		assert_int_equal(rows("chunk"), 1);
		queue_remove(&q, e[1], true);
		assert_true(queue_commit(&q));
	}
	queue_close(&q);
}

/* A content of several chunks leaves the disk whole, whatever comes with the same commit. */
static void a_content_of_many_chunks_leaves_whole(void **state)
{
	struct content *c;
	struct entry *e;
	struct queue q;

	(void)state;
	open_queue(&q);
	c = content(&q, "long one");
	assert_true(queue_chunk_put(&q, c, 8, octets_of("more")));
	e = add(&q, c, 0, 1, "long");
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("chunk"), 2);
	queue_remove(&q, e, true);
	c = content(&q, "content");
	add(&q, c, 0, 1, "short");
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("chunk"), 1);
	queue_close(&q);
}

/* What comes is written over what goes; the order of age stays. */
static void rows_are_written_over(void **state)
{
	static const char *const texts[] = { "older", "newer", "last", "long one" };
	struct content *c;
	struct queue q;

	(void)state;
	open_queue(&q);
	for (int i = 0; i < 3; i++) {
		if (i == 2)
			queue_remove(&q, queue_next(&q, NULL), true);
		c = content(&q, texts[i]);
		add(&q, c, 0, 1, texts[i]);
		queue_content_release(&q, c);
		assert_true(queue_commit(&q));
	}
	assert_int_equal(number("SELECT count(*) FROM message"), 2);
	assert_int_equal(number("SELECT max(id) FROM message"), 2);
	assert_int_equal(number("SELECT max(id >> 36) FROM chunk"), 2);
	assert_int_equal(number("SELECT id FROM message ORDER BY age LIMIT 1"), 2);
	queue_close(&q);
	open_queue(&q);
	assert_string_equal(queue_next(&q, NULL)->mts_id, "newer");
	check_chunk(&q, queue_next(&q, NULL)->content, 0, "newer", 0);
	check_chunk(&q, queue_next(&q, queue_next(&q, NULL))->content, 0, "last", 0);
	assert_int_equal(queue_next(&q, queue_next(&q, NULL))->id, 3);
	assert_int_equal(queue_next(&q, queue_next(&q, NULL))->row, 1);
	assert_int_equal(q.ids, 3);

	/* One of several chunks keeps its number, and so does one that a row names already. */
	queue_remove(&q, queue_next(&q, NULL), true);
	c = content(&q, texts[3]);
	assert_true(queue_chunk_put(&q, c, 8, octets_of("more")));
	assert_int_equal(c->id, 3);
	add(&q, c, 0, 1, texts[3]);
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	assert_int_equal(c->id, 3);
	assert_int_equal(rows("chunk"), 3);
	check_chunk(&q, c, 9, "more", 8);
	q.kept = QUEUE_KEPT - 7;
	c = content(&q, "content");
	add(&q, c, 0, 1, "unkept");
	queue_remove(&q, queue_next(&q, NULL), true);
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	assert_int_equal(number("SELECT count(*) FROM message WHERE content NOT IN "
	                        "(SELECT id >> 36 FROM chunk)"), 0);
	assert_int_equal(rows("message"), 2);
	assert_int_equal(rows("chunk"), 3);
	queue_close(&q);
}

/* A commit that fails leaves each row to whom it belonged. */
static void what_was_not_written_over_is_there(void **state)
{
	struct content *c, *much;
	struct queue q;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	add(&q, c, 0, 1, "stays");
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	queue_remove(&q, queue_next(&q, NULL), false);
	queue_limit(&q, true);
	much = content(&q, "new");
	for (int i = 0; i < 200; i++)
		add(&q, much, 0, 1, "added");
	assert_false(queue_commit(&q));
	queue_content_release(&q, much);
	queue_limit(&q, false);
	assert_true(queue_commit(&q));
	assert_int_equal(q.n, 1);
	assert_int_equal(rows("chunk"), 1);
	queue_close(&q);
	open_queue(&q);
	assert_string_equal(queue_next(&q, NULL)->mts_id, "stays");
	check_chunk(&q, queue_next(&q, NULL)->content, 0, "content", 0);
	queue_close(&q);
}

static void what_is_taken_back_was_never_there(void **state)
{
	struct entry *mark;
	struct content *c;
	struct queue q;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	assert_null(queue_mark(&q));
	add(&q, c, 0, 1, "one");
	queue_back(&q, NULL);
	assert_int_equal(q.n, 0);
	assert_int_equal(c->live, 1);
	mark = add(&q, c, 0, 1, "two");
	assert_ptr_equal(queue_mark(&q), mark);
	add(&q, c, 1, 1, "three");
	add(&q, NULL, 1, 0, "report");
	queue_back(&q, mark);
	assert_ptr_equal(queue_mark(&q), mark);
	assert_int_equal(c->live, 2);
	assert_int_equal(c->holders, 3);	/* and by the chain of what is to be written */
	add(&q, c, 0, 1, "four");
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 2);
	assert_int_equal(rows("chunk"), 1);
	assert_string_equal(queue_next(&q, mark)->mts_id, "four");
	assert_null(queue_mark(&q));
	queue_close(&q);
}

/* More than the free pages that a small file may have. */
static bool put_much(struct queue *q, struct content *c)
{
	static uint8_t much[QUEUE_CHUNK];

	for (uint64_t at = 0; at < 8 * sizeof much; at += sizeof much)
		if (!queue_chunk_put(q, c, at, (struct octets){ much, sizeof much }))
			return false;
	return true;
}

static void a_full_disk_changes_nothing(void **state)
{
	struct queue q;
	struct content *c, *much;
	struct entry *one, *two;
	size_t kept;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	add(&q, c, 0, 1, "one");
	add(&q, c, 0, 1, "two");
	add(&q, c, 0, 1, "three");
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	kept = q.kept;
	one = queue_next(&q, NULL);
	two = queue_next(&q, one);

	/* One sent, one given up, one new, when the disk is full. */
	queue_limit(&q, true);
	one->sending = two->sending = true;
	queue_remove(&q, one, true);
	queue_remove(&q, two, false);
	add(&q, c, 1, 1, "new");
	queue_remove(&q, add(&q, NULL, 1, 1, "gone"), false);
	assert_int_equal(q.n, 2);
	much = queue_content(&q);
	assert_false(put_much(&q, much));
	assert_false(queue_chunk_put(&q, much, 0, octets_of("x")));
	assert_null(add(&q, NULL, 0, 1, "late"));
	assert_false(queue_commit(&q));
	assert_non_null(strstr(q.why, "full"));
	queue_content_release(&q, much);
	/* What was added is gone, what was given up is back at its place, what was sent is not. */
	assert_int_equal(q.n, 2);
	assert_ptr_equal(queue_next(&q, NULL), two);
	assert_false(two->sending);
	assert_string_equal(queue_next(&q, two)->mts_id, "three");
	assert_null(queue_next(&q, queue_next(&q, two)));
	assert_ptr_equal(q.lists[0][1].last, &queue_next(&q, two)->next);
	assert_int_equal(q.lists[0][1].n, 2);
	assert_int_equal(q.lists[1][1].n, 0);
	assert_int_equal(c->live, 2);
	assert_int_equal(c->holders, 3);
	assert_int_equal(q.kept, kept);
	assert_int_equal(rows("message"), 3);

	/* With room again the one that was sent leaves the disk, too. */
	queue_limit(&q, false);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 2);
	assert_int_equal(c->holders, 2);
	queue_remove(&q, queue_next(&q, two), true);
	queue_remove(&q, two, true);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 0);
	assert_int_equal(rows("chunk"), 0);
	assert_int_equal(q.kept, 0);
	queue_close(&q);
}

/* The last holder was sent while the disk was full: its content goes with it, later. */
static void a_content_goes_with_the_last_one_sent(void **state)
{
	struct queue q;
	struct content *c, *much;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	add(&q, c, 0, 1, "one");
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	queue_limit(&q, true);
	queue_remove(&q, queue_next(&q, NULL), true);
	much = queue_content(&q);
	assert_false(put_much(&q, much));
	assert_false(queue_commit(&q));
	queue_content_release(&q, much);
	assert_int_equal(rows("chunk"), 1);
	assert_int_equal(q.n, 0);
	queue_limit(&q, false);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 0);
	assert_int_equal(rows("chunk"), 0);
	queue_close(&q);
}

/* Neighbours that are not configured any more keep theirs on disk. */
static void strangers_stay_on_disk(void **state)
{
	struct entry e = { .rank = 1 };
	struct queue q;

	(void)state;
	open_queue(&q);
	assert_non_null(queue_add(&q, &e, "C", octets_of("head")));
	assert_true(queue_commit(&q));
	queue_close(&q);
	open_queue(&q);
	assert_int_equal(q.n, 0);
	assert_null(queue_next(&q, NULL));
	assert_non_null(add(&q, NULL, 0, 1, "mine"));
	assert_int_equal(queue_next(&q, NULL)->id, 2);
	assert_true(queue_commit(&q));
	queue_close(&q);
	assert_int_equal(rows("message"), 2);
}

static void identifiers_are_seen_for_a_while(void **state)
{
	struct queue q;

	(void)state;
	open_queue(&q);
	assert_false(queue_seen(&q, "x", 100, 0));
	assert_true(queue_seen(&q, "x", 150, 50));
	assert_false(queue_seen(&q, "y", 150, 100));
	assert_true(queue_commit(&q));
	assert_int_equal(rows("seen"), 2);
	assert_false(queue_seen(&q, "x", 250, 101));	/* that of 100 is forgotten */
	assert_true(queue_seen(&q, "y", 250, 150));
	assert_true(queue_commit(&q));
	queue_close(&q);
	open_queue(&q);
	assert_true(queue_seen(&q, "x", 260, 200));
	queue_unsee(&q, "x");
	assert_false(queue_seen(&q, "x", 270, 200));
	queue_close(&q);
}

/* From when it may first go, and what has expired not at all; with the turn's commit. */
static void a_rescale_is_committed(void **state)
{
	struct queue q;

	(void)state;
	open_queue(&q);
	add(&q, NULL, 0, 1, "from 500 to 1000");
	assert_true(queue_commit(&q));
	assert_true(queue_rescale(&q, 0, 2));
	assert_true(queue_changed(&q));
	assert_int_equal(rows("message WHERE expires = 1000"), 1);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message WHERE expires = 1500"), 1);
	assert_true(queue_rescale(&q, 1500, 2) && queue_commit(&q));
	assert_int_equal(rows("message WHERE expires = 1500"), 1);
	queue_close(&q);
}

static bool give(struct queue *q, struct content *c, struct octets o)
{
	uint8_t *buffer = malloc(o.n);

	assert_non_null(buffer);
	return queue_chunk_give(q, c, memcpy(buffer, o.p, o.n), o.n);
}

/* Heads and first chunks, copied or handed over, are kept in memory while there is room. */
static void memory_is_bounded(void **state)
{
	static uint8_t much[QUEUE_CHUNK];
	uint8_t buf[QUEUE_CHUNK];
	struct queue q;

	(void)state;
	open_queue(&q);
	for (int i = 0; i < 200; i++) {
		struct content *c = queue_content(&q);
		const struct octets all = { much, sizeof much };

		memset(much, i, sizeof much);
		assert_true(i % 2 ? give(&q, c, all) : queue_chunk_put(&q, c, 0, all));
		assert_non_null(add(&q, c, 0, 1, "of many"));
		queue_content_release(&q, c);
		assert_true(q.kept <= QUEUE_KEPT);
	}
	assert_true(q.kept > QUEUE_KEPT / 2);
	assert_true(queue_commit(&q));
	/* What is not kept is written at once, and is there with the commit, not before. */
	assert_non_null(queue_add(&q, &(struct entry){ .rank = 2 }, "A",
	                          (struct octets){ much, sizeof much }));
	assert_int_equal(rows("message"), 200);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 201);
	queue_remove(&q, q.lists[0][2].first, true);
	queue_remove(&q, queue_add(&q, &(struct entry){ .rank = 2 }, "A",
	                           (struct octets){ much, sizeof much }), false);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 200);
	for (struct entry *e = queue_next(&q, NULL); e; e = queue_next(&q, e)) {
		uint64_t from;

		assert_int_equal(queue_chunk_get(&q, e->content, 5, buf, sizeof buf, &from),
		                 sizeof buf);
		assert_int_equal(buf[17], (uint8_t)(e->id - 1));
		assert_true(queue_head(&q, e, buf));
		assert_memory_equal(buf, "of many", 7);
		/* A buffer that is too small gets nothing. */
		assert_int_equal(queue_chunk_get(&q, e->content, 5, buf, 100, &from), 0);
	}
	while (queue_next(&q, NULL))
		queue_remove(&q, queue_next(&q, NULL), true);
	assert_true(queue_commit(&q));
	assert_int_equal(q.kept, 0);
	assert_int_equal(rows("chunk"), 0);
	queue_close(&q);
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*u %lu", &pages), 1);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* What the heap of a sanitizer or of valgrind keeps is its own matter. */
static bool gives_back(void)
{
#ifdef SANITIZED
	return false;
#else
	return !getenv("UNDER_VALGRIND");
#endif
}

/* Behind a long queue there are still things in use: its memory goes back all the same. */
static void a_long_queue_leaves_nothing(void **state)
{
	enum { MANY = 100000, MUCH = 16 << 20 };
	size_t full;
	struct queue q;
	void *last;

	(void)state;
	assert_true(queue_open(&q, "", 2, peer, NULL));
	for (int i = 0; i < MANY; i++)
		assert_non_null(add(&q, NULL, 0, 1, "one of very many, each with a head"));
	assert_true(queue_commit(&q));
	full = resident();
	last = malloc(64);
	while (queue_next(&q, NULL))
		queue_remove(&q, queue_next(&q, NULL), true);
	assert_true(queue_commit(&q));
	assert_true(!gives_back() || resident() < full - MUCH);
	free(last);
	queue_close(&q);
}

/* A queue that goes with its process holds as much, and no more of it in memory. */
static void without_a_path_memory_is_bounded_too(void **state)
{
	enum { MANY = 400, OF_TABLES = 8 << 20 };
	static uint8_t much[QUEUE_CHUNK];
	size_t before = in_use();
	struct queue q;

	(void)state;
	assert_true(queue_open(&q, "", 2, peer, NULL));
	for (int i = 0; i < MANY; i++) {
		struct content *c = queue_content(&q);

		memset(much, i, sizeof much);
		assert_true(queue_chunk_put(&q, c, 0, (struct octets){ much, sizeof much }));
		assert_non_null(add(&q, c, 0, 1, "of many"));
		queue_content_release(&q, c);
	}
	assert_true(queue_commit(&q));
	assert_true(in_use() < before + QUEUE_KEPT + OF_TABLES);
	for (struct entry *e = queue_next(&q, NULL); e; e = queue_next(&q, e)) {
		uint64_t from;

		assert_int_equal(queue_chunk_get(&q, e->content, 5, much, sizeof much, &from),
		                 sizeof much);
		assert_int_equal(much[17], (uint8_t)(e->id - 1));
	}
	while (queue_next(&q, NULL))
		queue_remove(&q, queue_next(&q, NULL), true);
	assert_true(queue_commit(&q));
	assert_int_equal(q.kept, 0);
	queue_close(&q);
}

/* ---- beside a loop ---- */

static struct net *net;
static struct writer *writer;
static unsigned overs;

static void on_over(void *ctx)
{
	(void)ctx;
	overs++;
}

static int begin_writer(void **state)
{
	net = net_kernel_new();
	writer = net ? writer_new(net, on_over, NULL) : NULL;
	overs = 0;
	return writer ? begin(state) : -1;
}

static int end_writer(void **state)
{
	writer_free(writer);
	net_free(net);
	return end(state);
}

/* What comes while a commit is under way belongs to the next one. */
static void a_commit_beside_the_loop(void **state)
{
	struct entry *first, *second;
	struct content *c;
	struct queue q;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	first = add(&q, c, 0, 1, "first");
	queue_content_release(&q, c);
	assert_int_equal(queue_next_commit(&q), 1);
	queue_begin(&q, writer);
	assert_int_equal(queue_next_commit(&q), 2);
	assert_false(queue_changed(&q));
	second = add(&q, NULL, 0, 1, "second");
	assert_true(first->added && second->added);
	while (overs == 0)
		net_step(net, NEVER_US);
	assert_true(queue_end(&q));
	assert_int_equal(q.settled, 1);
	assert_false(first->added);
	assert_true(second->added);
	assert_int_equal(rows("message"), 1);
	assert_int_equal(rows("chunk"), 1);
	queue_remove(&q, first, true);
	queue_begin(&q, writer);
	assert_true(queue_end(&q));	/* which waits */
	assert_int_equal(rows("message"), 1);
	assert_int_equal(rows("chunk"), 0);
	assert_false(second->added);
	queue_close(&q);
}

/* What was being written when its sender gave it up. */
static void what_is_taken_back_from_a_commit_leaves_the_disk(void **state)
{
	struct queue q;

	(void)state;
	open_queue(&q);
	add(&q, NULL, 0, 1, "stays");
	add(&q, NULL, 0, 1, "goes");
	queue_begin(&q, writer);
	add(&q, NULL, 0, 1, "goes too");
	add(&q, NULL, 0, 1, "stays too");
	queue_take_back(&q, 1, 3);
	assert_int_equal(q.n, 2);
	assert_string_equal(queue_next(&q, NULL)->mts_id, "stays");
	assert_string_equal(queue_next(&q, queue_next(&q, NULL))->mts_id, "stays too");
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 2);
	queue_close(&q);
}

/* Who needs the database meanwhile waits; it is then as the commit has left it. */
static void who_needs_the_disk_waits_for_a_commit(void **state)
{
	struct content *c, *gone;
	struct queue q;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	gone = content(&q, "nobody's");
	queue_begin(&q, writer);
	queue_content_release(&q, gone);
	assert_true(queue_chunk_put(&q, c, 7, octets_of("more")));
	assert_int_equal(q.settled, 1);
	check_chunk(&q, c, 0, "content", 0);
	check_chunk(&q, c, 7, "more", 7);
	add(&q, c, 0, 1, "message");
	queue_content_release(&q, c);
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 1);
	assert_int_equal(rows("chunk"), 2);
	queue_begin(&q, writer);
	queue_limit(&q, false);
	assert_int_equal(q.settled, 3);
	queue_begin(&q, writer);
	queue_close(&q);		/* it waits as well */
}

static void a_commit_beside_the_loop_fails(void **state)
{
	struct content *much, *given_up;
	struct entry *gone, *second;
	uint8_t octets[100];
	uint64_t from;
	struct queue q;

	(void)state;
	open_queue(&q);
	given_up = content(&q, "given up");
	gone = add(&q, given_up, 0, 1, "given up");
	queue_content_release(&q, given_up);
	assert_true(queue_commit(&q));
	assert_true(queue_has_settled(&q, 1));
	queue_limit(&q, true);
	much = content(&q, "new");
	for (int i = 0; i < 200; i++)
		add(&q, much, 0, 1, "lost");
	queue_remove(&q, gone, false);
	queue_begin(&q, writer);
	second = add(&q, NULL, 0, 1, "second");
	queue_content_release(&q, much);
	queue_chunk_get(&q, much, 0, octets, sizeof octets, &from);	/* which waits */
	assert_false(queue_has_settled(&q, 2));
	assert_false(queue_end(&q));
	assert_int_equal(q.n, 2);
	queue_limit(&q, false);
	assert_true(queue_commit(&q));
	assert_true(queue_has_settled(&q, 2));
	assert_false(second->added);
	assert_string_equal(queue_next(&q, NULL)->mts_id, "given up");
	assert_int_equal(rows("message"), 2);
	assert_int_equal(rows("chunk"), 1);
	queue_close(&q);
}

/* Another process writes the file: what cannot begin fails, each time, and is told. */
static void a_locked_database_fails(void **state)
{
	struct content *c;
	sqlite3 *other;
	struct queue q;

	(void)state;
	open_queue(&q);
	c = content(&q, "content");
	add(&q, c, 0, 1, "message");
	assert_true(queue_commit(&q));
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_false(queue_chunk_put(&q, c, 7, octets_of("more")));
	assert_false(queue_commit(&q));
	assert_false(queue_rescale(&q, 0, 2));
	assert_false(queue_commit(&q));
	assert_false(queue_seen(&q, "id", 10, 0));
	assert_false(queue_commit(&q));
	add(&q, NULL, 0, 1, "new");
	assert_false(queue_commit(&q));
	assert_non_null(strstr(q.why, "locked"));
	assert_int_equal(q.n, 1);
	sqlite3_close(other);
	assert_true(queue_chunk_put(&q, c, 7, octets_of("more")));
	queue_content_release(&q, c);
	assert_false(queue_seen(&q, "id", 10, 0));
	assert_true(queue_commit(&q));
	assert_int_equal(rows("message"), 1);
	assert_int_equal(rows("chunk"), 2);
	assert_int_equal(rows("seen"), 1);
	queue_close(&q);
}

static void so_many_have_gathered(void **state)
{
	struct queue q;

	(void)state;
	open_queue(&q);
	assert_false(queue_has_gathered(&q, 1));
	for (unsigned n = 1; n <= 3; n++) {
		add(&q, NULL, n % 2, 1, "message");
		for (unsigned least = 1; least <= 4; least++)
			assert_int_equal(queue_has_gathered(&q, least), least <= n);
	}
	assert_true(queue_commit(&q));
	assert_false(queue_has_gathered(&q, 1));
	queue_close(&q);
}

static void failures_are_said(void **state)
{
	struct queue q;

	(void)state;
	assert_false(queue_open(&q, "/nonexistent/queue", 2, peer, NULL));
	assert_true(strncmp(q.why, "queue: ", 7) == 0);
	assert_true(strlen(q.why) > 7);
}

/* ---- behind its last frame ---- */

static int begin_failing(void **state)
{
	failing_install();
	return begin(state);
}

static int end_failing(void **state)
{
	failing_remove();
	return end(state);
}

/* Messages that another process finds when ours is killed now. */
static int found_after_a_kill(void)
{
	char command[300], first[sizeof path];
	struct queue q;
	int n;

	snprintf(command, sizeof command, "cp %s %s.cut && cp %s-wal %s.cut-wal", path, path, path,
	         path);
	assert_int_equal(system(command), 0);
	memcpy(first, path, sizeof first);
	strcat(path, ".cut");
	open_queue(&q);
	n = (int)q.n;
	queue_close(&q);
	unlink(path);
	memcpy(path, first, sizeof first);
	return n;
}

/* SQLite leaves the frames of such a commit where they are: who opens the file next would find
 * what was reported as lost.  It is written over before anybody is told. */
static void a_commit_that_failed_is_not_found(void **state)
{
	struct queue q;

	(void)state;
	open_queue(&q);
	for (int round = 0; round < 3; round++) {
		add(&q, NULL, 0, 1, "kept");
		assert_true(queue_commit(&q));
		add(&q, NULL, 0, 1, "failed");
		failing_syncs = 1;
		assert_false(queue_commit(&q));
		assert_false(queue_is_in_doubt(&q));
		assert_int_equal(found_after_a_kill(), round + 1);
	}
	queue_close(&q);
}

/* While that cannot be done the outcome is in doubt; each commit tries it again. */
static void until_it_is_written_over_it_is_in_doubt(void **state)
{
	struct queue q;

	(void)state;
	open_queue(&q);
	add(&q, NULL, 0, 1, "kept");
	assert_true(queue_commit(&q));
	add(&q, NULL, 0, 1, "failed");
	failing_syncs = 100;
	assert_false(queue_commit(&q));
	assert_non_null(strstr(q.why, "I/O"));
	assert_true(queue_is_in_doubt(&q));
	assert_false(queue_commit(&q));		/* of nothing */
	assert_true(queue_is_in_doubt(&q));
	assert_false(queue_seen(&q, "identifier", 10, 0));
	assert_false(queue_commit(&q));
	assert_true(queue_is_in_doubt(&q));
	failing_syncs = 0;
	assert_true(queue_commit(&q));
	assert_false(queue_is_in_doubt(&q));
	assert_int_equal(found_after_a_kill(), 1);
	assert_int_equal(rows("message"), 1);
	assert_int_equal(rows("seen"), 0);
	queue_close(&q);
}

/* A later commit that succeeds ends the doubt as well. */
static void what_is_written_later_ends_the_doubt(void **state)
{
	struct queue q;

	(void)state;
	open_queue(&q);
	add(&q, NULL, 0, 1, "failed");
	failing_syncs = 2;
	assert_false(queue_commit(&q));
	assert_true(queue_is_in_doubt(&q));
	add(&q, NULL, 0, 1, "later");
	assert_true(queue_commit(&q));
	assert_false(queue_is_in_doubt(&q));
	assert_int_equal(found_after_a_kill(), 1);
	queue_close(&q);
}

/* Wherever the room ends: what was not written whole is lost, and no doubt. */
static void no_room_is_no_doubt(void **state)
{
	unsigned writes = 0;
	struct queue q;

	(void)state;
	open_queue(&q);
	do {
		struct content *c = content(&q, "content");

		failing_room = writes++;
		add(&q, c, 0, 1, "message");
		queue_content_release(&q, c);
		if (queue_commit(&q))
			break;
		assert_non_null(strstr(q.why, "full"));
		assert_false(queue_is_in_doubt(&q));
		failing_room = ~0U;
		assert_int_equal(found_after_a_kill(), 0);
	} while (writes < 100);
	failing_room = ~0U;
	assert_in_range(writes, 4, 99);
	assert_int_equal(found_after_a_kill(), 1);
	queue_close(&q);
}

/* Where SQLite fills the sector behind the last frame with copies of it, no room for them comes
 * too late: the first one is there. */
static void no_room_behind_the_last_frame_is_doubt(void **state)
{
	unsigned writes = 0, doubts = 0;
	struct queue q;
	bool doubt;

	(void)state;
	failing_pads = true;
	open_queue(&q);
	do {
		failing_room = writes++;
		add(&q, NULL, 0, 1, "message");
		if (queue_commit(&q))
			break;
		failing_room = ~0U;
		doubt = queue_is_in_doubt(&q);
		doubts += doubt;
		assert_true(doubt || found_after_a_kill() == 0);
		assert_true(queue_commit(&q));
		assert_false(queue_is_in_doubt(&q));
		assert_int_equal(found_after_a_kill(), 0);
	} while (writes < 100);
	failing_room = ~0U;
	assert_in_range(writes, 4, 99);
	assert_true(doubts > 0);
	queue_close(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
		TEST(what_is_committed_is_there), TEST(what_is_not_committed_is_not),
		TEST(what_is_removed_together_leaves_the_disk),
		TEST(what_is_between_stays), TEST(a_content_of_many_chunks_leaves_whole),
		TEST(rows_are_written_over), TEST(what_was_not_written_over_is_there),
		TEST(what_is_taken_back_was_never_there),
		TEST(a_full_disk_changes_nothing), TEST(a_content_goes_with_the_last_one_sent),
		TEST(strangers_stay_on_disk), TEST(identifiers_are_seen_for_a_while),
		TEST(a_rescale_is_committed), TEST(memory_is_bounded),
		TEST(a_long_queue_leaves_nothing),
		TEST(without_a_path_memory_is_bounded_too), TEST(failures_are_said),
		TEST(a_locked_database_fails), TEST(so_many_have_gathered),
#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_writer, end_writer)
		TEST(a_commit_beside_the_loop), TEST(who_needs_the_disk_waits_for_a_commit),
		TEST(a_commit_beside_the_loop_fails),
		TEST(what_is_taken_back_from_a_commit_leaves_the_disk),
#undef TEST
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_failing, end_failing)
		TEST(a_commit_that_failed_is_not_found),
		TEST(until_it_is_written_over_it_is_in_doubt),
		TEST(what_is_written_later_ends_the_doubt), TEST(no_room_is_no_doubt),
		TEST(no_room_behind_the_last_frame_is_doubt),
#undef TEST
	};

	return cmocka_run_group_tests_name("mta_queue", tests, NULL, NULL);
}
