/*
 * What the fields of each kind of PDU are called, where they stand, of which type they are.
 */
#include "pdu/pdu.h"

#include "acse/acse_pdu.h"
#include "cotp/cotp_pdu.h"
#include "p1/p1.h"
#include "presentation/presentation_pdu.h"
#include "rtse/rtse_pdu.h"
#include "session/session_layout.h"

#include <assert.h>
#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

/* One line of a table: name, type, path. */
#define PATH_N(...) (sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define TAGGED(field, what, ...) \
	{ .name = field, .place = PDU_TAGGED, .type = what, \
	  .depth = PATH_N(__VA_ARGS__), .path = { __VA_ARGS__ } }
#define NAMED(field, what, table, ...) \
	{ .name = field, .names = table, .place = PDU_TAGGED, .type = what, \
	  .depth = PATH_N(__VA_ARGS__), .path = { __VA_ARGS__ } }
#define FIXED(field, what, value) \
	{ .name = field, .place = PDU_FIXED, .type = what, .fallback = value }
#define REST { .name = "extra", .place = PDU_REST, .type = PDU_VALUE }
#define AFTER(field) { .name = field, .place = PDU_AFTER, .type = PDU_VALUE }

/* ---- RFC 1006 6, X.224 13 ---- */

static const struct pdu_field frame[] = {
	FIXED("version", PDU_U8, 3), FIXED("reserved", PDU_U8, 0),
	FIXED("length", PDU_U16, 0), AFTER("data"),
};

static const struct text_name disconnect_reasons[] = {
	{ COTP_REASON_NOT_SPECIFIED, "not-specified" }, { COTP_REASON_CONGESTION, "congestion" },
	{ COTP_REASON_NOT_ATTACHED, "session-entity-not-attached" },
	{ COTP_REASON_ADDRESS_UNKNOWN, "address-unknown" }, { COTP_REASON_NORMAL, "normal" },
	{ COTP_REASON_PROTOCOL_ERROR, "protocol-error" }, { 0, NULL },
};
static const struct text_name reject_causes[] = {
	{ COTP_CAUSE_NOT_SPECIFIED, "not-specified" },
	{ COTP_CAUSE_PARAMETER_CODE, "invalid-parameter-code" },
	{ COTP_CAUSE_TPDU_TYPE, "invalid-tpdu-type" },
	{ COTP_CAUSE_PARAMETER_VALUE, "invalid-parameter-value" }, { 0, NULL },
};

#define CONNECTION(octet, source) \
	FIXED("code", PDU_U8, octet), FIXED("dst", PDU_U16, 0), FIXED("src", PDU_U16, source), \
	FIXED("class", PDU_U8, 0), \
	TAGGED("calling", PDU_OCTETS, 0xc1), TAGGED("called", PDU_OCTETS, 0xc2), \
	TAGGED("size", PDU_LOG2, 0xc0), TAGGED("preferred", PDU_UNITS, 0xf0), \
	TAGGED("alternatives", PDU_OCTETS, 0xc7), TAGGED("options", PDU_U8, 0xc6), \
	TAGGED("version", PDU_U8, 0xc4), TAGGED("checksum", PDU_U16, 0xc3), REST, AFTER("data")
static const struct pdu_field cr[] = { CONNECTION(0xe0, 1) };
static const struct pdu_field cc[] = { CONNECTION(0xd0, 1) };
static const struct pdu_field dr[] = {
	FIXED("code", PDU_U8, 0x80), FIXED("dst", PDU_U16, 0), FIXED("src", PDU_U16, 0),
	{ .name = "reason", .names = disconnect_reasons, .place = PDU_FIXED, .type = PDU_U8 },
	TAGGED("additional", PDU_OCTETS, 0xe0), REST, AFTER("data"),
};
static const struct pdu_field dc[] = {
	FIXED("code", PDU_U8, 0xc0), FIXED("dst", PDU_U16, 0), FIXED("src", PDU_U16, 0), REST,
};
static const struct pdu_field dt_tpdu[] = {
	FIXED("code", PDU_U8, 0xf0), FIXED("eot", PDU_EOT, 1), REST, AFTER("data"),
};
static const struct pdu_field er_tpdu[] = {
	FIXED("code", PDU_U8, 0x70), FIXED("dst", PDU_U16, 0),
	{ .name = "cause", .names = reject_causes, .place = PDU_FIXED, .type = PDU_U8 },
	TAGGED("invalid", PDU_OCTETS, 0xc1), REST,
};
#define NUMBERED(octet) { \
	FIXED("code", PDU_U8, octet), FIXED("dst", PDU_U16, 0), FIXED("nr", PDU_U8, 0), REST, \
	AFTER("data") }
static const struct pdu_field ed_tpdu[] = NUMBERED(0x10);
static const struct pdu_field ak[] = NUMBERED(0x60);
static const struct pdu_field ea[] = NUMBERED(0x20);
static const struct pdu_field rj[] = NUMBERED(0x50);

/* ---- X.226 8 ---- */

static const struct text_name modes[] = { { 0, "x410" }, { 1, "normal" }, { 0, NULL } };

