/* The catalogue against its samples: each row by itself, in each layout, beside a near miss;
 * each signature as a whole. */
#include "judge/signature.h"

#include "../lib/evt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SAMPLES_MAX = 16, SHOWN_MAX = 64, LINE = 1024, TEXT = 32768 };

static struct signatures catalogue;
static struct signature_matcher *matcher;
static char windows_path[] = "/tmp/x400rig-signature-XXXXXX";

static int load(void **state)
{
	struct lexer_report r = { NULL, 0, 0, 0 };
	bool ok = signatures_load(&catalogue, "rig/signatures", &r) && !r.warnings;
	int fd = mkstemp(windows_path);

	(void)state;
	if (!ok)
		fprintf(stderr, "%s", r.text ? r.text : "rig/signatures cannot be read\n");
	lexer_report_free(&r);
	matcher = ok ? signature_matcher_new(&catalogue) : NULL;
	if (fd >= 0)
		close(fd);
	return matcher && fd >= 0 ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	signature_matcher_free(matcher);
	signatures_free(&catalogue);
	unlink(windows_path);
	return 0;
}

/* ---- the samples ---- */

enum kind { KIND_EVENT, KIND_STRINGS, KIND_CALLS, KIND_LINE, KINDS };

struct record {
	unsigned event;
	char text[LINE];
};

struct sample {
	enum kind kind;
	bool unless;			/* an event that takes the signature back */
	bool has_miss;
	struct record hit, miss;
};

struct block {
	char name[32];
	size_t signature;
	struct sample at[SAMPLES_MAX];
	size_t n;
};

static size_t index_of(const char *name)
{
	const struct signature *sig = signatures_find(&catalogue, name);

	if (!sig)
		fail_msg("no signature %s", name);
	return (size_t)(sig - catalogue.at);
}

static enum kind kind_of(const char *word)
{
	static const char *const words[KINDS] = { "event", "strings", "calls", "line" };
	enum kind k = KIND_EVENT;

	if (strcmp(word, "unless") == 0)
		return KIND_EVENT;
	while (k < KINDS && strcmp(word, words[k]) != 0)
		k++;
	if (k == KINDS)
		fail_msg("samples.txt: %s?", word);
	return k;
}

static void add_sample(struct block *b, const char *word, const struct record *r)
{
	struct sample *s = &b->at[b->n];

	if (strcmp(word, "miss") == 0) {
		assert_true(b->n && !s[-1].has_miss);
		s[-1].has_miss = true;
		s[-1].miss = *r;
		return;
	}
	assert_true(b->n < SAMPLES_MAX);
	*s = (struct sample){ .kind = kind_of(word), .unless = strcmp(word, "unless") == 0,
	                      .hit = *r };
	b->n++;
}

static bool next_block(FILE *fp, struct block *b)
{
	char line[LINE], word[32];
	struct record r;
	long before;

	b->n = 0;
	b->name[0] = '\0';
	while (before = ftell(fp), fgets(line, sizeof line, fp)) {
		char *bar = strchr(line, '|');

		if (line[0] == '#' || line[0] == '\n')
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "signature %31s", word) == 1) {
			if (b->name[0]) {
				fseek(fp, before, SEEK_SET);
				return true;
			}
			snprintf(b->name, sizeof b->name, "%s", word);
			b->signature = index_of(word);
			continue;
		}
		r.event = 0;
		assert_non_null(bar);
		assert_in_range(sscanf(line, "%31s %u", word, &r.event), 1, 2);
		snprintf(r.text, LINE, "%s", bar + 2);
		add_sample(b, word, &r);
	}
	return b->name[0] != '\0';
}

static void each_block(void (*check)(const struct block *b))
{
	FILE *fp = fopen("tests/vectors/signatures/samples.txt", "r");
	static struct block b;

	assert_non_null(fp);
	while (next_block(fp, &b))
		check(&b);
	fclose(fp);
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
	fprintf(out, "11/21/26\t9:%02u:00 PM\tMSExchangeMTA\tError\tX.400 "
	        "Service\t%u\tN/A\tLAB\t%s\r\n", minute, event, text);
}

