#include "capture/pcapng_reader.h"

#include "capture/field.h"
#include "capture/memory.h"
#include "capture/pcapng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

enum {
	INTERFACES_FIRST = 4,
	/* Behind damage a block is looked for in so much of the file at once, and no longer
	 * one is found: each octet is looked at once. */
	RESUME_BLOCK_MAX = CAPTURE_BLOCK_MAX / 2,
	/* Of a block, the octets that are read in any case: heads down to the session's. */
	AHEAD = 256,
	CACHE_LINE = 64,
};

void pcapng_reader_init(struct pcapng_reader *r, struct source *s, struct capture_status *st)
{
	memset(r, 0, sizeof *r);
	r->source = s;
	r->status = st;
}

void pcapng_reader_end(struct pcapng_reader *r)
{
	free(r->interfaces);
	free(r->names);
	free(r->joined);
}

bool pcapng_reader_knows(struct octets head)
{
	static const uint8_t section[4] = { 0x0a, 0x0d, 0x0d, 0x0a };

	return head.n >= 4 && memcmp(head.p, section, 4) == 0;
}

static enum capture_got damaged(struct pcapng_reader *r, const char *text)
{
	struct capture_status *st = r->status;
	const char *why = source_why(r->source);

	st->damaged = true;
	snprintf(st->text, sizeof st->text, "%s%s%s", text, why[0] ? ": " : "", why);
	return CAPTURE_DAMAGED;
}

static enum capture_got damaged_length(struct pcapng_reader *r, uint32_t type, uint32_t length)
{
	char text[100];

	snprintf(text, sizeof text, "block of type 0x%08" PRIx32 " has the length %" PRIu32,
	         type, length);
	return damaged(r, text);
}

/* -- options -- */

struct option {
	uint16_t code;
	struct octets value;
};

/* false: no more, or what follows is no option. */
static bool next_option(struct cursor *c, bool little, struct option *o)
{
	uint16_t length;
	size_t padding;

	if (cursor_left(c) < 4 || !field_u16(c, little, &o->code) ||
	    !field_u16(c, little, &length) || o->code == OPTION_END)
		return false;
	if (!cursor_take(c, length, &o->value))
		return false;
	padding = (4u - length % 4u) % 4u;
	if (padding <= cursor_left(c))
		field_skip(c, padding);
	return true;
}

static void keep_text(char *dst, size_t cap, struct octets o)
{
	size_t n = o.n < cap - 1 ? o.n : cap - 1;

	memcpy(dst, o.p, n);
	dst[n] = '\0';
}

/* A packet's comments; the first is lent as it lies there, several are
 * joined in a buffer of their own. */
static void add_comment(struct pcapng_reader *r, struct capture_packet *p, struct octets more)
{
	size_t n = p->comment.n;

	if (p->comment.p == NULL) {
		p->comment = more;
		return;
	}
	if (!r->joined)
		r->joined = capture_take(CAPTURE_BLOCK_MAX);
	if (!r->joined || n + 1 + more.n > CAPTURE_BLOCK_MAX)
		return;
	if (p->comment.p != r->joined)
		memcpy(r->joined, p->comment.p, n);
	r->joined[n] = '\n';
	memcpy(r->joined + n + 1, more.p, more.n);
	p->comment = (struct octets){ r->joined, n + 1 + more.n };
}

static void packet_options(struct pcapng_reader *r, struct cursor *c, struct capture_packet *p)
{
	struct option o;

	while (next_option(c, r->little, &o))
		if (o.code == OPTION_COMMENT)
			add_comment(r, p, o.value);
	if (c->findings->fatal)
		r->status->odd_options++;
}

/* -- times -- */

/* if_tsresol: the negative power of 10, or with the high bit of 2, that one
 * unit of the time stamps is.  false: no time that we can hold. */
