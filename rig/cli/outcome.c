#include "cli/outcome.h"
#include "scenario/journal.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* --- words ----------------------------------------------------------------------- */

static bool skipped(const struct case_result *r)
{
	return r->verdict == VERDICT_NONE;
}

const char *outcome_name(const struct case_result *r)
{
	return skipped(r) ? "skip" : r->verdict == VERDICT_INCONCLUSIVE ? "inconclusive"
	                                                                : verdict_name(r->verdict);
}

static enum cli_colour colour_of(const struct case_result *r)
{
	static const enum cli_colour colours[] = {
		[VERDICT_NONE] = CLI_GREY, [VERDICT_PASS] = CLI_GREEN,
		[VERDICT_INCONCLUSIVE] = CLI_YELLOW, [VERDICT_FAIL] = CLI_RED,
		[VERDICT_ERROR] = CLI_RED,
	};

	return colours[r->verdict];
}

/* The one sentence that says why. */
static const char *reason_of(const struct case_result *r)
{
	if (r->interrupted)
		return "interrupted";
	if (r->trouble[0])
		return r->trouble;
	return r->evidence_n ? r->evidence[0].reason : "";
}

/* --- text ------------------------------------------------------------------------ */

static void evidence_place(FILE *out, const struct scenario *sc, const struct evidence *ev)
{
	const struct expectation *x;

	if (ev->expectation >= sc->expectations_n)
		return;
	x = &sc->expectations[ev->expectation];
	fprintf(out, "      step        %s:%d  %s\n", sc->id, x->line, x->text);
}

/* The records of the MTA's log that fit an article. */
struct log_lines {
	FILE *out;
	unsigned n;
	uint64_t last;
};

enum { LOG_LINES_SHOWN = 8 };

static void log_line(void *ctx, const struct event *e)
{
	struct log_lines *l = ctx;

	if (e->kind != EVENT_LOG || !e->rule || e->offset == l->last)
		return;
	l->last = e->offset;
	if (l->n++ >= LOG_LINES_SHOWN)
		return;
	fprintf(l->out, "      %-11s line %" PRIu64, e->code == LOG_CALLS ? "calls" : "log",
	        e->offset);
	if (e->value)
		fprintf(l->out, ": event %" PRIu32, e->value);
	if (e->length)
		fprintf(l->out, ", error code %" PRIu64, e->length);
	fprintf(l->out, "\n");
}

static void log_text(FILE *out, const struct run_config *c, const struct scenario *sc)
{
	struct log_lines l = { .out = out };
	char path[FOLDER_PATH], why[200];

	if (folder_join(path, c->folder, "events/", sc->id) &&
	    strlen(path) + 7 < sizeof path)
		journal_read(strcat(path, ".jsonl"), log_line, &l, why, sizeof why);
	if (l.n > LOG_LINES_SHOWN)
		fprintf(out, "      %-11s and %u more\n", "", l.n - LOG_LINES_SHOWN);
}

static void evidence_text(FILE *out, const struct run_config *c, const struct scenario *sc,
                          const struct evidence *ev)
{
	fprintf(out, "      because     %s%s\n", ev->reason,
	        ev->verdict == VERDICT_INCONCLUSIVE ? " (decides nothing)" : "");
	evidence_place(out, sc, ev);
	if (ev->clause[0])
		fprintf(out, "      clause      %s\n", ev->clause);
	if (ev->article[0]) {
		const struct signature *sig = c->signatures ?
			signatures_find(c->signatures, ev->article) : NULL;

		fprintf(out, "      article     %s%s%s\n", ev->article, sig ? ": " : "",
		        sig ? sig->title : "");
	}
}

static bool exists(const char *folder, const char *kind, const char *id, const char *suffix,
                   char path[static FOLDER_PATH])
{
	return folder_join(path, folder, kind, "") &&
	       strlen(path) + strlen(id) + strlen(suffix) < FOLDER_PATH &&
	       access(strcat(strcat(path, id), suffix), R_OK) == 0;
}

static void files_text(FILE *out, const struct run_config *c, const char *id)
{
	static const struct {
		const char *label, *kind, *suffix;
	} files[] = {
		{ "capture", "", ".pcapng" }, { "events", "events/", ".jsonl" },
		{ "log", "logs/", ".events.log" }, { "calls", "logs/", ".calls.log" },
	};
	char path[FOLDER_PATH];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (exists(c->folder, files[i].kind, id, files[i].suffix, path))
			fprintf(out, "      %-11s %s\n", files[i].label, path);
}

