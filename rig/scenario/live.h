/*
 * live: values that a scenario cannot know before, because they are agreed on
 * the connection at hand, under names that stand in its text as $NAME:
 *
 *     peer-ref            the other's COTP reference (X.224 13.3.3, 13.4.3)
 *     context-acse, context-rtse, context-mts
 *                         presentation contexts as they are defined now (X.226 8.2)
 *     results             for a CPA: each context of the CP that has come, accepted if
 *                         its abstract syntax is one of the three
 *     version             the highest session version that the CN at hand proposes
 *     common-ref          a UTCTime: the common reference of a new session connection
 *     additional-ref      its additional one, a T61String: tells those of one second apart
 *     wrong-password      one that is nobody's
 *     its-tsel, its-ssel, its-psel    of the target file
 *     our-tsel, our-ssel, our-psel    of its side
 *     checkpoint-N, window-N          N, or what the RTORQ at hand proposes if it is less
 *     size-N              N, or the TPDU size of the CR at hand if it is less
 *     tokens-N            the token settings of the CN at hand, and of N those that it leaves
 *                         to who answers (X.225 8.3.2.10)
 *     piece, next-serial  of `transfer octets`: what goes into a DT; number of the next sync
 *                         point of its activity, of which the last one ends it
 *     sync                of `acknowledge`: number of the sync point that is confirmed
 */
#ifndef SCENARIO_LIVE_H
#define SCENARIO_LIVE_H

#include "pdu/pdu.h"
#include "scenario/runner_inner.h"

struct live {
	uint8_t octets[512];		/* the last value made */
};

/* false: there is no such name, or nothing is known yet. */
bool live_value(struct live *l, struct peer *p, const char *name, struct pdu_got *out);

/* All names, for lint; ends with NULL. */
extern const char *const live_names[];

#endif
