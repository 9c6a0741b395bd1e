/* Credentials of a bind: made by one MTA, checked by another, at other times, by other
 * MTAs, twice. */
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

#include "proof/proof.h"

enum { SECOND = 1000000, TOKENS_REMEMBERED = 1024 };

static char folder[] = "/tmp/x400rig-proof-XXXXXX";
static const char *const holders[] = { "NORTH", "SOUTH", "STRANGER" };
static int64_t now;
static char why[CRYPTO_WHY];

static void path(char out[PROOF_PATH], const char *name)
{
	snprintf(out, PROOF_PATH, "%s/%s", folder, name);
}

/* A key and a certificate that it has signed itself; the latter in `trust` too. */
static void make_holder(const char *name, FILE *trust)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	char file[PROOF_PATH];
	FILE *fp;

	path(file, name);
	fp = fopen(file, "w");
	assert_non_null(fp);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(x, subject);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_true(PEM_write_PrivateKey(fp, key, NULL, NULL, 0, NULL, NULL));
	assert_true(PEM_write_X509(fp, x));
	if (trust)
		assert_true(PEM_write_X509(trust, x));
	fclose(fp);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int setup(void **state)
{
	char file[PROOF_PATH];
	FILE *trust;

	(void)state;
	if (!mkdtemp(folder))
		return 1;
	path(file, "trust");
	trust = fopen(file, "w");
	if (!trust)
		return 1;
	for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
		make_holder(holders[i], strcmp(holders[i], "STRANGER") == 0 ? NULL : trust);
	fclose(trust);
	now = (int64_t)time(NULL) * SECOND;
	return 0;
}

static int teardown(void **state)
{
	char file[PROOF_PATH];

	(void)state;
	for (size_t i = 0; i < sizeof holders / sizeof *holders; i++) {
		path(file, holders[i]);
		unlink(file);
	}
	path(file, "trust");
	unlink(file);
	return rmdir(folder);
}

static struct proof *holder(const char *name)
{
	struct proof_files files = { .key = "" };
	struct proof *p;

	if (name)
		path(files.key, name);
	path(files.trust, "trust");
	p = proof_new(&files, why);
	if (!p)
		fail_msg("%s", why);
	return p;
}

static struct proof_terms terms(enum proof_kind kind, const char *reader, int64_t at)
{
	return (struct proof_terms){ .kind = kind, .mta = reader, .password = "secret",
	                             .wall_us = at };
}

/* A bind by `name` with the key of `by`, for SOUTH, made `ago` seconds before now. */
static struct proof *bound(const char *by, enum proof_kind kind, const char *name, int ago,
                           struct p1_bind *b)
{
	struct proof *p = holder(by);
	struct proof_terms t = terms(kind, "SOUTH", now - (int64_t)ago * SECOND);

	if (!proof_bind(p, &t, name, b, why))
		fail_msg("%s", why);
	return p;
}

static void refused(struct proof *reader, const struct proof_terms *t, const struct p1_bind *b,
                    const char *reason)
{
	why[0] = '\0';
	assert_false(proof_check(reader, t, b, why));
	assert_non_null(strstr(why, reason));
}

/* ---- tests ---- */

static void kinds_have_names(void **state)
{
	(void)state;
	for (enum proof_kind k = PROOF_SIMPLE; k < PROOF_KINDS; k++)
		assert_int_equal(proof_kind_said(proof_kind_names[k]), k);
	assert_int_equal(proof_kind_said("weak"), PROOF_KINDS);
}

/* What was heard once is of no use to who has caught it. */
static void a_replayed_token_is_refused(void **state)
{
	static const char *const reasons[] = {
		[PROOF_STRONG] = "the bind token was used before",
		[PROOF_PROTECTED] = "the protected password was used before",
	};

	(void)state;
	for (enum proof_kind k = PROOF_STRONG; k < PROOF_KINDS; k++) {
		struct proof *south = holder(NULL), *elsewhere = holder(NULL);
		struct proof_terms t = terms(k, "SOUTH", now);
		struct p1_bind b, again;
		struct proof *north = bound("NORTH", k, "NORTH", 0, &b);

		if (!proof_check(south, &t, &b, why))
			fail_msg("%s", why);
		refused(south, &t, &b, reasons[k]);
		assert_true(proof_check(elsewhere, &t, &b, why));
		/* The next one is another one, though of the same second. */
		assert_true(proof_bind(north, &t, "NORTH", &again, why));
		assert_true(proof_check(south, &t, &again, why));
		refused(south, &t, &again, reasons[k]);
		proof_free(north);
		proof_free(south);
		proof_free(elsewhere);
	}
}

