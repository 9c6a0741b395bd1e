/*
 * contexts: presentation contexts, as every layer above presentation needs
 * them (X.226 6.2.6.1).
 *
 * A presentation context is an abstract syntax with the transfer syntax agreed
 * for it, named by an integer for the life of the connection.  Names are OIDs
 * as contents octets (X.690 8.19), compared as octets.
 */
#ifndef BASE_CONTEXTS_H
#define BASE_CONTEXTS_H

#include "base/octets.h"

enum {
	/* Contexts of one connection.  X.400 needs three; proposals of up to
	 * eight have been seen. */
	CONTEXTS_MAX = 16,
	CONTEXT_TRANSFERS = 2,		/* transfer syntaxes that we propose for one */
	CONTEXT_UNKNOWN = 0xff,
};

/* An abstract syntax that this end knows. */
struct context_name {
	uint32_t id;			/* identifier under which we propose it: odd */
	struct octets abstract;
	struct octets transfer[CONTEXT_TRANSFERS];	/* n = 0: no more */
};

enum context_result {			/* X.226 8.2, Result */
	CONTEXT_ACCEPTED = 0,
	CONTEXT_USER_REJECTED = 1,
	CONTEXT_PROVIDER_REJECTED = 2,
};

struct context {
	uint32_t id;
	uint8_t name;			/* index of its name, or CONTEXT_UNKNOWN */
	uint8_t transfer;		/* index in the name's transfer syntaxes */
	uint8_t result;			/* enum context_result */
	uint8_t reason;			/* X.226 8.2, Result-list, provider-reason */
};

/* Proposed (CONNECT indication) or agreed (confirm).  Plain data; `names` is
 * the configuration's and lives as long as the association. */
struct contexts {
	const struct context_name *names;
	uint8_t n;
	struct context at[CONTEXTS_MAX];
};

/* The accepted context of an abstract syntax, or with an identifier; NULL if
 * there is none. */
const struct context *contexts_find(const struct contexts *c, struct octets abstract);
const struct context *contexts_by_id(const struct contexts *c, uint32_t id);

/* Its abstract syntax; n = 0 if unknown. */
struct octets contexts_abstract(const struct contexts *c, const struct context *at);

#endif
