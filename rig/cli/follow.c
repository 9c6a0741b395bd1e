#include "cli/follow.h"

#include "cli/cli.h"
#include "observer/observer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the octets inside a record stand: ring[i % FOLLOW_RECORDS]. */
struct record {
	uint64_t inside, from, to;
};

struct record_ring {
	struct record *at;
	uint64_t n;
};

struct follow_tls {
	struct tls_reader *reader;
	uint64_t inside[DIRECTIONS];	/* octets so far */
	uint64_t begun[DIRECTIONS];	/* stream offset of the record that is coming */
	struct record_ring records[DIRECTIONS];
};

/* ---- talks ---- */

static struct follow_talk **place(struct follow *f, uint32_t number)
{
	struct follow_talk **at = &f->talks[number % FOLLOW_BUCKETS];

	while (*at && (*at)->number != number)
		at = &(*at)->chain;
	return at;
}

struct follow_talk *follow_find(const struct follow *f, uint32_t number)
{
	struct follow_talk *t = f->talks[number % FOLLOW_BUCKETS];

	while (t && t->number != number)
		t = t->chain;
	return t;
}

bool follow_has_port(const struct follow *f, uint32_t number, uint16_t port)
{
	struct stream_connection c;

	return streams_connection(f->streams, number, &c) &&
	       (c.port[FROM_INITIATOR] == port || c.port[FROM_RESPONDER] == port);
}

static void tls_free(struct follow_tls *tls)
{
	if (!tls)
		return;
	tls_reader_free(tls->reader);
	free(tls->records[0].at);
	free(tls->records[1].at);
	free(tls);
}

static void tell_unseen(struct follow *f, struct follow_talk *t, const struct stream_event *e);

static void end_talk(struct follow *f, struct follow_talk **at, const struct stream_event *e)
{
	struct follow_talk *t = *at;

	tell_unseen(f, t, e);
	f->user->end(f, t, e);
	f->talks_n--;
	*at = t->chain;
	tls_free(t->tls);
	free(t);
}

/* ---- is it X.400? ---- */

static void hand_up(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                    struct octets in, uint64_t offset)
{
	struct stream_event part = *e;

	part.octets = in;
	part.offset = offset;
	part.length = in.n;
	if (in.n > 0)
		f->user->octets(f, t, &part);
}

static bool has_syn(const struct follow *f, const struct follow_talk *t, unsigned d)
{
	struct stream_connection c;

	return streams_connection(f->streams, t->number, &c) && c.syn[d];
}

/* Who called begins with a CR, who was called with a CC or DR. */
static enum observer_guess opens(struct octets first, unsigned d)
{
	enum observer_guess guess = observer_guess(first);
	bool cr = guess == OBSERVER_YES && (first.p[5] & 0xf0) == 0xe0;

	return guess == OBSERVER_YES && cr != (d == FROM_INITIATOR) ? OBSERVER_NO : guess;
}

/* Hands up the first octets of a direction once they tell whether it begins with them;
 * `last`: no more of them come. */
static void begin(struct follow *f, struct follow_talk *t, const struct stream_event *e, bool last)
{
	unsigned d = e->direction;
	struct octets first = { t->first[d], t->first_n[d] };
	enum observer_guess guess = opens(first, d);
	bool sure = t->middle || t->tls || has_syn(f, t, d);

	if (!sure && guess == OBSERVER_MORE && !last)
		return;
	t->begun[d] = true;
	if (!sure && guess != OBSERVER_YES)
		f->user->late(f, t, e);
	hand_up(f, t, e, first, 0);
}

static size_t keep_first(struct follow_talk *t, unsigned d, struct octets in)
{
	size_t room = FOLLOW_FIRST - t->first_n[d], n = in.n < room ? in.n : room;

	if (n > 0)
		memcpy(t->first[d] + t->first_n[d], in.p, n);
	t->first_n[d] += n;
	return n;
}

/* Octets of a connection that is taken. */
static void pass(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                 struct octets in, uint64_t offset)
{
	if (!t->begun[e->direction] && in.n > 0) {
		size_t n = keep_first(t, e->direction, in);

		begin(f, t, e, false);
		in.p += n;
		in.n -= n;
		offset += n;
	}
	hand_up(f, t, e, in, offset);
}

/* A gap or an end comes in a direction: what is kept of it goes first. */
static void settle(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                   unsigned d)
{
	struct stream_event first = *e;

	first.direction = (uint8_t)d;
	first.acked = STREAM_OFFSET_NONE;
	if (t->state != FOLLOW_TAKEN || t->begun[d])
		return;
	if (t->first_n[d] > 0)
		begin(f, t, &first, true);
	else
		t->begun[d] = e->kind == STREAM_GAP && d == e->direction;
}

/* Of a connection that ends, a direction was not captured, or none of its octets and not
 * its SYN. */
