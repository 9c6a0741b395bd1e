/*
 * What links do, as names, fields and words; and what it makes of a line.
 */
#include "link/link.h"

#include "base/text.h"

const char *link_event_name(enum link_event code)
{
	static const char *const names[] = {
		[LINK_RATE_SET] = "rate-set", [LINK_DELAY_SET] = "delay-set",
		[LINK_STALL_ON] = "stall-on", [LINK_STALL_OFF] = "stall-off",
		[LINK_CUT_ARMED] = "cut-armed",
		[LINK_CUT_DONE] = "cut-done", [LINK_SILENCE_ON] = "silence-on",
		[LINK_LOST] = "lost", [LINK_CORRUPTED] = "corrupted", [LINK_MISSING] = "missing",
		[LINK_DOWN] = "down", [LINK_UP] = "up", [LINK_SHAPE_SET] = "shape-set",
		[LINK_KERNEL] = "kernel", [LINK_HIDDEN] = "hidden",
		[LINK_TLS] = "tls", [LINK_REACHED] = "reached",
	};

	return (size_t)code < sizeof names / sizeof *names && names[code] ? names[code] : "?";
}

const char *link_cut_name(enum link_cut how)
{
	static const char *const names[] = {
		[LINK_CUT_FIN] = "fin", [LINK_CUT_RST] = "rst",
		[LINK_CUT_HALF_CLOSE] = "half-close", [LINK_CUT_SILENCE] = "silence",
	};

	return (size_t)how < sizeof names / sizeof *names ? names[how] : "?";
}

uint8_t link_held(uint8_t before, const struct event *e)
{
	switch (e->code) {
	case LINK_STALL_ON:
	case LINK_SILENCE_ON:
	case LINK_DOWN:
		return before | e->type;
	case LINK_STALL_OFF:
	case LINK_UP:
		return (uint8_t)(before & ~e->type);
	default:
		return before;
	}
}

const char *link_tls_news_name(uint32_t news)
{
	static const char *const names[] = {
		[LINK_TLS_OPEN] = "open", [LINK_TLS_CLOSED] = "closed",
		[LINK_TLS_TRUNCATED] = "truncated", [LINK_TLS_FAILED] = "failed",
	};

	return news < sizeof names / sizeof *names ? names[news] : "?";
}

void link_event_text(struct text *t, const struct event *e)
{
	bool cut = e->code == LINK_CUT_ARMED || e->code == LINK_CUT_DONE ||
	           e->code == LINK_SILENCE_ON || e->code == LINK_KERNEL;

	text_put(t, link_event_name((enum link_event)e->code));
	if (cut) {
		text_char(t, ' ');
		text_put(t, link_cut_name((enum link_cut)e->value));
	}
	text_field_u64(t, "octet", e->offset);
	text_field_u64(t, "length", e->length);
	text_field_u64(t, "value", e->value);
}

/* --- words ------------------------------------------------------------------ */

static void put_time(struct text *t, uint64_t us)
{
	bool exact = us % 1000 == 0;

	text_u64(t, exact ? us / 1000 : us);
	text_put(t, exact ? " ms" : " us");
}

static void octets_value(struct text *t, const struct event *e)
{
	text_u64(t, e->value >> 8);
	text_put(t, " became ");
	text_u64(t, e->value & 0xff);
}

/* Figures: %o the octet, %l the length, %t the same as a time, %v the value, %b a changed
 * octet, %h how it is cut, %n news of TLS. */
static const char *const said[LINK_EVENTS] = {
	[LINK_RATE_SET] = "%l bit/s",
	[LINK_DELAY_SET] = "delay %t",
	[LINK_STALL_ON] = "stall-on behind octet %o",
	[LINK_STALL_OFF] = "stall-off, goes on behind octet %o",
	[LINK_CUT_ARMED] = "%h armed at %l",
	[LINK_CUT_DONE] = "%h behind octet %o, %l octets on the line lost",
	[LINK_SILENCE_ON] = "%h behind octet %o, %l octets on the line lost",
	[LINK_LOST] = "a segment of %l octets lost, %v times",
	[LINK_CORRUPTED] = "octet %o changed: %b",
	[LINK_MISSING] = "octet %o (%v) left out",
	[LINK_DOWN] = "down behind octet %o",
	[LINK_UP] = "up, TCP tries again after %t",
	[LINK_SHAPE_SET] = "another line from octet %o on",
	[LINK_KERNEL] = "%h: the kernels held %l octets beyond %o",
	[LINK_HIDDEN] = "the kernel may hold %l octets unread",
	[LINK_TLS] = "TLS %n",
	[LINK_REACHED] = "the point is reached, behind octet %o",
};

static void put_figure(struct text *t, char what, const struct event *e)
{
	switch (what) {
	case 'o':
		text_u64(t, e->offset);
		break;
	case 'l':
		text_u64(t, e->length);
		break;
	case 'v':
		text_u64(t, e->value);
		break;
	case 't':
		put_time(t, e->length);
		break;
	case 'b':
		octets_value(t, e);
		break;
	case 'n':
		text_put(t, link_tls_news_name(e->value));
		break;
	default:
		text_put(t, "cut ");
		text_put(t, link_cut_name((enum link_cut)e->value));
		break;
	}
}

void link_event_words(struct text *t, const struct event *e)
{
	const char *p = e->code < LINK_EVENTS && said[e->code] ? said[e->code] : "?";

	for (; *p; p++) {
		if (*p == '%')
			put_figure(t, *++p, e);
		else
			text_char(t, *p);
	}
}
