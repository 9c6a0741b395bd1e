/*
 * A side: listening, connecting, its send queue, cuts and links.
 */
#include "scenario/watch.h"

#include "array/array.h"
#include "link/link_words.h"
#include "net/net_space.h"
#include "scenario/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options of a link live as long as links that follow their plan. */
struct side_line {
	struct side_line *next;
	struct link_words *words;
};

/* --- the send queue ------------------------------------------------------------ */

static bool queue_room(struct send_queue *q)
{
	uint32_t *grown;

	if (q->head > 0 && q->head + q->n == q->cap) {
		memmove(q->at, q->at + q->head, q->n * sizeof *q->at);
		q->head = 0;
	}
	grown = array_room(q->at, q->head + q->n + 1, &q->cap, sizeof *grown);
	if (!grown)
		return false;
	q->at = grown;
	return true;
}

bool send_queue_put(struct send_queue *q, uint32_t ordinal)
{
	if (!queue_room(q))
		return false;
	q->at[q->head + q->n++] = ordinal;
	return true;
}

static bool queue_put_first(struct send_queue *q, uint32_t ordinal)
{
	if (q->head > 0) {
		q->head--;
	} else {
		if (!queue_room(q))
			return false;
		memmove(q->at + q->head + 1, q->at + q->head, q->n * sizeof *q->at);
	}
	q->at[q->head] = ordinal;
	q->n++;
	return true;
}

/* 0: empty. */
uint32_t send_queue_take(struct send_queue *q)
{
	if (q->n == 0)
		return 0;
	q->n--;
	return q->at[q->head++];
}

/* --- beginning and end ------------------------------------------------------------ */

/* Route and originator: what the IUT knows us by. */
static bool init_names(struct side *s)
{
	const struct octets route = octets_of(s->target->route);
	struct p1_name originator;
	size_t bad;

	if (!route.n)
		return true;
	if (!p1_name_parse(route, &s->route, &bad))
		return run_trouble(s->run, "side %s: its route cannot be read from octet %zu",
		                   s->target->name, bad);
	s->domain = (struct p1_domain){ s->route.country, s->route.admd, s->route.prmd };
	originator = s->route;
	originator.surname = (struct p1_word){ p1_string("Sender"), 0x13 };
	s->originator_n = p1_name_encode(&originator, 0x60, s->originator, sizeof s->originator);
	if (s->originator_n > sizeof s->originator)
		return run_trouble(s->run, "side %s: its route is too long", s->target->name);
	return true;
}

static void accepted(struct net_listener *l, struct net_conn *conn, void *ctx);

static bool open_listener(struct side *s)
{
	const struct net_buffers buffers = link_buffers(&s->link, s->will_stall);

	if (!kernel_enter(s->run, s->number))
		return false;
	s->listener = net_listen(s->run->net, &s->address, 128, &buffers, accepted, s);
	kernel_leave(s->run);
	if (!s->listener)
		return false;
	s->address = net_listener_address(s->listener);
	return true;
}

/* The lab MTA is told an address that it can call later, and nobody else gets meanwhile.
 * Any other MTA knows ours, and another case may be using it. */
static bool reserve_address(struct side *s)
{
	char text[NET_ADDRESS_TEXT];

	if (!s->target->listen[0])
		return true;
	if (!net_address_parse(&s->address, s->target->listen, 102))
		return run_trouble(s->run, "side %s: listen address %s", s->target->name,
		                   s->target->listen);
	if (!s->run->t->lab)
		return true;
	if (s->run->spaces)
		s->address = net_space_address(s->number, false);
	if (!kernel_enter(s->run, s->number))
		return false;
	s->reserved = net_reserve(s->run->net, &s->address);
	kernel_leave(s->run);
	if (!s->reserved)
		return run_trouble(s->run, "side %s: cannot listen at %s: %s%s", s->target->name,
		                   net_address_text(&s->address, text), strerror(errno),
		                   net_listen_hint(errno));
	s->address = net_listener_address(s->reserved);
	return true;
}

