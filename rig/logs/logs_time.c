#include "logs/logs_time.h"

#include <string.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t number(const char *p, size_t n, size_t digits_max, int *v)
{
	size_t i = 0;

	*v = 0;
	while (i < n && i < digits_max && digit(p[i]))
		*v = *v * 10 + (p[i++] - '0');
	return i;
}

#define THREE(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

/* Three letters at p among names, from 1; 0: not there. */
static int find_three(const uint32_t *names, int count, const char *p, size_t n)
{
	uint32_t word;

	if (n < 3)
		return 0;
	word = THREE((uint8_t)p[0], (uint8_t)p[1], (uint8_t)p[2]) | 0x202020;
	for (int i = 0; i < count; i++)
		if (names[i] == word)
			return i + 1;
	return 0;
}

/* The month that begins here (1..12); 0: none. */
static int month_name(const char *p, size_t n)
{
	static const uint32_t names[12] = {
		THREE('j', 'a', 'n'), THREE('f', 'e', 'b'), THREE('m', 'a', 'r'),
		THREE('a', 'p', 'r'), THREE('m', 'a', 'y'), THREE('j', 'u', 'n'),
		THREE('j', 'u', 'l'), THREE('a', 'u', 'g'), THREE('s', 'e', 'p'),
		THREE('o', 'c', 't'), THREE('n', 'o', 'v'), THREE('d', 'e', 'c'),
	};

	return find_three(names, 12, p, n);
}

static int weekday_name(const char *p, size_t n)
{
	static const uint32_t names[7] = {
		THREE('m', 'o', 'n'), THREE('t', 'u', 'e'), THREE('w', 'e', 'd'),
		THREE('t', 'h', 'u'), THREE('f', 'r', 'i'), THREE('s', 'a', 't'),
		THREE('s', 'u', 'n'),
	};

	return find_three(names, 7, p, n);
}

#define LETTER(c) (UINT32_C(1) << ((c) - 'a'))

/* Most words are no names of months or weekdays by their first two letters. */
static bool may_be_name(const char *p, size_t n)
{
	static const uint32_t first =
		LETTER('a') | LETTER('d') | LETTER('f') | LETTER('j') | LETTER('m') | LETTER('n') |
		LETTER('o') | LETTER('s') | LETTER('t') | LETTER('w');
	static const uint32_t second =
		LETTER('a') | LETTER('c') | LETTER('e') | LETTER('h') | LETTER('o') | LETTER('p') |
		LETTER('r') | LETTER('u');

	return n >= 3 && ((uint8_t)p[0] & 0xc0) == 0x40 && ((uint8_t)p[1] & 0xc0) == 0x40 &&
	       (first >> ((p[0] - 1) & 0x1f) & 1) && (second >> ((p[1] - 1) & 0x1f) & 1);
}

static size_t letters(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')
		i++;
	return i;
}

static size_t blanks(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	return i;
}

struct date {
	int year, month, day;		/* year < 0: none */
	enum log_date_order told;
};

static int century(int year, size_t digits)
{
	if (digits > 2)
		return year;
	return year < 70 ? year + 2000 : year + 1900;
}

static bool plausible(const struct date *d)
{
	return d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31 &&
	       (d->year < 0 || (d->year >= 1970 && d->year < 2200));
}

static bool date_mark(char c)
{
	return c == '/' || c == '-' || c == '.';
}

/* 02-26-02, 11/21/2026, 21.11.2026, 2026-11-21 */
static size_t numeric_date(const char *p, size_t n, enum log_date_order order, struct date *d)
{
	size_t at = 0, digits[3];
	int v[3];
	char mark = 0;

	for (int i = 0; i < 3; i++) {
		/* "26. 2. 2002" */
		at += mark == '.' && at < n && p[at] == ' ';
		digits[i] = number(p + at, n - at, 4, &v[i]);
		if (!digits[i] || digits[i] == 3 || (i == 2 && digits[0] != 4 && digits[2] == 1))
			return 0;
		at += digits[i];
		if (i == 2)
			break;
		if (at == n || (i ? p[at] != mark : !date_mark(p[at])))
			return 0;
		mark = p[at++];
	}
	/* "2002.02.26." */
	at += mark == '.' && at < n && p[at] == '.';
	/* 10.1.2.3 is no date, and 1-15-4 is a handle. */
	if (at < n && (digit(p[at]) || p[at] == mark))
		return 0;
	d->told = LOG_DATE_AUTO;
	if (digits[0] == 4 || (order == LOG_DATE_YMD && digits[2] <= 2)) {
		*d = (struct date){ century(v[0], digits[0]), v[1], v[2], LOG_DATE_YMD };
		return digits[1] <= 2 && digits[2] <= 2 && plausible(d) ? at : 0;
	}
	if (digits[0] > 2 || digits[1] > 2)
		return 0;
	if (v[0] > 12 && v[1] <= 12)
		d->told = LOG_DATE_DMY;
	else if (v[1] > 12 && v[0] <= 12)
		d->told = LOG_DATE_MDY;
	if (order != LOG_DATE_MDY && order != LOG_DATE_DMY)
		order = mark == '.' ? LOG_DATE_DMY : LOG_DATE_MDY;
	if (d->told != LOG_DATE_AUTO)
		order = d->told;
	d->year = century(v[2], digits[2]);
	d->month = order == LOG_DATE_DMY ? v[1] : v[0];
	d->day = order == LOG_DATE_DMY ? v[0] : v[1];
	return plausible(d) ? at : 0;
}

