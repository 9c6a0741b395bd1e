/*
 * link: stands between two MTAs and does to their traffic what it is told.
 */
#include "capture/packets.h"
#include "cli/cli.h"
#include "end/proxy.h"
#include "end/tape.h"
#include "link/link_kernel.h"
#include "net/net_space.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_link(int argc, char **argv);

#define ANY "any"

enum { TEXT = 8192, DESCRIPTORS = 20480 };

struct linked {
	struct net *net;
	int64_t begun_us;
	bool trace, verbose, quiet, by_kernel;
	bool shapes;			/* words were given: time matters */
	uint64_t count, closed;		/* count 0: no limit */
	const struct link_options *options;
	struct tap_point points[TAP_POINTS_MAX];
	const char *packets_file, *interface;
	struct packets *packets;
	struct net_watch *watch;
	/* With --kernel: initiator - proxy - wire - behind - target. */
	struct net_spaces *spaces;
	struct link_kernel *kernel;
	struct proxy_config behind_config;
	struct proxy *behind;
	char text[TEXT];
};

/* --- lines on standard output ------------------------------------------------- */

/* "  1.234567    1 ->  session       CN ..." */
static void line(struct linked *l, uint32_t n, const char *way, const char *layer,
                 const char *text)
{
	int64_t us = net_now(l->net) - l->begun_us;

	printf("%6" PRId64 ".%06" PRId64 " %4" PRIu32 " %-2s  %-13s %s\n", us / SECOND_US,
	       us % SECOND_US, n, way, layer, text);
}

static const char *arrow(bool from_initiator)
{
	return from_initiator ? "->" : "<-";
}

static void on_opened(uint32_t n, const struct net_address *from, void *ctx)
{
	struct linked *l = ctx;
	char address[NET_ADDRESS_TEXT];

	net_address_text(from, address);
	if (!l->quiet)
		line(l, n, "", "tcp", address);
}

/* Frames and TPDUs that only carry are left out unless asked for. */
static bool is_wanted(const struct linked *l, const struct observation *seen)
{
	if (l->verbose)
		return true;
	if (seen->part == OBSERVED_BEGIN || seen->herald)
		return false;
	if (seen->layer == LAYER_TPKT)
		return seen->code != OBSERVED_FRAME || seen->findings->n > 0;
	return seen->layer != LAYER_COTP || seen->code != COTP_DT || seen->findings->n > 0;
}

static void on_pdu(uint32_t n, const struct observation *seen, void *ctx)
{
	struct linked *l = ctx;
	struct text t;

	if (!is_wanted(l, seen))
		return;
	text_init(&t, l->text, sizeof l->text);
	observation_text(&t, seen);
	if (seen->part == OBSERVED_BEGIN)
		text_put(&t, " (begins)");
	if (seen->part == OBSERVED_CUT)
		text_put(&t, " (cut)");
	line(l, n, arrow(seen->direction == OBSERVER_INITIATOR),
	     layer_name((enum layer)seen->layer), l->text);
	for (size_t i = 0; i < seen->findings->n; i++)
		printf("%34s%s %s (%s) @%zu: %s\n", "",
		       seen->findings->at[i].rule->severity == SEVERITY_FATAL ? "fatal" : "note",
		       seen->findings->at[i].rule->name, seen->findings->at[i].rule->clause,
		       (size_t)seen->findings->at[i].octet, seen->findings->at[i].rule->text);
}

static void on_event(uint32_t n, enum link_side side, const struct event *e, void *ctx)
{
	struct linked *l = ctx;
	/* The line lies at the responder; at the initiator there are only cuts. */
	bool out = (side == LINK_SIDE_RESPONDER) == (e->type == LINK_OUT);
	struct text t;

	if (l->quiet)
		return;
	if (e->code == LINK_TLS) {
		snprintf(l->text, sizeof l->text, "%s %s: %s", link_tls_news_name(e->value),
		         side == LINK_SIDE_INITIATOR ? "initiator" : "responder",
		         (const char *)e->detail);
		line(l, n, arrow(out), "tls", l->text);
		return;
	}
	text_init(&t, l->text, sizeof l->text);
	link_event_text(&t, e);
	text_put(&t, side == LINK_SIDE_INITIATOR ? " initiator" : " responder");
	line(l, n, arrow(out), "link", l->text);
}

static void on_point(uint32_t n, size_t point, uint64_t late, void *ctx)
{
	struct linked *l = ctx;
	struct text t;

	text_init(&t, l->text, sizeof l->text);
	text_put(&t, "point ");
	tap_point_text(&t, &l->points[point]);
	if (late > 0)
		text_field_u64(&t, "late", late);
	line(l, n, "", "link", l->text);
}

