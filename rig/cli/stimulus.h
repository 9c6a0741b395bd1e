/*
 * stimulus: what makes an MTA call, and hand over as much as it did in a capture.
 *
 * Messages for the side that is played, handed in by hand at another one, because the
 * ledger does not know what becomes of them at an end that plays a part: one for each
 * activity that began in the capture, and long enough for its sync points.
 */
#ifndef CLI_STIMULUS_H
#define CLI_STIMULUS_H

#include "replay/replay.h"

struct stimulus {
	char *text;		/* owned: steps of a scenario; NULL: none are needed */
	size_t n;
};

/* Of the parts in which we are called.  `address`: the recipient.  A long content is kept
 * in `folder` beside the scenario, which lies in `base` (NULL: it is not written).
 * false: `why` says by frame what no message makes the MTA do, or what failed. */
bool stimulus_make(struct stimulus *s, const struct replay_part *parts, size_t n,
                   const struct target *target, const char *address, const char *folder,
                   const char *base, char why[static REPLAY_WHY]);
void stimulus_free(struct stimulus *s);

#endif