static const struct text_name result_names[] = {
	{ 0, "accepted" }, { 1, "user-rejected" }, { 2, "provider-rejected" }, { 0, NULL },
};

#define USER(...) \
	TAGGED("context", PDU_INTEGER, __VA_ARGS__, 0x61, 0x30, 0x02), \
	TAGGED("user", PDU_VALUE, __VA_ARGS__, 0x61, 0x30, 0xa0)
static const struct pdu_field cp[] = {
	NAMED("mode", PDU_INTEGER, modes, 0xa0, 0x80), TAGGED("parameters", PDU_VALUE, 0xa1),
	TAGGED("version", PDU_BITS, 0xa2, 0x80), TAGGED("calling", PDU_OCTETS, 0xa2, 0x81),
	TAGGED("called", PDU_OCTETS, 0xa2, 0x82), TAGGED("contexts", PDU_VALUE, 0xa2, 0xa4),
	TAGGED("default", PDU_VALUE, 0xa2, 0xa6), TAGGED("requirements", PDU_BITS, 0xa2, 0x88),
	TAGGED("session", PDU_BITS, 0xa2, 0x89), USER(0xa2), REST,
};
static const struct pdu_field cpa[] = {
	NAMED("mode", PDU_INTEGER, modes, 0xa0, 0x80), TAGGED("parameters", PDU_VALUE, 0xa1),
	TAGGED("version", PDU_BITS, 0xa2, 0x80), TAGGED("responding", PDU_OCTETS, 0xa2, 0x83),
	TAGGED("results", PDU_VALUE, 0xa2, 0xa5), TAGGED("requirements", PDU_BITS, 0xa2, 0x88),
	TAGGED("session", PDU_BITS, 0xa2, 0x89), USER(0xa2), REST,
};
static const struct pdu_field cpr[] = {
	TAGGED("version", PDU_BITS, 0x80), TAGGED("responding", PDU_OCTETS, 0x83),
	TAGGED("results", PDU_VALUE, 0xa5), NAMED("default-result", PDU_INTEGER, result_names,
	                                          0x87),
	TAGGED("reason", PDU_INTEGER, 0x8a),
	TAGGED("context", PDU_INTEGER, 0x61, 0x30, 0x02),
	TAGGED("user", PDU_VALUE, 0x61, 0x30, 0xa0), REST,
};
static const struct pdu_field aru[] = {
	TAGGED("contexts", PDU_VALUE, 0xa0),
	TAGGED("context", PDU_INTEGER, 0x61, 0x30, 0x02),
	TAGGED("user", PDU_VALUE, 0x61, 0x30, 0xa0), REST,
};
static const struct pdu_field arp[] = {
	TAGGED("reason", PDU_INTEGER, 0x80), TAGGED("event", PDU_INTEGER, 0x81), REST,
};
static const struct pdu_field user_data[] = {
	TAGGED("transfer", PDU_OID, 0x30, 0x06), TAGGED("context", PDU_INTEGER, 0x30, 0x02),
	TAGGED("user", PDU_VALUE, 0x30, 0xa0), TAGGED("octets", PDU_VALUE, 0x30, 0x81), REST,
};

/* ---- X.227 9 ---- */

static const struct text_name associate_results[] = {
	{ ACSE_ACCEPTED, "accepted" }, { ACSE_REJECTED_PERMANENT, "rejected-permanent" },
	{ ACSE_REJECTED_TRANSIENT, "rejected-transient" }, { 0, NULL },
};
static const struct text_name release_reasons[] = {
	{ ACSE_NORMAL, "normal" }, { ACSE_URGENT, "urgent" },
	{ ACSE_USER_DEFINED, "user-defined" }, { 0, NULL },
};
static const struct text_name release_answers[] = {
	{ ACSE_NORMAL, "normal" }, { ACSE_NOT_FINISHED, "not-finished" },
	{ ACSE_USER_DEFINED, "user-defined" }, { 0, NULL },
};
static const struct text_name abort_sources[] = {
	{ ACSE_USER, "user" }, { ACSE_PROVIDER, "provider" }, { 0, NULL },
};

#define INFORMATION \
	TAGGED("direct", PDU_OID, 0xbe, 0x28, 0x06), \
	TAGGED("user-context", PDU_INTEGER, 0xbe, 0x28, 0x02), \
	TAGGED("user", PDU_VALUE, 0xbe, 0x28, 0xa0), REST
