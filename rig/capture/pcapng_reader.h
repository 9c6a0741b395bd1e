/*
 * pcapng_reader: packets out of pcapng blocks (see capture/pcapng.h).
 *
 * Reads section headers, interface descriptions, names, decryption secrets,
 * enhanced, simple and the obsolete packet blocks; passes over all others.  Used by capture.c only.
 */
#ifndef CAPTURE_PCAPNG_READER_H
#define CAPTURE_PCAPNG_READER_H

#include "capture/capture.h"
#include "capture/source.h"

/* Out of a name resolution block. */
struct pcapng_name {
	struct capture_address address;
	char text[CAPTURE_NAME_MAX];
};

struct pcapng_reader {
	struct source *source;			/* borrowed */
	struct capture_status *status;		/* borrowed */
	struct capture_interface *interfaces;	/* of this section */
	uint32_t n_interfaces, cap_interfaces;
	struct pcapng_name *names;		/* of this section */
	uint32_t n_names;
	bool little;
	uint32_t held;		/* octets of the block that the last packet lies in */
	uint8_t *joined;	/* room for several comments of one packet */
	char comment[CAPTURE_COMMENT_MAX];
	void (*take_secrets)(void *ctx, struct octets lines);	/* NULL: nobody wants them */
	void *take_ctx;
};

void pcapng_reader_init(struct pcapng_reader *r, struct source *s, struct capture_status *st);
void pcapng_reader_end(struct pcapng_reader *r);

/* As capture_next(), but for `frame` and holes: behind damage, pcapng_reader_resume() goes to
 * the next block that makes sense, unless there is none. */
enum capture_got pcapng_reader_next(struct pcapng_reader *r, struct capture_packet *p);
bool pcapng_reader_resume(struct pcapng_reader *r);

/* Is this the beginning of a pcapng file? */
bool pcapng_reader_knows(struct octets head);

#endif
