/*
 * speech: the octets of sentences, made once (private to fuzz/).
 *
 * Three things in them belong to a case: who we are (FUZZ0000 becomes its number in
 * eight letters, wherever it stands), and the reference that the peer gave in its CC.
 */
#ifndef FUZZ_SPEECH_H
#define FUZZ_SPEECH_H

#include "fuzz/space.h"
#include "scenario/target.h"

struct speech;

/* Messages go to the first recipient at `side`.  NULL: `why`. */
struct speech *speech_for(const struct target *t, unsigned side, char *why, size_t why_cap);
void speech_free(struct speech *s);

struct speech_who {
	uint64_t number;
	uint16_t peer_reference;
};

/* The long message stands in buffers of TCP that the lab MTA's and ours are made too
 * small for (SPEECH_BUFFERS). */
enum { SPEECH_MAX = 20000, SPEECH_BUFFERS = 2304 };

/* The octets for this case; 0: the sentence says nothing. */
size_t speech_octets(struct speech *s, uint8_t sentence, uint8_t lie, const struct speech_who *who,
                     uint8_t dst[static SPEECH_MAX]);

/* As a scenario has it, with the halves of the message in hex. */
void speech_text(const struct speech *s, uint8_t sentence, uint8_t lie, char *dst, size_t cap);

/* What is longer than a line of a scenario: "$long" of its text. */
struct octets speech_long(const struct speech *s);

/* The content of a message that is not long. */
void speech_content(char *dst, size_t cap);
/* Is `piece` what stands at `at` in the content of our messages?  `*whole`: and there is
 * no more behind it. */
bool speech_content_is(uint64_t at, struct octets piece, bool *whole);

/* The number in a message identifier or content identifier; false: not of ours. */
bool speech_number(struct octets id, uint64_t *number);
/* The same of an identifier that begins with it. */
bool speech_signed(struct octets id, uint64_t *number);

#endif
