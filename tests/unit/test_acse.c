/* acse: vectors, builders, the table, and the machine between a presentation and
 * a user that are played by the test. */
#include "../lib/middle.h"
#include "../lib/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- vectors ---- */

static struct octets write(struct nodes *a, struct node *root, uint8_t *out, size_t cap)
{
	uint64_t n = node_size(root);
	struct octets o = { out, node_write(a, root, out, cap) };

	assert_int_equal(o.n, n);
	return o;
}

/* What was read can be written and is then read as the same. */
static void round_trip(const struct acse_pdu *pdu, const char *line)
{
	static uint8_t out[1024], again[1024];
	static struct nodes nodes;
	struct acse_pdu back;
	struct findings f;
	struct octets o, o2;
	struct text text;
	char line2[1024];

	nodes_reset(&nodes);
	o = write(&nodes, acse_build(&nodes, pdu), out, sizeof out);
	findings_clear(&f);
	assert_true(acse_decode(o, &back, &f));
	text_init(&text, line2, sizeof line2);
	acse_text(&text, &back);
	assert_string_equal(line2, line);
	nodes_reset(&nodes);
	o2 = write(&nodes, acse_build(&nodes, &back), again, sizeof again);
	assert_true(octets_equal(o, o2));
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	static struct acse_pdu pdu;

	if (!acse_decode(in, &pdu, f))
		return false;
	acse_text(out, &pdu);
	round_trip(&pdu, out->p);
	return true;
}

/* ---- the table ---- */

static void names_of_states_and_events(void **state)
{
	(void)state;
	assert_string_equal(acse_state_name(ACSE_STA7), "STA7");
	assert_string_equal(acse_state_name(ACSE_STATES), "?");
	assert_string_equal(acse_event_name(ACSE_EV_A_RLSrspN), "A-RLSrsp-");
	assert_string_equal(acse_event_name(ACSE_EVENTS), "?");
	assert_string_equal(acse_apdu_name(ACSE_APDUS), "?");
}

/* Table A.5 once more, column by column, as it is printed: what leaves and the
 * state that follows.  "/": with p1 or p2, then without. */
static const struct {
	enum acse_event event;
	const char *cells[ACSE_STATES];
} printed[] = {
	{ ACSE_EV_A_ASCreq, { "AARQ STA1/" } },
	{ ACSE_EV_A_ASCrspP, { [2] = "AARE+ STA5" } },
	{ ACSE_EV_A_ASCrspN, { [2] = "AARE- STA0" } },
	{ ACSE_EV_AARQ, { "A-ASCind STA2/AARE- STA0" } },
	{ ACSE_EV_AAREP, { [1] = "A-ASCcnf+ STA5" } },
	{ ACSE_EV_AAREN, { [1] = "A-ASCcnf- STA0" } },
	{ ACSE_EV_P_CONcnfN, { [1] = "A-ASCcnf- STA0" } },
	{ ACSE_EV_A_RLSreq, { [5] = "RLRQ STA3" } },
	{ ACSE_EV_A_RLSrspP, { [4] = "RLRE+ STA0", [6] = "RLRE+ STA3" } },
	{ ACSE_EV_A_RLSrspN, { [4] = "RLRE- STA5" } },
	{ ACSE_EV_RLRQ, { [3] = "A-RLSind STA6/A-RLSind STA7", [5] = "A-RLSind STA4" } },
	{ ACSE_EV_RLREP, { [3] = "A-RLScnf+ STA0", [7] = "A-RLScnf+ STA4" } },
	{ ACSE_EV_RLREN, { [3] = "A-RLScnf- STA5" } },
	{ ACSE_EV_A_ABRreq, { NULL, "ABRT STA0", "ABRT STA0", "ABRT STA0", "ABRT STA0",
	                      "ABRT STA0", "ABRT STA0", "ABRT STA0" } },
	{ ACSE_EV_ABRT, { NULL, "A-ABRind STA0", "A-ABRind STA0", "A-ABRind STA0",
	                  "A-ABRind STA0", "A-ABRind STA0", "A-ABRind STA0", "A-ABRind STA0" } },
	{ ACSE_EV_P_PABind, { NULL, "A-PABind STA0", "A-PABind STA0", "A-PABind STA0",
	                      "A-PABind STA0", "A-PABind STA0", "A-PABind STA0",
	                      "A-PABind STA0" } },
	{ ACSE_EV_EXTRN_1, { [3] = "none STA5", [5] = "none STA5" } },
	{ ACSE_EV_EXTRN_2, { [4] = "none STA5", [5] = "none STA5" } },
};

