/*
 * decode: what a capture says, PDU by PDU.
 */
#include "cli/cli.h"
#include "cli/decode.h"
#include "cli/export.h"
#include "cli/mask.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cmd_decode(int argc, char **argv);

enum {
	/* What all observers together may hold: some envelopes of the largest size. */
	BUDGET = 256 << 20,
	PROGRESS_FRAMES = 1 << 16,
	/* Of the file for each process that nobody has asked for: less is done before it has
	 * begun. */
	JOB_OCTETS = 4 << 20,
	/* Part of it in which connections are counted for that: less than what is gained. */
	JOB_LOOK = 100,
};

struct options {
	bool json, verbose;
	uint64_t port;			/* 0: any */
	uint64_t jobs;			/* processes; 0: as many as help */
	struct follow_input input;
	struct cli_mask mask;
	struct cli_list filters, forced;
	const char *save, *export;
	bool no_secrets;
};

/* ---- the capture ---- */

static void export_packet(struct decode *d, const struct capture_packet *p)
{
	uint32_t number = streams_last(d->follow.streams).connection;

	if (number && line_filter_association(&d->filter, number))
		export_write(d->export, d->follow.capture, p);
	else
		export_pass(d->export, p);
}

static void read_packets(struct decode *d)
{
	struct capture_packet p;

	while (follow_next(&d->follow, &p)) {
		if (p.frame == 0) {		/* live, and nothing comes */
			listing_json_flush(&d->lines);
			fflush(stdout);
			continue;
		}
		follow_push(&d->follow, &p);
		if (d->verbose)
			decode_aside(d, &p);
		if (d->export)
			export_packet(d, &p);
		if (p.frame % PROGRESS_FRAMES == 0 && d->follow.share == 0)
			cli_progress("%" PRIu32 " packets, %" PRIu64 " connections", p.frame,
			             streams_counts(d->follow.streams)->connections);
	}
	cli_progress_clear();
	follow_finish(&d->follow);
	listing_json_flush(&d->lines);
}

/* ---- the verb ---- */

static void sum_up(struct decode *d)
{
	const struct streams_counts *counts = streams_counts(d->follow.streams);

	d->sum.packets = counts->packets;
	d->sum.lost = d->follow.no_memory + (d->follow.share == 0 ? counts->no_memory : 0);
	d->sum.sealed = d->follow.sealed;
	d->sum.stopped = cli_stop;
	d->sum.file = *capture_status(d->follow.capture);
}

/* false: nothing is. */
static bool say_missing(const struct decode_sum *sum, const char *path)
{
	follow_say_damage("decode", path, &sum->file);
	if (sum->gaps)
		fprintf(stderr, "x400rig decode: %s: octets are missing in %" PRIu64 " place%s, "
		        "first at frame %" PRIu32 "\n", path, sum->gaps, sum->gaps == 1 ? "" : "s",
		        sum->gap_frame);
	if (sum->halves)
		fprintf(stderr, "x400rig decode: %s: of %" PRIu64 " connection%s one direction was "
		        "not captured, or not from its beginning\n", path, sum->halves,
		        sum->halves == 1 ? "" : "s");
	if (sum->lost)
		fprintf(stderr, "x400rig decode: %s: no memory for %" PRIu64 " connections or "
		        "packets\n", path, sum->lost);
	return sum->file.damaged || sum->file.holes || sum->gaps || sum->halves || sum->lost;
}

static int conclude(const struct decode *d, const char *path)
{
	const struct decode_sum *sum = &d->sum;
	bool missing;

	missing = say_missing(sum, path);
	if (sum->sealed)
		fprintf(stderr, "x400rig decode: %s: %" PRIu64 " connection%s TLS that is not read "
		        "(--key-log FILE)\n", path, sum->sealed,
		        sum->sealed == 1 ? " is" : "s are");
	if (d->save)
		fprintf(stderr, "x400rig decode: %" PRIu64 " content%s saved\n",
		        save_count(d->save), save_count(d->save) == 1 ? "" : "s");
	if (missing)
		return EXIT_UNDECIDED;
	if (sum->followed)
		return EXIT_ALL_PASS;
	fprintf(stderr, "x400rig decode: %s: %" PRIu64 " packets, no connection that begins as "
	        "X.400 does (--port forces one)\n", path, sum->packets);
	return EXIT_NOTHING;
}

