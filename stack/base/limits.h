/*
 * limits: every bound of stack/, in one place, with its reason.
 *
 * `make tiny` builds with TEST_TINY, where each bound is so small that the
 * suite runs into it.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#ifdef TEST_TINY
enum {
	FINDINGS_MAX = 2,
	BER_DEPTH_MAX = 16,
	NODES_MAX = 160,
	SERVICES_MAX = 40,
	EVENTS_MAX = 64,
	TSDU_MAX = 70 << 10,
	ENVELOPE_MAX = 64 << 10,
};
#else
enum {
	/* Findings kept for one PDU.  A PDU that breaks more rules than this
	 * is not understood better by a longer list. */
	FINDINGS_MAX = 16,
	/* Nesting of BER.  The deepest honest value we know (a bind with
	 * certificate inside RTORQ, AARQ, CP) has 21 levels. */
	BER_DEPTH_MAX = 32,
	/* Nodes of one outgoing PDU tree: a CP with a bind takes about 60. */
	NODES_MAX = 160,
	/* Parameter sets alive between two looks of the driver at the events:
	 * one TSDU takes at most eight (two SPDUs, each seen by every service
	 * above), one request of the driver at most six. */
	SERVICES_MAX = 40,
	/* Events waiting for the driver; push takes no more octets while fewer
	 * than EVENTS_PER_TSDU are free.  More of them would only wait longer. */
	EVENTS_MAX = 64,
	/* Largest TSDU that is gathered whole (all SPDUs but DT and TD, whose
	 * user information streams).  CN with overflow has 10,240 octets of
	 * user data; X.225 7.37 allows more, in segments of up to 65,539. */
	TSDU_MAX = 128 << 10,
	/* What precedes the content of a message.  32,767 recipients with
	 * addresses of 200 octets and some extensions make 7.6 MB. */
	ENVELOPE_MAX = 8 << 20,
};
#endif
enum {
	EVENTS_PER_TSDU = 24,
	SERVICES_PER_TSDU = 12,
	SERVICES_PER_REQUEST = 12,
	/* Sets of names: cotp, session and presentation make one each of a CONNECT, and
	 * again for the answer. */
	NAMES_PER_TSDU = 6,
	NAMES_MAX = 8,
	LEASES_PER_TSDU = 4,
};

#endif
