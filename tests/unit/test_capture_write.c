/* capture/pcapng_writer, synth: what is written can be read back, by us and
 * by tshark. */
#include "test_capture_packets.h"

#include "capture/checksum.h"
#include "capture/limits.h"
#include "capture/memory.h"
#include "capture/synth.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file of its own for each test, gone at the end. */
static char file[] = "/tmp/capture-write-XXXXXX";

static int make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(file, "/tmp/capture-write-XXXXXX");
	fd = mkstemp(file);
	return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
	(void)state;
	return unlink(file);
}

static bool is_octets(struct octets o, const char *text)
{
	return o.n == strlen(text) && memcmp(o.p, text, o.n) == 0;
}

static struct pcapng_writer *create(const char *comment)
{
	char why[300] = "";
	struct pcapng_writer *w = pcapng_create(file, comment, why, sizeof why);

	assert_string_equal(why, "");
	assert_non_null(w);
	return w;
}

static struct capture *reopen(void)
{
	char why[300];
	struct capture *c = capture_open(file, why, sizeof why);

	assert_non_null(c);
	return c;
}

static void close_well(struct pcapng_writer *w)
{
	char why[300] = "";

	assert_true(pcapng_close(w, why, sizeof why));
	assert_string_equal(why, "");
}

static void round_trip(void **state)
{
	const struct pcapng_interface ns = {
		.link = LINK_RAW, .name = "up", .comment = "true port 10104",
		.description = "Ethernet 2",
	};
	const struct pcapng_interface us = { .link = LINK_ETHERNET, .microseconds = true };
	struct iovec parts[2] = { { (void *)(uintptr_t)"ab", 2 }, { (void *)(uintptr_t)"cde", 3 } };
	const struct capture_address four = { 4, { 192, 0, 2, 1 } }, six = { 6, { 0x20, 1, 0x0d } };
	struct pcapng_writer *w = create("what is taken back");
	struct capture_packet p;
	struct capture *c;
	uint32_t one, two;

	(void)state;
	assert_true(pcapng_section_comment(w, "a section"));
	assert_true(pcapng_interface(w, &ns, &one));
	assert_true(pcapng_section_comment(w, "too late"));
	assert_true(pcapng_name(w, (struct octets){ four.octets, 4 }, "mta.north"));
	assert_true(pcapng_name(w, (struct octets){ six.octets, 16 }, "mta.south.v6"));
	assert_true(pcapng_interface(w, &us, &two));
	pcapng_comment(w, "step 1");
	pcapng_comment(w, "");
	pcapng_comment(w, "step 2");
	assert_true(pcapng_packet(w, one, INT64_C(1700000000123456789), parts, 2, 0));
	assert_true(pcapng_packet(w, two, INT64_C(1700000000123456789), parts, 1, 9));
	assert_true(pcapng_packet(w, two, -1, parts, 0, 0));
	pcapng_comment(w, "for none");
	close_well(w);
	c = reopen();
	assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
	assert_string_equal(capture_section_comment(c), "a section");
	assert_string_equal(capture_interface(c, 0)->name, "up");
	assert_string_equal(capture_interface(c, 0)->description, "Ethernet 2");
	assert_string_equal(capture_interface(c, 0)->comment, "true port 10104");
	assert_int_equal(capture_names(c), 2);
	assert_string_equal(capture_name_of(c, &four), "mta.north");
	assert_string_equal(capture_name_of(c, &six), "mta.south.v6");
	assert_true(is_octets(p.octets, "abcde"));
	assert_true(is_octets(p.comment, "step 1\nstep 2"));
	assert_int_equal(p.time_ns, INT64_C(1700000000123456789));
	assert_int_equal(p.original, 5);
	assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
	assert_int_equal(p.time_ns, INT64_C(1700000000123456000));
	assert_int_equal(p.link, LINK_ETHERNET);
	assert_int_equal(p.original, 9);
	assert_int_equal(p.comment.n, 0);
	assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
	assert_int_equal(p.time_ns, 0);
	assert_int_equal(p.octets.n, 0);
	assert_int_equal(capture_next(c, &p), CAPTURE_END);
	capture_close(c);
}

