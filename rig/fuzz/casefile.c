#include "fuzz/casefile.h"

#include "fuzz/seed.h"
#include "fuzz/speech.h"
#include "scenario/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 4000, CASES_MAX = 1 << 16 };

/* --- the scenario ---------------------------------------------------------------------- */

struct writing {
	FILE *out;
	const struct speech *speech;
	struct fuzz_script script;
	const char *long_name;		/* of the file with octets that no line holds */
	bool as_next;			/* the other association is one of the next MTA */
	unsigned ordinal;		/* of the case, from 1 */
	bool answered;			/* its CC has come: there is a reference */
};

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
	fprintf(w->out, "  %s: send ", conn);
	snprintf(named, sizeof named, "cc%u", w->ordinal);
	put_sentence(w, text, w->answered ? named : NULL);
	put_cut(w, op->sentence, op->lie, op->cut);
}

static void write_hear(struct writing *w, const struct fuzz_op *op, const char *conn)
{
	if (op->us) {
		fprintf(w->out, "  wait %" PRIu32 "us\n", op->us);
		return;
	}
	if (op->any) {
		fprintf(w->out, "  expect %s any-of { session AC | session RF | session AEA | "
		        "session ED | session AB | tcp closed } within 5s\n", conn);
		return;
	}
	fprintf(w->out, "  expect %s ", conn);
	pdu_name(w->out, op->code);
	if (op->code == fuzz_cc && op->conn == CONN_CASE) {
		fprintf(w->out, " as cc%u", w->ordinal);
		w->answered = true;
	}
	fputs(" within 5s\n", w->out);
}

static void write_hold(struct writing *w, const struct fuzz_op *op, const char *conn)
{
	const struct fuzz_script *s = &w->script;

	if (op->us) {
		fprintf(w->out, "  wait %" PRIu32 "us\n", op->us);
		return;
	}
	fprintf(w->out, "  expect %s any-of { ", conn);
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
		fprintf(w->out, "  %s: stall off\n", conn);
	if (op->code == FUZZ_END_DEAF)
		fprintf(w->out, "  %s: stall on\n", conn);
	else if (ends[op->code])
		fprintf(w->out, "  %s: cut %s\n", conn, ends[op->code]);
}

static void write_op(struct writing *w, const struct fuzz_op *op)
{
	char name[16];
	const char *conn = conn_name(w, op->conn, name);

	if (op->kind == OP_CONNECT)
		fprintf(w->out, "  %s: connect\n", conn);
	else if (op->kind == OP_SAY)
		write_say(w, op, conn);
	else if (op->kind == OP_HEAR)
		write_hear(w, op, conn);
	else if (op->kind == OP_STALL)
		fprintf(w->out, "  %s: stall on\n", conn);
	else if (op->kind == OP_PAUSE)
		fprintf(w->out, "  wait %" PRIu32 "us\n", op->us);
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
			fprintf(w->out, "  %s: cut rst\n", conn_name(w, conn, name));
	}
}

/* --- where the message is handed on --- */

static const char *const cuts[FUZZ_ENDS] = {
	[FUZZ_END_FIN] = "fin", [FUZZ_END_RST] = "rst", [FUZZ_END_HALF] = "half-close",
};

/* What an honest neighbour does up to the place: so many steps, the last one half if it is
 * the MTA's PDU. */
static void write_honest(const struct writing *w, const struct fuzz_place *place)
{
	static const struct {
		const char *heard, *said;
		enum { ALWAYS, IF_SYNCS, IF_NOT } when;
	} steps[] = {
		{ "cotp CR as called", "cotp CC dst=$called.src", ALWAYS },
		{ "session CN", "rtse RTOAC", IF_NOT },
		{ "session CN", "rtse RTOAC checkpoint=1", IF_SYNCS },
		{ "any-of { session AS | session AR }", NULL, ALWAYS },
		{ "session DT", NULL, ALWAYS },
		{ "session MIP", "session MIA serial=1", IF_SYNCS },
		{ "session AE", "session AEA serial=1", IF_NOT },
		{ "session FN", "session DN", ALWAYS },
	};
	static const uint8_t so_many[FUZZ_PLACES] = {
		0, 1, 1, 2, 2, 4, 5, 7, 7, 8, 8, 6, 6, 6, 6, 5, 6, 6,
	};
	size_t n = so_many[place - fuzz_places];

	for (size_t i = 0; i < n; i++) {
		if (steps[i].when == (fuzz_place_syncs(place) ? IF_NOT : IF_SYNCS))
			continue;
		fprintf(w->out, "  expect down %s within pixit.open_interval + 10s\n",
		        steps[i].heard);
		if (steps[i].said &&
		    (i + 1 < n || place->out || place->behind > 1 || place->resumes))
			fprintf(w->out, "  down: send %s\n", steps[i].said);
	}
}

