/*
 * check: the peers of a capture held against the state tables, and what looks like a fault.
 */
#include "array/array.h"
#include "cli/check_page.h"
#include "cli/check_report.h"
#include "cli/mask.h"
#include "cli/mta_logs.h"
#include "cli/pages.h"
#include "cli/suite.h"
#include "heap/heap.h"
#include "judge/signature_clock.h"
#include "logs/logs_clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_check(int argc, char **argv);

#define SECOND_NS INT64_C(1000000000)

enum {
	BUDGET = 64 << 20,		/* what all observers together may hold */
	PORT_P1 = 102,
	LOGS_MAX = 20000,
	IDLE_DEFAULT_S = 30,
	IDLE_MAX_S = 86400,
	EVENT_NO_BLOCKS = 9156,
};

/* ---- state ---- */

struct flow {
	struct follow_talk head;	/* first */
	struct talk *talk;		/* NULL: it is not X.400 (yet) */
};

struct options {
	bool json, verbose;
	uint64_t port, idle_s;
	const char *html, *target;
	struct cli_list signatures;
	struct cli_logs logs;
	struct follow_input input;
	struct cli_mask mask;
	struct cli_list forced;
};

struct run {
	struct options options;
	struct suite suite;		/* the target, if there is one */
	struct check check;
	struct check_moments moments;
	struct heap heap;
	struct follow follow;
	struct signatures signatures;
	struct signature_score score;
	struct check_page page;
	struct signature_matcher *matcher;	/* NULL: no log is read */
	struct check_log *log;
	size_t logs, logs_room;
	const char *log_file;
	const struct log_record *record;
	int64_t end_us[LOG_CLOCK_MAX];	/* when connections ended on the wire */
	size_t ends;
};

/* ---- flows ---- */

static struct run *run_of(struct follow *follow)
{
	return (struct run *)(void *)((char *)follow - offsetof(struct run, follow));
}

/* `ended_ns`: at the latest. */
static void note_call(struct run *r, const struct flow *f, int64_t ended_ns)
{
	struct stream_connection c;
	struct check_call call = { .number = f->head.number, .ended_ns = ended_ns, .failed = true };

	if (!streams_connection(r->follow.streams, f->head.number, &c))
		return;
	if (!f->talk && !(f->head.silent && c.port[FROM_RESPONDER] == PORT_P1))
		return;
	if (f->head.silent)
		r->check.wire |= WIRE_TCP_REFUSED;
	if (f->talk)
		call = talk_call(f->talk);
	call.begun_ns = f->head.begun_ns;
	call.ends = XXH3_64bits(c.address, sizeof c.address) ^ c.port[FROM_RESPONDER];
	check_conduct_call(&r->check.conduct, &call);
}

/* ---- what follow says ---- */

static bool take(struct follow *follow, struct follow_talk *talk)
{
	struct run *r = run_of(follow);
	struct flow *f = (struct flow *)talk;

	f->talk = talk_new(&r->check, talk->number, talk->middle);
	return f->talk;
}

static void octets(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	(void)follow;
	talk_octets(((struct flow *)talk)->talk, e, e->octets);
}

static void late(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	(void)follow;
	talk_late(((struct flow *)talk)->talk, e, talk->begun[e->direction]);
}

static void event(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	struct talk *t = ((struct flow *)talk)->talk;

	if (t && e->kind == STREAM_GAP)
		talk_gap(t, e);
	if (t && e->kind == STREAM_NOTE && e->note == NOTE_UNSEEN_ACK)
		talk_unseen(t, e);
	if (t && (e->kind == STREAM_FIN || e->kind == STREAM_RST)) {
		struct run *r = run_of(follow);

		talk_close(t, e);
		if (r->ends < LOG_CLOCK_MAX)
			r->end_us[r->ends++] = e->time_ns / 1000;
	}
}

/* Of TLS nothing can be said here but that it is there. */
static void sealed(struct follow *follow, struct follow_talk *talk, const struct stream_event *e,
                   const char *why)
{
	struct run *r = run_of(follow);
	struct check_remark m = {
		.weight = CHECK_INFO, .direction = DIRECTIONS, .name = "tls", .clause = "",
		.connection = talk->number, .frame = e->frame, .frame_to = e->frame,
		.time_ns = e->time_ns,
	};

	if (follow_has_port(follow, talk->number, PORT_P1) || ((struct flow *)talk)->talk)
		check_remark(&r->check, &m, why);
}

