/*
 * ping and init: what an MTA answers in each mode, and a target file made of it.
 */
#include "cli/prove.h"
#include "cli/suite.h"
#include "confine/confine.h"
#include "scenario/ping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_ping(int argc, char **argv);
int cmd_init(int argc, char **argv);

struct options {
	const char *target, *mode, *name, *password, *tsel, *ssel, *psel, *out;
	const char *their_name, *their_password, *link;
	struct cli_prove prove;
	uint64_t checkpoint, window, limit;
	bool two_way, json;
};

static const struct {
	const char *word;		/* of --mode, and of `pics mode` */
	enum association_context context;
} modes[] = {
	{ "normal", ASSOCIATION_MTS_TRANSFER }, { "x410", ASSOCIATION_MTS_TRANSFER_PROTOCOL },
	{ "1984", ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984 },
};
enum { MODES = sizeof modes / sizeof modes[0] };

/* --- from options ------------------------------------------------------------------- */

static bool take_mode(const char *verb, const char *word, enum association_context *out)
{
	const char *names[MODES + 1] = { NULL }, *near;

	for (size_t i = 0; i < MODES; i++) {
		*out = modes[i].context;
		if (strcmp(word, modes[i].word) == 0)
			return true;
		names[i] = modes[i].word;
	}
	near = cli_nearest(word, names);
	cli_wrong(verb, "no mode \"%s\"; did you mean \"%s\"?", word, near ? near : "normal");
	return false;
}

static bool take_link(const char *verb, const char *words, struct link_words **link)
{
	char why[LINK_TLS_WHY];

	if (!words)
		return true;
	*link = link_words_new(words, why);
	if (!*link)
		cli_wrong(verb, "--link: %s", why);
	return *link;
}

/* The address and what the options say. */
static bool from_options(struct ping_config *c, struct net *net, const struct options *o,
                         const char *verb, const char *address)
{
	*c = (struct ping_config){
		.our_name = o->name, .our_password = o->password, .their_name = o->their_name,
		.their_password = o->their_password, .tsel = o->tsel, .ssel = o->ssel,
		.psel = o->psel, .checkpoint = (uint32_t)o->checkpoint,
		.window = (uint32_t)o->window, .two_way = o->two_way,
		.limit_us = (int64_t)o->limit * SECOND_US, .stop = &cli_stop };
	if (o->checkpoint > UINT16_MAX || o->window < 1 || o->window > 16 || o->limit < 1 ||
	    o->limit > 3600) {
		cli_wrong(verb, "--checkpoint 0..65535, --window 1..16, --limit 1..3600");
		return false;
	}
	if (!net_resolve(net, &c->address, address, 102)) {
		cli_wrong(verb, "%s: no such host or port", address);
		return false;
	}
	if (!take_mode(verb, o->mode, &c->context) ||
	    !cli_prove(verb, &o->prove, &c->credentials, &c->proof) ||
	    !take_link(verb, o->link, &c->link))
		return false;
	if (c->credentials == PROOF_STRONG && !c->their_name) {
		cli_wrong(verb, "--credentials strong: --their-name NAME is wanted too, the MTA "
		          "that the bind token is for");
		return false;
	}
	return true;
}

/* What it names is the suite's, to be freed when the ping is over. */
static bool from_target(struct ping_config *c, struct net *net, const char *name, struct suite *s)
{
	char why[PING_WHY] = "it is started for each case; use `x400rig mta` and HOST:PORT";
	bool ok = suite_target(s, name);

	if (s->report.text)
		fputs(s->report.text, stderr);
	if (ok)
		ok = !s->target->lab && ping_target(c, net, s->target, why);
	if (!ok && !s->report.errors)
		fprintf(stderr, "x400rig ping: target %s: %s\n", name, why);
	c->stop = &cli_stop;
	return ok;
}

/* --- ping ---------------------------------------------------------------------------- */

static void print_result(const struct ping_config *c, const struct ping_result *r)
{
	int64_t before = 0;

	printf("%s as %s:", association_context_name(c->context), c->our_name);
	for (enum ping_stage s = PING_TCP; s <= r->stage; s++) {
		if (!r->at_us[s])
			continue;
		printf(" %s %.1f ms", ping_stage_name(s), (double)(r->at_us[s] - before) / 1e3);
		before = r->at_us[s];
	}
	printf("%s\n", r->stage == PING_NOTHING ? " nothing" : "");
	for (size_t i = 0; i < r->facts_n; i++)
		printf("  %s\n", r->fact[i]);
	if (r->why[0])
		printf("  %s\n", r->why);
}

