/*
 * A connection of `decode`: its observer, the message in transfer, what its streams say, and
 * what waits until it is known to be X.400.
 */
#include "cli/decode_inner.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_P1 = 102 };

static void print_pending(struct flow *f);
static void say(struct flow *f, const struct stream_event *e);

static struct decode *decode_of(struct follow *follow)
{
	return (struct decode *)(void *)((char *)follow - offsetof(struct decode, follow));
}

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
	if (decode_wanted(f, &line))
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
		decode_flush_group(f);
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
	if (f->decode->json && !f->decode->verbose && decode_is_plain(seen))
		return;			/* two of three have no line, and end no message */
	follow_message(f, seen);
	decode_tell(f, seen);
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
	decode_flush_group(f);
	decode_print_tcp(f, e, "note", text);
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
	decode_end_comments(f, true);
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
	decode_flush_group(f);
	decode_print_tcp(f, e, "gap", text);
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
	decode_flush_group(f);
	decode_print_tcp(f, e, "FIN", "FIN");
}

static void on_rst(struct flow *f, const struct stream_event *e)
{
	end_direction(f, (enum capture_direction)e->direction, true);
	if (!f->announced || (e->flags & STREAM_REPEATED && !f->decode->verbose))
		return;
	decode_flush_group(f);
	decode_print_tcp(f, e, "RST", "RST");
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
	decode_flush_group(f);
	none.offset = none.length = 0;
	f->decode->sum.halves++;
	decode_print_tcp(f, &none, "gap", talk->begun[e->direction] ?
	                 "gap: this direction was captured without its beginning" :
	                 "gap: this direction was not captured");
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
	decode_flush_group(f);
	decode_print_tcp(f, e, "TLS", why);
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
	decode_flush_group(f);
	for (size_t i = 0; i < DIRECTIONS; i++)
		save_end(f->saving[i], false);
	if (d->line_flow == f)
		d->line_flow = NULL;
	decode_drop_held(&f->group);
	decode_end_comments(f, false);
	for (size_t i = 0; i < DIRECTIONS * LAYERS; i++)
		free(f->begun[i / LAYERS][i % LAYERS]);
	drop_observer(f);
}
