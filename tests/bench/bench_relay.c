/*
 * Both neighbours of an MTA, in one process: the load of bench_mta.
 *
 *     sender 1..N ==> MTA under test ==> listener
 *
 * Prints `ready ADDRESS:PORT` (where DOWN listens).  Then for each line of standard input,
 * `PORT SENDERS MESSAGES SIZE`: binds that many associations to the MTA as UP, hands over
 * MESSAGES in all, waits until as many have come out, and prints messages per second and what
 * was lost or came twice.  Binding is not counted; the associations are kept for the next line.
 *
 * The load shall cost little beside the MTA.  Our stack binds, and sends and takes the first
 * messages of each association; short ones that follow are written after the pattern of the first,
 * and read PDU by PDU: activities in order, contents and answers octet by octet, each message once.
 */
#include "end/end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
	SENDERS_MAX = 2000, BLOCK = 64 << 10, WAIT_US = 120 * SECOND_US,
	SHORT = 2048,			/* octets of a content; a longer one is the stack's */
	ROOM = 4096,			/* of all PDUs of a short message */
	MESSAGES_MAX = 1 << 24,
};

/* Of a transfer without checkpoints, each a TPKT with one DT TPDU:
 *
 *     GIVE TOKENS, ACTIVITY START   03 00 n n  02 F0 80  01 00  2D n  29 n  02 n ACTIVITY
 *     GIVE TOKENS, DATA TRANSFER    03 00 n n  02 F0 80  01 00  01 00 ... CONTENT
 *     GIVE TOKENS, ACTIVITY END     03 00 n n  02 F0 80  01 00  29 ...
 */
enum { AT_SPDU = 9, AT_ACTIVITY = 13, SI_DT = 1, SI_AE = 41, SI_AS = 45 };

/* A first message, as our stack has sent it, and what it was answered. */
static struct {
	uint8_t sent[ROOM], answer[64];
	size_t sent_n, answer_n;
	uint64_t size;			/* of its content; 0: none yet */
} pattern;
static const char word[] = "bench-";	/* of local identifiers, before LOCAL_DIGITS */
enum { LOCAL_DIGITS = 8 };

struct sender {
	struct end *end;
	bool bound, busy;
	uint64_t n;
	uint32_t activity;		/* of the last transfer */
	size_t answered;		/* octets of the answer, by pattern */
	uint8_t head[512];
};

/* An association of the MTA with us. */
struct receiver {
	uint32_t activity;
	uint8_t last;			/* SPDU of the message under way, by pattern */
	size_t n;
	uint8_t octets[ROOM];
};

static struct net *net;
static struct end_world *world;
static struct sender senders[SENDERS_MAX];
static size_t senders_n, bound, failed;
static uint8_t block[BLOCK];
static uint8_t from[80], to[80];
static size_t from_n, to_n;

/* The line that is worked on. */
static uint64_t wanted, begun, confirmed, arrived, octets, size;
static uint8_t seen[MESSAGES_MAX / 8];

/* Each message once. */
static bool is_new(uint64_t n)
{
	bool was = n < MESSAGES_MAX && seen[n / 8] >> n % 8 & 1;

	if (n < MESSAGES_MAX)
		seen[n / 8] |= (uint8_t)(1 << n % 8);
	return n < begun && !was;
}

static size_t name(const char *text, uint8_t *dst, size_t cap)
{
	struct p1_name n;
	size_t bad;

	return p1_name_parse(octets_of(text), &n, &bad) ? p1_name_encode(&n, 0x60, dst, cap) : 0;
}

static size_t head_of(struct sender *s)
{
	struct p1_recipient r = {
		.name = { to, to_n }, .number = 1,
		.indicators = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY,
	};
	struct p1_domain domain = {
		{ p1_string("XX"), 0x13 }, { p1_string("TEST"), 0x13 }, { p1_string("UP"), 0x13 },
	};
	char local[33];
	struct p1_message m = {
		.originator = { from, from_n }, .recipients_n = 1, .recipients = &r,
		.content_type = { true, false, P1_CONTENT_UNIDENTIFIED, { NULL, 0 } },
		.trace = { .domain = domain, .arrival = p1_string("260101000000Z") },
	};

	snprintf(local, sizeof local, "%s%0*llu", word, LOCAL_DIGITS, (unsigned long long)s->n);
	m.id = (struct p1_mts_id){ domain, p1_string(local) };
	return p1_message_head(&m, size, s->head, sizeof s->head);
}

