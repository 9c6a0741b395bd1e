/*
 * Fuzz target: frames and TPDUs of a stream.  The first octet chooses a cut;
 * the rest is the stream.  What comes out whole and cut is the same, data lie
 * in the input and are as many as the frames say; a TPDU that was decoded and
 * is built again is decoded to the same.
 */
#include <string.h>

#include "cotp/cotp.h"
#include "cotp/cotp_rules.h"
#include "pool.h"

enum { UNITS_MAX = 600, LINE = 700, OUT = 1024 };

struct unit {
	uint8_t kind;
	bool eot;
	uint32_t length;
	uint64_t at, data_n;
	uint16_t fatal;		/* rule, 0: none */
};

struct stream {
	struct unit at[UNITS_MAX];
	size_t n;
	uint64_t octets;	/* taken */
	bool lost;
};

static struct stream whole, cut;

/* Decoded, built and decoded again: the same line of text. */
static void check_build(const struct cotp_unit *u)
{
	static struct nodes nodes;
	char one[LINE], two[LINE];
	uint8_t out[OUT];
	struct findings f = { .n = 0 };
	struct cotp_pdu pdu = u->pdu, again;
	struct text x, y;
	uint64_t size;

	if (u->pdu.kind == COTP_NONE || u->pdu.kind == COTP_DT || u->length > COTP_HELD_MAX)
		return;
	pdu.others = pdu.unknown = 0;	/* counted, not kept */
	nodes_reset(&nodes);
	text_init(&x, one, sizeof one);
	cotp_text(&x, &pdu);
	size = node_size(cotp_build(&nodes, &pdu));
	if (size > sizeof out)
		return;
	nodes_reset(&nodes);
	demand(node_write(&nodes, cotp_build(&nodes, &pdu), out, sizeof out) == size);
	demand(cotp_decode((struct octets){ out, (size_t)size }, &again, &f));
	text_init(&y, two, sizeof two);
	cotp_text(&y, &again);
	if (strcmp(one, two) != 0)
		fprintf(stderr, "%s\n%s\n", one, two);
	demand(strcmp(one, two) == 0);
}

static void take(struct stream *s, const struct cotp_unit *u, const struct findings *f)
{
	struct unit *last;

	if (u->begins && s->n < UNITS_MAX) {
		s->at[s->n] = (struct unit){ .kind = u->pdu.kind, .length = u->length, .at = u->at,
		                             .fatal = f->fatal ? findings_fatal(f)->rule->id : 0 };
		s->n++;
		if (!f->fatal)
			check_build(u);
	}
	if (s->n == 0)
		return;
	last = &s->at[s->n - 1];
	last->data_n += u->data.n;
	last->eot = last->eot || u->eot;
}

static void feed(struct stream *s, struct tpkt *tpkt, struct cotp_reader *reader,
                 struct pool *pool, const uint8_t *p, size_t n)
{
	uint8_t *block = malloc(n ? n : 1);
	struct octets in = { block, n };
	size_t at = 0;

	demand(block);
	memcpy(block, p, n);
	while (at < n && !s->lost) {
		struct findings f = { .n = 0 };
		struct tpkt_piece piece;
		struct cotp_unit unit;
		size_t used = tpkt_push(tpkt, block + at, n - at, &piece, &f);

		demand(used <= n - at && (used > 0 || f.fatal));
		at += used;
		s->octets += used;
		s->lost = f.fatal;
		if (f.fatal || !(piece.first || piece.last || piece.octets.n))
			continue;
		demand(octets_inside(piece.octets, in));
		cotp_reader_push(reader, pool, &piece, &f, &unit);
		demand(octets_inside(unit.data, in));
		take(s, &unit, &f);
	}
	free(block);
}

static void run(struct stream *s, const uint8_t *p, size_t n, size_t step)
{
	struct cotp_reader reader;
	struct fuzz_pool pool;
	struct tpkt tpkt;

	s->n = 0;
	s->octets = 0;
	s->lost = false;
	fuzz_pool_init(&pool, 0);
	tpkt_init(&tpkt);
	cotp_reader_init(&reader);
	for (size_t at = 0; at < n && s->n < UNITS_MAX; at += step)
		feed(s, &tpkt, &reader, &pool.pool, p + at, n - at < step ? n - at : step);
	cotp_reader_drop(&reader, &pool.pool);
	demand(pool.octets == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	run(&whole, data + 1, size - 1, SIZE_MAX / 2);
	run(&cut, data + 1, size - 1, 1 + data[0] % 16u);
	if (whole.n == UNITS_MAX || cut.n == UNITS_MAX)
		return 0;
	demand(whole.lost == cut.lost && whole.octets == cut.octets);
	demand(whole.n == cut.n);
	for (size_t i = 0; i < whole.n; i++) {
		const struct unit *a = &whole.at[i], *b = &cut.at[i];

		demand(a->kind == b->kind && a->eot == b->eot && a->length == b->length);
		demand(a->at == b->at && a->data_n == b->data_n && a->fatal == b->fatal);
		demand(a->kind != COTP_DT || a->fatal || a->data_n <= a->length);
	}
	return 0;
}
