#include "fuzz/space.h"

#include "cotp/cotp_pdu.h"
#include "fuzz/expect.h"
#include "fuzz/seed.h"
#include "fuzz/sentences.h"
#include "scenario/random.h"
#include "session/session_machine.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])
/* --- paths, and the points on them --------------------------------------------------- */

enum { PATH_RELEASE, PATH_TRANSFER, PATH_RECOVERY = 7 };

static const struct fuzz_path own_paths[] = {
	[PATH_RELEASE] = { "release", 3, { CR, CN, FN } },
	[PATH_TRANSFER] = { "transfer", 8, { CR, CN, AS, DT_1, MIP, DT_2, AE, FN } },
	{ "interrupt", 9, { CR, CN, AS, DT_1, MIP, AI, AR, DT_2, AE } },
	{ "discard", 7, { CR, CN, AS, DT_1, MIP, AD, FN } },
	{ "turn", 6, { CR, CN_TURNS, GTC, PLEASE_BACK, GTA, FN } },
	{ "refused", 2, { CR, CN_WRONG } },
	{ "reserved", 3, { CR_RESERVED, CN, FN } },	/* RFC 1006 6: that octet means nothing */
	/* Of what broke off behind a checkpoint. */
	[PATH_RECOVERY] = { "recovery", 5, { CR, RECOVER, RESUME, DT_2, AE } },
	{ "exception", 4, { CR, CN, AR_STRANGER, AD } },	/* of what it does not know */
	{ "overflow", 4, { CR, CN_MORE, CDO, FN } },
};

static size_t paths_n(void)
{
	return COUNT(own_paths) + seed_paths();
}

static const struct fuzz_path *path_at(size_t i)
{
	return i < COUNT(own_paths) ? &own_paths[i] : seed_path(i - COUNT(own_paths));
}

const struct fuzz_sentence *fuzz_sentence(size_t i)
{
	return i < fuzz_sentences_n ? &fuzz_sentences[i] : seed_sentence(i - fuzz_sentences_n);
}

/* What a sentence of a capture is like, it is. */
static uint8_t role_of(uint8_t sentence)
{
	return sentence < fuzz_sentences_n ? sentence : seed_role(sentence - fuzz_sentences_n);
}

static const char *const phases[FUZZ_PHASES] = { "partly", "said", "answered" };

struct point {
	uint8_t path, step, phase;	/* step 0: TCP itself, 1...: of the path */
};

/* A step that has no answer has no third phase; TCP is not said partly. */
static bool exists(const struct point *p)
{
	if (p->step == 0)
		return p->phase != PHASE_PARTLY && p->path == 0;
	if (p->path > 0 && p->step <= 2 &&	/* paths begin alike */
	    path_at(p->path)->steps[p->step - 1] == own_paths[0].steps[p->step - 1])
		return false;
	return p->phase != PHASE_ANSWERED ||
	       fuzz_sentence(path_at(p->path)->steps[p->step - 1])->hears;
}

enum { POINTS_MAX = 1500 };

static size_t points_n, own_points_n;
static struct point points[POINTS_MAX];

static void list_path(uint8_t path)
{
	struct point at;

	for (uint8_t step = 0; step <= path_at(path)->n; step++)
		for (uint8_t phase = 0; phase < FUZZ_PHASES && points_n < POINTS_MAX; phase++) {
			at = (struct point){ path, step, phase };
			if (exists(&at))
				points[points_n++] = at;
		}
}

static void list_points(void)
{
	static unsigned generation;

	if (points_n && generation == seed_generation())
		return;
	generation = seed_generation();
	points_n = 0;
	for (uint8_t path = 0; path < paths_n(); path++) {
		if (path == COUNT(own_paths))
			own_points_n = points_n;
		list_path(path);
	}
	if (!seed_paths())
		own_points_n = points_n;
}

size_t fuzz_points(void)
{
	list_points();
	return points_n;
}

