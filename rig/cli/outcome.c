#include "cli/outcome.h"

#include "base/text.h"
#include "scenario/journal.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* --- words ----------------------------------------------------------------------- */

static enum cli_colour colour_of(const struct result *r)
{
	static const enum cli_colour colours[] = {
		[VERDICT_NONE] = CLI_GREY, [VERDICT_PASS] = CLI_GREEN,
		[VERDICT_INCONCLUSIVE] = CLI_YELLOW, [VERDICT_FAIL] = CLI_RED,
		[VERDICT_ERROR] = CLI_RED,
	};

	if (r->expected)
		return r->verdict == VERDICT_PASS ? CLI_RED : CLI_GREY;
	return colours[r->verdict];
}

/* The one sentence that says why. */
static const char *reason_of(const struct case_result *r)
{
	if (r->verdict == VERDICT_NONE)
		return r->skipped;
	if (r->interrupted)
		return "interrupted";
	if (r->trouble[0])
		return r->trouble;
	return r->evidence_n ? r->evidence[0].reason : "";
}

/* --- text ------------------------------------------------------------------------ */

enum { SENTENCE_MAX = 600 };

/* What is told may be names. */
static const char *shown(const char *sentence, char masked[static SENTENCE_MAX])
{
	struct text t;

	if (!text_masks())
		return sentence;
	text_init(&t, masked, SENTENCE_MAX);
	text_words(&t, sentence);
	return masked;
}

static void evidence_place(FILE *out, const struct scenario *sc, const struct evidence *ev)
{
	const struct expectation *x;
	char masked[SENTENCE_MAX];

	if (ev->expectation >= sc->expectations_n)
		return;
	x = &sc->expectations[ev->expectation];
	fprintf(out, "      step        %s:%d  %s\n", sc->id, x->line, shown(x->text, masked));
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

	if (folder_join(path, c->folder, "events/", run_name(c, sc)) &&
	    strlen(path) + 7 < sizeof path)
		journal_read(strcat(path, ".jsonl"), log_line, &l, why, sizeof why);
	if (l.n > LOG_LINES_SHOWN)
		fprintf(out, "      %-11s and %u more\n", "", l.n - LOG_LINES_SHOWN);
}

static void evidence_text(FILE *out, const struct run_config *c, const struct scenario *sc,
                          const struct evidence *ev)
{
	char masked[SENTENCE_MAX];

	fprintf(out, "      because     %s%s\n", shown(ev->reason, masked),
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
		{ "capture", "", ".pcapng" }, { "packets", "", ".wire.pcap" },
		{ "events", "events/", ".jsonl" },
		{ "log", "logs/", ".events.log" }, { "calls", "logs/", ".calls.log" },
	};
	char path[FOLDER_PATH];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (exists(c->folder, files[i].kind, id, files[i].suffix, path))
			fprintf(out, "      %-11s %s\n", files[i].label, path);
}

static void ladder_text(FILE *out, const struct case_result *r)
{
	for (size_t i = 0; i < r->ladder_n; i++)
		fprintf(out, "      %s|%s%s\n", cli_colour(CLI_GREY), cli_colour(CLI_PLAIN),
		        r->ladder[i]);
	if (r->frame_first)
		fprintf(out, "      frames      %u to %u of the capture\n", r->frame_first,
		        r->frame_last);
}

static void why_text(FILE *out, const struct run_config *c, const struct scenario *sc,
                     const struct case_result *r, const struct result *result)
{
	char masked[SENTENCE_MAX];

	if (r->trouble[0] || r->interrupted)
		fprintf(out, "      because     %s\n", shown(reason_of(r), masked));
	for (size_t i = 0; i < r->evidence_n; i++)
		evidence_text(out, c, sc, &r->evidence[i]);
	if (r->evidence_n && r->evidence[0].article[0])
		log_text(out, c, sc);
	fprintf(out, "      ledger      %u offered, %u accepted, %u delivered, %u copies, "
	        "%u reported, %u missing\n", r->ledger.offered, r->ledger.accepted,
	        r->ledger.delivered, r->ledger.copies, r->ledger.reported, r->ledger.missing);
	ladder_text(out, r);
	files_text(out, c, run_name(c, sc));
	fprintf(out, "      again       %s\n", result->command);
}

void outcome_text(FILE *out, const struct run_config *c, const struct scenario *sc,
                  const struct case_result *r, const struct result *result)
{
	char masked[SENTENCE_MAX];

	fprintf(out, "%s%-12s%s  %-26s ", cli_colour(colour_of(result)), result_word(result),
	        cli_colour(CLI_PLAIN), run_name(c, sc));
	if (r->verdict == VERDICT_NONE) {
		fprintf(out, "%s%s\n", r->hindered ? "" : "the target lacks ",
		        shown(r->skipped, masked));
		return;
	}
	fprintf(out, "%8.2f s\n", (double)r->duration_us / 1e6);
	if (r->verdict == VERDICT_PASS)
		return;
	if (result_counts(result) || r->verdict == VERDICT_INCONCLUSIVE)
		why_text(out, c, sc, r, result);
	else
		fprintf(out, "      because     %s\n", shown(reason_of(r), masked));
}

/* --- as a record ------------------------------------------------------------------ */

struct result outcome_result(const struct scenario *sc, const struct case_result *r,
                             const char *command, const char *seed,
                             const char *purposes[static SCENARIO_PURPOSES_MAX])
{
	const struct evidence *worst = r->evidence_n && !r->interrupted ? &r->evidence[0] : NULL;
	const struct expectation *x = worst && worst->expectation < sc->expectations_n
	                              ? &sc->expectations[worst->expectation] : NULL;

	for (size_t i = 0; i < sc->purposes_n; i++)
		purposes[i] = sc->purposes[i];
	return (struct result){
		.id = sc->id, .title = sc->title, .source = sc->source, .reason = reason_of(r),
		.clause = worst ? worst->clause : "", .article = worst ? worst->article : "",
		.step = x ? x->text : "", .line = x ? x->line : 0, .command = command,
		.seed = seed, .purposes = purposes, .purposes_n = sc->purposes_n, .attempt = 1,
		.verdict = r->verdict, .interrupted = r->interrupted, .trouble = r->trouble[0] != 0,
		.duration_us = r->duration_us, .events = r->events,
		.frame_first = r->frame_first, .frame_last = r->frame_last, .ledger = r->ledger,
		.binds = r->binds,
		.evidence = r->evidence, .evidence_n = r->evidence_n,
		.expectations = sc->expectations, .expectations_n = sc->expectations_n };
}

enum exit_status outcome_status(const struct result_sum *sum)
{
	if (sum->interrupted)
		return EXIT_INTERRUPTED;
	if (sum->against[VERDICT_ERROR])
		return EXIT_TROUBLE;
	if (sum->against[VERDICT_FAIL] || sum->unexpected)
		return EXIT_FAIL;
	if (sum->against[VERDICT_INCONCLUSIVE])
		return EXIT_UNDECIDED;
	return sum->skipped == sum->all ? EXIT_SKIPPED : EXIT_ALL_PASS;
}
