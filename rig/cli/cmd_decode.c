#include "cli/cli.h"
#include "cli/decode.h"
#include "cli/export.h"
#include "cli/mask.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_decode(int argc, char **argv);

enum {
	/* What all observers together may hold: some envelopes of the largest size. */
	BUDGET = 256 << 20,
	PROGRESS_FRAMES = 1 << 16,
};

struct options {
	bool json, verbose;
	uint64_t port;			/* 0: any */
	struct follow_input input;
	struct cli_mask mask;
	struct cli_list filters, forced;
	const char *save, *export;
};

/* ---- memory ---- */

static uint8_t *budget_take(struct pool *p, size_t n)
{
	struct decode_budget *b = (struct decode_budget *)p;
	uint8_t *buffer = n <= b->left ? malloc(n) : NULL;

	if (buffer)
		b->left -= n;
	return buffer;
}

static void budget_give(struct pool *p, uint8_t *buffer, size_t n)
{
	struct decode_budget *b = (struct decode_budget *)p;

	b->left += n;
	free(buffer);
}

/* ---- the capture ---- */

static void export_packet(struct decode *d, struct export *out, const struct capture_packet *p)
{
	uint32_t number = streams_last(d->follow.streams).connection;

	if (number && line_filter_association(&d->filter, number))
		export_write(out, d->follow.capture, p);
	else
		export_pass(out, p);
}

static void read_packets(struct decode *d, struct export *out)
{
	struct capture_packet p;

	while (follow_next(&d->follow, &p)) {
		if (p.frame == 0) {		/* live, and nothing comes */
			listing_json_flush(&d->lines);
			fflush(stdout);
			continue;
		}
		follow_push(&d->follow, &p);
		if (out)
			export_packet(d, out, &p);
		if (p.frame % PROGRESS_FRAMES == 0)
			cli_progress("%" PRIu32 " packets, %" PRIu64 " connections", p.frame,
			             d->followed);
	}
	cli_progress_clear();
	follow_finish(&d->follow);
	listing_json_flush(&d->lines);
}

/* ---- the verb ---- */

static int conclude(const struct decode *d, const char *path)
{
	const struct capture_status *st = capture_status(d->follow.capture);
	const struct streams_counts *counts = streams_counts(d->follow.streams);
	uint64_t lost = d->follow.no_memory + counts->no_memory;

	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "x400rig decode: cannot write: %s\n", strerror(errno));
		return EXIT_TROUBLE;
	}
	if (st->damaged)
		fprintf(stderr, "x400rig decode: %s: frame %" PRIu64 " cannot be read: %s; "
		        "decoded up to there\n", path, counts->packets + 1, st->text);
	if (d->gaps)
		fprintf(stderr, "x400rig decode: %s: octets are missing in %" PRIu64 " place%s, "
		        "first at frame %" PRIu32 "\n", path, d->gaps, d->gaps == 1 ? "" : "s",
		        d->gap_frame);
	if (lost)
		fprintf(stderr, "x400rig decode: %s: no memory for %" PRIu64 " connections or "
		        "packets\n", path, lost);
	if (d->follow.sealed)
		fprintf(stderr, "x400rig decode: %s: %" PRIu64 " connection%s TLS that is not read "
		        "(--key-log FILE)\n", path, d->follow.sealed,
		        d->follow.sealed == 1 ? " is" : "s are");
	if (d->save)
		fprintf(stderr, "x400rig decode: %" PRIu64 " content%s saved\n", save_count(d->save),
		        save_count(d->save) == 1 ? "" : "s");
	if (st->damaged || d->gaps || lost)
		return EXIT_UNDECIDED;
	if (d->followed)
		return EXIT_ALL_PASS;
	fprintf(stderr, "x400rig decode: %s: %" PRIu64 " packets, no connection that begins as "
	        "X.400 does (--port forces one)\n", path, counts->packets);
	return EXIT_NOTHING;
}

/* Saving and exporting have gone well. */
static bool written(struct decode *d, struct export *out)
{
	char why[512];
	bool ok = true;

	if (!export_close(out, why, sizeof why)) {
		fprintf(stderr, "x400rig decode: cannot write: %s\n", why);
		ok = false;
	}
	if (!save_close(d->save)) {
		fprintf(stderr, "x400rig decode: cannot write: %s\n", save_why(d->save));
		ok = false;
	}
	return ok;
}

