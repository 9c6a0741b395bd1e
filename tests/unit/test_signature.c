/* The catalogue against its samples, in each layout; and the rules of its language. */
#include "judge/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES_MAX = 16, LINE = 1024, TEXT = 32768 };

static struct signatures catalogue;

static int load(void **state)
{
	struct lexer_report r = { NULL, 0, 0, 0 };
	bool ok = signatures_load(&catalogue, "rig/signatures", &r) && !r.warnings;

	(void)state;
	if (!ok)
		fprintf(stderr, "%s", r.text ? r.text : "rig/signatures cannot be read\n");
	lexer_report_free(&r);
	return ok ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	signatures_free(&catalogue);
	return 0;
}

/* ---- the samples ---- */

struct sample {
	char kind[8];			/* event, calls, line */
	unsigned event;
	char text[LINE];
	bool has_miss;
	unsigned miss_event;
	char miss[LINE];
};

struct block {
	char name[32];
	struct sample at[SAMPLES_MAX];
	size_t n;
};

static bool next_block(FILE *fp, struct block *b)
{
	char line[LINE], kind[32];
	unsigned event;
	long before;

	b->n = 0;
	b->name[0] = '\0';
	while (before = ftell(fp), fgets(line, sizeof line, fp)) {
		char *bar = strchr(line, '|'), *text = bar ? bar + 2 : line;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "signature %31s", kind) == 1) {
			if (b->name[0]) {
				fseek(fp, before, SEEK_SET);
				return true;
			}
			snprintf(b->name, sizeof b->name, "%s", kind);
			continue;
		}
		event = 0;
		assert_non_null(bar);
		assert_in_range(sscanf(line, "%31s %u", kind, &event), 1, 2);
		if (strcmp(kind, "miss") == 0) {
			struct sample *s = &b->at[b->n - 1];

			s->has_miss = true;
			s->miss_event = event;
			snprintf(s->miss, sizeof s->miss, "%s", text);
			continue;
		}
		assert_true(b->n < SAMPLES_MAX);
		b->at[b->n] = (struct sample){ .event = event };
		snprintf(b->at[b->n].kind, sizeof b->at[b->n].kind, "%.7s", kind);
		snprintf(b->at[b->n++].text, LINE, "%s", text);
	}
	return b->name[0] != '\0';
}

/* ---- the layouts ---- */

/* At most 80 columns, as a mail or a terminal leaves them. */
static void put_wrapped(FILE *out, const char *text, const char *indent)
{
	size_t column = 0;

	for (const char *p = text; *p;) {
		size_t n = strcspn(p, " ");

		if (column && column + n > 72) {
			fprintf(out, "\r\n%s", indent);
			column = 0;
		} else if (column) {
			fputc(' ', out);
		}
		fwrite(p, 1, n, out);
		column += n + 1;
		p += n + strspn(p + n, " ");
	}
	fputs("\r\n", out);
}

static void put_tab(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "11/21/26\t9:%02u:00 PM\tMSExchangeMTA\tError\tX.400 Service\t%u\tN/A\tLAB\t%s\r\n",
	        minute, event, text);
}

static void put_tab_wrapped(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "21.11.2026\t21:%02u:00\tMSExchangeMTA\tFehler\tX.400 Service\t%u\tN/A\tLAB\t",
	        minute, event);
	put_wrapped(out, text, "");
}

static void put_csv(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "Error,2026-11-21 21:%02u:00,MSExchangeMTA,%u,X.400 Service,\"", minute, event);
	put_wrapped(out, text, "");
	fputs("\"\r\n", out);
}

static void put_pasted(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "Event Type:\tError\r\nEvent Source:\tMSExchangeMTA\r\n"
	        "Event Category:\tX.400 Service \r\nEvent ID:\t%u\r\nDate:\t\t11/21/2026\r\n"
	        "Time:\t\t9:%02u:00 PM\r\nUser:\t\tN/A\r\nComputer:\tLAB\r\nDescription:\r\n",
	        event, minute);
	put_wrapped(out, text, "");
	fputs("\r\n", out);
}

/* The text log has its tag in front, with the time. */
static void put_ev(FILE *out, unsigned event, const char *text, unsigned minute)
{
	const char *tag = strstr(text, " Proc ");
	unsigned depth = 0;

	/* From "(POP4 POP4 UP(7) Proc 228)" the first parenthesis. */
	while (tag && tag > text) {
		tag--;
		depth += *tag == ')';
		if (*tag == '(' && depth-- == 0)
			break;
	}
	fprintf(out, "message NMI%04u: X.400 Service Event, severity 14\r\n\r\n", event);
	if (tag)
		fprintf(out, "       %s 11-21-26 09:%02u:00pm\r\n       ", tag, minute);
	else
		fprintf(out, "       ");
	fwrite(text, 1, tag ? (size_t)(tag - text) : strlen(text), out);
	fputs("\r\n\r\n", out);
}

struct layout {
	const char *name;
	void (*event)(FILE *out, unsigned event, const char *text, unsigned minute);
	bool wide;			/* UTF-16 */
};

static const struct layout layouts[] = {
	{ "tab", put_tab, false },
	{ "tab, wrapped, points in dates", put_tab_wrapped, false },
	{ "csv, wrapped", put_csv, false },
	{ "pasted", put_pasted, false },
	{ "text log", put_ev, false },
	{ "tab, UTF-16", put_tab, true },
};

static size_t widen(char *text, size_t n)
{
	memmove(text + 2, text, n);
	memcpy(text, "\xff\xfe", 2);
	for (size_t i = n; i-- > 0;) {
		text[2 + 2 * i] = text[2 + i];
		text[3 + 2 * i] = '\0';
	}
	return 2 + 2 * n;
}

