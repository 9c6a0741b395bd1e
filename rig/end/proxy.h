/*
 * proxy: a link between two MTAs that know nothing of the rig.
 *
 *     initiator ==TCP==> listener | tap | capture | ==link==> responder
 *                                       (the line)
 *
 * For each connection that comes in one goes out to the target.  The line
 * (rate, delay ...) lies in front of the responder, for both directions.
 * Octets that were read wait for nothing but room on the other side: when
 * that is slow, the window towards their sender closes.
 *
 * Faults at octets, TPKTs and points of the protocol fall on what is written:
 * exactly so many octets of that direction have left, and none behind them.
 * At a cut both connections are cut, or the one that link_options.side names;
 * the other one falls silent, as if the machine behind it had gone.  At a stall
 * the connection to the PDU's receiver is neither written nor read.  Changes of
 * the line are between these octets and the next.
 *
 * FIN is passed on as FIN, RST as RST, behind the octets in front of it.
 */
#ifndef END_PROXY_H
#define END_PROXY_H

#include "link/link_options.h"
#include "tap/tap.h"

struct capture_case;
struct proxy;

struct proxy_config {
	struct net_address listen, target;
	const struct net_address *source;	/* of our calls; NULL: the system's choice */
	const struct link_options *options;	/* borrowed */
	const struct tap_point *points;		/* of options->points, parsed; borrowed */
	struct capture_case *capture;		/* NULL: none */
	struct tls_context *server, *client;	/* towards initiator, responder; NULL: none */
	const struct net_spaces *spaces;	/* NULL: sockets are made where we are; else */
	bool listen_in_hub;			/* ... in the hub, or what we call from is a */
	bool call_from_side;			/* ... socket of side 0 */
	struct link_kernel *kernel;		/* makes the line; NULL: nodes do */
	bool trace;				/* tell PDUs; points need no trace */
};

/* Each may be NULL.  `n`: number of the connection, from 1. */
struct proxy_user {
	void (*opened)(uint32_t n, const struct net_address *initiator, void *ctx);
	void (*pdu)(uint32_t n, const struct observation *seen, void *ctx);
	/* Of the link; `side` says which of the two connections. */
	void (*event)(uint32_t n, enum link_side side, const struct event *e, void *ctx);
	/* A point has come; `late`: octets of it that had left already. */
	void (*point)(uint32_t n, size_t point, uint64_t late, void *ctx);
	void (*failed)(uint32_t n, int error, void *ctx);	/* the target does not answer */
	void (*closed)(uint32_t n, const uint64_t octets[OBSERVER_DIRECTIONS], void *ctx);
	/* There was no memory or descriptor for a connection: it was reset. */
	void (*refused)(int error, void *ctx);
};

/* NULL: errno.  config and user live as long as the proxy. */
struct proxy *proxy_new(struct net *net, const struct proxy_config *config,
                        const struct proxy_user *user, void *ctx);
struct net_address proxy_address(const struct proxy *p);
uint32_t proxy_open(const struct proxy *p);	/* connections now */
/* Closes the listener and resets what is open. */
void proxy_free(struct proxy *p);

#endif
