/*
 * The lines of `decode`: what the observer tells of a connection.
 */
#include "cli/decode.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_P1 = 102 };

static struct decode *decode_of(struct follow *follow)
{
	return (struct decode *)(void *)((char *)follow - offsetof(struct decode, follow));
}

/* ---- lines ---- */

/* NULL: it is forgotten.  Once both sides have been seen, their ends stay the same. */
static const struct stream_connection *ends_of(struct flow *f)
{
	const struct streams *s = f->decode->follow.streams;

	if ((f->ends.seen[FROM_INITIATOR] && f->ends.seen[FROM_RESPONDER]) ||
	    streams_connection(s, f->talk.number, &f->ends))
		return &f->ends;
	return NULL;
}

/* A line about what is happening now. */
static void line_init(struct flow *f, struct listing_line *line, enum capture_direction direction)
{
	const struct decode *d = f->decode;

	memset(line, 0, offsetof(struct listing_line, frames));
	line->direction = direction;
	line->has_time = d->follow.now.time_ns != 0;
	line->time_ns = d->follow.now.time_ns;
	line->pdu = "";
	line->text = d->text;
	line->connection = ends_of(f);
}

static void print_head(struct flow *f)
{
	struct stream_connection c;

	if (f->headed)
		return;
	f->headed = true;
	if (!f->decode->json && streams_connection(f->decode->follow.streams, f->talk.number, &c))
		listing_connection(stdout, &c);
}

static bool wanted(const struct flow *f, const struct listing_line *line)
{
	const struct decode *d = f->decode;

	return d->filter.n == 0 || line_filter_passes(&d->filter, line, f->ids);
}

static void print_line(struct flow *f, struct listing_line *line)
{
	if (!wanted(f, line))
		return;
	print_head(f);
	/* What it lies inside may not be printed. */
	line->inside &= f->decode->filter.n == 0;
	if (f->decode->share)
		decode_share_mark(f->decode->share, &f->decode->lines, f->decode->follow.events);
	if (f->decode->json)
		listing_json(&f->decode->lines, line);
	else
		listing_text(stdout, line, f->decode->follow.zero_ns);
	f->decode->line_flow = f;
}

