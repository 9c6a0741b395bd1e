#include "report/html_inner.h"

#include "base/text.h"
#include "report/report.h"
#include "scenario/folder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES_SHOWN = 500, AGAIN_MAX = 20, DIFFERENCES_SHOWN = 1000 };

/* --- pieces --------------------------------------------------------------------------- */

static void verdict(struct page *p, const struct result *r)
{
	char class[40];

	snprintf(class, sizeof class, "verdict %s", result_verdict(r->verdict));
	page_element(p, "span", class, result_word(r));
}

/* `kind`: "case", its section; "row", its line in the table. */
static void anchor(const struct result *r, char *buf, size_t cap, const char *kind)
{
	snprintf(buf, cap, "%s-%s-%u", kind, r->id, r->attempt);
	for (char *c = buf; *c; c++)
		if (*c == '/')
			*c = '-';
}

static void field(struct page *p, const char *name, const char *value)
{
	if (!*value)
		return;
	page_element(p, "dt", NULL, name);
	page_element(p, "dd", NULL, value);
}

static void code_field(struct page *p, const char *name, const char *value)
{
	if (!*value)
		return;
	page_element(p, "dt", NULL, name);
	page_begin(p, "dd");
	page_element(p, "code", NULL, value);
	page_end(p);
}

void html_head(struct page *p, const char *const *names)
{
	page_begin(p, "thead");
	page_begin(p, "tr");
	for (; *names; names++) {
		page_begin(p, "th");
		page_attribute(p, "scope", "col");
		page_text(p, *names);
		page_end(p);
	}
	page_end(p);
	page_end(p);
}

/* What a replay was compared with says more than its verdict. */
static FILE *open_differences(const struct result *r)
{
	char path[FOLDER_PATH];

	return r->attempt == 1 && r->folder && strncmp(r->id, "replay/", 7) == 0 &&
	       folder_join(path, r->folder, r->id, ".diff.txt") ? fopen(path, "re") : NULL;
}

static bool is_compared(const struct result *r)
{
	FILE *fp = open_differences(r);

	if (fp)
		fclose(fp);
	return fp != NULL;
}

static bool in_full(const struct result *r, const struct html_source *from)
{
	if (from->only)
		return strcmp(r->id, from->only) == 0;
	return is_compared(r) || result_counts(r) || r->verdict == VERDICT_INCONCLUSIVE;
}

/* --- overview ------------------------------------------------------------------------- */

static void counts(struct page *p, const struct result_sum *sum)
{
	const struct {
		enum verdict verdict;
		unsigned n;
	} all[] = {
		{ VERDICT_FAIL, sum->fail }, { VERDICT_ERROR, sum->error },
		{ VERDICT_INCONCLUSIVE, sum->inconclusive }, { VERDICT_PASS, sum->pass },
		{ VERDICT_NONE, sum->skipped },
	};

	page_class(p, "p", "counts");
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		char class[32];

		if (!all[i].n)
			continue;
		snprintf(class, sizeof class, "verdict %s", result_verdict(all[i].verdict));
		page_class(p, "span", class);
		page_format(p, "%u %s", all[i].n, result_verdict(all[i].verdict));
		page_end(p);
	}
	page_class(p, "span", "dim");
	page_format(p, sum->all == 1 ? "%u case, %.1f s" : "%u cases, %.1f s", sum->all,
	            (double)sum->duration_us / 1e6);
	page_end(p);
	page_end(p);
}

/* The command of the first that counts against the run (else of the first case), for all of
 * its kind: "x400rig run ID ID ... --seed N". */
static void again(struct page *p, const struct results *s)
{
	char text[2000] = "";
	const char *rest = "";
	size_t n = 0, taken = 0;
	bool failed = false;

	for (size_t i = 0; i < s->n; i++)
		failed |= result_counts(&s->at[i]);
	for (size_t i = 0; i < s->n && taken < AGAIN_MAX; i++) {
		const struct result *r = &s->at[i];
		const char *at = strstr(r->command, r->id);

		if (result_counts(r) != failed || !at || n + strlen(r->id) + 200 > sizeof text)
			continue;
		if (!taken++) {
			n = (size_t)snprintf(text, sizeof text, "%.*s", (int)(at - r->command),
			                     r->command);
			rest = at + strlen(r->id);
		} else if (i > 0 && strcmp(r->id, s->at[i - 1].id) == 0) {
			continue;
		}
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", taken > 1 ? " " : "",
		                      r->id);
	}
	if (taken)
		snprintf(text + n, sizeof text - n, "%.190s", rest);
	code_field(p, failed ? "failed again" : "again", text);
}

