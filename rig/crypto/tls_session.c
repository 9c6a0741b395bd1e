#include "crypto/tls_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

enum { RECORD_MOST = 16 << 10, DIGEST = 32 };

struct tls_context {
	SSL_CTX *ssl;
	struct tls_config config;
	uint8_t pin[DIGEST];
	FILE *key_log;
};

struct tls_session {
	struct tls_context *context;
	SSL *ssl;
	BIO *in, *out;		/* owned by ssl */
	enum tls_state state;
	bool opened;
	char why[TLS_WHY];
};

void tls_config_init(struct tls_config *c)
{
	*c = (struct tls_config){ .least = TLS_1_2, .most = TLS_1_3 };
}

/* --- what is wrong with a certificate ------------------------------------------------ */

static void one_line(X509_NAME *name, char *buf, size_t cap)
{
	BIO *b = BIO_new(BIO_s_mem());
	int n = 0;

	if (b && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(b, buf, (int)cap - 1);
	buf[n > 0 ? n : 0] = '\0';
	BIO_free(b);
}

static void time_text(const ASN1_TIME *t, char *buf, size_t cap)
{
	struct tm tm;

	buf[0] = '\0';
	if (t && ASN1_TIME_to_tm(t, &tm))
		strftime(buf, cap, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

/* Our check of the peer's certificate has failed: the first reason counts. */
static void say_certificate(struct tls_session *s, int result, X509 *cert)
{
	char subject[128] = "", when[64] = "";

	if (s->why[0])
		return;
	if (cert)
		one_line(X509_get_subject_name(cert), subject, sizeof subject);
	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		if (cert)
			time_text(X509_get0_notAfter(cert), when, sizeof when);
		snprintf(s->why, sizeof s->why, "the peer's certificate (%s) expired on %s",
		         subject, when);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		snprintf(s->why, sizeof s->why, "the peer's certificate (%s) is not for %s",
		         subject, s->context->config.name);
		break;
	case X509_V_ERR_CERT_REJECTED:
		snprintf(s->why, sizeof s->why, "the peer's certificate (%s) is not the pinned one",
		         subject);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		snprintf(s->why, sizeof s->why, "the peer's certificate (%s) is of an unknown CA: "
		         "%s", subject, X509_verify_cert_error_string(result));
		break;
	default:
		snprintf(s->why, sizeof s->why, "the peer's certificate (%s) is refused: %s",
		         subject, X509_verify_cert_error_string(result));
		break;
	}
}

/* --- contexts ------------------------------------------------------------------- */

/* OpenSSL's own reason behind ours; empties its queue. */
static bool wrong(char why[static TLS_WHY], const char *member, const char *value)
{
	unsigned long e = ERR_peek_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;

	if (e && ERR_GET_LIB(e) == ERR_LIB_SYS)
		reason = strerror(ERR_GET_REASON(e));
	snprintf(why, TLS_WHY, "%s: %s: %s", member, value, reason ? reason : "cannot be used");
	ERR_clear_error();
	return false;
}

static int version_of(enum tls_version v)
{
	return v == TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

static bool set_versions(struct tls_context *c, char why[static TLS_WHY])
{
	if (c->config.least <= c->config.most &&
	    SSL_CTX_set_min_proto_version(c->ssl, version_of(c->config.least)) &&
	    SSL_CTX_set_max_proto_version(c->ssl, version_of(c->config.most)))
		return true;
	snprintf(why, TLS_WHY, "versions: the least must not be above the most");
	return false;
}

static bool set_own(struct tls_context *c, char why[static TLS_WHY])
{
	const struct tls_config *f = &c->config;

	if (!f->certificate[0] && f->server) {
		snprintf(why, TLS_WHY, "certificate: a server needs one, and its key");
		return false;
	}
	if (!f->certificate[0])
		return true;
	if (SSL_CTX_use_certificate_chain_file(c->ssl, f->certificate) != 1)
		return wrong(why, "certificate", f->certificate);
	if (SSL_CTX_use_PrivateKey_file(c->ssl, f->key[0] ? f->key : f->certificate,
	                                SSL_FILETYPE_PEM) != 1)
		return wrong(why, "key", f->key[0] ? f->key : f->certificate);
	return SSL_CTX_check_private_key(c->ssl) == 1 || wrong(why, "key", f->key);
}

static bool read_pin(struct tls_context *c, char why[static TLS_WHY])
{
	long n = 0;
	unsigned char *octets = OPENSSL_hexstr2buf(c->config.pin, &n);
	bool ok = octets && n == DIGEST;

	if (ok)
		memcpy(c->pin, octets, DIGEST);
	OPENSSL_free(octets);
	ERR_clear_error();
	if (!ok)
		snprintf(why, TLS_WHY, "pin: 64 hexadecimal digits were wanted (SHA-256)");
	return ok;
}

static bool is_pinned(const struct tls_context *c, X509 *cert)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	return cert && X509_digest(cert, EVP_sha256(), md, &n) && n == DIGEST &&
	       memcmp(md, c->pin, DIGEST) == 0;
}

/* With a pin and no CA the certificate stands for itself. */
static int verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = SSL_get_app_data(ssl);
	const struct tls_context *c = s->context;
	bool pinned = c->config.pin[0] && is_pinned(c, X509_STORE_CTX_get0_cert(store));

	if (c->config.pin[0] && !pinned) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
		ok = 0;
	} else if (pinned && !c->config.ca[0]) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		ok = 1;
	}
	if (!ok)
		say_certificate(s, X509_STORE_CTX_get_error(store),
		                X509_STORE_CTX_get_current_cert(store));
	return ok;
}

