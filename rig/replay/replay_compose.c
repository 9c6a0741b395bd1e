/*
 * A talk as the text of a scenario: our moves are steps, theirs are expectations.
 */
#include "replay/replay_lift.h"

#include "acse/acse_pdu.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILL_COLUMN = 96,
	/* A pause below this is the capturing host's, not the peer's. */
	PAUSE_MIN_US = 200,
	CLOSING_MS = 20,
	/* Pieces of a transfer that are told one by one. */
	PIECES_MAX = 32,
};

struct composing {
	const struct replay_capture *c;
	const struct replay_talk *t;
	const struct replay_part *part;
	const struct replay_options *o;
	struct replay_composed *out;
	struct replay_lift lift;
	FILE *text;
	char who[48];			/* "up.c1" */
	char *expected;			/* owned: a sequence that is not written yet */
	uint32_t confirmed;		/* serial that is to be confirmed behind it; 0: none */
	int64_t before_ns;		/* time of the move before */
	uint32_t cut_frame;
	char cut_how[16];
	bool cut, theirs_ended, ended;
	bool cleared;			/* behind DN, RF and DR either may close TCP first */
	bool data;			/* a DT of the running activity is expected already */
	size_t at;			/* the next move */
	size_t whole_to;		/* move of the AE of a transfer that is played by rule, its
					 * sync points left out; 0: none is running */
	char *transfer;			/* owned: ours, not written yet */
	char *acknowledging;		/* owned: how sync points are confirmed; NULL: by steps */
	uint32_t slack;			/* how much longer the next expectation may take */
	uint8_t *octets;		/* REPLAY_TSDU_MAX; of the move at hand, shared */
};

static const char *const change_names[REPLAY_CHANGES] = {
	[REPLAY_REFERENCES] = "references", [REPLAY_NAMES] = "names",
	[REPLAY_PASSWORDS] = "passwords", [REPLAY_SELECTORS] = "selectors",
	[REPLAY_CONTEXTS] = "presentation contexts", [REPLAY_VERSIONS] = "versions",
	[REPLAY_SERIALS] = "serial numbers", [REPLAY_IDENTIFIERS] = "MTS identifiers",
	[REPLAY_TIMES] = "times", [REPLAY_RECIPIENTS] = "recipients",
	[REPLAY_SIZES] = "sizes of checkpoints and windows",
};

const char *replay_change_name(enum replay_change c)
{
	return change_names[c];
}

