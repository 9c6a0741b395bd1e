#include "cli/cli.h"
#include "cli/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_decode(int argc, char **argv);

enum {
	BUCKETS = 4096,
	FIRST_MAX = 8,			/* octets that are looked at to tell X.400 */
	PENDING_MAX = 8,
	TEXT_MAX = 8192,
	/* What all observers together may hold: some envelopes of the largest size. */
	BUDGET = 256 << 20,
};

/* ---- state ---- */

struct options {
	bool json, verbose;
	uint64_t port;			/* 0: any */
};

enum following {
	LOOKING,			/* its first octets will tell */
	FOLLOWED,
	IGNORED,
};

/* Lines about what is inside DTs, held until the line of the DTs is printed. */
enum held { HELD_SESSION, HELD_PRESENTATION, HELD_RTSE, HELD_P1, HELD_IPM, HELDS };

/* DTs of one direction with no other line between them: one line. */
struct group {
	bool open, in_dt, cut;
	enum capture_direction direction;
	bool has_time;
	int64_t time_ns;
	uint64_t from, to, octets;
	uint64_t dts;
	FILE *held[HELDS];
	char *text[HELDS];
	size_t size[HELDS];
};

struct flow {
	struct observer_sink sink;	/* first: tell() finds the flow by it */
	struct decode *decode;
	struct flow *chain;
	uint32_t number;
	enum following state;
	bool announced, middle;
	bool ended[DIRECTIONS];
	uint8_t first[DIRECTIONS][FIRST_MAX];
	size_t first_n[DIRECTIONS];
	struct stream_event pending[PENDING_MAX];	/* notes before it was known to be X.400 */
	size_t pending_n;
	struct observer *observer;
	struct group group;
	/* The last line, for what lies inside it. */
	uint8_t line_layer;
	uint32_t line_frame;
	uint64_t dts;			/* since the MTS-APDU began */
};

struct budget {
	struct pool pool;		/* first */
	size_t left;
};

struct decode {
	struct options options;
	struct capture *capture;
	struct streams *streams;
	struct stream_event now;
	bool has_zero;
	int64_t zero_ns;
	uint32_t frame;			/* the last one read */
	struct flow *flows[BUCKETS];
	struct flow *line_flow;		/* that the last line was about */
	struct budget budget;
	uint64_t followed, gaps, no_memory;
	uint32_t gap_frame;
	char text[TEXT_MAX];
};

/* ---- memory ---- */

static uint8_t *budget_take(struct pool *p, size_t n)
{
	struct budget *b = (struct budget *)p;
	uint8_t *buffer = n <= b->left ? malloc(n) : NULL;

	if (buffer)
		b->left -= n;
	return buffer;
}

static void budget_give(struct pool *p, uint8_t *buffer, size_t n)
{
	struct budget *b = (struct budget *)p;

	b->left += n;
	free(buffer);
}

/* ---- flows ---- */

static struct flow **flow_place(struct decode *d, uint32_t number)
{
	struct flow **at = &d->flows[number % BUCKETS];

	while (*at && (*at)->number != number)
		at = &(*at)->chain;
	return at;
}

static void drop_held(struct group *g)
{
	for (size_t i = 0; i < HELDS; i++) {
		if (g->held[i])
			fclose(g->held[i]);
		free(g->text[i]);
		g->held[i] = NULL;
		g->text[i] = NULL;
	}
}

static void flow_free(struct flow *f)
{
	drop_held(&f->group);
	if (f->observer)
		observer_drop(f->observer);
	free(f->observer);
	free(f);
}

/* ---- lines ---- */

/* A line about what is happening now. */
static void line_init(const struct flow *f, struct listing_line *line,
                      struct stream_connection *c, enum capture_direction direction)
{
	const struct decode *d = f->decode;

	*line = (struct listing_line){
		.direction = direction, .has_time = d->now.time_ns != 0,
		.time_ns = d->now.time_ns, .pdu = "", .text = d->text,
	};
	if (streams_connection(d->streams, f->number, c))
		line->connection = c;
}

