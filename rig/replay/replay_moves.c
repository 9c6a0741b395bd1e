/*
 * The moves of a talk as text: ours are steps, theirs are expectations.
 */
#include "replay/replay_composing.h"

#include "acse/acse_pdu.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILL_COLUMN = 96,
	/* A pause below this is the capturing host's, not the peer's. */
	PAUSE_MIN_US = 200,
};

bool compose_cannot(struct composing *k, const char *fmt, ...)
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

void compose_say(struct composing *k, const char *fmt, ...)
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
 * receiver's own matter.  Not above `most`. */
static void expect_up_to(struct composing *k, uint32_t most)
{
	uint32_t serial = k->confirmed < most ? k->confirmed : most;

	if (k->expected)
		compose_say(k, "expect %s %s within %" PRId64 "ms", k->who, k->expected,
		    k->o->patience_us / 1000 * (1 + k->slack));
	if (serial > k->waited)
		compose_say(k, "%s: wait until confirmed %" PRIu32 " within %" PRId64 "ms", k->who,
		    serial, k->o->patience_us / 1000);
	k->waited = serial > k->waited ? serial : k->waited;
	free(k->expected);
	k->expected = NULL;
	k->confirmed = k->confirmed > most ? k->confirmed : 0;
	k->slack = 0;
}

void compose_expect_now(struct composing *k)
{
	expect_up_to(k, UINT32_MAX);
}

/* A DR behind the end of the session connection is not of class 0 (X.224 6.7.1.5):
 * peers that send one do it for themselves. */
static bool counts(const struct composing *k, const struct replay_pdu *p)
{
	return !(p->layer == LAYER_COTP && p->code == COTP_DR && k->ended);
}

bool compose_clears(const struct replay_pdu *p)
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
	k->cleared |= compose_clears(p);
	/* Sync points are where they are today. */
	if (k->whole_to && p->layer == LAYER_SESSION && (p->code == SPDU_MIP ||
	                                                 p->code == SPDU_MIA))
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
	else if (p->layer == LAYER_COTP && p->code == COTP_CR)
		snprintf(what, sizeof what, "cotp CR as cr");
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

/* Does its caller go on, on another connection, with what was begun on this one?  Then it
 * was lost, and is lost again only if we see to it: else there is nothing to recover. */
static bool was_lost(const struct composing *k)
{
	if (k->cut || k->ended)
		return false;
	for (size_t i = 0; i < k->c->talks_n; i++)
		if (replay_resumes(&k->c->talks[i], k->t))
			return true;
	return false;
}

static void lose(struct composing *k)
{
	compose_expect_now(k);
	compose_say(k, "%s: cut rst", k->who);
	k->cut = true;
}

void compose_theirs(struct composing *k, const struct replay_move *m)
{
	if (m->kind == REPLAY_FIN || m->kind == REPLAY_RST) {
		if (was_lost(k))
			lose(k);
		if (!k->cut && !k->theirs_ended && !k->cleared)
			expect(k, "tcp closed");
		k->theirs_ended = true;
		return;
	}
	if (m->kind == REPLAY_PART)
		return;
	whole_hear(k);
	for (uint32_t i = 0; i < m->pdus_n; i++)
		expect_pdu(k, &k->t->pdus[m->pdus + i]);
	if (k->at - 1 == k->whole_to)
		k->whole_to = 0;
	lift_hear(&k->lift, m, (struct octets){ k->octets, m->n });
}

/* ---- ours ---- */

void compose_pause_until(struct composing *k, int64_t time_ns)
{
	int64_t us = (int64_t)((double)(time_ns - k->before_ns) / 1000 * k->o->scale);

	if (k->o->timing == REPLAY_CAPTURED && k->before_ns && us >= PAUSE_MIN_US)
		compose_say(k, "wait %" PRId64 "us", us);
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
		return compose_cannot(k, "out of memory");
	/* "octets" takes the digits themselves. */
	compose_say(k, "%s: send octets %s", k->who, strncmp(text, "hex:", 4) == 0 ? text + 4 :
	            text);
	free(text);
	return true;
}

/* A part of a TSDU, as it was: no value in it can be told.  What comes before a bind was
 * accepted may hold names. */
static bool our_rest(struct composing *k, const struct replay_move *m)
{
	bool bound = k->o->captured_names;

	for (uint32_t i = 0; i < m->pdus; i++)
		bound |= k->t->pdus[i].layer == LAYER_SESSION && k->t->pdus[i].code == SPDU_AC;
	if (!bound)
		return compose_cannot(k, "frame %" PRIu32 ": the connection ends within a TSDU, in "
		                      "which name and password cannot be told apart; "
		                      "--captured-names sends it as captured", m->frame);
	k->out->as_octets++;
	return our_octets(k, m);
}

