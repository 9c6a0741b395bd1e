/*
 * replay: captured conversations against a live MTA.
 *
 *     CAPTURE -> talks -> NAME.scn, NAME.d/ ... -> `run` -> RUN/NAME.pcapng -> compared
 */
#include "cli/live.h"
#include "cli/pages.h"
#include "cli/mta_logs.h"
#include "cli/replay_cases.h"
#include "cli/replay_diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int cmd_replay(int argc, char **argv);
int cmd_run(int argc, char **argv);

enum { RUN_ARGS = 40, RATE = 10, PATIENCE_MS = 10000 };

/* --- running and comparing ---------------------------------------------------------- */

static void default_out(char out[static FOLDER_PATH])
{
	time_t now = time(NULL);
	struct stat st;
	struct tm tm;
	char stamp[32];

	localtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	snprintf(out, FOLDER_PATH, "replay-%s", stamp);
	for (int i = 2; stat(out, &st) == 0 && i < 1000; i++)
		snprintf(out, FOLDER_PATH, "replay-%s-%d", stamp, i);
}

static enum capture_direction other(enum capture_direction d)
{
	return d == FROM_INITIATOR ? FROM_RESPONDER : FROM_INITIATOR;
}

/* What made the lab MTA call was a message of ours. */
static unsigned detail(const struct replaying *k)
{
	return (k->options->all ? REPLAY_ALL : 0) | (k->caught ? REPLAY_OTHER_MESSAGES : 0);
}

/* The answers in a replay's own capture.  What made the lab MTA call stands before. */
static void compare_parts(const struct replaying *k, size_t which, const struct replay_capture *c,
                          FILE *fp, struct replay_sum *sum)
{
	size_t at = k->caught ? 1 : 0;

	for (size_t i = 0; i < k->made[which].n; i++) {
		const struct replay_part *part = &k->made[which].parts[i];
		struct replay_talk none = { 0 };
		bool there;

		if (k->made[which].n > 1)
			fprintf(fp, "connection %" PRIu32 "\n", part->talk->number);
		while (at < c->talks_n && c->talks[at].silent && !part->talk->silent)
			at++;
		there = at < c->talks_n && (c->talks[at].silent || !part->talk->silent);
		replay_compare(&k->capture, part->talk, c, there ? &c->talks[at] : &none,
		               other(part->ours), detail(k), fp, sum);
		at += there;
	}
	for (size_t i = at; i < c->talks_n; i++) {
		struct replay_talk none = { 0 };

		/* The MTA calls once more: whatever it says is more than was captured. */
		fprintf(fp, "a connection more, from frame %" PRIu32 "\n", c->talks[i].first_frame);
		replay_compare(&k->capture, &none, c, &c->talks[i], FROM_INITIATOR,
		               detail(k), fp, sum);
	}
}

static bool compare_one(const struct replaying *k, const char *out, size_t i)
{
	const char *name = strrchr(k->files[i], '/') ? strrchr(k->files[i], '/') + 1 : k->files[i];
	char path[FOLDER_PATH], text[FOLDER_PATH], why[256], stem[FOLDER_PATH];
	struct replay_capture c;
	struct replay_sum sum = { { 0 } };
	FILE *fp;
	bool ok;

	snprintf(stem, sizeof stem, "replay/%.*s", (int)(strlen(name) - 4), name);
	if (!folder_join(path, out, stem, ".pcapng") || !folder_join(text, out, stem, ".diff.txt"))
		return false;
	fp = folder_create_file(text);
	ok = replay_read(&c, path, REPLAY_BY_PDU, why, sizeof why);
	if (ok && fp) {
		fputs(k->made[i].changes, fp);
		compare_parts(k, i, &c, fp, &sum);
	}
	if (ok && fp)
		replay_print_sum(stdout, stem, &sum);
	if (fp) {
		replay_print_sum(fp, stem, &sum);
		fclose(fp);
	}
	replay_free(&c);
	return ok && fp;
}

/* What was played as octets is compared as PDUs: connections come in the same order. */
static bool read_by_pdu(struct replaying *k)
{
	char why[256];
	struct replay_capture c;

	if (!k->options->verbatim)
		return true;
	if (!replay_read(&c, k->path, REPLAY_BY_PDU, why, sizeof why) ||
	    c.talks_n != k->capture.talks_n) {
		replay_free(&c);
		return false;
	}
	for (size_t i = 0; i < k->chosen; i++)
		k->chosen_parts[i].talk = &c.talks[k->chosen_parts[i].talk - k->capture.talks];
	replay_free(&k->capture);
	k->capture = c;
	return true;
}

