/*
 * compile: what the parts of the scenario compiler share.
 *
 *     scenario.c     statements, what is said about the case
 *     step.c         steps of a side
 *     step_octets.c  those that say its PDUs themselves, and the variables in them
 *     expect.c       expectations
 *     words.c        names, numbers, sides: small readers
 *     block.c        let, repeat, in parallel, procedure, call, include
 *     check.c        sums
 */
#ifndef SCENARIO_COMPILE_H
#define SCENARIO_COMPILE_H

#include "pdu/pdu_parse.h"
#include "scenario/expression.h"
#include "scenario/scenario.h"

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

enum {
	PROCEDURES_MAX = 64,
	PROCEDURE_PARAMS_MAX = 8,
	/* Blocks, calls and includes inside each other. */
	COMPILE_NESTING = 16,
};

struct procedure {
	char name[TARGET_NAME];
	char params[PROCEDURE_PARAMS_MAX][TARGET_NAME];
	size_t params_n;
	struct lexer body;		/* stands at its "{" */
	uint16_t file;
	bool active;			/* is being called */
};

struct compiling {
	struct lexer lx;
	const struct target *t;
	struct scenario *sc;
	const char *statement;		/* where it begins in the source */
	const char *taken;		/* end of the last token taken */
	struct expression_lets lets;
	struct procedure procedures[PROCEDURES_MAX];
	size_t procedures_n;
	uint16_t file;			/* 0: the scenario's own; n: includes[n - 1] */
	uint16_t release;		/* association that is released behind this statement */
	unsigned nesting;
	bool fed_up;			/* too many steps: the rest is not read */
};

/* ---- words.c ---- */

struct token compile_take(struct compiling *c);
bool compile_accept(struct compiling *c, const char *word);
bool compile_accept_mark(struct compiling *c, char mark);
bool compile_want(struct compiling *c, const char *word);
bool compile_at_end(const struct compiling *c);		/* of the line or file */
/* One of `names`, or a complaint; *i is its index. */
bool compile_name(struct compiling *c, const char *what, const char *const *names, size_t n,
                  size_t *i);
bool compile_text(struct compiling *c, const char *what, char *buf, size_t cap);
/* The same, kept in the scenario; *at stands for it. */
bool compile_string(struct compiling *c, const char *what, size_t cap, uint32_t *at);
bool compile_quantity(struct compiling *c, enum param_kind kind, int64_t max, int64_t *v);
bool compile_time(struct compiling *c, int64_t *us);
bool compile_count(struct compiling *c, uint32_t max, uint32_t *n);
bool compile_rate(struct compiling *c, uint64_t *rate);
/* What the target lacks is no mistake of a scenario that says it needs it. */
bool compile_excused(const struct compiling *c);
/* "up" or "up.NAME"; *whom: number of the name, 0: none. */
bool compile_side(struct compiling *c, const struct token *t, uint8_t *side, uint16_t *whom);
bool compile_recipient(struct compiling *c, uint8_t *recipient);
/* The number of a name, from 1; a new one if it is not known yet.  0: said. */
uint16_t compile_known(struct compiling *c, const char *name, size_t n);
/* PDUs into the plan: items *from .. *to. */
bool compile_pdus(struct compiling *c, unsigned how, uint32_t *from, uint32_t *to);
bool compile_no_memory(struct compiling *c);

/* Keeps a text; false: no memory. */
bool scenario_keep(struct scenario *sc, const char *text, size_t n, uint32_t *at);

/* ---- scenario.c ---- */

/* One statement, its end of line included. */
bool compile_statement(struct compiling *c);
/* Appends a step. */
bool compile_add(struct compiling *c, const struct step *s);
void compile_skip_lines(struct compiling *c);		/* empty ones */

/* ---- block.c ---- */

/* A statement of block.c, if the word at hand begins one: *is. */
bool compile_block_statement(struct compiling *c, bool *is);
/* Are the files of these items there, beside the scenario or below?  Else complains. */
bool compile_files(struct compiling *c, const struct token *at, uint32_t from, uint32_t to);
void compile_offer_blocks(struct nearest *near);

/* ---- step_octets.c ---- */

/* Is a variable known?  Else complains at `at`. */
bool compile_variable(struct compiling *c, const struct token *at, struct octets name);
/* Are all those of these items known? */
bool compile_variables(struct compiling *c, const struct token *at, uint32_t from, uint32_t to);
bool compile_connect(struct compiling *c, struct step *s);
bool compile_send(struct compiling *c, struct step *s);
bool compile_transfer_octets(struct compiling *c, struct step *s);
bool compile_acknowledge(struct compiling *c, struct step *s);
bool compile_detach(struct compiling *c, struct step *s);
bool compile_automatic(struct compiling *c, struct step *s);

/* ---- step.c, expect.c ---- */

bool compile_act(struct compiling *c, struct step *s);
bool compile_expect(struct compiling *c, struct step *s);
/* "busy" ... (X.411 Figure 1) */
bool compile_bind_error(struct compiling *c, uint32_t *error);

#endif
