/*
 * Heads as neighbours of 1984 understand them.
 */
#include "mta/mta_inner.h"

#include <stdlib.h>
#include <string.h>

/* Criticality for transfer and for delivery (X.411 8.3.2). */
enum { CRITICAL = 1 << 1 | 1 << 2 };

/* What 1984 has of per-message indicators: disclosure to content return. */
enum { INDICATORS_1984 = 0x0f };

/* Types of MTS-user of 1984: public, private. */
enum { USER_TYPES_1984 = 2 };

static bool is_critical(const struct p1_window *extensions)
{
	struct findings f = { .n = 0 };
	struct p1_iterator it;
	struct p1_extension x;

	p1_walk(&it, extensions, &f);
	while (p1_next_extension(&it, &x))
		if (x.criticality & CRITICAL)
			return true;
	return false;
}

/* ---- names ---- */

/* RFC 1328 3.2: a common name is the domain-defined attribute "Common". */
static bool common_to_dda(struct p1_name *n)
{
	if (n->ddas_n == P1_DDAS_MAX)
		return false;
	n->ddas[n->ddas_n++] = (struct p1_dda){ p1_string("Common"), n->common.s };
	n->common.tag = 0;
	return true;
}

/* Has it extension attributes beside the common name? */
static bool has_others(const struct p1_name *n)
{
	struct findings f = { .n = 0 };
	size_t count = 0;
	struct ber_tlv t;
	struct ber b;

	ber_init(&b, n->extensions, &f);
	while (ber_next(&b, &t))
		count++;
	return count > (n->common.tag ? 1 : 0);
}

/* The name as 1984 can say it; NULL octets: it cannot.  Written to `room` if it must be
 * changed. */
static struct octets name_1984(struct octets name, uint8_t room[P1_NAME_ROOM])
{
	const struct octets cannot = { NULL, 0 };
	struct findings f = { .n = 0 };
	struct p1_name n;
	size_t size;

	if (!p1_name_decode(name, &n, &f) || has_others(&n))
		return cannot;
	if (!n.common.tag && !n.directory.n)
		return name;
	if (n.common.tag && !common_to_dda(&n))
		return cannot;
	n.extensions = n.directory = cannot;
	size = p1_name_encode(&n, name.p[0], room, P1_NAME_ROOM);
	return size && size <= P1_NAME_ROOM ? (struct octets){ room, size } : cannot;
}

bool downgrade_recipient(const struct p1_recipient *r)
{
	uint8_t room[P1_NAME_ROOM];

	return name_1984(r->name, room).n > 0 && !is_critical(&r->extensions);
}

bool downgrade_possible(const struct p1_apdu *a)
{
	uint8_t room[P1_NAME_ROOM];

	return name_1984(a->originator, room).n > 0 && !is_critical(&a->extensions) &&
	       !a->content_type.is_oid;
}

/* ---- members that 1984 has not ---- */

enum { HEADER = 6, TAG_EITS = 0x65, EXTENDED_EITS = 4 };

static void put_header(uint8_t *dst, uint8_t tag, size_t n)
{
	dst[0] = tag;
	dst[1] = 0x84;
	for (int i = 0; i < 4; i++)
		dst[2 + i] = (uint8_t)(n >> 8 * (3 - i));
}

typedef size_t put_fn(struct octets member, uint8_t *dst);

/* The members of a SET without those of one tag; dst NULL: size only.  `put_eits`, if there may
 * be EITs among them, writes those. */
static size_t without(struct octets set, uint32_t tag, put_fn *put_eits, uint8_t *dst)
{
	struct findings f = { .n = 0 };
	struct octets raw;
	struct ber_tlv t;
	size_t n = 0;
	struct ber b;

	ber_init(&b, set, &f);
	if (!ber_next(&b, &t) || !ber_enter(&b, &t))
		return 0;
	while (ber_next(&b, &t)) {
		uint8_t *at = dst ? dst + n : NULL;

		if (!ber_raw(&b, &t, &raw) || t.tag == tag)
			continue;
		if (put_eits && t.tag == BER_APPLICATION(5)) {
			n += put_eits(raw, at);
			continue;
		}
		if (at)
			memcpy(at, raw.p, raw.n);
		n += raw.n;
	}
	return n;
}

/* The built-in ones; object identifiers came in 1988. */
static size_t put_eits(struct octets eits, uint8_t *dst)
{
	size_t n = without(eits, BER_CONTEXT(EXTENDED_EITS), NULL, dst ? dst + HEADER : NULL);

	if (dst)
		put_header(dst, TAG_EITS, n);
	return HEADER + n;
}

