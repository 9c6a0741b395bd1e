/*
 * synth: a well-formed TCP/IP conversation made of what sockets saw.
 *
 * Where real packets cannot be captured, the rig still keeps its traffic as
 * a capture: octets, their order, their times, FIN and RST are those of the
 * sockets; addresses, numbers, windows, acknowledgements and the cuts between
 * segments are made up.  The comment of the section header says so to whoever
 * reads the file; nothing in the rig asks for it.
 *
 * A port can be written as another one (102, so that protocol analysers
 * recognise TPKT); the true one then stands in the interface's comment or
 * the SYN's.
 */
#ifndef CAPTURE_SYNTH_H
#define CAPTURE_SYNTH_H

#include "capture/capture.h"
#include "capture/pcapng_writer.h"

/* One end of a connection. */
struct synth_end {
	struct capture_address address;	/* both ends of one version */
	uint16_t port;			/* as written */
	uint16_t true_port;		/* 0: the same */
};

/* How the connection began. */
enum synth_opening {
	SYNTH_ACCEPTED,		/* SYN, SYN/ACK, ACK */
	SYNTH_REFUSED,		/* SYN, RST */
	SYNTH_UNANSWERED,	/* SYN */
};

/* One connection; plain data, nothing to free. */
struct synth {
	struct pcapng_writer *writer;	/* borrowed */
	struct synth_end end[DIRECTIONS];
	uint32_t interface;
	uint32_t next[DIRECTIONS];	/* sequence number to be sent next */
	uint8_t unanswered[DIRECTIONS];	/* segments since the other end's last ACK */
	bool finished[DIRECTIONS];
	bool reset;
};

/* pcapng_create() with the section comment that such a file needs, `comment`
 * (NULL: none) behind it. */
struct pcapng_writer *synth_create(const char *path, const char *comment,
                                   char *why, size_t why_cap);

/* A raw IP interface, time stamps in ns.  `port` is written for `true_port`
 * on the tested side (true_port 0: nothing is said about ports). */
bool synth_interface(struct pcapng_writer *w, const char *name, uint16_t port,
                     uint16_t true_port, uint32_t *number);

/* Begins a connection, end[FROM_INITIATOR] opening it.  `serial` makes its
 * sequence numbers differ from those of others: count up. */
bool synth_open(struct synth *s, struct pcapng_writer *w, uint32_t interface,
                const struct synth_end end[DIRECTIONS], uint32_t serial,
                enum synth_opening how, int64_t time_ns);

/* Octets that one end sent; they are the caller's again on return.  After
 * that end's FIN nothing is written. */
bool synth_data(struct synth *s, enum capture_direction from, int64_t time_ns,
                struct octets octets);

/* One end will send no more (each end once). */
bool synth_fin(struct synth *s, enum capture_direction from, int64_t time_ns);

bool synth_rst(struct synth *s, enum capture_direction from, int64_t time_ns);

/* All return as the writer's functions do: false once, when writing fails. */

#endif
