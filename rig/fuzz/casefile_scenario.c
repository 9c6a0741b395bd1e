/*
 * A case as a scenario: what its caller says, what is done where the message is handed on,
 * and what the ledger must see.
 */
#include "fuzz/casefile_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct writing {
	FILE *out;
	const struct speech *speech;
	struct fuzz_script script;
	const char *long_name;		/* of the file with octets that no line holds */
	bool as_next;			/* the other association is one of the next MTA */
	unsigned ordinal;		/* of the case, from 1 */
	bool answered;			/* its CC has come: there is a reference */
	int indent;
};

static FILE *line(const struct writing *w)
{
	fprintf(w->out, "%*s", w->indent, "");
	return w->out;
}

static const char *conn_name(const struct writing *w, uint8_t conn, char buf[static 16])
{
	snprintf(buf, 16, "%s.%c%u", w->as_next && conn == CONN_OTHER ? "down" : "up", "conb"[conn],
	         w->ordinal);
	return buf;
}

/* "cotp CC", "session AC" */
static void pdu_name(FILE *out, uint8_t code)
{
	if (code == SPDU_MAA_AEA)
		code = SPDU_AEA;
	fprintf(out, "%s %s", code >= HEARD_TPDU ? "cotp" : "session", heard_name(code));
}

/* The sentence, with the names that its variables have in this file; `reference` NULL: the peer
 * has given none. */
static void put_sentence(const struct writing *w, const char *text, const char *reference)
{
	while (*text) {
		const char *word = strstr(text, "$cc.src"), *rest = strstr(text, "$long");
		const char *found = word ? word : rest;

		if (!found)
			break;
		fprintf(w->out, "%.*s", (int)(found - text), text);
		if (word && reference)
			fprintf(w->out, "$%s.src", reference);
		else if (word)
			fputc('0', w->out);
		else
			fprintf(w->out, "file:%s", w->long_name);
		text = found + strlen(word ? "$cc.src" : "$long");
	}
	fputs(text, w->out);
}

/* The end of the line: how much of the sentence is said. */
static void put_cut(const struct writing *w, uint8_t sentence, uint8_t lie, uint16_t cut)
{
	struct speech_who who = { 0 };
	uint8_t octets[SPEECH_MAX];
	size_t n = speech_octets((struct speech *)(uintptr_t)w->speech, sentence, lie, &who,
	                         octets);

	if (cut && n > 1)
		fprintf(w->out, " stop after %zu", 1 + (cut - 1u) % (n - 1));
	fputc('\n', w->out);
}

static void write_say(struct writing *w, const struct fuzz_op *op, const char *conn)
{
	char text[LINE_MAX_OCTETS], named[24];

	speech_text(w->speech, op->sentence, op->lie, text, sizeof text);
	fprintf(line(w), "%s: send ", conn);
	snprintf(named, sizeof named, "cc%u", w->ordinal);
	put_sentence(w, text, w->answered ? named : NULL);
	put_cut(w, op->sentence, op->lie, op->cut);
}

/* What a lane leaves alone because it is refused shows nothing; what follows a case may be. */
static void write_refusable(const struct writing *w, const struct fuzz_op *op, const char *conn)
{
	const char *mark = op->conn == CONN_CASE ? "inconclusive " : "";

	fprintf(line(w), "expect %s any-of { ", conn);
	pdu_name(w->out, op->code);
	fprintf(w->out, " | %ssession RF | %ssession AB | %stcp closed } within 5s\n", mark, mark,
	        mark);
}

static void write_hear(struct writing *w, const struct fuzz_op *op, const char *conn)
{
	if (op->us) {
		fprintf(line(w), "wait %" PRIu32 "us\n", op->us);
	} else if (op->any && op->code) {
		write_refusable(w, op, conn);
	} else if (op->any) {
		fprintf(line(w), "expect %s any-of { session AC | session RF | session AEA | "
		        "session ED | session AB | tcp closed } within 5s\n", conn);
	} else {
		fprintf(line(w), "expect %s ", conn);
		pdu_name(w->out, op->code);
		if (op->code == fuzz_cc && op->conn == CONN_CASE) {
			fprintf(w->out, " as cc%u", w->ordinal);
			w->answered = true;
		}
		fputs(" within 5s\n", w->out);
	}
}

