/* observer_ends: both ends of captured and written conversations, by the tables. */
#include "../lib/pool.h"
#include "../lib/say.h"

#include "capture/streams.h"
#include "observer/observer_ends.h"
#include "observer/observer_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINES_MAX = 4096 };

/* ---- what was found ---- */

struct watch {
	struct observer_ends_sink sink;	/* first */
	struct observer_ends ends;
	struct observer observer;
	struct test_pool pool;
	struct text text;
	char lines[LINES_MAX];
};

static void deviate(struct observer_ends_sink *sink, const struct observer_deviation *d)
{
	struct watch *w = (struct watch *)sink;

	text_put(&w->text, d->direction == OBSERVER_INITIATOR ? "> " : "< ");
	text_put(&w->text, d->rule->name);
	text_char(&w->text, ' ');
	observer_deviation_text(&w->text, d);
	text_char(&w->text, '\n');
}

static struct watch *watch_new(void)
{
	struct watch *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->sink.deviate = deviate;
	text_init(&w->text, w->lines, sizeof w->lines);
	test_pool_init(&w->pool);
	observer_ends_init(&w->ends, NULL, &w->sink);
	observer_init(&w->observer, &w->pool.pool, &w->ends.sink);
	return w;
}

static void watch_free(struct watch *w)
{
	observer_drop(&w->observer);
	free(w);
}

/* ---- captures ---- */

static void take(struct watch *w, const struct stream_event *e)
{
	enum observer_direction d = (enum observer_direction)e->direction;

	switch (e->kind) {
	case STREAM_OCTETS:
		if (e->acked != STREAM_OFFSET_NONE)
			observer_ends_acked(&w->ends, d, e->acked);
		observer_push(&w->observer, d, e->octets);
		observer_ends_settle(&w->ends);
		break;
	case STREAM_GAP:
		observer_gap(&w->observer, d, e->length);
		observer_ends_gap(&w->ends, d);
		break;
	case STREAM_FIN:
	case STREAM_RST:
		observer_end(&w->observer, d, true);
		observer_ends_close(&w->ends, d,
		                    e->kind == STREAM_FIN ? OBSERVER_FIN : OBSERVER_RST,
		                    e->offset);
		break;
	default:
		break;
	}
}

static struct watch *watch_capture(const char *path)
{
	struct watch *w = watch_new();
	struct capture_packet packet;
	struct stream_event e;
	char why[256] = "";
	struct capture *c = capture_open(path, why, sizeof why);
	struct streams *s = streams_new();

	if (!c || !s)
		fail_msg("%s", why);
	while (capture_next(c, &packet) == CAPTURE_PACKET) {
		streams_push(s, &packet);
		while (streams_pop(s, &e))
			take(w, &e);
	}
	streams_free(s);
	capture_close(c);
	return w;
}

static void captures_follow_the_tables(void **state)
{
	static const char dr[] = "> cotp.dr-open DR in OPEN: class 0 releases by closing TCP\n";
	static const char rst[] = " tcp.rst-after-fin RST: after the FIN of the peer: closed "
	                          "without waiting\n";
	static const struct {
		const char *path;
		char who;		/* of `lines`, if it does not say so */
		const char *lines;
	} cases[] = {
		{ "captures/ping-success.pcap", '<', rst },
		{ "captures/ping-refused.pcap", '<', rst },
		{ "captures/bind-refused.pcap", 0, dr },
		{ "captures/transfer-1984.pcap", 0, dr },
		{ "captures/transfer-1988.pcap", 0, dr },
		{ "captures/checkpoints.pcapng", '>', rst },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct watch *w = watch_capture(cases[i].path);

		if (cases[i].who)
			assert_int_equal(w->lines[0], cases[i].who);
		assert_string_equal(w->lines + (cases[i].who != 0), cases[i].lines);
		watch_free(w);
	}
}

/* ---- conversations ---- */

#define CN "0d (05 (13 (00) 16 (02)) 14 (02 49))"
#define AC "0e (05 (13 (00) 16 (02)) 14 (02 49))"

enum { I = OBSERVER_INITIATOR, R = OBSERVER_RESPONDER };

