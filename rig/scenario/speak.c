/*
 * Low-level steps: the scenario speaks for an end.
 */
#include "scenario/live.h"
#include "scenario/watch.h"

#include "ber/ber.h"
#include "scenario/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one `send` may write, with the headers of its TPDUs: a message of some MiB that has
 * no checkpoints.  Only what is used of it becomes memory. */
enum { STREAM_MAX = 12 << 20 };

/* ---- variables ---- */

struct variables {
	struct pdu_variables base;
	struct run *run;
	struct peer *peer;		/* NULL: nobody speaks */
	char text[TARGET_ROUTE + 80];	/* the last value made */
	struct live live;
};

struct captured {
	uint8_t layer, code;
	uint32_t n;
	uint8_t *octets;		/* owned; NULL: nothing captured */
};

/* Digits of a stream that run, round and number give; number 0: the same in each round. */
static void fresh(const struct run *r, uint32_t length, uint32_t nth, char *out)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char purpose[48];
	struct random stream;

	snprintf(purpose, sizeof purpose, "fresh %" PRIu32 " %" PRIu32, nth, nth ? r->rounds : 0);
	stream = random_for(r->key, r->sc->id, purpose);
	for (uint32_t i = 0; i < length; i++)
		out[i] = digits[random_next(&stream) % (sizeof digits - 1)];
	out[length] = '\0';
}

/* A route ends in a semicolon, or not. */
static void domain_of(const char *route, char *out, size_t cap)
{
	size_t n = strlen(route);

	snprintf(out, cap, "%.*s", (int)(n && route[n - 1] == ';' ? n - 1 : n), route);
}

static struct octets text_of(struct variables *v, const char *name)
{
	const struct target_side *side = v->peer ? v->peer->side->target : NULL;
	const char *secret = target_secret(v->run->t->its_password);
	const struct target *t = v->run->t;
	int to = strncmp(name, "to-", 3) == 0 ? target_recipient(t, name + 3) : -1;
	uint32_t length, nth;
	int64_t span;

	if (to >= 0)
		return octets_of(t->recipients[to].address);
	if (scenario_fresh(name, &length, &nth)) {
		fresh(v->run, length, nth, v->text);
		return octets_of(v->text);
	}
	if (strcmp(name, "its-domain") == 0) {
		snprintf(v->text, sizeof v->text, "C=%s;A=%s;P=%s", t->domain[0], t->domain[1],
		         t->domain[2]);
		return octets_of(v->text);
	}
	if (strcmp(name, "its-name") == 0)
		return octets_of(v->run->t->its_name);
	if (strcmp(name, "its-password") == 0)
		return octets_of(secret ? secret : "");
	if (!side)
		return (struct octets){ NULL, 0 };
	if (strcmp(name, "our-name") == 0)
		return octets_of(v->peer->as);
	if (strcmp(name, "our-password") == 0)
		return octets_of(v->peer->password);
	if (strcmp(name, "our-domain") == 0)
		domain_of(side->route, v->text, sizeof v->text);
	else if (strcmp(name, "originator") == 0)
		snprintf(v->text, sizeof v->text, "%s%sS=Sender", side->route,
		         side->route[0] && side->route[strlen(side->route) - 1] != ';' ? ";" : "");
	else if (strcmp(name, "mts-id") == 0 || strcmp(name, "last-mts-id") == 0)
		snprintf(v->text, sizeof v->text, "%s%sL=X4R-%08x-S%u", side->route,
		         side->route[0] && side->route[strlen(side->route) - 1] != ';' ? ";" : "",
		         (uint32_t)(v->run->key >> 32),
		         *name == 'm' ? ++v->run->spoken : v->run->spoken);
	else if (strcmp(name, "now") == 0)
		run_utc_time(v->run, 0, v->text);
	else if (scenario_span(name, &span))
		run_utc_time(v->run, span, v->text);
	else
		return (struct octets){ NULL, 0 };
	return octets_of(v->text);
}

