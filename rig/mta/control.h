/*
 * control: the lab MTA's control socket (private to mta/).
 *
 * A unix socket; one JSON object a line in, one a line out:
 *
 *     {"do": "queue"}            {"n":2,"queue":[{"peer":"DOWN","mts_id":"..",..},..]}
 *     {"do": "queue", "most": 0}   the same, at most so many listed (200 without it)
 *     {"do": "calls"}            {"ok":true}     a line for each association in Calls.out
 *     {"do": "associations"}     {"associations":[{"number":1,"peer":"UP","ours":false,..},..]}
 *     {"do": "control-blocks"}   {"used":3,"configured":1250}
 *     {"do": "flush"}            {"ok":true}     what waits for an interval is tried now
 *     {"do": "stop"}             {"ok":true}     ends in order
 *     {"scale": 0.5}             {"ok":true}     all timers, and what is left of those that run
 *                                {"error":".."}  anything else
 *
 * A client that does not read its answers is let go.  Whoever may open the socket may do
 * all of it: its folder's permissions decide.
 */
#ifndef MTA_CONTROL_H
#define MTA_CONTROL_H

#include <stddef.h>

struct mta;
struct control;

/* NULL: `why`. */
struct control *control_new(struct mta *m, const char *path, char *why, size_t why_cap);
void control_free(struct control *c);

#endif
