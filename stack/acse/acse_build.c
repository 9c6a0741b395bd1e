/*
 * APDUs of X.227 as trees.
 */
#include "acse/acse_pdu.h"

static void build_explicit(struct nodes *a, struct node *in, uint8_t tag, struct octets value)
{
	node_octets(a, node_ber(a, in, 0xa0 | tag), value);
}

static void build_explicit_int(struct nodes *a, struct node *in, uint8_t tag, int64_t v)
{
	node_ber_int(a, node_ber(a, in, 0xa0 | tag), BER_INTEGER, v);
}

static void build_entity(struct nodes *a, struct node *in, const struct acse_pdu *p,
                         const struct acse_entity *e, enum acse_field first, uint8_t tag)
{
	if (acse_has(p, first))
		build_explicit(a, in, tag, e->ap_title);
	if (acse_has(p, first + 1))
		build_explicit(a, in, tag + 1, e->ae_qualifier);
	if (acse_has(p, first + 2))
		build_explicit_int(a, in, tag + 2, e->ap_invocation);
	if (acse_has(p, first + 3))
		build_explicit_int(a, in, tag + 3, e->ae_invocation);
}

static void build_user(struct nodes *a, struct node *in, const struct acse_pdu *p)
{
	struct node *list;

	if (!acse_has(p, ACSE_HAS_USER))
		return;
	list = node_ber(a, in, 0xbe);
	if (p->user.n == 1)
		ber_node_external(a, list, 0x28, &p->user.external, p->user.tree);
	else
		node_octets(a, list, p->user.raw);
}

static void build_rest(struct nodes *a, struct node *in, const struct acse_pdu *p, uint8_t tag)
{
	if (acse_has(p, ACSE_HAS_REQUIREMENTS))
		ber_node_bits(a, in, 0x80 | tag, p->requirements);
	if (acse_has(p, ACSE_HAS_MECHANISM))
		node_ber_octets(a, in, 0x80 | (tag + 1), p->mechanism);
	if (acse_has(p, ACSE_HAS_AUTHENTICATION))
		build_explicit(a, in, tag + 2, p->authentication);
	if (acse_has(p, ACSE_HAS_CONTEXT_NAMES))
		node_ber_octets(a, in, 0xa0 | (tag + 3), p->context_names);
	if (acse_has(p, ACSE_HAS_IMPLEMENTATION))
		ber_node_string(a, in, 0x9d, &p->implementation);
	build_user(a, in, p);
}

static void build_head(struct nodes *a, struct node *in, const struct acse_pdu *p)
{
	if (acse_has(p, ACSE_HAS_VERSION))
		ber_node_bits(a, in, 0x80, p->version);
	if (acse_has(p, ACSE_HAS_CONTEXT_NAME))
		node_ber_octets(a, node_ber(a, in, 0xa1), BER_OBJECT_IDENTIFIER,
		                p->context_name);
}

static void build_aarq(struct nodes *a, struct node *in, const struct acse_pdu *p)
{
	build_head(a, in, p);
	build_entity(a, in, p, &p->called, ACSE_HAS_CALLED_AP_TITLE, 2);
	build_entity(a, in, p, &p->calling, ACSE_HAS_CALLING_AP_TITLE, 6);
	build_rest(a, in, p, 10);
}

static void build_aare(struct nodes *a, struct node *in, const struct acse_pdu *p)
{
	build_head(a, in, p);
	if (acse_has(p, ACSE_HAS_RESULT))
		build_explicit_int(a, in, 2, p->result);
	if (acse_has(p, ACSE_HAS_DIAGNOSTIC))
		build_explicit_int(a, node_ber(a, in, 0xa3), p->source == ACSE_USER ? 1 : 2,
		                   p->diagnostic);
	build_entity(a, in, p, &p->called, ACSE_HAS_CALLED_AP_TITLE, 4);
	build_rest(a, in, p, 8);
}

static void build_release(struct nodes *a, struct node *in, const struct acse_pdu *p)
{
	if (acse_has(p, ACSE_HAS_REASON))
		node_ber_int(a, in, 0x80, p->reason);
	build_user(a, in, p);
}

static void build_abrt(struct nodes *a, struct node *in, const struct acse_pdu *p)
{
	if (acse_has(p, ACSE_HAS_SOURCE))
		node_ber_int(a, in, 0x80, p->source);
	if (acse_has(p, ACSE_HAS_DIAGNOSTIC))
		node_ber_int(a, in, 0x81, p->diagnostic);
	build_user(a, in, p);
}

struct node *acse_build(struct nodes *a, const struct acse_pdu *p)
{
	static void (*const build[ACSE_APDUS])(struct nodes *, struct node *,
	                                       const struct acse_pdu *) = {
		[ACSE_AARQ] = build_aarq, [ACSE_AARE] = build_aare, [ACSE_RLRQ] = build_release,
		[ACSE_RLRE] = build_release, [ACSE_ABRT] = build_abrt,
	};
	struct node *apdu = node_ber(a, NULL, (uint8_t)(0x60 + (p->kind - ACSE_AARQ)));

	build[p->kind](a, apdu, p);
	return apdu;
}
