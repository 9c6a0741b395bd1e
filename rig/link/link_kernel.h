/*
 * link_kernel: the line of a link made by the kernel instead of by nodes.
 *
 *     our socket -- wire ==[netem, tbf]== xN -- the peer's socket
 *                   `out` leaves here      `in` leaves here
 *
 * Rate, delay, jitter, loss and outages are done to packets by tc(8) at the two ends of a
 * side's wire (net/net_space.h), so TCP itself retransmits, and packets may be lost, doubled,
 * overtaken or too large.  Everything else of a link (cuts, stalls, pieces, damage, TLS)
 * stays where it was.  All links of a side share its one line.
 */
#ifndef LINK_LINK_KERNEL_H
#define LINK_LINK_KERNEL_H

#include "link/link.h"
#include "net/net_space.h"

struct link_kernel;

/* A line without limits; spaces are borrowed for its life.  NULL: no memory. */
struct link_kernel *link_kernel_new(const struct net_spaces *spaces, int side);
void link_kernel_free(struct link_kernel *k);

/* Can this kernel do these lines?  false: `why`, as "this kernel has no netem". */
bool link_kernel_can(const struct net_spaces *spaces, const struct link_config *config,
                     char why[static NET_SPACE_WHY]);

/* Nothing happens if the lines are so already.  false: link_kernel_trouble(). */
bool link_kernel_set(struct link_kernel *k, const struct link_config *config);
/* The wire is unplugged, in both directions. */
bool link_kernel_down(struct link_kernel *k, bool down);
/* What failed first; empty: nothing. */
const char *link_kernel_trouble(const struct link_kernel *k);

#endif
