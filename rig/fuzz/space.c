#include "fuzz/space.h"

#include "cotp/cotp_pdu.h"
#include "fuzz/expect.h"
#include "link/link.h"
#include "scenario/random.h"
#include "session/session_machine.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])
#define TPDU(kind) (HEARD_TPDU + (kind))
#define EV(name) SESSION_EV_##name

/*
 * Who we are on this session connection, in X.228's SessionConnectionIdentifier:
 * FUZZ0000 becomes the case.  @1 and @2 are the halves of a message.
 */
#define REFERENCES "calling-ref=hex:040846555a5a30303030 common-ref=hex:170d3236303130313030303030305a"
#define IDENTIFIER "301904" "0846555a5a30303030" "170d3236303130313030303030305a"
#define STRANGER "301904" "0846555a5a6e6f6e65" "170d3236303130313030303030305a"

/* --- sentences: first those of the paths ---------------------------------------- */

enum {
	NOTHING,
	CR, CR_RESERVED, CN, CN_TURNS, CN_WRONG, AS, DT_1, MIP, DT_2, AE, FN, AI, AR, AD, GT, RECOVER, RECOVER_WRONGLY,
	JUNK, PLEASE,
	FIRST_WAY,
};

#define ENDS true
const struct fuzz_sentence fuzz_sentences[] = {
	[NOTHING] = { "nothing", NULL, 0, 0, 0, false },
	[CR] = { "CR", "cotp CR src=1 size=2048", EV(TCONind), TPDU(COTP_CC), 0, false },
	[CR_RESERVED] = { "CR-reserved", "tpkt frame reserved=1 data=(cotp CR src=1 size=2048)",
	                  EV(TCONind), TPDU(COTP_CC), 0, false },
	[CN] = { "CN", "session CN " REFERENCES, EV(CN), SPDU_AC, EV(SCONrspP), false },
	[CN_TURNS] = { "CN", "session CN " REFERENCES
	               " user=(presentation CP user=(acse AARQ user="
	               "(rtse RTORQ dialogue=two-way-alternate)))",
	               EV(CN), SPDU_AC, EV(SCONrspP), false },
	[CN_WRONG] = { "CN-wrong", "session CN " REFERENCES " user=(presentation CP user=(acse AARQ user="
	               "(rtse RTORQ open=(p1 BIND-ARGUMENT password=\"wrong\"))))",
	               EV(CN), SPDU_RF, EV(SCONrspN), false },
	[AS] = { "AS", "session AS activity=hex:020101", EV(AS), 0, 0, false },
	[DT_1] = { "DT", "presentation TD user=(rtse RTTR user=(octets @1))", EV(DT), 0, 0, false },
	[MIP] = { "MIP", "session MIP serial=1", EV(MIP), SPDU_MIA, EV(SSYNmrsp), false },
	[DT_2] = { "DT", "presentation TD user=(rtse RTTR user=(octets @2))", EV(DT), 0, 0, false },
	[AE] = { "AE", "session AE serial=2", EV(AE), SPDU_AEA, EV(SACTErsp), false },
	[FN] = { "FN", "session FN", EV(FN_nr), SPDU_DN, EV(SRELrspP), false },
	[AI] = { "AI", "session AI reason=5", EV(AI), SPDU_AIA, EV(SACTIrsp), false },
	[AR] = { "AR", "session AR old-activity=hex:020101 serial=1 activity=hex:020101", EV(AR), 0,
	         0, false },
	[AD] = { "AD", "session AD reason=5", EV(AD), SPDU_ADA, EV(SACTDrsp), false },
	[GT] = { "GT", "session GT token-item=dk+mi+ma", EV(GT), 0, 0, false },
	[RECOVER] = { "CN-recover", "session CN " REFERENCES
	              " user=(presentation CP user=(acse AARQ user="
	              "(rtse RTORQ open=none recover=(octets " IDENTIFIER "))))", EV(CN), 0, 0, false },
	[RECOVER_WRONGLY] = { "CN-recover-stranger", "session CN " REFERENCES
	                      " user=(presentation CP user=(acse AARQ user="
	                      "(rtse RTORQ open=none recover=(octets " STRANGER "))))", EV(CN), 0,
	                      0, false },
	[JUNK] = { "DT-junk", "session GT with session DT user=hex:0102030405060708", EV(DT), 0, 0,
	           false },
	[PLEASE] = { "PT", "rtse RTTP priority=1", EV(PT), 0, 0, false },

	/* Transport: RFC 1006 6, X.224 13. */
	[FIRST_WAY] =
	{ "DR", "cotp DR dst=$cc.src src=1 reason=normal", EV(TDISind), 0, 0, ENDS },
	{ "DR-unspecified", "cotp DR dst=$cc.src src=1 reason=not-specified", EV(TDISind), 0, 0, ENDS },
	{ "DR-congestion", "cotp DR dst=$cc.src src=1 reason=congestion", EV(TDISind), 0, 0, ENDS },
	{ "DR-protocol-error", "cotp DR dst=$cc.src src=1 reason=protocol-error", EV(TDISind), 0, 0,
	  ENDS },
	{ "DR-unassigned", "cotp DR dst=0x7777 src=1 reason=normal", 0, 0, 0, ENDS },
	{ "ER", "cotp ER dst=$cc.src cause=not-specified", EV(TDISind), 0, 0, ENDS },
	{ "ER-tpdu-type", "cotp ER dst=$cc.src cause=invalid-tpdu-type", EV(TDISind), 0, 0, ENDS },
	{ "CR-again", "cotp CR src=2", 0, 0, 0, false },
	{ "CC", "cotp CC dst=$cc.src src=1", 0, 0, 0, false },
	{ "DC", "cotp DC dst=$cc.src src=1", 0, 0, 0, false },
	{ "AK", "cotp AK dst=$cc.src nr=0", 0, 0, 0, false },
	{ "DT-empty", "cotp DT", 0, 0, 0, false },
	{ "DT-unended", "cotp DT eot=0 data=hex:0d", 0, 0, 0, false },
	{ "TPKT-version", "tpkt frame version=4 data=hex:02f080", 0, 0, 0, ENDS },
	{ "TPKT-reserved", "tpkt frame reserved=1 data=hex:02f08001000100", 0, 0, 0, false },
	{ "TPKT-short", "octets 03000003", 0, 0, 0, ENDS },
	{ "TPKT-empty", "octets 03000004", 0, 0, 0, ENDS },
	{ "TPKT-longest", "octets 0300ffff02f080", 0, 0, 0, false },
	{ "noise", "octets 474554202f20485454502f312e310d0a", 0, 0, 0, ENDS },
	{ "zeros", "octets 0000000000000000", 0, 0, 0, ENDS },

	/* Session: X.225 8.3.9 and the rest of what ends something. */
	{ "AB", "session AB tdisc=release", EV(AB_nr), 0, 0, ENDS },
	{ "AB-user", "session AB tdisc=release+user", EV(AB_nr), 0, 0, ENDS },
	{ "AB-protocol-error", "session AB tdisc=release+protocol-error reflect=hex:0102030405", EV(AB_nr),
	  0, 0, ENDS },
	{ "AB-no-reason", "session AB tdisc=release+no-reason reflect=hex:010203040506070809", EV(AB_nr),
	  0, 0, ENDS },
	{ "AB-restriction", "session AB tdisc=release+restriction", EV(AB_nr), 0, 0, ENDS },
	{ "AB-keep", "session AB tdisc=user", EV(AB_nr), 0, 0, ENDS },
	{ "AB-empty", "session AB tdisc=none", EV(AB_nr), 0, 0, ENDS },
	{ "AA", "session AA", EV(AA), 0, 0, false },
	{ "FN", "session FN", EV(FN_nr), 0, 0, false },
	{ "FN-empty", "session FN user=none", EV(FN_nr), 0, 0, false },
	{ "FN-keep", "session FN tdisc=0", EV(FN_nr), 0, 0, false },
	{ "FN-twice", "session FN with session FN", 0, 0, 0, false },
	{ "DN", "session DN", EV(DN), 0, 0, false },
	{ "NF", "session NF", EV(NF), 0, 0, false },
	{ "RF", "session RF reason=user-data", EV(RF_nr), 0, 0, false },
	{ "CN-again", "session CN", EV(CN), 0, 0, false },
	{ "AC", "session AC", EV(AC), 0, 0, false },
	{ "AI-no-reason", "session AI reason=no-reason", EV(AI), 0, 0, false },
	{ "AI-temporary", "session AI reason=1", EV(AI), 0, 0, false },
	{ "AI-sequence", "session AI reason=3", EV(AI), 0, 0, false },
	{ "AI-local", "session AI reason=5", EV(AI), 0, 0, false },
	{ "AI-procedural", "session AI reason=6", EV(AI), 0, 0, false },
	{ "AI-data-token", "session AI reason=128", EV(AI), 0, 0, false },
	{ "AIA", "session AIA", EV(AIA), 0, 0, false },
	{ "AD-no-reason", "session AD reason=no-reason", EV(AD), 0, 0, false },
	{ "AD-temporary", "session AD reason=1", EV(AD), 0, 0, false },
	{ "AD-sequence", "session AD reason=3", EV(AD), 0, 0, false },
	{ "AD-local", "session AD reason=5", EV(AD), 0, 0, false },
	{ "AD-procedural", "session AD reason=6", EV(AD), 0, 0, false },
	{ "ADA", "session ADA", EV(ADA), 0, 0, false },
	{ "AS-again", "session AS activity=hex:020102", EV(AS), 0, 0, false },
	{ "AR-unknown", "session AR", EV(AR), 0, 0, false },
	{ "AE-early", "session AE serial=1", EV(AE), 0, 0, false },
	{ "AE-far", "session AE serial=900", EV(AE), 0, 0, false },
	{ "AEA", "session AEA serial=1", EV(MAA_AEA), 0, 0, false },
	{ "MIP-far", "session MIP serial=900", EV(MIP), 0, 0, false },
	{ "MIA", "session MIA serial=1", EV(MIA), 0, 0, false },
	{ "ED", "session ED reason=no-reason", EV(ED), 0, 0, false },
	{ "ED-local", "session ED reason=5", EV(ED), 0, 0, false },
	{ "ER-session", "session ER", EV(ER), 0, 0, false },
	{ "PR-abort", "session PR prepare=AB", EV(PR_AB), 0, 0, false },
	{ "GT-all", "session GT token-item=dk+mi+ma", EV(GT), 0, 0, false },
	{ "GTC", "session GTC", EV(GTC), 0, 0, false },
	{ "RS", "session RS", EV(RS_r), 0, 0, false },
	{ "TD-data", "session TD user=hex:0102", EV(TD), 0, 0, false },
	{ "DT-late", "session GT with session DT user=\"late\"", EV(DT), 0, 0, false },

	/* Presentation, ACSE, RTSE: what they call an end comes in AB, FN and DN. */
	{ "ARU", "presentation ARU", EV(AB_nr), 0, 0, ENDS },
	{ "ARP", "presentation ARP reason=0", EV(AB_nr), 0, 0, ENDS },
	{ "ARP-ppdu", "presentation ARP reason=1", EV(AB_nr), 0, 0, ENDS },
	{ "ABRT-user", "acse ABRT source=user", EV(AB_nr), 0, 0, ENDS },
	{ "ABRT-provider", "acse ABRT source=provider", EV(AB_nr), 0, 0, ENDS },
	{ "RLRQ-urgent", "acse RLRQ reason=urgent", EV(FN_nr), 0, 0, false },
	{ "RLRQ-user", "acse RLRQ reason=user-defined", EV(FN_nr), 0, 0, false },
	{ "RLRE", "acse RLRE reason=normal", EV(DN), 0, 0, false },
	{ "RLRE-refused", "acse RLRE reason=not-finished", EV(DN), 0, 0, false },
	{ "RLRE-in-FN", "session FN user=(presentation User-data user=(acse RLRE))", EV(FN_nr), 0, 0,
	  false },
	{ "RTAB-local", "rtse RTAB reason=local-system-problem", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-parameter", "rtse RTAB reason=invalid-parameter", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-activity", "rtse RTAB reason=unrecognized-activity", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-temporary", "rtse RTAB reason=temporary-problem", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-protocol", "rtse RTAB reason=protocol-error", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-permanent", "rtse RTAB reason=permanent-problem", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-user", "rtse RTAB reason=user-error", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-completed", "rtse RTAB reason=transfer-completed", EV(AB_nr), 0, 0, ENDS },
	{ "RTTP", "rtse RTTP priority=0", EV(PT), 0, 0, false },
};
const size_t fuzz_sentences_n = COUNT(fuzz_sentences);

const char *const fuzz_lies[] = {
	"", " bend length +1", " bend length -1", " bend length +40", " bend length +200",
	" bend form indefinite", " bend form long-4", " bend tag 0x7f", " bend tag 0",
};
const size_t fuzz_lies_n = COUNT(fuzz_lies);

#define CUT(name, l, pdu, ours, how) \
	{ name, LAYER_##l, pdu, ours, LINK_CUT_##how }
const struct fuzz_cut fuzz_downs[FUZZ_DOWNS] = {
	{ "nothing", 0, 0, false, 0 },
	CUT("at cr cut rst", COTP, COTP_CR, false, RST),
	CUT("at cc cut rst", COTP, COTP_CC, true, RST), CUT("at cc cut fin", COTP, COTP_CC, true, FIN),
	CUT("at cn cut rst", SESSION, SPDU_CN, false, RST), CUT("at cn cut fin", SESSION, SPDU_CN, false, FIN),
	CUT("at ac cut rst", SESSION, SPDU_AC, true, RST), CUT("at ac cut fin", SESSION, SPDU_AC, true, FIN),
	CUT("at activity-start cut rst", SESSION, SPDU_AS, false, RST),
	CUT("at activity-start cut fin", SESSION, SPDU_AS, false, FIN),
	CUT("at dt 1 cut rst", SESSION, SPDU_DT, false, RST),
	CUT("at dt 1 cut fin", SESSION, SPDU_DT, false, FIN),
	CUT("at activity-end cut rst", SESSION, SPDU_AE, false, RST),
	CUT("at activity-end cut fin", SESSION, SPDU_AE, false, FIN),
	CUT("at activity-end-ack cut rst", SESSION, SPDU_AEA, true, RST),
};

/* --- paths, and the points on them --------------------------------------------------- */

static const struct path {
	const char *name;
	uint8_t n, steps[10];
} paths[] = {
	{ "release", 3, { CR, CN, FN } },
	{ "transfer", 8, { CR, CN, AS, DT_1, MIP, DT_2, AE, FN } },
	{ "interrupt", 9, { CR, CN, AS, DT_1, MIP, AI, AR, DT_2, AE } },
	{ "discard", 7, { CR, CN, AS, DT_1, MIP, AD, FN } },
	{ "turn", 3, { CR, CN_TURNS, GT } },
	{ "refused", 2, { CR, CN_WRONG } },
	{ "reserved", 3, { CR_RESERVED, CN, FN } },	/* RFC 1006 6: that octet means nothing */
};

static const char *const phases[FUZZ_PHASES] = { "partly", "said", "answered" };

struct point {
	uint8_t path, step, phase;	/* step 0: TCP itself, 1...: of the path */
};

/* A step that has no answer has no third phase; TCP is not said partly. */
static bool exists(const struct point *p)
{
	if (p->step == 0)
		return p->phase != PHASE_PARTLY && p->path == 0;
	if (p->path > 0 && p->step <= 2 &&	/* paths begin alike */
	    paths[p->path].steps[p->step - 1] == paths[0].steps[p->step - 1])
		return false;
	return p->phase != PHASE_ANSWERED || fuzz_sentences[paths[p->path].steps[p->step - 1]].hears;
}

/* The n-th, or with n SIZE_MAX how many there are. */
static size_t walk(size_t n, struct point *out)
{
	size_t found = 0;

	for (uint8_t path = 0; path < COUNT(paths); path++)
		for (uint8_t step = 0; step <= paths[path].n; step++)
			for (uint8_t phase = 0; phase < FUZZ_PHASES; phase++) {
				*out = (struct point){ path, step, phase };
				if (exists(out) && found++ == n)
					return found;
			}
	return found;
}

enum { POINTS_MAX = 256 };

static size_t points_n;
static struct point points[POINTS_MAX];

static void list_points(void)
{
	struct point at;

	if (points_n)
		return;
	points_n = walk(SIZE_MAX, &at);
	for (size_t i = 0; i < points_n; i++)
		walk(i, &points[i]);
}

size_t fuzz_points(void)
{
	list_points();
	return points_n;
}

size_t fuzz_ways(void)
{
	return fuzz_sentences_n - FIRST_WAY + 1;	/* and nothing */
}

void fuzz_point_text(struct text *t, size_t point)
{
	const struct point *p;

	list_points();
	p = &points[point];
	text_put(t, paths[p->path].name);
	text_put(t, "/");
	text_put(t, p->step ? fuzz_sentences[paths[p->path].steps[p->step - 1]].name : "TCP");
	text_put(t, "/");
	text_put(t, phases[p->phase]);
}

/* --- cases ------------------------------------------------------------------------------ */

static const uint32_t delays[FUZZ_DELAYS] = { 0, 1000, 5000, 20000 };
static const char *const delay_names[] = { "0", "1ms", "5ms", "20ms" };
static const char *const end_names[FUZZ_ENDS] = {
	"hold", "fin", "rst", "half-close", "stall", "silence",
};
static const char *const flight_names[FUZZ_FLIGHTS] = {
	"nothing", "data", "please", "unread", "other",
};
static const char *const after_names[FUZZ_AFTERS] = {
	"nothing", "rebind", "recover", "recover-wrongly",
};

uint64_t fuzz_cells(void)
{
	return (uint64_t)fuzz_points() * fuzz_ways() * FUZZ_ENDS * COUNT(delays) * FUZZ_FLIGHTS *
	       FUZZ_AFTERS;
}

/* How often each is drawn.  Time costs most: what waits is rare. */
static const uint16_t end_weights[FUZZ_ENDS] = { 300, 250, 350, 80, 20, 1 };
static const uint16_t delay_weights[] = { 900, 60, 10, 3 };
static const uint16_t flight_weights[FUZZ_FLIGHTS] = { 800, 60, 40, 60, 40 };
static const uint16_t after_weights[FUZZ_AFTERS] = { 850, 100, 30, 20 };

static uint8_t draw(struct random *r, const uint16_t *weights, size_t n)
{
	uint32_t sum = 0, at;
	uint8_t i = 0;

	for (size_t k = 0; k < n; k++)
		sum += weights[k];
	assert(sum > 0);
	at = (uint32_t)(random_next(r) % sum);
	while (at >= weights[i])
		at -= weights[i++];
	return i;
}

static uint8_t draw_way(struct random *r)
{
	uint64_t n = random_next(r) % fuzz_ways();

	return n == 0 ? NOTHING : (uint8_t)(FIRST_WAY + n - 1);
}

void fuzz_case_make(struct fuzz_case *c, uint64_t seed, uint64_t number)
{
	struct random r = { random_mix(seed * UINT64_C(0x9e3779b97f4a7c15) ^ random_mix(number)) };
	uint64_t more;

	*c = (struct fuzz_case){ .seed = seed, .number = number };
	c->point = (uint16_t)(random_next(&r) % fuzz_points());
	c->way = draw_way(&r);
	c->end = draw(&r, end_weights, FUZZ_ENDS);
	c->delay = draw(&r, delay_weights, COUNT(delay_weights));
	c->flight = draw(&r, flight_weights, FUZZ_FLIGHTS);
	c->after = draw(&r, after_weights, FUZZ_AFTERS);
	c->cut = (uint16_t)random_next(&r);
	more = random_next(&r);
	if (more % 16 == 0)
		c->second = draw_way(&r);
	if (more / 16 % 8 == 0)
		c->lie = (uint8_t)(random_next(&r) % fuzz_lies_n);
	if (more / 128 % 4 == 0)
		c->down = (uint8_t)(random_next(&r) % FUZZ_DOWNS);
}

struct fuzz_case fuzz_probe(uint64_t number)
{
	struct fuzz_case c = { .number = number, .end = FUZZ_END_RST };
	const struct path *release = &paths[0];

	list_points();
	while (points[c.point].step != release->n || points[c.point].phase != PHASE_ANSWERED)
		c.point++;
	return c;
}

void fuzz_case_text(struct text *t, const struct fuzz_case *c)
{
	text_u64(t, c->seed);
	text_put(t, ":");
	text_u64(t, c->number);
	text_put(t, " ");
	fuzz_point_text(t, c->point);
	text_put(t, " ");
	text_put(t, fuzz_sentences[c->way].name);
	if (c->second) {
		text_put(t, "+");
		text_put(t, fuzz_sentences[c->second].name);
	}
	if (c->lie) {
		text_put(t, " lie=");
		text_u64(t, c->lie);
	}
	text_put(t, " ");
	text_put(t, end_names[c->end]);
	text_put(t, " delay=");
	text_put(t, delay_names[c->delay]);
	text_put(t, " flight=");
	text_put(t, flight_names[c->flight]);
	text_put(t, " after=");
	text_put(t, after_names[c->after]);
	if (c->down) {
		text_put(t, " down=(");
		text_put(t, fuzz_downs[c->down].text);
		text_put(t, ")");
	}
}

/* --- operations ------------------------------------------------------------------------------ */

/* What the peer is given to end by itself, and how long we are silent. */
enum { QUIET_US = 1500, STALL_US = 30000 };

static struct fuzz_op *put(struct fuzz_script *s, enum fuzz_op_kind kind, uint8_t conn)
{
	struct fuzz_op *op = &s->ops[s->n++];

	*op = (struct fuzz_op){ .kind = (uint8_t)kind, .conn = conn };
	return op;
}

static void say(struct fuzz_script *s, uint8_t conn, uint8_t sentence)
{
	put(s, OP_SAY, conn)->sentence = sentence;
}

static void hear(struct fuzz_script *s, uint8_t conn, uint8_t code)
{
	if (code)
		put(s, OP_HEAR, conn)->code = code;
}

static void step(struct fuzz_script *s, uint8_t conn, uint8_t sentence)
{
	say(s, conn, sentence);
	hear(s, conn, fuzz_sentences[sentence].hears);
}

static void bind(struct fuzz_script *s, uint8_t conn)
{
	put(s, OP_CONNECT, conn);
	step(s, conn, CR);
	step(s, conn, CN);
}

static void end(struct fuzz_script *s, uint8_t conn, enum fuzz_end how)
{
	put(s, OP_END, conn)->code = (uint8_t)how;
}

static void release(struct fuzz_script *s, uint8_t conn)
{
	step(s, conn, FN);
	end(s, conn, FUZZ_END_RST);
}

/* The honest part, up to the point. */
static void approach(struct fuzz_script *s, const struct fuzz_case *c, const struct point *p)
{
	const struct path *path = &paths[p->path];
	bool unread = c->flight == FLIGHT_UNREAD;

	put(s, OP_CONNECT, CONN_CASE)->any = p->step == 0 && p->phase == PHASE_SAID;
	for (uint8_t i = 1; i < p->step; i++)
		step(s, CONN_CASE, path->steps[i - 1]);
	if (unread)
		put(s, OP_STALL, CONN_CASE);
	s->stimulus = s->n;
	if (p->step == 0)
		return;
	say(s, CONN_CASE, path->steps[p->step - 1]);
	if (p->phase == PHASE_PARTLY)
		s->ops[s->n - 1].cut = (uint16_t)(c->cut | 1);
	else if (p->phase == PHASE_ANSWERED && !unread)
		hear(s, CONN_CASE, fuzz_sentences[path->steps[p->step - 1]].hears);
	if (p->phase != PHASE_PARTLY)
		s->stimulus = s->n;
}

static void pause(struct fuzz_script *s, uint32_t us)
{
	if (us)
		put(s, OP_PAUSE, CONN_CASE)->us = us;
}

static void stimulate(struct fuzz_script *s, const struct fuzz_case *c)
{
	if (c->flight == FLIGHT_DATA)
		say(s, CONN_CASE, JUNK);
	if (c->flight == FLIGHT_PLEASE)
		say(s, CONN_CASE, PLEASE);
	pause(s, delays[c->delay]);
	if (c->way) {
		say(s, CONN_CASE, c->way);
		s->ops[s->n - 1].lie = c->lie;
	}
	if (c->second)
		say(s, CONN_CASE, c->second);
}

static void finish(struct fuzz_script *s, const struct fuzz_case *c)
{
	uint8_t how = c->end;

	/* Nothing is due: the peer might wait as long as we do. */
	if ((how == FUZZ_END_HOLD || how == FUZZ_END_SILENCE) && !s->must_end && !s->wanted)
		put(s, OP_HOLD, CONN_CASE)->us = QUIET_US;
	else if (how == FUZZ_END_HOLD || how == FUZZ_END_SILENCE)
		put(s, OP_HOLD, CONN_CASE);
	else if (how == FUZZ_END_STALL)
		put(s, OP_PAUSE, CONN_CASE)->us = STALL_US;
	if (how == FUZZ_END_FIN || how == FUZZ_END_HALF) {
		end(s, CONN_CASE, FUZZ_END_HALF);
		put(s, OP_HOLD, CONN_CASE)->us = how == FUZZ_END_HALF ? 0 : QUIET_US;
	}
	end(s, CONN_CASE, how == FUZZ_END_FIN ? FUZZ_END_FIN : FUZZ_END_RST);
}

static void follow(struct fuzz_script *s, const struct fuzz_case *c)
{
	if (c->flight == FLIGHT_OTHER)
		release(s, CONN_OTHER);
	if (c->after == AFTER_NOTHING)
		return;
	if (c->after == AFTER_REBIND) {
		bind(s, CONN_AFTER);
		release(s, CONN_AFTER);
		return;
	}
	put(s, OP_CONNECT, CONN_AFTER);
	step(s, CONN_AFTER, CR);
	say(s, CONN_AFTER, c->after == AFTER_RECOVER ? RECOVER : RECOVER_WRONGLY);
	put(s, OP_HEAR, CONN_AFTER)->any = true;
	end(s, CONN_AFTER, FUZZ_END_RST);
}

static enum fuzz_message message_of(const struct point *p)
{
	const struct path *path = &paths[p->path];
	enum fuzz_message m = MESSAGE_NONE;

	for (uint8_t i = 1; i <= p->step; i++) {
		if (path->steps[i - 1] == AS)
			m = MESSAGE_PARTLY;
		if (path->steps[i - 1] == AE)
			m = i < p->step || p->phase == PHASE_ANSWERED ? MESSAGE_WHOLE
			  : p->phase == PHASE_SAID ? MESSAGE_IN_DOUBT : MESSAGE_PARTLY;
	}
	return m;
}

/* Who is not told what a case has to say owes it nothing: with a sentence goes what is
 * expected behind it, and with a connection all that is done on it. */
static void leave_out(struct fuzz_script *s, uint64_t without)
{
	bool mute[FUZZ_CONNS] = { false }, none[FUZZ_CONNS] = { false };
	uint8_t kept = 0, stimulus = 0;

	for (uint8_t i = 0; i < s->n; i++) {
		struct fuzz_op op = s->ops[i];
		bool out = without >> i & 1, waits = (op.kind == OP_HEAR && !op.any) ||
		                                     (op.kind == OP_HOLD && !op.us);

		if (i == s->stimulus)
			stimulus = kept;
		none[op.conn] |= out && op.kind == OP_CONNECT;
		mute[op.conn] |= out && op.kind == OP_SAY;
		if (!out && !none[op.conn] && !(mute[op.conn] && waits))
			s->ops[kept++] = op;
	}
	s->n = kept;
	s->stimulus = stimulus;
	if (mute[CONN_CASE] || none[CONN_CASE])
		s->allowed = UINT64_MAX;
}

void fuzz_compile(const struct fuzz_case *c, struct fuzz_script *s)
{
	const struct point *p;
	const struct path *path;

	list_points();
	p = &points[c->point];
	path = &paths[p->path];
	*s = (struct fuzz_script){ .message = (uint8_t)message_of(p) };
	if (c->flight == FLIGHT_OTHER)
		bind(s, CONN_OTHER);
	approach(s, c, p);
	expect_reaction(s, c, path->steps, p->step, (enum fuzz_phase)p->phase);
	stimulate(s, c);
	finish(s, c);
	follow(s, c);
	if (s->message == MESSAGE_WHOLE && c->flight == FLIGHT_UNREAD)
		s->message = MESSAGE_IN_DOUBT;
	if (s->message == MESSAGE_WHOLE)
		s->down = c->down;
	if (c->without)
		leave_out(s, c->without);
}

const uint8_t fuzz_cc = HEARD_TPDU + COTP_CC;

const char *heard_name(unsigned code)
{
	return code >= HEARD_TPDU ? cotp_kind_name((enum cotp_kind)(code - HEARD_TPDU))
	                          : session_spdu_name((enum session_spdu)code);
}
