#include "crypto/tls_keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Secrets: those of 50,000 connections of TLS 1.3. */
	SECRETS_MAX = 200000,
	BUCKETS = 4096,
	FILE_MAX = 64 << 20,
};

struct secret {
	struct secret *chain;
	uint8_t label, n;
	uint8_t random[TLS_RANDOM], octets[TLS_SECRET_MAX];
};

struct tls_keys {
	struct secret *buckets[BUCKETS];
	size_t count;
};

static const char *const labels[TLS_LABELS] = {
	[TLS_MASTER] = "CLIENT_RANDOM",
	[TLS_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
	[TLS_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	[TLS_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
	[TLS_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
};

struct tls_keys *tls_keys_new(void)
{
	return calloc(1, sizeof(struct tls_keys));
}

void tls_keys_free(struct tls_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (k->buckets[i]) {
			struct secret *s = k->buckets[i];

			k->buckets[i] = s->chain;
			free(s);
		}
	free(k);
}

/* A client random is as good as a hash. */
static size_t bucket_of(const uint8_t random[TLS_RANDOM])
{
	return (size_t)(random[0] << 8 | random[31]) % BUCKETS;
}

bool tls_keys_find(const struct tls_keys *k, enum tls_label label,
                   const uint8_t random[TLS_RANDOM], struct octets *secret)
{
	const struct secret *s = k->buckets[bucket_of(random)];

	while (s && (s->label != label || memcmp(s->random, random, TLS_RANDOM) != 0))
		s = s->chain;
	if (s)
		*secret = (struct octets){ s->octets, s->n };
	return s;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Octets written, 0: not all of it is hexadecimal, or too long. */
static size_t from_hex(struct octets hex, uint8_t *out, size_t cap)
{
	if (hex.n % 2 || hex.n / 2 > cap)
		return 0;
	for (size_t i = 0; i < hex.n / 2; i++) {
		int high = nibble(hex.p[2 * i]), low = nibble(hex.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return hex.n / 2;
}

static struct octets next_word(struct octets *line)
{
	struct octets word;

	while (line->n > 0 && (*line->p == ' ' || *line->p == '\r'))
		line->p++, line->n--;
	word = *line;
	while (line->n > 0 && *line->p != ' ' && *line->p != '\r')
		line->p++, line->n--;
	word.n -= line->n;
	return word;
}

static bool label_of(struct octets word, uint8_t *label)
{
	for (size_t i = 0; i < TLS_LABELS; i++)
		if (strlen(labels[i]) == word.n && memcmp(labels[i], word.p, word.n) == 0) {
			*label = (uint8_t)i;
			return true;
		}
	return false;
}

static bool add_line(struct tls_keys *k, struct octets line)
{
	struct secret found = { 0 }, *s;
	struct octets word = next_word(&line), ignored;

	if (!label_of(word, &found.label) ||
	    from_hex(next_word(&line), found.random, TLS_RANDOM) != TLS_RANDOM)
		return true;
	found.n = (uint8_t)from_hex(next_word(&line), found.octets, TLS_SECRET_MAX);
	if (!found.n || tls_keys_find(k, (enum tls_label)found.label, found.random, &ignored))
		return true;
	s = k->count < SECRETS_MAX ? malloc(sizeof *s) : NULL;
	if (!s)
		return false;
	found.chain = k->buckets[bucket_of(found.random)];
	*s = found;
	k->buckets[bucket_of(found.random)] = s;
	k->count++;
	return true;
}

bool tls_keys_add(struct tls_keys *k, struct octets lines)
{
	bool ok = true;

	while (lines.n > 0 && ok) {
		const uint8_t *end = memchr(lines.p, '\n', lines.n);
		size_t n = end ? (size_t)(end - lines.p) : lines.n;

		ok = add_line(k, (struct octets){ lines.p, n });
		n += end != NULL;
		lines.p += n;
		lines.n -= n;
	}
	return ok;
}

bool tls_keys_read(struct tls_keys *k, const char *path, char *why, size_t why_cap)
{
	FILE *fp = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, all = 0;
	ssize_t n;
	bool ok = true;

	if (!fp) {
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
		return false;
	}
	while (ok && all < FILE_MAX && (n = getdelim(&line, &cap, '\n', fp)) > 0) {
		all += (size_t)n;
		if (line[n - 1] == '\n')
			n--;
		ok = tls_keys_add(k, (struct octets){ (const uint8_t *)line, (size_t)n });
	}
	free(line);
	if (!ok)
		snprintf(why, why_cap, "%s: more secrets than can be held", path);
	else if (ferror(fp))
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
	ok = ok && !ferror(fp);
	fclose(fp);
	return ok;
}
