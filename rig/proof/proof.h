/*
 * proof: credentials of MTABind, made and checked (X.411 Credentials).
 *
 *   simple     a password
 *   strong     a bind token for the MTA that is called or answered, signed with our
 *              key, and our certificate.  It is believed if it is meant for us, was made
 *              within PROOF_MINUTES of now, was not seen before, is signed by the
 *              certificate beside it, and that certificate is trusted and bears the name
 *              of the MTA (its common name)
 *   protected  a signature over the password, the time and a random number; believed
 *              if one of the trusted certificates that bear the MTA's name has made it
 *
 * p1/p1_strong.h says what is signed, crypto/token_sign.h signs.  `why`: a buffer of
 * CRYPTO_WHY characters.
 */
#ifndef PROOF_PROOF_H
#define PROOF_PROOF_H

#include "crypto/token_sign.h"
#include "p1/p1_bind.h"

/* Clocks of MTAs differ; a token that was caught is of no use for longer. */
enum { PROOF_MINUTES = 5, PROOF_PATH = 256 };

enum proof_kind { PROOF_SIMPLE, PROOF_STRONG, PROOF_PROTECTED, PROOF_KINDS };

/* "simple" ...; PROOF_KINDS: no such kind. */
enum proof_kind proof_kind_said(const char *word);
extern const char *const proof_kind_names[PROOF_KINDS + 1];	/* ends with NULL */

/* PEM files; empty: none. */
struct proof_files {
	char key[PROOF_PATH];
	char certificate[PROOF_PATH];	/* empty: it stands in the file of the key */
	char trust[PROOF_PATH];		/* whom we believe */
};

struct proof;

/* NULL: see why. */
struct proof *proof_new(const struct proof_files *files, char *why);
void proof_free(struct proof *p);

struct proof_terms {
	enum proof_kind kind;
	const char *mta;		/* who reads it: the token is for that MTA */
	const char *password;		/* simple, protected; NULL or empty when checking
					 * simple ones: any will do */
	int64_t wall_us;		/* now, since 1970 */
};

/* A bind by `name` with our credentials, lent until the next call.  `p` may be NULL for
 * simple ones; a password NULL: no credentials at all. */
bool proof_bind(struct proof *p, const struct proof_terms *terms, const char *name,
                struct p1_bind *b, char *why);
/* Are theirs of that kind, and good? */
bool proof_check(struct proof *p, const struct proof_terms *terms, const struct p1_bind *theirs,
                 char *why);

#endif
