#include "link/link_inner.h"

#include "link/link_kernel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCRATCH = 16 << 10,
	SCRATCH_READS = 16,	/* thrown away in one turn */
	PIECES = 16,		/* of a list cut short by an armed cut */
	BUFFER_LEAST = 2048,
	BUFFER_MOST = 4 << 20,
	READ_MOST = 64 << 10,
};

static const struct link_user nobody;

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- life ---------------------------------------------------------------- */

static void link_free(struct link *l)
{
	net_timer_cancel(l->net, &l->timer);
	way_free(&l->in);
	way_free(&l->out);
	link_tls_free(l->tls);
	free(l);
}

void link_enter(struct link *l)
{
	l->busy++;
}

void link_leave(struct link *l)
{
	if (--l->busy == 0 && l->over)
		link_free(l);
}

/* The connection ends, and with it the link. */
static void finish(struct link *l, int how)
{
	if (l->conn && how == NET_RST)
		net_reset(l->conn);
	else if (l->conn)
		net_close(l->conn);
	l->conn = NULL;
	l->over = true;
}

/* --- moving octets ------------------------------------------------------- */

static void harmed(struct link *l, const struct way *w, const struct link_harm *h)
{
	link_tell_at(l, w, h->missing ? LINK_MISSING : LINK_CORRUPTED, h->offset, 1,
	             h->missing ? h->before : (uint32_t)(h->before << 8 | h->after));
}

static void harmed_in(void *ctx, const struct link_harm *h)
{
	harmed(ctx, &((struct link *)ctx)->in, h);
}

static void harmed_out(void *ctx, const struct link_harm *h)
{
	harmed(ctx, &((struct link *)ctx)->out, h);
}

static void lost_in(void *ctx, size_t octets, uint32_t times)
{
	link_tell(ctx, &((struct link *)ctx)->in, LINK_LOST, octets, times);
}

static void lost_out(void *ctx, size_t octets, uint32_t times)
{
	link_tell(ctx, &((struct link *)ctx)->out, LINK_LOST, octets, times);
}

/* Connection to incoming line. */
static void fill_in(struct link *l, int64_t now_us)
{
	struct way *w = &l->in;
	size_t room;

	while (!w->ended && (room = way_room(w)) > 0) {
		uint8_t *p;
		ssize_t n;

		room = least(room, READ_MOST);
		if (!net_ring_grow(&w->ring, room, LINK_HELD_MAX))
			return;
		room = least(room, net_ring_tail(&w->ring, &p));
		n = net_read(l->conn, p, room);
		if (n == NET_AGAIN)
			return;
		if (n < 0) {
			way_push(w, now_us, (struct link_run){ 0, (int)n });
			return;
		}
		n = (ssize_t)way_enter(w, p, (size_t)n, harmed_in, l);
		if (n == 0)
			continue;
		net_ring_added(&w->ring, (size_t)n);
		way_push(w, now_us, (struct link_run){ (size_t)n, 0 });
	}
}

/* The end of the outgoing line has reached the gate. */
static void end_out(struct link *l)
{
	int end = l->out.end;

	l->out.end = 0;
	if (l->orphan)
		finish(l, end);
	else
		net_shutdown(l->conn);
}

/* May a piece leave?  Only when the one before it has, or both would leave as one. */
static bool piece_may_leave(struct link *l)
{
	struct net_info info;

	l->piece_us = NEVER_US;
	if (!l->out.line.segment || !net_info(l->conn, &info) || info.not_sent == 0) {
		l->piece_look_us = LINK_PIECE_LOOK_US;
		return true;
	}
	l->piece_us = net_now(l->net) + l->piece_look_us;
	if (l->piece_look_us < LINK_PIECE_LOOK_MOST_US)
		l->piece_look_us *= 2;
	return false;
}

static size_t piece_of(const struct way *w, size_t n)
{
	return w->line.segment ? least(n, w->line.segment) : n;
}

