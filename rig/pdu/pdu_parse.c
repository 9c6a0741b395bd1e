#include "pdu/pdu_parse.h"

#include "session/session_pdu.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

/* A PDU whose carrier is being read: what stands for % there. */
struct inner {
	struct parser *parser;		/* that reads it */
	const struct pdu_form *form;
};

struct parser {
	struct lexer *lx;
	struct pdu_plan *plan;
	unsigned how, nesting;
	const char *end;
	struct inner inner;		/* parser NULL: no template is read */
};

static bool read_list(struct parser *p, bool top);
static bool read_body(struct parser *p, const struct pdu_form *f);

/* ---- tokens ---- */

static struct token take(struct parser *p)
{
	struct token t = lexer_next(p->lx);

	p->end = t.p + t.n + (t.kind == TOKEN_STRING);
	return t;
}

static bool no_memory(struct parser *p)
{
	return lexer_error(p->lx, &p->lx->token, "out of memory");
}

static bool add(struct parser *p, const struct pdu_item *item, size_t *at)
{
	*at = p->plan->items_n;
	return pdu_plan_add(p->plan, item) || no_memory(p);
}

static void close(struct parser *p, size_t at)
{
	p->plan->items[at].end = (uint32_t)p->plan->items_n;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_hex(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (digit(s[i]) < 0)
			return false;
	return n % 2 == 0;
}

static bool keep_hex(struct parser *p, const char *s, size_t n, struct pdu_item *item)
{
	uint8_t octet;
	uint32_t at;

	for (size_t i = 0; i < n; i += 2) {
		octet = (uint8_t)((unsigned)digit(s[i]) << 4 | (unsigned)digit(s[i + 1]));
		if (!pdu_plan_keep(p->plan, &octet, 1, &at))
			return no_memory(p);
		if (item->n++ == 0)
			item->at = at;
	}
	return true;
}

/* Decimal or 0x, with a sign. */
static bool is_number(const char *s, size_t n, int64_t *v)
{
	char text[24], *stop;
	bool hex = n > 2 && s[0] == '0' && s[1] == 'x';
	size_t sign = n > 1 && s[0] == '-';

	if (n == 0 || n >= sizeof text || !(s[sign] >= '0' && s[sign] <= '9'))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	*v = strtoll(text, &stop, hex ? 16 : 10);
	return *stop == '\0';
}

/* ---- values ---- */

static const struct text_name *named(const struct text_name *names, const struct token *t)
{
	for (; names && names->name; names++)
		if (token_is(t, names->name))
			return names;
	return NULL;
}

static bool unknown_name(struct parser *p, const struct pdu_field *f, const struct token *t)
{
	struct nearest near;

	nearest_init(&near, t->p, t->n);
	for (const struct text_name *n = f->names; n && n->name; n++)
		nearest_offer(&near, n->name);
	if (!f->names)
		return lexer_error(p->lx, t, "%s wants a number", f->name);
	return lexer_unknown(p->lx, t, "a value of this field", &near);
}

/* NUMBER, or names of bits joined by +. */
static bool read_number(struct parser *p, const struct pdu_field *f, struct pdu_item *item)
{
	const struct token first = p->lx->token;

	item->value = PDU_VALUE_NUMBER;
	if (is_number(first.p, first.n, &item->number)) {
		take(p);
		return true;
	}
	do {
		const struct token t = p->lx->token;
		const struct text_name *name = named(f->names, &t);

		if (!name)
			return unknown_name(p, f, &t);
		item->number |= name->value;
		take(p);
	} while (token_is_mark(&p->lx->token, '+') && (take(p), true));
	return true;
}

static bool keep_text(struct parser *p, const struct pdu_field *f, const struct token *t,
                      struct pdu_item *item)
{
	uint8_t encoded[PDU_TEXT_MAX];
	char text[LEXER_LINE_MAX];
	const char *why;
	size_t n;

	if (!token_text(t, text, sizeof text, &why))
		return lexer_error(p->lx, t, "%s", why);
	n = strlen(text);
	item->value = PDU_VALUE_RAW;
	if (f->type == PDU_OCTETS || f->type == PDU_VALUE) {
		item->n = (uint32_t)n;
		return pdu_plan_keep(p->plan, text, n, &item->at) || no_memory(p);
	}
	n = pdu_encode_text((enum pdu_type)f->type, (struct octets){ (const uint8_t *)text, n },
	                    encoded, sizeof encoded);
	if (n == 0)
		return lexer_error(p->lx, t, "this is not %s", f->type == PDU_OID ?
		                   "an object identifier, as 2.6.0.1.6" : f->type == PDU_NAME ?
		                   "an O/R address, as \"C=XX;A=TEST;P=UP;S=Tester\"" :
		                   f->type == PDU_MTS_ID ? "an MTS identifier, as "
		                   "\"C=XX;A=TEST;P=UP;L=1\"" :
		                   "a domain, as \"C=XX;A=TEST;P=UP\"");
	item->n = (uint32_t)n;
	return pdu_plan_keep(p->plan, encoded, n, &item->at) || no_memory(p);
}

static bool read_hex(struct parser *p, const struct token *t, struct pdu_item *item)
{
	item->value = PDU_VALUE_RAW;
	if (!is_hex(t->p + 4, t->n - 4))
		return lexer_error(p->lx, t, "after hex: stand pairs of hexadecimal digits");
	return keep_hex(p, t->p + 4, t->n - 4, item);
}

static bool read_variable(struct parser *p, const struct token *t, struct pdu_item *item)
{
	item->value = PDU_VALUE_VARIABLE;
	item->n = (uint32_t)(t->n - 1);
	return pdu_plan_keep(p->plan, t->p + 1, t->n - 1, &item->at) || no_memory(p);
}

static bool is_file(const struct token *t)
{
	return t->kind == TOKEN_WORD && t->n > 5 && memcmp(t->p, "file:", 5) == 0;
}

static bool read_file(struct parser *p, const struct token *t, struct pdu_item *item)
{
	if (p->how & PDU_COMPARE)
		return lexer_error(p->lx, t, "nothing is compared with a file; octets are written "
		                   "hex:..., a text \"...\"");
	item->value = PDU_VALUE_FILE;
	item->n = (uint32_t)(t->n - 5);
	return pdu_plan_keep(p->plan, t->p + 5, item->n, &item->at) || no_memory(p);
}

static bool read_word(struct parser *p, const struct pdu_field *f, struct pdu_item *item)
{
	const struct token t = p->lx->token;
	bool ok;

	if (token_is(&t, "none") || (token_is(&t, "any") && p->how & PDU_COMPARE)) {
		item->value = token_is(&t, "none") ? PDU_VALUE_NONE : PDU_VALUE_ANY;
		take(p);
		return true;
	}
	if (t.n >= 4 && memcmp(t.p, "hex:", 4) == 0)
		ok = read_hex(p, &t, item);
	else if (t.n > 1 && *t.p == '$')
		ok = read_variable(p, &t, item);
	else if (is_file(&t))
		ok = read_file(p, &t, item);
	else if (pdu_is_number((enum pdu_type)f->type))
		return read_number(p, f, item);
	else
		ok = keep_text(p, f, &t, item);
	take(p);
	return ok;
}

static bool read_nested(struct parser *p, struct pdu_item *item, size_t at)
{
	bool ok;

	take(p);
	item->value = PDU_VALUE_NESTED;
	p->plan->items[at] = *item;
	if (p->nesting == PDU_NEST_MAX)
		return lexer_error(p->lx, &p->lx->token, "nested too deeply");
	p->nesting++;
	ok = read_list(p, false);
	p->nesting--;
	if (!ok || !token_is_mark(&p->lx->token, ')'))
		return ok && lexer_want_mark(p->lx, ')');
	take(p);
	close(p, at);
	return true;
}

static bool read_value(struct parser *p, const struct pdu_field *f, struct pdu_item *item)
{
	const struct token t = p->lx->token;
	char show[48];
	size_t at;

	if (token_is_mark(&t, '('))
		return add(p, item, &at) && read_nested(p, item, at);
	if (t.kind == TOKEN_STRING && pdu_is_number((enum pdu_type)f->type))
		return lexer_error(p->lx, &t, "%s is a number; raw octets are written hex:...",
		                   f->name);
	if (t.kind == TOKEN_STRING) {
		if (!keep_text(p, f, &t, item))
			return false;
		take(p);
	} else if (t.kind != TOKEN_WORD) {
		return lexer_error(p->lx, &t, "a value of %s is wanted here, not %s", f->name,
		                   token_show(&t, show));
	} else if (!read_word(p, f, item)) {
		return false;
	}
	return add(p, item, &at);
}

/* ---- fields and bends ---- */

/* The word at hand is the name of a field: "=" stands right behind it. */
static bool at_field(const struct parser *p)
{
	const struct lexer *lx = p->lx;

	return lx->token.kind == TOKEN_WORD && lx->pos < lx->source->n &&
	       lx->source->text[lx->pos] == '=';
}

static bool unknown_field(struct parser *p, const struct pdu_form *f, const struct token *t,
                          size_t n)
{
	struct token name = *t;
	struct nearest near;

	name.n = n;
	nearest_init(&near, t->p, n);
	for (size_t i = 0; i < pdu_fields(f); i++)
		nearest_offer(&near, pdu_field(f, i).name);
	return lexer_unknown(p->lx, &name, "a field of this PDU", &near);
}

static bool read_field(struct parser *p, const struct pdu_form *form)
{
	const struct token t = p->lx->token;
	bool differs = t.n > 1 && t.p[t.n - 1] == '!';
	size_t n = t.n - differs;
	int i = pdu_field_named(form, t.p, n);
	struct pdu_item item = { .kind = PDU_ITEM_FIELD, .field = (uint16_t)i, .differs = differs };
	struct pdu_field f;

	if (i < 0)
		return unknown_field(p, form, &t, n);
	if (differs && !(p->how & PDU_COMPARE))
		return lexer_error(p->lx, &t, "what is sent has a value: FIELD=VALUE");
	f = pdu_field(form, (size_t)i);
	take(p);
	take(p);		/* = */
	return read_value(p, &f, &item);
}

static const char *const bends[PDU_BENDS] = { "length", "form", "tag", "twice" };
static const char *const forms[] = { "minimal", "long-1", "long-2", "long-4", "indefinite" };

static bool read_name(struct parser *p, const char *const *names, size_t n, const char *what,
                      size_t *i)
{
	const struct token t = p->lx->token;
	struct nearest near;

	nearest_init(&near, t.p, t.n);
	for (*i = 0; *i < n; (*i)++) {
		if (token_is(&t, names[*i])) {
			take(p);
			return true;
		}
		nearest_offer(&near, names[*i]);
	}
	return lexer_unknown(p->lx, &t, what, &near);
}

static bool is_bend(const struct token *t)
{
	for (size_t i = 0; i < PDU_BENDS; i++)
		if (token_is(t, bends[i]))
			return true;
	return false;
}

/* FIELD^^ */
static bool read_bent(struct parser *p, const struct pdu_form *form, struct pdu_item *item)
{
	const struct token t = take(p);
	size_t n = t.n;
	int i;

	while (n > 1 && t.p[n - 1] == '^')
		n--;
	item->up = (uint8_t)(t.n - n);
	i = pdu_field_named(form, t.p, n);
	if (i < 0)
		return unknown_field(p, form, &t, n);
	item->field = (uint16_t)i;
	if (pdu_field(form, (size_t)i).place != PDU_TAGGED ||
	    item->up >= pdu_field(form, (size_t)i).depth)
		return lexer_error(p->lx, &t, "this field has no such header to bend");
	return true;
}

static bool read_amount(struct parser *p, struct pdu_item *item)
{
	struct token t;
	char show[48];

	if (token_is_mark(&p->lx->token, '+'))
		take(p);
	t = p->lx->token;
	if (t.kind != TOKEN_WORD || !is_number(t.p, t.n, &item->number) ||
	    item->number > INT32_MAX || item->number < -INT32_MAX)
		return lexer_error(p->lx, &t, "a number is wanted here, not %s",
		                   token_show(&t, show));
	take(p);
	return true;
}

static bool read_bend(struct parser *p, const struct pdu_form *form)
{
	struct pdu_item item = { .kind = PDU_ITEM_BEND, .field = PDU_WHOLE };
	const struct token word = p->lx->token;
	size_t i;

	/* "length" alone is a way to bend; a field may be called so, too. */
	if (!is_bend(&word) || pdu_field_named(form, word.p, word.n) >= 0) {
		struct lexer before = *p->lx;
		const char *end = p->end;

		take(p);
		if (is_bend(&word) && !is_bend(&p->lx->token)) {
			*p->lx = before;
			p->end = end;
		} else {
			*p->lx = before;
			if (!read_bent(p, form, &item))
				return false;
		}
	}
	if (!read_name(p, bends, COUNT(bends), "a way to bend", &i))
		return false;
	item.value = (uint8_t)i;
	if (i == PDU_BEND_FORM) {
		if (!read_name(p, forms, COUNT(forms), "a form of length", &i))
			return false;
		item.number = (int64_t)i;
	} else if (i != PDU_BEND_TWICE && !read_amount(p, &item)) {
		return false;
	}
	if (item.value == PDU_BEND_TWICE && item.field == PDU_WHOLE)
		return lexer_error(p->lx, &word, "say which field stands there twice");
	return add(p, &item, &i);
}

/* ---- PDUs ---- */

static bool is_x410(const struct parser *p)
{
	return p->how & (PDU_X410 | PDU_1984);
}

/* Fields from a text of ours. */
static bool read_preset(struct parser *p, const struct pdu_form *f, const char *text)
{
	struct parser preset = *p;
	struct lexer_source s;
	struct lexer lx;
	bool ok = true;

	if (!text)
		return true;
	if (!lexer_take(&s, f->name, text, strlen(text), p->lx->report))
		return false;
	lexer_init(&lx, &s, p->lx->report);
	preset.lx = &lx;
	preset.inner.parser = NULL;
	while (ok && at_field(&preset))
		ok = read_field(&preset, f);
	lexer_source_free(&s);
	return ok;
}

static bool read_presets(struct parser *p, const struct pdu_form *f)
{
	return read_preset(p, f, is_x410(p) && f->x410_preset ? f->x410_preset : f->preset) &&
	       (!(p->how & PDU_1984) || read_preset(p, f, f->preset_1984));
}

static bool read_body(struct parser *p, const struct pdu_form *f)
{
	const bool fill = !(p->how & (PDU_EXACTLY | PDU_COMPARE));
	size_t at;

	if (!add(p, &(struct pdu_item){ .kind = PDU_ITEM_PDU, .layer = f->layer, .code = f->code,
	                                .bare = fill && is_x410(p) && f->x410_bare }, &at))
		return false;
	if (p->nesting == PDU_NEST_MAX)
		return lexer_error(p->lx, &p->lx->token, "nested too deeply");
	p->nesting++;
	if (fill && !read_presets(p, f))
		return false;
	for (;;) {
		if (at_field(p)) {
			if (!read_field(p, f))
				return false;
		} else if (token_is(&p->lx->token, "bend") && !(p->how & PDU_COMPARE)) {
			take(p);
			if (!read_bend(p, f))
				return false;
		} else {
			break;
		}
	}
	p->nesting--;
	close(p, at);
	return true;
}

/* The PDU inside what carries it. */
static bool read_carried(struct parser *p, const struct pdu_form *f)
{
	const char *text = is_x410(p) && f->x410_carrier ? f->x410_carrier : f->carrier;
	struct parser carrier = *p;
	struct lexer_source s;
	struct lexer lx;
	bool ok;

	if (!lexer_take(&s, f->name, text, strlen(text), p->lx->report))
		return false;
	lexer_init(&lx, &s, p->lx->report);
	carrier.lx = &lx;
	carrier.inner = (struct inner){ p, f };
	ok = read_list(&carrier, true);
	lexer_source_free(&s);
	return ok;
}

static bool read_pdu(struct parser *p, const struct pdu_form *f, bool top)
{
	enum session_spdu prefix = f->layer == LAYER_SESSION
		? session_prefix((enum session_spdu)f->code) : SPDU_NONE;
	size_t at;

	if (!top || p->how & (PDU_EXACTLY | PDU_COMPARE))
		return read_body(p, f);
	if (f->carrier)
		return read_carried(p, f);
	if (prefix != SPDU_NONE &&
	    !add(p, &(struct pdu_item){ .kind = PDU_ITEM_PDU, .layer = LAYER_SESSION,
	                                .code = (uint8_t)prefix }, &at))
		return false;
	return read_body(p, f);
}

static bool read_octets(struct parser *p)
{
	struct pdu_item item = { .kind = PDU_ITEM_OCTETS };
	size_t at;

	if (is_file(&p->lx->token)) {
		const struct token t = take(p);

		return read_file(p, &t, &item) && add(p, &item, &at);
	}
	if (!(p->how & PDU_COMPARE) && p->lx->token.kind == TOKEN_WORD &&
	    p->lx->token.n > 1 && *p->lx->token.p == '$') {
		const struct token t = take(p);

		return read_variable(p, &t, &item) && add(p, &item, &at);
	}
	while (p->lx->token.kind == TOKEN_WORD && is_hex(p->lx->token.p, p->lx->token.n)) {
		const struct token t = take(p);

		if (!keep_hex(p, t.p, t.n, &item))
			return false;
	}
	if (item.n == 0)
		return lexer_error(p->lx, &p->lx->token, "pairs of hexadecimal digits are wanted "
		                   "here");
	return add(p, &item, &at);
}

static const char *const types[] = {
	"octets", "number", "bits", "oid", "name", "mts-id", "domain",
};
static const uint8_t types_of[] = {
	PDU_OCTETS, PDU_INTEGER, PDU_BITS, PDU_OID, PDU_NAME, PDU_MTS_ID, PDU_DOMAIN,
};

/* "ber" was read. */
static bool read_ber(struct parser *p)
{
	struct pdu_item item = { .kind = PDU_ITEM_BER, .layer = PDU_OCTETS };
	const struct token t = p->lx->token;
	struct pdu_field f = { .name = "a BER value", .type = PDU_OCTETS };
	int64_t tag;
	size_t i;

	if (t.kind != TOKEN_WORD || !is_number(t.p, t.n, &tag) || tag < 1 || tag > 255)
		return lexer_error(p->lx, &t, "an identifier octet is wanted here, as 0x30");
	take(p);
	item.code = (uint8_t)tag;
	for (i = 0; i < COUNT(forms); i++) {
		if (!token_is(&p->lx->token, forms[i]))
			continue;
		item.up = (uint8_t)i;
		take(p);
		break;
	}
	if (token_is(&p->lx->token, "as")) {
		take(p);
		if (!read_name(p, types, COUNT(types), "a type", &i))
			return false;
		item.layer = f.type = types_of[i];
	}
	return read_value(p, &f, &item);
}

static const enum layer layers[] = {
	LAYER_TPKT, LAYER_COTP, LAYER_SESSION, LAYER_PRESENTATION, LAYER_ACSE, LAYER_RTSE, LAYER_P1,
};

static bool want_layer(struct parser *p, enum layer *layer)
{
	const struct token t = p->lx->token;
	struct nearest near;

	nearest_init(&near, t.p, t.n);
	for (size_t i = 0; i < COUNT(layers); i++) {
		if (token_is(&t, layer_name(layers[i]))) {
			*layer = layers[i];
			take(p);
			return true;
		}
		nearest_offer(&near, layer_name(layers[i]));
	}
	return lexer_unknown(p->lx, &t, "a layer with named PDUs", &near);
}

/* NULL: there is none of this name, and that was said. */
static const struct pdu_form *want_form(struct parser *p, enum layer layer)
{
	const struct token t = p->lx->token;
	const struct pdu_form *f = t.kind == TOKEN_WORD ? pdu_form_named(layer, t.p, t.n) : NULL;
	struct nearest near;

	if (f) {
		take(p);
		return f;
	}
	nearest_init(&near, t.p, t.n);
	for (const struct pdu_form *i = NULL; (i = pdu_form_next(layer, i)) != NULL;)
		nearest_offer(&near, i->name);
	lexer_unknown(p->lx, &t, "a PDU of this layer", &near);
	return NULL;
}

static bool read_item(struct parser *p, bool top)
{
	const struct pdu_form *f;
	enum layer layer = LAYER_NONE;

	if (p->inner.parser && token_is(&p->lx->token, "%")) {
		struct inner inner = p->inner;
		unsigned nesting = inner.parser->nesting;
		bool ok;

		take(p);
		inner.parser->nesting = p->nesting;
		ok = read_body(inner.parser, inner.form);
		inner.parser->nesting = nesting;
		return ok;
	}
	if (token_is(&p->lx->token, "octets")) {
		take(p);
		return read_octets(p);
	}
	if (token_is(&p->lx->token, "ber") && !(p->how & PDU_COMPARE)) {
		take(p);
		return read_ber(p);
	}
	f = want_layer(p, &layer) ? want_form(p, layer) : NULL;
	return f && read_pdu(p, f, top);
}

static bool read_list(struct parser *p, bool top)
{
	size_t first = p->plan->items_n;

	if (!read_item(p, top))
		return false;
	while (token_is(&p->lx->token, "with")) {
		take(p);
		if (!read_item(p, false))
			return false;
	}
	return p->plan->items_n > first;
}

bool pdu_parse(struct lexer *lx, struct pdu_plan *plan, unsigned how, const char **end)
{
	struct parser p = { .lx = lx, .plan = plan, .how = how, .end = lx->token.p };
	bool ok = read_list(&p, true);

	*end = p.end;
	return ok;
}