static bool will(const struct scenario *sc, uint8_t number, enum step_kind kind)
{
	for (size_t i = 0; i < sc->steps_n; i++)
		if (sc->steps[i].side == number && sc->steps[i].kind == kind)
			return true;
	return false;
}

static bool will_stall(const struct scenario *sc, uint8_t number)
{
	for (size_t i = 0; i < sc->steps_n; i++) {
		const struct step *s = &sc->steps[i];

		if (s->side == number && s->kind == STEP_ARM &&
		    (s->n == ARM_STALL || s->n == ARM_DOWN))
			return true;
	}
	return will(sc, number, STEP_STALL);
}

static bool init_proof(struct side *s)
{
	struct proof_files files = s->run->t->proof;
	char why[CRYPTO_WHY];

	snprintf(files.key, sizeof files.key, "%s", s->target->our_key);
	snprintf(files.certificate, sizeof files.certificate, "%s", s->target->our_certificate);
	s->proof = proof_new(&files, why);
	return s->proof || run_trouble(s->run, "side %s: %s", s->target->name, why);
}

static void draw_seed(struct side *s)
{
	struct random stream = random_for(s->run->config->seed, s->run->sc->id, "link");

	if (!s->link.seed)
		s->link.seed = random_next(&stream);
}

/* What the target says of this side's line, and a step adds to it. */
static bool set_line(struct side *s, const char *more)
{
	char words[TARGET_LINK + LEXER_LINE_MAX], why[LINK_TLS_WHY] = "out of memory";
	struct side_line *line;

	s->link = (struct link_config){ .seed = 0 };
	s->words = NULL;
	if (!s->target->link[0] && !*more)
		return true;
	snprintf(words, sizeof words, "%s %s", s->target->link, more);
	line = calloc(1, sizeof *line);
	if (!line || !(line->words = link_words_new(words, why))) {
		free(line);
		return run_trouble(s->run, "link: %s", why);
	}
	line->next = s->lines;
	s->lines = line;
	s->words = line->words;
	s->link = s->words->options.config;
	draw_seed(s);
	return true;
}

bool side_init(struct run *r, uint8_t number)
{
	struct side *s = &r->sides[number];

	*s = (struct side){ .run = r, .target = &r->t->sides[number], .number = number,
	                     .will_stall = will_stall(r->sc, number),
	                     .will_resume = will(r->sc, number, STEP_RESUME) };
	/* Only where some step asks for a fault at a point. */
	if (will(r->sc, number, STEP_ARM))
		s->points = (struct end_points){ r->points, 0, &s->activities };
	return init_names(s) && init_proof(s) && set_line(s, "") && kernel_side(s) &&
	       reserve_address(s);
}

void side_drop(struct side *s)
{
	if (!s->run)
		return;
	side_close_listener(s);
	if (s->reserved)
		net_listener_close(s->reserved);
	s->reserved = NULL;
	kernel_drop(s);
	net_timer_cancel(s->run->net, &s->pump_timer);
	free(s->queue.at);
	s->queue = (struct send_queue){ 0 };
	proof_free(s->proof);
	s->proof = NULL;
}

void side_forget_lines(struct side *s)
{
	while (s->lines) {
		struct side_line *line = s->lines;

		s->lines = line->next;
		link_words_free(line->words);
		free(line);
	}
}

/* --- ends ----------------------------------------------------------------------------- */

static struct peer *new_peer(struct side *s, bool initiator)
{
	struct run *r = s->run;
	struct peer *p = calloc(1, sizeof *p);
	const char *secret = target_secret(s->target->our_password);

	if (!p) {
		run_trouble(r, "out of memory");
		return NULL;
	}
	p->run = r;
	p->side = s;
	p->initiator = initiator;
	p->nth = ++s->associations;
	p->number = s->number * (uint32_t)SIDE_STRIDE + p->nth;
	snprintf(p->as, sizeof p->as, "%s", s->target->our_name);
	snprintf(p->password, sizeof p->password, "%s", secret ? secret : "");
	p->credentials = (enum proof_kind)s->target->credentials;
	if (!(r->sc->watched >> s->number & 1))
		return p;
	p->watch = watch_new(p);
	if (!p->watch) {
		run_trouble(r, "out of memory");
		free(p);
		return NULL;
	}
	return p;
}

