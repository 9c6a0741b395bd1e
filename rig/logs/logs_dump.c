#include "logs/logs_dump.h"

#include "acse/acse_pdu.h"
#include "cotp/cotp_pdu.h"
#include "p1/p1_pdu.h"
#include "session/session_pdu.h"
#include "tpkt/tpkt.h"

#include <string.h>

static void session_put(struct octets tsdu, struct text *t, struct findings *f)
{
	struct session_tsdu out;

	if (session_decode_tsdu(tsdu, &out, f))
		session_tsdu_text(t, &out);
}

static void tpdu_put(struct octets tpdu, struct text *t, struct findings *f)
{
	struct cotp_pdu pdu;

	if (!cotp_decode(tpdu, &pdu, f))
		return;
	cotp_text(t, &pdu);
	/* The first DT of a TSDU begins with an SI; a later one may look like it. */
	if (pdu.kind == COTP_DT && pdu.eot && pdu.user_data.n) {
		struct findings mine;

		findings_clear(&mine);
		text_put(t, " | ");
		session_put(pdu.user_data, t, &mine);
	}
}

static void network_put(struct octets o, struct text *t, struct findings *f)
{
	struct tpkt_pdu frame;

	if (o.p[0] != 3) {
		tpdu_put(o, t, f);
		return;
	}
	if (!tpkt_decode(o, &frame, f))
		return;
	tpkt_text(t, &frame);
	text_put(t, " | ");
	tpdu_put(frame.tpdu, t, f);
}

static void association_put(struct octets o, struct text *t, struct findings *f)
{
	struct acse_pdu pdu;

	if (acse_decode(o, &pdu, f))
		acse_text(t, &pdu);
}

static void message_put(struct octets o, struct text *t, struct findings *f)
{
	struct p1_apdu apdu;

	if (p1_decode(o, &apdu, f))
		p1_text(t, &apdu);
}

bool log_dump_text(const struct log_record *r, struct text *t, struct findings *f)
{
	static const struct {
		const char *heading;
		void (*put)(struct octets o, struct text *t, struct findings *f);
	} kinds[] = {
		{ "Reference ", message_put }, { "NSI ", network_put }, { "TSI ", session_put },
		{ "ACSI ", association_put },
	};
	struct octets dump = { r->dump, r->dump_n };

	findings_clear(f);
	for (size_t i = 0; dump.n && i < sizeof kinds / sizeof kinds[0]; i++)
		if (strncmp(r->text, kinds[i].heading, strlen(kinds[i].heading)) == 0) {
			kinds[i].put(dump, t, f);
			return true;
		}
	return false;
}
