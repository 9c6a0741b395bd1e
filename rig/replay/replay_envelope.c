/*
 * What a captured envelope says of its own time and place: MTS identifiers, times,
 * recipients.  They are looked for in the octets that begin an MTS-APDU: all of it if its
 * transfer is whole in the capture, else what goes before the first checkpoint.  So
 * identifiers and times keep their size, and a recipient that is rewritten changes lengths
 * only around it.
 */
#include "replay/replay_lift.h"

#include "array/array.h"
#include "p1/p1_name.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	DEPTH = 12,
	UTC_TIME = 13,			/* YYMMDDhhmmssZ */
	NAME_MAX_OCTETS = 600,
	NAME_TEXT_MAX = 1000,
	/* Identifier octets (X.411 Annex A): MTSIdentifier, ORAddressAndOptionalDirectoryName,
	 * per-recipient fields, a SET, an IA5String, contents. */
	TAG_MTS_ID = 0x64, TAG_NAME = 0x60, TAG_RECIPIENTS = 0xa2, TAG_SET = 0x31,
	TAG_IA5 = 0x16, TAG_MESSAGE = 0xa0, TAG_CONTENT = 0x04, TAG_CONTENT_PIECES = 0x24,
};

/* A value of which the end may be missing. */
struct value {
	uint8_t tag;
	bool constructed, indefinite;
	size_t at, body;
	size_t length;			/* of its contents; indefinite: 0 */
	size_t to;			/* behind what is here of them */
};

static bool read_value(struct octets o, size_t at, size_t end, struct value *v)
{
	size_t n;

	if (end - at < 2 || (o.p[at] & 0x1f) == 0x1f)
		return false;
	*v = (struct value){ .tag = o.p[at], .constructed = o.p[at] & 0x20, .at = at,
	                     .body = at + 2, .length = o.p[at + 1] };
	if (v->length & 0x80) {
		n = v->length & 0x7f;
		v->indefinite = n == 0;
		v->length = 0;
		if (n > 4 || n > end - v->body)
			return false;
		while (n-- > 0)
			v->length = v->length << 8 | o.p[v->body++];
	}
	v->to = v->indefinite || v->length > end - v->body ? end : v->body + v->length;
	return true;
}

static bool is_whole(const struct value *v)
{
	return !v->indefinite && v->to - v->body == v->length;
}

/* Beside the envelope, in a message. */
static bool is_content(const struct value *v, uint8_t parent)
{
	return parent == TAG_MESSAGE && (v->tag == TAG_CONTENT || v->tag == TAG_CONTENT_PIECES);
}

/* ---- identifiers and times ---- */

struct edit {
	size_t at, n;
	enum replay_change change;
	char name[LIFT_NAME];
};

struct finding_edits {
	struct replay_lift *l;
	struct octets o;
	struct edit *edits;		/* owned */
	size_t n, cap;
	size_t most;			/* 0: no limit */
	bool content;			/* reached: nothing behind it is the envelope's */
};

/* Messages of other lanes are others. */
static size_t ordinal(struct lift_identifiers *all, uint32_t lane, struct octets id)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].lane == lane &&
		    octets_equal((struct octets){ all->at[i].octets, all->at[i].n }, id))
			return i + 1;
	if (all->n == LIFT_IDENTIFIERS || id.n > sizeof all->at[0].octets)
		return 0;
	memcpy(all->at[all->n].octets, id.p, id.n);
	all->at[all->n].n = id.n;
	all->at[all->n].lane = lane;
	return ++all->n;
}

static bool is_utc_time(struct octets o)
{
	for (size_t i = 0; i + 1 < UTC_TIME && o.n == UTC_TIME; i++)
		if (o.p[i] < '0' || o.p[i] > '9')
			return false;
	return o.n == UTC_TIME && o.p[UTC_TIME - 1] == 'Z';
}

