/*
 * export: some packets of a capture as a pcapng of their own, with what it says of its
 * first section, of their interfaces (name, description, comment, link type) and
 * addresses (names), and the secrets of TLS that it holds.
 */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "capture/capture.h"

struct export;

/* NULL: `why`. */
struct export *export_create(const char *path, char *why, size_t why_cap);

/* The packet that `c` gave last.  If it is the fragment that makes an IP packet whole,
 * the others go before it. */
void export_write(struct export *x, const struct capture *c, const struct capture_packet *p);

/* Lines of a TLS key log that the capture holds. */
void export_secrets(struct export *x, const struct capture *c, struct octets lines);

/* A packet that belongs to no connection to be written.  A fragment waits until one
 * that completes its IP packet is written, the oldest go if they are too many. */
void export_pass(struct export *x, const struct capture_packet *p);

/* NULL is closed already.  false: the file is not complete. */
bool export_close(struct export *x, char *why, size_t why_cap);

#endif
