/*
 * Faults of the association: bind, recovery, checkpoints, turn, idle time.
 */
#include "mta/defect_inner.h"

#include <sqlite3.h>
#include <string.h>

/* ---- recovery: what becomes of an association that was lost while sending ---- */

static bool sending_was_cut(struct mta *m, const struct at *at)
{
	if (at->l->initiator && at->e)
		defect_memory(m, at->nb)->cut_in_activity = true;
	return true;
}

/* ---- Q194031 ----
 *
 * Recovery goes to a state that has no way out: the association is neither recovered
 * nor opened anew, and the neighbour's own are refused. */

static const struct log_event event_rtse = {
	1133, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "RTSE", 32, 164, 12, false,
	NULL,
};
static const struct log_event event_remote_refused = {
	1293, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 28, 128, 12, false,
	NULL,
};

static bool q194031_open(struct mta *m, const struct at *at)
{
	if (!defect_memory(m, at->nb)->cut_in_activity)
		return true;
	log_event(&m->log, mta_wall(m), &event_rtse, "A reliable transport service element (RTSE) "
	          "error occurred while processing an association with %s. The association will be "
	          "terminated and restarted if necessary. Current state 25. Service type 5. "
	          "Service flavor 20. Control block index %u.", neighbour_peer(at->nb)->name,
	          2001 + at->nb->peer);
	neighbour_look_after(at->nb, m->config.timers.open_interval);
	return false;
}

static bool q194031_bind(struct mta *m, const struct at *at)
{
	struct line *l = at->l;

	if (!defect_memory(m, l->nb)->cut_in_activity)
		return true;
	log_event(&m->log, mta_wall(m), &event_remote_refused, "A remotely-initiated association "
	          "from %s was refused. The failure reason provider is 0 and the reason is 0. "
	          "Control block index %u. Type 1.", line_name(l), end_number(l->end));
	association_refuse(end_association(l->end), line_now(l), P1_BIND_BUSY);
	return false;
}

/* ---- Q166594 ----
 *
 * Each side believes that the other one has the turn.  Nothing is sent on the first
 * association, until the threshold opens a second one. */

static bool q166594_serve(struct mta *m, const struct at *at)
{
	return !(defect_memory(m, at->nb)->cut_in_activity && at->l->initiator &&
	         at->nb->ours == 1);
}

/* ---- Q194750 ---- */

static bool q194750_lost(struct mta *m, const struct at *at)
{
	(void)m;
	if (at->l->initiator && at->e)
		at->e->hung = true;
	return true;
}

/* ---- Q198958 ----
 *
 * What was sent is not deleted.  It is sent again when the MTA is started, and when a
 * lost association is set up anew. */

static bool q198958_sent(struct mta *m, const struct at *at)
{
	(void)m;
	at->e->hung = true;
	at->e->expires_us = INT64_MAX;
	return false;
}

static bool q198958_lost(struct mta *m, const struct at *at)
{
	for (unsigned rank = 0; at->l->initiator && rank < QUEUE_RANKS; rank++)
		for (struct entry *e = m->queue.lists[at->nb->peer][rank].first; e; e = e->next)
			e->hung = false;
	return true;
}

/* ---- recovery-gap ----
 *
 * The octets of the checkpoint under way are not there any more when the message is sent
 * again. */

static bool gap_lost(struct mta *m, const struct at *at)
{
	const struct outgoing *out = &at->l->out;
	sqlite3_stmt *s;

	if (!at->l->initiator || !at->e || !at->e->content ||
	    sqlite3_prepare_v2(m->queue.db, "UPDATE chunk SET data = zeroblob(length(data)) "
	                       "WHERE id = ?1", -1, &s, NULL) != SQLITE_OK)
		return true;
	sqlite3_bind_int64(s, 1, at->e->content->id << QUEUE_AT_BITS | (int64_t)out->chunk_at);
	sqlite3_step(s);
	sqlite3_finalize(s);
	if (out->chunk_at == 0 && at->e->content->first)
		memset(at->e->content->first, 0, at->e->content->first_n);
	return true;
}

