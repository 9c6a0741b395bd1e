/*
 * replay_cases: conversations of a capture as files of scenarios, and who plays what in them
 * (private to the verb `replay`).
 *
 *     CAPTURE -> talks -> [which, by whom, in one case or several] -> NAME.scn, NAME.d/ ...
 */
#ifndef CLI_REPLAY_CASES_H
#define CLI_REPLAY_CASES_H

#include "cli/suite.h"
#include "replay/replay.h"
#include "scenario/folder.h"

enum {
	REPLAY_NAME = 48,
	/* Each is an association with a name of its own (SCENARIO_NAMES_MAX). */
	REPLAY_TOGETHER = 500,
};

struct replay_asked {
	const char *target, *role, *side, *save, *out, *timing, *verbatim, *cut;
	const char *conversations, *compare, *mta, *calls, *identifiers;
	struct cli_list defects, links, recipients, signatures;
	uint64_t times, lanes, rate, seed, patience, linger;
	bool together, captured_names, wrong_password, move_times, dry_run, stimulus, is_virtual;
	bool quiet, unlimited, all;
};

struct replaying {
	const struct replay_asked *options;
	const char *path;
	struct suite suite;
	struct replay_capture capture;
	struct replay_options how;
	enum capture_direction ours;	/* whom we play, if not `both` */
	bool both;
	const char *sides[DIRECTIONS];	/* of the target, that play each of them */
	char name[REPLAY_NAME];		/* of the capture, or of the file that is saved */
	char folder[FOLDER_PATH];	/* that scenarios are written into; with its slash */
	const char *caught;		/* address of a message that makes the MTA call; NULL: it
					 * needs none */
	bool temporary;
	char (*files)[FOLDER_PATH];	/* owned: of the scenarios */
	struct replay_part *chosen_parts;	/* owned */
	struct {
		const struct replay_part *parts;	/* of each scenario */
		size_t n;
		char *changes;		/* owned */
	} *made;			/* owned */
	size_t n, chosen, refused;
};

/* k->name of what is saved, or of the capture. */
void replay_name(struct replaying *k);
/* Address of a recipient who is reached by calling this side; NULL: there is none. */
const char *replay_recipient(const struct target *t, const char *side);
/* Where scenarios are written: beside what is saved, or a folder of their own that is to be
 * removed (k->temporary).  false: errno. */
bool replay_folder(struct replaying *k);
/* Writes k->files of k->made, or prints them in a dry run; what cannot be played is said and
 * counted.  false: errno. */
bool replay_cases(struct replaying *k);

#endif
