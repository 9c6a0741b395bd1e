/*
 * clean: text of others, made safe to be shown.
 *
 * What comes out is UTF-8 without control characters (tabs and line feeds apart) and without
 * the marks that turn the direction of writing (U+202A to U+202E, U+2066 to U+2069, U+200E,
 * U+200F, U+061C), which let a name look like another one.  Each octet or
 * character that is taken out leaves U+FFFD.
 */
#ifndef REPORT_CLEAN_H
#define REPORT_CLEAN_H

#include <stddef.h>

/* At most `max` octets of the text are taken (a cut ends in "..."); owned by the caller; NULL:
 * no memory. */
char *clean_text(const char *s, size_t max);

#endif
