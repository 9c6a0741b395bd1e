/*
 * casefile: a failure as a file that a person reads, that `run` executes, and that
 * `shrink` takes up again.
 *
 *     #: fuzz teardown
 *     #: signature next-bind the MTA has gone
 *     #: from /home/me/field.pcap		(where its conversation was taken from)
 *     #: case seed=1 number=77 point=12 cut=1 way=30 ... without=0x0
 *     scenario fuzz/next-bind-1-77
 *       up.c1: connect
 *       up.c1: send cotp CR src=1 size=2048
 *       ...
 *
 * What follows `#:` is for the fuzzer; the scenario says the same in its own words.
 */
#ifndef FUZZ_CASEFILE_H
#define FUZZ_CASEFILE_H

#include "fuzz/space.h"
#include "scenario/target.h"

#include <stdio.h>

struct casefile {
	char signature[96];
	char defects[128];		/* of the lab MTA; empty: none */
	unsigned lanes;			/* they ran on so many at the same time */
	struct fuzz_case *cases;	/* owned */
	size_t n;
};

/* And PATH.octets, for what no line of a scenario holds; and what the conversation of a capture
 * needs (seed.h).  false: errno. */
bool casefile_write(const struct casefile *f, const struct target *t, const char *path);
/* The capture that it names, "" if it names none: to be taken (seed.h) before the file is read. */
void casefile_from(const char *path, char *capture, size_t cap);
/* false: `why`. */
bool casefile_read(struct casefile *f, const char *path, char *why, size_t why_cap);
void casefile_free(struct casefile *f);

/* Operations of all its cases. */
size_t casefile_steps(const struct casefile *f);

#endif
