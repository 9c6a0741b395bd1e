/*
 * send: messages to an MTA, on one association or many.
 */
#include "cli/by_target.h"
#include "confine/confine.h"
#include "end/end.h"
#include "end/tape.h"
#include "ipm/ipm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	HEAD_MAX = 4096,
	FILLER = 64 << 10,
	PERIOD = 64 * 13,		/* of the text in it: 64 to a line, 26 letters */
	RECIPIENT_OCTETS_MAX = 1024,
};

struct sender {
	struct net *net;
	struct end *end;
	const char *name, *password, *id;
	const char *their_name, *their_password;	/* NULL: any will do */
	enum proof_kind kind;
	struct proof *proof;
	uint64_t count, size;
	uint64_t sent, confirmed, out, in;	/* messages; octets of the connection */
	bool bound, failed, over;
	struct p1_name from, to;
	uint8_t originator[RECIPIENT_OCTETS_MAX], recipient[RECIPIENT_OCTETS_MAX];
	size_t originator_n, recipient_n;
	uint8_t head[HEAD_MAX], heading[HEAD_MAX];
	size_t head_n, heading_n;
	const char *subject;
	const uint8_t *filler;
	time_t told;			/* the second that `utc` says */
	char utc[14];
	unsigned process;		/* ours, in identifiers */
	uint8_t *counters[2];		/* in head and heading; NULL: not there */
};

/* ---- one message ---- */

/* A local identifier (ub-local-id-length: 32) is of one process: name, second, process,
 * counter. All messages of one second are alike but for the counter, eight digits in the
 * head and in the heading. */
enum { COUNTER = 8 };

static uint8_t *find_counter(uint8_t *octets, size_t n, const char *local)
{
	uint8_t *at = memmem(octets, n, local, strlen(local));

	return at ? at + strlen(local) - COUNTER : NULL;
}

static void count_at(uint8_t *at, uint64_t counter)
{
	for (size_t i = COUNTER; at && i-- > 0; counter /= 10)
		at[i] = (uint8_t)('0' + counter % 10);
}

static bool compose(struct sender *s, const char *local)
{
	struct octets to = { s->recipient, s->recipient_n };
	struct p1_recipient r = {
		.name = to, .number = 1,
		.indicators = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY,
	};
	struct ipm_compose ipm = {
		.local = octets_of(local), .originator = { s->originator, s->originator_n },
		.primary = &to, .primary_n = 1, .subject = octets_of(s->subject), .importance = 1,
	};
	struct p1_message m = {
		.originator = { s->originator, s->originator_n },
		.content_type = { true, false, P1_CONTENT_P22, { NULL, 0 } },
		.recipients_n = 1, .recipients = &r,
	};

	s->heading_n = ipm_compose_head(&ipm, s->size, s->heading, sizeof s->heading);
	m.id.domain = (struct p1_domain){ s->from.country, s->from.admd, s->from.prmd };
	m.id.local = p1_string(local);
	m.trace = (struct p1_trace){ .domain = m.id.domain, .arrival = p1_string(s->utc) };
	s->head_n = p1_message_head(&m, s->heading_n + s->size, s->head, sizeof s->head);
	if (!s->heading_n || s->heading_n > sizeof s->heading || !s->head_n ||
	    s->head_n > sizeof s->head)
		return false;
	s->counters[0] = find_counter(s->head, s->head_n, local);
	s->counters[1] = find_counter(s->heading, s->heading_n, local);
	return true;
}

/* The head and heading of the next message. */
static bool prepare(struct sender *s)
{
	time_t now = (time_t)(net_wall(s->net, net_now(s->net)) / SECOND_US);

	if (now != s->told) {
		char local[33];
		struct tm tm;

		s->told = now;
		gmtime_r(&now, &tm);
		strftime(s->utc, sizeof s->utc, "%y%m%d%H%M%SZ", &tm);
		snprintf(local, sizeof local, "%.7s-%08x-%06x-%0*d", s->id,
		         (unsigned)now, s->process & 0xffffffU, COUNTER, 0);
		if (!compose(s, local))
			return false;
	}
	for (size_t i = 0; i < 2; i++)
		count_at(s->counters[i], s->sent + 1);
	return true;
}

