/*
 * cotp: vectors, the codec both ways, and the machine: scripts of stimuli and
 * expected events that together take every row of the table, and the same
 * conversation cut everywhere.
 */
#include "cotp/cotp.h"
#include "cotp/cotp_rules.h"

#include "../lib/pool.h"
#include "../lib/vectors.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- one end, with everything it does written down ---- */

enum { LOG_MAX = 8 << 10, ROWS_MAX = 128 };

static bool row_taken[ROWS_MAX];

struct end {
	struct cotp c;
	struct tpkt tpkt;
	struct test_pool pool;
	struct nodes nodes;
	struct findings findings;
	struct event_queue inner, outer;
	struct service services[SERVICES_MAX];
	struct service_names names[NAMES_MAX];
	struct kept kept;
	struct turn turn;
	struct text log;		/* primitives, TPDUs sent, findings */
	struct text tsdu;		/* user data of the T-DATA ind so far */
	char log_buf[LOG_MAX], tsdu_buf[LOG_MAX];
};

static void end_init(struct end *e, const struct cotp_config *config)
{
	memset(e, 0, sizeof *e);
	cotp_init(&e->c, config);
	tpkt_init(&e->tpkt);
	test_pool_init(&e->pool);
	text_init(&e->log, e->log_buf, sizeof e->log_buf);
	text_init(&e->tsdu, e->tsdu_buf, sizeof e->tsdu_buf);
	e->turn = (struct turn){
		.now_us = 1000, .nodes = &e->nodes, .pool = &e->pool.pool,
		.findings = &e->findings, .inner = &e->inner, .outer = &e->outer,
		.services = e->services, .names = e->names, .association = 7, .kept = &e->kept,
	};
}

static void end_drop(struct end *e)
{
	cotp_drop(&e->c, &e->pool.pool);
	kept_drop(&e->kept, &e->pool.pool);
	test_pool_check(&e->pool);
}

static struct text *entry(struct end *e)
{
	if (e->log.n)
		text_put(&e->log, "; ");
	return &e->log;
}

/* N-DATA req of one TPDU: as the peer would read it. */
static void log_tpdu(struct end *e, struct node *tree)
{
	uint64_t size = node_size(tree);
	uint8_t octets[512];
	struct findings f = { .n = 0 };
	struct cotp_pdu pdu;

	assert_true(size <= sizeof octets);
	assert_int_equal(node_write(&e->nodes, tree, octets, sizeof octets), size);
	assert_true(cotp_decode((struct octets){ octets, (size_t)size }, &pdu, &f));
	assert_int_equal(f.n, pdu.kind == COTP_DR && pdu.reason == 200);
	cotp_text(entry(e), &pdu);
}

static void log_data(struct end *e, const struct service *s)
{
	assert_int_equal(s->first, e->tsdu.n == 0);
	if (e->tsdu.n == 0)
		text_put(&e->tsdu, "TSDU ");
	text_hex(&e->tsdu, s->data);
	if (!s->last)
		return;
	text_put(entry(e), e->tsdu_buf);
	text_init(&e->tsdu, e->tsdu_buf, sizeof e->tsdu_buf);
}

static void log_selectors(struct end *e, const struct service_names *s)
{
	if (s->calling_tsel.p) {
		text_put(&e->log, " calling=");
		text_quoted(&e->log, s->calling_tsel);
	}
	if (s->called_tsel.p) {
		text_put(&e->log, " called=");
		text_quoted(&e->log, s->called_tsel);
	}
}

static void log_primitive(struct end *e, const struct event *v)
{
	const struct service *s = event_service(v);
	bool network = v->layer == LAYER_TPKT;

	if (network && v->code == SERVICE_DATA && s->tpdu) {
		log_tpdu(e, s->user_data);
		return;
	}
	if (!network && v->code == SERVICE_DATA) {
		log_data(e, s);
		return;
	}
	text_put(entry(e), network ? "N-" : "T-");
	text_put(&e->log, service_kind_name(v->code));
	text_char(&e->log, ' ');
	text_put(&e->log, service_type_name(v->type));
	log_selectors(e, service_names(s));
	if (!network && v->code == SERVICE_DISCONNECT) {
		text_char(&e->log, ' ');
		text_put(&e->log, cotp_disconnect_name(s->reason));
	}
}

static void log_findings(struct end *e)
{
	for (size_t i = 0; i < e->findings.n; i++) {
		text_put(entry(e), e->findings.at[i].rule->name);
		text_put(&e->log, " @");
		text_u64(&e->log, e->findings.at[i].octet);
	}
	findings_clear(&e->findings);
}

/* PDUs in, as "<CR", with what does not depend on cuts. */
static void log_pdu_in(struct end *e, const struct event *v)
{
	text_put(entry(e), "<");
	text_put(&e->log, cotp_kind_name(v->code));
	if (v->code == COTP_DT)
		text_u64(&e->log, v->value);
	assert_true(v->length == 0 || v->data != NULL);
}

static void settle(struct end *e)
{
	struct event v;

	while (event_queue_get(&e->outer, &v)) {
		if (v.kind == EVENT_STEP && v.cell < ROWS_MAX)
			row_taken[v.cell] = true;
		if (v.kind == EVENT_PDU_IN)
			log_pdu_in(e, &v);
	}
	log_findings(e);
	while (event_queue_get(&e->inner, &v))
		log_primitive(e, &v);
	nodes_reset(&e->nodes);
	e->turn.services_used = e->turn.names_used = 0;
}

static void tell(struct end *e, enum layer layer, enum service_kind kind, enum service_type type,
                 const struct service *s)
{
	struct event v = {
		.kind = EVENT_PRIMITIVE, .layer = (uint8_t)layer, .code = (uint8_t)kind,
		.type = (uint8_t)type, .detail = s,
	};

	cotp_handle(&e->c, &e->turn, &v);
	settle(e);
}

/* Octets of the stream, frames and all, in a block of their own. */
static void push(struct end *e, const uint8_t *p, size_t n)
{
	uint8_t *block = malloc(n ? n : 1);
	size_t at = 0;

	assert_non_null(block);
	memcpy(block, p, n);
	while (at < n) {
		struct tpkt_piece piece;
		size_t used = tpkt_push(&e->tpkt, block + at, n - at, &piece, &e->findings);

		assert_true(used > 0);
		at += used;
		if (piece.octets.n)
			cotp_push(&e->c, &e->turn, &piece);
		settle(e);
	}
	free(block);
}

static size_t from_hex(const char *s, uint8_t *out)
{
	size_t n = 0;

	for (; *s; s++) {
		char two[3] = { s[0], s[1], '\0' };

		if (*s == ' ')
			continue;
		assert_true(isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]));
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
		s++;
	}
	return n;
}

/* One TPDU in hex, framed. */
static void push_tpdu(struct end *e, const char *hex)
{
	uint8_t frame[1024];
	size_t n = from_hex(hex, frame + TPKT_HEADER_OCTETS);

	tpkt_header(frame, n);
	push(e, frame, n + TPKT_HEADER_OCTETS);
}

/* ---- scripts ---- */

struct line {
	const char *stimulus;		/* a word of `words`, or "< hex" */
	const char *expect;
	enum cotp_state state;		/* afterwards */
};