static const struct pdu_field aarq[] = {
	TAGGED("version", PDU_BITS, 0x80), TAGGED("context", PDU_OID, 0xa1, 0x06),
	TAGGED("called-ap", PDU_VALUE, 0xa2), TAGGED("called-ae", PDU_VALUE, 0xa3),
	TAGGED("called-ap-inv", PDU_INTEGER, 0xa4, 0x02),
	TAGGED("called-ae-inv", PDU_INTEGER, 0xa5, 0x02),
	TAGGED("calling-ap", PDU_VALUE, 0xa6), TAGGED("calling-ae", PDU_VALUE, 0xa7),
	TAGGED("calling-ap-inv", PDU_INTEGER, 0xa8, 0x02),
	TAGGED("calling-ae-inv", PDU_INTEGER, 0xa9, 0x02),
	TAGGED("requirements", PDU_BITS, 0x8a), TAGGED("mechanism", PDU_OID, 0x8b),
	TAGGED("authentication", PDU_VALUE, 0xac), TAGGED("contexts", PDU_VALUE, 0xad),
	TAGGED("implementation", PDU_OCTETS, 0x9d), INFORMATION,
};
static const struct pdu_field aare[] = {
	TAGGED("version", PDU_BITS, 0x80), TAGGED("context", PDU_OID, 0xa1, 0x06),
	NAMED("result", PDU_INTEGER, associate_results, 0xa2, 0x02),
	TAGGED("user-diagnostic", PDU_INTEGER, 0xa3, 0xa1, 0x02),
	TAGGED("provider-diagnostic", PDU_INTEGER, 0xa3, 0xa2, 0x02),
	TAGGED("responding-ap", PDU_VALUE, 0xa4), TAGGED("responding-ae", PDU_VALUE, 0xa5),
	TAGGED("requirements", PDU_BITS, 0x88), TAGGED("mechanism", PDU_OID, 0x89),
	TAGGED("authentication", PDU_VALUE, 0xaa), TAGGED("contexts", PDU_VALUE, 0xab),
	TAGGED("implementation", PDU_OCTETS, 0x9d), INFORMATION,
};
static const struct pdu_field rlrq[] = {
	NAMED("reason", PDU_INTEGER, release_reasons, 0x80), INFORMATION,
};
static const struct pdu_field rlre[] = {
	NAMED("reason", PDU_INTEGER, release_answers, 0x80), INFORMATION,
};
static const struct pdu_field abrt[] = {
	NAMED("source", PDU_INTEGER, abort_sources, 0x80),
	TAGGED("diagnostic", PDU_INTEGER, 0x81), INFORMATION,
};

/* ---- X.228 ---- */

static const struct text_name dialogues[] = {
	{ RTSE_MONOLOGUE, "monologue" }, { RTSE_TWO_WAY_ALTERNATE, "two-way-alternate" },
	{ 0, NULL },
};
static const struct text_name open_refusals[] = {
	{ RTSE_REFUSE_BUSY, "busy" }, { RTSE_REFUSE_CANNOT_RECOVER, "cannot-recover" },
	{ RTSE_REFUSE_VALIDATION, "validation-failure" },
	{ RTSE_REFUSE_DIALOGUE_MODE, "unacceptable-dialogue-mode" }, { 0, NULL },
};
static const struct text_name abort_reasons[] = {
	{ RTSE_ABORT_LOCAL_SYSTEM, "local-system-problem" },
	{ RTSE_ABORT_INVALID_PARAMETER, "invalid-parameter" },
	{ RTSE_ABORT_UNRECOGNIZED_ACTIVITY, "unrecognized-activity" },
	{ RTSE_ABORT_TEMPORARY, "temporary-problem" },
	{ RTSE_ABORT_PROTOCOL_ERROR, "protocol-error" },
	{ RTSE_ABORT_PERMANENT, "permanent-problem" }, { RTSE_ABORT_USER, "user-error" },
	{ RTSE_ABORT_TRANSFER_COMPLETED, "transfer-completed" }, { 0, NULL },
};

static const struct pdu_field rtorq[] = {
	TAGGED("checkpoint", PDU_INTEGER, 0x80), TAGGED("window", PDU_INTEGER, 0x81),
	NAMED("dialogue", PDU_INTEGER, dialogues, 0x82),
	TAGGED("open", PDU_VALUE, 0xa3, 0xa0),
	TAGGED("recover", PDU_VALUE, 0xa3, 0xa1), TAGGED("protocol", PDU_INTEGER, 0x84), REST,
};
static const struct pdu_field rtoac[] = {
	TAGGED("checkpoint", PDU_INTEGER, 0x80), TAGGED("window", PDU_INTEGER, 0x81),
	TAGGED("open", PDU_VALUE, 0xa2, 0xa0), TAGGED("recover", PDU_VALUE, 0xa2, 0xa1), REST,
};
static const struct pdu_field rtorj[] = {
	NAMED("reason", PDU_INTEGER, open_refusals, 0x80), TAGGED("user", PDU_VALUE, 0xa1), REST,
};
static const struct pdu_field rttp[] = {
	{ .name = "priority", .place = PDU_SELF, .type = PDU_INTEGER },
};
static const struct pdu_field rttr[] = {
	{ .name = "user", .place = PDU_SELF, .type = PDU_VALUE },
};
static const struct pdu_field rtab[] = {
	NAMED("reason", PDU_INTEGER, abort_reasons, 0x80), TAGGED("reflected", PDU_BITS, 0x81),
	TAGGED("user", PDU_VALUE, 0xa2), REST,
};

/* ---- X.411 ---- */

