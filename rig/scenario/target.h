/*
 * target: a description of the MTA under test, in the standards' terms.
 *
 *     target exchange-55
 *       pics  mode normal x410 ; recovery yes ; relay yes      # what it supports
 *       pixit address 192.0.2.10:102  its-name "EXCH1"  its-password env:EXCH_PASSWORD
 *       pixit side up   source 192.0.2.21 listen 192.0.2.21:102 our-name "RIGUP"
 *       pixit side down listen 192.0.2.22:102 our-name "RIGDOWN" route "P=DOWN;"
 *       pixit open_interval 600s recovery_timeout 60s checkpoint 30KiB window 5
 *       recipient down "C=XX;A=TEST;P=DOWN;S=Tester;" at down
 *       recipient nowhere "C=XX;A=TEST;P=NOWHERE;S=Nobody;"
 *       logs  events file "application.evt" ; calls command ["ssh", "lab", "cat", "Calls.out"]
 *       logs  zone +01:00 ; clock fast 3s ; date-order dmy ; code-page CP850
 *       logs  time-format "%Y%m%d-%H%M%S"
 *       hooks restart command ["ssh", "lab", "net start MSExchangeMTA"] within 120s
 *
 * PICS (what an implementation supports) selects scenarios, PIXIT (how it is
 * reached and set up) gives them their numbers (ISO/IEC 9646-5).  A side is one
 * of the rig's identities: `up` hands messages in and takes reports, every
 * other side is the next MTA of one of the target's routes.
 */
#ifndef SCENARIO_TARGET_H
#define SCENARIO_TARGET_H

#include "judge/judge.h"
#include "logs/logs.h"
#include "net/net.h"
#include "lexer/lexer.h"
#include "proof/proof.h"

enum {
	TARGET_PICS_MAX = 48,
	TARGET_DEFINES_MAX = 32,
	TARGET_RECIPIENTS_MAX = 32,
	TARGET_ARGS_MAX = 16,
	TARGET_NAME = 33,		/* names are at most 32 octets (X.411 ub-mta-name-length) */
	TARGET_ADDRESS = 64,		/* "HOST:PORT" as written */
	TARGET_ROUTE = 128,
	TARGET_LINK = 512,
};

enum { SIDE_UP = 0 };

/* What a scenario may do to the MTA and its host.  The lab MTA needs no commands for it. */
enum hook {
	HOOK_RESTART, HOOK_DISK_FULL, HOOK_DISK_FREE,
	HOOK_CLOCK_FORWARD, HOOK_CLOCK_BACK,	/* by an hour */
	HOOKS,
};
extern const char *const target_hook_names[HOOKS];

struct target_pics {
	char name[TARGET_NAME];
	char values[6][TARGET_NAME];
	size_t n;
};

enum param_kind { PARAM_NUMBER, PARAM_TIME, PARAM_SIZE };

/* The programs that a target may name. */
enum target_program {
	PROGRAM_EVENTS, PROGRAM_CALLS,		/* what prints a log */
	PROGRAM_QUEUE, PROGRAM_RESOURCES,
	PROGRAM_HOOKS,				/* and an enum hook */
	PROGRAMS = PROGRAM_HOOKS + HOOKS,
};

/* A `pixit.NAME` that scenarios may calculate with. */
struct target_param {
	const char *name;
	enum param_kind kind;
	int64_t value;			/* microseconds, octets or a number */
	bool set;
};

/* In the order of target_param_names[]. */
enum target_known {
	KNOWN_OPEN_INTERVAL,
	KNOWN_TRANSFER_INTERVAL,
	KNOWN_RECOVERY_TIMEOUT,
	KNOWN_LIFETIME,
	KNOWN_DISCONNECT,
	KNOWN_TIM,
	KNOWN_TRANSFER_TIME,
	KNOWN_EXPIRY,
	KNOWN_IDLE_LIMIT,
	KNOWN_CHECKPOINT,
	KNOWN_WINDOW,
	KNOWN_OPEN_RETRIES,
	KNOWN_TRANSFER_RETRIES,
	KNOWN_ASSOCIATIONS,
	KNOWN_PARAMS,
};

