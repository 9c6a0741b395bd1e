/*
 * The teardown fuzzer without an MTA: cases, operations, sentences, files.
 */
#include "fuzz/casefile.h"
#include "fuzz/seed.h"
#include "fuzz/speech.h"
#include "scenario/folder.h"
#include "scenario/scenario.h"

#include "cotp/cotp_pdu.h"
#include "rtse/rtse_table.h"
#include "session/session_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CASES = 20000 };

static const struct target target = {
	.name = "t", .lab = true, .its_name = "LAB", .tsel = "MTA", .sides_n = 2, .recipients_n = 1,
	.sides = { { .name = "up", .our_name = "UP", .our_password = "u",
	             .route = "C=XX;A=T;P=UP;" },
	           { .name = "down", .our_name = "DOWN", .route = "C=XX;A=T;P=DOWN;" } },
	.recipients = { { "down", "C=XX;A=T;P=DOWN;S=X", 1 } },
};

/* Behind its last member a struct may hold anything; between them it has no room. */
static void same_case(const struct fuzz_case *a, const struct fuzz_case *b)
{
	assert_memory_equal(a, b, offsetof(struct fuzz_case, rest) + sizeof a->rest);
}

static void case_depends_on_seed_and_number(void **state)
{
	struct fuzz_case a, b, other;
	unsigned differ = 0;

	(void)state;
	for (uint64_t i = 0; i < CASES; i++) {
		fuzz_case_make(&a, 3, CASES - i);
		fuzz_case_make(&b, 3, CASES - i);
		fuzz_case_make(&other, 4, CASES - i);
		same_case(&a, &b);
		differ += a.point != other.point || a.way != other.way;
	}
	assert_true(differ > CASES / 2);
}

static void operations_fit_and_begin_with_a_connection(void **state)
{
	struct fuzz_case c;
	struct fuzz_script s;

	(void)state;
	for (uint64_t i = 0; i < CASES; i++) {
		fuzz_case_make(&c, 1, i);
		fuzz_compile(&c, &s);
		assert_in_range(s.n, 2, FUZZ_OPS_MAX);
		assert_in_range(s.stimulus, 1, s.n);
		assert_int_equal(s.ops[0].kind, OP_CONNECT);
		assert_true(s.allowed & heard_bit(SPDU_AB));
		assert_false(s.must_end && s.wanted);
	}
}

/* Each round has every way at every point; the next one has them in another order. */
static void a_round_has_all_pairs(void **state)
{
	enum { POINTS = 128, WAYS = 256 };
	static uint32_t seen[POINTS][WAYS];
	uint64_t n = fuzz_round(), same = 0;
	struct fuzz_case c, again;

	(void)state;
	assert_in_range(fuzz_points(), 1, POINTS);
	/* Behind them stand those of a capture, and a number of either is an octet. */
	assert_in_range(fuzz_sentences_n, 1, WAYS - SEED_SENTENCES);
	for (uint64_t round = 1; round <= 3; round++) {
		size_t pairs = 0;

		memset(seen, 0, sizeof seen);
		for (uint64_t i = round * n; i < (round + 1) * n; i++) {
			fuzz_case_make(&c, 9, i);
			fuzz_case_make(&again, 9, i + n);
			same += c.point == again.point && c.way == again.way;
			assert_true(c.way == 0 || !seen[c.point][c.way]);
			pairs += !seen[c.point][c.way]++;
		}
		assert_int_equal(pairs, fuzz_points() * fuzz_ways());
	}
	assert_true(same < n / 10);
}

