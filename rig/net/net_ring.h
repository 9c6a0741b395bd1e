/*
 * net_ring: octets in the order they came, in memory that grows to a limit.
 * Starts all zero.
 */
#ifndef NET_NET_RING_H
#define NET_NET_RING_H

#include "base/octets.h"

#include <sys/uio.h>

struct net_ring {
	uint8_t *p;
	size_t cap, head, n;
};

/* Makes room for `more` octets; `max` bounds the memory.  false: no memory,
 * nothing has changed. */
bool net_ring_grow(struct net_ring *r, size_t more, size_t max);
/* There must be room. */
void net_ring_put(struct net_ring *r, const void *src, size_t n);
/* The free octets behind the last, as far as they lie in one piece; then
 * net_ring_added() says how many were filled. */
size_t net_ring_tail(const struct net_ring *r, uint8_t **p);
void net_ring_added(struct net_ring *r, size_t n);
/* The first n octets, in place; returns the number of pieces. */
int net_ring_pieces(const struct net_ring *r, size_t n, struct iovec pieces[static 2]);
void net_ring_take(struct net_ring *r, void *dst, size_t n);
void net_ring_drop(struct net_ring *r, size_t n);
/* Drops all but the first n. */
void net_ring_keep(struct net_ring *r, size_t n);
void net_ring_free(struct net_ring *r);

#endif
