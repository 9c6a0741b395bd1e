#include "crypto/token_sign.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* AlgorithmIdentifiers (RFC 4055 5, RFC 5758 3.2). */
static const uint8_t rsa_sha256[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
};
static const uint8_t ecdsa_sha256[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
};

static const struct {
	struct octets algorithm;
	int key;
} algorithms[] = {
	{ { rsa_sha256, sizeof rsa_sha256 }, EVP_PKEY_RSA },
	{ { ecdsa_sha256, sizeof ecdsa_sha256 }, EVP_PKEY_EC },
};
enum { ALGORITHMS_N = sizeof algorithms / sizeof *algorithms };

struct crypto_key {
	EVP_PKEY *key;
	uint8_t *certificate;
	int certificate_n;
	struct octets algorithm;
};

struct crypto_trust {
	X509_STORE *store;
};

static void say(char *why, const char *what, const char *about)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = error ? ERR_reason_error_string(error) : NULL;

	snprintf(why, CRYPTO_WHY, "%s%s%s%s%s", about ? about : "", about ? ": " : "", what,
	         reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
}

/* ---- keys ---- */

static FILE *open_pem(const char *path, char *why)
{
	FILE *fp = fopen(path, "re");

	if (!fp)
		say(why, "cannot be read", path);
	return fp;
}

static EVP_PKEY *read_key(const char *path, char *why)
{
	FILE *fp = open_pem(path, why);
	EVP_PKEY *key = fp ? PEM_read_PrivateKey(fp, NULL, NULL, NULL) : NULL;

	if (fp && !key)
		say(why, "no private key (PEM) in it", path);
	if (fp)
		fclose(fp);
	return key;
}

static X509 *read_certificate(const char *path, char *why)
{
	FILE *fp = open_pem(path, why);
	X509 *x = fp ? PEM_read_X509(fp, NULL, NULL, NULL) : NULL;

	if (fp && !x)
		say(why, "no certificate (PEM) in it", path);
	if (fp)
		fclose(fp);
	return x;
}

static bool set_algorithm(struct crypto_key *k, const char *path, char *why)
{
	for (size_t i = 0; i < ALGORITHMS_N; i++)
		if (EVP_PKEY_get_base_id(k->key) == algorithms[i].key)
			k->algorithm = algorithms[i].algorithm;
	if (!k->algorithm.n)
		say(why, "neither an RSA nor an EC key", path);
	return k->algorithm.n > 0;
}

struct crypto_key *crypto_key_read(const char *key_path, const char *certificate_path, char *why)
{
	struct crypto_key *k = calloc(1, sizeof *k), *result = NULL;
	X509 *x = NULL;

	if (!k) {
		say(why, "out of memory", NULL);
		return NULL;
	}
	k->key = read_key(key_path, why);
	x = k->key ? read_certificate(certificate_path, why) : NULL;
	if (!x || !set_algorithm(k, key_path, why))
		goto out;
	if (X509_check_private_key(x, k->key) != 1) {
		say(why, "is not the certificate of that key", certificate_path);
		goto out;
	}
	k->certificate_n = i2d_X509(x, &k->certificate);
	if (k->certificate_n > 0) {
		result = k;
		k = NULL;
	}
out:
	X509_free(x);
	crypto_key_free(k);
	return result;
}

void crypto_key_free(struct crypto_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->key);
	OPENSSL_free(key->certificate);
	free(key);
}

struct octets crypto_key_certificate(const struct crypto_key *key)
{
	return (struct octets){ key->certificate, (size_t)key->certificate_n };
}

struct octets crypto_key_algorithm(const struct crypto_key *key)
{
	return key->algorithm;
}

/* ---- signatures ---- */

bool crypto_sign(const struct crypto_key *key, struct octets what, uint8_t *out, size_t *n,
                 char *why)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok;

	*n = CRYPTO_SIGNATURE_MAX;
	ok = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key->key) == 1 &&
	     EVP_DigestSign(c, out, n, what.p, what.n) == 1;
	EVP_MD_CTX_free(c);
	if (!ok)
		say(why, "cannot sign", NULL);
	return ok;
}

static X509 *parse(struct octets certificate, char *why)
{
	const uint8_t *p = certificate.p;
	X509 *x = certificate.n ? d2i_X509(NULL, &p, (long)certificate.n) : NULL;

	if (!x)
		say(why, "certificate cannot be read", NULL);
	return x;
}

