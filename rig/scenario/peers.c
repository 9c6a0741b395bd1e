/*
 * The ends of a run, as long as somebody can mean them.
 *
 * Steps and expectations mean the newest end of a side, by its name or whatever its name, and
 * one that we opened before one that was opened to us.  So nobody can mean an end any more
 * that has a newer one of its side, direction and name.  Once it is over, it is let go: what a
 * scenario takes of memory grows with the associations that it has at a time.
 */
#include "scenario/watch.h"

#include <stdlib.h>

enum { BURIED_TOGETHER = 16 };		/* so many at least, or looking for them would cost more */

void peers_keep(struct peer *p)
{
	struct run *r = p->run;

	p->next = r->peers;
	r->peers = p;
	p->next_live = r->live;
	r->live = p;
	r->peers_n++;
}

struct peer *peers_first(struct peer **link)
{
	while (*link && (*link)->over)
		*link = (*link)->next_live;
	return *link;
}

void peer_free(struct peer *p)
{
	peer_cancel_timers(p);
	if (p->end)
		end_free(p->end);
	watch_free(p->watch);
	free(p->held);
	free(p->out.room);
	free(p->pieces.octets);
	free(p);
}

struct peer *run_peer(struct run *r, int side, uint16_t whom)
{
	struct peer *theirs = NULL;

	for (struct peer *p = r->peers; p; p = p->next) {
		if ((side >= 0 && p->side->number != side) || (whom && p->whom != whom))
			continue;
		if (p->initiator)
			return p;
		if (!theirs)
			theirs = p;
	}
	return theirs;
}

/* By side, direction and number of the name; 0: by any or none. */
struct newer {
	bool seen[SIDES_MAX][2][SCENARIO_NAMES_MAX + 1];
};

/* A transfer that may be resumed, or is to be told as given up, keeps its end. */
static bool is_past(const struct peer *p, const struct newer *newer)
{
	return p->over && !p->left && !p->cut_off &&
	       newer->seen[p->side->number][p->initiator][p->whom];
}

static void bury(struct run *r)
{
	struct newer newer = { 0 };

	for (struct peer **link = &r->live; peers_first(link); link = &(*link)->next_live)
		;
	for (struct peer **link = &r->peers; *link;) {
		struct peer *p = *link;
		bool *seen = newer.seen[p->side->number][p->initiator];

		if (is_past(p, &newer)) {
			*link = p->next;
			r->peers_n--;
			peer_free(p);
			continue;
		}
		seen[0] = seen[p->whom] = true;
		link = &p->next;
	}
}

/* As rarely as costs nothing, as often as keeps the list within twice what it must hold. */
void peers_bury(struct run *r)
{
	if (r->over_n < BURIED_TOGETHER || r->over_n < r->peers_n / 2)
		return;
	r->over_n = 0;
	bury(r);
}
