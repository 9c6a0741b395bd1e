/*
 * One connection of `check`: the observer and its ends, and what is worth a
 * remark although no table forbids it.
 */
#include "array/array.h"
#include "cli/check_page.h"
#include "cli/check_talk_inner.h"
#include "judge/signature.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHECKPOINT_OCTETS = 1024,
	/* Clocks of captures jump: what is longer was no round trip, no wait. */
	ROUND_TRIP_MAX_S = 3600,
	PATIENCE_MAX_S = 86400,
};

/* ---- remarks ---- */

void check_remark(struct check *k, const struct check_remark *r, const char *text)
{
	struct check_remark *at;

	k->weight[r->weight]++;
	at = k->remarks < CHECK_REMARKS_ALL
	     ? array_room(k->remark, k->remarks + 1, &k->remarks_room, sizeof *at) : NULL;
	if (!at) {
		k->remarks_beyond++;
		return;
	}
	k->remark = at;
	k->remark[k->remarks] = *r;
	k->remark[k->remarks].fits = check_fits(r->name);
	k->remark[k->remarks].text = strdup(text);
	if (k->remark[k->remarks].text)
		k->remarks++;
	else
		k->remarks_beyond++;
}

static void remark_v(struct talk *t, struct check_remark *r, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof text, fmt, ap);
	r->connection = t->number;
	if (!r->time_ns)
		r->time_ns = t->now_ns;
	if (!r->frame)
		r->frame = r->frame_to = t->frame;
	if (t->remarks++ < CHECK_REMARKS) {
		check_remark(t->check, r, text);
	} else {
		t->check->weight[r->weight]++;
		t->check->remarks_beyond++;
	}
}

void talk_remark(struct talk *t, enum check_weight w, unsigned d, const char *name,
                 const char *fmt, ...)
{
	struct check_remark r = {
		.weight = (uint8_t)w, .direction = (uint8_t)d, .name = name, .clause = "",
	};
	va_list ap;

	va_start(ap, fmt);
	remark_v(t, &r, fmt, ap);
	va_end(ap);
}

/* That we had no room says nothing of those who were captured. */
static bool is_ours(const struct rule *rule)
{
	const char *point = strrchr(rule->name, '.');

	return point && strcmp(point, ".memory") == 0;
}

static void __attribute__((format(printf, 7, 8)))
remark_rule(struct talk *t, const struct rule *rule, unsigned layer, unsigned d, uint64_t from,
            uint64_t to, const char *fmt, ...)
{
	struct check_remark r = {
		/* A content is its originator's: no MTA has to understand it. */
		.weight = rule->severity == SEVERITY_FATAL && layer != LAYER_IPM ?
		          CHECK_FATAL : CHECK_NOTE,
		.direction = (uint8_t)d, .name = rule->name, .clause = rule->clause,
	};
	uint32_t ignored;
	va_list ap;

	if (is_ours(rule)) {
		t->check->no_memory++;
		return;
	}
	if (follow_frame(t->check->follow, t->number, (enum capture_direction)d, from, &r.frame,
	                  &ignored))
		r.frame_to = r.frame;
	if (r.frame && to > from)
		follow_frame(t->check->follow, t->number, (enum capture_direction)d, to - 1,
		              &ignored, &r.frame_to);
	va_start(ap, fmt);
	remark_v(t, &r, fmt, ap);
	va_end(ap);
}

static void deviate(struct observer_ends_sink *sink, const struct observer_deviation *d)
{
	char line[256];
	struct text t;

	text_init(&t, line, sizeof line);
	observer_deviation_text(&t, d);
	remark_rule(TALK_OF(sink, report), d->rule, d->rule->id / 256, d->direction, d->from, d->to,
	            "%s", line);
}

/* ---- observations ---- */

void talk_moment(struct talk *t, enum check_kind kind, int64_t at_ns, unsigned d,
                 const char *text)
{
	check_moment(t->check, &(struct check_moment){
		.time_ns = at_ns, .connection = t->number, .frame = t->frame,
		.direction = (uint8_t)d, .kind = (uint8_t)kind }, text);
}