static const struct captured *captured(const struct run *r, struct octets name)
{
	for (size_t i = 0; r->captured && i < r->sc->names_n; i++) {
		const char *have = scenario_string(r->sc, r->sc->names[i]);

		if (strlen(have) == name.n && memcmp(have, name.p, name.n) == 0 &&
		    r->captured[i].octets)
			return &r->captured[i];
	}
	return NULL;
}

/* What is known of the session connection of an association; NULL: nothing. */
static const struct watch *connection(const struct run *r, struct octets name)
{
	for (const struct peer *p = r->peers; p; p = p->next)
		if (p->watch && octets_equal(octets_of(scenario_name(r->sc, p->whom)), name))
			return watch_terms(p->watch)->connecting ? p->watch : NULL;
	return NULL;
}

static bool value_of_name(struct variables *v, struct octets name, struct pdu_got *out)
{
	const struct captured *c = captured(v->run, name);
	char own[32];

	*out = (struct pdu_got){ .octets = { c ? c->octets : NULL, c ? c->n : 0 } };
	if (c)
		return true;
	snprintf(own, sizeof own, "%.*s", (int)(name.n < 31 ? name.n : 31), (const char *)name.p);
	if (live_value(&v->live, v->peer, own, out))
		return true;
	*out = (struct pdu_got){ .octets = text_of(v, own) };
	return out->octets.p != NULL;
}

/* A field of a PDU that was kept, or a reference of an association. */
static bool value_of_field(const struct run *r, const struct pdu_path *path, struct pdu_got *out)
{
	const struct captured *c = captured(r, path->name);
	const struct watch *w = c ? NULL : connection(r, path->name);
	const struct pdu_form *form = c ? pdu_form((enum layer)c->layer, c->code) : NULL;
	int field = form ? pdu_field_named(form, (const char *)path->field.p, path->field.n) : -1;

	*out = (struct pdu_got){ .number = false };
	return field >= 0 ? pdu_get(form, (struct octets){ c->octets, c->n }, (size_t)field, out)
	                  : w && watch_reference(w, path->field, &out->octets);
}

static bool value(const struct pdu_variables *base, struct octets name, struct pdu_got *out)
{
	struct variables *v = (struct variables *)(void *)(uintptr_t)base;
	const struct pdu_path path = pdu_path(name);

	if (!path.field.p)
		return value_of_name(v, name, out);
	if (!value_of_field(v->run, &path, out))
		return false;
	if (path.inside)
		*out = (struct pdu_got){ .octets = ber_inside(out->octets) };
	return true;
}

static bool lacks(const struct pdu_variables *base, struct octets name)
{
	const struct variables *v = (const struct variables *)(const void *)base;
	const struct pdu_path path = pdu_path(name);
	struct pdu_got got;

	return path.field.p && (captured(v->run, path.name) || connection(v->run, path.name)) &&
	       !value(base, name, &got);
}

/* Contents become a whole MTSIdentifier, [APPLICATION 4] (X.411 Figure 2). */
static bool wrap(struct octets contents, struct run_id *out)
{
	const uint8_t header[] = { 0x64, 0x81, (uint8_t)contents.n };
	const size_t skip = contents.n < 0x80;

	if (contents.n == 0 || contents.n > 0xff)
		return false;
	out->n = sizeof header - skip + contents.n;
	memcpy(out->octets, header, sizeof header);
	out->octets[1] = skip ? header[2] : header[1];
	memcpy(out->octets + sizeof header - skip, contents.p, contents.n);
	return true;
}

/* What was captured is contents already; names of ours are texts. */
bool speak_mts_id(struct run *r, const struct step *s, struct run_id *out)
{
	const char *name = scenario_string(r->sc, s->mts_id);
	struct variables v = { .base = { value, lacks }, .run = r,
	                       .peer = run_peer(r, s->side, s->whom) };
	struct pdu_got got;
	uint8_t text[PDU_TEXT_MAX];

	if (!value(&v.base, octets_of(name), &got) || got.number)
		return run_trouble(r, "line %u: nothing is known of $%s", s->at.line, name);
	if (!strchr(name, '.')) {
		got.octets.n = pdu_encode_text(PDU_MTS_ID, got.octets, text, sizeof text);
		got.octets.p = text;
	}
	return wrap(got.octets, out) ||
	       run_trouble(r, "line %u: $%s is no MTS identifier", s->at.line, name);
}

