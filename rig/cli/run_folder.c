#include "cli/run_folder.h"
#include "cli/pages.h"

#include "report/report.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* --- making it -------------------------------------------------------------------- */

static bool choose_name(struct run_folder *f, const char *wanted)
{
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];
	struct stat st;

	if (wanted)
		return snprintf(f->path, sizeof f->path, "%s", wanted) < (int)sizeof f->path;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	snprintf(f->path, sizeof f->path, "run-%s", stamp);
	for (int i = 2; stat(f->path, &st) == 0 && i < 1000; i++)
		snprintf(f->path, sizeof f->path, "run-%s-%d", stamp, i);
	return true;
}

/* Logs of another run in it would be judged as this one's. */
static bool holds_run(const struct run_folder *f)
{
	char path[FOLDER_PATH];
	struct stat st;

	if (!folder_join(path, f->path, "run", ".jsonl") || stat(path, &st) != 0)
		return false;
	errno = EEXIST;
	return true;
}

static bool copy_source(const struct run_folder *f, const char *name, const char *suffix,
                        const struct lexer_source *s)
{
	char path[FOLDER_PATH];

	return folder_join(path, f->path, name, suffix) && folder_write(path, s->text, s->n);
}

/* A run folder is handed on; a password that stands in the target file is not.  To judge again
 * needs none. */
static bool copy_target(const struct run_folder *f, const struct lexer_source *s)
{
	struct lexer_report report = { 0 };
	char path[FOLDER_PATH], *text = malloc(s->n + 1);
	struct lexer lx;
	bool secret = false, ok;

	if (!text)
		return false;
	memcpy(text, s->text, s->n);
	lexer_init(&lx, s, &report);
	while (lx.token.kind != TOKEN_EOF) {
		struct token t = lexer_next(&lx);

		if (secret && (t.n < 4 || memcmp(t.p, "env:", 4) != 0))
			memset(text + (t.p - s->text), '*', t.n);
		secret = token_is(&t, "our-password") || token_is(&t, "its-password");
	}
	ok = folder_join(path, f->path, "target", ".target") && folder_write(path, text, s->n);
	lexer_report_free(&report);
	free(text);
	return ok;
}

/* Included files stand beside the copy as they stood beside the scenario. */
static bool copy_includes(const struct run_folder *f, const struct suite_case *c)
{
	const struct scenario *sc = c->scenario;
	const char *slash = strrchr(c->source.name, '/'), *group = strrchr(sc->id, '/');
	size_t folder = slash ? (size_t)(slash - c->source.name + 1) : 0;
	char name[SCENARIO_ID + 300];

	for (size_t i = 0; i < sc->includes_n; i++) {
		const struct lexer_source *s = &sc->includes[i]->source;

		snprintf(name, sizeof name, "scenarios/%.*s%s",
		         group ? (int)(group - sc->id + 1) : 0, sc->id, s->name + folder);
		if (!copy_source(f, name, "", s))
			return false;
	}
	return true;
}

static bool copy_file(const char *from, const char *to)
{
	char buffer[16 << 10];
	struct stat st;
	FILE *in, *out;
	size_t n;
	bool ok;

	if (stat(to, &st) == 0)		/* contents are named by digest */
		return true;
	in = fopen(from, "rbe");
	out = in ? folder_create_file(to) : NULL;
	ok = out != NULL;
	while (ok && (n = fread(buffer, 1, sizeof buffer, in)) > 0)
		ok = fwrite(buffer, 1, n, out) == n;
	if (in)
		fclose(in);
	return (!out || fclose(out) == 0) && ok;
}

/* Files whose octets are sent, likewise. */
static bool copy_contents(const struct run_folder *f, const struct scenario *sc)
{
	const char *group = strrchr(sc->id, '/');
	char name[SCENARIO_ID + 300], from[FOLDER_PATH], to[FOLDER_PATH];

	for (size_t i = 0; i < sc->plan.items_n; i++) {
		const struct pdu_item *item = &sc->plan.items[i];

		if (item->value != PDU_VALUE_FILE ||
		    (item->kind == PDU_ITEM_PDU || item->kind == PDU_ITEM_BEND))
			continue;
		snprintf(from, sizeof from, "%s%.*s", sc->folder, (int)item->n,
		         (const char *)sc->plan.octets + item->at);
		snprintf(name, sizeof name, "scenarios/%.*s%s",
		         group ? (int)(group - sc->id + 1) : 0, sc->id,
		         from + strlen(sc->folder));
		if (!folder_join(to, f->path, name, "") || !copy_file(from, to))
			return false;
	}
	return true;
}