static bool four_digits(const char *p, size_t n, int *year)
{
	int v;

	if (number(p, n, 4, &v) != 4 || (n > 4 && (digit(p[4]) || p[4] == ':')))
		return false;
	*year = v;
	return true;
}

/* "Nov 21", "Jul 1, 1996", "21 Nov 2026", each after an optional weekday. */
static size_t named_date(const char *p, size_t n, struct date *d)
{
	size_t at = 0, used;

	*d = (struct date){ -1, month_name(p, n), 0, LOG_DATE_AUTO };
	if (!d->month && n > 4 && weekday_name(p, n)) {
		used = letters(p, n < 9 ? n : 9);
		if (used == n || (p[used] != ' ' && p[used] != ','))
			return 0;
		at = used + (p[used] == ',');
		at += blanks(p + at, n - at);
		d->month = month_name(p + at, n - at);
	}
	if (!d->month) {
		used = number(p + at, n - at, 2, &d->day);
		at += used;
		if (!used || at == n || (p[at] != ' ' && p[at] != '-'))
			return 0;
		at++;
		d->month = month_name(p + at, n - at);
		if (!d->month)
			return 0;
		at += letters(p + at, n - at);
	} else {
		at += letters(p + at, n - at);
		at += blanks(p + at, n - at);
		used = number(p + at, n - at, 2, &d->day);
		if (!used)
			return 0;
		at += used;
	}
	used = at < n && (p[at] == ',' || p[at] == '-') ? 1 : 0;
	used += blanks(p + at + used, n - at - used);
	if (four_digits(p + at + used, n - at - used, &d->year))
		at += used + 4;
	else
		d->year = -1;
	return plausible(d) ? at : 0;
}

static size_t fraction(const char *p, size_t n, int32_t *us)
{
	int32_t unit = 100000;
	size_t i = 1;

	*us = 0;
	if (n < 2 || (p[0] != '.' && p[0] != ',') || !digit(p[1]))
		return 0;
	for (; i < n && digit(p[i]); i++, unit /= 10)
		*us += (p[i] - '0') * unit;
	return i;
}

static bool above_ascii(const char *p, size_t n)
{
	return n && (uint8_t)*p >= 0x80;
}

/* Octets of the one of these words, each with a 0 behind it, that begins here. */
static size_t foreign(const char *words, const char *p, size_t n)
{
	for (size_t m; (m = strlen(words)); words += m + 1)
		if (m <= n && memcmp(words, p, m) == 0)
			return m;
	return 0;
}

/* The halves of the day as Korean, Chinese, Japanese and Greek have them: in UTF-8, and in
 * the code pages of these languages (949, 936, 950, 932, 1253).  *half: a or p. */
static size_t half_word(const char *p, size_t n, char *half)
{
	static const char morning[] =
		"\xec\x98\xa4\xec\xa0\x84\0" "\xbf\xc0\xc0\xfc\0"
		"\xe4\xb8\x8a\xe5\x8d\x88\0" "\xc9\xcf\xce\xe7\0" "\xa4\x57\xa4\xc8\0"
		"\xe5\x8d\x88\xe5\x89\x8d\0" "\x8c\xdf\x91\x4f\0"
		"\xcf\x80\xce\xbc\0" "\xf0\xec\0";
	static const char afternoon[] =
		"\xec\x98\xa4\xed\x9b\x84\0" "\xbf\xc0\xc8\xc4\0"
		"\xe4\xb8\x8b\xe5\x8d\x88\0" "\xcf\xc2\xce\xe7\0" "\xa4\x55\xa4\xc8\0"
		"\xe5\x8d\x88\xe5\xbe\x8c\0" "\x8c\xdf\x8c\xe3\0"
		"\xce\xbc\xce\xbc\0" "\xec\xec\0";
	size_t am = foreign(morning, p, n), pm = am ? 0 : foreign(afternoon, p, n);

	*half = am ? 'a' : pm ? 'p' : '\0';
	return am + pm;
}

static void to_half(int *hour, char half)
{
	*hour = *hour % 12 + (half == 'p' ? 12 : 0);
}

/* Behind the clock: "PM", "p.m.", "p", with a blank before it, be it a narrow one of Unicode. */
static size_t half_day(const char *p, size_t n, int *hour)
{
	static const char narrow[] = "\xe2\x80\xaf\0" "\xc2\xa0\0";
	size_t at = blanks(p, n < 2 ? n : 2), used;
	char c;

	if (above_ascii(p + at, n - at))
		at += foreign(narrow, p + at, n - at);
	used = above_ascii(p + at, n - at) ? half_word(p + at, n - at, &c) : 0;
	if (used) {
		to_half(hour, c);
		return at + used;
	}
	c = at < n ? (char)(p[at] | 0x20) : '\0';
	if (c != 'a' && c != 'p')
		return 0;
	at++;
	if (at < n && (p[at] | 0x20) == 'm')
		at++;
	else if (at < n && letters(p + at, n - at))
		return 0;		/* a word */
	to_half(hour, c);
	return at;
}