bool fuzz_reachable(size_t point)
{
	list_points();
	return point < own_points_n ||
	       points[point].step <= seed_reach(points[point].path - COUNT(own_paths));
}

size_t fuzz_end_of(size_t path)
{
	size_t i;

	list_points();
	i = points_n;
	while (i > own_points_n && points[i - 1].path != COUNT(own_paths) + path)
		i--;
	return i - 1;
}

/* Points from this one on are drawn: those of a capture, if there is one. */
static size_t points_from(void)
{
	return points_n > own_points_n ? own_points_n : 0;
}

size_t fuzz_ways(void)
{
	return fuzz_sentences_n - FIRST_WAY + 1;	/* and nothing */
}

/* "transfer/MIP/said" */
static void point_text(struct text *t, size_t point)
{
	const struct point *p;

	list_points();
	p = &points[point];
	text_put(t, path_at(p->path)->name);
	text_put(t, "/");
	text_put(t, p->step ? fuzz_sentence(path_at(p->path)->steps[p->step - 1])->name : "TCP");
	text_put(t, "/");
	text_put(t, phases[p->phase]);
}

/* --- cases ------------------------------------------------------------------------------ */

static const uint32_t delays[FUZZ_DELAYS] = { 0, 1000, 5000, 20000, 300000 };
static const char *const delay_names[] = { "0", "1ms", "5ms", "20ms", "300ms" };
static const char *const end_names[FUZZ_ENDS] = {
	"hold", "fin", "rst", "half-close", "deaf", "stall", "silence",
};
static const char *const flight_names[FUZZ_FLIGHTS] = {
	"nothing", "data", "please", "unread", "other", "turn",
};
static const char *const after_names[FUZZ_AFTERS] = {
	"nothing", "rebind", "recover", "recover-wrongly", "resume-beyond",
};

uint64_t fuzz_cells(void)
{
	return (uint64_t)fuzz_points() * fuzz_ways() * FUZZ_ENDS * COUNT(delays) * FUZZ_FLIGHTS *
	       FUZZ_AFTERS;
}

/* How often each is drawn.  Time costs most: what waits is rare. */
static const uint16_t end_weights[FUZZ_ENDS] = { 300, 250, 350, 60, 20, 12, 1 };
static const uint16_t delay_weights[] = { 920, 60, 10, 3, 1 };
static const uint16_t flight_weights[FUZZ_FLIGHTS] = { 800, 60, 40, 60, 40, 20 };
static const uint16_t after_weights[FUZZ_AFTERS] = { 830, 100, 40, 15, 15 };

static uint8_t draw(struct random *r, const uint16_t *weights, size_t n)
{
	uint32_t sum = 0, at;
	uint8_t i = 0;

	for (size_t k = 0; k < n; k++)
		sum += weights[k];
	assert(sum > 0);
	at = (uint32_t)(random_next(r) % sum);
	while (at >= weights[i])
		at -= weights[i++];
	return i;
}

/* An end without a word is what networks make: as often as so many ways together. */
enum { SILENT_WAYS = 12 };

static uint64_t slots(void)
{
	return fuzz_ways() - 1 + SILENT_WAYS;
}

static uint8_t way_of(uint64_t slot)
{
	return slot < SILENT_WAYS ? NOTHING : (uint8_t)(FIRST_WAY + slot - SILENT_WAYS);
}

