#include "cli/check_page.h"

#include "array/array.h"
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ENDS_MAX = 64, MESSAGES_SHOWN = 500, REMARKS_SHOWN = 2000, END_TEXT = 80,
       FLOW_LEAST = 2000 };

/* --- while the capture is read -------------------------------------------------------------- */

static struct check_page_way *way_of(struct check_page *p, uint32_t connection, unsigned d)
{
	size_t n = connection < 64 ? 128 : 2 * (size_t)connection;
	void *grown = connection < p->ways_n ? p->ways : realloc(p->ways, n * sizeof *p->ways);

	if (!grown)
		return NULL;
	p->ways = grown;
	if (connection >= p->ways_n) {
		memset(p->ways + p->ways_n, 0, (n - p->ways_n) * sizeof *p->ways);
		p->ways_n = n;
	}
	return &p->ways[connection][d];
}

static struct ladder_mark *add(struct check_page *p, uint32_t connection, int64_t at_ns, unsigned d,
                               enum mark_kind kind, const char *text)
{
	struct ladder_mark *m = ladder_add(&p->all, (at_ns - p->follow->zero_ns) / 1000, kind, "%s",
	                                   text);

	if (!m)
		return NULL;
	m->association = connection;
	m->out = d == FROM_INITIATOR;
	return m;
}

void check_page_tcp(struct check_page *p, uint32_t connection, int64_t at_ns, unsigned direction,
                    const char *text)
{
	add(p, connection, at_ns, direction, MARK_TCP, text);
}

static void put_pdu(struct check_page *p, struct follow *f, struct ladder_mark *m,
                    const struct observation *seen)
{
	void *grown = array_room(p->pdus, p->pdus_n + 1, &p->pdus_cap, sizeof *p->pdus);
	struct pdu_text *t = p->pdus_n < CHECK_PAGE_PDUS ? calloc(1, sizeof *t) : NULL;

	if (grown)
		p->pdus = grown;
	if (!grown || !t) {
		free(t);
		return;
	}
	pdu_text_take(t, seen);
	follow_frame(f, m->association, (enum capture_direction)seen->direction, seen->from,
	             &t->frame_first, &t->frame_last);
	p->pdus[p->pdus_n++] = t;
	ladder_put_pdu(m, t);
}

static bool is_dt(const struct observation *seen)
{
	return seen->layer == LAYER_SESSION && seen->code == SPDU_DT;
}

/* Its PDUs are told with the session PDU that they lie in; TD and RTTR say no more than it. */
static void inside(struct check_page *p, struct follow *f, const struct check_page_way *way,
                   const struct observation *seen)
{
	struct ladder_mark *m = way->session ? &p->all.at[way->session - 1] : NULL;
	bool wraps = (seen->layer == LAYER_PRESENTATION && seen->code == PPDU_TD) ||
	             (seen->layer == LAYER_RTSE && seen->code == RTSE_RTTR);
	char text[400];

	if (!m || wraps)
		return;
	snprintf(text, sizeof text, "%s %s", m->text, observation_name(seen));
	m->text = ladder_keep(&p->all, text);
	put_pdu(p, f, m, seen);
}

/* One more DT behind the one that is told. */
static bool joins(const struct check_page *p, const struct check_page_way *way,
                  const struct observation *seen)
{
	const struct ladder_mark *m = way->session ? &p->all.at[way->session - 1] : NULL;

	return m && is_dt(seen) && way->session == p->all.n && m->pdus_n == 1 && m->octets > 0;
}

static void outside(struct check_page *p, struct follow *f, uint32_t connection, int64_t at_ns,
                    struct check_page_way *way, const struct observation *seen)
{
	struct ladder_mark *m;
	char text[80];

	if (joins(p, way, seen)) {
		p->all.at[way->session - 1].count++;
		return;
	}
	snprintf(text, sizeof text, "%s %s", layer_name((enum layer)seen->layer),
	         observation_name(seen));
	m = add(p, connection, at_ns, seen->direction, MARK_PDU, text);
	if (!m)
		return;
	m->layer = seen->layer;
	m->activity = is_dt(seen) || (seen->layer == LAYER_SESSION &&
	              (seen->code == SPDU_MIP || seen->code == SPDU_MIA));
	put_pdu(p, f, m, seen);
	if (seen->layer == LAYER_SESSION)
		way->session = p->all.n;
}

static bool asks(const struct observation *seen)
{
	return seen->code == SPDU_MIP || seen->code == SPDU_AE;
}

static bool confirms(const struct observation *seen)
{
	return seen->code == SPDU_MIA || seen->code == SPDU_AEA || seen->code == SPDU_MAA_AEA;
}