/* One TSDU (SPDUs as tests/lib/say.h has them) in one TPKT; "=": a whole TPDU. */
static void says(struct watch *w, unsigned d, const char *text)
{
	struct said *tsdu = calloc(1, sizeof *tsdu), *frame = calloc(1, sizeof *frame);
	bool tpdu = *text == '=';

	assert_non_null(tsdu);
	assert_non_null(frame);
	say(tsdu, tpdu ? text + 1 : text, NULL);
	said_u16(frame, 0x0300);
	said_u16(frame, (unsigned)(TPKT_HEADER_OCTETS + (tpdu ? 0u : 3u) + tsdu->n));
	if (!tpdu)
		said_octets(frame, "\x02\xf0\x80", 3);
	said_octets(frame, tsdu->at, tsdu->n);
	observer_push(&w->observer, (enum observer_direction)d,
	              (struct octets){ frame->at, frame->n });
	observer_ends_settle(&w->ends);
	free(tsdu);
	free(frame);
}

static void begins_in_the_middle(struct watch *w)
{
	for (unsigned d = 0; d < OBSERVER_DIRECTIONS; d++) {
		observer_gap(&w->observer, (enum observer_direction)d, 0);
		observer_ends_gap(&w->ends, (enum observer_direction)d);
	}
}

static struct watch *connected(void)
{
	struct watch *w = watch_new();

	says(w, I, "=06 e0 0000 0001 00");
	says(w, R, "=06 d0 0001 0002 00");
	says(w, I, CN);
	says(w, R, AC);
	return w;
}

static void found(struct watch *w, const char *lines)
{
	assert_string_equal(w->lines, lines);
	watch_free(w);
}

static void cells_are_named(void **state)
{
	struct watch *w;

	(void)state;
	w = watch_new();		/* DT before CC */
	says(w, I, "=06 e0 0000 0001 00");
	says(w, I, CN);
	found(w, "> observer.cotp-cell DT in WFCC: Table A.6 has no entry\n");

	w = connected();		/* half-duplex, and the token is the initiator's */
	says(w, R, "01 () 01 () \"x\"");
	found(w, "< observer.session-if DT in STA713: Table A.9: p03 does not hold\n");

	w = connected();
	says(w, I, "09 (11 (01))");
	says(w, R, "01 () 01 () \"x\"");	/* it has read FN, or has no token */
	found(w, "< observer.session-if DT in STA09: Table A.9: p04 does not hold\n");

	w = connected();
	says(w, I, "01 () 2d (29 (01))");
	says(w, I, "01 () 31 (0f (01) 2a (\"3\"))");
	found(w, "> observer.session-serial MIP in STA713: serial number 3, due is 1\n");

	w = connected();
	says(w, R, "02 () 2a (2a (\"1\"))");
	found(w, "< observer.session-blank MAA/AEA in STA713: Table A.10 has no entry\n");

	w = connected();
	says(w, R, "1a ()");		/* there is no AB to answer */
	found(w, "< observer.session-answer AA in STA713: Table A.16 does not send it there\n");

	w = connected();
	says(w, I, "05 () \"x\"");
	found(w, "> session.expedited EX: EX or PR on the transport normal flow\n");

	w = connected();
	says(w, I, "09 (11 (01))");
	says(w, I, "01 () 2d (29 (01))");
	found(w, "> observer.session-blank AS in STA03: Table A.13 has no entry\n");
}

static void one_wrong_pdu_is_told_once(void **state)
{
	struct watch *w = connected();

	(void)state;
	says(w, R, "01 () 01 () \"x\"");
	says(w, R, "01 () 01 () \"y\"");
	says(w, I, "01 () 2d (29 (01))");
	says(w, I, "01 () 01 () \"z\"");
	says(w, I, "01 () 29 (2a (\"1\"))");
	says(w, R, "02 () 2a (2a (\"1\"))");
	/* The activity has shown both states again: the next one is found. */
	says(w, I, "01 () 2d (29 (02))");
	says(w, R, "01 () 01 () \"x\"");
	found(w, "< observer.session-if DT in STA713: Table A.9: p03 does not hold\n"
	         "< observer.session-if DT in STA713: Table A.9: p03 does not hold\n");
}

#define CN_NORMAL \
	"0d (05 (13 (00) 16 (02)) 14 (02 49) c1 (31 [a0 [80 [01]] a2 [a4 [" \
	"  30 [02 [0b] 06 [52 01 00 01] 30 [06 [51 01]]]]]]))"
#define AC_NORMAL \
	"0e (05 (13 (00) 16 (02)) 14 (02 49) c1 (31 [a0 [80 [01]] a2 [a5 [" \
	"  30 [80 [00] 81 [51 01]]]]]))"

