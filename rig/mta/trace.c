/*
 * Trace and internal trace: our element, and loops (X.411 12.3.1).
 */
#include "mta/mta_inner.h"

struct p1_trace trace_ours(struct mta *m, char utc[14])
{
	mta_utc(m, utc);
	return (struct p1_trace){ .domain = m->domain, .arrival = p1_string(utc),
	                          .action = P1_RELAYED, .mta = p1_string(m->config.name) };
}

static bool came_from_inside(const struct line *l)
{
	return l->nb && neighbour_peer(l->nb)->inside;
}

void trace_relay(const struct line *l, const struct p1_apdu *a, unsigned peer,
                 const struct p1_trace *ours, struct p1_relay *out)
{
	bool is_last = false;

	if (came_from_inside(l))
		p1_trace_left(a, &ours->domain, &is_last);
	if (!is_last)
		out->trace = *ours;
	if (l->m->config.peers[peer].inside)
		out->internal = *ours;
	else
		out->no_internal = p1_internal_has(a, &ours->domain, (struct octets){ NULL, 0 });
}

/* X.411 12.3.1.  From our own domain its name in the trace is no loop, unless another domain
 * comes after it; the internal trace tells its MTAs apart. */
bool trace_is_loop(const struct line *l, const struct p1_apdu *a)
{
	const struct p1_domain *domain = &l->m->domain;
	bool ignored;

	return p1_internal_has(a, domain, octets_of(l->m->config.name)) ||
	       (came_from_inside(l) ? p1_trace_left(a, domain, &ignored) : p1_trace_has(a, domain));
}
