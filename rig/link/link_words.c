/*
 * One string of words to a line that connections can stand on.
 */
#include "link/link_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 512 };

static bool read_word(struct link_options *o, const char *word, size_t n,
                      struct link_option_error *error)
{
	char text[WORD_MAX];

	if (n >= sizeof text) {
		snprintf(error->why, sizeof error->why, "a word of more than %d octets",
		         WORD_MAX - 1);
		return false;
	}
	memcpy(text, word, n);
	text[n] = '\0';
	return link_option(o, text, error);
}

bool link_words_read(struct link_options *o, const char *words, char why[static LINK_WHY])
{
	struct link_option_error error;

	link_options_init(o);
	while (*(words += strspn(words, " "))) {
		size_t n = strcspn(words, " ");

		if (!read_word(o, words, n, &error))
			break;
		words += n;
	}
	if (!*words && link_options_check(o, &error))
		return true;
	memcpy(why, error.why, sizeof error.why);
	return false;
}

struct link_words *link_words_new(const char *words, char why[static LINK_TLS_WHY])
{
	struct link_words *w = calloc(1, sizeof *w);

	if (!w)
		snprintf(why, LINK_TLS_WHY, "out of memory");
	else if (link_words_read(&w->options, words, why) &&
	         link_options_tls(&w->options, &w->server, &w->client, why))
		return w;
	free(w);
	return NULL;
}

void link_words_free(struct link_words *w)
{
	if (!w)
		return;
	tls_context_free(w->server);
	tls_context_free(w->client);
	free(w);
}

struct link_config link_words_config(const struct link_words *w, bool we_call)
{
	struct link_config c = w->options.config;

	c.tls = we_call ? w->client : w->server;
	return c;
}