static void announce(struct flow *f)
{
	struct stream_connection c;

	if (f->announced)
		return;
	f->announced = true;
	if (!f->decode->options.json && streams_connection(f->decode->streams, f->number, &c))
		listing_connection(stdout, &c);
}

static void print_line(struct flow *f, const struct listing_line *line)
{
	announce(f);
	if (f->decode->options.json)
		listing_json(stdout, line);
	else
		listing_text(stdout, line, f->decode->zero_ns);
	f->decode->line_flow = f;
}

/* A line of layer "tcp". */
static void print_tcp(struct flow *f, const struct stream_event *e, const char *pdu,
                      const char *text)
{
	struct stream_connection c;
	struct listing_line line;

	line_init(f, &line, &c, (enum capture_direction)e->direction);
	line.has_time = e->time_ns != 0;
	line.time_ns = e->time_ns;
	line.layer = "tcp";
	line.pdu = pdu;
	line.text = text;
	line.frames[0] = e->frame;
	line.frames_n = e->frame > 0;
	line.offset = e->offset == STREAM_OFFSET_NONE ? 0 : e->offset;
	line.length = e->length;
	f->line_layer = LAYER_NONE;
	print_line(f, &line);
}

/* ---- DTs on one line ---- */

static void print_dts(struct flow *f)
{
	struct group *g = &f->group;
	struct stream_connection c;
	struct listing_line line;
	char text[96];
	const char *cut = g->cut ? " ... cut" : "";

	if (g->dts == 0)
		snprintf(text, sizeof text, "DT begins");
	else if (g->dts == 1)
		snprintf(text, sizeof text, "DT user=%" PRIu64 "%s", g->octets, cut);
	else
		snprintf(text, sizeof text, "%" PRIu64 " DT user=%" PRIu64 "%s", g->dts, g->octets,
		         cut);
	line_init(f, &line, &c, g->direction);
	line.has_time = g->has_time;
	line.time_ns = g->time_ns;
	line.layer = "session";
	line.pdu = "DT";
	line.text = text;
	if (line.connection)
		listing_frames(&line, f->decode->streams, g->from, g->to);
	f->line_layer = LAYER_NONE;
	print_line(f, &line);
}

/* Prints the line of the DTs, and what was in them. */
static void flush_group(struct flow *f)
{
	struct group *g = &f->group;
	bool in_dt = g->in_dt;

	if (!g->open)
		return;
	print_dts(f);
	for (size_t i = 0; i < HELDS; i++) {
		if (!g->held[i])
			continue;
		fclose(g->held[i]);
		g->held[i] = NULL;
		fwrite(g->text[i], 1, g->size[i], stdout);
	}
	drop_held(g);
	*g = (struct group){ .in_dt = in_dt };
}

static void open_group(struct flow *f, const struct observation *seen)
{
	struct group *g = &f->group;

	if (g->open && g->direction != (enum capture_direction)seen->direction)
		flush_group(f);
	if (g->open)
		return;
	g->open = true;
	g->direction = (enum capture_direction)seen->direction;
	g->has_time = f->decode->now.time_ns != 0;
	g->time_ns = f->decode->now.time_ns;
	g->from = seen->from;
	g->to = seen->to;
}

static FILE *hold_in(struct flow *f, enum held held)
{
	struct group *g = &f->group;

	if (!g->held[held])
		g->held[held] = open_memstream(&g->text[held], &g->size[held]);
	return g->held[held];
}

/* ---- observations ---- */

static bool has_findings(const struct observation *seen)
{
	return seen->findings && seen->findings->n > 0;
}

/* What is of interest only to who asks for all. */
static bool is_plain(const struct observation *seen)
{
	if (has_findings(seen) || seen->part == OBSERVED_CUT)
		return false;
	return seen->herald || (seen->layer == LAYER_TPKT && seen->code == OBSERVED_FRAME) ||
	       (seen->layer == LAYER_COTP && seen->code == COTP_DT);
}

static void line_of(struct flow *f, const struct observation *seen, struct listing_line *line,
                    struct stream_connection *c)
{
	struct decode *d = f->decode;
	struct text t;

