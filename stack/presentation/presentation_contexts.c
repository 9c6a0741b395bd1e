/*
 * Contexts: proposed, agreed, and whose values may come in which.
 */
#include "presentation/presentation_input.h"

static bool is_proposed(const struct presentation *p, uint32_t id)
{
	for (size_t i = 0; i < p->contexts.n; i++)
		if (p->contexts.at[i].id == id)
			return true;
	return false;
}

static size_t agreed(const struct presentation *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->contexts.n; i++)
		n += p->contexts.at[i].result == CONTEXT_ACCEPTED;
	return n;
}

bool presentation_is_bare(const struct presentation *p)
{
	return p->x410 || p->contexts.n == 0 || agreed(p) == 1;
}

uint32_t presentation_only_context(const struct presentation *p)
{
	for (size_t i = 0; i < p->contexts.n; i++)
		if (p->contexts.at[i].result == CONTEXT_ACCEPTED)
			return p->contexts.at[i].id;
	return 0;
}

/* Without contexts there is the default context, which is called 0 here. */
uint32_t presentation_holds(const struct presentation *p, uint32_t id)
{
	uint32_t holds = is_proposed(p, id) ? HOLDS(3) : 0;

	if (p->contexts.n == 0)
		return id == 0 ? (uint32_t)HOLDS_CONTEXTS : 0;
	return contexts_by_id(&p->contexts, id) ? holds | HOLDS_AGREED : holds;
}

uint32_t presentation_holds_user(const struct presentation *p,
                                 const struct presentation_user *u)
{
	uint32_t holds = HOLDS_CONTEXTS;
	struct presentation_pdvs i;
	struct presentation_pdv v;

	if (u->form == USER_DATA_SIMPLE || u->form == USER_DATA_BARE)
		return presentation_is_bare(p) ?
		       presentation_holds(p, presentation_only_context(p)) : 0;
	if (u->form != USER_DATA_FULL)
		return holds;
	presentation_pdvs_init(&i, u);
	while (presentation_pdvs_next(&i, &v))
		holds &= presentation_holds(p, v.id);
	return holds;
}

/* What we can have of a context proposed to us (6.2.6.1). */
static struct context judge(const struct presentation *p, const struct presentation_item *item)
{
	struct context c = {
		.id = item->id, .name = CONTEXT_UNKNOWN, .result = CONTEXT_PROVIDER_REJECTED,
		.reason = CONTEXT_REASON_ABSTRACT };

	for (size_t n = 0; n < p->names_n; n++) {
		const struct context_name *name = &p->contexts.names[n];

		if (!octets_equal(name->abstract, item->abstract))
			continue;
		c.name = (uint8_t)n;
		c.reason = CONTEXT_REASON_TRANSFER;
		for (size_t i = 0; i < item->transfers && i < PRESENTATION_TRANSFERS_MAX; i++)
			for (size_t k = 0; k < CONTEXT_TRANSFERS && name->transfer[k].n; k++)
				if (c.result != CONTEXT_ACCEPTED &&
				    octets_equal(name->transfer[k], item->transfer[i])) {
					c.result = CONTEXT_ACCEPTED;
					c.reason = 0;
					c.transfer = (uint8_t)k;
				}
		break;
	}
	return c;
}

void presentation_take_proposal(struct presentation *p, const struct presentation_pdu *cp)
{
	if (p->config->any_mode)
		p->x410 = cp->x410;
	p->contexts = (struct contexts){ .names = p->contexts.names };
	for (size_t i = 0; i < cp->items_n && i < CONTEXTS_MAX; i++)
		p->contexts.at[p->contexts.n++] = judge(p, &cp->item[i]);
}

static bool take_transfer(struct presentation *p, struct context *c, struct octets transfer)
{
	const struct context_name *name = &p->contexts.names[c->name];

	for (size_t k = 0; k < CONTEXT_TRANSFERS && name->transfer[k].n; k++)
		if (octets_equal(name->transfer[k], transfer)) {
			c->transfer = (uint8_t)k;
			return true;
		}
	return false;
}

bool presentation_take_results(struct presentation *p, struct turn *t,
                               const struct presentation_pdu *pdu)
{
	if (pdu->x410 != p->x410)
		return presentation_book(t, PRESENTATION_MODE_ANSWER, 0);
	if (pdu->x410 || (pdu->kind == PPDU_CPR && !presentation_has(pdu, PRESENTATION_CONTEXTS)))
		return true;
	if (pdu->items_n != p->contexts.n)
		return presentation_book(t, PRESENTATION_RESULTS_NUMBER, 0);
	for (size_t i = 0; i < p->contexts.n; i++) {
		const struct presentation_item *item = &pdu->item[i];
		struct context *c = &p->contexts.at[i];

		c->result = item->result;
		c->reason = item->reason;
		if (item->result == CONTEXT_ACCEPTED && item->transfers > 0 &&
		    !take_transfer(p, c, item->transfer[0]))
			return presentation_book(t, PRESENTATION_RESULT_FOREIGN, 0);
	}
	return true;
}

void presentation_propose(struct presentation *p)
{
	p->contexts = (struct contexts){ .names = p->contexts.names };
	for (size_t i = 0; i < p->names_n && !p->x410; i++)
		p->contexts.at[p->contexts.n++] = (struct context){
			.id = p->contexts.names[i].id, .name = (uint8_t)i };
}