/* Z, +01:00, -0500, with one blank before it at most. */
static size_t zone(const char *p, size_t n, struct log_time *out)
{
	size_t at = n && p[0] == ' ', used;
	int h, m = 0;
	char sign;

	if (at < n && p[at] == 'Z' && (at + 1 == n || !letters(p + at + 1, 1))) {
		out->zoned = true;
		return at + 1;
	}
	if (at == n || (p[at] != '+' && p[at] != '-'))
		return 0;
	sign = p[at++];
	if (number(p + at, n - at, 2, &h) != 2 || h > 14)
		return 0;
	at += 2;
	used = at < n && p[at] == ':';
	if (number(p + at + used, n - at - used, 2, &m) == 2 && m < 60)
		at += used + 2;
	else
		m = 0;
	out->zoned = true;
	out->zone_s = (sign == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return at;
}

size_t log_clock_parse(const char *p, size_t n, struct log_time *out)
{
	int h, m, s = 0;
	char half = '\0';
	size_t at = above_ascii(p, n) ? half_word(p, n, &half) : 0, used;

	if (half)
		at += blanks(p + at, n - at);
	used = number(p + at, n - at, 2, &h);
	at += used;
	if (!used || at == n || (p[at] != ':' && p[at] != '.'))
		return 0;
	at++;
	used = number(p + at, n - at, 2, &m);
	if (used != 2 || h > 23 || m > 59)
		return 0;
	at += 2;
	if (at + 2 < n && p[at] == p[at - 3] && number(p + at + 1, n - at - 1, 2, &s) == 2) {
		if (s > 60)
			return 0;
		at += 3;
		at += fraction(p + at, n - at, &out->us);
	}
	if (half)
		to_half(&h, half);
	else
		at += half_day(p + at, n - at, &h);
	at += zone(p + at, n - at, out);
	out->wall_s += h * 3600 + m * 60 + s;
	return at;
}

bool log_date_order_parse(const char *name, enum log_date_order *order)
{
	static const char *const names[] = { "auto", "mdy", "dmy", "ymd" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0) {
			*order = (enum log_date_order)i;
			return true;
		}
	return false;
}

bool log_zone_parse(const char *text, int32_t *zone_s)
{
	size_t n = strlen(text);
	struct log_time t = { 0 };

	if (strcmp(text, "UTC") != 0 && (*text == ' ' || zone(text, n, &t) != n))
		return false;
	*zone_s = t.zone_s;
	return true;
}

/* Days since 1970 in the Gregorian calendar; the year begins in March. */
static int64_t days(const struct date *d, int year)
{
	int64_t y = (d->year < 0 ? year : d->year) - (d->month <= 2);
	int64_t m = (d->month + 9) % 12;
	int64_t of_year = (153 * m + 2) / 5 + d->day - 1;

	return 365 * y + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static bool before_clock(char c)
{
	return c == ' ' || c == '\t' || c == 'T' || c == ',' || c == ';' || c == '"' || c == ':';
}

size_t log_time_parse(const char *p, size_t n, enum log_date_order order, int year,
                      struct log_time *out)
{
	static const char year_word[] = "\xd0\xb3.\0" "\xe3.\0";	/* Bulgarian */
	struct date d;
	size_t at, gap, used;

	at = n && digit(p[0]) ? numeric_date(p, n, order, &d) : 0;
	if (!at)
		at = named_date(p, n, &d);
	if (!at)
		return 0;
	*out = (struct log_time){ .told = d.told };
	if (at + 1 < n && p[at] == ' ' && above_ascii(p + at + 1, n - at - 1)) {
		used = foreign(year_word, p + at + 1, n - at - 1);
		at += used ? used + 1 : 0;
	}
	gap = at;
	while (gap < n && gap < at + 4 && before_clock(p[gap]))
		gap++;
	used = gap > at ? log_clock_parse(p + gap, n - gap, out) : 0;
	if (used) {
		at = gap + used;
		/* ctime() has the year behind the time. */
		if (d.year < 0 && at < n && p[at] == ' ' &&
		    four_digits(p + at + 1, n - at - 1, &year))
			at += 5;
	}
	out->wall_s += 86400 * days(&d, year);
	out->clock = used > 0;
	return at;
}

bool log_stamp_here(const char *p, size_t n)
{
	struct log_time t;

	if (!n)
		return false;
	if (digit(p[0])) {
		/* Most digits begin no date: look for the mark first. */
		size_t i = 1;

		while (i < n && i < 5 && digit(p[i]))
			i++;
		if (i == n || (p[i] != ' ' && !date_mark(p[i])))
			return false;
	} else if (!may_be_name(p, n) || (!month_name(p, n) && !weekday_name(p, n))) {
		return false;
	}
	return log_time_parse(p, n < 64 ? n : 64, LOG_DATE_AUTO, 1970, &t) && t.clock;
}
