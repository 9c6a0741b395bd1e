/*
 * Any octets as a capture file, through all of `decode` and `check`: the exit status is
 * one of those that the verb has, as JSON and as text the same one, and nothing leaks
 * or hangs.
 *
 * An input is read one way, chosen by its length, and in several ways only now and
 * then.  `check` finds an empty catalogue of signatures: reading ours costs a hundred
 * times the input.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WAYS = 4, BOTH_WAYS = 16 };

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
	demand(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (size % BOTH_WAYS == 0) {
		demand(decode(path, json) == decode(path, verbose));
		demand(check(path, json) == check(path, verbose));
	} else if (size % WAYS == 3) {
		check(path, size % 8 == 3 ? json : verbose);
	} else {
		decode(path, size % WAYS == 1 ? json : verbose);
	}
	return 0;
}
