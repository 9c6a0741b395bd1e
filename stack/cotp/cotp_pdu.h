/*
 * cotp_pdu: the TPDUs of X.224 (11/95) clause 13, class 0 formats.
 *
 *     octet 1   2          3 4      5 6      7             8 ... LI+1      then
 *     CR    LI  1110 cdt   DST-REF  SRC-REF  class|option  parameters      user data
 *     CC    LI  1101 cdt   DST-REF  SRC-REF  class|option  parameters      user data
 *     DR    LI  1000 0000  DST-REF  SRC-REF  reason        parameters      user data
 *     ER    LI  0111 0000  DST-REF  cause    parameters from octet 6
 *     DT    2   1111 000r  EOT|NR                                          user data
 *     parameter: code, length (one octet), value
 *
 * LI counts the header without itself, at most 254.  DC, ED, AK, EA and RJ,
 * which class 0 does not have, are recognised by name and DST-REF.
 */
#ifndef COTP_PDU_H
#define COTP_PDU_H

#include "base/node.h"
#include "base/rule.h"
#include "base/text.h"

enum cotp_kind {
	COTP_NONE,		/* not known: a fatal finding says why */
	COTP_CR, COTP_CC, COTP_DR, COTP_DC, COTP_DT, COTP_ED, COTP_AK, COTP_EA, COTP_RJ, COTP_ER,
	COTP_KINDS,
};

/* "CR", "CC" ... */
const char *cotp_kind_name(enum cotp_kind kind);

/* X.224 13.5.3; 128 and above are of classes 1 to 4. */
enum cotp_reason {
	COTP_REASON_NOT_SPECIFIED = 0,
	COTP_REASON_CONGESTION = 1,
	COTP_REASON_NOT_ATTACHED = 2,
	COTP_REASON_ADDRESS_UNKNOWN = 3,
	COTP_REASON_NORMAL = 128,
	COTP_REASON_REMOTE_CONGESTION = 129,
	COTP_REASON_NEGOTIATION_FAILED = 130,
	COTP_REASON_DUPLICATE_REFERENCE = 131,
	COTP_REASON_MISMATCHED_REFERENCES = 132,
	COTP_REASON_PROTOCOL_ERROR = 133,
	COTP_REASON_REFERENCE_OVERFLOW = 135,
	COTP_REASON_REFUSED_HERE = 136,
	COTP_REASON_LENGTH_INVALID = 138,
};

/* X.224 13.12.3. */
enum cotp_cause {
	COTP_CAUSE_NOT_SPECIFIED,
	COTP_CAUSE_PARAMETER_CODE,
	COTP_CAUSE_TPDU_TYPE,
	COTP_CAUSE_PARAMETER_VALUE,
};

/* "address-unknown"; NULL if not defined. */
const char *cotp_reason_name(uint8_t reason);
const char *cotp_cause_name(uint8_t cause);

/* Which parameters are present (and valid). */
enum {
	COTP_HAS_SIZE = 1,		/* C0 */
	COTP_HAS_CALLING = 2,		/* C1 */
	COTP_HAS_CALLED = 4,		/* C2; in a CC the responding selector */
	COTP_HAS_PREFERRED = 8,		/* F0 */
	COTP_HAS_ALTERNATIVES = 16,	/* C7 */
	COTP_HAS_OPTIONS = 32,		/* C6 */
	COTP_HAS_ADDITIONAL = 64,	/* E0, of a DR */
	COTP_HAS_INVALID = 128,		/* C1, of an ER */
};

/*
 * One TPDU.  Fields that the kind does not have are zero.  Of a parameter
 * that comes twice the last one counts (13.2.3).  Octets are borrowed.
 */
struct cotp_pdu {
	uint8_t kind;			/* enum cotp_kind */
	uint8_t credit;			/* CR, CC: CDT */
	uint16_t dst_ref, src_ref;
	uint8_t class, option;		/* CR, CC: octet 7 */
	uint8_t reason;			/* DR: reason; ER: reject cause */
	bool eot, roa;			/* DT, and ED of RFC 1006 */
	uint8_t nr;			/* DT: TPDU-NR */

	uint8_t has;			/* COTP_HAS_* */
	uint8_t size;			/* TPDU size as coded: 7 = 128 ... 13 = 8192 octets */
	uint8_t options;		/* additional option selection */
	uint32_t preferred;		/* preferred maximum TPDU size, in 128 octets */
	struct octets calling, called;	/* transport selectors */
	struct octets alternatives;	/* one octet a class, class in the high nibble */
	struct octets additional;	/* information on the clearing */
	struct octets invalid;		/* header of the rejected TPDU */
	uint8_t others;			/* defined parameters that are not kept here */
	uint8_t unknown;		/* parameters that are not defined for the TPDU */
	struct octets extra;		/* cotp_build(): encoded parameters to append as
					 * they are; never set by cotp_decode() */

	struct octets user_data;	/* as far as it is at hand */
	uint32_t data_length;		/* octets of user data in all */
};

/*
 * Reads one whole TPDU.  False if a finding was fatal; *out then holds what
 * was read before it.  Works without a machine: nothing is assumed about
 * what came before.
 */
bool cotp_decode(struct octets tpdu, struct cotp_pdu *out, struct findings *f);

/* The same for a TPDU of `length` octets of which only the first are at hand:
 * its whole header, or all of it. */
bool cotp_decode_head(struct octets at_hand, size_t length, struct cotp_pdu *out,
                      struct findings *f);

/* The tree of a TPDU of any kind.  A header above 254 octets cannot be
 * written: the arena then counts as full. */
struct node *cotp_build(struct nodes *a, const struct cotp_pdu *pdu);

/* Octets of the CR that cotp_build() makes of this; X.224 13.3 allows
 * COTP_CR_MAX. */
enum { COTP_CR_MAX = 128 };
size_t cotp_cr_length(const struct cotp_pdu *cr);

/* One line: CR dst=0000 src=17c4 class=0 calling="A" called="B" size=2048 */
void cotp_text(struct text *t, const struct cotp_pdu *pdu);

/*
 * The largest TPDU, in octets, that a CR proposes or a CC selects.  Without a
 * parameter it is COTP_SIZE_DEFAULT: what a TPKT can hold (RFC 1006 5, where
 * X.224 has 128).
 */
enum { COTP_SIZE_DEFAULT = 65531 };
uint32_t cotp_tpdu_size(const struct cotp_pdu *pdu);

/* Bit n set: class n is a valid response to this CR (X.224 Table 3). */
uint8_t cotp_valid_classes(const struct cotp_pdu *cr);

#endif
