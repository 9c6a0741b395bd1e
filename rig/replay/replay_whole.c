/*
 * Transfers that a capture has from their start to their end: played by rule, with sync
 * points where they belong today.
 */
#include "replay/replay_composing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Pieces of a transfer that are told one by one. */
enum { PIECES_MAX = 32 };

/* The one SPDU of a TSDU beside GT and PT. */
const struct replay_pdu *whole_spdu(const struct composing *k, const struct replay_move *m)
{
	const struct replay_pdu *found = NULL;

	for (uint32_t i = 0; m->kind == REPLAY_TSDU && i < m->pdus_n; i++) {
		const struct replay_pdu *p = &k->t->pdus[m->pdus + i];

		if (p->layer != LAYER_SESSION || p->code == SPDU_GT || p->code == SPDU_PT)
			continue;
		if (found)
			return NULL;
		found = p;
	}
	return found;
}

/* The move of the AE of a transfer that begins with the AS at `from`, with nothing between
 * but what belongs to it; 0: there is none. */
static size_t end_of_whole(const struct composing *k, size_t from)
{
	unsigned sender = k->t->moves[from].direction;
	uint32_t serial = 1;
	bool data = false;

	for (size_t i = from + 1; i < k->t->moves_n; i++) {
		const struct replay_pdu *p = whole_spdu(k, &k->t->moves[i]);

		if (!p)
			return 0;
		if (p->direction != sender) {
			if (p->code != SPDU_MIA || p->serial >= serial)
				return 0;
		} else if (p->code == SPDU_DT) {
			if (data)
				return 0;
			data = true;
		} else if (p->code == SPDU_MIP || p->code == SPDU_AE) {
			if (p->serial != serial++ ||
			    (!data && (p->code == SPDU_MIP || serial == 2)))
				return 0;
			data = false;
			if (p->code == SPDU_AE)
				return i;
		} else {
			return 0;
		}
	}
	return 0;
}

static bool changes_envelopes(const struct replay_options *o)
{
	return o->identifiers != REPLAY_KEPT || o->move_times || o->rewrites_n;
}

/* May the transfer that begins at the move at hand be played by rule?  Pauses within it
 * are then those of its confirmations. */
size_t whole_end(const struct composing *k)
{
	size_t from = k->at - 1, end;
	const struct replay_pdu *p = whole_spdu(k, &k->t->moves[from]);

	if (k->whole_to || !p || p->code != SPDU_AS ||
	    (k->o->timing == REPLAY_CAPTURED &&
	     (p->direction != (uint8_t)k->part->ours || !changes_envelopes(k->o))))
		return 0;
	end = end_of_whole(k, from);
	return end && k->cut_frame && k->cut_frame <= k->t->moves[end].frame ? 0 : end;
}

/* Takes over a text, or makes sure that it is the same as the one before. */
static bool same_text(char **kept, char *text)
{
	bool same = text && (!*kept || strcmp(*kept, text) == 0);

	if (*kept || !text) {
		free(text);
		return same;
	}
	*kept = text;
	return true;
}

/* Our confirmations within theirs, as a rule.  false: they are none. */
static bool confirmations(struct composing *k, size_t end, char **how)
{
	uint32_t first = 0, before = 0, heard = 0;
	bool regular = true;
	char *text = NULL;

	*how = NULL;
	for (size_t i = k->at; i < end; i++) {
		const struct replay_move *m = &k->t->moves[i];
		const struct replay_pdu *p = whole_spdu(k, m);

		heard = p->code == SPDU_MIP ? p->serial : heard;
		if (p->code != SPDU_MIA)
			continue;
		if (!replay_octets(k->c, m, k->octets) ||
		    !same_text(&text, lift_part(&k->lift, m, (struct octets){ k->octets, m->n },
		                                LIFT_CONFIRMATION))) {
			free(text);
			return false;
		}
		first = first ? first : p->serial;
		regular &= p->serial == before + first;
		before = p->serial;
	}
	if (heard && !first)
		first = 0;
	else if (!heard || !regular)
		first = 1;
	if (asprintf(how, "acknowledge%s%s", text ? " as " : "", text ? text : "") < 0)
		*how = NULL;
	free(text);
	if (*how && first != 1) {
		char *longer = NULL;

		if (asprintf(&longer, "%s every %" PRIu32, *how, first) < 0)
			longer = NULL;
		free(*how);
		*how = longer;
	}
	return *how != NULL;
}

static void acknowledge(struct composing *k, char *how)
{
	bool same = how && k->acknowledging && strcmp(how, k->acknowledging) == 0;

	if (same || (!how && !k->acknowledging)) {
		free(how);
		return;
	}
	compose_expect_now(k);
	compose_say(k, "%s: %s", k->who, how ? how : "acknowledge off");
	free(k->acknowledging);
	k->acknowledging = how;
}

static uint32_t sync_points(const struct composing *k, size_t from, size_t to, uint64_t *octets)
{
	uint32_t n = 0;

	for (size_t i = from; i < to; i++) {
		n += whole_spdu(k, &k->t->moves[i])->code == SPDU_MIP;
		*octets += k->t->moves[i].n;
	}
	return n;
}