static int run(struct replaying *k)
{
	const struct replay_asked *o = k->options;
	char out[FOLDER_PATH], seed[24];
	char **argv = calloc(k->n + RUN_ARGS + 2 * (o->defects.n + o->signatures.n), sizeof *argv);
	int argc = 0, status;
	bool compared = false;

	if (!argv)
		return cli_no_memory("replay");
	if (o->out)
		snprintf(out, sizeof out, "%s", o->out);
	else
		default_out(out);
#define ARG(s) argv[argc++] = (char *)(uintptr_t)(s)
	ARG("run");
	ARG("--out");
	ARG(out);
	ARG("--target");
	ARG(o->target ? o->target : "lab");
	if (o->is_virtual)
		ARG("--virtual");
	/* Who only waits to be called does not call first. */
	if (!k->both && k->ours == FROM_RESPONDER)
		ARG("--unasked");
	/* Other programs must not keep the processor from us for their slices of some
	 * milliseconds. */
	if (k->how.timing == REPLAY_CAPTURED)
		ARG("--punctual");
	if (o->quiet)
		ARG("--quiet");
	for (size_t i = 0; i < o->defects.n; i++) {
		ARG("--defect");
		ARG(o->defects.at[i]);
	}
	for (size_t i = 0; i < o->signatures.n; i++) {
		ARG("--signatures");
		ARG(o->signatures.at[i]);
	}
	if (o->seed) {
		snprintf(seed, sizeof seed, "%" PRIu64, o->seed);
		ARG("--seed");
		ARG(seed);
	}
	for (size_t i = 0; i < k->n; i++)
		ARG(k->files[i]);
#undef ARG
	status = cmd_run(argc, argv);
	free(argv);
	if (status != EXIT_USAGE && o->times <= 1 && read_by_pdu(k))
		for (size_t i = 0; i < k->n; i++)
			compared |= compare_one(k, out, i);
	if (compared && !pages_write(out))
		fprintf(stderr, "x400rig replay: the page without the differences: %s\n",
		        strerror(errno));
	return status;
}

/* A capture that is no good is the user's, as everywhere; what had no room to be kept is ours. */
static int unread(struct replay_capture *c, const char *why)
{
	int status = c->no_room ? EXIT_TROUBLE : EXIT_USAGE;

	fprintf(stderr, "x400rig replay: %s\n", why);
	replay_free(c);
	return status;
}

/* Two captures, say of two replays, one against the other. */
static int compare(struct replaying *k)
{
	struct replay_sum all = { { 0 } };
	struct replay_capture c;
	char why[256];

	if (!replay_read(&c, k->options->compare, REPLAY_BY_PDU, why, sizeof why))
		return unread(&c, why);
	for (size_t i = 0; i < k->capture.talks_n && i < c.talks_n; i++) {
		struct replay_sum sum = { { 0 } };
		char name[40];

		snprintf(name, sizeof name, "connection %" PRIu32, k->capture.talks[i].number);
		replay_compare(&k->capture, &k->capture.talks[i], &c, &c.talks[i],
		               other(k->ours), detail(k), stdout, &sum);
		replay_print_sum(stdout, name, &sum);
		for (int s = 0; s < REPLAY_SEVERITIES; s++)
			all.n[s] += sum.n[s];
	}
	if (k->capture.talks_n != c.talks_n)
		printf("%zu connections in the one, %zu in the other\n", k->capture.talks_n,
		       c.talks_n);
	k->refused = k->capture.talks_n != c.talks_n;
	replay_free(&c);
	return k->refused || replay_sum_differs(&all) ? EXIT_FAIL : EXIT_ALL_PASS;
}

/* --- setting up --------------------------------------------------------------------- */

static bool take_timing(struct replaying *k)
{
	const char *t = k->options->timing;
	char *end;

	k->how.scale = 1;
	if (!t || strcmp(t, "fast") == 0)
		return true;
	k->how.timing = REPLAY_CAPTURED;
	if (strcmp(t, "captured") == 0)
		return true;
	k->how.scale = strtod(t, &end);
	return *end == '\0' && k->how.scale > 0 && k->how.scale <= 1000;
}

static bool take_identifiers(struct replaying *k)
{
	static const char *const names[] = {
		[REPLAY_KEPT] = "kept", [REPLAY_FRESH] = "fresh", [REPLAY_REUSED] = "reused",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (k->options->identifiers && strcmp(k->options->identifiers, names[i]) != 0)
			continue;
		k->how.identifiers = (enum replay_identifiers)i;
		return true;
	}
	return false;
}

