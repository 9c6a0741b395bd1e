/*
 * by_target: what `send` and `peer` take from a target file.
 *
 * An option that was given wins over the file, and the file over what is usual.
 */
#include "cli/by_target.h"

#include <stdio.h>
#include <string.h>

/* An option that was given wins. */
static void take(const char **option, const char *value)
{
	if (!*option && value && value[0])
		*option = value;
}

static bool listens(const struct target *t, size_t i)
{
	return i != SIDE_UP && t->sides[i].listen[0];
}

static const struct target_side *find_side(const char *verb, const struct cli_terms *c, bool calls)
{
	const struct target *t = c->suite.target;
	size_t i = SIDE_UP;
	int named;

	if (c->side) {
		named = target_side(t, c->side);
		if (named < 0)
			cli_wrong(verb, "target %s has no side \"%s\"", t->name, c->side);
		return named < 0 ? NULL : &t->sides[named];
	}
	while (!calls && i < t->sides_n && !listens(t, i))
		i++;
	if (i < t->sides_n)
		return &t->sides[i];
	cli_wrong(verb, "target %s has no side but up that listens; name one by --side", t->name);
	return NULL;
}

/* As options say it. */
static const char *mode_of(enum association_context context)
{
	static const char *const modes[] = { "normal", "x410", "1984" };
	size_t i = 0;

	while (i < 2 && association_context_said(modes[i]) != context)
		i++;
	return modes[i];
}

static void take_association(struct cli_terms *c, const struct target_side *s)
{
	const struct target *t = c->suite.target;

	take(&c->how.mode, mode_of((enum association_context)s->context));
	take(&c->how.dialogue, s->dialogue == RTSE_TWO_WAY_ALTERNATE ? "two-way" : "monologue");
	if (c->checkpoint == CLI_UNSAID)
		c->checkpoint = (uint64_t)target_value(t, KNOWN_CHECKPOINT) / RTSE_CHECKPOINT_UNIT;
	if (c->window == CLI_UNSAID)
		c->window = (uint64_t)target_value(t, KNOWN_WINDOW);
}

/* The selectors of a target are those of the MTA. */
static void take_selectors(struct cli_terms *c)
{
	take(&c->how.tsel, c->suite.target->tsel);
	take(&c->how.ssel, c->suite.target->ssel);
	take(&c->how.psel, c->suite.target->psel);
}

static bool take_credentials(const char *verb, struct cli_terms *c, const struct target_side *s)
{
	const struct target *t = c->suite.target;

	take(&c->name, s->our_name);
	if (!c->password)
		c->password = target_secret(s->our_password);
	if (!c->password) {
		cli_wrong(verb, "%s is not set: our password", s->our_password + strlen("env:"));
		return false;
	}
	take(&c->their_name, t->its_name);
	take(&c->their_password, target_secret(t->its_password));
	if (s->credentials == PROOF_SIMPLE)
		return true;
	take(&c->prove.kind, proof_kind_names[s->credentials]);
	take(&c->prove.key, s->our_key);
	take(&c->prove.certificate, s->our_certificate);
	take(&c->prove.trust, t->proof.trust);
	return true;
}

static bool read_target(const char *verb, struct cli_terms *c)
{
	bool ok = suite_target(&c->suite, c->target);

	if (c->suite.report.text)
		fputs(c->suite.report.text, stderr);
	else if (!ok)
		cli_wrong(verb, "--target %s: cannot be read", c->target);
	return ok;
}

bool cli_plain_side(const char *verb, const struct target *t, const struct target_side *side)
{
	if (!side->link[0])
		return true;
	cli_wrong(verb, "target %s: side %s has a link, and %s makes none; let `x400rig link` "
	          "stand between, with these words: %s", t->name, side->name, verb, side->link);
	return false;
}

static bool from_target(const char *verb, struct cli_terms *c, bool calls,
                        const struct target_side **side)
{
	if (!read_target(verb, c))
		return false;
	*side = find_side(verb, c, calls);
	if (!*side || !cli_plain_side(verb, c->suite.target, *side) ||
	    !take_credentials(verb, c, *side))
		return false;
	take_association(c, *side);
	if (calls)
		take_selectors(c);
	return true;
}

bool cli_by_target(const char *verb, struct cli_terms *c, bool calls, const char *const usual[2],
                   const struct target_side **side)
{
	*side = NULL;
	if (c->target && !from_target(verb, c, calls, side))
		return false;
	if (c->side && !c->target) {
		cli_wrong(verb, "--side %s: of which --target?", c->side);
		return false;
	}
	take(&c->name, usual[0]);
	take(&c->password, usual[1]);
	if (c->checkpoint == CLI_UNSAID)
		c->checkpoint = 30;
	if (c->window == CLI_UNSAID)
		c->window = 5;
	if (c->checkpoint <= 65535 && c->window > 0 && c->window <= 16)
		return true;
	cli_wrong(verb, "--checkpoint 0..65535, --window 1..16");
	return false;
}
