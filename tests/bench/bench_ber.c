/*
 * What 1 MiB of hostile BER costs a decoder, as a multiple of what 1 MiB of
 * honest BER costs: the head of a message with recipients, read and walked.
 *
 *     bench_ber        the worst shape for each decoder, rows for tests/bench/table.py
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acse/acse_pdu.h"
#include "p1/p1_bind.h"
#include "p1/p1_build.h"
#include "p1/p1_name.h"
#include "p1/p1_reader.h"
#include "presentation/presentation_pdu.h"
#include "presentation/presentation_reader.h"

#include "row.h"

enum { MIB = 1 << 20, ROUNDS = 7, ROOM = 64 };

static uint8_t buffer[MIB + ROOM];

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- decoders ---- */

static void run_p1(struct octets o)
{
	struct findings f = { .n = 0 };
	struct p1_recipient r;
	struct p1_iterator it;
	struct p1_apdu a;

	if (!p1_decode(o, &a, &f))
		return;
	p1_walk(&it, &a.recipients, &f);
	while (p1_next_recipient(&it, &r))
		;
}

static void run_presentation(struct octets o)
{
	struct findings f = { .n = 0 };
	struct presentation_pdu p;

	(void)presentation_decode(PRESENTATION_ON_CONNECT, false, o, &p, &f);
}

static void run_acse(struct octets o)
{
	struct findings f = { .n = 0 };
	struct acse_pdu p;

	(void)acse_decode(o, &p, &f);
}

/* The streaming readers, in pieces as TCP brings them. */
enum { PIECE = 1460 };

static void run_presentation_reader(struct octets o)
{
	struct findings f = { .n = 0 };
	struct presentation_reader r;

	presentation_reader_init(&r);
	for (size_t at = 0; at < o.n && !f.fatal; at += PIECE) {
		struct octets piece = { o.p + at, o.n - at < PIECE ? o.n - at : PIECE }, value;

		while (presentation_reader_next(&r, &piece, &value, &f) == PRESENTATION_VALUE)
			;
	}
}

static void run_p1_reader(struct octets o)
{
	struct findings f = { .n = 0 };
	struct p1_reader r;

	p1_reader_init(&r, false);
	for (size_t at = 0; at < o.n && !f.fatal; at += PIECE) {
		struct octets piece = { o.p + at, o.n - at < PIECE ? o.n - at : PIECE }, run;
		enum p1_part part;

		while (piece.n && !f.fatal) {
			size_t n = p1_reader_push(&r, piece, &part, &run, &f);

			piece.p += n;
			piece.n -= n;
		}
	}
}

/* ---- inputs ---- */

struct shape {
	const char *name;
	uint8_t unit[12];
	size_t n;
};

static const struct shape shapes[] = {
	{ "deep, indefinite", { 0xa2, 0x80 }, 2 },
	{ "tiny elements", { 0x85, 0x00 }, 2 },
	{ "tiny, one octet", { 0x85, 0x01, 0x00 }, 3 },
	{ "empty, indefinite", { 0xa5, 0x80, 0x00, 0x00 }, 4 },
	{ "nested, indefinite", { 0xa5, 0x80, 0xa5, 0x80, 0x00, 0x00, 0x00, 0x00 }, 8 },
	{ "segments of one octet", { 0x24, 0x80, 0x04, 0x01, 0x00, 0x00, 0x00 }, 7 },
	{ "long tags", { 0xbf, 0x81, 0x80, 0x80, 0x01, 0x00 }, 6 },
	{ "long lengths", { 0x85, 0x84, 0x00, 0x00, 0x00, 0x00 }, 6 },
};

struct decoder {
	const char *name;
	void (*run)(struct octets o);
	uint8_t before[24];		/* opens what must be walked to be skipped */
	size_t n;
};

static const struct decoder decoders[] = {
	{ "p1", run_p1, { 0xa0, 0x80, 0x31, 0x80 }, 4 },
	{ "presentation", run_presentation, { 0x31, 0x80, 0xa0, 0x03, 0x80, 0x01, 0x01, 0xa2,
	                                      0x80 },
	  9 },
	{ "acse", run_acse, { 0x60, 0x80, 0xa1, 0x06, 0x06, 0x04, 0x56, 0x00, 0x01, 0x06, 0xbe,
	                      0x80, 0x28, 0x80, 0x02, 0x01, 0x03, 0xa0, 0x80, 0x30, 0x80 }, 21 },
	{ "pdv reader", run_presentation_reader,
	  { 0x61, 0x80, 0x30, 0x80, 0x02, 0x01, 0x03, 0xa0, 0x80, 0x30, 0x80 }, 11 },
	{ "p1 reader", run_p1_reader,
	  { 0x28, 0x80, 0x02, 0x01, 0x05, 0xa0, 0x80, 0xa0, 0x80, 0x31, 0x80 }, 11 },
};

static struct octets hostile(const struct decoder *d, const struct shape *s)
{
	size_t n = d->n;

	memcpy(buffer, d->before, d->n);
	for (; n + s->n <= MIB; n += s->n)
		memcpy(buffer + n, s->unit, s->n);
	return (struct octets){ buffer, n };
}

static uint8_t name[200];
static size_t name_n;

static void recipient(void *ctx, uint32_t i, struct p1_recipient *out)
{
	(void)ctx;
	*out = (struct p1_recipient){ .name = { name, name_n }, .number = i + 1,
	                              .indicators = 0x10 };
}

/* Recipients until the head has 1 MiB. */
static struct octets honest(void)
{
	struct p1_message m = { .recipient = recipient };
	struct p1_name parsed;
	size_t bad, n = 0;

	if (!p1_name_parse(octets_of("C=XX;A=TEST;P=DOWN;O=Organization;S=Tester;G=Given"), &parsed,
	                   &bad))
		exit(EXIT_FAILURE);
	name_n = p1_name_encode(&parsed, 0x60, name, sizeof name);
	m.originator = (struct octets){ name, name_n };
	m.id.domain = (struct p1_domain){ parsed.country, parsed.admd, parsed.prmd };
	m.id.local = p1_string("id-1");
	m.content_type = (struct p1_content_type){ true, false, P1_CONTENT_P22, { NULL, 0 } };
	m.trace = (struct p1_trace){ .domain = m.id.domain, .arrival = p1_string("261121120000Z") };
	m.recipients_n = (uint32_t)(MIB / (name_n + 20));
	n = p1_message_head(&m, 1000, buffer, sizeof buffer);
	return (struct octets){ buffer, n };
}

/* Best of some rounds, in seconds for 1 MiB. */
static double cost(void (*run)(struct octets), struct octets o)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double t = now_s();

		run(o);
		t = now_s() - t;
		best = t < best ? t : best;
	}
	return best * MIB / (double)o.n;
}

int main(void)
{
	struct octets o = honest();
	double base = cost(run_p1, o);

	if (o.n < MIB / 2)
		return EXIT_FAILURE;
	for (size_t d = 0; d < sizeof decoders / sizeof decoders[0]; d++) {
		const char *shape = "";
		double worst = 0;
		char what[64];

		for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
			double took = cost(decoders[d].run, hostile(&decoders[d], &shapes[s]));

			if (took > worst) {
				worst = took;
				shape = shapes[s].name;
			}
		}
		snprintf(what, sizeof what, "hostile BER, %s: %s", decoders[d].name, shape);
		bench_row(what, "ms/MiB", "<5x", worst * 1e3, "honest head", base * 1e3);
	}
	return EXIT_SUCCESS;
}
