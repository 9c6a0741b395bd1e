#include "tap/tap.h"

#include <string.h>
#include <strings.h>

/* --- kinds of points --------------------------------------------------------- */

/* In the order of a conversation; `again`: another SPDU that counts as the same. */
static const struct kind {
	const char *name, *spdu;
	uint8_t layer;
	int code, again;
} kinds[TAP_KINDS] = {
	[TAP_CR] = { "cr", "CR", LAYER_COTP, COTP_CR, 0 },
	[TAP_CC] = { "cc", "CC", LAYER_COTP, COTP_CC, 0 },
	[TAP_DR] = { "dr", "DR", LAYER_COTP, COTP_DR, 0 },
	[TAP_CN] = { "cn", "CN", LAYER_SESSION, SPDU_CN, 0 },
	[TAP_AC] = { "ac", "AC", LAYER_SESSION, SPDU_AC, 0 },
	[TAP_RF] = { "rf", "RF", LAYER_SESSION, SPDU_RF, 0 },
	[TAP_FN] = { "fn", "FN", LAYER_SESSION, SPDU_FN, 0 },
	[TAP_DN] = { "dn", "DN", LAYER_SESSION, SPDU_DN, 0 },
	[TAP_AB] = { "ab", "AB", LAYER_SESSION, SPDU_AB, 0 },
	[TAP_GT] = { "gt", "GT", LAYER_SESSION, SPDU_GT, SPDU_GTC },
	[TAP_ACTIVITY_START] = { "activity-start", "AS", LAYER_SESSION, SPDU_AS, SPDU_AR },
	[TAP_DT] = { "dt", "DT", LAYER_SESSION, SPDU_DT, 0 },
	[TAP_MINOR_SYNC] = { "minor-sync", "MIP", LAYER_SESSION, SPDU_MIP, 0 },
	[TAP_MINOR_SYNC_ACK] = { "minor-sync-ack", "MIA", LAYER_SESSION, SPDU_MIA, 0 },
	[TAP_ACTIVITY_END] = { "activity-end", "AE", LAYER_SESSION, SPDU_AE, 0 },
	[TAP_ACTIVITY_END_ACK] =
		{ "activity-end-ack", "AEA", LAYER_SESSION, SPDU_AEA, SPDU_MAA_AEA },
	[TAP_ACTIVITY_INTERRUPT] =
		{ "activity-interrupt", "AI", LAYER_SESSION, SPDU_AI, 0 },
	[TAP_ACTIVITY_DISCARD] = { "activity-discard", "AD", LAYER_SESSION, SPDU_AD, 0 },
};

const char *tap_kind_name(size_t kind)
{
	return kind < TAP_KINDS ? kinds[kind].name : NULL;
}

enum tap_kind tap_kind_of(uint8_t layer, uint8_t code)
{
	for (size_t i = 0; i < TAP_KINDS; i++)
		if (kinds[i].layer == layer &&
		    (kinds[i].code == code || (kinds[i].again && kinds[i].again == code)))
			return (enum tap_kind)i;
	return TAP_KINDS;
}

/* --- text ---------------------------------------------------------------------- */

static bool wrong(struct tap_error *e, size_t at, const char *why)
{
	*e = (struct tap_error){ at, why, NULL };
	return false;
}

static bool is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

static bool is_any_case(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

enum tap_kind tap_kind_find(const char *name, size_t n)
{
	for (size_t i = 0; i < TAP_KINDS; i++)
		if (is_any_case(name, n, kinds[i].name) || is_any_case(name, n, kinds[i].spdu))
			return (enum tap_kind)i;
	return TAP_KINDS;
}

/* The kind with the longest beginning in common. */
static const char *nearest(const char *p, size_t n)
{
	const char *best = NULL;
	size_t most = 1;

	for (size_t i = 0; i < TAP_KINDS; i++) {
		size_t same = 0;

		while (same < n && kinds[i].name[same] && kinds[i].name[same] == p[same])
			same++;
		if (same > most) {
			most = same;
			best = kinds[i].name;
		}
	}
	return best;
}

/* One part, up to a colon. */
static size_t part(const char *text, size_t at)
{
	return strcspn(text + at, ":");
}

static bool read_count(const char *text, size_t *at, uint32_t *out, struct tap_error *e)
{
	size_t n = part(text, *at);
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[*at + i];

		if (c < '0' || c > '9')
			return wrong(e, *at + i, "a number from 1 was wanted");
		v = v * 10 + (uint64_t)(c - '0');
		if (v > UINT32_MAX)
			return wrong(e, *at, "the number is too large");
	}
	if (v == 0)
		return wrong(e, *at, "a number from 1 was wanted");
	*out = (uint32_t)v;
	*at += n + (text[*at + n] == ':');
	return true;
}