static bool time_of(const struct capture_interface *i, uint64_t units, int64_t *ns)
{
	unsigned power = i->resolution & 0x7f;
	uint64_t per_second = 1, seconds, rest;
	int64_t offset_ns;

	if (i->resolution & 0x80) {
		if (power > 63)
			return false;
		per_second <<= power;
		seconds = units >> power;
		rest = units & (per_second - 1);
		if (power > 32)
			rest >>= power - 32;
		rest = rest * (uint64_t)SECOND_NS >> (power > 32 ? 32 : power);
	} else {
		if (power > 19)
			return false;
		for (unsigned n = 0; n < power; n++)
			per_second *= 10;
		seconds = units / per_second;
		rest = units % per_second;
		rest = power <= 9 ? rest * ((uint64_t)SECOND_NS / per_second)
		                  : rest / (per_second / (uint64_t)SECOND_NS);
	}
	if (seconds > INT64_MAX / SECOND_NS - 1)
		return false;
	*ns = (int64_t)seconds * SECOND_NS + (int64_t)rest;
	return !__builtin_mul_overflow(i->offset_s, SECOND_NS, &offset_ns) &&
	       !__builtin_add_overflow(*ns, offset_ns, ns);
}

/* -- blocks -- */

/* The body of a block that is held whole: between the first length and the
 * second. */
static void open_body(struct cursor *c, struct octets block, struct findings *f)
{
	field_begin(c, (struct octets){ block.p, block.n - 4 }, f);
	field_skip(c, 8);
}

static bool read_section(struct pcapng_reader *r, struct octets block)
{
	struct findings f;
	struct cursor c;
	struct option o;
	uint32_t magic;
	uint16_t major, minor;
	uint64_t length;

	open_body(&c, block, &f);
	if (!field_u32(&c, r->little, &magic) || !field_u16(&c, r->little, &major) ||
	    !field_u16(&c, r->little, &minor) || !field_u64(&c, r->little, &length))
		return false;
	r->n_interfaces = 0;
	r->n_names = 0;
	if (major != 1)
		return false;
	r->comment[0] = '\0';
	while (next_option(&c, r->little, &o))
		if (o.code == OPTION_COMMENT && !r->comment[0])
			keep_text(r->comment, sizeof r->comment, o.value);
	return true;
}

static struct capture_interface *new_interface(struct pcapng_reader *r)
{
	uint32_t cap = r->cap_interfaces ? r->cap_interfaces * 2 : INTERFACES_FIRST;
	struct capture_interface *grown;

	if (r->n_interfaces == CAPTURE_INTERFACES_MAX)
		return NULL;
	if (r->n_interfaces == r->cap_interfaces) {
		grown = capture_grow(r->interfaces, cap * sizeof *grown);
		if (!grown)
			return NULL;
		r->interfaces = grown;
		r->cap_interfaces = cap;
	}
	return memset(&r->interfaces[r->n_interfaces], 0, sizeof *r->interfaces);
}

static void interface_option(struct capture_interface *i, bool little, const struct option *o)
{
	struct findings f;
	struct cursor c;
	uint64_t offset;

	field_begin(&c, o->value, &f);
	switch (o->code) {
	case OPTION_COMMENT:
		keep_text(i->comment, sizeof i->comment, o->value);
		break;
	case OPTION_IF_NAME:
		keep_text(i->name, sizeof i->name, o->value);
		break;
	case OPTION_IF_DESCRIPTION:
		keep_text(i->description, sizeof i->description, o->value);
		break;
	case OPTION_IF_TSRESOL:
		cursor_u8(&c, &i->resolution);
		break;
	case OPTION_IF_TSOFFSET:
		if (field_u64(&c, little, &offset))
			i->offset_s = (int64_t)offset;
		break;
	default:
		break;
	}
}

/* NULL: read; else what is wrong. */
static const char *read_interface(struct pcapng_reader *r, struct octets block)
{
	struct capture_interface *i = new_interface(r);
	struct findings f;
	struct cursor c;
	struct option o;
	uint16_t link;

	if (!i)
		return r->n_interfaces == CAPTURE_INTERFACES_MAX
		           ? "more interfaces than are followed"
		           : "no memory for an interface";
	open_body(&c, block, &f);
	if (!field_u16(&c, r->little, &link) || !field_skip(&c, 2) ||
	    !field_u32(&c, r->little, &i->snap))
		return "interface description block is too short";
	i->link = link;
	i->resolution = PCAPNG_RESOLUTION_US;
	while (next_option(&c, r->little, &o))
		interface_option(i, r->little, &o);
	r->n_interfaces++;
	return NULL;
}

static const struct capture_interface *interface_of(struct pcapng_reader *r,
                                                    struct capture_packet *p)
{
	const struct capture_interface *i;

