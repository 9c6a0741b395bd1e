/* Headings and notifications of X.420, and the values of their extensions. */
#include "ipm/ipm_types.h"

/* ---- values of extensions ---- */

static const struct p1_type language = P1_STRING_T(BER_PRINTABLE_STRING, 2, 5);
static const struct p1_type languages = P1_BAG_T(P1_OF(&language), 0, 0);
static const struct text_name submissions[] = {
	{ 0, "not-auto-submitted" }, { 1, "auto-generated" }, { 2, "auto-replied" }, P1_NO_NAME
};
static const struct p1_type auto_submitted = P1_ENUMERATED_T(submissions);

static const struct p1_member signature_members[] = {
	{ "body-part-number", &p1_type_integer, 0, 0 },
	{ "body-part-signature", &p1_type_signature, 0, 0 },
	{ "originator-certificate-selector", &p1_type_certificate_assertion, BER_CONTEXT(1),
	  P1_OPTIONAL },
	{ "originator-certificates", &p1_type_extended_certificates, BER_CONTEXT(0), P1_OPTIONAL },
	P1_END
};
static const struct p1_type signature = P1_SET_T(signature_members);
static const struct p1_type signatures = P1_BAG_T(P1_OF(&signature), 0, 0);

static const struct p1_member part_label_members[] = {
	{ "body-part-unlabelled", &p1_type_null, BER_CONTEXT(0), 0 },
	{ "body-part-security-label", &p1_type_label, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type part_label = P1_CHOICE_T(part_label_members);
static const struct p1_type part_labels = P1_LIST_T(P1_OF(&part_label), 0, 0);
static const struct p1_member label_members[] = {
	{ "content-security-label", &p1_type_label, BER_CONTEXT(0), 0 },
	{ "heading-security-label", &p1_type_label, BER_CONTEXT(1), P1_OPTIONAL },
	{ "body-part-security-labels", &part_labels, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
static const struct p1_type label = P1_SEQUENCE_T(label_members);
static const struct p1_type precedence = P1_NUMBER_T(NULL, 127);

static const struct p1_member absence_members[] = {
	{ "advice", &ipm_type_body_part, 0, P1_OPTIONAL },
	{ "next-available", &p1_type_time, 0, P1_OPTIONAL },
	P1_END
};
static const struct p1_type absence = P1_SEQUENCE_T(absence_members);
static const struct p1_member change_members[] = {
	{ "new-address", &p1_type_or_descriptor, BER_CONTEXT(0), 0 },
	{ "effective-from", &p1_type_time, BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
static const struct p1_type change_of_address = P1_SEQUENCE_T(change_members);

#define HEADING(n) 0, 4, { 0x56, 1, 5, n }		/* id-hex 2.6.1.5.n */
#define ADVICE(n) 0, 4, { 0x56, 1, 19, n }		/* id-on 2.6.1.19.n */
#define RECIPIENT(n) 0, 4, { 0x56, 1, 20, n }		/* id-rex 2.6.1.20.n */
#define MILITARY(n) 0, 8, { 0x2b, 0x1a, 0, 0xa2, 0x36, 0, 2, n }  /* 1.3.26.0.4406.0.2.n */
const struct p1_open ipm_extension_values[] = {
	{ "incomplete-copy", &p1_type_null, HEADING(0) },
	{ "languages", &languages, HEADING(1) },
	{ "auto-submitted", &auto_submitted, HEADING(2) },
	{ "body-part-signatures", &signatures, HEADING(3) },
	{ "ipm-security-label", &label, HEADING(4) },
	{ "authorization-time", &p1_type_generalized_time, HEADING(5) },
	{ "circulation-list-recipients", &p1_type_any, HEADING(6) },
	{ "distribution-codes", &p1_type_any, HEADING(7) },
	{ "extended-subject", &p1_type_universal_string, HEADING(8) },
	{ "information-category", &p1_type_any, HEADING(9) },
	{ "manual-handling-instructions", &p1_type_any, HEADING(10) },
	{ "originators-reference", &p1_type_universal_string, HEADING(11) },
	{ "precedence-policy-identifier", &p1_type_oid, HEADING(12) },
	{ "absence-advice", &absence, ADVICE(0) },
	{ "change-of-address-advice", &change_of_address, ADVICE(1) },
	{ "circulation-list-indicator", &p1_type_null, RECIPIENT(0) },
	{ "precedence", &precedence, RECIPIENT(1) },
	{ "primary-precedence", &ipm_type_precedence, MILITARY(0) },
	{ "copy-precedence", &ipm_type_precedence, MILITARY(1) },
	{ "message-type", &ipm_type_message_type, MILITARY(2) },
	{ "address-list-indicator", &ipm_type_address_lists, MILITARY(3) },
	{ "exempted-address", &ipm_type_exempted, MILITARY(4) },
	{ "extended-authorisation-info", &p1_type_time, MILITARY(5) },
	{ "military-distribution-codes", &ipm_type_codes, MILITARY(6) },
	{ "handling-instructions", &ipm_type_instructions, MILITARY(7) },
	{ "message-instructions", &ipm_type_instructions, MILITARY(8) },
	{ "codress-message", &p1_type_integer, MILITARY(9) },
	{ "originator-reference", &ipm_type_military, MILITARY(10) },
	{ "other-recipients-indicator", &ipm_type_other_recipients, MILITARY(11) },
	{ "pilot-forwarding-info", &ipm_type_pilots, MILITARY(12) },
	{ "acp127-message-identifier", &ipm_type_military, MILITARY(13) },
	{ "originator-plad", &ipm_type_military, MILITARY(14) },
	{ "acp127-notification-request", &p1_type_bit_string, MILITARY(15) },
	{ "information-labels", &ipm_type_labels, MILITARY(17) },
	{ NULL, NULL, 0, 0, "" },
};

static const struct p1_type extension_value = P1_OPEN_T(ipm_extension_values);
static const struct p1_member extension_members[] = {
	{ "type", &p1_type_oid, 0, 0 },
	{ "value", &extension_value, 0, P1_OPTIONAL },
	P1_END
};
const struct p1_type ipm_type_extension = P1_SEQUENCE_T(extension_members);
static const struct p1_type extensions = P1_BAG_T(P1_OF(&ipm_type_extension), 0, 0);

/* ---- headings ---- */

static const struct p1_member id_members[] = {
	{ "user", &p1_type_or_name, 0, P1_OPTIONAL },
	{ "user-relative-identifier", &(const struct p1_type)P1_STRING_T(BER_PRINTABLE_STRING, 0,
	  64), 0, 0 },
	P1_END
};
static const struct p1_type id = P1_T(P1_SET, .tag = BER_APPLICATION(11), .members = id_members);
static const struct p1_type ids = P1_LIST_T(P1_OF(&id), 0, 0);
static const struct p1_type descriptors = P1_LIST_T(P1_OF(&p1_type_or_descriptor), 0, 0);
static const struct p1_member specifier_members[] = {
	{ "recipient", &p1_type_or_descriptor, BER_CONTEXT(0), 0 },
	{ "notification-requests", &p1_type_notification_requests, BER_CONTEXT(1), P1_OPTIONAL },
	{ "reply-requested", &p1_type_boolean, BER_CONTEXT(2), P1_OPTIONAL },
	{ "recipient-extensions", &extensions, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type specifier = P1_SET_T(specifier_members);
static const struct p1_type specifiers = P1_LIST_T(P1_OF(&specifier), 0, 0);
static const struct p1_type subject = P1_STRING_T(BER_T61_STRING, 0, 128);
static const struct text_name importances[] = {
	{ 0, "low" }, { 1, "normal" }, { 2, "high" }, P1_NO_NAME
};
static const struct text_name sensitivities[] = {
	{ 1, "personal" }, { 2, "private" }, { 3, "company-confidential" }, P1_NO_NAME
};
static const struct p1_member heading_members[] = {
	{ "this-IPM", &id, 0, 0 },
	{ "originator", &p1_type_or_descriptor, BER_CONTEXT(0), P1_OPTIONAL },
	{ "authorizing-users", &descriptors, BER_CONTEXT(1), P1_OPTIONAL },
	{ "primary-recipients", &specifiers, BER_CONTEXT(2), P1_OPTIONAL },
	{ "copy-recipients", &specifiers, BER_CONTEXT(3), P1_OPTIONAL },
	{ "blind-copy-recipients", &specifiers, BER_CONTEXT(4), P1_OPTIONAL },
	{ "replied-to-IPM", &id, BER_CONTEXT(5), P1_OPTIONAL },
	{ "obsoleted-IPMs", &ids, BER_CONTEXT(6), P1_OPTIONAL },
	{ "related-IPMs", &ids, BER_CONTEXT(7), P1_OPTIONAL },
	{ "subject", &subject, BER_CONTEXT(8), P1_OPTIONAL | P1_EXPLICIT },
	{ "expiry-time", &p1_type_time, BER_CONTEXT(9), P1_OPTIONAL },
	{ "reply-time", &p1_type_time, BER_CONTEXT(10), P1_OPTIONAL },
	{ "reply-recipients", &descriptors, BER_CONTEXT(11), P1_OPTIONAL },
	{ "importance", &(const struct p1_type)P1_ENUMERATED_T(importances), BER_CONTEXT(12),
	  P1_OPTIONAL },
	{ "sensitivity", &(const struct p1_type)P1_ENUMERATED_T(sensitivities), BER_CONTEXT(13),
	  P1_OPTIONAL },
	{ "auto-forwarded", &p1_type_boolean, BER_CONTEXT(14), P1_OPTIONAL },
	{ "extensions", &extensions, BER_CONTEXT(15), P1_OPTIONAL },
	P1_END
};
const struct p1_type ipm_type_heading = P1_SET_T(heading_members);

/* ---- notifications ---- */

static const struct p1_member returned_members[] = {
	{ "heading", &ipm_type_heading, 0, 0 },
	{ "body", &ipm_type_body, 0, 0 },
	P1_END
};
static const struct p1_type returned = P1_SEQUENCE_T(returned_members);
static const struct text_name non_receipt_reasons[] = {
	{ 0, "ipm-discarded" }, { 1, "ipm-auto-forwarded" }, P1_NO_NAME
};
static const struct text_name discard_reasons[] = {
	{ 0, "ipm-expired" }, { 1, "ipm-obsoleted" }, { 2, "user-subscription-terminated" },
	{ 3, "not-used" }, P1_NO_NAME
};
static const struct text_name acknowledgments[] = {
	{ 0, "manual" }, { 1, "automatic" }, P1_NO_NAME
};
static const struct p1_member non_receipt_members[] = {
	{ "non-receipt-reason", &(const struct p1_type)P1_ENUMERATED_T(non_receipt_reasons),
	  BER_CONTEXT(0), 0 },
	{ "discard-reason", &(const struct p1_type)P1_ENUMERATED_T(discard_reasons),
	  BER_CONTEXT(1), P1_OPTIONAL },
	{ "auto-forward-comment", &(const struct p1_type)P1_STRING_T(BER_PRINTABLE_STRING, 0, 256),
	  BER_CONTEXT(2), P1_OPTIONAL },
	{ "returned-ipm", &returned, BER_CONTEXT(3), P1_OPTIONAL },
	{ "nrn-extensions", &extensions, BER_CONTEXT(4), P1_OPTIONAL },
	P1_END
};
static const struct p1_type non_receipt = P1_SET_T(non_receipt_members);
static const struct p1_member receipt_members[] = {
	{ "receipt-time", &p1_type_time, BER_CONTEXT(0), 0 },
	{ "acknowledgment-mode", &(const struct p1_type)P1_ENUMERATED_T(acknowledgments),
	  BER_CONTEXT(1), P1_OPTIONAL },
	{ "suppl-receipt-info", &p1_type_supplementary, BER_CONTEXT(2), P1_OPTIONAL },
	{ "rn-extensions", &extensions, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type receipt = P1_SET_T(receipt_members);
static const struct p1_member kind_members[] = {
	{ "non-receipt-fields", &non_receipt, BER_CONTEXT(0), 0 },
	{ "receipt-fields", &receipt, BER_CONTEXT(1), 0 },
	{ "other-notification-type-fields", &extensions, BER_CONTEXT(2), 0 },
	P1_END
};
static const struct p1_type kind = P1_CHOICE_T(kind_members);
static const struct p1_member notification_members[] = {
	{ "subject-ipm", &id, 0, 0 },
	{ "ipn-originator", &p1_type_or_descriptor, BER_CONTEXT(1), P1_OPTIONAL },
	{ "ipm-intended-recipient", &p1_type_or_descriptor, BER_CONTEXT(2), P1_OPTIONAL },
	{ "conversion-eits", &p1_type_eits, 0, P1_OPTIONAL },
	{ "notification-extensions", &extensions, BER_CONTEXT(3), P1_OPTIONAL },
	{ "choice", &kind, BER_CONTEXT(0), 0 },
	P1_END
};
const struct p1_type ipm_type_notification = P1_SET_T(notification_members);
