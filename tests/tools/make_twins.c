/*
 * make_twins: writes the captures of captures/ (make_twins FOLDER).
 *
 * Conversations as real MTAs had them, with other names, addresses, times and
 * texts, and with what was odd about them: both directions of an anonymised
 * capture bear one destination address, lengths are indefinite, strings T61 or
 * cut into segments, a bind error lacks its [18], DR follows the release, RST
 * follows FIN.  What is said is written down below from the Recommendations,
 * octet by octet, in the notation of tests/lib/say.h.
 */
#include "../lib/say.h"

#include "capture/checksum.h"
#include "capture/pcapng_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	INITIATOR = 0,
	RESPONDER = 1,
	FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16,
};

/* ---- packets ---- */

struct twin {
	const char *name;
	FILE *pcap;			/* or: */
	struct pcapng_writer *pcapng;
	uint32_t interface;
	int64_t time_us;
	uint8_t from[2][4], to[2][4];	/* source and destination that each direction bears */
	uint16_t port[2];
	uint32_t next[2];
	size_t tpdu, segment;		/* octets at most of a DT TPDU, of a TCP segment */
	unsigned id;
	struct said batch;		/* frames that share a segment */
};

static void sum_into(struct said *o, size_t at, uint64_t sum, size_t from)
{
	uint16_t v = checksum_fold(checksum_add(sum, o->at + from, o->n - from));

	memcpy(o->at + at, &v, sizeof v);
}

static void put_little(FILE *fp, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		putc((int)(v >> 8 * i & 0xff), fp);
}

static void write_packet(struct twin *t, const struct said *o)
{
	struct iovec part = { (void *)(uintptr_t)o->at, o->n };

	if (t->pcapng) {
		pcapng_packet(t->pcapng, t->interface, t->time_us * 1000, &part, 1, 0);
		return;
	}
	put_little(t->pcap, (uint32_t)(t->time_us / 1000000));
	put_little(t->pcap, (uint32_t)(t->time_us % 1000000));
	put_little(t->pcap, (uint32_t)o->n);
	put_little(t->pcap, (uint32_t)o->n);
	fwrite(o->at, 1, o->n, t->pcap);
}

static void put_tcp(struct twin *t, struct said *o, int who, unsigned flags,
                    const uint8_t *p, size_t n)
{
	struct said pseudo = { .n = 0 };
	size_t at = o->n;

	said_u16(o, t->port[who]);
	said_u16(o, t->port[1 - who]);
	said_u32(o, t->next[who]);
	said_u32(o, flags & ACK ? t->next[1 - who] : 0);
	said_u8(o, 0x50);
	said_u8(o, flags);
	said_u16(o, flags & RST ? 0 : 17520);
	said_u32(o, 0);
	said_octets(o, p, n);
	said_octets(&pseudo, t->from[who], 4);
	said_octets(&pseudo, t->to[who], 4);
	said_u16(&pseudo, 6);
	said_u16(&pseudo, (unsigned)(20 + n));
	sum_into(o, at + 16, checksum_add(0, pseudo.at, pseudo.n), at);
}

static void segment(struct twin *t, int who, unsigned flags, const uint8_t *p, size_t n)
{
	static const uint8_t ethernet[] = {
		0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02, 0x08, 0x00,
	};
	struct said o = { .n = 0 };

	said_octets(&o, ethernet, sizeof ethernet);
	said_u16(&o, 0x4500);
	said_u16(&o, (unsigned)(40 + n));
	said_u16(&o, ++t->id);
	said_u16(&o, 0x4000);
	said_u16(&o, 0x4006);
	said_u16(&o, 0);
	said_octets(&o, t->from[who], 4);
	said_octets(&o, t->to[who], 4);
	sum_into(&o, sizeof ethernet + 10, 0, sizeof ethernet);
	put_tcp(t, &o, who, flags, p, n);
	write_packet(t, &o);
	t->next[who] += (uint32_t)n + (flags & (SYN | FIN) ? 1 : 0);
}

/* ---- conversations ---- */

static void wait_us(struct twin *t, int64_t us)
{
	t->time_us += us;
}

static void open_tcp(struct twin *t)
{
	segment(t, INITIATOR, SYN, NULL, 0);
	wait_us(t, 368);
	segment(t, RESPONDER, SYN | ACK, NULL, 0);
	wait_us(t, 31);
	segment(t, INITIATOR, ACK, NULL, 0);
	wait_us(t, 117);
}