/* What a block says: in the event log, and in a log of lines. */
struct logs {
	char at[2][2 * TEXT + 2];
	size_t n[2];
};

static bool is_event(const struct sample *s)
{
	return strcmp(s->kind, "event") == 0;
}

/* With the miss of sample `miss` in its place. */
static void render(const struct block *b, const struct layout *l, size_t miss, struct logs *out)
{
	for (size_t k = 0; k < 2; k++) {
		FILE *f = fmemopen(out->at[k], TEXT, "w");

		assert_non_null(f);
		for (size_t i = 0; i < b->n; i++) {
			const struct sample *s = &b->at[i];
			const char *text = i == miss ? s->miss : s->text;

			if (is_event(s) && k == 0)
				l->event(f, i == miss ? s->miss_event : s->event, text, (unsigned)i);
			else if (!is_event(s) && k == 1)
				fprintf(f, "%s\r\n", text);
		}
		out->n[k] = (size_t)ftell(f);
		fclose(f);
		assert_true(out->n[k] < TEXT);
		if (l->wide)
			out->n[k] = widen(out->at[k], out->n[k]);
	}
}

/* ---- reading and matching ---- */

struct finding {
	struct signature_matcher *matcher;
	struct signature_score score;
	size_t records, hits;
};

static void on_hit(void *ctx, uint16_t row_id)
{
	struct finding *f = ctx;

	f->hits++;
	signature_score_hit(&f->score, row_id);
}

static void on_record(void *ctx, const struct log_record *rec)
{
	struct finding *f = ctx;

	f->records++;
	signature_matcher_record(f->matcher, rec, on_hit, f);
}

static void find(struct finding *f, const struct signatures *s, const struct logs *logs)
{
	struct log_filter filter;

	*f = (struct finding){ .matcher = signature_matcher_new(s) };
	assert_non_null(f->matcher);
	filter = signature_matcher_filter(f->matcher);
	for (size_t i = 0; i < 2; i++) {
		struct log_reader *r = log_reader_open(NULL, &filter, on_record, f);

		assert_non_null(r);
		log_reader_feed(r, logs->at[i], logs->n[i]);
		log_reader_flush(r);
		log_reader_free(r);
	}
	signature_matcher_free(f->matcher);
}

static size_t index_of(const char *name)
{
	const struct signature *sig = signatures_find(&catalogue, name);

	if (!sig)
		fail_msg("no signature %s", name);
	return (size_t)(sig - catalogue.at);
}

/* Its records that may miss are in the samples too; repetitions are not. */
static bool is_sampled(const struct signature_row *r)
{
	return !r->unless && (!r->optional || r->kind < ROW_SEQUENCE);
}

static bool found_whole(const struct finding *f, size_t i)
{
	const struct signature *sig = &catalogue.at[i];

	for (size_t k = 0; k < sig->rows_n; k++)
		if (is_sampled(&sig->rows[k]) && !(f->score.rows[i] >> k & 1))
			return false;
	return sig->rows_n > 0;
}

static void each_sample(void (*check)(const struct block *b, const struct layout *l))
{
	FILE *fp = fopen("tests/vectors/signatures/samples.txt", "r");
	static struct block b;

	assert_non_null(fp);
	while (next_block(fp, &b))
		for (size_t i = 0; b.n && i < sizeof layouts / sizeof layouts[0]; i++)
			check(&b, &layouts[i]);
	fclose(fp);
}

static void check_found(const struct block *b, const struct layout *l)
{
	static struct logs logs;
	size_t i = index_of(b->name);
	struct finding f;

	render(b, l, SIZE_MAX, &logs);
	find(&f, &catalogue, &logs);
	if (!found_whole(&f, i))
		fail_msg("%s is not found (%s): rows %x of %zu\n%s", b->name, l->name,
		         f.score.rows[i], catalogue.at[i].rows_n, l->wide ? "" : logs.at[0]);
}

static void every_sample_is_found_in_every_layout(void **state)
{
	(void)state;
	each_sample(check_found);
}

/* Each takes its row away, and if this is one that must be found, the signature with it. */
static void check_miss(const struct block *b, const struct layout *l)
{
	size_t i = index_of(b->name);
	static struct logs logs;

	for (size_t k = 0; k < b->n; k++) {
		struct finding f;

		render(b, l, k, &logs);
		find(&f, &catalogue, &logs);
		if (found_whole(&f, i))
			fail_msg("%s has row %zu with a near miss (%s)\n%s", b->name, k, l->name,
			         l->wide ? "" : logs.at[0]);
	}
}

static void no_near_miss_is_found(void **state)
{
	(void)state;
	each_sample(check_miss);
}

static void every_signature_with_rows_has_a_sample(void **state)
{
	FILE *fp = fopen("tests/vectors/signatures/samples.txt", "r");
	static bool seen[SIGNATURES_MAX];
	static struct block b;

	(void)state;
	assert_non_null(fp);
	while (next_block(fp, &b)) {
		seen[index_of(b.name)] = true;
		for (size_t i = 0; i < b.n; i++)
			if (!b.at[i].has_miss)
				fail_msg("%s has no near miss in row %zu", b.name, i);
	}
	fclose(fp);
	for (size_t i = 0; i < catalogue.n; i++)
		if (!seen[i])
			fail_msg("%s has no sample", catalogue.at[i].article);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(every_signature_with_rows_has_a_sample),
		cmocka_unit_test(every_sample_is_found_in_every_layout),
		cmocka_unit_test(no_near_miss_is_found),
	};

	return cmocka_run_group_tests(all, load, unload);
}
