/*
 * Connection establishment: what goes into CN, AC, RF and OA, and what two
 * SPMs have in common (X.225 7.1 to 7.5).
 */
#include <string.h>

#include "session_glue.h"

enum { EITHER_DUPLEX = UNIT_HALF_DUPLEX | UNIT_DUPLEX };

static void has_if(struct session_pdu *p, bool present, enum session_param param)
{
	if (present)
		p->has |= 1u << param;
}

static void fill_references(struct session_pdu *p, const struct references *r)
{
	p->references = *r;
	has_if(p, r->calling.n && p->kind == SPDU_CN, SESSION_CALLING_REFERENCE);
	has_if(p, r->called.n && p->kind != SPDU_CN, SESSION_CALLED_REFERENCE);
	has_if(p, r->common.n, SESSION_COMMON_REFERENCE);
	has_if(p, r->additional.n, SESSION_ADDITIONAL_REFERENCE);
}

/* 7.1.1 b) 4), 7.4.1 b) 4): numbers begin with the connection, not with an activity. */
static bool needs_serial(uint16_t units)
{
	return units & (UNIT_MINOR | UNIT_MAJOR | UNIT_RESYNCHRONIZE) && !(units & UNIT_ACTIVITY);
}

static uint8_t available(uint16_t units)
{
	return session_tokens(&(struct session_vars){ .fu = units });
}

static uint8_t highest(uint8_t versions)
{
	return versions & SESSION_VERSION_2 ? SESSION_VERSION_2 : versions & SESSION_VERSION_1;
}

/* Of both kinds of duplex one can be used; with the token it is the safer one. */
static uint16_t one_duplex(uint16_t units)
{
	return (units & EITHER_DUPLEX) == EITHER_DUPLEX ? (uint16_t)(units & ~UNIT_DUPLEX) : units;
}

/* Neither can be over TCP. */
static uint16_t without_expedited(uint16_t units)
{
	return units & (uint16_t)~(UNIT_EXPEDITED | UNIT_SYMMETRIC);
}

static uint16_t our_units(const struct session *s)
{
	return without_expedited(s->config->units);
}

static uint16_t sent_at_most(const struct session *s)
{
	uint16_t size = s->config->send_size;

	return size && size < SESSION_TSDU_LEAST ? SESSION_TSDU_LEAST : size;
}

