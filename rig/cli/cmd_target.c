/*
 * target: a target file as the rig understands it.
 */
#include "cli/suite.h"

#include <stdio.h>
#include <string.h>

int cmd_target(int argc, char **argv);

static void field(const char *name, const char *value)
{
	if (value && *value)
		printf("    %-28s %s\n", name, value);
}

/* Passwords are not shown: who needs one has the file, or the environment. */
static const char *secret(const char *s)
{
	return !*s ? "(none)" : strncmp(s, "env:", 4) == 0 ? s : "(as in the file)";
}

static void seconds(const char *name, const struct target *t, enum target_known k)
{
	printf("    %-28s %g s\n", name, (double)target_value(t, k) / 1e6);
}

/* Who listens at any address is called at one that the rig's machine has. */
static const char *called_at(const struct target_side *s)
{
	static char text[sizeof s->listen + 40];
	const char *port = strrchr(s->listen, ':');

	if (!s->listen[0])
		return "(never: this side cannot listen)";
	if (!port || (strncmp(s->listen, "0.0.0.0:", 8) != 0 &&
	              strncmp(s->listen, "[::]:", 5) != 0))
		return s->listen;
	snprintf(text, sizeof text, "any address of the rig's machine, port %s", port + 1);
	return text;
}

static void explain_side(const struct target *t, size_t i)
{
	const struct target_side *s = &t->sides[i];

	printf("\nNeighbour \"%s\"%s\n", s->our_name, i == SIDE_UP
	       ? " (side up: it calls the MTA and hands messages in)"
	       : " (the next MTA of a route)");
	field("its MTA name", s->our_name);
	field("password that it gives", secret(s->our_password));
	field("password that it expects", secret(t->its_password));
	field("calls from", s->source[0] ? s->source : "any address of the rig's machine");
	field("is called at", called_at(s));
	field("route: addresses that begin", s->route[0] ? s->route : "(none)");
	field("T-, S-, P-selector",
	      s->our_tsel[0] || s->our_ssel[0] || s->our_psel[0] ? "" : "none");
	field("T-selector", s->our_tsel);
	field("S-selector", s->our_ssel);
	field("P-selector", s->our_psel);
}

static void explain_pics(const struct target *t)
{
	printf("\nWhat scenarios may use (PICS)\n");
	for (size_t i = 0; i < t->pics_n; i++) {
		printf("    %-28s", t->pics[i].name);
		for (size_t v = 0; v < t->pics[i].n; v++)
			printf(" %s", t->pics[i].values[v]);
		printf("\n");
	}
}

static void explain(const struct target *t)
{
	printf("Target %s%s%s\n", t->name, t->title[0] ? ": " : "", t->title);
	if (t->lab) {
		printf("It is the rig's own lab MTA; nothing is to be set up.\n");
	} else {
		printf("\nThe rig calls the MTA at\n");
		field("address", t->address);
		field("T-, S-, P-selector", t->tsel[0] || t->ssel[0] || t->psel[0] ? "" : "none");
		field("T-selector", t->tsel);
		field("S-selector", t->ssel);
		field("P-selector", t->psel);
		field("and expects the name", t->its_name);
		printf("\nIts administrator enters these neighbours, and routes to them:\n");
	}
	for (size_t i = 0; i < t->sides_n; i++)
		explain_side(t, i);
	printf("\nIts timers and limits must be what the scenarios count on\n");
	seconds("between attempts to open", t, KNOWN_OPEN_INTERVAL);
	seconds("between attempts to send", t, KNOWN_TRANSFER_INTERVAL);
	seconds("recovery", t, KNOWN_RECOVERY_TIMEOUT);
	seconds("association lifetime", t, KNOWN_LIFETIME);
	seconds("disconnect", t, KNOWN_DISCONNECT);
	seconds("message expiry", t, KNOWN_EXPIRY);
	printf("    %-28s %lld octets, window %lld\n", "checkpoint",
	       (long long)target_value(t, KNOWN_CHECKPOINT),
	       (long long)target_value(t, KNOWN_WINDOW));
	printf("    %-28s %lld\n", "associations at most",
	       (long long)target_value(t, KNOWN_ASSOCIATIONS));
	explain_pics(t);
	printf("\nAddresses that scenarios send to\n");
	for (size_t i = 0; i < t->recipients_n; i++)
		printf("    %-12s %-40s %s\n", t->recipients[i].name, t->recipients[i].address,
		       t->recipients[i].side < 0 ? "no route: a report is due"
		                                 : t->sides[t->recipients[i].side].our_name);
}

int cmd_target(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig target explain exchange.target", "x400rig target explain lab", NULL,
	};
	static const struct cli_help help = {
		"target", "explain FILE",
		"Prints what the administrator of the MTA under test must enter so that the\n"
		"scenarios can run: neighbours, addresses, names, routes, timers.", NULL, examples,
	};
	int at = cli_parse(argc, argv, &help);
	struct suite s = { 0 };
	bool ok;

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - at != 2 || strcmp(argv[at], "explain") != 0)
		return cli_wrong("target", "target explain FILE was wanted");
	ok = suite_target(&s, argv[at + 1]);
	if (s.report.text)
		fputs(s.report.text, stderr);
	if (ok)
		explain(s.target);
	suite_free(&s);
	return ok ? EXIT_ALL_PASS : EXIT_USAGE;
}
