/*
 * Fuzz target: the decoder of TSDUs, the streaming front and the builder on
 * the same octets.  Findings lie inside the input, borrowed octets too; the
 * front says what the decoder says at every cut; what was decoded and can be
 * built again is decoded to the same.  REPLAY: a program that runs files.
 */
#include <string.h>

#include "fuzz.h"
#include "session/session_layout.h"

enum { LINE = 8192, OUT = 1 << 17 };

static void demand_inside(struct octets o, struct octets in)
{
	demand(o.n == 0 || (o.p >= in.p && o.n <= in.n && (size_t)(o.p - in.p) <= in.n - o.n));
}

static void check_findings(const struct findings *f, size_t size)
{
	for (size_t i = 0; i < f->n; i++) {
		demand(f->at[i].octet <= size);
		demand((f->at[i].rule->severity == SEVERITY_FATAL) == (f->fatal && i == f->n - 1u));
	}
}

static void check_pdu(const struct session_pdu *p, struct octets in)
{
	demand(p->kind > SPDU_NONE && p->kind < SESSION_SPDUS);
	demand(p->at < in.n && p->user_at <= in.n);
	for (unsigned i = 0; i < SESSION_PARAMS; i++) {
		const struct session_value_info *v = &session_values[i];
		const void *field = (const uint8_t *)p + v->offset;

		if (v->value != VALUE_OCTETS && v->value != VALUE_DIGITS)
			continue;
		demand_inside(*(const struct octets *)field, in);
		demand(!session_has(p, i) || ((const struct octets *)field)->n > 0);
	}
	demand(!session_has(p, SESSION_USER_DATA) || p->user_data.p == in.p + p->user_at);
}

/* Decoded, built and decoded again: the same line of text. */
static void check_build(const struct session_tsdu *t)
{
	static uint8_t out[OUT];
	static struct nodes a;
	struct session_tsdu again;
	char one[LINE], two[LINE];
	struct text x, y;
	struct findings f;
	struct node *root;
	uint64_t size;

	nodes_reset(&a);
	root = node_list(&a, NULL);
	for (size_t i = 0; i < t->n; i++) {
		struct session_pdu p = t->pdu[i];

		if (p.kind == SPDU_MAA_AEA)
			p.kind = SPDU_AEA;
		node_adopt(root, session_build(&a, &p));
		demand(!a.full);
	}
	size = node_size(root);
	if (size > OUT)
		return;
	demand(node_write(&a, root, out, OUT) == size);
	findings_clear(&f);
	demand(session_decode_tsdu((struct octets){ out, (size_t)size }, &again, &f));
	text_init(&x, one, sizeof one);
	text_init(&y, two, sizeof two);
	session_tsdu_text(&x, t);
	session_tsdu_text(&y, &again);
	demand(strcmp(one, two) == 0);
}

static bool same_findings(const struct findings *a, const struct findings *b)
{
	if (a->n != b->n || a->lost != b->lost)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->at[i].rule != b->at[i].rule || a->at[i].octet != b->at[i].octet)
			return false;
	return true;
}

/* All of `in` is a TSDU; the front sees its first octets. */
static void check_head(struct octets in, size_t cut, const struct session_tsdu *whole, bool ok,
                       const struct findings *found)
{
	static struct session_head head;
	struct findings f;
	enum session_head_answer answer;

	findings_clear(&f);
	answer = session_head((struct octets){ in.p, cut }, cut == in.n, &head, &f);
	demand(answer == SESSION_HEAD_STREAM || f.n == 0);
	demand(answer != SESSION_HEAD_MORE || (cut < SESSION_HEAD_MAX && cut < in.n));
	if (answer != SESSION_HEAD_STREAM)
		return;
	demand(ok && head.tsdu.n == whole->n && head.user_at <= cut);
	for (size_t i = 0; i < whole->n; i++) {
		demand(head.tsdu.pdu[i].kind == whole->pdu[i].kind);
		demand((head.tsdu.pdu[i].has | 1u << SESSION_USER_DATA) ==
		       (whole->pdu[i].has | 1u << SESSION_USER_DATA));
	}
	demand(head.user_at == whole->pdu[whole->n - 1].user_at);
	session_head_end(&head, in.n, &f);
	/* The one rule that can only be seen at the end may stand elsewhere. */
	demand(same_findings(&f, found) || in.n == head.user_at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct session_terms terms[] = {
		{ UNITS_RTSE, 1, false, false }, { UNITS_RTSE | UNIT_SYMMETRIC, 2, true, true },
	};
	struct octets in = { data, size };
	struct session_tsdu t;
	struct findings f, g;
	uint8_t order[SESSION_SPDUS_MAX];
	bool ok;

	findings_clear(&f);
	ok = session_decode_tsdu(in, &t, &f);
	demand(ok == !f.fatal && t.n <= SESSION_SPDUS_MAX && (t.n > 0 || !ok));
	check_findings(&f, size);
	for (size_t i = 0; i < t.n; i++)
		check_pdu(&t.pdu[i], in);
	for (size_t cut = 0; cut <= size && cut <= SESSION_HEAD_MAX + 1; cut++)
		check_head(in, cut, &t, ok, &f);
	if (!ok)
		return 0;
	session_order(&t, order);
	check_build(&t);
	for (size_t i = 0; i < 2; i++) {
		findings_clear(&g);
		ok = session_check(&t, &terms[i], &g);
		demand(ok == !g.fatal);
		check_findings(&g, size);
	}
	return 0;
}
