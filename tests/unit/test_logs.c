/* Log readers: layouts, times, encodings, bad input, growing files, event logs. */
#include "logs/logs.h"
#include "logs/logs_clock.h"
#include "logs/logs_follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RECORDS_MAX = 64 };

struct seen {
	struct log_record at[RECORDS_MAX];
	size_t n;
	uint8_t dump[LOG_DUMP_MAX];
	size_t dump_n;
};

static struct seen seen;

static void on_record(void *ctx, const struct log_record *rec)
{
	struct seen *s = ctx;

	assert_true(s->n < RECORDS_MAX);
	s->at[s->n++] = *rec;
	if (rec->dump_n)
		memcpy(s->dump, rec->dump, rec->dump_n);
	s->dump_n = rec->dump_n;
}

static struct log_notes read_with(const struct log_options *o, const char *p, size_t n)
{
	struct log_reader *r = log_reader_open(o, NULL, on_record, &seen);
	struct log_notes notes;

	seen.n = 0;
	assert_non_null(r);
	log_reader_feed(r, p, n);
	log_reader_flush(r);
	notes = *log_reader_notes(r);
	log_reader_free(r);
	return notes;
}

static struct log_notes read_text(const char *text)
{
	return read_with(&(struct log_options){ .year = 2026 }, text, strlen(text));
}

/* 2026-11-21 21:05:00 UTC */
static const int64_t nine = INT64_C(1795295100);

/* ---- layouts ---- */

static void text_log_records_take_several_lines(void **state)
{
	(void)state;
	read_text("message NMI9236: Internal Operating System Error, severity 12\n\n"
	          "(BASE IL TCP/IP DRVR(22) Proc 262) 04-10-96 05:52:10pm\n"
	          "Receive socket closed on CB 1\nSocket error 0\n\n"
	          "Message NMI4283: Interface Event, severity 14\n\n"
	          "       (POP4 POP4 UP(7) Proc 228) 02-26-02 12:43:50am\n"
	          "       Bad LPIs in message\n       Bad LPI 1-15-12\n       Error code = 8464\n"
	          "Event 210: X.400 Service Event, severity 14\nContent conversion failed\n");
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.at[0].event, 9236);
	assert_int_equal(seen.at[0].severity, 12);
	assert_int_equal(seen.at[0].wall_s, 829158730);
	assert_int_equal(seen.at[1].line, 7);
	assert_int_equal(seen.at[1].code, 8464);
	assert_int_equal(seen.at[1].wall_s, 1014684230);
	assert_non_null(strstr(seen.at[1].text, "Bad LPI 1-15-12 Error code = 8464"));
	assert_int_equal(seen.at[2].event, 210);
	assert_string_equal(seen.at[2].text,
	                    "Event 210: X.400 Service Event, severity 14 Content conversion "
	                    "failed");
}

static void columns_of_all_kinds(void **state)
{
	static const char *const lines[] = {
		"11/21/26\t9:05:00 PM\tMSExchangeMTA\tError\tX.400 Service\t4284\tN/A\tLAB\ttext "
		"here", "11/21/2026,9:05:00 PM,MSExchangeMTA,Error,X.400 Service,4284,N/A,LAB,text "
		"here", "21.11.2026;21:05:00;MSExchangeMTA;Fehler;X.400;4284;NV;LAB;text here",
		"Error\t11/21/2026\t9:05:00 PM\tMSExchangeMTA\tX.400 Service\t4284\tN/A\tLAB\ttext "
		"here", "Error,11/21/2026 9:05:00 PM,MSExchangeMTA,4284,X.400 Service,text here",
		"\"Error\",\"2026-11-21 21:05:00\",\"MSExchangeMTA\",\"4284\",\"X\",\"text here\"",
		"2026/11/21\t21:05:00\tMSExchangeMTA\tError\tX.400\t4284\tN/A\tLAB\t  text   here ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		read_text(lines[i]);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.at[0].layout, LOG_TEXT_EXPORT);
		assert_int_equal(seen.at[0].event, 4284);
		assert_int_equal(seen.at[0].wall_s, nine);
		assert_string_equal(seen.at[0].source, "MSExchangeMTA");
		assert_string_equal(seen.at[0].text, "text here");
	}
}

