/*
 * The reaction of the peer as a class, for coverage and signatures, and as words.
 */
#include "fuzz/lane.h"

const char *fuzz_fault_name(enum fuzz_fault f)
{
	static const char *const names[FUZZ_FAULTS] = {
		"none", "reaction", "silent", "stays", "approach", "other", "next-bind", "ledger",
		"log", "resources", "latency", "stall", "pace", "recovery",
	};

	return names[f];
}

uint32_t fuzz_reaction(const struct fuzz_outcome *o)
{
	uint32_t class = o->tcp;

	for (size_t i = 0; i < HEARD_KEPT; i++)
		class = class << 6 | (i < o->heard_n ? o->heard[i] : 0);
	return class;
}

void fuzz_reaction_text(struct text *t, const struct fuzz_outcome *o)
{
	static const char *const ends[] = { "open", "fin", "rst", "not-made" };

	for (size_t i = 0; i < o->heard_n; i++) {
		text_put(t, heard_name(o->heard[i]));
		text_put(t, " ");
	}
	text_put(t, ends[o->tcp]);
}
