/*
 * capture: reading captured packets.
 *
 * Takes pcap (either byte order, us or ns) through libpcap and pcapng
 * through our own block reader, both plain or gzip'ed, from a file or a pipe:
 *
 *     capture_open -> capture_next ... -> capture_status -> capture_close
 *                         `-> capture_segment: the TCP segment in a packet
 *
 * or, with capture_open_live(), packets as they pass an interface.
 *
 * A file is a stranger's: whatever it says, memory stays within
 * capture/limits.h.  Behind damage it is read on at the next record that makes
 * sense, and capture_status() tells of the hole.  If there is none, as in a file
 * that is cut short, all packets before are handed out, then capture_next() says
 * CAPTURE_DAMAGED once and for all, and capture_status() says what and where.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "base/octets.h"
#include "capture/limits.h"

struct capture;

/* Link types as pcapng and pcap files number them. */
enum capture_link {
	LINK_NULL = 0,		/* address family in the capturing host's order */
	LINK_ETHERNET = 1,
	LINK_RAW = 101,		/* IPv4 or IPv6 by the first four bits */
	LINK_RAW_BSD = 12,	/* the same: DLT_RAW of most systems, and of OpenBSD */
	LINK_RAW_OPENBSD = 14,
	LINK_CISCO_HDLC = 104,	/* address, control, EtherType */
	LINK_LOOP = 108,	/* address family, high order first */
	LINK_PPP = 9,		/* with or without address and control (RFC 1662) */
	LINK_PPP_HDLC = 50,
	LINK_PPP_ETHER = 51,	/* PPPoE session (RFC 2516 4), no Ethernet header */
	LINK_PPP_DIRECTION = 204,	/* an octet: sent or received; then PPP */
	LINK_LINUX_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

/* One captured packet.  Octets are lent until the next call on the capture, if not for longer. */
struct capture_packet {
	uint32_t frame;		/* from 1, in the order of the file */
	uint32_t interface;	/* of the present section, from 0 */
	uint32_t link;		/* enum capture_link, or another number */
	uint32_t original;	/* octets on the wire; more than octets.n: cut short */
	int64_t time_ns;	/* since 1970-01-01 UTC; 0 without has_time */
	bool has_time;
	struct octets octets;
	struct octets comment;	/* several are joined by line feeds */
	uint64_t position;	/* of its record in the (unpacked) file */
	bool stays;		/* the octets do, until the capture is closed */
};

enum capture_got {
	CAPTURE_PACKET,
	CAPTURE_END,		/* the file ended between two records */
	CAPTURE_DAMAGED,	/* nothing behind this place can be read */
	CAPTURE_IDLE,		/* live: nothing has come for a while; ask again */
};

/* A place of the file that could not be read, and was passed over. */
struct capture_hole {
	uint64_t position, behind;	/* of the record; of the one that was read next */
	uint32_t frame;			/* that one's number, if it is a packet */
	char text[192];			/* one clause, without the file's name */
};

struct capture_status {
	bool damaged;
	uint64_t position;	/* of the record that could not be read */
	char text[192];		/* as that of a hole */
	uint32_t frames;	/* read so far */
	uint32_t holes;
	uint64_t passed;	/* octets in all of them */
	struct capture_hole first;
	uint32_t odd_options;	/* packets whose pcapng options were broken */
};

/* What the file says of an interface; text as written there, cut to fit. */
struct capture_interface {
	uint32_t link, snap;
	int64_t offset_s;	/* if_tsoffset */
	uint8_t resolution;	/* if_tsresol */
	char name[CAPTURE_NAME_MAX];
	char description[CAPTURE_NAME_MAX];
	char comment[CAPTURE_COMMENT_MAX];
};

/* What opening this file and filtering it will need is loaded: before a process confines itself.
 * Nothing is told; what is missing then is told by those who need it. */
void capture_prepare(const char *path, bool filters);
/* NULL with the reason (path included) in `why`. */
struct capture *capture_open(const char *path, char *why, size_t why_cap);
/* Everything that passes `device` ("any": all of them), promiscuous mode off.
 * Needs the right to (root, CAP_NET_RAW); NULL: `why`. */
struct capture *capture_open_live(const char *device, char *why, size_t why_cap);
/* What to do about a `status` of pcap_activate(), to stand behind its text: "; ...", or "". */
const char *capture_live_hint(int status);
void capture_close(struct capture *c);

/* Only packets that a filter in libpcap's language lets pass (pcap-filter(7));
 * frames are counted all the same.  false: what is wrong with it. */
bool capture_filter(struct capture *c, const char *text, char *why, size_t why_cap);

/* Lines of TLS key logs that a pcapng file holds go to `take` as they are read. */
void capture_secrets(struct capture *c, void (*take)(void *ctx, struct octets lines), void *ctx);

enum capture_got capture_next(struct capture *c, struct capture_packet *p);

const struct capture_status *capture_status(const struct capture *c);

/* The present section's interface, NULL if there is none of this number;
 * pcap files have number 0 only. */
const struct capture_interface *capture_interface(const struct capture *c, uint32_t number);

/* The present section's comment, "" if it has none. */
const char *capture_section_comment(const struct capture *c);

/* How many names of addresses the present section has told so far; always 0 of a pcap.
 * capture_name_of(): the first one of an address, as written there, cut to fit; NULL: none. */
struct capture_address;
uint32_t capture_names(const struct capture *c);
const char *capture_name_of(const struct capture *c, const struct capture_address *a);

/* -- the TCP segment in a packet -- */

/* Who of a TCP connection sends: who opened it, or who answered. */
enum capture_direction {
	FROM_INITIATOR,
	FROM_RESPONDER,
	DIRECTIONS,
};

struct capture_address {
	uint8_t version;	/* 4, 6; 0: none */
	uint8_t octets[16];	/* IPv4: the first four, the others 0 */
};

enum capture_kind {
	SEGMENT_TCP,
	SEGMENT_OTHER,		/* not IP, or not TCP */
	SEGMENT_FRAGMENT,	/* part of an IP packet that was to hold TCP: `fragment`;
				 * ports and numbers are not given (fragments.h) */
	SEGMENT_CUT,		/* the capture ends before the TCP header does */
	SEGMENT_BROKEN,		/* header lengths contradict each other */
	SEGMENT_LINK,		/* a link type that is not read */
	SEGMENT_KINDS,
};

enum {
	SEGMENT_FIN = 0x01,
	SEGMENT_SYN = 0x02,
	SEGMENT_RST = 0x04,
	SEGMENT_PSH = 0x08,
	SEGMENT_ACK = 0x10,
};

/* Part of an IP packet; lent like the packet's octets. */
struct capture_fragment {
	uint32_t id;
	uint16_t offset;	/* of `body` in the whole */
	uint8_t protocol;	/* of what the whole holds */
	bool more;		/* not the last one */
	struct octets head;	/* what the whole begins with too */
	size_t next_at;		/* its octet that tells the protocol */
	struct octets body;
};

/* RFC 9293 3.1.  `payload` is lent like the packet's octets. */
struct capture_segment {
	enum capture_kind kind;
	struct capture_address from, to;
	uint16_t from_port, to_port;
	uint32_t seq, ack;	/* ack counts only with SEGMENT_ACK */
	uint16_t window;
	uint8_t flags;
	struct octets payload;
	uint32_t missing;	/* payload octets that follow on the wire but were not
				 * captured */
	struct capture_fragment fragment;
};

/* Looks through Ethernet (with any stack of VLAN tags), Linux cooked (1, 2),
 * raw and loopback links, IPv4 and IPv6 with extension headers.  Checksums
 * are not looked at: hosts that leave them to the network card would fail. */
void capture_segment(const struct capture_packet *p, struct capture_segment *out);

bool capture_address_equal(const struct capture_address *a, const struct capture_address *b);

/* "192.0.2.1", "2001:db8::1" into `out`, which it returns; with a mask (base/text.h) its
 * pseudonym. */
enum { CAPTURE_ADDRESS_TEXT = 46 };
const char *capture_address_text(const struct capture_address *a, char out[CAPTURE_ADDRESS_TEXT]);
/* false: neither an IPv4 nor an IPv6 address.  For those who write packets: tests. */
bool capture_address_parse(const char *text, struct capture_address *out);

#endif
