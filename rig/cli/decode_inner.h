/*
 * decode_inner: what the parts of `decode` share of a connection (private to cli/).
 *
 *     decode_flow.c     it begins, goes on and ends; what waits until it is X.400
 *     decode_lines.c    what is told of it, as lines
 *     decode_aside.c    comments, interfaces and names
 */
#ifndef CLI_DECODE_INNER_H
#define CLI_DECODE_INNER_H

#include "cli/decode.h"

/* What is of interest only to who asks for all. */
bool decode_is_plain(const struct observation *seen);
bool decode_wanted(const struct flow *f, const struct listing_line *line);
/* The line of an observation, at once or with what it belongs to. */
void decode_tell(struct flow *f, const struct observation *seen);
/* A line of layer "tcp". */
void decode_print_tcp(struct flow *f, const struct stream_event *e, const char *pdu,
                      const char *text);
/* Prints the line of the DTs, and what was in them. */
void decode_flush_group(struct flow *f);
void decode_drop_held(struct group *g);

/* Those that were kept until it is known to be X.400 go, printed or not. */
void decode_end_comments(struct flow *f, bool print);

#endif
