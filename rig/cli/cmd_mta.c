/*
 * mta: the lab MTA alone.
 */
#include "cli/cli.h"
#include "mta/mta.h"
#include "scenario/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static bool into(char *dst, size_t cap, const char *src)
{
	return (size_t)snprintf(dst, cap, "%s", src) < cap;
}

/* NAME,PASSWORD[,HOST:PORT[,ROUTE]] */
static bool peer(struct mta_config *c, const char *text)
{
	struct mta_peer *p = &c->peers[c->peers_n];
	char copy[400], *rest = copy;
	const char *name, *password, *address, *route;

	if (c->peers_n == MTA_PEERS_MAX || !into(copy, sizeof copy, text))
		return false;
	name = strsep(&rest, ",");
	password = strsep(&rest, ",");
	address = strsep(&rest, ",");
	route = rest;
	c->peers_n++;
	return password && into(p->name, sizeof p->name, name) &&
	       into(p->password, sizeof p->password, password) &&
	       (!address || !*address || net_address_parse(&p->address, address, 102)) &&
	       (!route || into(p->prefix, sizeof p->prefix, route));
}

/* C,A,P */
static bool domain(struct mta_config *c, const char *text)
{
	char copy[80], *rest = copy;

	if (!into(copy, sizeof copy, text))
		return false;
	for (int i = 0; i < 3; i++) {
		const char *part = strsep(&rest, ",");

		if (!part || !into(c->domain[i], sizeof c->domain[i], part))
			return false;
	}
	return rest == NULL;
}

static bool defects(struct mta_config *c, const struct cli_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!mta_defect_add(c, list->at[i])) {
			cli_wrong("mta", "no defect \"%s\"; x400rig mta --defect list shows them",
			          list->at[i]);
			return false;
		}
	return true;
}

static bool wants_list(const struct cli_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->at[i], "list") == 0)
			return true;
	return false;
}

static int list_defects(void)
{
	struct mta_defect_text d;

	for (size_t i = 0; mta_defect(i, &d); i++)
		printf("%s\n  source     %s\n  trigger    %s\n  signature  %s\n  scenario   %s\n",
		       d.name, d.source, d.trigger, d.signature, d.scenario);
	return EXIT_ALL_PASS;
}

/* One descriptor for each control block, and some more. */
static void allow_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int serve(const struct mta_config *c)
{
	struct net *net = net_kernel_new();
	struct end_world *world = net ? end_world_new(net, NULL) : NULL;
	char why[256] = "out of memory", text[NET_ADDRESS_TEXT];
	struct mta *m = world ? mta_new(world, c, why, sizeof why) : NULL;
	struct net_address at;
	int status = EXIT_TROUBLE;

	if (!world)
		snprintf(why, sizeof why, "no event loop: %s", strerror(errno));
	allow_descriptors();
	if (m) {
		at = mta_address(m);
		cli_catch_signals();
		printf("ready %s\n", net_address_text(&at, text));
		fflush(stdout);
		while (!cli_stop && !mta_stopped(m))
			net_step(net, net_now(net) + SECOND_US / 5);
		status = EXIT_ALL_PASS;
	} else {
		fprintf(stderr, "x400rig mta: %s\n", why);
	}
	mta_free(m);
	end_world_free(world);
	net_free(net);
	return status;
}

/* What only the command line says; the file says the rest. */
struct options {
	const char *config, *listen, *name, *password, *domain, *queue, *logs, *control;
	const char *credentials, *key, *certificate, *trust;
	struct cli_list peers, defects;
	uint64_t percent, checkpoint, window, associations, threshold, blocks;
};

static bool text(char *dst, size_t cap, const char *value, const char *what)
{
	if (!value || into(dst, cap, value))
		return true;
	cli_wrong("mta", "--%s: too long, at most %zu characters", what, cap - 1);
	return false;
}

static bool number(uint32_t *dst, uint64_t value, uint64_t least, uint64_t most, const char *what)
{
	if (value == UINT64_MAX)
		return true;
	if (value < least || value > most) {
		cli_wrong("mta", "--%s: %llu to %llu", what, (unsigned long long)least,
		          (unsigned long long)most);
		return false;
	}
	*dst = (uint32_t)value;
	return true;
}

/* Of all neighbours; the settings file can tell them apart. */
static bool credentials(struct mta_config *c, const char *said)
{
	enum proof_kind kind = said ? proof_kind_said(said) : PROOF_SIMPLE;

	if (kind == PROOF_KINDS)
		return cli_wrong("mta", "--credentials %s: simple, strong or protected was wanted",
		                 said), false;
	for (size_t i = 0; said && i < c->peers_n; i++)
		c->peers[i].credentials = (uint8_t)kind;
	return true;
}

static bool apply(struct mta_config *c, const struct options *o)
{
	if (o->listen && !net_address_parse(&c->listen, o->listen, 102))
		return cli_wrong("mta", "--listen %s: an address and a port were wanted",
		                 o->listen), false;
	if (o->domain && !domain(c, o->domain))
		return cli_wrong("mta", "--domain %s: C,A,P was wanted", o->domain), false;
	for (size_t i = 0; i < o->peers.n; i++)
		if (!peer(c, o->peers.at[i]))
			return cli_wrong("mta", "--peer %s: NAME,PASSWORD[,HOST:PORT[,ROUTE]] was "
			                 "wanted, at most %d of them", o->peers.at[i],
			                 MTA_PEERS_MAX), false;
	return credentials(c, o->credentials) &&
	       text(c->proof.key, sizeof c->proof.key, o->key, "key") &&
	       text(c->proof.certificate, sizeof c->proof.certificate, o->certificate,
	            "certificate") &&
	       text(c->proof.trust, sizeof c->proof.trust, o->trust, "trust") &&
	       text(c->name, sizeof c->name, o->name, "name") &&
	       text(c->password, sizeof c->password, o->password, "password") &&
	       text(c->queue, sizeof c->queue, o->queue, "queue") &&
	       text(c->log_dir, sizeof c->log_dir, o->logs, "logs") &&
	       text(c->control, sizeof c->control, o->control, "control") &&
	       number(&c->checkpoint_kib, o->checkpoint, 0, 65535, "checkpoint") &&
	       number(&c->window, o->window, 1, 16, "window") &&
	       number(&c->associations_max, o->associations, 1, 100000, "associations") &&
	       number(&c->threshold, o->threshold, 1, 1000000, "threshold") &&
	       number(&c->control_blocks, o->blocks, 2, 100000, "control-blocks") &&
	       defects(c, &o->defects);
}

