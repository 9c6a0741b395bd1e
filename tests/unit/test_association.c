/*
 * Two ends of an association joined in memory: whatever the cuts of the
 * octet streams, both see the same, and contents arrive as they left.
 */
#include "association/association.h"

#include "../lib/pool.h"
#include "capture/capture.h"
#include "capture/streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CONTENT_MAX = 200000 };

struct side {
	struct association a;
	struct side *other;
	bool bound, refused, released, aborted, wants_close;
	uint32_t error;
	/* sending */
	const uint8_t *content;
	uint32_t confirmed, failed;
	/* receiving */
	uint8_t got[CONTENT_MAX];
	size_t got_n, lent_max;
	uint32_t messages, syncs, most_unconfirmed;
	char envelope[512];
	bool hold;			/* acknowledge nothing */
	bool lends_more;		/* than is wanted */
	bool pleased, given;
	bool may_find;			/* a finding is no failure */
	struct association_lost lost;	/* of the association before */
	bool any_secret;		/* accepts every password */
	bool recovers;			/* accepts a recovery that `lost` knows */
	struct p1_bind heard;		/* bind of the peer */
	char name[20], ssel[20], psel[20], calling_ref[20];
	uint32_t abort_reason;
	char found[64];			/* the last one */
};

static struct association_work work[2];
static struct test_pool pool;
static struct side left, right;
static int64_t now;
static uint8_t content[CONTENT_MAX];

static void on_connect(struct side *s, const struct event *e)
{
	const struct p1_bind *b = event_service(e)->detail;
	struct p1_bind ours = p1_bind_simple("RIGHT", "right-secret");

	const struct service_names *n = service_names(event_service(e));

	s->heard = *b;
	snprintf(s->name, sizeof s->name, "%.*s", (int)b->name.raw.n, b->name.raw.p);
	snprintf(s->ssel, sizeof s->ssel, "%.*s", (int)n->called_ssel.n, n->called_ssel.p);
	snprintf(s->psel, sizeof s->psel, "%.*s", (int)n->called_psel.n, n->called_psel.p);
	snprintf(s->calling_ref, sizeof s->calling_ref, "%.*s", (int)n->references.calling.n,
	         n->references.calling.p);
	if (e->type == CONFIRM) {
		s->bound = e->flags & EVENT_F_POSITIVE;
		s->refused = !s->bound;
		s->error = event_service(e)->reason;
	} else if (b->rt.opening == RTSE_RECOVER) {
		s->recovers = s->recovers && rtse_lost_is(&s->lost.rtse, now, &b->rt.session) &&
		              association_adopt(&s->a, &s->lost);
		if (s->recovers)
			association_accept(&s->a, now, NULL);
		else
			association_refuse(&s->a, now, P1_BIND_BUSY);
		s->bound = s->recovers;
	} else if (s->any_secret || ber_string_equal(&b->secret, octets_of("left-secret"))) {
		association_accept(&s->a, now, &ours);
		s->bound = true;
	} else {
		association_refuse(&s->a, now, P1_BIND_AUTHENTICATION);
	}
}

static void on_transfer(struct side *s, const struct event *e)
{
	bool positive = e->flags & EVENT_F_POSITIVE;

	if (e->type == CONFIRM) {
		s->confirmed += positive;
		s->failed += !positive;
		return;
	}
	if (e->flags & EVENT_F_FIRST) {
		struct findings f = { .n = 0 };
		struct p1_apdu apdu;
		struct text t;

		const struct p1_arrival *arrival = event_service(e)->detail;

		if (arrival->resumed)
			assert_int_equal(s->got_n, arrival->content_at);
		else
			s->got_n = 0;
		text_init(&t, s->envelope, sizeof s->envelope);
		assert_true(p1_decode(event_service(e)->data, &apdu, &f));
		p1_text(&t, &apdu);
	}
	if (e->flags & EVENT_F_LAST && positive) {
		s->messages++;
		if (!s->hold)
			association_secured_all(&s->a, now);
	}
}

static uint64_t largest_tsdu;

/* Octets of the TSDUs that come in; a TPDU holds them whole. */
static void measure(const struct side *s, const struct event *e)
{
	enum { DT_HEADER = 3 };

	if (s->bound && e->value > largest_tsdu + DT_HEADER)
		largest_tsdu = e->value - DT_HEADER;
}

static void on_event(struct side *s, const struct event *e)
{
	if (e->kind == EVENT_TCP && e->code == TCP_CLOSE_WANTED)
		s->wants_close = true;
	if (e->kind == EVENT_PDU_IN && e->layer == LAYER_COTP && e->code == COTP_DT)
		measure(s, e);
	if (e->kind == EVENT_FINDING) {
		const char *name = association_rule(e->rule)->name;

		if (!s->may_find)
			fail_msg("finding %s", name);
		snprintf(s->found, sizeof s->found, "%s", name);
	}
	if (e->kind == EVENT_WANT) {
		size_t n = e->length < s->lent_max ? (size_t)e->length : s->lent_max;

		if (s->lends_more)
			n = CONTENT_MAX - (size_t)e->offset;
		association_lend(&s->a, now, (struct octets){ s->content + e->offset, n });
	}
	if (e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1)
		return;
	if (e->code == SERVICE_CONNECT) {
		on_connect(s, e);
	} else if (e->code == SERVICE_TRANSFER) {
		on_transfer(s, e);
	} else if (e->code == SERVICE_DATA) {
		const struct service *d = event_service(e);

		assert_true(s->got_n + d->data.n <= sizeof s->got);
		memcpy(s->got + s->got_n, d->data.p, d->data.n);
		s->got_n += d->data.n;
	} else if (e->code == SERVICE_SYNC_MINOR && e->type == INDICATION) {
		s->syncs++;
		if (!s->hold)
			association_secured(&s->a, now, e->value);
	} else if (e->code == SERVICE_RELEASE) {
		if (e->type == INDICATION)
			association_release_answer(&s->a, now);
		s->released = true;
	} else if (e->code == SERVICE_TOKEN_PLEASE) {
		s->pleased = true;
	} else if (e->code == SERVICE_CONTROL_GIVE) {
		s->given = true;
	} else if (e->code == SERVICE_U_ABORT || e->code == SERVICE_P_ABORT) {
		s->aborted = true;
		s->abort_reason = event_service(e)->reason;
		s->bound = false;
	}
}

