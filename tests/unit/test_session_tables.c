/*
 * The tables of X.225 Annex A, transcribed twice from the print by two people:
 * stack/session/session_table.inc with the predicates of session_machine.c, and
 * tests/tables/x225-*.csv.  Every branch of every cell must be the same in both:
 * predicates, outgoing events and actions in order, next state; "//" too.  The
 * predicates of Table A.7 are read as text and tried against the C functions.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/session_machine.h"

enum { LINES_MAX = 1200, LINE = 200, FIELDS = 8, ROWS_IN_PRINT = 950 };

struct lines {
	char at[LINES_MAX][LINE];
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* ---- the C side as lines ---- */

static void put_literals(char *out, const struct session_row *r)
{
	char literal[SESSION_IF_MAX][8];
	size_t n = 0;

	for (; n < SESSION_IF_MAX && r->when[n]; n++)
		snprintf(literal[n], sizeof literal[n], "%sp%02d", r->when[n] < 0 ? "!" : "",
		         abs(r->when[n]));
	qsort(literal, n, sizeof literal[0], by_text);
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		sprintf(out + strlen(out), "%s%s", i ? " & " : "", literal[i]);
}

static void add_row(struct lines *l, const struct session_row *r, const char *event)
{
	char when[64], then[100] = "";

	put_literals(when, r);
	for (size_t i = 0; i < SESSION_THEN_MAX && r->then[i]; i++)
		sprintf(then + strlen(then), "%s%s", i ? " " : "", session_event_name(r->then[i]));
	assert_true(l->n < LINES_MAX);
	snprintf(l->at[l->n++], LINE, "%s %s %s: %s | %s | %s | %s", r->table,
	         session_state_name(r->state), event, r->never ? "never" : "row", when, then,
	         r->never ? "" : session_state_name(r->next));
}

static void read_c(struct lines *l)
{
	size_t n;
	const struct session_row *rows = session_cells(&n);

	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].event != SESSION_EV_MAA_AEA) {
			add_row(l, &rows[i], session_event_name(rows[i].event));
			continue;
		}
		add_row(l, &rows[i], "MAA");	/* printed as one row "MAA/AEA" */
		add_row(l, &rows[i], "AEA");
	}
}

/* ---- the other side ---- */