/* Of streams their begin; the frames that carry PDUs are none of their own. */
static void show_pdu(struct talk *t, const struct observation *seen)
{
	char line[TEXT_MAX];
	struct text x;

	if (!t->check->moments || seen->herald || seen->layer == LAYER_TPKT ||
	    (seen->layer == LAYER_COTP && seen->code == COTP_DT) ||
	    seen->part == OBSERVED_END || seen->part == OBSERVED_CUT)
		return;
	text_init(&x, line, sizeof line);
	observation_text(&x, seen);
	talk_moment(t, MOMENT_PDU, t->now_ns, seen->direction, line);
}

const char *talk_line(const struct observation *seen, char line[TEXT_MAX])
{
	struct text x;

	text_init(&x, line, TEXT_MAX);
	observation_text(&x, seen);
	return line;
}

static void on_findings(struct talk *t, const struct observation *seen)
{
	for (size_t i = 0; i < seen->findings->n; i++) {
		const struct finding *f = &seen->findings->at[i];

		remark_rule(t, f->rule, seen->layer, seen->direction, seen->from, seen->to,
		            "%s @%zu: %s", observation_name(seen), f->octet, f->rule->text);
	}
}

static int64_t round_trip(int64_t ns)
{
	return ns < 0 || ns > ROUND_TRIP_MAX_S * (int64_t)SECOND_NS ? 0 : ns;
}

static void on_cotp(struct talk *t, const struct observation *seen)
{
	if (seen->code == COTP_CR)
		t->asked_ns = t->now_ns;
	t->connected |= seen->code == COTP_CC;
	if (seen->code == COTP_CC && t->asked_ns)
		t->round_trip_ns = round_trip(t->now_ns - t->asked_ns);
}

static void on_bind(struct talk *t, const struct observation *seen)
{
	char line[TEXT_MAX];

	if (seen->as.bind && seen->as.bind->name.raw.n > 0)
		t->lane[seen->direction].mta =
			XXH3_64bits(seen->as.bind->name.raw.p, seen->as.bind->name.raw.n);
	if (seen->code != OBSERVED_BIND_ERROR)
		return;
	talk_remark(t, CHECK_INFO, seen->direction, "bind-refused", "%s", talk_line(seen, line));
}

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	struct talk *t = (struct talk *)(void *)sink;

	t->shown |= seen->layer != LAYER_TPKT || seen->code != OBSERVED_NO_FRAME;
	if (t->check->page)
		check_page_seen(t->check->page, t->check->follow, t->number, t->now_ns, seen);
	show_pdu(t, seen);
	if (seen->findings && seen->findings->n > 0)
		on_findings(t, seen);
	switch (seen->layer) {
	case LAYER_COTP:
		on_cotp(t, seen);
		break;
	case LAYER_SESSION:
		talk_session(t, seen);
		break;
	case LAYER_RTSE:
		talk_rtse(t, seen);
		break;
	case LAYER_P1:
		if (seen->part == OBSERVED_WHOLE)
			on_bind(t, seen);
		else
			talk_apdu(t, seen);
		break;
	default:
		break;
	}
}

/* ---- silences ---- */

/* Twice the time of a checkpoint, and four round trips, but at least the limit. */
static int64_t patience(const struct talk *t, const struct lane *l)
{
	double seconds = (double)(t->last_ns - l->begun_ns) / SECOND_NS;
	double rate = seconds > 0 ? (double)l->octets / seconds : 0;
	double needed = rate > 0 ? 2.0 * t->checkpoint * CHECKPOINT_OCTETS / rate : 0;
	double own = needed + 4.0 * (double)t->round_trip_ns / SECOND_NS;
	int64_t own_ns = (int64_t)((own < PATIENCE_MAX_S ? own : PATIENCE_MAX_S) * SECOND_NS);

	return own_ns > t->check->idle_ns ? own_ns : t->check->idle_ns;
}