/* Outgoing line to connection. */
static void drain_out(struct link *l)
{
	struct way *w = &l->out;

	while (l->conn && !l->draining && w->released > 0 && piece_may_leave(l)) {
		struct iovec v[2];
		size_t most = piece_of(w, way_until_cut(w, w->released));
		int pieces = net_ring_pieces(&w->ring, most, v);
		ssize_t n = net_writev(l->conn, v, pieces);

		if (n == NET_AGAIN)
			return;
		if (n < 0) {
			way_clear(w);
			l->broken = true;
			return;
		}
		net_ring_drop(&w->ring, (size_t)n);
		w->released -= (size_t)n;
		link_count(l, w, (size_t)n);
	}
	if (l->conn && w->end && !w->ring.n)
		end_out(l);
}

static void move(struct link *l)
{
	int64_t now_us = net_now(l->net);

	if (l->draining)
		link_drain(l);
	way_run(&l->in, now_us);
	way_run(&l->out, now_us);
	if (!l->conn || !l->open || l->silent || l->draining)
		return;
	if (!l->in.stalled && !l->discard && !l->orphan)
		fill_in(l, now_us);
	if (!l->out.stalled)
		drain_out(l);
}

/* --- what is told when --------------------------------------------------- */

/* For ways that are not direct: the others are the connection's matter. */
static bool is_readable(const struct link *l)
{
	const struct way *w = &l->in;

	if (way_is_direct(w) || l->silent || l->draining)
		return false;
	return w->released > 0 || (w->end && !w->end_told);
}

static bool is_writable(const struct link *l)
{
	if (l->broken)
		return !l->broken_told;
	if (!l->open || l->draining || l->shut)
		return false;
	if (l->silent)
		return l->swallowed < LINK_SILENT_OCTETS;
	return way_room(&l->out) > 0;
}

static bool gone_is_due(const struct link *l)
{
	if (!l->gone || l->gone_told || l->silent || l->discard)
		return false;
	return way_is_direct(&l->in) || l->in.stalled || l->in.end == NET_RST ||
	       l->in.end == NET_BROKEN;
}

/* Is there anything to tell in the next turn? */
static bool is_due(const struct link *l)
{
	return (l->want_read && is_readable(l)) || (l->want_write && is_writable(l)) ||
	       l->aborted || gone_is_due(l);
}

static void set_interest(struct link *l)
{
	bool read, write;

	if (!l->conn)
		return;
	if (l->silent || l->discard)
		read = true;
	else if (l->draining || l->orphan || l->in.stalled)
		read = false;
	else
		read = way_is_direct(&l->in) ? l->want_read : !l->in.ended && way_room(&l->in) > 0;
	if (l->silent || l->broken || l->draining || l->out.stalled)
		write = false;
	else
		write = way_is_direct(&l->out) ? l->want_write :
		        l->out.released > 0 && l->piece_us == NEVER_US;
	if (read == l->net_read && write == l->net_write)
		return;
	l->net_read = read;
	l->net_write = write;
	net_want(l->conn, read, write);
}

static void turn(void *ctx);

/* --- what changes by itself ------------------------------------------------ */

static int64_t plan_next(const struct link *l)
{
	if (!l->plan || l->plan_from_us == NEVER_US || l->plan_n >= l->plan->n)
		return NEVER_US;
	return l->plan_from_us + l->plan->at[l->plan_n].at_us;
}

static void change(struct link *l, const struct link_change *c)
{
	enum link_direction d = (enum link_direction)c->direction;
	struct link_config config = link_get(l);

	switch ((enum link_change_kind)c->kind) {
	case LINK_CHANGE_STALL:
		link_stall(l, d, c->value);
		return;
	case LINK_CHANGE_DOWN:
		link_down(l, d, c->value);
		return;
	case LINK_CHANGE_CUT:
		link_cut(l, (enum link_cut)c->value);
		return;
	case LINK_CHANGE_RATE:
		config.in.rate = d & LINK_IN ? c->value : config.in.rate;
		config.out.rate = d & LINK_OUT ? c->value : config.out.rate;
		break;
	case LINK_CHANGE_DELAY:
		config.in.delay_us = d & LINK_IN ? (int64_t)c->value : config.in.delay_us;
		config.out.delay_us = d & LINK_OUT ? (int64_t)c->value : config.out.delay_us;
		break;
	}
	link_set(l, &config);
}