static void show(char *out, size_t cap, int row)
{
	out[0] = '\0';
	if (row >= 0)
		snprintf(out, cap, "%s %s", acse_event_name(acse_rows[row].out),
		         acse_state_name(acse_rows[row].next));
}

static void table_is_as_printed(void **state)
{
	size_t rows = 0;

	(void)state;
	for (size_t i = 0; i < sizeof printed / sizeof *printed; i++)
		for (size_t s = 0; s < ACSE_STATES; s++) {
			const char *want = printed[i].cells[s] ? printed[i].cells[s] : "";
			char with[32], without[32], cell[64];

			show(with, sizeof with, acse_find((enum acse_state)s, printed[i].event,
			                                   ~0u));
			show(without, sizeof without, acse_find((enum acse_state)s,
			                                         printed[i].event, 0));
			if (!strchr(want, '/')) {
				assert_string_equal(with, want);
				assert_string_equal(without, want);
			} else {
				snprintf(cell, sizeof cell, "%s/%s", with, without);
				assert_string_equal(cell, want);
			}
			rows += with[0] != 0;
			rows += without[0] != 0 && strchr(want, '/');
		}
	assert_int_equal(rows, acse_rows_n);
}

/* ---- the machine, over presentation ---- */

static struct middle_pair pair;
static const struct service in_3 = { .context = 3 };
static const struct service yes = { .context = 3, .positive = true };

static void start(void)
{
	struct presentation_config p;
	struct acse_config a;

	presentation_defaults(&p);
	acse_defaults(&a);
	middle_init(&pair, &p, &p, &a, &a);
}

static void opened(void)
{
	start();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3, "0500");
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &yes, "0500");
	assert_int_equal(pair.a.a.state, ACSE_STA5);
	assert_int_equal(pair.b.a.state, ACSE_STA5);
	middle_forget(&pair);
}

/* The binds of two captured conversations, rebuilt from what their users said: the
 * same octets, but for the initiator's indefinite lengths. */
