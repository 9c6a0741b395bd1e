#include "base/text.h"

#include "base/copy.h"

enum { HEX_MAX = 32 };

void text_run(struct text *t, const char *s, size_t n)
{
	size_t room = t->n + 1 < t->cap ? t->cap - t->n - 1 : 0;

	if (n > room) {
		t->cut = true;
		n = room;
	}
	if (n == 0)
		return;
	copy_short(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = '\0';
}

/* ---- names as pseudonyms ---- */

static const struct text_mask *the_mask;

void text_mask(const struct text_mask *mask)
{
	the_mask = mask;
}

bool text_masks(void)
{
	return the_mask != NULL;
}

void text_pseudonym(struct octets o, char out[static TEXT_PSEUDONYM])
{
	the_mask->word(the_mask->ctx, o, out);
}

/* An ADMD of one blank is nobody's name. */
bool text_masked(struct text *t, struct octets o)
{
	char word[TEXT_PSEUDONYM];

	if (!the_mask || t->bare || o.n == 0 || (o.n == 1 && o.p[0] == ' '))
		return false;
	text_pseudonym(o, word);
	text_run(t, word, strlen(word));
	return true;
}

static bool is_among(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* What a mask has written already. */
static bool is_word(const char *s, size_t n)
{
	if (n != TEXT_PSEUDONYM - 1 || *s != '~')
		return false;
	for (size_t i = 1; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '2' && s[i] <= '7'))
			return false;
	return true;
}

static void put_name(struct text *t, const char *s, size_t n)
{
	if (is_word(s, n) || !text_masked(t, (struct octets){ (const uint8_t *)s, n }))
		text_run(t, s, n);
}

/* The length of an address of IP at `s`; 0: there is none. */
static size_t host_length(const char *s)
{
	static const char set[] = "0123456789abcdefABCDEF:.";
	unsigned dots = 0, colons = 0, others = 0;
	bool twice = false;
	size_t n = 0, v4 = 0;

	for (; is_among(s[n], set); n++) {
		dots += s[n] == '.';
		colons += s[n] == ':';
		others += s[n] > '9' && s[n] != ':';
		twice = twice || (n > 0 && s[n] == ':' && s[n - 1] == ':');
		if (!colons && !others && dots == 3 && s[n] != '.')
			v4 = n + 1;
	}
	if (v4)
		return s[v4] == '.' && s[v4 + 1] >= '0' && s[v4 + 1] <= '9' ? 0 : v4;
	while (n && s[n - 1] == '.')
		n--;
	return twice || colons == 7 ? n : 0;
}

/* "P=NORTH;...": the length of the keyword and its '='; 0: there is none. */
static size_t keyword_length(const char *s)
{
	size_t n = 0;

	while (is_alnum(s[n]) || s[n] == '-' || s[n] == ':')
		n++;
	return n && s[0] >= 'A' && s[0] <= 'Z' && s[n] == '=' ? n + 1 : 0;
}

/* A value goes on to ';'; the last one of an address has none, and ends with the quotes that it
 * is in, or with the word. */
static size_t value_length(const char *s, size_t most, bool quoted)
{
	size_t n = 0, blank = most;

	while (n < most && !is_among(s[n], ";\"\n")) {
		if (blank == most && is_among(s[n], " ,)"))
			blank = n;
		n++;
	}
	return quoted || (n < most && s[n] == ';') || n < blank ? n : blank;
}

static void put_words(struct text *t, const char *s, size_t n, bool quoted)
{
	bool begins = true;

	for (size_t i = 0; i < n; ) {
		size_t part = begins ? keyword_length(s + i) : 0, value;

		if (part && i + part <= n) {
			text_run(t, s + i, part);
			i += part;
			value = value_length(s + i, n - i, quoted);
			put_name(t, s + i, value);
			i += value;
		} else if (begins && (part = host_length(s + i)) > 0 && i + part <= n) {
			put_name(t, s + i, part);
			i += part;
		} else {
			begins = !is_alnum(s[i]) && s[i] != '.' && s[i] != '=';
			text_char(t, s[i++]);
		}
	}
}

/* To the quote that ends it; the length without it. */
static size_t quoted_length(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != '"')
		n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	return n;
}

