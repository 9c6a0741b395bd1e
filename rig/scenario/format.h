/*
 * format: the canonical form of scenario files, as text and as JSON.
 *
 * The form changes blanks only, never a word: two blanks for each level of
 * blocks, four more where a statement goes on, one blank between words, what is
 * said about the case in columns, sides in columns, at most one empty line, and
 * comments from column 49 on.  What is in this form stays as it is.
 */
#ifndef SCENARIO_FORMAT_H
#define SCENARIO_FORMAT_H

#include "scenario/scenario.h"

/* Owned text of *n octets; NULL: no memory. */
char *format_text(const struct lexer_source *s, size_t *n);

/*
 * A scenario as one JSON object:
 *
 *     {"schema":"x400rig-scenario","version":1,"id":...,"title":...,"serves":[...],
 *      "source":...,"needs":[...],"limit_us":N,"worst_us":N,
 *      "steps":[{"line":N,"kind":"associate","side":"up","name":"a","text":"up.a: associate"}],
 *      "lines":["scenario ...", ...]}
 *
 * `steps` is what the runner does, procedures and included files in their places;
 * `lines` is the canonical text, from which the scenario can be had again.
 * Owned; NULL: no memory.
 */
char *format_json(const struct scenario *sc, const struct lexer_source *s, const struct target *t);

/* The text of such an object; NULL: `why`. */
char *format_from_json(const char *json, size_t n, size_t *text_n, char *why, size_t why_cap);

#endif
