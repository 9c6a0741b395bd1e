#include "report/pdus.h"

#include "array/array.h"
#include "capture/streams.h"
#include "heap/heap.h"
#include "pdu/pdu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONNECTIONS_MAX = 4096, LINE_TEXT = 2000, PART_TEXT = 400,
	AROUND = 16,			/* PDUs in which a password may stand, one in the other */
	SECRET_MAX = 128,
};

struct entry {
	uint8_t layer, code;
	struct pdu_text text;
};

/* What one end of a connection sent. */
struct way {
	struct entry *at;		/* owned */
	size_t n, cap;
	size_t next[LAYERS];		/* behind the one returned last */
	uint8_t secret[SECRET_MAX];	/* the password told last */
	size_t secret_n;
};

struct flow {
	struct observer_sink sink;	/* first: tell() finds the flow by it */
	struct pdus *pdus;
	struct observer observer;
	struct way ways[DIRECTIONS];
};

struct pdus {
	struct flow *flows[CONNECTIONS_MAX];
	struct streams *streams;	/* while it is read */
	struct heap heap;		/* of observers */
	size_t n;
};

/* --- one PDU ----------------------------------------------------------------------- */

/* `at` lies within the PDU's octets, or has none. */
static void add_part(struct pdu_text *p, const struct observation *seen, const char *name,
                     const char *value, struct octets at)
{
	struct pdu_part *part = &p->parts[p->parts_n];
	size_t from = at.n ? (size_t)(at.p - seen->octets.p) : 0;

	if (p->parts_n == PDU_PARTS_MAX)
		return;
	*part = (struct pdu_part){ strdup(name), strdup(value), (uint32_t)from, (uint32_t)at.n,
	                           strstr(name, "password") != NULL };
	if (part->name && part->value) {
		p->parts_n++;
		return;
	}
	free(part->name);
	free(part->value);
}

static void add_fields(struct pdu_text *p, const struct observation *seen)
{
	const struct pdu_form *form = seen->octets.n
	                              ? pdu_form((enum layer)seen->layer, seen->code) : NULL;
	char value[PART_TEXT];
	struct pdu_got got;
	struct text t;

	for (size_t i = 0; form && i < pdu_fields(form); i++) {
		struct pdu_field field = pdu_field(form, i);

		if (!pdu_get(form, seen->octets, i, &got))
			continue;
		text_init(&t, value, sizeof value);
		if (field.type == PDU_VALUE || strstr(field.name, "password")) {
			text_u64(&t, got.octets.n);
			text_put(&t, field.type == PDU_VALUE ? " octets" : " octets, not shown");
		} else {
			pdu_value_text(&t, &field, &got);
		}
		add_part(p, seen, field.name, value, got.octets);
	}
}

/* Recipients, trace, extensions: "recipient number=1 ..." */
static void add_elements(struct pdu_text *p, const struct observation *seen)
{
	struct observation_details d;
	char line[LINE_TEXT], *blank;
	struct text t;

	observation_details_init(&d, seen);
	for (text_init(&t, line, sizeof line); observation_details_next(&d, &t);
	     text_init(&t, line, sizeof line)) {
		blank = strchr(line, ' ');
		if (blank)
			*blank++ = '\0';
		add_part(p, seen, line, blank ? blank : "", d.at);
	}
}

static void add_findings(struct pdu_text *p, const struct observation *seen)
{
	char line[LINE_TEXT];

	for (size_t i = 0; seen->findings && i < seen->findings->n; i++) {
		const struct finding *f = &seen->findings->at[i];
		bool inside = f->octet < seen->octets.n;

		snprintf(line, sizeof line, "%s (%s) at octet %zu: %s", f->rule->name,
		         f->rule->clause, f->octet, f->rule->text);
		add_part(p, seen, f->rule->severity == SEVERITY_NOTE ? "note" : "fatal", line,
		         (struct octets){ inside ? seen->octets.p + f->octet : NULL, inside });
	}
}

