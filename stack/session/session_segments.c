/*
 * Segmenting of SSDUs on their way out (X.225 6.3.5, 7.11.2, 7.37, 8.4): when a maximum
 * TSDU size was agreed for what we send.
 *
 *     user data that are at hand       all segments at once
 *     a P-DATA that ends in a hole     one by one, each when the one before has left
 */
#include "session_glue.h"
#include "session_layout.h"

enum {
	/* What stands before the hole of a P-DATA: headers of the PDV and of RTTR. */
	HEAD_MAX = 64,
	/* Growth of the LIs around user data: SPDU, group and parameter. */
	LI_GROWTH = 6,
	/* An SSDU without hole in more segments is refused: they are all in one tree arena. */
	SEGMENTS_MAX = 8,
};

static uint32_t shown(const struct session_pdu *p)
{
	if (session_has(p, SESSION_SERIAL))
		return p->serial;
	if (session_has(p, SESSION_REASON))
		return p->reason;
	if (session_has(p, SESSION_TRANSPORT_DISCONNECT))
		return p->transport_disconnect;
	if (p->user_tree)
		return (uint32_t)node_size(p->user_tree);
	return (uint32_t)p->user_data.n;
}

static bool is_data(const struct session_pdu *p)
{
	return p->kind == SPDU_DT || p->kind == SPDU_TD;
}

static void send_one(struct turn *t, const struct session_pdu *p, struct node *tree)
{
	struct service *out = turn_service(t);

	turn_pdu_value(t, LAYER_SESSION, EVENT_PDU_OUT, (uint8_t)p->kind,
	               (struct octets){ NULL, 0 }, 0, shown(p));
	out->user_data = tree;
	turn_emit(t, LAYER_COTP, SERVICE_DATA, REQUEST, out);
}

static void send_whole(struct turn *t, const struct session_pdu *p)
{
	send_one(t, p, session_build_concatenated(t->nodes, NULL, p));
}

/* Octets of user data that one segment with these parameters has room for. */
static size_t capacity(const struct session *s, struct turn *t, const struct session_pdu *p)
{
	struct session_pdu bare = *p;
	uint64_t taken;

	bare.user_tree = NULL;
	bare.user_data = (struct octets){ NULL, 0 };
	bare.has |= 1u << SESSION_ENCLOSURE;
	bare.has &= ~(1u << SESSION_USER_DATA);
	taken = node_size(session_build_concatenated(t->nodes, NULL, &bare));
	taken += is_data(p) ? 0 : LI_GROWTH;
	return taken < s->send_size ? (size_t)(s->send_size - taken) : 0;
}

static struct session_pdu segment_of(const struct session_pdu *p, bool first, bool last)
{
	struct session_pdu out = *p;

	if (!first) {			/* 8.4.2: the enclosure item and user data alone */
		session_pdu_init(&out, (enum session_spdu)p->kind);
		out.has = 1u << SESSION_USER_DATA;
	}
	out.has |= 1u << SESSION_ENCLOSURE;
	out.enclosure = (uint8_t)((first ? ENCLOSURE_BEGIN : 0) | (last ? ENCLOSURE_END : 0));
	return out;
}

/* ---- user data that are at hand ---- */

static void send_at_hand(struct session *s, struct turn *t, const struct session_pdu *p,
                         struct octets user)
{
	size_t at = 0;

	do {
		struct session_pdu whole = segment_of(p, at == 0, true);
		size_t room = capacity(s, t, &whole), left = user.n - at;
		size_t n = left < room ? left : room;
		struct session_pdu part = segment_of(p, at == 0, n == left);

		part.user_tree = NULL;
		part.user_data = (struct octets){ user.p + at, n };
		send_whole(t, &part);
		at += n;
		if (n == 0)
			break;
	} while (at < user.n);
}

/* The user data as octets that live as long as the tree; false: no memory. */
static bool to_octets(struct turn *t, const struct session_pdu *p, uint64_t n, struct octets *out)
{
	uint8_t *buffer = kept_take(t->kept, t->pool, (size_t)n);

	if (!buffer || node_write(t->nodes, p->user_tree, buffer, (size_t)n) != n)
		return false;
	*out = (struct octets){ buffer, (size_t)n };
	return true;
}

bool session_segments_fit(const struct session *s, struct turn *t, const struct session_pdu *p)
{
	uint64_t n = p->user_tree ? node_size(p->user_tree) : 0;
	struct session_pdu first = segment_of(p, true, false), next = segment_of(p, false, false);
	size_t a = capacity(s, t, &first), b = capacity(s, t, &next);

	if (is_data(p))
		return a > HEAD_MAX && b > 0;
	if (session_v1(s))
		return n <= a;		/* Annex D: only DT and TD are segmented */
	return a > 0 && b > 0 && n <= a + (SEGMENTS_MAX - 1) * (uint64_t)b;
}

/* ---- a hole ---- */

static struct node *put_copy(struct nodes *a, const uint8_t *p, size_t n)
{
	enum { COPY_MAX = 12 };
	struct node *list = node_list(a, NULL);

	for (size_t at = 0, k; at < n; at += k) {
		k = n - at < COPY_MAX ? n - at : COPY_MAX;
		node_copy(a, list, p + at, k);
	}
	return list;
}

static void send_part(struct session *s, struct turn *t, const struct session_pdu *p,
                      const uint8_t *head, size_t head_n, bool first)
{
	size_t room = capacity(s, t, p) - head_n;
	uint64_t n = s->hole_left < room ? s->hole_left : room;
	struct session_pdu part = segment_of(p, first, n == s->hole_left);
	struct node *list = put_copy(t->nodes, head, head_n);

	node_hole(t->nodes, list, n);
	part.user_tree = list;
	s->hole_at = s->hole_next;
	s->hole_next += n;
	s->hole_left -= n;
	send_one(t, &part, session_build_concatenated(t->nodes, NULL, &part));
}

void session_send_next(struct session *s, struct turn *t)
{
	struct session_pdu p;

	session_pdu_init(&p, (enum session_spdu)s->hole_spdu);
	p.has = 1u << SESSION_USER_DATA;
	send_part(s, t, &p, NULL, 0, false);
}

/* ---- both ---- */

/* Octets of the hole that ends the user data; 0: there is none. */
static uint64_t hole_of(const struct node *user)
{
	while (user && user->last)
		user = user->last;
	return user && user->kind == NODE_HOLE ? user->length : 0;
}

static void begin_hole(struct session *s, struct turn *t, const struct session_pdu *p, uint64_t n)
{
	uint8_t head[HEAD_MAX];
	size_t written = node_write(t->nodes, p->user_tree, head, sizeof head);

	s->hole_spdu = (uint8_t)p->kind;
	s->hole_next = 0;
	s->hole_left = n;
	send_part(s, t, p, head, written, true);
}

void session_send_spdu(struct session *s, struct turn *t, const struct session_pdu *p)
{
	uint64_t n = p->user_tree ? node_size(p->user_tree) : 0;
	struct octets user = { NULL, 0 };
	uint64_t hole;

	if (!s->send_size || (!is_data(p) && (n == 0 || n <= capacity(s, t, p)))) {
		s->hole_at = 0;
		send_whole(t, p);
		return;
	}
	hole = hole_of(p->user_tree);
	if (hole)
		begin_hole(s, t, p, hole);
	else if (n == 0 || to_octets(t, p, n, &user))
		send_at_hand(s, t, p, user);
	else
		session_note(t, SESSION_MEMORY, 0);
}

/* 7.11.2 */
void session_stop_segments(struct session *s)
{
	s->hole_left = 0;
}
