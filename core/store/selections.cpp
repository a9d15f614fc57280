// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/run_algebra.h"
#include "core/store/session_store.h"

// The present selection, and those that were saved under a name.
namespace statescape::store {
namespace {
using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxGeometryBytes = 1 << 20;

/// @return true for UTF-8 as Unicode 15, table 3-7, has it: no overlong forms, no surrogates.
bool isUtf8(std::string_view text)
{
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned lead = byte(i);
        const unsigned next = byte(i + 1);
        if (lead < 0x80)
            i += 1;
        else if (lead >= 0xc2 && lead <= 0xdf && tail(i + 1))
            i += 2;
        else if (lead >= 0xe0 && lead <= 0xef && tail(i + 1) && tail(i + 2) &&
                 !(lead == 0xe0 && next < 0xa0) && !(lead == 0xed && next > 0x9f))
            i += 3;
        else if (lead >= 0xf0 && lead <= 0xf4 && tail(i + 1) && tail(i + 2) && tail(i + 3) &&
                 !(lead == 0xf0 && next < 0x90) && !(lead == 0xf4 && next > 0x8f))
            i += 4;
        else
            return false;
    }
    return true;
}

Result<> check(const SavedSelection &selection)
{
    if (selection.name.empty() || selection.name.size() > kMaxNameBytes || !isUtf8(selection.name))
        return fail(Code::InvalidArgument,
                    "a selection's name of " + std::to_string(selection.name.size()) + " bytes",
                    "use 1 to 64 bytes of UTF-8");
    if (selection.geometry.size() > kMaxGeometryBytes || !isUtf8(selection.geometry))
        return fail(Code::InvalidArgument,
                    "the area of selection '" + selection.name + "' is no UTF-8 text of at most 1 MB",
                    "draw it with fewer corners");
    return {};
}
} // namespace

Result<std::vector<RowRun>> SessionStore::Impl::selectionRuns(SessionId id, std::uint64_t rows) const
{
    SQLite::Statement query(*db, "SELECT selected FROM selection WHERE session_id = ?");
    query.bind(1, id);
    if (!query.executeStep())
        return std::vector<RowRun>{};
    auto runs = decodeRows(blob(query.getColumn(0)), rows);
    if (!runs)
        return fail(Code::Corrupt,
                    path.string() + ": the selection of session " + std::to_string(id) + " is damaged");
    return std::move(*runs);
}

Result<std::vector<RowRun>> SessionStore::selection(SessionId id) const
{
    STATESCAPE_CHECK(m_impl->schemaOf(id));
    return m_impl->guard([&] { return m_impl->selectionRuns(id, m_impl->rows(id)); });
}

Result<> SessionStore::saveSelection(const SavedSelection &selection)
{
    STATESCAPE_CHECK(check(selection));
    STATESCAPE_CHECK(m_impl->schemaOf(selection.session));
    return m_impl->change([&]() -> Result<> {
        STATESCAPE_CHECK(checkRuns(selection.rows, m_impl->rows(selection.session)));
        const Bytes bytes = encodeRows(symmetricDifference(selection.rows, {}));
        SQLite::Statement insert(
            *m_impl->db, "INSERT OR REPLACE INTO saved_selection (session_id, name, selected, geometry, "
                         "created_ns) VALUES (?, ?, ?, ?, ?)");
        insert.bind(1, selection.session);
        insert.bind(2, selection.name);
        bindBytes(insert, 3, bytes);
        insert.bind(4, selection.geometry);
        insert.bind(5, selection.createdNs);
        insert.exec();
        return {};
    });
}

Result<std::vector<SavedSelection>> SessionStore::savedSelections(SessionId id) const
{
    if (id != 0)
        STATESCAPE_CHECK(m_impl->schemaOf(id));
    return m_impl->guard([&]() -> Result<std::vector<SavedSelection>> {
        std::vector<SavedSelection> out;
        SQLite::Statement query(
            *m_impl->db, "SELECT session_id, name, selected, geometry, created_ns FROM saved_selection "
                         "WHERE ?1 = 0 OR session_id = ?1 ORDER BY created_ns, session_id, name");
        query.bind(1, id);
        std::map<SessionId, std::uint64_t> rows;
        while (query.executeStep()) {
            SavedSelection one;
            one.session = query.getColumn(0).getInt64();
            one.name = query.getColumn(1).getString();
            if (!rows.contains(one.session))
                rows[one.session] = m_impl->rows(one.session);
            auto runs = decodeRows(blob(query.getColumn(2)), rows[one.session]);
            if (!runs)
                return fail(Code::Corrupt,
                            path().string() + ": the saved selection '" + one.name + "' of session " +
                                std::to_string(one.session) + " is damaged",
                            "remove it and select again");
            one.rows = std::move(*runs);
            one.geometry = query.getColumn(3).getString();
            one.createdNs = query.getColumn(4).getInt64();
            out.push_back(std::move(one));
        }
        return out;
    });
}

Result<> SessionStore::removeSelection(SessionId id, const std::string &name)
{
    STATESCAPE_CHECK(m_impl->schemaOf(id));
    return m_impl->change([&]() -> Result<> {
        SQLite::Statement remove(*m_impl->db,
                                 "DELETE FROM saved_selection WHERE session_id = ? AND name = ?");
        remove.bind(1, id);
        remove.bind(2, name);
        if (remove.exec() == 0)
            return fail(Code::NotFound, path().string() + " has no saved selection '" + name + "'");
        return {};
    });
}

} // namespace statescape::store
