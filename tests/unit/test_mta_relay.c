/*
 * The lab MTA between its neighbours, in virtual time:
 *
 *     UP (bench) ==> MTA ==> UP, DOWN, OTHER (listeners of the bench)
 *
 * What the neighbours get, when, and what is reported back.
 */
#include "mta/mta_inner.h"
#include "test_failing_disk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { UP, DOWN, OTHER, SIDES, ARRIVALS = 64, CALLERS = 4,
       LINES = 256 };			/* an attempt each open interval, until a message expires */

static const char *const names[SIDES] = { "UP", "DOWN", "OTHER" };

/* What a neighbour was given. */
struct arrival {
	int64_t at_us;
	uint8_t kind, side;
	unsigned line;			/* which of the MTA's associations */
	uint32_t octets;
	char local[33];			/* of the MTS identifier; of a report, the subject's */
	unsigned responsible;		/* recipients that are the neighbour's */
	unsigned recipients, extensions, trace_n;
	unsigned internal_n;		/* elements of the internal trace; the last is of: */
	char internal[33];
	char deferred[18];		/* of the last trace element */
	uint32_t reason;
	int32_t diagnostic;
	uint32_t number;		/* of the recipient that a report tells of first */
	bool delivered;
	char id[33];			/* of a report: its own */
	size_t correlator_n;		/* extensions of its content */
	uint8_t correlator[16];
};

struct listening {
	struct net_listener *listener;
	uint8_t side;
	bool refuses, rejects, holds;	/* binds; transfers; acknowledgements */
	bool interrupts;		/* the next transfer, after its first checkpoint */
	unsigned opened, open, released;	/* associations: ever, now, in order */
	int64_t opened_us[ARRIVALS], released_us;
	uint8_t reference;		/* tag of the calling session reference */
};

struct incoming_line {
	struct listening *of;
	struct end *end;
	unsigned number;
	struct arrival a;
};

struct caller {
	struct end *end;
	bool bound, refused, over;
	unsigned accepted, rejected;
	unsigned asked;			/* for the turn */
	struct p1_bind bind;
	struct association_references references;
	uint8_t head[2000], content[140000];
	size_t content_n;
	bool whole;			/* lends all of it; else the first half */
	bool mute;			/* connects, and says no more */
};

static struct net *net;
static struct end_world *world;
static struct mta *mta;
static struct mta_config config;
static struct listening sides[SIDES];
static struct arrival arrivals[ARRIVALS];
static size_t arrivals_n;
static struct incoming_line lines[LINES];
static size_t lines_n;
static struct caller callers[CALLERS];
static char folder[64];
static uint32_t checkpoint_kib;		/* that callers propose */

static struct end_config end_config_of(bool initiator)
{
	struct end_config c = { .bind_us = 0 };

	association_defaults(&c.association, initiator);
	c.association.no_pdus = true;
	return c;
}

/* ---- the neighbours listen ---- */

static void read_report(struct arrival *r, const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_reported one;
	struct p1_iterator it;

	p1_walk(&it, &a->recipients, &f);
	assert_true(p1_next_reported(&it, &one));
	r->reason = one.reason;
	r->diagnostic = one.diagnostic;
	r->delivered = one.delivered;
	r->number = one.number;
	r->correlator_n = a->content_extensions.end - a->content_extensions.pos;
	assert_in_range(r->correlator_n, 0, sizeof r->correlator);
	if (r->correlator_n)
		memcpy(r->correlator, a->content_extensions.base + a->content_extensions.pos,
		       r->correlator_n);
	snprintf(r->id, sizeof r->id, "%.*s", (int)a->id.local.raw.n,
	         (const char *)a->id.local.raw.p);
}

static void read_recipients(struct arrival *r, const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_recipient one;
	struct p1_iterator it;

	p1_walk(&it, &a->recipients, &f);
	while (p1_next_recipient(&it, &one))
		r->responsible += (one.indicators & P1_RESPONSIBILITY) != 0;
}

static void read_trace(struct arrival *r, const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_trace e;

	p1_walk(&it, &a->trace, &f);
	while (p1_next_trace(&it, &e))
		snprintf(r->deferred, sizeof r->deferred, "%.*s", (int)e.deferred.raw.n,
		         (const char *)e.deferred.raw.p);
}

static void read_internal(struct arrival *r, const struct p1_apdu *a)
{
	struct findings f = { .n = 0 };
	struct p1_extension x;
	struct p1_iterator it;
	struct p1_trace e;

	if (!p1_find_internal(a, &x))
		return;
	assert_true(p1_walk_internal(&it, &x, &f));
	for (; p1_next_internal(&it, &e); r->internal_n++)
		snprintf(r->internal, sizeof r->internal, "%.*s", (int)e.mta.raw.n,
		         (const char *)e.mta.raw.p);
	assert_int_equal(f.n, 0);
}

static void read_head(struct incoming_line *l, struct octets head)
{
	struct findings f = { .n = 0 };
	struct p1_mts_id *id;
	struct p1_apdu a;

	l->a = (struct arrival){ .side = l->of->side, .line = l->number };
	assert_true(p1_decode(head, &a, &f));
	id = a.kind == P1_REPORT ? &a.subject : &a.id;
	l->a.kind = a.kind;
	l->a.recipients = a.recipients_n;
	l->a.extensions = a.extensions_n;
	l->a.trace_n = a.trace_n;
	read_trace(&l->a, &a);
	read_internal(&l->a, &a);
	snprintf(l->a.local, sizeof l->a.local, "%.*s", (int)id->local.raw.n,
	         (const char *)id->local.raw.p);
	if (a.kind == P1_REPORT)
		read_report(&l->a, &a);
	else
		read_recipients(&l->a, &a);
}

static void take(struct incoming_line *l, struct association *as)
{
	if (l->of->rejects) {
		association_reject(as, net_now(net), EXCEPTION_TEMPORARY);
		return;
	}
	l->a.at_us = net_now(net);
	assert_true(arrivals_n < ARRIVALS);
	arrivals[arrivals_n++] = l->a;
	if (!l->of->holds)
		association_secured_all(as, net_now(net));
}

static void answer(struct incoming_line *l, struct association *as)
{
	struct p1_bind bind = p1_bind_simple(names[l->of->side], "secret");
	struct rtse_session_id id = rtse_session_of(&as->rtse.session);

	l->of->reference = id.calling.n ? id.calling.p[0] : 0;
	if (l->of->refuses)
		association_refuse(as, net_now(net), P1_BIND_BUSY);
	else
		association_accept(as, net_now(net), &bind);
}

static void secure(struct incoming_line *l, struct association *as, uint32_t serial)
{
	association_secured(as, net_now(net), serial);
	if (!l->of->interrupts)
		return;
	l->of->interrupts = false;
	association_reject(as, net_now(net), EXCEPTION_LOCAL_USER);
}

static void heard(struct end *end, const struct event *e, void *ctx)
{
	struct association *as = end_association(end);
	struct incoming_line *l = ctx;

	if (e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1 || e->type != INDICATION)
		return;
	if (e->code == SERVICE_CONNECT)
		answer(l, as);
	else if (e->code == SERVICE_DATA)
		l->a.octets += (uint32_t)event_service(e)->data.n;
	else if (e->code == SERVICE_SYNC_MINOR)
		secure(l, as, e->value);
	else if (e->code == SERVICE_TRANSFER && (e->flags & EVENT_F_FIRST) &&
	         !((const struct p1_arrival *)event_service(e)->detail)->resumed)
		read_head(l, event_service(e)->data);
	if (e->code == SERVICE_TRANSFER && (e->flags & EVENT_F_LAST) &&
	    (e->flags & EVENT_F_POSITIVE))
		take(l, as);
	if (e->code == SERVICE_RELEASE) {
		l->of->released++;
		l->of->released_us = net_now(net);
		association_release_answer(as, net_now(net));
	}
}

static void gone(struct end *end, void *ctx)
{
	struct incoming_line *l = ctx;

	l->of->open--;
	end_free(end);
}

static void called(struct net_listener *listener, struct net_conn *c, void *ctx)
{
	static const struct end_user user = { .event = heard, .over = gone };
	struct end_config ec = end_config_of(false);
	struct incoming_line *l = &lines[lines_n++];

	(void)listener;
	assert_in_range(lines_n, 1, LINES);
	association_use_any(&ec.association);
	ec.association.rtse.recovery_us = config.timers.recovery_timeout;
	*l = (struct incoming_line){ .of = ctx };
	l->number = l->of->opened;
	if (l->of->opened < ARRIVALS)
		l->of->opened_us[l->of->opened] = net_now(net);
	l->of->opened++;
	l->of->open++;
	l->end = end_accept(world, c, &ec, &user, l);
	assert_non_null(l->end);
}

/* ---- UP calls ---- */

static void caller_event(struct end *end, const struct event *e, void *ctx)
{
	struct association *as = end_association(end);
	struct caller *c = ctx;

	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED) {
		if (!c->mute)
			association_bind(as, net_now(net), &c->bind);
	} else if (e->kind == EVENT_WANT) {
		size_t end_at = c->whole ? c->content_n : c->content_n / 2;

		if (e->offset < end_at)
			association_lend(as, net_now(net), (struct octets){
				c->content + e->offset, end_at - (size_t)e->offset });
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1 && e->type == CONFIRM) {
		bool yes = e->flags & EVENT_F_POSITIVE;

		if (e->code == SERVICE_CONNECT) {
			c->bound = yes;
			c->refused = !yes;
		} else if (e->code == SERVICE_TRANSFER) {
			*(yes ? &c->accepted : &c->rejected) += 1;
		}
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1 &&
	           e->code == SERVICE_TOKEN_PLEASE) {
		c->asked++;
	}
}

static void caller_over(struct end *end, void *ctx)
{
	(void)end;
	((struct caller *)ctx)->over = true;
}

static void run_until(int64_t at)
{
	while (net_now(net) < at && net_step(net, at))
		;
}

static void run_for(int64_t us)
{
	run_until(net_now(net) + us);
}

/* As callers of 1984 do, in two-way alternate. */
static bool of_1984;
static const char *report_through;	/* the domain that reports come through */
static int64_t answer_us;		/* how long a caller waits for the answer to his bind */

static void call_from(struct caller *c, const char *source, const struct p1_bind *bind)
{
	static const struct end_user user = { .event = caller_event, .over = caller_over };
	struct end_config ec = end_config_of(true);
	struct net_address to = mta_address(mta), from;

	assert_true(net_address_parse(&from, source, 0));
	memset(c, 0, offsetof(struct caller, head));
	c->bind = *bind;
	c->whole = true;
	ec.association.rtse.checkpoint = checkpoint_kib;
	association_references(&c->references, false, p1_string("UP").raw, "010909014640Z", 1);
	ec.association.references = c->references.references;
	if (of_1984) {
		association_use(&ec.association, ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984);
		ec.association.rtse.dialogue = RTSE_TWO_WAY_ALTERNATE;
	}
	ec.association.rtse.recovery_us = config.timers.recovery_timeout;
	c->end = end_connect(world, &to, &from, &ec, &user, c);
	assert_non_null(c->end);
	run_for(answer_us);
}

static struct caller *call(void)
{
	struct p1_bind bind = p1_bind_simple("UP", "secret");

	if (!callers[0].bound)
		call_from(&callers[0], "127.0.0.1:0", &bind);
	assert_true(callers[0].bound);
	return &callers[0];
}

/* ---- messages ---- */

/* What a message says; zero is usual. */
struct said {
	const char *local, *from, *to[2], *deferred;
	struct octets extensions, of_second;	/* of the message; of its second recipient */
	uint8_t asked[2];		/* by each recipient, if any of them says */
	uint8_t priority;
	bool looped, unasked, probe, untraced;
	size_t size;
};

static size_t name(const char *text, uint8_t out[P1_NAME_ROOM])
{
	uint8_t room[2 * P1_NAME_ROOM];
	struct p1_name n;
	size_t bad;

	assert_true(p1_name_parse_in(octets_of(text), &n, &bad, room, sizeof room));
	return p1_name_encode(&n, 0x60, out, P1_NAME_ROOM);
}

static struct p1_domain domain_of(const char *prmd)
{
	return (struct p1_domain){ { p1_string("XX"), 0x13 }, { p1_string("TEST"), 0x13 },
	                           { p1_string(prmd), 0x13 } };
}

#define UP_A "C=XX;A=TEST;P=UP;S=A"
#define DOWN_A "C=XX;A=TEST;P=DOWN;S=A"
#define DOWN_B "C=XX;A=TEST;P=DOWN;S=B"
#define OTHER_A "C=XX;A=TEST;P=OTHER;S=A"
#define NOWHERE "C=XX;A=TEST;P=NOWHERE;S=A"
/* Names that cannot be said in 1984. */
#define UP_STREET "C=XX;A=TEST;P=UP;S=A;PD-STREET=Street"
#define DOWN_STREET "C=XX;A=TEST;P=DOWN;S=A;PD-STREET=Street"