/* Ends, delays, flights, what follows, where a message is handed on: all that there is. */
static void what_goes_with_them_is_drawn(void **state)
{
	static uint32_t ends[FUZZ_ENDS], delays[FUZZ_DELAYS], flights[FUZZ_FLIGHTS],
		afters[FUZZ_AFTERS], lies[16], places[FUZZ_PLACES], downs[FUZZ_ENDS];
	unsigned lengthy = 0, seconds = 0, rests = 0;
	struct fuzz_case c;

	(void)state;
	for (uint64_t i = 0; i < CASES; i++) {
		fuzz_case_make(&c, 9, i);
		ends[c.end]++;
		delays[c.delay]++;
		flights[c.flight]++;
		afters[c.after]++;
		lies[c.lie]++;
		places[c.down]++;
		downs[c.down_end] += c.down > 0;
		lengthy += c.is_long;
		seconds += c.second > 0;
		rests += c.rest;
	}
	for (size_t i = 0; i < FUZZ_ENDS; i++)
		assert_true(ends[i] > 0 && downs[i] > 0);
	for (size_t i = 0; i < FUZZ_DELAYS; i++)
		assert_true(delays[i] > 0);
	for (size_t i = 0; i < FUZZ_FLIGHTS; i++)
		assert_true(flights[i] > 0);
	for (size_t i = 0; i < FUZZ_AFTERS; i++)
		assert_true(afters[i] > 0);
	for (size_t i = 0; i < fuzz_lies_n; i++)
		assert_true(lies[i] > 0);
	for (size_t i = 0; i < FUZZ_PLACES; i++)
		assert_true(places[i] > 0);
	assert_true(lengthy > 0 && seconds > 0 && rests > 0);
}

static uint16_t point_named(const char *name);

/* Behind the way the exchange goes on: as many sentences as the whole path has, and one. */
static void behind_the_way_comes_the_rest(void **state)
{
	struct fuzz_case c = { .point = point_named("transfer/MIP/answered"),
	                       .end = FUZZ_END_RST };
	struct fuzz_script s;
	unsigned said = 0;

	(void)state;
	while (strcmp(fuzz_sentences[c.way].name, "AA") != 0)
		c.way++;
	fuzz_compile(&c, &s);
	assert_int_equal(s.message, MESSAGE_PARTLY);
	c.rest = 1;
	fuzz_compile(&c, &s);
	for (uint8_t i = 0; i < s.n; i++) {
		said += s.ops[i].kind == OP_SAY;
		assert_true(i < s.stimulus || s.ops[i].kind != OP_HEAR || s.ops[i].any);
	}
	assert_int_equal(said, 8 + 1);
	assert_int_equal(s.message, MESSAGE_IN_DOUBT);	/* its end was said */
	/* An activity begun anew would hold the rest of the message alone. */
	while (strcmp(fuzz_sentences[c.second].name, "AS-again") != 0)
		c.second++;
	fuzz_compile(&c, &s);
	assert_int_equal(s.message, MESSAGE_PARTLY);
	c.second = 0;
	c.point = point_named("transfer/MIP/partly");
	fuzz_compile(&c, &s);
	assert_int_equal(s.message, MESSAGE_PARTLY);
}

/* Half-close the other way: our direction stays, and then what comes is waited for. */
static void a_deaf_end_does_not_end_our_direction(void **state)
{
	struct fuzz_case c = { .point = point_named("transfer/MIP/said"), .end = FUZZ_END_DEAF };
	struct fuzz_script s;

	(void)state;
	fuzz_compile(&c, &s);
	assert_int_equal(s.ops[s.n - 3].kind, OP_END);
	assert_int_equal(s.ops[s.n - 3].code, FUZZ_END_DEAF);
	assert_int_equal(s.ops[s.n - 2].kind, OP_HOLD);
	assert_true(s.ops[s.n - 2].us > 0);
	assert_int_equal(s.ops[s.n - 1].code, FUZZ_END_RST);
	assert_int_equal(s.honest, s.n - 3);
}

/* What the tables say about some cells, by hand. */
static void reactions_follow_from_the_tables(void **state)
{
	struct fuzz_case c = fuzz_probe(0);
	struct fuzz_script s;

	(void)state;
	fuzz_compile(&c, &s);		/* STA16: DN was sent, all else is discarded (7.9.2) */
	assert_false(s.must_end);
	c.end = FUZZ_END_HOLD;
	while (strcmp(fuzz_sentences[c.way].name, "AB") != 0)
		c.way++;
	c.point--;			/* FN said: a peer that reads our AB has to disconnect */
	fuzz_compile(&c, &s);
	assert_true(s.must_end);
	assert_false(s.allowed & heard_bit(SPDU_ADA));
}

