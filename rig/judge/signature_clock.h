/*
 * signature_clock: events by which a log's clock can be told.
 *
 * An MTA logs that a connection ended or was refused, and the wire shows when:
 * logs/logs_clock.h finds the offset from such pairs.  Which events these are
 * stands in the catalogue: those of signatures of one row whose wire condition
 * is the end of a connection.
 */
#ifndef JUDGE_SIGNATURE_CLOCK_H
#define JUDGE_SIGNATURE_CLOCK_H

#include "judge/signature.h"

enum { CLOCK_EVENTS_MAX = 64 };

size_t signature_clock_events(const struct signatures *s, uint32_t out[static CLOCK_EVENTS_MAX]);

#endif
