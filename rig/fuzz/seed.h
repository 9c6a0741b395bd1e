/*
 * seed: conversations of a capture as paths of the space.
 *
 *     capture --> [talks] --> what who called has said, as text and as octets
 *                                 \-> a path: CR, CN, AS, DT, MIP ... up to the end
 *
 * Names, passwords, selectors and recipients are the target's, references and the
 * first MTS identifier are the case's; all else is as captured, to the octet.  A path
 * goes as far as the caller says what a step of a path can be (a CR, CN, AS, DT, MIP, AE,
 * AI, AR, AD, GTC, PT or FN): ends of a connection are the fuzzer's own matter.
 *
 * One capture at a time.  Its sentences are numbered behind fuzz_sentences[], its points
 * behind those of the space; who has taken none sees no difference.
 */
#ifndef FUZZ_SEED_H
#define FUZZ_SEED_H

#include "fuzz/space.h"
#include "scenario/target.h"

enum { SEED_PATHS = 16, SEED_SENTENCES = 128 };

/* Contents of messages are kept as files in `base`/seed, so that scenarios in `base` may name
 * them; NULL: nowhere, and a conversation that has long ones ends in front of them.
 * false: none of its conversations can be taken (`why`). */
bool seed_take(const char *capture, const struct target *t, const char *base, char *why,
               size_t why_cap);
/* Tests go back to the ways of the space alone. */
void seed_drop(void);

/* The contents, also beside this file: a scenario there may name them, too.  false: errno. */
bool seed_copy(const char *path);

/* Of the capture; "": none was taken. */
const char *seed_capture(void);
/* Another number when something was taken or dropped. */
unsigned seed_generation(void);

size_t seed_paths(void);
const struct fuzz_path *seed_path(size_t i);
/* The target answers only the first `steps` of this path: points behind them are not drawn. */
void seed_reaches(size_t path, uint8_t steps);
uint8_t seed_reach(size_t path);

/* Sentences, from 0. */
size_t seed_sentences(void);
const struct fuzz_sentence *seed_sentence(size_t i);
/* That of fuzz_sentences[] which it is like. */
uint8_t seed_role(size_t i);
/* The octets, signed FUZZ0000 where a case signs them. */
struct octets seed_octets(size_t i);

#endif
