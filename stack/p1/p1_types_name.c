/* O/R names: X.411 Figure 2, "OR Names"; directory names: X.501. */
#include "p1/p1_types.h"

const struct p1_type p1_type_null = P1_T(P1_NULL, .tag = BER_UNIVERSAL(BER_NULL));
const struct p1_type p1_type_boolean = P1_T(P1_BOOLEAN, .tag = BER_UNIVERSAL(BER_BOOLEAN));
const struct p1_type p1_type_integer = P1_NUMBER_T(NULL, 0);
const struct p1_type p1_type_oid = P1_T(P1_OID, .tag = BER_UNIVERSAL(BER_OBJECT_IDENTIFIER));
const struct p1_type p1_type_octets = P1_T(P1_OCTETS, .tag = BER_UNIVERSAL(BER_OCTET_STRING));
const struct p1_type p1_type_bit_string = P1_BITS_T(NULL, 0);
const struct p1_type p1_type_time = P1_STRING_T(BER_UTC_TIME, 11, 17);
const struct p1_type p1_type_generalized_time = P1_STRING_T(BER_GENERALIZED_TIME, 10, 0);
const struct p1_type p1_type_ia5 = P1_STRING_T(BER_IA5_STRING, 0, 0);
const struct p1_type p1_type_teletex = P1_STRING_T(BER_T61_STRING, 0, 0);
const struct p1_type p1_type_any = P1_T(P1_ANY, .tag = 0);

