/* decode_share: what several workers write comes out in the order of events. */
#include "cli/decode_share.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { EVENTS = 20000, LONG_EVENT = 777, LONG_LINES = 600, WORKERS = 3 };

struct plan {
	int dies;			/* this worker, half way; -1: none */
};

/* Events are dealt out unevenly, in runs. */
static unsigned owner_of(uint64_t event)
{
	return (unsigned)(event / 7 % 5 % WORKERS);
}

static void put_lines(struct listing_json *lines, uint64_t event)
{
	size_t n = event == LONG_EVENT ? LONG_LINES : event % 3;
	char text[64];
	struct listing_line line = { .layer = "tcp", .pdu = "note", .text = text };

	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof text, "event %u line %zu", (unsigned)event, i);
		line.offset = event;
		listing_json(lines, &line);
	}
}

static bool work(void *ctx, unsigned self, struct decode_share *s, struct decode_sum *sum)
{
	const struct plan *p = ctx;
	struct listing_json *lines = calloc(1, sizeof *lines);

	decode_share_begin(s, lines);
	for (uint64_t event = 1; event <= EVENTS; event++) {
		if (owner_of(event) != self)
			continue;
		if ((int)self == p->dies && event > EVENTS / 2)
			_exit(1);
		decode_share_mark(s, lines, event);
		put_lines(lines, event);
	}
	listing_json_flush(lines);
	*sum = (struct decode_sum){
		.packets = EVENTS, .followed = self + 1, .gaps = self > 0,
		.gap_event = 100 - self, .gap_frame = self > 0 ? 10 + self : 0,
	};
	free(lines);
	return true;
}

static char *alone(size_t *n)
{
	struct listing_json *lines = calloc(1, sizeof *lines);
	char *text = NULL;

	lines->at = malloc(LISTING_BUFFER);
	lines->out = open_memstream(&text, n);
	for (uint64_t event = 1; event <= EVENTS; event++)
		put_lines(lines, event);
	listing_json_flush(lines);
	fclose(lines->out);
	free(lines->at);
	free(lines);
	return text;
}

static void in_order(void **state)
{
	struct plan p = { .dies = -1 };
	struct decode_work w = { WORKERS, work, NULL, &p };
	struct decode_sum sum;
	size_t n, wanted_n;
	char *text, *wanted = alone(&wanted_n), why[128];
	int out = memfd_create("out", MFD_CLOEXEC);

	(void)state;
	assert_true(decode_share_run(&w, out, &sum, why, sizeof why));
	n = (size_t)lseek(out, 0, SEEK_END);
	assert_int_equal(n, wanted_n);
	text = malloc(n);
	assert_int_equal(pread(out, text, n, 0), n);
	close(out);
	assert_memory_equal(text, wanted, n);
	assert_int_equal(sum.packets, EVENTS);
	assert_int_equal(sum.followed, 1 + 2 + 3);
	assert_int_equal(sum.gaps, 2);
	assert_int_equal(sum.gap_event, 98);
	assert_int_equal(sum.gap_frame, 12);
	free(text);
	free(wanted);
}

static void one_dies(void **state)
{
	struct plan p = { .dies = 1 };
	struct decode_work w = { WORKERS, work, NULL, &p };
	struct decode_sum sum;
	char why[128] = "";
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_false(decode_share_run(&w, out, &sum, why, sizeof why));
	assert_non_null(strstr(why, "has died"));
	close(out);
}

static void cannot_write(void **state)
{
	struct plan p = { .dies = -1 };
	struct decode_work w = { WORKERS, work, NULL, &p };
	struct decode_sum sum;
	char why[128] = "";
	int out = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_false(decode_share_run(&w, out, &sum, why, sizeof why));
	assert_non_null(strstr(why, "cannot write"));
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(one_dies),
		cmocka_unit_test(cannot_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
