/*
 * Which remarks are how known faults look on the wire.
 *
 * An article here is a hint where to read on, no proof: what else could do the same is
 * the catalogue's matter (rig/signatures), and the logs'.
 */
#include "cli/check.h"

#include <string.h>

/* By the name of a remark, or of the rule that is broken. */
static const struct known {
	const char *name, *articles;
} known[] = {
	{ "aborted-bind", "Q240383" },
	{ "aborted-idle", "Q140956" },
	{ "blocks-kept", "Q193894 Q229643 Q200259" },
	{ "checkpoint-cut", "Q196852" },
	{ "closed-after-connect", "Q151626" },
	{ "dialogue-absent", "Q140958" },
	{ "duplicate", "Q198958" },
	{ "identifier-reused", "Q152897" },
	{ "not-called-again", "Q232602" },
	{ "p1.attribute-length", "Q177328" },
	{ "p1.content-identifier-length", "Q183014" },
	{ "p1.mts-identifier", "Q253619" },
	{ "p1.time", "Q329595" },
	{ "recovery-refused", "Q194031" },
	{ "rerouted-often", "Q232586" },
	{ "retries", "Q175354 Q232602 Q193894" },
	{ "slowed-beside", "Q236586 Q169691" },
	{ "stall-beside", "Q236586 Q169691" },
	{ "tpkt.reserved", "Q157015" },
	{ "trace-domain", "Q164838" },
	{ "turn-held", "Q166594" },
	{ "window-raised", "Q189754" },
};

const char *check_fits(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].articles;
	return "";
}

/* How often the first domain says that it has rerouted; *other: its domain is not
 * that of the identifier. */
unsigned check_trace(const struct p1_apdu *a, bool *other)
{
	struct p1_domain first = { .country = { .tag = 0 } };
	struct p1_iterator it;
	struct findings ignored;
	struct p1_trace e;
	unsigned rerouted = 0, n = 0;

	*other = false;
	findings_clear(&ignored);
	p1_walk(&it, &a->trace, &ignored);
	while (p1_next_trace(&it, &e)) {
		if (n++ == 0) {
			first = e.domain;
			*other = !p1_domain_equal(&first, &a->id.domain);
		}
		rerouted += e.action == P1_REROUTED && p1_domain_equal(&first, &e.domain);
	}
	return rerouted;
}
