#include "scenario/journal.h"

#include "association/association.h"
#include "fd/fd.h"
#include "judge/judge.h"
#include "link/link.h"
#include "scenario/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- names ---------------------------------------------------------------- */

static const char *const tcp_names[] = {
	[TCP_CONNECTED] = "connected", [TCP_FIN_IN] = "FIN in", [TCP_RST_IN] = "RST in",
	[TCP_FIN_OUT] = "FIN out", [TCP_RST_OUT] = "RST out",
	[TCP_CLOSE_WANTED] = "close wanted", [TCP_FAILED] = "failed",
};
static const char *const scenario_names[] = {
	[SCENARIO_CASE_BEGIN] = "case begins", [SCENARIO_STEP] = "step",
	[SCENARIO_STEP_FAILED] = "step failed", [SCENARIO_EXPECT] = "expect",
	[SCENARIO_TICK] = "tick", [SCENARIO_LOGS_READ] = "logs read",
	[SCENARIO_QUEUE_EMPTY] = "queue", [SCENARIO_IUT_GONE] = "IUT gone",
	[SCENARIO_CUT] = "cut", [SCENARIO_RESOURCE] = "resource",
	[SCENARIO_CASE_END] = "case ends",
	[SCENARIO_DETACHED] = "detached", [SCENARIO_ATTACHED] = "attached",
	[SCENARIO_MATCHED] = "matched", [SCENARIO_MISMATCHED] = "mismatched",
	[SCENARIO_NAMED] = "named", [SCENARIO_LOGS_FAILED] = "logs failed",
	[SCENARIO_RESTARTED] = "restarted",
};
static const char *const ledger_names[] = {
	[LEDGER_OFFERED] = "offered", [LEDGER_ACCEPTED] = "accepted", [LEDGER_DOUBT] = "doubt",
	[LEDGER_DELIVERED] = "delivered", [LEDGER_ALTERED] = "altered",
	[LEDGER_REPORTED] = "reported", [LEDGER_DELIVERY_REPORT] = "delivery report",
	[LEDGER_ABANDONED] = "abandoned", [LEDGER_FOREIGN] = "foreign",
};

#define COUNT(a) (sizeof (a) / sizeof (a)[0])
#define PICK(names, i) ((i) < COUNT(names) ? (names)[i] : NULL)

static const char *pdu_name(const struct event *e)
{
	switch (e->layer) {
	case LAYER_COTP:
		return cotp_kind_name((enum cotp_kind)e->code);
	case LAYER_SESSION:
		return session_spdu_name((enum session_spdu)e->code);
	case LAYER_PRESENTATION:
		return presentation_ppdu_name((enum presentation_ppdu)e->code);
	case LAYER_ACSE:
		return acse_apdu_name((enum acse_apdu)e->code);
	case LAYER_RTSE:
		return rtse_kind_name((enum rtse_kind)e->code);
	case LAYER_P1:
		return p1_code_name(e->code);
	default:
		return NULL;
	}
}

const char *journal_name(const struct event *e)
{
	switch (e->kind) {
	case EVENT_PRIMITIVE:
		return service_kind_name((enum service_kind)e->code);
	case EVENT_PDU_IN:
	case EVENT_PDU_OUT:
		return pdu_name(e);
	case EVENT_TCP:
		return PICK(tcp_names, e->code);
	case EVENT_LINK:
		return link_event_name((enum link_event)e->code);
	case EVENT_SCENARIO:
		return PICK(scenario_names, e->code);
	case EVENT_LEDGER:
		return PICK(ledger_names, e->code);
	default:
		return NULL;
	}
}

/* --- writing ---------------------------------------------------------------- */

struct line {
	char *p;			/* behind what was written */
	const char *end;
};

/* What stands in the text of the program.  Every field at its longest, words apart, takes less
 * than half of a line. */
#define PUT(l, text) (memcpy((l)->p, text, sizeof (text) - 1), (l)->p += sizeof (text) - 1)

static void put_number(struct line *l, uint64_t v)
{
	char digits[24], *end = digits + sizeof digits, *p = end;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	while (p < end)
		*l->p++ = *p++;
}

/* Names of ours need no escapes. */
static void put_word(struct line *l, const char *word)
{
	while (*word && l->p < l->end)
		*l->p++ = *word++;
	*l->p++ = '"';
}

