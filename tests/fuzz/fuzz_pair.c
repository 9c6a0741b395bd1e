/*
 * Fuzz target: two ends of an association and a link between them.  The input
 * is a script:
 *
 *     options | act, argument ...
 *
 * Acts move octets in cuts, let the users act, or damage the link (octets
 * flipped, the tail lost).  Whatever happens, each transfer asked for gets one
 * answer and memory comes back.  On an honest link with honest users every
 * transfer that was begun completes, and both ends come to rest.
 */
#include "end.h"

enum link_act {
	LINK_MOVE,		/* argument: octets, 255: all */
	LINK_MOVE_BACK,
	LINK_SETTLE,		/* until nothing moves */
	LINK_HOLD,		/* the user of side argument & 1 answers nothing for now */
	LINK_GO_ON,
	LINK_FLIP,		/* the next octets moved: one is changed */
	LINK_LOSE,		/* what side argument & 1 sends from now on is lost */
	LINK_ACTS,
};

enum {
	SCRIPT_MAX = 300,
	/* Moves until both rest: a transfer of 64 KiB, cut to its TPDUs, takes
	 * some hundred. */
	MOVES_MAX = 20000,
	MOVED_MAX = 1 << 20,
	RECORDED_MAX = 70000,
};

/* The user of an end, and its way out. */
struct user {
	bool hold, lost, flip;
	bool bind_due, all_due, release_due, turn_due;	/* answers */
	uint8_t serial_due;
	unsigned asked, done, failed, refused;	/* transfers, by how they ended */
};

struct side {
	struct fuzz_end e;
	FILE *record;			/* for fuzz_association; NULL: none */
	size_t frames_n;
	uint8_t frames[RECORDED_MAX];	/* on their way into the record */
	struct user u;
};

static struct side sides[2];
static bool honest;		/* users and link so far */
static bool gone;		/* a release has come */

static struct side *other(const struct side *s)
{
	return s == &sides[0] ? &sides[1] : &sides[0];
}

/* ---- users ---- */

static void on_transfer(struct side *s, const struct event *e)
{
	if (e->type == CONFIRM) {
		s->u.done += e->flags & EVENT_F_POSITIVE;
		s->u.refused += event_service(e)->reason == RTSE_FAIL_REQUEST;
		s->u.failed += event_service(e)->reason > RTSE_FAIL_REQUEST;
		demand(s->u.done + s->u.refused + s->u.failed <= s->u.asked);
	} else if (e->flags & EVENT_F_LAST) {
		s->u.serial_due = 0;
		s->u.all_due = event_service(e)->reason == RTSE_FAIL_NONE;
	}
}

/* What has come up is answered later, in one place. */
static void on_primitive(struct side *s, const struct event *e)
{
	switch (e->code) {
	case SERVICE_CONNECT:
		s->u.bind_due = e->type == INDICATION;
		break;
	case SERVICE_TRANSFER:
		on_transfer(s, e);
		break;
	case SERVICE_SYNC_MINOR:
		if (e->type == INDICATION)
			s->u.serial_due = (uint8_t)e->value;
		break;
	case SERVICE_TOKEN_PLEASE:
		s->u.turn_due = true;
		break;
	case SERVICE_RELEASE:
		gone = true;
		s->u.release_due = e->type == INDICATION;
		break;
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		demand(!honest);
		break;
	default:
		break;
	}
}

static void on_finding(const struct side *s, const struct rule *rule)
{
	demand(rule);
	if (!honest || rule->severity == SEVERITY_NOTE)
		return;
	fprintf(stderr, "side %d: %s\n", (int)(s - sides), rule->name);
	abort();
}

static void drain(struct side *s)
{
	struct event e;

	demand(event_queue_free(&s->e.work.outer) > 0);
	while (association_event(&s->e.a, &e)) {
		if (e.kind == EVENT_PRIMITIVE && e.layer == LAYER_P1)
			on_primitive(s, &e);
		if (e.kind == EVENT_FINDING)
			on_finding(s, association_rule(e.rule));
		if (e.kind == EVENT_WANT) {
			s->e.wanted_at = e.offset;
			s->e.wanted_n = e.length;
		}
	}
}

static void act(struct side *s, enum act what, uint8_t argument)
{
	if (s->record) {
		putc((int)what, s->record);
		putc(argument, s->record);
	}
	fuzz_act(&s->e, what, argument);
	drain(s);
}

static bool take(bool *due)
{
	bool was = *due;

	*due = false;
	return was;
}

/* One answer that is due; false: none. */
static bool answer(struct side *s)
{
	uint8_t serial = s->u.serial_due;

	if (s->e.wanted_n) {
		act(s, ACT_LEND, 100);
	} else if (s->u.hold) {
		return false;
	} else if (take(&s->u.bind_due)) {
		act(s, ACT_ACCEPT, 0);
	} else if (serial) {
		s->u.serial_due = 0;
		act(s, ACT_SECURED, serial);
	} else if (take(&s->u.all_due)) {
		act(s, ACT_SECURED_ALL, 0);
	} else if (take(&s->u.release_due)) {
		act(s, ACT_RELEASE_ANSWER, 0);
	} else if (s->u.turn_due && association_idle(&s->e.a)) {
		s->u.turn_due = false;
		act(s, ACT_GIVE, 0);
	} else {
		return false;
	}
	return true;
}