static void run_plan(struct link *l)
{
	while (!l->over && l->conn && plan_next(l) <= net_now(l->net)) {
		const struct link_change *c = &l->plan->at[l->plan_n++];

		if (l->plan_n == l->plan->n && l->plan->every_us) {
			l->plan_n = 0;
			l->plan_from_us += l->plan->every_us;
		}
		change(l, c);
	}
}

static void begin_plan(struct link *l)
{
	size_t hidden = link_hidden(l);

	l->plan_from_us = net_now(l->net);
	if (l->in.line.rate || l->in.stalled || l->plan)
		link_tell(l, &l->in, LINK_HIDDEN, hidden, 0);
}

static void set_timer(struct link *l)
{
	int64_t in_us = way_next(&l->in), out_us = way_next(&l->out);
	int64_t at_us = in_us < out_us ? in_us : out_us, plan_us = plan_next(l);

	if (l->conn && l->piece_us < at_us)
		at_us = l->piece_us;
	if (plan_us < at_us)
		at_us = plan_us;
	if (is_due(l))
		at_us = net_now(l->net);
	else if (l->draining && at_us > net_now(l->net) + LINK_DRAIN_LOOK_US)
		at_us = net_now(l->net) + LINK_DRAIN_LOOK_US;
	if (at_us == NEVER_US)
		net_timer_cancel(l->net, &l->timer);
	else if (!net_timer_is_set(&l->timer) || l->timer.at_us != at_us)
		net_timer_set(l->net, &l->timer, at_us, turn, l);
}

void link_settle(struct link *l)
{
	if (l->over)
		return;
	move(l);
	if (l->orphan && l->broken)
		finish(l, NET_FIN);
	if (l->over)
		return;
	set_interest(l);
	set_timer(l);
}

static void tell_ends(struct link *l)
{
	if (l->aborted) {
		l->aborted = false;
		if (l->user->failed)
			l->user->failed(l, ECONNABORTED, l->ctx);
	}
	if (!l->over && gone_is_due(l)) {
		l->gone_told = true;
		if (l->user->gone)
			l->user->gone(l, l->ctx);
	}
}

static void turn(void *ctx)
{
	struct link *l = ctx;

	link_enter(l);
	run_plan(l);
	if (!l->over)
		move(l);
	if (!l->over)
		tell_ends(l);
	if (!l->over && l->want_read && is_readable(l) && l->user->readable)
		l->user->readable(l, l->ctx);
	if (!l->over && l->want_write && is_writable(l) && l->user->writable)
		l->user->writable(l, l->ctx);
	link_settle(l);
	link_leave(l);
}

/* --- what the connection tells ------------------------------------------- */

static void on_connected(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;

	(void)c;
	link_enter(l);
	l->open = true;
	begin_plan(l);
	if (!l->silent && l->user->connected)
		l->user->connected(l, l->ctx);
	if (!l->over) {
		link_count(l, &l->out, 0);
		link_count(l, &l->in, 0);
	}
	link_settle(l);
	link_leave(l);
}

static void on_failed(struct net_conn *c, int error, void *ctx)
{
	struct link *l = ctx;

	(void)c;
	l->broken = l->broken_told = true;
	if (!l->silent && l->user->failed)
		l->user->failed(l, error, l->ctx);
}

static void throw_away(struct net_conn *c)
{
	uint8_t scratch[SCRATCH];
	int left = SCRATCH_READS;

	while (left-- > 0 && net_read(c, scratch, sizeof scratch) > 0)
		;
}

static void on_readable(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;

	if (l->silent || l->discard)
		throw_away(c);
	else if (!way_is_direct(&l->in))
		turn(l);
	else if (l->user->readable)
		l->user->readable(l, l->ctx);
}

static void on_writable(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;

	(void)c;
	if (!way_is_direct(&l->out))
		turn(l);
	else if (l->user->writable)
		l->user->writable(l, l->ctx);
}

