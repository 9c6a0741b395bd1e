/*
 * p1_bind: MTABind of X.411, as a value of RTORQ, RTOAC and RTORJ.
 *
 *   argument  [16] b0 { NULL | a1 { 80 MTA name, a1 { credentials }, a2 labels } }
 *   result    [17] b1 { NULL | a1 { 80 MTA name, a1 { credentials } } }
 *   error     [18] b2 { INTEGER }
 *   credentials:  16 or 04 password | a0 strong | a1 protected
 *
 * The wrappers [16], [17], [18] belong to normal mode; X.410 mode has none.
 * Either form is understood in either mode (NOTE).  Borrowed octets.
 */
#ifndef P1_BIND_H
#define P1_BIND_H

#include "ber/ber.h"
#include "p1/p1_rules.h"
#include "rtse/rtse.h"

enum p1_bind_kind {
	P1_BIND_ARGUMENT,
	P1_BIND_RESULT,
	P1_BIND_ERROR,
};

enum p1_credentials {
	P1_CREDENTIALS_NONE,
	P1_CREDENTIALS_IA5,		/* simple, IA5String */
	P1_CREDENTIALS_OCTETS,		/* simple, OCTET STRING */
	P1_CREDENTIALS_STRONG,		/* `secret` is the whole value, a0 ... */
	P1_CREDENTIALS_PROTECTED,	/* `secret` is the whole value, a1 ... */
};

/* MTABindError; the numbers go on the wire. */
enum p1_bind_error {
	P1_BIND_BUSY = 0,
	P1_BIND_AUTHENTICATION = 2,
	P1_BIND_DIALOGUE_MODE = 3,
	P1_BIND_SECURITY_CONTEXT = 4,
	P1_BIND_CONFIDENTIALITY = 5,
	/* Not on the wire: the refusal carried no bind error. */
	P1_BIND_NO_ERROR = 255,
};

/* "busy" ... */
const char *p1_bind_error_name(uint32_t error);

/* The parameters of MTA-BIND, in all four primitives, and what RT-OPEN says
 * with them.  Zero: a NULL bind with the configured RT-OPEN parameters. */
struct p1_bind {
	uint8_t kind;			/* enum p1_bind_kind */
	bool authenticated;		/* [1] SET; else NULL */
	uint8_t credentials;		/* enum p1_credentials */
	bool has_rt;			/* see `rt` */
	uint32_t error;			/* kind error: enum p1_bind_error or another number;
					 * decoded binds of other kinds: P1_BIND_NO_ERROR */
	struct ber_string name;		/* of the MTA that speaks */
	struct ber_string secret;	/* password; strong: whole value */
	struct octets security_context;	/* whole value a2; n = 0: absent */

	/* Request, response: used if `has_rt`.  Indication, confirm: always set.
	 * rt.opening RTSE_RECOVER: no bind value goes with it.  Negative confirm:
	 * rt.refused_by. */
	struct rtse_open rt;
};

/* The string of a C string, for names and passwords. */
static inline struct ber_string p1_string(const char *s)
{
	return (struct ber_string){ octets_of(s), false };
}

/* Simple credentials in one call (password NULL: a NULL bind). */
struct p1_bind p1_bind_simple(const char *name, const char *password);

/* `value` is the RTSE-user's data; `kind` what its place asks for. */
bool p1_bind_decode(struct octets value, enum p1_bind_kind kind, bool x410,
                    struct p1_bind *out, struct findings *f);
struct node *p1_bind_build(struct nodes *a, const struct p1_bind *b, bool x410);

/* `BIND-ARGUMENT name="MTA-A" password=ia5:6` (a password's length, never its
 * octets) or `BIND-ERROR authentication-error`. */
void p1_bind_text(struct text *t, const struct p1_bind *b);

#endif