static void drain(struct side *s)
{
	struct event e;

	while (association_event(&s->a, &e))
		on_event(s, &e);
}

/* Moves at most `cut` octets from one end to the other, in a block of just
 * that size; true if some moved. */
static bool move(struct side *from, size_t cut)
{
	struct octets slices[ASSOCIATION_SLICES];
	size_t n = association_pop(&from->a, slices, ASSOCIATION_SLICES), take, at = 0;
	uint8_t *copy;

	if (n == 0)
		return false;
	take = slices[0].n < cut ? slices[0].n : cut;
	copy = malloc(take);
	assert_non_null(copy);
	memcpy(copy, slices[0].p, take);
	association_popped(&from->a, now, take);
	drain(from);
	while (at < take) {
		size_t taken = association_push(&from->other->a, now, copy + at, take - at);

		at += taken;
		drain(from->other);
		if (taken == 0 && from->other->a.broken)
			break;
	}
	free(copy);
	return true;
}

static void settle(size_t cut)
{
	bool moved;

	do {
		moved = move(&left, cut);
		moved = move(&right, cut) || moved;
		now += 1000;
	} while (moved);
}

/* Application context, recovery, and what a test changes beside. */
static enum association_context context;
static int64_t recovery_us;
static void (*change)(struct association_config *c);
static struct association_references reference;

static void begin_with(uint32_t checkpoint, uint32_t window)
{
	static struct association_config lent[2];
	struct association_config c;

	memset(&left, 0, sizeof left);
	memset(&right, 0, sizeof right);
	memset(work, 0, sizeof work);
	work[0].next = &work[1];
	test_pool_init(&pool);
	left.other = &right;
	right.other = &left;
	left.content = content;
	left.lent_max = right.lent_max = 10000;
	for (int i = 0; i < 2; i++) {
		association_defaults(&c, i == 0);
		association_use(&c, context);
		c.rtse.recovery_us = recovery_us;
		if (recovery_us && i == 0)
			c.references = reference.references;
		if (change)
			change(&c);
		c.number = (uint32_t)i + 1;
		c.pool = &pool.pool;
		c.work = work;
		c.rtse.checkpoint = checkpoint;
		c.rtse.window = window;
		lent[i] = c;
		association_init(i == 0 ? &left.a : &right.a, &lent[i]);
	}
	association_connected(&right.a, now);
	drain(&right);
	association_connected(&left.a, now);
	drain(&left);
}

static void bind_as(const char *password, size_t cut)
{
	struct p1_bind b = p1_bind_simple("LEFT", password);

	association_bind(&left.a, now, &b);
	drain(&left);
	settle(cut);
}

static void finish(void)
{
	association_drop(&left.a);
	association_drop(&right.a);
	assert_int_equal(pool.leases, 0);
}

static uint8_t head[2048];

static struct p1_transfer message(size_t length)
{
	struct p1_name name;
	uint8_t address[200];
	size_t bad, n;
	struct p1_recipient r = { .number = 1, .indicators = P1_RESPONSIBILITY };
	struct p1_message m = { .recipients_n = 1, .recipients = &r };

	assert_true(p1_name_parse(octets_of("C=XX;A=TEST;P=DOWN;S=Tester"), &name, &bad));
	n = p1_name_encode(&name, 0x60, address, sizeof address);
	m.originator = r.name = (struct octets){ address, n };
	m.id.domain = (struct p1_domain){ name.country, name.admd, name.prmd };
	m.id.local = p1_string("id-1");
	m.content_type = (struct p1_content_type){ true, false, P1_CONTENT_P22, { NULL, 0 } };
	m.trace = (struct p1_trace){ .domain = m.id.domain, .arrival = p1_string("261121120000Z") };
	n = p1_message_head(&m, length, head, sizeof head);
	assert_in_range(n, 1, sizeof head);
	return (struct p1_transfer){ .id = 1, .head = { head, n }, .content_length = length };
}

static void transfer(size_t length, size_t cut)
{
	struct p1_transfer t = message(length);

	association_transfer(&left.a, now, &t);
	drain(&left);
	settle(cut);
}

static int fill(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 7 + i / 251);
	return 0;
}

static void finish_all(void)
{
	finish();
	context = ASSOCIATION_MTS_TRANSFER;
	recovery_us = 0;
	change = NULL;
}

/* ---- tests ---- */