static void flag(struct twin *t, int who, unsigned flags)
{
	segment(t, who, flags, NULL, 0);
	wait_us(t, 205);
}

static void frame(struct said *o, const uint8_t *p, size_t n)
{
	said_u16(o, 0x0300);
	said_u16(o, (unsigned)(n + 4));
	said_octets(o, p, n);
}

static void send_batch(struct twin *t, int who)
{
	size_t at = 0;

	while (at < t->batch.n) {
		size_t n = t->batch.n - at < t->segment ? t->batch.n - at : t->segment;

		segment(t, who, PSH | ACK, t->batch.at + at, n);
		at += n;
		wait_us(t, 93);
	}
	t->batch.n = 0;
}

/* A TPDU other than DT. */
static void tpdu(struct twin *t, int who, const char *s)
{
	struct said o = { .n = 0 };

	say(&o, s, NULL);
	frame(&t->batch, o.at, o.n);
	send_batch(t, who);
	wait_us(t, 4211);
}

/* A TSDU, in as many DTs as it takes; it leaves with the next one that is sent. */
static void queue_tsdu(struct twin *t, const char *s, const struct said *given)
{
	struct said o = { .n = 0 }, dt;
	size_t most = t->tpdu - 3, at = 0, n;

	say(&o, s, given);
	do {
		n = o.n - at < most ? o.n - at : most;
		dt.n = 0;
		said_u16(&dt, 0x02f0);
		said_u8(&dt, at + n == o.n ? 0x80 : 0);
		said_octets(&dt, o.at + at, n);
		frame(&t->batch, dt.at, dt.n);
		at += n;
	} while (at < o.n);
}

static void tsdu(struct twin *t, int who, const char *s)
{
	queue_tsdu(t, s, NULL);
	send_batch(t, who);
	wait_us(t, 1377);
}

static void tsdu_given(struct twin *t, int who, const char *s, const struct said *given)
{
	queue_tsdu(t, s, given);
	send_batch(t, who);
	wait_us(t, 1377);
}

/* ---- parts that are said more than once ---- */

#define ACSE_1 "30 [02 [01] 06 [52 01 00 01] 30 [06 [51 01]]]"
#define MTA_RTSE(id) "30 [02 [" id "] 06 [56 00 02 0c] 30 [06 [51 01]]]"
#define MTSE(id) "30 [02 [" id "] 06 [56 00 02 07] 30 [06 [51 01]]]"
#define ACCEPTED "30 [80 [00] 81 [51 01]]"
#define MTS_TRANSFER "a1 [06 [56 00 01 06]]"
#define RLRQ "61 [30 [02 [01] a0 [62 [80 [00"
#define RLRE "61 [30 [02 [01] a0 [63 [80 [00"

/* ---- both directions with one destination address ---- */

/* CN and AC of a probe that binds and goes away: X.225 8.3.1, 8.3.4. */
#define PING_CN(reference, time, normal, password) \
	"0d (01 (0a (04 [" reference "]) 0b (17 [" time "]))" \
	"    05 (13 (00) 16 (02) 1a (00)) 14 (02 49) c1 (" \
	"31 {a0 [80 [01]]" \
	"    a2 " normal "a4 [" ACSE_1 MTA_RTSE("03") MTSE("05") "]" \
	"        61 [30 [02 [01] a0 [60 [" MTS_TRANSFER \
	"            be [28 [06 [51 01] 02 [03] a0 [b0 [80 [20] 82 [00]" \
	"                a3 [a0 [b0 [a1 [80 [\"lancelot.example.org\"]" \
	"                                a1 [16 [" password "))"

