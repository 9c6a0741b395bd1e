/* Strong and protected credentials: named, signed, put into a bind, taken out of it,
 * checked; and what is bent is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/token_sign.h"
#include "p1/p1_bind.h"
#include "p1/p1_strong.h"

static char folder[] = "/tmp/x400rig-crypto-XXXXXX";

static const char *path(const char *name)
{
	static char all[4][128];
	static unsigned next;
	char *p = all[next++ % 4];

	snprintf(p, sizeof all[0], "%s/%s", folder, name);
	return p;
}

/* A key and a certificate signed with it, or with another one. */
static EVP_PKEY *make(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *by, X509 **out)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	FILE *fp = fopen(path(name), "w");

	assert_non_null(fp);
	X509_set_version(x, X509_VERSION_1);	/* of itself it may sign others */
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, by ? by : key, EVP_sha256()) > 0);
	assert_true(PEM_write_PrivateKey(fp, key, NULL, NULL, 0, NULL, NULL));
	assert_true(PEM_write_X509(fp, x));
	fclose(fp);
	*out = x;
	return key;
}

static int setup(void **state)
{
	EVP_PKEY *rsa, *ec;
	X509 *ca, *one, *two;

	(void)state;
	if (!mkdtemp(folder))
		return 1;
	rsa = make("rsa", EVP_RSA_gen(2048), NULL, NULL, &ca);
	ec = make("ec", EVP_EC_gen("P-256"), ca, rsa, &one);
	make("stranger", ec, NULL, NULL, &two);
	X509_free(ca);
	X509_free(one);
	X509_free(two);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "rsa", "ec", "stranger", "empty" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(path(names[i]));
	return rmdir(folder);
}

struct made {
	struct crypto_key *key;
	uint8_t data[512], signature[CRYPTO_SIGNATURE_MAX], strong[4096], bind[8192];
	size_t data_n, strong_n, bind_n;
	struct octets value;		/* credentials as the bind gave them back */
	struct p1_strong back;
	char why[CRYPTO_WHY];
};

static void make_bind(struct made *m, struct p1_bind *b)
{
	static struct nodes nodes;
	struct findings f;
	struct node *root;
	struct p1_bind back;

	nodes_reset(&nodes);
	root = p1_bind_build(&nodes, b, false);
	m->bind_n = (size_t)node_size(root);
	assert_int_equal(node_write(&nodes, root, m->bind, sizeof m->bind), m->bind_n);
	findings_clear(&f);
	assert_true(p1_bind_decode((struct octets){ m->bind, m->bind_n }, P1_BIND_ARGUMENT, false,
	                           &back, &f));
	assert_int_equal(back.credentials, b->credentials);
	m->value = back.secret.raw;
}

static struct p1_bind bind_of(enum p1_credentials kind, struct octets value)
{
	return (struct p1_bind){
		.kind = P1_BIND_ARGUMENT, .authenticated = true, .credentials = (uint8_t)kind,
		.name = p1_string("MTA-A"), .secret = { value, false },
	};
}

static void strong_bind(struct made *m, const char *key, bool domain)
{
	struct p1_strong s = { .has_token = true };
	struct p1_bind b;
	struct findings f;
	size_t n, bad;

	m->key = crypto_key_read(path(key), path(key), m->why);
	assert_non_null(m->key);
	s.token = (struct p1_token){
		.algorithm = crypto_key_algorithm(m->key), .mta = p1_string("MTA-B"),
		.time = octets_of("260101000000Z"), .random = octets_of("a number"),
	};
	if (domain)
		assert_true(p1_domain_parse(octets_of("C=XX;A=ADM;P=PRI"), &s.token.domain, &bad));
	m->data_n = p1_token_encode(&s.token, m->data, sizeof m->data);
	assert_true(m->data_n <= sizeof m->data);
	s.signed_octets = (struct octets){ m->data, m->data_n };
	assert_true(crypto_sign(m->key, s.signed_octets, m->signature, &n, m->why));
	s.signature = (struct octets){ m->signature, n };
	s.signature_algorithm = s.token.algorithm;
	s.certificate = crypto_key_certificate(m->key);
	m->strong_n = p1_strong_encode(&s, m->strong, sizeof m->strong);
	assert_true(m->strong_n <= sizeof m->strong);
	b = bind_of(P1_CREDENTIALS_STRONG, (struct octets){ m->strong, m->strong_n });
	make_bind(m, &b);
	findings_clear(&f);
	assert_true(p1_strong_decode(m->value, &m->back, &f));
	assert_int_equal(f.n, 0);
	assert_true(m->back.has_token);
}

static void check_strong(const char *key, bool domain)
{
	static struct made m;
	struct p1_strong *s = &m.back;

	memset(&m, 0, sizeof m);
	strong_bind(&m, key, domain);
	assert_true(ber_string_equal(&s->token.mta, octets_of("MTA-B")));
	assert_int_equal(s->token.domain.country.tag != 0, domain);
	assert_true(octets_equal(s->token.time, octets_of("260101000000Z")));
	assert_true(octets_equal(s->token.random, octets_of("a number")));
	assert_true(octets_equal(s->certificate, crypto_key_certificate(m.key)));
	assert_true(crypto_verify(s->certificate, s->signature_algorithm, s->signed_octets,
	                          s->signature, m.why));
	/* Any octet that is changed: time, number, name. */
	for (size_t i = 0; i < s->signed_octets.n; i += 7) {
		uint8_t *at = (uint8_t *)(uintptr_t)s->signed_octets.p + i;

		*at ^= 1;
		assert_false(crypto_verify(s->certificate, s->signature_algorithm,
		                           s->signed_octets, s->signature, m.why));
		*at ^= 1;
	}
	assert_memory_equal(m.why, "signature does not fit", 22);
	assert_false(crypto_verify(s->certificate, octets_of("0"), s->signed_octets,
	                           s->signature, m.why));
	assert_false(crypto_verify(octets_of("x"), s->signature_algorithm, s->signed_octets,
	                           s->signature, m.why));
	crypto_key_free(m.key);
}

