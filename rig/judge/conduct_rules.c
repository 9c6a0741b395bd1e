#include "judge/conduct_rules.h"

#include "session/session_pdu.h"

enum { CALL_SLACK_US = 10000000 };

static void on_call(struct conduct_call *c, const struct event *e, int64_t open_interval_us)
{
	int64_t gap = e->at_us - c->begun_us;
	bool retry = c->called && !c->up && !c->bound;

	if (retry && open_interval_us && gap < open_interval_us / 2) {
		c->dense++;
		c->gap_us = gap;
	} else {
		c->dense = 0;
	}
	c->called = c->up = true;
	c->bound = false;
	c->begun_us = e->at_us;
	c->end = e->association;
}

static void opened(struct conduct_rules *r, uint32_t end)
{
	if (r->open < OPEN_MAX)
		r->ends[r->open] = end;
	r->open++;
}

/* Both FINs come of an orderly end; the first counts. */
static void closed(struct conduct_rules *r, uint32_t end)
{
	size_t n = r->open < OPEN_MAX ? r->open : OPEN_MAX;

	for (size_t i = 0; i < n; i++)
		if (r->ends[i] == end) {
			r->ends[i] = r->ends[n - 1];
			r->open--;
			return;
		}
}

static void on_tcp(struct conduct_rules *r, const struct event *e, int64_t open_interval_us)
{
	struct conduct_call *c = &r->sides[side_of(e->association)];

	switch (e->code) {
	case TCP_CONNECTED:
		opened(r, e->association);
		if (!(e->flags & EVENT_F_INITIATOR))
			on_call(c, e, open_interval_us);
		break;
	case TCP_FIN_IN:
	case TCP_RST_IN:
	case TCP_FIN_OUT:
	case TCP_RST_OUT:
		closed(r, e->association);
		/* Both FINs come of an orderly end; the first counts. */
		if (c->up && c->end == e->association) {
			c->up = false;
			c->ended_us = e->at_us;
		}
		break;
	default:
		break;
	}
}

static void on_resource(struct conduct_rules *r, const struct event *e)
{
	if (e->value >= RESOURCES)
		return;
	if (!r->has_base[e->value]) {
		r->has_base[e->value] = true;
		r->base[e->value] = e->offset;
		return;
	}
	r->has_now[e->value] = true;
	r->now[e->value] = e->offset;
}

/* A bind is taken in an AC and refused in an RF, also where a scenario says them itself. */
static bool accepts(const struct event *e)
{
	return e->kind == EVENT_PDU_OUT && e->layer == LAYER_SESSION && e->code == SPDU_AC;
}

void conduct_rules_event(struct conduct_rules *r, const struct event *e, int64_t open_interval_us)
{
	struct conduct_call *c;

	if (e->kind == EVENT_SCENARIO && e->code == SCENARIO_RESOURCE)
		on_resource(r, e);
	if (side_of(e->association) >= SIDES_MAX)
		return;
	c = &r->sides[side_of(e->association)];
	if (e->kind == EVENT_TCP)
		on_tcp(r, e, open_interval_us);
	else if (c->end == e->association && accepts(e))
		c->bound = true;
}

int64_t conduct_rules_silent(const struct conduct_rules *r, unsigned side, int64_t now_us,
                             int64_t open_interval_us)
{
	const struct conduct_call *c = &r->sides[side];
	int64_t silent = now_us - c->ended_us;

	if (!open_interval_us || !c->called || c->up ||
	    silent <= 2 * open_interval_us + CALL_SLACK_US)
		return 0;
	return silent;
}

uint64_t conduct_rules_kept(const struct conduct_rules *r, enum resource what)
{
	/* A connection has one descriptor, one control block, and far below a MiB. */
	static const struct { uint64_t each, slack; } of[RESOURCES] = {
		[RESOURCE_DESCRIPTORS] = { 1, DESCRIPTORS_SLACK },
		[RESOURCE_MEMORY_KIB] = { 1024, MEMORY_SLACK_KIB },
		[RESOURCE_CONTROL_BLOCKS] = { 1, BLOCKS_SLACK },
	};
	uint64_t allowed = r->base[what] + r->open * of[what].each + of[what].slack;

	if (!r->has_base[what] || !r->has_now[what] || r->now[what] <= allowed)
		return 0;
	return r->now[what] - allowed;
}
