/*
 * Two session ends joined in memory: X.225 clause 7 as it is seen by the users.
 * Each conversation is held with every split of the octet stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/session_pair.h"

enum { A, B };

#define USER(who, kind, type, ...) \
	pair_user(p, who, SERVICE_##kind, type, &(struct service){ __VA_ARGS__ }, NULL)
#define USER_DATA(who, kind, type, data, ...) \
	pair_user(p, who, SERVICE_##kind, type, &(struct service){ __VA_ARGS__ }, data)
#define EXPECT(who, line) pair_expect(p, who, line)

/* ---- pieces of conversations ---- */

static char many[30000];

static const char *long_data(size_t n)
{
	assert_true(n < sizeof many);
	memset(many, 'm', n);
	many[n] = 0;
	return many;
}

static struct octets text(const char *s)
{
	return octets_of(s);
}

#define NAMES(...) .names = &(struct service_names){ __VA_ARGS__ }

static void connect_units(struct pair *p, uint16_t units, uint8_t setting)
{
	USER_DATA(A, CONNECT, REQUEST, "hello", .units = units, .token_setting = setting,
	          NAMES(.references.calling = text("ref"), .called_ssel = text("S")));
	pair_pump(p);
	USER_DATA(B, CONNECT, RESPONSE, "welcome", .positive = true,
	          NAMES(.references.called = text("fer")), .initial_serial = 1);
	pair_pump(p);
	pair_forget(p);
	assert_int_equal(pair_state(p, A), SESSION_STA713);
	assert_int_equal(pair_state(p, B), SESSION_STA713);
}

static void connect_rtse(struct pair *p)
{
	connect_units(p, UNITS_RTSE, 0);
}

static void start_activity(struct pair *p, unsigned who)
{
	USER(who, ACTIVITY_START, REQUEST, .activity = text("1"));
	pair_pump(p);
	EXPECT(1 - who, "ACTIVITY-START ind activity=\"1\"");
}

static void nothing_left(struct pair *p)
{
	EXPECT(A, NULL);
	EXPECT(B, NULL);
	assert_int_equal(p->pool.leases, 0);
}

static void both_idle(struct pair *p)
{
	nothing_left(p);
	assert_int_equal(pair_state(p, A), SESSION_STA01);
	assert_int_equal(pair_state(p, B), SESSION_STA01);
	assert_true(session_deadline(&p->end[A].s) == NEVER_US);
	assert_true(session_deadline(&p->end[B].s) == NEVER_US);
}

/* ---- connection and release ---- */

static void connect_and_release(struct pair *p)
{
	USER_DATA(A, CONNECT, REQUEST, "hello",
	          NAMES(.references.calling = text("r1"), .references.common = text("r2"),
	                .calling_ssel = text("X"), .called_ssel = text("Y")));
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 version=2 ref=\"r1\" common=\"r2\" calling=\"X\" "
	       "called=\"Y\" \"hello\"");
	USER_DATA(B, CONNECT, RESPONSE, "welcome", .positive = true,
	          NAMES(.references.called = text("r3"), .called_ssel = text("Y")));
	pair_pump(p);
	EXPECT(A, "CONNECT cnf + units=0249 version=2 called-ref=\"r3\" called=\"Y\" tokens=21 "
	       "\"welcome\"");
	nothing_left(p);
	assert_int_equal(session_owned(&p->end[A].s), 0x15);
	assert_int_equal(session_owned(&p->end[B].s), 0);
	USER_DATA(A, RELEASE, REQUEST, "bye", .positive = false);
	assert_int_equal(pair_state(p, A), SESSION_STA03);
	pair_pump(p);
	EXPECT(B, "RELEASE ind \"bye\"");
	USER_DATA(B, RELEASE, RESPONSE, "farewell", .positive = true);
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	assert_true(session_deadline(&p->end[B].s) == 30 * SECOND_US);
	pair_pump(p);
	EXPECT(A, "RELEASE cnf + \"farewell\"");
	both_idle(p);
}

/* Tokens of the responder, and one whose place it chooses. */
static void token_setting(struct pair *p)
{
	USER(A, CONNECT, REQUEST, .units = UNITS_RTSE, .token_setting = 0x25);
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 setting=37 version=2");
	USER(B, CONNECT, RESPONSE, .positive = true, .token_setting = 0x10);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf + units=0249 setting=21 version=2");
	assert_int_equal(session_owned(&p->end[A].s), 0);
	assert_int_equal(session_owned(&p->end[B].s), 0x15);
	nothing_left(p);
}

/* X.225 7.4.1 c): a Token Item in AC is an S-TOKEN-PLEASE. */
static void tokens_asked_for(struct pair *p)
{
	USER(A, CONNECT, REQUEST, NAMES(.references.calling = text("r")));
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 version=2 ref=\"r\"");
	USER(B, CONNECT, RESPONSE, .positive = true, .tokens = TOKEN_DATA | TOKEN_MAJOR);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf + units=0249 version=2 tokens=21");
	EXPECT(A, "TOKEN-PLEASE ind tokens=17");
	nothing_left(p);
}

static void refused_by_the_user(struct pair *p)
{
	USER_DATA(A, CONNECT, REQUEST, "hello", NAMES(.references.calling = text("r")));
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 version=2 ref=\"r\" \"hello\"");
	USER_DATA(B, CONNECT, RESPONSE, "no", .positive = false);
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf - reason=2 user \"no\"");
	both_idle(p);
}

static void refused_by_the_provider(struct pair *p)
{
	p->end[B].config.local_ssel = text("MTA");
	USER_DATA(A, CONNECT, REQUEST, "hello", NAMES(.called_ssel = text("OTHER")));
	pair_pump(p);
	EXPECT(A, "CONNECT cnf - reason=129 provider");
	both_idle(p);
	p->end[B].config.local_ssel.p = NULL;
	p->end[B].config.versions = SESSION_VERSION_1;
	USER(A, CONNECT, REQUEST, .units = UNITS_RTSE);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf - reason=132 provider");
	both_idle(p);
	p->end[B].config.versions = SESSION_VERSION_2;
	p->end[B].config.units = UNITS_RTSE;
	USER(A, CONNECT, REQUEST, .units = UNIT_DUPLEX);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf - reason=134 provider");
	both_idle(p);
}