	line_init(f, line, c, (enum capture_direction)seen->direction);
	text_init(&t, d->text, sizeof d->text);
	observation_text(&t, seen);
	line->layer = layer_name((enum layer)seen->layer);
	line->pdu = observation_name(seen);
	line->offset = seen->from;
	line->length = seen->length;
	line->cut = seen->part == OBSERVED_CUT;
	line->findings = seen->findings;
	line->details = seen;
	if (line->connection)
		listing_frames(line, d->streams, seen->from, seen->to);
}

static void tell_json(struct flow *f, const struct observation *seen)
{
	struct stream_connection c;
	struct listing_line line;

	if (seen->part == OBSERVED_BEGIN || (is_plain(seen) && !f->decode->options.verbose))
		return;
	line_of(f, seen, &line, &c);
	print_line(f, &line);
}

/* Does this PDU lie inside the one of the line before? */
static bool is_inside(struct flow *f, const struct observation *seen,
                      const struct listing_line *line)
{
	uint32_t frame = line->frames_n > 0 ? line->frames[0] : 0;
	bool inside = f->decode->line_flow == f && f->line_layer >= LAYER_SESSION &&
	              seen->layer > f->line_layer && frame == f->line_frame;

	f->line_layer = seen->layer;
	f->line_frame = frame;
	return inside;
}

static void print_observation(struct flow *f, const struct observation *seen)
{
	struct stream_connection c;
	struct listing_line line;

	flush_group(f);
	line_of(f, seen, &line, &c);
	line.inside = is_inside(f, seen, &line);
	print_line(f, &line);
}

/* Of an MTS-APDU that has ended everything but its length was printed when it
 * began. */
static void shorten(struct flow *f, const struct observation *seen, struct listing_line *line)
{
	if (seen->layer != LAYER_P1 || seen->part == OBSERVED_BEGIN || f->dts == 0)
		return;
	snprintf(f->decode->text, sizeof f->decode->text, "%s content-octets=%" PRIu64 "%s",
	         line->pdu, seen->user, line->cut ? " ... cut" : "");
	line->details = NULL;
}

static void hold_observation(struct flow *f, const struct observation *seen)
{
	static const enum held held[LAYERS] = {
		[LAYER_SESSION] = HELD_SESSION, [LAYER_PRESENTATION] = HELD_PRESENTATION,
		[LAYER_RTSE] = HELD_RTSE, [LAYER_P1] = HELD_P1, [LAYER_IPM] = HELD_IPM,
	};
	struct stream_connection c;
	struct listing_line line;
	FILE *out;

	line_of(f, seen, &line, &c);
	shorten(f, seen, &line);
	if (!f->group.open) {
		flush_group(f);
		f->line_layer = LAYER_NONE;
		print_line(f, &line);
		return;
	}
	line.inside = true;
	out = hold_in(f, held[seen->layer]);
	if (out)
		listing_text(out, &line, f->decode->zero_ns);
}

static void tell_dt(struct flow *f, const struct observation *seen)
{
	struct group *g = &f->group;

	open_group(f, seen);
	g->to = seen->to;
	g->in_dt = seen->part == OBSERVED_BEGIN;
	if (g->in_dt) {
		if (has_findings(seen))
			hold_observation(f, seen);
		return;
	}
	g->dts++;
	g->octets += seen->user;
	f->dts++;
	g->cut |= seen->part == OBSERVED_CUT;
	if (has_findings(seen))
		hold_observation(f, seen);
	if (f->decode->options.verbose)
		flush_group(f);
}

/* An MTS-APDU's end is worth a line if it came long after its beginning, or if
 * there is something to say. */
static void tell_apdu(struct flow *f, const struct observation *seen)
{
	bool begins = seen->part == OBSERVED_BEGIN;

	if (begins)
		f->dts = 0;
	if (begins || has_findings(seen) || seen->part == OBSERVED_CUT || f->dts > 1)
		hold_observation(f, seen);
}

/* TD and RTTR. */
static void tell_inner(struct flow *f, const struct observation *seen)
{
	if (seen->part == OBSERVED_BEGIN)
		return;
	if (f->decode->options.verbose || has_findings(seen) || seen->part == OBSERVED_CUT)
		hold_observation(f, seen);
}