static void on_failed(uint32_t n, int error, void *ctx)
{
	fprintf(stderr, "x400rig link: connection %" PRIu32 ": the target does not answer: %s\n", n,
	        strerror(error));
	(void)ctx;
}

static void on_closed(uint32_t n, const uint64_t octets[OBSERVER_DIRECTIONS], void *ctx)
{
	struct linked *l = ctx;
	char text[80];

	snprintf(text, sizeof text, "closed, octets: %" PRIu64 " ->, %" PRIu64 " <-", octets[0],
	         octets[1]);
	if (!l->quiet)
		line(l, n, "", "tcp", text);
	l->closed++;
}

static void on_refused(int error, void *ctx)
{
	fprintf(stderr, "x400rig link: a connection was reset: %s\n", strerror(error));
	(void)ctx;
}

/* --- the words ------------------------------------------------------------------- */

static int wrong_word(const char *word, size_t at, const char *why)
{
	fprintf(stderr, "x400rig link: %s\n    %s\n    %*s^\n", why, word, (int)at, "");
	return EXIT_USAGE;
}

static bool read_words(struct linked *l, struct link_options *o, char **words, int n)
{
	struct link_option_error error;
	struct tap_error wrong;

	for (int i = 0; i < n; i++) {
		size_t points = o->points_n;

		if (!link_option(o, words[i], &error)) {
			wrong_word(words[i], error.at, error.why);
			return false;
		}
		if (points == o->points_n ||
		    tap_point_parse(o->points[points].text, &l->points[points], &wrong))
			continue;
		snprintf(l->text, sizeof l->text, "%s%s%s%s", wrong.why,
		         wrong.nearest ? "; did you mean \"" :
		         "; there are cr cc cn ac activity-start dt minor-sync minor-sync-ack "
		         "activity-end activity-end-ack fn dn and others",
		         wrong.nearest ? wrong.nearest : "", wrong.nearest ? "\"?" : "");
		wrong_word(words[i], o->points[points].at + wrong.at, l->text);
		return false;
	}
	if (!link_options_check(o, &error)) {
		cli_wrong("link", "%s", error.why);
		return false;
	}
	if (l->by_kernel || !link_options_of_kernel(o))
		return true;
	cli_wrong("link", "%s=: only the kernel can do that; add --kernel",
	          link_options_of_kernel(o));
	return false;
}

/* --- the verb ------------------------------------------------------------------- */

static void say_ready(const struct proxy *p)
{
	char text[NET_ADDRESS_TEXT];
	struct net_address real = proxy_address(p);

	printf("ready %s\n", net_address_text(&real, text));
	fflush(stdout);
}

static void on_packets(int fd, void *ctx)
{
	struct linked *l = ctx;

	(void)fd;
	if (packets_take(l->packets))
		return;
	fprintf(stderr, "x400rig link: %s: the recording has ended\n", l->interface);
	net_watch_end(l->watch);
	l->watch = NULL;
}

static struct packets *open_packets(struct linked *l, const uint16_t ports[2], char *why,
                                    size_t cap)
{
	struct packets *p;

	if (!l->spaces || strcmp(l->interface, ANY) != 0)
		return packets_open(l->interface, l->packets_file, ports, 2, why, cap);
	if (!net_space_enter(l->spaces, 0)) {
		snprintf(why, cap, "%s", strerror(errno));
		return NULL;
	}
	p = packets_open("wire", l->packets_file, ports, 2, why, cap);
	net_space_leave(l->spaces);
	return p;
}

/* Without the right to record the link works all the same. */
static void begin_packets(struct linked *l, uint16_t listen, uint16_t target)
{
	const uint16_t ports[] = { listen, target };
	char why[512];

	if (!l->packets_file)
		return;
	l->packets = open_packets(l, ports, why, sizeof why);
	if (l->packets)
		l->watch = net_watch(l->net, packets_descriptor(l->packets), on_packets, l);
	else
		fprintf(stderr, "x400rig link: packets are not recorded: %s\n", why);
}

static void end_packets(struct linked *l)
{
	struct packets_counts counts;

	if (l->watch)
		net_watch_end(l->watch);
	if (!l->packets)
		return;
	counts = packets_close(l->packets);
	fprintf(stderr, "x400rig link: %s: %" PRIu64 " packets recorded, %" PRIu32 " dropped\n",
	        l->packets_file, counts.written, counts.dropped);
}