static void every_cut_gives_the_same(void **state)
{
	static const size_t cuts[] = { 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 29, 64, 100, 1000, 100000 };
	static const size_t lengths[] = { 0, 1, 900, 1024, 5000, 20000 };

	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++)
		for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
			begin_with(1, 3);
			bind_as("left-secret", cuts[i]);
			assert_true(left.bound && right.bound);
			transfer(lengths[k], cuts[i]);
			assert_int_equal(left.confirmed, 1);
			assert_int_equal(right.messages, 1);
			assert_int_equal(right.got_n, lengths[k]);
			assert_memory_equal(right.got, content, lengths[k]);
			assert_non_null(strstr(right.envelope, "to=1"));
			association_release(&left.a, now);
			drain(&left);
			settle(cuts[i]);
			assert_true(left.released && right.released && left.wants_close);
			finish();
		}
}

static void large_contents_pass_in_any_lending(void **state)
{
	static const size_t lent[] = { 1000, 8191, 8192, 8193, 65536, CONTENT_MAX };
	static const uint32_t checkpoints[] = { 0, 1, 7, 30, 64 };

	(void)state;
	for (size_t i = 0; i < sizeof lent / sizeof lent[0]; i++)
		for (size_t k = 0; k < sizeof checkpoints / sizeof checkpoints[0]; k++) {
			begin_with(checkpoints[k], 5);
			bind_as("left-secret", 100000);
			left.lent_max = lent[i];
			transfer(CONTENT_MAX, 1460);
			assert_int_equal(right.got_n, CONTENT_MAX);
			assert_memory_equal(right.got, content, CONTENT_MAX);
			assert_int_equal(left.confirmed, 1);
			finish();
		}
}

static void many_messages_on_one_association(void **state)
{
	(void)state;
	begin_with(30, 5);
	bind_as("left-secret", 1460);
	for (uint32_t i = 1; i <= 300; i++) {
		transfer(i * 10, 1460);
		assert_int_equal(right.messages, i);
		assert_int_equal(left.confirmed, i);
		assert_memory_equal(right.got, content, i * 10);
	}
	finish();
}

static void a_wrong_password_is_refused(void **state)
{
	(void)state;
	begin_with(30, 5);
	bind_as("guess", 7);
	assert_true(left.refused);
	assert_int_equal(left.error, P1_BIND_AUTHENTICATION);
	assert_false(right.bound);
	assert_true(left.wants_close);		/* the CN sender closes after RF, Table A.8 */
	finish();
}

/* Nothing is acknowledged before the user says that it is safe. */
static void the_window_closes_without_secured(void **state)
{
	(void)state;
	begin_with(1, 3);
	bind_as("left-secret", 1460);
	right.hold = true;
	transfer(20000, 1460);
	assert_int_equal(right.syncs, 3);
	assert_int_equal(left.confirmed, 0);
	assert_int_equal(right.messages, 0);
	right.hold = false;
	association_secured(&right.a, now, 3);
	drain(&right);
	settle(1460);
	assert_int_equal(left.confirmed, 1);
	assert_memory_equal(right.got, content, 20000);
	finish();
}

static void an_abort_ends_both(void **state)
{
	(void)state;
	begin_with(1, 3);
	bind_as("left-secret", 1460);
	right.hold = true;
	transfer(20000, 1460);
	association_abort(&right.a, now);
	drain(&right);
	settle(1460);
	assert_true(left.aborted);
	assert_int_equal(left.failed, 1);
	finish();
}

static void tcp_gone_in_mid_activity(void **state)
{
	static const enum association_tcp_end ends[] = { TCP_END_FIN, TCP_END_RST, TCP_END_CLOSED };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin_with(1, 3);
		bind_as("left-secret", 1460);
		right.hold = true;
		transfer(20000, 1460);
		association_end(&left.a, now, ends[i]);
		drain(&left);
		association_end(&right.a, now, ends[i]);
		drain(&right);
		assert_true(left.aborted && right.aborted);
		assert_int_equal(left.failed, 1);
		finish();
	}
}

static void two_way(struct association_config *c)
{
	c->rtse.dialogue = RTSE_TWO_WAY_ALTERNATE;
}

static void turns_change_hands(void **state)
{
	struct p1_transfer t = message(500);

	(void)state;
	change = two_way;
	begin_with(1, 3);
	bind_as("left-secret", 1460);
	association_turn_please(&right.a, now, 3);
	drain(&right);
	settle(1460);
	assert_true(left.pleased);
	association_turn_give(&left.a, now);
	drain(&left);
	settle(1460);
	assert_true(right.given);
	right.content = content;
	association_transfer(&right.a, now, &t);
	drain(&right);
	settle(1460);
	assert_int_equal(right.confirmed, 1);
	assert_memory_equal(left.got, content, 500);
	finish_all();
}

/* Sync points are secured, then the receiver cannot keep the whole. */
static void the_receiver_rejects(void **state)
{
	(void)state;
	begin_with(0, 3);
	bind_as("left-secret", 1460);
	right.hold = true;
	transfer(5000, 1460);
	assert_int_equal(left.confirmed + left.failed, 0);
	association_reject(&right.a, now, 1);
	drain(&right);
	settle(1460);
	assert_int_equal(left.failed, 1);
	assert_false(left.aborted || right.aborted);
	right.hold = false;
	right.got_n = 0;
	transfer(700, 1460);			/* and the next one passes */
	assert_int_equal(left.confirmed, 1);
	finish();
}

static void the_sender_discards(void **state)
{
	(void)state;
	begin_with(1, 3);
	bind_as("left-secret", 1460);
	right.hold = true;
	transfer(20000, 1460);
	association_discard(&left.a, now, 1);
	drain(&left);
	settle(1460);
	assert_int_equal(left.failed, 1);
	assert_false(left.aborted || right.aborted);
	finish();
}