/* Comments are cut between characters, not within. */
static void long_comment(void **state)
{
	char text[PCAPNG_COMMENT_MAX + 8];
	struct iovec part = { text, 1 };
	struct pcapng_writer *w = create(NULL);
	struct capture_packet p;
	struct capture *c;
	uint32_t i;

	(void)state;
	memset(text, 'x', sizeof text);
	text[0] = 'y';
	for (size_t at = 1; at + 1 < sizeof text; at += 2)
		memcpy(text + at, "\xc3\xa4", 2);
	text[sizeof text - 1] = '\0';
	assert_true(pcapng_interface(w, &(struct pcapng_interface){ .link = LINK_RAW }, &i));
	pcapng_comment(w, text);
	pcapng_comment(w, "z");
	pcapng_comment(w, "no room");
	assert_true(pcapng_packet(w, i, 0, &part, 1, 0));
	close_well(w);
	c = reopen();
	assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
	assert_int_equal(p.comment.n, PCAPNG_COMMENT_MAX - 1 + 1 + 1);
	assert_memory_equal(p.comment.p, text, PCAPNG_COMMENT_MAX - 1);
	assert_memory_equal(p.comment.p + PCAPNG_COMMENT_MAX - 1, "\nz", 2);
	capture_close(c);
}

/* Packets of all sizes around those where the writer stops copying. */
static void sizes(void **state)
{
	static const size_t n[] = { 0, 1, 2, 3, 4, 5, 1500, PCAPNG_COPY_MAX - 1, PCAPNG_COPY_MAX,
	                            PCAPNG_COPY_MAX + 1, 30000, 39999 };
	uint8_t *octets = malloc(40100);
	struct pcapng_writer *w = create("sizes");
	struct capture_packet p;
	struct capture *c;
	uint32_t one;

	(void)state;
	assert_non_null(octets);
	for (size_t i = 0; i < 40100; i++)
		octets[i] = (uint8_t)(i * 31 + i / 251);
	assert_true(pcapng_interface(w, &(struct pcapng_interface){ .link = LINK_RAW }, &one));
	for (int round = 0; round < 30; round++)
		for (size_t i = 0; i < sizeof n / sizeof n[0]; i++) {
			struct iovec part = { octets + i, n[i] };

			assert_true(pcapng_packet(w, one, round, &part, 1, 0));
		}
	close_well(w);
	c = reopen();
	for (int round = 0; round < 30; round++)
		for (size_t i = 0; i < sizeof n / sizeof n[0]; i++) {
			assert_int_equal(capture_next(c, &p), CAPTURE_PACKET);
			assert_int_equal(p.octets.n, n[i]);
			assert_memory_equal(p.octets.p, octets + i, n[i]);
			assert_int_equal(p.time_ns, round);
		}
	assert_int_equal(capture_next(c, &p), CAPTURE_END);
	capture_close(c);
	free(octets);
}

/* ---- errors ---- */

static void cannot_create(void **state)
{
	char why[300];

	(void)state;
	assert_null(pcapng_create("/nonexistent/x.pcapng", NULL, why, sizeof why));
	assert_string_equal(why, "/nonexistent/x.pcapng: No such file or directory");
	assert_true(pcapng_close(NULL, why, sizeof why));
}

/* The disk is full: said once, remembered, what is there can be read. */
static void disk_full(void **state)
{
	struct rlimit old, small = { .rlim_cur = 600000 };
	static uint8_t octets[10000];
	struct iovec part = { octets, sizeof octets };
	struct pcapng_writer *w = create(NULL);
	unsigned failures = 0, packets = 0;
	char why[300] = "", want[300];
	struct capture_packet p;
	enum capture_got got;
	struct capture *c;
	uint32_t i;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(pcapng_interface(w, &(struct pcapng_interface){ .link = LINK_RAW }, &i));
	for (int n = 0; n < 200; n++)
		failures += !pcapng_packet(w, i, 0, &part, 1, 0);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(failures, 1);
	snprintf(want, sizeof want, "%s: File too large", file);
	assert_true(pcapng_interface(w, &(struct pcapng_interface){ .link = LINK_RAW }, &i));
	pcapng_comment(w, "too late");
	assert_false(pcapng_close(w, why, sizeof why));
	assert_string_equal(why, want);
	c = reopen();
	while ((got = capture_next(c, &p)) == CAPTURE_PACKET)
		packets++;
	assert_int_equal(got, CAPTURE_END);
	assert_true(packets >= 30 && packets < 60);
	capture_close(c);
}