static void write_hold(struct writing *w, const struct fuzz_op *op, const char *conn)
{
	const struct fuzz_script *s = &w->script;

	if (op->us) {
		fprintf(line(w), "wait %" PRIu32 "us\n", op->us);
		return;
	}
	fprintf(line(w), "expect %s any-of { ", conn);
	for (uint8_t code = 1; code < SPDU_MAA_AEA; code++)
		if (s->wanted & heard_bit(code)) {
			pdu_name(w->out, code);
			fputs(" | ", w->out);
		}
	fputs("session AB | tcp closed } within pixit.tim + 5s\n", w->out);
}

/* Whoever closes by halves reads again, or would not see what comes back. */
static void write_end(const struct writing *w, const struct fuzz_op *op, const char *conn)
{
	static const char *const ends[FUZZ_ENDS] = {
		[FUZZ_END_FIN] = "fin", [FUZZ_END_RST] = "rst", [FUZZ_END_HALF] = "half-close",
	};
	bool stalled = false;

	for (const struct fuzz_op *past = w->script.ops; past < op; past++)
		stalled |= past->kind == OP_STALL && past->conn == op->conn;
	if (stalled && op->code == FUZZ_END_HALF)
		fprintf(line(w), "%s: stall off\n", conn);
	if (op->code == FUZZ_END_DEAF)
		fprintf(line(w), "%s: stall on\n", conn);
	else if (ends[op->code])
		fprintf(line(w), "%s: cut %s\n", conn, ends[op->code]);
	if (op->conn == CONN_BEFORE)	/* the MTA has to read it before it is called again */
		fputs("wait 20ms\n", line(w));
}

static void write_op(struct writing *w, const struct fuzz_op *op)
{
	char name[16];
	const char *conn = conn_name(w, op->conn, name);

	if (op->kind == OP_CONNECT)
		fprintf(line(w), "%s: connect\n", conn);
	else if (op->kind == OP_SAY)
		write_say(w, op, conn);
	else if (op->kind == OP_HEAR)
		write_hear(w, op, conn);
	else if (op->kind == OP_STALL)
		fprintf(line(w), "%s: stall on\n", conn);
	else if (op->kind == OP_PAUSE)
		fprintf(line(w), "wait %" PRIu32 "us\n", op->us);
	else if (op->kind == OP_HOLD)
		write_hold(w, op, conn);
	else
		write_end(w, op, conn);
}

/* A lane resets what a case has left. */
static void write_ends(struct writing *w)
{
	char name[16];

	for (uint8_t conn = 0; conn < FUZZ_CONNS; conn++) {
		bool open = false;

		for (uint8_t i = 0; i < w->script.n; i++) {
			const struct fuzz_op *op = &w->script.ops[i];

			if (op->conn == conn && op->kind == OP_CONNECT)
				open = true;
			else if (op->conn == conn && op->kind == OP_END &&
			         op->code != FUZZ_END_HALF && op->code != FUZZ_END_DEAF)
				open = false;
		}
		if (open)
			fprintf(line(w), "%s: cut rst\n", conn_name(w, conn, name));
	}
}

/* --- where the message is handed on --- */

static const char *const cuts[FUZZ_ENDS] = {
	[FUZZ_END_FIN] = "fin", [FUZZ_END_RST] = "rst", [FUZZ_END_HALF] = "half-close",
};

/* A call of the MTA: each association that it opens is named, so that what a case does on one
 * is not done on the next. */
struct call {
	unsigned number;		/* of its name: names mean the newest that has them */
	unsigned failed;		/* calls before it, after each of which it waits */
};

static void write_heard(const struct writing *w, const struct call *call, const char *what)
{
	fprintf(line(w), "expect down.d%u %s within 5s\n", call->number, what);
}

/* Names go to calls in the order in which they come. */
static void write_called(const struct writing *w, const struct call *call)
{
	fprintf(line(w), "expect down.d%u cotp CR as called%u within 10s", call->number,
	        call->number);
	fprintf(w->out, " + %u * pixit.open_interval + %u * pixit.disconnect + %u * pixit.tim\n",
	        call->failed + 1, call->failed, call->failed);
}