static size_t head_of(const struct said *m, uint8_t *dst, size_t cap)
{
	static uint8_t from[P1_NAME_ROOM], to[2][P1_NAME_ROOM];
	uint8_t asked = m->unasked ? 0 : P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY;
	struct p1_recipient r[2];
	struct p1_message p = {
		.id = { domain_of("UP"), p1_string(m->local) },
		.originator = { from, name(m->from ? m->from : UP_A, from) },
		.content_type = { .present = true, .number = P1_CONTENT_UNIDENTIFIED },
		.priority = m->priority, .extensions = m->extensions, .recipients = r,
		.trace = { .domain = domain_of(m->looped ? "LAB" : "UP"),
		           .arrival = p1_string(m->untraced ? "" : "010909014600Z") },
	};

	if (m->deferred)
		p.deferred = octets_of(m->deferred);
	if (m->untraced)
		p.trace.arrival = (struct ber_string){ .segmented = false };
	for (; p.recipients_n < 2 && m->to[p.recipients_n]; p.recipients_n++) {
		uint32_t i = p.recipients_n;

		r[i] = (struct p1_recipient){
			.name = { to[i], name(m->to[i], to[i]) }, .number = i + 1,
			.indicators = (uint8_t)(P1_RESPONSIBILITY | asked),
		};
		if (m->asked[0] | m->asked[1])
			r[i].indicators = m->asked[i];
		if (i == 1)
			r[i].extensions = (struct p1_window){ m->of_second.p, 0, m->of_second.n,
			                                      m->of_second.n > 0 };
	}
	return m->probe ? p1_probe(&p, m->size, dst, cap) : p1_message_head(&p, m->size, dst, cap);
}

/* The second half, after c->whole was false. */
static void lend_rest(struct caller *c)
{
	size_t half = c->content_n / 2;

	c->whole = true;
	association_lend(end_association(c->end), net_now(net), (struct octets){
		c->content + half, c->content_n - half });
	end_pump(c->end);
}

static void hand_over(struct caller *c, struct octets head, size_t n)
{
	struct p1_transfer t = { .id = 1, .head = head, .content_length = n };

	c->content_n = n;
	association_transfer(end_association(c->end), net_now(net), &t);
	end_pump(c->end);
}

static void transfer(const struct said *m)
{
	struct caller *c = call();
	unsigned before = c->accepted;
	size_t n = head_of(m, c->head, sizeof c->head);

	assert_in_range(n, 1, sizeof c->head);
	hand_over(c, (struct octets){ c->head, n }, m->probe ? 0 : m->size);
	run_for(SECOND_US / 10);
	assert_int_equal(c->accepted, before + 1);
}

/* ---- what must have come ---- */

static const struct arrival *only(unsigned kind, unsigned side)
{
	assert_int_equal(arrivals_n, 1);
	assert_int_equal(arrivals[0].kind, kind);
	assert_int_equal(arrivals[0].side, side);
	return &arrivals[0];
}

static const struct arrival *came_to(unsigned side)
{
	for (size_t i = 0; i < arrivals_n; i++)
		if (arrivals[i].side == side)
			return &arrivals[i];
	fail_msg("nothing came to %s", names[side]);
	return NULL;
}

static void want_report(uint32_t reason, int32_t diagnostic)
{
	const struct arrival *a = only(P1_REPORT, UP);

	assert_false(a->delivered);
	assert_int_equal(a->reason, reason);
	assert_int_equal(a->diagnostic, diagnostic);
	assert_int_equal(mta_queue_length(mta), 0);
}

/* ---- each test ---- */

static int begin_in(struct net *n)
{
	struct net_address any = { .family = 4, .host = { 127, 0, 0, 1 } };

	net = n;
	world = end_world_new(net, NULL);
	memset(sides, 0, sizeof sides);
	memset(callers, 0, sizeof callers);
	arrivals_n = lines_n = 0;
	checkpoint_kib = 1;
	of_1984 = false;
	report_through = "UP";
	answer_us = SECOND_US;
	mta_defaults(&config);
	config.listen = any;
	config.peers_n = SIDES;
	for (uint8_t i = 0; i < SIDES; i++) {
		struct mta_peer *p = &config.peers[i];

		sides[i].side = i;
		sides[i].listener = net_listen(net, &any, 16, NULL, called, &sides[i]);
		assert_non_null(sides[i].listener);
		snprintf(p->name, sizeof p->name, "%s", names[i]);
		snprintf(p->password, sizeof p->password, "secret");
		snprintf(p->prefix, sizeof p->prefix, "C=XX;A=TEST;P=%s;", names[i]);
		p->address = net_listener_address(sides[i].listener);
	}
	snprintf(folder, sizeof folder, "/tmp/x400rig-mta-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int begin(void **state)
{
	(void)state;
	return begin_in(net_sim_new(1));
}

static void start(void)
{
	char why[256];

	mta = mta_new(world, &config, why, sizeof why);
	assert_non_null(mta);
}

static int end(void **state)
{
	static const char *const files[] = { "Ev0.log", "Application.txt", "Bf0.log", "Calls.out" };
	char path[128];

	(void)state;
	mta_free(mta);
	mta = NULL;
	end_world_free(world);
	net_free(net);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* How often the event log says `text`. */
static unsigned logged(const char *text)
{
	char path[128], line[1024];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/Application.txt", folder);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

/* The text log has these lines, one behind the other. */
static bool text_logged(const char *text)
{
	static char all[1 << 16];
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/Ev0.log", folder);
	log_flush(&mta->log);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(all, 1, sizeof all - 1, f);
	fclose(f);
	all[n] = '\0';
	return strstr(all, text) != NULL;
}

static void forget_queue(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[sizeof config.queue + 8];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(path, sizeof path, "%s%s", config.queue, ends[i]);
		unlink(path);
	}
}

static struct p1_bind broken_off(struct caller *c)
{
	static struct association_lost lost;
	struct said m = { .local = "cut", .to = { DOWN_A }, .size = 20000 };

	c->whole = false;
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	run_for(SECOND_US);
	end_cut(c->end, LINK_CUT_RST);
	run_for(SECOND_US);
	assert_true(association_past(end_association(c->end), net_now(net), &lost));
	return (struct p1_bind){ .has_rt = true, .rt = {
		.opening = RTSE_RECOVER, .checkpoint = 1, .window = 5,
		.session = rtse_session_of(&lost.rtse.session) } };
}

/* Rows that are on disk now. */
static int rows_on_disk(const char *table)
{
	sqlite3_stmt *s;
	char text[60];
	sqlite3 *db;
	int n;

	snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_open(config.queue, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static void a_content_has_a_limit(void **state)
{
	(void)state;
	config.content_max = 5000;
	start();
	transfer(&(struct said){ .local = "fits", .to = { DOWN_A }, .size = 5000 });
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, 5000);
	arrivals_n = 0;
	transfer(&(struct said){ .local = "long", .to = { DOWN_A }, .size = 5001 });
	want_report(1, 7);			/* content-too-long */
	assert_string_equal(arrivals[0].local, "long");
}

/* Its octets are counted, and nowhere kept. */
static void what_is_too_long_is_not_kept(void **state)
{
	(void)state;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	config.content_max = 5000;
	start();
	broken_off(call());
	assert_in_range(rows_on_disk("chunk"), 0, 5);	/* of 1 KiB each */
	mta_free(mta);
	mta = NULL;
	forget_queue();
}

/* X.411 8.2.1.1.1.17; the virtual clock begins at 010909014640Z.  The trace says when it
 * was let go. */
static void deferred_delivery(void **state)
{
	(void)state;
	start();
	transfer(&(struct said){ .local = "past", .to = { DOWN_A }, .deferred = "010909004640Z" });
	assert_string_equal(only(P1_MESSAGE, DOWN)->deferred, "");
	arrivals_n = 0;
	transfer(&(struct said){ .local = "later", .to = { DOWN_A }, .deferred = "010909024640Z" });
	run_for(3500 * SECOND_US);
	assert_int_equal(arrivals_n, 0);
	run_for(200 * SECOND_US);
	assert_string_equal(only(P1_MESSAGE, DOWN)->deferred, "010909024640Z");
}

/* X.208: in place of the Z a UTCTime may have a differential, hours and minutes.  What is no
 * time defers nothing. */
static void deferred_in_local_time(void **state)
{
	static const struct {
		const char *until;
		int64_t s;		/* from the beginning; 0: at once */
	} rows[] = {
		{ "0109090246Z", 3560 }, { "0109090446+0100", 7160 },
		{ "010909054640+0100", 3 * 3600 }, { "010909001640-0530", 4 * 3600 },
		{ "010909044640-0100", 0 }, { "010909224640+01", 0 }, { "010909224640+0160", 0 },
		{ "010909224640+0a00", 0 }, { "010909224640", 0 }, { "0109x9224640Z", 0 },
	};

	(void)state;
	start();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t at = NET_SIM_START_US + rows[i].s * SECOND_US;

		if (at < net_now(net))
			at = net_now(net);
		arrivals_n = 0;
		transfer(&(struct said){ .local = "m", .to = { DOWN_A },
		                         .deferred = rows[i].until });
		run_until(at + 10 * SECOND_US);
		assert_in_range(only(P1_MESSAGE, DOWN)->at_us, at, at + 3 * SECOND_US);
	}
}

static void each_copy_has_its_own_recipients(void **state)
{
	(void)state;
	start();
	transfer(&(struct said){ .local = "two", .to = { DOWN_A, OTHER_A }, .size = 10 });
	assert_int_equal(arrivals_n, 2);
	assert_int_not_equal(arrivals[0].side, arrivals[1].side);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(arrivals[i].recipients, 2);
		assert_int_equal(arrivals[i].responsible, 1);
		assert_int_equal(arrivals[i].octets, 10);
	}
	arrivals_n = 0;
	transfer(&(struct said){ .local = "same", .to = { DOWN_A, DOWN_B }, .size = 10 });
	assert_int_equal(only(P1_MESSAGE, DOWN)->responsible, 2);
}

/* Taken and thrown away: its sender would only send it again. */
static void what_cannot_be_read_is_taken(void **state)
{
	struct said m = { .local = "bad", .to = { DOWN_A } };
	struct caller *c;
	uint8_t *id;
	size_t n;

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	c = call();
	n = head_of(&m, c->head, sizeof c->head);
	id = memchr(c->head, 0x64, n);		/* MTSIdentifier: no other member has this tag */
	assert_non_null(id);
	*id = 0x7e;
	hand_over(c, (struct octets){ c->head, n }, 0);
	run_for(SECOND_US);
	assert_int_equal(c->accepted, 1);
	assert_int_equal(logged("ASN.1 was decoding an object"), 1);
	assert_int_equal(arrivals_n, 0);
	assert_int_equal(mta_queue_length(mta), 0);
}

/* Events whose text is documented for the text log, and the classes of its records. */
static void the_text_log_has_its_own_words(void **state)
{
	const struct log_event internal = {
		2051, "Internal Processing", "Internal Processing", "Error", "BASE", "RTSE", 47, 70,
		16, false, "Illegal get from element 5CE90801 at offset 102",
	};
	struct said m = { .local = "bad", .to = { DOWN_A } };
	struct caller *c;
	size_t n;

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	config.content_max = 100;
	start();
	transfer(&(struct said){ .local = "m", .to = { DOWN_A, NOWHERE } });
	assert_true(text_logged("message NMI0290: X.400 Service Event, severity 12\n\n"
	                        "       (MTA DISP:RESULT(20) Proc 136) 09-09-01 01:46:41am\n"
	                        "       Generating Non-Delivery report\n"
	                        "       Reason code unable-to-transfer\n"
	                        "       Diagnostic code unrecognised-or-name\n"
	                        "       Recipient Number 2\n\n"));
	assert_int_equal(logged("It was originally destined for C=XX;A=TEST;P=NOWHERE;S=A "
	                        "(recipient number 2)."), 1);
	transfer(&(struct said){ .local = "m", .to = { DOWN_A }, .size = 101 });
	assert_true(text_logged("       Delivery failure\n"
	                        "       X.400 reason code unable-to-transfer\n"
	                        "       X.400 diagnostic code content-too-long\n"
	                        "       Internal qualifier 0\n\n"));
	c = call();
	n = head_of(&m, c->head, sizeof c->head);
	*(uint8_t *)memchr(c->head, 0x64, n) = 0x7e;
	hand_over(c, (struct octets){ c->head, n }, 0);
	run_for(SECOND_US);
	assert_true(text_logged("       Transfer-In failure, error in received APDU\n"
	                        "       Syntax server error code "));
	assert_true(text_logged("       Internal qualifier 0\n       Node label \n"
	                        "       PDU dump reference 1\n\n"));
	log_event(&mta->log, 0, &internal, "An illegal GET");
	assert_true(text_logged("message NMI2051: Internal Processing Error, severity 16\n\n"
	                        "       (BASE RTSE(47) Proc 70) 01-01-70 12:00:00am\n"
	                        "       Illegal get from element 5CE90801 at offset 102\n\n"));
	/* One that begins again writes behind it: a reference names one dump. */
	mta_free(mta);
	callers[0].bound = false;
	start();
	hand_over(call(), (struct octets){ callers[0].head, n }, 0);
	run_for(SECOND_US);
	assert_true(text_logged("       PDU dump reference 2\n\n"));
}

/* One is unreachable: it alone is reported. */
/* A content of one size or another: its line holds no more than it needs, as far as it can tell. */
static void short_contents_take_little_room(void **state)
{
	struct caller *c;
	struct said m = { .local = "half", .to = { DOWN_A }, .size = 8192 };

	(void)state;
	checkpoint_kib = 64;
	start();
	c = call();
	c->whole = false;
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	run_for(SECOND_US);
	assert_int_equal(mta->lines->in.length, 4096);
	assert_int_equal(mta->lines->in.chunk_room, 4096);
}

/* Up to the longest one that is remembered; nothing leads nowhere. */
static void names_are_remembered(void **state)
{
	uint8_t octets[P1_NAME_ROOM];
	size_t n = name("C=XX;A=TEST;P=DOWN;S=A", octets);

	(void)state;
	start();
	assert_int_equal(routing_of(mta, (struct octets){ octets, 0 }), NO_ROUTE);
	assert_int_equal(routing_of(mta, (struct octets){ octets, n }), DOWN);
	assert_int_equal(mta->last.name_n, n);
	memset(octets, 0, sizeof octets);
	assert_int_equal(routing_of(mta, (struct octets){ octets, ROUTE_NAME + 1 }), NO_ROUTE);
	assert_int_equal(mta->last.name_n, n);
	assert_int_equal(routing_of(mta, (struct octets){ octets, ROUTE_NAME }), NO_ROUTE);
	assert_int_equal(mta->last.name_n, ROUTE_NAME);
}

static void a_recipient_without_a_route(void **state)
{
	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	transfer(&(struct said){ .local = "half", .to = { DOWN_A, NOWHERE } });
	assert_int_equal(logged("is being generated for message C=XX;A=TEST;P=UP;L=half."), 1);
	assert_int_equal(arrivals_n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(arrivals[i].side, arrivals[i].kind == P1_REPORT ? UP : DOWN);
		assert_int_equal(arrivals[i].recipients, arrivals[i].kind == P1_REPORT ? 1 : 2);
	}
}

/* X.411 14.3.4 */
static void urgent_goes_first(void **state)
{
	static const uint8_t order[] = { P1_NON_URGENT, P1_NORMAL, P1_URGENT };
	static const char *const local[] = { "non-urgent", "normal", "urgent" };

	(void)state;
	sides[DOWN].refuses = true;
	start();
	for (int i = 0; i < 3; i++)
		transfer(&(struct said){ .local = local[i], .to = { DOWN_A },
		                         .priority = order[i] });
	sides[DOWN].refuses = false;
	run_for(config.timers.open_interval + SECOND_US);
	assert_int_equal(arrivals_n, 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(arrivals[i].local, local[2 - i]);
}

/* One for each threshold of messages that wait, up to the limit less one for urgent ones. */
static void more_mail_opens_more_associations(void **state)
{
	static const unsigned want[] = { 1, 1, 2, 2, 3, 3, 3, 3 };
	static const char *const local[] = { "0", "1", "2", "3", "4", "5", "6", "7" };
	static const char *const sent[] = { "0", "1", "2", "urgent" };

	(void)state;
	config.threshold = 2;
	config.associations_max = 4;
	sides[DOWN].holds = true;
	start();
	for (int i = 0; i < 8; i++) {
		transfer(&(struct said){ .local = local[i], .to = { DOWN_A } });
		assert_int_equal(sides[DOWN].open, want[i]);
	}
	transfer(&(struct said){ .local = "urgent", .to = { DOWN_A }, .priority = P1_URGENT });
	assert_int_equal(sides[DOWN].open, 4);
	assert_int_equal(arrivals_n, 4);	/* a message goes on one of them */
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(arrivals[i].local, sent[i]);
}

/* Its message has gone on another one: it is idle as any other. */
static void an_association_too_many_is_released(void **state)
{
	struct said m = { .local = "m", .to = { DOWN_A } };
	struct caller *c;

	(void)state;
	config.threshold = 0;
	config.associations_max = 3;
	start();
	c = call();
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, 0);
	while (sides[DOWN].opened == 0)
		assert_true(net_step(net, NEVER_US));
	mta_flush(mta);
	run_for(SECOND_US);
	only(P1_MESSAGE, DOWN);
	assert_int_equal(sides[DOWN].open, 2);
	run_for(config.timers.disconnect + SECOND_US);
	assert_int_equal(sides[DOWN].open, 2);
	run_for(config.timers.lifetime);
	assert_int_equal(sides[DOWN].open, 0);
	assert_int_equal(sides[DOWN].released, 2);
}

/* What is not on disk yet waits, whatever asks for work. */
static void what_is_not_on_disk_does_not_leave(void **state)
{
	struct said m = { .local = "m", .to = { DOWN_A } };
	struct caller *c;

	(void)state;
	start();
	transfer(&m);
	only(P1_MESSAGE, DOWN);
	c = call();
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, 0);
	while (!mta->queue.now.added.first)
		assert_true(net_step(net, NEVER_US));
	neighbour_work(mta);
	assert_int_equal(mta->sending, 0);
	run_for(SECOND_US);
	assert_int_equal(arrivals_n, 2);
}

/* What was broken off waits for the association that recovers it, though another stands. */
static void what_is_recovered_goes_nowhere_else(void **state)
{
	const struct said m = { .local = "second", .to = { DOWN_A }, .size = 40000 };
	struct caller *c;

	(void)state;
	config.threshold = 0;
	config.associations_max = 3;
	sides[DOWN].holds = true;
	start();
	transfer(&(struct said){ .local = "first", .to = { DOWN_A } });
	c = call();
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	while (lines[1].a.octets < m.size / 2)
		assert_true(net_step(net, NEVER_US));
	association_secured_all(end_association(lines[0].end), net_now(net));
	end_pump(lines[0].end);
	run_for(100);			/* the other one is idle now */
	assert_int_equal(mta->sending, 1);
	end_cut(lines[1].end, LINK_CUT_RST);
	while (!mta->kept_n)
		assert_true(net_step(net, NEVER_US));
	neighbour_work(mta);
	assert_int_equal(mta->sending, 0);
}

/* What was given up counts no more: the next message is tried as often. */
static void each_message_is_tried_as_often(void **state)
{
	unsigned opened;

	(void)state;
	config.timers.open_interval = 50 * SECOND_US;
	config.timers.open_retries = 2;
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "one", .to = { DOWN_A } });
	run_for(1000 * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	opened = sides[DOWN].opened;
	assert_true(opened > 1);
	transfer(&(struct said){ .local = "two", .to = { DOWN_A } });
	run_for(1000 * SECOND_US);
	assert_int_equal(arrivals_n, 2);
	assert_int_equal(sides[DOWN].opened, 2 * opened);
}