static void keep_peer(struct peer *p)
{
	peers_keep(p);
	if (p->side->stalled)
		link_stall(end_link(p->end), LINK_BOTH, true);
}

/* So that the judge knows whom an expectation means. */
static void name_peer(struct peer *p, uint16_t whom)
{
	p->whom = whom;
	if (!whom)
		return;
	run_feed(p->run, &(struct event){
		.at_us = net_now(p->run->net), .association = p->number, .value = whom,
		.cell = CELL_NONE, .kind = EVENT_SCENARIO, .code = SCENARIO_NAMED });
}

/* Ends that come take the names of `listen` in their order. */
static void keep_name(struct side *s, uint16_t whom)
{
	if (!whom)
		s->whom_n = 0;
	else if (s->whom_n < SCENARIO_NAMES_MAX)
		s->whom[s->whom_n++] = whom;
}

static uint16_t next_name(struct side *s)
{
	uint16_t whom = s->whom[0];

	if (!s->whom_n)
		return 0;
	memmove(s->whom, s->whom + 1, --s->whom_n * sizeof s->whom[0]);
	return whom;
}

static void accepted(struct net_listener *l, struct net_conn *conn, void *ctx)
{
	struct side *s = ctx;
	struct end_config config;
	struct peer *p = new_peer(s, false);

	(void)l;
	if (!p) {
		net_reset(conn);
		return;
	}
	peer_config(p, &config);
	p->end = end_accept(s->run->world, conn, &config, &peer_user, p);
	if (!p->end) {
		run_trouble(s->run, "out of memory");
		peer_free(p);
		return;
	}
	keep_peer(p);
	name_peer(p, next_name(s));
	if (s->detached)
		speak_detach(p, true);
}

/* Calls the IUT.  NULL: errno, or trouble. */
static struct end *call(struct peer *p, const struct end_config *config)
{
	struct run *r = p->run;
	struct net_address to = r->iut.address, source = { 0 };
	const char *from = p->side->target->source;
	bool has_source = !r->spaces && from[0] && net_address_parse(&source, from, 0);
	struct end *end;

	source.port = 0;
	if (r->spaces) {
		to = net_space_address(p->side->number, true);
		to.port = r->iut.address.port;
	}
	if (!kernel_enter(r, p->side->number))
		return NULL;
	end = end_connect(r->world, &to, has_source ? &source : NULL, config, &peer_user, p);
	kernel_leave(r);
	return end;
}

static bool open_end(struct side *s, const struct step *step, struct peer *recovers)
{
	struct run *r = s->run;
	struct end_config config;
	struct peer *p = new_peer(s, true);

	if (!p)
		return false;
	if (step->as)
		snprintf(p->as, sizeof p->as, "%s", scenario_string(r->sc, step->as));
	if (step->password)
		snprintf(p->password, sizeof p->password, "%s",
		         scenario_string(r->sc, step->password));
	if (step->credentials)
		p->credentials = (enum proof_kind)(step->credentials - 1);
	name_peer(p, step->whom);
	p->mute = step->kind == STEP_CONNECT;
	p->recovers = recovers;
	peer_config(p, &config);
	if (!p->mute)
		peer_said(p, SERVICE_CONNECT, REQUEST, false, 0);
	p->end = call(p, &config);
	if (!p->end) {
		int error = errno;

		peer_free(p);
		return run_trouble(r, "side %s: cannot connect: %s", s->target->name,
		                   strerror(error));
	}
	keep_peer(p);
	if (p->mute)
		speak_detach(p, true);
	return true;
}

bool side_associate(struct side *s, const struct step *step)
{
	return open_end(s, step, NULL);
}

