#include "cli/help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- for people --------------------------------------------------------------------- */

static void text_option(const struct cli_option *o)
{
	char left[64];

	snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ',
	         o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
	         o->value ? "=" : "", o->value ? o->value : "");
	printf("  %-26s %s\n", left, o->text);
}

static void help_text(const struct cli_help *h)
{
	printf("usage: x400rig %s %s%s\n\n%s\n", h->verb, h->options ? "[options] " : "",
	       h->operands, h->text);
	if (h->options)
		printf("\noptions:\n");
	for (const struct cli_option *o = h->options; o && o->name; o++)
		text_option(o);
	printf("  %-26s %s\n", "-h, --help", "this text");
	if (h->examples)
		printf("\nexamples:\n");
	for (const char *const *e = h->examples; e && *e; e++)
		printf("  %s\n", *e);
}

/* --- manual pages ------------------------------------------------------------------- */

/* Text of a paragraph: what mdoc would take for a request or an escape is guarded, and
 * sentences begin on lines of their own. */
static void man_text(const char *s)
{
	bool begins = true;

	for (; *s; s++) {
		if (begins && *s == '\n') {
			printf(".Pp\n");
			continue;
		}
		if (begins && (*s == '.' || *s == '\''))
			printf("\\&");
		begins = *s == '\n';
		if (*s == '\\')
			printf("\\e");
		else if (*s == '-')
			printf("\\-");
		else
			putchar(*s);
		if (*s == '.' && s[1] == ' ') {
			putchar('\n');
			begins = true;
			while (s[1] == ' ')
				s++;
		}
	}
	if (!begins)
		putchar('\n');
}

/* In the line of a macro: quotes keep words together, and are doubled. */
static void man_argument(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"')
			putchar('"');
		if (*s == '\\')
			printf("\\e");
		else
			putchar(*s);
	}
	putchar('"');
}

static void man_head(const char *page, const char *text)
{
	printf(".Dd $Mdocdate$\n.Dt ");
	for (const char *c = page; *c; c++)
		putchar(toupper((unsigned char)*c));
	printf(" 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", page, text);
}

static void man_option(const struct cli_option *o)
{
	printf(".It ");
	if (o->letter)
		printf("Fl %c , ", o->letter);
	printf("Fl \\-%s", o->name);
	if (o->value) {
		printf(" Ns = Ns Ar ");
		man_argument(o->value);
	}
	putchar('\n');
	man_text(o->text);
}

