#include "cli/check_report.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES_SHOWN = 40, WIRE_TEXT_MAX = 128, WIRE_SHOWN = 12 };

/* ---- connections ---- */

static void end_text(const struct stream_connection *c, unsigned d, char out[80])
{
	char address[CAPTURE_ADDRESS_TEXT];

	snprintf(out, 80, "%s:%u", capture_address_text(&c->address[d], address),
	         (unsigned)c->port[d]);
}

const char *check_arrow(unsigned d)
{
	return d == FROM_INITIATOR ? "->" : d == FROM_RESPONDER ? "<-" : "  ";
}

/* ---- remarks ---- */

static int by_connection(const void *a, const void *b)
{
	const struct check_remark *x = a, *y = b;

	if (x->connection != y->connection)
		return x->connection < y->connection ? -1 : 1;
	return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

static enum cli_colour colour_of(uint8_t weight)
{
	return weight == CHECK_FATAL ? CLI_RED : weight == CHECK_SUPPORT ? CLI_YELLOW : CLI_GREY;
}

static void print_frames(const struct check_remark *m)
{
	char frames[32] = "";

	if (m->frame && m->frame_to > m->frame)
		snprintf(frames, sizeof frames, "%" PRIu32 "-%" PRIu32, m->frame, m->frame_to);
	else if (m->frame)
		snprintf(frames, sizeof frames, "%" PRIu32, m->frame);
	printf(" %8s", frames);
}

void check_print_remark(const struct check_result *r, const struct check_remark *m)
{
	printf("%12.6f", (double)(m->time_ns - r->zero_ns) / 1e9);
	print_frames(m);
	printf(" %s  %s%-10s%s  %s", check_arrow(m->direction), cli_colour(colour_of(m->weight)),
	       check_weight_name((enum check_weight)m->weight), cli_colour(CLI_PLAIN), m->name);
	if (m->clause[0])
		printf(" (%s)", m->clause);
	printf(": %s", m->text);
	if (m->fits[0])
		printf(" [%s]", m->fits);
	printf("\n");
}

static void print_connection(const struct check *k, uint32_t number)
{
	struct stream_connection c;
	char from[80], to[80];

	if (number == 0) {
		printf("the whole capture:\n");
		return;
	}
	if (!streams_connection(k->follow->streams, number, &c)) {
		printf("connection %" PRIu32 "\n", number);
		return;
	}
	end_text(&c, FROM_INITIATOR, from);
	end_text(&c, FROM_RESPONDER, to);
	printf("connection %" PRIu32 ": %s > %s, from frame %" PRIu32 "\n", number, from, to,
	       c.first_frame);
}

static bool is_shown(const struct check_result *r, const struct check_remark *m)
{
	return r->verbose || m->weight != CHECK_NOTE || m->fits[0] ||
	       strncmp(m->name, "cotp.dr", 7) == 0 || strncmp(m->name, "tcp.", 4) == 0;
}

static void remark_json(const struct check *k, const struct check_remark *m)
{
	struct stream_connection c;
	char from[80] = "", to[80] = "";
	json_t *o;

	if (streams_connection(k->follow->streams, m->connection, &c)) {
		end_text(&c, FROM_INITIATOR, from);
		end_text(&c, FROM_RESPONDER, to);
	}
	o = json_pack("{ss ss ss ss sI ss ss ss s[II] sf ss* ss}", "type", "remark", "weight",
	              check_weight_name((enum check_weight)m->weight), "name", m->name, "clause",
	              m->clause, "connection", (json_int_t)m->connection, "from", from, "to", to,
	              "direction", check_arrow(m->direction), "frames", (json_int_t)m->frame,
	              (json_int_t)m->frame_to, "time", (double)m->time_ns / 1e9, "text", m->text,
	              "fits", m->fits);
	if (o)
		json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void print_remarks(const struct check_result *r)
{
	const struct check *k = r->check;
	uint32_t last = 0;
	bool any = false;

	for (size_t i = 0; i < k->remarks; i++) {
		const struct check_remark *m = &k->remark[i];

		if (r->json) {
			remark_json(k, m);
			continue;
		}
		if (!is_shown(r, m))
			continue;
		if (!any || m->connection != last)
			print_connection(k, m->connection);
		any = true;
		last = m->connection;
		check_print_remark(r, m);
	}
	if (k->remarks_beyond > 0 && !r->json)
		printf("%" PRIu64 " more remarks\n", k->remarks_beyond);
}

/* ---- messages ---- */

/* Was it anything but confirmed at once by each receiver? */
static bool is_odd(const struct check_message *m)
{
	bool odd = m->reused || m->doubled;

	for (size_t i = 0; i < m->attempts; i++)
		odd |= m->attempt[i].outcome != OUTCOME_CONFIRMED;
	return odd;
}

static void message_json(const struct check_message *m)
{
	json_t *list = json_array();
	json_t *o;

	for (size_t i = 0; i < m->attempts; i++) {
		const struct check_attempt *a = &m->attempt[i];

		json_array_append_new(list, json_pack("{sI sI ss si si}", "connection",
			(json_int_t)a->connection, "frame", (json_int_t)a->frame, "outcome",
			check_outcome_name((enum check_outcome)a->outcome), "sent", (int)a->sent,
			"confirmed", (int)a->confirmed));
	}
	o = json_pack("{ss ss* sI so sb sb}", "type", "message", "id", m->id, "octets",
	              (json_int_t)m->octets, "attempts", list, "reused", m->reused, "doubled",
	              m->doubled);
	if (o)
		json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void print_message(const struct check_message *m)
{
	printf("  %s  %" PRIu64 " octets%s%s\n", m->id, m->octets,
	       m->reused ? ", identifier reused" : "", m->doubled ? ", doubled" : "");
	for (size_t i = 0; i < m->attempts; i++) {
		const struct check_attempt *a = &m->attempt[i];

		printf("      connection %" PRIu32 ", frame %" PRIu32 ": %s, checkpoints %u sent, "
		       "%u confirmed\n", a->connection, a->frame,
		       check_outcome_name((enum check_outcome)a->outcome), a->sent, a->confirmed);
	}
}

static void print_messages(const struct check_result *r)
{
	const struct check_book *b = &r->check->book;
	size_t odd = 0;

	for (size_t i = 0; i < b->n; i++) {
		odd += is_odd(&b->at[i]);
		if (r->json)
			message_json(&b->at[i]);
	}
	if (r->json)
		return;
	printf("messages: %zu, %zu of them not confirmed at once\n", b->n, odd);
	odd = 0;
	for (size_t i = 0; i < b->n; i++)
		if ((r->verbose || is_odd(&b->at[i])) && (odd++ < MESSAGES_SHOWN || r->verbose))
			print_message(&b->at[i]);
	if (odd > MESSAGES_SHOWN && !r->verbose)
		printf("  and %zu more (-v shows them)\n", odd - MESSAGES_SHOWN);
	if (b->beyond)
		printf("  %" PRIu64 " more transfers had no room\n", b->beyond);
}

/* ---- signatures ---- */

/* "tcp-close, stall" */
static const char *wire_text(uint32_t wire, char out[WIRE_TEXT_MAX])
{
	size_t at = 0;

	out[0] = '\0';
	for (unsigned w = 0; w < WIRES && at < WIRE_TEXT_MAX - 1; w++)
		if (wire >> w & 1)
			at += (size_t)snprintf(out + at, WIRE_TEXT_MAX - at, "%s%s", at ? ", " : "",
			                       signature_wire_name(w));
	return out;
}

static void signature_json(const struct signature *s, const struct signature_candidate *c)
{
	char wire[WIRE_TEXT_MAX];
	json_t *o = json_pack("{ss ss ss ss ss sb sI sI ss ss}", "type", "signature", "signature",
	                      s->article, "articles", s->articles, "title", s->title, "weight",
	                      signature_weight_name(s->weight), "complete", c->complete, "found",
	                      (json_int_t)c->found, "needed", (json_int_t)c->needed, "reason",
	                      c->reason, "wire", wire_text(c->wire_seen, wire));

	if (o)
		json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

static void print_signature(const struct signature *s, const struct signature_candidate *c)
{
	char wire[WIRE_TEXT_MAX];

	printf("signature %s, %s: %s\n    because %s\n", s->article,
	       signature_weight_name(s->weight), s->title, c->reason);
	if (c->wire_seen)
		printf("    wire    %s\n", wire_text(c->wire_seen, wire));
	if (s->advice[0])
		printf("    next    %s\n", s->advice);
}

/* Without a log: whose condition on the wire was seen, by name. */
static void print_wire(const struct check_result *r)
{
	uint32_t seen = r->check->wire;
	char wire[WIRE_TEXT_MAX];
	size_t n = 0;

	if (r->json || !seen)
		return;
	printf("wire: %s; known faults that show so:", wire_text(seen, wire));
	for (size_t i = 0; i < r->signatures->n; i++) {
		const struct signature *s = &r->signatures->at[i];

		if (s->weight == WEIGHT_HARMLESS || !(s->wire & seen))
			continue;
		if (n++ < WIRE_SHOWN || r->verbose)
			printf(" %s", s->article);
	}
	if (n > WIRE_SHOWN && !r->verbose)
		printf(" and %zu more", n - WIRE_SHOWN);
	printf("%s\n", n == 0 ? " none" : "; the MTA's logs tell them apart");
}

/* *worst: the worst weight of a complete one that stands by itself; HARMLESS: none.
 * false: no memory. */
static bool print_signatures(const struct check_result *r, enum signature_weight *worst)
{
	struct signature_candidate *all = calloc(SIGNATURES_MAX, sizeof *all);
	size_t n;

	*worst = WEIGHT_HARMLESS;
	if (!all)
		return false;
	n = signature_rank(r->signatures, r->score, r->check->wire, all);
	for (size_t i = 0; i < n; i++) {
		const struct signature *s = &r->signatures->at[all[i].signature];

		if (r->json)
			signature_json(s, &all[i]);
		if (!all[i].complete || s->weight == WEIGHT_HARMLESS)
			continue;
		if (!r->json && (all[i].within == SIZE_MAX || r->verbose))
			print_signature(s, &all[i]);
		if (s->weight < *worst)
			*worst = s->weight;
	}
	if (*worst == WEIGHT_HARMLESS)
		print_wire(r);
	free(all);
	return true;
}

/* ---- verdict ---- */

static bool is_missing(const struct check_result *r)
{
	return r->check->gaps > 0 || r->cut;
}

static bool is_evidence(const struct check_result *r)
{
	return r->check->weight[CHECK_SUPPORT] > 0 || r->worst != WEIGHT_HARMLESS;
}

const char *check_verdict_text(const struct check_result *r)
{
	return r->check->weight[CHECK_FATAL] > 0 ? "deviations"
	       : r->worst == WEIGHT_CONCLUSIVE ? "a known fault"
	       : r->check->no_memory ? "not judged whole"
	       : is_evidence(r) ? "no deviation, but evidence"
	       : is_missing(r) ? "no deviation, but octets are missing" : "clean";
}

static int print_verdict(const struct check_result *r)
{
	const struct check *k = r->check;
	bool bad = k->weight[CHECK_FATAL] > 0 || r->worst == WEIGHT_CONCLUSIVE;
	int status = bad ? EXIT_FAIL : k->no_memory ? EXIT_TROUBLE
	             : is_evidence(r) || is_missing(r) ? EXIT_UNDECIDED : EXIT_ALL_PASS;
	json_t *o;

	if (!r->json) {
		printf("%s: %" PRIu64 " connections, %" PRIu64 " transfers, %" PRIu64 " fatal, "
		       "%" PRIu64 " supporting, %" PRIu64 " notes\n",
		       check_verdict_text(r), k->talks, k->messages, k->weight[CHECK_FATAL],
		       k->weight[CHECK_SUPPORT], k->weight[CHECK_NOTE]);
		return status;
	}
	o = json_pack("{ss si sI sI sI sI sI sb}", "type", "verdict", "exit", status, "fatal",
	              (json_int_t)k->weight[CHECK_FATAL], "supporting",
	              (json_int_t)k->weight[CHECK_SUPPORT], "notes",
	              (json_int_t)k->weight[CHECK_NOTE], "connections", (json_int_t)k->talks,
	              "messages", (json_int_t)k->messages, "missing", is_missing(r));
	if (o)
		json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
	return status;
}

int check_report(struct check_result *r)
{
	struct check *k = r->check;

	if (k->remarks > 0)
		qsort(k->remark, k->remarks, sizeof *k->remark, by_connection);
	print_remarks(r);
	print_messages(r);
	if (!print_signatures(r, &r->worst)) {
		cli_no_memory("check");
		k->no_memory++;
	}
	check_timeline(r);
	return print_verdict(r);
}
