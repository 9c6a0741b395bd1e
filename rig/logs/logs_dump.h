/*
 * logs_dump: what the octets of a dump are.
 *
 *   Bf*.log   "Reference 47 :"                an APDU of P1, to where its dump ends
 *   Ap*.log   "NSI message: ..."              a TPDU, with or without its TPKT header
 *             "TSI message: ..."              a TSDU: SPDUs
 *             "ACSI message: ..."             an APDU of ACSE
 *             "XAPI message: ..."             no protocol of ours: not decoded
 */
#ifndef LOGS_DUMP_H
#define LOGS_DUMP_H

#include "base/rule.h"
#include "base/text.h"
#include "logs/logs.h"

/* One line on the PDU; what is wrong with it goes to `f`.  false: the record has no
 * dump, or of no protocol that is known. */
bool log_dump_text(const struct log_record *r, struct text *t, struct findings *f);

#endif
