/*
 * link_options: what a link does, as words of text.
 *
 * Options of `x400rig link` and of link steps are the same words:
 *
 *   [in.|out.]rate=64kbit/s         bit/s kbit/s Mbit/s Gbit/s; 0: no limit
 *   [in.|out.]burst=1500            octets saved up while idle
 *   [in.|out.]delay=300ms           us ms s m h
 *   [in.|out.]jitter=20ms[:uniform|:normal|:exponential]
 *   [in.|out.]loss=1%               of segments; or a number 0 ... 1
 *   [in.|out.]burst-loss=ENTER:LEAVE:LOSS   Gilbert-Elliott
 *   [in.|out.]rto=200ms             least retransmission time-out
 *   [in.|out.]corrupt=0.01%         of octets: another value
 *   [in.|out.]missing=0.01%         of octets: not there
 *   [in.|out.]segment=1             octets of a piece; "mtu": 1460
 *   [in.|out.]duplicate=1%          of packets: twice      \
 *   [in.|out.]reorder=5%            overtakes, needs delay  > a line of the kernel only
 *   [in.|out.]mtu=576               octets of a packet     /
 *   [in.|out.]cut=HOW@PLACE         HOW: fin rst half-close silence
 *   [in.|out.]at=TIME:CHANGE        CHANGE: rate=R, delay=T, stall, go, down, up,
 *                                   HOW (a cut); counted from the connection's begin
 *   [in.|out.]at=POINT:CHANGE[:TIME]  at a point of the protocol (tap/tap.h), once; TIME:
 *                                   a stall, or a line that is down, ends by itself
 *   every=TIME                      the changes again and again
 *   side=both|initiator|responder   whom a cut hits; the other one hears nothing
 *   seed=N
 *   tls=both|initiator|responder    whose connection is encrypted: we are server to
 *                                   the initiator, client to the responder
 *   tls-cert=FILE tls-key=FILE      our certificate with its chain, and key (PEM)
 *   tls-ca=FILE                     whose word about the responder we take (PEM)
 *   tls-client-ca=FILE              initiators must show a certificate of that CA
 *   tls-pin=HEX                     SHA-256 of the responder's certificate
 *   tls-name=NAME                   whom its certificate must name
 *   tls-check=no                    take any certificate
 *   tls-min=1.2|1.3 tls-max=1.2|1.3
 *   tls-keylog=FILE                 secrets for protocol analysers
 *
 * PLACE: N (octets), tpkt:N (behind the N-th TPKT), in-tpkt:N[:K] (K octets into
 * it, without K in its middle), or a point of the protocol (tap/tap.h), which
 * names the direction itself.  Without in. or out. both directions are meant,
 * for cuts `out`: from the initiator of the connection (`link`), from us.
 */
#ifndef LINK_LINK_OPTIONS_H
#define LINK_LINK_OPTIONS_H

#include "crypto/tls_session.h"
#include "link/link.h"

enum { LINK_POINTS_MAX = 16, LINK_POINT_TEXT = 64, LINK_WHY = 200 };

/* What happens at a point of the protocol, for the tap to read. */
struct link_point {
	struct link_change what;	/* at_us: how long; 0: no end */
	char text[LINK_POINT_TEXT];
	size_t at;		/* where it stood in its word */
};

enum link_side {
	LINK_SIDE_BOTH,
	LINK_SIDE_INITIATOR,
	LINK_SIDE_RESPONDER,
};

/* link_options_init(): a transparent link.  config.plan points to `plan` when that has
 * changes: do not copy the struct. */
struct link_options {
	struct link_config config;
	struct link_plan plan;
	struct link_point points[LINK_POINTS_MAX];
	size_t points_n;
	enum link_side side;
	bool tls_initiator, tls_responder;
	struct tls_config server, client;	/* towards initiator, responder */
};

struct link_option_error {
	size_t at;		/* octet of the word */
	char why[LINK_WHY];	/* with a hint */
};

void link_options_init(struct link_options *o);

/* Takes one word.  false: `error` says where and why, the options are as before. */
bool link_option(struct link_options *o, const char *word, struct link_option_error *error);

enum { LINK_TLS_WHY = TLS_WHY + 120 };

/* The contexts that `tls=` asks for, which are the caller's; NULL: not asked for.  false:
 * `why` begins with the option that is wrong and ends with a hint. */
bool link_options_tls(const struct link_options *o, struct tls_context **server,
                      struct tls_context **client, char why[static LINK_TLS_WHY]);
/* Would they come about?  Opens no key log. */
bool link_options_tls_check(const struct link_options *o, char why[static LINK_TLS_WHY]);

/* The first word that only a line made by the kernel can do; NULL: none. */
const char *link_options_of_kernel(const struct link_options *o);

/* What can only be said of all of them: order of the changes, `every`, TLS words without `tls`. */
bool link_options_check(struct link_options *o, struct link_option_error *error);

/*
 * Where the RTSE window stops the sender before TCP's window can close: of a
 * message a sender has at most `window` checkpoints of `checkpoint_kib` KiB
 * without an acknowledgement under way.  If all of them fit into what the
 * kernels hold (`hidden` octets), a stall never shows as a closed window.
 * false: it can close.  `why` gets the figures.
 */
bool link_window_hides(uint32_t checkpoint_kib, uint32_t window, uint64_t hidden,
                       char *why, size_t cap);

#endif
