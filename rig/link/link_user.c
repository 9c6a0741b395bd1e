/*
 * What the user of a link calls: making and ending it, reading and writing, lines and gates.
 */
#include "link/link_inner.h"

#include "link/link_kernel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	PIECES = 16,		/* of a list cut short by an armed cut */
	BUFFER_LEAST = 2048,
	BUFFER_MOST = 4 << 20,
	/* What Linux makes of less (socket(7)). */
	BUFFER_FLOOR = 2304,
};

static const struct link_user nobody;

/* --- making and ending --------------------------------------------------- */

struct net_buffers link_buffers(const struct link_config *config, bool stalls)
{
	uint64_t octets = config->in.rate / 8 / 4;	/* 250 ms */

	if (stalls || (octets && octets < BUFFER_LEAST))
		octets = BUFFER_LEAST;
	return (struct net_buffers){ .receive = (uint32_t)link_least(octets, BUFFER_MOST) };
}

/* Linux doubles what it is asked for, for its book-keeping. */
size_t link_buffers_hide(struct net_buffers b)
{
	size_t doubled = 2 * (size_t)b.receive;

	return b.receive && doubled < BUFFER_FLOOR ? BUFFER_FLOOR : doubled;
}

static struct link *link_new(struct net *net, const struct link_config *config,
                             const struct link_user *user, void *ctx)
{
	uint64_t seed = config ? config->seed : 0;
	struct link *l = net_got(net, calloc(1, sizeof *l));

	if (!l) {
		errno = ENOMEM;
		return NULL;
	}
	l->net = net;
	l->user = user;
	l->ctx = ctx;
	l->plan = config && config->plan && config->plan->n ? config->plan : NULL;
	l->plan_from_us = l->piece_us = NEVER_US;
	l->piece_look_us = LINK_PIECE_LOOK_US;
	way_init(&l->in, LINK_IN, seed);
	way_init(&l->out, LINK_OUT, seed);
	l->kernel = config ? config->kernel : NULL;
	l->in.by_kernel = l->out.by_kernel = l->kernel;
	l->in.delay.lost = link_lost_in;
	l->out.delay.lost = link_lost_out;
	l->in.delay.ctx = l->out.delay.ctx = l;
	return l;
}

static void arm_first(struct link *l, enum link_direction d, const struct link_fault *fault)
{
	if (fault->place == LINK_AT_OCTET)
		link_cut_at(l, d, fault->n, fault->how);
	else if (fault->place != LINK_AT_NONE)
		link_cut_frame(l, d, fault);
}

/* TLS before all else: cuts count its octets. */
static bool begin_tls(struct link *l, const struct link_config *config)
{
	return !config || !config->tls || link_tls_begin(l, config->tls);
}

/* The first lines; the user hears of them but cannot end the link yet. */
static void first_lines(struct link *l, const struct link_config *config)
{
	if (!config)
		return;
	link_enter(l);
	link_set(l, config);
	arm_first(l, LINK_IN, &config->cut_in);
	arm_first(l, LINK_OUT, &config->cut_out);
	assert(!l->over);
	link_leave(l);
}

struct link *link_connect(struct net *net, const struct net_address *to,
                          const struct net_address *source, const struct net_buffers *buffers,
                          const struct link_config *config,
                          const struct link_user *user, void *ctx)
{
	struct link *l = link_new(net, config, user, ctx);
	int error;

	if (!l)
		return NULL;
	l->initiator = true;
	if (!begin_tls(l, config)) {
		link_free(l);
		errno = ENOMEM;
		return NULL;
	}
	first_lines(l, config);
	l->conn = net_connect(net, to, source, buffers, &link_conn_user, l);
	if (l->conn)
		return l;
	error = errno;
	link_free(l);
	errno = error;
	return NULL;
}

struct link *link_accept(struct net_conn *conn, const struct link_config *config,
                         const struct link_user *user, void *ctx)
{
	struct link *l = link_new(net_conn_net(conn), config, user, ctx);

	if (!l)
		return NULL;
	if (!begin_tls(l, config)) {
		link_free(l);
		return NULL;
	}
	l->conn = conn;
	l->open = true;
	net_conn_user(conn, &link_conn_user, l);
	first_lines(l, config);
	link_enter(l);
	link_begin_plan(l);
	link_settle(l);
	if (l->tls)
		link_tls_want(l->tls, false, false);
	link_leave(l);
	return l;
}

/* Closing opens the gate: nobody is left who could. */
static void leave_to_line(struct link *l, int how)
{
	l->orphan = true;
	l->out.stalled = false;
	way_clear(&l->in);
	way_push(&l->out, net_now(l->net), (struct link_run){ 0, how });
}