static void what_is_left_out_is_not_waited_for(void **state)
{
	struct fuzz_case c = fuzz_probe(0);
	struct fuzz_script s;

	(void)state;
	c.without = 2;			/* the CR */
	fuzz_compile(&c, &s);
	for (uint8_t i = 0; i < s.n; i++)
		assert_int_not_equal(s.ops[i].kind, OP_HEAR);
	c.without = 1;			/* the connection */
	fuzz_compile(&c, &s);
	assert_int_equal(s.n, 0);
}

static void sentences_are_signed(void **state)
{
	char why[200];
	struct speech *speech = speech_for(&target, 1, why, sizeof why);
	struct speech_who who = { 77, 0x1234 };
	uint8_t octets[SPEECH_MAX];
	uint64_t number;
	unsigned found = 0;

	(void)state;
	if (!speech)
		fail_msg("%s", why);
	for (size_t i = 0; i < fuzz_sentences_n; i++) {
		size_t n = speech_octets(speech, (uint8_t)i, 0, &who, octets);

		assert_true(n > 0 || !fuzz_sentences[i].text);
		for (size_t k = 0; k + 8 <= n; k++)
			found += speech_number((struct octets){ octets + k, 8 }, &number) &&
			number == 77;
		if (strcmp(fuzz_sentences[i].name, "DR") == 0)
			assert_memory_equal(octets + 6, "\x12\x34", 2);
		if (strcmp(fuzz_sentences[i].name, "CR") == 0)
			assert_non_null(memmem(octets, n, "MTA", 3));
	}
	assert_true(found >= 3);	/* session connection, MTS identifier, content identifier */
	speech_free(speech);
}

static uint8_t sentence_named(const char *name)
{
	uint8_t i = 1;

	while (strcmp(fuzz_sentences[i].name, name) != 0)
		i++;
	return i;
}

/* What the MTA may say where it hands a message on: by hand from the tables. */
static void the_called_side_follows_from_the_tables_too(void **state)
{
	struct fuzz_case c = { .down_end = FUZZ_END_HOLD };

	(void)state;
	for (c.down = 1; c.down < FUZZ_PLACES; c.down++)
		assert_true(fuzz_handed_on(&c).allowed & heard_bit(SPDU_AB));
	c.down = 3;			/* CN, in STA02A: no data before AC */
	while (strcmp(fuzz_sentences[c.down_way].name, "DT-late") != 0)
		c.down_way++;
	assert_false(fuzz_handed_on(&c).allowed & heard_bit(SPDU_AE));
	while (strcmp(fuzz_sentences[c.down_way].name, "AB") != 0)
		c.down_way--;
	assert_true(fuzz_handed_on(&c).must_end);
	c.down = 5;			/* AS, in an activity */
	assert_true(fuzz_handed_on(&c).allowed & heard_bit(SPDU_AE));
	assert_false(fuzz_handed_on(&c).allowed & heard_bit(SPDU_CN));
}

/* Where a message may be long, a checkpoint may be on its way: its confirmation ends nothing. */
static void a_checkpoint_may_be_confirmed(void **state)
{
	struct fuzz_case c = { .down_end = FUZZ_END_HOLD };
	unsigned in_activity = 0;

	(void)state;
	for (c.down = 1; c.down < FUZZ_PLACES; c.down++) {
		if (!fuzz_places[c.down].in_activity)
			continue;
		in_activity++;
		c.down_way = sentence_named("MIA");
		assert_false(fuzz_handed_on(&c).must_end);
		c.down_way = sentence_named("ABRT-user");
		assert_true(fuzz_handed_on(&c).must_end);
	}
	assert_true(in_activity > 5);
}

/* What happens to the MTA that has called, in the table of RTSE; and who is told half of a PDU
 * may do anything. */
