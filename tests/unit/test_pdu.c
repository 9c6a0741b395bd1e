/*
 * PDUs by the names of their fields: text to octets, octets to values.
 */
#include "pdu/pdu_parse.h"

#include "base/text.h"
#include "cotp/cotp_pdu.h"
#include "presentation/presentation_pdu.h"
#include "session/session_pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct nodes nodes;
static struct pdu_writing writing;
static uint8_t stream[64 << 10];

static bool our_names(const struct pdu_variables *v, struct octets name, struct pdu_got *out)
{
	(void)v;
	if (octets_equal(name, octets_of("our-name")))
		*out = (struct pdu_got){ .octets = octets_of("RIG") };
	else if (octets_equal(name, octets_of("our-password")))
		*out = (struct pdu_got){ .octets = octets_of("secret") };
	else if (octets_equal(name, octets_of("ac.serial")))
		*out = (struct pdu_got){ .number = true, .v = 7 };
	else if (octets_equal(name, octets_of("mts-id")))
		*out = (struct pdu_got){ .octets = octets_of("C=XX;A=T;P=UP;L=1") };
	else
		*out = (struct pdu_got){ .octets = octets_of("C=XX;A=T;P=UP") };
	return true;
}
static const struct pdu_variables names = { .value = our_names };

static bool parse(const char *text, unsigned how, struct pdu_plan *plan, struct lexer_report *r)
{
	struct lexer_source s;
	struct lexer lx;
	const char *end;
	bool ok;

	*plan = (struct pdu_plan){ 0 };
	*r = (struct lexer_report){ 0 };
	assert_true(lexer_take(&s, "t", text, strlen(text), r));
	lexer_init(&lx, &s, r);
	ok = pdu_parse(&lx, plan, how, &end) && lexer_want_eol(&lx);
	lexer_source_free(&s);
	return ok;
}

/* The octets of the stream for this text. */
static struct octets written(const char *text, unsigned how)
{
	struct pdu_plan plan;
	struct lexer_report r;
	size_t n;

	if (!parse(text, how, &plan, &r))
		fail_msg("%s", r.text);
	writing = (struct pdu_writing){ .nodes = &nodes, .plan = &plan, .variables = &names };
	n = pdu_stream(&writing, 0, plan.items_n, 2048, stream, sizeof stream);
	if (n == 0)
		fail_msg("%s: %s", text, writing.why);
	pdu_plan_free(&plan);
	return (struct octets){ stream, n };
}

static void is(const char *text, unsigned how, const char *hex)
{
	struct octets o = written(text, how);
	char got[2048] = "";

	for (size_t i = 0; i < o.n && i < 1000; i++)
		snprintf(got + 2 * i, 3, "%02x", o.p[i]);
	if (strcmp(got, hex) != 0)
		fail_msg("%s\nwanted %s\n   got %s", text, hex, got);
}

/* Hand-written octets. */
static void low_layers(void **state)
{
	(void)state;
	is("cotp CR src=0x17c4 called=\"B\" size=2048", 0,
	   "03000011" "0ce0000017c400" "c20142" "c0010b");
	is("cotp DR dst=1 src=2 reason=address-unknown", 0, "0300000b" "06800001000203");
	is("cotp DT eot=0 data=hex:aabb", 0, "03000009" "02f000" "aabb");
	is("tpkt frame version=4 data=hex:00112233", 0, "04000008" "00112233");
	is("tpkt frame bend length +2 data=hex:001122", 0, "03000009" "001122");
	is("tpkt frame length=3 data=hex:001122", 0, "03000003" "001122");
	is("octets 0300 0007 02f080", 0, "0300000702f080");
	is("cotp CR bend called length +5 called=\"B\"", 0, "0300000e" "09e00000000100" "c20642");
	is("cotp CR bend length -1", 0, "0300000b" "05e00000000100");
}

