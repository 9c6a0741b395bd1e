/*
 * p1_name: O/R names and domains of X.411, and their one-line text.
 *
 *   ORName   60 { 30 { standard attributes } [30 { domain-defined }]
 *                 [31 { extension attributes }] [a0 { directory name }] }
 *   domain   63 { 61 { country }  62 { ADMD }  [13|12 PRMD] }
 *   MTS id   64 { 63 domain  16 local identifier }
 *
 * Text, as F.401 writes addresses on business cards:
 *
 *   C=XX;A=ADM;P=PRI;O=Org;OU1=Unit;OU2=..;S=Surname;G=Given;I=Initials;Q=Gen;
 *   CN=Common;X.121=..;T-ID=..;N-ID=..;DDA:type=value;PD-..=..;EXTn=value;DN=..
 *
 * Extension attributes: PD-PN, PD-STREET and so on are PrintableStrings (keywords: see
 * p1_name_text.c); EXTn is any other one, in the notation of p1_value.h.  DN is a
 * directory name, /C=XX/O=Org/CN=Name (p1_name_inner.h).  A
 * value ends at ';', which PrintableString does not contain.  Characters
 * outside printable ASCII are written as \xhh.
 */
#ifndef P1_NAME_H
#define P1_NAME_H

#include "ber/ber.h"
#include "p1/p1_rules.h"

enum { P1_UNITS_MAX = 4, P1_DDAS_MAX = 4 };	/* upper bounds of X.411 Annex B */
enum { P1_NAME_ROOM = 2048 };	/* octets of a name, or of its text, that we write */

/* A NumericString, PrintableString or neither; tag 0: absent. */
struct p1_word {
	struct ber_string s;
	uint8_t tag;			/* 0x12, 0x13; in implicit places 0x13 */
};

struct p1_domain {
	struct p1_word country, admd, prmd;
};

struct p1_mts_id {
	struct p1_domain domain;
	struct ber_string local;
};

struct p1_dda {
	struct ber_string type, value;
};

struct p1_name {
	struct p1_word country, admd, prmd;
	struct p1_word x121, terminal, organization, numeric;
	struct p1_word surname, given, initials, generation;
	struct p1_word units[P1_UNITS_MAX];
	struct p1_dda ddas[P1_DDAS_MAX];
	struct p1_word common;		/* extension attribute 1 */
	struct octets extensions;	/* contents of the SET of extension attributes */
	struct octets directory;	/* contents of [0]; n = 0: absent */
	uint8_t units_n, ddas_n;
};

/* `value` is a whole ORName (60 ..., or another tag that replaces it). */
bool p1_name_decode(struct octets value, struct p1_name *out, struct findings *f);
/* The same for the current element of a walker. */
bool p1_name_read(struct ber *b, const struct ber_tlv *t, struct p1_name *out);
/* Is it a whole name in which p1_name_read() would surely find nothing?  Then it is
 * read into *out, which is cleared before, unless that is NULL.  false says nothing. */
bool p1_name_usual(struct octets value, struct p1_name *out);
bool p1_domain_read(struct ber *b, const struct ber_tlv *t, struct p1_domain *out);
bool p1_mts_id_read(struct ber *b, const struct ber_tlv *t, struct p1_mts_id *out);

/* From text.  false: *bad is the octet where it cannot be read.  Borrows.
 * Extension attributes other than the common name, directory names and values with
 * \xhh have to be written down somewhere: in `room`, which must live as long as
 * *out; without room they are refused. */
bool p1_name_parse(struct octets text, struct p1_name *out, size_t *bad);
bool p1_name_parse_in(struct octets text, struct p1_name *out, size_t *bad, uint8_t *room,
                      size_t cap);
bool p1_mts_id_parse(struct octets text, struct p1_mts_id *out, size_t *bad);
bool p1_domain_parse(struct octets text, struct p1_domain *out, size_t *bad);

/* Octets of the whole value with this tag (0x60, 0x64, 0x63); written to dst only
 * if they fit in cap.  dst NULL: size only. */
size_t p1_name_encode(const struct p1_name *n, uint8_t tag, uint8_t *dst, size_t cap);
size_t p1_mts_id_encode(const struct p1_mts_id *id, uint8_t *dst, size_t cap);
size_t p1_domain_encode(const struct p1_domain *d, uint8_t *dst, size_t cap);

/* Without quotes. */
void p1_name_text(struct text *t, const struct p1_name *n);
/* A whole ORName, quoted; what cannot be read as one in hex.  A text's memory is for
 * these. */
void p1_name_value_text(struct text *t, struct octets value);
void p1_mts_id_text(struct text *t, const struct p1_mts_id *id);	/* C=XX;A=YY;P=ZZ;L=.. */
void p1_domain_text(struct text *t, const struct p1_domain *d);

/* Attributes are compared as X.402 18.4 asks: letter case does not count. */
bool p1_domain_equal(const struct p1_domain *a, const struct p1_domain *b);
/* Local identifiers are compared octet for octet.  Tests hold what was written against
 * what was read with these two. */
bool p1_mts_id_equal(const struct p1_mts_id *a, const struct p1_mts_id *b);
bool p1_name_equal(const struct p1_name *a, const struct p1_name *b);
/* Is every attribute that `pattern` has also in `n`, with the same value?
 * (routing by address prefix) */
bool p1_name_matches(const struct p1_name *n, const struct p1_name *pattern);

#endif
