/*
 * patience: how long what is due is waited for, on a machine that may be busy.
 *
 * Who has not run cannot have answered, and his own timers have run out.  Each wait in which a
 * process was kept from running, the MTA's or ours, is waited for once more, some times over;
 * and what is wrong with a case in which that happened is not judged.  A lab MTA tells its
 * turns, and the kernel how long both waited for a processor (runqueue.h).  In virtual time
 * nobody is kept from anything.
 */
#ifndef FUZZ_PATIENCE_H
#define FUZZ_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"

struct patience {
	int64_t us;			/* of one wait */
	int64_t starved_us;		/* when it was last seen that somebody did not run; 0:
					 * never */
};

/* For so long nobody is kept from running unless the machine is too busy; the timers of the
 * lab MTA are longer (lab.c). */
#define PATIENCE_STARVED_US (SECOND_US / 10)
/* Waits that are added: one who hangs is found all the same. */
enum { PATIENCE_MORE = 3 };

/* The wait that began at `since_us` was a fair one, and is over. */
static inline bool patience_ends(const struct patience *p, int64_t since_us, int64_t now_us)
{
	return p->starved_us <= since_us && now_us - since_us - p->us < PATIENCE_STARVED_US;
}

#endif