/* What to look at next, by how far it came. */
static const char *hint(const struct ping_result *r)
{
	static const char *const hints[] = {
		[PING_NOTHING] = "is the MTA running, is its port right, does a firewall drop us?",
		[PING_TCP] = "does it speak RFC 1006 here, and want another --tsel?",
		[PING_TRANSPORT] = "does it want another --ssel, --psel or --mode?",
		[PING_SESSION] = "does it know our --name and --password?",
		[PING_BOUND] = "it took the bind, but not the release",
	};

	return r->doubted ? "are --trust, --their-name and --their-password right?"
	                  : hints[r->stage];
}

static int do_ping(struct net *net, const struct ping_config *c)
{
	struct ping_result r;

	cli_confine("ping", CONFINE_NETWORK);
	cli_catch_signals();
	if (ping(net, c, &r)) {
		print_result(c, &r);
		return EXIT_ALL_PASS;
	}
	print_result(c, &r);
	fflush(stdout);
	fprintf(stderr, "x400rig ping: %s\n", hint(&r));
	return cli_stop ? EXIT_INTERRUPTED : r.stage == PING_NOTHING ? EXIT_TROUBLE : EXIT_FAIL;
}

#define ASSOCIATION_OPTIONS(o) \
	{ .name = "name", .value = "NAME", .string = &(o).name, .text = "our MTA name (RIGUP)" }, \
	{ .name = "password", .value = "TEXT", .string = &(o).password, \
	  .text = "our password (none)" }, \
	{ .name = "their-name", .value = "NAME", .string = &(o).their_name, \
	  .text = "its MTA name (any); whom a bind token is for" }, \
	{ .name = "their-password", .value = "TEXT", .string = &(o).their_password, \
	  .text = "its password (any)" }, \
	CLI_PROVE_OPTIONS((o).prove), \
	{ .name = "tsel", .value = "TEXT", .string = &(o).tsel, .text = "called T-selector" }, \
	{ .name = "ssel", .value = "TEXT", .string = &(o).ssel, .text = "called S-selector" }, \
	{ .name = "psel", .value = "TEXT", .string = &(o).psel, .text = "called P-selector" }, \
	{ .name = "link", .value = "WORDS", .string = &(o).link, \
	  .text = "of its line, as 'tls=responder tls-ca=ca.pem' (`x400rig link --help`)" }, \
	{ .name = "checkpoint", .value = "KIB", .number = &(o).checkpoint, \
	  .text = "checkpoint size to propose (30; 0: none)" }, \
	{ .name = "window", .value = "N", .number = &(o).window, \
	  .text = "unconfirmed checkpoints to propose (5)" }, \
	{ .name = "limit", .value = "SECONDS", .number = &(o).limit, \
	  .text = "how long to wait in all (30)" }

static struct options option_defaults(void)
{
	return (struct options){ .name = "RIGUP", .mode = "normal", .checkpoint = 30,
	                         .window = 5, .limit = 30 };
}

int cmd_ping(int argc, char **argv)
{
	struct options o = option_defaults();
	const struct cli_option options[] = {
		{ .name = "target", .letter = 't', .value = "FILE", .string = &o.target,
		  .text = "take address, names and mode from a target file" },
		{ .name = "mode", .letter = 'm', .value = "MODE", .string = &o.mode,
		  .text = "normal, x410 or 1984 (normal)" },
		{ .name = "two-way", .flag = &o.two_way, .text = "two-way alternate, not "
		  "monologue" },
		ASSOCIATION_OPTIONS(o),
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig ping 192.0.2.10 --name RIGUP --password secret",
		"x400rig ping 127.0.0.1:10102 --mode x410",
		"x400rig ping -t exchange.target",
		"x400rig ping mta.example:102 --link 'tls=responder tls-ca=ca.pem'", NULL,
	};
	const struct cli_help help = {
		"ping", "HOST[:PORT]",
		"Opens an association with an MTA and releases it; prints what each layer agreed\n"
		"and how long it took.  Exit status: 0 bound and released, 1 refused, 4 no\n"
		"connection.", options, examples,
	};
	int at = cli_parse(argc, argv, &help), status = EXIT_USAGE;
	struct ping_config c = { .proof = NULL };
	struct suite s = { 0 };
	struct net *net;

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - at != (o.target ? 0 : 1))
		return cli_wrong("ping", "one HOST[:PORT] or --target was wanted");
	net = net_kernel_new();
	if (net && (o.target ? from_target(&c, net, o.target, &s)
	                     : from_options(&c, net, &o, "ping", argv[at])))
		status = do_ping(net, &c);
	ping_config_free(&c);
	suite_free(&s);
	net_free(net);
	return status;
}

