/*
 * What captured peers wrote, written again: every PDU of every capture is read,
 * its values are given to our writers, and what these write has the same octets,
 * or, where the sender chose lengths of another form, the same values.
 *
 *     COTP to RTSE, MTABind   fields by rig/pdu, written as a tree
 *     messages                p1_decode(), p1_message_head()
 *     probes, reports, IPMs   the notation of p1_value.h
 *
 * Captures are those of captures/, and of the folder that X400RIG_CAPTURES names.
 */
#include "../lib/pool.h"

#include "capture/streams.h"
#include "ipm/ipm_types.h"
#include "observer/observer.h"
#include "p1/p1.h"
#include "p1/p1_build.h"
#include "p1/p1_types.h"
#include "pdu/pdu.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OCTETS_MAX = 128 << 10, TEXT_MAX = 512 << 10, KINDS = LAYER_IPM + 1 };

static struct {
	struct observer_sink sink;
	const char *path;
	size_t same[KINDS], equal[KINDS];
} again;

static uint8_t written[OCTETS_MAX];
static char text_before[TEXT_MAX], text_after[TEXT_MAX];

static void fails(const struct observation *seen, const char *why)
{
	fail_msg("%s: %s at octet %llu: %s", again.path, layer_name((enum layer)seen->layer),
	         (unsigned long long)seen->from, why);
}

static void count(const struct observation *seen, struct octets now)
{
	(octets_equal(seen->octets, now) ? again.same : again.equal)[seen->layer]++;
}

/* ---- fields by name ---- */

/* X.225 8.3.5.10: in RF user data stand behind the reason, as a field of their own. */
static bool get(const struct pdu_form *f, struct octets pdu, size_t i, struct octets *out)
{
	struct pdu_got got;

	if (!pdu_get(f, pdu, i, &got))
		return false;
	*out = got.octets;
	if (pdu_field(f, i).type == PDU_U8 && out->n > 1)
		out->n = 1;
	return true;
}

/* The PDU as a plan of all its fields, their contents as they are. */
static void plan_of(const struct pdu_form *f, struct octets pdu, struct pdu_plan *plan)
{
	const struct pdu_item head = { .kind = PDU_ITEM_PDU, .layer = f->layer, .code = f->code };

	assert_true(pdu_plan_add(plan, &head));
	for (size_t i = 0; i < pdu_fields(f); i++) {
		struct pdu_item item = { .kind = PDU_ITEM_FIELD, .value = PDU_VALUE_RAW,
		                         .field = (uint16_t)i };
		struct octets got;

		if (!get(f, pdu, i, &got))
			continue;
		item.n = (uint32_t)got.n;
		assert_true(pdu_plan_keep(plan, got.p, got.n, &item.at));
		assert_true(pdu_plan_add(plan, &item));
	}
	plan->items[0].end = (uint32_t)plan->items_n;
}

static void same_fields(const struct observation *seen, const struct pdu_form *f,
                        struct octets now)
{
	for (size_t i = 0; i < pdu_fields(f); i++) {
		struct octets a, b;
		bool before = get(f, seen->octets, i, &a), after = get(f, now, i, &b);

		if (before != after || (before && !octets_equal(a, b)))
			fails(seen, pdu_field(f, i).name);
	}
}

static void fields_again(const struct observation *seen, const struct pdu_form *f)
{
	static struct pdu_writing w;
	static struct nodes nodes;
	struct pdu_plan plan = { 0 };
	struct octets now = { written, 0 };
	struct node *tree;

	plan_of(f, seen->octets, &plan);
	w = (struct pdu_writing){ .nodes = &nodes, .plan = &plan };
	nodes_reset(&nodes);
	tree = pdu_tree(&w, 0, plan.items_n);
	if (!tree)
		fails(seen, w.why);
	now.n = node_write(&nodes, tree, written, sizeof written);
	if (now.n == 0)
		fails(seen, "not written");
	same_fields(seen, f, now);
	count(seen, now);
	pdu_plan_free(&plan);
}

/* ---- values by notation ---- */

static void value_again(const struct observation *seen, const struct p1_type *type)
{
	struct text before, after;
	struct octets now = { written, 0 };
	size_t bad;

	text_init(&before, text_before, sizeof text_before);
	p1_value_text(&before, type, seen->octets);
	assert_false(before.cut);
	now.n = p1_value_encode(type, octets_of(text_before), written, sizeof written, &bad);
	if (now.n == 0 || now.n > sizeof written)
		fails(seen, text_before + bad);
	text_init(&after, text_after, sizeof text_after);
	p1_value_text(&after, type, now);
	assert_string_equal(text_before, text_after);
	count(seen, now);
}

/* ---- messages by the builder ---- */

/* Recipients are asked for in any order. */
static void recipient(void *ctx, uint32_t n, struct p1_recipient *out)
{
	const struct p1_apdu *a = ctx;
	struct p1_iterator it;
	struct findings f;

	findings_clear(&f);
	p1_walk(&it, &a->recipients, &f);
	for (uint32_t i = 0; i <= n; i++)
		assert_true(p1_next_recipient(&it, out));
}