/* ---- Q140958 ----
 *
 * A bind that does not speak of the dialogue mode is taken for two-way alternate: the MTA
 * waits for the turn on the neighbour's association, and opens none of its own. */

static bool q140958_open(struct mta *m, const struct at *at)
{
	for (struct line *l = m->lines; l; l = l->next)
		if (l->nb == at->nb && !l->initiator && l->bound &&
		    end_association(l->end)->rtse.open.dialogue == RTSE_MONOLOGUE)
			return false;
	return true;
}

/* ---- Q229643 ----
 *
 * An association is recovered while the MTA waits for the turn on another one: the control
 * block of the old one is not given back. */

static bool q229643_recover(struct mta *m, const struct at *at)
{
	(void)at;
	for (struct line *l = m->lines; l; l = l->next)
		if (l->turn_wanted) {
			m->blocks++;
			break;
		}
	return true;
}

/* ---- Q152877 ----
 *
 * The kernel's control block is not set back when an opening is broken off.  The next
 * association that uses it is in the wrong state. */

static const struct log_event event_state = {
	1198, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 27, 108, 14, false,
	NULL,
};
static const struct log_event event_entity = {
	1004, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 10, 8, 14, false,
	NULL,
};

static bool q152877_lost_early(struct mta *m, const struct at *at)
{
	if (at->l->initiator && at->l->connected)
		defect_memory(m, at->l->nb)->cut_in_opening = true;
	return true;
}

static bool q152877_bound(struct mta *m, const struct at *at)
{
	if (!defect_memory(m, at->nb)->cut_in_opening)
		return true;
	log_event(&m->log, mta_wall(m), &event_entity, "An error occurred while processing an "
	          "association 1 with entity. %s. The association will be terminated and restarted "
	          "if necessary.", neighbour_peer(at->nb)->name);
	log_event(&m->log, mta_wall(m), &event_state, "An error occurred while processing an "
	          "association to entity. Presentation error: state check failure. Current state "
	          "0, service type 20, service flavor 2 Control block index %u. The association "
	          "will be terminated and restarted if necessary.", end_number(at->l->end));
	association_abort(end_association(at->l->end), line_now(at->l));
	return true;
}

/* ---- Q240383 ---- */

static const struct log_event event_presentation = {
	1192, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "KERNEL", 31, 151, 14, false,
	NULL,
};

static bool q240383_bind_bad(struct mta *m, const struct at *at)
{
	struct line *l = at->l;
	bool known = false;

	for (size_t i = 0; i < m->config.peers_n; i++)
		known |= ber_string_equal(&at->bind->name, octets_of(m->config.peers[i].name));
	if (!known)
		return true;
	log_event(&m->log, mta_wall(m), &event_presentation, "An interoperability error occurred. "
	          "A presentation error occurred. ASN.1 decode failure. Server error code 164 was "
	          "detected at offset 0. Node label Pusep, Control block index %u.",
	          end_number(l->end));
	association_abort(end_association(l->end), line_now(l));
	return false;
}

/* ---- Q140956 ---- */

static void abort_idle(void *ctx)
{
	struct line *l = ctx;

	association_abort(end_association(l->end), line_now(l));
	end_pump(l->end);
}

static void watch_idle(struct line *l)
{
	net_timer_set(l->m->net, &l->timer, line_now(l) + l->m->config.timers.lifetime / 2,
	              abort_idle, l);
}

static bool q140956_bind(struct mta *m, const struct at *at)
{
	(void)m;
	watch_idle(at->l);
	return true;
}

static bool q140956_last(struct mta *m, const struct at *at)
{
	(void)m;
	watch_idle(at->l);
	return true;
}

/* ---- checkpoints ---- */

/* Q196852.  A checkpoint that ends before its time is read beyond its end. */
static const struct log_event event_get = {
	2051, "Internal Processing", "Internal Processing", "Error", "BASE", "RTSE", 47, 70, 16,
	false, NULL,
};