static void the_whole_is_secured_later(void **state)
{
	(void)state;
	begin_with(0, 3);
	bind_as("left-secret", 1460);
	right.hold = true;
	transfer(5000, 1460);
	assert_int_equal(left.confirmed, 0);
	association_secured_all(&right.a, now);
	drain(&right);
	settle(1460);
	assert_int_equal(left.confirmed, 1);
	finish();
}

/* No frame: there is no way back into step (RFC 1006 6). */
static void what_is_no_frame_closes(void **state)
{
	static const uint8_t request[] = "GET / HTTP/1.0\r\n";

	(void)state;
	begin_with(1, 3);
	right.may_find = true;
	assert_int_equal(association_push(&right.a, now, request, sizeof request), sizeof request);
	drain(&right);
	assert_true(right.wants_close);
	assert_string_equal(right.found, "tpkt.version");
	assert_int_equal(association_push(&right.a, now, request, 3), 3);	/* dropped */
	drain(&right);
	finish();
}

/* TS1 runs out when no CC comes (X.224 6.5.4 note 2). */
static void deadlines_are_kept(void **state)
{
	struct association_config c;
	struct p1_bind b = p1_bind_simple("LEFT", "left-secret");

	(void)state;
	begin_with(1, 3);
	association_defaults(&c, true);
	c.pool = &pool.pool;
	c.work = work;
	c.cotp.ts1_us = 5 * SECOND_US;
	association_init(&left.a, &c);
	assert_int_equal(association_deadline(&left.a), NEVER_US);
	association_connected(&left.a, now);
	association_bind(&left.a, now, &b);
	left.may_find = true;
	drain(&left);
	assert_int_equal(association_deadline(&left.a), now + 5 * SECOND_US);
	association_tick(&left.a, now + SECOND_US);
	drain(&left);
	assert_false(left.refused);
	association_tick(&left.a, now + 5 * SECOND_US);
	drain(&left);
	assert_true(left.refused || left.aborted);
	assert_true(left.wants_close);
	assert_string_equal(left.found, "cotp.timeout");
	assert_int_equal(association_deadline(&left.a), NEVER_US);
	finish();
}

/* The events of one end wait while another one is called. */
static void events_wait_beside_each_other(void **state)
{
	struct p1_bind b = p1_bind_simple("LEFT", "left-secret");
	struct event e;

	(void)state;
	begin_with(1, 3);
	association_bind(&left.a, now, &b);
	association_end(&right.a, now, TCP_END_FIN);
	assert_true(association_event(&left.a, &e));
	assert_true(association_event(&right.a, &e));
	drain(&left);
	drain(&right);
	finish();
}

/* An end can be dropped while output, input and events wait. */
static void dropped_at_any_time(void **state)
{
	for (size_t popped = 0; popped < 40; popped += 3) {
		struct p1_transfer t = message(20000);
		struct p1_bind b = p1_bind_simple("LEFT", "left-secret");

		(void)state;
		begin_with(1, 3);
		association_bind(&left.a, now, &b);
		if (popped % 2)
			drain(&left);
		for (size_t i = 0; i < popped; i++)
			if (!move(&left, 50))
				move(&right, 50);
		association_transfer(&left.a, now, &t);
		left.may_find = true;
		finish();
	}
}

/* ---- application contexts ---- */

static void give_turn(struct side *from, size_t cut)
{
	association_turn_give(&from->a, now);
	drain(from);
	settle(cut);
	assert_true(from->other->given);
}

static void transfer_back(size_t length, size_t cut)
{
	struct p1_transfer t = message(length);

	right.content = content;
	association_transfer(&right.a, now, &t);
	drain(&right);
	settle(cut);
	assert_int_equal(right.confirmed, 1);
	assert_int_equal(left.got_n, length);
	assert_memory_equal(left.got, content, length);
}

static void old_session(struct association_config *c)
{
	two_way(c);
	c->session.versions = c->session.proposed_versions = SESSION_VERSION_1;
}

static bool version_1;

static void old_session_if(struct association_config *c)
{
	if (version_1)
		old_session(c);
}

/* Bind, transfers in both directions, turn and release, in every context, mode of
 * session and cut. */
static void every_context_passes(void **state)
{
	static const size_t cuts[] = { 1, 7, 100, 100000 };
	static const uint32_t checkpoints[] = { 0, 1 };

	(void)state;
	for (int i = 0; i < ASSOCIATION_CONTEXTS * 2; i++)
		for (size_t k = 0; k < 8; k++) {
			size_t cut = cuts[k / 2];

			context = (enum association_context)(i / 2);
			change = i % 2 ? old_session : two_way;
			begin_with(checkpoints[k % 2], 3);
			bind_as("left-secret", cut);
			assert_true(left.bound && right.bound);
			assert_int_equal(right.heard.rt.protocol,
			                 context == ASSOCIATION_MTS_TRANSFER ? 0 :
			                 context == ASSOCIATION_MTS_TRANSFER_PROTOCOL ? 12 : 1);
			assert_int_equal(right.heard.rt.dialogue, RTSE_TWO_WAY_ALTERNATE);
			transfer(9000, cut);
			assert_int_equal(left.confirmed, 1);
			assert_memory_equal(right.got, content, 9000);
			association_turn_please(&right.a, now, 1);
			drain(&right);
			settle(cut);
			assert_true(left.pleased);
			give_turn(&left, cut);
			transfer_back(3000, cut);
			give_turn(&right, cut);
			association_release(&left.a, now);
			drain(&left);
			settle(cut);
			assert_true(left.released && right.released && left.wants_close);
			finish_all();
		}
}

