/*
 * footprint: what a case takes of an MTA that several cases share.
 *
 * One MTA may serve several cases at a time: each side on which we listen, or to which a
 * case's messages go, belongs to one of them; a side on which we only call is shared; and
 * together they open no more associations than the target allows.  A case that restarts
 * the MTA or asks what is in its logs is alone.
 *
 * A target may have more sides of one kind, so that more cases fit:
 *
 *     pixit side down  listen 192.0.2.22:102 our-name "RIGDOWN" route "P=DOWN;"
 *     pixit side spare like down  listen 192.0.2.23:102 our-name "RIGMORE" route "P=MORE;"
 *
 * A case of `down` may then be run on `spare`: it is called by that name and listens at
 * that address, and the addresses of its recipients begin with that route.
 */
#ifndef SCENARIO_FOOTPRINT_H
#define SCENARIO_FOOTPRINT_H

#include "scenario/scenario.h"

struct footprint {
	uint8_t owned, shared;		/* bit per side */
	uint16_t associations;		/* open at a time, at most */
	bool alone;
};

void footprint_of(const struct scenario *sc, const struct target *t, struct footprint *f);

/* What the case would hold beside those that hold `held`; 0: it has to wait. */
uint64_t footprint_take(const struct footprint *f, const struct target *t, const uint64_t *held,
                        size_t n);

/* Is whoever holds this alone? */
bool footprint_alone(uint64_t hold);

/* The target as a case that holds `hold` is to see it: spare sides in their places. */
void footprint_target(const struct target *t, uint64_t hold, struct target *out);

#endif
