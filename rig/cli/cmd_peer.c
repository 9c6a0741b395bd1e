/*
 * peer: waits for associations, takes messages, and says what it sees.
 */
#include "cli/by_target.h"
#include "end/end.h"
#include "end/tape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { LINE_MAX_OCTETS = 1024, BACKLOG = 64, NAME_ROOM = 64 };

struct peer {
	struct net *net;
	struct end_world *world;
	struct end_config config;
	const char *name, *password, *their_name, *their_password;
	enum proof_kind kind;
	struct proof *proof;
	bool quiet, digest;
	uint64_t count, received;	/* count 0: no limit */
	uint32_t associations;
	struct caller *callers;
};

/* One association, and the message that comes in on it. */
struct caller {
	struct caller *next, **link;	/* of the peer's */
	struct peer *p;
	struct end *end;
	uint64_t octets;
	char line[LINE_MAX_OCTETS];
	EVP_MD_CTX *digest;
};

static void say(const struct peer *p, uint32_t association, const char *what, const char *more)
{
	if (!p->quiet)
		printf("%u %s %s\n", association, what, more);
}

/* ---- bind ---- */

static bool is(const struct ber_string *s, const char *wanted)
{
	return !wanted || ber_string_equal(s, octets_of(wanted));
}

static bool is_right(struct peer *p, const struct p1_bind *theirs, char *why)
{
	struct proof_terms terms = {
		.kind = p->kind, .mta = p->name, .password = p->their_password,
		.wall_us = net_wall(p->net, net_now(p->net)),
	};

	if (is(&theirs->name, p->their_name))
		return proof_check(p->proof, &terms, theirs, why);
	snprintf(why, CRYPTO_WHY, "its name is another one");
	return false;
}

static bool answer(struct peer *p, const struct p1_bind *theirs, struct p1_bind *ours, char *why)
{
	struct proof_terms terms = {
		.kind = p->kind, .password = p->password,
		.wall_us = net_wall(p->net, net_now(p->net)),
	};
	struct octets name = { NULL, 0 };
	uint8_t room[NAME_ROOM];
	char their_name[NAME_ROOM + 1] = "";

	if (ber_string_join(&theirs->name, room, sizeof room, &name) && name.n <= NAME_ROOM &&
	    name.n)
		memcpy(their_name, name.p, name.n);
	terms.mta = their_name;
	return proof_bind(p->proof, &terms, p->name, ours, why);
}

static void on_bind(struct caller *c, const struct event *e)
{
	const struct p1_bind *b = event_service(e)->detail;
	struct association *a = end_association(c->end);
	char line[LINE_MAX_OCTETS], why[CRYPTO_WHY];
	struct peer *p = c->p;
	struct p1_bind ours;
	struct text t;

	text_init(&t, line, sizeof line);
	p1_bind_text(&t, b);
	say(p, end_number(c->end), "bind", line);
	if (b->rt.opening == RTSE_RECOVER) {
		association_refuse(a, net_now(p->net), P1_BIND_BUSY);
	} else if (is_right(p, b, why) && answer(p, b, &ours, why)) {
		association_accept(a, net_now(p->net), &ours);
	} else {
		say(p, end_number(c->end), "refused", why);
		association_refuse(a, net_now(p->net), P1_BIND_AUTHENTICATION);
	}
}

/* ---- messages ---- */

static void on_first(struct caller *c, const struct event *e)
{
	struct findings f = { .n = 0 };
	struct p1_apdu apdu;
	struct text t;

	c->octets = 0;
	text_init(&t, c->line, sizeof c->line);
	if (c->p->quiet)
		return;
	if (p1_decode(event_service(e)->data, &apdu, &f))
		p1_text(&t, &apdu);
	else
		text_put(&t, "(unreadable)");
	if (c->p->digest)
		EVP_DigestInit_ex(c->digest, EVP_sha256(), NULL);
}

static void on_data(struct caller *c, struct octets o)
{
	c->octets += o.n;
	if (c->p->digest)
		EVP_DigestUpdate(c->digest, o.p, o.n);
}

