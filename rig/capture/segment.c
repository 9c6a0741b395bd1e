/* From a captured packet to its TCP segment: links, IP, TCP. */
#include "capture/capture.h"

#include "base/text.h"
#include "capture/field.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_PPPOE = 0x8864,
	TYPE_MPLS = 0x8847,
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
	LENGTHS_END = 0x0600,	/* IEEE 802.3 3.2.6: below, the field is a length */
	PROTOCOL_HOPS = 0,
	PROTOCOL_TCP = 6,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AH = 51,
	PROTOCOL_OPTIONS = 60,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

/*
 * The packet while it is looked through.  `c` ends where the captured octets
 * end, or where an IP length says so; `beyond` counts the octets of the wire
 * behind c->end that still belong to the packet.
 */
struct looking {
	struct cursor c;
	struct findings findings;
	uint32_t beyond;
	size_t ip;			/* where the IP header begins */
	size_t next_at;			/* IPv6: octet that names the present header */
	struct capture_segment *out;
};

/* Octets ran out: by the capture's cut, or by the packet's own fault. */
static enum capture_kind ran_out(const struct looking *l)
{
	return l->beyond ? SEGMENT_CUT : SEGMENT_BROKEN;
}

/* An IP length says that `length` octets follow.  Less than there are: the
 * rest is padding of the link.  More: they were not captured. */
static void bound(struct looking *l, size_t length)
{
	size_t left = cursor_left(&l->c);

	if (length <= left) {
		l->c.end = l->c.pos + length;
		l->beyond = 0;
	} else {
		l->beyond = (uint32_t)(length - left);
	}
}

static enum capture_kind look_tcp(struct looking *l)
{
	struct capture_segment *out = l->out;
	uint8_t offset, flags;
	size_t start = l->c.pos;
	size_t header;

	if (!cursor_u16(&l->c, &out->from_port) || !cursor_u16(&l->c, &out->to_port) ||
	    !field_u32(&l->c, false, &out->seq) || !field_u32(&l->c, false, &out->ack) ||
	    !cursor_u8(&l->c, &offset) || !cursor_u8(&l->c, &flags) ||
	    !cursor_u16(&l->c, &out->window))
		return ran_out(l);
	header = (size_t)(offset >> 4) * 4;
	if (header < 20)
		return SEGMENT_BROKEN;
	if (!field_skip(&l->c, start + header - l->c.pos))
		return ran_out(l);
	out->flags = flags;
	out->payload = cursor_rest(&l->c);
	out->missing = l->beyond;
	return SEGMENT_TCP;
}

static bool take_address(struct cursor *c, uint8_t version, struct capture_address *out)
{
	struct octets o;

	if (!cursor_take(c, version == 4 ? 4 : 16, &o))
		return false;
	out->version = version;
	memcpy(out->octets, o.p, o.n);
	return true;
}

static enum capture_kind take_fragment(struct looking *l)
{
	l->out->fragment.body = cursor_rest(&l->c);
	l->out->missing = l->beyond;
	return SEGMENT_FRAGMENT;
}

/* RFC 791 3.1.  A total length of 0 is what a host that leaves segmentation
 * to its network card captures: the packet goes to its end. */
static enum capture_kind look_ipv4(struct looking *l)
{
	size_t start = l->c.pos;
	uint8_t version, ignored, protocol;
	uint16_t total, id, fragment;
	size_t header;

	if (!cursor_u8(&l->c, &version) || !cursor_u8(&l->c, &ignored) ||
	    !cursor_u16(&l->c, &total))
		return ran_out(l);
	header = (size_t)(version & 15) * 4;
	if (header < 20 || (total && total < header))
		return SEGMENT_BROKEN;
	if (total)
		bound(l, total - (l->c.pos - start));
	if (!cursor_u16(&l->c, &id) || !cursor_u16(&l->c, &fragment) ||
	    !cursor_u8(&l->c, &ignored) || !cursor_u8(&l->c, &protocol) ||
	    !field_skip(&l->c, 2) || !take_address(&l->c, 4, &l->out->from) ||
	    !take_address(&l->c, 4, &l->out->to))
		return ran_out(l);
	if (protocol != PROTOCOL_TCP)
		return SEGMENT_OTHER;
	if (!field_skip(&l->c, start + header - l->c.pos))
		return ran_out(l);
	if (!(fragment & 0x3fff))	/* nothing more to come, and the first */
		return look_tcp(l);
	l->out->fragment = (struct capture_fragment){
		.id = id, .offset = (uint16_t)((fragment & 0x1fff) * 8),
		.protocol = protocol, .more = fragment & 0x2000,
		.head = { l->c.base + start, header }, .next_at = 9,
	};
	return take_fragment(l);
}

