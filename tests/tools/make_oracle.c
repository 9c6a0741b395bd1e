/*
 * make_oracle: every kind of PDU as a capture for another decoder
 * (make_oracle TABLE CAPTURE).
 *
 * The table (tests/oracle/pdus.txt) says what is sent and what is to be seen of
 * it; what is sent is a line at the margin:
 *
 *     open LIST      PDUs of the initiator in the notation of rig/pdu/pdu_parse.h,
 *                    with a transport connection before them if they need one
 *     answer LIST    of the responder, an association being asked for before
 *     data LIST      of the initiator, an association standing
 *     back LIST      of the responder, an association standing
 *     transfer LIST  of the initiator, in an activity
 *     argument, result, error VALUE
 *                    MTABind, in the notation of stack/p1/p1_value.h; so are:
 *     apdu VALUE     message, probe or report
 *     extension VALUE, name VALUE, attribute NUMBER VALUE
 *                    in the envelope of a message; of the O/R name of its originator
 *     content VALUE, heading VALUE, part VALUE
 *                    IPM or IPN, a heading extension, a body part in a message
 *     built NAME     what a builder of stack/ makes
 *
 * Each is a connection of its own and bears "pdu" and the number of its line as comment.
 * Status 1: one cannot be written, or a row of our tables is not in it.
 */
#include "capture/synth.h"
#include "ipm/ipm.h"
#include "ipm/ipm_types.h"
#include "p1/p1.h"
#include "p1/p1_build.h"
#include "p1/p1_types.h"
#include "pdu/pdu_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 << 10, OCTETS_MAX = 32 << 10, FORMS_MAX = 256 };

static struct {
	const char *table;
	unsigned line, serial;
	bool failed;
	struct pcapng_writer *writer;
	uint32_t interface;
	struct synth connection;
	int64_t time_ns;
	struct octets value;		/* $value */
	uint8_t said[LAYER_IPM + 1][FORMS_MAX];		/* forms that were written */
	uint8_t extensions[256], attributes[256];
	struct octets all;		/* all values of IPMs, one after the other */
} o;

static void fail(const char *why, const char *what)
{
	fprintf(stderr, "%s:%u: %s: %s\n", o.table, o.line, why, what);
	o.failed = true;
}

/* ---- connections ---- */

static void open_tcp(void)
{
	struct synth_end end[DIRECTIONS] = {
		[FROM_INITIATOR] = { .address = { .version = 4, .octets = { 192, 0, 2, 1 } },
		                     .port = (uint16_t)(10000 + o.line) },
		[FROM_RESPONDER] = { .address = { .version = 4, .octets = { 192, 0, 2, 2 } },
		                     .port = 102 },
	};

	o.time_ns += 1000000;
	synth_open(&o.connection, o.writer, o.interface, end, ++o.serial, SYNTH_ACCEPTED,
	           o.time_ns);
}