static const struct service nothing;
static const struct service data = { .user_data = NULL };
static const struct service refuse = { .reason = COTP_REASON_CONGESTION };
static const struct service odd_reason = { .reason = 200 };
static const struct service wide_reason = { .reason = COTP_GONE_TIMEOUT };

static const struct word {
	const char *name;
	enum layer layer;
	enum service_kind kind;
	enum service_type type;
	const struct service *service;
} words[] = {
	{ "TCONreq", LAYER_COTP, SERVICE_CONNECT, REQUEST, &nothing },
	{ "TCONresp", LAYER_COTP, SERVICE_CONNECT, RESPONSE, &nothing },
	{ "TDTreq", LAYER_COTP, SERVICE_DATA, REQUEST, &data },
	{ "TDISreq", LAYER_COTP, SERVICE_DISCONNECT, REQUEST, &nothing },
	{ "TDISreq congestion", LAYER_COTP, SERVICE_DISCONNECT, REQUEST, &refuse },
	{ "TDISreq 200", LAYER_COTP, SERVICE_DISCONNECT, REQUEST, &odd_reason },
	{ "TDISreq wide", LAYER_COTP, SERVICE_DISCONNECT, REQUEST, &wide_reason },
	{ "timer", LAYER_COTP, SERVICE_TIMER, INDICATION, &nothing },
	{ "NCONconf", LAYER_TPKT, SERVICE_CONNECT, CONFIRM, &nothing },
	{ "NCONind", LAYER_TPKT, SERVICE_CONNECT, INDICATION, &nothing },
	{ "NDISind", LAYER_TPKT, SERVICE_DISCONNECT, INDICATION, &nothing },
};

static void stimulate(struct end *e, const char *stimulus)
{
	if (stimulus[0] == '<') {
		push_tpdu(e, stimulus + 1);
		return;
	}
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strcmp(words[i].name, stimulus)) {
			tell(e, words[i].layer, words[i].kind, words[i].type, words[i].service);
			return;
		}
	fail_msg("no such stimulus: %s", stimulus);
}

static void play(const struct cotp_config *config, const struct line *script)
{
	struct end *e = malloc(sizeof *e);

	assert_non_null(e);
	end_init(e, config);
	for (; script->stimulus; script++) {
		text_init(&e->log, e->log_buf, sizeof e->log_buf);
		stimulate(e, script->stimulus);
		if (strcmp(e->log_buf, script->expect) != 0 || e->c.state != script->state)
			fail_msg("after %s\n  expected %s: %s\n  actual   %s: %s", script->stimulus,
			         cotp_state_name(script->state), script->expect,
			         cotp_state_name(e->c.state), e->log_buf);
	}
	end_drop(e);
	free(e);
}

#define O(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static const struct cotp_config plain = { .reference = 0x1234 };
static const struct cotp_config named = {
	.reference = 0x1234, .local = O("HERE"), .remote = O("THERE"), .check_calling = true,
};
static const struct cotp_config timed = {
	.reference = 0x1234, .ts1_us = 5 * SECOND_US, .ts2_us = 2 * SECOND_US,
};
static const struct cotp_config reporting = {
	.reference = 0x1234, .ts2_us = 2 * SECOND_US, .on_error = COTP_ERROR_REPORT,
};

#define CR_IN "< 06 e0 0000 4321 00"
#define CC_IN "< 06 d0 1234 4321 00"
#define CR_OUT "CR dst=0000 src=1234 class=0"
#define CC_OUT "CC dst=4321 src=1234 class=0"
#define GONE(why) "T-DISCONNECT ind " why
#define CLOSE "N-DISCONNECT req"
#define OPENED { "NCONconf", "", COTP_CLOSED }, { "TCONreq", CR_OUT, COTP_WFCC }, \
	{ CC_IN, "<CC; T-CONNECT cnf", COTP_OPEN }
#define CALLED { "NCONind", "", COTP_CLOSED }, \
	{ CR_IN, "<CR; T-CONNECT ind", COTP_WFTRESP }
#define ASKED { "NCONconf", "", COTP_CLOSED }, { "TCONreq", CR_OUT, COTP_WFCC }

