#include "link/link_options.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MOST_US (INT64_C(24 * 3600) * SECOND_US)

enum { OCTETS_MOST = 16 << 20 };

/* One word being read. */
struct reading {
	const char *word, *p;
	enum link_direction d;
	bool directed;		/* in. or out. was said */
	struct link_option_error *error;
};

__attribute__((format(printf, 2, 3)))
static bool wrong(struct reading *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	r->error->at = (size_t)(r->p - r->word);
	vsnprintf(r->error->why, sizeof r->error->why, fmt, args);
	va_end(args);
	return false;
}

static bool accept(struct reading *r, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

/* A whole part: the end or a colon follows. */
static bool accept_part(struct reading *r, const char *word)
{
	size_t n = strcspn(r->p, ":");

	if (strlen(word) != n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool at_end(struct reading *r)
{
	return *r->p == '\0' || wrong(r, "\"%s\": nothing more was wanted here", r->p);
}

/* --- values ------------------------------------------------------------------ */

/* Digits with a fraction; strtod() would also take "inf", "0x10" and blanks. */
static bool read_decimal(struct reading *r, double *out)
{
	size_t n = strspn(r->p, "0123456789.eE-");
	char *end;

	if (*r->p < '0' || *r->p > '9')
		return wrong(r, "a number was wanted");
	*out = strtod(r->p, &end);
	if (end == r->p || (size_t)(end - r->p) > n || !isfinite(*out))
		return wrong(r, "a number was wanted");
	r->p = end;
	return true;
}

struct unit {
	const char *name;
	double factor;
};

/* Longer names before those that begin like them. */
static bool read_unit(struct reading *r, const struct unit *units, const char *wanted,
                      double *value)
{
	for (; units->name; units++)
		if (accept(r, units->name)) {
			*value *= units->factor;
			return true;
		}
	return *value == 0 || wrong(r, "%s", wanted);
}

static bool read_time(struct reading *r, int64_t *out)
{
	static const struct unit units[] = {
		{ "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "m", 60e6 }, { "h", 3600e6 },
		{ NULL, 0 },
	};
	const char *from = r->p;
	double v = 0;

	if (!read_decimal(r, &v) || !read_unit(r, units, "us, ms, s, m or h was wanted", &v))
		return false;
	r->p = v > (double)TIME_MOST_US ? from : r->p;
	if (v > (double)TIME_MOST_US)
		return wrong(r, "a time of at most 24h was wanted");
	*out = llround(v);
	return true;
}

static bool read_rate(struct reading *r, uint64_t *out)
{
	static const struct unit units[] = {
		{ "bit/s", 1 }, { "kbit/s", 1e3 }, { "Mbit/s", 1e6 }, { "Gbit/s", 1e9 },
		{ NULL, 0 },
	};
	const char *from = r->p;
	double v = 0;

	if (!read_decimal(r, &v) ||
	    !read_unit(r, units, "bit/s, kbit/s, Mbit/s or Gbit/s was wanted", &v))
		return false;
	if (v <= (double)LINK_RATE_MAX && (v == 0 || v >= 1)) {
		*out = (uint64_t)llround(v);
		return true;
	}
	r->p = from;
	return wrong(r, "a rate of 1bit/s to %" PRIu64 "Gbit/s was wanted, or 0: no limit",
	             LINK_RATE_MAX / 1000000000);
}

/* "1%", "0.01" */
static bool read_probability(struct reading *r, uint32_t *out)
{
	const char *from = r->p;
	double v = 0;

	if (!read_decimal(r, &v))
		return false;
	if (accept(r, "%"))
		v /= 100;
	if (v <= 1) {
		*out = (uint32_t)llround(v * LINK_ALWAYS);
		return true;
	}
	r->p = from;
	return wrong(r, "a probability of 0%% to 100%%, or 0 to 1, was wanted");
}

static bool read_number(struct reading *r, uint64_t most, uint64_t *out)
{
	const char *from = r->p;
	uint64_t v = 0;

	if (*r->p < '0' || *r->p > '9')
		return wrong(r, "a whole number was wanted");
	for (; *r->p >= '0' && *r->p <= '9'; r->p++) {
		uint64_t digit = (uint64_t)(*r->p - '0');

		if (v > (most - digit) / 10 || digit > most) {
			r->p = from;
			return wrong(r, "a number of at most %" PRIu64 " was wanted", most);
		}
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static bool read_octets(struct reading *r, uint32_t *out)
{
	uint64_t v;

	if (!read_number(r, OCTETS_MOST, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool read_cut(struct reading *r, enum link_cut *out)
{
	size_t n = strcspn(r->p, "@:");

	for (enum link_cut how = LINK_CUT_FIN; how <= LINK_CUT_SILENCE; how++)
		if (strlen(link_cut_name(how)) == n && !strncmp(r->p, link_cut_name(how), n)) {
			r->p += n;
			*out = how;
			return true;
		}
	return wrong(r, "fin, rst, half-close or silence was wanted");
}

/* --- options of a line --------------------------------------------------------- */

static bool set_rate(struct reading *r, struct link_line *l)
{
	return read_rate(r, &l->rate);
}

static bool set_burst(struct reading *r, struct link_line *l)
{
	return read_octets(r, &l->burst);
}

static bool set_delay(struct reading *r, struct link_line *l)
{
	return read_time(r, &l->delay_us);
}

static bool set_jitter(struct reading *r, struct link_line *l)
{
	static const char *const names[LINK_DISTRIBUTIONS] = {
		[LINK_UNIFORM] = "uniform", [LINK_NORMAL] = "normal",
		[LINK_EXPONENTIAL] = "exponential",
	};

	l->distribution = LINK_UNIFORM;
	if (!read_time(r, &l->jitter_us) || !accept(r, ":"))
		return r->error->why[0] == '\0';
	for (enum link_distribution d = LINK_UNIFORM; d < LINK_DISTRIBUTIONS; d++)
		if (accept_part(r, names[d])) {
			l->distribution = d;
			return true;
		}
	return wrong(r, "uniform, normal or exponential was wanted");
}

static bool set_loss(struct reading *r, struct link_line *l)
{
	return read_probability(r, &l->loss.good);
}

static bool set_burst_loss(struct reading *r, struct link_line *l)
{
	uint32_t *const values[] = { &l->loss.enter, &l->loss.leave, &l->loss.bad };

	for (size_t i = 0; i < 3; i++) {
		if (i > 0 && !accept(r, ":"))
			return wrong(r, "ENTER:LEAVE:LOSS were wanted, as in 1%%:25%%:50%%");
		if (!read_probability(r, values[i]))
			return false;
	}
	return l->loss.enter == 0 || l->loss.leave > 0 ||
	       wrong(r, "a burst that cannot be left: LEAVE must be more than 0");
}

static bool set_rto(struct reading *r, struct link_line *l)
{
	return read_time(r, &l->rto_us);
}

static bool set_corrupt(struct reading *r, struct link_line *l)
{
	return read_probability(r, &l->corrupt);
}

static bool set_missing(struct reading *r, struct link_line *l)
{
	return read_probability(r, &l->missing);
}

static bool set_segment(struct reading *r, struct link_line *l)
{
	if (!accept_part(r, "mtu"))
		return read_octets(r, &l->segment);
	l->segment = 1460;	/* Ethernet's 1500 less the headers of IPv4 and TCP */
	return true;
}

static bool set_duplicate(struct reading *r, struct link_line *l)
{
	return read_probability(r, &l->duplicate);
}

static bool set_reorder(struct reading *r, struct link_line *l)
{
	return read_probability(r, &l->reorder);
}

/* RFC 791: each host takes 68 octets; no more than Ethernet here. */
static bool set_mtu(struct reading *r, struct link_line *l)
{
	const char *from = r->p;

	if (!read_octets(r, &l->mtu))
		return false;
	if (l->mtu >= 68 && l->mtu <= 1500)
		return true;
	r->p = from;
	return wrong(r, "68 to 1500 octets were wanted");
}

static const struct {
	const char *name;
	bool (*set)(struct reading *r, struct link_line *l);
} lines[] = {
	{ "rate=", set_rate }, { "burst=", set_burst }, { "delay=", set_delay },
	{ "jitter=", set_jitter }, { "loss=", set_loss }, { "burst-loss=", set_burst_loss },
	{ "rto=", set_rto }, { "corrupt=", set_corrupt }, { "missing=", set_missing },
	{ "segment=", set_segment }, { "duplicate=", set_duplicate }, { "reorder=", set_reorder },
	{ "mtu=", set_mtu },
};

static bool set_line(struct reading *r, struct link_options *o, size_t i)
{
	const char *value = r->p;

	if (r->d & LINK_IN && !lines[i].set(r, &o->config.in))
		return false;
	if (r->d == LINK_BOTH)
		r->p = value;
	return !(r->d & LINK_OUT) || lines[i].set(r, &o->config.out);
}

/* --- faults and changes ---------------------------------------------------------- */

/* The point is the next n octets. */
static bool set_point(struct reading *r, struct link_options *o, size_t n,
                      const struct link_change *what)
{
	struct link_point *p = &o->points[o->points_n];

	if (o->points_n == LINK_POINTS_MAX)
		return wrong(r, "more than %d faults at points of the protocol", LINK_POINTS_MAX);
	if (n >= sizeof p->text)
		return wrong(r, "no such point of the protocol");
	p->what = *what;
	p->at = (size_t)(r->p - r->word);
	snprintf(p->text, sizeof p->text, "%.*s", (int)n, r->p);
	o->points_n++;
	return true;
}

static bool set_cut_at_point(struct reading *r, struct link_options *o, enum link_cut how)
{
	const struct link_change what = { .kind = LINK_CHANGE_CUT, .direction = LINK_BOTH,
	                                  .value = how };

	if (!set_point(r, o, strlen(r->p), &what))
		return false;
	r->p += strlen(r->p);
	return true;
}

static bool read_frame(struct reading *r, struct link_fault *f)
{
	uint64_t octet = 0;

	if (!read_number(r, UINT32_MAX, &f->n))
		return false;
	if (f->n == 0)
		return wrong(r, "TPKTs are counted from 1");
	if (f->place == LINK_AT_FRAME || !accept(r, ":"))
		return true;
	if (!read_number(r, 65534, &octet))
		return false;
	f->octet = (uint32_t)octet;
	return octet > 0 || wrong(r, "1 octet or more was wanted; tpkt:N cuts between TPKTs");
}

static bool set_cut(struct reading *r, struct link_options *o)
{
	struct link_fault f = { .place = LINK_AT_OCTET };
	bool out = r->d & LINK_OUT;

	if (!read_cut(r, &f.how))
		return false;
	if (!accept(r, "@"))
		return wrong(r, "\"@\" and a place were wanted, as in cut=rst@tpkt:3");
	if (accept(r, "tpkt:"))
		f.place = LINK_AT_FRAME;
	else if (accept(r, "in-tpkt:"))
		f.place = LINK_IN_FRAME;
	else if (*r->p < '0' || *r->p > '9')
		return set_cut_at_point(r, o, f.how);
	if (f.place == LINK_AT_OCTET ? !read_number(r, INT64_MAX, &f.n) : !read_frame(r, &f))
		return false;
	*(out ? &o->config.cut_out : &o->config.cut_in) = f;
	return true;
}

static bool read_change(struct reading *r, struct link_change *c)
{
	static const struct {
		const char *name;
		uint8_t kind;
		uint64_t value;
	} words[] = {
		{ "stall", LINK_CHANGE_STALL, 1 }, { "go", LINK_CHANGE_STALL, 0 },
		{ "down", LINK_CHANGE_DOWN, 1 }, { "up", LINK_CHANGE_DOWN, 0 },
	};
	enum link_cut how;
	int64_t time_us = 0;

	c->kind = LINK_CHANGE_RATE;
	if (accept(r, "rate="))
		return read_rate(r, &c->value);
	c->kind = LINK_CHANGE_DELAY;
	if (accept(r, "delay=")) {
		if (!read_time(r, &time_us))
			return false;
		c->value = (uint64_t)time_us;
		return true;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (accept_part(r, words[i].name)) {
			c->kind = words[i].kind;
			c->value = words[i].value;
			return true;
		}
	c->kind = LINK_CHANGE_CUT;
	if (!read_cut(r, &how))
		return wrong(r, "rate=R, delay=T, stall, go, down, up, fin, rst, half-close or "
		             "silence was wanted");
	c->value = (uint64_t)how;
	return true;
}

/* Begins a change here? */
static bool is_change(const char *p)
{
	static const char *const begins[] = {
		"rate=", "delay=", "stall", "go", "down", "up", "fin", "rst", "half-close",
		"silence",
	};

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (!strncmp(p, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* POINT:CHANGE[:TIME], with colons in POINT; no part of a point is called as a change. */
static bool set_at_point(struct reading *r, struct link_options *o)
{
	struct link_change c = { .direction = (uint8_t)r->d };
	const char *point = r->p, *end = r->p;
	size_t n;

	while ((end = strchr(end, ':')) && !is_change(end + 1))
		end++;
	if (!end)
		return wrong(r, "a time, or a point of the protocol, and a change were wanted, as "
		             "in at=10s:down or at=after:dt:3:stall:5s");
	n = (size_t)(end - point);
	r->p = end + 1;
	if (!read_change(r, &c))
		return false;
	if (accept(r, ":")) {
		if (!c.value || (c.kind != LINK_CHANGE_STALL && c.kind != LINK_CHANGE_DOWN))
			return wrong(r, "only a stall, or a line that is down, ends by itself");
		if (!read_time(r, &c.at_us))
			return false;
	}
	end = r->p;
	r->p = point;
	if (!set_point(r, o, n, &c))
		return false;
	r->p = end;
	return true;
}

/* Kept in the order of time; equal times in the order given. */
static bool set_at(struct reading *r, struct link_options *o)
{
	struct link_change c = { .direction = (uint8_t)r->d };
	size_t i = o->plan.n;

	if (*r->p < '0' || *r->p > '9')
		return set_at_point(r, o);
	if (!read_time(r, &c.at_us))
		return false;
	if (!accept(r, ":"))
		return wrong(r, "\":\" and a change were wanted, as in at=10s:down");
	if (!read_change(r, &c))
		return false;
	if (i == LINK_CHANGES_MAX)
		return wrong(r, "more than %d changes", LINK_CHANGES_MAX);
	for (; i > 0 && o->plan.at[i - 1].at_us > c.at_us; i--)
		o->plan.at[i] = o->plan.at[i - 1];
	o->plan.at[i] = c;
	o->plan.n++;
	return true;
}

static bool set_side(struct reading *r, struct link_options *o)
{
	static const char *const names[] = { "both", "initiator", "responder" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (accept_part(r, names[i])) {
			o->side = (enum link_side)i;
			return true;
		}
	return wrong(r, "both, initiator or responder was wanted");
}

/* --- TLS --------------------------------------------------------------------- */

static bool set_tls(struct reading *r, struct link_options *o)
{
	static const char *const names[] = { "both", "initiator", "responder" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (accept_part(r, names[i])) {
			o->tls_initiator = i != LINK_SIDE_RESPONDER;
			o->tls_responder = i != LINK_SIDE_INITIATOR;
			return true;
		}
	return wrong(r, "both, initiator or responder was wanted");
}

static bool set_check(struct reading *r, struct link_options *o)
{
	o->client.unchecked = accept_part(r, "no");
	return o->client.unchecked || accept_part(r, "yes") || wrong(r, "yes or no was wanted");
}

static bool read_version(struct reading *r, enum tls_version *out)
{
	if (accept_part(r, "1.2"))
		*out = TLS_1_2;
	else if (accept_part(r, "1.3"))
		*out = TLS_1_3;
	else
		return wrong(r, "1.2 or 1.3 was wanted");
	return true;
}

static bool set_least(struct reading *r, struct link_options *o)
{
	if (!read_version(r, &o->server.least))
		return false;
	o->client.least = o->server.least;
	return true;
}

static bool set_most(struct reading *r, struct link_options *o)
{
	if (!read_version(r, &o->server.most))
		return false;
	o->client.most = o->server.most;
	return true;
}

static bool read_text(struct reading *r, char *out, size_t cap)
{
	size_t n = strlen(r->p);

	if (n == 0 || n >= cap)
		return wrong(r, n ? "too long" : "a value was wanted");
	memcpy(out, r->p, n + 1);
	r->p += n;
	return true;
}

#define TEXT(config, member) \
	offsetof(struct link_options, config.member), \
	sizeof ((struct link_options *)NULL)->config.member

static const struct {
	const char *name;
	size_t at, cap, also;	/* places of the text; also 0: one only */
} texts[] = {
	{ "tls-cert=", TEXT(server, certificate), offsetof(struct link_options,
	                                                   client.certificate) },
	{ "tls-key=", TEXT(server, key), offsetof(struct link_options, client.key) },
	{ "tls-ca=", TEXT(client, ca), 0 },
	{ "tls-client-ca=", TEXT(server, ca), 0 },
	{ "tls-pin=", TEXT(client, pin), 0 },
	{ "tls-name=", TEXT(client, name), 0 },
	{ "tls-keylog=", TEXT(server, key_log), offsetof(struct link_options, client.key_log) },
};

static const struct {
	const char *name;
	bool (*set)(struct reading *r, struct link_options *o);
} others[] = {
	{ "tls=", set_tls }, { "tls-check=", set_check }, { "tls-min=", set_least },
	{ "tls-max=", set_most },
};

static bool set_any_tls(struct reading *r, struct link_options *o, bool *known)
{
	*known = true;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (accept(r, others[i].name))
			return others[i].set(r, o);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (!accept(r, texts[i].name))
			continue;
		if (!read_text(r, (char *)o + texts[i].at, texts[i].cap))
			return false;
		if (texts[i].also)
			memcpy((char *)o + texts[i].also, (char *)o + texts[i].at, texts[i].cap);
		return true;
	}
	*known = false;
	return false;
}

/* Of the link as a whole: in. and out. mean nothing. */
static bool set_whole(struct reading *r, struct link_options *o, bool *known)
{
	*known = true;
	if (accept(r, "every="))
		return read_time(r, &o->plan.every_us);
	if (accept(r, "seed="))
		return read_number(r, UINT64_MAX, &o->config.seed);
	if (accept(r, "side="))
		return set_side(r, o);
	return set_any_tls(r, o, known);
}

static bool set_any(struct reading *r, struct link_options *o)
{
	bool known = false, ok = !r->directed && set_whole(r, o, &known);

	if (known)
		return ok;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (accept(r, lines[i].name))
			return set_line(r, o, i);
	if (accept(r, "cut="))
		return set_cut(r, o);
	if (accept(r, "at="))
		return set_at(r, o);
	return wrong(r, "\"%.*s\": no such option of a link; there are rate burst delay jitter "
	             "loss burst-loss rto corrupt missing segment duplicate reorder mtu cut at, "
	             "and every side seed tls",
	             (int)strcspn(r->p, "="), r->p);
}

void link_options_init(struct link_options *o)
{
	*o = (struct link_options){ .points_n = 0 };
	tls_config_init(&o->server);
	tls_config_init(&o->client);
	o->server.server = true;
}

bool link_option(struct link_options *o, const char *word, struct link_option_error *error)
{
	struct reading r = { .word = word, .p = word, .d = LINK_BOTH, .error = error };
	struct link_options *next = malloc(sizeof *next);
	bool ok;

	*error = (struct link_option_error){ 0 };
	if (!next)
		return wrong(&r, "no memory");
	*next = *o;
	if (accept(&r, "in."))
		r.d = LINK_IN;
	else if (accept(&r, "out."))
		r.d = LINK_OUT;
	r.directed = r.d != LINK_BOTH;
	ok = set_any(&r, next) && at_end(&r);
	if (ok) {
		*o = *next;
		o->config.plan = o->plan.n ? &o->plan : NULL;
	}
	free(next);
	return ok;
}

const char *link_options_of_kernel(const struct link_options *o)
{
	const struct link_line *const both[] = { &o->config.in, &o->config.out };

	for (size_t i = 0; i < 2; i++) {
		if (both[i]->duplicate)
			return "duplicate";
		if (both[i]->reorder)
			return "reorder";
		if (both[i]->mtu)
			return "mtu";
	}
	return NULL;
}

static bool overtakes(const struct link_line *l)
{
	return l->reorder && !l->delay_us;
}

/* A word about TLS where nothing is encrypted: NULL: none. */
static const char *idle_tls(const struct link_options *o)
{
	struct tls_config plain;

	if (o->tls_initiator || o->tls_responder)
		return NULL;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (((const char *)o)[texts[i].at])
			return texts[i].name;
	tls_config_init(&plain);
	return o->client.unchecked ? "tls-check=" : o->client.least != plain.least ? "tls-min=" :
	       o->client.most != plain.most ? "tls-max=" : NULL;
}

bool link_options_check(struct link_options *o, struct link_option_error *error)
{
	const struct link_plan *p = &o->plan;
	const char *tls = idle_tls(o);

	*error = (struct link_option_error){ 0 };
	if (overtakes(&o->config.in) || overtakes(&o->config.out)) {
		snprintf(error->why, sizeof error->why,
		         "reorder=: needs a delay= that is overtaken");
		return false;
	}
	if (tls) {
		snprintf(error->why, sizeof error->why, "%s without tls=: nothing would be "
		         "encrypted; tls=initiator, responder or both says whose connection is",
		         tls);
		return false;
	}
	if (p->every_us == 0)
		return true;
	if (p->n == 0)
		snprintf(error->why, sizeof error->why,
		         "every= without at=: there is nothing to repeat");
	else if (p->every_us <= p->at[p->n - 1].at_us)
		snprintf(error->why, sizeof error->why,
		         "every=: must be longer than the time of the last at=");
	return error->why[0] == '\0';
}

/* --- what hides a stall ------------------------------------------------------------ */

bool link_window_hides(uint32_t checkpoint_kib, uint32_t window, uint64_t hidden,
                       char *why, size_t cap)
{
	/* Sync points are set behind checkpoint_kib KiB; the sender may be one
	 * interval ahead of the window (X.218 8.1.1.3, 8.1.1.4). */
	uint64_t most = (uint64_t)checkpoint_kib * 1024 * ((uint64_t)window + 1);

	if (checkpoint_kib == 0 || window == 0 || most >= hidden)
		return false;
	snprintf(why, cap, "the RTSE window stops the sender after %" PRIu64 " octets (%" PRIu32
	         " KiB, window %" PRIu32 "), but the kernels can hold %" PRIu64 ": TCP's window "
	         "never closes; take a larger window or checkpoint", most, checkpoint_kib, window,
	         hidden);
	return true;
}
