/* capture/capture: files of every kind, whole and damaged, and what lies in
 * their packets. */
#include "test_capture_packets.h"

#include "capture/limits.h"
#include "capture/memory.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ---- files made in memory ---- */

enum { FILE_MAX = 8192 };

struct file {
	uint8_t octets[FILE_MAX];
	size_t n;
	bool little;
};

static void f8(struct file *f, unsigned v)
{
	assert_true(f->n < FILE_MAX);
	f->octets[f->n++] = (uint8_t)v;
}

static void f16(struct file *f, unsigned v)
{
	f8(f, f->little ? v & 255 : v >> 8);
	f8(f, f->little ? v >> 8 : v & 255);
}

static void f32(struct file *f, uint32_t v)
{
	f16(f, f->little ? v & 0xffff : v >> 16);
	f16(f, f->little ? v >> 16 : v & 0xffff);
}

static void f_octets(struct file *f, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		f8(f, ((const uint8_t *)p)[i]);
}

static void f_pad(struct file *f)
{
	while (f->n % 4)
		f8(f, 0);
}

static void f_option(struct file *f, unsigned code, const void *p, size_t n)
{
	f16(f, code);
	f16(f, (unsigned)n);
	f_octets(f, p, n);
	f_pad(f);
}

static void f_text(struct file *f, unsigned code, const char *text)
{
	f_option(f, code, text, strlen(text));
}

/* A block's length is written when it is closed. */
static size_t f_begin(struct file *f, uint32_t type)
{
	size_t at = f->n;

	f32(f, type);
	f32(f, 0);
	return at;
}

static void f_close(struct file *f, size_t at)
{
	size_t n = f->n + 4 - at, end = f->n;

	f->n = at + 4;
	f32(f, (uint32_t)n);
	f->n = end;
	f32(f, (uint32_t)n);
}

static void f_section(struct file *f, const char *comment)
{
	size_t at = f_begin(f, 0x0a0d0d0a);

	f32(f, 0x1a2b3c4d);
	f16(f, 1);
	f16(f, 0);
	f32(f, 0xffffffff);
	f32(f, 0xffffffff);
	if (comment)
		f_text(f, 1, comment);
	f_close(f, at);
}

/* `resolution` < 0: without the option. */
static void f_interface(struct file *f, unsigned link, const char *name, int resolution, int offset)
{
	size_t at = f_begin(f, 1);
	uint8_t r = (uint8_t)resolution;

	f16(f, link);
	f16(f, 0);
	f32(f, 0);
	if (name)
		f_text(f, 2, name);
	if (resolution >= 0)
		f_option(f, 9, &r, 1);
	if (offset) {
		f16(f, 14);
		f16(f, 8);
		f32(f, f->little ? (uint32_t)offset : offset < 0 ? 0xffffffff : 0);
		f32(f, f->little ? (offset < 0 ? 0xffffffff : 0) : (uint32_t)offset);
	}
	f32(f, 0);
	f_close(f, at);
}

static void f_packet(struct file *f, uint32_t interface, uint64_t time, const char *data,
                     uint32_t original, const char *first, const char *second)
{
	size_t at = f_begin(f, 6);

	f32(f, interface);
	f32(f, (uint32_t)(time >> 32));
	f32(f, (uint32_t)time);
	f32(f, (uint32_t)strlen(data));
	f32(f, original);
	f_octets(f, data, strlen(data));
	f_pad(f);
	if (first)
		f_text(f, 1, first);
	if (second)
		f_text(f, 1, second);
	if (first)
		f32(f, 0);
	f_close(f, at);
}

static void f_unknown(struct file *f)
{
	size_t at = f_begin(f, 0x40000bad);

	f_octets(f, "what is that", 12);
	f_close(f, at);
}

/* -- opening what lies in memory -- */

struct opened {
	int fd;
	struct capture *c;
	char why[300];
};

static void open_octets(struct opened *o, const void *p, size_t n)
{
	char path[40];

	o->fd = memfd_create("capture", 0);
	assert_true(o->fd >= 0);
	assert_int_equal(write(o->fd, p, n), n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", o->fd);
	o->c = capture_open(path, o->why, sizeof o->why);
}

static void close_octets(struct opened *o)
{
	capture_close(o->c);
	close(o->fd);
}

static bool is_octets(struct octets o, const char *text)
{
	return o.n == strlen(text) && memcmp(o.p, text, o.n) == 0;
}

/* ---- pcap ---- */

static void make_pcap(struct file *f, bool little, bool nano, uint32_t link)
{
	*f = (struct file){ .little = little };
	f32(f, nano ? 0xa1b23c4d : 0xa1b2c3d4);
	f16(f, 2);
	f16(f, 4);
	f32(f, 0);
	f32(f, 0);
	f32(f, 65535);
	f32(f, link);
}

static void add_pcap(struct file *f, uint32_t seconds, uint32_t fraction, const char *data,
                     uint32_t original)
{
	f32(f, seconds);
	f32(f, fraction);
	f32(f, (uint32_t)strlen(data));
	f32(f, original);
	f_octets(f, data, strlen(data));
}

static void pcap(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct capture_packet p;
		struct opened o;
		struct file f;

		make_pcap(&f, kind & 1, kind & 2, kind ? 101 : 1);
		add_pcap(&f, 1000, 5, "first", 5);
		add_pcap(&f, 1001, 999999, "second", 60);
		open_octets(&o, f.octets, f.n);
		assert_non_null(o.c);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
		assert_int_equal(p.frame, 1);
		assert_int_equal(p.time_ns, INT64_C(1000000000000) + (kind & 2 ? 5 : 5000));
		assert_int_equal(p.position, 24);
		assert_int_equal(p.link, kind ? LINK_RAW : LINK_ETHERNET);
		assert_true(is_octets(p.octets, "first"));
		assert_int_equal(p.original, 5);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
		assert_int_equal(p.frame, 2);
		assert_int_equal(p.position, 24 + 16 + 5);
		assert_int_equal(p.original, 60);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
		assert_false(capture_status(o.c)->damaged);
		assert_int_equal(capture_interface(o.c, 0)->link, kind ? 101 : 1);
		assert_null(capture_interface(o.c, 1));
		assert_string_equal(capture_section_comment(o.c), "");
		close_octets(&o);
	}
}

