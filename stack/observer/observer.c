/*
 * Octets and gaps -> frames -> TPDUs -> pieces of TSDUs.
 */
#include "observer_inner.h"

#include "cotp/cotp_rules.h"

#include <string.h>

enum { FILLING_OCTETS = 1024 };

/* ---- finding frames ---- */

/* Can these be the first octets of a frame with a TPDU of class 0?  Strict, so
 * that content does not look like one: headers fill their TPDU, as they do but
 * for user data in CR, CC and DR. */
static bool could_be_frame(const uint8_t octet[OBSERVER_SYNC_OCTETS], size_t n)
{
	uint32_t length = n > 3 ? (uint32_t)octet[2] << 8 | octet[3] : TPKT_LENGTH_MIN;
	size_t li = n > 4 ? octet[4] : 0;
	uint8_t code = n > 5 ? octet[5] : 0;
	bool dt = code == 0xf0;

	if ((n > 0 && octet[0] != 3) || (n > 1 && octet[1] != 0) || length < TPKT_LENGTH_MIN)
		return false;
	if (n > 4 && (li < 2 || li > length - 5))
		return false;
	if (n > 5 && !(dt && li == 2) &&
	    !((code == 0xe0 || code == 0xd0 || code == 0x80 || code == 0x70) && li == length - 5))
		return false;
	return n < OBSERVER_SYNC_OCTETS || (dt ? (octet[6] & 0x7f) == 0
	                                       : code != 0xe0 || octet[6] == 0);
}

enum observer_guess observer_guess(struct octets first)
{
	struct findings none;
	struct cursor c;
	uint16_t vrsn = 0, length = 0;
	uint8_t li = 0, code = 0;

	findings_clear(&none);
	cursor_init(&c, first, &none, &cotp_rules[COTP_LI]);
	if (first.n > 0 && observer_first(first) != 3)
		return OBSERVER_NO;
	if (!cursor_u16(&c, &vrsn) || !cursor_u16(&c, &length) || !cursor_u8(&c, &li) ||
	    !cursor_u8(&c, &code))
		return OBSERVER_MORE;
	code &= 0xf0;
	return length >= TPKT_LENGTH_MIN && li <= length - 5 &&
	       (code == 0xe0 || code == 0xd0 || code == 0x80) ? OBSERVER_YES : OBSERVER_NO;
}

static void begin_sync(struct observer *o, struct observer_way *w, uint64_t from)
{
	cotp_reader_drop(&w->cotp, o->pool);
	cotp_reader_init(&w->cotp);
	w->syncing = true;
	w->filling = false;
	w->sync_n = 0;
	w->sync_from = from;
	observer_session_next(w, false);
}

static void tell_skipped(struct observer *o, const struct observer_way *w, uint64_t to)
{
	struct findings none;
	struct observation seen = {
		.layer = LAYER_TPKT, .code = OBSERVED_NO_FRAME, .part = OBSERVED_WHOLE,
		.from = w->sync_from, .to = to, .length = to - w->sync_from, .findings = &none,
	};

	findings_clear(&none);
	if (to > w->sync_from)
		observer_tell(o, w, &seen);
}

/* ---- frames ---- */

/* `pdu` NULL: of the frame begun nothing more is known than its beginning. */
static void tell_frame(struct observer *o, struct observer_way *w, enum observed part,
                       const struct tpkt_pdu *pdu)
{
	uint64_t length = pdu ? pdu->length : w->offset - w->tpkt.frame;
	struct observation seen = {
		.layer = LAYER_TPKT, .code = OBSERVED_FRAME, .part = (uint8_t)part,
		.from = w->tpkt.frame, .to = w->tpkt.frame + length, .length = length,
		.findings = &w->frame, .as = { .tpkt = pdu },
	};

	observer_tell(o, w, &seen);
	findings_clear(&w->frame);
}

static void tell_tpdu(struct observer *o, const struct observer_way *w,
                      const struct cotp_unit *unit, const struct findings *f)
{
	struct observation seen = {
		.layer = LAYER_COTP, .code = unit->pdu.kind, .part = OBSERVED_WHOLE,
		.from = unit->at, .to = unit->at + unit->length, .length = unit->length,
		.user = unit->pdu.data_length, .octets = unit->octets, .findings = f,
		.as = { .cotp = f->fatal ? NULL : &unit->pdu },
	};

	observer_tell(o, w, &seen);
}

/* A DT that cannot be read takes octets of its TSDU with it. */
static void begin_tpdu(struct observer *o, struct observer_way *w, const struct cotp_unit *unit,
                       const struct findings *f)
{
	if (w->filling) {
		observer_session_next(w, false);
		return;
	}
	tell_tpdu(o, w, unit, f);
	if (!f->fatal || unit->pdu.kind != COTP_DT)
		return;
	observer_session_cut(o, w);
	observer_session_next(w, false);
}

static void take_unit(struct observer *o, struct observer_way *w, const struct cotp_unit *unit,
                      const struct findings *f)
{
	struct observer_piece piece = { unit->data, unit->data_at, unit->eot };

	if (unit->begins)
		begin_tpdu(o, w, unit, f);
	if (!w->filling && (unit->data.n > 0 || unit->eot))
		observer_session_piece(o, w, &piece);
	if (w->filling && unit->eot)
		observer_session_next(w, true);
}

static void take_piece(struct observer *o, struct observer_way *w, const struct tpkt_piece *piece)
{
	struct findings f;
	struct cotp_unit unit;
	struct tpkt_pdu frame = { .reserved = w->tpkt.header[1],
	                          .length = (uint16_t)piece->length };

	findings_clear(&f);
	if (piece->first)
		tell_frame(o, w, OBSERVED_WHOLE, &frame);
	cotp_reader_push(&w->cotp, o->pool, piece, &f, &unit);
	take_unit(o, w, &unit, &f);
	if (piece->last)
		w->filling = false;
}

