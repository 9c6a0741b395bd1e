/*
 * net_socket: TCP sockets of the kernel, none of which ever blocks, by our addresses.
 *
 * For net_kernel.c only, which waits for them.  Where a socket is asked about and the kernel
 * does not answer, the answer is 0.
 */
#ifndef NET_NET_SOCKET_H
#define NET_NET_SOCKET_H

#include "net/net.h"

/* "name:port", "name" */
bool net_socket_resolve(struct net_address *a, const char *text, uint16_t port);

/* A socket of this family, without Nagle's delays.  -1: errno. */
int net_socket_new(const struct net_address *a, const struct net_buffers *buffers);
void net_socket_buffers(int fd, const struct net_buffers *b);
/* Where it calls from; port 0: any.  false: errno. */
bool net_socket_source(int fd, const struct net_address *source);
/* 0, or the errno: EINPROGRESS if the outcome is to come. */
int net_socket_connect(int fd, const struct net_address *to);
int net_socket_error(int fd);	/* the outcome that has come */
/* `backlog` 0: the address is kept, nobody listens.  false: errno. */
bool net_socket_listen(int fd, const struct net_address *a, int backlog);
int net_socket_accept(int fd, struct net_address *peer);	/* -1: errno */

struct net_address net_socket_local(int fd);
bool net_socket_info(int fd, struct net_info *out);
/* Octets that the peer has not acknowledged; that fit into what is received. */
size_t net_socket_unsent(int fd);
size_t net_socket_receive_buffer(int fd);

#endif
