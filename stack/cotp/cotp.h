/*
 * cotp: the transport protocol of X.224 (11/95), class 0, over TCP (RFC 1006,
 * RFC 2126).
 *
 *      T-CONNECT  T-DATA  T-DISCONNECT          (the session layer)
 *     ------------------------------------
 *      CR CC DR DT ER; Table A.6
 *     ------------------------------------
 *      N-CONNECT  N-DATA  N-DISCONNECT          (the TCP connection)
 *
 * Normal release is closing TCP (6.7.1.4): T-DISCONNECT request in OPEN is
 * N-DISCONNECT request; nothing is sent.  A DR refuses a CR and does nothing
 * else; in OPEN it is a protocol error.
 *
 * From above:  T-CONNECT req   calling_tsel, called_tsel (or those configured)
 *              T-CONNECT rsp   the same two, each put into the CC if given
 *              T-DATA req      user_data: a TSDU; passed on as N-DATA req, to
 *                              be cut by cotp_cut()
 *              T-DISCONNECT req  reason: of the DR, if there is a CR to refuse
 * To above:    T-CONNECT ind, cnf   calling_tsel, called_tsel (p NULL: absent)
 *              T-DATA ind      pieces of a TSDU: data, offset, first, last
 *              T-DISCONNECT ind  reason: enum cotp_disconnect
 * Below:       N-CONNECT req, ind (accepted TCP), cnf; N-DATA req (a TPDU, or
 *              a TSDU); N-DISCONNECT req, ind
 * A request that the state does not allow does nothing (A.2.3 a)).
 */
#ifndef COTP_H
#define COTP_H

#include "base/turn.h"
#include "cotp/cotp_pdu.h"
#include "cotp/cotp_reader.h"
#include "cotp/cotp_table.h"
#include "tpkt/tpkt.h"

/* What to do about a TPDU that breaks the protocol (6.22.1.3 leaves it open).
 * An invalid CR is always answered by an ER (6.6.3). */
enum cotp_on_error {
	COTP_ERROR_CLOSE,	/* disconnect the network connection */
	COTP_ERROR_REPORT,	/* in OPEN: send an ER, pass over what follows, and
				 * disconnect when TS2 runs out; else as above */
};

/* Octets are borrowed for the life of the end.  All zero is usable. */
struct cotp_config {
	/* Transport selectors; p NULL: none.  An initiator sends them.  A
	 * responder refuses a CR whose called selector is not `local`, and, with
	 * check_calling, one whose calling selector is not `remote`. */
	struct octets local, remote;
	struct octets alternatives;	/* C7 of our CR; n 0: left out */
	int64_t ts1_us, ts2_us;		/* waiting for the CC; after an ER or DR.  0 or
					 * NEVER_US: not used */
	/* The longest TPDU, to be proposed or accepted: F0 in multiples of 128,
	 * C0 as coded (7 to 11).  0: the parameter is left out; without any it is
	 * COTP_SIZE_DEFAULT. */
	uint32_t preferred;
	uint8_t size;
	uint8_t preferred_class;	/* of our CR */
	uint16_t reference;		/* our SRC-REF; 0: 1 is used */
	uint8_t wrong_called;		/* DR reason: 2 or 3; 0: 3, address unknown */
	bool check_calling;
	uint8_t on_error;		/* enum cotp_on_error */
};

/* Reason of a T-DISCONNECT indication.  0 to 255: of the DR received. */
enum cotp_disconnect {
	COTP_GONE_NETWORK = 256,	/* TCP has gone */
	COTP_GONE_PROTOCOL,		/* the peer broke the protocol; we closed */
	COTP_GONE_ER,			/* the peer sent an ER */
	COTP_GONE_CC,			/* the CC was not acceptable */
	COTP_GONE_TIMEOUT,		/* TS1 or TS2 */
	COTP_GONE_REQUEST,		/* our own T-CONNECT request was not acceptable */
};

/* "address-unknown", "network", "protocol" ... */
const char *cotp_disconnect_name(uint32_t reason);

enum cotp_network { COTP_NETWORK_NONE, COTP_NETWORK_OPENING, COTP_NETWORK_OPEN };
enum cotp_timer { COTP_TIMER_NONE, COTP_TIMER_TS1, COTP_TIMER_TS2 };

/* Plain data, without pointers into itself. */
struct cotp {
	const struct cotp_config *config;	/* lent for the life of the end */
	struct octets local, remote;	/* selectors of our CR, if T-CONNECT named them */
	struct cotp_reader reader;
	int64_t deadline_us;
	uint32_t tpdu_size;		/* agreed: longest TPDU to be sent */
	uint32_t proposed_size;		/* by the CR received */
	uint16_t peer_ref;
	uint8_t proposed;		/* COTP_HAS_SIZE, _PREFERRED of the CR received */
	uint8_t peer_class;		/* preferred class of the CR received */
	uint8_t state;			/* enum cotp_state */
	uint8_t network, timer;
	bool receiving;			/* the DT begun is for the user */
	bool in_tsdu;			/* a TSDU has begun and not ended */
	bool error_sent;		/* an ER has left: what follows is passed over */
};

void cotp_init(struct cotp *c, const struct cotp_config *config);

/* Gives leased memory back; c must not be used afterwards. */
void cotp_drop(struct cotp *c, struct pool *pool);

/* REQUEST, RESPONSE of LAYER_COTP, its SERVICE_TIMER, and INDICATION, CONFIRM
 * of LAYER_TPKT. */
void cotp_handle(struct cotp *c, struct turn *t, const struct event *e);

/* One piece of a TPDU has come in (N-DATA indication).  Findings count from
 * octet 0 of the TPDU. */
void cotp_push(struct cotp *c, struct turn *t, const struct tpkt_piece *piece);

int64_t cotp_deadline(const struct cotp *c);

/*
 * The next TPDU of a TSDU of which `left` octets are still to be sent: writes
 * TPKT and DT header and returns how many of them it carries.  EOT is set on
 * the last one.  A TSDU of 0 octets takes one TPDU.
 */
enum { COTP_CUT_HEADER_OCTETS = TPKT_HEADER_OCTETS + COTP_DT_HEADER_OCTETS };
size_t cotp_cut(const struct cotp *c, uint64_t left, uint8_t header[COTP_CUT_HEADER_OCTETS]);

#endif
