/*
 * Addresses as text: "192.0.2.1:102", "[2001:db8::1]:102".
 */
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal, 0..65535, nothing behind it. */
static bool parse_port(const char *text, uint16_t *port)
{
	uint32_t v = 0;
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 5 || text[n])
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (uint32_t)(text[i] - '0');
	*port = (uint16_t)v;
	return v <= UINT16_MAX;
}

/* Where the host ends, and what the port's text is (NULL: none).  An address
 * with two or more colons and no brackets is a bare IPv6 host. */
static bool split(const char *text, size_t *skip, size_t *host, const char **port)
{
	const char *end;

	*skip = *text == '[';
	*port = NULL;
	if (*skip) {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		*host = (size_t)(end - text) - 1;
		*port = end[1] ? end + 2 : NULL;
		return true;
	}
	end = strchr(text, ':');
	if (!end || strchr(end + 1, ':')) {
		*host = strlen(text);
		return true;
	}
	*host = (size_t)(end - text);
	*port = end + 1;
	return true;
}

bool net_address_parse(struct net_address *a, const char *text, uint16_t port)
{
	char host[INET6_ADDRSTRLEN];
	const char *port_text;
	size_t skip, n;

	*a = (struct net_address){ .port = port };
	if (!split(text, &skip, &n, &port_text) || n >= sizeof host)
		return false;
	if (port_text && !parse_port(port_text, &a->port))
		return false;
	memcpy(host, text + skip, n);
	host[n] = '\0';
	if (n == 0 && port_text && !skip)
		a->family = 4;
	else if (!skip && inet_pton(AF_INET, host, a->host) == 1)
		a->family = 4;
	else if (inet_pton(AF_INET6, host, a->host) == 1)
		a->family = 6;
	return a->family != 0;
}

const char *net_address_host(const struct net_address *a, char buf[static NET_ADDRESS_TEXT])
{
	if (!a->family)
		snprintf(buf, NET_ADDRESS_TEXT, "-");
	else
		inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->host, buf, NET_ADDRESS_TEXT);
	return buf;
}

const char *net_address_text(const struct net_address *a, char buf[static NET_ADDRESS_TEXT])
{
	char host[NET_ADDRESS_TEXT];

	if (!a->family)
		return net_address_host(a, buf);
	net_address_host(a, host);
	if (a->family == 4)
		snprintf(buf, NET_ADDRESS_TEXT, "%.*s:%u", INET_ADDRSTRLEN, host, a->port);
	else
		snprintf(buf, NET_ADDRESS_TEXT, "[%.*s]:%u", INET6_ADDRSTRLEN, host, a->port);
	return buf;
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
	if (a->family != b->family || a->port != b->port)
		return false;
	return !memcmp(a->host, b->host, a->family == 4 ? 4 : sizeof a->host);
}

const char *net_listen_hint(int error)
{
	switch (error) {
	case EACCES:
		return "; take a port above 1024, or, once, as root: "
		       "setcap cap_net_bind_service,cap_net_raw+ep FILE-OF-THE-PROGRAM";
	case EADDRINUSE:
		return "; `ss -ltnp` says who listens there: end that, or take another port";
	case EADDRNOTAVAIL:
		return "; `ip address` says which addresses this machine has";
	default:
		return "";
	}
}
