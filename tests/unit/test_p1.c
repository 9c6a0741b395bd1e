/* P1: binds, names, envelopes (vectors), the reader in every cut, builders,
 * two ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/upper.h"
#include "../lib/vectors.h"
#include "p1/p1.h"
#include "p1/p1_strong.h"

enum { SHOWN = 5 };

/* ---- vectors ---- */

static struct octets written(struct nodes *a, struct node *n)
{
	size_t size = (size_t)node_size(n);
	uint8_t *p = malloc(size + 1);

	assert_non_null(p);
	assert_int_equal(node_write(a, n, p, size + 1), size);
	return (struct octets){ p, size };
}

/* What was decoded is built again and must read the same. */
static void check_bind(const struct p1_bind *b, bool x410, const char *text)
{
	static struct nodes nodes;
	struct findings f;
	struct p1_bind again;
	struct octets o;
	struct text t;
	char buf[512];

	nodes_reset(&nodes);
	o = written(&nodes, p1_bind_build(&nodes, b, x410));
	findings_clear(&f);
	assert_true(p1_bind_decode(o, (enum p1_bind_kind)b->kind, x410, &again, &f));
	text_init(&t, buf, sizeof buf);
	p1_bind_text(&t, &again);
	assert_string_equal(buf, text);
	free((void *)o.p);
}

static bool decode_bind(struct octets in, enum p1_bind_kind kind, bool x410, struct findings *f,
                        struct text *out)
{
	struct p1_bind b;

	if (!p1_bind_decode(in, kind, x410, &b, f))
		return false;
	p1_bind_text(out, &b);
	if (b.kind != P1_BIND_ERROR || b.error != P1_BIND_NO_ERROR)
		check_bind(&b, x410, out->p);
	return true;
}

static bool decode_argument(struct octets in, struct findings *f, struct text *out)
{
	return decode_bind(in, P1_BIND_ARGUMENT, false, f, out);
}

static bool decode_result(struct octets in, struct findings *f, struct text *out)
{
	return decode_bind(in, P1_BIND_RESULT, false, f, out);
}

static bool decode_error(struct octets in, struct findings *f, struct text *out)
{
	return decode_bind(in, P1_BIND_ERROR, false, f, out);
}

static bool decode_x410(struct octets in, struct findings *f, struct text *out)
{
	return decode_bind(in, P1_BIND_ARGUMENT, true, f, out);
}

static void say_octets(struct text *t, const char *field, struct octets o)
{
	if (!o.n)
		return;
	text_field(t, field);
	text_hex(t, o);
}

static bool decode_strong(struct octets in, struct findings *f, struct text *out)
{
	struct p1_strong s;

	if (!p1_strong_decode(in, &s, f))
		return false;
	text_put(out, s.has_token ? "token" : "no token");
	text_field(out, "mta");
	if (s.token.domain.country.tag)
		p1_domain_text(out, &s.token.domain);
	text_char(out, '/');
	ber_text_string(out, &s.token.mta);
	say_octets(out, "recipient", s.token.recipient);
	say_octets(out, "time", s.token.time);
	say_octets(out, "random", s.token.random);
	text_field_u64(out, "signed", s.signed_octets.n);
	say_octets(out, "signature", s.signature);
	say_octets(out, "certificate", s.certificate);
	text_field_u64(out, "certificates", s.certificates.n);
	return true;
}

static bool decode_protected(struct octets in, struct findings *f, struct text *out)
{
	struct p1_protected p;

	if (!p1_protected_decode(in, &p, f))
		return false;
	text_put(out, "protected");
	text_field(out, "times");
	ber_text_string(out, &p.time1);
	text_char(out, '/');
	ber_text_string(out, &p.time2);
	say_octets(out, "random1", p.random1);
	say_octets(out, "random2", p.random2);
	say_octets(out, "algorithm", p.algorithm);
	say_octets(out, "signature", p.signature);
	return true;
}

/* From its text, if nothing was found: a name that is equal. */
static void check_name_again(const struct p1_name *n, const struct text *shown,
                             const struct findings *f)
{
	struct octets text = { (const uint8_t *)shown->p, shown->n };
	uint8_t room[P1_NAME_ROOM];
	struct p1_name again;
	size_t bad;

	if (vectors_bent || f->n || !text.n)
		return;
	assert_true(p1_name_parse_in(text, &again, &bad, room, sizeof room));
	assert_true(p1_name_equal(n, &again));
}

/* At one look nothing may be passed that is found at a closer one, and the same must
 * be read. */
static void check_usual(struct octets in)
{
	struct p1_name usual = { .units_n = 0 }, closely;
	struct findings f;
	struct ber_tlv t;
	struct ber b;

	if (!p1_name_usual(in, &usual))
		return;
	findings_clear(&f);
	ber_init(&b, in, &f);
	assert_true(ber_next(&b, &t) && p1_name_read(&b, &t, &closely) && f.n == 0);
	assert_true(p1_name_equal(&usual, &closely));
	assert_int_equal(usual.units_n, closely.units_n);
	assert_int_equal(usual.ddas_n, closely.ddas_n);
	for (int i = 0; i < usual.ddas_n; i++) {
		assert_ptr_equal(usual.ddas[i].type.raw.p, closely.ddas[i].type.raw.p);
		assert_ptr_equal(usual.ddas[i].value.raw.p, closely.ddas[i].value.raw.p);
	}
	assert_ptr_equal(usual.extensions.p, closely.extensions.p);
	assert_ptr_equal(usual.directory.p, closely.directory.p);
}

static bool decode_name(struct octets in, struct findings *f, struct text *out)
{
	struct p1_name n, again;
	struct findings none;
	uint8_t *copy;
	size_t size;

	bool ok = p1_name_decode(in, &n, f);

	check_usual(in);
	if (!ok)
		return false;
	p1_name_text(out, &n);
	check_name_again(&n, out, f);
	size = p1_name_encode(&n, 0x60, NULL, 0);
	copy = malloc(size);
	assert_non_null(copy);
	assert_int_equal(p1_name_encode(&n, 0x60, copy, size), size);
	findings_clear(&none);
	assert_true(p1_name_decode((struct octets){ copy, size }, &again, &none));
	assert_true(p1_name_equal(&n, &again));
	free(copy);
	return true;
}

struct parts {
	uint8_t octets[3][4096];
	size_t n[3];
	bool head_done, ended, fatal;
	const struct rule *rule;	/* of the last finding */
	size_t octet;
};

static void push(struct p1_reader *r, const uint8_t *p, size_t n, struct parts *out,
                 struct findings *f)
{
	uint8_t *block = malloc(n ? n : 1);
	struct octets in = { block, n };

	assert_non_null(block);
	if (n)
		memcpy(block, p, n);
	while (in.n > 0) {
		enum p1_part part;
		struct octets run;
		size_t used = p1_reader_push(r, in, &part, &run, f);

		if (f->fatal)
			break;
		assert_true(used > 0 && used <= in.n);
		assert_ptr_equal(run.p + run.n, in.p + used);
		assert_true(run.n <= sizeof out->octets[part] - out->n[part]);
		memcpy(out->octets[part] + out->n[part], run.p, run.n);
		out->n[part] += run.n;
		in.p += used;
		in.n -= used;
	}
	free(block);
}

/* Cut after `cut` octets; 0: octet by octet. */
static void read_cut(struct octets o, size_t cut, bool x410, struct parts *out)
{
	struct p1_reader r;
	struct findings f;

	memset(out, 0, sizeof *out);
	findings_clear(&f);
	p1_reader_init(&r, x410);
	if (cut) {
		push(&r, o.p, cut, out, &f);
		push(&r, o.p + cut, o.n - cut, out, &f);
	}
	for (size_t i = 0; !cut && i < o.n; i++)
		push(&r, o.p + i, 1, out, &f);
	out->head_done = r.head_done;
	if (!f.fatal)
		out->ended = p1_reader_end(&r, &f);
	out->fatal = f.fatal;
	out->octet = f.n ? f.at[f.n - 1].octet : 0;
	out->rule = f.n ? f.at[f.n - 1].rule : NULL;
}

/* The same parts, however it is cut. */
static void check_cuts(struct octets o, bool x410, struct parts *whole)
{
	static struct parts two;

	read_cut(o, o.n, x410, whole);
	for (size_t cut = 0; cut < o.n; cut++) {
		read_cut(o, cut, x410, &two);
		assert_int_equal(two.fatal, whole->fatal);
		assert_int_equal(two.ended, whole->ended);
		assert_int_equal(two.head_done, whole->head_done);
		assert_int_equal(two.octet, whole->octet);
		assert_ptr_equal(two.rule, whole->rule);
		for (int i = 0; i < 3 && !two.fatal; i++) {
			assert_int_equal(two.n[i], whole->n[i]);
			assert_memory_equal(two.octets[i], whole->octets[i], whole->n[i]);
		}
	}
}