/* One trace element: other-actions came in 1988. */
static size_t put_element(struct octets element, uint8_t *dst)
{
	enum { HEADERS = 2 * HEADER };
	struct findings f = { .n = 0 };
	struct octets domain, set;
	struct ber_tlv t;
	struct ber b;
	size_t n;

	ber_init(&b, element, &f);
	if (!ber_next(&b, &t) || !ber_enter(&b, &t) || !ber_next(&b, &t) ||
	    !ber_raw(&b, &t, &domain) || !ber_next(&b, &t) || !ber_raw(&b, &t, &set))
		return 0;
	n = without(set, BER_CONTEXT(3), put_eits, dst + HEADERS + domain.n);
	put_header(dst, 0x30, domain.n + HEADER + n);
	memcpy(dst + HEADER, domain.p, domain.n);
	put_header(dst + HEADER + domain.n, 0x31, n);
	return HEADERS + domain.n + n;
}

/* Bilateral information: for a private domain it came in 1988. */
static size_t put_bilateral(struct octets element, uint8_t *dst)
{
	struct findings f = { .n = 0 };
	struct ber_tlv t;
	struct ber b;

	ber_init(&b, element, &f);
	if (!ber_next(&b, &t) || !ber_enter(&b, &t) || !ber_next(&b, &t) ||
	    !ber_next(&b, &t) || t.tag != BER_APPLICATION(2))
		return 0;
	memcpy(dst, element.p, element.n);
	return element.n;
}

/* Elements of a list, one after the other; owned by the caller. */
static struct octets list_1984(const struct p1_window *w, put_fn *put)
{
	enum { GROWTH = 3 * HEADER };	/* of an octet at most */
	struct findings f = { .n = 0 };
	size_t from = w->end - w->pos, n = 0;
	uint8_t *out = malloc(from * (1 + GROWTH) + 1);
	struct octets element;
	struct p1_iterator it;
	struct ber_tlv t;

	p1_walk(&it, w, &f);
	while (out && ber_next(&it.ber, &t))
		if (ber_raw(&it.ber, &t, &element))
			n += put(element, out + n);
	return (struct octets){ out, n };
}

static struct octets trace_1984(const struct p1_window *w)
{
	return list_1984(w, put_element);
}

/* Owned by the caller. */
static struct octets eits_1984(struct octets eits)
{
	size_t n = eits.n ? put_eits(eits, NULL) : 0;
	uint8_t *out = malloc(n ? n : 1);

	if (out && n)
		put_eits(eits, out);
	return (struct octets){ out, n };
}

static void let_go(struct octets o)
{
	free((void *)(uintptr_t)o.p);
}

/* ---- the message ---- */

struct staying {
	const struct p1_apdu *a;
	const struct p1_relay *relay;
	struct places places;
	uint8_t room[P1_NAME_ROOM];
};

/* Who cannot be said in 1984 is not ours to pass on, and is left out. */
static bool stays(const void *ctx, uint32_t index, const struct p1_window *one)
{
	struct findings f = { .n = 0 };
	struct p1_recipient r;
	struct p1_iterator it;

	(void)ctx;
	(void)index;
	p1_walk(&it, one, &f);
	return p1_next_recipient(&it, &r) && downgrade_recipient(&r);
}

static void recipient_1984(void *ctx, uint32_t i, struct p1_recipient *out)
{
	struct staying *k = ctx;
	struct p1_window w = places_window(&k->places, i);
	struct findings f = { .n = 0 };
	struct p1_iterator it;

	p1_walk(&it, &w, &f);
	if (!p1_next_recipient(&it, out))
		return;
	if (k->relay->responsible &&
	    !k->relay->responsible(k->relay->ctx, k->places.at[i].index, out))
		out->indicators &= (uint8_t)~P1_RESPONSIBILITY;
	out->name = name_1984(out->name, k->room);
	out->extensions = (struct p1_window){ .pos = 0 };
}

static struct octets whole(const struct ber_string *s)
{
	return s->segmented ? (struct octets){ NULL, 0 } : s->raw;
}

static size_t put_head(const struct p1_apdu *a, const struct p1_message *m, uint64_t length,
                       uint8_t *dst, size_t cap)
{
	return a->kind == P1_PROBE ? p1_probe(m, length, dst, cap)
	                           : p1_message_head(m, length, dst, cap);
}

