#include "base/event.h"

static const struct {
	const char *name, *mark;
} kinds[EVENT_KINDS] = {
	[EVENT_PRIMITIVE] = { "primitive", "" },
	[EVENT_PDU_IN] = { "pdu_in", "<-" },
	[EVENT_PDU_OUT] = { "pdu_out", "->" },
	[EVENT_STEP] = { "step", "" },
	[EVENT_FINDING] = { "finding", "!!" },
	[EVENT_WANT] = { "want", "" },
	[EVENT_TCP] = { "tcp", "==" },
	[EVENT_LINK] = { "link", "~~" },
	[EVENT_LOG] = { "log", "log" },
	[EVENT_SCENARIO] = { "scenario", "--" },
	[EVENT_LEDGER] = { "ledger", "**" },
};

const char *event_kind_name(uint8_t kind)
{
	return kind < EVENT_KINDS ? kinds[kind].name : "?";
}

const char *event_mark(uint8_t kind)
{
	return kind < EVENT_KINDS ? kinds[kind].mark : "";
}

void event_queue_init(struct event_queue *q)
{
	q->head = 0;
	q->n = 0;
}

void event_queue_drop(struct event_queue *q)
{
	/* An empty queue begins anew, so that few of its cache lines are in use. */
	q->n--;
	q->head = (uint16_t)(q->n ? (q->head + 1) % EVENTS_MAX : 0);
}

bool event_queue_put(struct event_queue *q, const struct event *e)
{
	struct event *at = event_queue_add(q);

	if (!at)
		return false;
	*at = *e;
	return true;
}

bool event_queue_get(struct event_queue *q, struct event *out)
{
	const struct event *first = event_queue_first(q);

	if (!first)
		return false;
	*out = *first;
	event_queue_drop(q);
	return true;
}
