/* Envelopes: X.411 Figure 4 (MTAAbstractService), and of Figure 2 what they hold. */
#include "p1/p1_types.h"

const struct p1_type p1_type_mta_name = P1_STRING_T(BER_IA5_STRING, 1, 32);
const struct p1_type p1_type_supplementary = P1_STRING_T(BER_PRINTABLE_STRING, 1, 256);

/* ---- encoded information types ---- */

static const struct text_name eit_names[] = {
	{ 0, "unknown" }, { 1, "telex" }, { 2, "ia5-text" }, { 3, "g3-facsimile" },
	{ 4, "g4-class-1" }, { 5, "teletex" }, { 6, "videotex" }, { 7, "voice" }, { 8, "sfd" },
	{ 9, "mixed-mode" }, P1_NO_NAME
};
static const struct text_name g3_names[] = {
	{ 8, "two-dimensional" }, { 9, "fine-resolution" }, { 20, "unlimited-length" },
	{ 21, "b4-length" }, { 22, "a3-width" }, { 23, "b4-width" }, { 25, "t6-coding" },
	{ 30, "uncompressed" }, { 37, "width-middle-864-of-1728" },
	{ 38, "width-middle-1216-of-1728" }, { 44, "resolution-type" },
	{ 45, "resolution-400x400" }, { 46, "resolution-300x300" }, { 47, "resolution-8x15" },
	{ 49, "edi" }, { 50, "dtm" }, { 51, "bft" }, { 58, "mixed-mode" },
	{ 60, "character-mode" }, { 65, "twelve-bits" }, { 66, "preferred-huffmann" },
	{ 67, "full-colour" }, { 68, "jpeg" }, { 71, "processable-mode-26" }, P1_NO_NAME
};
const struct p1_type p1_type_g3_parameters = P1_BITS_T(g3_names, 0);
static const struct p1_member teletex_members[] = {
	{ "graphic-character-sets", &p1_type_teletex, BER_CONTEXT(0), P1_OPTIONAL },
	{ "control-character-sets", &p1_type_teletex, BER_CONTEXT(1), P1_OPTIONAL },
	{ "page-formats", &p1_type_octets, BER_CONTEXT(2), P1_OPTIONAL },
	{ "miscellaneous-terminal-capabilities", &p1_type_teletex, BER_CONTEXT(3), P1_OPTIONAL },
	{ "private-use", &p1_type_octets, BER_CONTEXT(4), P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_teletex_parameters = P1_SET_T(teletex_members);
static const struct p1_type extended_eits = P1_BAG_T(P1_OF(&p1_type_oid), 1, 1024);
static const struct p1_member eits_members[] = {
	{ "built-in-encoded-information-types", &(const struct p1_type)P1_BITS_T(eit_names, 0),
	  BER_CONTEXT(0), 0 },
	{ "g3-facsimile", &p1_type_g3_parameters, BER_CONTEXT(1), P1_OPTIONAL },
	{ "teletex", &p1_type_teletex_parameters, BER_CONTEXT(2), P1_OPTIONAL },
	/* 1984, no longer defined later */
	{ "presentation-capabilities", &p1_type_any, BER_CONTEXT(3), P1_OPTIONAL },
	{ "extended-encoded-information-types", &extended_eits, BER_CONTEXT(4), P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_eits =
	P1_T(P1_SET, .tag = BER_APPLICATION(5), .members = eits_members);

/* ---- trace ---- */

static const struct text_name routing_actions[] = {
	{ 0, "relayed" }, { 1, "rerouted" }, P1_NO_NAME
};
static const struct p1_type routing_action = P1_ENUMERATED_T(routing_actions);
static const struct text_name other_actions[] = {
	{ 0, "redirected" }, { 1, "dl-operation" }, P1_NO_NAME
};
static const struct p1_type actions = P1_BITS_T(other_actions, 0);

static const struct p1_member supplied_members[] = {
	{ "arrival-time", &p1_type_time, BER_CONTEXT(0), 0 },
	{ "routing-action", &routing_action, BER_CONTEXT(2), 0 },
	{ "attempted-domain", &p1_type_domain, 0, P1_OPTIONAL },
	{ "deferred-time", &p1_type_time, BER_CONTEXT(1), P1_OPTIONAL },
	{ "converted-encoded-information-types", &p1_type_eits, 0, P1_OPTIONAL },
	{ "other-actions", &actions, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type supplied = P1_SET_T(supplied_members);
static const struct p1_member trace_element_members[] = {
	{ "global-domain-identifier", &p1_type_domain, 0, 0 },
	{ "domain-supplied-information", &supplied, 0, 0 },
	P1_END
};
static const struct p1_type trace_element = P1_SEQUENCE_T(trace_element_members);
static const struct p1_type trace_type = P1_T(P1_SEQUENCE_OF, .tag = BER_APPLICATION(9),
	.members = P1_OF(&trace_element), .least = 1, .most = 512);

static const struct p1_member mta_supplied_members[] = {
	{ "arrival-time", &p1_type_time, BER_CONTEXT(0), 0 },
	{ "routing-action", &routing_action, BER_CONTEXT(2), 0 },
	{ "attempted-mta", &p1_type_mta_name, 0, P1_OPTIONAL },	/* CHOICE of this */
	{ "attempted-domain", &p1_type_domain, 0, P1_OPTIONAL },	/* and this */
	{ "deferred-time", &p1_type_time, BER_CONTEXT(1), P1_OPTIONAL },
	{ "converted-encoded-information-types", &p1_type_eits, 0, P1_OPTIONAL },
	{ "other-actions", &actions, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type mta_supplied = P1_SET_T(mta_supplied_members);
static const struct p1_member internal_element_members[] = {
	{ "global-domain-identifier", &p1_type_domain, 0, 0 },
	{ "mta-name", &p1_type_mta_name, 0, 0 },
	{ "mta-supplied-information", &mta_supplied, 0, 0 },
	P1_END
};
static const struct p1_type internal_element = P1_SEQUENCE_T(internal_element_members);
const struct p1_type p1_type_internal_trace = P1_LIST_T(P1_OF(&internal_element), 1, 512);

/* ---- values of extensions ---- */

#define YES_OR_NO(no, yes) ((const struct p1_type[]){ P1_ENUMERATED_T(((const struct text_name[]){ \
	{ 0, no }, { 1, yes }, P1_NO_NAME })) })

static const struct text_name delivery_methods[] = {
	{ 0, "any-delivery-method" }, { 1, "mhs-delivery" }, { 2, "physical-delivery" },
	{ 3, "telex-delivery" }, { 4, "teletex-delivery" }, { 5, "g3-facsimile-delivery" },
	{ 6, "g4-facsimile-delivery" }, { 7, "ia5-terminal-delivery" },
	{ 8, "videotex-delivery" }, { 9, "telephone-delivery" }, P1_NO_NAME
};
static const struct p1_type delivery_method = P1_NUMBER_T(delivery_methods, 256);
static const struct p1_type delivery_methods_list = P1_LIST_T(P1_OF(&delivery_method), 0, 0);

static const struct text_name physical_modes[] = {
	{ 0, "ordinary-mail" }, { 1, "special-delivery" }, { 2, "express-mail" },
	{ 3, "counter-collection" }, { 4, "counter-collection-with-telephone-advice" },
	{ 5, "counter-collection-with-telex-advice" },
	{ 6, "counter-collection-with-teletex-advice" }, { 7, "bureau-fax-delivery" }, P1_NO_NAME
};
static const struct p1_type physical_delivery_modes = P1_BITS_T(physical_modes, 0);
static const struct text_name registered[] = {
	{ 0, "non-registered-mail" }, { 1, "registered-mail" },
	{ 2, "registered-mail-to-addressee-in-person" }, P1_NO_NAME
};
static const struct p1_type registered_mail = P1_NUMBER_T(registered, 256);
static const struct text_name physical_reports[] = {
	{ 0, "return-of-undeliverable-mail-by-PDS" }, { 1, "return-of-notification-by-PDS" },
	{ 2, "return-of-notification-by-MHS" }, { 3, "return-of-notification-by-MHS-and-PDS" },
	P1_NO_NAME
};
static const struct p1_type physical_report = P1_NUMBER_T(physical_reports, 256);
static const struct p1_type number_for_advice = P1_STRING_T(BER_T61_STRING, 1, 32);

static const struct p1_member correlator_members[] = {
	{ "ia5text", &p1_type_ia5, 0, 0 },
	{ "octets", &p1_type_octets, 0, 0 },
	P1_END
};
static const struct p1_type correlator = P1_CHOICE_T(correlator_members);

static const struct text_name redirection_reasons[] = {
	{ 0, "recipient-assigned-alternate-recipient" },
	{ 1, "originator-requested-alternate-recipient" },
	{ 2, "recipient-MD-assigned-alternate-recipient" }, { 3, "directory-look-up" },
	{ 4, "alias" }, P1_NO_NAME
};
static const struct p1_member intended_members[] = {
	{ "intended-recipient", &p1_type_or_name, 0, 0 },
	{ "redirection-time", &p1_type_time, 0, 0 },
	P1_END
};
static const struct p1_type intended = P1_SEQUENCE_T(intended_members);
static const struct p1_member redirection_members[] = {
	{ "intended-recipient-name", &intended, 0, 0 },
	{ "redirection-reason", &(const struct p1_type)P1_ENUMERATED_T(redirection_reasons), 0, 0 },
	P1_END
};
static const struct p1_type redirection = P1_SEQUENCE_T(redirection_members);
static const struct p1_type redirections = P1_LIST_T(P1_OF(&redirection), 1, 512);

static const struct p1_member expansion_members[] = {
	{ "dl", &p1_type_or_name, 0, 0 },
	{ "dl-expansion-time", &p1_type_time, 0, 0 },
	P1_END
};
static const struct p1_type expansion = P1_SEQUENCE_T(expansion_members);
static const struct p1_type expansions = P1_LIST_T(P1_OF(&expansion), 1, 512);
static const struct p1_member origination_members[] = {
	{ "originator-or-dl-name", &p1_type_or_name, 0, 0 },
	{ "origination-or-expansion-time", &p1_type_time, 0, 0 },
	P1_END
};
static const struct p1_type origination = P1_SEQUENCE_T(origination_members);
static const struct p1_type originations = P1_LIST_T(P1_OF(&origination), 2, 513);

static const struct p1_member reporting_mta_members[] = {
	{ "domain", &p1_type_domain, 0, 0 },
	{ "mta-name", &p1_type_mta_name, 0, 0 },
	{ "mta-directory-name", &p1_type_directory_name, BER_CONTEXT(0), P1_OPTIONAL },
	P1_END
};
static const struct p1_type reporting_mta = P1_SEQUENCE_T(reporting_mta_members);
static const struct p1_type exempted = P1_BAG_T(P1_OF(&p1_type_or_name), 0, 0);

static const struct p1_member selectors_members[] = {
	{ "encryption-recipient", &p1_type_certificate_assertion, BER_CONTEXT(0), P1_OPTIONAL },
	{ "encryption-originator", &p1_type_certificate_assertion, BER_CONTEXT(1), P1_OPTIONAL },
	{ "content-integrity-check", &p1_type_certificate_assertion, BER_CONTEXT(2),
	  P1_OPTIONAL },
	{ "token-signature", &p1_type_certificate_assertion, BER_CONTEXT(3), P1_OPTIONAL },
	{ "message-origin-authentication", &p1_type_certificate_assertion, BER_CONTEXT(4),
	  P1_OPTIONAL },
	P1_END
};
static const struct p1_type selectors = P1_SET_T(selectors_members);

/* Tokens of body parts and of forwarded contents (X.420, IPMSSecurityExtensions). */
static const struct p1_type body_part_tokens, forwarded_tokens;
static const struct p1_member encryption_token_members[] = {
	{ "encryption-algorithm-identifier", &p1_type_algorithm, 0, 0 },
	{ "encrypted-key", &p1_type_bit_string, 0, 0 },
	{ "recipient-certificate-selector", &p1_type_certificate_assertion, BER_CONTEXT(0),
	  P1_OPTIONAL },
	{ "recipient-certificate", &p1_type_certificates, BER_CONTEXT(1), P1_OPTIONAL },
	{ "originator-certificate-selector", &p1_type_certificate_assertion, BER_CONTEXT(2),
	  P1_OPTIONAL },
	{ "originator-certificates", &p1_type_extended_certificates, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type encryption_token = P1_SET_T(encryption_token_members);
static const struct p1_member token_choice_members[] = {
	{ "encryption-token", &encryption_token, 0, 0 },
	{ "message-or-content-body-part", &body_part_tokens, BER_CONTEXT(0), 0 },
	P1_END
};
static const struct p1_type token_choice = P1_CHOICE_T(token_choice_members);
static const struct p1_member body_part_token_members[] = {
	{ "body-part-number", &p1_type_integer, 0, 0 },
	{ "body-part-choice", &token_choice, 0, 0 },
	P1_END
};
static const struct p1_type body_part_token = P1_SET_T(body_part_token_members);
static const struct p1_type body_part_tokens = P1_BAG_T(P1_OF(&body_part_token), 0, 0);
static const struct p1_member forwarded_choice_members[] = {
	{ "forwarding-token", &p1_type_token, 0, 0 },
	{ "message-or-content-body-part", &forwarded_tokens, 0, 0 },
	P1_END
};
static const struct p1_type forwarded_choice = P1_CHOICE_T(forwarded_choice_members);
static const struct p1_member forwarded_token_members[] = {
	{ "body-part-number", &p1_type_integer, 0, 0 },
	{ "body-part-choice", &forwarded_choice, 0, 0 },
	P1_END
};
static const struct p1_type forwarded_token = P1_SET_T(forwarded_token_members);
static const struct p1_type forwarded_tokens = P1_BAG_T(P1_OF(&forwarded_token), 0, 0);

/* Recipients as X.420 specifies them: in blind-copy-recipients. */
static const struct p1_member ipms_extension_members[] = {
	{ "type", &p1_type_oid, 0, 0 },
	{ "value", &p1_type_any, 0, P1_OPTIONAL },
	P1_END
};
static const struct p1_type ipms_extension = P1_SEQUENCE_T(ipms_extension_members);
static const struct p1_type ipms_extensions = P1_BAG_T(P1_OF(&ipms_extension), 0, 0);
static const struct p1_member descriptor_members[] = {
	{ "formal-name", &p1_type_or_name, 0, P1_OPTIONAL },
	{ "free-form-name", &(const struct p1_type)P1_STRING_T(BER_T61_STRING, 0, 64),
	  BER_CONTEXT(0), P1_OPTIONAL },
	{ "telephone-number", &(const struct p1_type)P1_STRING_T(BER_PRINTABLE_STRING, 0, 32),
	  BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_or_descriptor = P1_SET_T(descriptor_members);
static const struct text_name notification_names[] = {
	{ 0, "rn" }, { 1, "nrn" }, { 2, "ipm-return" }, { 3, "an-supported" },
	{ 4, "suppress-an" }, P1_NO_NAME
};
const struct p1_type p1_type_notification_requests = P1_BITS_T(notification_names, 0);
static const struct p1_member specifier_members[] = {
	{ "recipient", &p1_type_or_descriptor, BER_CONTEXT(0), 0 },
	{ "notification-requests", &p1_type_notification_requests, BER_CONTEXT(1), P1_OPTIONAL },
	{ "reply-requested", &p1_type_boolean, BER_CONTEXT(2), P1_OPTIONAL },
	{ "recipient-extensions", &ipms_extensions, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type specifier = P1_SET_T(specifier_members);
static const struct p1_type blind_copies = P1_LIST_T(P1_OF(&specifier), 0, 0);

const struct p1_open p1_extension_values[] = {
	{ NULL, YES_OR_NO("recipient-reassignment-allowed", "recipient-reassignment-prohibited"),
	  1, 0, "" },
	{ NULL, &p1_type_or_name, 2, 0, "" },
	{ NULL, YES_OR_NO("dl-expansion-allowed", "dl-expansion-prohibited"), 3, 0, "" },
	{ NULL, YES_OR_NO("conversion-with-loss-allowed", "conversion-with-loss-prohibited"),
	  4, 0, "" },
	{ NULL, &p1_type_time, 5, 0, "" },
	{ NULL, &delivery_methods_list, 6, 0, "" },
	{ NULL, YES_OR_NO("physical-forwarding-allowed", "physical-forwarding-prohibited"),
	  7, 0, "" },
	{ NULL, YES_OR_NO("physical-forwarding-address-not-requested",
	                  "physical-forwarding-address-requested"), 8, 0, "" },
	{ NULL, &physical_delivery_modes, 9, 0, "" },
	{ NULL, &registered_mail, 10, 0, "" },
	{ NULL, &number_for_advice, 11, 0, "" },
	{ NULL, &p1_type_oid, 12, 0, "" },
	{ NULL, &p1_type_or_address, 13, 0, "" },
	{ NULL, &physical_report, 14, 0, "" },
	{ NULL, &p1_type_certificates, 15, 0, "" },
	{ NULL, &p1_type_token, 16, 0, "" },
	{ NULL, &p1_type_algorithm, 17, 0, "" },
	{ NULL, &p1_type_signature, 18, 0, "" },
	{ NULL, &p1_type_signature, 19, 0, "" },
	{ NULL, &p1_type_label, 20, 0, "" },
	{ NULL, YES_OR_NO("proof-of-submission-not-requested", "proof-of-submission-requested"),
	  21, 0, "" },
	{ NULL, YES_OR_NO("proof-of-delivery-not-requested", "proof-of-delivery-requested"),
	  22, 0, "" },
	{ NULL, &correlator, 23, 0, "" },
	{ NULL, &p1_type_signature, 24, 0, "" },
	{ NULL, &redirections, 25, 0, "" },
	{ NULL, &expansions, 26, 0, "" },
	{ NULL, &p1_type_or_name, 27, 0, "" },
	{ NULL, &p1_type_certificates, 28, 0, "" },
	{ NULL, &p1_type_signature, 29, 0, "" },
	{ NULL, &originations, 30, 0, "" },
	{ NULL, &p1_type_or_name, 31, 0, "" },
	{ NULL, &p1_type_certificates, 32, 0, "" },
	{ NULL, &p1_type_signature, 33, 0, "" },
	{ NULL, &p1_type_certificates, 34, 0, "" },
	{ NULL, &p1_type_signature, 35, 0, "" },
	/* 36 is X.413's and takes no part in transfer */
	{ NULL, &trace_type, 37, 0, "" },
	{ NULL, &p1_type_internal_trace, 38, 0, "" },
	{ NULL, &reporting_mta, 39, 0, "" },
	{ NULL, &p1_type_extended_certificates, 40, 0, "" },
	{ NULL, &blind_copies, 41, 0, "" },
	{ NULL, &exempted, 42, 0, "" },
	{ NULL, &body_part_tokens, 43, 0, "" },
	{ NULL, &forwarded_tokens, 44, 0, "" },
	{ NULL, &selectors, 45, 0, "" },
	{ NULL, &selectors, 46, 0, "" },
	{ NULL, NULL, 0, 0, "" },
};

static const struct p1_member type_members[] = {
	{ "standard-extension", &(const struct p1_type)P1_NUMBER_T(NULL, 256), BER_CONTEXT(0), 0 },
	{ "private-extension", &p1_type_oid, BER_CONTEXT(3), 0 },
	P1_END
};
static const struct p1_type extension_type = P1_CHOICE_T(type_members);
static const struct text_name criticalities[] = {
	{ 0, "for-submission" }, { 1, "for-transfer" }, { 2, "for-delivery" }, P1_NO_NAME
};
static const struct p1_type extension_value = P1_OPEN_T(p1_extension_values);
static const struct p1_member extension_members[] = {
	{ "type", &extension_type, 0, 0 },
	{ "criticality", &(const struct p1_type)P1_BITS_T(criticalities, 0), BER_CONTEXT(1),
	  P1_OPTIONAL },
	{ "value", &extension_value, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_extension = P1_SEQUENCE_T(extension_members);
static const struct p1_type extensions = P1_BAG_T(P1_OF(&p1_type_extension), 0, 0);

/* ---- fields of envelopes ---- */

static const struct text_name content_types[] = {
	{ 0, "unidentified" }, { 1, "external" }, { 2, "interpersonal-messaging-1984" },
	{ 22, "interpersonal-messaging-1988" }, { 35, "edi-messaging" }, { 40, "voice-messaging" },
	P1_NO_NAME
};
static const struct p1_type built_in_content = P1_T(P1_INTEGER, .tag = BER_APPLICATION(6),
	.names = content_types, .most = 32767);
static const struct p1_member content_type_members[] = {
	{ "built-in", &built_in_content, 0, 0 },
	{ "extended", &p1_type_oid, 0, 0 },
	P1_END
};
static const struct p1_type content_type = P1_CHOICE_T(content_type_members);
static const struct p1_type content_identifier = P1_T(P1_STRING, .tag = BER_APPLICATION(10),
	.least = 1, .most = 16);
static const struct text_name priorities[] = {
	{ 0, "normal" }, { 1, "non-urgent" }, { 2, "urgent" }, P1_NO_NAME
};
static const struct p1_type priority = P1_T(P1_ENUMERATED, .tag = BER_APPLICATION(7),
	.names = priorities);
static const struct text_name message_indicators[] = {
	{ 0, "disclosure-of-other-recipients" }, { 1, "implicit-conversion-prohibited" },
	{ 2, "alternate-recipient-allowed" }, { 3, "content-return-request" }, { 4, "reserved" },
	{ 5, "bit-5" }, { 6, "bit-6" }, { 7, "service-message" }, P1_NO_NAME
};
static const struct p1_type indicators = P1_T(P1_BITS, .tag = BER_APPLICATION(8),
	.names = message_indicators, .most = 16);
static const struct text_name recipient_indicators[] = {
	{ 0, "responsibility" }, { 1, "originating-MTA-report" },
	{ 2, "originating-MTA-non-delivery-report" }, { 3, "originator-report" },
	{ 4, "originator-non-delivery-report" }, { 5, "reserved-5" }, { 6, "reserved-6" },
	{ 7, "reserved-7" }, P1_NO_NAME
};
static const struct p1_type recipient_bits = P1_T(P1_BITS, .tag = BER_UNIVERSAL(BER_BIT_STRING),
	.names = recipient_indicators, .least = 8, .most = 16);
static const struct text_name conversions[] = {
	{ 0, "ia5-text-to-teletex" }, { 8, "ia5-text-to-g3-facsimile" },
	{ 9, "ia5-text-to-g4-class-1" }, { 10, "ia5-text-to-videotex" },
	{ 11, "teletex-to-ia5-text" }, { 12, "teletex-to-g3-facsimile" },
	{ 13, "teletex-to-g4-class-1" }, { 14, "teletex-to-videotex" },
	{ 16, "videotex-to-ia5-text" }, { 17, "videotex-to-teletex" }, P1_NO_NAME
};
static const struct p1_type conversion = P1_NUMBER_T(conversions, 256);
static const struct p1_type recipient_number = P1_T(P1_INTEGER,
	.tag = BER_UNIVERSAL(BER_INTEGER), .least = 1, .most = 32767);

static const struct p1_member private_domain_members[] = {
	{ "administration-domain-name", &p1_type_admd, BER_CONTEXT(0), 0 },
	{ "private-domain-identifier", &p1_type_prmd, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type private_domain = P1_SEQUENCE_T(private_domain_members);
static const struct p1_member bilateral_domain_members[] = {
	{ "administration-domain-name", &p1_type_admd, 0, 0 },
	{ "private-domain", &private_domain, 0, 0 },
	P1_END
};
static const struct p1_type bilateral_domain = P1_CHOICE_T(bilateral_domain_members);
static const struct p1_member bilateral_members[] = {
	{ "country-name", &p1_type_country, 0, 0 },
	{ "domain", &bilateral_domain, 0, 0 },
	{ "bilateral-information", &p1_type_any, 0, 0 },
	P1_END
};
static const struct p1_type bilateral = P1_SEQUENCE_T(bilateral_members);
static const struct p1_type bilaterals = P1_LIST_T(P1_OF(&bilateral), 1, 512);

static const struct p1_member recipient_members[] = {
	{ "recipient-name", &p1_type_or_name, 0, 0 },
	{ "originally-specified-recipient-number", &recipient_number, BER_CONTEXT(0), 0 },
	{ "per-recipient-indicators", &recipient_bits, BER_CONTEXT(1), 0 },
	{ "explicit-conversion", &conversion, BER_CONTEXT(2), P1_OPTIONAL },
	{ "extensions", &extensions, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type recipient = P1_SET_T(recipient_members);
static const struct p1_type recipients = P1_LIST_T(P1_OF(&recipient), 1, 32767);

static const struct p1_member message_members[] = {
	{ "message-identifier", &p1_type_mts_id, 0, 0 },
	{ "originator-name", &p1_type_or_name, 0, 0 },
	{ "original-encoded-information-types", &p1_type_eits, 0, P1_OPTIONAL },
	{ "content-type", &content_type, 0, 0 },
	{ "content-identifier", &content_identifier, 0, P1_OPTIONAL },
	{ "priority", &priority, 0, P1_OPTIONAL },
	{ "per-message-indicators", &indicators, 0, P1_OPTIONAL },
	{ "deferred-delivery-time", &p1_type_time, BER_CONTEXT(0), P1_OPTIONAL },
	{ "per-domain-bilateral-information", &bilaterals, BER_CONTEXT(1), P1_OPTIONAL },
	{ "trace-information", &trace_type, 0, 0 },
	{ "extensions", &extensions, BER_CONTEXT(3), P1_OPTIONAL },
	{ "per-recipient-fields", &recipients, BER_CONTEXT(2), 0 },
	P1_END
};
static const struct p1_type message_envelope = P1_SET_T(message_members);
static const struct p1_member message_parts[] = {
	{ "envelope", &message_envelope, 0, 0 },
	{ "content", &p1_type_octets, 0, 0 },
	P1_END
};
static const struct p1_type message = P1_SEQUENCE_T(message_parts);

static const struct p1_member probe_members[] = {
	{ "probe-identifier", &p1_type_mts_id, 0, 0 },
	{ "originator-name", &p1_type_or_name, 0, 0 },
	{ "original-encoded-information-types", &p1_type_eits, 0, P1_OPTIONAL },
	{ "content-type", &content_type, 0, 0 },
	{ "content-identifier", &content_identifier, 0, P1_OPTIONAL },
	{ "content-length", &(const struct p1_type)P1_NUMBER_T(NULL, INT32_MAX), BER_CONTEXT(0),
	  P1_OPTIONAL },
	{ "per-message-indicators", &indicators, 0, P1_OPTIONAL },
	{ "per-domain-bilateral-information", &bilaterals, BER_CONTEXT(1), P1_OPTIONAL },
	{ "trace-information", &trace_type, 0, 0 },
	{ "extensions", &extensions, BER_CONTEXT(3), P1_OPTIONAL },
	{ "per-recipient-fields", &recipients, BER_CONTEXT(2), 0 },
	P1_END
};
static const struct p1_type probe = P1_SET_T(probe_members);

/* ---- reports ---- */

static const struct text_name user_types[] = {
	{ 0, "public" }, { 1, "private" }, { 2, "ms" }, { 3, "dl" }, { 4, "pdau" },
	{ 5, "physical-recipient" }, { 6, "other" }, P1_NO_NAME
};
static const struct p1_member delivery_members[] = {
	{ "message-delivery-time", &p1_type_time, BER_CONTEXT(0), 0 },
	{ "type-of-MTS-user", &(const struct p1_type)P1_NUMBER_T(user_types, 256), BER_CONTEXT(1),
	  P1_OPTIONAL },
	P1_END
};
static const struct p1_type delivery = P1_SET_T(delivery_members);
static const struct p1_member non_delivery_members[] = {
	{ "non-delivery-reason-code", &(const struct p1_type)P1_NUMBER_T(NULL, 32767),
	  BER_CONTEXT(0), 0 },
	{ "non-delivery-diagnostic-code", &(const struct p1_type)P1_NUMBER_T(NULL, 32767),
	  BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
static const struct p1_type non_delivery = P1_SET_T(non_delivery_members);
static const struct p1_member report_type_members[] = {
	{ "delivery", &delivery, BER_CONTEXT(0), 0 },
	{ "non-delivery", &non_delivery, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type report_type = P1_CHOICE_T(report_type_members);
static const struct p1_member last_trace_members[] = {
	{ "arrival-time", &p1_type_time, BER_CONTEXT(0), 0 },
	{ "converted-encoded-information-types", &p1_type_eits, 0, P1_OPTIONAL },
	{ "report-type", &report_type, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type last_trace = P1_SET_T(last_trace_members);
static const struct p1_member reported_members[] = {
	{ "actual-recipient-name", &p1_type_or_name, BER_CONTEXT(0), 0 },
	{ "originally-specified-recipient-number", &recipient_number, BER_CONTEXT(1), 0 },
	{ "per-recipient-indicators", &recipient_bits, BER_CONTEXT(2), 0 },
	{ "last-trace-information", &last_trace, BER_CONTEXT(3), 0 },
	{ "originally-intended-recipient-name", &p1_type_or_name, BER_CONTEXT(4), P1_OPTIONAL },
	{ "supplementary-information", &p1_type_supplementary, BER_CONTEXT(5), P1_OPTIONAL },
	{ "extensions", &extensions, BER_CONTEXT(6), P1_OPTIONAL },
	P1_END
};
static const struct p1_type reported = P1_SET_T(reported_members);
static const struct p1_type all_reported = P1_LIST_T(P1_OF(&reported), 1, 32767);

static const struct p1_member report_envelope_members[] = {
	{ "report-identifier", &p1_type_mts_id, 0, 0 },
	{ "report-destination-name", &p1_type_or_name, 0, 0 },
	{ "trace-information", &trace_type, 0, 0 },
	{ "extensions", &extensions, BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
static const struct p1_type report_envelope = P1_SET_T(report_envelope_members);
static const struct p1_member report_content_members[] = {
	{ "subject-identifier", &p1_type_mts_id, 0, 0 },
	{ "subject-intermediate-trace-information", &trace_type, 0, P1_OPTIONAL },
	{ "original-encoded-information-types", &p1_type_eits, 0, P1_OPTIONAL },
	{ "content-type", &content_type, 0, P1_OPTIONAL },
	{ "content-identifier", &content_identifier, 0, P1_OPTIONAL },
	{ "returned-content", &p1_type_octets, BER_CONTEXT(1), P1_OPTIONAL },
	{ "additional-information", &p1_type_any, BER_CONTEXT(2), P1_OPTIONAL },
	{ "extensions", &extensions, BER_CONTEXT(3), P1_OPTIONAL },
	{ "per-recipient-fields", &all_reported, BER_CONTEXT(0), 0 },
	P1_END
};
static const struct p1_type report_content = P1_SET_T(report_content_members);
static const struct p1_member report_parts[] = {
	{ "envelope", &report_envelope, 0, 0 },
	{ "content", &report_content, 0, 0 },
	P1_END
};
static const struct p1_type report = P1_SEQUENCE_T(report_parts);

static const struct p1_member apdu_members[] = {
	{ "message", &message, BER_CONTEXT(0), 0 },
	{ "probe", &probe, BER_CONTEXT(2), 0 },
	{ "report", &report, BER_CONTEXT(1), 0 },
	P1_END
};
const struct p1_type p1_type_apdu = P1_CHOICE_T(apdu_members);

/* ---- delivery envelopes, as they are forwarded with a message ---- */

static const struct p1_member delivered_content_members[] = {
	{ "built-in", &built_in_content, BER_CONTEXT(0), 0 },
	{ "extended", &p1_type_oid, 0, 0 },
	P1_END
};
static const struct p1_type delivered_content = P1_CHOICE_T(delivered_content_members);
static const struct p1_type delivery_flags = P1_BITS_T(message_indicators, 0);
static const struct p1_type other_recipients = P1_LIST_T(P1_OF(&p1_type_or_name), 1, 32767);
static const struct p1_member delivery_fields_members[] = {
	{ "content-type", &delivered_content, 0, 0 },
	{ "originator-name", &p1_type_or_name, 0, 0 },
	{ "original-encoded-information-types", &p1_type_eits, BER_CONTEXT(1), P1_OPTIONAL },
	{ "priority", &priority, 0, P1_OPTIONAL },
	{ "delivery-flags", &delivery_flags, BER_CONTEXT(2), P1_OPTIONAL },
	{ "other-recipient-names", &other_recipients, BER_CONTEXT(3), P1_OPTIONAL },
	{ "this-recipient-name", &p1_type_or_name, BER_CONTEXT(4), 0 },
	{ "originally-intended-recipient-name", &p1_type_or_name, BER_CONTEXT(5), P1_OPTIONAL },
	{ "converted-encoded-information-types", &p1_type_eits, BER_CONTEXT(6), P1_OPTIONAL },
	{ "message-submission-time", &p1_type_time, BER_CONTEXT(7), 0 },
	{ "content-identifier", &content_identifier, BER_CONTEXT(8), P1_OPTIONAL },
	{ "extensions", &extensions, BER_CONTEXT(9), P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_delivery_fields = P1_SET_T(delivery_fields_members);