/* The last association allowed is for urgent messages, but for the only one. */
static void one_association_takes_all(void **state)
{
	(void)state;
	config.associations_max = 1;
	start();
	transfer(&(struct said){ .local = "normal", .to = { DOWN_A } });
	run_for(SECOND_US);
	only(P1_MESSAGE, DOWN);
}

static void time_of_day_goes_on(void **state)
{
	char utc[14];

	(void)state;
	start();
	mta_utc(mta, utc);
	assert_memory_equal(utc, "010909014640Z", 13);
	run_for(2 * SECOND_US);
	mta_utc(mta, utc);
	assert_memory_equal(utc, "010909014642Z", 13);
	mta_clock_jump(mta, -SECOND_US);
	mta_utc(mta, utc);
	assert_memory_equal(utc, "010909014641Z", 13);
}

static void openings_are_tried_again(void **state)
{
	(void)state;
	config.timers.open_retries = 3;
	start();
	transfer(&(struct said){ .local = "goes", .to = { DOWN_A } });
	only(P1_MESSAGE, DOWN);
	run_for(config.timers.lifetime + SECOND_US);
	assert_int_equal(sides[DOWN].open, 0);
	arrivals_n = 0;
	sides[DOWN].refuses = true;
	transfer(&(struct said){ .local = "waits", .to = { DOWN_A } });
	run_for(10 * config.timers.open_interval);
	assert_int_equal(sides[DOWN].opened, 1 + 4);
	for (int i = 2; i < 5; i++)
		assert_in_range(sides[DOWN].opened_us[i] - sides[DOWN].opened_us[i - 1],
		                config.timers.open_interval,
		                config.timers.open_interval + SECOND_US);
	want_report(0, 2);			/* transfer-failure, MTS-congestion */
}

/* X.228 8.3.1.5: its name is an OCTET STRING; in X.410 mode a T61String. */
static void references_are_those_of_the_mode(void **state)
{
	static const struct {
		uint8_t context, tag;
	} rows[] = {
		{ ASSOCIATION_MTS_TRANSFER, 0x04 },
		{ ASSOCIATION_MTS_TRANSFER_PROTOCOL, 0x14 },
		{ ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984, 0x14 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		config.peers[i].context = rows[i].context;
	start();
	transfer(&(struct said){ .local = "up", .to = { "C=XX;A=TEST;P=UP;S=A" } });
	transfer(&(struct said){ .local = "both", .to = { DOWN_A, OTHER_A } });
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(sides[i].reference, rows[i].tag);
}

static void two_way_is_proposed_to_who_takes_it(void **state)
{
	static const struct {
		uint8_t dialogue, proposed;
	} rows[] = {
		{ MTA_DIALOGUE_ANY, RTSE_MONOLOGUE },
		{ MTA_DIALOGUE_TWO_WAY, RTSE_TWO_WAY_ALTERNATE },
		{ MTA_DIALOGUE_PREFER_TWO_WAY, RTSE_TWO_WAY_ALTERNATE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		config.peers[i].dialogue = rows[i].dialogue;
	start();
	transfer(&(struct said){ .local = "up", .to = { "C=XX;A=TEST;P=UP;S=A" } });
	transfer(&(struct said){ .local = "both", .to = { DOWN_A, OTHER_A } });
	assert_int_equal(lines_n, 3);
	for (size_t i = 0; i < lines_n; i++)
		assert_int_equal(end_association(lines[i].end)->rtse.open.dialogue,
		                 rows[lines[i].of->side].proposed);
}

/* There is no control block for one: tried again, as any that failed. */
static void openings_wait_for_a_control_block(void **state)
{
	(void)state;
	config.control_blocks = 2;		/* the listener's and the caller's */
	start();
	transfer(&(struct said){ .local = "waits", .to = { DOWN_A } });
	assert_int_equal(sides[DOWN].opened, 0);
	end_cut(callers[0].end, LINK_CUT_RST);
	run_for(config.timers.open_interval - 10 * SECOND_US);
	assert_int_equal(sides[DOWN].opened, 0);
	run_for(20 * SECOND_US);
	only(P1_MESSAGE, DOWN);
}

/* What is deferred has not failed. */
static void openings_that_fail_leave_deferred_mail(void **state)
{
	(void)state;
	config.timers.open_interval = SECOND_US;
	config.timers.open_retries = 10;
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "later", .to = { DOWN_A }, .deferred = "010909024640Z" });
	transfer(&(struct said){ .local = "now", .to = { DOWN_A } });
	run_for(100 * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	assert_string_equal(arrivals[0].local, "now");
	assert_int_equal(arrivals[0].diagnostic, 2);
	sides[DOWN].refuses = false;
	run_for(3600 * SECOND_US);
	assert_int_equal(arrivals_n, 2);
	assert_int_equal(arrivals[1].kind, P1_MESSAGE);
	assert_string_equal(arrivals[1].local, "later");
}

static void transfers_are_tried_again(void **state)
{
	int64_t begun;

	(void)state;
	sides[DOWN].rejects = true;
	start();
	begun = net_now(net);
	transfer(&(struct said){ .local = "waits", .to = { DOWN_A } });
	run_for(config.timers.transfer_interval);
	assert_int_equal(arrivals_n, 0);
	run_for(3 * config.timers.transfer_interval);
	want_report(0, 2);
	assert_in_range(arrivals[0].at_us - begun,
	                config.timers.transfer_retries * config.timers.transfer_interval,
	                config.timers.transfer_retries * config.timers.transfer_interval +
	                3 * SECOND_US);
	assert_int_equal(sides[DOWN].opened, 1);
}

/* What was interrupted goes on while the neighbour remembers it. */
static void interrupted_transfers_go_on_soon(void **state)
{
	int64_t half = config.timers.recovery_timeout / 2, begun;

	(void)state;
	sides[DOWN].interrupts = true;
	start();
	begun = net_now(net);
	transfer(&(struct said){ .local = "long", .to = { DOWN_A }, .size = 90000 });
	run_for(half + SECOND_US);
	assert_in_range(only(P1_MESSAGE, DOWN)->at_us - begun, half, half + 2 * SECOND_US);
	assert_int_equal(arrivals[0].octets, 90000);
	assert_int_equal(sides[DOWN].opened, 1);
}

/* More than one piece of the queue, which no checkpoint divides. */
static void a_transfer_without_checkpoints(void **state)
{
	(void)state;
	checkpoint_kib = 0;
	config.checkpoint_kib = 0;
	start();
	transfer(&(struct said){ .local = "whole", .to = { DOWN_A }, .size = 90000 });
	run_for(SECOND_US);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, 90000);
}

/* ---- told from outside: at once, or faster ---- */

static void a_flush_sends_what_waits(void **state)
{
	int64_t begun;

	(void)state;
	sides[DOWN].refuses = true;
	sides[OTHER].rejects = true;
	start();
	transfer(&(struct said){ .local = "opening", .to = { DOWN_A } });
	transfer(&(struct said){ .local = "transfer", .to = { OTHER_A } });
	transfer(&(struct said){ .local = "deferred", .to = { DOWN_A },
	                         .deferred = "010909024640Z" });
	sides[DOWN].refuses = sides[OTHER].rejects = false;
	run_for(config.timers.transfer_interval / 2);
	assert_int_equal(arrivals_n, 0);
	begun = net_now(net);
	mta_flush(mta);
	run_for(SECOND_US);
	assert_int_equal(arrivals_n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_in_range(arrivals[i].at_us - begun, 0, SECOND_US);
	assert_string_not_equal(arrivals[0].local, arrivals[1].local);
	assert_int_equal(mta_queue_length(mta), 1);
	run_for(3600 * SECOND_US);
	assert_string_equal(arrivals[2].local, "deferred");
}

/* Half of each interval has passed when the rest is scaled to a tenth, or ten times. */
static void scaled_time_moves_what_waits(void **state)
{
	static const double factors[] = { 0.1, 10 };
	int64_t half = 300 * SECOND_US, at;

	(void)state;
	config.timers.transfer_interval = config.timers.lifetime = config.timers.open_interval =
		2 * half;
	for (size_t i = 0; i < 2; i++) {
		unsigned opened;

		sides[DOWN].refuses = sides[OTHER].rejects = true;
		arrivals_n = 0;
		start();
		transfer(&(struct said){ .local = "opening", .to = { DOWN_A } });
		transfer(&(struct said){ .local = "transfer", .to = { OTHER_A } });
		opened = sides[DOWN].opened;
		run_for(half - SECOND_US);
		mta_rescale(mta, factors[i]);
		at = (int64_t)((double)half * factors[i]);
		run_for(at - 5 * SECOND_US);
		assert_int_equal(sides[DOWN].opened, opened);
		assert_int_equal(arrivals_n, 0);
		sides[DOWN].refuses = sides[OTHER].rejects = false;
		run_for(20 * SECOND_US);
		assert_int_equal(arrivals_n, 2);
		for (size_t k = 0; k < 2; k++)
			assert_in_range(net_now(net) - arrivals[k].at_us, 0, 20 * SECOND_US);
		/* The next interval is scaled whole; so is the life of an idle association. */
		sides[OTHER].rejects = true;
		transfer(&(struct said){ .local = "again", .to = { OTHER_A } });
		sides[OTHER].rejects = false;
		run_for(2 * at - 5 * SECOND_US);
		assert_int_equal(arrivals_n, 2);
		run_for(10 * SECOND_US);
		assert_int_equal(arrivals_n, 3);
		assert_int_equal(sides[DOWN].open, 0);
		assert_int_equal(sides[OTHER].open, 1);
		mta_free(mta);
		mta = NULL;
		callers[0].bound = false;
		run_for(SECOND_US);
	}
}

/* A tenth of the rest; of a deferred message, of what comes behind its deferral. */
static void scaled_time_moves_expiry(void **state)
{
	(void)state;
	config.timers.expiry = 10000 * SECOND_US;
	config.timers.open_interval = 100 * SECOND_US;
	config.timers.open_retries = 100000;
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "now", .to = { DOWN_A } });
	transfer(&(struct said){ .local = "later", .to = { DOWN_A }, .deferred = "010909024640Z" });
	mta_rescale(mta, 0.1);
	run_for(950 * SECOND_US);
	assert_int_equal(arrivals_n, 0);
	run_for(100 * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	assert_string_equal(arrivals[0].local, "now");
	assert_int_equal(arrivals[0].diagnostic, 5);
	run_for((3600 - 1050 + 950) * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	run_for(100 * SECOND_US);
	assert_int_equal(arrivals_n, 2);
	assert_string_equal(arrivals[1].local, "later");
}

/* What was scaled is so after a restart too, whose settings are those of before. */
static void scaled_time_survives_a_restart(void **state)
{
	(void)state;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	config.timers.expiry = 10000 * SECOND_US;
	config.timers.open_interval = 50 * SECOND_US;
	config.timers.open_retries = 100000;
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "now", .to = { DOWN_A } });
	transfer(&(struct said){ .local = "later", .to = { DOWN_A }, .deferred = "010909024640Z" });
	mta_rescale(mta, 0.1);
	run_for(SECOND_US);
	mta_free(mta);
	callers[0].bound = false;
	start();
	run_for(900 * SECOND_US);
	assert_int_equal(arrivals_n, 0);
	run_for(200 * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	assert_string_equal(arrivals[0].local, "now");
	assert_int_equal(arrivals[0].diagnostic, 5);
	run_for((3600 - 1100 + 900) * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	run_for(200 * SECOND_US);
	assert_int_equal(arrivals_n, 2);
	assert_string_equal(arrivals[1].local, "later");
	mta_free(mta);
	mta = NULL;
	forget_queue();
}

static void an_idle_association_is_released(void **state)
{
	int64_t at;

	(void)state;
	start();
	transfer(&(struct said){ .local = "one", .to = { DOWN_A } });
	run_for(config.timers.lifetime / 2);
	transfer(&(struct said){ .local = "two", .to = { DOWN_A } });
	at = arrivals[1].at_us;
	run_for(config.timers.lifetime - 10 * SECOND_US);
	assert_int_equal(sides[DOWN].open, 1);
	mta_flush(mta);			/* a turn in which it is idle still */
	run_for(20 * SECOND_US);
	assert_int_equal(sides[DOWN].open, 0);
	assert_int_equal(sides[DOWN].opened, 1);
	assert_in_range(sides[DOWN].released_us - at, config.timers.lifetime,
	                config.timers.lifetime + SECOND_US);
}

static void a_message_expires(void **state)
{
	(void)state;
	config.timers.expiry = 900 * SECOND_US;
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "old", .to = { DOWN_A } });
	run_for(1000 * SECOND_US);
	want_report(1, 5);			/* maximum-time-expired */
}

/* What is under way is not given up: it may have arrived. */
/* Of a message that was split each copy speaks for its own recipients. */
static void a_copy_expires_alone(void **state)
{
	(void)state;
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "m", .to = { OTHER_A, DOWN_A }, .size = 10 });
	only(P1_MESSAGE, OTHER);
	run_for(config.timers.expiry + 2 * config.timers.open_interval);
	assert_int_equal(arrivals_n, 2);
	assert_int_equal(came_to(UP)->recipients, 1);
	assert_int_equal(came_to(UP)->number, 2);
	assert_int_equal(mta_queue_length(mta), 0);
}