/* ---- by pattern ---- */

static size_t frame_length(const uint8_t *p)
{
	return (size_t)p[2] << 8 | p[3];
}

/* ACTIVITY START of this activity, after one of an activity of one octet. */
static size_t put_start(uint8_t *dst, uint32_t activity)
{
	uint8_t value[4] = { (uint8_t)(activity >> 16), (uint8_t)(activity >> 8),
	                     (uint8_t)activity };
	size_t skip = activity < 0x80 ? 2 : activity < 0x8000 ? 1 : 0, n = 3 - skip;

	memcpy(dst, pattern.sent, AT_ACTIVITY);
	dst[3] = (uint8_t)(dst[3] + n - 1);
	dst[10] = (uint8_t)(dst[10] + n - 1);
	dst[12] = (uint8_t)(dst[12] + n - 1);
	dst[AT_ACTIVITY] = 2;
	dst[AT_ACTIVITY + 1] = (uint8_t)n;
	memcpy(dst + AT_ACTIVITY + 2, value + skip, n);
	return AT_ACTIVITY + 2 + n;
}

static uint8_t *local_of(uint8_t *p, size_t n)
{
	uint8_t *at = memmem(p, n, word, sizeof word - 1);

	return at && at + sizeof word - 1 + LOCAL_DIGITS <= p + n ? at + sizeof word - 1 : NULL;
}

static void send_short(struct sender *s)
{
	size_t first = frame_length(pattern.sent), n, rest = pattern.sent_n - first;
	uint8_t out[ROOM + 8], *local;
	uint64_t left = s->n;

	n = put_start(out, ++s->activity);
	memcpy(out + n, pattern.sent + first, rest);
	local = local_of(out + n, rest);
	for (size_t i = LOCAL_DIGITS; i-- > 0; left /= 10)
		local[i] = (uint8_t)('0' + left % 10);
	s->answered = 0;
	if (!end_write(s->end, (struct octets){ out, n + rest }))
		failed++;
}

static void offer(struct sender *s)
{
	struct p1_transfer t = { .content_length = size };

	if (s->busy || !s->bound || begun == wanted)
		return;
	s->n = begun++;
	s->busy = true;
	if (end_is_detached(s->end)) {
		send_short(s);
		return;
	}
	s->activity++;
	t.id = (uint32_t)s->n;
	t.head = (struct octets){ s->head, head_of(s) };
	association_transfer(end_association(s->end), net_now(net), &t);
	end_pump(s->end);
}

/* What is answered is compared with what the first one was. */
static void hear_answer(struct sender *s, struct octets o)
{
	if (!s->busy || o.n > pattern.answer_n - s->answered ||
	    memcmp(o.p, pattern.answer + s->answered, o.n) != 0) {
		failed++;
		return;
	}
	s->answered += o.n;
	if (s->answered < pattern.answer_n)
		return;
	s->busy = false;
	confirmed++;
	offer(s);
}

/* The first message of the first sender is the pattern. */
static void keep(struct sender *s, bool out, struct octets o)
{
	uint8_t *dst = out ? pattern.sent : pattern.answer;
	size_t *n = out ? &pattern.sent_n : &pattern.answer_n;
	size_t room = out ? sizeof pattern.sent : sizeof pattern.answer;

	if (s != senders || !s->busy || pattern.size || o.n > room - *n)
		return;
	memcpy(dst + *n, o.p, o.n);
	*n += o.n;
}

static void sender_octets(struct end *end, bool out, struct octets o, void *ctx)
{
	struct sender *s = ctx;

	if (!end_is_detached(end))
		keep(s, out, o);
	else if (!out)
		hear_answer(s, o);
}