/* ---- pcapng ---- */

static void make_pcapng(struct file *f, bool little)
{
	*f = (struct file){ .little = little };
	f_section(f, "why this was captured");
	f_interface(f, 101, "eth0", 9, 0);
	f_unknown(f);
	f_packet(f, 0, UINT64_C(1700000000123456789), "first", 5, "step 1", "step 2");
	f_interface(f, 1, NULL, -1, 0);
	f_packet(f, 1, UINT64_C(1700000000123456), "second", 60, NULL, NULL);
	f_packet(f, 0, 1, "third", 0, "only one", NULL);
}

static void pcapng(void **state)
{
	(void)state;
	for (int little = 0; little < 2; little++) {
		struct capture_packet p;
		struct opened o;
		struct file f;

		make_pcapng(&f, little);
		open_octets(&o, f.octets, f.n);
		assert_non_null(o.c);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
		assert_string_equal(capture_section_comment(o.c), "why this was captured");
		assert_string_equal(capture_interface(o.c, 0)->name, "eth0");
		assert_true(is_octets(p.octets, "first"));
		assert_true(is_octets(p.comment, "step 1\nstep 2"));
		assert_int_equal(p.time_ns, INT64_C(1700000000123456789));
		assert_int_equal(p.link, LINK_RAW);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
		assert_int_equal(p.time_ns, INT64_C(1700000000123456000));
		assert_int_equal(p.interface, 1);
		assert_int_equal(p.link, LINK_ETHERNET);
		assert_int_equal(p.original, 60);
		assert_int_equal(p.comment.n, 0);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
		assert_int_equal(p.original, 5);	/* never less than captured */
		assert_true(is_octets(p.comment, "only one"));
		assert_int_equal(p.frame, 3);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
		assert_int_equal(capture_status(o.c)->odd_options, 0);
		close_octets(&o);
	}
}

/* A simple packet has neither time nor length of its own; the obsolete
 * packet block has both. */
static void old_blocks(void **state)
{
	struct capture_packet p;
	struct opened o;
	struct file f = { .little = true };
	size_t at;

	(void)state;
	f_section(&f, NULL);
	at = f_begin(&f, 1);
	f32(&f, 101);
	f32(&f, 6);			/* snap length */
	f_close(&f, at);
	at = f_begin(&f, 3);
	f32(&f, 9);
	f_octets(&f, "simple..", 8);
	f_close(&f, at);
	at = f_begin(&f, 3);
	f32(&f, 3);
	f_octets(&f, "abc.", 4);
	f_close(&f, at);
	at = f_begin(&f, 2);
	f16(&f, 0);
	f16(&f, 7);			/* drops */
	f32(&f, 0);
	f32(&f, 2000000);
	f32(&f, 3);
	f32(&f, 3);
	f_octets(&f, "old.", 4);
	f_close(&f, at);
	open_octets(&o, f.octets, f.n);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_true(is_octets(p.octets, "simple"));
	assert_int_equal(p.original, 9);
	assert_false(p.has_time);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_true(is_octets(p.octets, "abc"));
	assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_true(is_octets(p.octets, "old"));
	assert_int_equal(p.time_ns, 2000000000);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
	close_octets(&o);
}

/* Each section has its own byte order and interfaces. */
static void sections(void **state)
{
	struct capture_packet p;
	struct opened o;
	struct file f = { .little = true };

	(void)state;
	f_section(&f, "one");
	f_interface(&f, 101, "a", 9, 0);
	f_packet(&f, 0, 1, "x", 1, NULL, NULL);
	f.little = false;
	f_section(&f, "two");
	f_interface(&f, 113, "b", 9, 0);
	f_packet(&f, 0, 2, "y", 1, NULL, NULL);
	f_packet(&f, 1, 2, "z", 1, NULL, NULL);
	open_octets(&o, f.octets, f.n);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_string_equal(capture_section_comment(o.c), "one");
	assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_string_equal(capture_section_comment(o.c), "two");
	assert_string_equal(capture_interface(o.c, 0)->name, "b");
	assert_int_equal(p.link, LINK_LINUX_SLL);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_DAMAGED);
	assert_string_equal(capture_status(o.c)->text,
	                    "packet of an interface that was not described");
	close_octets(&o);
}