/* A type ends within the first 32 octets, wherever the marks behind it are. */
static void a_first_column_of_any_width(void **state)
{
	static const char marks[] = "\t,;";
	char line[120];

	(void)state;
	for (int width = 1; width < 42; width++)
		for (const char *m = marks; *m; m++) {
			snprintf(line, sizeof line,
			         "%.*s%c2026-11-21 21:05:00%cMSExchangeMTA%c4284%cX%ctext",
			         width, "Success Audit of all that the server did today",
			         *m, *m, *m, *m, *m);
			read_text(line);
			assert_int_equal(seen.n, 1);
			assert_int_equal(seen.at[0].event, width < 32 ? 4284 : 0);
		}
}

/* Dates as other countries write them, in UTF-8 and in their code pages. */
static void columns_of_many_countries(void **state)
{
	static const char *const stamps_of[] = {
		"21. 11. 2026\t21:05:00", "2026.11.21.\t21:05:00", "2026. 11. 21. 21:05:00",
		"21.11.2026.\t21:05:00", "21-11-2026\t21:05:00", "21.11.2026\t21.05.00",
		"21.11.2026 \xd0\xb3.\t21:05:00", "21.11.2026 \xe3. 21:05:00",
		"2026-11-21\t\xec\x98\xa4\xed\x9b\x84 9:05:00",
		"2026-11-21 \xbf\xc0\xc8\xc4 09:05:00",
		"2026/11/21\t\xe4\xb8\x8b\xe5\x8d\x88 09:05:00",
		"2026/11/21\t\xa4\x55\xa4\xc8 09:05:00", "2026-11-21\t\xcf\xc2\xce\xe7 9:05:00",
		"2026/11/21\t\xe5\x8d\x88\xe5\xbe\x8c 9:05:00",
		"2026/11/21\t\x8c\xdf\x8c\xe3 9:05:00",
		"21/11/2026\t9:05:00 \xce\xbc\xce\xbc", "21/11/2026\t9:05:00 \xec\xec",
		"11/21/2026\t9:05:00\xe2\x80\xafPM", "11/21/2026\t9:05:00\xc2\xa0PM",
		"21/11/2026\t9:05:00 p.m.",
	};
	static const char *const mornings[] = {
		"\xec\x98\xa4\xec\xa0\x84 12:05:00", "\xbf\xc0\xc0\xfc 12:05:00",
		"\xe4\xb8\x8a\xe5\x8d\x88 12:05:00", "\xa4\x57\xa4\xc8 12:05:00",
		"\xc9\xcf\xce\xe7 12:05:00", "\xe5\x8d\x88\xe5\x89\x8d 12:05:00",
		"\x8c\xdf\x91\x4f 12:05:00", "12:05:00 \xcf\x80\xce\xbc", "12:05:00 \xf0\xec",
	};
	char line[200];

	(void)state;
	for (size_t i = 0; i < 2 * sizeof stamps_of / sizeof stamps_of[0]; i++) {
		snprintf(line, sizeof line, "%s%s\tMSExchangeMTA%s\t4284\tX\t%stext",
		         i % 2 ? "Type\t" : "", stamps_of[i / 2], i % 2 ? "" : "\tError\tX",
		         i % 2 ? "" : "LAB\t");
		read_text(line);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.at[0].event, 4284);
		assert_int_equal(seen.at[0].wall_s, nine);
		assert_string_equal(seen.at[0].source, "MSExchangeMTA");
		assert_string_equal(seen.at[0].text, "text");
	}
	for (size_t i = 0; i < sizeof mornings / sizeof mornings[0]; i++) {
		snprintf(line, sizeof line, "Error,2026-11-21 %s,MSExchangeMTA,4284,X,text",
		         mornings[i]);
		read_text(line);
		assert_int_equal(seen.at[0].wall_s, nine - 21 * 3600);
	}
}