static bool variable(const struct pdu_variables *v, struct octets name, struct pdu_got *out)
{
	static const struct { const char *name, *value; } known[] = {
		{ "our-name", "RIG" }, { "our-password", "secret" },
		{ "mts-id", "C=XX;A=ADM;P=UP;L=1" },
		{ "originator", "C=XX;A=ADM;P=UP;S=Rig" }, { "our-domain", "C=XX;A=ADM;P=UP" },
		{ "now", "260101000000Z" },
	};

	(void)v;
	if (octets_equal(name, octets_of("value"))) {
		*out = (struct pdu_got){ .octets = o.value };
		return true;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (octets_equal(name, octets_of(known[i].name))) {
			*out = (struct pdu_got){ .octets = octets_of(known[i].value) };
			return true;
		}
	return false;
}

static void note_forms(const struct pdu_plan *plan)
{
	for (size_t i = 0; i < plan->items_n; i++)
		if (plan->items[i].kind == PDU_ITEM_PDU)
			o.said[plan->items[i].layer][plan->items[i].code] = 1;
}

static void say(enum capture_direction from, const char *list, bool noted)
{
	static const struct pdu_variables variables = { .value = variable };
	static struct pdu_writing w;
	static struct nodes nodes;
	static uint8_t stream[OCTETS_MAX];
	struct lexer_report report = { 0 };
	struct lexer_source source;
	struct pdu_plan plan = { 0 };
	struct lexer lx;
	const char *end;
	char comment[16];
	size_t n = 0;

	if (!lexer_take(&source, "pdu", list, strlen(list), &report)) {
		fail("cannot be read", list);
		return;
	}
	lexer_init(&lx, &source, &report);
	w = (struct pdu_writing){ .nodes = &nodes, .plan = &plan, .variables = &variables };
	if (pdu_parse(&lx, &plan, 0, &end) && lexer_want_eol(&lx))
		n = pdu_stream(&w, 0, plan.items_n, 2048, stream, sizeof stream);
	if (n == 0)
		fail(report.n ? report.text : w.why, list);
	if (noted) {
		snprintf(comment, sizeof comment, "pdu %u", o.line);
		pcapng_comment(o.writer, comment);
		note_forms(&plan);
	}
	o.time_ns += 1000000;
	synth_data(&o.connection, from, o.time_ns, (struct octets){ stream, n });
	pdu_plan_free(&plan);
	lexer_report_free(&report);
	lexer_source_free(&source);
}

static const char connect[] = "session CN calling-ref=hex:160152 "
                              "common-ref=hex:170d3236303130313030303030305a";

static void transport(void)
{
	say(FROM_INITIATOR, "cotp CR src=1 calling=\"RIG\" called=\"MTA\" size=2048", false);
	say(FROM_RESPONDER, "cotp CC dst=1 src=2 size=2048", false);
}

static void associate(void)
{
	transport();
	say(FROM_INITIATOR, connect, false);
	say(FROM_RESPONDER, "session AC", false);
}

/* ---- what a line can be ---- */

static void open_list(const char *s)
{
	if (strncmp(s, "cotp", 4) != 0)
		transport();
	say(FROM_INITIATOR, s, true);
}

static void answer_list(const char *s)
{
	if (strncmp(s, "cotp CC", 7) == 0) {
		say(FROM_INITIATOR, "cotp CR src=1", false);
	} else {
		transport();
		say(FROM_INITIATOR, connect, false);
	}
	say(FROM_RESPONDER, s, true);
}

static void data_list(const char *s)
{
	associate();
	say(FROM_INITIATOR, s, true);
}

static void back_list(const char *s)
{
	associate();
	say(FROM_RESPONDER, s, true);
}

/* The octets of `text` behind `head` free octets. */
static struct octets encode(const struct p1_type *type, const char *text, size_t head)
{
	static uint8_t octets[OCTETS_MAX];
	size_t bad = 0, n;

	n = p1_value_encode(type, octets_of(text), octets + head, sizeof octets - head, &bad);
	if (n == 0 || n > sizeof octets - head) {
		fail("cannot be written", text + bad);
		return (struct octets){ octets, head };
	}
	return (struct octets){ octets, head + n };
}

/* MTABind stands in [16], [17] or [18] of normal mode. */
static void bind_value(const struct p1_type *type, uint8_t tag, const char *text)
{
	struct octets whole = encode(type, text, 4);
	uint8_t *p = (uint8_t *)(uintptr_t)whole.p;
	size_t n = whole.n - 4;

	p[0] = tag;
	p[1] = 0x82;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	o.value = whole;
}

static void argument(const char *s)
{
	bind_value(&p1_type_bind_argument, 0xb0, s);
	transport();
	say(FROM_INITIATOR, "rtse RTORQ open=$value", true);
}

static void result(const char *s)
{
	bind_value(&p1_type_bind_result, 0xb1, s);
	answer_list("rtse RTOAC open=$value");
}

static void error(const char *s)
{
	bind_value(&p1_type_bind_error, 0xb2, s);
	answer_list("session RF reason=user-data user=(presentation CPR "
	            "results=hex:300780010081025101300780010081025101300780010081025101 context=1 "
	            "user=(acse AARE direct=2.1.1 result=rejected-permanent user-diagnostic=1 "
	            "user=(rtse RTORJ user=$value)))");
}

static void transfer_list(const char *s)
{
	associate();
	say(FROM_INITIATOR, "session AS", false);
	say(FROM_INITIATOR, s, true);
	say(FROM_INITIATOR, "session AE serial=1", false);
}

static void transfer(struct octets apdu)
{
	o.value = apdu;
	transfer_list("rtse RTTR user=(p1 EXTERNAL user=$value)");
}

static void apdu(const char *s)
{
	transfer(encode(&p1_type_apdu, s, 0));
}

/* A message with one part of it given. */
static void message(const char *originator, const char *extensions, const char *type,
                    const char *content)
{
	static char text[2 * TEXT_MAX];

	snprintf(text, sizeof text,
	         "message:{envelope {message-identifier {global-domain-identifier {country-name "
	         "iso-3166-alpha2-code:\"XX\", administration-domain-name printable:\"ADM\"}, "
	         "local-identifier \"ID1\"}, originator-name %s, content-type %s, "
	         "trace-information {{global-domain-identifier {country-name "
	         "iso-3166-alpha2-code:\"XX\", administration-domain-name printable:\"ADM\"}, "
	         "domain-supplied-information {arrival-time \"260101000000Z\", routing-action "
	         "relayed}}}, %s per-recipient-fields {{recipient-name \"C=XX;A=ADM;S=TO\", "
	         "originally-specified-recipient-number 1, per-recipient-indicators "
	         "{responsibility, originating-MTA-non-delivery-report}}}}, content '%s'H}",
	         originator, type, extensions, content);
	apdu(text);
}

static const char from[] = "\"C=XX;A=ADM;S=FROM\"";
/* An IPM without anything. */
static const char least[] = "a0093105" "6b03130131" "3000";

/* The number of an extension: [0] behind the header of the SEQUENCE. */
static void extension(const char *s)
{
	char text[TEXT_MAX];
	struct octets x = encode(&p1_type_extension, s, 0);
	size_t at = x.n > 2 && x.p[1] > 0x80 ? 2u + (x.p[1] & 0x7fu) : 2;

	if (at + 3 <= x.n && x.p[at] == 0x80)
		o.extensions[x.p[at + 2]] = 1;
	snprintf(text, sizeof text, "extensions {%s},", s);
	message(from, text, "built-in:22", least);
}

static void name(const char *s)
{
	struct octets x = encode(&p1_type_or_name, s, 0);

	/* ExtensionAttribute: [0] number, [1] value */
	for (size_t i = 0; i + 4 <= x.n; i++)
		if (x.p[i] == 0x80 && x.p[i + 1] == 1 && x.p[i + 3] == 0xa1)
			o.attributes[x.p[i + 2]] = 1;
	message(s, "", "built-in:22", least);
}

static void attribute(const char *s)
{
	static char text[TEXT_MAX];
	const char *value = strchr(s, ' ');

	snprintf(text, sizeof text, "{built-in-standard-attributes {country-name "
	         "iso-3166-alpha2-code:\"XX\", administration-domain-name printable:\"ADM\"}, "
	         "extension-attributes {{extension-attribute-type %ld, extension-attribute-value "
	         "%s}}}", strtol(s, NULL, 10), value ? value : "");
	name(text);
}

static void content(const char *s)
{
	static uint8_t all[8 * OCTETS_MAX];
	static char hex[2 * OCTETS_MAX + 1];
	struct octets x = encode(&ipm_type_object, s, 0);

	for (size_t i = 0; i < x.n; i++)
		snprintf(hex + 2 * i, 3, "%02x", x.p[i]);
	if (o.all.n + x.n <= sizeof all) {
		memcpy(all + o.all.n, x.p, x.n);
		o.all = (struct octets){ all, o.all.n + x.n };
	}
	message(from, "", "built-in:22", hex);
}

static void heading(const char *s)
{
	static char text[TEXT_MAX];

	snprintf(text, sizeof text, "ipm:{heading {this-IPM {user-relative-identifier \"1\"}, "
	         "extensions {%s}}, body {}}", s);
	content(text);
}

static void part(const char *s)
{
	static char text[TEXT_MAX];

	snprintf(text, sizeof text, "ipm:{heading {this-IPM {user-relative-identifier \"1\"}}, "
	         "body {%s}}", s);
	content(text);
}

/* ---- builders ---- */

/* Borrowed until the next but seven. */
static struct octets address(const char *text)
{
	static uint8_t octets[8][128];
	static unsigned next;
	uint8_t *p = octets[next++ % 8];
	size_t bad;

	return (struct octets){ p, p1_value_encode(&p1_type_or_name, octets_of(text), p,
	                                           sizeof octets[0], &bad) };
}

/* Borrows the text. */
static struct p1_mts_id identifier(const char *text)
{
	struct p1_mts_id id;
	size_t bad;

	if (!p1_mts_id_parse(octets_of(text), &id, &bad))
		fail("no MTS identifier", text);
	return id;
}

static struct p1_trace trace(const char *id, const char *arrival)
{
	return (struct p1_trace){ .domain = identifier(id).domain, .arrival = p1_string(arrival) };
}

static const struct p1_recipient *recipients(void)
{
	static struct p1_recipient r[2];

	r[0] = (struct p1_recipient){
		.name = address("\"C=XX;A=ADM;P=DOWN;S=One\""), .number = 1,
		.indicators = P1_RESPONSIBILITY | P1_MTA_REPORT | P1_ORIGINATOR_REPORT,
	};
	r[1] = (struct p1_recipient){
		.name = address("\"C=XX;A=ADM;P=DOWN;S=Two\""), .number = 2,
		.indicators = P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY,
	};
	return r;
}

static struct p1_message full(void)
{
	/* recipient-reassignment-prohibited */
	static const uint8_t extension[] = { 0x30, 0x08, 0x80, 1, 1, 0xa2, 3, 0x0a, 1, 1 };

	return (struct p1_message){
		.id = identifier("C=XX;A=ADM;P=UP;L=BUILT-1"),
		.originator = address("\"C=XX;A=ADM;P=UP;S=Builder\""),
		.content_type = { .present = true, .number = P1_CONTENT_P22 },
		.content_id = octets_of("built"), .priority = P1_URGENT,
		.indicators = P1_DISCLOSURE_ALLOWED | P1_CONTENT_RETURN,
		.deferred = octets_of("260203040506Z"),
		.trace = trace("C=XX;A=ADM;P=UP;L=x", "260102030405Z"),
		.extensions = { extension, sizeof extension },
		.recipients_n = 2, .recipients = recipients(),
	};
}

static const char text[] = "Built by hand.\r\n";

/* A simple IPM behind the head of its message. */
static size_t put_message(uint8_t *dst, size_t cap, size_t *head)
{
	const struct octets to = address("\"C=XX;A=ADM;P=DOWN;S=One\"");
	const struct ipm_compose ipm = {
		.name = address("\"C=XX;A=ADM;P=UP;S=Builder\""), .local = octets_of("7"),
		.originator = address("\"C=XX;A=ADM;P=UP;S=Builder\""), .primary = &to,
		.primary_n = 1, .subject = octets_of("A built one"), .has_importance = true,
		.importance = 2, .receipt = true,
	};
	const struct p1_message m = full();
	size_t heading = ipm_compose_head(&ipm, sizeof text - 1, NULL, 0), n;

	*head = n = p1_message_head(&m, heading + sizeof text - 1, dst, cap);
	n += ipm_compose_head(&ipm, sizeof text - 1, dst + n, cap - n);
	memcpy(dst + n, text, sizeof text - 1);
	return n + sizeof text - 1;
}

static size_t built_message(uint8_t *dst, size_t cap)
{
	size_t head;

	return put_message(dst, cap, &head);
}

/* That message as it comes in: its head decoded, all its octets. */
static struct octets receive(struct p1_apdu *a)
{
	static uint8_t octets[OCTETS_MAX];
	struct findings f;
	size_t head, n = put_message(octets, sizeof octets, &head);

	findings_clear(&f);
	if (!p1_decode((struct octets){ octets, head }, a, &f))
		fail("does not decode", "built message");
	return (struct octets){ octets, n };
}

static size_t built_probe(uint8_t *dst, size_t cap)
{
	const struct p1_message m = full();

	return p1_probe(&m, 4711, dst, cap);
}

static size_t built_relay(uint8_t *dst, size_t cap)
{
	const struct p1_relay relay = { .trace = trace("C=XX;A=ADM;P=HOP;L=x", "260102030406Z") };
	struct p1_apdu a;
	struct octets apdu = receive(&a);
	size_t content = apdu.n - a.head.n;
	size_t n = p1_relay_head(&a, &relay, content, dst, cap);

	memcpy(dst + n, apdu.p + a.head.n, content);
	return n + content;
}

/* Through two MTAs of one domain: an internal trace begun, then continued. */
static size_t built_inside(uint8_t *dst, size_t cap)
{
	static const char *const mtas[] = { "HUB-1", "HUB-2" };
	static uint8_t hops[2][OCTETS_MAX];
	struct p1_relay relay = { .internal = trace("C=XX;A=ADM;P=HOP;L=x", "260102030406Z") };
	struct p1_apdu a;
	struct octets apdu = receive(&a);
	size_t content = apdu.n - a.head.n, n = 0;

	for (int i = 0; i < 2; i++) {
		struct findings f;

		relay.internal.mta = p1_string(mtas[i]);
		n = p1_relay_head(&a, &relay, content, hops[i], sizeof hops[i]);
		findings_clear(&f);
		if (!p1_decode((struct octets){ hops[i], n }, &a, &f))
			fail("does not decode", "relayed inside");
	}
	if (n + content > cap)
		fail("too long", "relayed inside");
	memcpy(dst, hops[1], n);
	memcpy(dst + n, apdu.p + (apdu.n - content), content);
	return n + content;
}

static size_t built_report(uint8_t *dst, size_t cap)
{
	const struct p1_reported reported[] = {
		{ .name = address("\"C=XX;A=ADM;P=DOWN;S=One\""), .number = 1,
		  .indicators = P1_RESPONSIBILITY | P1_MTA_REPORT, .delivered = true,
		  .arrival = p1_string("260102030407Z"),
		  .delivery_time = p1_string("260102030408Z") },
		{ .name = address("\"C=XX;A=ADM;P=DOWN;S=Two\""), .number = 2,
		  .indicators = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY,
		  .arrival = p1_string("260102030409Z"), .reason = 1, .diagnostic = 0,
		  .supplementary = p1_string("not here") },
	};
	struct p1_report r = {
		.id = identifier("C=XX;A=ADM;P=DOWN;L=REPORT-1"),
		.trace = trace("C=XX;A=ADM;P=DOWN;L=x", "260102030410Z"),
		.recipients_n = 2, .recipients = reported,
	};
	struct p1_apdu a;

	receive(&a);
	p1_report_on(&r, &a);
	return p1_report(&r, dst, cap);
}

static void built(const char *s)
{
	static const struct { const char *name; size_t (*build)(uint8_t *dst,
	                                                        size_t cap); } all[] = {
		{ "message", built_message }, { "probe", built_probe }, { "relay", built_relay },
		{ "inside", built_inside }, { "report", built_report },
	};
	static uint8_t octets[OCTETS_MAX];

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].name, s) == 0) {
			transfer((struct octets){ octets, all[i].build(octets, sizeof octets) });
			return;
		}
	fail("no such builder", s);
}

