/*
 * Any octets as a scenario and as a target: nothing may crash, take more than
 * linear time, or be accepted without being plain data in bounds.  The canonical form of
 * anything stays as it is; that of a scenario means the same, and comes back from JSON.
 *
 *     clang -fsanitize=fuzzer,address,undefined -Istack -Irig tests/fuzz/fuzz_scenario.c ...
 *     REPLAY=1: a main() that feeds files, with any compiler
 */
#include "scenario/format.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char target_text[] =
	"target t\n"
	"pics mode normal ; relay yes\n"
	"pixit address lab its-name LAB\n"
	"pixit side up listen 127.0.0.1:0 our-name UP route \"C=XX;A=T;P=UP;\"\n"
	"pixit side down listen 127.0.0.1:0 our-name DOWN route \"C=XX;A=T;P=DOWN;\"\n"
	"recipient down \"C=XX;A=T;P=DOWN;S=T\" at down\n"
	"recipient nowhere \"C=XX;A=T;P=NO;S=T\"\n";

static struct target fixed;

static void read_fixed(void)
{
	struct lexer_report r = { 0 };
	struct lexer_source s;

	assert(lexer_take(&s, "t", target_text, sizeof target_text - 1, &r));
	assert(target_read(&fixed, &s, &r));
	lexer_source_free(&s);
}

static void check_steps(const struct scenario *sc)
{
	assert(sc->steps_n <= STEPS_MAX && sc->expectations_n <= EXPECTATIONS_MAX);
	for (size_t i = 0; i < sc->steps_n; i++) {
		const struct step *s = &sc->steps[i];

		assert(s->kind < STEP_KINDS && s->side < SIDES_MAX && s->cut < CUT_HOWS);
		assert(s->point.kind < TAP_KINDS && s->time_us >= 0);
		assert(s->kind != STEP_EXPECT || s->n < sc->expectations_n);
		assert(s->recipient < TARGET_RECIPIENTS_MAX);
		assert(s->text < sc->strings_n && s->as < sc->strings_n);
		if (s->kind == STEP_SEND || s->kind == STEP_TRANSFER_OCTETS ||
		    s->kind == STEP_ACKNOWLEDGE)
			assert(s->from <= s->to && s->to <= sc->plan.items_n);
		else		/* blocks: steps */
			assert(s->from <= sc->steps_n && s->to <= sc->steps_n);
		assert(s->whom <= sc->names_n);
	}
	assert(scenario_worst_us(sc) >= 0 && scenario_worst_us(sc) <= sc->limit_us);
}

static struct lexer_source take(char *text, size_t n)
{
	struct lexer_report r = { 0 };
	struct lexer_source s;
	bool ok = lexer_take(&s, "f", text, n, &r);

	assert(ok);		/* what was text stays text */
	lexer_report_free(&r);
	free(text);
	return s;
}

/* The source in canonical form, which does not change when it is made once more. */
static struct lexer_source check_form(const struct lexer_source *s)
{
	struct lexer_source canonical;
	size_t n, again_n;
	char *again, *text = format_text(s, &n);

	assert(text);
	canonical = take(text, n);
	again = format_text(&canonical, &again_n);
	assert(again && again_n == canonical.n && memcmp(again, canonical.text, again_n) == 0);
	free(again);
	return canonical;
}

static bool same_steps(const struct scenario *a, const struct scenario *b)
{
	if (a->steps_n != b->steps_n || a->expectations_n != b->expectations_n ||
	    a->patterns_n != b->patterns_n || a->plan.items_n != b->plan.items_n ||
	    a->limit_us != b->limit_us || strcmp(a->id, b->id) != 0)
		return false;
	for (size_t i = 0; i < a->steps_n; i++)
		if (a->steps[i].kind != b->steps[i].kind || a->steps[i].side != b->steps[i].side ||
		    a->steps[i].n != b->steps[i].n || a->steps[i].size != b->steps[i].size ||
		    a->steps[i].time_us != b->steps[i].time_us)
			return false;
	return true;
}

static void check_json(const struct scenario *sc, const struct lexer_source *canonical)
{
	char why[200] = "", *json = format_json(sc, canonical, &fixed), *text;
	size_t n;

	assert(json);
	text = format_from_json(json, strlen(json), &n, why, sizeof why);
	assert(text && n == canonical->n && memcmp(text, canonical->text, n) == 0);
	free(text);
	free(json);
}

static void check_again(const struct scenario *sc, const struct lexer_source *canonical)
{
	struct lexer_report r = { 0 };
	struct scenario *again = scenario_compile(canonical, &fixed, &r);

	assert(again && same_steps(sc, again));
	scenario_free(again);
	lexer_report_free(&r);
	check_json(sc, canonical);
}

static bool is_target(const struct lexer_source *s)
{
	const char *p = s->text;

	while (*p == ' ' || *p == '\n')
		p++;
	return strncmp(p, "target", 6) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t;
	struct lexer_report r = { 0 };
	struct lexer_source s;
	struct scenario *sc;

	if (!fixed.name[0])
		read_fixed();
	if (lexer_take(&s, "f", (const char *)data, size, &r)) {
		/* Compiling is what most of the time is for. */
		bool twice = size > 0 && data[size / 2] % 8 == 0;
		struct lexer_source canonical = { 0 };

		if (twice)
			canonical = check_form(&s);
		sc = scenario_compile(&s, &fixed, &r);
		if (sc) {
			assert(r.errors == 0);
			check_steps(sc);
			if (twice)
				check_again(sc, &canonical);
		} else {
			assert(r.errors > 0);
		}
		scenario_free(sc);
		if (is_target(&s) && target_read(&t, &s, &r))
			assert(t.sides_n >= 1 && t.sides_n <= SIDES_MAX);
		lexer_source_free(&canonical);
		lexer_source_free(&s);
	}
	assert(r.n < LEXER_REPORT_MAX);
	lexer_report_free(&r);
	return 0;
}

#ifdef REPLAY
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		static uint8_t data[LEXER_FILE_MAX + 1];
		FILE *fp = fopen(argv[i], "rb");
		size_t n;

		if (!fp)
			return EXIT_FAILURE;
		n = fread(data, 1, sizeof data, fp);
		fclose(fp);
		LLVMFuzzerTestOneInput(data, n);
	}
	return EXIT_SUCCESS;
}
#endif