static void a_record_without_its_sentence_says_so(void **state)
{
	(void)state;
	read_text("Error\t11/21/2026\t9:05:00 PM\tMSExchangeMTA\tX\t4284\tN/A\tLAB\n");
	assert_true(seen.at[0].unrendered);
	read_text("Error\t11/21/2026\t9:05:00 PM\tMSExchangeMTA\tX\t4284\tN/A\tLAB\tx\n");
	assert_false(seen.at[0].unrendered);
}

static void quotes_and_wrapped_lines_are_undone(void **state)
{
	(void)state;
	read_text("Level,Date and Time,Source,Event ID,Task Category\r\n"
	          "Error,11/21/2026 9:05:00 PM,MSExchangeMTA,4284,X.400 Service,\"An "
	          "\"\"error\"\"\r\nhas occurred, twice\"\r\n"
	          "Error,11/21/2026 9:06:00 PM,MSExchangeMTA,4287,X.400 Service,\"next\"\r\n");
	assert_int_equal(seen.n, 3);
	assert_string_equal(seen.at[1].text, "An \"error\" has occurred, twice");
	assert_int_equal(seen.at[2].event, 4287);
}

static void pasted_records(void **state)
{
	(void)state;
	read_text("Event Type:\tError\r\nEvent Source:\tMSExchangeMTA\r\nEvent Category:\tX.400\r\n"
	          "Event ID:\t4284\r\nDate:\t\t11/21/2026\r\nTime:\t\t9:05:00 "
	          "PM\r\nUser:\t\tN/A\r\nComputer:\tLAB\r\nDescription:\r\nAn error has "
	          "occurred\r\nhere. \r\n\r\nLog Name:      Application\r\nSource:        "
	          "MSExchangeMTA\r\nDate:          11/21/2026 9:05:00 PM\r\nEvent ID:      "
	          "4287\r\nLevel: Error\r\nDescription:\r\nsecond\r\n");
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.at[0].event, 4284);
	assert_int_equal(seen.at[0].wall_s, nine);
	assert_string_equal(seen.at[0].text, "An error has occurred here.");
	assert_int_equal(seen.at[1].event, 4287);
	assert_int_equal(seen.at[1].wall_s, nine);
	assert_string_equal(seen.at[1].source, "MSExchangeMTA");
}

static void dumps_become_octets(void **state)
{
	(void)state;
	read_text("XAPI message: Jul 1, 1996 14:49:09, connection 1543\n"
	          "MA_Wait Response sent to entity\n\n"
	          "[00000] A2 80 02 01 33 30 80 94 01 00 00 00 00 00   ....30........\n");
	assert_int_equal(seen.at[0].layout, LOG_TEXT_AP);
	assert_int_equal(seen.at[0].wall_s, 836232549);
	assert_int_equal(seen.dump_n, 14);
	assert_memory_equal(seen.dump, "\xa2\x80\x02\x01\x33\x30\x80\x94\x01\0\0\0\0\0", 14);
	assert_int_equal(read_text("Reference 47 :\n"
	          "[        0]  01 31 77 12 41 55 86 CF 11 9B 30 00 AA 00 62 C8   "
	                           ".1w.AU....0...b.\n"
	          "[       16]  05 00 00 00 05 35 7A 03 00 03 40 E4 84 08 40 29   "
	                           ".....5z...@...@)\n")
	          .count[LOG_DUMP_GAP], 0);
	assert_int_equal(seen.at[0].layout, LOG_TEXT_BF);
	assert_int_equal(seen.dump_n, 32);
	assert_int_equal(seen.dump[31], 0x29);
	assert_int_equal(read_text("Reference 1 :\n[ 0] 01 02\n[ 16] 03\n").count[LOG_DUMP_GAP], 1);
	assert_int_equal(seen.dump_n, 3);
	/* One row is left out: one hole. */
	assert_int_equal(read_text("Reference 1 :\n[ 0] 01 02   ..\n[ 16] 03\n[ 17] 04\n")
	          .count[LOG_DUMP_GAP], 1);
	assert_int_equal(seen.dump_n, 4);
}

