#include "vectors.h"

#include <ctype.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	OCTETS_MAX = 1 << 20,
	WANTS_MAX = 64,
	TEXT_MAX = 16 << 10,
	CUTS_FIRST = 4096,
	CUTS_LAST = 256,
	CUTS_STEP = 127,
	BENT_MAX = 512,			/* octets of a vector that are bent */
};

struct want {
	char rule[64];
	size_t octet;
};

struct vector {
	const char *path;
	char *name, *cut_name, *bent_name;
	vectors_decode *decode;
	uint8_t *in;
	size_t n;
	struct want wants[WANTS_MAX];
	size_t wants_n;
	char verdict[TEXT_MAX];		/* "ok ..." or "fail"; empty: none yet */
	char broken[160];		/* why the file cannot be used */
};

struct result {
	struct findings f;
	bool ok;
	struct text text;
	char buf[TEXT_MAX];
};

bool vectors_bent;

static void broken(struct vector *v, unsigned line, const char *why)
{
	if (!v->broken[0])
		snprintf(v->broken, sizeof v->broken, "line %u: %s", line, why);
}

static bool read_octet(const char **s, uint8_t *octet)
{
	char two[3] = { (*s)[0], (*s)[0] ? (*s)[1] : '\0', '\0' };

	if (!isxdigit((unsigned char)two[0]) || !isxdigit((unsigned char)two[1]))
		return false;
	*octet = (uint8_t)strtoul(two, NULL, 16);
	*s += 2;
	return true;
}

static void read_in(struct vector *v, unsigned line, const char *s)
{
	for (;;) {
		uint8_t octet;
		size_t times = 1;

		s += strspn(s, " \t");
		if (!*s || *s == '#')
			return;
		if (!read_octet(&s, &octet)) {
			broken(v, line, "in: wants pairs of hex digits");
			return;
		}
		if (*s == '*')
			times = strtoul(s + 1, (char **)&s, 10);
		if (times > OCTETS_MAX - v->n) {
			broken(v, line, "in: too many octets");
			return;
		}
		memset(v->in + v->n, octet, times);
		v->n += times;
	}
}

static void read_want(struct vector *v, unsigned line, const char *s)
{
	struct want *w = &v->wants[v->wants_n];

	if (v->verdict[0])
		broken(v, line, "want: after the verdict");
	else if (!strncmp(s, "ok ", 3) || !strcmp(s, "ok") || !strcmp(s, "fail"))
		snprintf(v->verdict, sizeof v->verdict, "%s", s);
	else if (v->wants_n == WANTS_MAX)
		broken(v, line, "too many findings");
	else if (sscanf(s, "%63s @%zu", w->rule, &w->octet) != 2)
		broken(v, line, "want: RULE @OCTET, ok TEXT or fail");
	else
		v->wants_n++;
}

static void read_line(struct vector *v, unsigned line, char *s, bool *reason)
{
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	if (s[0] == '#')
		*reason = true;
	else if (!strncmp(s, "in:", 3))
		read_in(v, line, s + 3);
	else if (!strncmp(s, "want: ", 6))
		read_want(v, line, s + 6 + strspn(s + 6, " \t"));
	else if (n)
		broken(v, line, "neither #, in: nor want:");
}

static void read_file(struct vector *v)
{
	FILE *fp = fopen(v->path, "r");
	bool reason = false;
	unsigned line = 0;
	char *s = NULL;
	size_t cap = 0;

	if (!fp) {
		broken(v, 0, "cannot be read");
		return;
	}
	while (getline(&s, &cap, fp) >= 0)
		read_line(v, ++line, s, &reason);
	free(s);
	fclose(fp);
	if (!reason)
		broken(v, line, "no comment that says why");
	if (!v->verdict[0])
		broken(v, line, "no want: ok or want: fail");
}

/* Decodes the first n octets, alone in a block of that size. */
static void decode(const struct vector *v, size_t n, struct result *r)
{
	uint8_t *block = malloc(n ? n : 1);

	assert_non_null(block);
	if (n)
		memcpy(block, v->in, n);
	findings_clear(&r->f);
	text_init(&r->text, r->buf, sizeof r->buf);
	r->ok = v->decode((struct octets){ block, n }, &r->f, &r->text);
	free(block);
}

static void say(const struct vector *v, const struct result *r)
{
	print_error("%s\n", v->path);
	for (size_t i = 0; i < v->wants_n; i++)
		print_error("  expected  want: %s @%zu\n", v->wants[i].rule, v->wants[i].octet);
	print_error("  expected  want: %s\n", v->verdict);
	for (size_t i = 0; i < r->f.n; i++)
		print_error("  actual    want: %s @%zu\n", r->f.at[i].rule->name, r->f.at[i].octet);
	print_error("  actual    want: %s%s\n", r->ok ? "ok " : "fail", r->ok ? r->buf : "");
}

static bool same_finding(const struct want *w, const struct finding *f)
{
	return !strcmp(w->rule, f->rule->name) && w->octet == f->octet;
}

/* Findings past FINDINGS_MAX are only counted, except that the fatal one
 * takes the last place. */