static void apdus_have_their_cells(void **state)
{
	struct watch *w = watch_new();

	(void)state;
	says(w, I, "=06 e0 0000 0001 00");
	says(w, R, "=06 d0 0001 0002 00");
	says(w, I, CN_NORMAL);
	says(w, R, AC_NORMAL);
	says(w, I, "09 (11 (01) c1 (63 [80 [00]]))");	/* one context: RLRE, bare */
	found(w, "> observer.acse-cell RLRE+ in STA5: Table A.5 has no entry\n");
}

/* X.226 Table A.20, p03 to p05: contexts 1, 3 and 5 are proposed, 5 is rejected. */
#define CN_CONTEXTS(user) \
	"0d (05 (13 (00) 16 (02)) 14 (02 49) c1 (31 [a0 [80 [01]] a2 [a4 [" \
	"  30 [02 [01] 06 [52 01 00 01] 30 [06 [51 01]]]" \
	"  30 [02 [03] 06 [56 00 02 0c] 30 [06 [51 01]]]" \
	"  30 [02 [05] 06 [56 00 02 07] 30 [06 [51 01]]]]" user "]]))"
#define AC_CONTEXTS(user) \
	"0e (05 (13 (00) 16 (02)) 14 (02 49) c1 (31 [a0 [80 [01]] a2 [a5 [" \
	"  30 [80 [00] 81 [51 01]] 30 [80 [00] 81 [51 01]] 30 [80 [01]]]" user "]]))"
#define VALUE(context) "61 [30 [02 [" context "] a0 [04 [\"x\"]]]]"
#define P_DATA(context) "01 () 01 () " VALUE(context)

static struct watch *proposed(const char *cn)
{
	struct watch *w = watch_new();

	says(w, I, "=06 e0 0000 0001 00");
	says(w, R, "=06 d0 0001 0002 00");
	says(w, I, cn);
	return w;
}

static struct watch *agreed(void)
{
	struct watch *w = proposed(CN_CONTEXTS(""));

	says(w, R, AC_CONTEXTS(""));
	return w;
}

static void values_are_of_contexts_that_are_defined(void **state)
{
	struct watch *w;

	(void)state;
	w = proposed(CN_CONTEXTS(""));
	says(w, R, "19 (11 (03) c1 (a0 [" VALUE("07") "]))");
	found(w, "< observer.presentation-cell ARU in STAI2: Table A.23: p03 does not hold\n");

	w = proposed(CN_CONTEXTS(VALUE("05")));		/* proposed; then rejected */
	says(w, R, AC_CONTEXTS(VALUE("05")));
	found(w, "< observer.presentation-cell CPA in STAI2: Table A.21: p04 does not hold\n");

	w = agreed();
	says(w, I, P_DATA("03"));
	says(w, I, P_DATA("05"));
	says(w, I, P_DATA("03"));
	says(w, I, P_DATA("07"));
	found(w, "> observer.presentation-cell TD in STAt0: Table A.25: p05 does not hold\n"
	         "> observer.presentation-cell TD in STAt0: Table A.25: p05 does not hold\n");

	w = agreed();			/* in the second of two values */
	says(w, I, "01 () 01 () 61 [30 [02 [03] a0 [04 [\"x\"]]] 30 [02 [09] a0 [04 [\"y\"]]]]");
	found(w, "> observer.presentation-cell TD in STAt0: Table A.25: p05 does not hold\n");

	w = agreed();			/* it may not have read CPA: then 5 is proposed */
	says(w, I, "19 (11 (03) c1 (a0 [" VALUE("05") "]))");
	found(w, "");
	w = agreed();
	says(w, I, P_DATA("03"));
	says(w, I, "19 (11 (03) c1 (a0 [" VALUE("05") "]))");
	found(w, "> observer.presentation-cell ARU in STAt0: Table A.23: p05 does not hold\n");

	w = agreed();
	says(w, I, "19 (11 (03) c1 (a0 [" VALUE("01") "]))");
	found(w, "");

	w = watch_new();		/* CP was not seen: any may be defined */
	begins_in_the_middle(w);
	says(w, I, "01 () 2d (29 (01))");
	says(w, I, P_DATA("07"));
	found(w, "");
}

