#include "cli/live.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hand *hand_of_process;

static void let_go(void)
{
	hand_free(hand_of_process);
	hand_of_process = NULL;
}

bool cli_hand(const char *verb, const struct target *t, const struct hand **hand)
{
	*hand = NULL;
	if (!target_commands(t))
		return true;
	if (!hand_of_process) {
		hand_of_process = hand_new(t, &cli_stop);
		if (!hand_of_process) {
			fprintf(stderr, "x400rig %s: no process for the commands of target %s: "
			        "%s\n", verb, t->name, strerror(errno));
			return false;
		}
		atexit(let_go);
	}
	*hand = hand_of_process;
	return true;
}