static bool set_trust(struct tls_context *c, char why[static TLS_WHY])
{
	const struct tls_config *f = &c->config;
	bool asks = f->ca[0] || f->pin[0];

	if (!asks && !f->server && !f->unchecked) {
		snprintf(why, TLS_WHY, "ca: a client needs a CA or a pin, or to be told not to "
		         "check");
		return false;
	}
	if (f->pin[0] && !read_pin(c, why))
		return false;
	if (f->ca[0] && SSL_CTX_load_verify_locations(c->ssl, f->ca, NULL) != 1)
		return wrong(why, "ca", f->ca);
	if (f->ca[0] && f->server)
		SSL_CTX_set_client_CA_list(c->ssl, SSL_load_client_CA_file(f->ca));
	SSL_CTX_set_verify(c->ssl, asks && !f->unchecked ?
	                   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
	                   verify);
	return true;
}

static void log_key(const SSL *ssl, const char *line)
{
	const struct tls_context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	fprintf(c->key_log, "%s\n", line);
	fflush(c->key_log);
}

static bool set_key_log(struct tls_context *c, char why[static TLS_WHY])
{
	if (!c->config.key_log[0])
		return true;
	c->key_log = fopen(c->config.key_log, "ae");
	if (!c->key_log) {
		snprintf(why, TLS_WHY, "key-log: %s: %s", c->config.key_log, strerror(errno));
		return false;
	}
	SSL_CTX_set_keylog_callback(c->ssl, log_key);
	return true;
}

struct tls_context *tls_context_new(const struct tls_config *config, char why[static TLS_WHY])
{
	struct tls_context *c = calloc(1, sizeof *c);

	ERR_clear_error();
	snprintf(why, TLS_WHY, "no memory");
	if (!c)
		return NULL;
	c->config = *config;
	c->ssl = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
	if (c->ssl)
		SSL_CTX_set_app_data(c->ssl, c);
	if (c->ssl && set_versions(c, why) && set_own(c, why) && set_trust(c, why) &&
	    set_key_log(c, why))
		return c;
	tls_context_free(c);
	return NULL;
}

void tls_context_free(struct tls_context *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ssl);
	if (c->key_log)
		fclose(c->key_log);
	free(c);
}

/* --- sessions: how they go ------------------------------------------------------------- */

static void fail(struct tls_session *s)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e ? ERR_reason_error_string(e) : "no reason is known";
	bool alert = e && strstr(reason, "alert");

	s->state = TLS_FAILED;
	if (alert)
		snprintf(s->why, sizeof s->why, "the peer refused: %s", reason);
	else if (!s->why[0] || s->opened)
		snprintf(s->why, sizeof s->why, "TLS: %s", reason);
	ERR_clear_error();
}

