/*
 * Targets and scenarios: what compiles to what, and what is said of mistakes.
 */
#include "scenario/catalogue.h"
#include "scenario/format.h"
#include "scenario/scenario.h"
#include "session/session_pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char target_text[] =
	"target lab\n"
	"  pics mode normal x410 ; relay yes ; recovery no\n"
	"  pixit address lab its-name \"LAB\" its-password \"s\" domain XX TEST LAB\n"
	"  pixit side up listen 127.0.0.1:0 our-name RIGUP route \"C=XX;A=TEST;P=UP;\"\n"
	"  pixit side down listen 127.0.0.1:0 our-name RIGDOWN route \"C=XX;A=TEST;P=DOWN;\"\n"
	"  pixit side deaf our-name RIGDEAF\n"
	"  pixit open_interval 2s checkpoint 4KiB window 3\n"
	"  pixit define patience 7s define burst 12 define big 1MiB\n"
	"  recipient down \"C=XX;A=TEST;P=DOWN;S=T\" at down\n"
	"  recipient nowhere \"C=XX;A=TEST;P=NO;S=T\"\n"
	"  logs events file \"Ev0.log\" ; calls command [\"scp\", \"-q\", \"x\"]\n";

static struct target *lab(void)
{
	static struct target t;
	struct lexer_source s;
	struct lexer_report r = { 0 };

	assert_true(lexer_take(&s, "t.target", target_text, sizeof target_text - 1, &r));
	if (!target_read(&t, &s, &r))
		fail_msg("%s", r.text);
	lexer_source_free(&s);
	return &t;
}

static struct scenario *compile(const char *text, struct lexer_report *r)
{
	struct scenario *sc = NULL;
	struct lexer_source s;

	*r = (struct lexer_report){ 0 };
	if (lexer_take(&s, "t.scn", text, strlen(text), r)) {
		sc = scenario_compile(&s, lab(), r);
		lexer_source_free(&s);
	}
	return sc;
}

static struct scenario *good(const char *text)
{
	struct lexer_report r;
	struct scenario *sc = compile(text, &r);

	if (!sc || r.warnings)
		fail_msg("%s", r.text);
	lexer_report_free(&r);
	return sc;
}

/* The first complaint must be this one. */
static void bad(const char *text, const char *want)
{
	struct lexer_report r;
	struct scenario *sc = compile(text, &r);

	assert_null(sc);
	if (strncmp(r.text, want, strlen(want)) != 0)
		fail_msg("wanted: %s\ngot: %s", want, r.text);
	lexer_report_free(&r);
}

#define HEAD "scenario a/b\n"
#define TAIL "expect alive\n"

/* --- targets ----------------------------------------------------------------- */

static void target_is_read(void **state)
{
	const struct target *t = lab();

	(void)state;
	assert_true(t->lab);
	assert_string_equal(t->its_name, "LAB");
	assert_string_equal(t->domain[1], "TEST");
	assert_int_equal(t->sides_n, 3);
	assert_int_equal(target_side(t, "up"), SIDE_UP);
	assert_int_equal(target_side(t, "down"), 1);
	assert_int_equal(target_side(t, "nobody"), -1);
	assert_int_equal(t->recipients[target_recipient(t, "nowhere")].side, -1);
	assert_int_equal(t->recipients[target_recipient(t, "down")].side, 1);
	assert_int_equal(target_value(t, KNOWN_OPEN_INTERVAL), 2 * SECOND_US);
	assert_int_equal(target_value(t, KNOWN_CHECKPOINT), 4096);
	assert_int_equal(target_value(t, KNOWN_TIM), 30 * SECOND_US);
	assert_int_equal(target_param(t, "patience")->kind, PARAM_TIME);
	assert_int_equal(target_param(t, "burst")->kind, PARAM_NUMBER);
	assert_int_equal(target_param(t, "big")->kind, PARAM_SIZE);
	assert_int_equal(t->events.kind, LOG_SOURCE_FILE);
	assert_int_equal(t->calls.command.args_n, 3);
	assert_true(target_supports(t, "pics.relay"));
	assert_true(target_supports(t, "pics.mode.x410"));
	assert_false(target_supports(t, "pics.mode.other"));
	assert_false(target_supports(t, "pics.recovery"));
	assert_false(target_supports(t, "pics.unheard"));
}