static void tell_unseen(struct follow *f, struct follow_talk *t, const struct stream_event *e)
{
	struct stream_event end = *e;
	struct stream_connection c;

	if (t->state != FOLLOW_TAKEN || t->silent ||
	    !streams_connection(f->streams, t->number, &c))
		return;
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		settle(f, t, e, d);
		end.direction = (uint8_t)d;
		if (!t->begun[d] && (!c.seen[d] || !(t->middle || c.syn[d])))
			f->user->late(f, t, &end);
	}
}

static void take(struct follow *f, struct follow_talk *t, const struct stream_event *e)
{
	if (!f->user->take(f, t)) {
		t->state = FOLLOW_IGNORED;
		f->no_memory++;
		return;
	}
	t->state = FOLLOW_TAKEN;
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		struct stream_event first = *e;

		first.direction = (uint8_t)d;
		first.acked = STREAM_OFFSET_NONE;
		if (t->first_n[d] > 0)
			begin(f, t, &first, false);
	}
}

static void seal(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                 const char *why)
{
	if (t->unread)
		return;
	t->unread = true;
	f->sealed++;
	f->user->sealed(f, t, e, why);
}

static void push_tls(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                     struct octets in, uint64_t offset);

/* It begins with a ClientHello. */
static void take_tls(struct follow *f, struct follow_talk *t, const struct stream_event *e)
{
	struct follow_tls *tls;
	size_t first_n[DIRECTIONS];
	uint8_t first[DIRECTIONS][FOLLOW_FIRST];

	if (!f->keys) {
		t->state = FOLLOW_IGNORED;
		seal(f, t, e, "TLS, and there is no key log");
		return;
	}
	tls = calloc(1, sizeof *tls);
	if (tls)
		tls->reader = tls_reader_new(f->keys);
	if (!tls || !tls->reader) {
		tls_free(tls);
		t->state = FOLLOW_IGNORED;
		f->no_memory++;
		return;
	}
	t->tls = tls;
	memcpy(first, t->first, sizeof first);
	memcpy(first_n, t->first_n, sizeof first_n);
	memset(t->first_n, 0, sizeof t->first_n);
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		struct stream_event part = *e;

		part.direction = (uint8_t)d;
		part.acked = STREAM_OFFSET_NONE;
		push_tls(f, t, &part, (struct octets){ first[d], first_n[d] }, 0);
	}
}

/* A direction does not begin as X.400 does, or its beginning was not captured. */
static void refuse(struct follow *f, struct follow_talk *t, const struct stream_event *e)
{
	t->middle = !t->tls && !has_syn(f, t, e->direction);
	if (t->middle)
		take(f, t, e);
	else
		t->state = FOLLOW_IGNORED;
}

/* Takes octets until they tell; returns how many. */
static size_t look(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                   struct octets in)
{
	unsigned d = e->direction;
	size_t n = t->middle ? 0 : keep_first(t, d, in);
	struct octets first = { t->first[d], t->first_n[d] };
	enum observer_guess guess = observer_guess(first);

	if (t->middle) {
		take(f, t, e);
		return 0;
	}
	if (guess == OBSERVER_YES)
		take(f, t, e);
	else if (!t->tls && tls_guess(first))
		take_tls(f, t, e);
	else if (guess == OBSERVER_NO && (t->tls || first.n >= TLS_GUESS || first.p[0] != 0x16))
		refuse(f, t, e);
	return n;
}

/* Octets of the connection, or of what TLS had inside. */
static void clear_octets(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                         struct octets in, uint64_t offset)
{
	if (t->state == FOLLOW_LOOKING) {
		bool sealed = t->tls;
		size_t n = look(f, t, e, in);

		in.p += n;
		in.n -= n;
		offset += n;
		if (t->tls && !sealed) {
			push_tls(f, t, e, in, offset);
			return;
		}
	}
	if (t->state == FOLLOW_TAKEN)
		pass(f, t, e, in, offset);
}

/* ---- TLS ---- */

static void note_record(struct record_ring *r, struct record new)
{
	if (!r->at)
		r->at = calloc(FOLLOW_RECORDS, sizeof *r->at);
	if (r->at)
		r->at[r->n++ % FOLLOW_RECORDS] = new;
}

static void push_tls(struct follow *f, struct follow_talk *t, const struct stream_event *e,
                     struct octets in, uint64_t offset)
{
	struct follow_tls *tls = t->tls;
	unsigned d = e->direction;
	struct stream_event part = *e;

