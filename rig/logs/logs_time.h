/*
 * logs_time: the dates and times that logs carry (private to logs/).
 *
 *     02-26-02 02:43:50pm      11/21/26<TAB>9:05:00 PM      21.11.2026 21:05:00
 *     2026-11-21T21:05:00.123+01:00      2026/11/21,21:05:00
 *     21. 11. 2026 21:05:00      2026.11.21. 21:05:00      2026-11-21 <PM in Korean> 9:05:00
 *     Nov 21 21:05:00      Jul 1, 1996 14:49:09      21 Nov 2026 21:05:00
 *     Sat Nov 21 21:05:00 2026
 */
#ifndef LOGS_TIME_H
#define LOGS_TIME_H

#include "logs/logs.h"

struct log_time {
	int64_t wall_s;			/* since 1970, as if local time were UTC */
	int32_t us;
	int32_t zone_s;
	bool zoned;
	bool clock;			/* not only a date */
	enum log_date_order told;	/* the order that the numbers themselves show */
};

/* Reads a date at p and, if one follows after blanks, a tab, a comma, a quote or
 * T, a time.  Returns the octets taken, 0: no date here. */
size_t log_time_parse(const char *p, size_t n, enum log_date_order order, int year,
                      struct log_time *out);
/* Do a date and a time begin here? */
bool log_stamp_here(const char *p, size_t n);
/* "9:05:00 PM", or with a Korean, Chinese or Japanese word for it in front */
size_t log_clock_parse(const char *p, size_t n, struct log_time *out);

#endif
