/*
 * mask: names of others as pseudonyms in what a verb writes, for those who may not see them.
 *
 *     --mask              O/R names, names of MTAs and domains, identifiers, subjects, selectors,
 *                         references, octets, hosts, texts of logs
 *     --mask-key FILE     its octets are the key: the same names get the same pseudonyms in
 *                         each call with this file; else a key is drawn for this call alone
 *
 * A pseudonym is cut out of an HMAC (SHA-256) of the name, so without the key no list of names
 * can be tried on it.
 */
#ifndef CLI_MASK_H
#define CLI_MASK_H

#include <stdbool.h>

struct cli_mask {
	bool on;
	const char *key;	/* NULL: one is drawn */
	const struct text_mask *made;	/* by cli_mask(); NULL: none was asked for */
};

#define CLI_MASK_OPTIONS(m) \
	{ .name = "mask", .flag = &(m).on, \
	  .text = "names, addresses and octets of others as pseudonyms" }, \
	{ .name = "mask-key", .value = "FILE", .string = &(m).key, \
	  .text = "the same pseudonyms in each call with this file" }

/* Masks what is written from now on.  false: said what is wrong. */
bool cli_mask(const char *verb, struct cli_mask *m);

#endif
