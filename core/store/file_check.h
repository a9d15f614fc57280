// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace statescape::store {

/// "SSCP", in the SQLite header, so that file(1) and we know a session file.
inline constexpr std::uint32_t kApplicationId = 0x53534350;

/// Reads the header only, before SQLite may touch a byte.
/// @return the file's format version. @error NotFound, NotPermitted, Corrupt, NewerVersion, InvalidArgument
/// (a folder), Io
base::Result<int> checkFile(const std::filesystem::path &path, int newestVersion);
/// @error NotFound (no such folder), NotPermitted
base::Result<> checkFolder(const std::filesystem::path &path);
/// @return true when the header says that changes may be in a -wal beside the file.
bool isWalFormat(const std::filesystem::path &path);
/// @return true when a writer has the file open or did not close it.
bool hasWal(const std::filesystem::path &path);
/// @return @p path as an SQLite URI with @p query.
std::string fileUri(const std::filesystem::path &path, const char *query);
/// @return @p path with @p suffix after its last letter.
std::filesystem::path beside(const std::filesystem::path &path, const char *suffix);

} // namespace statescape::store