static bool take_cut(const struct replay_asked *o, enum replay_cut *cut)
{
	*cut = REPLAY_BY_PDU;
	if (!o->verbatim)
		return true;
	*cut = strcmp(o->verbatim, "segment") == 0 ? REPLAY_BY_SEGMENT : REPLAY_BY_TPKT;
	return *cut == REPLAY_BY_SEGMENT || strcmp(o->verbatim, "tpkt") == 0;
}

/* What makes the lab MTA call: messages for the side that is played. */
static bool take_stimulus(struct replaying *k)
{
	const struct target *t = k->suite.target;

	if (k->both ? !k->options->stimulus :
	    k->ours == FROM_INITIATOR || !(t->lab || k->options->stimulus))
		return true;
	k->caught = replay_recipient(t, k->sides[FROM_RESPONDER]);
	return k->caught != NULL;
}

/* Only what a target file names is called: a replay is traffic that someone else made. */
static int take_target(struct replaying *k)
{
	const struct replay_asked *o = k->options;
	const char *target = o->target ? o->target : "lab";
	const char *dot = strrchr(target, '.');

	if (strcmp(target, "lab") != 0 && !(dot && strcmp(dot, ".target") == 0))
		return cli_wrong("replay", "%s is no target file; a capture is replayed only "
		                 "against what one names (x400rig init %s writes it)", target,
		                 target);
	if (!suite_target(&k->suite, target)) {
		fputs(k->suite.report.text ? k->suite.report.text : "", stderr);
		return EXIT_USAGE;
	}
	k->how.target = k->suite.target;
	k->sides[FROM_INITIATOR] = o->side && !k->both ? o->side : "up";
	k->sides[FROM_RESPONDER] = o->side ? o->side : k->suite.target->sides_n > 1 ?
	                           k->suite.target->sides[1].name : "up";
	for (int i = 0; i < DIRECTIONS; i++)
		if ((k->both || (enum capture_direction)i == k->ours) &&
		    target_side(k->suite.target, k->sides[i]) < 0)
			return cli_wrong("replay", "target %s has no side %s",
			                 k->suite.target->name, k->sides[i]);
	if (!take_stimulus(k))
		return cli_wrong("replay", "target %s has no recipient at side %s, so nothing "
		                 "makes it call", k->suite.target->name, k->sides[FROM_RESPONDER]);
	return EXIT_ALL_PASS;
}

static int set_up(struct replaying *k, enum replay_cut *cut)
{
	const struct replay_asked *o = k->options;

	if (o->role && strcmp(o->role, "initiator") != 0 && strcmp(o->role, "responder") != 0 &&
	    strcmp(o->role, "both") != 0)
		return cli_wrong("replay", "--as: initiator, responder or both, not %s", o->role);
	k->ours = o->role && strcmp(o->role, "responder") == 0 ? FROM_RESPONDER : FROM_INITIATOR;
	k->both = o->role && strcmp(o->role, "both") == 0;
	k->how.links = (const char *const *)o->links.at;
	k->how.links_n = o->links.n;
	k->how.cut = o->cut;
	k->how.captured_names = o->captured_names;
	k->how.wrong_password = o->wrong_password;
	k->how.move_times = o->move_times;
	k->how.rewrites = (const char *const *)o->recipients.at;
	k->how.rewrites_n = o->recipients.n;
	k->how.times = (uint32_t)o->times;
	k->how.patience_us = (int64_t)(o->patience ? o->patience : PATIENCE_MS) * 1000;
	k->how.linger_us = (int64_t)o->linger * 1000;
	if (!o->unlimited)
		k->how.pause_us = SECOND_US / (int64_t)(o->rate ? o->rate : RATE);
	if (o->lanes > REPLAY_TOGETHER)
		return cli_wrong("replay", "--lanes: at most %d", REPLAY_TOGETHER);
	if (o->times > 1000000)
		return cli_wrong("replay", "--times: at most 1000000");
	if (!take_identifiers(k))
		return cli_wrong("replay", "--identifiers: kept, fresh or reused, not %s",
		                 o->identifiers);
	for (size_t i = 0; i < o->recipients.n; i++)
		if (!strstr(o->recipients.at[i], "->"))
			return cli_wrong("replay", "--recipient: \"P=OLD -> P=NEW\" or \"* -> "
			                 "C=..;S=..\", not %s", o->recipients.at[i]);
	if (!take_timing(k))
		return cli_wrong("replay", "--timing: fast, captured, or a factor such as 0.5");
	if (!take_cut(o, cut))
		return cli_wrong("replay", "--verbatim: tpkt or segment, not %s", o->verbatim);
	if (o->verbatim && !o->captured_names)
		return cli_wrong("replay", "--verbatim sends names and passwords as captured; say "
		                 "--captured-names if that is meant");
	replay_name(k);
	return take_target(k);
}

