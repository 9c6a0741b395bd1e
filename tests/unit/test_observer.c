/* observer: captures and hand-written streams, cut, damaged, with holes. */
#include "../lib/pool.h"
#include "../lib/say.h"

#include "capture/streams.h"
#include "observer/observer_inner.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	CHUNKS_MAX = 128,
	STREAM_MAX = SAID_MAX,
	TRANSCRIPT_MAX = 256 << 10,
	TWINS_MAX = 16,
	FLIPS = 400,
};

/* ---- conversations: runs of octets of either direction, in order ---- */

struct chunk {
	uint8_t direction;
	size_t from, n;
};

struct talk {
	struct chunk at[CHUNKS_MAX];
	size_t n;
	uint8_t octets[STREAM_MAX];
	size_t octets_n;
};

static void talk_add(struct talk *t, enum observer_direction d, struct octets in)
{
	assert_true(t->n < CHUNKS_MAX && in.n <= sizeof t->octets - t->octets_n);
	t->at[t->n++] = (struct chunk){ (uint8_t)d, t->octets_n, in.n };
	memcpy(t->octets + t->octets_n, in.p, in.n);
	t->octets_n += in.n;
}

/* A TPDU in a frame. */
static void talk_tpdu(struct talk *t, enum observer_direction d, const uint8_t *p, size_t n)
{
	struct said *o = calloc(1, sizeof *o);

	assert_non_null(o);
	said_u16(o, 0x0300);
	said_u16(o, (unsigned)(n + TPKT_HEADER_OCTETS));
	said_octets(o, p, n);
	talk_add(t, d, (struct octets){ o->at, o->n });
	free(o);
}

/* A TSDU in DTs of at most `most` octets of it. */
static void talk_tsdu(struct talk *t, enum observer_direction d, const char *s, size_t most)
{
	struct said *o = calloc(1, sizeof *o);
	uint8_t dt[3 + 4096];
	size_t at = 0, n;

	assert_non_null(o);
	say(o, s, NULL);
	do {
		n = o->n - at < most ? o->n - at : most;
		memcpy(dt, (uint8_t[]){ 0x02, 0xf0, at + n == o->n ? 0x80 : 0x00 }, 3);
		memcpy(dt + 3, o->at + at, n);
		talk_tpdu(t, d, dt, 3 + n);
		at += n;
	} while (at < o->n);
	free(o);
}

static struct talk *talk_new(void)
{
	struct talk *t = calloc(1, sizeof *t);
	static const uint8_t cr[] = { 0x06, 0xe0, 0, 0, 0, 1, 0 };
	static const uint8_t cc[] = { 0x06, 0xd0, 0, 1, 0, 2, 0 };

	assert_non_null(t);
	talk_tpdu(t, OBSERVER_INITIATOR, cr, sizeof cr);
	talk_tpdu(t, OBSERVER_RESPONDER, cc, sizeof cc);
	return t;
}

/* The streams of the only connection of a capture. */
static struct talk *talk_of_capture(const char *path)
{
	struct talk *t = calloc(1, sizeof *t);
	struct capture_packet packet;
	struct stream_event e;
	char why[256] = "";
	struct capture *c = capture_open(path, why, sizeof why);
	struct streams *s = streams_new();

	if (!c || !s || !t)
		fail_msg("%s", why);
	while (capture_next(c, &packet) == CAPTURE_PACKET) {
		streams_push(s, &packet);
		while (streams_pop(s, &e))
			if (e.kind == STREAM_OCTETS)
				talk_add(t, (enum observer_direction)e.direction, e.octets);
	}
	streams_free(s);
	capture_close(c);
	return t;
}

/* ---- transcripts ---- */

struct transcript {
	struct observer_sink sink;
	struct text text;
	char buf[TRANSCRIPT_MAX];
	size_t fatal, told;
	bool brief;			/* no TPKT, COTP DT, heralds */
};

static const char *const parts[] = { "", " begin", " end", " cut" };

static void write_findings(struct text *t, const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		text_put(t, " ");
		text_put(t, f->at[i].rule->name);
		text_put(t, " @");
		text_u64(t, f->at[i].octet);
	}
}

static void write_details(struct text *t, const struct observation *seen)
{
	struct observation_details d;
	char line[512];
	struct text l;

	observation_details_init(&d, seen);
	for (;;) {
		text_init(&l, line, sizeof line);
		if (!observation_details_next(&d, &l))
			break;
		text_put(t, "\n    ");
		text_put(t, line);
	}
}

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	struct transcript *r = (struct transcript *)sink;
	struct text *t = &r->text;
	char line[2048];
	struct text l;

	r->told++;
	r->fatal += seen->findings->fatal;
	assert_true(seen->to >= seen->from);
	assert_true(seen->octets.n <= seen->length);
	text_init(&l, line, sizeof line);
	observation_text(&l, seen);
	if (r->brief && (seen->layer == LAYER_TPKT || seen->herald ||
	                 (seen->layer == LAYER_COTP && seen->code == COTP_DT)) &&
	    seen->findings->n == 0)
		return;
	text_put(t, seen->direction == OBSERVER_INITIATOR ? "> " : "< ");
	text_put(t, layer_name((enum layer)seen->layer));
	text_put(t, parts[seen->part]);
	if (!r->brief) {
		text_char(t, ' ');
		text_u64(t, seen->from);
		text_char(t, '-');
		text_u64(t, seen->to);
		text_char(t, '+');
		text_u64(t, seen->length);
	}
	text_char(t, ' ');
	text_put(t, line);
	write_findings(t, seen->findings);
	if (!r->brief)
		write_details(t, seen);
	text_char(t, '\n');
}

static void transcript_init(struct transcript *r, bool brief)
{
	r->sink.tell = tell;
	r->fatal = r->told = 0;
	r->brief = brief;
	text_init(&r->text, r->buf, sizeof r->buf);
}

static struct transcript *transcript_new(bool brief)
{
	struct transcript *r = malloc(sizeof *r);