static void captured_bind(void **state)
{
	(void)state;
	start();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3,
		"b03080013f820100a328a026b024a1228013706572636976616c2e736d68732e636f2e75"
		"6ba10b1609657863616c69627572");
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &yes,
		"b12b80013fa226a024b122a12080146775696e65766572652e736d68732e636f2e756ba1"
		"0816066d65726c696e");
	middle_expect(&pair,
		"A| STA0 A-ASCreq STA1\n"
		"A| STAI0 P-CONreq STAI1\n"
		/* CP: 31 80 .. a2 80 .. 00 00 00 00 on the wire, here 31 81 8f .. a2 81 87. */
		"A> S-CONNECT req 31818fa003800101a28187"
		"a433300f020101060452010001300406025101300f02010306045600020c300406025101"
		"300f0201050604560002073004060251016150304e020101a0496047a106060456000106"
		"be3d283b06025101020103a032b03080013f820100a328a026b024a12280137065726369"
		"76616c2e736d68732e636f2e756ba10b1609657863616c69627572\n"
		"B| STAI0 CP STAI2\n"
		"B| STA0 AARQ STA2\n"
		"B: A-CONNECT ind ctx=3 "
		"b03080013f820100a328a026b024a1228013706572636976616c2e736d68732e636f2e756b"
		"a10b1609657863616c69627572\n"
		"B| STA2 A-ASCrsp+ STA5\n"
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ 317da003800101a276"
		"a51b300780010081025101300780010081025101300780010081025101"
		"61573055020101a050614ea106060456000106a203020100a305a103020100"
		"be38283606025101020103a02db12b80013fa226a024b122a12080146775696e65766572"
		"652e736d68732e636f2e756ba10816066d65726c696e\n"
		"A| STAI1 CPA STAt0\n"
		"A| STA1 AARE+ STA5\n"
		"A: A-CONNECT cnf+ ctx=3 "
		"b12b80013fa226a024b122a12080146775696e65766572652e736d68732e636f2e756b"
		"a10816066d65726c696e\n");
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, NULL, NULL);
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, RESPONSE, &yes, NULL);
	middle_expect(&pair,
		"A| STA5 A-RLSreq STA3\n"
		"A| STAt0 P-RELreq STAt0\n"
		"A> S-RELEASE req 610c300a020101a0056203800100\n"
		"B| STAt0 S-RELind STAt0\n"
		"B| STA5 RLRQ STA4\n"
		"B: A-RELEASE ind\n"
		"B| STA4 A-RLSrsp+ STA0\n"
		"B| STAt0 P-RELrsp+ STAI0\n"
		"B> S-RELEASE rsp+ 610c300a020101a0056303800100\n"
		"A| STAt0 S-RELcnf+ STAI0\n"
		"A| STA3 RLRE+ STA0\n"
		"A: A-RELEASE cnf+\n");
	middle_end(&pair);
}

static void captured_refusal(void **state)
{
	const struct acse_outcome *o = &pair.a.a.outcome;

	(void)state;
	start();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3, "0500");
	middle_forget(&pair);
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &in_3, "b207a105b203020102");
	middle_expect(&pair,
		"B| STA2 A-ASCrsp- STA0\n"
		"B| STAI2 P-CONrsp- STAI0\n"
		"B> S-CONNECT rsp- "
		"3052a51b30078001008102510130078001008102510130078001008102510161333031020101"
		"a02c612aa106060456000106a203020101a305a103020101be14281206025101020103a009"
		"b207a105b203020102\n"
		"A| STAI1 CPR STAI0\n"
		"A| STA1 AARE- STA0\n"
		"A: A-CONNECT cnf- whose=acse source=0 reason=1 ctx=3 b207a105b203020102\n");
	assert_int_equal(o->result, ACSE_REJECTED_PERMANENT);
	assert_int_equal(o->diagnostic, ACSE_NO_REASON);
}

static const uint8_t mts_access[] = { 0x56, 0x00, 0x01, 0x00 };

static void another_application_context(void **state)
{
	struct presentation_config p;
	struct acse_config a, b;

	(void)state;
	presentation_defaults(&p);
	acse_defaults(&a);
	acse_defaults(&b);
	b.application_context = (struct octets){ mts_access, sizeof mts_access };
	middle_init(&pair, &p, &p, &a, &b);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3, NULL);
	middle_expect(&pair,
		"A| STA0 A-ASCreq STA1\n"
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req "
		      "314fa003800101a248a433300f020101060452010001300406025101300f020103060456"
		"00020c300406025101300f0201050604560002073004060251016111300f020101a00a60"
		"08a106060456000106\n"
		"B| STAI0 CP STAI2\n"
		"B! acse.context-refused @0\n"
		"B| STA0 AARQ STA0\n"
		"B| STAI2 P-CONrsp- STAI0\n"
		"B> S-CONNECT rsp- "
		      "303ca51b300780010081025101300780010081025101300780010081025101611d301b02"
		"0101a0166114a106060456000106a203020101a305a103020102\n"
		"A| STAI1 CPR STAI0\n"
		"A| STA1 AARE- STA0\n"
		"A: A-CONNECT cnf- whose=acse source=0 reason=2\n");
}