static void ping_success(struct twin *t)
{
	open_tcp(t);
	tpdu(t, INITIATOR, "18 e0 0000 2b10 00 c1 07 \"PING-88\" c2 07 \"PING-88\"");
	wait_us(t, 89000);
	tpdu(t, RESPONDER, "06 d0 2b10 0471 00");
	tsdu(t, INITIATOR, PING_CN("\"Lancelot\"", "\"260114083012Z\"", "{", "\"joyeuse\""));
	tsdu(t, RESPONDER,
	     "0e (01 (09 (04 [\"Lancelot\"]) 0b (17 [\"260114083012Z\"]))"
	     "    05 (13 (00) 16 (02) 1a (00)) 14 (02 49) 34 () c1 ("
	     "31 [a0 [80 [01]]"
	     "    a2 [a5 [" ACCEPTED ACCEPTED ACCEPTED "]"
	     "        61 [30 [02 [01] a0 [61 [" MTS_TRANSFER " a2 [02 [00]] a3 [a1 [02 [00]]]"
	     "            be [28 [06 [51 01] 02 [03] a0 [b1 [80 [20]"
	     "                a2 [a0 [b1 [a1 [80 [\"morgana.example.org\"]"
	     "                                a1 [16 [\"viviane\"))");
	tsdu(t, INITIATOR, "09 (11 (01) c1 (" RLRQ "))");
	tsdu(t, RESPONDER, "0a (c1 (" RLRE "))");
	flag(t, INITIATOR, FIN | ACK);
	flag(t, RESPONDER, ACK);
	wait_us(t, 981000);
	flag(t, RESPONDER, RST);
}

static void ping_refused(struct twin *t)
{
	open_tcp(t);
	tpdu(t, INITIATOR, "18 e0 0000 2b64 00 c1 07 \"PING-88\" c2 07 \"PING-88\"");
	wait_us(t, 94000);
	tpdu(t, RESPONDER, "06 d0 2b64 04a2 00");
	tsdu(t, INITIATOR, PING_CN("\"Lancelot\"", "\"260114082655Z\"", "[", "20"));
	/* X.225 8.3.5.10: reason 2, then CPR; AARE rejected, RTORJ with bind error
	 * [18] 2, authentication-error. */
	tsdu(t, RESPONDER,
	     "0c (01 (09 (04 [\"Lancelot\"]) 0b (17 [\"260114082655Z\"]))"
	     "    11 (01) 14 (02 49) 32 (02"
	     "30 [a5 [" ACCEPTED ACCEPTED ACCEPTED "]"
	     "    61 [30 [02 [01] a0 [61 [" MTS_TRANSFER " a2 [02 [01]] a3 [a1 [02 [01]]]"
	     "        be [28 [06 [51 01] 02 [03] a0 [b2 [a1 [b2 [02 [02))");
	flag(t, INITIATOR, FIN | ACK);
	flag(t, RESPONDER, ACK);
	wait_us(t, 1024000);
	flag(t, RESPONDER, RST);
}

/* ---- an MTA of its own kind: T61 references, DR after the release ---- */

#define CALLER_CN(time, context) \
	"0d (01 (0a (14 [\"kx\"]) 0b (17 [" time "]))" \
	"    05 (13 (00) 15 (07f9 07f9) 16 (03) 1a (00)) 14 (02 49) c1 (" context "))"
#define CALLED_AC(time, context) \
	"0e (01 (09 (14 [\"kx\"]) 0b (17 [" time "]))" \
	"    05 (13 (00) 16 (02) 1a (00)) 14 (02 49) 34 () c1 (" context "))"
#define CALLER_CP(credentials) \
	"31 [a0 [80 [01]] a2 [a4 [" ACSE_1 MTA_RTSE("07") MTSE("0b") "]" \
	"    61 [30 [02 [01] a0 [60 [" MTS_TRANSFER \
	"        be [28 [06 [51 01] 02 [07] a0 [b0 [80 [3f] 82 [00]" \
	"            a3 [a0 [b0 [a1 [80 [\"NORTH\"] a1 [" credentials

#define COUNTRY "61 [13 [\"ZZ\"]]"
#define ADMD "62 [13 [\" \"]]"
#define DOMAIN_NORTH "63 [" COUNTRY ADMD "13 [\"NORTH\"]]"
#define NAME_PAT "60 [30 [" COUNTRY ADMD "a2 [13 [\"NORTH\"]] 83 [\"LAB\"] a5 [80 [\"pat\"]]]]"
#define NAME_KIM "60 [30 [" COUNTRY ADMD "a2 [13 [\"SOUTH\"]] 83 [\"MILL\"] a5 [80 [\"kim\"]]]]"
#define TRACE(time) "30 [" DOMAIN_NORTH "31 [80 [" time "] 82 [00]]]"

/* P22 and P2: X.420, with subject [8] explicit T61String. */
#define IPM(id, subject, text) \
	"a0 {31 {6b [13 [" id "]] a0 [" NAME_PAT "] a1 [31 [" NAME_PAT "]]" \
	"        a2 [31 [a0 [" NAME_KIM "]]] a8 [14 [" subject "]] 8c [01]}" \
	"    30 [a0 [31 [80 [05]] 16 [" text "]]]}"