static bool cannot(struct composing *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool cannot(struct composing *k, const char *fmt, ...)
{
	va_list ap;

	if (k->out->why[0])
		return false;
	va_start(ap, fmt);
	vsnprintf(k->out->why, sizeof k->out->why, fmt, ap);
	va_end(ap);
	return false;
}

/* A statement: broken between words where brackets are open, for people. */
static void put_line(struct composing *k, const char *line)
{
	size_t column = 2;
	int depth = 0;
	bool quoted = false;

	fputs("  ", k->text);
	for (const char *p = line; *p; p++) {
		size_t word = strcspn(p + 1, " ");

		quoted ^= *p == '"';
		if (!quoted)
			depth += (*p == '(' || *p == '{') - (*p == ')' || *p == '}');
		if (*p == ' ' && !quoted && depth > 0 && column + word > FILL_COLUMN) {
			fputs("\n      ", k->text);
			column = 6;
			continue;
		}
		fputc(*p, k->text);
		column++;
	}
	fputc('\n', k->text);
}

static void say(struct composing *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct composing *k, const char *fmt, ...)
{
	char *line;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	put_line(k, line);
	free(line);
}

/* ---- theirs ---- */

static void expect(struct composing *k, const char *what)
{
	char *longer;

	if (asprintf(&longer, "%s%s%s", k->expected ? k->expected : "",
	             k->expected ? " then " : "", what) < 0)
		return;
	free(k->expected);
	k->expected = longer;
}

/* Of confirmations only the last counts: how many sync points one confirms is the
 * receiver's own matter. */
static void expect_now(struct composing *k)
{
	if (k->expected)
		say(k, "expect %s %s within %" PRId64 "ms", k->who, k->expected,
		    k->o->patience_us / 1000 * (1 + k->slack));
	if (k->confirmed)
		say(k, "%s: wait until confirmed %" PRIu32 " within %" PRId64 "ms", k->who,
		    k->confirmed, k->o->patience_us / 1000);
	free(k->expected);
	k->expected = NULL;
	k->confirmed = 0;
	k->slack = 0;
}

/* A DR behind the end of the session connection is not of class 0 (X.224 6.7.1.5):
 * peers that send one do it for themselves. */
static bool counts(const struct composing *k, const struct replay_pdu *p)
{
	return !(p->layer == LAYER_COTP && p->code == COTP_DR && k->ended);
}

static bool clears(const struct replay_pdu *p)
{
	return (p->layer == LAYER_COTP && p->code == COTP_DR) ||
	       (p->layer == LAYER_SESSION && (p->code == SPDU_DN || p->code == SPDU_RF));
}

static void expect_pdu(struct composing *k, const struct replay_pdu *p)
{
	const struct pdu_form *form = pdu_form((enum layer)p->layer, p->code);
	char what[96];

	if (!form || p->herald || !counts(k, p))
		return;
	if (p->layer == LAYER_SESSION && p->code == SPDU_DT) {
		if (k->data)
			return;
		k->data = true;
	}
	if (p->layer == LAYER_SESSION && (p->code == SPDU_AS || p->code == SPDU_AR))
		k->data = false;
	if (p->layer == LAYER_SESSION && (p->code == SPDU_DN || p->code == SPDU_RF ||
	                                  p->code == SPDU_AB || p->code == SPDU_FN))
		k->ended = true;
	k->cleared |= clears(p);
	/* Sync points are where they are today. */
	if (k->whole_to && p->layer == LAYER_SESSION && (p->code == SPDU_MIP || p->code == SPDU_MIA))
		return;
	if (p->layer == LAYER_SESSION && p->code == SPDU_MIA) {
		k->confirmed = p->serial;
		return;
	}
	/* It confirms all, too. */
	if (p->layer == LAYER_SESSION && p->code == SPDU_AEA)
		k->confirmed = 0;
	if (p->layer == LAYER_ACSE && p->code == ACSE_AARE)
		snprintf(what, sizeof what, "acse AARE result=%d", p->outcome);
	else if (p->layer == LAYER_P1 && p->code == OBSERVED_BIND_ERROR)
		snprintf(what, sizeof what, "p1 %s error=%d", form->name, p->outcome);
	else if (p->layer == LAYER_SESSION && p->code == SPDU_CN)
		snprintf(what, sizeof what, "session CN as cn");
	else if (p->layer == LAYER_SESSION && p->code == SPDU_MIP)
		snprintf(what, sizeof what, "session MIP as mip%" PRIu32, p->serial);
	else if (p->layer == LAYER_SESSION && (p->code == SPDU_AE || p->code == SPDU_MAP))
		snprintf(what, sizeof what, "session %s as ae%" PRIu32, form->name, p->serial);
	else if (p->layer == LAYER_COTP || p->layer == LAYER_SESSION ||
	         (p->layer == LAYER_P1 && p->code < P1_KINDS))
		snprintf(what, sizeof what, "%s %s", layer_name((enum layer)p->layer), form->name);
	else
		return;
	expect(k, what);
}

/* ---- whole transfers ---- */

/* The one SPDU of a TSDU beside GT and PT. */
static const struct replay_pdu *the_spdu(const struct composing *k, const struct replay_move *m)
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
		const struct replay_pdu *p = the_spdu(k, &k->t->moves[i]);

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
			if (p->serial != serial++ || (!data && (p->code == SPDU_MIP || serial == 2)))
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
static size_t whole_transfer(const struct composing *k)
{
	size_t from = k->at - 1, end;
	const struct replay_pdu *p = the_spdu(k, &k->t->moves[from]);

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
		const struct replay_pdu *p = the_spdu(k, m);

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
	expect_now(k);
	say(k, "%s: %s", k->who, how ? how : "acknowledge off");
	free(k->acknowledging);
	k->acknowledging = how;
}

static uint32_t sync_points(const struct composing *k, size_t from, size_t to, uint64_t *octets)
{
	uint32_t n = 0;

	for (size_t i = from; i < to; i++) {
		n += the_spdu(k, &k->t->moves[i])->code == SPDU_MIP;
		*octets += k->t->moves[i].n;
	}
	return n;
}

/* Theirs begins: we confirm what sync points it has now. */
static void hear_whole(struct composing *k)
{
	const struct replay_move *m = &k->t->moves[k->at - 1];
	const struct replay_pdu *p = the_spdu(k, m);
	uint64_t octets = 0;
	size_t end;
	char *how;
	uint32_t n;

	if (k->at - 1 == k->whole_to && k->slack) {
		expect_now(k);
		k->slack = 1;
	}
	if (!p || (p->code != SPDU_AS && p->code != SPDU_AR))
		return;
	end = whole_transfer(k);
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
		const struct replay_pdu *p = the_spdu(k, m);

		if (m->direction != k->part->ours)
			continue;
		if (m->n > REPLAY_TSDU_MAX || !replay_octets(k->c, m, k->octets))
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
static char *transfer(struct composing *k, size_t end)
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

static void theirs(struct composing *k, const struct replay_move *m)
{
	if (m->kind == REPLAY_FIN || m->kind == REPLAY_RST) {
		if (!k->cut && !k->theirs_ended && !k->cleared)
			expect(k, "tcp closed");
		k->theirs_ended = true;
		return;
	}
	hear_whole(k);
	for (uint32_t i = 0; i < m->pdus_n; i++)
		expect_pdu(k, &k->t->pdus[m->pdus + i]);
	if (k->at - 1 == k->whole_to)
		k->whole_to = 0;
	lift_hear(&k->lift, m, (struct octets){ k->octets, m->n });
}

/* ---- ours ---- */

static void pause_before(struct composing *k, const struct replay_move *m)
{
	int64_t us = (int64_t)((double)(m->time_ns - k->before_ns) / 1000 * k->o->scale);

	if (k->o->timing == REPLAY_CAPTURED && k->before_ns && us >= PAUSE_MIN_US)
		say(k, "wait %" PRId64 "us", us);
}

static bool has_bind(const struct composing *k, const struct replay_move *m)
{
	for (uint32_t i = 0; i < m->pdus_n; i++) {
		const struct replay_pdu *p = &k->t->pdus[m->pdus + i];

		if (p->layer == LAYER_P1 && (p->code == OBSERVED_BIND_ARGUMENT ||
		                             p->code == OBSERVED_BIND_RESULT))
			return true;
	}
	return false;
}

static bool our_octets(struct composing *k, const struct replay_move *m)
{
	char *text = lift_octets(&k->lift, (struct octets){ k->octets, m->n });

	if (!text)
		return cannot(k, "out of memory");
	/* "octets" takes the digits themselves. */
	say(k, "%s: send octets %s", k->who, strncmp(text, "hex:", 4) == 0 ? text + 4 : text);
	free(text);
	return true;
}

/* The move at hand within a transfer that is played by rule. */
static bool our_part(struct composing *k, const struct replay_move *m)
{
	bool end = k->at - 1 == k->whole_to;
	char *text;

	if (k->transfer)
		say(k, "%s: %s", k->who, k->transfer);
	free(k->transfer);
	k->transfer = NULL;
	if (!end)
		return true;
	k->whole_to = 0;
	text = lift_part(&k->lift, m, (struct octets){ k->octets, m->n }, LIFT_PART);
	if (!text)
		return cannot(k, "frame %" PRIu32 ": the end of this activity cannot be written again",
		              m->frame);
	say(k, "%s: send exactly %s", k->who, text);
	free(text);
	return true;
}

/* An activity of ours begins: whole, if its end can be written by rule, too. */
static void begin_whole(struct composing *k, const struct replay_move *m)
{
	size_t end = whole_transfer(k);
	char *text;

	if (!end)
		return;
	k->transfer = transfer(k, end);
	if (k->transfer && replay_octets(k->c, &k->t->moves[end], k->octets)) {
		text = lift_part(&k->lift, &k->t->moves[end],
		                 (struct octets){ k->octets, k->t->moves[end].n }, LIFT_PART);
		k->whole_to = text ? end : 0;
		free(text);
	}
	if (!k->whole_to) {
		free(k->transfer);
		k->transfer = NULL;
	}
	replay_octets(k->c, m, k->octets);
}

static bool our_pdus(struct composing *k, const struct replay_move *m)
{
	char *text = lift_move(&k->lift, m, (struct octets){ k->octets, m->n });
	bool safe;

	if (!text)
		return cannot(k, "out of memory");
	safe = k->o->captured_names || !has_bind(k, m) || strstr(text, "$our-name");
	if (safe)
		say(k, "%s: send exactly %s", k->who, text);
	free(text);
	for (uint32_t i = 0; i < m->pdus_n; i++) {
		const struct replay_pdu *p = &k->t->pdus[m->pdus + i];

		k->cleared |= clears(p);
		if (p->layer == LAYER_SESSION && (p->code == SPDU_DN || p->code == SPDU_RF ||
		                                  p->code == SPDU_FN || p->code == SPDU_AB))
			k->ended = true;
	}
	return safe || cannot(k, "frame %" PRIu32 ": names and password of this bind cannot be told "
	                      "apart and would be sent as captured; --captured-names allows it",
	                      m->frame);
}

static bool is_confirmation(const struct composing *k, const struct replay_move *m)
{
	const struct replay_pdu *p = the_spdu(k, m);

	return p && p->code == SPDU_MIA;
}

static bool ours(struct composing *k, const struct replay_move *m)
{
	/* Also behind its end: what a rule confirms, no step does. */
	if (k->acknowledging && is_confirmation(k, m))
		return true;
	expect_now(k);
	if (!k->whole_to)
		pause_before(k, m);
	if (m->kind == REPLAY_FIN || m->kind == REPLAY_RST) {
		/* Behind the other's end it makes no difference, and TCP may come first. */
		if (!k->cut)
			say(k, "%s: cut %s", k->who,
			    m->kind == REPLAY_FIN || k->theirs_ended ? "fin" : "rst");
		k->cut = true;
		return true;
	}
	if (k->cut)
		return true;
	if (m->kind == REPLAY_OCTETS)
		return our_octets(k, m);
	if (k->whole_to)
		return our_part(k, m);
	begin_whole(k, m);
	return our_pdus(k, m);
}

/* ---- the whole ---- */

/* "HOW at frame N" or "HOW at POINT". */
static bool read_cut(struct composing *k)
{
	char rest[64];
	int n = 0;

	if (!k->o->cut)
		return true;
	if (sscanf(k->o->cut, "%15s at %n", k->cut_how, &n) != 1 || n == 0)
		return cannot(k, "a cut is written \"rst at frame 12\" or \"fin at dt 3\"");
	if (sscanf(k->o->cut + n, "frame %9" SCNu32 "%1s", &k->cut_frame, rest) == 1)
		return true;
	say(k, "%s: at %s cut %s", k->part->side, k->o->cut + n, k->cut_how);
	return true;
}

static int64_t span_us(const struct replay_part *parts, size_t n)
{
	int64_t from = INT64_MAX, to = 0;

	for (size_t i = 0; i < n; i++) {
		const struct replay_talk *t = parts[i].talk;

		if (t->moves_n && t->moves[0].time_ns < from)
			from = t->moves[0].time_ns;
		if (t->moves_n && t->moves[t->moves_n - 1].time_ns > to)
			to = t->moves[t->moves_n - 1].time_ns;
	}
	return to > from ? (to - from) / 1000 : 0;
}

static bool has_role(const struct replay_part *parts, size_t n, enum capture_direction ours)
{
	for (size_t i = 0; i < n; i++)
		if (parts[i].ours == ours)
			return true;
	return false;
}

static bool is_first_of_side(const struct replay_part *parts, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(parts[k].side, parts[i].side) == 0)
			return false;
	return true;
}

static void head(struct composing *k, const struct replay_part *parts, size_t n)
{
	double span = k->o->timing == REPLAY_FAST ? 0 : (double)span_us(parts, n) * k->o->scale;
	int64_t limit = (int64_t)(2 * span) + 6 * k->o->patience_us + (int64_t)n * SECOND_US / 10;
	bool calls = has_role(parts, n, FROM_INITIATOR), called = has_role(parts, n, FROM_RESPONDER);

	limit -= n == 1 ? SECOND_US / 10 : 0;
	if (k->o->times > 1)
		limit += (int64_t)k->o->times * (SECOND_US / 10 + k->o->pause_us) * (int64_t)n;
	else if (n > 1 || k->o->more)
		limit += k->o->pause_us * (int64_t)n;
	fprintf(k->text, "scenario %s\n  title   \"%s captured conversation%s, played as %s %s\"\n",
	        k->o->id, n > 1 ? "Some" : "A", n > 1 ? "s" : "", n > 1 ? "their" : "its",
	        calls && called ? "MTA's neighbours" : calls ? "initiator" : "responder");
	for (size_t i = 0; i < n; i++)
		if (strcmp(parts[i].side, "up") != 0 && is_first_of_side(parts, i))
			fprintf(k->text, "  needs   side.%s\n", parts[i].side);
	limit += k->o->linger_us * (k->o->times > 1 ? k->o->times : 1);
	fprintf(k->text, "  limit   %" PRId64 "s\n\n", limit / SECOND_US + 1);
}

/* "SIDE: OPTIONS", or options for all. */
static void say_link(struct composing *all, const struct replay_part *parts, size_t n,
                 const char *options)
{
	size_t word = strcspn(options, " ");
	bool named = word > 0 && options[word - 1] == ':';

	if (named)
		say(all, "%.*s link%s", (int)word, options, options + word);
	for (size_t i = 0; !named && i < n; i++)
		if (is_first_of_side(parts, i))
			say(all, "%s: link %s", parts[i].side, options);
}

static void begin(struct composing *all, const struct replay_part *parts, size_t n)
{
	const struct replay_options *o = all->o;

	for (size_t l = 0; l < o->links_n; l++)
		say_link(all, parts, n, o->links[l]);
	if (o->times > 1)
		say(all, "repeat %" PRIu32 " {", o->times);
	/* What comes takes the names in this order. */
	for (size_t i = 0; i < n; i++)
		if (parts[i].ours == FROM_RESPONDER)
			say(&all[i], "%s: listen detached", all[i].who);
	if (o->stimulus)
		fputs(o->stimulus, all->text);
}

/* One move of a talk.  false: it cannot be played. */
static bool play(struct composing *k)
{
	const struct replay_move *m = &k->t->moves[k->at];

	if (k->at++ == 0 && k->part->ours == FROM_INITIATOR)
		say(k, "%s: connect", k->who);
	if (m->n > REPLAY_TSDU_MAX || !replay_octets(k->c, m, k->octets))
		return cannot(k, "frame %" PRIu32 ": its octets cannot be read again", m->frame);
	lift_session(&k->lift, m, (struct octets){ k->octets, m->n });
	if (m->direction != k->part->ours)
		theirs(k, m);
	else if (!ours(k, m))
		return false;
	k->before_ns = m->time_ns;
	if (k->cut_frame && m->frame >= k->cut_frame && !k->cut) {
		expect_now(k);
		say(k, "%s: cut %s", k->who, k->cut_how);
		k->cut = true;
		k->at = k->t->moves_n;
	}
	return true;
}

/* The talk whose next move was captured first; NULL: there are none left. */
static struct composing *first_of(struct composing *all, size_t n)
{
	struct composing *first = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct composing *k = &all[i];

		if (k->at == k->t->moves_n)
			continue;
		if (!first || k->t->moves[k->at].frame < first->t->moves[first->at].frame)
			first = &all[i];
	}
	return first;
}