static void put_tab_wrapped(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "21.11.2026\t21:%02u:00\tMSExchangeMTA\tFehler\tX.400 Service\t%u\tN/A\tLAB\t",
	        minute, event);
	put_wrapped(out, text, "");
}

static void put_csv(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "Error,2026-11-21 21:%02u:00,MSExchangeMTA,%u,X.400 Service,\"", minute,
	        event);
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

/* Event Viewer on a computer that has no sentences: strings in place of them. */
static void put_strings(FILE *out, const char *text, const char *open, const char *between,
                        const char *close)
{
	fputs(open, out);
	for (const char *bar; (bar = strstr(text, " | ")); text = bar + 3)
		fprintf(out, "%.*s%s", (int)(bar - text), text, between);
	fprintf(out, "%s%s", text, close);
}

static void put_nt(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "11/21/26\t9:%02u:00 PM\tMSExchangeMTA\tError\tX.400 Service \t%u\tN/A\t"
	        "LAB\tThe description for Event ID ( %u ) in Source ( MSExchangeMTA ) cannot be "
	        "found. The local computer may not have the necessary registry information or "
	        "message DLL files. The following information is part of the event", minute,
	        event, event);
	put_strings(out, text, ": ", ", ", ".\r\n");
}

static void put_nt_german(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "Event Type:\tFehler\r\nEvent Source:\tMSExchangeMTA\r\n"
	        "Event ID:\t%u\r\nDate:\t\t11/21/2026\r\nTime:\t\t9:%02u:00 PM\r\n"
	        "Description:\r\nDie Beschreibung der Ereigniskennung ( %u ) in "
	        "( MSExchangeMTA ) wurde nicht gefunden. Ereignisinformationen", event, minute,
	        event);
	put_strings(out, text, ": ", ", ", ".\r\n\r\n");
}

static void put_vista(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "Error,2026-11-21 21:%02u:00,MSExchangeMTA,%u,X.400 Service,\"The "
	        "description for Event ID %u from source MSExchangeMTA cannot be found. Either "
	        "the component that raises this event is not installed on your local computer "
	        "or the installation is corrupted.\r\n\r\nThe following information was included "
	        "with the event", minute, event, event);
	put_strings(out, text, ": \r\n\r\n", "\r\n", "\r\n\"\r\n");
}

static void put_powershell(FILE *out, unsigned event, const char *text, unsigned minute)
{
	fprintf(out, "\"Error\",\"2026-11-21 21:%02u:00\",\"MSExchangeMTA\",\"%u\",\"X\","
	        "\"The description for Event ID '%u' in Source 'MSExchangeMTA' cannot be "
	        "found. The following information is part of the event", minute, event, event);
	put_strings(out, text, ":'", "', '", "'\"\r\n");
}

/* Where "(POP4 POP4 UP(7) Proc 228)" begins; NULL: there is none. */
static const char *tag_of_text_log(const char *text)
{
	const char *tag = strstr(text, " Proc ");
	unsigned depth = 0;

	while (tag && tag > text) {
		tag--;
		depth += *tag == ')';
		if (*tag == '(' && depth-- == 0)
			break;
	}
	return tag;
}

/* "[POP4 POP4 UP 7 228] (14)" as the text log has it; false: its last word is no number. */
static bool tag_of_event(const char *text, const char **from, char *tag, size_t cap)
{
	const char *end = strrchr(text, ']'), *last, *number;

	*from = strrchr(text, '[');
	if (!*from || !end || end < *from)
		return false;
	for (last = end; last > *from && last[-1] >= '0' && last[-1] <= '9'; last--)
		;
	if (last == end || last[-1] != ' ')
		return false;
	for (number = last - 1; number > *from && number[-1] >= '0' && number[-1] <= '9'; number--)
		;
	if (number < last - 1 && number[-1] == ' ')
		snprintf(tag, cap, "(%.*s(%.*s) Proc %.*s)", (int)(number - *from - 2), *from + 1,
		         (int)(last - 1 - number), number, (int)(end - last), last);
	else
		snprintf(tag, cap, "(%.*s Proc %.*s)", (int)(last - *from - 2), *from + 1,
		         (int)(end - last), last);
	return true;
}