/* A wire of the kernel's between two proxies; the words are for the first one. */
static bool lay_wire(struct linked *l, struct proxy_config *config)
{
	static const struct proxy_user user = { .failed = on_failed };
	static struct link_options plain;
	char why[NET_SPACE_WHY] = "";

	link_options_init(&plain);
	l->spaces = net_spaces_new(1, why);
	if (!l->spaces || !link_kernel_can(l->spaces, &config->options->config, why))
		goto failed;
	l->behind_config = (struct proxy_config){
		.listen = net_space_address(0, true), .target = config->target,
		.source = config->source, .options = &plain, .spaces = l->spaces,
		.listen_in_hub = true };
	l->behind = proxy_new(l->net, &l->behind_config, &user, l);
	l->kernel = link_kernel_new(l->spaces, 0);
	if (l->behind && l->kernel && link_kernel_set(l->kernel, &config->options->config)) {
		config->spaces = l->spaces;
		config->call_from_side = true;
		config->source = NULL;
		config->target = proxy_address(l->behind);
		config->kernel = l->kernel;
		return true;
	}
	snprintf(why, sizeof why, "%s", l->kernel ? link_kernel_trouble(l->kernel) : "");
failed:
	fprintf(stderr, "x400rig link: --kernel: %s\n", why[0] ? why : strerror(errno));
	return false;
}

static void take_wire_away(struct linked *l)
{
	proxy_free(l->behind);
	link_kernel_free(l->kernel);
	net_spaces_free(l->spaces);
}

static int serve(struct linked *l, struct proxy_config *config)
{
	static const struct proxy_user user = {
		on_opened, on_pdu, on_event, on_point, on_failed, on_closed, on_refused,
	};
	char text[NET_ADDRESS_TEXT];
	struct proxy *p = proxy_new(l->net, config, &user, l);

	if (!p) {
		fprintf(stderr, "x400rig link: cannot listen on %s: %s%s\n",
		        net_address_text(&config->listen, text), strerror(errno),
		        net_listen_hint(errno));
		return EXIT_TROUBLE;
	}
	l->begun_us = net_now(l->net);
	begin_packets(l, proxy_address(p).port, config->target.port);
	if (l->shapes)
		net_punctual();
	if (!l->by_kernel)
		cli_confine("link", CONFINE_NETWORK);	/* tc(8) has still to be run */
	cli_catch_signals();
	say_ready(p);
	while (!cli_stop && !(l->count && l->closed >= l->count && proxy_open(p) == 0)) {
		int64_t until = net_now(l->net) + SECOND_US / 5;

		while (!cli_stop && net_now(l->net) < until && l->closed < UINT64_MAX)
			if (!net_step(l->net, until) || (l->count && l->closed >= l->count))
				break;
		fflush(stdout);
	}
	proxy_free(p);
	end_packets(l);
	fflush(stdout);
	return EXIT_ALL_PASS;
}

static bool tls_contexts(const struct link_options *o, struct proxy_config *c)
{
	char why[LINK_TLS_WHY];

	if (link_options_tls(o, &c->server, &c->client, why))
		return true;
	cli_wrong("link", "%s", why);
	return false;
}

static bool addresses(struct linked *l, struct proxy_config *c, char **at)
{
	if (!net_address_parse(&c->listen, at[0], 102)) {
		cli_wrong("link", "%s: an address to listen on was wanted, as in 0.0.0.0:102",
		          at[0]);
		return false;
	}
	if (net_address_parse(&c->target, at[1], 102) ||
	    net_resolve(l->net, &c->target, at[1], 102))
		return true;
	cli_wrong("link", "%s: no address, and no name that is known here", at[1]);
	return false;
}

