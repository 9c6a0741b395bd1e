/*
 * log_source: one log of the MTA under test, wherever it is: what is new in it.
 *
 *     text file            followed, through rotation and truncation       log_source_look()
 *     event log, command   read as a whole, without what it held before    log_source_whole()
 *
 * A source begins where the log ends; only what it gains from then on is told.
 */
#ifndef SCENARIO_LOG_SOURCE_H
#define SCENARIO_LOG_SOURCE_H

#include "logs/logs.h"
#include "logs/logs_follow.h"
#include "scenario/folder.h"
#include "scenario/hand.h"

struct log_source_user {
	/* Of a text.  false: no more. */
	bool (*octets)(void *ctx, const char *p, size_t n);
	/* What follows is another file; a line that was cut has got its end. */
	void (*begun)(void *ctx);
	/* Of an event log. */
	void (*record)(void *ctx, const struct log_record *r);
};

struct log_source {
	const struct target_log *what;
	struct log_options options;
	const struct log_source_user *user;
	void *ctx;
	const struct hand *hand;	/* runs a command */
	enum target_program program;
	char path[FOLDER_PATH];
	struct log_follow follow;
	bool following, failed;
	uint64_t octets;		/* told so far */
	uint64_t before;		/* of a whole log: octets, or the newest record, told or
					 * there when it began */
	char last;			/* octet told */
};

/* `t` and `what` of it, `user`, and `hand` (may be NULL) are borrowed.  `folder`: where the lab
 * MTA writes it (`fresh`: and has not begun to); NULL: the MTA is not the lab's. */
void log_source_begin(struct log_source *s, const struct target *t, const struct target_log *what,
                      const char *folder, bool fresh, const struct log_source_user *user,
                      void *ctx, const struct hand *hand);
void log_source_end(struct log_source *s);

/* What is new in a text that is followed. */
void log_source_look(struct log_source *s);
/* ... in a log that is not; may wait for a command.  false: it could not be read. */
bool log_source_whole(struct log_source *s);

#endif