static void version_1(struct pair *p)
{
	p->end[A].config.proposed_versions = SESSION_VERSION_1 | SESSION_VERSION_2;
	p->end[B].config.versions = SESSION_VERSION_1;
	USER(A, CONNECT, REQUEST, .units = UNITS_RTSE);
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 version=1");
	USER(B, CONNECT, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf + units=0249 version=1 tokens=21");
	start_activity(p, A);
	/* Annex D: no user data in AI, nine octets in AB. */
	USER_DATA(A, ACTIVITY_INTERRUPT, REQUEST, "why", .reason = 1);
	EXPECT(A, "! session.user-refused");
	pair_pump(p);
	EXPECT(B, "ACTIVITY-INTERRUPT ind reason=1");
	USER_DATA(B, ACTIVITY_INTERRUPT, RESPONSE, "so", .positive = true);
	EXPECT(B, "! session.user-refused");
	pair_pump(p);
	EXPECT(A, "ACTIVITY-INTERRUPT cnf +");
	USER_DATA(A, U_ABORT, REQUEST, "ten octets", .reason = 0);
	EXPECT(A, "! session.user-refused");
	pair_pump(p);
	EXPECT(B, "U-ABORT ind");
	both_idle(p);
}

static void release_refused(struct pair *p)
{
	connect_units(p, UNITS_RTSE | UNIT_NEGOTIATED_RELEASE, 0);
	USER(A, RELEASE, REQUEST, .positive = false);
	pair_pump(p);
	EXPECT(B, "RELEASE ind");
	USER_DATA(B, RELEASE, RESPONSE, "not yet", .positive = false);
	pair_pump(p);
	EXPECT(A, "RELEASE cnf - \"not yet\"");
	nothing_left(p);
	assert_int_equal(pair_state(p, A), SESSION_STA713);
}

/* A FINISH from each side: only without tokens (A.15, p65). */
static void release_collides(struct pair *p)
{
	connect_units(p, UNIT_DUPLEX, 0);
	USER(A, RELEASE, REQUEST, .positive = false);
	USER(B, RELEASE, REQUEST, .positive = false);
	pair_pump(p);
	EXPECT(A, "RELEASE ind");
	EXPECT(B, "RELEASE ind");
	/* The initiator answers first and waits for DN (p69 & p01). */
	USER(A, RELEASE, RESPONSE, .positive = true);
	assert_int_equal(pair_state(p, A), SESSION_STA03);
	pair_pump(p);
	EXPECT(B, "RELEASE cnf +");
	assert_int_equal(pair_state(p, B), SESSION_STA09);
	USER(B, RELEASE, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "RELEASE cnf +");
	both_idle(p);
}

/* ---- activities ---- */

static void transfer(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER_DATA(A, DATA, REQUEST, "first part", .positive = true);
	USER_DATA(A, SYNC_MINOR, REQUEST, "mark", .positive = true);
	USER_DATA(A, DATA, REQUEST, "second part", .positive = true);
	USER(A, SYNC_MINOR, REQUEST, .sync_type = SYNC_NO_CONFIRM);
	pair_pump(p);
	EXPECT(B, "DATA ind \"first part\"");
	EXPECT(B, "SYNC-MINOR ind serial=1 \"mark\"");
	EXPECT(B, "DATA ind \"second part\"");
	EXPECT(B, "SYNC-MINOR ind serial=2 sync=1");
	USER_DATA(B, SYNC_MINOR, RESPONSE, "safe", .serial = 2);
	pair_pump(p);
	EXPECT(A, "SYNC-MINOR cnf + serial=2 \"safe\"");
	USER_DATA(A, DATA, REQUEST, "last part", .positive = true);
	USER_DATA(A, ACTIVITY_END, REQUEST, "over", .positive = true);
	assert_int_equal(pair_state(p, A), SESSION_STA04B);
	pair_pump(p);
	EXPECT(B, "DATA ind \"last part\"");
	EXPECT(B, "ACTIVITY-END ind serial=3 \"over\"");
	USER_DATA(B, ACTIVITY_END, RESPONSE, "out", .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-END cnf + serial=3 \"out\"");
	nothing_left(p);
	start_activity(p, A);
	USER(A, ACTIVITY_END, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-END ind serial=1");
}

static void interrupt_and_resume(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER_DATA(A, DATA, REQUEST, "part", .positive = true);
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	USER_DATA(A, ACTIVITY_INTERRUPT, REQUEST, "why", .reason = EXCEPTION_LOCAL_USER);
	assert_int_equal(pair_state(p, A), SESSION_STA05B);
	pair_pump(p);
	EXPECT(B, "DATA ind \"part\"");
	EXPECT(B, "SYNC-MINOR ind serial=1");
	EXPECT(B, "ACTIVITY-INTERRUPT ind reason=5 \"why\"");
	USER_DATA(B, ACTIVITY_INTERRUPT, RESPONSE, "as you say", .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-INTERRUPT cnf + \"as you say\"");
	USER_DATA(A, ACTIVITY_RESUME, REQUEST, "again", .activity = text("2"),
	          .old_activity = text("1"), .serial = 1, .has_references = true,
	          NAMES(.references = { .calling = text("c"), .called = text("d"),
	                                .common = text("e"), .additional = text("f") }));
	pair_pump(p);
	EXPECT(B, "ACTIVITY-RESUME ind serial=1 activity=\"2\" old=\"1\" \"again\"");
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=2");
	USER(A, ACTIVITY_DISCARD, REQUEST, .reason = EXCEPTION_PROCEDURAL);
	assert_int_equal(pair_state(p, A), SESSION_STA05C);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-DISCARD ind reason=6");
	USER(B, ACTIVITY_DISCARD, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-DISCARD cnf +");
	nothing_left(p);
	assert_int_equal(session_owned(&p->end[A].s), 0x15);
	USER(A, ACTIVITY_RESUME, REQUEST, .activity = text("3"), .old_activity = text("1"),
	     .serial = 7);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-RESUME ind serial=7 activity=\"3\" old=\"1\"");
}

/* The receiver reports an exception; data under way are thrown away. */
static void exception(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER_DATA(B, U_EXCEPTION, REQUEST, "full", .reason = EXCEPTION_TEMPORARY);
	USER_DATA(A, DATA, REQUEST, "lost", .positive = true);
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	assert_int_equal(pair_state(p, B), SESSION_STA19);
	pair_pump(p);
	EXPECT(A, "U-EXCEPTION ind reason=1 \"full\"");
	EXPECT(B, NULL);
	assert_int_equal(pair_state(p, A), SESSION_STA20);
	USER(A, ACTIVITY_DISCARD, REQUEST, .reason = EXCEPTION_NO_REASON);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-DISCARD ind");
	USER(B, ACTIVITY_DISCARD, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-DISCARD cnf +");
	nothing_left(p);
	assert_int_equal(pair_state(p, B), SESSION_STA713);
}

/* STA20 is also left by giving the data token away (7.28.3). */
static void exception_ends_with_token(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER(B, U_EXCEPTION, REQUEST, .reason = EXCEPTION_DEMAND_DATA_TOKEN);
	pair_pump(p);
	EXPECT(A, "U-EXCEPTION ind reason=128");
	USER(A, TOKEN_GIVE, REQUEST, .tokens = TOKEN_MINOR);
	pair_pump(p);
	EXPECT(B, "TOKEN-GIVE ind tokens=4");
	assert_int_equal(pair_state(p, A), SESSION_STA20);
	assert_int_equal(pair_state(p, B), SESSION_STA19);
	USER_DATA(A, TOKEN_GIVE, REQUEST, "yours", .tokens = TOKEN_DATA);
	pair_pump(p);
	EXPECT(B, "TOKEN-GIVE ind tokens=1 \"yours\"");
	nothing_left(p);
	assert_int_equal(pair_state(p, A), SESSION_STA713);
	assert_int_equal(pair_state(p, B), SESSION_STA713);
	USER_DATA(B, DATA, REQUEST, "backwards", .positive = true);
	pair_pump(p);
	EXPECT(A, "DATA ind \"backwards\"");
}

/* Checkpoints may be confirmed while the end of the activity is not (A.10, STA04B,
 * STA10B); the number of the end itself only by AEA (not p20). */
static void late_acknowledgement(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER(A, SYNC_MINOR, REQUEST, .positive = false);
	USER(A, SYNC_MINOR, REQUEST, .positive = false);
	USER(A, ACTIVITY_END, REQUEST, .positive = false);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=1");
	EXPECT(B, "SYNC-MINOR ind serial=2");
	EXPECT(B, "ACTIVITY-END ind serial=3");
	USER(B, SYNC_MINOR, RESPONSE, .serial = 3);
	EXPECT(B, "! session.request-refused");
	USER(B, SYNC_MINOR, RESPONSE, .serial = 2);
	pair_pump(p);
	EXPECT(A, "SYNC-MINOR cnf + serial=2");
	USER(B, SYNC_MINOR, RESPONSE, .serial = 1);
	EXPECT(B, "! session.request-refused");
	USER(B, ACTIVITY_END, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-END cnf + serial=3");
	nothing_left(p);
}

/* With data separation nothing is thrown away before the point is confirmed. */
static void data_separation(struct pair *p)
{
	connect_units(p, UNIT_HALF_DUPLEX | UNIT_MINOR | UNIT_RESYNCHRONIZE |
	              UNIT_DATA_SEPARATION | UNIT_TYPED_DATA, 0);
	USER(A, SYNC_MINOR, REQUEST, .sync_type = SYNC_DATA_SEPARATION);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=1 sync=2");
	USER(A, RESYNCHRONIZE, REQUEST, .sync_type = RESYNC_SET, .serial = 5);
	USER_DATA(B, TYPED_DATA, REQUEST, "kept", .positive = true);
	USER(B, TOKEN_PLEASE, REQUEST, .tokens = TOKEN_DATA);
	USER(B, SYNC_MINOR, RESPONSE, .serial = 1);
	USER_DATA(B, TYPED_DATA, REQUEST, "lost", .positive = true);
	pair_pump(p);
	EXPECT(A, "TYPED-DATA ind \"kept\"");
	EXPECT(A, "TOKEN-PLEASE ind tokens=1");
	EXPECT(A, "SYNC-MINOR cnf + serial=1");
	EXPECT(A, NULL);
	EXPECT(B, "RESYNCHRONIZE ind serial=5 sync=2");
	USER(B, RESYNCHRONIZE, RESPONSE, .serial = 5);
	pair_pump(p);
	EXPECT(A, "RESYNCHRONIZE cnf + serial=5");
	nothing_left(p);
}

/* ---- the turn ---- */

static void turn_goes_over(struct pair *p)
{
	connect_rtse(p);
	USER_DATA(B, TOKEN_PLEASE, REQUEST, "urgent", .tokens = TOKEN_DATA);
	pair_pump(p);
	EXPECT(A, "TOKEN-PLEASE ind tokens=1 \"urgent\"");
	USER_DATA(A, CONTROL_GIVE, REQUEST, "there", .positive = true);
	assert_int_equal(pair_state(p, A), SESSION_STA18);
	pair_pump(p);
	EXPECT(B, "CONTROL-GIVE ind \"there\"");
	nothing_left(p);
	assert_int_equal(session_owned(&p->end[A].s), 0);
	assert_int_equal(session_owned(&p->end[B].s), 0x15);
	start_activity(p, B);
	USER(B, ACTIVITY_END, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-END ind serial=1");
	USER(A, ACTIVITY_END, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-END cnf + serial=1");
	USER(B, RELEASE, REQUEST, .positive = false);
	pair_pump(p);
	EXPECT(A, "RELEASE ind");
	USER(A, RELEASE, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(B, "RELEASE cnf +");
	both_idle(p);
}

static void tokens_one_by_one(struct pair *p)
{
	connect_rtse(p);
	for (uint8_t token = TOKEN_DATA; token <= TOKEN_MAJOR; token = (uint8_t)(token << 2)) {
		USER(A, TOKEN_GIVE, REQUEST, .tokens = token);
		pair_pump(p);
	}
	EXPECT(B, "TOKEN-GIVE ind tokens=1");
	EXPECT(B, "TOKEN-GIVE ind tokens=4");
	EXPECT(B, "TOKEN-GIVE ind tokens=16");
	USER(A, TOKEN_GIVE, REQUEST, .tokens = TOKEN_DATA);
	EXPECT(A, "! session.request-refused");
	USER(A, TOKEN_PLEASE, REQUEST, .tokens = TOKEN_RELEASE);
	EXPECT(A, "! session.request-refused");
	nothing_left(p);
}

/* ---- other functional units ---- */

enum { UNITS_ALL = 0x17ff & ~(UNIT_EXPEDITED | UNIT_DUPLEX) };

static void everything_else(struct pair *p)
{
	connect_units(p, UNITS_ALL, 0);
	USER_DATA(A, CAPABILITY_DATA, REQUEST, "can you", .positive = true);
	pair_pump(p);
	EXPECT(B, "CAPABILITY-DATA ind \"can you\"");
	USER_DATA(B, CAPABILITY_DATA, RESPONSE, "I can", .positive = true);
	pair_pump(p);
	EXPECT(A, "CAPABILITY-DATA cnf + \"I can\"");
	start_activity(p, A);
	USER_DATA(B, TYPED_DATA, REQUEST, "without token", .positive = true);
	USER_DATA(A, SYNC_MAJOR, REQUEST, "chapter", .positive = true);
	pair_pump(p);
	EXPECT(A, "TYPED-DATA ind \"without token\"");
	EXPECT(B, "SYNC-MAJOR ind serial=1 sync=1 \"chapter\"");
	USER_DATA(B, SYNC_MAJOR, RESPONSE, "read", .positive = true);
	pair_pump(p);
	EXPECT(A, "SYNC-MAJOR cnf + serial=1 \"read\"");
	USER(A, SYNC_MINOR, REQUEST, .sync_type = SYNC_DATA_SEPARATION);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=2 sync=2");
	USER(B, SYNC_MINOR, RESPONSE, .serial = 2);
	pair_pump(p);
	EXPECT(A, "SYNC-MINOR cnf + serial=2");
	USER_DATA(B, RESYNCHRONIZE, REQUEST, "back", .sync_type = RESYNC_RESTART, .serial = 2,
	          .token_setting = 0x55);
	USER_DATA(A, DATA, REQUEST, "lost", .positive = true);
	pair_pump(p);
	EXPECT(A, "RESYNCHRONIZE ind serial=2 \"back\"");
	USER_DATA(A, RESYNCHRONIZE, RESPONSE, "to two", .serial = 2, .token_setting = 0x55);
	pair_pump(p);
	EXPECT(B, "RESYNCHRONIZE cnf + serial=2 \"to two\"");
	assert_int_equal(session_owned(&p->end[A].s), 0x55);
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=2");
	USER(A, RESYNCHRONIZE, REQUEST, .sync_type = RESYNC_ABANDON);
	pair_pump(p);
	EXPECT(B, "RESYNCHRONIZE ind serial=3 sync=1");
	USER(B, RESYNCHRONIZE, RESPONSE, .serial = 3, .token_setting = 0);
	pair_pump(p);
	EXPECT(A, "RESYNCHRONIZE cnf + serial=3");
	nothing_left(p);
}

/* Both resynchronize: the initiator's wins (A.5.4.6.1 d). */
static void resynchronizations_collide(struct pair *p)
{
	connect_units(p, UNIT_HALF_DUPLEX | UNIT_MINOR | UNIT_RESYNCHRONIZE, 0);
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=1");
	USER(A, RESYNCHRONIZE, REQUEST, .sync_type = RESYNC_SET, .serial = 100);
	USER(B, RESYNCHRONIZE, REQUEST, .sync_type = RESYNC_SET, .serial = 200);
	pair_pump(p);
	EXPECT(B, "RESYNCHRONIZE ind serial=100 sync=2");
	EXPECT(A, NULL);
	USER(B, RESYNCHRONIZE, RESPONSE, .serial = 100);
	pair_pump(p);
	EXPECT(A, "RESYNCHRONIZE cnf + serial=100");
	/* The lower restart point wins. */
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=100");
	USER(A, RESYNCHRONIZE, REQUEST, .sync_type = RESYNC_RESTART, .serial = 101);
	USER(B, RESYNCHRONIZE, REQUEST, .sync_type = RESYNC_RESTART, .serial = 100);
	pair_pump(p);
	EXPECT(A, "RESYNCHRONIZE ind serial=100");
	EXPECT(B, NULL);
	USER(A, RESYNCHRONIZE, RESPONSE, .serial = 100);
	pair_pump(p);
	EXPECT(B, "RESYNCHRONIZE cnf + serial=100");
	nothing_left(p);
}

/* ---- collisions ---- */

static void abort_crosses_data(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER_DATA(B, U_ABORT, REQUEST, "enough of this", .reason = 0);
	USER_DATA(A, DATA, REQUEST, "late", .positive = true);
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	while (pair_step(p, B))
		;
	EXPECT(B, NULL);
	pair_pump(p);
	EXPECT(A, "U-ABORT ind \"enough of this\"");
	both_idle(p);
}

static void interrupt_crosses_acknowledgement(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER(A, SYNC_MINOR, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=1");
	USER(A, ACTIVITY_INTERRUPT, REQUEST, .reason = 0);
	USER(B, SYNC_MINOR, RESPONSE, .serial = 1);
	pair_pump(p);
	EXPECT(A, NULL);
	EXPECT(B, "ACTIVITY-INTERRUPT ind");
	USER(B, ACTIVITY_INTERRUPT, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-INTERRUPT cnf +");
	nothing_left(p);
}

static void please_crosses_data(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER(B, TOKEN_PLEASE, REQUEST, .tokens = TOKEN_DATA);
	USER_DATA(A, DATA, REQUEST, "part", .positive = true);
	pair_pump(p);
	EXPECT(A, "TOKEN-PLEASE ind tokens=1");
	EXPECT(B, "DATA ind \"part\"");
	/* ... and the end of the activity, and its acknowledgement. */
	USER(B, TOKEN_PLEASE, REQUEST, .tokens = TOKEN_DATA);
	USER(A, ACTIVITY_END, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(A, "TOKEN-PLEASE ind tokens=1");
	EXPECT(B, "ACTIVITY-END ind serial=1");
	USER(B, TOKEN_PLEASE, REQUEST, .tokens = TOKEN_DATA);
	USER(B, ACTIVITY_END, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "TOKEN-PLEASE ind tokens=1");
	EXPECT(A, "ACTIVITY-END cnf + serial=1");
	/* FN: PT is still told (A.14, STA03). */
	USER(B, TOKEN_PLEASE, REQUEST, .tokens = TOKEN_DATA);
	USER(A, RELEASE, REQUEST, .positive = false);
	pair_pump(p);
	EXPECT(A, "TOKEN-PLEASE ind tokens=1");
	EXPECT(B, "RELEASE ind");
	nothing_left(p);
}

static void exception_crosses_end(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER(B, U_EXCEPTION, REQUEST, .reason = EXCEPTION_SEQUENCE);
	USER(A, ACTIVITY_END, REQUEST, .positive = true);
	pair_pump(p);
	EXPECT(A, "U-EXCEPTION ind reason=3");
	EXPECT(B, NULL);
	assert_int_equal(pair_state(p, A), SESSION_STA20);
	USER(A, ACTIVITY_INTERRUPT, REQUEST, .reason = 0);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-INTERRUPT ind");
	USER(B, ACTIVITY_INTERRUPT, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-INTERRUPT cnf +");
	nothing_left(p);
}

static void exception_crosses_interrupt(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	USER(B, U_EXCEPTION, REQUEST, .reason = EXCEPTION_SEQUENCE);
	USER(A, ACTIVITY_INTERRUPT, REQUEST, .reason = 0);
	pair_pump(p);
	EXPECT(A, NULL);
	EXPECT(B, "ACTIVITY-INTERRUPT ind");
	USER(B, ACTIVITY_INTERRUPT, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-INTERRUPT cnf +");
	nothing_left(p);
}

static void aborts_collide(struct pair *p)
{
	connect_rtse(p);
	USER_DATA(A, U_ABORT, REQUEST, "one", .reason = 0);
	USER_DATA(B, U_ABORT, REQUEST, "two", .reason = 0);
	pair_pump(p);
	both_idle(p);
}

/* ---- reuse of the transport connection (6.2) ---- */

static void reuse(struct pair *p)
{
	for (unsigned who = A; who <= B; who++)
		p->end[who].config.reuse = true;
	connect_rtse(p);
	USER(A, RELEASE, REQUEST, .keep_transport = true);
	pair_pump(p);
	EXPECT(B, "RELEASE ind keep");
	USER(B, RELEASE, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "RELEASE cnf +");
	assert_int_equal(pair_state(p, A), SESSION_STA01C);
	assert_int_equal(pair_state(p, B), SESSION_STA01C);
	connect_rtse(p);
	USER(A, U_ABORT, REQUEST, .keep_transport = true);
	assert_int_equal(pair_state(p, A), SESSION_STA01A);
	pair_pump(p);
	EXPECT(B, "U-ABORT ind keep");
	assert_int_equal(pair_state(p, A), SESSION_STA01C);
	assert_int_equal(pair_state(p, B), SESSION_STA01C);
	USER(A, CONNECT, REQUEST, .units = UNITS_RTSE);
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 version=2");
	USER(B, CONNECT, RESPONSE, .positive = false);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf - user");
	assert_int_equal(pair_state(p, A), SESSION_STA01C);
	/* The provider refuses and keeps it too; a long CN takes the same way. */
	p->end[B].config.local_ssel = text("MTA");
	USER(A, CONNECT, REQUEST, .units = UNITS_RTSE);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf - reason=129 provider");
	assert_int_equal(pair_state(p, B), SESSION_STA01C);
	p->end[B].config.local_ssel.p = NULL;
	USER_DATA(A, CONNECT, REQUEST, long_data(10300), .units = UNITS_RTSE);
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 version=2 10300*\"m\"");
	USER(B, CONNECT, RESPONSE, .positive = false);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf - user");
	assert_int_equal(pair_state(p, A), SESSION_STA01C);
	/* Only the transport connection's initiator may send CN (p01). */
	USER(B, CONNECT, REQUEST, .units = UNITS_RTSE);
	EXPECT(B, "! session.request-refused");
	pair_inject(p, A, "0d 0c 05 06 13 01 00 16 01 02 14 02 02 49");
	pair_pump(p);
	both_idle(p);
}

/* The peer would keep it, we would not; and the other way round. */
static void reuse_declined(struct pair *p)
{
	p->end[A].config.reuse = true;
	connect_rtse(p);
	USER(A, RELEASE, REQUEST, .keep_transport = true);
	pair_pump(p);
	EXPECT(B, "RELEASE ind keep");
	USER(B, RELEASE, RESPONSE, .positive = true);
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	pair_pump(p);
	EXPECT(A, "RELEASE cnf +");
	assert_int_equal(pair_state(p, A), SESSION_STA01C);
	pair_wait(p, 30 * SECOND_US);
	pair_pump(p);
	both_idle(p);
	connect_rtse(p);
	USER(A, U_ABORT, REQUEST, .keep_transport = true);
	pair_pump(p);
	EXPECT(B, "U-ABORT ind keep");
	both_idle(p);
}

/* 7.9.3 b): AB may be answered by AA even if nothing is kept. */
static void abort_answered(struct pair *p)
{
	p->end[B].config.answer_abort = true;
	connect_rtse(p);
	USER_DATA(A, U_ABORT, REQUEST, "over", .reason = 0);
	pair_step(p, B);
	EXPECT(B, "U-ABORT ind \"over\"");
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	pair_pump(p);
	both_idle(p);
}

/* ---- timer ---- */

static void timer(struct pair *p)
{
	connect_rtse(p);
	USER_DATA(A, U_ABORT, REQUEST, "gone", .reason = 0);
	pair_lose(p, B);
	assert_true(session_deadline(&p->end[A].s) == p->now_us + 30 * SECOND_US);
	pair_wait(p, 30 * SECOND_US - 1);
	assert_int_equal(pair_state(p, A), SESSION_STA16);
	pair_wait(p, 1);
	assert_int_equal(pair_state(p, A), SESSION_STA01);
	pair_pump(p);
	EXPECT(B, "P-ABORT ind transport");
	both_idle(p);
	p->end[A].config.reuse = true;
	connect_rtse(p);
	USER(A, U_ABORT, REQUEST, .keep_transport = true);
	pair_lose(p, B);
	pair_wait(p, 30 * SECOND_US);
	pair_pump(p);
	EXPECT(B, "P-ABORT ind transport");
	both_idle(p);
	p->end[A].config.tim_us = 0;
	connect_rtse(p);
	USER(A, U_ABORT, REQUEST, .reason = 0);
	assert_true(session_deadline(&p->end[A].s) == NEVER_US);
}

/* ---- every split ---- */

typedef void conversation(struct pair *p);

static void hold_it(conversation *c, size_t step)
{
	struct session_config config;
	struct pair *p = calloc(1, sizeof *p);

	session_defaults(&config);
	config.units = UNITS_ALL | UNIT_DUPLEX;
	assert_non_null(p);
	pair_init(p, NULL, &config);
	p->step = step;
	c(p);
	pair_forget(p);
	pair_end(p);
	free(p);
}

static void with_every_split(void **state)
{
	conversation *const *c = *state;

	for (size_t step = 0; step < 100; step++)
		hold_it(*c, step);
}

/* ---- each state ---- */

/* Brings `who` into `state`. */
struct phase {
	enum session_state state;
	unsigned who;
	void (*reach)(struct pair *p);
};

static void reach_nothing(struct pair *p)
{
	(void)p;
}

static void reach_connecting(struct pair *p)
{
	USER(A, CONNECT, REQUEST, .units = UNITS_ALL);
}

static void reach_connected(struct pair *p)
{
	reach_connecting(p);
	pair_step(p, B);
}

static void reach_connect_sent(struct pair *p)
{
	reach_connected(p);
	pair_step(p, A);
}

static void reach_connect_seen(struct pair *p)
{
	reach_connecting(p);
	pair_pump(p);
}

static void reach_overflow(struct pair *p)
{
	USER_DATA(A, CONNECT, REQUEST, long_data(10241), .units = UNITS_ALL);
	pair_step(p, B);
	pair_step(p, A);
}

static void reach_overflow_asked(struct pair *p)
{
	reach_overflow(p);
	pair_step(p, B);
}

static void reach_open(struct pair *p)
{
	connect_units(p, UNITS_ALL, 0);
}

static void reach_activity(struct pair *p)
{
	reach_open(p);
	start_activity(p, A);
}

/* A request of A, not yet seen by B. */
#define REACH(name, before, who, kind, ...) \
	static void name(struct pair *p) \
	{ \
		before(p); \
		USER(who, kind, REQUEST, __VA_ARGS__); \
	}
/* The same, seen by B. */
#define REACH_SEEN(name, before) \
	static void name(struct pair *p) \
	{ \
		before(p); \
		pair_pump(p); \
	}

REACH(reach_release, reach_open, A, RELEASE, .positive = false)
REACH_SEEN(reach_release_seen, reach_release)
REACH(reach_major, reach_activity, A, SYNC_MAJOR, .positive = false)
REACH_SEEN(reach_major_seen, reach_major)
REACH(reach_end, reach_activity, A, ACTIVITY_END, .positive = false)
REACH_SEEN(reach_end_seen, reach_end)
REACH(reach_resync, reach_activity, A, RESYNCHRONIZE, .sync_type = RESYNC_SET, .serial = 3)
REACH_SEEN(reach_resync_seen, reach_resync)
REACH(reach_interrupt, reach_activity, A, ACTIVITY_INTERRUPT, .reason = 1)
REACH_SEEN(reach_interrupt_seen, reach_interrupt)
REACH(reach_discard, reach_activity, A, ACTIVITY_DISCARD, .reason = 1)
REACH_SEEN(reach_discard_seen, reach_discard)
REACH(reach_control_give, reach_open, A, CONTROL_GIVE, .positive = false)
REACH(reach_exception, reach_activity, B, U_EXCEPTION, .reason = 1)
REACH_SEEN(reach_exception_seen, reach_exception)
REACH(reach_capability, reach_open, A, CAPABILITY_DATA, .positive = false)
REACH_SEEN(reach_capability_seen, reach_capability)
REACH(reach_abort, reach_open, A, U_ABORT, .reason = 0)

static void reach_abort_reuse(struct pair *p)
{
	p->end[A].config.reuse = true;
	reach_open(p);
	USER(A, U_ABORT, REQUEST, .keep_transport = true);
}

static const struct phase phases[] = {
	{ SESSION_STA01, A, reach_nothing },
	{ SESSION_STA01A, A, reach_abort_reuse },
	{ SESSION_STA01B, A, reach_connecting },
	{ SESSION_STA01C, B, reach_connected },
	{ SESSION_STA01D, B, reach_overflow_asked },
	{ SESSION_STA02A, A, reach_connect_sent },
	{ SESSION_STA02B, A, reach_overflow },
	{ SESSION_STA03, A, reach_release },
	{ SESSION_STA04A, A, reach_major },
	{ SESSION_STA04B, A, reach_end },
	{ SESSION_STA05A, A, reach_resync },
	{ SESSION_STA05B, A, reach_interrupt },
	{ SESSION_STA05C, A, reach_discard },
	{ SESSION_STA08, B, reach_connect_seen },
	{ SESSION_STA09, B, reach_release_seen },
	{ SESSION_STA10A, B, reach_major_seen },
	{ SESSION_STA10B, B, reach_end_seen },
	{ SESSION_STA11A, B, reach_resync_seen },
	{ SESSION_STA11B, B, reach_interrupt_seen },
	{ SESSION_STA11C, B, reach_discard_seen },
	{ SESSION_STA16, A, reach_abort },
	{ SESSION_STA18, A, reach_control_give },
	{ SESSION_STA19, B, reach_exception },
	{ SESSION_STA20, A, reach_exception_seen },
	{ SESSION_STA21, A, reach_capability },
	{ SESSION_STA22, B, reach_capability_seen },
	{ SESSION_STA713, A, reach_open },
	{ SESSION_STA713, B, reach_open },
	{ SESSION_STA713, A, reach_activity },
	{ SESSION_STA713, B, reach_activity },
};

enum { PHASES = sizeof phases / sizeof phases[0] };

static struct pair *reach(const struct phase *phase)
{
	struct session_config config;
	struct pair *p = calloc(1, sizeof *p);

	session_defaults(&config);
	config.units = UNITS_ALL;
	assert_non_null(p);
	pair_init(p, NULL, &config);
	phase->reach(p);
	pair_forget(p);
	assert_int_equal(pair_state(p, phase->who), phase->state);
	return p;
}

static void leave(struct pair *p)
{
	pair_end(p);
	free(p);
}

/* The session connection is known to the user and has not ended. */
static bool user_knows(enum session_state state)
{
	switch (state) {
	case SESSION_STA01:
	case SESSION_STA01A:
	case SESSION_STA01C:
	case SESSION_STA01D:
	case SESSION_STA16:
		return false;
	default:
		return true;
	}
}

static void abort_in(const struct phase *phase, bool reuse)
{
	struct pair *p = reach(phase);
	unsigned who = phase->who;

	p->end[A].config.reuse = p->end[B].config.reuse = reuse;
	USER_DATA(who, U_ABORT, REQUEST, "out", .keep_transport = reuse);
	if (!user_knows(phase->state)) {
		EXPECT(who, "! session.request-refused");
		assert_int_equal(pair_state(p, who), phase->state);
	} else {
		pair_pump(p);
		if (pair_state(p, who) == SESSION_STA01C)
			pair_break(p);		/* kept: both ends are idle */
		pair_wait(p, 60 * SECOND_US);
		pair_pump(p);
		assert_int_equal(pair_state(p, A), SESSION_STA01);
		assert_int_equal(pair_state(p, B), SESSION_STA01);
	}
	leave(p);
}

static void abort_in_each_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * PHASES; i++)
		abort_in(&phases[i / 2], i % 2);
}

static void transport_lost_in_each_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < PHASES; i++) {
		struct pair *p = reach(&phases[i]);
		unsigned who = phases[i].who;

		pair_break(p);
		if (user_knows(phases[i].state))
			EXPECT(who, "P-ABORT ind reason=256 transport");
		EXPECT(who, NULL);
		assert_int_equal(pair_state(p, who), SESSION_STA01);
		assert_int_equal(p->pool.leases, 0);
		leave(p);
	}
}

/* A.4.3.2 a), A.4.1.2 a). */
static void expect_protocol_error(struct pair *p, const struct phase *phase, const char *rule)
{
	unsigned who = phase->who;

	switch (phase->state) {
	case SESSION_STA01:
	case SESSION_STA01B:
		EXPECT(who, NULL);	/* no transport connection: nothing can come in */
		break;
	case SESSION_STA01A:
	case SESSION_STA16:
		EXPECT(who, rule);
		EXPECT(who, NULL);
		assert_int_equal(pair_state(p, who), phase->state);
		break;
	default:
		EXPECT(who, rule);
		if (user_knows(phase->state))
			EXPECT(who, "P-ABORT ind reason=1");
		EXPECT(who, NULL);
		assert_int_equal(pair_state(p, who), SESSION_STA16);
		assert_true(session_deadline(&p->end[who].s) == p->now_us + 30 * SECOND_US);
		assert_true(p->end[1 - who].in_n > 0);
		break;
	}
}

static void invalid_spdu_in_each_state(void **state)
{
	static const struct {
		const char *tsdu, *rule;
	} bad[] = {
		{ "ff 00", "! session.si" },
		{ "01", "! session.cut" },
		{ "01 00 31 00", "! session.missing" },
		{ "07 03 18 01 02", "! session.expedited" },
		{ "05 00 61", "! session.expedited" },
	};

	(void)state;
	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		for (size_t i = 0; i < PHASES; i++) {
			struct pair *p = reach(&phases[i]);
			unsigned who = phases[i].who;

			pair_lose(p, A);
			pair_lose(p, B);
			pair_inject(p, who, bad[k].tsdu);
			pair_step(p, who);
			expect_protocol_error(p, &phases[i], bad[k].rule);
			leave(p);
		}
	}
}

static const struct {
	enum session_event event;
	const char *tsdu;
} samples[] = {
	{ SESSION_EV_CN, "0d 0c 05 06 13 01 00 16 01 02 14 02 02 49" },
	{ SESSION_EV_OA, "10 03 16 01 02" },
	{ SESSION_EV_CDO, "0f 07 19 01 02 c1 02 61 62" },
	{ SESSION_EV_CDO, "0f 07 19 01 00 c1 02 61 62" },
	{ SESSION_EV_AC, "0e 0c 05 06 13 01 00 16 01 02 14 02 02 49" },
	{ SESSION_EV_RF_nr, "0c 06 11 01 01 32 01 00" },
	{ SESSION_EV_RF_r, "0c 06 11 01 00 32 01 00" },
	{ SESSION_EV_FN_nr, "09 03 11 01 01" },
	{ SESSION_EV_FN_r, "09 03 11 01 00" },
	{ SESSION_EV_DN, "0a 00" },
	{ SESSION_EV_NF, "08 00" },
	{ SESSION_EV_AB_nr, "19 03 11 01 03" },
	{ SESSION_EV_AB_nr, "19 03 11 01 09" },
	{ SESSION_EV_AB_r, "19 03 11 01 02" },
	{ SESSION_EV_AA, "1a 00" },
	{ SESSION_EV_DT, "01 00 01 00 61" },
	{ SESSION_EV_TD, "21 00 61" },
	{ SESSION_EV_CD, "01 00 3d 03 c1 01 61" },
	{ SESSION_EV_CDA, "02 00 3e 03 c1 01 61" },
	{ SESSION_EV_GT, "01 03 10 01 01" },
	{ SESSION_EV_GT, "01 03 10 01 04" },
	{ SESSION_EV_PT, "02 03 10 01 01" },
	{ SESSION_EV_GTC, "15 00" },
	{ SESSION_EV_GTA, "16 00" },
	{ SESSION_EV_MIP, "01 00 31 03 2a 01 31" },
	{ SESSION_EV_MIP_d, "01 00 31 06 0f 01 02 2a 01 31" },
	{ SESSION_EV_MIA, "02 00 32 03 2a 01 31" },
	{ SESSION_EV_MAP, "01 00 29 06 0f 01 01 2a 01 31" },
	{ SESSION_EV_AE, "01 00 29 03 2a 01 31" },
	{ SESSION_EV_MAA_AEA, "02 00 2a 03 2a 01 31" },
	{ SESSION_EV_RS_r, "01 00 35 09 1a 01 00 1b 01 00 2a 01 31" },
	{ SESSION_EV_RS_a, "01 00 35 09 1a 01 00 1b 01 01 2a 01 31" },
	{ SESSION_EV_RS_s, "01 00 35 09 1a 01 00 1b 01 02 2a 01 31" },
	{ SESSION_EV_RA, "02 00 22 06 1a 01 00 2a 01 33" },
	{ SESSION_EV_ER, "02 00 00 03 31 01 ff" },
	{ SESSION_EV_ED, "02 00 30 03 32 01 01" },
	{ SESSION_EV_AS, "01 00 2d 03 29 01 31" },
	{ SESSION_EV_AR, "01 00 1d 0b 21 06 29 01 31 2a 01 31 29 01 32" },
	{ SESSION_EV_AI, "01 00 19 03 32 01 00" },
	{ SESSION_EV_AIA, "02 00 1a 00" },
	{ SESSION_EV_AD, "01 00 39 03 32 01 00" },
	{ SESSION_EV_ADA, "02 00 3a 00" },
};

/* Does the print have a way from one state to the other? */
static bool printed(enum session_state from, enum session_event event, enum session_state to)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].state == from && rows[i].event == event && !rows[i].never &&
		    rows[i].next == to)
			return true;
	return false;
}

static void spdu_in(const char *tsdu, enum session_event event, const struct phase *phase,
                    bool choice)
{
	struct pair *p = reach(phase);
	struct pair_end *end = &p->end[phase->who];
	enum session_state to;

	end->config.reuse = end->config.answer_abort = choice;
	pair_lose(p, A);
	pair_lose(p, B);
	pair_inject(p, phase->who, tsdu);
	pair_step(p, phase->who);
	to = pair_state(p, phase->who);
	while (end->read != end->written && strncmp(end->lines[end->read], "! ", 2) == 0 &&
	       strcmp(end->lines[end->read], "! session.unexpected"))
		end->read++;			/* notes */
	if (end->read != end->written && !strcmp(end->lines[end->read], "! session.unexpected"))
		expect_protocol_error(p, phase, "! session.unexpected");
	else if (phase->state != SESSION_STA01 && phase->state != SESSION_STA01B &&
	         !printed(phase->state, event, to))
		fail_msg("%s in %s leads to %s", tsdu, session_state_name(phase->state),
		         session_state_name(to));
	leave(p);
}

static void each_spdu_in_each_state(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof samples / sizeof samples[0]; k++)
		for (size_t i = 0; i < 2 * PHASES; i++)
			spdu_in(samples[k].tsdu, samples[k].event, &phases[i / 2], i % 2);
}

/* A.4.1.1: what the tables do not allow changes nothing and sends nothing. */
static void each_request_in_each_state(void **state)
{
	(void)state;
	for (unsigned kind = SERVICE_NONE; kind <= SERVICE_TIMER; kind++) {
		for (unsigned type = 0; type < 4; type++) {
			for (size_t i = 0; i < PHASES; i++) {
				struct pair *p = reach(&phases[i]);
				unsigned who = phases[i].who;
				struct pair_end *end = &p->end[who];
				struct session_vars before = end->s.vars;

				if (type != REQUEST && type != RESPONSE) {
					leave(p);
					continue;
				}
				pair_lose(p, A);
				pair_lose(p, B);
				pair_user(p, who, kind, type, &(struct service){
					.serial = 1, .tokens = TOKEN_MINOR,
					.positive = type == RESPONSE }, NULL);
				if (end->read != end->written) {
					EXPECT(who, "! session.request-refused");
					assert_memory_equal(&before, &end->s.vars, sizeof before);
					assert_int_equal(p->end[1 - who].in_n, 0);
				}
				leave(p);
			}
		}
	}
}

/* ---- segments and long user data ---- */

static void segmented(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	pair_inject(p, B, "01 00 31 0c 0f 01 01 19 01 01 2a 01 31 c1 01 61");
	pair_inject(p, B, "01 00 31 06 19 01 00 c1 01 62");
	pair_inject(p, B, "01 00 31 07 19 01 02 c1 02 63 64");
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=1 sync=1 \"abcd\"");
	nothing_left(p);
	/* The last one may be empty, and its GT may give a token. */
	pair_inject(p, B, "01 00 31 09 19 01 01 2a 01 32 c1 01 61");
	pair_inject(p, B, "01 03 10 01 04 31 03 19 01 02");
	pair_pump(p);
	EXPECT(B, "SYNC-MINOR ind serial=2 \"a\"");
	EXPECT(B, "TOKEN-GIVE ind tokens=4");
	nothing_left(p);
}

/* A later segment of a MAP has no Sync Type Item (8.4.2). */
static void segmented_major(struct pair *p)
{
	connect_units(p, UNITS_ALL, 0);
	start_activity(p, A);
	pair_inject(p, B, "01 00 29 0c 0f 01 01 19 01 01 2a 01 31 c1 01 61");
	pair_inject(p, B, "01 00 29 06 19 01 02 c1 01 62");
	pair_pump(p);
	EXPECT(B, "SYNC-MAJOR ind serial=1 sync=1 \"ab\"");
	nothing_left(p);
}

/* 7.37.3 b): an AB ends it, and may be segmented itself. */
static void segments_interrupted(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	pair_inject(p, B, "01 00 31 09 19 01 01 2a 01 31 c1 01 61");
	pair_inject(p, B, "19 09 11 01 03 19 01 01 c1 01 62");
	pair_inject(p, B, "19 06 19 01 02 c1 01 63");
	pair_step(p, B);
	pair_step(p, B);
	EXPECT(B, NULL);
	pair_step(p, B);
	EXPECT(B, "U-ABORT ind \"bc\"");
	nothing_left(p);
}

static void expect_abort_of(struct pair *p, unsigned who, const char *rule)
{
	EXPECT(who, rule);
	EXPECT(who, "P-ABORT ind reason=1");
	nothing_left(p);
	assert_int_equal(pair_state(p, who), SESSION_STA16);
}

static void segments_out_of_order(struct pair *p)
{
	static const char *const wrong[] = {
		"01 00 31 06 19 01 00 c1 01 62",		/* no first one */
		"01 00 31 09 19 01 01 2a 01 31 c1 01 61|01 00 31 09 19 01 01 2a 01 31 c1 01 61",
		"01 00 31 09 19 01 01 2a 01 31 c1 01 61|02 03 10 01 01",
		"01 00 31 09 19 01 01 2a 01 31 c1 01 61|01 00 29 06 19 01 02 c1 01 62",
		"01 00 31 09 19 01 01 2a 01 31 c1 01 61|01 00 01 00 61",
		"01 00 01 03 19 01 01 61|01 00 31 03 2a 01 31",	/* amid a data SSDU */
		"01 00 01 03 19 01 01 61|01 00 01 03 19 01 01 61",
		"01 00 01 03 19 01 02 61",
	};

	p->end[B].config.tsdu_size = 100;
	p->end[A].config.tsdu_size = 100;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char first[200];
		const char *bar = strchr(wrong[i], '|');

		connect_rtse(p);
		start_activity(p, A);
		snprintf(first, sizeof first, "%.*s", bar ? (int)(bar - wrong[i]) : 100, wrong[i]);
		pair_inject(p, B, first);
		if (bar)
			pair_inject(p, B, bar + 1);
		while (pair_step(p, B))
			;
		p->end[B].read = p->end[B].written - 2;
		expect_abort_of(p, B, "! session.segments");
		pair_pump(p);
		EXPECT(A, "P-ABORT ind reason=1");
		both_idle(p);
	}
}

