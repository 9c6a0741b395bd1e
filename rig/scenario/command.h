/*
 * command: runs a program of a target file: a hook, or what prints a log.
 */
#ifndef SCENARIO_COMMAND_H
#define SCENARIO_COMMAND_H

#include "scenario/target.h"

#include <signal.h>

/* Runs it without a shell, with nothing to read, its standard output going to `out`
 * (a file: nobody reads along) and at most COMMAND_OCTETS_MAX of it.  It and what it has
 * started are killed when its time is over or `stop` is set; what it leaves running when it
 * ends lives on (an MTA that was restarted).  Returns its exit status; -1: it was killed or
 * could not be started. */
enum { COMMAND_OCTETS_MAX = 256 << 20 };
int command_run(const struct target_command *c, int out, const volatile sig_atomic_t *stop);

#endif
