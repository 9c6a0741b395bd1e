/*
 * taken: writes down which rows of the state tables are stepped and which rules
 * are booked while tests run.
 *
 * Linked (make CELLS=1) with --wrap of turn_step, findings_add and session_step,
 * so that stack/ knows nothing of it.  Where X400RIG_TAKEN names a file, each row (in
 * each state) and each rule is appended to it the first time that this process
 * takes it, at once: programs that are killed count too.
 *
 *     cell 4 117 31        a machine took a row: layer, row, state
 *     pure 4 117 31        session_step() alone was asked
 *     rule session.li-form
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/turn.h"
#include "session/session_machine.h"

enum { CELLS_MAX = 2048, IDS_MAX = LAYERS * 256 };

void __real_turn_step(struct turn *t, enum layer layer, uint16_t cell, uint8_t from, uint8_t to);
void __wrap_turn_step(struct turn *t, enum layer layer, uint16_t cell, uint8_t from, uint8_t to);
struct session_step __real_session_step(const struct session_vars *v, enum session_event event,
                                        const struct session_arg *arg);
struct session_step __wrap_session_step(const struct session_vars *v, enum session_event event,
                                        const struct session_arg *arg);
bool __real_findings_add(struct findings *f, const struct rule *rule, size_t octet);
bool __wrap_findings_add(struct findings *f, const struct rule *rule, size_t octet);

static void put(const char *line)
{
	const char *path = getenv("X400RIG_TAKEN");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;

	if (fd < 0)
		return;
	if (write(fd, line, strlen(line)) < 0)
		perror(path);
	close(fd);
}

static void take(const char *how, uint32_t seen[CELLS_MAX], enum layer layer, uint16_t cell,
                 uint8_t from)
{
	char line[64];

	if (cell >= CELLS_MAX || from >= 32 || seen[cell] >> from & 1)
		return;
	seen[cell] |= UINT32_C(1) << from;
	snprintf(line, sizeof line, "%s %d %u %u\n", how, (int)layer, cell, from);
	put(line);
}

void __wrap_turn_step(struct turn *t, enum layer layer, uint16_t cell, uint8_t from, uint8_t to)
{
	static uint32_t seen[LAYERS][CELLS_MAX];	/* states, for rows of several */

	__real_turn_step(t, layer, cell, from, to);
	if ((unsigned)layer < LAYERS)
		take("cell", seen[layer], layer, cell, from);
}

struct session_step __wrap_session_step(const struct session_vars *v, enum session_event event,
                                        const struct session_arg *arg)
{
	static uint32_t seen[CELLS_MAX];
	struct session_step step = __real_session_step(v, event, arg);

	take("pure", seen, LAYER_SESSION, step.cell, step.from);
	return step;
}

bool __wrap_findings_add(struct findings *f, const struct rule *rule, size_t octet)
{
	static const struct rule *seen[IDS_MAX];
	char line[128];

	if (!f->fatal && rule->id < IDS_MAX && seen[rule->id] != rule) {
		seen[rule->id] = rule;
		snprintf(line, sizeof line, "rule %s\n", rule->name);
		put(line);
	}
	return __real_findings_add(f, rule, octet);
}
