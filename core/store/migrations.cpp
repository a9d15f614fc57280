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

// What changes with every step is apart from what is large, because SQLite writes a row as a whole.
void version2(SQLite::Database &db)
{
    db.exec(R"(
-- kind 0: labels, 1: selection, 2: class name, 3: model in use; it says what changes holds
ALTER TABLE step ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
-- of kind and changes; NULL in steps of version 1
ALTER TABLE step ADD COLUMN checksum INTEGER;
-- a model_name that is NULL: none was ever chosen
CREATE TABLE history (
    session_id INTEGER PRIMARY KEY REFERENCES session(id), steps_applied INTEGER NOT NULL DEFAULT 0,
    model_name TEXT, model_revision INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO history (session_id, steps_applied) SELECT id, steps_applied FROM session;
ALTER TABLE session DROP COLUMN steps_applied;
CREATE TABLE selection (session_id INTEGER PRIMARY KEY REFERENCES session(id), selected BLOB NOT NULL) STRICT;
CREATE TABLE saved_selection (
    session_id INTEGER NOT NULL REFERENCES session(id), name TEXT NOT NULL, selected BLOB NOT NULL,
    geometry TEXT NOT NULL, created_ns INTEGER NOT NULL, PRIMARY KEY (session_id, name)) STRICT;
)");
}

void version3(SQLite::Database &db)
{
    db.exec(R"(
-- whom samples are about: position is sample_data.entity, from 1
CREATE TABLE entity (
    session_id INTEGER NOT NULL REFERENCES session(id), position INTEGER NOT NULL, entity_id INTEGER NOT NULL,
    name TEXT NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,
    PRIMARY KEY (session_id, position)) STRICT, WITHOUT ROWID;
)");
}

void version4(SQLite::Database &db)
{
    db.exec(R"(
-- probes that saw only a part of the interval, see encodeSeen(); NULL: all saw all of it
ALTER TABLE sample_data ADD COLUMN seen BLOB;
DROP VIEW sample;
CREATE VIEW sample AS SELECT id >> 40 AS session_id, id & 0xffffffffff AS row, time_ns, duration_ns, entity, vals,
    processes, seen FROM sample_data;
)");
}

// Temporary tables are looked up before the file's, and cost it nothing.
void showVersion1(SQLite::Database &db)
{
    db.exec(R"(
PRAGMA temp_store=MEMORY;
CREATE TEMP VIEW step AS SELECT session_id, position, what, changes, 0 AS kind, NULL AS checksum FROM main.step;
CREATE TEMP TABLE history (
    session_id INTEGER PRIMARY KEY, steps_applied INTEGER NOT NULL, model_name TEXT, model_revision INTEGER NOT NULL) STRICT;
INSERT INTO history SELECT id, steps_applied, NULL, 0 FROM main.session;
CREATE TEMP TABLE selection (session_id INTEGER PRIMARY KEY, selected BLOB NOT NULL) STRICT;
CREATE TEMP TABLE saved_selection (
    session_id INTEGER NOT NULL, name TEXT NOT NULL, selected BLOB NOT NULL, geometry TEXT NOT NULL,
    created_ns INTEGER NOT NULL) STRICT;
)");
}

void showVersion2(SQLite::Database &db)
{
    db.exec(R"(
PRAGMA temp_store=MEMORY;
CREATE TEMP TABLE entity (
    session_id INTEGER NOT NULL, position INTEGER NOT NULL, entity_id INTEGER NOT NULL, name TEXT NOT NULL,
    first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL) STRICT;
)");
}

void showVersion3(SQLite::Database &db)
{
    db.exec(R"(
PRAGMA temp_store=MEMORY;
CREATE TEMP VIEW sample_data AS SELECT id, time_ns, duration_ns, entity, vals, processes, NULL AS seen
    FROM main.sample_data;
)");
}

using Migration = void (*)(SQLite::Database &);
// migrations[i] leads from version i to i + 1.
constexpr std::array<Migration, 4> kMigrations{version1, version2, version3, version4};
// shows[i] makes a file of version i + 1, opened for reading only, look like one of version i + 2.
constexpr std::array<Migration, 3> kShows{showVersion1, showVersion2, showVersion3};
constexpr std::array kTables{
    "feature_schema", "schema_column", "session", "sample_data",     "loss",      "class", "step", "model",
    "model_state",    "note",          "history", "saved_selection", "selection", "entity"};
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

void showAsNewest(SQLite::Database &db, int from)
{
    for (int version = from; version < newestVersion(); ++version)
        kShows[static_cast<std::size_t>(version) - 1](db);
}

bool hasAllTables(SQLite::Database &db)
{
    SQLite::Statement query(db,
                            "SELECT count(*) FROM (SELECT type, name FROM sqlite_master UNION ALL "
                            "SELECT type, name FROM sqlite_temp_master) WHERE type = 'table' AND name = ?");
    for (const char *table : kTables) {
        query.reset();
        query.bind(1, table);
        if (!query.executeStep() || query.getColumn(0).getInt() != 1)
            return false;
    }
    return true;
}

} // namespace statescape::store
