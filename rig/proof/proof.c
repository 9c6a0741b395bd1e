#include "proof/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "p1/p1_strong.h"

enum {
	DATA_MAX = 1024,
	VALUE_MAX = 16 << 10,		/* certificates have some 1 to 4 KiB */
	RANDOM_N = 16,
	/* Tokens that are remembered: those of PROOF_MINUTES at three a second. */
	SEEN_MAX = 1024,
	NAME_MAX_N = 64,
	UTC_N = 13,			/* YYMMDDhhmmssZ */
	SECOND = 1000000,
};

struct proof {
	struct crypto_key *key;		/* NULL: we can prove nothing */
	struct crypto_trust *trust;	/* NULL: we believe nobody */
	uint32_t seen_n;		/* ever; the oldest is forgotten first */
	/* From here on nothing is cleared: a case would cost a tenth more. */
	uint8_t random[RANDOM_N], data[DATA_MAX], signature[CRYPTO_SIGNATURE_MAX];
	uint8_t value[VALUE_MAX];
	char time[UTC_N + 1];
	uint8_t seen[SEEN_MAX][CRYPTO_DIGEST_N];
};

const char *const proof_kind_names[PROOF_KINDS + 1] = {
	[PROOF_SIMPLE] = "simple", [PROOF_STRONG] = "strong", [PROOF_PROTECTED] = "protected",
};

enum proof_kind proof_kind_said(const char *word)
{
	enum proof_kind kind = PROOF_SIMPLE;

	while (kind < PROOF_KINDS && strcmp(word, proof_kind_names[kind]) != 0)
		kind++;
	return kind;
}

static bool fail(char *why, const char *text)
{
	snprintf(why, CRYPTO_WHY, "%s", text);
	return false;
}

struct proof *proof_new(const struct proof_files *files, char *why)
{
	struct proof *p = malloc(sizeof *p);

	if (!p) {
		fail(why, "out of memory");
		return NULL;
	}
	memset(p, 0, offsetof(struct proof, random));
	if (*files->key)
		p->key = crypto_key_read(files->key,
		                         *files->certificate ? files->certificate : files->key,
		                         why);
	if (*files->trust && (p->key || !*files->key))
		p->trust = crypto_trust_read(files->trust, why);
	if ((*files->key && !p->key) || (*files->trust && !p->trust)) {
		proof_free(p);
		return NULL;
	}
	return p;
}

void proof_free(struct proof *p)
{
	if (!p)
		return;
	crypto_key_free(p->key);
	crypto_trust_free(p->trust);
	free(p);
}

static void utc(int64_t wall_us, char out[UTC_N + 1])
{
	time_t s = (time_t)(wall_us / SECOND);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(out, UTC_N + 1, "%y%m%d%H%M%SZ", &tm);
}

/* ---- ours ---- */

static bool sign(struct proof *p, size_t n, struct octets *signature, char *why)
{
	size_t size = 0;

	if (n > sizeof p->data)
		return fail(why, "what is to be signed is too long");
	if (!crypto_sign(p->key, (struct octets){ p->data, n }, p->signature, &size, why))
		return false;
	*signature = (struct octets){ p->signature, size };
	return true;
}

static bool put_value(struct proof *p, struct p1_bind *b, enum p1_credentials kind, size_t n,
                      char *why)
{
	if (n > sizeof p->value)
		return fail(why, "the credentials are too long");
	b->credentials = (uint8_t)kind;
	b->secret = (struct ber_string){ { p->value, n }, false };
	return true;
}

static bool put_strong(struct proof *p, const struct proof_terms *terms, struct p1_bind *b,
                       char *why)
{
	struct p1_strong s = { .has_token = true, .token = {
		.algorithm = crypto_key_algorithm(p->key), .mta = p1_string(terms->mta),
		.time = octets_of(p->time), .random = { p->random, sizeof p->random },
	} };
	size_t n = p1_token_encode(&s.token, p->data, sizeof p->data);

	if (!sign(p, n, &s.signature, why))
		return false;
	s.signed_octets = (struct octets){ p->data, n };
	s.signature_algorithm = s.token.algorithm;
	s.certificate = crypto_key_certificate(p->key);
	return put_value(p, b, P1_CREDENTIALS_STRONG,
	                 p1_strong_encode(&s, p->value, sizeof p->value), why);
}

static bool put_protected(struct proof *p, struct p1_bind *b, char *why)
{
	struct p1_protected s = {
		.time1 = p1_string(p->time), .random1 = { p->random, sizeof p->random },
		.algorithm = crypto_key_algorithm(p->key),
	};
	size_t n = p1_protected_signed(&s, b->secret.raw, true, p->data, sizeof p->data);

	return sign(p, n, &s.signature, why) &&
	       put_value(p, b, P1_CREDENTIALS_PROTECTED,
	                 p1_protected_encode(&s, p->value, sizeof p->value), why);
}

bool proof_bind(struct proof *p, const struct proof_terms *terms, const char *name,
                struct p1_bind *b, char *why)
{
	bool simple = terms->kind == PROOF_SIMPLE;

	*b = p1_bind_simple(name, simple || terms->password ? terms->password : "");
	if (simple)
		return true;
	if (!p || !p->key)
		return fail(why, "there is no key to sign with");
	utc(terms->wall_us, p->time);
	if (!crypto_random(p->random, sizeof p->random))
		return fail(why, "there are no random numbers");
	return terms->kind == PROOF_STRONG ? put_strong(p, terms, b, why)
	                                   : put_protected(p, b, why);
}

