#include "p1/p1_relay.h"

#include "p1/p1_backward.h"

enum {
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_OCTET_STRING = 0x04,
	TAG_TRACE = 0x69,
	TAG_EXTENSIONS = 0xa3,
	TAG_REPORT_EXTENSIONS = 0xa1,
};

enum { CHANGES = 2 };			/* trace, extensions */

/* What stays as it was: octets from..to of the received head, and how many octets of the
 * new one stand behind them. */
struct kept {
	size_t from, to, behind;
};

struct relayed {
	const struct p1_apdu *a;
	const struct p1_relay *relay;
	struct p1_extension internal;	/* what was there; end = 0: none */
	struct kept *kept;		/* [CHANGES + 1], last one first: to find flags again */
};

/* A member of the envelope that is written anew.  at == end: it was not there. */
struct change {
	size_t at, end;
	void (*put)(struct p1_backward *w, const struct relayed *r);
};

static void put_slice(struct p1_backward *w, const struct p1_apdu *a, size_t from, size_t to)
{
	p1_put_octets(w, (struct octets){ a->head.p + from, to - from });
}

static bool is_given(const struct p1_trace *e)
{
	return e->arrival.raw.n > 0;
}

static void put_trace(struct p1_backward *w, const struct relayed *r)
{
	uint64_t mark = p1_mark(w);

	p1_put_trace(w, &r->relay->trace, false);
	if (r->a->trace.present)
		put_slice(w, r->a, r->a->trace.pos, r->a->trace.end);
	p1_put_header(w, TAG_TRACE, mark);
}

/* ---- internal trace ---- */

/* The value of the extension that came, without its header. */
static struct octets earlier(const struct p1_extension *x)
{
	struct octets contents = { NULL, 0 };
	struct findings ignored;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&ignored);
	ber_init(&b, x->value, &ignored);
	if (ber_next(&b, &t))
		ber_contents(&b, &t, &contents);
	return contents;
}

/* ExtensionField { [0] 38, [2] list }; it is critical for nothing (X.411 Figure 2). */
static void put_internal(struct p1_backward *w, const struct p1_trace *e, struct octets before)
{
	uint64_t mark = p1_mark(w);

	p1_put_trace(w, e, true);
	p1_put_octets(w, before);
	p1_put_header(w, TAG_SEQUENCE, mark);
	p1_put_header(w, 0xa2, mark);
	p1_put_int(w, 0x80, P1_INTERNAL_TRACE);
	p1_put_header(w, TAG_SEQUENCE, mark);
}

/* With the internal trace longer, or gone; a list without a member is gone too. */
static void put_extensions(struct p1_backward *w, const struct relayed *r)
{
	const struct p1_window *all = &r->a->extensions;
	uint64_t mark = p1_mark(w);
	size_t at = r->internal.end ? r->internal.at : all->end;

	if (all->present)
		put_slice(w, r->a, r->internal.end ? r->internal.end : all->end, all->end);
	if (is_given(&r->relay->internal))
		put_internal(w, &r->relay->internal, earlier(&r->internal));
	if (all->present)
		put_slice(w, r->a, all->pos, at);
	if (p1_mark(w) != mark)
		p1_put_header(w, r->a->kind == P1_REPORT ? TAG_REPORT_EXTENSIONS : TAG_EXTENSIONS,
		              mark);
}

static void put_internal_field(struct p1_backward *w, const void *ctx)
{
	put_internal(w, ctx, (struct octets){ NULL, 0 });
}

size_t p1_internal_field(const struct p1_trace *e, uint8_t *dst, size_t cap)
{
	return p1_write(put_internal_field, e, 0, dst, cap);
}

/* One that cannot be read is carried as it is. */
static bool changes_internal(const struct relayed *r)
{
	struct findings ignored;
	struct p1_iterator it;

	if (r->relay->no_internal)
		return r->internal.end > 0;
	findings_clear(&ignored);
	return is_given(&r->relay->internal) &&
	       (!r->internal.end || p1_walk_internal(&it, &r->internal, &ignored));
}