static const struct text_name bind_errors[] = {
	{ P1_BIND_BUSY, "busy" }, { P1_BIND_AUTHENTICATION, "authentication-error" },
	{ P1_BIND_DIALOGUE_MODE, "unacceptable-dialogue-mode" },
	{ P1_BIND_SECURITY_CONTEXT, "unacceptable-security-context" },
	{ P1_BIND_CONFIDENTIALITY, "inadequate-association-confidentiality" }, { 0, NULL },
};
static const struct text_name priorities[] = {
	{ P1_NORMAL, "normal" }, { P1_NON_URGENT, "non-urgent" }, { P1_URGENT, "urgent" },
	{ 0, NULL },
};
static const struct text_name indicators[] = {
	{ P1_DISCLOSURE_ALLOWED, "disclosure" }, { P1_CONVERSION_PROHIBITED, "no-conversion" },
	{ P1_ALTERNATE_ALLOWED, "alternate" }, { P1_CONTENT_RETURN, "content-return" },
	{ P1_SERVICE_MESSAGE, "service-message" }, { 0, NULL },
};
static const struct text_name recipient_flags[] = {
	{ P1_RESPONSIBILITY, "responsible" }, { P1_MTA_REPORT, "mta-report" },
	{ P1_MTA_NON_DELIVERY, "mta-ndr" }, { P1_ORIGINATOR_REPORT, "report" },
	{ P1_ORIGINATOR_NON_DELIVERY, "ndr" }, { 0, NULL },
};
static const struct text_name actions[] = {
	{ P1_RELAYED, "relayed" }, { P1_REROUTED, "rerouted" }, { 0, NULL },
};

#define BIND \
	TAGGED("null", PDU_OCTETS, 0x05), TAGGED("name", PDU_OCTETS, 0xa1, 0x80), \
	TAGGED("password", PDU_OCTETS, 0xa1, 0xa1, 0x16), \
	TAGGED("octets-password", PDU_OCTETS, 0xa1, 0xa1, 0x04), \
	TAGGED("strong", PDU_VALUE, 0xa1, 0xa1, 0xa0), TAGGED("labels", PDU_VALUE, 0xa1, 0xa2), REST
static const struct pdu_field bind_argument[] = { BIND };
static const struct pdu_field bind_error[] = {
	NAMED("error", PDU_INTEGER, bind_errors, 0x02), REST,
};

/* X.411 9: the members of the envelope, of messages below a SET of their own. */
#define ENVELOPE_BEGINS(...) \
	TAGGED("id", PDU_MTS_ID, __VA_ARGS__ 0x64), TAGGED("from", PDU_NAME, __VA_ARGS__ 0x60), \
	TAGGED("eits", PDU_VALUE, __VA_ARGS__ 0x65), \
	TAGGED("content", PDU_INTEGER, __VA_ARGS__ 0x46), \
	TAGGED("content-oid", PDU_OID, __VA_ARGS__ 0x06), \
	TAGGED("content-id", PDU_OCTETS, __VA_ARGS__ 0x4a)
#define ENVELOPE_ENDS(...) \
	NAMED("indicators", PDU_BITS, indicators, __VA_ARGS__ 0x48), \
	TAGGED("bilateral", PDU_VALUE, __VA_ARGS__ 0xa1), \
	TAGGED("trace", PDU_DOMAIN, __VA_ARGS__ 0x69, 0x30, 0x63), \
	TAGGED("arrival", PDU_OCTETS, __VA_ARGS__ 0x69, 0x30, 0x31, 0x80), \
	NAMED("action", PDU_INTEGER, actions, __VA_ARGS__ 0x69, 0x30, 0x31, 0x82), \
	TAGGED("traces", PDU_VALUE, __VA_ARGS__ 0x69), \
	TAGGED("extensions", PDU_VALUE, __VA_ARGS__ 0xa3), \
	TAGGED("to", PDU_NAME, __VA_ARGS__ 0xa2, 0x31, 0x60), \
	TAGGED("number", PDU_INTEGER, __VA_ARGS__ 0xa2, 0x31, 0x80), \
	NAMED("flags", PDU_FLAGS, recipient_flags, __VA_ARGS__ 0xa2, 0x31, 0x81), \
	TAGGED("recipients", PDU_VALUE, __VA_ARGS__ 0xa2)