static void resolutions(void **state)
{
	static const struct {
		int resolution, offset;
		uint64_t units;
		int64_t ns;
		bool ok;
	} rows[] = {
		{ -1, 0, 1500000, 1500000000, true },
		{ 0, 0, 17, INT64_C(17000000000), true },
		{ 3, 0, 1234, 1234000000, true },
		{ 9, 0, 7, 7, true },
		{ 12, 0, 123456, 123, true },
		{ 19, 0, UINT64_C(15000000000000000000), 1500000000, true },
		{ 20, 0, 1, 0, false },
		{ 0x80 | 1, 0, 3, 1500000000, true },
		{ 0x80 | 20, 0, (5 << 20) | (1 << 19), INT64_C(5500000000), true },
		{ 0x80 | 32, 0, UINT64_C(11) << 31, INT64_C(5500000000), true },
		{ 0x80 | 40, 0, UINT64_C(21) << 38, INT64_C(5250000000), true },
		{ 0x80 | 63, 0, UINT64_C(3) << 62, 1500000000, true },
		{ 0x80 | 64, 0, 1, 0, false },
		{ 9, 100, 7, INT64_C(100000000007), true },
		{ 9, -2, INT64_C(5000000000), INT64_C(3000000000), true },
		{ 0, 0, UINT64_C(9223372036), INT64_C(0), false },
		{ 0, 0, UINT64_C(9223372035), INT64_C(9223372035000000000), true },
		{ 0, 2000000000, UINT64_C(9223372035), 0, false },
		{ 0, 0, UINT64_MAX, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct capture_packet p;
		struct opened o;
		struct file f = { .little = i % 2 };

		f_section(&f, NULL);
		f_interface(&f, 101, NULL, rows[i].resolution, rows[i].offset);
		f_packet(&f, 0, rows[i].units, "x", 1, NULL, NULL);
		open_octets(&o, f.octets, f.n);
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
		assert_int_equal(p.has_time, rows[i].ok);
		assert_int_equal(p.time_ns, rows[i].ns);
		close_octets(&o);
	}
}

/* ---- damage ---- */

static void want_damage(const struct file *f, const char *text, uint64_t position)
{
	struct capture_packet p;
	enum capture_got got;
	struct opened o;

	open_octets(&o, f->octets, f->n);
	assert_non_null(o.c);
	do
		got = capture_next(o.c, &p);
	while (got == CAPTURE_PACKET);
	assert_int_equal(got, CAPTURE_DAMAGED);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_DAMAGED);
	assert_true(capture_status(o.c)->damaged);
	assert_string_equal(capture_status(o.c)->text, text);
	assert_int_equal(capture_status(o.c)->position, position);
	close_octets(&o);
}

static void reasons(void **state)
{
	struct file f, good;
	size_t at;

	(void)state;
	make_pcapng(&good, true);
	f = good;
	f_begin(&f, 6);
	want_damage(&f, "the file ends inside a block's head", good.n);
	f = good;
	f_close(&f, f_begin(&f, 6));
	want_damage(&f, "packet block is too short", good.n);
	f = good;
	at = f_begin(&f, 0x77);
	f_close(&f, at);
	f.octets[at + 4] = 13;
	want_damage(&f, "block of type 0x00000077 has the length 13", good.n);
	f = good;
	at = f_begin(&f, 0x77);
	f_close(&f, at);
	f.octets[f.n - 4] = 16;
	want_damage(&f, "block of type 0x00000077 has the length 12", good.n);
	f = good;
	at = f_begin(&f, 6);
	f32(&f, 0);
	f_close(&f, at);
	f.octets[at + 7] = 0x10;
	want_damage(&f, "block of type 0x00000006 has the length 268435472", good.n);
	f = good;
	at = f_begin(&f, 0x77);
	f32(&f, 0);
	f_close(&f, at);
	f.octets[at + 7] = 0x10;
	want_damage(&f, "the file ends inside a block", good.n);
	f = good;
	f_packet(&f, 0, 1, "abcd", 4, NULL, NULL);
	f.octets[good.n + 20] = 9;
	want_damage(&f, "packet block is shorter than the packet in it", good.n);
	f = good;
	f_section(&f, NULL);
	f.octets[good.n + 8] = 0;
	want_damage(&f, "section header without byte-order magic", good.n);
	f = good;
	f_section(&f, NULL);
	f.octets[good.n + 12] = 2;
	want_damage(&f, "section header of an unknown version", good.n);
	f = good;
	for (int i = 0; i < 2; i++)
		add_pcap(&f, 1, 2, "", 0);
	want_damage(&f, "block of type 0x00000001 has the length 2", good.n);
	make_pcap(&f, true, false, 1);
	add_pcap(&f, 1, 2, "abcdef", 6);
	at = f.n;
	add_pcap(&f, 1, 2, "abcdef", 6);
	f.n -= 2;
	want_damage(&f, "truncated dump file; tried to read 6 captured bytes, only got 4", at);
}

static size_t pack(uint8_t *dst, size_t cap, const uint8_t *src, size_t n)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)src, .avail_in = (uInt)n,
	               .next_out = dst, .avail_out = (uInt)cap };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return cap - z.avail_out;
}

enum { HOLES = 10, HOLE = 40 };

/* Ten times: a packet, then a block of this type; one bit of an octet of its lengths, counted
 * from its beginning, is wrong.  Returns where the first of these blocks is. */
static size_t make_holes(struct file *f, uint32_t type, size_t octet)
{
	size_t at = 0;

	*f = (struct file){ .little = true };
	f_section(f, NULL);
	f_interface(f, 101, "a", 9, 0);
	for (uint32_t i = 0; i < HOLES; i++) {
		f_packet(f, 0, i, "packet", 6, NULL, NULL);
		at = f_begin(f, type);
		f_octets(f, "\0\0\0\0 nothing that we know of", 28);
		f_close(f, at);
		f->octets[at + octet] ^= 0x08;
	}
	f_packet(f, 0, HOLES, "packet", 6, NULL, NULL);
	return at - (HOLES - 1) * (HOLE + 40);
}

