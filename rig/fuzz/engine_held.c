/*
 * What the MTA holds at rest, against what it held before the first case: control blocks,
 * descriptors, memory.
 */
#include "fuzz/engine_inner.h"

#include "fuzz/held.h"

/* Of the control blocks of a lab MTA without any connection. */
enum { HELD_BY_LISTENER = 1 };

/* What cases only wait for does not disturb a rest: connections that it is to end. */
static uint32_t held_by_us(const struct engine *g)
{
	size_t n = g->has_lab ? outlet_kept(g->outlet) : outlet_open(g->outlet);

	for (unsigned i = 0; i < g->lanes_n; i++)
		n += lane_connections(g->lanes[i]);
	return (uint32_t)n;
}

/* At rest it holds what it held when it was warm: some octets for each thing it has
 * ever met are no leak, a descriptor is. */
bool engine_holds_more(struct engine *g)
{
	struct fuzz_held is;

	return g->has_lab && fuzz_lab_held(&g->lab, &is) &&
	       is.blocks > HELD_BY_LISTENER + held_by_us(g);
}

bool engine_ask_held(const struct engine *g, struct fuzz_held *out)
{
	return g->has_lab ? fuzz_lab_held(&g->lab, out)
	                  : fuzz_held_ask(g->config->target, g->config->hand, out);
}

/* What memory it may hold more than at first.  The address sanitizer keeps what was freed. */
#ifdef SANITIZED
enum { MEMORY_KIB = 512 << 10 };
#else
enum { MEMORY_KIB = 32 << 10 };
#endif

/* Another MTA than the lab's may keep its associations to us for long. */
void engine_compare_held(struct engine *g)
{
	enum { DESCRIPTORS = 4 };
	const struct fuzz_held *was = &g->sum->before;
	struct fuzz_held *is = &g->sum->after;
	uint32_t own = held_by_us(g);
	uint32_t blocks = (g->has_lab ? HELD_BY_LISTENER : was->blocks) + own;

	if (!engine_ask_held(g, is))
		return;
	if (is->blocks > blocks)
		engine_fault(g, FAULT_RESOURCES, &g->last, NULL, NULL,
		             "control blocks stay in use");
	else if (is->descriptors > was->descriptors + own + DESCRIPTORS)
		engine_fault(g, FAULT_RESOURCES, &g->last, NULL, NULL, "descriptors are left open");
	else if (is->kib > was->kib + MEMORY_KIB)
		engine_fault(g, FAULT_RESOURCES, &g->last, NULL, NULL, "memory is not given back");
}