/* An extension header whose second octet is its length in units of `unit`
 * octets, beyond the first `first` octets (RFC 8200 4, RFC 4302 2.2). */
static bool pass_extension(struct looking *l, uint8_t *next, size_t unit, size_t first)
{
	uint8_t length;

	l->next_at = l->c.pos;
	return cursor_u8(&l->c, next) && cursor_u8(&l->c, &length) &&
	       field_skip(&l->c, first + unit * length - 2);
}

/* RFC 8200 4.5.  true: it is a whole packet after all (RFC 6946). */
static bool pass_fragment(struct looking *l, uint8_t *next, bool *whole)
{
	size_t start = l->c.pos;
	uint8_t ignored;
	uint16_t offset;
	uint32_t id;

	if (!cursor_u8(&l->c, next) || !cursor_u8(&l->c, &ignored) ||
	    !cursor_u16(&l->c, &offset) || !field_u32(&l->c, false, &id))
		return false;
	*whole = (offset & 0xfff9) == 0;
	l->out->fragment = (struct capture_fragment){
		.id = id, .offset = offset & 0xfff8, .protocol = *next, .more = offset & 1,
		.head = { l->c.base + l->ip, start - l->ip }, .next_at = l->next_at - l->ip,
	};
	return true;
}

static enum capture_kind look_ipv6(struct looking *l)
{
	uint32_t ignored;
	uint16_t length;
	uint8_t next, hops;

	l->ip = l->c.pos;
	l->next_at = l->c.pos + 6;
	if (!field_u32(&l->c, false, &ignored) || !cursor_u16(&l->c, &length) ||
	    !cursor_u8(&l->c, &next) || !cursor_u8(&l->c, &hops) ||
	    !take_address(&l->c, 6, &l->out->from) || !take_address(&l->c, 6, &l->out->to))
		return ran_out(l);
	if (length)			/* 0: a jumbogram (RFC 2675 3), or as above */
		bound(l, length);
	for (;;) {
		bool ok, whole = true;

		switch (next) {
		case PROTOCOL_TCP:
			return look_tcp(l);
		case PROTOCOL_HOPS:
		case PROTOCOL_ROUTING:
		case PROTOCOL_OPTIONS:
		case PROTOCOL_MOBILITY:
		case PROTOCOL_HIP:
		case PROTOCOL_SHIM6:
			ok = pass_extension(l, &next, 8, 8);
			break;
		case PROTOCOL_AH:
			ok = pass_extension(l, &next, 4, 8);
			break;
		case PROTOCOL_FRAGMENT:
			ok = pass_fragment(l, &next, &whole);
			break;
		default:
			return SEGMENT_OTHER;
		}
		if (!ok)
			return ran_out(l);
		if (!whole)
			return next == PROTOCOL_TCP ? take_fragment(l) : SEGMENT_OTHER;
	}
}

static enum capture_kind look_ip(struct looking *l)
{
	uint8_t version;

	if (!cursor_peek(&l->c, &version))
		return ran_out(l);
	switch (version >> 4) {
	case 4:
		return look_ipv4(l);
	case 6:
		return look_ipv6(l);
	default:
		return SEGMENT_OTHER;
	}
}

/* RFC 1661 2, RFC 1662 3.1.  Address and control may be left out, and the first
 * octet of the protocol if it is 0 (its second one is odd then). */
static enum capture_kind look_ppp(struct looking *l)
{
	uint8_t octet;
	uint16_t protocol;

	if (!cursor_peek(&l->c, &octet))
		return ran_out(l);
	if (octet == 0xff && !field_skip(&l->c, 2))
		return ran_out(l);
	if (!cursor_u8(&l->c, &octet))
		return ran_out(l);
	protocol = octet;
	if (!(octet & 1)) {
		if (!cursor_u8(&l->c, &octet))
			return ran_out(l);
		protocol = (uint16_t)(protocol << 8 | octet);
	}
	return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? look_ip(l) : SEGMENT_OTHER;
}

