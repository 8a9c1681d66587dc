// SQLite: SQLITE_TRANSIENT is a cast macro that Swift cannot import.
#pragma once
#include <sqlite3.h>
static inline int csqlite_bind_text(sqlite3_stmt *s, int i, const char *text, int n) { return sqlite3_bind_text(s, i, text, n, SQLITE_TRANSIENT); }
static inline int csqlite_bind_blob(sqlite3_stmt *s, int i, const void *bytes, int n) { return n == 0 ? sqlite3_bind_zeroblob(s, i, 0) : sqlite3_bind_blob(s, i, bytes, n, SQLITE_TRANSIENT); }