static void call_stacks_and_database_checks(void **state)
{
	(void)state;
	read_text("Call-stack for TID 006 (NT:0316) : POP4 DOWN      Busy 0%, stalled on send\n"
	          "to q/loc 004, normally services q 016\n"
	          "Thread 52 (01.091) owns semaphore 6601, created by (01.091).\n"
	          "Queue 'XAPIWRKQ' required reconstruction\n - corrupted queue file\n"
	          "Database clean, no errors detected\n");
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.at[0].layout, LOG_TEXT_CALLS);
	assert_non_null(strstr(seen.at[0].text, "on send to q/loc 004"));
	assert_int_equal(seen.at[1].layout, LOG_TEXT_CALLS);
	assert_int_equal(seen.at[2].layout, LOG_TEXT_MTACHECK);
	assert_non_null(strstr(seen.at[2].text, "corrupted queue file"));
}

static void handles_and_addresses_are_no_dates(void **state)
{
	(void)state;
	read_text("1-15-12 is a handle\n10.1.2.3 12:00:00 is an address\n3.14 is a number\n");
	for (size_t i = 0; i < seen.n; i++)
		assert_int_equal(seen.at[i].layout, LOG_TEXT_OTHER);
	assert_int_equal(seen.n, 3);
}

/* ---- times ---- */

static void stamps(void **state)
{
	static const char *const lines[] = {
		"Nov 21 21:05:00 host x400mta[12]: hello",
		"<13>Nov 21 21:05:00 host x: hello",
		"<13>1 2026-11-21T21:05:00Z host x - - - hello",
		"2026-11-21T22:05:00.25+01:00 hello",
		"2026-11-21 16:05:00 -0500 hello",
		"[21 Nov 2026 21:05:00] hello",
		"Sat Nov 21 21:05:00 2026 hello",
		"11/21/2026 9:05:00 PM hello",
		"21.11.2026 21:05:00 hello",
		"21-Nov-2026 21:05:00 hello",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		read_text(lines[i]);
		assert_int_equal(seen.at[0].layout, LOG_TEXT_STAMPED);
		if (seen.at[0].at_us / 1000000 != nine)
			fail_msg("%s: %lld", lines[i], (long long)seen.at[0].at_us);
	}
}

static void months_and_weekdays_in_any_case(void **state)
{
	static const char *const days[] = { "Mon", "tuesday", "WED", "Thu", "Fri", "sAT", "Sun" };
	static const char *const months[] = { "Jan", "february", "MAR", "Apr", "may", "June",
		"July", "aUG", "Sept", "Oct", "nov", "December" };
	char line[80];

	(void)state;
	for (int i = 0; i < 12 * 7; i++) {
		snprintf(line, sizeof line, "%s %s 14 00:00:01 host x: hello", days[i % 7],
		         months[i / 7]);
		read_text(line);
		assert_int_equal(seen.at[0].layout, LOG_TEXT_STAMPED);
		/* The 14th is day 13 of months of 28 to 31 days. */
		assert_in_range((seen.at[0].wall_s - INT64_C(1767225601)) / 86400 - 13,
		                28 * (i / 7), 31 * (i / 7));
		read_text(strchr(line, ' ') + 1);
		assert_int_equal(seen.at[0].layout, LOG_TEXT_STAMPED);
	}
	read_text("Mont 14 00:00:01 hello");
	assert_int_equal(seen.at[0].layout, LOG_TEXT_OTHER);
}

static void the_order_of_dates_shows_somewhere(void **state)
{
	struct log_options given = { .order = LOG_DATE_DMY };
	const char *ambiguous = "03/04/26\t9:05:00 PM\tS\tError\tX\t1\tN/A\tL\tx\n";

	(void)state;
	read_text("03/04/26\t9:05:00 PM\tS\tError\tX\t1\tN/A\tL\tx\n"
	          "25/04/26\t9:05:00 PM\tS\tError\tX\t1\tN/A\tL\tx\n");
	assert_int_equal(seen.at[0].wall_s, 1775250300);	/* 3 April */
	read_text(ambiguous);
	assert_int_equal(seen.at[0].wall_s, 1772658300);	/* 4 March */
	read_with(&given, ambiguous, strlen(ambiguous));
	assert_int_equal(seen.at[0].wall_s, 1775250300);
}