static uint8_t *message_1984(const struct p1_apdu *a, const struct p1_relay *relay,
                             uint64_t length, size_t *n)
{
	uint8_t room[P1_NAME_ROOM], *head = NULL;
	struct staying k = { .a = a, .relay = relay };
	struct octets trace = trace_1984(&a->trace), eits = eits_1984(a->eits);
	struct octets bilateral = list_1984(&a->bilateral, put_bilateral);
	struct p1_message m = {
		.id = a->id, .originator = name_1984(a->originator, room), .eits = eits,
		.content_type = a->content_type, .content_id = whole(&a->content_id),
		.priority = a->priority, .indicators = a->indicators & INDICATORS_1984,
		.deferred = whole(&a->deferred), .bilateral = bilateral,
		.earlier = trace, .trace = relay->trace, .recipient = recipient_1984, .ctx = &k,
	};
	bool ok = trace.p && eits.p && bilateral.p;

	if (a->kind == P1_PROBE)
		length = a->has_length ? a->length : P1_NO_LENGTH;
	if (ok && places_new(&k.places, &a->recipients, stays, NULL)) {
		m.recipients_n = k.places.n;
		*n = put_head(a, &m, length, NULL, 0);
		head = malloc(*n);
	}
	if (head)
		put_head(a, &m, length, head, *n);
	places_free(&k.places);
	let_go(trace);
	let_go(eits);
	let_go(bilateral);
	return head;
}

/* ---- reports ---- */

struct told {
	struct places places;
	uint8_t room[2][P1_NAME_ROOM];
};

/* Names that 1984 cannot say stay as they are: the originator is to learn of whom the
 * report speaks. */
static struct octets name_or_as_it_is(struct octets name, uint8_t room[P1_NAME_ROOM])
{
	struct octets o = name.n ? name_1984(name, room) : name;

	return o.n ? o : name;
}

static bool has_extended(struct octets eits)
{
	struct findings f = { .n = 0 };
	struct ber_tlv t;
	bool has = false;
	struct ber b;

	ber_init(&b, eits, &f);
	if (!eits.n || !ber_next(&b, &t) || !ber_enter(&b, &t))
		return false;
	while (ber_next(&b, &t))
		has |= t.tag == BER_CONTEXT(EXTENDED_EITS);
	return has;
}

static void reported_1984(void *ctx, uint32_t i, struct p1_reported *out)
{
	struct told *t = ctx;
	struct p1_window w = places_window(&t->places, i);
	struct findings f = { .n = 0 };
	struct p1_iterator it;

	p1_walk(&it, &w, &f);
	if (!p1_next_reported(&it, out))
		return;
	out->name = name_or_as_it_is(out->name, t->room[0]);
	out->intended = name_or_as_it_is(out->intended, t->room[1]);
	out->extensions = (struct p1_window){ .pos = 0 };
	if (has_extended(out->converted_eits))
		out->converted_eits = (struct octets){ NULL, 0 };
	if (out->user_type >= USER_TYPES_1984)
		out->user_type = 0;
}

static uint8_t *report_1984(const struct p1_apdu *a, const struct p1_relay *relay, size_t *n)
{
	uint8_t room[P1_NAME_ROOM], *head = NULL;
	struct told told;
	struct octets trace = trace_1984(&a->trace), before = trace_1984(&a->subject_trace);
	struct p1_report r = {
		.id = a->id, .destination = name_1984(a->originator, room), .earlier = trace,
		.trace = relay->trace, .subject = a->subject, .subject_trace = before,
		.content_id = whole(&a->content_id), .additional = a->additional,
		.recipients_n = a->recipients_n, .recipient = reported_1984, .ctx = &told,
	};

	if (a->has_returned && !a->returned.segmented)
		r.returned = a->returned.raw;
	if (places_new(&told.places, &a->recipients, NULL, NULL) && trace.p && before.p) {
		*n = p1_report(&r, NULL, 0);
		head = malloc(*n);
	}
	if (head)
		p1_report(&r, head, *n);
	places_free(&told.places);
	let_go(trace);
	let_go(before);
	return head;
}

uint8_t *downgrade_head(const struct p1_apdu *a, const struct p1_relay *relay, uint64_t length,
                        size_t *n)
{
	return a->kind == P1_REPORT ? report_1984(a, relay, n) : message_1984(a, relay, length, n);
}

uint8_t *downgrade_report(const struct p1_apdu *a, size_t *n)
{
	static const struct p1_relay as_it_is;

	return report_1984(a, &as_it_is, n);
}
