// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/store/frames.h"

#include <QtTest>
#include <random>

using namespace statescape;
using base::Code;
using schema::Label;
using schema::Polarity;
using store::OpenMode;
using store::SessionStore;
using store::Step;

namespace {
Step stepOf(const std::string &what, std::uint64_t first, std::uint64_t count, Label after,
            std::uint64_t stride = 1)
{
    Step step{what, {}};
    for (std::uint64_t i = 0; i < count; ++i)
        step.changes.push_back({first + i * stride, {}, after});
    return step;
}

const Label kBad{Polarity::Negative, 0};
const Label kGood{Polarity::Positive, 0};
} // namespace

class TestLabels : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_path = m_dir->filePath("l.statescape").toStdString();
        auto file = SessionStore::open(m_path, OpenMode::Create);
        m_id = *file->beginSession(frames::session(frames::schemaOf(1)));
        QVERIFY(file->append(m_id, frames::some(0, 1000, 1)));
        m_file = std::make_unique<SessionStore>(std::move(*file));
    }

    void labelsAreOnePerSample()
    {
        QCOMPARE(m_file->labels(m_id)->size(), std::size_t(1000));
        const auto stall = *m_file->classId("disk stall");
        QVERIFY(m_file->applyStep(m_id, stepOf("a", 10, 20, {Polarity::Negative, stall})));
        QVERIFY(m_file->applyStep(m_id, stepOf("b", 100, 5, kGood)));
        QVERIFY(m_file->applyStep(m_id, stepOf("c", 990, 3, {Polarity::None, stall})));
        QVERIFY(m_file->applyStep(m_id, stepOf("d", 15, 2, {})));
        reopen();
        const auto labels = *m_file->labels(m_id);
        QCOMPARE(labels[9], Label{});
        QCOMPARE(labels[10], (Label{Polarity::Negative, stall}));
        QCOMPARE(labels[15], Label{});
        QCOMPARE(labels[29], (Label{Polarity::Negative, stall}));
        QCOMPARE(labels[104], kGood);
        QCOMPARE(labels[992], (Label{Polarity::None, stall}));
        const auto info = *m_file->session(m_id);
        QCOMPARE(info.labelled, std::uint64_t(18 + 5 + 3));
        QCOMPARE(info.labels.at("negative:disk stall"), std::uint64_t(18));
        QCOMPARE(info.labels.at("positive"), std::uint64_t(5));
        QCOMPARE(info.labels.at("disk stall"), std::uint64_t(3));
    }

    void undoAndRedoSurviveReopening()
    {
        QVERIFY(m_file->applyStep(m_id, stepOf("first", 0, 100, kBad)));
        QVERIFY(m_file->applyStep(m_id, stepOf("second", 50, 100, kGood)));
        const auto after = *m_file->labels(m_id);
        reopen();
        QCOMPARE(m_file->history(m_id)->undo, std::uint64_t(2));
        QCOMPARE(m_file->history(m_id)->redo, std::uint64_t(0));
        auto undone = *m_file->undo(m_id);
        QVERIFY(undone);
        QCOMPARE(undone->what, std::string("second"));
        QVERIFY(undone->changes.empty());
        QCOMPARE(undone->runs.size(), std::size_t(2));
        QCOMPARE(undone->runs[0].first, std::uint64_t(50));
        QCOMPARE(undone->runs[0].count, std::uint64_t(50));
        QCOMPARE(undone->runs[0].before, kGood);
        QCOMPARE(undone->runs[0].after, kBad);
        QCOMPARE(undone->runs[1].first, std::uint64_t(100));
        QCOMPARE(undone->runs[1].count, std::uint64_t(50));
        QCOMPARE(undone->runs[1].after, Label{});
        reopen();
        QCOMPARE((*m_file->labels(m_id))[60], kBad);
        QCOMPARE((*m_file->labels(m_id))[120], Label{});
        QVERIFY(*m_file->undo(m_id));
        QVERIFY(!*m_file->undo(m_id));
        QCOMPARE(m_file->session(m_id)->labelled, std::uint64_t(0));
        reopen();
        QCOMPARE(m_file->history(m_id)->undo, std::uint64_t(0));
        QCOMPARE(m_file->history(m_id)->redo, std::uint64_t(2));
        QCOMPARE((*m_file->redo(m_id))->what, std::string("first"));
        QCOMPARE((*m_file->redo(m_id))->what, std::string("second"));
        QVERIFY(!*m_file->redo(m_id));
        QCOMPARE(*m_file->labels(m_id), after);
    }

    void aNewStepDropsTheRedoBranch()
    {
        QVERIFY(m_file->applyStep(m_id, stepOf("a", 0, 10, kBad)));
        QVERIFY(m_file->applyStep(m_id, stepOf("b", 10, 10, kBad)));
        QVERIFY(*m_file->undo(m_id));
        QVERIFY(m_file->applyStep(m_id, stepOf("c", 20, 10, kGood)));
        QVERIFY(!*m_file->redo(m_id));
        QCOMPARE((*m_file->undo(m_id))->what, std::string("c"));
        QCOMPARE((*m_file->undo(m_id))->what, std::string("a"));
        QVERIFY(!*m_file->undo(m_id));
    }

    void randomStepsUndoToWhatWas()
    {
        std::mt19937 random(3);
        std::vector<std::vector<Label>> history{*m_file->labels(m_id)};
        for (int i = 0; i < 60; ++i) {
            Step step{"step " + std::to_string(i), {}};
            std::vector<Label> expected = history.back();
            const std::size_t count = random() % 300;
            for (std::size_t j = 0; j < count; ++j) {
                const std::uint64_t row = random() % 1000;
                const Label label{static_cast<Polarity>(static_cast<int>(random() % 3) - 1), 0};
                step.changes.push_back({row, {}, label});
                expected[row] = label;
            }
            QVERIFY(m_file->applyStep(m_id, step));
            QCOMPARE(*m_file->labels(m_id), expected);
            history.push_back(expected);
        }
        for (std::size_t i = history.size() - 1; i > 0; --i) {
            QVERIFY(*m_file->undo(m_id));
            QCOMPARE(*m_file->labels(m_id), history[i - 1]);
        }
        reopen();
        for (std::size_t i = 1; i < history.size(); ++i) {
            QVERIFY(*m_file->redo(m_id));
            QCOMPARE(*m_file->labels(m_id), history[i]);
        }
    }

    void labelsBeyondTheSamplesAreRefused()
    {
        const auto result = m_file->applyStep(m_id, stepOf("x", 995, 10, kBad));
        QCOMPARE(result.error().code, Code::InvalidArgument);
        QCOMPARE(m_file->session(m_id)->labelled, std::uint64_t(0));
        QCOMPARE(m_file->applyStep(m_id, stepOf("x", 0, 1, {Polarity::None, 7})).error().code,
                 Code::InvalidArgument);
        QCOMPARE(m_file->applyStep(99, stepOf("x", 0, 1, kBad)).error().code, Code::NotFound);
        QCOMPARE(m_file->labels(99).error().code, Code::NotFound);
    }

    void samplesAfterALabelAreUnlabelled()
    {
        QVERIFY(m_file->applyStep(m_id, stepOf("x", 0, 1000, kBad)));
        QVERIFY(m_file->append(m_id, frames::some(1000, 5, 1)));
        const auto labels = *m_file->labels(m_id);
        QCOMPARE(labels.size(), std::size_t(1005));
        QCOMPARE(labels[999], kBad);
        QCOMPARE(labels[1000], Label{});
    }

    void aMillionChangesTakeFewBytes()
    {
        constexpr std::uint64_t rows = 1'000'000;
        std::vector<feature::FeatureFrame> batch;
        for (std::uint64_t i = 1000; i < rows; ++i) {
            batch.push_back(frames::frame(i, 1));
            batch.back().processes.clear();
        }
        QVERIFY(m_file->append(m_id, batch));
        reopen();
        const auto before = m_file->fileBytes();
        QVERIFY(m_file->applyStep(m_id, stepOf("all", 0, rows, kBad)));
        QVERIFY(m_file->applyStep(m_id, stepOf("every second", 0, rows / 2, kGood, 2)));
        QCOMPARE(m_file->session(m_id)->labels.at("positive"), rows / 2);
        reopen();
        // 4 bytes a run for the step and 3 for the labels, where rows would take 30 and more.
        QVERIFY2(m_file->fileBytes() - before < 6'000'000,
                 qPrintable(QString::number(m_file->fileBytes() - before)));
        const auto undone = *m_file->undo(m_id);
        QCOMPARE(undone->runs.size(), std::size_t(rows / 2));
        QVERIFY(*m_file->undo(m_id));
        QCOMPARE(m_file->session(m_id)->labelled, std::uint64_t(0));
    }

    void classNames()
    {
        QCOMPARE(m_file->classNames()->size(), std::size_t(1));
        QCOMPARE(m_file->classNames()->at(0), std::string());
        const auto a = *m_file->classId("disk stall");
        const auto b = *m_file->classId("CPU hog — ärger");
        QCOMPARE(a, std::uint16_t(1));
        QCOMPARE(b, std::uint16_t(2));
        QCOMPARE(*m_file->classId("disk stall"), a);
        QVERIFY(m_file->renameClass(a, "slow disk"));
        QCOMPARE(m_file->renameClass(a, "CPU hog — ärger").error().code, Code::AlreadyExists);
        QVERIFY(m_file->renameClass(a, "slow disk"));
        QCOMPARE(m_file->renameClass(0, "x").error().code, Code::NotFound);
        QCOMPARE(m_file->renameClass(9, "x").error().code, Code::NotFound);
        reopen();
        QCOMPARE(m_file->classNames()->at(1), std::string("slow disk"));
        for (const auto &bad : {std::string(), std::string(65, 'x'), std::string("positive"),
                                std::string("negative:x"), std::string("none")})
            QCOMPARE(m_file->classId(bad).error().code, Code::InvalidArgument);
        QVERIFY(m_file->classId(std::string(64, 'x')));
    }

    void classNamesHaveALimit()
    {
        for (int i = 0; i < 4000; ++i)
            QVERIFY(m_file->classId("c" + std::to_string(i)));
        QCOMPARE(m_file->classId("one more").error().code, Code::InvalidArgument);
        QCOMPARE(*m_file->classId("c3999"), std::uint16_t(4000));
    }

private:
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

QTEST_GUILESS_MAIN(TestLabels)
#include "tst_labels.moc"
