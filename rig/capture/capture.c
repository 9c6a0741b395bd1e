#include "capture/capture.h"

#include "capture/libpcap.h"
#include "capture/memory.h"
#include "capture/pcap_records.h"
#include "capture/pcapng_reader.h"
#include "capture/source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LIVE_BUFFER = 16 << 20,
	LIVE_IDLE_MS = 200,
	FILTER_LINKS = 8,		/* link types of one capture that are filtered */
};

/* A filter, compiled for one link type. */
struct filter {
	bool compiled;
	uint32_t link;
	struct bpf_program program;
};

/* One of `pcap` and `ng` reads the source: libpcap through a stream on it
 * (which it owns and closes), or our own reader.  Live there is no source. */
struct capture {
	struct source *source;
	pcap_t *pcap;
	bool is_ng, live;
	char *filter_text;		/* NULL: none */
	struct filter filters[FILTER_LINKS];
	struct pcapng_reader ng;
	struct capture_interface only;
	struct capture_status status;
	enum capture_got last;
	struct pcap_records records;
	size_t due;			/* octets of the record at hand */
	size_t lent;			/* octets of the record at hand that libpcap has read; they
					 * are passed when the next one is asked for */
};

static void pass_lent(struct capture *c)
{
	source_skip(c->source, c->lent);
	c->lent = 0;
}

/* No more than the record at hand: the stream has nothing of the next one. */
static ssize_t stream_read(void *cookie, char *dst, size_t n)
{
	struct capture *c = cookie;
	struct octets in;

	if (c->lent == 0)
		c->due = source_position(c->source) == 0 ? PCAP_FILE_HEADER :
		         pcap_records_due(&c->records, source_peek(c->source, c->records.head));
	if (c->lent < c->due && n > c->due - c->lent)
		n = c->due - c->lent;
	if (n > CAPTURE_BLOCK_MAX)
		n = CAPTURE_BLOCK_MAX;
	if (c->lent + n > CAPTURE_BLOCK_MAX)
		pass_lent(c);
	in = source_peek(c->source, c->lent + n);
	if (in.n < c->lent + n)
		n = in.n - c->lent;
	memcpy(dst, in.p + c->lent, n);
	c->lent += n;
	return (ssize_t)n;
}

/* Only "where am I" is answered. */
static int stream_seek(void *cookie, off64_t *offset, int whence)
{
	if (*offset != 0 || whence != SEEK_CUR)
		return -1;
	*offset = (off64_t)(source_position(((struct capture *)cookie)->source) +
	                    ((struct capture *)cookie)->lent);
	return 0;
}

/* libpcap's numbers (DLT) of link types, where they differ from the file's. */
static uint32_t link_of(int dlt)
{
	return dlt == DLT_RAW ? LINK_RAW : (uint32_t)dlt;
}

static void say(struct capture *c, const char *what)
{
	const char *why = c->live ? "" : source_why(c->source);

	c->status.damaged = true;
	snprintf(c->status.text, sizeof c->status.text, "%s%s%s", what, why[0] ? ": " : "", why);
}

static bool open_pcap(struct capture *c, char *error)
{
	const cookie_io_functions_t io = { .read = stream_read, .seek = stream_seek };
	struct octets header = source_peek(c->source, PCAP_FILE_HEADER);
	FILE *stream;

	if (!libpcap_load(error, PCAP_ERRBUF_SIZE))
		return false;
	pcap_records_init(&c->records, header);
	stream = fopencookie(c, "r", io);
	if (!stream) {
		snprintf(error, PCAP_ERRBUF_SIZE, "no memory");
		return false;
	}
	c->pcap = libpcap.fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
	                                                      error);
	if (!c->pcap) {
		fclose(stream);
		return false;
	}
	c->only.link = link_of(libpcap.datalink(c->pcap));
	c->only.snap = (uint32_t)libpcap.snapshot(c->pcap);
	c->only.resolution = 9;
	return true;
}

/* A pipe is not looked at: who writes it would see us come and go. */
static bool is_pcapng(const char *path)
{
	uint8_t head[4];
	struct stat st;
	bool is;
	int fd;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	is = fd >= 0 && pread(fd, head, sizeof head, 0) == sizeof head &&
	     pcapng_reader_knows((struct octets){ head, sizeof head });
	if (fd >= 0)
		close(fd);
	return is;
}