/* A CN that asks for TSDUs of at most 200 octets from the initiator. */
static void connect_segmenting(struct pair *p)
{
	p->end[B].config.tsdu_size = 300;
	USER(A, CONNECT, REQUEST, .units = UNITS_RTSE);
	pair_step(p, B);
	pair_step(p, A);
	pair_lose(p, B);
	pair_inject(p, B, "0d 12 05 0c 13 01 00 15 04 00 c8 00 00 16 01 02 14 02 02 49");
	pair_pump(p);
	EXPECT(B, "CONNECT ind units=0249 version=2");
	USER(B, CONNECT, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "CONNECT cnf + units=0249 version=2 tokens=21");
	assert_int_equal(p->end[B].s.tsdu_size, 200);
	assert_int_equal(p->end[A].s.tsdu_size, 0);
	start_activity(p, A);
}

/* A data SSDU in segments is one unit. */
static void segmented_data(struct pair *p)
{
	connect_segmenting(p);
	pair_inject(p, B, "01 00 01 03 19 01 01 61 62 63");
	pair_inject(p, B, "01 00 01 03 19 01 00 64");
	pair_inject(p, B, "01 03 10 01 01 01 03 19 01 02");
	pair_inject(p, B, "01 00 01 03 19 01 03 65");
	pair_pump(p);
	EXPECT(B, "DATA ind \"abcd\"");
	EXPECT(B, "TOKEN-GIVE ind tokens=1");
	EXPECT(B, "! session.unexpected");
	EXPECT(B, "P-ABORT ind reason=1");
}