#define IN_SET 0x31,
static const struct pdu_field message[] = {
	ENVELOPE_BEGINS(IN_SET), NAMED("priority", PDU_INTEGER, priorities, 0x31, 0x47),
	TAGGED("deferred", PDU_OCTETS, 0x31, 0x80), ENVELOPE_ENDS(IN_SET),
	TAGGED("user", PDU_VALUE, 0x04), REST,
};
static const struct pdu_field probe[] = {
	ENVELOPE_BEGINS(), TAGGED("length", PDU_INTEGER, 0x80), ENVELOPE_ENDS(), REST,
};
/* Of a report the destination is called `to`; what it says stands in `content`. */
static const struct pdu_field report[] = {
	TAGGED("id", PDU_MTS_ID, 0x31, 0x64), TAGGED("to", PDU_NAME, 0x31, 0x60),
	TAGGED("trace", PDU_DOMAIN, 0x31, 0x69, 0x30, 0x63),
	TAGGED("arrival", PDU_OCTETS, 0x31, 0x69, 0x30, 0x31, 0x80),
	NAMED("action", PDU_INTEGER, actions, 0x31, 0x69, 0x30, 0x31, 0x82),
	TAGGED("traces", PDU_VALUE, 0x31, 0x69), TAGGED("extensions", PDU_VALUE, 0x31, 0xa1),
	{ .name = "content", .place = PDU_REST, .type = PDU_VALUE, .depth = 1, .path = { 0x31 } },
};
/* The first of the reported recipients. */
#define REPORTED(...) 0xa0, 0x31, __VA_ARGS__
static const struct pdu_field report_content[] = {
	TAGGED("subject", PDU_MTS_ID, 0x64), TAGGED("content", PDU_INTEGER, 0x46),
	TAGGED("content-id", PDU_OCTETS, 0x4a), TAGGED("returned", PDU_OCTETS, 0x81),
	TAGGED("additional", PDU_VALUE, 0xa2), TAGGED("extensions", PDU_VALUE, 0xa3),
	TAGGED("to", PDU_NAME, REPORTED(0xa0)), TAGGED("number", PDU_INTEGER, REPORTED(0x81)),
	NAMED("flags", PDU_FLAGS, recipient_flags, REPORTED(0x82)),
	TAGGED("arrival", PDU_OCTETS, REPORTED(0xa3, 0x80)),
	TAGGED("delivered", PDU_OCTETS, REPORTED(0xa3, 0xa1, 0xa0, 0x80)),
	TAGGED("reason", PDU_INTEGER, REPORTED(0xa3, 0xa1, 0xa1, 0x80)),
	TAGGED("diagnostic", PDU_INTEGER, REPORTED(0xa3, 0xa1, 0xa1, 0x81)), REST,
};

/* Values that stand in a message, several of a kind: what carries them is a field. */
static const struct text_name criticalities[] = {
	{ 1 << 0, "for-submission" }, { 1 << 1, "for-transfer" }, { 1 << 2, "for-delivery" },
	{ 0, NULL },
};
static const struct pdu_field external[] = {
	TAGGED("context", PDU_INTEGER, 0x02), TAGGED("user", PDU_VALUE, 0xa0), REST,
};
static const struct pdu_field trace_element[] = {
	TAGGED("domain", PDU_DOMAIN, 0x63), TAGGED("arrival", PDU_OCTETS, 0x31, 0x80),
	TAGGED("deferred", PDU_OCTETS, 0x31, 0x81),
	NAMED("action", PDU_INTEGER, actions, 0x31, 0x82),
	TAGGED("attempted", PDU_DOMAIN, 0x31, 0x63), REST,
};
static const struct pdu_field recipient[] = {
	TAGGED("to", PDU_NAME, 0x60), TAGGED("number", PDU_INTEGER, 0x80),
	NAMED("flags", PDU_FLAGS, recipient_flags, 0x81), TAGGED("conversion", PDU_INTEGER, 0x82),
	TAGGED("extensions", PDU_VALUE, 0xa3), REST,
};
static const struct pdu_field extension[] = {
	TAGGED("type", PDU_INTEGER, 0x80), TAGGED("oid", PDU_OID, 0x83),
	NAMED("criticality", PDU_BITS, criticalities, 0x81), TAGGED("value", PDU_VALUE, 0xa2), REST,
};

/* ---- the forms ---- */

#define FORM(l, c, kind, octet, table, ...) \
	{ .name = kind, .layer = l, .code = c, .tag = octet, .fields = table, \
	  .fields_n = COUNT(table), __VA_ARGS__ }

/* What mts-transfer of 1988 proposes: ACSE (1), RTSE (3) and MTSE (5) in BER. */
#define DEFINITIONS \
	"hex:300f020101060452010001300406025101300f02010306045600020c300406025101" \
	"300f020105060456000207300406025101"
#define RESULTS "hex:300780010081025101300780010081025101300780010081025101"
#define IDENTIFIERS "hex:300702010106025101300702010306025101300702010506025101"

/* X.419 9.1.2: an APDU travels in an EXTERNAL of the MTSE context; in X.410 mode it
 * is the user data of session. */
#define IN_EXTERNAL "rtse RTTR user=(p1 EXTERNAL user=(%))", .x410_carrier = "session DT user=(%)"

/* In X.410 mode RTORQ and RTOAC are parameters of CP and CPA, and RTORJ and RTAB are CPR and
 * ARU: components of a SET (X.226 8.2). */
#define X410_CP "presentation CP mode=x410 contexts=none context=none user=none parameters="
#define X410_CPA "presentation CPA mode=x410 results=none context=none user=none parameters="

