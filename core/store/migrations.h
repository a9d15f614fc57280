// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <SQLiteCpp/Database.h>

namespace statescape::store {

/// The format this build writes.
int newestVersion();
/// Brings @p db from version @p from to newestVersion(), inside the caller's transaction. Throws
/// SQLite::Exception.
void migrate(SQLite::Database &db, int from);
/// Lets a file of version @p from, opened for reading only, be read as one of newestVersion(). Throws
/// SQLite::Exception.
void showAsNewest(SQLite::Database &db, int from);
/// @return false when a table of the newest format is missing. Throws SQLite::Exception.
bool hasAllTables(SQLite::Database &db);

} // namespace statescape::store
