/*
 * Talks as the text of a scenario: its head, who connects and listens when, whose move is next.
 */
#include "replay/replay_composing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CLOSING_MS = 20 };

static const char *const change_names[REPLAY_CHANGES] = {
	[REPLAY_REFERENCES] = "references", [REPLAY_NAMES] = "names",
	[REPLAY_PASSWORDS] = "passwords", [REPLAY_SELECTORS] = "selectors",
	[REPLAY_CONTEXTS] = "presentation contexts", [REPLAY_VERSIONS] = "versions",
	[REPLAY_SERIALS] = "serial numbers", [REPLAY_IDENTIFIERS] = "MTS identifiers",
	[REPLAY_TIMES] = "times", [REPLAY_RECIPIENTS] = "recipients",
	[REPLAY_SIZES] = "sizes", [REPLAY_TOKENS] = "tokens",
};

const char *replay_change_name(enum replay_change c)
{
	return change_names[c];
}

/* ---- the whole ---- */

/* "SIDE: OPTIONS", or options for all: how long SIDE is, 0: there is none. */
static size_t named_side(const char *options)
{
	size_t word = strcspn(options, " ");

	return word > 0 && options[word - 1] == ':' ? word - 1 : 0;
}

/* "HOW at frame N", "HOW at POINT" or "FAULT at POINT"; the latter two at a side, the first
 * one's if none is named. */
static bool read_cut(struct composing *k)
{
	size_t named = k->o->cut ? named_side(k->o->cut) : 0;
	const char *side = named ? k->o->cut : k->part->side;
	int side_n = (int)(named ? named : strlen(side));
	const char *cut = named ? k->o->cut + named + strspn(k->o->cut + named, ": ") : k->o->cut;
	const char *at = cut ? strstr(cut, " at ") : NULL;
	size_t n = at ? (size_t)(at - cut) : 0;
	bool fault = n && memchr(cut, ' ', n);
	char rest[64];

	if (!cut)
		return true;
	fault |= n == strlen("stall") && (!memcmp(cut, "stall", n));
	fault |= n == strlen("down") && (!memcmp(cut, "down", n));
	if (n == 0 || (!fault && n >= sizeof k->cut_how))
		return compose_cannot(k, "a cut is written \"rst at frame 12\" or \"fin at dt 3\", "
		                      "another fault \"stall for 5s at dt 3\"");
	at += strlen(" at ");
	if (fault) {
		compose_say(k, "%.*s: at %s %.*s", side_n, side, at, (int)n, cut);
		return true;
	}
	snprintf(k->cut_how, sizeof k->cut_how, "%.*s", (int)n, cut);
	if (sscanf(at, "frame %9" SCNu32 "%1s", &k->cut_frame, rest) == 1)
		return true;
	compose_say(k, "%.*s: at %s cut %s", side_n, side, at, k->cut_how);
	return true;
}

static int64_t span_us(const struct replay_part *parts, size_t n)
{
	int64_t from = INT64_MAX, to = 0;

	for (size_t i = 0; i < n; i++) {
		const struct replay_talk *t = parts[i].talk;

		if (t->moves_n && t->opened_ns < from)
			from = t->opened_ns;
		if (t->moves_n && t->moves[t->moves_n - 1].time_ns > to)
			to = t->moves[t->moves_n - 1].time_ns;
	}
	return to > from ? (to - from) / 1000 : 0;
}

static bool has_role(const struct replay_part *parts, size_t n, enum capture_direction ours)
{
	for (size_t i = 0; i < n; i++)
		if (parts[i].ours == ours)
			return true;
	return false;
}

static bool is_first_of_side(const struct replay_part *parts, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(parts[k].side, parts[i].side) == 0)
			return false;
	return true;
}

