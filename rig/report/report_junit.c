/*
 * Results as JUnit's XML.
 */
#include "report/report.h"

#include <libxml/xmlwriter.h>
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
	xmlTextWriterWriteAttribute(w, x(name), x(value));
}

static void seconds(xmlTextWriterPtr w, int64_t us)
{
	xmlTextWriterWriteFormatAttribute(w, x("time"), "%.6f", (double)us / 1e6);
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
	xmlTextWriterWriteFormatAttribute(w, x("tests"), "%zu", n);
	xmlTextWriterWriteFormatAttribute(w, x("failures"), "%u", failures);
	xmlTextWriterWriteFormatAttribute(w, x("errors"), "%u", errors);
	xmlTextWriterWriteFormatAttribute(w, x("skipped"), "%u", skipped);
	seconds(w, us);
}

/* <failure>, <error> or <skipped>. */
static void outcome(xmlTextWriterPtr w, const struct result *r)
{
	const char *element = !result_counts(r) ? "skipped"
	                    : r->verdict == VERDICT_ERROR ? "error" : "failure";

	xmlTextWriterStartElement(w, x(element));
	xmlTextWriterWriteFormatAttribute(w, x("message"), "%s: %s", result_word(r), r->reason);
	if (result_counts(r)) {
		attribute(w, "type", r->article[0] ? r->article : result_verdict(r->verdict));
		xmlTextWriterWriteFormatString(w, "%s\nstep: %s\nclause: %s\nagain: %s\n",
		                               r->reason, r->step, r->clause, r->command);
	}
	xmlTextWriterFullEndElement(w);
}

static void testcase(xmlTextWriterPtr w, const struct result *r)
{
	size_t n = report_group(r->id);

	xmlTextWriterStartElement(w, x("testcase"));
	if (r->attempt > 1)
		xmlTextWriterWriteFormatAttribute(w, x("name"), "%s (%u)", r->id + n + (n > 0),
		                                  r->attempt);
	else
		attribute(w, "name", r->id + n + (n > 0));
	xmlTextWriterWriteFormatAttribute(w, x("classname"), "x400rig.%.*s", (int)n, r->id);
	seconds(w, r->duration_us);
	if (result_counts(r) || r->verdict != VERDICT_PASS)
		outcome(w, r);
	xmlTextWriterFullEndElement(w);
}

static void suite(xmlTextWriterPtr w, const struct results *s, size_t from, size_t n, int id)
{
	xmlTextWriterStartElement(w, x("testsuite"));
	xmlTextWriterWriteFormatAttribute(w, x("name"), "%.*s",
	                                  (int)report_group(s->at[from].id), s->at[from].id);
	counts(w, &s->at[from], n);
	xmlTextWriterWriteFormatAttribute(w, x("id"), "%d", id);
	if (s->head.started && s->head.started[0])
		xmlTextWriterWriteFormatAttribute(w, x("timestamp"), "%.19s", s->head.started);
	for (size_t i = from; i < from + n; i++)
		testcase(w, &s->at[i]);
	xmlTextWriterFullEndElement(w);
}

static void document(xmlTextWriterPtr w, const struct results *s)
{
	int id = 0;

	xmlTextWriterSetIndent(w, 1);
	xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
	xmlTextWriterStartElement(w, x("testsuites"));
	attribute(w, "name", "x400rig");
	counts(w, s->at, s->n);
	for (size_t from = 0, n; from < s->n; from += n) {
		for (n = 1; from + n < s->n && same_group(&s->at[from], &s->at[from + n]); n++)
			;
		suite(w, s, from, n, id++);
	}
	xmlTextWriterFullEndElement(w);
	xmlTextWriterEndDocument(w);
}

bool report_junit(FILE *out, const struct results *s)
{
	xmlBufferPtr buffer = xmlBufferCreate();
	xmlTextWriterPtr w = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	bool ok = w != NULL;

	if (ok) {
		document(w, s);
		ok = xmlTextWriterFlush(w) >= 0;
		xmlFreeTextWriter(w);
	}
	if (buffer) {
		size_t n = (size_t)xmlBufferLength(buffer);

		ok = ok && fwrite(xmlBufferContent(buffer), 1, n, out) == n;
		xmlBufferFree(buffer);
	}
	return ok;
}
