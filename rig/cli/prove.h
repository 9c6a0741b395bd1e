/*
 * prove: the options of `send`, `peer`, `ping` and `init` about credentials (proof/proof.h).
 *
 *     --credentials simple|strong|protected
 *     --key, --certificate    PEM; what our credentials are signed with
 *     --trust                 PEM; whose credentials are believed
 */
#ifndef CLI_PROVE_H
#define CLI_PROVE_H

#include "proof/proof.h"

struct cli_prove {
	const char *kind, *key, *certificate, *trust;	/* NULL: not given */
};

#define CLI_PROVE_OPTIONS(a) \
	{ .name = "credentials", .value = "KIND", .string = &(a).kind, \
	  .text = "simple (default), strong (bind token and certificate) or protected" }, \
	{ .name = "key", .value = "FILE", .string = &(a).key, \
	  .text = "our private key, PEM" }, \
	{ .name = "certificate", .value = "FILE", .string = &(a).certificate, \
	  .text = "its certificate, with our MTA name as CN (default: in the key's file)" }, \
	{ .name = "trust", .value = "FILE", .string = &(a).trust, \
	  .text = "certificates whose holders or issuers are believed" }

/* Reads the files.  *out is NULL if none are needed; false: said what is wrong. */
bool cli_prove(const char *verb, const struct cli_prove *a, enum proof_kind *kind,
               struct proof **out);

#endif
