#include "replay/replay_inner.h"

#include "ber/ber.h"
#include "scenario/folder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

static char *nested(struct replay_lift *l, const struct pdu_form *form,
                    const struct pdu_field *f, struct octets o);

/* ---- texts ---- */

char *lift_say(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

char *lift_hex(const char *head, struct octets o)
{
	size_t n = strlen(head);
	char *s = malloc(n + 2 * o.n + 1);

	if (!s)
		return NULL;
	memcpy(s, head, n + 1);
	for (size_t i = 0; i < o.n; i++)
		snprintf(s + n + 2 * i, 3, "%02x", o.p[i]);
	return s;
}

/* ---- files ---- */

static bool write_file(struct replay_lift *l, const char *name, struct octets o)
{
	char path[FOLDER_PATH];
	struct stat st;
	FILE *fp;
	bool ok;

	if (!l->options->base)
		return true;
	if (snprintf(path, sizeof path, "%s%s", l->options->base, name) >= (int)sizeof path)
		return false;
	if (stat(path, &st) == 0)
		return true;
	fp = folder_create_file(path);
	ok = fp && fwrite(o.p, 1, o.n, fp) == o.n;
	return (!fp || fclose(fp) == 0) && ok;
}

char *lift_keep(struct replay_lift *l, struct octets o, struct octets stand_for)
{
	XXH128_canonical_t canonical;
	char name[sizeof l->kept[0].name];
	char digits[2 * sizeof canonical.digest + 1];

	XXH128_canonicalFromHash(&canonical, XXH3_128bits(o.p, o.n));
	for (size_t i = 0; i < sizeof canonical.digest; i++)
		snprintf(digits + 2 * i, 3, "%02x", canonical.digest[i]);
	snprintf(name, sizeof name, "%s/%s", l->options->folder, digits);
	if (!write_file(l, name, o)) {
		snprintf(l->out->why, sizeof l->out->why, "%.120s cannot be written", name);
		l->failed = true;
	}
	if (l->kept_n < LIFT_FILES) {
		snprintf(l->kept[l->kept_n].name, sizeof l->kept[0].name, "%s", name);
		l->kept[l->kept_n++].octets = stand_for;
	}
	return lift_say("file:%s", name);
}

char *lift_octets(struct replay_lift *l, struct octets o)
{
	return o.n > LIFT_OCTETS ? lift_keep(l, o, o) : lift_hex("hex:", o);
}

static bool is_text(struct octets o)
{
	for (size_t i = 0; i < o.n; i++)
		if (o.p[i] < 0x20 || o.p[i] > 0x7e || o.p[i] == '"' || o.p[i] == '\\')
			return false;
	return o.n > 0 && o.n <= LIFT_OCTETS;
}

static char *leaf(struct replay_lift *l, struct octets o)
{
	if (o.n == 0)
		return lift_say("\"\"");
	if (is_text(o))
		return lift_say("\"%.*s\"", (int)o.n, (const char *)o.p);
	return lift_octets(l, o);
}

/* ---- writing it again ---- */

static bool value_of(const struct pdu_variables *base, struct octets name, struct pdu_got *out)
{
	const struct replay_lift *l = (const struct replay_lift *)(const void *)base;

	for (size_t i = l->values_n; i-- > 0;) {
		if (!octets_equal(octets_of(l->values[i].name), name))
			continue;
		*out = l->values[i].got;
		return true;
	}
	return false;
}

static bool is_lacking(const struct pdu_variables *base, struct octets name)
{
	const struct replay_lift *l = (const struct replay_lift *)(const void *)base;

	for (size_t i = l->values_n; i-- > 0;)
		if (octets_equal(octets_of(l->values[i].name), name))
			return l->values[i].lacks;
	return false;
}

static bool file_of(const struct pdu_files *base, struct octets name, struct octets *out)
{
	const struct replay_lift *l = (const struct replay_lift *)(const void *)
		((const char *)base - offsetof(struct replay_lift, files));

	for (size_t i = l->kept_n; i-- > 0;) {
		if (!octets_equal(octets_of(l->kept[i].name), name))
			continue;
		*out = l->kept[i].octets;
		return true;
	}
	return false;
}

struct again {
	struct nodes nodes;
	struct pdu_writing writing;
	struct pdu_plan plan;
	struct lexer_report report;
	size_t cap;
	uint8_t octets[];
};

static size_t write_again(const struct replay_lift *l, const char *text, struct again *a)
{
	struct lexer_source s;
	struct node *tree;
	struct lexer lx;
	const char *end;
	size_t n = 0;

	if (!lexer_take(&s, "capture", text, strlen(text), &a->report))
		return 0;
	lexer_init(&lx, &s, &a->report);
	if (pdu_parse(&lx, &a->plan, PDU_EXACTLY, &end)) {
		a->writing.nodes = &a->nodes;
		a->writing.plan = &a->plan;
		a->writing.variables = &l->variables;
		a->writing.files = &l->files;
		tree = pdu_tree(&a->writing, 0, a->plan.items_n);
		if (tree && node_size(tree) <= a->cap)
			n = node_write(&a->nodes, tree, a->octets, a->cap);
	}
	lexer_source_free(&s);
	return n;
}

/* Does the text give these octets? */
static bool holds(const struct replay_lift *l, const char *text, struct octets o)
{
	struct again *a = text ? calloc(1, sizeof *a + o.n) : NULL;
	bool same = false;

	if (a) {
		size_t n;

		a->cap = o.n;
		n = write_again(l, text, a);

		same = n == o.n && n > 0 && memcmp(a->octets, o.p, n) == 0;
		pdu_plan_free(&a->plan);
		lexer_report_free(&a->report);
	}
	free(a);
	return same;
}

/* ---- by names ---- */

static char *number_text(const struct pdu_field *f, int64_t v)
{
	char *s = NULL;
	int64_t left = v;

	for (const struct text_name *n = f->names; n && n->name; n++)
		if (n->value == (uint64_t)v && f->type != PDU_BITS)
			return lift_say("%s", n->name);
	for (const struct text_name *n = f->names; n && n->name && left; n++) {
		char *longer;

		if (!n->value || (n->value & (uint64_t)left) != n->value ||
		    (n->value & (n->value - 1)))
			continue;
		longer = lift_say("%s%s%s", s ? s : "", s ? "+" : "", n->name);
		free(s);
		s = longer;
		left &= ~(int64_t)n->value;
	}
	if (!left && s)
		return s;
	free(s);
	return f->type == PDU_U16 && v > 255 ? lift_say("0x%04" PRIx64, (uint64_t)v)
	                                     : lift_say("%" PRId64, v);
}

static char *oid_text(struct octets o)
{
	char buf[200];
	struct text t;

	text_init(&t, buf, sizeof buf);
	ber_text_oid(&t, o);
	return t.cut ? NULL : lift_say("%s", buf);
}

static char *field_text(struct replay_lift *l, const struct pdu_form *form,
                        const struct pdu_field *f, const struct pdu_got *got)
{
	char *s = lift_live_field(l, form, f->name, got);
	uint8_t again[PDU_TEXT_MAX];
	size_t n;

	if (s)
		return s;
	if (got->number)
		return number_text(f, got->v);
	if (f->type == PDU_VALUE)
		return nested(l, form, f, got->octets);
	if (f->type == PDU_OID && (s = oid_text(got->octets)) != NULL) {
		n = pdu_encode_text(PDU_OID, octets_of(s), again, sizeof again);
		if (n == got->octets.n && memcmp(again, got->octets.p, n) == 0)
			return s;
		free(s);
	}
	return f->type == PDU_OCTETS ? leaf(l, got->octets) : lift_octets(l, got->octets);
}

static char *by_names(struct replay_lift *l, const struct pdu_form *form, struct octets o)
{
	char *s = lift_say("%s %s", layer_name((enum layer)form->layer), form->name);

	for (size_t i = 0; s && i < pdu_fields(form); i++) {
		struct pdu_field f = pdu_field(form, i);
		struct pdu_got got;
		char *value, *longer;

		if (f.place == PDU_REST)
			continue;
		if (!pdu_get(form, o, i, &got)) {
			value = lift_absent_field(l, form, f.name);
			if (!value)
				continue;
		} else if (f.place == PDU_FIXED && got.number && got.v == f.fallback) {
			continue;
		} else {
			value = field_text(l, form, &f, &got);
		}
		longer = value ? lift_say("%s %s=%s", s, f.name, value) : NULL;
		free(value);
		free(s);
		s = longer;
	}
	return s;
}

/* ---- by BER values ---- */

static const struct pdu_field *field_at(const struct pdu_form *form, const uint8_t *path,
                                        uint8_t depth)
{
	for (size_t i = 0; form && i < form->fields_n; i++)
		if (form->fields[i].place == PDU_TAGGED && form->fields[i].depth == depth &&
		    memcmp(form->fields[i].path, path, depth) == 0)
			return &form->fields[i];
	return NULL;
}

/* The form of a length, as the language says it; NULL: one that cannot be written. */
static const char *form_text(const struct ber_tlv *t, size_t contents)
{
	size_t header = t->body - t->at, minimal = contents < 128 ? 2 : contents < 256 ? 3 :
	                contents < 65536 ? 4 : 5;

	if (t->indefinite)
		return " indefinite";
	if (header == minimal)
		return "";
	return header == 3 ? " long-1" : header == 4 ? " long-2" : header == 6 ? " long-4" : NULL;
}

const char *lift_form(struct octets value)
{
	struct findings findings;
	struct octets contents;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&findings);
	ber_init(&b, value, &findings);
	return ber_next(&b, &t) && ber_contents(&b, &t, &contents) ? form_text(&t, contents.n)
	                                                           : NULL;
}