/* What is behind each of the blocks is read. */
static void want_holes(const void *octets, size_t n, size_t first)
{
	const struct capture_status *st;
	struct capture_packet p;
	struct opened o;

	open_octets(&o, octets, n);
	assert_non_null(o.c);
	for (uint32_t i = 0; i <= HOLES; i++) {
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
		assert_int_equal(p.frame, i + 1);
		assert_int_equal(p.time_ns, i);
		assert_true(is_octets(p.octets, "packet"));
	}
	assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
	st = capture_status(o.c);
	assert_false(st->damaged);
	assert_int_equal(st->holes, HOLES);
	assert_int_equal(st->passed, HOLES * HOLE);
	assert_int_equal(st->first.position, first);
	assert_int_equal(st->first.behind, first + HOLE);
	assert_int_equal(st->first.frame, 2);
	assert_true(st->first.text[0]);
	close_octets(&o);
}

/* Plain and gzip'ed.  Lengths are too long by 2 KiB, or by more than a block may have. */
static void holes(void **state)
{
	static const uint32_t types[] = { 1, 2, 3, 6, 0x77, 10 };
	static const size_t lengths[] = { HOLE - 3, 5, 7 };
	uint8_t packed[FILE_MAX + 200];

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++) {
			struct file f;
			size_t first = make_holes(&f, types[i], lengths[j]);

			want_holes(f.octets, f.n, first);
			if (types[i] != 0x77 || lengths[j] != 7)
				want_holes(packed, pack(packed, sizeof packed, f.octets, f.n),
				           first);
		}
}

/* Packed, and too long to be held: once its end is seen, what it covers is gone. */
static void hole_of_all(void **state)
{
	uint8_t packed[FILE_MAX + 200];
	const struct capture_status *st;
	struct capture_packet p;
	struct opened o;
	struct file f;
	size_t first = make_holes(&f, 0x77, 7);

	(void)state;
	open_octets(&o, packed, pack(packed, sizeof packed, f.octets, f.n));
	assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_DAMAGED);
	st = capture_status(o.c);
	assert_int_equal(st->position, first);
	assert_string_equal(st->text, "the file ends inside a block");
	close_octets(&o);
}

/* Broken options do not cost the packet. */
static void odd_options(void **state)
{
	struct capture_packet p;
	struct opened o;
	struct file f;

	(void)state;
	make_pcapng(&f, true);
	f_packet(&f, 0, 1, "abcd", 4, "comment", NULL);
	f.octets[f.n - 4 - 4 - 8 - 2] = 200;	/* the comment's length */
	open_octets(&o, f.octets, f.n);
	for (int i = 0; i < 4; i++)
		assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_true(is_octets(p.octets, "abcd"));
	assert_int_equal(p.comment.n, 0);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
	assert_int_equal(capture_status(o.c)->odd_options, 1);
	close_octets(&o);
}

static void not_a_capture(void **state)
{
	static const char *const texts[] = { "", "x", "hello, this is no capture at all ......." };
	struct opened o;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		open_octets(&o, texts[i], strlen(texts[i]));
		assert_null(o.c);
		assert_non_null(strstr(o.why, "/proc/self/fd/"));
		close(o.fd);
	}
	assert_null(capture_open("/nonexistent/x.pcap", o.why, sizeof o.why));
	assert_string_equal(o.why, "/nonexistent/x.pcap: No such file or directory");
	assert_null(capture_open("/", o.why, sizeof o.why));
	assert_string_equal(o.why, "/: Is a directory");
}

/* How many packets come, and what ends them; everything touched. */
static unsigned drain(const void *octets, size_t n, enum capture_got *end)
{
	struct capture_packet p;
	struct opened o;
	unsigned count = 0;
	uint8_t sum = 0;

	*end = CAPTURE_DAMAGED;
	open_octets(&o, octets, n);
	if (!o.c) {
		close(o.fd);
		return 0;
	}
	while ((*end = capture_next(o.c, &p)) == CAPTURE_PACKET) {
		struct capture_segment seg;

		count++;
		for (size_t i = 0; i < p.octets.n; i++)
			sum ^= p.octets.p[i];
		for (size_t i = 0; i < p.comment.n; i++)
			sum ^= p.comment.p[i];
		assert_true(p.original >= p.octets.n);
		capture_segment(&p, &seg);
		assert_true(count <= 4);
	}
	assert_int_equal(*end == CAPTURE_DAMAGED, capture_status(o.c)->damaged);
	assert_true(!capture_status(o.c)->damaged || capture_status(o.c)->text[0]);
	assert_true(capture_status(o.c)->position <= UINT32_MAX);
	close_octets(&o);
	(void)sum;
	return count;
}

/* Cut anywhere: packets that are there come; only a cut between records is
 * no damage. */
static void truncated(const struct file *f, unsigned packets)
{
	unsigned before = 0, clean = 0;
	enum capture_got end;

	assert_int_equal(drain(f->octets, f->n, &end), packets);
	assert_int_equal(end, CAPTURE_END);
	for (size_t n = 0; n < f->n; n++) {
		unsigned now = drain(f->octets, n, &end);

		assert_true(now == before || now == before + 1);
		before = now;
		clean += end == CAPTURE_END;
	}
	assert_true(clean >= packets && clean <= packets + 5);
}

static void flipped(const uint8_t *octets, size_t n)
{
	uint8_t *copy = malloc(n);
	enum capture_got end;

	assert_non_null(copy);
	memcpy(copy, octets, n);
	for (size_t bit = 0; bit < n * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		drain(copy, n, &end);
		copy[bit / 8] = octets[bit / 8];
	}
	free(copy);
}

static void damaged_files(void **state)
{
	struct file f;

	(void)state;
	for (int little = 0; little < 2; little++) {
		make_pcapng(&f, little);
		truncated(&f, 3);
		flipped(f.octets, f.n);
		make_pcap(&f, little, true, 101);
		add_pcap(&f, 1, 2, "first", 5);
		add_pcap(&f, 3, 4, "second", 6);
		truncated(&f, 2);
		flipped(f.octets, f.n);
	}
}