static void transfer_1988(struct twin *t)
{
	open_tcp(t);
	tpdu(t, INITIATOR, "0e e0 0000 51a7 00 c2 03 \"204\" c0 01 0b");
	tpdu(t, RESPONDER, "09 d0 51a7 51a8 00 c0 01 0b");
	tsdu(t, INITIATOR, CALLER_CN("\"260305071500Z\"", CALLER_CP("04 [\"larch\"]")));
	tsdu(t, RESPONDER, CALLED_AC("\"260305071500Z\"",
	     "31 [a0 [80 [01]] a2 [a5 [" ACCEPTED ACCEPTED ACCEPTED "]"
	     "    61 [30 [02 [01] a0 [61 [" MTS_TRANSFER " a2 [02 [00]] a3 [a1 [02 [00]]]"
	     "        be [28 [06 [51 01] 02 [07] a0 [b1 [80 [01] 81 [03]"
	     "            a2 [a0 [b1 [a1 [80 [\"SOUTH\"] a1 [04 [\"maple\""));
	tsdu(t, INITIATOR, "01 () 2d (29 (02 [01]))");
	flag(t, RESPONDER, ACK);
	wait_us(t, 44000);
	/* Indefinite lengths but for the RTTR; the content in segments; extension
	 * types in the form of 1988, a0 {02}. */
	queue_tsdu(t, "01 () 01 ()"
	     "61 {30 {02 [07] a0 {04 [[28 {02 [0b] a0 {a0 {31 {"
	     "64 [" DOMAIN_NORTH "16 [\"north.204:05.03.26\"]]" NAME_PAT
	     "65 [80 [05 20]] 46 [16] 4a [\"sluice gate 4\"] 48 [04 30]"
	     "69 [" TRACE("\"260305071459Z\"") TRACE("\"260305071500Z\"") "]"
	     "a3 {30 [a0 [02 [17]] a2 [04 [\"Subject: sluice gate 4\"]]]"
	     "    30 [a0 [02 [26]] a2 [30 [30 [" DOMAIN_NORTH "16 [\"north\"]"
	     "        31 [80 [\"260305071500Z\"] 82 [00}"
	     "a2 [31 [" NAME_KIM "80 [01] 81 [07 a8 00]]]}"
	     "24 {04 [" IPM("\"26064.north\"", "\"sluice gate 4\"",
	                    "\"Please open it by noon.\" 0d0a") "]}}}}]]}}}", NULL);
	tsdu(t, INITIATOR, "01 () 29 (2a (\"1\"))");
	wait_us(t, 10000);
	tsdu(t, RESPONDER, "02 () 2a (2a (\"1\"))");
	tsdu(t, INITIATOR, "09 (11 (01) c1 (" RLRQ "))");
	tsdu(t, RESPONDER, "0a (c1 (" RLRE "))");
	tpdu(t, INITIATOR, "06 80 51a8 51a7 80");
	flag(t, RESPONDER, FIN | ACK);
	flag(t, INITIATOR, FIN | ACK);
	flag(t, RESPONDER, ACK);
}