static void any_mode(struct association_config *c)
{
	if (!c->initiator)
		association_use_any(c);
}

/* X.216, X.217: the mode is the caller's choice; a responder may take each. */
static void one_responder_takes_every_mode(void **state)
{
	static const size_t cuts[] = { 1, 100, 100000 };

	(void)state;
	for (size_t i = 0; i < ASSOCIATION_CONTEXTS * 3; i++) {
		context = (enum association_context)(i / 3);
		change = any_mode;
		begin_with(1, 3);
		bind_as("guess", cuts[i % 3]);
		assert_true(left.refused);
		assert_int_equal(left.error, P1_BIND_AUTHENTICATION);
		finish_all();
		begin_with(1, 3);
		bind_as("left-secret", cuts[i % 3]);
		assert_true(left.bound && right.bound);
		assert_int_equal(association_context_of(&left.a), context);
		assert_int_equal(association_context_of(&right.a), context);
		transfer(9000, cuts[i % 3]);
		assert_memory_equal(right.got, content, 9000);
		association_release(&left.a, now);
		drain(&left);
		settle(cuts[i % 3]);
		assert_true(left.released && right.released);
		finish_all();
	}
}

static void refusals_of_each_context(void **state)
{
	(void)state;
	for (int i = 0; i < ASSOCIATION_CONTEXTS; i++) {
		context = (enum association_context)i;
		begin_with(1, 3);
		bind_as("guess", 100);
		assert_true(left.refused);
		assert_int_equal(left.error, P1_BIND_AUTHENTICATION);
		finish_all();
	}
}

/* The modes do not meet: the connection is refused or aborted, nobody hangs. */
/* The initiator of a capture meets our responder: what it sends is taken in any
 * cut, answered, and the message is there. */
static void play(const char *path, size_t cut)
{
	char why[256] = "";
	struct capture *c = capture_open(path, why, sizeof why);
	struct streams *s = streams_new();
	struct capture_packet packet;
	struct stream_event e;

	if (!c || !s)
		fail_msg("%s", why);
	while (capture_next(c, &packet) == CAPTURE_PACKET) {
		streams_push(s, &packet);
		while (streams_pop(s, &e)) {
			if (e.kind != STREAM_OCTETS || e.direction != 0)
				continue;
			for (size_t at = 0, n; at < e.octets.n; at += n) {
				n = e.octets.n - at < cut ? e.octets.n - at : cut;
				n = association_push(&right.a, now, e.octets.p + at, n);
				drain(&right);
			}
		}
	}
	streams_free(s);
	capture_close(c);
}

static void real_callers_are_understood(void **state)
{
	static const struct {
		enum association_context context;
		const char *path, *name;
		uint32_t messages;
	} calls[] = {
		{ ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984, "captures/transfer-1984.pcap", "NORTH",
		  1 },
		{ ASSOCIATION_MTS_TRANSFER, "captures/transfer-1988.pcap", "NORTH", 1 },
		{ ASSOCIATION_MTS_TRANSFER, "captures/ping-success.pcap", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0] * 3; i++) {
		static const size_t cuts[] = { 1, 100, 100000 };
		size_t k = i / 3;

		context = calls[k].context;
		change = i % 2 ? any_mode : NULL;
		begin_with(30, 3);
		right.may_find = true;
		right.any_secret = true;
		play(calls[k].path, cuts[i % 3]);
		assert_int_equal(right.messages, calls[k].messages);
		assert_true(right.released);
		if (calls[k].name)
			assert_string_equal(right.name, calls[k].name);
		finish_all();
	}
}

static void contexts_do_not_mix(void **state)
{
	struct association_config c;

	(void)state;
	for (int i = 0; i < 2; i++) {
		context = i ? ASSOCIATION_MTS_TRANSFER : ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
		begin_with(1, 3);
		association_defaults(&c, false);
		association_use(&c, i ? ASSOCIATION_MTS_TRANSFER_PROTOCOL :
		                ASSOCIATION_MTS_TRANSFER);
		c.number = 2;
		c.pool = &pool.pool;
		c.work = work;
		association_init(&right.a, &c);
		association_connected(&right.a, now);
		left.may_find = right.may_find = true;
		drain(&right);
		bind_as("left-secret", 100);
		assert_true(left.refused || left.aborted);
		finish_all();
	}
}

static void abort_reasons_of_each_context(void **state)
{
	(void)state;
	for (int i = 0; i < ASSOCIATION_CONTEXTS; i++)
		for (uint32_t reason = 0; reason <= RTSE_ABORT_TRANSFER_COMPLETED; reason++) {
			context = (enum association_context)i;
			begin_with(1, 3);
			bind_as("left-secret", 100);
			association_abort_because(&left.a, now, (enum rtse_abort)reason, 2);
			drain(&left);
			settle(100);
			assert_true(right.aborted);
			assert_int_equal(right.abort_reason, reason);
			finish_all();
		}
}

static void selectors(struct association_config *c)
{
	c->cotp.local = octets_of(c->initiator ? "TL" : "TR");
	c->cotp.remote = octets_of(c->initiator ? "TR" : "TL");
	c->cotp.check_calling = true;
	c->calling_ssel = octets_of("SL");
	c->called_ssel = octets_of("SR");
	c->responding_ssel = octets_of("SR");
	c->session.local_ssel = octets_of("SR");
	c->presentation.called_psel = octets_of("PR");
	c->presentation.local_psel = octets_of("PR");
	c->references.called = octets_of("\x04\x01R");
	c->session.units |= UNIT_TYPED_DATA;
	c->rtse.units = UNIT_TYPED_DATA;
}