static void titles_and_version(void **state)
{
	static const uint8_t title[] = { 0x06, 0x03, 0x2a, 0x03, 0x04 }, qualifier[] = { 2, 1, 7 };
	static const struct acse_entity entity = {
		{ title, sizeof title }, { qualifier, sizeof qualifier }, 5, 0 };
	struct presentation_config p;
	struct acse_config a, b;

	(void)state;
	presentation_defaults(&p);
	acse_defaults(&a);
	b = a;
	a.version = true;
	a.called = a.calling = &entity;
	a.direct = (struct octets){ title, 0 };		/* no direct reference */
	b.responding = &entity;
	middle_init(&pair, &p, &p, &a, &b);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3, "0500");
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &yes, NULL);
	assert_non_null(strstr(pair.log,
		"603980020780a106060456000106a20506032a0304a303020107a403020105a60506032a"
		"0304a703020107a803020105be092807020103a0020500"));
	assert_non_null(strstr(pair.log,
		"6125a106060456000106a203020100a305a103020100a40506032a0304a503020107a603"
		"020105"));
	assert_int_equal(pair.a.a.state, ACSE_STA5);
}

/* Responder or initiator alone; presentation is played by the test. */
static void from_presentation(struct middle *end, enum service_kind kind,
                              enum service_type type, const struct service *s,
                              const char *data)
{
	middle_deliver(&pair, end, LAYER_PRESENTATION, kind, type, s, data);
}

static void waiting(void)
{
	start();
	pair.lost = true;
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3, NULL);
	middle_forget(&pair);
}

static const struct service up = { .context = 1, .versions = 2, .positive = true };
static const struct service refused = { .context = 1, .versions = 2 };

static void answered(const struct service *s, const char *data, const char *want)
{
	waiting();
	from_presentation(&pair.a, SERVICE_CONNECT, CONFIRM, s, data);
	middle_expect(&pair, want);
}

static void answers(void **state)
{
	(void)state;
	/* Result of AARE and of P-CONNECT disagree (7.1.5.7). */
	answered(&up, "6114a106060456000106a203020101a305a103020101",
		"A! acse.result-disagrees @0\n"
		"A| STA1 invalid STA0\n"
		"A| STAI1 P-UABreq STAI0\n"
		"A: A-U-ABORT ind whose=acse source=1\n"
		"A> S-U-ABORT req "
		 "a02ba01b300702010106025101300702010306025101300702010506025101610c300a02"
		"0101a0056403800101\n");
	/* ... and the other way round; no connection is left for ABRT. */
	answered(&refused, "6114a106060456000106a203020100a305a103020100",
		"A! acse.result-disagrees @0\n"
		"A| STA1 invalid STA0\n"
		"A: A-U-ABORT ind whose=acse source=1\n");
	/* Another application context name: the association is with that one. */
	answered(&up, "6114a106060456000100a203020100a305a103020100",
		"A! acse.context-name @0\n"
		"A| STA1 AARE+ STA5\n"
		"A: A-CONNECT cnf+\n");
	/* No AARE where there must be one. */
	answered(&up, "",
		"A! acse.carrier @0\n"
		"A| STA1 invalid STA0\n"
		"A| STAI1 P-UABreq STAI0\n"
		"A: A-U-ABORT ind whose=acse source=1\n"
		"A> S-U-ABORT req "
		 "a02ba01b300702010106025101300702010306025101300702010506025101610c300a02"
		"0101a0056403800101\n");
	answered(&refused, "",
		"A! acse.aare-absent @0\n"
		"A| STA1 P-CONcnf- STA0\n"
		"A: A-CONNECT cnf- ctx=1\n");
	/* Refused below: the reason is that layer's. */
	answered(&(struct service){ .whose = LAYER_PRESENTATION, .source = 1, .reason = 3 }, "",
		"A| STA1 P-CONcnf- STA0\n"
		"A: A-CONNECT cnf- whose=presentation source=1 reason=3\n");
	/* An APDU that does not belong here. */
	answered(&up, "6203800100",
		"A! acse.carrier @0\n"
		"A| STA1 invalid STA0\n"
		"A| STAI1 P-UABreq STAI0\n"
		"A: A-U-ABORT ind whose=acse source=1\n"
		"A> S-U-ABORT req "
		 "a02ba01b300702010106025101300702010306025101300702010506025101610c300a02"
		"0101a0056403800101\n");
	/* The provider's refusal. */
	answered(&refused, "611880020780a106060456000106a203020101a305a203020102",
		"A| STA1 AARE- STA0\n"
		"A: A-CONNECT cnf- whose=acse source=1 reason=2\n");
	assert_int_equal(pair.a.a.outcome.source, ACSE_PROVIDER);
}

