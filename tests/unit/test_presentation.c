/* presentation: vectors, builders, the reader of data in pieces, the table, and
 * the machine between a session and a user that are played by the test. */
#include "../lib/middle.h"
#include "../lib/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- vectors: the SI of the SPDU, then its user data ----
 *
 * 0d CN, 0e AC, 0c RF, 19 AB, 01 DT, others User-data; 81: DT without header. */

static enum presentation_carrier carrier_of(uint8_t si)
{
	switch (si & 0x7f) {
	case 0x0d:
		return PRESENTATION_ON_CONNECT;
	case 0x0e:
		return PRESENTATION_ON_ACCEPT;
	case 0x0c:
		return PRESENTATION_ON_REFUSE;
	case 0x19:
		return PRESENTATION_ON_ABORT;
	case 0x01:
		return PRESENTATION_ON_DATA;
	default:
		return PRESENTATION_ON_OTHER;
	}
}

static struct octets write(struct nodes *a, struct node *root, uint8_t *out, size_t cap)
{
	uint64_t n = node_size(root);
	struct octets o = { out, node_write(a, root, out, cap) };

	assert_int_equal(o.n, n);
	return o;
}

/* What was read can be written and is then read as the same. */
static void round_trip(uint8_t si, const struct presentation_pdu *pdu, const char *line)
{
	static uint8_t out[4096], again[4096];
	static struct nodes nodes;
	struct presentation_pdu back;
	struct findings f;
	struct octets o, o2;
	struct text text;
	char line2[4096];

	nodes_reset(&nodes);
	o = write(&nodes, presentation_build(&nodes, pdu), out, sizeof out);
	findings_clear(&f);
	assert_true(presentation_decode(carrier_of(si), si & 0x80, o, &back, &f));
	text_init(&text, line2, sizeof line2);
	presentation_text(&text, &back);
	assert_string_equal(line2, line);
	nodes_reset(&nodes);
	o2 = write(&nodes, presentation_build(&nodes, &back), again, sizeof again);
	assert_true(octets_equal(o, o2));
}

struct flat {
	uint8_t octets[4096];
	size_t n;
	struct findings f;
	bool ok;
};

/* The reader's values, each in front of it its context. */
static void stream(struct octets in, size_t cut, size_t cut2, struct flat *o)
{
	size_t from[4] = { 0, cut, cut2, in.n };
	struct presentation_reader r, copy;
	bool bad = false;
	uint32_t id = 0;

	o->n = 0;
	findings_clear(&o->f);
	presentation_reader_init(&r);
	for (size_t k = 0; k < 3 && !bad; k++) {
		size_t n = from[k + 1] - from[k];
		uint8_t *block = malloc(n ? n : 1);
		struct octets piece = { block, n }, value;
		enum presentation_token token;

		assert_non_null(block);
		if (n)
			memcpy(block, in.p + from[k], n);
		copy = r;			/* plain data */
		r = copy;
		while ((token = presentation_reader_next(&r, &piece, &value, &o->f)) ==
		       PRESENTATION_VALUE) {
			assert_true(value.n > 0 && value.n <= sizeof o->octets - o->n - 4);
			if (r.id != id) {
				memcpy(o->octets + o->n, &r.id, sizeof r.id);
				o->n += sizeof r.id;
				id = r.id;
			}
			memcpy(o->octets + o->n, value.p, value.n);
			o->n += value.n;
		}
		bad = token == PRESENTATION_BAD;
		assert_true(bad || piece.n == 0);
		free(block);
	}
	o->ok = !bad && presentation_reader_end(&r, &o->f);
	assert_int_equal(o->ok, !o->f.fatal);
}

/* What decode finds in whole octets, the reader finds in pieces; but what a
 * value has inside it does not look at. */
static void same_as_stream(struct octets in, const struct presentation_pdu *pdu,
                           const struct findings *f)
{
	static struct flat whole, cut;
	bool inside = false;

	stream(in, 0, 0, &whole);
	for (size_t i = 0; i <= in.n; i++)
		for (size_t k = i; k <= in.n; k += 3) {
			stream(in, i, k, &cut);
			assert_int_equal(cut.ok, whole.ok);
			assert_int_equal(cut.f.n, whole.f.n);
			for (size_t n = 0; n < cut.f.n; n++)
				assert_ptr_equal(cut.f.at[n].rule, whole.f.at[n].rule);
			if (whole.ok) {
				assert_int_equal(cut.n, whole.n);
				assert_memory_equal(cut.octets, whole.octets, whole.n);
			}
		}
	for (size_t i = 0; i < f->n; i++)
		inside = inside || f->at[i].rule == &ber_rules[BER_SINGLE_TYPE] ||
		         f->at[i].rule == &presentation_rules[PRESENTATION_PDV_SINGLE] ||
		         f->at[i].rule->id / 256 == LAYER_BER;
	if (inside)
		return;
	assert_int_equal(whole.f.n, f->n);
	for (size_t i = 0; i < f->n; i++) {
		assert_ptr_equal(whole.f.at[i].rule, f->at[i].rule);
		assert_int_equal(whole.f.at[i].octet, f->at[i].octet);
	}
	if (!f->fatal && pdu->user.pdvs == 1 && pdu->user.pdv.value.form == BER_SINGLE)
		assert_int_equal(whole.n, sizeof(uint32_t) + pdu->user.pdv.value.value.raw.n);
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	static const struct rule none = { "test.none", "-", "-", 1, SEVERITY_FATAL };
	static struct presentation_pdu pdu;
	bool ok;

	if (in.n == 0)
		return findings_add(f, &none, 0);
	ok = presentation_decode(carrier_of(in.p[0]), in.p[0] & 0x80,
	                         (struct octets){ in.p + 1, in.n - 1 }, &pdu, f);
	if (in.p[0] == 0x01 && !vectors_bent)
		same_as_stream((struct octets){ in.p + 1, in.n - 1 }, &pdu, f);
	if (!ok)
		return false;
	presentation_text(out, &pdu);
	if (pdu.items_n <= CONTEXTS_MAX)
		round_trip(in.p[0], &pdu, out->p);
	return true;
}

