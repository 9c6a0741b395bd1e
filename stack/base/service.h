/*
 * service: the primitives by which layers talk (X.210 style), and their
 * parameters.
 *
 * A layer talks to its neighbour only through events that carry one of
 * these.  The session service (X.215) gives most of the names; presentation
 * (X.216 Tables 10-15) passes them through one to one; RTSE (X.218) and P1
 * add a few.
 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include "base/octets.h"

struct contexts;
struct node;

enum service_kind {
	SERVICE_NONE,
	SERVICE_CONNECT,	/* T-, S-, P-CONNECT, A-ASSOCIATE, RT-OPEN, MTA-BIND */
	SERVICE_DATA,		/* T-, S-, P-DATA; RT-TRANSFER data */
	SERVICE_TYPED_DATA,
	SERVICE_EXPEDITED_DATA,
	SERVICE_CAPABILITY_DATA,
	SERVICE_TOKEN_GIVE,
	SERVICE_TOKEN_PLEASE,	/* RT-TURN-PLEASE */
	SERVICE_CONTROL_GIVE,	/* RT-TURN-GIVE */
	SERVICE_SYNC_MINOR,
	SERVICE_SYNC_MAJOR,
	SERVICE_RESYNCHRONIZE,
	SERVICE_U_EXCEPTION,
	SERVICE_P_EXCEPTION,
	SERVICE_ACTIVITY_START,
	SERVICE_ACTIVITY_RESUME,
	SERVICE_ACTIVITY_INTERRUPT,
	SERVICE_ACTIVITY_DISCARD,
	SERVICE_ACTIVITY_END,
	SERVICE_RELEASE,	/* S-, P-, A-RELEASE, RT-CLOSE, MTA-UNBIND */
	SERVICE_U_ABORT,
	SERVICE_P_ABORT,
	SERVICE_DISCONNECT,	/* T-DISCONNECT; N-DISCONNECT = the TCP connection */
	SERVICE_TRANSFER,	/* RT-TRANSFER, MESSAGE/REPORT/PROBE-TRANSFER */
	SERVICE_TIMER,		/* a deadline of the layer has passed (TIM, TS2 ...) */
	SERVICES_KINDS,
};

enum service_type {
	REQUEST,
	INDICATION,
	RESPONSE,
	CONFIRM,
};

/* "CONNECT", "ACTIVITY-START" ... */
const char *service_kind_name(enum service_kind kind);
/* "req", "ind", "rsp", "cnf" */
const char *service_type_name(enum service_type type);

/* Token bits, as in PI 16 (X.225 8.3.4.11). */
enum {
	TOKEN_DATA = 0x01,
	TOKEN_MINOR = 0x04,
	TOKEN_MAJOR = 0x10,	/* major/activity */
	TOKEN_RELEASE = 0x40,
};

/* Functional units, as in PI 20 (X.225 8.3.1.16). */
enum {
	UNIT_HALF_DUPLEX = 0x0001,
	UNIT_DUPLEX = 0x0002,
	UNIT_EXPEDITED = 0x0004,
	UNIT_MINOR = 0x0008,
	UNIT_MAJOR = 0x0010,
	UNIT_RESYNCHRONIZE = 0x0020,
	UNIT_ACTIVITY = 0x0040,
	UNIT_NEGOTIATED_RELEASE = 0x0080,
	UNIT_CAPABILITY = 0x0100,
	UNIT_EXCEPTIONS = 0x0200,
	UNIT_TYPED_DATA = 0x0400,
	UNIT_SYMMETRIC = 0x0800,
	UNIT_DATA_SEPARATION = 0x1000,
	/* What RTSE needs (X.218 8.3). */
	UNITS_RTSE = UNIT_HALF_DUPLEX | UNIT_MINOR | UNIT_ACTIVITY | UNIT_EXCEPTIONS,
};

/* SS-user references.  The value fields are kept verbatim: X.400 puts one
 * BER value into each, and recovery must give them back bit for bit. */
struct references {
	struct octets calling, called, common, additional;
};

/* Who speaks to whom, apart from the parameters that each primitive has: CONNECT;
 * of ACTIVITY-RESUME the references. */
struct service_names {
	struct references references;
	struct octets calling_tsel, called_tsel;
	struct octets calling_ssel, called_ssel;
	struct octets calling_psel, called_psel;
};

/*
 * Parameters of one primitive.  Which of them mean something is said by the
 * service's Recommendation; the others are zero.  Octets are borrowed: on
 * the way up from the driver's input or a leased buffer, valid until the
 * driver has taken the events of this push; on the way down from the caller,
 * valid until the primitive has been handled.
 */
struct service {
	/* User data.  Up: octets of the layer above.  Down: a tree, which the
	 * layer wraps; NULL if there is none. */
	struct octets data;
	struct node *user_data;
	uint64_t offset;	/* stream offset of data's octet 0 (up) */

	/* A-ASSOCIATE, RT-OPEN, MTA-BIND: the layer's own decoded parameters
	 * (struct acse_associate, struct rtse_open, struct p1_bind ...); the
	 * layer's header says which, ownership as `data`. */
	const void *detail;

	/* CONNECT; ACTIVITY-RESUME */
	const struct service_names *names;	/* NULL: none; service_names() */
	const struct contexts *contexts;	/* CONNECT ind, cnf of P and above: proposed,
						 * agreed (base/contexts.h); lives as `detail` */

	/* ACTIVITY-START, -RESUME */
	struct octets activity, old_activity;

	struct octets reflected;	/* P-ABORT, P-EXCEPTION: PI 49 */

	uint32_t context;	/* presentation context identifier of the data */
	uint32_t serial;	/* SYNC-*, ACTIVITY-END, ACTIVITY-RESUME */
	uint32_t reason;	/* refuse, abort, exception, interrupt, discard, disconnect */
	uint32_t initial_serial;	/* CONNECT */
	uint16_t units;		/* CONNECT: functional units */
	uint8_t token_setting;	/* CONNECT: PI 26, two bits a token; 00 = caller */
	uint8_t versions;	/* CONNECT: PI 22, bit set */
	uint8_t tokens;		/* TOKEN-GIVE, TOKEN-PLEASE */
	uint8_t priority;	/* RT-TURN-PLEASE */
	uint8_t sync_type;
	uint8_t source;		/* who refused or aborted: enum service_source */
	uint8_t whose;		/* refusal, P-ABORT: the layer whose reason this is (enum layer);
				 * LAYER_NONE: that of the service.  Carried up unchanged. */
	bool tpdu;		/* N-DATA request: user_data is one whole TPDU; else it is a
				 * TSDU, to be cut into DT TPDUs on its way out */
	/* CONNECT, RELEASE, ACTIVITY-END: answer; and DATA pieces */
	bool positive;		/* response, confirm: accepted */
	bool first, last;	/* DATA: first and last piece of the unit */
	bool has_initial_serial;
	bool has_references;	/* ACTIVITY-RESUME: of another connection */
	bool keep_transport;	/* RELEASE, U-ABORT: reuse wanted */
	bool x410;		/* P-CONNECT ind, and what it becomes: X.410-1984 mode */
};

_Static_assert(sizeof(struct service) <= 160, "a set is cleared for every hop");

extern const struct service service_none;		/* all zero */
extern const struct service_names service_nobody;	/* likewise */

/* Never NULL. */
static inline const struct service_names *service_names(const struct service *s)
{
	return s->names ? s->names : &service_nobody;
}

enum service_source {
	SOURCE_USER,
	SOURCE_PROVIDER,
};

#endif