#define FIELD(l, name, v) \
	do { \
		if ((v) == 0) \
			break; \
		PUT(l, ",\"" name "\":"); \
		put_number(l, v); \
	} while (0)
#define WORD(l, name, word) \
	do { \
		if (!(word)) \
			break; \
		PUT(l, ",\"" name "\":\""); \
		put_word(l, word); \
	} while (0)

size_t journal_line(const struct event *e, char buf[static JOURNAL_LINE_MAX])
{
	struct line l = { buf, buf + JOURNAL_LINE_MAX / 2 };
	const struct rule *rule = e->rule ? association_rule(e->rule) : NULL;
	const char *kind = event_kind_name(e->kind), *name = journal_name(e);
	const char *layer = e->layer != LAYER_NONE ? layer_name(e->layer) : NULL;
	const char *rule_name = rule && e->kind == EVENT_FINDING ? rule->name : NULL;
	const uint32_t cell = e->cell != CELL_NONE ? e->cell + 1u : 0;

	PUT(&l, "{\"at\":");
	put_number(&l, (uint64_t)e->at_us);
	WORD(&l, "kind", kind);
	WORD(&l, "layer", layer);
	FIELD(&l, "code", e->code);
	FIELD(&l, "type", e->type);
	FIELD(&l, "assoc", e->association);
	FIELD(&l, "value", e->value);
	FIELD(&l, "offset", e->offset);
	FIELD(&l, "length", e->length);
	FIELD(&l, "cell", cell);
	FIELD(&l, "rule", e->rule);
	WORD(&l, "rule_name", rule_name);
	FIELD(&l, "from", e->from);
	FIELD(&l, "to", e->to);
	FIELD(&l, "flags", e->flags);
	WORD(&l, "name", name);
	PUT(&l, "}");
	*l.p = '\0';
	return (size_t)(l.p - buf);
}

/* Nothing follows what could not be written. */
bool journal_flush(struct journal *j)
{
	if (!j->error && !fd_write_all(j->fd, j->buffer, j->n))
		j->error = errno;
	j->n = 0;
	errno = j->error;
	return !j->error;
}

bool journal_open(struct journal *j, const char *path, const char *case_id)
{
	int n;

	*j = (struct journal){ .buffer = malloc(JOURNAL_BUFFER) };
	if (!j->buffer)
		return false;
	j->fd = folder_create(path);
	if (j->fd < 0) {
		free(j->buffer);
		j->buffer = NULL;
		return false;
	}
	n = snprintf(j->buffer, JOURNAL_BUFFER, "{\"schema\":\"x400rig-events\",\"version\":%d,"
	             "\"case\":\"%s\"}\n", JOURNAL_VERSION, case_id);
	j->n = (size_t)n;
	return true;
}

void journal_put(struct journal *j, const struct event *e)
{
	j->events++;
	if (!j->buffer || j->error)
		return;
	if (JOURNAL_BUFFER - j->n < JOURNAL_LINE_MAX + 1 && !journal_flush(j))
		return;
	j->n += journal_line(e, j->buffer + j->n);
	j->buffer[j->n++] = '\n';
}

bool journal_close(struct journal *j)
{
	if (!j->buffer)
		return true;
	journal_flush(j);
	if (close(j->fd) != 0 && !j->error)
		j->error = errno;
	free(j->buffer);
	j->buffer = NULL;
	errno = j->error;
	return !j->error;
}

/* --- reading ---------------------------------------------------------------- */

struct scan {
	const char *p, *end;
};

