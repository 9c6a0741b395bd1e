/*
 * ipm_ats: the ATS message header of AMHS (ICAO Doc 9880 Part II), as text.
 *
 *   SOH "PRI: " xx CR LF "FT: " ddhhmm CR LF ["OHI: " .. CR LF] STX text
 *
 * It stands at the beginning of the first text of a message between ATS users.
 * ipm_text() shows it; that it is written again as it was read is a test's.
 */
#ifndef IPM_ATS_H
#define IPM_ATS_H

#include "base/octets.h"
#include "base/text.h"

struct ipm_ats {
	struct octets priority;		/* SS, DD, FF, GG, KK */
	struct octets filing_time;	/* ddhhmm */
	struct octets heading;		/* optional heading information; n = 0: absent */
	struct octets text;		/* what follows STX */
};

/* Borrows from `text`.  false: *bad is the octet where it is no such header. */
bool ipm_ats_decode(struct octets text, struct ipm_ats *out, size_t *bad);
/* Octets of the header up to and with STX; written only if they fit in cap.  0: a
 * field is not of its form. */
size_t ipm_ats_encode(const struct ipm_ats *a, uint8_t *dst, size_t cap);
/* `ATS priority="FF" filing="221530" heading=".." text=120` */
void ipm_ats_text(struct text *t, const struct ipm_ats *a);

/* Priority of the message that carries it (enum p1_priority); -1: no such one. */
int ipm_ats_priority(struct octets priority);
/* Per-recipient precedence: SS 107, DD 71, FF 57, GG 28, KK 14; -1: no such one. */
int ipm_ats_precedence(struct octets priority);

#endif