static void bad_target(const char *text, const char *want)
{
	struct target *t = calloc(1, sizeof *t);
	struct lexer_source s;
	struct lexer_report r = { 0 };

	assert_non_null(t);
	assert_true(lexer_take(&s, "t", text, strlen(text), &r));
	assert_false(target_read(t, &s, &r));
	if (!strstr(r.text, want))
		fail_msg("wanted: %s\ngot: %s", want, r.text);
	lexer_source_free(&s);
	lexer_report_free(&r);
	free(t);
}

static void target_mistakes(void **state)
{
	(void)state;
	bad_target("", "t:1:1: error: \"target\" is wanted here, not the end of the file");
	bad_target("target a\n", "t:1:1: error: no pixit address");
	bad_target("target a\npixt x\n", "t:2:1: error: \"pixt\" is not a known setting; did you "
	    "mean \"pixit\"?");
	bad_target("target a\npixit open_intervall 3s", "did you mean \"open_interval\"?");
	bad_target("target a\npixit open_interval 3", "t:2:21: error: open_interval is a time");
	bad_target("target a\npixit checkpoint 3s", "checkpoint is a size");
	bad_target("target a\npixit side up listen here", "t:2:22: error: \"here\" is not an "
	    "address");
	bad_target("target a\npixit address lab its-name X\npixit side x listen 127.0.0.1",
	           "side \"up\" has no our-name");
	bad_target("target a\nrecipient x \"C=XX\" at dwon", "t:2:23: error: \"dwon\" is not a "
	    "side");
	bad_target("target a\npics relay", "capability \"relay\" has no value");
	bad_target("target a\npics relay yes ; relay no", "t:2:18: error: capability \"relay\" is "
	    "listed twice");
	bad_target("target a\nlogs events file \"x\" call file \"y\"", "did you mean \"calls\"?");
	bad_target("target a\npixit define tim 3s", "\"tim\" has a meaning already");
	bad_target("target a\npixit its-name \"123456789012345678901234567890123\"",
	           "too long (at most 32 octets)");
}

/* --- steps ------------------------------------------------------------------- */

static void steps_are_compiled(void **state)
{
	struct scenario *sc = good(
		"# comment\n\n" HEAD
		"title \"A title\"\nserves REC-12 TDN-09\nsource \"KB Q1\"\nneeds pics.relay "
		    "side.down\n"
		"limit 2 * pixit.open_interval + pixit.patience + 90s\n"
		"down: listen checkpoint 1KiB window 4   # we\n"
		"down: link rate 64kbit/s delay 300ms\n"
		"up:   associate as \"X\" password \"Y\"\n"
		"up:   transfer pixit.burst messages size 8KiB + 1 to down mts-id reused 2 "
		    "priority urgent\n"
		"down: at minor-sync 3 of activity 12 cut rst\n"
		"up: at ac of association 2 cut half-close\n"
		"up: at dt 1 cut fin\n"
		"down: stall on\ndown: silence\ndown: close-listener\nup: cut silence\n"
		"up: wait until accepted 5 within 2s\nwait 1s\n"
		"up: release\nup: abort\n"
		"expect down delivered within 30s clause \"X.411 1\"\n");
	const struct step *s = sc->steps;

	(void)state;
	assert_string_equal(sc->id, "a/b");
	assert_string_equal(sc->title, "A title");
	assert_int_equal(sc->purposes_n, 2);
	assert_int_equal(sc->limit_us, 101 * SECOND_US);
	assert_int_equal(sc->steps_n, 16);
	assert_int_equal(s[0].kind, STEP_LISTEN);
	assert_int_equal(s[0].side, 1);
	assert_int_equal(s[0].size, 1024);
	assert_int_equal(s[0].window, 4);
	assert_string_equal(scenario_string(sc, s[0].text), "down: listen checkpoint 1KiB window "
	                    "4");
	assert_int_equal(s[1].rate, 64000);
	assert_int_equal(s[1].time_us, 300000);
	assert_true(s[2].as && s[2].password);
	assert_string_equal(scenario_string(sc, s[2].as), "X");
	assert_int_equal(s[3].n, 12);
	assert_int_equal(s[3].size, 8193);
	assert_int_equal(s[3].reused, 2);
	assert_int_equal(s[3].priority, 2);
	assert_int_equal(s[4].kind, STEP_ARM);
	assert_int_equal(s[4].point.kind, TAP_MINOR_SYNC);
	assert_int_equal(s[4].point.n, 3);
	assert_int_equal(s[4].point.of, 12);
	assert_int_equal(s[4].cut, CUT_RST);
	assert_int_equal(s[5].point.kind, TAP_AC);
	assert_int_equal(s[5].point.of, 2);
	assert_int_equal(s[5].cut, CUT_HALF_CLOSE);
	assert_int_equal(s[6].point.of, 0);
	assert_int_equal(s[7].kind, STEP_STALL);
	assert_int_equal(s[7].n, 1);
	assert_int_equal(s[8].kind, STEP_SILENCE);
	assert_int_equal(s[9].kind, STEP_CLOSE_LISTENER);
	assert_int_equal(s[10].cut, CUT_SILENCE);
	assert_int_equal(s[11].kind, STEP_WAIT_ACCEPTED);
	assert_int_equal(s[11].n, 5);
	assert_int_equal(s[12].kind, STEP_WAIT);
	assert_int_equal(s[15].kind, STEP_EXPECT);
	assert_int_equal(s[15].at.line, 24);
	assert_int_equal(scenario_worst_us(sc), 33 * SECOND_US);
	scenario_free(sc);
}

