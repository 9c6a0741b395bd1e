/*
 * TLS between a link and its user.
 *
 *     user  --link_writev-->  way out  --> | TLS | --> link_raw_writev
 *     user  <--link_read----  way in   <-- |     | <-- link_raw_read
 *
 * It is the link's user; the real one stands here.  Records are read from the
 * link only when TLS has no octets left for the user, and octets are taken from
 * the user only while few records wait, so windows close through it as they do
 * without it.
 */
#include "crypto/tls_session.h"
#include "link/link_inner.h"

#include <errno.h>
#include <stdlib.h>

enum {
	WAITING_MOST = 64 << 10,	/* octets of records that may wait for the link */
	CHUNK = 16 << 10,
};

struct link_tls {
	struct link *link;
	struct tls_session *session;
	const struct link_user *user;
	void *ctx;
	struct way in, out;		/* the user's octets; only counted here */
	struct net_timer timer;
	bool want_read, want_write;
	bool may_read;			/* reading has not yet answered NET_AGAIN */
	bool open_told, end_told, failed_told;
	bool shut, fin_due;		/* by the user; FIN waits for records to leave */
	ssize_t end;			/* of the link below: NET_FIN ...; 0: none */
	size_t rest_at, rest_n;
	uint8_t rest[CHUNK];		/* records drawn from TLS that the link has not taken */
};

static const struct link_user nobody;

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static enum tls_state state_of(const struct link_tls *t)
{
	return tls_session_state(t->session);
}

static bool is_open(const struct link_tls *t)
{
	return state_of(t) == TLS_OPEN || state_of(t) == TLS_CLOSED;
}

static void tell(struct link_tls *t, enum link_tls_news news, const char *what)
{
	struct link *l = t->link;
	const struct event e = {
		.at_us = net_now(l->net), .offset = t->in.passed, .detail = what, .value = news,
		.cell = CELL_NONE, .kind = EVENT_LINK, .code = LINK_TLS, .type = LINK_IN,
		.flags = l->initiator ? 0 : EVENT_F_INITIATOR,
	};

	if (t->user->event)
		t->user->event(l, &e, t->ctx);
}

/* --- records --------------------------------------------------------------------- */

static size_t waiting(const struct link_tls *t)
{
	return t->rest_n + tls_session_waiting(t->session);
}

static void flush(struct link_tls *t)
{
	while (t->link->conn) {
		struct iovec v;
		ssize_t n;

		if (t->rest_n == 0) {
			t->rest_at = 0;
			t->rest_n = tls_session_pull(t->session, t->rest, sizeof t->rest);
		}
		if (t->rest_n == 0)
			break;
		v = (struct iovec){ t->rest + t->rest_at, t->rest_n };
		n = link_raw_writev(t->link, &v, 1);
		if (n == NET_AGAIN)
			return;
		/* Broken: reading tells how. */
		t->rest_at += n > 0 ? (size_t)n : t->rest_n;
		t->rest_n -= n > 0 ? (size_t)n : t->rest_n;
	}
	if (t->fin_due) {
		t->fin_due = false;
		link_raw_shutdown(t->link);
	}
}

/* Some records into TLS; false: none are there now. */
static bool take(struct link_tls *t)
{
	uint8_t buf[CHUNK];
	ssize_t n = t->end ? t->end : link_raw_read(t->link, buf, sizeof buf);

	if (n == NET_AGAIN || t->end)
		return false;
	if (n < 0) {
		t->end = n;
		return true;
	}
	tls_session_push(t->session, buf, (size_t)n);
	tls_session_step(t->session);
	flush(t);
	return true;
}

/* --- how it goes -------------------------------------------------------------------- */

static void settle(struct link_tls *t);

static void fail(struct link_tls *t, enum link_tls_news news, const char *why)
{
	struct link *l = t->link;

	if (t->end_told)
		return;
	t->end_told = true;
	tell(t, news, why);
	if (t->open_told || !l->initiator || t->failed_told)
		return;
	t->failed_told = true;
	if (t->user->failed)
		t->user->failed(l, EPROTO, t->ctx);
}

static void handshake(struct link_tls *t)
{
	while (state_of(t) == TLS_HANDSHAKE && take(t) && !t->end)
		;
	if (is_open(t) && !t->open_told) {
		t->open_told = t->may_read = true;
		tell(t, LINK_TLS_OPEN, tls_session_why(t->session));
		if (t->link->initiator && t->user->connected)
			t->user->connected(t->link, t->ctx);
		if (!t->link->over)
			link_tls_armed(t, &t->out);
		if (!t->link->over)
			link_tls_armed(t, &t->in);
	} else if (state_of(t) == TLS_FAILED) {
		t->may_read = true;
		fail(t, LINK_TLS_FAILED, tls_session_why(t->session));
	} else if (t->end && !t->open_told) {
		t->may_read = true;
		fail(t, LINK_TLS_TRUNCATED, "the connection ended in the handshake");
	}
}

