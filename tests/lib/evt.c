#include "evt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 48, FOOTER = 40, FIXED = 56, RECORD_MAX = 8192, DIRTY = 1, WRAPPED = 2 };

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static size_t put_text(uint8_t *p, const char *s)
{
	size_t n = strlen(s) + 1;

	for (size_t i = 0; i < n; i++) {
		p[2 * i] = (uint8_t)s[i];
		p[2 * i + 1] = 0;
	}
	return 2 * n;
}

static size_t put_record(uint8_t *p, const struct evt_record *r, uint32_t number)
{
	size_t n = FIXED, strings = 0, text;

	memset(p, 0, RECORD_MAX);
	n += put_text(p + n, r->source);
	n += put_text(p + n, "LAB");
	text = n;
	for (; r->strings[strings]; strings++)
		n += put_text(p + n, r->strings[strings]);
	put32(p + 48, 0);		/* no data */
	put32(p + 52, (uint32_t)n);
	n = (n + 3) / 4 * 4 + 4;
	put32(p, (uint32_t)n);
	memcpy(p + 4, "LfLe", 4);
	put32(p + 8, number);
	put32(p + 12, r->seconds);
	put32(p + 16, r->seconds);
	put32(p + 20, r->event);
	p[24] = 1;			/* error */
	p[26] = (uint8_t)strings;
	p[28] = 1;			/* category */
	put32(p + 36, (uint32_t)text);
	put32(p + 40, 0);		/* no SID */
	put32(p + 44, (uint32_t)text);
	put32(p + n - 4, (uint32_t)n);
	return n;
}

static void put_header(uint8_t *p, uint32_t first, uint32_t end, uint32_t next, uint32_t oldest,
                       uint32_t size, uint32_t flags)
{
	const uint32_t words[12] = { HEADER, 0, 1, 1, first, end, next, oldest, size, flags, 0,
	                             HEADER };

	for (size_t i = 0; i < 12; i++)
		put32(p + 4 * i, words[i]);
	memcpy(p + 4, "LfLe", 4);
}

static void put_footer(uint8_t *p, uint32_t first, uint32_t end, uint32_t next, uint32_t oldest)
{
	const uint32_t words[10] = { FOOTER, 0x11111111, 0x22222222, 0x33333333, 0x44444444, first,
	                             end, next, oldest, FOOTER };

	for (size_t i = 0; i < 10; i++)
		put32(p + 4 * i, words[i]);
}

/* Copies into the ring behind the header, over its end. */
static size_t put_ring(uint8_t *file, size_t ring, size_t at, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		file[HEADER + (at + i) % ring] = p[i];
	return (at + n) % ring;
}

bool evt_write(const char *path, const struct evt_record *at, size_t n, struct evt_form form)
{
	uint8_t record[RECORD_MAX], footer[FOOTER], *file;
	size_t total = 0, ring, begin = 0, end;
	uint32_t oldest = form.before + 1;
	bool ok = false;
	FILE *fp;

	for (size_t i = 0; i < n; i++)
		total += put_record(record, &at[i], 1);
	ring = total + FOOTER;
	/* The newest `wrapped` records stand in front, and one of them begins before
	 * the end of the file. */
	for (size_t i = 0; i < n && form.wrapped; i++)
		if (i + form.wrapped >= n)
			begin += put_record(record, &at[i], 1);
	begin = form.wrapped ? begin - 32 + FOOTER : 0;
	file = calloc(1, HEADER + ring);
	if (!file)
		return false;
	end = begin;
	for (size_t i = 0; i < n; i++)
		end = put_ring(file, ring, end, record,
		               put_record(record, &at[i], oldest + (uint32_t)i));
	put_footer(footer, (uint32_t)(HEADER + begin), (uint32_t)(HEADER + end),
	           oldest + (uint32_t)n, oldest);
	put_ring(file, ring, end, footer, FOOTER);
	if (form.dirty)
		put_header(file, (uint32_t)(HEADER + begin), (uint32_t)(HEADER + begin), 1, 0,
		           (uint32_t)(HEADER + ring), DIRTY | (form.wrapped ? WRAPPED : 0));
	else
		put_header(file, (uint32_t)(HEADER + begin), (uint32_t)(HEADER + end),
		           oldest + (uint32_t)n, oldest, (uint32_t)(HEADER + ring),
		           form.wrapped ? WRAPPED : 0);
	fp = fopen(path, "wb");
	if (fp) {
		ok = fwrite(file, 1, HEADER + ring, fp) == HEADER + ring;
		ok = fclose(fp) == 0 && ok;
	}
	free(file);
	return ok;
}
