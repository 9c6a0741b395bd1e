/*
 * rtse_reader: strips the OCTET STRING headers of one RTTR, in any cut.
 *
 *   normal mode:  04 L octets | 24 L { 04 L octets ... }, definite or
 *                 indefinite, nested
 *   X.410 mode:   octets
 *
 * Keeps a few octets of state and no data; used for each P-DATA (one RTTR),
 * by the machine and by the observer.
 */
#ifndef RTSE_READER_H
#define RTSE_READER_H

#include "base/rule.h"
#include "ber/ber_stream.h"

struct rtse_reader {
	struct ber_stream stream;
	bool x410;
	bool ended;			/* the outermost value is complete */
	bool trailing;			/* octets after it were noted */
	bool broken;			/* a fatal finding was booked */
};

/* Begins one RTTR. */
void rtse_reader_init(struct rtse_reader *r, bool x410);

/* Takes some octets of `in` (at least one, unless there is none or a fatal
 * finding) and returns how many; `value` is the run of transferred octets
 * among them, at its end (n = 0: header octets only).  Call until all is taken.
 * What comes after a fatal finding is passed over: it was told once. */
size_t rtse_reader_push(struct rtse_reader *r, struct octets in, struct octets *value,
                        struct findings *f);

/* Books rtse.short if the P-DATA ended within the value; false also if it was broken. */
bool rtse_reader_end(struct rtse_reader *r, struct findings *f);

#endif
