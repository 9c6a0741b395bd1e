/*
 * The TLS contexts of a link's options, and what is wrong with them in their own words.
 */
#include "link/link_options.h"

#include <stdio.h>
#include <string.h>

/* What crypto/tls_session.h calls it, what the options call it, and what to do. */
static const struct {
	const char *member, *server, *client, *hint;
} words[] = {
	{ "certificate", "tls-cert", "tls-cert",
	  "a PEM file with BEGIN CERTIFICATE is wanted, ours first, then its chain" },
	{ "key", "tls-key", "tls-key",
	  "the certificate's own key is wanted, as PEM and without a passphrase" },
	{ "ca", "tls-client-ca", "tls-ca",
	  "a PEM file of certificates is wanted, or tls-pin= or tls-check=no" },
	{ "pin", "tls-pin", "tls-pin",
	  "openssl x509 -in CERT -outform der | sha256sum tells it" },
	{ "versions", "tls-min", "tls-min", "1.2 is less than 1.3" },
	{ "key-log", "tls-keylog", "tls-keylog", "a file that can be written is wanted" },
};

/* "ca: bad.pem: why" as "tls-ca=bad.pem: why; hint". */
static void explain(const char *tls, bool server, char *why, size_t cap)
{
	size_t n = strcspn(tls, ":");
	const char *rest = tls[n] ? tls + n + 2 : "";

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i].member) == n && !strncmp(words[i].member, tls, n)) {
			snprintf(why, cap, "%s=%s%s; %s", server ? words[i].server :
			         words[i].client,
			         strchr(rest, ':') ? "" : ": ", rest, words[i].hint);
			return;
		}
	snprintf(why, cap, "tls=: %s", tls);
}

static bool open_one(const struct tls_config *c, bool wanted, struct tls_context **out, char *why)
{
	char tls[TLS_WHY];

	*out = wanted ? tls_context_new(c, tls) : NULL;
	if (wanted && !*out)
		explain(tls, c->server, why, LINK_TLS_WHY);
	return *out || !wanted;
}

bool link_options_tls(const struct link_options *o, struct tls_context **server,
                      struct tls_context **client, char why[static LINK_TLS_WHY])
{
	*client = NULL;
	if (open_one(&o->server, o->tls_initiator, server, why) &&
	    open_one(&o->client, o->tls_responder, client, why))
		return true;
	tls_context_free(*server);
	*server = NULL;
	return false;
}

bool link_options_tls_check(const struct link_options *o, char why[static LINK_TLS_WHY])
{
	struct tls_context *contexts[2];
	struct tls_config server = o->server, client = o->client;
	bool ok;

	server.key_log[0] = client.key_log[0] = '\0';
	ok = open_one(&server, o->tls_initiator, &contexts[0], why);
	tls_context_free(contexts[0]);
	if (!ok)
		return false;
	ok = open_one(&client, o->tls_responder, &contexts[1], why);
	tls_context_free(contexts[1]);
	return ok;
}
