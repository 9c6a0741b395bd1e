#include "judge/signature_clock.h"

size_t signature_clock_events(const struct signatures *s, uint32_t out[static CLOCK_EVENTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; s && i < s->n && n < CLOCK_EVENTS_MAX; i++)
		if (s->at[i].rows_n == 1 && s->at[i].rows[0].kind == ROW_EVENT &&
		    s->at[i].wire & (WIRE_TCP_CLOSE | WIRE_TCP_RESET | WIRE_TCP_REFUSED))
			out[n++] = s->at[i].rows[0].event;
	return n;
}