static void proposed(const char *data, const char *want)
{
	start();
	pair.lost = true;
	from_presentation(&pair.b, SERVICE_CONNECT, INDICATION, &up, data);
	middle_expect(&pair, want);
}

/* The presentation below has seen no CP, so what ACSE sends is refused there. */
static void proposals(void **state)
{
	(void)state;
	proposed("600c80020640a106060456000106",
		"B! acse.version-none @2\n"
		"B| STA0 AARQ STA0\n"
		"B! presentation.request @0\n");
	/* An invalid AARQ is not indicated, nor is its end (7.3.3.4). */
	proposed("600bbe092807020103a0020500",
		"B! acse.missing @0\n"
		"B| STA0 invalid STA0\n"
		"B! presentation.request @0\n");
	proposed("",
		"B! acse.carrier @0\n"
		"B| STA0 invalid STA0\n"
		"B! presentation.request @0\n");
	/* Several EXTERNALs: the first is the user's. */
	proposed("601ca106060456000106be122807020103a00205002807020105a0020500",
		"B| STA0 AARQ STA2\n"
		"B: A-CONNECT ind ctx=3 0500\n");
	proposed("6013a106060456000106be09280702010381020500",
		"B| STA0 AARQ STA2\n"
		"B: A-CONNECT ind ctx=3 0500\n");
}

static void user_context_must_be_agreed(void **state)
{
	(void)state;
	start();
	pair.lost = true;
	middle_deliver(&pair, &pair.b, LAYER_SESSION, SERVICE_CONNECT, INDICATION, &up,
		"315aa003800101a253a433300f020101060452010001300406025101300f020103060456"
		"00020c300406025101300f020105060456000207300406025101611c301a020101a01560"
		"13a106060456000106be092807020107a0020500");
	middle_expect(&pair,
		"B| STAI0 CP STAI2\n"
		"B! acse.user-context @0\n"
		"B| STA0 AARQ STA2\n"
		"B: A-CONNECT ind ctx=7 0500\n");
}

/* ---- release ---- */

static void release_is_refused(void **state)
{
	(void)state;
	opened();
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, &in_3, "0500");
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, RESPONSE, &in_3, "0500");
	middle_expect(&pair,
		"A| STA5 A-RLSreq STA3\n"
		"A| STAt0 P-RELreq STAt0\n"
		"A> S-RELEASE req "
		"611b3019020101a0146212800100be0d280b06025101020103a0020500\n"
		"B| STAt0 S-RELind STAt0\n"
		"B| STA5 RLRQ STA4\n"
		"B: A-RELEASE ind ctx=3 0500\n"
		"B| STA4 A-RLSrsp- STA5\n"
		"B| STAt0 P-RELrsp- STAt0\n"
		"B> S-RELEASE rsp- "
		"611b3019020101a0146312800101be0d280b06025101020103a0020500\n"
		"A| STAt0 S-RELcnf- STAt0\n"
		"A| STA3 RLRE- STA5\n"
		"A: A-RELEASE cnf- reason=1 ctx=3 0500\n");
}

/* Old systems release without an APDU. */
static void release_without_apdu(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	from_presentation(&pair.b, SERVICE_RELEASE, INDICATION, &refused, NULL);
	middle_expect(&pair,
		"B! acse.release-empty @0\n"
		"B| STA5 RLRQ STA4\n"
		"B: A-RELEASE ind ctx=1\n");
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, NULL, NULL);
	middle_forget(&pair);
	from_presentation(&pair.a, SERVICE_RELEASE, CONFIRM, &up, NULL);
	middle_expect(&pair,
		"A! acse.release-empty @0\n"
		"A| STA3 RLRE+ STA0\n"
		"A: A-RELEASE cnf+ ctx=1\n");
}

