/*
 * packets: what really went over an interface, recorded with libpcap beside the
 * rig's own capture.
 *
 * Here zero windows, retransmissions, FIN and RST are those of the wire; the
 * rig's own captures (synth.h) make them up.  Recording needs the right to
 * (root, CAP_NET_RAW); without it packets_open() says so and a run goes on.
 *
 * The descriptor becomes readable when packets wait; packets_take() writes them
 * to the file.
 */
#ifndef CAPTURE_PACKETS_H
#define CAPTURE_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packets;

enum { PACKETS_PORTS = 8 };

struct packets_counts {
	uint64_t written;
	uint32_t dropped;	/* by the kernel: there was no room */
};

/* TCP of these ports, on `device` ("any": all).  NULL: `why` says what is in the
 * way. */
struct packets *packets_open(const char *device, const char *path, const uint16_t *ports,
                             size_t n, char *why, size_t why_cap);
int packets_descriptor(const struct packets *p);
/* false: the recording has ended (the interface is gone). */
bool packets_take(struct packets *p);
/* Takes what still waits, closes the file.  NULL is allowed. */
struct packets_counts packets_close(struct packets *p);

#endif
