#include "bend.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BENT_MAX = 4096 };

static size_t load(const char *path, uint8_t *out)
{
	FILE *fp = fopen(path, "r");
	char line[512];
	size_t n = 0;

	assert_non_null(fp);
	while (fgets(line, sizeof line, fp)) {
		char *p = line + 3, *end;

		if (strncmp(line, "in:", 3) != 0)
			continue;
		for (;; p = end) {
			unsigned long v = strtoul(p, &end, 16);

			if (end == p || n == BENT_MAX)
				break;
			out[n++] = (uint8_t)v;
		}
	}
	fclose(fp);
	return n;
}

static void decode_bent(const uint8_t *octets, size_t n, vectors_decode *decode)
{
	static char buf[16 << 10];
	uint8_t *block = malloc(n ? n : 1);
	struct findings f;
	struct text t;
	bool ok;

	assert_non_null(block);
	if (n)
		memcpy(block, octets, n);
	findings_clear(&f);
	text_init(&t, buf, sizeof buf);
	ok = decode((struct octets){ block, n }, &f, &t);
	assert_int_equal(ok, !f.fatal);
	for (size_t i = 0; i < f.n; i++)
		assert_true(f.at[i].octet <= n);
	free(block);
}

/* Another value, none, all bits, another form of the same tag, another type,
 * a length that is cut, a length that runs over. */
static uint8_t bend(uint8_t octet, unsigned how)
{
	const uint8_t bent[] = {
		0x00, 0x80, 0xff, octet ^ 0x20, octet ^ 0x01, (uint8_t)(octet - 1),
		(uint8_t)(octet + 1), octet ^ 0x80, 0x05, 0x24,
	};

	return how < sizeof bent ? bent[how] : octet;
}

void bend_vectors(const char *layer, vectors_decode *decode)
{
	static uint8_t octets[BENT_MAX];
	char pattern[128];
	glob_t g;

	snprintf(pattern, sizeof pattern, "tests/vectors/%s/*.vec", layer);
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		size_t n = load(g.gl_pathv[i], octets);

		for (size_t at = 0; at < n; at++) {
			uint8_t was = octets[at];

			for (unsigned how = 0; how < 10; how++) {
				octets[at] = bend(was, how);
				decode_bent(octets, n, decode);
			}
			octets[at] = was;
		}
	}
	globfree(&g);
}
