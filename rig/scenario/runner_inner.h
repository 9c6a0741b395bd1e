/*
 * runner_inner: what the parts of the runner share.
 *
 *     runner.c   a case from beginning to end
 *     strand.c   steps and waiting
 *     side.c     a side: listening, connecting, its send queue, cuts and links
 *     peer.c     one end: events of its association in, requests out
 *     peers.c    all ends: found by side and name, let go when nobody can mean them
 *     message.c  messages: to whom, under which identifier, with what in them
 *     resume.c   transfers that broke off and go on
 *     receive.c  what comes in at an end: messages and reports
 *     speak.c    low-level steps: the scenario speaks for an end
 *     pieces.c   ... and cuts what it transfers as was agreed, and confirms
 *     watch.c    what an end hears, for expectations that compare PDUs
 *     kernel.c   the case in network namespaces of its own
 *     record.c   the packets of an interface beside the case
 *     iut.c      the MTA under test: starting the lab MTA, its process
 *     iut_logs.c its logs
 *     rejudge.c  stored events instead of an MTA
 */
#ifndef SCENARIO_RUNNER_INNER_H
#define SCENARIO_RUNNER_INNER_H

#include "end/end.h"
#include "end/tape.h"
#include "mta/mta.h"
#include "scenario/content.h"
#include "scenario/fold.h"
#include "scenario/journal.h"
#include "judge/timeline.h"
#include "scenario/runner.h"

#include <assert.h>
#include <sys/types.h>

enum {
	/* Octets of content lent to an association at a time. */
	LEND_MAX = 16 << 10,
	/* A head with all recipients that a transfer may have, one trace element, no
	 * extensions. */
	HEAD_MAX = 5632,
	NAME_OCTETS_MAX = 400,
};

struct message {
	uint64_t size;
	uint32_t reused;		/* 0: an MTS identifier of its own */
	uint32_t id, file;		/* number of run.ids, of run.files; 0: none */
	uint16_t whom;			/* association it goes over; 0: any */
	uint8_t recipients;		/* this one and those behind it; 0: of one before it */
	uint8_t from, recipient, priority;
	bool probe;
	bool accepted, delivered, reported;
};

/* A list of ordinals that wait to be handed in. */
struct send_queue {
	uint32_t *at;
	size_t head, n, cap;
};

/* A whole MTS identifier that was taken from elsewhere. */
struct run_id {
	uint8_t octets[PDU_TEXT_MAX];
	size_t n;
};

/* A file that is the content of messages. */
struct run_file {
	uint32_t item;			/* step.content */
	uint8_t *octets;		/* owned */
	size_t n;
};

struct run;
struct side;
struct watch;
struct captured;
struct side_line;
struct speech;
struct iut_logs;
struct iut_shared;
struct link_kernel;
struct link_options;
struct net_spaces;

/* What an association borrows while it sends. */
struct sending_room {
	uint8_t head[HEAD_MAX];
	uint8_t lent[LEND_MAX];
};

struct sending {
	uint32_t ordinal;		/* 0: nothing is being sent */
	bool end_sent;			/* AE has left: responsibility is in doubt */
	uint64_t end_at;		/* where it stands in the stream */
	struct content content;
	struct sending_room *room;	/* owned, until it is over; NULL: nothing was sent yet */
};

struct receiving {
	bool spoken;			/* answers or is a PDU of a step: no matter of the ledger */
	bool message;			/* a content is coming in */
	bool report;
	bool probe;			/* asks, conveys nothing */
	bool identified, equal;
	uint32_t id_ordinal;		/* as the content identifier says; 0: not ours */
	uint32_t ordinal;		/* known from the nonce, else the above */
	uint64_t n;			/* octets of content so far */
	uint32_t prefix_n;
	uint8_t prefix[CONTENT_HEAD_MAX];
	struct content content;		/* what it should be */
	uint32_t whose;			/* bit per recipient, by its number less 1, of this copy */
	struct reported_one {		/* report */
		uint32_t number;
		bool delivered;
		uint32_t reason;
		int32_t diagnostic;
	} reported[TRANSFER_RECIPIENTS_MAX];
	uint32_t reported_n;
};