/* Clocks may differ by PROOF_MINUTES, to either side, and not by a second more. */
static void only_now_is_believed(void **state)
{
	static const struct {
		int ago;
		bool good;
	} cases[] = {
		{ 0, true }, { PROOF_MINUTES * 60, true }, { -PROOF_MINUTES * 60, true },
		{ PROOF_MINUTES * 60 + 1, false }, { -PROOF_MINUTES * 60 - 1, false },
		{ 86400, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (enum proof_kind k = PROOF_STRONG; k < PROOF_KINDS; k++) {
			struct proof *south = holder(NULL);
			struct proof_terms t = terms(k, "SOUTH", now);
			struct p1_bind b;
			struct proof *north = bound("NORTH", k, "NORTH", cases[i].ago, &b);

			if (cases[i].good)
				assert_true(proof_check(south, &t, &b, why));
			else
				refused(south, &t, &b, "is not of now");
			proof_free(north);
			proof_free(south);
		}
}

static void a_token_is_for_one_reader(void **state)
{
	struct proof *east = holder(NULL);
	struct proof_terms t = terms(PROOF_STRONG, "EAST", now);
	struct p1_bind b;
	struct proof *north = bound("NORTH", PROOF_STRONG, "NORTH", 0, &b);

	(void)state;
	refused(east, &t, &b, "the bind token is for another MTA");
	t.mta = "SOUTH";		/* it took no note of what it refused */
	assert_true(proof_check(east, &t, &b, why));
	proof_free(north);
	proof_free(east);
}

/* By name, key and kind. */
static void who_is_not_who_he_says(void **state)
{
	static const struct {
		enum proof_kind kind;
		const char *by, *name, *reason;
	} cases[] = {
		{ PROOF_STRONG, "NORTH", "SOUTH", "does not bear the name" },
		{ PROOF_STRONG, "STRANGER", "STRANGER", "" },
		{ PROOF_PROTECTED, "NORTH", "SOUTH", "" },
		{ PROOF_PROTECTED, "STRANGER", "NORTH", "" },
		{ PROOF_PROTECTED, "STRANGER", "STRANGER", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct proof *south = holder(NULL);
		struct proof_terms t = terms(cases[i].kind, "SOUTH", now);
		struct p1_bind b;
		struct proof *p = bound(cases[i].by, cases[i].kind, cases[i].name, 0, &b);

		refused(south, &t, &b, cases[i].reason);
		t.kind = cases[i].kind == PROOF_STRONG ? PROOF_PROTECTED : PROOF_STRONG;
		refused(south, &t, &b, "credentials were wanted");
		proof_free(p);
		proof_free(south);
	}
}

static void a_protected_password_is_that_password(void **state)
{
	struct proof *south = holder(NULL);
	struct proof_terms t = terms(PROOF_PROTECTED, "SOUTH", now);
	struct p1_bind b;
	struct proof *north = bound("NORTH", PROOF_PROTECTED, "NORTH", 0, &b);

	(void)state;
	t.password = "Secret";
	refused(south, &t, &b, "");
	t.password = NULL;
	refused(south, &t, &b, "");
	t.password = "secret";
	assert_true(proof_check(south, &t, &b, why));
	proof_free(north);
	proof_free(south);
}

static void simple_ones_need_no_files(void **state)
{
	struct proof_terms t = terms(PROOF_SIMPLE, "SOUTH", now), any = t;
	struct p1_bind b, none;

	(void)state;
	any.password = NULL;
	assert_true(proof_bind(NULL, &t, "NORTH", &b, why));
	assert_true(proof_bind(NULL, &any, "NORTH", &none, why));
	assert_true(proof_check(NULL, &t, &b, why));
	assert_true(proof_check(NULL, &any, &b, why));
	assert_true(proof_check(NULL, &any, &none, why));
	refused(NULL, &t, &none, "the password is another one");
	t.password = "other";
	refused(NULL, &t, &b, "the password is another one");
}

static void without_keys_nothing_is_proved(void **state)
{
	struct proof_files files = { .key = "/nowhere" };
	struct proof_terms t = terms(PROOF_STRONG, "SOUTH", now);
	struct p1_bind b;
	struct proof *north = bound("NORTH", PROOF_STRONG, "NORTH", 0, &b), *keyless = holder(NULL);

	(void)state;
	refused(NULL, &t, &b, "no certificates that we trust");
	assert_false(proof_bind(NULL, &t, "NORTH", &b, why));
	assert_false(proof_bind(keyless, &t, "NORTH", &b, why));
	assert_non_null(strstr(why, "there is no key"));
	assert_null(proof_new(&files, why));
	assert_non_null(strstr(why, "/nowhere"));
	path(files.key, "NORTH");
	path(files.trust, "nobody");
	assert_null(proof_new(&files, why));
	assert_non_null(strstr(why, "nobody"));
	proof_free(north);
	proof_free(keyless);
	proof_free(NULL);
}

/* The store of what was seen is bounded: the oldest is forgotten first. */
static void the_oldest_token_is_forgotten(void **state)
{
	struct proof *south = holder(NULL);
	struct proof_terms t = terms(PROOF_PROTECTED, "SOUTH", now);
	struct p1_bind first, b;
	struct proof *north = bound("NORTH", PROOF_PROTECTED, "NORTH", 0, &first);
	struct proof *other = holder("NORTH");

	(void)state;
	assert_true(proof_check(south, &t, &first, why));
	for (int i = 1; i < TOKENS_REMEMBERED; i++) {
		assert_true(proof_bind(other, &t, "NORTH", &b, why));
		assert_true(proof_check(south, &t, &b, why));
	}
	refused(south, &t, &first, "used before");
	assert_true(proof_bind(other, &t, "NORTH", &b, why));
	assert_true(proof_check(south, &t, &b, why));
	assert_true(proof_check(south, &t, &first, why));
	proof_free(north);
	proof_free(other);
	proof_free(south);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(a_replayed_token_is_refused),
		cmocka_unit_test(only_now_is_believed),
		cmocka_unit_test(a_token_is_for_one_reader),
		cmocka_unit_test(who_is_not_who_he_says),
		cmocka_unit_test(a_protected_password_is_that_password),
		cmocka_unit_test(simple_ones_need_no_files),
		cmocka_unit_test(without_keys_nothing_is_proved),
		cmocka_unit_test(the_oldest_token_is_forgotten),
	};

	return cmocka_run_group_tests_name("proof", tests, setup, teardown);
}
