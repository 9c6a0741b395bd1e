#include "fuzz/held.h"

#include "scenario/folder.h"

#include <stdio.h>
#include <string.h>

static void take_line(struct fuzz_held *h, const char *line)
{
	unsigned long long count;
	char name[32];

	if (sscanf(line, "%31s %19llu", name, &count) != 2)
		return;
	if (strcmp(name, "descriptors") == 0)
		h->descriptors = (uint32_t)count;
	else if (strcmp(name, "control-blocks") == 0)
		h->blocks = (uint32_t)count;
	else if (strcmp(name, "memory-kib") == 0)
		h->kib = count;
}

bool fuzz_held_ask(const struct target *t, const struct hand *hand, struct fuzz_held *out)
{
	FILE *said = target_command(t, PROGRAM_RESOURCES) ? folder_scratch() : NULL;
	char line[256];
	bool ok;

	*out = (struct fuzz_held){ 0 };
	ok = said && hand_run(hand, PROGRAM_RESOURCES, fileno(said)) == 0;
	if (ok) {
		rewind(said);
		while (fgets(line, sizeof line, said))
			take_line(out, line);
	}
	if (said)
		fclose(said);
	return ok;
}