static void selectors_and_references_arrive(void **state)
{
	(void)state;
	association_references(&reference, false, octets_of("LEFT"), "261121120000Z", 7);
	recovery_us = SECOND_US;
	change = selectors;
	begin_with(1, 3);
	bind_as("left-secret", 100);
	assert_true(left.bound && right.bound);
	assert_string_equal(right.ssel, "SR");
	assert_string_equal(right.psel, "PR");
	assert_string_equal(right.calling_ref, "\x04\x04LEFT");
	assert_string_equal(left.ssel, "SR");
	assert_int_equal(right.a.session.units, UNITS_RTSE | UNIT_TYPED_DATA);
	finish_all();
	/* A name longer than a reference holds is cut. */
	association_references(&reference, true,
	                       octets_of("a name of a message transfer agent that is longer than "
	                                 "sixty-two octets"), "261121120000Z", 99);
	assert_int_equal(reference.references.calling.n, 64);
	assert_int_equal(reference.references.calling.p[0], 0x14);
	assert_string_equal(association_context_name(ASSOCIATION_MTS_TRANSFER), "mts-transfer");
	assert_string_equal(association_context_name(ASSOCIATION_CONTEXTS), "?");
}

/* ---- segmenting ---- */

static uint16_t tsdu_size;

static void small_tsdus(struct association_config *c)
{
	c->session.tsdu_size = 65535;
	c->session.send_size = tsdu_size;
	c->rtse.dialogue = RTSE_TWO_WAY_ALTERNATE;
	old_session_if(c);
}

/* No TSDU is longer than agreed, in either direction, whatever the session version;
 * everything arrives. */
static void segments_arrive(void **state)
{
	static const uint16_t sizes[] = { 1, 128, 150, 2041, 40000 };

	(void)state;
	for (int i = 0; i < ASSOCIATION_CONTEXTS * 2; i++)
		for (size_t k = 0; k < sizeof sizes / sizeof sizes[0] * 2; k++) {
			size_t cut = k % 2 ? 7 : 1460;

			context = (enum association_context)(i / 2);
			version_1 = i % 2;
			tsdu_size = sizes[k / 2];
			/* Annex D: version 1 has no segments of an AC. */
			if (version_1 && tsdu_size < 2041)
				continue;
			change = small_tsdus;
			largest_tsdu = 0;
			begin_with(k % 3 ? 1 : 0, 3);
			bind_as("left-secret", cut);
			assert_true(left.bound && right.bound);
			transfer(9000, cut);
			assert_int_equal(left.confirmed, 1);
			assert_memory_equal(right.got, content, 9000);
			association_turn_please(&right.a, now, 1);
			drain(&right);
			settle(cut);
			give_turn(&left, cut);
			transfer_back(3000, cut);
			give_turn(&right, cut);
			association_release(&left.a, now);
			drain(&left);
			settle(cut);
			assert_true(left.released && right.released);
			assert_in_range(largest_tsdu, 1, tsdu_size < 128 ? 128 : tsdu_size);
			finish_all();
		}
}

/* A transfer in segments is given up in the midst of one: what is left stays behind. */
static void segments_are_given_up(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct p1_transfer t = message(20000);

		tsdu_size = 500;
		version_1 = false;
		change = small_tsdus;
		begin_with(0, 3);
		bind_as("left-secret", 1460);
		right.hold = true;
		association_transfer(&left.a, now, &t);
		drain(&left);
		for (int k = 0; k < 9; k++)
			move(&left, 400);
		if (i == 0)
			association_discard(&left.a, now, 5);
		else if (i == 1)
			association_reject(&right.a, now, 1);
		else
			association_abort(&left.a, now);
		drain(&left);
		drain(&right);
		settle(1460);
		assert_int_equal(left.failed, 1);
		assert_int_equal(right.aborted, i == 2);
		right.hold = false;
		if (i < 2) {
			transfer(700, 1460);
			assert_int_equal(left.confirmed, 1);
			assert_memory_equal(right.got, content, 700);
		}
		finish_all();
	}
}

/* ---- recovery ---- */

/* 20,000 octets in checkpoints of 1 KiB, of which `secured` are safe. */
static struct p1_transfer break_at(uint32_t secured)
{
	struct p1_transfer t = message(20000);

	bind_as("left-secret", 1460);
	right.hold = true;
	association_transfer(&left.a, now, &t);
	drain(&left);
	settle(1460);
	association_secured(&right.a, now, secured);
	drain(&right);
	settle(1460);
	return t;
}

static void interrupted_transfers_go_on(void **state)
{
	(void)state;
	for (int i = 0; i < ASSOCIATION_CONTEXTS; i++) {
		struct association_lost lost;
		struct p1_transfer t;

		context = (enum association_context)i;
		recovery_us = SECOND_US;
		begin_with(1, 3);
		t = break_at(2);
		association_interrupt(&left.a, now, 5);
		drain(&left);
		settle(1460);
		assert_int_equal(left.failed, 1);
		assert_true(association_past(&left.a, now, &lost));
		assert_true(association_resume(&left.a, now, &lost, &t));
		assert_false(t.linked);
		assert_int_equal(t.serial, 2);
		assert_false(association_resume(&left.a, now + 3 * SECOND_US, &lost, &t));
		association_lost_drop(&lost, &pool.pool);
		right.hold = false;
		association_transfer(&left.a, now, &t);
		drain(&left);
		settle(1460);
		assert_int_equal(left.confirmed, 1);
		assert_int_equal(right.got_n, 20000);
		assert_memory_equal(right.got, content, 20000);
		finish_all();
	}
}

