/*
 * Any octets as a scenario and as a target: nothing may crash, take more than
 * linear time, or be accepted without being plain data in bounds.
 *
 *     clang -fsanitize=fuzzer,address,undefined -Istack -Irig tests/fuzz/fuzz_scenario.c ...
 *     REPLAY=1: a main() that feeds files, with any compiler
 */
#include "scenario/scenario.h"

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
		assert(s->point.kind < POINT_KINDS && s->time_us >= 0);
		assert(s->kind != STEP_EXPECT || s->n < sc->expectations_n);
		assert(s->recipient < TARGET_RECIPIENTS_MAX);
		assert(s->text < sc->strings_n && s->as < sc->strings_n);
		assert(s->from <= s->to && s->to <= sc->plan.items_n);
		assert(s->whom <= sc->names_n);
	}
	assert(scenario_worst_us(sc) >= 0 && scenario_worst_us(sc) <= sc->limit_us);
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
		sc = scenario_compile(&s, &fixed, &r);
		if (sc) {
			assert(r.errors == 0);
			check_steps(sc);
		} else {
			assert(r.errors > 0);
		}
		scenario_free(sc);
		if (target_read(&t, &s, &r))
			assert(t.sides_n >= 1 && t.sides_n <= SIDES_MAX);
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
