/*
 * The messages of a connection: which, how far each came, and how its content looks.
 */
#include "cli/check_talk_inner.h"

#include "judge/signature.h"

#include <stdio.h>
#include <string.h>

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
		talk_remark(t, CHECK_SUPPORT, d, "identifier-reused",
		            "%s came before with another content", l->id);
	if (said & BOOK_DOUBLED)
		t->check->wire |= WIRE_DUPLICATE;
	if (said & BOOK_DOUBLED)
		talk_remark(t, CHECK_SUPPORT, d, "duplicate", "%s was confirmed before", l->id);
	if (said & BOOK_RESENT)
		talk_remark(t, CHECK_SUPPORT, d, "resent-after-unconfirmed-end",
		            "%s is sent again: its activity end was not confirmed", l->id);
}

static void show_message(struct talk *t, unsigned d, enum check_outcome outcome)
{
	char line[TEXT_MAX];

	snprintf(line, sizeof line, "%s %s", t->lane[d].id, check_outcome_name(outcome));
	talk_moment(t, MOMENT_MESSAGE, t->now_ns, d, line);
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

void talk_transfer_end(struct talk *t, unsigned d, enum check_outcome outcome)
{
	struct lane *l = &t->lane[d];
	bool unsure = talk_doubts(t, d) && outcome != OUTCOME_CONFIRMED &&
	              outcome != OUTCOME_INTERRUPTED && outcome != OUTCOME_DISCARDED;
	struct check_attempt a = {
		.connection = t->number, .frame = l->frame, .to = (uint32_t)mta_of(t, 1 - d),
		.sent = (uint16_t)l->checkpoints, .confirmed = (uint16_t)l->confirmed,
	};
	XXH128_hash_t digest;

	if (!l->active)
		return;
	if (unsure)
		outcome = OUTCOME_UNKNOWN;
	a.outcome = (uint8_t)outcome;
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

void talk_transfer_begin(struct talk *t, unsigned d, bool resumed)
{
	struct lane *l = &t->lane[d];

	talk_transfer_end(t, d, OUTCOME_UNKNOWN);
	if (!resumed)
		l->id[0] = '\0';
	l->active = true;
	l->ended = l->whole = l->told = l->doubt = false;
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
		talk_remark(t, CHECK_INFO, seen->direction, "trace-domain",
		            "the first trace element is of another domain than the MTS identifier");
	if (rerouted > 1)
		talk_remark(t, CHECK_SUPPORT, seen->direction, "rerouted-often",
		            "one domain has written \"rerouted\" %u times into the trace",
		            rerouted);
	for (size_t at = 0; (sign = check_envelope(seen->as.p1, &at)) != NULL;)
		talk_remark(t, sign->weight, seen->direction, sign->name, "%s", sign->text);
}

void talk_apdu(struct talk *t, const struct observation *seen)
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
		talk_transfer_begin(t, seen->direction, false);
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

void talk_content(struct observer_contents *c, enum observer_direction d, struct octets in)
{
	struct lane *l = &TALK_OF(c, contents)->lane[d];

	XXH3_128bits_update(l->hash, in.p, in.n);
	l->content += in.n;
}
