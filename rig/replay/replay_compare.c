/*
 * What a side said twice, held against each other: moves by the PDUs in them, PDUs
 * by their fields.
 */
#include "replay/replay_lift.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* How far ahead a move is looked for before it counts as missing. */
	LOOK_AHEAD = 24,
	FIELDS_MAX = 200,
	VALUE_SHOWN = 48,
	PATH_MAX_TEXT = 96,
	WRAPPER = 6,			/* octets of identifier and length */
};

struct field {
	char path[PATH_MAX_TEXT];	/* "session AC.presentation CPA.results" */
	const char *name;		/* of the field alone */
	uint8_t layer;
	struct pdu_got got;
};

struct fields {
	struct field at[FIELDS_MAX];
	size_t n;
	uint8_t *octets;		/* owned: what they borrow from */
	size_t n_octets, cap;		/* the last ones are PDUs that got their identifier back */
};

static const char *const severity_names[REPLAY_SEVERITIES] = {
	"equal", "differs as expected", "differs", "missing", "extra",
};

const char *replay_severity_name(enum replay_severity s)
{
	return severity_names[s];
}

/* ---- fields ---- */

/* false: there is no room. */
static bool wrap(struct fields *all, const struct pdu_form *form, struct octets *o)
{
	uint8_t *p = all->octets + all->n_octets;

	if (o->n == 0 || o->n > all->cap - all->n_octets ||
	    all->cap - all->n_octets - o->n < WRAPPER)
		return false;
	p[0] = form->tag;
	p[1] = 0x84;
	for (int i = 0; i < 4; i++)
		p[2 + i] = (uint8_t)(o->n >> (24 - 8 * i));
	memcpy(p + WRAPPER, o->p, o->n);
	*o = (struct octets){ p, WRAPPER + o->n };
	all->n_octets += o->n;
	return true;
}

static void flatten(struct fields *all, const char *path, uint8_t spdu,
                    const struct pdu_form *form, struct octets o)
{
	char here[PATH_MAX_TEXT];

	snprintf(here, sizeof here, "%s%s%s %s", path, *path ? "." : "",
	         layer_name((enum layer)form->layer), form->name);
	for (size_t i = 0; i < pdu_fields(form) && all->n < FIELDS_MAX; i++) {
		struct pdu_field f = pdu_field(form, i);
		const struct pdu_form *in, *bare;
		struct octets whole;
		struct field *to = &all->at[all->n];

		if (f.place == PDU_REST || !pdu_get(form, o, i, &to->got))
			continue;
		in = f.type == PDU_VALUE ? lift_form_inside(spdu, form, f.name, to->got.octets)
		                         : NULL;
		if (in) {
			flatten(all, here, spdu, in, to->got.octets);
			continue;
		}
		bare = f.type == PDU_VALUE ? lift_form_bare(form, f.name) : NULL;
		whole = to->got.octets;
		if (bare && wrap(all, bare, &whole)) {
			flatten(all, here, spdu, bare, whole);
			continue;
		}
		if (snprintf(to->path, sizeof to->path, "%s.%s", here, f.name) < 0)
			continue;
		to->name = strrchr(to->path, '.') + 1;
		to->layer = form->layer;
		all->n++;
	}
}

static bool fields_of(struct fields *all, const struct replay_capture *c,
                      const struct replay_talk *t, const struct replay_move *m)
{
	struct findings findings;
	struct session_tsdu tsdu;
	struct octets o;

	/* A bind of 1984 lies in parameters of X.410 mode: twice. */
	*all = (struct fields){ .n_octets = m->n, .cap = 3u * m->n + 2 * WRAPPER };
	all->octets = malloc(all->cap);
	if (!all->octets || !replay_octets(c, m, all->octets))
		return false;
	o = (struct octets){ all->octets, m->n };
	if (m->kind == REPLAY_TPDU && m->pdus_n) {
		const struct pdu_form *form = pdu_form(LAYER_COTP, t->pdus[m->pdus].code);

		if (form)
			flatten(all, "", SPDU_NONE, form, o);
		return true;
	}
	findings_clear(&findings);
	if (m->kind != REPLAY_TSDU || !session_decode_tsdu(o, &tsdu, &findings))
		return true;
	for (uint8_t i = 0; i < tsdu.n; i++) {
		uint8_t code = (uint8_t)tsdu.pdu[i].kind;
		size_t from = tsdu.pdu[i].at, to = i + 1 < tsdu.n ? tsdu.pdu[i + 1].at : o.n;
		const struct pdu_form *form = pdu_form(LAYER_SESSION, code);

		if (form && code != SPDU_GT && code != SPDU_PT)
			flatten(all, "", code, form, (struct octets){ o.p + from, to - from });
	}
	return true;
}