/* ED of ours ends it (7.11.3). */
static void data_interrupted(struct pair *p)
{
	connect_segmenting(p);
	pair_inject(p, B, "01 00 01 03 19 01 01 61 62 63");
	pair_pump(p);
	USER(B, U_EXCEPTION, REQUEST, .reason = 1);
	pair_inject(p, B, "01 00 01 03 19 01 02 64");
	pair_pump(p);
	EXPECT(A, "U-EXCEPTION ind reason=1");
	EXPECT(B, NULL);
	USER(A, ACTIVITY_DISCARD, REQUEST, .reason = 1);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-DISCARD ind reason=1");
	nothing_left(p);
}

/* Tokens in the GT before a DT change hands behind the data (6.3.7.1). */
static void give_behind_data(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	pair_inject(p, B, "01 03 10 01 05 01 00 68 69");
	pair_inject(p, A, "02 03 10 01 01 30 03 32 01 01");
	pair_pump(p);
	EXPECT(B, "DATA ind \"hi\"");
	EXPECT(B, "TOKEN-GIVE ind tokens=5");
	EXPECT(A, "U-EXCEPTION ind reason=1");
	nothing_left(p);
	assert_int_equal(session_owned(&p->end[B].s), 5);
}

/* Extended concatenation was not agreed, but is clear. */
static void extended_concatenation(struct pair *p)
{
	connect_rtse(p);
	pair_inject(p, B, "01 00 2d 03 29 01 31 31 03 2a 01 31 01 00 68 69");
	pair_pump(p);
	EXPECT(B, "! session.agreed-extended");
	EXPECT(B, "ACTIVITY-START ind activity=\"1\"");
	EXPECT(B, "DATA ind \"hi\"");
	EXPECT(B, "SYNC-MINOR ind serial=1");
	nothing_left(p);
}

