#include "fuzz/sentences.h"

#include "cotp/cotp_pdu.h"
#include "fuzz/space.h"
#include "session/session_machine.h"

#define COUNT(a) (sizeof (a) / sizeof (a)[0])
#define TPDU(kind) (HEARD_TPDU + (kind))
#define EV(name) SESSION_EV_##name

/*
 * Who we are on this session connection, in X.228's SessionConnectionIdentifier:
 * FUZZ0000 becomes the case.  @1 and @2 are the halves of a message, @3 and $long those of a
 * long one.
 */
#define REFERENCES "calling-ref=hex:040846555a5a30303030 " \
                   "common-ref=hex:170d3236303130313030303030305a"
#define IDENTIFIER "04" "0846555a5a30303030" "170d3236303130313030303030305a"
#define STRANGER "04" "0846555a5a6e6f6e65" "170d3236303130313030303030305a"

/* --- sentences: first those of the paths ---------------------------------------- */

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
	[CN_WRONG] = { "CN-wrong", "session CN " REFERENCES " user=(presentation CP user=(acse "
	               "AARQ user=(rtse RTORQ open=(p1 BIND-ARGUMENT password=\"wrong\"))))",
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
	[GTC] = { "GTC", "session GTC", EV(GTC), SPDU_GTA, 0, false },
	[RECOVER] = { "CN-recover", "session CN " REFERENCES
	              " user=(presentation CP user=(acse AARQ user="
	              "(rtse RTORQ open=none recover=(octets " IDENTIFIER "))))", EV(CN),
	              SPDU_AC, EV(SCONrspP), false },
	[RECOVER_WRONGLY] = { "CN-recover-stranger", "session CN " REFERENCES
	                      " user=(presentation CP user=(acse AARQ user="
	                      "(rtse RTORQ open=none recover=(octets " STRANGER "))))", EV(CN), 0,
	                      0, false },
	[RESUME] = { "AR-lost", "session AR old-activity=hex:020101 " REFERENCES
	             " serial=1 activity=hex:020102", EV(AR), 0, 0, false },
	[RESUME_BEYOND] = { "AR-beyond", "session AR old-activity=hex:020101 " REFERENCES
	                    " serial=9 activity=hex:020102", EV(AR), 0, 0, false },
	[AR_STRANGER] = { "AR-stranger", "session AR old-activity=hex:020101 "
	                  "calling-ref=hex:0408465a5a5a6e6f6e65 "
	                  "common-ref=hex:170d3236303130313030303030305a serial=1 "
	                  "activity=hex:020102", EV(AR), SPDU_ED, EV(SUERreq), false },
	[JUNK] = { "DT-junk", "session GT with session DT user=hex:0102030405060708", EV(DT), 0, 0,
	           false },
	[DT_LONG_1] = { "DT-long", "presentation TD user=(rtse RTTR user=(octets @3))", EV(DT), 0,
	                0, false },
	[DT_LONG_2] = { "DT-long", "presentation TD user=(rtse RTTR user=(octets $long))", EV(DT),
	                0, 0, false },
	[CN_NEXT] = { "CN-next", "session CN calling-ref=hex:04084e45585430303030 "
	              "common-ref=hex:170d3236303130313030303030305a user=(presentation CP user=("
	              "acse AARQ user=(rtse RTORQ dialogue=two-way-alternate)))", EV(CN), 0, 0,
	              false },
	[PLEASE] = { "PT", "rtse RTTP priority=1", EV(PT), 0, 0, false },
	[PLEASE_BACK] = { "PT-back", "rtse RTTP priority=1", EV(PT), SPDU_GTC, EV(SCGreq), false },
	[GTA] = { "GTA", "session GTA", EV(GTA), 0, 0, false },
	/* X.225 7.1.1 f), 7.3: of its user data nothing stands in the CN itself. */
	[CN_MORE] = { "CN-more", "session CN " REFERENCES " user=none overflow=1 "
	              "extended-user=\"\"", EV(CN), SPDU_OA, 0, false },
	[CDO] = { "CDO", "session CDO enclosure=2 user=(presentation CP user=(acse AARQ user="
	          "(rtse RTORQ)))", EV(CDO), SPDU_AC, EV(SCONrspP), false },

	/* Transport: RFC 1006 6, X.224 13. */
	[FIRST_WAY] =
	{ "DR", "cotp DR dst=$cc.src src=1 reason=normal", EV(TDISind), 0, 0, ENDS },
	{ "DR-unspecified", "cotp DR dst=$cc.src src=1 reason=not-specified", EV(TDISind), 0, 0,
	  ENDS },
	{ "DR-congestion", "cotp DR dst=$cc.src src=1 reason=congestion", EV(TDISind), 0, 0, ENDS },
	{ "DR-protocol-error", "cotp DR dst=$cc.src src=1 reason=protocol-error", EV(TDISind), 0, 0,
	  ENDS },
	{ "DR-reason-255", "cotp DR dst=$cc.src src=1 reason=255", EV(TDISind), 0, 0, ENDS },
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
	{ "AB-protocol-error", "session AB tdisc=release+protocol-error reflect=hex:0102030405",
	  EV(AB_nr), 0, 0, ENDS },
	{ "AB-no-reason", "session AB tdisc=release+no-reason reflect=hex:010203040506070809",
	  EV(AB_nr), 0, 0, ENDS },
	{ "AB-restriction", "session AB tdisc=release+restriction", EV(AB_nr), 0, 0, ENDS },
	{ "AB-keep", "session AB tdisc=user", EV(AB_nr), 0, 0, ENDS },
	{ "AB-empty", "session AB tdisc=none", EV(AB_nr), 0, 0, ENDS },
	{ "AB-all-bits", "session AB tdisc=255", EV(AB_nr), 0, 0, ENDS },
	{ "AB-reflect-long", "session AB tdisc=release+protocol-error "
	  "reflect=hex:0102030405060708090a0b0c", EV(AB_nr), 0, 0, ENDS },
	{ "AA", "session AA", EV(AA), 0, 0, false },
	{ "FN", "session FN", EV(FN_nr), 0, 0, false },
	{ "FN-empty", "session FN user=none", EV(FN_nr), 0, 0, false },
	{ "FN-keep", "session FN tdisc=0", EV(FN_nr), 0, 0, false },
	{ "FN-all-bits", "session FN tdisc=255", EV(FN_nr), 0, 0, false },
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
	{ "AI-reason-77", "session AI reason=77", EV(AI), 0, 0, false },
	{ "AIA", "session AIA", EV(AIA), 0, 0, false },
	{ "AD-no-reason", "session AD reason=no-reason", EV(AD), 0, 0, false },
	{ "AD-temporary", "session AD reason=1", EV(AD), 0, 0, false },
	{ "AD-sequence", "session AD reason=3", EV(AD), 0, 0, false },
	{ "AD-local", "session AD reason=5", EV(AD), 0, 0, false },
	{ "AD-procedural", "session AD reason=6", EV(AD), 0, 0, false },
	{ "AD-data-token", "session AD reason=128", EV(AD), 0, 0, false },
	{ "AD-reason-77", "session AD reason=77", EV(AD), 0, 0, false },
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
	{ "ED-reason-77", "session ED reason=77", EV(ED), 0, 0, false },
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
	{ "ARP-reason-99", "presentation ARP reason=99", EV(AB_nr), 0, 0, ENDS },
	{ "ABRT-source-7", "acse ABRT source=7", EV(AB_nr), 0, 0, ENDS },
	{ "ABRT-user", "acse ABRT source=user", EV(AB_nr), 0, 0, ENDS },
	{ "ABRT-provider", "acse ABRT source=provider", EV(AB_nr), 0, 0, ENDS },
	{ "RLRQ-urgent", "acse RLRQ reason=urgent", EV(FN_nr), 0, 0, false },
	{ "RLRQ-user", "acse RLRQ reason=user-defined", EV(FN_nr), 0, 0, false },
	{ "RLRQ-reason-99", "acse RLRQ reason=99", EV(FN_nr), 0, 0, false },
	{ "RLRE", "acse RLRE reason=normal", EV(DN), 0, 0, false },
	{ "RLRE-refused", "acse RLRE reason=not-finished", EV(DN), 0, 0, false },
	{ "RLRE-in-FN", "session FN user=(presentation User-data user=(acse RLRE))", EV(FN_nr), 0,
	  0, false },
	{ "RTAB-local", "rtse RTAB reason=local-system-problem", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-parameter", "rtse RTAB reason=invalid-parameter", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-activity", "rtse RTAB reason=unrecognized-activity", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-temporary", "rtse RTAB reason=temporary-problem", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-protocol", "rtse RTAB reason=protocol-error", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-permanent", "rtse RTAB reason=permanent-problem", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-user", "rtse RTAB reason=user-error", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-completed", "rtse RTAB reason=transfer-completed", EV(AB_nr), 0, 0, ENDS },
	{ "RTAB-reason-99", "rtse RTAB reason=99", EV(AB_nr), 0, 0, ENDS },
	{ "RTTP", "rtse RTTP priority=0", EV(PT), 0, 0, false },
};
const size_t fuzz_sentences_n = COUNT(fuzz_sentences);

const char *const fuzz_lies[] = {
	"", " bend length +1", " bend length -1", " bend length +40", " bend length +200",
	" bend form indefinite", " bend form long-4", " bend tag 0x7f", " bend tag 0",
	/* Of one parameter. */
	" bend reason length +1", " bend reason twice", " bend tdisc length +1",
	" bend user length +1", " bend user twice",
};
const size_t fuzz_lies_n = COUNT(fuzz_lies);

#define PLACE(name, l, pdu, ours, opening, releases, done) \
	{ name, LAYER_##l, pdu, ours, opening, (done) > 3, releases, false, done, 0, false, false }
#define CHECKPOINT(name, pdu, ours) \
	{ name, LAYER_SESSION, pdu, ours, false, true, false, true, 4, 0, false, false }
/* X.225 7.28: on our report it interrupts or discards the activity. */
#define GIVES_UP(name, pdu, behind) \
	{ name, LAYER_SESSION, pdu, false, false, true, false, false, 4, behind, true, false }
const struct fuzz_place fuzz_places[FUZZ_PLACES] = {
	{ "nothing", 0, 0, false, false, false, false, false, 0, 0, false, false },
	PLACE("cr", COTP, COTP_CR, false, true, false, 1),
	PLACE("cc", COTP, COTP_CC, true, true, false, 1),
	PLACE("cn", SESSION, SPDU_CN, false, true, false, 2),
	PLACE("ac", SESSION, SPDU_AC, true, true, false, 2),
	PLACE("activity-start", SESSION, SPDU_AS, false, false, false, 4),
	PLACE("dt 1", SESSION, SPDU_DT, false, false, false, 4),
	PLACE("activity-end", SESSION, SPDU_AE, false, false, false, 5),
	PLACE("activity-end-ack", SESSION, SPDU_AEA, true, false, false, 5),
	PLACE("fn", SESSION, SPDU_FN, false, false, true, 3),
	PLACE("dn", SESSION, SPDU_DN, true, false, true, 3),
	CHECKPOINT("minor-sync 1", SPDU_MIP, false),
	CHECKPOINT("minor-sync-ack 1", SPDU_MIA, true),
	GIVES_UP("activity-discard", SPDU_AD, 1),
	GIVES_UP("activity-interrupt", SPDU_AI, 2),
	GIVES_UP("exception-data", SPDU_ED, 0),
	{ "full window", LAYER_SESSION, SPDU_MIP, false, false, true, false, true, 4, 1, false,
	  false },
	{ "activity-resume", LAYER_SESSION, SPDU_AR, false, false, true, false, false, 4, 0, false,
	  true },
};

const uint8_t fuzz_cc = TPDU(COTP_CC), fuzz_aea_event = EV(MAA_AEA);