static void head(struct composing *k, const struct replay_part *parts, size_t n)
{
	double span = k->o->timing == REPLAY_FAST ? 0 : (double)span_us(parts, n) * k->o->scale;
	int64_t limit = (int64_t)(2 * span) + 6 * k->o->patience_us + (int64_t)n * SECOND_US / 10;
	bool calls = has_role(parts, n, FROM_INITIATOR),
	             called = has_role(parts, n, FROM_RESPONDER);

	limit -= n == 1 ? SECOND_US / 10 : 0;
	if (k->o->times > 1)
		limit += (int64_t)k->o->times * (SECOND_US / 10 + k->o->pause_us) * (int64_t)n;
	else if (n > 1 || k->o->more)
		limit += k->o->pause_us * (int64_t)n;
	fprintf(k->text, "scenario %s\n  title   \"%s captured conversation%s, played as %s %s\"\n",
	        k->o->id, n > 1 ? "Some" : "A", n > 1 ? "s" : "", n > 1 ? "their" : "its",
	        calls && called ? "MTA's neighbours" : calls ? "initiator" : "responder");
	for (size_t i = 0; i < n; i++)
		if (strcmp(parts[i].side, "up") != 0 && is_first_of_side(parts, i))
			fprintf(k->text, "  needs   side.%s\n", parts[i].side);
	limit += k->o->linger_us * (k->o->times > 1 ? k->o->times : 1);
	fprintf(k->text, "  limit   %" PRId64 "s\n\n", limit / SECOND_US + 1);
}

static void say_link(struct composing *all, const struct replay_part *parts, size_t n,
                 const char *options)
{
	size_t named = named_side(options);

	if (named)
		compose_say(all, "%.*s: link%s", (int)named, options, options + named + 1);
	for (size_t i = 0; !named && i < n; i++)
		if (is_first_of_side(parts, i))
			compose_say(all, "%s: link %s", parts[i].side, options);
}

/* When the MTA's next attempt would be the one that was captured: one that finds us too
 * early brings mail that had not come yet. */
static int64_t listen_ns(const struct composing *k)
{
	double interval_us = (double)target_value(k->o->target, KNOWN_OPEN_INTERVAL);

	return k->o->timing != REPLAY_CAPTURED ? 0
	       : k->t->opened_ns - (int64_t)(interval_us / 2 * 1000 / k->o->scale);
}

/* The side whose time comes first begins to listen, if it has come; `k`: whose move is next. */
static bool listen_due(struct composing *k, struct composing *all, size_t n, int64_t now_ns)
{
	struct composing *first = NULL;

	for (size_t i = 0; i < n; i++)
		if (all[i].part->ours == FROM_RESPONDER && !all[i].listening &&
		    (!first || listen_ns(&all[i]) < listen_ns(first)))
			first = &all[i];
	if (!first || listen_ns(first) > now_ns)
		return false;
	if (k->before_ns && listen_ns(first) > k->before_ns) {
		for (size_t i = 0; i < n; i++)
			compose_expect_now(&all[i]);
		compose_pause_until(k, listen_ns(first));
		k->before_ns = listen_ns(first);
	}
	/* What comes takes the names in this order. */
	for (size_t i = 0; i < n; i++) {
		if (all[i].part->ours != FROM_RESPONDER ||
		    strcmp(all[i].part->side, first->part->side) != 0)
			continue;
		compose_say(&all[i], "%s: listen detached", all[i].who);
		all[i].listening = true;
	}
	return true;
}

static void begin(struct composing *all, const struct replay_part *parts, size_t n)
{
	const struct replay_options *o = all->o;

	for (size_t l = 0; l < o->links_n; l++)
		say_link(all, parts, n, o->links[l]);
	if (o->times > 1)
		compose_say(all, "repeat %" PRIu32 " {", o->times);
	if (!o->stimulus)
		return;
	while (listen_due(all, all, n, INT64_MAX))
		;
	fputs(o->stimulus, all->text);
}

/* One move of a talk.  false: it cannot be played. */
static bool play(struct composing *k)
{
	const struct replay_move *m = &k->t->moves[k->at];

	k->at++;
	if (m->n > REPLAY_TSDU_MAX || !replay_octets(k->c, m, k->octets))
		return compose_cannot(k, "frame %" PRIu32 ": its octets cannot be read again",
		                      m->frame);
	lift_session(&k->lift, m, (struct octets){ k->octets, m->n });
	if (m->direction != k->part->ours)
		compose_theirs(k, m);
	else if (!compose_ours(k, m))
		return false;
	k->before_ns = m->time_ns;
	if (k->cut_frame && m->frame >= k->cut_frame && !k->cut) {
		compose_expect_now(k);
		compose_say(k, "%s: cut %s", k->who, k->cut_how);
		k->cut = k->cut_down = true;
		k->at = k->t->moves_n;
	}
	return true;
}

