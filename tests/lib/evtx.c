/*
 * An .evtx of the tests: chunks of binary XML, its header clean, dirty or wrapped.
 */
#include "evt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
	FILE_HEADER = 4096, CHUNK = 65536, CHUNK_HEADER = 512, RECORD_HEADER = 24,
	TEMPLATE_HEADER = 24, SUMMED = 120, DIRTY = 1, VALUES_MAX = 33,
	/* binary XML: elements without and with attributes, and so on */
	ELEMENT = 0x01, ELEMENT_WITH = 0x41, ATTRIBUTE = 0x06, TEXT = 0x05, CONTENT = 0x02,
	END = 0x04, PUT_IN = 0x0d, TEMPLATE = 0x0c, BEGIN = 0x0f,
	TYPE_STRING = 1, TYPE_U16 = 6,
};

/* What is put into a template at its end. */
struct value {
	const char *text;		/* NULL: the number */
	uint16_t number;
};

struct chunk {
	uint8_t at[CHUNK];
	size_t n;
	struct value values[VALUES_MAX];
	uint16_t values_n;
};

static void fill(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put(struct chunk *c, uint64_t v, size_t n)
{
	fill(c->at + c->n, v, n);
	c->n += n;
}

static void put_wide(struct chunk *c, const char *s)
{
	for (; *s; s++)
		put(c, (uint8_t)*s, 2);
}

/* Begins what is led by its length; put_length() ends it. */
static size_t length_here(struct chunk *c)
{
	put(c, 0, 4);
	return c->n;
}

static void put_length(struct chunk *c, size_t from)
{
	fill(c->at + from - 4, c->n - from, 4);
}

/* A name stands where it is used first: here, each time. */
static void put_name(struct chunk *c, const char *name)
{
	uint32_t hash = 0;

	for (const char *p = name; *p; p++)
		hash = hash * 65599 + (uint8_t)*p;
	put(c, c->n + 4, 4);
	put(c, 0, 4);
	put(c, hash & 0xffff, 2);
	put(c, strlen(name), 2);
	put_wide(c, name);
	put(c, 0, 2);
}

static size_t element(struct chunk *c, const char *name, const char *attribute, const char *value)
{
	size_t from, attributes;

	put(c, attribute ? ELEMENT_WITH : ELEMENT, 1);
	put(c, 0xffff, 2);
	from = length_here(c);
	put_name(c, name);
	if (attribute) {
		attributes = length_here(c);
		put(c, ATTRIBUTE, 1);
		put_name(c, attribute);
		put(c, TEXT | 1 << 8, 2);
		put(c, strlen(value), 2);
		put_wide(c, value);
		put_length(c, attributes);
	}
	put(c, CONTENT, 1);
	return from;
}

static void end_element(struct chunk *c, size_t from)
{
	put(c, END, 1);
	put_length(c, from);
}

static void put_in(struct chunk *c, const char *name, struct value v)
{
	size_t from = element(c, name, NULL, NULL);

	put(c, PUT_IN, 1);
	put(c, c->values_n, 2);
	put(c, v.text ? TYPE_STRING : TYPE_U16, 1);
	c->values[c->values_n++] = v;
	end_element(c, from);
}

/* <Event><System><Provider Name="..."/><EventID/></System><EventData><Data/>... */
static void put_event(struct chunk *c, const struct evt_record *r)
{
	size_t event = element(c, "Event", NULL, NULL), part = element(c, "System", NULL, NULL);

	end_element(c, element(c, "Provider", "Name", r->source));
	put_in(c, "EventID", (struct value){ NULL, (uint16_t)r->event });
	end_element(c, part);
	part = element(c, "EventData", NULL, NULL);
	for (size_t i = 0; r->strings[i]; i++)
		put_in(c, "Data", (struct value){ r->strings[i], 0 });
	end_element(c, part);
	end_element(c, event);
}

static void put_values(struct chunk *c)
{
	put(c, c->values_n, 4);
	for (size_t i = 0; i < c->values_n; i++) {
		const struct value *v = &c->values[i];

		put(c, v->text ? 2 * strlen(v->text) : 2, 2);
		put(c, v->text ? TYPE_STRING : TYPE_U16, 2);
	}
	for (size_t i = 0; i < c->values_n; i++)
		if (c->values[i].text)
			put_wide(c, c->values[i].text);
		else
			put(c, c->values[i].number, 2);
}

static void put_record(struct chunk *c, const struct evt_record *r, uint64_t number)
{
	static const uint8_t begin[] = { BEGIN, 1, 1, 0 };
	size_t from = c->n, xml;

	c->values_n = 0;
	put(c, 0x2a2a, 8);
	put(c, number, 8);
	put(c, ((uint64_t)r->seconds + 11644473600) * 10000000, 8);
	memcpy(c->at + c->n, begin, sizeof begin);
	c->n += sizeof begin;
	put(c, TEMPLATE | 1 << 8, 2);
	put(c, number, 4);
	put(c, c->n + 4, 4);
	memset(c->at + c->n, 0, TEMPLATE_HEADER);
	c->n += TEMPLATE_HEADER;
	xml = c->n;
	memcpy(c->at + c->n, begin, sizeof begin);
	c->n += sizeof begin;
	put_event(c, r);
	put(c, 0, 1);
	put_length(c, xml);
	put_values(c);
	put(c, 0, 1);
	while ((c->n - from + 4) % 8)
		put(c, 0, 1);
	fill(c->at + from + 4, c->n - from + 4, 4);
	put(c, c->n - from + 4, 4);
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	return (uint32_t)crc32(0, p, (uInt)n);
}

/* 8 octets of magic, then 8 each of `longs`. */
static void put_head(uint8_t *p, const char *magic, const uint64_t longs[static 3])
{
	memcpy(p, magic, strlen(magic));
	for (size_t i = 0; i < 3; i++)
		fill(p + 8 + 8 * i, longs[i], 8);
}

static void make_chunk(struct chunk *c, const struct evt_record *at, size_t n, uint64_t number)
{
	size_t last = 0;

	memset(c->at, 0, CHUNK);
	c->n = CHUNK_HEADER;
	for (size_t i = 0; i < n; i++) {
		last = c->n;
		put_record(c, &at[i], number + i);
	}
	put_head(c->at, "ElfChnk", (uint64_t[3]){ number, number + n - 1, number });
	fill(c->at + 32, number + n - 1, 8);
	fill(c->at + 40, 128, 4);
	fill(c->at + 44, last, 4);
	fill(c->at + 48, c->n, 4);
	fill(c->at + 52, sum(c->at + CHUNK_HEADER, c->n - CHUNK_HEADER), 4);
	fill(c->at + 120, 1, 4);
	fill(c->at + 124, crc32(sum(c->at, SUMMED), c->at + 128, CHUNK_HEADER - 128), 4);
}

static void make_header(uint8_t *p, uint64_t chunks, uint64_t next, struct evt_form form)
{
	static const uint8_t version[] = { 1, 0, 3, 0, 0, FILE_HEADER >> 8 };
	uint64_t oldest = form.wrapped ? 1 : 0, newest = form.wrapped ? 0 : chunks - 1;

	memset(p, 0, FILE_HEADER);
	if (form.dirty)
		put_head(p, "ElfFile", (uint64_t[3]){ 0, 0, 1 });
	else
		put_head(p, "ElfFile", (uint64_t[3]){ oldest, newest, next });
	fill(p + 32, 128, 4);
	memcpy(p + 36, version, sizeof version);
	fill(p + 42, form.dirty ? 0 : chunks, 2);
	fill(p + 120, form.dirty ? DIRTY : 0, 4);
	fill(p + 124, sum(p, SUMMED), 4);
}

bool evtx_write(const char *path, const struct evt_record *at, size_t n, struct evt_form form)
{
	size_t chunks = (n + EVTX_PER_CHUNK - 1) / EVTX_PER_CHUNK;
	uint8_t header[FILE_HEADER];
	struct chunk *c = malloc(sizeof *c);
	FILE *fp = fopen(path, "wb");
	bool ok = c && fp;

	make_header(header, chunks, form.before + n + 1, form);
	ok = ok && fwrite(header, FILE_HEADER, 1, fp) == 1;
	for (size_t i = 0; ok && i < chunks; i++) {
		size_t k = form.wrapped ? (i + chunks - 1) % chunks : i, from = k * EVTX_PER_CHUNK;
		size_t some = n - from < EVTX_PER_CHUNK ? n - from : EVTX_PER_CHUNK;

		make_chunk(c, at + from, some, form.before + from + 1);
		ok = fwrite(c->at, CHUNK, 1, fp) == 1;
	}
	if (fp)
		ok = fclose(fp) == 0 && ok;
	free(c);
	return ok;
}
