/*
 * Fuzz target: one end of an association against a hostile peer and a careless
 * user.  The input is a script:
 *
 *     options, 2 octets | act, argument, [length, 2 octets, octets] ...
 *
 * ACT_RAW and the acts after it carry octets of the peer; all but the first
 * are wrapped (TPKT, DT, SPDU, P-DATA) with lengths that fit, so that a change
 * in a deep layer is not lost in a shallow one.  The other acts are the user's.
 * The second option is the lease that fails (5 bits, 0: none) and how the peer's
 * octets are cut.  The script runs twice: those octets whole, and cut.  Both runs
 * must tell the same story, event by event.  RTTRs have one of their own: they are told
 * when they end, and what they carry before that or after, as the cuts will have it.
 * So have findings, of which each layer tells its own, and after an error what is sent:
 * an abort is told when it is made, though what came before the error is still on its
 * way up.  Where more was found at once than a struct findings holds, which of them
 * are told is the cuts' business too.
 */
#include "end.h"

enum {
	WRAPPED_MAX = 70000,
	STORY_MAX = 20000,
	ACTS_MAX = 400,			/* of one script */
};

/* One event of the story; DATA pieces that follow each other are one. */
struct line {
	uint8_t kind, layer, code, type, flags;
	uint16_t rule;
	uint32_t value, hash;
	uint64_t offset, length;
};

struct lines {
	struct line at[STORY_MAX];
	size_t n;
};

struct story {
	bool fatal;			/* a PDU could not be used */
	bool brimful;			/* more findings at once than are held: some are lost */
	struct lines events, sent, others, transfers, findings[LAYERS];
};

struct run {
	struct fuzz_end e;
	struct octets input;		/* what was pushed last */
	struct story *story;
	struct fuzz_cuts cuts;		/* of what is pushed at once */
	bool whole;
};

enum { REFUSED = 0x1f };		/* bits of the second option */

static struct story stories[2];
static uint8_t wrapped[WRAPPED_MAX];

/* ---- the story ---- */

static bool joins(const struct line *a, const struct line *b)
{
	return a->kind == EVENT_PRIMITIVE && b->kind == EVENT_PRIMITIVE &&
	       a->code == SERVICE_DATA && b->code == SERVICE_DATA && a->layer == b->layer;
}

/* How far the stream has come when something else is told is the cuts' business. */
static bool placed(const struct event *e)
{
	return e->kind == EVENT_WANT || e->kind == EVENT_PDU_IN;
}

static void write_line(struct lines *s, const struct event *e, struct octets data)
{
	struct line l = {
		.kind = e->kind, .layer = e->layer, .code = e->code, .type = e->type,
		.flags = e->flags, .value = e->value, .rule = e->rule, .length = data.n,
		.offset = placed(e) ? e->offset : 0,
	};

	if (s->n && joins(&s->at[s->n - 1], &l)) {
		s->at[s->n - 1].flags |= l.flags;
		s->at[s->n - 1].length += data.n;
		s->at[s->n - 1].hash = fuzz_sum(s->at[s->n - 1].hash, data);
		return;
	}
	if (s->n == STORY_MAX)
		return;
	l.hash = fuzz_sum(1, data);
	s->at[s->n++] = l;
}

static void write_down(struct run *r, const struct event *e, struct octets data)
{
	struct story *s = r->story;

	if (e->kind == EVENT_FINDING) {
		write_line(&s->findings[e->layer], e, data);
	} else if (e->kind == EVENT_PDU_IN && e->layer == LAYER_RTSE && e->code == RTSE_RTTR) {
		write_line(&s->transfers, e, data);
	} else {
		write_line(&s->events, e, data);
		write_line(e->kind == EVENT_PDU_OUT ? &s->sent : &s->others, e, data);
	}
}

/* ---- events ---- */

/* Octets that an event lends lie where somebody answers for them. */
static bool lent(const struct run *r, struct octets o)
{
	struct octets own = { (const uint8_t *)&r->e.a, sizeof r->e.a };

	return octets_inside(o, r->input) || fuzz_pool_holds(&r->e.pool, o) ||
	       octets_inside(o, own);
}

static void touch_bind(const struct p1_bind *b)
{
	char line[600];
	struct text t;

	text_init(&t, line, sizeof line);
	p1_bind_text(&t, b);
}

static void on_primitive(struct run *r, const struct event *e)
{
	const struct service *s = event_service(e);
	struct findings f = { .n = 0 };
	struct p1_apdu apdu;

	demand(lent(r, s->data));
	if ((e->code == SERVICE_CONNECT || e->code == SERVICE_U_ABORT ||
	     e->code == SERVICE_P_ABORT) && s->detail)
		touch_bind(s->detail);
	if (e->code == SERVICE_TRANSFER && e->type == INDICATION && e->flags & EVENT_F_FIRST)
		(void)p1_decode(s->data, &apdu, &f);	/* the envelope may be anything */
	write_down(r, e, s->data);
}