static void end(struct link *l, int how)
{
	link_enter(l);
	l->user = &nobody;
	l->out.marks_n = 0;
	l->want_read = l->want_write = false;
	if (!l->conn || !l->open || l->silent || l->discard || l->broken ||
	    way_is_direct(&l->out))
		link_finish(l, how);
	else
		leave_to_line(l, how);
	link_settle(l);
	link_leave(l);
}

void link_close(struct link *l)
{
	link_enter(l);
	if (l->tls)
		link_tls_end(l, false);
	end(l, NET_FIN);
	link_leave(l);
}

void link_reset(struct link *l)
{
	link_enter(l);
	if (l->tls)
		link_tls_end(l, true);
	end(l, NET_RST);
	link_leave(l);
}

/* --- the user's side ----------------------------------------------------- */

void link_raw_want(struct link *l, bool read, bool write)
{
	l->want_read = read;
	l->want_write = write;
	link_set_interest(l);
	link_set_timer(l);
}

static ssize_t read_direct(struct link *l, void *buf, size_t n)
{
	ssize_t r;

	if (l->in.stalled || !l->open)
		return NET_AGAIN;
	r = net_read(l->conn, buf, way_until_stop(&l->in, n));
	if (r > 0)
		link_count(l, &l->in, (size_t)r);
	return r;
}

ssize_t link_raw_read(struct link *l, void *buf, size_t n)
{
	struct way *w = &l->in;

	if (l->silent || l->draining)
		return NET_AGAIN;
	if (way_is_direct(w))
		return read_direct(l, buf, n);
	n = link_piece_of(w, way_until_stop(w, link_least(n, w->released)));
	if (n == 0) {
		w->end_told = true;
		return w->end ? w->end : NET_AGAIN;
	}
	net_ring_take(&w->ring, buf, n);
	w->released -= n;
	link_enter(l);
	link_count(l, w, n);
	link_settle(l);
	link_leave(l);
	return (ssize_t)n;
}

/* The list up to an armed cut or a mark. */
static int shorten(const struct way *w, const struct iovec *iov, int n, struct iovec *out)
{
	int used = 0;
	size_t left = way_until_stop(w, SIZE_MAX);

	for (; used < n && used < PIECES && left > 0; used++) {
		out[used] = iov[used];
		out[used].iov_len = link_least(iov[used].iov_len, left);
		left -= out[used].iov_len;
	}
	return used;
}

static ssize_t write_direct(struct link *l, const struct iovec *iov, int n)
{
	struct iovec cut[PIECES];
	ssize_t r;

	if (l->out.stalled)
		return NET_AGAIN;
	if (l->out.armed || l->out.marks_n) {
		n = shorten(&l->out, iov, n, cut);
		iov = cut;
	}
	r = net_writev(l->conn, iov, n);
	if (r > 0)
		link_count(l, &l->out, (size_t)r);
	return r;
}

static ssize_t write_silence(struct link *l, const struct iovec *iov, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += link_least(iov[i].iov_len, LINK_SILENT_OCTETS - l->swallowed - sum);
	l->swallowed += sum;
	return sum ? (ssize_t)sum : NET_AGAIN;
}

/* Copies octets into the ring; `added`: what is left of them there.  Returns how
 * many were taken. */
static size_t put(struct link *l, const uint8_t *from, size_t n, size_t *added)
{
	struct way *w = &l->out;
	size_t taken = 0;

	if (!net_ring_grow(&w->ring, n, LINK_HELD_MAX))
		return 0;
	while (taken < n) {
		uint8_t *p;
		size_t part = link_least(n - taken, net_ring_tail(&w->ring, &p));
		size_t left;

		memcpy(p, from + taken, part);
		left = way_enter(w, p, part, link_harmed_out, l);
		net_ring_added(&w->ring, left);
		taken += part;
		*added += left;
	}
	return taken;
}

static ssize_t write_line(struct link *l, const struct iovec *iov, int n)
{
	struct way *w = &l->out;
	size_t room = way_room(w), sum = 0, added = 0;

	link_enter(l);
	for (int i = 0; i < n && room > 0; i++) {
		size_t part = put(l, iov[i].iov_base, link_least(iov[i].iov_len, room), &added);

		room -= part;
		sum += part;
		if (part < iov[i].iov_len)
			break;
	}
	if (added > 0)
		way_push(w, net_now(l->net), (struct link_run){ added, 0 });
	if (sum > 0)
		link_settle(l);
	link_leave(l);
	return sum > 0 ? (ssize_t)sum : NET_AGAIN;
}

ssize_t link_raw_writev(struct link *l, const struct iovec *iov, int n)
{
	if (l->broken || l->shut) {
		l->broken_told = true;
		return NET_BROKEN;
	}
	if (!l->open || l->draining)
		return NET_AGAIN;
	if (l->silent)
		return write_silence(l, iov, n);
	if (way_is_direct(&l->out))
		return write_direct(l, iov, n);
	return write_line(l, iov, n);
}

