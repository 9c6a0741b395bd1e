#include "cli/check.h"

#include "array/array.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

enum {
	RETRIES_LEAST = 3,
	PACE_MESSAGES = 5,
	PACE_KEPT = 80,			/* per cent */
	CALL_SLACK_S = 10,
	TOOK_MAX_S = 1000000,		/* what takes longer shows no pace */
};

/* ---- what is gathered ---- */

/* Room for one more of `size` octets; false: there is none. */
static bool room_for(void **at, size_t n, size_t *room, size_t size, size_t most)
{
	void *more = n < most ? array_room(*at, n + 1, room, size) : NULL;

	if (more)
		*at = more;
	return more != NULL;
}

#define ROOM(c, what, most) \
	room_for((void **)&(c)->what, (c)->what##s, &(c)->what##s_room, sizeof *(c)->what, most)

void check_conduct_call(struct check_conduct *c, const struct check_call *call)
{
	if (ROOM(c, call, CONDUCT_CALLS))
		c->call[c->calls++] = *call;
	else
		c->beyond++;
}

void check_conduct_span(struct check_conduct *c, const struct check_span *span)
{
	if (ROOM(c, span, CONDUCT_SPANS))
		c->span[c->spans++] = *span;
	else
		c->beyond++;
}

void check_conduct_limit(struct check_conduct *c, const struct check_limit *limit)
{
	if (ROOM(c, limit, CONDUCT_LIMITS))
		c->limit[c->limits++] = *limit;
	else
		c->beyond++;
}

void check_conduct_lost(struct check_conduct *c, const struct check_lost *l)
{
	struct check_lost *at = check_conduct_find(c, l->key);
	char *id = strdup(l->id);

	if (!id)
		return;
	if (!at && c->losts < CONDUCT_LOSTS && ROOM(c, lost, CONDUCT_LOSTS)) {
		at = &c->lost[c->losts++];
		at->id = NULL;
	} else if (!at) {
		free(id);
		c->beyond++;
		return;
	}
	free(at->id);
	*at = *l;
	at->id = id;
}

/* There are few: links that break are repaired. */
struct check_lost *check_conduct_find(const struct check_conduct *c, uint64_t key)
{
	for (size_t i = c->losts; i-- > 0;)
		if (c->lost[i].key == key)
			return &c->lost[i];
	return NULL;
}

void check_conduct_free(struct check_conduct *c)
{
	for (size_t i = 0; i < c->losts; i++)
		free(c->lost[i].id);
	free(c->call);
	free(c->span);
	free(c->lost);
	free(c->limit);
	*c = (struct check_conduct){ 0 };
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)SECOND_NS;
}

static void __attribute__((format(printf, 4, 5)))
say(struct check *k, struct check_remark *r, int64_t time_ns, const char *fmt, ...)
{
	char text[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	r->weight = CHECK_SUPPORT;
	r->clause = "";
	r->time_ns = time_ns;
	check_remark(k, r, text);
}

static struct check_remark remark_of(const char *name, const struct check_span *s)
{
	return (struct check_remark){
		.name = name, .connection = s->connection, .direction = s->direction,
		.frame = s->frame, .frame_to = s->frame,
	};
}

/* ---- calls ---- */

static int order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int order_u(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_ends(const void *a, const void *b)
{
	const struct check_call *x = a, *y = b;
	int by = order_u(x->ends, y->ends);

	return by ? by : order(x->begun_ns, y->begun_ns);
}

static int by_size(const void *a, const void *b)
{
	return order(*(const int64_t *)a, *(const int64_t *)b);
}

/* Calls from..to follow each other and all failed. */
static void tell_retries(struct check *k, const struct check_call *from, size_t n)
{
	struct check_remark r = {
		.name = "retries", .connection = from->number, .direction = FROM_INITIATOR,
	};
	int64_t *gap = malloc((n - 1) * sizeof *gap), at = from[n - 1].begun_ns, middle;

	if (!gap)
		return;
	for (size_t i = 0; i + 1 < n; i++)
		gap[i] = from[i + 1].begun_ns - from[i].begun_ns;
	qsort(gap, n - 1, sizeof *gap, by_size);
	middle = gap[(n - 1) / 2];
	say(k, &r, at, "%zu connections after another did not come to an association, %.1f to "
	    "%.1f s apart, in the middle %.1f s", n, seconds(gap[0]), seconds(gap[n - 2]),
	    seconds(middle));
	free(gap);
	r.name = "retries-dense";
	if (middle < k->conduct.open_ns / 2)
		say(k, &r, at, "in the middle %.1f s apart; the open interval is %.1f s",
		    seconds(middle), seconds(k->conduct.open_ns));
}

static void look_for_retries(struct check *k)
{
	struct check_call *call = k->conduct.call;
	size_t n = k->conduct.calls, from = 0;

	if (n > 0)
		qsort(call, n, sizeof *call, by_ends);
	for (size_t i = 0; i <= n; i++) {
		if (i < n && call[i].failed && call[i].ends == call[from].ends)
			continue;
		if (i - from >= RETRIES_LEAST && call[from].failed)
			tell_retries(k, &call[from], i - from);
		from = i < n && call[i].failed ? i : i + 1;
	}
}

/* ---- control blocks ---- */

struct change {
	int64_t at_ns;
	int by;
};

static int by_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int by = order(x->at_ns, y->at_ns);

	return by ? by : x->by - y->by;
}

/* How many connections there are behind each change; *n: changes. */
static struct change *count_open(const struct check_conduct *c, size_t *n)
{
	struct change *all = calloc(2 * c->calls + 1, sizeof *all);
	int open = 0;

	*n = 0;
	for (size_t i = 0; all && i < c->calls; i++) {
		all[(*n)++] = (struct change){ c->call[i].begun_ns, 1 };
		all[(*n)++] = (struct change){ c->call[i].ended_ns, -1 };
	}
	if (all)
		qsort(all, *n, sizeof *all, by_time);
	for (size_t i = 0; i < *n; i++)
		all[i].by = open += all[i].by;
	return all;
}

static uint32_t open_at(const struct change *all, size_t n, int64_t at_ns)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (all[middle].at_ns <= at_ns)
			from = middle + 1;
		else
			to = middle;
	}
	return from > 0 ? (uint32_t)all[from - 1].by : 0;
}

