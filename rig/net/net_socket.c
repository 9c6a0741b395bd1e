#include "net/net_socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* --- addresses ----------------------------------------------------------- */

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t to_system(const struct net_address *a, union any_address *s)
{
	memset(s, 0, sizeof *s);
	if (a->family == 4) {
		s->v4.sin_family = AF_INET;
		s->v4.sin_port = htons(a->port);
		memcpy(&s->v4.sin_addr, a->host, 4);
		return sizeof s->v4;
	}
	s->v6.sin6_family = AF_INET6;
	s->v6.sin6_port = htons(a->port);
	memcpy(&s->v6.sin6_addr, a->host, 16);
	return sizeof s->v6;
}

static struct net_address from_system(const union any_address *s)
{
	struct net_address a = { 0 };

	if (s->any.sa_family == AF_INET) {
		a.family = 4;
		a.port = ntohs(s->v4.sin_port);
		memcpy(a.host, &s->v4.sin_addr, 4);
	} else if (s->any.sa_family == AF_INET6) {
		a.family = 6;
		a.port = ntohs(s->v6.sin6_port);
		memcpy(a.host, &s->v6.sin6_addr, 16);
	}
	return a;
}

bool net_socket_resolve(struct net_address *a, const char *text, uint16_t port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	union any_address s = { 0 };
	char name[256];
	size_t n = strcspn(text, ":");
	struct net_address any;

	if (n == 0 || n >= sizeof name)
		return false;
	memcpy(name, text, n);
	name[n] = '\0';
	if (text[n] && !net_address_parse(&any, text + n, 0))
		return false;
	if (getaddrinfo(name, NULL, &hints, &list))
		return false;
	memcpy(&s, list->ai_addr, list->ai_addrlen < sizeof s ? list->ai_addrlen : sizeof s);
	freeaddrinfo(list);
	*a = from_system(&s);
	a->port = text[n] ? any.port : port;
	return a->family != 0;
}

/* --- sockets ------------------------------------------------------------- */

static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

void net_socket_buffers(int fd, const struct net_buffers *b)
{
	if (b->receive)
		set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)b->receive);
	if (b->send)
		set_option(fd, SOL_SOCKET, SO_SNDBUF, (int)b->send);
}

int net_socket_new(const struct net_address *a, const struct net_buffers *buffers)
{
	int fd = socket(a->family == 4 ? AF_INET : AF_INET6,
	                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		net_socket_buffers(fd, buffers);
	}
	return fd;
}

bool net_socket_source(int fd, const struct net_address *source)
{
	union any_address s;
	socklen_t n = to_system(source, &s);

	if (source->port)
		set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	else
		set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	return bind(fd, &s.any, n) == 0;
}

int net_socket_connect(int fd, const struct net_address *to)
{
	union any_address s;
	socklen_t n = to_system(to, &s);

	return connect(fd, &s.any, n) < 0 ? errno : 0;
}

int net_socket_error(int fd)
{
	int error = 0;
	socklen_t n = sizeof error;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
	return error;
}

/* With SO_REUSEADDR sockets may share an address as long as one of them listens. */
bool net_socket_listen(int fd, const struct net_address *a, int backlog)
{
	union any_address s;
	socklen_t n = to_system(a, &s);

	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (a->family == 6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return bind(fd, &s.any, n) == 0 && (!backlog || listen(fd, backlog) == 0);
}

int net_socket_accept(int fd, struct net_address *peer)
{
	union any_address s = { 0 };
	socklen_t n = sizeof s;
	int accepted = accept4(fd, &s.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	*peer = from_system(&s);
	return accepted;
}

/* --- what the kernel says of them ---------------------------------------- */

struct net_address net_socket_local(int fd)
{
	union any_address s = { 0 };
	socklen_t n = sizeof s;

	if (getsockname(fd, &s.any, &n) < 0)
		return (struct net_address){ 0 };
	return from_system(&s);
}

bool net_socket_info(int fd, struct net_info *out)
{
	struct tcp_info i = { 0 };
	socklen_t n = sizeof i;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &n) < 0)
		return false;
	out->rtt_us = i.tcpi_rtt;
	out->retransmits = i.tcpi_total_retrans;
	out->segments = i.tcpi_data_segs_out;
	out->acked = i.tcpi_bytes_acked;
	out->received = i.tcpi_bytes_received;
	out->not_sent = i.tcpi_notsent_bytes;
	out->peer_window = i.tcpi_snd_wnd;
	out->state = i.tcpi_state;
	return true;
}

size_t net_socket_unsent(int fd)
{
	int n = 0;

	if (ioctl(fd, SIOCOUTQ, &n) < 0 || n < 0)
		return 0;
	return (size_t)n;
}

size_t net_socket_receive_buffer(int fd)
{
	int size = 0;
	socklen_t n = sizeof size;

	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &n) < 0)
		return 0;
	return (size_t)size;
}
