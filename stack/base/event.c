#include "base/event.h"

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
