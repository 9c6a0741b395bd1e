#include "crypto/digest.h"

#include <openssl/evp.h>

#include <stdlib.h>

struct digest {
	EVP_MD_CTX *ctx;
	bool failed;
};

struct digest *digest_new(void)
{
	struct digest *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->ctx = EVP_MD_CTX_new();
	if (d->ctx && EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) == 1)
		return d;
	EVP_MD_CTX_free(d->ctx);
	free(d);
	return NULL;
}

void digest_add(struct digest *d, struct octets in)
{
	d->failed |= EVP_DigestUpdate(d->ctx, in.p, in.n) != 1;
}

bool digest_end(struct digest *d, uint8_t out[CRYPTO_DIGEST_N])
{
	bool ok = EVP_DigestFinal_ex(d->ctx, out, NULL) == 1 && !d->failed;

	EVP_MD_CTX_free(d->ctx);
	free(d);
	return ok;
}
