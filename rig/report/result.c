#include "report/result.h"

#include "array/array.h"
#include "base/text.h"
#include "report/clean.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- words ----------------------------------------------------------------------- */

static const char *const words[] = {
	[VERDICT_NONE] = "skip", [VERDICT_PASS] = "pass", [VERDICT_INCONCLUSIVE] = "inconclusive",
	[VERDICT_FAIL] = "fail", [VERDICT_ERROR] = "error",
};

const char *result_verdict(enum verdict v)
{
	return words[v];
}

static bool verdict_of(const char *word, enum verdict *out)
{
	for (enum verdict v = VERDICT_NONE; v <= VERDICT_ERROR; v++) {
		*out = v;
		if (strcmp(word, words[v]) == 0)
			return true;
	}
	return false;
}

const char *result_word(const struct result *r)
{
	static const char *const known[] = {
		[VERDICT_NONE] = "skip", [VERDICT_PASS] = "unexpected pass",
		[VERDICT_INCONCLUSIVE] = "expected inconclusive",
		[VERDICT_FAIL] = "expected fail", [VERDICT_ERROR] = "expected error",
	};

	return r->expected ? known[r->verdict] : words[r->verdict];
}

bool result_counts(const struct result *r)
{
	return r->expected ? r->verdict == VERDICT_PASS : r->verdict >= VERDICT_FAIL;
}

/* --- writing --------------------------------------------------------------------- */

/* A JSON string of any octets. */
static json_t *text(const char *s)
{
	char *clean = clean_text(s, SIZE_MAX);
	json_t *j = clean ? json_string(clean) : NULL;

	free(clean);
	return j;
}

static json_t *texts(const char *const *at, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, text(at[i]));
	return array;
}

static json_t *evidence(const struct result *r, const struct evidence *ev)
{
	bool has = ev->expectation < r->expectations_n;
	const struct expectation *x = has ? &r->expectations[ev->expectation] : NULL;
	json_t *lines = json_array(), *events = json_array();

	for (size_t i = 0; i < ev->log_lines_n; i++)
		json_array_append_new(lines, json_integer(ev->log_lines[i]));
	for (size_t i = 0; i < ev->events_n; i++)
		json_array_append_new(events, json_integer((json_int_t)ev->events[i]));
	return json_pack("{so, so, so, so, si, so, so, so}",
	                 "verdict", text(words[ev->verdict]), "reason", text(ev->reason),
	                 "clause", text(ev->clause), "article", text(ev->article),
	                 "line", x ? x->line : 0, "text", text(x ? x->text : ""),
	                 "log_lines", lines, "events", events);
}

static json_t *all_evidence(const struct result *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->evidence_n; i++)
		json_array_append_new(array, evidence(r, &r->evidence[i]));
	return array;
}

static json_t *ledger(const struct ledger_sum *l)
{
	return json_pack("{sI, sI, sI, sI, sI, sI, sI, sI}",
	                 "offered", (json_int_t)l->offered, "accepted", (json_int_t)l->accepted,
	                 "delivered", (json_int_t)l->delivered, "copies", (json_int_t)l->copies,
	                 "altered", (json_int_t)l->altered, "reported", (json_int_t)l->reported,
	                 "missing", (json_int_t)l->missing, "foreign", (json_int_t)l->foreign);
}

static json_t *binds(const struct bind_sum *b)
{
	return json_pack("{sI, sI, sI, sI}", "n", (json_int_t)b->n,
	                 "least_us", (json_int_t)b->least_us, "most_us", (json_int_t)b->most_us,
	                 "all_us", (json_int_t)b->all_us);
}

static bool put(FILE *out, json_t *j)
{
	bool ok = j && json_dumpf(j, out, JSON_COMPACT) == 0 && putc('\n', out) != EOF;

	if (!j)
		errno = ENOMEM;
	json_decref(j);
	return ok;
}

bool result_head_write(FILE *out, const struct result_head *h)
{
	return put(out, json_pack("{ss, si, so, so, sb, so, so, so}", "schema", "x400rig-run",
	                          "version", RESULT_VERSION, "target", text(h->target),
	                          "defects", text(h->defects), "virtual", (int)h->is_virtual,
	                          "seed", text(h->seed), "shard", text(h->shard),
	                          "started", text(h->started)));
}

bool result_write(FILE *out, const struct result *r)
{
	return put(out, json_pack(
		"{so, sI, so, sb, so, so, so, so, so, so, so, si, so, sb, sb, so, sI, sI, s[II], "
		"so, so, so}", "id", text(r->id), "attempt", (json_int_t)r->attempt,
		"verdict", text(words[r->verdict]), "expected", (int)r->expected,
		"reason", text(r->reason), "clause", text(r->clause), "article", text(r->article),
		"title", text(r->title), "source", text(r->source),
		"purposes", texts(r->purposes, r->purposes_n), "step", text(r->step),
		"line", r->line, "command", text(r->command), "interrupted", (int)r->interrupted,
		"trouble", (int)r->trouble, "seed", text(r->seed),
		"duration_us", (json_int_t)r->duration_us, "events", (json_int_t)r->events,
		"frames", (json_int_t)r->frame_first, (json_int_t)r->frame_last,
		"ledger", ledger(&r->ledger), "binds", binds(&r->binds), "evidence",
		all_evidence(r)));
}