/* An AB that names a protocol error accuses what was read before it. */
static void an_abort_accuses(void **state)
{
	struct watch *w = connected();

	(void)state;
	says(w, I, "01 () 2d (29 (01))");
	says(w, I, "01 () 31 (0f (01) 2a (\"1\"))");
	says(w, R, "19 (11 (05))");
	found(w, "");		/* nothing is wrong that a tap can see */

	w = connected();	/* a GT of no token, which crosses FN */
	says(w, I, "09 (11 (01))");
	says(w, R, "01 (10 (00))");
	says(w, I, "19 (11 (05))");
	found(w, "< observer.session-blank GT received in STA03: Table A.14 has no entry\n");

	w = connected();	/* the same, passed over */
	says(w, I, "09 (11 (01))");
	says(w, R, "01 (10 (00))");
	says(w, R, "0a ()");
	assert_string_equal(w->lines, "");
	watch_free(w);
}

static void an_acknowledgement_bounds_what_was_read(void **state)
{
	struct watch *w = connected();
	uint64_t before = w->observer.way[I].offset;

	(void)state;
	says(w, I, "01 () 2d (29 (01))");
	says(w, I, "01 () 31 (0f (01) 2a (\"1\"))");
	observer_ends_acked(&w->ends, OBSERVER_RESPONDER, before);
	says(w, R, "02 () 32 (2a (\"1\"))");	/* MIA before the MIP was there */
	found(w, "< observer.session-if MIA in STA713: Table A.10: p18 does not hold\n");

	w = connected();
	says(w, I, "01 () 2d (29 (01))");
	says(w, I, "01 () 31 (0f (01) 2a (\"1\"))");
	observer_ends_acked(&w->ends, OBSERVER_RESPONDER, w->observer.way[I].offset);
	says(w, R, "02 () 32 (2a (\"1\"))");
	found(w, "");
}

static void a_beginning_in_the_middle_is_no_deviation(void **state)
{
	struct watch *w = watch_new();

	(void)state;
	begins_in_the_middle(w);
	says(w, I, "01 () 01 () \"x\"");
	says(w, R, "02 () 32 (2a (\"7\"))");
	says(w, I, "01 () 29 (2a (\"9\"))");
	says(w, R, "02 () 2a (2a (\"9\"))");
	assert_null(observer_ends_state(&w->ends, OBSERVER_INITIATOR));
	says(w, I, "01 () 2d (29 (02))");
	assert_non_null(observer_ends_state(&w->ends, OBSERVER_INITIATOR));
	says(w, I, "01 () 31 (0f (01) 2a (\"1\"))");
	says(w, R, "02 () 32 (2a (\"1\"))");
	assert_non_null(observer_ends_state(&w->ends, OBSERVER_RESPONDER));
	assert_string_equal(w->lines, "");
	says(w, R, "02 () 32 (2a (\"5\"))");
	found(w, "< observer.session-if MIA in STA713: Table A.10: p21 does not hold\n");
}

static void what_is_missing_is_no_deviation(void **state)
{
	struct watch *w = connected();

	(void)state;
	says(w, I, "01 () 2d (29 (01))");
	observer_gap(&w->observer, OBSERVER_INITIATOR, 100);
	observer_ends_gap(&w->ends, OBSERVER_INITIATOR);
	says(w, R, "02 () 32 (2a (\"4\"))");
	says(w, I, "01 () 31 (0f (01) 2a (\"6\"))");
	says(w, I, "01 () 29 (2a (\"7\"))");
	says(w, R, "02 () 2a (2a (\"7\"))");
	says(w, I, "01 () 2d (29 (02))");
	says(w, I, "01 () 31 (0f (01) 2a (\"2\"))");
	found(w, "> observer.session-serial MIP in STA713: serial number 2, due is 1\n");
}

static void misses(struct watch *w, unsigned d)
{
	observer_gap(&w->observer, (enum observer_direction)d, 14);
	observer_ends_gap(&w->ends, (enum observer_direction)d);
}

/* The AEA is missing, and its sender's last TPKT had acknowledged nothing behind CN. */
static void an_answer_that_is_missing_was_one(void **state)
{
	struct watch *w = watch_new();

	(void)state;
	says(w, I, "=06 e0 0000 0001 00");
	says(w, R, "=06 d0 0001 0002 00");
	says(w, I, CN);
	observer_ends_acked(&w->ends, OBSERVER_RESPONDER, w->observer.way[I].offset);
	says(w, R, AC);
	says(w, I, "01 () 2d (29 (01))");
	says(w, I, "01 () 29 (2a (\"1\"))");
	misses(w, R);
	says(w, I, "09 ()");
	observer_ends_acked(&w->ends, OBSERVER_RESPONDER, w->observer.way[I].offset);
	says(w, R, "0a ()");
	found(w, "");
}

