/*
 * What leaves an end: the association's octets, then those that its user wrote while it
 * stood still.
 */
#include "end/end_inner.h"

#include <stdlib.h>
#include <string.h>

/* Octets have passed the user's side of the link; those that a black hole takes have not
 * left. */
void end_passed(struct end *e, bool out, struct octets o)
{
	uint64_t leave = e->hole_at > e->moved[true] ? e->hole_at - e->moved[true] : 0;

	e->moved[out] += o.n;
	if (out && leave < o.n)
		o.n = (size_t)leave;
	if (o.n == 0)
		return;
	tape_data(&e->tape, out, end_wall(e), o);
	if (e->user && e->user->octets)
		e->user->octets(e, out, o, e->ctx);
}

/* Behind what has passed: the link ends our direction while it is being given octets. */
void end_tape_half(struct end *e)
{
	if (e->fin_due)
		tape_fin(&e->tape, true, end_wall(e));
	e->fin_due = false;
}

/* How many octets the link takes; 0: none. */
static size_t write_out(struct end *e, const struct iovec *iov, size_t n)
{
	ssize_t taken;

	e->writing = true;
	taken = link_writev(e->link, iov, (int)n);
	e->writing = false;
	if (taken == NET_AGAIN)
		end_want(e, true);
	if (taken == NET_BROKEN)
		e->broken = true;	/* reading will say how it ended */
	return taken > 0 ? (size_t)taken : 0;
}

/* The user's octets leave when the association's have. */
static bool send_raw(struct end *e)
{
	struct iovec iov = { .iov_len = end_unwritten(e) };
	size_t taken;

	if (iov.iov_len == 0 || !association_output_empty(&e->association))
		return false;
	iov.iov_base = e->raw + e->raw_sent;
	end_look_out(e, &(struct octets){ iov.iov_base, iov.iov_len }, 1);
	taken = write_out(e, &iov, 1);
	end_passed(e, true, (struct octets){ e->raw + e->raw_sent, taken });
	end_tape_half(e);
	if (taken == 0)
		return false;
	e->raw_sent += taken;
	association_passed(&e->association, taken);
	return true;
}

bool end_send(struct end *e)
{
	struct octets slices[ASSOCIATION_SLICES];
	struct iovec iov[ASSOCIATION_SLICES];
	size_t n, taken;

	if (!e->connected || !e->link || e->broken)
		return false;
	n = association_pop(&e->association, slices, ASSOCIATION_SLICES);
	if (n == 0)
		return send_raw(e);
	end_look_out(e, slices, n);
	for (size_t i = 0; i < n; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)slices[i].p, slices[i].n };
	taken = write_out(e, iov, n);
	for (size_t i = 0, left = taken; i < n && left; i++) {
		struct octets o = { slices[i].p, slices[i].n < left ? slices[i].n : left };

		end_passed(e, true, o);
		left -= o.n;
	}
	end_tape_half(e);
	if (taken == 0)
		return false;
	association_popped(&e->association, end_now(e), taken);
	return true;
}

bool end_output_waits(struct end *e)
{
	struct octets slice;

	return !e->broken && (association_pop(&e->association, &slice, 1) > 0 || end_unwritten(e));
}

size_t end_unwritten(const struct end *e)
{
	return e->raw_n - e->raw_sent;
}

bool end_write(struct end *e, struct octets o)
{
	size_t waiting = end_unwritten(e), cap = e->raw_cap ? e->raw_cap : 4096;
	uint8_t *grown = e->raw;

	if (!end_is_detached(e))
		return false;
	while (cap < waiting + o.n)
		cap *= 2;
	if (cap > e->raw_cap)
		grown = realloc(e->raw, cap);
	if (!grown)
		return false;
	memmove(grown, grown + e->raw_sent, waiting);
	if (o.n)
		memcpy(grown + waiting, o.p, o.n);
	e->raw = grown;
	e->raw_cap = cap;
	e->raw_n = waiting + o.n;
	e->raw_sent = 0;
	end_pump(e);
	return true;
}
