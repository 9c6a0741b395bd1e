#include "cotp/cotp_pdu.h"

#include "base/cursor.h"
#include "cotp/cotp_rules.h"

#include <string.h>

#define ROW(...) RULE_ROW(LAYER_COTP, __VA_ARGS__)

const struct rule cotp_rules[COTP_RULES_N] = { COTP_RULES(ROW) };

#define RULE(id) (&cotp_rules[id])

enum {
	LI_RESERVED = 255,
	LI_MAX = 254,
	CLASS_MAX = 4,
	EOT = 0x80,
	USER_DATA_MAX = 32,		/* X.224 13.3.5, 13.4.5 */
	DR_USER_DATA_MAX = 64,		/* X.224 13.5.5 */
};

/* ---- X.224 Table 8: code, and which of its bits are a credit or ROA ---- */

struct code {
	uint8_t value, credit, roa;
};

static const struct code codes[COTP_KINDS] = {
	[COTP_CR] = { 0xe0, 0x0f, 0 },
	[COTP_CC] = { 0xd0, 0x0f, 0 },
	[COTP_DR] = { 0x80, 0, 0 },
	[COTP_DC] = { 0xc0, 0, 0 },
	[COTP_DT] = { 0xf0, 0, 0x01 },
	[COTP_ED] = { 0x10, 0, 0 },
	[COTP_AK] = { 0x60, 0x0f, 0 },
	[COTP_EA] = { 0x20, 0, 0 },
	[COTP_RJ] = { 0x50, 0x0f, 0 },
	[COTP_ER] = { 0x70, 0, 0 },
};

static bool read_code(struct cotp_pdu *pdu, uint8_t octet)
{
	for (unsigned kind = COTP_CR; kind < COTP_KINDS; kind++) {
		const struct code *c = &codes[kind];

		if ((octet & ~(c->credit | c->roa)) != c->value)
			continue;
		pdu->kind = (uint8_t)kind;
		pdu->credit = octet & c->credit;
		pdu->roa = octet & c->roa;
		return true;
	}
	return false;
}

/* ---- parameters (X.224 13.3.4, 13.5.4, 13.12.4) ---- */

enum { IN_CR = 1, IN_CC = 2, IN_DR = 4, IN_ER = 8, IN_ALL = 15 };

typedef bool parameter_read(struct cotp_pdu *pdu, struct cursor *value);

struct parameter {
	uint8_t code;
	uint8_t in;			/* IN_*: the TPDUs it is defined for */
	bool class0;
	uint8_t min, max;		/* octets of the value */
	uint8_t has;
	parameter_read *read;		/* NULL: only counted */
};

static bool read_size(struct cotp_pdu *pdu, struct cursor *value)
{
	return cursor_u8(value, &pdu->size) && pdu->size >= 7 && pdu->size <= 13;
}

static bool read_preferred(struct cotp_pdu *pdu, struct cursor *value)
{
	uint8_t octet;

	pdu->preferred = 0;
	while (cursor_left(value) && cursor_u8(value, &octet))
		pdu->preferred = pdu->preferred << 8 | octet;
	return pdu->preferred >= 1;
}

static bool read_calling(struct cotp_pdu *pdu, struct cursor *value)
{
	pdu->calling = cursor_rest(value);
	return true;
}

static bool read_called(struct cotp_pdu *pdu, struct cursor *value)
{
	pdu->called = cursor_rest(value);
	return true;
}

static bool read_invalid(struct cotp_pdu *pdu, struct cursor *value)
{
	pdu->invalid = cursor_rest(value);
	return true;
}

static bool read_additional(struct cotp_pdu *pdu, struct cursor *value)
{
	pdu->additional = cursor_rest(value);
	return true;
}

static bool read_options(struct cotp_pdu *pdu, struct cursor *value)
{
	return cursor_u8(value, &pdu->options);
}

static bool read_alternatives(struct cotp_pdu *pdu, struct cursor *value)
{
	struct cursor each = *value;
	uint8_t octet;

	pdu->alternatives = cursor_rest(value);
	while (cursor_left(&each) && cursor_u8(&each, &octet))
		if ((octet & 0x0f) != 0 || octet >> 4 > CLASS_MAX)
			return false;
	return true;
}