static void about(struct page *p, const struct results *s)
{
	const struct result_head *h = &s->head;

	page_begin(p, "dl");
	field(p, "target", h->target ? h->target : "");
	field(p, "defects", h->defects ? h->defects : "");
	field(p, "time", h->is_virtual ? "virtual" : "real");
	field(p, "started", h->started ? h->started : "");
	code_field(p, "seed", h->seed ? h->seed : "");
	again(p, s);
	page_end(p);
}

static bool same_group(const struct result *a, const struct result *b)
{
	size_t n = report_group(a->id);

	return n == report_group(b->id) && memcmp(a->id, b->id, n) == 0;
}

/* A case as a letter that leads to it. */
static void square(struct page *p, const struct result *r, const struct html_source *from)
{
	static const char *const letters[] = {
		[VERDICT_NONE] = "-", [VERDICT_PASS] = "p", [VERDICT_INCONCLUSIVE] = "i",
		[VERDICT_FAIL] = "F", [VERDICT_ERROR] = "E",
	};
	char name[160];

	page_begin(p, "a");
	snprintf(name, sizeof name, "square %s", result_verdict(r->verdict));
	page_attribute(p, "class", name);
	name[0] = '#';
	anchor(r, name + 1, sizeof name - 1, in_full(r, from) ? "case" : "row");
	page_attribute(p, "href", name);
	snprintf(name, sizeof name, "%.80s%s: %s", r->id, r->attempt > 1 ? " (again)" : "",
	         result_word(r));
	page_attribute(p, "title", name);
	page_text(p, letters[r->verdict]);
	page_end(p);
}

static void group_row(struct page *p, const struct result *at, size_t n,
                      const struct html_source *from)
{
	struct result_sum sum = { 0 };
	unsigned each[5];

	for (size_t i = 0; i < n; i++)
		result_sum_add(&sum, &at[i]);
	each[0] = sum.pass, each[1] = sum.fail, each[2] = sum.error;
	each[3] = sum.inconclusive, each[4] = sum.skipped;
	page_begin(p, "tr");
	page_begin(p, "th");
	page_attribute(p, "scope", "row");
	page_format(p, "%.*s", (int)report_group(at->id), at->id);
	page_end(p);
	for (size_t i = 0; i < 5; i++) {
		page_class(p, "td", "n");
		if (each[i])
			page_format(p, "%u", each[i]);
		page_end(p);
	}
	page_class(p, "td", "squares");
	for (size_t i = 0; i < n; i++)
		square(p, &at[i], from);
	page_end(p);
	page_end(p);
}

static size_t group_size(const struct results *s, size_t from)
{
	size_t n = 1;

	while (from + n < s->n && same_group(&s->at[from], &s->at[from + n]))
		n++;
	return n;
}

static void groups(struct page *p, const struct results *s, const struct html_source *from)
{
	static const char *const names[] = { "group", "pass", "fail", "error", "inconclusive",
	                                     "skip", "cases", NULL };

	page_element(p, "h2", NULL, "Groups");
	page_begin(p, "table");
	html_head(p, names);
	page_begin(p, "tbody");
	for (size_t at = 0, n; at < s->n; at += n) {
		n = group_size(s, at);
		group_row(p, &s->at[at], n, from);
	}
	page_end(p);
	page_end(p);
}

/* --- all cases -------------------------------------------------------------------------- */

static void option(struct page *p, const char *value, const char *text)
{
	page_begin(p, "option");
	page_attribute(p, "value", value);
	page_text(p, text);
	page_end(p);
}

static void search(struct page *p, const char *name, const char *id)
{
	page_begin(p, "label");
	page_text(p, name);
	page_begin(p, "input");
	page_attribute(p, "id", id);
	page_attribute(p, "type", "search");
	page_end_void(p);
	page_end(p);
}

static void filter_tools(struct page *p, const struct results *s)
{
	page_class(p, "div", "tools");
	page_begin(p, "label");
	page_text(p, "verdict ");
	page_begin(p, "select");
	page_attribute(p, "id", "by-verdict");
	option(p, "", "all");
	for (enum verdict v = VERDICT_ERROR + 1; v-- > VERDICT_NONE;)
		option(p, result_verdict(v), result_verdict(v));
	page_end(p);
	page_end(p);
	page_begin(p, "label");
	page_text(p, "group ");
	page_begin(p, "select");
	page_attribute(p, "id", "by-group");
	option(p, "", "all");
	for (size_t from = 0; from < s->n; from += group_size(s, from)) {
		char name[96];

		snprintf(name, sizeof name, "%.*s", (int)report_group(s->at[from].id),
		         s->at[from].id);
		option(p, name, name);
	}
	page_end(p);
	page_end(p);
	search(p, "purpose ", "by-purpose");
	search(p, "text ", "by-text");
	page_class(p, "span", "dim");
	page_attribute(p, "id", "shown");
	page_attribute(p, "aria-live", "polite");
	page_end(p);
	page_end(p);
}