/* --- init ---------------------------------------------------------------------------- */

struct survey {
	struct ping_result results[MODES];
	bool speaks[MODES];		/* answered by its RTSE or P1, if only by a refusal */
	size_t best;			/* mode of the best result */
};

/* An MTA that does not have a mode may say so in many ways, "busy" among them: only a
 * bind, or a refusal of our password, shows that it has it. */
static bool speaks(const struct ping_result *r)
{
	return r->stage >= PING_BOUND ||
	       strstr(r->why, p1_bind_error_name(P1_BIND_AUTHENTICATION)) != NULL;
}

static void survey(struct survey *s, struct net *net, struct ping_config *c)
{
	for (size_t i = 0; i < MODES && !cli_stop; i++) {
		c->context = modes[i].context;
		fprintf(stderr, "x400rig init: trying %s ... ", modes[i].word);
		ping(net, c, &s->results[i]);
		fprintf(stderr, "%s%s%s\n", ping_stage_name(s->results[i].stage),
		        s->results[i].why[0] ? ": " : "", s->results[i].why);
		s->speaks[i] = speaks(&s->results[i]);
		if (s->results[i].stage > s->results[s->best].stage)
			s->best = i;
		if (s->results[i].stage == PING_NOTHING)
			break;		/* no TCP connection: the others have none either */
	}
	if (s->results[s->best].stage < PING_BOUND)
		fprintf(stderr, "x400rig init: %s\n", hint(&s->results[s->best]));
}

static void put_string(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', out);
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else
			putc(*s, out);
	}
	putc('"', out);
}

static void put_selector(FILE *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(out, " %s ", name);
	put_string(out, value);
}

static void put_pics(FILE *out, const struct options *o, const struct survey *s)
{
	const struct ping_result *r = &s->results[s->best];
	bool any = false;

	fprintf(out, "  # PICS: what it supports.  Found out: the modes");
	fprintf(out, "%s.  The rest is for you to say:\n  # proforma.target, which comes with the "
	        "rig, explains every item.\n",
	        r->stage >= PING_BOUND ? ", the dialogue, checkpoints" : "");
	fprintf(out, "  pics mode");
	for (size_t i = 0; i < MODES; i++) {
		if (s->speaks[i])
			fprintf(out, " %s", modes[i].word);
		any |= s->speaks[i];
	}
	fprintf(out, "%s ; dialogue %s\n", any ? "" : " normal",
	        r->two_way ? "two-way-alternate" : "monologue");
	fprintf(out, "  pics checkpoint %s ; recovery no ; relay yes ; reports yes\n",
	        r->stage >= PING_BOUND && !r->checkpoint ? "no" : "yes");
	fprintf(out, "  pics authentication simple%s\n\n",
	        o->prove.kind && strcmp(o->prove.kind, "strong") == 0 ? " strong" : "");
}

/* What a side is to prove itself with. */
static void put_proof(FILE *out, const struct cli_prove *p)
{
	if (!p->kind || strcmp(p->kind, "simple") == 0)
		return;
	fprintf(out, " credentials %s our-key ", p->kind);
	put_string(out, p->key);
	if (p->certificate) {
		fprintf(out, " our-certificate ");
		put_string(out, p->certificate);
	}
}

static void put_pixit(FILE *out, const struct options *o, const struct survey *s,
                      const char *address)
{
	const struct ping_result *r = &s->results[s->best];

	fprintf(out, "  # PIXIT: how it is reached, and who it is.  A password can be env:NAME.\n"
	        "  pixit address %s", address);
	put_selector(out, "called-tsel", o->tsel);
	put_selector(out, "called-ssel", o->ssel);
	put_selector(out, "called-psel", o->psel);
	fprintf(out, "\n  pixit its-name ");
	put_string(out, r->its_name[0] ? r->its_name : "MTA");
	fprintf(out, " its-password env:MTA_PASSWORD%s\n", r->its_name[0] ? "" :
	        "   # it did not say its name");
	if (o->prove.trust) {
		fprintf(out, "  pixit trust ");
		put_string(out, o->prove.trust);
		putc('\n', out);
	}
	fprintf(out, "  pixit domain \"XX\" \"ADMD\" \"PRMD\"          # of its own users\n\n"
	        "  # Who we are to it: `up` hands messages in, `down` is the next MTA of a route.\n"
	        "  # It must know both: see `x400rig target explain`.\n"
	        "  pixit side up   listen 0.0.0.0:10102 our-name ");
	put_string(out, o->name);
	fprintf(out, " our-password env:RIG_UP route \"C=XX;A=ADMD;P=UP;\"");
	put_proof(out, &o->prove);
	if (o->link) {
		fprintf(out, " link ");
		put_string(out, o->link);
	}
	fprintf(out, "\n  pixit side down listen 0.0.0.0:10103 our-name \"RIGDOWN\" our-password "
	        "env:RIG_DOWN route \"C=XX;A=ADMD;P=DOWN;\"\n\n");
}

