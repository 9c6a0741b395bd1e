/*
 * conduct: how each association end fared, as far as events tell (private to
 * judge/).
 */
#ifndef JUDGE_CONDUCT_H
#define JUDGE_CONDUCT_H

#include "judge/judge.h"

struct conduct_end {
	uint32_t number;
	bool ours;		/* we called */
	bool tcp_up, bound, refused, released;
	bool closing;		/* a release, refusal or abort was seen: TCP may end */
	bool caused;		/* we cut or abused it: what follows has a cause */
	bool aborted;		/* ended by the IUT without a cause */
	bool established;	/* the IUT knows that it is bound */
	uint8_t held;		/* directions of the line that hold octets back (enum
				 * link_direction) */
	int64_t held_us;	/* since when */
	bool ended_by_iut;	/* the IUT's FIN or RST came */
	int64_t asked_us;	/* when we asked to bind */
	uint32_t refusal;	/* bind error */
	uint16_t whom;		/* number of its name; 0: none */
};

struct conduct {
	struct conduct_end *at;		/* owned; in order of appearance */
	size_t n, cap;
	uint32_t bound[SIDES_MAX], ours[SIDES_MAX];	/* how many of them are, by side */
	uint32_t aborts;		/* by the IUT, without a cause */
	uint32_t abort_end;		/* the last one's end */
	uint64_t abort_event;		/* and ordinal */
	const char *abort_how;		/* "session AB", "TCP reset" ... */
	uint32_t pdus[SIDES_MAX][LAYERS][2];	/* bit set of PDU codes that came in: 0..63 */
	struct bind_sum binds;
	bool no_memory;
};

void conduct_event(struct conduct *c, const struct judge_case *k, const struct event *e,
                   uint64_t ordinal);
void conduct_free(struct conduct *c);

/* The newest end of a side (-1: any) and of this name (0: whatever), of those that we opened
 * if there are such (the IUT may call us on the same side); NULL: none yet. */
const struct conduct_end *conduct_newest(const struct conduct *c, int side, uint16_t whom);
bool conduct_any_bound(const struct conduct *c, int side, uint16_t whom);
bool conduct_pdu_seen(const struct conduct *c, int side, uint8_t layer, uint8_t code);

#endif