/* ---- gzip ---- */

static void gzip(void **state)
{
	uint8_t packed[FILE_MAX + 200];
	struct capture_packet p;
	enum capture_got end;
	struct opened o;
	struct file f;
	size_t n, half;

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		if (kind) {
			make_pcapng(&f, true);
		} else {
			make_pcap(&f, true, true, 101);
			for (int i = 0; i < 3; i++)
				add_pcap(&f, 1, 2, "packet", 6);
		}
		half = f.n / 2;
		n = pack(packed, sizeof packed, f.octets, f.n);
		assert_int_equal(drain(packed, n, &end), 3);
		assert_int_equal(end, CAPTURE_END);
		for (size_t cut = 0; cut < n; cut++) {
			assert_true(drain(packed, cut, &end) <= 3);
			assert_int_equal(end, CAPTURE_DAMAGED);
		}
		flipped(packed, n);
		/* two members, then padding */
		n = pack(packed, sizeof packed, f.octets, half);
		n += pack(packed + n, sizeof packed - n, f.octets + half, f.n - half);
		memset(packed + n, 0, 20);
		assert_int_equal(drain(packed, n + 20, &end), 3);
		assert_int_equal(end, CAPTURE_END);
	}
	/* what is there before the cut is delivered, and the reason is gzip's */
	n = pack(packed, sizeof packed, f.octets, f.n);
	open_octets(&o, packed, n - 9);
	while (capture_next(o.c, &p) == CAPTURE_PACKET)
		;
	assert_non_null(strstr(capture_status(o.c)->text, "the gzip stream is cut short"));
	close_octets(&o);
}

/* ---- bounds ---- */

static void many_interfaces(void **state)
{
	struct capture_packet p;
	struct opened o;
	struct file *f = calloc(1, sizeof *f);
	uint8_t *all = calloc(CAPTURE_INTERFACES_MAX + 2, 64);
	size_t n = 0, before;

	(void)state;
	assert_non_null(f);
	assert_non_null(all);
	f_section(f, NULL);
	memcpy(all, f->octets, n = f->n);
	for (int i = 0; i <= CAPTURE_INTERFACES_MAX; i++) {
		before = f->n = 0;
		f_interface(f, 101, "a", 9, 0);
		memcpy(all + n, f->octets, f->n - before);
		n += f->n;
	}
	open_octets(&o, all, n);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_DAMAGED);
	assert_string_equal(capture_status(o.c)->text, "more interfaces than are followed");
	assert_non_null(capture_interface(o.c, CAPTURE_INTERFACES_MAX - 1));
	close_octets(&o);
	free(all);
	free(f);
}

/* Longer than the reader's first buffer, and longer than it keeps. */
static void long_packet(void **state)
{
	static const size_t sizes[] = { CAPTURE_BLOCK_MAX - 1000, CAPTURE_BLOCK_MAX };

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t n = sizes[i] & ~(size_t)3;
		uint8_t *all = calloc(1, n + 400);
		struct file f = { .little = true };
		struct capture_packet p;
		struct opened o;
		size_t head;

		assert_non_null(all);
		f_section(&f, NULL);
		f_interface(&f, 101, "a", 9, 0);
		head = f.n;
		f32(&f, 6);
		f32(&f, (uint32_t)n + 32);
		f32(&f, 0);
		f32(&f, 0);
		f32(&f, 0);
		f32(&f, (uint32_t)n);
		f32(&f, (uint32_t)n);
		memcpy(all, f.octets, f.n);
		head = f.n + n;
		f.n = 0;
		f32(&f, (uint32_t)n + 32);
		memcpy(all + head, f.octets, 4);
		open_octets(&o, all, head + 4);
		if (i == 0) {
			assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
			assert_int_equal(p.octets.n, n);
			assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
		} else {
			assert_int_equal(capture_next(o.c, &p), CAPTURE_DAMAGED);
		}
		close_octets(&o);
		free(all);
	}
}

/* A block that is not read may be longer than what is held, in a file that stays and in one that
 * is packed. */
static void long_unknown(void **state)
{
	const size_t length = (size_t)CAPTURE_BLOCK_MAX * 3;
	uint8_t *all = calloc(1, length + FILE_MAX), packed[FILE_MAX + 200];
	struct file f;
	size_t at;

	(void)state;
	assert_non_null(all);
	make_pcapng(&f, true);
	memcpy(all, f.octets, at = f.n);
	f.n = 0;
	f32(&f, 0x77);
	f32(&f, (uint32_t)length);
	memcpy(all + at, f.octets, 8);
	memcpy(all + at + length - 4, f.octets + 4, 4);
	f.n = 0;
	f_packet(&f, 0, 1, "behind", 6, NULL, NULL);
	memcpy(all + at + length, f.octets, f.n);
	at += length + f.n;
	for (int kind = 0; kind < 2; kind++) {
		size_t n = kind ? pack(packed, sizeof packed, all, at) : at;
		struct capture_packet p, last = { 0 };
		struct opened o;

		open_octets(&o, kind ? packed : all, n);
		while (capture_next(o.c, &p) == CAPTURE_PACKET)
			last = p;
		assert_int_equal(capture_next(o.c, &p), CAPTURE_END);
		assert_int_equal(capture_status(o.c)->holes, 0);
		assert_true(is_octets(last.octets, "behind"));
		close_octets(&o);
	}
	free(all);
}

enum { LARGE = 3 << 20, LARGE_CUT = 1 << 20 };