/* On whose side was the silence before now?  `d` is in an activity. */
static void tell_stall(struct talk *t, unsigned d, double seconds)
{
	const struct lane *l = &t->lane[d], *peer = &t->lane[1 - d];
	uint64_t open = l->checkpoints > l->confirmed ? l->checkpoints - l->confirmed : 0;
	unsigned owing = 1 - d;
	char why[160];

	if (peer->window_known && peer->window == 0)
		snprintf(why, sizeof why, "the receiver's TCP window is closed");
	else if (l->ended)
		snprintf(why, sizeof why, "the receiver does not confirm the activity end");
	else if (t->window && open >= t->window)
		snprintf(why, sizeof why, "the receiver has not confirmed %" PRIu64
		         " checkpoint%s, the window is %u", open, open == 1 ? "" : "s", t->window);
	else if (l->acked && l->acked < l->sent)
		snprintf(why, sizeof why, "TCP has not acknowledged %" PRIu64
		         " octets (link, or the receiver's system)", l->sent - l->acked);
	else
		owing = d;
	if (owing == d)
		snprintf(why, sizeof why, "the sender has the turn, an open activity and an open "
		         "window");
	t->check->wire |= WIRE_STALL;
	talk_remark(t, CHECK_SUPPORT, owing, "stall", "%.1f s of silence: %s", seconds, why);
}

static void look_for_stall(struct talk *t)
{
	int64_t silent = t->now_ns - t->last_ns;

	for (unsigned d = 0; d < DIRECTIONS && t->last_ns; d++)
		if (t->lane[d].active && !talk_doubts(t, d) && silent > patience(t, &t->lane[d]))
			tell_stall(t, d, (double)silent / SECOND_NS);
}

/* ---- what is not in the capture ---- */

bool talk_half(const struct talk *t)
{
	return t->lane[0].unseen || t->lane[1].unseen;
}

bool talk_doubts(const struct talk *t, unsigned d)
{
	return t->lane[d].doubt || talk_half(t);
}

static void miss(struct talk *t, unsigned d)
{
	observer_ends_gap(&t->reader->ends, (enum observer_direction)d);
	t->lane[d].hole = true;
	for (unsigned i = 0; i < DIRECTIONS; i++)
		t->lane[i].doubt |= t->lane[i].active;
}

/* Before octets of `d`.  As long as nothing was captured of the other direction it may
 * have said anything. */
static void look_for_other(struct talk *t, unsigned d)
{
	struct lane *other = &t->lane[1 - d];
	struct stream_connection c;

	t->lane[d].unseen = false;
	if (other->seen)
		return;
	other->seen = streams_connection(t->check->follow->streams, t->number, &c) &&
	              c.seen[1 - d];
	other->unseen |= !other->seen;
	if (!other->seen)
		miss(t, 1 - d);
}

/* ---- what cmd_check calls ---- */

static void at(struct talk *t, const struct stream_event *e)
{
	t->now_ns = e->time_ns;
	t->frame = e->frame;
	look_for_stall(t);
	t->before_ns = t->last_ns ? t->last_ns : t->now_ns;
	t->last_ns = t->now_ns;
}

/* Ends what is still open: no more octets are read. */
static void drop_reader(struct talk *t)
{
	struct reader *r = t->reader;

	if (!r)
		return;
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		if (!t->closed[d]) {
			observer_end(&r->observer, (enum observer_direction)d, false);
			observer_ends_close(&r->ends, (enum observer_direction)d, OBSERVER_LOST, 0);
		}
		talk_transfer_end(t, d, OUTCOME_UNKNOWN);
	}
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		XXH3_freeState(t->lane[d].hash);
		t->lane[d].hash = NULL;
	}
	observer_drop(&r->observer);
	free(r);
	t->reader = NULL;
}

