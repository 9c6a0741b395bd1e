/*
 * One connection of `check`: the observer and its ends, and what is worth a
 * remark although no table forbids it.
 */
#include "array/array.h"
#include "cli/check_page.h"
#include "judge/signature.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000.0

enum {
	ID_MAX = 160,
	TEXT_MAX = 600,
	CHECKPOINT_OCTETS = 1024,
	/* Clocks of captures jump: what is longer was no round trip, no wait. */
	ROUND_TRIP_MAX_S = 3600,
	PATIENCE_MAX_S = 86400,
	WINDOW_USUAL = 3,		/* X.218: without a value */
	/* A resumption needs an association first: round trips of five layers. */
	RESUME_SLACK_S = 2,
	RESUME_TRIPS = 8,
};

/* One direction: the activity that runs in it. */
struct lane {
	bool active, ended;		/* AS or AR seen; AE seen */
	bool resumed, told, whole;	/* its MTS-APDU has begun, is complete */
	char id[ID_MAX];		/* "" : not known */
	uint64_t key;			/* of session connection and activity */
	XXH3_state_t *hash;		/* of its content; owned */
	uint64_t content;
	uint64_t checkpoints, confirmed;
	uint64_t octets;		/* of the stream since the activity began */
	int64_t begun_ns;
	uint32_t frame;
	bool asks;			/* it has asked for the turn */
	int64_t asked_ns, turn_ns;	/* turn_ns: it was given the turn; 0: never */
	uint16_t window;		/* that it opens for the other; TCP's, not scaled */
	bool window_known;
	uint64_t sent, acked;		/* octets; of them acknowledged by the other */
	uint64_t mta;			/* hash of the name of who sends here; 0: not known */
};

/* What reads a connection; it goes when the connection is closed, which may be long
 * before it is forgotten. */
struct reader {
	struct observer_ends ends;
	struct observer observer;
};

struct talk {
	struct observer_sink sink;	/* first: behind the ends */
	struct observer_ends_sink report;
	struct observer_contents contents;
	struct reader *reader;		/* owned; NULL: all is read */
	struct check *check;
	uint32_t number;
	size_t remarks;
	int64_t now_ns, last_ns;	/* last_ns: of the last octets of either */
	int64_t before_ns;		/* of those before them */
	uint32_t frame;
	struct lane lane[DIRECTIONS];
	uint32_t checkpoint, window;	/* RTOAC; 0: none */
	uint32_t proposed;		/* window of the RTORQ; 0: none was seen */
	bool connected, asked;		/* CC, CN */
	uint64_t session;		/* hash of the references of the CN */
	int64_t asked_ns, round_trip_ns;	/* CR to CC */
	bool opened, recovering, over, middle;
	bool unsaid;			/* the RTORQ says no dialogue mode */
	bool closed[DIRECTIONS];
};

#define TALK_OF(p, member) ((struct talk *)(void *)((char *)(p) - offsetof(struct talk, member)))

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

static void __attribute__((format(printf, 5, 6)))
remark(struct talk *t, enum check_weight w, unsigned d, const char *name, const char *fmt, ...)
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

/* ---- transfers ---- */

/* Who sends in this direction: by the name that he gave in the bind, else by address,
 * and by port if he is the one who listens. */
static uint64_t mta_of(const struct talk *t, unsigned d)
{
	struct stream_connection c;

	if (t->lane[d].mta)
		return t->lane[d].mta;
	if (!streams_connection(t->check->follow->streams, t->number, &c))
		return 0;
	return XXH3_64bits(&c.address[d], sizeof c.address[0]) ^
	       (d == FROM_RESPONDER ? c.port[FROM_RESPONDER] : 0u);
}