/* Else the capture is only read, and no program of a target file is run. */
static bool will_run(const struct replay_asked *o)
{
	return !o->dry_run && !o->compare && (!o->save || o->target);
}

/* What `run` will need, too: it has the same hand.  false: said. */
static bool be_confined(const struct replaying *k)
{
	const struct hand *hand;

	capture_prepare(k->path, false);
	if (k->options->compare)
		capture_prepare(k->options->compare, false);
	if (!will_run(k->options)) {
		cli_confine("replay", CONFINE_CODE);
		return true;
	}
	cli_logs_of_target("replay", k->suite.target);
	if (!pages_ready("replay") || !cli_hand("replay", k->suite.target, &hand))
		return false;
	cli_confine("replay", CLI_LIVE |
	            (k->how.timing == REPLAY_CAPTURED ? CONFINE_PUNCTUAL : 0));
	return true;
}

static int replay(struct replaying *k)
{
	enum replay_cut cut = REPLAY_BY_PDU;
	char why[256];
	int status = set_up(k, &cut);

	if (status != EXIT_ALL_PASS)
		return status;
	if (!be_confined(k))
		return EXIT_TROUBLE;
	if (!replay_read(&k->capture, k->path, cut, why, sizeof why))
		return unread(&k->capture, why);
	if (!k->capture.talks_n) {
		fprintf(stderr, "x400rig replay: %s: no conversation over RFC 1006 in %" PRIu64
		        " packets\n", k->path, k->capture.packets);
		return EXIT_NOTHING;
	}
	if (k->options->compare)
		return compare(k);
	if ((!k->options->dry_run && !replay_folder(k)) || !replay_cases(k)) {
		fprintf(stderr, "x400rig replay: %s\n", strerror(errno));
		return EXIT_TROUBLE;
	}
	if (!k->chosen)
		fprintf(stderr, "x400rig replay: %s: none of its conversations is chosen%s\n",
		        k->path, !k->options->mta || k->both ? "" : k->ours == FROM_INITIATOR ?
		        ": nobody opens one to this MTA" : ": this MTA opens none");
	if (k->n && (!k->options->save || k->options->target))
		status = run(k);
	if (k->options->save)
		for (size_t i = 0; i < k->n; i++)
			fprintf(stderr, "x400rig replay: wrote %s\n", k->files[i]);
	return status != EXIT_ALL_PASS ? status : k->refused ? EXIT_UNDECIDED :
	       k->chosen ? EXIT_ALL_PASS : EXIT_NOTHING;
}