static void full_at_the_end(void **state)
{
	char why[300] = "";
	struct pcapng_writer *w = pcapng_create("/dev/full", "x", why, sizeof why);

	(void)state;
	assert_non_null(w);
	assert_false(pcapng_close(w, why, sizeof why));
	assert_string_equal(why, "/dev/full: No space left on device");
}

static void wrong_interface(void **state)
{
	struct iovec part = { (void *)(uintptr_t)"x", 1 };
	struct pcapng_writer *w = create(NULL);
	char why[300];

	(void)state;
	assert_false(pcapng_packet(w, 0, 0, &part, 1, 0));
	assert_true(pcapng_packet(w, 0, 0, &part, 1, 0));
	assert_false(pcapng_close(w, why, sizeof why));
}

static void no_memory(void **state)
{
	struct iovec part = { (void *)(uintptr_t)"x", 1 };
	struct pcapng_writer *w;
	char why[300];
	uint32_t n;

	(void)state;
	capture_fail_after = 0;
	assert_null(pcapng_create(file, NULL, why, sizeof why));
	w = create(NULL);
	capture_fail_after = 0;
	assert_false(pcapng_interface(w, &(struct pcapng_interface){ .link = LINK_RAW }, &n));
	capture_fail_after = -1;
	assert_true(pcapng_packet(w, n, 0, &part, 1, 0));
	assert_false(pcapng_close(w, why, sizeof why));
	assert_non_null(strstr(why, "no memory"));
}

/* ---- checksum ---- */

static uint16_t slow_sum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}

static void checksum(void **state)
{
	uint8_t octets[300];
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof octets; i++) {
		seed = seed * 1103515245 + 12345;
		octets[i] = i < 100 ? 0xff : (uint8_t)(seed >> 16);
	}
	for (size_t from = 0; from < 120; from += 7)
		for (size_t n = 0; from + n < sizeof octets; n++) {
			uint64_t sum = checksum_add(0, octets + from, n & ~(size_t)1);
			uint16_t want = slow_sum(octets + from, n);
			uint8_t got[2];
			uint16_t value;

			sum = checksum_add(sum, octets + from + (n & ~(size_t)1), n & 1);
			value = checksum_fold(sum);
			memcpy(got, &value, 2);
			assert_int_equal(got[0] << 8 | got[1], want);
		}
}

/* ---- the synthesiser ---- */

static void ends(struct synth_end end[DIRECTIONS], bool six)
{
	memset(end, 0, DIRECTIONS * sizeof *end);
	assert_true(capture_address_parse(six ? "2001:db8::21" : "192.0.2.21",
	                                  &end[FROM_INITIATOR].address));
	assert_true(capture_address_parse(six ? "2001:db8::10" : "192.0.2.10",
	                                  &end[FROM_RESPONDER].address));
	end[FROM_INITIATOR].port = 31000;
	end[FROM_RESPONDER].port = 102;
	end[FROM_RESPONDER].true_port = 10104;
}

enum { LONG = 200001 };