static void say_book(struct talk *t, unsigned d, unsigned said, const struct lane *l)
{
	if (said & BOOK_REUSED)
		remark(t, CHECK_SUPPORT, d, "identifier-reused",
		       "%s came before with another content", l->id);
	if (said & BOOK_DOUBLED)
		t->check->wire |= WIRE_DUPLICATE;
	if (said & BOOK_DOUBLED)
		remark(t, CHECK_SUPPORT, d, "duplicate", "%s was confirmed before", l->id);
	if (said & BOOK_RESENT)
		remark(t, CHECK_SUPPORT, d, "resent-after-unconfirmed-end",
		       "%s is sent again: its activity end was not confirmed", l->id);
}

static void moment(struct talk *t, enum check_kind kind, int64_t at_ns, unsigned d,
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
	moment(t, MOMENT_PDU, t->now_ns, seen->direction, line);
}

static void show_message(struct talk *t, unsigned d, enum check_outcome outcome)
{
	char line[TEXT_MAX];

	snprintf(line, sizeof line, "%s %s", t->lane[d].id, check_outcome_name(outcome));
	moment(t, MOMENT_MESSAGE, t->now_ns, d, line);
}

/* For what is looked at when the capture has ended. */
static void note_transfer(struct talk *t, unsigned d, enum check_outcome outcome)
{
	const struct lane *l = &t->lane[d];
	struct check_lost lost = {
		.key = l->key, .from = mta_of(t, d), .to = mta_of(t, 1 - d),
		.id = t->lane[d].id, .lost_ns = t->now_ns,
		.interrupted = outcome == OUTCOME_INTERRUPTED,
	};

	check_conduct_span(&t->check->conduct, &(struct check_span){
		.from = lost.from, .to = lost.to, .begun_ns = l->begun_ns, .ended_ns = t->now_ns,
		.turn_ns = l->turn_ns, .octets = l->octets, .connection = t->number,
		.frame = l->frame, .direction = (uint8_t)d, .outcome = (uint8_t)outcome,
		.message = l->id[0] ? XXH3_64bits(l->id, strlen(l->id)) : 0 });
	if (l->key && outcome != OUTCOME_CONFIRMED && outcome != OUTCOME_DISCARDED)
		check_conduct_lost(&t->check->conduct, &lost);
}

static void end_transfer(struct talk *t, unsigned d, enum check_outcome outcome)
{
	struct lane *l = &t->lane[d];
	struct check_attempt a = {
		.connection = t->number, .frame = l->frame, .to = (uint32_t)mta_of(t, 1 - d),
		.sent = (uint16_t)l->checkpoints, .confirmed = (uint16_t)l->confirmed,
		.outcome = (uint8_t)outcome,
	};
	XXH128_hash_t digest;

	if (!l->active)
		return;
	l->active = false;
	t->check->messages++;
	note_transfer(t, d, outcome);
	if (!l->id[0])
		return;
	show_message(t, d, outcome);
	if (l->whole)
		digest = XXH3_128bits_digest(l->hash);
	say_book(t, d, check_book_add(&t->check->book, l->id, l->whole ? &digest : NULL,
	                              l->content, &a), l);
}

static void begin_transfer(struct talk *t, unsigned d, bool resumed)
{
	struct lane *l = &t->lane[d];

	end_transfer(t, d, OUTCOME_UNKNOWN);
	if (!resumed)
		l->id[0] = '\0';
	l->active = true;
	l->ended = l->whole = l->told = false;
	l->resumed = resumed;
	l->checkpoints = l->confirmed = l->octets = 0;
	l->begun_ns = t->now_ns;
	l->frame = t->frame;
}

static void look_at_envelope(struct talk *t, const struct observation *seen)
{
	bool other = false;
	unsigned rerouted = check_trace(seen->as.p1, &other);
	const struct check_sign *sign;

	/* Relays and gateways make such traces every day: a hint, no evidence. */
	if (other)
		remark(t, CHECK_INFO, seen->direction, "trace-domain",
		       "the first trace element is of another domain than the MTS identifier");
	if (rerouted > 1)
		remark(t, CHECK_SUPPORT, seen->direction, "rerouted-often",
		       "one domain has written \"rerouted\" %u times into the trace", rerouted);
	for (size_t at = 0; (sign = check_envelope(seen->as.p1, &at)) != NULL;)
		remark(t, sign->weight, seen->direction, sign->name, "%s", sign->text);
}

