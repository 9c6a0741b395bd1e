/*
 * tape: the capture of one case, made of what the ends' sockets saw.
 *
 * Packets are synthesised (capture/synth.h), and the file says so.  The called
 * side's port is written as `port` (102), the true one stands in a comment.
 * Time stamps are those at the association's side of the link.
 */
#ifndef END_TAPE_H
#define END_TAPE_H

#include "capture/synth.h"
#include "net/net.h"

struct capture_case;

/* `port` 0: ports are written as they are.  NULL: `why` says what failed. */
struct capture_case *capture_case_open(const char *path, const char *comment, uint16_t port,
                                       char *why, size_t why_cap);
/* A comment for the next packet. */
void capture_case_comment(struct capture_case *c, const char *text);
/* false: the file is not complete. */
bool capture_case_close(struct capture_case *c, char *why, size_t why_cap);

/* One connection on the tape. */
struct tape {
	struct synth synth;
	bool on, initiator;
};

/* `wall_us`: time of day.  `c` NULL: nothing is recorded. */
void tape_begin(struct tape *t, struct capture_case *c, struct net_conn *conn, bool initiator,
                int64_t wall_us);
void tape_data(struct tape *t, bool out, int64_t wall_us, struct octets o);
void tape_fin(struct tape *t, bool out, int64_t wall_us);
void tape_rst(struct tape *t, bool out, int64_t wall_us);

#endif