static void what_is_being_sent_does_not_expire(void **state)
{
	(void)state;
	config.timers.expiry = 20 * SECOND_US;
	sides[DOWN].holds = true;
	start();
	transfer(&(struct said){ .local = "slow", .to = { DOWN_A } });
	run_for(100 * SECOND_US);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, 0);
	assert_int_equal(mta_queue_length(mta), 1);
}

/* Behind one that was deferred, and so lives longer; and before one that came later. */
static void each_message_expires_in_its_time(void **state)
{
	(void)state;
	config.timers.expiry = 900 * SECOND_US;
	config.timers.open_interval = 50 * SECOND_US;
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "deferred", .to = { DOWN_A },
	                         .deferred = "010909024640Z" });
	transfer(&(struct said){ .local = "old", .to = { DOWN_A } });
	run_for(500 * SECOND_US);
	transfer(&(struct said){ .local = "young", .to = { DOWN_A } });
	run_for(395 * SECOND_US);
	assert_int_equal(arrivals_n, 0);
	run_for(10 * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	assert_string_equal(arrivals[0].local, "old");
	run_for(500 * SECOND_US);
	assert_int_equal(arrivals_n, 2);
	assert_string_equal(arrivals[1].local, "young");
	run_for((3600 - 1405 + 890) * SECOND_US);
	assert_int_equal(arrivals_n, 2);
	run_for(20 * SECOND_US);
	assert_int_equal(arrivals_n, 3);
	assert_string_equal(arrivals[2].local, "deferred");
	assert_int_equal(mta_queue_length(mta), 0);
}

static void a_loop_is_found(void **state)
{
	(void)state;
	start();
	transfer(&(struct said){ .local = "loop", .to = { DOWN_A }, .looped = true });
	want_report(1, 3);
}

/* An ExtensionField 38 of one element. */
static struct octets internal_of(const char *prmd, const char *who)
{
	static uint8_t field[200];
	struct p1_trace e = { .domain = domain_of(prmd), .arrival = p1_string("010909014600Z"),
	                      .action = P1_RELAYED, .mta = p1_string(who) };
	size_t n = p1_internal_field(&e, field, sizeof field);

	assert_in_range(n, 1, sizeof field);
	return (struct octets){ field, n };
}

/* UP and DOWN are MTAs of our domain, OTHER is not. */
static void internal_trace_is_for_our_domain(void **state)
{
	static const struct {
		const char *prmd, *mta;	/* of the internal trace that comes; NULL: none */
		bool looped;		/* our domain is the last of the trace */
		unsigned trace_n, inside_n, outside_n;
	} rows[] = {
		{ NULL, NULL, false, 2, 1, 0 }, { NULL, NULL, true, 1, 1, 0 },
		{ "LAB", "HUB", true, 1, 2, 0 }, { "ELSE", "HUB", false, 2, 2, 1 },
	};

	(void)state;
	config.peers[UP].inside = config.peers[DOWN].inside = true;
	start();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct said m = { .local = "m", .to = { DOWN_A, OTHER_A },
		                  .looped = rows[i].looped };

		if (rows[i].mta)
			m.extensions = internal_of(rows[i].prmd, rows[i].mta);
		arrivals_n = 0;
		transfer(&m);
		assert_int_equal(arrivals_n, 2);
		assert_int_equal(came_to(DOWN)->trace_n, rows[i].trace_n);
		assert_int_equal(came_to(OTHER)->trace_n, rows[i].trace_n);
		assert_int_equal(came_to(DOWN)->internal_n, rows[i].inside_n);
		assert_string_equal(came_to(DOWN)->internal, "LAB");
		assert_int_equal(came_to(OTHER)->internal_n, rows[i].outside_n);
	}
	arrivals_n = 0;
	transfer(&(struct said){ .local = "m", .to = { NOWHERE } });
	want_report(1, 0);
	assert_int_equal(arrivals[0].internal_n, 1);
	assert_string_equal(arrivals[0].internal, "LAB");
}

/* Whoever hands it over: our domain and our name. */
static void the_internal_trace_shows_a_loop(void **state)
{
	struct said m = { .local = "m", .to = { DOWN_A } };

	(void)state;
	config.peers[DOWN].inside = true;
	start();
	m.extensions = internal_of("LAB", "LAB");
	transfer(&m);
	want_report(1, 3);			/* loop-detected */
	assert_int_equal(arrivals[0].internal_n, 0);
	arrivals_n = 0;
	m.extensions = internal_of("ELSE", "LAB");
	transfer(&m);
	assert_int_equal(only(P1_MESSAGE, DOWN)->internal_n, 2);
}

static void a_message_must_be_named_and_traced(void **state)
{
	(void)state;
	start();
	transfer(&(struct said){ .local = "", .to = { DOWN_A } });
	want_report(1, 14);			/* protocol-violation */
	arrivals_n = 0;
	transfer(&(struct said){ .local = "untraced", .to = { DOWN_A }, .untraced = true });
	want_report(1, 14);
}

static void a_report_must_be_asked_for(void **state)
{
	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	transfer(&(struct said){ .local = "m", .to = { NOWHERE }, .unasked = true });
	run_for(100 * SECOND_US);
	assert_int_equal(logged("Diagnostic unrecognised-or-name. No report was asked for."), 1);
	assert_int_equal(arrivals_n, 0);
	assert_int_equal(mta_queue_length(mta), 0);
}

/* Extensions of its envelope, of its content, and of the recipient that it tells of. */
static size_t report_with(const char *to, const struct octets x[3], uint8_t *dst, size_t cap)
{
	static uint8_t destination[P1_NAME_ROOM], about[P1_NAME_ROOM];
	struct p1_reported one = {
		.name = { about, name(DOWN_A, about) }, .number = 1,
		.indicators = P1_RESPONSIBILITY | P1_MTA_REPORT | P1_MTA_NON_DELIVERY,
		.arrival = p1_string("010909014600Z"), .reason = 1, .diagnostic = 0,
		.extensions = { x[2].p, 0, x[2].n, x[2].n > 0 },
	};
	struct p1_report r = {
		.id = { domain_of("UP"), p1_string("report") },
		.destination = { destination, name(to, destination) },
		.trace = { .domain = domain_of(report_through),
		           .arrival = p1_string("010909014600Z") },
		.subject = { domain_of("DOWN"), p1_string("subject") },
		.extensions = x[0], .content_extensions = x[1],
		.recipients_n = 1, .recipients = &one,
	};

	return p1_report(&r, dst, cap);
}

static size_t report(const char *to, uint8_t *dst, size_t cap)
{
	return report_with(to, (struct octets[3]){ { NULL, 0 } }, dst, cap);
}

/* X.411 14.4, whether it cannot be routed or has waited too long. */
static void no_report_on_a_report(void **state)
{
	static const char *const to[] = { NOWHERE, DOWN_A };

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	sides[DOWN].refuses = true;
	start();
	for (int i = 0; i < 2; i++) {
		struct caller *c = call();

		hand_over(c, (struct octets){ c->head, report(to[i], c->head, sizeof c->head) }, 0);
		run_for(SECOND_US);
		assert_int_equal(c->accepted, i + 1);
		assert_int_equal(mta_queue_length(mta), i);
	}
	run_for(config.timers.expiry + config.timers.open_interval);
	assert_int_equal(mta_queue_length(mta), 0);
	assert_int_equal(arrivals_n, 0);
	assert_int_equal(logged("The report is discarded."), 2);
}

/* Those that come in, and our own: each once, with the reason. */
static void reports_thrown_away_are_logged(void **state)
{
	static const struct {
		const char *to, *through, *because;
	} rows[] = {
		{ NOWHERE, "UP", "from UP because there is no route to its originator" },
		{ OTHER_A, "LAB", "from UP because a loop has been detected" },
		{ DOWN_STREET, "UP", "from UP because it cannot be downgraded" },
	};

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	config.peers[UP].context = config.peers[DOWN].context =
		ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
	start();
	for (unsigned i = 0; i < 3; i++) {
		struct caller *c = call();

		report_through = rows[i].through;
		hand_over(c, (struct octets){ c->head, report(rows[i].to, c->head,
		                                              sizeof c->head) }, 0);
		run_for(SECOND_US);
		assert_int_equal(c->accepted, i + 1);
		assert_int_equal(logged(rows[i].because), 1);
		assert_int_equal(logged("The report is discarded."), i + 1);
	}
	transfer(&(struct said){ .local = "m", .from = NOWHERE, .to = { NOWHERE } });
	assert_int_equal(logged("because of an originator that there is no route to"), 1);
	assert_int_equal(logged("A non-delivery report"), 0);
	transfer(&(struct said){ .local = "m", .from = UP_STREET, .to = { NOWHERE } });
	assert_int_equal(logged("a neighbour that it cannot be downgraded for"), 1);
	assert_int_equal(logged("The report is discarded."), 5);
	assert_int_equal(arrivals_n, 0);
	assert_int_equal(mta_queue_length(mta), 0);
}

