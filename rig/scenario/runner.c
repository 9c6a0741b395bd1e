#include "scenario/strand.h"

#include "net/net_space.h"

#include "scenario/random.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* After the last step, for ends to say good-bye. */
#define PARTING_US (SECOND_US / 5)

enum { MEMORY_KEPT = 64 << 20 };

/* --- evidence -------------------------------------------------------------------- */

/* An end stamps what a turn of the loop brings with the turn's beginning; the
 * judge wants time never to go back. */
void run_feed(struct run *r, const struct event *e)
{
	struct event ordered = *e;

	if (ordered.at_us < r->last_us)
		ordered.at_us = r->last_us;
	r->last_us = ordered.at_us;
	journal_put(&r->journal, &ordered);
	judge_event(r->judge, &ordered);
	if (r->timeline)
		timeline_add(r->timeline, &ordered, r->log_text);
}

void run_scenario_event(struct run *r, enum scenario_event code, uint32_t value)
{
	run_feed(r, &(struct event){
		.at_us = r->net ? net_now(r->net) : 0, .value = value, .cell = CELL_NONE,
		.kind = EVENT_SCENARIO, .code = (uint8_t)code });
}

void run_ledger_event(struct run *r, enum ledger_event code, uint32_t ordinal,
                      uint32_t association, uint64_t length, uint64_t offset)
{
	run_feed(r, &(struct event){
		.at_us = net_now(r->net), .association = association, .value = ordinal,
		.length = length, .offset = offset, .cell = CELL_NONE,
		.kind = EVENT_LEDGER, .code = (uint8_t)code });
}

bool run_trouble(struct run *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->trouble) {
		va_start(ap, fmt);
		vsnprintf(r->result->trouble, sizeof r->result->trouble, fmt, ap);
		va_end(ap);
	}
	r->trouble = true;
	return false;
}

/* Those that have said good-bye may hear the answer. */
static void part(struct run *r)
{
	int64_t until = net_now(r->net) + PARTING_US;
	bool open = true;

	while (open && net_now(r->net) < until && !strand_stopped(r)) {
		open = false;
		for (const struct peer *p = r->peers; p; p = p->next)
			open |= !p->over && !end_is_detached(p->end);
		if (open)
			strand_turn(r, until);
	}
}

/* --- a case ------------------------------------------------------------------------------ */

static bool open_recipients(struct run *r)
{
	for (size_t i = 0; i < r->t->recipients_n; i++) {
		struct recipient *to = &r->recipients[i];
		struct p1_name name;
		size_t bad;

		if (!p1_name_parse(octets_of(r->t->recipients[i].address), &name, &bad))
			return run_trouble(r, "recipient %s: its address cannot be read from octet "
			                   "%zu", r->t->recipients[i].name, bad);
		to->n = p1_name_encode(&name, 0x60, to->name, sizeof to->name);
		if (to->n > sizeof to->name)
			return run_trouble(r, "recipient %s: its address is too long",
			                   r->t->recipients[i].name);
	}
	return true;
}

static bool open_evidence(struct run *r)
{
	char path[FOLDER_PATH];

	runner_describe(r->config, r->sc, &r->judge_case);
	r->judge = judge_new(&r->judge_case);
	r->timeline = timeline_new();
	if (!r->judge)
		return run_trouble(r, "out of memory");
	if (!folder_join(path, r->config->folder, "events/", run_name(r->config, r->sc)) ||
	    strlen(path) + 7 > sizeof path)
		return run_trouble(r, "the path of the run folder is too long");
	if (!journal_open(&r->journal, strcat(path, ".jsonl"), r->sc->id))
		return run_trouble(r, "%s: %s", path, strerror(errno));
	return true;
}

static bool open_capture(struct run *r)
{
	char path[FOLDER_PATH], comment[512], why[256] = "";

	if (!folder_join(path, r->config->folder, run_name(r->config, r->sc), ".pcapng"))
		return run_trouble(r, "the path of the run folder is too long");
	snprintf(comment, sizeof comment, "x400rig scenario %s: %s\nseed 0x%016llx, target %s",
	         r->sc->id, r->sc->title, (unsigned long long)r->config->seed, r->t->name);
	r->capture = capture_case_open(path, comment, 102, why, sizeof why);
	/* Most often the folder is there: the group's case before made it. */
	if (!r->capture && errno == ENOENT && folder_make_above(path))
		r->capture = capture_case_open(path, comment, 102, why, sizeof why);
	return r->capture || run_trouble(r, "%s", why);
}

static void close_capture(struct run *r)
{
	char why[256] = "", verdict[400];

	if (!r->capture)
		return;
	snprintf(verdict, sizeof verdict, "verdict: %s%s%s", verdict_name(r->result->verdict),
	         r->result->evidence_n ? ": " : "",
	         r->result->evidence_n ? r->result->evidence[0].reason : "");
	capture_case_comment(r->capture, verdict);
	r->result->captured = capture_case_close(r->capture, why, sizeof why);
	if (!r->result->captured)
		snprintf(r->result->trouble, sizeof r->result->trouble, "%s", why);
	r->capture = NULL;
}