/* Saving and exporting have gone well. */
static bool written(struct decode *d)
{
	char why[512];
	bool ok = true;

	if (!export_close(d->export, why, sizeof why)) {
		fprintf(stderr, "x400rig decode: cannot write: %s\n", why);
		ok = false;
	}
	if (!save_close(d->save)) {
		fprintf(stderr, "x400rig decode: cannot write: %s\n", save_why(d->save));
		ok = false;
	}
	return ok;
}

static bool open_outputs(struct decode *d, const struct options *o)
{
	char why[1024];

	if (o->save) {
		d->save = save_open(o->save, why, sizeof why);
		if (!d->save)
			fprintf(stderr, "x400rig decode: %s\n", why);
	}
	if (o->export) {
		d->export = export_create(o->export, why, sizeof why);
		if (!d->export)
			fprintf(stderr, "x400rig decode: %s\n", why);
	}
	return (!o->save || d->save) && (!o->export || d->export);
}

static void keep_secrets(struct follow *follow, struct octets lines)
{
	struct decode *d = (struct decode *)(void *)((char *)follow -
	                                             offsetof(struct decode, follow));

	if (d->export && !d->no_secrets)
		export_secrets(d->export, follow->capture, lines);
}

static const struct follow_user user = {
	.size = sizeof(struct flow), .take = decode_take, .octets = decode_octets,
	.late = decode_late, .event = decode_event, .sealed = decode_sealed, .end = decode_end,
	.secrets = keep_secrets,
};

static int decode(struct decode *d, const struct options *o)
{
	int status = EXIT_USAGE;
	char why[512];

	if (!o->input.live)
		cli_confine("decode", CONFINE_FILES);
	if (!follow_open(&d->follow, &user, &o->input, why, sizeof why)) {
		fprintf(stderr, "x400rig decode: %s\n", why);
		status = o->input.live ? EXIT_TROUBLE : EXIT_USAGE;
	} else if (!open_outputs(d, o)) {
		status = EXIT_TROUBLE;
	} else {
		if (o->input.live)
			cli_confine("decode", CONFINE_NETWORK);
		read_packets(d);
		sum_up(d);
		status = conclude(d, o->input.live ? o->input.live : o->input.path);
	}
	follow_close(&d->follow);
	listing_json_flush(&d->lines);
	if (!written(d))
		status = EXIT_TROUBLE;
	free(d->save);
	return status;
}

/* ---- several processes ---- */

struct shared {
	struct decode *d;
	const struct options *o;
};

static bool decode_share(void *ctx, unsigned self, struct decode_share *share,
                         struct decode_sum *sum)
{
	const struct shared *s = ctx;
	struct decode *d = s->d;
	char why[512];

	d->share = share;
	decode_share_begin(share, &d->lines);
	d->heap.left = BUDGET / (size_t)s->o->jobs;
	d->follow.share = self;
	d->follow.shares = (unsigned)s->o->jobs;
	if (!follow_open(&d->follow, &user, &s->o->input, why, sizeof why)) {
		fprintf(stderr, "x400rig decode: %s\n", why);
		return false;
	}
	cli_confine("decode", CONFINE_FILES);
	read_packets(d);
	sum_up(d);
	*sum = d->sum;
	return true;
}

/* They have been begun; what is left is to put their lines in order. */
static void decode_begun(void *ctx)
{
	(void)ctx;
	cli_confine("decode", CONFINE_FILES);
}