static void zone_and_clock_are_applied(void **state)
{
	const struct log_options o = { .zone_s = 3600, .clock_us = 2500000, .year = 2026 };
	const char *local = "2026-11-21 22:05:00 x\n", *zoned = "2026-11-21T21:05:00Z x\n";

	(void)state;
	read_with(&o, local, strlen(local));
	assert_int_equal(seen.at[0].at_us, nine * 1000000 + 2500000);
	read_with(&o, zoned, strlen(zoned));
	assert_int_equal(seen.at[0].at_us, nine * 1000000 + 2500000);
	assert_true(seen.at[0].zoned);
}

static void a_format_of_the_users(void **state)
{
	const struct log_options o = { .time_format = "%Y%m%d-%H%M%S" };
	const char *text = "x400 20261121-210500 first\n  wrapped\nx400 20261121-210501 second\n";

	(void)state;
	read_with(&o, text, strlen(text));
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.at[0].wall_s, nine);
	assert_non_null(strstr(seen.at[0].text, "wrapped"));
}

static void the_clock_from_the_wire(void **state)
{
	int64_t wire[20], log[8], at = 0;
	struct log_clock clock;

	(void)state;
	/* Uneven gaps, logged in whole seconds, one hour and 7 s off. */
	for (size_t i = 0; i < 20; i++)
		wire[i] = at += 1000000 * (int64_t)(3 + i * i % 7) + 300000;
	for (size_t i = 0; i < 8; i++)
		log[i] = (wire[2 * i + 1] - INT64_C(3607000000)) / 1000000 * 1000000;
	assert_true(log_clock_estimate(log, 8, wire, 20, &clock));
	assert_int_equal(clock.pairs, 8);
	assert_in_range(clock.offset_us, INT64_C(3606000000), INT64_C(3608000000));
	assert_false(log_clock_estimate(log, 2, wire, 20, &clock));
	/* An even beat fits at each of its beats. */
	for (size_t i = 0; i < 20; i++)
		wire[i] = (int64_t)i * 10000000;
	for (size_t i = 0; i < 8; i++)
		log[i] = (int64_t)i * 10000000;
	assert_false(log_clock_estimate(log, 8, wire, 20, &clock));
}

/* ---- encodings and bad input ---- */

static void utf16_and_code_pages(void **state)
{
	static const char wide[] = "\xff\xfeV\0e\0r\0b\0i\0n\0d\0u\0n\0g\0 \0f\0\xfc\0r\0\n\0";
	static const char big[] = "\xfe\xff\0f\0\xfc\0r";
	const struct log_options dos = { .code_page = "CP850" }, japan = { .code_page = "CP932" };

	(void)state;
	read_with(NULL, wide, sizeof wide - 1);
	assert_string_equal(seen.at[0].text, "Verbindung f\xc3\xbcr");
	read_with(NULL, big, sizeof big - 1);
	assert_string_equal(seen.at[0].text, "f\xc3\xbcr");
	read_with(NULL, "f\xfcr \x80", 5);		/* CP1252 */
	assert_string_equal(seen.at[0].text, "f\xc3\xbcr \xe2\x82\xac");
	read_with(&dos, "f\x81r", 3);
	assert_string_equal(seen.at[0].text, "f\xc3\xbcr");
	/* Characters of two octets, the second one of ASCII; the last one is cut. */
	read_with(&japan, "\x83\x47\x83\x89\x81\x5b 1\x83", 9);
	assert_string_equal(seen.at[0].text, "\xe3\x82\xa8\xe3\x83\xa9\xe3\x83\xbc 1?");
	assert_true(log_code_page_known("CP932") && !log_code_page_known("CP-0"));
	read_with(NULL, "\xef\xbb\xbf" "f\xc3\xbcr", 7);
	assert_string_equal(seen.at[0].text, "f\xc3\xbcr");
}