/* The one whose frame it was is cut, and no other. */
static void forget_cut(struct composing *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		all[i].cut_frame = 0;
}

static int64_t next_ns(const struct composing *k)
{
	return k->connected ? k->t->moves[k->at].time_ns : k->t->opened_ns;
}

static uint32_t next_frame(const struct composing *k)
{
	return k->connected ? k->t->moves[k->at].frame : k->t->opened_frame;
}

/* Of silent connections that end at one moment the order tells nothing. */
static bool is_before(const struct composing *a, const struct composing *b)
{
	if (a->t->silent && b->t->silent && a->connected && b->connected &&
	    next_ns(a) == next_ns(b))
		return a < b;
	return next_frame(a) < next_frame(b);
}

/* The talk whose next move was captured first; NULL: there are none left. */
static struct composing *first_of(struct composing *all, size_t n)
{
	struct composing *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (all[i].at == all[i].t->moves_n && all[i].connected)
			continue;
		if (!first || is_before(&all[i], first))
			first = &all[i];
	}
	return first;
}

/* Connections of ours do not follow each other faster than they may. */
static void connect_paced(struct composing *k, struct composing *all, size_t n,
                          int64_t *connected_ns)
{
	const struct replay_options *o = k->o;
	int64_t now_ns = k->t->opened_ns;
	double gap_us = (double)(now_ns - *connected_ns) / 1000 * o->scale;
	double still_us = (double)(now_ns - k->before_ns) / 1000 * o->scale;

	/* How many are open already, and in which order, is what some MTAs go by. */
	for (size_t i = 0; i < n; i++)
		compose_expect_now(&all[i]);
	if (*connected_ns && o->pause_us &&
	    !(o->timing == REPLAY_CAPTURED && gap_us >= (double)o->pause_us))
		compose_say(k, "wait %" PRId64 "us", o->pause_us);
	else
		compose_pause_until(k, now_ns);
	/* Who is to recover must have noticed the loss. */
	if (k->t->resumed.n && (o->timing != REPLAY_CAPTURED || still_us < CLOSING_MS * 1000))
		compose_say(k, "wait %dms", CLOSING_MS);
	*connected_ns = k->before_ns = now_ns;
	k->connected = true;
	compose_say(k, "%s: connect", k->who);
}

/* Sides that only called in the capture are called now, perhaps: that is more than was
 * captured.  Nobody answers: the ledger does not know what was replayed. */
static void listen_for_more(struct composing *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *side = all[i].part->side;
		int number = target_side(all->o->target, side);
		bool first = true, called = false;

		for (size_t j = 0; j < n; j++) {
			first &= j >= i || strcmp(all[j].part->side, side) != 0;
			called |= all[j].part->ours == FROM_RESPONDER &&
			          strcmp(all[j].part->side, side) == 0;
		}
		if (first && !called && number >= 0 && all->o->target->sides[number].listen[0])
			compose_say(all, "%s: listen detached", side);
	}
}

static bool play_all(struct composing *all, size_t n)
{
	int64_t connected_ns = 0;
	bool unheard = false;

	for (struct composing *k; (k = first_of(all, n)) != NULL;) {
		/* Pauses are those of the capture as a whole. */
		for (size_t i = 0; i < n; i++)
			if (all[i].before_ns > k->before_ns)
				k->before_ns = all[i].before_ns;
		while (listen_due(k, all, n, next_ns(k)))
			;
		unheard = !k->connected || k->t->moves[k->at].direction == k->part->ours;
		if (!k->connected)
			connect_paced(k, all, n, &connected_ns);
		else if (!play(k) || k->lift.failed)
			return false;
		if (k->cut_down)
			forget_cut(all, n);
	}
	for (size_t i = 0; i < n; i++) {
		compose_expect_now(&all[i]);
		unheard |= all[i].cut;
	}
	if (all->o->linger_us && all->o->times <= 1)
		listen_for_more(all, n);
	/* Else the case would be over before TCP is, or what was said last is on its way. */
	if (all->o->linger_us)
		compose_say(all, "wait %" PRId64 "ms", all->o->linger_us / 1000);
	else if (unheard && all->o->times <= 1)
		compose_say(all, "wait %dms", CLOSING_MS);
	return true;
}