static const char *purposes_of(const struct result *r, char *buf, size_t cap)
{
	const json_t *list = json_object_get(r->json, "purposes"), *item;
	size_t i, n = 0;

	buf[0] = '\0';
	for (i = 0; i < json_array_size(list); i++) {
		item = json_array_get(list, i);
		const char *name = json_string_value(item);

		if (name && n + strlen(name) + 2 < cap)
			n += (size_t)sprintf(buf + n, "%s%s", n ? " " : "", name);
	}
	return buf;
}

static void case_row(struct page *p, const struct result *r, bool linked)
{
	char name[160], purposes[400];

	page_begin(p, "tr");
	anchor(r, name, sizeof name, "row");
	page_attribute(p, "id", name);
	page_attribute(p, "data-verdict", result_verdict(r->verdict));
	snprintf(name, sizeof name, "%.*s", (int)report_group(r->id), r->id);
	page_attribute(p, "data-group", name);
	page_begin(p, "td");
	verdict(p, r);
	page_end(p);
	page_begin(p, "td");
	if (linked) {
		name[0] = '#';
		anchor(r, name + 1, sizeof name - 1, "case");
		page_begin(p, "a");
		page_attribute(p, "href", name);
	}
	page_text(p, r->id);
	if (r->attempt > 1)
		page_format(p, " (%u)", r->attempt);
	if (linked)
		page_end(p);
	page_end(p);
	page_begin(p, "td");
	page_text(p, r->verdict == VERDICT_PASS ? r->title : r->reason);
	if (r->article[0])
		page_format(p, " [%s]", r->article);
	page_end(p);
	page_element(p, "td", "dim", purposes_of(r, purposes, sizeof purposes));
	page_class(p, "td", "n");
	page_format(p, "%.2f", (double)r->duration_us / 1e6);
	page_end(p);
	page_end(p);
}

/* Those that count against the run first, then by identifier. */
static void cases(struct page *p, const struct results *s, const struct html_source *from)
{
	static const char *const names[] = { "verdict", "case", "reason", "purposes", "seconds",
	                                     NULL };

	page_element(p, "h2", NULL, "Cases");
	filter_tools(p, s);
	page_begin(p, "table");
	page_attribute(p, "id", "cases");
	html_head(p, names);
	page_begin(p, "tbody");
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->n; i++)
			if (result_counts(&s->at[i]) == (pass == 0))
				case_row(p, &s->at[i], in_full(&s->at[i], from));
	page_end(p);
	page_end(p);
}

/* --- one case in full --------------------------------------------------------------------- */

static const char *string_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static void evidence(struct page *p, const struct result *r)
{
	const json_t *list = json_object_get(r->json, "evidence"), *ev, *lines, *n;
	size_t i, k;

	page_begin(p, "ol");
	for (i = 0; i < json_array_size(list); i++) {
		ev = json_array_get(list, i);
		page_begin(p, "li");
		page_text(p, string_of(ev, "reason"));
		if (*string_of(ev, "clause"))
			page_format(p, " (%s)", string_of(ev, "clause"));
		if (*string_of(ev, "article"))
			page_format(p, " [%s]", string_of(ev, "article"));
		lines = json_object_get(ev, "log_lines");
		for (k = 0; k < json_array_size(lines); k++) {
			n = json_array_get(lines, k);
			page_format(p, "%s%" JSON_INTEGER_FORMAT, k ? ", " : "; log lines ",
			            json_integer_value(n));
		}
		page_end(p);
	}
	page_end(p);
}

static void ledger(struct page *p, const struct ledger_sum *l)
{
	static const char *const names[] = { "offered", "accepted", "delivered", "copies",
		"altered", "reported", "missing", "foreign", NULL };
	const uint32_t each[] = { l->offered, l->accepted, l->delivered, l->copies, l->altered,
		l->reported, l->missing, l->foreign };

	page_element(p, "h3", NULL, "Ledger");
	page_begin(p, "table");
	html_head(p, names);
	page_begin(p, "tbody");
	page_begin(p, "tr");
	for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
		page_begin(p, "td");
		page_format(p, "%" PRIu32, each[i]);
		page_end(p);
	}
	page_end(p);
	page_end(p);
	page_end(p);
}