static void on_last(struct caller *c, const struct event *e)
{
	struct peer *p = c->p;
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!(e->flags & EVENT_F_POSITIVE)) {
		say(p, end_number(c->end), "gave up", c->line);
		if (event_service(e)->reason == RTSE_FAIL_NONE)
			association_secured_all(end_association(c->end), net_now(p->net));
		return;
	}
	if (!p->quiet) {
		printf("%u %s octets=%llu", end_number(c->end), c->line,
		       (unsigned long long)c->octets);
		if (p->digest && EVP_DigestFinal_ex(c->digest, md, &n)) {
			printf(" sha256=");
			for (unsigned i = 0; i < n; i++)
				printf("%02x", md[i]);
		}
		printf("\n");
	}
	p->received++;
	association_secured_all(end_association(c->end), net_now(p->net));
}

static void on_primitive(struct caller *c, const struct event *e)
{
	struct association *a = end_association(c->end);
	int64_t now = net_now(c->p->net);

	if (e->type != INDICATION)
		return;
	switch (e->code) {
	case SERVICE_CONNECT:
		on_bind(c, e);
		break;
	case SERVICE_TRANSFER:
		if (e->flags & EVENT_F_FIRST)
			on_first(c, e);
		if (e->flags & EVENT_F_LAST)
			on_last(c, e);
		break;
	case SERVICE_DATA:
		on_data(c, event_service(e)->data);
		break;
	case SERVICE_SYNC_MINOR:
		association_secured(a, now, e->value);
		break;
	case SERVICE_RELEASE:
		association_release_answer(a, now);
		break;
	case SERVICE_U_ABORT:
	case SERVICE_P_ABORT:
		say(c->p, end_number(c->end), "aborted", "");
		break;
	default:
		break;
	}
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	struct caller *c = ctx;
	const struct rule *rule;

	(void)end;
	if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1) {
		on_primitive(c, e);
	} else if (e->kind == EVENT_FINDING && !c->p->quiet &&
	           (rule = association_rule(e->rule)) != NULL) {
		printf("%u finding %s %s @%u: %s\n", e->association, rule->name, rule->clause,
		       e->value, rule->text);
	}
}

/* Its connection is reset if it still lives. */
static void caller_free(struct caller *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	EVP_MD_CTX_free(c->digest);
	end_free(c->end);
	free(c);
}

static void on_over(struct end *end, void *ctx)
{
	struct caller *c = ctx;

	say(c->p, end_number(end), "closed", "");
	caller_free(c);
}

static void on_accept(struct net_listener *l, struct net_conn *conn, void *ctx)
{
	static const struct end_user user = { .event = on_event, .over = on_over };
	struct peer *p = ctx;
	struct caller *c = calloc(1, sizeof *c);

	(void)l;
	if (c) {
		c->p = p;
		c->digest = EVP_MD_CTX_new();
		p->config.association.number = ++p->associations;
		c->end = end_accept(p->world, conn, &p->config, &user, c);
	}
	if (!c || !c->end) {
		net_close(conn);
		if (c)
			EVP_MD_CTX_free(c->digest);
		free(c);
		return;
	}
	c->next = p->callers;
	c->link = &p->callers;
	if (c->next)
		c->next->link = &c->next;
	p->callers = c;
}

/* ---- the verb ---- */

static int serve(struct peer *p, const struct net_address *at)
{
	char text[NET_ADDRESS_TEXT];
	struct net_listener *l = net_listen(p->net, at, BACKLOG, NULL, on_accept, p);
	struct net_address real;

	if (!l) {
		fprintf(stderr, "x400rig peer: cannot listen on %s: %s%s\n",
		        net_address_text(at, text), strerror(errno), net_listen_hint(errno));
		return EXIT_TROUBLE;
	}
	cli_confine("peer", CONFINE_NETWORK);
	cli_catch_signals();
	real = net_listener_address(l);
	printf("ready %s\n", net_address_text(&real, text));
	fflush(stdout);
	while (!cli_stop && !(p->count && p->received >= p->count && !p->callers)) {
		net_step(p->net, net_now(p->net) + SECOND_US / 5);
		if (!p->quiet)
			fflush(stdout);
	}
	net_listener_close(l);
	for (struct caller *c = p->callers, *next; c; c = next) {
		next = c->next;
		caller_free(c);
	}
	return EXIT_ALL_PASS;
}

