#include "fuzz/expect.h"

#include "cotp/cotp_pdu.h"
#include "fuzz/sentences.h"
#include "rtse/rtse_table.h"
#include "session/session_machine.h"

#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

/* --- events of the tables and what is heard of them --------------------------------- */

static const struct {
	uint8_t event, spdu;
} spdus[] = {
	{ SESSION_EV_AA, SPDU_AA }, { SESSION_EV_AB_nr, SPDU_AB }, { SESSION_EV_AB_r, SPDU_AB },
	{ SESSION_EV_AC, SPDU_AC }, { SESSION_EV_AD, SPDU_AD }, { SESSION_EV_ADA, SPDU_ADA },
	{ SESSION_EV_AE, SPDU_AE }, { SESSION_EV_AI, SPDU_AI }, { SESSION_EV_AIA, SPDU_AIA },
	{ SESSION_EV_AR, SPDU_AR }, { SESSION_EV_AS, SPDU_AS },
	{ SESSION_EV_CN, SPDU_CN }, { SESSION_EV_DN, SPDU_DN },
	{ SESSION_EV_DT, SPDU_DT }, { SESSION_EV_ED, SPDU_ED }, { SESSION_EV_ER, SPDU_ER },
	{ SESSION_EV_FN_nr, SPDU_FN }, { SESSION_EV_FN_r, SPDU_FN }, { SESSION_EV_GT, SPDU_GT },
	{ SESSION_EV_GTA, SPDU_GTA }, { SESSION_EV_GTC, SPDU_GTC }, { SESSION_EV_MIA, SPDU_MIA },
	{ SESSION_EV_MIP, SPDU_MIP }, { SESSION_EV_NF, SPDU_NF }, { SESSION_EV_PT, SPDU_PT },
	{ SESSION_EV_RF_nr, SPDU_RF }, { SESSION_EV_RF_r, SPDU_RF }, { SESSION_EV_TD, SPDU_TD },
	{ SESSION_EV_MAA, SPDU_MAA_AEA }, { SESSION_EV_AEA, SPDU_MAA_AEA },
	{ SESSION_EV_MAA_AEA, SPDU_MAA_AEA },
};

static uint64_t bit_of(uint8_t event)
{
	for (size_t i = 0; i < COUNT(spdus); i++)
		if (spdus[i].event == event)
			return heard_bit(spdus[i].spdu);
	return 0;
}

/* --- what leaves each state ----------------------------------------------------------- */

static uint64_t leaves[SESSION_STATES];

static uint64_t sent_by(const struct session_row *row)
{
	uint64_t set = 0;

	for (size_t i = 0; i < SESSION_THEN_MAX && row->then[i]; i++)
		set |= bit_of(row->then[i]);
	return set;
}

/* What a user of the session service can cause, from each state on. */
static void close_over(void)
{
	const struct session_row *rows;
	size_t n;
	bool grown = leaves[0] == 0;

	rows = session_cells(&n);
	while (grown) {
		grown = false;
		for (size_t i = 0; i < n; i++) {
			const struct session_row *row = &rows[i];
			uint64_t had = leaves[row->state];

			if (row->never || session_event_group(row->event) != SESSION_FROM_USER ||
			    row->event == SESSION_EV_SCONreq)
				continue;
			leaves[row->state] |= sent_by(row) | leaves[row->next];
			grown |= leaves[row->state] != had;
		}
	}
	leaves[0] |= heard_bit(SPDU_AB);
}

/* PT and GT of RTSE name data, minor synchronization and major/activity (X.218 9.3). */
#define OUR_TOKENS (TOKEN_DATA | TOKEN_MINOR | TOKEN_MAJOR)

/* --- the peer ------------------------------------------------------------------------------- */