/* The hole of a tree is sent from elsewhere; the data go up in pieces. */
static void streamed(struct pair *p)
{
	struct service v = { .positive = true };
	struct node *tree;

	connect_rtse(p);
	start_activity(p, A);
	tree = node_list(&p->nodes, NULL);
	node_octets(&p->nodes, tree, octets_of("head"));
	node_hole(&p->nodes, tree, 5000);
	v.user_data = tree;
	p->end[B].pieces = 0;
	pair_user(p, A, SERVICE_DATA, REQUEST, &v, NULL);
	pair_pump(p);
	EXPECT(B, "DATA ind 5004 octets");
	nothing_left(p);
	assert_true(p->end[B].pieces >= (p->step ? 5004 / p->step : 1));
	assert_true(p->pool.peak <= 3000);
}

/* Empty data, alone and in a segment. */
static void empty_data(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	pair_inject(p, B, "01 00 01 00");
	pair_pump(p);
	EXPECT(B, "! session.user-missing");
	EXPECT(B, "DATA ind");
	nothing_left(p);
}

/* 7.1.1 e), f): up to 512, 10,240 and more octets of user data. */
static void long_connects(struct pair *p)
{
	static const size_t lengths[] = { 512, 513, 10240, 10241, 12000, 25000 };

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		char want[80];

		snprintf(want, sizeof want, "CONNECT ind units=0249 version=2 %zu*\"%c\"",
		         lengths[i], i % 2 ? 'Z' : 'm');
		long_data(lengths[i]);
		if (i % 2)
			many[lengths[i] - 1] = 'Z';
		USER_DATA(A, CONNECT, REQUEST, many, .units = UNITS_RTSE);
		pair_pump(p);
		EXPECT(B, want);
		USER(B, CONNECT, RESPONSE, .positive = false);
		pair_pump(p);
		EXPECT(A, "CONNECT cnf - user");
		both_idle(p);
	}
	p->end[A].config.proposed_versions = SESSION_VERSION_1;
	USER_DATA(A, CONNECT, REQUEST, long_data(513), .units = UNITS_RTSE);
	EXPECT(A, "! session.user-refused");
	both_idle(p);
}