/* Splits a line of RFC 4180 in place. */
static size_t split(char *line, char *field[FIELDS])
{
	size_t n = 0;
	bool quoted = false;
	char *out = line;

	field[n++] = out;
	for (const char *s = line; *s && *s != '\n'; s++) {
		if (*s == '"') {
			quoted = !quoted;
		} else if (*s == ',' && !quoted) {
			*out++ = '\0';
			assert_true(n < FIELDS);
			field[n++] = out;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
	return n;
}

static FILE *open_table(const char *path)
{
	FILE *fp = fopen(path, "r");
	char head[LINE];

	if (!fp)
		fail_msg("%s cannot be read (tests run from the root of the repository)", path);
	assert_non_null(fgets(head, sizeof head, fp));
	return fp;
}

static void sort_literals(char *when)
{
	char copy[64], *literal[SESSION_IF_MAX + 1], *s = copy;
	char sorted[SESSION_IF_MAX + 1][8];
	size_t n = 0;

	snprintf(copy, sizeof copy, "%s", when);
	while ((literal[n] = strsep(&s, "& ")) != NULL)
		if (*literal[n]) {
			assert_true(n < SESSION_IF_MAX);
			snprintf(sorted[n], sizeof sorted[n], "%s", literal[n]);
			n++;
		}
	qsort(sorted, n, sizeof sorted[0], by_text);
	when[0] = '\0';
	for (size_t i = 0; i < n; i++)
		sprintf(when + strlen(when), "%s%s", i ? " & " : "", sorted[i]);
}

static void read_csv(struct lines *l)
{
	FILE *fp = open_table("tests/tables/x225-tables.csv");
	char line[400], when[64], *f[FIELDS];

	for (l->n = 0; fgets(line, sizeof line, fp); l->n++) {
		assert_true(l->n < LINES_MAX);
		assert_int_equal(split(line, f), FIELDS);
		snprintf(when, sizeof when, "%s", f[4]);
		sort_literals(when);
		snprintf(l->at[l->n], LINE, "%s %s %s: %s | %s | %s | %s", f[0], f[2], f[1], f[3],
		         when, f[5], f[6]);
	}
	fclose(fp);
}

static void rows_are_the_same(void **state)
{
	static struct lines ours, other;
	size_t i = 0, j = 0, different = 0;

	(void)state;
	read_c(&ours);
	read_csv(&other);
	qsort(ours.at, ours.n, sizeof ours.at[0], by_text);
	qsort(other.at, other.n, sizeof other.at[0], by_text);
	while (i < ours.n || j < other.n) {
		int order = i == ours.n ? 1 : j == other.n ? -1 : strcmp(ours.at[i], other.at[j]);

		if (order < 0)
			print_error("only in session_table.inc: %s\n", ours.at[i]);
		if (order > 0)
			print_error("only in x225-tables.csv:   %s\n", other.at[j]);
		different += order != 0;
		i += order <= 0;
		j += order >= 0;
	}
	assert_int_equal(different, 0);
	assert_int_equal(ours.n, ROWS_IN_PRINT);
}

static void states_are_the_same(void **state)
{
	FILE *fp = open_table("tests/tables/x225-states.csv");
	char line[400], *f[FIELDS];
	size_t n = 0;

	(void)state;
	for (; fgets(line, sizeof line, fp); n++) {
		assert_true(n < SESSION_STATES);
		split(line, f);
		assert_string_equal(f[0], session_state_name((enum session_state)n));
	}
	fclose(fp);
	assert_int_equal(n, SESSION_STATES);
}

/* ---- predicates: the text of Table A.7, evaluated ---- */

struct ask {
	const struct session_vars *v;
	const struct session_arg *arg;
	enum session_event event;
	const char *s;			/* what is left of the text */
};

static char texts[256][200];		/* by number of predicate */

static bool unit(const struct ask *a, const char *name)
{
	static const struct {
		const char *name;
		uint16_t unit;
	} units[] = {
		{ "FD", UNIT_DUPLEX }, { "HD", UNIT_HALF_DUPLEX }, { "TD", UNIT_TYPED_DATA },
		{ "EX", UNIT_EXPEDITED }, { "MA", UNIT_MAJOR }, { "ACT", UNIT_ACTIVITY },
		{ "SS", UNIT_SYMMETRIC }, { "SY", UNIT_MINOR }, { "RESYN", UNIT_RESYNCHRONIZE },
		{ "DS", UNIT_DATA_SEPARATION }, { "CD", UNIT_CAPABILITY },
		{ "EXCEP", UNIT_EXCEPTIONS }, { "NR", UNIT_NEGOTIATED_RELEASE },
	};

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (!strcmp(units[i].name, name))
			return a->v->fu & units[i].unit;
	fail_msg("functional unit %s", name);
	return false;
}

static const char *const token_names[] = { "mi", "ma", "tr", "dk" };
static const uint8_t token_bits[] = { TOKEN_MINOR, TOKEN_MAJOR, TOKEN_RELEASE, TOKEN_DATA };

/* The functions of A.5.2 for one token. */
static bool token(const struct ask *a, const char *function, size_t t)
{
	bool AV = t == 0 ? unit(a, "SY") || unit(a, "SS") :
	          t == 1 ? unit(a, "MA") || unit(a, "ACT") :
	          t == 2 ? unit(a, "NR") : unit(a, "HD");
	bool OWNED = a->v->owned & token_bits[t];

	return !strcmp(function, "AV") ? AV : !strcmp(function, "OWNED") ? OWNED :
	       !strcmp(function, "I") ? !AV || OWNED : !strcmp(function, "A") ? !AV || !OWNED :
	       !strcmp(function, "II") ? AV && OWNED : AV && !OWNED;
}

/* ALL(f, s) and ANY(f, s) of A.5.3. */
static bool quantified(const struct ask *a, const char *arguments, bool all)
{
	char function[8];
	bool any = false, every = true;
	uint8_t set = strstr(arguments, "tk-dom") ? 0xff : a->arg->tokens;

	snprintf(function, sizeof function, "%.*s", (int)strcspn(arguments, ","), arguments);
	for (size_t t = 0; t < 4; t++) {
		if (!(set & token_bits[t]))
			continue;
		any |= token(a, function, t);
		every &= token(a, function, t);
	}
	return all ? every : any;
}

static int64_t value(const struct ask *a, const char *name)
{
	const struct session_vars *v = a->v;
	bool restart = a->event == SESSION_EV_RS_r || a->event == SESSION_EV_SRSYNreq_r;
	const struct {
		const char *name;
		int64_t value;
	} values[] = {
		{ "V(M)", v->Vm }, { "V(M) - 1", v->Vm - 1 }, { "V(A)", v->Va }, { "V(R)", v->Vr },
		{ "V(Ado)", v->Vado }, { "V(Adi)", v->Vadi }, { "Vrspnb", v->Vrspnb },
		{ "serial number", a->arg->serial }, { "Vrsp", v->Vrsp }, { "no", VRSP_NO },
		{ "r", VRSP_R }, { "s", VRSP_S }, { "a", VRSP_A }, { "int", VRSP_INT },
		{ "dsc", VRSP_DSC }, { "type", restart ? VRSP_R : VRSP_A },
	};

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		if (!strcmp(values[i].name, name))
			return values[i].value;
	return 0;			/* of symmetric synchronize: FU(SS) stands before it */
}

static bool compare(int64_t left, const char *sign, int64_t right)
{
	return !strcmp(sign, ">=") ? left >= right : !strcmp(sign, "!=") ? left != right :
	       !strcmp(sign, ">") ? left > right : !strcmp(sign, "<") ? left < right :
	       left == right;
}

/* Cuts "V(M) " off "V(M) > ...", and then the sign; false: nothing is left. */
static bool operand(const struct ask *a, char **text, int64_t *v, char sign[3])
{
	size_t n = strcspn(*text, "<>=!"), signs = strspn(*text + n, "<>=!");
	char name[60];

	snprintf(name, sizeof name, "%.*s", (int)(n - (signs ? 1 : 0)), *text);
	*v = value(a, name);
	snprintf(sign, 3, "%.*s", (int)signs, *text + n);
	*text += n + signs;
	*text += **text == ' ';
	return signs;
}

/* "V(M) > serial number >= V(A)" */
static bool relation(const struct ask *a, char *text)
{
	bool holds = true, more;
	char sign[3], next[3];
	int64_t left, right;

	more = operand(a, &text, &left, sign);
	while (more) {
		more = operand(a, &text, &right, next);
		holds &= compare(left, sign, right);
		left = right;
		memcpy(sign, next, sizeof sign);
	}
	return holds;
}

static bool expression(struct ask *a);

static bool predicate(const struct ask *a, unsigned number)
{
	struct ask inner = *a;

	inner.s = texts[number];
	assert_true(*inner.s);
	return expression(&inner);
}

/* A word, a function or a relation. */
static bool fact(const struct ask *a, char *text)
{
	const struct session_vars *v = a->v;
	const struct {
		const char *name;
		bool value;
	} facts[] = {
		{ "Vtca", v->Vtca }, { "Vtrr", v->Vtrr }, { "Vact", v->Vact }, { "Vsc", v->Vsc },
		{ "Vcoll", v->Vcoll }, { "Vdnr", v->Vdnr }, { "Vnextact", v->Vnextact },
		{ "TEXP", v->TEXP }, { "Discard-rcv-flow", v->discard_rcv },
		{ "local choice", a->arg->choice }, { "last of the user data", a->arg->end },
		{ "over 10240 octets of SS-user data", a->arg->overflow },
		{ "dk in GT", a->arg->tokens & TOKEN_DATA },
		{ "dk not in GT", !(a->arg->tokens & TOKEN_DATA) },
	};
	char *open = strchr(text, '(');

	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		if (!strcmp(facts[i].name, text))
			return facts[i].value;
	if (strpbrk(text, "=<>"))
		return relation(a, text);
	if (text[0] == 'p' && isdigit((unsigned char)text[1]))
		return predicate(a, (unsigned)atoi(text + 1));
	if (!open)
		fail_msg("Table A.7 in words: \"%s\"", text);
	*open++ = '\0';
	open[strcspn(open, ")")] = '\0';
	if (!strcmp(text, "FU"))
		return unit(a, open);
	if (!strcmp(text, "ALL") || !strcmp(text, "ANY"))
		return quantified(a, open, text[1] == 'L');
	for (size_t t = 0; t < 4; t++)
		if (!strcmp(token_names[t], open))
			return token(a, text, t);
	fail_msg("%s(%s)", text, open);
	return false;
}

static bool atom(struct ask *a)
{
	char text[100];
	size_t n = 0, depth = 0;

	a->s += strspn(a->s, " ");
	if (*a->s == '!') {
		a->s++;
		return !atom(a);
	}
	if (*a->s == '[' || *a->s == '(') {
		bool v;

		a->s++;
		v = expression(a);
		assert_true(*a->s == ']' || *a->s == ')');
		a->s++;
		return v;
	}
	for (; *a->s && (depth || !strchr("&|])", *a->s)); a->s++) {
		depth += *a->s == '(';
		depth -= *a->s == ')';
		assert_true(n + 1 < sizeof text);
		text[n++] = *a->s;
	}
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return fact(a, text);
}

static bool chain(struct ask *a, char sign, bool (*part)(struct ask *))
{
	bool v = part(a);

	for (;;) {
		a->s += strspn(a->s, " ");
		if (*a->s != sign)
			return v;
		a->s++;
		if (sign == '&')
			v = part(a) && v;
		else
			v = part(a) || v;
	}
}

static bool conjunction(struct ask *a)
{
	return chain(a, '&', atom);
}

static bool expression(struct ask *a)
{
	return chain(a, '|', conjunction);
}

static void read_predicates(void)
{
	FILE *fp = open_table("tests/tables/x225-predicates.csv");
	char line[400], *f[FIELDS];

	while (fgets(line, sizeof line, fp)) {
		split(line, f);
		snprintf(texts[atoi(f[0] + 1)], sizeof texts[0], "%s", f[1]);
	}
	fclose(fp);
}

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % n;
}

static void any_valuation(struct session_vars *v, struct session_arg *arg)
{
	session_vars_init(v);
	memset(arg, 0, sizeof *arg);
	v->fu = (uint16_t)(below(0x2000) & ~(uint32_t)UNIT_SYMMETRIC);
	v->owned = (uint8_t)below(256);
	v->Vrsp = (uint8_t)below(VRSP_DSC + 1);
	v->Vm = below(4);
	v->Va = below(4);
	v->Vr = below(4);
	v->Vado = (int64_t)below(5) - 1;
	v->Vadi = (int64_t)below(5) - 1;
	v->Vrspnb = below(4);
	v->Vact = below(2);
	v->Vnextact = below(2);
	v->Vsc = below(2);
	v->Vtca = below(2);
	v->Vtrr = below(2);
	v->Vcoll = below(2);
	v->Vdnr = below(2);
	v->TEXP = below(2);
	v->discard_rcv = below(2);
	arg->serial = below(4);
	arg->tokens = (uint8_t)(below(256) & 0x55);
	arg->choice = below(2);
	arg->end = below(2);
	arg->overflow = below(2);
}

/* p24 is the winner of A.5.4.6.1, p76 the local reasons to refuse a CN. */
static bool is_formula(unsigned number)
{
	return number != 24 && number != 76;
}

static void predicates_are_the_same(void **state)
{
	enum { TRIALS = 400 };
	size_t n, tried = 0;
	const struct session_row *rows = session_cells(&n);

	(void)state;
	read_predicates();
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < SESSION_IF_MAX && rows[i].when[k]; k++) {
			unsigned number = (unsigned)abs(rows[i].when[k]);

			for (int j = 0; j < TRIALS && is_formula(number); j++, tried++) {
				struct session_vars v;
				struct session_arg arg;
				struct ask a = { &v, &arg, rows[i].event, NULL };

				any_valuation(&v, &arg);
				if (predicate(&a, number) !=
				    session_predicate(number, &v, rows[i].event, &arg))
					fail_msg("p%02u of %s: \"%s\" is not what the C function "
					         "says", number, session_event_name(rows[i].event),
					         texts[number]);
			}
		}
	}
	assert_true(tried > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_the_same),
		cmocka_unit_test(states_are_the_same),
		cmocka_unit_test(predicates_are_the_same),
	};

	return cmocka_run_group_tests_name("session tables, twice", tests, NULL, NULL);
}