static void on_event(struct run *r, const struct event *e)
{
	struct octets o = { e->data, e->data ? (size_t)e->length : 0 };

	demand(e->association == FUZZ_NUMBER);
	switch (e->kind) {
	case EVENT_PRIMITIVE:
		demand(e->layer == LAYER_P1);
		on_primitive(r, e);
		break;
	case EVENT_PDU_IN:
		demand(lent(r, o));
		fuzz_sum(1, o);
		write_down(r, e, (struct octets){ NULL, 0 });
		break;
	case EVENT_PDU_OUT:
	case EVENT_TCP:
		write_down(r, e, (struct octets){ NULL, 0 });
		break;
	case EVENT_WANT:
		r->e.wanted_at = e->offset;
		r->e.wanted_n = e->length;
		write_down(r, e, (struct octets){ NULL, 0 });
		break;
	case EVENT_FINDING:
		demand(association_rule(e->rule));
		write_down(r, e, (struct octets){ NULL, 0 });
		r->story->fatal |= association_rule(e->rule)->severity == SEVERITY_FATAL;
		break;
	default:
		break;
	}
}

static bool drain(struct run *r)
{
	struct event e;
	bool any = false;
	unsigned findings = 0;

	demand(event_queue_free(&r->e.work.outer) > 0);	/* nothing was lost */
	while (association_event(&r->e.a, &e)) {
		on_event(r, &e);
		any = true;
		findings += e.kind == EVENT_FINDING;
	}
	r->story->brimful |= findings >= FINDINGS_MAX;
	return any;
}

/* ---- the peer's octets ---- */

static void push_block(struct run *r, const uint8_t *p, size_t n)
{
	size_t at = 0;

	r->input = (struct octets){ p, n };
	while (at < n) {
		size_t taken = association_push(&r->e.a, r->e.now, p + at, n - at);

		demand(taken <= n - at);
		demand(drain(r) || taken);
		at += taken;
	}
	r->input = (struct octets){ NULL, 0 };
}

static void push(struct run *r, struct octets o)
{
	for (size_t at = 0, n; at < o.n; at += n) {
		uint8_t *block;

		n = r->whole ? o.n - at : fuzz_cut(&r->cuts, o.n - at);
		block = malloc(n);
		demand(block);
		memcpy(block, o.p + at, n);
		push_block(r, block, n);
		free(block);
	}
}

static size_t put(size_t at, struct octets o)
{
	memcpy(wrapped + at, o.p, o.n);
	return at + o.n;
}

#define LITERAL(...) \
	(struct octets){ (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ } }

static size_t put_li(size_t at, size_t n)
{
	if (n < 255)
		return put(at, LITERAL((uint8_t)n));
	return put(at, LITERAL(255, (uint8_t)(n >> 8), (uint8_t)n));
}

/* Parameters without which the SPDU is refused before its user data is read. */
static struct octets parameters(uint8_t si)
{
	static const uint8_t connect[] = { 5, 6, 19, 1, 0, 22, 1, 2, 20, 2, 2, 0x49 };
	static const uint8_t abort[] = { 17, 1, 3 };

	switch (si) {
	case 13:
	case 14:
		return (struct octets){ connect, sizeof connect };
	case 25:
		return (struct octets){ abort, sizeof abort };
	default:
		return (struct octets){ NULL, 0 };
	}
}

static size_t put_spdu(size_t at, uint8_t si, struct octets user)
{
	struct octets p = parameters(si);
	size_t n = user.n < 255 ? user.n + 2 : user.n + 4;

	at = put(at, LITERAL(si));
	at = put_li(at, p.n + n);
	if (p.n)
		at = put(at, p);
	at = put(at, LITERAL(193));
	at = put_li(at, user.n);
	return put(at, user);
}

static size_t put_data(size_t at, uint8_t context, struct octets value)
{
	size_t n = value.n;

	at = put(at, LITERAL(1, 0, 1, 0, 0x61, 0x83, 0, (uint8_t)((n + 12) >> 8), (uint8_t)(n + 12),
	                     0x30, 0x83, 0, (uint8_t)((n + 7) >> 8), (uint8_t)(n + 7),
	                     2, 1, context, 0xa0, 0x82, (uint8_t)(n >> 8), (uint8_t)n));
	return put(at, value);
}