/* Two octets of a word of a code page may look like UTF-8; the word tells. */
static size_t widen(char *out, size_t at, const char *text, bool big)
{
	for (; *text; text++) {
		out[at++] = big ? '\0' : *text;
		out[at++] = big ? *text : '\0';
	}
	return at;
}

/* Programs that add to a log do not look at what its encoding is. */
static void a_text_changes_its_encoding(void **state)
{
	static const char plain[] = "2026-11-21 21:05:00 one \xc3\xa4 and no more\r\n";
	static const char *const want[] = {
		"2026-11-21 21:05:00 one \303\244 and no more", "2026-11-21 21:05:01 two",
		"2026-11-21 21:05:02 \344\270\212 three",
		"2026-11-21 21:05:00 one \303\244 and no more", "2026-11-21 21:05:03 four",
		"2026-11-21 21:05:04 five", "2026-11-21 21:05:00 one \303\244 and no more",
	};
	char text[1000];
	size_t n = strlen(plain), second, third;

	(void)state;
	memcpy(text, plain, n);
	second = n;
	n = widen(text, n, "2026-11-21 21:05:01 two\r\n2026-11-21 21:05:02 ", false);
	memcpy(text + n, "\x0a\x4e", 2);	/* one of its octets is that of LF */
	n = widen(text, n + 2, " three\r\n", false);
	memcpy(text + n, plain, strlen(plain));
	third = n += strlen(plain);
	memcpy(text + n, "\xfe\xff", 2);
	n = widen(text, n + 2, "2026-11-21 21:05:03 four\n2026-11-21 21:05:04 five\n", true);
	memcpy(text + n, "\xef\xbb\xbf", 3);
	memcpy(text + n + 3, plain, strlen(plain));
	n += 3 + strlen(plain);
	for (size_t cut = 1; cut <= n; cut++) {
		struct log_reader *r = log_reader_open(NULL, NULL, on_record, &seen);
		const struct log_notes *notes = log_reader_notes(r);

		seen.n = 0;
		for (size_t at = 0; at < n; at += cut)
			log_reader_feed(r, text + at, n - at < cut ? n - at : cut);
		log_reader_flush(r);
		assert_int_equal(seen.n, sizeof want / sizeof want[0]);
		for (size_t i = 0; i < seen.n; i++)
			assert_string_equal(seen.at[i].text, want[i]);
		assert_int_equal(seen.at[1].offset, second);
		assert_int_equal(seen.at[4].offset, third + 2);
		assert_int_equal(notes->count[LOG_MIXED], 4);
		assert_int_equal(notes->offset[LOG_MIXED], second);
		assert_int_equal(notes->count[LOG_NUL] + notes->count[LOG_ODD_CHARACTER], 0);
		log_reader_free(r);
	}
}

/* UTF-16 at the end of a text, of a line that does not end, of a few octets only. */
static void what_is_nearly_utf16(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		unsigned changes, nuls;
		const char *want;
	} all[] = {
		{ "one\ncut t\0w\0o\0 \0e\0n\0d\0", 22, 1, 0, "cut two end" },
		{ "one\nt\0w\0o", 9, 0, 2, "t w o" },
		{ "one\nt\0\0\0w\0\0\0o\0\0\0e\0\0\0", 20, 0, 12, "t w o e" },
		{ "one\n\xff\xfet\0w\0o\0e\0n\0d\0", 18, 1, 0, "twoend" },
		{ "one\n\0t\0w\0o\0e\0n\0d\0\n", 18, 1, 0, "twoend" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct log_notes notes = read_with(NULL, all[i].text, all[i].n);

		assert_int_equal(seen.n, 2);
		assert_string_equal(seen.at[1].text, all[i].want);
		assert_int_equal(notes.count[LOG_MIXED], all[i].changes);
		assert_int_equal(notes.count[LOG_NUL], all[i].nuls);
	}
}

