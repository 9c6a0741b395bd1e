#include "capture/checksum.h"

#include <string.h>

static uint64_t add(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);		/* the carry comes round */
}

static uint64_t word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

uint64_t checksum_add(uint64_t sum, const void *octets, size_t n)
{
	const uint8_t *p = octets;
	uint64_t a = 0, b = 0, tail = 0;

	/* Two sums side by side: one would wait for its carry each time. */
	for (; n >= 32; p += 32, n -= 32) {
		a = add(a, word(p));
		b = add(b, word(p + 8));
		a = add(a, word(p + 16));
		b = add(b, word(p + 24));
	}
	for (; n >= 8; p += 8, n -= 8)
		a = add(a, word(p));
	if (n)
		memcpy(&tail, p, n);
	return add(add(sum, tail), add(a, b));
}

uint16_t checksum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}
