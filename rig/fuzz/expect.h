/*
 * expect: what the state tables let the peer do (private to fuzz/).
 *
 * The peer is followed through Tables A.8 to A.16 of X.225 on the honest part of a
 * case.  What is said then finds it in one state, or, if its answer was not waited
 * for, in one of two.  From the cell it is in follows what it may send: the
 * outgoing events of the branch, and those of every state that its user's requests
 * and responses lead to.  An abort and the end of the transport connection are open
 * to it in any state.
 */
#ifndef FUZZ_EXPECT_H
#define FUZZ_EXPECT_H

#include "fuzz/space.h"

/* Fills in state, event, allowed, wanted, must_end and honest, and the same cell of RTSE. */
void expect_reaction(struct fuzz_script *s, const struct fuzz_case *c, const uint8_t *steps,
                     uint8_t step, enum fuzz_phase phase);

#endif