/* RFC 2516 4: version, type, code 0 in a session, its number, a length. */
static enum capture_kind look_pppoe(struct looking *l)
{
	uint16_t head;

	if (!cursor_u16(&l->c, &head) || !field_skip(&l->c, 4))
		return ran_out(l);
	return (head & 0xff) == 0 ? look_ppp(l) : SEGMENT_OTHER;
}

/* RFC 3032 2.1: labels of four octets, the last one marked. */
static enum capture_kind look_mpls(struct looking *l)
{
	uint32_t label;

	do
		if (!field_u32(&l->c, false, &label))
			return ran_out(l);
	while (!(label & 0x100));
	return look_ip(l);
}

/* What an EtherType announces.  IEEE 802.1Q 9.6: each tag is two octets and
 * the type of what follows; 0x9100 and 0x9200 are older makers' outer tags.
 * A length means LLC, of which SNAP carries IP too (RFC 1042). */
static enum capture_kind look_type(struct looking *l, uint16_t type)
{
	static const uint8_t snap[6] = { 0xaa, 0xaa, 0x03 };
	struct octets llc;

	while (type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200)
		if (!field_skip(&l->c, 2) || !cursor_u16(&l->c, &type))
			return ran_out(l);
	if (type < LENGTHS_END) {
		if (!cursor_take(&l->c, sizeof snap, &llc) || !cursor_u16(&l->c, &type))
			return l->beyond ? SEGMENT_CUT : SEGMENT_OTHER;
		if (memcmp(llc.p, snap, sizeof snap) != 0)
			return SEGMENT_OTHER;
	}
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		return look_ip(l);
	case TYPE_PPPOE:
		return look_pppoe(l);
	case TYPE_MPLS:
		return look_mpls(l);
	default:
		return SEGMENT_OTHER;
	}
}

/* A header of which only the type, `before` octets from its start and
 * `after` from its end, tells something. */
static enum capture_kind look_link(struct looking *l, size_t before, size_t after)
{
	uint16_t type;

	if (!field_skip(&l->c, before) || !cursor_u16(&l->c, &type) ||
	    !field_skip(&l->c, after))
		return ran_out(l);
	return look_type(l, type);
}

/* The address family's number differs among systems and may be in either
 * order: the IP version behind it is what tells. */
static enum capture_kind look_loopback(struct looking *l)
{
	if (!field_skip(&l->c, 4))
		return ran_out(l);
	return look_ip(l);
}

static enum capture_kind look(struct looking *l, uint32_t link)
{
	switch (link) {
	case LINK_ETHERNET:
		return look_link(l, 12, 0);
	case LINK_LINUX_SLL:
		return look_link(l, 14, 0);
	case LINK_LINUX_SLL2:
		return look_link(l, 0, 18);
	case LINK_CISCO_HDLC:
		return look_link(l, 2, 0);
	case LINK_NULL:
	case LINK_LOOP:
		return look_loopback(l);
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_IPV4:
	case LINK_IPV6:
		return look_ip(l);
	case LINK_PPP:
	case LINK_PPP_HDLC:
		return look_ppp(l);
	case LINK_PPP_ETHER:
		return look_pppoe(l);
	case LINK_PPP_DIRECTION:
		return field_skip(&l->c, 1) ? look_ppp(l) : ran_out(l);
	default:
		return SEGMENT_LINK;
	}
}

void capture_segment(const struct capture_packet *p, struct capture_segment *out)
{
	struct looking l;

	memset(out, 0, sizeof *out);
	field_begin(&l.c, p->octets, &l.findings);
	l.beyond = p->original > p->octets.n ? p->original - (uint32_t)p->octets.n : 0;
	l.out = out;
	out->kind = look(&l, p->link);
}

bool capture_address_equal(const struct capture_address *a, const struct capture_address *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

const char *capture_address_text(const struct capture_address *a, char out[CAPTURE_ADDRESS_TEXT])
{
	int family = a->version == 4 ? AF_INET : AF_INET6;

	if (!a->version || !inet_ntop(family, a->octets, out, CAPTURE_ADDRESS_TEXT))
		strcpy(out, "?");
	else if (text_masks())
		text_pseudonym(octets_of(out), out);
	return out;
}

bool capture_address_parse(const char *text, struct capture_address *out)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, out->octets) == 1)
		out->version = 4;
	else if (inet_pton(AF_INET6, text, out->octets) == 1)
		out->version = 6;
	return out->version != 0;
}