/* What an honest neighbour does up to the place: so many steps, the last one half if it is
 * the MTA's PDU.  What is resumed goes on with other serial numbers. */
static void write_honest(const struct writing *w, const struct fuzz_place *place,
                         const struct call *call)
{
	static const struct {
		const char *heard, *kept, *said, *field;
		enum { ALWAYS, IF_SYNCS, IF_NOT } when;
	} steps[] = {
		{ NULL, "called", "cotp CC dst=", ".src", ALWAYS },
		{ "session CN", NULL, "rtse RTOAC", NULL, IF_NOT },
		{ "session CN", NULL, "rtse RTOAC checkpoint=1", NULL, IF_SYNCS },
		{ "any-of { session AS | session AR }", NULL, NULL, NULL, ALWAYS },
		{ "session DT", NULL, NULL, NULL, ALWAYS },
		{ "session MIP", "mip", "session MIA serial=", ".serial", IF_SYNCS },
		{ "session AE", "ae", "session AEA serial=", ".serial", IF_NOT },
		{ "session FN", NULL, "session DN", NULL, ALWAYS },
	};
	enum { OPENING = 2, RELEASING = 7 };
	static const uint8_t so_many[FUZZ_PLACES] = {
		0, 1, 1, 2, 2, 4, 5, 7, 7, 8, 8, 6, 6, 6, 6, 5, 6, 6,
	};
	size_t n = so_many[place - fuzz_places];

	write_called(w, call);
	for (size_t i = 0; i < n; i++) {
		if (steps[i].when == (fuzz_place_syncs(place) ? IF_NOT : IF_SYNCS))
			continue;
		if (steps[i].heard)
			fprintf(line(w), "expect down.d%u %s", call->number, steps[i].heard);
		if (steps[i].heard && steps[i].kept)
			fprintf(w->out, " as %s%u", steps[i].kept, call->number);
		if (steps[i].heard)
			fprintf(w->out, " within %s5s\n",
			        i == RELEASING ? "pixit.lifetime + " : "");
		if (!steps[i].said ||
		    (i + 1 == n && !place->out && place->behind < 2 && !place->resumes))
			continue;
		fprintf(line(w), "down.d%u: send %s", call->number, steps[i].said);
		if (steps[i].kept)
			fprintf(w->out, "$%s%u%s", steps[i].kept, call->number, steps[i].field);
		if (place->resumes && i == OPENING)
			fputs(" window=1", w->out);
		fputc('\n', w->out);
	}
}

/* Whoever is allowed one checkpoint at a time has read the first confirmation when the second
 * comes.  It is reset, and the MTA comes again for the rest. */
static void write_resumed(const struct writing *w, struct call *call)
{
	write_heard(w, call, "session MIP");
	fprintf(line(w), "down.d%u: cut rst\n", call->number);
	call->number++;
	call->failed++;
	write_called(w, call);
	fprintf(line(w), "down.d%u: send cotp CC dst=$called%u.src\n", call->number, call->number);
	write_heard(w, call, "session CN");
	fprintf(line(w), "down.d%u: send rtse RTOAC checkpoint=1\n", call->number);
	write_heard(w, call, "session AR");
}

/* Our report of an exception, and what the MTA does about it. */
static void write_given_up(const struct writing *w, const struct fuzz_place *place,
                           const struct call *call)
{
	if (place->behind > 1)
		write_heard(w, call, "session MIP");
	if (fuzz_place_stalls(place)) {
		fprintf(line(w), "down.d%u: stall on\n", call->number);
		fputs("wait 20ms\n", line(w));
	}
	fprintf(line(w), "down.d%u: send session ED reason=no-reason\n", call->number);
	if (fuzz_place_stalls(place))
		return;
	fprintf(line(w), "expect down.d%u ", call->number);
	pdu_name(w->out, place->code);
	fputs(" within 5s\n", w->out);
}

