/*
 * pcapng_writer: packets into a pcapng file, with comments.
 *
 *     section header (comment) | interface (name, comment) ... |
 *     enhanced packet (octets, comments) ...
 *
 * Buffered; large runs of octets go from the caller's memory to the file
 * without a copy in between.  Numbers are in the host's byte order, which
 * the section header tells.
 *
 * Errors: the call that meets one (disk full, no memory) returns false; the
 * file is cut back to whole blocks.  From then on nothing is written and calls
 * return true, so that a run without its capture goes on and is told once;
 * pcapng_close() says what happened.
 */
#ifndef CAPTURE_PCAPNG_WRITER_H
#define CAPTURE_PCAPNG_WRITER_H

#include "base/octets.h"

#include <sys/uio.h>

struct pcapng_writer;

struct pcapng_interface {
	uint32_t link;		/* enum capture_link */
	const char *name;	/* NULL: none */
	const char *comment;	/* NULL: none */
	bool microseconds;	/* resolution of its time stamps; else ns */
	const char *description;	/* NULL: none */
};

/* Creates or empties the file and writes the section header.  NULL with the
 * reason (path included) in `why`. */
struct pcapng_writer *pcapng_create(const char *path, const char *comment,
                                    char *why, size_t why_cap);

/* Another comment of the section, while nothing but its header was written; later it
 * changes nothing. */
bool pcapng_section_comment(struct pcapng_writer *w, const char *comment);

/* The name of an address: four octets, or sixteen. */
bool pcapng_name(struct pcapng_writer *w, struct octets address, const char *name);

/* Describes an interface; `number` is what pcapng_packet() wants. */
bool pcapng_interface(struct pcapng_writer *w, const struct pcapng_interface *i,
                      uint32_t *number);

/* Lines of a TLS key log, for who reads the packets behind them. */
bool pcapng_secrets(struct pcapng_writer *w, struct octets lines);

/* A comment for the packet that is written next; several may wait, together
 * up to PCAPNG_COMMENT_MAX octets (cut there).  What still waits at the end
 * is written with the interface statistics. */
void pcapng_comment(struct pcapng_writer *w, const char *text);

/* One packet of `n` parts.  The parts are the caller's again on return.
 * `original`: octets on the wire, 0 if all of them are given. */
bool pcapng_packet(struct pcapng_writer *w, uint32_t interface, int64_t time_ns,
                   const struct iovec *parts, int n, uint32_t original);

/* Flushes, closes and frees.  false: the file is not complete; the reason is
 * in `why`, also when a call returned false before.  NULL is closed already. */
bool pcapng_close(struct pcapng_writer *w, char *why, size_t why_cap);

#endif
