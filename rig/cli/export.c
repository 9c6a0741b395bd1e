#include "cli/export.h"

#include "capture/pcapng_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTERFACES = 256, COMMENT = 4096 };

/* An interface of the capture and its number in the file. */
struct place {
	char name[CAPTURE_NAME_MAX];
	uint32_t link, from, to;
};

struct export {
	struct pcapng_writer *writer;
	struct place places[INTERFACES];
	size_t places_n;
};

struct export *export_create(const char *path, char *why, size_t why_cap)
{
	struct export *x = calloc(1, sizeof *x);

	if (!x) {
		snprintf(why, why_cap, "%s: no memory", path);
		return NULL;
	}
	x->writer = pcapng_create(path, NULL, why, why_cap);
	if (x->writer)
		return x;
	free(x);
	return NULL;
}

static bool is_place(const struct place *at, const struct capture_packet *p, const char *name)
{
	return at->link == p->link && at->from == p->interface && strcmp(at->name, name) == 0;
}

/* Sections number their interfaces anew; names tell them apart. */
static bool find_place(struct export *x, const struct capture *c, const struct capture_packet *p,
                       uint32_t *number)
{
	const struct capture_interface *i = capture_interface(c, p->interface);
	const char *name = i ? i->name : "";
	struct pcapng_interface new = { .link = p->link };
	struct place *at;

	for (at = x->places; at < x->places + x->places_n; at++)
		if (is_place(at, p, name)) {
			*number = at->to;
			return true;
		}
	if (x->places_n == INTERFACES)
		return false;
	new.name = name[0] ? name : NULL;
	new.comment = i && i->comment[0] ? i->comment : NULL;
	*at = (struct place){ .link = p->link, .from = p->interface };
	snprintf(at->name, sizeof at->name, "%s", name);
	pcapng_interface(x->writer, &new, &at->to);
	x->places_n++;
	*number = at->to;
	return true;
}

void export_write(struct export *x, const struct capture *c, const struct capture_packet *p)
{
	struct iovec part = { (void *)(uintptr_t)p->octets.p, p->octets.n };
	char comment[COMMENT];
	uint32_t number;

	if (!find_place(x, c, p, &number))
		return;
	if (p->comment.n > 0) {
		snprintf(comment, sizeof comment, "%.*s", (int)p->comment.n,
		         (const char *)p->comment.p);
		pcapng_comment(x->writer, comment);
	}
	pcapng_packet(x->writer, number, p->time_ns, &part, 1, p->original);
}

bool export_close(struct export *x, char *why, size_t why_cap)
{
	bool ok = !x || pcapng_close(x->writer, why, why_cap);

	free(x);
	return ok;
}
