/* Windows event logs: clean, dirty, wrapped around, damaged; and the catalogue on them. */
#include "judge/signature.h"

#include "../lib/evt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RECORDS_MAX = 64, COUNT = 9 };

static const struct evt_record records[COUNT] = {
	{ 0xc00010bc, 1795295100, "MSExchangeMTA", { "8511", "POP4", "POP4 DOWN", "4", "179",
	                                             NULL } },
	{ 0xc00010bf, 1795295101, "MSExchangeMTA", { "8640", "POP4", "POP4 DOWN4", "18", NULL } },
	{ 0x80000000 + 9221, 1795295102, "MSExchangeMTA",
	  { "10054", "WSARecvEx()", "1", "BASE IL", "TCP/IP DRVR", "10", "262", NULL } },
	{ 0x40000000 + 4284, 1795295103, "Other", { "8511", NULL } },
	{ 1000, 1795295104, "ESE", { "text", NULL } },
	{ 0x40000000 + 9299, 1795295105, "MSExchangeMTA", { "5.5", "2232.4", NULL } },
	{ 1000, 1795295106, "ESE", { "text", NULL } },
	{ 0xc0000000 + 9405, 1795295107, "MSExchangeMTA",
	  { "Out of Semaphores", "BASE", "TIMER", "10", NULL } },
	{ 1000, 1795295108, "ESE", { "last", NULL } },
};

struct found {
	struct signatures catalogue;
	struct signature_matcher *matcher;
	struct signature_score score;
	struct log_record at[RECORDS_MAX];
	size_t n;
	struct log_notes notes;
	char path[64];
};

static void on_hit(void *ctx, uint16_t row_id)
{
	struct found *f = ctx;

	signature_score_hit(&f->score, row_id);
}

static void on_record(void *ctx, const struct log_record *rec)
{
	struct found *f = ctx;

	assert_true(f->n < RECORDS_MAX);
	f->at[f->n++] = *rec;
	signature_matcher_record(f->matcher, rec, on_hit, f);
}

static int setup(void **state)
{
	static struct found f;
	struct lexer_report r = { 0 };
	int fd;

	memset(&f, 0, sizeof f);
	if (!signatures_load(&f.catalogue, "rig/signatures", &r))
		return -1;
	f.matcher = signature_matcher_new(&f.catalogue);
	snprintf(f.path, sizeof f.path, "/tmp/x400rig-evt-XXXXXX");
	fd = mkstemp(f.path);
	if (fd < 0 || !f.matcher)
		return -1;
	close(fd);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct found *f = *state;

	unlink(f->path);
	signature_matcher_free(f->matcher);
	signatures_free(&f->catalogue);
	return 0;
}

static void read_all(struct found *f)
{
	char why[300];

	f->n = 0;
	if (!log_read(f->path, NULL, NULL, on_record, f, &f->notes, why, sizeof why))
		fail_msg("%s", why);
}

static bool has(const struct found *f, uint32_t event, const char *text)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].event == event && strcmp(f->at[i].text, text) == 0)
			return true;
	return false;
}

static bool complete(const struct found *f, const char *name)
{
	const struct signature *sig = signatures_find(&f->catalogue, name);

	assert_non_null(sig);
	return signature_complete(&f->catalogue, (size_t)(sig - f->catalogue.at), &f->score);
}

static void check_all(struct found *f, enum log_layout layout)
{
	for (size_t i = 0; i < COUNT; i++) {
		bool found = false;

		for (size_t k = 0; k < f->n; k++)
			found |= f->at[k].wall_s == (int64_t)records[i].seconds &&
			         f->at[k].event == (records[i].event & 0xffff);
		if (!found)
			fail_msg("record %zu is not read", i + 1);
	}
	assert_true(has(f, 4284, "8511 | POP4 | POP4 DOWN | 4 | 179"));
	assert_true(f->at[0].unrendered && f->at[0].layout == layout);
	assert_true(complete(f, "Q175354"));	/* the pair, by id and code */
	assert_true(complete(f, "Q169143"));	/* 9221 with 10054 */
	assert_true(complete(f, "Q254943"));	/* a string that is a sentence */
	assert_false(complete(f, "Q236586"));
	assert_false(complete(f, "Q152941"));	/* the same event, other strings */
	assert_false(complete(f, "Q152897"));
}

typedef bool write_fn(const char *path, const struct evt_record *at, size_t n,
                      struct evt_form form);

static void check_form(struct found *f, write_fn *write, struct evt_form form)
{
	assert_true(write(f->path, records, COUNT, form));
	read_all(f);
	check_all(f, write == evt_write ? LOG_EVT : LOG_EVTX);
	assert_int_equal(f->n, COUNT);	/* each once */
	assert_int_equal(f->notes.records - f->notes.count[LOG_REMAINS], COUNT);
}