static void probes(void **state)
{
	(void)state;
	config.content_max = 1000;
	start();
	transfer(&(struct said){ .local = "p", .to = { DOWN_A }, .probe = true, .size = 10 });
	only(P1_PROBE, DOWN);
	arrivals_n = 0;
	transfer(&(struct said){ .local = "p", .to = { NOWHERE }, .probe = true, .size = 10 });
	want_report(1, 0);			/* unrecognised-OR-name */
	arrivals_n = 0;
	transfer(&(struct said){ .local = "p", .to = { DOWN_A }, .probe = true, .size = 1000 });
	only(P1_PROBE, DOWN);
	arrivals_n = 0;
	transfer(&(struct said){ .local = "p", .to = { DOWN_A }, .probe = true, .size = 1001 });
	want_report(1, 7);			/* content-too-long */
	arrivals_n = 0;
	transfer(&(struct said){ .local = "p", .to = { NOWHERE, DOWN_A }, .probe = true });
	assert_int_equal(arrivals_n, 2);
	assert_int_equal(came_to(DOWN)->kind, P1_PROBE);
	assert_int_equal(came_to(DOWN)->recipients, 2);
	assert_int_equal(came_to(DOWN)->responsible, 1);
	assert_int_equal(came_to(UP)->recipients, 1);
	assert_int_equal(came_to(UP)->number, 1);
	arrivals_n = 0;
	transfer(&(struct said){ .local = "p", .to = { OTHER_A, DOWN_A }, .probe = true });
	assert_int_equal(arrivals_n, 2);
	assert_int_equal(came_to(DOWN)->responsible, 1);
	assert_int_equal(came_to(OTHER)->responsible, 1);
}

/* X.411 8.5.9: each recipient is reported as was asked for it, where it was ours. */
static void reports_as_each_recipient_asks(void **state)
{
	enum { OURS = P1_RESPONSIBILITY, BOTH = P1_MTA_REPORT, NON = P1_MTA_NON_DELIVERY };
	static const struct {
		uint8_t first, second;
		unsigned delivered, not_delivered;	/* the bit of each one reported */
	} rows[] = {
		{ OURS | BOTH, OURS | NON, 1, 3 }, { OURS | NON, OURS | BOTH | NON, 2, 3 },
		{ OURS, OURS | BOTH, 2, 2 }, { BOTH, OURS | BOTH, 2, 2 }, { OURS | NON, NON, 0, 1 },
		{ OURS, OURS, 0, 0 },
	};

	(void)state;
	snprintf(config.local, sizeof config.local, "C=XX;A=TEST;P=LAB;");
	start();
	for (unsigned i = 0; i < 4 * (sizeof rows / sizeof rows[0]); i++) {
		bool local = i % 2;
		unsigned want = local ? rows[i / 4].delivered : rows[i / 4].not_delivered;
		const char *to = local ? "C=XX;A=TEST;P=LAB;S=A" : NOWHERE;

		arrivals_n = 0;
		transfer(&(struct said){ .local = "m", .to = { to, to }, .probe = i / 2 % 2,
		                         .asked = { rows[i / 4].first, rows[i / 4].second } });
		assert_int_equal(arrivals_n, want ? 1 : 0);
		if (!want)
			continue;
		assert_int_equal(came_to(UP)->delivered, local);
		assert_int_equal(came_to(UP)->recipients, want == 3 ? 2 : 1);
		assert_int_equal(came_to(UP)->number, want == 2 ? 2 : 1);
	}
}

/* X.411 8.2.1.1.1.36: by it the originator knows his message again; other extensions are the
 * message's own. */
static void reports_have_the_correlator(void **state)
{
	static const uint8_t both[] = {
		0x30, 0x0d, 0x83, 0x03, 0x2a, 0x03, 0x04, 0x81, 0x02, 0x05, 0x00, 0xa2, 0x02, 0x05,
		0x00, 0x30, 0x0a, 0x80, 0x01, 0x17, 0xa2, 0x05, 0x16, 0x03, 'a', 'b', 'c',
	};
	struct said m = { .local = "m", .to = { NOWHERE }, .extensions = { both, sizeof both } };

	(void)state;
	start();
	for (int probe = 0; probe < 2; probe++) {
		m.probe = probe;
		arrivals_n = 0;
		transfer(&m);
		assert_int_equal(only(P1_REPORT, UP)->correlator_n, 12);
		assert_memory_equal(arrivals[0].correlator, both + 15, 12);
	}
	arrivals_n = 0;
	transfer(&(struct said){ .local = "m", .to = { NOWHERE }, .extensions = { both, 15 } });
	assert_int_equal(only(P1_REPORT, UP)->correlator_n, 0);
}

/* X.411 8.5.1: identifiers are unique, also those of an MTA that begins again at once. */
static void reports_have_identifiers_of_their_own(void **state)
{
	char before[33];

	(void)state;
	start();
	transfer(&(struct said){ .local = "m", .to = { NOWHERE } });
	snprintf(before, sizeof before, "%s", only(P1_REPORT, UP)->id);
	mta_free(mta);
	callers[0].bound = false;
	answer_us = SECOND_US / 20;
	arrivals_n = 0;
	start();
	transfer(&(struct said){ .local = "m", .to = { NOWHERE } });
	assert_string_not_equal(before, only(P1_REPORT, UP)->id);
}

enum { SUBMISSION = 0x80, TRANSFER = 0x40, DELIVERY = 0x20 };
static const uint8_t criticality[] = { 0x00, SUBMISSION, DELIVERY, TRANSFER };

/* A private extension: X.411 8.3.2. */
static struct octets extension(uint8_t bits)
{
	static uint8_t x[] = { 0x30, 0x0d, 0x83, 0x03, 0x2a, 0x03, 0x04, 0x81, 0x02, 0x05, 0x00,
	                       0xa2, 0x02, 0x05, 0x00 };

	x[10] = bits;
	return (struct octets){ x, sizeof x };
}

static void unknown_extensions_by_criticality(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 4; i++) {
		arrivals_n = 0;
		transfer(&(struct said){ .local = "x", .to = { DOWN_A },
		                         .extensions = extension(criticality[i]) });
		if (criticality[i] == TRANSFER)
			want_report(1, 18);	/* unsupported-critical-function */
		else
			assert_int_equal(only(P1_MESSAGE, DOWN)->extensions, 1);
	}
}

/* Of one recipient: it alone is reported, the other gets the message or the probe. */
static void one_recipient_is_critical(void **state)
{
	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	for (unsigned i = 0; i < 8; i++) {
		bool stops = criticality[i / 2] == TRANSFER;

		arrivals_n = 0;
		transfer(&(struct said){ .local = "x", .to = { DOWN_A, DOWN_B }, .probe = i % 2,
		                         .of_second = extension(criticality[i / 2]) });
		assert_int_equal(came_to(DOWN)->responsible, stops ? 1 : 2);
		assert_int_equal(came_to(DOWN)->recipients, 2);
		assert_int_equal(arrivals_n, stops ? 2 : 1);
		if (stops) {
			assert_int_equal(came_to(UP)->recipients, 1);
			assert_int_equal(came_to(UP)->number, 2);
			assert_int_equal(came_to(UP)->diagnostic, 18);
		}
	}
	assert_int_equal(logged("Unable to transfer in message C=XX;A=TEST;P=UP;L=x because an "
	                        "unsupported extension was detected."), 2);
}

/* Who delivers must know what is critical for delivery; a probe asks whether he does. */
static void local_delivery_by_criticality(void **state)
{
	(void)state;
	snprintf(config.local, sizeof config.local, "C=XX;A=TEST;P=LAB;");
	start();
	for (int probe = 0; probe < 2; probe++) {
		struct said m = { .local = "x", .to = { "C=XX;A=TEST;P=LAB;S=A" }, .probe = probe,
		                  .size = 10 };

		arrivals_n = 0;
		m.extensions = extension(SUBMISSION);
		transfer(&m);
		assert_int_equal(arrivals_n, 0);	/* delivered: not asked to say so */
		m.extensions = extension(DELIVERY);
		transfer(&m);
		want_report(1, 18);
	}
}

/* Of a report wherever they stand: it is discarded, and the log says so. */
static void unknown_extensions_of_reports(void **state)
{
	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	for (unsigned place = 0; place < 3; place++) {
		for (int i = 0; i < 4; i++) {
			struct octets x[3] = { { NULL, 0 } };
			struct caller *c = call();

			arrivals_n = 0;
			x[place] = extension(criticality[i]);
			hand_over(c, (struct octets){ c->head, report_with(DOWN_A, x, c->head,
			                                                   sizeof c->head) }, 0);
			run_for(SECOND_US);
			assert_int_equal(c->accepted, 4 * place + (unsigned)i + 1);
			assert_int_equal(arrivals_n, criticality[i] != TRANSFER);
			assert_int_equal(mta_queue_length(mta), 0);
		}
		assert_int_equal(logged("Unable to transfer in a report from UP"), place + 1);
	}
}

/* ---- who may come back ---- */

/* X.218 9.3: each point that it confirmed has its octets on disk. */
/* An activity discard in one segment with the activity end, and the message again. */
static void discards_overtake_the_acknowledgement(void **state)
{
	struct said m = { .local = "twice", .to = { DOWN_A, NOWHERE }, .size = 100 };
	struct caller *c;

	(void)state;
	config.repeated = MTA_REPEATED_SUPPRESS;
	start();
	c = call();
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	association_discard(end_association(c->end), net_now(net), 0);
	end_pump(c->end);
	run_for(SECOND_US);
	assert_int_equal(c->accepted, 0);
	assert_int_equal(c->rejected, 1);
	assert_int_equal(mta_queue_length(mta), 0);
	assert_int_equal(arrivals_n, 0);
	transfer(&m);
	run_for(SECOND_US);
	assert_int_equal(arrivals_n, 2);	/* the message and its report, once */
}

/* What was taken in before is still known: it is not delivered a second time. */
static void a_discarded_repeat_stays_known(void **state)
{
	struct said m = { .local = "known", .to = { DOWN_A }, .size = 100 };
	struct caller *c;

	(void)state;
	config.repeated = MTA_REPEATED_SUPPRESS;
	start();
	transfer(&m);
	c = call();
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	association_discard(end_association(c->end), net_now(net), 0);
	end_pump(c->end);
	run_for(SECOND_US);
	assert_int_equal(c->rejected, 1);
	transfer(&m);
	only(P1_MESSAGE, DOWN);
}

/* An interrupt does, too, and then it is resumed: there is all of it. */
static void interrupts_overtake_the_acknowledgement(void **state)
{
	struct said m = { .local = "whole", .to = { DOWN_A }, .size = 4000 };
	struct p1_transfer again = { .id = 1, .content_length = m.size };
	struct association_lost here;
	struct association *a;
	struct caller *c;

	(void)state;
	start();
	c = call();
	a = end_association(c->end);
	c->whole = false;
	again.head = (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) };
	hand_over(c, again.head, m.size);
	run_for(SECOND_US);
	lend_rest(c);
	association_interrupt(a, net_now(net), 0);
	end_pump(c->end);
	run_for(SECOND_US);
	assert_int_equal(c->rejected, 1);
	assert_int_equal(mta_queue_length(mta), 0);
	assert_true(rtse_past(&a->rtse, net_now(net), &here.rtse));
	assert_true(association_resume(a, net_now(net), &here, &again));
	association_transfer(a, net_now(net), &again);
	end_pump(c->end);
	run_for(SECOND_US);
	assert_int_equal(c->accepted, 1);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, m.size);
}

/* The association is lost before the acknowledgement: what was taken whole is ours. */
static void aborts_leave_what_was_taken(void **state)
{
	struct said m = { .local = "whole", .to = { DOWN_A, NOWHERE }, .size = 100 };
	struct caller *c;

	(void)state;
	start();
	c = call();
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	association_abort(end_association(c->end), net_now(net));
	end_pump(c->end);
	run_for(SECOND_US);
	assert_int_equal(c->accepted, 0);
	assert_int_equal(arrivals_n, 2);	/* the message and its report */
}

static void what_is_confirmed_is_on_disk(void **state)
{
	(void)state;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	start();
	broken_off(call());
	assert_in_range(rows_on_disk("chunk"), 5, 10);	/* checkpoints of 1 KiB in 10,000 octets */
	run_for(2 * config.timers.recovery_timeout);
	assert_int_equal(rows_on_disk("chunk"), 0);
	mta_free(mta);
	mta = NULL;
	forget_queue();
}

/* Octets that no commit has taken to disk yet are not kept for who would go on behind them. */
static void what_is_not_on_disk_is_not_kept(void **state)
{
	enum { FIRST = 70000, MORE = 64000 };
	struct said m = { .local = "cut", .to = { DOWN_A }, .size = 2 * FIRST };
	struct caller *c;

	(void)state;
	checkpoint_kib = config.checkpoint_kib = 66;
	start();
	c = call();
	c->whole = false;
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	run_for(SECOND_US);
	association_lend(end_association(c->end), net_now(net), (struct octets){
		c->content + FIRST, MORE });
	end_pump(c->end);
	run_for(1000);
	assert_true(queue_changed(&mta->queue));
	end_cut(c->end, LINK_CUT_RST);
	while (mta->lines)
		assert_true(net_step(net, NEVER_US));
	assert_int_equal(mta->kept_n, 0);
}

