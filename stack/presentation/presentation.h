/*
 * presentation: the presentation protocol of X.226 (07/94), kernel, normal and
 * X.410-1984 mode.
 *
 *      P-CONNECT P-DATA P-ACTIVITY-...     acse (connect, release, aborts), rtse
 *     --------------------------------
 *      CP CPA CPR ARU ARP TD; Tables A.21 to A.28
 *     --------------------------------
 *      S-CONNECT S-DATA S-ACTIVITY-...     (session)
 *
 * octets <-> struct: presentation_pdu.h.  State tables: presentation_machine.h.
 * Data that stream: presentation_reader.h.  This is the glue: an event becomes
 * an event of Table A.16, its row says what is to be done, and it is done.
 *
 * From above (LAYER_PRESENTATION, REQUEST and RESPONSE), parameters in struct
 * service.  `user_data` is one BER value, which goes out as a single-ASN1-type in
 * presentation context `context`; NULL stays nothing.  In X.410 mode, and if
 * only one context was agreed (8.4.1.4 c), the tree goes out as it is.
 *
 *   CONNECT req         the contexts of the configuration are proposed;
 *                       calling/called_psel (p NULL: those configured).
 *                       X.410 mode: user_data are the components of RTORQ
 *   CONNECT rsp         positive: CPA, negative: CPR of the user
 *   U_ABORT req         ARU; without user data on session version 1 (6.4.2.2)
 *   DATA, TYPED_DATA, CAPABILITY_DATA, RELEASE, TOKEN_*, CONTROL_GIVE, SYNC_*,
 *   ACTIVITY_*, U_EXCEPTION  req, rsp: passed to session with wrapped user data
 *
 * A request that the state table does not allow is refused: a NOTE, nothing
 * else (A.4.1.1).
 *
 * To above (INDICATION, CONFIRM): what session said, with `data` narrowed to the
 * value (the first one, if there are several) and `context` its context.
 *
 *   CONNECT ind         contexts: proposed, those we cannot have are marked
 *                       provider-rejected; calling/called_psel if in one piece
 *   CONNECT cnf         positive: contexts: agreed.  Negative: source USER: data is
 *                       the user's; PROVIDER: reason, whose (LAYER_PRESENTATION:
 *                       enum presentation_refusal, else the lower layer's)
 *   DATA ind            pieces: first, last, context
 *   U_ABORT ind         data
 *   P_ABORT ind         whose LAYER_PRESENTATION: reason is enum presentation_abort
 *
 * On a protocol error (A.4.1.2) ARP leaves in S-U-ABORT and P-P-ABORT goes up.
 * Without a connection (STAI0) there is no one to tell and nothing to abort.
 * Two deviations from the letter: ARU whose list does not name the context of
 * its user data is taken (p21; NOTE presentation.aru-list), and a CPR without
 * result list is read with the contexts as proposed.
 *
 * Ownership: plain data; no buffers but joined octets in t->kept.  Octets of the
 * configuration are borrowed for the life of the association.
 */
#ifndef PRESENTATION_PRESENTATION_H
#define PRESENTATION_PRESENTATION_H

#include "base/turn.h"
#include "presentation/presentation_machine.h"
#include "presentation/presentation_pdu.h"
#include "presentation/presentation_reader.h"

struct presentation_config {
	bool x410;			/* X.410-1984 mode */
	bool any_mode;			/* responder: the caller's mode, told upwards */
	/* Abstract syntaxes: an initiator proposes them, a responder accepts them
	 * under any identifier.  NULL: ACSE (1), mta-rtse (3), mtse (5), each in BER. */
	const struct context_name *names;
	uint8_t names_n;		/* CONTEXTS_MAX at most */
	/* Selectors; p NULL: the parameter is absent. */
	struct octets calling_psel, called_psel;	/* of CP */
	struct octets responding_psel;			/* of CPA and CPR */
	struct octets local_psel;	/* responder: CP with another called selector is
					 * refused; p NULL: any is taken */
};

/* Normal mode, the three contexts of mts-transfer, no selectors. */
void presentation_defaults(struct presentation_config *c);

struct presentation {
	const struct presentation_config *config;	/* lent for the life of the end */
	struct contexts contexts;	/* proposed; in STAt0 the DCS */
	struct presentation_reader reader;
	uint32_t data_context;		/* of the P-DATA being read */
	uint64_t data_offset;		/* where in the stream it began */
	uint8_t state;			/* enum presentation_state */
	uint8_t names_n;		/* of contexts.names */
	bool rl, cr, aep;		/* A.5.3 */
	bool version_1;			/* of session */
	bool x410;			/* the mode in force */
	bool data_begun;		/* a piece of the P-DATA has gone up */
};

_Static_assert(sizeof(struct presentation) <= 640, "an idle end is small");

void presentation_init(struct presentation *p, const struct presentation_config *config);

/* REQUEST, RESPONSE of LAYER_PRESENTATION; INDICATION, CONFIRM of LAYER_SESSION.
 * Findings count from octet 0 of the SS-user data. */
void presentation_handle(struct presentation *p, struct turn *t, const struct event *e);

/* User data of data and others have no header (8.4.3.2, 8.4.1.4 c). */
bool presentation_is_bare(const struct presentation *p);

#endif
