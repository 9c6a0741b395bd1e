/*
 * Which neighbour an address leads to: the longest prefix.
 */
#include "mta/mta_inner.h"

#include <stdio.h>
#include <string.h>

static bool prefix(const char *text, const char *whose, struct p1_name *out, char *why,
                   size_t why_cap)
{
	size_t bad;

	if (!*text || p1_name_parse(octets_of(text), out, &bad))
		return true;
	snprintf(why, why_cap, "route \"%s\" of %s: cannot be read at character %zu", text, whose,
	         bad + 1);
	return false;
}

bool routing_init(struct mta *m, char *why, size_t why_cap)
{
	struct p1_domain *d = &m->domain;
	struct p1_word *words[] = { &d->country, &d->admd, &d->prmd };

	m->last.to = NO_ROUTE;		/* where no name leads to */
	for (size_t i = 0; i < 3; i++)
		*words[i] = (struct p1_word){ p1_string(m->config.domain[i]), 0x13 };
	for (size_t i = 0; i < m->config.peers_n; i++)
		if (!prefix(m->config.peers[i].prefix, m->config.peers[i].name, &m->prefixes[i],
		            why, why_cap))
			return false;
	return prefix(m->config.local, "our own mailboxes", &m->local, why, why_cap);
}

static int find(const struct mta *m, struct octets name)
{
	size_t best_n = strlen(m->config.local);
	struct findings f = { .n = 0 };
	int best = ROUTE_LOCAL;
	struct p1_name n;

	if (!p1_name_decode(name, &n, &f))
		return NO_ROUTE;
	if (best_n == 0 || !p1_name_matches(&n, &m->local)) {
		best = NO_ROUTE;
		best_n = 0;
	}
	for (size_t i = 0; i < m->config.peers_n; i++) {
		size_t length = strlen(m->config.peers[i].prefix);

		if (length > best_n && p1_name_matches(&n, &m->prefixes[i])) {
			best = (int)i;
			best_n = length;
		}
	}
	return best;
}

int routing_of(struct mta *m, struct octets name)
{
	struct route *last = &m->last;

	if (name.n > sizeof last->name)
		return find(m, name);
	if (!octets_equal(name, (struct octets){ last->name, last->name_n })) {
		last->to = find(m, name);
		last->name_n = name.n;
		memcpy(last->name, name.p, name.n);
	}
	return last->to;
}

int routing_named(const struct mta *m, const char *name)
{
	for (size_t i = 0; i < m->config.peers_n; i++)
		if (strcmp(m->config.peers[i].name, name) == 0)
			return (int)i;
	return NO_ROUTE;
}