static const char *first_line(const char *s, char *buf, size_t cap)
{
	size_t n = 0;

	for (; *s && !(*s == '.' && (s[1] == ' ' || s[1] == '\n' || !s[1])) && n + 1 < cap; s++)
		buf[n++] = *s == '\n' ? ' ' : *s;
	buf[n] = '\0';
	buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

static void man_examples(const char *const *e)
{
	if (!e || !*e)
		return;
	printf(".Sh EXAMPLES\n.Bd -literal\n");
	for (; *e; e++)
		man_text(*e);
	printf(".Ed\n");
}

static void help_man(const struct cli_help *h)
{
	char page[48], name[200];

	snprintf(page, sizeof page, "x400rig-%s", h->verb);
	man_head(page, first_line(h->text, name, sizeof name));
	printf(".Sh SYNOPSIS\n.Nm x400rig %s\n", h->verb);
	if (h->options)
		printf(".Op Ar options\n");
	if (*h->operands) {
		printf(".Ar ");
		man_argument(h->operands);
		putchar('\n');
	}
	printf(".Sh DESCRIPTION\n");
	man_text(h->text);
	printf(".Bl -tag -width Ds\n");
	for (const struct cli_option *o = h->options; o && o->name; o++)
		man_option(o);
	printf(".It Fl h , Fl \\-help\nPrints a short help.\n.El\n");
	man_examples(h->examples);
	printf(".Sh SEE ALSO\n.Xr x400rig 1\n");
}

/* --- for shells ----------------------------------------------------------------------- */

static void help_words(const struct cli_help *h)
{
	for (const struct cli_option *o = h->options; o && o->name; o++)
		printf("--%s%s\n", o->name, o->value ? "=" : "");
	printf("--help\n");
}

bool help_print(const struct cli_help *h, const char *form)
{
	if (!form)
		help_text(h);
	else if (strcmp(form, "man") == 0)
		help_man(h);
	else if (strcmp(form, "words") == 0)
		help_words(h);
	else
		return false;
	return true;
}

/* --- the program ------------------------------------------------------------------------ */

static void program_text(const struct help_verb *verbs)
{
	printf("usage: x400rig VERB [options] [operands]\n\n");
	for (; verbs->name; verbs++)
		printf("  %-10s %s\n", verbs->name, verbs->text);
	printf("\nx400rig VERB --help tells more; --version, which one it is; --data, where\n"
	       "scenarios, signatures, target files and some captures are.\n"
	       "Begin with: x400rig run\n");
}

static void program_man(const struct help_verb *verbs)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "catalogue/", "scenarios, see scenario(5)" },
		{ "signatures/", "known faults, see signature(5)" },
		{ "targets/", "descriptions of MTAs, see target(5)" },
		{ "captures/", "conversations that the guides use" },
	};

	man_head("x400rig", "test rig for X.400 message transfer agents");
	printf(".Sh SYNOPSIS\n.Nm x400rig\n.Ar verb\n.Op Ar options\n.Op Ar operands\n"
	       ".Nm x400rig\n.Fl \\-help | \\-version | \\-data\n"
	       ".Sh DESCRIPTION\n"
	       "Stands on both sides of an X.400 MTA at once, slows, stalls and cuts the links in\n"
	       "between, and says with evidence whether a message was lost, doubled or stuck, and\n"
	       "which known fault that is.\n.Bl -tag -width rejudgexx\n");
	for (; verbs->name; verbs++) {
		printf(".It Xr x400rig-%s 1\n", verbs->name);
		man_text(verbs->text);
	}
	printf(".El\n.Pp\n.Fl \\-version\ntells which one it is,\n.Fl \\-data\n"
	       "in which folder its data files are.\n"
	       ".Sh ENVIRONMENT\n.Bl -tag -width X400RIG_DATA\n"
	       ".It Ev X400RIG_DATA\nWhere the data files are, instead of beside the program.\n"
	       ".It Ev NO_COLOR\nIf it is set, nothing is coloured.\n.El\n"
	       ".Sh FILES\nBeside the program, or in\n.Pa ../share/x400rig :\n"
	       ".Bl -tag -width signaturesxx\n");
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		printf(".It Pa %s\n%s\n", files[i].name, files[i].text);
	printf(".El\n.Sh EXIT STATUS\n.Bl -tag -width 130xx -compact\n"
	       ".It 0\nAll pass, or as the baseline says.\n"
	       ".It 1\nA fail, or an unexpected pass.\n"
	       ".It 2\nUsage, or a broken file.\n"
	       ".It 3\nNothing failed, something was inconclusive; octets were missing.\n"
	       ".It 4\nThe rig or its environment failed.\n"
	       ".It 5\nNothing was selected.\n.It 77\nEverything was skipped.\n"
	       ".It 130, 143\nInterrupted; the reports are written.\n.El\n"
	       ".Sh SEE ALSO\n.Xr scenario 5 ,\n.Xr signature 5 ,\n.Xr target 5 ,\n"
	       ".Xr x400rig-run 5\n");
}

bool help_program(const struct help_verb *verbs, const char *form)
{
	if (!form)
		program_text(verbs);
	else if (strcmp(form, "man") == 0)
		program_man(verbs);
	else if (strcmp(form, "words") == 0)
		for (; verbs->name; verbs++)
			printf("%s\n", verbs->name);
	else
		return false;
	return true;
}