static const struct pdu_form forms[] = {
	FORM(LAYER_TPKT, 0, "frame", 0, frame, .preset = NULL),
	FORM(LAYER_COTP, COTP_CR, "CR", 0, cr, .preset = NULL),
	FORM(LAYER_COTP, COTP_CC, "CC", 0, cc, .preset = NULL),
	FORM(LAYER_COTP, COTP_DR, "DR", 0, dr, .preset = NULL),
	FORM(LAYER_COTP, COTP_DC, "DC", 0, dc, .preset = NULL),
	FORM(LAYER_COTP, COTP_DT, "DT", 0, dt_tpdu, .preset = NULL),
	FORM(LAYER_COTP, COTP_ED, "ED", 0, ed_tpdu, .preset = NULL),
	FORM(LAYER_COTP, COTP_AK, "AK", 0, ak, .preset = NULL),
	FORM(LAYER_COTP, COTP_EA, "EA", 0, ea, .preset = NULL),
	FORM(LAYER_COTP, COTP_RJ, "RJ", 0, rj, .preset = NULL),
	FORM(LAYER_COTP, COTP_ER, "ER", 0, er_tpdu, .preset = NULL),

	FORM(LAYER_PRESENTATION, PPDU_CP, "CP", 0x31, cp,
	     .preset = "mode=normal contexts=" DEFINITIONS " context=1 user=(acse AARQ)",
	     .carrier = "session CN user=(%)"),
	FORM(LAYER_PRESENTATION, PPDU_CPA, "CPA", 0x31, cpa,
	     .preset = "mode=normal results=" RESULTS " context=1 user=(acse AARE)",
	     .carrier = "session AC user=(%)"),
	FORM(LAYER_PRESENTATION, PPDU_CPR, "CPR", 0x30, cpr, .carrier = "session RF user=(%)"),
	FORM(LAYER_PRESENTATION, PPDU_ARU, "ARU", 0xa0, aru,
	     .preset = "contexts=" IDENTIFIERS " context=1",
	     .carrier = "session AB user=(%)"),
	FORM(LAYER_PRESENTATION, PPDU_ARP, "ARP", 0x30, arp,
	     .preset = "reason=0", .carrier = "session AB user=(%)"),
	FORM(LAYER_PRESENTATION, PPDU_TD, "TD", 0x61, user_data,
	     .preset = "context=3", .carrier = "session DT user=(%)"),
	FORM(LAYER_PRESENTATION, PPDU_USER, "User-data", 0x61, user_data, .preset = "context=1"),

	FORM(LAYER_ACSE, ACSE_AARQ, "AARQ", 0x60, aarq,
	     .preset = "context=2.6.0.1.6 direct=2.1.1 user-context=3 user=(rtse RTORQ)",
	     .carrier = "presentation CP user=(%)"),
	FORM(LAYER_ACSE, ACSE_AARE, "AARE", 0x61, aare,
	     .preset = "context=2.6.0.1.6 result=0 user-diagnostic=0 direct=2.1.1 user-context=3 "
	               "user=(rtse RTOAC)",
	     .carrier = "presentation CPA user=(%)"),
	FORM(LAYER_ACSE, ACSE_RLRQ, "RLRQ", 0x62, rlrq, .preset = "reason=0",
	     .carrier = "session FN user=(presentation User-data user=(%))"),
	FORM(LAYER_ACSE, ACSE_RLRE, "RLRE", 0x63, rlre, .preset = "reason=0",
	     .carrier = "session DN user=(presentation User-data user=(%))"),
	FORM(LAYER_ACSE, ACSE_ABRT, "ABRT", 0x64, abrt, .preset = "source=0",
	     .carrier = "presentation ARU user=(%)"),

	FORM(LAYER_RTSE, RTSE_RTORQ, "RTORQ", 0xb0, rtorq,
	     .preset = "checkpoint=30 window=5 dialogue=monologue open=(p1 BIND-ARGUMENT)",
	     .x410_preset = "checkpoint=30 window=5 dialogue=monologue open=(p1 BIND-ARGUMENT) "
	                    "protocol=12",
	     .preset_1984 = "protocol=1",
	     .carrier = "acse AARQ user=(%)", .x410_carrier = X410_CP "(%)", .x410_bare = true),
	FORM(LAYER_RTSE, RTSE_RTOAC, "RTOAC", 0xb1, rtoac,
	     .preset = "checkpoint=30 window=5 open=(p1 BIND-RESULT)",
	     .carrier = "acse AARE user=(%)", .x410_carrier = X410_CPA "(%)", .x410_bare = true),
	FORM(LAYER_RTSE, RTSE_RTORJ, "RTORJ", 0xb2, rtorj,
	     .preset = "user=(p1 BIND-ERROR)",
	     .carrier = "acse AARE result=rejected-permanent user-diagnostic=1 user=(%)",
	     .x410_carrier = "session RF user=(ber 0x31 (%))", .x410_bare = true),
	FORM(LAYER_RTSE, RTSE_RTTP, "RTTP", 0x02, rttp, .preset = "priority=0",
	     .carrier = "session PT token-item=dk+mi+ma user=(presentation User-data context=3 "
	     "user=(%))",
	     .x410_carrier = "session PT token-item=dk+mi+ma user=(%)"),
	FORM(LAYER_RTSE, RTSE_RTTR, "RTTR", 0x04, rttr,
	     .carrier = "presentation TD user=(%)",
	     .x410_carrier = "session DT user=(%)", .x410_bare = true),
	FORM(LAYER_RTSE, RTSE_RTAB, "RTAB", 0xb6, rtab, .preset = "reason=0",
	     .carrier = "acse ABRT direct=2.1.1 user-context=3 user=(%)",
	     .x410_carrier = "session AB user=(ber 0x31 (%))", .x410_bare = true),

	FORM(LAYER_P1, P1_CODE_BIND + P1_BIND_ARGUMENT, "BIND-ARGUMENT", 0xb0, bind_argument,
	     .preset = "name=$our-name password=$our-password",
	     .carrier = "rtse RTORQ open=(%)", .x410_bare = true),
	FORM(LAYER_P1, P1_CODE_BIND + P1_BIND_RESULT, "BIND-RESULT", 0xb1, bind_argument,
	     .preset = "name=$our-name password=$our-password",
	     .carrier = "rtse RTOAC open=(%)", .x410_bare = true),
	FORM(LAYER_P1, P1_CODE_BIND + P1_BIND_ERROR, "BIND-ERROR", 0xb2, bind_error,
	     .preset = "error=busy", .carrier = "rtse RTORJ user=(%)"),
	FORM(LAYER_P1, P1_MESSAGE, "MESSAGE", 0xa0, message,
	     .preset = "id=$mts-id from=$originator content=22 trace=$our-domain arrival=$now "
	               "action=relayed number=1 flags=responsible+mta-ndr+ndr",
	     .carrier = IN_EXTERNAL),
	FORM(LAYER_P1, P1_REPORT, "REPORT", 0xa1, report,
	     .preset = "id=$mts-id to=$originator trace=$our-domain arrival=$now action=relayed",
	     .carrier = IN_EXTERNAL),
	FORM(LAYER_P1, P1_PROBE, "PROBE", 0xa2, probe,
	     .preset = "id=$mts-id from=$originator content=22 length=0 trace=$our-domain "
	               "arrival=$now action=relayed number=1 flags=responsible+mta-ndr+ndr",
	     .carrier = IN_EXTERNAL),
	FORM(LAYER_P1, PDU_P1_REPORT_CONTENT, "REPORT-CONTENT", 0x31, report_content,
	     .preset = "arrival=$now number=1 flags=responsible+mta-ndr+ndr"),
	FORM(LAYER_P1, PDU_P1_EXTERNAL, "EXTERNAL", 0x28, external, .preset = "context=5"),
	FORM(LAYER_P1, PDU_P1_TRACE, "TRACE", 0x30, trace_element,
	     .preset = "domain=$our-domain arrival=$now action=relayed"),
	FORM(LAYER_P1, PDU_P1_RECIPIENT, "RECIPIENT", 0x31, recipient,
	     .preset = "number=1 flags=responsible+mta-ndr+ndr"),
	FORM(LAYER_P1, PDU_P1_EXTENSION, "EXTENSION", 0x30, extension,
	     .preset = "value=hex:0500"),
};

