/*
 * session_layout: Tables 11 to 43 of X.225 as data, for the reader, the
 * writer and the text of SPDUs, and for who writes any of them (rig/pdu).
 */
#ifndef SESSION_SESSION_LAYOUT_H
#define SESSION_SESSION_LAYOUT_H

#include "base/cursor.h"
#include "session/session_pdu.h"

/* How a value field is written. */
enum session_value {
	VALUE_U8,		/* one octet; `bits` are defined, the others reserved */
	VALUE_U16,		/* two octets, likewise */
	VALUE_SIZES,		/* two octets a direction (PI 21) */
	VALUE_SERIAL,		/* digits, as a number (8.3.1.10) */
	VALUE_DIGITS,		/* digits, kept as octets (PI 57, 58) */
	VALUE_NUMBER,		/* binary number of any length (PI 56) */
	VALUE_REASON,		/* one octet; in RF followed by user data (PI 50) */
	VALUE_OCTETS,		/* octets, `max` at most (0: any) */
};

/* One parameter, whichever SPDU it stands in. */
struct session_value_info {
	const char *field;	/* in the line of text */
	uint16_t offset;	/* of the value in struct session_pdu */
	uint16_t bits;		/* VALUE_U8, VALUE_U16: defined bits */
	uint16_t fallback;	/* value when absent, if 8.3 gives one; else 0 */
	uint8_t code;		/* PI or PGI */
	uint8_t value;		/* enum session_value */
	uint8_t max;
};

extern const struct session_value_info session_values[SESSION_PARAMS];

/* What the absence of a parameter means. */
enum session_need {
	NEED_NOT,
	NEED_DEFAULTED,		/* mandatory, but the SPDU is clear without it */
	NEED_IN_GROUP,		/* the same, if its group is there */
	NEED,			/* the SPDU cannot be used */
};

/* One line of a table of 8.3. */
struct session_slot {
	uint8_t pgi;		/* group that it stands in, 0: none */
	uint8_t code;
	uint8_t param;		/* enum session_param */
	uint8_t need;		/* enum session_need */
};

struct session_layout {
	const char *name;
	const struct session_slot *slots;	/* in the order of the wire */
	uint8_t n;
	uint8_t si;
	uint8_t category;
	bool information;	/* a user information field follows the parameters */
};

extern const struct session_layout session_layouts[SESSION_SPDUS];

/* Names of a parameter's bits or values as session_text() writes them; NULL: none. */
const struct text_name *session_value_names(enum session_spdu kind, enum session_param param);

/* Parameters of an SPDU, as `has` bits: all that 8.3 gives it, and those that have
 * a value when absent. */
struct session_defined {
	uint32_t all, fallback;
};

const struct session_defined *session_defined(enum session_spdu kind);

/* 8.2.5.  0..254: one octet.  255..65535: ff, then two octets. */
bool session_read_li(struct cursor *c, size_t *li);

/* Reads as session_decode_tsdu() does.  `whole` false: user information may
 * still follow, so that its absence is no finding. */
bool session_read_tsdu(struct octets tsdu, bool whole, struct session_tsdu *out,
                       struct findings *f);

/* Books the rules that relate parameters of one SPDU to each other; `at`:
 * octets at which the parameters stand.  False: one is fatal. */
bool session_check_pdu(const struct session_pdu *p, const uint32_t at[SESSION_PARAMS],
                       struct findings *f);

/* The same about user information, once all of it is known. */
void session_check_information(const struct session_pdu *p, struct findings *f);

/* Books the rules of 6.3.7 about the SPDUs of one TSDU. */
bool session_check_concatenation(const struct session_tsdu *t, struct findings *f);

/* Available tokens, TOKEN_*: AV(t) of A.5.2. */
uint8_t session_available(uint16_t units);
/* Does PI 26 give one of these tokens the setting `pair` (8.3.1.11)? */
bool session_has_setting(uint8_t setting, uint8_t tokens, unsigned pair);
enum { PAIR_CHOICE = 2, PAIR_RESERVED = 3 };

/* GT before MIA, MAA or AEA: extended concatenation of two (Table 8). */
bool session_is_extended_pair(const struct session_tsdu *t);

/* 8.3.1.10, 8.3.1.12: do these functional units rule out this serial number
 * parameter?  `allowed`: they allow serial numbers at all. */
enum { SERIAL_PARAMS = 5 };
extern const uint8_t session_serial_params[SERIAL_PARAMS];
bool session_serial_forbidden(enum session_param param, uint16_t units, bool allowed);
/* Functional units with serial numbers. */
bool session_counts(uint16_t units);
bool session_has_initial(const struct session_pdu *p);

static inline bool session_book(struct findings *f, enum session_rule rule, size_t octet)
{
	return findings_add(f, &session_rules[rule], octet);
}

static inline void session_book_if(struct findings *f, bool broken, enum session_rule rule,
                                   size_t octet)
{
	if (broken)
		session_book(f, rule, octet);
}

/* A later segment of a segmented SSDU (8.4.2). */
static inline bool session_continues(const struct session_pdu *p)
{
	return session_has(p, SESSION_ENCLOSURE) && !(p->enclosure & ENCLOSURE_BEGIN);
}

#endif
