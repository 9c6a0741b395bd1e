#include "cli/replay_diff.h"

#include "scenario/folder.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void replay_print_sum(FILE *out, const char *name, const struct replay_sum *sum)
{
	fprintf(out, "%s: answers:", name);
	for (int i = 0; i < REPLAY_SEVERITIES; i++)
		fprintf(out, "%s %" PRIu32 " %s", i ? "," : "", sum->n[i],
		        replay_severity_name((enum replay_severity)i));
	fputc('\n', out);
}

bool replay_sum_differs(const struct replay_sum *sum)
{
	return sum->n[REPLAY_DIFFERS] || sum->n[REPLAY_MISSING] || sum->n[REPLAY_EXTRA];
}

static int is_capture(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 7 && strcmp(e->d_name + n - 7, ".pcapng") == 0;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Both sides: what we said differs only if the scenarios do. */
static void compare(const struct replay_capture *was, const struct replay_capture *is,
                    struct replay_sum *sum)
{
	size_t n = was->talks_n > is->talks_n ? was->talks_n : is->talks_n;
	const struct replay_talk none = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct replay_talk *a = i < was->talks_n ? &was->talks[i] : &none;
		const struct replay_talk *b = i < is->talks_n ? &is->talks[i] : &none;

		for (int d = 0; d < DIRECTIONS; d++) {
			printf("  connection %zu, %s\n", i + 1,
			       d == FROM_INITIATOR ? "who calls" : "who is called");
			replay_compare(was, a, is, b, (enum capture_direction)d, 0, stdout, sum);
		}
	}
}

static bool diff_one(const char *was, const char *is, const char *name, struct replay_sum *all)
{
	char path[2][FOLDER_PATH], stem[FOLDER_PATH], why[256] = "";
	struct replay_capture c[2];
	struct replay_sum sum = { { 0 } };
	bool ok;

	snprintf(stem, sizeof stem, "replay/%.*s", (int)(strlen(name) - 7), name);
	if (!folder_join(path[0], was, stem, ".pcapng") ||
	    !folder_join(path[1], is, stem, ".pcapng"))
		return false;
	for (int i = 0; i < 2; i++) {
		if (is_file(path[i]))
			continue;
		printf("%s: only in %s\n", stem, i ? was : is);
		all->n[i ? REPLAY_MISSING : REPLAY_EXTRA]++;
		return true;
	}
	ok = replay_read(&c[0], path[0], REPLAY_BY_PDU, why, sizeof why);
	ok = replay_read(&c[1], path[1], REPLAY_BY_PDU, why, sizeof why) && ok;
	printf("%s\n", stem);
	if (ok)
		compare(&c[0], &c[1], &sum);
	else
		fprintf(stderr, "x400rig diff: %s\n", why);
	replay_print_sum(stdout, stem, &sum);
	for (int i = 0; i < REPLAY_SEVERITIES; i++)
		all->n[i] += sum.n[i];
	replay_free(&c[0]);
	replay_free(&c[1]);
	return ok;
}

int replay_diff_runs(const char *was, const char *is, struct replay_sum *sum)
{
	const char *const runs[] = { was, is };
	int found = 0;

	for (int k = 0; k < 2 && found >= 0; k++) {
		char folder[FOLDER_PATH], other[FOLDER_PATH];
		struct dirent **list;
		int n;

		if (!folder_join(folder, runs[k], "replay", ""))
			return -1;
		n = scandir(folder, &list, is_capture, alphasort);
		for (int i = 0; i < n; i++) {
			snprintf(other, sizeof other, "%.200s/replay/%.200s", was, list[i]->d_name);
			/* Those of both have been told with the first. */
			if (found >= 0 && (k == 0 || !is_file(other)))
				found = diff_one(was, is, list[i]->d_name, sum) ? found + 1 : -1;
			free(list[i]);
		}
		if (n >= 0)
			free(list);
	}
	return found;
}