/* X.218 gives a recovering bind no name and no password. */
static void only_the_same_peer_recovers(void **state)
{
	struct p1_bind again;

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	again = broken_off(call());
	call_from(&callers[1], "127.0.0.9:0", &again);
	assert_true(callers[1].refused);
	assert_int_equal(logged("attempted to recover an association of UP"), 1);
	assert_int_equal(logged("a caller at 127.0.0.9"), 1);
	call_from(&callers[2], "127.0.0.1:0", &again);
	assert_true(callers[2].bound);
}

/* X.218 9.3.1.3: behind the recovery time nothing is known of it; all of it comes again. */
static void a_recovery_comes_too_late(void **state)
{
	struct said m = { .local = "cut", .to = { DOWN_A }, .size = 20000 };
	struct p1_bind again;

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	again = broken_off(call());
	run_for(config.timers.recovery_timeout);
	assert_int_equal(mta->kept_n, 0);
	call_from(&callers[1], "127.0.0.1:0", &again);
	assert_true(callers[1].refused);
	assert_int_equal(logged("attempted to recover an association."), 1);
	callers[0].bound = false;
	transfer(&m);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, m.size);
}

/* Our recovery is refused: the message begins anew when the interval is over, longer than the
 * recovery time. */
static void a_lost_transfer_begins_anew(void **state)
{
	struct said m = { .local = "m", .to = { DOWN_A }, .size = 100000 };
	struct caller *c;

	(void)state;
	config.checkpoint_kib = 1;
	start();
	c = call();
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	while (lines_n == 0 || lines[0].a.octets < 20000)
		assert_true(net_step(net, NEVER_US));
	sides[DOWN].refuses = true;
	end_cut(lines[0].end, LINK_CUT_RST);
	run_for(SECOND_US);
	assert_int_equal(sides[DOWN].opened, 2);	/* the second one is to recover, at once */
	sides[DOWN].refuses = false;
	run_for(config.timers.open_interval / 2);
	assert_int_equal(sides[DOWN].opened, 2);
	run_for(config.timers.open_interval / 2 + SECOND_US);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, m.size);
	assert_int_equal(mta_queue_length(mta), 0);
}

/* A neighbour that breaks off again and again costs no more than so many. */
static void what_is_kept_is_bounded(void **state)
{
	enum { KEPT = 32 };

	(void)state;
	config.timers.recovery_timeout = 1000 * SECOND_US;
	start();
	for (unsigned i = 1; i <= KEPT + 2; i++) {
		broken_off(call());
		callers[0].bound = false;
		assert_int_equal(mta->kept_n, i < KEPT ? i : KEPT);
	}
}

/* ---- callers that mean harm ---- */

static void refusals_are_logged_once(void **state)
{
	struct p1_bind stranger = p1_bind_simple("NOBODY", "x"), wrong = p1_bind_simple("UP", "x");
	struct said m = { .local = "served", .to = { DOWN_A } };

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	callers[3].mute = true;
	call_from(&callers[3], "127.0.0.8:0", &stranger);
	call_from(&callers[1], "127.0.0.7:0", &stranger);
	call_from(&callers[2], "127.0.0.1:0", &wrong);
	assert_true(callers[1].refused && callers[2].refused);
	run_for(10 * config.timers.disconnect);
	assert_int_equal(logged("The MTA name in bind is"), 2);
	assert_int_equal(logged("NOBODY"), 1);
	assert_int_equal(logged("Reason: no neighbour has this name."), 1);
	assert_int_equal(logged("Reason: its password is another one."), 1);
	assert_int_equal(logged("a caller at 127.0.0.7"), 1);
	assert_true(callers[3].over);
	assert_int_equal(logged("a caller at 127.0.0.8. The connection ended without a bind"), 1);
	transfer(&m);
	only(P1_MESSAGE, DOWN);
}

/* ---- its beginning ---- */

static void not_started(const struct mta_config *c, const char *because)
{
	char why[256] = "";

	assert_null(mta_new(world, c, why, sizeof why));
	assert_non_null(strstr(why, because));
}

static void it_says_why_it_does_not_start(void **state)
{
	struct mta_config c;

	(void)state;
	c = config;
	snprintf(c.log_dir, sizeof c.log_dir, "/nonexistent/logs");
	not_started(&c, "/nonexistent/logs");
	c = config;
	snprintf(c.queue, sizeof c.queue, "/nonexistent/queue");
	not_started(&c, "queue: ");
	c = config;
	snprintf(c.peers[DOWN].prefix, sizeof c.peers[DOWN].prefix, "nonsense");
	not_started(&c, "nonsense");
	c = config;
	snprintf(c.proof.key, sizeof c.proof.key, "/nonexistent/key");
	not_started(&c, "/nonexistent/key");
	c = config;
	snprintf(c.link, sizeof c.link, "rate=fast");
	not_started(&c, "link: ");
	c = config;
	c.listen = config.peers[UP].address;	/* taken */
	not_started(&c, "cannot listen on 127.0.0.1");
	start();
}

/* KB Q196852: as a process that has died, it answers nothing any more. */
static void a_crash_resets_all(void **state)
{
	struct p1_bind down = p1_bind_simple("DOWN", "secret");

	(void)state;
	assert_true(mta_defect_add(&config, "Q196852"));
	start();
	call_from(&callers[1], "127.0.0.1:0", &down);
	assert_true(callers[1].bound && !mta_stopped(mta));
	broken_off(call());
	assert_true(mta_stopped(mta));
	assert_true(callers[1].over);
}

/* ---- its disk ---- */

/* Refused for a transfer interval: transfers for now, and binds as busy; said once. */
static void a_full_disk_refuses(void **state)
{
	struct p1_bind bind = p1_bind_simple("UP", "secret");
	struct said m = { .local = "much", .to = { DOWN_A }, .size = 90000 };
	struct caller *c;
	size_t n;

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	c = call();
	mta_disk_full(mta, true);
	n = head_of(&m, c->head, sizeof c->head);
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(SECOND_US);
	assert_int_equal(c->accepted, 0);
	assert_int_equal(c->rejected, 1);
	assert_int_equal(mta_queue_length(mta), 0);
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(SECOND_US);
	assert_int_equal(c->rejected, 2);
	assert_int_equal(logged("The disk cannot be written."), 1);
	call_from(&callers[1], "127.0.0.1:0", &bind);
	assert_true(callers[1].refused);
	assert_int_equal(logged("An association from entity UP was refused: the disk cannot be "
	                        "written"), 1);
	assert_int_equal(logged("A message from entity UP was refused: the disk cannot be written"),
	                 2);
	mta_disk_full(mta, false);
	/* Not at once, though something could be written. */
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(SECOND_US);
	assert_int_equal(c->rejected, 3);
	call_from(&callers[2], "127.0.0.1:0", &bind);
	assert_true(callers[2].refused);
	run_for(config.timers.transfer_interval);
	call_from(&callers[3], "127.0.0.1:0", &bind);
	assert_true(callers[3].bound);
	transfer(&m);
	only(P1_MESSAGE, DOWN);
	assert_int_equal(arrivals[0].octets, m.size);
}

/* Also where no checkpoint asks for them: octets that could not be written are missed. */
static void what_a_full_disk_has_lost_is_refused(void **state)
{
	const struct said m = { .local = "much", .to = { DOWN_A }, .size = 140000 };
	struct caller *c;
	size_t n;

	(void)state;
	checkpoint_kib = 0;
	config.checkpoint_kib = 0;
	start();
	c = call();
	n = head_of(&m, c->head, sizeof c->head);
	c->whole = false;
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(1000);
	mta_disk_full(mta, true);
	mta_flush(mta);
	run_for(1000);
	mta_disk_full(mta, false);
	mta_flush(mta);
	run_for(1000);
	lend_rest(c);
	run_for(SECOND_US);
	assert_int_equal(c->accepted, 0);
	assert_int_equal(c->rejected, 1);
	assert_int_equal(mta_queue_length(mta), 0);
	transfer(&m);
	only(P1_MESSAGE, DOWN);
	assert_int_equal(arrivals[0].octets, m.size);
}

/* What was on disk before is there; and who has sent nothing is refused nothing. */
static void what_a_full_disk_has_is_kept(void **state)
{
	const struct said m = { .local = "kept", .to = { DOWN_A }, .size = 20000 };
	struct p1_bind bind = p1_bind_simple("UP", "secret");
	struct caller *c, *other = &callers[1];

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	c = call();
	for (size_t i = 1; i <= 2; i++)
		call_from(&callers[i], "127.0.0.1:0", &bind);
	c->whole = false;
	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	run_for(SECOND_US);
	mta_disk_full(mta, true);
	hand_over(other, (struct octets){ other->head,
	                                  head_of(&m, other->head, sizeof other->head) }, m.size);
	run_for(SECOND_US);
	assert_int_equal(other->rejected, 1);
	mta_disk_full(mta, false);
	lend_rest(c);
	run_for(SECOND_US);
	assert_int_equal(c->rejected, 0);
	assert_int_equal(c->accepted, 1);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, m.size);
	assert_int_equal(logged("A message from entity UP was refused"), 1);
}

/* A report that cannot be written down does not leave: its message is there again, and is
 * reported once the disk can be written. */