/* Connections of ours do not follow each other faster than they may. */
static void pace(struct composing *k, int64_t *before_ns)
{
	const struct replay_options *o = k->o;
	int64_t now_ns = k->t->moves->time_ns;
	double gap_us = (double)(now_ns - *before_ns) / 1000 * o->scale;

	if (k->at > 0 || k->part->ours != FROM_INITIATOR)
		return;
	if (*before_ns && o->pause_us && !(o->timing == REPLAY_CAPTURED && gap_us >= (double)o->pause_us))
		say(k, "wait %" PRId64 "us", o->pause_us);
	*before_ns = now_ns;
}

static bool play_all(struct composing *all, size_t n)
{
	int64_t connected_ns = 0;
	bool cut = false;

	for (struct composing *k; (k = first_of(all, n)) != NULL;) {
		pace(k, &connected_ns);
		/* Pauses are those of the capture as a whole. */
		for (size_t i = 0; i < n; i++)
			if (all[i].before_ns > k->before_ns)
				k->before_ns = all[i].before_ns;
		if (!play(k) || k->lift.failed)
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		expect_now(&all[i]);
		cut |= all[i].cut;
	}
	/* Else the case would be over before TCP is. */
	if (all->o->linger_us)
		say(all, "wait %" PRId64 "ms", all->o->linger_us / 1000);
	else if (cut && all->o->times <= 1)
		say(all, "wait %dms", CLOSING_MS);
	return true;
}