static void show_tcp(struct talk *t, int64_t at_ns, unsigned d, const char *text)
{
	talk_moment(t, MOMENT_TCP, at_ns, d, text);
	if (t->check->page)
		check_page_tcp(t->check->page, t->number, at_ns, d, text);
}

static void show_connect(struct talk *t)
{
	struct stream_connection c;

	if (streams_connection(t->check->follow->streams, t->number, &c))
		show_tcp(t, c.first_ns, FROM_INITIATOR, c.guessed ? "TCP, begun earlier" :
		         "TCP SYN");
}

struct talk *talk_new(struct check *k, uint32_t number, bool middle)
{
	struct talk *t = calloc(1, sizeof *t);

	if (t)
		t->reader = calloc(1, sizeof *t->reader);
	if (!t || !t->reader) {
		free(t);
		return NULL;
	}
	t->check = k;
	t->number = number;
	t->middle = middle;
	t->sink.tell = tell;
	t->report.deviate = deviate;
	t->contents.take = talk_content;
	observer_ends_init(&t->reader->ends, &t->sink, &t->report);
	observer_init(&t->reader->observer, k->pool, &t->reader->ends.sink);
	t->reader->observer.contents = &t->contents;
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		t->lane[d].hash = XXH3_createState();
		if (!t->lane[d].hash) {
			drop_reader(t);
			free(t);
			return NULL;
		}
		XXH3_128bits_reset(t->lane[d].hash);
		if (!middle)
			continue;
		observer_gap(&t->reader->observer, (enum observer_direction)d, 0);
		observer_ends_gap(&t->reader->ends, (enum observer_direction)d);
	}
	k->talks++;
	show_connect(t);
	return t;
}

/* Between what was read of one side and what comes now it has heard of a gap's octets:
 * which ones is not known. */
static void hear(struct talk *t, struct lane *other, uint64_t acked)
{
	if (acked > other->heard && other->heard < other->gap_to)
		miss(t, (unsigned)(other - t->lane));
	if (acked > other->heard)
		other->heard = acked;
}

void talk_octets(struct talk *t, const struct stream_event *e, struct octets in)
{
	enum observer_direction d = (enum observer_direction)e->direction;

	if (!t->reader)
		return;
	at(t, e);
	if (e->acked != STREAM_OFFSET_NONE) {
		hear(t, &t->lane[1 - d], e->acked);
		observer_ends_acked(&t->reader->ends, d, e->acked);
		if (e->acked > t->lane[1 - d].acked)
			t->lane[1 - d].acked = e->acked;
	}
	look_for_other(t, d);
	t->lane[d].octets += in.n;
	t->lane[d].sent = e->offset + e->octets.n;
	t->check->octets += in.n;
	observer_push(&t->reader->observer, d, in);
	if (observer_seeks(&t->reader->observer, d))
		miss(t, d);
	observer_ends_settle(&t->reader->ends);
}

void talk_late(struct talk *t, const struct stream_event *e, bool begun)
{
	enum observer_direction d = (enum observer_direction)e->direction;

	if (!t->shown && t->middle)
		return;
	if (begun) {
		t->now_ns = e->time_ns;
		t->frame = e->frame;
	}
	t->gaps++;
	talk_remark(t, CHECK_INFO, d, "one-direction", "%s", begun ?
	            "this direction was not captured before: what the other one has said until "
	            "now is not judged by the tables" :
	            "this direction was not captured: the conversation is not judged by the "
	            "tables");
	if (!t->reader)
		return;
	observer_gap(&t->reader->observer, d, 0);
	miss(t, d);
}

void talk_gap(struct talk *t, const struct stream_event *e)
{
	enum observer_direction d = (enum observer_direction)e->direction;

	t->gaps++;
	t->now_ns = e->time_ns;
	t->frame = e->frame;
	if (!t->reader)
		return;
	talk_remark(t, CHECK_INFO, d, "gap", "%" PRIu64 " octets are not in the capture",
	            e->length);
	show_tcp(t, e->time_ns, d, "octets are not in the capture");
	observer_gap(&t->reader->observer, d, e->length);
	t->lane[d].gap_to = e->offset + e->length;
	miss(t, d);
}

