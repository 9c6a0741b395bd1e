/*
 * TSDUs on their way in: pieces -> TSDU -> SPDUs.
 *
 * A TSDU is read where it lies if one piece has all of it, else gathered; but
 * the user information of DT and TD goes up piece by piece as soon as the
 * headers before it are complete.
 */
#include "session_glue.h"

/* ---- TSDUs ---- */

/* GT and PT without Token Item only herald what follows (Table A.1 note 2). */
static bool heralds(const struct session_pdu *p)
{
	return session_spdu_category(p->kind) == 0 && !session_has(p, SESSION_TOKEN_ITEM) &&
	       session_whole_spdu(p);
}

static bool within_terms(const struct session *s, const struct session_tsdu *tsdu,
                         struct findings *f)
{
	return !session_agreed(s) || session_check_terms(s, tsdu, f);
}

/* A.4.3.2 a).  What could be read of it is told. */
static void invalid_tsdu(struct session *s, struct turn *t, struct octets octets,
                         const struct session_tsdu *tsdu)
{
	const struct finding *f = findings_fatal(t->findings);

	for (size_t i = 0; i < tsdu->n; i++)
		if (!heralds(&tsdu->pdu[i]))
			turn_pdu(t, LAYER_SESSION, EVENT_PDU_IN, (uint8_t)tsdu->pdu[i].kind, octets,
			         s->tsdu_offset, NULL);
	session_fail(s, t, SESSION_UNEXPECTED, f ? f->octet : 0, TDISC_PROTOCOL_ERROR);
}

static void take_tsdu(struct session *s, struct turn *t, struct octets octets)
{
	uint8_t order[SESSION_SPDUS_MAX];
	struct session_tsdu tsdu;

	if (!session_decode_tsdu(octets, &tsdu, t->findings) ||
	    !within_terms(s, &tsdu, t->findings)) {
		invalid_tsdu(s, t, octets, &tsdu);
		return;
	}
	session_order(&tsdu, order);
	for (size_t i = 0; i < tsdu.n; i++) {
		const struct session_pdu *p = &tsdu.pdu[order[i]];

		if (!heralds(p) && !session_take_spdu(s, t, p, octets))
			return;
		if (s->vars.state == SESSION_STA01)
			return;
	}
}

/* All octets of the TSDU are in s->tsdu. */
static void take_gathered(struct session *s, struct turn *t)
{
	struct octets octets = { s->tsdu.p, s->tsdu.n };

	if (session_keep(t, &s->tsdu))
		take_tsdu(s, t, octets);
	else
		session_fail(s, t, SESSION_MEMORY, 0, TDISC_RESTRICTION);
}

/* ---- streams ---- */

/* 6.3.7.1: GT or PT with tokens is processed after what it stands before. */
static void take_prefix(struct session *s, struct turn *t)
{
	struct session_pdu p;

	if (s->prefix == SPDU_NONE || s->vars.state == SESSION_STA01)
		return;
	session_pdu_init(&p, s->prefix);
	p.token_item = s->prefix_tokens;
	p.has = 1u << SESSION_TOKEN_ITEM;
	s->prefix = SPDU_NONE;
	session_take_spdu(s, t, &p, (struct octets){ NULL, 0 });
}

static void end_stream(struct session *s, struct turn *t)
{
	session_end_data(s);
	take_prefix(s, t);
}

static void stream_piece(struct session *s, struct turn *t, const struct session_piece *piece)
{
	session_deliver(s, t, piece);
	if (piece->last)
		end_stream(s, t);
}

/* The headers are complete: the table says what becomes of what follows. */
static bool begin_stream(struct session *s, struct turn *t, const struct session_head *head)
{
	const struct session_pdu *p = &head->tsdu.pdu[head->tsdu.n - 1];
	const struct session_pdu *prefix = head->tsdu.n > 1 ? &head->tsdu.pdu[0] : NULL;

	s->prefix = SPDU_NONE;
	if (prefix && !heralds(prefix)) {
		s->prefix = (uint8_t)prefix->kind;
		s->prefix_tokens = prefix->token_item;
	}
	if (!session_begin_data(s, t, p))
		return false;
	s->rx = SESSION_RX_STREAM;
	return true;
}

/* `seen`: the first octets, with all headers; `rest`: what came with the last of
 * them.  User information begins in this piece, or it would have gone up. */
static void take_head(struct session *s, struct turn *t, const struct session_head *head,
                      struct octets seen, const struct session_piece *rest)
{
	const struct session_pdu *p = &head->tsdu.pdu[head->tsdu.n - 1];
	size_t n = seen.n - head->user_at;
	struct session_piece part = {
		{ seen.p + head->user_at, n }, rest->offset - n, rest->last && !rest->octets.n,
	};