/* A transfer of octets by a step. */
struct pieces {
	uint8_t *octets;		/* owned; of the whole MTS-APDU */
	size_t n, at;
	struct octets piece;		/* at hand: $piece */
	uint32_t serial;		/* of the next sync point: $next-serial; 0: nothing yet */
	bool broken;			/* no confirmation came: what would end it is not sent */
};

/* Sync points of the other that we confirm by a rule. */
struct acknowledging {
	const struct step *how;		/* NULL: by steps alone */
	uint32_t heard, answered;	/* in the running activity of the other */
	uint32_t at;			/* that is being confirmed: $sync */
};

/* One end of ours, from connection to its end. */
struct peer {
	struct peer *next;		/* of all in the run, newest first */
	struct peer *next_live;		/* of those that are not over, and of some that are */
	struct run *run;
	struct side *side;
	struct end *end;
	uint32_t number;		/* in events */
	uint32_t nth;			/* association of its side, from 1 */
	bool initiator, tcp_up, bound, releasing, over;
	bool cut;			/* we have cut it: it does nothing more */
	enum link_cut cut_how;
	const struct arm *due;		/* its point has come: the cut is under way; NULL: none */
	struct end_point due_at;
	struct net_timer cut_timer;
	struct net_timer go_timer, up_timer;	/* what began at a point ends */
	uint32_t unshown;		/* ordinal whose AE came in and whose AEA is not shown to
					 * have arrived; 0: none */
	uint32_t unshown_whose;		/* ... for these of its recipients */
	uint32_t cut_off;		/* ordinal that we cut off, until the association knows */
	uint32_t broken;		/* ordinal whose transfer can be resumed; 0: none */
	bool left;			/* there was one: another peer may point here */
	struct association_lost past;	/* ... from here */
	struct peer *recovers;		/* whose `broken` it is to send first; NULL: none */
	struct association_references references;	/* of our CN, if it may be recovered */
	char as[TARGET_NAME], password[64];	/* what it binds with */
	enum proof_kind credentials;
	uint16_t whom;			/* number of its name; 0: none */
	bool mute;			/* connects and says nothing */
	bool release_wanted;		/* of this one */
	bool turn_due, turn_wanted;	/* the IUT has asked for the turn; we have */
	struct watch *watch;		/* NULL: nobody compares what comes in */
	uint8_t *held;			/* owned: octets of the last `send` that it held back */
	size_t held_n;
	struct pieces pieces;
	struct acknowledging acknowledging;
	struct sending out;
	struct receiving in;
};

/* A fault at run.points[] of the same index. */
struct arm {
	uint8_t side;
	const struct step *step;
	bool fired;
};

struct side {
	struct run *run;
	const struct target_side *target;
	uint8_t number;
	struct net_address address;	/* where it listens */
	struct proof *proof;		/* keys of ours, and whom we believe */
	struct net_listener *listener;	/* NULL: closed */
	struct net_listener *reserved;	/* its address, all the time; NULL: it cannot listen */
	uint32_t checkpoint_kib, window;	/* of `listen`; 0: the target's */
	struct link_config link;
	bool stalled, will_stall, will_resume, release_wanted;
	const struct step *resuming;	/* it waits for a transfer to break off; NULL: none */
	bool detached;			/* ends that come are */
	bool refusing;			/* ... are refused, with `refusal` */
	uint8_t refusal;		/* enum p1_bind_error */
	const struct link_words *words;	/* of the running line; NULL: none */
	struct link_kernel *kernel;	/* owned: makes its lines; NULL: nodes do */
	struct side_line *lines;	/* owned: options of links, while links live */
	uint16_t whom[SCENARIO_NAMES_MAX];	/* names for the next ends that come */
	size_t whom_n;
	struct p1_name route;		/* parsed */
	struct p1_domain domain;	/* of the route */
	uint8_t originator[NAME_OCTETS_MAX];
	size_t originator_n;
	struct net_timer pump_timer;
	uint32_t associations, activities;	/* so far */
	struct end_points points;	/* of the run; `at` NULL: no fault is armed on this side */
	uint32_t accepted, delivered;	/* messages handed in here; come out here */
	struct send_queue queue;
	uint32_t refused;		/* ordinal of the last refusal; 0: none */
};