static void strong(void **state)
{
	(void)state;
	check_strong("rsa", true);
	check_strong("rsa", false);
	check_strong("ec", true);
}

static void trust(void **state)
{
	static struct made m;
	struct crypto_trust *t = crypto_trust_read(path("rsa"), m.why);
	struct octets none = { NULL, 0 };
	struct crypto_key *k;

	(void)state;
	assert_non_null(t);
	k = crypto_key_read(path("ec"), path("ec"), m.why);
	assert_non_null(k);
	assert_true(crypto_trusts(t, crypto_key_certificate(k), none, time(NULL), m.why));
	assert_false(crypto_trusts(t, crypto_key_certificate(k), none, time(NULL) + 7200, m.why));
	assert_non_null(strstr(m.why, "expired"));
	crypto_key_free(k);
	k = crypto_key_read(path("stranger"), path("stranger"), m.why);
	assert_non_null(k);
	assert_false(crypto_trusts(t, crypto_key_certificate(k), crypto_key_certificate(k),
	                           time(NULL), m.why));
	crypto_key_free(k);
	assert_false(crypto_trusts(t, octets_of("x"), none, 0, m.why));
	crypto_trust_free(t);
	fclose(fopen(path("empty"), "w"));
	assert_null(crypto_trust_read(path("empty"), m.why));
	assert_null(crypto_trust_read(path("nothing"), m.why));
	assert_null(crypto_key_read(path("nothing"), path("rsa"), m.why));
	assert_null(crypto_key_read(path("empty"), path("rsa"), m.why));
	assert_null(crypto_key_read(path("rsa"), path("empty"), m.why));
	assert_null(crypto_key_read(path("rsa"), path("nothing"), m.why));
	assert_null(crypto_key_read(path("rsa"), path("ec"), m.why));
	assert_non_null(strstr(m.why, "is not the certificate of that key"));
}

static void protected(void **state)
{
	static struct made m;
	struct p1_protected p = { .time1 = p1_string("260101000000Z"),
	                          .time2 = p1_string("260101000001Z") }, back;
	struct octets what;
	struct findings f;
	struct p1_bind b;
	size_t n;

	(void)state;
	m.key = crypto_key_read(path("rsa"), path("rsa"), m.why);
	assert_non_null(m.key);
	p.random1 = octets_of("one");
	p.random2 = octets_of("two");
	p.algorithm = crypto_key_algorithm(m.key);
	m.data_n = p1_protected_signed(&p, octets_of("secret"), true, m.data, sizeof m.data);
	what = (struct octets){ m.data, m.data_n };
	assert_memory_equal(m.data + 2, "\x16\x06secret\x80\x0d" "260101000000Z", 23);
	assert_true(crypto_sign(m.key, what, m.signature, &n, m.why));
	p.signature = (struct octets){ m.signature, n };
	m.strong_n = p1_protected_encode(&p, m.strong, sizeof m.strong);
	b = bind_of(P1_CREDENTIALS_PROTECTED, (struct octets){ m.strong, m.strong_n });
	make_bind(&m, &b);
	findings_clear(&f);
	assert_true(p1_protected_decode(m.value, &back, &f));
	assert_int_equal(f.n, 0);
	assert_true(octets_equal(back.random2, octets_of("two")));
	assert_true(ber_string_equal(&back.time2, octets_of("260101000001Z")));
	m.data_n = p1_protected_signed(&back, octets_of("secret"), true, m.data, sizeof m.data);
	what = (struct octets){ m.data, m.data_n };
	assert_true(crypto_verify(crypto_key_certificate(m.key), back.algorithm, what,
	                          back.signature, m.why));
	m.data_n = p1_protected_signed(&back, octets_of("Secret"), false, m.data, sizeof m.data);
	assert_false(crypto_verify(crypto_key_certificate(m.key), back.algorithm,
	                           (struct octets){ m.data, m.data_n }, back.signature, m.why));
	crypto_key_free(m.key);
}

/* Cut anywhere and bent anywhere: an answer, and no crash. */
static void hostile(void **state)
{
	static struct made m;
	struct p1_protected p;
	struct p1_strong s;
	struct findings f;
	bool ok;

	(void)state;
	strong_bind(&m, "ec", true);
	for (size_t i = 0; i < m.value.n; i++) {
		uint8_t *copy = malloc(m.value.n);

		assert_non_null(copy);
		memcpy(copy, m.value.p, m.value.n);
		findings_clear(&f);
		p1_strong_decode((struct octets){ copy, i }, &s, &f);
		copy[i] ^= 0x81;
		findings_clear(&f);
		ok = p1_strong_decode((struct octets){ copy, m.value.n }, &s, &f);
		assert_int_equal(ok, !f.fatal);
		copy[0] = 0xa1;
		findings_clear(&f);
		ok = p1_protected_decode((struct octets){ copy, m.value.n }, &p, &f);
		assert_int_equal(ok, !f.fatal);
		free(copy);
	}
	crypto_key_free(m.key);
}

static void digest(void **state)
{
	uint8_t out[CRYPTO_DIGEST_N];

	(void)state;
	crypto_digest(octets_of("abc"), out);
	assert_memory_equal(out, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8);	/* FIPS 180-4 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strong),
		cmocka_unit_test(trust),
		cmocka_unit_test(protected),
		cmocka_unit_test(hostile),
		cmocka_unit_test(digest),
	};

	return cmocka_run_group_tests_name("crypto", tests, setup, teardown);
}