/* Released, refused or cleared by class 0, and nobody aborted. */
static bool ended_in_order(const struct replay_talk *t)
{
	bool cleared = false;

	for (size_t i = 0; i < t->pdus_n; i++) {
		cleared |= clears(&t->pdus[i]);
		if (t->pdus[i].layer == LAYER_SESSION && t->pdus[i].code == SPDU_AB)
			return false;
	}
	return cleared;
}

/* What ended in order, and is played without faults on top, leaves no known fault in logs. */
static bool leaves_clean_logs(const struct composing *all, size_t n)
{
	const struct replay_options *o = all->o;
	bool logs = o->target->lab || o->target->events.kind != LOG_SOURCE_NONE ||
	            o->target->calls.kind != LOG_SOURCE_NONE;

	if (!logs || o->cut || o->links_n || o->wrong_password)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ended_in_order(all[i].t))
			return false;
	return true;
}

static bool compose(struct composing *all, const struct replay_part *parts, size_t n)
{
	const struct replay_options *o = all->o;
	bool ok;

	head(all, parts, n);
	ok = read_cut(all);
	for (size_t i = 1; i < n; i++) {
		all[i].cut_frame = all->cut_frame;
		memcpy(all[i].cut_how, all->cut_how, sizeof all->cut_how);
	}
	begin(all, parts, n);
	ok = ok && play_all(all, n);
	if ((o->times > 1 || o->more) && o->pause_us)
		say(all, "wait %" PRId64 "us", o->pause_us);
	if (o->times > 1)
		say(all, "}");
	if (leaves_clean_logs(all, n))
		say(all, "expect log none conclusive");
	return ok;
}