struct level {
	const struct pdu_form *form;	/* NULL: of none that is known */
	uint8_t path[PDU_PATH_MAX], depth;
	unsigned nesting;
};

static char *by_ber(struct replay_lift *l, const struct level *at, struct octets o);

static bool read_number(struct octets o, int64_t *v)
{
	uint64_t n = 0;

	if (o.n == 0 || o.n > 4 || o.p[0] & 0x80)
		return false;
	for (size_t i = 0; i < o.n; i++)
		n = n << 8 | o.p[i];
	*v = (int64_t)n;
	return true;
}

static char *ber_value(struct replay_lift *l, const struct level *in, bool constructed,
                       struct octets contents, const char **type)
{
	const struct pdu_field *f = field_at(in->form, in->path, in->depth);
	struct pdu_got got = { .octets = contents };
	char *s, *inner;

	if (f && f->type == PDU_INTEGER && read_number(contents, &got.v)) {
		got.number = true;
		s = lift_live_field(l, in->form, f->name, &got);
		if (s)
			*type = " as number";
		if (s)
			return s;
		got = (struct pdu_got){ .octets = contents };
	}
	s = f ? lift_live_field(l, in->form, f->name, &got) : NULL;
	if (s)
		return s;
	if (f && f->type == PDU_VALUE)
		return nested(l, in->form, f, contents);
	if (!constructed || contents.n == 0)
		return leaf(l, contents);
	inner = by_ber(l, in, contents);
	s = inner ? lift_say("(%s)", inner) : lift_octets(l, contents);
	free(inner);
	return s;
}

