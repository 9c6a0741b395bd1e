/*
 * pcap_records: where the records of a damaged pcap file go on.
 *
 *     | seconds | fraction | captured | original | (modified: 8 more) | octets |
 *
 * libpcap reads the records; behind one that it cannot read this looks for the
 * next one, all of it there, behind which the file ends or another one may begin.
 */
#ifndef CAPTURE_PCAP_RECORDS_H
#define CAPTURE_PCAP_RECORDS_H

#include "capture/source.h"

enum { PCAP_FILE_HEADER = 24 };

/* What the file's header says of all records. */
struct pcap_records {
	bool little;
	bool swaps;			/* old: the lengths may stand the other way round */
	uint8_t head;			/* octets of a record's head */
	uint32_t second;		/* fractions of one */
	uint32_t snap;
};

/* `header`: the first PCAP_FILE_HEADER octets of a file that libpcap reads. */
void pcap_records_init(struct pcap_records *r, struct octets header);

/* How long the record is that begins here, as its head says; of a head that libpcap will
 * refuse its own length. */
size_t pcap_records_due(const struct pcap_records *r, struct octets in);

/* Passes over octets, one at least, up to such a record.  Linear.  false: there is none,
 * and the file is at its end. */
bool pcap_records_find(const struct pcap_records *r, struct source *s);

#endif