/* A line of layer "tcp". */
static void print_tcp(struct flow *f, const struct stream_event *e, const char *pdu,
                      const char *text)
{
	struct listing_line line;

	line_init(f, &line, (enum capture_direction)e->direction);
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
	line_init(f, &line, g->direction);
	line.has_time = g->has_time;
	line.time_ns = g->time_ns;
	line.layer = "session";
	line.pdu = "DT";
	line.text = text;
	if (line.connection)
		listing_frames(&line, &f->decode->follow, g->from, g->to);
	f->line_layer = LAYER_NONE;
	print_line(f, &line);
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
		if (g->size[i] > 0)
			print_head(f);
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
	g->has_time = f->decode->follow.now.time_ns != 0;
	g->time_ns = f->decode->follow.now.time_ns;
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

static void line_of(struct flow *f, const struct observation *seen, struct listing_line *line)
{
	struct decode *d = f->decode;
	struct text t;

	line_init(f, line, (enum capture_direction)seen->direction);
	text_init(&t, d->text, sizeof d->text);
	t.memory = &d->names;
	observation_text(&t, seen);
	line->text_n = t.n;
	line->layer = layer_name((enum layer)seen->layer);
	line->pdu = observation_name(seen);
	line->offset = seen->from;
	line->length = seen->length;
	line->cut = seen->part == OBSERVED_CUT;
	line->findings = seen->findings;
	line->details = seen;
	line->names = &d->names;
	line->fields = d->verbose;
	if (line->connection)
		listing_frames(line, &d->follow, seen->from, seen->to);
}

/* JSON has one line for what streams, when it ends: what was found in its beginning
 * waits for that. */
static void keep_findings(struct flow *f, const struct observation *seen)
{
	struct findings **at = &f->begun[seen->direction][seen->layer];

	if (!has_findings(seen))
		return;
	if (!*at)
		*at = malloc(sizeof **at);
	if (*at)
		**at = *seen->findings;
}

static void join_findings(struct findings *all, const struct findings *more)
{
	for (size_t i = 0; more && i < more->n; i++)
		findings_add(all, more->at[i].rule, more->at[i].octet);
	if (more)
		all->lost = (uint8_t)(all->lost + more->lost);
}

static void tell_json(struct flow *f, const struct observation *seen)
{
	struct findings **begun = &f->begun[seen->direction][seen->layer];
	bool ends = seen->part == OBSERVED_END || seen->part == OBSERVED_CUT;
	struct listing_line line;

	if (seen->part == OBSERVED_BEGIN) {
		keep_findings(f, seen);
		return;
	}
	line_of(f, seen, &line);
	if (*begun && ends) {
		join_findings(*begun, seen->findings);
		line.findings = *begun;
	}
	print_line(f, &line);
	if (*begun && ends) {
		free(*begun);
		*begun = NULL;
	}
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
	struct listing_line line;

	flush_group(f);
	line_of(f, seen, &line);
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
	line->text_n = 0;
	line->details = NULL;
}

static void hold_observation(struct flow *f, const struct observation *seen)
{
	static const enum held held[LAYERS] = {
		[LAYER_SESSION] = HELD_SESSION, [LAYER_PRESENTATION] = HELD_PRESENTATION,
		[LAYER_RTSE] = HELD_RTSE, [LAYER_P1] = HELD_P1, [LAYER_IPM] = HELD_IPM,
	};
	struct listing_line line;
	FILE *out;

	line_of(f, seen, &line);
	shorten(f, seen, &line);
	if (!f->group.open) {
		flush_group(f);
		f->line_layer = LAYER_NONE;
		print_line(f, &line);
		return;
	}
	line.inside = f->decode->filter.n == 0;
	out = wanted(f, &line) ? hold_in(f, held[seen->layer]) : NULL;
	if (out)
		listing_text(out, &line, f->decode->follow.zero_ns);
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
	if (f->decode->verbose)
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
	if (f->decode->verbose || has_findings(seen) || seen->part == OBSERVED_CUT)
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
	         (f->decode->verbose || !is_plain(seen)))
		print_observation(f, seen);
}

static void print_pending(struct flow *f);
static void say(struct flow *f, const struct stream_event *e);

/* ---- messages ---- */

static void note_ids(struct flow *f, const struct p1_apdu *apdu)
{
	struct text t;

	text_init(&t, f->ids, sizeof f->ids);
	t.bare = true;
	p1_mts_id_text(&t, &apdu->id);
	text_char(&t, '\n');
	text_quoted(&t, apdu->content_id.raw);
	text_char(&t, '\n');
	if (apdu->kind == P1_REPORT)
		p1_mts_id_text(&t, &apdu->subject);
}

static void note_ipm(struct flow *f, const struct ipm *ipm)
{
	size_t n = strlen(f->ids);
	struct text t;

	text_init(&t, f->ids + n, sizeof f->ids - n);
	t.bare = true;
	text_char(&t, '\n');
	text_quoted(&t, ipm->id.local.raw);
}

static void begin_saving(struct flow *f, const struct observation *seen)
{
	struct decode *d = f->decode;
	struct listing_line line = { .layer = "p1", .pdu = "MESSAGE" };
	struct stream_connection c;

	save_end(f->saving[seen->direction], false);
	f->saving[seen->direction] = NULL;
	if (!d->save || !seen->as.p1 || seen->as.p1->kind != P1_MESSAGE)
		return;
	if (streams_connection(d->follow.streams, f->talk.number, &c))
		line.connection = &c;
	if (wanted(f, &line))
		f->saving[seen->direction] = save_begin(d->save, f->talk.number, seen->as.p1);
}