static char *ber_one(struct replay_lift *l, const struct level *at, struct ber *b,
                     const struct ber_tlv *t, struct octets o)
{
	struct level in = *at;
	struct octets contents;
	const char *form, *type = "";
	char *value, *s;
	uint8_t tag = o.p[t->at];

	if ((tag & 0x1f) == 0x1f || !ber_contents(b, t, &contents))
		return NULL;
	form = form_text(t, contents.n);
	if (!form)
		return NULL;
	in.nesting++;
	if (in.depth < PDU_PATH_MAX)
		in.path[in.depth++] = tag;
	else
		in.form = NULL;
	value = ber_value(l, &in, t->constructed, contents, &type);
	s = value ? lift_say("ber 0x%02x%s%s %s", tag, form, type, value) : NULL;
	free(value);
	return s;
}

/* The values one after another; NULL: they are sent as octets. */
static char *by_ber(struct replay_lift *l, const struct level *at, struct octets o)
{
	struct findings findings;
	struct ber_tlv t;
	struct ber b;
	char *s = NULL;

	if (at->nesting > 12)
		return NULL;
	findings_clear(&findings);
	ber_init(&b, o, &findings);
	while (ber_next(&b, &t)) {
		char *one = ber_one(l, at, &b, &t, o), *longer;

		if (!one) {
			free(s);
			return NULL;
		}
		longer = s ? lift_say("%s with %s", s, one) : lift_say("%s", one);
		free(one);
		free(s);
		s = longer;
	}
	if (findings.fatal) {
		free(s);
		return NULL;
	}
	return s;
}

/* ---- PDUs inside PDUs ---- */

/* The level of a PDU itself: its own identifier is in no path. */
static char *ber_pdu(struct replay_lift *l, const struct pdu_form *form, struct octets o)
{
	struct level inside = { .form = form };
	struct findings findings;
	struct octets contents;
	struct ber_tlv t;
	const char *how;
	char *inner, *s = NULL;
	struct ber b;

	findings_clear(&findings);
	ber_init(&b, o, &findings);
	if (!ber_next(&b, &t) || !ber_contents(&b, &t, &contents))
		return NULL;
	how = form_text(&t, contents.n);
	inner = t.constructed && how ? by_ber(l, &inside, contents) : NULL;
	if (inner)
		s = lift_say("ber 0x%02x%s (%s)", o.p[0], how, inner);
	free(inner);
	return s;
}

