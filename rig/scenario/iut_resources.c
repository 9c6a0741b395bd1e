/*
 * What the MTA under test holds of the system, at the beginning and the end.
 */
#include "scenario/runner_inner.h"

#include "scenario/hand.h"
#include "scenario/folder.h"
#include "scenario/strand.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static uint64_t descriptors(pid_t pid)
{
	char path[64];
	uint64_t n = 0;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	for (struct dirent *d; (d = readdir(dir)) != NULL;)
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

static uint64_t memory_kib(pid_t pid)
{
	unsigned long long kib = 0;
	char path[64], line[256];
	FILE *fp;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	fp = fopen(path, "re");
	if (!fp)
		return 0;
	while (fgets(line, sizeof line, fp))
		if (sscanf(line, "VmRSS: %19llu", &kib) == 1)
			break;
	fclose(fp);
	return kib;
}

static void tell(struct run *r, enum resource what, uint64_t count)
{
	if (count)
		run_feed(r, &(struct event){
			.at_us = net_now(r->net), .value = what, .offset = count,
			.cell = CELL_NONE, .kind = EVENT_SCENARIO, .code = SCENARIO_RESOURCE });
}

/* "descriptors 17", "memory-kib 8192", "control-blocks 3"; other lines are passed over. */
static void tell_line(struct run *r, const char *line)
{
	static const char *const names[] = {
		[RESOURCE_DESCRIPTORS] = "descriptors", [RESOURCE_MEMORY_KIB] = "memory-kib",
		[RESOURCE_CONTROL_BLOCKS] = "control-blocks",
	};
	unsigned long long count;
	char name[32];

	if (sscanf(line, "%31s %19llu", name, &count) != 2)
		return;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i] && strcmp(name, names[i]) == 0)
			tell(r, (enum resource)i, count);
}

static void ask_hook(struct run *r)
{
	FILE *out = folder_scratch();
	char line[256];

	if (out && hand_run(r->config->hand, PROGRAM_RESOURCES, fileno(out)) == 0) {
		rewind(out);
		while (fgets(line, sizeof line, out))
			tell_line(r, line);
	}
	if (out)
		fclose(out);
}

/* Of the lab MTA; 0: another one, or none. */
static uint32_t control_blocks(const struct run *r)
{
	if (r->iut.in_process && !mta_stopped(r->iut.in_process))
		return mta_control_blocks(r->iut.in_process);
	return iut_blocks(r);
}

void iut_resources(struct run *r)
{
	if (target_command(r->t, PROGRAM_RESOURCES))
		ask_hook(r);
	tell(r, RESOURCE_CONTROL_BLOCKS, control_blocks(r));
	if (r->iut.pid <= 0 || r->iut.gone)
		return;
	tell(r, RESOURCE_DESCRIPTORS, descriptors(r->iut.pid));
	tell(r, RESOURCE_MEMORY_KIB, memory_kib(r->iut.pid));
}

enum { REST_FIRST_US = 250 };

void iut_rest(struct run *r)
{
	int64_t until = net_now(r->net) + target_value(r->t, KNOWN_DISCONNECT);
	int64_t pause = REST_FIRST_US;
	uint32_t open = 1;			/* its listener */

	for (const struct peer *p = r->peers; p; p = p->next)
		open += !p->over;
	/* Another process counts its blocks: no event tells us. */
	while (control_blocks(r) > open && net_now(r->net) < until && !strand_stopped(r)) {
		strand_turn(r, r->iut.in_process ? until : net_now(r->net) + pause);
		if (pause < SECOND_US)
			pause *= 2;
	}
}