static bool scan_char(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* A string without escapes: none of ours has any. */
static bool scan_word(struct scan *s, const char **word, size_t *n)
{
	if (!scan_char(s, '"'))
		return false;
	*word = s->p;
	while (s->p < s->end && *s->p != '"' && *s->p != '\\')
		s->p++;
	*n = (size_t)(s->p - *word);
	return scan_char(s, '"');
}

static bool scan_number(struct scan *s, uint64_t *v)
{
	const char *first = s->p;

	for (*v = 0; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
		if (__builtin_mul_overflow(*v, 10u, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(*s->p - '0'), v))
			return false;
	return s->p > first;
}

struct value {
	const char *word;		/* NULL: a number */
	size_t n;
	uint64_t number;
};

static bool is_word(const struct value *v, const char *word)
{
	return strlen(word) == v->n && memcmp(word, v->word, v->n) == 0;
}

static bool take_kind(struct event *e, const struct value *v)
{
	for (uint8_t i = 0; i < EVENT_KINDS; i++) {
		if (v->word && is_word(v, event_kind_name(i))) {
			e->kind = i;
			return true;
		}
	}
	return false;
}

static bool take_layer(struct event *e, const struct value *v)
{
	for (int i = 0; i < LAYERS; i++) {
		if (v->word && is_word(v, layer_name((enum layer)i))) {
			e->layer = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static bool take_cell(struct event *e, const struct value *v)
{
	e->cell = (uint16_t)(v->number - 1);
	return v->number >= 1 && v->number <= CELL_NONE;
}

#define TAKE(field, max) \
	static bool take_##field(struct event *e, const struct value *v) \
	{ \
		e->field = (__typeof__(e->field))v->number; \
		return !v->word && v->number <= (max); \
	}

TAKE(at_us, INT64_MAX)
TAKE(code, UINT8_MAX)
TAKE(type, UINT8_MAX)
TAKE(association, UINT32_MAX)
TAKE(value, UINT32_MAX)
TAKE(offset, UINT64_MAX)
TAKE(length, UINT64_MAX)
TAKE(rule, UINT16_MAX)
TAKE(from, UINT8_MAX)
TAKE(to, UINT8_MAX)
TAKE(flags, UINT8_MAX)

static const struct field {
	const char *name;
	bool (*take)(struct event *e, const struct value *v);
} fields[] = {
	{ "at", take_at_us }, { "kind", take_kind }, { "layer", take_layer },
	{ "code", take_code }, { "type", take_type }, { "assoc", take_association },
	{ "value", take_value }, { "offset", take_offset }, { "length", take_length },
	{ "cell", take_cell }, { "rule", take_rule }, { "from", take_from }, { "to", take_to },
	{ "flags", take_flags },
};

static bool take_field(struct event *e, const char *name, size_t n, const struct value *v)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (strlen(fields[i].name) == n && memcmp(fields[i].name, name, n) == 0)
			return fields[i].take(e, v);
	return true;
}

bool journal_parse(const char *line, size_t n, struct event *out)
{
	struct scan s = { line, line + n };
	bool has_kind = false;

	*out = (struct event){ .cell = CELL_NONE };
	if (!scan_char(&s, '{'))
		return false;
	do {
		struct value v = { 0 };
		const char *name;
		size_t name_n;

		if (!scan_word(&s, &name, &name_n) || !scan_char(&s, ':'))
			return false;
		if (!(s.p < s.end && *s.p == '"' ? scan_word(&s, &v.word, &v.n)
		                                 : scan_number(&s, &v.number)))
			return false;
		if (!take_field(out, name, name_n, &v))
			return false;
		has_kind |= name_n == 4 && memcmp(name, "kind", 4) == 0;
	} while (scan_char(&s, ','));
	return has_kind && scan_char(&s, '}') && s.p == s.end;
}

static bool is_header(const char *line)
{
	char want[64];

	snprintf(want, sizeof want, "{\"schema\":\"x400rig-events\",\"version\":%d,",
	         JOURNAL_VERSION);
	return strncmp(line, want, strlen(want)) == 0;
}

static bool read_lines(FILE *fp, const char *path, void (*put)(void *ctx, const struct event *e),
                       void *ctx, char *why, size_t why_cap)
{
	char line[JOURNAL_LINE_MAX * 2];

	for (unsigned number = 1; fgets(line, sizeof line, fp); number++) {
		size_t n = strcspn(line, "\n");
		struct event e;

		if (number == 1 ? is_header(line) : journal_parse(line, n, &e)) {
			if (number > 1)
				put(ctx, &e);
			continue;
		}
		snprintf(why, why_cap, "%s:%u: not a line of x400rig events, version %d", path,
		         number, JOURNAL_VERSION);
		return false;
	}
	return true;
}

bool journal_read(const char *path, void (*put)(void *ctx, const struct event *e), void *ctx,
                  char *why, size_t why_cap)
{
	FILE *fp = fopen(path, "re");
	bool ok;

	if (!fp) {
		snprintf(why, why_cap, "%s: %s", path, strerror(errno));
		return false;
	}
	ok = read_lines(fp, path, put, ctx, why, why_cap);
	fclose(fp);
	return ok;
}
