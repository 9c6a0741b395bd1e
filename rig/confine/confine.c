#include "confine/confine.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* All that we, SQLite and OpenSSL call when they are at work. */
static const int always[] = {
	/* files */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(dup),
	SCMP_SYS(fcntl), SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(fchmod),
	SCMP_SYS(fchown), SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(statx),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rmdir), SCMP_SYS(truncate), SCMP_SYS(umask),
	/* memory; mmap and mprotect are below */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(msync),
	/* waiting and time */
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(time), SCMP_SYS(futex),
	SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
	/* itself */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(tgkill), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(ioctl),
#ifdef SANITIZED
	/* What a sanitizer looks with, at threads and when the process ends. */
	SCMP_SYS(clone), SCMP_SYS(ptrace), SCMP_SYS(wait4), SCMP_SYS(prctl),
	SCMP_SYS(process_vm_readv), SCMP_SYS(sched_getaffinity), SCMP_SYS(pipe2), SCMP_SYS(kill),
	SCMP_SYS(getdents),
#endif
};

/* socket() is below. */
static const int network[] = {
	SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
	SCMP_SYS(shutdown), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(sendmmsg),	/* the last: names are asked for */
};

/* A thread; clone() is below. */
static const int threads[] = {
	SCMP_SYS(rseq), SCMP_SYS(set_robust_list), SCMP_SYS(eventfd2),
};

/* A process that is forked; clone() is below. */
static const int children[] = { SCMP_SYS(pipe2), SCMP_SYS(set_robust_list) };

/* ... that is looked after, and keeps none of our descriptors; kill() and prctl() are below. */
static const int tended[] = {
	SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(pidfd_open), SCMP_SYS(close_range),
	SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(seccomp),
};

static const int families[] = { AF_INET, AF_INET6, AF_UNIX };
static const int packets[] = { AF_PACKET, AF_NETLINK };

static bool allow(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return false;
	return true;
}

/* socket() of these families. */
static bool allow_families(scmp_filter_ctx ctx, const int *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		                     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)list[i], 0)) != 0)
			return false;
	return true;
}

/* A pair of sockets is one of this host: how the hand is asked (scenario/hand). */
static bool allow_sockets(scmp_filter_ctx ctx)
{
	return allow_families(ctx, families, sizeof families / sizeof families[0]) &&
	       seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
	                        SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0)) == 0 &&
	       allow(ctx, network, sizeof network / sizeof network[0]);
}

/* What clone3() asks for a filter cannot see: it is said to be missing, and libc takes clone(). */
static bool allow_threads(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
	       seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	                        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0 &&
	       allow(ctx, threads, sizeof threads / sizeof threads[0]);
}

/* What fork() asks clone() for, and nothing beside: no namespace, no memory that is shared. */
static bool allow_children(scmp_filter_ctx ctx)
{
	const scmp_datum_t forked = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;

	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	                        SCMP_A0(SCMP_CMP_EQ, forked, 0)) == 0 &&
	       allow(ctx, children, sizeof children / sizeof children[0]);
}

static bool allow_value(scmp_filter_ctx ctx, int call, unsigned argument, scmp_datum_t value)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
	                        SCMP_CMP64(argument, SCMP_CMP_EQ, value, 0)) == 0;
}

static bool allow_packets(scmp_filter_ctx ctx)
{
	return allow_families(ctx, packets, sizeof packets / sizeof packets[0]) &&
	       allow(ctx, (const int[]){ SCMP_SYS(eventfd2) }, 1);
}

/* A filter more never gives back what another one takes. */
static bool allow_tending(scmp_filter_ctx ctx)
{
	return allow_value(ctx, SCMP_SYS(kill), 1, SIGTERM) &&
	       allow_value(ctx, SCMP_SYS(kill), 1, SIGKILL) &&
	       allow_value(ctx, SCMP_SYS(prctl), 0, PR_SET_PDEATHSIG) &&
	       allow_value(ctx, SCMP_SYS(prctl), 0, PR_SET_NO_NEW_PRIVS) &&
	       allow(ctx, tended, sizeof tended / sizeof tended[0]);
}

/* Memory, and with `code` also such as is run. */
static bool allow_memory(scmp_filter_ctx ctx, bool code)
{
	const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	const struct scmp_arg_cmp not_run = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	for (size_t i = 0; i < 2; i++)
		if (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, calls[i], code ? 0 : 1,
		                           &not_run) != 0)
			return false;
	return true;
}

bool confine(unsigned needs)
{
	const struct rlimit none = { 0, 0 };
	scmp_filter_ctx ctx;
	bool ok;

#ifdef FUZZING
	/* One process runs a verb a million times, and looks for leaks at its end. */
	return true;
#endif
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	ok = ctx && allow(ctx, always, sizeof always / sizeof always[0]) &&
	     allow_memory(ctx, needs & CONFINE_CODE) &&
	     (!(needs & CONFINE_NETWORK) || allow_sockets(ctx)) &&
	     (!(needs & CONFINE_THREADS) || allow_threads(ctx)) &&
	     (!(needs & CONFINE_CHILDREN) || allow_children(ctx)) &&
	     (!(needs & CONFINE_TENDED) || allow_tending(ctx)) &&
	     (!(needs & CONFINE_PACKETS) || allow_packets(ctx)) &&
	     (!(needs & CONFINE_PUNCTUAL) ||
	      allow_value(ctx, SCMP_SYS(sched_setscheduler), 0, 0)) && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return ok;
}

void confine_descriptors(int keep)
{
	unsigned first = STDERR_FILENO + 1;

	if (keep > STDERR_FILENO) {
		if ((unsigned)keep > first)
			close_range(first, (unsigned)keep - 1, 0);
		first = (unsigned)keep + 1;
	}
	close_range(first, UINT_MAX, 0);
}