bool tap_point_parse(const char *text, struct tap_point *out, struct tap_error *error)
{
	size_t at = 0, n = part(text, 0), kind;

	*out = (struct tap_point){ .n = 1 };
	if (text[n] == ':' && (is_word(text, n, "before") || is_word(text, n, "after"))) {
		out->before = n == strlen("before");
		at = n + 1;
		n = part(text, at);
	}
	kind = tap_kind_find(text + at, n);
	if (kind == TAP_KINDS) {
		wrong(error, at, "no such point of the protocol");
		error->nearest = nearest(text + at, n);
		return false;
	}
	out->kind = (uint8_t)kind;
	at += n + (text[at + n] == ':');
	if (text[at] && !is_word(text + at, part(text, at), "of") &&
	    !read_count(text, &at, &out->n, error))
		return false;
	if (is_word(text + at, part(text, at), "of")) {
		at += 2;
		if (text[at] != ':')
			return wrong(error, at, "\":\" and a number were wanted");
		at++;
		if (!read_count(text, &at, &out->of, error))
			return false;
	}
	return text[at] == '\0' || wrong(error, at, "nothing more was wanted here");
}

void tap_point_text(struct text *t, const struct tap_point *p)
{
	text_put(t, p->before ? "before " : "after ");
	text_put(t, kinds[p->kind].name);
	text_char(t, ' ');
	text_u64(t, p->n);
	if (p->of == 0)
		return;
	text_put(t, tap_kind_in_activity((enum tap_kind)p->kind) ? " of activity "
	                                                        : " of connection ");
	text_u64(t, p->of);
}

/* --- watching -------------------------------------------------------------------- */

static void watch_frames(struct tap *t, const struct observation *seen)
{
	struct tap_way *w = &t->way[seen->direction];

	if (seen->layer == LAYER_TPKT && seen->code == OBSERVED_FRAME) {
		w->from = seen->from;
		w->to = seen->to;
	}
	if (seen->layer != LAYER_COTP)
		return;
	if (!w->inside)
		w->tsdu = w->from;
	w->inside = seen->code == COTP_DT && seen->as.cotp && !seen->as.cotp->eot;
}

static void count(struct tap *t, size_t kind, const struct observation *seen)
{
	const struct session_pdu *pdu = seen->layer == LAYER_SESSION ? seen->as.session : NULL;

	if (seen->code == SPDU_AS || seen->code == SPDU_AR) {
		if (seen->layer == LAYER_SESSION) {
			t->activity = t->activities ? ++*t->activities : t->activity + 1;
			for (size_t i = TAP_ACTIVITY_START; i < TAP_KINDS; i++)
				t->counts[i] = 0;
		}
	}
	t->counts[kind]++;
	/* One MIA may answer several MIPs: the serial number says how far. */
	if (pdu && seen->code == SPDU_MIA && pdu->serial > t->counts[kind])
		t->counts[kind] = pdu->serial;
}

static bool has_come(const struct tap *t, const struct tap_point *p, size_t kind)
{
	uint32_t of = tap_kind_in_activity((enum tap_kind)kind) ? t->activity : t->connection;

	return p->kind == kind && t->counts[kind] >= p->n && (p->of == 0 || p->of == of);
}

/* A PDU that streams begins and ends; the others do both at once. */
static void watch_points(struct tap *t, const struct observation *seen)
{
	const struct tap_way *w = &t->way[seen->direction];
	bool begins = seen->part == OBSERVED_WHOLE || seen->part == OBSERVED_BEGIN;
	bool ends = seen->part == OBSERVED_WHOLE || seen->part == OBSERVED_END;
	size_t kind = tap_kind_of(seen->layer, seen->code);

	if (kind == TAP_KINDS || seen->herald)
		return;
	if (begins)
		count(t, kind, seen);
	for (size_t i = 0; i < t->points_n && i < TAP_POINTS_MAX; i++) {
		const struct tap_point *p = &t->points[i];

		if (t->fired[i] || !(p->before ? begins : ends) || !has_come(t, p, kind))
			continue;
		t->fired[i] = true;
		if (t->user->point)
			t->user->point(t, i, (enum observer_direction)seen->direction,
			               p->before ? w->tsdu : w->to, t->ctx);
	}
}

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	struct tap *t = (struct tap *)sink;

	if (t->stopped)
		return;
	watch_frames(t, seen);
	if (t->user->pdu)
		t->user->pdu(t, seen, t->ctx);
	watch_points(t, seen);
}

/* --- life -------------------------------------------------------------------------- */

void tap_init(struct tap *t, struct pool *pool, const struct tap_point *points, size_t n,
              uint32_t connection, const struct tap_user *user, void *ctx)
{
	*t = (struct tap){ .sink.tell = tell, .user = user, .ctx = ctx, .points = points,
	                   .points_n = n, .connection = connection };
	observer_init(&t->observer, pool, &t->sink);
}

void tap_push(struct tap *t, enum observer_direction d, struct octets in)
{
	observer_push(&t->observer, d, in);
}

void tap_end(struct tap *t, enum observer_direction d)
{
	observer_end(&t->observer, d, true);
}

void tap_stop(struct tap *t)
{
	t->stopped = true;
}

void tap_drop(struct tap *t)
{
	observer_drop(&t->observer);
}
