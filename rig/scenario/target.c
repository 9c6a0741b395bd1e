#include "scenario/target.h"

#include "association/association.h"
#include "link/link_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a target that says nothing is held to: the documented defaults of an
 * Exchange MTA, and TIM and expiry as commonly set. */
static const struct target_param known_defaults[KNOWN_PARAMS] = {
	[KNOWN_OPEN_INTERVAL] = { "open_interval", PARAM_TIME, 600 * SECOND_US, false },
	[KNOWN_TRANSFER_INTERVAL] = { "transfer_interval", PARAM_TIME, 120 * SECOND_US, false },
	[KNOWN_RECOVERY_TIMEOUT] = { "recovery_timeout", PARAM_TIME, 60 * SECOND_US, false },
	[KNOWN_LIFETIME] = { "lifetime", PARAM_TIME, 300 * SECOND_US, false },
	[KNOWN_DISCONNECT] = { "disconnect", PARAM_TIME, 120 * SECOND_US, false },
	[KNOWN_TRANSFER_TIME] = { "transfer_time", PARAM_TIME, 2000 * SECOND_US, false },
	[KNOWN_TIM] = { "tim", PARAM_TIME, 30 * SECOND_US, false },
	[KNOWN_EXPIRY] = { "expiry", PARAM_TIME, 86400 * SECOND_US, false },
	[KNOWN_IDLE_LIMIT] = { "idle_limit", PARAM_TIME, 60 * SECOND_US, false },
	[KNOWN_CHECKPOINT] = { "checkpoint", PARAM_SIZE, 30 << 10, false },
	[KNOWN_WINDOW] = { "window", PARAM_NUMBER, 5, false },
	[KNOWN_OPEN_RETRIES] = { "open_retries", PARAM_NUMBER, 144, false },
	[KNOWN_TRANSFER_RETRIES] = { "transfer_retries", PARAM_NUMBER, 2, false },
	[KNOWN_ASSOCIATIONS] = { "associations", PARAM_NUMBER, 10, false },
};

/* For a command that says nothing else. */
#define COMMAND_LIMIT_US (30 * SECOND_US)

/* --- looking up ----------------------------------------------------------- */

static const struct target_pics *find_pics(const struct target *t, const char *name, size_t n)
{
	for (size_t i = 0; i < t->pics_n; i++)
		if (strlen(t->pics[i].name) == n && memcmp(t->pics[i].name, name, n) == 0)
			return &t->pics[i];
	return NULL;
}

bool target_supports(const struct target *t, const char *name)
{
	const char *dot;
	const struct target_pics *p;

	if (strncmp(name, "pics.", 5) == 0)
		name += 5;
	dot = strchr(name, '.');
	p = find_pics(t, name, dot ? (size_t)(dot - name) : strlen(name));
	if (!p)
		return false;
	if (!dot)
		return !(p->n == 1 && strcmp(p->values[0], "no") == 0);
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->values[i], dot + 1) == 0)
			return true;
	return false;
}

bool target_binds(const struct target *t)
{
	return !target_supports(t, "pics.mode.transport") ||
	       target_supports(t, "pics.mode.normal") ||
	       target_supports(t, "pics.mode.x410") || target_supports(t, "pics.mode.1984");
}

const struct target_param *target_param(const struct target *t, const char *name)
{
	for (size_t i = 0; i < KNOWN_PARAMS; i++)
		if (strcmp(t->known[i].name, name) == 0)
			return &t->known[i];
	for (size_t i = 0; i < t->defines_n; i++)
		if (strcmp(t->define_names[i], name) == 0)
			return &t->defines[i];
	return NULL;
}

void target_offer_params(const struct target *t, struct nearest *near)
{
	for (size_t i = 0; i < KNOWN_PARAMS; i++)
		nearest_offer(near, t->known[i].name);
	for (size_t i = 0; i < t->defines_n; i++)
		nearest_offer(near, t->define_names[i]);
}

