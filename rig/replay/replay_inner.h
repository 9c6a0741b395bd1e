/*
 * replay_inner: the inside of lifting.  For rig/replay only.
 */
#ifndef REPLAY_REPLAY_INNER_H
#define REPLAY_REPLAY_INNER_H

#include "replay/replay_lift.h"

/* Texts that are the caller's; NULL: no memory.  lift_hex(): `head` and the digits. */
char *lift_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *lift_hex(const char *head, struct octets o);

/* The SPDUs of a TSDU; false: there are none. */
bool lift_split(struct octets o, struct session_tsdu *tsdu);
/* The session connection that an AR is about; NULL: unknown. */
const struct lift_session *lift_resumed(const struct replay_lift *l, const struct references *r);

/* A move of ours with the selectors that the target wants; takes `text` over; NULL: as it
 * was, or no memory. */
char *lift_selectors(struct replay_lift *l, char *text);
/* The text of a variable for a field that must live; NULL: it is sent as captured. */
char *lift_live_field(struct replay_lift *l, const struct pdu_form *f, const char *field,
                      const struct pdu_got *got);
/* The text for a field that the capture does not have, but that may be there today; NULL: there
 * is none. */
char *lift_absent_field(struct replay_lift *l, const struct pdu_form *f, const char *field);
/* The form of the length of one BER value, as the language says it: "", " long-1" ...; NULL: one
 * that cannot be written. */
const char *lift_form(struct octets value);
/* As lift_live(), of octets of any length, which are borrowed. */
char *lift_lent(struct replay_lift *l, const char *name, struct octets o);
/* A SessionConnectionIdentifier with the references of today; NULL: of no talk at hand. */
char *lift_recovered(struct replay_lift *l, struct octets o);

#endif
