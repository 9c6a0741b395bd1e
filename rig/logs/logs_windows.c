#include "logs/logs_windows.h"

#include "late/late.h"
#include "logs/logs_text.h"

/* Without this both headers want libbfio's, which files by name do not need. */
#include <libevt/features.h>
#undef LIBEVT_HAVE_BFIO
#include <libevtx/features.h>
#undef LIBEVTX_HAVE_BFIO

#include <libevt.h>
#include <libevtx.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STRINGS_MAX = 64,		/* of one record; events of an MTA have below 20 */
	STRING_MAX = 128 << 10,		/* the longest that both can hold is below 100 KiB */
	WHY_MAX = 200,
	BACKTRACE_MAX = 8192,
	EVT_ALIGNED = 4,		/* records of .evt begin at multiples of it */
	/* A FILETIME counts 100 ns from 1601, a time of .evt seconds from 1970. */
	FILETIME_SECOND = 10000000,
};
static const int64_t filetime_1970 = INT64_C(11644473600);

enum log_layout log_windows_kind(int fd)
{
	uint8_t head[48];
	ssize_t n = pread(fd, head, sizeof head, 0);

	/* Either header has zeros among these; a text that begins so is text. */
	if (n <= 8 || !memchr(head + 8, 0, (size_t)n - 8))
		return LOG_TEXT_OTHER;
	if (memcmp(head, "ElfFile", 8) == 0)
		return LOG_EVTX;
	return memcmp(head + 4, "LfLe", 4) == 0 ? LOG_EVT : LOG_TEXT_OTHER;
}

/* What both libraries offer, under one type. */
struct library {
	bool (*open)(void **file, const char *path, char why[static WHY_MAX]);
	void (*close)(void *file);
	int (*count)(void *file, bool recovered);
	/* NULL: it cannot be read.  `offset` stays as it is if it is not known: libevtx
	 * (20181227) tells it of no record that it can read. */
	void *(*record)(void *file, bool recovered, int i, uint64_t *offset);
	void (*free)(void *record);
	bool (*event)(void *record, uint32_t *event);
	bool (*seconds)(void *record, int64_t *seconds, int32_t *us);
	uint64_t (*number)(void *record);
	size_t (*source)(void *record, char *buf, size_t cap);
	int (*strings)(void *record);
	/* false: it is longer than the buffer. */
	bool (*string)(void *record, int i, char *buf, size_t cap, size_t *n);
};

/* Where a record begins that the library cannot read is only in what it says: its innermost
 * "at offset: 0x00001200". */
static void said_offset(const char *said, uint64_t *offset)
{
	const char *at = strstr(said, "at offset: 0x");

	if (at)
		*offset = strtoull(at + strlen("at offset: 0x"), NULL, 16);
}

#define EVENT_LOG_CALLS(X, L) \
	X(L, error_backtrace_sprint) X(L, error_free) X(L, error_sprint) X(L, file_close) \
	X(L, file_free) X(L, file_get_number_of_records) \
	X(L, file_get_number_of_recovered_records) X(L, file_get_record_by_index) \
	X(L, file_get_recovered_record_by_index) X(L, file_initialize) X(L, file_open) \
	X(L, record_free) X(L, record_get_event_identifier) X(L, record_get_identifier) \
	X(L, record_get_number_of_strings) X(L, record_get_offset) \
	X(L, record_get_utf8_source_name) X(L, record_get_utf8_source_name_size) \
	X(L, record_get_utf8_string) X(L, record_get_utf8_string_size) \
	X(L, record_get_written_time)
#define LIBEVT_CALLS(X) EVENT_LOG_CALLS(X, libevt_)
#define LIBEVTX_CALLS(X) EVENT_LOG_CALLS(X, libevtx_)
static struct { LIBEVT_CALLS(LATE_CALL) } libevt;
static struct { LIBEVTX_CALLS(LATE_CALL) } libevtx;
static struct late_library libevt_late =
	LATE_LIBRARY("libevt.so.1", "libevt1", libevt, LIBEVT_CALLS);
static struct late_library libevtx_late =
	LATE_LIBRARY("libevtx.so.1", "libevtx1", libevtx, LIBEVTX_CALLS);

