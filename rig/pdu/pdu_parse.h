/*
 * pdu_parse: PDUs as text.
 *
 *     list  = item { "with" item }
 *     item  = "octets" (HEX... | file:PATH | $variable) | "ber" TAG [form] ["as" type] value
 *           | LAYER KIND { FIELD=value | FIELD!=value | bend }
 *     value = NUMBER | NAME { + NAME } | "text" | OID | hex:0A0B | $variable
 *           | "(" list ")" | none | any | file:PATH
 *     type  = octets | number | bits | oid | name | mts-id | domain
 *     bend  = "bend" [ FIELD[^...] ] ( length +N | length -N | tag N | twice
 *                                    | form ( minimal | long-1 | long-2 | long-4
 *                                           | indefinite ) )
 *
 * FIELD^ is the group that the field stands in, FIELD^^ the one around it.
 *
 * PATH is a file beside the source whose octets are sent.
 *
 * What is not said is filled in: fields of an honest PDU of this kind, the PDUs that
 * carry it, and the GT or PT that X.225 Table 7 wants before some SPDUs.  PDU_EXACTLY
 * leaves it at what is written.
 */
#ifndef PDU_PARSE_H
#define PDU_PARSE_H

#include "lexer/lexer.h"
#include "pdu/pdu.h"

enum {
	PDU_EXACTLY = 1,
	PDU_COMPARE = 2,		/* for pdu_agrees(): != and any; nothing is filled in */
	/* What is filled in is that of X.410 mode (X.226 8.2, X.228 9); the latter: of 1984. */
	PDU_X410 = 4, PDU_1984 = 8,
};

/* Appends a list to the plan; *end is where its last token ends in the source.
 * false: said. */
bool pdu_parse(struct lexer *lx, struct pdu_plan *plan, unsigned how, const char **end);

#endif