static bool copy_scenario(const struct run_folder *f, const struct suite_case *c)
{
	char name[SCENARIO_ID + 16];

	snprintf(name, sizeof name, "scenarios/%s", c->scenario->id);
	return copy_includes(f, c) && copy_contents(f, c->scenario) &&
	       copy_source(f, name, ".scn", &c->source);
}

static int is_signature(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && strcmp(dot, ".sig") == 0;
}

static bool copy_signature(struct run_folder *f, const char *path, const char *prefix)
{
	const char *slash = strrchr(path, '/');
	char name[FOLDER_PATH], to[FOLDER_PATH];
	struct lexer_source s;
	bool ok;

	snprintf(name, sizeof name, "%s%s", prefix, slash ? slash + 1 : path);
	if (!folder_join(to, "signatures", name, "") || !lexer_load(&s, path, &f->report))
		return false;
	ok = copy_source(f, to, "", &s);
	lexer_source_free(&s);
	return ok;
}

static bool copy_folder(struct run_folder *f, const char *folder, const char *prefix)
{
	char path[FOLDER_PATH];
	struct dirent **names;
	bool ok = true;
	int n = scandir(folder, &names, is_signature, alphasort);

	for (int i = 0; i < n; i++) {
		ok = ok && folder_join(path, folder, names[i]->d_name, "") &&
		     copy_signature(f, path, prefix);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return ok && n >= 0;
}

/* The judge works with the copies, so that judging again works with the same.  The user's
 * own stand beside those that come with the rig, whatever their names. */
static bool copy_signatures(struct run_folder *f, const struct cli_list *own)
{
	char folder[CLI_PATH], prefix[32];
	bool ok = cli_data("signatures", folder) && copy_folder(f, folder, "");
	struct stat st;

	for (size_t i = 0; ok && i < own->n; i++) {
		snprintf(prefix, sizeof prefix, "own-%zu-", i + 1);
		ok = stat(own->at[i], &st) == 0 && S_ISDIR(st.st_mode) ?
		     copy_folder(f, own->at[i], prefix) : copy_signature(f, own->at[i], prefix);
	}
	return ok;
}

static bool copy_all(struct run_folder *f, const struct cli_list *signatures,
                     const struct suite *s)
{
	if (!copy_target(f, &s->target_source))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!copy_scenario(f, &s->at[i]))
			return false;
	return copy_signatures(f, signatures);
}

bool run_folder_make(struct run_folder *f, const char *path, const struct cli_list *signatures,
                     const struct suite *s)
{
	char sub[FOLDER_PATH];

	*f = (struct run_folder){ 0 };
	if (!choose_name(f, path) || holds_run(f) || !folder_make(f->path) ||
	    !copy_all(f, signatures, s))
		return false;
	if (!folder_join(sub, f->path, "signatures", "") ||
	    !signatures_load(&f->signatures, sub, &f->report) ||
	    !folder_join(sub, f->path, "run", ".jsonl"))
		return false;
	f->results = folder_create_file(sub);
	return f->results != NULL;
}

/* --- finishing it ------------------------------------------------------------------ */

static bool write_report(const struct run_folder *f, const char *name,
                         bool (*report)(FILE *, const struct results *),
                         const struct results *results)
{
	char path[FOLDER_PATH];
	FILE *out = folder_join(path, f->path, name, "") ? folder_create_file(path) : NULL;
	bool ok = out && report(out, results);

	return out && fclose(out) == 0 && ok;
}

bool run_folder_finish(struct run_folder *f, const struct results *results)
{
	bool ok = !ferror(f->results);

	ok = fclose(f->results) == 0 && ok;
	f->results = NULL;
	return write_report(f, "junit.xml", report_junit, results) &&
	       write_report(f, "report.tap", report_tap, results) && pages_write(f->path) && ok;
}

void run_folder_free(struct run_folder *f)
{
	if (f->results)
		fclose(f->results);
	signatures_free(&f->signatures);
	lexer_report_free(&f->report);
	*f = (struct run_folder){ 0 };
}