/* Conversations of all kinds; the octets sent are those of `octets`. */
static void write_conversations(const uint8_t *octets, bool reset)
{
	char why[300] = "";
	struct pcapng_writer *w = synth_create(file, "case pop4/backlog-drop", why, sizeof why);
	struct synth_end end[DIRECTIONS];
	int64_t t = INT64_C(1700000000000000000);
	struct synth s, other;
	uint32_t up;

	assert_non_null(w);
	assert_true(synth_interface(w, "up", 102, 10104, &up));
	ends(end, false);
	pcapng_comment(w, "up: associate");
	assert_true(synth_open(&s, w, up, end, 1, SYNTH_ACCEPTED, t));
	ends(end, true);
	end[FROM_INITIATOR].port++;
	assert_true(synth_open(&other, w, up, end, 2, SYNTH_ACCEPTED, t + 1));
	for (size_t n = 1; n < 40; n++) {
		struct octets o = { octets + n, n * n };

		assert_true(synth_data(&s, n % 2 ? FROM_INITIATOR : FROM_RESPONDER, t + 2, o));
		assert_true(synth_data(&other, FROM_RESPONDER, t + 2, o));
	}
	assert_true(synth_data(&s, FROM_INITIATOR, t + 3, (struct octets){ octets, LONG }));
	assert_true(synth_data(&other, FROM_RESPONDER, t + 4, (struct octets){ octets, LONG }));
	assert_true(synth_fin(&s, FROM_RESPONDER, t + 5));
	assert_true(synth_data(&s, FROM_RESPONDER, t + 5, (struct octets){ octets, 5 }));
	assert_true(synth_data(&s, FROM_INITIATOR, t + 6, (struct octets){ octets, 5 }));
	assert_true(synth_fin(&s, FROM_INITIATOR, t + 7));
	assert_true(synth_fin(&s, FROM_INITIATOR, t + 7));
	assert_true(synth_fin(&other, FROM_INITIATOR, t + 8));
	assert_true(synth_fin(&other, FROM_RESPONDER, t + 8));
	if (reset) {
		assert_true(synth_open(&s, w, up, end, 3, SYNTH_ACCEPTED, t + 9));
		assert_true(synth_data(&s, FROM_INITIATOR, t + 9, (struct octets){ octets, 9 }));
		assert_true(synth_rst(&s, FROM_RESPONDER, t + 10));
		assert_true(synth_fin(&s, FROM_INITIATOR, t + 10));
		assert_true(synth_open(&s, w, up, end, 4, SYNTH_REFUSED, t + 11));
		assert_true(synth_open(&s, w, up, end, 5, SYNTH_UNANSWERED, t + 12));
	}
	pcapng_comment(w, "verdict: pass");
	close_well(w);
}

static uint8_t *some_octets(void)
{
	uint8_t *octets = malloc(LONG);

	assert_non_null(octets);
	for (size_t i = 0; i < LONG; i++)
		octets[i] = (uint8_t)(i % 7 ? 0xff : i / 7);
	return octets;
}

/* What goes in comes out of the streams. */
static void synth_streams(void **state)
{
	uint64_t got[6][DIRECTIONS] = { { 0 } };
	unsigned count[6][STREAM_KINDS] = { { 0 } };
	uint8_t *octets = some_octets();
	struct streams *s = streams_new();
	struct capture_packet p;
	struct stream_event e;
	struct capture *c;

	(void)state;
	assert_non_null(s);
	write_conversations(octets, true);
	c = reopen();
	while (capture_next(c, &p) == CAPTURE_PACKET) {
		assert_true(p.octets.n <= SYNTH_SEGMENT_MAX + 60);
		streams_push(s, &p);
		while (streams_pop(s, &e)) {
			assert_true(e.connection < 6);
			assert_true(e.kind != STREAM_GAP && e.kind != STREAM_NOTE);
			count[e.connection][e.kind]++;
			if (e.kind != STREAM_OCTETS)
				continue;
			if (e.offset == 1 && e.connection == 1 && e.direction == FROM_INITIATOR)
				assert_memory_equal(e.octets.p, octets + 3, 9);
			got[e.connection][e.direction] += e.length;
		}
	}
	assert_non_null(strstr(capture_section_comment(c), "synthesised from socket events"));
#ifndef TEST_TINY
	assert_non_null(strstr(capture_section_comment(c), "case pop4/backlog-drop"));
#endif
	assert_string_equal(capture_interface(c, 0)->comment,
	                    "true port of the tested side: 10104, written as 102");
	assert_int_equal(got[1][FROM_INITIATOR], 10660 + LONG + 5);
	assert_int_equal(got[1][FROM_RESPONDER], 9880);
	assert_int_equal(got[2][FROM_INITIATOR], 0);
	assert_int_equal(got[2][FROM_RESPONDER], 20540 + LONG);
	assert_int_equal(got[3][FROM_INITIATOR], 9);
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(count[i][STREAM_SYN], 2);
		assert_int_equal(count[i][STREAM_FIN], 2);
		assert_int_equal(count[i][STREAM_RST], 0);
	}
	assert_int_equal(count[3][STREAM_RST], 1);
	assert_int_equal(count[3][STREAM_FIN], 0);
	assert_int_equal(count[4][STREAM_RST], 1);
	assert_int_equal(count[4][STREAM_SYN], 1);
	assert_int_equal(count[5][STREAM_SYN], 1);
	capture_close(c);
	streams_free(s);
	free(octets);
}