static void tell_text(struct flow *f, const struct observation *seen)
{
	if (seen->layer == LAYER_SESSION && seen->code == SPDU_DT && seen->part != OBSERVED_WHOLE)
		tell_dt(f, seen);
	else if (seen->layer == LAYER_P1 && seen->part != OBSERVED_WHOLE)
		tell_apdu(f, seen);
	else if (seen->layer == LAYER_IPM)
		hold_observation(f, seen);
	else if (seen->layer > LAYER_SESSION && seen->part != OBSERVED_WHOLE)
		tell_inner(f, seen);
	else if (seen->part != OBSERVED_BEGIN &&
	         (f->decode->options.verbose || !is_plain(seen)))
		print_observation(f, seen);
}

static void print_pending(struct flow *f);

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	struct flow *f = (struct flow *)sink;

	/* A stream that began earlier is looked through for frames; that there are
	 * none is nothing to tell. */
	if (!f->announced && f->middle && seen->layer == LAYER_TPKT &&
	    seen->code == OBSERVED_NO_FRAME)
		return;
	print_pending(f);
	if (f->decode->options.json)
		tell_json(f, seen);
	else
		tell_text(f, seen);
}

/* ---- what the streams say ---- */

/* Neither direction begins with its first octet. */
static void begin_in_middle(struct flow *f)
{
	f->middle = true;
	for (int i = 0; f->observer && i < DIRECTIONS; i++)
		observer_gap(f->observer, (enum observer_direction)i, 0);
}

static void print_note(struct flow *f, const struct stream_event *e)
{
	static const bool routine[NOTES] = {
		[NOTE_AGAIN] = true, [NOTE_KEEP_ALIVE] = true, [NOTE_EARLIER] = true,
	};
	const char *note = stream_note_text((enum stream_note)e->note);
	char text[256];

	if (routine[e->note] && !f->decode->options.verbose)
		return;
	if (e->length > 0 && e->offset != STREAM_OFFSET_NONE)
		snprintf(text, sizeof text, "note: %" PRIu64 " octets at %" PRIu64 ": %s",
		         e->length, e->offset, note);
	else
		snprintf(text, sizeof text, "note: %s", note);
	flush_group(f);
	print_tcp(f, e, "note", text);
}

static void print_pending(struct flow *f)
{
	size_t n = f->pending_n;

	if (f->announced)
		return;
	announce(f);
	f->decode->followed++;
	f->pending_n = 0;
	for (size_t i = 0; i < n; i++)
		print_note(f, &f->pending[i]);
}

static void on_note(struct flow *f, const struct stream_event *e)
{
	if (e->note == NOTE_MIDDLE)
		begin_in_middle(f);
	if (f->announced)
		print_note(f, e);
	else if (f->pending_n < PENDING_MAX)
		f->pending[f->pending_n++] = *e;
}

static const char *gap_text(enum stream_gap why)
{
	static const char *const texts[] = {
		[GAP_LOST] = "not in the capture", [GAP_CUT] = "captured without its end",
		[GAP_ACKED] = "acknowledged, but not in the capture",
	};

	return texts[why];
}

static void print_gap(struct flow *f, const struct stream_event *e)
{
	struct decode *d = f->decode;
	uint32_t frame = e->why == GAP_CUT || !e->frame_after ? e->frame_before : e->frame_after;
	char text[160], behind[32] = "";

	d->gaps++;
	if (!d->gap_frame)
		d->gap_frame = frame;
	if (e->frame_after && e->frame_after != e->frame_before)
		snprintf(behind, sizeof behind, " to %" PRIu32, e->frame_after);
	snprintf(text, sizeof text, "gap: %" PRIu64 " octets missing at %" PRIu64
	         ", %s (frame %" PRIu32 "%s)", e->length, e->offset,
	         gap_text((enum stream_gap)e->why), e->frame_before, behind);
	flush_group(f);
	print_tcp(f, e, "gap", text);
}