	f->plain = false;
	part.acked = STREAM_OFFSET_NONE;	/* of another count */
	while (in.n > 0 && t->state != FOLLOW_IGNORED) {
		struct octets inside;
		size_t n = tls_reader_push(tls->reader, d, in, &inside);

		in.p += n;
		in.n -= n;
		offset += n;
		if (tls_reader_state(tls->reader) != TLS_READS) {
			seal(f, t, e, tls_reader_text(tls->reader));
			return;
		}
		if (inside.n == 0)
			continue;
		note_record(&tls->records[d],
		            (struct record){ tls->inside[d], tls->begun[d], offset });
		tls->begun[d] = offset;
		tls->inside[d] += inside.n;
		clear_octets(f, t, &part, inside, tls->inside[d] - inside.n);
	}
}

/* The record that holds an octet; NULL: too long ago. */
static const struct record *find_record(const struct record_ring *r, uint64_t inside)
{
	uint64_t low = r->n > FOLLOW_RECORDS ? r->n - FOLLOW_RECORDS : 0, high = r->n;

	if (!r->at || r->n == 0 || r->at[low % FOLLOW_RECORDS].inside > inside)
		return NULL;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (r->at[middle % FOLLOW_RECORDS].inside <= inside)
			low = middle;
		else
			high = middle;
	}
	return &r->at[low % FOLLOW_RECORDS];
}

bool follow_frame(const struct follow *f, uint32_t number, enum capture_direction d,
                  uint64_t offset, uint32_t *first, uint32_t *last)
{
	const struct follow_talk *t = follow_find(f, number);
	const struct record *r;
	uint32_t ignored;

	if (!t || !t->tls)
		return streams_frame(f->streams, number, d, offset, first, last);
	r = find_record(&t->tls->records[d], offset);
	return r && streams_frame(f->streams, number, d, r->from, first, &ignored) &&
	       streams_frame(f->streams, number, d, r->to - 1, &ignored, last);
}

bool follow_run(const struct follow *f, uint32_t number, enum capture_direction d,
                uint64_t offset, uint32_t *first, uint32_t *last, uint64_t *end)
{
	const struct follow_talk *t = follow_find(f, number);

	*end = 0;
	if (t && t->tls)
		return follow_frame(f, number, d, offset, first, last);
	return streams_run(f->streams, number, d, offset, first, last, end);
}

/* ---- what the streams say ---- */

static enum follow_as forced_as(const struct follow *f, uint32_t number)
{
	if (f->shares > 0 && number % f->shares != f->share)
		return FOLLOW_NONE;
	if (f->only)
		return follow_has_port(f, number, f->only) ? FOLLOW_X400 : FOLLOW_NONE;
	for (size_t i = 0; i < f->forced_n; i++)
		if (follow_has_port(f, number, f->forced[i].port))
			return (enum follow_as)f->forced[i].as;
	return FOLLOW_ANY;
}

static void on_open(struct follow *f, const struct stream_event *e)
{
	struct follow_talk *t = calloc(1, f->user->size);

	if (!t) {
		f->no_memory++;
		return;
	}
	t->number = e->connection;
	t->begun_ns = e->time_ns;
	t->silent = true;
	t->chain = f->talks[t->number % FOLLOW_BUCKETS];
	f->talks[t->number % FOLLOW_BUCKETS] = t;
	f->talks_n++;
	switch (forced_as(f, t->number)) {
	case FOLLOW_ANY:
		break;
	case FOLLOW_X400:
		take(f, t, e);
		break;
	case FOLLOW_TLS:
		take_tls(f, t, e);
		break;
	case FOLLOW_NONE:
		t->state = FOLLOW_IGNORED;
		break;
	}
}

static void on_octets(struct follow *f, struct follow_talk *t, const struct stream_event *e)
{
	t->silent = false;
	f->plain = !t->tls;
	if (t->tls)
		push_tls(f, t, e, e->octets, e->offset);
	else
		clear_octets(f, t, e, e->octets, e->offset);
}

/* Gaps, ends and notes.  Inside TLS no more can be missing than outside. */
static void on_other(struct follow *f, struct follow_talk *t, const struct stream_event *e)
{
	struct stream_event inside = *e;
	bool gap = e->kind == STREAM_GAP;

	if (e->kind == STREAM_NOTE && e->note == NOTE_MIDDLE)
		t->middle = true;
	if (gap && t->state == FOLLOW_LOOKING && !t->tls) {
		t->middle = true;
		take(f, t, e);
	}
	if (gap || e->kind == STREAM_FIN)
		settle(f, t, e, e->direction);
	for (unsigned d = 0; e->kind == STREAM_RST && d < DIRECTIONS; d++)
		settle(f, t, e, d);
	if (!t->tls || e->kind == STREAM_NOTE) {
		f->user->event(f, t, e);
		return;
	}
	inside.offset = t->tls->inside[e->direction];
	f->user->event(f, t, &inside);
	if (!gap)
		return;
	tls_reader_gap(t->tls->reader, e->direction);
	t->tls->begun[e->direction] = e->offset + e->length;
	t->tls->inside[e->direction] += e->length;
}