/* So far from when it was sent. */
static bool span_name(const struct replay_lift *l, struct octets o, char name[static LIFT_NAME])
{
	struct tm tm = { 0 };
	char text[UTC_TIME + 1];
	int64_t span;

	memcpy(text, o.p, UTC_TIME);
	text[UTC_TIME] = '\0';
	if (sscanf(text, "%2d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
	           &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	/* X.680 46: two digits; as X.509 reads them. */
	tm.tm_year += tm.tm_year < 50 ? 100 : 0;
	tm.tm_mon--;
	span = (int64_t)timegm(&tm) - l->time_ns / 1000000000;
	if (span == 0)
		snprintf(name, LIFT_NAME, "now");
	else
		snprintf(name, LIFT_NAME, "%s-%" PRId64 "s", span < 0 ? "ago" : "in",
		         span < 0 ? -span : span);
	return true;
}

/* NULL: no more are made. */
static struct edit *new_edit(struct finding_edits *f)
{
	struct edit *grown;

	if (f->most && f->n == f->most)
		return NULL;
	grown = array_room(f->edits, f->n + 1, &f->cap, sizeof *grown);
	if (!grown) {
		f->l->failed = true;
		return NULL;
	}
	f->edits = grown;
	return &f->edits[f->n];
}

static void look(struct finding_edits *f, const struct value *v, uint8_t parent)
{
	struct octets o = { f->o.p + v->body, v->length };
	enum replay_identifiers how = f->l->options->identifiers;
	struct edit *e = is_whole(v) ? new_edit(f) : NULL;

	if (!e)
		return;
	*e = (struct edit){ .at = v->body, .n = v->length, .change = REPLAY_CHANGES };
	if (v->tag == TAG_IA5 && parent == TAG_MTS_ID && how != REPLAY_KEPT) {
		size_t nth = how == REPLAY_REUSED ? 0 : ordinal(f->l->identifiers, f->l->lane, o);

		e->change = nth || how == REPLAY_REUSED ? REPLAY_IDENTIFIERS : REPLAY_CHANGES;
		snprintf(e->name, sizeof e->name, "fresh-%zu-%zu", o.n, nth);
	} else if (f->l->options->move_times && is_utc_time(o) && span_name(f->l, o, e->name)) {
		e->change = REPLAY_TIMES;
	}
	f->n += e->change != REPLAY_CHANGES;
}

/* Returns where the values end. */
static size_t find_edits(struct finding_edits *f, size_t at, size_t end, uint8_t parent,
                         unsigned depth)
{
	struct value v;

	while (at < end && !f->content && read_value(f->o, at, end, &v)) {
		at = v.to;
		if (v.tag == 0 && v.length == 0)
			return v.body;
		if (is_content(&v, parent))
			f->content = true;
		else if (v.constructed && depth < DEPTH)
			at = find_edits(f, v.body, v.to, v.tag, depth + 1);
		else
			look(f, &v, parent);
		if (!v.indefinite)
			at = v.to;
	}
	return at;
}

/* ---- recipients ---- */

struct rewriting {
	struct replay_lift *l;
	struct octets o;
	uint8_t *p;			/* owned */
	size_t n, cap;
	bool content, failed;
	uint32_t changed;
};

static bool make_room(struct rewriting *r, size_t n)
{
	size_t cap = 2 * (r->n + n);
	uint8_t *grown;

	if (r->n + n <= r->cap)
		return true;
	grown = realloc(r->p, cap);
	if (grown) {
		r->p = grown;
		r->cap = cap;
	}
	r->failed = r->l->failed |= !grown;
	return grown != NULL;
}

static void append(struct rewriting *r, const uint8_t *p, size_t n)
{
	if (n == 0 || !make_room(r, n))
		return;
	memcpy(r->p + r->n, p, n);
	r->n += n;
}

/* "A=1;B=2" over "B=3;C=4": attributes of the first count. */
static void lay_over(const char *over, const char *under, char *out, size_t cap)
{
	size_t n = (size_t)snprintf(out, cap, "%s", over);

	while (*under && n < cap) {
		size_t len = 0, key = strcspn(under, "=");
		bool there = false;

		while (under[len] && under[len] != ';')
			len += under[len] == '\\' && under[len + 1] ? 2 : 1;
		for (const char *o = over; *o && !there; o += strcspn(o, ";"), o += *o == ';')
			there = strncmp(o, under, key + 1) == 0;
		if (!there)
			n += (size_t)snprintf(out + n, cap - n, "%s%.*s",
			                      n && out[n - 1] != ';' ? ";" : "", (int)len, under);
		under += len + (under[len] == ';');
	}
}

/* The first rule whose left side fits: "P=OLD -> P=NEW;S=Tester", "* -> ...". */
static bool apply(const struct replay_options *o, const struct p1_name *name, const char *text,
                  char *out, size_t cap)
{
	for (size_t i = 0; i < o->rewrites_n; i++) {
		const char *arrow = strstr(o->rewrites[i], "->");
		size_t left = arrow ? (size_t)(arrow - o->rewrites[i]) : 0, bad;
		struct p1_name pattern;

		while (left > 0 && o->rewrites[i][left - 1] == ' ')
			left--;
		if (!arrow || left == 0)
			continue;
		if (!(left == 1 && o->rewrites[i][0] == '*') &&
		    (!p1_name_parse((struct octets){ (const uint8_t *)o->rewrites[i], left },
		                    &pattern, &bad) ||
		     !p1_name_matches(name, &pattern)))
			continue;
		lay_over(arrow + 2 + strspn(arrow + 2, " "), text, out, cap);
		return true;
	}
	return false;
}

static bool rewrite_name(struct rewriting *r, const struct value *v)
{
	char text[NAME_TEXT_MAX], changed[NAME_TEXT_MAX];
	uint8_t out[NAME_MAX_OCTETS], room[NAME_MAX_OCTETS];
	struct findings findings;
	struct p1_name name;
	struct text t;
	size_t n, bad;

	findings_clear(&findings);
	if (!p1_name_decode((struct octets){ r->o.p + v->at, v->to - v->at }, &name, &findings))
		return false;
	text_init(&t, text, sizeof text);
	p1_name_text(&t, &name);
	if (t.cut || !apply(r->l->options, &name, text, changed, sizeof changed))
		return false;
	n = p1_name_parse_in(octets_of(changed), &name, &bad, room, sizeof room)
	    ? p1_name_encode(&name, v->tag, out, sizeof out) : 0;
	if (n == 0 || n > sizeof out) {
		snprintf(r->l->out->why, sizeof r->l->out->why, "recipient %.60s cannot be written "
		         "as %.60s", text, changed);
		r->failed = r->l->failed = true;
		return false;
	}
	r->changed++;
	append(r, out, n);
	return true;
}

static size_t length_octets(size_t n)
{
	return n < 128 ? 1 : n < 256 ? 2 : n < 65536 ? 3 : n < 1 << 24 ? 4 : 5;
}

/* Its length, in as many octets as it had if that is enough. */
static void put_length(struct rewriting *r, const struct value *v, size_t header, size_t length)
{
	size_t had = v->body - v->at - 1, need = length_octets(length), n = had > need ? had : need;

	if (!make_room(r, n - had))
		return;
	memmove(r->p + header + 1 + n, r->p + header + 1 + had, r->n - header - 1 - had);
	r->n += n - had;
	if (n == 1) {
		r->p[header + 1] = (uint8_t)length;
		return;
	}
	r->p[header + 1] = (uint8_t)(0x80 | (n - 1));
	for (size_t i = n - 1; i > 0; i--, length >>= 8)
		r->p[header + 1 + i] = (uint8_t)length;
}

static size_t rewrite(struct rewriting *r, size_t at, size_t end, uint8_t parent, uint8_t above,
                      unsigned depth)
{
	struct value v;

	while (at < end && !r->failed && !r->content && read_value(r->o, at, end, &v)) {
		size_t header = r->n, body;

		if (v.tag == 0 && v.length == 0) {
			append(r, r->o.p + at, 2);
			return v.body;
		}
		at = v.to;
		r->content = is_content(&v, parent);
		if (v.tag == TAG_NAME && parent == TAG_SET && above == TAG_RECIPIENTS &&
		    is_whole(&v) && rewrite_name(r, &v))
			continue;
		if (!v.constructed || depth == DEPTH || r->content) {
			append(r, r->o.p + v.at, v.to - v.at);
			continue;
		}
		append(r, r->o.p + v.at, v.body - v.at);
		body = r->n;
		at = rewrite(r, v.body, v.to, v.tag, parent, depth + 1);
		if (at < v.to && (!v.indefinite || r->content))
			append(r, r->o.p + at, v.to - at);
		if (v.indefinite && !r->content)
			continue;
		at = v.to;
		if (!v.indefinite)
			put_length(r, &v, header, v.length + (r->n - body) - (v.to - v.body));
	}
	return at;
}

/* The octets with other recipients; none: they stay. */
static bool other_recipients(struct replay_lift *l, struct octets o, struct octets *out)
{
	struct rewriting r = { .l = l, .o = o, .cap = o.n + NAME_MAX_OCTETS };
	size_t at;

	r.p = malloc(r.cap);
	if (!r.p)
		return false;
	at = rewrite(&r, 0, o.n, 0, 0, 0);
	if (at < o.n)
		append(&r, o.p + at, o.n - at);
	if (r.failed || !r.changed) {
		free(r.p);
		return false;
	}
	free(l->rewritten);
	l->rewritten = r.p;
	l->out->changes[REPLAY_RECIPIENTS] += r.changed;
	*out = (struct octets){ r.p, r.n };
	return true;
}

/* ---- together ---- */

static char *join(char *text, char *piece)
{
	char *longer = NULL;

	if (text && piece && asprintf(&longer, "%s%soctets %s", text, *text ? " with " : "",
	                              piece) < 0)
		longer = NULL;
	free(text);
	free(piece);
	return longer;
}

/* Octets that go as they are.  `stand_for` is what they are in the capture, if that is
 * something else. */
static char *piece_text(struct replay_lift *l, struct octets o, const struct octets *stand_for)
{
	char *s = stand_for ? lift_keep(l, o, *stand_for) : lift_octets(l, o);

	/* "octets" takes the digits themselves. */
	if (s && strncmp(s, "hex:", 4) == 0)
		memmove(s, s + 4, strlen(s + 4) + 1);
	return s;
}

/* "octets ... with octets ...".  Nothing is written again of a whole one, so nothing is
 * kept for it. */
static char *edited_text(struct replay_lift *l, const struct finding_edits *f,
                         const struct octets *captured, bool whole)
{
	struct octets stands = captured ? *captured : f->o;
	char *text = strdup("");
	size_t at = 0;

	for (size_t i = 0; text && i <= f->n; i++) {
		const struct edit *e = &f->edits[i];
		size_t to = i < f->n ? e->at : f->o.n;
		struct pdu_got got = { .octets = { f->o.p + to, i < f->n && !captured ? e->n :
		                                   0 } };

		if (to > at)
			text = join(text, piece_text(l, (struct octets){ f->o.p + at, to - at },
			                             captured ? &stands : NULL));
		if (captured && to > at)
			stands.n = 0;
		if (i < f->n)
			text = join(text, lift_live(l, e->name, &got, e->change));
		at = i < f->n ? e->at + e->n : f->o.n;
		if (whole)
			l->values_n = l->kept_n = 0;
	}
	return text;
}

char *lift_apdu(struct replay_lift *l, struct octets captured)
{
	struct finding_edits f = { .l = l, .o = captured, .most = LIFT_VALUES / 2 };
	bool rewritten = l->options->rewrites_n && other_recipients(l, captured, &f.o);
	char *text, *whole;

	find_edits(&f, 0, f.o.n, 0, 0);
	if (l->failed || (!rewritten && !f.n)) {
		free(f.edits);
		return lift_octets(l, captured);
	}
	text = edited_text(l, &f, rewritten ? &captured : NULL, false);
	if (!text || asprintf(&whole, "(%s)", text) < 0)
		whole = NULL;
	free(text);
	free(f.edits);
	return whole;
}

char *lift_transfer(struct replay_lift *l, int64_t time_ns, struct octets o)
{
	struct finding_edits f = { .l = l, .o = o };
	char *text;

	l->time_ns = time_ns;
	l->values_n = l->kept_n = 0;
	if (l->options->rewrites_n)
		other_recipients(l, o, &f.o);
	find_edits(&f, 0, f.o.n, 0, 0);
	text = edited_text(l, &f, NULL, true);
	free(f.edits);
	return text;
}
