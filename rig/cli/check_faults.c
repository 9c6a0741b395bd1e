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
	{ "directory-underscore", "Q156716" },
	{ "duplicate", "Q198958" },
	{ "identifier-reused", "Q152897" },
	{ "indicators-five-bits", "Q140937" },
	{ "not-called-again", "Q232602" },
	{ "p1.attribute-length", "Q177328" },
	{ "p1.content-identifier-length", "Q183014" },
	{ "p1.extension", "Q164049" },
	{ "p1.mts-identifier", "Q253619" },
	{ "p1.time", "Q329595" },
	{ "recovery-refused", "Q194031" },
	{ "report-additional", "Q151785" },
	{ "report-extensions-empty", "Q164049" },
	{ "rerouted-often", "Q232586" },
	{ "retries", "Q175354 Q232602 Q193894" },
	{ "slowed-beside", "Q236586 Q169691" },
	{ "stall-beside", "Q236586 Q169691" },
	{ "tpkt.reserved", "Q157015" },
	{ "trace-domain", "Q164838" },
	{ "turn-held", "Q166594" },
	{ "window-raised", "Q189754" },
	{ "window-three", "Q185934" },
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

/* ---- in an envelope ---- */

/* Eight bits is the least; some send the five that have names. */
static bool is_five_bits(const struct p1_apdu *a)
{
	enum { UNUSED = 3 };
	struct p1_iterator it;
	struct findings ignored;
	struct p1_recipient r = { 0 };

	findings_clear(&ignored);
	p1_walk(&it, &a->recipients, &ignored);
	while (a->kind != P1_REPORT && p1_next_recipient(&it, &r))
		if (r.indicators_at > 0 && r.indicators_at < a->head.n &&
		    a->head.p[r.indicators_at - 1] == UNUSED)
			return true;
	return false;
}

/* A PrintableString of a directory name with a character that none may have. */
static bool is_underscored(struct octets name)
{
	struct findings ignored;
	struct octets text;
	struct ber_tlv t;
	struct ber b;
	unsigned depth = 0;

	findings_clear(&ignored);
	ber_init(&b, name, &ignored);
	while (ber_ok(&b)) {
		if (!ber_next(&b, &t)) {
			if (depth-- == 0 || !ber_leave(&b))
				return false;
		} else if (t.constructed) {
			if (!ber_enter(&b, &t))
				return false;
			depth++;
		} else if (t.tag == BER_UNIVERSAL(BER_PRINTABLE_STRING) &&
		           ber_contents(&b, &t, &text) && memchr(text.p, '_', text.n)) {
			return true;
		}
	}
	return false;
}

static bool has_underscore(struct octets name)
{
	struct findings ignored;
	struct p1_name n;

	findings_clear(&ignored);
	return p1_name_decode(name, &n, &ignored) && n.directory.n > 0 &&
	       is_underscored(n.directory);
}

static bool is_directory_underscored(const struct p1_apdu *a)
{
	struct p1_iterator it;
	struct findings ignored;
	struct p1_recipient r = { 0 };

	if (a->head.n == 0 || !memchr(a->head.p, '_', a->head.n))
		return false;
	if (has_underscore(a->originator))
		return true;
	findings_clear(&ignored);
	p1_walk(&it, &a->recipients, &ignored);
	while (a->kind != P1_REPORT && p1_next_recipient(&it, &r))
		if (has_underscore(r.name))
			return true;
	return false;
}

static bool is_without_extensions(const struct p1_apdu *a)
{
	return a->kind == P1_REPORT && a->failed_n > 0 && a->extensions.present &&
	       a->extensions_n == 0;
}

static bool has_additional(const struct p1_apdu *a)
{
	return a->kind == P1_REPORT && a->additional.n > 0;
}

const struct check_sign *check_envelope(const struct p1_apdu *a, size_t *at)
{
	static const struct {
		struct check_sign sign;
		bool (*is)(const struct p1_apdu *);
	} signs[] = {
		{ { CHECK_SUPPORT, "indicators-five-bits", "the per-recipient indicators have five "
		    "bits: a strict receiver refuses them" }, is_five_bits },
		{ { CHECK_SUPPORT, "directory-underscore", "a PrintableString of a directory name "
		    "contains an underscore" }, is_directory_underscored },
		{ { CHECK_INFO, "report-extensions-empty", "a non-delivery report whose extensions "
		    "are there, and none is in them" }, is_without_extensions },
		{ { CHECK_INFO, "report-additional", "a report with additional information" },
		  has_additional },
	};

	while (*at < sizeof signs / sizeof *signs)
		if (signs[(*at)++].is(a))
			return &signs[*at - 1].sign;
	return NULL;
}