static void end(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	struct run *r = run_of(follow);
	struct flow *f = (struct flow *)talk;

	note_call(r, f, e->time_ns);
	if (f->talk)
		talk_end(f->talk, e->why == END_OF_CAPTURE ? follow->last_ns : e->time_ns);
}

/* ---- the capture ---- */

/* A segment that closes or opens a window often has no octets, and makes no event. */
static void take_window(struct run *r)
{
	struct stream_segment s = streams_last(r->follow.streams);
	struct flow *f = s.connection ? (struct flow *)follow_find(&r->follow, s.connection) : NULL;

	if (f && f->talk && !(s.flags & (SEGMENT_SYN | SEGMENT_RST)))
		talk_segment(f->talk, &s);
}

static void read_packets(struct run *r)
{
	struct capture_packet p;

	while (follow_next(&r->follow, &p)) {
		if (p.frame == 0)
			continue;
		follow_push(&r->follow, &p);
		take_window(r);
		if ((p.frame & 0xffff) == 0)
			cli_progress("%" PRIu32 " packets, %" PRIu64 " connections", p.frame,
			             r->check.talks);
	}
	cli_progress_clear();
	follow_finish(&r->follow);
}

/* ---- logs ---- */

static bool same_record(const struct check_log *l, const char *file, uint64_t line)
{
	return l->file == file && l->line == line;
}

static void add_article(struct check_log *l, const char *article)
{
	size_t n = strlen(l->articles);

	if (!strstr(l->articles, article))
		snprintf(l->articles + n, sizeof l->articles - n, "%s%s", n ? " " : "", article);
}

static void on_hit(void *ctx, uint16_t row)
{
	struct run *r = ctx;
	const struct log_record *rec = r->record;
	const struct signature *s = &r->signatures.at[signature_of(row)];
	struct check_log *l;

	signature_score_hit(&r->score, row);
	if (r->logs > 0 && same_record(&r->log[r->logs - 1], r->log_file, rec->line)) {
		add_article(&r->log[r->logs - 1], s->article);
		return;
	}
	l = r->logs < LOGS_MAX ? array_room(r->log, r->logs + 1, &r->logs_room, sizeof *l) : NULL;
	if (!l)
		return;
	r->log = l;
	l = &r->log[r->logs++];
	*l = (struct check_log){
		.file = r->log_file, .line = rec->line, .event = rec->event, .code = rec->code,
		.at_ns = rec->at_us == LOG_NO_TIME ? 0 : rec->at_us * 1000,
	};
	add_article(l, s->article);
	if (text_masks())
		text_pseudonym(octets_of(rec->text), l->text);
	else
		snprintf(l->text, sizeof l->text, "%.*s", CHECK_LOG_TEXT - 1, rec->text);
}

/* "... The configured count is 40." */
static void note_limit(struct run *r, const struct log_record *rec)
{
	const char *count = strstr(rec->text, "count is");
	unsigned long blocks = count ? strtoul(count + strlen("count is"), NULL, 10) : 0;

	if (blocks > 0 && blocks < UINT32_MAX && rec->at_us != LOG_NO_TIME)
		check_conduct_limit(&r->check.conduct, &(struct check_limit){
			.at_ns = rec->at_us * 1000, .blocks = (uint32_t)blocks });
}

static void on_record(void *ctx, const struct log_record *rec)
{
	struct run *r = ctx;

	r->record = rec;
	if (rec->event == EVENT_NO_BLOCKS)
		note_limit(r, rec);
	signature_matcher_record(r->matcher, rec, on_hit, r);
}