static void next(struct sender *s)
{
	struct association *a = end_association(s->end);
	struct p1_transfer t;

	if (s->sent == s->count) {
		association_release(a, net_now(s->net));
		return;
	}
	if (!prepare(s)) {
		fprintf(stderr, "x400rig send: the addresses make the envelope too long\n");
		s->failed = true;
		association_abort(a, net_now(s->net));
		return;
	}
	t = (struct p1_transfer){
		.id = (uint32_t)++s->sent, .head = { s->head, s->head_n },
		.content_length = s->heading_n + s->size,
	};
	association_transfer(a, net_now(s->net), &t);
}

static void lend(struct sender *s, uint64_t at)
{
	size_t skip = (size_t)((at - s->heading_n) % PERIOD);
	struct octets o = { s->filler + skip, FILLER - skip };

	if (at < s->heading_n)
		o = (struct octets){ s->heading + at, s->heading_n - (size_t)at };
	association_lend(end_association(s->end), net_now(s->net), o);
}

/* ---- events ---- */

static void refused(struct sender *s, const struct event *e)
{
	const struct p1_bind *b = event_service(e)->detail;
	uint32_t reason = event_service(e)->reason;

	s->failed = true;
	if (b && b->rt.refused_by == LAYER_P1)
		fprintf(stderr, "x400rig send: the bind was refused: %s\n",
		        p1_bind_error_name(reason));
	else
		fprintf(stderr, "x400rig send: refused by %s, reason %u\n",
		        b ? layer_name(b->rt.refused_by) : "the peer", reason);
}

static bool is_right(struct sender *s, const struct p1_bind *theirs)
{
	struct proof_terms terms = {
		.kind = s->kind, .mta = s->name, .password = s->their_password,
		.wall_us = net_wall(s->net, net_now(s->net)),
	};
	char why[CRYPTO_WHY] = "it has another name";

	if ((!s->their_name || ber_string_equal(&theirs->name, octets_of(s->their_name))) &&
	    proof_check(s->proof, &terms, theirs, why))
		return true;
	fprintf(stderr, "x400rig send: the MTA's credentials are not good: %s\n", why);
	s->failed = true;
	association_abort(end_association(s->end), net_now(s->net));
	return false;
}

static void bind(struct sender *s, struct end *end)
{
	struct proof_terms terms = {
		.kind = s->kind, .mta = s->their_name, .password = s->password,
		.wall_us = net_wall(s->net, net_now(s->net)),
	};
	char why[CRYPTO_WHY];
	struct p1_bind b;

	if (proof_bind(s->proof, &terms, s->name, &b, why)) {
		association_bind(end_association(end), net_now(s->net), &b);
		return;
	}
	fprintf(stderr, "x400rig send: %s\n", why);
	s->failed = true;
	association_abort(end_association(end), net_now(s->net));
}

static void on_primitive(struct sender *s, const struct event *e)
{
	bool positive = e->flags & EVENT_F_POSITIVE;

	switch (e->code) {
	case SERVICE_CONNECT:
		s->bound = positive;
		if (!positive)
			refused(s, e);
		else if (is_right(s, event_service(e)->detail))
			next(s);
		break;
	case SERVICE_TRANSFER:
		s->confirmed += positive;
		if (positive) {
			next(s);
		} else {
			fprintf(stderr, "x400rig send: transfer failed: %s\n",
			        rtse_failure_name((enum rtse_failure)e->value));
			s->failed = true;
		}
		break;
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		if (!s->failed)
			fprintf(stderr, "x400rig send: the association was aborted\n");
		s->failed = true;
		break;
	default:
		break;
	}
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	struct sender *s = ctx;

	if (e->kind == EVENT_TCP && e->code == TCP_CONNECTED) {
		bind(s, end);
	} else if (e->kind == EVENT_TCP && e->code == TCP_FAILED) {
		fprintf(stderr, "x400rig send: cannot connect: %s\n"
		        "is the MTA running, is its port right? "
		        "x400rig ping HOST:PORT tells more\n",
		        strerror((int)e->value));
		s->failed = true;
	} else if (e->kind == EVENT_WANT) {
		lend(s, e->offset);
	} else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1) {
		on_primitive(s, e);
	}
}

static void on_over(struct end *end, void *ctx)
{
	struct sender *s = ctx;

	s->out = end_association(end)->stream_out;
	s->in = end_association(end)->stream_in;
	s->over = true;
}

/* ---- the verb ---- */

