/*
 * A fault as a signature, which is equal for equal faults of any case, and as a sentence.
 */
#include "fuzz/engine_inner.h"

#include <stdio.h>

static void describe(struct engine_failure *f, const struct fuzz_script *s, const char *detail)
{
	char reaction[64];
	struct text t;

	text_init(&t, reaction, sizeof reaction);
	fuzz_reaction_text(&t, &f->outcome);
	if (s && f->fault <= FAULT_STAYS)
		snprintf(f->signature, sizeof f->signature, "%s state=%u event=%u code=%u",
		         fuzz_fault_name((enum fuzz_fault)f->fault), s->state, s->event,
		         f->outcome.code);
	else
		snprintf(f->signature, sizeof f->signature, "%s %.60s",
		         fuzz_fault_name((enum fuzz_fault)f->fault), detail);
	snprintf(f->text, sizeof f->text, "%s: %.60s; heard: %s",
	         fuzz_fault_name((enum fuzz_fault)f->fault), detail, reaction);
}

void engine_fault(struct engine *g, enum fuzz_fault what, const struct fuzz_case *c,
                  const struct fuzz_script *s, const struct fuzz_outcome *o, const char *detail)
{
	struct engine_failure f = { .c = *c, .fault = (uint8_t)what };

	if (o)
		f.outcome = *o;
	describe(&f, s, detail);
	g->failing = true;
	if (g->config->failed)
		g->config->failed(g->config->ctx, &f);
}

void engine_say_fault(const struct fuzz_outcome *o, char *buf, size_t cap)
{
	const char *name = o->code ? heard_name(o->code) : "TCP";

	switch (o->fault) {
	case FAULT_REACTION:
		if (!o->code)
			snprintf(buf, cap, "it ends a connection on which nothing is wrong");
		else
			snprintf(buf, cap, "%s, which nothing lets it send", name);
		break;
	case FAULT_SILENT:
		snprintf(buf, cap, "it owes an answer");
		break;
	case FAULT_STAYS:
		snprintf(buf, cap, "it does not end the connection");
		break;
	default:
		snprintf(buf, cap, "%s did not come", name);
		break;
	}
}
