/*
 * link_words: a line by its words (link/link_options.h), with the TLS contexts they ask for.
 */
#ifndef LINK_LINK_WORDS_H
#define LINK_LINK_WORDS_H

#include "link/link_options.h"

struct link_words {
	struct link_options options;
	struct tls_context *server, *client;
};

/* Words with a blank between them, all of them held against each other.  false: `why`. */
bool link_words_read(struct link_options *o, const char *words, char why[static LINK_WHY]);

/* Links that follow its plan or its TLS live no longer than it does.  NULL: `why`. */
struct link_words *link_words_new(const char *words, char why[static LINK_TLS_WHY]);
void link_words_free(struct link_words *w);

/* For a connection that we make, or take: where only one of the two is encrypted, `tls=` says
 * which; we are server to who calls us, client to whom we call. */
struct link_config link_words_config(const struct link_words *w, bool we_call);

#endif
