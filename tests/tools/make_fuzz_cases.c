/*
 * make_fuzz_cases: cases of the teardown fuzzer as scenarios for the lab MTA
 * (make_fuzz_cases FOLDER SEED NUMBER [called]).
 *
 * FOLDER/I.scn is case I of the list of SEED, as a failure that the ledger sees would be
 * written; of so many cases, or of those among them that speak where the message is handed on.
 */
#include "fuzz/casefile.h"
#include "scenario/folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_lab(struct target *t)
{
	struct lexer_report report = { 0 };
	struct lexer_source source;
	bool loaded = lexer_load(&source, "rig/targets/lab.target", &report);
	bool ok = loaded && target_read(t, &source, &report);

	if (!ok)
		fputs(report.text ? report.text : "no memory\n", stderr);
	if (loaded)
		lexer_source_free(&source);
	lexer_report_free(&report);
	return ok;
}

static bool write_case(struct fuzz_case *c, const struct target *t, const char *folder)
{
	struct casefile f = { .lanes = 1, .cases = c, .n = 1 };
	char path[FOLDER_PATH], name[24];

	snprintf(name, sizeof name, "%" PRIu64, c->number);
	snprintf(f.signature, sizeof f.signature, "ledger %s", name);
	return folder_join(path, folder, name, ".scn") && casefile_write(&f, t, path);
}

int main(int argc, char **argv)
{
	static struct target t;
	bool called = argc == 5 && strcmp(argv[4], "called") == 0;
	struct fuzz_script script;
	struct fuzz_case c;

	if (argc != 4 && !called)
		return fputs("make_fuzz_cases FOLDER SEED NUMBER [called]\n", stderr), 2;
	if (!read_lab(&t))
		return 1;
	for (uint64_t i = 0; i < strtoull(argv[3], NULL, 10); i++) {
		fuzz_case_make(&c, strtoull(argv[2], NULL, 10), i);
		fuzz_compile(&c, &script);
		if ((!called || script.down) && !write_case(&c, &t, argv[1]))
			return perror(argv[1]), 1;
	}
	return 0;
}
