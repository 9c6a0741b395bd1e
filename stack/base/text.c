#include "base/text.h"

#include <string.h>

enum { HEX_MAX = 32 };

static void put_run(struct text *t, const char *s, size_t n)
{
	size_t room = t->n + 1 < t->cap ? t->cap - t->n - 1 : 0;

	if (n > room) {
		t->cut = true;
		n = room;
	}
	if (n == 0)
		return;
	memcpy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = '\0';
}

void text_init(struct text *t, char *buf, size_t cap)
{
	*t = (struct text){ buf, 0, cap, false, NULL };
	if (cap)
		buf[0] = '\0';
}

void text_clear(struct text *t)
{
	t->n = 0;
	t->cut = false;
	if (t->cap)
		t->p[0] = '\0';
}

void text_char(struct text *t, char c)
{
	if (t->n + 1 >= t->cap) {
		t->cut = true;
		return;
	}
	t->p[t->n++] = c;
	t->p[t->n] = '\0';
}

void text_put(struct text *t, const char *s)
{
	put_run(t, s, strlen(s));
}

void text_u64(struct text *t, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	put_run(t, digits + at, sizeof digits - at);
}

void text_i64(struct text *t, int64_t v)
{
	if (v < 0)
		text_char(t, '-');
	text_u64(t, v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v);
}

void text_hex8(struct text *t, uint8_t v)
{
	static const char digit[] = "0123456789abcdef";

	text_char(t, digit[v >> 4]);
	text_char(t, digit[v & 15]);
}

void text_hex(struct text *t, struct octets o)
{
	size_t n = o.n < HEX_MAX ? o.n : HEX_MAX;

	for (size_t i = 0; i < n; i++)
		text_hex8(t, o.p[i]);
	if (n < o.n) {
		text_put(t, "..+");
		text_u64(t, o.n - n);
	}
}

/* ---- memory ---- */

/* Its place; what another one has taken is looked for in vain, and that is all. */
static size_t place(struct octets o)
{
	uint64_t first = 0, last = 0;

	memcpy(&first, o.p, o.n < 8 ? o.n : 8);
	if (o.n >= 8)
		memcpy(&last, o.p + o.n - 8, 8);
	return (size_t)(((first ^ last * 3 ^ o.n) * UINT64_C(0x9e3779b97f4a7c15)) >> 58) %
	       TEXT_MEMORY;
}

bool text_remembered(struct text *t, struct octets o)
{
	size_t i;

	if (!t->memory || o.n == 0 || o.n > TEXT_MEMORY_OCTETS)
		return false;
	i = place(o);
	if (t->memory->at[i].octets_n != o.n || memcmp(t->memory->at[i].octets, o.p, o.n) != 0)
		return false;
	put_run(t, t->memory->at[i].text, t->memory->at[i].text_n);
	return true;
}

void text_remember(struct text *t, struct octets o, size_t from)
{
	size_t n = t->n - from, i;

	if (!t->memory || t->cut || o.n == 0 || o.n > TEXT_MEMORY_OCTETS || n > TEXT_MEMORY_TEXT)
		return;
	i = place(o);
	t->memory->at[i].octets_n = (uint8_t)o.n;
	t->memory->at[i].text_n = (uint8_t)n;
	memcpy(t->memory->at[i].octets, o.p, o.n);
	memcpy(t->memory->at[i].text, t->p + from, n);
}

/* ---- quoting ---- */

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void text_plain(struct text *t, struct octets o, char a, char b)
{
	size_t i = 0;

	while (i < o.n) {
		size_t run = i;

		while (i < o.n && is_plain(o.p[i]) && o.p[i] != (uint8_t)a &&
		       o.p[i] != (uint8_t)b)
			i++;
		if (i > run)
			put_run(t, (const char *)o.p + run, i - run);
		if (i == o.n)
			return;
		text_put(t, "\\x");
		text_hex8(t, o.p[i++]);
	}
}

void text_quoted(struct text *t, struct octets o)
{
	size_t i = 0;

	text_char(t, '"');
	while (i < o.n) {
		size_t run = i;

		while (i < o.n && is_plain(o.p[i]))
			i++;
		if (i > run)
			put_run(t, (const char *)o.p + run, i - run);
		if (i == o.n)
			break;
		if (o.p[i] == '"' || o.p[i] == '\\') {
			text_char(t, '\\');
			text_char(t, (char)o.p[i]);
		} else {
			text_put(t, "\\x");
			text_hex8(t, o.p[i]);
		}
		i++;
	}
	text_char(t, '"');
}

void text_field(struct text *t, const char *name)
{
	if (t->n)
		text_char(t, ' ');
	text_put(t, name);
	text_char(t, '=');
}

void text_field_u64(struct text *t, const char *name, uint64_t v)
{
	text_field(t, name);
	text_u64(t, v);
}

void text_named(struct text *t, const struct text_name *table, uint32_t v)
{
	for (; table->name; table++)
		if (table->value == v) {
			text_put(t, table->name);
			return;
		}
	text_u64(t, v);
}