/* What two MTAs, or one at two times, may say differently. */
static bool may_differ(const struct field *f)
{
	static const char *const names[] = {
		"src", "dst", "calling", "called", "size", "calling-ref", "called-ref",
		"common-ref", "additional-ref", "tsdu-size", "serial", "context",
		"user-context", "name", "password", "octets-password", "checkpoint", "window",
		"activity", "responding", "data", "calling-ssel", "called-ssel",
		"direct", "recover", "old-activity",
	};

	static const char *const paths[] = {
		/* Why it gives an activity up its user may say, or not (X.225 7.31, 7.33). */
		"session AI.reason", "session AD.reason",
		/* Negotiated; in X.410 mode a DT holds a message's octets. */
		"session CN.version", "session AC.version", "session DT.user",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(f->name, names[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (strcmp(f->path, paths[i]) == 0)
			return true;
	/* Contents of messages, and reports on them. */
	return f->layer == LAYER_RTSE && strcmp(f->name, "user") == 0;
}

static bool same(const struct pdu_got *a, const struct pdu_got *b)
{
	return a->number && b->number ? a->v == b->v : octets_equal(a->octets, b->octets);
}

static void value_text(const struct pdu_got *g, char buf[static VALUE_SHOWN + 32])
{
	struct text t;

	text_init(&t, buf, VALUE_SHOWN + 32);
	if (g->number)
		text_i64(&t, g->v);
	else
		text_hex(&t, (struct octets){ g->octets.p, g->octets.n });
}

struct comparing {
	FILE *out;
	bool all;
	bool cut_otherwise;		/* pieces of messages are not counted */
	struct replay_sum *sum;
};

static void say_field(const struct comparing *k, enum replay_severity how,
                      const struct field *was, const struct field *is)
{
	char before[VALUE_SHOWN + 32] = "none", after[VALUE_SHOWN + 32] = "none";

	if (!k->out || (how == REPLAY_EXPECTED && !k->all))
		return;
	if (was)
		value_text(&was->got, before);
	if (is)
		value_text(&is->got, after);
	fprintf(k->out, "    %-19s  %s: %s -> %s\n", severity_names[how],
	        was ? was->path : is->path, before, after);
}

static const struct field *find(const struct fields *all, const char *path)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->at[i].path, path) == 0)
			return &all->at[i];
	return NULL;
}

/* The worst of all fields; told as `tell` says. */
static enum replay_severity compare_fields(const struct comparing *k, const struct fields *a,
                                           const struct fields *b, bool tell)
{
	enum replay_severity worst = REPLAY_EQUAL;

	for (size_t i = 0; i < a->n; i++) {
		const struct field *is = find(b, a->at[i].path);
		enum replay_severity how;

		if (is && same(&a->at[i].got, &is->got))
			continue;
		how = may_differ(&a->at[i]) ? REPLAY_EXPECTED : REPLAY_DIFFERS;
		worst = how > worst ? how : worst;
		if (tell)
			say_field(k, how, &a->at[i], is);
	}
	for (size_t i = 0; i < b->n; i++) {
		enum replay_severity how = may_differ(&b->at[i]) ? REPLAY_EXPECTED : REPLAY_DIFFERS;

		if (find(a, b->at[i].path))
			continue;
		worst = how > worst ? how : worst;
		if (tell)
			say_field(k, how, NULL, &b->at[i]);
	}
	return worst;
}