/* The head as the reader finds it; relayed without change it reads the same. */
static void check_relay(const struct p1_apdu *a, const char *text)
{
	struct p1_relay nothing = { .ctx = NULL };
	size_t size = p1_relay_head(a, &nothing, a->length, NULL, 0);
	uint8_t *head = malloc(size);
	struct p1_apdu again;
	struct findings f;
	struct text t;
	char buf[16 << 10];

	assert_non_null(head);
	assert_int_equal(p1_relay_head(a, &nothing, a->length, head, size), size);
	findings_clear(&f);
	assert_true(p1_decode((struct octets){ head, size }, &again, &f));
	if (a->kind == P1_MESSAGE && !a->has_length)
		again.has_length = false;
	text_init(&t, buf, sizeof buf);
	p1_text_all(&t, &again, SHOWN);
	assert_string_equal(buf, text);
	free(head);
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	static struct parts whole;
	struct p1_apdu a;
	bool ok = p1_decode(in, &a, f);

	if (!vectors_bent)
		check_cuts(in, true, &whole);
	if (!ok)
		return false;
	p1_text_all(out, &a, SHOWN);
	check_relay(&a, out->p);
	return true;
}

/* ---- reader ---- */

#define OCTETS(...) ((struct octets){ (const uint8_t[]){ __VA_ARGS__ }, \
                                      sizeof((const uint8_t[]){ __VA_ARGS__ }) })

static void reader(void **state)
{
	static struct parts p;

	(void)state;
	/* all definite, direct reference too */
	check_cuts(OCTETS(0x28, 0x14, 0x06, 0x02, 0x51, 0x01, 0x02, 0x01, 0x05, 0xa0, 0x0b, 0xa0,
	                  0x09, 0x31, 0x02, 0x64, 0x00, 0x04, 0x03, 'a', 'b', 'c'), false, &p);
	assert_true(p.ended && !p.fatal);
	assert_int_equal(p.n[P1_PART_HEAD], 8);
	assert_int_equal(p.n[P1_PART_CONTENT], 3);
	assert_memory_equal(p.octets[P1_PART_CONTENT], "abc", 3);
	/* all indefinite, content in nested segments */
	check_cuts(OCTETS(0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa0, 0x80, 0x31, 0x80, 0x64,
	                  0x00, 0x00, 0x00, 0x24, 0x80, 0x04, 0x01, 'a', 0x24, 0x80, 0x04, 0x02,
	                  'b', 'c', 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00),
	           false, &p);
	assert_true(p.ended && !p.fatal);
	assert_int_equal(p.n[P1_PART_HEAD], 10);
	assert_memory_equal(p.octets[P1_PART_CONTENT], "abc", 3);
	/* a report is all head, with its end-of-contents octets */
	check_cuts(OCTETS(0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa1, 0x80, 0x31, 0x00, 0x31,
	                  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00), false, &p);
	assert_true(p.ended && p.head_done);
	assert_int_equal(p.n[P1_PART_HEAD], 8);
	/* cut short: no content octets yet */
	check_cuts(OCTETS(0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa0, 0x80, 0x31, 0x00, 0x04,
	                  0x03), false, &p);
	assert_true(p.head_done && p.fatal && !p.ended);
	/* something behind the content, behind the APDU, behind everything */
	check_cuts(OCTETS(0x28, 0x0f, 0x02, 0x01, 0x05, 0xa0, 0x08, 0xa0, 0x06, 0x31, 0x00, 0x04,
	                  0x00, 0x05, 0x00, 0x05, 0x00, 0x05, 0x00), false, &p);
	assert_true(p.ended && !p.fatal);
	if (FINDINGS_MAX > 2)
		assert_int_equal(p.octet, 17);
}

static void refused(struct octets o, bool x410, const struct rule *rule)
{
	static struct parts p;

	check_cuts(o, x410, &p);
	assert_true(p.fatal && !p.ended);
	assert_ptr_equal(p.rule, rule);
}

static void reader_refuses(void **state)
{
	const struct rule *encoding = &p1_rules[P1_EXTERNAL_ENCODING];
	const struct rule *content = &p1_rules[P1_CONTENT_TYPE_TAG];
	static struct parts p;

	(void)state;
	refused(OCTETS(0x30, 0x00), false, &p1_rules[P1_EXTERNAL]);
	refused(OCTETS(0x08, 0x00), false, &p1_rules[P1_EXTERNAL]);
	refused(OCTETS(0x28, 0x00), false, encoding);			/* an empty one */
	refused(OCTETS(0x28, 0x02, 0x81, 0x00), false, encoding);	/* octet-aligned */
	refused(OCTETS(0x28, 0x02, 0x02, 0x00), false, encoding);	/* no context */
	refused(OCTETS(0x28, 0x07, 0x02, 0x05, 1, 2, 3, 4, 5), false, encoding);
	refused(OCTETS(0x28, 0x02, 0x22, 0x00), false, encoding);	/* constructed INTEGER */
	refused(OCTETS(0x28, 0x05, 0x02, 0x01, 0x05, 0xa0, 0x00), false, encoding);
	refused(OCTETS(0x28, 0x05, 0x02, 0x01, 0x05, 0x80, 0x00), false, encoding);
	refused(OCTETS(0xa0, 0x00), true, &p1_rules[P1_ENVELOPE_TYPE]);
	refused(OCTETS(0xa0, 0x02, 0x11, 0x00), true, &p1_rules[P1_ENVELOPE_TYPE]);
	refused(OCTETS(0xa0, 0x02, 0x31, 0x00), true, content);	/* none */
	refused(OCTETS(0xa0, 0x07, 0x31, 0x00, 0x24, 0x03, 0x16, 0x01, 'a'), true, content);
	refused(OCTETS(0xa1, 0x04, 0x31, 0x00, 0x11, 0x00), true, &p1_rules[P1_REPORT_TYPE]);
	/* an EXTERNAL without indirect reference is understood */
	check_cuts(OCTETS(0x28, 0x04, 0xa0, 0x02, 0xa2, 0x00), false, &p);
	assert_true(p.ended && p.head_done);
	assert_int_equal(p.octet, 2);
	assert_ptr_equal(p.rule, &p1_rules[P1_EXTERNAL_REFERENCE]);
}

/* ---- names ---- */

static struct p1_name name_of(const char *text)
{
	struct p1_name n;
	size_t bad;

	assert_true(p1_name_parse(octets_of(text), &n, &bad));
	return n;
}

static void check_name_text(const char *text, const char *want)
{
	struct p1_name n = name_of(text), again;
	struct findings f;
	uint8_t octets[512];
	struct text t;
	char buf[256];
	size_t size = p1_name_encode(&n, 0x60, octets, sizeof octets);

	assert_true(size > 2 && size <= sizeof octets);
	assert_int_equal(octets[0], 0x60);
	findings_clear(&f);
	assert_true(p1_name_decode((struct octets){ octets, size }, &again, &f));
	assert_int_equal(f.n, 0);
	text_init(&t, buf, sizeof buf);
	p1_name_text(&t, &again);
	assert_string_equal(buf, want);
	assert_true(p1_name_equal(&n, &again));
}