static void transfer_1984(struct twin *t)
{
	open_tcp(t);
	tpdu(t, INITIATOR, "12 e0 0000 6b02 00 c1 02 \"KX\" c2 03 \"219\" c0 01 0b");
	tpdu(t, RESPONDER, "09 d0 6b02 6b03 00 c0 01 0b");
	tsdu(t, INITIATOR, CALLER_CN("\"260305074130Z\"",
	     "31 [a0 [80 [00]] a1 [80 [3f] 82 [00] a3 [a0 [a1 [80 [\"NORTH\"]"
	     "    a1 [16 [\"larch\"]]]]] 84 [01]]]"));
	tsdu(t, RESPONDER,
	     "0e (01 (09 (14 [\"kx\"]) 0b (17 [\"260305074130Z\"]))"
	     "    05 (13 (00) 16 (02) 1a (00)) 14 (02 49) c1 ("
	     "31 [a0 [80 [00]] a1 [80 [01] 81 [03] a2 [a0 [a1 [80 [\"SOUTH\"]"
	     "    a1 [16 [\"maple\"))");
	tsdu(t, INITIATOR, "01 () 2d (29 (02 [01]))");
	flag(t, RESPONDER, ACK);
	wait_us(t, 41000);
	/* X.226 8.4.3.2: the MPDU as it is. */
	queue_tsdu(t, "01 () 01 ()"
	     "a0 {31 {64 [" DOMAIN_NORTH "16 [\"north.219:05.03.26\"]]" NAME_PAT
	     "        65 [80 [06 20 00]] 46 [02] 4a [\"weir\"] 48 [04 30]"
	     "        a2 [31 [" NAME_KIM "80 [01] 81 [00 a8]]]"
	     "        69 [" TRACE("\"260305074128Z\"") TRACE("\"260305074130Z\"") "]}"
	     "    24 {04 [" IPM("\"26065.north\"", "\"weir\"", "\"It leaks.\" 0d0a") "]}}", NULL);
	tsdu(t, INITIATOR, "01 () 29 (2a (\"1\"))");
	wait_us(t, 9000);
	tsdu(t, RESPONDER, "02 () 2a (2a (\"1\"))");
	tsdu(t, INITIATOR, "09 (11 (01))");
	tsdu(t, RESPONDER, "0a ()");
	tpdu(t, INITIATOR, "06 80 6b03 6b02 80");
	flag(t, INITIATOR, FIN | ACK);
	flag(t, RESPONDER, FIN | ACK);
	flag(t, INITIATOR, ACK);
}

static void bind_refused(struct twin *t)
{
	open_tcp(t);
	tpdu(t, INITIATOR, "12 e0 0000 5c30 00 c1 02 \"KX\" c2 03 \"204\" c0 01 0b");
	tpdu(t, RESPONDER, "09 d0 5c30 5c31 00 c0 01 0b");
	tsdu(t, INITIATOR, CALLER_CN("\"260305072210Z\"", CALLER_CP("04 [\"birch\"]")));
	/* The bind error without [18]. */
	tsdu(t, RESPONDER,
	     "0c (01 (09 (14 [\"kx\"]) 0b (17 [\"260305072210Z\"])) 11 (01) 14 (02 49) 32 (02"
	     "30 [a5 [" ACCEPTED ACCEPTED ACCEPTED "]"
	     "    61 [30 [02 [01] a0 [61 [" MTS_TRANSFER " a2 [02 [01]] a3 [a1 [02 [01]]]"
	     "        be [28 [06 [51 01] 02 [07] a0 [b2 [a1 [02 [02))");
	tpdu(t, INITIATOR, "06 80 5c31 5c30 80");
	flag(t, INITIATOR, FIN | ACK);
	flag(t, RESPONDER, FIN | ACK);
	flag(t, INITIATOR, ACK);
}

/* ---- checkpoints, an interruption, a report the other way ---- */

#define RTTR_SLICE "01 () 01 () 61 [30 [02 [03] a0 [04 [@]]]]"

static void slice(const struct said *value, size_t from, size_t to, struct said *out)
{
	out->n = 0;
	said_octets(out, value->at + from, to - from);
}

static void send_long_message(struct twin *t)
{
	struct said value = { .n = 0 }, part;

	say(&value,
	    "28 [02 [05] a0 [a0 [31 [64 [" DOMAIN_NORTH "16 [\"east.7\"]]" NAME_PAT
	    "46 [16] 47 [02] 69 [" TRACE("\"260410120000Z\"") "]"
	    "a2 [31 [" NAME_KIM "80 [01] 81 [00 a8]]]]"
	    "04 [" IPM("\"7.east\"", "\"tide table\"", "\"high 02:14 low 08:31. \"*90") "]]]]",
	    NULL);
	tsdu(t, INITIATOR, "01 () 2d (29 (02 [07]))");
	slice(&value, 0, 1024, &part);
	tsdu_given(t, INITIATOR, RTTR_SLICE, &part);
	tsdu(t, INITIATOR, "01 () 31 (2a (\"1\"))");
	tsdu(t, RESPONDER, "02 () 32 (2a (\"1\"))");
	slice(&value, 1024, 2048, &part);
	tsdu_given(t, INITIATOR, RTTR_SLICE, &part);
	tsdu(t, RESPONDER, "02 () 30 (32 (05))");
	tsdu(t, INITIATOR, "01 () 19 (32 (05))");
	tsdu(t, RESPONDER, "02 () 1a ()");
	/* X.225 7.30: activity 7 goes on as 8, behind sync point 1. */
	tsdu(t, INITIATOR, "01 () 1d (21 (29 (02 [07]) 2a (\"1\")) 29 (02 [08]))");
	tsdu_given(t, INITIATOR, RTTR_SLICE, &part);
	tsdu(t, INITIATOR, "01 () 31 (2a (\"2\"))");
	tsdu(t, RESPONDER, "02 () 32 (2a (\"2\"))");
	slice(&value, 2048, value.n, &part);
	tsdu_given(t, INITIATOR, RTTR_SLICE, &part);
	tsdu(t, INITIATOR, "01 () 29 (2a (\"3\"))");
	tsdu(t, RESPONDER, "02 () 2a (2a (\"3\"))");
}