static void on_gap(struct flow *f, const struct stream_event *e)
{
	if (f->announced)
		print_gap(f, e);
	if (f->state == LOOKING)
		f->middle = true;
	if (f->observer)
		observer_gap(f->observer, (enum observer_direction)e->direction, e->length);
}

static void end_direction(struct flow *f, enum capture_direction d, bool closed)
{
	if (f->observer && !f->ended[d])
		observer_end(f->observer, (enum observer_direction)d, closed);
	f->ended[d] = true;
}

static void on_fin(struct flow *f, const struct stream_event *e)
{
	end_direction(f, (enum capture_direction)e->direction, true);
	if (!f->announced)
		return;
	flush_group(f);
	print_tcp(f, e, "FIN", "FIN");
}

static void on_rst(struct flow *f, const struct stream_event *e)
{
	end_direction(f, (enum capture_direction)e->direction, true);
	if (!f->announced || (e->flags & STREAM_REPEATED && !f->decode->options.verbose))
		return;
	flush_group(f);
	print_tcp(f, e, "RST", "RST");
}

/* ---- is it X.400? ---- */

static bool follow(struct flow *f)
{
	f->observer = malloc(sizeof *f->observer);
	if (!f->observer) {
		f->state = IGNORED;
		f->decode->no_memory++;
		return false;
	}
	observer_init(f->observer, &f->decode->budget.pool, &f->sink);
	f->state = FOLLOWED;
	if (f->middle)
		begin_in_middle(f);
	for (size_t i = 0; i < DIRECTIONS; i++) {
		struct octets first = { f->first[i], f->first_n[i] };

		observer_push(f->observer, (enum observer_direction)i, first);
	}
	return true;
}

static size_t keep_first(struct flow *f, enum capture_direction d, struct octets in)
{
	size_t room = FIRST_MAX - f->first_n[d];
	size_t n = in.n < room ? in.n : room;

	memcpy(f->first[d] + f->first_n[d], in.p, n);
	f->first_n[d] += n;
	return n;
}

/* Returns the octets that were taken. */
static size_t look(struct flow *f, enum capture_direction d, struct octets in)
{
	enum observer_guess guess;
	size_t n;

	if (f->middle) {
		follow(f);
		return 0;
	}
	n = keep_first(f, d, in);
	guess = observer_guess((struct octets){ f->first[d], f->first_n[d] });
	if (guess == OBSERVER_YES)
		follow(f);
	else if (guess == OBSERVER_NO)
		f->state = IGNORED;
	return n;
}

static void on_octets(struct flow *f, const struct stream_event *e)
{
	struct octets in = e->octets;

	if (f->state == LOOKING) {
		size_t n = look(f, (enum capture_direction)e->direction, in);

		in.p += n;
		in.n -= n;
	}
	if (f->state == FOLLOWED)
		observer_push(f->observer, (enum observer_direction)e->direction, in);
}

static bool wanted_port(const struct decode *d, uint32_t number)
{
	struct stream_connection c;

	return streams_connection(d->streams, number, &c) &&
	       (c.port[FROM_INITIATOR] == d->options.port ||
	        c.port[FROM_RESPONDER] == d->options.port);
}

static void on_open(struct decode *d, const struct stream_event *e)
{
	struct flow *f = calloc(1, sizeof *f);

	if (!f) {
		d->no_memory++;
		return;
	}
	f->sink.tell = tell;
	f->decode = d;
	f->number = e->connection;
	f->chain = d->flows[f->number % BUCKETS];
	d->flows[f->number % BUCKETS] = f;
	if (!d->options.port)
		return;
	if (wanted_port(d, e->connection))
		follow(f);
	else
		f->state = IGNORED;
}

static void on_end(struct decode *d, struct flow **at)
{
	struct flow *f = *at;

	for (size_t i = 0; i < DIRECTIONS; i++)
		end_direction(f, (enum capture_direction)i, false);
	flush_group(f);
	if (d->line_flow == f)
		d->line_flow = NULL;
	*at = f->chain;
	flow_free(f);
}

