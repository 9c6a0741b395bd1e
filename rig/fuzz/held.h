/*
 * held: what an MTA holds, as far as anybody tells.
 *
 * The lab MTA tells it (lab.h); of another one the target file names a program
 * (hooks resources): "descriptors 17", "memory-kib 8192", "control-blocks 3" a line.
 */
#ifndef FUZZ_HELD_H
#define FUZZ_HELD_H

#include "fuzz/lab.h"
#include "scenario/hand.h"

/* Runs the program of the target; figures that it does not give are 0.  false: there is none,
 * or it failed. */
bool fuzz_held_ask(const struct target *t, const struct hand *hand, struct fuzz_held *out);

#endif