static void put_timers(FILE *out, const struct ping_result *r)
{
	fprintf(out, "  # Timers and limits as its administrator has set them; what a scenario "
	        "waits for is\n  # written in terms of these.  Given here: usual values.\n"
	        "  pixit open_interval 600s transfer_interval 120s recovery_timeout 60s\n"
	        "  pixit lifetime 300s disconnect 120s tim 30s expiry 24h idle_limit 60s\n");
	fprintf(out, "  pixit checkpoint %uKiB window %u\n",
	        r->stage >= PING_BOUND ? r->checkpoint : 30, r->stage >= PING_BOUND ? r->window :
	        5);
	fprintf(out, "  pixit open_retries 144 transfer_retries 2 associations 4\n\n"
	        "  # Addresses that scenarios send to.\n"
	        "  recipient up      \"C=XX;A=ADMD;P=UP;S=Tester\"      at up\n"
	        "  recipient down    \"C=XX;A=ADMD;P=DOWN;S=Tester\"    at down\n"
	        "  recipient second  \"C=XX;A=ADMD;P=DOWN;S=Other\"     at down\n"
	        "  recipient longest \"C=XX;A=ADMD;P=DOWN;O=Organisation-of-sixty-four-characters-"
	        "xxxxxxxxxxxxxxxxxxxxxxxxxx;OU1=Unit-of-thirty-two-characters-xx;S=Su\" at down\n"
	        "  recipient nowhere \"C=XX;A=ADMD;P=NOWHERE;S=Nobody\"\n\n"
	        "  # Its logs, if the rig can get at them: a file, or a command that prints them.\n"
	        "  # logs events file \"application.log\"\n"
	        "  # logs events command [\"ssh\", \"mta-host\", \"cat\", \"/var/log/mta.log\"]\n");
}

static int write_target(const struct options *o, const struct survey *s, const char *address)
{
	FILE *out = o->out ? fopen(o->out, "wxe") : stdout;
	bool failed;

	if (!out) {
		perror(o->out);
		return EXIT_TROUBLE;
	}
	fprintf(out, "# The MTA at %s, as `x400rig init` found it.\n\ntarget mta\n", address);
	fprintf(out, "  title \"The MTA at %s\"\n\n", address);
	put_pics(out, o, s);
	put_pixit(out, o, s, address);
	put_timers(out, &s->results[s->best]);
	failed = fflush(out) != 0 || ferror(out);
	if (o->out && fclose(out) != 0)
		failed = true;
	if (failed) {
		perror(o->out ? o->out : "standard output");
		return EXIT_TROUBLE;
	}
	return EXIT_ALL_PASS;
}

int cmd_init(int argc, char **argv)
{
	struct options o = option_defaults();
	const struct cli_option options[] = {
		{ .name = "out", .letter = 'o', .value = "FILE", .string = &o.out,
		  .text = "where to (default: standard output)" },
		ASSOCIATION_OPTIONS(o),
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig init 192.0.2.10 --name RIGUP --password secret -o exchange.target", NULL,
	};
	const struct cli_help help = {
		"init", "HOST[:PORT]",
		"Pings an MTA in all modes and writes a target file for it, with comments on what "
		"is\n"
		"left to be filled in.", options, examples,
	};
	int at = cli_parse(argc, argv, &help), status = EXIT_USAGE;
	struct survey s = { 0 };
	struct ping_config c = { .proof = NULL };
	struct net *net;

	if (at < 0)
		return at == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - at != 1)
		return cli_wrong("init", "one HOST[:PORT] was wanted");
	net = net_kernel_new();
	if (net && from_options(&c, net, &o, "init", argv[at])) {
		cli_confine("init", CONFINE_NETWORK);
		cli_catch_signals();
		survey(&s, net, &c);
		status = s.results[0].stage == PING_NOTHING ? EXIT_TROUBLE
		                                            : write_target(&o, &s, argv[at]);
	}
	ping_config_free(&c);
	net_free(net);
	return status;
}