void talk_unseen(struct talk *t, const struct stream_event *e)
{
	if (t->reader)
		miss(t, 1u - e->direction);
}

void talk_segment(struct talk *t, const struct stream_segment *s)
{
	struct lane *l = &t->lane[s->direction], *other = &t->lane[1 - s->direction];

	if (s->window == 0 && (!l->window_known || l->window > 0))
		show_tcp(t, t->check->follow->last_ns, s->direction, "TCP zero window");
	else if (s->window > 0 && l->window_known && l->window == 0)
		show_tcp(t, t->check->follow->last_ns, s->direction, "TCP window open again");
	l->window = s->window;
	l->window_known = true;
	if (s->acked != STREAM_OFFSET_NONE && s->acked > other->acked)
		other->acked = s->acked;
}

static void tell_loss(struct talk *t, unsigned closer, unsigned d, const char *how)
{
	const struct lane *l = &t->lane[d];

	if (talk_doubts(t, d)) {
		talk_transfer_end(t, d, OUTCOME_UNKNOWN);
		return;
	}
	talk_remark(t, CHECK_SUPPORT, closer, "lost-in-activity", "%s in mid-activity%s%s%s, "
	            "checkpoints %" PRIu64 " sent, %" PRIu64 " confirmed", how,
	            l->id[0] ? " of " : "", l->id,
	            l->ended ? ", its end sent and not confirmed" : "", l->checkpoints,
	            l->confirmed);
	talk_transfer_end(t, d, l->ended ? OUTCOME_UNCONFIRMED : OUTCOME_LOST);
}

void talk_close(struct talk *t, const struct stream_event *e)
{
	unsigned d = e->direction;
	bool rst = e->kind == STREAM_RST;
	bool whole = !talk_half(t) && !t->lane[0].hole && !t->lane[1].hole;
	const char *how = rst ? "TCP reset" : "TCP closed";

	if (t->closed[d] || !t->reader)
		return;
	at(t, e);
	show_tcp(t, t->now_ns, d, rst ? "TCP RST" : "TCP FIN");
	t->closed[d] = true;
	observer_end(&t->reader->observer, (enum observer_direction)d, true);
	observer_ends_close(&t->reader->ends, (enum observer_direction)d,
	                    rst ? OBSERVER_RST : OBSERVER_FIN, e->offset);
	for (unsigned i = 0; i < DIRECTIONS; i++)
		if (t->lane[i].active)
			tell_loss(t, d, i, how);
	if (!t->over)
		t->check->wire |= rst ? WIRE_TCP_CLOSE | WIRE_TCP_RESET : WIRE_TCP_CLOSE;
	if (!t->over && t->opened && whole)
		talk_remark(t, CHECK_SUPPORT, d, "closed-without-release",
		            "%s, and the association was neither released nor aborted", how);
	if (!t->over && t->connected && !t->asked && whole && d == FROM_INITIATOR && !t->middle)
		talk_remark(t, CHECK_SUPPORT, d, "closed-after-connect",
		            "%s by the caller when its transport connection had been "
		            "confirmed", how);
	t->over = true;
	if (rst || (t->closed[0] && t->closed[1]))
		drop_reader(t);
}

struct check_call talk_call(const struct talk *t)
{
	return (struct check_call){ .number = t->number, .ended_ns = t->now_ns,
	                            .failed = !t->opened && !talk_half(t) && !t->middle &&
	                                      t->gaps == 0 };
}

void talk_end(struct talk *t, int64_t time_ns)
{
	if (time_ns > t->now_ns)
		t->now_ns = time_ns;
	if (!t->closed[0] && !t->closed[1])
		look_for_stall(t);
	talk_look_for_turn(t);
	if (t->shown)
		t->check->gaps += t->gaps;
	drop_reader(t);
	free(t);
}
