/*
 * Pieces of S-DATA -> presentation TD -> RTTR -> octets of the transferred value.
 */
#include "observer_inner.h"

enum data {
	DATA_NONE,
	DATA_BEGUN,		/* no octet of it has come */
	DATA_FULL,		/* fully encoded: PDV-lists */
	DATA_BARE,		/* no header: the octets are an RTTR */
	DATA_PASS,		/* cannot be read, or is nothing of ours */
};

/* Identifier octets. */
enum {
	TAG_FULL = 0x61,
	TAG_SIMPLE = 0x60,
	TAG_OCTETS = 0x04,
	TAG_OCTETS_CONSTRUCTED = 0x24,
	TAG_MESSAGE = 0xa0,
	TAG_PROBE = 0xa2,
};

/* ---- RTTR ---- */

static void end_rttr(struct observer *o, struct observer_way *w, bool cut)
{
	static const struct octets none;

	if (!w->rttr.open)
		return;
	if (!cut)
		rtse_reader_end(&w->slices, &w->rttr.findings);
	observer_tell_stream(o, w, LAYER_RTSE, cut ? OBSERVED_CUT : OBSERVED_END, &w->rttr, none,
	                     NULL);
}

static void begin_rttr(struct observer *o, struct observer_way *w, uint64_t stream)
{
	static const struct octets none;

	rtse_reader_init(&w->slices, o->mode == OBSERVER_X410);
	observer_stream_open(&w->rttr, RTSE_RTTR, stream);
	observer_tell_stream(o, w, LAYER_RTSE, OBSERVED_BEGIN, &w->rttr, none, NULL);
}

static void take_slice(struct observer *o, struct observer_way *w, struct octets in,
                       uint64_t stream)
{
	while (in.n > 0 && w->rttr.open) {
		struct octets value;
		size_t n = rtse_reader_push(&w->slices, in, &value, &w->rttr.findings);

		w->rttr.length += n;
		w->rttr.user += value.n;
		w->rttr.to = stream + n;
		observer_transfer_octets(o, w, value, stream + n - value.n);
		if (w->rttr.findings.fatal) {
			observer_transfer_lose(o, w);
			end_rttr(o, w, false);
		}
		in.p += n;
		in.n -= n;
		stream += n;
	}
}

/* ---- values in PDV-lists ---- */

static bool is_rttr(const struct observer *o, uint32_t context, struct octets value)
{
	enum observer_syntax s = observer_syntax(o, context);
	uint8_t tag = observer_first(value);

	return s == OBSERVER_RTSE ||
	       (s == OBSERVER_UNDEFINED && (tag == TAG_OCTETS || tag == TAG_OCTETS_CONSTRUCTED));
}

static void begin_value(struct observer *o, struct observer_way *w, struct octets value,
                        uint64_t stream)
{
	end_rttr(o, w, false);
	if (w->pdv_at == 0)
		w->td.context = w->pdvs.id;
	w->pdv_at = w->pdvs.list_at;
	w->td.outside |= observer_outside(o, w->pdvs.id);
	if (is_rttr(o, w->pdvs.id, value))
		begin_rttr(o, w, stream);
}

static void end_td(struct observer *o, struct observer_way *w, bool cut)
{
	static const struct octets none;

	if (!w->td.open)
		return;
	if (!cut && w->data == DATA_FULL && !w->td.findings.fatal)
		presentation_reader_end(&w->pdvs, &w->td.findings);
	observer_tell_stream(o, w, LAYER_PRESENTATION, cut ? OBSERVED_CUT : OBSERVED_END, &w->td,
	                     none, NULL);
}

static void take_full(struct observer *o, struct observer_way *w, struct octets in,
                      uint64_t stream)
{
	const uint8_t *begin = in.p;
	struct octets value;
	enum presentation_token token;

	while ((token = presentation_reader_next(&w->pdvs, &in, &value, &w->td.findings)) ==
	       PRESENTATION_VALUE) {
		uint64_t at = stream + (uint64_t)(value.p - begin);

		if (w->pdvs.list_at != w->pdv_at)
			begin_value(o, w, value, at);
		w->td.user += value.n;
		take_slice(o, w, value, at);
	}
	if (token != PRESENTATION_BAD)
		return;
	observer_transfer_lose(o, w);
	end_rttr(o, w, true);
	end_td(o, w, false);
	w->data = DATA_PASS;
}

/* ---- S-DATA ---- */

/* Where CP was not seen: fully encoded data, or the beginning of an MTS-APDU. */
static void guess_mode(struct observer *o, struct octets in)
{
	uint8_t tag = observer_first(in);

	if (o->mode != OBSERVER_MODE_UNKNOWN)
		return;
	if (tag == TAG_FULL || tag == TAG_SIMPLE)
		o->mode = OBSERVER_NORMAL;
	else if (tag >= TAG_MESSAGE && tag <= TAG_PROBE)
		o->mode = OBSERVER_X410;
}

static bool bare_rttr(const struct observer *o)
{
	return o->mode == OBSERVER_X410 || (o->bare && observer_only_syntax(o) == OBSERVER_RTSE);
}

/* The first octet of the S-DATA is here. */
static void begin_td(struct observer *o, struct observer_way *w, struct octets in, uint64_t stream)
{
	static const struct octets none;

	guess_mode(o, in);
	w->data = DATA_PASS;
	if (o->mode == OBSERVER_MODE_UNKNOWN)
		return;
	observer_stream_open(&w->td, PPDU_TD, stream);
	observer_tell_stream(o, w, LAYER_PRESENTATION, OBSERVED_BEGIN, &w->td, none, NULL);
	if (bare_rttr(o)) {
		w->data = DATA_BARE;
		begin_rttr(o, w, stream);
	} else if (!o->bare) {
		w->data = DATA_FULL;
		presentation_reader_init(&w->pdvs);
		w->pdv_at = 0;
	}
}

void observer_data_begin(struct observer_way *w)
{
	w->data = DATA_BEGUN;
}

void observer_data_piece(struct observer *o, struct observer_way *w, struct octets in,
                         uint64_t stream)
{
	if (w->data == DATA_BEGUN)
		begin_td(o, w, in, stream);
	if (w->td.open) {
		w->td.length += in.n;
		w->td.to = stream + in.n;
	}
	if (w->data == DATA_FULL)
		take_full(o, w, in, stream);
	if (w->data != DATA_BARE)
		return;
	w->td.user += in.n;
	take_slice(o, w, in, stream);
}

void observer_data_end(struct observer *o, struct observer_way *w, bool cut)
{
	if (cut)
		observer_transfer_lose(o, w);
	end_rttr(o, w, cut);
	end_td(o, w, cut);
	w->data = DATA_NONE;
}