/* The move at hand within a transfer that is played by rule. */
static bool our_part(struct composing *k, const struct replay_move *m)
{
	bool end = k->at - 1 == k->whole_to;
	char *text;

	if (k->transfer)
		compose_say(k, "%s: %s", k->who, k->transfer);
	free(k->transfer);
	k->transfer = NULL;
	if (!end)
		return true;
	k->whole_to = 0;
	text = lift_part(&k->lift, m, (struct octets){ k->octets, m->n }, LIFT_PART);
	if (!text)
		return compose_cannot(k, "frame %" PRIu32 ": the end of this activity cannot be "
		                      "written again", m->frame);
	compose_say(k, "%s: send exactly %s", k->who, text);
	free(text);
	return true;
}

/* An activity of ours begins: whole, if its end can be written by rule, too. */
static void begin_whole(struct composing *k, const struct replay_move *m)
{
	size_t end = whole_end(k);
	char *text;

	if (!end)
		return;
	k->transfer = whole_text(k, end);
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
	const uint32_t *changes = k->out->changes;
	uint32_t names = changes[REPLAY_NAMES], passwords = changes[REPLAY_PASSWORDS];
	char *text = lift_move(&k->lift, m, (struct octets){ k->octets, m->n });
	bool safe;

	if (!text)
		return compose_cannot(k, "out of memory");
	safe = k->o->captured_names || !has_bind(k, m) ||
	       (changes[REPLAY_NAMES] > names &&
	        (!k->t->passworded[k->part->ours] || changes[REPLAY_PASSWORDS] > passwords));
	if (safe)
		compose_say(k, "%s: send exactly %s", k->who, text);
	free(text);
	for (uint32_t i = 0; i < m->pdus_n; i++) {
		const struct replay_pdu *p = &k->t->pdus[m->pdus + i];

		k->cleared |= compose_clears(p);
		if (p->layer == LAYER_SESSION && (p->code == SPDU_DN || p->code == SPDU_RF ||
		                                  p->code == SPDU_FN || p->code == SPDU_AB))
			k->ended = true;
	}
	return safe || compose_cannot(k, "frame %" PRIu32 ": names and password of this bind "
	                              "cannot be told apart and would be sent as captured; "
	                              "--captured-names allows it", m->frame);
}

static bool is_confirmation(const struct composing *k, const struct replay_move *m)
{
	const struct replay_pdu *p = whole_spdu(k, m);

	return p && p->code == SPDU_MIA;
}

/* In our activity that begins at the move at hand: is anything sent while a sync point of
 * it is not confirmed? */
static bool crosses(const struct composing *k)
{
	uint32_t synced = 0, confirmed = 0;

	for (size_t i = k->at; i < k->t->moves_n; i++) {
		const struct replay_pdu *p = whole_spdu(k, &k->t->moves[i]);

		if (!p)
			return false;
		if (p->code == SPDU_MIA)
			confirmed = p->serial;
		if (p->direction != (uint8_t)k->part->ours)
			continue;
		if (p->code != SPDU_DT && p->code != SPDU_MIP && p->code != SPDU_AE)
			return false;
		if (synced > confirmed)
			return true;
		synced = p->code == SPDU_MIP ? p->serial : synced;
	}
	return false;
}

/* What we send may cross its confirmations: it waits for those that the window of the capture
 * wants then, and for no other that happened to be there (X.218 9.1.1). */
static uint32_t wanted(struct composing *k, const struct replay_move *m)
{
	const struct replay_pdu *p = whole_spdu(k, m);
	uint32_t serial;

	if (!p || !k->t->window)
		return UINT32_MAX;
	if (p->code == SPDU_AS || p->code == SPDU_AR) {
		k->synced = k->waited = 0;
		k->crossing = crosses(k);
	}
	if (!k->crossing || (p->code != SPDU_DT && p->code != SPDU_MIP && p->code != SPDU_AE))
		return UINT32_MAX;
	serial = p->code == SPDU_DT ? k->synced + 1 : p->serial;
	if (p->code == SPDU_MIP)
		k->synced = p->serial;
	return serial > k->t->window ? serial - k->t->window : 0;
}

bool compose_ours(struct composing *k, const struct replay_move *m)
{
	/* Also behind its end: what a rule confirms, no step does. */
	if (k->acknowledging && is_confirmation(k, m))
		return true;
	expect_up_to(k, wanted(k, m));
	if (!k->whole_to)
		compose_pause_until(k, m->time_ns);
	if (m->kind == REPLAY_FIN || m->kind == REPLAY_RST) {
		/* Behind the other's end it makes no difference, and TCP may come first. */
		if (!k->cut)
			compose_say(k, "%s: cut %s", k->who,
			    m->kind == REPLAY_FIN || k->theirs_ended ? "fin" : "rst");
		k->cut = true;
		return true;
	}
	if (k->cut)
		return true;
	if (m->kind == REPLAY_OCTETS)
		return our_octets(k, m);
	if (m->kind == REPLAY_PART)
		return our_rest(k, m);
	if (k->whole_to)
		return our_part(k, m);
	begin_whole(k, m);
	return our_pdus(k, m);
}
