/*
 * event: one fixed record for everything that happens.
 *
 * Each hop between layers, each PDU, each finding, each TCP, link, log,
 * step and ledger event is one `struct event` of 64 octets.  It is the only
 * way between layers, the only way from an association to its user, and the
 * evidence that verdicts rest on.  Text is made only by readers.
 *
 * `data`, `detail` are borrowed and serve the live reader; everything else
 * stands for itself and can be stored.
 */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/rule.h"
#include "base/service.h"

enum event_kind {
	EVENT_PRIMITIVE,	/* code: enum service_kind, type: enum service_type;
				 * detail: struct service */
	EVENT_PDU_IN,		/* code: the layer's PDU enum; detail: its decoded struct */
	EVENT_PDU_OUT,
	EVENT_STEP,		/* a state table was stepped: from, to, cell */
	EVENT_FINDING,		/* rule; value: octet within the PDU */
	EVENT_WANT,		/* content of the running transfer is due: offset into the
				 * content, at most `length` octets */
	EVENT_TCP,		/* code: enum tcp_event */
	EVENT_LINK,		/* rig/link: code: enum link_event */
	EVENT_LOG,		/* rig/logs */
	EVENT_SCENARIO,		/* rig/scenario: step begins, ends, expectation */
	EVENT_LEDGER,		/* rig/judge */
};
enum { EVENT_KINDS = EVENT_LEDGER + 1 };

/* "pdu_in"; "?": there is no such kind. */
const char *event_kind_name(uint8_t kind);
/* What stands in front of a line that tells of such an event: "<-"; "": nothing does. */
const char *event_mark(uint8_t kind);

enum tcp_event {
	TCP_CONNECTED,
	TCP_FIN_IN,		/* the peer has half-closed */
	TCP_RST_IN,
	TCP_FIN_OUT,
	TCP_RST_OUT,
	TCP_CLOSE_WANTED,	/* the stack asks the driver to close (N-DISCONNECT) */
	TCP_FAILED,		/* connect refused or timed out: value errno-like */
};

enum { CELL_NONE = 0xffff };

struct event {
	int64_t at_us;
	uint64_t offset;	/* stream offset (per direction) of the PDU's octet 0 */
	uint64_t length;	/* octets of the PDU or of data */
	const uint8_t *data;	/* borrowed */
	const void *detail;	/* borrowed */
	uint32_t association;	/* number given by the driver */
	uint32_t value;		/* by kind and code: serial number, reason, octet ... */
	uint16_t cell;		/* row of the layer's state table, or CELL_NONE */
	uint16_t rule;		/* rule.id, 0: none */
	uint8_t kind, layer, code, type;
	uint8_t from, to;	/* states */
	uint8_t flags;		/* EVENT_F_* */
	uint8_t stamped;	/* PDU_OUT: offset is known (association) */
};

enum {
	EVENT_F_POSITIVE = 1,
	EVENT_F_FIRST = 2,
	EVENT_F_LAST = 4,
	EVENT_F_INITIATOR = 8,	/* LINK: the direction from the connection's initiator;
				 * TCP: our end is the initiator */
};

_Static_assert(sizeof(struct event) == 64, "an event is 64 octets");

/* A bounded queue of events; memory is the owner's. */
struct event_queue {
	struct event at[EVENTS_MAX];
	uint16_t head, n;
};

void event_queue_init(struct event_queue *q);

static inline size_t event_queue_free(const struct event_queue *q)
{
	return (size_t)(EVENTS_MAX - q->n);
}

/* Room for one more event, to be filled in at once; NULL: full. */
static inline struct event *event_queue_add(struct event_queue *q)
{
	return q->n < EVENTS_MAX ? &q->at[(q->head + q->n++) % EVENTS_MAX] : NULL;
}

/* The oldest event where it stands, until it is dropped; NULL: none. */
static inline const struct event *event_queue_first(const struct event_queue *q)
{
	return q->n ? &q->at[q->head] : NULL;
}

void event_queue_drop(struct event_queue *q);

/* false: full (the caller has checked event_queue_free() before). */
bool event_queue_put(struct event_queue *q, const struct event *e);
bool event_queue_get(struct event_queue *q, struct event *out);

#endif