/* `all`: room for LARGE octets; returns how many there are. */
static size_t large_file(uint8_t *all)
{
	struct file f = { .little = true };
	char text[1001];
	size_t head, block, n;

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	f_section(&f, NULL);
	f_interface(&f, 101, "a", 9, 0);
	head = f.n;
	f_packet(&f, 0, 1, text, 1000, NULL, NULL);
	block = f.n - head;
	memcpy(all, f.octets, head);
	for (n = head; n + block <= LARGE; n += block)
		memcpy(all + n, f.octets + head, block);
	return n;
}

/* What is lent of a file that is not packed stays; one that is cut meanwhile ends there. */
static void mapped(void **state)
{
	uint8_t *all = malloc(LARGE);
	struct capture_packet first, p;
	enum capture_got got;
	struct opened o;
	size_t n;

	(void)state;
	assert_non_null(all);
	n = large_file(all);
	open_octets(&o, all, n);
	assert_int_equal(capture_next(o.c, &first), CAPTURE_PACKET);
	assert_true(first.stays);
	while ((got = capture_next(o.c, &p)) == CAPTURE_PACKET)
		assert_memory_equal(p.octets.p, first.octets.p, first.octets.n);
	assert_int_equal(got, CAPTURE_END);
	assert_int_equal(capture_status(o.c)->position, n);
	close_octets(&o);
	open_octets(&o, all, n);
	assert_int_equal(capture_next(o.c, &p), CAPTURE_PACKET);
	assert_int_equal(ftruncate(o.fd, LARGE_CUT), 0);
	while ((got = capture_next(o.c, &p)) == CAPTURE_PACKET)
		;
	assert_int_equal(got, CAPTURE_DAMAGED);
	assert_non_null(strstr(capture_status(o.c)->text, "has become shorter"));
	assert_true(capture_status(o.c)->position > LARGE_CUT - 2000);
	close_octets(&o);
	free(all);
}

static void no_memory(void **state)
{
	uint8_t packed[FILE_MAX + 200];
	enum capture_got end;
	struct file f;
	size_t n;

	(void)state;
	make_pcapng(&f, true);
	n = pack(packed, sizeof packed, f.octets, f.n);
	for (long i = 0; i < 12; i++) {
		capture_fail_after = i;
		assert_true(drain(f.octets, f.n, &end) <= 3);
		capture_fail_after = i;
		assert_true(drain(packed, n, &end) <= 3);
		capture_fail_after = -1;
	}
	assert_int_equal(drain(packed, n, &end), 3);
}

/* ---- what lies in a packet ---- */

static void look(uint32_t link, const struct packet *p, size_t n, size_t original,
                 struct capture_segment *seg)
{
	uint8_t *block = malloc(n ? n : 1);
	struct capture_packet c = { .link = link, .octets = { block, n },
	                            .original = (uint32_t)original };
	uint8_t sum = 0;

	assert_non_null(block);
	memcpy(block, p->octets, n);
	capture_segment(&c, seg);
	for (size_t i = 0; i < seg->payload.n; i++)
		sum ^= seg->payload.p[i];
	(void)sum;
	seg->payload.p = NULL;
	free(block);
}

/* The packet of A, whole; then every cut of it, as the capture's and as the
 * sender's fault. */
static void want_segment(uint32_t link, const struct packet *p)
{
	struct capture_segment seg;
	char text[CAPTURE_ADDRESS_TEXT];

	look(link, p, p->n, p->n, &seg);
	assert_int_equal(seg.kind, SEGMENT_TCP);
	assert_int_equal(seg.from_port, 5000);
	assert_int_equal(seg.to_port, 102);
	assert_int_equal(seg.seq, 0xfedcba98);
	assert_int_equal(seg.ack, 0x01234567);
	assert_int_equal(seg.flags, SEGMENT_ACK);
	assert_int_equal(seg.payload.n, 5);
	assert_int_equal(seg.missing, 0);
	capture_address_text(&seg.from, text);
	assert_true(strcmp(text, "10.0.0.1") == 0 || strcmp(text, "2001:db8::1") == 0);
	for (size_t n = 0; n < p->n; n++) {
		look(link, p, n, p->n, &seg);
		if (seg.kind == SEGMENT_TCP)
			assert_int_equal(seg.payload.n + seg.missing, 5);
		else
			assert_int_equal(seg.kind, SEGMENT_CUT);
		look(link, p, n, n, &seg);
		assert_true(seg.kind != SEGMENT_FRAGMENT && seg.kind != SEGMENT_LINK);
	}
}

static void put_a4(struct packet *p)
{
	put_ipv4_header(p, "10.0.0.1", "10.0.0.2", 25, 0x4000, 6);
	put_tcp_header(p, 5000, 102, 0xfedcba98, 0x01234567, SEGMENT_ACK);
	put_octets(p, "hello", 5);
}

static void put_ipv6_header(struct packet *p, size_t n, unsigned next)
{
	put32(p, 0x60000000);
	put16(p, (unsigned)n);
	put16(p, next << 8 | 64);
	put_host(p, "2001:db8::1");
	put_host(p, "2001:db8::2");
}

static void put_a6(struct packet *p)
{
	put_ipv6_header(p, 25, 6);
	put_tcp_header(p, 5000, 102, 0xfedcba98, 0x01234567, SEGMENT_ACK);
	put_octets(p, "hello", 5);
}

