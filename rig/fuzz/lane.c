#include "fuzz/lane_inner.h"

#include "scenario/folder.h"

#include <stdio.h>
#include <stdlib.h>

enum { SOURCES = 250, LINGER_US = 20000 };

/* A capture that cannot be written costs no case. */
static void open_capture(struct lane *l)
{
	char path[FOLDER_PATH], name[24], why[160], line[400];
	struct text t;

	l->capture = l->world->capture;
	if (!l->world->folder)
		return;
	text_init(&t, line, sizeof line);
	fuzz_case_text(&t, &l->c);
	snprintf(name, sizeof name, "%llu", (unsigned long long)l->c.number);
	if (folder_join(path, l->world->folder, name, ".pcapng"))
		l->capture = capture_case_open(path, line, 102, why, sizeof why);
}

static void close_capture(struct lane *l)
{
	char why[160];

	if (l->capture && l->capture != l->world->capture)
		capture_case_close(l->capture, why, sizeof why);
	l->capture = NULL;
}

static void finish(struct lane *l)
{
	for (size_t i = 0; i < FUZZ_CONNS; i++)
		lane_drop(&l->channels[i], true);
	close_capture(l);
	lane_stop_waiting(l);
	l->busy = false;
	l->world->done(l, l->world->ctx);
}

/* Half a case that has gone wrong has no reaction to look at. */
void lane_go_on(struct lane *l)
{
	bool going = l->busy;

	while (going && l->at < l->script.n) {
		if (l->at == l->script.stimulus && !l->outcome.reached) {
			l->outcome.reached = true;
			l->stimulus_us = net_now(l->world->net);
		}
		going = lane_perform(l);
	}
	if (l->busy && l->at >= l->script.n)
		finish(l);
}

/* Each case has its own source, so that a server's TIME_WAIT of one does not meet
 * the next: 250 addresses of 28,000 ports.  One host for all its connections: who
 * recovers an association is who lost it. */
static void choose_source(struct lane *l)
{
	struct lane_world *w = l->world;

	l->source = w->source;
	if (!w->spread)
		return;
	l->source = (struct net_address){ .family = 4, .host = { 127, 0, 1 } };
	l->source.host[3] = (uint8_t)(1 + w->turns++ % SOURCES);
}

struct lane *lane_new(struct lane_world *w)
{
	struct lane *l = calloc(1, sizeof *l);

	if (l)
		l->world = w;
	for (uint8_t i = 0; l && i < FUZZ_CONNS; i++) {
		l->channels[i].lane = l;
		l->channels[i].number = i;
	}
	return l;
}

void lane_free(struct lane *l)
{
	if (l)
		lane_stop(l);
	free(l);
}

static void on_begin(void *ctx)
{
	struct lane *l = ctx;

	l->waiting = false;
	lane_go_on(l);
}

void lane_run(struct lane *l, const struct fuzz_case *c, const struct fuzz_script *s)
{
	struct net *net = l->world->net;

	l->c = *c;
	l->script = *s;
	l->outcome = (struct fuzz_outcome){ 0 };
	l->at = 0;
	l->busy = true;
	l->waiting = l->silent = false;
	l->more = 0;
	l->begun_us = net_now(net);
	l->stimulus_us = l->cn_us = 0;
	choose_source(l);
	open_capture(l);
	for (uint8_t i = 0; i < FUZZ_CONNS; i++) {
		struct channel *ch = &l->channels[i];

		ch->tcp = TCP_LEFT_OPEN;
		ch->heard_n = 0;
		ch->mine = false;
	}
	net_timer_set(net, &l->timer, net_now(net), on_begin, l);
}

void lane_stop(struct lane *l)
{
	for (size_t i = 0; i < FUZZ_CONNS; i++)
		lane_drop(&l->channels[i], true);
	close_capture(l);
	lane_stop_waiting(l);
	l->busy = false;
}

bool lane_is_idle(const struct lane *l)
{
	return !l->busy;
}

bool lane_is_spent(const struct lane *l)
{
	return !l->busy || l->at >= l->script.spent;
}

bool lane_lingers(const struct lane *l, int64_t now_us)
{
	return !lane_is_spent(l) && (l->script.slow || now_us - l->begun_us > LINGER_US);
}

unsigned lane_connections(const struct lane *l)
{
	unsigned n = 0;

	for (size_t i = 0; i < FUZZ_CONNS; i++)
		n += l->channels[i].conn != NULL;
	return n;
}

bool lane_heard_nothing(const struct lane *l)
{
	return l->silent;
}

bool lane_was_fair(const struct lane *l)
{
	return l->world->patience->starved_us <= l->begun_us;
}

const struct fuzz_case *lane_case(const struct lane *l)
{
	return &l->c;
}

const struct fuzz_script *lane_script(const struct lane *l)
{
	return &l->script;
}

const struct fuzz_outcome *lane_outcome(const struct lane *l)
{
	return &l->outcome;
}