	assert_non_null(r);
	transcript_init(r, brief);
	return r;
}

struct setup {
	struct test_pool pool;
	struct observer observer;
};

static void setup_init(struct setup *s, struct transcript *r)
{
	test_pool_init(&s->pool);
	observer_init(&s->observer, &s->pool.pool, &r->sink);
}

/* In a block of exactly its size. */
static void push(struct setup *s, enum observer_direction d, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	memcpy(copy, p, n);
	observer_push(&s->observer, d, (struct octets){ copy, n });
	free(copy);
}

static void setup_end(struct setup *s, bool closed)
{
	for (int d = 0; d < OBSERVER_DIRECTIONS; d++)
		observer_end(&s->observer, (enum observer_direction)d, closed);
	observer_drop(&s->observer);
	test_pool_check(&s->pool);
}

/* Runs a conversation; a chunk that has octet `cut` of it is cut there. */
static void run(const struct talk *t, struct transcript *r, size_t cut)
{
	struct setup s;

	transcript_init(r, r->brief);
	setup_init(&s, r);
	for (size_t i = 0; i < t->n; i++) {
		const struct chunk *c = &t->at[i];
		enum observer_direction d = (enum observer_direction)c->direction;
		bool here = cut > c->from && cut < c->from + c->n;
		size_t n = here ? cut - c->from : c->n;

		push(&s, d, t->octets + c->from, n);
		if (here)
			push(&s, d, t->octets + cut, c->n - n);
	}
	setup_end(&s, true);
}

static void expect(const struct talk *t, const char *want)
{
	struct transcript *r = transcript_new(true);

	run(t, r, 0);
	assert_false(r->text.cut);
	assert_string_equal(r->buf, want);
	free(r);
}

/* ---- the captures ---- */

static struct talk *twins[TWINS_MAX];
static char twin_names[TWINS_MAX][64];
static size_t twins_n;

static int load_twins(void **state)
{
	DIR *dir = opendir("captures");
	struct dirent *e;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		char path[300];

		/* The recordings beside them (.gz) hold many connections each. */
		if (!strstr(e->d_name, ".pcap") || strstr(e->d_name, ".gz") ||
		    twins_n == TWINS_MAX)
			continue;
		snprintf(path, sizeof path, "captures/%s", e->d_name);
		snprintf(twin_names[twins_n], sizeof *twin_names, "%.63s", e->d_name);
		twins[twins_n++] = talk_of_capture(path);
	}
	closedir(dir);
	return twins_n > 0 ? 0 : -1;
}

static int drop_twins(void **state)
{
	(void)state;
	while (twins_n > 0)
		free(twins[--twins_n]);
	return 0;
}

/* The same observations, wherever TCP cuts. */
static void every_split(void **state)
{
	struct transcript *whole = transcript_new(false), *cut = transcript_new(false);

	(void)state;
	for (size_t i = 0; i < twins_n; i++) {
		run(twins[i], whole, 0);
		assert_false(whole->text.cut);
		assert_int_equal(whole->fatal, 0);
		for (size_t at = 1; at < twins[i]->octets_n; at++) {
			run(twins[i], cut, at);
			if (strcmp(whole->buf, cut->buf) != 0)
				fail_msg("%s cut at %zu:\n%s", twin_names[i], at, cut->buf);
		}
	}
	free(whole);
	free(cut);
}

static void octet_by_octet(void **state)
{
	struct transcript *whole = transcript_new(false), *cut = transcript_new(false);

	(void)state;
	for (size_t i = 0; i < twins_n; i++) {
		const struct talk *t = twins[i];
		struct setup s;

		run(t, whole, 0);
		transcript_init(cut, false);
		setup_init(&s, cut);
		for (size_t k = 0; k < t->n; k++)
			for (size_t at = 0; at < t->at[k].n; at++)
				push(&s, (enum observer_direction)t->at[k].direction,
				     t->octets + t->at[k].from + at, 1);
		setup_end(&s, true);
		assert_string_equal(whole->buf, cut->buf);
	}
	free(whole);
	free(cut);
}

/* Every prefix is told as the whole is, and then what was cut; what is not known
 * to be the peer's fault is none. */
static void every_prefix(void **state)
{
	struct transcript *r = transcript_new(false);

	(void)state;
	for (size_t i = 0; i < twins_n; i++)
		for (size_t at = 0; at < twins[i]->octets_n; at++) {
			struct setup s;

			transcript_init(r, false);
			setup_init(&s, r);
			for (size_t k = 0; k < twins[i]->n; k++) {
				const struct chunk *c = &twins[i]->at[k];
				size_t n = at < c->from ? 0 : at - c->from;

				push(&s, (enum observer_direction)c->direction,
				     twins[i]->octets + c->from, n < c->n ? n : c->n);
			}
			setup_end(&s, false);
			if (r->fatal > 0)
				fail_msg("%s, %zu octets:\n%s", twin_names[i], at, r->buf);
		}
	free(r);
}

/* Without the first octets of a direction: no complaint, and its end is seen. */
static void every_middle(void **state)
{
	struct transcript *r = transcript_new(false);

	(void)state;
	for (size_t i = 0; i < twins_n; i++)
		for (size_t at = 1; at + 40 < twins[i]->at[0].from + twins[i]->octets_n; at++) {
			struct setup s;

			transcript_init(r, false);
			setup_init(&s, r);
			observer_gap(&s.observer, OBSERVER_INITIATOR, 0);
			observer_gap(&s.observer, OBSERVER_RESPONDER, 0);
			for (size_t k = 0; k < twins[i]->n; k++) {
				const struct chunk *c = &twins[i]->at[k];
				size_t skip = at <= c->from ? 0 : at - c->from;

				if (skip < c->n)
					push(&s, (enum observer_direction)c->direction,
					     twins[i]->octets + c->from + skip, c->n - skip);
			}
			setup_end(&s, false);
			if (r->fatal > 0)
				fail_msg("%s from %zu:\n%s", twin_names[i], at, r->buf);
		}
	free(r);
}