static void links(void **state)
{
	static const struct {
		uint32_t link;
		size_t n;
		const char *octets;
		bool six;
	} rows[] = {
		{ LINK_ETHERNET, 14, "ddddddssssss\x08\x00", false },
		{ LINK_ETHERNET, 14, "ddddddssssss\x86\xdd", true },
		{ LINK_ETHERNET, 18, "ddddddssssss\x81\x00\x00\x07\x08\x00", false },
		{ LINK_ETHERNET, 22, "ddddddssssss\x88\xa8\x00\x07\x81\x00\x00\x08\x86\xdd", true },
		{ LINK_ETHERNET, 26, "ddddddssssss\x91\x00\x00\x07\x92\x00\x00\x08\x81\x00\x00\x09"
		                     "\x08\x00", false },
		{ LINK_LINUX_SLL, 16, "\x00\x00\x00\x01\x00\x06xxxxxxxx\x08\x00", false },
		{ LINK_LINUX_SLL, 20, "\x00\x00\x00\x01\x00\x06xxxxxxxx\x81\x00\x00\x05\x86\xdd",
		  true },
		{ LINK_LINUX_SLL2, 20, "\x08\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x06xxxxxxxx",
		  false },
		{ LINK_LINUX_SLL2, 20, "\x86\xdd\x00\x00\x00\x00\x00\x01\x00\x01\x00\x06xxxxxxxx",
		  true },
		{ LINK_NULL, 4, "\x02\x00\x00\x00", false },
		{ LINK_NULL, 4, "\x00\x00\x00\x1e", true },
		{ LINK_LOOP, 4, "\x00\x00\x00\x02", false },
		{ LINK_CISCO_HDLC, 4, "\x0f\x00\x08\x00", false },
		{ LINK_CISCO_HDLC, 4, "\x8f\x00\x86\xdd", true },
		{ LINK_RAW_BSD, 0, "", false },
		{ LINK_RAW_OPENBSD, 0, "", true },
		{ LINK_RAW, 0, "", false },
		{ LINK_RAW, 0, "", true },
		{ LINK_IPV4, 0, "", false },
		{ LINK_IPV6, 0, "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet p = { .n = 0 };

		put_octets(&p, rows[i].octets, rows[i].n);
		if (rows[i].six)
			put_a6(&p);
		else
			put_a4(&p);
		want_segment(rows[i].link, &p);
	}
}

static void link_llc(void **state)
{
	struct capture_segment seg;
	struct packet p = { .n = 0 };

	(void)state;
	put_octets(&p, "ddddddssssss\x00\x36\xaa\xaa\x03\x00\x00\x00\x08\x00", 22);
	put_a4(&p);
	want_segment(LINK_ETHERNET, &p);
	p.octets[14] = 0xfe;			/* CLNP over LLC: no IP */
	look(LINK_ETHERNET, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_OTHER);
	look(147, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_LINK);
}

static void extension_headers(void **state)
{
	struct packet p = { .n = 0 };

	(void)state;
	put_ipv6_header(&p, 8 + 16 + 12 + 8 + 8 + 25, 0);
	put_octets(&p, "\x2b\x00\x01\x04\x00\x00\x00\x00", 8);		/* hop by hop */
	put_octets(&p, "\x33\x01\x00\x00\x00\x00\x00\x00", 8);		/* routing */
	put_octets(&p, "\x00\x00\x00\x00\x00\x00\x00\x00", 8);
	put_octets(&p, "\x3c\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01", 12);	/* AH */
	put_octets(&p, "\x2c\x00\x01\x04\x00\x00\x00\x00", 8);		/* destination */
	put_octets(&p, "\x06\x00\x00\x00\x00\x00\x00\x09", 8);		/* whole "fragment" */
	put_tcp_header(&p, 5000, 102, 0xfedcba98, 0x01234567, SEGMENT_ACK);
	put_octets(&p, "hello", 5);
	want_segment(LINK_RAW, &p);
}

static void fragments(void **state)
{
	static const unsigned parts[] = { 0x2000, 0x2001, 0x0001, 0x1fff };
	struct capture_segment seg;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct packet p = { .n = 0 };

		put_ipv4_header(&p, "10.0.0.1", "10.0.0.2", 20, parts[i], 6);
		put_tcp_header(&p, 5000, 102, 1, 2, SEGMENT_ACK);
		look(LINK_RAW, &p, p.n, p.n, &seg);
		assert_int_equal(seg.kind, SEGMENT_FRAGMENT);
		assert_int_equal(seg.from_port, 0);
		p.n = 0;
		put_ipv6_header(&p, 28, 44);
		put_octets(&p, "\x06\x00", 2);
		put16(&p, parts[i] == 0x2000 ? 1 : parts[i] << 3 & 0xfff8);
		put32(&p, 9);
		put_tcp_header(&p, 5000, 102, 1, 2, SEGMENT_ACK);
		look(LINK_RAW, &p, p.n, p.n, &seg);
		assert_int_equal(seg.kind, SEGMENT_FRAGMENT);
	}
}

/* Padding of the link is no payload; a length of 0 is a host's segmentation
 * offload; a length beyond the frame was cut. */
static void lengths(void **state)
{
	struct capture_segment seg;
	struct packet p = { .n = 0 };

	(void)state;
	put_a4(&p);
	put_octets(&p, "\0\0\0\0\0\0", 6);
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.payload.n, 5);
	p.octets[2] = p.octets[3] = 0;
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_TCP);
	assert_int_equal(seg.payload.n, 11);
	p.octets[3] = 60;
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.payload.n, 11);
	assert_int_equal(seg.missing, 9);
	p.octets[3] = 19;
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_BROKEN);
	p.octets[3] = 45;
	p.octets[0] = 0x44;
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_BROKEN);
	p.octets[0] = 0x45;
	p.octets[32] = 0x40;			/* TCP header of 16 octets */
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_BROKEN);
	p.octets[32] = 0xf0;			/* of 60 octets */
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_BROKEN);
	p.octets[32] = 0x50;
	p.octets[9] = 17;
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_OTHER);
	p.octets[0] = 0x15;
	look(LINK_RAW, &p, p.n, p.n, &seg);
	assert_int_equal(seg.kind, SEGMENT_OTHER);
}