static bool configure(struct mta_config *c, const struct options *o)
{
	char *said;

	mta_defaults(c);
	net_address_parse(&c->listen, "127.0.0.1:10102", 102);
	if (o->config && !mta_settings(c, o->config, &said)) {
		fputs(said ? said : "x400rig mta: out of memory\n", stderr);
		free(said);
		return false;
	}
	if (o->percent == 0 || o->percent > 1000)
		return cli_wrong("mta", "--scale: 1 to 1000"), false;
	if (!apply(c, o))
		return false;
	mta_scale(c, (double)o->percent / 100);
	return true;
}

int cmd_mta(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig mta --listen 127.0.0.1:10102 --peer UP,secret --peer "
		"DOWN,other,127.0.0.1:10103,'C=XX;A=TEST;P=DOWN;'",
		"x400rig mta --config lab.conf --control /run/lab.sock",
		"x400rig mta --defect list",
		NULL,
	};
	struct options o = {
		.percent = 100, .checkpoint = UINT64_MAX, .window = UINT64_MAX,
		.associations = UINT64_MAX, .threshold = UINT64_MAX, .blocks = UINT64_MAX,
	};
	const struct cli_option options[] = {
		{ .name = "config", .letter = 'c', .value = "FILE", .string = &o.config,
		  .text = "settings; what the command line says goes before" },
		{ .name = "listen", .letter = 'l', .value = "HOST:PORT", .string = &o.listen,
		  .text = "where to listen (default 127.0.0.1:10102; port 0: any)" },
		{ .name = "name", .value = "NAME", .string = &o.name, .text = "our MTA name "
		  "(LAB)" },
		{ .name = "password", .value = "TEXT", .string = &o.password,
		  .text = "what we bind and answer with (lab-secret)" },
		{ .name = "domain", .value = "C,A,P", .string = &o.domain,
		  .text = "our global domain identifier (XX,TEST,LAB)" },
		{ .name = "peer", .letter = 'p', .value = "NAME,PASSWORD[,HOST:PORT[,ROUTE]]",
		  .list = &o.peers, .text = "a neighbour, and the address prefix that leads to "
		  "it" },
		{ .name = "credentials", .value = "KIND", .string = &o.credentials,
		  .text = "of all neighbours: simple (default), strong or protected" },
		{ .name = "key", .value = "FILE", .string = &o.key, .text = "our private key, "
		  "PEM" },
		{ .name = "certificate", .value = "FILE", .string = &o.certificate,
		  .text = "its certificate (default: in the key's file)" },
		{ .name = "trust", .value = "FILE", .string = &o.trust,
		  .text = "certificates whose holders or issuers are believed" },
		{ .name = "queue", .value = "FILE", .string = &o.queue,
		  .text = "SQLite file of the queue (default: none that lasts)" },
		{ .name = "logs", .value = "DIR", .string = &o.logs,
		  .text = "write Ev0.log, Application.txt, Bf0.log and Calls.out there" },
		{ .name = "control", .value = "PATH", .string = &o.control,
		  .text = "a unix socket that takes JSON lines: {\"do\": \"queue\"} ..." },
		{ .name = "checkpoint", .value = "KIB", .number = &o.checkpoint,
		  .text = "checkpoint size (30; 0: none)" },
		{ .name = "window", .value = "N", .number = &o.window,
		  .text = "unconfirmed checkpoints (5)" },
		{ .name = "associations", .value = "N", .number = &o.associations,
		  .text = "with one neighbour, in each direction (10)" },
		{ .name = "threshold", .value = "N", .number = &o.threshold,
		  .text = "messages that wait for each association that we open (50)" },
		{ .name = "control-blocks", .value = "N", .number = &o.blocks,
		  .text = "connections in all (1250)" },
		{ .name = "scale", .value = "PERCENT", .number = &o.percent,
		  .text = "all timers at this part of the documented defaults (100)" },
		{ .name = "defect", .letter = 'd', .value = "NAME", .list = &o.defects,
		  .text = "misbehave as documented; `list` explains the defects" },
		{ .name = NULL },
	};
	const struct cli_help help = {
		"mta", "", "The lab MTA alone: a small store-and-forward MTA that authenticates "
		"its neighbours, queues, relays by address prefix, reports what it cannot pass on, "
		"and can be given documented defects. Runs until it is interrupted.", options,
		examples,
	};
	struct mta_config c;
	int at = cli_parse(argc, argv, &help);

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (at < argc)
		return cli_wrong("mta", "unexpected operand \"%s\"", argv[at]);
	if (wants_list(&o.defects))
		return list_defects();
	if (!configure(&c, &o))
		return EXIT_USAGE;
	if (*c.log_dir && !folder_make(c.log_dir))
		return cli_wrong("mta", "--logs: %s: %s", c.log_dir, strerror(errno));
	cli_confine("mta", CONFINE_NETWORK | CONFINE_THREADS);
	return serve(&c);
}