static bool same_findings(const struct vector *v, const struct findings *f)
{
	bool over = v->wants_n > FINDINGS_MAX;
	size_t n = over ? FINDINGS_MAX - 1 : v->wants_n;

	if (f->n != (over ? FINDINGS_MAX : v->wants_n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same_finding(&v->wants[i], &f->at[i]))
			return false;
	return !over || !f->fatal || same_finding(&v->wants[v->wants_n - 1], &f->at[n]);
}

static bool same_verdict(const struct vector *v, const struct result *r)
{
	if (!r->ok)
		return !strcmp(v->verdict, "fail");
	if (strncmp(v->verdict, "ok", 2) != 0)
		return false;
	return !strcmp(v->verdict + 2 + (v->verdict[2] == ' '), r->buf);
}

static void whole(void **state)
{
	const struct vector *v = *state;
	static struct result r;

	if (v->broken[0])
		fail_msg("%s: %s", v->path, v->broken);
	decode(v, v->n, &r);
	if (r.ok == r.f.fatal)
		fail_msg("%s: decode returned %s but the findings are %sfatal", v->path,
		         r.ok ? "true" : "false", r.f.fatal ? "" : "not ");
	if (r.text.cut)
		fail_msg("%s: text longer than %d", v->path, TEXT_MAX);
	if (!same_findings(v, &r.f) || !same_verdict(v, &r)) {
		say(v, &r);
		fail_msg("%s: decoded otherwise", v->path);
	}
}

/* Every cut, but in the middle of a very long vector only some. */
static size_t next_cut(size_t n, size_t total)
{
	bool middle = n >= CUTS_FIRST && n + CUTS_STEP + CUTS_LAST < total;

	return n + (middle ? CUTS_STEP : 1);
}

static void truncated(void **state)
{
	const struct vector *v = *state;
	static struct result r;

	for (size_t n = 0; n < v->n && !v->broken[0]; n = next_cut(n, v->n)) {
		decode(v, n, &r);
		if (r.ok == r.f.fatal)
			fail_msg("%s cut to %zu octets: decode returned %s but the findings are "
			         "%sfatal", v->path, n, r.ok ? "true" : "false",
			         r.f.fatal ? "" : "not ");
		for (size_t i = 0; i < r.f.n; i++)
			if (r.f.at[i].octet > n)
				fail_msg("%s cut to %zu octets: %s @%zu is outside", v->path, n,
				         r.f.at[i].rule->name, r.f.at[i].octet);
	}
}

/* Each octet in turn replaced by each of these: whatever comes of it, it is said
 * whether the PDU can be used, and where. */
static void bent(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x02, 0x1f, 0x20, 0x80, 0xff };
	struct vector *v = *state;
	static struct result r;

	vectors_bent = true;
	for (size_t i = 0; i < v->n && i < BENT_MAX && !v->broken[0]; i++) {
		uint8_t was = v->in[i];

		for (size_t k = 0; k < sizeof masks; k++) {
			v->in[i] = was ^ masks[k];
			decode(v, v->n, &r);
			if (r.ok == r.f.fatal)
				fail_msg("%s with %02x at %zu: decode returned %s but the findings "
				         "are %sfatal", v->path, v->in[i], i, r.ok ? "true" :
				         "false", r.f.fatal ? "" : "not ");
			for (size_t j = 0; j < r.f.n; j++)
				if (r.f.at[j].octet > v->n)
					fail_msg("%s with %02x at %zu: %s @%zu is outside", v->path,
					         v->in[i], i, r.f.at[j].rule->name,
					         r.f.at[j].octet);
		}
		v->in[i] = was;
	}
	vectors_bent = false;
}

static char *name_of(const char *path, const char *suffix)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	int n = (int)strcspn(base, ".");
	char *name = NULL;

	if (asprintf(&name, "%.*s%s", n, base, suffix) < 0)
		abort();
	return name;
}

static void load(struct vector *v, const char *path, vectors_decode *fn)
{
	v->path = path;
	v->name = name_of(path, "");
	v->cut_name = name_of(path, " cut");
	v->bent_name = name_of(path, " bent");
	v->decode = fn;
	v->in = malloc(OCTETS_MAX);
	if (!v->in)
		abort();
	read_file(v);
	v->in = realloc(v->in, v->n ? v->n : 1);
}

static int run(const char *layer, const glob_t *g, vectors_decode *fn)
{
	size_t n = g->gl_pathc;
	struct vector *v = calloc(n, sizeof *v);
	struct CMUnitTest *tests = calloc(3 * n, sizeof *tests);
	int failed;

	if (!v || !tests)
		abort();
	for (size_t i = 0; i < n; i++) {
		load(&v[i], g->gl_pathv[i], fn);
		tests[3 * i] = (struct CMUnitTest){ v[i].name, whole, NULL, NULL, &v[i] };
		tests[3 * i + 1] =
			(struct CMUnitTest){ v[i].cut_name, truncated, NULL, NULL, &v[i] };
		tests[3 * i + 2] = (struct CMUnitTest){ v[i].bent_name, bent, NULL, NULL, &v[i] };
	}
	failed = _cmocka_run_group_tests(layer, tests, 3 * n, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		free(v[i].in);
		free(v[i].name);
		free(v[i].cut_name);
		free(v[i].bent_name);
	}
	free(v);
	free(tests);
	return failed;
}

int vectors_run(const char *layer, vectors_decode *fn)
{
	char pattern[128];
	glob_t g;
	int failed = 1;

	snprintf(pattern, sizeof pattern, "tests/vectors/%s/*.vec", layer);
	if (glob(pattern, 0, NULL, &g) == 0)
		failed = run(layer, &g, fn);
	else
		fprintf(stderr, "%s: no vectors (tests run from the root of the repository)\n",
		        pattern);
	globfree(&g);
	return failed;
}