/* ---- the head ---- */

/* Last one first; what was not there comes at the end. */
static size_t changes_of(const struct relayed *r, struct change c[CHANGES])
{
	const struct p1_apdu *a = r->a;
	size_t n = 0;

	if (is_given(&r->relay->trace))
		c[n++] = (struct change){ a->trace_at, a->trace_end, put_trace };
	if (changes_internal(r))
		c[n++] = (struct change){ a->extensions_at, a->extensions_end, put_extensions };
	for (size_t i = 0; i < n; i++)
		if (c[i].at == c[i].end)
			c[i].at = c[i].end = a->envelope.end;
	if (n == CHANGES && c[0].at < c[1].at) {
		struct change first = c[0];

		c[0] = c[1];
		c[1] = first;
	}
	return n;
}

static void keep(struct p1_backward *w, const struct relayed *r, size_t i, size_t from, size_t to)
{
	r->kept[i] = (struct kept){ from, to, w->n };
	put_slice(w, r->a, from, to);
}

/* The members of the envelope as they came, but for those that change. */
static void put_members(struct p1_backward *w, const struct relayed *r)
{
	size_t end = r->a->envelope.end, i = 0, n;
	struct change changes[CHANGES];

	n = changes_of(r, changes);
	for (; i < n; i++) {
		keep(w, r, i, changes[i].end, end);
		changes[i].put(w, r);
		end = changes[i].at;
	}
	keep(w, r, i, r->a->envelope.pos, end);
}

static void put_relayed(struct p1_backward *w, const void *ctx)
{
	const struct relayed *r = ctx;
	const struct p1_apdu *a = r->a;
	uint64_t envelope;

	if (a->kind == P1_MESSAGE)
		p1_put_header(w, TAG_OCTET_STRING, 0);
	if (a->kind == P1_REPORT)
		put_slice(w, a, a->report_at, a->report_end);
	envelope = p1_mark(w);
	put_members(w, r);
	if (a->kind != P1_PROBE)
		p1_put_header(w, TAG_SET, envelope);
	p1_put_header(w, (uint8_t)(0xa0 + a->kind), 0);
}

/* Where octet `at` of the received head stands in the new one; it was kept. */
static size_t moved(const struct relayed *r, size_t at, size_t size)
{
	const struct kept *k = r->kept;

	while (at < k->from || at >= k->to)
		k++;
	return size - k->behind - (k->to - at);
}

/* Turns responsibility off where the caller says so: in place, in the copy. */
static void clear_responsibility(const struct relayed *r, uint8_t *dst, size_t size)
{
	struct findings ignored;
	struct p1_recipient one;
	struct p1_iterator it;
	uint32_t index = 0;

	findings_clear(&ignored);
	p1_walk(&it, &r->a->recipients, &ignored);
	for (; p1_next_recipient(&it, &one); index++)
		if (!r->relay->responsible(r->relay->ctx, index, &one) && one.indicators_at)
			dst[moved(r, one.indicators_at, size)] &= 0x7f;
}

size_t p1_relay_head(const struct p1_apdu *a, const struct p1_relay *relay,
                     uint64_t content_length, uint8_t *dst, size_t cap)
{
	struct kept kept[CHANGES + 1] = { { 0, 0, 0 } };
	struct relayed r = { .a = a, .relay = relay, .kept = kept };
	uint64_t follow = a->kind == P1_MESSAGE ? content_length : 0;
	size_t size;

	if (!(relay->no_internal || is_given(&relay->internal)) ||
	    !p1_find_internal(a, &r.internal))
		r.internal.end = 0;
	size = p1_write(put_relayed, &r, follow, dst, cap);
	if (dst && size <= cap && relay->responsible && a->kind != P1_REPORT)
		clear_responsibility(&r, dst, size);
	return size;
}
