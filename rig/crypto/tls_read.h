/*
 * tls_read: the octets inside a recorded TLS 1.2 or 1.3 connection.
 *
 *     octets of both directions --tls_reader_push--> | TLS | --> octets inside
 *     key log --tls_keys_read, _add------------------^
 *
 * A key log (the lines that SSLKEYLOGFILE makes, draft-ietf-tls-keylogfile) has the
 * secrets of connections by their client random.  Suites with authenticated
 * encryption are read: AES-GCM, AES-CCM, ChaCha20-Poly1305.  Nothing is believed that
 * is not authentic.
 *
 * Where octets are missing the record number is lost with them: TLS 1.2 sends it in
 * most suites, of others the next numbers are tried.
 */
#ifndef CRYPTO_TLS_READ_H
#define CRYPTO_TLS_READ_H

#include "base/octets.h"

/* ---- the key log ---- */

struct tls_keys;

/* NULL: no memory. */
struct tls_keys *tls_keys_new(void);
void tls_keys_free(struct tls_keys *k);
/* Lines; what is no secret is passed over.  false: no memory, or too many. */
bool tls_keys_add(struct tls_keys *k, struct octets lines);
/* false: `why` has path and reason. */
bool tls_keys_read(struct tls_keys *k, const char *path, char *why, size_t why_cap);

/* ---- a connection ---- */

struct tls_reader;

enum tls_reading {
	TLS_READS,		/* so far */
	TLS_NO_SECRET,		/* the key log does not have this connection */
	TLS_NO_SUITE,		/* its suite is none that is read */
	TLS_NOT_READ,		/* a record is not authentic, or no TLS */
};

/* Do these first octets of a stream begin a ClientHello (RFC 8446 4, 5.1)?
 * Six of them tell. */
enum { TLS_GUESS = 6 };
bool tls_guess(struct octets first);

/* `keys` is borrowed.  NULL: no memory. */
struct tls_reader *tls_reader_new(const struct tls_keys *keys);
void tls_reader_free(struct tls_reader *r);

/* Takes octets of a direction (0 or 1), as far as the end of a record; returns how
 * many.  `inside`: what was in the record that they complete, valid until the next
 * call; n = 0: nothing for the layer above. */
size_t tls_reader_push(struct tls_reader *r, unsigned direction, struct octets in,
                       struct octets *inside);
/* Octets of a direction are missing: looks for the next record. */
void tls_reader_gap(struct tls_reader *r, unsigned direction);

enum tls_reading tls_reader_state(const struct tls_reader *r);
/* "TLS 1.3 TLS_AES_128_GCM_SHA256", or why it is not read. */
const char *tls_reader_text(const struct tls_reader *r);

#endif
