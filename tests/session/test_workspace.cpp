// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>

using namespace statescape;
using session::Workspace;

namespace {

std::vector<std::uint8_t> rowsOfKind(int kind, std::size_t rows)
{
    std::vector<std::uint8_t> out(rows, 0);
    for (std::size_t i = 0; i < rows; ++i)
        out[i] = test::Planted::kindOf(i) == kind ? 1 : 0;
    return out;
}

/// Trains and waits for the answer.
base::Result<std::shared_ptr<const model::Model>> trainAndWait(Workspace &workspace,
                                                               const model::TrainOptions &options)
{
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<base::Result<std::shared_ptr<const model::Model>>> answer;
    workspace.train(options, {}, [&](base::Result<std::shared_ptr<const model::Model>> result) {
        const std::lock_guard lock(mutex);
        answer = std::move(result);
        ready.notify_all();
    });
    std::unique_lock lock(mutex);
    if (!ready.wait_for(lock, std::chrono::seconds(60), [&] { return answer.has_value(); }))
        return base::fail(base::Code::Timeout, "no answer from training");
    return *answer;
}

std::filesystem::path helperProgram()
{
    return std::filesystem::path(STATESCAPE_BIN) / "statescape-helper";
}

} // namespace

class TestWorkspace : public QObject {
    Q_OBJECT

    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    int m_count = 0;

    std::filesystem::path freshPath()
    {
        return m_folder.filePath(QString::number(m_count++) + ".statescape").toStdString();
    }
    std::filesystem::path planted(std::size_t rows = kRows)
    {
        const auto path = freshPath();
        if (test::writePlanted(path, rows) == 0)
            qFatal("the planted session could not be written");
        return path;
    }
    static std::unique_ptr<Workspace> opened(const std::filesystem::path &path,
                                             const Workspace::Callbacks &callbacks = {})
    {
        auto workspace = Workspace::open(path, callbacks);
        if (!workspace)
            qFatal("%s", workspace.error().text().c_str());
        return std::move(*workspace);
    }

private slots:
    void opensWithAPicture()
    {
        const auto workspace = opened(planted());
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->coordinates != nullptr, 10'000);
        const auto snapshot = workspace->snapshot();
        QCOMPARE(snapshot->samples.rows(), kRows);
        QCOMPARE(snapshot->coordinates->x.size(), kRows);
        QCOMPARE(snapshot->labels->size(), kRows);
        QCOMPARE(snapshot->axes.size(), 3U);
        QVERIFY(snapshot->axes[0].varianceShare >= snapshot->axes[1].varianceShare);
        QVERIFY(!snapshot->axes[0].text.empty());
        QCOMPARE(QString::fromStdString(snapshot->host), QStringLiteral("planted"));
    }

    void labelsUndoRedoAndSurvive()
    {
        const auto path = planted();
        {
            const auto workspace = opened(path);
            const auto stalled = rowsOfKind(2, kRows);
            QCOMPARE(workspace->label(stalled, schema::Polarity::Negative, "disk stall").value(), 100U);
            QCOMPARE(workspace->label(stalled, schema::Polarity::Negative, "disk stall").value(),
                     0U); // nothing changes twice
            QCOMPARE(workspace->label(rowsOfKind(0, kRows), schema::Polarity::Positive, "").value(), 100U);
            auto labels = *workspace->snapshot()->labels;
            QCOMPARE(labels[50].polarity, schema::Polarity::Negative);
            QCOMPARE(labels[0].polarity, schema::Polarity::Positive);
            QVERIFY(labels[25].empty());
            QVERIFY(!workspace->undo()->empty());
            QVERIFY(workspace->snapshot()->labels->at(0).empty());
            QVERIFY(!workspace->redo()->empty());
            QCOMPARE(workspace->snapshot()->labels->at(0).polarity, schema::Polarity::Positive);
            QCOMPARE(workspace->clearLabels(stalled).value(), 100U);
            QVERIFY(workspace->snapshot()->labels->at(50).empty());
            QVERIFY(!workspace->undo()->empty());
        }
        // Tomorrow's Ctrl+Z.
        const auto workspace = opened(path);
        auto snapshot = workspace->snapshot();
        QCOMPARE(snapshot->labels->at(50).polarity, schema::Polarity::Negative);
        QCOMPARE(QString::fromStdString(snapshot->classNames->at(snapshot->labels->at(50).classId)),
                 QStringLiteral("disk stall"));
        QCOMPARE(snapshot->undoDepth, 2U);
        QVERIFY(!workspace->undo()->empty());
        QVERIFY(!workspace->undo()->empty());
        QVERIFY(workspace->undo()->empty());
        for (const auto &label : *workspace->snapshot()->labels)
            QVERIFY(label.empty());
    }

