/*
 * tls_session: TLS 1.2 and 1.3 without a socket (OpenSSL over memory BIOs).
 *
 *     octets of the connection --tls_session_push--> | TLS | --tls_session_read--> octets
 *     octets of the connection <--tls_session_pull-- |     | <--tls_session_write- octets
 *
 * A context holds what is the same for all connections of one role: protocol
 * versions, certificates, trust.  A peer is trusted for its CA, for its pinned
 * certificate, or, if so told, without any check.
 *
 * Nothing here blocks.  After each push, read or write, take what tls_session_pull()
 * has and send it.
 */
#ifndef CRYPTO_TLS_SESSION_H
#define CRYPTO_TLS_SESSION_H

#include "base/octets.h"

#include <sys/types.h>

struct tls_context;
struct tls_session;

enum { TLS_WHY = 384, TLS_PATH = 256, TLS_NAME = 128, TLS_PIN = 65 };

enum tls_version {
	TLS_1_2,
	TLS_1_3,
};

/* Empty texts: not given. */
struct tls_config {
	bool server;
	enum tls_version least, most;	/* as they are: TLS 1.2 only; tls_config_init() */
	char certificate[TLS_PATH], key[TLS_PATH];	/* PEM files, chain included */
	char ca[TLS_PATH];		/* PEM file: who may have signed the peer's */
	char pin[TLS_PIN];		/* SHA-256 of the peer's certificate (DER), in hex */
	char name[TLS_NAME];		/* client: the host name or address that the peer's
					 * certificate must be for; also sent as SNI */
	char key_log[TLS_PATH];		/* secrets are appended, as Wireshark reads them */
	bool unchecked;			/* the peer need not prove anything */
};

/* Versions 1.2 to 1.3, all else empty. */
void tls_config_init(struct tls_config *c);

/* A server with `ca` or `pin` asks its peers for a certificate (mutual TLS).
 * NULL: `why` begins with the name of the member at fault ("certificate: ..."). */
struct tls_context *tls_context_new(const struct tls_config *config, char why[static TLS_WHY]);
/* Sessions must have ended. */
void tls_context_free(struct tls_context *c);

enum tls_state {
	TLS_HANDSHAKE,
	TLS_OPEN,
	TLS_CLOSED,		/* the peer's close_notify has come */
	TLS_FAILED,		/* see tls_session_why() */
};

/* NULL: no memory. */
struct tls_session *tls_session_new(struct tls_context *c);
void tls_session_free(struct tls_session *s);

enum tls_state tls_session_state(const struct tls_session *s);
/* TLS_FAILED: who refused what, in a line: "the peer's certificate expired on ...".
 * TLS_OPEN: "TLSv1.3 TLS_AES_256_GCM_SHA384, peer CN=mta.example". */
const char *tls_session_why(const struct tls_session *s);

/* Takes all octets; false: no memory (the session has failed). */
bool tls_session_push(struct tls_session *s, const uint8_t *p, size_t n);
/* Goes on with the handshake.  A client's first octets come of it too. */
void tls_session_step(struct tls_session *s);
/* Octets to be sent, at most n; 0: none. */
size_t tls_session_pull(struct tls_session *s, uint8_t *p, size_t n);
size_t tls_session_waiting(const struct tls_session *s);

/* 1..n octets; 0: none now (or closed, or failed: see the state). */
size_t tls_session_read(struct tls_session *s, uint8_t *p, size_t n);
/* Octets taken; 0: not open. */
size_t tls_session_write(struct tls_session *s, const uint8_t *p, size_t n);
/* Says close_notify; the peer may still send. */
void tls_session_close(struct tls_session *s);

#endif