/* X.225 8.3.6, 8.3.9, 8.2.5 */
static void session_layer(void **state)
{
	(void)state;
	is("session FN tdisc=release", PDU_EXACTLY, "0300000c" "02f080" "0903" "110101");
	is("session AB tdisc=release+user", 0, "0300000c" "02f080" "1903" "110103");
	is("session DT user=\"late\"", 0, "0300000f" "02f080" "0100" "0100" "6c617465");
	/* X.410 mode: no ACSE, no contexts, no OCTET STRING around a transfer. */
	is("rtse RTTR user=hex:aabb", PDU_X410, "0300000d" "02f080" "0100" "0100" "aabb");
	is("rtse RTAB", PDU_1984, "03000013" "02f080" "190a" "110103" "c105" "3103" "800100");
	is("session DT user=\"late\"", PDU_EXACTLY, "0300000d" "02f080" "0100" "6c617465");
	is("session GT token-item=dk+mi with session MIP serial=12", PDU_EXACTLY,
	   "03000012" "02f080" "0103100105" "3104" "2a023132");
	is("session AR old-activity=hex:01 bend old-activity^ length +1", PDU_EXACTLY,
	   "0300000e" "02f080" "1d05" "2104" "290101");
	is("session RF reason=user-data user=hex:beef", PDU_EXACTLY,
	   "0300000e" "02f080" "0c05" "3203" "02beef");
	is("session AE serial=$ac.serial", PDU_EXACTLY, "0300000c" "02f080" "2903" "2a0137");
	is("session FN bend tag 0x63 bend tdisc twice tdisc=0", PDU_EXACTLY,
	   "0300000f" "02f080" "6306" "110100" "110100");
	is("session CN bend version form long-2 version=2", PDU_EXACTLY,
	   "03000010" "02f080" "0d07" "0505" "16ff000102");
}

/* X.226 8, X.227 9, X.228, X.411 */
static void upper_layers(void **state)
{
	(void)state;
	is("session FN user=(presentation User-data context=1 user=(acse RLRQ reason=normal))",
	   PDU_EXACTLY, "03000019" "02f080" "0910" "c10e" "610c300a020101" "a005" "6203" "800100");
	is("acse ABRT source=provider diagnostic=2 bend form indefinite", PDU_EXACTLY,
	   "03000011" "02f080" "6480" "800101" "810102" "0000");
	/* X.226 8.4.2: the normal-mode parameters are the ARU, not a member of it. */
	is("presentation ARU contexts=hex:300702010106025101 context=1 user=(acse ABRT "
	   "source=user)", PDU_EXACTLY, "03000022" "02f080" "a019" "a009" "300702010106025101"
	   "610c" "300a" "020101" "a005" "6403800100");
	is("acse AARQ context=2.6.0.1.6", PDU_EXACTLY, "03000011" "02f080" "6008" "a106"
	   "060456000106");
}

/* Every kind of PDU can be written as it is preset, and reads as what it is. */
static void presets(void **state)
{
	static const enum layer layers[] = {
		LAYER_COTP, LAYER_SESSION, LAYER_PRESENTATION, LAYER_ACSE, LAYER_RTSE, LAYER_P1,
	};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
		for (const struct pdu_form *f =
		     NULL; (f = pdu_form_next(layers[i], f)) != NULL; n++) {
			char text[80];

			snprintf(text, sizeof text, "%s %s", layer_name(layers[i]), f->name);
			assert_true(written(text, 0).n > 6);
			assert_ptr_equal(pdu_form(layers[i], f->code), f);
		}
	assert_true(n > 60);
}

static struct octets tsdu(const char *text)
{
	struct octets o = written(text, 0);

	return (struct octets){ o.p + 7, o.n - 7 };
}

/* Our own reader of each layer finds nothing to say about an honest CN. */
static void honest(void **state)
{
	struct findings f;
	struct session_tsdu s;
	struct presentation_pdu p;

	(void)state;
	findings_clear(&f);
	assert_true(session_decode_tsdu(tsdu("session CN"), &s, &f));
	assert_int_equal(f.n, 0);
	assert_int_equal(s.pdu[0].kind, SPDU_CN);
	assert_int_equal(s.pdu[0].units, 0x249);
	assert_true(presentation_decode(PRESENTATION_ON_CONNECT, false, s.pdu[0].user_data, &p,
	                                &f));
	assert_int_equal(f.n, 0);
	assert_int_equal(p.items_n, 3);
	findings_clear(&f);
	assert_true(session_decode_tsdu(tsdu("p1 BIND-RESULT"), &s, &f));
	assert_int_equal(s.pdu[0].kind, SPDU_AC);
	assert_int_equal(f.n, 0);
}

static bool agrees(const char *pattern, enum layer layer, uint8_t code, struct octets pdu)
{
	struct pdu_plan plan;
	struct lexer_report r;
	bool ok;

	if (!parse(pattern, PDU_COMPARE, &plan, &r))
		fail_msg("%s", r.text);
	ok = pdu_agrees(&plan, 0, &names, layer, code, pdu);
	pdu_plan_free(&plan);
	return ok;
}

