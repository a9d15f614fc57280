// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/migrations.h"

#include "core/store/file_check.h"

#include <SQLiteCpp/Statement.h>
#include <array>
#include <string>

namespace statescape::store {
namespace {
// Files out there were made by these texts: never change one, add the next.
void version1(SQLite::Database &db)
{
    db.exec(R"(
CREATE TABLE feature_schema (id INTEGER PRIMARY KEY, hash INTEGER NOT NULL, entity_kind INTEGER NOT NULL) STRICT;
CREATE TABLE schema_column (
    schema_id INTEGER NOT NULL REFERENCES feature_schema(id), position INTEGER NOT NULL,
    key TEXT NOT NULL, title TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL, probe TEXT NOT NULL,
    description TEXT NOT NULL, log1p INTEGER NOT NULL, PRIMARY KEY (schema_id, position)) STRICT, WITHOUT ROWID;
CREATE TABLE session (
    id INTEGER PRIMARY KEY, schema_id INTEGER NOT NULL REFERENCES feature_schema(id),
    host TEXT NOT NULL, kernel TEXT NOT NULL, boot_id TEXT NOT NULL,
    anchor_monotonic_ns INTEGER NOT NULL, anchor_realtime_ns INTEGER NOT NULL, interval_ns INTEGER NOT NULL,
    origin TEXT NOT NULL, command TEXT NOT NULL,
    labels BLOB NOT NULL DEFAULT x'', steps_applied INTEGER NOT NULL DEFAULT 0) STRICT;
-- id is session << 40 | row; vals are little-endian float32, a NaN carries its reason
CREATE TABLE sample_data (
    id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL, entity INTEGER NOT NULL,
    vals BLOB NOT NULL, processes BLOB) STRICT;
CREATE VIEW sample AS SELECT id >> 40 AS session_id, id & 0xffffffffff AS row, time_ns, duration_ns, entity, vals, processes
    FROM sample_data;
CREATE TABLE loss (
    session_id INTEGER NOT NULL REFERENCES session(id), kind TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (session_id, kind)) STRICT, WITHOUT ROWID;
CREATE TABLE class (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
-- position below session.steps_applied: done, else to be redone
CREATE TABLE step (
    session_id INTEGER NOT NULL REFERENCES session(id), position INTEGER NOT NULL, what TEXT NOT NULL, changes BLOB NOT NULL,
    PRIMARY KEY (session_id, position)) STRICT;
CREATE TABLE model (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, revision INTEGER NOT NULL, algorithm TEXT NOT NULL,
    created_ns INTEGER NOT NULL, json TEXT NOT NULL, UNIQUE (name, revision)) STRICT;
CREATE TABLE model_state (
    model_id INTEGER NOT NULL REFERENCES model(id), position INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (model_id, position)) STRICT, WITHOUT ROWID;
CREATE TABLE note (
    session_id INTEGER NOT NULL REFERENCES session(id), key TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (session_id, key)) STRICT, WITHOUT ROWID;
)");
}

using Migration = void (*)(SQLite::Database &);
// migrations[i] leads from version i to i + 1.
constexpr std::array<Migration, 1> kMigrations{version1};
constexpr std::array kTables{"feature_schema", "schema_column", "session", "sample_data", "loss",
                             "class",          "step",          "model",   "model_state", "note"};
} // namespace

int newestVersion()
{
    return static_cast<int>(kMigrations.size());
}

void migrate(SQLite::Database &db, int from)
{
    for (int version = from; version < newestVersion(); ++version)
        kMigrations[static_cast<std::size_t>(version)](db);
    db.exec("PRAGMA application_id=" + std::to_string(kApplicationId));
    db.exec("PRAGMA user_version=" + std::to_string(newestVersion()));
}

bool hasAllTables(SQLite::Database &db)
{
    SQLite::Statement query(db, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?");
    for (const char *table : kTables) {
        query.reset();
        query.bind(1, table);
        if (!query.executeStep() || query.getColumn(0).getInt() != 1)
            return false;
    }
    return true;
}

} // namespace statescape::store