static void names_from_text(void **state)
{
	static const char *const same[] = {
		"C=XX;A=ADM;P=PRI;O=Org;OU1=a;OU2=b;OU3=c;OU4=d;S=Sur;G=Giv;I=GS;Q=jr",
		"C=XX;A= ;P=TEST;O=PP;S=pp",
		"C=XX;A=ICAO;P=EUROPE;O=AFTN;CN=AAAABBBB",
		"C=262;A=ADM;X.121=26245;T-ID=TID;N-ID=0815",
		"C=XX;A=ADM;DDA:RFC-822=a(a)b.c;DDA:ID=1",
		"C=XX",
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		check_name_text(same[i], same[i]);
	check_name_text("c=XX; a=ADM; ou=first; OU=second;", "C=XX;A=ADM;OU1=first;OU2=second");
}

static void not_a_name(const char *text, size_t want)
{
	struct p1_name n;
	size_t bad;

	assert_false(p1_name_parse(octets_of(text), &n, &bad));
	assert_int_equal(bad, want);
}

static void names_refused(void **state)
{
	(void)state;
	not_a_name("", 0);
	not_a_name("C", 0);
	not_a_name("C=XX;nothing", 5);
	not_a_name("C=XX;;A", 6);
	not_a_name("C=XX;FOO=1", 5);
	not_a_name("C=XX;O=a@b", 8);
	not_a_name("N-ID=12x", 7);
	not_a_name("C=XX;OU2=b", 5);		/* OU1 is missing */
	not_a_name("C=XX;OU5=b", 5);
	not_a_name("OU=1;OU=2;OU=3;OU=4;OU=5", 20);
	not_a_name("DDA:=x", 0);
	not_a_name("DDA:a=1;DDA:a=2;DDA:a=3;DDA:a=4;DDA:a=5", 32);
}

/* With room for what is unescaped, for extension attributes and directory names.  In
 * less room than it needs a text is refused, never taken for another name. */
static void check_room(const char *text)
{
	uint8_t want[P1_NAME_ROOM], octets[P1_NAME_ROOM], *room = malloc(P1_NAME_ROOM);
	struct p1_name n, again;
	struct findings f;
	char line[P1_NAME_ROOM];
	struct text t;
	size_t bad, size;

	assert_non_null(room);
	assert_true(p1_name_parse_in(octets_of(text), &n, &bad, room, P1_NAME_ROOM));
	size = p1_name_encode(&n, 0x60, want, sizeof want);
	assert_true(size <= sizeof want);
	findings_clear(&f);
	assert_true(p1_name_decode((struct octets){ want, size }, &again, &f));
	assert_int_equal(f.n, 0);
	text_init(&t, line, sizeof line);
	p1_name_text(&t, &again);
	assert_string_equal(line, text);
	free(room);
	for (size_t cap = 0; cap < 600; cap++) {
		room = malloc(cap + 1);
		assert_non_null(room);
		if (p1_name_parse_in(octets_of(text), &n, &bad, room, cap)) {
			assert_true(p1_name_encode(&n, 0x60, octets, sizeof octets) <= size);
			/* Without any room a common name goes in its own place only. */
			if (cap > 0)
				assert_memory_equal(octets, want, size);
		} else {
			assert_true(bad <= strlen(text));
		}
		free(room);
	}
}

static void names_in_room(void **state)
{
	char long_value[384] = "C=XX;A=ADM;EXT300='048182";

	for (int i = 0; i < 130; i++)
		strcat(long_value, "0a");
	strcat(long_value, "'H");
	(void)state;
	check_room("C=XX;A=ADM;DDA:a\\x3db=c;DDA:\\x3d=d");
	check_room("C=XX;A=ADM;DN=/C=XX/O=Org+OU=Unit/2.5.4.77=a\\x2fb/CN=#0c0161");
	check_room("C=XX;A=ADM;DN=");
	check_room("C=XX;A=ADM;DN=#3001");
	check_room("C=XX;A=ADM;PD-SYSTEM=a;PD-C=XX;PD-BOX=12");
	check_room("C=XX;A=ADM;EXT8=x121-dcc-code:\"262\";PD-STREET=");
	check_room("C=XX;A=ADM;CN=common;EXT23=telex");
	check_room("C=XX;A=ADM;EXT200=PrintableString:\"a\"");
	check_room("C=XX;A=ADM;EXT22=psap-address:{tSelector '4d5441'H, nAddresses {'4701'H}}");
	check_room(long_value);
}

static void refused_in_room(const char *text, size_t want)
{
	uint8_t room[P1_NAME_ROOM];
	struct p1_name n;
	size_t bad;

	assert_false(p1_name_parse_in(octets_of(text), &n, &bad, room, sizeof room));
	assert_int_equal(bad, want);
}

static void names_refused_in_room(void **state)
{
	char long_box[160] = "C=XX;PD-BOX=";

	(void)state;
	refused_in_room("C=XX;S=a\\x", 5);
	refused_in_room("C=XX;S=\\y41", 5);
	refused_in_room("C=XX;S=\\x4g", 5);
	refused_in_room("C=XX;S=\\xg4", 5);
	refused_in_room("C=XX;DDA:\\x4=1", 5);
	refused_in_room("C=XX;EXT=1", 5);
	refused_in_room("C=XX;EXT1a=1", 5);
	refused_in_room("C=XX;EXT123456=NULL", 5);
	refused_in_room("C=XX;EXT32768=NULL", 5);
	refused_in_room("C=XX;EXT200=REAL:1", 12);
	refused_in_room("C=XX;EXT23={", 11);
	refused_in_room("C=XX;PD-NOTHING=1", 5);
	refused_in_room("C=XX;PD-BOX=a@b", 13);
	refused_in_room("C=XX;DN=CN=x", 5);
	refused_in_room("C=XX;DN=+CN=a", 5);
	refused_in_room("C=XX;DN=/CN", 5);
	refused_in_room("C=XX;DN=/CN=", 5);
	refused_in_room("C=XX;DN=/", 5);
	refused_in_room("C=XX;DN=#zz", 5);
	refused_in_room("C=XX;DN=/CN=#zz", 5);
	refused_in_room("C=XX;DN=/9.9=a", 5);
	memset(long_box + 12, '1', 120);
	refused_in_room(long_box, 5);
}

static void names_compared(void **state)
{
	struct p1_name a = name_of("C=XX;A=ADM;P=PRI;O=Org;OU1=Unit;S=Smith;DDA:ID=1");
	struct p1_name b = name_of("c=xx;a=adm;p=pri;o= ORG ;ou1=UNIT;s=smith;dda:id=1");
	struct p1_name c = name_of("C=XX;A=ADM;P=PRI");
	struct p1_name d = name_of("C=XX;A=ADM;P=PRI;OU1=Other");
	struct p1_name e = name_of("C=XX;A=ADM;DDA:ID=2");
	struct p1_name f = name_of("O=a  b"), g = name_of("O=a b"), h = name_of("O=ab");

	(void)state;
	assert_true(p1_name_equal(&a, &b));
	assert_true(p1_name_matches(&a, &c));
	assert_false(p1_name_equal(&a, &c));
	assert_false(p1_name_matches(&c, &a));
	assert_false(p1_name_matches(&a, &d));
	assert_false(p1_name_matches(&a, &e));
	assert_true(p1_name_equal(&f, &g));
	assert_false(p1_name_equal(&f, &h));
}

static void mts_ids(void **state)
{
	static const uint8_t want[] = {
		0x64, 0x16, 0x63, 0x10, 0x61, 0x04, 0x13, 0x02, 'X', 'X', 0x62, 0x03, 0x13, 0x01,
		' ', 0x13, 0x03, 'P', 'R', 'I', 0x16, 0x02, 'i', 'd',
	};
	struct p1_mts_id id, other;
	struct p1_domain domain;
	uint8_t octets[64];
	struct text t;
	char buf[64];
	size_t bad;

	(void)state;
	assert_true(p1_mts_id_parse(octets_of("C=XX;A= ;P=PRI;L=id"), &id, &bad));
	assert_int_equal(p1_mts_id_encode(&id, octets, sizeof octets), sizeof want);
	assert_memory_equal(octets, want, sizeof want);
	text_init(&t, buf, sizeof buf);
	p1_mts_id_text(&t, &id);
	assert_string_equal(buf, "C=XX;A= ;P=PRI;L=id");
	assert_true(p1_mts_id_parse(octets_of("c=xx;a=;p=pri;l=id"), &other, &bad));
	assert_true(p1_mts_id_equal(&id, &other));
	assert_true(p1_mts_id_parse(octets_of("c=xx;a=;p=pri;l=ID"), &other, &bad));
	assert_false(p1_mts_id_equal(&id, &other));	/* local identifiers: octet for octet */
	assert_true(p1_mts_id_parse(octets_of("c=xx;a=;p=pri;l=id2"), &other, &bad));
	assert_false(p1_mts_id_equal(&id, &other));
	assert_false(p1_mts_id_parse(octets_of("C=XX;A=ADM"), &other, &bad));
	assert_false(p1_mts_id_parse(octets_of("C=XX;L=x"), &other, &bad));
	assert_false(p1_mts_id_parse(octets_of("C=XX;A=ADM;L=x;S=y"), &other, &bad));
	assert_int_equal(bad, 15);
	assert_true(p1_domain_parse(octets_of("C=XX;A=;P=PRI"), &domain, &bad));
	assert_true(p1_domain_equal(&domain, &id.domain));
	assert_int_equal(p1_domain_encode(&domain, octets, sizeof octets), 17);
	assert_false(p1_domain_parse(octets_of("C=XX;A=;L=x"), &domain, &bad));
	text_init(&t, buf, sizeof buf);
	p1_domain_text(&t, &id.domain);
	assert_string_equal(buf, "C=XX;A= ;P=PRI");
}

static void code_names(void **state)
{
	(void)state;
	assert_string_equal(p1_reason_name(8), "transfer-failure-for-security-reason");
	assert_null(p1_reason_name(9));
	assert_string_equal(p1_diagnostic_name(78), "unsupported-security-policy");
	assert_string_equal(p1_diagnostic_name(49), "transfer-attempts-limit-reached");
	assert_null(p1_diagnostic_name(79));
	assert_null(p1_diagnostic_name(P1_NO_DIAGNOSTIC));
	assert_string_equal(p1_extension_name(46), "certificate-selectors-override");
	assert_null(p1_extension_name(0));
	assert_null(p1_extension_name(47));
	assert_string_equal(p1_kind_name(P1_KINDS), "?");
	assert_string_equal(p1_code_name(P1_REPORT), "REPORT");
	assert_string_equal(p1_code_name(P1_CODE_BIND + P1_BIND_ERROR), "BIND-ERROR");
	assert_string_equal(p1_code_name(99), "?");
	assert_string_equal(p1_bind_error_name(P1_BIND_BUSY), "busy");
	assert_string_equal(p1_bind_error_name(77), "?");
}

/* ---- builders ---- */

static uint8_t originator[64], recipient_name[64];
static const uint8_t eits[] = { 0x65, 0x04, 0x80, 0x02, 0x05, 0x20 };
static const uint8_t extension[] = { 0x30, 0x03, 0x80, 0x01, 0x01 };

static struct octets encoded(const char *text, uint8_t *buf, size_t cap)
{
	struct p1_name n = name_of(text);
	size_t size = p1_name_encode(&n, 0x60, buf, cap);

	assert_true(size <= cap);
	return (struct octets){ buf, size };
}

static struct p1_message sample(void)
{
	struct p1_message m = {
		.originator = encoded("C=XX;A=TEST;S=A", originator, sizeof originator),
		.content_type = { .present = true, .number = P1_CONTENT_P22 },
		.trace = { .arrival = p1_string("260101000000Z") },
		.recipients_n = 1,
	};
	size_t bad;

	assert_true(p1_mts_id_parse(octets_of("C=XX;A=TEST;L=m1"), &m.id, &bad));
	m.trace.domain = m.id.domain;
	return m;
}

static struct p1_recipient one_recipient(void)
{
	return (struct p1_recipient){
		.name = encoded("C=XX;A=TEST;S=B", recipient_name, sizeof recipient_name),
		.number = 1, .indicators = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY,
	};
}

static void expect_text(struct octets head, const char *want)
{
	static char buf[4096];
	struct findings f;
	struct p1_apdu a;
	struct text t;

	findings_clear(&f);
	assert_true(p1_decode(head, &a, &f));
	assert_int_equal(f.n, 0);
	text_init(&t, buf, sizeof buf);
	p1_text_all(&t, &a, SHOWN);
	assert_string_equal(buf, want);
}

#define FROM " from=\"C=XX;A=TEST;S=A\""
#define RECIPIENT " {recipient number=1 name=\"C=XX;A=TEST;S=B\" flags=responsible,mta-ndr}"
#define TRACE " {trace domain=\"C=XX;A=TEST\" arrival=\"260101000000Z\" action=relayed}"

static void builds_messages(void **state)
{
	struct p1_message m = sample();
	struct p1_recipient r = one_recipient();
	uint8_t head[512];
	size_t n;

	(void)state;
	m.recipients = &r;
	n = p1_message_head(&m, UINT64_C(1) << 33, NULL, 0);
	assert_int_equal(p1_message_head(&m, UINT64_C(1) << 33, head, n - 1), n);
	assert_int_equal(p1_message_head(&m, UINT64_C(1) << 33, head, sizeof head), n);
	expect_text((struct octets){ head, n },
	            "MESSAGE id=\"C=XX;A=TEST;L=m1\"" FROM " to=1 priority=normal content=22"
	            " length=8589934592 trace=1" RECIPIENT TRACE);
	m.eits = (struct octets){ eits, sizeof eits };
	m.content_id = octets_of("cid");
	m.priority = P1_NON_URGENT;
	m.indicators = P1_ALTERNATE_ALLOWED | P1_CONTENT_RETURN;
	m.deferred = octets_of("260102000000Z");
	m.extensions = (struct octets){ extension, sizeof extension };
	m.content_type = (struct p1_content_type){
		.present = true, .is_oid = true, .oid = octets_of("\x2b\x1a") };
	r.has_conversion = true;
	r.conversion = 8;
	r.extensions = (struct p1_window){ extension, 0, sizeof extension, true };
	n = p1_message_head(&m, 3, head, sizeof head);
	expect_text((struct octets){ head, n },
	            "MESSAGE id=\"C=XX;A=TEST;L=m1\"" FROM " to=1 priority=non-urgent"
	            " content=1.3.26 content-id=\"cid\" length=3"
	            " flags=alternate-allowed,content-return deferred=\"260102000000Z\" trace=1"
	            " extensions=1 {recipient number=1 name=\"C=XX;A=TEST;S=B\""
	            " flags=responsible,mta-ndr conversion=8 extensions=5}" TRACE
	            " {extension type=1:recipient-reassignment-prohibited value=}");
	m = sample();
	m.recipients = &r;
	r = one_recipient();
	n = p1_probe(&m, 4711, head, sizeof head);
	expect_text((struct octets){ head, n },
	            "PROBE id=\"C=XX;A=TEST;L=m1\"" FROM " to=1 content=22 length=4711 trace=1"
	            RECIPIENT TRACE);
}

static void builds_long_traces(void **state)
{
	struct p1_message m = sample();
	struct p1_recipient r = one_recipient();
	uint8_t head[512];
	size_t n;

	(void)state;
	m.recipients = &r;
	m.trace.action = P1_REROUTED;
	m.trace.has_attempted = true;
	m.trace.attempted = m.trace.domain;
	m.trace.deferred = p1_string("260102000000Z");
	m.trace.converted_eits = (struct octets){ eits, sizeof eits };
	m.trace.other_actions = 1;
	n = p1_message_head(&m, 0, head, sizeof head);
	expect_text((struct octets){ head, n },
	            "MESSAGE id=\"C=XX;A=TEST;L=m1\"" FROM " to=1 priority=normal content=22"
	            " length=0 trace=1" RECIPIENT " {trace domain=\"C=XX;A=TEST\""
	            " arrival=\"260101000000Z\" action=rerouted attempted=\"C=XX;A=TEST\""
	            " deferred=\"260102000000Z\" eits=6 other=01}");
}

static void many(void *ctx, uint32_t i, struct p1_recipient *out)
{
	*out = *(const struct p1_recipient *)ctx;
	out->number = i + 1;
}

static bool odd(void *ctx, uint32_t i, const struct p1_recipient *r)
{
	(*(uint32_t *)ctx)++;
	assert_int_equal(r->number, i + 1);
	return i & 1;
}

/* The upper bound of recipients: no tree, no array. */
static void most_recipients(void **state)
{
	struct p1_message m = sample();
	struct p1_recipient r = one_recipient();
	struct p1_relay relay = { .trace = m.trace, .responsible = odd };
	struct p1_iterator it;
	struct findings f;
	struct p1_apdu a;
	uint8_t *head, *next;
	uint32_t asked = 0, i = 0;
	size_t n, size;

	(void)state;
	m.recipients_n = P1_RECIPIENTS_MAX;
	m.recipient = many;
	m.ctx = &r;
	n = p1_message_head(&m, 1, NULL, 0);
	head = malloc(n);
	assert_non_null(head);
	assert_int_equal(p1_message_head(&m, 1, head, n), n);
	findings_clear(&f);
	assert_true(p1_decode((struct octets){ head, n }, &a, &f));
	assert_int_equal(a.recipients_n, P1_RECIPIENTS_MAX);
	relay.ctx = &asked;
	size = p1_relay_head(&a, &relay, 1, NULL, 0);
	next = malloc(size);
	assert_non_null(next);
	assert_int_equal(p1_relay_head(&a, &relay, 1, next, size), size);
	assert_int_equal(asked, P1_RECIPIENTS_MAX);
	assert_true(p1_decode((struct octets){ next, size }, &a, &f));
	assert_int_equal(a.trace_n, 2);
	p1_walk(&it, &a.recipients, &f);
	for (; p1_next_recipient(&it, &r); i++)
		assert_int_equal(r.indicators & P1_RESPONSIBILITY, i & 1);
	assert_int_equal(i, P1_RECIPIENTS_MAX);
	assert_int_equal(f.n, 0);
	m.recipients_n++;
	r = one_recipient();
	free(head);
	n = p1_message_head(&m, 1, NULL, 0);
	head = malloc(n);
	assert_non_null(head);
	p1_message_head(&m, 1, head, n);
	assert_true(p1_decode((struct octets){ head, n }, &a, &f));
	assert_int_equal(f.n, 2);	/* the number and the count */
	assert_ptr_equal(f.at[0].rule, &p1_rules[P1_RECIPIENT_NUMBER]);
	assert_ptr_equal(f.at[1].rule, &p1_rules[P1_RECIPIENTS_MANY]);
	free(head);
	free(next);
}

/* The octets of tests/vectors/p1/NAME.vec. */
static size_t vector_octets(const char *name, uint8_t *in)
{
	char path[64], line[1024];
	size_t n = 0;
	FILE *fp;

	snprintf(path, sizeof path, "tests/vectors/p1/%s.vec", name);
	fp = fopen(path, "r");
	assert_non_null(fp);
	while (fgets(line, sizeof line, fp))
		for (char *p = line + 3; !strncmp(line, "in:", 3) && p[1] > ' '; p += 3)
			in[n++] = (uint8_t)strtoul(p, NULL, 16);
	fclose(fp);
	return n;
}

static bool nobody(void *ctx, uint32_t i, const struct p1_recipient *r)
{
	(void)ctx, (void)i, (void)r;
	return false;
}

/* Trace before and behind the recipients, absent, indefinite: the flags are
 * found, and nothing else changes. */
static void relays(void **state)
{
	static const char *const names[] = {
		"message", "message-order", "message-indefinite", "message-1984", "probe",
		"message-empty-lists", "message-two", "message-all",
	};
	struct p1_relay relay = { .trace = sample().trace, .responsible = nobody };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		static uint8_t in[2048], out[2048];
		struct p1_apdu a, b;
		struct p1_recipient r;
		struct p1_iterator it;
		struct findings f;
		size_t size;

		findings_clear(&f);
		assert_true(p1_decode((struct octets){ in, vector_octets(names[i], in) }, &a, &f));
		size = p1_relay_head(&a, &relay, 100, out, sizeof out);
		assert_true(size <= sizeof out);
		findings_clear(&f);
		assert_true(p1_decode((struct octets){ out, size }, &b, &f));
		assert_int_equal(b.trace_n, a.trace_n + 1);
		assert_int_equal(b.recipients_n, a.recipients_n);
		assert_int_equal(b.recipients.end - b.recipients.pos,
		                 a.recipients.end - a.recipients.pos);
		if (b.kind == P1_MESSAGE)
			assert_int_equal(b.length, 100);
		p1_walk(&it, &b.recipients, &f);
		while (p1_next_recipient(&it, &r)) {
			assert_false(r.indicators & P1_RESPONSIBILITY);
			assert_true(r.indicators & P1_MTA_NON_DELIVERY);
		}
		assert_true(octets_equal(a.originator, b.originator));
		assert_true(p1_mts_id_equal(&a.id, &b.id));
		assert_int_equal(a.extensions_n, b.extensions_n);
	}
}

