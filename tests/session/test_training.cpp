// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <set>
#include <thread>

using namespace statescape;
using session::Workspace;
using ModelAnswer = base::Result<std::shared_ptr<const model::Model>>;
using TableAnswer = base::Result<std::shared_ptr<const std::vector<model::Compared>>>;

namespace {

std::vector<std::uint8_t> rowsOfKind(int kind, std::size_t rows)
{
    std::vector<std::uint8_t> out(rows, 0);
    for (std::size_t i = 0; i < rows; ++i)
        out[i] = test::Planted::kindOf(i) == kind ? 1 : 0;
    return out;
}

template <class Answer>
Answer within(std::future<Answer> future)
{
    if (future.wait_for(std::chrono::seconds(100)) != std::future_status::ready)
        return base::fail(base::Code::Timeout, "no answer");
    return future.get();
}

std::future<ModelAnswer> train(Workspace &workspace, const model::TrainOptions &options)
{
    auto promise = std::make_shared<std::promise<ModelAnswer>>();
    workspace.train(options, {}, [promise](ModelAnswer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
}

std::future<TableAnswer> compare(Workspace &workspace, const model::TrainOptions &options,
                                 std::vector<std::string> keys,
                                 std::function<void(double, std::string_view)> progress = {})
{
    auto promise = std::make_shared<std::promise<TableAnswer>>();
    workspace.compareAlgorithms(options, std::move(keys), std::move(progress),
                                [promise](TableAnswer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
}

} // namespace

/// Training beside other algorithms, taking one of them, and what a model keeps of the one before.
class TestTraining : public QObject {
    Q_OBJECT

    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    int m_count = 0;

    std::filesystem::path planted(std::size_t rows = kRows)
    {
        const auto path = std::filesystem::path(
            m_folder.filePath(QString::number(m_count++) + ".statescape").toStdString());
        if (test::writePlanted(path, rows) == 0)
            qFatal("the planted session could not be written");
        return path;
    }
    static std::unique_ptr<Workspace> opened(const std::filesystem::path &path)
    {
        auto workspace = Workspace::open(path, {});
        if (!workspace)
            qFatal("%s", workspace.error().text().c_str());
        return std::move(*workspace);
    }

private slots:
    void comparesWithoutSaving()
    {
        const auto workspace = opened(planted());
        QVERIFY(workspace->label(rowsOfKind(2, kRows), schema::Polarity::Negative, "disk stall").has_value());
        QVERIFY(workspace->label(rowsOfKind(0, kRows), schema::Polarity::Positive, "").has_value());
        const auto steps = workspace->snapshot()->history.undo;
        std::atomic<double> last{0};
        const auto table = within(compare(*workspace, {}, {"kmeans", "genie"},
                                          [&](double fraction, std::string_view) { last = fraction; }));
        QVERIFY2(table.has_value(), table ? "" : table.error().text().c_str());
        QCOMPARE((*table)->size(), std::size_t(2));
        int best = 0;
        for (const auto &one : **table) {
            QVERIFY2(one.model, one.error ? one.error->text().c_str() : "");
            QVERIFY(one.model->quality().samples > 0);
            best += one.best ? 1 : 0;
        }
        QCOMPARE(best, 1);
        QCOMPARE(last.load(), 1.0);
        QVERIFY(workspace->models()->empty());
        QVERIFY(workspace->snapshot()->model == nullptr);
        QCOMPARE(workspace->snapshot()->history.undo, steps);
    }

    void adoptsOneOfThem()
    {
        const auto path = planted();
        {
            const auto workspace = opened(path);
            model::TrainOptions options;
            options.k = 3;
            options.name = "first";
            QVERIFY(within(train(*workspace, options)).has_value());
            options.name = "second";
            const auto table = within(compare(*workspace, options, {"ward"}));
            QVERIFY(table.has_value() && (*table)->front().model);
            const auto ward = std::make_shared<const model::Model>(*(*table)->front().model);
            const auto steps = workspace->snapshot()->history.undo;
            QVERIFY(workspace->adopt(ward).has_value());
            const auto snapshot = workspace->snapshot();
            QCOMPARE(snapshot->model->name(), std::string("second"));
            QCOMPARE(snapshot->model->algorithm(), std::string("ward"));
            QCOMPARE(snapshot->scores->size(), kRows);
            QCOMPARE(snapshot->history.undo, steps + 1);
            QCOMPARE(workspace->models()->size(), std::size_t(2));
            // One step back, and forth again.
            QVERIFY(workspace->undo().value().find("second") != std::string::npos);
            QCOMPARE(workspace->snapshot()->model->name(), std::string("first"));
            QVERIFY(!workspace->redo()->empty());
            QCOMPARE(workspace->snapshot()->model->name(), std::string("second"));
        }
        const auto again = opened(path);
        QTRY_VERIFY_WITH_TIMEOUT(again->snapshot()->model != nullptr, 10'000);
        QCOMPARE(again->snapshot()->model->algorithm(), std::string("ward"));
    }

    void adoptsOnlyWhatFits()
    {
        const auto workspace = opened(planted());
        QVERIFY(!workspace->adopt(nullptr));
        // A model of other features.
        std::vector<schema::Feature> features(2);
        features[0].key = "a";
        features[1].key = "b";
        const auto schema = std::make_shared<const schema::Schema>(features);
        ml::Matrix x(60, 2);
        for (Eigen::Index i = 0; i < 60; ++i)
            x.row(i) << static_cast<float>(i % 7), static_cast<float>(i % 2 * 50 + i % 5);
        const model::TrainingSet set{schema, x, {}, {}, {}};
        model::TrainOptions options;
        options.k = 2;
        options.algorithm = "kmeans";
        auto other = model::Model::train(set, options);
        QVERIFY2(other.has_value(), other ? "" : other.error().text().c_str());
        const auto taken = workspace->adopt(std::make_shared<const model::Model>(std::move(*other)));
        QVERIFY(!taken);
        QCOMPARE(taken.error().code, base::Code::Mismatch);
        QVERIFY(workspace->snapshot()->model == nullptr);
        QVERIFY(workspace->models()->empty());
    }

    void adoptingIntoAFileThatTakesNothing()
    {
        const auto path = planted();
        model::TrainOptions options;
        options.k = 3;
        std::shared_ptr<const model::Model> ward;
        {
            const auto workspace = opened(path);
            const auto table = within(compare(*workspace, options, {"ward"}));
            QVERIFY(table.has_value() && (*table)->front().model);
            ward = std::make_shared<const model::Model>(*(*table)->front().model);
        }
        std::filesystem::permissions(path, std::filesystem::perms::owner_read);
        auto readOnly = Workspace::open(path, {});
        if (!readOnly)
            QSKIP("this user's read-only files cannot be opened at all");
        const auto taken = (*readOnly)->adopt(ward);
        if (taken)
            QSKIP("this user may write to read-only files");
        QVERIFY(taken.error().message.find("save model") != std::string::npos);
        QVERIFY((*readOnly)->snapshot()->model == nullptr);
    }

    /// Comparing and training are one kind of work: the newer ends the older, and one cancel ends either.
    void newestWins()
    {
        const auto workspace = opened(planted());
        model::TrainOptions options;
        options.k = 3;
        std::promise<void> begun;
        std::atomic<bool> first{true};
        auto older = compare(*workspace, options, {}, [&](double, std::string_view) {
            if (first.exchange(false)) {
                begun.set_value();
                std::this_thread::sleep_for(std::chrono::milliseconds(200));
            }
        });
        QVERIFY(begun.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
        const auto newer = within(train(*workspace, options));
        const auto ended = within(std::move(older));
        QVERIFY(!ended);
        QCOMPARE(ended.error().code, base::Code::Cancelled);
        QVERIFY2(newer.has_value(), newer ? "" : newer.error().text().c_str());

        std::promise<void> again;
        first = true;
        auto cancelled = compare(*workspace, options, {}, [&](double, std::string_view) {
            if (first.exchange(false)) {
                again.set_value();
                std::this_thread::sleep_for(std::chrono::milliseconds(200));
            }
        });
        QVERIFY(again.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
        workspace->cancelTraining();
        const auto answer = within(std::move(cancelled));
        QVERIFY(!answer);
        QCOMPARE(answer.error().code, base::Code::Cancelled);
    }

    /// Training again follows the model in use: the same states keep their ids.
    void trainingAgainKeepsStates()
    {
        const auto workspace = opened(planted());
        model::TrainOptions options;
        options.k = 3;
        options.algorithm = "kmeans";
        const auto first = within(train(*workspace, options));
        QVERIFY(first.has_value());
        QVERIFY((*first)->changes().empty());
        options.seed = 7;
        const auto second = within(train(*workspace, options));
        QVERIFY(second.has_value());
        for (const auto &change : (*second)->changes())
            QFAIL(change.text.c_str());
        std::set<std::uint32_t> before;
        std::set<std::uint32_t> after;
        for (const auto &state : (*first)->states())
            before.insert(state.id);
        for (const auto &state : (*second)->states())
            after.insert(state.id);
        QCOMPARE(after, before);
        // Labels name them, and that is all that changed.
        const std::vector<std::string> names{"calm", "busy", "disk stall"};
        for (int kind = 0; kind < 3; ++kind)
            QVERIFY(workspace
                        ->label(rowsOfKind(kind, kRows),
                                kind == 2 ? schema::Polarity::Negative : schema::Polarity::Positive,
                                names[static_cast<std::size_t>(kind)])
                        .has_value());
        const auto third = within(train(*workspace, options));
        QVERIFY(third.has_value());
        std::set<std::string> given;
        for (const auto &change : (*third)->changes()) {
            QVERIFY2(change.kind == model::StateChange::Kind::Renamed, change.text.c_str());
            given.insert(change.after.front());
        }
        QCOMPARE(given, std::set<std::string>(names.begin(), names.end()));
        after.clear();
        for (const auto &state : (*third)->states())
            after.insert(state.id);
        QCOMPARE(after, before);
    }

    /// The number of a state that is gone is not given out again, also not after reopening.
    void idsOutliveTheirStates()
    {
        const auto path = planted();
        std::set<std::uint32_t> given;
        const auto ids = [](const model::Model &model) {
            std::set<std::uint32_t> out;
            for (const auto &state : model.states())
                out.insert(state.id);
            return out;
        };
        for (const int k : {5, 2, 6}) {
            const auto workspace = opened(path);
            model::TrainOptions options;
            options.algorithm = "kmeans";
            options.k = k;
            const auto before = workspace->snapshot()->model;
            const auto next = within(train(*workspace, options));
            QVERIFY(next.has_value());
            for (const std::uint32_t id : ids(**next))
                if (!before || !ids(*before).contains(id))
                    QVERIFY2(given.insert(id).second, std::to_string(id).c_str());
            QCOMPARE((*next)->lastStateId(), *given.rbegin());
        }
        QVERIFY(given.size() >= 9);
    }

    void nothingToCompare()
    {
        const auto path = std::filesystem::path(m_folder.filePath("empty.statescape").toStdString());
        auto workspace = Workspace::create(path, {});
        QVERIFY(workspace.has_value());
        const auto table = within(compare(**workspace, {}, {}));
        QVERIFY(!table);
        QCOMPARE(table.error().code, base::Code::NotEnoughData);
    }
};

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