/* ---- theirs ---- */

/* UTCTimes of one century compare as texts. */
static bool is_now(struct octets time, int64_t wall_us)
{
	const int64_t span = INT64_C(60) * PROOF_MINUTES * SECOND;
	char from[UTC_N + 1], to[UTC_N + 1];

	utc(wall_us - span, from);
	utc(wall_us + span, to);
	return time.n == UTC_N && memcmp(time.p, from, UTC_N) >= 0 &&
	       memcmp(time.p, to, UTC_N) <= 0;
}

/* Takes note of it, too. */
static bool is_new(struct proof *p, struct octets signed_octets)
{
	uint32_t n = p->seen_n < SEEN_MAX ? p->seen_n : SEEN_MAX;
	uint8_t digest[CRYPTO_DIGEST_N];

	crypto_digest(signed_octets, digest);
	for (uint32_t i = 0; i < n; i++)
		if (memcmp(p->seen[i], digest, sizeof digest) == 0)
			return false;
	memcpy(p->seen[p->seen_n++ % SEEN_MAX], digest, sizeof digest);
	return true;
}

/* The name that was said, as a C string; empty: none that a certificate could bear. */
static void name_of(const struct p1_bind *b, char out[NAME_MAX_N + 1])
{
	struct octets name = { NULL, 0 };
	uint8_t room[NAME_MAX_N];

	out[0] = '\0';
	if (!ber_string_join(&b->name, room, sizeof room, &name) || name.n > NAME_MAX_N ||
	    !name.n || memchr(name.p, '\0', name.n))
		return;
	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
}

/* Certificates of the path, behind that of the user. */
static struct octets path_of(const struct p1_strong *s)
{
	return (struct octets){ s->certificates.p + s->certificate.n,
	                        s->certificates.n - s->certificate.n };
}

static bool check_strong(struct proof *p, const struct proof_terms *terms,
                         const struct p1_bind *theirs, const char *name, char *why)
{
	struct findings ignored;
	struct p1_strong s;

	findings_clear(&ignored);
	if (!p1_strong_decode(theirs->secret.raw, &s, &ignored) || !s.has_token ||
	    !s.certificate.n)
		return fail(why, "there is no bind token with a certificate");
	if (!ber_string_equal(&s.token.mta, octets_of(terms->mta)))
		return fail(why, "the bind token is for another MTA");
	if (!is_now(s.token.time, terms->wall_us))
		return fail(why, "the bind token is not of now");
	if (!octets_equal(s.token.algorithm, s.signature_algorithm))
		return fail(why, "the algorithms inside and outside of the token differ");
	if (!crypto_named(s.certificate, name))
		return fail(why, "the certificate does not bear the name of the MTA");
	return crypto_trusts(p->trust, s.certificate, path_of(&s), terms->wall_us / SECOND, why) &&
	       crypto_verify(s.certificate, s.signature_algorithm, s.signed_octets, s.signature,
	                     why) &&
	       (is_new(p, s.signed_octets) || fail(why, "the bind token was used before"));
}

static bool check_protected(struct proof *p, const struct proof_terms *terms,
                            const struct p1_bind *theirs, const char *name, char *why)
{
	struct octets what = { p->data, 0 }, password = { NULL, 0 };
	struct findings ignored;
	struct p1_protected s;

	findings_clear(&ignored);
	if (!p1_protected_decode(theirs->secret.raw, &s, &ignored) || !s.signature.n)
		return fail(why, "there is no protected password");
	if (terms->password)
		password = octets_of(terms->password);
	if (s.time1.segmented || !is_now(s.time1.raw, terms->wall_us))
		return fail(why, "the protected password is not of now");
	for (int ia5 = 1; ia5 >= 0; ia5--) {
		what.n = p1_protected_signed(&s, password, ia5, p->data, sizeof p->data);
		if (what.n <= sizeof p->data &&
		    crypto_trust_verify(p->trust, name, s.algorithm, what, s.signature, why))
			return is_new(p, what) ||
			       fail(why, "the protected password was used before");
	}
	return false;
}

static bool check_simple(const struct proof_terms *terms, const struct p1_bind *theirs, char *why)
{
	if (!terms->password || !*terms->password ||
	    ((theirs->credentials == P1_CREDENTIALS_IA5 ||
	      theirs->credentials == P1_CREDENTIALS_OCTETS) &&
	     ber_string_equal(&theirs->secret, octets_of(terms->password))))
		return true;
	return fail(why, "the password is another one");
}

bool proof_check(struct proof *p, const struct proof_terms *terms, const struct p1_bind *theirs,
                 char *why)
{
	static const uint8_t wanted[] = {
		[PROOF_STRONG] = P1_CREDENTIALS_STRONG,
		[PROOF_PROTECTED] = P1_CREDENTIALS_PROTECTED,
	};
	char name[NAME_MAX_N + 1];

	if (terms->kind == PROOF_SIMPLE)
		return check_simple(terms, theirs, why);
	if (theirs->credentials != wanted[terms->kind]) {
		snprintf(why, CRYPTO_WHY, "%s credentials were wanted",
		         proof_kind_names[terms->kind]);
		return false;
	}
	if (!p || !p->trust)
		return fail(why, "there are no certificates that we trust");
	name_of(theirs, name);
	return terms->kind == PROOF_STRONG ? check_strong(p, terms, theirs, name, why)
	                                   : check_protected(p, terms, theirs, name, why);
}