bool side_recover(struct side *s, const struct step *step, struct peer *lost)
{
	return open_end(s, step, lost);
}

/* --- steps ---------------------------------------------------------------------------- */

bool side_listen(struct side *s, const struct step *step)
{
	char text[NET_ADDRESS_TEXT];

	s->checkpoint_kib = (uint32_t)(step->size / RTSE_CHECKPOINT_UNIT);
	s->window = step->window;
	s->detached = step->detached;
	s->refusing = step->refusing;
	s->refusal = (uint8_t)step->n;
	keep_name(s, step->whom);
	if (s->listener || open_listener(s))
		return true;
	return run_trouble(s->run, "side %s: cannot listen at %s: %s%s", s->target->name,
	                   net_address_text(&s->address, text), strerror(errno),
	                   net_listen_hint(errno));
}

void side_close_listener(struct side *s)
{
	if (s->listener)
		net_listener_close(s->listener);
	s->listener = NULL;
}

/* Before a message is offered again that the IUT has refused twice. */
#define REFUSED_PAUSE_US SECOND_US

#define EACH_PEER(p, s) \
	for (struct peer *p = peers_first(&(s)->run->live); p; p = peers_first(&p->next_live)) \
		if (p->side == (s))

void side_link_plain(struct link_config *c, const struct step *step)
{
	if (step->rate)
		c->in.rate = c->out.rate = step->rate;
	if (step->time_us)
		c->in.delay_us = c->out.delay_us = step->time_us;
}

bool side_link(struct side *s, const struct step *step)
{
	if (!set_line(s, step->options ? scenario_string(s->run->sc, step->options) : ""))
		return false;
	side_link_plain(&s->link, step);
	draw_seed(s);
	if (!kernel_link(s))
		return false;
	if (s->listener) {
		const struct net_buffers buffers = link_buffers(&s->link, s->will_stall);

		net_listener_buffers(s->listener, &buffers);
	}
	EACH_PEER(p, s)
		if ((!step->whom || p->whom == step->whom) && end_link(p->end))
			link_set(end_link(p->end), &s->link);
	return true;
}

void side_stall(struct side *s, uint16_t whom, bool on)
{
	if (!whom)
		s->stalled = on;
	EACH_PEER(p, s)
		if (!whom || p->whom == whom)
			link_stall(end_link(p->end), LINK_BOTH, on);
}

/* An end looks for points of all sides, and the peer takes those of its own. */
bool side_arm(struct side *s, const struct step *step)
{
	struct run *r = s->run;

	if (r->arms_n == TAP_POINTS_MAX)
		return run_trouble(r, "more than %d faults are armed", TAP_POINTS_MAX);
	r->points[r->arms_n] = step->point;
	r->arms[r->arms_n++] = (struct arm){ s->number, step, false };
	for (size_t i = 0; i < SIDES_MAX; i++)
		r->sides[i].points.n = r->arms_n;
	return true;
}

void side_cut(struct side *s, uint16_t whom, enum cut_how how)
{
	EACH_PEER(p, s)
		if (!whom || p->whom == whom)
			peer_cut(p, how);
}

static void pump(void *ctx);

bool side_transfer(struct side *s, const struct step *step)
{
	if (!s->originator_n)
		return run_trouble(s->run, "side %s: a sender needs a route in the target",
		                   s->target->name);
	if (!messages_add(s, step))
		return false;
	side_pump(s);
	return true;
}

void side_requeue(struct side *s, uint32_t ordinal)
{
	if (!queue_put_first(&s->queue, ordinal))
		run_trouble(s->run, "out of memory");
	side_pump(s);
}

/* Refused again and again: with a pause, or nothing else would ever happen. */
void side_requeue_refused(struct side *s, uint32_t ordinal)
{
	if (s->refused == ordinal)
		net_timer_set(s->run->net, &s->pump_timer, net_now(s->run->net) + REFUSED_PAUSE_US,
		              pump, s);
	s->refused = ordinal;
	side_requeue(s, ordinal);
}