static struct p1_trace internal_of(const char *mta)
{
	struct p1_trace e = sample().trace;

	e.mta = p1_string(mta);
	return e;
}

/* The next hop's head; decoded, without a finding of ours. */
static struct p1_apdu hop(const struct p1_apdu *a, const struct p1_relay *relay, uint8_t *dst,
                          size_t cap)
{
	size_t size = p1_relay_head(a, relay, 100, NULL, 0);
	struct findings f;
	struct p1_apdu b;

	assert_in_range(size, 1, cap);
	assert_int_equal(p1_relay_head(a, relay, 100, dst, cap), size);
	findings_clear(&f);
	assert_true(p1_decode((struct octets){ dst, size }, &b, &f));
	return b;
}

/* How many elements the internal trace has; the last is of this MTA. */
static unsigned internals(const struct p1_apdu *a, const char *last)
{
	struct p1_trace e, latest = { .action = 0 };
	struct p1_extension x;
	struct p1_iterator it;
	struct findings f;
	unsigned n = 0;

	if (!p1_find_internal(a, &x))
		return 0;
	assert_int_equal(x.criticality, 0);
	findings_clear(&f);
	assert_true(p1_walk_internal(&it, &x, &f));
	for (; p1_next_internal(&it, &e); n++)
		latest = e;
	assert_int_equal(f.n, 0);
	assert_true(n == 0 || ber_string_equal(&latest.mta, octets_of(last)));
	return n;
}

