#include "base/contexts.h"

struct octets contexts_abstract(const struct contexts *c, const struct context *at)
{
	if (at->name == CONTEXT_UNKNOWN)
		return (struct octets){ NULL, 0 };
	return c->names[at->name].abstract;
}

const struct context *contexts_find(const struct contexts *c, struct octets abstract)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->at[i].result == CONTEXT_ACCEPTED && c->at[i].name != CONTEXT_UNKNOWN &&
		    octets_equal(contexts_abstract(c, &c->at[i]), abstract))
			return &c->at[i];
	return NULL;
}

const struct context *contexts_by_id(const struct contexts *c, uint32_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->at[i].result == CONTEXT_ACCEPTED && c->at[i].id == id)
			return &c->at[i];
	return NULL;
}