struct recipient {
	uint8_t name[NAME_OCTETS_MAX];
	size_t n;
};

struct iut {
	struct net_address address;
	struct net_listener *reserved;	/* address of our own process; NULL: none */
	struct mta *in_process;		/* virtual time */
	struct end_world *world;	/* its own */
	pid_t pid;			/* 0: not our process */
	int pidfd;
	struct iut_shared *shared;	/* in memory that we share with it */
	struct net_watch *watch;
	bool gone;
	char log_folder[FOLDER_PATH];
	struct iut_logs *logs;		/* owned */
};

struct run {
	const struct run_config *config;
	const struct target *t;
	const struct scenario *sc;
	struct case_result *result;
	struct net *net;
	struct net_spaces *spaces;	/* owned; NULL: sockets are made where we are */
	struct end_world *world;
	struct capture_case *capture;
	struct packets *packets;	/* recorded beside the case; NULL: not */
	struct net_watch *packets_watch;
	struct journal journal;
	struct judge *judge;
	struct timeline *timeline;	/* NULL: no memory for one */
	const char *log_text;		/* goes with the event that is fed; NULL: none */
	struct judge_case judge_case;
	struct side sides[SIDES_MAX];
	struct recipient recipients[TARGET_RECIPIENTS_MAX];
	struct peer *peers;
	struct peer *live;		/* by next_live */
	size_t peers_n, over_n;		/* peers; those that were over since the last burial */
	struct message *messages;	/* ordinal n is messages[n - 1] */
	uint32_t messages_n, messages_cap;
	struct run_id *ids;		/* owned; number n is ids[n - 1] */
	struct run_file *files;		/* owned, likewise */
	uint32_t ids_n, files_n;
	struct arm arms[TAP_POINTS_MAX];
	struct tap_point points[TAP_POINTS_MAX];
	size_t arms_n;
	struct iut iut;
	uint64_t key;			/* of nonces and content identifiers */
	int64_t begin_us, limit_us;
	int64_t last_us;		/* of the last event fed */
	struct speech *speech;		/* owned: what `send` writes with; NULL: nothing sent yet */
	struct captured *captured;	/* owned; by number of the name */
	uint32_t rounds;		/* of `repeat` that are over */
	uint32_t spoken;		/* MTS identifiers made for PDUs of steps */
	bool heard_sync;		/* somebody may have to confirm */
	bool trouble, logs_read;
};

/* runner.c */
void run_feed(struct run *r, const struct event *e);
void run_scenario_event(struct run *r, enum scenario_event code, uint32_t value);
void run_ledger_event(struct run *r, enum ledger_event code, uint32_t ordinal,
                      uint32_t association, uint64_t length, uint64_t offset);