int cmd_link(int argc, char **argv)
{
	static const char *const examples[] = {
		"x400rig link 0.0.0.0:10102 192.0.2.1:102 rate=9600bit/s delay=300ms --trace",
		"x400rig link :10102 mta.example:102 loss=1% jitter=20ms:normal seed=7",
		"x400rig link :10102 127.0.0.1:102 cut=rst@after:minor-sync:3:of:2",
		"x400rig link :10102 127.0.0.1:102 cut=fin@before:activity-end-ack side=initiator",
		"x400rig link :10102 127.0.0.1:102 at=after:minor-sync:3:stall:10s",
		("x400rig link :10102 mta.example:102 tls=responder tls-ca=ca.pem "
		 "tls-name=mta.example"),
		"x400rig link :10102 127.0.0.1:102 at=10s:down at=25s:up every=60s",
		"x400rig link :10102 mta.example:102 --kernel loss=1% delay=50ms reorder=5%",
		NULL,
	};
	struct linked l = { .interface = ANY };
	const char *capture = NULL, *source = NULL;
	const struct cli_option options[] = {
		{ .name = "trace", .letter = 't', .flag = &l.trace, .text = "print each PDU" },
		{ .name = "verbose", .letter = 'v', .flag = &l.verbose,
		  .text = "and each TPKT and DT" },
		{ .name = "capture", .value = "FILE", .string = &capture,
		  .text = "write the traffic as pcapng" },
		{ .name = "packets", .value = "FILE", .string = &l.packets_file,
		  .text = "record the packets of the wire as pcap, where permitted" },
		{ .name = "interface", .value = "NAME", .string = &l.interface,
		  .text = "of --packets (any)" },
		{ .name = "source", .value = "HOST", .string = &source,
		  .text = "call the target from this address" },
		{ .name = "kernel", .flag = &l.by_kernel,
		  .text = "lines made by tc netem and tbf on a wire of our own (root)" },
		{ .name = "count", .letter = 'n', .value = "N", .number = &l.count,
		  .text = "end after so many connections" },
		{ .name = "quiet", .letter = 'q', .flag = &l.quiet,
		  .text = "print no connections and no events of the link" },
		{ .name = NULL },
	};
	const struct cli_help help = {
		"link", "LISTEN TARGET [NAME=VALUE ...]",
		"Stands between two MTAs that know nothing of it, and does to their traffic what "
		"the\n"
		"words say; without words the link is transparent:\n\n"
		"  rate=64kbit/s burst=OCTETS delay=300ms jitter=20ms[:normal|:exponential]\n"
		"  loss=1% burst-loss=ENTER:LEAVE:LOSS rto=200ms     what TCP makes of lost "
		"segments\n"
		"  corrupt=0.01% missing=0.01%                       octets change, or are not "
		"there\n"
		"  segment=1|N|mtu                                   octets leave in such pieces\n"
		"  duplicate=1% reorder=5% mtu=576                   of packets, with --kernel\n"
		"  cut=HOW@PLACE    HOW: fin rst half-close silence; PLACE: N (octets), tpkt:N,\n"
		"                   in-tpkt:N[:K], [before:|after:]POINT[:N][:of:ACTIVITY]\n"
		"                   POINT: cr cc cn ac activity-start dt minor-sync "
		"minor-sync-ack\n"
		"                   activity-end activity-end-ack fn dn ...\n"
		"  at=TIME:CHANGE   CHANGE: rate=R delay=T stall go down up, or HOW\n"
		"  at=[before:|after:]POINT[:N][:of:ACTIVITY]:CHANGE[:TIME]\n"
		"                   there; TIME: a stall, or down, ends by itself\n"
		"  every=TIME       the changes again and again\n"
		"  side=initiator|responder   a cut hits that one; the other hears nothing more\n"
		"  seed=N           of all that is drawn\n"
		"  tls=both|initiator|responder tls-cert=FILE tls-key=FILE tls-ca=FILE\n"
		"  tls-client-ca=FILE tls-pin=HEX tls-name=NAME tls-check=no tls-min=1.3 "
		"tls-max=1.2\n"
		"  tls-keylog=FILE\n\n"
		"in. (towards the initiator) or out. (towards the target) before a name means "
		"that\n"
		"direction only; without it both, for cuts at octets and TPKTs out.",
		options, examples,
	};
	struct link_options *words = calloc(1, sizeof *words);
	struct proxy_config config = { .options = words, .points = l.points };
	struct net_address from = { 0 };
	char why[256] = "";
	int at, status = EXIT_USAGE;

	if (words)
		link_options_init(words);
	at = cli_parse(argc, argv, &help);
	if (at < 0 || !words) {
		free(words);
		return at == CLI_DONE ? EXIT_ALL_PASS : at < 0 ? EXIT_USAGE : EXIT_TROUBLE;
	}
	l.net = net_kernel_new();
	l.shapes = argc - at > 2;
	config.trace = l.trace = l.trace || l.verbose;
	if (!l.net) {
		fprintf(stderr, "x400rig link: %s\n", strerror(errno));
		status = EXIT_TROUBLE;
	} else if (argc - at < 2) {
		cli_wrong("link", "an address to listen on and a target were wanted");
	} else if (source && !net_address_parse(&from, source, 0)) {
		cli_wrong("link", "--source %s: an address was wanted", source);
	} else if (addresses(&l, &config, argv + at) &&
	           read_words(&l, words, argv + at + 2, argc - at - 2) &&
	           tls_contexts(words, &config)) {
		config.source = source ? &from : NULL;
		if (capture &&
		    !(config.capture = capture_case_open(capture, "x400rig link", 102, why,
		                                                    sizeof why))) {
			cli_wrong("link", "%s", why);
		} else {
			net_descriptors(DESCRIPTORS);
			status = EXIT_TROUBLE;
			if (!l.by_kernel || lay_wire(&l, &config))
				status = serve(&l, &config);
		}
	}
	take_wire_away(&l);
	net_free(l.net);
	if (!capture_case_close(config.capture, why, sizeof why)) {
		fprintf(stderr, "x400rig link: %s\n", why);
		status = EXIT_TROUBLE;
	}
	tls_context_free(config.server);
	tls_context_free(config.client);
	free(words);
	return status;
}
