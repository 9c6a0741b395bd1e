#include "cli/stimulus.h"

#include "p1/p1.h"
#include "rtse/rtse_pdu.h"
#include "scenario/folder.h"
#include "session/session_pdu.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONTENT_MOST = 4 << 20,
	ENVELOPE = 256,		/* about: of a message of ours that the lab MTA passes on */
};

/* What the caller of a talk hands over in it. */
struct handed {
	uint32_t activities;		/* begun */
	uint32_t points, open;		/* most sync points of one that ended; of the running one */
	bool bound, resumes;
	const char *other;		/* what it hands over that is no message; NULL: nothing */
};

static struct handed handed_over(const struct replay_talk *t)
{
	struct handed h = { 0 };

	for (size_t i = 0; i < t->pdus_n; i++) {
		const struct replay_pdu *p = &t->pdus[i];
		bool caller = p->direction == OBSERVER_INITIATOR;

		if (p->layer == LAYER_SESSION && p->code == SPDU_AC)
			h.bound = true;
		if (p->layer == LAYER_SESSION && caller && p->code == SPDU_AS)
			h.activities++;
		if (p->layer == LAYER_SESSION && caller && p->code == SPDU_AR)
			h.resumes = true;
		if (p->layer == LAYER_SESSION && caller && p->code == SPDU_MIP &&
		    p->serial > h.open)
			h.open = p->serial;
		if (p->layer == LAYER_SESSION && caller && p->code == SPDU_AE) {
			h.points = p->serial > h.points + 1 ? p->serial - 1 : h.points;
			h.open = 0;
		}
		if (p->layer == LAYER_P1 && caller && !p->herald && p->code == P1_REPORT)
			h.other = "a report";
		if (p->layer == LAYER_P1 && caller && !p->herald && p->code == P1_PROBE)
			h.other = "a probe";
	}
	/* What is resumed is no message more, unless it began elsewhere. */
	if (h.resumes && h.activities == 0)
		h.activities = 1;
	return h;
}

static bool wrong(char *why, uint32_t frame, const char *what)
{
	snprintf(why, REPLAY_WHY, "from frame %" PRIu32 " its initiator hands %s over, and this "
	         "MTA calls only with a message", frame, what);
	return false;
}

/* As many sync points as an activity had, and half a piece more; one that did not come to
 * its end would have had another. */
static size_t content_of(const struct handed *h, const struct replay_talk *t, int64_t checkpoint)
{
	uint64_t apart = (uint64_t)t->checkpoint * RTSE_CHECKPOINT_UNIT, n;
	uint32_t points = h->open >= h->points && h->open ? h->open + 1 : h->points;

	if (apart == 0 || apart > (uint64_t)checkpoint)
		apart = (uint64_t)checkpoint;
	n = apart * points + apart / 2;
	if (apart == 0 || points == 0 || n <= ENVELOPE)
		return 0;
	return n - ENVELOPE < CONTENT_MOST ? (size_t)(n - ENVELOPE) : CONTENT_MOST;
}

static bool write_content(const char *base, const char *folder, size_t n)
{
	char path[FOLDER_PATH];
	char *octets;
	FILE *fp;
	bool ok;

	if (snprintf(path, sizeof path, "%s%s/stimulus", base, folder) >= (int)sizeof path)
		return false;
	octets = malloc(n);
	fp = octets ? folder_create_file(path) : NULL;
	for (size_t i = 0; octets && i < n; i++)
		octets[i] = (char)('a' + i % 26);
	ok = fp && fwrite(octets, 1, n, fp) == n;
	ok = (!fp || fclose(fp) == 0) && ok;
	free(octets);
	return ok;
}

static void steps(FILE *out, uint32_t messages, const char *address, const char *content)
{
	fputs("  up.s: associate\n  expect up.s bound within 10s\n", out);
	for (uint32_t i = 0; i < messages; i++)
		fprintf(out, "  up.s: send session AS\n"
		        "  up.s: send rtse RTTR user=(ber 0x28 (ber 0x02 hex:05 with\n"
		        "      ber 0xa0 (p1 MESSAGE to=\"%s\" user=%s)))\n"
		        "  up.s: send session AE\n"
		        "  expect up.s session AEA within 10s\n", address, content);
}

bool stimulus_make(struct stimulus *s, const struct replay_part *parts, size_t n,
                   const struct target *target, const char *address, const char *folder,
                   const char *base, char why[static REPLAY_WHY])
{
	int64_t checkpoint = target_value(target, KNOWN_CHECKPOINT);
	char file[FOLDER_PATH + 16] = "\"a message\"";
	uint32_t messages = 0;
	size_t octets = 0;
	FILE *out;

	*s = (struct stimulus){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct replay_talk *t = parts[i].talk;
		struct handed h = handed_over(t);
		size_t content = content_of(&h, t, checkpoint);

		if (parts[i].ours != FROM_RESPONDER)
			continue;
		if (h.other || (h.bound && h.activities == 0))
			return wrong(why, t->first_frame, h.other ? h.other : "nothing");
		messages += h.activities;
		octets = content > octets ? content : octets;
	}
	if (octets) {
		snprintf(file, sizeof file, "file:%s/stimulus", folder);
		if (base && !write_content(base, folder, octets)) {
			snprintf(why, REPLAY_WHY, "%s/stimulus: %s", folder, strerror(errno));
			return false;
		}
	}
	out = open_memstream(&s->text, &s->n);
	if (!out) {
		snprintf(why, REPLAY_WHY, "out of memory");
		return false;
	}
	/* Refused before a bind, it has called all the same. */
	steps(out, messages ? messages : 1, address, file);
	if (fclose(out) == 0)
		return true;
	snprintf(why, REPLAY_WHY, "out of memory");
	return false;
}

void stimulus_free(struct stimulus *s)
{
	free(s->text);
	*s = (struct stimulus){ 0 };
}