    void trainsScoresAndReopensTheSame()
    {
        const auto path = planted();
        std::vector<model::Score> before;
        session::Coordinates picture;
        {
            const auto workspace = opened(path);
            QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->coordinates != nullptr, 10'000);
            QVERIFY(
                workspace->label(rowsOfKind(2, kRows), schema::Polarity::Negative, "disk stall").has_value());
            QVERIFY(workspace->label(rowsOfKind(0, kRows), schema::Polarity::Positive, "calm").has_value());
            QVERIFY(workspace->label(rowsOfKind(1, kRows), schema::Polarity::Positive, "busy").has_value());
            const auto model = trainAndWait(*workspace, {});
            QVERIFY2(model.has_value(), model ? "" : model.error().text().c_str());
            const auto snapshot = workspace->snapshot();
            QCOMPARE(snapshot->model, *model);
            QCOMPARE(snapshot->scores->size(), kRows);
            std::size_t right = 0;
            for (std::size_t i = 0; i < kRows; ++i)
                right += ((*snapshot->scores)[i].polarity == schema::Polarity::Negative) ==
                                 (test::Planted::kindOf(i) == 2)
                             ? 1
                             : 0;
            QVERIFY(right >= kRows * 98 / 100);
            before = *snapshot->scores;
            picture = *snapshot->coordinates;
        }
        const auto workspace = opened(path);
        const auto snapshot = workspace->snapshot();
        QVERIFY(snapshot->model != nullptr);
        QCOMPARE(snapshot->scores->size(), before.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            QCOMPARE((*snapshot->scores)[i].cluster, before[i].cluster);
            QCOMPARE((*snapshot->scores)[i].abnormality, before[i].abnormality);
        }
        QCOMPARE(snapshot->coordinates->x, picture.x);
        QCOMPARE(snapshot->coordinates->z, picture.z);
        QVERIFY(workspace->useModel("").has_value());
        QVERIFY(workspace->snapshot()->model == nullptr);
        QVERIFY(workspace->useModel("model").has_value());
        QVERIFY(workspace->snapshot()->model != nullptr);
        QVERIFY(!workspace->useModel("no such model").has_value());
        QVERIFY(workspace->snapshot()->model != nullptr);
    }

