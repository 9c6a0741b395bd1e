/*
 * digest: SHA-256 of octets that come in pieces (all at once: crypto_digest()).
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "crypto/token_sign.h"

struct digest;

/* NULL: no memory. */
struct digest *digest_new(void);
void digest_add(struct digest *d, struct octets in);
/* Frees it too; false: no memory. */
bool digest_end(struct digest *d, uint8_t out[CRYPTO_DIGEST_N]);

#endif