static void addresses(void **state)
{
	struct capture_address a, b;
	char text[CAPTURE_ADDRESS_TEXT];

	(void)state;
	assert_true(capture_address_parse("192.0.2.1", &a));
	assert_true(capture_address_parse("2001:db8::1", &b));
	assert_false(capture_address_equal(&a, &b));
	assert_string_equal(capture_address_text(&b, text), "2001:db8::1");
	assert_false(capture_address_parse("mta.example", &a));
	assert_string_equal(capture_address_text(&a, text), "?");
}

/* ---- files of others ---- */

static int run(const char *form, ...)
{
	char command[600];
	va_list args;

	va_start(args, form);
	vsnprintf(command, sizeof command, form, args);
	va_end(args);
	return system(command);
}

#define CAPTURES "../shared/captures/"

struct real {
	const char *name;
	unsigned frames;
	uint64_t octets[DIRECTIONS];
	bool paired;
	bool rst;
};

static const struct real reals[] = {
	{ "x400-ping-success", 12, { 262, 222 }, true, true },
	{ "x400-ping-refuse", 10, { 224, 145 }, true, true },
	{ "mta-transfer-1988-normal", 20, { 966, 224 }, false, false },
	{ "mta-transfer-1984", 20, { 671, 129 }, false, false },
	{ "mta-bind-refused", 13, { 218, 140 }, false, false },
};

/* Both directions of one connection, in order: no gap, nothing odd. */
static void want_real(const char *path, const struct real *r)
{
	uint64_t octets[DIRECTIONS] = { 0, 0 }, asked = 0;
	struct streams *s = streams_new();
	struct stream_connection info;
	struct capture_packet p;
	struct stream_event e;
	char why[300];
	struct capture *c = capture_open(path, why, sizeof why);
	unsigned fins = 0, rsts = 0;

	assert_non_null(s);
	assert_non_null(c);
	while (capture_next(c, &p) == CAPTURE_PACKET) {
		streams_push(s, &p);
		while (streams_pop(s, &e)) {
			assert_int_equal(e.connection, 1);
			assert_true(e.kind != STREAM_GAP);
			assert_true(e.kind != STREAM_NOTE || e.note == NOTE_PAIRED);
			fins += e.kind == STREAM_FIN;
			rsts += e.kind == STREAM_RST;
			if (e.kind != STREAM_OCTETS)
				continue;
			octets[e.direction] += e.length;
			asked += e.acked == octets[!e.direction];
		}
	}
	assert_false(capture_status(c)->damaged);
	assert_int_equal(streams_counts(s)->packets, r->frames);
	assert_int_equal(octets[FROM_INITIATOR], r->octets[FROM_INITIATOR]);
	assert_int_equal(octets[FROM_RESPONDER], r->octets[FROM_RESPONDER]);
	assert_true(asked > 3);
	assert_true(streams_connection(s, 1, &info));
	assert_int_equal(info.paired, r->paired);
	assert_int_equal(rsts, r->rst);
	assert_int_equal(fins, r->rst ? 1 : 2);
	streams_finish(s);
	while (streams_pop(s, &e))
		assert_int_equal(e.kind, STREAM_END);
	capture_close(c);
	streams_free(s);
}

static void real_captures(void **state)
{
	char path[200];

	(void)state;
	if (access(CAPTURES "x400-ping-success.pcap", R_OK) != 0)
		skip();
	for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
		snprintf(path, sizeof path, CAPTURES "%s.pcap", reals[i].name);
		want_real(path, &reals[i]);
	}
}

/* The same ones as written by other tools: pcapng, with comments, gzip'ed. */
static void rewritten_captures(void **state)
{
	char dir[] = "/tmp/capture-XXXXXX", path[200];

	(void)state;
	if (access(CAPTURES "x400-ping-success.pcap", R_OK) != 0 ||
	    run("command -v tshark editcap gzip > /dev/null 2>&1") != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i += 2) {
		static const char *const forms[] = {
			"tshark -F pcapng -r " CAPTURES "%s.pcap -w %s/1 2> /dev/null",
			"editcap -F pcapng -a '1:a comment' " CAPTURES "%s.pcap %s/1 2> /dev/null",
			"editcap -F nsecpcap " CAPTURES "%s.pcap %s/1 2> /dev/null",
			"gzip -c < " CAPTURES "%s.pcap > %s/1",
		};

		snprintf(path, sizeof path, "%s/1", dir);
		for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			assert_int_equal(run(forms[k], reals[i].name, dir), 0);
#pragma GCC diagnostic pop
			want_real(path, &reals[i]);
		}
		unlink(path);
	}
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap),
		cmocka_unit_test(pcapng),
		cmocka_unit_test(old_blocks),
		cmocka_unit_test(sections),
		cmocka_unit_test(resolutions),
		cmocka_unit_test(reasons),
		cmocka_unit_test(holes),
		cmocka_unit_test(hole_of_all),
		cmocka_unit_test(odd_options),
		cmocka_unit_test(not_a_capture),
		cmocka_unit_test(damaged_files),
		cmocka_unit_test(gzip),
		cmocka_unit_test(many_interfaces),
		cmocka_unit_test(long_packet),
		cmocka_unit_test(long_unknown),
		cmocka_unit_test(mapped),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(links),
		cmocka_unit_test(link_llc),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(fragments),
		cmocka_unit_test(lengths),
		cmocka_unit_test(addresses),
		cmocka_unit_test(real_captures),
		cmocka_unit_test(rewritten_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