/* A line that goes to and fro is read in one pass, with what is left of it named. */
static void a_line_of_many_encodings(void **state)
{
	static char text[LOG_LINE_MAX];
	struct log_notes notes;
	size_t n = 4;

	(void)state;
	memcpy(text, "one\n", 4);
	while (n + 40 < sizeof text) {
		n = widen(text, n, "wide char", false);
		memcpy(text + n, "16: plain, 1 2 3", 16);
		n += 16;
	}
	text[n++] = '\n';
	notes = read_with(NULL, text, n);
	assert_int_equal(seen.n, 2);
	assert_int_equal(notes.count[LOG_MIXED], 2);
	assert_in_range(notes.count[LOG_NUL], 1000, sizeof text);
}

static void a_word_is_of_one_encoding(void **state)
{
	const struct log_options russia = { .code_page = "CP1251" }, china = { .code_page = "GBK" };

	(void)state;
	read_with(&russia, "\xcf\xb8\xf2\xf0 x", 6);
	assert_string_equal(seen.at[0].text, "\xd0\x9f\xd1\x91\xd1\x82\xd1\x80 x");
	read_with(&china, "\xc1\xaa\xcd\xa8", 4);
	assert_string_equal(seen.at[0].text, "\xe8\x81\x94\xe9\x80\x9a");
	/* Both in one line. */
	read_with(NULL, "f\xfcr f\xc3\xbcr", 8);
	assert_string_equal(seen.at[0].text, "f\xc3\xbcr f\xc3\xbcr");
}

static void controls_become_blanks(void **state)
{
	const struct log_options latin = { .code_page = "ISO-8859-1" };

	(void)state;
	read_with(NULL, "a\x1b[1m\x07 b\x7f" "c\xc2\x9b" "d\xc2\x85\xc2\x85" "e\xc2\xa0" "f", 21);
	assert_string_equal(seen.at[0].text, "a [1m b c d e\xc2\xa0" "f");
	read_with(&latin, "a\x9b" "1m", 4);
	assert_string_equal(seen.at[0].text, "a 1m");
}

static void what_cannot_be_read_is_named_by_offset(void **state)
{
	static char text[3 * LOG_LINE_MAX];
	struct log_notes notes;

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, "one\ntwo\0two\n", 12);
	text[sizeof text - 5] = '\n';
	notes = read_with(NULL, text, sizeof text);
	assert_int_equal(notes.count[LOG_NUL], 1);
	assert_int_equal(notes.offset[LOG_NUL], 7);
	assert_int_equal(notes.count[LOG_LONG_LINE], 1);
	assert_int_equal(notes.offset[LOG_LONG_LINE], 12);
	assert_int_equal(seen.n, 4);
	assert_string_equal(seen.at[1].text, "two two");
	assert_string_equal(seen.at[3].text, "xxxx");
	assert_int_equal(seen.at[3].line, 4);
}

static bool no_events(void *ctx, uint32_t event)
{
	(void)ctx;
	return event == 4287;
}

static bool lines_with_y(void *ctx, const char *p, size_t n)
{
	(void)ctx;
	return memchr(p, 'y', n) != NULL;
}

static void a_filter_saves_the_making(void **state)
{
	const struct log_filter f = { no_events, lines_with_y, NULL };
	struct log_reader *r = log_reader_open(NULL, &f, on_record, &seen);
	const char *text = "message NMI4283: X Event, severity 14\n (A B(1) Proc 2) 02-26-02 "
	                   "12:43:50am\n yes\nmessage NMI4287: X Event, severity 14\n no\n"
	                   "2026-11-21 21:05:00 no\n2026-11-21 21:05:01 no\n goes on: yes\n";

	(void)state;
	seen.n = 0;
	assert_non_null(r);
	log_reader_feed(r, text, strlen(text));
	log_reader_flush(r);
	assert_int_equal(log_reader_notes(r)->records, 4);
	log_reader_free(r);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.at[0].event, 4287);
	assert_non_null(strstr(seen.at[1].text, "goes on"));
}