static bool open_world(struct run *r)
{
	struct random stream = random_for(r->config->seed, r->sc->id, "net");
	struct random nonce = random_for(r->config->seed, r->sc->id, "nonce");

	r->key = random_next(&nonce);
	r->net = r->config->is_virtual ? net_sim_new(random_next(&stream)) : net_kernel_new();
	if (!r->net)
		return run_trouble(r, "no event loop: %s", strerror(errno));
	if (!open_capture(r))
		return false;
	r->world = end_world_new(r->net, r->capture);
	if (!r->world)
		return run_trouble(r, "out of memory");
	for (size_t i = 0; i < r->t->sides_n; i++)
		if (!side_init(r, (uint8_t)i))
			return false;
	return open_recipients(r) && iut_start(r) && record_begin(r);
}

/* What the IUT never became responsible for is not held against it. */
static void abandon(struct run *r)
{
	for (size_t i = 0; i < r->t->sides_n; i++) {
		struct side *s = &r->sides[i];

		for (uint32_t ordinal; (ordinal = send_queue_take(&s->queue)) != 0;)
			messages_tell(r, LEDGER_ABANDONED, ordinal, MESSAGES_ALL,
			              s->number * (uint32_t)SIDE_STRIDE);
	}
	for (const struct peer *p = r->peers; p; p = p->next)
		if (p->broken || p->cut_off)
			messages_tell(r, LEDGER_ABANDONED, p->broken ? p->broken : p->cut_off,
			              MESSAGES_ALL, p->number);
}

static void end_case(struct run *r)
{
	if (r->trouble)
		run_scenario_event(r, SCENARIO_STEP_FAILED, 0);
	run_scenario_event(r, SCENARIO_CASE_END, 0);
}

static void measure(struct run *r)
{
	iut_resources(r);
	iut_read_logs(r);
	iut_read_queue(r);
	abandon(r);
}

static void run_steps(struct run *r)
{
	if (r->config->punctual && !r->config->is_virtual)
		net_punctual();
	r->begin_us = net_now(r->net);
	r->limit_us = r->begin_us + r->sc->limit_us;
	run_scenario_event(r, SCENARIO_CASE_BEGIN, 0);
	iut_resources(r);
	strand_all(r);
	r->result->interrupted = r->config->stop && *r->config->stop;
	if (!r->trouble && !r->result->interrupted)
		part(r);
	if (!r->trouble && !r->result->interrupted)
		iut_rest(r);
	measure(r);
	end_case(r);
	run_timeline(r);
	r->result->duration_us = net_now(r->net) - r->begin_us;
}

static void close_world(struct run *r)
{
	while (r->peers) {
		struct peer *p = r->peers;

		r->peers = p->next;
		peer_free(p);
	}
	for (size_t i = 0; i < SIDES_MAX; i++)
		side_drop(&r->sides[i]);
	if (r->net)
		iut_stop(r);
	iut_logs_end(r);
	record_end(r);
	if (r->world)
		end_world_free(r->world);
	close_capture(r);
	net_free(r->net);
	for (size_t i = 0; i < SIDES_MAX; i++)
		side_forget_lines(&r->sides[i]);
	net_spaces_free(r->spaces);
	messages_free(r);
	timeline_free(r->timeline);
	run_captures_free(r);
}

static void take_result(struct run *r)
{
	struct case_result *out = r->result;

	if (r->judge)
		runner_take_verdict(r->judge, out);
	if (r->trouble)
		out->verdict = VERDICT_ERROR;
	out->events = r->journal.events;
	runner_interrupted(out);
}

static bool enough_descriptors(const struct run_config *c, const struct scenario *sc,
                               struct case_result *out)
{
	size_t need = c->is_virtual ? 0 : scenario_descriptors(sc, c->target);
	size_t most = need ? net_descriptors(need) : 0;

	if (most >= need)
		return true;
	snprintf(out->skipped, sizeof out->skipped, "it may need %zu descriptors, and this system "
	         "allows %zu (ulimit -n)", need, most);
	out->hindered = true;
	return false;
}

void runner_keep_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT / 2);
}

void runner_case(const struct run_config *c, const struct scenario *sc, struct case_result *out)
{
	struct run *r;
	struct net_spaces *spaces;
	const char *lacks = scenario_unmet(sc, c->target);

	*out = (struct case_result){ .verdict = VERDICT_NONE };
	if (lacks)
		snprintf(out->skipped, sizeof out->skipped, "%s", lacks);
	if (lacks || !enough_descriptors(c, sc, out) || !kernel_allows(c, sc, out, &spaces))
		return;
	r = calloc(1, sizeof *r);
	if (!r) {
		net_spaces_free(spaces);
		out->verdict = VERDICT_ERROR;
		snprintf(out->trouble, sizeof out->trouble, "out of memory");
		return;
	}
	r->config = c;
	r->spaces = spaces;
	r->t = c->target;
	r->sc = sc;
	r->result = out;
	if (open_evidence(r)) {
		if (open_world(r))
			run_steps(r);
		else
			end_case(r);
	}
	if (!journal_close(&r->journal))
		run_trouble(r, "the events cannot be written: %s", strerror(errno));
	take_result(r);
	close_world(r);
	if (out->verdict != VERDICT_PASS)
		runner_ladder(c, sc, out);	/* names frames: the capture is complete now */
	judge_free(r->judge);
	free(r);
}