int cmd_peer(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig peer --listen 127.0.0.1:10103 --name RIGDOWN --password down-secret",
		"x400rig peer --listen 127.0.0.1:0 --count 1",
		"x400rig peer --mode x410 --dialogue two-way --psel P1 --tsel 591",
		"x400rig peer --credentials strong --key down.pem --trust ca.pem",
		"x400rig peer -t exchange.target --side down",
		NULL,
	};
	static const char *const usual[] = { "RIGDOWN", "down-secret" };
	struct peer p = { .digest = true };
	static struct cli_terms terms = { .checkpoint = CLI_UNSAID, .window = CLI_UNSAID };
	const struct target_side *side;
	const char *listen = NULL, *capture = NULL;
	uint64_t bind_time = 120;
	bool no_digest = false;
	const struct cli_option options[] = {
		{ .name = "listen", .letter = 'l', .value = "HOST:PORT", .string = &listen,
		  .text = "where to listen (default 127.0.0.1:10103; port 0: any)" },
		{ .name = "name", .value = "NAME", .string = &terms.name,
		  .text = "our MTA name (RIGDOWN)" },
		{ .name = "password", .value = "TEXT", .string = &terms.password,
		  .text = "what we answer with (down-secret)" },
		{ .name = "their-name", .value = "NAME", .string = &terms.their_name,
		  .text = "refuse callers of another name" },
		{ .name = "their-password", .value = "TEXT", .string = &terms.their_password,
		  .text = "refuse callers with another password" },
		CLI_PROVE_OPTIONS(terms.prove),
		{ .name = "count", .letter = 'n', .value = "N", .number = &p.count,
		  .text = "end after so many messages" },
		{ .name = "checkpoint", .value = "KIB", .number = &terms.checkpoint,
		  .text = "greatest checkpoint size to accept (30)" },
		{ .name = "window", .value = "N", .number = &terms.window,
		  .text = "greatest window to accept (5)" },
		{ .name = "bind-time", .value = "SECONDS", .number = &bind_time,
		  .text = "reset connections without a bind after this (120; 0: never)" },
		CLI_ASSOCIATION_OPTIONS(terms.how),
		CLI_TARGET_OPTIONS(terms),
		{ .name = "capture", .value = "FILE", .string = &capture,
		  .text = "write the traffic as pcapng" },
		{ .name = "no-digest", .flag = &no_digest, .text = "do not digest contents" },
		{ .name = "quiet", .letter = 'q', .flag = &p.quiet, .text = "print no messages" },
		{ .name = NULL },
	};
	const struct cli_help help = {
		"peer", "", "Stands as a responder that accepts associations, takes messages, "
		"prints a line for each and throws the content away.", options, examples,
	};
	struct capture_case *tape = NULL;
	struct net_address at_address;
	char why[256] = "";
	int at = cli_parse(argc, argv, &help), status = EXIT_TROUBLE;

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (at < argc)
		return cli_wrong("peer", "unexpected operand \"%s\"", argv[at]);
	if (!cli_by_target("peer", &terms, false, usual, &side))
		return EXIT_USAGE;
	if (!listen)
		listen = side && side->listen[0] ? side->listen : "127.0.0.1:10103";
	if (!net_address_parse(&at_address, listen, 102))
		return cli_wrong("peer", "--listen %s: an address and a port were wanted", listen);
	p.name = terms.name;
	p.password = terms.password;
	p.their_name = terms.their_name;
	p.their_password = terms.their_password;
	if (capture && !(tape = capture_case_open(capture, "x400rig peer", 102, why, sizeof why)))
		return cli_wrong("peer", "%s", why);
	if (bind_time > INT32_MAX)
		return cli_wrong("peer", "--bind-time 0..%d", INT32_MAX);
	p.digest = !no_digest;
	p.config.bind_us = (int64_t)bind_time * SECOND_US;
	association_defaults(&p.config.association, false);
	p.config.association.no_pdus = true;
	p.config.association.rtse.checkpoint = (uint32_t)terms.checkpoint;
	p.config.association.rtse.window = (uint32_t)terms.window;
	if (!cli_associate("peer", &terms.how, &p.config.association) ||
	    !cli_prove("peer", &terms.prove, &p.kind, &p.proof))
		return EXIT_USAGE;
	p.net = net_kernel_new();
	p.world = p.net ? end_world_new(p.net, tape) : NULL;
	if (p.world)
		status = serve(&p, &at_address);
	else
		fprintf(stderr, "x400rig peer: no event loop: %s\n", strerror(errno));
	end_world_free(p.world);
	net_free(p.net);
	proof_free(p.proof);
	suite_free(&terms.suite);
	if (!capture_case_close(tape, why, sizeof why)) {
		fprintf(stderr, "x400rig peer: %s\n", why);
		status = EXIT_TROUBLE;
	}
	return status;
}
