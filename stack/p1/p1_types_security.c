/* Security: X.411 Figure 2, "Token", "Security Label", credentials; X.509. */
#include "p1/p1_types.h"

static const struct p1_member algorithm_members[] = {
	{ "algorithm", &p1_type_oid, 0, 0 },
	{ "parameters", &p1_type_any, 0, P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_algorithm = P1_SEQUENCE_T(algorithm_members);

static const struct p1_member signature_members[] = {
	{ "algorithmIdentifier", &p1_type_algorithm, 0, 0 },
	{ "encrypted", &p1_type_bit_string, 0, 0 },
	P1_END
};
const struct p1_type p1_type_signature = P1_SEQUENCE_T(signature_members);

/* Certificates are carried as octets; rig/crypto reads them. */
static const struct p1_member certificates_members[] = {
	{ "userCertificate", &p1_type_any, 0, 0 },
	{ "certificationPath", &p1_type_any, 0, P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_certificates = P1_SEQUENCE_T(certificates_members);
const struct p1_type p1_type_certificate_assertion =
	P1_T(P1_OPAQUE, .tag = BER_UNIVERSAL(BER_SEQUENCE));

static const struct p1_member extended_certificate_members[] = {
	{ "directory-entry", &p1_type_directory_name, BER_CONTEXT(0), 0 },
	{ "certificate", &p1_type_certificates, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type extended_certificate = P1_CHOICE_T(extended_certificate_members);
const struct p1_type p1_type_extended_certificates =
	P1_BAG_T(P1_OF(&extended_certificate), 1, 64);

/* ---- labels ---- */

static const struct text_name classifications[] = {
	{ 0, "unmarked" }, { 1, "unclassified" }, { 2, "restricted" }, { 3, "confidential" },
	{ 4, "secret" }, { 5, "top-secret" }, P1_NO_NAME
};
static const struct p1_member category_members[] = {
	{ "type", &p1_type_oid, BER_CONTEXT(0), 0 },
	{ "value", &p1_type_any, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type category = P1_SEQUENCE_T(category_members);
static const struct p1_type categories = P1_BAG_T(P1_OF(&category), 1, 64);
static const struct p1_member label_members[] = {
	{ "security-policy-identifier", &p1_type_oid, 0, P1_OPTIONAL },
	{ "security-classification", &(const struct p1_type)P1_NUMBER_T(classifications, 256), 0,
	  P1_OPTIONAL },
	{ "privacy-mark", &(const struct p1_type)P1_STRING_T(BER_PRINTABLE_STRING, 1, 128), 0,
	  P1_OPTIONAL },
	{ "security-categories", &categories, 0, P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_label = P1_SET_T(label_members);
static const struct p1_type security_context_type = P1_BAG_T(P1_OF(&p1_type_label), 1, 256);

/* ---- tokens ---- */

static const struct text_name delivery_proofs[] = {
	{ 0, "proof-of-delivery-not-requested" }, { 1, "proof-of-delivery-requested" }, P1_NO_NAME
};
static const struct p1_type proof_request = P1_ENUMERATED_T(delivery_proofs);

static const struct p1_member signed_data_members[] = {
	{ "content-confidentiality-algorithm-identifier", &p1_type_algorithm, BER_CONTEXT(0),
	  P1_OPTIONAL },
	{ "content-integrity-check", &p1_type_signature, BER_CONTEXT(1), P1_OPTIONAL },
	{ "message-security-label", &p1_type_label, BER_CONTEXT(2), P1_OPTIONAL },
	{ "proof-of-delivery-request", &proof_request, BER_CONTEXT(3), P1_OPTIONAL },
	{ "message-sequence-number", &p1_type_integer, BER_CONTEXT(4), P1_OPTIONAL },
	P1_END
};
static const struct p1_type signed_data = P1_SEQUENCE_T(signed_data_members);
static const struct p1_member encrypted_data_members[] = {
	{ "content-confidentiality-key", &p1_type_bit_string, BER_CONTEXT(0), P1_OPTIONAL },
	{ "content-integrity-check", &p1_type_signature, BER_CONTEXT(1), P1_OPTIONAL },
	{ "message-security-label", &p1_type_label, BER_CONTEXT(2), P1_OPTIONAL },
	{ "content-integrity-key", &p1_type_bit_string, BER_CONTEXT(3), P1_OPTIONAL },
	{ "message-sequence-number", &p1_type_integer, BER_CONTEXT(4), P1_OPTIONAL },
	P1_END
};
static const struct p1_type encrypted_data = P1_SEQUENCE_T(encrypted_data_members);

static const struct text_name token_data_types[] = {
	{ 1, "bind-token-signed-data" }, { 2, "message-token-signed-data" },
	{ 3, "message-token-encrypted-data" }, { 4, "bind-token-encrypted-data" }, P1_NO_NAME
};
static const struct p1_open token_data_values[] = {
	{ NULL, &p1_type_bit_string, 1, 0, "" },
	{ NULL, &signed_data, 2, 0, "" },
	{ NULL, &encrypted_data, 3, 0, "" },
	{ NULL, &p1_type_external, 4, 0, "" },
	{ NULL, NULL, 0, 0, "" },
};
static const struct p1_type token_data_value = P1_OPEN_T(token_data_values);
static const struct p1_member token_data_members[] = {
	{ "type", &(const struct p1_type)P1_NUMBER_T(token_data_types, 0), BER_CONTEXT(0), 0 },
	{ "value", &token_data_value, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type token_data_type = P1_SEQUENCE_T(token_data_members);

static const struct p1_member mta_and_domain_members[] = {
	{ "global-domain-identifier", &p1_type_domain, 0, P1_OPTIONAL },
	{ "mta-name", &p1_type_mta_name, 0, 0 },
	P1_END
};
static const struct p1_type mta_and_domain = P1_SEQUENCE_T(mta_and_domain_members);
static const struct p1_member to_be_signed_members[] = {
	{ "signature-algorithm-identifier", &p1_type_algorithm, 0, 0 },
	{ "recipient-name", &p1_type_or_name, 0, P1_OPTIONAL },	/* CHOICE of this */
	{ "mta", &mta_and_domain, BER_CONTEXT(3), P1_OPTIONAL },	/* and this */
	{ "time", &p1_type_time, 0, 0 },
	{ "signed-data", &token_data_type, BER_CONTEXT(0), P1_OPTIONAL },
	{ "encryption-algorithm-identifier", &p1_type_algorithm, BER_CONTEXT(1), P1_OPTIONAL },
	{ "encrypted-data", &p1_type_bit_string, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
static const struct p1_type to_be_signed = P1_SEQUENCE_T(to_be_signed_members);
static const struct p1_member asymmetric_members[] = {
	{ "asymmetric-token-data", &to_be_signed, 0, 0 },
	{ "algorithm-identifier", &p1_type_algorithm, 0, 0 },
	{ "encrypted", &p1_type_bit_string, 0, 0 },
	P1_END
};
static const struct p1_type asymmetric_token_type = P1_SEQUENCE_T(asymmetric_members);

/* id-tok-asymmetricToken 2.6.3.6.0 */
static const struct p1_open tokens[] = {
	{ NULL, &asymmetric_token_type, 0, 4, { 0x56, 0x03, 0x06, 0x00 } },
	{ NULL, NULL, 0, 0, "" },
};
static const struct p1_type token_value = P1_OPEN_T(tokens);
static const struct p1_member token_members[] = {
	{ "token-type-identifier", &p1_type_oid, BER_CONTEXT(0), 0 },
	{ "token", &token_value, BER_CONTEXT(1), 0 },
	P1_END
};
const struct p1_type p1_type_token = P1_SEQUENCE_T(token_members);

/* ---- credentials ---- */

static const struct p1_member password_members[] = {
	{ "ia5-string", &(const struct p1_type)P1_STRING_T(BER_IA5_STRING, 0, 62), 0, 0 },
	{ "octet-string", &(const struct p1_type)P1_T(P1_OCTETS,
	  .tag = BER_UNIVERSAL(BER_OCTET_STRING), .most = 62), 0, 0 },
	P1_END
};
static const struct p1_type password = P1_CHOICE_T(password_members);
static const struct p1_member strong_members[] = {
	{ "bind-token", &p1_type_token, BER_CONTEXT(0), P1_OPTIONAL },
	{ "certificate", &p1_type_certificates, BER_CONTEXT(1), P1_OPTIONAL },
	{ "certificate-selector", &p1_type_certificate_assertion, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
static const struct p1_type strong = P1_SET_T(strong_members);
static const struct p1_member protected_members[] = {
	{ "signature", &p1_type_signature, 0, 0 },
	{ "time1", &p1_type_time, BER_CONTEXT(0), P1_OPTIONAL },
	{ "time2", &p1_type_time, BER_CONTEXT(1), P1_OPTIONAL },
	{ "random1", &p1_type_bit_string, BER_CONTEXT(2), P1_OPTIONAL },
	{ "random2", &p1_type_bit_string, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type protected = P1_SET_T(protected_members);
static const struct p1_member credentials_members[] = {
	{ "simple", &password, 0, 0 },
	{ "strong", &strong, BER_CONTEXT(0), 0 },
	{ "protected", &protected, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type credentials_type = P1_CHOICE_T(credentials_members);

/* ---- MTABind ---- */

static const struct p1_member argument_members[] = {
	{ "initiator-name", &p1_type_mta_name, BER_CONTEXT(0), 0 },
	{ "initiator-credentials", &credentials_type, BER_CONTEXT(1), 0 },
	{ "security-context", &security_context_type, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
static const struct p1_type authenticated_argument = P1_SET_T(argument_members);
static const struct p1_member bind_argument_members[] = {
	{ "unauthenticated", &p1_type_null, 0, 0 },
	{ "authenticated", &authenticated_argument, BER_CONTEXT(1), 0 },
	P1_END
};
const struct p1_type p1_type_bind_argument = P1_CHOICE_T(bind_argument_members);

static const struct p1_member result_members[] = {
	{ "responder-name", &p1_type_mta_name, BER_CONTEXT(0), 0 },
	{ "responder-credentials", &credentials_type, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type authenticated_result = P1_SET_T(result_members);
static const struct p1_member bind_result_members[] = {
	{ "unauthenticated", &p1_type_null, 0, 0 },
	{ "authenticated", &authenticated_result, BER_CONTEXT(1), 0 },
	P1_END
};
const struct p1_type p1_type_bind_result = P1_CHOICE_T(bind_result_members);

static const struct text_name bind_errors[] = {
	{ 0, "busy" }, { 2, "authentication-error" }, { 3, "unacceptable-dialogue-mode" },
	{ 4, "unacceptable-security-context" }, { 5, "inadequate-association-confidentiality" },
	P1_NO_NAME
};
const struct p1_type p1_type_bind_error = P1_NUMBER_T(bind_errors, 256);
