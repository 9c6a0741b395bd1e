/*
 * check_page: what `x400rig check` found, as a page to be looked at.
 *
 * While the capture is read each connection's PDUs, TCP ends, windows and gaps become marks;
 * at the end they are drawn as ladders, one around each address that most of the connections
 * have in common, with remarks and log records where they happened.
 */
#ifndef CLI_CHECK_PAGE_H
#define CLI_CHECK_PAGE_H

#include "cli/check_report.h"
#include "report/html.h"

enum {
	CHECK_PAGE_PDUS = 20000,	/* in full; of more only their line */
	CHECK_PAGE_LADDERS = 8,
	CHECK_PAGE_POINTS = 500000,	/* of all plots */
};

/* The end of a connection, while it is read. */
struct check_page_way {
	size_t session;			/* its last session PDU: mark + 1; 0: none */
	uint64_t asked;			/* stream octets behind the last MIP or AE */
	struct ladder_flow flow;
};

struct check_page {
	struct ladder all;		/* association: connection; out: from the initiator */
	struct check_page_way (*ways)[DIRECTIONS];	/* owned; by connection */
	size_t ways_n;
	struct pdu_text **pdus;		/* owned, with what they point at */
	size_t pdus_n, pdus_cap, points;
	const struct follow *follow;	/* whose first packet is time 0 */
};

void check_page_free(struct check_page *p);

/* What a connection did at `at_ns`. */
void check_page_seen(struct check_page *p, struct follow *f, uint32_t connection, int64_t at_ns,
                     const struct observation *seen);
void check_page_tcp(struct check_page *p, uint32_t connection, int64_t at_ns, unsigned direction,
                    const char *text);

/* false: not everything was written (errno). */
bool check_page_write(FILE *out, struct check_page *p, struct check_result *r, const char *path,
                      int status);

#endif
