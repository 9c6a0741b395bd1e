/* acse: vectors, builders, the table, and the machine between a presentation and
 * a user that are played by the test. */
#include "acse/acse.h"
#include "pool.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- vectors ---- */

static struct octets write(struct nodes *a, struct node *root, uint8_t *out, size_t cap)
{
	uint64_t n = node_size(root);
	struct octets o = { out, node_write(a, root, out, cap) };

	assert_int_equal(o.n, n);
	return o;
}

/* What was read can be written and is then read as the same. */
static void round_trip(const struct acse_pdu *pdu, const char *line)
{
	static uint8_t out[1024], again[1024];
	static struct nodes nodes;
	struct acse_pdu back;
	struct findings f;
	struct octets o, o2;
	struct text text;
	char line2[1024];

	nodes_reset(&nodes);
	o = write(&nodes, acse_build(&nodes, pdu), out, sizeof out);
	findings_clear(&f);
	assert_true(acse_decode(o, &back, &f));
	text_init(&text, line2, sizeof line2);
	acse_text(&text, &back);
	assert_string_equal(line2, line);
	nodes_reset(&nodes);
	o2 = write(&nodes, acse_build(&nodes, &back), again, sizeof again);
	assert_true(octets_equal(o, o2));
}

static bool decode(struct octets in, struct findings *f, struct text *out)
{
	static struct acse_pdu pdu;

	if (!acse_decode(in, &pdu, f))
		return false;
	acse_text(out, &pdu);
	round_trip(&pdu, out->p);
	return true;
}

int main(void)
{
	return vectors_run("acse", decode);
}