/* The rig itself failed: the case is an error.  Returns false. */
bool run_trouble(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline struct message *run_message(struct run *r, uint32_t ordinal)
{
	return ordinal >= 1 && ordinal <= r->messages_n ? &r->messages[ordinal - 1] : NULL;
}
/* One that we count ourselves, so that there is one; others come from outside. */
static inline struct message *run_own_message(struct run *r, uint32_t ordinal)
{
	assert(ordinal >= 1 && ordinal <= r->messages_n);
	return &r->messages[ordinal - 1];
}

/* side.c */
bool side_init(struct run *r, uint8_t number);
void side_drop(struct side *s);
/* When no link is left. */
void side_forget_lines(struct side *s);
bool side_listen(struct side *s, const struct step *step);
void side_close_listener(struct side *s);
/* Also STEP_CONNECT. */
bool side_associate(struct side *s, const struct step *step);
/* The same, to take up what `lost` left. */
bool side_recover(struct side *s, const struct step *step, struct peer *lost);
bool side_link(struct side *s, const struct step *step);
/* The plain rate and delay of a link step. */
void side_link_plain(struct link_config *c, const struct step *step);
void side_stall(struct side *s, uint16_t whom, bool on);
/* A fault at a point of the protocol. */
bool side_arm(struct side *s, const struct step *step);
/* `whom`: number of an association's name; 0: all. */
void side_cut(struct side *s, uint16_t whom, enum cut_how how);
bool side_transfer(struct side *s, const struct step *step);
void side_release(struct side *s, uint16_t whom);
void side_abort(struct side *s, uint16_t whom);
/* In the next turn of the loop idle ends send what waits, or release. */
void side_pump(struct side *s);
/* Puts an ordinal back before all that wait. */
void side_requeue(struct side *s, uint32_t ordinal);
/* The same for one that the IUT did not take. */
void side_requeue_refused(struct side *s, uint32_t ordinal);
bool send_queue_put(struct send_queue *q, uint32_t ordinal);
uint32_t send_queue_take(struct send_queue *q);

/* message.c */
/* Messages or probes of a step wait to be handed in. */
bool messages_add(struct side *s, const struct step *step);
void messages_free(struct run *r);
/* Feeds an event for those of its recipients that have a bit in the mask. */
void messages_tell(struct run *r, enum ledger_event code, uint32_t ordinal, uint32_t mask,
                   uint32_t association);
#define MESSAGES_ALL UINT32_MAX
/* What a message holds, or should hold where it comes out. */
void message_content(const struct run *r, uint32_t ordinal, struct content *c);
/* Its envelope; more than cap, or 0: it does not fit. */
size_t message_head(struct run *r, const struct content *c, uint32_t ordinal, uint8_t *dst,
                    size_t cap);

/* resume.c */
bool resume_step(struct run *r, const struct step *s);
/* In the turn of a side: does what a `resume` waits for. */
void resume_pump(struct side *side);
/* Keeps what can be resumed of a transfer; false: nothing, it begins anew. */
bool resume_keep(struct peer *p, uint32_t ordinal);
/* What an end that recovers binds with. */
struct p1_bind resume_bind(const struct peer *p);
/* The ordinal that it is to send first; and where that one begins.  If it is too late
 * for that, all of it is sent. */
uint32_t resume_take(struct peer *p);
void resume_fill(struct peer *p, struct p1_transfer *t);
/* Refused: the message begins anew on another association. */
void resume_give_up(struct peer *p);
/* A name for the session connection, by which it can be recovered. */
void resume_references(struct peer *p, struct association_config *c);

/* peers.c */
/* Its end is made: it is one of the run's from now on. */
void peers_keep(struct peer *p);
/* The first of a list by next_live that is not over; *link then leads to it. */
struct peer *peers_first(struct peer **link);
/* Lets go of those that are over and that no step or expectation can mean any more.  Never
 * while somebody holds a peer. */
void peers_bury(struct run *r);
/* Frees a peer and its end, if it has one. */
void peer_free(struct peer *p);
/* The named end of a side, or of any (-1), else its newest, those that we opened before
 * others; NULL: there was none. */
struct peer *run_peer(struct run *r, int side, uint16_t whom);

/* peer.c */
extern const struct end_user peer_user;
void peer_config(struct peer *p, struct end_config *c);
/* Now. */
void peer_cancel_timers(struct peer *p);
void peer_cut(struct peer *p, enum cut_how how);
void peer_send(struct peer *p, uint32_t ordinal);
/* Feeds a request or response of ours as an event. */
void peer_said(struct peer *p, enum service_kind kind, enum service_type type, bool positive,
               uint32_t value);
static inline struct association *peer_association(struct peer *p)
{
	return end_association(p->end);
}

/* An event that the association does not tell, because it is detached. */
void peer_witness(struct peer *p, const struct event *e);
/* "261122001500Z", so far from now. */
void run_utc_time(struct run *r, int64_t from_now_us, char out[static 16]);

/* speak.c */
void speak_detach(struct peer *p, bool detached);
bool speak_mode(struct run *r, const struct step *s);
bool speak_send(struct run *r, const struct step *s);
bool speak_rest(struct run *r, const struct step *s);
/* The MTS identifier that a step names by a variable. */
bool speak_mts_id(struct run *r, const struct step *s, struct run_id *out);
/* The items of a step as octets, valid until it is called again; none: said. */
struct octets speak_items(struct run *r, struct peer *p, const struct step *s, uint32_t from,
                          uint32_t to);
/* Sends what of `o` is not to be held back. */
bool speak_octets(struct peer *p, const struct step *s, struct octets o);
bool speak_nobody(struct run *r, const struct step *s);
/* Turn, discard, interrupt. */
bool speak_turn(struct run *r, const struct step *s);
/* Tells the judge if an EXPECT_WIRE expectation has come true. */
void speak_look(struct run *r, uint32_t expectation);
void run_capture(struct run *r, uint16_t name, uint8_t layer, uint8_t code, struct octets o);
void run_captures_free(struct run *r);

/* pieces.c */
bool pieces_begin(struct run *r, const struct step *s);
/* Sends as much as the window allows; *moved: something was.  true: all is sent, or nothing
 * more can be. */
bool pieces_go_on(struct run *r, const struct step *s, bool *moved);
void pieces_break(struct run *r, const struct step *s);
bool pieces_acknowledge(struct run *r, const struct step *s);
/* Confirms what has been heard, at all ends that do so by a rule. */
void pieces_confirm(struct run *r);

/* receive.c */
void receive_first(struct peer *p, const struct event *e);
void receive_data(struct peer *p, const struct event *e);
void receive_last(struct peer *p, const struct event *e);

/* kernel.c */
/* Opens the spaces that the case needs (NULL: none).  false: out->skipped says why not. */
bool kernel_allows(const struct run_config *c, const struct scenario *sc, struct case_result *out,
                   struct net_spaces **spaces);
/* Sockets are made in the space of a side, or of the hub, until kernel_leave(). */
bool kernel_enter(struct run *r, int side);
void kernel_leave(struct run *r);
bool kernel_side(struct side *s);
/* After a link step. */
bool kernel_link(struct side *s);
void kernel_drop(struct side *s);

/* record.c */
bool record_begin(struct run *r);
void record_end(struct run *r);

/* iut.c */
bool iut_start(struct run *r);
void iut_stop(struct run *r);
/* Does to the lab MTA and its host what a hook does to another one. */
bool iut_hook(struct run *r, enum hook which);
/* Control blocks that the lab MTA's process has in use. */
uint32_t iut_blocks(const struct run *r);
/* It had no memory for something: what it does then is no verdict on it. */
bool iut_short(const struct run *r);

/* timeline_file.c: RUN/timeline/ID.txt and .jsonl, of a case that did not pass */
void run_timeline(struct run *r);

/* iut_resources.c: what the lab MTA's process has, or the target's hook says of it, as
 * events. */
void iut_resources(struct run *r);
/* What the lab MTA still closes is no leak: waits for it, for its disconnect timer at most. */
void iut_rest(struct run *r);

/* iut_logs.c.  From _begin() on what the logs gain belongs to the case; _look() feeds
 * what has come, no more often than logs change, and iut_read_logs() the rest, once. */
bool iut_logs_begin(struct run *r);
void iut_logs_look(struct run *r);
void iut_logs_end(struct run *r);
void iut_read_logs(struct run *r);
/* Feeds how many messages its queue holds, if that can be known. */
void iut_read_queue(struct run *r);

#endif