static void say_open(struct tls_session *s)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	char subject[128] = "";

	if (cert)
		one_line(X509_get_subject_name(cert), subject, sizeof subject);
	snprintf(s->why, sizeof s->why, "%s %s%s%s", SSL_get_version(s->ssl),
	         SSL_get_cipher_name(s->ssl), cert ? ", peer " : "", subject);
}

/* What a call on the SSL object came to; true: nothing, or not now. */
static void judge(struct tls_session *s, int answer)
{
	switch (SSL_get_error(s->ssl, answer)) {
	case SSL_ERROR_NONE:
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		s->state = TLS_CLOSED;
		break;
	default:
		fail(s);
		break;
	}
}

/* --- sessions --------------------------------------------------------------------------- */

static bool name_peer(struct tls_session *s)
{
	const char *name = s->context->config.name;
	struct in6_addr any;
	X509_VERIFY_PARAM *param = SSL_get0_param(s->ssl);

	if (s->context->config.server || !name[0])
		return true;
	if (inet_pton(AF_INET, name, &any) == 1 || inet_pton(AF_INET6, name, &any) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
	       SSL_set_tlsext_host_name(s->ssl, name) == 1;
}

struct tls_session *tls_session_new(struct tls_context *c)
{
	struct tls_session *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->context = c;
	s->ssl = SSL_new(c->ssl);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->ssl || !s->in || !s->out || !name_peer(s)) {
		SSL_free(s->ssl);
		BIO_free(s->in);
		BIO_free(s->out);
		free(s);
		return NULL;
	}
	BIO_set_mem_eof_return(s->in, -1);
	BIO_set_mem_eof_return(s->out, -1);
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_app_data(s->ssl, s);
	if (c->config.server)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	return s;
}

void tls_session_free(struct tls_session *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	free(s);
}

enum tls_state tls_session_state(const struct tls_session *s)
{
	return s->state;
}

const char *tls_session_why(const struct tls_session *s)
{
	return s->why;
}

bool tls_session_push(struct tls_session *s, const uint8_t *p, size_t n)
{
	if (BIO_write(s->in, p, (int)n) == (int)n)
		return true;
	s->state = TLS_FAILED;
	snprintf(s->why, sizeof s->why, "no memory");
	return false;
}

void tls_session_step(struct tls_session *s)
{
	int answer;

	if (s->state != TLS_HANDSHAKE)
		return;
	ERR_clear_error();
	answer = SSL_do_handshake(s->ssl);
	if (answer == 1) {
		s->state = TLS_OPEN;
		s->opened = true;
		say_open(s);
		return;
	}
	judge(s, answer);
}

size_t tls_session_waiting(const struct tls_session *s)
{
	return BIO_ctrl_pending(s->out);
}

size_t tls_session_pull(struct tls_session *s, uint8_t *p, size_t n)
{
	int got = BIO_read(s->out, p, n > INT32_MAX ? INT32_MAX : (int)n);

	return got > 0 ? (size_t)got : 0;
}

size_t tls_session_read(struct tls_session *s, uint8_t *p, size_t n)
{
	int answer;

	if (s->state != TLS_OPEN)
		return 0;
	ERR_clear_error();
	answer = SSL_read(s->ssl, p, n > INT32_MAX ? INT32_MAX : (int)n);
	if (answer > 0)
		return (size_t)answer;
	judge(s, answer);
	return 0;
}

size_t tls_session_write(struct tls_session *s, const uint8_t *p, size_t n)
{
	int answer;

	if ((s->state != TLS_OPEN && s->state != TLS_CLOSED) || n == 0)
		return 0;
	ERR_clear_error();
	answer = SSL_write(s->ssl, p, n > RECORD_MOST ? RECORD_MOST : (int)n);
	if (answer > 0)
		return (size_t)answer;
	judge(s, answer);
	return 0;
}

void tls_session_close(struct tls_session *s)
{
	if (s->state == TLS_OPEN || s->state == TLS_CLOSED)
		SSL_shutdown(s->ssl);
	ERR_clear_error();
}