int target_side(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->sides_n; i++)
		if (strcmp(t->sides[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool is_normal(const struct target_side *s)
{
	return s->context == ASSOCIATION_MTS_TRANSFER;
}

static bool is_1988(const struct target_side *s)
{
	return s->context != ASSOCIATION_MTS_TRANSFER_PROTOCOL_1984;
}

static bool is_monologue(const struct target_side *s)
{
	return s->dialogue == RTSE_MONOLOGUE;
}

static bool is_plain(const struct target_side *s)
{
	return s->link[0] == '\0';
}

static const struct side_mode {
	const char *name;
	bool (*is)(const struct target_side *s);
} side_modes[] = {
	{ "normal", is_normal }, { "1988", is_1988 }, { "monologue", is_monologue },
	{ "plain", is_plain },
};

static const struct side_mode *mode_named(const char *name)
{
	for (size_t i = 0; i < sizeof side_modes / sizeof side_modes[0]; i++)
		if (strcmp(name, side_modes[i].name) == 0)
			return &side_modes[i];
	return NULL;
}

bool target_mode_known(const char *mode)
{
	return mode_named(mode) != NULL;
}

bool target_has_side(const struct target *t, const char *name)
{
	const char *dot = strchr(name, '.');
	const struct side_mode *mode = dot ? mode_named(dot + 1) : NULL;
	char side[2 * TARGET_NAME];
	int i;

	snprintf(side, sizeof side, "%.*s", (int)strcspn(name, "."), name);
	i = target_side(t, side);
	return i >= 0 && (!dot || (mode && mode->is(&t->sides[i])));
}

int target_recipient(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->recipients_n; i++)
		if (strcmp(t->recipients[i].name, name) == 0)
			return (int)i;
	return -1;
}

const struct target_command *target_command(const struct target *t, enum target_program which)
{
	const struct target_command *const others[PROGRAM_HOOKS] = {
		[PROGRAM_EVENTS] = &t->events.command, [PROGRAM_CALLS] = &t->calls.command,
		[PROGRAM_QUEUE] = &t->queue, [PROGRAM_RESOURCES] = &t->resources,
	};
	const struct target_command *c = which < PROGRAM_HOOKS ? others[which]
	                                                       : &t->hooks[which - PROGRAM_HOOKS];

	return c->args_n ? c : NULL;
}

bool target_commands(const struct target *t)
{
	for (int i = 0; i < PROGRAMS; i++)
		if (target_command(t, (enum target_program)i))
			return true;
	return false;
}

const char *target_secret(const char *password)
{
	return strncmp(password, "env:", 4) == 0 ? getenv(password + 4) : password;
}

struct log_options target_log_options(const struct target *t)
{
	struct log_options o = t->log_options;

	o.code_page = t->code_page[0] ? t->code_page : NULL;
	o.time_format = t->time_format[0] ? t->time_format : NULL;
	return o;
}

/* --- reading -------------------------------------------------------------- */

struct reading {
	struct lexer lx;
	struct target *t;
};

/* One `NAME ARGUMENTS` of a statement; `offset` and `cap` serve texts. */
struct entry {
	const char *name;
	bool (*read)(struct reading *rd, const struct entry *e, void *at);
	const char *what;
	size_t offset, cap;
};

static bool read_text(struct reading *rd, const struct entry *e, void *at)
{
	return lexer_value(&rd->lx, e->what, (char *)at + e->offset, e->cap);
}

static bool read_address(struct reading *rd, const struct entry *e, void *at)
{
	char *text = (char *)at + e->offset;
	struct token t = rd->lx.token;
	struct net_address a;

	if (!lexer_value(&rd->lx, e->what, text, e->cap))
		return false;
	if (net_address_parse(&a, text, 102))
		return true;
	return lexer_error(&rd->lx, &t, "\"%s\" is not an address; they look like 192.0.2.1:102, "
	                   "[2001:db8::1]:102 or 192.0.2.1", text);
}

/* A name may stand for the target's address only: it is resolved when a run begins. */
static bool read_iut_address(struct reading *rd, const struct entry *e, void *at)
{
	if (lexer_accept(&rd->lx, "lab")) {
		rd->t->lab = true;
		return true;
	}
	return read_text(rd, e, at);
}

static bool read_domain(struct reading *rd, const struct entry *e, void *at)
{
	(void)at;
	for (size_t i = 0; i < 3; i++)
		if (!lexer_value(&rd->lx, e->what, rd->t->domain[i], sizeof rd->t->domain[i]))
			return false;
	return true;
}

/* A word, or false with a complaint. */
static bool read_name(struct reading *rd, const char *what, char *buf, struct token *t)
{
	*t = rd->lx.token;
	return lexer_value(&rd->lx, what, buf, TARGET_NAME);
}

static bool read_entries(struct reading *rd, const struct entry *entries, void *at);

#define SIDE_TEXT(name_, field_, what_, read_) \
	{ name_, read_, what_, offsetof(struct target_side, field_), \
	  sizeof ((struct target_side *)0)->field_ }

static bool read_mode(struct reading *rd, const struct entry *e, void *at)
{
	struct target_side *side = at;
	struct token t = rd->lx.token;
	char word[16];

	if (!lexer_value(&rd->lx, e->what, word, sizeof word))
		return false;
	side->context = (uint8_t)association_context_said(word);
	return side->context < ASSOCIATION_CONTEXTS ||
	       lexer_error(&rd->lx, &t, "a side's mode is normal, x410 or 1984");
}

static bool read_dialogue(struct reading *rd, const struct entry *e, void *at)
{
	struct target_side *side = at;
	struct token t = rd->lx.token;

	(void)e;
	side->dialogue = RTSE_MONOLOGUE;
	if (lexer_accept(&rd->lx, "monologue"))
		return true;
	side->dialogue = RTSE_TWO_WAY_ALTERNATE;
	return lexer_accept(&rd->lx, "two-way") ||
	       lexer_error(&rd->lx, &t, "a side's dialogue is monologue or two-way");
}

static bool read_credentials(struct reading *rd, const struct entry *e, void *at)
{
	struct target_side *side = at;

	(void)e;
	for (side->credentials = 0; side->credentials < PROOF_KINDS; side->credentials++)
		if (lexer_accept(&rd->lx, proof_kind_names[side->credentials]))
			return true;
	return lexer_error(&rd->lx, &rd->lx.token,
	                   "a side's credentials are simple, strong or protected");
}

/* `like SIDE`: what that one is set to, but for what follows. */
static bool read_like(struct reading *rd, const struct entry *e, void *at)
{
	struct target_side *side = at, own = *side;
	char name[TARGET_NAME];
	struct token where;
	int i;

	(void)e;
	if (!read_name(rd, "the name of a side", name, &where))
		return false;
	i = target_side(rd->t, name);
	if (i < 0 || &rd->t->sides[i] == side || rd->t->sides[i].spare)
		return lexer_error(&rd->lx, &where, "\"%s\" is no side declared above that this "
		                   "one can stand for", name);
	*side = rd->t->sides[i];
	memcpy(side->name, own.name, sizeof side->name);
	side->spare = true;
	side->like = (uint8_t)i;
	return true;
}

/* `link "WORDS"`: the line of all associations of this side. */
static bool read_link(struct reading *rd, const struct entry *e, void *at)
{
	struct target_side *side = at;
	struct link_options *o = malloc(sizeof *o);
	const struct token t = rd->lx.token;
	char why[LINK_TLS_WHY] = "out of memory";
	const char *of_kernel;
	bool ok;

	if (!lexer_value(&rd->lx, e->what, side->link, sizeof side->link)) {
		free(o);
		return false;
	}
	ok = o && link_words_read(o, side->link, why) && link_options_tls_check(o, why);
	of_kernel = ok ? link_options_of_kernel(o) : NULL;
	free(o);
	if (!ok)
		return lexer_error(&rd->lx, &t, "%s", why);
	if (of_kernel)
		return lexer_error(&rd->lx, &t, "%s is for lines that the kernel makes; a link "
		                   "step of a scenario can ask for them", of_kernel);
	return true;
}

static const struct entry side_entries[] = {
	SIDE_TEXT("source", source, "an address", read_address),
	SIDE_TEXT("listen", listen, "an address", read_address),
	SIDE_TEXT("our-name", our_name, "an MTA name", read_text),
	SIDE_TEXT("our-password", our_password, "a password", read_text),
	SIDE_TEXT("route", route, "an address prefix", read_text),
	SIDE_TEXT("our-tsel", our_tsel, "a selector", read_text),
	SIDE_TEXT("our-ssel", our_ssel, "a selector", read_text),
	SIDE_TEXT("our-psel", our_psel, "a selector", read_text),
	SIDE_TEXT("our-key", our_key, "a file name", read_text),
	SIDE_TEXT("our-certificate", our_certificate, "a file name", read_text),
	{ "link", read_link, "words of a line", 0, 0 },
	{ "mode", read_mode, "a mode", 0, 0 }, { "dialogue", read_dialogue, NULL, 0, 0 },
	{ "credentials", read_credentials, NULL, 0, 0 },
	{ "like", read_like, NULL, 0, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};

static bool read_side(struct reading *rd, const struct entry *e, void *at)
{
	struct target *t = rd->t;
	char name[TARGET_NAME];
	struct token where;
	int i;

	(void)e;
	(void)at;
	if (!read_name(rd, "the name of a side", name, &where))
		return false;
	i = target_side(t, name);
	if (i < 0) {
		if (t->sides_n == SIDES_MAX)
			return lexer_error(&rd->lx, &where, "more than %d sides", SIDES_MAX);
		i = (int)t->sides_n++;
		snprintf(t->sides[i].name, sizeof t->sides[i].name, "%s", name);
	}
	return read_entries(rd, side_entries, &t->sides[i]);
}

static bool read_quantity(struct reading *rd, struct target_param *p)
{
	const char *const forms[] = { "a number", "a time (as 30s)", "a size (as 30KiB)" };
	struct token t = rd->lx.token;
	uint64_t v = 0;
	bool ok = t.kind == TOKEN_WORD;
	char show[48];

	if (ok && p->kind == PARAM_TIME)
		ok = quantity_time(t.p, t.n, &p->value);
	else if (ok && p->kind == PARAM_SIZE)
		ok = quantity_size(t.p, t.n, &v);
	else if (ok)
		ok = quantity_number(t.p, t.n, &v);
	if (!ok)
		return lexer_error(&rd->lx, &t, "%s is %s, not %s", p->name, forms[p->kind],
		                   token_show(&t, show));
	if (p->kind != PARAM_TIME)
		p->value = (int64_t)v;
	p->set = true;
	lexer_next(&rd->lx);
	return true;
}

/* `define NAME QUANTITY`: the kind is seen from the unit. */
static bool read_define(struct reading *rd, const struct entry *e, void *at)
{
	struct target *t = rd->t;
	struct target_param *p = &t->defines[t->defines_n];
	struct token where, v;
	uint64_t number;
	int64_t time;

	(void)e;
	(void)at;
	if (t->defines_n == TARGET_DEFINES_MAX)
		return lexer_error(&rd->lx, &rd->lx.token, "more than %d defines",
		                   TARGET_DEFINES_MAX);
	if (!read_name(rd, "a name", t->define_names[t->defines_n], &where))
		return false;
	if (target_param(t, t->define_names[t->defines_n]))
		return lexer_error(&rd->lx, &where, "\"%s\" has a meaning already",
		                   t->define_names[t->defines_n]);
	v = rd->lx.token;
	p->name = t->define_names[t->defines_n];
	p->kind = quantity_number(v.p, v.n, &number) ? PARAM_NUMBER
	        : quantity_time(v.p, v.n, &time) ? PARAM_TIME : PARAM_SIZE;
	t->defines_n++;
	return read_quantity(rd, p);
}

#define PIXIT_TEXT(name_, field_, what_, read_) \
	{ name_, read_, what_, offsetof(struct target, field_), \
	  sizeof ((struct target *)0)->field_ }

static const struct entry pixit_entries[] = {
	PIXIT_TEXT("address", address, "an address, or the word lab", read_iut_address),
	PIXIT_TEXT("its-name", its_name, "an MTA name", read_text),
	PIXIT_TEXT("its-password", its_password, "a password", read_text),
	PIXIT_TEXT("its-key", proof.key, "a file name", read_text),
	PIXIT_TEXT("its-certificate", proof.certificate, "a file name", read_text),
	PIXIT_TEXT("trust", proof.trust, "a file name", read_text),
	PIXIT_TEXT("called-tsel", tsel, "a selector", read_text),
	PIXIT_TEXT("called-ssel", ssel, "a selector", read_text),
	PIXIT_TEXT("called-psel", psel, "a selector", read_text),
	{ "domain", read_domain, "country, ADMD and PRMD", 0, 0 },
	{ "side", read_side, NULL, 0, 0 },
	{ "define", read_define, NULL, 0, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};

static bool unknown_entry(struct reading *rd, const struct entry *entries)
{
	struct nearest near;

	nearest_init(&near, rd->lx.token.p, rd->lx.token.n);
	for (const struct entry *e = entries; e->name; e++)
		nearest_offer(&near, e->name);
	if (entries == pixit_entries)
		target_offer_params(rd->t, &near);
	return lexer_unknown(&rd->lx, &rd->lx.token, "a known setting", &near);
}

static bool read_entry(struct reading *rd, const struct entry *entries, void *at)
{
	for (const struct entry *e = entries; e->name; e++)
		if (lexer_accept(&rd->lx, e->name))
			return e->read(rd, e, at);
	if (entries == pixit_entries)
		for (size_t i = 0; i < KNOWN_PARAMS; i++)
			if (lexer_accept(&rd->lx, rd->t->known[i].name))
				return read_quantity(rd, &rd->t->known[i]);
	return unknown_entry(rd, entries);
}

static bool at_end(const struct reading *rd)
{
	return rd->lx.token.kind == TOKEN_EOL || rd->lx.token.kind == TOKEN_EOF;
}

static bool read_entries(struct reading *rd, const struct entry *entries, void *at)
{
	while (!at_end(rd)) {
		if (lexer_accept_mark(&rd->lx, ';'))
			continue;
		if (!read_entry(rd, entries, at))
			return false;
	}
	return true;
}

static bool read_pixit(struct reading *rd, const struct entry *e, void *at)
{
	(void)e;
	return read_entries(rd, pixit_entries, at);
}

/* `pics NAME VALUE... ; NAME VALUE...` */
static bool read_pics_one(struct reading *rd)
{
	struct target *t = rd->t;
	struct target_pics *p = &t->pics[t->pics_n];
	struct token where;

	if (t->pics_n == TARGET_PICS_MAX)
		return lexer_error(&rd->lx, &rd->lx.token, "more than %d pics entries",
		                   TARGET_PICS_MAX);
	if (!read_name(rd, "a capability", p->name, &where))
		return false;
	if (find_pics(t, p->name, strlen(p->name)))
		return lexer_error(&rd->lx, &where, "capability \"%s\" is listed twice", p->name);
	while (!at_end(rd) && !token_is_mark(&rd->lx.token, ';')) {
		if (p->n == sizeof p->values / sizeof p->values[0])
			return lexer_error(&rd->lx, &rd->lx.token, "more than %zu values", p->n);
		if (!lexer_value(&rd->lx, "a value", p->values[p->n], TARGET_NAME))
			return false;
		p->n++;
	}
	if (p->n == 0)
		return lexer_error(&rd->lx, &where, "capability \"%s\" has no value; say yes or no",
		                   p->name);
	t->pics_n++;
	return true;
}

static bool read_pics(struct reading *rd, const struct entry *e, void *at)
{
	(void)e;
	(void)at;
	while (!at_end(rd)) {
		if (lexer_accept_mark(&rd->lx, ';'))
			continue;
		if (!read_pics_one(rd))
			return false;
	}
	return true;
}

/* `recipient NAME "ADDRESS" [at SIDE]` */
static bool read_recipient(struct reading *rd, const struct entry *e, void *at)
{
	struct target *t = rd->t;
	struct target_recipient *p = &t->recipients[t->recipients_n];
	char side[TARGET_NAME];
	struct token where;
	struct nearest near;

	(void)e;
	(void)at;
	if (t->recipients_n == TARGET_RECIPIENTS_MAX)
		return lexer_error(&rd->lx, &rd->lx.token, "more than %d recipients",
		                   TARGET_RECIPIENTS_MAX);
	if (!read_name(rd, "the name of a recipient", p->name, &where))
		return false;
	if (target_recipient(t, p->name) >= 0)
		return lexer_error(&rd->lx, &where, "recipient \"%s\" is listed twice", p->name);
	if (!lexer_value(&rd->lx, "an O/R address", p->address, sizeof p->address))
		return false;
	p->side = -1;
	if (lexer_accept(&rd->lx, "at")) {
		if (!read_name(rd, "the name of a side", side, &where))
			return false;
		p->side = target_side(t, side);
		nearest_init(&near, where.p, where.n);
		for (size_t i = 0; i < t->sides_n; i++)
			nearest_offer(&near, t->sides[i].name);
		if (p->side < 0)
			return lexer_unknown(&rd->lx, &where, "a side declared above", &near);
	}
	t->recipients_n++;
	return true;
}

/* `["PROGRAM", "ARGUMENT" ...] [within TIME]` */
static bool read_command(struct reading *rd, struct target_command *c)
{
	struct target_param limit = { "within", PARAM_TIME, COMMAND_LIMIT_US, false };

	if (!lexer_want_mark(&rd->lx, '['))
		return false;
	for (c->args_n = 0; !lexer_accept_mark(&rd->lx, ']'); c->args_n++) {
		if (c->args_n == TARGET_ARGS_MAX)
			return lexer_error(&rd->lx, &rd->lx.token, "more than %d arguments",
			                   TARGET_ARGS_MAX);
		if (!lexer_value(&rd->lx, "an argument", c->args[c->args_n], sizeof c->args[0]))
			return false;
		lexer_accept_mark(&rd->lx, ',');
	}
	if (lexer_accept(&rd->lx, "within") && !read_quantity(rd, &limit))
		return false;
	c->limit_us = limit.value;
	return true;
}

static bool read_log(struct reading *rd, const struct entry *e, void *at)
{
	struct target_log *log = (struct target_log *)(void *)((char *)at + e->offset);

	if (lexer_accept(&rd->lx, "command")) {
		log->kind = LOG_SOURCE_COMMAND;
		return read_command(rd, &log->command);
	}
	log->kind = LOG_SOURCE_FILE;
	return lexer_want(&rd->lx, "file") &&
	       lexer_value(&rd->lx, "a file name", log->file, sizeof log->file);
}

static bool read_zone(struct reading *rd, const struct entry *e, void *at)
{
	struct token t = rd->lx.token;
	char text[16];

	(void)at;
	if (!lexer_value(&rd->lx, e->what, text, sizeof text))
		return false;
	return log_zone_parse(text, &rd->t->log_options.zone_s) ||
	       lexer_error(&rd->lx, &t, "a zone is like +01:00, -0500 or UTC");
}

/* clock 3s: the log's clock is slow by this; clock fast 3s. */
static bool read_clock(struct reading *rd, const struct entry *e, void *at)
{
	bool fast = lexer_accept(&rd->lx, "fast");
	struct token t = rd->lx.token;
	char text[24];
	int64_t us;

	(void)at;
	if (!lexer_value(&rd->lx, e->what, text, sizeof text))
		return false;
	if (!quantity_time(text, strlen(text), &us))
		return lexer_error(&rd->lx, &t, "a clock is off by a time: 3s, 2min");
	rd->t->log_options.clock_us = fast ? -us : us;
	rd->t->log_clock_given = true;
	return true;
}

static bool read_date_order(struct reading *rd, const struct entry *e, void *at)
{
	struct token t = rd->lx.token;
	char text[8];

	(void)at;
	if (!lexer_value(&rd->lx, e->what, text, sizeof text))
		return false;
	return log_date_order_parse(text, &rd->t->log_options.order) ||
	       lexer_error(&rd->lx, &t, "an order of dates is auto, mdy, dmy or ymd");
}

static bool read_code_page(struct reading *rd, const struct entry *e, void *at)
{
	struct token t = rd->lx.token;

	if (!read_text(rd, e, at))
		return false;
	if (log_code_page_known(rd->t->code_page))
		return true;
	return lexer_error(&rd->lx, &t, "this is no code page; iconv -l lists them");
}

static const struct entry log_entries[] = {
	{ "zone", read_zone, "a zone", 0, 0 },
	{ "clock", read_clock, "a time", 0, 0 },
	{ "date-order", read_date_order, "an order of dates", 0, 0 },
	{ "code-page", read_code_page, "a code page", offsetof(struct target, code_page),
	  sizeof ((struct target *)0)->code_page },
	{ "time-format", read_text, "strptime's format", offsetof(struct target, time_format),
	  sizeof ((struct target *)0)->time_format },
	{ "events", read_log, NULL, offsetof(struct target, events), 0 },
	{ "calls", read_log, NULL, offsetof(struct target, calls), 0 },
	{ NULL, NULL, NULL, 0, 0 },
};

static bool read_logs(struct reading *rd, const struct entry *e, void *at)
{
	(void)e;
	return read_entries(rd, log_entries, at);
}

static bool read_hook(struct reading *rd, const struct entry *e, void *at)
{
	struct target_command *c = (struct target_command *)(void *)((char *)at + e->offset);

	return lexer_want(&rd->lx, "command") && read_command(rd, c);
}

const char *const target_hook_names[HOOKS] = {
	"restart", "disk-full", "disk-free", "clock-forward", "clock-back",
};

static const struct entry hook_entries[] = {
	{ "restart", read_hook, NULL, offsetof(struct target, hooks[HOOK_RESTART]), 0 },
	{ "disk-full", read_hook, NULL, offsetof(struct target, hooks[HOOK_DISK_FULL]), 0 },
	{ "disk-free", read_hook, NULL, offsetof(struct target, hooks[HOOK_DISK_FREE]), 0 },
	{ "clock-forward", read_hook, NULL, offsetof(struct target, hooks[HOOK_CLOCK_FORWARD]), 0 },
	{ "clock-back", read_hook, NULL, offsetof(struct target, hooks[HOOK_CLOCK_BACK]), 0 },
	{ "queue", read_hook, NULL, offsetof(struct target, queue), 0 },
	{ "resources", read_hook, NULL, offsetof(struct target, resources), 0 },
	{ NULL, NULL, NULL, 0, 0 },
};

static bool read_hooks(struct reading *rd, const struct entry *e, void *at)
{
	(void)e;
	return read_entries(rd, hook_entries, at);
}

static const struct entry statements[] = {
	PIXIT_TEXT("title", title, "a title", read_text),
	{ "pics", read_pics, NULL, 0, 0 },
	{ "pixit", read_pixit, NULL, 0, 0 },
	{ "recipient", read_recipient, NULL, 0, 0 },
	{ "logs", read_logs, NULL, 0, 0 },
	{ "hooks", read_hooks, NULL, 0, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};

static void skip_empty_lines(struct lexer *lx)
{
	while (lx->token.kind == TOKEN_EOL)
		lexer_next(lx);
}

/* What must be there, and what must agree. */
static void check_whole(struct reading *rd, struct place head)
{
	struct target *t = rd->t;
	const struct lexer_source *s = rd->lx.source;

	if (!t->lab && !t->address[0])
		lexer_error_at(rd->lx.report, s, head, "no pixit address: where is the MTA?");
	if (!t->its_name[0])
		lexer_error_at(rd->lx.report, s, head, "no pixit its-name: what does the MTA call "
		               "itself?");
	for (size_t i = 0; i < t->sides_n; i++) {
		const struct target_side *side = &t->sides[i];

		if (!side->our_name[0])
			lexer_error_at(rd->lx.report, s, head, "side \"%s\" has no our-name",
			               side->name);
		if (side->spare && side->route[0] &&
		    strcmp(side->route, t->sides[side->like].route) == 0)
			lexer_error_at(rd->lx.report, s, head, "side \"%s\" needs a route of its "
			               "own", side->name);
	}
}

bool target_read(struct target *t, const struct lexer_source *s, struct lexer_report *r)
{
	struct reading rd = { .t = t };
	unsigned before = r->errors;
	struct place head;

	*t = (struct target){ .sides = { { .name = "up" } }, .sides_n = 1 };
	memcpy(t->known, known_defaults, sizeof t->known);
	lexer_init(&rd.lx, s, r);
	skip_empty_lines(&rd.lx);
	head = (struct place){ rd.lx.token.line, rd.lx.token.column };
	if (!lexer_want(&rd.lx, "target") ||
	    !lexer_value(&rd.lx, "the target's name", t->name, sizeof t->name) ||
	    !lexer_want_eol(&rd.lx))
		return false;
	for (skip_empty_lines(&rd.lx); rd.lx.token.kind != TOKEN_EOF; skip_empty_lines(&rd.lx))
		if (!read_entry(&rd, statements, t) || !lexer_want_eol(&rd.lx))
			lexer_skip_line(&rd.lx);
	if (r->errors == before)
		check_whole(&rd, head);
	return r->errors == before;
}