static void on_apdu(struct talk *t, const struct observation *seen)
{
	struct lane *l = &t->lane[seen->direction];
	struct text id;

	if (seen->code >= P1_KINDS)
		return;
	if (seen->part == OBSERVED_BEGIN) {
		XXH3_128bits_reset(l->hash);
		l->content = 0;
		l->told = true;
	}
	if (!l->active && seen->part == OBSERVED_BEGIN)
		begin_transfer(t, seen->direction, false);
	if (seen->as.p1) {
		text_init(&id, l->id, sizeof l->id);
		p1_mts_id_text(&id, &seen->as.p1->id);
	}
	if (seen->as.p1 && seen->as.p1->kind == P1_REPORT && seen->as.p1->failed_n > 0)
		t->check->wire |= WIRE_REPORT;
	if (seen->as.p1 && seen->part == OBSERVED_BEGIN)
		look_at_envelope(t, seen);
	if (seen->part != OBSERVED_BEGIN)
		l->whole = seen->part == OBSERVED_END && seen->as.p1;
}

static void take_content(struct observer_contents *c, enum observer_direction d, struct octets in)
{
	struct lane *l = &TALK_OF(c, contents)->lane[d];

	XXH3_128bits_update(l->hash, in.p, in.n);
	l->content += in.n;
}

/* ---- session ---- */

/* The PDU in one line, with the names of its reasons. */
static const char *line_of(const struct observation *seen, char line[TEXT_MAX])
{
	struct text x;

	text_init(&x, line, TEXT_MAX);
	observation_text(&x, seen);
	return line;
}

static void confirm_end(struct talk *t, unsigned d)
{
	t->lane[d].confirmed = t->lane[d].checkpoints;
	end_transfer(t, d, OUTCOME_CONFIRMED);
}

/* The bind has failed. */
static void look_at_request(struct talk *t)
{
	if (t->unsaid)
		remark(t, CHECK_INFO, FROM_INITIATOR, "dialogue-absent",
		       "the request that failed says no dialogue mode (monologue is meant)");
}

static void on_exception(struct talk *t, const struct observation *seen)
{
	unsigned d = seen->direction;
	char line[TEXT_MAX];

	if (t->lane[1 - d].resumed && t->lane[1 - d].active)
		remark(t, CHECK_SUPPORT, d, "recovery-refused",
		       "the activity that is to go on is not known: %s", line_of(seen, line));
	else
		remark(t, CHECK_SUPPORT, d, "exception", "exception report: %s",
		       line_of(seen, line));
}

static void on_turn(struct talk *t, unsigned d, bool given)
{
	struct lane *asker = &t->lane[given ? 1 - d : d];
	int64_t held = t->now_ns - asker->asked_ns;

	if (given && asker->asks && held > t->check->idle_ns)
		remark(t, CHECK_SUPPORT, d, "turn-held",
		       "the turn was asked for and given %.1f s later", (double)held / SECOND_NS);
	asker->asks = !given;
	asker->asked_ns = t->now_ns;
	if (given)
		asker->turn_ns = t->now_ns;
}

/* Who has asked last and was never answered? */
static void look_for_turn(struct talk *t)
{
	for (unsigned d = 0; d < DIRECTIONS; d++) {
		int64_t held = t->now_ns - t->lane[d].asked_ns;

		if (t->reader && t->lane[d].asks && held > t->check->idle_ns)
			remark(t, CHECK_SUPPORT, 1 - d, "turn-held",
			       "the turn was asked for and not given in %.1f s",
			       (double)held / SECOND_NS);
	}
}