static void on_event(struct follow *f, const struct stream_event *e)
{
	struct follow_talk **at;

	f->now = *e;
	f->events++;
	if (e->kind == STREAM_OPEN)
		on_open(f, e);
	at = place(f, e->connection);
	if (!*at)
		return;
	if (e->kind == STREAM_END)
		end_talk(f, at, e);
	else if (e->kind == STREAM_OCTETS)
		on_octets(f, *at, e);
	else if (e->kind != STREAM_OPEN && e->kind != STREAM_SYN)
		on_other(f, *at, e);
}

static void pop_events(struct follow *f)
{
	struct stream_event e;

	while (streams_pop(f->streams, &e))
		on_event(f, &e);
}

/* ---- the capture ---- */

bool follow_force(struct follow *f, const char *word)
{
	static const char *const names[] = {
		[FOLLOW_X400] = "=x400", [FOLLOW_TLS] = "=tls", [FOLLOW_NONE] = "=none",
	};
	char *end;
	unsigned long port = strtoul(word, &end, 10);
	enum follow_as as = FOLLOW_ANY;

	if (end == word || port == 0 || port > UINT16_MAX || f->forced_n == FOLLOW_FORCED)
		return false;
	for (unsigned i = FOLLOW_X400; i <= FOLLOW_NONE; i++)
		if (strcmp(end, names[i]) == 0)
			as = (enum follow_as)i;
	if (!*end)
		as = FOLLOW_X400;
	f->forced[f->forced_n++] = (struct follow_port){ (uint16_t)port, (uint8_t)as };
	return as != FOLLOW_ANY;
}

static void take_secrets(void *ctx, struct octets lines)
{
	struct follow *f = ctx;

	if (f->user->secrets)
		f->user->secrets(f, lines);
	if (!f->keys)
		f->keys = tls_keys_new();
	if (!f->keys || !tls_keys_add(f->keys, lines))
		f->no_memory++;
}

bool follow_open(struct follow *f, const struct follow_user *user, const struct follow_input *in,
                 char *why, size_t why_cap)
{
	f->user = user;
	f->streams = streams_new();
	if (in->key_log)
		f->keys = tls_keys_new();
	if (!f->streams || (in->key_log && !f->keys)) {
		snprintf(why, why_cap, "no memory");
		return false;
	}
	if (cli_stop) {			/* before a read that may wait */
		snprintf(why, why_cap, "interrupted");
		return false;
	}
	if (in->key_log && !tls_keys_read(f->keys, in->key_log, why, why_cap))
		return false;
	f->capture = in->live ? capture_open_live(in->live, why, why_cap)
	                      : capture_open(in->path, why, why_cap);
	if (!f->capture)
		return false;
	capture_secrets(f->capture, take_secrets, f);
	return !in->filter || capture_filter(f->capture, in->filter, why, why_cap);
}

void follow_close(struct follow *f)
{
	for (size_t i = 0; f->talks_n > 0; i++)
		while (f->talks[i])
			end_talk(f, &f->talks[i], &f->now);
	streams_free(f->streams);
	if (f->capture)
		capture_close(f->capture);
	tls_keys_free(f->keys);
}

bool follow_next(struct follow *f, struct capture_packet *p)
{
	enum capture_got got = cli_stop ? CAPTURE_END : capture_next(f->capture, p);

	if (got == CAPTURE_IDLE)
		p->frame = 0;
	return got == CAPTURE_PACKET || got == CAPTURE_IDLE;
}

void follow_push(struct follow *f, const struct capture_packet *p)
{
	if (p->has_time && !f->has_zero) {
		f->has_zero = true;
		f->zero_ns = p->time_ns;
	}
	if (p->has_time && p->time_ns > f->last_ns)
		f->last_ns = p->time_ns;
	streams_push(f->streams, p);
	pop_events(f);
}

void follow_finish(struct follow *f)
{
	streams_finish(f->streams);
	pop_events(f);
}

void follow_say_damage(const char *verb, const char *path, const struct capture_status *st)
{
	const struct capture_hole *h = &st->first;

	if (st->holes)
		fprintf(stderr, "x400rig %s: %s: what came before frame %" PRIu32 " cannot be "
		        "read: octet %" PRIu64 " of the file: %s; read on at octet %" PRIu64 "\n",
		        verb, path, h->frame, h->position, h->text, h->behind);
	if (st->holes > 1)
		fprintf(stderr, "x400rig %s: %s: %" PRIu64 " octets in %" PRIu32 " such places\n",
		        verb, path, st->passed, st->holes);
	if (st->damaged)
		fprintf(stderr, "x400rig %s: %s: frame %" PRIu32 " cannot be read: octet %" PRIu64
		        " of the file: %s; nothing behind it is read\n", verb, path, st->frames + 1,
		        st->position, st->text);
}