/* 7.2.3.5: the initiator answers first and is released by the confirm, the
 * responder the other way round. */
static void releases_cross(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, NULL, NULL);
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, REQUEST, NULL, NULL);
	from_presentation(&pair.a, SERVICE_RELEASE, INDICATION, &up, "6203800100");
	from_presentation(&pair.b, SERVICE_RELEASE, INDICATION, &up, "6203800100");
	assert_int_equal(pair.a.a.state, ACSE_STA6);
	assert_int_equal(pair.b.a.state, ACSE_STA7);
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, RESPONSE, &yes, NULL);
	assert_int_equal(pair.a.a.state, ACSE_STA3);
	from_presentation(&pair.b, SERVICE_RELEASE, CONFIRM, &up, "6303800100");
	assert_int_equal(pair.b.a.state, ACSE_STA4);
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, RESPONSE, &yes, NULL);
	assert_int_equal(pair.b.a.state, ACSE_STA0);
	from_presentation(&pair.a, SERVICE_RELEASE, CONFIRM, &up, "6303800100");
	assert_int_equal(pair.a.a.state, ACSE_STA0);
}

/* 7.2.3.6; the other events of the kind change nothing. */
static void exceptions_disrupt_release(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	from_presentation(&pair.a, SERVICE_U_EXCEPTION, INDICATION, &up, NULL);
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, NULL, NULL);
	middle_forget(&pair);
	from_presentation(&pair.a, SERVICE_P_EXCEPTION, INDICATION, &up, NULL);
	middle_expect(&pair, "A| STA3 EXTRN-1 STA5\n");
	from_presentation(&pair.a, SERVICE_RELEASE, INDICATION, &up, "6203800100");
	middle_forget(&pair);
	from_presentation(&pair.a, SERVICE_P_EXCEPTION, INDICATION, &up, NULL);
	middle_deliver(&pair, &pair.a, LAYER_ACSE, SERVICE_U_EXCEPTION, REQUEST, &up, NULL);
	middle_expect(&pair,
		"A| STA4 EXTRN-2 STA5\n"
		"A| STA5 EXTRN-2 STA5\n");
}

/* ---- abort ---- */

static void aborts(void **state)
{
	(void)state;
	opened();
	middle_ask(&pair, &pair.b, SERVICE_U_ABORT, REQUEST, &in_3, "b603800103");
	middle_expect(&pair,
		"B| STA5 A-ABRreq STA0\n"
		"B| STAt0 P-UABreq STAI0\n"
		"B> S-U-ABORT req a03da01b300702010106025101300702010306025101300702010506025101"
		"611e301c020101a0176415800100be10280e06025101020103a005b603800103\n"
		"A| STAt0 ARU STAI0\n"
		"A| STA5 ABRT STA0\n"
		"A: A-U-ABORT ind whose=acse source=0 ctx=3 b603800103\n");
	/* Session version 1 (7.3.3.1): no ABRT, and presentation has no room for more. */
	start();
	pair.versions = 1;
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3, "0500");
	middle_forget(&pair);
	middle_ask(&pair, &pair.b, SERVICE_U_ABORT, REQUEST, &in_3, "b603800103");
	middle_expect(&pair,
		"B| STA2 A-ABRreq STA0\n"
		"B| STAI2 P-UABreq STAI0\n"
		"B> S-U-ABORT req a000\n"
		"A| STAI1 ARU STAI0\n"
		"A| STA1 ABRT STA0\n"
		"A: A-U-ABORT ind whose=acse source=0\n");
}

/* Into each state, by whatever brings it there. */
static struct middle *into(enum acse_state state)
{
	struct middle *end = state == ACSE_STA2 || state == ACSE_STA7 ? &pair.b : &pair.a;