void text_words(struct text *t, const char *s)
{
	while (the_mask && *s) {
		size_t n = strcspn(s, "\"");

		put_words(t, s, n, false);
		s += n;
		if (!*s)
			return;
		text_char(t, *s++);
		n = quoted_length(s);
		if (keyword_length(s) && keyword_length(s) < n)
			put_words(t, s, n, true);
		else
			put_name(t, s, n);
		s += n;
		if (*s)
			text_char(t, *s++);
	}
	text_put(t, s);
}

/* ---- writing ---- */

void text_init(struct text *t, char *buf, size_t cap)
{
	*t = (struct text){ .p = buf, .cap = cap };
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

void text_u64(struct text *t, uint64_t v)
{
	char digits[DIGITS_MAX];

	if (t->cap - t->n > DIGITS_MAX && t->n < t->cap) {
		t->n += copy_digits(t->p + t->n, v);
		t->p[t->n] = '\0';
		return;
	}
	text_run(t, digits, copy_digits(digits, v));
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

	if (text_masked(t, o))
		return;
	for (size_t i = 0; i < n; i++)
		text_hex8(t, o.p[i]);
	if (n < o.n) {
		text_put(t, "..+");
		text_u64(t, o.n - n);
	}
}

/* ---- memory ---- */

/* Its place; what another one has taken is looked for in vain, and that is all. */
static size_t place(uint8_t kind, struct octets o)
{
	uint64_t first = 0, last = 0;

	memcpy(&first, o.p, o.n < 8 ? o.n : 8);
	if (o.n >= 8)
		memcpy(&last, o.p + o.n - 8, 8);
	return (size_t)(((first ^ last * 3 ^ o.n ^ kind) * UINT64_C(0x9e3779b97f4a7c15)) >> 58) %
	       TEXT_MEMORY;
}

bool text_remembered(struct text *t, uint8_t kind, struct octets o)
{
	size_t i;

	if (!t->memory || o.n == 0 || o.n > TEXT_MEMORY_OCTETS)
		return false;
	i = place(kind, o);
	if (t->memory->at[i].octets_n != o.n || t->memory->at[i].kind != kind ||
	    memcmp(t->memory->at[i].octets, o.p, o.n) != 0)
		return false;
	text_run(t, t->memory->at[i].text, t->memory->at[i].text_n);
	return true;
}

void text_remember(struct text *t, uint8_t kind, struct octets o, size_t from)
{
	size_t n = t->n - from, i;

	if (!t->memory || t->cut || o.n == 0 || o.n > TEXT_MEMORY_OCTETS || n > TEXT_MEMORY_TEXT)
		return;
	i = place(kind, o);
	t->memory->at[i].kind = kind;
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

	if (text_masked(t, o))
		return;
	while (i < o.n) {
		size_t run = i;

		while (i < o.n && is_plain(o.p[i]) && o.p[i] != (uint8_t)a &&
		       o.p[i] != (uint8_t)b)
			i++;
		if (i > run)
			text_run(t, (const char *)o.p + run, i - run);
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
	if (text_masked(t, o))
		i = o.n;
	while (i < o.n) {
		size_t run = i;

		while (i < o.n && is_plain(o.p[i]))
			i++;
		if (i > run)
			text_run(t, (const char *)o.p + run, i - run);
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

void text_field_run(struct text *t, const char *name, size_t n)
{
	/* Mostly there is room for all of it. */
	if (t->n + n + 2 < t->cap) {
		char *at = t->p + t->n;

		if (t->n)
			*at++ = ' ';
		copy_short(at, name, n);
		at[n] = '=';
		at[n + 1] = '\0';
		t->n = (size_t)(at - t->p) + n + 1;
		return;
	}
	if (t->n)
		text_char(t, ' ');
	text_run(t, name, n);
	text_char(t, '=');
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