static bool address(const char *text, struct p1_name *name, uint8_t *octets, size_t *n)
{
	size_t bad = 0;

	if (!p1_name_parse(octets_of(text), name, &bad)) {
		cli_wrong("send", "\"%s\": no O/R address; character %zu is the trouble", text,
		          bad + 1);
		return false;
	}
	*n = p1_name_encode(name, 0x60, octets, RECIPIENT_OCTETS_MAX);
	if (*n == 0 || *n > RECIPIENT_OCTETS_MAX)
		cli_wrong("send", "\"%s\" is too long", text);
	return *n && *n <= RECIPIENT_OCTETS_MAX;
}

/* An address, or whom the target calls so.  Not given: who is at the side that we are, or at
 * another one. */
static const char *whom(const struct cli_terms *c, const char *said, bool ours)
{
	const struct target *t = c->suite.target;
	int me = t && c->side ? target_side(t, c->side) : SIDE_UP;

	if (t && said && target_recipient(t, said) >= 0)
		return t->recipients[target_recipient(t, said)].address;
	for (size_t i = 0; t && !said && i < t->recipients_n; i++)
		if (t->recipients[i].side >= 0 && (t->recipients[i].side == me) == ours)
			return t->recipients[i].address;
	return said ? said : ours ? "C=XX;A=TEST;P=UP;S=Tester" : "C=XX;A=TEST;P=DOWN;S=Tester";
}

static void report(const struct sender *s, int64_t begin_us)
{
	double seconds = (double)(net_now(s->net) - begin_us) / 1e6;

	printf("%llu of %llu messages of %llu octets handed over in %.3f s (%.0f/s, %.1f MB/s)\n",
	       (unsigned long long)s->confirmed, (unsigned long long)s->count,
	       (unsigned long long)s->size, seconds, (double)s->confirmed / seconds,
	       (double)(s->confirmed * s->size) / seconds / 1e6);
	printf("octets on the wire: %llu out, %llu in\n", (unsigned long long)s->out,
	       (unsigned long long)s->in);
}

static int run(struct sender *s, const struct net_address *to, const struct net_address *source,
               const struct end_config *c, struct capture_case *tape)
{
	static const struct end_user user = { .event = on_event, .over = on_over };
	struct end_world *world = end_world_new(s->net, tape);
	int64_t begin = net_now(s->net);

	if (world)
		s->end = end_connect(world, to, source, c, &user, s);
	if (!s->end) {
		fprintf(stderr, "x400rig send: cannot connect\n");
		end_world_free(world);
		return EXIT_TROUBLE;
	}
	cli_confine("send", CONFINE_NETWORK);
	cli_catch_signals();
	cli_progress_quiet(false);
	while (!s->over && !cli_stop) {
		net_step(s->net, net_now(s->net) + SECOND_US);
		cli_progress("%llu of %llu messages", (unsigned long long)s->confirmed,
		             (unsigned long long)s->count);
	}
	cli_progress_clear();
	report(s, begin);
	end_world_free(world);
	return cli_stop ? EXIT_INTERRUPTED :
	       s->confirmed == s->count && !s->failed ? EXIT_ALL_PASS :
	       s->bound ? EXIT_FAIL : EXIT_TROUBLE;
}