/* Where the extensions stand before and behind the recipients and the trace, alone, among
 * others, absent, in indefinite form, in a report: one element more at each hop, and nothing
 * else changes; then it is taken out again. */
static void internal_trace_grows_and_goes(void **state)
{
	static const char *const names[] = {
		"message", "message-order", "message-indefinite", "probe", "message-two",
		"message-all", "message-extensions", "report", "report-all",
		"report-indefinite", "probe-indefinite", "message-1984",
	};
	struct p1_relay first = { .internal = internal_of("ONE"), .trace = sample().trace },
	                second = { .internal = internal_of("TWO"), .responsible = nobody },
	                third = { .no_internal = true };
	static uint8_t in[4096], out[3][4096];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct findings f;
		struct p1_apdu a, b;
		struct p1_recipient r;
		struct p1_iterator it;
		bool had;

		findings_clear(&f);
		assert_true(p1_decode((struct octets){ in, vector_octets(names[i], in) }, &a, &f));
		assert_int_equal(internals(&a, ""), 0);
		had = p1_find_internal(&a, &(struct p1_extension){ .at = 0 });
		b = hop(&a, &first, out[0], sizeof out[0]);
		assert_int_equal(internals(&b, "ONE"), 1);
		assert_int_equal(b.extensions_n, a.extensions_n + !had);
		assert_int_equal(b.trace_n, a.trace_n + 1);
		assert_true(p1_internal_has(&b, &first.internal.domain, octets_of("ONE")));
		b = hop(&b, &second, out[1], sizeof out[1]);
		assert_int_equal(internals(&b, "TWO"), 2);
		assert_int_equal(b.trace_n, a.trace_n + 1);
		assert_true(p1_internal_has(&b, &first.internal.domain, octets_of("ONE")));
		p1_walk(&it, &b.recipients, &f);
		while (b.kind != P1_REPORT && p1_next_recipient(&it, &r))
			assert_false(r.indicators & P1_RESPONSIBILITY);
		b = hop(&b, &third, out[2], sizeof out[2]);
		assert_int_equal(internals(&b, ""), 0);
		assert_int_equal(b.extensions_n, a.extensions_n - had);
		assert_int_equal(b.trace_n, a.trace_n + 1);
		assert_int_equal(b.recipients_n, a.recipients_n);
		assert_true(octets_equal(a.originator, b.originator));
	}
}

/* A value that is no list stays as it came. */
static void internal_trace_that_cannot_be_read(void **state)
{
	static const uint8_t field[] = { 0x30, 0x08, 0x80, 1, 38, 0xa2, 3, 0x02, 1, 7 };
	struct p1_relay relay = { .internal = internal_of("ONE") };
	struct p1_message m = sample();
	struct p1_recipient r = one_recipient();
	static uint8_t head[1024], out[1024];
	struct p1_extension x;
	struct findings f;
	struct p1_apdu a, b;
	size_t n;

	(void)state;
	m.recipients = &r;
	m.extensions = (struct octets){ field, sizeof field };
	n = p1_message_head(&m, 0, head, sizeof head);
	findings_clear(&f);
	assert_true(p1_decode((struct octets){ head, n }, &a, &f));
	b = hop(&a, &relay, out, sizeof out);
	assert_true(p1_find_internal(&b, &x));
	assert_memory_equal(out + x.at, field, sizeof field);
	assert_int_equal(x.end - x.at, sizeof field);
	assert_false(p1_internal_has(&b, &m.trace.domain, (struct octets){ NULL, 0 }));
}