/* AC and AE are missing: what the AS shows of its reader holds only up to the AE. */
static void behind_what_is_missing_nothing_is_known(void **state)
{
	struct watch *w = watch_new();

	(void)state;
	says(w, I, "=06 e0 0000 0001 00");
	says(w, R, "=06 d0 0001 0002 00");
	says(w, I, CN);
	misses(w, R);
	says(w, I, "01 () 2d (29 (01))");
	misses(w, I);
	says(w, R, "02 () 2a (2a (\"1\"))");
	says(w, I, "09 ()");
	says(w, R, "0a ()");
	found(w, "");
}

static void one_direction_alone_is_not_judged(void **state)
{
	static const char *const said[] = {
		"=06 e0 0000 0001 00", CN, "01 () 2d (29 (01))", "01 () 29 (2a (\"1\"))", "09 ()",
	};
	struct watch *w = watch_new();

	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		observer_ends_gap(&w->ends, OBSERVER_RESPONDER);
		says(w, I, said[i]);
	}
	found(w, "");
}

/* ---- what else is said ---- */

/* CN and AC with functional units, and without options. */
#define CN_UNITS(units) "0d (05 (13 (00) 16 (02)) 14 (" units "))"
#define AC_UNITS(units) "0e (05 (13 (00) 16 (02)) 14 (" units "))"
#define CN_OVERFLOW \
	"0d (05 (13 (00) 16 (02)) 14 (02 49) 3c (01) c2 (" \
	"31 80 a0 03 80 01 01 a2 80 82 82 27f2 \"x\"*10226))"
#define CR "> =06 e0 0000 0001 00"
#define CC "< =06 d0 0001 0002 00"
#define OPEN CR, CC
#define MADE OPEN, "> " CN, "< " AC
#define MADE_WITH(units) OPEN, "> " CN_UNITS(units), "< " AC_UNITS(units)
#define ACTIVITY "> 01 () 2d (29 (01))"
#define MIP(serial) "> 01 () 31 (0f (01) 2a (\"" serial "\"))"
#define MIA(serial) "< 02 () 32 (2a (\"" serial "\"))"

/* What is found, the states that the ends are left in (?: not known), and the lines of
 * one conversation.  "|": it begins in the middle. */
struct conversation {
	const char *found, *states;
	const char *said[16];
};

