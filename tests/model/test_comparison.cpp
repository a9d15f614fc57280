// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/comparison.h"
#include "tests/model/planted.h"

#include <QtTest>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

using namespace statescape;
using namespace statescape::model;
using test::plant;

namespace {

std::vector<Compared> compared(const TrainingSet &set, const TrainOptions &options,
                               const std::vector<std::string> &keys = {})
{
    auto table = compareAlgorithms(set, options, keys);
    if (!table)
        qFatal("%s", table.error().text().c_str());
    return std::move(*table);
}

const Compared *bestOf(const std::vector<Compared> &table)
{
    const Compared *best = nullptr;
    for (const auto &one : table)
        if (one.best) {
            if (best != nullptr)
                return nullptr;
            best = &one;
        }
    return best;
}

} // namespace

class TestComparison : public QObject {
    Q_OBJECT

private slots:
    /// Every algorithm but auto, as training alone gives it; the best is the best by held-out F1.
    void allOnTheSameBlocks()
    {
        const auto data = plant({.kinds = 3});
        TrainOptions options;
        options.k = 5;
        const auto table = compared(data.set(), options);
        QCOMPARE(table.size(), algorithms().size() - 1);
        double most = -1;
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto &one = table[i];
            QCOMPARE(QString::fromStdString(one.algorithm),
                     QString::fromUtf8(algorithms()[i + 1].key.data(),
                                       static_cast<qsizetype>(algorithms()[i + 1].key.size())));
            QVERIFY2(one.model, one.error ? one.error->text().c_str() : "neither model nor error");
            QVERIFY(!one.error);
            QCOMPARE(one.model->algorithm(), one.algorithm);
            QCOMPARE(one.model->quality().samples, table.front().model->quality().samples);
            most = std::max(most, one.model->quality().f1);
        }
        const auto *best = bestOf(table);
        QVERIFY(best != nullptr);
        QVERIFY(best->model->quality().f1 >= most - 0.005);
        QVERIFY2(best->reason.find("held-out F1") != std::string::npos && best->reason.back() == '.',
                 best->reason.c_str());
        for (const auto &one : table)
            QCOMPARE(one.reason.empty(), !one.best);

        TrainOptions alone = options;
        alone.algorithm = "genie";
        const auto genie = Model::train(data.set(), alone);
        QVERIFY(genie.has_value());
        const auto beside = std::find_if(table.begin(), table.end(),
                                         [](const auto &one) { return one.algorithm == "genie"; });
        QCOMPARE(genie->quality().confusion, beside->model->quality().confusion);
        QCOMPARE(genie->states().size(), beside->model->states().size());
    }

    void theSameTableAgain()
    {
        const auto data = plant({.kinds = 2, .labelled = false});
        TrainOptions options;
        options.k = 4;
        const std::vector<std::string> keys{"ward", "kmeans", "ward", "hdbscan"};
        const auto first = compared(data.set(), options, keys);
        const auto second = compared(data.set(), options, keys);
        QCOMPARE(first.size(), std::size_t(3)); // named twice is trained once
        QCOMPARE(first[0].algorithm, std::string("ward"));
        for (std::size_t i = 0; i < first.size(); ++i) {
            QCOMPARE(first[i].best, second[i].best);
            QCOMPARE(first[i].reason, second[i].reason);
            QCOMPARE(first[i].model->states().size(), second[i].model->states().size());
            QCOMPARE(first[i].model->silhouette(), second[i].model->silhouette());
        }
    }

    /// Without labels the states that repeat on held-out samples win, and one state is no answer.
    void withoutLabels()
    {
        const auto data = plant({.kinds = 2, .strength = 4, .labelled = false});
        const auto table = compared(data.set(), {});
        const auto *best = bestOf(table);
        QVERIFY(best != nullptr);
        QVERIFY(best->model->states().size() > 1);
        QVERIFY2(best->reason.find("held-out F1") == std::string::npos, best->reason.c_str());
        for (const auto &one : table)
            if (one.model && one.model->states().size() > 1 &&
                std::isfinite(one.model->quality().agreement) &&
                one.model->noise() < static_cast<std::uint64_t>(data.x.rows()) / 2)
                QVERIFY(best->model->quality().agreement >= one.model->quality().agreement - 0.005);
    }

    /// Only good classes: no negatives to find, so balanced accuracy decides.
    void withoutNegatives()
    {
        auto data = plant({.kinds = 2});
        for (std::size_t i = 0; i < data.labels.size(); ++i)
            data.labels[i].polarity = schema::Polarity::Positive;
        TrainOptions options;
        options.k = 4;
        const auto table = compared(data.set(), options, {"kmeans", "genie"});
        const auto *best = bestOf(table);
        QVERIFY(best != nullptr);
        QVERIFY2(best->reason.find("balanced accuracy") != std::string::npos, best->reason.c_str());
    }

    /// One that fails is a row; the others are there.
    void aFailureIsARow()
    {
        const auto data = plant({.kinds = 1, .rounds = 2, .length = 20});
        TrainOptions options;
        options.k = 3;
        options.radius = -1;
        const auto table = compared(data.set(), options, {"dbscan", "kmeans"});
        QCOMPARE(table.size(), std::size_t(2));
        QVERIFY(!table[0].model && table[0].error && !table[0].best);
        QCOMPARE(table[0].error->code, base::Code::InvalidArgument);
        QVERIFY(table[1].model && table[1].best);
        QCOMPARE(table[1].reason, std::string("k-means is the only one that gave a model."));
    }

    void whatAllShareIsAnError()
    {
        const auto data = plant({.kinds = 1, .rounds = 1, .length = 2});
        const auto few = compareAlgorithms(data.set(), {}, {});
        QVERIFY(!few);
        QCOMPARE(few.error().code, base::Code::NotEnoughData);
        const std::vector<std::string> wrong{"kmeans", "spectral"};
        const auto unknown = compareAlgorithms(data.set(), {}, wrong);
        QVERIFY(!unknown);
        QCOMPARE(unknown.error().code, base::Code::InvalidArgument);
        QVERIFY(unknown.error().message.find("spectral") != std::string::npos);
        const auto enough = plant({.kinds = 2});
        TrainOptions strange;
        strange.k = 1000;
        const std::vector<std::string> takers{"kmeans", "genie"};
        const auto many = compareAlgorithms(enough.set(), strange, takers);
        QVERIFY(!many);
        QCOMPARE(many.error().code, base::Code::InvalidArgument);
    }

    void progressRisesAndStops()
    {
        const auto data = plant({.kinds = 3});
        double last = 0;
        bool rising = true;
        std::set<std::string> names;
        const std::vector<std::string> keys{"kmeans", "genie"};
        QVERIFY(compareAlgorithms(data.set(), {}, keys,
                                  {{},
                                   [&](double fraction, std::string_view stage) {
                                       rising &= fraction >= last - 1e-9 && fraction <= 1;
                                       last = fraction;
                                       names.emplace(stage.substr(0, stage.find(':')));
                                   }})
                    .has_value());
        QVERIFY(rising);
        QCOMPARE(last, 1.0);
        QVERIFY(names.contains("k-means") && names.contains("Genie"));

        std::stop_source stop;
        int reports = 0;
        const auto stopped =
            compareAlgorithms(data.set(), {}, {}, {stop.get_token(), [&](double fraction, std::string_view) {
                                                       ++reports;
                                                       if (fraction > 0.3)
                                                           stop.request_stop();
                                                   }});
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, base::Code::Cancelled);
        QVERIFY(reports > 1);
    }
};

QTEST_GUILESS_MAIN(TestComparison)
#include "test_comparison.moc"
