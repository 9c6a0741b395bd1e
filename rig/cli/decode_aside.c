/*
 * What the capture says of a packet, or of where it was taken and who sent it.
 */
#include "cli/decode_inner.h"

#include <stdlib.h>
#include <string.h>

/* Each of its lines is one. */
static void print_comment(struct flow *f, const struct decode_comment *c)
{
	const struct stream_event e = {
		.direction = c->direction, .frame = c->frame, .time_ns = c->time_ns,
	};
	struct octets rest = c->text;

	decode_flush_group(f);
	while (rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		struct text t;

		text_init(&t, f->decode->text, sizeof f->decode->text);
		text_put(&t, c->pdu);
		text_put(&t, ": ");
		text_quoted(&t, (struct octets){ rest.p, n });
		decode_print_tcp(f, &e, c->pdu, f->decode->text);
		n += end != NULL;
		rest = (struct octets){ rest.p + n, rest.n - n };
	}
}

static void keep_comment(struct flow *f, const struct decode_comment *c)
{
	struct decode_comment **at = &f->comments, *kept;
	size_t n = 0;

	for (; *at; at = &(*at)->next)
		n++;
	kept = n < DECODE_PENDING ? malloc(sizeof *kept + c->text.n) : NULL;
	if (!kept)
		return;
	*kept = *c;
	kept->text.p = memcpy(kept + 1, c->text.p, c->text.n);
	*at = kept;
}

void decode_end_comments(struct flow *f, bool print)
{
	while (f->comments) {
		struct decode_comment *c = f->comments;

		f->comments = c->next;
		if (print)
			print_comment(f, c);
		free(c);
	}
}

static void tell_aside(struct decode *d, struct flow *f, const struct capture_packet *p,
                       const char *pdu, struct octets text)
{
	const struct decode_comment c = {
		.pdu = pdu, .direction = streams_last(d->follow.streams).direction,
		.frame = p->frame, .text = text, .time_ns = p->has_time ? p->time_ns : 0,
	};

	d->follow.events++;		/* its place between those of all connections */
	if (!f || f->talk.state == FOLLOW_IGNORED)
		return;
	f->decode = d;
	if (f->announced)
		print_comment(f, &c);
	else
		keep_comment(f, &c);
}

static void tell_interface(struct decode *d, struct flow *f, const struct capture_packet *p)
{
	const struct capture_interface *i = capture_interface(d->follow.capture, p->interface);
	uint64_t bit = UINT64_C(1) << (p->interface < 63 ? p->interface : 63);

	if (!i || !i->name[0] || f->interfaces & bit)
		return;
	f->interfaces |= bit;
	tell_aside(d, f, p, "interface", octets_of(i->name));
}

static void tell_name(struct decode *d, struct flow *f, const struct capture_packet *p)
{
	unsigned who = streams_last(d->follow.streams).direction;
	uint32_t n = capture_names(d->follow.capture);
	struct stream_connection c;
	const char *name;

	if (f->named[who] || f->names_n[who] == n)
		return;
	f->names_n[who] = n;
	if (!streams_connection(d->follow.streams, f->talk.number, &c))
		return;
	name = capture_name_of(d->follow.capture, &c.address[who]);
	if (!name)
		return;
	f->named[who] = true;
	tell_aside(d, f, p, "name", octets_of(name));
}

void decode_aside(struct decode *d, const struct capture_packet *p)
{
	uint32_t number = streams_last(d->follow.streams).connection;
	struct flow *f = (struct flow *)follow_find(&d->follow, number);

	if (f) {
		tell_interface(d, f, p);
		tell_name(d, f, p);
	}
	if (p->comment.n > 0)
		tell_aside(d, f, p, "comment", p->comment);
}