/* Output of a command, in `out`. */
static void output_of(char *out, size_t cap, const char *form)
{
	char command[500];
	size_t n;
	FILE *pipe;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(command, sizeof command, form, file);
#pragma GCC diagnostic pop
	pipe = popen(command, "r");
	assert_non_null(pipe);
	n = fread(out, 1, cap - 1, pipe);
	out[n] = '\0';
	assert_int_equal(pclose(pipe), 0);
}

#define TSHARK "tshark -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE "

static void need_tshark(void)
{
	if (system("command -v tshark > /dev/null 2>&1") != 0)
		skip();
}

/* No error, no wrong checksum, no odd number in tshark's eyes. */
static void tshark_content(void **state)
{
	uint8_t *octets = some_octets();
	char out[8192];

	(void)state;
	need_tshark();
	write_conversations(octets, false);
	free(octets);
	output_of(out, sizeof out, TSHARK "-r %s -T fields -e _ws.col.Info "
	          "-Y '_ws.expert.severity >= 6291456 || _ws.malformed || tcp.analysis.flags "
	          "|| tcp.checksum.status == 0 || ip.checksum.status == 0' 2>&1 "
	          "| grep -v '^Running as user' || true");
	assert_string_equal(out, "");
	output_of(out, sizeof out, "tshark -r %s -Y 'frame.number == 1' -T fields "
	          "-e frame.comment -e frame.interface_name -e tcp.port 2> /dev/null");
	assert_string_equal(out, "up: associate,true ports: 31000 to 10104\tup\t31000,102\n");
	output_of(out, sizeof out, "tshark -r %s -Y tpkt -T fields -e tcp.stream 2> /dev/null "
	          "| sort -u | tr '\\n' ' '");
	assert_string_equal(out, "0 1 ");
}

static void tshark_resets(void **state)
{
	uint8_t *octets = some_octets();
	char out[8192];

	(void)state;
	need_tshark();
	write_conversations(octets, true);
	free(octets);
	output_of(out, sizeof out, TSHARK "-r %s -Y '_ws.expert.severity >= 8388608 || "
	          "_ws.malformed || tcp.checksum.status == 0' 2>&1 "
	          "| grep -v '^Running as user' || true");
	assert_string_equal(out, "");
	output_of(out, sizeof out, "tshark -r %s -Y 'tcp.flags.reset == 1' -T fields "
	          "-e tcp.stream 2> /dev/null | tr '\\n' ' '");
	assert_string_equal(out, "2 3 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_FILE(f) cmocka_unit_test_setup_teardown(f, make_file, drop_file)
		WITH_FILE(round_trip),
		WITH_FILE(long_comment),
		WITH_FILE(sizes),
		cmocka_unit_test(cannot_create),
		WITH_FILE(disk_full),
		cmocka_unit_test(full_at_the_end),
		WITH_FILE(wrong_interface),
		WITH_FILE(no_memory),
		cmocka_unit_test(checksum),
		WITH_FILE(synth_streams),
		WITH_FILE(tshark_content),
		WITH_FILE(tshark_resets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