static struct session_step happens(struct session_vars *v, uint8_t event, uint32_t serial,
                                   bool overflow)
{
	const struct session_arg arg = {
		.serial = serial, .overflow = overflow,
		.units = UNIT_HALF_DUPLEX | UNIT_MINOR | UNIT_ACTIVITY | UNIT_EXCEPTIONS,
		.tokens = event == SESSION_EV_GT || event == SESSION_EV_PT ? OUR_TOKENS : 0,
		.choice = true, .end = true,
	};
	struct session_step step = session_step(v, (enum session_event)event, &arg);

	session_advance(v, &step, (enum session_event)event, &arg);
	return step;
}

static struct session_step event_happens(struct session_vars *v, uint8_t event, uint32_t serial)
{
	return happens(v, event, serial, false);
}

/* Of its user data more is to come. */
static bool announces_more(const struct fuzz_sentence *s)
{
	return s->hears == SPDU_OA;
}

/* Serial numbers of the honest path: a sync point has the next one, its confirmation the same,
 * and who resumes does it behind the last. */
static uint32_t serial_of(const struct session_vars *v, uint8_t event)
{
	int64_t next = v->Vm;

	if (event != SESSION_EV_AE && event != SESSION_EV_MIP)
		next--;
	return next > 1 ? (uint32_t)next : 1;
}

/* false: in the tables of the peer it is not, as far as we follow them. */
static bool honest(struct session_vars *v, const struct fuzz_sentence *s, bool answered)
{
	bool valid = true;

	if (s->event)
		valid = happens(v, s->event, serial_of(v, s->event),
		                announces_more(s)).verdict == SESSION_VALID;
	if (s->answer && answered)
		valid &= event_happens(v, s->answer,
		                       serial_of(v, s->answer)).verdict == SESSION_VALID;
	return valid;
}

/* What a branch taken by what we say makes of the reaction. */
struct reaction {
	uint64_t allowed, wanted;
	bool ends;
};

/* Answers that X.225 leaves no choice about: the user must respond. */
static uint64_t owed_in(uint8_t state)
{
	switch (state) {
	case SESSION_STA09: return heard_bit(SPDU_DN) | heard_bit(SPDU_NF);
	case SESSION_STA11B: return heard_bit(SPDU_AIA);
	default: return 0;
	}
}

static uint64_t sent_in(const struct session_step *step)
{
	uint64_t set = 0;

	for (size_t i = 0; i < step->n; i++)
		set |= step->ops[i] < SESSION_EVENTS ? bit_of(step->ops[i]) : 0;
	return set;
}

static struct reaction react(const struct session_vars *before, const struct fuzz_sentence *way)
{
	struct session_vars v = *before;
	struct reaction r = { leaves[v.state], 0, way->ends };
	struct session_step step;

	if (!way->event)
		return r;
	step = event_happens(&v, way->event, 1);
	r.allowed |= sent_in(&step);
	for (size_t i = 0; i < step.n; i++)
		r.ends |= step.ops[i] == SESSION_EV_TDISreq;
	r.allowed |= leaves[v.state];
	if (step.verdict == SESSION_VALID)
		r.wanted = owed_in(v.state);
	r.ends |= step.verdict == SESSION_INVALID && v.state == SESSION_STA16;
	return r;
}

/* --- the same for X.228 ------------------------------------------------------------------- */

