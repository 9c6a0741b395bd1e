/* Recorded TLS, read with a key log: both ends are OpenSSL's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/tls_read.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

enum { MOST = 1 << 17, CLIENT = 0, SERVER = 1 };

/* --- a connection, recorded ------------------------------------------------------ */

struct piece {
	unsigned from;
	size_t at, n;
};

static struct {
	SSL_CTX *ctx[2];
	SSL *ssl[2];
	uint8_t wire[MOST];		/* both directions, as they went */
	size_t wire_n;
	struct piece piece[512];
	size_t pieces;
	char log[8192];
	char said[2][MOST];		/* what each end gave to TLS */
	size_t said_n[2];
} tape;

static void keep_line(const SSL *ssl, const char *line)
{
	(void)ssl;
	strcat(tape.log, line);
	strcat(tape.log, "\r\n");
}

static X509 *cert;
static EVP_PKEY *key;

static int make_certificate(void **state)
{
	(void)state;
	cert = X509_new();
	key = EVP_RSA_gen(2048);
	X509_set_version(cert, 2);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	return X509_sign(cert, key, EVP_sha256()) > 0 ? 0 : -1;
}

static int drop_certificate(void **state)
{
	(void)state;
	X509_free(cert);
	EVP_PKEY_free(key);
	return 0;
}

static void use_certificate(SSL_CTX *ctx)
{
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
}

/* `suite` of the version that it is of. */
static void open_ends(int version, const char *suite)
{
	memset(&tape, 0, sizeof tape);
	for (unsigned i = 0; i < 2; i++) {
		SSL_CTX *c = SSL_CTX_new(i == CLIENT ? TLS_client_method() : TLS_server_method());

		tape.ctx[i] = c;
		SSL_CTX_set_min_proto_version(c, version);
		SSL_CTX_set_max_proto_version(c, version);
		SSL_CTX_set_dh_auto(c, 1);
		SSL_CTX_set_security_level(c, 0);	/* CCM_8 */
		if (version == TLS1_3_VERSION)
			assert_int_equal(SSL_CTX_set_ciphersuites(c, suite), 1);
		else
			assert_int_equal(SSL_CTX_set_cipher_list(c, suite), 1);
		if (i == SERVER)
			use_certificate(c);
		else
			SSL_CTX_set_keylog_callback(c, keep_line);
		tape.ssl[i] = SSL_new(c);
		SSL_set_bio(tape.ssl[i], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	}
	SSL_set_connect_state(tape.ssl[CLIENT]);
	SSL_set_accept_state(tape.ssl[SERVER]);
}

static void close_ends(void)
{
	for (unsigned i = 0; i < 2; i++) {
		SSL_free(tape.ssl[i]);
		SSL_CTX_free(tape.ctx[i]);
	}
}

/* What an end has to send goes onto the tape and to the other one. */
static void carry(unsigned from)
{
	uint8_t buf[4096];
	int n;

	while ((n = BIO_read(SSL_get_wbio(tape.ssl[from]), buf, sizeof buf)) > 0) {
		struct piece p = { from, tape.wire_n, (size_t)n };

		assert_true(tape.wire_n + p.n <= MOST);
		memcpy(tape.wire + p.at, buf, p.n);
		tape.wire_n += p.n;
		tape.piece[tape.pieces++] = p;
		BIO_write(SSL_get_rbio(tape.ssl[1 - from]), buf, n);
	}
}

static void shake_hands(void)
{
	for (int i = 0; i < 6; i++) {
		SSL_do_handshake(tape.ssl[i % 2]);
		carry(i % 2 ? SERVER : CLIENT);
	}
	assert_true(SSL_is_init_finished(tape.ssl[CLIENT]));
	assert_true(SSL_is_init_finished(tape.ssl[SERVER]));
}

static void say(unsigned from, size_t n)
{
	char buf[20000];
	size_t done = 0;

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)(tape.said_n[from] + i + i / 251 + from);
	memcpy(tape.said[from] + tape.said_n[from], buf, n);
	tape.said_n[from] += n;
	assert_int_equal(SSL_write(tape.ssl[from], buf, (int)n), (int)n);
	carry(from);
	while (done < n) {
		int got = SSL_read(tape.ssl[1 - from], buf, sizeof buf);

		assert_true(got > 0);
		done += (size_t)got;
	}
	carry(1 - from);
}

