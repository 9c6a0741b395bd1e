/*
 * The lab MTA's configuration file.
 */
#include "mta/mta.h"

#include "lexer/lexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER, TIME, SIZE, KIB };

/* A setting: its word, and where its value stands in struct mta_config. */
static const struct setting {
	const char *word;
	enum kind kind;
	size_t at, size;
} settings[] = {
#define FIELD(word, kind, member) \
	{ word, kind, offsetof(struct mta_config, member), \
	  sizeof ((struct mta_config *)NULL)->member }
	FIELD("name", TEXT, name),
	FIELD("password", TEXT, password),
	FIELD("local", TEXT, local),
	FIELD("queue", TEXT, queue),
	FIELD("logs", TEXT, log_dir),
	FIELD("control", TEXT, control),
	FIELD("link", TEXT, link),
	FIELD("key", TEXT, proof.key),
	FIELD("certificate", TEXT, proof.certificate),
	FIELD("trust", TEXT, proof.trust),
	FIELD("open-interval", TIME, timers.open_interval),
	FIELD("transfer-interval", TIME, timers.transfer_interval),
	FIELD("recovery-timeout", TIME, timers.recovery_timeout),
	FIELD("lifetime", TIME, timers.lifetime),
	FIELD("disconnect", TIME, timers.disconnect),
	FIELD("transfer-time", TIME, timers.transfer_time),
	FIELD("expiry", TIME, timers.expiry),
	FIELD("seen", TIME, timers.seen),
	FIELD("open-retries", NUMBER, timers.open_retries),
	FIELD("transfer-retries", NUMBER, timers.transfer_retries),
	FIELD("checkpoint", KIB, checkpoint_kib),
	FIELD("window", NUMBER, window),
	FIELD("associations", NUMBER, associations_max),
	FIELD("threshold", NUMBER, threshold),
	FIELD("control-blocks", NUMBER, control_blocks),
	FIELD("content-max", SIZE, content_max),
#undef FIELD
};
enum { SETTINGS_N = sizeof settings / sizeof settings[0] };

static bool number(struct lexer *lx, const struct setting *s, struct mta_config *c)
{
	struct token t = lexer_next(lx);
	uint64_t v = 0;
	int64_t us = 0;
	bool ok = s->kind == TIME ? quantity_time(t.p, t.n, &us)
	          : s->kind == NUMBER ? quantity_number(t.p, t.n, &v) : quantity_size(t.p, t.n, &v);
	uint32_t small = (uint32_t)(s->kind == KIB ? v / 1024 : v);

	if (!ok || (s->size == sizeof small && (s->kind == KIB ? v / 1024 : v) > UINT32_MAX))
		return lexer_error(lx, &t, "%s is a %s", s->word, s->kind == TIME ? "time, as 600s"
		                   : s->kind == NUMBER ? "number" : "size, as 30KiB");
	if (s->kind == TIME)
		memcpy((char *)c + s->at, &us, sizeof us);
	else if (s->size == sizeof small)
		memcpy((char *)c + s->at, &small, sizeof small);
	else
		memcpy((char *)c + s->at, &v, sizeof v);
	return true;
}

static bool address(struct lexer *lx, struct net_address *a)
{
	char text[NET_ADDRESS_TEXT];
	struct token at = lx->token;

	return lexer_value(lx, "an address and a port", text, sizeof text) &&
	       (net_address_parse(a, text, 102) ||
	        lexer_error(lx, &at, "an address and a port are wanted, as 192.0.2.1:102"));
}

static bool mode(struct lexer *lx, struct mta_peer *p)
{
	struct token at = lx->token;
	char word[16];

	if (!lexer_value(lx, "a mode", word, sizeof word))
		return false;
	p->context = (uint8_t)association_context_said(word);
	return p->context < ASSOCIATION_CONTEXTS ||
	       lexer_error(lx, &at, "mode is normal, x410 or 1984");
}

static bool dialogue(struct lexer *lx, struct mta_peer *p)
{
	static const char *const words[] = {
		[MTA_DIALOGUE_ANY] = "any", [MTA_DIALOGUE_MONOLOGUE] = "monologue",
		[MTA_DIALOGUE_TWO_WAY] = "two-way",
		[MTA_DIALOGUE_PREFER_TWO_WAY] = "prefer-two-way",
	};
	struct token at = lx->token;

	for (p->dialogue = 0; p->dialogue <= MTA_DIALOGUE_PREFER_TWO_WAY; p->dialogue++)
		if (lexer_accept(lx, words[p->dialogue]))
			return true;
	return lexer_error(lx, &at, "dialogue is any, monologue, two-way or prefer-two-way");
}

