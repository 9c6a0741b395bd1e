/*
 * What has changed becomes durable: set apart, planned, carried out (here or beside the loop);
 * then it takes effect, or was never made.
 */
#include "mta/queue_inner.h"

#include "mta/writer.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- set apart, or undone ---- */

void queue_let_all_go(struct queue *q, struct entry_chain *chain)
{
	for (struct entry *e; (e = queue_chain_take(chain)) != NULL;)
		queue_let_entry_go(q, e);
}

void queue_changes_init(struct changes *c)
{
	queue_chain_init(&c->added);
	queue_chain_init(&c->removed);
	c->unwritten = c->dead = NULL;
	c->unwritten_last = &c->unwritten;
	c->dead_last = &c->dead;
}

static void chain_move(struct entry_chain *to, struct entry_chain *from)
{
	queue_chain_init(to);
	if (from->first)
		*to = *from;
}

void queue_set_apart(struct queue *q)
{
	chain_move(&q->then.added, &q->now.added);
	chain_move(&q->then.removed, &q->now.removed);
	q->then.unwritten = q->now.unwritten;
	q->then.dead = q->now.dead;
	queue_changes_init(&q->now);
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
			c->id = queue_new_number(q);
		queue_chain_dead(q, c);
		queue_let_go(q, c);
	}
}

void queue_let_dead_go(struct queue *q, struct content *c, bool deleted)
{
	for (struct content *next; c; c = next) {
		next = c->dead;
		c->is_dead = c->overwritten = false;
		if (!deleted)
			queue_chain_dead(q, c);
		queue_let_go(q, c);
	}
}

static void undo_added(struct queue *q, struct entry *e)
{
	queue_list_drop(q, e);
	if (e->content)
		e->content->live--;
	queue_let_entry_go(q, e);
}

static void undo_removed(struct queue *q, struct entry *e)
{
	if (e->delivered) {
		queue_chain_put(&q->delivered, e);
		return;
	}
	e->sending = false;
	if (e->content)
		e->content->live++;
	queue_list_back(q, e);
}

static void roll_back(struct queue *q)
{
	if (!sqlite3_get_autocommit(q->db))
		sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
}

void queue_undo(struct queue *q)
{
	roll_back(q);
	for (struct entry *e; (e = queue_chain_take(&q->then.added)) != NULL;)
		undo_added(q, e);
	for (struct entry *e; (e = queue_chain_take(&q->then.removed)) != NULL;)
		undo_removed(q, e);
	let_unwritten_go(q, q->then.unwritten, false);
	queue_let_dead_go(q, q->then.dead, false);
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
		queue_bind_message(q, which, s->e, (struct octets){ s->e->head, s->e->head_n });
	else if (s->c)
		queue_bind_chunk(q, which, s->c, 0, (struct octets){ s->c->first, s->c->first_n });
	else
		queue_bind_rows(q, which, s->first, s->last);
}

/* Copies of the last frame fill its sector, where that is not written but as a whole. */
static bool is_padded(struct queue *q)
{
	sqlite3_file *f = NULL;

	sqlite3_file_control(q->db, "main", SQLITE_FCNTL_FILE_POINTER, &f);
	return f && f->pMethods &&
	       !(f->pMethods->xDeviceCharacteristics(f) & SQLITE_IOCAP_POWERSAFE_OVERWRITE);
}

/* For want of room the last frame was not written; behind any other error it may stand there. */
static bool commit(struct queue *q)
{
	bool ok = queue_step(q, COMMIT);

	if (ok)
		q->may_be_found = false;	/* it begins where the one that failed did */
	else if (sqlite3_errcode(q->db) != SQLITE_FULL || is_padded(q))
		q->may_be_found = true;
	return ok;
}

/* A page that no commit before has written so begins the log where the frames of the one that
 * failed begin: their checksums, which go on from frame to frame, fit no more. */
static bool write_over(struct queue *q)
{
	char text[40];
	uint32_t mark;

	roll_back(q);
	sqlite3_randomness(sizeof mark, &mark);
	snprintf(text, sizeof text, "PRAGMA user_version = %u", mark >> 1);
	q->may_be_found = sqlite3_exec(q->db, text, NULL, NULL, NULL) != SQLITE_OK;
	return !q->may_be_found;
}

/* On the writer's thread, or on ours. */
static void carry_out(void *arg)
{
	struct queue *q = arg;

	q->ok = q->open || q->plan_n == 0 || queue_step(q, BEGIN);
	for (size_t i = 0; i < q->plan_n && q->ok; i++) {
		bind_step(q, &q->plan[i]);
		q->ok = queue_step(q, (enum statement)q->plan[i].statement);
	}
	if (q->ok && (q->open || q->plan_n))
		q->ok = commit(q);
	if (q->may_be_found)
		q->ok = write_over(q) && q->ok;
}

/* What a long queue took lies among what is still in use, and the heap would keep it. */
static void give_back(struct queue *q)
{
	if (q->n > 0 || q->longest < QUEUE_LONG)
		return;
	q->longest = 0;
	malloc_trim(0);
}

static void settle(struct queue *q)
{
	for (struct entry *e; (e = queue_chain_take(&q->then.added)) != NULL;)
		e->added = false;
	queue_let_all_go(q, &q->then.removed);
	queue_let_all_go(q, &q->delivered);
	let_unwritten_go(q, q->then.unwritten, true);
	queue_let_dead_go(q, q->then.dead, true);
	give_back(q);
	q->open = false;
	q->settled = q->begun;
}

/* The commit under way, if there is one: waits for it. */
void queue_wait(struct queue *q)
{
	if (!q->under_way)
		return;
	if (q->writer)
		writer_wait(q->writer);
	q->writer = NULL;
	q->under_way = false;
	q->in_doubt = q->may_be_found;
	if (q->ok)
		settle(q);
	else
		queue_undo(q);
}

void queue_begin(struct queue *q, struct writer *w)
{
	queue_wait(q);
	queue_set_apart(q);
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
	queue_wait(q);
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
	queue_wait(q);
	/* SQLite takes the size that it has for what is less. */
	sqlite3_exec(q->db, full ? "PRAGMA max_page_count = 1" :
	             "PRAGMA max_page_count = 4294967294", NULL, NULL, NULL);
}
