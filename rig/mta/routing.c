#include "mta/mta_inner.h"

#include <stdio.h>
#include <string.h>

bool routing_init(struct mta *m, char *why, size_t why_cap)
{
	struct p1_domain *d = &m->domain;
	struct p1_word *words[] = { &d->country, &d->admd, &d->prmd };

	for (size_t i = 0; i < 3; i++)
		*words[i] = (struct p1_word){ p1_string(m->config.domain[i]), 0x13 };
	for (size_t i = 0; i < m->config.peers_n; i++) {
		const char *prefix = m->config.peers[i].prefix;
		size_t bad;

		if (*prefix && !p1_name_parse(octets_of(prefix), &m->prefixes[i], &bad)) {
			snprintf(why, why_cap, "route \"%s\" of %s: cannot be read at character %zu",
			         prefix, m->config.peers[i].name, bad + 1);
			return false;
		}
	}
	return true;
}

int routing_of(const struct mta *m, struct octets name)
{
	struct findings f = { .n = 0 };
	struct p1_name n;
	size_t best_n = 0;
	int best = NO_ROUTE;

	if (!p1_name_decode(name, &n, &f))
		return NO_ROUTE;
	for (size_t i = 0; i < m->config.peers_n; i++) {
		size_t length = strlen(m->config.peers[i].prefix);

		if (length > best_n && p1_name_matches(&n, &m->prefixes[i])) {
			best = (int)i;
			best_n = length;
		}
	}
	return best;
}

int routing_named(const struct mta *m, const char *name)
{
	for (size_t i = 0; i < m->config.peers_n; i++)
		if (strcmp(m->config.peers[i].name, name) == 0)
			return (int)i;
	return NO_ROUTE;
}
