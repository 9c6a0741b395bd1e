/*
 * token_sign: keys, certificates and signatures of bind tokens (OpenSSL).
 *
 * Which octets are signed and where the signature goes is p1/p1_strong.h's matter.
 * RSA (PKCS #1 v1.5) and ECDSA, both with SHA-256.  Files are PEM.  `why` is a
 * buffer of CRYPTO_WHY characters for what went wrong.
 */
#ifndef CRYPTO_TOKEN_SIGN_H
#define CRYPTO_TOKEN_SIGN_H

#include "base/octets.h"

enum { CRYPTO_WHY = 256, CRYPTO_SIGNATURE_MAX = 1024 };

/* A private key with its certificate; NULL: see why.  certificate_path may be that
 * of the key. */
struct crypto_key;
struct crypto_key *crypto_key_read(const char *key_path, const char *certificate_path, char *why);
void crypto_key_free(struct crypto_key *key);

/* DER, owned by the key: its certificate, and the AlgorithmIdentifier (whole) of the
 * signatures it makes. */
struct octets crypto_key_certificate(const struct crypto_key *key);
struct octets crypto_key_algorithm(const struct crypto_key *key);

/* Signs; *n octets are written to out[CRYPTO_SIGNATURE_MAX]. */
bool crypto_sign(const struct crypto_key *key, struct octets what, uint8_t *out, size_t *n,
                 char *why);

/* Whom to trust: the certificates of a PEM file. */
struct crypto_trust;
struct crypto_trust *crypto_trust_read(const char *path, char *why);
void crypto_trust_free(struct crypto_trust *trust);
/* Is a certificate (DER) signed by one of them and valid at that time (seconds since
 * 1970)?  `path`: further certificates, DER one after the other; n = 0: none. */
bool crypto_trusts(const struct crypto_trust *trust, struct octets certificate,
                   struct octets path, int64_t time, char *why);

/* Was `what` signed with the key of this certificate (DER) by this algorithm
 * (AlgorithmIdentifier, whole)? */
bool crypto_verify(struct octets certificate, struct octets algorithm, struct octets what,
                   struct octets signature, char *why);

/* Has this certificate (DER) that common name? */
bool crypto_named(struct octets certificate, const char *name);
/* Was it signed with the key of a trusted certificate of that common name? */
bool crypto_trust_verify(const struct crypto_trust *trust, const char *name,
                         struct octets algorithm, struct octets what, struct octets signature,
                         char *why);

bool crypto_random(uint8_t *out, size_t n);
/* SHA-256. */
enum { CRYPTO_DIGEST_N = 32 };
void crypto_digest(struct octets what, uint8_t out[CRYPTO_DIGEST_N]);

#endif