static bool credentials(struct lexer *lx, struct mta_peer *p)
{
	for (p->credentials = 0; p->credentials < PROOF_KINDS; p->credentials++)
		if (lexer_accept(lx, proof_kind_names[p->credentials]))
			return true;
	return lexer_error(lx, &lx->token, "credentials are simple, strong or protected");
}

/* peer "NAME" { password TEXT | our-password TEXT | address A | route TEXT | mode M |
 * dialogue D | credentials C | inside } */
static bool peer(struct lexer *lx, struct mta_config *c)
{
	struct mta_peer *p = &c->peers[c->peers_n];
	struct token at = lx->token;
	bool ok = c->peers_n < MTA_PEERS_MAX ||
	          lexer_error(lx, &at, "more than %d neighbours", MTA_PEERS_MAX);

	if (!ok || !lexer_value(lx, "the neighbour's MTA name", p->name, sizeof p->name))
		return false;
	c->peers_n++;
	for (;;) {
		if (lexer_accept(lx, "password"))
			ok = lexer_value(lx, "a password", p->password, sizeof p->password);
		else if (lexer_accept(lx, "our-password"))
			ok = lexer_value(lx, "a password", p->our_password, sizeof p->our_password);
		else if (lexer_accept(lx, "route"))
			ok = lexer_value(lx, "an address prefix", p->prefix, sizeof p->prefix);
		else if (lexer_accept(lx, "address"))
			ok = address(lx, &p->address);
		else if (lexer_accept(lx, "mode"))
			ok = mode(lx, p);
		else if (lexer_accept(lx, "dialogue"))
			ok = dialogue(lx, p);
		else if (lexer_accept(lx, "credentials"))
			ok = credentials(lx, p);
		else if (lexer_accept(lx, "inside"))
			p->inside = true;
		else
			return true;
		if (!ok)
			return false;
	}
}

static bool defect(struct lexer *lx, struct mta_config *c)
{
	struct token at = lx->token;
	char name[40];

	return lexer_value(lx, "the name of a defect", name, sizeof name) &&
	       (mta_defect_add(c, name) ||
	        lexer_error(lx, &at, "no such defect; x400rig mta --defect list shows them"));
}

static bool domain(struct lexer *lx, struct mta_config *c)
{
	for (int i = 0; i < 3; i++)
		if (!lexer_value(lx, "country, ADMD and PRMD", c->domain[i], sizeof c->domain[i]))
			return false;
	return true;
}

static bool repeated(struct lexer *lx, struct mta_config *c)
{
	c->repeated = MTA_REPEATED_DELIVER;
	if (lexer_accept(lx, "deliver"))
		return true;
	c->repeated = MTA_REPEATED_SUPPRESS;
	return lexer_want(lx, "suppress");
}

static bool listen_at(struct lexer *lx, struct mta_config *c)
{
	return address(lx, &c->listen);
}

static const struct {
	const char *word;
	bool (*read)(struct lexer *lx, struct mta_config *c);
} statements[] = {
	{ "listen", listen_at }, { "domain", domain }, { "peer", peer }, { "repeated", repeated },
	{ "defect", defect },
};
enum { STATEMENTS_N = sizeof statements / sizeof statements[0] };

static bool statement(struct lexer *lx, struct mta_config *c)
{
	struct token t = lexer_next(lx);
	struct nearest near;

	for (size_t i = 0; i < STATEMENTS_N; i++)
		if (token_is(&t, statements[i].word))
			return statements[i].read(lx, c);
	for (size_t i = 0; i < SETTINGS_N; i++) {
		const struct setting *s = &settings[i];

		if (token_is(&t, s->word))
			return s->kind == TEXT
			       ? lexer_value(lx, s->word, (char *)c + s->at, s->size)
			       : number(lx, s, c);
	}
	nearest_init(&near, t.p, t.n);
	for (size_t i = 0; i < STATEMENTS_N; i++)
		nearest_offer(&near, statements[i].word);
	for (size_t i = 0; i < SETTINGS_N; i++)
		nearest_offer(&near, settings[i].word);
	return lexer_unknown(lx, &t, "setting", &near);
}

static bool skip_marks(struct lexer *lx)
{
	while (lx->token.kind == TOKEN_EOL || token_is_mark(&lx->token, ';'))
		lexer_next(lx);
	return lx->token.kind != TOKEN_EOF;
}

bool mta_settings(struct mta_config *c, const char *path, char **said)
{
	struct lexer_report report = { .text = NULL };
	struct lexer_source source;
	struct lexer lx;
	bool ok;

	*said = NULL;
	ok = lexer_load(&source, path, &report);
	if (ok) {
		lexer_init(&lx, &source, &report);
		while (skip_marks(&lx))
			if (!statement(&lx, c))
				lexer_skip_line(&lx);
		ok = report.errors == 0;
		lexer_source_free(&source);
	}
	if (!ok && report.text)
		*said = strdup(report.text);
	lexer_report_free(&report);
	return ok;
}