/* What an event of session becomes when it reaches RTSE. */
static const struct {
	uint8_t event, in;
} up_there[] = {
	{ SESSION_EV_CN, RTSE_IN_AASCind }, { SESSION_EV_CDO, RTSE_IN_AASCind },
	{ SESSION_EV_AS, RTSE_IN_PSTARTind },
	{ SESSION_EV_AR, RTSE_IN_PRESUMEind }, { SESSION_EV_DT, RTSE_IN_PDATAind },
	{ SESSION_EV_MIP, RTSE_IN_PSYNCind }, { SESSION_EV_MIA, RTSE_IN_PSYNCcnf },
	{ SESSION_EV_AE, RTSE_IN_PENDind }, { SESSION_EV_MAA_AEA, RTSE_IN_PENDcnf },
	{ SESSION_EV_AI, RTSE_IN_PINTind }, { SESSION_EV_AIA, RTSE_IN_PINTcnf },
	{ SESSION_EV_AD, RTSE_IN_PDISind }, { SESSION_EV_ADA, RTSE_IN_PDIScnf },
	{ SESSION_EV_ED, RTSE_IN_PUERind }, { SESSION_EV_ER, RTSE_IN_PPERind },
	{ SESSION_EV_PT, RTSE_IN_PPLEASEind }, { SESSION_EV_GT, RTSE_IN_PGIVEind },
	{ SESSION_EV_GTC, RTSE_IN_PGIVEind }, { SESSION_EV_FN_nr, RTSE_IN_ARELind },
	{ SESSION_EV_DN, RTSE_IN_ARELcnf }, { SESSION_EV_AC, RTSE_IN_AASCcnfP },
	{ SESSION_EV_RF_nr, RTSE_IN_AASCcnfN }, { SESSION_EV_AB_nr, RTSE_IN_AABind },
	{ SESSION_EV_TDISind, RTSE_IN_APABind },
	/* Answers of its user. */
	{ SESSION_EV_SCONrspP, RTSE_IN_RTOPENrspP }, { SESSION_EV_SCONrspN, RTSE_IN_RTOPENrspN },
	{ SESSION_EV_SSYNmrsp, RTSE_IN_RTSYNCrsp }, { SESSION_EV_SACTErsp, RTSE_IN_RTTRrspP },
	{ SESSION_EV_SRELrspP, RTSE_IN_RTCLOSErsp }, { SESSION_EV_SCGreq, RTSE_IN_RTGIVEreq },
};

static uint8_t rtse_in_of(uint8_t event)
{
	for (size_t i = 0; i < COUNT(up_there); i++)
		if (up_there[i].event == event)
			return up_there[i].in;
	return session_event_group(event) == SESSION_SPDU ? RTSE_IN_OTHER : RTSE_IN_N;
}

static void rtse_step(uint8_t *state, const struct rtse_vars *v, uint8_t in)
{
	int row = in < RTSE_IN_N ? rtse_row_find((enum rtse_state)*state, (enum rtse_in)in, v) : -1;

	if (row >= 0 && rtse_rows[row].next != RTSE_SAME)
		*state = rtse_rows[row].next;
}

/* The MTA has been called, and has the turn when we have given it. */
static void rtse_happens(uint8_t *state, struct rtse_vars *v, uint8_t event)
{
	uint8_t in = rtse_in_of(event);

	rtse_step(state, v, in);
	if (in == RTSE_IN_PGIVEind || in == RTSE_IN_RTGIVEreq)
		v->turn = in == RTSE_IN_PGIVEind;
}

static void rtse_cell(struct fuzz_script *s, const uint8_t *steps, uint8_t step, bool answered,
                      const struct fuzz_case *c)
{
	struct rtse_vars v = { .outstanding = true, .resume = true };
	uint8_t state = RTSE_STATE_IDLE, event = fuzz_sentences[c->way].event;

	for (uint8_t i = 0; i < step; i++) {
		const struct fuzz_sentence *f = fuzz_sentence(steps[i]);

		v.known = steps[i] != AR_STRANGER;
		if (!announces_more(f))
			rtse_happens(&state, &v, f->event);
		if (f->answer && (i + 1 < step || answered))
			rtse_happens(&state, &v, f->answer);
	}
	if (!c->way && (c->end == FUZZ_END_FIN || c->end == FUZZ_END_RST))
		event = SESSION_EV_TDISind;
	s->rtse_state = state;
	s->rtse_event = event ? rtse_in_of(event) : RTSE_IN_N;
}

/* --- a case ---------------------------------------------------------------------------------- */

