/*
 * field: numbers of 32 and 64 bits, and of either byte order, on a cursor.
 *
 * pcapng is written in the order of the host that captured; packets are in
 * network order.
 */
#ifndef CAPTURE_FIELD_H
#define CAPTURE_FIELD_H

#include "base/cursor.h"

/* Booked when octets run out; the callers turn it into their own words. */
static const struct rule field_short = {
	"capture.short", "", "octets run out", 0, SEVERITY_FATAL
};

static inline void field_begin(struct cursor *c, struct octets o, struct findings *f)
{
	findings_clear(f);
	cursor_init(c, o, f, &field_short);
}

static inline bool field_skip(struct cursor *c, size_t n)
{
	struct octets ignored;

	return cursor_take(c, n, &ignored);
}

static inline bool field_u16(struct cursor *c, bool little, uint16_t *v)
{
	if (!cursor_u16(c, v))
		return false;
	if (little)
		*v = (uint16_t)(*v << 8 | *v >> 8);
	return true;
}

static inline bool field_u32(struct cursor *c, bool little, uint32_t *v)
{
	uint16_t high, low;

	if (!cursor_u16(c, &high) || !cursor_u16(c, &low))
		return false;
	*v = (uint32_t)high << 16 | low;
	if (little)
		*v = __builtin_bswap32(*v);
	return true;
}

static inline bool field_u64(struct cursor *c, bool little, uint64_t *v)
{
	uint32_t first, second;

	if (!field_u32(c, little, &first) || !field_u32(c, little, &second))
		return false;
	*v = little ? (uint64_t)second << 32 | first : (uint64_t)first << 32 | second;
	return true;
}

#endif