/* ---- the table ---- */

static void names_of_states_and_events(void **state)
{
	(void)state;
	assert_string_equal(presentation_state_name(PRESENTATION_STAt0), "STAt0");
	assert_string_equal(presentation_state_name(PRESENTATION_STATES), "?");
	assert_string_equal(presentation_event_name(PRESENTATION_EV_P_CONrspN), "P-CONrsp-");
	assert_string_equal(presentation_event_name(PRESENTATION_EVENTS), "?");
	assert_string_equal(presentation_ppdu_name(PPDU_USER), "User-data");
	assert_string_equal(presentation_ppdu_name(PRESENTATION_PPDUS), "?");
}

static bool contradict(const struct presentation_row *a, const struct presentation_row *b)
{
	for (size_t i = 0; i < PRESENTATION_IF_MAX; i++)
		for (size_t k = 0; k < PRESENTATION_IF_MAX; k++)
			if (a->when[i] && a->when[i] == -b->when[k])
				return true;
	return false;
}

/* Two rows of a cell never hold together; each row is found if what it asks for
 * holds and nothing else. */
static void rows_exclude_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < presentation_rows_n; i++) {
		const struct presentation_row *r = &presentation_rows[i];
		uint32_t holds = 0;

		for (size_t k = 0; k < PRESENTATION_IF_MAX; k++)
			if (r->when[k] > 0)
				holds |= 1u << r->when[k];
		assert_int_equal(presentation_find(r->state, r->event, holds), i);
		for (size_t k = 0; k < i; k++)
			if (presentation_rows[k].state == r->state &&
			    presentation_rows[k].event == r->event)
				assert_true(contradict(r, &presentation_rows[k]));
	}
}

/* ---- the machine ---- */

static struct middle_pair pair;
static const struct service in_1 = { .context = 1 }, in_3 = { .context = 3 };
static const struct service yes = { .context = 1, .positive = true };
static const struct service down = { .positive = true, .versions = 2 };
static const struct service refused = { .versions = 2 };

/* Octets of NULL in context 1 and 3. */
#define USER_1 "61093007020101a0020500"
#define USER_3 "61093007020103a0020500"
#define CP "3147a003800101a240a433300f020101060452010001300406025101300f020103060456" \
	"00020c300406025101300f02010506045600020730040602510161093007020101a00205" \
	"00"
#define CPA "312fa003800101a228a51b30078001008102510130078001008102510130078001008102" \
	"510161093007020101a0020500"
#define CPR "3028a51b3007800100810251013007800100810251013007800100810251016109300702" \
	"0101a0020500"

static void start(void)
{
	struct presentation_config c;

	presentation_defaults(&c);
	middle_init(&pair, &c, &c, NULL, NULL);
}

/* Only B; what it sends is dropped. */
static void alone(void)
{
	start();
	pair.lost = true;
}

static void opened(void)
{
	start();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &yes, "0500");
	assert_int_equal(pair.a.p.state, PRESENTATION_STAt0);
	assert_int_equal(pair.b.p.state, PRESENTATION_STAt0);
	middle_forget(&pair);
}

static void from_session(struct middle *end, enum service_kind kind, enum service_type type,
                         const struct service *s, const char *data)
{
	middle_deliver(&pair, end, LAYER_SESSION, kind, type, s, data);
}

/* ---- connection ---- */

static void connects_and_releases(void **state)
{
	(void)state;
	start();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req " CP "\n"
		"B| STAI0 CP STAI2\n"
		"B: P-CONNECT ind ctx=1 0500\n");
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &yes, "0500");
	middle_expect(&pair,
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ " CPA "\n"
		"A| STAI1 CPA STAt0\n"
		"A: P-CONNECT cnf+ ctx=1 0500\n");
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, &in_1, "0500");
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, RESPONSE, &yes, NULL);
	middle_expect(&pair,
		"A| STAt0 P-RELreq STAt0\n"
		"A> S-RELEASE req " USER_1 "\n"
		"B| STAt0 S-RELind STAt0\n"
		"B: P-RELEASE ind ctx=1 0500\n"
		"B| STAt0 P-RELrsp+ STAI0\n"
		"B> S-RELEASE rsp+\n"
		"A| STAt0 S-RELcnf+ STAI0\n"
		"A: P-RELEASE cnf+\n");
	middle_end(&pair);
}

static void release_refused(void **state)
{
	(void)state;
	opened();
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, &in_1, NULL);
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, RESPONSE, &in_1, NULL);
	middle_expect(&pair,
		"A| STAt0 P-RELreq STAt0\n"
		"A> S-RELEASE req\n"
		"B| STAt0 S-RELind STAt0\n"
		"B: P-RELEASE ind\n"
		"B| STAt0 P-RELrsp- STAt0\n"
		"B> S-RELEASE rsp-\n"
		"A| STAt0 S-RELcnf- STAt0\n"
		"A: P-RELEASE cnf-\n");
	assert_false(pair.a.p.rl || pair.b.p.rl);
}

