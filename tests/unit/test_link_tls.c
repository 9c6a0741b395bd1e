/* TLS as a node of a link: both ends are links, certificates are made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/tls_session.h"
#include "link/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { MS = 1000, MOST = 1 << 18 };

static char folder[] = "/tmp/x400rig-tls-XXXXXX";

static const char *in_folder(const char *name)
{
	static char paths[8][TLS_PATH];
	static unsigned next;
	char *p = paths[next++ % 8];

	snprintf(p, TLS_PATH, "%s/%s", folder, name);
	return p;
}

/* --- certificates --------------------------------------------------------------- */

struct issuer {
	X509 *cert;
	EVP_PKEY *key;
};

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

/* `ca` NULL: signs itself.  `days`: of validity from now, may be past. */
static struct issuer make(const char *name, const char *san, int days, const struct issuer *ca)
{
	struct issuer i = { X509_new(), EVP_EC_gen("P-256") };
	X509_NAME *subject = X509_get_subject_name(i.cert);
	char path[64];
	FILE *f;

	X509_set_version(i.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(i.cert), (long)rand() + 1);
	X509_gmtime_adj(X509_getm_notBefore(i.cert), -40L * 86400);
	X509_gmtime_adj(X509_getm_notAfter(i.cert), days * 86400L);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
	                           0);
	X509_set_issuer_name(i.cert, ca ? X509_get_subject_name(ca->cert) : subject);
	X509_set_pubkey(i.cert, i.key);
	extend(i.cert, NID_basic_constraints, ca ? "CA:FALSE" : "critical,CA:TRUE");
	if (san)
		extend(i.cert, NID_subject_alt_name, san);
	assert_true(X509_sign(i.cert, ca ? ca->key : i.key, EVP_sha256()) > 0);
	snprintf(path, sizeof path, "%s.pem", name);
	assert_non_null(f = fopen(in_folder(path), "w"));
	assert_true(PEM_write_X509(f, i.cert) && PEM_write_PrivateKey(f, i.key, NULL, NULL, 0, NULL,
	                                                              NULL));
	fclose(f);
	return i;
}

static char pin[TLS_PIN];

static void drop(struct issuer i)
{
	X509_free(i.cert);
	EVP_PKEY_free(i.key);
}

static int certificates(void **state)
{
	struct issuer ca, other, mta;
	unsigned char md[32];

	(void)state;
	assert_non_null(mkdtemp(folder));
	ca = make("ca", NULL, 100, NULL);
	other = make("other-ca", NULL, 100, NULL);
	mta = make("mta", "DNS:mta.example,IP:192.0.2.1", 100, &ca);
	X509_digest(mta.cert, EVP_sha256(), md, NULL);
	for (int i = 0; i < 32; i++)
		snprintf(pin + 2 * i, 3, "%02x", md[i]);
	drop(mta);
	drop(make("expired", "DNS:mta.example", -3, &ca));
	drop(make("stranger", "DNS:mta.example", 100, &other));
	drop(make("client", NULL, 100, &ca));
	drop(ca);
	drop(other);
	return 0;
}

