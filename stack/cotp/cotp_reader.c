#include "cotp/cotp_reader.h"

#include "base/cursor.h"
#include "cotp/cotp_rules.h"

enum mode {
	MODE_HEAD,		/* fewer octets than a DT header are here */
	MODE_DATA,		/* in the user data of a DT */
	MODE_HOLD,		/* gathering any other TPDU */
	MODE_SKIP,		/* passing over what cannot be used */
};

void cotp_reader_init(struct cotp_reader *r)
{
	*r = (struct cotp_reader){ .mode = MODE_HEAD };
	gather_init(&r->held, COTP_HELD_MAX);
}

void cotp_reader_drop(struct cotp_reader *r, struct pool *pool)
{
	gather_drop(&r->held, pool);
}

static void begin(const struct tpkt_piece *piece, struct octets octets, struct cotp_unit *out)
{
	out->begins = true;
	out->at = piece->frame + TPKT_HEADER_OCTETS;
	out->length = piece->length - TPKT_HEADER_OCTETS;
	out->octets = octets;
}

static void no_memory(struct cotp_reader *r, const struct tpkt_piece *piece, struct findings *f,
                      struct cotp_unit *out)
{
	begin(piece, (struct octets){ NULL, 0 }, out);
	out->pdu = (struct cotp_pdu){ 0 };
	r->mode = MODE_SKIP;
	findings_add(f, &cotp_rules[COTP_MEMORY], 0);
}

/* Holds at most COTP_HELD_MAX octets; more are let go. */
static bool hold(struct cotp_reader *r, struct pool *pool, struct octets octets)
{
	size_t room = COTP_HELD_MAX - r->held.n;

	if (octets.n > room)
		octets.n = room;
	return gather_add(&r->held, pool, octets);
}

static void decode(struct cotp_unit *out, struct findings *f)
{
	cotp_decode_head(out->octets, out->length, &out->pdu, f);
}

static void begin_dt(struct cotp_reader *r, const struct tpkt_piece *piece, struct octets head,
                     struct findings *f, struct cotp_unit *out)
{
	begin(piece, head, out);
	decode(out, f);
	if (!f->fatal && r->tpdu_size && out->length > r->tpdu_size)
		findings_add(f, &cotp_rules[COTP_DT_SIZE], r->tpdu_size);
	r->mode = f->fatal ? MODE_SKIP : MODE_DATA;
	r->eot = out->pdu.eot;
}

static void begin_whole(const struct tpkt_piece *piece, struct findings *f, struct cotp_unit *out)
{
	struct octets whole = piece->octets;

	if (whole.n > COTP_HELD_MAX)
		whole.n = COTP_HELD_MAX;
	begin(piece, whole, out);
	decode(out, f);
}

/* Adds head and rest to what is held. */
static void go_on(struct cotp_reader *r, struct pool *pool, const struct tpkt_piece *piece,
                  struct octets head, struct octets rest, struct findings *f,
                  struct cotp_unit *out)
{
	r->mode = MODE_HOLD;
	if (!hold(r, pool, head) || !hold(r, pool, rest)) {
		no_memory(r, piece, f, out);
	} else if (piece->last) {
		begin(piece, (struct octets){ r->held.p, r->held.n }, out);
		decode(out, f);
	}
}

/*
 * The first octets of the TPDU, as many as a DT header has: in the piece if it
 * holds them all, so that what refers to them outlives the next TPDU; else
 * collected.  *rest is what the piece has behind them.
 */
static struct octets take_head(struct cotp_reader *r, struct octets *rest)
{
	struct findings unused;
	struct octets head;
	struct cursor c;

	findings_clear(&unused);
	cursor_init(&c, *rest, &unused, &cotp_rules[COTP_LI]);
	if (r->head_n == 0 && cursor_left(&c) >= COTP_DT_HEADER_OCTETS) {
		cursor_take(&c, COTP_DT_HEADER_OCTETS, &head);
	} else {
		r->head_at ^= r->head_n == 0;
		head.p = r->heads[r->head_at];
		while (r->head_n < COTP_DT_HEADER_OCTETS && cursor_left(&c) &&
		       cursor_u8(&c, &r->heads[r->head_at][r->head_n]))
			r->head_n++;
		head.n = r->head_n;
	}
	*rest = cursor_rest(&c);
	return head;
}

static bool is_dt(struct octets head)
{
	struct findings unused;
	struct cursor c;
	uint8_t li, code;

	findings_clear(&unused);
	cursor_init(&c, head, &unused, &cotp_rules[COTP_LI]);
	return head.n == COTP_DT_HEADER_OCTETS && cursor_u8(&c, &li) && cursor_u8(&c, &code) &&
	       (code & 0xfe) == 0xf0;
}

/* Returns what is left of the piece: user data, if it is a DT. */
static struct octets begin_tpdu(struct cotp_reader *r, struct pool *pool,
                                const struct tpkt_piece *piece, struct findings *f,
                                struct cotp_unit *out)
{
	struct octets rest = piece->octets;
	struct octets head = take_head(r, &rest);

	if (is_dt(head))
		begin_dt(r, piece, head, f, out);
	else if (piece->first && piece->last)
		begin_whole(piece, f, out);
	else if (head.n == COTP_DT_HEADER_OCTETS || piece->last)
		go_on(r, pool, piece, head, rest, f, out);
	return rest;
}

static void take_data(struct cotp_reader *r, const struct tpkt_piece *piece, struct octets octets,
                      struct cotp_unit *out)
{
	out->data = octets;
	out->data_at = piece->at + (piece->octets.n - octets.n);
	out->ends = piece->last;
	out->eot = piece->last && r->eot;
}

void cotp_reader_push(struct cotp_reader *r, struct pool *pool, const struct tpkt_piece *piece,
                      struct findings *f, struct cotp_unit *out)
{
	struct octets octets = piece->octets;

	out->begins = out->ends = out->eot = false;
	out->data = (struct octets){ NULL, 0 };
	if (piece->first) {
		gather_drop(&r->held, pool);
		r->mode = MODE_HEAD;
		r->head_n = 0;
	}
	if (r->mode == MODE_HEAD)
		octets = begin_tpdu(r, pool, piece, f, out);
	else if (r->mode == MODE_HOLD)
		go_on(r, pool, piece, (struct octets){ NULL, 0 }, octets, f, out);
	if (r->mode == MODE_DATA)
		take_data(r, piece, octets, out);
}
