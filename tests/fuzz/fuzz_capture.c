/*
 * Any octets as a capture file, through all of `decode` and `check`: the exit status is
 * one of those that the verb has, as JSON and as text the same one, and nothing leaks
 * or hangs.
 *
 * An input is read one way, chosen by its length, and in several ways only now and
 * then: as JSON and as text, mapped, and packed, which comes through a buffer.
 * `check` finds an empty catalogue of signatures: reading ours costs a hundred times
 * the input.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { WAYS = 4, BOTH_WAYS = 64, GZIP = 16 + MAX_WBITS, GZIP_MOST = 64 << 10 };

int cmd_decode(int argc, char **argv);
int cmd_check(int argc, char **argv);

static int decode(char *path, char *how)
{
	char verb[] = "decode";
	char *argv[] = { verb, how, path, NULL };
	int status = cmd_decode(3, argv);

	demand(status == 0 || status == 2 || status == 3 || status == 5);
	return status;
}

static int check(char *path, char *how)
{
	char verb[] = "check";
	char *argv[] = { verb, how, path, NULL };
	int status = cmd_check(3, argv);

	demand((status >= 0 && status <= 3) || status == 5);
	return status;
}

/* What can be read as it is, packed (RFC 1952); 0: it is packed already, or too long. */
static size_t pack(const uint8_t *data, size_t size, uint8_t *out, size_t cap)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size,
	               .next_out = out, .avail_out = (uInt)cap };
	int end;

	if (size < 2 || size > GZIP_MOST || data[0] == 0x1f)
		return 0;
	demand(deflateInit2(&z, Z_NO_COMPRESSION, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	end = deflate(&z, Z_FINISH);
	deflateEnd(&z);
	demand(end == Z_STREAM_END);
	return cap - z.avail_out;
}

static void fill(int fd, const uint8_t *data, size_t size)
{
	demand(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
}

/* Mapped, then packed: read through a buffer. */
static void read_packed(int fd, const uint8_t *data, size_t size, char *path, char *how)
{
	static uint8_t packed[GZIP_MOST + 1024];
	size_t n = pack(data, size, packed, sizeof packed);
	int status;

	if (n == 0)
		return;
	status = decode(path, how);
	fill(fd, packed, n);
	demand(decode(path, how) == status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static const char empty[] = "tests/fuzz/empty";
	char path[32], json[] = "--json", verbose[] = "--verbose";

	if (fd < 0) {
		fd = memfd_create("capture", MFD_CLOEXEC);
		/* only the listing; libFuzzer speaks on standard error */
		demand(fd >= 0 && freopen("/dev/null", "w", stdout));
		/* run from the top of the tree */
		demand(access(empty, R_OK) == 0 && setenv("X400RIG_DATA", empty, 1) == 0);
	}
	fill(fd, data, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (size % BOTH_WAYS == 0) {
		demand(decode(path, json) == decode(path, verbose));
		demand(check(path, json) == check(path, verbose));
		read_packed(fd, data, size, path, json);
	} else if (size % WAYS == 3) {
		check(path, size % 8 == 3 ? json : verbose);
	} else {
		decode(path, size % WAYS == 1 ? json : verbose);
	}
	return 0;
}