static void converse(void)
{
	say(CLIENT, 20);
	say(SERVER, 300);
	say(CLIENT, 20000);
	say(SERVER, 1);
}

/* --- and read ------------------------------------------------------------------- */

struct heard {
	char octets[2][MOST];
	size_t n[2];
	enum tls_reading state;
	char text[128];
};

static void hear(struct heard *h, struct tls_reader *r, unsigned from, struct octets in, size_t cut)
{
	while (in.n > 0) {
		struct octets part = { in.p, cut < in.n ? cut : in.n }, inside;
		size_t n = tls_reader_push(r, from, part, &inside);

		assert_true(n > 0 && n <= part.n);
		if (inside.n > 0)
			memcpy(h->octets[from] + h->n[from], inside.p, inside.n);
		h->n[from] += inside.n;
		in.p += n;
		in.n -= n;
	}
}

/* `lost`: a piece that is missing; SIZE_MAX: none. */
static struct heard *listen_to(const char *log, size_t cut, size_t lost)
{
	struct heard *h = calloc(1, sizeof *h);
	struct tls_keys *keys = tls_keys_new();
	struct tls_reader *r = tls_reader_new(keys);

	assert_true(tls_keys_add(keys, (struct octets){ (const uint8_t *)log, strlen(log) }));
	for (size_t i = 0; i < tape.pieces; i++) {
		const struct piece *p = &tape.piece[i];

		if (i == lost)
			tls_reader_gap(r, p->from);
		else
			hear(h, r, p->from, (struct octets){ tape.wire + p->at, p->n }, cut);
	}
	h->state = tls_reader_state(r);
	strcpy(h->text, tls_reader_text(r));
	tls_reader_free(r);
	tls_keys_free(keys);
	return h;
}

static void expect_all(const char *log, size_t cut)
{
	struct heard *h = listen_to(log, cut, SIZE_MAX);

	assert_string_equal(h->state == TLS_READS ? "" : h->text, "");
	for (unsigned d = 0; d < 2; d++) {
		assert_int_equal(h->n[d], tape.said_n[d]);
		assert_memory_equal(h->octets[d], tape.said[d], tape.said_n[d]);
	}
	free(h);
}