static void expectations_are_compiled(void **state)
{
	struct scenario *sc = good(HEAD
		"up: associate\n"
		"expect up bound within 5s\n"
		"expect up refused authentication-error within 5s\n"
		"expect up refused within 5s\n"
		"expect accepted within 1s\n"
		"expect delivered within 1s\n"
		"expect not delivered for 3s\n"
		"expect reported reason 1 diagnostic 0 within 1s\n"
		"expect no abort-by-iut\n"
		"expect log none conclusive\n"
		"expect log Q152897\n"
		"expect up pdu session AB within 1s\n"
		"expect up tcp closed within 1s\n"
		"expect alive\n"
		"expect up refused derived\n"
		"expect delivered within 1s clause \"X.2\" derived\n");
	const struct expectation *x = sc->expectations;

	(void)state;
	assert_int_equal(sc->expectations_n, 15);
	assert_false(x[12].derived);
	assert_true(x[13].derived && x[13].value == -1);
	assert_true(x[14].derived);
	assert_string_equal(x[14].clause, "X.2");
	assert_int_equal(x[0].kind, EXPECT_BOUND);
	assert_int_equal(x[0].side, 0);
	assert_int_equal(x[0].within_us, 5 * SECOND_US);
	assert_int_equal(x[0].line, 3);
	assert_string_equal(x[0].text, "expect up bound within 5s");
	assert_string_equal(x[0].clause, "X.411 12.1.1");
	assert_int_equal(x[1].value, 2);
	assert_int_equal(x[2].value, -1);
	assert_int_equal(x[4].kind, EXPECT_DELIVERED);
	assert_int_equal(x[4].side, -1);
	assert_int_equal(x[5].kind, EXPECT_NOT_DELIVERED);
	assert_int_equal(x[5].within_us, 3 * SECOND_US);
	assert_int_equal(x[6].value, 1);
	assert_int_equal(x[6].value2, 0);
	assert_int_equal(x[7].kind, EXPECT_NO_ABORT_BY_IUT);
	assert_int_equal(x[8].kind, EXPECT_LOG_NONE);
	assert_int_equal(x[9].kind, EXPECT_LOG);
	assert_string_equal(x[9].name, "Q152897");
	assert_int_equal(x[10].layer, LAYER_SESSION);
	assert_int_equal(x[10].code, SPDU_AB);
	assert_int_equal(x[11].kind, EXPECT_TCP_CLOSED);
	scenario_free(sc);
}