/* A hole of 1 to 700 octets anywhere: no complaint about what is not known. */
static void every_hole(void **state)
{
	static const size_t sizes[] = { 1, 2, 6, 30, 700 };
	struct transcript *r = transcript_new(false);

	(void)state;
	for (size_t i = 0; i < twins_n; i++)
		for (size_t at = 0; at < twins[i]->octets_n; at++) {
			struct setup s;
			size_t to = at + sizes[at % (sizeof sizes / sizeof *sizes)];

			transcript_init(r, false);
			setup_init(&s, r);
			for (size_t k = 0; k < twins[i]->n; k++) {
				const struct chunk *c = &twins[i]->at[k];
				enum observer_direction d = (enum observer_direction)c->direction;
				size_t end = c->from + c->n;
				size_t hole = at < c->from ? c->from : at < end ? at : end;
				size_t back = to < c->from ? c->from : to < end ? to : end;

				push(&s, d, twins[i]->octets + c->from, hole - c->from);
				if (back > hole)
					observer_gap(&s.observer, d, back - hole);
				push(&s, d, twins[i]->octets + back, end - back);
			}
			setup_end(&s, false);
			if (r->fatal > 0)
				fail_msg("%s, hole %zu-%zu:\n%s", twin_names[i], at, to, r->buf);
		}
	free(r);
}

static void random_octets(void **state)
{
	struct transcript *r = transcript_new(false);
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < twins_n; i++) {
		struct talk *t = malloc(sizeof *t);

		assert_non_null(t);
		for (size_t n = 0; n < FLIPS; n++) {
			*t = *twins[i];
			for (size_t k = 0; k <= n % 8; k++) {
				random = random * 1103515245 + 12345;
				t->octets[(random >> 8) % t->octets_n] ^=
					(uint8_t)(1 << (random >> 28));
			}
			run(t, r, n);
			assert_true(r->told > 0);
		}
		free(t);
	}
	free(r);
}

/* Each lease refused in turn: less is told, nothing leaks. */
static void no_memory(void **state)
{
	struct transcript *r = transcript_new(false);

	(void)state;
	for (size_t i = 0; i < twins_n; i++)
		for (size_t refuse = 1, more = 1; more; refuse++) {
			struct setup s;

			transcript_init(r, false);
			setup_init(&s, r);
			s.pool.refuse = refuse;
			for (size_t k = 0; k < twins[i]->n; k++)
				for (size_t at = 0; at < twins[i]->at[k].n; at++)
					push(&s, (enum observer_direction)twins[i]->at[k].direction,
					     twins[i]->octets + twins[i]->at[k].from + at, 1);
			more = s.pool.takes >= refuse;
			setup_end(&s, false);
		}
	free(r);
}

/* ---- what is said ---- */

#define CN_NORMAL \
	"0d (05 (13 (00) 16 (02)) 14 (02 49) c1 (31 [a0 [80 [01]] a2 [a4 [" \
	"  30 [02 [0b] 06 [52 01 00 01] 30 [06 [51 01]]]" \
	"  30 [02 [15] 06 [56 00 02 0c] 30 [06 [51 01]]]" \
	"  30 [02 [1f] 06 [56 00 02 07] 30 [06 [51 01]]]]]]))"
#define AC_NORMAL \
	"0e (05 (13 (00) 16 (02)) 14 (02 49) c1 (31 [a0 [80 [01]] a2 [a5 [" \
	"  30 [80 [00] 81 [51 01]] 30 [80 [00] 81 [51 01]] 30 [80 [00] 81 [51 01]]]]]))"
#define CONNECTED \
	"> cotp CR dst=0000 src=0001 class=0\n" \
	"< cotp CC dst=0001 src=0002 class=0\n" \
	"> session CN options=00 version=2 units=0249:HD+SY+ACT+EXCEP user=62\n" \
	"> presentation CP mode=normal contexts=11:2.2.1.0.1/2.1.1,21:2.6.0.2.12/2.1.1," \
	"31:2.6.0.2.7/2.1.1\n" \
	"< session AC options=00 version=2 units=0249:HD+SY+ACT+EXCEP user=38\n" \
	"< presentation CPA mode=normal results=accepted/2.1.1,accepted/2.1.1,accepted/2.1.1\n"

static struct talk *connected(void)
{
	struct talk *t = talk_new();

	talk_tsdu(t, OBSERVER_INITIATOR, CN_NORMAL, 1000);
	talk_tsdu(t, OBSERVER_RESPONDER, AC_NORMAL, 1000);
	return t;
}

#define PROBE \
	"28 [02 [1f] a0 [a2 [64 [63 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]] 16 [\"p1\"]]" \
	"  60 [30 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]] 46 [16]" \
	"  69 [30 [63 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]" \
	"    31 [80 [\"260101000000Z\"] 82 [00]]]] 80 [09]" \
	"  a2 [31 [60 [30 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]] 80 [01] 81 [00 a8]]]]"
#define PROBE_TEXT \
	"PROBE id=\"C=ZZ;A=A;L=p1\" from=\"C=ZZ;A=A\" to=1 content=22 length=9 trace=1"

