// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/store/steps.h"

#include <QtTest>

using namespace statescape;
using base::Code;
using schema::Label;
using schema::Polarity;
using steps::print;
using store::ModelRef;
using store::OpenMode;
using store::RowRun;
using store::SavedSelection;
using store::SessionStore;
using store::Step;
using store::StepKind;

namespace {
constexpr std::uint64_t kRows = 3000;

/// What the labels are when @p step is applied to @p labels; false when it says of before what was not there.
bool follow(std::vector<Label> &labels, const Step &step)
{
    for (const auto &run : step.runs)
        for (std::uint64_t row = run.first; row < run.first + run.count; ++row) {
            if (!(labels[row] == run.before) || run.before == run.after)
                return false;
            labels[row] = run.after;
        }
    return true;
}
} // namespace

class TestHistory : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath("h.statescape").toStdString();
        auto file = SessionStore::open(m_path, OpenMode::Create);
        m_id = *file->beginSession(frames::session(frames::schemaOf(1)));
        QVERIFY(file->append(m_id, frames::some(0, kRows, 1)));
        m_file = std::make_unique<SessionStore>(std::move(*file));
        for (const char *name : {"stall", "hog", "leak"})
            QVERIFY(m_file->classId(name));
        for (const char *name : {"m", "m", "other"})
            QVERIFY(m_file->saveModel({name, "kmeans", {}, 1}, "{}"));
    }

    void anySequenceUndoneGivesTheSameBytes_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 5; ++seed)
            QTest::newRow(qPrintable(QString::number(seed))) << seed;
    }
    void anySequenceUndoneGivesTheSameBytes()
    {
        QFETCH(unsigned, seed);
        std::mt19937 random(seed);
        // prints[i] is what there is with i steps done.
        std::vector<QByteArray> prints{print(*m_file, m_id)};
        std::vector<std::string> whats;
        std::size_t depth = 0;
        std::array<int, 4> done{};
        std::uint64_t rows = kRows;
        for (int i = 0; i < 300; ++i) {
            const unsigned dice = random() % 100;
            if (dice < 60) {
                const Step step = steps::random(random, rows, "step " + std::to_string(i));
                const auto applied = m_file->applyStep(m_id, step);
                if (!applied) {
                    QVERIFY2(applied.error().code == Code::AlreadyExists, applied.error().text().c_str());
                    QCOMPARE(print(*m_file, m_id), prints[depth]);
                    continue;
                }
                ++done[static_cast<std::size_t>(step.kind)];
                prints.resize(depth + 1);
                whats.resize(depth);
                whats.push_back(step.what);
                prints.push_back(print(*m_file, m_id));
                ++depth;
            } else if (dice < 94) {
                const bool back = dice < 79;
                for (unsigned n = random() % 6; n > 0; --n)
                    travel(back, depth, prints, whats);
            } else if (dice < 97) {
                QVERIFY(m_file->append(m_id, frames::some(rows, 7, 1)));
                rows += 7;
            } else {
                reopen();
            }
            if (QTest::currentTestFailed())
                return;
            QCOMPARE(print(*m_file, m_id), prints[depth]);
            expectHistory(*m_file, depth, whats);
        }
        for (const int count : done)
            QVERIFY2(count > 5, "every kind of step was tried");
        const QString target = m_dir->filePath("copy");
        QVERIFY(m_file->copyTo(target.toStdString()));
        const std::size_t copied = depth;
        reopen();
        while (depth > 0 && !QTest::currentTestFailed())
            travel(true, depth, prints, whats);
        while (depth < whats.size() && !QTest::currentTestFailed())
            travel(false, depth, prints, whats);
        // The copy goes its own way.
        auto copy = SessionStore::open(target.toStdString(), OpenMode::ReadWrite);
        QVERIFY(copy);
        expectHistory(*copy, copied, whats);
        QCOMPARE(print(*copy, m_id), prints[copied]);
        for (std::size_t i = copied; i > 0; --i) {
            QVERIFY(*copy->undo(m_id));
            QCOMPARE(print(*copy, m_id), prints[i - 1]);
        }
        QVERIFY(!*copy->undo(m_id));
        QCOMPARE(print(*m_file, m_id), prints[depth]);
    }

    void readersSeeTheHistory()
    {
        QVERIFY(m_file->applyStep(m_id, select({{3, 4}, {9, 1}})));
        QVERIFY(m_file->applyStep(m_id, use({}, {"m", 1})));
        QVERIFY(*m_file->undo(m_id));
        QVERIFY(*m_file->redo(m_id));
        m_file.reset();
        auto reader = SessionStore::open(m_path, OpenMode::ReadOnly);
        QCOMPARE(reader->history(m_id)->undo, std::uint64_t(2));
        QCOMPARE(reader->history(m_id)->undoWhat, std::string("use m"));
        QCOMPARE(reader->selection(m_id)->size(), std::size_t(2));
        QCOMPARE(*reader->activeModel(m_id), (ModelRef{"m", 1}));
        QCOMPARE(reader->undo(m_id).error().code, Code::NotPermitted);
        QCOMPARE(reader->saveSelection({m_id, "x", {}, {}, 1}).error().code, Code::NotPermitted);
        QCOMPARE(reader->removeSelection(m_id, "x").error().code, Code::NotPermitted);
    }

    void selectionsAreJoinedAndComeBack()
    {
        QVERIFY(m_file->selection(m_id)->empty());
        QVERIFY(m_file->applyStep(m_id, select({{0, 5}, {5, 5}, {kRows - 1, 1}})));
        QCOMPARE(*m_file->selection(m_id), (std::vector<RowRun>{{0, 10}, {kRows - 1, 1}}));
        QVERIFY(m_file->applyStep(m_id, select({{5, 10}})));
        const auto undone = *m_file->undo(m_id);
        QVERIFY(undone->kind == StepKind::Select);
        QCOMPARE(undone->selectedBefore, (std::vector<RowRun>{{5, 10}}));
        QCOMPARE(undone->selectedAfter, (std::vector<RowRun>{{0, 10}, {kRows - 1, 1}}));
        const auto redone = *m_file->redo(m_id);
        QCOMPARE(redone->selectedBefore, undone->selectedAfter);
        QCOMPARE(redone->selectedAfter, undone->selectedBefore);
        QCOMPARE(m_file->selection(77).error().code, Code::NotFound);
        QCOMPARE(m_file->history(77).error().code, Code::NotFound);
        QCOMPARE(m_file->activeModel(77).error().code, Code::NotFound);
    }

    void sessionsHaveHistoriesOfTheirOwn()
    {
        const auto other = *m_file->beginSession(frames::session(frames::schemaOf(1)));
        QVERIFY(m_file->append(other, frames::some(0, 10, 1)));
        QVERIFY(m_file->applyStep(m_id, select({{0, 5}})));
        QVERIFY(m_file->applyStep(other, use({}, {"other", 1})));
        QVERIFY(m_file->selection(other)->empty());
        QCOMPARE(*m_file->activeModel(other), (ModelRef{"other", 1}));
        QVERIFY(*m_file->undo(m_id));
        QVERIFY(!*m_file->undo(m_id));
        QCOMPARE(m_file->history(other)->undo, std::uint64_t(1));
        QCOMPARE(m_file->applyStep(other, select({{10, 1}})).error().code, Code::InvalidArgument);
    }

    void whatNobodyChoseIsTheNewestModel()
    {
        QCOMPARE(*m_file->activeModel(m_id), (ModelRef{"other", 1}));
        QCOMPARE(*m_file->saveModel({"m", "kmeans", {}, 5}, "{\"n\":3}"), std::int64_t(3));
        QCOMPARE(*m_file->activeModel(m_id), (ModelRef{"m", 3}));
        QCOMPARE(*m_file->loadModel(*m_file->activeModel(m_id)), std::string("{\"n\":3}"));
        QCOMPARE(*m_file->loadModel(ModelRef{"m", 0}), std::string("{\"n\":3}"));
        QCOMPARE(*m_file->loadModel(ModelRef{"m", 1}), std::string("{}"));
        for (const ModelRef &missing : {ModelRef{"m", 4}, ModelRef{"x", 0}, ModelRef{}, ModelRef{"m", -1}}) {
            const auto loaded = m_file->loadModel(missing);
            QCOMPARE(loaded.error().code, Code::NotFound);
            QVERIFY(loaded.error().hint.find("other") != std::string::npos);
        }
        const auto path = m_dir->filePath("empty").toStdString();
        auto empty = SessionStore::open(path, OpenMode::Create);
        const auto id = *empty->beginSession(frames::session(frames::schemaOf(1)));
        QCOMPARE(*empty->activeModel(id), ModelRef{});
    }

    void trainingIsUndone()
    {
        const auto path = m_dir->filePath("training").toStdString();
        auto file = SessionStore::open(path, OpenMode::Create);
        const auto id = *file->beginSession(frames::session(frames::schemaOf(1)));
        for (std::int64_t i = 1; i <= 2; ++i) {
            // As training does: the model is stored before it is chosen.
            const ModelRef before = *file->activeModel(id);
            const auto revision = *file->saveModel({"m", "kmeans", {}, 1}, "{}");
            QCOMPARE(revision, i);
            QVERIFY(file->applyStep(id, use(before, {"m", 0})));
            QCOMPARE(*file->activeModel(id), (ModelRef{"m", i}));
        }
        QCOMPARE((*file->undo(id))->modelAfter, (ModelRef{"m", 1}));
        QCOMPARE(*file->activeModel(id), (ModelRef{"m", 1}));
        QCOMPARE((*file->undo(id))->modelAfter, ModelRef{});
        file = SessionStore::open(path, OpenMode::ReadWrite);
        QCOMPARE(*file->activeModel(id), ModelRef{});
        QCOMPARE((*file->redo(id))->modelAfter, (ModelRef{"m", 1}));
        QCOMPARE((*file->redo(id))->modelAfter, (ModelRef{"m", 2}));
        QCOMPARE(*file->activeModel(id), (ModelRef{"m", 2}));
    }

    void aTakenNameDoesNotComeBack()
    {
        QVERIFY(m_file->applyStep(m_id, rename(1, "slow disk")));
        QVERIFY(m_file->renameClass(2, "stall"));
        const auto before = print(*m_file, m_id);
        QCOMPARE(m_file->undo(m_id).error().code, Code::AlreadyExists);
        QCOMPARE(print(*m_file, m_id), before);
        QCOMPARE(m_file->history(m_id)->undo, std::uint64_t(1));
        QVERIFY(m_file->renameClass(2, "hog"));
        const auto undone = *m_file->undo(m_id);
        QCOMPARE(undone->classId, std::uint16_t(1));
        QCOMPARE(undone->nameBefore, std::string("slow disk"));
        QCOMPARE(undone->nameAfter, std::string("stall"));
        QCOMPARE((*m_file->redo(m_id))->nameAfter, std::string("slow disk"));
    }

    void aNameThatAnotherSessionGaveComesBackWithRedo()
    {
        const auto other = *m_file->beginSession(frames::session(frames::schemaOf(1)));
        QVERIFY(m_file->applyStep(m_id, rename(1, "slow disk")));
        QVERIFY(m_file->applyStep(other, rename(1, "slow NVMe")));
        const auto before = print(*m_file, m_id);
        QCOMPARE((*m_file->undo(m_id))->nameBefore, std::string("slow NVMe"));
        QCOMPARE(m_file->classNames()->at(1), std::string("stall"));
        reopen();
        QVERIFY(*m_file->redo(m_id));
        QCOMPARE(print(*m_file, m_id), before);
    }

    void stepsThatCannotBeAreRefused_data()
    {
        QTest::addColumn<Step>("step");
        QTest::addColumn<int>("code");
        const int invalid = int(Code::InvalidArgument);
        const Label bad{Polarity::Negative, 0};
        const auto labels = [](std::vector<store::ChangeRun> runs) {
            Step step{"x"};
            step.runs = std::move(runs);
            return step;
        };
        QTest::newRow("labels: no row") << labels({{5, 0, {}, bad}}) << invalid;
        QTest::newRow("labels: overlap") << labels({{5, 2, {}, bad}, {6, 1, {}, bad}}) << invalid;
        QTest::newRow("labels: order") << labels({{9, 1, {}, bad}, {5, 1, {}, bad}}) << invalid;
        QTest::newRow("labels: beyond") << labels({{kRows - 1, 2, {}, bad}}) << invalid;
        QTest::newRow("labels: wraps") << labels({{5, ~std::uint64_t{0}, {}, bad}}) << invalid;
        QTest::newRow("labels: class") << labels({{5, 1, {}, {Polarity::None, 4}}}) << invalid;
        Step both = labels({{5, 1, {}, bad}});
        both.changes.push_back({7, {}, bad});
        QTest::newRow("labels: two ways") << both << invalid;
        QTest::newRow("selection: no row") << select({{5, 0}}) << invalid;
        QTest::newRow("selection: overlap") << select({{5, 2}, {6, 2}}) << invalid;
        QTest::newRow("selection: beyond") << select({{kRows, 1}}) << invalid;
        QTest::newRow("selection: wraps") << select({{~std::uint64_t{0}, 2}}) << invalid;
        QTest::newRow("name: no class 0") << rename(0, "x") << invalid;
        QTest::newRow("name: no such class") << rename(9, "x") << invalid;
        QTest::newRow("name: empty") << rename(1, "") << invalid;
        QTest::newRow("name: polarity") << rename(1, "positive") << invalid;
        QTest::newRow("name: taken") << rename(1, "hog") << int(Code::AlreadyExists);
        QTest::newRow("model: none of that name") << use({}, {"x", 0}) << int(Code::NotFound);
        QTest::newRow("model: no such revision") << use({}, {"m", 3}) << int(Code::NotFound);
        QTest::newRow("model: none before") << use({"x", 1}, {"m", 1}) << int(Code::NotFound);
        QTest::newRow("no such kind") << Step{"x", {}, static_cast<StepKind>(7)} << invalid;
    }
    void stepsThatCannotBeAreRefused()
    {
        QFETCH(Step, step);
        QFETCH(int, code);
        const auto before = print(*m_file, m_id);
        const auto applied = m_file->applyStep(m_id, step);
        QVERIFY(!applied);
        QCOMPARE(int(applied.error().code), code);
        QCOMPARE(print(*m_file, m_id), before);
        QCOMPARE(m_file->history(m_id)->undo, std::uint64_t(0));
    }

    void savedSelections()
    {
        QVERIFY(m_file->savedSelections()->empty());
        const std::string area = R"({"x":"pc1","points":[[0.1,2],[3,"ä"]]})";
        QVERIFY(m_file->saveSelection({m_id, "second", {{4, 2}, {6, 1}, {100, 50}}, area, 20}));
        QVERIFY(m_file->saveSelection({m_id, "first — früh", {}, {}, 10}));
        const auto other = *m_file->beginSession(frames::session(frames::schemaOf(1)));
        QVERIFY(m_file->append(other, frames::some(0, 10, 1)));
        QVERIFY(m_file->saveSelection({other, "second", {{9, 1}}, {}, 15}));
        reopen();
        const auto all = *m_file->savedSelections();
        QCOMPARE(all.size(), std::size_t(3));
        QCOMPARE(all[0].name, std::string("first — früh"));
        QVERIFY(all[0].rows.empty());
        QCOMPARE(all[1].session, other);
        QCOMPARE(all[2].name, std::string("second"));
        QCOMPARE(all[2].rows, (std::vector<RowRun>{{4, 3}, {100, 50}}));
        QCOMPARE(all[2].geometry, area);
        QCOMPARE(all[2].createdNs, std::int64_t(20));
        QVERIFY(m_file->saveSelection({m_id, "second", {{1, 1}}, {}, 5}));
        const auto mine = *m_file->savedSelections(m_id);
        QCOMPARE(mine.size(), std::size_t(2));
        QCOMPARE(mine[0].rows, (std::vector<RowRun>{{1, 1}}));
        QVERIFY(m_file->removeSelection(m_id, "second"));
        QCOMPARE(m_file->removeSelection(m_id, "second").error().code, Code::NotFound);
        QCOMPARE(m_file->removeSelection(77, "second").error().code, Code::NotFound);
        QCOMPARE(m_file->savedSelections(77).error().code, Code::NotFound);
        QCOMPARE(m_file->savedSelections(other)->size(), std::size_t(1));
    }

    void savedSelectionsThatCannotBe()
    {
        const std::string wide = "\xc3\xa4";
        for (const auto &bad :
             {SavedSelection{m_id, "", {}, {}, 1}, SavedSelection{m_id, std::string(65, 'x'), {}, {}, 1},
              SavedSelection{m_id, "\xff", {}, {}, 1}, SavedSelection{m_id, "x", {{kRows, 1}}, {}, 1},
              SavedSelection{m_id, "x", {{3, 1}, {2, 1}}, {}, 1},
              SavedSelection{m_id, "x", {}, std::string((1 << 20) + 1, ' '), 1},
              SavedSelection{m_id, "x", {}, "\xc0\xaf", 1}, SavedSelection{m_id, "x", {}, "\xed\xa0\x80", 1},
              SavedSelection{m_id, "x", {}, "\xf4\x90\x80\x80", 1},
              SavedSelection{m_id, "x", {}, wide.substr(0, 1), 1},
              SavedSelection{m_id, "x", {}, wide.substr(1), 1}}) {
            QCOMPARE(m_file->saveSelection(bad).error().code, Code::InvalidArgument);
        }
        QCOMPARE(m_file->saveSelection({77, "x", {}, {}, 1}).error().code, Code::NotFound);
        QVERIFY(m_file->savedSelections()->empty());
        QVERIFY(m_file->saveSelection({m_id, "x", {}, std::string(1 << 20, ' '), 1}));
        QVERIFY(m_file->saveSelection({m_id, "y", {}, "\xf0\x9f\x92\xbe \xe2\x82\xac " + wide, 1}));
    }

