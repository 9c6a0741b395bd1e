/*
 * What must live: values of a talk that are those of today in its replay, and what both
 * sides say in the capture that tells which these are.
 */
#include "replay/replay_inner.h"

#include "ber/ber.h"
#include "scenario/scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was heard ---- */

bool lift_split(struct octets o, struct session_tsdu *tsdu)
{
	struct findings findings;

	findings_clear(&findings);
	return session_decode_tsdu(o, tsdu, &findings) && tsdu->n > 0;
}

static struct octets remember(uint8_t room[70], struct octets o)
{
	if (!o.p || o.n > 70)
		return (struct octets){ NULL, 0 };
	memcpy(room, o.p, o.n);
	return (struct octets){ room, o.n };
}

static void keep_selector(struct lift_selector *to, struct octets o)
{
	if (!o.p || o.n > sizeof to->octets)
		return;
	memcpy(to->octets, o.p, o.n);
	to->n = o.n;
}

static void hear_cr(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	static const char *const fields[] = { "called", "calling" };
	struct lift_selector *const to[] = { &l->called_tsel, &l->calling_tsel };
	const struct pdu_form *form = m->pdus_n && l->talk->pdus[m->pdus].code == COTP_CR
	                              ? pdu_form(LAYER_COTP, COTP_CR) : NULL;
	struct pdu_got got;

	for (size_t i = 0; form && i < 2; i++) {
		int field = pdu_field_named(form, fields[i], strlen(fields[i]));

		if (field >= 0 && pdu_get(form, o, (size_t)field, &got))
			keep_selector(to[i], got.octets);
	}
}

void lift_hear(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	struct session_tsdu tsdu;

	if (m->kind == REPLAY_TPDU)
		hear_cr(l, m, o);
	if (m->kind != REPLAY_TSDU || !lift_split(o, &tsdu))
		return;
	for (uint8_t i = 0; i < tsdu.n; i++) {
		const struct session_pdu *s = &tsdu.pdu[i];

		if (s->kind == SPDU_CN) {
			l->calling_ref = remember(l->calling, s->references.calling);
			l->common_ref = remember(l->common, s->references.common);
			l->additional_ref = remember(l->additional, s->references.additional);
			l->versions = s->versions;
			l->tokens = s->token_setting;
			keep_selector(&l->called_ssel, s->called_ssel);
			keep_selector(&l->calling_ssel, s->calling_ssel);
		}
		if (s->kind == SPDU_AS || s->kind == SPDU_AR)
			l->minor_first = 0;
		if (s->kind == SPDU_MIP && !l->minor_first)
			l->minor_first = s->serial;
		if (s->kind == SPDU_MIP)
			l->minor_serial = s->serial;
		if (s->kind == SPDU_AE || s->kind == SPDU_MAP)
			l->end_serial = s->serial;
	}
}

static struct octets reference(const struct replay_reference *r)
{
	return (struct octets){ r->octets, r->n };
}

static bool is_reference(const struct replay_reference *r, struct octets o)
{
	return r->n && octets_equal(reference(r), o);
}

static struct lift_session *session_of(const struct replay_lift *l)
{
	for (size_t i = 0; l->sessions && i < l->sessions->n; i++)
		if (l->sessions->at[i].name == l->name)
			return &l->sessions->at[i];
	return NULL;
}

/* X.400 puts the caller's name there; who only recovers does not say it elsewhere. */
static bool is_named(const struct replay_lift *l, struct octets calling)
{
	if (l->talk->named)
		return octets_equal(ber_inside(calling), octets_of(l->talk->caller));
	for (size_t i = 0; i < l->sessions->n; i++)
		if (l->sessions->at[i].named && is_reference(&l->sessions->at[i].calling, calling))
			return true;
	return false;
}

void lift_session(struct replay_lift *l, const struct replay_move *m, struct octets o)
{
	const struct references *r;
	struct session_tsdu tsdu;
	struct lift_session *s;

	if (m->kind != REPLAY_TSDU || !l->name || !lift_split(o, &tsdu))
		return;
	r = &tsdu.pdu[0].references;
	s = session_of(l);
	if (s && tsdu.pdu[0].kind == SPDU_AC)
		replay_keep_reference(&s->called, r->called);
	if (s || tsdu.pdu[0].kind != SPDU_CN)
		return;
	s = &l->sessions->at[l->sessions->n];
	*s = (struct lift_session){ .name = l->name, .lane = l->lane,
	                            .named = is_named(l, r->calling),
	                            .theirs = m->direction != l->ours };
	replay_keep_reference(&s->calling, r->calling);
	replay_keep_reference(&s->common, r->common);
	replay_keep_reference(&s->additional, r->additional);
	l->sessions->n++;
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
	return lift_say("$%s", name);
}