static bool read_throughput(struct cotp_pdu *pdu, struct cursor *value)
{
	size_t n = cursor_left(value);

	(void)pdu;
	return n == 12 || n == 24;	/* with or without the average */
}

enum { OF_CLASS_0 = true, OF_OTHERS = false, ANY = 255 };

static const struct parameter parameters[] = {
	{ 0xc0, IN_CR | IN_CC, OF_CLASS_0, 1, 1, COTP_HAS_SIZE, read_size },
	{ 0xc1, IN_CR | IN_CC, OF_CLASS_0, 0, ANY, COTP_HAS_CALLING, read_calling },
	{ 0xc2, IN_CR | IN_CC, OF_CLASS_0, 0, ANY, COTP_HAS_CALLED, read_called },
	{ 0xf0, IN_CR | IN_CC, OF_CLASS_0, 1, 4, COTP_HAS_PREFERRED, read_preferred },
	{ 0xc1, IN_ER, OF_CLASS_0, 0, ANY, COTP_HAS_INVALID, read_invalid },
	{ 0xe0, IN_DR, OF_CLASS_0, 0, ANY, COTP_HAS_ADDITIONAL, read_additional },
	{ 0xc7, IN_CR | IN_CC, OF_OTHERS, 0, ANY, COTP_HAS_ALTERNATIVES, read_alternatives },
	{ 0xc6, IN_CR | IN_CC, OF_OTHERS, 1, 1, COTP_HAS_OPTIONS, read_options },
	{ 0xc3, IN_ALL, OF_OTHERS, 2, 2, 0, NULL },		/* checksum */
	{ 0xc4, IN_CR | IN_CC, OF_OTHERS, 1, 1, 0, NULL },	/* version number */
	{ 0xc5, IN_CR | IN_CC, OF_OTHERS, 0, ANY, 0, NULL },	/* protection */
	{ 0x85, IN_CR | IN_CC, OF_OTHERS, 2, 2, 0, NULL },	/* acknowledgement time */
	{ 0x86, IN_CR | IN_CC, OF_OTHERS, 3, 3, 0, NULL },	/* residual error rate */
	{ 0x87, IN_CR | IN_CC, OF_OTHERS, 2, 2, 0, NULL },	/* priority */
	{ 0x88, IN_CR | IN_CC, OF_OTHERS, 8, 8, 0, NULL },	/* transit delay */
	{ 0x89, IN_CR | IN_CC, OF_OTHERS, 12, 24, 0, read_throughput },
	{ 0x8b, IN_CR | IN_CC, OF_OTHERS, 2, 2, 0, NULL },	/* reassignment time */
	{ 0xf2, IN_CR | IN_CC, OF_OTHERS, 4, 4, 0, NULL },	/* inactivity timer */
};

static const struct parameter *find_parameter(uint8_t code, uint8_t in)
{
	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
		if (parameters[i].code == code && (parameters[i].in & in))
			return &parameters[i];
	return NULL;
}

static bool undefined_parameter(struct cotp_pdu *pdu, uint8_t in, struct findings *f, size_t at)
{
	if (in != IN_CR)
		return findings_add(f, RULE(COTP_PARAMETER_UNDEFINED), at);
	pdu->unknown++;
	return findings_add(f, RULE(COTP_PARAMETER_IGNORED), at);
}

/* X.224 13.2.3: in a CR only an invalid class is always an error; for the
 * rest we take the choice to ignore. */
static bool invalid_value(struct cotp_pdu *pdu, const struct parameter *p, uint8_t in,
                          struct findings *f, size_t at)
{
	pdu->has = (uint8_t)(pdu->has & ~p->has);
	if (p->has == COTP_HAS_ALTERNATIVES)
		return findings_add(f, RULE(COTP_ALTERNATIVES), at);
	return findings_add(f, RULE(in == IN_CR ? COTP_VALUE_IGNORED : COTP_VALUE), at);
}

static bool read_value(struct cotp_pdu *pdu, const struct parameter *p, uint8_t in,
                       struct cursor *value, size_t at)
{
	size_t n = cursor_left(value);
	bool valid = n >= p->min && n <= p->max;