static void mistakes_have_places(void **state)
{
	(void)state;
	bad("", "t.scn:1:1: error: \"scenario\" is wanted here");
	bad("scenario A/b\n", "t.scn:1:10: error: identifiers look like");
	bad("scenario ../b\n", "t.scn:1:10: error: identifiers look like");
	bad("scenario a//b\n", "t.scn:1:10: error: identifiers look like");
	bad(HEAD, "t.scn:1:1: error: a scenario without steps");
	bad(HEAD "up: asociate\n", "t.scn:2:5: error: \"asociate\" is not a step; did you mean "
	    "\"associate\"?");
	bad(HEAD "upp: associate\n", "t.scn:2:1: error: \"upp\" is not a side of this target; did "
	    "you mean \"up\"?");
	bad(HEAD "up associate\n", "t.scn:2:1: error: a colon is missing: \"up: ...\"");
	bad(HEAD "titel \"x\"\n", "t.scn:2:1: error: \"titel\" is not a statement; did you mean "
	    "\"title\"?");
	bad(HEAD "wait 3\n", "t.scn:2:6: error: this is a number; a time");
	bad(HEAD "wait 3s + 4KiB\n", "t.scn:2:11: error: this is a size");
	bad(HEAD "wait 3s * 4s\n", "t.scn:2:11: error: only one factor may have a unit");
	bad(HEAD "wait pixit.open_interwal\n", "t.scn:2:6: error: the target has no parameter "
	    "\"open_interwal\"; did you mean \"pixit.open_interval\"?");
	bad(HEAD "wait 1s 2s\n", "t.scn:2:9: error: \"2s\" is not expected here");
	bad(HEAD "wait 9000000000h * 9000000000\n", "t.scn:2:6: error: \"9000000000h\" is not a "
	    "time");
	bad(HEAD "wait 1000000h * 1000000000000\n", "t.scn:2:17: error: this product is too large");
	bad(HEAD "down: link rate fast\n", "t.scn:2:17: error: \"fast\" is not a rate");
	bad(HEAD "down: listen checkpoint 1000\n", "t.scn:2:25: error: a checkpoint size is a "
	    "multiple");
	bad(HEAD "up: associate\nup: transfer 0 messages size 1 to down\n",
	    "t.scn:3:14: error: counting "
	    "begins with 1");
	bad(HEAD "up: associate\nup: transfer 1 message size 1 to dwon\n",
	    "t.scn:3:34: error: \"dwon\" is "
	    "not a recipient of this target; did you mean \"down\"?");
	bad(HEAD "up: at minor-sink 3 cut rst\n", "t.scn:2:8: error: \"minor-sink\" is not a point "
	    "of the protocol; did you mean \"minor-sync\"?");
	bad(HEAD "up: at fn of activity 3 cut rst\n", "t.scn:2:14: error: \"association\" is "
	    "wanted");
	bad(HEAD "up: cut hard\n", "t.scn:2:9: error: \"hard\" is not a way to cut");
	bad(HEAD "expect bound\n", "t.scn:2:8: error: say of which side");
	bad(HEAD "expect up accepted\n", "t.scn:2:8: error: \"accepted\" is not a matter of one "
	    "side");
	bad(HEAD "expect upp bound\n", "t.scn:2:8: error: \"upp\" is not an expectation, nor a "
	    "side");
	bad(HEAD "expect up pdu session XX\n", "t.scn:2:23: error: \"XX\" is not a PDU of this "
	    "layer");
	bad(HEAD "expect up refused authentification-error\n",
	    "t.scn:2:19: error: \"authentification-error\" "
	    "is not a bind error; did you mean \"authentication-error\"?");
	bad(HEAD "wait 1s\nlimit 3s\n", "t.scn:3:1: error: \"limit\" must stand before the first "
	    "step");
	bad(HEAD "needs relay\n", "t.scn:2:7: error: needs are written pics.NAME");
	bad(HEAD "needs pixit.disconnect.soon\n", "t.scn:2:7: error: needs are written");
	bad(HEAD "needs pixit.window.5s\n", "t.scn:2:7: error: needs are written");
	bad(HEAD "title \"x\n", "t.scn:2:7: error: the string is not closed");
	bad(HEAD "wait until\n", "t.scn:2:6: error: say at which side");
}

/* Every line with a mistake is told, and what follows is read on. */
static void all_mistakes_are_told(void **state)
{
	struct lexer_report r;

	(void)state;
	assert_null(compile(HEAD "up: x\nwait y\nup: [ z\nexpect q\n" TAIL, &r));
	assert_int_equal(r.errors, 4);
	lexer_report_free(&r);
}

