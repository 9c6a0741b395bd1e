#include "cli/associate.h"
#include "cli/cli.h"

#include <string.h>

static bool mode(const char *verb, const char *name, struct association_config *c)
{
	enum association_context said = association_context_said(name ? name : "normal");

	if (said < ASSOCIATION_CONTEXTS) {
		association_use(c, said);
		return true;
	}
	cli_wrong(verb, "--mode %s: normal, x410 or 1984 was wanted", name);
	return false;
}

static bool dialogue(const char *verb, const char *name, struct association_config *c)
{
	bool two_way = name && strcmp(name, "two-way") == 0;

	c->rtse.dialogue = two_way ? RTSE_TWO_WAY_ALTERNATE : RTSE_MONOLOGUE;
	if (!name || two_way || strcmp(name, "monologue") == 0)
		return true;
	cli_wrong(verb, "--dialogue %s: monologue or two-way was wanted", name);
	return false;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool hex(const char *text, uint8_t *octets, struct octets *out)
{
	size_t n = strlen(text);

	if (n == 0 || n % 2 || n / 2 > CLI_SELECTOR_MAX)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		octets[i / 2] = (uint8_t)(high << 4 | low);
	}
	*out = (struct octets){ octets, n / 2 };
	return true;
}

static bool selector(const char *verb, const char *name, const char *text, uint8_t *octets,
                     size_t max, struct octets *out)
{
	bool good = true;

	if (!text)
		return true;
	if (strncmp(text, "0x", 2) == 0)
		good = hex(text + 2, octets, out);
	else
		*out = octets_of(text);
	if (good && out->n > 0 && out->n <= max)
		return true;
	cli_wrong(verb, "--%s %s: 1 to %zu characters, or 0x and as many octets in hex, were "
	          "wanted", name, text, max);
	return false;
}

bool cli_associate(const char *verb, struct cli_association *a, struct association_config *c)
{
	/* X.225 8.3.1.20; the other two have no bound that we would run into. */
	enum { SSEL_MAX = 16 };
	bool calls = c->initiator;

	return mode(verb, a->mode, c) && dialogue(verb, a->dialogue, c) &&
	       selector(verb, "tsel", a->tsel, a->octets[0], CLI_SELECTOR_MAX,
	                calls ? &c->cotp.remote : &c->cotp.local) &&
	       selector(verb, "ssel", a->ssel, a->octets[1], SSEL_MAX,
	                calls ? &c->called_ssel : &c->session.local_ssel) &&
	       selector(verb, "psel", a->psel, a->octets[2], CLI_SELECTOR_MAX,
	                calls ? &c->presentation.called_psel : &c->presentation.local_psel);
}