static bool take_start(struct receiver *r, const uint8_t *p, size_t n)
{
	uint32_t activity = 0;

	for (size_t i = AT_ACTIVITY + 2; i < n; i++)
		activity = activity << 8 | p[i];
	return r->last == 0 && activity == ++r->activity;
}

static bool take_content(struct receiver *r, uint8_t *p, size_t n)
{
	const uint8_t *local = local_of(p, n);
	uint64_t number = 0;

	if (r->last != SI_AS || n < size || !local || memcmp(p + n - size, block, size) != 0)
		return false;
	for (size_t i = 0; i < LOCAL_DIGITS; i++)
		number = number * 10 + (uint64_t)(local[i] - '0');
	octets += size;
	return is_new(number);
}

static bool take_end(struct end *end, struct receiver *r)
{
	arrived++;
	return r->last == SI_DT &&
	       end_write(end, (struct octets){ pattern.answer, pattern.answer_n });
}

static bool take_frame(struct end *end, struct receiver *r, uint8_t *p, size_t n)
{
	uint8_t what = n > AT_SPDU ? p[AT_SPDU] : 0;
	bool ok = what == SI_AS ? take_start(r, p, n) : what == SI_DT ? take_content(r, p, n)
	          : what == SI_AE && take_end(end, r);

	r->last = what == SI_AE ? 0 : what;
	return ok;
}

static void receiver_octets(struct end *end, bool out, struct octets o, void *ctx)
{
	struct receiver *r = ctx;
	size_t at = 0, n;

	if (out || !end_is_detached(end))
		return;
	if (o.n > sizeof r->octets - r->n) {
		failed++;
		return;
	}
	memcpy(r->octets + r->n, o.p, o.n);
	r->n += o.n;
	for (; r->n - at >= 4; at += n) {
		n = frame_length(r->octets + at);
		if (n < 4 || n > r->n - at)
			break;
		failed += !take_frame(end, r, r->octets + at, n);
	}
	r->n -= at;
	memmove(r->octets, r->octets + at, r->n);
}

/* ---- senders ---- */

static void sent(struct sender *s, const struct event *e)
{
	s->busy = false;
	if (!(e->flags & EVENT_F_POSITIVE)) {
		failed++;
		return;		/* the next would fail at once, and so on */
	}
	confirmed++;
	if (s == senders && size <= SHORT)
		pattern.size = size;
	if (pattern.size)
		end_detach(s->end, true);
	offer(s);
}

static void sender_event(struct end *end, const struct event *e, void *ctx)
{
	struct association *a = end_association(end);
	struct p1_bind bind = p1_bind_simple("UP", "u");
	struct sender *s = ctx;

	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED) {
		association_bind(a, net_now(net), &bind);
	} else if (e->kind == EVENT_WANT) {
		uint64_t left = size - e->offset;

		association_lend(a, net_now(net),
		                 (struct octets){ block, left < BLOCK ? (size_t)left : BLOCK });
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1 && e->type == CONFIRM) {
		if (e->code == SERVICE_CONNECT) {
			s->bound = e->flags & EVENT_F_POSITIVE;
			bound += s->bound;
			failed += !s->bound;
		} else if (e->code == SERVICE_TRANSFER) {
			sent(s, e);
		}
	}
}

static void sender_over(struct end *end, void *ctx)
{
	struct sender *s = ctx;

	failed++;
	s->end = NULL;
	s->bound = false;
	end_free(end);
}

/* ---- the listener ---- */

static void receiver_event(struct end *end, const struct event *e, void *ctx)
{
	struct association *a = end_association(end);
	struct p1_bind bind = p1_bind_simple("DOWN", "d");
	struct receiver *r = ctx;

	if (e->kind != EVENT_PRIMITIVE || e->layer != LAYER_P1 || e->type != INDICATION)
		return;
	if (e->code == SERVICE_CONNECT)
		association_accept(a, net_now(net), &bind);
	else if (e->code == SERVICE_DATA)
		octets += event_service(e)->data.n;
	else if (e->code == SERVICE_SYNC_MINOR)
		association_secured(a, net_now(net), e->value);
	else if (e->code == SERVICE_RELEASE)
		association_release_answer(a, net_now(net));
	if (e->code != SERVICE_TRANSFER || !(e->flags & EVENT_F_LAST))
		return;
	arrived++;
	r->activity++;
	association_secured_all(a, net_now(net));
	if (pattern.size)
		end_detach(end, true);
}