static size_t put_tsdu(enum act act, uint8_t argument, struct octets o)
{
	const size_t at = 7;

	switch (act) {
	case ACT_SPDU:
		return put_spdu(at, argument, o);
	case ACT_DATA:
		return put_data(at, argument, o);
	case ACT_MINOR:
		return put(at, LITERAL(1, 0, 49, 3, 42, 1, (uint8_t)('0' + argument % 10)));
	case ACT_MINOR_ACK:
		return put(at, LITERAL(2, 0, 50, 3, 42, 1, (uint8_t)('0' + argument % 10)));
	case ACT_END:
		return put(at, LITERAL(1, 0, 41, 3, 42, 1, (uint8_t)('0' + argument % 10)));
	case ACT_END_ACK:
		return put(at, LITERAL(2, 0, 42, 3, 42, 1, (uint8_t)('0' + argument % 10)));
	default:
		return put(at, o);
	}
}

/* Into TPKT and, but for a TPDU, into a DT; in place. */
static void peer(struct run *r, enum act act, uint8_t argument, struct octets o)
{
	size_t n;

	if (act == ACT_RAW) {
		push(r, o);
		return;
	}
	if (o.n > 65000)
		o.n = 65000;
	if (act == ACT_TPDU) {
		n = put(4, o);
	} else {
		n = put_tsdu(act, argument, o);
		put(4, LITERAL(2, 0xf0, 0x80));
	}
	put(0, LITERAL(3, 0, (uint8_t)(n >> 8), (uint8_t)n));
	push(r, (struct octets){ wrapped, n });
}

/* ---- the script ---- */

static void play(struct run *r, const uint8_t *p, size_t n)
{
	for (unsigned acts = 0; n >= 2 && acts < ACTS_MAX; acts++) {
		enum act act = p[0] % ACTS;
		uint8_t argument = p[1];
		size_t length = 0;

		p += 2;
		n -= 2;
		if (act < ACT_MINOR && n >= 2) {
			length = (size_t)(p[0] << 8 | p[1]);
			p += 2;
			n -= 2;
			length = length < n ? length : n;
		}
		if (act >= PEER_ACTS) {
			fuzz_act(&r->e, act, argument);
			drain(r);
		} else if (r->e.connected && !r->e.over) {
			peer(r, act, argument, (struct octets){ p, length });
		}
		p += length;
		n -= length;
	}
}

static void run(struct story *story, bool whole, const uint8_t *data, size_t size)
{
	static struct run r;

	story->fatal = story->brimful = false;
	story->events.n = story->sent.n = story->others.n = story->transfers.n = 0;
	for (size_t i = 0; i < LAYERS; i++)
		story->findings[i].n = 0;
	r.story = story;
	r.whole = whole;
	r.cuts = fuzz_cuts(data[1]);
	fuzz_end_init(&r.e, data[0], data[1] & REFUSED);
	play(&r, data + 2, size - 2);
	fuzz_end_drop(&r.e);
}

static bool same(const struct line *a, const struct line *b)
{
	return a->kind == b->kind && a->layer == b->layer && a->code == b->code &&
	       a->rule == b->rule &&
	       a->type == b->type && a->flags == b->flags && a->value == b->value &&
	       a->hash == b->hash && a->offset == b->offset && a->length == b->length;
}

static void show(const char *which, const struct lines *s, size_t i)
{
	const struct line *l = &s->at[i];

	if (i < s->n)
		fprintf(stderr, "%s %zu: kind %u %s code %u type %u flags %u value %u rule %u at "
		        "%llu, %llu octets\n", which, i, l->kind, layer_name(l->layer), l->code,
		        l->type, l->flags, l->value, l->rule, (unsigned long long)l->offset,
		        (unsigned long long)l->length);
}

static void compare(const struct lines *whole, const struct lines *cut)
{
	size_t i = 0;

	while (i < whole->n && i < cut->n && same(&whole->at[i], &cut->at[i]))
		i++;
	if (i == whole->n && i == cut->n)
		return;
	for (size_t k = i < 4 ? 0 : i - 4; k < i + 3; k++) {
		show("whole", whole, k);
		show("cut  ", cut, k);
	}
	demand(whole->n == cut->n && i == whole->n);
}

static int order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

/* Several layers read BER, each as far as its pieces reach. */
static void sort(struct lines *s)
{
	qsort(s->at, s->n, sizeof s->at[0], order);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	run(&stories[0], true, data, size);
	run(&stories[1], false, data, size);
	/* Without memory each run fails in its own place. */
	if (data[1] & REFUSED)
		return 0;
	demand(stories[0].fatal == stories[1].fatal);
	if (stories[0].fatal) {
		compare(&stories[0].sent, &stories[1].sent);
		compare(&stories[0].others, &stories[1].others);
	} else {
		compare(&stories[0].events, &stories[1].events);
	}
	compare(&stories[0].transfers, &stories[1].transfers);
	if (stories[0].brimful || stories[1].brimful)
		return 0;
	for (size_t i = 0; i < 2; i++)
		sort(&stories[i].findings[LAYER_BER]);
	for (size_t i = 0; i < LAYERS; i++)
		compare(&stories[0].findings[i], &stories[1].findings[i]);
	return 0;
}