void outcome_text(FILE *out, const struct run_config *c, const struct scenario *sc,
                  const struct case_result *r, const char *command)
{
	fprintf(out, "%s%-12s%s  %-26s ", cli_colour(colour_of(r)), outcome_name(r),
	        cli_colour(CLI_PLAIN), sc->id);
	if (skipped(r)) {
		fprintf(out, "the target lacks %s\n", r->skipped);
		return;
	}
	fprintf(out, "%8.2f s\n", (double)r->duration_us / 1e6);
	if (r->verdict == VERDICT_PASS)
		return;
	if (r->trouble[0] || r->interrupted)
		fprintf(out, "      because     %s\n", reason_of(r));
	for (size_t i = 0; i < r->evidence_n; i++)
		evidence_text(out, c, sc, &r->evidence[i]);
	if (r->evidence_n && r->evidence[0].article[0])
		log_text(out, c, sc);
	fprintf(out, "      ledger      %u offered, %u accepted, %u delivered, %u copies, "
	        "%u reported, %u missing\n", r->ledger.offered, r->ledger.accepted,
	        r->ledger.delivered, r->ledger.copies, r->ledger.reported, r->ledger.missing);
	for (size_t i = 0; i < r->ladder_n; i++)
		fprintf(out, "      %s|%s%s\n", cli_colour(CLI_GREY), cli_colour(CLI_PLAIN),
		        r->ladder[i]);
	if (r->frame_first)
		fprintf(out, "      frames      %u to %u of the capture\n", r->frame_first,
		        r->frame_last);
	files_text(out, c, sc->id);
	fprintf(out, "      again       %s\n", command);
}

/* --- JSON ------------------------------------------------------------------------ */

void outcome_escape(const char *s, char *out, size_t cap)
{
	size_t n = 0;

	for (; *s && n + 7 < cap; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			n += (size_t)snprintf(out + n, cap - n, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(out + n, cap - n, "\\u%04x", c);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
}

static void put_text(FILE *out, const char *name, const char *value)
{
	char escaped[2048];

	outcome_escape(value, escaped, sizeof escaped);
	fprintf(out, ",\"%s\":\"%s\"", name, escaped);
}

void outcome_json(FILE *out, const struct run_config *c, const struct scenario *sc,
                  const struct case_result *r, const char *command)
{
	fprintf(out, "{\"id\":\"%s\",\"verdict\":\"%s\"", sc->id, outcome_name(r));
	put_text(out, "reason", skipped(r) ? r->skipped : reason_of(r));
	put_text(out, "article", r->evidence_n ? r->evidence[0].article : "");
	put_text(out, "clause", r->evidence_n ? r->evidence[0].clause : "");
	put_text(out, "source", sc->source);
	put_text(out, "command", command);
	fprintf(out, ",\"interrupted\":\"%s\",\"trouble\":\"%s\"", r->interrupted ? "yes" : "no",
	        r->trouble[0] ? "yes" : "no");
	fprintf(out,
	        ",\"duration_us\":%" PRId64 ",\"seed\":\"0x%016" PRIx64 "\",\"events\":%" PRIu64,
	        r->duration_us, c->seed, r->events);
	fprintf(out,
	        ",\"offered\":%u,\"accepted\":%u,\"delivered\":%u,\"copies\":%u,\"altered\":%u,"
	        "\"reported\":%u,\"missing\":%u,\"foreign\":%u}\n", r->ledger.offered,
	        r->ledger.accepted, r->ledger.delivered, r->ledger.copies, r->ledger.altered,
	        r->ledger.reported, r->ledger.missing, r->ledger.foreign);
}

bool outcome_field(const char *line, const char *name, char *value, size_t cap)
{
	char key[40];
	const char *p;
	size_t n = 0;

	snprintf(key, sizeof key, "\"%s\":\"", name);
	p = strstr(line, key);
	if (!p)
		return false;
	for (p += strlen(key); *p && *p != '"'; p++) {
		if (*p == '\\' && p[1] && n + 2 < cap)
			value[n++] = *p++;
		if (n + 1 >= cap)
			return false;
		value[n++] = *p;
	}
	value[n] = '\0';
	return *p == '"';
}

/* --- sums ------------------------------------------------------------------------ */

void outcome_add(struct outcome_sum *sum, const struct case_result *r)
{
	unsigned *const counts[] = {
		[VERDICT_NONE] = &sum->skipped, [VERDICT_PASS] = &sum->pass,
		[VERDICT_INCONCLUSIVE] = &sum->inconclusive, [VERDICT_FAIL] = &sum->fail,
		[VERDICT_ERROR] = &sum->error,
	};

	++*counts[r->verdict];
	sum->interrupted |= r->interrupted;
}

enum exit_status outcome_status(const struct outcome_sum *sum)
{
	if (sum->interrupted)
		return EXIT_INTERRUPTED;
	if (sum->error)
		return EXIT_TROUBLE;
	if (sum->fail)
		return EXIT_FAIL;
	if (sum->inconclusive)
		return EXIT_UNDECIDED;
	return sum->pass ? EXIT_ALL_PASS : EXIT_SKIPPED;
}

void outcome_sum_text(FILE *out, const struct outcome_sum *sum, double seconds)
{
	const struct {
		const char *name;
		unsigned n;
	} counts[] = {
		{ "pass", sum->pass }, { "fail", sum->fail }, { "inconclusive", sum->inconclusive },
		{ "error", sum->error }, { "skipped", sum->skipped },
	};
	unsigned all = sum->pass + sum->fail + sum->inconclusive + sum->error + sum->skipped;

	fprintf(out, "%u case%s:", all, all == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		if (counts[i].n)
			fprintf(out, " %u %s", counts[i].n, counts[i].name);
	fprintf(out, " (%.1f s)\n", seconds);
}
