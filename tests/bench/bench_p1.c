/*
 * What P1 costs: messages of 2 KiB, all distinct, 64 MiB of them.
 *
 *     bench_p1            decoding and encoding: rows for tests/bench/table.py
 *
 * Baselines in the same run: memcpy of the same octets (cold), and a bare walk over
 * their headers, tag by tag, that makes nothing of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "p1/p1.h"

#include "row.h"

enum { MESSAGE = 2048, TOTAL = 64 << 20, N = TOTAL / MESSAGE, ROUNDS = 5, HEAD_MAX = 1024 };

static uint8_t *all, *copy;
static size_t heads[N], wholes[N], starts[N];
static volatile uint64_t sink;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- messages ---- */

struct addresses {
	uint8_t from[128], to[128], local[16], number[16];
	struct octets from_o, to_o;
};

static struct octets address(const char *s, uint8_t *buf, size_t cap)
{
	struct p1_name n;
	size_t bad;

	if (!p1_name_parse(octets_of(s), &n, &bad))
		abort();
	return (struct octets){ buf, p1_name_encode(&n, 0x60, buf, cap) };
}

static struct p1_message message_of(struct addresses *a, struct p1_recipient *r, unsigned i)
{
	char text[96];
	struct p1_message m;
	size_t bad;

	snprintf(text, sizeof text, "C=XX;A=ADM;P=PRI;O=Organization;OU1=Unit;S=S%06u;G=Giv", i);
	a->from_o = address(text, a->from, sizeof a->from);
	snprintf(text, sizeof text, "C=XX;A=ADM;P=OTHER;O=Organization;OU1=Unit;S=R%06u", i);
	a->to_o = address(text, a->to, sizeof a->to);
	*r = (struct p1_recipient){
		.name = a->to_o, .number = 1,
		.indicators = P1_RESPONSIBILITY | P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY,
	};
	snprintf((char *)a->local, sizeof a->local, "L%u", i);
	m = (struct p1_message){
		.originator = a->from_o,
		.content_type = { .present = true, .number = P1_CONTENT_P22 },
		.content_id = octets_of((const char *)a->local), .priority = P1_URGENT,
		.trace = { .arrival = p1_string("260101000000Z") }, .recipients_n = 1,
		.recipients = r,
	};
	if (!p1_mts_id_parse(octets_of("C=XX;A=ADM;P=PRI;L=x"), &m.id, &bad))
		abort();
	m.id.local = p1_string((const char *)a->local);
	m.trace.domain = m.id.domain;
	return m;
}

static void make_all(void)
{
	struct p1_recipient r;
	struct addresses a;
	size_t at = 0;

	for (unsigned i = 0; i < N; i++) {
		struct p1_message m = message_of(&a, &r, i);
		size_t head = p1_message_head(&m, 0, NULL, 0) + 2, content = MESSAGE - head;

		starts[i] = at;
		heads[i] = p1_message_head(&m, content, all + at, HEAD_MAX);
		content = MESSAGE - heads[i];
		heads[i] = p1_message_head(&m, content, all + at, HEAD_MAX);
		memset(all + at + heads[i], (int)(i & 0x7f), content);
		wholes[i] = heads[i] + content;
		at += MESSAGE;
	}
}

/* ---- what is measured ---- */

static void copy_all(void)
{
	memcpy(copy, all, TOTAL);
	sink += copy[TOTAL - 1];
}

/* Header after header, into what is constructed: no less can a decoder do. */
static uint64_t walk(const uint8_t *p, const uint8_t *end)
{
	uint64_t tags = 0;

	while (p < end) {
		uint8_t tag = *p++;
		size_t length = *p++;

		if (length & 0x80)
			for (size_t k = length & 0x7f, v = 0; k--; length = v)
				v = v << 8 | *p++;
		tags += tag;
		if (!(tag & 0x20))
			p += length;
	}
	return tags;
}

static void walk_all(void)
{
	for (unsigned i = 0; i < N; i++)
		sink += walk(all + starts[i], all + starts[i] + wholes[i]);
}

static void decode_all(void)
{
	for (unsigned i = 0; i < N; i++) {
		struct findings f;
		struct p1_apdu a;

		findings_clear(&f);
		if (!p1_decode((struct octets){ all + starts[i], heads[i] }, &a, &f) || f.n)
			abort();
		sink += a.recipients_n + all[starts[i] + heads[i] + a.length - 1];
	}
}

static struct p1_message ready[256];
static struct p1_recipient ready_recipients[256];
static struct addresses ready_addresses[256];

static void encode_all(void)
{
	for (unsigned i = 0; i < N; i++) {
		size_t n = p1_message_head(&ready[i & 255], MESSAGE - heads[i], copy + starts[i],
		                           HEAD_MAX);

		memcpy(copy + starts[i] + n, all + starts[i] + heads[i], MESSAGE - heads[i]);
		sink += n;
	}
}

static double best(void (*what)(void))
{
	double least = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		double begin = now_s(), took;

		what();
		took = now_s() - begin;
		if (took < least)
			least = took;
	}
	return least;
}

static void report(const char *what, double took, double memcpy_took, double walk_took)
{
	char name[64];

	snprintf(name, sizeof name, "%s, beside memcpy", what);
	bench_row(name, "MB/s", ">5%", TOTAL / took / 1e6, "memcpy", TOTAL / memcpy_took / 1e6);
	snprintf(name, sizeof name, "%s, beside a walk of the TLVs", what);
	bench_row(name, "ns", "<5x", took / N * 1e9, "bare walk", walk_took / N * 1e9);
}

int main(void)
{
	double copied, walked;

	all = malloc(TOTAL);
	copy = malloc(TOTAL);
	if (!all || !copy)
		return 1;
	memset(copy, 1, TOTAL);
	make_all();
	for (unsigned i = 0; i < 256; i++)
		ready[i] = message_of(&ready_addresses[i], &ready_recipients[i], i);
	copied = best(copy_all);
	walked = best(walk_all);
	report("P1 messages of 2 KiB, decoding", best(decode_all), copied, walked);
	report("P1 messages of 2 KiB, encoding", best(encode_all), copied, walked);
	return 0;
}
