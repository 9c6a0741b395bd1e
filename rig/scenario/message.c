/*
 * Messages of a case: what is handed in, to whom, under which identifier, with what in it.
 *
 * One that has several recipients is several in the ledger, one behind the other: the MTA
 * may split it, deliver to one and report the other.  The first of them, the head, is what
 * waits, is sent and is named by the nonce.
 *
 *     ordinal   7 head, recipients 3     8              9            10 head ...
 *               to down                  to second      to nowhere
 */
#include "scenario/runner_inner.h"

#include "pdu/pdu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a step takes from elsewhere ---- */

static bool take_id(struct run *r, const struct step *s, uint32_t *number)
{
	struct run_id *grown;

	if (!s->mts_id)
		return true;
	grown = realloc(r->ids, (r->ids_n + 1) * sizeof *grown);
	if (!grown)
		return run_trouble(r, "out of memory");
	r->ids = grown;
	*number = ++r->ids_n;
	return speak_mts_id(r, s, &r->ids[r->ids_n - 1]);
}

static bool load(struct run *r, const char *path, struct run_file *f)
{
	FILE *fp = fopen(path, "rbe");

	f->octets = fp ? malloc(CONTENT_FILE_MAX + 1) : NULL;
	if (f->octets)
		f->n = fread(f->octets, 1, CONTENT_FILE_MAX + 1, fp);
	if (fp)
		fclose(fp);
	if (!f->octets)
		return run_trouble(r, "%s: %s", path, strerror(errno));
	return f->n <= CONTENT_FILE_MAX || run_trouble(r, "%s: too large", path);
}

/* Octets of the file that item `content` - 1 of the plan names; read once. */
static bool take_file(struct run *r, const struct step *s, uint32_t *number)
{
	const struct pdu_item *item = s->content ? &r->sc->plan.items[s->content - 1] : NULL;
	char path[FOLDER_PATH];
	struct run_file *grown;

	for (*number = 1; item && *number <= r->files_n; ++*number)
		if (r->files[*number - 1].item == s->content)
			return true;
	if (!item) {
		*number = 0;
		return true;
	}
	grown = realloc(r->files, (r->files_n + 1) * sizeof *grown);
	if (!grown)
		return run_trouble(r, "out of memory");
	r->files = grown;
	r->files[r->files_n++] = (struct run_file){ .item = s->content };
	snprintf(path, sizeof path, "%s%.*s", r->sc->folder, (int)item->n,
	         (const char *)r->sc->plan.octets + item->at);
	return load(r, path, &r->files[r->files_n - 1]);
}

void messages_free(struct run *r)
{
	for (uint32_t i = 0; i < r->files_n; i++)
		free(r->files[i].octets);
	free(r->files);
	free(r->ids);
	free(r->messages);
}

/* ---- handing in ---- */

static void offered(struct side *s, const struct message *m)
{
	/* X.411 counts normal, non-urgent, urgent. */
	static const uint8_t ranks[] = { 1, 0, 2 };
	struct run *r = s->run;
	int out = r->t->recipients[m->recipient].side;

	run_feed(r, &(struct event){
		.at_us = net_now(r->net), .association = s->number * (uint32_t)SIDE_STRIDE,
		.value = r->messages_n, .length = m->size,
		.offset = out < 0 ? LEDGER_NOWHERE : (uint64_t)out, .cell = CELL_NONE,
		.kind = EVENT_LEDGER, .code = LEDGER_OFFERED, .type = ranks[m->priority] });
}

static bool add(struct side *s, const struct message *m)
{
	struct run *r = s->run;
	uint32_t cap = r->messages_cap ? 2 * r->messages_cap : 256;

	if (r->messages_n == MESSAGES_MAX)
		return run_trouble(r, "more than %d messages", MESSAGES_MAX);
	if (r->messages_n == r->messages_cap) {
		struct message *grown = realloc(r->messages, cap * sizeof *grown);

		if (!grown)
			return run_trouble(r, "out of memory");
		r->messages = grown;
		r->messages_cap = cap;
	}
	r->messages[r->messages_n++] = *m;
	if (!m->probe)			/* nothing is to come out of a probe */
		offered(s, m);
	return true;
}

static bool add_all(struct side *s, const struct step *step, struct message *m)
{
	uint32_t head = s->run->messages_n + 1;

	m->recipients = (uint8_t)(1 + step->others_n);
	m->recipient = step->recipient;
	if (!add(s, m))
		return false;
	m->recipients = 0;
	for (uint8_t i = 0; i < step->others_n; i++) {
		m->recipient = step->others[i];
		if (!add(s, m))
			return false;
	}
	return send_queue_put(&s->queue, head) || run_trouble(s->run, "out of memory");
}

