/*
 * checksum: the Internet checksum (RFC 1071).
 *
 * The sum is kept in 64 bits and in memory order, which the folding allows
 * (RFC 1071 2 B); every run but the last must have an even length.
 */
#ifndef CAPTURE_CHECKSUM_H
#define CAPTURE_CHECKSUM_H

#include "base/octets.h"

uint64_t checksum_add(uint64_t sum, const void *p, size_t n);

/* The field's value, to be stored as it lies in memory. */
uint16_t checksum_fold(uint64_t sum);

#endif