	if (valid && p->read)
		valid = p->read(pdu, value);
	if (!valid)
		return invalid_value(pdu, p, in, value->findings, at);
	pdu->has |= p->has;
	pdu->others = (uint8_t)(pdu->others + (p->has == 0));
	if (!p->class0 && (in == IN_CR || in == IN_CC) && pdu->class == 0)
		return findings_add(value->findings, RULE(COTP_PARAMETER_CLASS), at);
	return true;
}

static bool read_parameter(struct cotp_pdu *pdu, struct cursor *c, uint8_t in)
{
	const struct parameter *p;
	size_t at = c->pos;
	struct cursor value;
	uint8_t code, n;

	c->short_rule = RULE(COTP_PARAMETER_CUT);
	if (!cursor_u8(c, &code) || !cursor_u8(c, &n) || !cursor_sub(c, n, &value))
		return false;
	p = find_parameter(code, in);
	if (!p)
		return undefined_parameter(pdu, in, c->findings, at);
	return read_value(pdu, p, in, &value, at);
}

static bool read_parameters(struct cotp_pdu *pdu, struct cursor *c, uint8_t in)
{
	while (cursor_left(c))
		if (!read_parameter(pdu, c, in))
			return false;
	return !c->findings->fatal;
}

/* ---- what a CR or CC says as a whole ---- */

static bool size_of_another_class(const struct cotp_pdu *pdu)
{
	return pdu->class == 0 && (pdu->has & COTP_HAS_SIZE) && pdu->size > 11;
}

/*
 * X.224 Table 3: classes that are a valid response, by the preferred class
 * and one alternative (the last column: none).  0: the combination is not
 * valid.
 */
enum { C0 = 1, C1 = 2, C2 = 4, C3 = 8, C4 = 16, NO_ALTERNATIVE = 5 };

static const uint8_t table_3[CLASS_MAX + 1][NO_ALTERNATIVE + 1] = {
	/*         0              1                   2        3        4        none */
	/* 0 */ { 0,             0,                  0,       0,       0,       C0 },
	/* 1 */ { C1 | C0,       C1 | C0,            0,       0,       0,       C1 | C0 },
	/* 2 */ { C2 | C0,       0,                  C2,      0,       0,       C2 },
	/* 3 */ { C3 | C2 | C0,  C3 | C2 | C1 | C0,  C3 | C2, C3 | C2, 0,       C3 | C2 },
	/* 4 */ { C4 | C2 | C0,  C4 | C2 | C1 | C0,  C4 | C2, C4 | C3 | C2, C4 | C2, C4 | C2 },
};

/* Valid responses that the alternative classes add; tells if one of them
 * adds none. */
static uint8_t responses(const struct cotp_pdu *cr, bool *bad)
{
	struct findings f;
	struct cursor c;
	uint8_t octet, valid = 0;

	if (!(cr->has & COTP_HAS_ALTERNATIVES) || cr->class > CLASS_MAX)
		return 0;
	findings_clear(&f);
	cursor_init(&c, cr->alternatives, &f, RULE(COTP_PARAMETER_CUT));
	while (cursor_left(&c) && cursor_u8(&c, &octet)) {
		uint8_t more = octet >> 4 <= CLASS_MAX ? table_3[cr->class][octet >> 4] : 0;

		*bad |= more == 0;
		valid |= more;
	}
	return valid;
}

uint8_t cotp_valid_classes(const struct cotp_pdu *cr)
{
	bool bad = false;

	if (cr->class > CLASS_MAX)
		return 0;
	return table_3[cr->class][NO_ALTERNATIVE] | responses(cr, &bad);
}

uint32_t cotp_tpdu_size(const struct cotp_pdu *pdu)
{
	if (pdu->has & COTP_HAS_PREFERRED)
		return pdu->preferred <= COTP_SIZE_DEFAULT / 128 ? pdu->preferred * 128
		                                                 : COTP_SIZE_DEFAULT;
	if (pdu->has & COTP_HAS_SIZE)
		return UINT32_C(1) << pdu->size;
	return COTP_SIZE_DEFAULT;
}

/* ---- the TPDUs ---- */

typedef bool header_read(struct cotp_pdu *pdu, struct cursor *header);

static bool note(struct cursor *c, size_t at, enum cotp_rule rule)
{
	return findings_add(c->findings, RULE(rule), at);
}