typedef char *write_fn(struct replay_lift *l, const struct pdu_form *form, struct octets o);

/* A text that says these octets again; else NULL, and nothing was lifted. */
static char *tried(struct replay_lift *l, write_fn *write, const struct pdu_form *form,
                   struct octets o)
{
	size_t values = l->values_n, kept = l->kept_n;
	uint32_t changes[REPLAY_CHANGES];
	char *s;

	memcpy(changes, l->out->changes, sizeof changes);
	s = write(l, form, o);
	if (holds(l, s, o))
		return s;
	free(s);
	l->values_n = values;
	l->kept_n = kept;
	memcpy(l->out->changes, changes, sizeof changes);
	return NULL;
}

static char *pdu_text(struct replay_lift *l, const struct pdu_form *form, struct octets o)
{
	char *s = tried(l, by_names, form, o);

	return s || form->layer < LAYER_PRESENTATION ? s : tried(l, ber_pdu, form, o);
}

static const struct pdu_form *presentation_form(uint8_t spdu)
{
	static const struct {
		uint8_t spdu, ppdu;
	} forms[] = {
		{ SPDU_CN, PPDU_CP }, { SPDU_AC, PPDU_CPA }, { SPDU_RF, PPDU_CPR },
		{ SPDU_AB, PPDU_ARU }, { SPDU_DT, PPDU_TD },
	};

	for (size_t i = 0; i < COUNT(forms); i++)
		if (forms[i].spdu == spdu)
			return pdu_form(LAYER_PRESENTATION, forms[i].ppdu);
	return pdu_form(LAYER_PRESENTATION, PPDU_USER);
}

const struct pdu_form *lift_form_inside(uint8_t spdu, const struct pdu_form *form,
                                        const char *field, struct octets o)
{
	const struct pdu_form *f = NULL;

	if (o.n == 0 || (strcmp(field, "user") != 0 && strcmp(field, "open") != 0))
		return NULL;
	switch (form->layer) {
	case LAYER_SESSION:
		f = presentation_form(spdu);
		break;
	case LAYER_PRESENTATION:
		f = pdu_form_of(o.p[0] >= 0x60 && o.p[0] <= 0x64 ? LAYER_ACSE : LAYER_RTSE, o);
		break;
	case LAYER_ACSE:
		f = pdu_form_of(LAYER_RTSE, o);
		break;
	case LAYER_RTSE:
		/* Binds have identifiers of their own, behind those of the MTS-APDUs. */
		f = form->code == RTSE_RTTR || o.p[0] < 0xb0 ? NULL : pdu_form_of(LAYER_P1, o);
		break;
	default:
		break;
	}
	return f && f->tag == o.p[0] ? f : NULL;
}

const struct pdu_form *lift_form_bare(const struct pdu_form *form, const char *field)
{
	if (form->layer == LAYER_PRESENTATION && strcmp(field, "parameters") == 0)
		return pdu_form(LAYER_RTSE, form->code == PPDU_CP ? RTSE_RTORQ : RTSE_RTOAC);
	if (form->layer == LAYER_RTSE && strcmp(field, "open") == 0)
		return pdu_form(LAYER_P1, form->code == RTSE_RTORQ ? OBSERVED_BIND_ARGUMENT
		                                                   : OBSERVED_BIND_RESULT);
	return NULL;
}

static char *bare(struct replay_lift *l, const struct pdu_form *form, struct octets o)
{
	struct level at = { .form = form };
	char *inner = by_ber(l, &at, o), *s = NULL;

	if (inner && holds(l, inner, o))
		s = lift_say("(%s)", inner);
	free(inner);
	return s;
}

/* Octets of an MTS-APDU: of an RTTR, in X.410 mode of a DT. */
static bool is_data(const struct replay_lift *l, const struct pdu_form *form,
                    const struct pdu_field *f)
{
	return strcmp(f->name, "user") == 0 && l->spdu == SPDU_DT &&
	       (form->layer == LAYER_SESSION ||
	        (form->layer == LAYER_RTSE && form->code == RTSE_RTTR));
}

/* ... and of the part that is lifted: of an RTTR, in X.410 mode of the DT itself. */
static bool is_piece(const struct replay_lift *l, const struct pdu_form *form,
                     const struct pdu_field *f)
{
	return l->role == LIFT_PART && is_data(l, form, f) &&
	       (form->layer == LAYER_RTSE) != l->talk->x410;
}