/* ---- moves ---- */

struct side {
	const struct replay_capture *c;
	const struct replay_talk *t;
	enum capture_direction d;
	size_t at;
};

/* Behind the end of the connection ends of TCP are no answers any more: behind DN, RF and
 * DR either side may close first. */
static bool is_ending(const struct side *s, const struct replay_move *m)
{
	for (uint32_t i = 0; i < m->pdus_n; i++) {
		const struct replay_pdu *p = &s->t->pdus[m->pdus + i];

		if ((p->layer == LAYER_COTP && p->code == COTP_DR) ||
		    (p->layer == LAYER_SESSION && (p->code == SPDU_DN || p->code == SPDU_RF)))
			return true;
	}
	return m->kind >= REPLAY_FIN;
}

static bool is_answer(const struct side *s, size_t i)
{
	/* How much of a TSDU came before the end of the connection is no answer. */
	if (s->t->moves[i].direction != s->d || s->t->moves[i].kind == REPLAY_PART)
		return false;
	if (s->t->moves[i].kind < REPLAY_FIN)
		return true;
	while (i-- > 0)
		if (is_ending(s, &s->t->moves[i]))
			return false;
	return true;
}

static const struct replay_move *next(const struct side *s, size_t ahead)
{
	for (size_t i = s->at; i < s->t->moves_n; i++)
		if (is_answer(s, i) && ahead-- == 0)
			return &s->t->moves[i];
	return NULL;
}

static void pass(struct side *s)
{
	const struct replay_move *m = next(s, 0);

	s->at = m ? (size_t)(m - s->t->moves) + 1 : s->t->moves_n;
}

/* What a move says, in short: "session AC". */
static void move_text(const struct side *s, const struct replay_move *m, char *buf, size_t cap)
{
	size_t n = 0;

	if (m->kind >= REPLAY_FIN) {
		snprintf(buf, cap, m->kind == REPLAY_FIN ? "tcp FIN" : "tcp RST");
		return;
	}
	buf[0] = '\0';
	for (uint32_t i = 0; i < m->pdus_n && n + 1 < cap; i++) {
		const struct replay_pdu *p = &s->t->pdus[m->pdus + i];
		const struct pdu_form *f = pdu_form((enum layer)p->layer, p->code);

		if (f && !p->herald && p->layer <= LAYER_SESSION)
			n += (size_t)snprintf(buf + n, cap - n, "%s%s %s", n ? " + " : "",
			                      layer_name((enum layer)p->layer), f->name);
	}
}

static bool alike(const struct side *a, const struct replay_move *m, const struct side *b,
                  const struct replay_move *n)
{
	char was[128], is[128];

	move_text(a, m, was, sizeof was);
	move_text(b, n, is, sizeof is);
	return strcmp(was, is) == 0;
}

/* A sync point, or data behind one. */
static bool is_piece(const struct side *s, const struct replay_move *m)
{
	size_t i = (size_t)(m - s->t->moves);
	char what[128], before[128];

	move_text(s, m, what, sizeof what);
	if (strcmp(what, "session MIP") == 0)
		return true;
	if (strcmp(what, "session DT") != 0)
		return false;
	while (i-- > 0 && s->t->moves[i].direction != m->direction)
		;
	if (i == SIZE_MAX)
		return false;
	move_text(s, &s->t->moves[i], before, sizeof before);
	return strcmp(before, "session MIP") == 0;
}

/* A DR behind the end of the session connection is not of class 0 (X.224 6.7.1.5). */
static bool is_closed(const struct replay_talk *t, const struct replay_move *m)
{
	for (uint32_t i = 0; i < m->pdus && i < t->pdus_n; i++)
		if (t->pdus[i].layer == LAYER_SESSION &&
		    (t->pdus[i].code == SPDU_DN || t->pdus[i].code == SPDU_RF ||
		     t->pdus[i].code == SPDU_AB))
			return true;
	return false;
}