static void send_report(struct twin *t)
{
	struct said value = { .n = 0 };

	say(&value,
	    "28 [02 [05] a0 [a1 [31 [64 [63 [" COUNTRY ADMD "13 [\"SOUTH\"]] 16 [\"west.1\"]]"
	    NAME_PAT "69 [" TRACE("\"260410120107Z\"") "]]"
	    "31 [64 [" DOMAIN_NORTH "16 [\"east.7\"]] 46 [16]"
	    "a0 [31 [a0 [30 [" COUNTRY ADMD "a2 [13 [\"SOUTH\"]] 83 [\"MILL\"] a5 [80 [\"kim\"]]]]"
	    "    81 [01] 82 [00 a8] a3 [80 [\"260410120101Z\"] a1 [a1 [80 [01] 81 [00",
	    NULL);
	tsdu(t, RESPONDER, "01 () 2d (29 (02 [01]))");
	tsdu_given(t, RESPONDER, RTTR_SLICE, &value);
	tsdu(t, RESPONDER, "01 () 29 (2a (\"1\"))");
	tsdu(t, INITIATOR, "02 () 2a (2a (\"1\"))");
}

static void checkpoints(struct twin *t)
{
	t->tpdu = 512;
	t->segment = 400;
	open_tcp(t);
	tpdu(t, INITIATOR, "0e e0 0000 0107 00 c2 03 \"MTA\" c0 01 09");
	tpdu(t, RESPONDER, "09 d0 0107 0201 00 c0 01 09");
	tsdu(t, INITIATOR,
	     "0d (01 (0a (04 [\"east\"]) 0b (17 [\"260410120000Z\"]))"
	     "    05 (13 (00) 16 (02) 1a (00)) 14 (02 49) c1 ("
	     "31 [a0 [80 [01]] a2 [a4 [" ACSE_1 MTA_RTSE("03") MTSE("05") "]"
	     "    61 [30 [02 [01] a0 [60 [" MTS_TRANSFER
	     "        be [28 [02 [03] a0 [b0 [80 [01] 81 [02] 82 [01]"
	     "            a3 [a0 [b0 [a1 [80 [\"EAST\"] a1 [16 [\"dune\"))");
	tsdu(t, RESPONDER,
	     "0e (01 (09 (04 [\"west\"]) 0b (17 [\"260410120000Z\"]))"
	     "    05 (13 (00) 16 (02) 1a (00)) 14 (02 49) c1 ("
	     "31 [a0 [80 [01]] a2 [a5 [" ACCEPTED ACCEPTED ACCEPTED "]"
	     "    61 [30 [02 [01] a0 [61 [" MTS_TRANSFER " a2 [02 [00]] a3 [a1 [02 [00]]]"
	     "        be [28 [02 [03] a0 [b1 [80 [01] 81 [02]"
	     "            a2 [a0 [b1 [a1 [80 [\"WEST\"] a1 [16 [\"reef\"))");
	send_long_message(t);
	/* RTTP of priority 1 asks for the turn, GTC gives it. */
	tsdu(t, RESPONDER, "02 (10 (01) c1 (61 [30 [02 [03] a0 [02 [01]]]]))");
	tsdu(t, INITIATOR, "15 ()");
	tsdu(t, RESPONDER, "16 ()");
	send_report(t);
	/* RTAB temporaryProblem in ABRT in ARU. */
	tsdu(t, INITIATOR,
	     "19 (11 (03) c1 (a0 [a0 [30 [02 [01] 06 [51 01]] 30 [02 [03] 06 [51 01]]"
	     "    30 [02 [05] 06 [51 01]]] 61 [30 [02 [01] a0 [64 [80 [00]"
	     "    be [28 [02 [03] a0 [b6 [80 [03))");
	flag(t, RESPONDER, FIN | ACK);
	flag(t, INITIATOR, RST);
}