/* Nothing is being set up or ended: nobody may end it without a cause (X.218 10.6). */
static bool is_open(uint8_t state)
{
	switch (state) {
	case SESSION_STA10B:
	case SESSION_STA11B:
	case SESSION_STA11C:
	case SESSION_STA18:
	case SESSION_STA713:
		return true;
	default:
		return false;
	}
}

/* Transport answers what it does not know with ER, or leaves. */
#define OF_TRANSPORT (heard_bit(HEARD_TPDU + COTP_DR) | heard_bit(HEARD_TPDU + COTP_ER))

void expect_reaction(struct fuzz_script *s, const struct fuzz_case *c, const uint8_t *steps,
                     uint8_t step, enum fuzz_phase phase)
{
	const struct fuzz_sentence *way = &fuzz_sentences[c->way];
	struct session_vars v, later;
	struct reaction a, b;
	bool certain, unread = c->flight == FLIGHT_UNREAD, valid = true;

	rtse_cell(s, steps, (uint8_t)(step - (phase == PHASE_PARTLY)), phase == PHASE_ANSWERED, c);
	if (c->flight == FLIGHT_UNREAD && phase == PHASE_ANSWERED)
		phase = PHASE_SAID;
	close_over();
	session_vars_init(&v);
	for (uint8_t i = 0; i + 1 < step; i++)
		valid &= honest(&v, fuzz_sentence(steps[i]), true);
	later = v;
	if (step && phase != PHASE_PARTLY) {
		valid &= honest(&v, fuzz_sentence(steps[step - 1]), phase == PHASE_ANSWERED);
		valid &= honest(&later, fuzz_sentence(steps[step - 1]), true);
	}
	a = react(&v, way);
	b = react(&later, way);
	s->state = v.state;
	s->event = way->event;
	valid |= steps[0] < fuzz_sentences_n;	/* ours go wrong on purpose, too */
	s->honest = valid && step && phase != PHASE_PARTLY && !unread && is_open(v.state) &&
	            is_open(later.state);
	s->allowed = a.allowed | b.allowed | heard_bit(SPDU_AB) | OF_TRANSPORT | leaves[v.state];
	if (step == 0)
		s->allowed |= heard_bit(HEARD_TPDU + COTP_CC);	/* to a CR said there */
	if (step && phase != PHASE_PARTLY)
		s->allowed |= heard_bit(fuzz_sentence(steps[step - 1])->hears);
	/* Behind half a PDU, a lie or something else in flight nobody knows what is read,
	 * and for the second of two things the first decides. */
	certain = valid && step > 2 && phase != PHASE_PARTLY && !c->lie && !c->second && c->way &&
	          (c->flight == 0 || c->flight == FLIGHT_OTHER || c->flight == FLIGHT_TURN);
	s->must_end = certain && a.ends && b.ends;
	s->wanted = certain && !s->must_end ? a.wanted & b.wanted : 0;
	if (!certain)
		s->allowed = !valid || c->lie || c->second || phase == PHASE_PARTLY ? UINT64_MAX
		                                                                   : s->allowed;
}

/* What the MTA goes through when it hands on a message, in order, and its RTSE with it. */
static const struct {
	uint8_t event, in;
} handing_on[] = {
	{ SESSION_EV_SCONreq, RTSE_IN_RTOPENreq }, { SESSION_EV_TCONcnf, RTSE_IN_N },
	{ SESSION_EV_AC, RTSE_IN_AASCcnfP }, { SESSION_EV_SACTSreq, RTSE_IN_RTTRreq },
	{ SESSION_EV_SACTEreq, RTSE_IN_LEFT }, { SESSION_EV_MAA_AEA, RTSE_IN_PENDcnf },
};

/* What comes behind those, of its own. */
static uint8_t own_event(const struct fuzz_place *place)
{
	if (fuzz_place_stalls(place))
		return 0;
	if (place->gives_up)
		return place->code == SPDU_AI ? SESSION_EV_SACTIreq : SESSION_EV_SACTDreq;
	return place->releases ? SESSION_EV_SRELreq : place->syncs ? SESSION_EV_SSYNmreq : 0;
}