static void sums_are_checked(void **state)
{
	(void)state;
	bad(HEAD "up: transfer 1 message size 1 to down\n" TAIL,
	    "t.scn:2:1: error: nothing to transfer over: \"up: associate\" must come first");
	bad(HEAD "deaf: listen\n" TAIL, "t.scn:2:1: error: side \"deaf\" of the target has no "
	    "address");
	bad(HEAD "down: link rate 8kbit/s\nup: associate\nup: transfer 10 messages size 2000 to "
	    "down\n"
	    "wait 9s\nexpect delivered within 10s\n",
	    "t.scn:6:1: error: cannot be met: 20000 octets take at least 20.0 s at 8000 bit/s, and "
	    "19.0 s are allowed");
	scenario_free(good(HEAD "down: link rate 8kbit/s\nup: associate\n"
	                   "up: transfer 10 messages size 2000 to down\n"
	                   "wait 10s\nexpect delivered within 10s\n"));
	bad(HEAD "up: associate\ndown: listen checkpoint 1KiB\nup: transfer 2 messages size 8KiB "
	    "to down\n"
	    "down: at minor-sync 10 of activity 1 cut rst\n" TAIL,
	    "t.scn:5:1: error: no message reaches checkpoint 10: the largest has 8192 octets");
	scenario_free(good(HEAD "up: associate\ndown: listen checkpoint 1KiB\n"
	                   "up: transfer 2 messages size 8KiB to down\n"
	                   "down: at minor-sync 8 of activity 1 cut rst\n" TAIL));
	bad(HEAD "down: at activity-end cut fin\n" TAIL, "t.scn:2:1: error: no message of this "
	    "scenario");
	bad(HEAD "limit 5s\nexpect delivered within 6s\n", "t.scn:3:1: error: longer than the "
	    "scenario's limit");
}

/* What a scenario needs and the target lacks is no mistake. */
static void unmet_needs_excuse(void **state)
{
	struct scenario *sc = good(HEAD "needs pics.relay side.slow\nslow: listen\nup: associate\n"
	                           "up: transfer 1 message size 1 to slow\nexpect slow delivered "
	                           "within 1s\n");

	(void)state;
	assert_string_equal(scenario_unmet(sc, lab()), "side.slow");
	scenario_free(sc);
	bad(HEAD "needs pics.relay\nslow: listen\n", "t.scn:3:1: error: \"slow\" is not a side");
	sc = good(HEAD "needs pixit.open_interval.2s\n" TAIL);
	assert_null(scenario_unmet(sc, lab()));
	scenario_free(sc);
	sc = good(HEAD "needs pixit.open_interval.3s\n" TAIL);
	assert_string_equal(scenario_unmet(sc, lab()), "pixit.open_interval.3s");
	scenario_free(sc);
	sc = good(HEAD "needs pixit.disconnect.1s\n" TAIL);	/* the target does not say */
	assert_non_null(scenario_unmet(sc, lab()));
	scenario_free(sc);
}

/* Without one it is what the case waits for, if that is long. */
static void limits(void **state)
{
	struct scenario *sc = good(HEAD "wait 10s\n" TAIL);

	(void)state;
	assert_int_equal(sc->limit_us, 120 * SECOND_US);
	scenario_free(sc);
	sc = good(HEAD "repeat 3 {\n  wait 100s\n}\n" TAIL);
	assert_int_equal(sc->limit_us, scenario_worst_us(sc));
	assert_in_range(sc->limit_us, 300 * SECOND_US, 400 * SECOND_US);
	scenario_free(sc);
}

/* --- blocks and the low level -------------------------------------------------------- */

