/*
 * The MTA's log while the cases run, held against the conclusive signatures.
 */
#include "fuzz/engine_inner.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void log_hit(void *ctx, uint16_t row)
{
	struct engine *g = ctx;

	signature_score_hit(&g->score, row);
}

static void log_record(void *ctx, const struct log_record *record)
{
	struct engine *g = ctx;

	signature_matcher_record(g->matcher, record, log_hit, g);
}

void engine_read_log(struct engine *g)
{
	const struct signatures *all = g->config->signatures;
	char buf[16384];
	bool begun, fed = false;
	ssize_t n;

	if (!g->reader)
		return;
	while ((n = log_follow_read(&g->follow, buf, sizeof buf, &begun)) > 0) {
		if (begun)
			log_reader_flush(g->reader);
		log_reader_feed(g->reader, buf, (size_t)n);
		fed = true;
	}
	/* A record that nothing was added to since the last look is complete. */
	if (!fed)
		log_reader_flush(g->reader);
	for (size_t i = 0; i < all->n; i++) {
		if (all->at[i].weight != WEIGHT_CONCLUSIVE || g->told[i / 64] >> i % 64 & 1 ||
		    !signature_complete(all, i, &g->score))
			continue;
		g->told[i / 64] |= UINT64_C(1) << i % 64;
		engine_fault(g, FAULT_LOG, &g->last, NULL, NULL, all->at[i].article);
	}
}

void engine_trim_logs(struct engine *g)
{
	enum { MOST = 32 << 20 };
	static const char *const names[] = { "Ev0.log", "Application.txt", "Bf0.log", "Calls.out" };
	char path[512];
	struct stat st;

	for (size_t i = 0; g->has_lab && g->config->folder && i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", g->config->folder, names[i]);
		if (stat(path, &st) == 0 && st.st_size > MOST && truncate(path, 0) != 0)
			return;			/* it stays as long as it is */
	}
}

bool engine_open_log(struct engine *g)
{
	const struct target_log *log = &g->config->target->events;
	char path[512];

	if (!g->config->signatures || log->kind != LOG_SOURCE_FILE ||
	    (g->has_lab && !g->config->folder))
		return true;
	if (g->has_lab)
		snprintf(path, sizeof path, "%s/%s", g->config->folder, log->file);
	else
		snprintf(path, sizeof path, "%s", log->file);
	g->matcher = signature_matcher_new(g->config->signatures);
	g->reader = log_reader_new(log_record, g);
	return g->matcher && g->reader && log_follow_open(&g->follow, path, true);
}

void engine_close_log(struct engine *g)
{
	if (g->reader)
		log_follow_close(&g->follow);
	log_reader_free(g->reader);
	signature_matcher_free(g->matcher);
	g->reader = NULL;
	g->matcher = NULL;
}