/* And our honest answer. */
static uint8_t answer_to(const struct fuzz_place *place)
{
	return place->releases ? SESSION_EV_DN : place->syncs ? SESSION_EV_MIA
	     : handing_on[place->done].event;
}

static void rtse_cell_called(struct fuzz_answer *a, const struct fuzz_case *c)
{
	const struct fuzz_place *place = &fuzz_places[c->down];
	const struct rtse_vars v = {
		.turn = true, .initiator = true, .last = !place->behind,
		.keep = place->behind > 1,
	};
	uint8_t event = fuzz_sentences[c->down_way].event;

	a->rtse_state = RTSE_STATE_IDLE;
	for (uint8_t i = 0; i < place->done; i++)
		rtse_step(&a->rtse_state, &v, handing_on[i].in);
	if (place->releases)
		rtse_step(&a->rtse_state, &v, RTSE_IN_RTCLOSEreq);
	if (place->behind)
		rtse_step(&a->rtse_state, &v, RTSE_IN_LEFT);
	if (place->gives_up)
		rtse_step(&a->rtse_state, &v, RTSE_IN_PUERind);
	if (!c->down_way && (c->down_end == FUZZ_END_FIN || c->down_end == FUZZ_END_RST))
		event = SESSION_EV_TDISind;
	a->rtse_event = event ? rtse_in_of(event) : RTSE_IN_N;
}

/* Up to that place; `synced`: with a checkpoint of a long message that is not confirmed yet. */
static struct session_vars at_place(const struct fuzz_place *place, bool synced)
{
	struct session_vars v;

	session_vars_init(&v);
	for (uint8_t i = 0; i < place->done; i++) {
		event_happens(&v, handing_on[i].event, 1);
		if (synced && handing_on[i].event == SESSION_EV_SACTSreq)
			event_happens(&v, SESSION_EV_SSYNmreq, 1);
	}
	return v;
}

struct fuzz_answer fuzz_handed_on(const struct fuzz_case *c)
{
	const struct fuzz_place *place = &fuzz_places[c->down];
	const struct fuzz_sentence *way = &fuzz_sentences[c->down_way];
	struct session_vars v, later, synced;
	struct session_step step = { .n = 0 };
	struct fuzz_answer answer;
	struct reaction a, b, s;

	close_over();
	v = at_place(place, false);
	synced = at_place(place, place->in_activity);
	if (place->gives_up)
		event_happens(&v, SESSION_EV_ED, 1);
	if (own_event(place))
		event_happens(&v, own_event(place), place->syncs);
	later = v;
	if (fuzz_place_stalls(place))
		event_happens(&later, SESSION_EV_SACTDreq, 1);
	/* Transport answers a CR by itself. */
	if (place->out || (place->layer == LAYER_COTP && place->code == COTP_CR))
		step = event_happens(&later, answer_to(place), 1);
	a = react(&v, way);
	b = react(&later, way);
	s = react(&synced, way);
	answer = (struct fuzz_answer){
		.state = v.state, .event = way->event,
		.allowed = a.allowed | b.allowed | s.allowed | sent_in(&step) | leaves[v.state] |
		           leaves[later.state] | heard_bit(SPDU_AB) | OF_TRANSPORT,
		.must_end = way->event && a.ends && b.ends && s.ends, .place = c->down,
	};
	if (place->gives_up)		/* what had left before the report */
		answer.allowed |= heard_bit(SPDU_DT) | heard_bit(SPDU_MIP) | heard_bit(SPDU_AE);
	if (c->down_cut) {		/* nobody knows what is read */
		answer.allowed = UINT64_MAX;
		answer.must_end = false;
	}
	rtse_cell_called(&answer, c);
	return answer;
}
