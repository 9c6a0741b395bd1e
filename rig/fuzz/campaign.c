#include "fuzz/campaign.h"

#include "fuzz/seed.h"
#include "fuzz/seed_try.h"
#include "scenario/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { RANGE = 1000, CHOICE = 4 };

/* The mapped page: the kernel keeps it when we die. */
struct campaign_counter {
	char magic[8];			/* "x400fuzz" */
	uint64_t seed, next, begun;
};

static int64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

int64_t campaign_elapsed(const struct campaign *c)
{
	return clock_us() - c->begin_us;
}

/* --- what survives -------------------------------------------------------------------- */

static bool open_counter(struct campaign *c)
{
	char path[FOLDER_PATH];
	bool resumes;
	int fd;

	if (!folder_join(path, c->config->folder, "counter", ""))
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, sizeof *c->counter) != 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	c->counter = mmap(NULL, sizeof *c->counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (c->counter == MAP_FAILED) {
		c->counter = NULL;
		return false;
	}
	resumes = c->config->resume && memcmp(c->counter->magic, "x400fuzz", 8) == 0 &&
	          c->counter->seed == c->config->seed;
	if (resumes)
		c->number = c->counter->next;
	memcpy(c->counter->magic, "x400fuzz", 8);
	c->counter->seed = c->config->seed;
	return true;
}

static bool open_files(struct campaign *c)
{
	char path[FOLDER_PATH];

	if (!folder_make(c->config->folder) || !open_counter(c) ||
	    !folder_join(path, c->config->folder, "journal", ""))
		return false;
	c->journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (c->journal < 0)
		return false;
	if (c->config->order) {
		c->order_in = fopen(c->config->order, "re");
		if (!c->order_in)
			return false;
	}
	if (!c->config->steer)
		return true;
	if (folder_join(path, c->config->folder, "order", ""))
		c->order_out = fopen(path, "we");
	return c->order_out != NULL;
}

/* The range is on disk before any of its cases begins. */
static void keep_range(struct campaign *c, uint64_t number)
{
	char line[80];
	int n;

	if (number < c->range_end)
		return;
	c->range_end = number + RANGE;
	n = snprintf(line, sizeof line, "seed=%llu cases=%llu-%llu\n",
	             (unsigned long long)c->config->seed, (unsigned long long)number,
	             (unsigned long long)c->range_end - 1);
	if (write(c->journal, line, (size_t)n) == n)
		fdatasync(c->journal);
}

/* --- the source ------------------------------------------------------------------------- */

static bool over(const struct campaign *c)
{
	const struct campaign_config *f = c->config;

	return c->enough || (f->cases && c->drawn >= f->cases) ||
	       (f->time_us && campaign_elapsed(c) >= f->time_us);
}

static uint64_t next_number(struct campaign *c)
{
	const struct campaign_config *f = c->config;

	while (f->shards > 1 && c->number % f->shards != f->shard)
		c->number++;
	return c->number++;
}

/* Case i is case i, so one that begins behind what the target answers is left out. */
static void make_next(struct campaign *c, struct fuzz_case *out)
{
	do
		fuzz_case_make(out, c->config->seed, next_number(c));
	while (!fuzz_reachable(out->point));
}

/* Of the next few the one in whose cell a new pair is to be expected most: cells that nothing
 * has come to, then those that have had most pairs for their cases. */
static void choose(struct campaign *c, struct fuzz_case *out)
{
	uint32_t least = UINT32_MAX;

	for (int i = 0; i < CHOICE; i++) {
		struct fuzz_case candidate;
		struct fuzz_script s;
		uint32_t seen;

		make_next(c, &candidate);
		fuzz_compile(&candidate, &s);
		seen = c->coverage.cells[s.state][s.event] /
		       (1u + c->coverage.reactions[s.state][s.event]);
		if (seen < least) {
			least = seen;
			*out = candidate;
		}
	}
	fprintf(c->order_out, "%llu\n", (unsigned long long)out->number);
}

