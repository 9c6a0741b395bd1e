#include "fuzz/casefile_inner.h"

#include "fuzz/seed.h"
#include "scenario/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MAX = 1 << 16 };

static const struct field {
	const char *name;
	size_t at;
	bool wide;			/* 16 bits, else 8 */
} fields[] = {
	{ "point", offsetof(struct fuzz_case, point), true },
	{ "cut", offsetof(struct fuzz_case, cut), true },
	{ "way", offsetof(struct fuzz_case, way), false },
	{ "second", offsetof(struct fuzz_case, second), false },
	{ "lie", offsetof(struct fuzz_case, lie), false },
	{ "end", offsetof(struct fuzz_case, end), false },
	{ "delay", offsetof(struct fuzz_case, delay), false },
	{ "flight", offsetof(struct fuzz_case, flight), false },
	{ "after", offsetof(struct fuzz_case, after), false },
	{ "down", offsetof(struct fuzz_case, down), false },
	{ "downway", offsetof(struct fuzz_case, down_way), false },
	{ "downend", offsetof(struct fuzz_case, down_end), false },
	{ "downtimes", offsetof(struct fuzz_case, down_times), false },
	{ "downcut", offsetof(struct fuzz_case, down_cut), true },
	{ "long", offsetof(struct fuzz_case, is_long), false },
	{ "rest", offsetof(struct fuzz_case, rest), false },
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static uint16_t field_get(const struct fuzz_case *c, const struct field *f)
{
	const uint8_t *at = (const uint8_t *)c + f->at;
	uint16_t v = *at;

	if (f->wide)
		memcpy(&v, at, sizeof v);
	return v;
}

static bool field_set(struct fuzz_case *c, const struct field *f, uint64_t value)
{
	uint8_t *at = (uint8_t *)c + f->at;
	uint16_t v = (uint16_t)value;

	if (value > (f->wide ? UINT16_MAX : UINT8_MAX))
		return false;
	if (f->wide)
		memcpy(at, &v, sizeof v);
	else
		*at = (uint8_t)value;
	return true;
}

static void write_header(const struct casefile *f, FILE *out)
{
	fprintf(out, "#: fuzz teardown\n#: signature %s\n#: lanes %u\n", f->signature, f->lanes);
	if (f->defects[0])
		fprintf(out, "#: defect %s\n", f->defects);
	if (seed_paths())
		fprintf(out, "#: from %s\n", seed_capture());
	for (size_t i = 0; i < f->n; i++) {
		const struct fuzz_case *c = &f->cases[i];

		fprintf(out, "#: case seed=%" PRIu64 " number=%" PRIu64, c->seed, c->number);
		for (size_t k = 0; k < FIELDS; k++)
			fprintf(out, " %s=%u", fields[k].name, field_get(c, &fields[k]));
		fprintf(out, " without=0x%" PRIx64 "\n", c->without);
	}
}

/* PATH.octets, if the file needs it. */
static bool write_long(const struct casefile *f, const struct speech *speech, const char *path,
                       char beside[static FOLDER_PATH])
{
	struct octets rest = speech_long(speech);
	bool needed = false, ok;
	FILE *out;

	snprintf(beside, FOLDER_PATH, "%s.octets", path);
	for (size_t i = 0; i < f->n; i++)
		needed |= f->cases[i].is_long;
	if (!needed)
		return true;
	out = folder_create_file(beside);
	ok = out && fwrite(rest.p, 1, rest.n, out) == rest.n;
	return (!out || fclose(out) == 0) && ok;
}

bool casefile_write(const struct casefile *f, const struct target *t, const char *path)
{
	char why[200];
	struct speech *speech = speech_for(t, 1, why, sizeof why);
	FILE *out = speech ? folder_create_file(path) : NULL;
	char beside[FOLDER_PATH];
	bool ok = out && write_long(f, speech, path, beside) && (!seed_paths() || seed_copy(path));

	if (ok) {
		write_header(f, out);
		casefile_scenario(f, speech,
		                  strrchr(beside, '/') ? strrchr(beside, '/') + 1 : beside, out);
	}
	ok = ok && !ferror(out);
	if (out && fclose(out) != 0)
		ok = false;
	speech_free(speech);
	return ok;
}

/* A value out of its table would lead the compiler astray. */
static bool sound(const struct fuzz_case *c)
{
	return c->point < fuzz_points() && c->way < fuzz_sentences_n &&
	       c->second < fuzz_sentences_n && c->lie < fuzz_lies_n && c->end < FUZZ_ENDS &&
	       c->delay < FUZZ_DELAYS && c->flight < FUZZ_FLIGHTS && c->after < FUZZ_AFTERS &&
	       c->down < FUZZ_PLACES && c->down_way < fuzz_sentences_n && c->down_end < FUZZ_ENDS &&
	       c->down_times < FUZZ_TIMES && c->is_long <= 1 && c->rest <= 1;
}

static bool set_named(struct fuzz_case *c, const char *name, uint64_t v)
{
	uint64_t *wide = strcmp(name, "seed") == 0 ? &c->seed
	               : strcmp(name, "number") == 0 ? &c->number
	               : strcmp(name, "without") == 0 ? &c->without : NULL;

	if (wide)
		*wide = v;
	for (size_t i = 0; !wide && i < FIELDS; i++)
		if (strcmp(name, fields[i].name) == 0)
			return field_set(c, &fields[i], v);
	return wide != NULL;
}

static bool read_case(const char *line, struct fuzz_case *c)
{
	char name[16], value[24];
	int n;

	*c = (struct fuzz_case){ 0 };
	while (sscanf(line, " %15[a-z]=%23[0-9a-fx]%n", name, value, &n) == 2) {
		if (!set_named(c, name, strtoull(value, NULL, 0)))
			return false;
		line += n;
	}
	return line[strspn(line, " \n")] == '\0' && sound(c);
}

static bool add_case(struct casefile *f, const char *line)
{
	struct fuzz_case *grown = realloc(f->cases, (f->n + 1) * sizeof *grown);

	if (!grown)
		return false;
	f->cases = grown;
	return f->n < CASES_MAX && read_case(line, &f->cases[f->n++]);
}

static bool read_line(struct casefile *f, const char *line)
{
	if (sscanf(line, "#: signature %95[^\n]", f->signature) == 1 ||
	    sscanf(line, "#: defect %127[^\n]", f->defects) == 1 ||
	    sscanf(line, "#: lanes %9u", &f->lanes) == 1)
		return true;
	return strncmp(line, "#: case ", 8) != 0 || add_case(f, line + 8);
}

void casefile_from(const char *path, char *capture, size_t cap)
{
	static const char head[] = "#: from ";
	FILE *in = fopen(path, "re");
	char line[LINE_MAX_OCTETS];

	*capture = '\0';
	while (in && !*capture && fgets(line, sizeof line, in))
		if (strncmp(line, head, sizeof head - 1) == 0)
			snprintf(capture, cap, "%.*s", (int)strcspn(line + sizeof head - 1, "\n"),
			         line + sizeof head - 1);
	if (in)
		fclose(in);
}

bool casefile_read(struct casefile *f, const char *path, char *why, size_t why_cap)
{
	FILE *in = fopen(path, "re");
	char line[LINE_MAX_OCTETS];
	unsigned number = 0;
	bool ok = in != NULL;

	*f = (struct casefile){ .lanes = 1 };
	snprintf(why, why_cap, "%s: %s", path, strerror(errno));
	while (ok && fgets(line, sizeof line, in)) {
		number++;
		ok = read_line(f, line);
		if (!ok)
			snprintf(why, why_cap, "%s:%u:1: this line cannot be read", path, number);
	}
	if (in)
		fclose(in);
	if (ok && f->n == 0)
		snprintf(why, why_cap, "%s: no line \"#: case ...\": not a file of the fuzzer",
		         path);
	if (ok && f->n && f->lanes && f->lanes <= 1000)
		return true;
	casefile_free(f);
	return false;
}

void casefile_free(struct casefile *f)
{
	free(f->cases);
	f->cases = NULL;
	f->n = 0;
}

size_t casefile_steps(const struct casefile *f)
{
	struct fuzz_script s;
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		fuzz_compile(&f->cases[i], &s);
		n += s.n;
	}
	return n;
}
