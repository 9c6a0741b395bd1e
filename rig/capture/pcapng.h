/*
 * pcapng: what reader and writer both know of the format
 * (draft-ietf-opsawg-pcapng).
 *
 *     type (4) | length (4) | body, padded to 4 | length again (4)
 *
 * and in most bodies, at their end, options: code (2), length (2), value,
 * padded to 4.  Byte order is that of the section's byte-order magic.
 */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

enum pcapng_block {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2,	/* obsolete, still found in old files */
	BLOCK_SIMPLE = 3,
	BLOCK_NAMES = 4,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED = 6,
	BLOCK_SECRETS = 10,
};

enum pcapng_option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_TSOFFSET = 14,
	OPTION_SHB_OS = 3,
	OPTION_SHB_USERAPPL = 4,
};

enum {
	PCAPNG_MAGIC = 0x1a2b3c4d,
	PCAPNG_TLS_KEY_LOG = 0x544c534b,	/* secrets type */
	PCAPNG_BLOCK_MIN = 12,
	PCAPNG_NAME_END = 0,		/* records of names */
	PCAPNG_NAME_IPV4 = 1,
	PCAPNG_NAME_IPV6 = 2,
	PCAPNG_RESOLUTION_US = 6,	/* if_tsresol without the option */
	PCAPNG_RESOLUTION_NS = 9,
};

#endif
