/*
 * p1_strong: strong and protected credentials of MTABind (X.411 Credentials).
 *
 *   strong     a0 { [a0 { 80 token type, a1 { token } }] [a1 { certificates }]
 *                   [a2 certificate selector] }
 *   token      30 { 30 { algorithm, 60 name | a3 { [63 domain] 16 MTA name }, 17 time,
 *                        [a0 { 80 01, a1 { 03 random } }] ... }  algorithm  03 signature }
 *   protected  a1 { 30 { algorithm, 03 signature }, [80 time1] [81 time2]
 *                   [82 random1] [83 random2] }
 *
 * Nothing is signed or checked here: this says which octets are to be signed, and
 * puts the signature that somebody made (rig/crypto) where it belongs.
 */
#ifndef P1_STRONG_H
#define P1_STRONG_H

#include "p1/p1_name.h"

/* Who the token is for, when it was made, and a number that was not used before. */
struct p1_token {
	struct octets algorithm;	/* AlgorithmIdentifier, whole */
	struct octets recipient;	/* ORName, whole; n = 0: it is for an MTA: */
	struct p1_domain domain;	/* of the MTA; country.tag 0: absent */
	struct ber_string mta;		/* raw.p NULL: absent */
	struct octets time;		/* UTCTime */
	struct octets random;		/* octets of a BIT STRING; n = 0: absent */
};

struct p1_strong {
	bool has_token;
	struct p1_token token;
	struct octets token_type;	/* OBJECT IDENTIFIER, contents */
	struct octets signed_octets;	/* what the signature is over */
	struct octets signature_algorithm;	/* as it stands outside of them, whole */
	struct octets signature;
	struct octets certificates;	/* contents of [1]: user certificate, path */
	struct octets certificate;	/* the user certificate, whole; n = 0: absent */
};

/* `value` is p1_bind.secret of P1_CREDENTIALS_STRONG, whole.  A token that is no
 * asymmetric one is passed over: has_token stays false. */
bool p1_strong_decode(struct octets value, struct p1_strong *out, struct findings *f);
/* The octets to be signed.  Written only if they fit in cap. */
size_t p1_token_encode(const struct p1_token *t, uint8_t *dst, size_t cap);
/* The whole value, for p1_bind.secret: signed_octets (n = 0: no token), signature,
 * signature_algorithm, certificate are taken from *s. */
size_t p1_strong_encode(const struct p1_strong *s, uint8_t *dst, size_t cap);

struct p1_protected {
	struct ber_string time1, time2;	/* UTCTime; raw.n = 0: absent */
	struct octets random1, random2;	/* octets of BIT STRINGs; n = 0: absent */
	struct octets algorithm;	/* AlgorithmIdentifier, whole */
	struct octets signature;
};

bool p1_protected_decode(struct octets value, struct p1_protected *out, struct findings *f);
/* The octets to be signed: SET { password, times, random numbers }; `ia5` says how the
 * password is coded. */
size_t p1_protected_signed(const struct p1_protected *p, struct octets password, bool ia5,
                           uint8_t *dst, size_t cap);
size_t p1_protected_encode(const struct p1_protected *p, uint8_t *dst, size_t cap);

#endif
