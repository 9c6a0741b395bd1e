/*
 * ber_rules: what X.690 asks of every encoding.  Rules marked "limit" are
 * ours, not the Recommendation's.
 */
#ifndef BER_BER_RULES_H
#define BER_BER_RULES_H

#include "base/rule.h"

#define BER_RULES(X) \
	X(BER_CUT, "ber.cut", "X.690 8.1.1.1", SEVERITY_FATAL, \
	  "octets end inside an identifier or a length") \
	X(BER_TAG_FORM, "ber.tag-form", "X.690 8.1.2.2", SEVERITY_NOTE, \
	  "tag number below 31 in the form of several octets") \
	X(BER_TAG_PADDED, "ber.tag-padded", "X.690 8.1.2.4.2 c)", SEVERITY_NOTE, \
	  "tag number begins with an octet that carries no bits") \
	X(BER_TAG_LARGE, "ber.tag-large", "X.690 8.1.2.4 (limit)", SEVERITY_FATAL, \
	  "tag number of more than 30 bits") \
	X(BER_LENGTH_PAST, "ber.length-past", "X.690 8.1.3", SEVERITY_FATAL, \
	  "length runs past the end of the enclosing octets") \
	X(BER_LENGTH_RESERVED, "ber.length-reserved", "X.690 8.1.3.5 c)", SEVERITY_FATAL, \
	  "first length octet is ff") \
	X(BER_LENGTH_FORM, "ber.length-form", "X.690 10.1", SEVERITY_NOTE, \
	  "length not in the fewest octets") \
	X(BER_INDEFINITE_FORM, "ber.indefinite-form", "X.690 10.1", SEVERITY_NOTE, \
	  "indefinite length where the definite form is asked for") \
	X(BER_INDEFINITE_PRIMITIVE, "ber.indefinite-primitive", "X.690 8.1.3.2 a)", \
	  SEVERITY_FATAL, "indefinite length on a primitive encoding") \
	X(BER_EOC_MISSING, "ber.eoc-missing", "X.690 8.1.3.6", SEVERITY_FATAL, \
	  "indefinite length without end-of-contents octets") \
	X(BER_EOC_STRAY, "ber.eoc-stray", "X.690 8.1.5", SEVERITY_FATAL, \
	  "universal tag 0 where no indefinite length is open") \
	X(BER_EOC_LENGTH, "ber.eoc-length", "X.690 8.1.5", SEVERITY_FATAL, \
	  "end-of-contents octets are not 00 00") \
	X(BER_TOO_DEEP, "ber.too-deep", "X.690 8.1.4 (limit)", SEVERITY_FATAL, \
	  "more levels of nesting than BER_DEPTH_MAX") \
	X(BER_PRIMITIVE, "ber.primitive", "X.690 8.9.1, 8.11.1, 8.14", SEVERITY_FATAL, \
	  "primitive encoding of a type that has only the constructed one") \
	X(BER_CONSTRUCTED, "ber.constructed", "X.690 8.2.1, 8.3.1, 8.8.1, 8.19.1", \
	  SEVERITY_FATAL, "constructed encoding of a type that has only the primitive one") \
	X(BER_BOOLEAN_LENGTH, "ber.boolean-length", "X.690 8.2.1", SEVERITY_FATAL, \
	  "BOOLEAN does not have one octet") \
	X(BER_INTEGER_EMPTY, "ber.integer-empty", "X.690 8.3.1", SEVERITY_FATAL, \
	  "INTEGER or ENUMERATED without contents") \
	X(BER_INTEGER_FORM, "ber.integer-form", "X.690 8.3.2", SEVERITY_NOTE, \
	  "first nine bits of an INTEGER or ENUMERATED are equal") \
	X(BER_INTEGER_LARGE, "ber.integer-large", "X.690 8.3 (limit)", SEVERITY_FATAL, \
	  "INTEGER or ENUMERATED of more than 64 bits") \
	X(BER_BITS_EMPTY, "ber.bits-empty", "X.690 8.6.2.1", SEVERITY_FATAL, \
	  "BIT STRING without initial octet") \
	X(BER_BITS_UNUSED, "ber.bits-unused", "X.690 8.6.2.2, 8.6.2.3", SEVERITY_FATAL, \
	  "initial octet of a BIT STRING counts more unused bits than there can be") \
	X(BER_BITS_SEGMENT, "ber.bits-segment", "X.690 8.6.4", SEVERITY_FATAL, \
	  "segment of a BIT STRING, not the last, is not whole octets") \
	X(BER_NULL_LENGTH, "ber.null-length", "X.690 8.8.2", SEVERITY_FATAL, \
	  "NULL with contents") \
	X(BER_OID_EMPTY, "ber.oid-empty", "X.690 8.19.2", SEVERITY_FATAL, \
	  "OBJECT IDENTIFIER without contents") \
	X(BER_OID_CUT, "ber.oid-cut", "X.690 8.19.2", SEVERITY_FATAL, \
	  "OBJECT IDENTIFIER ends inside a subidentifier") \
	X(BER_OID_PADDED, "ber.oid-padded", "X.690 8.19.2", SEVERITY_NOTE, \
	  "subidentifier not in the fewest octets") \
	X(BER_SEGMENT_TAG, "ber.segment-tag", "X.690 8.6.4.2, 8.7.3.2", SEVERITY_FATAL, \
	  "segment of a constructed string is not a string") \
	X(BER_SEGMENT_TYPE, "ber.segment-type", "X.690 8.7.3.2, 8.23.3", SEVERITY_NOTE, \
	  "segment of a constructed string has the tag of a character string") \
	X(BER_EXTERNAL_REFERENCE, "ber.external-reference", "X.680 34.5, X.690 8.18", \
	  SEVERITY_NOTE, "EXTERNAL with neither direct nor indirect reference") \
	X(BER_EXTERNAL_ENCODING, "ber.external-encoding", "X.690 8.18, X.226 8.2", \
	  SEVERITY_FATAL, "neither single-ASN1-type nor octet-aligned nor arbitrary") \
	X(BER_EXTERNAL_EXTRA, "ber.external-extra", "X.690 8.18", SEVERITY_FATAL, \
	  "element behind the encoding of an EXTERNAL") \
	X(BER_SINGLE_TYPE, "ber.single-type", "X.690 8.14, 8.18, X.226 8.4.2.5 a)", \
	  SEVERITY_FATAL, "single-ASN1-type does not hold exactly one value")

enum ber_rule { BER_RULES(RULE_ENUM) BER_RULES_N };

extern const struct rule ber_rules[BER_RULES_N];

#endif
