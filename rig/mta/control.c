#include "mta/control.h"

#include "mta/mta_inner.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LINE_MOST = 4096,
	/* What one answer lists of the queue: it must fit into the socket's buffer at once. */
	ENTRIES_MOST = 200,
};

struct client {
	struct client *next;
	struct control *control;
	struct net_watch *watch;
	int fd;
	size_t n;
	char line[LINE_MOST];
};

struct control {
	struct mta *m;
	struct net_watch *watch;
	int fd;
	char path[108];
	struct client *clients;
};

/* ---- what is asked for ---- */

static json_t *say_queue(struct mta *m, const json_t *asked)
{
	const json_t *most = json_object_get(asked, "most");
	json_int_t wanted = json_is_integer(most) ? json_integer_value(most) : ENTRIES_MOST;
	size_t limit = wanted < 0 ? 0 : wanted < ENTRIES_MOST ? (size_t)wanted : ENTRIES_MOST;
	static const char *const ranks[] = { "urgent", "normal", "non-urgent" };
	json_t *list = json_array();
	size_t n = 0;

	for (struct entry *e = queue_next(&m->queue, NULL); e && n < limit;
	     e = queue_next(&m->queue, e), n++)
		json_array_append_new(list, json_pack(
			"{s:s, s:s, s:s, s:s, s:I, s:i, s:b}",
			"peer", m->config.peers[e->peer].name, "mts_id", e->mts_id,
			"kind", p1_kind_name((enum p1_kind)e->kind), "priority", ranks[e->rank],
			"length", (json_int_t)e->length, "attempts", (int)e->attempts,
			"sending", e->sending));
	return json_pack("{s:I, s:I, s:o}", "n", (json_int_t)m->queue.n, "commits",
	                 (json_int_t)m->queue.commits, "queue", list);
}

static json_t *say_associations(struct mta *m, const json_t *asked)
{
	json_t *list = json_array();

	(void)asked;
	for (const struct line *l = m->lines; l; l = l->next)
		json_array_append_new(list, json_pack(
			"{s:i, s:s, s:b, s:b, s:i, s:i}", "number", (int)end_number(l->end),
			"peer", line_name(l), "ours", l->initiator, "bound", l->bound,
			"received", (int)l->received, "sent", (int)l->sent));
	return json_pack("{s:o}", "associations", list);
}

static json_t *say_blocks(struct mta *m, const json_t *asked)
{
	(void)asked;
	return json_pack("{s:i, s:i}", "used", (int)m->blocks, "configured",
	                 (int)m->config.control_blocks);
}

static json_t *flush(struct mta *m, const json_t *asked)
{
	(void)asked;
	mta_flush(m);
	return json_pack("{s:b}", "ok", true);
}

/* One line for each association, as Calls.out has it (the part about a stall is left out). */
static json_t *calls(struct mta *m, const json_t *asked)
{
	(void)asked;
	for (struct line *l = m->lines; l; l = l->next)
		log_calls(&m->log, "Call-stack for TID %03u (NT:%04X) : POP4 %-9s Busy %u%%, "
		          "normally services q %03u", end_number(l->end),
		          0x300 + end_number(l->end),
		          l->initiator ? "DOWN" : "UP", l->out.entry ? 100u : 0u,
		          l->nb ? l->nb->peer + 1 : 0);
	return json_pack("{s:b}", "ok", true);
}

static json_t *stop(struct mta *m, const json_t *asked)
{
	(void)asked;
	m->told_to_stop = true;
	return json_pack("{s:b}", "ok", true);
}

static const struct {
	const char *word;
	json_t *(*answer)(struct mta *m, const json_t *asked);
} requests[] = {
	{ "queue", say_queue }, { "associations", say_associations },
	{ "control-blocks", say_blocks }, { "flush", flush },
	{ "calls", calls }, { "stop", stop },
};

static json_t *scale(struct mta *m, const json_t *factor)
{
	double f = json_number_value(factor);

	if (f < 1e-6 || f > 1e6)
		return json_pack("{s:s}", "error", "scale is a number from 1e-6 to 1e6");
	mta_rescale(m, f);
	return json_pack("{s:b}", "ok", true);
}

static json_t *answer(struct mta *m, const char *line)
{
	json_error_t error;
	json_t *asked = json_loads(line, 0, &error), *out = NULL;
	const char *word = json_string_value(json_object_get(asked, "do"));
	const json_t *factor = json_object_get(asked, "scale");

	if (factor && word)
		out = json_pack("{s:s}", "error", "one request a line: do or scale");
	else if (factor)
		out = scale(m, factor);
	for (size_t i = 0; word && !out && i < sizeof requests / sizeof requests[0]; i++)
		if (strcmp(word, requests[i].word) == 0)
			out = requests[i].answer(m, asked);
	if (!out)
		out = json_pack("{s:s}", "error", asked ? "do is queue, associations, "
		                "control-blocks, flush, calls or stop; or give scale" : error.text);
	json_decref(asked);
	return out;
}

/* ---- clients ---- */

static void client_free(struct client *c)
{
	struct client **at = &c->control->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	net_watch_end(c->watch);
	close(c->fd);
	free(c);
}

/* false: a client that does not read; half a line would be worse than none. */
static bool put(int fd, json_t *what)
{
	char *text = json_dumps(what, JSON_COMPACT);
	bool ok = false;

	if (text) {
		size_t n = strlen(text);

		text[n] = '\n';			/* in place of the NUL */
		ok = send(fd, text, n + 1, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n + 1;
	}
	free(text);
	json_decref(what);
	return ok;
}

static void readable(int fd, void *ctx)
{
	struct client *c = ctx;
	ssize_t got = read(fd, c->line + c->n, sizeof c->line - 1 - c->n);
	char *end;

	if (got <= 0) {
		client_free(c);
		return;
	}
	c->n += (size_t)got;
	c->line[c->n] = '\0';
	while ((end = memchr(c->line, '\n', c->n)) != NULL) {
		size_t taken = (size_t)(end - c->line) + 1;

		*end = '\0';
		if (!put(fd, answer(c->control->m, c->line))) {
			client_free(c);
			return;
		}
		memmove(c->line, c->line + taken, c->n - taken);
		c->n -= taken;
	}
	if (c->n == sizeof c->line - 1)
		client_free(c);			/* no line is so long */
}

static void accepted(int fd, void *ctx)
{
	struct control *control = ctx;
	struct client *c = calloc(1, sizeof *c);
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (!c || client < 0) {
		free(c);
		if (client >= 0)
			close(client);
		return;
	}
	c->control = control;
	c->fd = client;
	c->watch = net_watch(control->m->net, client, readable, c);
	if (!c->watch) {
		close(client);
		free(c);
		return;
	}
	c->next = control->clients;
	control->clients = c;
}

/* ---- beginning and end ---- */

struct control *control_new(struct mta *m, const char *path, char *why, size_t why_cap)
{
	struct control *c = calloc(1, sizeof *c);
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (!c)
		return NULL;
	c->m = m;
	snprintf(c->path, sizeof c->path, "%s", path);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	unlink(path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd >= 0 && bind(c->fd, (struct sockaddr *)&a, sizeof a) == 0 &&
	    listen(c->fd, 16) == 0)
		c->watch = net_watch(m->net, c->fd, accepted, c);
	if (c->watch)
		return c;
	snprintf(why, why_cap, "control socket %s: %s", path, strerror(errno));
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	return NULL;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	for (struct client *client = c->clients, *next; client; client = next) {
		next = client->next;
		client_free(client);
	}
	net_watch_end(c->watch);
	close(c->fd);
	unlink(c->path);
	free(c);
}