/* A.5.3.3: requests that cross; the connection ends with the second pair. */
static void releases_cross(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, REQUEST, &in_1, NULL);
	from_session(&pair.a, SERVICE_RELEASE, INDICATION, &down, NULL);
	assert_true(pair.a.p.cr);
	middle_ask(&pair, &pair.a, SERVICE_RELEASE, RESPONSE, &yes, NULL);
	assert_int_equal(pair.a.p.state, PRESENTATION_STAt0);
	assert_false(pair.a.p.cr);
	from_session(&pair.a, SERVICE_RELEASE, CONFIRM, &down, NULL);
	assert_int_equal(pair.a.p.state, PRESENTATION_STAI0);
	/* The other one is confirmed first. */
	opened();
	pair.lost = true;
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, REQUEST, &in_1, NULL);
	from_session(&pair.b, SERVICE_RELEASE, INDICATION, &down, NULL);
	from_session(&pair.b, SERVICE_RELEASE, CONFIRM, &down, NULL);
	assert_int_equal(pair.b.p.state, PRESENTATION_STAt0);
	middle_ask(&pair, &pair.b, SERVICE_RELEASE, RESPONSE, &yes, NULL);
	assert_int_equal(pair.b.p.state, PRESENTATION_STAI0);
}

static void user_refuses(void **state)
{
	(void)state;
	start();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &in_1, "0500");
	middle_expect(&pair,
		"B| STAI2 P-CONrsp- STAI0\n"
		"B> S-CONNECT rsp- " CPR "\n"
		"A| STAI1 CPR STAI0\n"
		"A: P-CONNECT cnf- whose=presentation source=0 ctx=1 0500\n");
}

/* What a responder answers to a CP. */
static void offered(const char *cp, const char *want)
{
	alone();
	from_session(&pair.b, SERVICE_CONNECT, INDICATION, &down, cp);
	middle_expect(&pair, want);
}

static void provider_refuses(void **state)
{
	(void)state;
	/* Protocol version 1 is not offered: reason 4. */
	offered("310ba003800101a20480020640",
		"B! presentation.version-none @9\n"
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 30038a0104\n");
	/* A default context: reason 5, with its result. */
	offered("3113a003800101a20ca60a80045201000181025101",
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 30068701028a0105\n");
	/* User data in a transfer syntax that we do not know: not readable, reason 6. */
	offered("3126a003800101a21fa41230100201010604520100013005060351020161093007020101"
		"a0020500",
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 30038a0106\n");
	/* More contexts than are held: local limit exceeded, reason 2. */
	offered("3182012ea003800101a2820125a4820121300f020101060452010001300406025101300f"
		"020103060452010001300406025101300f020105060452010001300406025101300f0201"
		"07060452010001300406025101300f020109060452010001300406025101300f02010b06"
		"0452010001300406025101300f02010d060452010001300406025101300f02010f060452"
		"010001300406025101300f020111060452010001300406025101300f0201130604520100"
		"01300406025101300f020115060452010001300406025101300f02011706045201000130"
		"0406025101300f020119060452010001300406025101300f02011b060452010001300406"
		"025101300f02011d060452010001300406025101300f02011f0604520100013004060251"
		"01300f020121060452010001300406025101",
		"B! presentation.contexts-limit @289\n"
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 30038a0102\n");
	/* The other mode; X.410 mode has but RTORJ. */
	offered("310aa003800100a10380013f",
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 3103800100\n");
}

static void refusal_is_told(void **state)
{
	(void)state;
	start();
	pair.lost = true;
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	from_session(&pair.a, SERVICE_CONNECT, CONFIRM, &refused, "30038a0103");
	middle_expect(&pair,
		"A| STAI1 CPR STAI0\n"
		"A: P-CONNECT cnf- whose=presentation source=1 reason=3\n");
	/* Session refused: RF reason 129, provider. */
	start();
	pair.lost = true;
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	from_session(&pair.a, SERVICE_CONNECT, CONFIRM,
	             &(struct service){ .reason = 129, .source = SOURCE_PROVIDER,
	                                .whose = LAYER_SESSION }, NULL);
	middle_expect(&pair,
		"A| STAI1 S-CONcnf- STAI0\n"
		"A: P-CONNECT cnf- whose=session source=1 reason=129\n");
	/* Refused by session's user, without CPR. */
	start();
	pair.lost = true;
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	from_session(&pair.a, SERVICE_CONNECT, CONFIRM, &(struct service){ .reason = 1 }, NULL);
	middle_expect(&pair,
		"A! presentation.refuse-empty @0\n"
		"A| STAI1 S-CONcnf- STAI0\n"
		"A: P-CONNECT cnf- whose=session source=1 reason=1\n");
}

static void selectors_are_compared(void **state)
{
	struct presentation_config a, b;

	(void)state;
	presentation_defaults(&a);
	b = a;
	a.calling_psel = octets_of("me");
	a.called_psel = octets_of("you");
	b.local_psel = b.responding_psel = octets_of("you");
	middle_init(&pair, &a, &b, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, NULL);
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, &yes, NULL);
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req "
		      "3145a003800101a23e81026d658203796f75a433300f0201010604520100013004060251"
		"01300f02010306045600020c300406025101300f020105060456000207300406025101\n"
		"B| STAI0 CP STAI2\n"
		"B: P-CONNECT ind\n"
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ "
		      "3129a003800101a2228303796f75a51b3007800100810251013007800100810251013007"
		"80010081025101\n"
		"A| STAI1 CPA STAt0\n"
		"A: P-CONNECT cnf+\n");
	b.local_psel = octets_of("them");
	middle_init(&pair, &a, &b, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST,
	           &(struct service){ .names = &(struct service_names){
	                              .called_psel = octets_of("whom") } }, NULL);
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req "
		      "3146a003800101a23f81026d65820477686f6da433300f02010106045201000130040602"
		"5101300f02010306045600020c300406025101300f020105060456000207300406025101\n"
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 30038a0103\n"
		"A| STAI1 CPR STAI0\n"
		"A: P-CONNECT cnf- whose=presentation source=1 reason=3\n");
}

/* What we cannot have is rejected with its reason, the others are accepted under
 * the identifiers proposed (6.2.6.1). */
static void contexts_are_judged(void **state)
{
	const struct contexts *c = &pair.b.p.contexts;
	const struct context_name *mtse = &c->names[2];

	(void)state;
	alone();
	from_session(&pair.b, SERVICE_CONNECT, INDICATION, &down,
		"316da003800101a266a45530140201090604520100013009060351020106025101300d02"
		"010b06025302300406025101301002010d06045600020730050603510201300b02010f06"
		"04560002073000300f020111060456000207300406025101610d300b06025101020109a0"
		"020500");
	middle_expect(&pair,
		"B! presentation.transfers-none @77\n"
		"B| STAI0 CP STAI2\n"
		"B: P-CONNECT ind ctx=9 0500\n");
	c = &pair.b.p.contexts;
	mtse = &c->names[2];
	assert_ptr_equal(contexts_find(c, mtse->abstract), &c->at[4]);
	assert_null(contexts_by_id(c, 11));
	assert_int_equal(contexts_abstract(c, &c->at[1]).n, 0);
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE,
	           &(struct service){ .context = 9, .positive = true }, "0500");
	middle_expect(&pair,
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ "
		      "313ea003800101a237a52a30078001008102510130068001028201013006800102820102"
		"300680010282010230078001008102510161093007020109a0020500\n");
}

/* No context at all: user data are from the default context, of which we know
 * nothing; but what has none is passed on (6.1.2 a). */
static void default_context(void **state)
{
	struct presentation_config c;

	(void)state;
	presentation_defaults(&c);
	c.names_n = 0;
	middle_init(&pair, &c, &c, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, NULL, "0500");
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req 310ba003800101a20440020500\n"
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 30038a0106\n"
		"A| STAI1 CPR STAI0\n"
		"A: P-CONNECT cnf- whose=presentation source=1 reason=6\n");
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, NULL, NULL);
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE,
	           &(struct service){ .positive = true }, NULL);
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req 3107a003800101a200\n"
		"B| STAI0 CP STAI2\n"
		"B: P-CONNECT ind\n"
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ 3107a003800101a200\n"
		"A| STAI1 CPA STAt0\n"
		"A: P-CONNECT cnf+\n");
	middle_ask(&pair, &pair.a, SERVICE_EXPEDITED_DATA, REQUEST, NULL, "0500");
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, &in_1, "0500");
	middle_expect(&pair,
		"A| STAt0 P-EXreq STAt0\n"
		"A> S-EXPEDITED-DATA req 0500\n"
		"B| STAt0 TE STAt0\n"
		"B: P-EXPEDITED-DATA ind 0500\n"
		"A! presentation.request @0\n");
}