/* 5.7.5: the lesser one; zero from either side is no limit. */
static uint16_t agreed_size(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

/* ---- CN ---- */

static void fill_cn(struct session *s, const struct service *req, struct session_pdu *cn)
{
	const struct service_names *names = service_names(req);

	session_pdu_init(cn, SPDU_CN);
	fill_references(cn, &names->references);
	cn->units = s->units;
	cn->versions = s->versions;
	cn->token_setting = s->setting;
	cn->tsdu_size_to_initiator = s->config->tsdu_size;
	cn->tsdu_size_to_responder = sent_at_most(s);
	cn->calling_ssel = names->calling_ssel;
	cn->called_ssel = names->called_ssel;
	cn->initial_serial = req->initial_serial;
	cn->has |= 1u << SESSION_PROTOCOL_OPTIONS | 1u << SESSION_VERSION | 1u << SESSION_UNITS;
	has_if(cn, available(s->units), SESSION_TOKEN_SETTING);
	has_if(cn, s->config->tsdu_size || s->config->send_size, SESSION_TSDU_SIZE);
	has_if(cn, req->has_initial_serial || needs_serial(s->units), SESSION_INITIAL_SERIAL);
	has_if(cn, names->calling_ssel.n, SESSION_CALLING_SELECTOR);
	has_if(cn, names->called_ssel.n, SESSION_CALLED_SELECTOR);
}

/* The CN as octets, and behind it what it has no room for. */
static bool hold(struct session *s, struct turn *t, const struct session_pdu *cn,
                 struct octets beyond)
{
	struct node *tree = session_build_concatenated(t->nodes, NULL, cn);
	size_t n = (size_t)node_size(tree);
	uint8_t *p = t->pool->take(t->pool, n + beyond.n);

	if (!p)
		return false;
	if (node_write(t->nodes, tree, p, n) != n) {
		t->pool->give(t->pool, p, n + beyond.n);
		return false;
	}
	if (beyond.n)
		memcpy(p + n, beyond.p, beyond.n);
	s->held.p = p;
	s->held.n = s->held.cap = (uint32_t)(n + beyond.n);
	s->held_head = (uint32_t)n;
	s->overflow = beyond.n > 0;
	return true;
}

/* Over 10,240 octets of user data: the rest goes into CDOs (7.1.1 f). */
static bool hold_overflow(struct session *s, struct turn *t, struct session_pdu *cn,
                          struct node *user, size_t n)
{
	uint8_t *p = t->pool->take(t->pool, n);
	struct octets beyond;
	bool ok;

	if (!p)
		return false;
	beyond = (struct octets){ p + SESSION_EXTENDED_CN, n - SESSION_EXTENDED_CN };
	cn->user_data = (struct octets){ p, SESSION_EXTENDED_CN };
	cn->data_overflow = 1;
	cn->has |= 1u << SESSION_EXTENDED_USER_DATA | 1u << SESSION_DATA_OVERFLOW;
	ok = node_write(t->nodes, user, p, n) == n && hold(s, t, cn, beyond);
	t->pool->give(t->pool, p, n);
	return ok;
}

bool session_prepare_cn(struct session *s, struct turn *t, const struct service *req)
{
	uint64_t n = req->user_data ? node_size(req->user_data) : 0;
	bool named = req->units != 0;
	struct session_pdu cn;

	session_let_go(t, &s->held);
	s->units = named ? without_expedited(req->units) : our_units(s);
	s->setting = named ? req->token_setting : s->config->token_setting;
	s->versions = s->config->proposed_versions;
	if (n > SESSION_USER_DATA_CN)		/* 8.3.1.21: not while version 1 is proposed */
		s->versions &= SESSION_VERSION_2;
	if (!s->versions || n > TSDU_MAX)
		return false;
	fill_cn(s, req, &cn);
	if (n > SESSION_EXTENDED_CN)
		return hold_overflow(s, t, &cn, req->user_data, (size_t)n);
	cn.user_tree = req->user_data;
	has_if(&cn, n > SESSION_USER_DATA_CN, SESSION_EXTENDED_USER_DATA);
	has_if(&cn, n > 0 && n <= SESSION_USER_DATA_CN, SESSION_USER_DATA);
	return hold(s, t, &cn, (struct octets){ NULL, 0 });
}

/* 8.3.5.10 */
static int refusal(const struct session *s, const struct session_pdu *cn)
{
	if (!s->versions)
		return REFUSE_VERSION;
	if (s->config->local_ssel.p && !octets_equal(s->config->local_ssel, cn->called_ssel))
		return REFUSE_SELECTOR_UNKNOWN;
	if (!(s->units & EITHER_DUPLEX))
		return REFUSE_RESTRICTION;
	if (cn->data_overflow && s->versions != SESSION_VERSION_2)
		return REFUSE_VERSION;		/* 7.1.3 */
	return -1;
}

int session_examine_cn(struct session *s, const struct session_pdu *cn)
{
	s->versions = highest(cn->versions & s->config->versions);
	s->units = cn->units & our_units(s);
	s->setting = cn->token_setting;
	s->tsdu_size = agreed_size(cn->tsdu_size_to_responder, s->config->tsdu_size);
	s->send_size = agreed_size(cn->tsdu_size_to_initiator, sent_at_most(s));
	return refusal(s, cn);
}

/* ---- AC ---- */

/* PI 26 pairs 10 of the CN are the called user's choice (8.3.1.11). */
static uint8_t chosen(uint8_t proposed, uint8_t ours)
{
	uint8_t left = (uint8_t)((proposed & 0xaa) >> 1);

	return (uint8_t)((proposed & 0x55 & ~left) | (ours & left));
}

void session_select(const struct session *s, const struct service *rsp, struct session_arg *arg)
{
	arg->units = one_duplex(rsp->units ? rsp->units & s->units : s->units);
	arg->setting = chosen(s->setting, rsp->token_setting);
	arg->serial = needs_serial(arg->units) ? rsp->initial_serial : 0;
}

bool session_accepted(struct session *s, const struct session_pdu *ac, struct session_arg *arg)
{
	uint8_t version = highest(ac->versions & s->versions);
	uint16_t units = one_duplex(ac->units & s->units);

	if (!version || !(units & EITHER_DUPLEX))
		return false;
	s->versions = version;
	s->units = arg->units = units;
	arg->setting = ac->token_setting;
	arg->serial = ac->initial_serial;
	s->tsdu_size = agreed_size(ac->tsdu_size_to_initiator, s->config->tsdu_size);
	s->send_size = agreed_size(ac->tsdu_size_to_responder, sent_at_most(s));
	return true;
}

void session_fill_ac(const struct session *s, const struct session_cause *cause,
                     struct session_pdu *ac)
{
	const struct service *rsp = cause->service;

	session_pdu_init(ac, SPDU_AC);
	fill_references(ac, &service_names(rsp)->references);
	ac->units = cause->arg.units;
	ac->versions = s->versions;
	ac->token_setting = cause->arg.setting;
	ac->token_item = rsp->tokens & available(ac->units);	/* p53 */
	ac->tsdu_size_to_responder = s->config->tsdu_size;
	ac->tsdu_size_to_initiator = sent_at_most(s);
	ac->called_ssel = service_names(rsp)->called_ssel;
	ac->initial_serial = rsp->initial_serial;
	ac->has |= 1u << SESSION_PROTOCOL_OPTIONS | 1u << SESSION_VERSION | 1u << SESSION_UNITS;
	has_if(ac, available(ac->units), SESSION_TOKEN_SETTING);
	has_if(ac, ac->token_item, SESSION_TOKEN_ITEM);
	has_if(ac, s->config->tsdu_size || s->config->send_size, SESSION_TSDU_SIZE);
	has_if(ac, needs_serial(ac->units), SESSION_INITIAL_SERIAL);
	has_if(ac, service_names(rsp)->called_ssel.n, SESSION_CALLED_SELECTOR);
}

/* ---- RF, OA ---- */

void session_fill_rf(const struct session *s, const struct session_cause *cause, bool keep,
                     struct session_pdu *rf)
{
	const struct service *rsp = cause->event == SESSION_EV_SCONrspN ? cause->service : NULL;

	session_pdu_init(rf, SPDU_RF);
	rf->transport_disconnect = keep ? 0 : TDISC_RELEASE;
	rf->versions = s->config->versions;
	rf->reason = cause->refuse;
	rf->has |= 1u << SESSION_TRANSPORT_DISCONNECT | 1u << SESSION_VERSION |
	        1u << SESSION_REASON;
	if (!rsp)
		return;
	fill_references(rf, &service_names(rsp)->references);
	rf->reason = rsp->user_data ? REFUSE_USER_DATA : (uint8_t)rsp->reason;
	rf->units = our_units(s);
	has_if(rf, rf->reason == REFUSE_USER_DATA, SESSION_UNITS);
}

void session_fill_oa(const struct session *s, struct session_pdu *oa)
{
	session_pdu_init(oa, SPDU_OA);
	oa->versions = SESSION_VERSION_2;
	oa->tsdu_size_to_responder = s->config->tsdu_size;
	oa->has |= 1u << SESSION_VERSION;
	has_if(oa, s->config->tsdu_size, SESSION_TSDU_SIZE);
}
