/* Body parts: X.420, basic ones and the extended ones of 1992 and later. */
#include "ipm/ipm_types.h"

/* ---- file transfer (module IPMSFileTransferBodyPartType) ---- */

static const struct p1_type graphic = P1_STRING_T(BER_GRAPHIC_STRING, 0, 0);
static const struct p1_type graphics = P1_LIST_T(P1_OF(&graphic), 0, 0);

static const struct p1_member pathname_members[] = {
	{ "incomplete-pathname", &graphics, BER_CONTEXT(0), 0 },
	{ "complete-pathname", &graphics, BER_CONTEXT(23), 0 },
	P1_END
};
static const struct p1_type pathname = P1_CHOICE_T(pathname_members);
static const struct p1_member date_members[] = {
	{ "no-value-available", &p1_type_null, BER_CONTEXT(0), 0 },
	{ "actual-values", &p1_type_generalized_time, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type date = P1_CHOICE_T(date_members);
static const struct p1_member user_members[] = {
	{ "no-value-available", &p1_type_null, BER_CONTEXT(0), 0 },
	{ "actual-values", &graphic, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type user = P1_CHOICE_T(user_members);
static const struct p1_member size_members[] = {
	{ "no-value-available", &p1_type_null, BER_CONTEXT(0), 0 },
	{ "actual-values", &p1_type_integer, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type size = P1_CHOICE_T(size_members);
static const struct p1_member attributes_members[] = {
	{ "pathname", &pathname, 0, P1_OPTIONAL },
	{ "permitted-actions", &p1_type_bit_string, BER_CONTEXT(1), P1_OPTIONAL },
	{ "storage-account", &p1_type_any, BER_CONTEXT(3), P1_OPTIONAL },
	{ "date-and-time-of-creation", &date, BER_CONTEXT(4), P1_OPTIONAL },
	{ "date-and-time-of-last-modification", &date, BER_CONTEXT(5), P1_OPTIONAL },
	{ "date-and-time-of-last-read-access", &date, BER_CONTEXT(6), P1_OPTIONAL },
	{ "date-and-time-of-last-attribute-modification", &date, BER_CONTEXT(7), P1_OPTIONAL },
	{ "identity-of-creator", &user, BER_CONTEXT(8), P1_OPTIONAL },
	{ "identity-of-last-modifier", &user, BER_CONTEXT(9), P1_OPTIONAL },
	{ "identity-of-last-reader", &user, BER_CONTEXT(10), P1_OPTIONAL },
	{ "identity-of-last-attribute-modifier", &user, BER_CONTEXT(11), P1_OPTIONAL },
	{ "object-availability", &p1_type_any, BER_CONTEXT(12), P1_OPTIONAL },
	{ "object-size", &size, BER_CONTEXT(13), P1_OPTIONAL },
	{ "future-object-size", &size, BER_CONTEXT(14), P1_OPTIONAL },
	{ "access-control", &p1_type_any, BER_CONTEXT(15), P1_OPTIONAL },
	{ "legal-qualifications", &p1_type_any, BER_CONTEXT(16), P1_OPTIONAL },
	{ "private-use", &p1_type_any, BER_CONTEXT(17), P1_OPTIONAL },
	{ "attribute-extensions", &(const struct p1_type)P1_T(P1_OPAQUE,
	  .tag = BER_UNIVERSAL(BER_SEQUENCE)), BER_CONTEXT(22), P1_OPTIONAL },
	P1_END
};
static const struct p1_type attributes = P1_SEQUENCE_T(attributes_members);

static const struct p1_member document_members[] = {
	{ "document-type-name", &p1_type_oid, 0, 0 },
	{ "parameter", &p1_type_any, BER_CONTEXT(0), P1_OPTIONAL },
	P1_END
};
static const struct p1_type document = P1_SEQUENCE_T(document_members);
static const struct p1_member constraint_members[] = {
	{ "constraint-set-name", &p1_type_oid, 0, 0 },
	{ "abstract-syntax-name", &p1_type_oid, 0, 0 },
	P1_END
};
static const struct p1_type constraint = P1_SEQUENCE_T(constraint_members);
static const struct p1_member contents_members[] = {
	{ "document-type", &document, BER_CONTEXT(0), 0 },
	{ "constraint-set-and-abstract-syntax", &constraint, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type contents = P1_CHOICE_T(contents_members);

static const struct p1_member identifier_members[] = {
	{ "registered-identifier", &p1_type_oid, BER_CONTEXT(0), 0 },
	{ "descriptive-identifier", &graphics, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type identifier = P1_CHOICE_T(identifier_members);
static const struct p1_member environment_members[] = {
	{ "application-reference", &identifier, BER_CONTEXT(0), P1_OPTIONAL },
	{ "machine", &identifier, BER_CONTEXT(1), P1_OPTIONAL },
	{ "operating-system", &p1_type_oid, BER_CONTEXT(2), P1_OPTIONAL },
	{ "user-visible-string", &graphics, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type environment = P1_SEQUENCE_T(environment_members);
static const struct p1_member compression_members[] = {
	{ "compression-algorithm-id", &p1_type_oid, BER_CONTEXT(0), 0 },
	{ "compression-algorithm-param", &p1_type_any, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type compression = P1_SEQUENCE_T(compression_members);
static const struct p1_type opaque = P1_T(P1_OPAQUE, .tag = BER_UNIVERSAL(BER_SEQUENCE));
static const struct p1_member file_members[] = {
	{ "related-stored-file", &opaque, BER_CONTEXT(0), P1_OPTIONAL },
	{ "contents-type", &contents, BER_CONTEXT(1), P1_OPTIONAL },
	{ "environment", &environment, BER_CONTEXT(2), P1_OPTIONAL },
	{ "compression", &compression, BER_CONTEXT(3), P1_OPTIONAL },
	{ "file-attributes", &attributes, BER_CONTEXT(4), P1_OPTIONAL },
	{ "extensions", &opaque, BER_CONTEXT(5), P1_OPTIONAL },
	P1_END
};
static const struct p1_type file_parameters = P1_SEQUENCE_T(file_members);
static const struct p1_type file_data = P1_LIST_T(P1_OF(&p1_type_external), 0, 0);

/* ---- basic body parts ---- */

static const struct text_name repertoires[] = {
	{ 2, "ita2" }, { 5, "ia5" }, P1_NO_NAME
};
static const struct p1_member text_parameters_members[] = {
	{ "repertoire", &(const struct p1_type)P1_ENUMERATED_T(repertoires), BER_CONTEXT(0),
	  P1_OPTIONAL },
	P1_END
};
static const struct p1_type text_parameters = P1_SET_T(text_parameters_members);
static const struct p1_member text_members[] = {
	{ "parameters", &text_parameters, 0, 0 },
	{ "data", &p1_type_ia5, 0, 0 },
	P1_END
};
static const struct p1_type text = P1_SEQUENCE_T(text_members);

static const struct p1_member g3_parameters_members[] = {
	{ "number-of-pages", &p1_type_integer, BER_CONTEXT(0), P1_OPTIONAL },
	{ "non-basic-parameters", &p1_type_g3_parameters, BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
static const struct p1_type g3_parameters = P1_SET_T(g3_parameters_members);
static const struct p1_type g3_data = P1_LIST_T(P1_OF(&p1_type_bit_string), 0, 0);
static const struct p1_member g3_members[] = {
	{ "parameters", &g3_parameters, 0, 0 },
	{ "data", &g3_data, 0, 0 },
	P1_END
};
static const struct p1_type g3 = P1_SEQUENCE_T(g3_members);
static const struct p1_type interchange = P1_LIST_T(P1_OF(&p1_type_any), 0, 0);

static const struct p1_member teletex_parameters_members[] = {
	{ "number-of-pages", &p1_type_integer, BER_CONTEXT(0), P1_OPTIONAL },
	{ "telex-compatible", &p1_type_boolean, BER_CONTEXT(1), P1_OPTIONAL },
	{ "non-basic-parameters", &p1_type_teletex_parameters, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
static const struct p1_type teletex_parameters = P1_SET_T(teletex_parameters_members);
static const struct p1_type teletex_data = P1_LIST_T(P1_OF(&p1_type_teletex), 0, 0);
static const struct p1_member teletex_members[] = {
	{ "parameters", &teletex_parameters, 0, 0 },
	{ "data", &teletex_data, 0, 0 },
	P1_END
};
static const struct p1_type teletex = P1_SEQUENCE_T(teletex_members);

static const struct text_name syntaxes[] = {
	{ 0, "ids" }, { 1, "data-syntax1" }, { 2, "data-syntax2" }, { 3, "data-syntax3" },
	P1_NO_NAME
};
static const struct p1_member videotex_parameters_members[] = {
	{ "syntax", &(const struct p1_type)P1_NUMBER_T(syntaxes, 0), BER_CONTEXT(0), P1_OPTIONAL },
	P1_END
};
static const struct p1_type videotex_parameters = P1_SET_T(videotex_parameters_members);
static const struct p1_type videotex_data = P1_STRING_T(BER_VIDEOTEX_STRING, 0, 0);
static const struct p1_member videotex_members[] = {
	{ "parameters", &videotex_parameters, 0, 0 },
	{ "data", &videotex_data, 0, 0 },
	P1_END
};
static const struct p1_type videotex = P1_SEQUENCE_T(videotex_members);

static const struct p1_member encrypted_parameters_members[] = {
	{ "algorithm-identifier", &p1_type_algorithm, 0, 0 },
	{ "originator-certificates", &p1_type_extended_certificates, 0, P1_OPTIONAL },
	P1_END
};
static const struct p1_type encrypted_parameters = P1_SET_T(encrypted_parameters_members);
static const struct p1_member encrypted_members[] = {
	{ "parameters", &encrypted_parameters, 0, 0 },
	{ "data", &p1_type_bit_string, 0, 0 },
	P1_END
};
static const struct p1_type encrypted = P1_SEQUENCE_T(encrypted_members);

static const struct p1_member message_parameters_members[] = {
	{ "delivery-time", &p1_type_time, BER_CONTEXT(0), P1_OPTIONAL },
	{ "delivery-envelope", &p1_type_delivery_fields, BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
static const struct p1_type message_parameters = P1_SET_T(message_parameters_members);

/* A message that is forwarded holds body parts. */
const struct p1_type ipm_type_body = P1_LIST_T(P1_OF(&ipm_type_body_part), 0, 0);
static const struct p1_member message_data_members[] = {
	{ "heading", &ipm_type_heading, 0, 0 },
	{ "body", &ipm_type_body, 0, 0 },
	P1_END
};
static const struct p1_type message_data = P1_SEQUENCE_T(message_data_members);
static const struct p1_member message_members[] = {
	{ "parameters", &message_parameters, 0, 0 },
	{ "data", &message_data, 0, 0 },
	P1_END
};
static const struct p1_type message = P1_SEQUENCE_T(message_members);

/* ---- extended body parts ---- */

static const struct p1_type registrations = P1_BAG_T(P1_OF(&p1_type_integer), 0, 0);
static const struct p1_type general = P1_STRING_T(BER_GENERAL_STRING, 0, 0);

/* id-et 2.6.1.4.n, data; id-ep 2.6.1.11.n, parameters */
#define DATA(n) 0, 4, { 0x56, 1, 4, n }
#define PARAMETERS(n) 0, 4, { 0x56, 1, 11, n }
const struct p1_open ipm_body_part_values[] = {
	{ "ia5-text", &p1_type_ia5, DATA(0) },
	{ "ia5-text", &text_parameters, PARAMETERS(0) },
	{ "g3-facsimile", &g3_data, DATA(2) },
	{ "g3-facsimile", &g3_parameters, PARAMETERS(2) },
	{ "g4-class1", &interchange, DATA(3) },
	{ "teletex", &teletex_data, DATA(4) },
	{ "teletex", &teletex_parameters, PARAMETERS(4) },
	{ "videotex", &videotex_data, DATA(5) },
	{ "videotex", &videotex_parameters, PARAMETERS(5) },
	{ "encrypted", &p1_type_bit_string, DATA(6) },
	{ "encrypted", &encrypted_parameters, PARAMETERS(6) },
	{ "message", &message_data, DATA(7) },
	{ "message", &message_parameters, PARAMETERS(7) },
	{ "mixed-mode", &interchange, DATA(8) },
	{ "bilaterally-defined", &p1_type_octets, DATA(9) },
	{ "general-text", &general, DATA(11) },
	{ "general-text", &registrations, PARAMETERS(11) },
	{ "file-transfer", &file_data, DATA(12) },
	{ "file-transfer", &file_parameters, PARAMETERS(12) },
	{ "notification", &ipm_type_notification, DATA(15) },
	{ "voice", &p1_type_any, DATA(16) },
	{ "pkcs7", &p1_type_any, DATA(18) },
	{ NULL, NULL, 0, 0, "" },
};
static const struct p1_type part_value = P1_OPEN_T(ipm_body_part_values);
static const struct p1_member instance_members[] = {
	{ "type-id", &p1_type_oid, 0, 0 },
	{ "indirect-reference", &p1_type_integer, 0, P1_OPTIONAL },
	{ "value", &part_value, BER_CONTEXT(0), P1_OPTIONAL },
	{ "octet-aligned", &p1_type_octets, BER_CONTEXT(1), P1_OPTIONAL },
	{ "arbitrary", &p1_type_bit_string, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
static const struct p1_type instance =
	P1_T(P1_SEQUENCE, .tag = BER_UNIVERSAL(BER_EXTERNAL), .members = instance_members);
static const struct p1_member extended_members[] = {
	{ "parameters", &instance, BER_CONTEXT(0), P1_OPTIONAL },
	{ "data", &instance, 0, 0 },
	P1_END
};
static const struct p1_type extended = P1_SEQUENCE_T(extended_members);

static const struct p1_member body_part_members[] = {
	{ "ia5-text", &text, BER_CONTEXT(0), 0 },
	{ "telex", &p1_type_any, BER_CONTEXT(1), 0 },		/* 1984 */
	{ "voice", &p1_type_any, BER_CONTEXT(2), 0 },		/* 1984 */
	{ "g3-facsimile", &g3, BER_CONTEXT(3), 0 },
	{ "g4-class1", &interchange, BER_CONTEXT(4), 0 },
	{ "teletex", &teletex, BER_CONTEXT(5), 0 },
	{ "videotex", &videotex, BER_CONTEXT(6), 0 },
	{ "nationally-defined", &p1_type_any, BER_CONTEXT(7), 0 },
	{ "encrypted", &encrypted, BER_CONTEXT(8), 0 },
	{ "message", &message, BER_CONTEXT(9), 0 },
	{ "mixed-mode", &interchange, BER_CONTEXT(11), 0 },
	{ "bilaterally-defined", &p1_type_octets, BER_CONTEXT(14), 0 },
	{ "extended", &extended, BER_CONTEXT(15), 0 },
	P1_END
};
const struct p1_type ipm_type_body_part = P1_CHOICE_T(body_part_members);

/* ---- the content ---- */

static const struct p1_member object_members[] = {
	{ "ipm", &message_data, BER_CONTEXT(0), 0 },
	{ "ipn", &ipm_type_notification, BER_CONTEXT(1), 0 },
	P1_END
};
const struct p1_type ipm_type_object = P1_CHOICE_T(object_members);