	if (state == ACSE_STA1) {
		waiting();
	} else if (state == ACSE_STA2) {
		start();
		middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_3, NULL);
	} else {
		opened();
	}
	pair.lost = true;
	if (state == ACSE_STA3 || state >= ACSE_STA6)
		middle_ask(&pair, end, SERVICE_RELEASE, REQUEST, NULL, NULL);
	if (state == ACSE_STA4 || state >= ACSE_STA6)
		from_presentation(end, SERVICE_RELEASE, INDICATION, &up, "6203800100");
	assert_int_equal(end->a.state, state);
	middle_forget(&pair);
	return end;
}

static void abort_in_every_state(void **state)
{
	struct middle *end;

	(void)state;
	for (int s = ACSE_STA1; s <= ACSE_STA7; s++) {
		end = into((enum acse_state)s);
		middle_ask(&pair, end, SERVICE_U_ABORT, REQUEST, &in_3, NULL);
		assert_int_equal(end->a.state, ACSE_STA0);
		assert_non_null(strstr(pair.log, "S-U-ABORT req a0"));
		end = into((enum acse_state)s);
		from_presentation(end, SERVICE_U_ABORT, INDICATION, &up, "6403800100");
		assert_int_equal(end->a.state, ACSE_STA0);
		assert_non_null(strstr(pair.log, ": A-U-ABORT ind whose=acse source=0"));
		end = into((enum acse_state)s);
		from_presentation(end, SERVICE_P_ABORT, INDICATION, &up, NULL);
		assert_int_equal(end->a.state, ACSE_STA0);
		assert_non_null(strstr(pair.log, ": A-P-ABORT ind"));
	}
}

static void is_aborted(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	from_presentation(&pair.a, SERVICE_U_ABORT, INDICATION, &refused, "6406800101810102");
	middle_expect(&pair,
		"A| STA5 ABRT STA0\n"
		"A: A-U-ABORT ind whose=acse source=1 reason=2\n");
	/* The user's data without ABRT (7.3.3.2 a). */
	opened();
	pair.lost = true;
	from_presentation(&pair.a, SERVICE_U_ABORT, INDICATION, &in_3, "b603800103");
	middle_expect(&pair,
		"A| STA5 ABRT STA0\n"
		"A: A-U-ABORT ind whose=acse source=0 ctx=3 b603800103\n");
	opened();
	from_presentation(&pair.a, SERVICE_P_ABORT, INDICATION,
	             &(struct service){ .whose = LAYER_SESSION, .source = 1, .reason = 1 }, NULL);
	middle_expect(&pair,
		"A| STA5 P-PABind STA0\n"
		"A: A-P-ABORT ind whose=session source=1 reason=1\n");
	from_presentation(&pair.a, SERVICE_P_ABORT, INDICATION, &refused, NULL);
	middle_expect(&pair, "A! acse.idle @0\n");
}

static void unexpected_is_aborted(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	from_presentation(&pair.a, SERVICE_CONNECT, CONFIRM, &up,
	                  "6114a106060456000106a203020100a305a103020100");
	middle_expect(&pair,
		"A! acse.unexpected @0\n"
		"A| STA5 invalid STA0\n"
		"A| STAt0 P-UABreq STAI0\n"
		"A: A-U-ABORT ind whose=acse source=1\n"
		"A> S-U-ABORT req "
		      "a02ba01b300702010106025101300702010306025101300702010506025101610c300a02"
		"0101a0056403800101\n");
	/* A malformed RLRQ. */
	opened();
	pair.lost = true;
	from_presentation(&pair.b, SERVICE_RELEASE, INDICATION, &up, "6203810100");
	middle_expect(&pair,
		"B! acse.field @2\n"
		"B| STA5 invalid STA0\n"
		"B| STAt0 P-UABreq STAI0\n"
		"B: A-U-ABORT ind whose=acse source=1\n"
		"B> S-U-ABORT req "
		      "a02ba01b300702010106025101300702010306025101300702010506025101610c300a02"
		"0101a0056403800101\n");
}

