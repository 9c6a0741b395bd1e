#include "presentation/presentation_machine.h"

#include "base/rows.h"

#include <stdbool.h>

/* Table A.20, as far as the rows use it. */
enum {
	p1 = 1, p2 = 2, p3 = 3, p4 = 4, p5 = 5, p8 = 8, p13 = 13, p14 = 14, p17 = 17, p21 = 21,
	p22 = 22, p23 = 23,
};

/* Outgoing events and actions of the rows, under the names that stand there. */
enum {
#define EVENT(name, print) name = PRESENTATION_EV_##name,
	PRESENTATION_EVENT_LIST(EVENT)
#undef EVENT
	a1 = PRESENTATION_ACTIONS + 1, a2 = PRESENTATION_ACTIONS + 2,
	a3 = PRESENTATION_ACTIONS + 3, a4 = PRESENTATION_ACTIONS + 4,
	a5 = PRESENTATION_ACTIONS + 5, a6 = PRESENTATION_ACTIONS + 6,
	a7 = PRESENTATION_ACTIONS + 7, a8 = PRESENTATION_ACTIONS + 8,
	a9 = PRESENTATION_ACTIONS + 9, a12 = PRESENTATION_ACTIONS + 12,
	a13 = PRESENTATION_ACTIONS + 13, a14 = PRESENTATION_ACTIONS + 14,
	a15 = PRESENTATION_ACTIONS + 15, a17 = PRESENTATION_ACTIONS + 17,
	a19 = PRESENTATION_ACTIONS + 19, a20 = PRESENTATION_ACTIONS + 20,
	a22 = PRESENTATION_ACTIONS + 22,
};

#define IF(...) { __VA_ARGS__ }
#define ALWAYS { 0 }
#define DO(...) { __VA_ARGS__ }
#define ROW(state, event, table, if_, then, next) \
	{ PRESENTATION_##state, PRESENTATION_EV_##event, PRESENTATION_##next, if_, then, table },

const struct presentation_row presentation_rows[] = {
#include "presentation/presentation_table.inc"
};

const size_t presentation_rows_n = sizeof presentation_rows / sizeof *presentation_rows;

const char *presentation_state_name(enum presentation_state state)
{
#define NAME(name) #name,
	static const char *const names[] = { PRESENTATION_STATE_LIST(NAME) };
#undef NAME

	return (unsigned)state < PRESENTATION_STATES ? names[state] : "?";
}

const char *presentation_event_name(enum presentation_event event)
{
#define NAME(name, print) print,
	static const char *const names[] = { "none", PRESENTATION_EVENT_LIST(NAME) };
#undef NAME

	return (unsigned)event < PRESENTATION_EVENTS ? names[event] : "?";
}

static bool all_hold(const int8_t when[PRESENTATION_IF_MAX], uint32_t holds)
{
	for (size_t i = 0; i < PRESENTATION_IF_MAX && when[i] != 0; i++) {
		unsigned n = (unsigned)(when[i] < 0 ? -when[i] : when[i]);

		if ((holds >> n & 1) != (when[i] > 0))
			return false;
	}
	return true;
}

static const struct rows_bounds *bounds_of(enum presentation_event event,
                                           enum presentation_state state)
{
	static const struct rows_table table = {
		&presentation_rows[0].event, &presentation_rows[0].state,
		sizeof presentation_rows / sizeof *presentation_rows, sizeof *presentation_rows,
		PRESENTATION_STATES,
	};
	static struct rows_bounds bounds[PRESENTATION_EVENTS * PRESENTATION_STATES];
	const struct presentation_row *r = presentation_rows;

	if (bounds[r->event * PRESENTATION_STATES + r->state].end == 0)
		rows_bounds(bounds, PRESENTATION_EVENTS, &table);
	return &bounds[event * PRESENTATION_STATES + state];
}

int presentation_find(enum presentation_state state, enum presentation_event event,
                      uint32_t holds)
{
	const struct rows_bounds *b = bounds_of(event, state);

	for (size_t i = b->begin; i < b->end; i++) {
		const struct presentation_row *r = &presentation_rows[i];

		if (r->state == state && r->event == event && all_hold(r->when, holds))
			return (int)i;
	}
	return -1;
}
