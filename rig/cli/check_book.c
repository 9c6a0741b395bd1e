/*
 * The book of `check`: each message, by its MTS identifier, with every attempt to transfer it.
 */
#include "cli/check.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 1024 };

const char *check_weight_name(enum check_weight w)
{
	static const char *const names[CHECK_WEIGHTS] = {
		[CHECK_INFO] = "info", [CHECK_NOTE] = "note", [CHECK_SUPPORT] = "supporting",
		[CHECK_FATAL] = "fatal",
	};

	return (unsigned)w < CHECK_WEIGHTS ? names[w] : "?";
}

const char *check_outcome_name(enum check_outcome o)
{
	static const char *const names[OUTCOMES] = {
		[OUTCOME_CONFIRMED] = "confirmed", [OUTCOME_UNCONFIRMED] = "end not confirmed",
		[OUTCOME_INTERRUPTED] = "interrupted", [OUTCOME_DISCARDED] = "discarded",
		[OUTCOME_ABORTED] = "aborted", [OUTCOME_LOST] = "transport lost",
		[OUTCOME_UNKNOWN] = "not seen to end",
	};

	return (unsigned)o < OUTCOMES ? names[o] : "?";
}

/* ---- messages by identifier ---- */

static uint32_t *slot_of(const struct check_book *b, const char *id)
{
	size_t i = (size_t)XXH3_64bits(id, strlen(id)) & (b->slots_n - 1);

	while (b->slots[i] && strcmp(b->at[b->slots[i] - 1].id, id) != 0)
		i = (i + 1) & (b->slots_n - 1);
	return &b->slots[i];
}

static bool grow(struct check_book *b)
{
	size_t n = b->slots_n ? b->slots_n * 2 : SLOTS_MIN;
	uint32_t *slots = calloc(n, sizeof *slots);
	struct check_message *at = slots ? realloc(b->at, n / 2 * sizeof *at) : NULL;

	if (!at) {
		free(slots);
		return false;
	}
	free(b->slots);
	b->at = at;
	b->slots = slots;
	b->slots_n = n;
	for (size_t i = 0; i < b->n; i++)
		*slot_of(b, b->at[i].id) = (uint32_t)(i + 1);
	return true;
}

static struct check_message *message_of(struct check_book *b, const char *id)
{
	uint32_t *slot;
	char *own;

	if (b->n >= b->slots_n / 2 && (b->n >= CHECK_MESSAGES || !grow(b)))
		return NULL;
	slot = slot_of(b, id);
	if (*slot)
		return &b->at[*slot - 1];
	own = b->n < CHECK_MESSAGES ? strdup(id) : NULL;
	if (!own)
		return NULL;
	b->at[b->n] = (struct check_message){ .id = own };
	*slot = (uint32_t)++b->n;
	return &b->at[b->n - 1];
}

static bool add_attempt(struct check_message *m, const struct check_attempt *a)
{
	if (m->attempts == m->room) {
		uint16_t room = m->room ? (uint16_t)(m->room * 2) : 1;
		struct check_attempt *more;

		if (m->room > UINT16_MAX / 2)
			return false;
		more = realloc(m->attempt, room * sizeof *more);
		if (!more)
			return false;
		m->attempt = more;
		m->room = room;
	}
	m->attempt[m->attempts++] = *a;
	return true;
}

/* ---- what an attempt says ---- */

static unsigned compare_content(struct check_message *m, const XXH128_hash_t *digest,
                                uint64_t octets)
{
	if (!digest)
		return 0;
	if (m->has_digest && !XXH128_isEqual(m->digest, *digest)) {
		m->reused = true;
		return BOOK_REUSED;
	}
	m->has_digest = true;
	m->digest = *digest;
	m->octets = octets;
	return 0;
}

/* Against the attempts before it to the same receiver. */
static unsigned compare_attempts(struct check_message *m, const struct check_attempt *a)
{
	unsigned said = 0;

	for (size_t i = 0; i < m->attempts; i++) {
		if (m->attempt[i].to != a->to)
			continue;
		if (m->attempt[i].outcome == OUTCOME_UNCONFIRMED)
			said |= BOOK_RESENT;
		if (m->attempt[i].outcome == OUTCOME_CONFIRMED && a->outcome == OUTCOME_CONFIRMED)
			said |= BOOK_DOUBLED;
	}
	m->doubled |= (said & BOOK_DOUBLED) != 0;
	return said;
}

unsigned check_book_add(struct check_book *b, const char *id, const XXH128_hash_t *digest,
                        uint64_t octets, const struct check_attempt *a)
{
	struct check_message *m = message_of(b, id);
	unsigned said;

	if (!m) {
		b->beyond++;
		return 0;
	}
	said = compare_content(m, digest, octets);
	if (!(said & BOOK_REUSED))
		said |= compare_attempts(m, a);
	if (!add_attempt(m, a))
		b->beyond++;
	return said;
}

void check_book_free(struct check_book *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->at[i].id);
		free(b->at[i].attempt);
	}
	free(b->at);
	free(b->slots);
}