bool messages_add(struct side *s, const struct step *step)
{
	struct message m = {
		.size = step->size, .reused = step->reused, .from = s->number,
		.priority = step->priority, .whom = step->whom, .probe = step->kind == STEP_PROBE };

	if (!take_id(s->run, step, &m.id) || !take_file(s->run, step, &m.file))
		return false;
	if (m.file)
		m.size = s->run->files[m.file - 1].n;
	for (uint32_t i = 0; i < step->n; i++)
		if (!add_all(s, step, &m))
			return false;
	return true;
}

void messages_tell(struct run *r, enum ledger_event code, uint32_t ordinal, uint32_t mask,
                   uint32_t association)
{
	const struct message *m = run_message(r, ordinal);

	for (uint32_t i = 0; m && i < m->recipients; i++)
		if (mask >> i & 1)
			run_ledger_event(r, code, ordinal + i, association, m->size, 0);
}

/* ---- what is in it ---- */

void message_content(const struct run *r, uint32_t ordinal, struct content *c)
{
	const struct message *m = &r->messages[ordinal - 1];
	const struct side *from = &r->sides[m->from];
	const struct recipient *to = &r->recipients[m->recipient];

	if (m->file)
		content_of(c, (struct octets){ r->files[m->file - 1].octets, m->size });
	else
		content_init(c, r->key, ordinal, m->size,
		             (struct octets){ from->originator, from->originator_n },
		             (struct octets){ to->name, to->n });
}

/* Identifiers of ours: one for each message, or one that is reused on purpose. */
static void local_identifier(const struct run *r, uint32_t ordinal, char out[static 33])
{
	const struct message *m = &r->messages[ordinal - 1];

	if (m->reused)
		snprintf(out, 33, "X4R-%08x-R%u", (uint32_t)(r->key >> 32), m->reused);
	else
		snprintf(out, 33, "X4R-%08x-%u", (uint32_t)(r->key >> 32), ordinal);
}

static bool foreign_identifier(const struct run_id *id, struct p1_mts_id *out)
{
	struct findings f;
	struct ber_tlv t;
	struct ber b;

	findings_clear(&f);
	ber_init(&b, (struct octets){ id->octets, id->n }, &f);
	return ber_next(&b, &t) && p1_mts_id_read(&b, &t, out);
}

size_t message_head(struct run *r, const struct content *c, uint32_t ordinal, uint8_t *dst,
                    size_t cap)
{
	const struct message *m = &r->messages[ordinal - 1];
	const struct side *from = &r->sides[m->from];
	const unsigned reports = m->probe ? P1_MTA_REPORT | P1_ORIGINATOR_REPORT
	                                  : P1_MTA_NON_DELIVERY | P1_ORIGINATOR_NON_DELIVERY;
	struct p1_recipient to[TRANSFER_RECIPIENTS_MAX];
	char local[33] = "", time[16], id[CONTENT_ID];
	struct p1_message head = {
		.originator = { from->originator, from->originator_n },
		.content_type = { .present = true, .number = c->ipm
		                  ? P1_CONTENT_P22 : P1_CONTENT_UNIDENTIFIED },
		.priority = m->priority,
		.trace = { .domain = from->domain, .action = P1_RELAYED },
		.recipients_n = m->recipients,
		.recipients = to,
	};

	for (uint32_t i = 0; i < m->recipients; i++) {
		size_t which = r->messages[ordinal - 1 + i].recipient;
		const struct recipient *one = &r->recipients[which];

		to[i] = (struct p1_recipient){
			.name = { one->name, one->n }, .number = i + 1,
			.indicators = (uint8_t)(P1_RESPONSIBILITY | reports) };
	}
	local_identifier(r, ordinal, local);
	run_utc_time(r, 0, time);
	content_id(r->key, ordinal, id);
	head.id = (struct p1_mts_id){ from->domain, p1_string(local) };
	if (m->id && !foreign_identifier(&r->ids[m->id - 1], &head.id))
		return 0;
	head.trace.arrival = p1_string(time);
	head.content_id = octets_of(id);
	return m->probe ? p1_probe(&head, m->size, dst, cap)
	                : p1_message_head(&head, m->size, dst, cap);
}
