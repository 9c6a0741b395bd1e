/*
 * net_space: network namespaces of the rig's own, joined by virtual Ethernet.
 *
 *     hub (the MTA's)                      side 0, 1 ...
 *       x0 10.77.0.1/24 ================ wire 10.77.0.2/24
 *       x1 10.77.1.1/24 ================ wire 10.77.1.2/24
 *
 * They have no names: descriptors of this process hold them, and when it ends, however it
 * dies, the kernel removes them with the interfaces and queues in them.  Nothing outside of
 * them is touched.  Needs CAP_SYS_ADMIN and CAP_NET_ADMIN, and iproute2.
 *
 * A socket belongs to the namespace in which it was made, an accepted one to its
 * listener's; so one thread can stand on all sides:
 *
 *     net_space_enter(s, side); net_listen(...); net_space_leave(s);
 */
#ifndef NET_NET_SPACE_H
#define NET_NET_SPACE_H

#include "net/net.h"

enum { NET_SPACE_HUB = -1, NET_SPACE_SIDES = 16, NET_SPACE_WHY = 256 };

struct net_spaces;

/* NULL: `why` says what is not permitted or missing. */
struct net_spaces *net_spaces_new(size_t sides, char why[static NET_SPACE_WHY]);
/* NULL is allowed.  What was forked meanwhile holds them until it ends. */
void net_spaces_free(struct net_spaces *s);

/* false: errno. */
bool net_space_enter(const struct net_spaces *s, int side);
void net_space_leave(const struct net_spaces *s);

/* Of the side's end of its wire, or of the hub's; port 0. */
struct net_address net_space_address(int side, bool of_hub);
/* Names of the interfaces, as tc(8) wants them: "wire", "x3". */
void net_space_device(int side, bool of_hub, char out[static 8]);

/* Runs `program -batch -` (ip or tc) in a namespace with these lines.  false: `why`. */
bool net_space_batch(const struct net_spaces *s, int side, const char *program,
                     const char *lines, char why[static NET_SPACE_WHY]);

/* Has the kernel that kind of queue ("netem", "tbf")?  Asked once in a namespace. */
bool net_space_has_queue(const struct net_spaces *s, const char *line);

#endif