static void the_called_side_has_cells_of_rtse(void **state)
{
	static const struct {
		const char *place;
		uint8_t state;
	} cells[] = {
		{ "cr", RTSE_STATE_OPENING }, { "ac", RTSE_STATE_OPENING },
		{ "activity-start", RTSE_STATE_SENDING }, { "dt 1", RTSE_STATE_SENDING },
		{ "minor-sync 1", RTSE_STATE_SENDING }, { "minor-sync-ack 1", RTSE_STATE_SENDING },
		{ "activity-end", RTSE_STATE_ENDING }, { "dn", RTSE_STATE_CLOSING },
		{ "activity-discard", RTSE_STATE_DISCARDING },
		{ "activity-interrupt", RTSE_STATE_DISCARDING },
		{ "exception-data", RTSE_STATE_BREAKING }, { "full window", RTSE_STATE_WAITING },
	};
	struct fuzz_case c = { .down_end = FUZZ_END_RST };

	(void)state;
	for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
		for (c.down = 1; strcmp(fuzz_places[c.down].text, cells[i].place) != 0;)
			c.down++;
		assert_int_equal(fuzz_handed_on(&c).rtse_state, cells[i].state);
		assert_int_equal(fuzz_handed_on(&c).rtse_event, RTSE_IN_APABind);
	}
	while (strcmp(fuzz_sentences[c.down_way].name, "AB") != 0)
		c.down_way++;
	assert_int_equal(fuzz_handed_on(&c).rtse_event, RTSE_IN_AABind);
	assert_true(fuzz_handed_on(&c).must_end);
	c.down_cut = 1;
	assert_false(fuzz_handed_on(&c).must_end);
	assert_true(fuzz_handed_on(&c).allowed == UINT64_MAX);
}

static uint16_t point_named(const char *name)
{
	struct fuzz_case c = { 0 };
	char line[200];
	struct text t;

	for (; c.point < fuzz_points(); c.point++) {
		text_init(&t, line, sizeof line);
		fuzz_case_text(&t, &c);
		if (strstr(line, name))
			return c.point;
	}
	fail_msg("no point %s", name);
	return 0;
}

/* A connection that broke off, and one that recovers it, which may be refused. */
static void a_recovery_has_points(void **state)
{
	struct fuzz_case c = { .point = point_named("recovery/AE/answered") };
	struct fuzz_script s;
	unsigned before = 0, refusable = 0;

	(void)state;
	fuzz_compile(&c, &s);
	assert_int_equal(s.ops[0].kind, OP_CONNECT);
	assert_int_equal(s.ops[0].conn, CONN_BEFORE);
	for (uint8_t i = 0; i < s.n; i++) {
		before += s.ops[i].kind == OP_END && s.ops[i].conn == CONN_BEFORE;
		refusable += s.ops[i].kind == OP_HEAR && s.ops[i].any;
	}
	assert_int_equal(before, 1);
	assert_int_equal(refusable, 1);
	assert_int_equal(s.message, MESSAGE_WHOLE);
	assert_false(s.honest);
	c.point = point_named("recovery/CN-recover/answered");
	fuzz_compile(&c, &s);
	assert_int_equal(s.message, MESSAGE_PARTLY);
	assert_int_equal(s.rtse_state, RTSE_STATE_OPEN);
}

/* X.225 7.28: behind its report the peer waits for what becomes of the activity. */
static void an_exception_of_the_peer_has_points(void **state)
{
	struct fuzz_case c = { .point = point_named("exception/AR-stranger/answered") };
	struct fuzz_script s;

	(void)state;
	fuzz_compile(&c, &s);
	assert_int_equal(s.state, SESSION_STA19);
	assert_int_equal(s.rtse_state, RTSE_STATE_EXCEPTION);
	while (strcmp(fuzz_sentences[c.way].name, "AI-no-reason") != 0)
		c.way++;
	fuzz_compile(&c, &s);
	assert_true(s.wanted & heard_bit(SPDU_AIA));
}

/* X.225 7.22, Table A.14: it has given the turn back, and waits for our confirmation. */
static void a_turn_that_is_given_back_has_points(void **state)
{
	struct fuzz_case c = { .point = point_named("turn/PT-back/answered") };
	struct fuzz_script s;

	(void)state;
	fuzz_compile(&c, &s);
	assert_int_equal(s.state, SESSION_STA18);
	assert_int_equal(s.rtse_state, RTSE_STATE_OPEN);
	assert_true(s.honest);
	c.point = point_named("turn/GTA/said");
	fuzz_compile(&c, &s);
	assert_int_equal(s.state, SESSION_STA713);
	c.point = point_named("turn/FN/said");
	fuzz_compile(&c, &s);
	assert_int_equal(s.state, SESSION_STA09);
}