/* A record of fields that is passed over does not take the next one with it. */
static void a_filter_ends_where_the_record_does(void **state)
{
	const struct log_filter f = { no_events, lines_with_y, NULL };
	struct log_reader *r = log_reader_open(NULL, &f, on_record, &seen);
	const char *text = "Event Type:\tError\nEvent ID:\t4283\nDescription:\nfirst\n\n"
	                   "Event Type:\tError\nEvent ID:\t4287\nDescription:\nsecond\n";

	(void)state;
	seen.n = 0;
	assert_non_null(r);
	log_reader_feed(r, text, strlen(text));
	log_reader_flush(r);
	assert_int_equal(log_reader_notes(r)->records, 2);
	log_reader_free(r);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.at[0].event, 4287);
	assert_string_equal(seen.at[0].text, "second");
}

/* ---- growing files ---- */

static void add(const char *path, const char *text)
{
	FILE *fp = fopen(path, "a");

	assert_non_null(fp);
	fputs(text, fp);
	fclose(fp);
}

static void follows(struct log_follow *f, const char *want, bool want_begun)
{
	char buf[64];
	bool begun;
	ssize_t n = log_follow_read(f, buf, sizeof buf - 1, &begun);

	assert_int_equal(n, strlen(want));
	buf[n] = '\0';
	assert_string_equal(buf, want);
	assert_int_equal(begun, want_begun);
}

static void a_growing_log_is_followed(void **state)
{
	char folder[] = "/tmp/x400rig-logs-XXXXXX", path[64], old[64];
	struct log_follow f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/Ev0.log", folder);
	snprintf(old, sizeof old, "%s/Ev1.log", folder);
	assert_true(log_follow_open(&f, path, true));
	follows(&f, "", false);			/* not there yet */
	add(path, "one");
	follows(&f, "one", true);
	follows(&f, "", false);
	add(path, "two");
	assert_int_equal(rename(path, old), 0);	/* rotation, with something unread */
	add(path, "three");
	follows(&f, "two", false);
	follows(&f, "three", true);
	assert_int_equal(f.rotations, 1);
	assert_int_equal(truncate(path, 0), 0);
	add(path, "4");
	follows(&f, "4", true);
	assert_int_equal(f.truncations, 1);
	follows(&f, "", false);
	assert_int_equal(truncate(path, 0), 0);
	add(path, "begun again");		/* longer than it was */
	follows(&f, "begun again", true);
	assert_int_equal(f.truncations, 2);
	log_follow_close(&f);
	assert_true(log_follow_open(&f, path, true));
	add(path, "5");
	follows(&f, "5", false);		/* what was there before is not read */
	log_follow_close(&f);
	unlink(path);
	unlink(old);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(text_log_records_take_several_lines),
		cmocka_unit_test(columns_of_all_kinds),
		cmocka_unit_test(a_first_column_of_any_width),
		cmocka_unit_test(columns_of_many_countries),
		cmocka_unit_test(a_record_without_its_sentence_says_so),
		cmocka_unit_test(quotes_and_wrapped_lines_are_undone),
		cmocka_unit_test(pasted_records),
		cmocka_unit_test(dumps_become_octets),
		cmocka_unit_test(call_stacks_and_database_checks),
		cmocka_unit_test(handles_and_addresses_are_no_dates),
		cmocka_unit_test(stamps),
		cmocka_unit_test(months_and_weekdays_in_any_case),
		cmocka_unit_test(the_order_of_dates_shows_somewhere),
		cmocka_unit_test(zone_and_clock_are_applied),
		cmocka_unit_test(a_format_of_the_users),
		cmocka_unit_test(the_clock_from_the_wire),
		cmocka_unit_test(utf16_and_code_pages),
		cmocka_unit_test(a_text_changes_its_encoding),
		cmocka_unit_test(what_is_nearly_utf16),
		cmocka_unit_test(a_line_of_many_encodings),
		cmocka_unit_test(a_word_is_of_one_encoding),
		cmocka_unit_test(controls_become_blanks),
		cmocka_unit_test(what_cannot_be_read_is_named_by_offset),
		cmocka_unit_test(a_filter_saves_the_making),
		cmocka_unit_test(a_filter_ends_where_the_record_does),
		cmocka_unit_test(a_growing_log_is_followed),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