/* --- reading --------------------------------------------------------------------- */

static const char *string_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static json_int_t number_of(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static uint32_t count_of(const json_t *j, const char *key)
{
	json_int_t n = number_of(j, key);

	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static struct ledger_sum ledger_of(const json_t *j)
{
	return (struct ledger_sum){
		count_of(j, "offered"), count_of(j, "accepted"), count_of(j, "delivered"),
		count_of(j, "copies"), count_of(j, "altered"), count_of(j, "reported"),
		count_of(j, "missing"), count_of(j, "foreign") };
}

static struct bind_sum binds_of(const json_t *j)
{
	return (struct bind_sum){ count_of(j, "n"), number_of(j, "least_us"),
	                          number_of(j, "most_us"), number_of(j, "all_us") };
}

static bool result_of(const json_t *j, struct result *r)
{
	const json_t *frames = json_object_get(j, "frames");

	*r = (struct result){
		.id = string_of(j, "id"), .title = string_of(j, "title"),
		.source = string_of(j, "source"), .reason = string_of(j, "reason"),
		.clause = string_of(j, "clause"), .article = string_of(j, "article"),
		.step = string_of(j, "step"), .command = string_of(j, "command"),
		.seed = string_of(j, "seed"), .attempt = count_of(j, "attempt"),
		.expected = json_is_true(json_object_get(j, "expected")),
		.interrupted = json_is_true(json_object_get(j, "interrupted")),
		.trouble = json_is_true(json_object_get(j, "trouble")),
		.line = (int)count_of(j, "line"), .duration_us = number_of(j, "duration_us"),
		.events = (uint64_t)number_of(j, "events"),
		.frame_first = (uint32_t)json_integer_value(json_array_get(frames, 0)),
		.frame_last = (uint32_t)json_integer_value(json_array_get(frames, 1)),
		.ledger = ledger_of(json_object_get(j, "ledger")),
		.binds = binds_of(json_object_get(j, "binds")), .json = j };
	return r->id[0] && verdict_of(string_of(j, "verdict"), &r->verdict);
}

static bool head_of(const json_t *j, struct results *s)
{
	if (strcmp(string_of(j, "schema"), "x400rig-run") != 0 ||
	    number_of(j, "version") != RESULT_VERSION)
		return false;
	if (!s->head.target)
		s->head = (struct result_head){
			string_of(j, "target"), string_of(j, "defects"), string_of(j, "seed"),
			string_of(j, "shard"), string_of(j, "started"),
			json_is_true(json_object_get(j, "virtual")) };
	return true;
}

static bool own(struct results *s, json_t *j)
{
	json_t **grown = array_room(s->owned, s->owned_n + 1, &s->owned_cap, sizeof *grown);

	if (!grown) {
		json_decref(j);
		return false;
	}
	s->owned = grown;
	s->owned[s->owned_n++] = j;
	return true;
}

static bool say(char why[static RESULT_WHY], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static bool say(char why[static RESULT_WHY], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, RESULT_WHY, fmt, ap);
	va_end(ap);
	return false;
}

/* An object that lives as long as the results; NULL: `why`. */
static json_t *parse(struct results *s, const char *line, size_t n, char why[static RESULT_WHY])
{
	json_error_t error;
	json_t *j = json_loadb(line, n, 0, &error);

	if (!j)
		say(why, "column %d: %.80s", error.column, error.text);
	else if (!own(s, j))
		say(why, "out of memory");
	else
		return j;
	return NULL;
}

/* With a mask, in sentences: what is told in them may be names. */
static bool mask_sentence(json_t *o, const char *key)
{
	const char *was = json_string_value(json_object_get(o, key));
	size_t cap = was ? strlen(was) * TEXT_PSEUDONYM + 1 : 0;
	char *is = was ? malloc(cap) : NULL;
	struct text t;
	bool ok;

	if (!was)
		return true;
	if (!is)
		return false;
	text_init(&t, is, cap);
	text_words(&t, was);
	ok = json_object_set_new(o, key, json_string(is)) == 0;
	free(is);
	return ok;
}

static bool mask_names(json_t *o)
{
	json_t *all = json_object_get(o, "evidence"), *e;
	bool ok = true;
	size_t i;

	if (!text_masks())
		return true;
	ok = mask_sentence(o, "reason") && mask_sentence(o, "step");
	json_array_foreach(all, i, e)
		ok = ok && mask_sentence(e, "reason") && mask_sentence(e, "text");
	return ok;
}

bool results_add(struct results *s, const char *line, size_t n, char why[static RESULT_WHY])
{
	json_t *j = parse(s, line, n, why);
	struct result *grown;

	if (!j)
		return false;
	grown = array_room(s->at, s->n + 1, &s->cap, sizeof *grown);
	if (!grown || !mask_names(j))
		return say(why, "out of memory");
	s->at = grown;
	if (!result_of(j, &s->at[s->n]))
		return say(why, "no case with a verdict");
	s->n++;
	return true;
}

static bool take_head(struct results *s, const char *line, size_t n, char why[static RESULT_WHY])
{
	const json_t *j = parse(s, line, n, why);

	return j && (head_of(j, s) || say(why, "not a run of version %d", RESULT_VERSION));
}

static bool take_line(struct results *s, const char *line, size_t n, unsigned number,
                      const char *path, char why[static RESULT_WHY])
{
	char what[RESULT_WHY];

	return (number == 1 ? take_head(s, line, n, what) : results_add(s, line, n, what)) ||
	       say(why, "%.120s:%u: %.100s", path, number, what);
}

bool results_read(struct results *s, const char *folder, char why[static RESULT_WHY])
{
	char path[1024], *line = NULL;
	size_t cap = 0, before = s->n;
	json_t *kept;
	unsigned number = 0;
	bool ok = true;
	ssize_t n;
	FILE *fp;

	snprintf(path, sizeof path, "%s/run.jsonl", folder);
	fp = fopen(path, "re");
	if (!fp)
		return say(why, "%.150s: %s%s", path, strerror(errno), errno == ENOENT ?
		           "; a run folder is wanted, as `x400rig run --out` makes it" : "");
	while (ok && (n = getline(&line, &cap, fp)) > 0) {
		bool whole = line[n - 1] == '\n';

		ok = (!whole && number > 0) ||
		     take_line(s, line, (size_t)n, ++number, path, why);
	}
	if (ok && number == 0)
		ok = say(why, "%.150s: empty", path);
	kept = json_string(folder);
	if (kept && own(s, kept))
		for (size_t i = before; i < s->n; i++)
			s->at[i].folder = json_string_value(kept);
	free(line);
	fclose(fp);
	return ok;
}

void results_free(struct results *s)
{
	for (size_t i = 0; i < s->owned_n; i++)
		json_decref(s->owned[i]);
	free(s->owned);
	free(s->at);
	*s = (struct results){ 0 };
}

/* --- many ------------------------------------------------------------------------ */

static int by_case(const void *a, const void *b)
{
	const struct result *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	if (order == 0)
		order = (x->attempt > y->attempt) - (x->attempt < y->attempt);
	return order ? order : (x->verdict < y->verdict) - (x->verdict > y->verdict);
}

void results_merge(struct results *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->at, s->n, sizeof *s->at, by_case);
	for (size_t i = 0; i < s->n; i++)
		if (n == 0 || strcmp(s->at[n - 1].id, s->at[i].id) != 0 ||
		    s->at[n - 1].attempt != s->at[i].attempt)
			s->at[n++] = s->at[i];
	s->n = n;
}

void result_sum_add(struct result_sum *sum, const struct result *r)
{
	unsigned *const counts[] = {
		[VERDICT_NONE] = &sum->skipped, [VERDICT_PASS] = &sum->pass,
		[VERDICT_INCONCLUSIVE] = &sum->inconclusive, [VERDICT_FAIL] = &sum->fail,
		[VERDICT_ERROR] = &sum->error,
	};

	sum->all++;
	++*counts[r->verdict];
	if (!r->expected)
		sum->against[r->verdict]++;
	else if (r->verdict != VERDICT_NONE)
		++*(r->verdict == VERDICT_PASS ? &sum->unexpected : &sum->expected);
	sum->interrupted |= r->interrupted;
	sum->duration_us += r->duration_us;
}

struct result_sum results_sum(const struct results *s)
{
	struct result_sum sum = { 0 };

	for (size_t i = 0; i < s->n; i++)
		result_sum_add(&sum, &s->at[i]);
	return sum;
}

void result_sum_text(FILE *out, const struct result_sum *sum)
{
	const struct {
		const char *name;
		unsigned n;
	} counts[] = {
		{ "pass", sum->pass }, { "fail", sum->fail }, { "inconclusive", sum->inconclusive },
		{ "error", sum->error }, { "skipped", sum->skipped },
	};
	const char *between = ":";

	fprintf(out, "%u case%s", sum->all, sum->all == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		if (!counts[i].n)
			continue;
		fprintf(out, "%s %u %s", between, counts[i].n, counts[i].name);
		between = ",";
	}
	if (sum->expected || sum->unexpected)
		fprintf(out, "; %u as the baseline says, %u unexpected pass%s", sum->expected,
		        sum->unexpected, sum->unexpected == 1 ? "" : "es");
	fprintf(out, " (%.1f s)\n", (double)sum->duration_us / 1e6);
}
