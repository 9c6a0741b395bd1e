/*
 * What the disk and the loopback allow without any protocol: the baseline of bench_mta.
 *
 *     bare_queue FILE trip N     one octet to a peer and back, then one row of 1 KiB, committed
 *     bare_queue FILE batch N    rows of 1 KiB, 64 in a commit
 *     bare_queue FILE queue N    the same, and the 64 of the commit before are deleted with it
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

enum { SIZE = 1024, BATCH = 64 };

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

/* `delete`: of all rows up to one; NULL: none leaves. */
static int put(sqlite3 *db, sqlite3_stmt *insert, sqlite3_stmt *delete, int s, int n, int batch)
{
	uint8_t octets[SIZE] = { 1 }, answer;

	for (int i = 0; i < n; i++) {
		if (s >= 0 && (write(s, octets, SIZE) != SIZE || read(s, &answer, 1) != 1))
			return 1;
		if (i % batch == 0) {
			sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
			sqlite3_bind_int64(delete, 1, sqlite3_last_insert_rowid(db));
			if (delete && !run(delete))
				return 1;
		}
		sqlite3_bind_blob(insert, 1, octets, SIZE, SQLITE_STATIC);
		if (!run(insert))
			return 1;
		if (i % batch == batch - 1 || i == n - 1)
			sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0, s = -1, status;
	sqlite3_stmt *insert, *delete = NULL;
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
	if (sqlite3_open(argv[1], &db) ||
	    sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	                 "CREATE TABLE m (id INTEGER PRIMARY KEY, data BLOB)", NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(db, "INSERT INTO m (data) VALUES (?1)", -1, &insert, NULL) ||
	    (queue && sqlite3_prepare_v2(db, "DELETE FROM m WHERE id <= ?1", -1, &delete, NULL)) ||
	    (trip && (s = connected()) < 0))
		return 4;
	put(db, insert, delete, s, n / 10, trip ? 1 : BATCH);
	begin = now();
	status = put(db, insert, delete, s, n, trip ? 1 : BATCH);
	printf("%.1f\n", n / (now() - begin));
	sqlite3_finalize(insert);
	sqlite3_finalize(delete);
	sqlite3_close(db);
	return status;
}