	if (p->interface >= r->n_interfaces)
		return NULL;
	i = &r->interfaces[p->interface];
	p->link = i->link;
	return i;
}

static const char *read_octets(struct pcapng_reader *r, struct cursor *c, uint32_t captured,
                               struct capture_packet *p)
{
	if (!cursor_take(c, captured, &p->octets))
		return "packet block is shorter than the packet in it";
	if (p->original < captured)
		p->original = captured;
	field_skip(c, (4u - captured % 4u) % 4u);
	packet_options(r, c, p);
	return NULL;
}

/* Enhanced and obsolete packet blocks differ in the first four octets only. */
static const char *read_packet(struct pcapng_reader *r, uint32_t type, struct octets block,
                               struct capture_packet *p)
{
	const struct capture_interface *i;
	uint32_t high, low, captured;
	struct findings f;
	struct cursor c;
	uint16_t number = 0;
	bool ok;

	open_body(&c, block, &f);
	if (type == BLOCK_ENHANCED) {
		ok = field_u32(&c, r->little, &p->interface);
	} else {
		ok = field_u16(&c, r->little, &number) && field_skip(&c, 2);
		p->interface = number;
	}
	if (!ok || !field_u32(&c, r->little, &high) || !field_u32(&c, r->little, &low) ||
	    !field_u32(&c, r->little, &captured) || !field_u32(&c, r->little, &p->original))
		return "packet block is too short";
	i = interface_of(r, p);
	if (!i)
		return "packet of an interface that was not described";
	p->has_time = time_of(i, (uint64_t)high << 32 | low, &p->time_ns);
	if (!p->has_time)
		p->time_ns = 0;
	return read_octets(r, &c, captured, p);
}

/* Without a time; how much was captured follows from snap length and block. */
static const char *read_simple(struct pcapng_reader *r, struct octets block,
                               struct capture_packet *p)
{
	const struct capture_interface *i = interface_of(r, p);
	uint32_t captured;
	struct findings f;
	struct cursor c;

	if (!i)
		return "packet of an interface that was not described";
	open_body(&c, block, &f);
	if (!field_u32(&c, r->little, &p->original))
		return "packet block is too short";
	captured = (uint32_t)cursor_left(&c);
	if (i->snap && i->snap < captured)
		captured = i->snap;
	if (p->original < captured)
		captured = p->original;
	if (!cursor_take(&c, captured, &p->octets))
		return "packet block is too short";
	return NULL;
}

static void keep_name(struct pcapng_reader *r, uint16_t type, struct octets value)
{
	size_t n = type == PCAPNG_NAME_IPV4 ? 4 : 16;
	struct pcapng_name *name;

	if (!r->names)
		r->names = capture_take(CAPTURE_NAMES_MAX * sizeof *r->names);
	if (!r->names || r->n_names == CAPTURE_NAMES_MAX || value.n <= n)
		return;
	name = &r->names[r->n_names++];
	memset(&name->address, 0, sizeof name->address);
	name->address.version = n == 4 ? 4 : 6;
	memcpy(name->address.octets, value.p, n);
	value.p += n;
	value.n = strnlen((const char *)value.p, value.n - n);
	keep_text(name->text, sizeof name->text, value);
}

/* draft-ietf-opsawg-pcapng 4.5: records laid out as options are, of addresses and their
 * names, each with a NUL behind it; of several the first is kept. */
static const char *read_names(struct pcapng_reader *r, struct octets block)
{
	struct findings f;
	struct cursor c;
	struct option o;

	open_body(&c, block, &f);
	while (next_option(&c, r->little, &o))
		if (o.code == PCAPNG_NAME_IPV4 || o.code == PCAPNG_NAME_IPV6)
			keep_name(r, o.code, o.value);
	return NULL;
}

/* draft-ietf-opsawg-pcapng 4.7: type, length, secrets. */
static const char *read_secrets(struct pcapng_reader *r, struct octets block)
{
	uint32_t type, length;
	struct octets lines;
	struct findings f;
	struct cursor c;

	open_body(&c, block, &f);
	if (!field_u32(&c, r->little, &type) || !field_u32(&c, r->little, &length) ||
	    !cursor_take(&c, length, &lines))
		return "decryption secrets block is too short";
	if (type == PCAPNG_TLS_KEY_LOG && r->take_secrets)
		r->take_secrets(r->take_ctx, lines);
	return NULL;
}