static bool is_settled(const struct ladder_message *m)
{
	return m->delivered == 1 && !m->altered && !m->foreign && !m->abandoned && m->offered == 1;
}

static const char *outcome_of(const struct ladder *l, const struct ladder_message *m)
{
	if (m->foreign)
		return "not of this case";
	if (m->altered)
		return "came out changed";
	if (m->delivered)
		return "delivered";
	if (m->reported)
		return "reported";
	if (m->accepted)
		return m->to == l->mta ? "accepted, no report" : "accepted, did not come out";
	return m->abandoned ? "given up by us" : "not accepted";
}

static void time_cell(struct page *p, bool there, int64_t at_us)
{
	page_class(p, "td", "n");
	if (there)
		page_format(p, "%.6f", (double)at_us / 1e6);
	page_end(p);
}

static void message_row(struct page *p, const struct ladder *l, const struct ladder_message *m)
{
	uint32_t copies = m->delivered + m->altered > 1 ? m->delivered + m->altered - 1 : 0;

	page_class(p, "tr", is_settled(m) ? NULL : "odd");
	page_begin(p, "th");
	page_attribute(p, "scope", "row");
	page_format(p, "%u", m->number);
	page_end(p);
	page_begin(p, "td");
	page_format(p, "%s \xe2\x86\x92 %s", l->lanes[m->from],
	            m->to == l->mta ? "no route" : l->lanes[m->to]);
	page_end(p);
	page_class(p, "td", "n");
	page_format(p, "%" PRIu64, m->octets);
	page_end(p);
	page_class(p, "td", "n");
	page_format(p, m->doubts ? "%u, %u in doubt" : "%u", m->offered, m->doubts);
	page_end(p);
	time_cell(p, m->offered, m->offered_us);
	time_cell(p, m->accepted, m->accepted_us);
	time_cell(p, m->delivered + m->reported + m->altered, m->out_us);
	page_element(p, "td", NULL, outcome_of(l, m));
	page_class(p, "td", "n");
	if (copies)
		page_format(p, "%u", copies);
	page_end(p);
	page_end(p);
}

/* What became of each; those that did not just go through come first. */
static void messages(struct page *p, const struct ladder *l)
{
	static const char *const names[] = { "message", "way", "octets", "attempts", "offered at",
		"accepted at", "out at", "outcome", "copies", NULL };
	size_t shown = 0;

	if (!l->messages_n)
		return;
	page_begin(p, "details");
	page_begin(p, "summary");
	page_format(p, "Each of %zu messages", l->messages_n);
	page_end(p);
	page_class(p, "table", "messages");
	html_head(p, names);
	page_begin(p, "tbody");
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < l->messages_n && shown < MESSAGES_SHOWN; i++)
			if (is_settled(&l->messages[i]) == (pass == 1)) {
				message_row(p, l, &l->messages[i]);
				shown++;
			}
	page_end(p);
	page_end(p);
	if (shown < l->messages_n)
		page_note(p, "%zu more went through as they should, or are too many",
		          l->messages_n - shown);
	page_end(p);
}

void html_layers(struct page *p)
{
	static const char *const layers[] = { "cotp", "tcp", "link", "log", "ledger" };

	page_class(p, "div", "tools");
	page_text(p, "show ");
	for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
		page_begin(p, "label");
		page_begin(p, "input");
		page_attribute(p, "type", "checkbox");
		page_attribute(p, "checked", "checked");
		page_attribute(p, "data-hide", layers[i]);
		page_end_void(p);
		page_text(p, layers[i]);
		page_end(p);
	}
	page_end(p);
}

static void picture(struct page *p, const struct result *r, const struct html_source *from,
                    const char *id)
{
	char why[RESULT_WHY] = "";
	struct ladder l;

	if (page_length(p) > HTML_LENGTH) {
		page_note(p, "No ladder here, the page is long already: x400rig report RUN -f html "
		          "--case %s -o case.html", r->id);
		return;
	}
	if (from->ladder && from->ladder(from->ctx, r, &l, why)) {
		messages(p, &l);
		html_plots(p, &l);
		page_element(p, "h3", NULL, "Ladder");
		html_layers(p);
		html_ladder(p, &l, id, from->all);
		ladder_free(&l);
	} else {
		page_note(p, "No ladder: %s", why[0] ? why : "its events are not at hand");
	}
}