static void on_gone(struct net_conn *c, void *ctx)
{
	struct link *l = ctx;
	uint8_t octet;

	l->gone = true;
	link_enter(l);
	if (l->orphan)
		finish(l, NET_FIN);
	else if (!l->silent && !l->discard && !way_is_direct(&l->in) && l->in.ended)
		way_push(&l->in, net_now(l->net),
		         (struct link_run){ 0, (int)net_read(c, &octet, 1) });
	if (!l->over)
		turn(l);
	link_leave(l);
}

/* The net is going, and the link with it. */
static void on_dropped(void *ctx)
{
	struct link *l = ctx;
	const struct link_user *user = l->user;
	void *user_ctx = l->ctx;

	if (l->tls)
		link_tls_dropped(l->tls, &user, &user_ctx);
	link_free(l);
	if (user->dropped)
		user->dropped(user_ctx);
}

static const struct net_user conn_user = {
	on_connected, on_failed, on_readable, on_writable, on_gone, on_dropped,
};

/* --- making and ending --------------------------------------------------- */

struct net_buffers link_buffers(const struct link_config *config, bool stalls)
{
	uint64_t octets = config->in.rate / 8 / 4;	/* 250 ms */

	if (stalls || (octets && octets < BUFFER_LEAST))
		octets = BUFFER_LEAST;
	return (struct net_buffers){ .receive = (uint32_t)least(octets, BUFFER_MOST) };
}

static struct link *link_new(struct net *net, const struct link_config *config,
                             const struct link_user *user, void *ctx)
{
	uint64_t seed = config ? config->seed : 0;
	struct link *l = calloc(1, sizeof *l);

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
	l->in.delay.lost = lost_in;
	l->out.delay.lost = lost_out;
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
	l->conn = net_connect(net, to, source, buffers, &conn_user, l);
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
	net_conn_user(conn, &conn_user, l);
	first_lines(l, config);
	link_enter(l);
	begin_plan(l);
	link_settle(l);
	if (l->tls)
		link_tls_want(l->tls, false, false);
	link_leave(l);
	return l;
}

void link_user(struct link *l, const struct link_user *user, void *ctx)
{
	if (l->tls) {
		link_tls_user(l->tls, user, ctx);
		return;
	}
	l->user = user;
	l->ctx = ctx;
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
	l->want_read = l->want_write = false;
	if (!l->conn || !l->open || l->silent || l->discard || l->broken ||
	    way_is_direct(&l->out))
		finish(l, how);
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
	set_interest(l);
	set_timer(l);
}

static ssize_t read_direct(struct link *l, void *buf, size_t n)
{
	ssize_t r;

	if (l->in.stalled || !l->open)
		return NET_AGAIN;
	r = net_read(l->conn, buf, way_until_cut(&l->in, n));
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
	n = piece_of(w, way_until_cut(w, least(n, w->released)));
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

/* The list up to an armed cut. */
static int shorten(const struct way *w, const struct iovec *iov, int n, struct iovec *out)
{
	int used = 0;
	size_t left = way_until_cut(w, SIZE_MAX);

	for (; used < n && used < PIECES && left > 0; used++) {
		out[used] = iov[used];
		out[used].iov_len = least(iov[used].iov_len, left);
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
	if (l->out.armed) {
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
		sum += least(iov[i].iov_len, LINK_SILENT_OCTETS - l->swallowed - sum);
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
		size_t part = least(n - taken, net_ring_tail(&w->ring, &p));
		size_t left;

		memcpy(p, from + taken, part);
		left = way_enter(w, p, part, harmed_out, l);
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
		size_t part = put(l, iov[i].iov_base, least(iov[i].iov_len, room), &added);

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

size_t link_unsent(const struct link *l)
{
	size_t above = l->tls ? link_tls_waiting(l->tls) : 0;

	return above + l->out.ring.n + (l->conn ? net_unsent(l->conn) : 0);
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
}

void link_stall(struct link *l, enum link_direction d, bool on)
{
	link_enter(l);
	if (d & LINK_IN)
		stall(l, &l->in, on);
	if (d & LINK_OUT)
		stall(l, &l->out, on);
	link_settle(l);
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