/* Octets 3 to 7 of a CR or CC. */
static bool read_connection(struct cotp_pdu *pdu, struct cursor *c)
{
	uint8_t class_option;

	if (!cursor_u16(c, &pdu->dst_ref) || !cursor_u16(c, &pdu->src_ref) ||
	    !cursor_u8(c, &class_option))
		return false;
	pdu->class = class_option >> 4;
	pdu->option = class_option & 0x0f;
	if (pdu->class < 2 && pdu->credit)
		note(c, 1, COTP_CREDIT);
	if (pdu->kind == COTP_CR && pdu->dst_ref)
		note(c, 2, COTP_DST_REF);
	if (!pdu->src_ref)
		note(c, 4, COTP_SRC_REF);
	if (pdu->class > CLASS_MAX)
		return note(c, 6, COTP_CLASS);
	if (pdu->option & (pdu->class == 0 ? 0x0f : 0x0c))
		note(c, 6, COTP_OPTION);
	return true;
}

static bool read_cr(struct cotp_pdu *pdu, struct cursor *c)
{
	bool bad = false;

	if (!read_connection(pdu, c) || !read_parameters(pdu, c, IN_CR))
		return false;
	if (size_of_another_class(pdu))
		note(c, 6, COTP_SIZE_CLASS);
	responses(pdu, &bad);
	if (bad && pdu->class != 0)	/* class 0: the parameter itself is out of place */
		note(c, 6, COTP_COMBINATION);
	return true;
}

static bool read_cc(struct cotp_pdu *pdu, struct cursor *c)
{
	if (!read_connection(pdu, c) || !read_parameters(pdu, c, IN_CC))
		return false;
	if (size_of_another_class(pdu))
		note(c, 6, COTP_SIZE_CLASS);
	if ((pdu->has & COTP_HAS_SIZE) && (pdu->has & COTP_HAS_PREFERRED))
		note(c, 6, COTP_SIZE_TWICE);
	return true;
}

static bool read_dr(struct cotp_pdu *pdu, struct cursor *c)
{
	if (!cursor_u16(c, &pdu->dst_ref) || !cursor_u16(c, &pdu->src_ref) ||
	    !cursor_u8(c, &pdu->reason))
		return false;
	if (!cotp_reason_name(pdu->reason))
		note(c, 6, COTP_REASON);
	return read_parameters(pdu, c, IN_DR);
}

static bool read_er(struct cotp_pdu *pdu, struct cursor *c)
{
	if (!cursor_u16(c, &pdu->dst_ref) || !cursor_u8(c, &pdu->reason))
		return false;
	if (!cotp_cause_name(pdu->reason))
		note(c, 4, COTP_CAUSE);
	if (!read_parameters(pdu, c, IN_ER))
		return false;
	if (!(pdu->has & COTP_HAS_INVALID))
		note(c, c->pos, COTP_INVALID_TPDU);
	return true;
}

static bool read_number_and_eot(struct cotp_pdu *pdu, struct cursor *c)
{
	uint8_t octet;

	if (!cursor_u8(c, &octet))
		return false;
	pdu->eot = octet & EOT;
	pdu->nr = (uint8_t)(octet & ~EOT);
	return true;
}

static bool read_dt(struct cotp_pdu *pdu, struct cursor *c)
{
	if (!read_number_and_eot(pdu, c))
		return false;
	if (pdu->roa)
		note(c, 1, COTP_DT_ROA);
	if (pdu->nr)
		note(c, 2, COTP_DT_NR);
	return true;
}

/* Normal formats (X.224 13.8.1 a) to 13.11.1 a)); but RFC 1006 5 gives class 0
 * an ED of the form of its DT. */
static bool read_numbered(struct cotp_pdu *pdu, struct cursor *c)
{
	note(c, 1, COTP_CODE_CLASS);
	if (pdu->kind == COTP_ED && c->end == 3)
		return read_number_and_eot(pdu, c);
	return cursor_u16(c, &pdu->dst_ref) && read_number_and_eot(pdu, c);
}

static bool read_dc(struct cotp_pdu *pdu, struct cursor *c)
{
	note(c, 1, COTP_CODE_CLASS);
	return cursor_u16(c, &pdu->dst_ref) && cursor_u16(c, &pdu->src_ref);
}