/* All that MTASuppliedInformation can say comes back. */
static void internal_trace_says_all(void **state)
{
	static uint8_t field[400];
	struct p1_trace e = internal_of("ONE"), back;
	struct p1_extension x;
	struct p1_iterator it;
	struct findings f;
	size_t n;

	(void)state;
	e.action = P1_REROUTED;
	e.attempted_mta = p1_string("TRIED");
	e.deferred = p1_string("260101000001Z");
	e.other_actions = 3;
	n = p1_internal_field(&e, field, sizeof field);
	assert_in_range(n, 1, sizeof field);
	findings_clear(&f);
	p1_walk(&it, &(struct p1_window){ field, 0, n, true }, &f);
	assert_true(p1_next_extension(&it, &x));
	assert_int_equal(x.type, P1_INTERNAL_TRACE);
	assert_int_equal(x.end, n);
	assert_true(p1_walk_internal(&it, &x, &f));
	assert_true(p1_next_internal(&it, &back));
	assert_int_equal(back.action, P1_REROUTED);
	assert_true(ber_string_equal(&back.attempted_mta, octets_of("TRIED")));
	assert_false(back.has_attempted);
	assert_true(ber_string_equal(&back.deferred, octets_of("260101000001Z")));
	assert_int_equal(back.other_actions, 3);
	assert_true(p1_domain_equal(&back.domain, &e.domain));
	assert_false(p1_next_internal(&it, &back));
	assert_int_equal(f.n, 0);
}

/* An element without the MTA's name, without its SET, or that is none ends the list. */
static void internal_elements_that_are_none(void **state)
{
#define DOMAIN 0x63, 0x0a, 0x61, 0x04, 0x13, 0x02, 'X', 'X', 0x62, 0x02, 0x13, 0x00
	static const struct {
		uint8_t octets[24];
		size_t n;
	} rows[] = {
		{ { 0x30, 0x03, 0x02, 0x01, 0x05 }, 5 },
		{ { 0x30, 0x0e, 0x30, 0x0c, DOMAIN }, 16 },
		{ { 0x30, 0x13, 0x30, 0x11, DOMAIN, 0x13, 0x03, 'A', 'B', 'C' }, 21 },
		{ { 0x30, 0x13, 0x30, 0x11, DOMAIN, 0x16, 0x03, 'A', 'B', 'C' }, 21 },
	};
#undef DOMAIN

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct p1_extension x = { .value = { rows[i].octets, rows[i].n } };
		struct p1_iterator it;
		struct findings f;
		bool said = false;
		struct p1_trace e;

		findings_clear(&f);
		assert_true(p1_walk_internal(&it, &x, &f));
		assert_false(p1_next_internal(&it, &e));
		for (uint8_t k = 0; k < f.n; k++)
			said |= f.at[k].rule == &p1_rules[P1_TRACE];
		assert_true(said);
	}
}

static struct p1_domain domain_named(const char *text)
{
	struct p1_domain d;
	size_t bad;

	assert_true(p1_domain_parse(octets_of(text), &d, &bad));
	return d;
}

/* Ours, ours: still here.  Ours, theirs: it has left.  Theirs, ours: it has come. */
static void finds_what_has_left(void **state)
{
	static const struct {
		const char *domains[3];
		bool left, last;
	} rows[] = {
		{ { "C=XX;A=T", "C=XX;A=T", NULL }, false, true },
		{ { "C=XX;A=T", "C=YY;A=T", NULL }, true, false },
		{ { "C=YY;A=T", "C=XX;A=T", NULL }, false, true },
		{ { "C=XX;A=T", "C=YY;A=T", "C=XX;A=T" }, true, true },
		{ { "C=YY;A=T", "C=YY;A=U", NULL }, false, false },
	};
	struct p1_domain ours = domain_named("C=XX;A=T");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static uint8_t heads[3][1024];
		struct p1_message m = sample();
		struct p1_recipient r = one_recipient();
		struct findings f;
		struct p1_apdu a;
		bool last;

		m.recipients = &r;
		m.trace.domain = domain_named(rows[i].domains[0]);
		findings_clear(&f);
		assert_true(p1_decode((struct octets){
			heads[0], p1_message_head(&m, 0, heads[0], sizeof heads[0]) }, &a, &f));
		for (size_t k = 1; k < 3 && rows[i].domains[k]; k++) {
			struct p1_relay relay = { .trace = m.trace };

			relay.trace.domain = domain_named(rows[i].domains[k]);
			a = hop(&a, &relay, heads[k], sizeof heads[k]);
		}
		assert_int_equal(p1_trace_left(&a, &ours, &last), rows[i].left);
		assert_int_equal(last, rows[i].last);
	}
}

static void finds_loops(void **state)
{
	struct p1_message m = sample();
	struct p1_recipient r = one_recipient();
	struct p1_domain domain;
	struct findings f;
	struct p1_apdu a;
	uint8_t head[512];
	size_t n, bad;

	(void)state;
	m.recipients = &r;
	n = p1_message_head(&m, 0, head, sizeof head);
	findings_clear(&f);
	assert_true(p1_decode((struct octets){ head, n }, &a, &f));
	assert_true(p1_domain_parse(octets_of("C=xx;A=test"), &domain, &bad));
	assert_true(p1_trace_has(&a, &domain));
	assert_true(p1_domain_parse(octets_of("C=xx;A=test;P=p"), &domain, &bad));
	assert_false(p1_trace_has(&a, &domain));
}

/* What is not of the usual form is looked at too, wherever it stands. */
static void finds_loops_in_any_form(void **state)
{
	(void)state;
	for (int rerouted = 0; rerouted < 4; rerouted++) {
		static uint8_t heads[2][1024];
		struct p1_message m = sample();
		struct p1_recipient r = one_recipient();
		struct p1_relay relay;
		struct p1_domain domain = domain_named("C=YY;A=T");
		struct findings f;
		struct p1_apdu a;

		m.recipients = &r;
		m.trace.has_attempted = rerouted & 1;
		m.trace.attempted = domain_named("C=ZZ;A=Z");
		findings_clear(&f);
		assert_true(p1_decode((struct octets){
			heads[0], p1_message_head(&m, 0, heads[0], sizeof heads[0]) }, &a, &f));
		relay = (struct p1_relay){ .trace = m.trace };
		relay.trace.domain = domain;
		relay.trace.has_attempted = rerouted & 2;
		a = hop(&a, &relay, heads[1], sizeof heads[1]);
		assert_true(p1_trace_has(&a, &domain));
		assert_true(p1_trace_has(&a, &m.trace.domain));
		domain = domain_named("C=ZZ;A=Z");
		assert_false(p1_trace_has(&a, &domain));
	}
}

static void two_reported(void *ctx, uint32_t i, struct p1_reported *out)
{
	out->name = *(const struct octets *)ctx;
	out->number = i + 1;
	out->indicators = P1_MTA_NON_DELIVERY;
	out->arrival = p1_string("260101000100Z");
	out->delivered = i == 1;
	out->delivery_time = p1_string("260101000200Z");
	out->user_type = 1;
	out->reason = 1;
	out->diagnostic = 49;
	out->supplementary = i == 0 ? p1_string("gave up") : out->supplementary;
}

static void builds_reports(void **state)
{
	struct p1_message m = sample();
	struct p1_recipient r = one_recipient();
	struct p1_report report = { .recipients_n = 2, .recipient = two_reported };
	struct findings f;
	struct p1_apdu subject;
	uint8_t head[512], out[1024];
	size_t n, bad;

	(void)state;
	m.recipients = &r;
	m.content_id = octets_of("cid");
	m.eits = (struct octets){ eits, sizeof eits };
	n = p1_message_head(&m, 5, head, sizeof head);
	findings_clear(&f);
	assert_true(p1_decode((struct octets){ head, n }, &subject, &f));
	p1_report_on(&report, &subject);
	assert_true(p1_mts_id_parse(octets_of("C=XX;A=TEST;L=r1"), &report.id, &bad));
	report.ctx = &r.name;
	report.trace = m.trace;
	report.returned = octets_of("12345");
	n = p1_report(&report, NULL, 0);
	assert_true(n <= sizeof out);
	assert_int_equal(p1_report(&report, out, sizeof out), n);
	expect_text((struct octets){ out, n },
	            "REPORT id=\"C=XX;A=TEST;L=r1\" to=\"C=XX;A=TEST;S=A\""
	            " subject=\"C=XX;A=TEST;L=m1\" delivered=1 failed=1 content=22"
	            " content-id=\"cid\" returned=5 trace=1"
	            " {failed number=1 name=\"C=XX;A=TEST;S=B\" flags=mta-ndr"
	            " arrival=\"260101000100Z\" reason=1:unable-to-transfer"
	            " diagnostic=49:transfer-attempts-limit-reached"
	            " supplementary=\"gave up\"}"
	            " {delivered number=2 name=\"C=XX;A=TEST;S=B\" flags=mta-ndr"
	            " arrival=\"260101000100Z\" time=\"260101000200Z\" user=1}" TRACE);
}