static void blocks_are_steps(void **state)
{
	struct scenario *sc = good(
		HEAD "limit 500s\nlet n = 2 + 3 * 2 - 4 / 2\n"
		"procedure p t {\n  wait $t\n}\n"
		"repeat $n {\n  wait 1s\n  call p 2s\n}\n"
		"in parallel {\n  wait 10s\n} and {\n  wait 30s\n  up.a: abort\n}\n" TAIL);
	const struct step *s = sc->steps;

	(void)state;
	assert_int_equal(sc->steps_n, 11);
	assert_int_equal(s[0].kind, STEP_REPEAT);
	assert_int_equal(s[0].n, 6);
	assert_int_equal(s[0].to, 4);
	assert_int_equal(s[2].time_us, 2 * SECOND_US);
	assert_int_equal(s[3].kind, STEP_END_REPEAT);
	assert_int_equal(s[4].kind, STEP_PARALLEL);
	assert_int_equal(s[4].to, 10);
	assert_int_equal(s[5].kind, STEP_BRANCH);
	assert_int_equal(s[5].to, 7);
	assert_string_equal(scenario_name(sc, s[9].whom), "a");
	/* 6 times 3 s, and the longest branch */
	assert_int_equal(scenario_worst_us(sc), 48 * SECOND_US);
	scenario_free(sc);
}

static void block_mistakes(void **state)
{
	(void)state;
	bad(HEAD "repeat 2 {\nwait 1s\n" TAIL, "t.scn:2:10: error: this block is not closed");
	bad(HEAD "repeat 0 {\n}\n" TAIL, "t.scn:2:8: error: counting begins with 1");
	bad(HEAD "wait $patiense\n" TAIL, "t.scn:2:6: error: nothing was named $patiense");
	bad(HEAD "let n = 1 - 2\n" TAIL, "t.scn:2:9: error: this is less than nothing");
	bad(HEAD "let n = 4 / 0\n" TAIL, "t.scn:2:13: error: only a number that is not 0 can");
	bad(HEAD "call q\n" TAIL, "t.scn:2:6: error: \"q\" is not a procedure");
	bad(HEAD "include \"../x.inc\"\n" TAIL, "t.scn:2:9: error: a file is included as");
	bad(HEAD "up: send session FN user=$ac.user\n" TAIL, "t.scn:2:10: error: nothing is known "
	    "of $ac");
	bad(HEAD "expect up any-of { session AC\n" TAIL, "t.scn:");
	bad(HEAD "up: link rate=1Mbit\n" TAIL, "t.scn:2:10: error:");
	bad(HEAD "up: link cut=rst@cn\n" TAIL, "t.scn:2:10: error: at points of the protocol");
}

static void the_wire_is_patterns(void **state)
{
	struct scenario *sc = good(
		HEAD "up.x: connect\nup.x: send exactly session GT with session DT user=\"late\" "
		"stop after 9\nexpect up.x any-of { session DN as dn then tcp closed by fin\n | "
		"session AB } within 1s\nexpect up.x all-of { session MIA | session AEA } within "
		"1s\nexpect up.x strictly cotp CC dst=7 within 1s\n"
		"up.x: send session FN user=$dn.user\nup.x: automatic\n");
	const struct pattern *p = sc->patterns;

	(void)state;
	assert_int_equal(sc->steps[1].kind, STEP_SEND);
	assert_int_equal(sc->steps[1].n, 9);
	assert_int_equal(sc->patterns_n, 6);
	assert_true(p[0].begins && !p[1].begins && p[2].begins);
	assert_int_equal(p[1].close, CLOSE_FIN);
	assert_string_equal(scenario_name(sc, p[0].capture), "dn");
	assert_int_equal(sc->expectations[0].value2, 3);
	assert_int_equal(sc->expectations[1].code, ORDER_FREE);
	assert_int_equal(sc->expectations[2].code, ORDER_STRICT);
	assert_int_equal(sc->watched, 1);
	scenario_free(sc);
}

static void ten_thousand_steps(void **state)
{
	enum { N = 10000 };
	char *text = malloc(64 + N * 12);
	size_t n;
	struct scenario *sc;

	(void)state;
	assert_non_null(text);
	n = (size_t)sprintf(text, HEAD);
	for (int i = 0; i < N; i++)
		n += (size_t)sprintf(text + n, "up: silence\n");
	strcpy(text + n, TAIL);
	sc = good(text);
	assert_int_equal(sc->steps_n, N + 1);
	assert_string_equal(scenario_string(sc, sc->steps[N].text), "expect alive");
	scenario_free(sc);
	free(text);
}

/* --- what is shipped ------------------------------------------------------------ */

