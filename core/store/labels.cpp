// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/runs.h"
#include "core/store/session_store.h"

#include <algorithm>
#include <array>
#include <utility>

// Class names, labels and the steps that changed them.
namespace statescape::store {
namespace {
using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t kMaxNameBytes = 64;
constexpr int kMaxNames = 4000;

std::span<const std::byte> blob(const SQLite::Column &column)
{
    return {static_cast<const std::byte *>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

Result<> checkName(const std::string &name)
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

struct LabelState {
    std::vector<schema::Label> labels;
    std::uint64_t stepsApplied = 0;
};

Result<LabelState> readState(const SessionStore::Impl &impl, SessionId id)
{
    SQLite::Statement query(*impl.db, "SELECT labels, steps_applied FROM session WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep())
        return impl.noSession(id);
    const std::uint64_t rows = impl.rows(id);
    const auto runs = decodeLabels(blob(query.getColumn(0)), rows);
    if (!runs)
        return fail(Code::Corrupt,
                    impl.path.string() + ": the labels of session " + std::to_string(id) + " are damaged");
    return LabelState{toLabels(*runs, rows), static_cast<std::uint64_t>(query.getColumn(1).getInt64())};
}

void writeState(const SessionStore::Impl &impl, SessionId id, const LabelState &state)
{
    const Bytes bytes = encodeLabels(toRuns(state.labels));
    SQLite::Statement update(*impl.db, "UPDATE session SET labels = ?, steps_applied = ? WHERE id = ?");
    update.bindNoCopy(1, bytes.data(), static_cast<int>(bytes.size()));
    update.bind(2, static_cast<std::int64_t>(state.stepsApplied));
    update.bind(3, id);
    update.exec();
}

/// Sets @p labels and returns what changed, against what is really there, so that undo restores exactly that.
std::vector<ChangeRun> applyChanges(std::vector<schema::Label> &labels, std::span<const LabelChange> changes)
{
    std::vector<LabelChange> sorted(changes.begin(), changes.end());
    const auto byRow = [](const LabelChange &a, const LabelChange &b) { return a.row < b.row; };
    if (!std::is_sorted(sorted.begin(), sorted.end(), byRow))
        std::stable_sort(sorted.begin(), sorted.end(), byRow);
    std::vector<ChangeRun> runs;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (i + 1 < sorted.size() && sorted[i + 1].row == sorted[i].row)
            continue; // the last word on a row counts
        const ChangeRun one{sorted[i].row, 1, labels[sorted[i].row], sorted[i].after};
        labels[one.first] = one.after;
        const bool joins = !runs.empty() && runs.back().first + runs.back().count == one.first &&
                           runs.back().before == one.before && runs.back().after == one.after;
        if (joins)
            ++runs.back().count;
        else
            runs.push_back(one);
    }
    return runs;
}

Step toStep(std::string what, std::span<const ChangeRun> runs)
{
    Step step{std::move(what), {}};
    for (const auto &run : runs)
        for (std::uint64_t row = run.first; row < run.first + run.count; ++row)
            step.changes.push_back({row, run.before, run.after});
    return step;
}

enum class Direction { Undo, Redo };

Result<std::optional<Step>> travel(const SessionStore::Impl &impl, SessionId id, Direction direction)
{
    return impl.change([&]() -> Result<std::optional<Step>> {
        STATESCAPE_TRY(LabelState state, readState(impl, id));
        const bool undo = direction == Direction::Undo;
        if (undo && state.stepsApplied == 0)
            return std::optional<Step>{};
        const std::uint64_t position = undo ? state.stepsApplied - 1 : state.stepsApplied;
        SQLite::Statement query(*impl.db,
                                "SELECT what, changes FROM step WHERE session_id = ? AND position = ?");
        query.bind(1, id);
        query.bind(2, static_cast<std::int64_t>(position));
        if (!query.executeStep())
            return std::optional<Step>{};
        auto runs = decodeChanges(blob(query.getColumn(1)), state.labels.size());
        if (!runs)
            return fail(Code::Corrupt,
                        impl.path.string() + ": step " + std::to_string(position) + " is damaged");
        for (auto &run : *runs) {
            if (undo)
                std::swap(run.before, run.after);
            std::fill_n(state.labels.begin() + static_cast<std::ptrdiff_t>(run.first), run.count, run.after);
        }
        state.stepsApplied = undo ? position : position + 1;
        writeState(impl, id, state);
        return std::optional<Step>(toStep(query.getColumn(0).getString(), *runs));
    });
}
} // namespace

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
    STATESCAPE_CHECK(checkName(name));
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

Result<> SessionStore::renameClass(std::uint16_t id, const std::string &name)
{
    STATESCAPE_CHECK(checkName(name));
    STATESCAPE_TRY(const auto names, classNames());
    if (id == 0 || id >= names.size())
        return fail(Code::NotFound, "there is no class " + std::to_string(id));
    if (names[id] == name)
        return {};
    if (std::find(names.begin(), names.end(), name) != names.end())
        return fail(Code::AlreadyExists, "there is a class '" + name + "' already", "choose another name");
    return m_impl->change([&]() -> Result<> {
        SQLite::Statement update(*m_impl->db, "UPDATE class SET name = ? WHERE id = ?");
        update.bind(1, name);
        update.bind(2, static_cast<int>(id));
        update.exec();
        return {};
    });
}

Result<std::vector<schema::Label>> SessionStore::labels(SessionId id) const
{
    return m_impl->guard([&]() -> Result<std::vector<schema::Label>> {
        STATESCAPE_TRY(LabelState state, readState(*m_impl, id));
        return std::move(state.labels);
    });
}

Result<> SessionStore::applyStep(SessionId id, const Step &step)
{
    STATESCAPE_TRY(const auto names, classNames());
    return m_impl->change([&]() -> Result<> {
        STATESCAPE_TRY(LabelState state, readState(*m_impl, id));
        for (const auto &change : step.changes) {
            if (change.row >= state.labels.size())
                return fail(Code::InvalidArgument, "sample " + std::to_string(change.row) +
                                                       " is not stored; the session has " +
                                                       std::to_string(state.labels.size()));
            if (change.after.classId >= names.size())
                return fail(Code::InvalidArgument,
                            "there is no class " + std::to_string(change.after.classId));
        }
        const Bytes bytes = encodeChanges(applyChanges(state.labels, step.changes));
        SQLite::Statement forget(*m_impl->db, "DELETE FROM step WHERE session_id = ? AND position >= ?");
        forget.bind(1, id);
        forget.bind(2, static_cast<std::int64_t>(state.stepsApplied));
        forget.exec();
        SQLite::Statement insert(
            *m_impl->db, "INSERT INTO step (session_id, position, what, changes) VALUES (?, ?, ?, ?)");
        insert.bind(1, id);
        insert.bind(2, static_cast<std::int64_t>(state.stepsApplied));
        insert.bind(3, step.what);
        insert.bindNoCopy(4, bytes.data(), static_cast<int>(bytes.size()));
        insert.exec();
        ++state.stepsApplied;
        writeState(*m_impl, id, state);
        return {};
    });
}

Result<std::optional<Step>> SessionStore::undo(SessionId id)
{
    return travel(*m_impl, id, Direction::Undo);
}

Result<std::optional<Step>> SessionStore::redo(SessionId id)
{
    return travel(*m_impl, id, Direction::Redo);
}

Result<std::pair<std::uint64_t, std::uint64_t>> SessionStore::undoDepths(SessionId id) const
{
    return m_impl->guard([&]() -> Result<std::pair<std::uint64_t, std::uint64_t>> {
        SQLite::Statement query(*m_impl->db, "SELECT steps_applied, (SELECT count(*) FROM step WHERE "
                                             "session_id = session.id) FROM session WHERE id = ?");
        query.bind(1, id);
        if (!query.executeStep())
            return m_impl->noSession(id);
        const auto applied = static_cast<std::uint64_t>(query.getColumn(0).getInt64());
        const auto all = static_cast<std::uint64_t>(query.getColumn(1).getInt64());
        return std::pair(applied, all > applied ? all - applied : 0);
    });
}

} // namespace statescape::store