/* The log may be of any MTA of the capture, so all connections count.  Each may have two
 * blocks for a moment: its own, and that of who listens. */
static void look_for_blocks(struct check *k)
{
	const struct check_conduct *c = &k->conduct;
	struct check_remark r = { .name = "blocks-kept", .direction = DIRECTIONS };
	size_t n = 0;
	struct change *all = c->limits > 0 ? count_open(c, &n) : NULL;

	for (size_t i = 0; all && i < c->limits; i++) {
		uint32_t open = open_at(all, n, c->limit[i].at_ns);

		if (2 * open + 2 >= c->limit[i].blocks)
			continue;
		say(k, &r, c->limit[i].at_ns, "no control block of %" PRIu32 " is free, and "
		    "%" PRIu32 " connections are open", c->limit[i].blocks, open);
		break;
	}
	free(all);
}

/* ---- who was held up by whom ---- */

static int by_arrival(const void *a, const void *b)
{
	const struct check_span *x = a, *y = b;
	int by = order_u(x->message, y->message);

	if (!by)
		by = order_u(x->to, y->to);
	return by ? by : order(x->ended_ns, y->ended_ns);
}

static int by_sender(const void *a, const void *b)
{
	const struct check_span *x = a, *y = b;
	int by = order_u(x->from, y->from);

	return by ? by : order(x->begun_ns, y->begun_ns);
}

static int by_number(const void *a, const void *b)
{
	return order_u(((const struct check_call *)a)->number,
	               ((const struct check_call *)b)->number);
}

/* The spans of one sender, and how long he was busy with others than one receiver. */
struct sender {
	const struct check_span *span;
	size_t n;
	uint64_t to[CONDUCT_MTAS];
	size_t receivers;
	int64_t *begun, *ended, *before;	/* busy times, and their sum before each */
	size_t busy;
	uint64_t octets;		/* that others got in them */
};

struct held_up {
	struct check *k;
	struct check_span *arrived;	/* confirmed ones, by_arrival */
	size_t arrived_n;
	struct sender sender;
};

static void make_busy(struct sender *s, uint64_t to)
{
	s->busy = 0;
	s->octets = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct check_span *at = &s->span[i];

		if (at->to == to)
			continue;
		s->octets += at->octets;
		if (s->busy > 0 && at->begun_ns <= s->ended[s->busy - 1]) {
			if (at->ended_ns > s->ended[s->busy - 1])
				s->ended[s->busy - 1] = at->ended_ns;
			continue;
		}
		s->before[s->busy] = s->busy > 0 ? s->before[s->busy - 1] +
		                     s->ended[s->busy - 1] - s->begun[s->busy - 1] : 0;
		s->begun[s->busy] = at->begun_ns;
		s->ended[s->busy++] = at->ended_ns;
	}
}

/* Busy time before `t`. */
static int64_t busy_until(const struct sender *s, int64_t t)
{
	size_t from = 0, to = s->busy;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (s->begun[middle] < t)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == 0)
		return 0;
	from--;
	return s->before[from] + (t < s->ended[from] ? t : s->ended[from]) - s->begun[from];
}