/* The same of octets of any length, which are borrowed. */
char *lift_lent(struct replay_lift *l, const char *name, struct octets o)
{
	struct lift_value *v = &l->values[l->values_n];

	if (l->values_n == LIFT_VALUES)
		return NULL;
	snprintf(v->name, sizeof v->name, "%s", name);
	v->got = (struct pdu_got){ .octets = o, .lasts = true };
	l->values_n++;
	return lift_say("$%s", name);
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

/* An answer repeats what was called, and by whom; who answers may name itself otherwise. */
static const struct selector {
	uint8_t layer, code;
	const char *field, *name;	/* of the variable */
	size_t at;			/* of what the file says, in struct target or target_side */
	bool ours;			/* ... in the latter */
	size_t heard;			/* in struct replay_lift; 0: nothing that is repeated */
	const char *again;		/* variable of that */
} selectors_of[] = {
#define ITS(field_) offsetof(struct target, field_), false
#define OURS(field_) offsetof(struct target_side, field_), true
#define HEARD(field_) offsetof(struct replay_lift, field_)
	{ LAYER_COTP, COTP_CR, "called", "its-tsel", ITS(tsel), 0, NULL },
	{ LAYER_COTP, COTP_CR, "calling", "our-tsel", OURS(our_tsel), 0, NULL },
	{ LAYER_COTP, COTP_CC, "called", "our-tsel", OURS(our_tsel), HEARD(called_tsel),
	  "cr.called" },
	{ LAYER_COTP, COTP_CC, "calling", NULL, 0, false, HEARD(calling_tsel), "cr.calling" },
	{ LAYER_SESSION, SPDU_CN, "called-ssel", "its-ssel", ITS(ssel), 0, NULL },
	{ LAYER_SESSION, SPDU_CN, "calling-ssel", "our-ssel", OURS(our_ssel), 0, NULL },
	{ LAYER_SESSION, SPDU_AC, "called-ssel", "our-ssel", OURS(our_ssel), HEARD(called_ssel),
	  "cn.called-ssel" },
	{ LAYER_SESSION, SPDU_AC, "calling-ssel", NULL, 0, false, HEARD(calling_ssel),
	  "cn.calling-ssel" },
	{ LAYER_PRESENTATION, PPDU_CP, "called", "its-psel", ITS(psel), 0, NULL },
	{ LAYER_PRESENTATION, PPDU_CP, "calling", "our-psel", OURS(our_psel), 0, NULL },
	{ LAYER_PRESENTATION, PPDU_CPA, "responding", "our-psel", OURS(our_psel), 0, NULL },
	{ LAYER_PRESENTATION, PPDU_CPR, "responding", "our-psel", OURS(our_psel), 0, NULL },
#undef ITS
#undef OURS
#undef HEARD
};

static const char *selector_name(const struct replay_lift *l, const struct pdu_form *f,
                                 const char *field, const struct pdu_got *got)
{
	for (size_t i = 0; i < sizeof selectors_of / sizeof selectors_of[0]; i++) {
		const struct selector *s = &selectors_of[i];
		const char *in = s->ours ? (const char *)l->side : (const char *)l->options->target;
		const struct lift_selector *heard = s->heard ? (const struct lift_selector *)
			(const void *)((const char *)l + s->heard) : NULL;

		if (f->layer != s->layer || f->code != s->code || strcmp(field, s->field) != 0)
			continue;
		if (s->name && in && in[s->at])
			return s->name;
		return heard && heard->n && octets_equal((struct octets){ heard->octets, heard->n },
		                                         got->octets) ? s->again : NULL;
	}
	return NULL;
}

static char *live_selector(struct replay_lift *l, const struct pdu_form *f, const char *field,
                           const struct pdu_got *got)
{
	const char *name = l->options->captured_names ? NULL : selector_name(l, f, field, got);

	return name ? lift_live(l, name, got, REPLAY_SELECTORS) : NULL;
}

/* Selectors that the target wants and the capture does not have: behind what word of the
 * text each stands, and in front of which. */
static const struct missing {
	const char *pdu, *has, *field, *before;
	const char *or_before;		/* whatever comes first; NULL: no other */
	size_t at;			/* of what the file says, as in `selectors_of` */
	bool ours;
} selectors[] = {
#define ITS(field_) offsetof(struct target, field_), false
#define OURS(field_) offsetof(struct target_side, field_), true
#define BY_TAGS "ber 0x80 hex:01) with ber 0xa2 "
	{ "cotp CR", " calling=", " calling=$our-tsel", " called=", " size=", OURS(our_tsel) },
	{ "cotp CR", " called=", " called=$its-tsel", " size=", "", ITS(tsel) },
	{ "session CN", " calling-ssel=", " calling-ssel=$our-ssel", " called-ssel=", " user=",
	  OURS(our_ssel) },
	{ "session CN", " called-ssel=", " called-ssel=$its-ssel", " user=", NULL, ITS(ssel) },
	{ "(presentation CP mode=normal", " calling=", " calling=$our-psel", " called=",
	  " contexts=", OURS(our_psel) },
	{ "(presentation CP mode=normal", " called=", " called=$its-psel", " contexts=", NULL,
	  ITS(psel) },
	{ BY_TAGS, "ber 0x81 ", "ber 0x81 $our-psel with ", "ber 0x82 ", "ber 0xa4 ",
	  OURS(our_psel) },
	{ BY_TAGS, "ber 0x82 ", "ber 0x82 $its-psel with ", "ber 0xa4 ", NULL, ITS(psel) },
#undef ITS
#undef OURS
#undef BY_TAGS
};

/* Where the word stands; "" is the end. */
static const char *place(const char *text, const char *word)
{
	return !word ? NULL : *word ? strstr(text, word) : text + strlen(text);
}

static char *with_selector(struct replay_lift *l, char *text, const struct missing *s)
{
	const char *in = s->ours ? (const char *)l->side : (const char *)l->options->target;
	const char *pdu = strstr(text, s->pdu);
	const char *has = pdu ? strstr(pdu, s->has) : NULL;
	const char *before = pdu ? place(pdu, s->before) : NULL;
	const char *other = pdu ? place(pdu, s->or_before) : NULL;
	char *longer;

	if (!before || (other && other < before))
		before = other;
	if (!in || !in[s->at] || !before || (has && has < before))
		return text;
	longer = lift_say("%.*s%s%s", (int)(before - text), text, s->field, before);
	free(text);
	l->out->changes[REPLAY_SELECTORS]++;
	return longer;
}

char *lift_selectors(struct replay_lift *l, char *text)
{
	for (size_t i = 0; i < sizeof selectors / sizeof selectors[0]; i++)
		if (text && !l->options->captured_names)
			text = with_selector(l, text, &selectors[i]);
	return text;
}

/* A part of the references of a session connection as they are today. */
static char *live_reference(struct replay_lift *l, const struct lift_session *s,
                            const char *field, struct octets o)
{
	const struct pdu_got got = { .octets = o };
	char name[LIFT_NAME];

	snprintf(name, sizeof name, "%s.%s", s->name, field);
	return lift_live(l, name, &got, REPLAY_REFERENCES);
}

/* Of the other's: it may have today what it did not have then. */
static char *absent_reference(struct replay_lift *l, const struct lift_session *s,
                              const char *field)
{
	size_t n = l->values_n;
	char *text = s->theirs ? live_reference(l, s, field, (struct octets){ NULL, 0 }) : NULL;

	if (text) {
		l->values[n].lacks = true;
		l->out->changes[REPLAY_REFERENCES]--;
	}
	return text;
}

/* Of another connection; those of one second differ in the additional reference. */
const struct lift_session *lift_resumed(const struct replay_lift *l,
                                          const struct references *r)
{
	const struct lift_session *found = NULL;

	for (size_t i = l->sessions ? l->sessions->n : 0; i-- > 0;) {
		const struct lift_session *s = &l->sessions->at[i];

		if (s->lane != l->lane || s->name == l->name ||
		    !is_reference(&s->common, r->common) ||
		    (r->calling.n && !is_reference(&s->calling, r->calling)))
			continue;
		if (octets_equal(reference(&s->additional), r->additional))
			return s;
		found = found ? found : s;
	}
	return found;
}

/* X.225 8.3.29.2: the session connection in which the activity was begun. */
static char *live_resumed(struct replay_lift *l, const char *field, const struct pdu_got *got)
{
	static const struct {
		const char *name;
		size_t at;		/* in struct lift_session */
	} references[] = {
		{ "called-ref", offsetof(struct lift_session, called) },
		{ "calling-ref", offsetof(struct lift_session, calling) },
		{ "common-ref", offsetof(struct lift_session, common) },
		{ "additional-ref", offsetof(struct lift_session, additional) },
	};

	for (size_t i = 0; l->resumed && i < sizeof references / sizeof references[0]; i++) {
		const struct replay_reference *r = (const struct replay_reference *)
			(const void *)((const char *)l->resumed + references[i].at);

		if (strcmp(field, references[i].name) == 0)
			return is_reference(r, got->octets)
			       ? live_reference(l, l->resumed, field, got->octets) : NULL;
	}
	return NULL;
}

/* The text for a field that the capture does not have and today may; NULL: there is none. */
char *lift_absent_field(struct replay_lift *l, const struct pdu_form *f, const char *field)
{
	if (f->layer != LAYER_SESSION || f->code != SPDU_AR || !l->resumed ||
	    l->resumed->additional.n || strcmp(field, "additional-ref") != 0)
		return NULL;
	return absent_reference(l, l->resumed, field);
}

/* The caller's name in its CN, one of X.400's (X.228: CallingSSuserReference). */
static char *live_calling(struct replay_lift *l, const struct pdu_got *got)
{
	const struct lift_session *s = session_of(l);
	const struct pdu_got name = { .octets = ber_inside(got->octets) };
	char *variable, *text = NULL;

	if (l->options->captured_names || !s || !s->named || !ber_is_one_value(got->octets))
		return NULL;
	variable = lift_live(l, "our-name", &name, REPLAY_REFERENCES);
	if (variable)
		text = lift_say("(ber 0x%02x %s)", got->octets.p[0], variable);
	free(variable);
	return text;
}

/* Two characters; other forms are as captured. */
static bool tells_apart(struct octets additional)
{
	return additional.n == 4 && additional.p[0] == 0x14 && additional.p[1] == 2;
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

static char *live_size(struct replay_lift *l, const struct pdu_got *got)
{
	char name[LIFT_NAME];

	if (!got->number || got->v <= 0 || got->v > 999999999)
		return NULL;
	snprintf(name, sizeof name, "size-%" PRId64, got->v);
	return lift_live(l, name, got, REPLAY_SIZES);
}

static char *live_session(struct replay_lift *l, const struct pdu_form *f, const char *field,
                          const struct pdu_got *got)
{
	char name[LIFT_NAME];
	bool answer = f->code == SPDU_AC || f->code == SPDU_RF;

	if (f->code == SPDU_CN && strcmp(field, "common-ref") == 0)
		return lift_live(l, "common-ref", got, REPLAY_REFERENCES);
	if (f->code == SPDU_CN && strcmp(field, "additional-ref") == 0)
		return tells_apart(got->octets)
		       ? lift_live(l, "additional-ref", got, REPLAY_REFERENCES) : NULL;
	if (f->code == SPDU_CN && strcmp(field, "calling-ref") == 0)
		return live_calling(l, got);
	if (answer && strcmp(field, "common-ref") == 0 && same(l->common_ref, got))
		return lift_live(l, "cn.common-ref", got, REPLAY_REFERENCES);
	if (answer && strcmp(field, "additional-ref") == 0 && same(l->additional_ref, got))
		return lift_live(l, "cn.additional-ref", got, REPLAY_REFERENCES);
	if (answer && strcmp(field, "called-ref") == 0 && same(l->calling_ref, got))
		return lift_live(l, "cn.calling-ref", got, REPLAY_REFERENCES);
	if (answer && strcmp(field, "version") == 0 && l->versions &&
	    got->v == (l->versions & 2 ? 2 : 1))
		return lift_live(l, "version", got, REPLAY_VERSIONS);
	if (f->code == SPDU_AC && strcmp(field, "tokens") == 0 && got->number &&
	    scenario_tokens(l->tokens, (uint8_t)got->v) == (uint8_t)got->v) {
		snprintf(name, sizeof name, "tokens-%" PRId64, got->v);
		return lift_live(l, name, got, REPLAY_TOKENS);
	}
	if (f->code == SPDU_AR && strcmp(field, "serial") != 0)
		return live_resumed(l, field, got);
	if (strcmp(field, "serial") != 0 || !got->number)
		return NULL;
	if (l->role != LIFT_ITSELF)
		return live_serial(l, f, got);
	if (f->code == SPDU_MIA && l->minor_first && (uint32_t)got->v >= l->minor_first &&
	    (uint32_t)got->v <= l->minor_serial) {
		snprintf(name, sizeof name, "mip%" PRIu32 ".serial", (uint32_t)got->v);
		return lift_live(l, name, got, REPLAY_SERIALS);
	}
	if ((f->code == SPDU_AEA || f->code == SPDU_MAA) && (uint32_t)got->v == l->end_serial) {
		snprintf(name, sizeof name, "ae%" PRIu32 ".serial", l->end_serial);
		return lift_live(l, name, got, REPLAY_SERIALS);
	}
	return NULL;
}

/* The text of a variable for a field that must live; NULL: it is sent as captured. */
char *lift_live_field(struct replay_lift *l, const struct pdu_form *f, const char *field,
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
	if (f->layer == LAYER_COTP && f->code == COTP_CC && strcmp(field, "size") == 0)
		return live_size(l, got);
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

/* Where the common reference stands in a SessionConnectionIdentifier, which holds the
 * references of another CN, one behind the other (ASN.1 of X.228); NULL: it is another one's.
 * Those of one second differ in the additional one (`wholly`). */
static const uint8_t *recovered(const struct replay_lift *l, const struct lift_session *was,
                                struct octets o, bool wholly)
{
	const uint8_t *common = was->common.n && was->lane == l->lane && was->name != l->name
	                        ? memmem(o.p, o.n, was->common.octets, was->common.n) : NULL;
	size_t head = common ? (size_t)(common - o.p) : 0;
	size_t tail = common ? o.n - head - was->common.n : 0;

	if (head == 0 || head > LIFT_OCTETS || tail > LIFT_OCTETS)
		return NULL;
	/* Without the tag and the length, which are others in a choice. */
	if (wholly && !octets_equal(ber_inside(reference(&was->additional)),
	                            ber_inside((struct octets){ common + was->common.n, tail })))
		return NULL;
	return common;
}

/* X.228: [0] with the string that is in the additional reference, or with all of that.
 * NULL: it is in another form, or another one. */
static char *additional_text(struct replay_lift *l, const struct lift_session *was,
                             struct octets tail)
{
	const struct octets whole = reference(&was->additional), inside = ber_inside(whole);
	const struct octets o = ber_inside(tail);
	const char *form = ber_is_one_value(tail) ? lift_form(tail) : NULL;
	char *live = NULL, *s = NULL;

	if (!tail.n && !whole.n)
		live = absent_reference(l, was, "additional-ref.value");
	else if (form && whole.n && (octets_equal(o, inside) || octets_equal(o, whole)))
		live = live_reference(l, was, octets_equal(o, inside) ? "additional-ref.value"
		                                                     : "additional-ref", o);
	if (live)
		s = lift_say("ber 0x%02x%s %s", tail.n ? tail.p[0] : 0x80, form ? form : "", live);
	free(live);
	return s;
}

static char *recovered_text(struct replay_lift *l, const struct lift_session *was,
                            struct octets o, const uint8_t *common)
{
	struct octets head = { o.p, (size_t)(common - o.p) };
	struct octets tail = { common + was->common.n, o.n - head.n - was->common.n };
	char *calling = is_reference(&was->calling, head)
	                ? live_reference(l, was, "calling-ref", head) : lift_hex("", head);
	char *ref = live_reference(l, was, "common-ref", (struct octets){ common, was->common.n });
	char *rest = additional_text(l, was, tail);
	char *s = NULL;

	rest = rest ? rest : lift_hex(tail.n ? "octets " : "", tail);
	if (calling && ref && rest)
		s = lift_say("(octets %s with octets %s%s%s)", calling, ref,
		             *rest ? " with " : "", rest);
	free(calling);
	free(ref);
	free(rest);
	return s;
}

char *lift_recovered(struct replay_lift *l, struct octets o)
{
	size_t n = l->sessions ? l->sessions->n : 0;
	const uint8_t *common;

	for (size_t i = 2 * n; i-- > 0;) {
		const struct lift_session *was = &l->sessions->at[i % n];

		common = recovered(l, was, o, i >= n);
		if (common)
			return recovered_text(l, was, o, common);
	}
	return NULL;
}