static void text_of_many(void **state)
{
	struct p1_message m = sample();
	struct p1_recipient r = one_recipient();
	struct findings f;
	struct p1_apdu a;
	uint8_t head[1024];
	struct text t;
	char buf[1024];
	size_t n;

	(void)state;
	m.recipients_n = 7;
	m.recipient = many;
	m.ctx = &r;
	n = p1_message_head(&m, 1, head, sizeof head);
	assert_true(n <= sizeof head);
	findings_clear(&f);
	assert_true(p1_decode((struct octets){ head, n }, &a, &f));
	text_init(&t, buf, sizeof buf);
	p1_text_all(&t, &a, 1);
	assert_non_null(strstr(buf, RECIPIENT " {and 6 more}"));
}

/* ---- two ends ---- */

static const struct rtse_config a_normal = {
	.initiator = true, .context = 3, .checkpoint = 1, .window = 3,
};
static const struct rtse_config b_normal = { .checkpoint = 1, .window = 3 };

static void bound(struct upper_pair *p)
{
	upper_init(p, &a_normal, &b_normal);
	upper_bind(p);
	upper_expect(p, "B: CONNECT ind MTA-A\nA: CONNECT cnf+ MTA-B\n");
}

static void binds_without_name(void **state)
{
	static struct upper_pair p;

	(void)state;
	upper_init(&p, &a_normal, &b_normal);
	p.a.bind = p.b.bind = p1_bind_simple(NULL, NULL);
	upper_bind(&p);
	upper_expect(&p, "B: CONNECT ind\nA: CONNECT cnf+\n");
	assert_false(p.b.p1.bind.authenticated);
	assert_int_equal(p.a.p1.context, 5);
	assert_int_equal(p.b.p1.context, 5);
	upper_end(&p);
}

static void refuses(bool x410, uint32_t with, const char *want, uint32_t error)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal, b = b_normal;

	a.x410 = b.x410 = x410;
	upper_init(&p, &a, &b);
	p.b.refuses = true;
	p.b.refuse = with;
	upper_bind(&p);
	upper_expect(&p, want);
	assert_int_equal(p.a.p1.bind.error, error);
	assert_int_equal(p.a.p1.bind.rt.refused_by, LAYER_P1);
	upper_end(&p);
}

static void binds_refused(void **state)
{
	(void)state;
	refuses(false, P1_BIND_AUTHENTICATION,
	        "B: CONNECT ind MTA-A\nA: CONNECT cnf- reason=2 whose=p1\n", 2);
	refuses(false, P1_BIND_CONFIDENTIALITY,
	        "B: CONNECT ind MTA-A\nA: CONNECT cnf- reason=5 whose=p1\n", 5);
	refuses(true, P1_BIND_AUTHENTICATION,
	        "B: CONNECT ind MTA-A\nA: CONNECT cnf- reason=2 whose=p1\n", 2);
	refuses(true, P1_BIND_DIALOGUE_MODE,
	        "B: CONNECT ind MTA-A\nA: CONNECT cnf- reason=3 whose=p1\n", 3);
	refuses(true, P1_BIND_BUSY, "B: CONNECT ind MTA-A\nA: CONNECT cnf- whose=p1\n", 0);
	/* What X.410 mode cannot say. */
	refuses(true, P1_BIND_CONFIDENTIALITY,
	        "B: CONNECT ind MTA-A\nA: CONNECT cnf- reason=2 whose=p1\n", 2);
}

static void confirm(struct upper_pair *p, struct octets rtorj)
{
	upper_init(p, &a_normal, &b_normal);
	p->b.stalled = true;
	upper_bind(p);
	upper_deliver(p, &p->a, LAYER_ACSE, SERVICE_CONNECT, CONFIRM,
	              &(struct service){ .data = rtorj });
}

/* With [18], without, without any error, with something else. */
static void refusals_of_others(void **state)
{
	static struct upper_pair p;

	(void)state;
	confirm(&p, OCTETS(0xb2, 0x07, 0xa1, 0x05, 0xb2, 0x03, 0x02, 0x01, 0x02));
	upper_expect(&p, "A: CONNECT cnf- reason=2 whose=p1\n");
	assert_false(upper_found(&p.a, &p1_rules[P1_BIND_WRAPPER]));
	upper_end(&p);
	confirm(&p, OCTETS(0xb2, 0x05, 0xa1, 0x03, 0x02, 0x01, 0x02));
	upper_expect(&p, "A: CONNECT cnf- reason=2 whose=p1\n");
	assert_true(upper_found(&p.a, &p1_rules[P1_BIND_WRAPPER]));
	upper_end(&p);
	confirm(&p, OCTETS(0xb2, 0x00));
	upper_expect(&p, "A: CONNECT cnf- whose=rtse\n");
	assert_int_equal(p.a.p1.bind.error, P1_BIND_NO_ERROR);
	upper_end(&p);
	confirm(&p, OCTETS(0xb2, 0x04, 0xa1, 0x02, 0x30, 0x00));
	upper_expect(&p, "A: CONNECT cnf- whose=rtse\n");
	upper_end(&p);
}

static void strange_binds(void **state)
{
	static struct upper_pair p;

	(void)state;
	/* An RT-OPEN without any value. */
	upper_init(&p, &a_normal, &b_normal);
	p.a.stalled = true;
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_CONNECT, INDICATION,
	              &(struct service){ .data = OCTETS(0xb0, 0x04, 0xa3, 0x02, 0x80, 0x00) });
	upper_expect(&p, "B: CONNECT ind\n");
	assert_true(upper_found(&p.b, &p1_rules[P1_BIND_ABSENT]));
	upper_end(&p);
	/* A value that is no bind is refused here. */
	upper_init(&p, &a_normal, &b_normal);
	p.wire_log = true;
	upper_deliver(&p, &p.b, LAYER_ACSE, SERVICE_CONNECT, INDICATION,
	              &(struct service){ .data = OCTETS(0xb0, 0x06, 0xa3, 0x04, 0xa0, 0x02, 0x30,
	                                                0x00) });
	upper_expect(&p, "B> A-CONNECT rsp- reason=2 n=9\n");
	upper_end(&p);
}

static void one_transfer_at_a_time(void **state)
{
	static struct upper_pair p;
	struct p1_transfer tr = { .id = 99 };

	(void)state;
	bound(&p);
	p.b.stalled = true;
	upper_send(&p, &p.a, octets_of("abc"));
	upper_ask(&p, &p.a, SERVICE_TRANSFER, REQUEST, &(struct service){ .detail = &tr });
	upper_expect(&p, "A: TRANSFER cnf- last reason=1\n");
	assert_true(upper_found(&p.a, &p1_rules[P1_REQUEST]));
	p.b.stalled = false;
	upper_run(&p);
	assert_memory_equal(p.b.came, "abc", 3);
	assert_int_equal(p.a.rtse.outcome.id, 7);
	upper_end(&p);
	/* Before there is an association. */
	upper_init(&p, &a_normal, &b_normal);
	upper_send(&p, &p.a, octets_of("abc"));
	upper_expect(&p, "A: TRANSFER cnf- last reason=1\n");
	upper_end(&p);
}

static void strange_requests(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p);
	upper_ask(&p, &p.a, SERVICE_SYNC_MAJOR, REQUEST, NULL);
	assert_true(upper_found(&p.a, &p1_rules[P1_REQUEST]));
	upper_expect(&p, "");
	upper_end(&p);
}

static void outgoing(void **state)
{
	static struct upper_pair p;
	struct p1_run run;

	(void)state;
	bound(&p);
	p.b.stalled = true;
	upper_send(&p, &p.a, octets_of("abc"));
	run = p1_outgoing(&p.a.p1, 0, 1000);
	assert_int_equal(run.n, p.a.p1.prefix_n);
	assert_int_equal(run.octets.p[0], 0x28);
	run = p1_outgoing(&p.a.p1, 1, 1);
	assert_int_equal(run.octets.n, 1);
	run = p1_outgoing(&p.a.p1, p.a.p1.prefix_n, 1000);
	assert_ptr_equal(run.octets.p, p.a.out_head);
	assert_int_equal(run.n, p.a.p1.out_head.n);
	run = p1_outgoing(&p.a.p1, p.a.p1.prefix_n + run.n + 2, 1);
	assert_null(run.octets.p);
	assert_int_equal(run.content_at, 2);
	assert_int_equal(run.n, 1);
	upper_end(&p);
}