void pdu_text_take(struct pdu_text *out, const struct observation *seen)
{
	size_t most = text_masks() ? 0 : PDU_OCTETS_MAX;	/* octets hold names */
	size_t n = seen->octets.n < most ? seen->octets.n : most;
	struct pdu_part parts[PDU_PARTS_MAX] = { { .name = NULL } };
	char line[LINE_TEXT];
	struct text t;

	text_init(&t, line, sizeof line);
	text_put(&t, layer_name((enum layer)seen->layer));
	text_char(&t, ' ');
	observation_text(&t, seen);
	*out = (struct pdu_text){
		.text = strdup(line), .parts = parts, .octets = n ? malloc(n) : NULL,
		.length = seen->length, .from = seen->from, .layer = seen->layer };
	if (out->octets) {
		memcpy(out->octets, seen->octets.p, n);
		out->octets_n = n;
	}
	add_fields(out, seen);
	add_elements(out, seen);
	add_findings(out, seen);
	out->parts = out->parts_n ? malloc(out->parts_n * sizeof parts[0]) : NULL;
	if (out->parts) {
		memcpy(out->parts, parts, out->parts_n * sizeof parts[0]);
		return;
	}
	for (; out->parts_n; out->parts_n--) {
		free(parts[out->parts_n - 1].name);
		free(parts[out->parts_n - 1].value);
	}
}

void pdu_text_free(struct pdu_text *p)
{
	for (size_t i = 0; i < p->parts_n; i++) {
		free(p->parts[i].name);
		free(p->parts[i].value);
	}
	free(p->parts);
	free(p->octets);
	free(p->text);
}

/* --- entries ----------------------------------------------------------------------- */

static struct entry *add(struct way *w)
{
	struct entry *grown = array_room(w->at, w->n + 1, &w->cap, sizeof *grown);

	if (!grown)
		return NULL;
	w->at = grown;
	return &w->at[w->n++];
}

/* ---- passwords ---- */

static void hide(struct pdu_text *t, const uint8_t *secret, size_t n)
{
	uint8_t *at = t->octets;

	while (at && n && (at = memmem(at, t->octets_n - (size_t)(at - t->octets), secret, n))) {
		memset(at, '*', n);
		at += n;
	}
}

static void note_secret(struct way *w, const struct pdu_text *t)
{
	for (size_t i = 0; i < t->parts_n; i++) {
		const struct pdu_part *part = &t->parts[i];

		if (!part->secret || part->at >= t->octets_n)
			continue;
		w->secret_n = t->octets_n - part->at;
		w->secret_n = part->n < w->secret_n ? part->n : w->secret_n;
		w->secret_n = w->secret_n < SECRET_MAX ? w->secret_n : SECRET_MAX;
		memcpy(w->secret, t->octets + part->at, w->secret_n);
	}
}

/* The octets of a password are in the PDUs around it as well, whichever of them is shown, and
 * in whatever order they are told. */
static void hide_secrets(struct way *w)
{
	note_secret(w, &w->at[w->n - 1].text);
	for (size_t i = w->n; i > 0 && w->n - i < AROUND; i--)
		hide(&w->at[i - 1].text, w->secret, w->secret_n);
}

static void tell(struct observer_sink *sink, const struct observation *seen)
{
	struct flow *f = (struct flow *)sink;
	struct entry *e;

	if (seen->part == OBSERVED_END || seen->layer < LAYER_COTP || f->pdus->n == PDUS_MAX)
		return;
	e = add(&f->ways[seen->direction]);
	if (!e)
		return;
	*e = (struct entry){ .layer = seen->layer, .code = seen->code };
	pdu_text_take(&e->text, seen);
	hide_secrets(&f->ways[seen->direction]);
	f->pdus->n++;
}

static bool is_code(const struct entry *e, enum layer layer, uint8_t code)
{
	if (e->layer != layer)
		return false;
	return e->code == code || (layer == LAYER_SESSION && code == SPDU_MAA_AEA &&
	                           (e->code == SPDU_MAA || e->code == SPDU_AEA));
}