/* A probe in a constructed RTTR whose segments are cut anywhere. */
static void constructed_slices(void **state)
{
	struct talk *t = connected();
	struct said *value = calloc(1, sizeof *value);
	char s[2048];

	(void)state;
	assert_non_null(value);
	say(value, PROBE, NULL);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01))", 99);
	snprintf(s, sizeof s, "01 () 01 () 61 {30 {02 [15] a0 {24 {04 [");
	for (size_t i = 0; i < value->n; i++)
		snprintf(s + strlen(s), sizeof s - strlen(s), "%02x%s", value->at[i],
		         i % 50 == 20 ? "] 04 [" : "");
	talk_tsdu(t, OBSERVER_INITIATOR, s, 30);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (2a (\"1\"))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "02 () 2a (2a (\"1\"))", 99);
	expect(t, CONNECTED
	       "> session AS activity=01\n"
	       "> session begin DT\n"
	       "> presentation begin TD\n"
	       "> rtse begin RTTR\n"
	       "> p1 begin " PROBE_TEXT "\n"
	       "> rtse end RTTR user=112\n"
	       "> presentation end TD context=21 user=122\n"
	       "> session end DT user=137\n"
	       "> session AE serial=1\n"
	       "> p1 end " PROBE_TEXT " content-octets=0\n"
	       "< session AEA serial=1\n");
	free(value);
	free(t);
}

/* An activity that is given up in the middle of the head, and its successor. */
static void discarded(void **state)
{
	struct talk *t = connected();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR,
	          "01 () 01 () 61 [30 [02 [15] a0 [04 [28 80 02 01 1f a0 80 a0 80 31]]]]", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "02 () 30 (32 (01))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 39 (32 (00))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "02 () 3a ()", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (02))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 01 () 61 [30 [02 [15] a0 [04 [" PROBE, 999);
	talk_tsdu(t, OBSERVER_INITIATOR, "19 (11 (03))", 99);
	expect(t, CONNECTED
	       "> session AS activity=01\n"
	       "> session begin DT\n"
	       "> presentation begin TD\n"
	       "> rtse begin RTTR\n"
	       "> rtse end RTTR user=10\n"
	       "> presentation end TD context=21 user=12\n"
	       "> session end DT user=21\n"
	       "< session ED reason=1:temporary\n"
	       "> session AD reason=0:no-reason\n"
	       "> p1 cut MESSAGE octets=10 content-octets=0 ... cut\n"
	       "< session ADA\n"
	       "> session AS activity=02\n"
	       "> session begin DT\n"
	       "> presentation begin TD\n"
	       "> rtse begin RTTR\n"
	       "> p1 begin " PROBE_TEXT "\n"
	       "> rtse end RTTR user=112\n"
	       "> presentation end TD context=21 user=114\n"
	       "> session end DT user=123\n"
	       "> session AB tdisc=03:release+user\n"
	       "> p1 end " PROBE_TEXT " content-octets=0\n");
	free(t);
}

/* The activity ends before the APDU does: the sender's mistake. */
static void ended_early(void **state)
{
	struct talk *t = connected();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR,
	          "01 () 01 () 61 [30 [02 [15] a0 [04 [28 80 02 01 1f a0 80 a0 80 31]]]]", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (2a (\"1\"))", 99);
	expect(t, CONNECTED
	       "> session AS activity=01\n"
	       "> session begin DT\n"
	       "> presentation begin TD\n"
	       "> rtse begin RTTR\n"
	       "> rtse end RTTR user=10\n"
	       "> presentation end TD context=21 user=12\n"
	       "> session end DT user=21\n"
	       "> session AE serial=1\n"
	       "> p1 end MESSAGE octets=10 content-octets=0 p1.cut @10\n");
	free(t);
}

/* SI 42 is MAA behind a MAP, else AEA; of the other direction's last one. */
static void major_or_end(void **state)
{
	struct talk *t = talk_new();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (0f (01) 2a (\"1\"))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "02 () 2a (2a (\"1\"))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (2a (\"2\"))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "02 () 2a (2a (\"2\"))", 99);
	expect(t,
	       "> cotp CR dst=0000 src=0001 class=0\n"
	       "< cotp CC dst=0001 src=0002 class=0\n"
	       "> session MAP sync=01:no-end serial=1\n"
	       "< session MAA serial=1\n"
	       "> session AE serial=2\n"
	       "< session AEA serial=2\n");
	free(t);
}

/* X.225 7.37: user data of an SPDU in three segments; 7.3: of a CN in CDOs. */
static void segments(void **state)
{
	struct talk *t = connected();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "09 (11 (01) 19 (01) c1 (61 0c 30 0a 02 01))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "09 (19 (00) c1 (0b a0 05 62))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "09 (19 (02) c1 (03 80 01 00))", 99);
	expect(t, CONNECTED
	       "> session FN tdisc=01:release enclosure=01:begin user=6\n"
	       "> session FN enclosure=00 user=4\n"
	       "> session FN enclosure=02:end user=4\n"
	       "> presentation User-data user=full(11:single:5)\n"
	       "> acse RLRQ reason=0:normal\n");
	free(t);
}

static void overflowing_cn(void **state)
{
	struct talk *t = talk_new();
	struct transcript *r = transcript_new(true);

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR,
	          "0d (05 (13 (00) 16 (02)) 14 (02 49) 3c (01) c2 ("
	          "31 80 a0 03 80 01 01 a2 80 82 82 27f2 \"x\"*10226))", 2000);
	talk_tsdu(t, OBSERVER_INITIATOR, "0f (19 (02) c1 (00 00 00 00))", 99);
	run(t, r, 0);
	assert_non_null(strstr(r->buf, "\n> session CDO enclosure=02:end user=4\n"
	                       "> presentation CP mode=normal called=\"xxxx"));
	free(r);
	free(t);
}

/* The data SSDU in segments is one P-DATA. */
static void segmented_data(void **state)
{
	struct talk *t = connected();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 01 (19 (01)) 61 80 30 80 02", 99);
	talk_tsdu(t, OBSERVER_INITIATOR,
	          "01 () 01 (19 (02)) 01 15 a0 80 04 02 05 00 00 00 00 00 00 00", 99);
	expect(t, CONNECTED
	       "> session AS activity=01\n"
	       "> session begin DT enclosure=01:begin session.agreed-segments @0\n"
	       "> presentation begin TD\n"
	       "> session end DT enclosure=01:begin user=5\n"
	       "> session begin DT enclosure=02:end session.agreed-segments @0\n"
	       "> rtse begin RTTR\n"
	       "> p1 end ? octets=2 content-octets=0 p1.external @0\n"
	       "> rtse end RTTR user=2\n"
	       "> presentation end TD context=21 user=4\n"
	       "> session end DT enclosure=02:end user=14\n");
	free(t);
}

/* X.410 mode: RTTP is a bare INTEGER, RTAB the components of a SET. */
static void x410(void **state)
{
	struct talk *t = talk_new();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR,
	          "0d (05 (13 (00) 16 (01)) 14 (02 49) c1 (31 [a0 [80 [00]]"
	          "  a1 [a3 [a0 [05 []]] 84 [0c]]]))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER,
	          "0c (11 (01) 14 (02 49) 32 (02 31 [80 [02]]))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "02 (10 (01) c1 (02 [02]))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "19 (11 (03) c1 (31 [80 [03]]))", 99);
	expect(t,
	       "> cotp CR dst=0000 src=0001 class=0\n"
	       "< cotp CC dst=0001 src=0002 class=0\n"
	       "> session CN options=00 version=1 units=0249:HD+SY+ACT+EXCEP user=18\n"
	       "> presentation CP mode=x410 parameters=9\n"
	       "> rtse RTORQ checkpoint=0 window=3 dialogue=monologue open=2 protocol=12\n"
	       "> p1 BIND-ARGUMENT NULL\n"
	       "< session RF tdisc=01:release units=0249:HD+SY+ACT+EXCEP reason=2:user-data "
	       "user=5\n< presentation CPR mode=x410 parameters=3\n"
	       "< rtse RTORJ reason=validation-failure\n"
	       "< session PT token-item=01:dk user=3\n"
	       "< presentation User-data user=bare:3\n"
	       "< rtse RTTP priority=2\n"
	       "> session AB tdisc=03:release+user user=5\n"
	       "> presentation ARU mode=x410 parameters=3\n"
	       "> rtse RTAB reason=temporary-problem\n");
	free(t);
}

/* X.226 8.4.1.4 c): with one context left, user data has no header. */
static void one_context(void **state)
{
	struct talk *t = talk_new();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, CN_NORMAL, 1000);
	talk_tsdu(t, OBSERVER_RESPONDER,
	          "0e (05 (13 (00) 16 (02)) 14 (02 49) c1 (31 [a0 [80 [01]] a2 [a5 ["
	          "  30 [80 [02] 82 [00]] 30 [80 [00] 81 [51 01]] 30 [80 [02] 82 [00]]]]]))", 999);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 01 () 04 [" PROBE, 999);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (2a (\"1\"))", 99);
	expect(t,
	       "> cotp CR dst=0000 src=0001 class=0\n"
	       "< cotp CC dst=0001 src=0002 class=0\n"
	       "> session CN options=00 version=2 units=0249:HD+SY+ACT+EXCEP user=62\n"
	       "> presentation CP mode=normal contexts=11:2.2.1.0.1/2.1.1,21:2.6.0.2.12/2.1.1,"
	       "31:2.6.0.2.7/2.1.1\n"
	       "< session AC options=00 version=2 units=0249:HD+SY+ACT+EXCEP user=36\n"
	       "< presentation CPA mode=normal results=provider-rejected:0,accepted/2.1.1,"
	       "provider-rejected:0\n"
	       "> session AS activity=01\n"
	       "> session begin DT\n"
	       "> presentation begin TD\n"
	       "> rtse begin RTTR\n"
	       "> p1 begin " PROBE_TEXT "\n"
	       "> rtse end RTTR user=112\n"
	       "> presentation end TD user=114\n"
	       "> session end DT user=114\n"
	       "> session AE serial=1\n"
	       "> p1 end " PROBE_TEXT " content-octets=0\n");
	free(t);
}

/* Resumed after an interruption that nobody saw, or of another connection. */
static void resumed_unknown(void **state)
{
	struct talk *t = connected();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 1d (21 (29 (01) 2a (\"1\")) 29 (02))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 01 () 61 [30 [02 [15] a0 [04 [\"rest\"]]]]", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (2a (\"2\"))", 99);
	expect(t, CONNECTED
	       "> session AR old-activity=01 serial=1 activity=02\n"
	       "> session begin DT\n"
	       "> presentation begin TD\n"
	       "> rtse begin RTTR\n"
	       "> rtse end RTTR user=4\n"
	       "> presentation end TD context=21 user=6\n"
	       "> session end DT user=15\n"
	       "> session AE serial=2\n");
	free(t);
}

/* ---- damage ---- */

/* What cannot be read is told at its place, and what follows is followed. */
static void damaged_pdus(void **state)
{
	struct talk *t = talk_new();
	static const uint8_t code[] = { 0x02, 0x40, 0x80 };

	(void)state;
	talk_tpdu(t, OBSERVER_INITIATOR, code, sizeof code);
	talk_tsdu(t, OBSERVER_INITIATOR, "0d (05 (13 (00) 16 (02)) 14 (02 49) c1 09 (31))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01)) 77 (00)", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, "2d (29 (01))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "0a (c1 (61 [30 [02 [0b] a0 [63 05 80]]]))", 99);
	talk_tsdu(t, OBSERVER_RESPONDER, "1a ()", 99);
	expect(t,
	       "> cotp CR dst=0000 src=0001 class=0\n"
	       "< cotp CC dst=0001 src=0002 class=0\n"
	       "> cotp ? octets=3 cotp.code @1\n"
	       "> session CN octets=18 session.unit-past @16\n"
	       "> session AS activity=01\n"
	       "> session ? octets=3 session.si @0\n"
	       "> session ? octets=5 session.category-2 @0\n"
	       "< session DN user=12\n"
	       "< presentation User-data octets=12 ber.length-past @10\n"
	       "< session AA\n");
	free(t);
}

/* Framing is lost and found again, in the middle of a TSDU. */
static void lost_framing(void **state)
{
	static const uint8_t noise[] = { 0x03, 0x00, 0x00, 0x03, 0x03, 0x00, 0x00, 0x08, 0x02,
	                                 0xf1 };
	struct talk *t = talk_new();

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "09 (11 (01))", 2);
	talk_add(t, OBSERVER_INITIATOR, (struct octets){ noise, sizeof noise });
	talk_tsdu(t, OBSERVER_INITIATOR, "09 (11 (01))", 99);
	t->at[4].n = 0;			/* the last of its DTs */
	expect(t,
	       "> cotp CR dst=0000 src=0001 class=0\n"
	       "< cotp CC dst=0001 src=0002 class=0\n"
	       "> session cut FN octets=4 ... cut\n"
	       "> tpkt cut TPKT octets=4 ... cut tpkt.length @2\n"
	       "> session FN tdisc=01:release\n");
	free(t);
}

static void too_large(void **state)
{
	struct talk *t = talk_new();
	struct transcript *r = transcript_new(true);

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, "09 (c1 (\"x\"*60000)) \"y\"*80000", 4000);
	talk_tsdu(t, OBSERVER_INITIATOR, "1a ()", 99);
	run(t, r, 0);
	assert_non_null(strstr(r->buf, "\n> session cut FN octets="));
	assert_non_null(strstr(r->buf, " session.too-large @"));
	assert_non_null(strstr(r->buf, "\n> session AA\n"));
	free(r);
	free(t);
}

/* The places of what lies inside a TSDU in many TPDUs are those of the stream. */
static void places(void **state)
{
	struct talk *t = connected(), *whole = connected();
	struct transcript *r = transcript_new(false);
	const char *release = "09 (11 (01) c1 (61 [30 [02 [0b] a0 [62 [80 [00]]]]]))";

	(void)state;
	talk_tsdu(t, OBSERVER_INITIATOR, release, 1);
	run(t, r, 0);
	/* 96 octets before; the i-th octet of the TSDU stands at 96 + 8 i + 7. */
	assert_non_null(strstr(r->buf, "> session 103-264+21 FN "));
	assert_non_null(strstr(r->buf, "> presentation 159-264+14 User-data "));
	assert_non_null(strstr(r->buf, "> acse 231-264+5 RLRQ "));
	talk_tsdu(whole, OBSERVER_INITIATOR, release, 99);
	run(whole, r, 0);
	assert_non_null(strstr(r->buf, "> acse 119-124+5 RLRQ "));
	free(r);
	free(whole);
	free(t);
}

static void guesses(void **state)
{
	static const struct {
		uint8_t octets[8];
		size_t n;
		enum observer_guess want;
	} cases[] = {
		{ { 0 }, 0, OBSERVER_MORE },
		{ { 3, 0, 0, 11, 6 }, 5, OBSERVER_MORE },
		{ { 3, 0, 0, 11, 6, 0xe0 }, 6, OBSERVER_YES },
		{ { 3, 0, 0, 11, 6, 0xd0, 0, 1 }, 8, OBSERVER_YES },
		{ { 3, 0, 0, 11, 6, 0x80 }, 6, OBSERVER_YES },
		{ { 3, 0, 0, 11, 2, 0xf0, 0x80 }, 7, OBSERVER_NO },
		{ { 3, 0, 0, 11, 7, 0xe0 }, 6, OBSERVER_NO },
		{ { 3, 0, 0, 5, 0, 0xe0 }, 6, OBSERVER_NO },
		{ { 'G' }, 1, OBSERVER_NO },
		{ { 2, 0, 0, 11, 6, 0xe0 }, 6, OBSERVER_NO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(observer_guess((struct octets){ cases[i].octets, cases[i].n }),
		                 cases[i].want);
}

static void say_piece(struct said *o, const char *text)
{
	o->n = 0;
	say(o, text, NULL);
	o->at[2] = (uint8_t)(o->n >> 8);
	o->at[3] = (uint8_t)o->n;
}

/* A message larger than what is held, content in many DTs: memory stays bounded,
 * the heading is told from what is held; with `filler` so many DTs lie in it. */
static void large_message(size_t filler, const char *what, const char *rest)
{
	struct talk *t = connected();
	struct transcript *r = transcript_new(true);
	struct said *o = calloc(1, sizeof *o);
	struct setup s;
	uint8_t dt[7 + 2048] = { 0x03, 0x00, 0x08, 0x07, 0x02, 0xf0, 0x00 };

	assert_non_null(o);
	say(o, "01 () 01 () 61 80 30 80 02 01 15 a0 80 24 80 04 82", NULL);
	setup_init(&s, r);
	for (size_t i = 0; i < t->n; i++)
		push(&s, (enum observer_direction)t->at[i].direction, t->octets + t->at[i].from,
		     t->at[i].n);
	o->n = 0;
	say(o, "0300 0014 02f080 01 () 2d (29 (02 [01]) 09 (00))", NULL);
	o->at[3] = (uint8_t)o->n;
	push(&s, OBSERVER_INITIATOR, o->at, o->n);
	say_piece(o, "0300 0000 02f000 01 () 01 () 61 80 30 80 02 01 15 a0 80 04 84 00 10 00 00"
	    "28 80 02 01 1f a0 80 a0 80 31 [64 [63 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]] 16 [\"big\"]]"
	    "  60 [30 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]] 46 [16]"
	    "  69 [30 [63 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]"
	    "    31 [80 [\"260101000000Z\"] 82 [00]]]]"
	    "  a2 [31 [60 [30 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]] 80 [01] 81 [00 a8]]]]"
	    "04 84 00 0f 00 00 a0 80 31 80 6b [13 [\"i\"]]");
	push(&s, OBSERVER_INITIATOR, o->at, o->n);
	say_piece(o, what);
	push(&s, OBSERVER_INITIATOR, o->at, o->n);
	for (size_t i = 0; i < filler; i++)
		push(&s, OBSERVER_INITIATOR, dt, sizeof dt);
	say_piece(o, rest);
	push(&s, OBSERVER_INITIATOR, o->at, o->n);
	for (size_t i = 0; i < 300; i++)
		push(&s, OBSERVER_INITIATOR, dt, sizeof dt);
	setup_end(&s, false);
	assert_true(s.pool.peak <= 2 * OBSERVER_CONTENT_MAX);
	assert_non_null(strstr(r->buf, "> p1 begin MESSAGE id=\"C=ZZ;A=A;L=big\""));
	assert_non_null(strstr(r->buf, "length=983040"));
	assert_non_null(strstr(r->buf, "> ipm IPM id=\"i\" to=0 subject=\"large\""));
	free(o);
	free(r);
	free(t);
}

static void large_content(void **state)
{
	(void)state;
	large_message(0, "0300 0000 02f000 a8 [14 [\"large\"]]",
	              "0300 0000 02f000 0000 30 80 a0 80 31 [] 16 84 00 0e 00 00");
	/* a heading that goes beyond what is looked at first: "reply to" of 18 KiB */
	large_message(9, "0300 0000 02f000 ab 82 48 00",
	              "0300 0000 02f000 a8 [14 [\"large\"]] 0000 30 80 a0 80 31 [] 16 84 00 0d 00 "
	              "00");
}

/* ---- messages, and what is not quite one ---- */

#define DATA(octets) "01 () 01 () 61 [30 [02 [15] a0 [04 [" octets "]]]]"
#define MESSAGE(type, content) \
	"28 [02 [1f] a0 [a0 [31 [64 [63 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]] 16 [\"m1\"]]" \
	"  60 [30 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]] " type \
	"  69 [30 [63 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]" \
	"    31 [80 [\"260101000000Z\"] 82 [00]]]]" \
	"  a2 [31 [60 [30 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]] 80 [01] 81 [00 a8]]]]" \
	"  04 [" content "]]]]"
#define NOTICE "a1 [6b [13 [\"i\"]] 80 [00]]"
#define IPM(recipients) "a0 [31 [6b [13 [\"i\"]] " recipients "] 30 []]"

struct taken {
	struct observer_contents sink;	/* first */
	uint8_t octets[256];
	size_t n;
};

static void take_octets(struct observer_contents *sink, enum observer_direction d, struct octets o)
{
	struct taken *t = (struct taken *)sink;

	assert_int_equal(d, OBSERVER_INITIATOR);
	assert_true(o.n <= sizeof t->octets - t->n);
	memcpy(t->octets + t->n, o.p, o.n);
	t->n += o.n;
}

/* The transcript of an activity in which the initiator says `data`. */
static struct transcript *activity(const char *data, struct taken *taken)
{
	struct transcript *r = transcript_new(false);
	struct talk *t = connected();
	struct setup s;

	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01))", 99);
	talk_tsdu(t, OBSERVER_INITIATOR, data, 40);
	talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (2a (\"1\"))", 99);
	setup_init(&s, r);
	if (taken) {
		*taken = (struct taken){ .sink.take = take_octets };
		s.observer.contents = &taken->sink;
	}
	for (size_t i = 0; i < t->n; i++)
		push(&s, (enum observer_direction)t->at[i].direction, t->octets + t->at[i].from,
		     t->at[i].n);
	setup_end(&s, true);
	free(t);
	return r;
}

/* P2, P22 and P772 are contents with a heading, by whatever name; others are octets. */
static void content_types(void **state)
{
	static const struct {
		const char *data;
		bool ipm;
	} cases[] = {
		{ DATA(MESSAGE("46 [02]", IPM(""))), true },
		{ DATA(MESSAGE("46 [16]", IPM(""))), true },
		{ DATA(MESSAGE("46 [01]", IPM(""))), false },
		{ DATA(MESSAGE("06 [56 01 0a 00]", IPM(""))), true },
		{ DATA(MESSAGE("06 [56 01 0a 01]", IPM(""))), true },
		{ DATA(MESSAGE("06 [2b 1a 00 a2 36 00 04 01]", IPM(""))), true },
		{ DATA(MESSAGE("06 [56 01 0a 02]", IPM(""))), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct taken taken;
		struct transcript *r = activity(cases[i].data, &taken);

		assert_int_equal(strstr(r->buf, "+11 IPM id=\"i\"") != NULL, cases[i].ipm);
		assert_non_null(strstr(r->buf, "MESSAGE id=\"C=ZZ;A=A;L=m1\""));
		assert_int_equal(taken.n, 11);
		assert_memory_equal(taken.octets, "\xa0\x09\x31\x05\x6b\x03\x13\x01i\x30\x00", 11);
		free(r);
	}
}

static void details_of_recipients(void **state)
{
	struct transcript *r = activity(DATA(MESSAGE("46 [16]", IPM(
		"a2 [31 [a0 [80 [\"me\"]] 81 [06 c0] 82 [ff]]"
		"    31 [a0 [60 [30 [61 [13 [\"ZZ\"]] 62 [13 [\"A\"]]]]]]] "
		"a3 [31 [a0 [80 [\"you\"]]]] a4 [31 [a0 [80 [\"he\"]]]]"))), NULL);

	(void)state;
	assert_non_null(strstr(r->buf, "\n    to free-form=\"me\" receipt non-receipt reply\n"
	                       "    to name=\"C=ZZ;A=A\"\n    copy free-form=\"you\"\n"
	                       "    blind-copy free-form=\"he\"\n"));
	free(r);
	r = activity(DATA(MESSAGE("46 [16]", NOTICE)), NULL);
	assert_non_null(strstr(r->buf, " IPN "));
	free(r);
}

/* What stands where an RTTR, or a value of it, should. */
static void no_rttr(void **state)
{
	static const struct {
		const char *data, *told;
	} cases[] = {
		{ "01 () 01 () 61 [30 [02 [15] a0 [05 []]]]", "rtse.transfer-string" },
		{ "01 () 01 () 61 [30 [02 [15] a0 [04 [\"x\"]]] 02 [01]]", "> presentation end" },
		{ "01 () 01 () 61 [30 [02 [63] a0 [04 [" PROBE "]]]", "PROBE" },
		{ "01 () 01 () 61 [30 [02 [63] a0 [24 [04 [" PROBE "]]]]", "PROBE" },
		{ "01 () 01 () 61 [30 [02 [63] a0 [05 []]]]", "> presentation end" },
		{ "01 () 01 () 61 [30 [02 [15] a0 [04 []]] 30 [02 [15] a0 [04 [" PROBE "]]]",
		  "PROBE" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct transcript *r = activity(cases[i].data, NULL);

		if (!strstr(r->buf, cases[i].told))
			fail_msg("case %zu:\n%s", i, r->buf);
		free(r);
	}
}

/* Where CP was not seen, the first octet of data tells the mode. */
static void modes_are_guessed(void **state)
{
	static const struct {
		const char *data;
		enum observer_mode mode;
	} cases[] = {
		{ "01 () 01 () 61 [30 [02 [15] a0 [04 [\"x\"]]]]", OBSERVER_NORMAL },
		{ "01 () 01 () 60 [30 []]", OBSERVER_NORMAL },
		{ "01 () 01 () a0 [31 []]", OBSERVER_X410 },
		{ "01 () 01 () a2 [31 []]", OBSERVER_X410 },
		{ "01 () 01 () a3 [31 []]", OBSERVER_MODE_UNKNOWN },
		{ "01 () 01 () 04 [31 []]", OBSERVER_MODE_UNKNOWN },
		{ "01 () 01 () ", OBSERVER_MODE_UNKNOWN },
	};
	struct transcript *r = transcript_new(true);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *t = talk_new();
		struct setup s;

		talk_tsdu(t, OBSERVER_INITIATOR, cases[i].data, 99);
		transcript_init(r, true);
		setup_init(&s, r);
		for (size_t k = 0; k < t->n; k++)
			push(&s, (enum observer_direction)t->at[k].direction,
			     t->octets + t->at[k].from, t->at[k].n);
		assert_int_equal(s.observer.mode, cases[i].mode);
		setup_end(&s, true);
		free(t);
	}
	free(r);
}

/* An activity goes on behind a checkpoint that is known; else its octets are not read. */
static void resumed(void **state)
{
	static const struct {
		const char *resume;
		bool known;
	} cases[] = {
		{ "01 () 1d (21 (29 (01) 2a (\"1\")) 29 (02))", true },
		/* was not reached */
		{ "01 () 1d (21 (29 (01) 2a (\"2\")) 29 (02))", false },
		{ "01 () 1d (21 (29 (07) 2a (\"1\")) 29 (02))", false },	/* another one */
		{ "01 () 1d (21 (0a (04 01 78) 29 (01) 2a (\"1\")) 29 (02))", false },
	};
	struct transcript *r = transcript_new(true);
	struct said *value = calloc(1, sizeof *value);

	(void)state;
	assert_non_null(value);
	say(value, PROBE, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *t = connected();
		char s[1024] = "01 () 01 () 61 [30 [02 [15] a0 [04 [";

		talk_tsdu(t, OBSERVER_INITIATOR, "01 () 2d (29 (01))", 99);
		for (size_t k = 0; k < 20; k++)
			snprintf(s + strlen(s), sizeof s - strlen(s), "%02x ", value->at[k]);
		strcat(s, "]]]]");
		talk_tsdu(t, OBSERVER_INITIATOR, s, 99);
		talk_tsdu(t, OBSERVER_INITIATOR, "01 () 31 (0f (01) 2a (\"1\"))", 99);
		talk_tsdu(t, OBSERVER_INITIATOR, "01 () 19 ()", 99);
		talk_tsdu(t, OBSERVER_RESPONDER, "02 () 1a ()", 99);
		talk_tsdu(t, OBSERVER_INITIATOR, cases[i].resume, 99);
		strcpy(s, "01 () 01 () 61 [30 [02 [15] a0 [04 [");
		for (size_t k = 20; k < value->n; k++)
			snprintf(s + strlen(s), sizeof s - strlen(s), "%02x ", value->at[k]);
		strcat(s, "]]]]");
		talk_tsdu(t, OBSERVER_INITIATOR, s, 200);
		talk_tsdu(t, OBSERVER_INITIATOR, "01 () 29 (2a (\"2\"))", 99);
		run(t, r, 0);
		if ((strstr(r->buf, "> p1 end " PROBE_TEXT) != NULL) != cases[i].known)
			fail_msg("case %zu:\n%s", i, r->buf);
		free(t);
	}
	free(value);
	free(r);
}

int main(void)
{
	const struct CMUnitTest captures[] = {
		cmocka_unit_test(every_split), cmocka_unit_test(octet_by_octet),
		cmocka_unit_test(every_prefix), cmocka_unit_test(every_middle),
		cmocka_unit_test(every_hole), cmocka_unit_test(random_octets),
		cmocka_unit_test(no_memory),
	};
	const struct CMUnitTest said[] = {
		cmocka_unit_test(constructed_slices), cmocka_unit_test(discarded),
		cmocka_unit_test(ended_early), cmocka_unit_test(major_or_end),
		cmocka_unit_test(segments), cmocka_unit_test(overflowing_cn),
		cmocka_unit_test(segmented_data), cmocka_unit_test(x410),
		cmocka_unit_test(one_context), cmocka_unit_test(resumed_unknown),
		cmocka_unit_test(damaged_pdus), cmocka_unit_test(lost_framing),
		cmocka_unit_test(too_large), cmocka_unit_test(places), cmocka_unit_test(guesses),
		cmocka_unit_test(large_content), cmocka_unit_test(content_types),
		cmocka_unit_test(details_of_recipients), cmocka_unit_test(no_rttr),
		cmocka_unit_test(modes_are_guessed), cmocka_unit_test(resumed),
	};

	return cmocka_run_group_tests(captures, load_twins, drop_twins) +
	       cmocka_run_group_tests(said, NULL, NULL);
}
