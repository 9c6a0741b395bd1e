/*
 * json_text: a string of JSON on a stream.
 */
#ifndef JUDGE_JSON_TEXT_H
#define JUDGE_JSON_TEXT_H

#include <stdio.h>

/* In quotes; what is not ASCII goes as it is. */
void json_text(FILE *out, const char *s);

#endif