static void take_sync_octet(struct observer *o, struct observer_way *w, uint8_t octet);

/* Framing is lost: the octets of the header are looked through again. */
static void lose_frame(struct observer *o, struct observer_way *w)
{
	uint8_t header[TPKT_HEADER_OCTETS];
	size_t n = w->tpkt.header_n;
	uint64_t end = w->offset;

	memcpy(header, w->tpkt.header, sizeof header);
	observer_session_cut(o, w);
	observer_transfer_lose(o, w);
	tell_frame(o, w, OBSERVED_CUT, NULL);
	begin_sync(o, w, end - n);
	w->offset = end - n + 1;
	for (size_t i = 1; i < n; i++)
		take_sync_octet(o, w, header[i]);
}

/* Takes octets up to the end of one piece of a frame. */
static size_t take_frame(struct observer *o, struct observer_way *w, struct octets in)
{
	struct tpkt_piece piece;
	size_t n = tpkt_push(&w->tpkt, in.p, in.n, &piece, &w->frame);

	w->offset += n;
	if (w->tpkt.lost)
		lose_frame(o, w);
	else if (piece.octets.n > 0)
		take_piece(o, w, &piece);
	return n;
}

/* ---- looking for a frame ---- */

static void found_frame(struct observer *o, struct observer_way *w)
{
	uint8_t octets[OBSERVER_SYNC_OCTETS];
	struct octets in = { octets, sizeof octets };

	memcpy(octets, w->sync, sizeof octets);
	w->offset -= sizeof octets;
	tell_skipped(o, w, w->offset);
	w->syncing = false;
	tpkt_init(&w->tpkt);
	w->tpkt.stream = w->offset;
	while (in.n > 0) {
		size_t n = take_frame(o, w, in);

		in.p += n;
		in.n -= n;
	}
}

static void take_sync_octet(struct observer *o, struct observer_way *w, uint8_t octet)
{
	w->sync[w->sync_n++] = octet;
	w->offset++;
	while (!could_be_frame(w->sync, w->sync_n)) {
		w->sync_n--;
		memmove(w->sync, w->sync + 1, w->sync_n);
	}
	if (w->sync_n == OBSERVER_SYNC_OCTETS)
		found_frame(o, w);
}

static size_t take_sync(struct observer *o, struct observer_way *w, struct octets in)
{
	const uint8_t *hit = w->sync_n == 0 ? memchr(in.p, 3, in.n) : in.p;
	size_t skip = hit ? (size_t)(hit - in.p) : in.n;

	w->offset += skip;
	if (!hit)
		return in.n;
	take_sync_octet(o, w, observer_first((struct octets){ hit, 1 }));
	return skip + 1;
}

/* ---- gaps and ends ---- */

/* Keeps frames in step where octets of one are missing. */
static void fill(struct observer *o, struct observer_way *w, uint64_t n)
{
	static const uint8_t nothing[FILLING_OCTETS];

	w->filling = true;
	while (n > 0) {
		size_t part = n < sizeof nothing ? (size_t)n : sizeof nothing;

		n -= take_frame(o, w, (struct octets){ nothing, part });
	}
}

static bool inside_frame(const struct observer_way *w)
{
	return !w->syncing && w->tpkt.header_n == TPKT_HEADER_OCTETS;
}

void observer_gap(struct observer *o, enum observer_direction d, uint64_t n)
{
	struct observer_way *w = &o->way[d];

	if (n == 0 && w->offset > 0)
		return;
	observer_session_cut(o, w);
	observer_transfer_lose(o, w);
	if (inside_frame(w) && n <= w->tpkt.left) {
		observer_session_skip(w);
		fill(o, w, n);
		return;
	}
	if (w->syncing)
		tell_skipped(o, w, w->offset);
	w->offset += n;
	begin_sync(o, w, w->offset);
}

void observer_push(struct observer *o, enum observer_direction d, struct octets in)
{
	struct observer_way *w = &o->way[d];

	while (in.n > 0) {
		size_t n = w->syncing ? take_sync(o, w, in) : take_frame(o, w, in);

		in.p += n;
		in.n -= n;
	}
}

void observer_end(struct observer *o, enum observer_direction d, bool closed)
{
	struct observer_way *w = &o->way[d];

	observer_session_cut(o, w);
	observer_transfer_cut(o, w);
	if (w->syncing) {
		tell_skipped(o, w, w->offset);
		w->sync_from = w->offset;
	} else if (w->tpkt.header_n > 0) {
		if (closed)
			tpkt_end(&w->tpkt, &w->frame);
		tell_frame(o, w, OBSERVED_CUT, NULL);
	}
}

bool observer_seeks(const struct observer *o, enum observer_direction d)
{
	return o->way[d].syncing;
}

/* ---- life ---- */

void observer_init(struct observer *o, struct pool *pool, struct observer_sink *sink)
{
	*o = (struct observer){ .pool = pool, .sink = sink };
	for (size_t d = 0; d < OBSERVER_DIRECTIONS; d++) {
		struct observer_way *w = &o->way[d];

		tpkt_init(&w->tpkt);
		cotp_reader_init(&w->cotp);
		observer_session_init(w);
		observer_transfer_init(w);
	}
}

void observer_drop(struct observer *o)
{
	for (size_t d = 0; d < OBSERVER_DIRECTIONS; d++) {
		cotp_reader_drop(&o->way[d].cotp, o->pool);
		observer_session_drop(o, &o->way[d]);
		observer_transfer_drop(o, &o->way[d]);
	}
}