/* ---- files ---- */

static const struct plan {
	struct twin twin;
	void (*speak)(struct twin *t);
	const char *comment;		/* of a pcapng file; NULL: pcap */
} plans[] = {
	{ { .name = "ping-success.pcap", .time_us = INT64_C(1768379412104377),
	    .port = { 2913, 102 },
	    .from = { { 192, 0, 2, 51 }, { 192, 0, 2, 52 } },
	    .to = { { 203, 0, 113, 9 }, { 203, 0, 113, 9 } } }, ping_success, NULL },
	{ { .name = "ping-refused.pcap", .time_us = INT64_C(1768379215630118),
	    .port = { 2907, 102 },
	    .from = { { 192, 0, 2, 51 }, { 192, 0, 2, 52 } },
	    .to = { { 203, 0, 113, 9 }, { 203, 0, 113, 9 } } }, ping_refused, NULL },
	{ { .name = "transfer-1988.pcap", .time_us = INT64_C(1772694900221840),
	    .port = { 40211, 10234 },
	    .from = { { 198, 51, 100, 7 }, { 198, 51, 100, 8 } },
	    .to = { { 198, 51, 100, 8 }, { 198, 51, 100, 7 } } }, transfer_1988, NULL },
	{ { .name = "transfer-1984.pcap", .time_us = INT64_C(1772696490507001),
	    .port = { 40388, 10234 },
	    .from = { { 198, 51, 100, 7 }, { 198, 51, 100, 8 } },
	    .to = { { 198, 51, 100, 8 }, { 198, 51, 100, 7 } } }, transfer_1984, NULL },
	{ { .name = "bind-refused.pcap", .time_us = INT64_C(1772695330918203),
	    .port = { 40290, 10234 },
	    .from = { { 198, 51, 100, 7 }, { 198, 51, 100, 8 } },
	    .to = { { 198, 51, 100, 8 }, { 198, 51, 100, 7 } } }, bind_refused, NULL },
	{ { .name = "checkpoints.pcapng", .time_us = INT64_C(1775822400031500),
	    .port = { 51200, 102 },
	    .from = { { 198, 51, 100, 21 }, { 198, 51, 100, 22 } },
	    .to = { { 198, 51, 100, 22 }, { 198, 51, 100, 21 } } }, checkpoints,
	  "made by tests/tools/make_twins.c; no conversation of real MTAs" },
};

static bool open_file(struct twin *t, const char *path, const char *comment)
{
	/* Magic, version 2.4, UTC, longest packet, Ethernet. */
	static const uint32_t header[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1 };
	const struct pcapng_interface ethernet = { .link = 1, .microseconds = true };
	char why[256];

	if (comment) {
		t->pcapng = pcapng_create(path, comment, why, sizeof why);
		return t->pcapng && pcapng_interface(t->pcapng, &ethernet, &t->interface);
	}
	t->pcap = fopen(path, "wb");
	for (size_t i = 0; t->pcap && i < sizeof header / sizeof *header; i++)
		put_little(t->pcap, header[i]);
	return t->pcap != NULL;
}

static bool close_file(struct twin *t)
{
	char why[256];

	return t->pcapng ? pcapng_close(t->pcapng, why, sizeof why) : fclose(t->pcap) == 0;
}

static bool make(const struct plan *p, const char *folder)
{
	struct twin t = p->twin;
	char path[1024];

	snprintf(path, sizeof path, "%s/%s", folder, t.name);
	t.tpdu = 2048;
	t.segment = 1460;
	t.next[INITIATOR] = 0x51c0a7f0 + t.port[INITIATOR];
	t.next[RESPONDER] = 0xfffff000 + t.port[INITIATOR] % 7;	/* wraps round */
	if (open_file(&t, path, p->comment)) {
		p->speak(&t);
		if (close_file(&t))
			return true;
	}
	fprintf(stderr, "make_twins: cannot write %s\n", path);
	return false;
}

int main(int argc, char **argv)
{
	bool ok = argc == 2;

	if (!ok)
		fprintf(stderr, "usage: make_twins FOLDER\n");
	for (size_t i = 0; ok && i < sizeof plans / sizeof *plans; i++)
		ok = make(&plans[i], argv[1]);
	return ok ? 0 : 1;
}