bool log_windows_load(char *why, size_t why_cap)
{
	bool evt = late_load(&libevt_late, why, why_cap);

	return late_load(&libevtx_late, why, why_cap) && evt;
}

/* The libraries name the same calls alike; each macro below makes one of them.
 * Sizes count the NUL. */
#define LIBRARY(L)                                                                               \
static bool L##_open_file(void **file, const char *path, char why[static WHY_MAX])               \
{                                                                                                \
	L##_file_t *f = NULL;                                                                    \
	L##_error_t *error = NULL;                                                               \
                                                                                                 \
	if (!late_load(&L##_late, why, WHY_MAX))                                                 \
		return false;                                                                    \
	if (L.file_initialize(&f, &error) == 1 && L.file_open(f, path, 1, &error) == 1) {        \
		*file = f;                                                                       \
		return true;                                                                     \
	}                                                                                        \
	if (!error || L.error_sprint(error, why, WHY_MAX) <= 0)                                  \
		snprintf(why, WHY_MAX, "cannot be read");                                        \
	L.error_free(&error);                                                                    \
	if (f)                                                                                   \
		L.file_free(&f, NULL);                                                           \
	return false;                                                                            \
}                                                                                                \
static void L##_close_file(void *file)                                                           \
{                                                                                                \
	L##_file_t *f = file;                                                                    \
                                                                                                 \
	L.file_close(f, NULL);                                                                   \
	L.file_free(&f, NULL);                                                                   \
}                                                                                                \
static int L##_count(void *file, bool recovered)                                                 \
{                                                                                                \
	int n = 0;                                                                               \
	int ok = recovered ? L.file_get_number_of_recovered_records(file, &n, NULL)              \
	                   : L.file_get_number_of_records(file, &n, NULL);                       \
                                                                                                 \
	return ok == 1 ? n : 0;                                                                  \
}                                                                                                \
static void *L##_record(void *file, bool recovered, int i, uint64_t *offset)                     \
{                                                                                                \
	L##_record_t *rec = NULL;                                                                \
	L##_error_t *error = NULL;                                                               \
	off64_t at = 0;                                                                          \
	int ok = recovered ? L.file_get_recovered_record_by_index(file, i, &rec, &error)         \
	                   : L.file_get_record_by_index(file, i, &rec, &error);                  \
	char said[BACKTRACE_MAX] = "";                                                           \
                                                                                                 \
	if (ok == 1) {                                                                           \
		if (L.record_get_offset(rec, &at, NULL) == 1 && at > 0)                          \
			*offset = (uint64_t)at;                                                  \
		return rec;                                                                      \
	}                                                                                        \
	if (error && L.error_backtrace_sprint(error, said, sizeof said) > 0)                     \
		said_offset(said, offset);                                                       \
	L.error_free(&error);                                                                    \
	return NULL;                                                                             \
}                                                                                                \
static void L##_free(void *record)                                                               \
{                                                                                                \
	L##_record_t *rec = record;                                                              \
                                                                                                 \
	L.record_free(&rec, NULL);                                                               \
}                                                                                                \
static bool L##_event(void *record, uint32_t *event)                                             \
{                                                                                                \
	return L.record_get_event_identifier(record, event, NULL) == 1;                          \
}                                                                                                \
static size_t L##_source(void *record, char *buf, size_t cap)                                    \
{                                                                                                \
	size_t n = 0;                                                                            \
                                                                                                 \
	if (L.record_get_utf8_source_name_size(record, &n, NULL) != 1 || n < 2 || n > cap ||     \
	    L.record_get_utf8_source_name(record, (uint8_t *)buf, n, NULL) != 1)                 \
		return 0;                                                                        \
	return n - 1;                                                                            \
}                                                                                                \
static int L##_strings(void *record)                                                             \
{                                                                                                \
	int n = 0;                                                                               \
                                                                                                 \
	return L.record_get_number_of_strings(record, &n, NULL) == 1 ? n : 0;                    \
}                                                                                                \
static bool L##_string(void *record, int i, char *buf, size_t cap, size_t *n)                    \
{                                                                                                \
	size_t size = 0;                                                                         \
                                                                                                 \
	*n = 0;                                                                                  \
	if (L.record_get_utf8_string_size(record, i, &size, NULL) == 1 && size > 1 &&            \
	    size <= cap &&                                                                       \
	    L.record_get_utf8_string(record, i, (uint8_t *)buf, size, NULL) == 1)                \
		*n = size - 1;                                                                   \
	return size <= cap;                                                                      \
}                                                                                                \
static uint64_t L##_number(void *record)                                                         \
{                                                                                                \
	L##_identifier n = 0;                                                                    \
                                                                                                 \
	return L.record_get_identifier(record, &n, NULL) == 1 ? n : 0;                           \
}
typedef uint32_t libevt_identifier;
typedef uint64_t libevtx_identifier;
LIBRARY(libevt)
LIBRARY(libevtx)

static bool evt_seconds(void *record, int64_t *seconds, int32_t *us)
{
	uint32_t t = 0;

	*us = 0;
	if (libevt.record_get_written_time(record, &t, NULL) != 1)
		return false;
	*seconds = t;
	return t != 0;
}

static bool evtx_seconds(void *record, int64_t *seconds, int32_t *us)
{
	uint64_t t = 0;

	if (libevtx.record_get_written_time(record, &t, NULL) != 1 || !t)
		return false;
	*seconds = (int64_t)(t / FILETIME_SECOND) - filetime_1970;
	*us = (int32_t)(t % FILETIME_SECOND / 10);
	return true;
}

#define CALLS(L, time) { L##_open_file, L##_close_file, L##_count, L##_record, L##_free, \
	L##_event, time, L##_number, L##_source, L##_strings, L##_string }
static const struct library evt = CALLS(libevt, evt_seconds);
static const struct library evtx = CALLS(libevtx, evtx_seconds);

/* ---- records ---- */

struct reading {
	const struct library *lib;
	const struct log_options *options;
	const struct log_filter *filter;
	log_record_fn *fn;
	void *ctx;
	struct log_notes notes;
	uint8_t *told;			/* a bit for each octet where a record of .evt may begin */
	uint64_t told_n;
	struct log_record record;
	struct log_characters characters;
	char string[STRING_MAX];
};

/* The record at hand. */
static void trouble(struct reading *r, enum log_trouble t)
{
	if (r->notes.count[t]++ == 0)
		r->notes.offset[t] = r->record.offset;
}

static void put_strings(struct reading *r, void *record)
{
	struct log_text t = { .at = r->record.text, .cap = sizeof r->record.text };
	int count = r->lib->strings(record);

	t.full = count > STRINGS_MAX;
	for (int i = 0; i < count && i < STRINGS_MAX; i++) {
		size_t n = 0;

		if (i)
			log_text_append(&t, &r->characters, " | ", 3);
		if (r->lib->string(record, i, r->string, sizeof r->string, &n))
			log_text_append(&t, &r->characters, r->string, n);
		else
			t.full = true;
	}
	log_text_end(&t);
	if (t.full)
		trouble(r, LOG_LONG_RECORD);
}

/* false: it cannot be read. */
static bool one_record(struct reading *r, void *record, uint64_t nth)
{
	struct log_record *rec = &r->record;
	uint32_t event = 0;
	int32_t us;

	if (!r->lib->event(record, &event))
		return false;
	/* The upper half has severity and facility. */
	rec->event = event & 0xffff;
	if (r->filter && r->filter->event && !r->filter->event(r->filter->ctx, rec->event))
		return true;
	rec->line = r->lib->number(record);
	if (!rec->line)
		rec->line = nth;
	rec->unrendered = true;
	rec->source[r->lib->source(record, rec->source, sizeof rec->source)] = '\0';
	rec->wall_s = 0;
	rec->at_us = LOG_NO_TIME;
	rec->zoned = r->lib->seconds(record, &rec->wall_s, &us);
	if (rec->zoned)
		rec->at_us = rec->wall_s * 1000000 + us +
		             (r->options ? r->options->clock_us : 0);
	put_strings(r, record);
	rec->code = log_error_code(rec->text);
	r->fn(r->ctx, rec);
	return true;
}

/* libevt (20200926) counts records of a ring that has gone round twice. */
static bool is_again(struct reading *r)
{
	uint64_t at = r->record.offset / EVT_ALIGNED;
	uint8_t bit = (uint8_t)(1u << at % 8);
	bool was;

	if (r->record.offset == LOG_NO_OFFSET || at >= r->told_n)
		return false;
	was = r->told[at / 8] & bit;
	r->told[at / 8] |= bit;
	return was;
}

static void all_records(struct reading *r, void *file, bool recovered)
{
	int n = r->lib->count(file, recovered);

	for (int i = 0; i < n; i++) {
		void *record;
		bool ok;

		r->record.offset = LOG_NO_OFFSET;
		record = r->lib->record(file, recovered, i, &r->record.offset);
		if (record && is_again(r)) {
			r->lib->free(record);
			continue;
		}
		ok = record && one_record(r, record, (uint64_t)i + 1);
		r->notes.records++;
		if (recovered)
			trouble(r, ok ? LOG_RECOVERED : LOG_REMAINS);
		else if (!ok)
			trouble(r, LOG_DAMAGED);
		if (record)
			r->lib->free(record);
	}
}

/* false: no memory. */
static bool make_told(struct reading *r, const char *path)
{
	struct stat st;

	if (r->record.layout != LOG_EVT || stat(path, &st) != 0)
		return true;
	r->told_n = (uint64_t)st.st_size / EVT_ALIGNED;
	r->told = calloc((size_t)r->told_n / 8 + 1, 1);
	return r->told != NULL;
}

static const struct library *library_of(enum log_layout kind)
{
	return kind == LOG_EVT ? &evt : &evtx;
}

uint64_t log_windows_newest(const char *path, enum log_layout kind)
{
	const struct library *lib = library_of(kind);
	char said[WHY_MAX];
	uint64_t newest = 0, at = 0;
	void *file;

	if (!lib->open(&file, path, said))
		return 0;
	for (int i = lib->count(file, false); i-- > 0;) {
		void *record = lib->record(file, false, i, &at);
		uint64_t n = record ? lib->number(record) : 0;

		newest = n > newest ? n : newest;
		if (record)
			lib->free(record);
	}
	lib->close(file);
	return newest;
}

int64_t log_windows_begins(const char *path, enum log_layout kind)
{
	const struct library *lib = library_of(kind);
	int64_t oldest = LOG_NO_TIME, s;
	char said[WHY_MAX];
	uint64_t at = 0;
	int32_t us;
	void *file;
	int n;

	if (!lib->open(&file, path, said))
		return LOG_NO_TIME;
	n = lib->count(file, false);
	/* The newest chunk of an .evtx may stand in front. */
	for (int i = 0; i < n; i = i < n - 1 ? n - 1 : n) {
		void *record = lib->record(file, false, i, &at);

		if (record && lib->seconds(record, &s, &us) &&
		    (oldest == LOG_NO_TIME || s * 1000000 + us < oldest))
			oldest = s * 1000000 + us;
		if (record)
			lib->free(record);
	}
	lib->close(file);
	return oldest;
}

bool log_windows_read(const char *path, enum log_layout kind, const struct log_options *o,
                      const struct log_filter *f, log_record_fn *fn, void *ctx,
                      struct log_notes *notes, char *why, size_t why_cap)
{
	struct reading *r = calloc(1, sizeof *r);
	char said[WHY_MAX];
	void *file;
	bool ok;

	if (!r) {
		snprintf(why, why_cap, "%s: out of memory", path);
		return false;
	}
	r->lib = library_of(kind);
	r->options = o;
	r->filter = f;
	r->fn = fn;
	r->ctx = ctx;
	r->record.layout = kind;
	if (!r->lib->open(&file, path, said)) {
		snprintf(why, why_cap, "%s: %s", path, said);
		free(r);
		return false;
	}
	ok = make_told(r, path);
	if (ok) {
		all_records(r, file, false);
		all_records(r, file, true);
	} else {
		snprintf(why, why_cap, "%s: out of memory", path);
	}
	r->lib->close(file);
	log_characters_end(&r->characters);
	if (notes)
		*notes = r->notes;
	free(r->told);
	free(r);
	return ok;
}
