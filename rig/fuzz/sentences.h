/*
 * sentences: those that paths are made of, by number (private to fuzz/).
 */
#ifndef FUZZ_SENTENCES_H
#define FUZZ_SENTENCES_H

enum {
	NOTHING,
	CR, CR_RESERVED, CN, CN_TURNS, CN_WRONG, AS, DT_1, MIP, DT_2, AE, FN, AI, AR, AD, GTC,
	RECOVER, RECOVER_WRONGLY, RESUME, RESUME_BEYOND, AR_STRANGER, JUNK, PLEASE, DT_LONG_1,
	DT_LONG_2, CN_NEXT, PLEASE_BACK, GTA, CN_MORE, CDO,
	FIRST_WAY,
};

#endif