static char *nested(struct replay_lift *l, const struct pdu_form *form,
                    const struct pdu_field *f, struct octets o)
{
	const struct pdu_form *in, *without;
	char *inner, *s;

	if (is_piece(l, form, f)) {
		l->piece = o;
		return lift_lent(l, "piece", o);
	}
	if (strcmp(f->name, "recover") == 0 && (s = lift_recovered(l, o)) != NULL)
		return s;
	in = lift_form_inside(l->spdu, form, f->name, o);
	without = in ? NULL : lift_form_bare(form, f->name);
	inner = in ? pdu_text(l, in, o) : NULL;
	if (without && (s = bare(l, without, o)) != NULL)
		return s;
	if (in && !inner)
		l->out->as_octets++;
	if (inner)
		s = lift_say("(%s)", inner);
	else
		s = l->begins && is_data(l, form, f) ? lift_apdu(l, o) : lift_octets(l, o);
	free(inner);
	return s;
}

/* ---- moves ---- */

void lift_init(struct replay_lift *l, const struct replay_talk *t, const struct replay_options *o,
               struct lift_identifiers *identifiers, struct replay_composed *out)
{
	*l = (struct replay_lift){ .variables = { value_of, is_lacking }, .files = { file_of },
	                           .options = o,
	                           .talk = t, .identifiers = identifiers, .out = out };
}

void lift_drop(struct replay_lift *l)
{
	free(l->rewritten);
}

static struct octets spdu_at(const struct session_tsdu *tsdu, uint8_t i, struct octets o)
{
	size_t from = tsdu->pdu[i].at, to = i + 1 < tsdu->n ? tsdu->pdu[i + 1].at : o.n;

	return (struct octets){ o.p + from, to - from };
}

static char *tsdu_text(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	struct session_tsdu tsdu;
	char *s = NULL;

	if (!lift_split(o, &tsdu))
		return NULL;
	for (uint8_t i = 0; i < tsdu.n; i++) {
		uint8_t code = (uint8_t)tsdu.pdu[i].kind;
		char *one, *longer;

		/* The observer knows MAA from AEA. */
		if (tsdu.n == m->pdus_n && code == SPDU_MAA_AEA)
			code = l->talk->pdus[m->pdus + i].code;
		l->spdu = code;
		l->resumed = code == SPDU_AR ? lift_resumed(l, &tsdu.pdu[i].references) : NULL;
		one = pdu_text(l, pdu_form(LAYER_SESSION, code), spdu_at(&tsdu, i, o));
		longer = !one ? NULL : s ? lift_say("%s with %s", s, one) : lift_say("%s", one);
		free(one);
		free(s);
		s = longer;
		if (!s)
			return NULL;
	}
	for (uint8_t i = 0; i < tsdu.n; i++)
		if (tsdu.pdu[i].kind == SPDU_AS || tsdu.pdu[i].kind == SPDU_DT)
			l->begins = tsdu.pdu[i].kind == SPDU_AS;
	if (!holds(l, s, o)) {
		free(s);
		return NULL;
	}
	return s;
}

/* What cannot be read is cut as TS users' octets are: one DT of them. */
static char *dt_text(struct replay_lift *l, struct octets o)
{
	char *value, *s;

	if (o.n > 1000)
		return NULL;
	value = lift_octets(l, o);
	s = value ? lift_say("cotp DT data=%s", value) : NULL;
	free(value);
	l->out->as_octets++;
	return s;
}

char *lift_move(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	const struct pdu_form *form;
	char *s = NULL;

	l->values_n = 0;
	l->kept_n = 0;
	l->time_ns = m->time_ns;
	if (m->kind == REPLAY_TSDU) {
		s = tsdu_text(l, m, o);
		s = s ? s : dt_text(l, o);
	} else if (m->pdus_n) {
		form = pdu_form(LAYER_COTP, l->talk->pdus[m->pdus].code);
		s = form ? pdu_text(l, form, o) : NULL;
	}
	if (!s && !l->out->why[0])
		snprintf(l->out->why, sizeof l->out->why, "frame %" PRIu32 ": what was sent here "
		         "cannot be written again; --verbatim sends its octets", m->frame);
	return lift_selectors(l, s);
}

char *lift_part(struct replay_lift *l, const struct replay_move *m, struct octets o,
                enum lift_role role)
{
	char *s;

	l->values_n = 0;
	l->kept_n = 0;
	l->role = (uint8_t)role;
	l->piece = (struct octets){ NULL, 0 };
	s = m->kind == REPLAY_TSDU ? tsdu_text(l, m, o) : NULL;
	l->role = LIFT_ITSELF;
	l->begins = false;
	return s;
}
