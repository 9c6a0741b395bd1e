/*
 * Transfers that broke off: what is kept of them, and how they go on.
 */
#include "rtse/rtse_inner.h"

#include <string.h>

/* ---- session connections ---- */

enum { T61_STRING = 0x14 };

/* calling | common | T61String header | additional */
bool rtse_keep_session(struct rtse_session_kept *k, const struct rtse_session_id *id)
{
	const uint8_t header[] = { T61_STRING, (uint8_t)id->additional.n };
	const struct octets parts[] = {
		id->calling, id->common, { header, sizeof header }, id->additional,
	};
	size_t at = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i].n > RTSE_SESSION_MAX - at)
			return false;
		if (parts[i].n)
			memcpy(k->octets + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	k->calling_n = (uint8_t)id->calling.n;
	k->common_n = (uint8_t)id->common.n;
	k->additional_n = (uint8_t)id->additional.n;
	return true;
}

struct rtse_session_id rtse_session_of(const struct rtse_session_kept *k)
{
	const uint8_t *common = k->octets + k->calling_n;

	return (struct rtse_session_id){
		.calling = { k->octets, k->calling_n },
		.common = { common, k->common_n },
		.additional = { common + k->common_n + 2, k->additional_n },
	};
}

struct references rtse_references_of(const struct rtse_session_kept *k)
{
	struct rtse_session_id id = rtse_session_of(k);
	struct references out = { .calling = id.calling, .common = id.common };

	if (id.additional.n)
		out.additional = (struct octets){ id.additional.p - 2, id.additional.n + 2 };
	return out;
}

void rtse_note_session(struct rtse *r, const struct references *references)
{
	struct rtse_session_id id;

	rtse_session_id(&id, references);
	/* One that is too long cannot be recovered. */
	if (!rtse_keep_session(&r->session, &id))
		r->session = (struct rtse_session_kept){ .calling_n = 0 };
}

/* ---- what is left of a transfer ---- */

void rtse_remember(struct rtse *r, const struct turn *t, enum rtse_past past)
{
	bool begun = past == RTSE_PAST_COMPLETED || r->confirmed > 0;

	if (!r->config->recovery_us || !begun)
		return;
	r->past = (uint8_t)past;
	r->past_elsewhere = false;
	r->until_us = rtse_later(t, r->config->recovery_us);
}

/* X.225 7.30.1: without references it is an activity of this connection. */
static bool same_session(const struct rtse *r, const struct service *s)
{
	const struct rtse_session_kept *k = r->past_elsewhere ? &r->recovered : &r->session;
	struct rtse_session_id theirs, ours = rtse_session_of(k);

	if (!s->has_references)
		return !r->past_elsewhere;
	rtse_session_id(&theirs, &service_names(s)->references);
	return rtse_session_id_equal(&theirs, &ours);
}

/* A checkpoint of which the position is remembered, and whose octets are safe. */
static bool remembered(const struct rtse *r, uint32_t serial)
{
	return serial <= r->confirmed && r->serial - serial < RTSE_WINDOW_MAX;
}

bool rtse_knows(const struct rtse *r, const struct turn *t, const struct service *s)
{
	struct octets id = { r->activity, r->activity_n };

	if (r->past != RTSE_PAST_RECEIVER && r->past != RTSE_PAST_COMPLETED)
		return false;
	return t->now_us <= r->until_us && octets_equal(id, s->old_activity) &&
	       same_session(r, s) &&
	       (r->past == RTSE_PAST_COMPLETED || remembered(r, s->serial));
}

enum { SUM_PRIME = 16777213, SUM_WORDS = 16 };

/* 256^4 to the power of 15, 14 .. 0, and what a block weighs: 256^64. */
static const uint32_t weights[SUM_WORDS] = {
	13901310, 9324211, 8772118, 9492295, 7985905, 5493576, 531441, 11076274,
	5038848, 6561, 14221318, 62208, 81, 589824, 768, 1,
};
static const uint64_t block_weight = 5898612;

static uint32_t four_of(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t weighed(const uint8_t *p, const uint32_t weight[4])
{
	return (uint64_t)four_of(p) * weight[0] + (uint64_t)four_of(p + 4) * weight[1] +
	       (uint64_t)four_of(p + 8) * weight[2] + (uint64_t)four_of(p + 12) * weight[3];
}

/* What is left of all the octets, read as one number, by the largest prime of 24 bits: divided
 * once a block, whose words, weighed, fit into 60 bits together. */
uint32_t rtse_sum(uint32_t sum, struct octets o)
{
	uint64_t h = sum;

	for (; o.n >= 4 * SUM_WORDS; o.p += 4 * SUM_WORDS, o.n -= 4 * SUM_WORDS) {
		h *= block_weight;
		for (size_t i = 0; i < SUM_WORDS; i += 4)
			h += weighed(o.p + 4 * i, weights + i);
		h %= SUM_PRIME;
	}
	for (; o.n >= 4; o.p += 4, o.n -= 4)
		h = (h << 32 | four_of(o.p)) % SUM_PRIME;
	for (; o.n; o.p++, o.n--)
		h = (h << 8 | o.p[0]) % SUM_PRIME;
	return (uint32_t)h;
}

bool rtse_past(const struct rtse *r, int64_t now_us, struct rtse_lost *out)
{
	if (r->past == RTSE_PAST_NONE || now_us > r->until_us)
		return false;
	*out = (struct rtse_lost){
		.session = r->past_elsewhere ? r->recovered : r->session,
		.sender = r->past == RTSE_PAST_SENDER,
		.completed = r->past == RTSE_PAST_COMPLETED,
		.activity_n = r->activity_n, .id = r->id,
		.serial = r->serial, .confirmed = r->confirmed,
		.sum = r->have_sum, .at = r->have, .confirmed_at = r->confirmed_at,
		.until_us = r->until_us,
	};
	memcpy(out->activity, r->activity, sizeof out->activity);
	memcpy(out->marks, r->marks, sizeof out->marks);
	return true;
}

bool rtse_adopt(struct rtse *r, const struct rtse_lost *lost)
{
	if (rtse_busy(r))
		return false;
	r->recovered = lost->session;
	r->past_elsewhere = true;
	r->past = lost->sender ? RTSE_PAST_SENDER
	                       : lost->completed ? RTSE_PAST_COMPLETED : RTSE_PAST_RECEIVER;
	r->activity_n = lost->activity_n;
	memcpy(r->activity, lost->activity, sizeof r->activity);
	memcpy(r->marks, lost->marks, sizeof r->marks);
	r->serial = lost->serial;
	r->confirmed = lost->confirmed;
	r->at = r->have = lost->at;
	r->sum = r->have_sum = lost->sum;
	r->confirmed_at = lost->confirmed_at;
	r->until_us = lost->until_us;
	return true;
}

bool rtse_lost_is(const struct rtse_lost *lost, int64_t now_us, const struct rtse_session_id *id)
{
	struct rtse_session_id ours = rtse_session_of(&lost->session);

	return now_us <= lost->until_us && rtse_session_id_equal(&ours, id);
}
