#include "cli/cli.h"
#include "mta/mta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int serve(const struct mta_config *c)
{
	struct net *net = net_kernel_new();
	struct end_world *world = net ? end_world_new(net, NULL) : NULL;
	char why[256] = "out of memory", text[NET_ADDRESS_TEXT];
	struct mta *m = world ? mta_new(world, c, why, sizeof why) : NULL;
	struct net_address at;
	int status = EXIT_TROUBLE;

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

int cmd_mta(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig mta --listen 127.0.0.1:10102 --peer UP,secret --peer DOWN,other,127.0.0.1:10103,"
		"'C=XX;A=TEST;P=DOWN;'",
		"x400rig mta --defect list",
		NULL,
	};
	const char *listen = "127.0.0.1:10102", *name = "LAB", *password = "lab-secret";
	const char *queue = "", *logs = "", *of = "XX,TEST,LAB";
	struct cli_list peers = { .n = 0 }, faults = { .n = 0 };
	uint64_t percent = 100, checkpoint = 30, window = 5;
	const struct cli_option options[] = {
		{ .name = "listen", .letter = 'l', .value = "HOST:PORT", .string = &listen,
		  .text = "where to listen (default 127.0.0.1:10102; port 0: any)" },
		{ .name = "name", .value = "NAME", .string = &name, .text = "our MTA name (LAB)" },
		{ .name = "password", .value = "TEXT", .string = &password,
		  .text = "what we bind and answer with (lab-secret)" },
		{ .name = "domain", .value = "C,A,P", .string = &of,
		  .text = "our global domain identifier (XX,TEST,LAB)" },
		{ .name = "peer", .letter = 'p', .value = "NAME,PASSWORD[,HOST:PORT[,ROUTE]]",
		  .list = &peers, .text = "a neighbour, and the address prefix that leads to it" },
		{ .name = "queue", .value = "FILE", .string = &queue,
		  .text = "SQLite file of the queue (default: in memory)" },
		{ .name = "logs", .value = "DIR", .string = &logs,
		  .text = "write Ev0.log, Application.txt and Calls.out there" },
		{ .name = "checkpoint", .value = "KIB", .number = &checkpoint,
		  .text = "checkpoint size (30; 0: none)" },
		{ .name = "window", .value = "N", .number = &window,
		  .text = "unconfirmed checkpoints (5)" },
		{ .name = "scale", .value = "PERCENT", .number = &percent,
		  .text = "all timers at this part of the documented defaults (100)" },
		{ .name = "defect", .letter = 'd', .value = "NAME", .list = &faults,
		  .text = "misbehave as documented; `list` explains the defects" },
		{ .name = NULL },
	};
	const struct cli_help help = {
		"mta", "", "The lab MTA alone: a small store-and-forward MTA that authenticates its "
		"neighbours, queues, relays by address prefix, reports what it cannot pass on, and "
		"can be given documented defects. Runs until it is interrupted.", options, examples,
	};
	struct mta_config c;
	int at = cli_parse(argc, argv, &help);

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (at < argc)
		return cli_wrong("mta", "unexpected operand \"%s\"", argv[at]);
	if (wants_list(&faults))
		return list_defects();
	mta_defaults(&c);
	if (!net_address_parse(&c.listen, listen, 102))
		return cli_wrong("mta", "--listen %s: an address and a port were wanted", listen);
	if (!into(c.name, sizeof c.name, name) || !into(c.password, sizeof c.password, password))
		return cli_wrong("mta", "a name has at most 32 octets, a password 62 (X.411)");
	if (!domain(&c, of))
		return cli_wrong("mta", "--domain %s: C,A,P was wanted", of);
	for (size_t i = 0; i < peers.n; i++)
		if (!peer(&c, peers.at[i]))
			return cli_wrong("mta", "--peer %s: NAME,PASSWORD[,HOST:PORT[,ROUTE]] was "
			                 "wanted, at most %d of them", peers.at[i], MTA_PEERS_MAX);
	if (!into(c.queue, sizeof c.queue, queue) || !into(c.log_dir, sizeof c.log_dir, logs))
		return cli_wrong("mta", "a path is too long");
	if (percent == 0 || percent > 1000 || checkpoint > 65535 || window == 0 || window > 16)
		return cli_wrong("mta", "--scale 1..1000, --checkpoint 0..65535, --window 1..16");
	if (!defects(&c, &faults))
		return EXIT_USAGE;
	mta_scale(&c, (double)percent / 100);
	c.checkpoint_kib = (uint32_t)checkpoint;
	c.window = (uint32_t)window;
	return serve(&c);
}
