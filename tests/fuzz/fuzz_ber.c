/* Fuzz target: walker and stream tokenizer on the same octets.  The first
 * octet chooses where the stream is cut and what is taken as opaque. */
#include "ber/ber_stream.h"
#include "fuzz.h"

/* Walks everything; returns the number of elements seen. */
static size_t walk(struct octets in, struct findings *f)
{
	struct ber_string s;
	struct octets piece;
	struct ber_segments i;
	struct ber_tlv t;
	struct ber b;
	size_t last = 0, seen = 0;
	uint64_t sum = 0;

	findings_clear(f);
	ber_init(&b, in, f);
	for (;;) {
		if (!ber_next(&b, &t)) {
			if (!ber_ok(&b) || b.depth == 0 || !ber_leave(&b))
				return seen;
			continue;
		}
		demand(t.at >= last && t.at < t.body && t.body <= in.n);
		demand(t.indefinite || (t.end >= t.body && t.end <= in.n));
		demand(++seen <= in.n);
		last = t.at;
		if (t.tag == BER_OCTET_STRING) {
			if (!ber_string(&b, &t, &s))
				return seen;
			ber_segments_init(&i, &s);
			while (ber_segments_next(&i, &piece))
				sum += piece.n;
			demand(sum <= in.n);
		} else if (t.constructed && !ber_enter(&b, &t)) {
			return seen;
		}
	}
}

struct sum {
	uint64_t opens, closes, octets;
	bool bad, between;
	struct findings f;
};

static void feed(struct octets in, size_t cut, unsigned opaque, struct sum *sum)
{
	struct octets pieces[2] = { { in.p, cut }, { in.p + cut, in.n - cut } };
	enum ber_item item = BER_MORE;
	struct ber_token token;
	struct ber_stream s;

	*sum = (struct sum){ 0 };
	ber_stream_init(&s);
	for (unsigned k = 0; k < 2 && item != BER_BAD; k++) {
		while ((item = ber_stream_next(&s, &pieces[k], &token, &sum->f)) > BER_MORE) {
			sum->opens += item == BER_OPEN;
			sum->closes += item == BER_CLOSE;
			sum->octets += item == BER_SPAN ? token.span.n : 0;
			demand(sum->opens <= in.n && sum->closes <= sum->opens);
			if (item == BER_OPEN && sum->opens % 8 == opaque)
				ber_stream_opaque(&s);
		}
		demand(item == BER_BAD || pieces[k].n == 0);
	}
	demand(sum->octets <= in.n);
	sum->bad = item == BER_BAD;
	sum->between = ber_stream_between(&s);
	demand(sum->bad == sum->f.fatal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole, cut;
	struct findings f;
	struct octets in;

	if (size == 0)
		return 0;
	in = (struct octets){ data + 1, size - 1 };
	walk(in, &f);
	feed(in, 0, data[0] & 7, &whole);
	feed(in, in.n ? (data[0] >> 3) * in.n / 32 : 0, data[0] & 7, &cut);
	demand(whole.bad == cut.bad && whole.between == cut.between);
	demand(whole.bad || (whole.opens == cut.opens && whole.octets == cut.octets));
	demand(whole.f.n == cut.f.n);
	/* What the walker accepts, the tokenizer accepts, but for its smaller depth. */
	feed(in, 0, 8, &whole);
	demand(f.fatal || !whole.bad || whole.f.at[whole.f.n - 1].rule == &ber_rules[BER_TOO_DEEP]);
	return 0;
}