int cmd_send(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig send 127.0.0.1:10102 --count 10 --size 1024",
		"x400rig send 192.0.2.10 --name RIGUP --password secret "
		"--to 'C=XX;A=TEST;P=DOWN;S=Tester'",
		"x400rig send 192.0.2.10 --mode 1984 --tsel 591",
		"x400rig send 192.0.2.10 --credentials strong --key up.pem --trust ca.pem "
		"--their-name LAB",
		"x400rig send -t exchange.target --to down",
		NULL,
	};
	static const char *const usual[] = { "RIGUP", "up-secret" };
	static uint8_t filler[FILLER];
	struct sender s = {
		.id = "x400rig", .count = 1, .size = 1024, .subject = "x400rig", .filler = filler,
		.process = (unsigned)getpid(),
	};
	const char *from = NULL, *to = NULL, *capture = NULL;
	static struct cli_terms terms = { .checkpoint = CLI_UNSAID, .window = CLI_UNSAID };
	const struct cli_option options[] = {
		{ .name = "count", .letter = 'n', .value = "N", .number = &s.count,
		  .text = "messages (1)" },
		{ .name = "size", .letter = 's', .value = "OCTETS", .number = &s.size,
		  .text = "octets of text in each (1024)" },
		{ .name = "from", .value = "ADDRESS", .string = &from,
		  .text = "originator, or a recipient of the target" },
		{ .name = "to", .value = "ADDRESS", .string = &to,
		  .text = "recipient, or one of the target" },
		{ .name = "subject", .value = "TEXT", .string = &s.subject, .text = "subject" },
		{ .name = "name", .value = "NAME", .string = &terms.name,
		  .text = "our MTA name (RIGUP)" },
		{ .name = "password", .value = "TEXT", .string = &terms.password,
		  .text = "our password (up-secret)" },
		{ .name = "their-name", .value = "NAME", .string = &terms.their_name,
		  .text = "abort if the MTA has another name; whom a bind token is for" },
		{ .name = "their-password", .value = "TEXT", .string = &terms.their_password,
		  .text = "abort if the MTA answers with another password" },
		CLI_PROVE_OPTIONS(terms.prove),
		{ .name = "checkpoint", .value = "KIB", .number = &terms.checkpoint,
		  .text = "checkpoint size to propose (30; 0: none)" },
		{ .name = "window", .value = "N", .number = &terms.window,
		  .text = "unconfirmed checkpoints to propose (5)" },
		CLI_ASSOCIATION_OPTIONS(terms.how),
		CLI_TARGET_OPTIONS(terms),
		{ .name = "capture", .value = "FILE", .string = &capture,
		  .text = "write the traffic as pcapng" },
		{ .name = NULL },
	};
	const struct cli_help help = {
		"send", "HOST[:PORT]", "Binds to an MTA, hands over messages on one association "
		"and releases it.", options, examples,
	};
	struct end_config c = { .hold_open = false };
	struct capture_case *tape = NULL;
	const struct target_side *side;
	struct net_address peer, source;
	const char *host;
	char why[256] = "";
	int at = cli_parse(argc, argv, &help), status;

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - at > 1 || (argc == at && !terms.target))
		return cli_wrong("send", "one HOST[:PORT] or --target was wanted");
	if (!cli_by_target("send", &terms, true, usual, &side))
		return EXIT_USAGE;
	host = argc > at ? argv[at] : terms.suite.target->address;
	if (argc == at && terms.suite.target->lab)
		return cli_wrong("send", "the lab MTA is started for each case; use `x400rig mta` "
		                 "and HOST:PORT");
	if (!address(whom(&terms, from, true), &s.from, s.originator, &s.originator_n) ||
	    !address(whom(&terms, to, false), &s.to, s.recipient, &s.recipient_n))
		return EXIT_USAGE;
	s.name = terms.name;
	s.password = terms.password;
	s.their_name = terms.their_name;
	s.their_password = terms.their_password;
	if (!cli_prove("send", &terms.prove, &s.kind, &s.proof))
		return EXIT_USAGE;
	if (s.kind == PROOF_STRONG && !s.their_name)
		return cli_wrong("send", "--credentials strong: --their-name NAME is wanted too, "
		                 "the MTA that the bind token is for");
	s.net = net_kernel_new();
	if (!s.net || !net_resolve(s.net, &peer, host, 102)) {
		net_free(s.net);
		return cli_wrong("send", "%s: no such host or port", host);
	}
	if (side && side->source[0] && !net_resolve(s.net, &source, side->source, 0)) {
		net_free(s.net);
		return cli_wrong("send", "%s: no such address", side->source);
	}
	if (capture) {
		tape = capture_case_open(capture, "x400rig send", 102, why, sizeof why);
		if (!tape)
			return cli_wrong("send", "%s", why);
	}
	for (size_t i = 0; i < sizeof filler; i++)
		filler[i] = (uint8_t)(i % 64 == 63 ? '\n' : 'a' + i % 26);
	association_defaults(&c.association, true);
	c.association.number = 1;
	c.association.no_pdus = true;
	c.association.rtse.checkpoint = (uint32_t)terms.checkpoint;
	c.association.rtse.window = (uint32_t)terms.window;
	if (!cli_associate("send", &terms.how, &c.association)) {
		net_free(s.net);
		return EXIT_USAGE;
	}
	status = run(&s, &peer, side && side->source[0] ? &source : NULL, &c, tape);
	if (!capture_case_close(tape, why, sizeof why)) {
		fprintf(stderr, "x400rig send: %s\n", why);
		status = EXIT_TROUBLE;
	}
	net_free(s.net);
	proof_free(s.proof);
	suite_free(&terms.suite);
	return status;
}
