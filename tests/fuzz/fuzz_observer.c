/*
 * Fuzz target: an observer with both ends held against the tables.  The input is
 * a script:
 *
 *     options | act | length hh ll | octets, if pushed ...
 *     act: direction in bit 0; 0 push, 2 gap, 4 acknowledged, 6 end
 *
 * Whatever comes, memory comes back, and there is at most one deviation for a PDU
 * and one for an end.  Told without acknowledgements, in the pieces that the options
 * choose or in one, a conversation has the same deviations.
 */
#include "fuzz.h"
#include "observer/observer_ends.h"
#include "pool.h"

enum { ACTS_MAX = 400, DIRECTION = 1, MIDDLE = 1, HEADER = 3 };

enum { ACT_PUSH, ACT_GAP, ACT_ACKED, ACT_END };

struct run {
	struct observer_sink sink;	/* behind the ends */
	struct observer_ends_sink report;
	struct observer_ends ends;
	struct observer observer;
	struct fuzz_pool pool;
	bool cut, acks;
	bool acked;			/* the script has an acknowledgement */
	struct fuzz_cuts cuts;
	size_t told, deviations;
	uint64_t sum;			/* of the deviations */
};

static struct run run;

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	(void)sink;
	demand(seen->from <= seen->to);
	run.told++;
}

static void deviate(struct observer_ends_sink *sink, const struct observer_deviation *d)
{
	char line[256];
	struct text t;

	(void)sink;
	text_init(&t, line, sizeof line);
	observer_deviation_text(&t, d);
	demand(d->rule && d->direction < OBSERVER_DIRECTIONS && d->from <= d->to);
	for (const char *c = line; *c; c++)
		run.sum = run.sum * 31 + (uint8_t)*c;
	run.sum += d->from;
	run.deviations++;
}

static void push(enum observer_direction d, struct octets in)
{
	for (size_t at = 0, step; at < in.n; at += step) {
		step = run.cut ? fuzz_cut(&run.cuts, in.n - at) : in.n - at;
		observer_push(&run.observer, d, (struct octets){ in.p + at, step });
		observer_ends_settle(&run.ends);
	}
}

static void act(unsigned kind, enum observer_direction d, unsigned n, struct octets in)
{
	switch (kind) {
	case ACT_PUSH:
		push(d, in);
		break;
	case ACT_GAP:
		observer_gap(&run.observer, d, n);
		observer_ends_gap(&run.ends, d);
		break;
	case ACT_ACKED:
		run.acked = true;
		if (run.acks)
			observer_ends_acked(&run.ends, d, n);
		break;
	default:
		observer_end(&run.observer, d, true);
		observer_ends_close(&run.ends, d, n & 1 ? OBSERVER_RST : OBSERVER_FIN, n);
		break;
	}
}

static void play(const uint8_t *data, size_t size)
{
	bool ended[OBSERVER_DIRECTIONS] = { false };
	size_t at = 1;

	for (unsigned i = 0; i < ACTS_MAX && size - at >= HEADER; i++) {
		enum observer_direction d = data[at] & DIRECTION;
		unsigned kind = data[at] >> 1 & 3, n = (unsigned)data[at + 1] << 8 | data[at + 2];
		size_t octets;

		at += HEADER;
		octets = kind == ACT_PUSH ? (n < size - at ? n : size - at) : 0;
		if (!ended[d])
			act(kind, d, n, (struct octets){ data + at, octets });
		ended[d] |= kind == ACT_END;
		at += octets;
	}
}

static void play_as(const uint8_t *data, size_t size, bool cut, bool acks)
{
	fuzz_pool_init(&run.pool, 0);
	run.sink.tell = tell;
	run.report.deviate = deviate;
	run.cut = cut;
	run.cuts = fuzz_cuts(data[0]);
	run.acks = acks;
	run.acked = false;
	run.told = run.deviations = 0;
	run.sum = 0;
	observer_ends_init(&run.ends, &run.sink, &run.report);
	observer_init(&run.observer, &run.pool.pool, &run.ends.sink);
	for (unsigned d = 0; data[0] & MIDDLE && d < OBSERVER_DIRECTIONS; d++)
		act(ACT_GAP, (enum observer_direction)d, 0, (struct octets){ NULL, 0 });
	play(data, size);
	observer_ends_settle(&run.ends);
	observer_drop(&run.observer);
	demand(run.pool.octets == 0);
	demand(run.deviations <= run.told + OBSERVER_DIRECTIONS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole;

	if (size == 0)
		return 0;
	play_as(data, size, false, true);
	if (run.acked)
		play_as(data, size, false, false);
	whole = run.sum;
	play_as(data, size, true, false);
	demand(run.sum == whole);
	return 0;
}
