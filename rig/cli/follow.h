/*
 * follow: the X.400 connections of a capture; what `decode` and `check` share.
 *
 *     packets -> TCP streams -> is it X.400? --------------------> octets, gaps, ends
 *                                   \-> TLS? -> key log -> X.400? --^
 *
 * A connection is X.400 if one of its directions begins with a TPKT that holds a CR,
 * CC or DR, on whatever port; if its beginning is not in the capture, or that of one
 * direction, it is looked through for frames.  A port can be forced to be X.400, TLS,
 * or neither.
 *
 * Offsets of a connection in TLS count the octets inside; follow_frames() knows which
 * frames carried them.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "capture/streams.h"
#include "crypto/tls_read.h"

enum {
#ifdef FUZZING
	FOLLOW_BUCKETS = 64,		/* clearing them takes longer than what is fuzzed */
#else
	FOLLOW_BUCKETS = 4096,
#endif
	FOLLOW_FIRST = 8,		/* octets that are looked at to tell X.400 */
	FOLLOW_FORCED = 64,		/* ports that may be forced */
	/* Records of one direction of TLS whose frames are known: 4 MiB at least of
	 * what lies within PDUs that are still being read. */
	FOLLOW_RECORDS = 1024,
};

enum follow_state {
	FOLLOW_LOOKING,			/* its first octets will tell */
	FOLLOW_TAKEN,
	FOLLOW_IGNORED,
};

enum follow_as { FOLLOW_ANY, FOLLOW_X400, FOLLOW_TLS, FOLLOW_NONE };

struct follow;
struct follow_tls;

/* A connection; users embed it at the beginning of their own struct. */
struct follow_talk {
	struct follow_talk *chain;
	struct follow_tls *tls;		/* NULL: not in TLS, or not read */
	uint32_t number;
	uint8_t state;			/* enum follow_state */
	bool middle;			/* it began before the capture */
	bool silent;			/* no octet has come */
	bool unread;			/* it is TLS that is not read */
	bool begun[DIRECTIONS];		/* taken, and octets of it were handed up */
	int64_t begun_ns;
	uint8_t first[DIRECTIONS][FOLLOW_FIRST];
	size_t first_n[DIRECTIONS];
};

/* What a user does with them; the talk is zeroed and `size` octets long. */
struct follow_user {
	size_t size;
	/* It is X.400; what it has said so far comes next.  false: no memory. */
	bool (*take)(struct follow *f, struct follow_talk *t);
	/* Octets of a taken connection; e->offset, length and octets tell of them. */
	void (*octets)(struct follow *f, struct follow_talk *t, const struct stream_event *e);
	/* Direction e->direction is not in the capture from its beginning: its SYN is not,
	 * nor a CR, CC or DR.  The octets that come next are to be looked through for
	 * frames.  If it has not begun: nothing was captured of it, it is over. */
	void (*late)(struct follow *f, struct follow_talk *t, const struct stream_event *e);
	/* Gaps, FIN, RST and notes of any connection. */
	void (*event)(struct follow *f, struct follow_talk *t, const struct stream_event *e);
	/* It is TLS and is not read; `why` in a clause. */
	void (*sealed)(struct follow *f, struct follow_talk *t, const struct stream_event *e,
	               const char *why);
	/* Nothing more comes; the talk is freed behind it. */
	void (*end)(struct follow *f, struct follow_talk *t, const struct stream_event *e);
	/* Lines of a TLS key log that the capture holds; NULL: they are only used. */
	void (*secrets)(struct follow *f, struct octets lines);
};

struct follow_port {
	uint16_t port;
	uint8_t as;			/* enum follow_as */
};

struct follow {
	const struct follow_user *user;
	struct capture *capture;	/* owned, as all below */
	struct streams *streams;
	struct tls_keys *keys;
	struct stream_event now;	/* that is being handed up */
	uint64_t events;		/* so many were, with it */
	unsigned share, shares;		/* only connections of this number modulo shares; 0: all */
	bool plain;			/* ... of a connection without TLS */
	uint16_t only;			/* port; 0: any.  Others are ignored */
	struct follow_port forced[FOLLOW_FORCED];
	size_t forced_n;
	bool has_zero;
	int64_t zero_ns, last_ns;	/* times of the first packet, of the latest one */
	uint64_t no_memory, sealed;	/* connections */
	size_t talks_n;
	struct follow_talk *talks[FOLLOW_BUCKETS];
};

/* "10104=x400", "443=tls", "80=none"; a number alone is X.400. */
bool follow_force(struct follow *f, const char *word);

/* Opens a file, or with `live` an interface; `filter` NULL: none.  false: `why`. */
struct follow_input {
	const char *path, *live, *filter, *key_log;
};
bool follow_open(struct follow *f, const struct follow_user *user, const struct follow_input *in,
                 char *why, size_t why_cap);
void follow_close(struct follow *f);

/* The options of all verbs that read captures, for their tables. */
#define FOLLOW_OPTIONS(input, only, forced) \
	{ .name = "port", .letter = 'p', .value = "N", .number = (only), \
	  .text = "only connections of this port, whatever they begin with" }, \
	{ .name = "decode-as", .value = "N[=WHAT]", .list = (forced), \
	  .text = "a port is x400 (default), tls or none" }, \
	{ .name = "key-log", .value = "FILE", .string = &(input)->key_log, \
	  .text = "secrets of TLS (SSLKEYLOGFILE); those in a pcapng are used too" }, \
	{ .name = "live", .value = "INTERFACE", .string = &(input)->live, \
	  .text = "what passes now, until interrupted, instead of a file" }, \
	{ .name = "bpf", .value = "TEXT", .string = &(input)->filter, \
	  .text = "only packets that pass this filter of libpcap" }

/* The next packet: false at the end, or after SIGINT.  `p` may be looked at before
 * follow_push() hands up what it brings; p->frame is 0 if a live capture has nothing
 * now. */
bool follow_next(struct follow *f, struct capture_packet *p);
void follow_push(struct follow *f, const struct capture_packet *p);
/* Everything that is still held back, and the ends. */
void follow_finish(struct follow *f);
/* Says on stderr what of the file could not be read, if so. */
void follow_say_damage(const char *verb, const char *path, const struct capture_status *st);

/* NULL: not known, or forgotten. */
struct follow_talk *follow_find(const struct follow *f, uint32_t number);
bool follow_has_port(const struct follow *f, uint32_t number, uint16_t port);

/* Does the frame at hand carry all octets from..to?  false: that is not known. */
static inline bool follow_is_now(const struct follow *f, uint32_t number, enum capture_direction d,
                                 uint64_t from, uint64_t to)
{
	return f->plain && f->now.kind == STREAM_OCTETS && f->now.connection == number &&
	       f->now.direction == d && from >= f->now.offset &&
	       to - f->now.offset <= f->now.octets.n;
}

/* The frames that carried the octet at `offset`, as streams_frame(). */
bool follow_frame(const struct follow *f, uint32_t number, enum capture_direction d,
                  uint64_t offset, uint32_t *first, uint32_t *last);
/* The same; *end: from here on the answer is another one, 0: that is not known. */
bool follow_run(const struct follow *f, uint32_t number, enum capture_direction d,
                uint64_t offset, uint32_t *first, uint32_t *last, uint64_t *end);

#endif