/* A block's first twelve octets: type, length, and in a section header the
 * magic that gives the byte order of all of it. */
static bool read_head(struct pcapng_reader *r, struct octets head, uint32_t *type, uint32_t *length)
{
	struct findings f;
	struct cursor c;
	uint32_t magic;

	field_begin(&c, head, &f);
	field_u32(&c, r->little, type);
	if (pcapng_reader_knows(head)) {
		*type = BLOCK_SECTION;
		field_begin(&c, head, &f);
		if (!field_skip(&c, 8) || !field_u32(&c, false, &magic))
			return false;
		r->little = magic != PCAPNG_MAGIC;
		if (r->little && magic != __builtin_bswap32(PCAPNG_MAGIC))
			return false;
		field_begin(&c, head, &f);
		field_skip(&c, 4);
	}
	return field_u32(&c, r->little, length);
}

static const char *read_block(struct pcapng_reader *r, uint32_t type, struct octets block,
                              struct capture_packet *p)
{
	switch (type) {
	case BLOCK_SECTION:
		return read_section(r, block) ? NULL : "section header of an unknown version";
	case BLOCK_INTERFACE:
		return read_interface(r, block);
	case BLOCK_NAMES:
		return read_names(r, block);
	case BLOCK_SECRETS:
		return read_secrets(r, block);
	case BLOCK_SIMPLE:
		return read_simple(r, block, p);
	default:
		return read_packet(r, type, block, p);
	}
}

static bool is_read(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_PACKET ||
	       type == BLOCK_SIMPLE || type == BLOCK_ENHANCED || type == BLOCK_NAMES ||
	       type == BLOCK_SECRETS;
}

static bool is_packet(uint32_t type)
{
	return type == BLOCK_PACKET || type == BLOCK_SIMPLE || type == BLOCK_ENHANCED;
}

/* The length stands at both ends. */
static bool closes(struct octets tail, bool little, uint32_t length)
{
	struct findings f;
	struct cursor c;
	uint32_t again;

	field_begin(&c, tail, &f);
	return field_u32(&c, little, &again) && again == length;
}

/* What is not read may be longer than what is held.  If it does not close, its length may be
 * wrong, and what it covers is looked at for blocks; of a pipe or a packed file, which hold no
 * more of it then, only what is behind. */
static enum capture_got pass_over(struct pcapng_reader *r, uint32_t type, uint32_t length)
{
	bool held = length <= CAPTURE_BLOCK_MAX || source_stays(r->source);
	uint32_t ahead = length - 4;
	uint8_t tail[4];

	if (!held && source_skip(r->source, ahead) < ahead)
		return damaged(r, "the file ends inside a block");
	if (!held)
		ahead = 0;
	if (!source_look(r->source, ahead, tail, sizeof tail))
		return damaged(r, "the file ends inside a block");
	if (!closes((struct octets){ tail, sizeof tail }, r->little, length))
		return damaged_length(r, type, length);
	source_skip(r->source, ahead + sizeof tail);
	return CAPTURE_PACKET;
}

/* What was only mapped comes slowly from memory.  While this block is read the end of the next
 * one comes, and the beginning of the one behind it: where that is stands in the head of the
 * next one, which came while the block before this was read. */
static void fetch_ahead(struct pcapng_reader *r, uint32_t length)
{
	struct octets in = source_peek(r->source, length);
	struct findings ignored;
	struct cursor c;
	uint32_t next;
	size_t end;

	field_begin(&c, in, &ignored);
	if (!field_skip(&c, length + 4) || !field_u32(&c, r->little, &next))
		return;
	end = (size_t)length + next;
	for (size_t at = end - 4; at < in.n && at < end + AHEAD; at += CACHE_LINE)
		__builtin_prefetch(in.p + at);
}

/* Reads one block; CAPTURE_PACKET: go on (`*packet`: with a packet). */
static enum capture_got one_block(struct pcapng_reader *r, struct capture_packet *p, bool *packet)
{
	struct octets head = source_peek(r->source, PCAPNG_BLOCK_MIN), block;
	uint32_t type = 0, length = 0;
	const char *fault;