/* How often it comes tells nothing: one confirmation may stand for several (X.225 7.20). */
static bool is_loose(const struct comparing *k, const struct side *s, const struct replay_move *m)
{
	char what[128];

	move_text(s, m, what, sizeof what);
	return strcmp(what, "session MIA") == 0 || (k->cut_otherwise && is_piece(s, m));
}

static void say_alone(const struct comparing *k, enum replay_severity how, const struct side *s,
                      const struct replay_move *m)
{
	char what[128];

	move_text(s, m, what, sizeof what);
	if (is_loose(k, s, m) || (strcmp(what, "cotp DR") == 0 && is_closed(s->t, m)))
		how = REPLAY_EXPECTED;
	k->sum->n[how]++;
	if (!k->out || (how == REPLAY_EXPECTED && !k->all))
		return;
	fprintf(k->out, "%-19s  frame %" PRIu32 "  %s\n", severity_names[how], m->frame, what);
}

static bool compare_moves(const struct comparing *k, const struct side *a,
                          const struct replay_move *m, const struct side *b,
                          const struct replay_move *n)
{
	struct fields *was = calloc(1, sizeof *was), *is = calloc(1, sizeof *is);
	bool ok = was && is && fields_of(was, a->c, a->t, m) && fields_of(is, b->c, b->t, n);

	if (ok) {
		enum replay_severity worst = compare_fields(k, was, is, false);
		char what[128];

		k->sum->n[worst]++;
		if (k->out && (worst == REPLAY_DIFFERS || k->all)) {
			move_text(a, m, what, sizeof what);
			fprintf(k->out, "%-19s  frame %" PRIu32 " / %" PRIu32 "  %s\n",
			        severity_names[worst], m->frame, n->frame, what);
			compare_fields(k, was, is, true);
		}
	}
	if (was)
		free(was->octets);
	if (is)
		free(is->octets);
	free(was);
	free(is);
	return ok;
}

/* The nearest move ahead that is like the other's next one; 0: none. */
static size_t ahead(const struct side *in, const struct side *other, const struct replay_move *m)
{
	for (size_t i = 1; i <= LOOK_AHEAD; i++) {
		const struct replay_move *n = next(in, i);

		if (!n)
			break;
		if (alike(other, m, in, n))
			return i;
	}
	return 0;
}

bool replay_compare(const struct replay_capture *ca, const struct replay_talk *was,
                    const struct replay_capture *cb, const struct replay_talk *is,
                    enum capture_direction d, unsigned how, FILE *out, struct replay_sum *sum)
{
	struct side a = { ca, was, d, 0 }, b = { cb, is, d, 0 };
	const struct comparing k = {
		.out = out, .all = how & REPLAY_ALL, .sum = sum,
		.cut_otherwise = how & REPLAY_OTHER_MESSAGES || was->checkpoint != is->checkpoint,
	};
	const struct replay_move *m, *n;

	while ((m = next(&a, 0)) != NULL) {
		size_t extra, missing;

		n = next(&b, 0);
		if (n && alike(&a, m, &b, n)) {
			if (!compare_moves(&k, &a, m, &b, n))
				return false;
			pass(&a);
			pass(&b);
			continue;
		}
		if (is_loose(&k, &a, m)) {
			say_alone(&k, REPLAY_MISSING, &a, m);
			pass(&a);
			continue;
		}
		if (n && is_loose(&k, &b, n)) {
			say_alone(&k, REPLAY_EXTRA, &b, n);
			pass(&b);
			continue;
		}
		extra = n ? ahead(&b, &a, m) : 0;
		missing = n ? ahead(&a, &b, n) : 0;
		if (extra && (!missing || extra <= missing)) {
			say_alone(&k, REPLAY_EXTRA, &b, n);
			pass(&b);
		} else {
			say_alone(&k, REPLAY_MISSING, &a, m);
			pass(&a);
		}
	}
	for (; (n = next(&b, 0)) != NULL; pass(&b))
		say_alone(&k, REPLAY_EXTRA, &b, n);
	return true;
}
