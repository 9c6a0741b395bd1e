/*
 * power: an SQLite VFS under which a killed process has lost its power.
 *
 * Each written sector either goes to the file at once or is held back in
 * memory until the file is synced, as a coin decides.  Whoever is killed leaves
 * behind a random subset of what he had not synced, torn at any sector.
 */
#ifndef TESTS_POWER_H
#define TESTS_POWER_H

#include <stdbool.h>
#include <stdint.h>

/* Becomes the default VFS.  `hold`: of 256 sectors so many are held back.
 * `full`: while *full is true each write fails as on a full disk; `fails`: each sync says that
 * it has failed, and has not. */
bool power_install(uint64_t seed, unsigned hold, const volatile bool *full,
                   const volatile bool *fails);

#endif
