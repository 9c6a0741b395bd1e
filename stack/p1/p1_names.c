/*
 * Numbers of X.411 by name: kinds, extensions, reasons, diagnostics.
 */
#include "p1/p1_pdu.h"

/* Names of X.411 Annex A, in the spelling of its ASN.1.  The index is the
 * number. */

static const char *const kinds[] = {
	"MESSAGE",
	"REPORT",
	"PROBE",
};

static const char *const extensions[] = {
	NULL,
	"recipient-reassignment-prohibited",
	"originator-requested-alternate-recipient",
	"dl-expansion-prohibited",
	"conversion-with-loss-prohibited",
	"latest-delivery-time",
	"requested-delivery-method",
	"physical-forwarding-prohibited",
	"physical-forwarding-address-request",
	"physical-delivery-modes",
	"registered-mail-type",
	"recipient-number-for-advice",
	"physical-rendition-attributes",
	"originator-return-address",
	"physical-delivery-report-request",
	"originator-certificate",
	"message-token",
	"content-confidentiality-algorithm-identifier",
	"content-integrity-check",
	"message-origin-authentication-check",
	"message-security-label",
	"proof-of-submission-request",
	"proof-of-delivery-request",
	"content-correlator",
	"probe-origin-authentication-check",
	"redirection-history",
	"dl-expansion-history",
	"physical-forwarding-address",
	"recipient-certificate",
	"proof-of-delivery",
	"originator-and-dl-expansion-history",
	"reporting-dl-name",
	"reporting-mta-certificate",
	"report-origin-authentication-check",
	"originating-mta-certificate",
	"proof-of-submission",
	"forwarding-request",
	"trace-information",
	"internal-trace-information",
	"reporting-mta-name",
	"multiple-originator-certificates",
	"blind-copy-recipients",
	"dl-exempted-recipients",
	"body-part-encryption-token",
	"forwarded-content-token",
	"certificate-selectors",
	"certificate-selectors-override",
};

static const char *const reasons[] = {
	"transfer-failure",
	"unable-to-transfer",
	"conversion-not-performed",
	"physical-rendition-not-performed",
	"physical-delivery-not-performed",
	"restricted-delivery",
	"directory-operation-unsuccessful",
	"deferred-delivery-not-performed",
	"transfer-failure-for-security-reason",
};

static const char *const diagnostics[] = {
	"unrecognised-or-name",
	"ambiguous-or-name",
	"mts-congestion",
	"loop-detected",
	"recipient-unavailable",
	"maximum-time-expired",
	"encoded-information-types-unsupported",
	"content-too-long",
	"conversion-impractical",
	"implicit-conversion-prohibited",
	"implicit-conversion-not-subscribed",
	"invalid-arguments",
	"content-syntax-error",
	"size-constraint-violation",
	"protocol-violation",
	"content-type-not-supported",
	"too-many-recipients",
	"no-bilateral-agreement",
	"unsupported-critical-function",
	"conversion-with-loss-prohibited",
	"line-too-long",
	"page-split",
	"pictorial-symbol-loss",
	"punctuation-symbol-loss",
	"alphabetic-character-loss",
	"multiple-information-loss",
	"recipient-reassignment-prohibited",
	"redirection-loop-detected",
	"dl-expansion-prohibited",
	"no-dl-submit-permission",
	"dl-expansion-failure",
	"physical-rendition-attributes-not-supported",
	"undeliverable-mail-address-incorrect",
	"undeliverable-mail-office-incorrect-or-invalid",
	"undeliverable-mail-address-incomplete",
	"undeliverable-mail-recipient-unknown",
	"undeliverable-mail-recipient-deceased",
	"undeliverable-mail-organization-expired",
	"undeliverable-mail-refused-to-accept",
	"undeliverable-mail-did-not-claim",
	"undeliverable-mail-changed-address-permanently",
	"undeliverable-mail-changed-address-temporarily",
	"undeliverable-mail-changed-temporary-address",
	"undeliverable-mail-new-address-unknown",
	"undeliverable-mail-did-not-want-forwarding",
	"undeliverable-mail-originator-prohibited-forwarding",
	"secure-messaging-error",
	"unable-to-downgrade",
	"unable-to-complete-transfer",
	"transfer-attempts-limit-reached",
	"incorrect-notification-type",
	"dl-expansion-prohibited-by-security-policy",
	"forbidden-alternate-recipient",
	"security-policy-violation",
	"security-services-refusal",
	"unauthorised-dl-member",
	"unauthorised-dl-name",
	"unauthorised-originally-intended-recipient-name",
	"unauthorised-originator-name",
	"unauthorised-recipient-name",
	"unreliable-system",
	"authentication-failure-on-subject-message",
	"decryption-failed",
	"decryption-key-unobtainable",
	"double-envelope-creation-failure",
	"double-enveloping-message-restoring-failure",
	"failure-of-proof-of-message",
	"integrity-failure-on-subject-message",
	"invalid-security-label",
	"key-failure",
	"mandatory-parameter-absence",
	"operation-security-failure",
	"repudiation-failure-of-message",
	"security-context-failure",
	"token-decryption-failed",
	"token-error",
	"unknown-security-label",
	"unsupported-algorithm-identifier",
	"unsupported-security-policy",
};

#define N_OF(a) (sizeof (a) / sizeof *(a))

const char *p1_kind_name(enum p1_kind kind)
{
	return (unsigned)kind < N_OF(kinds) ? kinds[kind] : "?";
}

const char *p1_extension_name(uint32_t type)
{
	return type < N_OF(extensions) ? extensions[type] : NULL;
}

const char *p1_reason_name(uint32_t reason)
{
	return reason < N_OF(reasons) ? reasons[reason] : NULL;
}

const char *p1_diagnostic_name(int32_t diagnostic)
{
	return diagnostic >= 0 && (size_t)diagnostic < N_OF(diagnostics) ? diagnostics[diagnostic]
	                                                                 : NULL;
}