static const struct {
	int version;
	const char *suite, *text;
} suites[] = {
	{ TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", "TLS 1.3 TLS_AES_128_GCM_SHA256" },
	{ TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", "TLS 1.3 TLS_AES_256_GCM_SHA384" },
	{ TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", "TLS 1.3 TLS_CHACHA20_POLY1305_SHA256" },
	{ TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256", "TLS 1.3 TLS_AES_128_CCM_SHA256" },
	{ TLS1_3_VERSION, "TLS_AES_128_CCM_8_SHA256", "TLS 1.3 TLS_AES_128_CCM_8_SHA256" },
	{ TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256",
	  "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ TLS1_2_VERSION, "AES256-GCM-SHA384", "TLS 1.2 TLS_RSA_WITH_AES_256_GCM_SHA384" },
	{ TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305",
	  "TLS 1.2 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ TLS1_2_VERSION, "DHE-RSA-AES128-CCM", "TLS 1.2 TLS_DHE_RSA_WITH_AES_128_CCM" },
	{ TLS1_2_VERSION, "AES256-CCM8", "TLS 1.2 TLS_RSA_WITH_AES_256_CCM_8" },
};

static void test_suites(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		struct heard *h;

		open_ends(suites[i].version, suites[i].suite);
		shake_hands();
		converse();
		expect_all(tape.log, SIZE_MAX);
		expect_all(tape.log, 7);
		expect_all(tape.log, 1);
		h = listen_to(tape.log, SIZE_MAX, SIZE_MAX);
		assert_string_equal(h->text, suites[i].text);
		free(h);
		close_ends();
	}
}

/* RFC 8446 4.6.3 */
static void test_key_update(void **state)
{
	(void)state;
	open_ends(TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384");
	shake_hands();
	converse();
	assert_int_equal(SSL_key_update(tape.ssl[CLIENT], SSL_KEY_UPDATE_REQUESTED), 1);
	converse();
	assert_int_equal(SSL_key_update(tape.ssl[SERVER], SSL_KEY_UPDATE_NOT_REQUESTED), 1);
	converse();
	expect_all(tape.log, 100);
	close_ends();
}

/* Without the secrets of the handshake: those of the traffic are enough. */
static void test_traffic_only(void **state)
{
	char log[8192] = "";

	(void)state;
	open_ends(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
	shake_hands();
	converse();
	for (const char *at = tape.log; *at; at = strchr(at, '\n') + 1)
		if (memmem(at, 40, "TRAFFIC_SECRET_0", 16))
			strncat(log, at, (size_t)(strchr(at, '\n') + 1 - at));
	expect_all(log, SIZE_MAX);
	close_ends();
}

static void test_no_secret(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct heard *h;

		open_ends(i ? TLS1_2_VERSION : TLS1_3_VERSION,
		          i ? "AES128-GCM-SHA256" : "TLS_AES_128_GCM_SHA256");
		shake_hands();
		converse();
		h = listen_to("# nothing\nCLIENT_RANDOM 00 zz\n", SIZE_MAX, SIZE_MAX);
		assert_int_equal(h->state, TLS_NO_SECRET);
		assert_int_equal(h->n[0] + h->n[1], 0);
		free(h);
		close_ends();
	}
}

/* A secret that is none of this connection's: nothing may come out. */
static void test_wrong_secret(void **state)
{
	struct heard *h;
	char *at;

	(void)state;
	open_ends(TLS1_2_VERSION, "AES128-GCM-SHA256");
	shake_hands();
	converse();
	at = strrchr(tape.log, '\r') - 1;
	*at = *at == '0' ? '1' : '0';
	h = listen_to(tape.log, SIZE_MAX, SIZE_MAX);
	assert_int_equal(h->state, TLS_NOT_READ);
	assert_int_equal(h->n[0] + h->n[1], 0);
	free(h);
	close_ends();
}

static void test_no_suite(void **state)
{
	struct heard *h;

	(void)state;
	open_ends(TLS1_2_VERSION, "AES128-SHA256");
	shake_hands();
	converse();
	h = listen_to(tape.log, SIZE_MAX, SIZE_MAX);
	assert_int_equal(h->state, TLS_NO_SUITE);
	assert_non_null(strstr(h->text, "0x003c"));
	free(h);
	close_ends();
}

/* A piece of the client's long message is missing: what follows is read again. */
static void test_gap(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		struct heard *h;
		size_t lost = 0, end;

		open_ends(suites[i].version, suites[i].suite);
		shake_hands();
		say(CLIENT, 20);
		lost = tape.pieces + 1;
		say(CLIENT, 20000);
		end = tape.said_n[CLIENT];
		say(SERVER, 300);
		say(CLIENT, 500);
		h = listen_to(tape.log, SIZE_MAX, lost);
		assert_string_equal(h->state == TLS_READS ? "" : h->text, "");
		assert_int_equal(h->n[SERVER], tape.said_n[SERVER]);
		assert_true(h->n[CLIENT] >= 520 && h->n[CLIENT] < tape.said_n[CLIENT]);
		assert_memory_equal(h->octets[CLIENT] + h->n[CLIENT] - 500, tape.said[CLIENT] + end,
		                    500);
		free(h);
		close_ends();
	}
}

/* Whatever the octets are, nothing is read past and nothing is believed. */
static void test_damage(void **state)
{
	(void)state;
	open_ends(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256");
	shake_hands();
	converse();
	for (size_t i = 0; i < tape.wire_n; i += 61) {
		struct heard *h;

		tape.wire[i] ^= 0x41;
		h = listen_to(tape.log, 1000, SIZE_MAX);
		for (unsigned d = 0; d < 2; d++) {
			assert_true(h->n[d] <= tape.said_n[d]);
			assert_memory_equal(h->octets[d], tape.said[d], h->n[d]);
		}
		free(h);
		tape.wire[i] ^= 0x41;
	}
	close_ends();
}

static void test_guess(void **state)
{
	static const uint8_t hello[] = { 0x16, 3, 1, 2, 0, 1 }, tpkt[] = { 3, 0, 0, 11, 6, 0xe0 };

	(void)state;
	assert_true(tls_guess((struct octets){ hello, 6 }));
	assert_false(tls_guess((struct octets){ hello, 5 }));
	assert_false(tls_guess((struct octets){ tpkt, 6 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_key_update),
		cmocka_unit_test(test_traffic_only),
		cmocka_unit_test(test_no_secret),
		cmocka_unit_test(test_wrong_secret),
		cmocka_unit_test(test_no_suite),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_guess),
	};

	return cmocka_run_group_tests_name("tls_read", tests, make_certificate,
	                                   drop_certificate);
}
