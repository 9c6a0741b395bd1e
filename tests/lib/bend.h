/*
 * bend: the vectors of a layer with each octet bent in turn.
 *
 * Nothing is expected of what comes out but the promises of every decoder: it
 * ends, stays in the octets, and returns true exactly if nothing fatal was
 * found.
 */
#ifndef TESTS_BEND_H
#define TESTS_BEND_H

#include "vectors.h"

/* As a cmocka test; fails if there are no vectors. */
void bend_vectors(const char *layer, vectors_decode *decode);

#endif
