#include "scenario/content.h"

#include "ipm/ipm.h"
#include "scenario/random.h"

#include <stdio.h>
#include <string.h>

static const char marker[] = "x400rig:";
enum { MARKER_N = sizeof marker - 1, KEY_DIGITS = 16, ORDINAL_DIGITS = 8 };

/* Eight characters that are allowed in an IA5 text and need no escape in a
 * log or a terminal. */
static void filler_word(const struct content *c, uint64_t word, uint8_t out[8])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .";
	uint64_t v = random_mix(c->key ^ random_mix(c->ordinal) ^ random_mix(word + 1));

	for (int i = 0; i < 8; i++, v >>= 8)
		out[i] = (uint8_t)alphabet[v & 63];
}

static uint8_t filler_octet(const struct content *c, uint64_t at)
{
	uint8_t word[8];

	filler_word(c, at / 8, word);
	return word[at % 8];
}

/* Head and nonce for a text of this many octets, which includes the nonce. */
static size_t write_head(struct content *c, uint64_t text, struct octets originator,
                         struct octets recipient)
{
	char local[32], subject[64], nonce[80];
	const struct ipm_compose ipm = {
		.local = { (const uint8_t *)local, (size_t)snprintf(local, sizeof local, "%u",
		                                                    c->ordinal) },
		.originator = originator,
		.primary = &recipient,
		.primary_n = 1,
		.subject = { (const uint8_t *)subject,
		             (size_t)snprintf(subject, sizeof subject, "x400rig message %u",
		                              c->ordinal) },
		.importance = 1,
	};
	int nonce_n = snprintf(nonce, sizeof nonce, "%s%016llx:%08x:%llu;", marker,
	                       (unsigned long long)c->key, c->ordinal, (unsigned long long)c->size);
	size_t n = ipm_compose_head(&ipm, text, NULL, 0);

	if (n + (size_t)nonce_n > sizeof c->head || (size_t)nonce_n > text)
		return 0;
	ipm_compose_head(&ipm, text, c->head, sizeof c->head);
	memcpy(c->head + n, nonce, (size_t)nonce_n);
	c->head_n = (uint32_t)(n + (size_t)nonce_n);
	return n;
}

/* The heading's length depends on the text's length, which is what is left:
 * the fixed point is found in a few steps, since only length octets vary.  A
 * size between two fixed points gets none. */
void content_init(struct content *c, uint64_t key, uint32_t ordinal, uint64_t size,
                  struct octets originator, struct octets recipient)
{
	uint64_t text = size;

	*c = (struct content){ .key = key, .ordinal = ordinal, .size = size };
	for (int i = 0; i < 8; i++) {
		size_t head = write_head(c, text, originator, recipient);

		if (head == 0 || head > size)
			break;
		if (head + text == size) {
			c->ipm = true;
			return;
		}
		text = size - head;
	}
	c->head_n = 0;
}

void content_of(struct content *c, struct octets o)
{
	*c = (struct content){ .size = o.n, .file = o.p,
	                       .ipm = o.n > 0 && (o.p[0] == 0xa0 || o.p[0] == 0xa1) };
}

void content_fill(const struct content *c, uint64_t offset, uint8_t *dst, size_t n)
{
	uint8_t word[8];

	if (offset >= c->size)
		return;
	if (n > c->size - offset)
		n = (size_t)(c->size - offset);
	if (c->file) {
		memcpy(dst, c->file + offset, n);
		return;
	}
	for (; n > 0 && offset < c->head_n; n--)
		*dst++ = c->head[offset++];
	for (; n > 0 && offset % 8 != 0; n--)
		*dst++ = filler_octet(c, offset++);
	for (; n >= 8; n -= 8, dst += 8, offset += 8)
		filler_word(c, offset / 8, dst);
	if (n > 0) {
		filler_word(c, offset / 8, word);
		memcpy(dst, word, n);
	}
}

bool content_equal(const struct content *c, uint64_t offset, struct octets o)
{
	uint8_t block[4096];

	if (o.n > c->size || offset > c->size - o.n)
		return false;
	for (size_t at = 0; at < o.n;) {
		size_t n = o.n - at < sizeof block ? o.n - at : sizeof block;

		content_fill(c, offset + at, block, n);
		if (memcmp(block, o.p + at, n) != 0)
			return false;
		at += n;
	}
	return true;
}

void content_id(uint64_t key, uint32_t ordinal, char out[static CONTENT_ID])
{
	snprintf(out, CONTENT_ID, "%08x%08x", (uint32_t)(key >> 32), ordinal);
}

/* Lower case hexadecimal digits, all n of them. */
static bool read_hex(const uint8_t *p, size_t n, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t d;

		if (p[i] >= '0' && p[i] <= '9')
			d = (uint8_t)(p[i] - '0');
		else if (p[i] >= 'a' && p[i] <= 'f')
			d = (uint8_t)(p[i] - 'a' + 10);
		else
			return false;
		*v = *v << 4 | d;
	}
	return true;
}

uint32_t content_id_ordinal(uint64_t key, struct octets id)
{
	uint64_t high, ordinal;

	if (id.n != CONTENT_ID - 1 || !read_hex(id.p, 8, &high) || !read_hex(id.p + 8, 8, &ordinal))
		return 0;
	return high == key >> 32 ? (uint32_t)ordinal : 0;
}

uint32_t content_find(uint64_t key, struct octets o)
{
	const uint8_t *at = o.n ? memmem(o.p, o.n, marker, MARKER_N) : NULL;
	uint64_t found, ordinal;
	size_t left;

	if (!at)
		return 0;
	at += MARKER_N;
	left = (size_t)(o.p + o.n - at);
	if (left < KEY_DIGITS + 1 + ORDINAL_DIGITS || !read_hex(at, KEY_DIGITS, &found) ||
	    found != key || !read_hex(at + KEY_DIGITS + 1, ORDINAL_DIGITS, &ordinal))
		return 0;
	return (uint32_t)ordinal;
}