static ssize_t ended(struct link_tls *t)
{
	if (state_of(t) == TLS_FAILED) {
		fail(t, LINK_TLS_FAILED, tls_session_why(t->session));
		return NET_BROKEN;
	}
	if (state_of(t) == TLS_CLOSED) {
		if (!t->end_told)
			tell(t, LINK_TLS_CLOSED, "close_notify");
		t->end_told = true;
		return NET_FIN;
	}
	if (!t->end_told && t->end == NET_FIN && !t->link->discard && t->link->conn)
		tell(t, LINK_TLS_TRUNCATED, "FIN without close_notify");
	t->end_told = true;
	return t->end;
}

/* --- the user's side ----------------------------------------------------------------- */

static void no_harm(void *ctx, const struct link_harm *h)
{
	(void)ctx;
	(void)h;
}

static bool is_due(const struct way *w)
{
	return w->armed && w->passed == w->cut_at;
}

static bool is_marked(const struct way *w)
{
	return w->marks_n && w->marks[0].octet == w->passed;
}

/* Behind the records of what has passed. */
static uint64_t behind_records(const struct link_tls *t)
{
	const struct link *l = t->link;

	return l->out.passed + l->out.ring.n + waiting(t);
}

static void mark_out(struct link_tls *t)
{
	uint32_t tag;

	flush(t);
	while (way_marked(&t->out, &tag))
		link_raw_mark(t->link, behind_records(t), tag);
}

/* The last octet before the cut is in a record: the cut falls behind that. */
static void cut_out(struct link_tls *t)
{
	t->out.armed = false;
	flush(t);
	link_raw_cut_at(t->link, LINK_OUT, behind_records(t), (enum link_cut)t->out.cut_how);
}

void link_tls_armed(struct link_tls *t, struct way *w)
{
	if (!is_open(t))
		return;
	if (is_marked(w))
		mark_out(t);
	if (!is_due(w))
		return;
	if (w == &t->out) {
		cut_out(t);
	} else {
		w->armed = false;
		link_cut(t->link, (enum link_cut)w->cut_how);
	}
}

static ssize_t give(struct link_tls *t, uint8_t *buf, size_t n)
{
	struct way *w = &t->in;

	n = way_enter(w, buf, n, no_harm, NULL);
	n = way_until_stop(w, n);
	w->passed += n;
	link_tls_armed(t, w);
	return n > 0 ? (ssize_t)n : NET_AGAIN;
}

/* Its user gets nothing now.  What a line had let through before a stall is the user's, as
 * it is without TLS. */
static bool is_held(const struct link_tls *t)
{
	const struct link *l = t->link;

	return l->silent || l->draining || (l->in.stalled && way_is_direct(&l->in) && !t->end);
}

ssize_t link_tls_read(struct link_tls *t, void *buf, size_t n)
{
	struct link *l = t->link;
	ssize_t answer = NET_AGAIN;

	if (is_held(t))
		return NET_AGAIN;
	link_enter(l);
	/* We have cut it: octets that were decrypted are lost with the others. */
	if ((l->discard || !l->conn) && !t->end)
		t->end = link_raw_read(l, buf, n);
	while (is_open(t) || t->end || state_of(t) == TLS_FAILED) {
		size_t got = l->discard || !l->conn ? 0 :
		             tls_session_read(t->session, buf, least(n, CHUNK));

		if (got > 0) {
			answer = give(t, buf, got);
			break;
		}
		if (state_of(t) != TLS_OPEN || t->end) {
			answer = ended(t);
			break;
		}
		if (!take(t))
			break;
	}
	t->may_read = answer != NET_AGAIN;
	settle(t);
	link_leave(l);
	return answer;
}

static size_t put(struct link_tls *t, uint8_t *p, size_t n)
{
	struct way *w = &t->out;
	size_t taken;

	way_enter(w, p, n, no_harm, NULL);
	taken = tls_session_write(t->session, p, way_until_stop(w, n));
	w->passed += taken;
	return taken;
}

ssize_t link_tls_writev(struct link_tls *t, const struct iovec *iov, int n)
{
	struct link *l = t->link;
	size_t sum = 0;

	if (l->broken || l->silent)
		return link_raw_writev(l, iov, n);
	if (t->shut || state_of(t) == TLS_FAILED)
		return NET_BROKEN;
	if (!is_open(t) || l->draining)
		return NET_AGAIN;
	link_enter(l);
	flush(t);
	for (int i = 0; i < n && !l->draining; i++)
		for (size_t at = 0; at < iov[i].iov_len && waiting(t) < WAITING_MOST;) {
			size_t part = put(t, (uint8_t *)iov[i].iov_base + at,
			                  least(iov[i].iov_len - at, CHUNK));

			at += part;
			sum += part;
			if (part == 0 || is_due(&t->out) || is_marked(&t->out)) {
				i = n;
				break;
			}
		}
	flush(t);
	link_tls_armed(t, &t->out);
	settle(t);
	link_leave(l);
	return sum > 0 ? (ssize_t)sum : NET_AGAIN;
}

