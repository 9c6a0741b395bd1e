/*
 * replay_lift: octets of a PDU as the text that `send exactly` makes them of again.
 *
 *     names of fields    if writing them gives the same octets
 *     ber TAG FORM (...) if not: the same values in the forms of length of the capture
 *     octets             if that does not, either
 *
 * Each level is written again and compared before it is believed.  Where a value must
 * live, its variable stands in the text, and counts as the captured value meanwhile.
 */
#ifndef REPLAY_REPLAY_LIFT_H
#define REPLAY_REPLAY_LIFT_H

#include "pdu/pdu_parse.h"
#include "replay/replay.h"

enum { LIFT_VALUES = 48, LIFT_FILES = 64, LIFT_NAME = 40, LIFT_OCTETS = 80,
       LIFT_IDENTIFIERS = 10000 };

/* What a variable stood for in the capture. */
struct lift_value {
	char name[LIFT_NAME];
	struct pdu_got got;
	bool lacks;			/* the PDU that it is of did not have it */
	uint8_t octets[128];
};

/* Local parts of MTS identifiers of all talks, in the order in which they came. */
struct lift_identifiers {
	struct {
		uint8_t octets[64];
		size_t n;
		uint32_t lane;
	} at[LIFT_IDENTIFIERS];
	size_t n;
};

/* Session connections of all talks, by their references. */
struct lift_sessions {
	struct lift_session {
		const char *name;	/* of the association in the scenario: "c1" */
		uint32_t lane;
		struct replay_reference calling, called, common, additional;
		bool named;		/* the calling one holds what its caller is called */
		bool theirs;		/* it was opened by the other side */
	} *at;				/* room for one a talk */
	size_t n;
};

/* What a PDU is lifted for: for itself; as a part of a transfer, of which the octets are
 * $piece and the numbers $next-serial; as a confirmation by a rule, of $sync. */
enum lift_role { LIFT_ITSELF, LIFT_PART, LIFT_CONFIRMATION };

struct replay_lift {
	struct pdu_variables variables;
	struct pdu_files files;
	const struct replay_options *options;
	const struct replay_talk *talk;
	uint8_t spdu;			/* that the PDU at hand stands in */
	bool begins;			/* the next data begin an MTS-APDU */
	uint8_t role;			/* enum lift_role */
	struct octets piece;		/* of a part: what it bears of the value; borrowed */
	const char *name;		/* of its association */
	enum capture_direction ours;
	const struct target_side *side;	/* that plays it */
	uint32_t lane;
	struct lift_sessions *sessions;	/* shared */
	const struct lift_session *resumed;	/* what the AR at hand is about; NULL: unknown */
	int64_t time_ns;		/* of the move at hand */
	struct lift_identifiers *identifiers;	/* shared */
	uint8_t *rewritten;		/* owned: octets that the move at hand lends */
	struct lift_value values[LIFT_VALUES];
	size_t values_n;
	struct {
		char name[300];
		struct octets octets;	/* borrowed */
	} kept[LIFT_FILES];
	size_t kept_n;
	/* Of the capture, so far; octets are borrowed. */
	struct octets calling_ref, common_ref, additional_ref;
	uint8_t calling[70], common[70], additional[70];
	struct lift_selector {
		uint8_t octets[64];
		size_t n;
	} called_tsel, calling_tsel, called_ssel, calling_ssel;	/* of the other's CR and CN */
	uint8_t versions, tokens;	/* of the other's CN */
	uint32_t minor_first, minor_serial;	/* of the other's MIPs in this activity; 0: none */
	uint32_t end_serial;			/* of its last AE */
	struct replay_composed *out;
	bool failed;
};

void lift_init(struct replay_lift *l, const struct replay_talk *t, const struct replay_options *o,
               struct lift_identifiers *identifiers, struct replay_composed *out);
void lift_drop(struct replay_lift *l);
/* What the other side's TPDU or TSDU says that ours will answer to. */
void lift_hear(struct replay_lift *l, const struct replay_move *m, struct octets o);
/* "cotp CR src=0x2d5e ..." of one of ours; owned by the caller; NULL: no memory, or it
 * cannot be sent but TPKT by TPKT (l->out->why). */
char *lift_move(struct replay_lift *l, const struct replay_move *m, struct octets o);
/* The same of a DT, MIP or AE of a whole transfer, or of a MIA: as the rule says that
 * `role` stands for.  NULL: it has no such form. */
char *lift_part(struct replay_lift *l, const struct replay_move *m, struct octets o,
                enum lift_role role);
/* "octets ... with octets ...": a whole MTS-APDU, with what options change in its
 * envelope. */
char *lift_transfer(struct replay_lift *l, int64_t time_ns, struct octets o);
/* The references in a CN or AC of either side. */
void lift_session(struct replay_lift *l, const struct replay_move *m, struct octets o);
/* Which PDU a field of a PDU holds, within this SPDU; NULL: none that has a name. */
const struct pdu_form *lift_form_inside(uint8_t spdu, const struct pdu_form *form,
                                        const char *field, struct octets o);
/* Which PDU's inside a field holds without the PDU's own identifier: in X.410 mode the
 * parameters of a CP are those of an RTORQ (X.226 8.4.3), and a bind of 1984 has no wrapper.
 * NULL: none's. */
const struct pdu_form *lift_form_bare(const struct pdu_form *form, const char *field);
/* "hex:..." or "file:...", of octets that are sent as they are. */
char *lift_octets(struct replay_lift *l, struct octets o);
/* "file:..." of octets that stand for others of the capture; both are borrowed. */
char *lift_keep(struct replay_lift *l, struct octets o, struct octets stand_for);
/* "$name": a variable that stands for the captured value from now on. */
char *lift_live(struct replay_lift *l, const char *name, const struct pdu_got *got,
                enum replay_change change);
/* The octets that begin an MTS-APDU, with what options change in its envelope. */
char *lift_apdu(struct replay_lift *l, struct octets o);

#endif