/* X.225 8.3: names, codes and fields are those of session_layouts. */
#define SPDU(kind, ...) { .layer = LAYER_SESSION, .code = kind, __VA_ARGS__ }
static const struct pdu_form spdus[] = {
#define UNITS "options=0 version=2 tokens=0 units=HD+SY+ACT+EXCEP "
	SPDU(SPDU_CN, .preset = UNITS "user=(presentation CP)",
	     .x410_preset = UNITS "user=(" X410_CP "(rtse RTORQ))"),
	SPDU(SPDU_OA, .preset = "version=2"), SPDU(SPDU_CDO, .preset = NULL),
	SPDU(SPDU_AC, .preset = UNITS "user=(presentation CPA)",
	     .x410_preset = UNITS "user=(" X410_CPA "(rtse RTOAC))"),
	SPDU(SPDU_RF, .preset = "tdisc=release reason=user-data"),
	SPDU(SPDU_FN, .preset = "tdisc=release user=(presentation User-data user=(acse RLRQ))",
	     .x410_preset = "tdisc=release"),
	SPDU(SPDU_DN, .preset = "user=(presentation User-data user=(acse RLRE))",
	     .x410_preset = ""),
	SPDU(SPDU_NF, .preset = NULL), SPDU(SPDU_AB, .preset = "tdisc=release+user"),
	SPDU(SPDU_AA, .preset = NULL), SPDU(SPDU_DT, .preset = NULL),
	SPDU(SPDU_EX, .preset = NULL), SPDU(SPDU_TD, .preset = NULL),
	SPDU(SPDU_CD, .preset = NULL), SPDU(SPDU_CDA, .preset = NULL),
	SPDU(SPDU_GT, .preset = NULL), SPDU(SPDU_PT, .preset = NULL),
	SPDU(SPDU_GTC, .preset = NULL), SPDU(SPDU_GTA, .preset = NULL),
	SPDU(SPDU_MIP, .preset = "serial=1"),
	SPDU(SPDU_MIA, .preset = "serial=1"), SPDU(SPDU_MAP, .preset = "sync=no-end serial=1"),
	SPDU(SPDU_MAA, .preset = "serial=1"), SPDU(SPDU_RS, .preset = "resync=restart serial=1"),
	SPDU(SPDU_RA, .preset = NULL), SPDU(SPDU_PR, .preset = "prepare=AB"),
	SPDU(SPDU_ER, .preset = NULL),
	SPDU(SPDU_ED, .preset = "reason=no-reason"), SPDU(SPDU_AS, .preset = "activity=hex:020101"),
	SPDU(SPDU_AR, .preset = "old-activity=hex:020101 serial=1 activity=hex:020102"),
	SPDU(SPDU_AI, .preset = "reason=no-reason"), SPDU(SPDU_AIA, .preset = NULL),
	SPDU(SPDU_AD, .preset = "reason=no-reason"), SPDU(SPDU_ADA, .preset = NULL),
	SPDU(SPDU_AE, .preset = "serial=1"), SPDU(SPDU_AEA, .preset = "serial=1"),
};
static struct pdu_form named_spdus[COUNT(spdus)];