static void overflow_refused(struct pair *p)
{
	USER_DATA(A, CONNECT, REQUEST, long_data(11000), .units = UNITS_RTSE);
	p->pool.refuse = p->pool.takes + 1;	/* B cannot keep the CN */
	p->pool.refuse_rest = true;
	pair_step(p, B);
	pair_step(p, A);
	pair_step(p, B);
	p->pool.refuse = 0;
	pair_pump(p);
	EXPECT(A, p->step ? "P-ABORT ind reason=2" : "CONNECT cnf - reason=134 provider");
	pair_forget(p);
	both_idle(p);
}

static void user_data_too_long(struct pair *p)
{
	char *big = malloc(70000);

	memset(big, 'b', 69999);
	big[69999] = 0;
	connect_rtse(p);
	start_activity(p, A);
	USER_DATA(A, SYNC_MINOR, REQUEST, big, .positive = true);
	EXPECT(A, "! session.user-refused");
	nothing_left(p);
	USER_DATA(A, U_ABORT, REQUEST, big, .reason = 0);
	EXPECT(A, "! session.user-refused");
	pair_pump(p);
	EXPECT(B, "U-ABORT ind");
	both_idle(p);
	free(big);
}

/* AI ends a data SSDU that is coming in (7.11.3). */
static void data_ended_by_interrupt(struct pair *p)
{
	connect_segmenting(p);
	pair_inject(p, B, "01 00 01 03 19 01 01 61 62 63");
	USER(A, ACTIVITY_INTERRUPT, REQUEST, .reason = 1);
	pair_pump(p);
	EXPECT(B, "ACTIVITY-INTERRUPT ind reason=1");
	USER(B, ACTIVITY_INTERRUPT, RESPONSE, .positive = true);
	pair_pump(p);
	EXPECT(A, "ACTIVITY-INTERRUPT cnf +");
	start_activity(p, A);
	pair_inject(p, B, "01 00 01 03 19 01 03 64");
	pair_pump(p);
	EXPECT(B, "DATA ind \"d\"");
	nothing_left(p);
}