/* Octets of both ways: sent, and confirmed by the other one. */
static void plot(struct check_page *p, uint32_t connection, int64_t at_us,
                 const struct observation *seen)
{
	struct check_page_way *way = &p->ways[connection][seen->direction],
	                      *other = &p->ways[connection][1 - seen->direction];
	struct ladder_flow *f = &way->flow, *back = &other->flow;

	if (seen->layer != LAYER_SESSION || seen->part == OBSERVED_BEGIN ||
	    p->points >= CHECK_PAGE_POINTS)
		return;
	if (asks(seen))
		way->asked = seen->to;
	if (confirms(seen) && back->n)
		ladder_point(back, at_us, back->at[back->n - 1].sent, other->asked);
	ladder_point(f, at_us, seen->to, f->n ? f->at[f->n - 1].confirmed : 0);
	p->points += 2;
}

void check_page_seen(struct check_page *p, struct follow *f, uint32_t connection, int64_t at_ns,
                     const struct observation *seen)
{
	struct check_page_way *way = way_of(p, connection, seen->direction);
	bool frames = seen->layer == LAYER_TPKT ||
	              (seen->layer == LAYER_COTP && seen->code == COTP_DT);

	if (!way || frames || seen->herald)
		return;
	plot(p, connection, (at_ns - f->zero_ns) / 1000, seen);
	if (is_dt(seen) && seen->part == OBSERVED_END && way->session)
		p->all.at[way->session - 1].octets += seen->user;
	if (seen->part == OBSERVED_END || seen->part == OBSERVED_CUT)
		return;
	if (seen->layer > LAYER_SESSION)
		inside(p, f, way, seen);
	else
		outside(p, f, connection, at_ns, way, seen);
}

void check_page_free(struct check_page *p)
{
	for (size_t i = 0; i < p->pdus_n; i++) {
		pdu_text_free(p->pdus[i]);
		free(p->pdus[i]);
	}
	for (size_t i = 0; i < p->ways_n; i++)
		for (unsigned d = 0; d < DIRECTIONS; d++)
			free(p->ways[i][d].flow.at);
	free(p->pdus);
	free(p->ways);
	ladder_free(&p->all);
}

/* --- ladders ---------------------------------------------------------------------------------- */