static void on_event(struct decode *d, const struct stream_event *e)
{
	static void (*const handlers[STREAM_KINDS])(struct flow *, const struct stream_event *) = {
		[STREAM_OCTETS] = on_octets, [STREAM_GAP] = on_gap, [STREAM_FIN] = on_fin,
		[STREAM_RST] = on_rst, [STREAM_NOTE] = on_note,
	};
	struct flow **at;

	d->now = *e;
	if (e->kind == STREAM_OPEN)
		on_open(d, e);
	at = flow_place(d, e->connection);
	if (!*at)
		return;
	if (e->kind == STREAM_END)
		on_end(d, at);
	else if (handlers[e->kind])
		handlers[e->kind](*at, e);
}

/* ---- the capture ---- */

static void pop_events(struct decode *d)
{
	struct stream_event e;

	while (streams_pop(d->streams, &e))
		on_event(d, &e);
}

static void read_packets(struct decode *d)
{
	struct capture_packet p;

	while (capture_next(d->capture, &p) == CAPTURE_PACKET) {
		d->frame = p.frame;
		if (!d->has_zero && p.has_time) {
			d->has_zero = true;
			d->zero_ns = p.time_ns;
		}
		streams_push(d->streams, &p);
		pop_events(d);
	}
	streams_finish(d->streams);
	pop_events(d);
}

static int conclude(const struct decode *d, const char *path)
{
	const struct capture_status *st = capture_status(d->capture);
	uint64_t lost = d->no_memory + streams_counts(d->streams)->no_memory;

	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "x400rig decode: cannot write: %s\n", strerror(errno));
		return EXIT_TROUBLE;
	}
	if (st->damaged)
		fprintf(stderr, "x400rig decode: %s: frame %" PRIu32 " cannot be read: %s; "
		        "decoded up to there\n", path, d->frame + 1, st->text);
	if (d->gaps)
		fprintf(stderr, "x400rig decode: %s: octets are missing in %" PRIu64 " place%s, "
		        "first at frame %" PRIu32 "\n", path, d->gaps, d->gaps == 1 ? "" : "s",
		        d->gap_frame);
	if (lost)
		fprintf(stderr, "x400rig decode: %s: no memory for %" PRIu64 " connections or "
		        "packets\n", path, lost);
	if (st->damaged || d->gaps || lost)
		return EXIT_UNDECIDED;
	if (d->followed)
		return EXIT_ALL_PASS;
	fprintf(stderr, "x400rig decode: %s: %" PRIu64 " packets, no connection that begins as "
	        "X.400 does (--port forces one)\n", path, streams_counts(d->streams)->packets);
	return EXIT_NOTHING;
}

static int decode(const struct options *options, const char *path)
{
	struct decode *d = calloc(1, sizeof *d);
	int status = EXIT_TROUBLE;
	char why[512];

	if (!d)
		return EXIT_TROUBLE;
	d->options = *options;
	d->budget = (struct budget){ { budget_take, budget_give }, BUDGET };
	d->capture = capture_open(path, why, sizeof why);
	d->streams = streams_new();
	if (!d->capture) {
		fprintf(stderr, "x400rig decode: %s\n", why);
		status = EXIT_USAGE;
	} else if (d->streams) {
		read_packets(d);
		status = conclude(d, path);
	}
	for (size_t i = 0; i < BUCKETS; i++)
		while (d->flows[i])
			on_end(d, &d->flows[i]);
	streams_free(d->streams);
	if (d->capture)
		capture_close(d->capture);
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
		  .text = "also TPKT, COTP DT, each DT with TD and RTTR, retransmissions" },
		{ .name = "port", .letter = 'p', .value = "N", .number = &o.port,
		  .text = "only connections of this port, whatever they begin with" },
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig decode trace.pcap               every PDU of every layer",
		"x400rig decode trace.pcapng.gz -v       and every frame",
		"x400rig decode --port 10104 trace.pcap  one port, also from mid-connection",
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
	if (argc - first != 1)
		return cli_wrong("decode", "one capture is wanted");
	if (o.port > UINT16_MAX)
		return cli_wrong("decode", "--port: %" PRIu64 " is no port", o.port);
	return decode(&o, argv[first]);
}
