// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/runs.h"
#include "core/store/session_store.h"

#include <algorithm>
#include <array>
#include <utility>

// Class names and labels.
namespace statescape::store {
namespace {
using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t kMaxNameBytes = 64;
constexpr int kMaxNames = 4000;

} // namespace

Result<> checkClassName(const std::string &name)
{
    if (name.empty() || name.size() > kMaxNameBytes)
        return fail(Code::InvalidArgument, "a class name of " + std::to_string(name.size()) + " bytes",
                    "use 1 to 64 bytes");
    // In files and on the command line these stand for the polarity itself.
    constexpr std::array<std::string_view, 4> reserved{"positive", "negative", "none", "clear"};
    const std::string_view head = std::string_view(name).substr(0, name.find(':'));
    if (std::find(reserved.begin(), reserved.end(), head) != reserved.end())
        return fail(Code::InvalidArgument,
                    "'" + name + "' cannot be a class name: '" + std::string(head) + "' is a polarity",
                    "choose another name");
    return {};
}

Result<std::vector<std::string>> SessionStore::classNames() const
{
    return m_impl->guard([&]() -> Result<std::vector<std::string>> {
        std::vector<std::string> names{""};
        SQLite::Statement query(*m_impl->db, "SELECT id, name FROM class ORDER BY id");
        while (query.executeStep()) {
            if (query.getColumn(0).getInt64() != static_cast<std::int64_t>(names.size()))
                return fail(Code::Corrupt, path().string() + ": a class name is missing");
            names.push_back(query.getColumn(1).getString());
        }
        return names;
    });
}

Result<std::uint16_t> SessionStore::classId(const std::string &name)
{
    STATESCAPE_CHECK(checkClassName(name));
    STATESCAPE_TRY(const auto names, classNames());
    if (const auto known = std::find(names.begin(), names.end(), name); known != names.end())
        return static_cast<std::uint16_t>(known - names.begin());
    if (names.size() > kMaxNames)
        return fail(Code::InvalidArgument, "there are " + std::to_string(kMaxNames) + " class names already",
                    "reuse one, or check that the label column holds names");
    return m_impl->change([&]() -> Result<std::uint16_t> {
        SQLite::Statement insert(*m_impl->db, "INSERT INTO class (id, name) VALUES (?, ?)");
        insert.bind(1, static_cast<std::int64_t>(names.size()));
        insert.bind(2, name);
        insert.exec();
        return static_cast<std::uint16_t>(names.size());
    });
}

Result<std::string> SessionStore::Impl::rename(std::uint16_t id, const std::string &name) const
{
    SQLite::Statement query(*db, "SELECT id, name FROM class WHERE id = ?1 OR name = ?2");
    query.bind(1, static_cast<int>(id));
    query.bind(2, name);
    std::optional<std::string> before;
    bool taken = false;
    while (query.executeStep()) {
        if (query.getColumn(0).getInt64() == id)
            before = query.getColumn(1).getString();
        else
            taken = true;
    }
    if (id == 0 || !before)
        return fail(Code::NotFound, "there is no class " + std::to_string(id));
    if (taken)
        return fail(Code::AlreadyExists, "there is a class '" + name + "' already", "choose another name");
    SQLite::Statement update(*db, "UPDATE class SET name = ? WHERE id = ?");
    update.bind(1, name);
    update.bind(2, static_cast<int>(id));
    update.exec();
    return *before;
}

Result<> SessionStore::renameClass(std::uint16_t id, const std::string &name)
{
    STATESCAPE_CHECK(checkClassName(name));
    return m_impl->change([&]() -> Result<> {
        STATESCAPE_CHECK(m_impl->rename(id, name));
        return {};
    });
}

Result<std::vector<LabelRun>> SessionStore::Impl::labelRuns(SessionId id, std::uint64_t rows) const
{
    SQLite::Statement query(*db, "SELECT labels FROM session WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep())
        return noSession(id);
    auto runs = decodeLabels(blob(query.getColumn(0)), rows);
    if (!runs)
        return fail(Code::Corrupt,
                    path.string() + ": the labels of session " + std::to_string(id) + " are damaged");
    return std::move(*runs);
}

Result<std::vector<schema::Label>> SessionStore::labels(SessionId id) const
{
    return m_impl->guard([&]() -> Result<std::vector<schema::Label>> {
        const std::uint64_t rows = m_impl->rows(id);
        STATESCAPE_TRY(const auto runs, m_impl->labelRuns(id, rows));
        return toLabels(runs, rows);
    });
}

} // namespace statescape::store
