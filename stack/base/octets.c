#include "base/octets.h"

#include <string.h>

bool octets_equal(struct octets a, struct octets b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct octets octets_of(const char *s)
{
	return (struct octets){ (const uint8_t *)s, s ? strlen(s) : 0 };
}