static int64_t busy_within(const struct sender *s, int64_t from, int64_t to)
{
	return busy_until(s, to) - busy_until(s, from);
}

/* When the sender had it whole; INT64_MAX: that is not in the capture. */
static int64_t arrival(const struct held_up *h, const struct check_span *s)
{
	struct check_span key = { .message = s->message, .to = s->from, .ended_ns = INT64_MIN };
	size_t from = 0, to = h->arrived_n;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (by_arrival(&h->arrived[middle], &key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (!s->message || from == h->arrived_n || h->arrived[from].message != s->message ||
	    h->arrived[from].to != s->from || h->arrived[from].ended_ns > s->begun_ns)
		return INT64_MAX;
	return h->arrived[from].ended_ns;
}

static const struct check_call *call_of(const struct check *k, uint32_t number)
{
	struct check_call key = { .number = number };

	return k->conduct.calls == 0 ? NULL :
	       bsearch(&key, k->conduct.call, k->conduct.calls, sizeof key, by_number);
}

/* Could it have been sent, or called for, at `ready`? */
static bool was_free(const struct held_up *h, const struct check_span *s, int64_t ready)
{
	const struct check_conduct *c = &h->k->conduct;
	const struct check_call *own = call_of(h->k, s->connection);

	if (!own || own->begun_ns <= ready)
		return own;
	for (size_t i = 0; i < c->calls; i++)
		if (c->call[i].failed && c->call[i].ends == own->ends &&
		    c->call[i].begun_ns < s->begun_ns)
			return false;
	return s->begun_ns - ready > 2 * c->open_ns + SECOND_NS;
}

struct pace {
	int64_t ns;
	uint64_t octets, messages;
};

static double rate(const struct pace *p)
{
	return p->ns > 0 ? (double)p->octets / seconds(p->ns) : 0;
}

static bool is_enough(const struct pace *p)
{
	return p->messages >= PACE_MESSAGES && p->ns >= SECOND_NS;
}

static void compare_paces(const struct held_up *h, const struct check_span *last,
                          const struct pace *alone, const struct pace *beside)
{
	const struct sender *s = &h->sender;
	int64_t busy = s->busy > 0 ? s->before[s->busy - 1] + s->ended[s->busy - 1] -
	                             s->begun[s->busy - 1] : 0;
	double others = busy > 0 ? (double)s->octets / seconds(busy) : 0, size;
	struct check_remark r = remark_of("slowed-beside", last);

	if (!is_enough(alone) || !is_enough(beside) || rate(alone) <= 0)
		return;
	/* Small messages take longer for each octet. */
	size = (double)alone->octets / (double)alone->messages * (double)beside->messages /
	       (double)(beside->octets + 1);
	if (size < 0.8 || size > 1.25 || others >= rate(alone) ||
	    100 * (rate(beside) + others) >= PACE_KEPT * rate(alone))
		return;
	say(h->k, &r, last->ended_ns, "beside transfers to others, which take %.0f octets/s, this "
	    "receiver gets %.0f octets/s, and %.0f alone", others, rate(beside), rate(alone));
}

/* When the span could have begun, had its sender had nothing else to do. */
static int64_t ready_at(const struct held_up *h, const struct check_span *s, int64_t before)
{
	int64_t ready = arrival(h, s);

	if (ready == INT64_MAX)
		return s->begun_ns;
	ready = ready > before ? ready : before;
	ready = ready > s->turn_ns ? ready : s->turn_ns;
	return ready < s->begun_ns ? ready : s->begun_ns;
}

static void book_pace(const struct held_up *h, const struct check_span *s, int64_t ready,
                      struct pace *alone, struct pace *beside)
{
	int64_t took = s->ended_ns - ready, busy = busy_within(&h->sender, ready, s->ended_ns);
	struct pace *p = busy >= took / 5 * 4 ? beside : busy <= took / 5 ? alone : NULL;

	if (s->outcome != OUTCOME_CONFIRMED || took <= 0 || took > TOOK_MAX_S * SECOND_NS || !p)
		return;
	p->ns += took;
	p->octets += s->octets;
	p->messages++;
}

static void look_at_receiver(struct held_up *h, uint64_t to)
{
	const struct sender *s = &h->sender;
	const struct check_span *last = NULL, *held = NULL;
	struct pace alone = { 0 }, beside = { 0 };
	int64_t before = INT64_MIN, worst = h->k->idle_ns;
	struct check_remark r;

	for (size_t i = 0; i < s->n; i++) {
		const struct check_span *at = &s->span[i];
		int64_t ready, waited;

		if (at->to != to)
			continue;
		last = at;
		ready = ready_at(h, at, before);
		waited = at->begun_ns - ready;
		if (waited > worst && busy_within(s, ready, at->begun_ns) >= waited / 2 &&
		    was_free(h, at, ready)) {
			worst = waited;
			held = at;
		}
		book_pace(h, at, ready, &alone, &beside);
		before = at->ended_ns > before ? at->ended_ns : before;
	}
	if (held) {
		r = remark_of("stall-beside", held);
		say(h->k, &r, held->begun_ns, "a message waited %.1f s for this receiver while the "
		    "sender was busy with others", seconds(worst));
	}
	if (last)
		compare_paces(h, last, &alone, &beside);
}

static void look_at_sender(struct held_up *h)
{
	struct sender *s = &h->sender;

	s->receivers = 0;
	for (size_t i = 0; i < s->n && s->receivers < CONDUCT_MTAS; i++) {
		size_t j = 0;

		while (j < s->receivers && s->to[j] != s->span[i].to)
			j++;
		if (j == s->receivers)
			s->to[s->receivers++] = s->span[i].to;
	}
	for (size_t i = 0; s->receivers > 1 && i < s->receivers; i++) {
		make_busy(s, s->to[i]);
		look_at_receiver(h, s->to[i]);
	}
}

static void look_at_senders(struct held_up *h)
{
	const struct check_conduct *c = &h->k->conduct;

	for (size_t from = 0, to; from < c->spans; from = to) {
		for (to = from; to < c->spans && c->span[to].from == c->span[from].from; to++)
			;
		h->sender.span = &c->span[from];
		h->sender.n = to - from;
		look_at_sender(h);
	}
}

static void look_for_held_up(struct check *k)
{
	struct check_conduct *c = &k->conduct;
	struct held_up h = { .k = k };
	size_t n = c->spans;
	int64_t *times = n > 0 ? malloc(3 * n * sizeof *times) : NULL;

	h.arrived = n > 0 ? malloc(n * sizeof *h.arrived) : NULL;
	if (times && h.arrived) {
		h.sender.begun = times;
		h.sender.ended = times + n;
		h.sender.before = times + 2 * n;
		for (size_t i = 0; i < n; i++)
			if (c->span[i].message && c->span[i].outcome == OUTCOME_CONFIRMED)
				h.arrived[h.arrived_n++] = c->span[i];
		if (h.arrived_n > 0)
			qsort(h.arrived, h.arrived_n, sizeof *h.arrived, by_arrival);
		qsort(c->span, n, sizeof *c->span, by_sender);
		if (c->calls > 0)
			qsort(c->call, c->calls, sizeof *c->call, by_number);
		look_at_senders(&h);
	}
	free(times);
	free(h.arrived);
}

/* ---- lost and never tried again ---- */

static bool is_lost(const struct check_span *s)
{
	return s->outcome == OUTCOME_UNCONFIRMED || s->outcome == OUTCOME_ABORTED ||
	       s->outcome == OUTCOME_LOST;
}

/* When its sender calls again, or offers the message again on a call of the other's. */
static int64_t tried_again(const struct check *k, const struct check_span *s, uint64_t ends)
{
	const struct check_conduct *c = &k->conduct;
	int64_t first = k->follow->last_ns;

	for (size_t i = 0; i < c->calls; i++)
		if (c->call[i].ends == ends && c->call[i].begun_ns >= s->ended_ns &&
		    c->call[i].begun_ns < first)
			first = c->call[i].begun_ns;
	for (size_t i = 0; i < c->spans; i++)
		if (c->span[i].message == s->message && c->span[i].from == s->from &&
		    c->span[i].begun_ns >= s->ended_ns && c->span[i].begun_ns < first)
			first = c->span[i].begun_ns;
	return first;
}

static void look_for_forgotten(struct check *k)
{
	const struct check_conduct *c = &k->conduct;

	for (size_t i = 0, told = 0; c->open_ns && i < c->spans && told < CHECK_REMARKS; i++) {
		const struct check_span *s = &c->span[i];
		const struct check_call *own;
		struct check_remark r = remark_of("not-called-again", s);
		int64_t silent;

		if (!is_lost(s) || s->direction != FROM_INITIATOR || !s->message)
			continue;
		own = call_of(k, s->connection);
		silent = own ? tried_again(k, s, own->ends) - s->ended_ns : 0;
		told++;
		if (silent > 2 * c->open_ns + CALL_SLACK_S * SECOND_NS)
			say(k, &r, s->ended_ns, "the sender does not call again for %.1f s; its "
			    "open interval is %.1f s: would it need a restart?", seconds(silent),
			    seconds(c->open_ns));
	}
}

void check_conduct_tell(struct check *k)
{
	look_for_retries(k);
	look_for_blocks(k);
	look_for_held_up(k);
	look_for_forgotten(k);
}