static void take_content(struct observer_contents *contents, enum observer_direction d,
                         struct octets in)
{
	struct flow *f = (struct flow *)(void *)((char *)contents -
	                                         offsetof(struct flow, contents));

	if (f->saving[d])
		save_octets(f->saving[d], in);
}

static void follow_message(struct flow *f, const struct observation *seen)
{
	if (seen->layer == LAYER_SESSION && seen->code == SPDU_AS) {
		flush_group(f);
		f->ids[0] = '\0';
	}
	if (seen->layer == LAYER_IPM && seen->as.ipm && f->decode->by_id)
		note_ipm(f, seen->as.ipm);
	if (seen->layer != LAYER_P1 || seen->code >= P1_KINDS)
		return;
	if (seen->part == OBSERVED_BEGIN || seen->part == OBSERVED_WHOLE) {
		f->ids[0] = '\0';
		if (seen->as.p1 && f->decode->by_id)
			note_ids(f, seen->as.p1);
	}
	if (seen->part == OBSERVED_BEGIN) {
		begin_saving(f, seen);
	} else {
		save_end(f->saving[seen->direction], seen->part == OBSERVED_END);
		f->saving[seen->direction] = NULL;
	}
}

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	struct flow *f = (struct flow *)(void *)((char *)sink - offsetof(struct flow, sink));

	/* A stream that began earlier is looked through for frames; that there are
	 * none is nothing to tell until one is found. */
	if (!f->announced && f->talk.middle && seen->layer == LAYER_TPKT &&
	    seen->code == OBSERVED_NO_FRAME) {
		say(f, &(struct stream_event){ .kind = STREAM_OCTETS, .offset = seen->from,
		                               .direction = seen->direction,
		                               .length = seen->length });
		return;
	}
	print_pending(f);
	if (f->decode->json && !f->decode->verbose && is_plain(seen))
		return;			/* two of three have no line, and end no message */
	follow_message(f, seen);
	if (f->decode->json)
		tell_json(f, seen);
	else
		tell_text(f, seen);
}

/* ---- what the streams say ---- */

/* Neither direction begins with its first octet. */
static void begin_in_middle(struct flow *f)
{
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

	if (routine[e->note] && !f->decode->verbose)
		return;
	if (e->length > 0 && e->offset != STREAM_OFFSET_NONE)
		snprintf(text, sizeof text, "note: %" PRIu64 " octets at %" PRIu64 ": %s",
		         e->length, e->offset, note);
	else
		snprintf(text, sizeof text, "note: %s", note);
	flush_group(f);
	print_tcp(f, e, "note", text);
}

/* ---- comments ---- */

/* Each of its lines is one. */
static void print_comment(struct flow *f, const struct decode_comment *c)
{
	const struct stream_event e = {
		.direction = c->direction, .frame = c->frame, .time_ns = c->time_ns,
	};
	struct octets rest = c->text;

	flush_group(f);
	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		struct text t;

		text_init(&t, f->decode->text, sizeof f->decode->text);
		text_put(&t, c->pdu);
		text_put(&t, ": ");
		text_quoted(&t, (struct octets){ rest.p, n });
		print_tcp(f, &e, c->pdu, f->decode->text);
		n += end != NULL;
		rest = (struct octets){ rest.p + n, rest.n - n };
	}
}

static void keep_comment(struct flow *f, const struct decode_comment *c)
{
	struct decode_comment **at = &f->comments, *kept;
	size_t n = 0;

	for (; *at; at = &(*at)->next)
		n++;
	kept = n < DECODE_PENDING ? malloc(sizeof *kept + c->text.n) : NULL;
	if (!kept)
		return;
	*kept = *c;
	kept->text.p = memcpy(kept + 1, c->text.p, c->text.n);
	*at = kept;
}