static void on_abort(struct talk *t, const struct observation *seen)
{
	int64_t silent = t->now_ns - t->before_ns;
	char line[TEXT_MAX];

	remark(t, CHECK_SUPPORT, seen->direction, "abort", "%s", line_of(seen, line));
	if (t->asked && !t->opened && !t->over) {
		remark(t, CHECK_SUPPORT, seen->direction, "aborted-bind",
		       "the association is aborted before it was accepted or refused");
		look_at_request(t);
	} else if (t->opened && !t->lane[0].active && !t->lane[1].active &&
	         silent > t->check->idle_ns)
		remark(t, CHECK_SUPPORT, seen->direction, "aborted-idle",
		       "aborted after %.1f s in which nothing was under way",
		       (double)silent / SECOND_NS);
	t->check->wire |= WIRE_ABORT;
	t->over = true;
	for (unsigned i = 0; i < DIRECTIONS; i++)
		end_transfer(t, i, t->lane[i].ended ? OUTCOME_UNCONFIRMED : OUTCOME_ABORTED);
}

static void on_accept(struct talk *t, const struct observation *seen)
{
	(void)seen;
	t->opened = true;
}

static void on_refuse(struct talk *t, const struct observation *seen)
{
	char line[TEXT_MAX];

	t->check->wire |= WIRE_REFUSED;
	remark(t, CHECK_INFO, seen->direction, "refused", "%s", line_of(seen, line));
	look_at_request(t);
	t->over = true;
}

static uint64_t hash_of(uint64_t seed, struct octets o)
{
	return XXH3_64bits_withSeed(o.p ? o.p : (const uint8_t *)"", o.n, seed + o.n);
}

/* Of who calls, when, and of his number; who is called says nothing new. */
static uint64_t hash_of_session(const struct references *r)
{
	return hash_of(hash_of(hash_of(1, r->calling), r->common), r->additional);
}

static void on_connect(struct talk *t, const struct observation *seen)
{
	t->asked = true;
	t->session = hash_of_session(&seen->as.session->references);
}

/* What is taken up again is known from the connection on which it was lost. */
static void take_up(struct talk *t, unsigned d, const struct check_lost *lost)
{
	struct lane *l = &t->lane[d];
	int64_t after = t->now_ns - lost->lost_ns, limit = t->check->conduct.recovery_ns;

	snprintf(l->id, sizeof l->id, "%s", lost->id);
	if (!l->mta)
		l->mta = lost->from;
	if (!t->lane[1 - d].mta)
		t->lane[1 - d].mta = lost->to;
	if (limit && !lost->interrupted &&
	    after > limit + RESUME_SLACK_S * (int64_t)SECOND_NS + RESUME_TRIPS * t->round_trip_ns)
		remark(t, CHECK_SUPPORT, d, "resumed-late", "resumed %.1f s after it was lost; the "
		       "recovery timeout is %.1f s", (double)after / SECOND_NS,
		       (double)limit / SECOND_NS);
}

static void on_activity(struct talk *t, const struct observation *seen)
{
	const struct session_pdu *p = seen->as.session;
	struct lane *l = &t->lane[seen->direction];
	bool elsewhere = session_has(p, SESSION_CALLING_REFERENCE);
	const struct check_lost *lost;

	begin_transfer(t, seen->direction, p->kind == SPDU_AR);
	l->key = hash_of(t->session, p->activity);
	if (p->kind != SPDU_AR)
		return;
	lost = check_conduct_find(&t->check->conduct, hash_of(elsewhere ?
	       hash_of_session(&p->references) : t->session, p->old_activity));
	if (lost)
		take_up(t, seen->direction, lost);
}

static void on_checkpoint(struct talk *t, const struct observation *seen)
{
	if (seen->code == SPDU_MIP)
		t->lane[seen->direction].checkpoints++;
	else
		t->lane[1 - seen->direction].confirmed++;
}