void run_capture(struct run *r, uint16_t name, uint8_t layer, uint8_t code, struct octets o)
{
	struct captured *c;

	if (!r->captured)
		r->captured = calloc(SCENARIO_NAMES_MAX, sizeof *r->captured);
	if (!r->captured) {
		run_trouble(r, "out of memory");
		return;
	}
	c = &r->captured[name - 1];
	free(c->octets);
	*c = (struct captured){ layer, code, (uint32_t)o.n, malloc(o.n + 1) };
	if (!c->octets)
		run_trouble(r, "out of memory");
	else if (o.n)
		memcpy(c->octets, o.p, o.n);
}

void run_captures_free(struct run *r)
{
	for (size_t i = 0; r->captured && i < SCENARIO_NAMES_MAX; i++)
		free(r->captured[i].octets);
	free(r->captured);
	r->captured = NULL;
	free(r->speech);
	r->speech = NULL;
}

/* ---- files beside the scenario ---- */

/* Those of one `send`. */
struct files {
	struct pdu_files base;
	const struct run *run;
	struct lent_file {
		struct lent_file *next;
		uint8_t octets[];
	} *kept;		/* owned */
};

static bool file_octets(const struct pdu_files *base, struct octets name, struct octets *out)
{
	struct files *f = (struct files *)(void *)(uintptr_t)base;
	char path[FOLDER_PATH];
	struct lent_file *k = NULL;
	FILE *fp;
	size_t n = 0;

	if (snprintf(path, sizeof path, "%s%.*s", f->run->sc->folder, (int)name.n,
	             (const char *)name.p) >= (int)sizeof path)
		return false;
	fp = fopen(path, "rbe");
	if (fp)
		k = malloc(sizeof *k + STREAM_MAX);
	if (k) {
		n = fread(k->octets, 1, STREAM_MAX, fp);
		k->next = f->kept;
		f->kept = k;
	}
	if (fp)
		fclose(fp);
	*out = (struct octets){ k ? k->octets : NULL, n };
	return k && n < STREAM_MAX;
}

static void files_free(struct files *f)
{
	while (f->kept) {
		struct lent_file *next = f->kept->next;

		free(f->kept);
		f->kept = next;
	}
}

/* ---- ends ---- */

static void tell(struct peer *p, enum scenario_event what)
{
	run_feed(p->run, &(struct event){
		.at_us = net_now(p->run->net), .association = p->number, .cell = CELL_NONE,
		.kind = EVENT_SCENARIO, .code = (uint8_t)what });
}

void speak_detach(struct peer *p, bool detached)
{
	if (p->over || end_is_detached(p->end) == detached)
		return;
	tell(p, detached ? SCENARIO_DETACHED : SCENARIO_ATTACHED);
	end_detach(p->end, detached);
}

bool speak_nobody(struct run *r, const struct step *s)
{
	return run_trouble(r, "line %u: there is no connection on side %s to speak on",
	                   s->at.line, r->t->sides[s->side].name);
}

bool speak_mode(struct run *r, const struct step *s)
{
	struct peer *p = run_peer(r, s->side, s->whom);

	if (!p)
		return speak_nobody(r, s);
	speak_detach(p, s->kind == STEP_DETACH);
	return true;
}

/* Holds back what is to be sent later. */
static bool hold(struct peer *p, struct octets o)
{
	free(p->held);
	p->held = malloc(o.n + 1);
	p->held_n = p->held ? o.n : 0;
	if (!p->held)
		return run_trouble(p->run, "out of memory");
	if (o.n)
		memcpy(p->held, o.p, o.n);
	return true;
}

bool speak_octets(struct peer *p, const struct step *s, struct octets o)
{
	size_t now = s->kind == STEP_SEND && s->n && s->n < o.n ? s->n : o.n;

	/* The IUT may have gone, or have confirmed nothing; what it should have done instead is
	 * expected. */
	if (p->over || p->pieces.broken)
		return true;
	return hold(p, (struct octets){ o.p + now, o.n - now }) &&
	       (end_write(p->end, (struct octets){ o.p, now }) ||
	        run_trouble(p->run, "out of memory"));
}