static void a_clean_log(void **state)
{
	struct found *f = *state;
	write_fn *const both[] = { evt_write, evtx_write };

	for (size_t i = 0; i < 2; i++) {
		check_form(f, both[i], (struct evt_form){ false, 0, 6 });
		assert_int_equal(f->n, COUNT);
		assert_int_equal(f->at[0].line, 7);
		assert_int_equal(f->at[0].offset, both[i] == evt_write ? 48 : LOG_NO_OFFSET);
		assert_int_equal(f->at[COUNT - 1].line, 6 + COUNT);
		assert_string_equal(f->at[0].source, "MSExchangeMTA");
	}
}

static void a_dirty_header(void **state)
{
	check_form(*state, evt_write, (struct evt_form){ true, 0, 0 });
	check_form(*state, evtx_write, (struct evt_form){ true, 0, 0 });
}

static void a_ring_that_has_gone_round(void **state)
{
	check_form(*state, evt_write, (struct evt_form){ false, 3, 0 });
	check_form(*state, evtx_write, (struct evt_form){ false, 1, 0 });
}

static void a_ring_with_a_dirty_header(void **state)
{
	check_form(*state, evt_write, (struct evt_form){ true, 3, 0 });
	check_form(*state, evtx_write, (struct evt_form){ true, 1, 0 });
}

/* Where the nth record of an .evtx begins, from 0; two stand in a chunk. */
static long begin_of(FILE *fp, size_t nth)
{
	long at = 4096 + (long)(nth / EVTX_PER_CHUNK) * 65536 + 512;
	uint8_t size[4];

	if (nth % EVTX_PER_CHUNK) {
		assert_int_equal(fseek(fp, at + 4, SEEK_SET), 0);
		assert_int_equal(fread(size, 1, 4, fp), 4);
		at += (long)size[0] | (long)size[1] << 8;
	}
	return at;
}

static void a_damaged_record_is_named_by_its_octet(void **state)
{
	struct found *f = *state;
	FILE *fp;
	long at;

	assert_true(evtx_write(f->path, records, COUNT, (struct evt_form){ 0 }));
	fp = fopen(f->path, "r+b");
	assert_non_null(fp);
	at = begin_of(fp, 5);
	assert_int_equal(fseek(fp, at + 24, SEEK_SET), 0);
	fputc(0x33, fp);		/* no token of binary XML */
	fclose(fp);
	read_all(f);
	assert_int_equal(f->n, COUNT - 1);
	assert_int_equal(f->notes.records, COUNT);
	assert_int_equal(f->notes.count[LOG_DAMAGED], 1);
	assert_int_equal(f->notes.offset[LOG_DAMAGED], at);
	assert_int_equal(f->notes.count[LOG_REMAINS], 0);
	assert_true(complete(f, "Q254943"));
}

/* What is beyond the room of a record is left out, and that is said. */
static void a_long_string_is_cut(void **state)
{
	static char text[900];
	static const char code[] = "8511", tail[] = "POP4 DOWN";
	const struct evt_record record = { 0xc00010bc, 1795295100, "MSExchangeMTA",
	                                   { code, text, text, text, tail, NULL } };
	write_fn *const both[] = { evt_write, evtx_write };
	struct found *f = *state;

	memset(text, 'x', sizeof text - 1);
	text[3] = '\x9b';			/* a control of ISO 6429 */
	for (size_t i = 0; i < 2; i++) {
		assert_true(both[i](f->path, &record, 1, (struct evt_form){ 0 }));
		read_all(f);
		assert_int_equal(f->n, 1);
		assert_int_equal(strlen(f->at[0].text), LOG_TEXT_MAX - 1);
		assert_memory_equal(f->at[0].text, "8511 | xxx xxx", 14);
		assert_int_equal(f->notes.count[LOG_LONG_RECORD], 1);
	}
}

static void write_as(const char *path, const char *p, size_t n)
{
	FILE *fp = fopen(path, "wb");

	assert_non_null(fp);
	fwrite(p, 1, n, fp);
	fclose(fp);
}

/* What only begins as an event log is read as the text that it is. */
static void what_is_no_event_log_is_said(void **state)
{
	struct found *f = *state;
	char why[300] = "";

	write_as(f->path, "ElfFile\0\1\0\0 and then nothing of the kind", 40);
	assert_false(log_read(f->path, NULL, NULL, on_record, f, NULL, why, sizeof why));
	assert_non_null(strstr(why, f->path));
	write_as(f->path, "ElfFile\0 and then nothing of the kind", 37);
	read_all(f);
	assert_int_equal(f->n, 1);
	assert_string_equal(f->at[0].text, "ElfFile and then nothing of the kind");
	write_as(f->path, "\x30\0\0\0LfLe\nmessage NMI4284: X Event, severity 14\n", 47);
	read_all(f);
	assert_int_equal(f->n, 2);
	assert_int_equal(f->at[1].event, 4284);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test_setup_teardown(a_clean_log, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dirty_header, setup, teardown),
		cmocka_unit_test_setup_teardown(a_ring_that_has_gone_round, setup, teardown),
		cmocka_unit_test_setup_teardown(a_ring_with_a_dirty_header, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_record_is_named_by_its_octet, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_long_string_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_event_log_is_said, setup, teardown),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