private:
    static Step select(std::vector<RowRun> rows)
    {
        Step step{"select", {}, StepKind::Select};
        step.selectedAfter = std::move(rows);
        return step;
    }
    static Step rename(std::uint16_t id, std::string name)
    {
        Step step{"rename", {}, StepKind::RenameClass};
        step.classId = id;
        step.nameAfter = std::move(name);
        return step;
    }
    static Step use(ModelRef before, ModelRef after)
    {
        Step step{"use " + after.name, {}, StepKind::UseModel};
        step.modelBefore = std::move(before);
        step.modelAfter = std::move(after);
        return step;
    }

    void travel(bool back, std::size_t &depth, const std::vector<QByteArray> &prints,
                const std::vector<std::string> &whats)
    {
        auto labels = *m_file->labels(m_id);
        const auto result = back ? m_file->undo(m_id) : m_file->redo(m_id);
        QVERIFY2(result, result ? "" : result.error().text().c_str());
        QCOMPARE(result->has_value(), back ? depth > 0 : depth < whats.size());
        if (!*result)
            return;
        depth = back ? depth - 1 : depth + 1;
        QCOMPARE((*result)->what, whats[back ? depth : depth - 1]);
        QCOMPARE(print(*m_file, m_id), prints[depth]);
        QVERIFY2(follow(labels, **result), "what is returned starts from what was there");
        QCOMPARE(labels, *m_file->labels(m_id));
        if ((*result)->kind == StepKind::Select)
            QCOMPARE((*result)->selectedAfter, *m_file->selection(m_id));
        if ((*result)->kind == StepKind::RenameClass)
            QCOMPARE(m_file->classNames()->at((*result)->classId), (*result)->nameAfter);
        if ((*result)->kind == StepKind::UseModel)
            QCOMPARE(*m_file->activeModel(m_id), (*result)->modelAfter);
    }

    void expectHistory(const SessionStore &file, std::size_t depth, const std::vector<std::string> &whats)
    {
        const auto history = *file.history(m_id);
        QCOMPARE(history.undo, std::uint64_t(depth));
        QCOMPARE(history.redo, std::uint64_t(whats.size() - depth));
        QCOMPARE(history.undoWhat, depth > 0 ? whats[depth - 1] : std::string());
        QCOMPARE(history.redoWhat, depth < whats.size() ? whats[depth] : std::string());
    }

    void reopen()
    {
        m_file.reset();
        auto file = SessionStore::open(m_path, OpenMode::ReadWrite);
        QVERIFY2(file, file ? "" : file.error().text().c_str());
        m_file = std::make_unique<SessionStore>(std::move(*file));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<SessionStore> m_file;
    std::string m_path;
    store::SessionId m_id = 0;
};

QTEST_GUILESS_MAIN(TestHistory)
#include "tst_history.moc"
