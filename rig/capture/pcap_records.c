#include "capture/pcap_records.h"

#include "capture/field.h"
#include "capture/limits.h"

#define MAGIC_NANOSECONDS 0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u	/* interface, protocol and kind in each head */

enum {
	HEAD = 16,
	HEAD_MODIFIED = 24,
	SNAP_MAX = 262144,		/* libpcap writes and reads no more */
	ORIGINAL_MAX = 1 << 24,
	RECORD_MAX = CAPTURE_BLOCK_MAX / 2,
};

void pcap_records_init(struct pcap_records *r, struct octets header)
{
	uint32_t magic = 0, snap = 0;
	uint16_t major = 0, minor = 0;
	struct findings f;
	struct cursor c;

	field_begin(&c, header, &f);
	field_u32(&c, true, &magic);
	r->little = magic >> 16 == MAGIC_NANOSECONDS >> 16;
	if (!r->little)
		magic = __builtin_bswap32(magic);
	field_u16(&c, r->little, &major);
	field_u16(&c, r->little, &minor);
	field_skip(&c, 8);
	field_u32(&c, r->little, &snap);
	r->swaps = major == 2 && minor != 4;
	r->head = magic == MAGIC_MODIFIED ? HEAD_MODIFIED : HEAD;
	r->second = magic == MAGIC_NANOSECONDS ? 1000000000 : 1000000;
	r->snap = snap > 0 && snap < SNAP_MAX ? snap : SNAP_MAX;
}

/* Its length, 0: no head begins here. */
static size_t record_here(const struct pcap_records *r, struct octets in)
{
	uint32_t fraction, captured, original;
	struct findings f;
	struct cursor c;

	field_begin(&c, in, &f);
	/* Tried at each octet behind damage: the fraction already tells most of them. */
	if (in.n < r->head || !field_skip(&c, 4) || !field_u32(&c, r->little, &fraction) ||
	    fraction >= r->second)
		return 0;
	if (!field_u32(&c, r->little, &captured) || !field_u32(&c, r->little, &original) ||
	    captured == 0 || captured > r->snap || captured > original || original > ORIGINAL_MAX)
		return 0;
	return (size_t)r->head + captured;
}

size_t pcap_records_due(const struct pcap_records *r, struct octets in)
{
	uint32_t captured, original;
	struct findings f;
	struct cursor c;

	field_begin(&c, in, &f);
	if (in.n < r->head || !field_skip(&c, 8) || !field_u32(&c, r->little, &captured) ||
	    !field_u32(&c, r->little, &original))
		return r->head;
	if (r->swaps && original < captured)
		captured = original;
	return captured > SNAP_MAX ? r->head : (size_t)r->head + captured;
}

static bool is_found(const struct pcap_records *r, struct octets in)
{
	size_t n = record_here(r, in);

	if (n == 0 || n > in.n || n + HEAD_MODIFIED > RECORD_MAX)
		return false;
	return n == in.n || record_here(r, (struct octets){ in.p + n, in.n - n }) > 0;
}

bool pcap_records_find(const struct pcap_records *r, struct source *s)
{
	source_skip(s, 1);
	for (;;) {
		struct octets in = source_peek(s, CAPTURE_BLOCK_MAX);
		bool last = in.n < CAPTURE_BLOCK_MAX;
		size_t n = last ? in.n : in.n - RECORD_MAX;

		for (size_t i = 0; i < n; i++) {
			if (!is_found(r, (struct octets){ in.p + i, in.n - i }))
				continue;
			source_skip(s, i);
			return true;
		}
		source_skip(s, n);
		if (last)
			return false;
	}
}
