#include "scenario/ping.h"

#include "base/text.h"
#include "end/end.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct pinging {
	const struct ping_config *c;
	struct ping_result *r;
	struct net *net;
	struct end *end;
	int64_t begin_us;
	bool over;
};

const char *ping_stage_name(enum ping_stage s)
{
	static const char *const names[PING_STAGES] = {
		[PING_NOTHING] = "nothing", [PING_TCP] = "TCP", [PING_TRANSPORT] = "transport",
		[PING_SESSION] = "session", [PING_BOUND] = "bind", [PING_RELEASED] = "release",
	};

	return names[s];
}

/* --- what is told ------------------------------------------------------------------ */

static void reach(struct pinging *p, enum ping_stage s)
{
	if (s <= p->r->stage)
		return;
	p->r->stage = s;
	p->r->at_us[s] = net_now(p->net) - p->begin_us;
}

/* The first reason is the one that counts; what follows comes of it. */
static void say(struct pinging *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct pinging *p, const char *fmt, ...)
{
	va_list ap;

	if (p->r->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(p->r->why, sizeof p->r->why, fmt, ap);
	va_end(ap);
}

static void fact(struct pinging *p, const char *layer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void fact(struct pinging *p, const char *layer, const char *fmt, ...)
{
	char text[PING_FACT - 16];
	va_list ap;

	if (p->r->facts_n == PING_FACTS)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	snprintf(p->r->fact[p->r->facts_n++], PING_FACT, "%-13s %s", layer, text);
}

static void contexts_fact(struct pinging *p, const struct contexts *c)
{
	for (size_t i = 0; i < c->n; i++)
		fact(p, "presentation", "context %u %s", c->at[i].id,
		     c->at[i].result == CONTEXT_ACCEPTED ? "accepted" : "rejected");
}

/* What is in force on a bound association. */
static void facts(struct pinging *p, const struct association *a, const struct p1_bind *b)
{
	char line[PING_FACT - 16];
	struct text t;

	text_init(&t, line, sizeof line);
	p1_bind_text(&t, b);
	fact(p, "transport", "TPDU size %u", a->cotp.tpdu_size);
	fact(p, "session", "version %d, functional units %04x, TSDU size %u",
	     a->session.versions & SESSION_VERSION_2 ? 2 : 1, a->session.units,
	     a->session.tsdu_size);
	if (p->c->context == ASSOCIATION_MTS_TRANSFER)
		contexts_fact(p, &a->presentation.contexts);
	fact(p, "RTSE", "checkpoint %u KiB, window %u, %s, the turn is %s", b->rt.checkpoint,
	     b->rt.window, b->rt.dialogue == RTSE_MONOLOGUE ? "monologue" : "two-way alternate",
	     rtse_turn(&a->rtse) ? "ours" : "the MTA's");
	fact(p, "P1", "%s", line);
}

/* --- events ------------------------------------------------------------------------ */

static void on_pdu(struct pinging *p, const struct event *e)
{
	if (e->layer == LAYER_COTP && e->code == COTP_CC)
		reach(p, PING_TRANSPORT);
	else if (e->layer == LAYER_SESSION && (e->code == SPDU_AC || e->code == SPDU_RF))
		reach(p, PING_SESSION);
}

static struct proof_terms terms(const struct pinging *p, const char *reader, const char *password)
{
	return (struct proof_terms){
		.kind = p->c->credentials, .mta = reader, .password = password,
		.wall_us = net_wall(p->net, net_now(p->net)),
	};
}

static void bind(struct pinging *p)
{
	struct association *a = end_association(p->end);
	struct proof_terms ours = terms(p, p->c->their_name, p->c->our_password);
	char why[CRYPTO_WHY];
	struct p1_bind b;

	if (proof_bind(p->c->proof, &ours, p->c->our_name, &b, why)) {
		association_bind(a, net_now(p->net), &b);
		return;
	}
	say(p, "%s", why);
	association_abort(a, net_now(p->net));
}

static bool is_right(struct pinging *p, const struct p1_bind *b)
{
	struct proof_terms theirs = terms(p, p->c->our_name, p->c->their_password);
	char why[CRYPTO_WHY] = "it has another name";

	if ((!p->c->their_name || ber_string_equal(&b->name, octets_of(p->c->their_name))) &&
	    proof_check(p->c->proof, &theirs, b, why))
		return true;
	p->r->doubted = true;
	say(p, "the MTA's credentials are not good: %s", why);
	return false;
}

static void on_bound(struct pinging *p, const struct p1_bind *b)
{
	struct association *a = end_association(p->end);

	reach(p, PING_BOUND);
	if (b) {
		facts(p, a, b);
		p->r->checkpoint = b->rt.checkpoint;
		p->r->window = b->rt.window;
		p->r->two_way = b->rt.dialogue != RTSE_MONOLOGUE;
		if (!b->name.segmented && b->name.raw.n < sizeof p->r->its_name)
			memcpy(p->r->its_name, b->name.raw.p, b->name.raw.n);
	}
	if (b && !is_right(p, b))
		association_abort(a, net_now(p->net));
	else
		association_release(a, net_now(p->net));
}

static void on_refused(struct pinging *p, const struct event *e)
{
	const struct p1_bind *b = event_service(e)->detail;
	uint32_t reason = event_service(e)->reason;

	if (b && b->rt.refused_by == LAYER_P1)
		say(p, "the MTA refused the bind: %s", p1_bind_error_name(reason));
	else if (b && b->rt.refused_by == LAYER_COTP)
		say(p, "the transport connection was refused: %s", cotp_disconnect_name(reason));
	else
		say(p, "%s refused, reason %u", b ? layer_name(b->rt.refused_by) : "the MTA",
		    reason);
}

static void on_primitive(struct pinging *p, const struct event *e)
{
	if (e->code == SERVICE_CONNECT && (e->flags & EVENT_F_POSITIVE))
		on_bound(p, event_service(e)->detail);
	else if (e->code == SERVICE_CONNECT)
		on_refused(p, e);
	else if (e->code == SERVICE_RELEASE && e->type == CONFIRM)
		reach(p, PING_RELEASED);
	else if (e->code == SERVICE_U_ABORT || e->code == SERVICE_P_ABORT)
		say(p, "the association was aborted");
}

static void on_tcp(struct pinging *p, const struct event *e)
{
	if (e->code == TCP_CONNECTED) {
		reach(p, PING_TCP);
		bind(p);
	} else if (e->code == TCP_FAILED) {
		say(p, "no TCP connection: %s", strerror((int)e->value));
	} else if (e->code == TCP_RST_IN) {
		say(p, "the MTA reset the TCP connection");
	} else if (e->code == TCP_FIN_IN && p->r->stage < PING_RELEASED) {
		say(p, "the MTA closed the TCP connection");
	}
}

static void on_event(struct end *end, const struct event *e, void *ctx)
{
	struct pinging *p = ctx;

	p->end = end;
	if (e->kind == EVENT_TCP)
		on_tcp(p, e);
	else if (e->kind == EVENT_PDU_IN)
		on_pdu(p, e);
	else if (e->kind == EVENT_PRIMITIVE && e->layer == LAYER_P1)
		on_primitive(p, e);
}

static void on_over(struct end *end, void *ctx)
{
	(void)end;
	((struct pinging *)ctx)->over = true;
}

/* --- the association ----------------------------------------------------------------- */

static struct octets selector(const char *s)
{
	return s && *s ? octets_of(s) : (struct octets){ NULL, 0 };
}

static void configure(const struct ping_config *c, struct end_config *out)
{
	struct association_config *a = &out->association;

	association_defaults(a, true);
	association_use(a, c->context);
	a->number = 1;
	a->cotp.remote = selector(c->tsel);
	a->called_ssel = selector(c->ssel);
	a->presentation.called_psel = selector(c->psel);
	a->rtse.checkpoint = c->checkpoint;
	a->rtse.window = c->window;
	a->rtse.dialogue = c->two_way ? RTSE_TWO_WAY_ALTERNATE : RTSE_MONOLOGUE;
	if (c->link)
		out->link = link_words_config(c->link, true);
}

static void wait_for_it(struct pinging *p)
{
	int64_t until = p->begin_us + p->c->limit_us;

	while (!p->over && !(p->c->stop && *p->c->stop)) {
		int64_t now = net_now(p->net);

		if (now >= until) {
			say(p, "no answer for %.0f s", (double)p->c->limit_us / 1e6);
			return;
		}
		net_step(p->net, now + SECOND_US / 10 < until ? now + SECOND_US / 10 : until);
	}
	say(p, p->over ? "the connection ended" : "stopped");
}

bool ping(struct net *net, const struct ping_config *c, struct ping_result *r)
{
	static const struct end_user user = { .event = on_event, .over = on_over };
	struct pinging p = { .c = c, .r = r, .net = net };
	struct end_config config = { .hold_open = false };
	struct end_world *world = end_world_new(net, NULL);

	*r = (struct ping_result){ 0 };
	configure(c, &config);
	p.begin_us = net_now(net);
	if (world)
		p.end = end_connect(world, &c->address, c->has_source ? &c->source : NULL, &config,
		                    &user, &p);
	if (p.end)
		wait_for_it(&p);
	else
		say(&p, "cannot connect: %s", strerror(errno));
	end_world_free(world);
	if (r->stage == PING_RELEASED)
		r->why[0] = '\0';
	return r->stage == PING_RELEASED;
}

static enum association_context context_of(const struct target *t)
{
	return target_supports(t, "pics.mode.normal") ? ASSOCIATION_MTS_TRANSFER
	     : target_supports(t, "pics.mode.x410") ? ASSOCIATION_MTS_TRANSFER_PROTOCOL
	     : target_supports(t, "pics.mode.1984") ? ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984
	     : ASSOCIATION_MTS_TRANSFER;
}

static bool take_line(struct ping_config *c, const struct target *t, char why[static PING_WHY])
{
	char reason[LINK_TLS_WHY];

	if (!t->sides[SIDE_UP].link[0])
		return true;
	c->link = link_words_new(t->sides[SIDE_UP].link, reason);
	if (!c->link)
		snprintf(why, PING_WHY, "link: %.*s", PING_WHY - 8, reason);
	return c->link;
}

void ping_config_free(struct ping_config *c)
{
	proof_free(c->proof);
	link_words_free(c->link);
}

/* Keys and certificates of `up`. */
static bool prove(struct ping_config *c, const struct target *t, char why[static PING_WHY])
{
	struct proof_files files = t->proof;
	const struct target_side *up = &t->sides[SIDE_UP];
	char reason[CRYPTO_WHY];

	snprintf(files.key, sizeof files.key, "%s", up->our_key);
	snprintf(files.certificate, sizeof files.certificate, "%s", up->our_certificate);
	c->proof = proof_new(&files, reason);
	if (!c->proof)
		snprintf(why, PING_WHY, "%s", reason);
	return c->proof;
}

bool ping_target(struct ping_config *c, struct net *net, const struct target *t,
                 char why[static PING_WHY])
{
	const struct target_side *up = &t->sides[SIDE_UP];

	*c = (struct ping_config){
		.context = context_of(t), .our_name = up->our_name,
		.our_password = target_secret(up->our_password),
		.credentials = (enum proof_kind)up->credentials, .tsel = t->tsel,
		.ssel = t->ssel, .psel = t->psel,
		.checkpoint = (uint32_t)target_value(t, KNOWN_CHECKPOINT) / RTSE_CHECKPOINT_UNIT,
		.window = (uint32_t)target_value(t, KNOWN_WINDOW), .limit_us = 30 * SECOND_US };
	if (!net_resolve(net, &c->address, t->address, 102)) {
		snprintf(why, PING_WHY, "%s: no such address", t->address);
		return false;
	}
	c->has_source = up->source[0] != '\0';
	if (c->has_source && !net_resolve(net, &c->source, up->source, 0)) {
		snprintf(why, PING_WHY, "%s: no such address", up->source);
		return false;
	}
	if (!take_line(c, t, why))
		return false;
	if (c->credentials == PROOF_SIMPLE)
		return true;
	c->their_name = t->its_name;
	c->their_password = target_secret(t->its_password);
	return prove(c, t, why);
}
