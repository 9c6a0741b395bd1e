#include "capture/capture.h"

#include "capture/memory.h"
#include "capture/pcapng_reader.h"
#include "capture/source.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of `pcap` and `ng` reads the source: libpcap through a stream on it
 * (which it owns and closes), or our own reader. */
struct capture {
	struct source *source;
	pcap_t *pcap;
	bool is_ng;
	struct pcapng_reader ng;
	struct capture_interface only;
	struct capture_status status;
	uint32_t frames;
	enum capture_got last;
	char buffer[256 << 10];		/* of the stream */
};

static ssize_t stream_read(void *cookie, char *dst, size_t n)
{
	return (ssize_t)source_read(cookie, (uint8_t *)dst, n);
}

/* Only "where am I" is answered. */
static int stream_seek(void *cookie, off64_t *offset, int whence)
{
	if (*offset != 0 || whence != SEEK_CUR)
		return -1;
	*offset = (off64_t)source_position(cookie);
	return 0;
}

/* libpcap's numbers (DLT) of link types, where they differ from the file's. */
static uint32_t link_of(int dlt)
{
	return dlt == DLT_RAW ? LINK_RAW : (uint32_t)dlt;
}

static void say(struct capture *c, const char *what)
{
	const char *why = source_why(c->source);

	c->status.damaged = true;
	snprintf(c->status.text, sizeof c->status.text, "%s%s%s", what, why[0] ? ": " : "", why);
}

static bool open_pcap(struct capture *c, char *error)
{
	const cookie_io_functions_t io = { .read = stream_read, .seek = stream_seek };
	FILE *stream = fopencookie(c->source, "r", io);

	if (!stream) {
		snprintf(error, PCAP_ERRBUF_SIZE, "no memory");
		return false;
	}
	setvbuf(stream, c->buffer, _IOFBF, sizeof c->buffer);
	c->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
	                                                   error);
	if (!c->pcap) {
		fclose(stream);
		return false;
	}
	c->only.link = link_of(pcap_datalink(c->pcap));
	c->only.snap = (uint32_t)pcap_snapshot(c->pcap);
	c->only.resolution = 9;
	return true;
}

struct capture *capture_open(const char *path, char *why, size_t why_cap)
{
	struct source *source = source_open(path, why, why_cap);
	char error[PCAP_ERRBUF_SIZE] = "";
	struct capture *c;

	if (!source)
		return NULL;
	c = capture_take(sizeof *c);
	if (!c) {
		snprintf(why, why_cap, "%s: no memory", path);
		source_close(source);
		return NULL;
	}
	c->source = source;
	c->is_ng = pcapng_reader_knows(source_peek(source, 4));
	if (c->is_ng) {
		pcapng_reader_init(&c->ng, source, &c->status);
	} else if (!open_pcap(c, error)) {
		const char *deeper = source_why(source);

		snprintf(why, why_cap, "%s: %s", path, deeper[0] ? deeper : error);
		capture_close(c);
		return NULL;
	}
	return c;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	if (c->is_ng)
		pcapng_reader_end(&c->ng);
	source_close(c->source);
	free(c);
}

static enum capture_got next_of_pcap(struct capture *c, struct capture_packet *p)
{
	struct pcap_pkthdr *head;
	const uint8_t *octets;
	int got;

	memset(p, 0, sizeof *p);
	c->status.position = (uint64_t)ftello(pcap_file(c->pcap));
	got = pcap_next_ex(c->pcap, &head, &octets);
	if (got == 1) {
		p->link = c->only.link;
		p->octets = (struct octets){ octets, head->caplen };
		p->original = head->len < head->caplen ? head->caplen : head->len;
		p->time_ns = (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec;
		p->has_time = true;
		p->position = c->status.position;
		return CAPTURE_PACKET;
	}
	if (got == PCAP_ERROR_BREAK && !source_why(c->source)[0])
		return CAPTURE_END;
	say(c, got == PCAP_ERROR_BREAK ? "the file cannot be read on" : pcap_geterr(c->pcap));
	return CAPTURE_DAMAGED;
}

enum capture_got capture_next(struct capture *c, struct capture_packet *p)
{
	if (c->last != CAPTURE_PACKET)
		return c->last;
	if (c->frames == UINT32_MAX) {
		say(c, "more packets than can be numbered");
		return c->last = CAPTURE_DAMAGED;
	}
	c->last = c->is_ng ? pcapng_reader_next(&c->ng, p) : next_of_pcap(c, p);
	if (c->last == CAPTURE_PACKET)
		p->frame = ++c->frames;
	return c->last;
}

const struct capture_status *capture_status(const struct capture *c)
{
	return &c->status;
}

const struct capture_interface *capture_interface(const struct capture *c, uint32_t number)
{
	if (!c->is_ng)
		return number == 0 ? &c->only : NULL;
	return number < c->ng.n_interfaces ? &c->ng.interfaces[number] : NULL;
}

const char *capture_section_comment(const struct capture *c)
{
	return c->is_ng ? c->ng.comment : "";
}
