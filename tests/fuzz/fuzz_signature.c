/*
 * Any octets as a file of signatures and, behind a NUL, as a log that is matched
 * with it and with the words of its expressions looked for: what the matcher's
 * filter refuses may not be a hit.  Octets that begin with the NUL are a log for
 * the shipped catalogue, which is read once.
 */
#include "fuzz.h"

#include "cli/cli.h"
#include "judge/signature.h"

#include <string.h>

struct hits {
	struct signature_matcher *matcher;
	const struct signatures *s;
	uint64_t n, sum;
};

static void on_hit(void *ctx, uint16_t row_id)
{
	struct hits *h = ctx;

	demand(row_id && signature_of(row_id) < h->s->n);
	demand(signature_row_of(row_id) < h->s->at[signature_of(row_id)].rows_n);
	h->n++;
	h->sum += row_id;
}

static void on_record(void *ctx, const struct log_record *rec)
{
	struct hits *h = ctx;

	signature_matcher_record(h->matcher, rec, on_hit, h);
}

static struct hits match(struct signature_matcher *m, const struct signatures *s, const char *p,
                         size_t n, bool filtered)
{
	struct hits h = { .matcher = m, .s = s };
	struct log_options o = { .order = LOG_DATE_MDY, .year = 2026 };
	struct log_filter f;
	struct log_reader *r;

	f = signature_matcher_filter(m);
	r = log_reader_open(&o, filtered ? &f : NULL, on_record, &h);
	demand(r);
	log_reader_feed(r, p, n);
	log_reader_flush(r);
	log_reader_free(r);
	signature_matcher_reset(m);
	return h;
}

static void match_both(struct signature_matcher *m, const struct signatures *s, const uint8_t *p,
                       size_t n)
{
	struct hits all, some;

	demand(m);
	all = match(m, s, (const char *)p, n, false);
	some = match(m, s, (const char *)p, n, true);
	demand(some.n <= all.n);
}

static void check(const struct signatures *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct signature *sig = &s->at[i];

		demand(sig->rows_n <= SIGNATURE_ROWS_MAX && sig->weight <= WEIGHT_HARMLESS);
		for (size_t k = 0; k < sig->rows_n; k++) {
			char text[96];

			signature_row_text(sig, k, text, sizeof text);
			demand(sig->rows[k].first < sig->rows_n);
		}
	}
}

static void match_shipped(const uint8_t *p, size_t n)
{
	static struct signatures shipped;
	static struct signature_matcher *m;

	if (!m) {
		struct lexer_report r = { 0 };
		char path[CLI_PATH];

		demand(cli_data("signatures", path) && signatures_load(&shipped, path, &r));
		check(&shipped);
		lexer_report_free(&r);
		m = signature_matcher_new(&shipped);
	}
	match_both(m, &shipped, p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size;
	struct lexer_report r = { 0 };
	struct lexer_source source;
	struct signatures s = { 0 };

	if (nul == data && nul) {
		match_shipped(data + 1, size - 1);
		return 0;
	}
	if (!lexer_take(&source, "f", (const char *)data, n, &r))
		goto out;
	signatures_read(&s, &source, &r);
	lexer_source_free(&source);
	check(&s);
	if (nul && s.n) {
		struct signature_matcher *m = signature_matcher_new(&s);

		match_both(m, &s, nul + 1, size - n - 1);
		signature_matcher_free(m);
	}
out:
	signatures_free(&s);
	lexer_report_free(&r);
	return 0;
}