static int remove_all(void **state)
{
	static const char *const names[] = {
		"ca.pem", "other-ca.pem", "mta.pem", "expired.pem", "stranger.pem", "client.pem",
		"keys.log",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

static struct tls_config server_config(const char *certificate)
{
	struct tls_config c;

	tls_config_init(&c);
	c.server = true;
	snprintf(c.certificate, sizeof c.certificate, "%s", in_folder(certificate));
	return c;
}

static struct tls_config client_config(const char *ca, const char *name)
{
	struct tls_config c;

	tls_config_init(&c);
	if (ca)
		snprintf(c.ca, sizeof c.ca, "%s", in_folder(ca));
	snprintf(c.name, sizeof c.name, "%s", name);
	return c;
}

/* --- two links --------------------------------------------------------------------- */

struct end {
	struct net *net;
	struct link *link;
	uint64_t sent, limit, got;
	ssize_t end, write_end;
	int connected, failed;
	int news[4];
	uint64_t kernel;
	char why[TLS_WHY];
	bool shut, idle;
};

struct pair {
	struct net *net;
	struct tls_context *server, *client;
	struct link_config near, far;	/* of the caller, of the called */
	struct end us, them;
};

static uint8_t octet(uint64_t i)
{
	return (uint8_t)(i * 31 + i / 251);
}

static void connected(struct link *l, void *ctx)
{
	struct end *e = ctx;

	(void)l;
	e->connected++;
}

static void failed(struct link *l, int error, void *ctx)
{
	struct end *e = ctx;

	(void)l;
	(void)error;
	e->failed++;
}

static void readable(struct link *l, void *ctx)
{
	struct end *e = ctx;
	uint8_t buf[5000];
	ssize_t n = link_read(l, buf, sizeof buf);

	for (ssize_t i = 0; i < n; i++)
		assert_int_equal(buf[i], octet(e->got++));
	if (n < 0 && n != NET_AGAIN) {
		e->end = n;
		link_want(l, false, e->sent < e->limit && !e->write_end);
	}
}

static void writable(struct link *l, void *ctx)
{
	struct end *e = ctx;
	uint8_t buf[3000];

	while (e->sent < e->limit) {
		size_t n = e->limit - e->sent < sizeof buf ? (size_t)(e->limit - e->sent) :
		           sizeof buf;
		struct iovec v = { buf, n };
		ssize_t r;

		for (size_t i = 0; i < n; i++)
			buf[i] = octet(e->sent + i);
		r = link_writev(l, &v, 1);
		if (r == NET_AGAIN)
			return;
		if (r < 0) {
			e->write_end = r;
			break;
		}
		e->sent += (uint64_t)r;
	}
	if (e->shut)
		link_shutdown(l);
	link_want(l, !e->end && !e->idle, false);
}

static void heard(struct link *l, const struct event *event, void *ctx)
{
	struct end *e = ctx;

	(void)l;
	if (event->code == LINK_KERNEL)
		e->kernel = event->length;
	if (event->code != LINK_TLS)
		return;
	e->news[event->value]++;
	snprintf(e->why, sizeof e->why, "%s", (const char *)event->detail);
}

static const struct link_user user = { connected, failed, readable, writable, NULL, heard, NULL };

static void accepted(struct net_listener *l, struct net_conn *c, void *ctx)
{
	struct pair *p = ctx;

	(void)l;
	assert_non_null(p->them.link = link_accept(c, &p->far, &user, &p->them));
	link_want(p->them.link, true, true);
}

static void run_for(struct pair *p, int64_t us)
{
	int64_t until = net_now(p->net) + us;

	while (net_now(p->net) < until)
		if (!net_step(p->net, until))
			break;
}

static void start(struct pair *p, const struct tls_config *server, const struct tls_config *client)
{
	char why[TLS_WHY];
	struct net_address a;
	struct net_listener *l;

	p->net = net_sim_new(3);
	p->us.net = p->them.net = p->net;
	if (!(p->server = tls_context_new(server, why)) ||
	    !(p->client = tls_context_new(client, why)))
		fail_msg("%s", why);
	p->near.tls = p->client;
	p->far.tls = p->server;
	assert_true(net_address_parse(&a, "127.0.0.1:0", 0));
	assert_non_null(l = net_listen(p->net, &a, 8, NULL, accepted, p));
	a = net_listener_address(l);
	assert_non_null(p->us.link = link_connect(p->net, &a, NULL, NULL, &p->near, &user, &p->us));
	link_want(p->us.link, true, true);
	run_for(p, SECOND_US);
	assert_non_null(p->them.link);
}

static void finish(struct pair *p)
{
	if (p->us.link)
		link_close(p->us.link);
	if (p->them.link)
		link_close(p->them.link);
	net_free(p->net);
	tls_context_free(p->server);
	tls_context_free(p->client);
}

static void transfer(struct pair *p, uint64_t n)
{
	p->us.limit = p->them.limit = n;
	link_want(p->us.link, true, true);
	link_want(p->them.link, true, true);
	run_for(p, 1000 * SECOND_US);
}

/* --- trust ----------------------------------------------------------------------------- */

static void versions(void **state)
{
	(void)state;
	for (enum tls_version v = TLS_1_2; v <= TLS_1_3; v++) {
		struct tls_config s = server_config("mta.pem"),
		                      c = client_config("ca.pem", "mta.example");
		struct pair p = { .near.out.rate = 0 };

		c.most = c.least = v;
		start(&p, &s, &c);
		assert_int_equal(p.us.connected, 1);
		assert_non_null(strstr(p.us.why, v == TLS_1_2 ? "TLSv1.2" : "TLSv1.3"));
		assert_non_null(strstr(p.us.why, "CN=mta"));
		transfer(&p, MOST);
		assert_int_equal(p.us.got, MOST);
		assert_int_equal(p.them.got, MOST);
		assert_int_equal(link_passed(p.us.link, LINK_OUT), MOST);
		assert_int_equal(link_passed(p.us.link, LINK_IN), MOST);
		/* close_notify both ways */
		p.us.shut = true;
		link_want(p.us.link, true, true);
		run_for(&p, SECOND_US);
		assert_int_equal(p.them.end, NET_FIN);
		assert_int_equal(p.them.news[LINK_TLS_CLOSED], 1);
		assert_int_equal(p.them.news[LINK_TLS_TRUNCATED], 0);
		finish(&p);
	}
}

static void mutual_and_pinned(void **state)
{
	struct tls_config s = server_config("mta.pem"), c = client_config(NULL, "");
	struct pair p = { .near.out.rate = 0 }, q = p;

	(void)state;
	snprintf(s.ca, sizeof s.ca, "%s", in_folder("ca.pem"));
	snprintf(c.pin, sizeof c.pin, "%s", pin);
	snprintf(c.certificate, sizeof c.certificate, "%s", in_folder("client.pem"));
	start(&p, &s, &c);
	assert_int_equal(p.us.news[LINK_TLS_OPEN], 1);
	assert_non_null(strstr(p.them.why, "CN=client"));
	finish(&p);

	/* Another certificate than the pinned one. */
	s = server_config("stranger.pem");
	start(&q, &s, &c);
	assert_int_equal(q.us.failed, 1);
	assert_non_null(strstr(q.us.why, "not the pinned one"));
	finish(&q);
}

/* Who is refused, and why. */
static void refused(void **state)
{
	static const struct {
		const char *certificate, *ca, *name, *why, *theirs;
	} rows[] = {
		{ "expired.pem", "ca.pem", "mta.example", "expired on 20", "expired" },
		{ "mta.pem", "ca.pem", "other.example", "not for other.example", "certificate" },
		{ "mta.pem", "ca.pem", "192.0.2.9", "not for 192.0.2.9", "certificate" },
		{ "stranger.pem", "ca.pem", "mta.example", "unknown CA", "unknown ca" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct tls_config s = server_config(rows[i].certificate);
		struct tls_config c = client_config(rows[i].ca, rows[i].name);
		struct pair p = { .near.out.rate = 0 };

		start(&p, &s, &c);
		assert_int_equal(p.us.connected, 0);
		assert_int_equal(p.us.failed, 1);
		assert_int_equal(p.us.news[LINK_TLS_FAILED], 1);
		if (!strstr(p.us.why, rows[i].why))
			fail_msg("%s", p.us.why);
		if (!strstr(p.them.why, rows[i].theirs))
			fail_msg("theirs: %s", p.them.why);
		assert_int_equal(p.them.end, NET_BROKEN);
		finish(&p);
	}
}

static void no_certificate(void **state)
{
	struct tls_config s = server_config("mta.pem"), c = client_config("ca.pem", "192.0.2.1");
	struct pair p = { .near.out.rate = 0 };

	(void)state;
	snprintf(s.ca, sizeof s.ca, "%s", in_folder("ca.pem"));
	s.most = TLS_1_2;
	start(&p, &s, &c);
	assert_int_equal(p.us.failed, 1);
	assert_int_equal(p.them.news[LINK_TLS_FAILED], 1);
	finish(&p);
}

static void bad_files(void **state)
{
	static const struct {
		const char *certificate, *ca, *pin_, *why;
		bool server;
	} rows[] = {
		{ "absent.pem", "", "", "certificate: ", true },
		{ "keys.log", "", "", "certificate: ", true },
		{ "", "absent.pem", "", "ca: ", false },
		{ "", "", "12ab", "pin: 64", false },
		{ "", "", "", "ca: a client", false },
		{ "", "", "", "certificate: a server", true },
	};
	FILE *f = fopen(in_folder("keys.log"), "w");

	(void)state;
	fputs("no certificate\n", f);
	fclose(f);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct tls_config c;
		char why[TLS_WHY];

		tls_config_init(&c);
		c.server = rows[i].server;
		if (rows[i].certificate[0])
			snprintf(c.certificate, sizeof c.certificate, "%s",
			         in_folder(rows[i].certificate));
		if (rows[i].ca[0])
			snprintf(c.ca, sizeof c.ca, "%s", in_folder(rows[i].ca));
		snprintf(c.pin, sizeof c.pin, "%s", rows[i].pin_);
		assert_null(tls_context_new(&c, why));
		if (strncmp(why, rows[i].why, strlen(rows[i].why)))
			fail_msg("%zu: %s", i, why);
	}
	unlink(in_folder("keys.log"));
}

static void key_log(void **state)
{
	struct tls_config s = server_config("mta.pem"), c = client_config("ca.pem", "mta.example");
	struct pair p = { .near.out.rate = 0 };
	char text[200] = "";
	FILE *f;

	(void)state;
	snprintf(s.key_log, sizeof s.key_log, "%s", in_folder("keys.log"));
	start(&p, &s, &c);
	finish(&p);
	assert_non_null(f = fopen(in_folder("keys.log"), "r"));
	assert_non_null(fgets(text, sizeof text, f));
	fclose(f);
	assert_non_null(strstr(text, "SECRET"));
}

/* --- cuts and stalls below and above ---------------------------------------------------- */

static void bare_fin(void **state)
{
	struct tls_config s = server_config("mta.pem"), c = client_config("ca.pem", "mta.example");
	struct pair p = { .near.out.rate = 0 };

	(void)state;
	start(&p, &s, &c);
	link_cut(p.us.link, LINK_CUT_FIN);
	run_for(&p, SECOND_US);
	assert_int_equal(p.them.end, NET_FIN);
	assert_int_equal(p.them.news[LINK_TLS_TRUNCATED], 1);
	assert_int_equal(p.them.news[LINK_TLS_CLOSED], 0);
	finish(&p);
}

/* Exactly n octets of the user come, however the records lie. */
static void cut_above(void **state)
{
	static const uint64_t at[] = { 0, 1, 2999, 3000, 3001, 16384, 50000 };

	(void)state;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		for (int out = 0; out < 2; out++) {
			struct tls_config s = server_config("mta.pem");
			struct tls_config c = client_config("ca.pem", "mta.example");
			struct link_fault fault = { LINK_AT_OCTET, out ? LINK_CUT_RST :
			                            LINK_CUT_FIN, at[i], 0 };
			struct pair p = { .near = { .out.delay_us = i & 1 ? 3 * MS : 0 } };

			*(out ? &p.near.cut_out : &p.near.cut_in) = fault;
			start(&p, &s, &c);
			transfer(&p, 100000);
			assert_int_equal(out ? p.them.got : p.us.got, at[i]);
			assert_int_equal(out ? p.them.end : p.us.end, out ? NET_RST : NET_FIN);
			finish(&p);
		}
}

static void line_below(void **state)
{
	struct tls_config s = server_config("mta.pem"), c = client_config("ca.pem", "mta.example");
	struct pair p = { .near = { .in = { .rate = 64000, .segment = 1 },
	                            .out = { .delay_us = 40 * MS, .segment = 3 } } };

	(void)state;
	start(&p, &s, &c);
	link_stall(p.us.link, LINK_BOTH, true);
	p.us.limit = p.them.limit = 30000;
	link_want(p.us.link, true, true);
	link_want(p.them.link, true, true);
	run_for(&p, 20 * SECOND_US);
	assert_int_equal(p.us.got + p.them.got, 0);
	link_stall(p.us.link, LINK_BOTH, false);
	run_for(&p, 200 * SECOND_US);
	assert_int_equal(p.us.got, 30000);
	assert_int_equal(p.them.got, 30000);
	finish(&p);
}

/* What is decrypted already waits too, and nobody is asked for it over and over. */
static void stalled_in_a_record(void **state)
{
	struct tls_config s = server_config("mta.pem"), c = client_config("ca.pem", "mta.example");
	struct pair p = { .far.in.delay_us = **(bool **)state ? MS : 0 };
	int64_t until;
	int steps = 0;

	start(&p, &s, &c);
	p.us.limit = 16000;
	link_want(p.us.link, true, true);
	until = net_now(p.net) + SECOND_US;
	while (p.them.got == 0)
		assert_true(net_step(p.net, until));
	link_stall(p.them.link, LINK_IN, true);
	assert_in_range(p.them.got, 1, 15999);
	p.us.got = p.them.got;
	while (net_now(p.net) < until && net_step(p.net, until) && steps < 1000)
		steps++;
	assert_in_range(steps, 0, 999);
	if (p.far.in.delay_us == 0)
		assert_int_equal(p.them.got, p.us.got);
	link_stall(p.them.link, LINK_IN, false);
	run_for(&p, SECOND_US);
	assert_int_equal(p.them.got, 16000);
	finish(&p);
}

/* Octets that change are not for TLS to pass on. */
static void corrupt_below(void **state)
{
	struct tls_config s = server_config("mta.pem"), c = client_config("ca.pem", "mta.example");
	struct pair p = { .near.seed = 1 };
	struct link_config worse;

	(void)state;
	start(&p, &s, &c);
	worse = link_get(p.us.link);
	worse.out.corrupt = LINK_ALWAYS / 1000;
	link_set(p.us.link, &worse);
	transfer(&p, 50000);
	assert_true(p.them.got < 50000);
	assert_int_equal(p.them.news[LINK_TLS_FAILED], 1);
	assert_int_equal(p.them.end, NET_BROKEN);
	finish(&p);
}

static void not_tls(void **state)
{
	struct tls_config s = server_config("mta.pem");
	struct pair p = { .near.out.rate = 0 };
	struct net_address a;
	struct net_listener *l;
	char why[TLS_WHY];

	(void)state;
	p.net = net_sim_new(3);
	p.far.tls = p.server = tls_context_new(&s, why);
	assert_true(net_address_parse(&a, "127.0.0.1:0", 0));
	assert_non_null(l = net_listen(p.net, &a, 8, NULL, accepted, &p));
	a = net_listener_address(l);
	p.them.net = p.us.net = p.net;
	assert_non_null(p.us.link = link_connect(p.net, &a, NULL, NULL, NULL, &user, &p.us));
	p.us.limit = 100;
	link_want(p.us.link, true, true);
	p.us.idle = true;
	run_for(&p, SECOND_US);
	assert_int_equal(p.them.news[LINK_TLS_FAILED], 1);
	assert_int_equal(p.them.end, NET_BROKEN);
	p.us.link = (link_reset(p.us.link), NULL);
	finish(&p);
}

int main(void)
{
	static bool bare = false, line = true;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(mutual_and_pinned),
		cmocka_unit_test(refused),
		cmocka_unit_test(no_certificate),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(key_log),
		cmocka_unit_test(bare_fin),
		cmocka_unit_test(cut_above),
		cmocka_unit_test(line_below),
		cmocka_unit_test_prestate(stalled_in_a_record, &bare),
		cmocka_unit_test_prestate(stalled_in_a_record, &line),
		cmocka_unit_test(corrupt_below),
		cmocka_unit_test(not_tls),
	};

	return cmocka_run_group_tests(tests, certificates, remove_all);
}