static bool q196852_cut_short(struct mta *m, const struct at *at)
{
	const struct incoming *in = &at->l->in;

	if (!in->content || in->chunk_n == 0 || at->reason == RTSE_FAIL_NONE)
		return true;
	defect_log_illegal(m, &event_get, 0x5CE90801u, in->chunk_n);
	mta_stop(m);
	return true;
}

/* Q189753.  What remains behind the last checkpoint is too short for the decoder's
 * buffers. */
static const struct log_event event_decode = {
	1136, "X.400 Service", "X.400 Service", "Warning", "PLATFORM", "RTSE", 31, 151, 14, false,
	NULL,
};

enum { UNLUCKY = 256 };

static bool q189753_last(struct mta *m, const struct at *at)
{
	struct line *l = at->l;

	if (!l->in.content || l->in.chunk_n == 0 || l->in.chunk_n >= UNLUCKY)
		return true;
	log_event(&m->log, mta_wall(m), &event_decode, "An interoperability error occurred with "
	          "entity %s. A reliable transport service element (RTSE) error occurred. ASN.1 "
	          "decode failure. Server error code 164 was detected at offset %llu. Node label "
	          "Pusep. Control block index %u.", line_name(l), (unsigned long long)l->in.length,
	          end_number(l->end));
	association_abort(end_association(l->end), line_now(l));
	return false;
}

/* Q269158.  The index of a message on its association has a limit, and behind it the
 * thread turns in a circle. */
enum { INDEX_MAX = 32 };

static bool q269158_last(struct mta *m, const struct at *at)
{
	(void)m;
	return at->l->received < INDEX_MAX;
}

/* ---- the window that RTOAC answers ---- */

/* Q189754.  What is not named is taken for five; an explicit three fares alike. */
static bool q189754_bind(struct mta *m, const struct at *at)
{
	struct rtse_open *open = &end_association(at->l->end)->rtse.open;

	(void)m;
	if (open->window == RTSE_WINDOW_DEFAULT)
		open->window = 5;
	return true;
}

/* Q185934.  Builds before 5.5 SP2 know three only. */
static bool q185934_bind(struct mta *m, const struct at *at)
{
	struct rtse_open *open = &end_association(at->l->end)->rtse.open;

	(void)m;
	if (open->window > RTSE_WINDOW_DEFAULT)
		open->window = RTSE_WINDOW_DEFAULT;
	return true;
}

/* ---- never-releases ---- */

static bool never_idle(struct mta *m, const struct at *at)
{
	(void)m;
	(void)at;
	return false;
}

