/*
 * The case in namespaces of its own: the lab MTA in the hub, each side behind its wire.
 */
#include "scenario/runner_inner.h"

#include "link/link_kernel.h"
#include "link/link_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)SIDES_MAX <= (int)NET_SPACE_SIDES, "each side has a space");

static bool hinder(struct case_result *out, const char *why)
{
	snprintf(out->skipped, sizeof out->skipped, "%s", why);
	out->hindered = true;
	return false;
}

/* What the links of the scenario ask for. */
static bool can_links(const struct net_spaces *spaces, const struct scenario *sc,
                      struct case_result *out)
{
	struct link_options *o = malloc(sizeof *o);
	char why[NET_SPACE_WHY] = "out of memory";
	bool ok = o;

	for (size_t i = 0; ok && i < sc->steps_n; i++) {
		const struct step *s = &sc->steps[i];

		if (!scenario_sets_line(s))
			continue;
		ok = link_words_read(o, scenario_string(sc, s->options), why);
		side_link_plain(&o->config, s);
		ok = ok && link_kernel_can(spaces, &o->config, why);
	}
	free(o);
	return ok || hinder(out, why);
}

bool kernel_allows(const struct run_config *c, const struct scenario *sc, struct case_result *out,
                   struct net_spaces **spaces)
{
	char why[NET_SPACE_WHY];

	*spaces = NULL;
	if (!c->by_kernel)
		return !sc->wants_kernel ||
		       hinder(out, "its link is one that only the kernel can make (run --kernel)");
	if (!c->target->lab)
		return hinder(out, "only the lab MTA can stand in a namespace of the rig's own; "
		              "for another one use x400rig link --kernel");
	*spaces = net_spaces_new(c->target->sides_n, why);
	if (!*spaces)
		return hinder(out, why);
	if (can_links(*spaces, sc, out))
		return true;
	net_spaces_free(*spaces);
	*spaces = NULL;
	return false;
}

bool kernel_enter(struct run *r, int side)
{
	return !r->spaces || net_space_enter(r->spaces, side) ||
	       run_trouble(r, "a namespace cannot be entered: %s", strerror(errno));
}

void kernel_leave(struct run *r)
{
	if (r->spaces)
		net_space_leave(r->spaces);
}

bool kernel_side(struct side *s)
{
	if (!s->run->spaces)
		return true;
	s->kernel = link_kernel_new(s->run->spaces, s->number);
	s->link.kernel = s->kernel;
	return s->kernel || run_trouble(s->run, "out of memory");
}

bool kernel_link(struct side *s)
{
	s->link.kernel = s->kernel;
	return !s->kernel || link_kernel_set(s->kernel, &s->link) ||
	       run_trouble(s->run, "link: %s", link_kernel_trouble(s->kernel));
}

/* What a line's plan could not do, nobody has heard of yet. */
void kernel_drop(struct side *s)
{
	if (s->kernel && link_kernel_trouble(s->kernel)[0])
		run_trouble(s->run, "link: %s", link_kernel_trouble(s->kernel));
	link_kernel_free(s->kernel);
	s->kernel = NULL;
}