/* ---- the table ---- */

static void handle(char *line)
{
	static const struct { const char *word; void (*take)(const char *s); } words[] = {
		{ "open", open_list }, { "answer", answer_list }, { "data", data_list },
		{ "back", back_list }, { "transfer", transfer_list },
		 { "argument", argument }, { "result", result },
		{ "error", error }, { "apdu", apdu }, { "extension", extension }, { "name", name },
		{ "attribute", attribute },
		{ "content", content }, { "heading", heading }, { "part", part },
		{ "built", built },
	};
	char *rest = strchr(line, ' ');

	if (!rest) {
		fail("nothing said", line);
		return;
	}
	*rest++ = '\0';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, line) == 0) {
			open_tcp();
			words[i].take(rest);
			return;
		}
	fail("no such word", line);
}

static void read_table(FILE *fp)
{
	static char line[TEXT_MAX];

	while (fgets(line, sizeof line, fp)) {
		o.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#' && !isspace((unsigned char)line[0]))
			handle(line);
	}
}

/* ---- is every row of our tables in it? ---- */

static void missing(const char *what, const char *name, unsigned number)
{
	fprintf(stderr, "%s: no line has the %s %s (%u)\n", o.table, what, name, number);
	o.failed = true;
}

static void check_forms(void)
{
	static const enum layer layers[] = {
		LAYER_COTP, LAYER_SESSION, LAYER_PRESENTATION, LAYER_ACSE, LAYER_RTSE, LAYER_P1,
	};

	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
		for (const struct pdu_form *f = NULL; (f = pdu_form_next(layers[i], f)) != NULL;)
			if (!o.said[layers[i]][f->code])
				missing("PDU", f->name, f->code);
}