void capture_prepare(const char *path, bool filters)
{
	char told_when_it_is_opened[PCAP_ERRBUF_SIZE];

	if (filters || !is_pcapng(path))
		libpcap_load(told_when_it_is_opened, sizeof told_when_it_is_opened);
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
		const char *hint = strcmp(error, "unknown file format") ? "" :
			"; pcap and pcapng are read, plain or gzip'ed";

		snprintf(why, why_cap, "%s: %s%s", path, deeper[0] ? deeper : error,
		         deeper[0] ? "" : hint);
		capture_close(c);
		return NULL;
	}
	return c;
}

/* ---- live ---- */

const char *capture_live_hint(int status)
{
	switch (status) {
	case PCAP_ERROR_PERM_DENIED:
		return "; be root or, once, as root: "
		       "setcap cap_net_bind_service,cap_net_raw+ep FILE-OF-THE-PROGRAM";
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return "; `ip link` says which interfaces there are";
	default:
		return "";
	}
}

static bool activate(pcap_t *pcap, const char *device, char *why, size_t cap)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	int status;

	libpcap.set_snaplen(pcap, CAPTURE_SNAP);
	libpcap.set_immediate_mode(pcap, 1);
	libpcap.set_buffer_size(pcap, LIVE_BUFFER);
	libpcap.set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = libpcap.activate(pcap);
	if (status < 0)
		snprintf(why, cap, "%s: %s%s", device,
		         status == PCAP_ERROR ? libpcap.geterr(pcap) : libpcap.statustostr(status),
		         capture_live_hint(status));
	else if (libpcap.setnonblock(pcap, 1, error) < 0)
		snprintf(why, cap, "%s: %s", device, error);
	else
		return true;
	return false;
}

struct capture *capture_open_live(const char *device, char *why, size_t why_cap)
{
	struct capture *c = capture_take(sizeof *c);
	char error[PCAP_ERRBUF_SIZE] = "";

	if (!c) {
		snprintf(why, why_cap, "%s: no memory", device);
		return NULL;
	}
	c->live = true;
	if (libpcap_load(error, sizeof error))
		c->pcap = libpcap.create(device, error);
	if (!c->pcap)
		snprintf(why, why_cap, "%s: %s", device, error);
	if (!c->pcap || !activate(c->pcap, device, why, why_cap)) {
		capture_close(c);
		return NULL;
	}
	c->only.link = link_of(libpcap.datalink(c->pcap));
	c->only.snap = CAPTURE_SNAP;
	c->only.resolution = 9;
	snprintf(c->only.name, sizeof c->only.name, "%s", device);
	return c;
}

/* ---- filters ---- */

static bool compile(struct filter *f, uint32_t link, const char *text, char *why, size_t cap)
{
	bool raw = link == LINK_RAW || link == LINK_RAW_BSD || link == LINK_RAW_OPENBSD;
	pcap_t *dead = libpcap.open_dead(raw ? DLT_RAW : (int)link, CAPTURE_SNAP);

	f->link = link;
	f->compiled = dead &&
	              libpcap.compile(dead, &f->program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!f->compiled)
		snprintf(why, cap, "filter \"%s\": %s", text, dead ? libpcap.geterr(dead) :
		         "no memory");
	if (dead)
		libpcap.close(dead);
	return f->compiled;
}

bool capture_filter(struct capture *c, const char *text, char *why, size_t why_cap)
{
	uint32_t link = c->is_ng ? LINK_ETHERNET : c->only.link;

	if (!libpcap_load(why, why_cap) || !compile(&c->filters[0], link, text, why, why_cap))
		return false;
	if (c->live && libpcap.setfilter(c->pcap, &c->filters[0].program) < 0) {
		snprintf(why, why_cap, "filter \"%s\": %s", text, libpcap.geterr(c->pcap));
		return false;
	}
	c->filter_text = strdup(text);
	return c->filter_text;
}

/* A link type for which the text means nothing lets nothing pass. */
static bool passes(struct capture *c, const struct capture_packet *p)
{
	struct pcap_pkthdr head = { .caplen = (uint32_t)p->octets.n, .len = p->original };
	struct filter *f = c->filters;
	char ignored[PCAP_ERRBUF_SIZE + 64];

	if (!c->filter_text || c->live)
		return true;
	while (f < c->filters + FILTER_LINKS && f->compiled && f->link != p->link)
		f++;
	if (f == c->filters + FILTER_LINKS)
		return false;
	return (f->compiled || compile(f, p->link, c->filter_text, ignored, sizeof ignored)) &&
	       libpcap.offline_filter(&f->program, &head, p->octets.p) != 0;
}