static bool read_logs(struct run *r, char **paths, int n)
{
	struct log_filter filter;
	struct log_notes notes;
	char why[512];

	r->matcher = n > 0 ? signature_matcher_new(&r->signatures) : NULL;
	if (n > 0 && !r->matcher)
		return false;
	if (n > 0)
		filter = signature_matcher_filter(r->matcher);
	cli_logs_order(paths, (size_t)n, &r->options.logs.how);
	for (int i = 0; i < n; i++) {
		if (cli_stop)
			return false;	/* before a read that may wait */
		r->log_file = paths[i];
		if (log_read(paths[i], &r->options.logs.how, &filter, on_record, r, &notes, why,
		             sizeof why)) {
			cli_logs_notes("check", paths[i], &notes);
			continue;
		}
		fprintf(stderr, "x400rig check: %s\n", why);
		return false;
	}
	return true;
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool is_one_of(uint32_t event, const uint32_t *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (events[i] == event)
			return true;
	return false;
}

/* The offset of the logs' clock from ends of connections that both sides tell.  Where
 * a zone or a clock was given it is believed. */
static void set_clock(struct run *r)
{
	uint32_t events[CLOCK_EVENTS_MAX];
	size_t events_n = signature_clock_events(&r->signatures, events), n = 0;
	int64_t at_us[LOG_CLOCK_MAX];
	struct log_clock clock;

	for (size_t i = 0; i < r->logs && n < LOG_CLOCK_MAX; i++)
		if (r->log[i].at_ns && is_one_of(r->log[i].event, events, events_n))
			at_us[n++] = r->log[i].at_ns / 1000;
	if (r->options.logs.zone || r->options.logs.clock || n == 0 ||
	    (r->suite.target && r->suite.target->log_clock_given))
		return;
	qsort(at_us, n, sizeof at_us[0], ascending);
	qsort(r->end_us, r->ends, sizeof r->end_us[0], ascending);
	if (!log_clock_estimate(at_us, n, r->end_us, r->ends, &clock) ||
	    (clock.offset_us > -LOG_CLOCK_WIDTH_US && clock.offset_us < LOG_CLOCK_WIDTH_US))
		return;
	for (size_t i = 0; i < r->logs; i++)
		if (r->log[i].at_ns)
			r->log[i].at_ns += clock.offset_us * 1000;
	for (size_t i = 0; i < r->check.conduct.limits; i++)
		r->check.conduct.limit[i].at_ns += clock.offset_us * 1000;
	fprintf(stderr, "x400rig check: the logs' clock is off by %.1f s, as %zu ends of "
	        "connections show: corrected (--zone and --clock override)\n",
	        (double)-clock.offset_us / 1e6, clock.pairs);
}

/* ---- the verb ---- */

static bool write_page(struct run *r, struct check_result *result, const char *of, int status)
{
	const char *path = r->options.html;
	FILE *out = fopen(path, "we");
	bool ok = out && check_page_write(out, &r->page, result, of, status);

	if (out && fclose(out) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "x400rig check: %s: %s\n", path, strerror(errno));
	return ok;
}

static int conclude(struct run *r)
{
	const struct follow_input *in = &r->options.input;
	const char *path = in->live ? in->live : in->path;
	const struct capture_status *file = capture_status(r->follow.capture);
	struct check_result result = {
		.check = &r->check, .signatures = &r->signatures, .score = &r->score, .log = r->log,
		.logs = r->logs, .json = r->options.json, .verbose = r->options.verbose,
		.zero_ns = r->follow.zero_ns, .cut = file->damaged || file->holes,
	};
	int status;

	set_clock(r);
	check_conduct_tell(&r->check);
	follow_say_damage("check", path, file);
	r->check.no_memory += r->follow.no_memory + streams_counts(r->follow.streams)->no_memory;
	if (r->check.no_memory)
		fprintf(stderr, "x400rig check: %s: no memory for %" PRIu64 " connections, packets "
		        "or PDUs; they are not judged\n", path, r->check.no_memory);
	if (r->follow.sealed)
		fprintf(stderr, "x400rig check: %s: %" PRIu64 " connection%s TLS that is not read "
		        "(--key-log FILE)\n", path, r->follow.sealed,
		        r->follow.sealed == 1 ? " is" : "s are");
	if (r->check.talks == 0 && r->logs == 0 && r->check.no_memory)
		return EXIT_TROUBLE;
	if (r->check.talks == 0 && r->logs == 0) {
		fprintf(stderr, "x400rig check: %s: no connection that begins as X.400 does "
		        "(--port forces one)\n", path);
		return EXIT_NOTHING;
	}
	status = check_report(&result);
	if (r->options.html && !write_page(r, &result, path, status))
		return EXIT_TROUBLE;
	return status;
}

/* How long is too long, and how logs are read: by the options, else the target, else as
 * usual. */
static bool set_up(struct run *r)
{
	struct options *o = &r->options;
	bool ok = !o->target || suite_target(&r->suite, o->target);
	const struct target *t = r->suite.target;

	r->check.idle_ns = (o->idle_s == CLI_UNSAID ? IDLE_DEFAULT_S : (int64_t)o->idle_s) *
	                   SECOND_NS;
	if (ok && o->target) {
		const struct log_options how = target_log_options(t);

		r->check.conduct.open_ns = target_value(t, KNOWN_OPEN_INTERVAL) * 1000;
		r->check.conduct.recovery_ns = target_value(t, KNOWN_RECOVERY_TIMEOUT) * 1000;
		if (o->idle_s == CLI_UNSAID)
			r->check.idle_ns = target_value(t, KNOWN_IDLE_LIMIT) * 1000;
		cli_logs_default(&o->logs, &how);
	}
	if (r->suite.report.text)
		fputs(r->suite.report.text, stderr);
	return ok;
}

static int check_capture(struct run *r, char **logs, int logs_n)
{
	static const struct follow_user user = {
		.size = sizeof(struct flow), .take = take, .octets = octets, .late = late,
		.event = event, .sealed = sealed, .end = end,
	};
	char why[512];

	if (r->options.html && !pages_ready("check"))
		return EXIT_TROUBLE;
	if (logs_n > 0)
		cli_logs_ready();
	if (!r->options.input.live) {
		capture_prepare(r->options.input.path, r->options.input.filter);
		cli_confine("check", CONFINE_CODE);
	}
	heap_init(&r->heap, BUDGET);
	r->check.pool = &r->heap.pool;
	if (!set_up(r) || !cli_signatures("check", &r->signatures, &r->options.signatures) ||
	    !read_logs(r, logs, logs_n))
		return EXIT_USAGE;
	r->check.follow = &r->follow;
	r->page.follow = &r->follow;
	r->check.moments = logs_n > 0 ? &r->moments : NULL;
	r->check.page = r->options.html ? &r->page : NULL;
	r->follow.only = (uint16_t)r->options.port;
	if (!follow_open(&r->follow, &user, &r->options.input, why, sizeof why)) {
		fprintf(stderr, "x400rig check: %s\n", why);
		return r->options.input.live ? EXIT_TROUBLE : EXIT_USAGE;
	}
	if (r->options.input.live)
		cli_confine("check", CONFINE_NETWORK | CONFINE_CODE);
	read_packets(r);
	return conclude(r);
}

static void run_free(struct run *r)
{
	check_page_free(&r->page);
	check_moments_free(&r->moments);
	follow_close(&r->follow);
	for (size_t i = 0; i < r->check.remarks; i++)
		free(r->check.remark[i].text);
	free(r->check.remark);
	check_book_free(&r->check.book);
	signature_matcher_free(r->matcher);
	signatures_free(&r->signatures);
	check_conduct_free(&r->check.conduct);
	suite_free(&r->suite);
	free(r->log);
	free(r);
}

static int check(const struct options *o, char **logs, int logs_n)
{
	struct run *r = calloc(1, sizeof *r);
	int status = EXIT_ALL_PASS;

	if (!r)
		return cli_no_memory("check");
	r->options = *o;
	for (size_t i = 0; i < o->forced.n && status == EXIT_ALL_PASS; i++)
		if (!follow_force(&r->follow, o->forced.at[i]))
			status = cli_wrong("check", "--decode-as: \"%s\" is not like 10104, "
			                   "10104=x400, 10104=tls or 443=none", o->forced.at[i]);
	cli_catch_signals();
	if (status == EXIT_ALL_PASS)
		status = check_capture(r, logs, logs_n);
	run_free(r);
	return cli_stop && !o->input.live ? EXIT_INTERRUPTED : status;
}

int cmd_check(int argc, char **argv)
{
	struct options o = { .idle_s = CLI_UNSAID };
	const struct cli_option options[] = {
		{ .name = "json", .letter = 'j', .flag = &o.json,
		  .text = "one JSON object a line" },
		{ .name = "verbose", .letter = 'v', .flag = &o.verbose,
		  .text = "also notes of decoding, and every message" },
		{ .name = "html", .value = "FILE", .string = &o.html,
		  .text = "also a page: findings, ledger, ladder, each PDU with its octets" },
		{ .name = "idle", .value = "S", .number = &o.idle_s,
		  .text = "seconds of silence in an activity that are a stall (30)" },
		{ .name = "target", .value = "FILE", .string = &o.target,
		  .text = "the MTAs' timers, for what they do again and late, and how their logs "
		  "are read" },
		FOLLOW_OPTIONS(&o.input, &o.port, &o.forced),
		CLI_LOGS_OPTIONS(o.logs),
		CLI_SIGNATURES_OPTION(o.signatures),
		CLI_MASK_OPTIONS(o.mask),
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig check trace.pcap                        both peers, by the tables",
		"x400rig check trace.pcapng Ev0.log Calls.out    with the MTA's logs",
		"x400rig check --target exchange-55 trace.pcap   and by its open interval and "
		"timeouts",
		"x400rig check --zone -05:00 trace.pcap app.evt   the log's clock shows New York",
		"x400rig check --live eth0 --bpf 'tcp port 102'   until interrupted, then the "
		"verdict",
		"x400rig check trace.pcapng --html trace.html    a page to be looked at",
		"x400rig check --mask trace.pcapng --html trace.html   and to be handed on",
		"x400rig check --json trace.pcap | jq -c 'select(.type == \"remark\")'",
		NULL,
	};
	const struct cli_help help = {
		"check", "CAPTURE [LOG ...]",
		"Holds both peers of each X.400 connection in a capture against the state tables\n"
		"of X.224 to X.227: each deviation with cell, clause and frames.  Tells what is\n"
		"legal and yet looks like a fault (transport lost in mid-activity, stalls and on\n"
		"whose side, identifiers reused, ends not confirmed and sent again, aborts,\n"
		"retries, what waits for one receiver while another is served), the attempts and\n"
		"the outcome of every message, and which known fault the wire and the logs fit.\n"
		"A name in brackets behind a remark is the article about a fault that looks so:\n"
		"where to read on, no proof.\n"
		"JSON: a key type tells the line.  remark: weight name clause connection from to\n"
		"direction frames time text fits (those articles, \"\" if none).  message: id "
		"octets\n"
		"attempts reused doubled.  signature: signature articles title weight complete\n"
		"found needed reason wire.  log: file line time event code articles text.\n"
		"verdict: exit fatal supporting notes connections messages missing (true: octets\n"
		"are).\n"
		"Exit status: 0 clean, 1 a fatal deviation or a conclusive signature, 2 the\n"
		"capture or a log cannot be read, 3 supporting evidence only, or octets are\n"
		"missing (damage, gaps, a direction that was not captured) and may have held what\n"
		"is looked for, 4 part of it is not judged for lack of memory, 5 nothing in it\n"
		"is X.400.",
		options, examples,
	};
	int first = cli_parse(argc, argv, &help);

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - first < 1 && !o.input.live)
		return cli_wrong("check", "a capture is wanted, or --live INTERFACE");
	if (o.port > UINT16_MAX)
		return cli_wrong("check", "--port: %" PRIu64 " is no port", o.port);
	if (o.idle_s != CLI_UNSAID && (o.idle_s == 0 || o.idle_s > IDLE_MAX_S))
		return cli_wrong("check", "--idle: 1 to %d seconds", IDLE_MAX_S);
	if (cli_logs("check", &o.logs) != EXIT_ALL_PASS || !cli_mask("check", &o.mask))
		return EXIT_USAGE;
	if (!o.input.live)
		o.input.path = argv[first++];
	return check(&o, argv + first, argc - first);
}
