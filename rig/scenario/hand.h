/*
 * hand: a process that runs the programs of a target file, for one that is confined.
 *
 *     hand_new()     before anything of a stranger is read, and before confine()
 *     hand_run()     from then on, in the process that made it and in those forked from it,
 *                    several at a time
 *
 * Hooks and commands that print a log may need all rights of the user (sudo gives none to who has
 * renounced new ones), and who speaks with an MTA under test is to have as few as can be.  So the
 * hand is forked first, keeps its rights and its own copy of the target, and is asked by the
 * number of a command: no program's name and no argument ever comes from outside.
 */
#ifndef SCENARIO_HAND_H
#define SCENARIO_HAND_H

#include "scenario/target.h"

#include <signal.h>

/* What a command may print. */
enum { HAND_OCTETS_MAX = 256 << 20 };

struct hand;

/* For the commands of `t`.  `stop` (may be NULL) is borrowed.  The process has one thread yet.
 * NULL: errno. */
struct hand *hand_new(const struct target *t, const volatile sig_atomic_t *stop);

/* By who made it, when nobody else who may ask is left: the process has ended then.  NULL is
 * allowed.  Who dies without this leaves nothing behind either. */
void hand_free(struct hand *h);

/* Runs a command without a shell, with nothing to read, its standard output going to `out`
 * (a file: nobody reads along) and at most HAND_OCTETS_MAX of it.  It and what it has started
 * are killed when its time is over, `stop` is set or the caller dies; what it leaves running when
 * it ends lives on (an MTA that was restarted).  Returns its exit status; -1: it was killed or
 * could not be started, or there is none; `h` may be NULL. */
int hand_run(const struct hand *h, enum target_program which, int out);

#endif