int cmd_replay(int argc, char **argv)
{
	struct replay_asked o = { 0 };
	const struct cli_option options[] = {
		CLI_LAB_OPTIONS(&o),
		{ .name = "as", .value = "ROLE", .string = &o.role,
		  .text = "initiator (default), responder, or both: whom of the capture we play" },
		{ .name = "mta", .value = "NAME", .string = &o.mta,
		  .text = "the MTA's name in the capture: with --as both (default: the target's); "
		  "else "
		          "only what others opened to it, or it to others, is played" },
		{ .name = "calls", .value = "LIST", .string = &o.calls,
		  .text = "connections that the MTA opened, where neither names nor addresses "
		  "tell" },
		{ .name = "side", .value = "NAME", .string = &o.side,
		  .text = "side of the target that plays (default: who is called as the caller "
		          "was, else up; as responder the next)" },
		{ .name = "save", .letter = 's', .value = "FILE", .string = &o.save,
		  .text = "write the scenario; without --target it is not run" },
		{ .name = "dry-run", .letter = 'n', .flag = &o.dry_run,
		  .text = "print what would be sent, and send nothing" },
		{ .name = "out", .letter = 'o', .value = "DIR", .string = &o.out,
		  .text = "the run folder (default: replay-DATE-TIME)" },
		{ .name = "conversations", .letter = 'c', .value = "LIST",
		  .string = &o.conversations,
		  .text = "connections of the capture, as decode numbers them: 1,3-5" },
		{ .name = "together", .flag = &o.together,
		  .text = "all of them in one case, interleaved as captured (so are those of which "
		          "one resumes what another began)" },
		{ .name = "times", .value = "N", .number = &o.times,
		  .text = "each of them N times, one after another" },
		{ .name = "lanes", .value = "N", .number = &o.lanes,
		  .text = "each of them N times at once, each on an association of its own" },
		{ .name = "rate", .value = "N", .number = &o.rate,
		  .text = "connections per second, at most (default: 10)" },
		{ .name = "unlimited", .flag = &o.unlimited, .text = "no limit of connections" },
		{ .name = "timing", .value = "HOW", .string = &o.timing,
		  .text = "fast (default: when answers come), captured, or a factor of it" },
		{ .name = "patience", .value = "MS", .number = &o.patience,
		  .text = "how long an answer may take (default: 10000)" },
		{ .name = "identifiers", .value = "HOW", .string = &o.identifiers,
		  .text = "MTS identifiers: kept (default), fresh, or reused: one for all "
		  "messages" },
		{ .name = "move-times", .flag = &o.move_times,
		  .text = "times in envelopes: as far from now as they were from then" },
		{ .name = "recipient", .value = "RULE", .list = &o.recipients,
		  .text = "\"P=OLD -> P=NEW\": recipients with the left attributes get the right "
		  "ones; "
		          "\"* -> ...\": all" },
		{ .name = "linger", .value = "MS", .number = &o.linger,
		  .text = "stay so long at the end, for answers that the capture does not have" },
		{ .name = "verbatim", .value = "CUT", .string = &o.verbatim,
		  .text = "send octets as captured, cut as `tpkt` or `segment`" },
		{ .name = "captured-names", .flag = &o.captured_names,
		  .text = "send names, passwords and selectors of the capture" },
		{ .name = "wrong-password", .flag = &o.wrong_password,
		  .text = "binds that were not accepted had a wrong one (an authentication error "
		  "says "
		          "so itself)" },
		{ .name = "link", .value = "OPTIONS", .list = &o.links,
		  .text = "a link between, as in scenarios: \"rate=64kbit/s delay=300ms\"; of one "
		  "side: "
		          "\"down: rate=64kbit/s\"" },
		{ .name = "cut", .value = "HOW", .string = &o.cut,
		  .text = "\"rst at frame 12\", \"fin at dt 3\"; or \"stall for 5s at dt 3\", "
		          "\"down for 5s at ac\", \"link rate=300bit/s at ac\"; of one side: "
		          "\"down: stall at dt 1\"" },
		{ .name = "stimulus", .flag = &o.stimulus,
		  .text = "as responder: hand in a message that makes the MTA call" },
		{ .name = "compare", .value = "CAPTURE", .string = &o.compare,
		  .text = "run nothing: the answers of two captures, field by field" },
		{ .name = "all", .letter = 'a', .flag = &o.all,
		  .text = "of differences also those that are expected" },
		CLI_SIGNATURES_OPTION(o.signatures),
		{ .name = "seed", .value = "N", .number = &o.seed, .text = "repeat random "
		  "choices" },
		{ .name = "quiet", .letter = 'q', .flag = &o.quiet, .text = "say less" },
		{ 0 },
	};
	static const char *const examples[] = {
		"x400rig replay field.pcap --dry-run         what would be sent",
		"x400rig replay field.pcap -t my.target      play the initiator against an MTA",
		"x400rig replay field.pcap --as responder    wait for the MTA's call",
		"x400rig replay field.pcap --save case.scn   a scenario to read and to change",
		"x400rig replay field.pcap --cut \"rst at frame 12\" --link delay=300ms",
		"x400rig replay before/replay/a.pcapng --compare after/replay/a.pcapng",
		NULL,
	};
	const struct cli_help help = {
		"replay", "CAPTURE",
		"Plays one side of captured conversations against a live MTA: what must live\n"
		"(references, contexts, serials, names, passwords) is that of now, all else is "
		"sent\n"
		"as captured.  Leaves a run folder as `run` does, with the differences of the\n"
		"answers.  Exit status as `run`; 3 if a conversation cannot be replayed.",
		options, examples,
	};
	int first = cli_parse(argc, argv, &help), status;
	struct replaying k = { .options = &o };

	if (first < 0)
		return first == CLI_DONE ? EXIT_ALL_PASS : EXIT_USAGE;
	if (argc - first != 1)
		return cli_wrong("replay", "one capture is wanted");
	k.path = argv[first];
	status = replay(&k);
	if (k.temporary)
		folder_remove(k.folder);
	replay_free(&k.capture);
	suite_free(&k.suite);
	free(k.files);
	for (size_t i = 0; i < k.n; i++)
		free(k.made[i].changes);
	free(k.made);
	free(k.chosen_parts);
	return status;
}