    void explainsASelection()
    {
        const auto workspace = opened(planted());
        std::mutex mutex;
        std::optional<Workspace::Explanation> answer;
        const auto selected = std::make_shared<const std::vector<std::uint8_t>>(rowsOfKind(2, kRows));
        workspace->explain(selected, [&](Workspace::Explanation explanation) {
            const std::lock_guard lock(mutex);
            answer = std::move(explanation);
        });
        QTRY_VERIFY_WITH_TIMEOUT((std::lock_guard(mutex), answer.has_value()), 10'000);
        QCOMPARE(answer->samples, 100U);
        QCOMPARE(answer->intervals, 4U);
        const auto &top = answer->differences.front();
        const std::string key =
            workspace->snapshot()->samples.schema()[static_cast<std::size_t>(top.column)].key;
        QVERIFY2(key == "block.queue.p99" || key == "syscall.sync.rate" || key == "pressure.io.some",
                 key.c_str());
        QCOMPARE(QString::fromStdString(answer->processes.front().comm), QStringLiteral("syncer"));
    }

    void trainingIsCancelled()
    {
        const auto workspace = opened(planted(60'000));
        QVERIFY(workspace->label(rowsOfKind(2, 60'000), schema::Polarity::Negative, "").has_value());
        QVERIFY(workspace->label(rowsOfKind(0, 60'000), schema::Polarity::Positive, "").has_value());
        std::mutex mutex;
        std::optional<base::Result<std::shared_ptr<const model::Model>>> answer;
        std::atomic<bool> begun{false};
        model::TrainOptions options;
        options.restarts = 200;
        workspace->train(
            options, [&](double, std::string_view) { begun = true; },
            [&](base::Result<std::shared_ptr<const model::Model>> result) {
                const std::lock_guard lock(mutex);
                answer = std::move(result);
            });
        QTRY_VERIFY_WITH_TIMEOUT(begun, 20'000);
        workspace->cancelTraining();
        QTRY_VERIFY_WITH_TIMEOUT((std::lock_guard(mutex), answer.has_value()), 20'000);
        QVERIFY(!answer->has_value());
        QCOMPARE(answer->error().code, base::Code::Cancelled);
        QVERIFY(workspace->snapshot()->model == nullptr);
    }

    void savesACopyAndGoesOnThere()
    {
        const auto path = planted();
        const auto target = freshPath();
        const auto workspace = opened(path);
        QVERIFY(workspace->label(rowsOfKind(2, kRows), schema::Polarity::Negative, "stall").has_value());
        QVERIFY(workspace->saveAs(target).has_value());
        QCOMPARE(workspace->snapshot()->file, target.string());
        QVERIFY(workspace->label(rowsOfKind(0, kRows), schema::Polarity::Positive, "").has_value());
        QVERIFY(workspace->flush().has_value());
        auto original = store::SessionStore::open(path, store::OpenMode::ReadOnly);
        auto copy = store::SessionStore::open(target, store::OpenMode::ReadOnly);
        QCOMPARE(original->sessions()->front().labelled, 100U);
        QCOMPARE(copy->sessions()->front().labelled, 200U);
    }

    void wrongFilesAreRefused()
    {
        const auto missing = Workspace::open(freshPath(), {});
        QCOMPARE(missing.error().code, base::Code::NotFound);
        const auto path = freshPath();
        std::ofstream(path) << "this is no session";
        const auto text = Workspace::open(path, {});
        QCOMPARE(text.error().code, base::Code::Corrupt);
        QVERIFY(!text.error().hint.empty());
    }

    void readOnlyFileRefusesLabelsAndKeepsThem()
    {
        const auto path = planted();
        if (geteuid() == 0)
            QSKIP("root may write everything: permission bits say nothing here");
        std::filesystem::permissions(path, std::filesystem::perms::owner_read);
        const auto workspace = opened(path);
        QVERIFY(!workspace->label(rowsOfKind(2, kRows), schema::Polarity::Negative, "").has_value());
        QVERIFY(workspace->snapshot()->labels->at(50).empty());
    }

    void recordsThisMachine()
    {
        if (!std::filesystem::exists(helperProgram()))
            QSKIP("statescape-helper is not built here");
        const auto path = freshPath();
        std::atomic<int> changes{0};
        auto created = Workspace::create(path, {[&] { ++changes; }, {}});
        QVERIFY2(created.has_value(), created ? "" : created.error().text().c_str());
        auto &workspace = **created;
        source::HelperOptions options;
        options.program = helperProgram().string();
        options.intervalNs = 50'000'000;
        const auto started = workspace.startLive(options);
        QVERIFY2(started.has_value(), started ? "" : started.error().text().c_str());
        QTRY_VERIFY_WITH_TIMEOUT(workspace.snapshot()->samples.rows() >= 20, 20'000);
        auto snapshot = workspace.snapshot();
        QVERIFY(snapshot->live);
        QVERIFY(changes > 0);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.snapshot()->coordinates != nullptr, 10'000);
        snapshot = workspace.snapshot();
        QCOMPARE(snapshot->coordinates->x.size(), snapshot->samples.rows());
        // Live labels land on the rows that were seen, whatever came since.
        std::vector<std::uint8_t> first(10, 1);
        QCOMPARE(workspace.label(first, schema::Polarity::Positive, "calm").value(), 10U);
        workspace.stopLive();
        QVERIFY(!workspace.snapshot()->live);
        const auto rows = workspace.snapshot()->samples.rows();
        QVERIFY(workspace.startLive(options).has_value()); // the same session goes on
        QTRY_VERIFY_WITH_TIMEOUT(workspace.snapshot()->samples.rows() > rows, 20'000);
        workspace.stopLive();
        const auto total = workspace.snapshot()->samples.rows();
        created->reset();
        const auto again = opened(path);
        QCOMPARE(again->snapshot()->samples.rows(), total);
        QCOMPARE(again->snapshot()->labels->at(9).polarity, schema::Polarity::Positive);
        for (std::size_t i = 1; i < total; ++i)
            QVERIFY(again->snapshot()->samples.timeNs(i) >= again->snapshot()->samples.timeNs(i - 1));
    }
};

QTEST_GUILESS_MAIN(TestWorkspace)
#include "test_workspace.moc"
