/*
 * PPDUs as trees.
 */
#include "presentation/presentation_pdu.h"

static void build_bits(struct nodes *a, struct node *in, const struct presentation_pdu *p,
                       enum presentation_param param, uint8_t tag, uint32_t bits)
{
	if (presentation_has(p, param))
		ber_node_bits(a, in, tag, bits);
}

static void build_selector(struct nodes *a, struct node *in, const struct presentation_pdu *p,
                           enum presentation_param param, uint8_t tag,
                           const struct ber_string *selector)
{
	if (presentation_has(p, param))
		ber_node_string(a, in, tag, selector);
}

static size_t items_held(const struct presentation_pdu *p)
{
	return p->items_n < CONTEXTS_MAX ? p->items_n : CONTEXTS_MAX;
}

static void build_definition(struct nodes *a, struct node *list,
                             const struct presentation_item *item)
{
	struct node *seq = node_ber(a, list, 0x30), *names;

	node_ber_int(a, seq, BER_INTEGER, item->id);
	node_ber_octets(a, seq, BER_OBJECT_IDENTIFIER, item->abstract);
	names = node_ber(a, seq, 0x30);
	for (size_t i = 0; i < item->transfers && i < PRESENTATION_TRANSFERS_MAX; i++)
		node_ber_octets(a, names, BER_OBJECT_IDENTIFIER, item->transfer[i]);
}

static void build_result(struct nodes *a, struct node *list,
                         const struct presentation_item *item)
{
	struct node *seq = node_ber(a, list, 0x30);

	node_ber_int(a, seq, 0x80, item->result);
	if (item->transfers)
		node_ber_octets(a, seq, 0x81, item->transfer[0]);
	if (item->has_reason)
		node_ber_int(a, seq, 0x82, item->reason);
}

static void build_identifier(struct nodes *a, struct node *list,
                             const struct presentation_item *item)
{
	struct node *seq = node_ber(a, list, 0x30);

	node_ber_int(a, seq, BER_INTEGER, item->id);
	node_ber_octets(a, seq, BER_OBJECT_IDENTIFIER, item->transfer[0]);
}

typedef void item_fn(struct nodes *a, struct node *list, const struct presentation_item *item);

static void build_items(struct nodes *a, struct node *in, const struct presentation_pdu *p,
                        uint8_t tag, item_fn *build)
{
	struct node *list;

	if (!presentation_has(p, PRESENTATION_CONTEXTS))
		return;
	list = node_ber(a, in, tag);
	for (size_t i = 0; i < items_held(p); i++)
		build(a, list, &p->item[i]);
}

static void build_pdv(struct nodes *a, struct node *full, const struct presentation_pdv *v,
                      struct node *tree)
{
	struct node *list = node_ber(a, full, 0x30);

	if (v->has_transfer)
		node_ber_octets(a, list, BER_OBJECT_IDENTIFIER, v->transfer);
	node_ber_int(a, list, BER_INTEGER, v->id);
	ber_node_encoding(a, list, &v->value, tree);
}

static struct node *build_user(struct nodes *a, struct node *in,
                               const struct presentation_pdu *p)
{
	const struct presentation_user *u = &p->user;
	struct node *n;

	switch (u->form) {
	case USER_DATA_NONE:
		return NULL;
	case USER_DATA_BARE:
		return node_octets(a, in, u->simple.raw);
	case USER_DATA_SIMPLE:
		if (!u->tree)
			return ber_node_string(a, in, 0x40, &u->simple);
		n = node_ber(a, in, 0x40);
		node_adopt(n, u->tree);
		return n;
	default:
		n = node_ber(a, in, 0x61);
		if (u->pdvs == 1)
			build_pdv(a, n, &u->pdv, u->tree);
		else
			node_octets(a, n, u->raw);
		return n;
	}
}

static void build_mode(struct nodes *a, struct node *set, const struct presentation_pdu *p)
{
	struct node *mode;

	if (!presentation_has(p, PRESENTATION_MODE))
		return;
	mode = node_ber(a, set, 0xa0);
	node_ber_int(a, mode, 0x80, !p->x410);
}

static void build_x410(struct nodes *a, struct node *set, const struct presentation_pdu *p)
{
	struct node *n;

	if (!presentation_has(p, PRESENTATION_X410_PARAMETERS))
		return;
	n = node_ber(a, set, 0xa1);
	if (p->user.tree)
		node_adopt(n, p->user.tree);
	else
		node_octets(a, n, p->x410_parameters);
}

/* CPR and ARU of X.410 mode: the SET is the parameters. */
static struct node *build_x410_whole(struct nodes *a, const struct presentation_pdu *p)
{
	struct node *set = node_ber(a, NULL, 0x31);

