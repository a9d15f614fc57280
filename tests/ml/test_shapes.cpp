// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/clusterer.h"
#include "tests/ml/clusterer_fixtures.h"
#include "tests/ml/shapes.h"

#include <QTest>
#include <cstdio>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestShapes : public QObject {
    Q_OBJECT

private slots:
    void tableOfAgreement();
    void oneFaceForAll();
    void factsAreComplete();
};

namespace {
std::vector<ClustererOptions> optionsFor(const test::Shape &shape)
{
    KMeansOptions kmeans;
    kmeans.k = shape.k;
    GaussianMixtureOptions mixture;
    mixture.k = shape.k;
    mixture.restarts = 3;
    const DbscanOptions dbscan;
    HdbscanOptions hdbscan;
    hdbscan.minClusterSize = 12;
    hdbscan.minSamples = 6;
    GenieOptions genie;
    genie.k = shape.k;
    WardOptions ward;
    ward.k = shape.k;
    return {kmeans, mixture, dbscan, hdbscan, genie, ward};
}
} // namespace

void TestShapes::tableOfAgreement()
{
    constexpr int kSeeds = 3;
    const auto facts = clustererFacts();
    std::vector<double> mean(facts.size(), 0);
    std::printf("%-18s", "adjusted Rand");
    for (const auto &fact : facts)
        std::printf("%18.*s", static_cast<int>(fact.name.size()), fact.name.data());
    std::printf("\n");
    const std::size_t count = test::shapes(1).size();
    QVERIFY(count >= 12);
    for (std::size_t s = 0; s < count; ++s) {
        std::vector<double> row(facts.size(), 0);
        std::string name;
        for (int seed = 0; seed < kSeeds; ++seed) {
            const auto shape = test::shapes(100 * static_cast<std::uint64_t>(seed) + 1)[s];
            name = shape.name;
            const auto options = optionsFor(shape);
            for (std::size_t a = 0; a < options.size(); ++a) {
                const auto fit = Clusterer::fit(shape.x, options[a]);
                QVERIFY2(fit.has_value(), name.c_str());
                QVERIFY(test::consistent(fit->clustering(), shape.x.rows()));
                row[a] += adjustedRand(fit->clustering().labels, shape.truth) / kSeeds;
            }
        }
        std::printf("%-18s", name.c_str());
        for (std::size_t a = 0; a < row.size(); ++a) {
            mean[a] += row[a] / static_cast<double>(count);
            std::printf("%18.3f", row[a]);
        }
        std::printf("\n");
    }
    std::printf("%-18s", "mean");
    for (const double value : mean)
        std::printf("%18.3f", value);
    std::printf("\n");
    // As published over 73 sets: Genie .784, mixtures .649, k-means .548, Ward .542.
    QVERIFY(mean[4] > mean[0]);
    QVERIFY(mean[4] > mean[1]);
    QVERIFY(mean[4] > mean[5]);
    QVERIFY(mean[4] > 0.85);
    QVERIFY(mean[3] > 0.7);
    QVERIFY(mean[2] > 0.5);
    QVERIFY(mean[1] > 0.5);
    QVERIFY(mean[0] > 0.4);
}

void TestShapes::oneFaceForAll()
{
    const auto shape = test::shape::lsun(3);
    const auto options = optionsFor(shape);
    for (std::size_t a = 0; a < options.size(); ++a) {
        const auto fit = Clusterer::fit(shape.x, options[a]);
        QVERIFY(fit.has_value());
        QCOMPARE(fit->facts().key, clustererFacts()[a].key);
        const Clusterer copy = *fit;
        const auto again = copy.predict(shape.x);
        QVERIFY(again.has_value());
        QVERIFY(adjustedRand(again->labels, fit->clustering().labels) > 0.9);
        QCOMPARE(again->clusters(), fit->clustering().clusters());
        QCOMPARE(fit->clustering().membership.rows(), fit->facts().membership ? shape.x.rows() : 0);
        if (!fit->facts().noise)
            QCOMPARE(fit->clustering().noise, std::uint64_t{0});
        QCOMPARE(copy.predict(Matrix::Zero(2, 3)).error().code, Code::InvalidArgument);
        QCOMPARE(Clusterer::fit(Matrix(0, 2), options[a]).error().code, Code::NotEnoughData);
    }
    QVERIFY(Clusterer::fit(shape.x, options[1])->as<GaussianMixture>() != nullptr);
    QVERIFY(Clusterer::fit(shape.x, options[1])->as<Ward>() == nullptr);
}

void TestShapes::factsAreComplete()
{
    QCOMPARE(clustererFacts().size(), std::variant_size_v<ClustererOptions>);
    for (const auto &fact : clustererFacts()) {
        QVERIFY(!fact.key.empty() && !fact.name.empty());
        QVERIFY(fact.when.ends_with('.') && fact.prediction.ends_with('.'));
    }
}

QTEST_GUILESS_MAIN(TestShapes)
#include "test_shapes.moc"
