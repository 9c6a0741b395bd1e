/*
 * Fuzz target: an observer with both ends held against the tables.  The input is
 * a script:
 *
 *     options | act | length hh ll | octets, if pushed ...
 *     act: direction in bit 0; 0 push, 2 gap, 4 acknowledged, 6 end
 *
 * Whatever comes, memory comes back, and there is at most one deviation for a PDU
 * and one for an end.  Told without acknowledgements, in the pieces that the options
 * choose or in one, a conversation has the same deviations.  What is observed becomes
 * lines with all fields, for one input of four: texts without controls, the same
 * whether names are remembered or not, and JSON that can be read.
 */
#include "cli/listing.h"
#include "fuzz.h"
#include "observer/observer_ends.h"
#include "pool.h"

#include <jansson.h>
#include <string.h>

enum { ACTS_MAX = 400, DIRECTION = 1, MIDDLE = 1, HEADER = 3, LINES = 4 };

enum { ACT_PUSH, ACT_GAP, ACT_ACKED, ACT_END };

struct run {
	struct observer_sink sink;	/* behind the ends */
	struct observer_ends_sink report;
	struct observer_ends ends;
	struct observer observer;
	struct fuzz_pool pool;
	bool cut, acks, lines;
	bool acked;			/* the script has an acknowledgement */
	struct fuzz_cuts cuts;
	size_t told, deviations;
	uint64_t sum;			/* of the deviations */
};

static struct run run;

/* ---- lines ---- */

static struct {
	FILE *text;			/* /dev/null */
	char *written;			/* by `json`, so much of it */
	size_t n;
	struct listing_json json;
	char buffer[LISTING_BUFFER];
	char plain[LISTING_TEXT_MAX], remembered[LISTING_TEXT_MAX];
	struct text_memory names;
} lines = { .json = { .at = lines.buffer } };

static void open_lines(void)
{
	if (lines.text)
		return;
	lines.text = fopen("/dev/null", "w");
	lines.json.out = open_memstream(&lines.written, &lines.n);
	demand(lines.text && lines.json.out);
}

static void read_lines(void)
{
	listing_json_flush(&lines.json);
	demand(fflush(lines.json.out) == 0);
	for (size_t at = 0, end; at < lines.n; at = end + 1) {
		const char *newline = memchr(lines.written + at, '\n', lines.n - at);
		json_t *object;

		demand(newline);
		end = (size_t)(newline - lines.written);
		object = json_loadb(lines.written + at, end - at, JSON_REJECT_DUPLICATES, NULL);
		demand(json_is_object(object));
		json_decref(object);
	}
	rewind(lines.json.out);
}

static size_t text_of(const struct observation *seen, char out[static LISTING_TEXT_MAX],
                      struct text_memory *names)
{
	struct text t;

	text_init(&t, out, LISTING_TEXT_MAX);
	t.memory = names;
	observation_text(&t, seen);
	return t.n;
}

static void put_lines(const struct observation *seen)
{
	struct listing_line line = {
		.direction = (enum capture_direction)seen->direction,
		.layer = layer_name((enum layer)seen->layer), .pdu = observation_name(seen),
		.text = lines.remembered, .offset = seen->from, .length = seen->length,
		.cut = seen->part == OBSERVED_CUT, .findings = seen->findings, .details = seen,
		.names = &lines.names, .fields = true,
	};

	line.text_n = text_of(seen, lines.remembered, &lines.names);
	demand(text_of(seen, lines.plain, NULL) == line.text_n);
	demand(memcmp(lines.plain, lines.remembered, line.text_n) == 0);
	for (size_t i = 0; i < line.text_n; i++)
		demand((uint8_t)lines.plain[i] >= ' ');
	listing_text(lines.text, &line, 0);
	listing_json(&lines.json, &line);
}

/* ---- the script ---- */

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	(void)sink;
	demand(seen->from <= seen->to);
	run.told++;
	if (run.lines)
		put_lines(seen);
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
	run.lines = acks && size % LINES == 0;
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
	read_lines();
	demand(run.pool.octets == 0);
	demand(run.deviations <= run.told + OBSERVER_DIRECTIONS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole;

	if (size == 0)
		return 0;
	open_lines();
	play_as(data, size, false, true);
	if (run.acked)
		play_as(data, size, false, false);
	whole = run.sum;
	play_as(data, size, true, false);
	demand(run.sum == whole);
	return 0;
}