static const struct conversation conversations[] = {
	{ "> observer.session-if AS in STA713: Table A.13: p45 does not hold\n",
	  "? STA713", { MADE, ACTIVITY, ACTIVITY } },
	{ "", "STA04B STA713", { MADE, ACTIVITY, MIP("1"), "> 01 () 29 (2a (\"2\"))", "< 02 () 2a "
	                         "(2a (\"2\"))" } },
	/* A PT before MIA is processed after it (X.225 6.3.7). */
	{ "", "STA713 STA713", { MADE, ACTIVITY, MIP("1"), "< 02 (10 (01)) 32 (2a (\"1\"))" } },
	/* Both kinds of duplex in CN and AC. */
	{ "", "STA713 STA713", { MADE_WITH("02 4b"), ACTIVITY, "> 01 () 01 () \"x\"" } },
	/* The acceptor asks for tokens, which are there, and for one that is not. */
	{ "", "STA713 STA713", { OPEN, "> " CN, "< 0e (05 (13 (00) 16 (02)) 10 (01) 14 (02 49))",
	                         ACTIVITY } },
	{ "> observer.session-blank DT in STA02A: Table A.9 has no entry\n",
	  "? STA713", { OPEN, "> " CN, "< 0e (05 (13 (00) 16 (02)) 10 (10) 14 (02 01))",
	        "> 01 () 01 () \"x\"" } },
	/* Aborts of the provider, with and without a reason. */
	{ "", "STA02A STA16", { MADE, "< 19 (11 (01))" } },
	{ "", "STA16 STA16", { MADE, "< 19 (11 (01))", "> 1a ()" } },
	{ "", "STA02A STA16", { MADE, "< 19 (11 (03) c1 (30 [80 [00]]))" } },
	{ "> observer.cotp-cell DT in WFCC: Table A.6 has no entry\n",
	  "? STA01", { CR, "> " CN } },
	{ "", "STA01B STA01", { CR, "< =06 80 0001 0000 80" } },
	{ "", "STA01B STA01", { CR, "< =04 70 0001 01" } },
	{ "", "STA02A STA713", { MADE, "> =04 70 0001 01" } },
	{ "> observer.cotp-cell CR in WFCC: Table A.6 has no entry\n",
	  "? STA01", { CR, CR } },
	{ "< observer.cotp-cell CC in OPEN: Table A.6 has no entry\n",
	  "STA01B ?", { OPEN, CC } },
	{ "", "STA01 STA01", { "< =06 80 0001 0000 80" } },
	{ "", "? STA713", { MADE, "> =02 f1 80", "> 01 () 01 () \"x\"" } },
	{ "", "? STA713", { MADE, "> 01 () ff ()", "> 01 () 01 () \"x\"" } },
	/* Overflow: OA, then CDO. */
	{ "", "STA02A STA713", { OPEN, "> " CN_OVERFLOW, "< 10 (16 (02))",
	        "> 0f (19 (00) c1 (00 00))", "> 0f (19 (02) c1 (00 00))", "< " AC } },
	/* Segments of an SSDU count once. */
	{ "", "STA713 STA713", { MADE, ACTIVITY, "> 01 () 31 (0f (01) 19 (01) 2a (\"1\") c1 "
	                         "(\"x\"))",
	        "> 01 () 31 (19 (02) c1 (\"y\"))", MIA("1") } },
	/* Exceptions, typed data, capability data. */
	{ "", "STA713 ?", { MADE, ACTIVITY, "< 02 () 00 ()", "> 01 () 01 () \"x\"" } },
	{ "", "STA713 STA19", { MADE, ACTIVITY, "< 02 () 30 (32 (01))" } },
	{ "", "STA713 STA713", { MADE_WITH("06 49"), ACTIVITY, "> 21 () \"typed\"" } },
	{ "", "STA21 STA713", { MADE_WITH("07 49"), "> 01 () 3d (c1 (\"c\"))", "< 02 () 3e (c1 "
	                        "(\"c\"))" } },
	/* Release refused. */
	{ "", "STA03 STA713", { MADE_WITH("00 89"), "> 09 (11 (01) c1 (62 [80 [00]]))", "< 08 (c1 "
	                        "(63 [80 [01]]))" } },
	{ "< observer.session-if NF in STA09: Table A.15: p67 does not hold\n",
	  "STA03 ?", { MADE, "> 09 (11 (01))", "< 08 ()" } },
	/* One DT behind another SPDU. */
	{ "", "STA713 STA713", { MADE, "> 01 () 2d (29 (01)) 01 () \"x\"" } },
	/* A beginning in the middle. */
	{ "", "STA02A ?", { "|", CR, CC, "> " CN } },
	{ "", "STA713 STA713", { "|", "> " CN, "< " AC, "> 01 () 01 () \"x\"" } },
	{ "", "STA02B ?", { "|", "> " CN_OVERFLOW, "< 10 (16 (02))" } },
	{ "", "STA02A STA713", { "|", "> 0d (05 (13 (00) 16 (01)) 14 (02 49) c1 (31 [a0 [80 "
	                         "[00]]]))", "< " AC } },
	{ "", "STA713 ?", { "|", "> 01 () 1d (21 (29 (01) 2a (\"4\")) 29 (02))",
	        "> 01 () 31 (0f (01) 2a (\"5\"))" } },
	{ "", "? ?", { "|", "> =06 80 0001 0000 80" } },
	{ "", "? ?", { "|", MIP("1"), MIA("2"), MIA("1") } },
};

static const char *state_of(const struct watch *w, enum observer_direction d)
{
	const struct observer_state *s = observer_ends_state(&w->ends, d);

	return s ? session_state_name((enum session_state)s->session.state) : "?";
}

static void hold(const struct conversation *c)
{
	struct watch *w = watch_new();
	char states[32];

	for (size_t i = 0; i < sizeof c->said / sizeof *c->said && c->said[i]; i++)
		if (*c->said[i] == '|')
			begins_in_the_middle(w);
		else
			says(w, *c->said[i] == '>' ? I : R, c->said[i] + 2);
	snprintf(states, sizeof states, "%s %s", state_of(w, OBSERVER_INITIATOR),
	         state_of(w, OBSERVER_RESPONDER));
	assert_string_equal(w->lines, c->found);
	assert_string_equal(states, c->states);
	watch_free(w);
}