/* The session table with the names and identifiers of the layouts. */
static const struct pdu_form *session_forms(void)
{
	static bool done;

	for (size_t i = 0; !done && i < COUNT(spdus); i++) {
		const struct session_layout *l = &session_layouts[spdus[i].code];

		named_spdus[i] = spdus[i];
		named_spdus[i].name = l->name;
		named_spdus[i].tag = l->si;
	}
	done = true;
	return named_spdus;
}

const struct pdu_form *pdu_form_next(enum layer layer, const struct pdu_form *after)
{
	const struct pdu_form *first = layer == LAYER_SESSION ? session_forms() : forms;
	const struct pdu_form *end = layer == LAYER_SESSION ? first + COUNT(spdus)
	                                                    : first + COUNT(forms);

	for (const struct pdu_form *f = after ? after + 1 : first; f < end; f++)
		if (f->layer == layer)
			return f;
	return NULL;
}

const struct pdu_form *pdu_form(enum layer layer, uint8_t code)
{
	const struct pdu_form *f = NULL;

	/* A reader that does not know the state says MAA/AEA. */
	if (layer == LAYER_SESSION && code == SPDU_MAA_AEA)
		code = SPDU_AEA;
	while ((f = pdu_form_next(layer, f)) != NULL && f->code != code)
		;
	return f;
}

const struct pdu_form *pdu_form_named(enum layer layer, const char *name, size_t n)
{
	const struct pdu_form *f = NULL;

	while ((f = pdu_form_next(layer, f)) != NULL &&
	       (strlen(f->name) != n || memcmp(f->name, name, n) != 0))
		;
	return f;
}

/* ---- fields ---- */

static const struct session_layout *layout(const struct pdu_form *f)
{
	return f->layer == LAYER_SESSION ? &session_layouts[f->code] : NULL;
}

static enum pdu_type session_type(enum session_value value)
{
	static const uint8_t types[] = {
		[VALUE_U8] = PDU_U8, [VALUE_U16] = PDU_U16, [VALUE_SIZES] = PDU_OCTETS,
		[VALUE_SERIAL] = PDU_DIGITS, [VALUE_DIGITS] = PDU_OCTETS, [VALUE_NUMBER] = PDU_U8,
		[VALUE_REASON] = PDU_U8, [VALUE_OCTETS] = PDU_OCTETS,
	};

	return (enum pdu_type)types[value];
}

static struct pdu_field session_field(const struct pdu_form *form, size_t i)
{
	const struct session_layout *l = layout(form);
	const struct session_slot *slot;
	struct pdu_field f = { .place = PDU_TAGGED };

	assert(l);		/* it is asked for forms of the session layer alone */
	if (i > l->n || (i == l->n && !l->information && form->code != SPDU_RF))
		return (struct pdu_field){ .name = "extra", .place = PDU_REST, .type = PDU_VALUE };
	if (i == l->n && l->information)
		return (struct pdu_field){ .name = "user", .place = PDU_AFTER, .type = PDU_VALUE };
	if (i == l->n)			/* X.225 8.3.5.10 */
		return (struct pdu_field){ .name = "user", .place = PDU_BEHIND, .type = PDU_VALUE,
		                           .depth = 1, .path = { 50 } };
	slot = &l->slots[i];
	f.name = session_values[slot->param].field;
	f.names = session_value_names((enum session_spdu)form->code,
	                              (enum session_param)slot->param);
	f.type = (uint8_t)session_type((enum session_value)session_values[slot->param].value);
	if (slot->param == SESSION_USER_DATA || slot->param == SESSION_EXTENDED_USER_DATA)
		f.type = PDU_VALUE;
	if (slot->pgi)
		f.path[f.depth++] = slot->pgi;
	f.path[f.depth++] = slot->code;
	return f;
}

size_t pdu_fields(const struct pdu_form *f)
{
	const struct session_layout *l = layout(f);

	return l ? l->n + 1u + (l->information || f->code == SPDU_RF) : f->fields_n;
}

struct pdu_field pdu_field(const struct pdu_form *f, size_t i)
{
	return layout(f) ? session_field(f, i) : f->fields[i];
}

int pdu_field_named(const struct pdu_form *f, const char *name, size_t n)
{
	for (size_t i = 0; i < pdu_fields(f); i++) {
		const char *have = pdu_field(f, i).name;

		if (strlen(have) == n && memcmp(have, name, n) == 0)
			return (int)i;
	}
	return -1;
}
