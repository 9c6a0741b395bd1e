/*
 * source: the octets of a capture file, plain or gzip'ed (RFC 1952), read
 * forward only, so that pipes serve as well as files.  A plain file that can be
 * is mapped, as long as it is when it is opened, and never more of it is resident
 * than some pieces.
 *
 * Damage ends the octets; those before it are all handed out first, and
 * source_why() then says what was wrong.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "base/octets.h"

struct source;

/* NULL with the reason in `why`: no such file, not readable, no memory. */
struct source *source_open(const char *path, char *why, size_t why_cap);
void source_close(struct source *s);

/* Lends the next octets, at least `want` of them unless the file ends
 * before; want <= CAPTURE_BLOCK_MAX.  Valid until the next call. */
struct octets source_peek(struct source *s, size_t want);

/* Passes over n octets.  Returns how many there were. */
uint64_t source_skip(struct source *s, uint64_t n);

/* Copies the n octets in front of which `ahead` others lie; false if the file ends before.  All
 * of them <= CAPTURE_BLOCK_MAX, unless the source stays. */
bool source_look(struct source *s, uint64_t ahead, uint8_t *dst, size_t n);

/* What source_peek() lends stays until source_close(). */
bool source_stays(const struct source *s);

/* Octets passed so far; of a gzip'ed file those after unpacking. */
uint64_t source_position(const struct source *s);

/* Why the octets ended, "" at a plain end of file. */
const char *source_why(const struct source *s);

#endif
