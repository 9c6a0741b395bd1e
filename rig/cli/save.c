#include "cli/save.h"

#include "crypto/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH = 1024, NAME = 64, ID = 256 };

struct save {
	char folder[PATH];
	FILE *index;
	uint64_t count;
	char why[PATH + 128];
};

struct save_file {
	struct save *save;
	FILE *out;
	struct digest *digest;
	uint64_t octets;
	char name[NAME], id[ID];
};

static void fail(struct save *s, const char *path)
{
	if (!s->why[0])
		snprintf(s->why, sizeof s->why, "%s: %s", path, strerror(errno));
}

struct save *save_open(const char *folder, char *why, size_t why_cap)
{
	struct save *s = calloc(1, sizeof *s);
	char path[PATH + 16];

	if (!s || strlen(folder) >= sizeof s->folder) {
		snprintf(why, why_cap, "%s: no memory, or its name is too long", folder);
		free(s);
		return NULL;
	}
	strcpy(s->folder, folder);
	snprintf(path, sizeof path, "%s/index.tsv", folder);
	if (mkdir(folder, 0777) == 0 || errno == EEXIST)
		s->index = fopen(path, "we");
	if (!s->index) {
		snprintf(why, why_cap, "%s: %s", folder, strerror(errno));
		free(s);
		return NULL;
	}
	return s;
}

bool save_close(struct save *s)
{
	if (!s)
		return true;
	if (fclose(s->index) != 0)
		fail(s, "index.tsv");
	s->index = NULL;
	return !s->why[0];
}

const char *save_why(const struct save *s)
{
	return s->why;
}

uint64_t save_count(const struct save *s)
{
	return s->count;
}

static const char *ending_of(const struct p1_content_type *type)
{
	/* STANAG 4406 A: 1.3.26.0.4406.0.4.1 */
	static const uint8_t p772[] = { 0x2b, 0x1a, 0x00, 0xa2, 0x36, 0x00, 0x04, 0x01 };

	if (type->is_oid)
		return type->oid.n == sizeof p772 && memcmp(type->oid.p, p772, sizeof p772) == 0
		       ? "p772" : "content";
	return type->number == P1_CONTENT_P2 ? "p2" :
	       type->number == P1_CONTENT_P22 ? "p22" : "content";
}

struct save_file *save_begin(struct save *s, uint32_t connection, const struct p1_apdu *message)
{
	struct save_file *f = calloc(1, sizeof *f);
	char path[PATH + NAME + 8];
	struct text id;

	if (!f)
		return NULL;
	f->save = s;
	snprintf(f->name, sizeof f->name, "%" PRIu32 "-%04" PRIu64 ".%s", connection,
	         s->count + 1, ending_of(&message->content_type));
	text_init(&id, f->id, sizeof f->id);
	p1_mts_id_text(&id, &message->id);
	snprintf(path, sizeof path, "%s/%s.part", s->folder, f->name);
	f->out = fopen(path, "we");
	f->digest = f->out ? digest_new() : NULL;
	if (f->digest) {
		s->count++;
		return f;
	}
	fail(s, path);
	if (f->out)
		fclose(f->out);
	free(f);
	return NULL;
}

void save_octets(struct save_file *f, struct octets in)
{
	fwrite(in.p, 1, in.n, f->out);
	digest_add(f->digest, in);
	f->octets += in.n;
}

/* Identifiers are a stranger's: what would break a line is left out. */
static void write_index(const struct save_file *f, bool whole)
{
	FILE *index = f->save->index;
	uint8_t digest[CRYPTO_DIGEST_N];
	size_t n = digest_end(f->digest, digest) ? sizeof digest : 0;

	fprintf(index, "%s%s\t%" PRIu64 "\t", f->name, whole ? "" : ".part", f->octets);
	for (size_t i = 0; i < n; i++)
		fprintf(index, "%02x", digest[i]);
	putc('\t', index);
	for (const char *c = f->id; *c; c++)
		putc((unsigned char)*c < 0x20 ? ' ' : *c, index);
	putc('\n', index);
}

void save_end(struct save_file *f, bool whole)
{
	char part[PATH + NAME + 8], path[PATH + NAME];
	bool bad;

	if (!f)
		return;
	snprintf(path, sizeof path, "%s/%s", f->save->folder, f->name);
	snprintf(part, sizeof part, "%s.part", path);
	write_index(f, whole);
	bad = ferror(f->out);
	bad |= fclose(f->out) != 0;
	if (bad || (whole && rename(part, path) != 0))
		fail(f->save, path);
	free(f);
}