static void differences(struct page *p, const struct result *r)
{
	FILE *fp = open_differences(r);
	char *line = NULL, masked[4096];
	size_t cap = 0, n = 0;
	struct text t;

	if (!fp)
		return;
	page_element(p, "h3", NULL, "Answers, compared with the capture");
	page_class(p, "pre", "differences");
	while (n++ < DIFFERENCES_SHOWN && getline(&line, &cap, fp) >= 0) {
		text_init(&t, masked, sizeof masked);
		text_words(&t, line);
		page_text(p, text_masks() ? masked : line);
	}
	page_end(p);
	if (!feof(fp))
		page_note(p, "More stands in %s.diff.txt of the run folder.", r->id);
	free(line);
	fclose(fp);
}

static void one_case(struct page *p, const struct result *r, const struct html_source *from)
{
	char id[160];

	anchor(r, id, sizeof id, "case");
	page_begin(p, "section");
	page_attribute(p, "id", id);
	page_begin(p, "h2");
	page_text(p, r->id);
	page_text(p, ": ");
	verdict(p, r);
	page_end(p);
	page_element(p, "p", NULL, r->title);
	page_begin(p, "dl");
	field(p, "because", r->reason);
	field(p, "article", r->article);
	code_field(p, "step", r->step);
	field(p, "clause", r->clause);
	field(p, "source", r->source);
	code_field(p, "again", r->command);
	page_end(p);
	if (json_array_size(json_object_get(r->json, "evidence")) > 1) {
		page_element(p, "h3", NULL, "Evidence");
		evidence(p, r);
	}
	differences(p, r);
	ledger(p, &r->ledger);
	picture(p, r, from, id);
	page_end(p);
}

static void full_cases(struct page *p, const struct results *s, const struct html_source *from)
{
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!in_full(&s->at[i], from))
			continue;
		if (shown < HTML_CASES_MAX)
			one_case(p, &s->at[i], from);
		shown++;
	}
	left = shown > HTML_CASES_MAX ? shown - HTML_CASES_MAX : 0;
	if (left) {
		page_note(p, "%zu more are not shown in full; report --case ID shows one.", left);
	}
}

/* --- compared with an earlier run ----------------------------------------------------------- */

static void difference(void *ctx, enum diff_kind k, const struct result *was,
                       const struct result *is)
{
	struct page *p = ctx;

	page_begin(p, "tr");
	page_element(p, "td", k == DIFF_WORSE ? "fail" : k == DIFF_BETTER ? "pass" : NULL,
	             diff_name(k));
	page_element(p, "td", NULL, is ? is->id : was ? was->id : "");
	page_begin(p, "td");
	if (was)
		page_format(p, "%s %s", result_word(was), was->reason);
	page_end(p);
	page_begin(p, "td");
	if (is)
		page_format(p, "%s %s", result_word(is), is->reason);
	page_end(p);
	page_end(p);
}

static void comparison(struct page *p, const struct results *s, const struct html_source *from)
{
	static const char *const names[] = { "what", "case", "was", "is", NULL };

	if (!from->before)
		return;
	page_element(p, "h2", NULL, "Compared with the run before");
	page_begin(p, "table");
	html_head(p, names);
	page_begin(p, "tbody");
	diff_runs(from->before, s, difference, p);
	page_end(p);
	page_end(p);
}

void html_panel(struct page *p)
{
	page_class(p, "div", "panel");
	page_attribute(p, "id", "panel");
	page_attribute(p, "role", "region");
	page_attribute(p, "aria-label", "the chosen PDU in full");
	page_end(p);
}

/* --- the page --------------------------------------------------------------------------------- */

bool html_run(FILE *out, const struct results *s, const struct html_source *from)
{
	struct result_sum sum = results_sum(s);
	char title[160];
	struct page p;

	snprintf(title, sizeof title, "x400rig: %.60s, %u of %u pass",
	         s->head.target ? s->head.target : "run", sum.pass, sum.all);
	if (!page_open(&p, title))
		return false;
	page_begin(&p, "main");
	page_element(&p, "h1", NULL, title);
	counts(&p, &sum);
	about(&p, s);
	comparison(&p, s, from);
	cases(&p, s, from);
	groups(&p, s, from);
	html_binds(&p, s);
	html_soaks(&p, s);
	full_cases(&p, s, from);
	page_end(&p);
	html_panel(&p);
	return page_close(&p, out);
}