/* The user aborts while data come in: the rest of the TSDU is not told. */
static void data_ended_by_abort(struct pair *p)
{
	struct service piece = { .first = true };
	struct event e = { .kind = EVENT_PRIMITIVE, .layer = LAYER_COTP, .code = SERVICE_DATA,
	                   .type = INDICATION, .detail = &piece };

	connect_rtse(p);
	start_activity(p, A);
	piece.data = (struct octets){ (const uint8_t *)"\1\3\20\1\1\1\0abc", 10 };
	p->piece = piece.data;
	p->piece_at = 0;
	pair_hand(p, B, &e);
	USER(B, U_ABORT, REQUEST, .reason = 0);
	piece = (struct service){ .last = true, .data = octets_of("def") };
	pair_hand(p, B, &e);
	nothing_left(p);
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	pair_pump(p);
	EXPECT(A, "U-ABORT ind");
	both_idle(p);
}

/* A NOTE about a header of DT is booked once, however it came. */
static void data_with_a_note(struct pair *p)
{
	connect_rtse(p);
	start_activity(p, A);
	pair_inject(p, B, "01 00 01 ff 00 00 68 69");
	pair_pump(p);
	EXPECT(B, "! session.li-form");
	EXPECT(B, "DATA ind \"hi\"");
	nothing_left(p);
}

/* What the peer may not do, and what comes of it: at B, then at A. */
static void wrong_from_the_peer(struct pair *p)
{
	static const struct {
		const char *tsdu, *rule;
	} wrong[] = {
		{ "02 00 2a 03 36 01 31", "! session.agreed-serial" },
		{ "01 00 31 03 2a 01 32", "! session.unexpected" },	/* p19 */
		{ "02 00 32 03 2a 01 31", "! session.unexpected" },	/* p21 */
		{ "01 03 10 01 05 01 00 61", "! session.unexpected" },	/* p05: B has the token */
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		connect_rtse(p);
		start_activity(p, A);
		if (i == 3)
			USER(A, TOKEN_GIVE, REQUEST, .tokens = TOKEN_DATA);
		pair_pump(p);
		pair_forget(p);
		pair_inject(p, B, wrong[i].tsdu);
		pair_step(p, B);
		p->end[B].read = p->end[B].written - 2;
		expect_abort_of(p, B, wrong[i].rule);
		pair_pump(p);
		EXPECT(A, "P-ABORT ind reason=1");
		both_idle(p);
	}
}

static void wrong_answers(struct pair *p)
{
	static const struct {
		const char *ac, *rule;
	} wrong[] = {
		{ "0e 0c 05 06 13 01 00 16 01 01 14 02 02 49", "! session.nothing-common" },
		{ "0e 0c 05 06 13 01 00 16 01 02 14 02 02 48", "! session.nothing-common" },
		{ "0a 00", "! session.unexpected" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		reach_connect_sent(p);
		pair_inject(p, A, wrong[i].ac);
		pair_step(p, A);
		p->end[A].read = p->end[A].written - 2;
		EXPECT(A, wrong[i].rule);
		EXPECT(A, "P-ABORT ind reason=1");
		pair_lose(p, B);
		pair_break(p);
		pair_forget(p);
	}
	/* A CN with overflow while only version 1 is common: 7.1.3. */
	reach_connected(p);
	pair_inject(p, B, "0d 12 05 06 13 01 00 16 01 01 14 02 02 49 3c 01 01 c2 01 61");
	pair_step(p, B);
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	/* Nothing is read where there is no transport connection. */
	pair_break(p);
	pair_forget(p);
	pair_inject(p, B, "19 03 11 01 03");
	pair_pump(p);
	both_idle(p);
}

/* More than we join: A.4.3.1.2. */
static void too_large(struct pair *p)
{
	size_t n = TSDU_MAX + 100;
	uint8_t *octets = calloc(1, n);
	static const uint8_t first[] = { 1, 0, 0x31, 0xff, 0xea, 0x6a, 0x19, 1, 1, 0x2a, 1, '1',
	                                 0xc1, 0xff, 0xea, 0x60 };
	static const uint8_t next[] = { 1, 0, 0x31, 0xff, 0xea, 0x67, 0x19, 1, 0, 0xc1, 0xff, 0xea,
	                                0x60 };
	size_t user = 0xea60;

	p->step *= 1000;
	connect_rtse(p);
	start_activity(p, A);
	octets[1] = 1;			/* ER, with reflected values beyond all bounds */
	pair_inject_octets(p, B, (struct octets){ octets, n });
	pair_step(p, B);
	if (p->step && p->step < n)
		EXPECT(B, "! session.too-large");
	pair_forget(p);
	assert_int_equal(pair_state(p, B), SESSION_STA16);
	pair_break(p);
	connect_rtse(p);
	start_activity(p, A);
	memcpy(octets, first, sizeof first);
	pair_inject_octets(p, B, (struct octets){ octets, sizeof first + user });
	memset(octets, 0, n);
	memcpy(octets, next, sizeof next);
	pair_inject_octets(p, B, (struct octets){ octets, sizeof next + user });
	pair_inject_octets(p, B, (struct octets){ octets, sizeof next + user });
	while (pair_step(p, B))
		;
	EXPECT(B, "! session.too-large");
	EXPECT(B, "P-ABORT ind reason=2");
	nothing_left(p);
	pair_pump(p);
	EXPECT(A, "P-ABORT ind reason=2");
	both_idle(p);
	free(octets);
}

/* Joined octets that cannot be kept are no octets. */
static void nothing_is_kept(struct pair *p)
{
	size_t step = p->step;

	connect_rtse(p);
	start_activity(p, A);
	p->no_kept = true;
	p->step = 5;
	pair_inject(p, B, "01 00 31 03 2a 01 31");
	pair_step(p, B);
	EXPECT(B, "! session.memory");
	EXPECT(B, "P-ABORT ind reason=2");
	pair_break(p);
	p->no_kept = false;
	connect_rtse(p);
	start_activity(p, A);
	p->no_kept = true;
	p->step = 3;
	pair_inject(p, B, "01 00 01 00 61");
	pair_step(p, B);
	EXPECT(B, "! session.memory");
	EXPECT(B, "P-ABORT ind reason=2");
	pair_break(p);
	p->no_kept = false;
	connect_rtse(p);
	start_activity(p, A);
	p->no_kept = true;
	p->step = 0;
	pair_inject(p, B, "01 00 31 09 19 01 01 2a 01 31 c1 01 61");
	pair_inject(p, B, "01 00 31 03 19 01 02");
	while (pair_step(p, B))
		;
	EXPECT(B, "! session.memory");
	EXPECT(B, "P-ABORT ind reason=2");
	p->step = step;
	pair_break(p);
	pair_forget(p);
	both_idle(p);
}

/* ---- two honest users who do what they like ---- */

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x >> 11;
}

static const struct {
	uint8_t kind, type;
} wishes[] = {
	{ SERVICE_DATA, REQUEST }, { SERVICE_TYPED_DATA, REQUEST },
	{ SERVICE_CAPABILITY_DATA, REQUEST }, { SERVICE_CAPABILITY_DATA, RESPONSE },
	{ SERVICE_TOKEN_GIVE, REQUEST }, { SERVICE_TOKEN_PLEASE, REQUEST },
	{ SERVICE_CONTROL_GIVE, REQUEST }, { SERVICE_SYNC_MINOR, REQUEST },
	{ SERVICE_SYNC_MINOR, RESPONSE }, { SERVICE_SYNC_MAJOR, REQUEST },
	{ SERVICE_SYNC_MAJOR, RESPONSE }, { SERVICE_RESYNCHRONIZE, REQUEST },
	{ SERVICE_RESYNCHRONIZE, RESPONSE }, { SERVICE_U_EXCEPTION, REQUEST },
	{ SERVICE_ACTIVITY_START, REQUEST }, { SERVICE_ACTIVITY_RESUME, REQUEST },
	{ SERVICE_ACTIVITY_INTERRUPT, REQUEST }, { SERVICE_ACTIVITY_INTERRUPT, RESPONSE },
	{ SERVICE_ACTIVITY_DISCARD, REQUEST }, { SERVICE_ACTIVITY_DISCARD, RESPONSE },
	{ SERVICE_ACTIVITY_END, REQUEST }, { SERVICE_ACTIVITY_END, RESPONSE },
	{ SERVICE_CONNECT, RESPONSE }, { SERVICE_RELEASE, RESPONSE },
	{ SERVICE_RELEASE, REQUEST }, { SERVICE_U_ABORT, REQUEST }, { SERVICE_CONNECT, REQUEST },
};

enum { WISHES = sizeof wishes / sizeof wishes[0] };

static uint16_t random_units(uint64_t *x)
{
	uint16_t units = (uint16_t)(next_random(x) & UNITS_ALL);

	if (next_random(x) % 4 == 0)
		return (uint16_t)((units & ~(UNIT_HALF_DUPLEX | UNIT_EXCEPTIONS)) | UNIT_DUPLEX);
	return units | UNIT_HALF_DUPLEX;
}

static void wish(struct pair *p, unsigned who, uint64_t *x)
{
	const struct session_vars *v = &p->end[who].s.vars;
	unsigned which = (unsigned)(next_random(x) % WISHES);
	struct service s = {
		.serial = (uint32_t)(v->Va + (int64_t)(next_random(x) % 4) - 1),
		.tokens = (uint8_t)(next_random(x) & 0x55), .token_setting = next_random(x) & 0x55,
		.positive = next_random(x) % 8 != 0, .activity = text("1"),
		.old_activity = text("0"),
		.keep_transport = next_random(x) & 1, .units = random_units(x),
		.sync_type = (uint8_t)(next_random(x) % 3), .initial_serial = 1,
	};

	if (wishes[which].kind == SERVICE_U_ABORT && next_random(x) % 16)
		return;
	if (!s.tokens)
		s.tokens = TOKEN_DATA;
	if (wishes[which].kind == SERVICE_CONNECT && wishes[which].type == REQUEST && who == B)
		return;			/* one transport connection, begun by A */
	if (wishes[which].kind == SERVICE_RELEASE && wishes[which].type == REQUEST && v->Vcoll)
		return;			/* asked for once: the print has no p10 in STA09 */
	if (v->Va == 0 && s.serial > 10)
		s.serial = 0;
	if (wishes[which].type == RESPONSE && wishes[which].kind == SERVICE_RESYNCHRONIZE)
		s.serial = (uint32_t)(v->Vrsp == VRSP_R ? v->Vrspnb : v->Vm);
	if (wishes[which].type == RESPONSE && wishes[which].kind == SERVICE_CONNECT)
		s.units = 0;
	pair_user(p, who, wishes[which].kind, wishes[which].type, &s,
	          next_random(x) % 2 ? "user data" : NULL);
}