/* ---- the link ---- */

static void put_act(FILE *to, enum act what, uint8_t argument, const uint8_t *p, size_t n)
{
	putc((int)what, to);
	putc(argument, to);
	putc((int)(n >> 8), to);
	putc((int)(n & 0xff), to);
	fwrite(p, 1, n, to);
}

/* One frame, as the act that leaves least of it to be told. */
static void record_frame(FILE *to, const uint8_t *p, size_t n)
{
	/* GT, DT; PPDU, PDV-list and value with lengths of two octets; context 3. */
	static const uint8_t data[] = { 1, 0, 1, 0, 0x61 };
	static const uint8_t value[] = { 0x02, 0x01, 0x03, 0xa0, 0x82 };
	const uint8_t *at;

	if (n <= 7 || p[4] != 2 || p[5] != 0xf0 || p[6] != 0x80) {
		put_act(to, ACT_TPDU, 0, p + 4, n - 4);
		return;
	}
	p += 7;
	n -= 7;
	at = n > 40 && memcmp(p, data, sizeof data) == 0 ? memmem(p, 30, value, sizeof value) :
	     NULL;
	if (at)
		put_act(to, ACT_DATA, 3, at + 7, (size_t)(p + n - (at + 7)));
	else
		put_act(to, ACT_TSDU, 0, p, n);
}

/* Frames may come in parts; each is written when it is whole. */
static void record(struct side *to, const uint8_t *p, size_t n)
{
	size_t at = 0, frame;

	if (!to->record)
		return;
	demand(n <= sizeof to->frames - to->frames_n);
	memcpy(to->frames + to->frames_n, p, n);
	to->frames_n += n;
	for (; to->frames_n - at >= 4; at += frame) {
		frame = (size_t)(to->frames[at + 2] << 8 | to->frames[at + 3]);
		if (frame > to->frames_n - at)
			break;
		record_frame(to->record, to->frames + at, frame);
	}
	memmove(to->frames, to->frames + at, to->frames_n - at);
	to->frames_n -= at;
}

static void receive(struct side *s, const uint8_t *p, size_t n)
{
	uint8_t *block = malloc(n);

	demand(block);
	memcpy(block, p, n);
	record(s, p, n);
	for (size_t at = 0; at < n;) {
		size_t taken = association_push(&s->e.a, s->e.now, block + at, n - at);

		demand(taken > 0 && taken <= n - at);
		at += taken;
		drain(s);
	}
	free(block);
}

/* At most `most` octets from one end to the other; false: none wait. */
static bool move(struct side *from, size_t most)
{
	static uint8_t moved[MOVED_MAX];
	struct octets slices[ASSOCIATION_SLICES];
	size_t k = association_pop(&from->e.a, slices, ASSOCIATION_SLICES), n = 0;

	for (size_t i = 0; i < k && n < most; i++) {
		size_t part = slices[i].n < most - n ? slices[i].n : most - n;

		demand(part <= sizeof moved - n);
		memcpy(moved + n, slices[i].p, part);
		n += part;
	}
	if (n == 0)
		return false;
	if (from->record) {
		putc(ACT_POP, from->record);
		putc(255, from->record);
	}
	association_popped(&from->e.a, from->e.now, n);
	drain(from);
	if (take(&from->u.flip))
		moved[n / 2] ^= (uint8_t)(1 << n % 8);
	if (!from->u.lost && !other(from)->e.over)
		receive(other(from), moved, n);
	return true;
}

/* Until nothing moves. */
static void settle(void)
{
	unsigned moves = 0;

	for (bool moved = true; moved; demand(++moves < MOVES_MAX)) {
		moved = false;
		for (unsigned i = 0; i < 2; i++) {
			moved = move(&sides[i], MOVED_MAX) || moved;
			moved = answer(&sides[i]) || moved;
		}
	}
}

/* ---- the script ---- */

static void damage(struct side *s, enum link_act what)
{
	honest = false;
	if (what == LINK_FLIP)
		s->u.flip = true;
	else
		s->u.lost = true;
}

static void link_act(enum link_act what, uint8_t argument)
{
	struct side *s = &sides[argument & 1];

	switch (what) {
	case LINK_MOVE:
	case LINK_MOVE_BACK:
		move(&sides[what == LINK_MOVE_BACK], argument == 255 ? MOVED_MAX : argument);
		break;
	case LINK_HOLD:
		s->u.hold = true;
		break;
	case LINK_GO_ON:
		s->u.hold = false;
		answer(s);
		break;
	case LINK_SETTLE:
		settle();
		break;
	default:
		damage(s, what);
		break;
	}
}

