/*
 * vectors: runs the text vectors of a layer, tests/vectors/LAYER/NAME.vec.
 *
 *     # why, with the clause
 *     in: 19 ff 00 03  11 01 01       hex octets; more in: lines are joined;
 *     in: 00*300  # padding           "XX*N" is N times XX; "#" ends a line
 *     want: session.li-form @1        findings, in order: rule @octet
 *     want: ok AB tdisc=01            last: "ok" and the PDU's text, or "fail"
 *
 * Each file becomes three cmocka tests: "NAME" decodes the whole, "NAME cut"
 * decodes every proper prefix (in the middle of a very long vector only
 * some), "NAME bent" the whole with one octet changed (the first 512 in turn),
 * each in a block of exactly that size, and wants a fatal finding at an octet
 * within it, or none at all.  A failure prints what was decoded in
 * the form of the file.  Paths are relative to the root of the repository,
 * where the tests are run.
 */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include "base/rule.h"
#include "base/text.h"

/* Decodes `in`; books into `f` (cleared); writes the PDU's text to `out`.
 * True exactly if nothing fatal was found. */
typedef bool vectors_decode(struct octets in, struct findings *f, struct text *out);

/* An octet is changed: a decoder need not hold what it finds against what another
 * way of reading finds, which may give up at another octet, for another reason. */
extern bool vectors_bent;

/* Number of tests that failed: the value for main() to return (added up if
 * there are several groups).  A folder without vectors is a failure. */
int vectors_run(const char *layer, vectors_decode *decode);

#endif