/* Released, refused or cleared by class 0, and nobody aborted. */
static bool ended_in_order(const struct replay_talk *t)
{
	bool cleared = false;

	for (size_t i = 0; i < t->pdus_n; i++) {
		cleared |= compose_clears(&t->pdus[i]);
		if (t->pdus[i].layer == LAYER_SESSION && t->pdus[i].code == SPDU_AB)
			return false;
	}
	return cleared;
}

/* What ended in order, and is played without faults on top, leaves no known fault in logs. */
static bool leaves_clean_logs(const struct composing *all, size_t n)
{
	const struct replay_options *o = all->o;
	bool logs = o->target->lab || o->target->events.kind != LOG_SOURCE_NONE ||
	            o->target->calls.kind != LOG_SOURCE_NONE;

	if (!logs || o->cut || o->links_n || o->wrong_password)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ended_in_order(all[i].t))
			return false;
	return true;
}

static bool compose(struct composing *all, const struct replay_part *parts, size_t n)
{
	const struct replay_options *o = all->o;
	bool ok;

	head(all, parts, n);
	ok = read_cut(all);
	for (size_t i = 1; i < n; i++) {
		all[i].cut_frame = all->cut_frame;
		memcpy(all[i].cut_how, all->cut_how, sizeof all->cut_how);
	}
	begin(all, parts, n);
	ok = ok && play_all(all, n);
	if ((o->times > 1 || o->more) && o->pause_us)
		compose_say(all, "wait %" PRId64 "us", o->pause_us);
	if (o->times > 1)
		compose_say(all, "}");
	if (leaves_clean_logs(all, n))
		compose_say(all, "expect log none conclusive");
	return ok;
}

static const struct target_side *side_played(const struct target *t, const char *name)
{
	int number = target_side(t, name);

	return number < 0 ? NULL : &t->sides[number];
}

bool replay_compose(const struct replay_capture *c, const struct replay_part *parts, size_t n,
                    const struct replay_options *o, struct replay_composed *out)
{
	struct composing *all = calloc(n, sizeof *all);
	struct lift_identifiers *identifiers = calloc(1, sizeof *identifiers);
	struct lift_sessions sessions = { .at = calloc(n, sizeof *sessions.at) };
	uint8_t *octets = malloc(REPLAY_TSDU_MAX);
	FILE *text;
	bool ok;

	*out = (struct replay_composed){ 0 };
	text = open_memstream(&out->text, &out->n);
	ok = all && identifiers && sessions.at && octets && text;
	for (size_t i = 0; ok && i < n; i++) {
		const struct replay_talk *t = parts[i].talk;

		all[i] = (struct composing){ .c = c, .t = t, .part = &parts[i], .o = o,
		                             .out = out, .text = text, .octets = octets,
		                             .connected = parts[i].ours != FROM_INITIATOR };
		snprintf(all[i].who, sizeof all[i].who, "%s.c%zu", parts[i].side, i + 1);
		lift_init(&all[i].lift, t, o, identifiers, out);
		all[i].lift.sessions = &sessions;
		all[i].lift.name = strchr(all[i].who, '.') + 1;
		all[i].lift.ours = parts[i].ours;
		all[i].lift.lane = parts[i].lane;
		all[i].lift.side = side_played(o->target, parts[i].side);
		if (t->why[parts[i].ours][0])
			ok = compose_cannot(&all[i], "%s", t->why[parts[i].ours]);
	}
	ok = ok && compose(all, parts, n);
	if (!ok && !out->why[0])
		snprintf(out->why, sizeof out->why, "out of memory");
	if (text)
		fclose(text);
	for (size_t i = 0; all && i < n; i++) {
		free(all[i].expected);
		free(all[i].transfer);
		free(all[i].acknowledging);
		lift_drop(&all[i].lift);
	}
	free(all);
	free(identifiers);
	free(sessions.at);
	free(octets);
	return ok;
}

void replay_composed_free(struct replay_composed *out)
{
	free(out->text);
	*out = (struct replay_composed){ 0 };
}