static header_read *const readers[COTP_KINDS] = {
	[COTP_CR] = read_cr, [COTP_CC] = read_cc, [COTP_DR] = read_dr, [COTP_DC] = read_dc,
	[COTP_DT] = read_dt, [COTP_ED] = read_numbered, [COTP_AK] = read_numbered,
	[COTP_EA] = read_numbered, [COTP_RJ] = read_numbered, [COTP_ER] = read_er,
};

static bool may_have_user_data(const struct cotp_pdu *pdu)
{
	return (pdu->kind == COTP_CR || pdu->kind == COTP_CC) && pdu->class != 0;
}

/* `at`: octet 0 of the user data. */
static void check_data(const struct cotp_pdu *pdu, size_t at, struct findings *f)
{
	size_t max = pdu->kind == COTP_DR ? DR_USER_DATA_MAX : USER_DATA_MAX;

	if (pdu->kind == COTP_DT && !pdu->eot && pdu->data_length == 0)
		findings_add(f, RULE(COTP_DT_EMPTY), 2);
	if (pdu->kind == COTP_DT || pdu->kind == COTP_ED || pdu->data_length == 0)
		return;
	if (pdu->kind != COTP_CR && pdu->kind != COTP_CC && pdu->kind != COTP_DR) {
		findings_add(f, RULE(COTP_NO_DATA_FIELD), at);
		return;
	}
	if (!may_have_user_data(pdu))
		findings_add(f, RULE(COTP_USER_DATA), at);
	if (pdu->data_length > max)
		findings_add(f, RULE(COTP_USER_DATA_LENGTH), at);
}

static bool read_header(struct cotp_pdu *pdu, struct cursor *header)
{
	uint8_t octet;

	header->short_rule = RULE(COTP_FIXED_PART);
	if (!cursor_u8(header, &octet))
		return false;
	if (!read_code(pdu, octet))
		return note(header, 1, COTP_CODE);
	return readers[pdu->kind](pdu, header) && !header->findings->fatal;
}

/* Known before the header is cut off: of a DT only three octets are at hand. */
static bool bad_dt_header(struct cotp_pdu *pdu, struct cursor *c, uint8_t li)
{
	uint8_t octet;

	return li != 0 && li != 2 && cursor_peek(c, &octet) && read_code(pdu, octet) &&
	       pdu->kind == COTP_DT;
}

bool cotp_decode_head(struct octets at_hand, size_t length, struct cotp_pdu *out,
                      struct findings *f)
{
	struct cursor c, header;
	uint8_t li;

	memset(out, 0, sizeof *out);
	cursor_init(&c, at_hand, f, RULE(COTP_LI));
	if (!cursor_u8(&c, &li))
		return false;
	if (li == LI_RESERVED)
		return findings_add(f, RULE(COTP_LI_RESERVED), 0);
	if (li >= length)
		return findings_add(f, RULE(COTP_LI), 0);
	if (bad_dt_header(out, &c, li))
		return findings_add(f, RULE(COTP_DT_HEADER), 0);
	if (!cursor_sub(&c, li, &header) || !read_header(out, &header))
		return false;
	out->data_length = (uint32_t)(length - c.pos);
	check_data(out, c.pos, f);
	if (out->kind == COTP_CR && length > COTP_CR_MAX)
		findings_add(f, RULE(COTP_CR_LENGTH), COTP_CR_MAX);
	out->user_data = cursor_rest(&c);
	return true;
}

bool cotp_decode(struct octets tpdu, struct cotp_pdu *out, struct findings *f)
{
	return cotp_decode_head(tpdu, tpdu.n, out, f);
}

/* ---- building ---- */

/* What follows the code in the fixed part, by kind. */
enum { DST = 1, SRC = 2, CLASS_OPTION = 4, REASON = 8, NUMBER = 16 };

static const uint8_t fixed_parts[COTP_KINDS] = {
	[COTP_CR] = DST | SRC | CLASS_OPTION, [COTP_CC] = DST | SRC | CLASS_OPTION,
	[COTP_DR] = DST | SRC | REASON, [COTP_DC] = DST | SRC, [COTP_ER] = DST | REASON,
	[COTP_DT] = NUMBER, [COTP_ED] = DST | NUMBER, [COTP_AK] = DST | NUMBER,
	[COTP_EA] = DST | NUMBER, [COTP_RJ] = DST | NUMBER,
};

