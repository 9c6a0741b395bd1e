/*
 * logs_windows: Windows event logs.
 *
 *   .evt   0x30 0 0 0 "LfLe" ...: a ring of records; the header may be dirty, and
 *          the oldest record may lie anywhere
 *   .evtx  "ElfFile" 0: chunks of 64 KiB of binary XML
 *
 * Neither holds sentences: a record has its event id and the strings that a
 * message file on the machine would put into one.  So records come unrendered,
 * with the strings in their order and " | " between.  Read with libevt and
 * libevtx, those too that a dirty header does not count.  The libraries are
 * loaded for the first log that needs them (late/late.h).
 */
#ifndef LOGS_WINDOWS_H
#define LOGS_WINDOWS_H

#include "logs/logs.h"

/* LOG_EVT, LOG_EVTX, or LOG_TEXT_OTHER: neither.  Does not move in the file. */
enum log_layout log_windows_kind(int fd);

/* Both libraries, before a process that will read logs confines itself.  false: why. */
bool log_windows_load(char *why, size_t why_cap);

/* The highest number of a record that the log counts; 0: none. */
uint64_t log_windows_newest(const char *path, enum log_layout kind);

/* The time of its oldest record; LOG_NO_TIME: it has none. */
int64_t log_windows_begins(const char *path, enum log_layout kind);

bool log_windows_read(const char *path, enum log_layout kind, const struct log_options *o,
                      const struct log_filter *f, log_record_fn *fn, void *ctx,
                      struct log_notes *notes, char *why, size_t why_cap);

#endif
