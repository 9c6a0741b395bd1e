#include "replay/replay_lift.h"

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

static char *say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *say(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

static char *hex(const char *head, struct octets o)
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
	return say("file:%s", name);
}

char *lift_octets(struct replay_lift *l, struct octets o)
{
	return o.n > LIFT_OCTETS ? lift_keep(l, o, o) : hex("hex:", o);
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
		return say("\"\"");
	if (is_text(o))
		return say("\"%.*s\"", (int)o.n, (const char *)o.p);
	return lift_octets(l, o);
}

/* ---- writing it again ---- */

static bool value_of(const struct pdu_variables *base, struct octets name, struct pdu_got *out)
{
	const struct replay_lift *l = (const struct replay_lift *)(const void *)base;

	for (size_t i = l->values_n; i-- > 0;) {
		if (strlen(l->values[i].name) != name.n ||
		    memcmp(l->values[i].name, name.p, name.n) != 0)
			continue;
		*out = l->values[i].got;
		return true;
	}
	return false;
}

static bool file_of(const struct pdu_files *base, struct octets name, struct octets *out)
{
	const struct replay_lift *l = (const struct replay_lift *)(const void *)
		((const char *)base - offsetof(struct replay_lift, files));

	for (size_t i = l->kept_n; i-- > 0;) {
		if (strlen(l->kept[i].name) != name.n ||
		    memcmp(l->kept[i].name, name.p, name.n) != 0)
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

/* ---- what must live ---- */

char *lift_live(struct replay_lift *l, const char *name, const struct pdu_got *got,
                enum replay_change change)
{
	struct lift_value *v = &l->values[l->values_n];

	if (l->values_n == LIFT_VALUES || got->octets.n > sizeof v->octets)
		return NULL;
	snprintf(v->name, sizeof v->name, "%s", name);
	v->got = *got;
	if (got->octets.n)
		memcpy(v->octets, got->octets.p, got->octets.n);
	v->got.octets.p = v->octets;
	l->values_n++;
	l->out->changes[change]++;
	return say("$%s", name);
}

/* The same of octets of any length, which are borrowed. */
static char *lift_lent(struct replay_lift *l, const char *name, struct octets o)
{
	struct lift_value *v = &l->values[l->values_n];

	if (l->values_n == LIFT_VALUES)
		return NULL;
	snprintf(v->name, sizeof v->name, "%s", name);
	v->got = (struct pdu_got){ .octets = o, .lasts = true };
	l->values_n++;
	return say("$%s", name);
}

static const char *context_name(const struct replay_lift *l, int64_t id)
{
	for (size_t i = 0; i < l->talk->contexts_n; i++) {
		if (l->talk->contexts[i].id != (uint64_t)id)
			continue;
		return l->talk->contexts[i].syntax == OBSERVER_ACSE ? "context-acse" :
		       l->talk->contexts[i].syntax == OBSERVER_RTSE ? "context-rtse" :
		       l->talk->contexts[i].syntax == OBSERVER_MTSE ? "context-mts" : NULL;
	}
	return NULL;
}

/* All contexts of the CP are ours and accepted: $results says so of those at hand. */
static bool all_accepted(const struct replay_lift *l, struct octets o)
{
	static const uint8_t accepted[] = {
		0x30, 0x07, 0x80, 0x01, 0x00, 0x81, 0x02, 0x51, 0x01,
	};

	for (size_t i = 0; i < l->talk->contexts_n; i++)
		if (l->talk->contexts[i].syntax < OBSERVER_ACSE)
			return false;
	for (size_t i = 0; i < o.n; i += sizeof accepted)
		if (o.n - i < sizeof accepted || memcmp(o.p + i, accepted, sizeof accepted) != 0)
			return false;
	return o.n == l->talk->contexts_n * sizeof accepted;
}

static bool same(struct octets a, const struct pdu_got *got)
{
	return a.p && octets_equal(a, got->octets);
}

/* A wrong password stays a wrong one, but is nobody's. */
static bool was_wrong(const struct replay_lift *l)
{
	bool accepted = false;

	for (size_t i = 0; i < l->talk->pdus_n; i++) {
		const struct replay_pdu *p = &l->talk->pdus[i];

		if (p->layer == LAYER_P1 && p->code == OBSERVED_BIND_ERROR &&
		    p->outcome == P1_BIND_AUTHENTICATION)
			return true;
		accepted |= p->layer == LAYER_SESSION && p->code == SPDU_AC;
	}
	return l->options->wrong_password && !accepted;
}

/* Names and passwords are the target's, unless told otherwise. */
static char *live_bind(struct replay_lift *l, const char *field, const struct pdu_got *got)
{
	if (l->options->captured_names)
		return NULL;
	if (strcmp(field, "name") == 0)
		return lift_live(l, "our-name", got, REPLAY_NAMES);
	if (strcmp(field, "password") == 0 || strcmp(field, "octets-password") == 0)
		return lift_live(l, was_wrong(l) ? "wrong-password" : "our-password", got,
		            REPLAY_PASSWORDS);
	return NULL;
}

static char *live_selector(struct replay_lift *l, const struct pdu_form *f, const char *field,
                           const struct pdu_got *got)
{
	const struct target *t = l->options->target;

	if (l->options->captured_names)
		return NULL;
	if (f->layer == LAYER_COTP && f->code == COTP_CR && strcmp(field, "called") == 0 && t->tsel[0])
		return lift_live(l, "its-tsel", got, REPLAY_SELECTORS);
	if (f->layer == LAYER_SESSION && strcmp(field, "called-ssel") == 0 && t->ssel[0])
		return lift_live(l, "its-ssel", got, REPLAY_SELECTORS);
	if (f->layer == LAYER_PRESENTATION && strcmp(field, "called") == 0 && t->psel[0])
		return lift_live(l, "its-psel", got, REPLAY_SELECTORS);
	return NULL;
}

/* The reference of a session connection as it is called today. */
static char *live_reference(struct replay_lift *l, const struct lift_session *s,
                            const char *field, struct octets o)
{
	const struct pdu_got got = { .octets = o };
	char name[LIFT_NAME];

	snprintf(name, sizeof name, "%s.%s", s->name, field);
	return lift_live(l, name, &got, REPLAY_REFERENCES);
}

static bool is_common(const struct lift_session *s, struct octets o)
{
	return s->common_n && octets_equal((struct octets){ s->common, s->common_n }, o);
}

static bool is_calling(const struct lift_session *s, struct octets o)
{
	return s->calling_n && octets_equal((struct octets){ s->calling, s->calling_n }, o);
}

/* X.225 8.3.29.2: the session connection in which the activity was begun. */
static char *live_resumed(struct replay_lift *l, const char *field, const struct pdu_got *got)
{
	if (!l->resumed)
		return NULL;
	if (strcmp(field, "common-ref") == 0 && is_common(l->resumed, got->octets))
		return live_reference(l, l->resumed, field, got->octets);
	if (strcmp(field, "calling-ref") == 0 && is_calling(l->resumed, got->octets))
		return live_reference(l, l->resumed, field, got->octets);
	return NULL;
}

/* Numbers that a rule gives. */
static char *live_serial(struct replay_lift *l, const struct pdu_form *f,
                         const struct pdu_got *got)
{
	if (l->role == LIFT_PART && (f->code == SPDU_MIP || f->code == SPDU_AE))
		return lift_live(l, "next-serial", got, REPLAY_SERIALS);
	if (l->role == LIFT_CONFIRMATION && f->code == SPDU_MIA)
		return lift_live(l, "sync", got, REPLAY_SERIALS);
	return NULL;
}

/* What is answered is no more than what is proposed now, if it was so then. */
static char *live_agreement(struct replay_lift *l, const char *field, const struct pdu_got *got)
{
	bool window = strcmp(field, "window") == 0;
	uint32_t proposed = window ? l->talk->proposed_window : l->talk->proposed_checkpoint;
	char name[LIFT_NAME];

	if ((!window && strcmp(field, "checkpoint") != 0) || !got->number || got->v <= 0 ||
	    got->v > 999999999 || (proposed && got->v > proposed))
		return NULL;
	snprintf(name, sizeof name, "%s-%" PRId64, field, got->v);
	return lift_live(l, name, got, REPLAY_SIZES);
}

static char *live_session(struct replay_lift *l, const struct pdu_form *f, const char *field,
                          const struct pdu_got *got)
{
	char name[LIFT_NAME];
	bool answer = f->code == SPDU_AC || f->code == SPDU_RF;

	if (f->code == SPDU_CN && strcmp(field, "common-ref") == 0)
		return lift_live(l, "common-ref", got, REPLAY_REFERENCES);
	if (answer && strcmp(field, "common-ref") == 0 && same(l->common_ref, got))
		return lift_live(l, "cn.common-ref", got, REPLAY_REFERENCES);
	if (answer && strcmp(field, "called-ref") == 0 && same(l->calling_ref, got))
		return lift_live(l, "cn.calling-ref", got, REPLAY_REFERENCES);
	if (answer && strcmp(field, "version") == 0 && l->versions &&
	    got->v == (l->versions & 2 ? 2 : 1))
		return lift_live(l, "version", got, REPLAY_VERSIONS);
	if (f->code == SPDU_AR && strcmp(field, "serial") != 0)
		return live_resumed(l, field, got);
	if (strcmp(field, "serial") != 0 || !got->number)
		return NULL;
	if (l->role != LIFT_ITSELF)
		return live_serial(l, f, got);
	if (f->code == SPDU_MIA && (uint32_t)got->v == l->minor_serial) {
		snprintf(name, sizeof name, "mip%" PRIu32 ".serial", l->minor_serial);
		return lift_live(l, name, got, REPLAY_SERIALS);
	}
	if ((f->code == SPDU_AEA || f->code == SPDU_MAA) && (uint32_t)got->v == l->end_serial) {
		snprintf(name, sizeof name, "ae%" PRIu32 ".serial", l->end_serial);
		return lift_live(l, name, got, REPLAY_SERIALS);
	}
	return NULL;
}

/* The text of a variable for a field that must live; NULL: it is sent as captured. */
static char *live_field(struct replay_lift *l, const struct pdu_form *f, const char *field,
                        const struct pdu_got *got)
{
	bool bind = f->layer == LAYER_P1 &&
	            (f->code == OBSERVED_BIND_ARGUMENT || f->code == OBSERVED_BIND_RESULT);
	char *selector = live_selector(l, f, field, got);
	const char *name;

	if (selector)
		return selector;
	if (bind)
		return live_bind(l, field, got);
	if (f->layer == LAYER_COTP && (f->code == COTP_CC || f->code == COTP_DR) &&
	    strcmp(field, "dst") == 0)
		return lift_live(l, "peer-ref", got, REPLAY_REFERENCES);
	if (f->layer == LAYER_SESSION)
		return live_session(l, f, field, got);
	if (f->layer == LAYER_RTSE && f->code == RTSE_RTOAC)
		return live_agreement(l, field, got);
	if (strcmp(field, "results") == 0 && all_accepted(l, got->octets))
		return lift_live(l, "results", got, REPLAY_CONTEXTS);
	if (l->spdu != SPDU_CN && got->number &&
	    (strcmp(field, "context") == 0 || strcmp(field, "user-context") == 0)) {
		name = context_name(l, got->v);
		return name ? lift_live(l, name, got, REPLAY_CONTEXTS) : NULL;
	}
	return NULL;
}

/* ---- by names ---- */

static char *number_text(const struct pdu_field *f, int64_t v)
{
	char *s = NULL;
	int64_t left = v;

	for (const struct text_name *n = f->names; n && n->name; n++)
		if (n->value == (uint64_t)v && f->type != PDU_BITS)
			return say("%s", n->name);
	for (const struct text_name *n = f->names; n && n->name && left; n++) {
		char *longer;

		if (!n->value || (n->value & (uint64_t)left) != n->value ||
		    (n->value & (n->value - 1)))
			continue;
		longer = say("%s%s%s", s ? s : "", s ? "+" : "", n->name);
		free(s);
		s = longer;
		left &= ~(int64_t)n->value;
	}
	if (!left && s)
		return s;
	free(s);
	return f->type == PDU_U16 && v > 255 ? say("0x%04" PRIx64, (uint64_t)v)
	                                     : say("%" PRId64, v);
}

static char *oid_text(struct octets o)
{
	char buf[200];
	struct text t;

	text_init(&t, buf, sizeof buf);
	ber_text_oid(&t, o);
	return t.cut ? NULL : say("%s", buf);
}

static char *field_text(struct replay_lift *l, const struct pdu_form *form,
                        const struct pdu_field *f, const struct pdu_got *got)
{
	char *s = live_field(l, form, f->name, got);
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
	char *s = say("%s %s", layer_name((enum layer)form->layer), form->name);

	for (size_t i = 0; s && i < pdu_fields(form); i++) {
		struct pdu_field f = pdu_field(form, i);
		struct pdu_got got;
		char *value, *longer;

		if (f.place == PDU_REST || !pdu_get(form, o, i, &got) ||
		    (f.place == PDU_FIXED && got.number && got.v == f.fallback))
			continue;
		value = field_text(l, form, &f, &got);
		longer = value ? say("%s %s=%s", s, f.name, value) : NULL;
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
		s = live_field(l, in->form, f->name, &got);
		if (s)
			*type = " as number";
		if (s)
			return s;
		got = (struct pdu_got){ .octets = contents };
	}
	s = f ? live_field(l, in->form, f->name, &got) : NULL;
	if (s)
		return s;
	if (f && f->type == PDU_VALUE)
		return nested(l, in->form, f, contents);
	if (!constructed || contents.n == 0)
		return leaf(l, contents);
	inner = by_ber(l, in, contents);
	s = inner ? say("(%s)", inner) : lift_octets(l, contents);
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
	s = value ? say("ber 0x%02x%s%s %s", tag, form, type, value) : NULL;
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
		longer = s ? say("%s with %s", s, one) : say("%s", one);
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
		s = say("ber 0x%02x%s (%s)", o.p[0], how, inner);
	free(inner);
	return s;
}

static char *pdu_text(struct replay_lift *l, const struct pdu_form *form, struct octets o)
{
	size_t values = l->values_n, kept = l->kept_n;
	uint32_t changes[REPLAY_CHANGES];
	char *s;

	memcpy(changes, l->out->changes, sizeof changes);
	s = by_names(l, form, o);
	if (holds(l, s, o))
		return s;
	free(s);
	l->values_n = values;
	l->kept_n = kept;
	memcpy(l->out->changes, changes, sizeof changes);
	if (form->layer < LAYER_PRESENTATION)
		return NULL;
	s = ber_pdu(l, form, o);
	if (holds(l, s, o))
		return s;
	free(s);
	l->values_n = values;
	l->kept_n = kept;
	memcpy(l->out->changes, changes, sizeof changes);
	return NULL;
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

/* What holds the inside of a PDU without the PDU's own identifier: in X.410 mode the
 * parameters of a CP are those of an RTORQ (X.226 8.4.3), and a bind of 1984 has no
 * wrapper.  NULL: the field is of another kind. */
static const struct pdu_form *form_bare(const struct pdu_form *form, const char *field)
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
		s = say("(%s)", inner);
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

/* A SessionConnectionIdentifier holds the references of a CN, one behind the other
 * (ASN.1 of X.228). */
static char *recovered(struct replay_lift *l, struct octets o)
{
	for (size_t i = l->sessions ? l->sessions->n : 0; i-- > 0;) {
		const struct lift_session *was = &l->sessions->at[i];
		const uint8_t *common = was->common_n && was->lane == l->lane
		                        ? memmem(o.p, o.n, was->common, was->common_n) : NULL;
		struct octets head, tail;
		char *calling, *ref, *rest, *s = NULL;

		if (!common)
			continue;
		head = (struct octets){ o.p, (size_t)(common - o.p) };
		tail = (struct octets){ common + was->common_n, o.n - head.n - was->common_n };
		if (head.n == 0 || head.n > LIFT_OCTETS || tail.n > LIFT_OCTETS)
			continue;
		calling = is_calling(was, head) ? live_reference(l, was, "calling-ref", head)
		                                : hex("", head);
		ref = live_reference(l, was, "common-ref", (struct octets){ common, was->common_n });
		rest = hex("", tail);
		if (calling && ref && rest)
			s = say("(octets %s with octets %s%s%s)", calling, ref,
			        *rest ? " with octets " : "", rest);
		free(calling);
		free(ref);
		free(rest);
		return s;
	}
	return NULL;
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
	if (strcmp(f->name, "recover") == 0 && (s = recovered(l, o)) != NULL)
		return s;
	in = lift_form_inside(l->spdu, form, f->name, o);
	without = in ? NULL : form_bare(form, f->name);
	inner = in ? pdu_text(l, in, o) : NULL;
	if (without && (s = bare(l, without, o)) != NULL)
		return s;
	if (in && !inner)
		l->out->as_octets++;
	if (inner)
		s = say("(%s)", inner);
	else
		s = l->begins && is_data(l, form, f) ? lift_apdu(l, o) : lift_octets(l, o);
	free(inner);
	return s;
}

/* ---- moves ---- */

void lift_init(struct replay_lift *l, const struct replay_talk *t, const struct replay_options *o,
               struct lift_identifiers *identifiers, struct replay_composed *out)
{
	*l = (struct replay_lift){ .variables = { value_of }, .files = { file_of }, .options = o,
	                           .talk = t, .identifiers = identifiers, .out = out };
}

void lift_drop(struct replay_lift *l)
{
	free(l->rewritten);
}

static bool split(struct octets o, struct session_tsdu *tsdu)
{
	struct findings findings;

	findings_clear(&findings);
	return session_decode_tsdu(o, tsdu, &findings) && tsdu->n > 0;
}

static struct octets spdu_at(const struct session_tsdu *tsdu, uint8_t i, struct octets o)
{
	size_t from = tsdu->pdu[i].at, to = i + 1 < tsdu->n ? tsdu->pdu[i + 1].at : o.n;

	return (struct octets){ o.p + from, to - from };
}

static struct octets remember(uint8_t room[70], struct octets o)
{
	if (!o.p || o.n > 70)
		return (struct octets){ NULL, 0 };
	memcpy(room, o.p, o.n);
	return (struct octets){ room, o.n };
}

void lift_hear(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	struct session_tsdu tsdu;

	if (m->kind != REPLAY_TSDU || !split(o, &tsdu))
		return;
	for (uint8_t i = 0; i < tsdu.n; i++) {
		const struct session_pdu *s = &tsdu.pdu[i];

		if (s->kind == SPDU_CN) {
			l->calling_ref = remember(l->calling, s->references.calling);
			l->common_ref = remember(l->common, s->references.common);
			l->versions = s->versions;
		}
		if (s->kind == SPDU_MIP)
			l->minor_serial = s->serial;
		if (s->kind == SPDU_AE || s->kind == SPDU_MAP)
			l->end_serial = s->serial;
	}
}

static size_t keep_reference(uint8_t room[static LIFT_REFERENCE], struct octets o)
{
	if (o.n == 0 || o.n > LIFT_REFERENCE)
		return 0;
	memcpy(room, o.p, o.n);
	return o.n;
}

void lift_session(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	struct session_tsdu tsdu;
	struct lift_session *s;

	if (m->kind != REPLAY_TSDU || !l->name || !split(o, &tsdu) || tsdu.pdu[0].kind != SPDU_CN)
		return;
	for (size_t i = 0; i < l->sessions->n; i++)
		if (l->sessions->at[i].name == l->name)
			return;
	s = &l->sessions->at[l->sessions->n++];
	s->name = l->name;
	s->lane = l->lane;
	s->calling_n = keep_reference(s->calling, tsdu.pdu[0].references.calling);
	s->common_n = keep_reference(s->common, tsdu.pdu[0].references.common);
}

static const struct lift_session *resumed(const struct replay_lift *l,
                                          const struct references *r)
{
	for (size_t i = l->sessions ? l->sessions->n : 0; i-- > 0;) {
		const struct lift_session *s = &l->sessions->at[i];

		if (s->lane == l->lane && is_common(s, r->common) &&
		    (r->calling.n == 0 || is_calling(s, r->calling)))
			return s;
	}
	return NULL;
}

static char *tsdu_text(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	struct session_tsdu tsdu;
	char *s = NULL;

	if (!split(o, &tsdu))
		return NULL;
	for (uint8_t i = 0; i < tsdu.n; i++) {
		uint8_t code = (uint8_t)tsdu.pdu[i].kind;
		char *one, *longer;

		/* The observer knows MAA from AEA. */
		if (tsdu.n == m->pdus_n && code == SPDU_MAA_AEA)
			code = l->talk->pdus[m->pdus + i].code;
		l->spdu = code;
		l->resumed = code == SPDU_AR ? resumed(l, &tsdu.pdu[i].references) : NULL;
		one = pdu_text(l, pdu_form(LAYER_SESSION, code), spdu_at(&tsdu, i, o));
		longer = !one ? NULL : s ? say("%s with %s", s, one) : say("%s", one);
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
	s = value ? say("cotp DT data=%s", value) : NULL;
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
	return s;
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