/* The text log has its tag in front, with the time. */
static void put_ev(FILE *out, unsigned event, const char *text, unsigned minute)
{
	const char *from = tag_of_text_log(text), *tag = from;
	char made[LINE];

	if (!tag && tag_of_event(text, &from, made, sizeof made))
		tag = made;
	fprintf(out, "message NMI%04u: X.400 Service Event, severity 14\r\n\r\n       ", event);
	if (tag)
		fprintf(out, "%s 11-21-26 09:%02u:00pm\r\n       ", tag, minute);
	fwrite(text, 1, tag ? (size_t)(from - text) : strlen(text), out);
	fputs("\r\n\r\n", out);
}

/* Of Mtacheck.log, of Calls.out: the line is all there is. */
static void put_line(FILE *out, unsigned event, const char *text, unsigned minute)
{
	(void)event;
	(void)minute;
	fprintf(out, "%s\r\n", text);
}

static void put_line_wrapped(FILE *out, unsigned event, const char *text, unsigned minute)
{
	(void)event;
	(void)minute;
	put_wrapped(out, text, " ");
}

static void put_syslog(FILE *out, unsigned event, const char *text, unsigned minute)
{
	(void)event;
	fprintf(out, "Nov 21 21:%02u:00 lab mta[12]: %s\n", minute, text);
}

static void put_stamped(FILE *out, unsigned event, const char *text, unsigned minute)
{
	(void)event;
	fprintf(out, "2026-11-21T21:%02u:00Z ", minute);
	put_wrapped(out, text, "    ");
}

typedef bool write_fn(const char *path, const struct evt_record *at, size_t n,
                      struct evt_form form);

struct layout {
	const char *name;
	enum kind kind;
	void (*put)(FILE *out, unsigned event, const char *text, unsigned minute);
	bool wide;			/* UTF-16 */
	write_fn *write;		/* in place of put */
};

