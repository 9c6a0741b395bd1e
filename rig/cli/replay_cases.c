/*
 * Conversations of a capture as files of scenarios: who plays what in which of them, and
 * what is said of it.
 */
#include "cli/replay_cases.h"

#include "cli/stimulus.h"
#include "association/association.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- names ------------------------------------------------------------------------ */

/* The last part of a path without its suffix, in letters that an identifier has. */
static void name_of(const char *path, char out[static REPLAY_NAME])
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t n = 0;

	for (; *base && *base != '.' && n + 1 < REPLAY_NAME; base++) {
		char c = *base;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		out[n++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
	}
	out[n] = '\0';
	if (n == 0)
		snprintf(out, REPLAY_NAME, "capture");
}

void replay_name(struct replaying *k)
{
	name_of(k->options->save ? k->options->save : k->path, k->name);
}

bool replay_folder(struct replaying *k)
{
	const char *save = k->options->save;
	const char *slash = save ? strrchr(save, '/') : NULL;
	char made[FOLDER_PATH - 1];

	if (save) {
		snprintf(k->folder, sizeof k->folder, "%.*s", slash ? (int)(slash - save + 1) : 0,
		         save);
		return true;
	}
	if (snprintf(made, sizeof made, "%s/x400rig-replay-XXXXXX",
	             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") >= (int)sizeof made) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (!mkdtemp(made))
		return false;
	snprintf(k->folder, sizeof k->folder, "%s/", made);
	k->temporary = true;
	return true;
}

/* --- writing scenarios ---------------------------------------------------------------- */

/* "1,3-5"; NULL: all. */
static bool is_chosen(const char *list, size_t number)
{
	while (list && *list) {
		char *end;
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (number >= from && number <= to)
			return true;
		list = *end == ',' ? end + 1 : "";
	}
	return list == NULL;
}

static void print_changes(FILE *out, const struct replay_composed *made,
                          const struct replay_talk *t)
{
	const char *gap = "";

	fprintf(out, "changed: ");
	for (int i = 0; i < REPLAY_CHANGES; i++) {
		if (!made->changes[i])
			continue;
		fprintf(out, "%s%" PRIu32 " %s", gap, made->changes[i],
		        replay_change_name((enum replay_change)i));
		gap = ", ";
	}
	fprintf(out, "%s; all else is sent as captured", *gap ? "" : "nothing");
	if (made->as_octets)
		fprintf(out, " (%" PRIu32 " parts as bare octets)", made->as_octets);
	fprintf(out, "%s%s\n", t->note[0] ? "\n    " : "", t->note);
}

static void say_changes(const struct replaying *k, const char *id,
                        const struct replay_composed *made, const struct replay_talk *t)
{
	if (k->options->quiet)
		return;
	fprintf(stderr, "x400rig replay: %s: ", id);
	print_changes(stderr, made, t);
}

/* What is sent besides (see `run --unasked`). */
static void say_ping(const struct replaying *k)
{
	if (!k->options->quiet && !k->suite.target->lab && (k->both || k->ours == FROM_INITIATOR))
		fputs("x400rig replay: before it, a plain bind and a release show whether the MTA "
		      "is there\n", stderr);
}

/* For the run folder: above the answers. */
static bool keep_changes(struct replaying *k, const struct replay_composed *made,
                         const struct replay_talk *t)
{
	size_t n;
	FILE *fp = open_memstream(&k->made[k->n].changes, &n);

	if (!fp)
		return false;
	print_changes(fp, made, t);
	return fclose(fp) == 0;
}

static bool write_scenario(struct replaying *k, const struct replay_composed *made)
{
	FILE *fp = folder_create_file(k->files[k->n]);
	bool ok = fp && fwrite(made->text, 1, made->n, fp) == made->n;

	ok = (!fp || fclose(fp) == 0) && ok;
	if (!ok)
		fprintf(stderr, "x400rig replay: %s: %s\n", k->files[k->n], strerror(errno));
	return ok;
}

/* Can this target play the other side at all? */
static bool makes_sense(const struct replaying *k, const struct replay_part *part,
                        char why[static REPLAY_WHY])
{
	const struct target *target = k->suite.target;
	const struct replay_talk *t = part->talk;
	if (t->x410 && !target_supports(target, "pics.mode.x410") &&
	    !target_supports(target, "pics.mode.1984")) {
		snprintf(why, REPLAY_WHY, "from frame %" PRIu32 " it is of X.410 mode, which "
		         "target %s does not list (pics mode)", t->first_frame, target->name);
		return false;
	}
	return true;
}

static bool all_make_sense(const struct replaying *k, const struct replay_part *parts, size_t n,
                           char why[static REPLAY_WHY])
{
	for (size_t i = 0; i < n; i++)
		if (!makes_sense(k, &parts[i], why))
			return false;
	return true;
}

const char *replay_recipient(const struct target *t, const char *side)
{
	int number = target_side(t, side);

	for (size_t i = 0; i < t->recipients_n; i++)
		if (t->recipients[i].side == number)
			return t->recipients[i].address;
	return NULL;
}

/* Who makes the MTA call whom the first of these plays. */
static bool stimulate(const struct replaying *k, const struct replay_part *parts, size_t n,
                      const char *folder, struct stimulus *made, char why[static REPLAY_WHY])
{
	const struct target *target = k->suite.target;
	const char *address = k->caught;

	for (size_t i = n; i-- > 0;)
		if (parts[i].ours == FROM_RESPONDER)
			address = replay_recipient(target, parts[i].side);
	if (!address)
		snprintf(why, REPLAY_WHY, "target %s has no recipient at the side that plays, so "
		         "nothing makes it call", target->name);
	return address && stimulus_make(made, parts, n, target, address, folder, k->how.base, why);
}

/* The n talks from the chosen one of index `which` on as one scenario. */
static bool convert(struct replaying *k, size_t which, size_t n)
{
	const struct replay_part *parts = k->chosen_parts + which;
	const struct replay_talk *t = parts->talk;
	char id[2 * REPLAY_NAME], folder[REPLAY_NAME + 40], name[REPLAY_NAME + 24];
	struct replay_composed made = { 0 };
	struct stimulus stimulus = { 0 };
	bool ok;

	snprintf(name, sizeof name, k->chosen > n ? "%s-%" PRIu32 : "%s", k->name, t->number);
	snprintf(id, sizeof id, "replay/%.60s", name);
	snprintf(folder, sizeof folder, "%s.d", name);
	if (snprintf(k->files[k->n], sizeof k->files[0], "%s%s.scn", k->folder, name) >=
	    (int)sizeof k->files[0])
		return false;
	k->how.id = id;
	k->how.more = k->chosen > n;
	k->how.folder = folder;
	k->how.base = k->options->dry_run ? NULL : k->folder;
	ok = all_make_sense(k, parts, n, made.why) &&
	     (!k->caught || stimulate(k, parts, n, folder, &stimulus, made.why));
	k->how.stimulus = stimulus.text;
	if (!ok || !replay_compose(&k->capture, parts, n, &k->how, &made)) {
		ok = true;
		fprintf(stderr, "x400rig replay: connection %" PRIu32 "%s cannot be replayed: %s\n",
		        t->number, n > 1 ? " and those with it" : "", made.why);
		k->refused++;
	} else if (k->options->dry_run) {
		fwrite(made.text, 1, made.n, stdout);
		say_changes(k, id, &made, t);
		say_ping(k);
	} else {
		say_changes(k, id, &made, t);
		ok = write_scenario(k, &made) && keep_changes(k, &made, t);
		k->made[k->n].parts = parts;
		k->made[k->n++].n = n;
	}
	replay_composed_free(&made);
	stimulus_free(&stimulus);
	k->how.id = k->how.folder = k->how.stimulus = NULL;
	return ok;
}

static const char *mta_name(const struct replaying *k)
{
	return k->options->mta ? k->options->mta : k->suite.target->its_name;
}

static bool is_same(const struct capture_address *a, const struct capture_address *b)
{
	return a->version && a->version == b->version &&
	       memcmp(a->octets, b->octets, sizeof a->octets) == 0;
}

/* Is it where a bind or its result names the MTA? */
static bool is_of_mta(const struct replaying *k, const struct capture_address *a)
{
	const char *mta = mta_name(k);

	for (size_t i = 0; i < k->capture.talks_n; i++) {
		const struct replay_talk *t = &k->capture.talks[i];

		if ((strcmp(t->caller, mta) == 0 && is_same(a, &t->address[FROM_INITIATOR])) ||
		    (strcmp(t->callee, mta) == 0 && is_same(a, &t->address[FROM_RESPONDER])))
			return true;
	}
	return false;
}

/* Who is played if the MTA under test is none of the two: who calls, or whom the MTA calls?
 * One that ended before anybody was named is told by its addresses. */
static enum capture_direction neighbour(const struct replaying *k, const struct replay_talk *t)
{
	bool calls = strcmp(t->caller, mta_name(k)) == 0;

	if (k->options->calls && is_chosen(k->options->calls, t->number))
		return FROM_RESPONDER;
	if (!t->caller[0])
		calls = is_of_mta(k, &t->address[FROM_INITIATOR]) &&
		        !is_of_mta(k, &t->address[FROM_RESPONDER]);
	return calls ? FROM_RESPONDER : FROM_INITIATOR;
}

static enum capture_direction role(const struct replaying *k, const struct replay_talk *t)
{
	return k->both ? neighbour(k, t) : k->ours;
}

/* X.419 9.2: the application protocol of an RTORQ in X.410 mode. */
enum { PROTOCOL_1984 = 1 };

static enum association_context context_of(const struct replay_talk *t)
{
	return !t->x410 ? ASSOCIATION_MTS_TRANSFER :
	       t->protocol == PROTOCOL_1984 ? ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984 :
	       ASSOCIATION_MTS_TRANSFER_PROTOCOL;
}

/* The side that the MTA calls as it did in this talk; else one that it calls in this mode. */
static const char *called_so(const struct replaying *k, const struct replay_talk *t)
{
	const struct target *target = k->suite.target;
	int first = target_side(target, k->sides[FROM_RESPONDER]);
	const char *near = NULL;

	if (k->options->side || target->sides[first].context == context_of(t))
		return k->sides[FROM_RESPONDER];
	for (size_t i = 1; i < target->sides_n; i++) {
		const struct target_side *side = &target->sides[i];

		if (side->context == context_of(t))
			return side->name;
		if (!near && (side->context != ASSOCIATION_MTS_TRANSFER) == t->x410)
			near = side->name;
	}
	return near ? near : k->sides[FROM_RESPONDER];
}

/* The earlier talk that this one goes on with; NULL: there is none. */
static const struct replay_talk *begun_on(const struct replaying *k, const struct replay_talk *t)
{
	for (size_t i = 0; t->resumed.n && i < k->capture.talks_n; i++)
		if (k->capture.talks[i].number < t->number &&
		    replay_resumes(t, &k->capture.talks[i]))
			return &k->capture.talks[i];
	return NULL;
}

/* The side of the target that has the name of who is played; else who is called is the
 * neighbour that also calls, if the names say so. */
static const char *played_by(const struct replaying *k, const struct replay_talk *t)
{
	enum capture_direction ours = role(k, t);
	const char *name = ours == FROM_INITIATOR ? t->caller : t->callee;
	const struct replay_talk *first = name[0] ? NULL : begun_on(k, t);

	/* Recovery binds no names. */
	if (first)
		return played_by(k, first);
	if (ours == FROM_RESPONDER && (!k->both || !name[0]))
		return called_so(k, t);
	if ((!k->both && k->options->side) || !name[0])
		return k->sides[ours];
	for (size_t i = 0; i < k->suite.target->sides_n; i++)
		if (strcmp(k->suite.target->sides[i].our_name, name) == 0)
			return k->suite.target->sides[i].name;
	for (size_t i = 0; ours == FROM_RESPONDER && i < k->capture.talks_n; i++)
		if (role(k, &k->capture.talks[i]) == FROM_INITIATOR &&
		    strcmp(k->capture.talks[i].caller, name) == 0)
			return k->sides[FROM_INITIATOR];
	return k->sides[ours];
}

/* The other side of a talk that we open hands something over: two-way alternate (X.228). */
static bool hands_back(const struct replay_part *p)
{
	for (size_t i = 0; p->ours == FROM_INITIATOR && i < p->talk->pdus_n; i++)
		if (p->talk->pdus[i].layer == LAYER_SESSION && p->talk->pdus[i].code == SPDU_AS &&
		    p->talk->pdus[i].direction == FROM_RESPONDER)
			return true;
	return false;
}

/* One goes on with what another has begun, or hands back what another may have handed in, so
 * one case needs both. */
static bool belong_together(const struct replaying *k)
{
	for (size_t i = 0; i < k->chosen; i++) {
		const struct replay_part *p = &k->chosen_parts[i];

		if (p->lane == 0 && k->chosen <= REPLAY_TOGETHER && hands_back(p))
			return true;
		for (size_t n = 0; n < i && p->talk->resumed.n; n++)
			if (replay_resumes(p->talk, k->chosen_parts[n].talk))
				return true;
	}
	return false;
}

bool replay_cases(struct replaying *k)
{
	bool together = k->options->together;
	size_t lanes = k->options->lanes ? k->options->lanes : 1;

	k->files = calloc(k->capture.talks_n + 1, sizeof *k->files);
	k->made = calloc(k->capture.talks_n + 1, sizeof *k->made);
	k->chosen_parts = calloc(k->capture.talks_n * lanes + 1, sizeof *k->chosen_parts);
	if (!k->files || !k->made || !k->chosen_parts)
		return false;
	k->chosen = 0;
	for (size_t i = 0; i < k->capture.talks_n; i++) {
		const struct replay_talk *t = &k->capture.talks[i];

		if (!is_chosen(k->options->conversations, t->number) ||
		    ((k->options->mta || k->options->calls) && role(k, t) != neighbour(k, t)) ||
		    (t->silent && (!together || role(k, t) != FROM_INITIATOR)))
			continue;
		for (size_t n = 0; n < lanes; n++)
			k->chosen_parts[k->chosen++] = (struct replay_part){
				t, played_by(k, t), role(k, t), (uint32_t)n };
	}
	together |= belong_together(k);
	if ((together ? k->chosen : lanes) > REPLAY_TOGETHER) {
		errno = E2BIG;
		return false;
	}
	if (together && k->chosen)
		return convert(k, 0, k->chosen);
	for (size_t i = 0; i < k->chosen; i += lanes)
		if (!convert(k, i, lanes))
			return false;
	return true;
}