static uint8_t draw_way(struct random *r)
{
	return way_of(random_next(r) % slots());
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint64_t fuzz_round(void)
{
	list_points();
	return (points_n - points_from()) * slots();
}

/* Each way at each point, before the first of them comes again: a round has all pairs, in an
 * order of its own, by a step that has no divisor in common with their number. */
static void draw_pair(struct fuzz_case *c)
{
	uint64_t n = fuzz_round(), round = c->number / n, step, pair;
	struct random r = { random_mix(c->seed ^ random_mix(~round)) };

	do
		step = 1 + random_next(&r) % n;
	while (common_divisor(step, n) != 1);
	pair = (random_next(&r) % n + c->number % n * step) % n;
	c->point = (uint16_t)(points_from() + pair / slots());
	c->way = way_of(pair % slots());
}

/* What becomes of the message of a case that is honest up to there. */
static enum fuzz_message message_of(const struct point *p)
{
	const struct fuzz_path *path = path_at(p->path);
	enum fuzz_message m = p->path == PATH_RECOVERY ? MESSAGE_PARTLY : MESSAGE_NONE;

	for (uint8_t i = 1; i <= p->step && m != MESSAGE_WHOLE; i++) {
		uint8_t role = role_of(path->steps[i - 1]);

		if (role == AS)
			m = MESSAGE_PARTLY;
		if (role == AE)
			m = i < p->step || p->phase == PHASE_ANSWERED ? MESSAGE_WHOLE
			  : p->phase == PHASE_SAID ? MESSAGE_IN_DOUBT : MESSAGE_PARTLY;
	}
	return m;
}

/* What happens where the message is handed on: mostly nothing. */
static const uint16_t down_end_weights[FUZZ_ENDS] = { 200, 250, 350, 60, 20, 120, 10 };

static void draw_down(struct random *r, struct fuzz_case *c)
{
	uint64_t more = random_next(r);

	c->down = (uint8_t)(1 + more % (FUZZ_PLACES - 1));
	c->down_end = draw(r, down_end_weights, FUZZ_ENDS);
	if (more / 16 % 2 == 0)
		c->down_way = draw_way(r);
	if (!c->down_way && c->down_end == FUZZ_END_HOLD)
		c->down_end = FUZZ_END_RST;
	if (more / 32 % 4 == 0)
		c->down_times = (uint8_t)(more / 128 % FUZZ_TIMES);
	if (c->down_way && more / 2048 % 8 == 0)
		c->down_cut = (uint16_t)(more >> 40 | 1);
	c->is_long |= fuzz_place_is_long(&fuzz_places[c->down]);
	/* Who does not read holds up only what does not fit. */
	if (c->down_end == FUZZ_END_STALL && fuzz_places[c->down].in_activity)
		c->is_long |= more / 1024 % 2;
}

/* There will be a message to hand on. */
static bool hands_on(const struct fuzz_case *c)
{
	const struct point *p = &points[c->point];

	return c->point < own_points_n && c->flight != FLIGHT_UNREAD &&
	       message_of(p) == MESSAGE_WHOLE;
}

void fuzz_case_make(struct fuzz_case *c, uint64_t seed, uint64_t number)
{
	struct random r = { random_mix(seed * UINT64_C(0x9e3779b97f4a7c15) ^ random_mix(number)) };
	uint64_t more;

	*c = (struct fuzz_case){ .seed = seed, .number = number };
	list_points();
	draw_pair(c);
	c->end = draw(&r, end_weights, FUZZ_ENDS);
	c->delay = draw(&r, delay_weights, COUNT(delay_weights));
	c->flight = draw(&r, flight_weights, FUZZ_FLIGHTS);
	c->after = draw(&r, after_weights, FUZZ_AFTERS);
	c->cut = (uint16_t)random_next(&r);
	more = random_next(&r);
	if (more % 16 == 0)
		c->second = draw_way(&r);
	if (more / 16 % 8 == 0)
		c->lie = (uint8_t)(random_next(&r) % fuzz_lies_n);
	c->is_long = more / 128 % 12 == 0;
	c->rest = c->way && (more >> 32) % 8 == 0;
	if (more / 2048 % 2 == 0 && hands_on(c))
		draw_down(&r, c);
}

/* All of a path, and its last answer. */
static struct fuzz_case honest(uint64_t number, uint8_t path)
{
	struct fuzz_case c = { .number = number, .end = FUZZ_END_RST };

	list_points();
	while (points[c.point].path != path || points[c.point].step != own_paths[path].n ||
	       points[c.point].phase != PHASE_ANSWERED)
		c.point++;
	return c;
}

struct fuzz_case fuzz_probe(uint64_t number)
{
	return honest(number, PATH_RELEASE);
}

struct fuzz_case fuzz_message(uint64_t number)
{
	struct fuzz_case c = honest(number, PATH_TRANSFER);

	c.is_long = true;
	return c;
}

/* "at activity-start say AB rst, 3 times" */
static void down_text(struct text *t, const struct fuzz_case *c)
{
	text_put(t, "at ");
	text_put(t, fuzz_places[c->down].text);
	if (c->down_way) {
		text_put(t, " say ");
		text_put(t, fuzz_sentences[c->down_way].name);
		text_put(t, c->down_cut ? " partly" : "");
	}
	text_put(t, " ");
	text_put(t, end_names[c->down_end]);
	if (c->down_times) {
		text_put(t, ", times ");
		text_u64(t, c->down_times + 1u);
	}
}

void fuzz_case_text(struct text *t, const struct fuzz_case *c)
{
	text_u64(t, c->seed);
	text_put(t, ":");
	text_u64(t, c->number);
	text_put(t, " ");
	point_text(t, c->point);
	text_put(t, " ");
	text_put(t, fuzz_sentences[c->way].name);
	if (c->second) {
		text_put(t, "+");
		text_put(t, fuzz_sentences[c->second].name);
	}
	if (c->lie) {
		text_put(t, " lie=");
		text_u64(t, c->lie);
	}
	text_put(t, " ");
	text_put(t, end_names[c->end]);
	text_put(t, " delay=");
	text_put(t, delay_names[c->delay]);
	text_put(t, " flight=");
	text_put(t, flight_names[c->flight]);
	text_put(t, " after=");
	text_put(t, after_names[c->after]);
	if (c->rest)
		text_put(t, " rest");
	if (c->is_long)
		text_put(t, " long");
	if (c->down) {
		text_put(t, " down=(");
		down_text(t, c);
		text_put(t, ")");
	}
}

/* --- operations ------------------------------------------------------------------------------ */

/* What the peer is given to end by itself, and how long we are silent. */
enum { QUIET_US = 1000, DEAF_US = 5000, STALL_US = 15000, SLOW_US = 20000 };

static struct fuzz_op *put(struct fuzz_script *s, enum fuzz_op_kind kind, uint8_t conn)
{
	struct fuzz_op *op = &s->ops[s->n++];

	*op = (struct fuzz_op){ .kind = (uint8_t)kind, .conn = conn };
	return op;
}

static void say(struct fuzz_script *s, uint8_t conn, uint8_t sentence)
{
	put(s, OP_SAY, conn)->sentence = sentence;
}

/* Who has forgotten what was lost refuses; so may who is asked for what it does not know, or for
 * more than it takes. */
static bool may_be_refused(uint8_t sentence)
{
	return sentence == RECOVER || sentence == AR_STRANGER || sentence == CN_MORE;
}

static void hear(struct fuzz_script *s, uint8_t conn, uint8_t sentence)
{
	struct fuzz_op *op;

	if (!fuzz_sentence(sentence)->hears)
		return;
	op = put(s, OP_HEAR, conn);
	op->code = fuzz_sentence(sentence)->hears;
	op->any = may_be_refused(sentence);
}

static void step(struct fuzz_script *s, uint8_t conn, uint8_t sentence)
{
	say(s, conn, sentence);
	hear(s, conn, sentence);
}

static void bind(struct fuzz_script *s, uint8_t conn)
{
	put(s, OP_CONNECT, conn);
	step(s, conn, CR);
	step(s, conn, CN);
}

static void end(struct fuzz_script *s, uint8_t conn, enum fuzz_end how)
{
	put(s, OP_END, conn)->code = (uint8_t)how;
}

static void release(struct fuzz_script *s, uint8_t conn)
{
	step(s, conn, FN);
	end(s, conn, FUZZ_END_RST);
}

static void hear_any(struct fuzz_script *s, uint8_t conn)
{
	put(s, OP_HEAR, conn)->any = true;
}

/* The MTA may have mail for who called there, and asks for the turn. */
static void bind_as_next(struct fuzz_script *s)
{
	put(s, OP_CONNECT, CONN_OTHER);
	step(s, CONN_OTHER, CR);
	say(s, CONN_OTHER, CN_NEXT);
	hear_any(s, CONN_OTHER);
}

/* What a step of a path is in this case. */
static uint8_t sentence_of(const struct fuzz_case *c, uint8_t step)
{
	if (!c->is_long)
		return step;
	return step == DT_1 ? DT_LONG_1 : step == DT_2 ? DT_LONG_2 : step;
}

/* A transfer that can be recovered: behind its checkpoint the connection breaks off. */
static void break_off(struct fuzz_script *s, const struct fuzz_case *c)
{
	bind(s, CONN_BEFORE);
	step(s, CONN_BEFORE, AS);
	step(s, CONN_BEFORE, sentence_of(c, DT_1));
	step(s, CONN_BEFORE, MIP);
	end(s, CONN_BEFORE, FUZZ_END_RST);
}

/* The honest part, up to the point. */
static void approach(struct fuzz_script *s, const struct fuzz_case *c, const struct point *p)
{
	const struct fuzz_path *path = path_at(p->path);
	bool unread = c->flight == FLIGHT_UNREAD;

	if (p->path == PATH_RECOVERY)
		break_off(s, c);
	put(s, OP_CONNECT, CONN_CASE)->any = p->step == 0 && p->phase == PHASE_SAID;
	for (uint8_t i = 1; i < p->step; i++)
		step(s, CONN_CASE, sentence_of(c, path->steps[i - 1]));
	if (unread)
		put(s, OP_STALL, CONN_CASE);
	s->stimulus = s->n;
	if (p->step == 0)
		return;
	say(s, CONN_CASE, sentence_of(c, path->steps[p->step - 1]));
	if (p->phase == PHASE_PARTLY)
		s->ops[s->n - 1].cut = (uint16_t)(c->cut | 1);
	else if (p->phase == PHASE_ANSWERED && !unread)
		hear(s, CONN_CASE, path->steps[p->step - 1]);
	if (p->phase != PHASE_PARTLY)
		s->stimulus = s->n;
}

static void pause(struct fuzz_script *s, uint32_t us)
{
	if (us)
		put(s, OP_PAUSE, CONN_CASE)->us = us;
}

static void stimulate(struct fuzz_script *s, const struct fuzz_case *c)
{
	if (c->flight == FLIGHT_DATA)
		say(s, CONN_CASE, JUNK);
	if (c->flight == FLIGHT_PLEASE)
		say(s, CONN_CASE, PLEASE);
	pause(s, delays[c->delay]);
	if (c->way) {
		say(s, CONN_CASE, c->way);
		s->ops[s->n - 1].lie = c->lie;
	}
	if (c->second)
		say(s, CONN_CASE, c->second);
}

static bool ends_activity(uint8_t way)
{
	return fuzz_sentences[way].event == SESSION_EV_AE;
}

static bool begins_activity(uint8_t way)
{
	return fuzz_sentences[way].event == SESSION_EV_AS ||
	       fuzz_sentences[way].event == SESSION_EV_AR;
}

/* The exchange goes on as if nothing had been said; who has to end the connection answers none
 * of it.  Behind half a PDU it would be the rest of that; which of two ends of an activity was
 * confirmed nobody could tell, nor that the rest of a message alone is one. */
static bool goes_on(const struct fuzz_case *c, const struct point *p)
{
	return c->rest && p->phase != PHASE_PARTLY && !ends_activity(c->way) &&
	       !ends_activity(c->second) && !begins_activity(c->way) &&
	       !begins_activity(c->second);
}

static void go_on(struct fuzz_script *s, const struct fuzz_case *c, const struct point *p)
{
	const struct fuzz_path *path = path_at(p->path);

	for (uint8_t i = p->step; i < path->n; i++) {
		say(s, CONN_CASE, sentence_of(c, path->steps[i]));
		if (role_of(path->steps[i]) == AE && s->message < MESSAGE_IN_DOUBT)
			s->message = MESSAGE_IN_DOUBT;
		if (fuzz_sentence(path->steps[i])->hears && !s->must_end) {
			hear_any(s, CONN_CASE);
			s->ops[s->n - 1].us = QUIET_US;
		}
	}
	s->allowed = UINT64_MAX;
	s->wanted = 0;
}

static void finish(struct fuzz_script *s, const struct fuzz_case *c)
{
	uint8_t how = c->end;

	/* Nothing is due: the peer might wait as long as we do. */
	if ((how == FUZZ_END_HOLD || how == FUZZ_END_SILENCE) && !s->must_end && !s->wanted)
		put(s, OP_HOLD, CONN_CASE)->us = QUIET_US;
	else if (how == FUZZ_END_HOLD || how == FUZZ_END_SILENCE)
		put(s, OP_HOLD, CONN_CASE);
	else if (how == FUZZ_END_STALL)
		put(s, OP_PAUSE, CONN_CASE)->us = STALL_US;
	if (how == FUZZ_END_DEAF) {
		end(s, CONN_CASE, FUZZ_END_DEAF);
		put(s, OP_HOLD, CONN_CASE)->us = DEAF_US;
	}
	if (how == FUZZ_END_FIN || how == FUZZ_END_HALF) {
		end(s, CONN_CASE, FUZZ_END_HALF);
		put(s, OP_HOLD, CONN_CASE)->us = how == FUZZ_END_HALF ? 0 : QUIET_US;
	}
	end(s, CONN_CASE, how == FUZZ_END_FIN ? FUZZ_END_FIN : FUZZ_END_RST);
}

/* X.225 7.30: the activity that broke off is resumed behind its checkpoint. */
static void go_on_there(struct fuzz_script *s, const struct fuzz_case *c)
{
	say(s, CONN_AFTER, c->after == AFTER_RECOVER ? RESUME : RESUME_BEYOND);
	say(s, CONN_AFTER, sentence_of(c, DT_2));
	say(s, CONN_AFTER, AE);
	hear_any(s, CONN_AFTER);
	s->resumes = true;
}

/* Behind half a PDU whatever is said is taken for the rest of it: what would be recovered then is
 * nothing that anybody knows. */
static uint8_t after_of(const struct fuzz_case *c, const struct point *p)
{
	bool said = c->way || c->second || c->flight == FLIGHT_DATA || c->flight == FLIGHT_PLEASE;

	if (p->phase == PHASE_PARTLY && said &&
	    (c->after == AFTER_RECOVER || c->after == AFTER_RESUME_BEYOND))
		return AFTER_RECOVER_WRONGLY;
	return c->after;
}

static void follow(struct fuzz_script *s, const struct fuzz_case *c, const struct point *p)
{
	uint8_t after = after_of(c, p);

	if (c->flight == FLIGHT_OTHER)
		release(s, CONN_OTHER);
	if (after == AFTER_NOTHING)
		return;
	if (after == AFTER_REBIND) {
		bind(s, CONN_AFTER);
		release(s, CONN_AFTER);
		return;
	}
	put(s, OP_CONNECT, CONN_AFTER);
	step(s, CONN_AFTER, CR);
	step(s, CONN_AFTER, after == AFTER_RECOVER_WRONGLY ? RECOVER_WRONGLY : RECOVER);
	if (after == AFTER_RECOVER_WRONGLY)
		hear_any(s, CONN_AFTER);
	else
		go_on_there(s, c);
	end(s, CONN_AFTER, FUZZ_END_RST);
}

/* Who is not told what a case has to say owes it nothing: with a sentence goes what is
 * expected behind it, and with a connection all that is done on it. */
static void leave_out(struct fuzz_script *s, uint64_t without)
{
	bool mute[FUZZ_CONNS] = { false }, none[FUZZ_CONNS] = { false };
	uint8_t kept = 0, stimulus = 0;

	for (uint8_t i = 0; i < s->n; i++) {
		struct fuzz_op op = s->ops[i];
		bool out = without >> i & 1, waits = (op.kind == OP_HEAR && !op.any) ||
		                                     (op.kind == OP_HOLD && !op.us);

		if (i == s->stimulus)
			stimulus = kept;
		none[op.conn] |= out && op.kind == OP_CONNECT;
		mute[op.conn] |= out && op.kind == OP_SAY;
		if (!out && !none[op.conn] && !(mute[op.conn] && waits))
			s->ops[kept++] = op;
	}
	s->n = kept;
	s->stimulus = stimulus;
	if (mute[CONN_CASE] || none[CONN_CASE]) {
		s->allowed = UINT64_MAX;
		s->honest = 0;
	}
}

/* Behind the approach, up to the first operation that an honest peer would not do. */
static uint8_t honest_until(const struct fuzz_script *s)
{
	uint8_t i = s->stimulus;

	while (i < s->n && (s->ops[i].kind == OP_PAUSE || s->ops[i].kind == OP_HOLD))
		i++;
	return i;
}

static uint8_t spent_from(const struct fuzz_script *s)
{
	uint8_t n = s->n;

	while (n && s->ops[n - 1].kind != OP_SAY && s->ops[n - 1].kind != OP_CONNECT)
		n--;
	return n;
}

void fuzz_compile(const struct fuzz_case *c, struct fuzz_script *s)
{
	const struct point *p;
	const struct fuzz_path *path;

	list_points();
	p = &points[c->point];
	path = path_at(p->path);
	*s = (struct fuzz_script){ .message = (uint8_t)message_of(p) };
	if (c->flight == FLIGHT_OTHER)
		bind(s, CONN_OTHER);
	if (c->flight == FLIGHT_TURN)
		bind_as_next(s);
	approach(s, c, p);
	expect_reaction(s, c, path->steps, p->step, (enum fuzz_phase)p->phase);
	stimulate(s, c);
	if (goes_on(c, p))
		go_on(s, c, p);
	finish(s, c);
	follow(s, c, p);
	/* What was captured may be complete without a second half. */
	if (s->message == MESSAGE_PARTLY && p->path >= COUNT(own_paths) &&
	    (ends_activity(c->way) || ends_activity(c->second)))
		s->message = MESSAGE_IN_DOUBT;
	s->seeded = p->path >= COUNT(own_paths);
	if (s->message == MESSAGE_WHOLE && (c->flight == FLIGHT_UNREAD || s->seeded))
		s->message = MESSAGE_IN_DOUBT;
	if (s->message == MESSAGE_WHOLE)
		s->down = c->down;
	if (c->without)
		leave_out(s, c->without);
	/* What was recovered may still be refused when it is resumed. */
	if (s->honest)
		s->honest = p->path == PATH_RECOVERY ? 0 : honest_until(s);
	s->spent = spent_from(s);
	s->slow = c->end == FUZZ_END_SILENCE || c->end == FUZZ_END_STALL ||
	          (s->state == SESSION_STA16 && s->must_end && c->end == FUZZ_END_HOLD) ||
	          delays[c->delay] >= SLOW_US;
}

bool fuzz_acknowledges(const struct fuzz_case *c)
{
	const struct fuzz_sentence *f = &fuzz_sentences[c->down_way];

	return f->event == fuzz_aea_event || (f->text && strstr(f->text, "transfer-completed"));
}

const char *heard_name(unsigned code)
{
	return code >= HEARD_TPDU ? cotp_kind_name((enum cotp_kind)(code - HEARD_TPDU))
	                          : session_spdu_name((enum session_spdu)code);
}
