#include "crypto/tls_keys.h"

#include "base/cursor.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER = 5,
	/* RFC 5246 6.2.3: 2^14 octets and 2,048 for the cipher. */
	RECORD_MAX = 16384 + 2048,
	NONCE = 12, KEY_MAX = 32, TAG_MAX = 16,
	/* Records that may be missing, and places tried where one might go on: more than a
	 * flight of the handshake has records, whose secret the log may not have. */
	TRIES = 4096,
	PLACES = 8,
	TYPE_CCS = 20, TYPE_HANDSHAKE = 22, TYPE_DATA = 23, TYPE_LAST = 24,
	CLIENT_HELLO = 1, SERVER_HELLO = 2, KEY_UPDATE = 24,
	VERSION_12 = 0x0303, VERSION_13 = 0x0304,
	EXTENSION_VERSIONS = 43,
};

static const struct rule tls_short = {
	"tls.short", "RFC 8446 4", "a message of the handshake is too short", 0, SEVERITY_FATAL
};

/* ---- suites ---- */

struct suite {
	uint16_t number;
	uint16_t version;
	const char *name, *cipher, *digest;
	uint8_t key, tag;
	/* Of the nonce: octets that come from the key block, and that each record sends
	 * (RFC 5288 3); all 12 of the block: its number is mixed in (RFC 7905 2). */
	uint8_t fixed, sent;
};

#define GCM128 "AES-128-GCM", "SHA256", 16, 16
#define GCM256 "AES-256-GCM", "SHA384", 32, 16
#define CHACHA "ChaCha20-Poly1305", "SHA256", 32, 16
#define CCM128 "AES-128-CCM", "SHA256", 16, 16
#define CCM256 "AES-256-CCM", "SHA256", 32, 16
#define CCM128_8 "AES-128-CCM", "SHA256", 16, 8
#define CCM256_8 "AES-256-CCM", "SHA256", 32, 8