bool replay_compose(const struct replay_capture *c, const struct replay_part *parts, size_t n,
                    const struct replay_options *o, struct replay_composed *out)
{
	struct composing *all = calloc(n, sizeof *all);
	struct lift_identifiers *identifiers = calloc(1, sizeof *identifiers);
	struct lift_sessions sessions = { .at = calloc(n, sizeof *sessions.at) };
	uint8_t *octets = malloc(REPLAY_TSDU_MAX);
	FILE *text;
	bool ok;

	*out = (struct replay_composed){ 0 };
	text = open_memstream(&out->text, &out->n);
	ok = all && identifiers && sessions.at && octets && text;
	for (size_t i = 0; ok && i < n; i++) {
		const struct replay_talk *t = parts[i].talk;

		all[i] = (struct composing){ .c = c, .t = t, .part = &parts[i], .o = o,
		                             .out = out, .text = text, .octets = octets };
		snprintf(all[i].who, sizeof all[i].who, "%s.c%zu", parts[i].side, i + 1);
		lift_init(&all[i].lift, t, o, identifiers, out);
		all[i].lift.sessions = &sessions;
		all[i].lift.name = strchr(all[i].who, '.') + 1;
		all[i].lift.lane = parts[i].lane;
		if (t->why[parts[i].ours][0])
			ok = cannot(&all[i], "%s", t->why[parts[i].ours]);
	}
	ok = ok && compose(all, parts, n);
	if (!ok && !out->why[0])
		snprintf(out->why, sizeof out->why, "out of memory");
	if (text)
		fclose(text);
	for (size_t i = 0; all && i < n; i++) {
		free(all[i].expected);
		free(all[i].transfer);
		free(all[i].acknowledging);
		lift_drop(&all[i].lift);
	}
	free(all);
	free(identifiers);
	free(sessions.at);
	free(octets);
	return ok;
}

void replay_composed_free(struct replay_composed *out)
{
	free(out->text);
	*out = (struct replay_composed){ 0 };
}