/* TCP goes; a new association recovers the lost one, and the transfer goes on. */
static void recover(int how, bool knows)
{
	struct association_lost lost, theirs = { .p1 = { .told = false } };
	struct p1_bind b = { .has_rt = true };
	static uint8_t had[CONTENT_MAX];
	struct test_pool kept;
	struct p1_transfer t;
	size_t got;

	recovery_us = 60 * SECOND_US;
	begin_with(1, 3);
	t = break_at(2);
	association_end(&left.a, now, how ? TCP_END_FIN : TCP_END_RST);
	drain(&left);
	association_end(&right.a, now, TCP_END_RST);
	drain(&right);
	assert_true(left.aborted && right.aborted);
	assert_true(association_past(&left.a, now, &lost));
	assert_true(association_past(&right.a, now, &theirs));
	association_drop(&left.a);
	association_drop(&right.a);
	got = right.got_n;
	/* begin_with() makes new ends: what was received is kept here. */
	kept = pool;
	memcpy(had, right.got, got);
	association_references(&reference, context != ASSOCIATION_MTS_TRANSFER, octets_of("LEFT"),
	                       "261121120500Z", 2);
	begin_with(1, 3);
	pool = kept;
	memcpy(right.got, had, got);
	right.got_n = got;
	right.lost = theirs;
	right.recovers = knows;
	b.rt = (struct rtse_open){ .opening = RTSE_RECOVER, .checkpoint = 1, .window = 3,
	                           .session = rtse_session_of(&lost.rtse.session) };
	association_bind(&left.a, now, &b);
	drain(&left);
	settle(1460);
	if (!knows) {
		assert_true(left.refused);
		association_lost_drop(&right.lost, &pool.pool);
		finish_all();
		return;
	}
	assert_true(left.bound && right.bound);
	assert_true(association_resume(&left.a, now, &lost, &t));
	assert_true(t.linked);
	association_transfer(&left.a, now, &t);
	drain(&left);
	settle(1460);
	assert_int_equal(left.confirmed, 1);
	assert_int_equal(right.messages, 1);
	assert_int_equal(right.got_n, 20000);
	assert_memory_equal(right.got, content, 20000);
	finish_all();
}

static void lost_associations_are_recovered(void **state)
{
	(void)state;
	for (int i = 0; i < ASSOCIATION_CONTEXTS * 4; i++) {
		context = (enum association_context)(i / 4);
		association_references(&reference, context != ASSOCIATION_MTS_TRANSFER,
		                       octets_of("LEFT"), "261121120000Z", 1);
		recover(i % 2, i / 2 % 2);
	}
}

/* ---- limits and odd requests ---- */

static void small_tpdus(struct association_config *c)
{
	c->cotp.size = 7;			/* 128 octets */
	c->rtse.dialogue = RTSE_TWO_WAY_ALTERNATE;
}

/* Contents pass in TPDUs of 128 octets, and what is asked for amid them leaves behind. */
static void small_tpdus_pass(void **state)
{
	static const size_t cuts[] = { 1, 3, 130, 1460 };

	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		struct p1_transfer t = message(20000);

		change = small_tpdus;
		begin_with(0, 3);
		bind_as("left-secret", cuts[i]);
		left.lent_max = 9001;
		transfer(20000, cuts[i]);
		assert_int_equal(left.confirmed, 1);
		assert_memory_equal(right.got, content, 20000);
		association_transfer(&left.a, now, &t);
		drain(&left);
		assert_false(association_idle(&left.a));
		for (int k = 0; k < 20; k++)
			move(&left, cuts[i]);
		association_abort(&left.a, now);
		drain(&left);
		settle(cuts[i]);
		assert_true(right.aborted);
		assert_false(association_bound(&left.a));
		finish_all();
	}
}

/* The user lends what nobody wants, and more than is wanted; takes slices one by one. */
static void lends_as_it_likes(void **state)
{
	struct p1_transfer t = message(CONTENT_MAX / 2);
	struct octets slices[ASSOCIATION_SLICES];

	(void)state;
	begin_with(0, 3);
	association_lend(&left.a, now, (struct octets){ content, 10 });
	drain(&left);
	bind_as("left-secret", 1460);
	left.lent_max = CONTENT_MAX;
	left.lends_more = true;
	association_transfer(&left.a, now, &t);
	drain(&left);
	assert_int_equal(association_pop(&left.a, slices, 0), 0);
	assert_int_equal(association_pop(&left.a, slices, 1), 1);
	assert_in_range(association_pop(&left.a, slices, ASSOCIATION_SLICES), 2, 3);
	settle(100000);
	assert_int_equal(left.confirmed, 1);
	assert_int_equal(right.got_n, CONTENT_MAX / 2);
	assert_memory_equal(right.got, content, CONTENT_MAX / 2);
	finish_all();
}

/* Without a buffer for output the connection can only be closed. */
static void no_memory_closes(void **state)
{
	(void)state;
	begin_with(1, 3);
	bind_as("left-secret", 1460);
	left.may_find = right.may_find = true;
	pool.refuse = pool.takes + 1;
	pool.refuse_rest = true;
	association_turn_please(&right.a, now, 1);
	drain(&right);
	assert_true(right.wants_close);
	finish_all();
}

