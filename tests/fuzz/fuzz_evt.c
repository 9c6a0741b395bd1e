/*
 * Any octets as a Windows event log: read to the end, the records in bounds, and no
 * more of them than octets.
 *
 *     choice | octets of an .evt, behind its mark           choice even
 *     choice | octets of the header | records of a chunk    choice odd
 *
 * The chunk of an .evtx has 64 KiB; what makes one a chunk is not the input's.
 * Checksums: choice 2: right, else those of nothing.
 */
#include "fuzz.h"

#include "logs/logs.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum {
	EVTX_HEADER = 4096, CHUNK = 65536, CHUNK_HEADER = 512,
	PATCH = 48,			/* octets of the file header that are the input's */
	COUNTERS = 256,
};

/* The libraries are not instrumented: what they make of a file is what we tell libFuzzer. */
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

/* Of damaged binary XML libevtx (20181227) forgets parts of its tree; records that we
 * forgot would still show. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfwevt_\nleak:libfvalue_\nleak:libcdata_\nleak:libuna_\n";
}

struct sum {
	uint64_t records;
	uint64_t texts;			/* of a file that only begins like one of Windows */
};

static void tell(size_t what, uint64_t n)
{
	counters[what * 8 + (n < 7 ? n : 7)] = 1;
}

static void on_record(void *ctx, const struct log_record *rec)
{
	struct sum *s = ctx;
	size_t n = strnlen(rec->text, sizeof rec->text);

	demand(n < sizeof rec->text);
	demand(strnlen(rec->source, sizeof rec->source) < sizeof rec->source);
	if (rec->layout != LOG_EVT && rec->layout != LOG_EVTX) {
		s->texts++;
		return;
	}
	demand(rec->line && rec->event <= 0xffff && rec->unrendered && !rec->dump_n);
	for (size_t i = 0; i < n; i++)
		demand((unsigned char)rec->text[i] >= 0x20);
	s->records++;
	tell(0, n / 8);
	tell(1, strlen(rec->source));
	tell(2, rec->code != 0);
	tell(3, rec->at_us != LOG_NO_TIME);
	counters[64 + rec->event % 64] = 1;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t checksum(const uint8_t *p, size_t n)
{
	return (uint32_t)crc32(0, p, (uInt)n);
}

/* The file in `file`, and how long it is. */
static size_t make_evt(uint8_t *file, const uint8_t *p, size_t n)
{
	memcpy(file, "\x30\0\0\0LfLe", 8);
	memcpy(file + 8, p, n);
	return 8 + n;
}

static size_t make_evtx(uint8_t *file, const uint8_t *p, size_t n, bool sums)
{
	static const uint8_t version[] = { 1, 0, 3, 0, 0, 0x10, 1, 0 };
	size_t head = n < PATCH ? n : PATCH, body = n - head;
	uint8_t *chunk = file + EVTX_HEADER;

	memcpy(file, "ElfFile", 8);
	memcpy(file + 8, p, head);
	file[32] = 128;
	memcpy(file + 36, version, sizeof version);
	put32(file + 124, sums ? checksum(file, 120) : 0);
	memcpy(chunk, "ElfChnk", 8);
	chunk[40] = 128;
	put32(chunk + 44, CHUNK_HEADER);
	put32(chunk + 48, (uint32_t)(CHUNK_HEADER + body));
	memcpy(chunk + CHUNK_HEADER, p + head, body);
	put32(chunk + 52, sums ? checksum(chunk + CHUNK_HEADER, body) : 0);
	if (sums) {
		uint32_t sum = checksum(chunk, 120);

		put32(chunk + 124, (uint32_t)crc32(sum, chunk + 128, CHUNK_HEADER - 128));
	}
	return EVTX_HEADER + CHUNK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t file[EVTX_HEADER + CHUNK];
	static char path[32];
	static int fd = -1;
	struct log_notes notes = { { 0 }, { 0 }, 0, 0, 0 };
	struct sum s = { 0 };
	char why[300] = "";
	size_t n;

	if (size < 9 || size > CHUNK - CHUNK_HEADER)
		return 0;
	n = data[0] & 1 ? make_evtx(file, data + 1, size - 1, data[0] & 2)
	                : make_evt(file, data + 1, size - 1);
	if (fd < 0) {
		fd = memfd_create("evt", 0);
		demand(fd >= 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	demand(ftruncate(fd, (off_t)n) == 0 && pwrite(fd, file, n, 0) == (ssize_t)n);
	demand(log_read(path, NULL, NULL, on_record, &s, &notes, why, sizeof why) || why[0]);
	if (s.texts)
		demand(s.records == 0 && notes.records == s.texts);
	else if (!why[0])
		demand(notes.records == s.records + notes.count[LOG_DAMAGED] +
		       notes.count[LOG_REMAINS] && notes.records <= n);
	tell(4, notes.records);
	for (int i = 0; i < LOG_TROUBLES; i++)
		tell(16 + (size_t)i, notes.count[i]);
	memset(file, 0, n < EVTX_HEADER + 1024 ? n : EVTX_HEADER + CHUNK_HEADER + size);
	return 0;
}
