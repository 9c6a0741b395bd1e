#include "cli/prove.h"

#include <stdio.h>

#include "cli/cli.h"

static bool path(const char *verb, const char *option, const char *said, char *out)
{
	if (!said)
		return true;
	if (snprintf(out, PROOF_PATH, "%s", said) >= PROOF_PATH) {
		cli_wrong(verb, "--%s: too long a path, at most %d characters", option,
		          PROOF_PATH - 1);
		return false;
	}
	return true;
}

bool cli_prove(const char *verb, const struct cli_prove *a, enum proof_kind *kind,
               struct proof **out)
{
	struct proof_files files = { .key = "" };
	char why[CRYPTO_WHY] = "";

	*out = NULL;
	*kind = proof_kind_said(a->kind ? a->kind : "simple");
	if (*kind == PROOF_KINDS) {
		cli_wrong(verb, "--credentials %s: simple, strong or protected was wanted",
		          a->kind);
		return false;
	}
	if (*kind == PROOF_SIMPLE && !a->key && !a->certificate && !a->trust)
		return true;
	if (*kind != PROOF_SIMPLE && !a->key) {
		cli_wrong(verb, "--credentials %s: --key FILE is wanted too", a->kind);
		return false;
	}
	if (!path(verb, "key", a->key, files.key) ||
	    !path(verb, "certificate", a->certificate, files.certificate) ||
	    !path(verb, "trust", a->trust, files.trust))
		return false;
	*out = proof_new(&files, why);
	if (!*out)
		cli_wrong(verb, "%s", why);
	return *out;
}