/* One context proposed and simply encoded data in CP: noted, and clear. */
static void simple_in_cp(void **state)
{
	(void)state;
	offered("311ea003800101a217a411300f02010106045201000130040602510140020500",
		"B! presentation.simple-cp @28\n"
		"B| STAI0 CP STAI2\n"
		"B: P-CONNECT ind ctx=1 0500\n");
}

static void several_transfers_are_proposed(void **state)
{
	static const uint8_t acse[] = { 0x52, 0x01, 0x00, 0x01 }, ber[] = { 0x51, 0x01 },
	                     der[] = { 0x51, 0x02, 0x01 };
	static const struct context_name names[] = {
		{ 7, { acse, sizeof acse }, { { der, sizeof der }, { ber, sizeof ber } } },
		{ 9, { ber, sizeof ber }, { { ber, sizeof ber } } },
	};
	struct presentation_config a, b;

	(void)state;
	presentation_defaults(&a);
	b = a;
	a.names = names;
	a.names_n = 2;
	middle_init(&pair, &a, &b, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST,
	           &(struct service){ .context = 7 }, "0500");
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req "
		      "313ea003800101a237a42530140201070604520100013009060351020106025101300d02"
		"010906025101300406025101610e300c0603510201020107a0020500\n"
		"B| STAI0 CP STAI2\n"
		"B: P-CONNECT ind ctx=7 0500\n");
	/* One context is left: user data of CPA are simply encoded, those of others are
	 * bare (8.4.1.3, 8.4.1.4). */
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE,
	           &(struct service){ .context = 7, .positive = true }, "0500");
	middle_expect(&pair,
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ "
		      "311ea003800101a217a511300780010081025101300680010282010140020500\n"
		"A| STAI1 CPA STAt0\n"
		"A: P-CONNECT cnf+ ctx=7 0500\n");
	assert_int_equal(pair.a.p.contexts.at[0].transfer, 1);
	assert_true(presentation_is_bare(&pair.a.p));
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, &(struct service){ .context = 7 },
	           "0500");
	middle_ask(&pair, &pair.b, SERVICE_TOKEN_PLEASE, REQUEST,
	           &(struct service){ .context = 7 }, "020101");
	middle_expect(&pair,
		"A| STAt0 P-DTreq STAt0\n"
		"A> S-DATA req 0500\n"
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first last ctx=7 0500\n"
		"B| STAt0 P-PTreq STAt0\n"
		"B> S-TOKEN-PLEASE req 020101\n"
		"A| STAt0 S-PTind STAt0\n"
		"A: P-TOKEN-PLEASE ind ctx=7 020101\n");
	middle_ask(&pair, &pair.a, SERVICE_U_ABORT, REQUEST, &(struct service){ .context = 7 },
	           "0500");
	middle_expect(&pair,
		"A| STAt0 P-UABreq STAI0\n"
		"A> S-U-ABORT req a00fa00930070201070602510140020500\n"
		"B| STAt0 ARU STAI0\n"
		"B: P-U-ABORT ind ctx=7 0500\n");
	middle_end(&pair);
}

