/*
 * logs_follow: a log that grows while it is read.
 *
 * Gives the octets that are new.  A log that is renamed and begun again
 * (rotation) is read to its end first, then the new one from its begin; one
 * that has become shorter, or begins with other octets than it did
 * (truncation), is read again from its begin; one that is not there yet is
 * waited for.
 */
#ifndef LOGS_FOLLOW_H
#define LOGS_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FOLLOW_FIRST = 64 };

struct log_follow {
	char path[512];
	char first[FOLLOW_FIRST];	/* its first octets, as far as known */
	size_t first_n;
	int fd;			/* -1: not there yet */
	uint64_t at;		/* octets read of what is open */
	uint64_t device, inode;
	unsigned rotations, truncations;
};

/* `from_end`: only what comes from now on.  false: the path is too long. */
bool log_follow_open(struct log_follow *f, const char *path, bool from_end);
void log_follow_close(struct log_follow *f);

/* Reads as read() does; 0: nothing new for now, -1: errno.  *begun: these octets
 * are the first of a new file; what was read before is complete. */
ssize_t log_follow_read(struct log_follow *f, char *buf, size_t cap, bool *begun);

#endif