/* X.225 7.1.1 f): behind OA it waits for the rest of what a CN began. */
static void an_overflow_has_points(void **state)
{
	struct fuzz_case c = { .point = point_named("overflow/CN-more/answered") };
	struct fuzz_script s;

	(void)state;
	fuzz_compile(&c, &s);
	assert_int_equal(s.state, SESSION_STA01D);
	assert_int_equal(s.rtse_state, RTSE_STATE_IDLE);
	c.point = point_named("overflow/CDO/said");
	fuzz_compile(&c, &s);
	assert_int_equal(s.state, SESSION_STA08);
	c.point = point_named("overflow/CDO/answered");
	fuzz_compile(&c, &s);
	assert_int_equal(s.state, SESSION_STA713);
	assert_int_equal(s.rtse_state, RTSE_STATE_OPEN);
}

/* Pieces of any size, and one octet that is another. */
static void content_is_known(void **state)
{
	char content[400];
	int n = snprintf(content, sizeof content, "x400rig fuzz teardown %0*d", 300, 0);
	bool whole;

	(void)state;
	for (size_t cut = 0; cut <= (size_t)n; cut++) {
		struct octets a = { (uint8_t *)content, cut };
		struct octets b = { (uint8_t *)content + cut, (size_t)n - cut };

		assert_true(speech_content_is(0, a, &whole));
		assert_int_equal(whole, cut == (size_t)n);
		assert_true(speech_content_is(cut, b, &whole) && whole);
	}
	for (int i = 0; i < n; i++) {
		content[i] ^= 1;
		assert_false(speech_content_is(0, (struct octets){ (uint8_t *)content, (size_t)n },
		                               &whole));
		content[i] ^= 1;
	}
}

static void file_is_read_back(void **state)
{
	struct fuzz_case cases[2];
	struct casefile f = { .signature = "stays 1", .defects = "Q1", .lanes = 3, .cases = cases,
	                      .n = 2 };
	struct casefile back;
	char path[] = "/tmp/x400rig-test-XXXXXX", why[200];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	fuzz_case_make(&cases[0], 5, 1);
	fuzz_case_make(&cases[1], 5, 99);
	cases[1].without = 0xf0;
	assert_true(casefile_write(&f, &target, path));
	if (!casefile_read(&back, path, why, sizeof why))
		fail_msg("%s", why);
	assert_string_equal(back.signature, f.signature);
	assert_string_equal(back.defects, f.defects);
	assert_int_equal(back.lanes, 3);
	assert_int_equal(back.n, 2);
	for (size_t i = 0; i < 2; i++)
		same_case(&back.cases[i], &cases[i]);
	casefile_free(&back);
	unlink(path);
}

static struct target *lab(struct lexer_report *r)
{
	static struct target t;
	struct lexer_source s;

	assert_true(lexer_load(&s, "rig/targets/lab.target", r));
	if (!target_read(&t, &s, r))
		fail_msg("%s", r->text);
	lexer_source_free(&s);
	return &t;
}

/* Whatever is drawn, its scenario can be run. */
static void file_is_a_scenario(void **state)
{
	enum { EACH = 29, TOGETHER = 50 };
	struct fuzz_case cases[TOGETHER];
	struct casefile f = { .signature = "stays 1", .lanes = 1, .cases = cases, .n = TOGETHER };
	struct lexer_report report = { 0 };
	struct target *t = lab(&report);
	struct lexer_source source;
	struct scenario *sc;
	char folder[] = "/tmp/x400rig-test-XXXXXX", path[64], beside[80];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/case.scn", folder);
	snprintf(beside, sizeof beside, "%s.octets", path);
	for (uint64_t i = 0; i < CASES; i += EACH * TOGETHER) {
		for (uint64_t k = 0; k < TOGETHER; k++)
			fuzz_case_make(&cases[k], 3, i + k * EACH);
		assert_true(casefile_write(&f, t, path));
		assert_true(lexer_load(&source, path, &report));
		sc = scenario_compile(&source, t, &report);
		if (!sc)
			fail_msg("%s", report.text);
		scenario_free(sc);
		lexer_source_free(&source);
	}
	lexer_report_free(&report);
	unlink(path);
	unlink(beside);
	rmdir(folder);
}