struct target_side {
	char name[TARGET_NAME];
	char source[TARGET_ADDRESS];	/* empty: the system chooses */
	char listen[TARGET_ADDRESS];	/* empty: this side cannot listen */
	char our_name[TARGET_NAME];
	char our_password[64];
	char our_tsel[64], our_ssel[17], our_psel[64];	/* that this side calls and answers with */
	char route[TARGET_ROUTE];	/* O/R address prefix that leads here */
	uint8_t context;		/* enum association_context that this side calls in */
	uint8_t dialogue;		/* enum rtse_dialogue that it proposes, and is proposed */
	uint8_t credentials;		/* enum proof_kind that it gives and takes */
	char our_key[PROOF_PATH], our_certificate[PROOF_PATH];	/* files; empty: none */
	char link[TARGET_LINK];		/* words of its line (link/link_options.h); empty: as it
					 * is */
	bool spare;			/* may stand for the side `like` (footprint.h) */
	uint8_t like;
};

struct target_recipient {
	char name[TARGET_NAME];
	char address[TARGET_ROUTE];	/* "C=XX;A=TEST;P=DOWN;S=Tester;" */
	int side;			/* it comes out at; -1: nowhere, a report is due */
};

/* A program and its arguments; no shell looks at them. */
struct target_command {
	char args[TARGET_ARGS_MAX][128];
	size_t args_n;			/* 0: none */
	int64_t limit_us;		/* it is killed after this */
};

enum log_source_kind { LOG_SOURCE_NONE, LOG_SOURCE_FILE, LOG_SOURCE_COMMAND };

struct target_log {
	enum log_source_kind kind;
	char file[256];
	struct target_command command;
};

struct target {
	char name[TARGET_NAME];
	char title[128];
	bool lab;			/* the rig starts its own lab MTA */
	char address[TARGET_ADDRESS];
	char its_name[TARGET_NAME], its_password[64];
	struct proof_files proof;	/* `trust` is for all sides; the rest for the lab MTA */
	char domain[3][17];		/* country, ADMD, PRMD */
	char tsel[64], ssel[17], psel[64];	/* X.225 8.3.1.20: at most 16 */
	struct target_pics pics[TARGET_PICS_MAX];
	size_t pics_n;
	struct target_param known[KNOWN_PARAMS];
	struct target_param defines[TARGET_DEFINES_MAX];
	char define_names[TARGET_DEFINES_MAX][TARGET_NAME];
	size_t defines_n;
	struct target_side sides[SIDES_MAX];	/* [SIDE_UP] is always `up` */
	size_t sides_n;
	struct target_recipient recipients[TARGET_RECIPIENTS_MAX];
	size_t recipients_n;
	struct target_log events, calls;
	struct log_options log_options;	/* of both, without the texts */
	char code_page[32], time_format[64];	/* "": the reader's own */
	bool log_clock_given;
	struct target_command hooks[HOOKS];	/* what a scenario may do to its host */
	/* Hooks: print how many messages its queue holds; print what it holds of the system
	 * ("descriptors N", "memory-kib N"). */
	struct target_command queue, resources;
};

/* How its logs are read; lives as long as the target. */
struct log_options target_log_options(const struct target *t);

/* Reads a target from its source; false: said in the report. */
bool target_read(struct target *t, const struct lexer_source *s, struct lexer_report *r);

/* One of its programs; NULL: it names none. */
const struct target_command *target_command(const struct target *t, enum target_program which);
bool target_commands(const struct target *t);	/* names it any? */

/* Is `pics.NAME` (or `pics.NAME.VALUE`) true?  A name that the target does not
 * list, or lists as `no`, is false. */
bool target_supports(const struct target *t, const char *name);
/* false: it says `pics mode transport` and no other mode, so it takes connections of transport
 * and has no session above. */
bool target_binds(const struct target *t);

/* The parameter `name` (without "pixit."), or NULL; and all names, for "did you
 * mean".  A known one that the target leaves out has its usual value. */
const struct target_param *target_param(const struct target *t, const char *name);
void target_offer_params(const struct target *t, struct nearest *near);

int target_side(const struct target *t, const char *name);		/* -1: none */
/* Has it the side `NAME`, or `NAME.MODE`: called in `normal` mode, by the protocol of `1988`
 * (normal or X.410 mode), or in `monologue`?  Other words are false. */
bool target_has_side(const struct target *t, const char *name);
bool target_mode_known(const char *mode);
int target_recipient(const struct target *t, const char *name);	/* -1: none */

static inline int64_t target_value(const struct target *t, enum target_known k)
{
	return t->known[k].value;
}

/* A password as it is to be used: "env:NAME" stands for the environment's
 * value.  NULL: not set. */
const char *target_secret(const char *password);

#endif
