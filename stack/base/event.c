#include "base/event.h"

void event_queue_init(struct event_queue *q)
{
	q->head = 0;
	q->n = 0;
}

size_t event_queue_free(const struct event_queue *q)
{
	return (size_t)(EVENTS_MAX - q->n);
}

bool event_queue_put(struct event_queue *q, const struct event *e)
{
	if (q->n == EVENTS_MAX)
		return false;
	q->at[(q->head + q->n++) % EVENTS_MAX] = *e;
	return true;
}

bool event_queue_get(struct event_queue *q, struct event *out)
{
	if (q->n == 0)
		return false;
	*out = q->at[q->head];
	/* An empty queue begins anew, so that few of its cache lines are in use. */
	q->n--;
	q->head = (uint16_t)(q->n ? (q->head + 1) % EVENTS_MAX : 0);
	return true;
}
