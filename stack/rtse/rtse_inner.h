/*
 * rtse_inner: what the files of the machine share (private to rtse/).
 *
 *   rtse_machine.c   events in, table, step
 *   rtse_open.c      actions of RT-OPEN, RT-CLOSE, turn and aborts
 *   rtse_send.c      actions of the side that sends
 *   rtse_receive.c   actions of the side that receives
 *   rtse_recover.c   what is left of a transfer, to be resumed
 */
#ifndef RTSE_INNER_H
#define RTSE_INNER_H

#include "rtse/rtse.h"
#include "rtse/rtse_table.h"

/* Session reasons of X.225 8.3.28.4 that RTSE uses. */
enum {
	REASON_NONE = 0,
	REASON_LOCAL_USER = 5,
	REASON_PROCEDURE = 6,
};

/* One event on its way through the table. */
struct rtse_input {
	const struct service *s;
	enum rtse_in in;
	struct rtse_vars vars;
	struct rtse_pdu pdu;		/* of a CONNECT, TOKEN-PLEASE, U-ABORT */
	struct octets data;		/* of a DATA: transferred octets in the piece */
	uint64_t offset;		/* where in the stream they begin */
	bool broken;			/* an error follows them */
};

/* A parameter set with this user data in the RTSE's context. */
struct service *rtse_parameters(const struct rtse *r, struct turn *t, struct node *tree);
/* The tree of an APDU, and the driver is told of it. */
struct node *rtse_apdu(struct turn *t, const struct rtse_pdu *p);
/* The layer whose reason a refusal or an abort from below has. */
uint8_t rtse_owner(const struct service *s);
int64_t rtse_later(const struct turn *t, int64_t us);
/* A window as configured, within what is remembered. */
uint32_t rtse_window(uint32_t window);
/* Keeps an identifier beyond the octets that brought it.  false: too long. */
bool rtse_keep_session(struct rtse_session_kept *k, const struct rtse_session_id *id);
/* Remembers the references of the session connection, of S-CONNECT. */
void rtse_note_session(struct rtse *r, const struct references *references);
/* The activity at hand is over; it may be resumed, or asked for again. */
void rtse_remember(struct rtse *r, const struct turn *t, enum rtse_past past);
/* What PRESUMEind is about. */
bool rtse_knows(const struct rtse *r, const struct turn *t, const struct service *s);
/* An activity begins or goes on behind this sync point. */
void rtse_begin_positions(struct rtse *r, uint32_t serial, uint64_t at);
/* What is remembered of a sync point: how many octets came before it, and their sum.  No
 * value has 2^40 octets. */
static inline uint64_t rtse_mark(uint64_t at, uint32_t sum)
{
	return (uint64_t)sum << 40 | at;
}
static inline uint64_t rtse_mark_at(uint64_t mark)
{
	return mark & ((UINT64_C(1) << 40) - 1);
}
static inline uint32_t rtse_mark_sum(uint64_t mark)
{
	return (uint32_t)(mark >> 40);
}
/* The sum (24 bits) of octets behind those that have `sum`, in whatever pieces. */
uint32_t rtse_sum(uint32_t sum, struct octets o);
/* The event at hand shows that what comes again is not what came. */
bool rtse_differs(const struct rtse *r, const struct rtse_input *i);
/* Sync point `serial` is safe at the receiver. */
void rtse_mark_confirmed(struct rtse *r, uint32_t serial);
/* The end of a transfer, for the user and for a later resume. */
struct service *rtse_outcome(struct rtse *r, struct turn *t, enum rtse_failure failure);

#define PROTOTYPE(name) \
	void rtse_do_##name(struct rtse *r, struct turn *t, const struct rtse_input *i);
RTSE_ACTIONS(PROTOTYPE)
#undef PROTOTYPE

#endif
