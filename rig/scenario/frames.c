#include "scenario/frames.h"

#include "array/array.h"
#include "capture/capture.h"
#include "capture/streams.h"
#include "scenario/journal.h"

#include <stdlib.h>

struct connected {
	uint32_t association;
	bool initiator;			/* we called */
};

struct frames {
	struct streams *streams;
	struct connected *ends;		/* in the order of the tape's connections */
	size_t n, cap;
};

static void on_event(void *ctx, const struct event *e)
{
	struct frames *f = ctx;
	struct connected *grown;

	if (e->kind != EVENT_TCP || e->code != TCP_CONNECTED)
		return;
	grown = array_room(f->ends, f->n + 1, &f->cap, sizeof *grown);
	if (!grown)
		return;
	f->ends = grown;
	f->ends[f->n++] = (struct connected){ e->association, e->flags & EVENT_F_INITIATOR };
}

static void drain(struct streams *s)
{
	struct stream_event e;

	while (streams_pop(s, &e))
		;			/* only the provenance is wanted */
}

static bool read_capture(struct frames *f, const char *path)
{
	char why[200];
	struct capture_packet packet;
	struct capture *c = capture_open(path, why, sizeof why);

	if (!c)
		return false;
	while (capture_next(c, &packet) == CAPTURE_PACKET) {
		streams_push(f->streams, &packet);
		drain(f->streams);
	}
	streams_finish(f->streams);
	drain(f->streams);
	capture_close(c);
	return true;
}

struct frames *frames_open(const char *capture, const char *journal)
{
	struct frames *f = calloc(1, sizeof *f);
	char why[200];

	if (!f)
		return NULL;
	f->streams = streams_new();
	if (f->streams && read_capture(f, capture) &&
	    journal_read(journal, on_event, f, why, sizeof why))
		return f;
	frames_free(f);
	return NULL;
}

void frames_free(struct frames *f)
{
	if (!f)
		return;
	streams_free(f->streams);
	free(f->ends);
	free(f);
}

bool frames_of(const struct frames *f, const struct event *e, uint32_t *first, uint32_t *last)
{
	uint32_t first_of_end;
	uint64_t end = e->offset + (e->length ? e->length - 1 : 0);

	if (e->kind != EVENT_PDU_IN && e->kind != EVENT_PDU_OUT)
		return false;
	for (size_t i = 0; i < f->n; i++) {
		bool ours = e->kind == EVENT_PDU_OUT;
		enum capture_direction d =
			ours == f->ends[i].initiator ? FROM_INITIATOR : FROM_RESPONDER;

		if (f->ends[i].association != e->association)
			continue;
		if (!streams_frame(f->streams, (uint32_t)i + 1, d, e->offset, first,
		                   last))
			return false;
		if (!streams_frame(f->streams, (uint32_t)i + 1, d, end,
		                   &first_of_end, last))
			*last = *first;
		return true;
	}
	return false;
}
