/*
 * Any octets as a capture file, through all of `decode`: as JSON and as text the exit
 * status is the same one of those that the verb has, and nothing leaks or hangs.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int cmd_decode(int argc, char **argv);

static int decode(char *path, char *how)
{
	char verb[] = "decode";
	char *argv[] = { verb, how, path, NULL };

	return cmd_decode(3, argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool quiet;
	char path[32], json[] = "--json", verbose[] = "--verbose";
	int fd = memfd_create("capture", MFD_CLOEXEC), status;

	if (!quiet)		/* only the listing; libFuzzer speaks on standard error */
		demand(freopen("/dev/null", "w", stdout));
	quiet = true;
	demand(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	status = decode(path, json);
	demand(status == 0 || status == 2 || status == 3 || status == 5);
	demand(decode(path, verbose) == status);
	close(fd);
	return 0;
}