static void initiator_opens_sends_and_closes(void **state)
{
	static const struct line script[] = {
		{ "TCONreq", "N-CONNECT req", COTP_WFNC },
		{ "NCONconf", CR_OUT, COTP_WFCC },
		{ CC_IN, "<CC; T-CONNECT cnf", COTP_OPEN },
		{ "TDTreq", "N-DATA req", COTP_OPEN },
		{ "< 02f000 4142", "<DT5", COTP_OPEN },
		{ "< 02f080 43", "<DT4; TSDU 414243", COTP_OPEN },
		{ "< 02f080", "<DT3; TSDU ", COTP_OPEN },
		{ "TDISreq", CLOSE, COTP_CLOSED },
		{ "< 02f080 41", "", COTP_CLOSED },
		{ "NDISind", "", COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, script);
}

static void responder_accepts(void **state)
{
	static const struct line script[] = {
		CALLED,
		{ "TCONresp", CC_OUT, COTP_OPEN },
		{ "TDTreq", "N-DATA req", COTP_OPEN },
		{ "< 02f080 01", "<DT4; TSDU 01", COTP_OPEN },
		{ "NDISind", GONE("network"), COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, script);
}

static void user_refuses(void **state)
{
	static const struct line script[] = {
		CALLED,
		{ "TDISreq congestion", "DR dst=4321 src=0000 reason=congestion", COTP_CLOSED },
		/* The network connection is still there: the next CR is a new one. */
		{ CR_IN, "<CR; T-CONNECT ind", COTP_WFTRESP },
		{ "TDISreq 200", "DR dst=4321 src=0000 reason=200", COTP_CLOSED },
		{ CR_IN, "<CR; T-CONNECT ind", COTP_WFTRESP },
		{ "TDISreq wide", "DR dst=4321 src=0000 reason=not-specified", COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, script);
}

static void requests_that_the_state_does_not_allow_do_nothing(void **state)
{
	static const struct line script[] = {
		{ "TCONresp", "", COTP_CLOSED },
		{ "TDTreq", "", COTP_CLOSED },
		{ "TDISreq", "", COTP_CLOSED },
		{ "timer", "", COTP_CLOSED },
		{ "NDISind", "", COTP_CLOSED },
		OPENED,
		{ "TCONreq", "", COTP_OPEN },
		{ "TCONresp", "", COTP_OPEN },
		{ "timer", "", COTP_OPEN },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, script);
}

static void initiator_gives_up(void **state)
{
	static const struct line before_network[] = {
		{ "TCONreq", "N-CONNECT req", COTP_WFNC },
		{ "TDISreq", CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line network_fails[] = {
		{ "TCONreq", "N-CONNECT req", COTP_WFNC },
		{ "NDISind", GONE("network"), COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line before_cc[] = {
		ASKED,
		{ "TDISreq", CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line network_lost[] = {
		ASKED,
		{ "NDISind", GONE("network"), COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, before_network);
	play(&plain, network_fails);
	play(&plain, before_cc);
	play(&plain, network_lost);
}

/* P4: the network connection is being opened and no transport connection
 * waits for it. */
static void request_while_network_opens(void **state)
{
	struct end *e = malloc(sizeof *e);

	(void)state;
	assert_non_null(e);
	end_init(e, &plain);
	e->c.network = COTP_NETWORK_OPENING;
	stimulate(e, "TCONreq");
	assert_string_equal(e->log_buf, "");
	assert_int_equal(e->c.state, COTP_WFNC);
	stimulate(e, "NCONconf");
	assert_string_equal(e->log_buf, CR_OUT);
	end_drop(e);
	free(e);
}

static void responder_loses_network(void **state)
{
	static const struct line script[] = {
		CALLED,
		{ "NDISind", GONE("network"), COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, script);
}

static void peer_refuses(void **state)
{
	static const struct line by_dr[] = {
		ASKED,
		{ "< 06 80 1234 0000 03", "<DR; " GONE("address-unknown") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line by_er[] = {
		ASKED,
		{ "< 08 70 1234 01 c1 02 06e0", "<ER; " GONE("er") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line for_the_user[] = {
		ASKED,
		{ "< 06 80 1234 0077 80", "<DR; " GONE("normal") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, by_dr);
	play(&plain, by_er);
	play(&plain, for_the_user);
}

/* X.224 6.9.1.4.2: DST-REF is not ours. */
static void tpdus_of_no_connection(void **state)
{
	static const struct line cc[] = {
		ASKED,
		{ "< 06 d0 9999 4321 00",
		  "<CC; cotp.not-associated @2; DR dst=4321 src=0000 reason=not-specified",
		  COTP_WFCC },
		{ CC_IN, "<CC; T-CONNECT cnf", COTP_OPEN },
		{ "< 08 70 9999 01 c1 02 06e0", "<ER; cotp.not-associated @2", COTP_OPEN },
		{ "< 06 80 9999 0000 80", "<DR; cotp.not-associated @2", COTP_OPEN },
		{ "< 05 c0 9999 4321", "<DC; cotp.code-class @1; cotp.not-associated @2",
		  COTP_OPEN },
		{ "< 06 80 9999 4321 80",
		  "<DR; cotp.not-associated @2; " CLOSE "; " GONE("protocol"), COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, cc);
}

static void tpdus_before_any_connection(void **state)
{
	static const struct line script[] = {
		{ "NCONind", "", COTP_CLOSED },
		{ "< 02f080 41", "<DT4", COTP_CLOSED },
		{ "< 05 c0 1234 4321", "<DC; cotp.code-class @1", COTP_CLOSED },
		{ "< 04 60 1234 00", "<AK; cotp.code-class @1", COTP_CLOSED },
		{ "< 04 20 1234 00", "<EA; cotp.code-class @1", COTP_CLOSED },
		{ "< 04 10 1234 80 41", "<ED; cotp.code-class @1", COTP_CLOSED },
		{ "< 04 50 1234 00", "<RJ; cotp.code-class @1", COTP_CLOSED },
		{ "< 07 70 1234 00 c1 01 06", "<ER", COTP_CLOSED },
		{ "< 06 80 1234 0000 00", "<DR", COTP_CLOSED },
		{ CC_IN, "<CC; DR dst=4321 src=0000 reason=not-specified", COTP_CLOSED },
		{ "< 06 80 1234 4321 00", "<DR; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line undecodable[] = {
		{ "NCONind", "", COTP_CLOSED },
		{ "< 02 40 00", "<?; cotp.code @1; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, script);
	play(&plain, undecodable);
}

/* DC, AK, EA and ED do not exist in class 0; RJ, CC have blank cells. */
static void tpdus_of_other_classes_close(void **state)
{
	static const char *const tpdus[][2] = {
		{ "< 05 c0 1234 4321", "<DC" }, { "< 04 60 1234 00", "<AK" },
		{ "< 04 20 1234 00", "<EA" }, { "< 04 10 1234 80 41", "<ED" },
		{ "< 02 10 80 41", "<ED" }, { "< 04 50 1234 00", "<RJ" },
	};
	char expect[160];

	(void)state;
	for (size_t i = 0; i < sizeof tpdus / sizeof tpdus[0]; i++) {
		snprintf(expect, sizeof expect, "%s; cotp.code-class @1; cotp.unexpected @1; "
		         GONE("protocol") "; " CLOSE, tpdus[i][1]);
		play(&plain, (struct line[]){ OPENED, { tpdus[i][0], expect, COTP_CLOSED },
		                              { NULL, NULL, 0 } });
		play(&plain, (struct line[]){ ASKED, { tpdus[i][0], expect, COTP_CLOSED },
		                              { NULL, NULL, 0 } });
		play(&plain, (struct line[]){ CALLED, { tpdus[i][0], expect, COTP_CLOSED },
		                              { NULL, NULL, 0 } });
	}
}

#define UNEXPECTED "; cotp.unexpected @1; " GONE("protocol") "; " CLOSE

static void inopportune_tpdus_close(void **state)
{
	static const struct line dr_when_open[] = {
		OPENED,
		{ "< 06 80 1234 4321 80", "<DR" UNEXPECTED, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line cc_twice[] = {
		OPENED,
		{ CC_IN, "<CC" UNEXPECTED, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line er_when_open[] = {
		OPENED,
		{ "< 07 70 1234 02 c1 01 02",
		  "<ER; cotp.er-received @1; " GONE("er") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line dt_before_cc[] = {
		ASKED,
		{ "< 02f080 41", "<DT4" UNEXPECTED, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line dt_before_response[] = {
		CALLED,
		{ "< 02f080 41", "<DT4" UNEXPECTED, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line dr_of_class_0_initiator[] = {
		CALLED,
		{ "< 06 80 1234 4321 80", "<DR" UNEXPECTED, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line er_before_response[] = {
		CALLED,
		{ "< 07 70 1234 02 c1 01 02",
		  "<ER; cotp.er-received @1; " GONE("er") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, dr_when_open);
	play(&plain, cc_twice);
	play(&plain, er_when_open);
	play(&plain, dt_before_cc);
	play(&plain, dt_before_response);
	play(&plain, dr_of_class_0_initiator);
	play(&plain, er_before_response);
}

/* X.224 6.9.1.4.2: a second CR on a class 0 connection. */
static void second_cr(void **state)
{
	static const struct line open[] = {
		OPENED,
		{ CR_IN, "<CR; " GONE("protocol") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line asked[] = {
		ASKED,
		{ CR_IN, "<CR; " GONE("protocol") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line called[] = {
		CALLED,
		{ CR_IN, "<CR; " GONE("protocol") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	/* P9: class 4 repeats its CR until the CC is there. */
	static const struct line repeated[] = {
		{ "NCONind", "", COTP_CLOSED },
		{ "< 09 e0 0000 4321 40 c7 01 00", "<CR; T-CONNECT ind", COTP_WFTRESP },
		{ "< 09 e0 0000 4321 40 c7 01 00", "<CR", COTP_WFTRESP },
		{ "TCONresp", CC_OUT, COTP_OPEN },
		{ "< 09 e0 0000 4321 40 c7 01 00", "<CR", COTP_OPEN },
		{ "< 09 e0 0000 4322 40 c7 01 00", "<CR; " GONE("protocol") "; " CLOSE,
		  COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line withdrawn[] = {
		{ "NCONind", "", COTP_CLOSED },
		{ "< 09 e0 0000 4321 40 c7 01 00", "<CR; T-CONNECT ind", COTP_WFTRESP },
		{ "< 06 80 1234 4321 80", "<DR; " GONE("normal"), COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, open);
	play(&plain, asked);
	play(&plain, called);
	play(&plain, repeated);
	play(&plain, withdrawn);
}

static void undecodable_tpdus_close(void **state)
{
	static const struct line open[] = {
		OPENED,
		{ "< 03 f0 80 00 41", "<DT5; cotp.dt-header @0; " GONE("protocol") "; " CLOSE,
		  COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line asked[] = {
		ASKED,
		{ "< ff d0 1234 4321 00", "<?; cotp.li-reserved @0; " GONE("protocol") "; " CLOSE,
		  COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line called[] = {
		CALLED,
		{ "< 06 b0 1234 4321 00", "<?; cotp.code @1; " GONE("protocol") "; " CLOSE,
		  COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line bad_cc_when_open[] = {
		OPENED,
		{ "< 08 d0 1234 4321 00 c8 00",
		  "<CC; cotp.parameter-undefined @7; " GONE("protocol") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, open);
	play(&plain, asked);
	play(&plain, called);
	play(&plain, bad_cc_when_open);
}

static void errors_are_reported_if_configured(void **state)
{
	static const struct line script[] = {
		OPENED,
		{ "< 02f080 41", "<DT4; TSDU 41", COTP_OPEN },
		{ "< 06 80 1234 4321 80", "<DR; cotp.unexpected @1; "
		  "ER dst=4321 cause=invalid-tpdu-type invalid=0680", COTP_OPEN },
		/* What follows is passed over, and never another ER. */
		{ "< 02f080 42", "", COTP_OPEN },
		{ "< 02 40 00", "", COTP_OPEN },
		{ "timer", "cotp.timeout @0; " GONE("timeout") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line values[] = {
		OPENED,
		{ "< 02 40 00", "<?; cotp.code @1; ER dst=4321 cause=invalid-tpdu-type "
		  "invalid=0240", COTP_OPEN },
		{ "NDISind", GONE("network"), COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line parameter[] = {
		OPENED,
		{ "< 09 80 1234 4321 00 c1 01 41", "<DR; cotp.parameter-undefined @7; "
		  "ER dst=4321 cause=invalid-parameter-code invalid=09801234432100c1", COTP_OPEN },
		{ NULL, NULL, 0 },
	};
	static const struct line er_gets_no_er[] = {
		OPENED,
		{ "< 07 70 1234 02 c1 01 02",
		  "<ER; cotp.er-received @1; " GONE("er") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	static const struct line not_before_cc[] = {
		ASKED,
		{ "< 02f080 41", "<DT4" UNEXPECTED, COTP_CLOSED },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&reporting, script);
	play(&reporting, values);
	play(&reporting, parameter);
	play(&reporting, er_gets_no_er);
	play(&reporting, not_before_cc);
}

/* 13.12: LI of the ER ends at 254, so 248 octets of the rejected TPDU fit. */
static void er_quotes_what_fits(void **state)
{
	struct end *e = malloc(sizeof *e);
	uint8_t frame[TPKT_HEADER_OCTETS + 255] = { 0 };

	(void)state;
	assert_non_null(e);
	tpkt_header(frame, 255);
	from_hex("fe 80 1234 4321 00 e0 f2", frame + TPKT_HEADER_OCTETS);
	from_hex("c1 02", frame + TPKT_HEADER_OCTETS + 251);
	end_init(e, &reporting);
	stimulate(e, "NCONconf");
	stimulate(e, "TCONreq");
	stimulate(e, CC_IN);
	push(e, frame, sizeof frame);
	assert_non_null(strstr(e->log_buf, "cotp.parameter-undefined @251; "
	                                   "ER dst=4321 cause=invalid-parameter-code "
	                       "invalid=fe80"));
	assert_non_null(strstr(e->log_buf, "..+216"));
	end_drop(e);
	free(e);
}

static void zero_configuration(void **state)
{
	static const struct cotp_config zero;

	(void)state;
	play(&zero, (struct line[]){
		{ "NCONconf", "", COTP_CLOSED },
		{ "TCONreq", "CR dst=0000 src=0001 class=0", COTP_WFCC },
		{ NULL, NULL, 0 } });
}

static void invalid_cr_gets_an_er(void **state)
{
	static const struct line script[] = {
		{ "NCONind", "", COTP_CLOSED },
		{ "< 06 e0 0000 4321 50", "<CR; cotp.class @6; "
		  "ER dst=4321 cause=invalid-parameter-value invalid=06e00000432150", COTP_CLOSED },
		{ "< 0a e0 0000 4321 00 c1 09 41 42", "<CR; cotp.parameter-cut @9; "
		  "ER dst=4321 cause=not-specified invalid=0ae00000432100c10941", COTP_CLOSED },
		{ "< 04 e0 0000 43 21 00",
		  "<CR; cotp.fixed-part @4; ER dst=0000 cause=not-specified invalid=04e0000043",
		  COTP_CLOSED },
		{ CR_IN, "<CR; T-CONNECT ind", COTP_WFTRESP },
		{ NULL, NULL, 0 },
	};

	(void)state;
	play(&plain, script);
}

static void unacceptable_cr_gets_a_dr(void **state)
{
	static const struct line script[] = {
		{ "NCONind", "", COTP_CLOSED },
		{ "< 06 e0 0000 4321 40", "<CR; cotp.no-class @6; "
		  "DR dst=4321 src=0000 reason=negotiation-failed", COTP_CLOSED },
		{ "< 0f e0 0000 4321 00 c2 07 4e4f4e45 414141", "<CR; cotp.called @6; "
		  "DR dst=4321 src=0000 reason=address-unknown", COTP_CLOSED },
		{ CR_IN, "<CR; cotp.called @6; DR dst=4321 src=0000 reason=address-unknown",
		  COTP_CLOSED },
		{ "< 0c e0 0000 4321 00 c2 04 48455245", "<CR; cotp.calling @6; "
		  "DR dst=4321 src=0000 reason=address-unknown", COTP_CLOSED },
		{ "< 13 e0 0000 4321 00 c2 04 48455245 c1 05 5448455245",
		  "<CR; T-CONNECT ind calling=\"THERE\" called=\"HERE\"", COTP_WFTRESP },
		{ NULL, NULL, 0 },
	};
	static const struct line other_reason[] = {
		{ "NCONind", "", COTP_CLOSED },
		{ CR_IN, "<CR; cotp.called @6; "
		  "DR dst=4321 src=0000 reason=session-entity-not-attached", COTP_CLOSED },
		{ NULL, NULL, 0 },
	};
	struct cotp_config not_attached = named;

	(void)state;
	play(&named, script);
	not_attached.wrong_called = COTP_REASON_NOT_ATTACHED;
	play(&not_attached, other_reason);
}

static void class_0_as_alternative(void **state)
{
	static const struct { const char *cr; bool accepted; } cases[] = {
		{ "< 06 e0 0000 4321 10", true },		/* 1: 0 is implied */
		{ "< 06 e0 0000 4321 20", false },
		{ "< 09 e0 0000 4321 20 c7 01 00", true },
		{ "< 09 e0 0000 4321 30 c7 01 10", true },	/* 3 with 1: 3, 2, 1 or 0 */
		{ "< 09 e0 0000 4321 30 c7 01 20", false },
		{ "< 0a e0 0000 4321 40 c7 02 30 00", true },
		{ "< 09 e0 0000 4321 40 c7 01 40", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		play(&plain, (struct line[]){
			{ "NCONind", "", COTP_CLOSED },
			{ cases[i].cr, cases[i].accepted ? "<CR; T-CONNECT ind" :
			  "<CR; cotp.no-class @6; DR dst=4321 src=0000 reason=negotiation-failed",
			  cases[i].accepted ? COTP_WFTRESP : COTP_CLOSED },
			{ NULL, NULL, 0 } });
}

#define NOT_ACCEPTED GONE("cc") "; " CLOSE

static void unacceptable_cc(void **state)
{
	static const struct { const char *cc, *expect; } cases[] = {
		{ "< 06 d0 1234 4321 20", "<CC; cotp.cc-class @6; " NOT_ACCEPTED },
		{ "< 09 d0 1234 4321 00 f0 01 01", "<CC; cotp.cc-preferred @6; " NOT_ACCEPTED },
		{ "< 09 d0 1234 4321 00 c0 01 0b", "<CC; cotp.cc-size @6; " NOT_ACCEPTED },
		{ "< 08 d0 1234 4321 00 c8 00",
		  "<CC; cotp.parameter-undefined @7; " NOT_ACCEPTED },
		{ "< 06 d0 1234 4321 60", "<CC; cotp.class @6; " NOT_ACCEPTED },
	};
	struct cotp_config config = plain;

	(void)state;
	config.size = 10;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		play(&config, (struct line[]){
			{ "NCONconf", "", COTP_CLOSED },
			{ "TCONreq", CR_OUT " size=1024", COTP_WFCC },
			{ cases[i].cc, cases[i].expect, COTP_CLOSED },
			{ NULL, NULL, 0 } });
}

/* RFC 2126 6.4: a CC ought to say the size, but one that does not is usable. */
static void cc_without_size(void **state)
{
	struct cotp_config config = plain;

	(void)state;
	config.size = 10;
	play(&config, (struct line[]){
		{ "NCONconf", "", COTP_CLOSED },
		{ "TCONreq", CR_OUT " size=1024", COTP_WFCC },
		{ CC_IN, "<CC; cotp.cc-size-absent @6; T-CONNECT cnf", COTP_OPEN },
		{ NULL, NULL, 0 } });
}

static void selectors_are_sent(void **state)
{
	struct end *e = malloc(sizeof *e);
	struct service_names names = { .called_tsel = O("P1") };
	struct service s = { .names = &names };

	(void)state;
	assert_non_null(e);
	play(&named, (struct line[]){
		{ "NCONconf", "", COTP_CLOSED },
		{ "TCONreq", CR_OUT " calling=\"HERE\" called=\"THERE\"", COTP_WFCC },
		{ "< 08 d0 1234 4321 00 c2 00", "<CC; T-CONNECT cnf called=\"\"", COTP_OPEN },
		{ NULL, NULL, 0 } });
	end_init(e, &named);
	stimulate(e, "NCONconf");
	tell(e, LAYER_COTP, SERVICE_CONNECT, REQUEST, &s);
	assert_string_equal(e->log_buf, CR_OUT " calling=\"HERE\" called=\"P1\"");
	end_drop(e);
	end_init(e, &plain);
	stimulate(e, "NCONind");
	stimulate(e, CR_IN);
	names.calling_tsel = (struct octets)O("Q");
	tell(e, LAYER_COTP, SERVICE_CONNECT, RESPONSE, &s);
	assert_non_null(strstr(e->log_buf, CC_OUT " calling=\"Q\" called=\"P1\""));
	end_drop(e);
	free(e);
}

/* P0: a CR is at most 128 octets long (13.3). */
static void cr_that_would_be_too_long(void **state)
{
	struct cotp_config config = plain;
	char name[121], expect[200];

	(void)state;
	memset(name, 'A', sizeof name);
	snprintf(expect, sizeof expect, CR_OUT " calling=\"%.119s\"", name);
	config.local = (struct octets){ (const uint8_t *)name, 119 };
	play(&config, (struct line[]){
		{ "NCONconf", "", COTP_CLOSED },
		{ "TCONreq", expect, COTP_WFCC },
		{ NULL, NULL, 0 } });
	config.local.n = 120;
	play(&config, (struct line[]){
		{ "NCONconf", "", COTP_CLOSED },
		{ "TCONreq", "cotp.cr-too-long @0; " GONE("request"), COTP_CLOSED },
		{ NULL, NULL, 0 } });
}

/* ---- timers ---- */

static void timers(void **state)
{
	struct end *e = malloc(sizeof *e);

	(void)state;
	assert_non_null(e);
	end_init(e, &timed);
	assert_true(cotp_deadline(&e->c) == NEVER_US);
	stimulate(e, "NCONconf");
	stimulate(e, "TCONreq");
	assert_true(cotp_deadline(&e->c) == 1000 + 5 * SECOND_US);
	stimulate(e, CC_IN);
	assert_true(cotp_deadline(&e->c) == NEVER_US);
	end_drop(e);
	free(e);
	play(&timed, (struct line[]){
		ASKED,
		{ "timer", "cotp.timeout @0; " GONE("timeout") "; " CLOSE, COTP_CLOSED },
		{ "timer", "", COTP_CLOSED },
		{ NULL, NULL, 0 } });
	/* After a refusal the network connection is ours to close. */
	play(&timed, (struct line[]){
		CALLED,
		{ "TDISreq", "DR dst=4321 src=0000 reason=not-specified", COTP_CLOSED },
		{ "timer", CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 } });
	/* Unless the peer tries again. */
	play(&timed, (struct line[]){
		CALLED,
		{ "TDISreq", "DR dst=4321 src=0000 reason=not-specified", COTP_CLOSED },
		{ CR_IN, "<CR; T-CONNECT ind", COTP_WFTRESP },
		{ "timer", "", COTP_WFTRESP },
		{ NULL, NULL, 0 } });
}

static void no_timers_unless_configured(void **state)
{
	static const int64_t off[] = { 0, NEVER_US };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct end *e = malloc(sizeof *e);
		struct cotp_config config = plain;

		assert_non_null(e);
		config.ts1_us = config.ts2_us = off[i];
		end_init(e, &config);
		stimulate(e, "NCONconf");
		stimulate(e, "TCONreq");
		assert_int_equal(e->c.state, COTP_WFCC);
		assert_true(cotp_deadline(&e->c) == NEVER_US);
		end_drop(e);
		free(e);
	}
}

/* ---- TPDU size ---- */

struct negotiation {
	uint8_t size;			/* of the configuration */
	uint32_t preferred;
	const char *in;			/* CR or CC */
	const char *cc;			/* our CC, or NULL */
	uint32_t agreed;
};

static void negotiate(const struct negotiation *n, bool initiator)
{
	struct end *e = malloc(sizeof *e);
	struct cotp_config config = plain;

	assert_non_null(e);
	config.size = n->size;
	config.preferred = n->preferred;
	end_init(e, &config);
	stimulate(e, initiator ? "NCONconf" : "NCONind");
	if (initiator)
		stimulate(e, "TCONreq");
	stimulate(e, n->in);
	text_init(&e->log, e->log_buf, sizeof e->log_buf);
	if (!initiator) {
		stimulate(e, "TCONresp");
		assert_string_equal(e->log_buf, n->cc);
	}
	assert_int_equal(e->c.state, COTP_OPEN);
	assert_int_equal(e->c.tpdu_size, n->agreed);
	assert_int_equal(e->c.reader.tpdu_size, n->agreed);
	end_drop(e);
	free(e);
}

static void responder_never_raises_the_size(void **state)
{
	static const struct negotiation cases[] = {
		{ 0, 0, CR_IN, CC_OUT, 65531 },
		{ 9, 0, CR_IN, CC_OUT " size=512", 512 },
		{ 0, 0, "< 09 e0 0000 4321 00 c0 01 0a", CC_OUT " size=1024", 1024 },
		{ 8, 0, "< 09 e0 0000 4321 00 c0 01 0a", CC_OUT " size=256", 256 },
		{ 11, 0, "< 09 e0 0000 4321 00 c0 01 07", CC_OUT " size=128", 128 },
		/* 8192 is not of class 0: 2048 is the largest answer. */
		{ 0, 0, "< 09 e0 0000 4321 00 c0 01 0d", CC_OUT " size=2048", 2048 },
		{ 0, 12, "< 09 e0 0000 4321 00 c0 01 0b", CC_OUT " size=1024", 1024 },
		/* An ignored size is no size. */
		{ 0, 0, "< 09 e0 0000 4321 00 c0 01 10", CC_OUT, 65531 },
		/* F0 is answered by F0 alone. */
		{ 0, 0, "< 0d e0 0000 4321 00 c0 01 0a f0 02 01 00", CC_OUT " preferred=32768",
		  32768 },
		{ 0, 16, "< 0d e0 0000 4321 00 c0 01 0a f0 02 01 00", CC_OUT " preferred=2048",
		  2048 },
		{ 10, 0, "< 0a e0 0000 4321 00 f0 02 01 00", CC_OUT " preferred=1024", 1024 },
		{ 0, 0, "< 0c e0 0000 4321 00 f0 04 ff ff ff ff", CC_OUT " preferred=65408",
		  65408 },
		{ 0, 0, "< 0a e0 0000 4321 00 f0 02 01 ff", CC_OUT " preferred=65408", 65408 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		negotiate(&cases[i], false);
}

static void initiator_takes_what_is_selected(void **state)
{
	static const struct negotiation cases[] = {
		{ 0, 0, CC_IN, NULL, 65531 },
		{ 0, 0, "< 09 d0 1234 4321 00 c0 01 0a", NULL, 1024 },
		{ 11, 0, "< 09 d0 1234 4321 00 c0 01 07", NULL, 128 },
		{ 11, 0, CC_IN, NULL, 2048 },
		{ 0, 100, CC_IN, NULL, 12800 },
		{ 10, 100, CC_IN, NULL, 1024 },
		{ 10, 100, "< 09 d0 1234 4321 00 f0 01 32", NULL, 6400 },
		{ 10, 100, "< 09 d0 1234 4321 00 c0 01 09", NULL, 512 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		negotiate(&cases[i], true);
}

static void longer_dt_than_agreed(void **state)
{
	struct cotp_config config = plain;
	char dt[2 * 130 + 8] = "< ";

	(void)state;
	config.size = 7;
	strcat(dt, "02f080");
	for (size_t i = 0; i < 126; i++)
		strcat(dt, "41");
	play(&config, (struct line[]){
		{ "NCONind", "", COTP_CLOSED },
		{ CR_IN, "<CR; T-CONNECT ind", COTP_WFTRESP },
		{ "TCONresp", CC_OUT " size=128", COTP_OPEN },
		{ dt, "<DT129; cotp.dt-size @128; " GONE("protocol") "; " CLOSE, COTP_CLOSED },
		{ NULL, NULL, 0 } });
}

static void cutting(void **state)
{
	struct cotp c;
	uint8_t h[COTP_CUT_HEADER_OCTETS];

	(void)state;
	cotp_init(&c, &plain);
	assert_int_equal(cotp_cut(&c, 0, h), 0);
	assert_memory_equal(h, "\x03\x00\x00\x07\x02\xf0\x80", 7);
	assert_int_equal(cotp_cut(&c, 65528, h), 65528);
	assert_memory_equal(h, "\x03\x00\xff\xff\x02\xf0\x80", 7);
	assert_int_equal(cotp_cut(&c, UINT64_MAX, h), 65528);
	assert_memory_equal(h, "\x03\x00\xff\xff\x02\xf0\x00", 7);
	c.tpdu_size = 128;
	assert_int_equal(cotp_cut(&c, 126, h), 125);
	assert_memory_equal(h, "\x03\x00\x00\x84\x02\xf0\x00", 7);
	assert_int_equal(cotp_cut(&c, 125, h), 125);
	assert_memory_equal(h, "\x03\x00\x00\x84\x02\xf0\x80", 7);
}

/* ---- cuts of the stream ---- */

/* CR with two selectors; DTs of one TSDU, one of them empty; ER at the end. */
static const char conversation[] =
	"03000014 0f e0 0000 4321 00 c1 02 4142 c2 03 434445"
	"03000009 02f000 0102"
	"03000007 02f080"
	"0300000b 02f080 0a0b0c0d"
	"0300000f 0a 70 1234 02 c1 04 06e00000";

enum { FIRST_FRAME = 20 };

static void converse(const size_t cuts[2], char *log, size_t refuse_take)
{
	struct end *e = malloc(sizeof *e);
	uint8_t octets[256];
	size_t n = from_hex(conversation, octets);
	size_t ends[3] = { cuts[0], cuts[1], n };
	size_t at = 0;

	assert_non_null(e);
	end_init(e, &plain);
	e->pool.refuse = refuse_take;
	stimulate(e, "NCONind");
	for (size_t i = 0; i < 3; i++) {
		/* The user answers as soon as it is asked. */
		while (at < ends[i]) {
			size_t to = at < FIRST_FRAME && ends[i] > FIRST_FRAME ? FIRST_FRAME :
			            ends[i];

			push(e, octets + at, to - at);
			at = to;
			if (e->c.state == COTP_WFTRESP)
				stimulate(e, "TCONresp");
		}
	}
	snprintf(log, LOG_MAX, "%s", e->log_buf);
	end_drop(e);
	free(e);
}

static void same_events_for_every_cut(void **state)
{
	static char whole[LOG_MAX], cut[LOG_MAX];
	uint8_t octets[256];
	size_t n = from_hex(conversation, octets);

	(void)state;
	converse((size_t[]){ n, n }, whole, 0);
	assert_string_equal(whole,
		"<CR; T-CONNECT ind calling=\"AB\" called=\"CDE\"; " CC_OUT "; "
		"<DT5; <DT3; TSDU 0102; <DT7; TSDU 0a0b0c0d; "
		"<ER; cotp.er-received @1; " GONE("er") "; " CLOSE);
	for (size_t a = 0; a <= n; a++)
		for (size_t b = a; b <= n; b++) {
			converse((size_t[]){ a, b }, cut, 0);
			if (strcmp(whole, cut) != 0)
				fail_msg("cut at %zu and %zu:\n  %s\n  %s", a, b, whole, cut);
		}
}

static void no_memory_to_hold_a_tpdu(void **state)
{
	static char log[LOG_MAX];

	(void)state;
	for (size_t cut = 5; cut < FIRST_FRAME; cut++) {
		converse((size_t[]){ cut, cut }, log, 1);
		assert_non_null(strstr(log, "<?; cotp.memory @0; " CLOSE));
	}
}

/* More than COTP_HELD_MAX octets of user data change nothing but the count. */
static void long_user_data_are_not_held(void **state)
{
	uint8_t frame[2000] = { 0 };
	struct end *e = malloc(sizeof *e);

	(void)state;
	assert_non_null(e);
	from_hex("06e000004321 00", frame + 4);
	tpkt_header(frame, sizeof frame - 4);
	for (size_t by = sizeof frame; by > 0; by /= 3) {
		end_init(e, &plain);
		stimulate(e, "NCONind");
		for (size_t at = 0; at < sizeof frame; at += by)
			push(e, frame + at, by < sizeof frame - at ? by : sizeof frame - at);
		assert_string_equal(e->log_buf, FINDINGS_MAX < 3 ?
			"<CR; cotp.user-data @7; cotp.user-data-length @7; T-CONNECT ind" :
			"<CR; cotp.user-data @7; cotp.user-data-length @7; cotp.cr-length @128; "
			"T-CONNECT ind");
		assert_true(e->pool.peak <= COTP_HELD_MAX);
		end_drop(e);
	}
	free(e);
}

/* Events show the TPDU until they are taken, even if the next one is here. */
static void gathered_octets_live_as_long_as_events(void **state)
{
	struct end *e = malloc(sizeof *e);
	uint8_t cr[32] = { 0 };
	size_t n = from_hex("0300000b 06 e0 0000 4321 00", cr);

	(void)state;
	assert_non_null(e);
	end_init(e, &plain);
	stimulate(e, "NCONind");
	push(e, cr, 9);
	assert_int_equal(e->kept.n, 0);
	push(e, cr + 9, n - 9);
	assert_int_equal(e->kept.n, 1);
	assert_null(e->c.reader.held.p);
	kept_drop(&e->kept, &e->pool.pool);
	assert_int_equal(e->pool.leases, 0);
	end_drop(e);
	/* Without room for the lease the event shows no octets. */
	end_init(e, &plain);
	e->kept.n = KEPT_MAX;
	stimulate(e, "NCONind");
	push(e, cr, 9);
	push(e, cr + 9, n - 9);
	assert_string_equal(e->log_buf, "<CR; T-CONNECT ind");
	e->kept.n = 0;
	end_drop(e);
	free(e);
}

/* All frames of one read, events left where they are. */
static void push_unsettled(struct end *e, const uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		struct tpkt_piece piece;

		at += tpkt_push(&e->tpkt, p + at, n - at, &piece, &e->findings);
		if (piece.octets.n)
			cotp_push(&e->c, &e->turn, &piece);
	}
}

/* DTs whose headers are cut at both ends of a read: each event shows its own. */
static void headers_live_as_long_as_events(void **state)
{
	struct end *e = malloc(sizeof *e);
	uint8_t octets[64];
	size_t n = from_hex("03000008 02f000 41 03000008 02f080 42 03000008 02f000 43", octets);
	struct event v;
	unsigned seen = 0;

	(void)state;
	assert_non_null(e);
	end_init(e, &plain);
	stimulate(e, "NCONconf");
	stimulate(e, "TCONreq");
	stimulate(e, CC_IN);
	push_unsettled(e, octets, 5);
	push_unsettled(e, octets + 5, n - 5 - 2);
	while (event_queue_get(&e->outer, &v)) {
		if (v.kind != EVENT_PDU_IN)
			continue;
		assert_int_equal(v.length, COTP_DT_HEADER_OCTETS);
		assert_memory_equal(v.data, seen ? "\x02\xf0\x80" : "\x02\xf0\x00", 3);
		seen++;
	}
	assert_int_equal(seen, 2);
	end_drop(e);
	free(e);
}

static void an_idle_end_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct cotp) + sizeof(struct tpkt) <= 320);
}

/* ---- the codec, both ways ---- */

static void octets_build_again(void **state)
{
	static const char *const tpdus[] = {
		"18 e0 0000 17c4 00 c1 07 583430302d3838 c2 07 583430302d3838",
		"0f e0 0000 1234 00 c0 01 0a f0 04 010001ff",
		"0c e3 0000 0001 21 c6 01 03 c7 01 00",
		"0a e0 0000 0001 00 c1 00 c2 00",
		"06 d0 17c4 034c 00",
		"06 80 17c4 0000 03",
		"0c 80 17c4 0000 00 e0 04 62757379",
		"05 c0 0001 0002",
		"02 f0 00 414243", "02 f1 85 41", "02 f0 80",
		"04 10 0001 80 41", "02 10 80 41", "04 6f 0001 05", "04 20 0001 03",
		"04 51 0001 02", "0d 70 17c4 03 c1 07 06e0000017c450",
	};

	(void)state;
	for (size_t i = 0; i < sizeof tpdus / sizeof tpdus[0]; i++) {
		uint8_t in[128], out[128];
		size_t n = from_hex(tpdus[i], in);
		struct findings f = { .n = 0 };
		struct nodes nodes;
		struct cotp_pdu pdu;
		struct node *tree;

		nodes_reset(&nodes);
		assert_true(cotp_decode((struct octets){ in, n }, &pdu, &f));
		tree = cotp_build(&nodes, &pdu);
		assert_int_equal(node_size(tree), n);
		assert_int_equal(node_write(&nodes, tree, out, sizeof out), n);
		assert_memory_equal(in, out, n);
	}
}

static void preferred_size_takes_the_octets_it_needs(void **state)
{
	static const uint32_t values[] = { 1, 255, 256, 65535, 65536, 1 << 24, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct cotp_pdu cr = { .kind = COTP_CR, .src_ref = 1, .has = COTP_HAS_PREFERRED,
		                       .preferred = values[i] };
		struct findings f = { .n = 0 };
		struct cotp_pdu back;
		struct nodes nodes;
		uint8_t out[64];
		size_t n;

		nodes_reset(&nodes);
		n = (size_t)node_size(cotp_build(&nodes, &cr));
		assert_int_equal(n, cotp_cr_length(&cr));
		assert_int_equal(node_write(&nodes, &nodes.at[0], out, sizeof out), n);
		assert_true(cotp_decode((struct octets){ out, n }, &back, &f));
		assert_int_equal(back.preferred, values[i]);
	}
}

static void extra_parameters_and_lies(void **state)
{
	static const uint8_t extra[] = { 0xc8, 0x01, 0x00, 0xc0, 0x01, 0x09 };
	struct cotp_pdu cr = { .kind = COTP_CR, .src_ref = 1, .has = COTP_HAS_SIZE, .size = 7,
	                       .extra = { extra, sizeof extra } };
	struct findings f = { .n = 0 };
	struct cotp_pdu back;
	struct nodes nodes;
	struct node *tree;
	uint8_t out[64];
	size_t n;

	(void)state;
	nodes_reset(&nodes);
	tree = cotp_build(&nodes, &cr);
	n = (size_t)node_size(tree);
	assert_int_equal(n, cotp_cr_length(&cr));
	assert_int_equal(node_write(&nodes, tree, out, sizeof out), n);
	assert_true(cotp_decode((struct octets){ out, n }, &back, &f));
	assert_int_equal(back.unknown, 1);
	assert_int_equal(back.size, 9);
	tree->first->lie = 1;
	assert_int_equal(node_size(tree), n);
	assert_int_equal(node_write(&nodes, tree, out, sizeof out), n);
	assert_int_equal(out[0], n);		/* LI is one too long, nothing else */
	assert_false(cotp_decode((struct octets){ out, n }, &back, &f));
}

static void header_that_cannot_be_written(void **state)
{
	static const uint8_t name[250];
	struct cotp_pdu cr = { .kind = COTP_CR, .src_ref = 1, .has = COTP_HAS_CALLED,
	                       .called = { name, 246 } };
	struct nodes nodes;

	(void)state;
	nodes_reset(&nodes);
	assert_int_equal(node_size(cotp_build(&nodes, &cr)), 255);
	assert_false(nodes.full);
	cr.called.n = 247;
	cotp_build(&nodes, &cr);
	assert_true(nodes.full);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(cotp_kind_name(COTP_RJ), "RJ");
	assert_string_equal(cotp_kind_name(COTP_KINDS), "?");
	assert_string_equal(cotp_reason_name(130), "negotiation-failed");
	assert_null(cotp_reason_name(137));
	assert_string_equal(cotp_cause_name(2), "invalid-tpdu-type");
	assert_null(cotp_cause_name(4));
	assert_string_equal(cotp_disconnect_name(1), "congestion");
	assert_string_equal(cotp_disconnect_name(77), "?");
	assert_string_equal(cotp_disconnect_name(COTP_GONE_REQUEST), "request");
	assert_string_equal(cotp_disconnect_name(COTP_GONE_REQUEST + 1), "?");
	assert_string_equal(cotp_state_name(COTP_STATES), "?");
	assert_string_equal(cotp_event_name(COTP_EVENTS), "?");
	for (unsigned i = 0; i < COTP_EVENTS; i++)
		assert_non_null(cotp_event_name(i));
	for (unsigned i = 0; i < COTP_RULES_N; i++)
		assert_int_equal(cotp_rules[i].id, LAYER_COTP * 256 + i);
}

/* ---- the table ---- */

static bool matches(const struct cotp_row *r, unsigned state, unsigned event, unsigned p)
{
	return r->state == state && r->event == event && (p & r->need) == r->need &&
	       !(p & r->unless);
}

/* Predicates that can hold together: Table A.4 and the notes. */
static bool possible(unsigned p)
{
	unsigned network = p & (COTP_P2 | COTP_P3 | COTP_P4);
	unsigned cc = p & (COTP_P6 | COTP_P8);

	return (network & (network - 1)) == 0 && (cc & (cc - 1)) == 0;
}

static void rows_of_a_cell_exclude_each_other(void **state)
{
	(void)state;
	for (unsigned s = 0; s < COTP_STATES; s++)
		for (unsigned v = 0; v < COTP_EVENTS; v++)
			for (unsigned p = 0; p < 2 * COTP_N5; p++) {
				unsigned n = 0;

				if (!possible(p))
					continue;
				for (uint16_t i = 0; i < cotp_rows_n; i++)
					n += matches(&cotp_rows[i], s, v, p);
				if (n > 1)
					fail_msg("%s in %s: %u rows for predicates %x",
					         cotp_event_name(v), cotp_state_name(s), n, p);
			}
}

static void network_loss_always_closes(void **state)
{
	(void)state;
	for (unsigned s = COTP_CLOSED + 1; s < COTP_STATES; s++) {
		uint16_t cell = cotp_cell(s, COTP_NDISIND, 0);

		assert_int_not_equal(cell, CELL_NONE);
		assert_int_equal(cotp_rows[cell].next, COTP_CLOSED);
	}
	assert_int_equal(cotp_cell(COTP_CLOSED, COTP_NDISIND, 0), CELL_NONE);
}

/* Runs last. */
static void every_row_was_taken(void **state)
{
	unsigned missing = 0;

	(void)state;
	assert_true(cotp_rows_n <= ROWS_MAX);
	for (uint16_t i = 0; i < cotp_rows_n; i++) {
		if (row_taken[i])
			continue;
		print_error("row %u not taken: %s in %s (%s)\n", i,
		            cotp_event_name(cotp_rows[i].event),
		            cotp_state_name(cotp_rows[i].state), cotp_rows[i].clause);
		missing++;
	}
	assert_int_equal(missing, 0);
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	struct cotp_pdu pdu;

	if (!cotp_decode(in, &pdu, f))
		return false;
	cotp_text(out, &pdu);
	return true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initiator_opens_sends_and_closes),
		cmocka_unit_test(responder_accepts),
		cmocka_unit_test(user_refuses),
		cmocka_unit_test(requests_that_the_state_does_not_allow_do_nothing),
		cmocka_unit_test(initiator_gives_up),
		cmocka_unit_test(request_while_network_opens),
		cmocka_unit_test(responder_loses_network),
		cmocka_unit_test(peer_refuses),
		cmocka_unit_test(tpdus_of_no_connection),
		cmocka_unit_test(tpdus_before_any_connection),
		cmocka_unit_test(tpdus_of_other_classes_close),
		cmocka_unit_test(inopportune_tpdus_close),
		cmocka_unit_test(second_cr),
		cmocka_unit_test(undecodable_tpdus_close),
		cmocka_unit_test(errors_are_reported_if_configured),
		cmocka_unit_test(er_quotes_what_fits),
		cmocka_unit_test(zero_configuration),
		cmocka_unit_test(invalid_cr_gets_an_er),
		cmocka_unit_test(unacceptable_cr_gets_a_dr),
		cmocka_unit_test(class_0_as_alternative),
		cmocka_unit_test(unacceptable_cc),
		cmocka_unit_test(cc_without_size),
		cmocka_unit_test(selectors_are_sent),
		cmocka_unit_test(cr_that_would_be_too_long),
		cmocka_unit_test(timers),
		cmocka_unit_test(no_timers_unless_configured),
		cmocka_unit_test(responder_never_raises_the_size),
		cmocka_unit_test(initiator_takes_what_is_selected),
		cmocka_unit_test(longer_dt_than_agreed),
		cmocka_unit_test(cutting),
		cmocka_unit_test(same_events_for_every_cut),
		cmocka_unit_test(no_memory_to_hold_a_tpdu),
		cmocka_unit_test(long_user_data_are_not_held),
		cmocka_unit_test(gathered_octets_live_as_long_as_events),
		cmocka_unit_test(headers_live_as_long_as_events),
		cmocka_unit_test(an_idle_end_is_small),
		cmocka_unit_test(octets_build_again),
		cmocka_unit_test(preferred_size_takes_the_octets_it_needs),
		cmocka_unit_test(extra_parameters_and_lies),
		cmocka_unit_test(header_that_cannot_be_written),
		cmocka_unit_test(names),
		cmocka_unit_test(rows_of_a_cell_exclude_each_other),
		cmocka_unit_test(network_loss_always_closes),
		cmocka_unit_test(every_row_was_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + vectors_run("cotp", decode);
}
