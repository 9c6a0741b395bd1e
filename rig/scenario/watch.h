/*
 * watch: what an end hears, kept until an expectation has passed it (private to
 * the runner).
 *
 * On sides where a scenario compares or sends PDUs each end has an observer
 * beside its association.  While the end is attached the association tells the
 * events and the watch keeps the octets; while it is detached the watch tells the
 * events, too.
 */
#ifndef SCENARIO_WATCH_H
#define SCENARIO_WATCH_H

#include "observer/observer.h"
#include "scenario/runner_inner.h"

/* NULL: no memory. */
struct watch *watch_new(struct peer *p);
void watch_free(struct watch *w);

void watch_octets(struct watch *w, bool out, struct octets o);
void watch_tcp(struct watch *w, enum tcp_event what);

/* What the two ends have said they are. */
struct watch_terms {
	const struct observer *observer;
	uint16_t peer_ref;		/* X.224 13.3.3: SRC-REF of the other's CR or CC */
	uint32_t tpdu_size;		/* of the CC (X.224 6.5.3 b); 0: it did not say */
	uint32_t confirmed;		/* serial of the last MIA that has come in the activity */
	uint32_t proposed_checkpoint, proposed_window;	/* RTORQ */
	uint32_t checkpoint, window;	/* RTOAC: what holds; sizes in units of 1024, 0: none */
	uint32_t proposed_size;		/* of the other's CR; 0: it did not say */
	uint8_t versions, tokens;	/* that the other's CN proposes */
	bool connecting;		/* a CN has come or gone */
};
const struct watch_terms *watch_terms(const struct watch *w);
/* We begin an activity: nothing in it is confirmed. */
void watch_begin_activity(struct watch *w);
/* "calling-ref", "called-ref", "common-ref", "additional-ref" of the session connection;
 * false: it has none. */
extern const char *const watch_references[];	/* these names; ends with NULL */
bool watch_reference(const struct watch *w, struct octets field, struct octets *out);

/* Has what an EXPECT_WIRE expectation describes come?  If it has, all up to it is
 * passed, PDUs are captured, *which is the alternative, from 1, and *doubtful says that it
 * decides nothing. */
enum watched { WATCHED_NOT_YET, WATCHED_MET, WATCHED_NEVER };
enum watched watch_match(struct watch *w, const struct expectation *x,
                         const struct pdu_variables *variables, uint32_t *which, bool *doubtful);

#endif