static struct octets contents(const struct p1_window *w)
{
	return w->base ? (struct octets){ w->base + w->pos, w->end - w->pos }
	               : (struct octets){ NULL, 0 };
}

static struct octets string(const struct ber_string *s, uint8_t *room, size_t cap)
{
	struct octets out;

	assert_true(ber_string_join(s, room, cap, &out));
	return out;
}

static void message_again(const struct observation *seen)
{
	static uint8_t room[2][256];
	struct p1_apdu a = *seen->as.p1, b;
	struct octets trace = contents(&a.trace), now = { written, 0 };
	struct p1_message m = {
		.id = a.id, .originator = a.originator, .eits = a.eits,
		.content_type = a.content_type,
		.content_id = string(&a.content_id, room[0], sizeof room[0]),
		.priority = a.priority, .indicators = a.indicators,
		.deferred = string(&a.deferred, room[1], sizeof room[1]),
		.bilateral = contents(&a.bilateral), .earlier = trace,
		.extensions = contents(&a.extensions), .recipients_n = a.recipients_n,
		.recipient = recipient, .ctx = &a,
	};
	struct text before, after;
	struct findings f;

	now.n = p1_message_head(&m, a.length, written, sizeof written);
	findings_clear(&f);
	if (now.n > sizeof written || !p1_decode(now, &b, &f))
		fails(seen, "the message does not decode");
	text_init(&before, text_before, sizeof text_before);
	text_init(&after, text_after, sizeof text_after);
	/* Of a content in segments the head does not say how long it is. */
	b.has_length = a.has_length;
	p1_text_all(&before, &a, 1000);
	p1_text_all(&after, &b, 1000);
	assert_string_equal(text_before, text_after);
	count(seen, now);
}

/* ---- captures ---- */

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	static const uint8_t binds[] = { P1_BIND_ARGUMENT, P1_BIND_RESULT, P1_BIND_ERROR };
	bool whole = seen->part == OBSERVED_WHOLE || seen->part == OBSERVED_END;
	uint8_t code = seen->code;
	const struct pdu_form *f;

	(void)sink;
	if (!whole || !seen->as.any || seen->octets.n == 0 || seen->layer == LAYER_TPKT)
		return;
	if (seen->layer == LAYER_IPM) {
		if (seen->as.ipm->whole)
			value_again(seen, &ipm_type_object);
		return;
	}
	if (seen->layer == LAYER_P1 && code == P1_MESSAGE) {
		/* The builder leaves out an identifier that is empty. */
		if (!ber_string_equal(&seen->as.p1->content_id, octets_of("")) ||
		    !seen->as.p1->content_id.raw.p)
			message_again(seen);
		return;
	}
	if (seen->layer == LAYER_P1 && code < P1_KINDS) {
		value_again(seen, &p1_type_apdu);
		return;
	}
	if (seen->layer == LAYER_P1 && code < OBSERVED_APDU)
		code = (uint8_t)(P1_CODE_BIND + binds[code - OBSERVED_BIND_ARGUMENT]);
	f = pdu_form((enum layer)seen->layer, code);
	/* In X.410 mode values stand there without the tags of the form. */
	if (f && (seen->layer <= LAYER_SESSION || f->tag == seen->octets.p[0]))
		fields_again(seen, f);
}

static void run_capture(const char *path)
{
	static struct test_pool pool;
	static struct observer o;
	struct capture_packet packet;
	struct stream_event e;
	char why[256] = "";
	struct capture *c = capture_open(path, why, sizeof why);
	struct streams *s = streams_new();

	if (!c || !s)
		fail_msg("%s", why);
	again.path = path;
	test_pool_init(&pool);
	observer_init(&o, &pool.pool, &again.sink);
	while (capture_next(c, &packet) == CAPTURE_PACKET) {
		streams_push(s, &packet);
		while (streams_pop(s, &e))
			if (e.kind == STREAM_OCTETS)
				observer_push(&o, (enum observer_direction)e.direction, e.octets);
	}
	observer_end(&o, OBSERVER_INITIATOR, true);
	observer_end(&o, OBSERVER_RESPONDER, true);
	observer_drop(&o);
	streams_free(s);
	capture_close(c);
}

static unsigned run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	unsigned n = 0;
	char path[512];

	if (!dir)
		fail_msg("no folder %s", folder);
	while ((e = readdir(dir)) != NULL) {
		if (!strstr(e->d_name, ".pcap"))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		run_capture(path);
		n++;
	}
	closedir(dir);
	return n;
}

static void captures(void **state)
{
	const char *more = getenv("X400RIG_CAPTURES");
	unsigned n;

	(void)state;
	again.sink.tell = tell;
	n = run_folder("captures");
	assert_true(n >= 6);
	if (more)
		n += run_folder(more);
	for (int i = LAYER_COTP; i < KINDS; i++) {
		print_message("%s: %zu of the same octets, %zu of equal value\n",
		              layer_name((enum layer)i), again.same[i], again.equal[i]);
		assert_true(again.same[i] + again.equal[i] > 0);
	}
	print_message("%u captures\n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(captures) };

	return cmocka_run_group_tests_name("again", tests, NULL, NULL);
}