/* One activity of the peer's, with this value, by hand. */
static void receive(struct upper_pair *p, struct octets value)
{
	uint8_t *octets = malloc(value.n + 4);

	assert_non_null(octets);
	octets[0] = 0x04;
	octets[1] = 0x82;
	octets[2] = (uint8_t)(value.n >> 8);
	octets[3] = (uint8_t)value.n;
	memcpy(octets + 4, value.p, value.n);
	p->a.stalled = true;
	upper_deliver(p, &p->b, LAYER_PRESENTATION, SERVICE_ACTIVITY_START, INDICATION, NULL);
	upper_deliver(p, &p->b, LAYER_PRESENTATION, SERVICE_DATA, INDICATION,
	              &(struct service){ .data = { octets, value.n + 4 }, .first = true,
	                                 .last = true, .context = 3 });
	upper_deliver(p, &p->b, LAYER_PRESENTATION, SERVICE_ACTIVITY_END, INDICATION,
	              &(struct service){ .serial = 1 });
	free(octets);
}

/* What cannot be read is dropped; the user says what becomes of it. */
static void malformed_values(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p);
	receive(&p, OCTETS(0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa9, 0x00));
	upper_expect(&p, "B: TRANSFER ind- last serial=1\n");
	assert_true(upper_found(&p.b, &p1_rules[P1_APDU_UNKNOWN]));
	receive(&p, OCTETS(0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa0, 0x80, 0x31, 0x00, 0x04,
	                   0x03, 'a'));
	upper_expect(&p, "B: TRANSFER ind first n=6 MESSAGE\nB: TRANSFER ind- last serial=1\n");
	assert_true(upper_found(&p.b, &p1_rules[P1_CUT]));
	receive(&p, OCTETS(0x28, 0x0a, 0x02, 0x01, 0x09, 0xa0, 0x05, 0xa0, 0x03, 0x31, 0x00, 0x04));
	upper_expect(&p, "B: TRANSFER ind- last serial=1\n");
	upper_end(&p);
}

static void other_contexts(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p);
	receive(&p, OCTETS(0x28, 0x0e, 0x02, 0x01, 0x09, 0xa0, 0x09, 0xa0, 0x07, 0x31, 0x00, 0x04,
	                   0x03, 'a', 'b', 'c'));
	upper_expect(&p, "B: TRANSFER ind first n=6 MESSAGE\nB: TRANSFER ind+ last serial=1\n");
	assert_true(upper_found(&p.b, &p1_rules[P1_EXTERNAL_CONTEXT]));
	assert_memory_equal(p.b.came, "abc", 3);
	/* An end that was told no context takes the one it hears. */
	p.b.p1.context = 0;
	receive(&p, OCTETS(0x28, 0x0b, 0x02, 0x01, 0x09, 0xa0, 0x06, 0xa0, 0x04, 0x31, 0x00, 0x04,
	                   0x00));
	assert_int_equal(p.b.p1.context, 9);
	upper_end(&p);
}

/* Many segments in one piece of input make one piece of content. */
static void segmented_content(void **state)
{
	static uint8_t value[9 + 4 + 3 * 500 + 8] = {
		0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa0, 0x80, 0x31, 0x00, 0x24, 0x80,
	};
	static struct upper_pair p;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		memcpy(value + 13 + 3 * i, "\x04\x01x", 3);
	bound(&p);
	receive(&p, (struct octets){ value, sizeof value });
	upper_expect(&p, "B: TRANSFER ind first n=6 MESSAGE\nB: TRANSFER ind+ last serial=1\n");
	assert_int_equal(p.b.came_n, 500);
	/* Memory for the head, then memory to join the content. */
	for (size_t n = 1; n <= 2; n++) {
		p.b.pool.refuse = p.b.pool.takes + n;
		receive(&p, (struct octets){ value, sizeof value });
		assert_true(upper_found(&p.b, &p1_rules[P1_MEMORY]));
		assert_int_equal(p.b.rtse.state, 3);
		p.b.rules_n = 0;
	}
	upper_end(&p);
}

static void large_envelopes(void **state)
{
	static uint8_t value[7 + 2 + 4 + 300] = {
		0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa0, 0x80, 0x31, 0x82, 0x01, 0x2c,
	};
	static struct upper_pair p;

	(void)state;
	bound(&p);
	p.b.p1_config.envelope_max = 100;
	receive(&p, (struct octets){ value, sizeof value });
	upper_expect(&p, "B: TRANSFER ind- last serial=1\n");
	assert_true(upper_found(&p.b, &p1_rules[P1_ENVELOPE_LARGE]));
	upper_end(&p);
}

/* A head is held until the user has answered, whatever comes between. */
static void heads_live(void **state)
{
	static struct upper_pair p;

	(void)state;
	bound(&p);
	p.b.answers = 0;
	upper_send(&p, &p.a, octets_of("abc"));
	assert_int_equal(p.b.pool.leases, 1);
	upper_ask(&p, &p.b, SERVICE_TRANSFER, RESPONSE, &(struct service){ .positive = true });
	assert_int_equal(p.b.pool.leases, 0);
	upper_send(&p, &p.a, octets_of("abc"));
	assert_int_equal(p.b.pool.leases, 1);
	upper_ask(&p, &p.a, SERVICE_U_ABORT, REQUEST, NULL);
	assert_int_equal(p.b.pool.leases, 0);
	upper_end(&p);
}

static void x410_values(void **state)
{
	static struct upper_pair p;
	struct rtse_config a = a_normal, b = b_normal;

	(void)state;
	a.x410 = b.x410 = true;
	upper_init(&p, &a, &b);
	upper_bind(&p);
	p.piece = 5;
	upper_send(&p, &p.a, octets_of("hello"));
	upper_expect(&p, "B: CONNECT ind MTA-A\nA: CONNECT cnf+ MTA-B\n"
	                 "B: TRANSFER ind first n=118 MESSAGE\n"
	                 "B: TRANSFER ind+ last serial=1\nA: TRANSFER cnf+ last\n");
	assert_int_equal(p.a.p1.prefix_n, 0);
	assert_memory_equal(p.b.came, "hello", 5);
	assert_int_equal(p.b.head[0], 0xa0);
	upper_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader),
		cmocka_unit_test(reader_refuses),
		cmocka_unit_test(names_from_text),
		cmocka_unit_test(names_refused),
		cmocka_unit_test(names_in_room),
		cmocka_unit_test(names_refused_in_room),
		cmocka_unit_test(names_compared),
		cmocka_unit_test(mts_ids),
		cmocka_unit_test(code_names),
		cmocka_unit_test(builds_messages),
		cmocka_unit_test(builds_long_traces),
		cmocka_unit_test(most_recipients),
		cmocka_unit_test(relays),
		cmocka_unit_test(finds_loops),
		cmocka_unit_test(finds_loops_in_any_form),
		cmocka_unit_test(internal_trace_grows_and_goes),
		cmocka_unit_test(internal_trace_that_cannot_be_read),
		cmocka_unit_test(internal_trace_says_all),
		cmocka_unit_test(internal_elements_that_are_none),
		cmocka_unit_test(finds_what_has_left),
		cmocka_unit_test(builds_reports),
		cmocka_unit_test(text_of_many),
		cmocka_unit_test(binds_without_name),
		cmocka_unit_test(binds_refused),
		cmocka_unit_test(refusals_of_others),
		cmocka_unit_test(strange_binds),
		cmocka_unit_test(one_transfer_at_a_time),
		cmocka_unit_test(strange_requests),
		cmocka_unit_test(outgoing),
		cmocka_unit_test(malformed_values),
		cmocka_unit_test(other_contexts),
		cmocka_unit_test(segmented_content),
		cmocka_unit_test(large_envelopes),
		cmocka_unit_test(heads_live),
		cmocka_unit_test(x410_values),
	};
	int failed = cmocka_run_group_tests_name("p1", tests, NULL, NULL);

	failed += vectors_run("p1", decode);
	failed += vectors_run("p1/argument", decode_argument);
	failed += vectors_run("p1/result", decode_result);
	failed += vectors_run("p1/error", decode_error);
	failed += vectors_run("p1/x410", decode_x410);
	failed += vectors_run("p1/name", decode_name);
	failed += vectors_run("p1/strong", decode_strong);
	failed += vectors_run("p1/protected", decode_protected);
	return failed;
}
