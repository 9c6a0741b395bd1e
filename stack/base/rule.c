#include "base/rule.h"

static const char *const layer_names[LAYERS] = {
	[LAYER_NONE] = "none",
	[LAYER_BER] = "ber",
	[LAYER_TPKT] = "tpkt",
	[LAYER_COTP] = "cotp",
	[LAYER_SESSION] = "session",
	[LAYER_PRESENTATION] = "presentation",
	[LAYER_ACSE] = "acse",
	[LAYER_RTSE] = "rtse",
	[LAYER_P1] = "p1",
	[LAYER_IPM] = "ipm",
	[LAYER_ASSOCIATION] = "association",
	[LAYER_OBSERVER] = "observer",
};

const char *layer_name(enum layer layer)
{
	return (unsigned)layer < LAYERS ? layer_names[layer] : "?";
}

void findings_clear(struct findings *f)
{
	f->n = 0;
	f->lost = 0;
	f->fatal = false;
}

bool findings_add(struct findings *f, const struct rule *rule, size_t octet)
{
	bool fatal = rule->severity == SEVERITY_FATAL;

	if (f->fatal)
		return false;		/* only the first one tells something */
	if (f->n < FINDINGS_MAX)
		f->at[f->n++] = (struct finding){ rule, octet };
	else if (fatal)
		f->at[FINDINGS_MAX - 1] = (struct finding){ rule, octet };
	else if (f->lost < UINT8_MAX)
		f->lost++;
	f->fatal = fatal;
	return !fatal;
}

const struct finding *findings_fatal(const struct findings *f)
{
	return f->fatal ? &f->at[f->n - 1] : NULL;
}