static void shipped_scenarios_compile(void **state)
{
	struct target *t = calloc(1, sizeof *t);
	struct catalogue c = { 0 };
	struct lexer_report r = { 0 };
	struct lexer_source s;
	size_t unmet = 0;

	(void)state;
	assert_non_null(t);
	assert_true(lexer_load(&s, "rig/targets/lab.target", &r));
	if (!target_read(t, &s, &r))
		fail_msg("%s", r.text);
	lexer_source_free(&s);
	assert_true(catalogue_scan(&c, "rig/catalogue"));
	assert_true(c.n >= 7);
	for (size_t i = 0; i < c.n; i++) {
		struct scenario *sc;

		assert_true(lexer_load(&s, c.at[i].path, &r));
		sc = scenario_compile(&s, t, &r);
		if (!sc || r.warnings)
			fail_msg("%s", r.text);
		assert_string_equal(sc->id, c.at[i].id);
		unmet += scenario_unmet(sc, t) != NULL;
		assert_true(sc->title[0] && sc->source[0] && sc->purposes_n > 0);
		scenario_free(sc);
		lexer_source_free(&s);
	}
	/* Features that the lab MTA lacks: lists, redirection, limits of its own ... */
	assert_true(unmet * 8 <= c.n);
	catalogue_free(&c);
	lexer_report_free(&r);
	free(t);
}

static void patterns(void **state)
{
	(void)state;
	assert_true(catalogue_match("pop4/slow-link", "pop4"));
	assert_true(catalogue_match("pop4/slow-link", "pop4/"));
	assert_true(catalogue_match("pop4/slow-link", "*/slow*"));
	assert_true(catalogue_match("pop4/slow-link", "*"));
	assert_false(catalogue_match("pop4/slow-link", "pop"));
	assert_false(catalogue_match("pop4/slow-link", ""));
	assert_false(catalogue_match("pop4/slow-link", "slow-link"));
}

/* Whom, what and under which identifier: options of a transfer. */
static void test_transfer(void **state)
{
	struct scenario *sc = good(HEAD "up.a: associate\nexpect up bound within 5s\n"
	                           "down: listen\n"
	                           "up: transfer 2 messages size 1KiB to down to nowhere\n"
	                           "expect down p1 MESSAGE as m within 5s\n"
	                           "up: transfer 1 message size 1KiB to down mts-id of $m.id\n"
	                           "up.b: resume\n" TAIL);
	const struct step *s = sc->steps;

	(void)state;
	assert_int_equal(s[3].recipient, 0);
	assert_int_equal(s[3].others_n, 1);
	assert_int_equal(s[3].others[0], 1);
	assert_string_equal(scenario_string(sc, s[5].mts_id), "m.id");
	assert_int_equal(s[6].kind, STEP_RESUME);
	assert_string_equal(scenario_name(sc, s[6].whom), "b");
	scenario_free(sc);

	bad(HEAD "up: associate\nup: transfer 1 message size 1KiB to down to don\n" TAIL,
	    "t.scn:3:45: error: \"don\" is not a recipient of this target; did you mean "
	    "\"down\"?");
	bad(HEAD "up: associate\nup: transfer 1 message size 1KiB to down to down to down to down "
	    "to down to down to down to down to down\n" TAIL,
	    "t.scn:3:98: error: more than 8 recipients");
	bad(HEAD "up: associate\nup: transfer 1 message size 1KiB to down mts-id of $m.id\n" TAIL,
	    "t.scn:3:52: error: nothing is known of $m here");
	bad(HEAD "up: associate\nup: transfer 1 message size 1KiB to down mts-id of m\n" TAIL,
	    "t.scn:3:52: error: mts-id of $NAME.id");
	bad(HEAD "up: associate\nup: transfer 1 message content file:none.d/x to down\n" TAIL,
	    "t.scn:3:32: error: none.d/x: No such file");
	bad(HEAD "up: associate\nup: transfer 1 message content file:../x to down\n" TAIL,
	    "t.scn:3:32: error: file: names a file beside the scenario");
	bad(HEAD "up: associate\nup: transfer 1 message content file:. to down\n" TAIL,
	    "t.scn:3:32: error: . is no file");
	bad(HEAD "up: associate\nup: resume\n" TAIL, "t.scn:3:1: error: nothing to resume");
}