/* It is reset, and the MTA comes again for the rest. */
static void write_resumed(const struct writing *w)
{
	fputs("  down: cut rst\n"
	      "  expect down cotp CR as called within pixit.open_interval + 10s\n"
	      "  down: send cotp CC dst=$called.src\n"
	      "  expect down session CN within 5s\n"
	      "  down: send rtse RTOAC checkpoint=1\n"
	      "  expect down session AR within 5s\n", w->out);
}

/* Our report of an exception, and what the MTA does about it. */
static void write_given_up(const struct writing *w, const struct fuzz_place *place)
{
	if (place->behind > 1)
		fputs("  expect down session MIP within pixit.open_interval + 10s\n", w->out);
	if (fuzz_place_stalls(place))
		fputs("  down: stall on\n  wait 20ms\n", w->out);
	fputs("  down: send session ED reason=no-reason\n", w->out);
	if (fuzz_place_stalls(place))
		return;
	fputs("  expect down ", w->out);
	pdu_name(w->out, place->code);
	fputs(" within 5s\n", w->out);
}

static void write_called_end(const struct writing *w, const struct fuzz_case *c)
{
	bool must = fuzz_handed_on(c).must_end;

	if (cuts[c->down_end])
		fprintf(w->out, "  down: cut %s\n", cuts[c->down_end]);
	else if (c->down_end == FUZZ_END_STALL || c->down_end == FUZZ_END_DEAF)
		fputs("  down: stall on\n  wait 30ms\n", w->out);
	else if (c->down_end == FUZZ_END_SILENCE)
		fputs("  down: cut silence\n  wait pixit.disconnect + 1s\n", w->out);
	else if (must)
		fputs("  expect down any-of { session AB | tcp closed } within pixit.tim + 5s\n",
		      w->out);
	else
		fputs("  wait 100ms\n", w->out);
}

/* The called side, word by word: the runner would not know whose message it is. */
static void write_called(const struct writing *w, const struct fuzz_case *c)
{
	char text[LINE_MAX_OCTETS];

	write_honest(w, &fuzz_places[c->down]);
	if (fuzz_places[c->down].gives_up)
		write_given_up(w, &fuzz_places[c->down]);
	else if (fuzz_places[c->down].resumes)
		write_resumed(w);
	else if (fuzz_places[c->down].behind)
		fputs("  wait 20ms\n", w->out);
	if (c->down_way) {
		speech_text(w->speech, c->down_way, 0, text, sizeof text);
		fputs("  down: send ", w->out);
		put_sentence(w, text, "called");
		put_cut(w, c->down_way, 0, c->down_cut);
	}
	if (fuzz_place_stalls(&fuzz_places[c->down]))
		fputs("  down: stall off\n", w->out);
	write_called_end(w, c);
	if (c->down_end != FUZZ_END_RST)
		fputs("  down: cut rst\n", w->out);
	if (c->down_end == FUZZ_END_STALL || c->down_end == FUZZ_END_DEAF)
		fputs("  down: stall off\n", w->out);
}

static void write_case(struct writing *w, const struct fuzz_case *c)
{
	char line[400];
	struct text t;

	text_init(&t, line, sizeof line);
	fuzz_case_text(&t, c);
	fuzz_compile(c, &w->script);
	w->as_next = c->flight == FLIGHT_TURN;
	w->answered = false;
	fprintf(w->out, "\n  # %s\n", line);
	if (w->script.down)
		fputs("  down: listen detached\n", w->out);
	for (uint8_t i = 0; i < w->script.n; i++)
		write_op(w, &w->script.ops[i]);
	write_ends(w);
	for (unsigned i = 0; w->script.down && i <= c->down_times; i++)
		write_called(w, c);
}