/* Tables and both ends agree: no SPDU was ever in the wrong place. */
static void nothing_unexpected(struct pair *p, enum session_state from[2])
{
	for (unsigned who = A; who <= B; who++) {
		struct pair_end *e = &p->end[who];

		for (; e->read < e->written; e->read++) {
			const char *line = e->lines[e->read];

			if (line[0] == '!' && strcmp(line, "! session.request-refused") &&
			    strcmp(line, "! session.user-missing")) {
				pair_trace(p);
				fail_msg("end %u, %s, other end %s, units %04x: %s", who,
				         session_state_name(from[who]),
				         session_state_name(from[1 - who]), e->s.vars.fu, line);
			}
		}
		e->read = e->written = 0;
	}
}

static void ends_agree(const struct pair *p)
{
	const struct session_vars *a = &p->end[A].s.vars, *b = &p->end[B].s.vars;
	bool counts;

	if (p->end[A].in_n || p->end[B].in_n || a->state != SESSION_STA713 ||
	    b->state != SESSION_STA713)
		return;
	/* Numbers mean something in an activity, or where there are none; V(A) may
	 * differ after a MIA that crossed an ED (A.10, MIA in STA20). */
	counts = a->fu & UNIT_MINOR && (a->Vact || !(a->fu & UNIT_ACTIVITY));
	if (a->fu != b->fu || ((a->owned ^ b->owned) & session_tokens(a)) != session_tokens(a) ||
	    (a->fu & UNIT_ACTIVITY && a->Vact != b->Vact) ||
	    (counts && (a->Vm != b->Vm || a->Vr != b->Vr))) {
		pair_trace(p);
		fail_msg("units %04x/%04x owned %02x/%02x V(M) %d/%d V(A) %d/%d V(R) %d/%d Vact "
		         "%d/%d",
		         a->fu, b->fu, a->owned, b->owned, (int)a->Vm, (int)b->Vm, (int)a->Va,
		         (int)b->Va, (int)a->Vr, (int)b->Vr, a->Vact, b->Vact);
	}
	assert_int_equal(p->pool.leases, 0);
}

static void walk(uint64_t seed, size_t steps)
{
	struct session_config config[2];
	struct pair *p = calloc(1, sizeof *p);
	uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;

	assert_non_null(p);
	for (unsigned who = A; who <= B; who++) {
		session_defaults(&config[who]);
		config[who].units = UNITS_ALL | UNIT_DUPLEX;
		config[who].reuse = next_random(&x) & 1;
		config[who].answer_abort = next_random(&x) & 1;
	}
	pair_init(p, &config[A], &config[B]);
	p->step = (size_t)(seed % 8);
	for (size_t i = 0; i < steps; i++) {
		enum session_state from[2] = { pair_state(p, A), pair_state(p, B) };
		unsigned who = next_random(&x) & 1;

		if (p->end[0].in_n > 20 || p->end[1].in_n > 20)
			pair_pump(p);
		else if (next_random(&x) % 3)
			pair_step(p, who);
		else
			wish(p, who, &x);
		if (next_random(&x) % 1000 == 0)
			pair_wait(p, 31 * SECOND_US);
		nothing_unexpected(p, from);
		ends_agree(p);
	}
	leave(p);
}

static void random_walks(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 600; seed++)
		walk(seed, 2000);
}

/* The same without memory now and then: nothing is promised but to stay whole. */
static void walks_without_memory(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct pair *p = calloc(1, sizeof *p);
		uint64_t x = seed * 0x9e3779b97f4a7c15u + 7;

		assert_non_null(p);
		pair_init(p, NULL, NULL);
		p->step = (size_t)(seed % 7);
		for (size_t i = 0; i < 300; i++) {
			unsigned who = next_random(&x) & 1;

			if (p->pool.takes >= p->pool.refuse)
				p->pool.refuse = p->pool.takes + next_random(&x) % 8;
			if (p->end[0].in_n > 20 || p->end[1].in_n > 20)
				pair_pump(p);
			else if (next_random(&x) % 3)
				pair_step(p, who);
			else
				wish(p, who, &x);
			p->end[A].written = p->end[B].written = 0;
		}
		pair_forget(p);
		leave(p);
	}
}

/* Damaged SPDUs in every state, whole and in pieces: the same is seen. */
static void damaged_spdus(void **state)
{
	uint64_t x = 4711;

	(void)state;
	for (size_t i = 0; i < 6000; i++) {
		const struct phase *phase = &phases[next_random(&x) % PHASES];
		size_t which = next_random(&x) % (sizeof samples / sizeof samples[0]);
		const char *hex = samples[which].tsdu;
		size_t at = next_random(&x) % strlen(hex), step = 1 + next_random(&x) % 5;
		char seen[2][2 * PAIR_LINE], bent[200];

		snprintf(bent, sizeof bent, "%s", hex);
		if (bent[at] != ' ')
			bent[at] = "0123456789abcdef"[next_random(&x) % 16];
		for (int whole = 0; whole < 2; whole++) {
			struct pair *p = reach(phase);
			struct pair_end *end = &p->end[phase->who];

			pair_lose(p, A);
			pair_lose(p, B);
			p->step = whole ? 0 : step;
			pair_inject(p, phase->who, bent);
			pair_step(p, phase->who);
			seen[whole][0] = 0;
			for (; end->read != end->written; end->read++)
				strncat(seen[whole], end->lines[end->read], 90);
			strcat(seen[whole], session_state_name(pair_state(p, phase->who)));
			leave(p);
		}
		if (strcmp(seen[0], seen[1]))
			fail_msg("%s in %s: %s, in pieces %s", bent,
			         session_state_name(phase->state), seen[1], seen[0]);
	}
}

/* ---- rows that no conversation has taken ---- */

static uint32_t taken[1000];

static int count_rows(void **state)
{
	size_t n, n_rows = 0, left = 0;
	const struct session_row *rows = session_cells(&n);
	const char *list = getenv("CELLS");
	char line[120];
	struct text t;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].never)
			continue;
		n_rows++;
		if (taken[i])
			continue;
		left++;
		if (!list)
			continue;
		text_init(&t, line, sizeof line);
		session_row_text(&t, &rows[i]);
		print_message("not taken: %s\n", line);
	}
	print_message("cells: %zu of %zu rows taken, %zu not (CELLS=1 lists them)\n",
	              n_rows - left, n_rows, left);
	session_cells_taken = NULL;
	return 0;
}

#define TALK(name) { "session " #name, name }

int main(void)
{
	static const struct {
		const char *name;
		conversation *c;
	} talks[] = {
		TALK(connect_and_release), TALK(token_setting), TALK(tokens_asked_for),
		TALK(refused_by_the_user), TALK(refused_by_the_provider), TALK(version_1),
		TALK(release_refused), TALK(release_collides), TALK(transfer),
		TALK(interrupt_and_resume), TALK(exception), TALK(exception_ends_with_token),
		TALK(late_acknowledgement), TALK(data_separation), TALK(turn_goes_over),
		TALK(tokens_one_by_one), TALK(everything_else),
		TALK(resynchronizations_collide), TALK(abort_crosses_data),
		TALK(interrupt_crosses_acknowledgement), TALK(please_crosses_data),
		TALK(exception_crosses_end), TALK(exception_crosses_interrupt),
		TALK(aborts_collide),
		TALK(reuse), TALK(reuse_declined), TALK(abort_answered), TALK(timer),
		TALK(segmented), TALK(segmented_major), TALK(segments_interrupted),
		TALK(segments_out_of_order), TALK(segmented_data), TALK(data_interrupted),
		TALK(give_behind_data), TALK(extended_concatenation), TALK(streamed),
		TALK(empty_data), TALK(long_connects), TALK(overflow_refused),
		TALK(user_data_too_long), TALK(data_ended_by_interrupt), TALK(data_ended_by_abort),
		TALK(data_with_a_note), TALK(wrong_from_the_peer), TALK(wrong_answers),
		TALK(too_large), TALK(nothing_is_kept),
	};
	enum { TALKS = sizeof talks / sizeof talks[0] };
	const struct CMUnitTest others[] = {
		cmocka_unit_test(abort_in_each_state),
		cmocka_unit_test(transport_lost_in_each_state),
		cmocka_unit_test(invalid_spdu_in_each_state),
		cmocka_unit_test(each_spdu_in_each_state),
		cmocka_unit_test(each_request_in_each_state),
		cmocka_unit_test(random_walks),
		cmocka_unit_test(walks_without_memory),
		cmocka_unit_test(damaged_spdus),
	};
	struct CMUnitTest tests[TALKS];
	int failed;

	session_cells_taken = taken;
	for (size_t i = 0; i < TALKS; i++)
		tests[i] = (struct CMUnitTest){ talks[i].name, with_every_split, NULL, NULL,
		                                (void *)(uintptr_t)&talks[i].c };
	failed = cmocka_run_group_tests_name("session conversations", tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("session states", others, NULL, count_rows);
}