/* What is written compares equal, and what differs does not. */
static void compared(void **state)
{
	uint8_t kept[1024];
	struct octets o = tsdu("session CN calling-ssel=\"S1\" tokens=0x2a");

	(void)state;
	memcpy(kept, o.p, o.n);
	o.p = kept;
	assert_true(agrees("session CN", LAYER_SESSION, SPDU_CN, o));
	assert_true(agrees("session CN version=2 calling-ssel=\"S1\" tokens=42", LAYER_SESSION,
	                   SPDU_CN, o));
	assert_true(agrees("session CN units=HD+SY+ACT+EXCEP called-ssel=none", LAYER_SESSION,
	                   SPDU_CN, o));
	assert_true(agrees("session CN version!=1 user=any", LAYER_SESSION, SPDU_CN, o));
	assert_false(agrees("session CN version=1", LAYER_SESSION, SPDU_CN, o));
	assert_false(agrees("session CN calling-ssel=\"S2\"", LAYER_SESSION, SPDU_CN, o));
	assert_false(agrees("session CN called-ssel=any", LAYER_SESSION, SPDU_CN, o));
	assert_false(agrees("session AC", LAYER_SESSION, SPDU_CN, o));
	assert_true(agrees("session CN user=(presentation CP mode=normal context=1 "
	                   "user=(acse AARQ context=2.6.0.1.6 user=(rtse RTORQ checkpoint=30 "
	                   "open=(p1 BIND-ARGUMENT name=$our-name))))", LAYER_SESSION, SPDU_CN, o));
	assert_false(agrees("session CN user=(presentation CP user=(acse AARQ user=(rtse RTORQ "
	                    "checkpoint=31)))", LAYER_SESSION, SPDU_CN, o));
	assert_false(agrees("session CN user=(presentation CPR)", LAYER_SESSION, SPDU_CN, o));
}

/* Nothing of a damaged PDU is read past its end. */
static void cut_anywhere(void **state)
{
	struct octets o = tsdu("session CN");
	struct pdu_got got;

	(void)state;
	for (size_t n = 0; n < o.n; n++) {
		uint8_t *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, o.p, n);
		for (size_t i = 0; i < pdu_fields(pdu_form(LAYER_SESSION, SPDU_CN)); i++)
			pdu_get(pdu_form(LAYER_SESSION, SPDU_CN), (struct octets){ copy, n }, i,
			        &got);
		agrees("session CN user=(presentation CP user=(acse AARQ context=2.6.0.1.6))",
		       LAYER_SESSION, SPDU_CN, (struct octets){ copy, n });
		free(copy);
	}
}

static void mistake(const char *text, const char *want)
{
	struct pdu_plan plan;
	struct lexer_report r;

	assert_false(parse(text, 0, &plan, &r));
	if (!r.text || !strstr(r.text, want))
		fail_msg("wanted: %s\ngot: %s", want, r.text ? r.text : "nothing");
	lexer_report_free(&r);
	pdu_plan_free(&plan);
}

static void mistakes(void **state)
{
	(void)state;
	mistake("sesion FN", "did you mean \"session\"?");
	mistake("session FM", "did you mean \"FN\"?");
	mistake("session FN tdsc=release", "did you mean \"tdisc\"?");
	mistake("session FN tdisc=relase", "did you mean \"release\"?");
	mistake("session FN tdisc=\"x\"", "tdisc is a number");
	mistake("session FN user=hex:abc", "pairs of hexadecimal digits");
	mistake("acse AARQ context=2.x", "object identifier");
	mistake("p1 MESSAGE from=\"nonsense\"", "O/R address");
	mistake("session FN bend usr length +1", "did you mean \"user\"?");
	mistake("session FN bend tdisc^ length +1", "no such header");
	mistake("session FN user=(session FN", "\")\" is wanted");
	mistake("session FN version!=2", "t:1:12");
	mistake("session CN user=(session CN user=(session CN user=(session CN user=(session CN "
	        "user=(session CN user=(session CN user=(session CN user=(session CN user=("
	        "session CN)))))))))", "nested too deeply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(low_layers), cmocka_unit_test(session_layer),
		cmocka_unit_test(upper_layers), cmocka_unit_test(presets), cmocka_unit_test(honest),
		cmocka_unit_test(compared), cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
