/*
 * tls_keys: looking secrets up (tls_read.c).
 */
#ifndef CRYPTO_TLS_KEYS_H
#define CRYPTO_TLS_KEYS_H

#include "crypto/tls_read.h"

enum { TLS_RANDOM = 32, TLS_SECRET_MAX = 64 };

/* The labels of a key log. */
enum tls_label {
	TLS_MASTER,			/* CLIENT_RANDOM: the master secret of TLS 1.2 */
	TLS_CLIENT_HANDSHAKE, TLS_SERVER_HANDSHAKE,
	TLS_CLIENT_TRAFFIC, TLS_SERVER_TRAFFIC,
	TLS_LABELS,
};

/* false: not in the log. */
bool tls_keys_find(const struct tls_keys *k, enum tls_label label,
                   const uint8_t random[TLS_RANDOM], struct octets *secret);

#endif