	if (p->user.tree)
		node_adopt(set, p->user.tree);
	else
		node_octets(a, set, p->x410_parameters);
	return set;
}

static void build_requirements(struct nodes *a, struct node *in,
                               const struct presentation_pdu *p)
{
	build_bits(a, in, p, PRESENTATION_REQUIREMENTS, 0x88, p->requirements);
	build_bits(a, in, p, PRESENTATION_USER_SESSION, 0x89, p->user_session);
}

static void build_default_context(struct nodes *a, struct node *in,
                                  const struct presentation_pdu *p)
{
	struct node *n;

	if (!presentation_has(p, PRESENTATION_DEFAULT_CONTEXT))
		return;
	n = node_ber(a, in, 0xa6);
	node_ber_octets(a, n, 0x80, p->default_abstract);
	node_ber_octets(a, n, 0x81, p->default_transfer);
}

static struct node *build_cp(struct nodes *a, const struct presentation_pdu *p)
{
	struct node *list = node_list(a, NULL), *set = node_ber(a, list, 0x31), *in;

	build_mode(a, set, p);
	build_x410(a, set, p);
	if (presentation_has(p, PRESENTATION_NORMAL_PARAMETERS)) {
		in = node_ber(a, set, 0xa2);
		build_bits(a, in, p, PRESENTATION_VERSION, 0x80, p->version);
		build_selector(a, in, p, PRESENTATION_CALLING, 0x81, &p->calling);
		build_selector(a, in, p, PRESENTATION_CALLED, 0x82, &p->called);
		build_items(a, in, p, 0xa4, build_definition);
		build_default_context(a, in, p);
		build_requirements(a, in, p);
		build_user(a, in, p);
	}
	node_octets(a, list, p->cpc);
	return list;
}

static struct node *build_cpa(struct nodes *a, const struct presentation_pdu *p)
{
	struct node *set = node_ber(a, NULL, 0x31), *in;

	build_mode(a, set, p);
	build_x410(a, set, p);
	if (presentation_has(p, PRESENTATION_NORMAL_PARAMETERS)) {
		in = node_ber(a, set, 0xa2);
		build_bits(a, in, p, PRESENTATION_VERSION, 0x80, p->version);
		build_selector(a, in, p, PRESENTATION_RESPONDING, 0x83, &p->responding);
		build_items(a, in, p, 0xa5, build_result);
		build_requirements(a, in, p);
		build_user(a, in, p);
	}
	return set;
}

static struct node *build_cpr(struct nodes *a, const struct presentation_pdu *p)
{
	struct node *in;

	if (p->x410)
		return build_x410_whole(a, p);
	in = node_ber(a, NULL, 0x30);
	build_bits(a, in, p, PRESENTATION_VERSION, 0x80, p->version);
	build_selector(a, in, p, PRESENTATION_RESPONDING, 0x83, &p->responding);
	build_items(a, in, p, 0xa5, build_result);
	if (presentation_has(p, PRESENTATION_DEFAULT_RESULT))
		node_ber_int(a, in, 0x87, p->default_result);
	if (presentation_has(p, PRESENTATION_REASON))
		node_ber_int(a, in, 0x8a, p->reason);
	build_user(a, in, p);
	return in;
}

static struct node *build_aru(struct nodes *a, const struct presentation_pdu *p)
{
	struct node *in;

	if (p->x410)
		return build_x410_whole(a, p);
	in = node_ber(a, NULL, 0xa0);
	build_items(a, in, p, 0xa0, build_identifier);
	build_user(a, in, p);
	return in;
}

static struct node *build_arp(struct nodes *a, const struct presentation_pdu *p)
{
	struct node *in = node_ber(a, NULL, 0x30);

	if (presentation_has(p, PRESENTATION_REASON))
		node_ber_int(a, in, 0x80, p->reason);
	if (presentation_has(p, PRESENTATION_EVENT))
		node_ber_int(a, in, 0x81, p->event);
	return in;
}

static struct node *build_data(struct nodes *a, const struct presentation_pdu *p)
{
	return build_user(a, NULL, p);
}

struct node *presentation_build(struct nodes *a, const struct presentation_pdu *p)
{
	static struct node *(*const build[PRESENTATION_PPDUS])(struct nodes *,
	                                                       const struct presentation_pdu *) = {
		[PPDU_CP] = build_cp, [PPDU_CPA] = build_cpa, [PPDU_CPR] = build_cpr,
		[PPDU_ARU] = build_aru, [PPDU_ARP] = build_arp, [PPDU_TD] = build_data,
		[PPDU_USER] = build_data,
	};

	return build[p->kind](a, p);
}
