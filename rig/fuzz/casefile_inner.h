/*
 * casefile_inner: what the parts of a casefile share (private to fuzz/).
 *
 *     casefile.c             the file; what the fuzzer takes up from it
 *     casefile_scenario.c    the scenario in it
 */
#ifndef FUZZ_CASEFILE_INNER_H
#define FUZZ_CASEFILE_INNER_H

#include "fuzz/casefile.h"
#include "fuzz/speech.h"

enum { LINE_MAX_OCTETS = 4000 };

/* The scenario of all its cases; `long_name`: of the file with octets that no line holds. */
void casefile_scenario(const struct casefile *f, const struct speech *speech, const char *long_name,
                       FILE *out);

#endif