/* Theirs begins: we confirm what sync points it has now. */
void whole_hear(struct composing *k)
{
	const struct replay_move *m = &k->t->moves[k->at - 1];
	const struct replay_pdu *p = whole_spdu(k, m);
	uint64_t octets = 0;
	size_t end;
	char *how;
	uint32_t n;

	if (k->at - 1 == k->whole_to && k->slack) {
		compose_expect_now(k);
		k->slack = 1;
	}
	if (!p || (p->code != SPDU_AS && p->code != SPDU_AR))
		return;
	end = whole_end(k);
	if (!end || !confirmations(k, end, &how)) {
		acknowledge(k, NULL);
		replay_octets(k->c, m, k->octets);
		return;
	}
	replay_octets(k->c, m, k->octets);
	n = sync_points(k, k->at, end, &octets);
	if (n == 0 && k->acknowledging)
		free(how);
	else
		acknowledge(k, how);
	k->whole_to = end;
	/* More than an end remembers, with the smallest checkpoints. */
	if (octets > 64 << 10)
		k->slack = n < 4 ? n + 1 : 4;
}

struct joining {
	uint8_t *octets;		/* owned: of the value */
	size_t n;
	char *data, *sync;		/* owned */
	size_t sizes[PIECES_MAX], sizes_n, last;
	bool odd;			/* cut otherwise than at each checkpoint */
	bool sealed;
};

static bool join_data(struct composing *k, struct joining *j, const struct replay_move *m)
{
	char *text = lift_part(&k->lift, m, (struct octets){ k->octets, m->n }, LIFT_PART);
	struct octets piece = k->lift.piece;
	uint8_t *grown;

	if (!text || !same_text(&j->data, text) || piece.n == 0 ||
	    piece.n > REPLAY_TSDU_MAX - j->n)
		return false;
	grown = realloc(j->octets, j->n + piece.n);
	if (!grown)
		return false;
	memcpy(grown + j->n, piece.p, piece.n);
	j->octets = grown;
	j->n += piece.n;
	j->odd |= j->sizes_n > 0 && j->last != (size_t)k->t->checkpoint << 10;
	j->last = piece.n;
	if (j->sizes_n < PIECES_MAX)
		j->sizes[j->sizes_n] = piece.n;
	j->sizes_n++;
	return true;
}

static bool join_moves(struct composing *k, struct joining *j, size_t end)
{
	for (size_t i = k->at; i < end; i++) {
		const struct replay_move *m = &k->t->moves[i];
		const struct replay_pdu *p = whole_spdu(k, m);

		if (m->direction != k->part->ours)
			continue;
		if (!p || m->n > REPLAY_TSDU_MAX || !replay_octets(k->c, m, k->octets))
			return false;
		j->sealed = p->code == SPDU_MIP;
		if (p->code == SPDU_DT ? !join_data(k, j, m) :
		    !same_text(&j->sync, lift_part(&k->lift, m, (struct octets){ k->octets, m->n },
		                                   LIFT_PART)))
			return false;
	}
	return j->n > 0;
}

/* "pieces 1000 552": sizes that no rule gives; they stand until the last of them. */
static bool put_pieces(const struct joining *j, FILE *out)
{
	size_t last = j->sizes_n - 1;

	if (!j->odd)
		return true;
	if (j->sizes_n > PIECES_MAX)
		return false;
	/* The last one is what is left, and the one before it counts for all behind it. */
	while (last > 1 && j->sizes[last - 1] == j->sizes[last - 2])
		last--;
	fputs(" pieces", out);
	for (size_t i = 0; i < last; i++)
		fprintf(out, " %zu", j->sizes[i]);
	return true;
}

/* Ours begins: its octets are cut where checkpoints are now.  NULL: it is played as it
 * was captured. */
char *whole_text(struct composing *k, size_t end)
{
	uint32_t changes[REPLAY_CHANGES], as_octets = k->out->as_octets;
	struct joining j = { 0 };
	char *text = NULL, *value = NULL;
	size_t n;
	FILE *out;

	memcpy(changes, k->out->changes, sizeof changes);
	if (join_moves(k, &j, end))
		value = lift_transfer(&k->lift, k->t->moves[k->at].time_ns,
		                      (struct octets){ j.octets, j.n });
	out = value ? open_memstream(&text, &n) : NULL;
	if (out) {
		bool ok;

		fprintf(out, "transfer %s as %s", value, j.data);
		if (j.sync)
			fprintf(out, " checkpoint %s", j.sync);
		ok = put_pieces(&j, out);
		fprintf(out, "%s within %" PRId64 "ms", j.sealed ? " sealed" : "",
		        k->o->patience_us / 1000);
		fclose(out);
		if (!ok) {
			free(text);
			text = NULL;
		}
	}
	if (!text) {
		memcpy(k->out->changes, changes, sizeof changes);
		k->out->as_octets = as_octets;
		k->lift.failed &= k->lift.out->why[0] != '\0';
	}
	free(value);
	free(j.octets);
	free(j.data);
	free(j.sync);
	return text;
}