static const struct layout layouts[] = {
	{ "tab", KIND_EVENT, put_tab, false, NULL },
	{ "tab, wrapped, points in dates", KIND_EVENT, put_tab_wrapped, false, NULL },
	{ "csv, wrapped", KIND_EVENT, put_csv, false, NULL },
	{ "pasted", KIND_EVENT, put_pasted, false, NULL },
	{ "text log", KIND_EVENT, put_ev, false, NULL },
	{ "tab, UTF-16", KIND_EVENT, put_tab, true, NULL },
	{ ".evt", KIND_STRINGS, NULL, false, evt_write },
	{ ".evtx", KIND_STRINGS, NULL, false, evtx_write },
	{ "no sentences, NT", KIND_STRINGS, put_nt, false, NULL },
	{ "no sentences, pasted, German", KIND_STRINGS, put_nt_german, true, NULL },
	{ "no sentences, Vista", KIND_STRINGS, put_vista, false, NULL },
	{ "no sentences, PowerShell", KIND_STRINGS, put_powershell, false, NULL },
	{ "Calls.out", KIND_CALLS, put_line, false, NULL },
	{ "Calls.out, wrapped", KIND_CALLS, put_line_wrapped, false, NULL },
	{ "Calls.out, UTF-16", KIND_CALLS, put_line, true, NULL },
	{ "lines", KIND_LINE, put_line, false, NULL },
	{ "lines, wrapped", KIND_LINE, put_line_wrapped, false, NULL },
	{ "syslog", KIND_LINE, put_syslog, false, NULL },
	{ "stamped, wrapped", KIND_LINE, put_stamped, false, NULL },
	{ "lines, UTF-16", KIND_LINE, put_line, true, NULL },
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

/* ---- logs of records ---- */

struct shown {
	const struct record *record;
	unsigned minute;
};

struct log {
	char at[2 * TEXT + 2];
	size_t n;
};

static void widen(struct log *log)
{
	memmove(log->at + 2, log->at, log->n);
	memcpy(log->at, "\xff\xfe", 2);
	for (size_t i = log->n; i-- > 0;) {
		log->at[2 + 2 * i] = log->at[2 + i];
		log->at[3 + 2 * i] = '\0';
	}
	log->n = 2 + 2 * log->n;
}

static void write_text(const struct layout *l, const struct shown *at, size_t n, struct log *log)
{
	FILE *f = fmemopen(log->at, TEXT, "w");

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		l->put(f, at[i].record->event, at[i].record->text, at[i].minute);
	log->n = (size_t)ftell(f);
	fclose(f);
	assert_true(log->n < TEXT);
	if (l->wide)
		widen(log);
}

/* One record, of strings with bars between. */
static void write_windows(const struct layout *l, const struct record *r)
{
	struct evt_record out = { r->event, 1795295100, "MSExchangeMTA", { NULL } };
	char text[LINE], *save, *p;
	size_t n = 0, end;

	snprintf(text, sizeof text, "%s", r->text);
	for (p = strtok_r(text, "|", &save); p; p = strtok_r(NULL, "|", &save)) {
		p += *p == ' ';
		end = strlen(p);
		if (end && p[end - 1] == ' ')
			p[end - 1] = '\0';
		assert_true(n + 1 < sizeof out.strings / sizeof out.strings[0]);
		out.strings[n++] = p;
	}
	assert_true(l->write(windows_path, &out, 1, (struct evt_form){ 0 }));
}

/* ---- reading and matching ---- */

static void on_hit(void *ctx, uint16_t row_id)
{
	signature_score_hit(ctx, row_id);
}

static void on_record(void *ctx, const struct log_record *rec)
{
	signature_matcher_record(matcher, rec, on_hit, ctx);
}

/* Adds what a log of these records shows. */
static void look(const struct layout *l, const struct shown *at, size_t n,
                 struct signature_score *score)
{
	struct log_filter filter = signature_matcher_filter(matcher);
	static struct log log;
	struct log_reader *r;
	char why[200];

	if (l->write) {
		write_windows(l, at->record);
		assert_true(log_read(windows_path, NULL, &filter, on_record, score, NULL, why,
		                     sizeof why));
		return;
	}
	write_text(l, at, n, &log);
	r = log_reader_open(NULL, &filter, on_record, score);
	assert_non_null(r);
	log_reader_feed(r, log.at, log.n);
	log_reader_flush(r);
	log_reader_free(r);
}

/* The rows of signature i that one record shows: bits. */
static unsigned rows_of(const struct layout *l, const struct record *record, size_t i)
{
	struct signature_score score = { { 0 } };
	struct shown one = { record, 0 };

	signature_matcher_reset(matcher);
	look(l, &one, 1, &score);
	return score.rows[i];
}

/* ---- what people read ---- */

static void every_signature_says_what_there_is_to_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalogue.n; i++) {
		const struct signature *s = &catalogue.at[i];

		if (!s->title[0] || !s->articles[0] || !s->product[0] || !s->trigger[0] ||
		    !s->advice[0] || !s->wire_said)
			fail_msg("%s lacks title, article, product, trigger, wire or advice",
			         s->article);
	}
}

/* ---- each row ---- */

/* Layouts in which a sample of the row is found, and its near miss is not: bits. */
static unsigned proved[SIGNATURES_MAX][SIGNATURE_ROWS_MAX];

static void prove(const struct block *b, const struct sample *s, size_t layout)
{
	const struct layout *l = &layouts[layout];
	unsigned hit = rows_of(l, &s->hit, b->signature), miss;

	if (!hit)
		fail_msg("%s is not found (%s): %s", b->name, l->name, s->hit.text);
	if (!s->has_miss)
		fail_msg("%s has no near miss of: %s", b->name, s->hit.text);
	miss = rows_of(l, &s->miss, b->signature);
	if (hit & miss)
		fail_msg("%s is found with a near miss (%s): %s", b->name, l->name, s->miss.text);
	for (size_t k = 0; k < SIGNATURE_ROWS_MAX; k++)
		if (hit >> k & 1)
			proved[b->signature][k] |= 1u << layout;
}

static void prove_block(const struct block *b)
{
	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < LAYOUTS; k++)
			if (layouts[k].kind == b->at[i].kind)
				prove(b, &b->at[i], k);
}