static void user_act(enum act what, uint8_t argument)
{
	static const enum act courteous[] = {
		ACT_TRANSFER, ACT_PLEASE, ACT_GIVE, ACT_RELEASE, ACT_POP, ACT_CONNECTED,
	};
	struct side *s = &sides[argument & 1];
	bool well = false;

	if (what == ACT_POP)
		return;
	for (size_t i = 0; i < sizeof courteous / sizeof courteous[0]; i++)
		well = well || what == courteous[i];
	honest = honest && well;
	s->u.asked += what == ACT_TRANSFER;
	act(s, what, argument >> 1);
}

static void play(const uint8_t *p, size_t n)
{
	for (unsigned i = 0; n >= 2 && i < SCRIPT_MAX; i++, p += 2, n -= 2) {
		unsigned what = p[0] % (LINK_ACTS + ACTS - PEER_ACTS);

		if (what < LINK_ACTS)
			link_act(what, p[1]);
		else
			user_act((enum act)(what - LINK_ACTS + PEER_ACTS), p[1]);
	}
}

static void begin(uint8_t options)
{
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &sides[i];

		s->u = (struct user){ .hold = false };
		s->frames_n = 0;
		fuzz_end_init(&s->e, (uint8_t)((options & 0xbe) | (i == 0)), 0);
	}
	honest = true;
	gone = false;
	act(&sides[1], ACT_CONNECTED, 0);
	act(&sides[0], ACT_CONNECTED, 0);
	act(&sides[0], ACT_BIND, 0);
}

static void end(void)
{
	for (unsigned i = 0; i < 2; i++)
		sides[i].u.hold = false;
	settle();
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &sides[i];

		demand(!honest || gone || s->u.asked == s->u.done + s->u.refused);
	}
	honest = false;			/* of the end that comes now */
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &sides[i];

		act(s, ACT_TCP_END, (uint8_t)(i & 1));
		demand(s->u.asked == s->u.done + s->u.refused + s->u.failed);
		fuzz_end_drop(&s->e);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	begin(data[0]);
	play(data + 1, size - 1);
	end();
	return 0;
}

#ifdef RECORD
/* Writes what one end of some honest conversations sees, as scripts for
 * fuzz_association:  record DIRECTORY */
#include <limits.h>

#define USER(act, argument) (uint8_t)(LINK_ACTS + (act) - PEER_ACTS), (uint8_t)(argument)
#define REST LINK_SETTLE, 0

static const struct {
	const char *name;
	uint8_t n, script[32];
} conversations[] = {
	{ "transfer", 7, { 0x04, REST, USER(ACT_TRANSFER, 72), REST } },
	{ "no-checkpoints", 7, { 0x08, REST, USER(ACT_TRANSFER, 72), REST } },
	{ "window", 17, { 0x14, REST, LINK_HOLD, 1, USER(ACT_TRANSFER, 90), REST, LINK_GO_ON, 1,
	                  REST, USER(ACT_TRANSFER, 20), REST } },
	{ "release", 7, { 0x04, REST, USER(ACT_RELEASE, 0), REST } },
	{ "turn", 15, { 0x04, REST, USER(ACT_PLEASE, 1), REST, USER(ACT_TRANSFER, 73), REST,
	                USER(ACT_GIVE, 1), REST } },
	{ "discard", 13, { 0x04, REST, LINK_HOLD, 1, USER(ACT_TRANSFER, 72), REST,
	                   USER(ACT_DISCARD, 0), REST } },
	{ "reject", 13, { 0x04, REST, LINK_HOLD, 1, USER(ACT_TRANSFER, 72), REST,
	                  USER(ACT_REJECT, 3), REST } },
	{ "abort", 13, { 0x04, REST, LINK_HOLD, 1, USER(ACT_TRANSFER, 72), REST,
	                 USER(ACT_ABORT, 0), REST } },
	{ "abort-received", 13, { 0x04, REST, LINK_HOLD, 1, USER(ACT_TRANSFER, 72), REST,
	                          USER(ACT_ABORT, 1), REST } },
};

int main(int argc, char **argv)
{
	static const char *const roles[] = { "initiator", "responder" };

	for (size_t i = 0; argc == 2 && i < sizeof conversations / sizeof conversations[0]; i++)
		for (unsigned k = 0; k < 2; k++) {
			uint8_t options = conversations[i].script[0];
			char path[PATH_MAX];

			snprintf(path, sizeof path, "%s/%s-%s", argv[1], conversations[i].name,
			         roles[k]);
			sides[k].record = fopen(path, "wb");
			if (!sides[k].record) {
				perror(path);
				return EXIT_FAILURE;
			}
			putc(options | (k == 0), sides[k].record);
			putc(0, sides[k].record);
			LLVMFuzzerTestOneInput(conversations[i].script, conversations[i].n);
			fclose(sides[k].record);
			sides[k].record = NULL;
		}
	return argc == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
#endif