static void end_comments(struct flow *f, bool print)
{
	while (f->comments) {
		struct decode_comment *c = f->comments;

		f->comments = c->next;
		if (print)
			print_comment(f, c);
		free(c);
	}
}

static void tell_aside(struct decode *d, struct flow *f, const struct capture_packet *p,
                       const char *pdu, struct octets text)
{
	const struct decode_comment c = {
		.pdu = pdu, .direction = streams_last(d->follow.streams).direction,
		.frame = p->frame, .text = text, .time_ns = p->has_time ? p->time_ns : 0,
	};

	d->follow.events++;		/* its place between those of all connections */
	if (!f || f->talk.state == FOLLOW_IGNORED)
		return;
	f->decode = d;
	if (f->announced)
		print_comment(f, &c);
	else
		keep_comment(f, &c);
}

static void tell_interface(struct decode *d, struct flow *f, const struct capture_packet *p)
{
	const struct capture_interface *i = capture_interface(d->follow.capture, p->interface);
	uint64_t bit = UINT64_C(1) << (p->interface < 63 ? p->interface : 63);

	if (!i || !i->name[0] || f->interfaces & bit)
		return;
	f->interfaces |= bit;
	tell_aside(d, f, p, "interface", octets_of(i->name));
}

static void tell_name(struct decode *d, struct flow *f, const struct capture_packet *p)
{
	unsigned who = streams_last(d->follow.streams).direction;
	uint32_t n = capture_names(d->follow.capture);
	struct stream_connection c;
	const char *name;

	if (f->named[who] || f->names_n[who] == n)
		return;
	f->names_n[who] = n;
	if (!streams_connection(d->follow.streams, f->talk.number, &c))
		return;
	name = capture_name_of(d->follow.capture, &c.address[who]);
	if (!name)
		return;
	f->named[who] = true;
	tell_aside(d, f, p, "name", octets_of(name));
}

void decode_aside(struct decode *d, const struct capture_packet *p)
{
	uint32_t number = streams_last(d->follow.streams).connection;
	struct flow *f = (struct flow *)follow_find(&d->follow, number);

	if (f) {
		tell_interface(d, f, p);
		tell_name(d, f, p);
	}
	if (p->comment.n > 0)
		tell_aside(d, f, p, "comment", p->comment);
}

static void print_gap(struct flow *f, const struct stream_event *e);

/* Octets that belong to no frame. */
static void print_skipped(struct flow *f, const struct stream_event *e)
{
	struct findings none;

	findings_clear(&none);
	tell(&f->sink, &(struct observation){
		.layer = LAYER_TPKT, .code = OBSERVED_NO_FRAME, .part = OBSERVED_WHOLE,
		.direction = e->direction, .from = e->offset, .to = e->offset + e->length,
		.length = e->length, .findings = &none });
}

static void print_event(struct flow *f, const struct stream_event *e)
{
	if (e->kind == STREAM_GAP)
		print_gap(f, e);
	else if (e->kind == STREAM_OCTETS)
		print_skipped(f, e);
	else
		print_note(f, e);
}

static void print_pending(struct flow *f)
{
	if (f->announced)
		return;
	f->announced = true;
	f->decode->sum.followed++;
	for (size_t i = 0; i < f->pending_n; i++)
		print_event(f, &f->pending[i]);
	f->pending_n = 0;
	end_comments(f, true);
}

/* Notes, gaps and octets of no frame wait until it is known to be X.400. */
static void say(struct flow *f, const struct stream_event *e)
{
	if (f->announced)
		print_event(f, e);
	else if (f->pending_n < DECODE_PENDING)
		f->pending[f->pending_n++] = *e;
}

static void on_note(struct flow *f, const struct stream_event *e)
{
	if (e->note == NOTE_MIDDLE)
		begin_in_middle(f);
	say(f, e);
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

	d->sum.gaps++;
	if (!d->sum.gap_frame) {
		d->sum.gap_event = d->follow.events;
		d->sum.gap_frame = frame;
	}
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
	say(f, e);
	if (f->observer)
		observer_gap(f->observer, (enum observer_direction)e->direction, e->length);
}

