/*
 * seed_try: how far the target goes along with what was taken from a capture.
 *
 * Each path is spoken once from its beginning to its end.  Points behind the first step
 * that is not answered as it should be are not drawn: whoever was captured may have known
 * the names, contents or modes that this MTA does not.
 */
#ifndef FUZZ_SEED_TRY_H
#define FUZZ_SEED_TRY_H

#include "fuzz/engine.h"

/* false: the rig failed, `why`. */
bool seed_try(const struct engine_config *engine, char *why, size_t why_cap);

#endif