static void write_called_end(const struct writing *w, const struct fuzz_case *c,
                             const struct call *call)
{
	if (cuts[c->down_end])
		fprintf(line(w), "down.d%u: cut %s\n", call->number, cuts[c->down_end]);
	if (c->down_end == FUZZ_END_RST)
		return;
	if (c->down_end == FUZZ_END_STALL || c->down_end == FUZZ_END_DEAF)
		fprintf(line(w), "down.d%u: stall on\n", call->number);
	if (c->down_end == FUZZ_END_SILENCE)
		fprintf(line(w), "down.d%u: cut silence\n", call->number);
	if (c->down_end == FUZZ_END_SILENCE)
		fputs("wait pixit.disconnect + 1s\n", line(w));
	else if (c->down_end == FUZZ_END_STALL)
		fputs("wait 30ms\n", line(w));
	else if (c->down_end == FUZZ_END_HOLD && fuzz_handed_on(c).must_end)
		fprintf(line(w), "expect down.d%u any-of { session AB | tcp closed } within "
		        "pixit.tim + 5s\n", call->number);
	else
		fputs("wait 100ms\n", line(w));
	fprintf(line(w), "down.d%u: cut rst\n", call->number);
}

/* One call, or the one that resumes it, word by word: the runner would not know whose message
 * it is. */
static void write_answered(const struct writing *w, const struct fuzz_case *c, struct call *call)
{
	const struct fuzz_place *place = &fuzz_places[c->down];
	char text[LINE_MAX_OCTETS], named[24];

	write_honest(w, place, call);
	if (place->gives_up)
		write_given_up(w, place, call);
	else if (place->resumes)
		write_resumed(w, call);
	else if (place->behind)
		fputs("wait 20ms\n", line(w));
	if (c->down_way) {
		speech_text(w->speech, c->down_way, 0, text, sizeof text);
		fprintf(line(w), "down.d%u: send ", call->number);
		snprintf(named, sizeof named, "called%u", call->number);
		put_sentence(w, text, named);
		put_cut(w, c->down_way, 0, c->down_cut);
	}
	if (fuzz_place_stalls(place))
		fprintf(line(w), "down.d%u: stall off\n", call->number);
	write_called_end(w, c, call);
	call->number++;
	call->failed++;
}

/* --- a case --- */

static void write_caller(struct writing *w)
{
	w->answered = false;
	for (uint8_t i = 0; i < w->script.n; i++)
		write_op(w, &w->script.ops[i]);
	write_ends(w);
}

/* The MTA hands on while the case goes on, and tries again whatever the case still does with the
 * call before: each call is answered by itself. */
static void write_both(struct writing *w, const struct fuzz_case *c, unsigned calls)
{
	struct call call = { .number = 1 };
	unsigned each = fuzz_places[c->down].resumes ? 2 : 1;

	for (unsigned i = 1; i <= calls * each; i++)
		fprintf(line(w), "down.d%u: listen detached\n", i);
	fputs("in parallel {\n", line(w));
	w->indent += 2;
	write_caller(w);
	for (unsigned i = 0; i < calls; i++) {
		w->indent -= 2;
		fputs("} and {\n", line(w));
		w->indent += 2;
		write_answered(w, c, &call);
	}
	w->indent -= 2;
	fputs("}\n", line(w));
}

/* Who has our acknowledgement does not come again. */
static bool is_done(const struct fuzz_case *c)
{
	const struct fuzz_place *place = &fuzz_places[c->down];

	return place->releases || place->code == SPDU_AEA || fuzz_acknowledges(c);
}

static void write_case(struct writing *w, const struct fuzz_case *c)
{
	char text[400];
	struct text t;

	text_init(&t, text, sizeof text);
	fuzz_case_text(&t, c);
	fuzz_compile(c, &w->script);
	w->as_next = c->flight == FLIGHT_TURN;
	fprintf(w->out, "\n  # %s\n", text);
	if (!w->script.down)
		write_caller(w);
	else if (!is_done(c))
		write_both(w, c, c->down_times + 1u);
	else
		for (unsigned i = 0; i <= c->down_times; i++)
			write_both(w, c, 1);
}

/* --- what the ledger sees --- */

/* What is known of the messages of all cases. */
struct owed {
	unsigned due;			/* acknowledged, and not ours yet: come out once each */
	bool doubtful;			/* others may come out, or come once more */
	bool is_long;			/* the last of them is */
};