/* Connections are remembered long after their end, readers of them are not. */
static void drop_observer(struct flow *f)
{
	if (f->observer)
		observer_drop(f->observer);
	free(f->observer);
	f->observer = NULL;
}

static void end_direction(struct flow *f, enum capture_direction d, bool closed)
{
	if (f->observer && !f->ended[d])
		observer_end(f->observer, (enum observer_direction)d, closed);
	f->ended[d] = true;
	if (f->ended[0] && f->ended[1])
		drop_observer(f);
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
	if (!f->announced || (e->flags & STREAM_REPEATED && !f->decode->verbose))
		return;
	flush_group(f);
	print_tcp(f, e, "RST", "RST");
}


/* ---- what follow says ---- */

bool decode_take(struct follow *follow, struct follow_talk *talk)
{
	struct flow *f = (struct flow *)talk;

	f->observer = malloc(sizeof *f->observer);
	if (!f->observer)
		return false;
	f->decode = decode_of(follow);
	f->sink.tell = tell;
	f->contents.take = take_content;
	observer_init(f->observer, &f->decode->heap.pool, &f->sink);
	f->observer->contents = f->decode->save ? &f->contents : NULL;
	if (talk->middle)
		begin_in_middle(f);
	return true;
}

void decode_octets(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	struct flow *f = (struct flow *)talk;

	(void)follow;
	if (f->observer)
		observer_push(f->observer, (enum observer_direction)e->direction, e->octets);
}

void decode_late(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	struct flow *f = (struct flow *)talk;
	struct stream_event none = *e;

	if (!f->announced && talk->middle)
		return;
	f->decode = decode_of(follow);
	if (f->observer)
		observer_gap(f->observer, (enum observer_direction)e->direction, 0);
	print_pending(f);
	flush_group(f);
	none.offset = none.length = 0;
	f->decode->sum.halves++;
	print_tcp(f, &none, "gap", talk->begun[e->direction] ? "gap: this direction was captured "
	          "without its beginning" : "gap: this direction was not captured");
}

void decode_event(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	static void (*const handlers[STREAM_KINDS])(struct flow *, const struct stream_event *) = {
		[STREAM_GAP] = on_gap, [STREAM_FIN] = on_fin, [STREAM_RST] = on_rst,
		[STREAM_NOTE] = on_note,
	};
	struct flow *f = (struct flow *)talk;

	f->decode = decode_of(follow);
	if (handlers[e->kind])
		handlers[e->kind](f, e);
}

/* Of TLS on a port of another service nobody wants to hear. */
void decode_sealed(struct follow *follow, struct follow_talk *talk, const struct stream_event *e,
                   const char *why)
{
	struct flow *f = (struct flow *)talk;

	if (!f->announced && !follow_has_port(follow, talk->number, PORT_P1))
		return;
	f->decode = decode_of(follow);
	flush_group(f);
	print_tcp(f, e, "TLS", why);
}

void decode_end(struct follow *follow, struct follow_talk *talk, const struct stream_event *e)
{
	struct flow *f = (struct flow *)talk;
	struct decode *d = decode_of(follow);

	(void)e;
	f->decode = d;
	f->ends.seen[FROM_INITIATOR] = false;	/* it may be forgotten already */
	for (size_t i = 0; i < DIRECTIONS; i++)
		end_direction(f, (enum capture_direction)i, false);
	flush_group(f);
	for (size_t i = 0; i < DIRECTIONS; i++)
		save_end(f->saving[i], false);
	if (d->line_flow == f)
		d->line_flow = NULL;
	drop_held(&f->group);
	end_comments(f, false);
	for (size_t i = 0; i < DIRECTIONS * LAYERS; i++)
		free(f->begun[i / LAYERS][i % LAYERS]);
	drop_observer(f);
}