static void check_numbers(const struct p1_open *table, const uint8_t *seen, const char *what)
{
	for (; table->type; table++)
		if (!seen[table->number])
			missing(what, table->name ? table->name : "", table->number);
}

static void check_oids(const struct p1_open *table, const char *what)
{
	for (; table->type; table++) {
		size_t i = 0;

		while (i + table->oid_n < o.all.n &&
		       (o.all.p[i] != table->oid_n || memcmp(o.all.p + i + 1, table->oid,
		                                             table->oid_n)))
			i++;
		if (i + table->oid_n >= o.all.n)
			missing(what, table->name, table->oid[table->oid_n - 1]);
	}
}

int main(int argc, char **argv)
{
	char why[256] = "";
	FILE *fp;

	if (argc != 3 || !(fp = fopen(argv[1], "r"))) {
		fprintf(stderr, "usage: make_oracle TABLE CAPTURE\n");
		return 2;
	}
	o.table = argv[1];
	o.writer = synth_create(argv[2], "every kind of PDU", why, sizeof why);
	if (!o.writer || !synth_interface(o.writer, "oracle", 102, 0, &o.interface)) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	read_table(fp);
	fclose(fp);
	check_forms();
	check_numbers(p1_extension_values, o.extensions, "extension");
	check_numbers(p1_extension_attributes, o.attributes, "extension attribute");
	check_oids(ipm_extension_values, "heading extension");
	check_oids(ipm_body_part_values, "extended body part");
	if (!pcapng_close(o.writer, why, sizeof why)) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	return o.failed;
}