const struct pdu_text *pdus_next(struct pdus *p, uint32_t connection, enum capture_direction d,
                                 enum layer layer, uint8_t code)
{
	struct flow *f = connection >= 1 && connection <= CONNECTIONS_MAX
	                 ? p->flows[connection - 1] : NULL;
	struct way *w = f ? &f->ways[d] : NULL;

	for (size_t i = w ? w->next[layer] : 0; w && i < w->n; i++)
		if (is_code(&w->at[i], layer, code)) {
			w->next[layer] = i + 1;
			return &w->at[i].text;
		}
	return NULL;
}

/* --- reading ----------------------------------------------------------------------- */

static struct flow *flow_of(struct pdus *p, uint32_t number)
{
	struct flow **at;

	if (number == 0 || number > CONNECTIONS_MAX)
		return NULL;
	at = &p->flows[number - 1];
	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (!*at)
			return NULL;
		(*at)->sink.tell = tell;
		(*at)->pdus = p;
		observer_init(&(*at)->observer, &p->heap.pool, &(*at)->sink);
	}
	return *at;
}

static void on_event(struct pdus *p, const struct stream_event *e)
{
	struct flow *f = flow_of(p, e->connection);

	if (!f)
		return;
	if (e->kind == STREAM_OCTETS)
		observer_push(&f->observer, (enum observer_direction)e->direction, e->octets);
	else if (e->kind == STREAM_GAP)
		observer_gap(&f->observer, (enum observer_direction)e->direction, e->length);
	else if (e->kind == STREAM_FIN || e->kind == STREAM_RST)
		observer_end(&f->observer, (enum observer_direction)e->direction, true);
}

static void drain(struct pdus *p)
{
	struct stream_event e;

	while (streams_pop(p->streams, &e))
		on_event(p, &e);
}

static void place(struct pdus *p, uint32_t connection, unsigned d, struct entry *e)
{
	if (!streams_frame(p->streams, connection, (enum capture_direction)d, e->text.from,
	                   &e->text.frame_first, &e->text.frame_last))
		e->text.frame_first = e->text.frame_last = 0;
}

/* Frames are known when all has been read. */
static void place_all(struct pdus *p)
{
	for (uint32_t c = 0; c < CONNECTIONS_MAX && p->flows[c]; c++)
		for (unsigned d = 0; d < DIRECTIONS; d++)
			for (size_t i = 0; i < p->flows[c]->ways[d].n; i++)
				place(p, c + 1, d, &p->flows[c]->ways[d].at[i]);
}

static bool read_all(struct pdus *p, const char *path)
{
	struct capture_packet packet;
	char why[200];
	struct capture *c = capture_open(path, why, sizeof why);

	if (!c)
		return false;
	while (p->n < PDUS_MAX && capture_next(c, &packet) == CAPTURE_PACKET) {
		streams_push(p->streams, &packet);
		drain(p);
	}
	streams_finish(p->streams);
	drain(p);
	place_all(p);
	capture_close(c);
	return true;
}

struct pdus *pdus_read(const char *capture)
{
	struct pdus *p = calloc(1, sizeof *p);
	bool ok;

	if (!p)
		return NULL;
	heap_init(&p->heap, HEAP_UNLIMITED);
	p->streams = streams_new();
	ok = p->streams && read_all(p, capture);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (p->flows[i])
			observer_drop(&p->flows[i]->observer);
	streams_free(p->streams);
	p->streams = NULL;
	if (ok)
		return p;
	pdus_free(p);
	return NULL;
}

static void free_way(struct way *w)
{
	for (size_t i = 0; i < w->n; i++)
		pdu_text_free(&w->at[i].text);
	free(w->at);
}

void pdus_free(struct pdus *p)
{
	for (size_t i = 0; p && i < CONNECTIONS_MAX; i++) {
		for (size_t d = 0; p->flows[i] && d < DIRECTIONS; d++)
			free_way(&p->flows[i]->ways[d]);
		free(p->flows[i]);
	}
	free(p);
}
