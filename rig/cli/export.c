#include "cli/export.h"

#include "capture/limits.h"
#include "capture/pcapng_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	INTERFACES = 256,
	COMMENT = 4096,
	NAMES = CAPTURE_NAMES_MAX,
	/* Octets of fragments that wait: as many IP packets as are put together. */
	HELD_MAX = 4 << 20,
};

/* A fragment; its octets and its comment follow. */
struct held {
	struct held *next;
	struct capture_segment segment;	/* without octets */
	struct capture_packet packet;
};

/* An interface of the capture and its number in the file. */
struct place {
	char name[CAPTURE_NAME_MAX];
	uint32_t link, from, to;
};

struct export {
	struct pcapng_writer *writer;
	struct place places[INTERFACES];
	size_t places_n;
	struct capture_address named[NAMES];
	size_t named_n;
	bool begun;
	struct held *oldest, *newest;
	size_t held_octets;
};

struct export *export_create(const char *path, char *why, size_t why_cap)
{
	struct export *x = calloc(1, sizeof *x);

	if (!x) {
		snprintf(why, why_cap, "%s: no memory", path);
		return NULL;
	}
	x->writer = pcapng_create(path, NULL, why, why_cap);
	if (x->writer)
		return x;
	free(x);
	return NULL;
}

static bool is_place(const struct place *at, const struct capture_packet *p, const char *name)
{
	return at->link == p->link && at->from == p->interface && strcmp(at->name, name) == 0;
}

/* Sections number their interfaces anew; names tell them apart. */
static bool find_place(struct export *x, const struct capture *c, const struct capture_packet *p,
                       uint32_t *number)
{
	const struct capture_interface *i = capture_interface(c, p->interface);
	const char *name = i ? i->name : "";
	struct pcapng_interface new = { .link = p->link };
	struct place *at;

	for (at = x->places; at < x->places + x->places_n; at++)
		if (is_place(at, p, name)) {
			*number = at->to;
			return true;
		}
	if (x->places_n == INTERFACES)
		return false;
	new.name = name[0] ? name : NULL;
	new.description = i && i->description[0] ? i->description : NULL;
	new.comment = i && i->comment[0] ? i->comment : NULL;
	*at = (struct place){ .link = p->link, .from = p->interface };
	snprintf(at->name, sizeof at->name, "%s", name);
	pcapng_interface(x->writer, &new, &at->to);
	x->places_n++;
	*number = at->to;
	return true;
}

static void begin(struct export *x, const struct capture *c)
{
	if (!x->begun)
		pcapng_section_comment(x->writer, capture_section_comment(c));
	x->begun = true;
}

static bool is_named(const struct export *x, const struct capture_address *a)
{
	for (size_t i = 0; i < x->named_n; i++)
		if (capture_address_equal(&x->named[i], a))
			return true;
	return false;
}

static void write_name(struct export *x, const struct capture *c, const struct capture_address *a)
{
	const char *name;

	if (a->version == 0 || x->named_n == NAMES || is_named(x, a))
		return;
	name = capture_name_of(c, a);
	if (!name)
		return;
	x->named[x->named_n++] = *a;
	pcapng_name(x->writer, (struct octets){ a->octets, a->version == 4 ? 4 : 16 }, name);
}

/* Only of who sends and receives what is written: the others are nobody's business. */
static void write_names(struct export *x, const struct capture *c, const struct capture_packet *p)
{
	struct capture_segment seg;

	if (capture_names(c) == 0)
		return;
	capture_segment(p, &seg);
	write_name(x, c, &seg.from);
	write_name(x, c, &seg.to);
}

static void write_packet(struct export *x, const struct capture *c,
                         const struct capture_packet *p)
{
	struct iovec part = { (void *)(uintptr_t)p->octets.p, p->octets.n };
	char comment[COMMENT];
	uint32_t number;

	begin(x, c);
	if (!find_place(x, c, p, &number))
		return;
	write_names(x, c, p);
	if (p->comment.n > 0) {
		snprintf(comment, sizeof comment, "%.*s", (int)p->comment.n,
		         (const char *)p->comment.p);
		pcapng_comment(x->writer, comment);
	}
	pcapng_packet(x->writer, number, p->time_ns, &part, 1, p->original);
}

/* ---- fragments ---- */

static size_t cost(const struct held *h)
{
	return sizeof *h + h->packet.octets.n + h->packet.comment.n;
}

/* The fragment behind `before`; NULL: the oldest. */
static void drop(struct export *x, struct held *before)
{
	struct held **at = before ? &before->next : &x->oldest, *h = *at;

	*at = h->next;
	if (x->newest == h)
		x->newest = before;
	x->held_octets -= cost(h);
	free(h);
}

static struct octets copy(uint8_t *at, struct octets o)
{
	if (o.n > 0)
		memcpy(at, o.p, o.n);
	return (struct octets){ at, o.n };
}

static void hold(struct export *x, const struct capture_packet *p,
                 const struct capture_segment *seg)
{
	struct held *h = malloc(sizeof *h + p->octets.n + p->comment.n);
	uint8_t *octets;

	if (!h)
		return;
	octets = (uint8_t *)(h + 1);
	*h = (struct held){ .segment = *seg, .packet = *p };
	h->packet.octets = copy(octets, p->octets);
	h->packet.comment = copy(octets + p->octets.n, p->comment);
	*(x->newest ? &x->newest->next : &x->oldest) = h;
	x->newest = h;
	x->held_octets += cost(h);
	while (x->oldest && x->held_octets > HELD_MAX)
		drop(x, NULL);
}

static bool is_of(const struct held *h, const struct capture_segment *seg)
{
	const struct capture_segment *s = &h->segment;

	return s->fragment.id == seg->fragment.id &&
	       s->fragment.protocol == seg->fragment.protocol &&
	       capture_address_equal(&s->from, &seg->from) &&
	       capture_address_equal(&s->to, &seg->to);
}

static void release(struct export *x, const struct capture *c, const struct capture_segment *seg)
{
	struct held *before = NULL, *h = x->oldest, *next;

	for (; h; h = next) {
		next = h->next;
		if (!is_of(h, seg)) {
			before = h;
			continue;
		}
		write_packet(x, c, &h->packet);
		drop(x, before);
	}
}

void export_write(struct export *x, const struct capture *c, const struct capture_packet *p)
{
	struct capture_segment seg;

	capture_segment(p, &seg);
	if (seg.kind == SEGMENT_FRAGMENT)
		release(x, c, &seg);
	write_packet(x, c, p);
}

void export_secrets(struct export *x, const struct capture *c, struct octets lines)
{
	begin(x, c);
	pcapng_secrets(x->writer, lines);
}

void export_pass(struct export *x, const struct capture_packet *p)
{
	struct capture_segment seg;

	capture_segment(p, &seg);
	if (seg.kind == SEGMENT_FRAGMENT)
		hold(x, p, &seg);
}

bool export_close(struct export *x, char *why, size_t why_cap)
{
	bool ok = !x || pcapng_close(x->writer, why, why_cap);

	while (x && x->oldest)
		drop(x, NULL);
	free(x);
	return ok;
}