static void on_end(struct talk *t, const struct observation *seen)
{
	if (seen->code == SPDU_AE)
		t->lane[seen->direction].ended = true;
	else
		confirm_end(t, 1u - seen->direction);
}

static void on_giving_up(struct talk *t, const struct observation *seen)
{
	end_transfer(t, 1u - seen->direction,
	             seen->code == SPDU_AIA ? OUTCOME_INTERRUPTED : OUTCOME_DISCARDED);
}

static void on_token(struct talk *t, const struct observation *seen)
{
	if (!seen->herald)
		on_turn(t, seen->direction, seen->code != SPDU_PT);
}

static void on_release(struct talk *t, const struct observation *seen)
{
	(void)seen;
	t->over = true;
}

static void on_session(struct talk *t, const struct observation *seen)
{
	static void (*const take[SESSION_SPDUS])(struct talk *, const struct observation *) = {
		[SPDU_CN] = on_connect, [SPDU_AC] = on_accept, [SPDU_RF] = on_refuse,
		[SPDU_AS] = on_activity,
		[SPDU_AR] = on_activity, [SPDU_MIP] = on_checkpoint, [SPDU_MIA] = on_checkpoint,
		[SPDU_AE] = on_end, [SPDU_AEA] = on_end, [SPDU_AIA] = on_giving_up,
		[SPDU_ADA] = on_giving_up, [SPDU_ED] = on_exception, [SPDU_PT] = on_token,
		[SPDU_GT] = on_token, [SPDU_GTC] = on_token, [SPDU_FN] = on_release,
		[SPDU_DN] = on_release, [SPDU_AB] = on_abort,
	};

	if (seen->as.session && seen->part != OBSERVED_END && seen->part != OBSERVED_CUT &&
	    take[seen->code])
		take[seen->code](t, seen);
}

/* The P-DATA ends, and the OCTET STRING in it does not. */
static void look_for_cut(struct talk *t, const struct observation *seen)
{
	for (size_t i = 0; i < seen->findings->n; i++)
		if (seen->findings->at[i].rule == &ber_rules[BER_CUT])
			remark(t, CHECK_INFO, seen->direction, "checkpoint-cut",
			       "the data of a checkpoint end before their length says so");
}

static void on_rtse(struct talk *t, const struct observation *seen)
{
	const struct rtse_pdu *p = seen->as.rtse;
	char line[TEXT_MAX];

	if (seen->code == RTSE_RTTR && seen->findings)
		look_for_cut(t, seen);
	if (!p)
		return;
	if (seen->code == RTSE_RTORQ) {
		t->recovering = p->opening == RTSE_RECOVER;
		t->proposed = p->window;
		t->unsaid = !p->has_dialogue;
	}
	if (seen->code == RTSE_RTOAC) {
		t->checkpoint = p->checkpoint;
		t->window = p->window;
		if (t->proposed > 0 && t->window > t->proposed)
			remark(t, CHECK_SUPPORT, seen->direction, "window-raised",
			       "window %u is answered to a proposal of %u", t->window,
			       t->proposed);
		/* Less than was proposed may be answered; some never answer another one. */
		if (t->proposed > WINDOW_USUAL && t->window == WINDOW_USUAL)
			remark(t, CHECK_INFO, seen->direction, "window-three",
			       "window 3, the default, is answered to a proposal of %u",
			       t->proposed);
	}
	if (seen->code == RTSE_RTAB)
		remark(t, CHECK_INFO, seen->direction, "abort-reason", "%s", line_of(seen, line));
	if (seen->code == RTSE_RTORJ && t->recovering)
		remark(t, CHECK_SUPPORT, seen->direction, "recovery-refused",
		       "the association is not taken up again");
}

