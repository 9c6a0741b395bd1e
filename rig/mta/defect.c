#include "mta/defect_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct defect *const groups[] = {
	defects_transport, defects_association, defects_message, defects_planted,
	defects_own,
};
enum { GROUPS = sizeof groups / sizeof groups[0], DOCUMENTED = GROUPS - 2 };

static const struct defect *numbered(size_t i, size_t groups_n)
{
	for (size_t g = 0; g < groups_n; g++)
		for (const struct defect *d = groups[g]; d->text.name; d++)
			if (i-- == 0)
				return d;
	return NULL;
}

bool mta_defect(size_t i, struct mta_defect_text *out)
{
	const struct defect *d = numbered(i, DOCUMENTED);

	if (d)
		*out = d->text;
	return d != NULL;
}

bool mta_defect_add(struct mta_config *c, const char *name)
{
	const struct defect *d;

	for (unsigned i = 0; (d = numbered(i, GROUPS)) != NULL; i++)
		if (strcmp(d->text.name, name) == 0) {
			c->defects |= UINT64_C(1) << i;
			return true;
		}
	return false;
}

bool mta_defects_add(struct mta_config *c, const char *names, char unknown[static MTA_DEFECT_NAME])
{
	for (size_t n; *names; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		snprintf(unknown, MTA_DEFECT_NAME, "%.*s", (int)n, names);
		if (n > 0 && !mta_defect_add(c, unknown))
			return false;
	}
	return true;
}

struct defects *defects_new(uint64_t set)
{
	struct defects *d = calloc(1, sizeof *d);

	if (d)
		d->set = set;
	return d;
}

void defects_free(struct defects *d)
{
	free(d);
}

struct defect_memory *defect_memory(struct mta *m, const struct neighbour *nb)
{
	return &m->defects->peers[nb->peer];
}

void defect_crash(struct mta *m, const char *process, unsigned number, const char *error)
{
	const struct log_event event = {
		9405, "Field Engineering", "Field Engineering", "Error", "BASE", process, number, 0,
		16, false, NULL,
	};

	log_event(&m->log, mta_wall(m), &event, "An unexpected error has occurred which may cause "
	          "the MTA to terminate. Error: %s", error);
	mta_stop(m);
}

void defect_log_illegal(struct mta *m, const struct log_event *e, unsigned element,
                        unsigned long long offset)
{
	bool put = e->id == 2050;
	char lines[LOG_LINES];
	struct log_event with = log_event_with(e, lines, "Illegal %s element %08X at offset %llu",
	                                       put ? "put to" : "get from", element, offset);

	log_event(&m->log, mta_wall(m), &with, "An illegal %s element %08X occurred at offset "
	          "%llu.", put ? "PUT to" : "GET from", element, offset);
}

bool defect_at(struct mta *m, enum defect_point point, struct at at)
{
	bool on = true;

	for (unsigned i = 0; m->defects->set >> i; i++) {
		const struct defect *d = m->defects->set >> i & 1 ? numbered(i, GROUPS) : NULL;

		if (d && d->at[point])
			on = d->at[point](m, &at) && on;
	}
	return on;
}
