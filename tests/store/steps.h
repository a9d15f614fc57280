// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/store/frames.h"

#include <QtTest>
#include <algorithm>
#include <random>
#include <sqlite3.h>

/// Random steps of every kind, and all that they can change as bytes.
namespace steps {
using namespace statescape;

/// @return sorted, apart stretches of samples below @p rows.
inline std::vector<store::RowRun> someRuns(std::mt19937 &random, std::uint64_t rows)
{
    std::vector<store::RowRun> runs;
    const std::uint64_t longest = 1 + random() % 40;
    for (std::uint64_t at = random() % rows; at < rows && runs.size() < 200;) {
        const std::uint64_t count = std::min(rows - at, 1 + random() % longest);
        runs.push_back({at, count});
        at += count + random() % longest;
    }
    return runs;
}

inline schema::Label someLabel(std::mt19937 &random)
{
    return {static_cast<schema::Polarity>(static_cast<int>(random() % 3) - 1),
            static_cast<std::uint16_t>(random() % 4)};
}

/// @return a step for a session with @p rows samples, classes 1 to 3, models "m" (2 revisions) and "other".
inline store::Step random(std::mt19937 &random, std::uint64_t rows, const std::string &what)
{
    store::Step step{what, {}, static_cast<store::StepKind>(random() % 4)};
    switch (step.kind) {
    case store::StepKind::Label:
        if (random() % 2 == 0) {
            for (auto n = random() % 60; n > 0; --n)
                step.changes.push_back({random() % rows, {}, someLabel(random)});
        } else {
            for (const auto &run : someRuns(random, rows))
                step.runs.push_back({run.first, run.count, {}, someLabel(random)});
        }
        break;
    case store::StepKind::Select:
        if (random() % 4 != 0)
            step.selectedAfter = someRuns(random, rows);
        else if (random() % 2 == 0)
            step.selectedAfter = {{0, rows}};
        break;
    case store::StepKind::RenameClass:
        step.classId = static_cast<std::uint16_t>(1 + random() % 3);
        step.nameAfter = std::string("name ") + static_cast<char>('a' + random() % 5);
        break;
    case store::StepKind::UseModel:
        step.modelBefore = {"other", 1};
        if (random() % 4 != 0)
            step.modelAfter = {"m", static_cast<std::int64_t>(random() % 3)};
        break;
    }
    return step;
}

/// @return what @p sql gives from the file as another program sees it.
inline QByteArray bytesOf(const std::string &path, const QByteArray &sql)
{
    sqlite3 *db = nullptr;
    sqlite3_stmt *statement = nullptr;
    QByteArray out = "unreadable";
    if (sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql.constData(), -1, &statement, nullptr) == SQLITE_OK) {
        out.clear();
        while (sqlite3_step(statement) == SQLITE_ROW)
            out += QByteArray(static_cast<const char *>(sqlite3_column_blob(statement, 0)),
                              sqlite3_column_bytes(statement, 0)) +
                   '\n';
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return out;
}

/// @return rows changed, -1 when @p sql failed.
inline int runSql(const QString &path, const QByteArray &sql)
{
    sqlite3 *db = nullptr;
    int changes = -1;
    if (sqlite3_open(path.toLocal8Bit().constData(), &db) == SQLITE_OK &&
        sqlite3_exec(db, sql.constData(), nullptr, nullptr, nullptr) == SQLITE_OK)
        changes = sqlite3_changes(db);
    sqlite3_close(db);
    return changes;
}

/// Four steps, one of every kind, on classes 1 to 3 and models "m" and "other".
inline void stepOnce(store::SessionStore &file, store::SessionId id)
{
    for (const char *name : {"a", "b", "c"})
        QVERIFY(file.classId(name));
    for (const char *name : {"m", "m", "other"})
        QVERIFY(file.saveModel({name, "kmeans", {}, 1}, "{}"));
    store::Step label{"label"};
    label.runs = {{10, 5, {}, {schema::Polarity::Negative, 1}}, {20, 5, {}, {schema::Polarity::Positive, 0}}};
    QVERIFY(file.applyStep(id, label));
    store::Step select{"select", {}, store::StepKind::Select};
    select.selectedAfter = {{1, 2}, {12, 200}};
    QVERIFY(file.applyStep(id, select));
    store::Step rename{"rename", {}, store::StepKind::RenameClass};
    rename.classId = 2;
    rename.nameAfter = "renamed";
    QVERIFY(file.applyStep(id, rename));
    store::Step use{"use", {}, store::StepKind::UseModel};
    use.modelBefore = {"other", 1};
    use.modelAfter = {"m", 1};
    QVERIFY(file.applyStep(id, use));
}

/// @return a further session of the file at @p path, after stepOnce().
inline store::SessionId steppedSession(const QString &path)
{
    auto file = store::SessionStore::open(path.toStdString(), store::OpenMode::ReadWrite);
    const auto id = *file->beginSession(frames::session(frames::schemaOf(1)));
    if (file->append(id, frames::some(0, 400, 1)))
        stepOnce(*file, id);
    return id;
}

/// @return labels, selection, class names and model in use of session @p id: as stored, and as read back.
inline QByteArray print(const store::SessionStore &file, store::SessionId id)
{
    const auto number = [](auto value) { return QByteArray::number(static_cast<qint64>(value)) + ' '; };
    const QByteArray session = QByteArray::number(static_cast<qint64>(id));
    QByteArray out = bytesOf(
        file.path().string(),
        "SELECT labels FROM session WHERE id = " + session +
            " UNION ALL SELECT coalesce((SELECT selected FROM selection WHERE session_id = " + session +
            "), x'') UNION ALL SELECT name FROM (SELECT name FROM class ORDER BY id)");
    const auto labels = *file.labels(id);
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (!labels[i].empty())
            out += number(i) + number(labels[i].polarity) + number(labels[i].classId);
    const auto selected = *file.selection(id);
    for (const auto &run : selected)
        out += number(run.first) + number(run.count);
    const auto names = *file.classNames();
    for (const auto &name : names)
        out += QByteArray::fromStdString(name) + '\n';
    const auto model = *file.activeModel(id);
    return out + QByteArray::fromStdString(model.name) + number(model.revision);
}

} // namespace steps
