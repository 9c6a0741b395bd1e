/*
 * libpcap: loaded for what is read or filtered by it (late/late.h), because it brings D-Bus,
 * systemd and seven more libraries, and a pcapng needs none of them.
 */
#ifndef CAPTURE_LIBPCAP_H
#define CAPTURE_LIBPCAP_H

#include "late/late.h"

#include <pcap/pcap.h>

#define LIBPCAP_CALLS(X) \
	X(pcap_, activate) X(pcap_, close) X(pcap_, compile) X(pcap_, create) \
	X(pcap_, datalink) X(pcap_, dispatch) X(pcap_, dump) X(pcap_, dump_close) \
	X(pcap_, dump_open) X(pcap_, file) X(pcap_, fopen_offline_with_tstamp_precision) \
	X(pcap_, freecode) X(pcap_, get_selectable_fd) X(pcap_, geterr) X(pcap_, next_ex) \
	X(pcap_, offline_filter) X(pcap_, open_dead) X(pcap_, set_buffer_size) \
	X(pcap_, set_immediate_mode) X(pcap_, set_snaplen) X(pcap_, set_tstamp_precision) \
	X(pcap_, setfilter) X(pcap_, setnonblock) X(pcap_, snapshot) X(pcap_, stats) \
	X(pcap_, statustostr)

/* NULL before libpcap_load(). */
extern struct libpcap { LIBPCAP_CALLS(LATE_CALL) } libpcap;

/* Before what is no pcapng is opened, and before a filter.  Once is enough.  false: why. */
bool libpcap_load(char *why, size_t why_cap);

#endif
