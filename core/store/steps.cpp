// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/run_algebra.h"
#include "core/store/runs.h"
#include "core/store/session_store.h"

#include <utility>

// Steps and the way back. A step and what it does are one transaction, and the file holds the present of
// everything a step can change, so that opening replays nothing.
namespace statescape::store {
namespace {
using base::Code;
using base::fail;
using base::Result;

enum class Direction { Undo, Redo };

struct Position {
    std::uint64_t applied = 0, all = 0;
};

/// What a kind of step needs to act on.
struct Place {
    const SessionStore::Impl &impl;
    SessionId id = 0;
    std::uint64_t step = 0;

    [[nodiscard]] SQLite::Database &db() const { return *impl.db; }
    [[nodiscard]] base::Error damaged() const
    {
        return fail(Code::Corrupt,
                    impl.path.string() + ": step " + std::to_string(step) + " of session " +
                        std::to_string(id) + " is damaged",
                    "it cannot be undone or redone; samples, labels and everything else are untouched");
    }
};

Result<Position> readPosition(const SessionStore::Impl &impl, SessionId id)
{
    SQLite::Statement query(
        *impl.db, "SELECT history.steps_applied, "
                  "(SELECT max(position) + 1 FROM step WHERE step.session_id = session.id) "
                  "FROM session LEFT JOIN history ON history.session_id = session.id WHERE session.id = ?");
    query.bind(1, id);
    if (!query.executeStep())
        return impl.noSession(id);
    const std::int64_t applied = query.getColumn(0).getInt64();
    const std::int64_t all = query.getColumn(1).getInt64();
    if (query.getColumn(0).isNull() || applied < 0 || applied > all)
        return fail(Code::Corrupt,
                    impl.path.string() + ": the history of session " + std::to_string(id) + " is damaged",
                    "take a copy, then try: sqlite3 FILE .recover | sqlite3 rescued.statescape");
    return Position{static_cast<std::uint64_t>(applied), static_cast<std::uint64_t>(all)};
}

std::int64_t checksum(StepKind kind, const Bytes &bytes)
{
    return static_cast<std::int64_t>(checksumOf(kind, std::as_bytes(std::span(bytes))));
}

void writePosition(const Place &at, std::uint64_t applied)
{
    SQLite::Statement update(at.db(), "UPDATE history SET steps_applied = ? WHERE session_id = ?");
    update.bind(1, static_cast<std::int64_t>(applied));
    update.bind(2, at.id);
    update.exec();
}

void writeLabels(const Place &at, std::span<const LabelRun> labels)
{
    const Bytes bytes = encodeLabels(labels);
    SQLite::Statement update(at.db(), "UPDATE session SET labels = ? WHERE id = ?");
    bindBytes(update, 1, bytes);
    update.bind(2, at.id);
    update.exec();
}

void writeSelection(const Place &at, std::span<const RowRun> selected)
{
    const Bytes bytes = encodeRows(selected);
    SQLite::Statement insert(at.db(), "INSERT INTO selection (session_id, selected) VALUES (?, ?) "
                                      "ON CONFLICT (session_id) DO UPDATE SET selected = excluded.selected");
    insert.bind(1, at.id);
    bindBytes(insert, 2, bytes);
    insert.exec();
}

void writeModel(const Place &at, const ModelRef &model)
{
    SQLite::Statement update(at.db(),
                             "UPDATE history SET model_name = ?, model_revision = ? WHERE session_id = ?");
    update.bind(1, model.name);
    update.bind(2, model.revision);
    update.bind(3, at.id);
    update.exec();
}

/// @return nothing when none was ever chosen.
std::optional<ModelRef> chosenModel(const SessionStore::Impl &impl, SessionId id)
{
    SQLite::Statement query(*impl.db, "SELECT model_name, model_revision FROM history WHERE session_id = ?");
    query.bind(1, id);
    if (!query.executeStep() || query.getColumn(0).isNull())
        return std::nullopt;
    return ModelRef{query.getColumn(0).getString(), query.getColumn(1).getInt64()};
}

std::size_t classCount(const SessionStore::Impl &impl)
{
    SQLite::Statement query(*impl.db, "SELECT coalesce(max(id), 0) + 1 FROM class");
    query.executeStep();
    return static_cast<std::size_t>(query.getColumn(0).getInt64());
}

// Doing a step: each returns the bytes its way back needs.

Result<Bytes> label(const Place &at, const Step &step)
{
    const std::uint64_t rows = at.impl.rows(at.id);
    if (!step.changes.empty() && !step.runs.empty())
        return fail(Code::InvalidArgument, "a step with both single samples and stretches");
    const std::vector<ChangeRun> single = toRuns(step.changes);
    const auto &wanted = step.changes.empty() ? step.runs : single;
    STATESCAPE_CHECK(checkRuns(wanted, rows, classCount(at.impl)));
    STATESCAPE_TRY(const auto present, at.impl.labelRuns(at.id, rows));
    const Relabelled done = relabel(present, wanted);
    writeLabels(at, done.labels);
    return encodeChanges(done.changes);
}

Result<Bytes> select(const Place &at, const Step &step)
{
    const std::uint64_t rows = at.impl.rows(at.id);
    STATESCAPE_CHECK(checkRuns(step.selectedAfter, rows));
    STATESCAPE_TRY(const auto before, at.impl.selectionRuns(at.id, rows));
    const auto after = symmetricDifference(step.selectedAfter, {});
    writeSelection(at, after);
    return encodeSelectionChange({countOf(before), countOf(after), symmetricDifference(before, after)});
}

Result<Bytes> renameClass(const Place &at, const Step &step)
{
    STATESCAPE_CHECK(checkClassName(step.nameAfter));
    auto before = at.impl.rename(step.classId, step.nameAfter);
    if (!before && before.error().code == Code::NotFound)
        return fail(Code::InvalidArgument, before.error().message);
    STATESCAPE_CHECK(before);
    return encodeRename({step.classId, *before, step.nameAfter});
}

Result<Bytes> useModel(const Place &at, const Step &step)
{
    STATESCAPE_TRY(const ModelRef after, at.impl.resolve(step.modelAfter));
    // Before the first choice the newest model was in use, and only the caller knows which that was: a new
    // one is stored before it is chosen.
    const auto chosen = chosenModel(at.impl, at.id);
    STATESCAPE_TRY(const ModelRef before, at.impl.resolve(chosen ? *chosen : step.modelBefore));
    writeModel(at, after);
    return encodeModelChange({before, after});
}

Result<Bytes> perform(const Place &at, const Step &step)
{
    switch (step.kind) {
    case StepKind::Label:
        return label(at, step);
    case StepKind::Select:
        return select(at, step);
    case StepKind::RenameClass:
        return renameClass(at, step);
    case StepKind::UseModel:
        return useModel(at, step);
    }
    return fail(Code::InvalidArgument, "a step of no known kind");
}

// Going back and forth: each fills in what it did.

Result<> travelLabels(const Place &at, std::span<const std::byte> bytes, bool undo, Step &step)
{
    const std::uint64_t rows = at.impl.rows(at.id);
    const auto stored = decodeChanges(bytes, rows);
    if (!stored)
        return at.damaged();
    step.runs = undo ? reversed(*stored) : joined(*stored);
    if (!checkRuns(step.runs, rows, classCount(at.impl)))
        return at.damaged();
    STATESCAPE_TRY(const auto present, at.impl.labelRuns(at.id, rows));
    const Relabelled done = relabel(present, step.runs);
    if (!same(done.changes, step.runs))
        return at.damaged();
    writeLabels(at, done.labels);
    return {};
}

Result<> travelSelection(const Place &at, std::span<const std::byte> bytes, bool undo, Step &step)
{
    const std::uint64_t rows = at.impl.rows(at.id);
    auto stored = decodeSelectionChange(bytes, rows);
    if (!stored)
        return at.damaged();
    if (undo)
        std::swap(stored->selectedBefore, stored->selectedAfter);
    STATESCAPE_TRY(step.selectedBefore, at.impl.selectionRuns(at.id, rows));
    step.selectedAfter = symmetricDifference(step.selectedBefore, stored->toggled);
    if (countOf(step.selectedBefore) != stored->selectedBefore ||
        countOf(step.selectedAfter) != stored->selectedAfter)
        return at.damaged();
    writeSelection(at, step.selectedAfter);
    return {};
}

Result<> travelName(const Place &at, std::span<const std::byte> bytes, bool undo, Step &step)
{
    auto stored = decodeRename(bytes);
    if (!stored || !checkClassName(undo ? stored->before : stored->after))
        return at.damaged();
    step.classId = stored->classId;
    step.nameAfter = undo ? stored->before : stored->after;
    auto now = at.impl.rename(step.classId, step.nameAfter);
    if (!now && now.error().code == Code::NotFound)
        return at.damaged();
    STATESCAPE_CHECK(now);
    step.nameBefore = *now;
    // Names belong to the file: another session may have renamed it since, and the way back leads to that.
    std::string &remembered = undo ? stored->after : stored->before;
    if (remembered == *now)
        return {};
    remembered = *now;
    const Bytes renewed = encodeRename(*stored);
    SQLite::Statement update(
        at.db(), "UPDATE step SET changes = ?, checksum = ? WHERE session_id = ? AND position = ?");
    bindBytes(update, 1, renewed);
    update.bind(2, checksum(StepKind::RenameClass, renewed));
    update.bind(3, at.id);
    update.bind(4, static_cast<std::int64_t>(at.step));
    update.exec();
    return {};
}

Result<> travelModel(const Place &at, std::span<const std::byte> bytes, bool undo, Step &step)
{
    auto stored = decodeModelChange(bytes);
    if (!stored)
        return at.damaged();
    if (undo)
        std::swap(stored->before, stored->after);
    const auto chosen = chosenModel(at.impl, at.id);
    const auto known = at.impl.resolve(stored->after);
    if (!chosen || !(*chosen == stored->before) || !known || !(*known == stored->after))
        return at.damaged();
    step.modelBefore = stored->before;
    step.modelAfter = stored->after;
    writeModel(at, step.modelAfter);
    return {};
}

Result<> go(const Place &at, std::span<const std::byte> bytes, bool undo, Step &step)
{
    switch (step.kind) {
    case StepKind::Label:
        return travelLabels(at, bytes, undo, step);
    case StepKind::Select:
        return travelSelection(at, bytes, undo, step);
    case StepKind::RenameClass:
        return travelName(at, bytes, undo, step);
    case StepKind::UseModel:
        return travelModel(at, bytes, undo, step);
    }
    return at.damaged();
}

Result<std::optional<Step>> travel(const SessionStore::Impl &impl, SessionId id, Direction direction)
{
    return impl.change([&]() -> Result<std::optional<Step>> {
        STATESCAPE_TRY(const Position position, readPosition(impl, id));
        const bool undo = direction == Direction::Undo;
        if (undo ? position.applied == 0 : position.applied == position.all)
            return std::optional<Step>{};
        const Place at{impl, id, undo ? position.applied - 1 : position.applied};
        SQLite::Statement query(
            at.db(), "SELECT what, kind, changes, checksum FROM step WHERE session_id = ? AND position = ?");
        query.bind(1, id);
        query.bind(2, static_cast<std::int64_t>(at.step));
        if (!query.executeStep())
            return at.damaged();
        const int kind = query.getColumn(1).getInt();
        const auto bytes = blob(query.getColumn(2));
        const auto sum = static_cast<std::uint64_t>(query.getColumn(3).getInt64());
        if (kind < 0 || kind > static_cast<int>(StepKind::UseModel) ||
            (!query.getColumn(3).isNull() && sum != checksumOf(static_cast<StepKind>(kind), bytes)))
            return at.damaged();
        Step step;
        step.what = query.getColumn(0).getString();
        step.kind = static_cast<StepKind>(kind);
        STATESCAPE_CHECK(go(at, bytes, undo, step));
        writePosition(at, undo ? at.step : at.step + 1);
        return std::optional<Step>(std::move(step));
    });
}
} // namespace

Result<> SessionStore::applyStep(SessionId id, const Step &step)
{
    return m_impl->change([&]() -> Result<> {
        STATESCAPE_TRY(const Position position, readPosition(*m_impl, id));
        const Place at{*m_impl, id, position.applied};
        STATESCAPE_TRY(const Bytes bytes, perform(at, step));
        SQLite::Statement forget(at.db(), "DELETE FROM step WHERE session_id = ? AND position >= ?");
        forget.bind(1, id);
        forget.bind(2, static_cast<std::int64_t>(at.step));
        forget.exec();
        SQLite::Statement insert(at.db(), "INSERT INTO step (session_id, position, what, changes, kind, "
                                          "checksum) VALUES (?, ?, ?, ?, ?, ?)");
        insert.bind(1, id);
        insert.bind(2, static_cast<std::int64_t>(at.step));
        insert.bind(3, step.what);
        bindBytes(insert, 4, bytes);
        insert.bind(5, static_cast<int>(step.kind));
        insert.bind(6, checksum(step.kind, bytes));
        insert.exec();
        writePosition(at, at.step + 1);
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

Result<History> SessionStore::history(SessionId id) const
{
    return m_impl->guard([&]() -> Result<History> {
        STATESCAPE_TRY(const Position position, readPosition(*m_impl, id));
        History history{position.applied, position.all - position.applied, {}, {}};
        SQLite::Statement query(
            *m_impl->db, "SELECT position, what FROM step WHERE session_id = ? AND position IN (?, ?)");
        query.bind(1, id);
        query.bind(2, static_cast<std::int64_t>(position.applied) - 1);
        query.bind(3, static_cast<std::int64_t>(position.applied));
        while (query.executeStep()) {
            const bool done = query.getColumn(0).getInt64() < static_cast<std::int64_t>(position.applied);
            (done ? history.undoWhat : history.redoWhat) = query.getColumn(1).getString();
        }
        return history;
    });
}

Result<ModelRef> SessionStore::activeModel(SessionId id) const
{
    return m_impl->guard([&]() -> Result<ModelRef> {
        STATESCAPE_CHECK(readPosition(*m_impl, id));
        if (auto chosen = chosenModel(*m_impl, id))
            return std::move(*chosen);
        SQLite::Statement newest(*m_impl->db, "SELECT name, revision FROM model ORDER BY id DESC LIMIT 1");
        if (!newest.executeStep())
            return ModelRef{};
        return ModelRef{newest.getColumn(0).getString(), newest.getColumn(1).getInt64()};
    });
}

} // namespace statescape::store
