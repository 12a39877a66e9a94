#ifndef WARREN_CSQLITE_SHIM_H
#define WARREN_CSQLITE_SHIM_H

#include <sqlite3.h>

// Swift cannot see SQLITE_TRANSIENT, which is a cast: SQLite makes its own copy of what is bound.

static inline int warren_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 length) {
    // No pointer would be NULL, and not the empty text.
    return sqlite3_bind_text64(statement, index, text ? text : "", length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int warren_sqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 length) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", length, SQLITE_TRANSIENT);
}

#endif
