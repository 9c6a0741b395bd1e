/*
 * The lines of `decode`: what the observer tells of a connection.
 */
#include "cli/decode_inner.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

bool decode_wanted(const struct flow *f, const struct listing_line *line)
{
	const struct decode *d = f->decode;

	return d->filter.n == 0 || line_filter_passes(&d->filter, line, f->ids);
}

static void print_line(struct flow *f, struct listing_line *line)
{
	if (!decode_wanted(f, line))
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

void decode_print_tcp(struct flow *f, const struct stream_event *e, const char *pdu,
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

void decode_drop_held(struct group *g)
{
	for (size_t i = 0; i < HELDS; i++) {
		if (g->held[i])
			fclose(g->held[i]);
		free(g->text[i]);
		g->held[i] = NULL;
		g->text[i] = NULL;
	}
}

void decode_flush_group(struct flow *f)
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
	decode_drop_held(g);
	*g = (struct group){ .in_dt = in_dt };
}

static void open_group(struct flow *f, const struct observation *seen)
{
	struct group *g = &f->group;

	if (g->open && g->direction != (enum capture_direction)seen->direction)
		decode_flush_group(f);
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

bool decode_is_plain(const struct observation *seen)
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

	decode_flush_group(f);
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
		decode_flush_group(f);
		f->line_layer = LAYER_NONE;
		print_line(f, &line);
		return;
	}
	line.inside = f->decode->filter.n == 0;
	out = decode_wanted(f, &line) ? hold_in(f, held[seen->layer]) : NULL;
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
		decode_flush_group(f);
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
	         (f->decode->verbose || !decode_is_plain(seen)))
		print_observation(f, seen);
}

void decode_tell(struct flow *f, const struct observation *seen)
{
	if (f->decode->json)
		tell_json(f, seen);
	else
		tell_text(f, seen);
}
