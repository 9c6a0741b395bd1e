/*
 * Results as JUnit's XML.
 */
#include "report/report.h"
#include "report/xml.h"

#include <string.h>

size_t report_group(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash ? (size_t)(slash - id) : 0;
}

static bool same_group(const struct result *a, const struct result *b)
{
	size_t n = report_group(a->id);

	return n == report_group(b->id) && memcmp(a->id, b->id, n) == 0;
}

static const xmlChar *x(const char *s)
{
	return (const xmlChar *)s;
}

static void attribute(xmlTextWriterPtr w, const char *name, const char *value)
{
	xml.TextWriterWriteAttribute(w, x(name), x(value));
}

static void seconds(xmlTextWriterPtr w, int64_t us)
{
	xml.TextWriterWriteFormatAttribute(w, x("time"), "%.6f", (double)us / 1e6);
}

static void counts(xmlTextWriterPtr w, const struct result *at, size_t n)
{
	unsigned failures = 0, errors = 0, skipped = 0;
	int64_t us = 0;

	for (size_t i = 0; i < n; i++) {
		const struct result *r = &at[i];

		us += r->duration_us;
		if (!result_counts(r))
			skipped += r->verdict != VERDICT_PASS;
		else if (r->verdict == VERDICT_ERROR)
			errors++;
		else
			failures++;
	}
	xml.TextWriterWriteFormatAttribute(w, x("tests"), "%zu", n);
	xml.TextWriterWriteFormatAttribute(w, x("failures"), "%u", failures);
	xml.TextWriterWriteFormatAttribute(w, x("errors"), "%u", errors);
	xml.TextWriterWriteFormatAttribute(w, x("skipped"), "%u", skipped);
	seconds(w, us);
}

/* <failure>, <error> or <skipped>. */
static void outcome(xmlTextWriterPtr w, const struct result *r)
{
	const char *element = !result_counts(r) ? "skipped"
	                    : r->verdict == VERDICT_ERROR ? "error" : "failure";

	xml.TextWriterStartElement(w, x(element));
	xml.TextWriterWriteFormatAttribute(w, x("message"), "%s: %s", result_word(r), r->reason);
	if (result_counts(r)) {
		attribute(w, "type", r->article[0] ? r->article : result_verdict(r->verdict));
		xml.TextWriterWriteFormatString(w, "%s\nstep: %s\nclause: %s\nagain: %s\n",
		                               r->reason, r->step, r->clause, r->command);
	}
	xml.TextWriterFullEndElement(w);
}

static void testcase(xmlTextWriterPtr w, const struct result *r)
{
	size_t n = report_group(r->id);

	xml.TextWriterStartElement(w, x("testcase"));
	if (r->attempt > 1)
		xml.TextWriterWriteFormatAttribute(w, x("name"), "%s (%u)", r->id + n + (n > 0),
		                                  r->attempt);
	else
		attribute(w, "name", r->id + n + (n > 0));
	xml.TextWriterWriteFormatAttribute(w, x("classname"), "x400rig.%.*s", (int)n, r->id);
	seconds(w, r->duration_us);
	if (result_counts(r) || r->verdict != VERDICT_PASS)
		outcome(w, r);
	xml.TextWriterFullEndElement(w);
}

static void suite(xmlTextWriterPtr w, const struct results *s, size_t from, size_t n, int id)
{
	xml.TextWriterStartElement(w, x("testsuite"));
	xml.TextWriterWriteFormatAttribute(w, x("name"), "%.*s",
	                                  (int)report_group(s->at[from].id), s->at[from].id);
	counts(w, &s->at[from], n);
	xml.TextWriterWriteFormatAttribute(w, x("id"), "%d", id);
	if (s->head.started && s->head.started[0])
		xml.TextWriterWriteFormatAttribute(w, x("timestamp"), "%.19s", s->head.started);
	for (size_t i = from; i < from + n; i++)
		testcase(w, &s->at[i]);
	xml.TextWriterFullEndElement(w);
}

static void document(xmlTextWriterPtr w, const struct results *s)
{
	int id = 0;

	xml.TextWriterSetIndent(w, 1);
	xml.TextWriterStartDocument(w, NULL, "UTF-8", NULL);
	xml.TextWriterStartElement(w, x("testsuites"));
	attribute(w, "name", "x400rig");
	counts(w, s->at, s->n);
	for (size_t from = 0, n; from < s->n; from += n) {
		for (n = 1; from + n < s->n && same_group(&s->at[from], &s->at[from + n]); n++)
			;
		suite(w, s, from, n, id++);
	}
	xml.TextWriterFullEndElement(w);
	xml.TextWriterEndDocument(w);
}

bool report_junit(FILE *out, const struct results *s)
{
	xmlBufferPtr buffer = xml.BufferCreate();
	xmlTextWriterPtr w = buffer ? xml.NewTextWriterMemory(buffer, 0) : NULL;
	bool ok = w != NULL;

	if (ok) {
		document(w, s);
		ok = xml.TextWriterFlush(w) >= 0;
		xml.FreeTextWriter(w);
	}
	if (buffer) {
		size_t n = (size_t)xml.BufferLength(buffer);

		ok = ok && fwrite(xml.BufferContent(buffer), 1, n, out) == n;
		xml.BufferFree(buffer);
	}
	return ok;
}