/* All is said up to the acknowledgement, and that is waited for. */
static bool is_whole(const struct fuzz_case *c)
{
	struct fuzz_case all = *c;
	struct fuzz_script s;
	uint8_t n = 0;

	all.without = 0;
	fuzz_compile(&all, &s);
	while (n < s.n && (s.ops[n].kind != OP_HEAR || s.ops[n].code != SPDU_AEA)) {
		if (c->without >> n & 1 && s.ops[n].kind != OP_HEAR)
			return false;
		n++;
	}
	return s.message == MESSAGE_WHOLE && n < s.n && !(c->without >> n & 1);
}

static struct owed owed_of(const struct casefile *f)
{
	struct owed owed = { 0 };
	struct fuzz_script s;

	for (size_t i = 0; i < f->n; i++) {
		const struct fuzz_case *c = &f->cases[i];
		bool whole;

		fuzz_compile(c, &s);
		whole = is_whole(c) && !(s.down && is_done(c));
		owed.due += whole;
		if (whole)
			owed.is_long = c->is_long;
		owed.doubtful |= s.resumes || s.seeded || (!whole && s.message > MESSAGE_PARTLY);
	}
	return owed;
}

/* A recovery is refused, and the one that begins anew comes with another call. */
static void write_listens(const struct writing *w)
{
	fputs("repeat 8 {\n", line(w));
	fputs("  down.out: listen\n", line(w));
	fputs("}\n", line(w));
}

static void write_ledger(const struct writing *w, const struct owed *owed)
{
	static const char message[] = "p1 MESSAGE content-id=\"FUZZ0000\"";
	char content[LINE_MAX_OCTETS];

	speech_content(content, sizeof content);
	if (owed->due == 1) {
		fprintf(line(w), "expect down.out %s ", message);
		if (!owed->is_long)
			fprintf(w->out, "user=\"%s\" ", content);
		fputs("then session AE within 10s + 2 * pixit.open_interval + pixit.disconnect + "
		      "pixit.recovery_timeout\n", w->out);
	}
	if (!owed->doubtful && owed->due <= 1)
		fprintf(line(w), "expect down.out no %s for pixit.open_interval + 1s\n", message);
}

static bool is_of_ledger(const struct casefile *f)
{
	return strncmp(f->signature, "ledger", 6) == 0;
}

static bool hands_over(const struct casefile *f)
{
	struct fuzz_script s;

	for (size_t i = 0; i < f->n; i++) {
		fuzz_compile(&f->cases[i], &s);
		if (s.down)
			return true;
	}
	return false;
}

static bool is_next(const struct casefile *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->cases[i].flight == FLIGHT_TURN)
			return true;
	return false;
}

/* "next-bind the MTA has gone" -> "next-bind-the-mta-has-gone" */
static void identify(const struct casefile *f, char id[static 48])
{
	size_t n = 0;

	for (const char *p = f->signature; *p && n < 40; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (plain || (n && id[n - 1] != '-'))
			id[n++] = plain ? c : '-';
	}
	while (n && id[n - 1] == '-')
		n--;
	id[n] = '\0';
}

void casefile_scenario(const struct casefile *f, const struct speech *speech, const char *long_name,
                       FILE *out)
{
	struct writing w = { .out = out, .speech = speech, .long_name = long_name, .indent = 2 };
	const struct owed owed = owed_of(f);
	bool called = hands_over(f), looks = is_of_ledger(f);
	char id[48];

	identify(f, id);
	fprintf(out, "\nscenario fuzz/%s\n  title   \"%s\"\n", id, f->signature);
	fprintf(out, "  source  \"x400rig fuzz teardown, seed %" PRIu64 "\"\n", f->cases[0].seed);
	if (called || looks || is_next(f))
		fputs("  needs   side.down\n", out);
	if (looks && !called)
		write_listens(&w);
	for (size_t i = 0; i < f->n; i++) {
		w.ordinal++;
		write_case(&w, &f->cases[i]);
	}
	if (looks && called) {
		fputs("\n  down: cut rst\n", out);
		write_listens(&w);
	}
	if (looks)
		write_ledger(&w, &owed);
	fputs("\n  expect up next-bind within 5s\n  expect alive\n  expect log none conclusive\n",
	      out);
}
