#include "p1/p1_bind.h"

const struct rule p1_rules[P1_RULES_N] = {
#define ROW(...) RULE_ROW(LAYER_P1, __VA_ARGS__)
	P1_RULES(ROW)
#undef ROW
};

enum { UB_MTA_NAME = 32, UB_PASSWORD = 62 };

static const uint32_t wrappers[] = {
	[P1_BIND_ARGUMENT] = BER_CONTEXT(16),
	[P1_BIND_RESULT] = BER_CONTEXT(17),
	[P1_BIND_ERROR] = BER_CONTEXT(18),
};
enum { WRAPPERS_N = sizeof wrappers / sizeof *wrappers };

static const struct text_name errors[] = {
	{ P1_BIND_BUSY, "busy" },
	{ P1_BIND_AUTHENTICATION, "authentication-error" },
	{ P1_BIND_DIALOGUE_MODE, "unacceptable-dialogue-mode" },
	{ P1_BIND_SECURITY_CONTEXT, "unacceptable-security-context" },
	{ P1_BIND_CONFIDENTIALITY, "inadequate-association-confidentiality" },
	{ P1_BIND_NO_ERROR, "none" },
	{ 0, NULL },
};

const char *p1_bind_error_name(uint32_t error)
{
	for (const struct text_name *n = errors; n->name; n++)
		if (n->value == error)
			return n->name;
	return "?";
}

struct p1_bind p1_bind_simple(const char *name, const char *password)
{
	if (!password)
		return (struct p1_bind){ .kind = P1_BIND_ARGUMENT };
	return (struct p1_bind){
		.kind = P1_BIND_ARGUMENT, .authenticated = true,
		.credentials = P1_CREDENTIALS_IA5,
		.name = p1_string(name), .secret = p1_string(password),
	};
}

/* ---- reading ---- */

static bool read_name(struct ber *b, const struct ber_tlv *t, struct p1_bind *out)
{
	uint64_t n;

	if (!ber_string(b, t, &out->name))
		return false;
	n = ber_string_size(&out->name);
	if (n == 0 || n > UB_MTA_NAME)
		return ber_fail(b, t, &p1_rules[P1_NAME_LENGTH]);
	return true;
}

static bool read_password(struct ber *b, const struct ber_tlv *t, enum p1_credentials kind,
                          struct p1_bind *out)
{
	out->credentials = (uint8_t)kind;
	if (!ber_string(b, t, &out->secret))
		return false;
	if (ber_string_size(&out->secret) > UB_PASSWORD)
		return ber_fail(b, t, &p1_rules[P1_PASSWORD_LENGTH]);
	return true;
}

static bool read_opaque(struct ber *b, const struct ber_tlv *t, enum p1_credentials kind,
                        struct p1_bind *out)
{
	out->credentials = (uint8_t)kind;
	return ber_raw(b, t, &out->secret.raw);
}

static bool read_credentials(struct ber *b, const struct ber_tlv *t, struct p1_bind *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && ber_fail(b, t, &p1_rules[P1_CREDENTIALS_KIND]) && ber_leave(b);
	switch (v.tag) {
	case BER_UNIVERSAL(BER_IA5_STRING):
		read_password(b, &v, P1_CREDENTIALS_IA5, out);
		break;
	case BER_UNIVERSAL(BER_OCTET_STRING):
		read_password(b, &v, P1_CREDENTIALS_OCTETS, out);
		break;
	case BER_CONTEXT(0):
		read_opaque(b, &v, P1_CREDENTIALS_STRONG, out);
		break;
	case BER_CONTEXT(1):
		/* X.411 MTABind allows simple and strong ones only. */
		ber_fail(b, &v, &p1_rules[P1_CREDENTIALS_KIND]);
		read_opaque(b, &v, P1_CREDENTIALS_PROTECTED, out);
		break;
	default:
		ber_fail(b, &v, &p1_rules[P1_CREDENTIALS_KIND]);
		break;
	}
	return ber_leave(b);
}

static bool read_member(struct ber *b, const struct ber_tlv *t, struct p1_bind *out)
{
	switch (t->tag) {
	case BER_CONTEXT(0):
		if (out->name.raw.p && !ber_fail(b, t, &p1_rules[P1_TWICE]))
			return false;
		return read_name(b, t, out);
	case BER_CONTEXT(1):
		if (out->credentials != P1_CREDENTIALS_NONE &&
		    !ber_fail(b, t, &p1_rules[P1_TWICE]))
			return false;
		return read_credentials(b, t, out);
	case BER_CONTEXT(2):
		return ber_raw(b, t, &out->security_context);
	default:
		return ber_fail(b, t, &p1_rules[P1_MEMBER_UNKNOWN]);
	}
}

static bool read_authenticated(struct ber *b, const struct ber_tlv *t, struct p1_bind *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	out->authenticated = true;
	while (ber_next(b, &v))
		if (!read_member(b, &v, out))
			return false;
	if (!ber_leave(b))
		return false;
	if (!out->name.raw.p)
		ber_fail(b, t, &p1_rules[P1_BIND_NAME]);
	if (out->credentials == P1_CREDENTIALS_NONE)
		ber_fail(b, t, &p1_rules[P1_BIND_CREDENTIALS]);
	return true;
}

