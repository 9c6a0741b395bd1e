/*
 * ping: opens one association, releases it, and tells what each layer agreed and how long
 * it took.
 *
 *     TCP  -> transport -> session ... bind -> release
 *
 * What comes of it is the least that an MTA must do before any scenario makes
 * sense.
 */
#ifndef SCENARIO_PING_H
#define SCENARIO_PING_H

#include "association/association.h"
#include "link/link_words.h"
#include "net/net.h"
#include "scenario/target.h"

#include <signal.h>

enum { PING_FACTS = 12, PING_FACT = 160, PING_WHY = 256 };

/* How far it came. */
enum ping_stage {
	PING_NOTHING,		/* no TCP connection */
	PING_TCP,
	PING_TRANSPORT,		/* CC */
	PING_SESSION,		/* AC or RF: the session entity and what is above it answered */
	PING_BOUND,		/* MTA-BIND accepted */
	PING_RELEASED,
	PING_STAGES,
};
const char *ping_stage_name(enum ping_stage s);

struct ping_config {
	struct net_address address, source;
	bool has_source;
	enum association_context context;
	const char *our_name, *our_password;	/* NULL password: a bind without credentials */
	enum proof_kind credentials;		/* that we give and take */
	struct proof *proof;			/* owned; NULL: simple ones */
	struct link_words *link;		/* owned: its line; NULL: as it is */
	const char *their_name;			/* NULL: any; strong: whom the bind token is for */
	const char *their_password;		/* NULL: any; protected: what they have signed */
	const char *tsel, *ssel, *psel;		/* called; "": none */
	uint32_t checkpoint, window;		/* proposed */
	bool two_way;				/* two-way alternate instead of monologue */
	int64_t limit_us;			/* for all of it */
	const volatile sig_atomic_t *stop;
};

struct ping_result {
	enum ping_stage stage;
	int64_t at_us[PING_STAGES];	/* since the connection was begun; by stage reached */
	char fact[PING_FACTS][PING_FACT];	/* "transport: TPDU size 65531" ... */
	size_t facts_n;
	/* As agreed, once bound. */
	uint32_t checkpoint, window;
	bool two_way;
	bool doubted;			/* its credentials are not good */
	char its_name[TARGET_NAME];
	char why[PING_WHY];		/* the stage is not PING_RELEASED: what went wrong */
};

/* A target as `up` reaches it: address, names, credentials, selectors, mode; its
 * line.  false: `why`. */
bool ping_target(struct ping_config *c, struct net *net, const struct target *t,
                 char why[static PING_WHY]);
/* What it owns. */
void ping_config_free(struct ping_config *c);

/* false: the MTA was not bound and released (r->stage, r->why). */
bool ping(struct net *net, const struct ping_config *c, struct ping_result *r);

#endif
