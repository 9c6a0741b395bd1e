/*
 * The next MTA of the fuzzer: what is said on the association on which a message is handed on.
 */
#include "fuzz/outlet.h"

#include "p1/p1_bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct target target = {
	.name = "t", .lab = true, .its_name = "LAB", .tsel = "MTA", .sides_n = 2, .recipients_n = 1,
	.sides = { { .name = "up", .our_name = "UP", .our_password = "u",
	             .route = "C=XX;A=T;P=UP;" },
	           { .name = "down", .our_name = "DOWN", .our_password = "d",
	             .route = "C=XX;A=T;P=DOWN;" } },
	.recipients = { { "down", "C=XX;A=T;P=DOWN;S=X", 1 } },
};

/* The MTA: binds, hands a short message over, and releases. */
static void mta_event(struct end *end, const struct event *e, void *ctx)
{
	static const uint8_t octets[] = "FUZZAAAA";
	struct association *a = end_association(end);
	struct p1_bind bind = p1_bind_simple("LAB", "secret");
	const struct p1_transfer message = { .id = 1, .head = { octets, sizeof octets - 1 } };

	(void)ctx;
	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED)
		association_bind(a, e->at_us, &bind);
	else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1 && e->type == CONFIRM &&
	         e->code == SERVICE_CONNECT)
		association_transfer(a, e->at_us, &message);
	else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1 && e->type == CONFIRM &&
	         e->code == SERVICE_TRANSFER)
		association_release(a, e->at_us);
}

static void mta_over(struct end *end, void *ctx)
{
	*(struct end **)ctx = NULL;
	end_free(end);
}

static void hand_on(struct end_world *world, const struct outlet *l)
{
	static const struct end_user user = { .event = mta_event, .over = mta_over };
	struct net_address to = outlet_address(l);
	struct end_config config = { .hold_open = false };
	struct net *net = end_world_net(world);
	struct end *end;
	int64_t until = net_now(net) + 10 * SECOND_US;

	association_defaults(&config.association, true);
	end = end_connect(world, &to, NULL, &config, &user, &end);
	assert_non_null(end);
	while (net_now(net) < until && net_step(net, until))
		;
	assert_null(end);
}

static uint8_t place_of(const char *text)
{
	for (uint8_t i = 1; i < FUZZ_PLACES; i++)
		if (strcmp(fuzz_places[i].text, text) == 0)
			return i;
	fail_msg("no place %s", text);
	return 0;
}

static uint8_t sentence_of(const char *name)
{
	for (uint8_t i = 1; i < fuzz_sentences_n; i++)
		if (strcmp(fuzz_sentences[i].name, name) == 0)
			return i;
	fail_msg("no sentence %s", name);
	return 0;
}

/* Is this said when the MTA comes to this place? */
static bool is_said(const char *place, const char *sentence)
{
	const struct patience patience = { .us = SECOND_US };
	const struct fuzz_case c = {
		.number = 1, .down = place_of(place), .down_way = sentence_of(sentence),
		.down_end = FUZZ_END_FIN,
	};
	struct end_world *world = end_world_new(net_sim_new(1), NULL);
	struct fuzz_answer struck;
	struct speech *speech;
	struct outlet *l;
	struct net *net;
	char why[200];
	bool is;

	assert_non_null(world);
	net = end_world_net(world);
	speech = speech_for(&target, 1, why, sizeof why);
	assert_non_null(speech);
	l = outlet_new(world, &target, 1, true, speech, &patience, why, sizeof why);
	assert_non_null(l);
	outlet_arm(l, &c);
	hand_on(world, l);
	is = outlet_struck(l, &struck);
	assert_true(!is || struck.place == c.down);
	outlet_free(l);
	speech_free(speech);
	end_world_free(world);
	net_free(net);
	return is;
}

/* A short message may be on its way, whole, behind our AC and in its activity: the MTA would
 * rightly take for acknowledged what nobody has got. */
static void what_acknowledges_waits_for_the_end(void **state)
{
	static const struct {
		const char *place;
		bool is;
	} rows[] = {
		{ "cr", true }, { "cc", true }, { "cn", true }, { "ac", false },
		{ "activity-start", false }, { "dt 1", false }, { "activity-end", true },
		{ "activity-end-ack", true }, { "fn", true }, { "dn", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(is_said(rows[i].place, "AEA"), rows[i].is);
		assert_int_equal(is_said(rows[i].place, "RTAB-completed"), rows[i].is);
		assert_true(is_said(rows[i].place, "MIA"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_acknowledges_waits_for_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
