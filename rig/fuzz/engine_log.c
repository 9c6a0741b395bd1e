/*
 * The MTA's logs against the signatures: each conclusive one is told once.
 */
#include "fuzz/engine_inner.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void log_hit(void *ctx, uint16_t row)
{
	struct engine *g = ctx;

	signature_score_hit(&g->score, row);
	if (g->config->logged)
		g->config->logged(g->config->ctx, &g->last, signature_of(row));
}

static void log_record(void *ctx, const struct log_record *record)
{
	struct engine_log *l = ctx;

	signature_matcher_record(l->engine->matcher, record, log_hit, l->engine);
}

static bool log_octets(void *ctx, const char *p, size_t n)
{
	struct engine_log *l = ctx;

	log_reader_feed(l->reader, p, n);
	return true;
}

static void log_begun(void *ctx)
{
	struct engine_log *l = ctx;

	log_reader_flush(l->reader);
}

static void tell(struct engine *g)
{
	const struct signatures *all = g->config->signatures;

	for (size_t i = 0; i < all->n; i++) {
		if (all->at[i].weight != WEIGHT_CONCLUSIVE || g->told[i / 64] >> i % 64 & 1 ||
		    !signature_complete(all, i, &g->score))
			continue;
		g->told[i / 64] |= UINT64_C(1) << i % 64;
		engine_fault(g, FAULT_LOG, &g->last, NULL, NULL, all->at[i].article);
	}
}

void engine_read_log(struct engine *g)
{
	for (size_t i = 0; i < g->logs_n; i++) {
		struct engine_log *l = &g->logs[i];
		uint64_t before = l->source.octets;

		log_source_look(&l->source);
		/* A record that nothing was added to since the last look is complete. */
		if (l->source.octets == before)
			log_reader_flush(l->reader);
	}
	if (g->logs_n)
		tell(g);
}

void engine_read_whole_logs(struct engine *g)
{
	for (size_t i = 0; i < g->logs_n; i++) {
		log_source_whole(&g->logs[i].source);
		log_reader_flush(g->logs[i].reader);
	}
	engine_read_log(g);
}

void engine_trim_logs(struct engine *g)
{
	enum { MOST = 32 << 20 };
	static const char *const names[] = { "Ev0.log", "Application.txt", "Bf0.log", "Calls.out" };
	char path[512];
	struct stat st;

	for (size_t i = 0; g->has_lab && g->config->folder &&
	     i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", g->config->folder, names[i]);
		if (stat(path, &st) == 0 && st.st_size > MOST && truncate(path, 0) != 0)
			return;			/* it stays as long as it is */
	}
}

static bool open_log(struct engine *g, const struct target_log *what)
{
	static const struct log_source_user user = { log_octets, log_begun, log_record };
	struct engine_log *l = &g->logs[g->logs_n];
	struct log_options o = target_log_options(g->config->target);

	if (what->kind == LOG_SOURCE_NONE || (g->has_lab && !g->config->folder))
		return true;
	*l = (struct engine_log){ .engine = g, .reader = log_reader_open(&o, NULL, log_record, l) };
	if (!l->reader)
		return false;
	log_source_begin(&l->source, g->config->target, what, g->has_lab ? g->config->folder : NULL,
	                 false, &user, l, g->config->hand);
	g->logs_n++;
	return true;
}

bool engine_open_logs(struct engine *g)
{
	const struct target *t = g->config->target;

	if (!g->config->signatures)
		return true;
	g->matcher = signature_matcher_new(g->config->signatures);
	return g->matcher && open_log(g, &t->events) && open_log(g, &t->calls);
}

void engine_close_logs(struct engine *g)
{
	for (size_t i = 0; i < g->logs_n; i++) {
		log_source_end(&g->logs[i].source);
		log_reader_free(g->logs[i].reader);
	}
	signature_matcher_free(g->matcher);
	g->logs_n = 0;
	g->matcher = NULL;
}