static void requests_are_refused(void **state)
{
	(void)state;
	start();
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_U_ABORT, REQUEST, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, RESPONSE, &yes, NULL);
	middle_expect(&pair,
		"A! acse.request @0\n"
		"A! acse.request @0\n"
		"A! acse.request @0\n");
}

/* ---- X.410-1984 mode: no APDUs (8.4 to 8.6) ---- */

static void x410_mode(void **state)
{
	struct presentation_config p;
	struct acse_config a;

	(void)state;
	presentation_defaults(&p);
	acse_defaults(&a);
	p.x410 = a.x410 = true;
	middle_init(&pair, &p, &p, &a, &a);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, NULL, "80013f");
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &yes, "800101");
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, NULL, NULL);
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, RESPONSE, &yes, NULL);
	middle_expect(&pair,
		"A| STA0 A-ASCreq STA1\n"
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req 310aa003800100a10380013f\n"
		"B| STAI0 CP STAI2\n"
		"B| STA0 AARQ STA2\n"
		"B: A-CONNECT ind 80013f\n"
		"B| STA2 A-ASCrsp+ STA5\n"
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ 310aa003800100a103800101\n"
		"A| STAI1 CPA STAt0\n"
		"A| STA1 AARE+ STA5\n"
		"A: A-CONNECT cnf+ 800101\n"
		"A| STA5 A-RLSreq STA3\n"
		"A| STAt0 P-RELreq STAt0\n"
		"A> S-RELEASE req\n"
		"B| STAt0 S-RELind STAt0\n"
		"B| STA5 RLRQ STA4\n"
		"B: A-RELEASE ind\n"
		"B| STA4 A-RLSrsp+ STA0\n"
		"B| STAt0 P-RELrsp+ STAI0\n"
		"B> S-RELEASE rsp+\n"
		"A| STAt0 S-RELcnf+ STAI0\n"
		"A| STA3 RLRE+ STA0\n"
		"A: A-RELEASE cnf+\n");
	middle_init(&pair, &p, &p, &a, &a);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, NULL, "80013f");
	middle_forget(&pair);
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, NULL, "800102");
	middle_expect(&pair,
		"B| STA2 A-ASCrsp- STA0\n"
		"B| STAI2 P-CONrsp- STAI0\n"
		"B> S-CONNECT rsp- 3103800102\n"
		"A| STAI1 CPR STAI0\n"
		"A| STA1 AARE- STA0\n"
		"A: A-CONNECT cnf- whose=presentation source=0 800102\n");
	middle_init(&pair, &p, &p, &a, &a);
	pair.lost = true;
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, NULL, "80013f");
	middle_forget(&pair);
	from_presentation(&pair.a, SERVICE_CONNECT, CONFIRM,
	             &(struct service){ .whose = LAYER_SESSION, .source = 1, .reason = 129 }, NULL);
	middle_expect(&pair,
		"A| STA1 P-CONcnf- STA0\n"
		"A: A-CONNECT cnf- whose=session source=1 reason=129\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_states_and_events),
		cmocka_unit_test(table_is_as_printed),
		cmocka_unit_test(captured_bind),
		cmocka_unit_test(captured_refusal),
		cmocka_unit_test(another_application_context),
		cmocka_unit_test(titles_and_version),
		cmocka_unit_test(answers),
		cmocka_unit_test(proposals),
		cmocka_unit_test(user_context_must_be_agreed),
		cmocka_unit_test(release_is_refused),
		cmocka_unit_test(release_without_apdu),
		cmocka_unit_test(releases_cross),
		cmocka_unit_test(exceptions_disrupt_release),
		cmocka_unit_test(aborts),
		cmocka_unit_test(abort_in_every_state),
		cmocka_unit_test(is_aborted),
		cmocka_unit_test(unexpected_is_aborted),
		cmocka_unit_test(requests_are_refused),
		cmocka_unit_test(x410_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + vectors_run("acse", decode);
}