static const struct p1_member external_members[] = {
	{ "direct-reference", &p1_type_oid, 0, P1_OPTIONAL },
	{ "indirect-reference", &p1_type_integer, 0, P1_OPTIONAL },
	{ "data-value-descriptor", &(const struct p1_type)P1_T(P1_STRING,
	  .tag = BER_UNIVERSAL(BER_OBJECT_DESCRIPTOR)), 0, P1_OPTIONAL },
	{ "single-ASN1-type", &p1_type_any, BER_CONTEXT(0), P1_OPTIONAL },
	{ "octet-aligned", &p1_type_octets, BER_CONTEXT(1), P1_OPTIONAL },
	{ "arbitrary", &p1_type_bit_string, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_external =
	P1_T(P1_SEQUENCE, .tag = BER_UNIVERSAL(BER_EXTERNAL), .members = external_members);

/* ---- directory names ---- */

static const struct p1_member ava_members[] = {
	{ "type", &p1_type_oid, 0, 0 },
	{ "value", &p1_type_any, 0, 0 },
	P1_END
};
static const struct p1_type ava = P1_SEQUENCE_T(ava_members);
static const struct p1_type rdn = P1_BAG_T(P1_OF(&ava), 1, 0);
static const struct p1_type rdn_sequence = P1_LIST_T(P1_OF(&rdn), 0, 0);
static const struct p1_member directory_name_members[] = {
	{ "rdnSequence", &rdn_sequence, 0, 0 },
	P1_END
};
const struct p1_type p1_type_directory_name = P1_CHOICE_T(directory_name_members);

/* ---- strings ---- */

#define PRINTABLE(to) ((const struct p1_type[]){ P1_STRING_T(BER_PRINTABLE_STRING, 1, to) })
#define NUMERIC(to) ((const struct p1_type[]){ P1_STRING_T(BER_NUMERIC_STRING, 1, to) })
#define TELETEX(to) ((const struct p1_type[]){ P1_STRING_T(BER_T61_STRING, 1, to) })

static const struct p1_member universal_members[] = {
	{ "two-octets", &(const struct p1_type)P1_STRING_T(BER_BMP_STRING, 1, 0), 0, P1_OPTIONAL },
	{ "four-octets", &(const struct p1_type)P1_STRING_T(BER_UNIVERSAL_STRING, 1, 0), 0,
	  P1_OPTIONAL },
	{ "iso-639-language-code", &(const struct p1_type)P1_STRING_T(BER_PRINTABLE_STRING, 2, 5),
	  0, P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_universal_string = P1_SET_T(universal_members);

/* ---- domains ---- */

static const struct p1_member country_members[] = {
	{ "x121-dcc-code", &(const struct p1_type)P1_STRING_T(BER_NUMERIC_STRING, 3, 3), 0, 0 },
	{ "iso-3166-alpha2-code", &(const struct p1_type)P1_STRING_T(BER_PRINTABLE_STRING, 2, 2),
	  0, 0 },
	P1_END
};
static const struct p1_type plain_country = P1_CHOICE_T(country_members);
static const struct p1_member admd_members[] = {
	{ "numeric", &(const struct p1_type)P1_STRING_T(BER_NUMERIC_STRING, 0, 16), 0, 0 },
	{ "printable", &(const struct p1_type)P1_STRING_T(BER_PRINTABLE_STRING, 0, 16), 0, 0 },
	P1_END
};
static const struct p1_type plain_admd = P1_CHOICE_T(admd_members);
static const struct p1_member prmd_members[] = {
	{ "numeric", NUMERIC(16), 0, 0 },
	{ "printable", PRINTABLE(16), 0, 0 },
	P1_END
};
const struct p1_type p1_type_prmd = P1_CHOICE_T(prmd_members);

/* [APPLICATION 1], [APPLICATION 2]: explicit, as the types are CHOICEs. */
static const struct p1_member tagged_country[] = {
	{ "country", &plain_country, BER_APPLICATION(1), 0 },
	P1_END
};
const struct p1_type p1_type_country = P1_CHOICE_T(tagged_country);
static const struct p1_member tagged_admd[] = {
	{ "admd", &plain_admd, BER_APPLICATION(2), 0 },
	P1_END
};
const struct p1_type p1_type_admd = P1_CHOICE_T(tagged_admd);

static const struct p1_member domain_members[] = {
	{ "country-name", &plain_country, BER_APPLICATION(1), 0 },
	{ "administration-domain-name", &plain_admd, BER_APPLICATION(2), 0 },
	{ "private-domain-identifier", &p1_type_prmd, 0, P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_domain =
	P1_T(P1_SEQUENCE, .tag = BER_APPLICATION(3), .members = domain_members);

static const struct p1_member mts_id_members[] = {
	{ "global-domain-identifier", &p1_type_domain, 0, 0 },
	{ "local-identifier", &(const struct p1_type)P1_STRING_T(BER_IA5_STRING, 1, 32), 0, 0 },
	P1_END
};
const struct p1_type p1_type_mts_id =
	P1_T(P1_SEQUENCE, .tag = BER_APPLICATION(4), .members = mts_id_members);

/* ---- extension attributes ---- */

static const struct p1_member teletex_personal_members[] = {
	{ "surname", TELETEX(40), BER_CONTEXT(0), 0 },
	{ "given-name", TELETEX(16), BER_CONTEXT(1), P1_OPTIONAL },
	{ "initials", TELETEX(5), BER_CONTEXT(2), P1_OPTIONAL },
	{ "generation-qualifier", TELETEX(3), BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type teletex_personal = P1_SET_T(teletex_personal_members);

static const struct p1_member universal_personal_members[] = {
	{ "surname", &p1_type_universal_string, BER_CONTEXT(0), 0 },
	{ "given-name", &p1_type_universal_string, BER_CONTEXT(1), P1_OPTIONAL },
	{ "initials", &p1_type_universal_string, BER_CONTEXT(2), P1_OPTIONAL },
	{ "generation-qualifier", &p1_type_universal_string, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type universal_personal = P1_SET_T(universal_personal_members);

static const struct p1_type teletex_units = P1_LIST_T(P1_OF(TELETEX(32)), 1, 4);
static const struct p1_type universal_units = P1_LIST_T(P1_OF(&p1_type_universal_string), 1, 4);

static const struct p1_member teletex_dda_members[] = {
	{ "type", TELETEX(8), 0, 0 },
	{ "value", TELETEX(128), 0, 0 },
	P1_END
};
static const struct p1_type teletex_dda = P1_SEQUENCE_T(teletex_dda_members);
static const struct p1_type teletex_ddas = P1_LIST_T(P1_OF(&teletex_dda), 1, 4);

static const struct p1_member universal_dda_members[] = {
	{ "type", &p1_type_universal_string, 0, 0 },
	{ "value", &p1_type_universal_string, 0, 0 },
	P1_END
};
static const struct p1_type universal_dda = P1_SEQUENCE_T(universal_dda_members);
static const struct p1_type universal_ddas = P1_LIST_T(P1_OF(&universal_dda), 1, 4);

static const struct p1_member postal_code_members[] = {
	{ "numeric-code", NUMERIC(16), 0, 0 },
	{ "printable-code", PRINTABLE(16), 0, 0 },
	P1_END
};
static const struct p1_type postal_code = P1_CHOICE_T(postal_code_members);

static const struct p1_member pds_members[] = {
	{ "printable-string", PRINTABLE(30), 0, P1_OPTIONAL },
	{ "teletex-string", TELETEX(30), 0, P1_OPTIONAL },
	P1_END
};
static const struct p1_type pds = P1_SET_T(pds_members);

static const struct p1_type address_lines = P1_LIST_T(P1_OF(PRINTABLE(30)), 1, 6);
static const struct p1_member unformatted_members[] = {
	{ "printable-address", &address_lines, 0, P1_OPTIONAL },
	{ "teletex-string", TELETEX(180), 0, P1_OPTIONAL },
	P1_END
};
static const struct p1_type unformatted = P1_SET_T(unformatted_members);

static const struct p1_member e163_members[] = {
	{ "number", NUMERIC(15), BER_CONTEXT(0), 0 },
	{ "sub-address", NUMERIC(40), BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
static const struct p1_type e163 = P1_SEQUENCE_T(e163_members);
static const struct p1_type n_addresses = P1_BAG_T(P1_OF(&p1_type_octets), 1, 0);
static const struct p1_member psap_members[] = {
	{ "pSelector", &p1_type_octets, BER_CONTEXT(0), P1_OPTIONAL | P1_EXPLICIT },
	{ "sSelector", &p1_type_octets, BER_CONTEXT(1), P1_OPTIONAL | P1_EXPLICIT },
	{ "tSelector", &p1_type_octets, BER_CONTEXT(2), P1_OPTIONAL | P1_EXPLICIT },
	{ "nAddresses", &n_addresses, BER_CONTEXT(3), P1_EXPLICIT },
	P1_END
};
static const struct p1_type psap = P1_SEQUENCE_T(psap_members);
static const struct p1_member network_members[] = {
	{ "e163-4-address", &e163, 0, 0 },
	{ "psap-address", &psap, BER_CONTEXT(0), 0 },
	P1_END
};
static const struct p1_type network = P1_CHOICE_T(network_members);

static const struct text_name terminals[] = {
	{ 3, "telex" }, { 4, "teletex" }, { 5, "g3-facsimile" }, { 6, "g4-facsimile" },
	{ 7, "ia5-terminal" }, { 8, "videotex" }, P1_NO_NAME
};
static const struct p1_type terminal = P1_NUMBER_T(terminals, 256);

const struct p1_open p1_extension_attributes[] = {
	{ "common-name", PRINTABLE(64), 1, 0, "" },
	{ "teletex-common-name", TELETEX(64), 2, 0, "" },
	{ "teletex-organization-name", TELETEX(64), 3, 0, "" },
	{ "teletex-personal-name", &teletex_personal, 4, 0, "" },
	{ "teletex-organizational-unit-names", &teletex_units, 5, 0, "" },
	{ "teletex-domain-defined-attributes", &teletex_ddas, 6, 0, "" },
	{ "pds-name", PRINTABLE(16), 7, 0, "" },
	{ "physical-delivery-country-name", &plain_country, 8, 0, "" },
	{ "postal-code", &postal_code, 9, 0, "" },
	{ "physical-delivery-office-name", &pds, 10, 0, "" },
	{ "physical-delivery-office-number", &pds, 11, 0, "" },
	{ "extension-OR-address-components", &pds, 12, 0, "" },
	{ "physical-delivery-personal-name", &pds, 13, 0, "" },
	{ "physical-delivery-organization-name", &pds, 14, 0, "" },
	{ "extension-physical-delivery-address-components", &pds, 15, 0, "" },
	{ "unformatted-postal-address", &unformatted, 16, 0, "" },
	{ "street-address", &pds, 17, 0, "" },
	{ "post-office-box-address", &pds, 18, 0, "" },
	{ "poste-restante-address", &pds, 19, 0, "" },
	{ "unique-postal-name", &pds, 20, 0, "" },
	{ "local-postal-attributes", &pds, 21, 0, "" },
	{ "extended-network-address", &network, 22, 0, "" },
	{ "terminal-type", &terminal, 23, 0, "" },
	{ "universal-common-name", &p1_type_universal_string, 24, 0, "" },
	{ "universal-organization-name", &p1_type_universal_string, 25, 0, "" },
	{ "universal-personal-name", &universal_personal, 26, 0, "" },
	{ "universal-organizational-unit-names", &universal_units, 27, 0, "" },
	{ "universal-domain-defined-attributes", &universal_ddas, 28, 0, "" },
	{ "universal-physical-delivery-office-name", &p1_type_universal_string, 29, 0, "" },
	{ "universal-physical-delivery-office-number", &p1_type_universal_string, 30, 0, "" },
	{ "universal-extension-OR-address-components", &p1_type_universal_string, 31, 0, "" },
	{ "universal-physical-delivery-personal-name", &p1_type_universal_string, 32, 0, "" },
	{ "universal-physical-delivery-organization-name", &p1_type_universal_string, 33, 0, "" },
	{ "universal-extension-physical-delivery-address-components", &p1_type_universal_string,
	  34, 0, "" },
	{ "universal-unformatted-postal-address", &p1_type_universal_string, 35, 0, "" },
	{ "universal-street-address", &p1_type_universal_string, 36, 0, "" },
	{ "universal-post-office-box-address", &p1_type_universal_string, 37, 0, "" },
	{ "universal-poste-restante-address", &p1_type_universal_string, 38, 0, "" },
	{ "universal-unique-postal-name", &p1_type_universal_string, 39, 0, "" },
	{ "universal-local-postal-attributes", &p1_type_universal_string, 40, 0, "" },
	{ NULL, NULL, 0, 0, "" },
};

static const struct p1_type extension_attribute_value = P1_OPEN_T(p1_extension_attributes);
static const struct p1_member extension_attribute_members[] = {
	{ "extension-attribute-type", &(const struct p1_type)P1_NUMBER_T(NULL, 256),
	  BER_CONTEXT(0), 0 },
	{ "extension-attribute-value", &extension_attribute_value, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type extension_attribute = P1_SEQUENCE_T(extension_attribute_members);
static const struct p1_type extension_attributes = P1_BAG_T(P1_OF(&extension_attribute), 1, 256);

/* ---- addresses and names ---- */

static const struct p1_member personal_members[] = {
	{ "surname", PRINTABLE(40), BER_CONTEXT(0), 0 },
	{ "given-name", PRINTABLE(16), BER_CONTEXT(1), P1_OPTIONAL },
	{ "initials", PRINTABLE(5), BER_CONTEXT(2), P1_OPTIONAL },
	{ "generation-qualifier", PRINTABLE(3), BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type personal = P1_SET_T(personal_members);
static const struct p1_type units = P1_LIST_T(P1_OF(PRINTABLE(32)), 1, 4);

static const struct p1_member standard_members[] = {
	{ "country-name", &plain_country, BER_APPLICATION(1), P1_OPTIONAL },
	{ "administration-domain-name", &plain_admd, BER_APPLICATION(2), P1_OPTIONAL },
	{ "network-address", NUMERIC(16), BER_CONTEXT(0), P1_OPTIONAL },
	{ "terminal-identifier", PRINTABLE(24), BER_CONTEXT(1), P1_OPTIONAL },
	{ "private-domain-name", &p1_type_prmd, BER_CONTEXT(2), P1_OPTIONAL },
	{ "organization-name", PRINTABLE(64), BER_CONTEXT(3), P1_OPTIONAL },
	{ "numeric-user-identifier", NUMERIC(32), BER_CONTEXT(4), P1_OPTIONAL },
	{ "personal-name", &personal, BER_CONTEXT(5), P1_OPTIONAL },
	{ "organizational-unit-names", &units, BER_CONTEXT(6), P1_OPTIONAL },
	P1_END
};
static const struct p1_type standard = P1_SEQUENCE_T(standard_members);

static const struct p1_member dda_members[] = {
	{ "type", PRINTABLE(8), 0, 0 },
	{ "value", PRINTABLE(128), 0, 0 },
	P1_END
};
static const struct p1_type dda = P1_SEQUENCE_T(dda_members);
static const struct p1_type ddas = P1_LIST_T(P1_OF(&dda), 1, 4);

static const struct p1_member or_name_members[] = {
	{ "built-in-standard-attributes", &standard, 0, 0 },
	{ "built-in-domain-defined-attributes", &ddas, 0, P1_OPTIONAL },
	{ "extension-attributes", &extension_attributes, 0, P1_OPTIONAL },
	{ "directory-name", &p1_type_directory_name, BER_CONTEXT(0), P1_OPTIONAL },
	P1_END
};
const struct p1_type p1_type_or_name =
	P1_T(P1_NAME, .tag = BER_APPLICATION(0), .members = or_name_members);
/* An address is a name that has no directory name, and no tag of its own. */
const struct p1_type p1_type_or_address =
	P1_T(P1_NAME, .tag = BER_UNIVERSAL(BER_SEQUENCE), .members = or_name_members);
