/*
 * What the disk and the loopback allow without any protocol: the baseline of bench_mta.
 *
 *     bare_queue FILE trip N     one octet to a peer and back, then one row of 1 KiB, committed
 *     bare_queue FILE batch N    rows of 1 KiB, 64 in a commit
 *     bare_queue FILE queue N    the rows of the lab MTA, a content and an envelope: those of 64
 *                                messages in a commit, and those of the commit before leave
 *
 * Prints messages per second, behind a tenth as many that are not counted.  WAL and
 * synchronous=FULL, as the lab MTA's queue.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 1024, ENVELOPE = 300, BATCH = 64 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void echo(int listener)
{
	uint8_t octets[SIZE];
	int s = accept(listener, NULL, NULL), one = 1;

	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	while (recv(s, octets, SIZE, MSG_WAITALL) == SIZE && write(s, octets, 1) == 1)
		;
	_exit(0);
}

/* A connection to a child that answers each message with one octet. */
static int connected(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM, 0), s, one = 1;

	if (bind(listener, (struct sockaddr *)&a, n) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&a, &n))
		return -1;
	if (fork() == 0)
		echo(listener);
	s = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return connect(s, (struct sockaddr *)&a, n) ? -1 : s;
}

static bool run(sqlite3_stmt *s)
{
	return sqlite3_step(s) == SQLITE_DONE && sqlite3_reset(s) == SQLITE_OK;
}

/* Rows of a table; `leave`: all up to one; NULL: none leaves. */
struct table {
	sqlite3_stmt *put, *leave;
	int octets;
};

static const char schema[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	"CREATE TABLE chunk (id INTEGER PRIMARY KEY, data BLOB);"
	"CREATE TABLE message (id INTEGER PRIMARY KEY, data BLOB)";

static bool leave(struct table *t, size_t tables, int64_t until)
{
	bool ok = true;

	for (size_t i = 0; i < tables && t[i].leave; i++) {
		sqlite3_bind_int64(t[i].leave, 1, until);
		ok = ok && run(t[i].leave);
	}
	return ok;
}

static bool put(struct table *t, size_t tables)
{
	static const uint8_t octets[SIZE] = { 1 };
	bool ok = true;

	for (size_t i = 0; i < tables; i++) {
		sqlite3_bind_blob(t[i].put, 1, octets, t[i].octets, SQLITE_STATIC);
		ok = ok && run(t[i].put);
	}
	return ok;
}

/* `s`: each message goes there first, and is answered; or -1. */
static int carry(sqlite3 *db, struct table *t, size_t tables, int s, int n, int batch)
{
	uint8_t octets[SIZE] = { 1 }, answer;

	for (int i = 0; i < n; i++) {
		if (s >= 0 && (write(s, octets, SIZE) != SIZE || read(s, &answer, 1) != 1))
			return 1;
		if (i % batch == 0) {
			int64_t last = sqlite3_last_insert_rowid(db);

			sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
			if (!leave(t, tables, last))
				return 1;
		}
		if (!put(t, tables))
			return 1;
		if (i % batch == batch - 1 || i == n - 1)
			sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	return 0;
}

static bool prepare(sqlite3 *db, struct table t[2], bool queue)
{
	static const char *const put[] = { "INSERT INTO chunk (data) VALUES (?1)",
	                                   "INSERT INTO message (data) VALUES (?1)" };
	static const char *const leave[] = { "DELETE FROM chunk WHERE id <= ?1",
	                                     "DELETE FROM message WHERE id <= ?1" };

	for (int i = 0; i < 2; i++)
		if (sqlite3_prepare_v2(db, put[i], -1, &t[i].put, NULL) ||
		    (queue && sqlite3_prepare_v2(db, leave[i], -1, &t[i].leave, NULL)))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0, s = -1, batch, status;
	struct table t[2] = { { .octets = SIZE }, { .octets = ENVELOPE } };
	bool trip, queue;
	sqlite3 *db;
	double begin;

	if (n < 1) {
		fprintf(stderr, "usage: bare_queue FILE trip|batch|queue N\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	trip = strcmp(argv[2], "trip") == 0;
	queue = strcmp(argv[2], "queue") == 0;
	batch = trip ? 1 : BATCH;
	if (sqlite3_open(argv[1], &db) || sqlite3_exec(db, schema, NULL, NULL, NULL) ||
	    !prepare(db, t, queue) || (trip && (s = connected()) < 0))
		return 4;
	carry(db, t, queue ? 2 : 1, s, n / 10, batch);
	begin = now();
	status = carry(db, t, queue ? 2 : 1, s, n, batch);
	printf("%.1f\n", n / (now() - begin));
	for (int i = 0; i < 2; i++) {
		sqlite3_finalize(t[i].put);
		sqlite3_finalize(t[i].leave);
	}
	sqlite3_close(db);
	return status;
}