void capture_secrets(struct capture *c, void (*take)(void *ctx, struct octets lines), void *ctx)
{
	c->ng.take_secrets = take;
	c->ng.take_ctx = ctx;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < FILTER_LINKS; i++)
		if (c->filters[i].compiled)
			libpcap.freecode(&c->filters[i].program);
	free(c->filter_text);
	if (c->pcap)
		libpcap.close(c->pcap);
	if (c->is_ng)
		pcapng_reader_end(&c->ng);
	source_close(c->source);
	free(c);
}

static bool idle(struct capture *c)
{
	struct pollfd fd = { .fd = libpcap.get_selectable_fd(c->pcap), .events = POLLIN };

	return poll(&fd, 1, LIVE_IDLE_MS) <= 0;
}

static enum capture_got next_of_pcap(struct capture *c, struct capture_packet *p)
{
	struct pcap_pkthdr *head;
	const uint8_t *octets;
	int got;

	memset(p, 0, sizeof *p);
	if (!c->live) {
		pass_lent(c);
		c->status.position = source_position(c->source);
	}
	do {
		got = libpcap.next_ex(c->pcap, &head, &octets);
		if (got == 0 && idle(c))
			return CAPTURE_IDLE;
	} while (got == 0);
	if (got == 1) {
		p->link = c->only.link;
		p->octets = (struct octets){ octets, head->caplen };
		p->original = head->len < head->caplen ? head->caplen : head->len;
		p->time_ns = (int64_t)head->ts.tv_sec * 1000000000 + head->ts.tv_usec;
		p->has_time = true;
		p->position = c->status.position;
		return CAPTURE_PACKET;
	}
	if (got == PCAP_ERROR_BREAK && !c->live && !source_why(c->source)[0])
		return CAPTURE_END;
	say(c, got == PCAP_ERROR_BREAK ? "the file cannot be read on" : libpcap.geterr(c->pcap));
	return CAPTURE_DAMAGED;
}

/* The record that cannot be read has not been passed yet: where the next one begins may
 * lie in it. */
static bool resume_pcap(struct capture *c)
{
	clearerr(libpcap.file(c->pcap));
	__fpurge(libpcap.file(c->pcap));
	c->lent = 0;
	return pcap_records_find(&c->records, c->source);
}

/* Goes to the next record that makes sense behind one that cannot be read. */
static bool resume(struct capture *c)
{
	struct capture_status *st = &c->status;
	uint64_t behind;

	if (c->live || !(c->is_ng ? pcapng_reader_resume(&c->ng) : resume_pcap(c)))
		return false;
	behind = source_position(c->source);
	if (st->holes++ == 0) {
		st->first.position = st->position;
		st->first.behind = behind;
		st->first.frame = st->frames + 1;
		memcpy(st->first.text, st->text, sizeof st->text);
	}
	st->passed += behind - st->position;
	st->damaged = false;
	st->text[0] = '\0';
	return true;
}

enum capture_got capture_next(struct capture *c, struct capture_packet *p)
{
	if (c->last != CAPTURE_PACKET && c->last != CAPTURE_IDLE)
		return c->last;
	do {
		if (c->status.frames == UINT32_MAX) {
			say(c, "more packets than can be numbered");
			return c->last = CAPTURE_DAMAGED;
		}
		do
			c->last = c->is_ng ? pcapng_reader_next(&c->ng, p) : next_of_pcap(c, p);
		while (c->last == CAPTURE_DAMAGED && resume(c));
		if (c->last == CAPTURE_PACKET)
			p->frame = ++c->status.frames;
	} while (c->last == CAPTURE_PACKET && !passes(c, p));
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

uint32_t capture_names(const struct capture *c)
{
	return c->ng.n_names;
}

const char *capture_name_of(const struct capture *c, const struct capture_address *a)
{
	for (uint32_t i = 0; i < c->ng.n_names; i++)
		if (capture_address_equal(&c->ng.names[i].address, a))
			return c->ng.names[i].text;
	return NULL;
}

const char *capture_section_comment(const struct capture *c)
{
	return c->is_ng ? c->ng.comment : "";
}
