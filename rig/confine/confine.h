/*
 * confine: what a process that reads strangers' octets may still ask of the kernel.
 *
 * Called once everything is open that needs more: no_new_privs (nothing that is run later gains
 * rights), no core file with others' mail and passwords in it, and a seccomp filter that lets
 * pass a list of system calls and answers EPERM to all others.  So nobody who takes over such a
 * process runs a program, traces another process, makes a namespace or loads code.  It holds for
 * the process and its children, and cannot be taken back.
 */
#ifndef CONFINE_CONFINE_H
#define CONFINE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* Files, memory, time and signals always pass. */
enum confine_need {
	CONFINE_FILES = 0,
	CONFINE_NETWORK = 1 << 0,	/* sockets of IP and of this host */
	CONFINE_CODE = 1 << 1,		/* memory that is run: iconv's modules, expressions made
					 * code */
	CONFINE_THREADS = 1 << 2,
	CONFINE_CHILDREN = 1 << 3,	/* processes like itself, as confined, and pipes to them */
	CONFINE_TENDED = 1 << 4,	/* with it: they are waited for, told to end, and confine
					 * themselves further */
	CONFINE_PACKETS = 1 << 5,	/* with NETWORK: sockets that record packets */
	CONFINE_PUNCTUAL = 1 << 6,	/* to go before other programs */
};

/* false: this kernel has no such filters; the rest holds. */
bool confine(unsigned needs);

/* Closes all descriptors but the standard ones and `keep` (-1: none), in a child that was forked:
 * not all libraries open theirs to be closed on exec. */
void confine_descriptors(int keep);

#endif
