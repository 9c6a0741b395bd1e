/*
 * frames: which frames of a case's capture carried a stored PDU.
 *
 * The capture is read back through capture/streams; the n-th connection on the
 * tape is the n-th end that connected, as the journal tells.
 */
#ifndef SCENARIO_FRAMES_H
#define SCENARIO_FRAMES_H

#include "base/event.h"

struct frames;

/* NULL: one of the files cannot be read, or no memory. */
struct frames *frames_open(const char *capture, const char *journal);
void frames_free(struct frames *f);

/* The frames of an EVENT_PDU_IN or _OUT.  false: none known. */
bool frames_of(const struct frames *f, const struct event *e, uint32_t *first, uint32_t *last);

#endif