static unsigned layouts_proved(size_t i, size_t row, enum kind kind)
{
	unsigned n = 0;

	for (size_t k = 0; k < LAYOUTS; k++)
		n += layouts[k].kind == kind && proved[i][row] >> k & 1;
	return n;
}

static enum kind kind_of_row(const struct signature_row *r)
{
	return r->kind == ROW_CALLS ? KIND_CALLS : r->kind == ROW_LINE ? KIND_LINE : KIND_EVENT;
}

static void every_row_has_a_sample_in_two_layouts_and_a_near_miss(void **state)
{
	unsigned lacking = 0;
	char row[96];

	(void)state;
	each_block(prove_block);
	for (size_t i = 0; i < catalogue.n; i++)
		for (size_t k = 0; k < catalogue.at[i].rows_n; k++) {
			const struct signature_row *r = &catalogue.at[i].rows[k];
			bool told = r->kind >= ROW_SEQUENCE ||
			            layouts_proved(i, k, kind_of_row(r)) >= 2;

			if (told && (!r->strings || layouts_proved(i, k, KIND_STRINGS) >= 2))
				continue;
			signature_row_text(&catalogue.at[i], k, row, sizeof row);
			fprintf(stderr, "%s has no sample in two layouts of: %s%s%s\n",
			        catalogue.at[i].article, r->unless ? "unless " : "", row,
			        told ? " (strings)" : "");
			lacking++;
		}
	assert_int_equal(lacking, 0);
}

/* ---- each signature ---- */

/* All samples of a block in the `nth` layout of each kind, with the miss of sample `miss` in its
 * place, once or `rounds` times. */
struct plan {
	size_t nth, miss;
	unsigned rounds, minutes;	/* from round to round */
	bool backwards, unless;
};

static const struct layout *nth_of(enum kind kind, size_t nth)
{
	size_t of[LAYOUTS], n = 0;

	for (size_t i = 0; i < LAYOUTS; i++)
		if (layouts[i].kind == kind)
			of[n++] = i;
	return &layouts[of[nth % n]];
}

static size_t layouts_of(enum kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < LAYOUTS; i++)
		n += layouts[i].kind == kind;
	return n;
}

static void look_at_kind(const struct block *b, enum kind kind, const struct plan *p,
                         struct signature_score *score)
{
	struct shown at[SHOWN_MAX];
	size_t n = 0;

	for (unsigned round = 0; round < p->rounds; round++)
		for (size_t i = 0; i < b->n; i++) {
			size_t k = p->backwards ? b->n - 1 - i : i;
			const struct sample *s = &b->at[k];

			if (s->kind != kind || (s->unless && !p->unless))
				continue;
			assert_true(n < SHOWN_MAX);
			at[n++] = (struct shown){ k == p->miss ? &s->miss : &s->hit,
			                          round * p->minutes + (unsigned)i };
		}
	if (n)
		look(nth_of(kind, p->nth), at, n, score);
}

static struct signature_score look_at_all(const struct block *b, const struct plan *p)
{
	struct signature_score score = { { 0 } };

	signature_matcher_reset(matcher);
	look_at_kind(b, KIND_EVENT, p, &score);
	look_at_kind(b, KIND_CALLS, p, &score);
	look_at_kind(b, KIND_LINE, p, &score);
	return score;
}

/* Its records that may miss are in the samples too; repetitions are not. */
static bool is_sampled(const struct signature_row *r)
{
	return !r->unless && (!r->optional || r->kind < ROW_SEQUENCE);
}

static bool found_whole(const struct signature_score *score, size_t i)
{
	const struct signature *sig = &catalogue.at[i];

	for (size_t k = 0; k < sig->rows_n; k++)
		if (is_sampled(&sig->rows[k]) && !(score->rows[i] >> k & 1))
			return false;
	return sig->rows_n > 0 && signature_complete(&catalogue, i, score);
}