static bool next(void *ctx, struct fuzz_case *out)
{
	struct campaign *c = ctx;
	unsigned long long number;

	if (over(c))
		return false;
	if (c->order_in) {
		if (fscanf(c->order_in, "%19llu", &number) != 1)
			return false;
		c->number = number + 1;
		fuzz_case_make(out, c->config->seed, number);
	} else if (c->order_out) {
		choose(c, out);
	} else {
		make_next(c, out);
	}
	c->drawn++;
	keep_range(c, out->number);
	return true;
}

/* Who goes on runs again what waited, and what has begun behind it. */
static void begun(void *ctx, const struct fuzz_case *k, uint64_t waiting)
{
	struct campaign *c = ctx;

	c->past[c->begun++ % CAMPAIGN_PAST] = k->number;
	c->counter->begun = k->number;
	c->counter->next = waiting < c->number ? waiting : c->number;
}

/* --- what comes of them --------------------------------------------------------------------- */

static void ended(void *ctx, const struct fuzz_case *k, const struct fuzz_script *s,
                  const struct fuzz_outcome *o)
{
	struct campaign *c = ctx;

	c->ended++;
	atlas_add(&c->coverage, k->number, s, o);
}

static void called(void *ctx, const struct fuzz_answer *a)
{
	atlas_add_called(&((struct campaign *)ctx)->coverage, a);
}

static void logged(void *ctx, const struct fuzz_case *k, size_t signature)
{
	struct fuzz_script s;

	fuzz_compile(k, &s);
	atlas_add_logged(&((struct campaign *)ctx)->coverage, &s, signature);
}

static void keep_past(struct campaign *c, struct campaign_failure *f)
{
	size_t n = c->begun < CAMPAIGN_PAST ? (size_t)c->begun : CAMPAIGN_PAST;

	f->past = calloc(n + 1, sizeof *f->past);
	if (!f->past)
		return;
	for (size_t i = 0; i < n; i++)
		f->past[i] = c->past[(c->begun - n + i) % CAMPAIGN_PAST];
	f->past_n = n;
}

/* Equal ones are one. */
static void failed(void *ctx, const struct engine_failure *failure)
{
	struct campaign *c = ctx;
	struct campaign_failure *f;

	for (size_t i = 0; i < c->failures_n; i++)
		if (strcmp(c->failures[i].first.signature, failure->signature) == 0) {
			c->failures[i].times++;
			return;
		}
	if (c->failures_n == CAMPAIGN_FAILURES)
		return;
	f = &c->failures[c->failures_n++];
	*f = (struct campaign_failure){ .first = *failure, .times = 1, .at = c->ended,
	                                .at_us = campaign_elapsed(c) };
	keep_past(c, f);
	c->enough = c->config->failures && c->failures_n >= c->config->failures;
}

static void tick(void *ctx, unsigned busy)
{
	struct campaign *c = ctx;

	c->busy = busy;
	if (c->show)
		c->show(c);
}

bool campaign_run(struct campaign *c, const struct campaign_config *config, char *why,
                  size_t why_cap)
{
	void (*show)(struct campaign *) = c->show;
	struct engine_config e = config->engine;

	*c = (struct campaign){ .config = config, .number = config->first, .journal = -1,
	                        .show = show, .begin_us = clock_us() };
	e.next = next;
	e.begun = begun;
	e.ended = ended;
	e.called = called;
	e.failed = failed;
	e.logged = logged;
	e.tick = tick;
	e.ctx = c;
	if (!open_files(c)) {
		snprintf(why, why_cap, "%s: %s", config->folder, strerror(errno));
		return false;
	}
	if (seed_paths() && !seed_try(&e, why, why_cap))
		return false;
	return engine_run(&e, &c->sum, why, why_cap);
}

void campaign_free(struct campaign *c)
{
	for (size_t i = 0; i < c->failures_n; i++)
		free(c->failures[i].past);
	if (c->counter)
		munmap(c->counter, sizeof *c->counter);
	if (c->journal >= 0)
		close(c->journal);
	if (c->order_in)
		fclose(c->order_in);
	if (c->order_out)
		fclose(c->order_out);
}