static void other_conversations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof conversations / sizeof *conversations; i++)
		hold(&conversations[i]);
}

/* More in flight than is told apart: the first ones count as read. */
static void much_in_flight(void **state)
{
	struct watch *w = connected();
	char mip[64];

	(void)state;
	says(w, I, "01 () 2d (29 (01))");
	for (unsigned i = 1; i <= OBSERVER_FLIGHT + 8; i++) {
		snprintf(mip, sizeof mip, "01 () 31 (0f (01) 2a (\"%u\"))", i);
		says(w, I, mip);
	}
	says(w, R, "02 () 32 (2a (\"3\"))");
	assert_non_null(observer_ends_state(&w->ends, OBSERVER_RESPONDER));
	says(w, R, "02 () 32 (2a (\"2\"))");
	found(w, "< observer.session-if MIA in STA713: Table A.10: p21 does not hold\n");
}

static void an_end_ends_once(void **state)
{
	struct watch *w = connected();

	(void)state;
	observer_ends_close(&w->ends, OBSERVER_INITIATOR, OBSERVER_RST, 9);
	observer_ends_close(&w->ends, OBSERVER_INITIATOR, OBSERVER_FIN, 9);
	observer_ends_close(&w->ends, OBSERVER_RESPONDER, OBSERVER_RST, 9);
	found(w, "");			/* before a FIN an RST breaks no rule */

	w = connected();
	observer_ends_close(&w->ends, OBSERVER_INITIATOR, OBSERVER_FIN, 9);
	observer_ends_close(&w->ends, OBSERVER_RESPONDER, OBSERVER_LOST, 9);
	observer_ends_close(&w->ends, OBSERVER_RESPONDER, OBSERVER_RST, 9);
	found(w, "");			/* the capture ended before */
}

/* Behind octets that are no frame: what may begin one, and what may not. */
static void frames_are_found_again(void **state)
{
	static const struct {
		const char *octets;
		bool frame;
	} cases[] = {
		{ "03 00 0007 02 f0 80", true },	{ "03 00 0007 02 f0 00", true },
		{ "03 00 0007 02 f0 81", false },	{ "03 00 0007 03 f0 80", false },
		{ "03 00 0006 02 f0 80", false },	{ "03 01 0007 02 f0 80", false },
		{ "03 00 0007 01 f0 80", false },	{ "03 00 0007 02 f1 80", false },
		{ "03 00 000b 06 e0 0000 0001 00", true },
		{ "03 00 000b 06 e0 0100 0001 00", false },
		{ "03 00 000b 06 d0 0001 0002 00", true },
		{ "03 00 000b 06 80 0001 0002 00", true },
		{ "03 00 0009 04 70 0001 01", true },
		{ "03 00 000b 05 e0 0000 0001 00", false },
		{ "03 00 000b 06 c0 0000 0001 00", false },
	};
	struct said *said = calloc(1, sizeof *said);

	(void)state;
	assert_non_null(said);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct watch *w = watch_new();

		said->n = 0;
		say(said, "ff 03 00", NULL);
		say(said, cases[i].octets, NULL);
		for (size_t at = 0; at < said->n; at++)
			observer_push(&w->observer, OBSERVER_INITIATOR,
			              (struct octets){ said->at + at, 1 });
		if (w->observer.way[I].syncing == cases[i].frame)
			fail_msg("%s", cases[i].octets);
		watch_free(w);
	}
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_follow_the_tables),
		cmocka_unit_test(cells_are_named),
		cmocka_unit_test(one_wrong_pdu_is_told_once),
		cmocka_unit_test(apdus_have_their_cells),
		cmocka_unit_test(values_are_of_contexts_that_are_defined),
		cmocka_unit_test(an_abort_accuses),
		cmocka_unit_test(an_acknowledgement_bounds_what_was_read),
		cmocka_unit_test(a_beginning_in_the_middle_is_no_deviation),
		cmocka_unit_test(what_is_missing_is_no_deviation),
		cmocka_unit_test(an_answer_that_is_missing_was_one),
		cmocka_unit_test(behind_what_is_missing_nothing_is_known),
		cmocka_unit_test(one_direction_alone_is_not_judged),
		cmocka_unit_test(other_conversations),
		cmocka_unit_test(much_in_flight),
		cmocka_unit_test(an_end_ends_once),
		cmocka_unit_test(frames_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