static bool open_outputs(struct decode *d, const struct options *o, struct export **out)
{
	char why[1024];

	if (o->save) {
		d->save = save_open(o->save, why, sizeof why);
		if (!d->save)
			fprintf(stderr, "x400rig decode: %s\n", why);
	}
	if (o->export) {
		*out = export_create(o->export, why, sizeof why);
		if (!*out)
			fprintf(stderr, "x400rig decode: %s\n", why);
	}
	return (!o->save || d->save) && (!o->export || *out);
}

static int decode(struct decode *d, const struct options *o)
{
	static const struct follow_user user = {
		.size = sizeof(struct flow), .take = decode_take, .octets = decode_octets,
		.event = decode_event, .sealed = decode_sealed, .end = decode_end,
	};
	struct export *out = NULL;
	int status = EXIT_USAGE;
	char why[512];

	if (!follow_open(&d->follow, &user, &o->input, why, sizeof why)) {
		fprintf(stderr, "x400rig decode: %s\n", why);
	} else if (!open_outputs(d, o, &out)) {
		status = EXIT_TROUBLE;
	} else {
		cli_confine("decode", o->input.live ? CONFINE_NETWORK : CONFINE_FILES);
		read_packets(d, out);
		status = conclude(d, o->input.live ? o->input.live : o->input.path);
	}
	follow_close(&d->follow);
	listing_json_flush(&d->lines);
	if (!written(d, out))
		status = EXIT_TROUBLE;
	free(d->save);
	return cli_stop && !o->input.live ? EXIT_INTERRUPTED : status;
}

/* Filters, forced ports. */
static int configure(struct decode *d, const struct options *o)
{
	char why[256];

	d->json = o->json;
	d->lines.out = stdout;
	d->verbose = o->verbose;
	d->budget = (struct decode_budget){ { budget_take, budget_give }, BUDGET };
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
		return EXIT_TROUBLE;
	status = configure(d, o);
	if (status == EXIT_ALL_PASS) {
		cli_catch_signals();
		status = decode(d, o);
	}
	free(d);
	return status;
}

int cmd_decode(int argc, char **argv)
{
	struct options o = { 0 };
	const struct cli_option options[] = {
		{ .name = "json", .letter = 'j', .flag = &o.json,
		  .text = "one JSON object a PDU, one a line" },
		{ .name = "verbose", .letter = 'v', .flag = &o.verbose,
		  .text = "all fields; also TPKT, COTP DT, each DT, retransmissions" },
		{ .name = "filter", .letter = 'f', .value = "KEY=VALUE,...", .list = &o.filters,
		  .text = "only lines of a layer, pdu, association or message id; several: all hold" },
		{ .name = "save", .value = "DIR", .string = &o.save,
		  .text = "the contents of messages as files (--filter chooses which)" },
		{ .name = "export", .value = "FILE", .string = &o.export,
		  .text = "the packets of the associations that --filter chooses, as pcapng" },
		FOLLOW_OPTIONS(&o.input, &o.port, &o.forced),
		CLI_MASK_OPTIONS(o.mask),
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig decode trace.pcap               every PDU of every layer",
		"x400rig decode trace.pcapng.gz -v       and every frame, every field",
		"x400rig decode --port 10104 trace.pcap  one port, also from mid-connection",
		"x400rig decode --filter id=REPORT-17 --filter layer=p1,session trace.pcap",
		"x400rig decode --filter association=3 --export three.pcapng trace.pcap",
		"x400rig decode --save contents trace.pcap   every content as a file",
		"x400rig decode --key-log keys.txt tls.pcap  inside TLS",
		"x400rig decode --mask trace.pcap        for those who may not see the names",
		"x400rig decode --live eth0 --bpf 'tcp port 102'",
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
		"Exit status: 0 decoded, 2 the capture cannot be read, 3 octets are missing,\n"
		"5 nothing in it is X.400.",
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
	if (!cli_mask("decode", &o.mask))
		return EXIT_USAGE;
	if (o.port > UINT16_MAX)
		return cli_wrong("decode", "--port: %" PRIu64 " is no port", o.port);
	return run(&o);
}