static bool is_algorithm_of(struct octets algorithm, const EVP_PKEY *key)
{
	for (size_t i = 0; i < ALGORITHMS_N; i++)
		if (octets_equal(algorithm, algorithms[i].algorithm))
			return EVP_PKEY_get_base_id(key) == algorithms[i].key;
	return false;
}

static bool verify(X509 *x, struct octets algorithm, struct octets what,
                   struct octets signature, char *why)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	EVP_MD_CTX *c;
	bool ok;

	if (!key || !is_algorithm_of(algorithm, key)) {
		say(why, "algorithm is not known, or not that of the certificate's key", NULL);
		return false;
	}
	c = EVP_MD_CTX_new();
	ok = c && EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(c, signature.p, signature.n, what.p, what.n) == 1;
	if (!ok)
		say(why, "signature does not fit", NULL);
	EVP_MD_CTX_free(c);
	return ok;
}

bool crypto_verify(struct octets certificate, struct octets algorithm, struct octets what,
                   struct octets signature, char *why)
{
	X509 *x = parse(certificate, why);
	bool ok = x && verify(x, algorithm, what, signature, why);

	X509_free(x);
	return ok;
}

static bool is_named(const X509 *x, const char *name)
{
	char common[65];	/* X.520 ub-common-name */
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, common,
	                                  sizeof common);

	return n > 0 && (size_t)n == strlen(name) && memcmp(common, name, (size_t)n) == 0;
}

bool crypto_named(struct octets certificate, const char *name)
{
	char why[CRYPTO_WHY];
	X509 *x = parse(certificate, why);
	bool ok = x && is_named(x, name);

	X509_free(x);
	return ok;
}

bool crypto_random(uint8_t *out, size_t n)
{
	return RAND_bytes(out, (int)n) == 1;
}

/* ---- trust ---- */

struct crypto_trust *crypto_trust_read(const char *path, char *why)
{
	struct crypto_trust *t = calloc(1, sizeof *t);
	FILE *fp = t ? fopen(path, "re") : NULL;
	unsigned n = 0;
	X509 *x;

	if (!fp) {
		say(why, "cannot be read", path);
		free(t);
		return NULL;
	}
	t->store = X509_STORE_new();
	/* A certificate that is named is trusted, whoever has issued it. */
	if (t->store)
		X509_STORE_set_flags(t->store, X509_V_FLAG_PARTIAL_CHAIN);
	while (t->store && (x = PEM_read_X509(fp, NULL, NULL, NULL))) {
		n += X509_STORE_add_cert(t->store, x) == 1;
		X509_free(x);
	}
	fclose(fp);
	if (n) {
		ERR_clear_error();	/* the end of the file */
		return t;
	}
	say(why, "no certificate (PEM) in it", path);
	crypto_trust_free(t);
	return NULL;
}

void crypto_trust_free(struct crypto_trust *trust)
{
	if (!trust)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

static STACK_OF(X509) *parse_path(struct octets path)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	const uint8_t *p = path.p;
	X509 *x;

	while (all && p && p < path.p + path.n &&
	       (x = d2i_X509(NULL, &p, (long)(path.p + path.n - p))))
		sk_X509_push(all, x);
	ERR_clear_error();
	return all;
}

bool crypto_trusts(const struct crypto_trust *trust, struct octets certificate,
                   struct octets path, int64_t time, char *why)
{
	X509 *x = parse(certificate, why);
	STACK_OF(X509) *further = x ? parse_path(path) : NULL;
	X509_STORE_CTX *c = X509_STORE_CTX_new();
	bool ok = false;

	if (!x || !further || !c ||
	    X509_STORE_CTX_init(c, trust->store, x, further) != 1)
		goto out;
	X509_STORE_CTX_set_time(c, 0, (time_t)time);
	ok = X509_verify_cert(c) == 1;
	if (!ok)
		say(why, X509_verify_cert_error_string(X509_STORE_CTX_get_error(c)), "certificate");
out:
	X509_STORE_CTX_free(c);
	sk_X509_pop_free(further, X509_free);
	X509_free(x);
	return ok;
}

bool crypto_trust_verify(const struct crypto_trust *trust, const char *name,
                         struct octets algorithm, struct octets what, struct octets signature,
                         char *why)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(trust->store);

	say(why, "no trusted certificate bears the name of the MTA", NULL);
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (x && is_named(x, name) && verify(x, algorithm, what, signature, why))
			return true;
	}
	return false;
}

void crypto_digest(struct octets what, uint8_t out[CRYPTO_DIGEST_N])
{
	SHA256(what.p, what.n, out);
}
