#include "cli/mask.h"
#include "cli/cli.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { KEY = 32, BITS = 5 };

struct key {
	unsigned char octets[KEY];
};

/* 40 bits: among 100,000 names two have one pseudonym with a chance of 1 in 200. */
static void word(void *ctx, struct octets o, char out[static TEXT_PSEUDONYM])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	const struct key *key = ctx;
	unsigned char md[EVP_MAX_MD_SIZE] = { 0 };
	uint64_t bits = 0;
	unsigned n;

	HMAC(EVP_sha256(), key->octets, KEY, o.p, o.n, md, &n);
	for (size_t i = 0; i < sizeof bits; i++)
		bits = bits << 8 | md[i];
	out[0] = '~';
	for (size_t i = 1; i < TEXT_PSEUDONYM - 1; i++, bits >>= BITS)
		out[i] = letters[bits & ((1 << BITS) - 1)];
	out[TEXT_PSEUDONYM - 1] = '\0';
}

/* The digest of a file; false: errno. */
static bool read_key(const char *path, struct key *key)
{
	FILE *fp = fopen(path, "rbe");
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char block[4096];
	size_t n;
	bool ok = fp && digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL);

	while (ok && (n = fread(block, 1, sizeof block, fp)) > 0)
		ok = EVP_DigestUpdate(digest, block, n);
	ok = ok && !ferror(fp) && EVP_DigestFinal_ex(digest, key->octets, NULL);
	EVP_MD_CTX_free(digest);
	if (fp)
		fclose(fp);
	return ok;
}

bool cli_mask(const char *verb, struct cli_mask *m)
{
	static struct key key;
	static const struct text_mask mask = { word, &key };

	if (!m->on && !m->key)
		return true;
	if (m->key && !read_key(m->key, &key)) {
		cli_wrong(verb, "--mask-key: %s: %s", m->key, strerror(errno));
		return false;
	}
	if (!m->key && RAND_bytes(key.octets, KEY) != 1) {
		cli_wrong(verb, "--mask: no random octets");
		return false;
	}
	m->made = &mask;
	text_mask(&mask);
	return true;
}