static const struct suite suites[] = {
	{ 0x1301, VERSION_13, "TLS_AES_128_GCM_SHA256", GCM128, 12, 0 },
	{ 0x1302, VERSION_13, "TLS_AES_256_GCM_SHA384", GCM256, 12, 0 },
	{ 0x1303, VERSION_13, "TLS_CHACHA20_POLY1305_SHA256", CHACHA, 12, 0 },
	{ 0x1304, VERSION_13, "TLS_AES_128_CCM_SHA256", CCM128, 12, 0 },
	{ 0x1305, VERSION_13, "TLS_AES_128_CCM_8_SHA256", CCM128_8, 12, 0 },
	{ 0x009c, VERSION_12, "TLS_RSA_WITH_AES_128_GCM_SHA256", GCM128, 4, 8 },
	{ 0x009d, VERSION_12, "TLS_RSA_WITH_AES_256_GCM_SHA384", GCM256, 4, 8 },
	{ 0x009e, VERSION_12, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", GCM128, 4, 8 },
	{ 0x009f, VERSION_12, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", GCM256, 4, 8 },
	{ 0xc02b, VERSION_12, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", GCM128, 4, 8 },
	{ 0xc02c, VERSION_12, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", GCM256, 4, 8 },
	{ 0xc02f, VERSION_12, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", GCM128, 4, 8 },
	{ 0xc030, VERSION_12, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", GCM256, 4, 8 },
	{ 0xcca8, VERSION_12, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", CHACHA, 12, 0 },
	{ 0xcca9, VERSION_12, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", CHACHA, 12, 0 },
	{ 0xccaa, VERSION_12, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", CHACHA, 12, 0 },
	{ 0xc09c, VERSION_12, "TLS_RSA_WITH_AES_128_CCM", CCM128, 4, 8 },
	{ 0xc09d, VERSION_12, "TLS_RSA_WITH_AES_256_CCM", CCM256, 4, 8 },
	{ 0xc09e, VERSION_12, "TLS_DHE_RSA_WITH_AES_128_CCM", CCM128, 4, 8 },
	{ 0xc09f, VERSION_12, "TLS_DHE_RSA_WITH_AES_256_CCM", CCM256, 4, 8 },
	{ 0xc0a0, VERSION_12, "TLS_RSA_WITH_AES_128_CCM_8", CCM128_8, 4, 8 },
	{ 0xc0a1, VERSION_12, "TLS_RSA_WITH_AES_256_CCM_8", CCM256_8, 4, 8 },
	{ 0xc0a2, VERSION_12, "TLS_DHE_RSA_WITH_AES_128_CCM_8", CCM128_8, 4, 8 },
	{ 0xc0a3, VERSION_12, "TLS_DHE_RSA_WITH_AES_256_CCM_8", CCM256_8, 4, 8 },
	{ 0xc0ac, VERSION_12, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", CCM128, 4, 8 },
	{ 0xc0ad, VERSION_12, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", CCM256, 4, 8 },
	{ 0xc0ae, VERSION_12, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", CCM128_8, 4, 8 },
	{ 0xc0af, VERSION_12, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", CCM256_8, 4, 8 },
};

/* ---- state ---- */

struct way {
	uint8_t *record;		/* NULL: no part of one waits */
	size_t have;
	uint8_t head[HEADER];
	uint8_t key[KEY_MAX], iv[NONCE];
	uint8_t secret[TLS_SECRET_MAX];	/* TLS 1.3: of this direction, now */
	uint64_t number;		/* of the next record */
	uint8_t misses;			/* since octets were lost */
	bool encrypted, traffic, lost;
};

struct tls_reader {
	const struct tls_keys *keys;
	EVP_CIPHER_CTX *cipher;
	const struct suite *suite;	/* NULL: not agreed yet */
	EVP_CIPHER *aead;		/* of the suite: fetched once, for it may be tried often */
	uint8_t client;			/* direction of who sent the ClientHello */
	uint8_t state;			/* enum tls_reading */
	bool has_client, has_key_block;
	uint8_t random[2][TLS_RANDOM];	/* client, server */
	struct way way[2];
	uint8_t inside[RECORD_MAX];
	char text[96];
};

bool tls_guess(struct octets first)
{
	return first.n >= TLS_GUESS && first.p[0] == TYPE_HANDSHAKE && first.p[1] == 3 &&
	       first.p[2] <= 4 && first.p[5] == CLIENT_HELLO;
}

struct tls_reader *tls_reader_new(const struct tls_keys *keys)
{
	struct tls_reader *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->keys = keys;
	r->cipher = EVP_CIPHER_CTX_new();
	snprintf(r->text, sizeof r->text, "TLS");
	if (r->cipher)
		return r;
	free(r);
	return NULL;
}

void tls_reader_free(struct tls_reader *r)
{
	if (!r)
		return;
	EVP_CIPHER_CTX_free(r->cipher);
	EVP_CIPHER_free(r->aead);
	free(r->way[0].record);
	free(r->way[1].record);
	free(r);
}

enum tls_reading tls_reader_state(const struct tls_reader *r)
{
	return (enum tls_reading)r->state;
}

const char *tls_reader_text(const struct tls_reader *r)
{
	return r->text;
}

static void stop(struct tls_reader *r, enum tls_reading why, const char *text)
{
	if (r->state != TLS_READS)
		return;
	r->state = (uint8_t)why;
	snprintf(r->text, sizeof r->text, "%s", text);
}

/* ---- keys ---- */

static bool derive(const char *kdf, OSSL_PARAM *params, uint8_t *out, size_t n)
{
	EVP_KDF *k = EVP_KDF_fetch(NULL, kdf, NULL);
	EVP_KDF_CTX *ctx = k ? EVP_KDF_CTX_new(k) : NULL;
	bool ok = ctx && EVP_KDF_derive(ctx, out, n, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(k);
	return ok;
}

static OSSL_PARAM octets_param(const char *name, struct octets o)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)o.p, o.n);
}

static OSSL_PARAM text_param(const char *name, const char *text)
{
	return OSSL_PARAM_construct_utf8_string(name, (char *)(uintptr_t)text, 0);
}

/* HKDF-Expand-Label with an empty context (RFC 8446 7.1). */
static bool expand(const struct suite *s, struct octets secret, const char *label, uint8_t *out,
                   size_t n)
{
	uint8_t info[64];
	size_t length = strlen(label) + 6;
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	OSSL_PARAM params[5];

	info[0] = 0;
	info[1] = (uint8_t)n;
	info[2] = (uint8_t)length;
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, length - 6);
	info[3 + length] = 0;
	params[0] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[1] = text_param(OSSL_KDF_PARAM_DIGEST, s->digest);
	params[2] = octets_param(OSSL_KDF_PARAM_KEY, secret);
	params[3] = octets_param(OSSL_KDF_PARAM_INFO, (struct octets){ info, length + 4 });
	params[4] = OSSL_PARAM_construct_end();
	return derive("HKDF", params, out, n);
}

static size_t digest_size(const struct suite *s)
{
	return strcmp(s->digest, "SHA384") == 0 ? 48 : 32;
}

/* RFC 8446 7.3 */
static bool use_secret(struct tls_reader *r, struct way *w, struct octets secret)
{
	if (secret.n != digest_size(r->suite))
		return false;
	memmove(w->secret, secret.p, secret.n);
	w->number = 0;
	w->encrypted = expand(r->suite, secret, "key", w->key, r->suite->key) &&
	               expand(r->suite, secret, "iv", w->iv, NONCE);
	return w->encrypted;
}

/* RFC 8446 7.2 */
static bool update_secret(struct tls_reader *r, struct way *w)
{
	uint8_t next[TLS_SECRET_MAX];
	size_t n = digest_size(r->suite);

	return expand(r->suite, (struct octets){ w->secret, n }, "traffic upd", next, n) &&
	       use_secret(r, w, (struct octets){ next, n });
}

static bool find(struct tls_reader *r, unsigned d, enum tls_label client, enum tls_label server,
                 struct octets *secret)
{
	return tls_keys_find(r->keys, d == r->client ? client : server, r->random[0], secret);
}

/* RFC 5246 6.3; suites of this kind have no MAC keys. */
static bool key_block(struct tls_reader *r)
{
	const struct suite *s = r->suite;
	struct way *client = &r->way[r->client], *server = &r->way[1 - r->client];
	uint8_t block[2 * (KEY_MAX + NONCE)], seed[13 + 2 * TLS_RANDOM];
	struct octets secret;
	OSSL_PARAM params[4];

	if (!tls_keys_find(r->keys, TLS_MASTER, r->random[0], &secret)) {
		stop(r, TLS_NO_SECRET, "TLS 1.2, and the key log does not have its secret");
		return false;
	}
	memcpy(seed, "key expansion", 13);
	memcpy(seed + 13, r->random[1], TLS_RANDOM);
	memcpy(seed + 13 + TLS_RANDOM, r->random[0], TLS_RANDOM);
	params[0] = text_param(OSSL_KDF_PARAM_DIGEST, s->digest);
	params[1] = octets_param(OSSL_KDF_PARAM_SECRET, secret);
	params[2] = octets_param(OSSL_KDF_PARAM_SEED, (struct octets){ seed, sizeof seed });
	params[3] = OSSL_PARAM_construct_end();
	if (!derive("TLS1-PRF", params, block, 2u * (s->key + s->fixed))) {
		stop(r, TLS_NOT_READ, "TLS 1.2, its keys cannot be derived");
		return false;
	}
	memcpy(client->key, block, s->key);
	memcpy(server->key, block + s->key, s->key);
	memcpy(client->iv, block + 2 * s->key, s->fixed);
	memcpy(server->iv, block + 2 * s->key + s->fixed, s->fixed);
	return true;
}

/* ---- the handshake ---- */

/* RFC 8446 4.1.3: the random of a server that asks for another ClientHello. */
static const uint8_t retry_random[TLS_RANDOM] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
	0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
	0x33, 0x9c,
};

/* The version that a ServerHello's extensions select, else the one in its head. */
static uint16_t version_of(struct cursor *c, uint16_t version)
{
	uint16_t all, type, length;
	struct octets value;

	if (!cursor_left(c) || !cursor_u16(c, &all))
		return version;
	while (cursor_left(c) >= 4 && cursor_u16(c, &type) && cursor_u16(c, &length) &&
	       cursor_take(c, length, &value))
		if (type == EXTENSION_VERSIONS && value.n == 2)
			version = (uint16_t)(value.p[0] << 8 | value.p[1]);
	return version;
}

static void agree(struct tls_reader *r, uint16_t number, uint16_t version)
{
	char text[96];

	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
		if (suites[i].number == number && suites[i].version == version)
			r->suite = &suites[i];
	if (!r->suite) {
		snprintf(text, sizeof text, "TLS version 0x%04x with suite 0x%04x, which is not "
		         "read", version, number);
		stop(r, TLS_NO_SUITE, text);
		return;
	}
	EVP_CIPHER_free(r->aead);	/* of a hello before this one (RFC 8446 4.1.4) */
	r->aead = EVP_CIPHER_fetch(NULL, r->suite->cipher, NULL);
	snprintf(r->text, sizeof r->text, "TLS 1.%d %s", version == VERSION_13 ? 3 : 2,
	         r->suite->name);
}

/* TLS 1.3: all that follows is encrypted, by the secrets of the handshake. */
static void enter_handshake(struct tls_reader *r)
{
	for (unsigned d = 0; d < 2; d++) {
		struct octets secret;

		if (find(r, d, TLS_CLIENT_HANDSHAKE, TLS_SERVER_HANDSHAKE, &secret))
			use_secret(r, &r->way[d], secret);
		r->way[d].encrypted = true;
		r->way[d].traffic = false;
		if (!find(r, d, TLS_CLIENT_TRAFFIC, TLS_SERVER_TRAFFIC, &secret))
			stop(r, TLS_NO_SECRET,
			     "TLS 1.3, and the key log does not have its secrets");
	}
}

static void take_hello(struct tls_reader *r, unsigned d, struct octets record)
{
	struct findings findings;
	struct cursor c;
	uint8_t type, session, ignored;
	uint16_t version, suite;
	struct octets head, random;

	findings_clear(&findings);
	cursor_init(&c, record, &findings, &tls_short);
	if (!cursor_u8(&c, &type) || !cursor_take(&c, 3, &head) || !cursor_u16(&c, &version) ||
	    !cursor_take(&c, TLS_RANDOM, &random))
		return;
	if (type == CLIENT_HELLO) {
		r->client = (uint8_t)d;
		r->has_client = true;
		memcpy(r->random[0], random.p, TLS_RANDOM);
		return;
	}
	if (type != SERVER_HELLO || memcmp(random.p, retry_random, TLS_RANDOM) == 0)
		return;
	memcpy(r->random[1], random.p, TLS_RANDOM);
	if (!r->has_client || !cursor_u8(&c, &session) || !cursor_take(&c, session, &head) ||
	    !cursor_u16(&c, &suite) || !cursor_u8(&c, &ignored)) {
		stop(r, TLS_NOT_READ, "TLS whose hellos cannot be read");
		return;
	}
	agree(r, suite, version_of(&c, version));
	if (r->suite && r->suite->version == VERSION_13)
		enter_handshake(r);
}

/* ---- records ---- */

/* One try with one number; returns octets inside, -1: not authentic. */
static int open_record(struct tls_reader *r, const struct way *w, struct octets body,
                       uint64_t number)
{
	const struct suite *s = r->suite;
	bool ccm = strstr(s->cipher, "CCM");
	uint8_t nonce[NONCE], added[13], count[8];
	size_t added_n = HEADER;
	struct octets sealed = { body.p + s->sent, body.n - s->sent - s->tag };
	int n = 0, rest = 0;

	for (size_t i = 0; i < sizeof count; i++)
		count[i] = (uint8_t)(number >> (56 - 8 * i));
	memcpy(nonce, w->iv, NONCE);
	if (s->sent)
		memcpy(nonce + s->fixed, body.p, s->sent);
	else
		for (size_t i = 0; i < sizeof count; i++)
			nonce[4 + i] ^= count[i];
	if (s->version == VERSION_13) {
		memcpy(added, w->head, HEADER);
	} else {			/* RFC 5246 6.2.3.3 */
		memcpy(added, count, 8);
		memcpy(added + 8, w->head, 3);
		added[11] = (uint8_t)(sealed.n >> 8);
		added[12] = (uint8_t)sealed.n;
		added_n = 13;
	}
	if (!r->aead || EVP_DecryptInit_ex2(r->cipher, r->aead, NULL, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(r->cipher, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(r->cipher, EVP_CTRL_AEAD_SET_TAG, s->tag,
	                        (void *)(uintptr_t)(sealed.p + sealed.n)) != 1 ||
	    EVP_DecryptInit_ex(r->cipher, NULL, NULL, w->key, nonce) != 1 ||
	    (ccm && EVP_DecryptUpdate(r->cipher, NULL, &n, NULL, (int)sealed.n) != 1) ||
	    EVP_DecryptUpdate(r->cipher, NULL, &n, added, (int)added_n) != 1 ||
	    EVP_DecryptUpdate(r->cipher, r->inside, &n, sealed.p, (int)sealed.n) != 1)
		return -1;
	/* CCM has told with the octets. */
	if (!ccm && EVP_DecryptFinal_ex(r->cipher, r->inside + n, &rest) != 1)
		return -1;
	return n + rest;
}

static int open_after_gap(struct tls_reader *r, struct way *w, struct octets body)
{
	for (uint64_t i = 0; i < TRIES; i++) {
		int n = open_record(r, w, body, w->number + i);

		if (n < 0)
			continue;
		w->number += i;
		w->lost = false;
		w->misses = 0;
		return n;
	}
	return -1;
}

/* TLS 1.3: the secrets of the handshake hold until its Finished, which need not be
 * read to know it: what they do not open, those of the traffic may. */
static int open_with_traffic(struct tls_reader *r, unsigned d, struct octets body)
{
	struct way *w = &r->way[d], before = *w;
	struct octets secret;
	int n;

	if (r->suite->version != VERSION_13 || w->traffic ||
	    !find(r, d, TLS_CLIENT_TRAFFIC, TLS_SERVER_TRAFFIC, &secret) ||
	    !use_secret(r, w, secret))
		return -1;
	w->traffic = true;
	n = w->lost ? open_after_gap(r, w, body) : open_record(r, w, body, 0);
	if (n < 0)
		*w = before;
	return n;
}

/* Returns octets inside. */
static size_t take_sealed(struct tls_reader *r, unsigned d, uint8_t type, struct octets body)
{
	struct way *w = &r->way[d];
	int n;

	assert(r->suite);		/* who encrypts has agreed on one */
	if (body.n < (size_t)r->suite->sent + r->suite->tag) {
		stop(r, TLS_NOT_READ, "TLS with a record that is too short");
		return 0;
	}
	n = w->lost ? open_after_gap(r, w, body) : open_record(r, w, body, w->number);
	if (n < 0)
		n = open_with_traffic(r, d, body);
	if (n < 0 && w->lost) {		/* perhaps it only looked like a record */
		if (++w->misses == PLACES)
			stop(r, TLS_NOT_READ, "TLS that is not found again behind lost octets");
		return 0;
	}
	if (n < 0) {
		/* Part of the handshake whose secret the log may not have. */
		if (r->suite->version == VERSION_12 || w->traffic)
			stop(r, TLS_NOT_READ, "TLS with a record that its key does not open");
		return 0;
	}
	w->number++;
	if (r->suite->version == VERSION_13) {
		while (n > 0 && r->inside[n - 1] == 0)
			n--;
		type = n > 0 ? r->inside[--n] : 0;
	}
	if (type == TYPE_HANDSHAKE && r->suite->version == VERSION_13 && w->traffic && n > 0 &&
	    r->inside[0] == KEY_UPDATE && !update_secret(r, w))
		stop(r, TLS_NOT_READ, "TLS 1.3, a new key cannot be derived");
	return type == TYPE_DATA ? (size_t)n : 0;
}

static size_t take_record(struct tls_reader *r, unsigned d, struct octets body)
{
	struct way *w = &r->way[d];
	uint8_t type = w->head[0];

	if (r->suite && r->suite->version == VERSION_12 && type == TYPE_CCS) {
		if (!r->has_key_block)
			r->has_key_block = key_block(r);
		w->encrypted = r->has_key_block;
		w->number = 0;
		return 0;
	}
	if (w->encrypted && type != TYPE_CCS)
		return take_sealed(r, d, type, body);
	if (type == TYPE_HANDSHAKE)
		take_hello(r, d, body);
	return 0;
}

static size_t length_of(const uint8_t head[HEADER])
{
	return (size_t)head[3] << 8 | head[4];
}

/* After a loss only what is most probably one. */
static bool is_head(const uint8_t head[HEADER], bool lost)
{
	if (lost)
		return head[0] == TYPE_DATA && head[1] == 3 && head[2] == 3 &&
		       length_of(head) <= RECORD_MAX;
	return head[0] >= TYPE_CCS && head[0] <= TYPE_LAST && head[1] == 3 && head[2] <= 4 &&
	       length_of(head) <= RECORD_MAX;
}

/* After octets were lost: the next place that looks like a record's head. */
static void shift_head(struct way *w)
{
	memmove(w->head, w->head + 1, HEADER - 1);
	w->have--;
}

static size_t take_head(struct tls_reader *r, struct way *w, struct octets in)
{
	size_t n = 0;

	while (w->have < HEADER && n < in.n) {
		w->head[w->have++] = in.p[n++];
		if (w->have < HEADER || is_head(w->head, w->lost))
			continue;
		if (!w->lost) {
			stop(r, TLS_NOT_READ, "TLS with octets that are no record");
			return in.n;
		}
		shift_head(w);
	}
	return n;
}

size_t tls_reader_push(struct tls_reader *r, unsigned d, struct octets in, struct octets *inside)
{
	struct way *w = &r->way[d];
	size_t done, length, room;
	struct octets body;

	*inside = (struct octets){ NULL, 0 };
	if (r->state != TLS_READS)
		return in.n;
	done = take_head(r, w, in);
	if (w->have < HEADER || r->state != TLS_READS)
		return done;
	length = length_of(w->head);
	room = length - (w->have - HEADER);
	if (in.n - done < room && !w->record) {
		w->record = malloc(length);
		if (!w->record) {
			stop(r, TLS_NOT_READ, "TLS, and no memory for a record");
			return in.n;
		}
	}
	if (room > in.n - done)
		room = in.n - done;
	if (w->record && room)
		memcpy(w->record + (w->have - HEADER), in.p + done, room);
	body = (struct octets){ w->record ? w->record : in.p + done, length };
	done += room;
	w->have += room;
	if (w->have - HEADER < length)
		return done;
	*inside = (struct octets){ r->inside, take_record(r, d, body) };
	free(w->record);
	w->record = NULL;
	w->have = 0;
	return done;
}

void tls_reader_gap(struct tls_reader *r, unsigned d)
{
	struct way *w = &r->way[d];

	free(w->record);
	w->record = NULL;
	w->have = 0;
	w->lost = true;
	if (!r->suite)
		stop(r, TLS_NOT_READ, "TLS whose hellos are not in the capture");
}
