/*
 * logs_clock: how far a log's clock is off, from events that the wire shows too.
 *
 * The MTA logs that a socket was closed; the capture has the FIN.  With some
 * such pairs the difference that most of them share is the offset, whatever
 * part of it is a time zone and what a slow clock.
 */
#ifndef LOGS_CLOCK_H
#define LOGS_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOG_CLOCK_MAX = 512,		/* times of each kind that are looked at */
	LOG_CLOCK_PAIRS_MIN = 3,
	/* Logs count seconds, and an MTA may take one to write. */
	LOG_CLOCK_WIDTH_US = 1500000,
};

struct log_clock {
	int64_t offset_us;		/* to add to the log's times */
	size_t pairs;			/* log events that then stand at a wire event */
};

/* Times in ascending order.  false: too few pairs, or two offsets that fit as
 * well. */
bool log_clock_estimate(const int64_t *log_us, size_t logs, const int64_t *wire_us, size_t wires,
                        struct log_clock *out);

#endif
