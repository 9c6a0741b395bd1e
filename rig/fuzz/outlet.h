/*
 * outlet: what went in and what came out, and the next MTA where it comes out.
 *
 *     cases --- accepted, in doubt, broken off ---> [outlet] <--- came out --- MTA under test
 *                                                      \-> breaks the link on the way out
 *
 * It stands as the target's downstream neighbour: an honest end, on which a case may
 * arm a cut at a point of the protocol.  Memory is flat: what is settled is forgotten
 * when OUTLET_KEPT further messages have come.
 */
#ifndef FUZZ_OUTLET_H
#define FUZZ_OUTLET_H

#include "end/end.h"
#include "fuzz/space.h"
#include "scenario/target.h"

enum { OUTLET_KEPT = 1 << 16 };

struct outlet;

/* Listens on the loopback interface, or where the target says.  NULL: `why`. */
struct outlet *outlet_new(struct end_world *world, const struct target *t, bool loopback,
                          char *why, size_t why_cap);
void outlet_free(struct outlet *l);
struct net_address outlet_address(const struct outlet *l);

/* A case has ended. */
void outlet_book(struct outlet *l, uint64_t number, enum fuzz_message what);
/* Cuts the next connection that comes to this point, if no other cut is armed.  For a point of the opening those
 * that are idle are closed, so that there will be one. */
void outlet_arm(struct outlet *l, enum fuzz_down down);

/* What is wrong, once each: the case, and why.  false: nothing. */
bool outlet_wrong(struct outlet *l, uint64_t *number, const char **why);
/* Messages accepted that have not come out; the age of the oldest is out of bounds
 * if it was accepted before `since_us`: then it becomes wrong. */
size_t outlet_due(struct outlet *l, int64_t since_us);
/* Since it was asked last, the MTA has aborted an association that nobody cut. */
bool outlet_aborted(struct outlet *l);
/* Everything is forgotten: the MTA begins anew. */
void outlet_clear(struct outlet *l);
uint64_t outlet_accepted(const struct outlet *l);
uint64_t outlet_delivered(const struct outlet *l);

#endif
