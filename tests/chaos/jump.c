/* Goes before the C library (LD_PRELOAD): the clock of the day jumps, a day on and a day back,
 * several times a second. */
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t which, struct timespec *t)
{
	struct timespec steady;
	int status = (int)syscall(SYS_clock_gettime, which, t);

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &steady);
	if (which == CLOCK_REALTIME)
		t->tv_sec += 86400 * (steady.tv_nsec / 150000000 % 3 - 1);
	return status;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *at)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (at)
		*at = now.tv_sec;
	return now.tv_sec;
}