/* ---- answers that do not fit ---- */

static void answered(const char *cpa, const char *want)
{
	alone();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	from_session(&pair.a, SERVICE_CONNECT, CONFIRM, &down, cpa);
	middle_expect(&pair, want);
}

static void wrong_answers(void **state)
{
	(void)state;
	/* Two results for three contexts: invalid value, event CPA. */
	answered("3126a003800101a21fa51230078001008102510130078001008102510161093007020101"
		"a0020500",
		"A! presentation.results-number @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800106810101\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	/* None at all. */
	answered("3112a003800101a20b61093007020101a0020500",
		"A! presentation.results-number @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800106810101\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	/* A transfer syntax that was not proposed. */
	answered("3130a003800101a229a51c30078001008102510130078001008102510130088001008103"
		"51020161093007020101a0020500",
		"A! presentation.result-foreign @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800106810101\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	/* The other mode. */
	answered("310aa003800100a10380013f",
		"A! presentation.mode-answer @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800106810101\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	/* User data from a context that is rejected (p04). */
	answered("312ba003800101a224a51730038001013007800100810251013007800100810251016109"
		"3007020101a0020500",
		"A! presentation.condition @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800106810101\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	/* No CPA: unrecognized PPDU. */
	answered("",
		"A! presentation.type @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800101810101\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=1\n");
	/* An element that is not defined: unrecognized parameter. */
	answered("3126a003800101a21fa51b30078001008102510130078001008102510130078001008102"
		"51018b00",
		"A! presentation.element @38\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800104810101\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=4\n");
}

static void wrong_refusal(void **state)
{
	(void)state;
	alone();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	/* No session connection is left that could carry ARP. */
	from_session(&pair.a, SERVICE_CONNECT, CONFIRM, &refused,
	             "3016a50930078001008102510161093007020101a0020500");
	middle_expect(&pair,
		"A! presentation.results-number @0\n"
		"A| STAI1 invalid STAI0\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
}

static void invalid_proposal_is_aborted(void **state)
{
	(void)state;
	/* ARP leaves; the user was told nothing of the connection. */
	offered("312ba003800101a224a422300f020101060452010001300406025101300f020101060452"
		"010001300406025101",
		"B! presentation.context-twice @30\n"
		"B| STAI0 invalid STAI0\n"
		"B> S-U-ABORT req 3006800106810100\n");
	offered("",
		"B! presentation.type @0\n"
		"B| STAI0 invalid STAI0\n"
		"B> S-U-ABORT req 3006800101810100\n");
}

/* ---- abort ---- */

static void aborts(void **state)
{
	(void)state;
	opened();
	middle_ask(&pair, &pair.a, SERVICE_U_ABORT, REQUEST, &in_1, "0500");
	middle_expect(&pair,
		"A| STAt0 P-UABreq STAI0\n"
		"A> S-U-ABORT req "
		      "a028a01b3007020101060251013007020103060251013007020105060251016109300702"
		"0101a0020500\n"
		"B| STAt0 ARU STAI0\n"
		"B: P-U-ABORT ind ctx=1 0500\n");
	opened();
	middle_ask(&pair, &pair.b, SERVICE_U_ABORT, REQUEST, &in_1, NULL);
	middle_expect(&pair,
		"B| STAt0 P-UABreq STAI0\n"
		"B> S-U-ABORT req a000\n"
		"A| STAt0 ARU STAI0\n"
		"A: P-U-ABORT ind\n");
	/* Session version 1: no room for user data (6.4.2.2). */
	start();
	pair.versions = 1;
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	middle_ask(&pair, &pair.b, SERVICE_U_ABORT, REQUEST, &in_1, "0500");
	middle_expect(&pair,
		"B| STAI2 P-UABreq STAI0\n"
		"B> S-U-ABORT req a000\n"
		"A| STAI1 ARU STAI0\n"
		"A: P-U-ABORT ind\n");
}

static void aborted(const char *data, const char *want)
{
	opened();
	pair.lost = true;
	from_session(&pair.a, SERVICE_U_ABORT, INDICATION, &down, data);
	middle_expect(&pair, want);
}

static void is_aborted(void **state)
{
	(void)state;
	aborted("3006800102810107",
		"A| STAt0 ARP STAI0\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=2\n");
	aborted("",
		"A! presentation.abort-empty @0\n"
		"A| STAt0 ARU STAI0\n"
		"A: P-U-ABORT ind\n");
	aborted("a00b61093007020101a0020500",
		"A! presentation.aru-list @2\n"
		"A| STAt0 ARU STAI0\n"
		"A: P-U-ABORT ind ctx=1 0500\n");
	/* From a context that does not exist: P-P-ABORT, and no one to send ARP to. */
	aborted("a016a00930070201630602510161093007020163a0020500",
		"A! presentation.condition @0\n"
		"A| STAt0 invalid STAI0\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	opened();
	from_session(&pair.a, SERVICE_P_ABORT, INDICATION,
	             &(struct service){ .whose = LAYER_SESSION, .source = 1, .reason = 1 }, NULL);
	middle_expect(&pair,
		"A| STAt0 S-PABind STAI0\n"
		"A: P-P-ABORT ind whose=session source=1 reason=1\n");
	/* It is over: what still comes is noted. */
	from_session(&pair.a, SERVICE_P_ABORT, INDICATION, &down, NULL);
	from_session(&pair.a, SERVICE_DATA, INDICATION, &(struct service){ .first = true }, "61");
	from_session(&pair.a, SERVICE_CONNECT, CONFIRM, &down, CPA);
	middle_expect(&pair,
		"A! presentation.idle @0\n"
		"A! presentation.idle @0\n"
		"A! presentation.idle @0\n");
}

/* Awaiting CPA, and awaiting the user's answer. */
static void aborted_while_opening(void **state)
{
	static const struct {
		enum service_kind kind;
		const char *data, *want;
	} ends[] = {
		{ SERVICE_U_ABORT, "3003800100", "P-P-ABORT ind" },
		{ SERVICE_U_ABORT, "a000", "P-U-ABORT ind" },
		{ SERVICE_P_ABORT, NULL, "P-P-ABORT ind" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		start();
		middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
		middle_forget(&pair);
		pair.lost = true;
		from_session(&pair.a, ends[i].kind, INDICATION, &down, ends[i].data);
		from_session(&pair.b, ends[i].kind, INDICATION, &down, ends[i].data);
		assert_int_equal(pair.a.p.state, PRESENTATION_STAI0);
		assert_int_equal(pair.b.p.state, PRESENTATION_STAI0);
		assert_non_null(strstr(pair.log, "A: "));
		assert_non_null(strstr(strstr(pair.log, "B: "), ends[i].want));
	}
}

static void unexpected_is_aborted(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	from_session(&pair.a, SERVICE_CONNECT, INDICATION, &down, CP);
	middle_expect(&pair,
		"A! presentation.unexpected @0\n"
		"A| STAt0 invalid STAI0\n"
		"A> S-U-ABORT req 3006800102810100\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=2\n");
	alone();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	from_session(&pair.a, SERVICE_ACTIVITY_START, INDICATION, &down, NULL);
	middle_expect(&pair,
		"A! presentation.unexpected @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800103810119\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=3\n");
	alone();
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_forget(&pair);
	from_session(&pair.a, SERVICE_DATA, INDICATION,
	             &(struct service){ .first = true, .last = true }, USER_3);
	middle_expect(&pair,
		"A! presentation.unexpected @0\n"
		"A| STAI1 invalid STAI0\n"
		"A> S-U-ABORT req 3006800102810107\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=2\n");
}

static void requests_are_refused(void **state)
{
	(void)state;
	start();
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, &in_3, "0500");
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, RESPONSE, &yes, NULL);
	middle_ask(&pair, &pair.a, SERVICE_U_ABORT, REQUEST, &in_1, NULL);
	/* A context that is not proposed. */
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &(struct service){ .context = 2 },
	           "0500");
	/* Not a primitive of the service. */
	middle_ask(&pair, &pair.a, SERVICE_P_EXCEPTION, REQUEST, &in_1, NULL);
	middle_expect(&pair,
		"A! presentation.request @0\n"
		"A! presentation.request @0\n"
		"A! presentation.request @0\n"
		"A! presentation.request @0\n"
		"A! presentation.request @0\n");
	opened();
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, &(struct service){ .context = 7 },
	           "0500");
	/* P-EXPEDITED-DATA is for the default context only (p13). */
	middle_ask(&pair, &pair.a, SERVICE_EXPEDITED_DATA, REQUEST, &in_1, "0500");
	middle_expect(&pair,
		"A! presentation.request @0\n"
		"A! presentation.request @0\n");
}

/* ---- what is passed on ---- */

static void all_else_is_passed_on(void **state)
{
	static const struct {
		enum service_kind kind;
		bool answered;
	} kinds[] = {
		{ SERVICE_TOKEN_GIVE, false }, { SERVICE_TOKEN_PLEASE, false },
		{ SERVICE_CONTROL_GIVE, false }, { SERVICE_SYNC_MINOR, true },
		{ SERVICE_SYNC_MAJOR, true }, { SERVICE_ACTIVITY_START, false },
		{ SERVICE_ACTIVITY_RESUME, false }, { SERVICE_ACTIVITY_END, true },
		{ SERVICE_ACTIVITY_INTERRUPT, true }, { SERVICE_ACTIVITY_DISCARD, true },
		{ SERVICE_U_EXCEPTION, false }, { SERVICE_CAPABILITY_DATA, true },
	};
	char want[512];

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *name = service_kind_name(kinds[i].kind);

		for (int with = 0; with < 2; with++) {
			const char *data = with ? "0500" : NULL;
			const char *wire = with ? " " USER_3 : "", *up = with ? " ctx=3 0500" : "";

			opened();
			middle_ask(&pair, &pair.a, kinds[i].kind, REQUEST,
			           &(struct service){ .context = 3, .serial = 7, .reason = 5 },
			           data);
			snprintf(want, sizeof want, "A> S-%s req serial=7 reason=5%s\n", name,
			         wire);
			assert_non_null(strstr(pair.log, want));
			snprintf(want, sizeof want, "B: P-%s ind serial=7 reason=5%s\n", name, up);
			assert_non_null(strstr(pair.log, want));
			middle_ask(&pair, &pair.b, kinds[i].kind, RESPONSE,
			           &(struct service){ .context = 3, .serial = 8 }, data);
			snprintf(want, sizeof want, "A: P-%s cnf serial=8%s\n", name, up);
			if (kinds[i].answered)
				assert_non_null(strstr(pair.log, want));
			else
				assert_non_null(strstr(pair.log, "B! presentation.request @0\n"));
		}
	}
	from_session(&pair.a, SERVICE_P_EXCEPTION, INDICATION, &down, NULL);
	assert_non_null(strstr(pair.log, "A: P-P-EXCEPTION ind"));
}

static void user_data_from_nowhere(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	from_session(&pair.a, SERVICE_TOKEN_PLEASE, INDICATION, &down,
	             "610a3008020163a003020101");
	middle_expect(&pair,
		"A! presentation.condition @0\n"
		"A| STAt0 invalid STAI0\n"
		"A> S-U-ABORT req 3006800106810111\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	opened();
	pair.lost = true;
	from_session(&pair.a, SERVICE_RELEASE, CONFIRM, &down, "0500");
	middle_expect(&pair,
		"A! presentation.type @0\n"
		"A| STAt0 invalid STAI0\n"
		"A: P-P-ABORT ind whose=presentation source=1 reason=1\n");
}

/* ---- data ---- */

static void data_in_pieces(void **state)
{
	(void)state;
	opened();
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, &in_3, "0403616263");
	middle_expect(&pair,
		"A| STAt0 P-DTreq STAt0\n"
		"A> S-DATA req 610c300a020103a0050403616263\n"
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first last ctx=3 0403616263\n");
	middle_ask(&pair, &pair.b, SERVICE_TYPED_DATA, REQUEST, &in_3, "0500");
	middle_expect(&pair,
		"B| STAt0 P-TDreq STAt0\n"
		"B> S-TYPED-DATA req " USER_3 "\n"
		"A| STAt0 TTD STAt0\n"
		"A: P-TYPED-DATA ind first last ctx=3 0500\n");
	pair.piece = 4;
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, &in_3, "0403616263");
	middle_expect(&pair,
		"A| STAt0 P-DTreq STAt0\n"
		"A> S-DATA req 610c300a020103a0050403616263\n"
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first ctx=3 040361\n"
		"B: P-DATA ind last ctx=3 6263\n");
	pair.piece = 1;
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, &in_3, "0500");
	middle_expect(&pair,
		"A| STAt0 P-DTreq STAt0\n"
		"A> S-DATA req " USER_3 "\n"
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first ctx=3 05\n"
		"B: P-DATA ind last ctx=3 00\n");
	middle_end(&pair);
}

static void got(bool first, bool last, const char *data)
{
	from_session(&pair.b, SERVICE_DATA, INDICATION,
	             &(struct service){ .first = first, .last = last }, data);
}

/* One piece in is one piece out, however many segments and PDV-lists are in it. */
static void values_are_joined(void **state)
{
	(void)state;
	opened();
	got(true, true,
	    "61803080020103a180040261622406040263640400000000003007020103810265660000");
	middle_expect(&pair,
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first last ctx=3 616263646566\n");
	/* The end alone: an empty last piece. */
	got(true, false, "6180308002 0103a0800403616263");
	got(false, true, "000000000000");
	middle_expect(&pair,
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first ctx=3 0403616263\n"
		"B: P-DATA ind last ctx=3\n");
	/* A unit that the peer interrupted has no last piece; the next begins anew. */
	got(true, false, "6180308002");
	got(true, true, USER_3);
	middle_expect(&pair,
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first last ctx=3 0500\n");
	/* Nothing in it. */
	got(true, true, "6100");
	middle_expect(&pair,
		"B! presentation.pdv-none @0\n"
		"B: P-DATA ind first last\n");
	middle_end(&pair);
}

static void no_memory_to_join(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	pair.b.pool.refuse = 1;
	got(true, true, "6112300702010381026162300702010381026364");
	middle_expect(&pair,
		"B! presentation.memory @0\n"
		"B| STAt0 TD STAt0\n"
		"B| STAt0 invalid STAI0\n"
		"B: P-DATA ind first ctx=3 6162\n"
		"B> S-U-ABORT req 3003800100\n"
		"B: P-P-ABORT ind whose=presentation source=1\n");
	middle_end(&pair);
}

static void bad_data_is_aborted(void **state)
{
	(void)state;
	opened();
	pair.lost = true;
	got(true, true, "61093007020163a0020500");
	middle_expect(&pair,
		"B! presentation.condition @0\n"
		"B| STAt0 invalid STAI0\n"
		"B> S-U-ABORT req 3006800106810107\n"
		"B: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	opened();
	pair.lost = true;
	got(true, false, "61803007020103a00205003007020105a00205000000");
	middle_expect(&pair,
		"B! presentation.data-contexts @11\n"
		"B| STAt0 TD STAt0\n"
		"B| STAt0 invalid STAI0\n"
		"B: P-DATA ind first ctx=3 0500\n"
		"B> S-U-ABORT req 3006800106810107\n"
		"B: P-P-ABORT ind whose=presentation source=1 reason=6\n");
	opened();
	pair.lost = true;
	got(true, true, "6109300702");
	middle_expect(&pair,
		"B! ber.cut @5\n"
		"B| STAt0 invalid STAI0\n"
		"B> S-U-ABORT req 3006800101810107\n"
		"B: P-P-ABORT ind whose=presentation source=1 reason=1\n");
}

static void a_gibibyte_is_not_held(void **state)
{
	static uint8_t content[64 << 10];
	struct presentation_reader r;
	struct findings f;
	struct octets head = { (const uint8_t *)"\x61\x80\x30\x80\x02\x01\x03\xa0\x84\x40\0\0\0",
	                       13 };
	struct octets value;
	uint64_t sum = 0;

	(void)state;
	findings_clear(&f);
	presentation_reader_init(&r);
	assert_int_equal(presentation_reader_next(&r, &head, &value, &f), PRESENTATION_MORE);
	for (size_t i = 0; i < (1u << 30) / sizeof content; i++) {
		struct octets piece = { content, sizeof content };

		assert_int_equal(presentation_reader_next(&r, &piece, &value, &f),
		                 PRESENTATION_VALUE);
		assert_ptr_equal(value.p, content);
		sum += value.n;
		assert_int_equal(presentation_reader_next(&r, &piece, &value, &f),
		                 PRESENTATION_MORE);
	}
	assert_true(sum == 1u << 30);
	head = (struct octets){ (const uint8_t *)"\0\0\0\0", 4 };
	assert_int_equal(presentation_reader_next(&r, &head, &value, &f), PRESENTATION_MORE);
	assert_true(presentation_reader_end(&r, &f));
}

/* ---- X.410-1984 mode ---- */

static void x410_mode(void **state)
{
	struct presentation_config c;

	(void)state;
	presentation_defaults(&c);
	c.x410 = true;
	middle_init(&pair, &c, &c, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, NULL, "80013f");
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE,
	           &(struct service){ .positive = true }, "800101");
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req 310aa003800100a10380013f\n"
		"B| STAI0 CP STAI2\n"
		"B: P-CONNECT ind 80013f\n"
		"B| STAI2 P-CONrsp+ STAt0\n"
		"B> S-CONNECT rsp+ 310aa003800100a103800101\n"
		"A| STAI1 CPA STAt0\n"
		"A: P-CONNECT cnf+ 800101\n");
	middle_ask(&pair, &pair.a, SERVICE_DATA, REQUEST, NULL, "a0c631");
	middle_ask(&pair, &pair.b, SERVICE_TOKEN_PLEASE, REQUEST, NULL, "020101");
	middle_ask(&pair, &pair.b, SERVICE_U_ABORT, REQUEST, NULL, "800103");
	middle_expect(&pair,
		"A| STAt0 P-DTreq STAt0\n"
		"A> S-DATA req a0c631\n"
		"B| STAt0 TD STAt0\n"
		"B: P-DATA ind first last a0c631\n"
		"B| STAt0 P-PTreq STAt0\n"
		"B> S-TOKEN-PLEASE req 020101\n"
		"A| STAt0 S-PTind STAt0\n"
		"A: P-TOKEN-PLEASE ind 020101\n"
		"B| STAt0 P-UABreq STAI0\n"
		"B> S-U-ABORT req 3103800103\n"
		"A| STAt0 ARU STAI0\n"
		"A: P-U-ABORT ind 800103\n");
	middle_init(&pair, &c, &c, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, NULL, "80013f");
	middle_forget(&pair);
	middle_ask(&pair, &pair.b, SERVICE_CONNECT, RESPONSE, NULL, "800102");
	middle_expect(&pair,
		"B| STAI2 P-CONrsp- STAI0\n"
		"B> S-CONNECT rsp- 3103800102\n"
		"A| STAI1 CPR STAI0\n"
		"A: P-CONNECT cnf- whose=presentation source=0 800102\n");
	middle_end(&pair);
}

/* X.410 mode at the responder, normal mode proposed: CPR of normal mode. */
static void modes_do_not_meet(void **state)
{
	struct presentation_config a, b;

	(void)state;
	presentation_defaults(&a);
	presentation_defaults(&b);
	b.x410 = true;
	middle_init(&pair, &a, &b, NULL, NULL);
	middle_ask(&pair, &pair.a, SERVICE_CONNECT, REQUEST, &in_1, "0500");
	middle_expect(&pair,
		"A| STAI0 P-CONreq STAI1\n"
		"A> S-CONNECT req " CP "\n"
		"B| STAI0 CP STAI0\n"
		"B> S-CONNECT rsp- 30038a0100\n"
		"A| STAI1 CPR STAI0\n"
		"A: P-CONNECT cnf- whose=presentation source=1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_states_and_events),
		cmocka_unit_test(rows_exclude_each_other),
		cmocka_unit_test(connects_and_releases),
		cmocka_unit_test(release_refused),
		cmocka_unit_test(releases_cross),
		cmocka_unit_test(user_refuses),
		cmocka_unit_test(provider_refuses),
		cmocka_unit_test(refusal_is_told),
		cmocka_unit_test(selectors_are_compared),
		cmocka_unit_test(contexts_are_judged),
		cmocka_unit_test(default_context),
		cmocka_unit_test(simple_in_cp),
		cmocka_unit_test(several_transfers_are_proposed),
		cmocka_unit_test(wrong_answers),
		cmocka_unit_test(wrong_refusal),
		cmocka_unit_test(invalid_proposal_is_aborted),
		cmocka_unit_test(aborts),
		cmocka_unit_test(is_aborted),
		cmocka_unit_test(aborted_while_opening),
		cmocka_unit_test(unexpected_is_aborted),
		cmocka_unit_test(requests_are_refused),
		cmocka_unit_test(all_else_is_passed_on),
		cmocka_unit_test(user_data_from_nowhere),
		cmocka_unit_test(data_in_pieces),
		cmocka_unit_test(values_are_joined),
		cmocka_unit_test(no_memory_to_join),
		cmocka_unit_test(bad_data_is_aborted),
		cmocka_unit_test(a_gibibyte_is_not_held),
		cmocka_unit_test(x410_mode),
		cmocka_unit_test(modes_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + vectors_run("presentation", decode);
}