void link_tls_shutdown(struct link_tls *t)
{
	if (t->shut || !is_open(t))
		return;
	t->shut = t->fin_due = true;
	tls_session_close(t->session);
	flush(t);
	settle(t);
}

void link_tls_want(struct link_tls *t, bool read, bool write)
{
	t->want_read = read;
	t->want_write = write;
	settle(t);
}

/* --- turns ----------------------------------------------------------------------------- */

static void tell_readable(struct link_tls *t)
{
	if (t->want_read && t->may_read && t->user->readable)
		t->user->readable(t->link, t->ctx);
}

static void turn(void *ctx)
{
	struct link_tls *t = ctx;
	struct link *l = t->link;

	link_enter(l);
	tell_readable(t);
	if (!l->over)
		settle(t);
	link_leave(l);
}

static void settle(struct link_tls *t)
{
	struct link *l = t->link;
	bool shaking = state_of(t) == TLS_HANDSHAKE;

	if (l->over || t->user == &nobody)
		return;
	link_raw_want(l, !t->end && (shaking || t->want_read),
	              waiting(t) > 0 || (t->want_write && !shaking));
	if (t->want_read && t->may_read && !is_held(t))
		net_timer_set(l->net, &t->timer, net_now(l->net), turn, t);
	else
		net_timer_cancel(l->net, &t->timer);
}

void link_tls_stalled(struct link_tls *t)
{
	settle(t);
}

static void on_connected(struct link *l, void *ctx)
{
	struct link_tls *t = ctx;

	link_enter(l);
	tls_session_step(t->session);
	flush(t);
	settle(t);
	link_leave(l);
}

static void on_failed(struct link *l, int error, void *ctx)
{
	struct link_tls *t = ctx;

	t->failed_told = true;
	if (t->user->failed)
		t->user->failed(l, error, t->ctx);
}

static void on_readable(struct link *l, void *ctx)
{
	struct link_tls *t = ctx;

	link_enter(l);
	if (state_of(t) == TLS_HANDSHAKE)
		handshake(t);
	else
		t->may_read = true;
	if (!l->over)
		tell_readable(t);
	if (!l->over)
		settle(t);
	link_leave(l);
}

static void on_writable(struct link *l, void *ctx)
{
	struct link_tls *t = ctx;

	link_enter(l);
	flush(t);
	if ((state_of(t) != TLS_HANDSHAKE || l->broken) && t->want_write &&
	    waiting(t) < WAITING_MOST && t->user->writable)
		t->user->writable(l, t->ctx);
	if (!l->over)
		settle(t);
	link_leave(l);
}

static void on_gone(struct link *l, void *ctx)
{
	struct link_tls *t = ctx;

	t->may_read = true;
	if (t->user->gone)
		t->user->gone(l, t->ctx);
}

static void on_event(struct link *l, const struct event *e, void *ctx)
{
	struct link_tls *t = ctx;

	if (t->user->event)
		t->user->event(l, e, t->ctx);
}

static const struct link_user tls_user = {
	on_connected, on_failed, on_readable, on_writable, on_gone, on_event, NULL,
};

/* --- life ------------------------------------------------------------------------------- */

bool link_tls_begin(struct link *l, struct tls_context *c)
{
	struct link_tls *t = calloc(1, sizeof *t);

	if (!t)
		return false;
	t->session = tls_session_new(c);
	if (!t->session) {
		free(t);
		return false;
	}
	t->link = l;
	t->user = l->user;
	t->ctx = l->ctx;
	way_init(&t->in, LINK_IN, 0);
	way_init(&t->out, LINK_OUT, 0);
	l->tls = t;
	l->user = &tls_user;
	l->ctx = t;
	return true;
}

void link_tls_dropped(struct link_tls *t, const struct link_user **user, void **ctx)
{
	*user = t->user;
	*ctx = t->ctx;
}

struct way *link_tls_way(struct link_tls *t, enum link_direction d)
{
	return d == LINK_IN ? &t->in : &t->out;
}

void link_tls_end(struct link *l, bool reset)
{
	struct link_tls *t = l->tls;

	t->user = &nobody;
	net_timer_cancel(l->net, &t->timer);
	if (reset || !l->conn || l->broken || l->silent || l->draining)
		return;
	if (!t->shut)
		tls_session_close(t->session);
	flush(t);
}

void link_tls_free(struct link_tls *t)
{
	if (!t)
		return;
	net_timer_cancel(t->link->net, &t->timer);
	tls_session_free(t->session);
	way_free(&t->in);
	way_free(&t->out);
	free(t);
}
