#include "link/link_kernel.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINES = 1024,
	MTU = 1500,
	ETHERNET = 14,
	/* What a queue holds before it drops: tbf in octets, netem in packets. */
	QUEUE_OCTETS = 100000,
	QUEUE_PACKETS = 10000,
};

struct link_kernel {
	const struct net_spaces *spaces;
	int side;
	struct link_line in, out;	/* as they are */
	bool down;
	char trouble[NET_SPACE_WHY];
};

struct link_kernel *link_kernel_new(const struct net_spaces *spaces, int side)
{
	struct link_kernel *k = calloc(1, sizeof *k);

	if (k) {
		k->spaces = spaces;
		k->side = side;
	}
	return k;
}

void link_kernel_free(struct link_kernel *k)
{
	free(k);
}

const char *link_kernel_trouble(const struct link_kernel *k)
{
	return k->trouble;
}

/* --- lines for tc ------------------------------------------------------------------- */

static bool wants_netem(const struct link_line *l)
{
	return l->delay_us || l->jitter_us || l->loss.good || l->loss.enter || l->duplicate ||
	       l->reorder;
}

__attribute__((format(printf, 2, 3)))
static void add(char *out, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + n, LINES - n, fmt, ap);
	va_end(ap);
}

static double percent(uint32_t probability)
{
	return 100.0 * probability / LINK_ALWAYS;
}

/* tc-netem(8): gemodel has the chance of no loss in the bad state, and of loss in the good. */
static void add_loss(char *out, const struct link_loss *l)
{
	if (l->enter)
		add(out, " loss gemodel %.7f%% %.7f%% %.7f%% %.7f%%", percent(l->enter),
		    percent(l->leave), percent(l->bad), percent(l->good));
	else if (l->good)
		add(out, " loss random %.7f%%", percent(l->good));
}

static void add_netem(char *out, const struct link_line *l)
{
	add(out, "netem limit %d", QUEUE_PACKETS);
	if (l->delay_us || l->jitter_us)
		add(out, " delay %" PRId64 "us", l->delay_us);
	if (l->jitter_us)
		add(out, " %" PRId64 "us%s", l->jitter_us,
		    l->distribution == LINK_NORMAL ? " distribution normal" : "");
	add_loss(out, &l->loss);
	if (l->duplicate)
		add(out, " duplicate %.7f%%", percent(l->duplicate));
	if (l->reorder)
		add(out, " reorder %.7f%%", percent(l->reorder));
	add(out, "\n");
}

/* A bucket smaller than a packet would let none through. */
static void add_tbf(char *out, const struct link_line *l)
{
	uint32_t packet = (l->mtu ? l->mtu : MTU) + ETHERNET;

	add(out, "tbf rate %" PRIu64 "bit burst %" PRIu32 " limit %d\n", l->rate,
	    l->burst > packet ? l->burst : packet, QUEUE_OCTETS);
}

/* A queue that is there is changed, so that what waits in it stays; another arrangement of
 * queues begins anew, and TCP sends again what was in the old one. */
static void queue_lines(char *out, const char *device, const struct link_line *was,
                        const struct link_line *is)
{
	bool same = wants_netem(was) == wants_netem(is) && !was->rate == !is->rate;
	const char *verb = same ? "change" : "add";

	if (!same && (wants_netem(was) || was->rate))
		add(out, "qdisc del dev %s root\n", device);
	if (wants_netem(is)) {
		add(out, "qdisc %s dev %s root handle 1: ", verb, device);
		add_netem(out, is);
	}
	if (is->rate) {
		add(out, "qdisc %s dev %s %s ", verb, device,
		    wants_netem(is) ? "parent 1:1 handle 10:" : "root handle 1:");
		add_tbf(out, is);
	}
}

/* --- what it can do --------------------------------------------------------------- */

static bool cannot(char *why, const char *what)
{
	snprintf(why, NET_SPACE_WHY, "%s", what);
	return false;
}

static bool can_line(const struct net_spaces *spaces, const struct link_line *l, char *why)
{
	if (l->jitter_us && l->distribution == LINK_EXPONENTIAL)
		return cannot(why, "the kernel's netem has no exponential jitter");
	if (wants_netem(l) && !net_space_has_queue(spaces, "netem limit 10"))
		return cannot(why, "this kernel has no netem (CONFIG_NET_SCH_NETEM): no delay, "
		              "jitter, loss, duplicates or reordering of its own");
	if (l->rate && !net_space_has_queue(spaces, "tbf rate 1mbit burst 2000 limit 10000"))
		return cannot(why, "this kernel has no tbf (CONFIG_NET_SCH_TBF): no rate of its "
		              "own");
	return true;
}

bool link_kernel_can(const struct net_spaces *spaces, const struct link_config *config,
                     char why[static NET_SPACE_WHY])
{
	return can_line(spaces, &config->in, why) && can_line(spaces, &config->out, why);
}

/* --- setting it ------------------------------------------------------------------------ */

static bool keep_first(struct link_kernel *k, const char *why)
{
	if (!k->trouble[0])
		snprintf(k->trouble, sizeof k->trouble, "%s", why);
	return false;
}

static bool set_end(struct link_kernel *k, bool of_hub, struct link_line *was,
                    const struct link_line *is)
{
	char lines[LINES] = "", device[8], why[NET_SPACE_WHY];
	int space = of_hub ? NET_SPACE_HUB : k->side;

	net_space_device(k->side, of_hub, device);
	if (was->mtu != is->mtu) {
		add(lines, "link set %s mtu %" PRIu32 "\n", device, is->mtu ? is->mtu : MTU);
		if (!net_space_batch(k->spaces, space, "ip", lines, why))
			return keep_first(k, why);
		lines[0] = '\0';
	}
	queue_lines(lines, device, was, is);
	if (lines[0] && !net_space_batch(k->spaces, space, "tc", lines, why))
		return keep_first(k, why);
	*was = *is;
	return true;
}

static bool same_line(const struct link_line *a, const struct link_line *b)
{
	return a->rate == b->rate && a->delay_us == b->delay_us && a->burst == b->burst &&
	       a->jitter_us == b->jitter_us && a->distribution == b->distribution &&
	       a->loss.good == b->loss.good && a->loss.bad == b->loss.bad &&
	       a->loss.enter == b->loss.enter && a->loss.leave == b->loss.leave &&
	       a->duplicate == b->duplicate && a->reorder == b->reorder && a->mtu == b->mtu;
}

bool link_kernel_set(struct link_kernel *k, const struct link_config *config)
{
	bool ok = true;

	if (!same_line(&k->out, &config->out))
		ok = set_end(k, false, &k->out, &config->out);
	if (!same_line(&k->in, &config->in))
		ok = set_end(k, true, &k->in, &config->in) && ok;
	return ok;
}

bool link_kernel_down(struct link_kernel *k, bool down)
{
	char line[64], device[8], why[NET_SPACE_WHY];

	if (k->down == down)
		return true;
	net_space_device(k->side, false, device);
	snprintf(line, sizeof line, "link set %s %s\n", device, down ? "down" : "up");
	if (!net_space_batch(k->spaces, k->side, "ip", line, why))
		return keep_first(k, why);
	k->down = down;
	return true;
}
