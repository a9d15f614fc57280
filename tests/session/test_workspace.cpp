// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <random>

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
        QCOMPARE(snapshot->axes.size(), std::size_t(session::kComponents));
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
            QVERIFY((*workspace->snapshot()->labels)[0].empty());
            QVERIFY(!workspace->redo()->empty());
            QCOMPARE((*workspace->snapshot()->labels)[0].polarity, schema::Polarity::Positive);
            QCOMPARE(workspace->clearLabels(stalled).value(), 100U);
            QVERIFY((*workspace->snapshot()->labels)[50].empty());
            QVERIFY(!workspace->undo()->empty());
        }
        // Tomorrow's Ctrl+Z.
        const auto workspace = opened(path);
        auto snapshot = workspace->snapshot();
        QCOMPARE((*snapshot->labels)[50].polarity, schema::Polarity::Negative);
        QCOMPARE(QString::fromStdString(snapshot->classNames->at((*snapshot->labels)[50].classId)),
                 QStringLiteral("disk stall"));
        QCOMPARE(snapshot->history.undo, 2U);
        QVERIFY(!snapshot->history.undoWhat.empty());
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
            before = snapshot->scores->toVector();
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
        QCOMPARE(snapshot->coordinates->x.toVector(), picture.x.toVector());
        QCOMPARE(snapshot->coordinates->z.toVector(), picture.z.toVector());
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
        workspace->explain(selected, {}, [&](Workspace::Explanation explanation) {
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
        QVERIFY(top.certain());
        QCOMPARE(answer->others, 200U);
        QVERIFY(!answer->histograms.empty());
        QCOMPARE(answer->histograms.front().column, top.column);
        // The planted stall is one term away.
        QVERIFY(answer->rule.has_value());
        QCOMPARE(answer->rule->precision, 1.0);
        QCOMPARE(answer->rule->recall, 1.0);
        QVERIFY(!answer->ruleText.empty());
    }

    void comparesWithAClassAndASavedSelection()
    {
        const auto workspace = opened(planted());
        const auto stalled = std::make_shared<const std::vector<std::uint8_t>>(rowsOfKind(2, kRows));
        const auto busy = std::make_shared<const std::vector<std::uint8_t>>(rowsOfKind(1, kRows));
        QCOMPARE(workspace->label(*busy, schema::Polarity::Positive, "busy").value(), 100U);
        QVERIFY(workspace->select(std::make_shared<const std::vector<std::uint8_t>>(rowsOfKind(0, kRows)),
                                  "calm"));
        QVERIFY(workspace->saveSelection("calm ones", "{}"));
        QVERIFY(!workspace->saveSelection("", "{}"));
        using Kind = Workspace::Against::Kind;
        for (const auto &against :
             {Workspace::Against{Kind::Class, "busy"}, Workspace::Against{Kind::Class, "positive"},
              Workspace::Against{Kind::Saved, "calm ones"}}) {
            std::mutex mutex;
            std::optional<Workspace::Explanation> answer;
            workspace->explain(stalled, against, [&](Workspace::Explanation explanation) {
                const std::lock_guard lock(mutex);
                answer = std::move(explanation);
            });
            QTRY_VERIFY_WITH_TIMEOUT((std::lock_guard(mutex), answer.has_value()), 10'000);
            QCOMPARE(answer->samples, 100U);
            QCOMPARE(answer->others, 100U);
        }
        QCOMPARE(workspace->savedSelections()->size(), 1U);
        QVERIFY(workspace->removeSelection(workspace->sessionId(), "calm ones"));
        QVERIFY(workspace->savedSelections()->empty());
    }

    void picksAnyAxes()
    {
        const auto workspace = opened(planted());
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->coordinates != nullptr, 10'000);
        const auto before = workspace->snapshot();
        const auto &schema = before->samples.schema();
        int column = 0;
        while (schema[static_cast<std::size_t>(column)].key != "block.queue.p99")
            ++column;
        using session::AxisSource;
        session::PictureAxes axes{AxisSource{AxisSource::Kind::Component, 4},
                                  AxisSource{AxisSource::Kind::Feature, column},
                                  AxisSource{AxisSource::Kind::Component, 0}};
        workspace->setPictureAxes(axes);
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == axes, 10'000);
        const auto after = workspace->snapshot();
        QCOMPARE(after->coordinates->z.toVector(), before->coordinates->x.toVector());
        const bool log = schema[static_cast<std::size_t>(column)].log1p;
        for (std::size_t i = 0; i < kRows; i += 7) {
            const float value = after->samples.at(i, static_cast<std::size_t>(column));
            if (std::isnan(value))
                QVERIFY(std::isnan(after->coordinates->y[i]));
            else
                QVERIFY(std::abs(after->coordinates->y[i] - (log ? std::log1p(value) : value)) <=
                        1e-4F * std::max(1.0F, std::abs(value)));
        }
        const QString text = QString::fromStdString(session::axisText(*after, 1));
        QVERIFY2(text.startsWith(QString::fromStdString(schema[static_cast<std::size_t>(column)].title)),
                 qPrintable(text));
        QVERIFY(session::axisText(*after, 0).starts_with("PC5 "));
        axes[0].index = session::kComponents; // there is none: nothing changes
        workspace->setPictureAxes(axes);
        QCOMPARE(workspace->snapshot()->pictureAxes, after->pictureAxes);
    }

    void everySequenceUndoesToTheSameBytes()
    {
        const auto path = planted();
        auto workspace = opened(path);
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->coordinates != nullptr, 10'000);
        // Class names, once given, stay known; two models to choose from.
        QVERIFY(workspace->label(rowsOfKind(2, kRows), schema::Polarity::Negative, "stall"));
        QVERIFY(workspace->label(rowsOfKind(0, kRows), schema::Polarity::Positive, "calm"));
        model::TrainOptions options;
        QVERIFY(trainAndWait(*workspace, options).has_value());
        options.name = "other";
        QVERIFY(trainAndWait(*workspace, options).has_value());
        const auto bytes = [&] {
            const auto s = workspace->snapshot();
            std::string out;
            for (const auto &label : *s->labels)
                out += {static_cast<char>(label.polarity), static_cast<char>(label.classId)};
            for (std::size_t i = 0; i < kRows; ++i)
                out += i < s->selection->size() && (*s->selection)[i] != 0 ? '1' : '0';
            for (const auto &name : *s->classNames)
                out += name + '|';
            return out + (s->model ? s->model->name() : "none") + std::to_string(s->history.undo);
        };
        std::vector<std::string> states{bytes()};
        std::mt19937 random(7);
        const auto flags = [&] {
            std::vector<std::uint8_t> rows(kRows, 0);
            for (std::size_t i = random() % kRows, n = random() % 90; n > 0 && i < kRows;
                 --n, i += 1 + random() % 3)
                rows[i] = 1;
            return rows;
        };
        for (int i = 0; i < 80; ++i) {
            switch (random() % 7) {
            case 0:
            case 1:
                QVERIFY(
                    workspace->select(std::make_shared<const std::vector<std::uint8_t>>(flags()), "some"));
                break;
            case 2:
                QVERIFY(workspace->label(flags(), schema::Polarity::Negative,
                                         i % 2 == 0 ? (*workspace->snapshot()->classNames)[1] : ""));
                break;
            case 3:
                QVERIFY(workspace->label(flags(), schema::Polarity::Positive, "", true));
                break;
            case 4:
                QVERIFY(workspace->clearLabels(flags()));
                break;
            case 5: {
                const std::string now = (*workspace->snapshot()->classNames)[1];
                QVERIFY(workspace->renameClass(now, now == "stall" ? "disk stall" : "stall"));
                break;
            }
            case 6:
                QVERIFY(workspace->useModel(random() % 3 == 0 ? "" : random() % 2 == 0 ? "model" : "other"));
                break;
            }
            if (bytes() != states.back())
                states.push_back(bytes());
            if (i % 20 == 19) { // tomorrow
                workspace.reset();
                workspace = opened(path);
                QCOMPARE(bytes(), states.back());
            }
        }
        QVERIFY(states.size() > 40);
        for (std::size_t i = states.size() - 1; i > 0; --i) {
            QVERIFY(!workspace->undo()->empty());
            QCOMPARE(bytes(), states[i - 1]);
            if (i % 15 == 0) {
                workspace.reset();
                workspace = opened(path);
                QCOMPARE(bytes(), states[i - 1]);
            }
        }
        for (std::size_t i = 1; i < states.size(); ++i) {
            QVERIFY(!workspace->redo()->empty());
            QCOMPARE(bytes(), states[i]);
        }
        QVERIFY(workspace->redo()->empty());
        // Training itself was a step too.
        while (workspace->snapshot()->model)
            QVERIFY(!workspace->undo()->empty());
    }

    void suggestsAndGrows()
    {
        const auto workspace = opened(planted());
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->coordinates != nullptr, 10'000);
        std::mutex mutex;
        std::optional<base::Result<std::vector<model::Suggestion>>> found;
        const auto ask = [&](Workspace::Ask what) {
            {
                const std::lock_guard lock(mutex);
                found.reset();
            }
            workspace->suggest(what, [&](base::Result<std::vector<model::Suggestion>> answer) {
                const std::lock_guard lock(mutex);
                found = std::move(answer);
            });
            return QTest::qWaitFor([&] { return (std::lock_guard(mutex), found.has_value()); }, 10'000);
        };
        QVERIFY(ask(Workspace::Ask::Uncertain));
        QCOMPARE(found->error().code, base::Code::NotEnoughData);
        QVERIFY(ask(Workspace::Ask::Suspect));
        QCOMPARE(found->error().code, base::Code::NotEnoughData);
        // One block of the stalled labelled as calm by mistake.
        auto calm = rowsOfKind(0, kRows), stalled = rowsOfKind(2, kRows);
        for (std::size_t i = 50; i < 55; ++i) {
            calm[i] = 1;
            stalled[i] = 0;
        }
        QVERIFY(workspace->label(stalled, schema::Polarity::Negative, ""));
        QVERIFY(workspace->label(calm, schema::Polarity::Positive, ""));
        QVERIFY(ask(Workspace::Ask::Suspect));
        QVERIFY(found->has_value() && !(*found)->empty());
        const auto first = (**found)[0];
        QVERIFY2(first.row >= 50 && first.row < 55, qPrintable(QString::number(first.row)));
        QCOMPARE(first.instead.polarity, schema::Polarity::Negative);
        QVERIFY(workspace->skip(first.row));
        QVERIFY(ask(Workspace::Ask::Suspect));
        for (const auto &each : **found)
            QVERIFY(each.row != first.row);
        auto seeds = std::make_shared<std::vector<std::uint8_t>>(kRows, std::uint8_t{0});
        for (std::size_t i = 50; i < 75; ++i)
            (*seeds)[i] = 1;
        std::optional<base::Result<session::Rows>> grown;
        workspace->grow(seeds, 1.5, [&](base::Result<session::Rows> answer) {
            const std::lock_guard lock(mutex);
            grown = std::move(answer);
        });
        QTRY_VERIFY_WITH_TIMEOUT((std::lock_guard(mutex), grown.has_value()), 10'000);
        std::size_t right = 0, wrong = 0;
        for (std::size_t i = 0; i < kRows; ++i)
            if ((***grown)[i] != 0)
                ++(test::Planted::kindOf(i) == 2 ? right : wrong);
        QVERIFY2(right >= 80 && wrong == 0,
                 qPrintable(QStringLiteral("%1 right, %2 wrong").arg(right).arg(wrong)));
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
        QVERIFY((*workspace->snapshot()->labels)[50].empty());
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
        QCOMPARE((*again->snapshot()->labels)[9].polarity, schema::Polarity::Positive);
        for (std::size_t i = 1; i < total; ++i)
            QVERIFY(again->snapshot()->samples.timeNs(i) >= again->snapshot()->samples.timeNs(i - 1));
    }
};

QTEST_GUILESS_MAIN(TestWorkspace)
#include "test_workspace.moc"