	turn_pdu(t, LAYER_SESSION, EVENT_PDU_IN, (uint8_t)p->kind, seen, s->tsdu_offset, NULL);
	if (part.last)
		session_head_end(head, seen.n, t->findings);
	within_terms(s, &head->tsdu, t->findings);	/* DT and TD break none that is fatal */
	if (!begin_stream(s, t, head))
		return;
	stream_piece(s, t, &part);
	if (!part.last)
		stream_piece(s, t, rest);
}

/* ---- pieces ---- */

static bool gather(struct session *s, struct turn *t, struct octets o)
{
	if (gather_add(&s->tsdu, t->pool, o))
		return true;
	session_fail(s, t, session_why_not(&s->tsdu, o.n), s->tsdu.n, TDISC_RESTRICTION);
	return false;
}

static void gather_piece(struct session *s, struct turn *t, const struct session_piece *piece)
{
	if (piece->last && s->tsdu.n == 0) {
		take_tsdu(s, t, piece->octets);
		return;
	}
	if (gather(s, t, piece->octets) && piece->last)
		take_gathered(s, t);
}

/* User information, if any has come, can go up. */
static void head_complete(struct session *s, struct turn *t, const struct session_head *head,
                          struct octets seen, const struct session_piece *rest)
{
	if (session_keep(t, &s->tsdu))
		take_head(s, t, head, seen, rest);
	else
		session_fail(s, t, SESSION_MEMORY, 0, TDISC_RESTRICTION);
}

/* The first octets of the TSDU: in place if it begins with this piece, else
 * gathered, but no more of them than session_head() may want. */
static bool first_octets(struct session *s, struct turn *t, struct octets *seen,
                         struct octets *rest)
{
	size_t most = SESSION_HEAD_MAX - s->tsdu.n;
	size_t n = seen->n < most ? seen->n : most;

	*rest = (struct octets){ seen->p + seen->n, 0 };
	if (s->tsdu.n == 0)
		return true;
	*rest = (struct octets){ seen->p + n, seen->n - n };
	if (!gather(s, t, (struct octets){ seen->p, n }))
		return false;
	*seen = (struct octets){ s->tsdu.p, s->tsdu.n };
	return true;
}

/* Do they stream, are they to be gathered, or must more of them come first? */
static void head_piece(struct session *s, struct turn *t, const struct session_piece *piece)
{
	struct session_piece rest = *piece;
	struct octets seen = piece->octets;
	struct findings notes = { .n = 0 };
	struct session_head head;
	enum session_head_answer answer;
	bool fresh = s->tsdu.n == 0;
	bool whole;

	if (!first_octets(s, t, &seen, &rest.octets))
		return;
	rest.offset += piece->octets.n - rest.octets.n;
	whole = piece->last && !rest.octets.n;
	answer = session_head(seen, whole, &head, &notes);
	if (answer == SESSION_HEAD_STREAM && !whole && !rest.octets.n && seen.n == head.user_at)
		answer = SESSION_HEAD_MORE;	/* no user information yet: nothing is late */
	switch (answer) {
	case SESSION_HEAD_STREAM:
		for (size_t i = 0; i < notes.n; i++)
			findings_add(t->findings, notes.at[i].rule, notes.at[i].octet);
		head_complete(s, t, &head, seen, &rest);
		break;
	case SESSION_HEAD_GATHER:
		s->rx = SESSION_RX_GATHER;
		gather_piece(s, t, fresh ? piece : &rest);
		break;
	case SESSION_HEAD_MORE:
		if (fresh)
			gather(s, t, seen);
		break;
	}
}

void session_receive(struct session *s, struct turn *t, const struct service *v)
{
	struct session_piece piece = { v->data, v->offset, v->last };

	if (v->first) {
		session_let_go(t, &s->tsdu);
		s->tsdu_offset = v->offset;
		s->rx = SESSION_RX_HEAD;
	}
	if (s->vars.state == SESSION_STA01 || s->vars.state == SESSION_STA01B)
		s->rx = SESSION_RX_SKIP;	/* A.4.1.3: no transport connection */
	switch (s->rx) {
	case SESSION_RX_HEAD:
		head_piece(s, t, &piece);
		break;
	case SESSION_RX_GATHER:
		gather_piece(s, t, &piece);
		break;
	case SESSION_RX_STREAM:
		stream_piece(s, t, &piece);
		break;
	default:
		break;
	}
}