void side_release(struct side *s, uint16_t whom)
{
	s->release_wanted |= !whom;
	EACH_PEER(p, s)
		p->release_wanted |= whom && p->whom == whom;
	side_pump(s);
}

void side_abort(struct side *s, uint16_t whom)
{
	EACH_PEER(p, s) {
		if (whom && p->whom != whom)
			continue;
		peer_said(p, SERVICE_U_ABORT, REQUEST, false, 0);
		association_abort(peer_association(p), net_now(s->run->net));
		end_pump(p->end);
	}
}

static bool may_send(const struct peer *p)
{
	return p->initiator && p->bound && !p->cut && !p->releasing && p->out.ordinal == 0 &&
	       !end_is_detached(p->end);
}

/* Where in the queue the first stands that may go over this end; q->n: there is none. */
static size_t first_for(const struct side *s, const struct peer *p)
{
	const struct send_queue *q = &s->queue;
	size_t i;

	for (i = 0; i < q->n; i++) {
		uint16_t whom = run_own_message(s->run, q->at[q->head + i])->whom;

		if (!whom || whom == p->whom)
			break;
	}
	return i;
}

/* 0: there is none. */
static uint32_t take_for(struct side *s, const struct peer *p)
{
	struct send_queue *q = &s->queue;
	size_t i = first_for(s, p);
	uint32_t ordinal;

	if (i == q->n)
		return 0;
	if (i == 0)
		return send_queue_take(q);
	ordinal = q->at[q->head + i];
	memmove(q->at + q->head + i, q->at + q->head + i + 1, (q->n - i - 1) * sizeof *q->at);
	q->n--;
	return ordinal;
}

static bool has_turn(const struct peer *p)
{
	return rtse_turn(&end_association(p->end)->rtse);
}

static void pass_turn(struct peer *p)
{
	if (!p->turn_due || p->over || !p->bound || p->cut || p->releasing || p->out.ordinal ||
	    end_is_detached(p->end))
		return;
	p->turn_due = false;
	association_turn_give(peer_association(p), net_now(p->run->net));
	end_pump(p->end);
}

/* Transfers and the release are for the side that has the turn (X.218 9.2, 9.3): who has
 * given it away asks for it, but not before the GTA (X.225 Table A.14). */
static bool want_turn(struct peer *p)
{
	if (has_turn(p) || p->turn_wanted ||
	    peer_association(p)->session.vars.state == SESSION_STA18)
		return has_turn(p);
	p->turn_wanted = true;
	association_turn_please(peer_association(p), net_now(p->run->net), 0);
	end_pump(p->end);
	return false;
}

static void release(struct peer *p)
{
	p->releasing = true;
	peer_said(p, SERVICE_RELEASE, REQUEST, false, 0);
	association_release(peer_association(p), net_now(p->run->net));
	end_pump(p->end);
}

static void serve(struct side *s, struct peer *p)
{
	const bool more = p->recovers || first_for(s, p) < s->queue.n;
	uint32_t ordinal;

	if (!may_send(p) || (!more && !p->release_wanted) || !want_turn(p))
		return;
	ordinal = p->recovers ? resume_take(p) : take_for(s, p);
	if (ordinal) {
		peer_send(p, ordinal);
		end_pump(p->end);
	} else if (p->release_wanted) {
		release(p);
	}
}

static void pump(void *ctx)
{
	struct side *s = ctx;
	bool sending = false;

	resume_pump(s);
	EACH_PEER(p, s) {
		pass_turn(p);
		serve(s, p);
		sending |= p->out.ordinal != 0;
	}
	if (!s->release_wanted || sending || s->queue.n > 0)
		return;
	s->release_wanted = false;
	EACH_PEER(p, s) {
		p->release_wanted |= may_send(p);
		serve(s, p);
	}
}

/* Not at once: this is called from the ends' own callbacks. */
void side_pump(struct side *s)
{
	if (!net_timer_is_set(&s->pump_timer))
		net_timer_set(s->run->net, &s->pump_timer, net_now(s->run->net), pump, s);
}
