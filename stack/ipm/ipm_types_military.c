/* Heading extensions of STANAG 4406 (modules MMSHeadingExtensions,
 * MMSPerRecipientSpecifierExtensions). */
#include "ipm/ipm_types.h"

enum { UB_MILITARY = 69, UB_SICS = 8 };

const struct p1_type ipm_type_military = P1_STRING_T(BER_PRINTABLE_STRING, 1, UB_MILITARY);

static const struct text_name precedences[] = {
	{ 0, "deferred" }, { 1, "routine" }, { 2, "priority" }, { 3, "immediate" }, { 4, "flash" },
	{ 5, "override" }, P1_NO_NAME
};
const struct p1_type ipm_type_precedence = P1_NUMBER_T(precedences, 31);

static const struct text_name message_types[] = {
	{ 0, "exercise" }, { 1, "operation" }, { 2, "project" }, { 3, "drill" }, P1_NO_NAME
};
static const struct p1_member message_type_members[] = {
	{ "type", &(const struct p1_type)P1_NUMBER_T(message_types, 255), BER_CONTEXT(0), 0 },
	{ "identifier", &ipm_type_military, BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
const struct p1_type ipm_type_message_type = P1_SET_T(message_type_members);

static const struct text_name list_types[] = {
	{ 0, "primaryAddressList" }, { 1, "copyAddressList" }, P1_NO_NAME
};
static const struct text_name list_requests[] = {
	{ 0, "action" }, { 1, "info" }, { 2, "both" }, P1_NO_NAME
};
static const struct p1_type list_request = P1_NUMBER_T(list_requests, 0);
static const struct p1_member address_list_members[] = {
	{ "type", &(const struct p1_type)P1_NUMBER_T(list_types, 0), BER_CONTEXT(0), 0 },
	{ "listName", &p1_type_or_descriptor, BER_CONTEXT(1), 0 },
	{ "notificationRequest", &list_request, BER_CONTEXT(2), P1_OPTIONAL },
	{ "replyRequest", &list_request, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type address_list = P1_SET_T(address_list_members);
const struct p1_type ipm_type_address_lists = P1_LIST_T(P1_OF(&address_list), 0, 0);

const struct p1_type ipm_type_exempted = P1_LIST_T(P1_OF(&p1_type_or_descriptor), 0, 0);

static const struct p1_type sic = P1_STRING_T(BER_PRINTABLE_STRING, 3, 8);
static const struct p1_type sics = P1_LIST_T(P1_OF(&sic), 1, UB_SICS);
static const struct p1_member distribution_members[] = {
	{ "dist-type", &p1_type_oid, 0, 0 },
	{ "dist-value", &p1_type_any, 0, 0 },
	P1_END
};
static const struct p1_type distribution = P1_SEQUENCE_T(distribution_members);
static const struct p1_type distributions = P1_LIST_T(P1_OF(&distribution), 0, 0);
static const struct p1_member codes_members[] = {
	{ "sics", &sics, BER_CONTEXT(0), P1_OPTIONAL },
	{ "dist-Extensions", &distributions, BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
const struct p1_type ipm_type_codes = P1_SET_T(codes_members);

const struct p1_type ipm_type_instructions = P1_LIST_T(P1_OF(&ipm_type_military), 0, 0);

static const struct text_name recipient_types[] = {
	{ 0, "primary" }, { 1, "copy" }, P1_NO_NAME
};
static const struct p1_member other_recipient_members[] = {
	{ "type", &(const struct p1_type)P1_NUMBER_T(recipient_types, 0), BER_CONTEXT(0), 0 },
	{ "designator", &ipm_type_military, BER_CONTEXT(1), 0 },
	P1_END
};
static const struct p1_type other_recipient = P1_SET_T(other_recipient_members);
const struct p1_type ipm_type_other_recipients = P1_LIST_T(P1_OF(&other_recipient), 0, 0);

static const struct p1_type pilot_recipients = P1_LIST_T(P1_OF(&p1_type_or_descriptor), 0, 0);
static const struct p1_member pilot_members[] = {
	{ "pilotPrecedence", &ipm_type_precedence, BER_CONTEXT(0), P1_OPTIONAL },
	{ "pilotRecipient", &pilot_recipients, BER_CONTEXT(1), P1_OPTIONAL },
	{ "pilotSecurity", &p1_type_label, BER_CONTEXT(2), P1_OPTIONAL },
	{ "pilotHandling", &ipm_type_instructions, BER_CONTEXT(3), P1_OPTIONAL },
	P1_END
};
static const struct p1_type pilot = P1_SEQUENCE_T(pilot_members);
const struct p1_type ipm_type_pilots = P1_LIST_T(P1_OF(&pilot), 0, 0);

static const struct p1_member part_label_members[] = {
	{ "body-part-security-label", &p1_type_label, BER_CONTEXT(0), 0 },
	{ "body-part-sequence-number", &p1_type_integer, BER_CONTEXT(1), P1_OPTIONAL },
	P1_END
};
static const struct p1_type part_label = P1_SET_T(part_label_members);
static const struct p1_type part_labels = P1_LIST_T(P1_OF(&part_label), 0, 0);
static const struct p1_member labels_members[] = {
	{ "content-security-label", &p1_type_label, BER_CONTEXT(0), 0 },
	{ "heading-security-label", &p1_type_label, BER_CONTEXT(1), P1_OPTIONAL },
	{ "body-part-security-labels", &part_labels, BER_CONTEXT(2), P1_OPTIONAL },
	P1_END
};
const struct p1_type ipm_type_labels = P1_SEQUENCE_T(labels_members);