static void put_fixed_part(struct nodes *a, struct node *header, const struct cotp_pdu *pdu)
{
	uint8_t parts = fixed_parts[pdu->kind];

	if (pdu->kind == COTP_ED && pdu->dst_ref == 0)
		parts = NUMBER;		/* RFC 1006 5 */
	node_u8(a, header, (uint8_t)(codes[pdu->kind].value | pdu->credit | pdu->roa));
	if (parts & DST)
		node_u16(a, header, pdu->dst_ref);
	if (parts & SRC)
		node_u16(a, header, pdu->src_ref);
	if (parts & CLASS_OPTION)
		node_u8(a, header, (uint8_t)(pdu->class << 4 | pdu->option));
	if (parts & REASON)
		node_u8(a, header, pdu->reason);
	if (parts & NUMBER)
		node_u8(a, header, (uint8_t)((pdu->eot ? EOT : 0) | pdu->nr));
}

static void put_octets(struct nodes *a, struct node *header, uint8_t code, struct octets o)
{
	node_octets(a, node_tpdu(a, header, code), o);
}

/* F0: as few octets as the number needs. */
static size_t preferred_octets(uint32_t v)
{
	return v > 0xffffff ? 4 : v > 0xffff ? 3 : v > 0xff ? 2 : 1;
}

static void put_preferred(struct nodes *a, struct node *header, uint32_t v)
{
	uint8_t four[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	size_t n = preferred_octets(v);

	node_copy(a, node_tpdu(a, header, 0xf0), four + 4 - n, n);
}

static void put_parameters(struct nodes *a, struct node *header, const struct cotp_pdu *pdu)
{
	if (pdu->has & COTP_HAS_SIZE)
		node_u8(a, node_tpdu(a, header, 0xc0), pdu->size);
	if (pdu->has & COTP_HAS_CALLING)
		put_octets(a, header, 0xc1, pdu->calling);
	if (pdu->has & COTP_HAS_CALLED)
		put_octets(a, header, 0xc2, pdu->called);
	if (pdu->has & COTP_HAS_PREFERRED)
		put_preferred(a, header, pdu->preferred);
	if (pdu->has & COTP_HAS_OPTIONS)
		node_u8(a, node_tpdu(a, header, 0xc6), pdu->options);
	if (pdu->has & COTP_HAS_ALTERNATIVES)
		put_octets(a, header, 0xc7, pdu->alternatives);
	if (pdu->has & COTP_HAS_ADDITIONAL)
		put_octets(a, header, 0xe0, pdu->additional);
	if (pdu->has & COTP_HAS_INVALID)
		put_octets(a, header, 0xc1, pdu->invalid);
	if (pdu->extra.n)
		node_octets(a, header, pdu->extra);
}

/* CR: LI, the fixed part and the parameters that a CR can have. */
size_t cotp_cr_length(const struct cotp_pdu *cr)
{
	size_t n = 1 + 6 + cr->extra.n;

	n += cr->has & COTP_HAS_SIZE ? 3 : 0;
	n += cr->has & COTP_HAS_PREFERRED ? 2 + preferred_octets(cr->preferred) : 0;
	n += cr->has & COTP_HAS_CALLING ? 2 + cr->calling.n : 0;
	n += cr->has & COTP_HAS_CALLED ? 2 + cr->called.n : 0;
	n += cr->has & COTP_HAS_ALTERNATIVES ? 2 + cr->alternatives.n : 0;
	n += cr->has & COTP_HAS_OPTIONS ? 3 : 0;
	return n + cr->user_data.n;
}

struct node *cotp_build(struct nodes *a, const struct cotp_pdu *pdu)
{
	struct node *tpdu = node_list(a, NULL);
	struct node *header = node_li(a, tpdu);

	put_fixed_part(a, header, pdu);
	put_parameters(a, header, pdu);
	if (node_size(header) > 1 + LI_MAX)
		a->full = true;
	if (pdu->user_data.n)
		node_octets(a, tpdu, pdu->user_data);
	return tpdu;
}
