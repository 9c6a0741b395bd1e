/*
 * associate: the options of `send` and `peer` about the association.
 *
 *     --mode normal|x410|1984     application context
 *     --dialogue monologue|two-way
 *     --tsel, --ssel, --psel      the selectors of the MTA called: `send` calls them,
 *                                 `peer` refuses callers of others.  Characters, or
 *                                 octets as 0x...
 */
#ifndef CLI_ASSOCIATE_H
#define CLI_ASSOCIATE_H

#include "association/association.h"

enum { CLI_SELECTOR_MAX = 32 };

struct cli_association {
	const char *mode, *dialogue, *tsel, *ssel, *psel;	/* NULL: not given */
	uint8_t octets[3][CLI_SELECTOR_MAX];
};

#define CLI_ASSOCIATION_OPTIONS(a) \
	{ .name = "mode", .value = "MODE", .string = &(a).mode, \
	  .text = "normal (default), x410 (mts-transfer-protocol) or 1984" }, \
	{ .name = "dialogue", .value = "MODE", .string = &(a).dialogue, \
	  .text = "monologue (default) or two-way" }, \
	{ .name = "tsel", .value = "SELECTOR", .string = &(a).tsel, \
	  .text = "called transport selector: text, or 0x and hex" }, \
	{ .name = "ssel", .value = "SELECTOR", .string = &(a).ssel, \
	  .text = "called session selector" }, \
	{ .name = "psel", .value = "SELECTOR", .string = &(a).psel, \
	  .text = "called presentation selector (normal mode)" }

/* Puts them into a configuration with its defaults; `a` lives as long as that.
 * false: said what is wrong. */
bool cli_associate(const char *verb, struct cli_association *a, struct association_config *c);

#endif
