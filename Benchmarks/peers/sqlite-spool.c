// What a plain spool of events costs: a loop over SQLite that inserts a row for each event, BATCH in each transaction.
#include "bench.h"

#include <sqlite3.h>
#include <unistd.h>

static sqlite3 *database;

static void run(const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) die(sqlite3_errmsg(database));
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) die(sqlite3_errmsg(database));
    return statement;
}

static void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) die(sqlite3_errmsg(database));
    sqlite3_reset(statement);
}

int main(int count, char **arguments) {
    if (count < 4) die("usage: sqlite-spool spool_append_full|spool_append_normal N SIZE [BATCH]");
    const char *mode = arguments[1];
    uint64_t n = strtoull(arguments[2], 0, 10);
    size_t size = strtoull(arguments[3], 0, 10);
    uint64_t batch = count > 4 ? strtoull(arguments[4], 0, 10) : 64;
    char *body = malloc(size + 1);
    if (!body) die("out of memory");
    memset(body, 'x', size);
    if (batch == 0) die("a batch is at least 1");

    const char *folder = getenv("BENCH_FOLDER");
    char path[4096], log[4200];
    snprintf(path, sizeof path, "%s/bench-spool-%d.db", folder ? folder : ".", getpid());
    snprintf(log, sizeof log, "%s-wal", path);
    if (sqlite3_open(path, &database) != SQLITE_OK) die(sqlite3_errmsg(database));
    run("PRAGMA locking_mode = EXCLUSIVE");
    run("PRAGMA journal_mode = WAL");
    run(!strcmp(mode, "spool_append_full") ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    run("CREATE TABLE spool (position INTEGER PRIMARY KEY, spooled_at INTEGER NOT NULL, size INTEGER NOT NULL,"
        " event_id TEXT NOT NULL, event_type TEXT NOT NULL, route BLOB NOT NULL, body BLOB NOT NULL) STRICT");
    sqlite3_stmt *begin_transaction = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *insert = prepare("INSERT INTO spool VALUES (?, ?, ?, ?, ?, ?, ?)");

    begin();
    for (uint64_t i = 0; i < n;) {
        step(begin_transaction);
        for (uint64_t end = i + batch; i < n && i < end; i++) {
            struct timespec time;
            clock_gettime(CLOCK_REALTIME, &time);
            sqlite3_bind_int64(insert, 1, i + 1);
            sqlite3_bind_int64(insert, 2, time.tv_sec * 1000 + time.tv_nsec / 1000000);
            sqlite3_bind_int64(insert, 3, size + 73);
            sqlite3_bind_text(insert, 4, "0190b6f4-7d1c-7abc-8def-0123456789ab", 36, SQLITE_STATIC);
            sqlite3_bind_text(insert, 5, "Bench.Measured", 14, SQLITE_STATIC);
            sqlite3_bind_blob(insert, 6, "bench.ex Bench.Measured", 23, SQLITE_STATIC);
            sqlite3_bind_blob(insert, 7, body, size, SQLITE_STATIC);
            step(insert);
        }
        step(commit);
    }
    end();
    report("sqlite-spool", mode, n, size, NULL);
    sqlite3_finalize(insert);
    sqlite3_finalize(begin_transaction);
    sqlite3_finalize(commit);
    sqlite3_close(database);
    unlink(path);
    unlink(log);
    return 0;
}