/* ---- observations ---- */

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
	remark(t, CHECK_INFO, seen->direction, "bind-refused", "%s", line_of(seen, line));
}

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	struct talk *t = (struct talk *)(void *)sink;

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
		on_session(t, seen);
		break;
	case LAYER_RTSE:
		on_rtse(t, seen);
		break;
	case LAYER_P1:
		if (seen->part == OBSERVED_WHOLE)
			on_bind(t, seen);
		else
			on_apdu(t, seen);
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
	remark(t, CHECK_SUPPORT, owing, "stall", "%.1f s of silence: %s", seconds, why);
}

static void look_for_stall(struct talk *t)
{
	int64_t silent = t->now_ns - t->last_ns;

	for (unsigned d = 0; d < DIRECTIONS && t->last_ns; d++)
		if (t->lane[d].active && silent > patience(t, &t->lane[d]))
			tell_stall(t, d, (double)silent / SECOND_NS);
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
		end_transfer(t, d, OUTCOME_UNKNOWN);
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
	moment(t, MOMENT_TCP, at_ns, d, text);
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
	t->contents.take = take_content;
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

void talk_octets(struct talk *t, const struct stream_event *e, struct octets in)
{
	enum observer_direction d = (enum observer_direction)e->direction;

	if (!t->reader)
		return;
	at(t, e);
	if (e->acked != STREAM_OFFSET_NONE) {
		observer_ends_acked(&t->reader->ends, d, e->acked);
		if (e->acked > t->lane[1 - d].acked)
			t->lane[1 - d].acked = e->acked;
	}
	t->lane[d].octets += in.n;
	t->lane[d].sent = e->offset + e->octets.n;
	t->check->octets += in.n;
	observer_push(&t->reader->observer, d, in);
	observer_ends_settle(&t->reader->ends);
}

void talk_gap(struct talk *t, const struct stream_event *e)
{
	enum observer_direction d = (enum observer_direction)e->direction;

	t->now_ns = e->time_ns;
	t->frame = e->frame;
	if (!t->reader)
		return;
	remark(t, CHECK_INFO, d, "gap", "%" PRIu64 " octets are not in the capture", e->length);
	show_tcp(t, e->time_ns, d, "octets are not in the capture");
	observer_gap(&t->reader->observer, d, e->length);
	observer_ends_gap(&t->reader->ends, d);
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

	remark(t, CHECK_SUPPORT, closer, "lost-in-activity", "%s in mid-activity%s%s%s, "
	       "checkpoints %" PRIu64 " sent, %" PRIu64 " confirmed", how,
	       l->id[0] ? " of " : "", l->id,
	       l->ended ? ", its end sent and not confirmed" : "", l->checkpoints, l->confirmed);
	end_transfer(t, d, l->ended ? OUTCOME_UNCONFIRMED : OUTCOME_LOST);
}

void talk_close(struct talk *t, const struct stream_event *e)
{
	unsigned d = e->direction;
	bool rst = e->kind == STREAM_RST;
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
	if (!t->over && t->opened)
		remark(t, CHECK_SUPPORT, d, "closed-without-release", "%s, and the association was "
		       "neither released nor aborted", how);
	if (!t->over && t->connected && !t->asked && d == FROM_INITIATOR && !t->middle)
		remark(t, CHECK_SUPPORT, d, "closed-after-connect", "%s by the caller when its "
		       "transport connection had been confirmed", how);
	t->over = true;
	if (rst || (t->closed[0] && t->closed[1]))
		drop_reader(t);
}

struct check_call talk_call(const struct talk *t)
{
	return (struct check_call){ .number = t->number, .ended_ns = t->now_ns,
	                            .failed = !t->opened };
}

void talk_end(struct talk *t, int64_t time_ns)
{
	if (time_ns > t->now_ns)
		t->now_ns = time_ns;
	if (!t->closed[0] && !t->closed[1])
		look_for_stall(t);
	look_for_turn(t);
	drop_reader(t);
	free(t);
}
