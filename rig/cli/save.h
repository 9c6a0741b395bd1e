/*
 * save: the contents of messages as files in a folder.
 *
 *     DIR/3-0001.p22       the content octets of the first message of connection 3
 *     DIR/3-0002.p2.part   one that did not come whole
 *     DIR/index.tsv        file, octets, SHA-256, identifier: a line for each
 *
 * The file's ending is the content type: p2, p22, p772, else "content".
 */
#ifndef CLI_SAVE_H
#define CLI_SAVE_H

#include "p1/p1_pdu.h"

struct save;
struct save_file;

/* Makes the folder if there is none.  NULL: `why`. */
struct save *save_open(const char *folder, char *why, size_t why_cap);
/* false: something could not be written; save_why() says what. */
bool save_close(struct save *s);
const char *save_why(const struct save *s);
uint64_t save_count(const struct save *s);

/* A message begins; NULL: its content cannot be saved (see save_why()). */
struct save_file *save_begin(struct save *s, uint32_t connection, const struct p1_apdu *message);
void save_octets(struct save_file *f, struct octets in);
/* `whole`: its end has come.  NULL is allowed. */
void save_end(struct save_file *f, bool whole);

#endif