	r->status->position = source_position(r->source);
	if (head.n == 0 && !source_why(r->source)[0])
		return CAPTURE_END;
	if (head.n < PCAPNG_BLOCK_MIN)
		return damaged(r, "the file ends inside a block's head");
	if (!read_head(r, (struct octets){ head.p, PCAPNG_BLOCK_MIN }, &type, &length))
		return damaged(r, "section header without byte-order magic");
	if (length < PCAPNG_BLOCK_MIN || length % 4)
		return damaged_length(r, type, length);
	if (!is_read(type))
		return pass_over(r, type, length);
	if (length > CAPTURE_BLOCK_MAX)
		return damaged_length(r, type, length);
	block = source_peek(r->source, length);
	if (block.n < length)
		return damaged(r, "the file ends inside a block");
	block.n = length;
	if (!closes((struct octets){ block.p + length - 4, 4 }, r->little, length))
		return damaged_length(r, type, length);
	fault = read_block(r, type, block, p);
	if (fault)
		return damaged(r, fault);
	*packet = is_packet(type);
	r->held = length;
	fetch_ahead(r, length);
	return CAPTURE_PACKET;
}

enum capture_got pcapng_reader_next(struct pcapng_reader *r, struct capture_packet *p)
{
	enum capture_got got;
	bool packet = false;

	do {
		source_skip(r->source, r->held);
		r->held = 0;
		memset(p, 0, sizeof *p);
		got = one_block(r, p, &packet);
	} while (got == CAPTURE_PACKET && !packet);
	p->position = r->status->position;
	p->stays = source_stays(r->source);
	return got;
}

/* ---- behind damage ---- */

/* Are these the first octets of a packet block of an interface that was described? */
static bool is_packet_here(const struct pcapng_reader *r, uint32_t type, struct octets block)
{
	uint32_t interface, captured;
	uint16_t number = 0;
	struct findings f;
	struct cursor c;
	bool ok;

	open_body(&c, block, &f);
	if (type == BLOCK_SIMPLE)
		return r->n_interfaces > 0 && cursor_left(&c) >= 4;
	if (type == BLOCK_ENHANCED) {
		ok = field_u32(&c, r->little, &interface);
	} else {
		ok = field_u16(&c, r->little, &number) && field_skip(&c, 2);
		interface = number;
	}
	return ok && interface < r->n_interfaces && field_skip(&c, 8) &&
	       field_u32(&c, r->little, &captured) && field_skip(&c, 4) &&
	       captured <= cursor_left(&c);
}

/* Types are small numbers in either byte order, or that of a section. */
static bool may_be_type(const uint8_t *p)
{
	return (p[1] == 0 && p[2] == 0) || (p[1] == 0x0d && p[2] == 0x0d);
}

/* Does a block that is read begin here, all of it there? */
static bool is_block_here(struct pcapng_reader *r, struct octets in)
{
	bool little = r->little, is;
	uint32_t type = 0, length = 0;
	struct octets block = in;

	is = in.n >= PCAPNG_BLOCK_MIN && may_be_type(in.p) &&
	     read_head(r, (struct octets){ in.p, PCAPNG_BLOCK_MIN }, &type, &length) &&
	     is_read(type) && length >= PCAPNG_BLOCK_MIN && length % 4 == 0 &&
	     length <= RESUME_BLOCK_MAX && length <= in.n &&
	     closes((struct octets){ in.p + length - 4, 4 }, r->little, length);
	block.n = length;
	if (is && is_packet(type))
		is = is_packet_here(r, type, block);
	r->little = little;
	return is;
}

bool pcapng_reader_resume(struct pcapng_reader *r)
{
	source_skip(r->source, 1);
	for (;;) {
		struct octets in = source_peek(r->source, CAPTURE_BLOCK_MAX);
		bool last = in.n < CAPTURE_BLOCK_MAX;
		size_t n = last ? in.n : in.n - RESUME_BLOCK_MAX;

		for (size_t i = 0; i < n; i++) {
			if (!is_block_here(r, (struct octets){ in.p + i, in.n - i }))
				continue;
			source_skip(r->source, i);
			return true;
		}
		source_skip(r->source, n);
		if (last)
			return false;
	}
}
