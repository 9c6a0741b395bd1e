/*
 * Any octets as a text log, fed whole and octet by octet: the records are the same,
 * in bounds, clean text, and their numbers rise.
 */
#include "fuzz.h"

#include "logs/logs.h"

#include <string.h>

struct sum {
	uint64_t hash, records, line;
};

static void add(struct sum *s, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->hash = (s->hash ^ ((const uint8_t *)p)[i]) * UINT64_C(0x100000001b3);
}

static void on_record(void *ctx, const struct log_record *rec)
{
	struct sum *s = ctx;
	size_t n = strnlen(rec->text, sizeof rec->text);

	demand(n < sizeof rec->text);
	demand(strnlen(rec->source, sizeof rec->source) < sizeof rec->source);
	demand(rec->layout < LOG_EVT && rec->line > s->line && rec->event <= 99999);
	demand(rec->dump_n <= LOG_DUMP_MAX && (rec->dump != NULL) == (rec->dump_n > 0));
	for (size_t i = 0; i < n; i++) {
		demand((unsigned char)rec->text[i] >= 0x20);
		demand(rec->text[i] != ' ' || (i && i + 1 < n && rec->text[i + 1] != ' '));
	}
	s->line = rec->line;
	s->records++;
	add(s, rec->text, n + 1);
	add(s, rec->source, strlen(rec->source));
	add(s, &rec->event, sizeof rec->event);
	add(s, &rec->code, sizeof rec->code);
	add(s, &rec->at_us, sizeof rec->at_us);
	add(s, rec->dump, rec->dump_n);
}

/* In pieces of `step` octets. */
static struct sum read_in(const struct log_options *o, const uint8_t *p, size_t n, size_t step)
{
	struct sum s = { 1, 0, 0 };
	struct log_reader *r = log_reader_open(o, NULL, on_record, &s);
	const struct log_notes *notes;

	demand(r);
	for (size_t at = 0; at < n; at += step)
		log_reader_feed(r, (const char *)p + at, step < n - at ? step : n - at);
	log_reader_flush(r);
	notes = log_reader_notes(r);
	demand(notes->octets == n && notes->records == s.records && notes->lines >= s.line);
	log_reader_free(r);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = { NULL, NULL, NULL, "%Y%m%d-%H%M%S" };
	static const size_t steps[] = { 1, 7, 61, 300 };
	struct log_options o = { .year = 2026 };
	struct sum whole, cut;

	if (size < 1)
		return 0;
	o.order = (enum log_date_order)(data[0] % 4);
	o.time_format = formats[data[0] / 4 % 4];
	whole = read_in(&o, data + 1, size - 1, size);
	/* AUTO learns from the first piece, so what it reads may depend on the cut. */
	if (o.order == LOG_DATE_AUTO)
		return 0;
	cut = read_in(&o, data + 1, size - 1, steps[data[0] / 16 % 4]);
	demand(whole.hash == cut.hash && whole.records == cut.records);
	return 0;
}