void link_raw_shutdown(struct link *l)
{
	if (!l->open || l->shut || l->broken)
		return;
	l->shut = true;
	if (l->silent)
		return;
	link_enter(l);
	way_push(&l->out, net_now(l->net), (struct link_run){ 0, NET_FIN });
	link_settle(l);
	link_leave(l);
}

void link_want(struct link *l, bool read, bool write)
{
	if (l->tls)
		link_tls_want(l->tls, read, write);
	else
		link_raw_want(l, read, write);
}

ssize_t link_read(struct link *l, void *buf, size_t n)
{
	return l->tls ? link_tls_read(l->tls, buf, n) : link_raw_read(l, buf, n);
}

ssize_t link_writev(struct link *l, const struct iovec *iov, int n)
{
	return l->tls ? link_tls_writev(l->tls, iov, n) : link_raw_writev(l, iov, n);
}

void link_shutdown(struct link *l)
{
	if (l->tls)
		link_tls_shutdown(l->tls);
	else
		link_raw_shutdown(l);
}

uint64_t link_passed(const struct link *l, enum link_direction d)
{
	if (l->tls)
		return link_tls_way(l->tls, d)->passed;
	return d == LINK_IN ? l->in.passed : l->out.passed;
}

struct net_conn *link_conn(const struct link *l)
{
	return l->conn;
}

/* --- lines and gates ----------------------------------------------------- */

static bool same_shape(const struct link_line *a, const struct link_line *b)
{
	return a->burst == b->burst && a->segment == b->segment && a->jitter_us == b->jitter_us &&
	       a->distribution == b->distribution && a->loss.good == b->loss.good &&
	       a->loss.bad == b->loss.bad && a->loss.enter == b->loss.enter &&
	       a->loss.leave == b->loss.leave && a->rto_us == b->rto_us &&
	       a->corrupt == b->corrupt && a->missing == b->missing &&
	       a->duplicate == b->duplicate && a->reorder == b->reorder && a->mtu == b->mtu;
}

static bool has_shape(const struct link_line *a)
{
	return a->burst || a->segment || a->jitter_us || a->loss.good || a->loss.enter ||
	       a->corrupt || a->missing || a->duplicate || a->reorder || a->mtu;
}

static void set_way(struct link *l, struct way *w, const struct link_line *line)
{
	uint64_t rate = line->rate < LINK_RATE_MAX ? line->rate : LINK_RATE_MAX;
	const struct link_line before = w->line;

	if (before.rate != rate) {
		way_set_rate(w, net_now(l->net), rate);
		link_tell(l, w, LINK_RATE_SET, rate, 0);
	}
	way_set_shape(w, line);
	if (before.delay_us != line->delay_us)
		link_tell(l, w, LINK_DELAY_SET, (uint64_t)line->delay_us, 0);
	if (!same_shape(&before, line))
		link_tell(l, w, LINK_SHAPE_SET, has_shape(line), 0);
}

void link_set(struct link *l, const struct link_config *config)
{
	link_enter(l);
	set_way(l, &l->in, &config->in);
	set_way(l, &l->out, &config->out);
	l->in.delay.rtt_us = l->out.delay.rtt_us = config->in.delay_us + config->out.delay_us;
	if (l->kernel)
		link_kernel_set(l->kernel, config);
	link_settle(l);
	link_leave(l);
}

struct link_config link_get(const struct link *l)
{
	return (struct link_config){ .in = l->in.line, .out = l->out.line };
}

static void stall(struct link *l, struct way *w, bool on)
{
	if (w->stalled == on)
		return;
	w->stalled = on;
	link_tell(l, w, on ? LINK_STALL_ON : LINK_STALL_OFF, 0, 0);
	if (on && w == &l->in)
		link_tell_hidden(l);
}

void link_stall(struct link *l, enum link_direction d, bool on)
{
	link_enter(l);
	if (d & LINK_IN)
		stall(l, &l->in, on);
	if (d & LINK_OUT)
		stall(l, &l->out, on);
	link_settle(l);
	if (l->tls)
		link_tls_stalled(l->tls);
	link_leave(l);
}

static void down(struct link *l, struct way *w, bool on)
{
	int64_t wait_us;

	if (w->delay.down == on)
		return;
	wait_us = way_down(w, net_now(l->net), on);
	link_tell(l, w, on ? LINK_DOWN : LINK_UP, (uint64_t)wait_us, 0);
}

void link_down(struct link *l, enum link_direction d, bool on)
{
	link_enter(l);
	if (l->kernel)
		link_kernel_down(l->kernel, on);
	if (d & LINK_IN)
		down(l, &l->in, on);
	if (d & LINK_OUT)
		down(l, &l->out, on);
	link_settle(l);
	link_leave(l);
}

size_t link_hidden(const struct link *l)
{
	return l->conn ? net_receive_buffer(l->conn) : 0;
}