static bool read_error(struct ber *b, const struct ber_tlv *t, struct p1_bind *out)
{
	int64_t v;

	out->kind = P1_BIND_ERROR;
	if (!ber_int(b, t, &v))
		return false;
	if (v >= 0 && v < P1_BIND_NO_ERROR)
		out->error = (uint32_t)v;
	if (v < 0 || v > P1_BIND_CONFIDENTIALITY || v == 1)
		return ber_fail(b, t, &p1_rules[P1_BIND_ERROR_VALUE]);
	return true;
}

/* The value itself, wrapper off.  An INTEGER is an error and the others are
 * not, whatever their place. */
static bool read_value(struct ber *b, const struct ber_tlv *t, struct p1_bind *out)
{
	switch (t->tag) {
	case BER_UNIVERSAL(BER_NULL):
		return ber_null(b, t);
	case BER_UNIVERSAL(BER_INTEGER):
		return read_error(b, t, out);
	case BER_CONTEXT(1):
		return read_authenticated(b, t, out);
	default:
		return ber_fail(b, t, &p1_rules[P1_BIND_VALUE]);
	}
}

static bool read_wrapped(struct ber *b, const struct ber_tlv *t, struct p1_bind *out)
{
	struct ber_tlv v;

	if (!ber_enter(b, t))
		return false;
	if (!ber_next(b, &v))
		return ber_ok(b) && ber_fail(b, t, &p1_rules[P1_BIND_VALUE]);
	return read_value(b, &v, out) && ber_end(b, &p1_rules[P1_TRAILING]) && ber_leave(b);
}

bool p1_bind_decode(struct octets value, enum p1_bind_kind kind, bool x410,
                    struct p1_bind *out, struct findings *f)
{
	struct ber_tlv t;
	struct ber b;
	unsigned k = 0;

	/* An error shows itself by its type. */
	*out = (struct p1_bind){
		.kind = (uint8_t)(kind == P1_BIND_ERROR ? P1_BIND_RESULT : kind),
		.error = P1_BIND_NO_ERROR,
	};
	ber_init(&b, value, f);
	if (!ber_next(&b, &t))
		return ber_ok(&b) && findings_add(f, &p1_rules[P1_BIND_VALUE], 0);
	while (k < WRAPPERS_N && wrappers[k] != t.tag)
		k++;
	if ((k == WRAPPERS_N) == !x410)
		ber_fail(&b, &t, &p1_rules[x410 ? P1_BIND_WRAPPER_X410 : P1_BIND_WRAPPER]);
	if (k == WRAPPERS_N ? !read_value(&b, &t, out) : !read_wrapped(&b, &t, out))
		return false;
	if (out->kind != kind || (k != WRAPPERS_N && k != (unsigned)kind))
		ber_fail(&b, &t, &p1_rules[P1_BIND_WRONG]);
	return ber_end(&b, &p1_rules[P1_TRAILING]);
}

/* ---- writing ---- */

static void build_credentials(struct nodes *a, struct node *parent, const struct p1_bind *b)
{
	struct node *n;

	if (b->credentials == P1_CREDENTIALS_NONE)
		return;
	n = node_ber(a, parent, 0xa1);
	if (b->credentials == P1_CREDENTIALS_IA5)
		ber_node_string(a, n, 0x16, &b->secret);
	else if (b->credentials == P1_CREDENTIALS_OCTETS)
		ber_node_string(a, n, 0x04, &b->secret);
	else
		node_octets(a, n, b->secret.raw);
}

static void build_value(struct nodes *a, struct node *parent, const struct p1_bind *b)
{
	struct node *n;

	if (b->kind == P1_BIND_ERROR) {
		node_ber_int(a, parent, 0x02, b->error);
	} else if (!b->authenticated) {
		node_ber(a, parent, 0x05);
	} else {
		n = node_ber(a, parent, 0xa1);
		if (b->name.raw.p)
			ber_node_string(a, n, 0x80, &b->name);
		build_credentials(a, n, b);
		if (b->security_context.n)
			node_octets(a, n, b->security_context);
	}
}

struct node *p1_bind_build(struct nodes *a, const struct p1_bind *b, bool x410)
{
	struct node *n = x410 ? node_list(a, NULL) : node_ber(a, NULL, (uint8_t)(0xb0 + b->kind));

	build_value(a, n, b);
	return n;
}

/* ---- text ---- */

static void text_credentials(struct text *t, const struct p1_bind *b)
{
	static const char *const names[] = {
		[P1_CREDENTIALS_IA5] = "ia5:", [P1_CREDENTIALS_OCTETS] = "octets:",
		[P1_CREDENTIALS_STRONG] = "strong:", [P1_CREDENTIALS_PROTECTED] = "protected:",
	};

	if (b->credentials == P1_CREDENTIALS_NONE)
		return;
	text_field(t, "password");
	text_put(t, names[b->credentials]);
	text_u64(t, ber_string_size(&b->secret));
}

void p1_bind_text(struct text *t, const struct p1_bind *b)
{
	if (b->kind == P1_BIND_ERROR) {
		text_put(t, "BIND-ERROR ");
		text_named(t, errors, b->error);
		return;
	}
	text_put(t, b->kind == P1_BIND_ARGUMENT ? "BIND-ARGUMENT" : "BIND-RESULT");
	if (!b->authenticated) {
		text_put(t, " NULL");
		return;
	}
	text_field(t, "name");
	ber_text_string(t, &b->name);
	text_credentials(t, b);
	if (b->security_context.n)
		text_field_u64(t, "context", b->security_context.n);
}