static void receiver_over(struct end *end, void *ctx)
{
	end_free(end);
	free(ctx);
}

static struct end_config config_of(bool initiator)
{
	struct end_config c = { .bind_us = 0 };

	association_defaults(&c.association, initiator);
	c.association.no_pdus = true;
	return c;
}

static void accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	static const struct end_user user = { .event = receiver_event, .over = receiver_over,
	                                       .octets = receiver_octets };
	struct end_config config = config_of(false);
	struct receiver *r = calloc(1, sizeof *r);

	(void)l;
	(void)ctx;
	if (!r || !end_accept(world, c, &config, &user, r)) {
		free(r);
		net_reset(c);
	}
}

/* ---- a line ---- */

static bool bind_all(uint16_t port, size_t n)
{
	static const struct end_user user = { .event = sender_event, .over = sender_over,
	                                       .octets = sender_octets };
	struct net_address at = { .family = 4, .port = port, .host = { 127, 0, 0, 1 } };
	int64_t until = net_now(net) + WAIT_US;
	struct end_config config = config_of(true);

	for (; senders_n < n && senders_n < SENDERS_MAX; senders_n++) {
		struct sender *s = &senders[senders_n];

		s->end = end_connect(world, &at, NULL, &config, &user, s);
		if (!s->end)
			return false;
	}
	while (bound < senders_n && !failed && net_now(net) < until)
		net_step(net, until);
	return bound == senders_n;
}

/* The wait begins anew with each message: only a standstill ends it. */
static void carry(void)
{
	uint64_t before = UINT64_MAX;
	int64_t until = 0;

	for (size_t i = 0; i < senders_n; i++)
		offer(&senders[i]);
	while (arrived < wanted || confirmed < wanted) {
		if (octets + arrived + confirmed != before)
			until = net_now(net) + WAIT_US;
		before = octets + arrived + confirmed;
		if (failed || net_now(net) >= until)
			return;
		net_step(net, until);
	}
}

static bool work(const char *line)
{
	unsigned long long messages, octets_each;
	unsigned port, n;
	int64_t at;

	if (sscanf(line, "%u %u %llu %llu", &port, &n, &messages, &octets_each) != 4)
		return false;
	wanted = messages;
	size = octets_each;
	begun = confirmed = arrived = octets = failed = 0;
	memset(seen, 0, sizeof seen);
	if (pattern.size && size != pattern.size) {
		fprintf(stderr, "bench_relay: all short messages have the same size\n");
		return false;
	}
	if (!bind_all((uint16_t)port, n)) {
		fprintf(stderr, "bench_relay: %zu of %u associations were bound\n", bound, n);
		return false;
	}
	at = net_now(net);
	carry();
	printf("%.1f %lld\n", (double)arrived * 1e6 / (double)(net_now(net) - at),
	       (long long)(wanted - arrived));
	fflush(stdout);
	return octets == wanted * size && arrived == wanted;
}

int main(void)
{
	struct net_address any = { .family = 4, .host = { 127, 0, 0, 1 } }, at;
	char line[100], text[NET_ADDRESS_TEXT];
	struct net_listener *l;

	net_descriptors(2 * SENDERS_MAX + 100);
	from_n = name("C=XX;A=TEST;P=UP;S=A;", from, sizeof from);
	to_n = name("C=XX;A=TEST;P=DOWN;S=B;", to, sizeof to);
	net = net_kernel_new();
	world = net ? end_world_new(net, NULL) : NULL;
	l = world ? net_listen(net, &any, 1024, NULL, accepted, NULL) : NULL;
	if (!l || !from_n || !to_n)
		return 4;
	at = net_listener_address(l);
	printf("ready %s\n", net_address_text(&at, text));
	fflush(stdout);
	while (fgets(line, sizeof line, stdin))
		if (!work(line))
			return 1;
	return 0;
}