/* A number that no table has is refused, not followed. */
static void file_may_be_hostile(void **state)
{
	static const char *const bad[] = {
		"#: case seed=1 point=65535\n", "#: case way=255\n", "#: case way=256\n",
		"#: case point=1 nonsense=2\n", "#: case down=99\n", "#: case downtimes=8\n",
		"#: case long=2\n", "#: case rest=2\n", "#: lanes 0\n#: case seed=1\n",
		"#: lanes 4000000000\n#: case seed=1\n", "scenario x\n",
	};
	char path[] = "/tmp/x400rig-test-XXXXXX", why[200];
	struct casefile f;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, bad[i], strlen(bad[i]), 0), strlen(bad[i]));
		assert_false(casefile_read(&f, path, why, sizeof why));
	}
	close(fd);
	unlink(path);
}

/* A captured conversation becomes a path: its octets, in the name of the case; and without it the
 * space is what it was. */
static void a_capture_is_a_path(void **state)
{
	size_t own = fuzz_points(), signed_in = 0;
	struct fuzz_case before, c;
	char why[200] = "", folder[] = "/tmp/x400rig-test-XXXXXX";
	struct speech *speech;
	struct fuzz_script s;

	(void)state;
	assert_non_null(mkdtemp(folder));
	fuzz_case_make(&before, 3, 17);
	if (!seed_take("captures/checkpoints.pcapng", &target, folder, why, sizeof why))
		fail_msg("%s", why);
	assert_int_equal(seed_paths(), 1);
	assert_string_equal(fuzz_sentence(seed_path(0)->steps[0])->name, "CR");
	assert_string_equal(fuzz_sentence(seed_path(0)->steps[1])->name, "CN");
	assert_true(fuzz_points() > own + 15);
	speech = speech_for(&target, 1, why, sizeof why);
	assert_non_null(speech);
	for (size_t i = 0; i < seed_sentences(); i++) {
		struct speech_who who = { 77, 1 };
		uint8_t octets[SPEECH_MAX];
		size_t n = speech_octets(speech, (uint8_t)(fuzz_sentences_n + i), 0, &who, octets);
		uint64_t number;

		assert_int_equal(n, seed_octets(i).n);
		for (size_t k = 0; k + 8 <= n; k++)
			signed_in += speech_number((struct octets){ octets + k, 8 }, &number) &&
			number == 77;
	}
	assert_true(signed_in >= 1);
	speech_free(speech);
	for (uint64_t i = 0; i < 2000; i++) {
		fuzz_case_make(&c, 3, i);
		assert_true(c.point >= own);
		fuzz_compile(&c, &s);
		assert_in_range(s.n, 2, FUZZ_OPS_MAX);
	}
	seed_reaches(0, 2);
	assert_true(fuzz_reachable(own));
	assert_false(fuzz_reachable(fuzz_end_of(0)));
	seed_drop();
	assert_true(folder_remove(folder));
	fuzz_case_make(&c, 3, 17);
	same_case(&before, &c);
	assert_int_equal(fuzz_points(), own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_depends_on_seed_and_number),
		cmocka_unit_test(operations_fit_and_begin_with_a_connection),
		cmocka_unit_test(a_round_has_all_pairs),
		cmocka_unit_test(what_goes_with_them_is_drawn),
		cmocka_unit_test(behind_the_way_comes_the_rest),
		cmocka_unit_test(a_deaf_end_does_not_end_our_direction),
		cmocka_unit_test(reactions_follow_from_the_tables),
		cmocka_unit_test(what_is_left_out_is_not_waited_for),
		cmocka_unit_test(sentences_are_signed),
		cmocka_unit_test(the_called_side_follows_from_the_tables_too),
		cmocka_unit_test(a_checkpoint_may_be_confirmed),
		cmocka_unit_test(the_called_side_has_cells_of_rtse),
		cmocka_unit_test(a_recovery_has_points),
		cmocka_unit_test(an_exception_of_the_peer_has_points),
		cmocka_unit_test(a_turn_that_is_given_back_has_points),
		cmocka_unit_test(an_overflow_has_points),
		cmocka_unit_test(content_is_known),
		cmocka_unit_test(a_capture_is_a_path),
		cmocka_unit_test(file_is_read_back),
		cmocka_unit_test(file_is_a_scenario),
		cmocka_unit_test(file_may_be_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
