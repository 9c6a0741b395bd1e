/* Fuzz target: a content as IPM or notification, whole and at its beginning. */
#include "fuzz.h"

#include "ipm/ipm.h"

static bool inside(struct octets o, struct octets in)
{
	return o.n == 0 || (o.p >= in.p && o.n <= in.n && (size_t)(o.p - in.p) <= in.n - o.n);
}

static void list(const struct p1_window *w, uint32_t n)
{
	struct ipm_recipient r;
	struct p1_iterator it;
	struct findings f;

	findings_clear(&f);
	p1_walk(&it, w, &f);
	while (ipm_next_recipient(&it, &r))
		n--;
	demand(n == 0);
}

static bool read_content(struct octets in, struct ipm *m)
{
	static char line[8192];
	struct findings f;
	struct text t;
	bool ok;

	findings_clear(&f);
	ok = ipm_decode(in, m, &f);
	demand(ok != f.fatal);
	for (size_t i = 0; i < f.n; i++)
		demand(f.at[i].octet <= in.n);
	if (!ok)
		return false;
	demand(inside(m->text.raw, in) && inside(m->subject.raw, in));
	text_init(&t, line, sizeof line);
	ipm_text(&t, m);
	list(&m->primary, m->primary_n);
	list(&m->copy, m->copy_n);
	list(&m->blind, m->blind_n);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipm whole, part;

	if (size == 0)
		return 0;
	if (!read_content((struct octets){ data + 1, size - 1 }, &whole))
		return 0;
	/* What the beginning says is said by the whole. */
	size = data[0] < size - 1 ? data[0] : size - 1;
	if (read_content((struct octets){ data + 1, size }, &part))
		demand(part.kind == whole.kind && part.primary_n == whole.primary_n &&
		       part.parts_n <= whole.parts_n && part.text.raw.n <= whole.text.raw.n);
	return 0;
}