/* Too large for a stack, and wanted again with the next `send`. */
struct speech {
	struct nodes nodes;
	struct pdu_writing writing;
	uint8_t stream[STREAM_MAX];
};

struct octets speak_items(struct run *r, struct peer *p, const struct step *s, uint32_t from,
                          uint32_t to)
{
	struct variables v = { .base = { value, lacks }, .run = r, .peer = p };
	struct files files = { .base = { file_octets }, .run = r };
	uint32_t tpdu_size = s->kind == STEP_SEND ? (uint32_t)s->size : 0;
	struct speech *w;
	size_t n;

	if (!r->speech)
		r->speech = calloc(1, sizeof *r->speech);
	w = r->speech;
	if (!w) {
		run_trouble(r, "out of memory");
		return (struct octets){ NULL, 0 };
	}
	w->writing.nodes = &w->nodes;
	w->writing.plan = &r->sc->plan;
	w->writing.variables = &v.base;
	w->writing.files = &files.base;
	if (!tpdu_size && p->watch)
		tpdu_size = watch_terms(p->watch)->tpdu_size;
	if (!tpdu_size)
		tpdu_size = peer_association(p)->cotp.tpdu_size;
	n = pdu_stream(&w->writing, from, to, tpdu_size ? tpdu_size : 2048, w->stream,
	               sizeof w->stream);
	files_free(&files);
	if (!n)
		run_trouble(r, "line %u: %s", s->at.line, w->writing.why);
	return (struct octets){ w->stream, n };
}

bool speak_send(struct run *r, const struct step *s)
{
	struct peer *p = run_peer(r, s->side, s->whom);
	struct octets o;

	if (!p)
		return speak_nobody(r, s);
	o = speak_items(r, p, s, s->from, s->to);
	speak_detach(p, true);
	return o.n && speak_octets(p, s, o);
}

bool speak_rest(struct run *r, const struct step *s)
{
	struct peer *p = run_peer(r, s->side, s->whom);
	bool ok;

	if (!p)
		return speak_nobody(r, s);
	if (p->over)
		return true;
	speak_detach(p, true);
	ok = end_write(p->end, (struct octets){ p->held, p->held_n });
	p->held_n = 0;
	return ok || run_trouble(r, "out of memory");
}

bool speak_turn(struct run *r, const struct step *s)
{
	struct peer *p = run_peer(r, s->side, s->whom);
	int64_t now = net_now(r->net);

	if (!p)
		return speak_nobody(r, s);
	if (p->over || end_is_detached(p->end))
		return true;
	if (s->kind == STEP_TURN_PLEASE)
		association_turn_please(peer_association(p), now, (uint8_t)s->n);
	else if (s->kind == STEP_TURN_GIVE)
		association_turn_give(peer_association(p), now);
	else if (s->kind == STEP_DISCARD)
		association_discard(peer_association(p), now, (uint8_t)s->n);
	else
		association_interrupt(peer_association(p), now, (uint8_t)s->n);
	end_pump(p->end);
	return true;
}

/* ---- hearing ---- */

void speak_look(struct run *r, uint32_t expectation)
{
	const struct expectation *x = &r->sc->expectations[expectation];
	struct peer *p = run_peer(r, x->side, x->whom);
	struct variables v = { .base = { value, lacks }, .run = r, .peer = p };
	enum watched now;
	uint32_t which = 0;
	bool doubtful = false;

	if (!p || !p->watch)
		return;
	now = watch_match(p->watch, x, &v.base, &which, &doubtful);
	if (now == WATCHED_NOT_YET)
		return;
	run_feed(r, &(struct event){
		.at_us = net_now(r->net), .length = which, .association = p->number,
		.value = expectation, .cell = CELL_NONE, .kind = EVENT_SCENARIO,
		.code = now == WATCHED_MET ? SCENARIO_MATCHED : SCENARIO_MISMATCHED,
		.type = doubtful });
}