/* A peer that reads nothing while the user asks on and on: OUTPUT_MAX is the end. */
static void endless_output_closes(void **state)
{
	(void)state;
	begin_with(1, 3);
	bind_as("left-secret", 1460);
	right.may_find = true;
	for (int i = 0; i < OUTPUT_MAX && !right.wants_close; i++) {
		association_turn_please(&right.a, now, 1);
		drain(&right);
	}
	assert_true(right.wants_close);
	finish_all();
}

static void recovers_what_there_is(void **state)
{
	struct association_lost lost = { .rtse = { .sender = false } };
	struct p1_transfer t;

	(void)state;
	recovery_us = 60 * SECOND_US;
	begin_with(1, 3);
	assert_false(association_past(&left.a, now, &lost));
	t = break_at(1);
	assert_false(association_adopt(&right.a, &lost));	/* a transfer is under way */
	assert_false(association_resume(&left.a, now, &lost, &t));
	assert_null(association_rule(0));
	assert_null(association_rule(LAYER_RTSE * 256 + 255));
	finish_all();
}

/* A detached end reads and drops, has no deadlines, and goes on where it was. */
static void detached_ends_stand_still(void **state)
{
	struct p1_transfer t;
	static const uint8_t junk[] = "junk";

	(void)state;
	begin_with(1, 3);
	bind_as("left-secret", 1460);
	association_detach(&right.a, now, false);
	association_detach(&right.a, now, true);
	assert_int_equal(association_push(&right.a, now, junk, sizeof junk), sizeof junk);
	assert_int_equal(association_deadline(&right.a), NEVER_US);
	association_tick(&right.a, now);
	association_passed(&right.a, 3);
	association_detach(&right.a, now, false);
	transfer(700, 1460);
	assert_int_equal(left.confirmed, 1);
	/* The hole of a transfer leaves meanwhile: it is told when the end is back. */
	t = message(20000);
	association_transfer(&left.a, now, &t);
	drain(&left);
	association_detach(&left.a, now, true);
	for (int i = 0; i < 40; i++)
		move(&left, 1460);
	assert_int_equal(left.confirmed, 1);
	association_detach(&left.a, now, false);
	drain(&left);
	settle(1460);
	association_detach(&right.a, now, true);
	association_end(&right.a, now, TCP_END_FIN);
	drain(&right);
	assert_false(right.aborted);
	assert_true(association_output_empty(&right.a));
	left.may_find = right.may_find = true;
	finish_all();
}

static void idle_ends_are_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct association) <= 2 * 1024);
	begin_with(30, 5);
	bind_as("left-secret", 1460);
	transfer(1000, 1460);
	assert_int_equal(pool.leases, 0);	/* an idle end holds no buffer */
	finish();
}

/* The application context that an end speaks. */
static void contexts_have_names(void **state)
{
	static const struct {
		const char *mode;
		enum association_context context;
	} said[] = {
		{ "normal", ASSOCIATION_MTS_TRANSFER },
		{ "x410", ASSOCIATION_MTS_TRANSFER_PROTOCOL },
		{ "1984", ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984 },
		{ "1992", ASSOCIATION_CONTEXTS },
	};
	struct association a = { .p1.x410 = false };

	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		assert_int_equal(association_context_said(said[i].mode), said[i].context);
	assert_int_equal(association_context_of(&a), ASSOCIATION_MTS_TRANSFER);
	a.p1.x410 = true;
	a.rtse.open.protocol = 12;	/* X.419: applicationProtocol */
	assert_int_equal(association_context_of(&a), ASSOCIATION_MTS_TRANSFER_PROTOCOL);
	a.rtse.open.protocol = 1;
	assert_int_equal(association_context_of(&a), ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984);
	assert_string_equal(association_context_name(ASSOCIATION_CONTEXTS), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_gives_the_same),
		cmocka_unit_test(large_contents_pass_in_any_lending),
		cmocka_unit_test(many_messages_on_one_association),
		cmocka_unit_test(a_wrong_password_is_refused),
		cmocka_unit_test(the_window_closes_without_secured),
		cmocka_unit_test(an_abort_ends_both),
		cmocka_unit_test(tcp_gone_in_mid_activity),
		cmocka_unit_test(turns_change_hands),
		cmocka_unit_test(the_receiver_rejects),
		cmocka_unit_test(the_sender_discards),
		cmocka_unit_test(the_whole_is_secured_later),
		cmocka_unit_test(what_is_no_frame_closes),
		cmocka_unit_test(deadlines_are_kept),
		cmocka_unit_test(events_wait_beside_each_other),
		cmocka_unit_test(dropped_at_any_time),
		cmocka_unit_test(every_context_passes),
		cmocka_unit_test(one_responder_takes_every_mode),
		cmocka_unit_test(refusals_of_each_context),
		cmocka_unit_test(real_callers_are_understood),
		cmocka_unit_test(contexts_do_not_mix),
		cmocka_unit_test(abort_reasons_of_each_context),
		cmocka_unit_test(selectors_and_references_arrive),
		cmocka_unit_test(segments_arrive),
		cmocka_unit_test(segments_are_given_up),
		cmocka_unit_test(interrupted_transfers_go_on),
		cmocka_unit_test(lost_associations_are_recovered),
		cmocka_unit_test(small_tpdus_pass),
		cmocka_unit_test(lends_as_it_likes),
		cmocka_unit_test(no_memory_closes),
		cmocka_unit_test(endless_output_closes),
		cmocka_unit_test(recovers_what_there_is),
		cmocka_unit_test(detached_ends_stand_still),
		cmocka_unit_test(idle_ends_are_small),
		cmocka_unit_test(contexts_have_names),
	};

	return cmocka_run_group_tests_name("association", tests, fill, NULL);
}