const struct defect defects_association[] = {
	{ { "Q194031", "KB Q194031, Exchange 5.5 SP1",
	    "an association is lost while a message is sent: recovery ends in a state error, "
	    "nothing is opened or accepted for this neighbour any more",
	    "events 1133 (state 25, type 5, flavor 20), 1293", "defects/cut-in-activity" },
	  { [DEFECT_LOST] = sending_was_cut, [DEFECT_OPEN] = q194031_open,
	    [DEFECT_BIND_IN] = q194031_bind } },
	{ { "Q166594", "KB Q166594, Exchange 4.0, 5.0",
	    "an association is lost while a message is sent: on the next one the MTA waits for a "
	    "turn that it has; only the threshold opens another",
	    "none; nothing is sent on a bound association", "defects/cut-in-activity" },
	  { [DEFECT_LOST] = sending_was_cut, [DEFECT_SERVE] = q166594_serve } },
	{ { "Q194750", "KB Q194750, Exchange 5.5",
	    "an association is lost while a message is sent: this message stays in the queue while "
	    "others pass it",
	    "none; others come, this one does not", "defects/cut-in-activity" },
	  { [DEFECT_LOST] = q194750_lost } },
	{ { "Q198958", "KB Q198958, Exchange 5.5",
	    "messages that were sent are not deleted: they are sent again after a restart, and "
	    "when an association was lost",
	    "none; a copy with the same MTS identifier", "defects/cut-in-activity" },
	  { [DEFECT_SENT] = q198958_sent, [DEFECT_LOST] = q198958_lost } },
	{ { "recovery-gap", "in the manner of KB Q196852 at the sender",
	    "an association is lost while a message is sent: it is sent again without the octets "
	    "of the checkpoint that was under way",
	    "none; a content that lacks octets", "defects/cut-in-activity" },
	  { [DEFECT_LOST] = gap_lost } },
	{ { "Q140958", "KB Q140958, Exchange 4.0",
	    "a neighbour's association is in monologue, which it need not say: the MTA takes it "
	    "for two-way alternate, waits for the turn there and opens none of its own",
	    "none; no association is opened", "defects/dialogue-mode" },
	  { [DEFECT_OPEN] = q140958_open } },
	{ { "Q229643", "KB Q229643, Exchange 5.5",
	    "a neighbour recovers an association while the MTA waits for the turn on another one: "
	    "a control block is lost each time, until there are none for anybody",
	    "event 9156", "defects/recovery-turn" },
	  { [DEFECT_RECOVER] = q229643_recover } },
	{ { "Q152877", "KB Q152877, Exchange 4.0",
	    "an opening is broken off behind the transport connection: each later association to "
	    "this neighbour is aborted when it is bound",
	    "events 1004, 1198 (state 0, type 20, flavor 2)", "defects/cut-in-opening" },
	  { [DEFECT_LOST_EARLY] = q152877_lost_early, [DEFECT_BOUND] = q152877_bound } },
	{ { "Q240383", "KB Q240383, Exchange 5.5",
	    "a bind with a known name and a wrong password is taken for octets that cannot be "
	    "decoded: aborted, not refused",
	    "event 1192", "basic/refused" },
	  { [DEFECT_BIND_BAD] = q240383_bind_bad } },
	{ { "Q140956", "KB Q140956, Exchange 4.0",
	    "a neighbour's association is idle for half a lifetime: it is aborted",
	    "none; AB on an idle association", "defects/long-silence" },
	  { [DEFECT_BIND_IN] = q140956_bind, [DEFECT_LAST_PIECE] = q140956_last } },
	{ { "Q196852", "KB Q196852, Exchange 5.0, 5.5",
	    "an incoming message is cut off between two checkpoints: the MTA stops",
	    "event 2051 (BASE RTSE, Proc 70)", "defects/truncated-checkpoint" },
	  { [DEFECT_CUT_SHORT] = q196852_cut_short } },
	{ { "Q189753", "KB Q189753, Exchange 5.5",
	    "an incoming message leaves less than 256 octets behind its last checkpoint: the "
	    "association is aborted",
	    "event 1136 (164, Node label Pusep)", "defects/unlucky-size" },
	  { [DEFECT_LAST_PIECE] = q189753_last } },
	{ { "Q269158", "KB Q269158, Exchange 5.5",
	    "more than 32 messages come in on one association: the next is never acknowledged",
	    "none; an AE without its AEA", "defects/many-messages" },
	  { [DEFECT_LAST_PIECE] = q269158_last } },
	{ { "Q189754", "KB Q189754, Exchange 5.5",
	    "a bind proposes the default window: five is answered, more than was proposed",
	    "none; RTOAC window 5", "defects/window-absent" },
	  { [DEFECT_BIND_IN] = q189754_bind } },
	{ { "Q185934", "KB Q185934, Exchange 5.0, 5.5",
	    "a bind proposes a larger window: three is answered whatever is configured",
	    "none; RTOAC window 3", "defects/window-five" },
	  { [DEFECT_BIND_IN] = q185934_bind } },
	{ { "never-releases", "KB Q234157 (association lifetime)",
	    "idle associations are kept for ever",
	    "none; no FN", "defects/lifetime" },
	  { [DEFECT_IDLE] = never_idle } },
	{ { NULL, NULL, NULL, NULL, NULL }, { NULL } },
};