static void a_failing_disk_holds_reports(void **state)
{
	sqlite3 *locks;

	(void)state;
	config.timers.expiry = 900 * SECOND_US;
	config.timers.lifetime = 5000 * SECOND_US;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	sides[DOWN].refuses = true;
	start();
	transfer(&(struct said){ .local = "first", .to = { NOWHERE } });
	want_report(1, 0);			/* the association for reports stands */
	transfer(&(struct said){ .local = "old", .to = { DOWN_A } });
	run_for(800 * SECOND_US);
	assert_int_equal(sqlite3_open(config.queue, &locks), SQLITE_OK);
	assert_int_equal(sqlite3_exec(locks, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	run_for(400 * SECOND_US);
	assert_int_equal(arrivals_n, 1);
	assert_int_equal(mta_queue_length(mta), 1);
	sqlite3_close(locks);
	run_for(1000 * SECOND_US);
	assert_int_equal(arrivals_n, 2);
	assert_string_equal(arrivals[1].local, "old");
	assert_int_equal(mta_queue_length(mta), 0);
	mta_free(mta);
	mta = NULL;
	forget_queue();
}

/* What is acknowledged is there when it begins again; what is sent is not sent again. */
static void a_restart_loses_nothing(void **state)
{
	struct said kept = { .local = "kept", .to = { DOWN_A }, .size = 70000 },
	            sent = { .local = "sent", .to = { OTHER_A }, .size = 100 };

	(void)state;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	sides[DOWN].refuses = true;
	start();
	transfer(&sent);
	only(P1_MESSAGE, OTHER);
	transfer(&kept);
	assert_int_equal(mta_queue_length(mta), 1);
	mta_free(mta);
	callers[0].bound = false;
	sides[DOWN].refuses = false;
	start();
	assert_int_equal(mta_queue_length(mta), 1);
	run_for(SECOND_US);
	assert_int_equal(arrivals_n, 2);
	assert_int_equal(arrivals[1].side, DOWN);
	assert_string_equal(arrivals[1].local, "kept");
	assert_int_equal(arrivals[1].octets, 70000);
	assert_int_equal(mta_queue_length(mta), 0);
	mta_free(mta);
	start();
	assert_int_equal(mta_queue_length(mta), 0);
	forget_queue();
}

/* A commit whose sync fails is written over, and refused like any other.  If that fails, too, a
 * crash decides what is on disk: its sender is told neither yes nor no, and nothing leaves until
 * it is known. */
/* Held on disk until its time, with what its trace says. */
static void deferral_survives_a_restart(void **state)
{
	(void)state;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	start();
	transfer(&(struct said){ .local = "later", .to = { DOWN_A }, .size = 10,
	                         .deferred = "010909024640Z" });
	for (int i = 0; i < 3; i++) {
		run_for(1000 * SECOND_US);
		mta_free(mta);
		start();
	}
	run_until(NET_SIM_START_US + 3599 * SECOND_US);
	assert_int_equal(arrivals_n, 0);
	run_for(5 * SECOND_US);
	assert_string_equal(only(P1_MESSAGE, DOWN)->deferred, "010909024640Z");
	mta_free(mta);
	mta = NULL;
	forget_queue();
}

static void what_is_in_doubt_is_neither_taken_nor_refused(void **state)
{
	const struct said m = { .local = "doubt", .to = { DOWN_A }, .size = 100 };
	struct caller *c;
	size_t n;

	(void)state;
	failing_install();
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	c = call();
	n = head_of(&m, c->head, sizeof c->head);
	failing_syncs = 1;
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(SECOND_US);
	assert_int_equal(c->rejected, 1);
	assert_false(c->over);
	run_for(config.timers.transfer_interval);
	failing_syncs = 1000;
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(SECOND_US);
	assert_int_equal(c->accepted, 0);
	assert_true(c->over);
	assert_int_equal(logged("A message from entity UP was refused"), 1);
	assert_int_equal(logged("An association with entity UP is aborted: whether its last "
	                        "message is on disk cannot be known"), 1);
	run_for(3 * config.timers.transfer_interval);
	assert_int_equal(mta_queue_length(mta), 0);
	failing_syncs = 0;
	run_for(2 * config.timers.transfer_interval);
	c->bound = false;
	transfer(&m);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, m.size);
	mta_free(mta);
	mta = NULL;
	failing_remove();
	forget_queue();
}

/* Octets that the disk has lost: the transfer is broken off, and nothing else is sent for them. */
static void a_disk_that_loses_octets(void **state)
{
	struct said m = { .local = "holes", .to = { DOWN_A }, .size = 90000 };
	sqlite3 *db;

	(void)state;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	sides[DOWN].refuses = true;
	start();
	transfer(&m);
	assert_int_equal(sqlite3_open(config.queue, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM chunk", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	sides[DOWN].refuses = false;
	run_for(config.timers.open_interval + SECOND_US);
	assert_true(sides[DOWN].opened > 1);
	assert_int_equal(sides[DOWN].open, 0);
	assert_int_equal(arrivals_n, 0);
	assert_int_equal(mta_queue_length(mta), 1);
	mta_free(mta);
	mta = NULL;
	forget_queue();
}

/* Its timers go on; what is written is of the new time. */
static void the_clock_jumps(void **state)
{
	struct said m = { .local = "later", .to = { DOWN_A }, .deferred = "010909024640Z" };

	(void)state;
	start();
	transfer(&m);			/* in an hour */
	run_for(SECOND_US);
	assert_int_equal(arrivals_n, 0);
	mta_clock_jump(mta, 3600 * SECOND_US);
	run_for(SECOND_US);
	only(P1_MESSAGE, DOWN);
}

/* Each refusal says to whom and why, once. */
static void refusals_say_why(void **state)
{
	struct p1_bind up = p1_bind_simple("UP", "secret"), none = { .authenticated = false };

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	config.associations_max = 1;
	config.control_blocks = 4;		/* the listener's, and three */
	config.peers[OTHER].dialogue = MTA_DIALOGUE_TWO_WAY;
	start();
	call_from(&callers[0], "127.0.0.1:0", &up);
	call_from(&callers[1], "127.0.0.1:0", &up);
	assert_true(callers[0].bound && callers[1].refused);
	assert_int_equal(logged("associations allowed to and from entity UP has been reached"), 1);
	run_for(10 * SECOND_US);
	none.has_rt = true;
	call_from(&callers[1], "127.0.0.5:0", &none);
	assert_true(callers[1].refused);
	assert_int_equal(logged("a caller at 127.0.0.5. Reason: it has neither name"), 1);
	run_for(10 * SECOND_US);
	up = p1_bind_simple("OTHER", "secret");
	call_from(&callers[1], "127.0.0.1:0", &up);
	assert_true(callers[1].refused);
	assert_int_equal(logged("link option mode was specified by the binding remote entity "
	                        "OTHER"), 1);
	run_for(10 * SECOND_US);
	for (int i = 1; i < CALLERS; i++) {
		callers[i].mute = true;
		call_from(&callers[i], "127.0.0.6:0", &up);
	}
	assert_int_equal(logged("no free control blocks"), 1);
	assert_int_equal(logged("Refused: a caller at 127.0.0.6."), 1);
}

static void nonsense(struct net_conn *c, void *ctx)
{
	char octets[64] = "\x03\x00\x00\x07\x02\xf9";	/* no TPDU */
	uint8_t in[200];

	(void)ctx;
	while (net_read(c, in, sizeof in) > 0)
		;
	net_writev(c, &(struct iovec){ octets, 7 }, 1);
	net_want(c, false, false);
}

static void answers_nonsense(struct net_listener *l, struct net_conn *c, void *ctx)
{
	static const struct net_user user = { .readable = nonsense };

	(void)l;
	net_conn_user(c, &user, ctx);
	net_want(c, true, false);
}

/* Whom we call, and who breaks the protocol, is told by name and rule. */
static void what_the_called_breaks_is_logged(void **state)
{
	struct net_address any = { .family = 4, .host = { 127, 0, 0, 1 } };
	struct net_listener *l;

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	l = net_listen(net, &any, 4, NULL, answers_nonsense, NULL);
	assert_non_null(l);
	config.peers[DOWN].address = net_listener_address(l);
	start();
	transfer(&(struct said){ .local = "m", .to = { DOWN_A } });
	run_for(config.timers.disconnect + SECOND_US);
	assert_int_equal(logged("An interoperability error occurred with DOWN. cotp."), 1);
	assert_int_equal(logged("could not be opened"), 0);
	net_listener_close(l);
}

static void says_two_faults(struct net_conn *c, void *ctx)
{
	static char octets[] =
		"\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x01\x00"	/* CR */
		"\x03\x00\x00\x09\x02\xf0\x80\x63\x00"		/* DT with no SPDU */
		"\x03\x00\x00\x07\x02\xf9\x00";			/* no TPDU */

	(void)ctx;
	net_writev(c, &(struct iovec){ octets, sizeof octets - 1 }, 1);
	net_want(c, true, false);
}

static void throws_away(struct net_conn *c, void *ctx)
{
	uint8_t in[200];

	(void)ctx;
	while (net_read(c, in, sizeof in) > 0)
		;
}

/* What a caller broke first is what is told of it. */
static void the_first_of_two_faults_is_logged(void **state)
{
	static const struct net_user user = { .connected = says_two_faults,
	                                      .readable = throws_away };
	struct net_address to;
	struct net_conn *c;

	(void)state;
	snprintf(config.log_dir, sizeof config.log_dir, "%s", folder);
	start();
	to = mta_address(mta);
	c = net_connect(net, &to, NULL, NULL, &user, NULL);
	assert_non_null(c);
	run_for(config.timers.disconnect + SECOND_US);
	assert_int_equal(logged("An interoperability error occurred with a caller"), 1);
	assert_int_equal(logged(". session."), 1);
	assert_int_equal(logged("cotp."), 0);
	net_close(c);
}

/* What waits for a neighbour of 1988 does not go into an association of 1984 that it opened;
 * for one of 1984 the MTA asks for the turn there. */
static void mail_goes_where_it_can_be_said(void **state)
{
	(void)state;
	of_1984 = true;
	for (unsigned old = 0; old < 2; old++) {
		if (old)
			config.peers[UP].context = ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
		start();
		call();
		transfer(&(struct said){ .local = "lost", .to = { NOWHERE } });
		run_for(SECOND_US);
		assert_int_equal(callers[0].asked, old);
		mta_free(mta);
		mta = NULL;
		callers[0].bound = false;
		run_for(SECOND_US);
	}
}

/* ---- identifiers that come again ---- */

static void a_repeated_identifier(void **state)
{
	struct said m = { .local = "again", .to = { DOWN_A } }, other = { .local = "another",
	                                                                  .to = { DOWN_A } };

	(void)state;
	start();
	transfer(&m);
	transfer(&m);
	assert_int_equal(arrivals_n, 2);	/* delivered: how it is made */
	mta_free(mta);
	callers[0].bound = false;
	arrivals_n = 0;
	config.repeated = MTA_REPEATED_SUPPRESS;
	config.timers.seen = 1000 * SECOND_US;
	start();
	transfer(&m);
	transfer(&m);
	transfer(&other);
	assert_int_equal(arrivals_n, 2);
	run_for(900 * SECOND_US);
	transfer(&m);
	assert_int_equal(arrivals_n, 2);
	run_for(200 * SECOND_US);
	transfer(&m);
	assert_int_equal(arrivals_n, 3);
	assert_int_equal(mta_queue_length(mta), 0);
}

/* Acknowledged, then off the disk, before the association shows its neighbour anything more. */
static void a_delivery_leaves_the_disk_at_once(void **state)
{
	enum { QUICK = 30 };
	const struct said m = { .local = "m", .to = { DOWN_A }, .size = 1000 };
	struct caller *c;

	(void)state;
	snprintf(config.queue, sizeof config.queue, "%s/queue", folder);
	start();
	c = call();
	for (unsigned i = 1; i <= QUICK; i++) {
		size_t n = head_of(&m, c->head, sizeof c->head);

		hand_over(c, (struct octets){ c->head, n }, m.size);
		run_for(1000);
		assert_int_equal(c->accepted, i);
		assert_int_equal(arrivals_n, i);
		assert_int_equal(mta_queue_length(mta), 0);
		assert_int_equal(rows_on_disk("message"), 0);
		assert_int_equal(rows_on_disk("chunk"), 0);
	}
	mta_free(mta);
	mta = NULL;
	forget_queue();
}

/* A message that comes in waits a moment for the delivery of another: one commit serves both. */
static void a_message_waits_for_a_delivery(void **state)
{
	const struct said m = { .local = "m", .to = { DOWN_A }, .size = 1000 };
	struct caller *c;
	uint64_t before;
	size_t n;

	(void)state;
	start();
	c = call();
	sides[DOWN].holds = true;
	n = head_of(&m, c->head, sizeof c->head);
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(1000);
	assert_int_equal(c->accepted, 1);
	before = mta->queue.commits;
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(50);
	assert_int_equal(c->accepted, 1);
	association_secured_all(end_association(lines[0].end), net_now(net));
	end_pump(lines[0].end);
	run_for(10);
	assert_int_equal(c->accepted, 2);
	assert_int_equal(arrivals_n, 2);
	assert_int_equal(mta->queue.commits, before + 1);
}

/* Not longer, and not again and again in vain. */
static void a_message_waits_a_moment_only(void **state)
{
	enum { MOMENT_US = 100, IN_VAIN = 8 };
	const struct said m = { .local = "m", .to = { DOWN_A }, .size = 1000 };
	struct caller *c;

	(void)state;
	start();
	c = call();
	sides[DOWN].holds = true;
	for (unsigned i = 0; i <= 3 * IN_VAIN; i++) {
		bool waits = i > 0 && i <= IN_VAIN;
		size_t n = head_of(&m, c->head, sizeof c->head);

		hand_over(c, (struct octets){ c->head, n }, m.size);
		run_for(MOMENT_US - 1);
		assert_int_equal(c->accepted, i + !waits);
		run_for(2);
		assert_int_equal(c->accepted, i + 1);
		run_for(1000);
	}
	assert_int_equal(arrivals_n, 1);
}

static unsigned on_its_way;		/* transfers, when one was last acknowledged */

void __real_association_secured_all(struct association *as, int64_t now);
void __wrap_association_secured_all(struct association *as, int64_t now);

void __wrap_association_secured_all(struct association *as, int64_t now)
{
	on_its_way = mta->sending;
	__real_association_secured_all(as, now);
}

/* The second message, for which an association stands idle: how many were on their way when it
 * was acknowledged. */
static unsigned under_way_when_acknowledged(void)
{
	const struct said m = { .local = "m", .to = { DOWN_A }, .size = 1000 };

	start();
	transfer(&m);
	sides[DOWN].holds = true;
	transfer(&m);
	assert_int_equal(mta->sending, 1);
	return on_its_way;
}

/* Its sender sends the next one at once, and the queue would grow. */
static void what_is_on_disk_goes_on_first(void **state)
{
	(void)state;
	assert_int_equal(under_way_when_acknowledged(), 1);
}

/* He may be asked for the turn, but not before he has his answer. */
static void who_may_be_asked_is_answered_first(void **state)
{
	(void)state;
	of_1984 = true;
	assert_int_equal(under_way_when_acknowledged(), 0);
}

/* ---- a commit that is written beside the loop, in real time ---- */

static bool aside;			/* each one */
static unsigned aside_from;		/* that many messages asked for */
static pthread_t loop;
static atomic_bool on_loop;
static sem_t writing, go_on;
static atomic_bool gave_up;

bool __real_queue_has_gathered(const struct queue *q, unsigned n);
bool __wrap_queue_has_gathered(const struct queue *q, unsigned n);

bool __wrap_queue_has_gathered(const struct queue *q, unsigned n)
{
	return aside ? n >= aside_from && queue_changed(q) : __real_queue_has_gathered(q, n);
}

static int begin_aside(void **state)
{
	(void)state;
	aside = true;
	aside_from = 0;
	gave_up = on_loop = false;
	loop = pthread_self();
	sem_init(&writing, 0, 0);
	sem_init(&go_on, 0, 0);
	return begin_in(net_kernel_new());
}

static int end_aside(void **state)
{
	aside = false;
	sem_destroy(&writing);
	sem_destroy(&go_on);
	return end(state);
}

/* On the writer's thread: the disk takes its time. */
static int slowly(void *ctx)
{
	struct timespec until;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	sem_post(&writing);
	if (sem_timedwait(&go_on, &until) < 0)
		gave_up = true;
	return 0;
}

/* On the writer's thread: what is written meanwhile is not lost with it. */
static int in_vain(void *ctx)
{
	const struct timespec moment = { .tv_nsec = 200000000 };

	(void)ctx;
	sem_post(&writing);
	nanosleep(&moment, NULL);
	sqlite3_commit_hook(mta->queue.db, NULL, NULL);
	return 1;
}

static int who_writes(void *ctx)
{
	(void)ctx;
	if (pthread_equal(pthread_self(), loop))
		on_loop = true;
	return 0;
}

static bool is_writing(void)
{
	for (int i = 0; i < 500; i++) {
		if (sem_trywait(&writing) == 0)
			return true;
		run_for(10000);
	}
	return false;
}

static void wait_for(const unsigned *n, unsigned value)
{
	for (int i = 0; i < 500 && *n < value; i++)
		run_for(10000);
	assert_int_equal(*n, value);
}

static void begin_transfer(struct caller *c, const char *local)
{
	struct said m = { .local = local, .to = { DOWN_A }, .size = 100 };

	hand_over(c, (struct octets){ c->head, head_of(&m, c->head, sizeof c->head) }, m.size);
	run_for(20000);
}

/* What comes meanwhile waits for the next commit; the loop does not wait for this one. */
static void the_loop_goes_on_beside_a_commit(void **state)
{
	struct p1_bind bind = p1_bind_simple("UP", "secret");

	(void)state;
	start();
	answer_us = SECOND_US / 10;
	for (size_t i = 0; i < 2; i++)
		call_from(&callers[i], "127.0.0.1:0", &bind);
	sqlite3_commit_hook(mta->queue.db, slowly, NULL);
	begin_transfer(&callers[0], "first");
	assert_true(is_writing());
	begin_transfer(&callers[1], "second");
	assert_int_equal(callers[0].accepted + callers[1].accepted, 0);
	assert_int_equal(sem_trywait(&writing), -1);
	assert_false(gave_up);
	sem_post(&go_on);
	assert_true(is_writing());
	wait_for(&callers[0].accepted, 1);
	assert_int_equal(callers[1].accepted, 0);
	for (int i = 0; i < 10; i++)
		sem_post(&go_on);
	wait_for(&callers[1].accepted, 1);
	assert_false(gave_up);
}

/* More came while it was written, and the message was whole before its end was known. */
static void what_is_lost_beside_the_loop_is_refused(void **state)
{
	const struct said m = { .local = "much", .to = { DOWN_A }, .size = 140000 };
	struct caller *c;
	size_t n;

	(void)state;
	checkpoint_kib = 0;
	config.checkpoint_kib = 0;
	answer_us = SECOND_US / 10;
	start();
	c = call();
	n = head_of(&m, c->head, sizeof c->head);
	c->whole = false;
	hand_over(c, (struct octets){ c->head, n }, m.size);
	run_for(50000);
	sqlite3_commit_hook(mta->queue.db, in_vain, NULL);
	mta_flush(mta);
	run_for(10000);
	lend_rest(c);
	wait_for(&c->rejected, 1);
	assert_int_equal(c->accepted, 0);
	assert_int_equal(mta_queue_length(mta), 0);
	mta_flush(mta);
	run_for(10000);
	hand_over(c, (struct octets){ c->head, n }, m.size);
	wait_for(&c->accepted, 1);
	for (int i = 0; i < 500 && !arrivals_n; i++)
		run_for(10000);
	assert_int_equal(only(P1_MESSAGE, DOWN)->octets, m.size);
}

/* The first of two was not written: that the second has come by is known all the same. */
static void what_came_again_meanwhile_is_known(void **state)
{
	struct p1_bind bind = p1_bind_simple("UP", "secret");

	(void)state;
	config.repeated = MTA_REPEATED_SUPPRESS;
	answer_us = SECOND_US / 10;
	start();
	for (size_t i = 0; i < 2; i++)
		call_from(&callers[i], "127.0.0.1:0", &bind);
	sqlite3_commit_hook(mta->queue.db, in_vain, NULL);
	begin_transfer(&callers[0], "same");
	assert_true(is_writing());
	begin_transfer(&callers[1], "same");
	wait_for(&callers[0].rejected, 1);
	wait_for(&callers[1].accepted, 1);
	mta_flush(mta);
	run_for(10000);
	begin_transfer(&callers[0], "same");
	wait_for(&callers[0].accepted, 1);
	run_for(100000);
	only(P1_MESSAGE, DOWN);
}

/* When that many have come, not when the turn does. */
static void plenty_is_written_at_once(void **state)
{
	enum { PLENTY = 16 };

	(void)state;
	aside_from = PLENTY;
	answer_us = SECOND_US / 10;
	start();
	call();
	sqlite3_commit_hook(mta->queue.db, who_writes, NULL);
	begin_transfer(&callers[0], "plenty");
	wait_for(&callers[0].accepted, 1);
	assert_false(on_loop);
}

/* ---- memory that runs out ----
 *
 * While a message is taken over, or given up, the n-th allocation fails, and no other. */

static unsigned fail_at, allocations;	/* 0: none fails; so far */
static bool taking;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
bool __real_relay_take(struct line *l);
bool __wrap_relay_take(struct line *l);
void __real_relay_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic);
void __wrap_relay_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic);

static bool fails(void)
{
	return taking && ++allocations == fail_at;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

bool __wrap_relay_take(struct line *l)
{
	bool taken;

	taking = true;
	taken = __real_relay_take(l);
	taking = false;
	return taken;
}

void __wrap_relay_give_up(struct mta *m, struct entry *e, uint32_t reason, int32_t diagnostic)
{
	taking = true;
	__real_relay_give_up(m, e, reason, diagnostic);
	taking = false;
}

/* Offered until it is accepted; what has come before that, and in all.  true: something failed
 * that the sender was told of. */
static bool taken_or_not(const struct said *m, size_t copies, unsigned n)
{
	struct caller *c = call();
	size_t head_n = head_of(m, c->head, sizeof c->head);
	unsigned rejected = c->rejected;

	allocations = 0;
	fail_at = n;
	arrivals_n = 0;
	hand_over(c, (struct octets){ c->head, head_n }, m->size);
	run_for(SECOND_US / 10);
	fail_at = 0;
	assert_int_equal(mta_queue_length(mta), 0);
	if (c->rejected == rejected) {
		assert_int_equal(arrivals_n, copies);
		return false;
	}
	assert_int_equal(arrivals_n, 0);
	transfer(m);
	run_for(SECOND_US);
	assert_int_equal(arrivals_n, copies);
	return true;
}

/* A split message, its reports, one that must not come twice: all of it is taken, or nothing. */
static void without_memory_nothing_is_taken_in_part(void **state)
{
	static const struct said said[] = {
		{ .local = "split", .to = { DOWN_A, OTHER_A }, .size = 3000 },
		{ .local = "reported", .to = { DOWN_A, NOWHERE }, .size = 3000 },
	};

	(void)state;
	config.repeated = MTA_REPEATED_SUPPRESS;
	for (size_t i = 0; i < 2; i++) {
		unsigned n = 0, told = 0;
		char local[16];
		struct said m = said[i];

		start();
		m.local = local;
		do {
			snprintf(local, sizeof local, "%s-%u", said[i].local, ++n);
			told += taken_or_not(&m, 2, n);
		} while (n <= allocations);
		assert_in_range(told, 2, n);	/* at least one for each copy or report */
		mta_free(mta);
		mta = NULL;
		callers[0].bound = false;
		run_for(SECOND_US);
	}
}

/* It is not lost without a report: both come later. */
static void without_memory_nothing_is_given_up(void **state)
{
	unsigned n = 0;

	(void)state;
	sides[DOWN].refuses = true;
	config.timers.expiry = 1000 * SECOND_US;
	config.timers.transfer_interval = 100 * SECOND_US;
	start();
	do {
		arrivals_n = 0;
		transfer(&(struct said){ .local = "late", .to = { DOWN_A } });
		allocations = 0;
		fail_at = ++n;
		run_for(1050 * SECOND_US);
		assert_int_equal(arrivals_n + mta_queue_length(mta), 1);
		fail_at = 0;
		run_for(200 * SECOND_US);
		want_report(1, 5);		/* maximum-time-expired */
	} while (n <= allocations);
	assert_in_range(n, 4, 100);
}

/* An acknowledgement that does not come: urgent, normal, non-urgent. */
static void a_transfer_has_its_time(void **state)
{
	static const uint8_t priority[] = { P1_URGENT, P1_NORMAL, P1_NON_URGENT };

	(void)state;
	sides[DOWN].holds = true;
	for (int i = 0; i < 3; i++) {
		int64_t whole = 2 * (i + 1) * 1000 * SECOND_US;	/* two KiB begun */

		arrivals_n = 0;
		start();
		transfer(&(struct said){ .local = "m", .to = { DOWN_A }, .size = 1500,
		                         .priority = priority[i] });
		only(P1_MESSAGE, DOWN);
		run_for(whole - 10 * SECOND_US);
		assert_int_equal(arrivals_n, 1);
		run_for(config.timers.transfer_interval + 20 * SECOND_US);
		assert_int_equal(arrivals_n, 2);
		assert_in_range(arrivals[1].at_us - arrivals[0].at_us - whole,
		                config.timers.transfer_interval,
		                config.timers.transfer_interval + SECOND_US);
		mta_free(mta);
		mta = NULL;
		callers[0].bound = false;
		run_for(SECOND_US);
	}
}

/* Those of an Exchange MTA. */
static void timers_are_the_documented_ones(void **state)
{
	struct mta_config c;

	(void)state;
	mta_defaults(&c);
	assert_int_equal(c.timers.open_interval, 600 * SECOND_US);
	assert_int_equal(c.timers.open_retries, 144);
	assert_int_equal(c.timers.transfer_interval, 120 * SECOND_US);
	assert_int_equal(c.timers.transfer_retries, 2);
	assert_int_equal(c.timers.transfer_time, 2000 * SECOND_US);
	assert_int_equal(c.timers.recovery_timeout, 60 * SECOND_US);
	assert_int_equal(c.timers.lifetime, 300 * SECOND_US);
	assert_int_equal(c.timers.disconnect, 120 * SECOND_US);
	assert_int_equal(c.threshold, 50);
	assert_int_equal(c.checkpoint_kib, 30);
	assert_int_equal(c.window, 5);
	assert_int_equal(c.control_blocks, 1250);
}

/* One factor for every time there is. */
static void all_timers_are_scaled(void **state)
{
	int64_t *all = (int64_t *)&config.timers;
	size_t n = offsetof(struct mta_timers, open_retries) / sizeof *all;

	(void)state;
	for (size_t i = 0; i < n; i++)
		all[i] = (int64_t)(i + 1) * SECOND_US;
	mta_scale(&config, 0.01);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(all[i], (int64_t)(i + 1) * SECOND_US / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
		TEST(a_content_has_a_limit), TEST(what_is_too_long_is_not_kept),
		TEST(deferred_delivery), TEST(deferred_in_local_time),
		TEST(each_copy_has_its_own_recipients), TEST(a_recipient_without_a_route),
		TEST(short_contents_take_little_room), TEST(names_are_remembered),
		TEST(urgent_goes_first), TEST(more_mail_opens_more_associations),
		TEST(an_association_too_many_is_released), TEST(what_is_not_on_disk_does_not_leave),
		TEST(what_is_recovered_goes_nowhere_else),
		TEST(two_way_is_proposed_to_who_takes_it),
		TEST(interrupted_transfers_go_on_soon), TEST(a_transfer_without_checkpoints),
		TEST(each_message_is_tried_as_often), TEST(one_association_takes_all),
		TEST(time_of_day_goes_on),
		TEST(openings_are_tried_again), TEST(references_are_those_of_the_mode),
		TEST(openings_wait_for_a_control_block),
		TEST(openings_that_fail_leave_deferred_mail), TEST(transfers_are_tried_again),
		TEST(a_flush_sends_what_waits), TEST(scaled_time_moves_what_waits),
		TEST(scaled_time_moves_expiry),
		TEST(scaled_time_survives_a_restart), TEST(an_idle_association_is_released),
		TEST(a_message_expires), TEST(a_copy_expires_alone),
		TEST(what_is_being_sent_does_not_expire),
		TEST(each_message_expires_in_its_time),
		TEST(a_loop_is_found), TEST(internal_trace_is_for_our_domain),
		TEST(the_internal_trace_shows_a_loop), TEST(a_message_must_be_named_and_traced),
		TEST(a_report_must_be_asked_for), TEST(no_report_on_a_report),
		TEST(reports_thrown_away_are_logged), TEST(probes),
		TEST(reports_as_each_recipient_asks), TEST(reports_have_identifiers_of_their_own),
		TEST(reports_have_the_correlator),
		TEST(one_recipient_is_critical),
		TEST(unknown_extensions_by_criticality), TEST(local_delivery_by_criticality),
		TEST(unknown_extensions_of_reports), TEST(only_the_same_peer_recovers),
		TEST(a_recovery_comes_too_late), TEST(a_lost_transfer_begins_anew),
		TEST(deferral_survives_a_restart),
		TEST(what_is_kept_is_bounded),
		TEST(what_is_confirmed_is_on_disk), TEST(what_is_not_on_disk_is_not_kept),
		TEST(discards_overtake_the_acknowledgement), TEST(a_discarded_repeat_stays_known),
		TEST(interrupts_overtake_the_acknowledgement), TEST(aborts_leave_what_was_taken),
		TEST(refusals_are_logged_once), TEST(it_says_why_it_does_not_start),
		TEST(what_cannot_be_read_is_taken), TEST(the_text_log_has_its_own_words),
		TEST(a_crash_resets_all),
		TEST(a_full_disk_refuses), TEST(what_is_in_doubt_is_neither_taken_nor_refused),
		TEST(a_failing_disk_holds_reports), TEST(what_a_full_disk_has_lost_is_refused),
		TEST(what_a_full_disk_has_is_kept),
		TEST(a_restart_loses_nothing), TEST(a_disk_that_loses_octets),
		TEST(the_clock_jumps),
		TEST(refusals_say_why),
		TEST(what_the_called_breaks_is_logged),
		TEST(the_first_of_two_faults_is_logged),
		TEST(mail_goes_where_it_can_be_said), TEST(a_repeated_identifier),
		TEST(a_delivery_leaves_the_disk_at_once),
		TEST(a_message_waits_for_a_delivery), TEST(a_message_waits_a_moment_only),
		TEST(what_is_on_disk_goes_on_first), TEST(who_may_be_asked_is_answered_first),
#define TEST_ASIDE(f) cmocka_unit_test_setup_teardown(f, begin_aside, end_aside)
		TEST_ASIDE(the_loop_goes_on_beside_a_commit),
		TEST_ASIDE(what_is_lost_beside_the_loop_is_refused),
		TEST_ASIDE(what_came_again_meanwhile_is_known),
		TEST_ASIDE(plenty_is_written_at_once),
#undef TEST_ASIDE
		TEST(without_memory_nothing_is_taken_in_part),
		TEST(without_memory_nothing_is_given_up),
		TEST(a_transfer_has_its_time), cmocka_unit_test(timers_are_the_documented_ones),
		cmocka_unit_test(all_timers_are_scaled),
#undef TEST
	};

	return cmocka_run_group_tests_name("mta_relay", tests, NULL, NULL);
}