/* $NAME.FIELD is of a PDU that was kept, or a reference of an association. */
static void test_fields_of_names(void **state)
{
#define KEPT HEAD "up.a: connect\nup.a: send cotp CR\nexpect up.a cotp CC as cc within 5s\n"
	static const char *const ask[] = { "$cc.src", "$a.calling-ref", "$a.additional-ref.value" };
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof ask / sizeof ask[0]; i++) {
		snprintf(text, sizeof text, KEPT "up.a: send session AR calling-ref=%s\n" TAIL,
		         ask[i]);
		scenario_free(good(text));
	}
	bad(KEPT "up.a: send session AR calling-ref=$a.caling-ref\n" TAIL,
	    "t.scn:5:12: error: $a has no caling-ref; did you mean \"calling-ref\"?");
	bad(KEPT "up.a: send session AR calling-ref=(ber 4 $a.common-reff.value)\n" TAIL,
	    "t.scn:5:12: error: $a has no common-reff; did you mean \"common-ref\"?");
	bad(KEPT "up.a: send session AR calling-ref=$cc.calling-ref\n" TAIL,
	    "t.scn:5:12: error: $cc has no calling-ref");
	bad(KEPT "up.a: send session AR calling-ref=$our-name.value\n" TAIL,
	    "t.scn:5:12: error: nothing is known of $our-name here");
#undef KEPT
}

/* Every scenario that is shipped: its canonical form stays as it is, and it comes back from
 * JSON the same, in text and in steps. */
static void check_shipped(const struct target *t, const char *path)
{
	struct lexer_report r = { 0 };
	struct lexer_source s, again;
	char why[200] = "", *text, *twice, *json, *back;
	size_t n, twice_n, back_n;
	struct scenario *sc, *second;

	assert_true(lexer_load(&s, path, &r));
	text = format_text(&s, &n);
	assert_true(lexer_take(&again, path, text, n, &r));
	twice = format_text(&again, &twice_n);
	sc = scenario_compile(&s, t, &r);
	if (!sc || twice_n != n || memcmp(twice, text, n) != 0)
		fail_msg("%s: %s", path, r.text ? r.text : "canonical form changes");
	json = format_json(sc, &again, t);
	back = format_from_json(json, strlen(json), &back_n, why, sizeof why);
	if (!back || back_n != n || memcmp(back, text, n) != 0)
		fail_msg("%s: from JSON: %s", path, why);
	second = scenario_compile(&again, t, &r);
	assert_non_null(second);
	assert_int_equal(second->steps_n, sc->steps_n);
	assert_int_equal(second->plan.items_n, sc->plan.items_n);
	for (size_t i = 0; i < sc->steps_n; i++)
		assert_int_equal(second->steps[i].kind, sc->steps[i].kind);
	scenario_free(second);
	scenario_free(sc);
	free(text);
	free(twice);
	free(json);
	free(back);
	lexer_source_free(&again);
	lexer_source_free(&s);
	lexer_report_free(&r);
}

static void test_shipped(void **state)
{
	static struct target t;
	struct catalogue c = { 0 };
	struct lexer_report r = { 0 };
	struct lexer_source s;

	(void)state;
	assert_true(lexer_load(&s, "rig/targets/lab.target", &r));
	assert_true(target_read(&t, &s, &r));
	assert_true(catalogue_scan(&c, "rig/catalogue"));
	assert_true(c.n > 300);
	for (size_t i = 0; i < c.n; i++)
		check_shipped(&t, c.at[i].path);
	catalogue_free(&c);
	lexer_source_free(&s);
	lexer_report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transfer),
		cmocka_unit_test(test_fields_of_names),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(target_is_read), cmocka_unit_test(target_mistakes),
		cmocka_unit_test(steps_are_compiled), cmocka_unit_test(expectations_are_compiled),
		cmocka_unit_test(mistakes_have_places), cmocka_unit_test(all_mistakes_are_told),
		cmocka_unit_test(sums_are_checked), cmocka_unit_test(unmet_needs_excuse),
		cmocka_unit_test(limits),
		cmocka_unit_test(blocks_are_steps), cmocka_unit_test(block_mistakes),
		cmocka_unit_test(the_wire_is_patterns),
		cmocka_unit_test(ten_thousand_steps),
		    cmocka_unit_test(shipped_scenarios_compile),
		cmocka_unit_test(patterns),
	};

	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