static void check_whole(const struct block *b)
{
	for (size_t nth = 0; b->n && nth < layouts_of(KIND_EVENT); nth++) {
		struct plan p = { .nth = nth, .miss = SIZE_MAX, .rounds = 1 };
		struct signature_score score = look_at_all(b, &p);

		if (!found_whole(&score, b->signature))
			fail_msg("%s is not found (%s): rows %x of %zu", b->name,
			         nth_of(KIND_EVENT, nth)->name, score.rows[b->signature],
			         catalogue.at[b->signature].rows_n);
		for (p.miss = 0; p.miss < b->n; p.miss++) {
			if (b->at[p.miss].unless || b->at[p.miss].kind == KIND_STRINGS)
				continue;
			score = look_at_all(b, &p);
			if (found_whole(&score, b->signature))
				fail_msg("%s is found without: %s (%s)", b->name,
				         b->at[p.miss].hit.text, nth_of(KIND_EVENT, nth)->name);
		}
	}
}

/* A miss takes its row away, and the signature with it. */
static void every_signature_is_found_by_its_samples_and_not_by_near_misses(void **state)
{
	(void)state;
	each_block(check_whole);
}

/* Without the other samples of this kind; where the one of `i` is then. */
static size_t leave_one(struct block *b, size_t i)
{
	size_t n = 0, at = 0;

	for (size_t k = 0; k < b->n; k++) {
		if (b->at[k].unless && k != i)
			continue;
		if (k == i)
			at = n;
		memmove(&b->at[n++], &b->at[k], sizeof b->at[0]);
	}
	b->n = n;
	return at;
}

/* All rows are there, and one more: it is another article's, or nearly so. */
static void check_taken_back(const struct block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct plan p = { .miss = SIZE_MAX, .rounds = 1, .unless = true };
		static struct block alone;
		struct signature_score score;
		size_t at;

		if (!b->at[i].unless)
			continue;
		alone = *b;
		at = leave_one(&alone, i);
		score = look_at_all(&alone, &p);
		assert_false(signature_complete(&catalogue, b->signature, &score));
		p.miss = at;
		score = look_at_all(&alone, &p);
		assert_true(signature_complete(&catalogue, b->signature, &score));
	}
}

static void companions_of_another_article_take_a_signature_back(void **state)
{
	(void)state;
	each_block(check_taken_back);
}

/* ---- sequences and repeats ---- */

static unsigned ordered;		/* rows that were tried */

static void check_order(const struct block *b, size_t row, size_t nth)
{
	const struct signature_row *r = &catalogue.at[b->signature].rows[row];
	bool repeats = r->kind == ROW_REPEAT;
	struct plan p = { .nth = nth, .miss = SIZE_MAX, .rounds = repeats ? r->times : 1,
	                  .minutes = 10 };
	struct signature_score score = look_at_all(b, &p);

	assert_true(score.rows[b->signature] >> row & 1);
	if (repeats)
		p.rounds--;
	else
		p.backwards = true;
	score = look_at_all(b, &p);
	assert_false(score.rows[b->signature] >> row & 1);
	ordered++;
}

static void check_orders(const struct block *b)
{
	for (size_t k = 0; k < catalogue.at[b->signature].rows_n; k++)
		for (size_t nth = 0; nth < layouts_of(KIND_EVENT); nth++)
			if (catalogue.at[b->signature].rows[k].kind >= ROW_SEQUENCE)
				check_order(b, k, nth);
}

static void every_sequence_wants_its_order_and_every_repeat_its_count(void **state)
{
	unsigned rows = 0;

	(void)state;
	each_block(check_orders);
	for (size_t i = 0; i < catalogue.n; i++)
		for (size_t k = 0; k < catalogue.at[i].rows_n; k++)
			rows += catalogue.at[i].rows[k].kind >= ROW_SEQUENCE;
	assert_int_equal(ordered, rows * layouts_of(KIND_EVENT));
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(every_signature_says_what_there_is_to_say),
		cmocka_unit_test(every_row_has_a_sample_in_two_layouts_and_a_near_miss),
		cmocka_unit_test(every_signature_is_found_by_its_samples_and_not_by_near_misses),
		cmocka_unit_test(companions_of_another_article_take_a_signature_back),
		cmocka_unit_test(every_sequence_wants_its_order_and_every_repeat_its_count),
	};

	return cmocka_run_group_tests(all, load, unload);
}