static bool same(const struct capture_address *a, const struct capture_address *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* An address, and in how many connections that are not drawn yet. */
struct ends {
	struct capture_address at[ENDS_MAX];
	size_t times[ENDS_MAX], n;
};

static void count_end(struct ends *e, const struct capture_address *a)
{
	size_t i = 0;

	while (i < e->n && !same(&e->at[i], a))
		i++;
	if (i == ENDS_MAX)
		return;
	if (i == e->n) {
		e->at[e->n] = *a;
		e->times[e->n++] = 0;
	}
	e->times[i]++;
}

struct drawing {
	struct check_page *page;
	const struct follow *follow;
	bool *drawn;			/* owned; by connection */
	bool full;			/* an address found no lane in this ladder */
	uint32_t connections;
};

static bool has(const struct drawing *d, uint32_t number, struct stream_connection *c)
{
	return number < d->page->ways_n && streams_connection(d->follow->streams, number, c);
}

/* What most of the rest have in common; of two alike, who is called. */
static bool find_hub(const struct drawing *d, struct capture_address *hub)
{
	struct ends e = { .n = 0 };
	struct stream_connection c;
	size_t best = 0;

	for (uint32_t i = 1; i < d->connections; i++)
		if (!d->drawn[i] && has(d, i, &c)) {
			count_end(&e, &c.address[FROM_RESPONDER]);
			count_end(&e, &c.address[FROM_INITIATOR]);
		}
	for (size_t i = 1; i < e.n; i++)
		if (e.times[i] > e.times[best])
			best = i;
	if (e.n)
		*hub = e.at[best];
	return e.n > 0;
}

/* The lane of an address, made if there is room; -1: there is none. */
static int lane_for(struct ladder *l, struct capture_address at[LADDER_LANES],
                    const struct capture_address *a)
{
	char text[CAPTURE_ADDRESS_TEXT];

	for (size_t i = 0; i < l->lanes_n; i++)
		if (same(&at[i], a))
			return (int)i;
	if (l->lanes_n == LADDER_LANES)
		return -1;
	at[l->lanes_n] = *a;
	snprintf(l->lanes[l->lanes_n], sizeof l->lanes[0], "%.39s",
	         capture_address_text(a, text));
	return (int)l->lanes_n++;
}

/* Copies the marks of a connection that has the hub at one end. */
static bool take(struct drawing *d, struct ladder *l, struct capture_address at[LADDER_LANES],
                 const struct capture_address *hub, uint32_t number, int8_t *lanes, bool *hub_calls)
{
	struct stream_connection c;
	bool calls;
	int lane;

	if (d->drawn[number] || !has(d, number, &c))
		return false;
	calls = same(&c.address[FROM_INITIATOR], hub);
	if (!calls && !same(&c.address[FROM_RESPONDER], hub))
		return false;
	lane = lane_for(l, at, &c.address[calls ? FROM_RESPONDER : FROM_INITIATOR]);
	if (lane < 0) {
		d->full = true;
		return false;
	}
	d->drawn[number] = true;
	lanes[number] = (int8_t)lane;
	hub_calls[number] = calls;
	return true;
}

static uint64_t sent_of(const struct ladder_flow *f)
{
	return f->n ? f->at[f->n - 1].sent : 0;
}

/* Those with the most octets, of the connections that are in the ladder; borrowed. */
static void take_flows(const struct drawing *d, struct ladder *view, const int8_t *lanes,
                       const bool *hub_calls)
{
	for (uint32_t i = 1; i < d->connections && i < d->page->ways_n; i++)
		for (unsigned way = 0; lanes[i] >= 0 && way < DIRECTIONS; way++) {
			const struct ladder_flow *f = &d->page->ways[i][way].flow;
			size_t at = view->flows_n;

			while (at > 0 && sent_of(&view->flows[at - 1]) < sent_of(f))
				at--;
			if (sent_of(f) < FLOW_LEAST || at == LADDER_FLOWS)
				continue;
			view->flows_n += view->flows_n < LADDER_FLOWS;
			memmove(&view->flows[at + 1], &view->flows[at],
			        (view->flows_n - 1 - at) * sizeof *f);
			view->flows[at] = *f;
			view->flows[at].association = i;
			view->flows[at].lane = (uint8_t)lanes[i];
			view->flows[at].out = (way == FROM_INITIATOR) != hub_calls[i];
		}
}

/* One ladder; `view` borrows the texts of the page's. */
static bool view_of(struct drawing *d, struct ladder *view, bool with_logs)
{
	struct capture_address at[LADDER_LANES], hub;
	const struct ladder *all = &d->page->all;
	int8_t *lanes = malloc(d->connections);
	bool *calls = calloc(d->connections, 1), any = false;

	*view = (struct ladder){ .at = calloc(all->n + 1, sizeof *view->at), .cut = all->cut };
	if (lanes && calls && view->at && find_hub(d, &hub)) {
		memset(lanes, -1, d->connections);
		/* The first caller stands left of it. */
		for (uint32_t i = 1; i < d->connections; i++) {
			bool first = view->lanes_n == 0;

			if (first && take(d, view, at, &hub, i, lanes, calls)) {
				view->mta = (size_t)lane_for(view, at, &hub);
				any = true;
			} else if (!first) {
				take(d, view, at, &hub, i, lanes, calls);
			}
		}
		if (any)
			take_flows(d, view, lanes, calls);
		for (size_t i = 0; any && i < all->n; i++) {
			struct ladder_mark m = all->at[i];

			if (m.association ? lanes[m.association] < 0 : !with_logs)
				continue;
			m.lane = m.association ? (uint8_t)lanes[m.association]
			                       : (uint8_t)view->mta;
			m.out ^= m.association && calls[m.association];
			view->at[view->n++] = m;
		}
	}
	free(lanes);
	free(calls);
	return any;
}

static void one_ladder(struct page *p, const struct drawing *d, const struct ladder *view,
                       const char *id)
{
	page_begin(p, "h3");
	page_format(p, "Around %s", view->lanes[view->mta]);
	page_end(p);
	if (d->full)
		page_note(p, "A ladder has room for %d addresses: connections of others with it "
		          "are in the next one.", LADDER_LANES);
	html_ladder(p, view, id, false);
	html_plots(p, view);
}

static void draw(struct page *p, struct check_page *c, const struct follow *f)
{
	struct drawing d = { .page = c, .follow = f };
	struct ladder view;
	bool more = true;
	char id[16];

	for (size_t i = 0; i < c->all.n; i++)
		if (c->all.at[i].association >= d.connections)
			d.connections = c->all.at[i].association + 1;
	d.drawn = calloc(d.connections + 1u, 1);
	if (!d.drawn || !d.connections)
		more = false;
	page_element(p, "h2", NULL, "Ladders");
	html_layers(p);
	for (int i = 0; more && i < CHECK_PAGE_LADDERS && page_length(p) < HTML_LENGTH; i++) {
		d.full = false;
		more = view_of(&d, &view, i == 0);
		snprintf(id, sizeof id, "l%d", i);
		if (more)
			one_ladder(p, &d, &view, id);
		free(view.at);
	}
	if (more)
		page_note(p, "What is not drawn is in the text form of this page, and in x400rig "
		          "decode.");
	free(d.drawn);
}

/* --- remarks, messages, known faults ------------------------------------------------------- */

static void number_cell(struct page *p, const char *fmt, double v)
{
	char text[40];

	snprintf(text, sizeof text, fmt, v);
	page_element(p, "td", "n", text);
}

static void remark_row(struct page *p, const struct check_result *r, const struct check_remark *m)
{
	static const char *const classes[CHECK_WEIGHTS] = {
		[CHECK_FATAL] = "verdict fail", [CHECK_SUPPORT] = "verdict inconclusive",
	};
	char frames[32];

	page_begin(p, "tr");
	page_element(p, "td", classes[m->weight], check_weight_name((enum check_weight)m->weight));
	number_cell(p, "%.6f", (double)(m->time_ns - r->zero_ns) / 1e9);
	snprintf(frames, sizeof frames, m->frame_to > m->frame ? "%u\xe2\x80\x93%u" : "%u",
	         m->frame, m->frame_to);
	page_element(p, "td", "n", m->frame ? frames : "");
	number_cell(p, "%.0f", m->connection);
	page_element(p, "td", NULL, m->direction == FROM_INITIATOR ? "caller"
	             : m->direction == FROM_RESPONDER ? "called" : "");
	page_begin(p, "td");
	page_format(p, "%s", m->text);
	if (m->clause[0])
		page_format(p, " (%s)", m->clause);
	page_class(p, "span", "dim");
	page_format(p, " %s", m->name);
	page_end(p);
	page_end(p);
	page_end(p);
}

/* The heaviest first. */
static void remarks(struct page *p, const struct check_result *r)
{
	static const char *const names[] = { "weight", "seconds", "frames", "connection", "who",
	                                     "what", NULL };
	const struct check *k = r->check;
	size_t shown = 0;

	page_element(p, "h2", NULL, "Findings");
	if (!k->remarks)
		page_note(p, "None.");
	if (!k->remarks)
		return;
	page_begin(p, "table");
	html_head(p, names);
	page_begin(p, "tbody");
	for (int w = CHECK_WEIGHTS - 1; w >= 0; w--)
		for (size_t i = 0; i < k->remarks && shown < REMARKS_SHOWN; i++)
			if (k->remark[i].weight == w) {
				remark_row(p, r, &k->remark[i]);
				shown++;
			}
	page_end(p);
	page_end(p);
	if (k->remarks + k->remarks_beyond > shown)
		page_note(p, "%" PRIu64 " more are not shown",
		          k->remarks + k->remarks_beyond - shown);
}

static void message_row(struct page *p, const struct check_message *m)
{
	bool odd = m->reused || m->doubled || m->attempts != 1 ||
	           m->attempt[0].outcome != OUTCOME_CONFIRMED;

	page_class(p, "tr", odd ? "odd" : NULL);
	page_begin(p, "th");
	page_attribute(p, "scope", "row");
	page_text(p, m->id);
	page_end(p);
	number_cell(p, "%.0f", (double)m->octets);
	page_begin(p, "td");
	for (size_t i = 0; i < m->attempts; i++) {
		const struct check_attempt *a = &m->attempt[i];

		page_begin(p, "div");
		page_format(p, "connection %u, frame %u: %s, checkpoints %u sent, %u confirmed",
		            a->connection, a->frame,
		            check_outcome_name((enum check_outcome)a->outcome), a->sent,
		            a->confirmed);
		page_end(p);
	}
	page_end(p);
	page_begin(p, "td");
	page_format(p, "%s%s%s", m->reused ? "identifier reused" : "",
	            m->reused && m->doubled ? ", " : "", m->doubled ? "doubled" : "");
	page_end(p);
	page_end(p);
}

static void ledger(struct page *p, const struct check_book *b)
{
	static const char *const names[] = { "message", "octets", "attempts", "besides", NULL };

	page_element(p, "h2", NULL, "Ledger");
	if (!b->n)
		page_note(p, "No message was transferred.");
	if (!b->n)
		return;
	page_begin(p, "table");
	html_head(p, names);
	page_begin(p, "tbody");
	for (size_t i = 0; i < b->n && i < MESSAGES_SHOWN; i++)
		message_row(p, &b->at[i]);
	page_end(p);
	page_end(p);
	if (b->n + b->beyond > MESSAGES_SHOWN)
		page_note(p, "%" PRIu64 " more are not shown", b->n + b->beyond - MESSAGES_SHOWN);
}

static void faults(struct page *p, const struct check_result *r)
{
	struct signature_candidate *all = calloc(SIGNATURES_MAX, sizeof *all);
	size_t n = all ? signature_rank(r->signatures, r->score, r->check->wire, all) : 0;

	page_element(p, "h2", NULL, "Known faults");
	if (!all)
		page_note(p, "there was no memory to look for them");
	page_begin(p, "ul");
	for (size_t i = 0; i < n; i++) {
		const struct signature *s = &r->signatures->at[all[i].signature];

		if (!all[i].complete || s->weight == WEIGHT_HARMLESS || all[i].within != SIZE_MAX)
			continue;
		page_begin(p, "li");
		page_element(p, "strong", NULL, s->article);
		page_format(p, " (%s): %s, because %s. %s", signature_weight_name(s->weight),
		            s->title, all[i].reason, s->advice);
		page_end(p);
	}
	page_end(p);
	if (!r->logs)
		page_note(p, "Logs of the MTA tell faults apart: x400rig check CAPTURE LOG ... "
		          "--html FILE");
	free(all);
}

/* --- the page ------------------------------------------------------------------------------ */

struct order {
	int64_t at_us;
	size_t i;
};

static int by_time(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->i < y->i ? -1 : 1;
}

static void sort_marks(struct ladder *l)
{
	struct order *order = calloc(l->n + 1, sizeof *order);
	struct ladder_mark *sorted = calloc(l->n + 1, sizeof *sorted);

	for (size_t i = 0; order && sorted && i < l->n; i++)
		order[i] = (struct order){ l->at[i].at_us, i };
	if (order && sorted) {
		qsort(order, l->n, sizeof *order, by_time);
		for (size_t i = 0; i < l->n; i++)
			sorted[i] = l->at[order[i].i];
		free(l->at);
		l->at = sorted;
		sorted = NULL;
	}
	free(sorted);
	free(order);
}

/* Remarks and log records become marks where they happened. */
static void merge(struct check_page *c, const struct check_result *r)
{
	const struct check *k = r->check;
	struct ladder_mark *m;
	char text[400];

	for (size_t i = 0; i < k->remarks; i++) {
		if (k->remark[i].weight < CHECK_SUPPORT)
			continue;
		snprintf(text, sizeof text, "%s: %s", k->remark[i].name, k->remark[i].text);
		m = add(c, k->remark[i].connection, k->remark[i].time_ns, k->remark[i].direction,
		        MARK_ABORT, text);
		if (m)
			m->evidence = true;
	}
	for (size_t i = 0; i < r->logs; i++) {
		if (!r->log[i].at_ns)
			continue;
		snprintf(text, sizeof text, "event %u (%u): %.300s", r->log[i].event,
		         r->log[i].code, r->log[i].text);
		m = add(c, 0, r->log[i].at_ns, DIRECTIONS, MARK_LOG, text);
		if (m)
			m->evidence = true;
	}
	sort_marks(&c->all);
}

static void verdict(struct page *p, const struct check_result *r, int status)
{
	const struct check *k = r->check;

	page_class(p, "p", "counts");
	page_element(p, "span", status == EXIT_FAIL ? "verdict fail" : status == EXIT_ALL_PASS
	             ? "verdict pass" : "verdict inconclusive",
	             check_verdict_text(r));
	page_class(p, "span", "dim");
	page_format(p, "%" PRIu64 " connections, %" PRIu64 " transfers, %" PRIu64 " fatal, %" PRIu64
	            " supporting, %" PRIu64 " notes", k->talks, k->messages,
	            k->weight[CHECK_FATAL], k->weight[CHECK_SUPPORT], k->weight[CHECK_NOTE]);
	page_end(p);
	page_end(p);
}

bool check_page_write(FILE *out, struct check_page *c, struct check_result *r, const char *path,
                      int status)
{
	char title[300];
	struct page p;

	snprintf(title, sizeof title, "x400rig check: %.250s", path);
	if (!page_open(&p, title))
		return false;
	merge(c, r);
	page_begin(&p, "main");
	page_element(&p, "h1", NULL, title);
	verdict(&p, r, status);
	remarks(&p, r);
	faults(&p, r);
	ledger(&p, &r->check->book);
	draw(&p, c, r->check->follow);
	page_end(&p);
	html_panel(&p);
	return page_close(&p, out);
}