static bool hands_over(const struct casefile *f)
{
	struct fuzz_script s;

	for (size_t i = 0; i < f->n; i++) {
		fuzz_compile(&f->cases[i], &s);
		if (s.down || f->cases[i].flight == FLIGHT_TURN)
			return true;
	}
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

static void write_scenario(const struct casefile *f, const struct speech *speech,
                           const char *long_name, FILE *out)
{
	struct writing w = { .out = out, .speech = speech, .long_name = long_name };
	char id[48];

	identify(f, id);
	fprintf(out, "\nscenario fuzz/%s\n  title   \"%s\"\n", id, f->signature);
	fprintf(out, "  source  \"x400rig fuzz teardown, seed %" PRIu64 "\"\n  limit   %zus\n",
	        f->cases[0].seed, 120 + 10 * f->n);
	if (hands_over(f))
		fputs("  needs   side.down\n", out);
	for (size_t i = 0; i < f->n; i++) {
		w.ordinal++;
		write_case(&w, &f->cases[i]);
	}
	fputs("\n  expect up next-bind within 5s\n  expect alive\n  expect log none conclusive\n",
	      out);
}

/* --- what the fuzzer takes up ------------------------------------------------------------- */

static const struct field {
	const char *name;
	size_t at;
	bool wide;			/* 16 bits, else 8 */
} fields[] = {
	{ "point", offsetof(struct fuzz_case, point), true },
	{ "cut", offsetof(struct fuzz_case, cut), true },
	{ "way", offsetof(struct fuzz_case, way), false },
	{ "second", offsetof(struct fuzz_case, second), false },
	{ "lie", offsetof(struct fuzz_case, lie), false },
	{ "end", offsetof(struct fuzz_case, end), false },
	{ "delay", offsetof(struct fuzz_case, delay), false },
	{ "flight", offsetof(struct fuzz_case, flight), false },
	{ "after", offsetof(struct fuzz_case, after), false },
	{ "down", offsetof(struct fuzz_case, down), false },
	{ "downway", offsetof(struct fuzz_case, down_way), false },
	{ "downend", offsetof(struct fuzz_case, down_end), false },
	{ "downtimes", offsetof(struct fuzz_case, down_times), false },
	{ "downcut", offsetof(struct fuzz_case, down_cut), true },
	{ "long", offsetof(struct fuzz_case, is_long), false },
	{ "rest", offsetof(struct fuzz_case, rest), false },
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static uint16_t field_get(const struct fuzz_case *c, const struct field *f)
{
	const uint8_t *at = (const uint8_t *)c + f->at;
	uint16_t v = *at;

	if (f->wide)
		memcpy(&v, at, sizeof v);
	return v;
}

static bool field_set(struct fuzz_case *c, const struct field *f, uint64_t value)
{
	uint8_t *at = (uint8_t *)c + f->at;
	uint16_t v = (uint16_t)value;

	if (value > (f->wide ? UINT16_MAX : UINT8_MAX))
		return false;
	if (f->wide)
		memcpy(at, &v, sizeof v);
	else
		*at = (uint8_t)value;
	return true;
}

static void write_header(const struct casefile *f, FILE *out)
{
	fprintf(out, "#: fuzz teardown\n#: signature %s\n#: lanes %u\n", f->signature, f->lanes);
	if (f->defects[0])
		fprintf(out, "#: defect %s\n", f->defects);
	if (seed_paths())
		fprintf(out, "#: from %s\n", seed_capture());
	for (size_t i = 0; i < f->n; i++) {
		const struct fuzz_case *c = &f->cases[i];

		fprintf(out, "#: case seed=%" PRIu64 " number=%" PRIu64, c->seed, c->number);
		for (size_t k = 0; k < FIELDS; k++)
			fprintf(out, " %s=%u", fields[k].name, field_get(c, &fields[k]));
		fprintf(out, " without=0x%" PRIx64 "\n", c->without);
	}
}

/* PATH.octets, if the file needs it. */
static bool write_long(const struct casefile *f, const struct speech *speech, const char *path,
                       char beside[static FOLDER_PATH])
{
	struct octets rest = speech_long(speech);
	bool needed = false, ok;
	FILE *out;

	snprintf(beside, FOLDER_PATH, "%s.octets", path);
	for (size_t i = 0; i < f->n; i++)
		needed |= f->cases[i].is_long;
	if (!needed)
		return true;
	out = folder_create_file(beside);
	ok = out && fwrite(rest.p, 1, rest.n, out) == rest.n;
	return (!out || fclose(out) == 0) && ok;
}

bool casefile_write(const struct casefile *f, const struct target *t, const char *path)
{
	char why[200];
	struct speech *speech = speech_for(t, 1, why, sizeof why);
	FILE *out = speech ? folder_create_file(path) : NULL;
	char beside[FOLDER_PATH];
	bool ok = out && write_long(f, speech, path, beside) && (!seed_paths() || seed_copy(path));

	if (ok) {
		write_header(f, out);
		write_scenario(f, speech, strrchr(beside, '/') ? strrchr(beside, '/') + 1 : beside,
		               out);
	}
	ok = ok && !ferror(out);
	if (out && fclose(out) != 0)
		ok = false;
	speech_free(speech);
	return ok;
}

/* A value out of its table would lead the compiler astray. */
static bool sound(const struct fuzz_case *c)
{
	return c->point < fuzz_points() && c->way < fuzz_sentences_n &&
	       c->second < fuzz_sentences_n && c->lie < fuzz_lies_n && c->end < FUZZ_ENDS &&
	       c->delay < FUZZ_DELAYS && c->flight < FUZZ_FLIGHTS && c->after < FUZZ_AFTERS &&
	       c->down < FUZZ_PLACES && c->down_way < fuzz_sentences_n && c->down_end < FUZZ_ENDS &&
	       c->down_times < FUZZ_TIMES && c->is_long <= 1 && c->rest <= 1;
}

static bool set_named(struct fuzz_case *c, const char *name, uint64_t v)
{
	uint64_t *wide = strcmp(name, "seed") == 0 ? &c->seed
	               : strcmp(name, "number") == 0 ? &c->number
	               : strcmp(name, "without") == 0 ? &c->without : NULL;

	if (wide)
		*wide = v;
	for (size_t i = 0; !wide && i < FIELDS; i++)
		if (strcmp(name, fields[i].name) == 0)
			return field_set(c, &fields[i], v);
	return wide != NULL;
}

static bool read_case(const char *line, struct fuzz_case *c)
{
	char name[16], value[24];
	int n;

	*c = (struct fuzz_case){ 0 };
	while (sscanf(line, " %15[a-z]=%23[0-9a-fx]%n", name, value, &n) == 2) {
		if (!set_named(c, name, strtoull(value, NULL, 0)))
			return false;
		line += n;
	}
	return line[strspn(line, " \n")] == '\0' && sound(c);
}

static bool add_case(struct casefile *f, const char *line)
{
	struct fuzz_case *grown = realloc(f->cases, (f->n + 1) * sizeof *grown);

	if (!grown)
		return false;
	f->cases = grown;
	return f->n < CASES_MAX && read_case(line, &f->cases[f->n++]);
}

static bool read_line(struct casefile *f, const char *line)
{
	if (sscanf(line, "#: signature %95[^\n]", f->signature) == 1 ||
	    sscanf(line, "#: defect %127[^\n]", f->defects) == 1 ||
	    sscanf(line, "#: lanes %9u", &f->lanes) == 1)
		return true;
	return strncmp(line, "#: case ", 8) != 0 || add_case(f, line + 8);
}

void casefile_from(const char *path, char *capture, size_t cap)
{
	static const char head[] = "#: from ";
	FILE *in = fopen(path, "re");
	char line[LINE_MAX_OCTETS];

	*capture = '\0';
	while (in && !*capture && fgets(line, sizeof line, in))
		if (strncmp(line, head, sizeof head - 1) == 0)
			snprintf(capture, cap, "%.*s", (int)strcspn(line + sizeof head - 1, "\n"),
			         line + sizeof head - 1);
	if (in)
		fclose(in);
}

bool casefile_read(struct casefile *f, const char *path, char *why, size_t why_cap)
{
	FILE *in = fopen(path, "re");
	char line[LINE_MAX_OCTETS];
	unsigned number = 0;
	bool ok = in != NULL;

	*f = (struct casefile){ .lanes = 1 };
	snprintf(why, why_cap, "%s: %s", path, strerror(errno));
	while (ok && fgets(line, sizeof line, in)) {
		number++;
		ok = read_line(f, line);
		if (!ok)
			snprintf(why, why_cap, "%s:%u:1: this line cannot be read", path, number);
	}
	if (in)
		fclose(in);
	if (ok && f->n == 0)
		snprintf(why, why_cap, "%s: no line \"#: case ...\": not a file of the fuzzer",
		         path);
	if (ok && f->n && f->lanes && f->lanes <= 1000)
		return true;
	casefile_free(f);
	return false;
}

void casefile_free(struct casefile *f)
{
	free(f->cases);
	f->cases = NULL;
	f->n = 0;
}

size_t casefile_steps(const struct casefile *f)
{
	struct fuzz_script s;
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		fuzz_compile(&f->cases[i], &s);
		n += s.n;
	}
	return n;
}