/* What one process would say is said before there are several. */
static bool can_be_read(const struct options *o, char *why, size_t why_cap)
{
	struct follow *f = calloc(1, sizeof *f);
	bool ok = f && follow_open(f, &user, &o->input, why, why_cap);

	if (f)
		follow_close(f);
	free(f);
	return ok;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Connections that begin early in the capture, or `enough` of them: no more processes than
 * those have work. */
static uint64_t early_connections(const char *path, uint64_t octets, uint64_t enough)
{
	char ignored[512];
	struct capture *c = capture_open(path, ignored, sizeof ignored);
	struct streams *s = c ? streams_new() : NULL;
	struct capture_packet p;
	struct stream_event e;
	uint64_t n = 0;

	while (s && n < enough && capture_next(c, &p) == CAPTURE_PACKET && p.position < octets) {
		streams_push(s, &p);
		while (streams_pop(s, &e))
			;
		n = streams_counts(s)->connections;
	}
	streams_free(s);
	if (c)
		capture_close(c);
	return n > 0 ? least(n, enough) : 1;
}

/* Lines of text refer to the line before; what is saved or exported has one writer. */
static bool can_be_shared(const struct options *o)
{
	struct stat st;

	return o->json && !o->input.live && !o->save && !o->export &&
	       (stat(o->input.path, &st) < 0 || S_ISREG(st.st_mode));
}

/* One a processor, if there is work for them.  Who has looked is confined: names in a filter,
 * which each process looks up itself, would not be found any more. */
static uint64_t useful_jobs(const struct options *o)
{
	uint64_t n = DECODE_SHARES_MAX;
	struct stat st;
	cpu_set_t cpus;

	if (!can_be_shared(o) || stat(o->input.path, &st) < 0)
		return 1;
	if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
		n = least(n, (uint64_t)CPU_COUNT(&cpus));
	n = least(n, (uint64_t)st.st_size / JOB_OCTETS);
	if (n <= 1 || o->input.filter)
		return n;
	cli_confine("decode", CONFINE_CHILDREN);
	return early_connections(o->input.path, (uint64_t)st.st_size / JOB_LOOK, n);
}

static int decode_together(struct decode *d, const struct options *o)
{
	struct shared s = { d, o };
	const struct decode_work work = { (unsigned)o->jobs, decode_share, decode_begun, &s };
	char why[512] = "no memory";

	if (!can_be_read(o, why, sizeof why)) {
		fprintf(stderr, "x400rig decode: %s\n", why);
		return EXIT_USAGE;
	}
	if (!decode_share_run(&work, STDOUT_FILENO, &d->sum, why, sizeof why)) {
		fprintf(stderr, "x400rig decode: %s\n", why);
		return EXIT_TROUBLE;
	}
	return d->sum.stopped ? EXIT_INTERRUPTED : conclude(d, o->input.path);
}

/* Filters, forced ports. */
static int configure(struct decode *d, const struct options *o)
{
	char why[256];

	d->json = o->json;
	d->lines.out = stdout;
	d->lines.at = d->buffer;
	d->verbose = o->verbose;
	d->no_secrets = o->no_secrets;
	heap_init(&d->heap, BUDGET);
	d->follow.only = (uint16_t)o->port;
	for (size_t i = 0; i < o->filters.n; i++)
		if (!line_filter_add(&d->filter, o->filters.at[i], why, sizeof why))
			return cli_wrong("decode", "--filter: %s", why);
	d->by_id = line_filter_by_id(&d->filter);
	for (size_t i = 0; i < o->forced.n; i++)
		if (!follow_force(&d->follow, o->forced.at[i]))
			return cli_wrong("decode", "--decode-as: \"%s\" is not like 10104, "
			                 "10104=x400, 10104=tls or 443=none", o->forced.at[i]);
	return EXIT_ALL_PASS;
}

static int run(const struct options *o)
{
	struct decode *d = calloc(1, sizeof *d);
	int status;

	if (!d)
		return cli_no_memory("decode");
	status = configure(d, o);
	if (status == EXIT_ALL_PASS)
		status = o->jobs > 1 ? decode_together(d, o) : decode(d, o);
	free(d);
	return cli_stop && !o->input.live ? EXIT_INTERRUPTED : status;
}

static int check_jobs(const struct options *o)
{
	if (o->jobs <= 1)
		return EXIT_ALL_PASS;
	if (o->jobs > DECODE_SHARES_MAX)
		return cli_wrong("decode", "--jobs: 1 to %d", DECODE_SHARES_MAX);
	if (!o->json || o->input.live || o->save || o->export)
		return cli_wrong("decode", "--jobs: only with --json, of a file, without --save "
		                 "and --export");
	if (!can_be_shared(o))
		return cli_wrong("decode", "--jobs: %s is no file: it cannot be read twice",
		                 o->input.path);
	return EXIT_ALL_PASS;
}

int cmd_decode(int argc, char **argv)
{
	struct options o = { 0 };
	const struct cli_option options[] = {
		{ .name = "json", .letter = 'j', .flag = &o.json,
		  .text = "one JSON object a PDU, one a line" },
		{ .name = "verbose", .letter = 'v', .flag = &o.verbose,
		  .text = "all fields; also TPKT, COTP DT, each DT, retransmissions, comments, "
		          "names" },
		{ .name = "filter", .letter = 'f', .value = "KEY=VALUE,...", .list = &o.filters,
		  .text = "only lines of a layer, pdu, association or message id; several: all "
		  "hold" },
		{ .name = "save", .value = "DIR", .string = &o.save,
		  .text = "the contents of messages as files (--filter chooses which)" },
		{ .name = "export", .value = "FILE", .string = &o.export,
		  .text = "the packets of the associations that --filter chooses, as pcapng, with "
		          "what the capture says of them: comments, names, secrets of TLS" },
		{ .name = "no-secrets", .flag = &o.no_secrets,
		  .text = "--export without secrets of TLS" },
		{ .name = "jobs", .value = "N", .number = &o.jobs,
		  .text = "processes that share the connections of a file (with --json; default: "
		  "one a "
		          "processor)" },
		FOLLOW_OPTIONS(&o.input, &o.port, &o.forced),
		CLI_MASK_OPTIONS(o.mask),
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig decode trace.pcap                every PDU of every layer",
		"x400rig decode trace.pcapng.gz -v        and every frame, every field",
		"x400rig decode --port 10104 trace.pcap   one port, also from mid-connection",
		"x400rig decode --filter id=REPORT-17 --filter layer=p1,session trace.pcap",
		"x400rig decode --filter association=3 --export three.pcapng trace.pcap",
		"x400rig decode --save contents trace.pcap   every content as a file",
		"x400rig decode --key-log keys.txt tls.pcap   inside TLS",
		"x400rig decode --mask trace.pcap         for those who may not see the names",
		"x400rig decode --live eth0 --bpf 'tcp port 102'",
		"x400rig decode --json --jobs 1 large.pcapng.gz   on one processor",
		"x400rig decode --json trace.pcap | jq -c 'select(.findings != [])'",
		NULL,
	};
	const struct cli_help help = {
		"decode", "CAPTURE",
		"Prints every PDU of X.400 connections in a capture (pcap or pcapng, also\n"
		"gzip'ed), layer by layer, with the rules that it breaks.  Connections are known\n"
		"by their first octets, on any port.  DTs without another line between them are\n"
		"one line.  JSON keys: time frames connection from to direction layer pdu text\n"
		"offset length cut details findings.\n"
		"Exit status: 0 decoded, 2 the capture cannot be read, 3 octets are missing\n"
		"(damage, gaps, a direction that was not captured), 5 nothing in it is X.400.",
		options, examples,
	};
	int first = cli_parse(argc, argv, &help);

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - first != (o.input.live ? 0 : 1))
		return cli_wrong("decode", o.input.live ? "a capture or --live, not both" :
		                 "one capture is wanted, or --live INTERFACE");
	o.input.path = argv[first];
	if ((o.mask.on || o.mask.key) && (o.save || o.export))
		return cli_wrong("decode", "--mask: contents and packets hold names as they are; "
		                 "without --save and --export");
	if (o.no_secrets && !o.export)
		return cli_wrong("decode", "--no-secrets: of --export alone");
	if (!cli_mask("decode", &o.mask))
		return EXIT_USAGE;
	if (o.port > UINT16_MAX)
		return cli_wrong("decode", "--port: %" PRIu64 " is no port", o.port);
	if (check_jobs(&o) != EXIT_ALL_PASS)
		return EXIT_USAGE;
	cli_catch_signals();
	if (!o.input.live)
		capture_prepare(o.input.path, o.input.filter);
	if (o.jobs == 0)
		o.jobs = useful_jobs(&o);
	return run(&o);
}
